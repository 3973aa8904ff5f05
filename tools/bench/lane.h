/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection of the load: requests go out, answers are read and judged in their order. It is
 * opened by the first request and again after an answer that ended it.
 */
#ifndef SEKISHO_TOOLS_BENCH_LANE_H
#define SEKISHO_TOOLS_BENCH_LANE_H

#include "tools/bench/bench.h"
#include "tools/bench/bodies.h"
#include "tools/bench/reply.h"

/* What the lanes of a run share. */
struct load {
    const struct bench_options *options;
    struct bench_result *result;
    struct bodies bodies;
    struct sk_buf text; /* scratch: base64 */
    int epoll;
};

struct lane {
    int fd; /* -1: not open */
    bool waits_to_write;
    struct sk_buf out; /* requests on their way */
    size_t out_sent;
    struct reply reply;
    struct sk_buf body;          /* of the answer being read, when there is a marker */
    int64_t due_us[BENCH_DEPTH]; /* of the requests without an answer, a ring */
    unsigned first, waiting;
    int64_t since_us; /* last sign of life: a request on an empty lane, or an answer */
};

void lane_init(struct lane *lane);
void lane_done(struct lane *lane, struct load *load);

/* Sends the next request, which was due then; the lane has room. */
void lane_send(struct lane *lane, struct load *load, int64_t due_us);
/* The socket can be read or written, as epoll says. */
void lane_ready(struct lane *lane, struct load *load, uint32_t events);
/* Gives up what has waited too long. */
void lane_expire(struct lane *lane, struct load *load, int64_t now_us);

#endif
