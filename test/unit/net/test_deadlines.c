/* SPDX-License-Identifier: Apache-2.0 */
/* Deadlines of connections: when each ends, what begins it anew, and who makes room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/clock.h"
#include "net/deadlines.h"

enum { SHORT_MS = 20, LONG_MS = 600 * 1000, WRITE_BYTES = 1000 };

static const struct deadlines_rules rules = {
    .phase_ms =
        {
            [PHASE_HANDSHAKE] = LONG_MS,
            [PHASE_IDLE] = LONG_MS,
            [PHASE_REQUEST] = SHORT_MS,
            [PHASE_BODY] = LONG_MS,
            [PHASE_LINGER] = SHORT_MS,
        },
    .write_ms = SHORT_MS,
    .write_bytes = WRITE_BYTES,
    .slow_ms = LONG_MS,
};

struct connection {
    struct deadlines deadlines;
    size_t pending;
    unsigned num_fired;
    enum deadlines_end end; /* not DEADLINES_WAIT: it has ended so */
};

struct bench {
    struct event_base *base;
    struct deadlines_set set;
};

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct connection *connection = arg;

    (void)fd;
    (void)what;
    connection->num_fired++;
    connection->end = deadlines_look(&connection->deadlines, connection->pending);
}

static void bench_init(struct bench *bench)
{
    bench->base = event_base_new();
    assert_non_null(bench->base);
    deadlines_set_init(&bench->set, &rules);
}

static void bench_done(struct bench *bench)
{
    assert_true(TAILQ_EMPTY(&bench->set.idle) && TAILQ_EMPTY(&bench->set.slow));
    event_base_free(bench->base);
}

static void open_one(struct bench *bench, struct connection *connection, enum phase phase)
{
    *connection = (struct connection){0};
    assert_true(
        deadlines_init(&connection->deadlines, &bench->set, bench->base, on_timer, connection));
    deadlines_arm(&connection->deadlines, &(struct deadlines_at){.phase = phase});
}

static void arm(struct connection *connection, enum phase phase, unsigned request)
{
    deadlines_arm(
        &connection->deadlines,
        &(struct deadlines_at){.phase = phase, .request = request, .pending = connection->pending});
}

/* Until it has ended, in some way: a minute is patience, not a measure. */
static enum deadlines_end wait_for_end(struct bench *bench, struct connection *connection)
{
    const struct timeval tick = {0, 5000};
    int64_t until = clock_mono_us() + 60 * (int64_t)1000000;

    while (connection->end == DEADLINES_WAIT && clock_mono_us() < until) {
        assert_int_equal(event_base_loopexit(bench->base, &tick), 0);
        assert_true(event_base_loop(bench->base, EVLOOP_ONCE) >= 0);
    }
    return connection->end;
}

/* ---- phases ---- */

static void a_phase_ends_and_arming_does_not_prolong_it(void **state)
{
    struct connection connection;
    struct bench bench;
    int64_t end_us;

    (void)state;
    bench_init(&bench);
    open_one(&bench, &connection, PHASE_REQUEST);
    end_us = connection.deadlines.end_us;
    while (clock_mono_us() < end_us - SHORT_MS * 500)
        ;
    arm(&connection, PHASE_REQUEST, 0); /* an octet has come */
    assert_int_equal(connection.deadlines.end_us, end_us);
    assert_int_equal(wait_for_end(&bench, &connection), DEADLINES_PHASE);
    assert_true(clock_mono_us() >= end_us);
    deadlines_done(&connection.deadlines);
    bench_done(&bench);
}

static void each_request_has_its_own_time(void **state)
{
    struct connection connection;
    struct bench bench;
    int64_t end_us;

    (void)state;
    bench_init(&bench);
    open_one(&bench, &connection, PHASE_REQUEST);
    end_us = connection.deadlines.end_us;
    while (clock_mono_us() < end_us)
        ;
    arm(&connection, PHASE_REQUEST, 1); /* just in time, and the next has begun */
    assert_true(connection.deadlines.end_us > end_us);
    assert_int_equal(wait_for_end(&bench, &connection), DEADLINES_PHASE);
    assert_true(clock_mono_us() >= connection.deadlines.end_us);
    deadlines_done(&connection.deadlines);
    bench_done(&bench);
}

static void nothing_that_is_waited_for_has_no_end(void **state)
{
    struct connection connection, other;
    struct bench bench;

    (void)state;
    bench_init(&bench);
    open_one(&bench, &connection, PHASE_REQUEST);
    arm(&connection, PHASE_NONE, 1);
    open_one(&bench, &other, PHASE_LINGER);
    assert_int_equal(wait_for_end(&bench, &other), DEADLINES_PHASE);
    assert_int_equal(connection.end, DEADLINES_WAIT);
    deadlines_done(&connection.deadlines);
    deadlines_done(&other.deadlines);
    bench_done(&bench);
}

static void a_turn_comes_at_once_and_again(void **state)
{
    const struct deadlines_at at = {.phase = PHASE_NONE, .wants_turn = true};
    struct connection connection;
    struct bench bench;
    unsigned i;

    (void)state;
    bench_init(&bench);
    open_one(&bench, &connection, PHASE_IDLE);
    for (i = 1; i <= 3; i++) {
        connection.end = DEADLINES_WAIT;
        deadlines_arm(&connection.deadlines, &at);
        assert_int_equal(wait_for_end(&bench, &connection), DEADLINES_TURN);
        assert_int_equal(connection.num_fired, i);
    }
    deadlines_done(&connection.deadlines);
    bench_done(&bench);
}

/* ---- answers that are not taken ---- */

