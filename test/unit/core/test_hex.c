/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/hex.h"
#include "test/support/asn1.h"

static void test_hex_refuses_what_is_not_hex(void **state)
{
    uint8_t out[2] = {9, 9};

    (void)state;
    assert_int_equal(hex_decode("012", out, 2), SK_INPUT);
    assert_int_equal(hex_decode("01234", out, 2), SK_INPUT);
    assert_int_equal(hex_decode("012g", out, 2), SK_INPUT);
    assert_int_equal(hex_decode("0x12", out, 2), SK_INPUT);
    assert_int_equal(hex_decode("", out, 2), SK_INPUT);
    assert_int_equal(out[0], 9);
}

static void test_hex_goes_and_comes_back(void **state)
{
    char text[7];
    uint8_t out[3];

    (void)state;
    hex_encode(ASN1_LIT("\x00\xab\xff"), text);
    assert_string_equal(text, "00abff");
    assert_int_equal(hex_decode("00ABfF", out, 3), SK_OK);
    assert_memory_equal(out, "\x00\xab\xff", 3);
    hex_encode(bytes_of(NULL, 0), text);
    assert_string_equal(text, "");
}

static enum sk_status decode(const char *text, bool is_spaced, struct sk_buf *out)
{
    struct sk_bytes bytes = bytes_of(text, strlen(text));

    buf_init(out, 100);
    return is_spaced ? base64_decode_spaced(bytes, out) : base64_decode(bytes, out);
}

static void test_base64_refuses_all_but_one_spelling(void **state)
{
    static const char *const bad[] = {"Z",     "Zg",     "Zg=",   "Zg===",    "=",
                                      "==",    "====",   "Zh==",  "Zm9=",     "Zm9vZ",
                                      "Zg==Z", "Z=g=",   "Zm9v=", "Zm8=Zm8=", "Zm-v",
                                      "Zm_v=", "Zm9v\n", " Zm9v", "Zm 9v",    "Zm9v\x80"};
    struct sk_buf out;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(decode(bad[i], false, &out), SK_INPUT);
        buf_done(&out);
    }
}

/* RFC 4648 10 */
static void test_base64_vectors(void **state)
{
    static const char *const rows[][2] = {{"", ""},
                                          {"f", "Zg=="},
                                          {"fo", "Zm8="},
                                          {"foo", "Zm9v"},
                                          {"foob", "Zm9vYg=="},
                                          {"fooba", "Zm9vYmE="},
                                          {"foobar", "Zm9vYmFy"}};
    struct sk_buf out, text;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sk_bytes plain = bytes_of(rows[i][0], strlen(rows[i][0]));

        buf_init(&text, 100);
        base64_encode(plain, &text);
        assert_true(bytes_equal(buf_bytes(&text), bytes_of(rows[i][1], strlen(rows[i][1]))));
        assert_int_equal(decode(rows[i][1], false, &out), SK_OK);
        assert_true(bytes_equal(buf_bytes(&out), plain));
        buf_done(&out);
        buf_done(&text);
    }
    assert_int_equal(decode("  Zm 9v\r\n\tYg =\n= ", true, &out), SK_OK);
    assert_true(bytes_equal(buf_bytes(&out), ASN1_LIT("foob")));
    buf_done(&out);
}

/* Texts of every length up to some quanta, and each of their places: a foreign character, a line
 * end, room for one octet less. */
static void test_base64_reads_every_place_alike(void **state)
{
    enum { LONGEST = 40 };
    uint8_t plain[LONGEST];
    char changed[2 * LONGEST];
    struct sk_buf text, out;
    size_t len, i;

    (void)state;
    for (i = 0; i < LONGEST; i++)
        plain[i] = (uint8_t)(i * 61 + 3);
    for (len = 1; len <= LONGEST; len++) {
        struct sk_bytes whole = bytes_of(plain, len);

        buf_init(&text, 100);
        base64_encode(whole, &text);
        buf_put_byte(&text, 0);
        assert_int_equal(decode((const char *)text.data, false, &out), SK_OK);
        assert_true(bytes_equal(buf_bytes(&out), whole));
        buf_done(&out);
        buf_init(&out, len - 1);
        assert_int_equal(base64_decode(bytes_of(text.data, text.len - 1), &out), SK_LIMIT);
        buf_done(&out);
        for (i = 0; i + 1 < text.len; i++) {
            memcpy(changed, text.data, text.len);
            changed[i] = i % 2 ? '\xc1' : '-';
            assert_int_equal(decode(changed, true, &out), SK_INPUT);
            buf_done(&out);
            memcpy(changed + i + 1, text.data + i, text.len - i);
            changed[i] = '\n';
            assert_int_equal(decode(changed, false, &out), SK_INPUT);
            buf_done(&out);
            assert_int_equal(decode(changed, true, &out), SK_OK);
            assert_true(bytes_equal(buf_bytes(&out), whole));
            buf_done(&out);
        }
        buf_done(&text);
    }
}

static void test_base64_stops_at_the_buffer_s_end(void **state)
{
    struct sk_buf out;

    (void)state;
    buf_init(&out, 2);
    assert_int_equal(base64_decode(ASN1_LIT("Zm9v"), &out), SK_LIMIT);
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hex_refuses_what_is_not_hex),
        cmocka_unit_test(test_hex_goes_and_comes_back),
        cmocka_unit_test(test_base64_refuses_all_but_one_spelling),
        cmocka_unit_test(test_base64_vectors),
        cmocka_unit_test(test_base64_reads_every_place_alike),
        cmocka_unit_test(test_base64_stops_at_the_buffer_s_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
