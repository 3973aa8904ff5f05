/* SPDX-License-Identifier: Apache-2.0 */
#include "net/ldap_write.h"

#include <event2/buffer.h>

#include "cache/generation.h"
#include "core/der.h"
#include "core/derout.h"

enum {
    TAG_ENTRY = 0x64,
    TAG_REFERENCE = 0x73,
    HEAD_BYTES = 6,      /* identifier and length octets, at most */
    REFER_BYTES = 4096,  /* larger values are referred to instead of copied */
    SMALL_BYTES = 65536, /* of what is gathered before it goes into the queue */
    MAX_NAME = 64,       /* of an attribute description that we write */
};

static struct sk_bytes text_bytes(const char *text)
{
    return bytes_of(text, text != NULL ? strlen(text) : 0);
}

/* ---- small messages ---- */

static const uint8_t RESPONSE_TAGS[LDAP_KINDS] = {
    [LDAP_BIND] = 0x61,    [LDAP_SEARCH] = 0x65,   [LDAP_MODIFY] = 0x67,
    [LDAP_ADD] = 0x69,     [LDAP_DELETE] = 0x6b,   [LDAP_MODIFY_DN] = 0x6d,
    [LDAP_COMPARE] = 0x6f, [LDAP_EXTENDED] = 0x78, /* of the others there is none */
};

/* LDAPResult (RFC 4511 4.1.9), without its SEQUENCE. */
static void put_result(struct sk_buf *out, const struct ldap_result *result)
{
    size_t mark, i;

    derout_uint(out, DER_ENUMERATED, (uint64_t)result->code);
    derout_tlv(out, DER_OCTET_STRING, result->matched);
    derout_tlv(out, DER_OCTET_STRING, text_bytes(result->text));
    if (result->code != LDAP_REFERRAL || result->num_referrals == 0)
        return;
    mark = derout_open(out, DER_CONTEXT_CONSTRUCTED(3));
    for (i = 0; i < result->num_referrals; i++)
        derout_tlv(out, DER_OCTET_STRING, result->referrals[i]);
    derout_close(out, mark);
}

/* realSearchControlValue (RFC 2696 2): how many there are in all is not told. */
static void put_page(struct sk_buf *out, struct sk_bytes cookie)
{
    size_t controls = derout_open(out, DER_CONTEXT_CONSTRUCTED(0));
    size_t control = derout_open(out, DER_SEQUENCE);
    size_t value, page;

    derout_tlv(out, DER_OCTET_STRING, text_bytes(LDAP_OID_PAGED));
    value = derout_open(out, DER_OCTET_STRING);
    page = derout_open(out, DER_SEQUENCE);
    derout_uint(out, DER_INTEGER, 0);
    derout_tlv(out, DER_OCTET_STRING, cookie);
    derout_close(out, page);
    derout_close(out, value);
    derout_close(out, control);
    derout_close(out, controls);
}

void ldap_write_result(struct sk_buf *out, uint32_t id, enum ldap_kind kind,
                       const struct ldap_result *result)
{
    size_t message = derout_open(out, DER_SEQUENCE), op;

    derout_uint(out, DER_INTEGER, id);
    op = derout_open(out, RESPONSE_TAGS[kind]);
    put_result(out, result);
    if (kind == LDAP_EXTENDED && result->name != NULL)
        derout_tlv(out, DER_CONTEXT(10), text_bytes(result->name));
    if (kind == LDAP_EXTENDED && result->has_value)
        derout_tlv(out, DER_CONTEXT(11), result->value);
    derout_close(out, op);
    if (result->has_page)
        put_page(out, result->cookie);
    derout_close(out, message);
}

void ldap_write_notice(struct sk_buf *out, enum ldap_code code, const char *text)
{
    const struct ldap_result notice = {.code = code, .text = text, .name = LDAP_OID_DISCONNECTION};

    ldap_write_result(out, 0, LDAP_EXTENDED, &notice);
}

void ldap_write_reference(struct sk_buf *out, uint32_t id, const struct sk_bytes *urls,
                          size_t num_urls)
{
    size_t message = derout_open(out, DER_SEQUENCE), op, i;

    derout_uint(out, DER_INTEGER, id);
    op = derout_open(out, TAG_REFERENCE);
    for (i = 0; i < num_urls; i++)
        derout_tlv(out, DER_OCTET_STRING, urls[i]);
    derout_close(out, op);
    derout_close(out, message);
}

/* ---- entries ---- */

/* What is on its way into the queue. */
struct writer {
    struct evbuffer *out;
    struct sk_buf small; /* gathered, not in the queue yet */
    struct sk_generation *gen;
    enum sk_status status;
};

