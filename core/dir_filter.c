/* SPDX-License-Identifier: Apache-2.0 */
#include "core/dir_filter.h"

/* RFC 4511 4.5.1.7: Filter ::= CHOICE */
enum {
    TAG_AND = 0xa0,
    TAG_OR = 0xa1,
    TAG_NOT = 0xa2,
    TAG_EQUALITY = 0xa3,
    TAG_SUBSTRINGS = 0xa4,
    TAG_AT_LEAST = 0xa5,
    TAG_AT_MOST = 0xa6,
    TAG_PRESENT = 0x87,
    TAG_APPROX = 0xa8,
    TAG_EXTENSIBLE = 0xa9,
    LAST_CHOICE = 9,
};

struct reader {
    struct sk_arena *arena;
    struct sk_err *err;
    unsigned items;
    size_t unicode; /* octets that may be other than ASCII */
};

static enum sk_status malformed(struct reader *r, const char *what)
{
    return err_set(r->err, SK_INPUT, "filter: malformed %s", what);
}

static enum sk_status no_memory(struct reader *r)
{
    return err_set(r->err, SK_NOMEM, "filter: out of memory or over its budget");
}

static enum sk_status spend_item(struct reader *r)
{
    if (r->items == LIMIT_DIR_FILTER_ITEMS)
        return err_set(r->err, SK_LIMIT, "filter: more than %u items", LIMIT_DIR_FILTER_ITEMS);
    r->items++;
    return SK_OK;
}

/* Preparing a character that is not ASCII may cost a microsecond and more (NFKC makes 18 of some).
 * A name writes them as they are, behind backslashes, or as "#hex". */
static size_t count_unicode(struct sk_bytes value)
{
    size_t count = 0, i;
    bool has_hex = false;

    for (i = 0; i < value.len; i++) {
        count += value.p[i] >= 0x80 || value.p[i] == '\\';
        has_hex = has_hex || value.p[i] == '#';
    }
    return has_hex ? count + value.len / 2 : count;
}

static enum sk_status check_value(struct reader *r, struct sk_bytes value)
{
    if (value.len > LIMIT_DIR_ASSERTION_BYTES)
        return err_set(r->err, SK_LIMIT, "filter: a value of more than %u octets",
                       LIMIT_DIR_ASSERTION_BYTES);
    r->unicode += count_unicode(value);
    if (r->unicode > LIMIT_DIR_FILTER_UNICODE)
        return err_set(r->err, SK_LIMIT, "filter: more than %u octets that are not ASCII",
                       LIMIT_DIR_FILTER_UNICODE);
    return SK_OK;
}

/* A cursor on the contents of a value. Nesting is counted here, not by the cursor. */
static struct der inside(struct sk_bytes body)
{
    struct der d;

    der_init_ber(&d, body);
    return d;
}

/* The type of an item; false: the item is undefined (unknown, an option it does not have, no
 * description at all). */
static bool describe(struct sk_bytes text, struct dir_filter *node)
{
    struct dir_description description;

    if (dir_schema_describe(text, &description) != SK_OK)
        return false;
    node->attribute = description.attribute;
    return node->attribute != NULL;
}

/* Prepares the assertion of an item that has its attribute; what does not fit makes it undefined.
 */
static enum sk_status prepare(struct reader *r, enum dir_rule rule, struct sk_bytes value,
                              struct dir_filter *node)
{
    enum sk_status status = dir_assertion_new(r->arena, rule, value, &node->assertion);

    if (status == SK_NOMEM)
        return no_memory(r);
    if (status != SK_OK)
        node->kind = DIR_FILTER_UNDEFINED;
    return SK_OK;
}

/* ---- items ------------------------------------------------------------------------------------
 */

static enum sk_status read_ava(struct reader *r, struct sk_bytes body, struct dir_filter *node)
{
    struct der d = inside(body);
    struct sk_bytes type, value;
    bool is_order = node->kind == DIR_FILTER_AT_LEAST || node->kind == DIR_FILTER_AT_MOST;
    enum sk_status status;

    if (der_take(&d, DER_OCTET_STRING, &type) != SK_OK ||
        der_take(&d, DER_OCTET_STRING, &value) != SK_OK || der_finish(&d) != SK_OK)
        return malformed(r, "attribute value assertion");
    status = check_value(r, value);
    if (status != SK_OK)
        return status;
    if (!describe(type, node)) {
        node->kind = DIR_FILTER_UNDEFINED;
        return SK_OK;
    }
    if (is_order)
        return prepare(r, node->attribute->ordering, value, node);
    status = prepare(r, node->attribute->equality, value, node);
    if (status != SK_OK || node->kind == DIR_FILTER_UNDEFINED)
        return status;
    if (dir_assertion_get_canon(r->arena, node->assertion, &node->canon) == SK_NOMEM)
        return no_memory(r);
    if (node->attribute == dir_schema_attribute(bytes_of("objectClass", 11)))
        node->class = dir_schema_class(value);
    return SK_OK;
}

