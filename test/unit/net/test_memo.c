/* SPDX-License-Identifier: Apache-2.0 */
/* The memo of finished answers: against a model, at its ends, in a flood; and the hash under it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/memo.h"
#include "test/support/memo_model.h"

enum { NOW = 1700000000, HOUR = 3600, DAY = 24 * HOUR, KILO = 1024 };

struct bench {
    struct sk_memo *memo;
    struct memo_stats stats;
};

static void begin(struct bench *b, size_t max_bytes, size_t max_entries)
{
    const struct memo_options options = {.max_bytes = max_bytes,
                                         .max_entries = max_entries,
                                         .max_age_s = HOUR,
                                         .seed = {1, 2, 3},
                                         .stats = &b->stats};

    memset(b, 0, sizeof(*b));
    b->memo = memo_new(&options);
    assert_non_null(b->memo);
}

static struct memo_answer answer_of(size_t len)
{
    static const uint8_t der[256 * KILO];
    const struct memo_answer answer = {.der = bytes_of(der, len),
                                       .tag = "tag",
                                       .verdict = "good",
                                       .produced_at = NOW,
                                       .ends = NOW + DAY,
                                       .kept_until = NOW + HOUR,
                                       .is_requested = true};

    return answer;
}

static struct sk_bytes number(const uint64_t *n)
{
    return bytes_of((const uint8_t *)n, sizeof(*n));
}

static void put(struct bench *b, uint64_t key, size_t len)
{
    const struct memo_answer answer = answer_of(len);

    memo_put(b->memo, number(&key), &answer, NOW);
}

static bool finds(struct bench *b, uint64_t key)
{
    return memo_find(b->memo, number(&key), NOW) != NULL;
}

static bool finds_at(struct bench *b, uint64_t key, int64_t when)
{
    return memo_find(b->memo, number(&key), when) != NULL;
}

static uint64_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

static void test_any_run_keeps_to_the_model(void **state)
{
    uint8_t script[4000];
    uint64_t seed = 7;
    size_t run, i;

    (void)state;
    for (run = 0; run < 300; run++) {
        for (i = 0; i < sizeof(script); i++)
            script[i] = (uint8_t)next_random(&seed);
        assert_string_equal(memo_model_run(bytes_of(script, sizeof(script))) == NULL ? "all held"
                                                                                     : "a fault",
                            "all held");
    }
}

static void test_siphash_is_the_published_one(void **state)
{
    /* The authors' vectors: seed 00..0f, input 00..0e, and nothing. */
    uint8_t octets[16], i;

    (void)state;
    for (i = 0; i < sizeof(octets); i++)
        octets[i] = i;
    assert_true(siphash(octets, bytes_of(octets, 15)) == 0xa129ca6149be45e5u);
    assert_true(siphash(octets, bytes_of(octets, 0)) == 0x726fdb47dd0e0e31u);
}

