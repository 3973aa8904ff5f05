/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "cache/cache_int.h"

static enum sk_status begin(struct sk_reader *reader, struct sk_err *err)
{
    const MDB_dbi *dbis = reader->gen->dbis;
    int rc = mdb_txn_begin(reader->gen->env, NULL, MDB_RDONLY, &reader->txn);

    if (rc == MDB_SUCCESS)
        rc = mdb_cursor_open(reader->txn, dbis[RECORD_REVOKED], &reader->revoked);
    if (rc == MDB_SUCCESS)
        rc = mdb_cursor_open(reader->txn, dbis[RECORD_CRL_NAME], &reader->names);
    if (rc == MDB_SUCCESS)
        rc = mdb_cursor_open(reader->txn, dbis[RECORD_ENTRY], &reader->entries);
    if (rc == MDB_SUCCESS)
        rc = mdb_cursor_open(reader->txn, dbis[RECORD_DIR_INDEX], &reader->index);
    return cache_lmdb(rc, err, "generation reader", "begin");
}

enum sk_status reader_new(struct sk_generation *gen, struct sk_reader **out, struct sk_err *err)
{
    struct sk_reader *reader = calloc(1, sizeof(*reader));
    size_t num_crls = gen->meta.num_crls;
    enum sk_status status;

    if (reader == NULL)
        return err_set(err, SK_NOMEM, "generation reader: no memory");
    reader->gen = generation_ref(gen);
    if (num_crls > LIMIT_READER_CRLS)
        num_crls = LIMIT_READER_CRLS;
    status = kept_init(&reader->kept, LIMIT_READER_CERTS, num_crls, LIMIT_READER_BYTES);
    status =
        status == SK_OK ? begin(reader, err) : err_set(err, status, "generation reader: no memory");
    if (status != SK_OK) {
        reader_free(reader);
        return status;
    }
    reader->source.ops = &cache_source_ops;
    reader->source.ctx = reader;
    *out = reader;
    return SK_OK;
}

void reader_free(struct sk_reader *reader)
{
    if (reader == NULL)
        return;
    kept_done(&reader->kept);
    free(reader->types);
    if (reader->index != NULL)
        mdb_cursor_close(reader->index);
    if (reader->entries != NULL)
        mdb_cursor_close(reader->entries);
    if (reader->names != NULL)
        mdb_cursor_close(reader->names);
    if (reader->revoked != NULL)
        mdb_cursor_close(reader->revoked);
    if (reader->txn != NULL)
        mdb_txn_abort(reader->txn);
    generation_unref(reader->gen);
    free(reader);
}

struct sk_generation *reader_generation(const struct sk_reader *reader)
{
    return reader->gen;
}

const struct sk_source *reader_source(const struct sk_reader *reader)
{
    return &reader->source;
}

uint64_t reader_num_certs(const struct sk_reader *reader)
{
    return reader->gen->meta.num_certs;
}

enum sk_status cache_get(const struct sk_reader *reader, enum record_db db, struct sk_bytes key,
                         struct sk_bytes *out)
{
    uint8_t copy[RECORD_KEY_MAX]; /* MDB_val is not const */
    MDB_val k, v;
    int rc;

    if (key.len == 0 || key.len > sizeof(copy))
        return SK_NOTFOUND;
    memcpy(copy, key.p, key.len);
    k.mv_data = copy;
    k.mv_size = key.len;
    rc = mdb_get(reader->txn, reader->gen->dbis[db], &k, &v);
    if (rc == MDB_SUCCESS)
        *out = bytes_of(v.mv_data, v.mv_size);
    return cache_lmdb(rc, NULL, "generation", "read");
}

/* A record that another record promises: its absence is damage. */
static enum sk_status get_promised(const struct sk_reader *reader, enum record_db db,
                                   struct sk_bytes key, struct sk_bytes *out)
{
    enum sk_status status = cache_get(reader, db, key, out);

    return status == SK_NOTFOUND ? SK_INPUT : status;
}

