/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "tools/bench/lane.h"

enum { EVENTS = 256, TICK_US = 100000, REFUSED_MAX = 100 };

struct run {
    struct load load;
    struct lane *lanes; /* options->connections of them */
    unsigned next;      /* where the search for a free lane goes on */
    int64_t start_us, end_us, tick_us;
    uint64_t total; /* requests to send; UINT64_MAX: as many as the time has room for */
};

static int64_t due_at(const struct run *run, uint64_t number)
{
    uint64_t rate = run->load.options->rate;

    return run->start_us + (int64_t)(number / rate * 1000000 + number % rate * 1000000 / rate);
}

static unsigned depth_of(const struct bench_options *o)
{
    return o->rate > 0 ? 1 : o->depth;
}

/* Open loop: a lane with nothing to do; NULL when all wait. */
static struct lane *free_lane(struct run *run)
{
    unsigned i, count = run->load.options->connections;

    for (i = 0; i < count; i++) {
        struct lane *lane = &run->lanes[run->next];

        run->next = run->next + 1 == count ? 0 : run->next + 1;
        if (lane->waiting == 0)
            return lane;
    }
    return NULL;
}

/* Sends what is due; the moment when the next is, or now_us + a tick when an answer must come
 * first. */
static int64_t send_due(struct run *run, int64_t now_us)
{
    struct bench_result *result = run->load.result;
    struct lane *lane;

    while (result->sent < run->total) {
        int64_t due_us = due_at(run, result->sent);

        if (due_us > now_us)
            return due_us;
        lane = free_lane(run);
        if (lane == NULL)
            break;
        lane_send(lane, &run->load, due_us);
    }
    return now_us + TICK_US;
}

/* Closed loop: fills the lane. A refused connection ends the turn, so that refusals cannot loop. */
static void fill_lane(struct run *run, struct lane *lane, int64_t now_us)
{
    const struct bench_result *result = run->load.result;
    uint64_t refused = result->refused;

    while (now_us < run->end_us && result->sent < run->total && result->refused == refused &&
           lane->waiting < depth_of(run->load.options)) {
        lane_send(lane, &run->load, clock_mono_us());
        if (lane->fd < 0)
            break;
    }
}

static bool is_idle(const struct run *run)
{
    unsigned i;

    for (i = 0; i < run->load.options->connections; i++) {
        if (run->lanes[i].waiting > 0)
            return false;
    }
    return true;
}

static bool is_over(const struct run *run, int64_t now_us)
{
    const struct bench_options *o = run->load.options;
    bool all_sent = run->load.result->sent >= run->total;

    if (run->load.result->good == 0 && run->load.result->refused >= REFUSED_MAX)
        return true;
    if (now_us >= run->end_us + (int64_t)o->timeout_ms * 1000)
        return true;
    return (all_sent || (o->rate == 0 && now_us >= run->end_us)) && is_idle(run);
}

/* Every tick: gives up what waits too long, and fills lanes that lost their connection. */
static void tick(struct run *run, int64_t now_us)
{
    unsigned i;

    if (now_us < run->tick_us)
        return;
    run->tick_us = now_us + TICK_US;
    for (i = 0; i < run->load.options->connections; i++) {
        lane_expire(&run->lanes[i], &run->load, now_us);
        if (run->load.options->rate == 0)
            fill_lane(run, &run->lanes[i], now_us);
    }
}

static void wait_for_events(struct run *run, int64_t until_us, int64_t now_us)
{
    int64_t us = until_us > now_us ? until_us - now_us : 0;
    struct timespec ts = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
    struct epoll_event events[EVENTS];
    int i, n = epoll_pwait2(run->load.epoll, events, EVENTS, &ts, NULL);

    for (i = 0; i < n; i++) {
        struct lane *lane = events[i].data.ptr;

        lane_ready(lane, &run->load, events[i].events);
        if (run->load.options->rate == 0)
            fill_lane(run, lane, clock_mono_us());
    }
}

static void run_loop(struct run *run)
{
    const struct bench_options *o = run->load.options;
    struct bench_result *result = run->load.result;
    int64_t now_us = clock_mono_us(), until_us;

    run->start_us = now_us;
    run->end_us = now_us + (int64_t)o->seconds * 1000000;
    while (!is_over(run, now_us)) {
        tick(run, now_us);
        until_us = o->rate > 0 ? send_due(run, now_us) : now_us + TICK_US;
        if (until_us > run->tick_us)
            until_us = run->tick_us;
        wait_for_events(run, until_us, now_us);
        now_us = clock_mono_us();
    }
    result->elapsed_us = now_us - run->start_us;
    if (o->rate > 0)
        result->unsent = run->total - result->sent;
}

static enum sk_status run_start(struct run *run, struct sk_err *err)
{
    const struct bench_options *o = run->load.options;
    enum sk_status status;
    unsigned i;

    buf_init(&run->load.text, 2 * BODIES_LARGEST);
    run->load.epoll = -1;
    if (o->requests_file != NULL) {
        status = bodies_open(o->requests_file, &run->load.bodies, err);
        if (status != SK_OK)
            return status;
    }
    run->load.epoll = epoll_create1(EPOLL_CLOEXEC);
    run->lanes = calloc(o->connections, sizeof(run->lanes[0]));
    if (run->load.epoll < 0 || run->lanes == NULL)
        return err_set(err, SK_NOMEM, "%u connections: no memory or descriptors", o->connections);
    for (i = 0; i < o->connections; i++)
        lane_init(&run->lanes[i]);
    run->total = o->requests > 0 ? o->requests : UINT64_MAX;
    if (o->rate > 0 && run->total > o->rate * o->seconds)
        run->total = o->rate * o->seconds;
    /* Without it the kernel may wake us 50 us late, which would count against the server. */
    (void)prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
    return SK_OK;
}

static void run_done(struct run *run)
{
    unsigned i;

    for (i = 0; run->lanes != NULL && i < run->load.options->connections; i++)
        lane_done(&run->lanes[i], &run->load);
    free(run->lanes);
    if (run->load.epoll >= 0)
        (void)close(run->load.epoll);
    bodies_done(&run->load.bodies);
    buf_done(&run->load.text);
}

enum sk_status run_load(const struct bench_options *options, struct bench_result *out,
                        struct sk_err *err)
{
    struct run run = {.load = {.options = options, .result = out}};
    enum sk_status status = run_start(&run, err);

    if (status == SK_OK)
        run_loop(&run);
    run_done(&run);
    if (status == SK_OK && out->good == 0 && out->refused > 0)
        return err_set(err, SK_NOTFOUND, "%s: no connection", options->target.host);
    return status;
}

uint64_t result_faults(const struct bench_result *r)
{
    return r->refused + r->cut + r->malformed + r->late + r->wrong_status + r->no_marker +
           r->unsent;
}
