/* SPDX-License-Identifier: Apache-2.0 */
/* Deadlines of connections: when each ends, what begins it anew, and who makes room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/clock.h"
#include "net/deadlines.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

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
    bool is_open;
};

struct bench {
    struct event_base *base;
    struct deadlines_set set;
    struct connection connections[4];
    size_t num_connections;
};

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct connection *connection = arg;

    (void)fd;
    (void)what;
    connection->num_fired++;
    connection->end = deadlines_look(&connection->deadlines, connection->pending);
}

static int setup(void **state)
{
    struct bench *bench = calloc(1, sizeof(*bench));

    assert_non_null(bench);
    bench->base = event_base_new();
    assert_non_null(bench->base);
    deadlines_set_init(&bench->set, &rules);
    *state = bench;
    return 0;
}

static void close_one(struct connection *connection)
{
    if (connection->is_open)
        deadlines_done(&connection->deadlines);
    connection->is_open = false;
}

static int teardown(void **state)
{
    struct bench *bench = *state;
    size_t i;

    for (i = 0; i < bench->num_connections; i++)
        close_one(&bench->connections[i]);
    assert_true(TAILQ_EMPTY(&bench->set.idle) && TAILQ_EMPTY(&bench->set.slow));
    event_base_free(bench->base);
    free(bench);
    return 0;
}

static struct connection *open_one(struct bench *bench, enum phase phase)
{
    struct connection *connection = &bench->connections[bench->num_connections++];

    assert_in_range(bench->num_connections, 1, COUNT(bench->connections));
    assert_true(
        deadlines_init(&connection->deadlines, &bench->set, bench->base, on_timer, connection));
    connection->is_open = true;
    deadlines_arm(&connection->deadlines, &(struct deadlines_at){.phase = phase});
    return connection;
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
    struct bench *bench = *state;
    struct connection *connection = open_one(bench, PHASE_REQUEST);
    int64_t end_us = connection->deadlines.end_us;

    while (clock_mono_us() < end_us - SHORT_MS * 500)
        ;
    arm(connection, PHASE_REQUEST, 0); /* an octet has come */
    assert_int_equal(connection->deadlines.end_us, end_us);
    assert_int_equal(wait_for_end(bench, connection), DEADLINES_PHASE);
    assert_true(clock_mono_us() >= end_us);
}

static void each_request_has_its_own_time(void **state)
{
    struct bench *bench = *state;
    struct connection *connection = open_one(bench, PHASE_REQUEST);
    int64_t end_us = connection->deadlines.end_us;

    while (clock_mono_us() < end_us)
        ;
    arm(connection, PHASE_REQUEST, 1); /* just in time, and the next has begun */
    assert_true(connection->deadlines.end_us > end_us);
    assert_int_equal(wait_for_end(bench, connection), DEADLINES_PHASE);
    assert_true(clock_mono_us() >= connection->deadlines.end_us);
}

static void nothing_that_is_waited_for_has_no_end(void **state)
{
    struct bench *bench = *state;
    struct connection *connection = open_one(bench, PHASE_REQUEST), *other;

    arm(connection, PHASE_NONE, 1);
    other = open_one(bench, PHASE_LINGER);
    assert_int_equal(wait_for_end(bench, other), DEADLINES_PHASE);
    assert_int_equal(connection->end, DEADLINES_WAIT);
}

static void a_turn_comes_at_once_and_again(void **state)
{
    const struct deadlines_at at = {.phase = PHASE_NONE, .wants_turn = true};
    struct bench *bench = *state;
    struct connection *connection = open_one(bench, PHASE_IDLE);
    unsigned i;

    for (i = 1; i <= 3; i++) {
        connection->end = DEADLINES_WAIT;
        deadlines_arm(&connection->deadlines, &at);
        assert_int_equal(wait_for_end(bench, connection), DEADLINES_TURN);
        assert_int_equal(connection->num_fired, i);
    }
}

/* ---- answers that are not taken ---- */

static void who_takes_too_little_is_told_of(void **state)
{
    struct bench *bench = *state;
    struct connection *connection = open_one(bench, PHASE_NONE);

    deadlines_note_queued(&connection->deadlines, 10 * WRITE_BYTES);
    connection->pending = 10 * WRITE_BYTES;
    arm(connection, PHASE_NONE, 0);
    connection->pending -= WRITE_BYTES - 1;
    /* What is written behind it is none of what was taken. */
    deadlines_note_queued(&connection->deadlines, WRITE_BYTES);
    connection->pending += WRITE_BYTES;
    arm(connection, PHASE_NONE, 1);
    assert_int_equal(wait_for_end(bench, connection), DEADLINES_NOT_TAKEN);
}