/* initial first, final last, each at most once, and something at all. */
static enum sk_status read_pieces(struct reader *r, struct sk_bytes body, struct dir_pieces *out)
{
    struct der d = inside(body);
    size_t room = body.len / 2 < LIMIT_DIR_FILTER_ITEMS ? body.len / 2 : LIMIT_DIR_FILTER_ITEMS;
    struct sk_bytes *any = arena_array(r->arena, room, sizeof(*any));

    if (any == NULL)
        return no_memory(r);
    out->any = any;
    if (der_at_end(&d))
        return malformed(r, "substrings");
    while (!der_at_end(&d)) {
        struct der_tlv piece;
        enum sk_status status;
        bool is_first = out->initial.p == NULL && out->num_any == 0;

        if (der_any(&d, &piece) != SK_OK || out->final.p != NULL)
            return malformed(r, "substrings");
        status = spend_item(r);
        if (status == SK_OK)
            status = check_value(r, piece.body);
        if (status != SK_OK)
            return status;
        if (piece.tag == DER_CONTEXT(0) && is_first)
            out->initial = piece.body;
        else if (piece.tag == DER_CONTEXT(1))
            any[out->num_any++] = piece.body;
        else if (piece.tag == DER_CONTEXT(2))
            out->final = piece.body;
        else
            return malformed(r, "substrings");
    }
    return SK_OK;
}

static enum sk_status read_substrings(struct reader *r, struct sk_bytes body,
                                      struct dir_filter *node)
{
    struct der d = inside(body);
    struct dir_pieces pieces = {0};
    struct sk_bytes type, list;
    enum sk_status status;

    if (der_take(&d, DER_OCTET_STRING, &type) != SK_OK ||
        der_take(&d, DER_SEQUENCE, &list) != SK_OK || der_finish(&d) != SK_OK)
        return malformed(r, "substring filter");
    status = read_pieces(r, list, &pieces);
    if (status != SK_OK)
        return status;
    if (describe(type, node))
        status =
            dir_substrings_new(r->arena, node->attribute->substrings, &pieces, &node->substrings);
    if (status == SK_NOMEM)
        return no_memory(r);
    if (status != SK_OK || node->attribute == NULL)
        node->kind = DIR_FILTER_UNDEFINED;
    return SK_OK;
}

struct extensible {
    struct sk_bytes rule, type, value;
    bool has_rule, has_type, dn_attributes;
};

static enum sk_status read_extensible_parts(struct reader *r, struct sk_bytes body,
                                            struct extensible *out)
{
    struct der d = inside(body);

    if (der_take_optional(&d, DER_CONTEXT(1), &out->has_rule, &out->rule) != SK_OK ||
        der_take_optional(&d, DER_CONTEXT(2), &out->has_type, &out->type) != SK_OK ||
        der_take(&d, DER_CONTEXT(3), &out->value) != SK_OK)
        return malformed(r, "extensible match");
    if (!der_at_end(&d) &&
        (der_bool(&d, DER_CONTEXT(4), &out->dn_attributes) != SK_OK || !der_at_end(&d)))
        return malformed(r, "extensible match");
    return check_value(r, out->value);
}

static enum sk_status read_extensible(struct reader *r, struct sk_bytes body,
                                      struct dir_filter *node)
{
    struct extensible parts = {0};
    enum sk_status status = read_extensible_parts(r, body, &parts);

    if (status != SK_OK)
        return status;
    node->kind = DIR_FILTER_UNDEFINED;
    if (parts.has_type && !describe(parts.type, node))
        return SK_OK;
    if (parts.has_rule)
        node->rule = dir_schema_rule(parts.rule);
    else if (parts.has_type)
        node->rule = node->attribute->equality;
    if (node->rule == DIR_RULE_NONE ||
        (parts.has_type && !dir_value_may_use(node->attribute, node->rule)))
        return SK_OK;
    node->kind = DIR_FILTER_EXTENSIBLE;
    node->dn_attributes = parts.dn_attributes;
    return prepare(r, node->rule, parts.value, node);
}

/* ---- the tree ----------------------------------------------------------------------------------
 */

static enum sk_status read_node(struct reader *r, const struct der_tlv *tlv, unsigned depth,
                                struct dir_filter **out);

