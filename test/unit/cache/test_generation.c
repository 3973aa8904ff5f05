/* SPDX-License-Identifier: Apache-2.0 */
/* Publishing a generation and reading it back: what the readers must find, refuse and survive. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cache/dirs.h"
#include "cache/publish.h"
#include "cache/record.h"
#include "core/clock.h"
#include "core/der.h"
#include "core/derout.h"
#include "core/name.h"
#include "test/support/pki.h"

struct fixture {
    char dir[64], cache[96];
    struct sk_arena *arena;
    const struct sk_cert *root, *twin, *ca, *ee; /* twin: root's name, another key */
    struct sk_bytes crl;
};

#define ROOT "/C=JP/O=Seal/CN=Root"
#define CA   "/C=JP/O=Seal/CN=CA"
#define EE   "/C=JP/CN=EE"

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    (void)snprintf(f->dir, sizeof(f->dir), "/tmp/sekisho-cache-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    (void)snprintf(f->cache, sizeof(f->cache), "%s/cache", f->dir);
    f->arena = arena_new(256u << 20);
    f->root = pki_cert(
        f->arena, &(struct pki_cert_spec){.subject = ROOT,
                                          .key = pki_key(PKI_EC, 0),
                                          .serial = 1,
                                          .exts = {PKI_CA_EXTS, {"subjectKeyIdentifier", "hash"}}});
    f->twin = pki_cert(f->arena, &(struct pki_cert_spec){.subject = ROOT,
                                                         .key = pki_key(PKI_EC, 1),
                                                         .serial = 2,
                                                         .exts = {PKI_CA_EXTS}});
    f->ca = pki_cert(f->arena, &(struct pki_cert_spec){.subject = CA,
                                                       .issuer = ROOT,
                                                       .key = pki_key(PKI_EC, 2),
                                                       .signer = pki_key(PKI_EC, 0),
                                                       .serial = 3,
                                                       .exts = {PKI_CA_EXTS}});
    f->ee = pki_cert(f->arena, &(struct pki_cert_spec){.subject = EE,
                                                       .issuer = CA,
                                                       .key = pki_key(PKI_EC, 3),
                                                       .signer = pki_key(PKI_EC, 2),
                                                       .serial = 4});
    f->crl = pki_crl_der(
        f->arena,
        &(struct pki_crl_spec){.issuer = CA,
                               .signer = pki_key(PKI_EC, 2),
                               .exts = {{"crlNumber", "DER:02:01:05"}},
                               .entries = {{.serial = 9, .reason = 1 + CRL_REASON_KEY_COMPROMISE},
                                           {.serial = 4, .when = PKI_T},
                                           {.serial = 9, .reason = 1 + CRL_REASON_SUPERSEDED}}});
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char command[160];

    (void)snprintf(command, sizeof(command), "rm -rf %s", f->dir);
    assert_int_equal(system(command), 0);
    arena_free(f->arena);
    free(f);
    return 0;
}

static struct sk_publish *begin(const struct fixture *f)
{
    struct sk_publish *pub;
    struct sk_err err = {SK_OK, ""};

    if (publish_begin(f->cache, &pub, &err) != SK_OK)
        fail_msg("%s", err.text);
    return pub;
}

static void add_crl(const struct fixture *f, struct sk_publish *pub, struct sk_bytes der,
                    const char *ca, bool is_arl)
{
    struct sk_err err = {SK_OK, ""};
    uint8_t hash[SK_SHA256];
    struct sk_crl crl;

    if (crl_parse(f->arena, der, &crl, &err) != SK_OK)
        fail_msg("%s", err.text);
    key_sha256(der, hash);
    if (publish_crl(pub, &crl, hash, ca, is_arl, NULL, &err) != SK_OK)
        fail_msg("%s", err.text);
}

static void add_all(const struct fixture *f, struct sk_publish *pub)
{
    const struct sk_cert *const certs[] = {f->ee, f->ca, f->root, f->twin, f->ca};
    size_t i;

    for (i = 0; i < sizeof(certs) / sizeof(certs[0]); i++)
        assert_int_equal(publish_cert(pub, certs[i], NULL), SK_OK);
    assert_int_equal(publish_checked(pub, f->ca->sha256, f->root->spki_sha256, NULL), SK_OK);
    add_crl(f, pub, f->crl, "seal", false);
    add_crl(f, pub, f->crl, "seal", false);
    assert_int_equal(
        publish_object(pub, "seal/crl.crl", RECORD_MEDIA_CRL, f->crl, PKI_T0, PKI_T1, NULL), SK_OK);
    assert_int_equal(publish_origin(pub, "http://a.example/ca.p7c", f->ca->sha256, NULL), SK_OK);
    assert_int_equal(publish_origin(pub, "http://a.example/ca.p7c", f->root->sha256, NULL), SK_OK);
}

