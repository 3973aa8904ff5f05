/* SPDX-License-Identifier: Apache-2.0 */
/* The reader and the writer of JSON beside jansson: both take the same strings for the same text,
 * and write the same text to the octet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>

#include "net/json_out.h"
#include "net/json_text.h"

static uint8_t room[64];

/* The list of one string, as we read it. */
static enum sk_status read_list(struct sk_bytes octets, struct sk_bytes *out)
{
    struct json_text text;
    struct json_string string;
    enum sk_status status;

    json_text_init(&text, octets);
    if (json_text_take(&text, '[') != SK_OK || json_text_next(&text, true, ']') != SK_OK)
        return SK_INPUT;
    if ((status = json_text_string(&text, &string)) != SK_OK)
        return status;
    if (string.has_escapes)
        *out = bytes_of(room, json_string_put(&string, room));
    else
        *out = string.raw;
    if (json_text_next(&text, false, ']') != SK_NOTFOUND)
        return SK_INPUT;
    return json_text_finish(&text);
}

/* What stands between the quotes of a string in a list. */
static void compare(const char *inner, size_t len)
{
    char text[64];
    json_error_t fault;
    json_t *list;
    struct sk_bytes ours = {NULL, 0};
    enum sk_status status;

    assert_true(len + 4 <= sizeof(text));
    memcpy(text, "[\"", 2);
    memcpy(text + 2, inner, len);
    memcpy(text + 2 + len, "\"]", 2);
    status = read_list(bytes_of(text, len + 4), &ours);
    list = json_loadb(text, len + 4, JSON_REJECT_DUPLICATES, &fault);
    /* A quote may make another list of it, which read_list() does not take. */
    if (json_array_size(list) != 1 || !json_is_string(json_array_get(list, 0)))
        assert_int_equal(status, SK_INPUT);
    else if (status != SK_OK)
        fail_msg("refused: %.*s", (int)(len + 4), text);
    else if (!bytes_equal(ours, bytes_of(json_string_value(json_array_get(list, 0)),
                                         json_string_length(json_array_get(list, 0)))))
        fail_msg("read as something else: %.*s", (int)(len + 4), text);
    json_decref(list);
}

static void test_json_text_reads_octets_as_jansson_does(void **state)
{
    char text[4];
    unsigned a, b, c;

    (void)state;
    compare("", 0);
    for (a = 0; a < 256; a++) {
        text[0] = (char)a;
        compare(text, 1);
        for (b = 0; b < 256; b++) {
            text[1] = (char)b;
            compare(text, 2);
            for (c = 0x7f; a >= 0xe0 && c <= 0xc0; c += 13) {
                text[2] = (char)c;
                compare(text, 3);
                text[3] = (char)0x80;
                compare(text, 4);
            }
        }
    }
}

/* Long strings are read eight octets at a time: each octet at each place among plain ones. */
static void test_json_text_reads_long_strings_as_jansson_does(void **state)
{
    enum { LONG = 20 };
    static const char plain[LONG + 1] = "abcdefgh~!#[]\x7f ^_ij";
    char text[LONG];
    unsigned octet;
    size_t len, i;

    (void)state;
    for (len = 1; len <= LONG; len++) {
        for (i = 0; i < len; i++) {
            for (octet = 0; octet < 256; octet++) {
                memcpy(text, plain, len);
                text[i] = (char)octet;
                compare(text, len);
            }
        }
    }
}

static void test_json_text_reads_escapes_as_jansson_does(void **state)
{
    static const unsigned lows[] = {0x0000, 0xd7ff, 0xd800, 0xdbff, 0xdc00, 0xdfff, 0xe000};
    static const char *const odd[] = {"\\",       "\\u",      "\\u1",        "\\u12",
                                      "\\u123",   "\\u123g",  "\\uD800\\",   "\\uD800\\u",
                                      "\\ud83dx", "\\U0041",  "\\u 041",     "\\u+041",
                                      "\\x41",    "a\\/\\b",  "\\\\\\\"\\",  "\\ud83d\\ude00",
                                      "\\uDE00",  "\\u0041b", "\\n\\r\\t\\f"};
    char text[16];
    unsigned unit;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
        compare(odd[i], strlen(odd[i]));
    for (unit = 0; unit < 0x10000; unit++)
        compare(text, (size_t)snprintf(text, sizeof(text), "\\u%04x", unit));
    for (unit = 0xd700; unit < 0xe100; unit += 37)
        for (i = 0; i < sizeof(lows) / sizeof(lows[0]); i++)
            compare(text, (size_t)snprintf(text, sizeof(text), "\\u%04X\\u%04x", unit, lows[i]));
}

