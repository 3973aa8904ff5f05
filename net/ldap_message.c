/* SPDX-License-Identifier: Apache-2.0 */
#include "net/ldap_message.h"

#include "core/der.h"

/* Identifier octets of protocolOp (RFC 4511 4.2 to 4.12). */
enum {
    TAG_BIND = 0x60,
    TAG_UNBIND = 0x42,
    TAG_SEARCH = 0x63,
    TAG_MODIFY = 0x66,
    TAG_ADD = 0x68,
    TAG_DELETE = 0x4a,
    TAG_MODIFY_DN = 0x6c,
    TAG_COMPARE = 0x6e,
    TAG_ABANDON = 0x50,
    TAG_EXTENDED = 0x77,
    CONSTRUCTED = 0x20,
};

enum { MAX_INTEGER = 4, MAX_DEREF = 3, MAX_VERSION = 127 };

/* ---- framing ---- */

enum sk_status ldap_message_frame(struct sk_bytes octets, size_t max, size_t *out_len)
{
    size_t count, len = 0, i;

    if (octets.len > 0 && octets.p[0] != DER_SEQUENCE)
        return SK_INPUT;
    if (octets.len < 2)
        return SK_AGAIN;
    if (octets.p[1] < 0x80) {
        *out_len = 2 + (size_t)octets.p[1];
        return *out_len <= max ? SK_OK : SK_LIMIT;
    }
    count = octets.p[1] & 0x7fu;
    if (count == 0 || count > LIMIT_LDAP_HEAD - 2)
        return SK_INPUT;
    if (octets.len < 2 + count)
        return SK_AGAIN;
    for (i = 0; i < count; i++)
        len = len << 8 | octets.p[2 + i];
    if (len > max || 2 + count + len > max)
        return SK_LIMIT;
    *out_len = 2 + count + len;
    return SK_OK;
}

/* ---- values ---- */

/* BER, one to four octets: also longer than it need be, as some clients write it. */
static enum sk_status integer_of(struct sk_bytes body, int64_t *out)
{
    int64_t value;
    size_t i;

    if (body.len == 0 || body.len > MAX_INTEGER)
        return SK_INPUT;
    value = body.p[0] >= 0x80 ? -1 : 0;
    for (i = 0; i < body.len; i++)
        value = value * 256 + body.p[i];
    *out = value;
    return SK_OK;
}

static enum sk_status read_integer(struct der *d, uint8_t tag, int64_t *out)
{
    struct sk_bytes body;

    return der_take(d, tag, &body) == SK_OK ? integer_of(body, out) : SK_INPUT;
}

static enum sk_status read_bool(struct der *d, bool *out)
{
    struct sk_bytes body;

    if (der_take(d, DER_BOOLEAN, &body) != SK_OK || body.len != 1)
        return SK_INPUT;
    *out = body.p[0] != 0;
    return SK_OK;
}

static enum sk_status read_text(struct der *d, struct sk_bytes *out)
{
    return der_take(d, DER_OCTET_STRING, out);
}

/* The first fault is the one that is told. */
static void set_fault(struct ldap_request *request, enum ldap_code code, const char *text)
{
    if (request->fault != LDAP_SUCCESS)
        return;
    request->fault = code;
    request->fault_text = text;
}

/* ---- requests ---- */

static enum sk_status read_bind(struct der *op, struct ldap_request *out)
{
    struct ldap_bind *bind = &out->of.bind;
    struct der_tlv auth;
    int64_t version;

    if (read_integer(op, DER_INTEGER, &version) != SK_OK || read_text(op, &bind->name) != SK_OK ||
        der_any(op, &auth) != SK_OK)
        return SK_INPUT;
    if (version < 1 || version > MAX_VERSION)
        set_fault(out, LDAP_PROTOCOL_ERROR, "no version of LDAP");
    else
        bind->version = (unsigned)version;
    bind->auth = LDAP_AUTH_OTHER;
    if (auth.tag == DER_CONTEXT(0)) {
        bind->auth = LDAP_AUTH_SIMPLE;
        bind->password = auth.body;
    } else if (auth.tag == DER_CONTEXT_CONSTRUCTED(3)) {
        bind->auth = LDAP_AUTH_SASL;
    }
    return SK_OK;
}