static void who_takes_too_little_is_told_of(void **state)
{
    struct connection connection;
    struct bench bench;

    (void)state;
    bench_init(&bench);
    open_one(&bench, &connection, PHASE_NONE);
    deadlines_note_queued(&connection.deadlines, 10 * WRITE_BYTES);
    connection.pending = 10 * WRITE_BYTES;
    arm(&connection, PHASE_NONE, 0);
    connection.pending -= WRITE_BYTES - 1;
    /* What is written behind it is none of what was taken. */
    deadlines_note_queued(&connection.deadlines, WRITE_BYTES);
    connection.pending += WRITE_BYTES;
    arm(&connection, PHASE_NONE, 1);
    assert_int_equal(wait_for_end(&bench, &connection), DEADLINES_NOT_TAKEN);
    deadlines_done(&connection.deadlines);
    bench_done(&bench);
}

static void who_takes_enough_goes_on_until_he_stops(void **state)
{
    struct connection connection;
    struct bench bench;
    unsigned i;

    (void)state;
    bench_init(&bench);
    open_one(&bench, &connection, PHASE_NONE);
    deadlines_note_queued(&connection.deadlines, 10 * WRITE_BYTES);
    connection.pending = 10 * WRITE_BYTES;
    arm(&connection, PHASE_NONE, 0);
    for (i = 1; i <= 3; i++) {
        connection.pending -= WRITE_BYTES;
        while (connection.num_fired < i) {
            assert_int_equal(event_base_loop(bench.base, EVLOOP_ONCE), 0);
            assert_int_equal(connection.end, DEADLINES_WAIT);
        }
    }
    assert_int_equal(wait_for_end(&bench, &connection), DEADLINES_NOT_TAKEN);
    deadlines_done(&connection.deadlines);
    bench_done(&bench);
}

static void who_has_taken_all_is_not_asked_for_more(void **state)
{
    struct connection connection, other;
    struct bench bench;

    (void)state;
    bench_init(&bench);
    open_one(&bench, &connection, PHASE_NONE);
    deadlines_note_queued(&connection.deadlines, 1);
    connection.pending = 1;
    arm(&connection, PHASE_NONE, 0);
    connection.pending = 0;
    arm(&connection, PHASE_IDLE, 0);
    open_one(&bench, &other, PHASE_LINGER);
    assert_int_equal(wait_for_end(&bench, &other), DEADLINES_PHASE);
    assert_int_equal(connection.end, DEADLINES_WAIT);
    deadlines_done(&connection.deadlines);
    deadlines_done(&other.deadlines);
    bench_done(&bench);
}

/* ---- making room ---- */

static void the_longest_idle_one_goes_first(void **state)
{
    struct connection busy, slow, first, second;
    struct bench bench;

    (void)state;
    bench_init(&bench);
    open_one(&bench, &busy, PHASE_NONE);
    open_one(&bench, &slow, PHASE_BODY);
    assert_null(deadlines_evict_get0(&bench.set)); /* neither is idle, nor slow yet */
    bench.set.rules.slow_ms = 0;
    assert_ptr_equal(deadlines_evict_get0(&bench.set), &slow);
    open_one(&bench, &first, PHASE_IDLE);
    open_one(&bench, &second, PHASE_IDLE);
    assert_ptr_equal(deadlines_evict_get0(&bench.set), &first);
    arm(&first, PHASE_NONE, 1); /* it asks, and is idle anew */
    assert_ptr_equal(deadlines_evict_get0(&bench.set), &second);
    arm(&first, PHASE_IDLE, 1);
    assert_ptr_equal(deadlines_evict_get0(&bench.set), &second);
    deadlines_done(&second.deadlines);
    assert_ptr_equal(deadlines_evict_get0(&bench.set), &first);
    deadlines_done(&first.deadlines);
    assert_ptr_equal(deadlines_evict_get0(&bench.set), &slow);
    deadlines_done(&slow.deadlines);
    assert_null(deadlines_evict_get0(&bench.set));
    deadlines_done(&busy.deadlines);
    bench_done(&bench);
}

static void hurry_is_for_the_idle_of_now_and_later(void **state)
{
    struct connection idle, later, sending;
    struct bench bench;

    (void)state;
    bench_init(&bench);
    open_one(&bench, &idle, PHASE_IDLE);
    open_one(&bench, &sending, PHASE_BODY);
    deadlines_hurry(&bench.set, SHORT_MS);
    open_one(&bench, &later, PHASE_IDLE);
    assert_int_equal(wait_for_end(&bench, &idle), DEADLINES_PHASE);
    assert_int_equal(wait_for_end(&bench, &later), DEADLINES_PHASE);
    assert_int_equal(sending.end, DEADLINES_WAIT);
    /* never more time than before */
    deadlines_hurry(&bench.set, LONG_MS);
    assert_int_equal(bench.set.rules.phase_ms[PHASE_IDLE], SHORT_MS);
    deadlines_done(&idle.deadlines);
    deadlines_done(&later.deadlines);
    deadlines_done(&sending.deadlines);
    bench_done(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_phase_ends_and_arming_does_not_prolong_it),
        cmocka_unit_test(each_request_has_its_own_time),
        cmocka_unit_test(nothing_that_is_waited_for_has_no_end),
        cmocka_unit_test(a_turn_comes_at_once_and_again),
        cmocka_unit_test(who_takes_too_little_is_told_of),
        cmocka_unit_test(who_takes_enough_goes_on_until_he_stops),
        cmocka_unit_test(who_has_taken_all_is_not_asked_for_more),
        cmocka_unit_test(the_longest_idle_one_goes_first),
        cmocka_unit_test(hurry_is_for_the_idle_of_now_and_later),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
