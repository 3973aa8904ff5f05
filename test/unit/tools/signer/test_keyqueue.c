/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <pthread.h>

#include "core/clock.h"
#include "core/limits.h"
#include "tools/signer/keyqueue.h"

enum { LANES = 2 };

/* Place n of every key is lane n. */
struct world {
    bool is_away[LANES]; /* a place that nothing is routed to */
    bool hangs[LANES];
    unsigned changes;
};

static int route(void *arg, struct keyjob *job)
{
    const struct world *world = arg;
    unsigned i;

    for (i = 0; i < LANES; i++) {
        if ((job->tried & 1u << i) == 0 && !world->is_away[i] && !world->hangs[i]) {
            job->place = i;
            return (int)i;
        }
    }
    return -1;
}

static void hang(void *arg, size_t lane, bool hangs)
{
    struct world *world = arg;

    world->hangs[lane] = hangs;
    world->changes++;
}

static struct keyqueue *new_queue(struct world *world, size_t max)
{
    const struct keyqueue_options options = {
        .max = max, .num_lanes = LANES, .route = route, .hang = hang, .arg = world};
    struct keyqueue *queue = keyqueue_new(&options);

    assert_non_null(queue);
    return queue;
}

static struct keyjob *job_of_class(uint32_t id, enum sign_class class, int64_t deadline_us)
{
    struct sign_request request = {
        .op = SIGN_OP_SIGN, .id = id, .class = class, .tbs = bytes_of("tbs", 3)};
    struct keyjob *job = keyjob_new(&request, 0, deadline_us);

    assert_non_null(job);
    return job;
}

static struct keyjob *job_of(uint32_t id, int64_t deadline_us)
{
    return job_of_class(id, SIGN_CLASS_NORMAL, deadline_us);
}

static bool is_readable(const struct keyqueue *queue)
{
    struct pollfd one = {.fd = keyqueue_fd(queue), .events = POLLIN};

    return poll(&one, 1, 0) == 1;
}

static void take(struct keyqueue *queue, uint32_t id, enum sign_result result)
{
    struct keyjob *job = keyqueue_take(queue);

    assert_non_null(job);
    assert_int_equal(job->id, id);
    assert_int_equal(job->result, result);
    keyjob_free(job);
}

static void test_keyqueue_refuses_one_past_the_cap(void **state)
{
    struct world world = {0};
    struct keyqueue *queue = new_queue(&world, LIMIT_SIGN_QUEUE);
    struct keyjob *job;
    uint32_t i;

    (void)state;
    for (i = 0; i < LIMIT_SIGN_QUEUE; i++)
        assert_true(keyqueue_push(queue, job_of(i, CLOCK_NEVER)));
    job = job_of(i, CLOCK_NEVER);
    assert_false(keyqueue_push(queue, job));
    assert_int_equal(keyqueue_open_jobs(queue), LIMIT_SIGN_QUEUE);
    keyqueue_finish(queue, keyqueue_pop(queue, 0), true); /* what is worked on does not wait */
    assert_true(keyqueue_push(queue, job));
    keyqueue_free(queue);
}

static void test_keyqueue_refuses_a_request_larger_than_a_frame(void **state)
{
    static const uint8_t large[LIMIT_SIGN_REQUEST_BYTES + 1];
    struct sign_request request = {.op = SIGN_OP_SIGN, .tbs = bytes_of(large, sizeof(large))};

    (void)state;
    assert_null(keyjob_new(&request, 0, 0));
}

static void test_keyqueue_gives_late_jobs_back_in_time(void **state)
{
    struct world world = {0};
    struct keyqueue *queue = new_queue(&world, 8);
    int64_t now = clock_mono_us(), hour = (int64_t)3600 * 1000000;

    (void)state;
    assert_int_equal(keyqueue_watch(queue, now), CLOCK_NEVER);
    assert_true(keyqueue_push(queue, job_of(1, now + 3 * hour)));
    assert_true(keyqueue_push(queue, job_of(2, now + hour)));
    assert_true(keyqueue_push(queue, job_of(3, now + 2 * hour)));
    assert_int_equal(keyqueue_watch(queue, now), now + hour);
    assert_false(is_readable(queue));
    assert_int_equal(keyqueue_watch(queue, now + hour - 1), now + hour);
    assert_null(keyqueue_take(queue));
    assert_int_equal(keyqueue_watch(queue, now + hour), now + 2 * hour); /* at that moment */
    assert_true(is_readable(queue));
    take(queue, 2, SIGN_RESULT_LATE);
    assert_null(keyqueue_take(queue));
    assert_false(is_readable(queue));
    assert_int_equal(keyqueue_watch(queue, now + 4 * hour), CLOCK_NEVER);
    take(queue, 1, SIGN_RESULT_LATE);
    take(queue, 3, SIGN_RESULT_LATE);
    assert_int_equal(keyqueue_open_jobs(queue), 0);
    /* The list is whole after its middle and its end were taken out. */
    assert_true(keyqueue_push(queue, job_of(4, now + hour)));
    assert_int_equal(keyqueue_open_jobs(queue), 1);
    keyqueue_free(queue);
}

