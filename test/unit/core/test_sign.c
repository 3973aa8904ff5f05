/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/buf.h"
#include "core/limits.h"
#include "core/sign.h"
#include "test/support/asn1.h"

static struct sk_buf frame;

static int setup(void **state)
{
    (void)state;
    buf_init(&frame, 4 * LIMIT_SIGN_REQUEST_BYTES);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    buf_done(&frame);
    return 0;
}

static void test_sign_refuses_frames_that_are_not_ours(void **state)
{
    const struct sk_bytes bad[] = {
        ASN1_LIT("\x00\x00\x00\x0d\x02\x02\0\0\0\0\0\0\0\0\0\0\0"),     /* shorter than its head */
        ASN1_LIT("\x00\x00\x00\x0e\x03\x02\0\0\0\0\0\0\0\0\0\0\0\0"),   /* version 3 */
        ASN1_LIT("\x00\x00\x00\x0c\x01\x02"),                           /* version 1 and its head */
        ASN1_LIT("\x00\x00\x00\x0e\x02\x00\0\0\0\0\0\0\0\0\0\0\0\0"),   /* no operation */
        ASN1_LIT("\x00\x00\x00\x0e\x02\x04\0\0\0\0\0\0\0\0\0\0\0\0"),   /* an unknown one */
        ASN1_LIT("\x00\x00\x00\x0e\x02\x02\0\0\0\0\0\0\0\0\0\0\x02\0"), /* an unknown class */
        ASN1_LIT("\x00\x00\x00\x0f\x02\x01\0\0\0\0\0\0\0\0\0\0\0\0x"),  /* a hello with octets */
        ASN1_LIT("\x00\x00\x00\x0e\x02\x03\0\x01\0\0\0\0\0\0\0\0\0\0"), /* the status of one key */
        ASN1_LIT("\x00\x00\x00\x00"),                                   /* nothing in it */
        ASN1_LIT("\xff\xff\xff\xff"),                                   /* four gigabytes */
        ASN1_LIT("\x00\x00\xff\xfd"),                                   /* one octet too many */
    };
    struct sk_err err = {0};
    struct sign_request out = {.id = 99};
    size_t used = 99, i;

    (void)state;
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(sign_request_decode(bad[i], &out, &used, NULL), SK_INPUT);
    assert_true(out.id == 99 && used == 99);
    assert_int_equal(sign_request_decode(ASN1_LIT("\x00\x00\xff\xfc"), &out, &used, NULL),
                     SK_AGAIN);
    assert_int_equal(sign_request_decode(bad[2], &out, &used, &err), SK_INPUT);
    assert_string_equal(err.text, "version 1 of the signing protocol, this program speaks 2");
}

static void test_sign_refuses_replies_that_are_not_ours(void **state)
{
    const struct sk_bytes bad[] = {
        ASN1_LIT("\x00\x00\x00\x07\x02\x01\0\0\0\0\0"),    /* shorter than its head */
        ASN1_LIT("\x00\x00\x00\x08\x00\x01\0\0\0\0\0\0"),  /* version 0 */
        ASN1_LIT("\x00\x00\x00\x08\x02\x00\0\0\0\0\0\0"),  /* no result */
        ASN1_LIT("\x00\x00\x00\x08\x02\x06\0\0\0\0\0\0"),  /* an unknown one */
        ASN1_LIT("\x00\x00\x00\x09\x02\x02\0\0\0\0\0\0s"), /* busy, and a signature */
    };
    struct sign_reply out = {.id = 99};
    size_t used = 99, i;

    (void)state;
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(sign_reply_decode(bad[i], &out, &used, NULL), SK_INPUT);
    assert_true(out.id == 99 && used == 99);
}

