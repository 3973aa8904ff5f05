/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/record.h"

#include <openssl/evp.h>

#include "core/clock.h"

enum { TIME_BYTES = 5, META_BYTES = 4 + 8 + TIME_BYTES + SK_SHA256 + 4 + 4 + 4 };
enum { CRL_HEAD_BYTES = 2 * SK_SHA256 + 1 + 2 * TIME_BYTES + 8 };
enum { OBJECT_BYTES = 1 + SK_SHA256 + 2 * TIME_BYTES };
enum { CRL_FLAGS = RECORD_CRL_ARL | RECORD_CRL_UNUSABLE | RECORD_CRL_INDIRECT };

/* First octet of a revoked entry: the reason and two marks. */
enum { ENTRY_REASON = 0x0f, ENTRY_HAS_REASON = 0x10, ENTRY_HAS_INVALIDITY = 0x20 };

static const int64_t time_first = -62167219200; /* 0000-01-01T00:00:00Z */
static const int64_t time_last = 253402300799;  /* 9999-12-31T23:59:59Z */
static const uint64_t time_never = 0xffffffffffu;

static const char *const db_names[RECORD_DBS] = {
    [RECORD_META] = "meta",        [RECORD_BLOB] = "blob",
    [RECORD_CERT] = "cert",        [RECORD_SUBJECT] = "subject",
    [RECORD_SERIAL] = "serial",    [RECORD_KEY_ID] = "keyid",
    [RECORD_CERTID] = "certid",    [RECORD_CHECKED] = "checked",
    [RECORD_CRL] = "crl",          [RECORD_CRL_ISSUER] = "crlissuer",
    [RECORD_CRL_NAME] = "crlname", [RECORD_REVOKED] = "revoked",
    [RECORD_OBJECT] = "object",    [RECORD_ORIGIN] = "origin",
    [RECORD_SEARCH] = "search",    [RECORD_ENTRY] = "entry",
    [RECORD_SUFFIX] = "suffix",    [RECORD_DIR_INDEX] = "dirindex",
    [RECORD_DIR_TYPE] = "dirtype", [RECORD_DIR_LIST] = "dirlist",
};

static const char *const media_types[] = {RECORD_MEDIA_CERT, RECORD_MEDIA_CRL, RECORD_MEDIA_BUNDLE};
enum { NUM_MEDIA_TYPES = sizeof(media_types) / sizeof(media_types[0]) };

const char *record_db_name(enum record_db db)
{
    return db_names[db];
}

static void put_uint(struct sk_buf *out, uint64_t value, unsigned bytes)
{
    while (bytes-- > 0)
        buf_put_byte(out, (uint8_t)(value >> (8 * bytes)));
}

static uint64_t get_uint(const uint8_t *p, unsigned bytes)
{
    uint64_t value = 0;
    unsigned i;

    for (i = 0; i < bytes; i++)
        value = value << 8 | p[i];
    return value;
}

static void put_time(struct sk_buf *out, int64_t when)
{
    if (when == CLOCK_NEVER) {
        put_uint(out, time_never, TIME_BYTES);
        return;
    }
    if (when < time_first)
        when = time_first;
    if (when > time_last)
        when = time_last;
    put_uint(out, (uint64_t)(when - time_first), TIME_BYTES);
}

static enum sk_status get_time(const uint8_t *p, int64_t *out)
{
    uint64_t value = get_uint(p, TIME_BYTES);

    if (value == time_never) {
        *out = CLOCK_NEVER;
        return SK_OK;
    }
    if (value > (uint64_t)(time_last - time_first))
        return SK_INPUT;
    *out = (int64_t)value + time_first;
    return SK_OK;
}

void record_put_meta(struct sk_buf *out, const struct record_meta *meta)
{
    put_uint(out, meta->format, 4);
    put_uint(out, meta->number, 8);
    put_time(out, meta->created);
    buf_put(out, meta->digest, SK_SHA256);
    put_uint(out, meta->num_certs, 4);
    put_uint(out, meta->num_crls, 4);
    put_uint(out, meta->num_entries, 4);
}

enum sk_status record_get_meta(struct sk_bytes value, struct record_meta *out)
{
    struct record_meta meta;
    const uint8_t *p = value.p;