static enum sk_status read_limits(struct der *op, struct ldap_request *out)
{
    struct ldap_search_request *search = &out->of.search;
    int64_t scope, deref, size, time;

    if (read_integer(op, DER_ENUMERATED, &scope) != SK_OK ||
        read_integer(op, DER_ENUMERATED, &deref) != SK_OK ||
        read_integer(op, DER_INTEGER, &size) != SK_OK ||
        read_integer(op, DER_INTEGER, &time) != SK_OK ||
        read_bool(op, &search->types_only) != SK_OK)
        return SK_INPUT;
    if (scope < 0 || scope > (int64_t)LDAP_SCOPE_SUB)
        set_fault(out, LDAP_PROTOCOL_ERROR, "a scope we do not know");
    else if (deref < 0 || deref > MAX_DEREF)
        set_fault(out, LDAP_PROTOCOL_ERROR, "a way to dereference aliases we do not know");
    else if (size < 0 || time < 0)
        set_fault(out, LDAP_PROTOCOL_ERROR, "a negative limit");
    if (out->fault != LDAP_SUCCESS)
        return SK_OK;
    search->scope = (enum ldap_scope)scope;
    search->size_limit = (uint32_t)size;
    search->time_limit = (uint32_t)time;
    return SK_OK;
}

static enum sk_status read_search(struct der *op, struct ldap_request *out)
{
    struct ldap_search_request *search = &out->of.search;
    struct der_tlv filter;
    struct der list;

    if (read_text(op, &search->base) != SK_OK || read_limits(op, out) != SK_OK ||
        der_any(op, &filter) != SK_OK || der_enter(op, DER_SEQUENCE, &list) != SK_OK)
        return SK_INPUT;
    if (search->base.len > LIMIT_DIR_DN_BYTES)
        set_fault(out, LDAP_ADMIN_LIMIT_EXCEEDED, "the base is too long");
    search->filter = filter.whole;
    while (!der_at_end(&list)) {
        struct sk_bytes name;

        if (read_text(&list, &name) != SK_OK)
            return SK_INPUT;
        if (search->num_attributes < LIMIT_LDAP_ATTRIBUTES)
            search->attributes[search->num_attributes++] = name;
        else
            set_fault(out, LDAP_ADMIN_LIMIT_EXCEEDED, "too many attributes are named");
    }
    return SK_OK;
}

static enum sk_status read_compare(struct der *op, struct ldap_request *out)
{
    struct ldap_compare_request *compare = &out->of.compare;
    struct der assertion;

    if (read_text(op, &compare->entry) != SK_OK ||
        der_enter(op, DER_SEQUENCE, &assertion) != SK_OK ||
        read_text(&assertion, &compare->attribute) != SK_OK ||
        read_text(&assertion, &compare->value) != SK_OK)
        return SK_INPUT;
    if (compare->entry.len > LIMIT_DIR_DN_BYTES)
        set_fault(out, LDAP_ADMIN_LIMIT_EXCEEDED, "the name of the entry is too long");
    return SK_OK;
}

static enum sk_status read_extended(struct der *op, struct ldap_request *out)
{
    struct ldap_extended_request *extended = &out->of.extended;

    if (der_take(op, DER_CONTEXT(0), &extended->name) != SK_OK)
        return SK_INPUT;
    return der_take_optional(op, DER_CONTEXT(1), &extended->has_value, &extended->value);
}

static enum sk_status read_abandon(struct sk_bytes body, struct ldap_request *out)
{
    int64_t id;

    if (integer_of(body, &id) != SK_OK)
        return SK_INPUT;
    if (id < 0)
        set_fault(out, LDAP_PROTOCOL_ERROR, "no message has a negative number");
    else
        out->of.abandon = (uint32_t)id;
    return SK_OK;
}

