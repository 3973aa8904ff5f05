/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/buf.h"
#include "test/support/asn1.h"

static void test_buf_failure_sticks_and_leaves_the_contents(void **state)
{
    struct sk_buf buf;

    (void)state;
    buf_init(&buf, 4);
    buf_put(&buf, "abcd", 4);
    assert_int_equal(buf_status(&buf), SK_OK);
    buf_put_byte(&buf, 'e');
    assert_int_equal(buf_status(&buf), SK_LIMIT);
    assert_null(buf_reserve(&buf, 0));
    buf_put(&buf, "x", 1);
    assert_true(bytes_equal(buf_bytes(&buf), ASN1_LIT("abcd")));
    buf_reset(&buf);
    buf_put_text(&buf, "wxyz");
    assert_int_equal(buf_status(&buf), SK_OK);
    assert_true(bytes_equal(buf_bytes(&buf), ASN1_LIT("wxyz")));
    buf_done(&buf);
    buf_done(&buf);
}

static void test_buf_refuses_lengths_that_would_wrap(void **state)
{
    struct sk_buf buf;

    (void)state;
    buf_init(&buf, SIZE_MAX);
    buf_put_byte(&buf, 'a');
    assert_null(buf_reserve(&buf, SIZE_MAX));
    assert_int_equal(buf_status(&buf), SK_LIMIT);
    buf_done(&buf);
    buf_init(&buf, 0);
    buf_put_byte(&buf, 'a');
    assert_int_equal(buf_status(&buf), SK_LIMIT);
    buf_done(&buf);
}

static void test_buf_prints_only_what_fits(void **state)
{
    struct sk_buf buf;

    (void)state;
    buf_init(&buf, 8);
    buf_printf(&buf, "%s-%d", "ab", 12);
    assert_int_equal(buf_status(&buf), SK_OK);
    assert_true(bytes_equal(buf_bytes(&buf), ASN1_LIT("ab-12")));
    buf_printf(&buf, "%s", "abcd");
    assert_int_equal(buf_status(&buf), SK_LIMIT);
    assert_int_equal(buf.len, 5);
    buf_done(&buf);
}

static void test_buf_prints_long_texts_whole(void **state)
{
    static const int widths[] = {254, 255, 256, 257, 1000};
    struct sk_buf buf;
    size_t i, k;

    (void)state;
    for (i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
        buf_init(&buf, 2000);
        buf_printf(&buf, "%*d", widths[i], 7);
        assert_int_equal(buf_status(&buf), SK_OK);
        assert_int_equal(buf.len, widths[i]);
        for (k = 0; k + 1 < buf.len; k++)
            assert_int_equal(buf.data[k], ' ');
        assert_int_equal(buf.data[k], '7');
        buf_done(&buf);
    }
}

static void test_buf_grows_to_its_end(void **state)
{
    struct sk_buf buf;
    size_t i;

    (void)state;
    buf_init(&buf, 10000);
    for (i = 0; i < 10000; i++)
        buf_put_byte(&buf, (uint8_t)i);
    assert_int_equal(buf_status(&buf), SK_OK);
    for (i = 0; i < 10000; i++)
        assert_int_equal(buf.data[i], (uint8_t)i);
    buf_done(&buf);
}

static void test_buf_gives_its_memory_away(void **state)
{
    struct sk_buf buf;
    uint8_t *data;
    size_t len = 9;

    (void)state;
    buf_init(&buf, 100);
    assert_null(buf_take(&buf, &len));
    assert_int_equal(len, 0);
    buf_put_text(&buf, "abc");
    data = buf_take(&buf, &len);
    assert_int_equal(len, 3);
    assert_int_equal(buf.len, 0);
    buf_put_text(&buf, "again");
    assert_memory_equal(data, "abc", 3);
    free(data);
    buf_done(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_buf_failure_sticks_and_leaves_the_contents),
        cmocka_unit_test(test_buf_refuses_lengths_that_would_wrap),
        cmocka_unit_test(test_buf_prints_only_what_fits),
        cmocka_unit_test(test_buf_prints_long_texts_whole),
        cmocka_unit_test(test_buf_grows_to_its_end),
        cmocka_unit_test(test_buf_gives_its_memory_away),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