static uint64_t commit(struct sk_publish *pub, unsigned keep)
{
    struct sk_err err = {SK_OK, ""};
    uint64_t number;

    if (publish_commit(pub, keep, &number, &err) != SK_OK)
        fail_msg("%s", err.text);
    return number;
}

static uint64_t publish_all(const struct fixture *f, unsigned keep)
{
    struct sk_publish *pub = begin(f);

    add_all(f, pub);
    return commit(pub, keep);
}

/* Another generation than the last one: one edge more. */
static uint64_t publish_other(const struct fixture *f, unsigned keep, uint8_t mark)
{
    struct sk_publish *pub = begin(f);
    uint8_t hash[SK_SHA256] = {mark};

    add_all(f, pub);
    assert_int_equal(publish_checked(pub, hash, hash, NULL), SK_OK);
    return commit(pub, keep);
}

static struct sk_reader *open_reader(const struct fixture *f)
{
    struct sk_err err = {SK_OK, ""};
    struct sk_generation *gen;
    struct sk_reader *reader;

    if (generation_open(f->cache, &gen, &err) != SK_OK)
        fail_msg("%s", err.text);
    assert_int_equal(reader_new(gen, &reader, NULL), SK_OK);
    generation_unref(gen);
    return reader;
}

static bool exists(const struct fixture *f, const char *name)
{
    char path[DIRS_PATH];
    struct stat st;

    assert_int_equal(dirs_path(f->cache, name, path, NULL), SK_OK);
    return lstat(path, &st) == 0;
}

static enum sk_status count_cert(void *arg, const struct sk_cert *cert)
{
    assert_non_null(cert);
    ++*(size_t *)arg;
    return SK_OK;
}

static enum sk_status stop_cert(void *arg, const struct sk_cert *cert)
{
    (void)count_cert(arg, cert);
    return SK_AGAIN;
}

struct found_crl {
    struct source_crl crl;
    size_t num;
};

static enum sk_status take_crl(void *arg, const struct source_crl *crl)
{
    struct found_crl *found = arg;

    found->crl = *crl;
    found->num++;
    return SK_OK;
}

/* Looks a serial (one octet) up in the only CRL of an issuer. */
static enum sk_status find(struct sk_reader *reader, struct sk_arena *arena,
                           const uint8_t issuer_hash[SK_SHA256], struct sk_bytes cert_issuer,
                           struct sk_bytes serial, struct crl_entry *out)
{
    const struct sk_source *source = reader_source(reader);
    struct found_crl found = {.num = 0};

    assert_int_equal(source->ops->crls_by_issuer(source, arena, issuer_hash, take_crl, &found),
                     SK_OK);
    assert_int_equal(found.num, 1);
    return source->ops->crl_find(source, arena, &found.crl, cert_issuer, serial, out);
}

static void test_generation_is_not_found_where_nothing_was_published(void **state)
{
    const struct fixture *f = *state;
    struct sk_generation *gen = NULL;
    struct sk_err err = {SK_OK, ""};
    uint64_t number = 4711;

    assert_int_equal(generation_open(f->cache, &gen, &err), SK_NOTFOUND);
    assert_int_equal(generation_current(f->cache, &number, &err), SK_NOTFOUND);
    assert_null(gen);
    assert_int_equal(number, 4711);
    publish_abort(begin(f));
    assert_int_equal(generation_open(f->cache, &gen, &err), SK_NOTFOUND);
    assert_false(exists(f, "build"));
    publish_abort(NULL);
    generation_unref(NULL);
    reader_free(NULL);
}

static void test_generation_refuses_a_link_to_something_else(void **state)
{
    const struct fixture *f = *state;
    static const char *const targets[] = {
        "99", "0", "01", "-1", "x", "../1", "18446744073709551616"};
    struct sk_generation *gen = NULL;
    char path[DIRS_PATH];
    size_t i;

    (void)publish_all(f, 0);
    assert_int_equal(dirs_path(f->cache, "current", path, NULL), SK_OK);
    for (i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        assert_int_equal(unlink(path), 0);
        assert_int_equal(symlink(targets[i], path), 0);
        assert_int_equal(generation_open(f->cache, &gen, NULL), SK_INPUT);
    }
    assert_null(gen);
}

