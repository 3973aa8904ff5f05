/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "tools/bench/histogram.h"

static struct histogram *make(void)
{
    struct histogram *h = calloc(1, sizeof(*h));

    assert_non_null(h);
    return h;
}

static void test_histogram_empty_is_all_zero(void **state)
{
    struct histogram *h = make();

    (void)state;
    assert_int_equal(histogram_quantile(h, 0), 0);
    assert_int_equal(histogram_quantile(h, 1000000), 0);
    assert_int_equal(histogram_mean(h), 0);
    free(h);
}

static void test_histogram_is_exact_below_256(void **state)
{
    struct histogram *h = make();
    int64_t i;

    (void)state;
    for (i = 0; i < 256; i++)
        histogram_add(h, i);
    for (i = 0; i < 256; i++) /* the (i+1)th of 256 values is i */
        assert_int_equal(histogram_quantile(h, (unsigned)((i + 1) * 1000000 / 256)), i);
    assert_int_equal(histogram_mean(h), 127);
    free(h);
}

/* Each value alone, with a larger one beside it so that the maximum does not help: never told too
 * low, and at most 0.8 % too high. */
static void check_alone(uint64_t v)
{
    struct histogram *h = make();
    uint64_t told;

    histogram_add(h, (int64_t)v);
    histogram_add(h, UINT32_MAX);
    told = histogram_quantile(h, 500000);
    assert_true(told >= v);
    assert_true(told - v <= v / 128);
    free(h);
}

static void test_histogram_error_is_below_one_in_128(void **state)
{
    uint64_t v;
    int power;

    (void)state;
    for (power = 8; power < 32; power++) {
        for (v = (1ULL << power) - 2; v <= (1ULL << power) + 2; v++)
            check_alone(v);
        check_alone((1ULL << power) + (1ULL << power) / 3);
    }
    check_alone(UINT32_MAX - 1);
}

static void test_histogram_quantiles_count_ranks(void **state)
{
    struct histogram *h = make();
    int i;

    (void)state;
    for (i = 0; i < 999; i++)
        histogram_add(h, 10);
    histogram_add(h, 5000);
    assert_int_equal(histogram_quantile(h, 500000), 10);
    assert_int_equal(histogram_quantile(h, 999000), 10);   /* 999 of 1000 do not exceed 10 */
    assert_int_equal(histogram_quantile(h, 999001), 5000); /* the 1000th does */
    assert_int_equal(histogram_quantile(h, 1000000), 5000);
    assert_int_equal(h->max_us, 5000);
    free(h);
}

static void test_histogram_clamps_what_does_not_fit(void **state)
{
    struct histogram *h = make();

    (void)state;
    histogram_add(h, -5);
    assert_int_equal(histogram_quantile(h, 1000000), 0);
    histogram_add(h, INT64_MAX);
    assert_int_equal(histogram_quantile(h, 1000000), UINT32_MAX);
    assert_int_equal(h->count, 2);
    free(h);
}

static void test_histogram_quantiles_never_fall(void **state)
{
    struct histogram *h = make();
    uint64_t seed = 1, last = 0, told;
    unsigned i;

    (void)state;
    for (i = 0; i < 100000; i++) {
        seed = seed * 6364136223846793005U + 1442695040888963407U;
        histogram_add(h, (int64_t)((seed >> 33) >> (seed % 31)));
    }
    for (i = 0; i <= 1000000; i += 500) {
        told = histogram_quantile(h, i);
        assert_true(told >= last);
        last = told;
    }
    assert_int_equal(last, h->max_us);
    free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_histogram_empty_is_all_zero),
        cmocka_unit_test(test_histogram_is_exact_below_256),
        cmocka_unit_test(test_histogram_error_is_below_one_in_128),
        cmocka_unit_test(test_histogram_quantiles_count_ranks),
        cmocka_unit_test(test_histogram_clamps_what_does_not_fit),
        cmocka_unit_test(test_histogram_quantiles_never_fall),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
