/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/publish.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <unistd.h>

#include "cache/cache_int.h"
#include "cache/dirs.h"
#include "cache/publish_int.h"
#include "cache/recode.h"
#include "core/clock.h"
#include "core/der.h"
#include "core/limits.h"

/* Takes the lock, clears away what a dead publisher left, and starts an empty build. The next
 * number is chosen before clearing away, so that a number that was ever seen is not used again. */
static enum sk_status prepare(struct sk_publish *pub, struct sk_err *err)
{
    char path[DIRS_PATH];
    enum sk_status status = dirs_lock(pub->dir, &pub->lock_fd, err);
    uint64_t greatest;

    if (status == SK_OK)
        status = dirs_greatest(pub->dir, &greatest, err);
    if (status == SK_OK)
        status = dirs_clean(pub->dir, err);
    if (status == SK_OK)
        status = dirs_make_build(pub->dir, path, err);
    if (status == SK_OK)
        status = build_init(&pub->build, path, err);
    if (status == SK_OK)
        pub->number = greatest + 1;
    return status;
}

static void publish_free(struct sk_publish *pub)
{
    unsigned db;

    build_done(&pub->build);
    for (db = 0; db < RECORD_DBS; db++)
        stage_done(&pub->lists[db]);
    stage_done(&pub->contents);
    arena_free(pub->arena);
    publish_dir_free(pub->entries);
    if (pub->lock_fd >= 0)
        (void)close(pub->lock_fd);
    free(pub->dir);
    free(pub);
}

enum sk_status publish_begin(const char *dir, struct sk_publish **out, struct sk_err *err)
{
    struct sk_publish *pub = calloc(1, sizeof(*pub));
    enum sk_status status;
    unsigned db;

    if (pub == NULL)
        return err_set(err, SK_NOMEM, "%s: no memory", dir);
    pub->lock_fd = -1;
    for (db = 0; db < RECORD_DBS; db++)
        stage_init(&pub->lists[db]);
    stage_init(&pub->contents);
    pub->dir = strdup(dir);
    pub->arena = arena_new(LIMIT_PUBLISH_ARENA);
    status = pub->dir != NULL && pub->arena != NULL ? prepare(pub, err)
                                                    : err_set(err, SK_NOMEM, "%s: no memory", dir);
    if (status != SK_OK) {
        publish_free(pub);
        return status;
    }
    *out = pub;
    return SK_OK;
}

void publish_abort(struct sk_publish *pub)
{
    char path[DIRS_PATH];

    if (pub == NULL)
        return;
    build_done(&pub->build);
    /* What cannot be removed now is removed by the next publisher. */
    if (dirs_path(pub->dir, "build", path, NULL) == SK_OK)
        (void)!dirs_remove(path, NULL);
    publish_free(pub);
}

enum sk_status publish_put(struct stage *stage, const struct sk_bytes *parts, size_t num_parts,
                           struct sk_bytes value, struct sk_err *err)
{
    struct record_key key;
    enum sk_status status;
    size_t i;

    record_key_init(&key);
    for (i = 0; i < num_parts; i++) {
        if (!record_key_put(&key, parts[i].p, parts[i].len))
            return err_set(err, SK_LIMIT, "publish: key too long");
    }
    status = stage_put(stage, record_key_bytes(&key), value);
    return status == SK_OK ? SK_OK : err_set(err, status, "publish: no room for more records");
}

enum sk_status publish_note(struct sk_publish *pub, enum content_kind kind, struct sk_bytes what,
                            struct sk_bytes more, struct sk_err *err)
{
    uint8_t first = (uint8_t)kind;
    const struct sk_bytes parts[] = {bytes_of(&first, 1), what};

    return publish_put(&pub->contents, parts, 2, more, err);
}

/* A CA certificate by the hashes of a CertID (RFC 6960 4.1.1), under one form of its name. */
static enum sk_status put_certid(struct sk_publish *pub, const struct sk_cert *cert,
                                 struct sk_bytes subject, struct sk_bytes sha256,
                                 struct sk_err *err)
{
    static const enum key_hash hashes[] = {KEY_SHA1, KEY_SHA256, KEY_SHA384, KEY_SHA512};
    uint8_t kind, name[64], key[64];
    struct sk_bytes parts[3];
    enum sk_status status;
    size_t i, len;

