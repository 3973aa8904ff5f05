/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/general_name.h"
#include "core/limits.h"
#include "test/support/asn1.h"

static struct sk_arena *arena;

static int setup(void **state)
{
    (void)state;
    arena = arena_new(64u << 20);
    return arena == NULL;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static enum sk_status next(struct sk_bytes der, bool is_constraint, struct general_name *out)
{
    struct der d;

    der_init(&d, der);
    return general_name_next(&d, is_constraint, out);
}

static struct general_name name(struct sk_bytes der)
{
    struct general_name out;

    assert_int_equal(next(der, false, &out), SK_OK);
    return out;
}

static bool equal(struct sk_bytes a, struct sk_bytes b)
{
    struct general_name x = name(a), y = name(b);
    bool is_equal = general_name_equal(arena, &x, &y);

    assert_true(general_name_equal(arena, &y, &x) == is_equal);
    return is_equal;
}

/* directoryName CN=ca as UTF8String, CN=CA as PrintableString, CN=cb */
#define DN_CA_UTF8                                                                                 \
    ASN1_LIT("\xa4\x0f\x30\x0d\x31\x0b\x30\x09\x06\x03\x55\x04\x03\x0c\x02"                        \
             "ca")
#define DN_CA_PRINTABLE                                                                            \
    ASN1_LIT("\xa4\x0f\x30\x0d\x31\x0b\x30\x09\x06\x03\x55\x04\x03\x13\x02"                        \
             "CA")
#define DN_CB                                                                                      \
    ASN1_LIT("\xa4\x0f\x30\x0d\x31\x0b\x30\x09\x06\x03\x55\x04\x03\x0c\x02"                        \
             "cb")

static void test_general_name_refuses_wrong_forms(void **state)
{
    static const struct {
        const char *p;
        size_t len;
    } bad[] = {
        {"", 0},
        {"\x89\x01x", 3}, /* [9] does not exist */
        {"\x16\x01x", 3}, /* no context tag */
        {"\xa2\x01x", 3}, /* dNSName constructed */
        {"\x82\x02"
         "a\0",
         4},                 /* NUL in an IA5String */
        {"\x82\x01\x80", 3}, /* eight bits in one */
        {"\x81\x02"
         "a\xe9",
         4},                 /* and in a mailbox */
        {"\x86\x01\xff", 3}, /* and in a URI */
        {"\x82\x05"
         "abc",
         5},                                                   /* overrun */
        {"\x84\x02\x30\x00", 4},                               /* directoryName primitive */
        {"\xa4\x00", 2},                                       /* no Name in it */
        {"\xa4\x04\x30\x00\x30\x00", 6},                       /* two */
        {"\xa4\x04\x30\x02\x31\x00", 6},                       /* an RDN without attributes */
        {"\x87\x03\x01\x02\x03", 5},                           /* an address of three octets */
        {"\x87\x08\x01\x02\x03\x04\xff\xff\xff\x00", 10},      /* a mask outside a constraint */
        {"\x88\x00", 2},                                       /* no OID */
        {"\x88\x02\x80\x01", 4},                               /* a padded one */
        {"\xa0\x03\x06\x01\x2a", 5},                           /* otherName without value */
        {"\xa0\x08\x06\x01\x2a\x80\x03\x0c\x01x", 10},         /* its value not EXPLICIT */
        {"\xa0\x0a\x06\x01\x2a\xa0\x05\x05\x00\x0c\x01x", 12}, /* two values */
        {"\xa3\x01\x30", 3},                                   /* x400Address: half a TLV */
        {"\xa5\x03\x80\x02x", 5},                              /* ediPartyName: the same */
    };
    struct general_name out = {.kind = GENERAL_NAME_IP};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(next(bytes_of(bad[i].p, bad[i].len), false, &out), SK_INPUT);
        assert_int_equal(out.kind, GENERAL_NAME_IP);
    }
}

static void test_general_name_constraints_hold_an_address_and_a_mask(void **state)
{
    struct sk_bytes v4 = ASN1_LIT("\x87\x08\x0a\x00\x00\x00\xff\x00\x00\x00");
    struct general_name out;

    (void)state;
    assert_int_equal(next(ASN1_LIT("\x87\x04\x0a\x00\x00\x00"), true, &out), SK_INPUT);
    assert_int_equal(next(v4, true, &out), SK_OK);
    assert_int_equal(out.value.len, 8);
}

static void test_general_name_reads_every_kind(void **state)
{
    static const struct {
        const char *p;
        size_t len;
        enum general_name_kind kind;
        size_t value_len;
    } good[] = {
        {"\xa0\x08\x06\x01\x2a\xa0\x03\x0c\x01x", 10, GENERAL_NAME_OTHER, 8},
        {"\x81\x03"
         "a@b",
         5, GENERAL_NAME_EMAIL, 3},
        {"\x82\x01"
         "a",
         3, GENERAL_NAME_DNS, 1},
        {"\xa3\x02\x30\x00", 4, GENERAL_NAME_X400, 2},
        {"\xa4\x02\x30\x00", 4, GENERAL_NAME_DIRECTORY, 2},
        {"\xa5\x05\xa1\x03\x0c\x01x", 7, GENERAL_NAME_EDI_PARTY, 5},
        {"\x86\x03"
         "a:b",
         5, GENERAL_NAME_URI, 3},
        {"\x87\x04\x7f\x00\x00\x01", 6, GENERAL_NAME_IP, 4},
        {"\x88\x01\x2a", 3, GENERAL_NAME_REGISTERED_ID, 1},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct general_name got = name(bytes_of(good[i].p, good[i].len));

        assert_int_equal(got.kind, good[i].kind);
        assert_int_equal(got.value.len, good[i].value_len);
        assert_int_equal(got.whole.len, good[i].len);
        assert_true(general_name_equal(arena, &got, &got));
        assert_string_not_equal(general_name_kind_text(got.kind), "unknown");
    }
}

