/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "cache/spill.h"

struct seen {
    uint8_t last[4]; /* key, and how manieth it was put */
    size_t num;
};

/* Ascending keys, and of one key in the order they were put. */
static enum sk_status see(void *arg, struct sk_bytes key, struct sk_bytes value)
{
    struct seen *seen = arg;
    uint8_t now[4];

    assert_int_equal(key.len, 1);
    assert_true(value.len >= 3);
    now[0] = key.p[0];
    memcpy(now + 1, value.p, 3);
    if (seen->num > 0)
        assert_true(memcmp(seen->last, now, sizeof(now)) < 0);
    memcpy(seen->last, now, sizeof(now));
    seen->num++;
    return SK_OK;
}

static void put_many(struct spill *spill, unsigned num)
{
    uint8_t key, value[3 + 300] = {0};
    unsigned i, random = 7;

    for (i = 0; i < num; i++) {
        random = random * 1103515245u + 12345u;
        key = (uint8_t)(random >> 16);
        value[0] = (uint8_t)(i >> 16);
        value[1] = (uint8_t)(i >> 8);
        value[2] = (uint8_t)i;
        assert_int_equal(
            spill_put(spill, bytes_of(&key, 1), bytes_of(value, 3 + (random >> 8) % 300), NULL),
            SK_OK);
    }
}

/* In memory alone, in a few runs, and with a run for each record. */
static void test_spill_gives_everything_back_in_order(void **state)
{
    static const size_t sizes[] = {SPILL_BYTES, 1u << 20, 10000, 1};
    struct spill spill;
    struct seen seen;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        const unsigned num = sizes[i] > 1 ? 20000 : 300;

        memset(&seen, 0, sizeof(seen));
        spill_init(&spill, "/tmp");
        spill.max = sizes[i];
        put_many(&spill, num);
        assert_int_equal(spill.num_runs > 0, sizes[i] < SPILL_BYTES);
        assert_int_equal(spill_each(&spill, see, &seen, NULL), SK_OK);
        assert_int_equal(seen.num, num);
        spill_done(&spill);
    }
}

static enum sk_status refuse(void *arg, struct sk_bytes key, struct sk_bytes value)
{
    (void)key;
    (void)value;
    ++*(size_t *)arg;
    return SK_AGAIN;
}

static void test_spill_ends_with_the_visit_or_an_error(void **state)
{
    struct spill spill;
    struct sk_err err = {SK_OK, ""};
    size_t num = 0;

    (void)state;
    spill_init(&spill, "/nonexistent");
    assert_int_equal(spill_each(&spill, refuse, &num, NULL), SK_OK);
    put_many(&spill, 10);
    assert_int_equal(spill_each(&spill, refuse, &num, NULL), SK_AGAIN);
    assert_int_equal(num, 1);
    spill.max = 1;
    assert_int_equal(spill_put(&spill, bytes_of("k", 1), bytes_of("v", 1), &err), SK_IO);
    assert_non_null(strstr(err.text, "/nonexistent"));
    spill_done(&spill);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spill_gives_everything_back_in_order),
        cmocka_unit_test(test_spill_ends_with_the_visit_or_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
