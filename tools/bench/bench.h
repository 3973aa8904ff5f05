/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sekisho-bench: sends prepared HTTP requests to a server of this machine, at a fixed rate or as
 * fast as answers come, checks each answer and tells how long they took. bench_main() is the whole
 * program.
 *
 * At a fixed rate (open loop) an answer's time counts from the moment its request was due, whether
 * or not a connection was free then: a server that stalls is charged for everybody who would have
 * had to wait.
 */
#ifndef SEKISHO_TOOLS_BENCH_BENCH_H
#define SEKISHO_TOOLS_BENCH_BENCH_H

#include <stdbool.h>

#include "core/err.h"
#include "tools/bench/histogram.h"
#include "tools/bench/target.h"

enum {
    BENCH_CONNECTIONS = 4096,
    BENCH_DEPTH = 64,
    BENCH_RATE = 1000000,
    BENCH_REQUESTS = 1000000000,
    BENCH_SECONDS = 3600, /* also when only a number of requests is given */
    BENCH_MARKER = 64,
    BENCH_ANSWER = 1 << 20, /* octets of an answer that a marker is looked for in */
};

/* Exit statuses. */
enum bench_exit {
    BENCH_GOOD = 0,   /* every request was answered as expected */
    BENCH_FAULTS = 1, /* some were not; the report says how many */
    BENCH_USAGE = 64,
    BENCH_UNREADABLE = 65, /* the file of bodies cannot be used */
    BENCH_NO_SERVER = 66,  /* nobody listens, or no answer came at all */
};

struct bench_options {
    struct target target;
    const char *requests_file; /* bodies to send; NULL: GET of the address */
    const char *content_type;
    bool is_get;   /* bodies go into the path, in base64 (RFC 6960 A.1) */
    bool is_close; /* a connection for each request */
    bool is_json;
    unsigned connections;
    unsigned depth;    /* closed loop: requests unanswered on each connection */
    uint64_t rate;     /* open loop: requests a second; 0: closed loop */
    uint64_t requests; /* how many; 0: until the time is over */
    unsigned seconds;
    unsigned timeout_ms;          /* for one answer */
    unsigned status;              /* that each answer must have */
    uint8_t marker[BENCH_MARKER]; /* octets that each body must contain */
    size_t marker_len;
};

struct bench_result {
    uint64_t sent, good;
    /* What went wrong, each request once. */
    uint64_t refused;   /* no connection */
    uint64_t cut;       /* the connection ended before the answer did */
    uint64_t malformed; /* what came is no HTTP answer that we read */
    uint64_t late;      /* not within the time for an answer */
    uint64_t wrong_status, no_marker;
    uint64_t unsent;              /* due, but the time was over before a connection was free */
    uint64_t connections, octets; /* connections opened, octets received */
    int64_t elapsed_us;
    struct histogram times; /* of answers that are good */
};

int bench_main(int argc, char **argv);

/* Reads the command line. BENCH_GOOD: go on with *out; when *out_done is set there is nothing more
 * to do. */
enum bench_exit options_read(int argc, char **argv, struct bench_options *out, bool *out_done);
/* Sends the load. SK_INPUT, SK_IO: the file of bodies; SK_NOTFOUND: there is no server. */
enum sk_status run_load(const struct bench_options *options, struct bench_result *out,
                        struct sk_err *err) SK_MUST_CHECK;
uint64_t result_faults(const struct bench_result *result);
/* Writes the result to standard output; false when that fails. */
bool report_print(const struct bench_options *options, const struct bench_result *result);
/* "sekisho-bench: " and the text on standard error. */
void bench_complain(const struct sk_err *err);

#endif