static void test_keyqueue_does_not_hand_out_late_jobs(void **state)
{
    struct world world = {0};
    struct keyqueue *queue = new_queue(&world, 8);
    struct keyjob *job;

    (void)state;
    assert_true(keyqueue_push(queue, job_of(1, clock_mono_us() - 1)));
    assert_true(keyqueue_push(queue, job_of(2, CLOCK_NEVER)));
    job = keyqueue_pop(queue, 0);
    assert_int_equal(job->id, 2);
    take(queue, 1, SIGN_RESULT_LATE);
    keyqueue_finish(queue, job, true);
    take(queue, 2, SIGN_RESULT_OK);
    keyqueue_free(queue);
}

static void *pop_thread(void *arg)
{
    return keyqueue_pop(arg, 0);
}

static void test_keyqueue_wakes_its_threads_at_the_end(void **state)
{
    struct world world = {0};
    struct keyqueue *queue = new_queue(&world, 8);
    pthread_t threads[3];
    struct keyjob *job;
    void *got;
    size_t i;

    (void)state;
    for (i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, pop_thread, queue), 0);
    keyqueue_stop(queue);
    for (i = 0; i < 3; i++) {
        assert_int_equal(pthread_join(threads[i], &got), 0);
        assert_null(got);
    }
    job = job_of(1, CLOCK_NEVER);
    assert_false(keyqueue_push(queue, job));
    keyjob_free(job);
    keyqueue_free(queue);
    keyqueue_free(NULL);
}

/* ---- places and classes ---------------------------------------------------------------------- */

static void test_keyqueue_bounds_each_class_apart(void **state)
{
    struct world world = {0};
    struct keyqueue *queue = new_queue(&world, 2);
    struct keyjob *job = job_of_class(3, SIGN_CLASS_NONCE, CLOCK_NEVER);

    (void)state;
    assert_true(keyqueue_push(queue, job_of_class(1, SIGN_CLASS_NONCE, CLOCK_NEVER)));
    assert_true(keyqueue_push(queue, job_of_class(2, SIGN_CLASS_NONCE, CLOCK_NEVER)));
    assert_false(keyqueue_push(queue, job));
    keyjob_free(job);
    assert_true(keyqueue_push(queue, job_of(4, CLOCK_NEVER)));
    keyqueue_free(queue);
}

static void test_keyqueue_takes_from_the_classes_in_turn(void **state)
{
    static const uint32_t want[] = {11, 1, 12, 2, 13, 14};
    struct world world = {0};
    struct keyqueue *queue = new_queue(&world, 8);
    struct keyjob *job;
    size_t i;

    (void)state;
    assert_true(keyqueue_push(queue, job_of_class(1, SIGN_CLASS_NONCE, CLOCK_NEVER)));
    assert_true(keyqueue_push(queue, job_of_class(2, SIGN_CLASS_NONCE, CLOCK_NEVER)));
    for (i = 11; i < 15; i++)
        assert_true(keyqueue_push(queue, job_of((uint32_t)i, CLOCK_NEVER)));
    for (i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
        job = keyqueue_pop(queue, 0);
        assert_int_equal(job->id, want[i]);
        keyqueue_finish(queue, job, true);
        take(queue, want[i], SIGN_RESULT_OK);
    }
    keyqueue_free(queue);
}