static void test_generation_refuses_a_file_that_was_cut_anywhere(void **state)
{
    const struct fixture *f = *state;
    struct sk_generation *gen = NULL;
    char path[DIRS_PATH];
    struct stat st;
    off_t size;

    (void)publish_all(f, 0);
    assert_int_equal(dirs_path(f->cache, "1/data.mdb", path, NULL), SK_OK);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size % 4096, 0);
    for (size = st.st_size - 1; size >= 0; size = size > 4096 ? size - 4096 : size - 1365) {
        assert_int_equal(truncate(path, size), 0);
        assert_int_not_equal(generation_open(f->cache, &gen, NULL), SK_OK);
        assert_null(gen);
    }
}

/* Changes one record of the published file; its pages stay well-formed. */
static void overwrite(const struct fixture *f, enum record_db db, struct sk_bytes key,
                      struct sk_bytes value)
{
    char path[DIRS_PATH];
    uint8_t key_copy[RECORD_KEY_MAX], value_copy[256];
    MDB_val k = {key.len, key_copy}, v = {value.len, value_copy};
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi dbi;

    memcpy(key_copy, key.p, key.len);
    if (value.len > 0)
        memcpy(value_copy, value.p, value.len);
    assert_int_equal(dirs_path(f->cache, "current", path, NULL), SK_OK);
    assert_int_equal(mdb_env_create(&env), 0);
    assert_int_equal(mdb_env_set_mapsize(env, 64u << 20), 0);
    assert_int_equal(mdb_env_set_maxdbs(env, RECORD_DBS), 0);
    assert_int_equal(mdb_env_open(env, path, MDB_NOLOCK, 0644), 0);
    assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
    assert_int_equal(mdb_dbi_open(txn, record_db_name(db), 0, &dbi), 0);
    assert_int_equal(value.p != NULL ? mdb_put(txn, dbi, &k, &v, 0) : mdb_del(txn, dbi, &k, NULL),
                     0);
    assert_int_equal(mdb_txn_commit(txn), 0);
    mdb_env_close(env);
}

static void test_generation_refuses_another_format_or_number(void **state)
{
    const struct fixture *f = *state;
    struct record_meta meta = {RECORD_FORMAT + 1, 1, 0, {0}, 0, 0, 0};
    char expected[32];
    const struct sk_bytes key = bytes_of("meta", 4);
    struct sk_generation *gen = NULL;
    struct sk_err err = {SK_OK, ""};
    struct sk_buf value;

    (void)publish_all(f, 0);
    buf_init(&value, 256);
    record_put_meta(&value, &meta);
    overwrite(f, RECORD_META, key, buf_bytes(&value));
    assert_int_equal(generation_open(f->cache, &gen, &err), SK_INPUT);
    (void)snprintf(expected, sizeof(expected), "format %u", meta.format);
    assert_non_null(strstr(err.text, expected));
    buf_reset(&value);
    meta.format = RECORD_FORMAT;
    meta.number = 2;
    record_put_meta(&value, &meta);
    overwrite(f, RECORD_META, key, buf_bytes(&value));
    assert_int_equal(generation_open(f->cache, &gen, &err), SK_INPUT);
    overwrite(f, RECORD_META, key, bytes_of("short", 5));
    assert_int_equal(generation_open(f->cache, &gen, &err), SK_INPUT);
    overwrite(f, RECORD_META, key, bytes_of(NULL, 0));
    assert_int_equal(generation_open(f->cache, &gen, &err), SK_INPUT);
    assert_null(gen);
    buf_done(&value);
    /* And the next publisher is not hindered by it. */
    assert_int_equal(publish_all(f, 0), 2);
}

