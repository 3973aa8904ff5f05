/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <stdalign.h>
#include <string.h>

#include "core/arena.h"

static void test_arena_keeps_its_cap(void **state)
{
    struct sk_arena *arena = arena_new(1000);

    (void)state;
    assert_null(arena_alloc(arena, 1001));
    assert_null(arena_alloc(arena, SIZE_MAX));
    assert_null(arena_alloc(arena, SIZE_MAX - 8));
    assert_null(arena_array(arena, SIZE_MAX / 2, 3));
    assert_null(arena_copy(arena, "", SIZE_MAX));
    assert_int_equal(arena_used(arena), 0);
    assert_non_null(arena_alloc(arena, 900));
    assert_null(arena_alloc(arena, 200));
    arena_reset(arena);
    assert_non_null(arena_alloc(arena, 900));
    arena_free(arena);
    arena_free(NULL);
}

static void test_arena_remembers_that_it_refused(void **state)
{
    struct sk_arena *arena = arena_new(1000);
    int i;

    (void)state;
    for (i = 0; i < 3; i++) {
        assert_false(arena_has_failed(arena));
        assert_null(i == 0   ? arena_alloc(arena, 1001)
                    : i == 1 ? arena_array(arena, SIZE_MAX, 2)
                             : arena_copy(arena, "", SIZE_MAX));
        assert_non_null(arena_alloc(arena, 1));
        assert_true(arena_has_failed(arena));
        arena_reset(arena);
    }
    arena_free(arena);
}

static void test_arena_memory_is_zeroed_aligned_and_apart(void **state)
{
    struct sk_arena *arena = arena_new(10u << 20);
    static const uint8_t zeros[40000];
    uint8_t *p[200];
    size_t i, round;

    (void)state;
    for (round = 0; round < 3; round++) {
        for (i = 0; i < 200; i++) {
            size_t len = i * 200;

            p[i] = arena_alloc(arena, len);
            assert_non_null(p[i]);
            assert_int_equal((uintptr_t)p[i] % alignof(max_align_t), 0);
            if (len > 0)
                assert_memory_equal(p[i], zeros, len);
            memset(p[i], (int)i, len);
        }
        for (i = 1; i < 200; i++) {
            assert_int_equal(p[i][0], i);
            assert_int_equal(p[i][i * 200 - 1], i);
        }
        arena_reset(arena);
        assert_int_equal(arena_used(arena), 0);
    }
    arena_free(arena);
}

static void test_arena_copies_end_with_a_nul(void **state)
{
    struct sk_arena *arena = arena_new(1000);
    const char *copy = arena_copy(arena, "abcd", 2);

    (void)state;
    assert_string_equal(copy, "ab");
    copy = arena_copy(arena, NULL, 0);
    assert_string_equal(copy, "");
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arena_keeps_its_cap),
        cmocka_unit_test(test_arena_remembers_that_it_refused),
        cmocka_unit_test(test_arena_memory_is_zeroed_aligned_and_apart),
        cmocka_unit_test(test_arena_copies_end_with_a_nul),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
