/* SPDX-License-Identifier: Apache-2.0 */
/* The generation as a source of validation (core/source.h). */
#include "cache/cache_int.h"
#include "core/name.h"

static enum sk_status certs_by_subject(const struct sk_source *source, struct sk_arena *arena,
                                       const uint8_t hash[SK_SHA256], source_cert_fn visit,
                                       void *arg)
{
    const struct sk_reader *reader = source->ctx;

    return cache_each_cert(reader, arena, RECORD_SUBJECT, bytes_of(hash, SK_SHA256), visit, arg);
}

/* Fills a candidate from the CRL's record and the head of its DER. */
static enum sk_status load_crl(const struct sk_reader *reader, struct sk_arena *arena, unsigned id,
                               struct source_crl *out)
{
    struct source_handle *handle = arena_alloc(arena, sizeof(*handle));
    struct sk_crl *crl = arena_alloc(arena, sizeof(*crl));
    struct record_crl record;
    struct record_key key;
    struct sk_bytes value, der;
    enum sk_status status;

    if (handle == NULL || crl == NULL)
        return SK_LIMIT;
    record_key_init(&key);
    if (!record_key_put_u16(&key, id))
        return SK_INTERNAL;
    status = cache_get(reader, RECORD_CRL, record_key_bytes(&key), &value);
    if (status == SK_OK)
        status = record_get_crl(value, &record);
    if (status == SK_OK)
        status = cache_get(reader, RECORD_BLOB, bytes_of(record.sha256, SK_SHA256), &der);
    if (status == SK_OK)
        status = crl_parse(arena, der, crl, NULL);
    if (status != SK_OK)
        return status == SK_NOTFOUND ? SK_INPUT : status;
    handle->id = id;
    handle->flags = record.flags;
    out->crl = crl;
    memcpy(out->sha256, record.sha256, SK_SHA256);
    out->from_arl_attribute = (record.flags & RECORD_CRL_ARL) != 0;
    out->handle = handle;
    return SK_OK;
}

static enum sk_status crls_by_issuer(const struct sk_source *source, struct sk_arena *arena,
                                     const uint8_t hash[SK_SHA256], source_crl_fn visit, void *arg)
{
    const struct sk_reader *reader = source->ctx;
    struct source_crl crl;
    struct sk_bytes list;
    size_t num, i;
    unsigned id;
    enum sk_status status = cache_get(reader, RECORD_CRL_ISSUER, bytes_of(hash, SK_SHA256), &list);

    if (status == SK_NOTFOUND)
        return SK_OK;
    if (status == SK_OK)
        status = record_list(list, 2, &num);
    for (i = 0; status == SK_OK && i < num; i++) {
        status = record_get_u16(bytes_of(list.p + 2 * i, 2), &id);
        if (status == SK_OK)
            status = load_crl(reader, arena, id, &crl);
        if (status == SK_OK)
            status = visit(arg, &crl);
    }
    return status;
}

/* Puts the name id of a certificate issuer into the key of an indirect CRL (C-12). SK_NOTFOUND: the
 * CRL says nothing of that issuer. */
static enum sk_status put_name_id(const struct sk_reader *reader, unsigned crl_id,
                                  struct sk_bytes cert_issuer_canon, struct record_key *key)
{
    struct record_key name_key;
    struct sk_bytes value;
    uint8_t hash[SK_SHA256];
    unsigned id;
    enum sk_status status;

    name_hash(cert_issuer_canon, hash);
    record_key_init(&name_key);
    if (!record_key_put_u16(&name_key, crl_id) || !record_key_put(&name_key, hash, sizeof(hash)))
        return SK_INTERNAL;
    status = cache_get(reader, RECORD_CRL_NAME, record_key_bytes(&name_key), &value);
    if (status == SK_OK)
        status = record_get_u16(value, &id);
    if (status == SK_OK && !record_key_put_u16(key, id))
        status = SK_INTERNAL;
    return status;
}

static enum sk_status crl_find(const struct sk_source *source, struct sk_arena *arena,
                               const struct source_crl *crl, struct sk_bytes cert_issuer_canon,
                               struct sk_bytes serial, struct crl_entry *out)
{
    const struct sk_reader *reader = source->ctx;
    const struct source_handle *handle = crl->handle;
    struct record_key key;
    struct crl_entry entry;
    struct sk_bytes value;
    enum sk_status status = SK_OK;

    (void)arena;
    /* A serial too long for a record cannot be looked up, and "not listed" would be a guess. */
    if ((handle->flags & RECORD_CRL_UNUSABLE) != 0 || serial.len == 0 ||
        serial.len > LIMIT_SERIAL_BYTES)
        return SK_INPUT;
    record_key_init(&key);
    if (!record_key_put_u16(&key, handle->id))
        return SK_INTERNAL;
    if ((handle->flags & RECORD_CRL_INDIRECT) != 0)
        status = put_name_id(reader, handle->id, cert_issuer_canon, &key);
    if (status == SK_OK && !record_key_put(&key, serial.p, serial.len))
        status = SK_INTERNAL;
    if (status == SK_OK)
        status = cache_get(reader, RECORD_REVOKED, record_key_bytes(&key), &value);
    if (status == SK_OK)
        status = record_get_entry(value, &entry);
    if (status != SK_OK)
        return status;
    entry.serial = serial;
    *out = entry;
    return SK_OK;
}

static bool is_checked(const struct sk_source *source, const uint8_t object_sha256[SK_SHA256],
                       const uint8_t spki_sha256[SK_SHA256])
{
    const struct sk_reader *reader = source->ctx;
    struct record_key key;
    struct sk_bytes value;

    record_key_init(&key);
    return record_key_put(&key, object_sha256, SK_SHA256) &&
           record_key_put(&key, spki_sha256, SK_SHA256) &&
           cache_get(reader, RECORD_CHECKED, record_key_bytes(&key), &value) == SK_OK;
}

const struct sk_source_ops cache_source_ops = {
    .certs_by_subject = certs_by_subject,
    .crls_by_issuer = crls_by_issuer,
    .crl_find = crl_find,
    .is_checked = is_checked,
};
