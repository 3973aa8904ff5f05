/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cache/recode.h"
#include "core/der.h"
#include "core/limits.h"
#include "test/support/asn1.h"
#include "test/support/snapshot.h"

static struct sk_bytes recode(struct sk_arena *arena, struct sk_bytes name, uint8_t type)
{
    struct sk_bytes out;
    struct sk_buf buf;

    buf_init(&buf, LIMIT_CERT_BYTES);
    assert_int_equal(recode_name(name, type, &buf), SK_OK);
    out = bytes_of(arena_copy(arena, buf.data, buf.len), buf.len);
    buf_done(&buf);
    return out;
}

static struct sk_bytes name_of(struct sk_arena *arena, const struct asn1_ava *avas, size_t count)
{
    struct sk_bytes out;
    struct sk_buf buf;

    buf_init(&buf, LIMIT_CERT_BYTES);
    asn1_name(&buf, avas, count);
    out = bytes_of(arena_copy(arena, buf.data, buf.len), buf.len);
    buf_done(&buf);
    return out;
}

/* OpenSSL's own names in one type are those recoded from the other. */
static void test_recode_gives_the_name_in_the_other_type(void **state)
{
    struct sk_arena *arena = arena_new(1u << 20);
    static const char text[] = "/O=Example Government/OU=A/OU=B/CN=Root CA 1";
    struct sk_bytes utf8 = pki_name(arena, text, false), printable = pki_name(arena, text, true);

    (void)state;
    assert_false(bytes_equal(utf8, printable));
    assert_true(bytes_equal(recode(arena, utf8, DER_PRINTABLE_STRING), printable));
    assert_true(bytes_equal(recode(arena, printable, DER_UTF8_STRING), utf8));
    assert_true(bytes_equal(recode(arena, utf8, DER_UTF8_STRING), utf8));
    assert_true(bytes_equal(recode(arena, pki_name(arena, NULL, false), DER_UTF8_STRING),
                            pki_name(arena, NULL, false)));
    arena_free(arena);
}

/* What is not printable, has another type, or must be printable stays. */
static void test_recode_leaves_what_has_one_form(void **state)
{
    struct sk_arena *arena = arena_new(1u << 20);
    const struct asn1_ava mixed[] = {
        {0, OID_AT_COUNTRY, DER_PRINTABLE_STRING, "JP", 0},
        {1, OID_AT_ORGANIZATION, DER_UTF8_STRING, "\xe6\x94\xbf\xe5\xba\x9c", 0},
        {2, OID_AT_ORGANIZATIONAL_UNIT, DER_UTF8_STRING, "a_b", 0},
        {3, OID_AT_COMMON_NAME, DER_TELETEX_STRING, "CA", 0},
    };
    struct sk_bytes name = name_of(arena, mixed, 4);

    (void)state;
    assert_true(bytes_equal(recode(arena, name, DER_PRINTABLE_STRING), name));
    assert_true(bytes_equal(recode(arena, name, DER_UTF8_STRING), name));
    arena_free(arena);
}

static void test_recode_refuses_what_is_no_name(void **state)
{
    static const struct sk_bytes bad[] = {{(const uint8_t *)"", 0},
                                          {(const uint8_t *)"\x05\x00", 2},
                                          {(const uint8_t *)"\x30\x02\x30\x00", 4},
                                          {(const uint8_t *)"\x30\x04\x31\x02\x05\x00", 6},
                                          {(const uint8_t *)"\x30\x00\x00", 3}};
    struct sk_buf out;
    size_t i;

    (void)state;
    buf_init(&out, 64);
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(recode_name(bad[i], DER_UTF8_STRING, &out), SK_INPUT);
    buf_done(&out);
}

/* O-01: a certificate's issuer field may have the name in another string type. */
static void test_recode_lets_an_issuer_be_found_in_either_type(void **state)
{
    static const char text[] = "/C=JP/O=Example/CN=CA";
    struct snapshot s;
    const struct sk_cert *ca, *found;
    uint8_t name[64], key[64];
    size_t i, len;

    (void)state;
    snapshot_begin(&s);
    ca = pki_cert(s.arena, &(struct pki_cert_spec){
                               .subject = text, .key = pki_key(PKI_EC, 0), .exts = {PKI_CA_EXTS}});
    snapshot_cert(&s, ca, ca);
    snapshot_open(&s);
    for (i = 0; i < 2; i++) {
        assert_int_equal(key_digest(KEY_SHA256, pki_name(s.arena, text, i == 0), name, &len),
                         SK_OK);
        assert_int_equal(key_digest(KEY_SHA256, ca->key_bits, key, &len), SK_OK);
        assert_int_equal(reader_ca_by_certid(s.reader, s.arena, KEY_SHA256, bytes_of(name, len),
                                             bytes_of(key, len), &found),
                         SK_OK);
        assert_memory_equal(found->sha256, ca->sha256, SK_SHA256);
    }
    snapshot_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recode_gives_the_name_in_the_other_type),
        cmocka_unit_test(test_recode_leaves_what_has_one_form),
        cmocka_unit_test(test_recode_lets_an_issuer_be_found_in_either_type),
        cmocka_unit_test(test_recode_refuses_what_is_no_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
