/* SPDX-License-Identifier: Apache-2.0 */
/* Large and odd lists into a generation: order, doubles, long serials, many issuers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "cache/publish.h"
#include "core/der.h"
#include "core/derout.h"
#include "core/key.h"
#include "core/limits.h"
#include "core/name.h"
#include "test/support/pki.h"

#define CA "/C=JP/O=Seal/CN=CA"

struct fixture {
    char dir[64], cache[96];
    struct sk_arena *arena;
    struct sk_crl model; /* a small list whose head the large ones borrow */
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct sk_bytes der;

    (void)snprintf(f->dir, sizeof(f->dir), "/tmp/sekisho-ingest-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    (void)snprintf(f->cache, sizeof(f->cache), "%s/cache", f->dir);
    f->arena = arena_new(256u << 20);
    der = pki_crl_der(f->arena, &(struct pki_crl_spec){.issuer = CA, .signer = pki_key(PKI_EC, 0)});
    assert_int_equal(crl_parse(f->arena, der, &f->model, NULL), SK_OK);
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

/* An entry: a serial of contents octets, its date, and the text of a certificateIssuer or NULL. */
static void put_entry(const struct fixture *f, struct sk_buf *out, struct sk_bytes serial,
                      int64_t when, const char *issuer)
{
    static const uint8_t oid[] = {0x55, 0x1d, 0x1d};
    size_t entry = derout_open(out, DER_SEQUENCE), exts, ext, value, names, name;

    derout_tlv(out, DER_INTEGER, serial);
    derout_time(out, when);
    if (issuer != NULL) {
        exts = derout_open(out, DER_SEQUENCE);
        ext = derout_open(out, DER_SEQUENCE);
        derout_tlv(out, DER_OID, bytes_of(oid, sizeof(oid)));
        derout_bool(out, DER_BOOLEAN, true);
        value = derout_open(out, DER_OCTET_STRING);
        names = derout_open(out, DER_SEQUENCE);
        for (; issuer[0] != '\0'; issuer += strlen(issuer) + 1) {
            name = derout_open(out, DER_CONTEXT_CONSTRUCTED(4));
            derout_raw(out, pki_name(f->arena, issuer, false));
            derout_close(out, name);
        }
        derout_close(out, names);
        derout_close(out, value);
        derout_close(out, ext);
        derout_close(out, exts);
    }
    derout_close(out, entry);
}

/* A list with these entries around them. */
static void wrap(const struct fixture *f, struct sk_buf *out, struct sk_bytes entries,
                 bool is_indirect)
{
    /* issuingDistributionPoint, critical, indirectCRL TRUE */
    static const uint8_t idp[] = {0xa0, 0x13, 0x30, 0x11, 0x30, 0x0f, 0x06, 0x03, 0x55, 0x1d, 0x1c,
                                  0x01, 0x01, 0xff, 0x04, 0x05, 0x30, 0x03, 0x84, 0x01, 0xff};
    size_t list = derout_open(out, DER_SEQUENCE), tbs = derout_open(out, DER_SEQUENCE);

    derout_uint(out, DER_INTEGER, 1);
    derout_raw(out, f->model.tbs_alg);
    derout_raw(out, f->model.issuer);
    derout_time(out, PKI_T0);
    derout_time(out, PKI_T1);
    derout_tlv(out, DER_SEQUENCE, entries);
    if (is_indirect)
        derout_raw(out, bytes_of(idp, sizeof(idp)));
    derout_close(out, tbs);
    derout_raw(out, f->model.sig_alg);
    derout_bits(out, DER_BIT_STRING, f->model.signature);
    derout_close(out, list);
    assert_int_equal(buf_status(out), SK_OK);
}

/* Publishes a list of the entries as the only content. */
static enum sk_status publish(const struct fixture *f, struct sk_bytes entries, bool is_indirect)
{
    uint8_t hash[SK_SHA256];
    struct sk_err err = {SK_OK, ""};
    struct sk_publish *pub;
    enum sk_status status;
    struct sk_crl crl;
    struct sk_buf der;
    uint64_t number;

    buf_init(&der, 1u << 30);
    wrap(f, &der, entries, is_indirect);
    if (crl_parse(f->arena, buf_bytes(&der), &crl, &err) != SK_OK)
        fail_msg("%s", err.text);
    key_sha256(buf_bytes(&der), hash);
    assert_int_equal(publish_begin(f->cache, &pub, NULL), SK_OK);
    status = publish_crl(pub, &crl, hash, "seal", false, NULL, &err);
    assert_int_equal(publish_commit(pub, 0, &number, NULL), SK_OK);
    buf_done(&der);
    return status;
}

static enum sk_status take_crl(void *arg, const struct source_crl *crl)
{
    *(struct source_crl *)arg = *crl;
    return SK_OK;
}

/* A reader and the one list in it. */
static struct sk_reader *open_list(const struct fixture *f, struct source_crl *out)
{
    const struct sk_source *source;
    struct sk_generation *gen;
    struct sk_reader *reader;

    memset(out, 0, sizeof(*out));
    assert_int_equal(generation_open(f->cache, &gen, NULL), SK_OK);
    assert_int_equal(reader_new(gen, &reader, NULL), SK_OK);
    generation_unref(gen);
    source = reader_source(reader);
    assert_int_equal(
        source->ops->crls_by_issuer(source, f->arena, f->model.issuer_hash, take_crl, out), SK_OK);
    return reader;
}

static enum sk_status find(const struct fixture *f, const struct sk_reader *reader,
                           const struct source_crl *crl, const char *issuer, struct sk_bytes serial,
                           struct crl_entry *out)
{
    const struct sk_source *source = reader_source(reader);
    struct sk_bytes canon;

    assert_int_equal(name_canon(f->arena, pki_name(f->arena, issuer, false), &canon, NULL), SK_OK);
    return source->ops->crl_find(source, f->arena, crl, canon, serial, out);
}

/* The list is there, and says nothing of anybody: of what it lists nor of what it does not. */
static void assert_unusable(const struct fixture *f)
{
    struct source_crl crl;
    struct crl_entry entry;
    struct sk_reader *reader = open_list(f, &crl);

    assert_non_null(crl.crl);
    assert_int_equal(find(f, reader, &crl, CA, bytes_of("\x01", 1), &entry), SK_INPUT);
    assert_int_equal(find(f, reader, &crl, CA, bytes_of("\x02", 1), &entry), SK_INPUT);
    reader_free(reader);
}

static void test_ingest_makes_a_malformed_list_unusable(void **state)
{
    const struct fixture *f = *state;
    struct sk_buf entries;

    buf_init(&entries, 1u << 20);
    put_entry(f, &entries, bytes_of("\x01", 1), PKI_T0, NULL);
    derout_tlv(&entries, DER_SEQUENCE, bytes_of("x", 1));
    assert_int_equal(publish(f, buf_bytes(&entries), false), SK_OK);
    assert_unusable(f);
    assert_int_equal(publish(f, buf_bytes(&entries), true), SK_OK);
    assert_unusable(f);
    buf_done(&entries);
}

static void test_ingest_takes_as_many_certificate_issuers_as_the_cap(void **state)
{
    const struct fixture *f = *state;
    struct source_crl crl;
    struct crl_entry entry;
    struct sk_reader *reader;
    struct sk_buf entries;
    char name[64];
    unsigned i;

    buf_init(&entries, 64u << 20);
    /* The list's own issuer is one of them. */
    for (i = 1; i < LIMIT_CRL_ISSUERS; i++) {
        (void)snprintf(name, sizeof(name), "/CN=issuer %u%c", i, 0);
        put_entry(f, &entries, bytes_of("\x01", 1), PKI_T0 + (int64_t)i, name);
    }
    assert_int_equal(publish(f, buf_bytes(&entries), true), SK_OK);
    reader = open_list(f, &crl);
    assert_int_equal(find(f, reader, &crl, "/CN=issuer 1", bytes_of("\x01", 1), &entry), SK_OK);
    assert_int_equal(entry.revoked_at, PKI_T0 + 1);
    (void)snprintf(name, sizeof(name), "/CN=issuer %u", LIMIT_CRL_ISSUERS - 1);
    assert_int_equal(find(f, reader, &crl, name, bytes_of("\x01", 1), &entry), SK_OK);
    assert_int_equal(entry.revoked_at, PKI_T0 + LIMIT_CRL_ISSUERS - 1);
    assert_int_equal(find(f, reader, &crl, CA, bytes_of("\x01", 1), &entry), SK_NOTFOUND);
    reader_free(reader);
    put_entry(f, &entries, bytes_of("\x01", 1), PKI_T0, "/CN=one too many\0");
    assert_int_equal(publish(f, buf_bytes(&entries), true), SK_OK);
    assert_unusable(f);
    buf_done(&entries);
}

static void test_ingest_enters_every_name_of_a_certificate_issuer_up_to_the_cap(void **state)
{
    const struct fixture *f = *state;
    static const char eight[] = "/CN=1\0/CN=2\0/CN=3\0/CN=4\0/CN=5\0/CN=6\0/CN=7\0/CN=8\0";
    static const char nine[] = "/CN=1\0/CN=2\0/CN=3\0/CN=4\0/CN=5\0/CN=6\0/CN=7\0/CN=8\0/CN=9\0";
    struct source_crl crl;
    struct crl_entry entry;
    struct sk_reader *reader;
    struct sk_buf entries;

    buf_init(&entries, 1u << 20);
    put_entry(f, &entries, bytes_of("\x01", 1), PKI_T0, eight);
    assert_int_equal(publish(f, buf_bytes(&entries), true), SK_OK);
    reader = open_list(f, &crl);
    assert_int_equal(find(f, reader, &crl, "/CN=1", bytes_of("\x01", 1), &entry), SK_OK);
    assert_int_equal(find(f, reader, &crl, "/CN=8", bytes_of("\x01", 1), &entry), SK_OK);
    assert_int_equal(find(f, reader, &crl, "/CN=9", bytes_of("\x01", 1), &entry), SK_NOTFOUND);
    reader_free(reader);
    /* Past it nobody can say whose the entry is: the list says nothing of anybody any more. */
    put_entry(f, &entries, bytes_of("\x02", 1), PKI_T0, nine);
    assert_int_equal(publish(f, buf_bytes(&entries), true), SK_OK);
    reader = open_list(f, &crl);
    assert_int_equal(find(f, reader, &crl, "/CN=1", bytes_of("\x01", 1), &entry), SK_INPUT);
    reader_free(reader);
    buf_done(&entries);
}

static void test_ingest_takes_serials_at_the_cap_and_marks_a_list_with_a_longer_one(void **state)
{
    const struct fixture *f = *state;
    uint8_t serial[LIMIT_SERIAL_BYTES + 1];
    struct source_crl crl;
    struct crl_entry entry;
    struct sk_reader *reader;
    struct sk_buf entries;

    memset(serial, 0x55, sizeof(serial));
    buf_init(&entries, 1u << 20);
    put_entry(f, &entries, bytes_of(serial, LIMIT_SERIAL_BYTES), PKI_T0, NULL);
    put_entry(f, &entries, bytes_of("\x01", 1), PKI_T0, NULL);
    assert_int_equal(publish(f, buf_bytes(&entries), false), SK_OK);
    reader = open_list(f, &crl);
    assert_int_equal(find(f, reader, &crl, CA, bytes_of(serial, LIMIT_SERIAL_BYTES), &entry),
                     SK_OK);
    assert_int_equal(find(f, reader, &crl, CA, bytes_of(serial, LIMIT_SERIAL_BYTES + 1), &entry),
                     SK_INPUT);
    assert_int_equal(find(f, reader, &crl, CA, bytes_of("\x01", 1), &entry), SK_OK);
    reader_free(reader);
    put_entry(f, &entries, bytes_of(serial, LIMIT_SERIAL_BYTES + 1), PKI_T0, NULL);
    assert_int_equal(publish(f, buf_bytes(&entries), false), SK_OK);
    assert_unusable(f);
    buf_done(&entries);
}

/* 200,000 entries in an order that is neither rising nor falling, each fourth one twice. */
static void test_ingest_finds_every_entry_of_a_large_unsorted_list(void **state)
{
    enum { NUM = 200000 };
    const struct fixture *f = *state;
    struct source_crl crl;
    struct crl_entry entry;
    struct sk_reader *reader;
    struct sk_buf entries;
    uint8_t serial[4] = {1, 0, 0, 0};
    uint32_t i, n;

    buf_init(&entries, 64u << 20);
    for (i = 0; i < NUM + NUM / 4; i++) {
        n = (uint32_t)((uint64_t)i * 77773 % NUM); /* a permutation, begun again at the end */
        serial[1] = (uint8_t)(n >> 16);
        serial[2] = (uint8_t)(n >> 8);
        serial[3] = (uint8_t)n;
        put_entry(f, &entries, bytes_of(serial, 4), PKI_T0 + (int64_t)i, NULL);
    }
    assert_int_equal(publish(f, buf_bytes(&entries), false), SK_OK);
    reader = open_list(f, &crl);
    for (i = 0; i < NUM; i += 7) {
        n = (uint32_t)((uint64_t)i * 77773 % NUM);
        serial[1] = (uint8_t)(n >> 16);
        serial[2] = (uint8_t)(n >> 8);
        serial[3] = (uint8_t)n;
        if (find(f, reader, &crl, CA, bytes_of(serial, 4), &entry) != SK_OK ||
            entry.revoked_at != PKI_T0 + (int64_t)i)
            fail_msg("serial %u: not found, or not the earlier one", n);
    }
    serial[1] = 0xff;
    assert_int_equal(find(f, reader, &crl, CA, bytes_of(serial, 4), &entry), SK_NOTFOUND);
    reader_free(reader);
    buf_done(&entries);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_ingest_makes_a_malformed_list_unusable),
        TEST(test_ingest_takes_as_many_certificate_issuers_as_the_cap),
        TEST(test_ingest_enters_every_name_of_a_certificate_issuer_up_to_the_cap),
        TEST(test_ingest_takes_serials_at_the_cap_and_marks_a_list_with_a_longer_one),
        TEST(test_ingest_finds_every_entry_of_a_large_unsorted_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