    for (i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
        kind = (uint8_t)hashes[i];
        parts[0] = bytes_of(&kind, 1);
        status = key_digest(hashes[i], subject, name, &len);
        if (status == SK_OK)
            status = key_digest(hashes[i], cert->key_bits, key, &len);
        if (status != SK_OK)
            return err_set(err, status, "publish: digest");
        parts[1] = bytes_of(name, len);
        parts[2] = bytes_of(key, len);
        status = publish_put(&pub->lists[RECORD_CERTID], parts, 3, sha256, err);
        if (status != SK_OK)
            return status;
    }
    return SK_OK;
}

/* And under the forms that its name may have in the certificates it issued (O-01). */
static enum sk_status put_certids(struct sk_publish *pub, const struct sk_cert *cert,
                                  struct sk_bytes sha256, struct sk_err *err)
{
    static const uint8_t types[] = {DER_PRINTABLE_STRING, DER_UTF8_STRING};
    enum sk_status status = put_certid(pub, cert, cert->subject, sha256, err);
    struct sk_buf name;
    size_t i;

    buf_init(&name, LIMIT_CERT_BYTES);
    for (i = 0; status == SK_OK && i < sizeof(types) / sizeof(types[0]); i++) {
        buf_reset(&name);
        status = recode_name(cert->subject, types[i], &name);
        if (status != SK_OK)
            status = err_set(err, status, "publish: a CA's name");
        else if (!bytes_equal(buf_bytes(&name), cert->subject))
            status = put_certid(pub, cert, buf_bytes(&name), sha256, err);
    }
    buf_done(&name);
    return status;
}

/* Who may be the issuer of a CertID: a CA, or a version 1 certificate, which cannot say. */
static bool is_issuer(const struct sk_cert *cert)
{
    return cert->version < 3 || cert->is_ca;
}

enum sk_status publish_cert(struct sk_publish *pub, const struct sk_cert *cert, struct sk_err *err)
{
    const struct sk_bytes sha256 = bytes_of(cert->sha256, SK_SHA256), none = {NULL, 0};
    const struct sk_bytes by_subject = bytes_of(cert->subject_hash, SK_SHA256);
    const struct sk_bytes by_serial[] = {bytes_of(cert->issuer_hash, SK_SHA256), cert->serial};
    uint8_t hash[SK_SHA256];
    struct sk_bytes by_key_id = bytes_of(hash, sizeof(hash));
    enum sk_status status = build_put(&pub->build, RECORD_BLOB, sha256, cert->der, err);

    if (status == SK_OK)
        status = publish_put(&pub->lists[RECORD_CERT], &sha256, 1, none, err);
    if (status == SK_OK)
        status = publish_put(&pub->lists[RECORD_SUBJECT], &by_subject, 1, sha256, err);
    if (status == SK_OK)
        status = publish_put(&pub->lists[RECORD_SERIAL], by_serial, 2, sha256, err);
    if (status == SK_OK && cert->ski_id.len > 0) {
        key_sha256(cert->ski_id, hash);
        status = publish_put(&pub->lists[RECORD_KEY_ID], &by_key_id, 1, sha256, err);
    }
    if (status == SK_OK && is_issuer(cert))
        status = put_certids(pub, cert, sha256, err);
    if (status == SK_OK) {
        arena_reset(pub->arena);
        status = search_put_cert(&pub->lists[RECORD_SEARCH], pub->arena, cert);
        if (status != SK_OK)
            status = err_set(err, status, "publish: search keys");
    }
    return status == SK_OK ? publish_note(pub, CONTENT_CERT, sha256, none, err) : status;
}

enum sk_status publish_checked(struct sk_publish *pub, const uint8_t object_sha256[SK_SHA256],
                               const uint8_t spki_sha256[SK_SHA256], struct sk_err *err)
{
    const struct sk_bytes parts[] = {bytes_of(object_sha256, SK_SHA256),
                                     bytes_of(spki_sha256, SK_SHA256)};
    const struct sk_bytes none = {NULL, 0};
    enum sk_status status = publish_put(&pub->lists[RECORD_CHECKED], parts, 2, none, err);

    return status == SK_OK ? publish_note(pub, CONTENT_CHECKED, parts[0], parts[1], err) : status;
}