static void test_keyqueue_tries_the_next_place_and_then_fails(void **state)
{
    struct world world = {0};
    struct keyqueue *queue = new_queue(&world, 8);
    struct keyjob *job;

    (void)state;
    assert_true(keyqueue_push(queue, job_of(1, CLOCK_NEVER)));
    job = keyqueue_pop(queue, 0);
    buf_put_text(&job->signature, "half of it");
    keyqueue_finish(queue, job, false);
    assert_null(keyqueue_take(queue));
    job = keyqueue_pop(queue, 1);
    assert_int_equal(job->signature.len, 0);
    keyqueue_finish(queue, job, false);
    take(queue, 1, SIGN_RESULT_FAILED);
    world.is_away[0] = world.is_away[1] = true;
    assert_true(keyqueue_push(queue, job_of(2, CLOCK_NEVER)));
    take(queue, 2, SIGN_RESULT_FAILED); /* at once */
    assert_int_equal(keyqueue_open_jobs(queue), 0);
    keyqueue_free(queue);
}

static void test_keyqueue_moves_what_hangs_to_another_place(void **state)
{
    struct world world = {0};
    struct keyqueue *queue = new_queue(&world, 8);
    int64_t now = clock_mono_us(), hang_us = (int64_t)LIMIT_SIGN_HANG_MS * 1000;
    struct keyjob *stuck, *other;

    (void)state;
    assert_true(keyqueue_push(queue, job_of(1, CLOCK_NEVER)));
    assert_true(keyqueue_push(queue, job_of(2, CLOCK_NEVER)));
    stuck = keyqueue_pop(queue, 0);
    assert_in_range(keyqueue_watch(queue, now), now + hang_us, stuck->start_us + hang_us);
    assert_false(world.hangs[0]);
    (void)keyqueue_watch(queue, stuck->start_us + hang_us);
    assert_true(world.hangs[0]);
    other = keyqueue_pop(queue, 1); /* what hung is first */
    assert_int_equal(other->id, 1);
    assert_true(bytes_equal(buf_bytes(&other->tbs), bytes_of("tbs", 3)));
    keyqueue_finish(queue, other, true);
    other = keyqueue_pop(queue, 1); /* and what waited behind it has come too */
    assert_int_equal(other->id, 2);
    keyqueue_finish(queue, other, true);
    take(queue, 1, SIGN_RESULT_OK);
    take(queue, 2, SIGN_RESULT_OK);
    assert_int_equal(keyqueue_open_jobs(queue), 0);
    keyqueue_finish(queue, stuck, true); /* nobody is answered twice */
    assert_true(is_readable(queue));
    assert_null(keyqueue_take(queue));
    (void)keyqueue_watch(queue, now + 2 * hang_us);
    assert_false(world.hangs[0]);
    assert_int_equal(world.changes, 2);
    keyqueue_free(queue);
}

static void test_keyqueue_answers_what_hangs_without_another_place_in_time(void **state)
{
    struct world world = {.is_away = {false, true}};
    struct keyqueue *queue = new_queue(&world, 8);
    int64_t now = clock_mono_us(), hour = (int64_t)3600 * 1000000;
    struct keyjob *stuck;

    (void)state;
    assert_true(keyqueue_push(queue, job_of(1, now + hour)));
    stuck = keyqueue_pop(queue, 0);
    assert_int_equal(keyqueue_watch(queue, now + hour / 2), now + hour);
    assert_null(keyqueue_take(queue));
    assert_true(keyqueue_push(queue, job_of(2, now + hour)));
    take(queue, 2, SIGN_RESULT_FAILED); /* nothing goes to what hangs */
    assert_int_equal(keyqueue_watch(queue, now + hour), CLOCK_NEVER);
    take(queue, 1, SIGN_RESULT_LATE);
    assert_int_equal(keyqueue_open_jobs(queue), 0);
    keyqueue_finish(queue, stuck, false);
    assert_null(keyqueue_take(queue));
    keyqueue_free(queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keyqueue_refuses_one_past_the_cap),
        cmocka_unit_test(test_keyqueue_refuses_a_request_larger_than_a_frame),
        cmocka_unit_test(test_keyqueue_gives_late_jobs_back_in_time),
        cmocka_unit_test(test_keyqueue_does_not_hand_out_late_jobs),
        cmocka_unit_test(test_keyqueue_bounds_each_class_apart),
        cmocka_unit_test(test_keyqueue_takes_from_the_classes_in_turn),
        cmocka_unit_test(test_keyqueue_tries_the_next_place_and_then_fails),
        cmocka_unit_test(test_keyqueue_moves_what_hangs_to_another_place),
        cmocka_unit_test(test_keyqueue_answers_what_hangs_without_another_place_in_time),
        cmocka_unit_test(test_keyqueue_wakes_its_threads_at_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