static void test_reader_refuses_damaged_records_and_never_guesses(void **state)
{
    const struct fixture *f = *state;
    const struct sk_bytes subject = bytes_of(f->ca->subject_hash, SK_SHA256);
    const struct sk_bytes sha = bytes_of(f->ca->sha256, SK_SHA256);
    const struct sk_bytes path = bytes_of("seal/crl.crl", 12);
    const uint8_t revoked_key[] = {0, 0, 4};
    struct sk_bytes serial = bytes_of("\x04", 1);
    const struct sk_cert *cert = NULL;
    struct reader_object object;
    struct crl_entry entry;
    struct sk_reader *reader;
    size_t num = 0;

    (void)publish_all(f, 0);
    overwrite(f, RECORD_SUBJECT, subject, bytes_of(f->ca->sha256, 31));
    overwrite(f, RECORD_REVOKED, bytes_of(revoked_key, 3), bytes_of("\x17\0\0\0\0\0", 6));
    overwrite(f, RECORD_OBJECT, path, bytes_of("x", 1));
    overwrite(f, RECORD_BLOB, sha, f->ee->der.len < 256 ? f->ee->der : bytes_of("\x30\x00", 2));
    reader = open_reader(f);
    assert_int_equal(reader_source(reader)->ops->certs_by_subject(
                         reader_source(reader), f->arena, f->ca->subject_hash, count_cert, &num),
                     SK_INPUT);
    assert_int_equal(num, 0);
    assert_int_equal(reader_cert(reader, f->arena, f->ca->sha256, &cert), SK_INPUT);
    assert_null(cert);
    assert_int_equal(reader_object_get(reader, "seal/crl.crl", &object), SK_INPUT);
    assert_int_equal(
        find(reader, f->arena, f->ca->subject_hash, f->ca->subject_canon, serial, &entry),
        SK_INPUT);
    reader_free(reader);
}

static void test_reader_refuses_a_record_whose_promise_is_missing(void **state)
{
    const struct fixture *f = *state;
    const struct sk_cert *cert = NULL;
    const struct sk_source *source;
    struct found_crl found = {.num = 0};
    struct reader_object object;
    struct sk_reader *reader;
    uint8_t hash[SK_SHA256];

    (void)publish_all(f, 0);
    key_sha256(f->crl, hash);
    overwrite(f, RECORD_BLOB, bytes_of(f->ee->sha256, SK_SHA256), bytes_of(NULL, 0));
    overwrite(f, RECORD_BLOB, bytes_of(hash, SK_SHA256), bytes_of(NULL, 0));
    reader = open_reader(f);
    source = reader_source(reader);
    assert_int_equal(reader_cert(reader, f->arena, f->ee->sha256, &cert), SK_INPUT);
    assert_int_equal(reader_object_get(reader, "seal/crl.crl", &object), SK_INPUT);
    assert_int_equal(
        source->ops->crls_by_issuer(source, f->arena, f->ca->subject_hash, take_crl, &found),
        SK_INPUT);
    assert_int_equal(found.num, 0);
    reader_free(reader);
}

static void test_reader_finds_certificates_by_every_key(void **state)
{
    const struct fixture *f = *state;
    static const enum key_hash hashes[] = {KEY_SHA1, KEY_SHA256, KEY_SHA384, KEY_SHA512};
    uint8_t name[64], key[64], unknown[SK_SHA256] = {0};
    const struct sk_source *source;
    const struct sk_cert *cert;
    struct sk_reader *reader;
    size_t i, len, num = 0;

    assert_int_equal(publish_all(f, 0), 1);
    reader = open_reader(f);
    source = reader_source(reader);
    assert_int_equal(reader_num_certs(reader), 4);
    assert_int_equal(reader_cert(reader, f->arena, f->ee->sha256, &cert), SK_OK);
    assert_true(bytes_equal(cert->der, f->ee->der));
    assert_int_equal(reader_cert(reader, f->arena, unknown, &cert), SK_NOTFOUND);
    assert_int_equal(
        source->ops->certs_by_subject(source, f->arena, f->root->subject_hash, count_cert, &num),
        SK_OK);
    assert_int_equal(num, 2);
    assert_int_equal(
        source->ops->certs_by_subject(source, f->arena, f->root->subject_hash, stop_cert, &num),
        SK_AGAIN);
    assert_int_equal(num, 3);
    assert_int_equal(source->ops->certs_by_subject(source, f->arena, unknown, count_cert, &num),
                     SK_OK);
    assert_int_equal(num, 3);
    for (i = 0; i < 4; i++) {
        assert_int_equal(key_digest(hashes[i], f->twin->subject, name, &len), SK_OK);
        assert_int_equal(key_digest(hashes[i], f->twin->key_bits, key, &len), SK_OK);
        assert_int_equal(reader_ca_by_certid(reader, f->arena, hashes[i], bytes_of(name, len),
                                             bytes_of(key, len), &cert),
                         SK_OK);
        assert_memory_equal(cert->sha256, f->twin->sha256, SK_SHA256);
    }
    /* An end entity is nobody's issuer, and a hash of another length is nobody's either. */
    assert_int_equal(key_digest(KEY_SHA1, f->ee->subject, name, &len), SK_OK);
    assert_int_equal(key_digest(KEY_SHA1, f->ee->key_bits, key, &len), SK_OK);
    assert_int_equal(reader_ca_by_certid(reader, f->arena, KEY_SHA1, bytes_of(name, len),
                                         bytes_of(key, len), &cert),
                     SK_NOTFOUND);
    assert_int_equal(reader_ca_by_certid(reader, f->arena, KEY_SHA1, bytes_of(name, len),
                                         bytes_of(key, len - 1), &cert),
                     SK_NOTFOUND);
    num = 0;
    assert_int_equal(reader_certs_by_serial(reader, f->arena, f->ee->issuer_hash, f->ee->serial,
                                            count_cert, &num),
                     SK_OK);
    assert_int_equal(num, 1);
    assert_int_equal(reader_certs_by_serial(reader, f->arena, f->ee->issuer_hash, f->ca->serial,
                                            count_cert, &num),
                     SK_NOTFOUND);
    num = 0;
    assert_int_equal(reader_certs_by_key_id(reader, f->arena, f->root->ski_id, count_cert, &num),
                     SK_OK);
    assert_int_equal(num, 1);
    assert_int_equal(reader_certs_by_key_id(reader, f->arena, bytes_of("no", 2), count_cert, &num),
                     SK_NOTFOUND);
    reader_free(reader);
}

