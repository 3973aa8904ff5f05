/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/job.h"

typedef bool (*spend_fn)(struct sk_job *job);
static const spend_fn spends[] = {job_spend_step, job_spend_path, job_spend_signature,
                                  job_spend_policy_node, job_spend_name_check};
enum { NUM_SPENDS = sizeof(spends) / sizeof(spends[0]) };

static void set_budget(struct sk_params *params, size_t which, unsigned max)
{
    unsigned *const budgets[] = {&params->budget.max_steps, &params->budget.max_paths,
                                 &params->budget.max_signatures, &params->budget.max_policy_nodes,
                                 &params->budget.max_name_checks};

    *budgets[which] = max;
}

static void test_job_budget_ends_for_good_one_past_its_cap(void **state)
{
    size_t which, k;

    (void)state;
    for (which = 0; which < NUM_SPENDS; which++) {
        struct sk_params params;
        struct sk_job job = {.params = &params};

        params_init(&params);
        set_budget(&params, which, 3);
        for (k = 0; k < 3; k++)
            assert_true(spends[which](&job));
        assert_false(job.is_exhausted);
        assert_false(spends[which](&job));
        assert_true(job.is_exhausted);
        for (k = 0; k < NUM_SPENDS; k++) /* and all others with it */
            assert_false(spends[k](&job));
    }
}

static int64_t now_us;

static int64_t cpu_now(void)
{
    return now_us;
}

static void test_job_ends_when_its_cpu_time_is_used(void **state)
{
    struct sk_params params;
    size_t which, k;

    (void)state;
    params_init(&params);
    params.budget.max_signatures = 256;
    params.budget.max_cpu_ms = 2;
    for (which = 0; which < NUM_SPENDS; which++) {
        struct sk_job job = {.params = &params, .cpu_now = cpu_now, .cpu_start_us = 500};
        bool is_left = true;

        now_us = 2499;
        for (k = 0; k < 100; k++)
            assert_true(spends[which](&job));
        job.work = (struct sk_work){0};
        now_us = 2500;
        for (k = 0; k < 256 && is_left; k++) /* the cheap ones look every 256 units */
            is_left = spends[which](&job);
        assert_false(is_left);
        assert_true(job.is_exhausted);
    }
    params.budget.max_cpu_ms = 0; /* not watched */
    assert_true(job_spend_step(&(struct sk_job){.params = &params, .cpu_now = cpu_now}));
}

static int64_t wall_us;

static int64_t wall_now(void)
{
    return wall_us;
}

/* The cheap clock spares the first millisecond's looks at the CPU time and takes it for used: a job
 * that was not running for long loses no more, and none gets more than its budget. */
static void test_job_takes_its_first_millisecond_for_used(void **state)
{
    struct sk_params params;
    struct sk_job job = {
        .params = &params, .cpu_now = cpu_now, .wall_now = wall_now, .wall_start_us = 7000};

    (void)state;
    params_init(&params);
    params.budget.max_paths = 256;
    params.budget.max_cpu_ms = 3;
    wall_us = 7999;
    now_us = 900000; /* not asked: says what it likes */
    assert_true(job_spend_path(&job));
    wall_us = 9000000; /* something else had the processor */
    now_us = 50000;
    assert_true(job_spend_path(&job));
    wall_us = 0;
    now_us = 51999;
    assert_true(job_spend_path(&job));
    now_us = 52000;
    assert_false(job_spend_path(&job));
    assert_true(job.is_exhausted);
}

/* The least budget ends at the first look past a millisecond of the wall. */
static void test_job_of_one_millisecond_ends_at_once_when_watched(void **state)
{
    struct sk_params params;
    struct sk_job job = {.params = &params, .cpu_now = cpu_now, .wall_now = wall_now};

    (void)state;
    params_init(&params);
    params.budget.max_cpu_ms = 1;
    wall_us = 999;
    assert_true(job_spend_path(&job));
    wall_us = 1000;
    assert_false(job_spend_path(&job));
}