    if (value.len != META_BYTES)
        return SK_INPUT;
    meta.format = (uint32_t)get_uint(p, 4);
    meta.number = get_uint(p + 4, 8);
    if (get_time(p + 12, &meta.created) != SK_OK)
        return SK_INPUT;
    p += 12 + TIME_BYTES;
    memcpy(meta.digest, p, SK_SHA256);
    meta.num_certs = (uint32_t)get_uint(p + SK_SHA256, 4);
    meta.num_crls = (uint32_t)get_uint(p + SK_SHA256 + 4, 4);
    meta.num_entries = (uint32_t)get_uint(p + SK_SHA256 + 8, 4);
    *out = meta;
    return SK_OK;
}

void record_put_crl(struct sk_buf *out, const struct record_crl *crl)
{
    buf_put(out, crl->sha256, SK_SHA256);
    buf_put(out, crl->seal, SK_SHA256);
    put_uint(out, crl->flags, 1);
    put_time(out, crl->this_update);
    put_time(out, crl->next_update);
    put_uint(out, crl->num_entries, 8);
    buf_put(out, crl->ca, strlen(crl->ca) + 1);
}

enum sk_status record_get_crl(struct sk_bytes value, struct record_crl *out)
{
    struct record_crl crl;
    const uint8_t *p = value.p;

    if (value.len < CRL_HEAD_BYTES + 1 ||
        memchr(p + CRL_HEAD_BYTES, '\0', value.len - CRL_HEAD_BYTES) != p + value.len - 1)
        return SK_INPUT;
    memcpy(crl.sha256, p, SK_SHA256);
    memcpy(crl.seal, p + SK_SHA256, SK_SHA256);
    p += 2 * SK_SHA256;
    crl.flags = p[0];
    if ((crl.flags & ~(unsigned)CRL_FLAGS) != 0 || get_time(p + 1, &crl.this_update) != SK_OK ||
        get_time(p + 1 + TIME_BYTES, &crl.next_update) != SK_OK)
        return SK_INPUT;
    p += 1 + 2 * TIME_BYTES;
    crl.num_entries = get_uint(p, 8);
    crl.ca = (const char *)p + 8;
    *out = crl;
    return SK_OK;
}

enum sk_status record_crl_seal(const struct record_crl *record, unsigned id,
                               const struct sk_crl *crl, uint8_t out[SK_SHA256])
{
    struct record_crl copy = *record;
    struct sk_bytes before = crl->der, after = {NULL, 0};
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    enum sk_status status;
    struct sk_buf value;

    if (crl->entries.len > 0) {
        before.len = (size_t)(crl->entries.p - crl->der.p);
        after = bytes_of(crl->entries.p + crl->entries.len,
                         crl->der.len - before.len - crl->entries.len);
    }
    memset(copy.seal, 0, sizeof(copy.seal));
    buf_init(&value, UINT8_MAX);
    record_put_crl(&value, &copy);
    record_put_u16(&value, id);
    status = buf_status(&value);
    if (status == SK_OK &&
        (ctx == NULL || EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1 ||
         EVP_DigestUpdate(ctx, value.data, value.len) != 1 ||
         EVP_DigestUpdate(ctx, before.p, before.len) != 1 ||
         EVP_DigestUpdate(ctx, after.p, after.len) != 1 || EVP_DigestFinal_ex(ctx, out, NULL) != 1))
        status = err_openssl(NULL, SK_CRYPTO, "seal");
    EVP_MD_CTX_free(ctx);
    buf_done(&value);
    return status;
}

void record_put_object(struct sk_buf *out, const struct record_object *object)
{
    put_uint(out, object->media_type, 1);
    buf_put(out, object->sha256, SK_SHA256);
    put_time(out, object->modified);
    put_time(out, object->expires);
}

enum sk_status record_get_object(struct sk_bytes value, struct record_object *out)
{
    struct record_object object;
    const uint8_t *p = value.p;

    if (value.len != OBJECT_BYTES || p[0] >= NUM_MEDIA_TYPES)
        return SK_INPUT;
    object.media_type = p[0];
    memcpy(object.sha256, p + 1, SK_SHA256);
    if (get_time(p + 1 + SK_SHA256, &object.modified) != SK_OK ||
        get_time(p + 1 + SK_SHA256 + TIME_BYTES, &object.expires) != SK_OK)
        return SK_INPUT;
    *out = object;
    return SK_OK;
}

void record_put_entry(struct sk_buf *out, const struct crl_entry *entry)
{
    unsigned head = (unsigned)entry->reason & ENTRY_REASON;

    if (entry->has_reason)
        head |= ENTRY_HAS_REASON;
    if (entry->has_invalidity)
        head |= ENTRY_HAS_INVALIDITY;
    put_uint(out, head, 1);
    put_time(out, entry->revoked_at);
    if (entry->has_invalidity)
        put_time(out, entry->invalidity_date);
}