static enum sk_status parse_cert(struct sk_arena *arena, struct sk_bytes der,
                                 const uint8_t sha256[SK_SHA256], const struct sk_cert **out)
{
    struct sk_cert *cert;
    enum sk_status status;

    cert = arena_alloc(arena, sizeof(*cert));
    if (cert == NULL)
        return SK_LIMIT;
    status = cert_parse(arena, der, cert, NULL);
    if (status != SK_OK)
        return status;
    if (memcmp(cert->sha256, sha256, SK_SHA256) != 0)
        return SK_INPUT;
    *out = cert;
    return SK_OK;
}

enum sk_status cache_cert(struct sk_reader *reader, struct sk_arena *arena,
                          const uint8_t sha256[SK_SHA256], const struct sk_cert **out)
{
    const struct sk_cert *cert = kept_cert(&reader->kept, sha256);
    struct sk_arena *room = kept_room_for_cert(&reader->kept);
    struct sk_bytes der;
    enum sk_status status;

    if (cert != NULL) {
        *out = cert;
        return SK_OK;
    }
    status = get_promised(reader, RECORD_BLOB, bytes_of(sha256, SK_SHA256), &der);
    if (status != SK_OK)
        return status;
    if (room != NULL) {
        status = parse_cert(room, der, sha256, &cert);
        if (status == SK_OK) {
            kept_add_cert(&reader->kept, cert);
            *out = cert;
        }
        if (!kept_is_refused(&reader->kept, status))
            return status;
    }
    return parse_cert(arena, der, sha256, out);
}

enum sk_status cache_each_cert(struct sk_reader *reader, struct sk_arena *arena, enum record_db db,
                               struct sk_bytes key, source_cert_fn visit, void *arg)
{
    struct sk_bytes list;
    const struct sk_cert *cert;
    size_t num, i;
    enum sk_status status = cache_get(reader, db, key, &list);

    if (status == SK_NOTFOUND)
        return SK_OK;
    if (status == SK_OK)
        status = record_list(list, SK_SHA256, &num);
    for (i = 0; status == SK_OK && i < num; i++) {
        status = cache_cert(reader, arena, list.p + i * SK_SHA256, &cert);
        if (status == SK_OK)
            status = visit(arg, cert);
    }
    return status;
}

/* The first certificate of a list record. */
static enum sk_status first_cert(struct sk_reader *reader, struct sk_arena *arena,
                                 enum record_db db, struct sk_bytes key, const struct sk_cert **out)
{
    struct sk_bytes list;
    size_t num;
    enum sk_status status = cache_get(reader, db, key, &list);

    if (status == SK_OK)
        status = record_list(list, SK_SHA256, &num);
    return status == SK_OK ? cache_cert(reader, arena, list.p, out) : status;
}

enum sk_status reader_cert(struct sk_reader *reader, struct sk_arena *arena,
                           const uint8_t sha256[SK_SHA256], const struct sk_cert **out)
{
    struct sk_bytes mark;
    enum sk_status status = cache_get(reader, RECORD_CERT, bytes_of(sha256, SK_SHA256), &mark);

    return status == SK_OK ? cache_cert(reader, arena, sha256, out) : status;
}

enum sk_status reader_ca_by_certid(struct sk_reader *reader, struct sk_arena *arena,
                                   enum key_hash hash, struct sk_bytes issuer_name_hash,
                                   struct sk_bytes issuer_key_hash, const struct sk_cert **out)
{
    struct record_key key;
    uint8_t kind = (uint8_t)hash;

    record_key_init(&key);
    if (issuer_name_hash.len != issuer_key_hash.len || !record_key_put(&key, &kind, 1) ||
        !record_key_put(&key, issuer_name_hash.p, issuer_name_hash.len) ||
        !record_key_put(&key, issuer_key_hash.p, issuer_key_hash.len))
        return SK_NOTFOUND;
    return first_cert(reader, arena, RECORD_CERTID, record_key_bytes(&key), out);
}

struct any_visit {
    source_cert_fn visit;
    void *arg;
    bool is_any;
};

static enum sk_status visit_any(void *arg, const struct sk_cert *cert)
{
    struct any_visit *any = arg;