static void test_json_text_says_where_it_stands(void **state)
{
    static const char octets[] = "[\n\n  \"a\",  x";
    struct json_text text;
    struct json_string string;
    size_t line, column;

    (void)state;
    json_text_init(&text, bytes_of(octets, sizeof(octets) - 1));
    assert_int_equal(json_text_take(&text, '['), SK_OK);
    assert_int_equal(json_text_next(&text, true, ']'), SK_OK);
    assert_int_equal(json_text_string(&text, &string), SK_OK);
    assert_int_equal(json_text_next(&text, false, ']'), SK_OK);
    assert_int_equal(json_text_string(&text, &string), SK_INPUT);
    json_text_place(&text, &line, &column);
    assert_int_equal(line, 3);
    assert_int_equal(column, 9);
}

/* ---- writing ---- */

static void test_json_out_writes_texts_as_jansson_does(void **state)
{
    char text[4] = "";
    unsigned a, b;

    (void)state;
    for (a = 1; a < 256; a++) {
        for (b = 0; b < 256; b++) {
            json_t *list;
            char *dump;
            struct sk_buf out;

            text[0] = (char)a;
            text[1] = (char)b;
            text[2] = a >= 0xe0 ? (char)0x80 : '\0';
            list = json_pack("[s?]", text);
            buf_init(&out, 100);
            json_out_open(&out, NULL, '[');
            json_out_text(&out, NULL, text);
            json_out_close(&out, ']');
            buf_put_byte(&out, 0);
            assert_int_equal(buf_status(&out), SK_OK);
            if (list == NULL) { /* jansson refuses what is not UTF-8 */
                list = json_loads((const char *)out.data, JSON_REJECT_DUPLICATES, NULL);
                assert_non_null(list);
                assert_non_null(strchr((const char *)out.data, '?'));
            }
            dump = json_dumps(list, JSON_COMPACT);
            assert_string_equal((const char *)out.data, dump);
            free(dump);
            json_decref(list);
            buf_done(&out);
        }
    }
}

static void test_json_out_puts_commas_between(void **state)
{
    struct sk_buf out;

    (void)state;
    buf_init(&out, 200);
    json_out_open(&out, NULL, '{');
    json_out_open(&out, "a", '[');
    json_out_close(&out, ']');
    json_out_open(&out, "b", '{');
    json_out_close(&out, '}');
    json_out_text(&out, "c", "{");
    json_out_text(&out, "d", "[");
    json_out_null(&out, "e");
    json_out_bool(&out, "f", false);
    json_out_open(&out, "g", '[');
    json_out_bool(&out, NULL, true);
    json_out_number(&out, NULL, 0);
    json_out_number(&out, NULL, INT64_MIN);
    json_out_number(&out, NULL, INT64_MAX);
    json_out_open(&out, NULL, '{');
    json_out_close(&out, '}');
    json_out_close(&out, ']');
    json_out_close(&out, '}');
    buf_put_byte(&out, 0);
    assert_int_equal(buf_status(&out), SK_OK);
    assert_string_equal((const char *)out.data,
                        "{\"a\":[],\"b\":{},\"c\":\"{\",\"d\":\"[\",\"e\":null,\"f\":false,"
                        "\"g\":[true,0,-9223372036854775808,9223372036854775807,{}]}");
    buf_done(&out);
    buf_init(&out, 5);
    json_out_text(&out, NULL, "abcdef");
    json_out_number(&out, NULL, 5);
    assert_int_equal(buf_status(&out), SK_LIMIT);
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_text_reads_octets_as_jansson_does),
        cmocka_unit_test(test_json_text_reads_long_strings_as_jansson_does),
        cmocka_unit_test(test_json_text_reads_escapes_as_jansson_does),
        cmocka_unit_test(test_json_text_says_where_it_stands),
        cmocka_unit_test(test_json_out_writes_texts_as_jansson_does),
        cmocka_unit_test(test_json_out_puts_commas_between),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