/* RFC 5280 5.3.1: 7 is not used, 10 is the last. */
static bool is_reason(unsigned reason)
{
    return reason <= CRL_REASON_AA_COMPROMISE && reason != 7;
}

enum sk_status record_get_entry(struct sk_bytes value, struct crl_entry *out)
{
    struct crl_entry entry;
    unsigned head;

    memset(&entry, 0, sizeof(entry));
    if (value.len < 1 + TIME_BYTES)
        return SK_INPUT;
    head = value.p[0];
    entry.has_reason = (head & ENTRY_HAS_REASON) != 0;
    entry.has_invalidity = (head & ENTRY_HAS_INVALIDITY) != 0;
    if ((head & ~(unsigned)(ENTRY_REASON | ENTRY_HAS_REASON | ENTRY_HAS_INVALIDITY)) != 0 ||
        !is_reason(head & ENTRY_REASON) ||
        value.len != (entry.has_invalidity ? 1 + 2 * TIME_BYTES : 1 + TIME_BYTES) ||
        get_time(value.p + 1, &entry.revoked_at) != SK_OK)
        return SK_INPUT;
    entry.reason = (enum crl_reason)(head & ENTRY_REASON);
    if (entry.has_invalidity && get_time(value.p + 1 + TIME_BYTES, &entry.invalidity_date) != SK_OK)
        return SK_INPUT;
    *out = entry;
    return SK_OK;
}

void record_put_time(struct sk_buf *out, int64_t when)
{
    put_time(out, when);
}

enum sk_status record_get_time(struct sk_bytes value, int64_t *out)
{
    return value.len == TIME_BYTES ? get_time(value.p, out) : SK_INPUT;
}

void record_put_u16(struct sk_buf *out, unsigned value)
{
    put_uint(out, value, 2);
}

enum sk_status record_get_u16(struct sk_bytes value, unsigned *out)
{
    if (value.len != 2)
        return SK_INPUT;
    *out = (unsigned)get_uint(value.p, 2);
    return SK_OK;
}

enum sk_status record_list(struct sk_bytes value, size_t item, size_t *out_num)
{
    if (value.len == 0 || value.len % item != 0)
        return SK_INPUT;
    *out_num = value.len / item;
    return SK_OK;
}

/* FNV-1a: each step is one-to-one in the state. */
uint64_t record_check(uint64_t state, struct sk_bytes bytes)
{
    static const uint64_t prime = 0x100000001b3u;
    size_t i;

    state = (state ^ (bytes.len & 0xff)) * prime;
    for (i = 0; i < bytes.len; i++)
        state = (state ^ bytes.p[i]) * prime;
    return state;
}

void record_put_check(struct sk_buf *out, struct sk_bytes key)
{
    put_uint(out, record_check(record_check(RECORD_CHECK_BEGIN, key), buf_bytes(out)),
             RECORD_CHECK);
}

enum sk_status record_take_check(struct sk_bytes key, struct sk_bytes *io_value)
{
    struct sk_bytes value = *io_value;
    uint64_t check;

    if (value.len < RECORD_CHECK)
        return SK_INPUT;
    value.len -= RECORD_CHECK;
    check = record_check(record_check(RECORD_CHECK_BEGIN, key), value);
    if (get_uint(value.p + value.len, RECORD_CHECK) != check)
        return SK_INPUT;
    *io_value = value;
    return SK_OK;
}

void record_key_init(struct record_key *key)
{
    key->len = 0;
}

bool record_key_put(struct record_key *key, const void *p, size_t len)
{
    if (len > sizeof(key->p) - key->len)
        return false;
    if (len > 0)
        memcpy(key->p + key->len, p, len);
    key->len += len;
    return true;
}

bool record_key_put_u16(struct record_key *key, unsigned value)
{
    uint8_t two[2] = {(uint8_t)(value >> 8), (uint8_t)value};

    return record_key_put(key, two, sizeof(two));
}

const char *record_media_type(unsigned index)
{
    return index < NUM_MEDIA_TYPES ? media_types[index] : NULL;
}

enum sk_status record_media_index(const char *text, unsigned *out)
{
    unsigned i;

    for (i = 0; i < NUM_MEDIA_TYPES; i++) {
        if (strcmp(media_types[i], text) == 0) {
            *out = i;
            return SK_OK;
        }
    }
    return SK_NOTFOUND;
}