static enum sk_status read_children(struct reader *r, struct sk_bytes body, unsigned depth,
                                    struct dir_filter *node)
{
    struct dir_filter *last = NULL, *child = NULL;
    struct der d = inside(body);

    while (!der_at_end(&d)) {
        struct der_tlv tlv;
        enum sk_status status;

        if (der_any(&d, &tlv) != SK_OK)
            return malformed(r, "set of filters");
        status = read_node(r, &tlv, depth + 1, &child);
        if (status != SK_OK)
            return status;
        if (last == NULL)
            node->child = child;
        else
            last->next = child;
        last = child;
    }
    if (node->kind == DIR_FILTER_NOT && (last == NULL || node->child != last))
        return malformed(r, "not filter");
    return SK_OK;
}

/* What may become a choice in an extension of LDAP (the type is extensible, RFC 4511 4): undefined.
 * Anything else is no Filter. */
static enum sk_status read_unknown(struct reader *r, uint8_t tag, struct dir_filter *node)
{
    if ((tag & 0xc0) != 0x80 || (tag & 0x1f) <= LAST_CHOICE)
        return malformed(r, "filter");
    node->kind = DIR_FILTER_UNDEFINED;
    return SK_OK;
}

static enum sk_status read_choice(struct reader *r, const struct der_tlv *tlv, unsigned depth,
                                  struct dir_filter *node)
{
    static const struct {
        uint8_t tag;
        enum dir_filter_kind kind;
    } kinds[] = {
        {TAG_AND, DIR_FILTER_AND},
        {TAG_OR, DIR_FILTER_OR},
        {TAG_NOT, DIR_FILTER_NOT},
        {TAG_EQUALITY, DIR_FILTER_EQUALITY},
        {TAG_SUBSTRINGS, DIR_FILTER_SUBSTRINGS},
        {TAG_AT_LEAST, DIR_FILTER_AT_LEAST},
        {TAG_AT_MOST, DIR_FILTER_AT_MOST},
        {TAG_PRESENT, DIR_FILTER_PRESENT},
        {TAG_APPROX, DIR_FILTER_APPROX},
        {TAG_EXTENSIBLE, DIR_FILTER_EXTENSIBLE},
    };
    unsigned choice = tlv->tag & 0x1fu;

    if (choice > LAST_CHOICE || tlv->tag != kinds[choice].tag)
        return read_unknown(r, tlv->tag, node);
    node->kind = kinds[choice].kind;
    switch (node->kind) {
    case DIR_FILTER_AND:
    case DIR_FILTER_OR:
    case DIR_FILTER_NOT:
        return read_children(r, tlv->body, depth, node);
    case DIR_FILTER_EQUALITY:
    case DIR_FILTER_AT_LEAST:
    case DIR_FILTER_AT_MOST:
    case DIR_FILTER_APPROX:
        return read_ava(r, tlv->body, node);
    case DIR_FILTER_SUBSTRINGS:
        return read_substrings(r, tlv->body, node);
    case DIR_FILTER_PRESENT:
        if (!describe(tlv->body, node))
            node->kind = DIR_FILTER_UNDEFINED;
        return SK_OK;
    case DIR_FILTER_EXTENSIBLE:
        return read_extensible(r, tlv->body, node);
    case DIR_FILTER_UNDEFINED:
        break;
    }
    return SK_INTERNAL;
}

static enum sk_status read_node(struct reader *r, const struct der_tlv *tlv, unsigned depth,
                                struct dir_filter **out)
{
    struct dir_filter *node;
    enum sk_status status;

    if (depth > LIMIT_DIR_FILTER_DEPTH)
        return err_set(r->err, SK_LIMIT, "filter: nested deeper than %u", LIMIT_DIR_FILTER_DEPTH);
    status = spend_item(r);
    if (status != SK_OK)
        return status;
    node = arena_alloc(r->arena, sizeof(*node));
    if (node == NULL)
        return no_memory(r);
    status = read_choice(r, tlv, depth, node);
    if (status == SK_OK)
        *out = node;
    return status;
}

enum sk_status dir_filter_read(struct der *ber, struct sk_arena *arena,
                               const struct dir_filter **out, struct sk_err *err)
{
    struct reader r = {.arena = arena, .err = err};
    struct der at = *ber;
    struct dir_filter *root = NULL;
    struct der_tlv tlv;
    enum sk_status status;

    if (der_any(&at, &tlv) != SK_OK)
        return malformed(&r, "filter");
    status = read_node(&r, &tlv, 1, &root);
    if (status != SK_OK)
        return status;
    *out = root;
    *ber = at;
    return SK_OK;
}