static void test_reader_knows_only_the_pairs_that_were_checked(void **state)
{
    const struct fixture *f = *state;
    const struct sk_source *source;
    struct sk_reader *reader;

    (void)publish_all(f, 0);
    reader = open_reader(f);
    source = reader_source(reader);
    assert_true(source->ops->is_checked(source, f->ca->sha256, f->root->spki_sha256));
    assert_false(source->ops->is_checked(source, f->ca->sha256, f->twin->spki_sha256));
    assert_false(source->ops->is_checked(source, f->ee->sha256, f->ca->spki_sha256));
    reader_free(reader);
}

static enum sk_status take_info(void *arg, const struct reader_crl_info *info)
{
    *(struct reader_crl_info *)arg = *info;
    return SK_OK;
}

static enum sk_status count_origin(void *arg, const uint8_t sha256[SK_SHA256])
{
    assert_non_null(sha256);
    ++*(size_t *)arg;
    return SK_OK;
}

static void test_reader_finds_revoked_entries_and_the_worst_of_two(void **state)
{
    const struct fixture *f = *state;
    struct reader_crl_info info = {.num_entries = 0};
    struct reader_object object;
    struct crl_entry entry;
    struct sk_reader *reader;
    struct sk_bytes der;
    uint8_t hash[SK_SHA256];
    size_t num = 0;

    (void)publish_all(f, 0);
    reader = open_reader(f);
#define FIND(octets)                                                                               \
    find(reader, f->arena, f->ca->subject_hash, f->ca->subject_canon,                              \
         bytes_of("" octets "", sizeof(octets) - 1), &entry)
    assert_int_equal(FIND("\x05"), SK_NOTFOUND);
    assert_int_equal(FIND("\x00\x04"), SK_NOTFOUND);
    assert_int_equal(FIND("\x04"), SK_OK);
    assert_int_equal(entry.revoked_at, PKI_T);
    assert_false(entry.has_reason);
    assert_int_equal(FIND("\x09"), SK_OK);
    assert_int_equal(entry.reason, CRL_REASON_KEY_COMPROMISE);
    assert_true(entry.has_reason);
    assert_int_equal(reader_crls(reader, take_info, &info), SK_OK);
    assert_string_equal(info.ca, "seal");
    assert_int_equal(info.num_entries, 3);
    assert_int_equal(info.next_update, PKI_T1);
    assert_false(info.is_arl);
    assert_int_equal(reader_object_get(reader, "seal/crl.crl", &object), SK_OK);
    assert_true(bytes_equal(object.body, f->crl));
    assert_string_equal(object.media_type, "application/pkix-crl");
    key_sha256(f->crl, hash);
    assert_memory_equal(object.sha256, hash, SK_SHA256);
    assert_int_equal(reader_object_get(reader, "seal/arl.crl", &object), SK_NOTFOUND);
    assert_int_equal(reader_object_get(reader, "", &object), SK_NOTFOUND);
    assert_int_equal(reader_blob(reader, hash, &der), SK_OK);
    assert_true(bytes_equal(der, f->crl));
    assert_int_equal(reader_origin(reader, "http://a.example/ca.p7c", count_origin, &num), SK_OK);
    assert_int_equal(num, 2);
    assert_int_equal(reader_origin(reader, "http://a.example/", count_origin, &num), SK_OK);
    assert_int_equal(num, 2);
    reader_free(reader);
}

