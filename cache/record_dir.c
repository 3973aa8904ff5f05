/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/record_dir.h"

#include <openssl/evp.h>

static const uint32_t blob_mark = 0x80000000u;

static void put_u32(struct sk_buf *out, size_t value)
{
    const uint8_t four[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
                             (uint8_t)value};

    buf_put(out, four, sizeof(four));
}

void record_dir_put_head(struct sk_buf *out, unsigned flags, struct sk_bytes dn, size_t num_types)
{
    buf_put_byte(out, (uint8_t)flags);
    record_put_u16(out, (unsigned)dn.len);
    buf_put(out, dn.p, dn.len);
    record_put_u16(out, (unsigned)num_types);
}

void record_dir_put_type(struct sk_buf *out, unsigned id, size_t num_values)
{
    record_put_u16(out, id);
    put_u32(out, num_values);
}

void record_dir_put_value(struct sk_buf *out, struct sk_bytes value)
{
    put_u32(out, value.len);
    buf_put(out, value.p, value.len);
}

void record_dir_put_blob(struct sk_buf *out, const uint8_t sha256[SK_SHA256], size_t len)
{
    put_u32(out, len | blob_mark);
    buf_put(out, sha256, SK_SHA256);
}

static enum sk_status take(struct record_dir_walk *walk, size_t len, const uint8_t **out)
{
    if (len > (size_t)(walk->end - walk->p))
        return SK_INPUT;
    *out = walk->p;
    walk->p += len;
    return SK_OK;
}

static enum sk_status take_u16(struct record_dir_walk *walk, unsigned *out)
{
    const uint8_t *p;

    if (take(walk, 2, &p) != SK_OK)
        return SK_INPUT;
    return record_get_u16(bytes_of(p, 2), out);
}

static enum sk_status take_u32(struct record_dir_walk *walk, uint32_t *out)
{
    const uint8_t *p;

    if (take(walk, 4, &p) != SK_OK)
        return SK_INPUT;
    *out = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
    return SK_OK;
}

enum sk_status record_dir_open(struct sk_bytes key, struct sk_bytes value,
                               struct record_dir_walk *out)
{
    struct record_dir_walk walk;
    const uint8_t *p;
    unsigned len;

    if (record_take_check(key, &value) != SK_OK)
        return SK_INPUT;
    walk.p = value.p;
    walk.end = value.p + value.len;
    if (take(&walk, 1, &p) != SK_OK || (p[0] & ~(unsigned)RECORD_DIR_REFERRAL) != 0)
        return SK_INPUT;
    walk.flags = p[0];
    if (take_u16(&walk, &len) != SK_OK || take(&walk, len, &p) != SK_OK)
        return SK_INPUT;
    walk.dn = bytes_of(p, len);
    if (take_u16(&walk, &walk.num_types) != SK_OK || walk.num_types > LIMIT_DIR_ENTRY_TYPES)
        return SK_INPUT;
    *out = walk;
    return SK_OK;
}

enum sk_status record_dir_type(struct record_dir_walk *walk, unsigned *out_id, size_t *out_num)
{
    uint32_t num;
    unsigned id;

    /* Each value takes four octets at least. */
    if (take_u16(walk, &id) != SK_OK || take_u32(walk, &num) != SK_OK || num == 0 ||
        num > (size_t)(walk->end - walk->p) / 4)
        return SK_INPUT;
    *out_id = id;
    *out_num = num;
    return SK_OK;
}

enum sk_status record_dir_value(struct record_dir_walk *walk, struct record_dir_value *out)
{
    struct record_dir_value value;
    const uint8_t *p;
    uint32_t len;

    if (take_u32(walk, &len) != SK_OK)
        return SK_INPUT;
    value.is_blob = (len & blob_mark) != 0;
    value.len = len & ~blob_mark;
    if (take(walk, value.is_blob ? SK_SHA256 : value.len, &p) != SK_OK)
        return SK_INPUT;
    value.sha256 = value.is_blob ? p : NULL;
    value.bytes = value.is_blob ? bytes_of(NULL, 0) : bytes_of(p, value.len);
    *out = value;
    return SK_OK;
}

enum sk_status record_dir_finish(const struct record_dir_walk *walk)
{
    return walk->p == walk->end ? SK_OK : SK_INPUT;
}

enum sk_status record_dir_key(struct sk_bytes bytes, struct dir_key *out)
{
    if (bytes.len == 0 || bytes.len % DIR_RDN_HASH != 0 || bytes.len > sizeof(out->hash))
        return SK_INPUT;
    memset(out, 0, sizeof(*out));
    out->depth = (unsigned)(bytes.len / DIR_RDN_HASH);
    memcpy(out->hash, bytes.p, bytes.len);
    return SK_OK;
}

enum sk_status record_dir_hash(const char *oid, struct sk_bytes canon, uint8_t out[RECORD_DIR_HASH])
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    uint8_t hash[EVP_MAX_MD_SIZE];
    enum sk_status status = SK_OK;

    if (ctx == NULL || EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1 ||
        EVP_DigestUpdate(ctx, oid, strlen(oid) + 1) != 1 ||
        EVP_DigestUpdate(ctx, canon.p, canon.len) != 1 || EVP_DigestFinal_ex(ctx, hash, NULL) != 1)
        status = err_openssl(NULL, SK_CRYPTO, "index");
    else
        memcpy(out, hash, RECORD_DIR_HASH);
    EVP_MD_CTX_free(ctx);
    return status;
}