/* Was this CRL published before for the same CA and kind? */
static bool is_known(const struct sk_publish *pub, const struct record_crl *crl)
{
    struct record_crl other;
    size_t i;

    for (i = 0; i < pub->lists[RECORD_CRL].num; i++) {
        if (record_get_crl(stage_at(&pub->lists[RECORD_CRL], i).value, &other) == SK_OK &&
            memcmp(other.sha256, crl->sha256, SK_SHA256) == 0 && strcmp(other.ca, crl->ca) == 0 &&
            ((other.flags ^ crl->flags) & RECORD_CRL_ARL) == 0)
            return true;
    }
    return false;
}

static const struct sk_bytes indirect_key = {(const uint8_t *)RECORD_INDIRECT,
                                             sizeof(RECORD_INDIRECT) - 1};

/* Notes a CRL in a list of the crlissuer database. */
static enum sk_status list_crl(struct sk_publish *pub, struct sk_bytes key, unsigned id,
                               struct sk_err *err)
{
    const uint8_t two[2] = {(uint8_t)(id >> 8), (uint8_t)id};

    return publish_put(&pub->lists[RECORD_CRL_ISSUER], &key, 1, bytes_of(two, sizeof(two)), err);
}

/* The crl and crlissuer records, and the line for the digest. */
static enum sk_status put_crl(struct sk_publish *pub, const struct record_crl *record,
                              const uint8_t issuer_hash[SK_SHA256], struct sk_err *err)
{
    const uint8_t id[2] = {(uint8_t)(pub->num_crls >> 8), (uint8_t)pub->num_crls};
    const struct sk_bytes by_id = bytes_of(id, sizeof(id));
    const struct sk_bytes by_issuer = bytes_of(issuer_hash, SK_SHA256);
    uint8_t what[SK_SHA256 + 1];
    enum sk_status status;
    struct sk_buf value;

    memcpy(what, record->sha256, SK_SHA256);
    what[SK_SHA256] = (record->flags & RECORD_CRL_ARL) != 0;
    buf_init(&value, UINT8_MAX);
    record_put_crl(&value, record);
    status = buf_status(&value);
    if (status != SK_OK)
        status = err_set(err, status, "%s: CA name too long", record->ca);
    if (status == SK_OK)
        status = publish_put(&pub->lists[RECORD_CRL], &by_id, 1, buf_bytes(&value), err);
    if (status == SK_OK)
        status = list_crl(pub, by_issuer, pub->num_crls, err);
    if (status == SK_OK)
        status = list_crl(pub, by_issuer, RECORD_NO_CRL, err);
    if (status == SK_OK && (record->flags & RECORD_CRL_INDIRECT) != 0)
        status = list_crl(pub, indirect_key, pub->num_crls, err);
    if (status == SK_OK)
        status = publish_note(pub, CONTENT_CRL, bytes_of(what, sizeof(what)),
                              bytes_of(record->ca, strlen(record->ca)), err);
    if (status == SK_OK)
        pub->num_crls++;
    buf_done(&value);
    return status;
}

enum sk_status publish_crl(struct sk_publish *pub, const struct sk_crl *crl,
                           const uint8_t sha256[SK_SHA256], const char *ca, bool is_arl,
                           struct sk_err *out_unusable, struct sk_err *err)
{
    struct ingest_result entries = {0};
    struct record_crl record;
    enum sk_status status;

    memset(&record, 0, sizeof(record));
    memcpy(record.sha256, sha256, SK_SHA256);
    record.flags = is_arl ? RECORD_CRL_ARL : 0;
    record.this_update = crl->this_update;
    record.next_update = crl->next_update;
    record.ca = ca;
    if (is_known(pub, &record))
        return SK_OK;
    if (pub->num_crls >= LIMIT_GENERATION_CRLS)
        return err_set(err, SK_LIMIT, "%s: more than %u CRLs", ca, LIMIT_GENERATION_CRLS);
    status = ingest_entries(&pub->build, crl, pub->num_crls, &entries, err);
    if (status == SK_OK)
        status = build_put(&pub->build, RECORD_BLOB, bytes_of(sha256, SK_SHA256), crl->der, err);
    record.flags |= entries.flags;
    record.num_entries = entries.num_entries;
    if (out_unusable != NULL)
        *out_unusable = entries.why;
    if (status == SK_OK) {
        status = record_crl_seal(&record, pub->num_crls, crl, record.seal);
        if (status != SK_OK)
            return err_set(err, status, "%s: cannot seal the record", ca);
    }
    if (status == SK_OK && search_put_crl(&pub->lists[RECORD_SEARCH], crl) != SK_OK)
        status = err_set(err, SK_NOMEM, "%s: search keys", ca);
    return status == SK_OK ? put_crl(pub, &record, crl->issuer_hash, err) : status;
}