static void test_reader_refuses_serials_past_the_cap_and_takes_those_at_it(void **state)
{
    const struct fixture *f = *state;
    uint8_t serial[LIMIT_SERIAL_BYTES + 1];
    struct crl_entry entry;
    struct sk_reader *reader;

    (void)publish_all(f, 0);
    reader = open_reader(f);
    memset(serial, 1, sizeof(serial));
    assert_int_equal(find(reader, f->arena, f->ca->subject_hash, f->ca->subject_canon,
                          bytes_of(serial, LIMIT_SERIAL_BYTES), &entry),
                     SK_NOTFOUND);
    assert_int_equal(find(reader, f->arena, f->ca->subject_hash, f->ca->subject_canon,
                          bytes_of(serial, LIMIT_SERIAL_BYTES + 1), &entry),
                     SK_INPUT);
    reader_free(reader);
}

static void test_reader_finds_entries_of_an_indirect_crl_by_their_issuer(void **state)
{
    const struct fixture *f = *state;
    struct sk_bytes other, one = bytes_of("\x01", 1), two = bytes_of("\x02", 1),
                           three = bytes_of("\x03", 1);
    struct sk_publish *pub = begin(f);
    struct crl_entry entry;
    struct sk_reader *reader;
    struct sk_bytes der = pki_crl_der(
        f->arena,
        &(struct pki_crl_spec){.issuer = CA,
                               .signer = pki_key(PKI_EC, 2),
                               .exts = {{"crlNumber", "DER:02:01:05"},
                                        {"issuingDistributionPoint", "critical,indirectCRL:TRUE"}},
                               .entries = {{.serial = 1},
                                           {.serial = 2, .issuer = ROOT},
                                           {.serial = 3},
                                           {.serial = 4, .issuer = EE},
                                           {.serial = 1, .issuer = CA}}});

    add_crl(f, pub, der, "seal", false);
    (void)commit(pub, 0);
    reader = open_reader(f);
    /* certificateIssuer stays in force until the next one (RFC 5280 5.3.3). */
#define BY(name, serial) find(reader, f->arena, f->ca->subject_hash, name, serial, &entry)
    assert_int_equal(BY(f->ca->subject_canon, one), SK_OK);
    assert_int_equal(BY(f->root->subject_canon, one), SK_NOTFOUND);
    assert_int_equal(BY(f->root->subject_canon, two), SK_OK);
    assert_int_equal(BY(f->root->subject_canon, three), SK_OK);
    assert_int_equal(BY(f->ca->subject_canon, three), SK_NOTFOUND);
    assert_int_equal(BY(f->ee->subject_canon, bytes_of("\x04", 1)), SK_OK);
    assert_int_equal(name_canon(f->arena, pki_name(f->arena, "/CN=nobody", false), &other, NULL),
                     SK_OK);
    assert_int_equal(BY(other, one), SK_NOTFOUND);
    reader_free(reader);
}

static void test_reader_refuses_a_crl_with_an_unknown_critical_entry_extension(void **state)
{
    const struct fixture *f = *state;
    /* 2.999: critical; NULL */
    static const uint8_t ext[] = {0x30, 0x0b, 0x06, 0x02, 0x88, 0x37, 0x01,
                                  0x01, 0xff, 0x04, 0x02, 0x05, 0x00};
    struct sk_publish *pub = begin(f);
    struct sk_bytes old = f->crl;
    struct crl_entry entry;
    struct sk_reader *reader;
    struct sk_buf der;
    struct sk_crl crl;
    size_t list, tbs, entries, one, exts;

    /* The list of the fixture with another only entry. */
    assert_int_equal(crl_parse(f->arena, old, &crl, NULL), SK_OK);
    buf_init(&der, 65536);
    list = derout_open(&der, DER_SEQUENCE);
    tbs = derout_open(&der, DER_SEQUENCE);
    derout_uint(&der, DER_INTEGER, 1);
    derout_raw(&der, crl.tbs_alg);
    derout_raw(&der, crl.issuer);
    derout_time(&der, PKI_T0);
    derout_time(&der, PKI_T1);
    entries = derout_open(&der, DER_SEQUENCE);
    one = derout_open(&der, DER_SEQUENCE);
    derout_uint(&der, DER_INTEGER, 4);
    derout_time(&der, PKI_T0);
    exts = derout_open(&der, DER_SEQUENCE);
    derout_raw(&der, bytes_of(ext, sizeof(ext)));
    derout_close(&der, exts);
    derout_close(&der, one);
    derout_close(&der, entries);
    derout_close(&der, tbs);
    derout_raw(&der, crl.sig_alg);
    derout_bits(&der, DER_BIT_STRING, crl.signature);
    derout_close(&der, list);
    assert_int_equal(buf_status(&der), SK_OK);
    add_crl(f, pub, buf_bytes(&der), "seal", false);
    (void)commit(pub, 0);
    reader = open_reader(f);
    assert_int_equal(FIND("\x04"), SK_INPUT);
    assert_int_equal(FIND("\x05"), SK_INPUT);
    reader_free(reader);
    buf_done(&der);
}

