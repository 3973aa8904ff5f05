/* SPDX-License-Identifier: Apache-2.0 */
/* The generation as a source of validation (core/source.h). */
#include "cache/cache_int.h"
#include "cache/chain.h"
#include "core/name.h"

static enum sk_status certs_by_subject(const struct sk_source *source, struct sk_arena *arena,
                                       const uint8_t hash[SK_SHA256], source_cert_fn visit,
                                       void *arg)
{
    struct sk_reader *reader = source->ctx;

    return cache_each_cert(reader, arena, RECORD_SUBJECT, bytes_of(hash, SK_SHA256), visit, arg);
}

/* A CRL as a candidate, with what it points to. */
struct loaded_crl {
    struct source_crl crl;
    struct source_handle handle;
    struct sk_crl head;
};

/* A candidate from the CRL's record and the head of its DER. */
static enum sk_status parse_crl(const struct sk_reader *reader, struct sk_arena *arena, unsigned id,
                                const struct source_crl **out)
{
    struct loaded_crl *loaded = arena_alloc(arena, sizeof(*loaded));
    struct record_crl record;
    struct record_key key;
    struct sk_bytes value, der;
    uint8_t seal[SK_SHA256];
    enum sk_status status;

    if (loaded == NULL)
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
        status = crl_parse(arena, der, &loaded->head, NULL);
    if (status == SK_OK)
        status = record_crl_seal(&record, id, &loaded->head, seal);
    if (status != SK_OK)
        return status == SK_NOTFOUND ? SK_INPUT : status;
    if (memcmp(seal, record.seal, SK_SHA256) != 0)
        return SK_INPUT;
    loaded->handle.id = id;
    loaded->handle.flags = record.flags;
    loaded->crl.crl = &loaded->head;
    memcpy(loaded->crl.sha256, record.sha256, SK_SHA256);
    loaded->crl.from_arl_attribute = (record.flags & RECORD_CRL_ARL) != 0;
    loaded->crl.handle = &loaded->handle;
    *out = &loaded->crl;
    return SK_OK;
}

/* The CRL with this id, kept by the reader or parsed into the arena. */
static enum sk_status load_crl(struct sk_reader *reader, struct sk_arena *arena, unsigned id,
                               const struct source_crl **out)
{
    const struct source_crl *crl = kept_crl(&reader->kept, id);
    struct sk_arena *room = kept_room_for_crl(&reader->kept, id);
    enum sk_status status;

    if (crl != NULL) {
        *out = crl;
        return SK_OK;
    }
    if (room != NULL) {
        status = parse_crl(reader, room, id, &crl);
        if (status == SK_OK) {
            kept_add_crl(&reader->kept, id, crl);
            *out = crl;
        }
        if (!kept_is_refused(&reader->kept, status))
            return status;
    }
    return parse_crl(reader, arena, id, out);
}

typedef bool (*belongs_fn)(const struct sk_crl *crl, struct sk_bytes key);

static bool is_of_issuer(const struct sk_crl *crl, struct sk_bytes key)
{
    return bytes_equal(bytes_of(crl->issuer_hash, SK_SHA256), key);
}

static bool is_indirect(const struct sk_crl *crl, struct sk_bytes key)
{
    (void)key;
    return crl->idp.is_indirect;
}

/* Visits the CRLs of a crlissuer record. Ids ascend to the mark at the end, and all belong there:
 * no list is missing. SK_NOTFOUND: no such record. */
static enum sk_status each_crl(struct sk_reader *reader, struct sk_arena *arena,
                               struct sk_bytes key, belongs_fn belongs, source_crl_fn visit,
                               void *arg)
{
    const struct source_crl *crl;
    struct sk_bytes list;
    size_t num, i;
    unsigned id, last = 0;
    enum sk_status status = cache_get(reader, RECORD_CRL_ISSUER, key, &list);

    if (status == SK_OK)
        status = record_list(list, 2, &num);
    for (i = 0; status == SK_OK && i < num; i++, last = id) {
        status = record_get_u16(bytes_of(list.p + 2 * i, 2), &id);
        if (status != SK_OK || (i > 0 && id <= last) || (i + 1 == num) != (id == RECORD_NO_CRL))
            return SK_INPUT;
        if (id == RECORD_NO_CRL)
            break;
        status = load_crl(reader, arena, id, &crl);
        if (status == SK_OK && !belongs(crl->crl, key))
            status = SK_INPUT;
        if (status == SK_OK)
            status = visit(arg, crl);
    }
    return status;
}

static enum sk_status crls_by_issuer(const struct sk_source *source, struct sk_arena *arena,
                                     const uint8_t hash[SK_SHA256], source_crl_fn visit, void *arg)
{
    enum sk_status status =
        each_crl(source->ctx, arena, bytes_of(hash, SK_SHA256), is_of_issuer, visit, arg);

    return status == SK_NOTFOUND ? SK_OK : status;
}

static enum sk_status indirect_crls(const struct sk_source *source, struct sk_arena *arena,
                                    source_crl_fn visit, void *arg)
{
    enum sk_status status =
        each_crl(source->ctx, arena, bytes_of(RECORD_INDIRECT, sizeof(RECORD_INDIRECT) - 1),
                 is_indirect, visit, arg);

    return status == SK_NOTFOUND ? SK_INPUT : status; /* it is in every generation */
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
    status = chain_find(reader->names, record_key_bytes(&name_key), &value);
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
        status = chain_find(reader->revoked, record_key_bytes(&key), &value);
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
    .indirect_crls = indirect_crls,
};