/* Octets of a whole value with contents of this length. */
static uint64_t whole_len(uint64_t len)
{
    uint64_t extra = 0, left = len;

    for (; len >= 0x80 && left > 0; left >>= 8)
        extra++;
    return 2 + extra + len;
}

static void put_head(struct writer *w, uint8_t tag, uint64_t len)
{
    unsigned extra = (unsigned)(whole_len(len) - 2 - len), i;

    buf_put_byte(&w->small, tag);
    buf_put_byte(&w->small, extra == 0 ? (uint8_t)len : (uint8_t)(0x80u | extra));
    for (i = extra; i > 0; i--)
        buf_put_byte(&w->small, (uint8_t)(len >> (8 * (i - 1))));
}

static void flush(struct writer *w)
{
    if (w->status == SK_OK)
        w->status = buf_status(&w->small);
    if (w->status == SK_OK && w->small.len > 0 &&
        evbuffer_add(w->out, w->small.data, w->small.len) != 0)
        w->status = SK_NOMEM;
    buf_reset(&w->small);
}

static void drop_generation(const void *data, size_t len, void *extra)
{
    (void)data;
    (void)len;
    generation_unref(extra);
}

static void put_value(struct writer *w, struct sk_bytes value)
{
    put_head(w, DER_OCTET_STRING, value.len);
    if (value.len <= REFER_BYTES) {
        buf_put(&w->small, value.p, value.len);
        if (w->small.len >= SMALL_BYTES / 2)
            flush(w);
        return;
    }
    flush(w);
    if (w->status != SK_OK)
        return;
    if (w->gen == NULL) {
        w->status = evbuffer_add(w->out, value.p, value.len) == 0 ? SK_OK : SK_NOMEM;
        return;
    }
    if (evbuffer_add_reference(w->out, value.p, value.len, drop_generation,
                               generation_ref(w->gen)) == 0)
        return;
    generation_unref(w->gen);
    w->status = SK_NOMEM;
}

/* L-01: with ";binary", however it was asked for. */
static size_t description(const struct dir_attribute *attribute, char out[MAX_NAME])
{
    static const char binary[] = ";binary";
    size_t len = strlen(attribute->names[0]), extra = attribute->is_binary ? sizeof(binary) - 1 : 0;

    if (len + extra > MAX_NAME)
        len = MAX_NAME - extra;
    memcpy(out, attribute->names[0], len);
    memcpy(out + len, binary, extra);
    return len + extra;
}

static uint64_t values_len(const struct dir_values *values, bool types_only)
{
    uint64_t len = 0;
    size_t i;

    for (i = 0; !types_only && i < values->num; i++)
        len += whole_len(values->values[i].len);
    return len;
}

/* PartialAttribute, without its SEQUENCE. */
static uint64_t attribute_len(const struct dir_values *values, bool types_only)
{
    char name[MAX_NAME];

    return whole_len(description(values->attribute, name)) +
           whole_len(values_len(values, types_only));
}

static void put_attribute(struct writer *w, const struct dir_values *values, bool types_only)
{
    char name[MAX_NAME];
    size_t i;

    put_head(w, DER_SEQUENCE, attribute_len(values, types_only));
    derout_tlv(&w->small, DER_OCTET_STRING, bytes_of(name, description(values->attribute, name)));
    put_head(w, DER_SET, values_len(values, types_only));
    for (i = 0; !types_only && i < values->num; i++)
        put_value(w, values->values[i]);
}

/* Octets of an INTEGER's contents: minimal, not negative. */
static uint64_t id_len(uint32_t id)
{
    uint64_t len = 1;

    while (id >= 0x80) {
        id >>= 8;
        len++;
    }
    return len;
}

enum sk_status ldap_write_entry(struct evbuffer *out, uint32_t id, const struct ldap_entry *entry,
                                struct sk_generation *gen)
{
    struct writer w = {.out = out, .gen = gen};
    uint64_t list = 0, op, message;
    size_t i;

    for (i = 0; i < entry->num_attributes; i++)
        list += whole_len(attribute_len(entry->attributes[i], entry->types_only));
    op = whole_len(entry->dn.len) + whole_len(list);
    message = whole_len(id_len(id)) + whole_len(op);
    if (message > UINT32_MAX)
        return SK_LIMIT;
    buf_init(&w.small, SMALL_BYTES + HEAD_BYTES);
    put_head(&w, DER_SEQUENCE, message);
    derout_uint(&w.small, DER_INTEGER, id);
    put_head(&w, TAG_ENTRY, op);
    derout_tlv(&w.small, DER_OCTET_STRING, entry->dn);
    put_head(&w, DER_SEQUENCE, list);
    for (i = 0; i < entry->num_attributes; i++)
        put_attribute(&w, entry->attributes[i], entry->types_only);
    flush(&w);
    buf_done(&w.small);
    return w.status == SK_OK ? SK_OK : SK_NOMEM;
}