static void test_publish_ends_a_second_publisher(void **state)
{
    const struct fixture *f = *state;
    struct sk_publish *first = begin(f), *second = NULL;

    assert_int_equal(publish_begin(f->cache, &second, NULL), SK_AGAIN);
    assert_null(second);
    publish_abort(first);
    second = begin(f);
    publish_abort(second);
}

static void test_publish_refuses_what_it_cannot_hold(void **state)
{
    const struct fixture *f = *state;
    struct sk_publish *pub = begin(f);
    char path[LIMIT_OBJECT_PATH_BYTES + 2];
    struct sk_bytes body = bytes_of("x", 1);
    uint64_t number = 4711;

    memset(path, 'p', sizeof(path) - 1);
    path[sizeof(path) - 1] = '\0';
    assert_int_equal(publish_object(pub, path, RECORD_MEDIA_CERT, body, 0, 0, NULL), SK_LIMIT);
    assert_int_equal(publish_object(pub, "", RECORD_MEDIA_CERT, body, 0, 0, NULL), SK_LIMIT);
    assert_int_equal(publish_object(pub, "a", "text/plain", body, 0, 0, NULL), SK_INPUT);
    assert_int_equal(publish_object(pub, path + 1, RECORD_MEDIA_CERT, body, 0, 0, NULL), SK_OK);
    assert_int_equal(publish_object(pub, "two", RECORD_MEDIA_CERT, body, 0, 0, NULL), SK_OK);
    assert_int_equal(publish_object(pub, "two", RECORD_MEDIA_CERT, body, 0, 0, NULL), SK_OK);
    assert_int_equal(publish_object(pub, "two", RECORD_MEDIA_CERT, bytes_of("y", 1), 0, 0, NULL),
                     SK_OK);
    assert_int_equal(publish_commit(pub, 0, &number, NULL), SK_INPUT);
    assert_int_equal(number, 4711);
    assert_int_equal(generation_current(f->cache, &number, NULL), SK_NOTFOUND);
}

static void test_publish_does_not_publish_the_same_twice(void **state)
{
    const struct fixture *f = *state;
    const struct sk_cert *const certs[] = {f->twin, f->root, f->ca, f->ee};
    struct sk_publish *pub;
    size_t i;

    assert_int_equal(publish_all(f, 3), 1);
    assert_int_equal(publish_all(f, 3), 1);
    assert_false(exists(f, "2"));
    assert_false(exists(f, "build"));
    /* The same in another order, with another time of publication. */
    pub = begin(f);
    assert_int_equal(publish_origin(pub, "http://a.example/ca.p7c", f->root->sha256, NULL), SK_OK);
    assert_int_equal(
        publish_object(pub, "seal/crl.crl", RECORD_MEDIA_CRL, f->crl, PKI_T, PKI_T1, NULL), SK_OK);
    add_crl(f, pub, f->crl, "seal", false);
    for (i = 0; i < 4; i++)
        assert_int_equal(publish_cert(pub, certs[i], NULL), SK_OK);
    assert_int_equal(publish_checked(pub, f->ca->sha256, f->root->spki_sha256, NULL), SK_OK);
    assert_int_equal(publish_origin(pub, "http://a.example/ca.p7c", f->ca->sha256, NULL), SK_OK);
    assert_int_equal(commit(pub, 3), 1);
    /* As an ARL it is something else. */
    pub = begin(f);
    add_all(f, pub);
    add_crl(f, pub, f->crl, "seal", true);
    assert_int_equal(commit(pub, 3), 2);
}