static void test_one_bit_makes_another_key(void **state)
{
    struct bench b;
    uint8_t key[200] = {0};
    const struct memo_answer answer = answer_of(100);
    size_t bit;

    (void)state;
    begin(&b, 64 * KILO, 1); /* one bucket: every key collides */
    memo_put(b.memo, bytes_of(key, sizeof(key)), &answer, NOW);
    for (bit = 0; bit < 8 * sizeof(key); bit++) {
        key[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_null(memo_find(b.memo, bytes_of(key, sizeof(key)), NOW));
        key[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_null(memo_find(b.memo, bytes_of(key, sizeof(key) - 1), NOW));
    assert_non_null(memo_find(b.memo, bytes_of(key, sizeof(key)), NOW));
    memo_free(b.memo);
}

static void test_nothing_outlives_its_end(void **state)
{
    struct bench b;
    struct memo_answer answer = answer_of(100);
    const uint64_t key = 1;

    (void)state;
    begin(&b, 64 * KILO, 16);
    answer.kept_until = NOW + 60;
    memo_put(b.memo, number(&key), &answer, NOW);
    assert_true(finds_at(&b, key, NOW + 59));
    assert_false(finds_at(&b, key, NOW + 60));
    assert_false(finds_at(&b, key, NOW)); /* gone for good */
    answer.kept_until = NOW + 2 * HOUR;
    memo_put(b.memo, number(&key), &answer, NOW);
    assert_true(finds_at(&b, key, NOW + HOUR - 1));
    assert_false(finds_at(&b, key, NOW + HOUR)); /* max_age_s */
    memo_put(b.memo, number(&key), &answer, NOW);
    assert_false(finds_at(&b, key, NOW - 1)); /* the clock was set back */
    answer.kept_until = NOW;
    memo_put(b.memo, number(&key), &answer, NOW);
    assert_int_equal(counter_get(&b.stats.entries), 0);
    memo_free(b.memo);
}

static void test_a_later_answer_takes_the_place(void **state)
{
    struct bench b;
    struct memo_answer answer = answer_of(100);
    const uint64_t key = 1;

    (void)state;
    begin(&b, 64 * KILO, 16);
    put(&b, key, 100);
    answer.verdict = "revoked";
    memo_put(b.memo, number(&key), &answer, NOW);
    assert_string_equal(memo_find(b.memo, number(&key), NOW)->verdict, "revoked");
    assert_int_equal(counter_get(&b.stats.entries), 1);
    answer.kept_until = NOW; /* one that has ended takes the earlier one away */
    memo_put(b.memo, number(&key), &answer, NOW);
    assert_false(finds(&b, key));
    memo_free(b.memo);
}

/* Whatever was asked for twice is there after any number of questions that come once. */
static void test_a_flood_of_new_keys_pushes_out_itself(void **state)
{
    struct bench b;
    uint64_t i, flood = 1000000, round;

    (void)state;
    begin(&b, 256 * KILO, 1024);
    for (i = 0; i < 60; i++) {
        put(&b, i, 1000);
        assert_true(finds(&b, i));
    }
    for (round = 0; round < 100000; round++)
        put(&b, flood++, 1000);
    for (i = 0; i < 60; i++)
        assert_true(finds(&b, i));
    assert_true(counter_get(&b.stats.octets) <= 256 * KILO);
    assert_true(counter_get(&b.stats.evicted) > 99000);
    memo_free(b.memo);
}

/* A flood that asks twice goes through the second queue, where what is asked for all the time
 * survives. */
static void test_a_flood_that_asks_twice(void **state)
{
    struct bench b;
    uint64_t i, flood = 1000000, round;

    (void)state;
    begin(&b, 256 * KILO, 1024);
    for (i = 0; i < 60; i++)
        put(&b, i, 1000);
    for (round = 0; round < 20000; round++) {
        assert_true(finds(&b, round % 60));
        put(&b, flood, 1000);
        assert_true(finds(&b, flood++));
    }
    memo_free(b.memo);
}

static void test_what_is_too_large_is_not_kept(void **state)
{
    struct bench b;

    (void)state;
    begin(&b, 64 * KILO, 16);
    put(&b, 1, 100);
    put(&b, 2, 17 * KILO); /* more than what is new may have */
    assert_false(finds(&b, 2));
    assert_true(finds(&b, 1));
    memo_free(b.memo);
    begin(&b, 0, 0);
    put(&b, 1, 100);
    assert_false(finds(&b, 1));
    memo_free(b.memo);
    begin(&b, 64, 16); /* the table alone is larger */
    put(&b, 1, 1);
    assert_false(finds(&b, 1));
    memo_free(b.memo);
    memo_free(NULL);
}

static void test_entries_are_bounded_and_cleared(void **state)
{
    struct bench b;
    uint64_t i;

    (void)state;
    begin(&b, 64 * KILO, 10);
    for (i = 0; i < 100; i++) {
        put(&b, i, 10);
        assert_true(finds(&b, i)); /* what was just put is there */
        assert_true(counter_get(&b.stats.entries) <= 10);
    }
    assert_int_equal(counter_get(&b.stats.evicted), 90);
    memo_clear(b.memo);
    assert_int_equal(counter_get(&b.stats.entries), 0);
    for (i = 0; i < 100; i++)
        assert_false(finds(&b, i));
    memo_free(b.memo);
}

struct tally {
    size_t count;
    uint32_t asked[3];
};

static void add(void *arg, struct sk_bytes key, const struct memo_answer *answer, uint32_t asked)
{
    struct tally *tally = arg;
    uint64_t index;

    assert_int_equal(answer->der.len, 10);
    memcpy(&index, key.p, sizeof(index));
    tally->asked[index] = asked;
    tally->count++;
}

static void test_each_tells_how_many_asked(void **state)
{
    struct bench b;
    struct memo_answer ahead = answer_of(10);
    const uint64_t two = 2;
    struct tally tally = {0};

    (void)state;
    begin(&b, 64 * KILO, 10);
    put(&b, 0, 10);
    put(&b, 1, 10);
    ahead.is_requested = false;
    memo_put(b.memo, number(&two), &ahead, NOW);
    assert_true(finds(&b, 1));
    assert_true(finds(&b, 1));
    assert_true(memo_has(b.memo, number(&two), NOW)); /* is no question */
    memo_each(b.memo, add, &tally);
    assert_int_equal(tally.count, 3);
    assert_int_equal(tally.asked[0], 1);
    assert_int_equal(tally.asked[1], 3);
    assert_int_equal(tally.asked[2], 0);
    memo_free(b.memo);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_run_keeps_to_the_model),
        cmocka_unit_test(test_siphash_is_the_published_one),
        cmocka_unit_test(test_one_bit_makes_another_key),
        cmocka_unit_test(test_nothing_outlives_its_end),
        cmocka_unit_test(test_a_later_answer_takes_the_place),
        cmocka_unit_test(test_a_flood_of_new_keys_pushes_out_itself),
        cmocka_unit_test(test_a_flood_that_asks_twice),
        cmocka_unit_test(test_what_is_too_large_is_not_kept),
        cmocka_unit_test(test_entries_are_bounded_and_cleared),
        cmocka_unit_test(test_each_tells_how_many_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
