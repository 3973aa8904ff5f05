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

static struct keyjob *job_of(uint32_t id, int64_t deadline_us)
{
    struct sign_request request = {.op = SIGN_OP_SIGN, .id = id, .tbs = bytes_of("tbs", 3)};
    struct keyjob *job = keyjob_new(&request, 0, deadline_us);

    assert_non_null(job);
    return job;
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
    struct keyqueue *queue = keyqueue_new(LIMIT_SIGN_QUEUE);
    struct keyjob *job;
    uint32_t i;

    (void)state;
    for (i = 0; i < LIMIT_SIGN_QUEUE; i++)
        assert_true(keyqueue_push(queue, job_of(i, CLOCK_NEVER)));
    job = job_of(i, CLOCK_NEVER);
    assert_false(keyqueue_push(queue, job));
    assert_int_equal(keyqueue_open_jobs(queue), LIMIT_SIGN_QUEUE);
    keyqueue_finish(queue, keyqueue_pop(queue)); /* what is worked on does not wait */
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
    struct keyqueue *queue = keyqueue_new(8);
    int64_t now = clock_mono_us(), hour = (int64_t)3600 * 1000000;

    (void)state;
    assert_int_equal(keyqueue_expire(queue, now), CLOCK_NEVER);
    assert_true(keyqueue_push(queue, job_of(1, now + 3 * hour)));
    assert_true(keyqueue_push(queue, job_of(2, now + hour)));
    assert_true(keyqueue_push(queue, job_of(3, now + 2 * hour)));
    assert_int_equal(keyqueue_expire(queue, now), now + hour);
    assert_false(is_readable(queue));
    assert_int_equal(keyqueue_expire(queue, now + hour - 1), now + hour);
    assert_null(keyqueue_take(queue));
    assert_int_equal(keyqueue_expire(queue, now + hour), now + 2 * hour); /* at that moment */
    assert_true(is_readable(queue));
    take(queue, 2, SIGN_RESULT_LATE);
    assert_null(keyqueue_take(queue));
    assert_false(is_readable(queue));
    assert_int_equal(keyqueue_expire(queue, now + 4 * hour), CLOCK_NEVER);
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
    struct keyqueue *queue = keyqueue_new(8);
    struct keyjob *job;

    (void)state;
    assert_true(keyqueue_push(queue, job_of(1, clock_mono_us() - 1)));
    assert_true(keyqueue_push(queue, job_of(2, CLOCK_NEVER)));
    job = keyqueue_pop(queue);
    assert_int_equal(job->id, 2);
    take(queue, 1, SIGN_RESULT_LATE);
    job->result = SIGN_RESULT_OK;
    keyqueue_finish(queue, job);
    take(queue, 2, SIGN_RESULT_OK);
    keyqueue_free(queue);
}

static void *pop_thread(void *arg)
{
    return keyqueue_pop(arg);
}

static void test_keyqueue_wakes_its_threads_at_the_end(void **state)
{
    struct keyqueue *queue = keyqueue_new(8);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keyqueue_refuses_one_past_the_cap),
        cmocka_unit_test(test_keyqueue_refuses_a_request_larger_than_a_frame),
        cmocka_unit_test(test_keyqueue_gives_late_jobs_back_in_time),
        cmocka_unit_test(test_keyqueue_does_not_hand_out_late_jobs),
        cmocka_unit_test(test_keyqueue_wakes_its_threads_at_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