static unsigned clock_calls;

static int64_t counted_now(void)
{
    clock_calls++;
    return 0;
}

/* The clock of CPU time is a system call: hundreds of small steps must not cost hundreds of them.
 */
static void test_job_asks_for_the_time_once_in_many_small_steps(void **state)
{
    struct sk_params params;
    struct sk_job job = {.params = &params, .cpu_now = counted_now};
    unsigned i;

    (void)state;
    params_init(&params);
    clock_calls = 0;
    for (i = 0; i < 160; i++)
        assert_true(job_spend_step(&job));
    assert_int_equal(clock_calls, 10);
    for (i = 0; i < 160; i++)
        assert_true(job_may_go_on(&job));
    assert_int_equal(clock_calls, 20);
}

static void test_job_arena_is_a_budget_too(void **state)
{
    struct sk_params params;
    struct sk_job job = {.params = &params, .arena = arena_new(64)};

    (void)state;
    params_init(&params);
    assert_non_null(job_alloc(&job, 1, 16));
    assert_false(job.is_exhausted);
    assert_null(job_alloc(&job, SIZE_MAX, 2));
    assert_true(job.is_exhausted);
    job.is_exhausted = false;
    assert_null(job_alloc(&job, 1, 64));
    assert_true(job.is_exhausted);
    arena_free(job.arena);
}

static bool knows_everything(const struct sk_source *source, const uint8_t object[SK_SHA256],
                             const uint8_t spki[SK_SHA256])
{
    (void)source;
    (void)object;
    (void)spki;
    return true;
}

/* Neither what has to be computed nor what is known already. */
static void test_job_checks_nothing_after_its_end(void **state)
{
    const struct sk_source_ops ops = {.is_checked = knows_everything};
    const struct sk_source source = {.ops = &ops};
    static const uint8_t object[SK_SHA256];
    const struct sk_bytes none = {NULL, 0};
    struct sk_cert issuer;
    struct sk_params params;
    struct sk_job job = {.params = &params, .is_exhausted = true};

    (void)state;
    memset(&issuer, 0, sizeof(issuer));
    params_init(&params);
    assert_int_equal(job_check_signature(&job, object, none, none, none, &issuer, NULL, NULL),
                     SK_LIMIT);
    job.source = &source;
    assert_int_equal(job_check_signature(&job, object, none, none, none, &issuer, NULL, NULL),
                     SK_LIMIT);
    job.is_exhausted = false;
    assert_int_equal(job_check_signature(&job, object, none, none, none, &issuer, NULL, NULL),
                     SK_OK);
    assert_int_equal(job.work.signatures, 0);
}

static void test_params_are_those_of_rfc_5280(void **state)
{
    struct sk_params params;

    (void)state;
    params_init(&params);
    assert_int_equal(params.num_policies, 0); /* {anyPolicy} */
    assert_false(params.require_explicit_policy || params.inhibit_policy_mapping ||
                 params.inhibit_any_policy);
    assert_int_equal(params.revocation, REVOCATION_REQUIRED);
    assert_true(params.allow_sha1 && params.allow_dsa);
    assert_int_equal(params.budget.max_path_certs, LIMIT_PATH_CERTS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_job_budget_ends_for_good_one_past_its_cap),
        cmocka_unit_test(test_job_ends_when_its_cpu_time_is_used),
        cmocka_unit_test(test_job_takes_its_first_millisecond_for_used),
        cmocka_unit_test(test_job_of_one_millisecond_ends_at_once_when_watched),
        cmocka_unit_test(test_job_asks_for_the_time_once_in_many_small_steps),
        cmocka_unit_test(test_job_arena_is_a_budget_too),
        cmocka_unit_test(test_job_checks_nothing_after_its_end),
        cmocka_unit_test(test_params_are_those_of_rfc_5280),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