static void test_sign_does_not_write_what_it_would_not_read(void **state)
{
    const struct sign_request none = {.op = SIGN_OP_NONE};
    const struct sign_request hello = {.op = SIGN_OP_HELLO, .tbs = {(const uint8_t *)"x", 1}};
    const struct sign_reply busy = {.result = SIGN_RESULT_BUSY,
                                    .payload = {(const uint8_t *)"x", 1}};
    const struct sign_reply no_result = {.result = SIGN_RESULT_NONE};

    (void)state;
    buf_reset(&frame);
    assert_int_equal(sign_request_encode(&none, &frame), SK_INTERNAL);
    assert_int_equal(sign_request_encode(&hello, &frame), SK_INTERNAL);
    assert_int_equal(sign_reply_encode(&busy, &frame), SK_INTERNAL);
    assert_int_equal(sign_reply_encode(&no_result, &frame), SK_INTERNAL);
    assert_int_equal(frame.len, 0);
}

static void test_sign_keeps_the_size_limit(void **state)
{
    static uint8_t big[LIMIT_SIGN_REQUEST_BYTES];
    struct sign_request out, request = {.op = SIGN_OP_SIGN, .tbs = {big, sizeof(big) - 18}};
    struct sign_reply got, reply = {.result = SIGN_RESULT_OK, .payload = {big, sizeof(big) - 12}};
    size_t used;

    (void)state;
    buf_reset(&frame);
    assert_int_equal(sign_request_encode(&request, &frame), SK_OK);
    assert_int_equal(frame.len, LIMIT_SIGN_REQUEST_BYTES);
    assert_int_equal(sign_request_decode(buf_bytes(&frame), &out, &used, NULL), SK_OK);
    request.tbs.len++;
    assert_int_equal(sign_request_encode(&request, &frame), SK_LIMIT);
    buf_reset(&frame);
    assert_int_equal(sign_reply_encode(&reply, &frame), SK_OK);
    assert_int_equal(frame.len, LIMIT_SIGN_REQUEST_BYTES);
    assert_int_equal(sign_reply_decode(buf_bytes(&frame), &got, &used, NULL), SK_OK);
    reply.payload.len++;
    assert_int_equal(sign_reply_encode(&reply, &frame), SK_LIMIT);
}

static void test_sign_requests_come_back_octet_by_octet(void **state)
{
    const struct sign_request request = {.op = SIGN_OP_SIGN,
                                         .key = 0x0102,
                                         .id = 0xdeadbeef,
                                         .wait_ms = 1500,
                                         .class = SIGN_CLASS_NONCE,
                                         .algorithm = 5,
                                         .tbs = {(const uint8_t *)"to be signed", 12}};
    const struct sign_request hello = {.op = SIGN_OP_HELLO, .key = 3, .id = 7};
    struct sign_request out;
    size_t used, len, first;

    (void)state;
    buf_reset(&frame);
    assert_int_equal(sign_request_encode(&request, &frame), SK_OK);
    first = frame.len;
    assert_int_equal(sign_request_encode(&hello, &frame), SK_OK);
    for (len = 0; len < first; len++)
        assert_int_equal(sign_request_decode(bytes_of(frame.data, len), &out, &used, NULL),
                         SK_AGAIN);
    assert_int_equal(sign_request_decode(buf_bytes(&frame), &out, &used, NULL), SK_OK);
    assert_int_equal(used, first);
    assert_true(out.op == SIGN_OP_SIGN && out.key == 0x0102 && out.id == 0xdeadbeef &&
                out.wait_ms == 1500 && out.class == SIGN_CLASS_NONCE && out.algorithm == 5);
    assert_true(bytes_equal(out.tbs, request.tbs));
    assert_int_equal(
        sign_request_decode(bytes_of(frame.data + first, frame.len - first), &out, &used, NULL),
        SK_OK);
    assert_true(out.op == SIGN_OP_HELLO && out.key == 3 && out.id == 7 && out.tbs.len == 0);
    assert_memory_equal(
        frame.data, "\x00\x00\x00\x1a\x02\x02\x01\x02\xde\xad\xbe\xef\x00\x00\x05\xdc\x01\x05", 18);
}