/* The object record, and its line for the digest: there the path stands by its hash (path and kind
 * together may exceed a key), and the time of publication does not count. */
static enum sk_status put_object(struct sk_publish *pub, struct sk_bytes path,
                                 struct record_object *record, struct sk_err *err)
{
    struct sk_buf value;
    uint8_t hash[SK_SHA256];
    enum sk_status status;

    buf_init(&value, UINT8_MAX);
    record_put_object(&value, record);
    status = buf_status(&value);
    if (status != SK_OK)
        status = err_set(err, status, "publish: no memory");
    if (status == SK_OK)
        status = publish_put(&pub->lists[RECORD_OBJECT], &path, 1, buf_bytes(&value), err);
    key_sha256(path, hash);
    record->modified = 0;
    buf_reset(&value);
    record_put_object(&value, record);
    if (status == SK_OK)
        status =
            publish_note(pub, CONTENT_OBJECT, bytes_of(hash, sizeof(hash)), buf_bytes(&value), err);
    buf_done(&value);
    return status;
}

enum sk_status publish_object(struct sk_publish *pub, const char *path, const char *media_type,
                              struct sk_bytes body, int64_t modified, int64_t expires,
                              struct sk_err *err)
{
    const struct sk_bytes key = bytes_of(path, strlen(path));
    struct record_object record;
    enum sk_status status = record_media_index(media_type, &record.media_type);

    if (status != SK_OK)
        return err_set(err, SK_INPUT, "%s: unknown media type %s", path, media_type);
    if (key.len == 0 || key.len > LIMIT_OBJECT_PATH_BYTES ||
        pub->lists[RECORD_OBJECT].num >= LIMIT_GENERATION_OBJECTS)
        return err_set(err, SK_LIMIT, "%s: path too long, or too many objects", path);
    key_sha256(body, record.sha256);
    record.modified = modified;
    record.expires = expires;
    status = build_put(&pub->build, RECORD_BLOB, bytes_of(record.sha256, SK_SHA256), body, err);
    return status == SK_OK ? put_object(pub, key, &record, err) : status;
}

enum sk_status publish_origin(struct sk_publish *pub, const char *url,
                              const uint8_t object_sha256[SK_SHA256], struct sk_err *err)
{
    const struct sk_bytes object = bytes_of(object_sha256, SK_SHA256);
    uint8_t hash[SK_SHA256];
    struct sk_bytes key = bytes_of(hash, sizeof(hash));
    enum sk_status status;

    key_sha256(bytes_of(url, strlen(url)), hash);
    status = publish_put(&pub->lists[RECORD_ORIGIN], &key, 1, object, err);
    return status == SK_OK ? publish_note(pub, CONTENT_ORIGIN, key, object, err) : status;
}

/* SHA-256 over the sorted contents, doubles left out: the same things published in any order give
 * the same digest. */
static enum sk_status digest_contents(struct sk_publish *pub, uint8_t out[SK_SHA256],
                                      struct sk_err *err)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    struct stage_record record, last = {{NULL, 0}, {NULL, 0}};
    enum sk_status status = SK_OK;
    uint8_t lengths[2];
    size_t i;

    stage_sort(&pub->contents, true);
    if (ctx == NULL || EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1)
        status = err_openssl(err, SK_CRYPTO, "publish: digest");
    for (i = 0; status == SK_OK && i < pub->contents.num; i++, last = record) {
        record = stage_at(&pub->contents, i);
        if (i > 0 && bytes_equal(record.key, last.key) && bytes_equal(record.value, last.value))
            continue;
        lengths[0] = (uint8_t)record.key.len;
        lengths[1] = (uint8_t)record.value.len;
        if (EVP_DigestUpdate(ctx, lengths, sizeof(lengths)) != 1 ||
            EVP_DigestUpdate(ctx, record.key.p, record.key.len) != 1 ||
            EVP_DigestUpdate(ctx, record.value.p, record.value.len) != 1)
            status = err_openssl(err, SK_CRYPTO, "publish: digest");
    }
    if (status == SK_OK && EVP_DigestFinal_ex(ctx, out, NULL) != 1)
        status = err_openssl(err, SK_CRYPTO, "publish: digest");
    EVP_MD_CTX_free(ctx);
    return status;
}

