/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/limits.h"
#include "core/oid.h"
#include "test/support/asn1.h"

static enum sk_status from_text(const char *text, struct sk_buf *out)
{
    buf_init(out, 200);
    return oid_from_text(text, out);
}

static void test_oid_refuses_wrong_text(void **state)
{
    static const char *const bad[] = {"",
                                      "1",
                                      "1.",
                                      ".1",
                                      "3.1",
                                      "0.40",
                                      "1.40",
                                      "1.2.",
                                      "1..2",
                                      "1.2 ",
                                      " 1.2",
                                      "1.-2",
                                      "+1.2",
                                      "01.2",
                                      "1.02",
                                      "1.2.10889035741470030830827987437816582766592", /* 2^133 */
                                      "2.10889035741470030830827987437816582766512",
                                      "18446744073709551617.1",
                                      "1.18446744073709551617",
                                      "1.2a",
                                      "a.b"};
    struct sk_buf out;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(from_text(bad[i], &out), SK_INPUT);
        buf_done(&out);
    }
}

static void test_oid_text_stops_at_the_end_of_its_buffer(void **state)
{
    struct sk_buf out;

    (void)state;
    buf_init(&out, 2);
    assert_int_equal(oid_from_text("1.2.3.4", &out), SK_LIMIT);
    buf_done(&out);
}

static void test_oid_refuses_wrong_contents(void **state)
{
    uint8_t longest[LIMIT_OID_BYTES + 1];

    (void)state;
    assert_false(oid_check(bytes_of(NULL, 0)));
    assert_false(oid_check(ASN1_LIT("\x80\x01")));     /* a padded first arc */
    assert_false(oid_check(ASN1_LIT("\x2a\x80\x01"))); /* and a later one */
    assert_false(oid_check(ASN1_LIT("\x2a\x83")));     /* an arc without end */
    assert_true(oid_check(ASN1_LIT("\x2a\x00")));
    memset(longest, 1, sizeof(longest));
    assert_true(oid_check(bytes_of(longest, LIMIT_OID_BYTES)));
    assert_false(oid_check(bytes_of(longest, LIMIT_OID_BYTES + 1)));
    memset(longest, 0xff, 20);
    longest[18] = 0x7f;
    assert_true(oid_check(bytes_of(longest, 19)));
    longest[18] = 0xff;
    longest[19] = 0x7f;
    assert_false(oid_check(bytes_of(longest, 20)));
}

static void test_oid_text_and_contents_agree(void **state)
{
    static const struct {
        const char *text, *contents;
        size_t len;
    } rows[] = {
        {"1.2.392.200149.8.5.1.1.20", "\x2a\x83\x08\x8c\x9b\x55\x08\x05\x01\x01\x14", 11},
        {"0.2.440.100145.8.1.1.1", "\x02\x83\x38\x86\x8e\x31\x08\x01\x01\x01", 10},
        {"0.0", "\x00", 1},
        {"0.39", "\x27", 1},
        {"1.0", "\x28", 1},
        {"1.39", "\x4f", 1},
        {"2.0", "\x50", 1},
        {"2.39", "\x77", 1},
        {"2.47", "\x7f", 1},
        {"2.48", "\x81\x00", 2},
        {"2.999.3", "\x88\x37\x03", 3},
        {"1.2.18446744073709551615", "\x2a\x81\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 11},
        {"1.2.18446744073709551616", "\x2a\x82\x80\x80\x80\x80\x80\x80\x80\x80\x00", 11},
        {"2.25.340282366920938463463374607431768211455",
         "\x69\x83\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
         20}, /* a UUID of ones */
        {"2.10889035741470030830827987437816582766511.0",
         "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f\x00", 20},
        {"1.2.10889035741470030830827987437816582766591.1",
         "\x2a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f\x01",
         21},
    };
    char text[LIMIT_OID_TEXT];
    struct sk_buf out;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sk_bytes contents = bytes_of(rows[i].contents, rows[i].len);

        assert_int_equal(from_text(rows[i].text, &out), SK_OK);
        assert_true(bytes_equal(buf_bytes(&out), contents));
        assert_true(oid_check(contents));
        assert_int_equal(oid_to_text(contents, text, sizeof(text)), SK_OK);
        assert_string_equal(text, rows[i].text);
        assert_int_equal(oid_to_text(contents, text, strlen(rows[i].text)), SK_LIMIT);
        buf_done(&out);
    }
}

static void test_oid_text_says_when_an_arc_is_too_long(void **state)
{
    char text[LIMIT_OID_TEXT];

    (void)state;
    assert_int_equal(oid_to_text(ASN1_LIT("\x2a\x81\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80"
                                          "\x80\x80\x80\x80\x80\x80\x00"),
                                 text, sizeof(text)),
                     SK_LIMIT);
}

static void test_oid_known_table_is_one_to_one(void **state)
{
    char text[LIMIT_OID_TEXT];
    struct sk_buf out;
    int id;

    (void)state;
    assert_int_equal(oid_known(bytes_of(NULL, 0)), OID_UNKNOWN);
    assert_int_equal(oid_known(ASN1_LIT("\x2a\x03")), OID_UNKNOWN);
    assert_int_equal(oid_known(ASN1_LIT("\x55\x1d")), OID_UNKNOWN);
    assert_string_equal(oid_name(OID_UNKNOWN), "unknown");
    for (id = 1; id < OID_COUNT; id++) {
        struct sk_bytes contents = oid_bytes((enum oid_id)id);

        assert_int_equal(oid_known(contents), id);
        assert_true(oid_is(contents, (enum oid_id)id));
        assert_false(oid_is(contents, (enum oid_id)(id % (OID_COUNT - 1) + 1)));
        assert_int_equal(oid_to_text(contents, text, sizeof(text)), SK_OK);
        assert_int_equal(from_text(text, &out), SK_OK);
        assert_true(bytes_equal(buf_bytes(&out), contents));
        buf_done(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_oid_refuses_wrong_text),
        cmocka_unit_test(test_oid_text_stops_at_the_end_of_its_buffer),
        cmocka_unit_test(test_oid_refuses_wrong_contents),
        cmocka_unit_test(test_oid_text_and_contents_agree),
        cmocka_unit_test(test_oid_text_says_when_an_arc_is_too_long),
        cmocka_unit_test(test_oid_known_table_is_one_to_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
