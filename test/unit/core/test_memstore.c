/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/der.h"
#include "core/derout.h"
#include "core/limits.h"
#include "core/memstore.h"
#include "core/name.h"
#include "test/support/pki.h"

static struct sk_arena *arena;
static struct sk_memstore *store;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new(16u * 1024 * 1024);
    store = memstore_new();
    return arena == NULL || store == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    memstore_free(store);
    arena_free(arena);
    return 0;
}

static struct sk_bytes cert_of(const char *subject, size_t key)
{
    return pki_cert_der(arena,
                        &(struct pki_cert_spec){.subject = subject, .key = pki_key(PKI_EC, key)});
}

struct seen {
    const struct sk_cert *certs[8];
    struct source_crl crls[8];
    size_t num;
    enum sk_status answer;
};

static enum sk_status see_cert(void *arg, const struct sk_cert *cert)
{
    struct seen *seen = arg;

    seen->certs[seen->num++] = cert;
    return seen->answer;
}

static enum sk_status see_crl(void *arg, const struct source_crl *crl)
{
    struct seen *seen = arg;

    seen->crls[seen->num++] = *crl;
    return seen->answer;
}

static enum sk_status visit_certs(const struct sk_source *source, const struct sk_cert *like,
                                  struct seen *seen)
{
    seen->num = 0;
    return source->ops->certs_by_subject(source, arena, like->subject_hash, see_cert, seen);
}

static void test_memstore_refuses_what_is_no_certificate_or_list(void **state)
{
    struct sk_crl crl;
    static const uint8_t junk[] = {0x30, 0x03, 0x02, 0x01, 0x05};
    struct sk_bytes der = cert_of("/CN=A", 0);
    struct sk_err err = {0};

    (void)state;
    assert_int_equal(memstore_add_cert(store, bytes_of(junk, sizeof(junk)), NULL, &err), SK_INPUT);
    assert_true(err.text[0] != '\0');
    assert_int_equal(memstore_add_cert(store, bytes_of(der.p, der.len - 1), NULL, &err), SK_INPUT);
    assert_int_equal(memstore_add_crl(store, der, &err), SK_INPUT);
    assert_int_equal(memstore_add_cert(store, bytes_of(der.p, LIMIT_CERT_BYTES + 1), NULL, &err),
                     SK_LIMIT);
    assert_int_equal(memstore_add_crl(store, bytes_of(der.p, LIMIT_CRL_BYTES + 1), &err), SK_LIMIT);
    assert_int_equal(memstore_add_ocsp(store, bytes_of(der.p, LIMIT_OCSP_RESPONSE_BYTES + 1), &err),
                     SK_LIMIT);
    assert_int_equal(crl_parse(arena, bytes_of(der.p, LIMIT_CRL_BYTES + 1), &crl, &err), SK_LIMIT);
}

static void test_memstore_gives_certificates_of_a_name_once_and_in_order(void **state)
{
    const struct sk_source *source = memstore_source(store);
    struct seen seen = {.answer = SK_OK};
    const struct sk_cert *cert;
    size_t i;

    (void)state;
    for (i = 0; i < 5; i++) {
        struct sk_bytes der = cert_of("/CN=A", i);

        assert_int_equal(memstore_add_cert(store, der, &cert, NULL), SK_OK);
        assert_int_equal(memstore_add_cert(store, der, NULL, NULL), SK_OK);
        assert_int_equal(memstore_add_cert(store, cert_of("/CN=B", i), NULL, NULL), SK_OK);
        assert_int_equal(visit_certs(source, cert, &seen), SK_OK);
        assert_int_equal(seen.num, i + 1); /* also when asked between additions */
    }
    for (i = 1; i < seen.num; i++)
        assert_true(memcmp(seen.certs[i - 1]->sha256, seen.certs[i]->sha256, SK_SHA256) < 0);
    seen.answer = SK_LIMIT;
    assert_int_equal(visit_certs(source, cert, &seen), SK_LIMIT);
    assert_int_equal(seen.num, 1);
}

