/* SPDX-License-Identifier: Apache-2.0 */
#include "test/support/entries.h"

#include <lber.h>
#include <stdio.h>
#include <stdlib.h>

#include "test/support/pki.h"

static void must(bool is_true, const char *what)
{
    if (is_true)
        return;
    (void)fprintf(stderr, "entries: %s\n", what);
    abort();
}

/* ---- entries --------------------------------------------------------------------------------- */

static struct dir_values *values_of(struct dir_entry *entry, const char *name)
{
    const struct dir_attribute *attribute = dir_schema_attribute(bytes_of(name, strlen(name)));
    /* the entry was made here, from memory that may be written */
    struct dir_values *all = (struct dir_values *)(uintptr_t)entry->attributes;
    size_t i;

    must(attribute != NULL, name);
    for (i = 0; i < entry->num && all[i].attribute != attribute; i++)
        ;
    must(i < ENTRIES_MAX_LINES, "too many attributes");
    if (i == entry->num)
        all[entry->num++].attribute = attribute;
    return &all[i];
}

void entries_add(struct sk_arena *arena, struct dir_entry *entry, const char *name,
                 struct sk_bytes value)
{
    struct dir_values *values = values_of(entry, name);
    struct sk_bytes *grown = arena_array(arena, values->num + 1, sizeof(*grown));

    must(grown != NULL, "out of memory");
    if (values->num > 0)
        memcpy(grown, values->values, values->num * sizeof(*grown));
    grown[values->num++] = value;
    values->values = grown;
}

struct dir_entry *entries_make(struct sk_arena *arena, const char *dn, const char *const *lines)
{
    struct dir_entry *entry = arena_alloc(arena, sizeof(*entry));

    must(entry != NULL, "out of memory");
    entry->dn = bytes_of(dn, strlen(dn));
    entry->attributes = arena_array(arena, ENTRIES_MAX_LINES, sizeof(*entry->attributes));
    must(entry->attributes != NULL, "out of memory");
    must(dir_dn_key(arena, entry->dn, &entry->key, NULL) == SK_OK, dn);
    for (; *lines != NULL; lines++) {
        const char *colon = strstr(*lines, ": ");
        char name[64];

        must(colon != NULL, *lines);
        (void)snprintf(name, sizeof(name), "%.*s", (int)(colon - *lines), *lines);
        entries_add(arena, entry, name, bytes_of(colon + 2, strlen(colon + 2)));
    }
    return entry;
}

void entries_fixed(struct sk_arena *arena, const struct dir_entry *out[ENTRIES_FIXED])
{
    static const char *const person[] = {"objectClass: inetOrgPerson",
                                         "objectClass: pkiUser",
                                         "cn: Foo  Bar",
                                         "cn: foo",
                                         "sn: Bar",
                                         "name: other",
                                         "uid: foo",
                                         "mail: Foo@Example.JP",
                                         "serialNumber: 5",
                                         "telephoneNumber: +81 3-1234-5678",
                                         "postalAddress: 1 Main$Tokyo",
                                         "createTimestamp: 20221122201500Z",
                                         "description: \xe6\x97\xa5\xe6\x9c\xac",
                                         "manager: cn=CA,o=Org,c=JP",
                                         "numSubordinates: 0",
                                         "hasSubordinates: FALSE",
                                         "dnQualifier: m",
                                         NULL};
    static const char *const ca[] = {"objectClass: organizationalRole", "objectClass: pkiCA",
                                     "cn: CA", NULL};
    static const char *const odd[] = {"objectClass: document",
                                      "documentIdentifier: \xff",
                                      "cn: a\xee\x80\x80",
                                      "numSubordinates: many",
                                      "createTimestamp: today",
                                      "manager: nobody",
                                      "x500UniqueIdentifier: '01'B",
                                      "uniqueMember: cn=a#'01'B",
                                      "cACertificate: x",
                                      NULL};
    static const char *const none[] = {"objectClass: top", NULL};
    struct dir_entry *authority = entries_make(arena, "CN=CA,O=Org,C=JP", ca);

    entries_add(arena, authority, "cACertificate",
                pki_cert_der(arena, &(struct pki_cert_spec){.subject = "/CN=CA",
                                                            .serial = 5,
                                                            .key = pki_key(PKI_EC, 0)}));
    entries_add(arena, authority, "certificateRevocationList",
                pki_crl_der(arena, &(struct pki_crl_spec){.issuer = "/CN=CA",
                                                          .signer = pki_key(PKI_EC, 0)}));
    out[0] = entries_make(arena, "cn=Foo Bar+uid=foo,ou=People,o=Org,c=JP", person);
    out[1] = authority;
    out[2] = entries_make(arena, "documentIdentifier=d,1.2.3=x,o=Org", odd);
    out[3] = entries_make(arena, "", none);
}

