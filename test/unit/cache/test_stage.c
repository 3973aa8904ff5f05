/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cache/stage.h"

static struct sk_bytes text(const char *s)
{
    return bytes_of(s, strlen(s));
}

static void test_stage_refuses_keys_and_values_past_255_octets(void **state)
{
    uint8_t bytes[256] = {0};
    struct stage stage;

    (void)state;
    stage_init(&stage);
    assert_int_equal(stage_put(&stage, bytes_of(bytes, 256), text("v")), SK_LIMIT);
    assert_int_equal(stage_put(&stage, text("k"), bytes_of(bytes, 256)), SK_LIMIT);
    assert_int_equal(stage_put(&stage, bytes_of(bytes, 255), bytes_of(bytes, 255)), SK_OK);
    assert_int_equal(stage.num, 1);
    stage_done(&stage);
    stage_done(&stage);
}

static void test_stage_sorts_by_key_and_keeps_the_order_of_equal_keys(void **state)
{
    static const char *const puts_[][2] = {{"b", "2"}, {"a", "9"}, {"b", "1"}, {"ab", "3"}};
    static const char *const by_order[][2] = {{"a", "9"}, {"ab", "3"}, {"b", "2"}, {"b", "1"}};
    static const char *const by_value[][2] = {{"a", "9"}, {"ab", "3"}, {"b", "1"}, {"b", "2"}};
    struct stage_record record;
    struct stage stage;
    size_t i;

    (void)state;
    stage_init(&stage);
    for (i = 0; i < 4; i++)
        assert_int_equal(stage_put(&stage, text(puts_[i][0]), text(puts_[i][1])), SK_OK);
    stage_sort(&stage, false);
    for (i = 0; i < 4; i++) {
        record = stage_at(&stage, i);
        assert_true(bytes_equal(record.key, text(by_order[i][0])));
        assert_true(bytes_equal(record.value, text(by_order[i][1])));
    }
    stage_sort(&stage, true);
    for (i = 0; i < 4; i++)
        assert_true(bytes_equal(stage_at(&stage, i).value, text(by_value[i][1])));
    stage_reset(&stage);
    assert_int_equal(stage.num, 0);
    stage_sort(&stage, true);
    stage_done(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stage_refuses_keys_and_values_past_255_octets),
        cmocka_unit_test(test_stage_sorts_by_key_and_keeps_the_order_of_equal_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