static struct sk_bytes list_of(long serial, const char *entry_issuer)
{
    struct pki_crl_spec spec = {
        .issuer = "/CN=A",
        .signer = pki_key(PKI_EC, 0),
        .sections = "[idp]\nindirectCRL=TRUE\n",
        .entries = {{.serial = 3}, {.serial = serial, .reason = 2, .issuer = entry_issuer}}};

    if (entry_issuer != NULL)
        spec.exts[0] = (struct pki_ext){"issuingDistributionPoint", "critical,@idp"};
    return pki_crl_der(arena, &spec);
}

static enum sk_status find(const struct sk_source *source, const struct source_crl *crl,
                           const struct sk_cert *issuer, uint8_t serial, struct crl_entry *out)
{
    return source->ops->crl_find(source, arena, crl, issuer->subject_canon, bytes_of(&serial, 1),
                                 out);
}

static void test_memstore_finds_entries_by_issuer_and_serial(void **state)
{
    const struct sk_source *source = memstore_source(store);
    struct seen seen = {.answer = SK_OK};
    const struct sk_cert *a, *b;
    struct crl_entry entry;

    (void)state;
    assert_int_equal(memstore_add_cert(store, cert_of("/CN=A", 0), &a, NULL), SK_OK);
    assert_int_equal(memstore_add_cert(store, cert_of("/CN=B", 1), &b, NULL), SK_OK);
    assert_int_equal(memstore_add_crl(store, list_of(9, "/CN=b"), NULL), SK_OK);
    assert_int_equal(source->ops->crls_by_issuer(source, arena, b->subject_hash, see_crl, &seen),
                     SK_OK);
    assert_int_equal(seen.num, 0);
    assert_int_equal(source->ops->crls_by_issuer(source, arena, a->subject_hash, see_crl, &seen),
                     SK_OK);
    assert_int_equal(seen.num, 1);
    assert_int_equal(find(source, &seen.crls[0], a, 3, &entry), SK_OK);
    assert_int_equal(find(source, &seen.crls[0], b, 3, &entry), SK_NOTFOUND);
    assert_int_equal(find(source, &seen.crls[0], a, 9, &entry), SK_NOTFOUND);
    assert_int_equal(find(source, &seen.crls[0], b, 9, &entry), SK_OK);
    assert_int_equal(entry.reason, CRL_REASON_KEY_COMPROMISE);
}

static void test_memstore_gives_every_indirect_list(void **state)
{
    const struct sk_source *source = memstore_source(store);
    struct seen seen = {.answer = SK_OK};

    (void)state;
    assert_int_equal(memstore_add_crl(store, list_of(9, NULL), NULL), SK_OK);
    assert_int_equal(source->ops->indirect_crls(source, arena, see_crl, &seen), SK_OK);
    assert_int_equal(seen.num, 0);
    assert_int_equal(memstore_add_crl(store, list_of(9, "/CN=b"), NULL), SK_OK);
    assert_int_equal(memstore_add_crl(store, list_of(10, "/CN=b"), NULL), SK_OK);
    assert_int_equal(source->ops->indirect_crls(source, arena, see_crl, &seen), SK_OK);
    assert_int_equal(seen.num, 2);
    assert_true(seen.crls[0].crl->idp.is_indirect && seen.crls[1].crl->idp.is_indirect);
    seen = (struct seen){.answer = SK_AGAIN};
    assert_int_equal(source->ops->indirect_crls(source, arena, see_crl, &seen), SK_AGAIN);
    assert_int_equal(seen.num, 1);
}