    any->is_any = true;
    return any->visit(any->arg, cert);
}

static enum sk_status each_of_any(struct sk_reader *reader, struct sk_arena *arena,
                                  enum record_db db, struct sk_bytes key, source_cert_fn visit,
                                  void *arg)
{
    struct any_visit any = {visit, arg, false};
    enum sk_status status = cache_each_cert(reader, arena, db, key, visit_any, &any);

    return status == SK_OK && !any.is_any ? SK_NOTFOUND : status;
}

enum sk_status reader_certs_by_serial(struct sk_reader *reader, struct sk_arena *arena,
                                      const uint8_t issuer_hash[SK_SHA256], struct sk_bytes serial,
                                      source_cert_fn visit, void *arg)
{
    struct record_key key;

    record_key_init(&key);
    if (serial.len == 0 || serial.len > LIMIT_SERIAL_BYTES ||
        !record_key_put(&key, issuer_hash, SK_SHA256) ||
        !record_key_put(&key, serial.p, serial.len))
        return SK_NOTFOUND;
    return each_of_any(reader, arena, RECORD_SERIAL, record_key_bytes(&key), visit, arg);
}

enum sk_status reader_certs_by_key_id(struct sk_reader *reader, struct sk_arena *arena,
                                      struct sk_bytes key_id, source_cert_fn visit, void *arg)
{
    uint8_t hash[SK_SHA256];

    key_sha256(key_id, hash);
    return each_of_any(reader, arena, RECORD_KEY_ID, bytes_of(hash, sizeof(hash)), visit, arg);
}

enum sk_status reader_object_get(struct sk_reader *reader, const char *path,
                                 struct reader_object *out)
{
    struct record_object record;
    struct reader_object object;
    struct sk_bytes value;
    enum sk_status status = cache_get(reader, RECORD_OBJECT, bytes_of(path, strlen(path)), &value);

    if (status == SK_OK)
        status = record_get_object(value, &record);
    if (status == SK_OK)
        status =
            get_promised(reader, RECORD_BLOB, bytes_of(record.sha256, SK_SHA256), &object.body);
    if (status != SK_OK)
        return status;
    memcpy(object.sha256, record.sha256, SK_SHA256);
    object.modified = record.modified;
    object.expires = record.expires;
    object.media_type = record_media_type(record.media_type);
    *out = object;
    return SK_OK;
}

enum sk_status reader_object_after(struct sk_reader *reader, const char *after,
                                   char out[LIMIT_OBJECT_PATH_BYTES + 1])
{
    char copy[LIMIT_OBJECT_PATH_BYTES + 1]; /* MDB_val is not const */
    size_t len = strnlen(after, sizeof(copy));
    MDB_cursor *cursor;
    MDB_val k, v;
    int rc;

    if (len == sizeof(copy))
        return SK_LIMIT;
    memcpy(copy, after, len);
    rc = mdb_cursor_open(reader->txn, reader->gen->dbis[RECORD_OBJECT], &cursor);
    if (rc != MDB_SUCCESS)
        return cache_lmdb(rc, NULL, "generation", "read");
    k.mv_data = copy;
    k.mv_size = len;
    rc = mdb_cursor_get(cursor, &k, &v, len > 0 ? MDB_SET_RANGE : MDB_FIRST);
    if (rc == MDB_SUCCESS && k.mv_size == len && memcmp(k.mv_data, after, len) == 0)
        rc = mdb_cursor_get(cursor, &k, &v, MDB_NEXT);
    mdb_cursor_close(cursor);
    if (rc != MDB_SUCCESS)
        return cache_lmdb(rc, NULL, "generation", "read");
    if (k.mv_size > LIMIT_OBJECT_PATH_BYTES || memchr(k.mv_data, '\0', k.mv_size) != NULL)
        return SK_INPUT;
    memcpy(out, k.mv_data, k.mv_size);
    out[k.mv_size] = '\0';
    return SK_OK;
}

static enum sk_status get_crl_record(const struct sk_reader *reader, unsigned id,
                                     struct record_crl *out)
{
    struct record_key key;
    struct sk_bytes value;
    enum sk_status status;