static void test_sign_replies_come_back(void **state)
{
    const struct sign_reply ok = {.result = SIGN_RESULT_OK,
                                  .key = 9,
                                  .id = 0x01020304,
                                  .payload = {(const uint8_t *)"signature", 9}};
    const struct sign_reply failed = {.result = SIGN_RESULT_FAILED, .id = 5};
    struct sign_reply out;
    size_t used, first;

    (void)state;
    buf_reset(&frame);
    assert_int_equal(sign_reply_encode(&ok, &frame), SK_OK);
    first = frame.len;
    assert_int_equal(sign_reply_encode(&failed, &frame), SK_OK);
    assert_int_equal(sign_reply_decode(bytes_of(frame.data, first - 1), &out, &used, NULL),
                     SK_AGAIN);
    assert_int_equal(sign_reply_decode(buf_bytes(&frame), &out, &used, NULL), SK_OK);
    assert_true(out.result == SIGN_RESULT_OK && out.key == 9 && out.id == 0x01020304);
    assert_true(bytes_equal(out.payload, ok.payload));
    assert_int_equal(
        sign_reply_decode(bytes_of(frame.data + used, frame.len - used), &out, &used, NULL), SK_OK);
    assert_true(out.result == SIGN_RESULT_FAILED && out.id == 5 && out.payload.len == 0);
}

static void test_sign_hello_comes_back(void **state)
{
    const struct sign_hello hello = {.num_keys = LIMIT_SIGNER_KEYS,
                                     .name = {(const uint8_t *)"tokyo", 5},
                                     .model = SIGN_MODEL_TRUSTED,
                                     .algorithms = {(const uint8_t *)"\x30\x00", 2},
                                     .certs = {(const uint8_t *)"\x30\x01x", 3}};
    struct sign_hello out;
    size_t len;

    (void)state;
    buf_reset(&frame);
    assert_int_equal(sign_hello_encode(&hello, &frame), SK_OK);
    for (len = 0; len < frame.len; len++)
        assert_int_equal(sign_hello_decode(bytes_of(frame.data, len), &out, NULL), SK_INPUT);
    assert_int_equal(sign_hello_decode(buf_bytes(&frame), &out, NULL), SK_OK);
    assert_true(out.num_keys == LIMIT_SIGNER_KEYS && out.model == SIGN_MODEL_TRUSTED);
    assert_true(bytes_equal(out.name, hello.name));
    assert_true(bytes_equal(out.algorithms, hello.algorithms));
    assert_true(bytes_equal(out.certs, hello.certs));
}

static void test_sign_refuses_a_hello_with_values_out_of_range(void **state)
{
    struct sign_hello hello = {.num_keys = 1, .model = SIGN_MODEL_CA}, bad[3], out;
    size_t i;

    (void)state;
    bad[0] = bad[1] = bad[2] = hello;
    bad[0].num_keys = 0;
    bad[1].num_keys = LIMIT_SIGNER_KEYS + 1;
    bad[2].model = (enum sign_model)(SIGN_MODEL_TRUSTED + 1);
    for (i = 0; i < 3; i++) {
        buf_reset(&frame);
        assert_int_equal(sign_hello_encode(&bad[i], &frame), SK_OK);
        assert_int_equal(sign_hello_decode(buf_bytes(&frame), &out, NULL), SK_INPUT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sign_refuses_frames_that_are_not_ours),
        cmocka_unit_test(test_sign_refuses_replies_that_are_not_ours),
        cmocka_unit_test(test_sign_does_not_write_what_it_would_not_read),
        cmocka_unit_test(test_sign_keeps_the_size_limit),
        cmocka_unit_test(test_sign_requests_come_back_octet_by_octet),
        cmocka_unit_test(test_sign_replies_come_back),
        cmocka_unit_test(test_sign_hello_comes_back),
        cmocka_unit_test(test_sign_refuses_a_hello_with_values_out_of_range),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