static const struct op {
    uint8_t tag;
    enum sk_status (*read)(struct der *op, struct ldap_request *out); /* NULL: nothing is read */
    const char *text;
} OPS[LDAP_KINDS] = {
    [LDAP_BIND] = {TAG_BIND, read_bind, "bind"},
    [LDAP_UNBIND] = {TAG_UNBIND, NULL, "unbind"},
    [LDAP_SEARCH] = {TAG_SEARCH, read_search, "search"},
    [LDAP_MODIFY] = {TAG_MODIFY, NULL, "modify"},
    [LDAP_ADD] = {TAG_ADD, NULL, "add"},
    [LDAP_DELETE] = {TAG_DELETE, NULL, "delete"},
    [LDAP_MODIFY_DN] = {TAG_MODIFY_DN, NULL, "modify-dn"},
    [LDAP_COMPARE] = {TAG_COMPARE, read_compare, "compare"},
    [LDAP_ABANDON] = {TAG_ABANDON, NULL, "abandon"},
    [LDAP_EXTENDED] = {TAG_EXTENDED, read_extended, "extended"},
};

static enum sk_status read_operation(struct der *message, struct ldap_request *out)
{
    struct der_tlv tlv;
    struct der op, at = *message;
    unsigned i;

    if (der_any(&at, &tlv) != SK_OK)
        return SK_INPUT;
    for (i = 0; i < LDAP_KINDS && OPS[i].tag != tlv.tag; i++)
        continue;
    if (i == LDAP_KINDS)
        return SK_INPUT;
    out->kind = (enum ldap_kind)i;
    if (out->kind == LDAP_ABANDON && read_abandon(tlv.body, out) != SK_OK)
        return SK_INPUT;
    if (OPS[i].read != NULL &&
        (der_enter(message, tlv.tag, &op) != SK_OK || OPS[i].read(&op, out) != SK_OK))
        return SK_INPUT;
    *message = at;
    return SK_OK;
}

/* ---- controls (RFC 4511 4.1.11) ---- */

static enum sk_status read_control(struct der *list, struct ldap_control *out)
{
    struct der control;

    *out = (struct ldap_control){0};
    if (der_enter(list, DER_SEQUENCE, &control) != SK_OK ||
        read_text(&control, &out->type) != SK_OK)
        return SK_INPUT;
    if (der_peek(&control, DER_BOOLEAN) && read_bool(&control, &out->is_critical) != SK_OK)
        return SK_INPUT;
    return der_take_optional(&control, DER_OCTET_STRING, &out->has_value, &out->value);
}

static void add_control(struct ldap_request *out, const struct ldap_control *control)
{
    size_t i;

    for (i = 0; i < out->num_controls; i++) {
        if (bytes_equal(out->controls[i].type, control->type)) {
            set_fault(out, LDAP_PROTOCOL_ERROR, "a control stands twice");
            return;
        }
    }
    if (out->num_controls < LIMIT_LDAP_CONTROLS)
        out->controls[out->num_controls++] = *control;
    else
        set_fault(out, LDAP_ADMIN_LIMIT_EXCEEDED, "too many controls");
}

static enum sk_status read_controls(struct der *message, struct ldap_request *out)
{
    struct ldap_control control;
    struct der list;
    bool is_there;

    if (der_enter_optional(message, DER_CONTEXT_CONSTRUCTED(0), &is_there, &list) != SK_OK)
        return SK_INPUT;
    while (is_there && !der_at_end(&list)) {
        if (read_control(&list, &control) != SK_OK)
            return SK_INPUT;
        add_control(out, &control);
    }
    return SK_OK;
}

enum sk_status ldap_message_read(struct sk_bytes octets, struct ldap_request *out)
{
    struct ldap_request request = {0};
    struct der whole, message;
    int64_t id;

    der_init_ber(&whole, octets);
    if (der_enter(&whole, DER_SEQUENCE, &message) != SK_OK || der_finish(&whole) != SK_OK ||
        read_integer(&message, DER_INTEGER, &id) != SK_OK || id <= 0)
        return SK_INPUT;
    request.id = (uint32_t)id;
    if (read_operation(&message, &request) != SK_OK || read_controls(&message, &request) != SK_OK)
        return SK_INPUT;
    *out = request;
    return SK_OK;
}

const struct ldap_control *ldap_message_control(const struct ldap_request *request,
                                                const char *type)
{
    struct sk_bytes wanted = bytes_of(type, strlen(type));
    size_t i;

    for (i = 0; i < request->num_controls; i++) {
        if (bytes_equal(request->controls[i].type, wanted))
            return &request->controls[i];
    }
    return NULL;
}

const char *ldap_kind_text(enum ldap_kind kind)
{
    return OPS[kind].text;
}