    record_key_init(&key);
    if (id > UINT16_MAX || !record_key_put_u16(&key, id))
        return SK_INPUT;
    status = get_promised(reader, RECORD_CRL, record_key_bytes(&key), &value);
    return status == SK_OK ? record_get_crl(value, out) : status;
}

enum sk_status reader_ca_of_issuer(const struct sk_reader *reader,
                                   const uint8_t issuer_hash[SK_SHA256], const char **out)
{
    struct record_crl record;
    const char *found = NULL;
    struct sk_bytes list;
    size_t num, i;
    unsigned id;
    enum sk_status status =
        cache_get(reader, RECORD_CRL_ISSUER, bytes_of(issuer_hash, SK_SHA256), &list);

    if (status == SK_OK)
        status = record_list(list, 2, &num);
    for (i = 0; status == SK_OK && i < num; i++) {
        status = record_get_u16(bytes_of(list.p + 2 * i, 2), &id);
        if (status != SK_OK || id == RECORD_NO_CRL)
            break;
        status = get_crl_record(reader, id, &record);
        if (status == SK_OK && found != NULL && strcmp(found, record.ca) != 0)
            status = SK_NOTFOUND;
        found = record.ca;
    }
    if (status != SK_OK || found == NULL)
        return status == SK_OK ? SK_NOTFOUND : status;
    *out = found;
    return SK_OK;
}

static enum sk_status visit_crl(struct sk_reader *reader, struct sk_arena *arena, unsigned id,
                                reader_crl_info_fn visit, void *arg)
{
    struct reader_crl_info info = {0};
    struct record_crl record;
    struct sk_crl crl;
    struct sk_bytes der;
    enum sk_status status = get_crl_record(reader, id, &record);

    if (status == SK_OK)
        status = get_promised(reader, RECORD_BLOB, bytes_of(record.sha256, SK_SHA256), &der);
    if (status == SK_OK)
        status = crl_parse(arena, der, &crl, NULL);
    if (status != SK_OK)
        return status;
    info.ca = record.ca;
    info.is_arl = (record.flags & RECORD_CRL_ARL) != 0;
    info.is_usable = (record.flags & RECORD_CRL_UNUSABLE) == 0;
    info.kind = crl_kind(&crl, info.is_arl);
    info.crl = &crl;
    memcpy(info.sha256, record.sha256, SK_SHA256);
    info.this_update = record.this_update;
    info.next_update = record.next_update;
    info.num_entries = record.num_entries;
    return visit(arg, &info);
}

enum sk_status reader_crls(struct sk_reader *reader, reader_crl_info_fn visit, void *arg)
{
    struct sk_arena *arena = arena_new(LIMIT_JOB_ARENA_BYTES);
    enum sk_status status = arena != NULL ? SK_OK : SK_NOMEM;
    unsigned id;

    for (id = 0; status == SK_OK && id < reader->gen->meta.num_crls; id++) {
        status = visit_crl(reader, arena, id, visit, arg);
        arena_reset(arena);
    }
    arena_free(arena);
    return status;
}

enum sk_status reader_blob(struct sk_reader *reader, const uint8_t sha256[SK_SHA256],
                           struct sk_bytes *out)
{
    return cache_get(reader, RECORD_BLOB, bytes_of(sha256, SK_SHA256), out);
}

enum sk_status reader_origin(struct sk_reader *reader, const char *url, reader_origin_fn visit,
                             void *arg)
{
    struct sk_bytes list;
    uint8_t hash[SK_SHA256];
    size_t num, i;
    enum sk_status status;

    key_sha256(bytes_of(url, strlen(url)), hash);
    status = cache_get(reader, RECORD_ORIGIN, bytes_of(hash, sizeof(hash)), &list);
    if (status == SK_NOTFOUND)
        return SK_OK;
    if (status == SK_OK)
        status = record_list(list, SK_SHA256, &num);
    for (i = 0; status == SK_OK && i < num; i++)
        status = visit(arg, list.p + i * SK_SHA256);
    return status;
}
