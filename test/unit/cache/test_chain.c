/* SPDX-License-Identifier: Apache-2.0 */
/* A file that changed after it was published: a revoked certificate must never read as not listed,
 * and no list may seem to be another, of another scope, or not there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cache/cache_int.h"
#include "cache/chain.h"
#include "cache/publish.h"
#include "core/name.h"
#include "test/support/pki.h"

#define CA    "/C=JP/O=Seal/CN=CA"
#define OTHER "/C=JP/O=Seal/CN=Other"

enum { ENTRIES = 6, SERIAL_BYTES = 7, VALUE_BYTES = 10 };
static const long first_serial = 0x51a2b3c4d5e600; /* the entries are of this and the next ones */

struct fixture {
    char dir[64];
    struct sk_arena *arena, *job;
    uint8_t *map; /* of the published file */
    size_t size;
    uint8_t issuer[SK_SHA256];
    struct sk_bytes canon[2]; /* of CA and OTHER */
    struct sk_bytes list, indirect;
};

static void add(struct fixture *f, struct sk_publish *pub, struct sk_bytes der, bool is_arl)
{
    uint8_t hash[SK_SHA256];
    struct sk_crl crl;

    assert_int_equal(crl_parse(f->arena, der, &crl, NULL), SK_OK);
    memcpy(f->issuer, crl.issuer_hash, SK_SHA256);
    key_sha256(der, hash);
    assert_int_equal(publish_crl(pub, &crl, hash, "seal", is_arl, NULL, NULL), SK_OK);
}