/* C-12: whose certificate is it, when certificateIssuer has no directoryName? */
static void test_memstore_cannot_use_entries_of_an_unnamed_issuer(void **state)
{
    const struct sk_source *source = memstore_source(store);
    struct sk_bytes der = list_of(9, "/CN=b");
    uint8_t *copy = arena_copy(arena, der.p, der.len), *names;
    struct seen seen = {.answer = SK_OK};
    const struct sk_cert *a;
    struct crl_entry entry;

    (void)state;
    /* [4] directoryName { SEQUENCE { SET { ... becomes [3] x400Address */
    names = memmem(copy, der.len, "\xa4\x0e\x30\x0c\x31", 5);
    assert_non_null(names);
    names[0] = 0xa3;
    assert_int_equal(memstore_add_cert(store, cert_of("/CN=A", 0), &a, NULL), SK_OK);
    assert_int_equal(memstore_add_crl(store, bytes_of(copy, der.len), NULL), SK_OK);
    assert_int_equal(source->ops->crls_by_issuer(source, arena, a->subject_hash, see_crl, &seen),
                     SK_OK);
    assert_int_equal(find(source, &seen.crls[0], a, 3, &entry), SK_INPUT);
    assert_int_equal(find(source, &seen.crls[0], a, 9, &entry), SK_INPUT);
}

/* An entry whose certificateIssuer has this name several times. */
static void put_entry(struct sk_buf *out, uint8_t serial, const char *issuer, size_t count)
{
    static const uint8_t oid[] = {0x55, 0x1d, 0x1d};
    size_t entry = derout_open(out, DER_SEQUENCE), exts, ext, value, names, name;

    derout_tlv(out, DER_INTEGER, bytes_of(&serial, 1));
    derout_time(out, PKI_T0);
    exts = derout_open(out, DER_SEQUENCE);
    ext = derout_open(out, DER_SEQUENCE);
    derout_tlv(out, DER_OID, bytes_of(oid, sizeof(oid)));
    derout_bool(out, DER_BOOLEAN, true);
    value = derout_open(out, DER_OCTET_STRING);
    names = derout_open(out, DER_SEQUENCE);
    while (count-- > 0) {
        name = derout_open(out, DER_CONTEXT_CONSTRUCTED(4));
        derout_raw(out, pki_name(arena, issuer, false));
        derout_close(out, name);
    }
    derout_close(out, names);
    derout_close(out, value);
    derout_close(out, ext);
    derout_close(out, exts);
    derout_close(out, entry);
}

static enum sk_status find_among(const struct sk_buf *entries, const struct sk_cert *issuer,
                                 uint8_t serial)
{
    const struct sk_crl crl = {.version = 2,
                               .idp = {.is_present = true, .is_indirect = true},
                               .issuer_canon = issuer->subject_canon,
                               .entries = buf_bytes(entries)};
    const struct source_crl list = {.crl = &crl};
    struct crl_entry entry;

    assert_int_equal(buf_status(entries), SK_OK);
    return find(memstore_source(store), &list, issuer, serial, &entry);
}

/* A list that nobody can read is never one that does not list; and reading it has an end. */
static void test_memstore_bounds_the_issuers_of_entries(void **state)
{
    enum { CHARACTERS = 600, RDNS = LIMIT_NAME_RDNS + 1 };
    char hostile[3 * CHARACTERS + 5] = "/CN=", large[5 * RDNS + 1];
    const struct sk_cert *a;
    struct sk_buf entries;
    size_t i, work;

    (void)state;
    for (i = 0; i < CHARACTERS; i++)
        memcpy(hostile + 4 + 3 * i, "\xef\xb7\xba", 4); /* U+FDFA */
    for (i = 0; i < RDNS; i++)
        memcpy(large + 5 * i, "/CN=A", 6);
    assert_int_equal(memstore_add_cert(store, cert_of("/CN=A", 0), &a, NULL), SK_OK);
    buf_init(&entries, 1024 * 1024);
    put_entry(&entries, 9, "/CN=A", LIMIT_ENTRY_ISSUERS);
    assert_int_equal(find_among(&entries, a, 9), SK_OK);
    put_entry(&entries, 8, "/CN=A", LIMIT_ENTRY_ISSUERS + 1);
    assert_int_equal(find_among(&entries, a, 9), SK_INPUT);
    assert_int_equal(find_among(&entries, a, 7), SK_INPUT);
    buf_reset(&entries);
    put_entry(&entries, 9, large, 1);
    assert_int_equal(find_among(&entries, a, 9), SK_INPUT);
    buf_reset(&entries);
    work = name_work(pki_name(arena, hostile, false));
    for (i = work; i <= LIMIT_ENTRY_NAME_WORK; i += work)
        put_entry(&entries, 9, hostile, 1);
    assert_int_equal(find_among(&entries, a, 9), SK_NOTFOUND);
    put_entry(&entries, 9, hostile, 1);
    assert_int_equal(find_among(&entries, a, 9), SK_LIMIT);
    assert_int_equal(find_among(&entries, a, 7), SK_NOTFOUND);
    buf_done(&entries);
}

