/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/der.h"
#include "core/derout.h"
#include "core/limits.h"

static struct der cursor(const void *p, size_t len)
{
    struct der d;

    der_init(&d, bytes_of(p, len));
    return d;
}
#define CURSOR(text) cursor("" text "", sizeof(text) - 1)

static void test_der_refuses_a_child_that_overruns_its_parent(void **state)
{
    struct der d = CURSOR("\x30\x03\x04\x02\x01"), child;
    struct sk_bytes body;

    (void)state;
    assert_int_equal(der_enter(&d, DER_SEQUENCE, &child), SK_OK);
    assert_int_equal(der_take(&child, DER_OCTET_STRING, &body), SK_INPUT);
}

static void test_der_refuses_indefinite_and_long_lengths(void **state)
{
    struct der_tlv tlv;
    struct der d;

    (void)state;
    d = CURSOR("\x30\x80\x00\x00");
    assert_int_equal(der_any(&d, &tlv), SK_INPUT);
    d = CURSOR("\x04\x81\x01\x00");
    assert_int_equal(der_any(&d, &tlv), SK_INPUT);
    d = CURSOR("\x04\x85\x00\x00\x00\x00\x01\x00");
    assert_int_equal(der_any(&d, &tlv), SK_INPUT);
    d = CURSOR("\x04\x84\x7f\xff\xff\xff\x00");
    assert_int_equal(der_any(&d, &tlv), SK_INPUT);
    d = CURSOR("\x1f\x81\x01\x00");
    assert_int_equal(der_any(&d, &tlv), SK_INPUT);
}

static void test_der_accepts_non_minimal_lengths_only_when_told(void **state)
{
    struct der_tlv tlv;
    struct der d;

    (void)state;
    der_init_ber(&d, bytes_of("\x04\x84\x00\x00\x00\x01\x55", 7));
    assert_int_equal(der_any(&d, &tlv), SK_OK);
    assert_int_equal(tlv.body.len, 1);
    assert_int_equal(der_finish(&d), SK_OK);
}

static void test_der_caps_nesting(void **state)
{
    uint8_t nested[2 * (LIMIT_DER_DEPTH + 1)];
    struct der d;
    size_t i;

    (void)state;
    for (i = 0; i <= LIMIT_DER_DEPTH; i++) {
        nested[2 * i] = DER_SEQUENCE;
        nested[2 * i + 1] = (uint8_t)(sizeof(nested) - 2 * (i + 1));
    }
    d = cursor(nested, sizeof(nested));
    for (i = 0; i < LIMIT_DER_DEPTH; i++)
        assert_int_equal(der_enter(&d, DER_SEQUENCE, &d), SK_OK);
    assert_int_equal(der_enter(&d, DER_SEQUENCE, &d), SK_LIMIT);
}

static void test_der_refuses_non_minimal_integers_and_wrong_booleans(void **state)
{
    struct sk_bytes value;
    struct der d;
    bool flag = false;
    uint64_t n = 0;

    (void)state;
    d = CURSOR("\x02\x02\x00\x7f");
    assert_int_equal(der_integer(&d, DER_INTEGER, &value), SK_INPUT);
    d = CURSOR("\x02\x02\xff\x80");
    assert_int_equal(der_integer(&d, DER_INTEGER, &value), SK_INPUT);
    d = CURSOR("\x02\x00");
    assert_int_equal(der_integer(&d, DER_INTEGER, &value), SK_INPUT);
    d = CURSOR("\x01\x01\x01");
    assert_int_equal(der_bool(&d, DER_BOOLEAN, &flag), SK_INPUT);
    d = CURSOR("\x02\x01\xff");
    assert_int_equal(der_uint(&d, DER_INTEGER, 300, &n), SK_INPUT);
    d = CURSOR("\x02\x02\x01\x2d");
    assert_int_equal(der_uint(&d, DER_INTEGER, 300, &n), SK_INPUT);
    d = CURSOR("\x02\x02\x01\x2c");
    assert_int_equal(der_uint(&d, DER_INTEGER, 300, &n), SK_OK);
    assert_int_equal(n, 300);
}

static void test_der_refuses_set_unused_bits(void **state)
{
    struct sk_bytes bits;
    unsigned unused = 9;
    struct der d;

    (void)state;
    d = CURSOR("\x03\x02\x01\x01");
    assert_int_equal(der_bits(&d, DER_BIT_STRING, &bits, &unused), SK_INPUT);
    d = CURSOR("\x03\x01\x01");
    assert_int_equal(der_bits(&d, DER_BIT_STRING, &bits, &unused), SK_INPUT);
    d = CURSOR("\x03\x02\x01\x06");
    assert_int_equal(der_bits(&d, DER_BIT_STRING, &bits, &unused), SK_OK);
    assert_int_equal(unused, 1);
}

static void test_derout_writes_what_der_reads(void **state)
{
    struct sk_buf buf;
    struct der d, seq;
    uint8_t big[300] = {0};
    struct sk_bytes body;
    int64_t when = 0;
    size_t mark;

    (void)state;
    buf_init(&buf, 4096);
    mark = derout_open(&buf, DER_SEQUENCE);
    derout_uint(&buf, DER_INTEGER, 0x80);
    derout_tlv(&buf, DER_OCTET_STRING, bytes_of(big, sizeof(big)));
    derout_time(&buf, 2524607999);
    derout_time(&buf, 2524608000);
    derout_close(&buf, mark);
    assert_int_equal(buf_status(&buf), SK_OK);
    der_init(&d, buf_bytes(&buf));
    assert_int_equal(der_enter(&d, DER_SEQUENCE, &seq), SK_OK);
    assert_int_equal(der_finish(&d), SK_OK);
    assert_int_equal(der_integer(&seq, DER_INTEGER, &body), SK_OK);
    assert_int_equal(body.len, 2);
    assert_int_equal(der_take(&seq, DER_OCTET_STRING, &body), SK_OK);
    assert_int_equal(body.len, 300);
    assert_true(der_peek(&seq, DER_UTC_TIME));
    assert_int_equal(der_time(&seq, &when), SK_OK);
    assert_int_equal(when, 2524607999);
    assert_true(der_peek(&seq, DER_GENERALIZED_TIME));
    assert_int_equal(der_time(&seq, &when), SK_OK);
    assert_int_equal(when, 2524608000);
    buf_done(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_der_refuses_a_child_that_overruns_its_parent),
        cmocka_unit_test(test_der_refuses_indefinite_and_long_lengths),
        cmocka_unit_test(test_der_accepts_non_minimal_lengths_only_when_told),
        cmocka_unit_test(test_der_caps_nesting),
        cmocka_unit_test(test_der_refuses_non_minimal_integers_and_wrong_booleans),
        cmocka_unit_test(test_der_refuses_set_unused_bits),
        cmocka_unit_test(test_derout_writes_what_der_reads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