static void map_file(struct fixture *f)
{
    char path[128];
    struct stat st;
    int fd;

    (void)snprintf(path, sizeof(path), "%s/1/data.mdb", f->dir);
    fd = open(path, O_RDWR);
    assert_int_equal(fstat(fd, &st), 0);
    f->size = (size_t)st.st_size;
    f->map = mmap(NULL, f->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_true(f->map != MAP_FAILED);
    assert_int_equal(close(fd), 0);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct pki_crl_spec list = {.issuer = CA, .signer = pki_key(PKI_EC, 0)};
    struct pki_crl_spec indirect = {
        .issuer = CA,
        .signer = pki_key(PKI_EC, 0),
        .exts = {{"crlNumber", "DER:02:01:05"},
                 {"issuingDistributionPoint", "critical,onlyCA:TRUE,indirectCRL:TRUE"}}};
    struct sk_publish *pub;
    uint64_t number;
    size_t i;

    for (i = 0; i < ENTRIES; i++) {
        list.entries[i].serial = first_serial + (long)(2 * i);
        indirect.entries[i].serial = first_serial + (long)(2 * i);
    }
    indirect.entries[0].issuer = OTHER;
    (void)snprintf(f->dir, sizeof(f->dir), "/tmp/sekisho-chain-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    f->arena = arena_new(64u << 20);
    f->job = arena_new(4u << 20);
    assert_int_equal(name_canon(f->arena, pki_name(f->arena, CA, false), &f->canon[0], NULL),
                     SK_OK);
    assert_int_equal(name_canon(f->arena, pki_name(f->arena, OTHER, false), &f->canon[1], NULL),
                     SK_OK);
    f->list = pki_crl_der(f->arena, &list);
    f->indirect = pki_crl_der(f->arena, &indirect);
    assert_int_equal(publish_begin(f->dir, &pub, NULL), SK_OK);
    add(f, pub, f->list, false);
    add(f, pub, f->indirect, true);
    assert_int_equal(publish_commit(pub, 0, &number, NULL), SK_OK);
    map_file(f);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char command[160];

    assert_int_equal(munmap(f->map, f->size), 0);
    (void)snprintf(command, sizeof(command), "rm -rf %s", f->dir);
    assert_int_equal(system(command), 0);
    arena_free(f->job);
    arena_free(f->arena);
    free(f);
    return 0;
}

struct two_lists {
    struct source_crl crls[2];
    size_t num;
};

static enum sk_status take_crl(void *arg, const struct source_crl *crl)
{
    struct two_lists *lists = arg;

    assert_in_range(lists->num, 0, 1);
    lists->crls[lists->num++] = *crl;
    return SK_OK;
}

static struct sk_reader *open_reader(struct fixture *f)
{
    struct sk_generation *gen;
    struct sk_reader *reader;

    arena_reset(f->job);
    assert_int_equal(generation_open(f->dir, &gen, NULL), SK_OK);
    assert_int_equal(reader_new(gen, &reader, NULL), SK_OK);
    generation_unref(gen);
    return reader;
}

static enum sk_status find_lists(struct fixture *f, struct sk_reader *reader,
                                 struct two_lists *lists)
{
    const struct sk_source *source = reader_source(reader);

    lists->num = 0;
    return source->ops->crls_by_issuer(source, f->job, f->issuer, take_crl, lists);
}

static void serial_of(long serial, uint8_t out[SERIAL_BYTES])
{
    int i;

    for (i = SERIAL_BYTES - 1; i >= 0; i--, serial >>= 8)
        out[i] = (uint8_t)serial;
}

static enum sk_status find(struct fixture *f, struct sk_reader *reader,
                           const struct source_crl *crl, struct sk_bytes issuer, long serial)
{
    const struct sk_source *source = reader_source(reader);
    uint8_t octets[SERIAL_BYTES];
    struct crl_entry entry;

    serial_of(serial, octets);
    return source->ops->crl_find(source, f->job, crl, issuer, bytes_of(octets, sizeof(octets)),
                                 &entry);
}

/* What is listed is found or cannot be told, what is not is not found or cannot be told. True when
 * something could not be told. */
static bool look_everywhere(struct fixture *f)
{
    struct sk_reader *reader = open_reader(f);
    struct two_lists lists;
    enum sk_status status;
    bool is_damaged = false;
    size_t list;
    long i;

    assert_int_equal(find_lists(f, reader, &lists), SK_OK);
    assert_int_equal(lists.num, 2);
    for (list = 0; list < 2; list++) {
        for (i = -1; i < 2 * ENTRIES; i++) {
            status = find(f, reader, &lists.crls[list], f->canon[list], first_serial + i);
            is_damaged |= status == SK_INPUT;
            if (status != SK_INPUT)
                assert_int_equal(status, i >= 0 && i % 2 == 0 ? SK_OK : SK_NOTFOUND);
        }
    }
    reader_free(reader);
    return is_damaged;
}

/* Where in the file bytes stand, from *at on; false: no more. */
static bool next_place(const struct fixture *f, struct sk_bytes bytes, size_t *at)
{
    const uint8_t *found = memmem(f->map + *at, f->size - *at, bytes.p, bytes.len);

    if (found == NULL)
        return false;
    *at = (size_t)(found - f->map);
    return true;
}

/* Flips each bit of a run in turn; returns how many of them were noticed. */
static size_t flip_all(struct fixture *f, size_t at, size_t len)
{
    size_t bit, num = 0;

    for (bit = 0; bit < 8 * len; bit++) {
        f->map[at + bit / 8] ^= (uint8_t)(1u << bit % 8);
        num += look_everywhere(f);
        f->map[at + bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    return num;
}

static void test_chain_tells_listed_from_not_listed(void **state)
{
    struct fixture *f = *state;
    struct two_lists lists;
    struct sk_reader *reader = open_reader(f);

    assert_false(look_everywhere(f));
    assert_int_equal(find_lists(f, reader, &lists), SK_OK);
    /* Before the first record, after the last one, and of the other list's issuer. */
    assert_int_equal(find(f, reader, &lists.crls[0], f->canon[0], 1), SK_NOTFOUND);
    assert_int_equal(find(f, reader, &lists.crls[0], f->canon[0], 0x7fffffffffffff), SK_NOTFOUND);
    assert_int_equal(find(f, reader, &lists.crls[1], f->canon[1], 1), SK_NOTFOUND);
    assert_int_equal(find(f, reader, &lists.crls[1], f->canon[1], 0x7fffffffffffff), SK_NOTFOUND);
    assert_int_equal(find(f, reader, &lists.crls[1], f->canon[0], first_serial), SK_NOTFOUND);
    reader_free(reader);
}

static void test_chain_never_loses_an_entry_to_a_changed_bit(void **state)
{
    struct fixture *f = *state;
    uint8_t key[2 + SERIAL_BYTES] = {0, 0};
    size_t at, i, num = 0;

    for (i = 0; i < ENTRIES; i++) {
        serial_of(first_serial + (long)(2 * i), key + 2);
        for (at = 0; next_place(f, bytes_of(key, sizeof(key)), &at); at++, num++)
            assert_int_equal(flip_all(f, at, sizeof(key) + VALUE_BYTES),
                             8 * (sizeof(key) + VALUE_BYTES));
    }
    assert_int_equal(num, ENTRIES);
    assert_false(look_everywhere(f));
}

static void test_chain_never_loses_an_entry_of_an_indirect_list(void **state)
{
    struct fixture *f = *state;
    uint8_t key[4 + SERIAL_BYTES] = {0, 1, 0, 1}, name[2 + SK_SHA256] = {0, 1};
    size_t at = 0, num = 0;

    serial_of(first_serial, key + 4);
    for (; next_place(f, bytes_of(key, sizeof(key)), &at); at++, num++)
        assert_int_equal(flip_all(f, at, sizeof(key) + VALUE_BYTES),
                         8 * (sizeof(key) + VALUE_BYTES));
    assert_int_equal(num, 1);
    /* The certificate issuer's name: without it the list would say nothing of its certificates. */
    name_hash(f->canon[1], name + 2);
    num = 0;
    for (at = 0; next_place(f, bytes_of(name, sizeof(name)), &at); at++, num++)
        assert_int_equal(flip_all(f, at, sizeof(name) + 2 + CHAIN_CHECK),
                         8 * (sizeof(name) + 2 + CHAIN_CHECK));
    assert_int_equal(num, 1);
}

/* Flips each bit of each place where bytes stand; the lists are then refused, or as they were. */
static size_t count_refused(struct fixture *f, size_t at, size_t len)
{
    struct two_lists lists, expected;
    struct sk_reader *reader;
    size_t bit, num = 0;

    for (bit = 0; bit < 8 * len; bit++) {
        f->map[at + bit / 8] ^= (uint8_t)(1u << bit % 8);
        reader = open_reader(f);
        num += find_lists(f, reader, &lists) != SK_OK;
        reader_free(reader);
        f->map[at + bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    reader = open_reader(f);
    assert_int_equal(find_lists(f, reader, &expected), SK_OK);
    assert_int_equal(expected.num, 2);
    reader_free(reader);
    return num;
}

static void test_seal_covers_all_of_a_list_but_its_entries(void **state)
{
    struct fixture *f = *state;
    struct sk_bytes before, after;
    uint8_t hash[SK_SHA256];
    struct sk_crl crl;
    size_t at = 0;

    /* The list's own octets before and after its entries. */
    assert_int_equal(crl_parse(f->arena, f->list, &crl, NULL), SK_OK);
    before = bytes_of(f->list.p, (size_t)(crl.entries.p - f->list.p));
    assert_true(next_place(f, before, &at));
    assert_int_equal(count_refused(f, at, before.len), 8 * before.len);
    at += before.len + crl.entries.len;
    after = bytes_of(crl.entries.p + crl.entries.len, f->list.len - before.len - crl.entries.len);
    assert_memory_equal(f->map + at, after.p, after.len);
    assert_int_equal(count_refused(f, at, after.len), 8 * after.len);
    /* And its record: it begins with the hash, which also is the key of the octets themselves. */
    key_sha256(f->list, hash);
    for (at = 0; next_place(f, bytes_of(hash, sizeof(hash)), &at); at++)
        assert_int_equal(count_refused(f, at, SK_SHA256), 8 * SK_SHA256);
}

static void test_lists_of_an_issuer_are_all_there_or_refused(void **state)
{
    struct fixture *f = *state;
    static const uint8_t ids[] = {0, 0, 0, 1, 0xff, 0xff}, cut[] = {0, 0, 0xff, 0xff, 0xff, 0xff};
    uint8_t value[SK_SHA256 + sizeof(ids)];
    struct two_lists lists;
    struct sk_reader *reader;
    size_t at = 0;

    memcpy(value, f->issuer, SK_SHA256);
    memcpy(value + SK_SHA256, ids, sizeof(ids));
    assert_true(next_place(f, bytes_of(value, sizeof(value)), &at));
    assert_int_equal(count_refused(f, at + SK_SHA256, sizeof(ids)), 8 * sizeof(ids));
    memcpy(f->map + at + SK_SHA256, cut, sizeof(cut));
    reader = open_reader(f);
    assert_int_equal(find_lists(f, reader, &lists), SK_INPUT);
    reader_free(reader);
}

static enum sk_status find_indirect(struct fixture *f, struct two_lists *lists)
{
    struct sk_reader *reader = open_reader(f);
    const struct sk_source *source = reader_source(reader);
    enum sk_status status;

    lists->num = 0;
    status = source->ops->indirect_crls(source, f->job, take_crl, lists);
    reader_free(reader);
    return status;
}

static void test_indirect_lists_are_all_there_or_refused(void **state)
{
    struct fixture *f = *state;
    static const char value[] = RECORD_INDIRECT "\0\1\xff\xff";
    const size_t len = sizeof(value) - 1;
    struct two_lists lists;
    size_t at = 0, bit;

    assert_int_equal(find_indirect(f, &lists), SK_OK);
    assert_int_equal(lists.num, 1);
    assert_true(next_place(f, bytes_of(value, len), &at));
    for (bit = 0; bit < 8 * len; bit++) {
        f->map[at + bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(find_indirect(f, &lists), SK_INPUT);
        f->map[at + bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    at++;
    assert_false(next_place(f, bytes_of(value, len), &at));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_chain_never_loses_an_entry_to_a_changed_bit),
        TEST(test_chain_never_loses_an_entry_of_an_indirect_list),
        TEST(test_seal_covers_all_of_a_list_but_its_entries),
        TEST(test_lists_of_an_issuer_are_all_there_or_refused),
        TEST(test_indirect_lists_are_all_there_or_refused),
        TEST(test_chain_tells_listed_from_not_listed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