/* ---- decoding by liblber --------------------------------------------------------------------- */

struct element {
    unsigned tag;
    struct sk_bytes body;
};

/* Takes one element off the front. Only tags of one octet and lengths of four at most, as
 * core/der.h. */
static bool take(struct sk_bytes *rest, struct element *out)
{
    struct berval all = {rest->len, (char *)(uintptr_t)rest->p};
    BerElement *ber;
    ber_len_t len = 0, left = 0;
    ber_tag_t tag;
    size_t head;

    if (rest->len < 2 || (rest->p[0] & 0x1f) == 0x1f || rest->p[1] == 0x80 || rest->p[1] > 0x84)
        return false;
    ber = ber_init(&all); /* copies: offsets carry over, pointers do not */
    must(ber != NULL, "ber_init");
    tag = ber_skip_tag(ber, &len);
    must(ber_get_option(ber, LBER_OPT_BER_REMAINING_BYTES, &left) == LBER_OPT_SUCCESS, "option");
    ber_free(ber, 1);
    head = rest->len - left;
    if (tag == LBER_DEFAULT || len > left)
        return false;
    out->tag = (unsigned)tag;
    out->body = bytes_of(rest->p + head, len);
    *rest = bytes_of(rest->p + head + len, left - len);
    return true;
}

/* Takes it when it has this tag. */
static bool take_tag(struct sk_bytes *rest, unsigned tag, struct sk_bytes *out)
{
    struct sk_bytes at = *rest;
    struct element element;

    if (!take(&at, &element) || element.tag != tag)
        return false;
    *rest = at;
    *out = element.body;
    return true;
}

struct size {
    unsigned nodes;
    size_t unicode;
    bool is_too_large;
};

static void note_value(struct size *size, struct sk_bytes value)
{
    size_t i;

    for (i = 0; i < value.len; i++)
        size->unicode += value.p[i] == '\\' || value.p[i] > 127;
    if (value.len > 0 && memchr(value.p, '#', value.len) != NULL)
        size->unicode += value.len / 2;
    size->is_too_large = size->is_too_large || value.len > LIMIT_DIR_ASSERTION_BYTES ||
                         size->unicode > LIMIT_DIR_FILTER_UNICODE;
}

static bool is_ava(struct sk_bytes body, struct size *size)
{
    struct sk_bytes type, value;

    if (!take_tag(&body, 0x04, &type) || !take_tag(&body, 0x04, &value) || body.len > 0)
        return false;
    note_value(size, value);
    return true;
}

static bool is_substrings(struct sk_bytes body, struct size *size)
{
    struct sk_bytes type, list;
    unsigned last = 0x7f;

    if (!take_tag(&body, 0x04, &type) || !take_tag(&body, 0x30, &list) || body.len > 0 ||
        list.len == 0)
        return false;
    while (list.len > 0) {
        struct element piece;

        if (!take(&list, &piece) || piece.tag < 0x80 || piece.tag > 0x82 || last == 0x82 ||
            (piece.tag == 0x80 && last != 0x7f))
            return false;
        last = piece.tag;
        size->nodes++;
        note_value(size, piece.body);
    }
    return true;
}

static bool is_extensible(struct sk_bytes body, struct size *size)
{
    struct sk_bytes part, value;

    (void)take_tag(&body, 0x81, &part);
    (void)take_tag(&body, 0x82, &part);
    if (!take_tag(&body, 0x83, &value))
        return false;
    note_value(size, value);
    if (take_tag(&body, 0x84, &part) && (part.len != 1 || (part.p[0] != 0 && part.p[0] != 0xff)))
        return false;
    return body.len == 0;
}

static bool is_filter(const struct element *element, unsigned depth, struct size *size)
{
    struct sk_bytes rest = element->body;
    struct element child;
    unsigned n = 0;

    size->nodes++;
    size->is_too_large = size->is_too_large || depth > LIMIT_DIR_FILTER_DEPTH;
    if (depth > 1000) /* far beyond the limit: it does not count */
        return false;
    switch (element->tag) {
    case 0xa0:
    case 0xa1:
    case 0xa2:
        for (; rest.len > 0; n++) {
            if (!take(&rest, &child) || !is_filter(&child, depth + 1, size))
                return false;
        }
        return element->tag != 0xa2 || n == 1;
    case 0xa3:
    case 0xa5:
    case 0xa6:
    case 0xa8:
        return is_ava(rest, size);
    case 0xa4:
        return is_substrings(rest, size);
    case 0x87:
        return true;
    case 0xa9:
        return is_extensible(rest, size);
    }
    return (element->tag & 0xc0) == 0x80 && (element->tag & 0x1f) > 9;
}

