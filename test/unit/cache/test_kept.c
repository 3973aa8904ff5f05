/* SPDX-License-Identifier: Apache-2.0 */
/* What a reader keeps parsed: the same answers with it, without it, and when it is full. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "cache/cache_int.h"
#include "cache/publish.h"
#include "test/support/pki.h"

enum { CERTS = 12, CRLS = 5 };
#define ISSUER "/C=JP/O=Seal/CN=CA"

struct fixture {
    char dir[64];
    struct sk_arena *arena, *job;
    struct sk_generation *gen;
    const struct sk_cert *certs[CERTS]; /* of one subject */
    uint8_t crl_issuer[SK_SHA256];
};

static void publish(struct fixture *f)
{
    struct sk_publish *pub;
    struct sk_crl crl;
    uint64_t number;
    size_t i;

    assert_int_equal(publish_begin(f->dir, &pub, NULL), SK_OK);
    for (i = 0; i < CERTS; i++) {
        f->certs[i] = pki_cert(f->arena, &(struct pki_cert_spec){.subject = ISSUER,
                                                                 .key = pki_key(PKI_EC, 0),
                                                                 .serial = (long)i + 1,
                                                                 .exts = {PKI_CA_EXTS}});
        assert_int_equal(publish_cert(pub, f->certs[i], NULL), SK_OK);
    }
    for (i = 0; i < CRLS; i++) {
        const struct sk_bytes der =
            pki_crl_der(f->arena, &(struct pki_crl_spec){.issuer = ISSUER,
                                                         .signer = pki_key(PKI_EC, 0),
                                                         .entries = {{.serial = (long)i + 1}}});
        uint8_t hash[SK_SHA256];

        assert_int_equal(crl_parse(f->arena, der, &crl, NULL), SK_OK);
        key_sha256(der, hash);
        memcpy(f->crl_issuer, crl.issuer_hash, SK_SHA256);
        assert_int_equal(publish_crl(pub, &crl, hash, "seal", i % 2 == 0, NULL, NULL), SK_OK);
    }
    assert_int_equal(publish_commit(pub, 0, &number, NULL), SK_OK);
    assert_int_equal(generation_open(f->dir, &f->gen, NULL), SK_OK);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    (void)snprintf(f->dir, sizeof(f->dir), "/tmp/sekisho-kept-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    f->arena = arena_new(64u << 20);
    f->job = arena_new(1u << 20);
    publish(f);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char command[160];

    generation_unref(f->gen);
    (void)snprintf(command, sizeof(command), "rm -rf %s", f->dir);
    assert_int_equal(system(command), 0);
    arena_free(f->job);
    arena_free(f->arena);
    free(f);
    return 0;
}

/* A reader with other caps than the product's. */
static struct sk_reader *reader_of(const struct fixture *f, size_t max_certs, size_t max_crls,
                                   size_t max_bytes)
{
    struct sk_reader *reader;

    assert_int_equal(reader_new(f->gen, &reader, NULL), SK_OK);
    kept_done(&reader->kept);
    assert_int_equal(kept_init(&reader->kept, max_certs, max_crls, max_bytes), SK_OK);
    return reader;
}

struct seen {
    const struct sk_cert *certs[CERTS];
    struct source_crl crls[CRLS];
    size_t num;
};

static enum sk_status see_cert(void *arg, const struct sk_cert *cert)
{
    struct seen *seen = arg;

    assert_in_range(seen->num, 0, CERTS - 1);
    seen->certs[seen->num++] = cert;
    return SK_OK;
}

static enum sk_status see_crl(void *arg, const struct source_crl *crl)
{
    struct seen *seen = arg;

    assert_in_range(seen->num, 0, CRLS - 1);
    seen->crls[seen->num++] = *crl;
    return SK_OK;
}

static void see_certs(const struct fixture *f, struct sk_reader *reader, struct seen *seen)
{
    const struct sk_source *source = reader_source(reader);

    seen->num = 0;
    assert_int_equal(
        source->ops->certs_by_subject(source, f->job, f->certs[0]->subject_hash, see_cert, seen),
        SK_OK);
    assert_int_equal(seen->num, CERTS);
}

static void see_crls(const struct fixture *f, struct sk_reader *reader, struct seen *seen)
{
    const struct sk_source *source = reader_source(reader);

    seen->num = 0;
    assert_int_equal(source->ops->crls_by_issuer(source, f->job, f->crl_issuer, see_crl, seen),
                     SK_OK);
    assert_int_equal(seen->num, CRLS);
}

/* Every serial in every list, by one list as a reader shows it. */
static void assert_entries(const struct fixture *f, struct sk_reader *reader,
                           const struct source_crl *crl, size_t listed)
{
    const struct sk_source *source = reader_source(reader);
    struct crl_entry entry;
    uint8_t serial;

    for (serial = 1; serial <= CRLS; serial++)
        assert_int_equal(source->ops->crl_find(source, f->job, crl, f->certs[0]->subject_canon,
                                               bytes_of(&serial, 1), &entry),
                         serial == listed + 1 ? SK_OK : SK_NOTFOUND);
}

/* Two looks at everything give the same as a reader that keeps nothing. */
static void assert_same(const struct fixture *f, struct sk_reader *reader)
{
    struct sk_reader *plain = reader_of(f, 0, 0, 0);
    struct seen seen, expected;
    size_t i, round;

    for (round = 0; round < 2; round++) {
        see_certs(f, plain, &expected);
        see_certs(f, reader, &seen);
        for (i = 0; i < CERTS; i++) {
            assert_true(bytes_equal(seen.certs[i]->der, expected.certs[i]->der));
            assert_memory_equal(seen.certs[i]->sha256, expected.certs[i]->sha256, SK_SHA256);
            assert_true(bytes_equal(seen.certs[i]->serial, expected.certs[i]->serial));
            assert_true(
                bytes_equal(seen.certs[i]->subject_canon, expected.certs[i]->subject_canon));
        }
        see_crls(f, plain, &expected);
        see_crls(f, reader, &seen);
        for (i = 0; i < CRLS; i++) {
            assert_memory_equal(seen.crls[i].sha256, expected.crls[i].sha256, SK_SHA256);
            assert_int_equal(seen.crls[i].from_arl_attribute, i % 2 == 0);
            assert_true(bytes_equal(seen.crls[i].crl->der, expected.crls[i].crl->der));
            assert_entries(f, reader, &seen.crls[i], i);
            assert_entries(f, plain, &expected.crls[i], i);
        }
        arena_reset(f->job);
    }
    reader_free(plain);
}

static void test_kept_nothing_when_nothing_may_be(void **state)
{
    const struct fixture *f = *state;
    struct sk_reader *reader = reader_of(f, 0, 0, 0);

    assert_same(f, reader);
    assert_int_equal(reader->kept.num_certs, 0);
    reader_free(reader);
}

static void test_kept_no_more_than_the_caps_say(void **state)
{
    const struct fixture *f = *state;
    struct sk_reader *reader = reader_of(f, CERTS - 1, CRLS - 1, 1u << 20);
    unsigned id, num = 0;

    assert_same(f, reader);
    assert_int_equal(reader->kept.num_certs, CERTS - 1);
    for (id = 0; id < CRLS; id++)
        num += kept_crl(&reader->kept, id) != NULL;
    assert_int_equal(num, CRLS - 1);
    reader_free(reader);
    /* At the cap. */
    reader = reader_of(f, CERTS, CRLS, 1u << 20);
    assert_same(f, reader);
    assert_int_equal(reader->kept.num_certs, CERTS);
    assert_non_null(kept_crl(&reader->kept, CRLS - 1));
    reader_free(reader);
}

static void test_kept_stops_at_any_number_of_bytes(void **state)
{
    const struct fixture *f = *state;
    struct sk_reader *reader = reader_of(f, CERTS, CRLS, 1u << 20);
    size_t bytes, all, num_before = 0;

    assert_same(f, reader);
    all = arena_used(reader->kept.arena);
    reader_free(reader);
    for (bytes = 0; bytes <= all; bytes += 128) {
        reader = reader_of(f, CERTS, CRLS, bytes);
        assert_same(f, reader);
        assert_true(reader->kept.is_full || bytes + 128 > all);
        assert_true(arena_used(reader->kept.arena) <= bytes);
        assert_true(reader->kept.num_certs >= num_before);
        num_before = reader->kept.num_certs;
        reader_free(reader);
    }
    assert_int_equal(num_before, CERTS);
}

static void test_kept_stays_where_it_is_while_the_reader_lives(void **state)
{
    const struct fixture *f = *state;
    struct seen first, again;
    struct sk_reader *reader;
    const struct sk_cert *one;
    size_t i;

    assert_int_equal(reader_new(f->gen, &reader, NULL), SK_OK);
    see_certs(f, reader, &first);
    see_crls(f, reader, &again);
    assert_int_equal(arena_used(f->job), 0); /* nothing of it is the job's */
    for (i = 0; i < CERTS; i++) {
        assert_int_equal(reader_cert(reader, f->job, first.certs[i]->sha256, &one), SK_OK);
        assert_ptr_equal(one, first.certs[i]);
    }
    see_crls(f, reader, &first);
    for (i = 0; i < CRLS; i++) {
        assert_ptr_equal(first.crls[i].crl, again.crls[i].crl);
        assert_ptr_equal(first.crls[i].handle, again.crls[i].handle);
    }
    reader_free(reader);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_kept_nothing_when_nothing_may_be),
        TEST(test_kept_no_more_than_the_caps_say),
        TEST(test_kept_stops_at_any_number_of_bytes),
        TEST(test_kept_stays_where_it_is_while_the_reader_lives),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