static bool says_yes(const struct sk_source *source, const uint8_t object[SK_SHA256],
                     const uint8_t spki[SK_SHA256])
{
    (void)source;
    return object[0] == spki[0];
}

static void test_memstore_chain_asks_its_parts_in_turn(void **state)
{
    struct sk_memstore *other = memstore_new();
    const struct sk_source *parts[] = {memstore_source(store), memstore_source(other), NULL};
    struct sk_source_ops ops = *memstore_source(store)->ops;
    uint8_t hash[SK_SHA256] = {0}, unlike[SK_SHA256] = {1};
    struct seen seen = {.answer = SK_OK};
    struct source_chain chain;
    struct sk_source third;
    const struct sk_cert *cert;
    struct crl_entry entry;

    (void)state;
    ops.is_checked = says_yes;
    third = *memstore_source(store);
    third.ops = &ops;
    parts[2] = &third;
    assert_int_equal(memstore_add_cert(store, cert_of("/CN=A", 0), NULL, NULL), SK_OK);
    assert_int_equal(memstore_add_cert(other, cert_of("/CN=A", 1), &cert, NULL), SK_OK);
    assert_int_equal(memstore_add_crl(store, list_of(5, NULL), NULL), SK_OK);
    assert_int_equal(memstore_add_crl(other, list_of(6, NULL), NULL), SK_OK);
    source_chain_init(&chain, parts, 2);
    assert_int_equal(visit_certs(&chain.source, cert, &seen), SK_OK);
    assert_int_equal(seen.num, 2);
    assert_false(chain.source.ops->is_checked(&chain.source, hash, hash));
    seen.num = 0;
    assert_int_equal(
        chain.source.ops->crls_by_issuer(&chain.source, arena, cert->subject_hash, see_crl, &seen),
        SK_OK);
    assert_int_equal(seen.num, 2);
    assert_int_equal(find(&chain.source, &seen.crls[0], cert, 5, &entry), SK_OK);
    assert_int_equal(find(&chain.source, &seen.crls[1], cert, 5, &entry), SK_NOTFOUND);
    assert_int_equal(find(&chain.source, &seen.crls[1], cert, 6, &entry), SK_OK);
    assert_int_equal(memstore_add_crl(store, list_of(7, "/CN=A"), NULL), SK_OK);
    assert_int_equal(memstore_add_crl(other, list_of(8, "/CN=A"), NULL), SK_OK);
    seen.num = 0;
    assert_int_equal(chain.source.ops->indirect_crls(&chain.source, arena, see_crl, &seen), SK_OK);
    assert_int_equal(seen.num, 2);
    assert_int_equal(find(&chain.source, &seen.crls[0], cert, 7, &entry), SK_OK);
    assert_int_equal(find(&chain.source, &seen.crls[1], cert, 7, &entry), SK_NOTFOUND);
    assert_int_equal(find(&chain.source, &seen.crls[1], cert, 8, &entry), SK_OK);
    source_chain_init(&chain, parts, 3);
    assert_true(chain.source.ops->is_checked(&chain.source, hash, hash));
    assert_false(chain.source.ops->is_checked(&chain.source, hash, unlike));
    memstore_free(other);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_memstore_refuses_what_is_no_certificate_or_list),
        TEST(test_memstore_gives_certificates_of_a_name_once_and_in_order),
        TEST(test_memstore_finds_entries_by_issuer_and_serial),
        TEST(test_memstore_gives_every_indirect_list),
        TEST(test_memstore_cannot_use_entries_of_an_unnamed_issuer),
        TEST(test_memstore_bounds_the_issuers_of_entries),
        TEST(test_memstore_chain_asks_its_parts_in_turn),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