static void test_general_name_kinds_and_values_tell_apart(void **state)
{
    (void)state;
    assert_false(equal(ASN1_LIT("\x82\x01"
                                "a"),
                       ASN1_LIT("\x86\x01"
                                "a")));
    assert_false(equal(ASN1_LIT("\x82\x01"
                                "a"),
                       ASN1_LIT("\x82\x01"
                                "b")));
    assert_false(equal(DN_CA_UTF8, DN_CB));
    assert_false(equal(ASN1_LIT("\x86\x03"
                                "a:b"),
                       ASN1_LIT("\x86\x03"
                                "A:b")));
    assert_false(equal(ASN1_LIT("\x81\x03"
                                "a@b"),
                       ASN1_LIT("\x81\x03"
                                "A@b")));
}

static void test_general_name_hosts_and_names_ignore_case(void **state)
{
    (void)state;
    assert_true(equal(ASN1_LIT("\x82\x03"
                               "a.B"),
                      ASN1_LIT("\x82\x03"
                               "A.b")));
    assert_true(equal(ASN1_LIT("\x81\x03"
                               "a@b"),
                      ASN1_LIT("\x81\x03"
                               "a@B")));
    assert_true(equal(ASN1_LIT("\x81\x05"
                               "@A@bc"),
                      ASN1_LIT("\x81\x05"
                               "@A@BC")));
    assert_true(equal(DN_CA_UTF8, DN_CA_PRINTABLE));
}

static void put_name(struct sk_buf *buf, struct sk_bytes der)
{
    buf_put(buf, der.p, der.len);
}

static void test_general_names_intersect_when_any_pair_is_equal(void **state)
{
    struct sk_buf a, b;

    (void)state;
    buf_init(&a, 1000);
    buf_init(&b, 1000);
    put_name(&a, ASN1_LIT("\x86\x03"
                          "x:y"));
    put_name(&a, DN_CA_UTF8);
    put_name(&b, DN_CB);
    put_name(&b, ASN1_LIT("\x82\x03"
                          "x:y"));
    assert_false(general_names_intersect(arena, buf_bytes(&a), buf_bytes(&b)));
    assert_false(general_names_intersect(arena, bytes_of(NULL, 0), bytes_of(NULL, 0)));
    put_name(&b, DN_CA_PRINTABLE);
    assert_true(general_names_intersect(arena, buf_bytes(&a), buf_bytes(&b)));
    assert_true(general_names_intersect(arena, buf_bytes(&b), buf_bytes(&a)));
    /* A list that is malformed further on has no names at all. */
    put_name(&b, ASN1_LIT("\x87\x01\x01"));
    assert_false(general_names_intersect(arena, buf_bytes(&a), buf_bytes(&b)));
    assert_false(general_names_intersect(arena, buf_bytes(&b), buf_bytes(&a)));
    buf_done(&a);
    buf_done(&b);
}

static void test_general_names_that_cannot_be_prepared_equal_nothing(void **state)
{
    static char text[LIMIT_NAME_VALUE_BYTES + 2];
    struct asn1_ava ava = {0, OID_AT_COMMON_NAME, DER_UTF8_STRING, text,
                           LIMIT_NAME_VALUE_BYTES + 1};
    struct general_name long_name;
    struct sk_buf buf;
    size_t mark;

    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    buf_init(&buf, 65536);
    mark = derout_open(&buf, DER_CONTEXT_CONSTRUCTED(4));
    asn1_name(&buf, &ava, 1);
    derout_close(&buf, mark);
    long_name = name(buf_bytes(&buf));
    assert_false(general_name_equal(arena, &long_name, &long_name));
    assert_false(general_names_intersect(arena, buf_bytes(&buf), buf_bytes(&buf)));
    put_name(&buf, DN_CA_UTF8);
    assert_true(general_names_intersect(arena, buf_bytes(&buf), DN_CA_PRINTABLE));
    buf_done(&buf);
}

static void test_general_names_keep_their_limit(void **state)
{
    struct sk_buf buf;
    size_t i;

    (void)state;
    buf_init(&buf, 65536);
    for (i = 0; i < LIMIT_GENERAL_NAMES - 1; i++)
        put_name(&buf, ASN1_LIT("\x82\x01"
                                "a"));
    put_name(&buf, ASN1_LIT("\x82\x01"
                            "b"));
    assert_true(general_names_intersect(arena, buf_bytes(&buf),
                                        ASN1_LIT("\x82\x01"
                                                 "B")));
    put_name(&buf, ASN1_LIT("\x82\x01"
                            "a"));
    assert_false(general_names_intersect(arena, buf_bytes(&buf),
                                         ASN1_LIT("\x82\x01"
                                                  "B")));
    buf_done(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_general_name_refuses_wrong_forms),
        cmocka_unit_test(test_general_name_constraints_hold_an_address_and_a_mask),
        cmocka_unit_test(test_general_name_reads_every_kind),
        cmocka_unit_test(test_general_name_kinds_and_values_tell_apart),
        cmocka_unit_test(test_general_name_hosts_and_names_ignore_case),
        cmocka_unit_test(test_general_names_intersect_when_any_pair_is_equal),
        cmocka_unit_test(test_general_names_that_cannot_be_prepared_equal_nothing),
        cmocka_unit_test(test_general_names_keep_their_limit),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