bool entries_is_filter(struct sk_bytes ber, bool *is_too_large)
{
    struct size size = {0, 0, false};
    struct element element;
    bool is_one = take(&ber, &element) && ber.len == 0 && is_filter(&element, 1, &size);

    *is_too_large = size.is_too_large || size.nodes > LIMIT_DIR_FILTER_ITEMS;
    return is_one;
}

/* ---- evaluation ------------------------------------------------------------------------------ */

/* How the values, or the members of a set, came out. */
struct count {
    unsigned of[3]; /* by enum dir_truth */
};

static enum dir_truth any_of(const struct count *count)
{
    if (count->of[DIR_TRUE] > 0)
        return DIR_TRUE;
    return count->of[DIR_UNDEFINED] > 0 ? DIR_UNDEFINED : DIR_FALSE;
}

static enum dir_truth all_of(const struct count *count)
{
    if (count->of[DIR_FALSE] > 0)
        return DIR_FALSE;
    return count->of[DIR_UNDEFINED] > 0 ? DIR_UNDEFINED : DIR_TRUE;
}

/* An item: how one value is looked at. */
struct item {
    struct sk_arena *arena;
    unsigned tag;
    const struct dir_attribute *attribute; /* NULL: every one that has the rule */
    enum dir_rule rule;
    struct sk_bytes value;
    struct dir_pieces pieces;
};

static enum dir_truth look(const struct item *item, struct sk_bytes stored)
{
    const struct dir_class *a = dir_schema_class(item->value), *b = dir_schema_class(stored);
    const struct dir_substrings *substrings;
    const struct dir_assertion *assertion;

    if (item->tag == 0x87)
        return DIR_TRUE;
    if (item->tag == 0xa4)
        return dir_substrings_new(item->arena, item->rule, &item->pieces, &substrings) == SK_OK
                   ? dir_value_has(item->arena, substrings, stored)
                   : DIR_UNDEFINED;
    if (dir_assertion_new(item->arena, item->rule, item->value, &assertion) != SK_OK)
        return DIR_UNDEFINED;
    if ((item->tag == 0xa3 || item->tag == 0xa8) && a != NULL &&
        strcmp(item->attribute->oid, "2.5.4.0") == 0)
        return b != NULL && dir_schema_class_is_a(b, a) ? DIR_TRUE : DIR_FALSE;
    if (item->tag == 0xa5)
        return dir_value_at_least(item->arena, assertion, stored);
    if (item->tag == 0xa6)
        return dir_value_at_most(item->arena, assertion, stored);
    return dir_value_equals(item->arena, assertion, stored);
}

static bool is_meant(const struct item *item, const struct dir_attribute *attribute)
{
    if (item->attribute == NULL)
        return dir_value_may_use(attribute, item->rule);
    for (; attribute != NULL; attribute = attribute->sup) {
        if (attribute == item->attribute)
            return true;
    }
    return false;
}

struct name_look {
    const struct item *item;
    struct count *count;
};

static enum sk_status look_at_ava(void *arg, struct sk_bytes type, struct sk_bytes value)
{
    struct name_look *name = arg;
    const struct dir_attribute *attribute = dir_schema_attribute(type);

    if (attribute != NULL && is_meant(name->item, attribute))
        name->count->of[look(name->item, value)]++;
    return SK_OK;
}

static enum dir_truth over_entry(const struct item *item, const struct dir_entry *entry,
                                 bool with_name)
{
    struct count count = {{0, 0, 0}};
    struct name_look name = {item, &count};
    struct sk_bytes dn = entry->dn;
    size_t i, k;

    for (i = 0; i < entry->num; i++) {
        for (k = 0; is_meant(item, entry->attributes[i].attribute) && k < entry->attributes[i].num;
             k++)
            count.of[look(item, entry->attributes[i].values[k])]++;
    }
    while (with_name && dn.len > 0) {
        must(dir_dn_rdn_values(item->arena, dn, look_at_ava, &name) == SK_OK, "dn");
        must(dir_dn_parent(dn, &dn) == SK_OK, "dn");
    }
    return any_of(&count);
}