/* True, with its number, when the current generation holds the same contents. */
static bool is_current(const struct sk_publish *pub, const uint8_t digest[SK_SHA256],
                       uint64_t *out_number)
{
    struct sk_generation *gen = NULL;
    bool is_same;

    if (generation_open(pub->dir, &gen, NULL) != SK_OK)
        return false;
    is_same = memcmp(gen->meta.digest, digest, SK_SHA256) == 0;
    if (is_same)
        *out_number = gen->meta.number;
    generation_unref(gen);
    return is_same;
}

/* The records that were held back until all were known. */
static enum sk_status write_lists(struct sk_publish *pub, struct record_meta *meta,
                                  struct sk_err *err)
{
    static const struct {
        enum record_db db;
        bool is_list;
    } todo[] = {{RECORD_CERT, false},  {RECORD_SUBJECT, true},    {RECORD_SERIAL, true},
                {RECORD_KEY_ID, true}, {RECORD_CERTID, true},     {RECORD_CHECKED, false},
                {RECORD_CRL, false},   {RECORD_CRL_ISSUER, true}, {RECORD_OBJECT, false},
                {RECORD_ORIGIN, true}, {RECORD_SEARCH, true}};
    enum sk_status status = list_crl(pub, indirect_key, RECORD_NO_CRL, err);
    size_t i, num = 0, num_certs = 0;

    for (i = 0; status == SK_OK && i < sizeof(todo) / sizeof(todo[0]); i++) {
        status = build_append_stage(&pub->build, todo[i].db, &pub->lists[todo[i].db],
                                    todo[i].is_list, &num, err);
        if (todo[i].db == RECORD_CERT)
            num_certs = num;
    }
    if (status == SK_OK && num_certs > LIMIT_GENERATION_CERTS)
        return err_set(err, SK_LIMIT, "%s: %zu certificates, at most %u", pub->dir, num_certs,
                       LIMIT_GENERATION_CERTS);
    meta->num_certs = (uint32_t)num_certs;
    return status == SK_OK ? publish_entry_finish(pub, &meta->num_entries, err) : status;
}

static enum sk_status write_generation(struct sk_publish *pub, const uint8_t digest[SK_SHA256],
                                       struct sk_err *err)
{
    struct record_meta meta;
    struct sk_buf value;
    enum sk_status status;

    memset(&meta, 0, sizeof(meta));
    meta.format = RECORD_FORMAT;
    meta.number = pub->number;
    meta.created = clock_wall();
    memcpy(meta.digest, digest, SK_SHA256);
    meta.num_crls = pub->num_crls;
    status = write_lists(pub, &meta, err);
    if (status != SK_OK)
        return status;
    buf_init(&value, UINT8_MAX);
    record_put_meta(&value, &meta);
    status = buf_status(&value);
    if (status == SK_OK)
        status = build_put(&pub->build, RECORD_META, bytes_of("meta", 4), buf_bytes(&value), err);
    buf_done(&value);
    return status == SK_OK ? build_finish(&pub->build, err) : status;
}

enum sk_status publish_commit(struct sk_publish *pub, unsigned keep, uint64_t *out_number,
                              struct sk_err *err)
{
    uint8_t digest[SK_SHA256];
    uint64_t number = pub->number;
    enum sk_status status = digest_contents(pub, digest, err);

    if (status == SK_OK && is_current(pub, digest, &number)) {
        /* A publisher that was killed after its swap has left what it would have removed. */
        status = dirs_prune(pub->dir, number, keep, err);
        publish_abort(pub);
        if (status == SK_OK)
            *out_number = number;
        return status;
    }
    if (status == SK_OK)
        status = write_generation(pub, digest, err);
    if (status != SK_OK) {
        publish_abort(pub);
        return status;
    }
    build_done(&pub->build);
    status = dirs_publish(pub->dir, number, err);
    if (status == SK_OK)
        status = dirs_prune(pub->dir, number, keep, err);
    if (status == SK_OK)
        *out_number = number;
    publish_free(pub);
    return status;
}