static void who_takes_enough_goes_on_until_he_stops(void **state)
{
    struct bench *bench = *state;
    struct connection *connection = open_one(bench, PHASE_NONE);
    unsigned i;

    deadlines_note_queued(&connection->deadlines, 10 * WRITE_BYTES);
    connection->pending = 10 * WRITE_BYTES;
    arm(connection, PHASE_NONE, 0);
    for (i = 1; i <= 3; i++) {
        connection->pending -= WRITE_BYTES;
        while (connection->num_fired < i) {
            assert_int_equal(event_base_loop(bench->base, EVLOOP_ONCE), 0);
            assert_int_equal(connection->end, DEADLINES_WAIT);
        }
    }
    assert_int_equal(wait_for_end(bench, connection), DEADLINES_NOT_TAKEN);
}

static void who_has_taken_all_is_not_asked_for_more(void **state)
{
    struct bench *bench = *state;
    struct connection *connection = open_one(bench, PHASE_NONE), *other;

    deadlines_note_queued(&connection->deadlines, 1);
    connection->pending = 1;
    arm(connection, PHASE_NONE, 0);
    connection->pending = 0;
    arm(connection, PHASE_IDLE, 0);
    other = open_one(bench, PHASE_LINGER);
    assert_int_equal(wait_for_end(bench, other), DEADLINES_PHASE);
    assert_int_equal(connection->end, DEADLINES_WAIT);
}

/* ---- making room ---- */

static void the_longest_idle_one_goes_first(void **state)
{
    struct bench *bench = *state;
    struct connection *slow = open_one(bench, PHASE_BODY), *first, *second;

    (void)open_one(bench, PHASE_NONE);
    assert_null(deadlines_evict_get0(&bench->set)); /* neither is idle, nor slow yet */
    bench->set.rules.slow_ms = 0;
    assert_ptr_equal(deadlines_evict_get0(&bench->set), slow);
    first = open_one(bench, PHASE_IDLE);
    second = open_one(bench, PHASE_IDLE);
    assert_ptr_equal(deadlines_evict_get0(&bench->set), first);
    arm(first, PHASE_NONE, 1); /* it asks, and is idle anew */
    assert_ptr_equal(deadlines_evict_get0(&bench->set), second);
    arm(first, PHASE_IDLE, 1);
    assert_ptr_equal(deadlines_evict_get0(&bench->set), second);
    close_one(second);
    assert_ptr_equal(deadlines_evict_get0(&bench->set), first);
    close_one(first);
    assert_ptr_equal(deadlines_evict_get0(&bench->set), slow);
    close_one(slow);
    assert_null(deadlines_evict_get0(&bench->set));
}

static void hurry_is_for_the_idle_of_now_and_later(void **state)
{
    struct bench *bench = *state;
    struct connection *idle = open_one(bench, PHASE_IDLE), *sending = open_one(bench, PHASE_BODY);
    struct connection *later;

    deadlines_hurry(&bench->set, SHORT_MS);
    later = open_one(bench, PHASE_IDLE);
    assert_int_equal(wait_for_end(bench, idle), DEADLINES_PHASE);
    assert_int_equal(wait_for_end(bench, later), DEADLINES_PHASE);
    assert_int_equal(sending->end, DEADLINES_WAIT);
    /* never more time than before */
    deadlines_hurry(&bench->set, LONG_MS);
    assert_int_equal(bench->set.rules.phase_ms[PHASE_IDLE], SHORT_MS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_phase_ends_and_arming_does_not_prolong_it),
        TEST(each_request_has_its_own_time),
        TEST(nothing_that_is_waited_for_has_no_end),
        TEST(a_turn_comes_at_once_and_again),
        TEST(who_takes_too_little_is_told_of),
        TEST(who_takes_enough_goes_on_until_he_stops),
        TEST(who_has_taken_all_is_not_asked_for_more),
        TEST(the_longest_idle_one_goes_first),
        TEST(hurry_is_for_the_idle_of_now_and_later),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