/* False: the item is undefined. */
static bool set_type(struct item *item, struct sk_bytes text)
{
    struct dir_description description;

    if (dir_schema_describe(text, &description) != SK_OK || description.attribute == NULL)
        return false;
    item->attribute = description.attribute;
    return true;
}

static enum dir_truth match_ava(struct item *item, struct sk_bytes body,
                                const struct dir_entry *entry)
{
    const struct dir_assertion *unused;
    struct sk_bytes type;

    must(take_tag(&body, 0x04, &type) && take_tag(&body, 0x04, &item->value), "ava");
    if (!set_type(item, type))
        return DIR_UNDEFINED;
    item->rule = item->tag == 0xa5 || item->tag == 0xa6 ? item->attribute->ordering
                                                        : item->attribute->equality;
    if (dir_assertion_new(item->arena, item->rule, item->value, &unused) != SK_OK)
        return DIR_UNDEFINED;
    return over_entry(item, entry, false);
}

static enum dir_truth match_substrings(struct item *item, struct sk_bytes body,
                                       const struct dir_entry *entry)
{
    const struct dir_substrings *unused;
    struct sk_bytes type, list, any[LIMIT_DIR_FILTER_ITEMS];
    struct element piece;

    must(take_tag(&body, 0x04, &type) && take_tag(&body, 0x30, &list), "substrings");
    item->pieces.any = any;
    while (list.len > 0) {
        must(take(&list, &piece), "piece");
        if (piece.tag == 0x80)
            item->pieces.initial = piece.body;
        else if (piece.tag == 0x81)
            any[item->pieces.num_any++] = piece.body;
        else
            item->pieces.final = piece.body;
    }
    if (!set_type(item, type))
        return DIR_UNDEFINED;
    item->rule = item->attribute->substrings;
    if (dir_substrings_new(item->arena, item->rule, &item->pieces, &unused) != SK_OK)
        return DIR_UNDEFINED;
    return over_entry(item, entry, false);
}

static enum dir_truth match_extensible(struct item *item, struct sk_bytes body,
                                       const struct dir_entry *entry)
{
    const struct dir_assertion *unused;
    struct sk_bytes rule, type, flag = {0};
    bool has_rule = take_tag(&body, 0x81, &rule), has_type = take_tag(&body, 0x82, &type);

    must(take_tag(&body, 0x83, &item->value), "extensible");
    (void)take_tag(&body, 0x84, &flag);
    if ((has_type && !set_type(item, type)) || (!has_type && !has_rule))
        return DIR_UNDEFINED;
    item->rule = has_rule ? dir_schema_rule(rule) : item->attribute->equality;
    if (item->rule == DIR_RULE_NONE ||
        (has_type && !dir_value_may_use(item->attribute, item->rule)) ||
        dir_assertion_new(item->arena, item->rule, item->value, &unused) != SK_OK)
        return DIR_UNDEFINED;
    return over_entry(item, entry, flag.len == 1 && flag.p[0] == 0xff);
}

static enum dir_truth match_element(struct sk_arena *arena, const struct element *element,
                                    const struct dir_entry *entry)
{
    struct item item = {.arena = arena, .tag = element->tag};
    struct sk_bytes rest = element->body;
    struct count count = {{0, 0, 0}};
    struct element child;

    switch (element->tag) {
    case 0xa0:
    case 0xa1:
    case 0xa2:
        while (rest.len > 0) {
            must(take(&rest, &child), "set");
            count.of[match_element(arena, &child, entry)]++;
        }
        if (element->tag == 0xa2)
            return count.of[DIR_UNDEFINED] > 0 ? DIR_UNDEFINED
                   : count.of[DIR_TRUE] > 0    ? DIR_FALSE
                                               : DIR_TRUE;
        return element->tag == 0xa0 ? all_of(&count) : any_of(&count);
    case 0xa3:
    case 0xa5:
    case 0xa6:
    case 0xa8:
        return match_ava(&item, rest, entry);
    case 0xa4:
        return match_substrings(&item, rest, entry);
    case 0x87:
        return set_type(&item, rest) ? over_entry(&item, entry, false) : DIR_UNDEFINED;
    case 0xa9:
        return match_extensible(&item, rest, entry);
    }
    return DIR_UNDEFINED;
}

enum dir_truth entries_match(struct sk_arena *arena, struct sk_bytes ber,
                             const struct dir_entry *entry)
{
    struct element element;

    must(take(&ber, &element), "filter");
    return match_element(arena, &element, entry);
}