static void test_publish_keeps_as_many_old_generations_as_told(void **state)
{
    const struct fixture *f = *state;
    uint8_t i;

    for (i = 1; i <= 5; i++)
        assert_int_equal(publish_other(f, 2, i), i);
    assert_false(exists(f, "1"));
    assert_false(exists(f, "2"));
    assert_true(exists(f, "3"));
    assert_true(exists(f, "4"));
    assert_true(exists(f, "5"));
    /* also when nothing is new: a publisher may have been killed before it removed them */
    assert_int_equal(publish_other(f, 0, 5), 5);
    assert_false(exists(f, "3"));
    assert_false(exists(f, "4"));
}

static void test_publish_leaves_readers_what_they_hold(void **state)
{
    const struct fixture *f = *state;
    const struct sk_cert *cert;
    struct crl_entry entry;
    struct sk_reader *reader;

    (void)publish_all(f, 0);
    reader = open_reader(f);
    assert_int_equal(publish_other(f, 0, 1), 2);
    assert_int_equal(publish_other(f, 0, 2), 3);
    assert_false(exists(f, "1"));
    assert_int_equal(generation_number(reader_generation(reader)), 1);
    assert_int_equal(reader_cert(reader, f->arena, f->ee->sha256, &cert), SK_OK);
    assert_int_equal(FIND("\x04"), SK_OK);
    reader_free(reader);
    reader = open_reader(f);
    assert_int_equal(generation_number(reader_generation(reader)), 3);
    reader_free(reader);
}

static void test_publish_clears_what_a_dead_publisher_left(void **state)
{
    const struct fixture *f = *state;
    char path[DIRS_PATH];

    (void)publish_all(f, 1);
    assert_int_equal(dirs_path(f->cache, "build", path, NULL), SK_OK);
    assert_int_equal(mkdir(path, 0755), 0);
    assert_int_equal(dirs_path(f->cache, "build/data.mdb", path, NULL), SK_OK);
    assert_int_not_equal(close(open(path, O_CREAT | O_WRONLY, 0644)), -1);
    assert_int_equal(dirs_path(f->cache, "7", path, NULL), SK_OK);
    assert_int_equal(mkdir(path, 0755), 0);
    assert_int_equal(dirs_path(f->cache, "next", path, NULL), SK_OK);
    assert_int_equal(symlink("7", path), 0);
    /* 7 may have been seen by somebody: the number is not used again. */
    assert_int_equal(publish_other(f, 1, 1), 8);
    assert_false(exists(f, "7"));
    assert_false(exists(f, "build"));
    assert_false(exists(f, "next"));
    assert_true(exists(f, "1"));
}

static void test_publish_is_empty_when_nothing_was_put(void **state)
{
    const struct fixture *f = *state;
    struct reader_crl_info info = {.ca = NULL};
    struct sk_reader *reader;

    assert_int_equal(commit(begin(f), 0), 1);
    reader = open_reader(f);
    assert_int_equal(reader_num_certs(reader), 0);
    assert_int_equal(reader_crls(reader, take_info, &info), SK_OK);
    assert_null(info.ca);
    reader_free(reader);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_generation_is_not_found_where_nothing_was_published),
        TEST(test_generation_refuses_a_link_to_something_else),
        TEST(test_generation_refuses_a_file_that_was_cut_anywhere),
        TEST(test_generation_refuses_another_format_or_number),
        TEST(test_reader_refuses_damaged_records_and_never_guesses),
        TEST(test_reader_refuses_a_record_whose_promise_is_missing),
        TEST(test_reader_refuses_serials_past_the_cap_and_takes_those_at_it),
        TEST(test_reader_refuses_a_crl_with_an_unknown_critical_entry_extension),
        TEST(test_reader_finds_certificates_by_every_key),
        TEST(test_reader_knows_only_the_pairs_that_were_checked),
        TEST(test_reader_finds_revoked_entries_and_the_worst_of_two),
        TEST(test_reader_finds_entries_of_an_indirect_crl_by_their_issuer),
        TEST(test_publish_ends_a_second_publisher),
        TEST(test_publish_refuses_what_it_cannot_hold),
        TEST(test_publish_does_not_publish_the_same_twice),
        TEST(test_publish_keeps_as_many_old_generations_as_told),
        TEST(test_publish_leaves_readers_what_they_hold),
        TEST(test_publish_clears_what_a_dead_publisher_left),
        TEST(test_publish_is_empty_when_nothing_was_put),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
