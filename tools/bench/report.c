/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>

#include "tools/bench/bench.h"

struct number {
    const char *name, *text; /* in JSON, and for people */
    uint64_t value;
    bool is_fault; /* people are not told when it is 0 */
};

enum { NUMBERS = 19 };

static void collect(const struct bench_result *r, struct number out[NUMBERS])
{
    const struct histogram *t = &r->times;
    const struct number numbers[NUMBERS] = {
        {"sent", "requests", r->sent, false},
        {"good", "answered as expected", r->good, false},
        {"refused", "no connection", r->refused, true},
        {"cut", "connection ended before the answer", r->cut, true},
        {"malformed", "not an HTTP answer", r->malformed, true},
        {"late", "no answer in time", r->late, true},
        {"wrong_status", "another status", r->wrong_status, true},
        {"no_marker", "without the marker", r->no_marker, true},
        {"unsent", "due but not sent", r->unsent, true},
        {"connections", "connections", r->connections, false},
        {"octets", "octets received", r->octets, false},
        {"elapsed_us", "microseconds in all", (uint64_t)r->elapsed_us, false},
        {"per_second", "good answers a second",
         r->elapsed_us > 0 ? r->good * 1000000 / (uint64_t)r->elapsed_us : 0, false},
        {"mean_us", "mean, us", histogram_mean(t), false},
        {"p50_us", "median, us", histogram_quantile(t, 500000), false},
        {"p90_us", "90 %, us", histogram_quantile(t, 900000), false},
        {"p99_us", "99 %, us", histogram_quantile(t, 990000), false},
        {"p999_us", "99.9 %, us", histogram_quantile(t, 999000), false},
        {"max_us", "longest, us", t->max_us, false},
    };
    size_t i;

    for (i = 0; i < NUMBERS; i++)
        out[i] = numbers[i];
}

bool report_print(const struct bench_options *options, const struct bench_result *result)
{
    struct number numbers[NUMBERS];
    size_t i;

    collect(result, numbers);
    for (i = 0; i < NUMBERS; i++) {
        if (options->is_json)
            (void)printf("%s\"%s\":%" PRIu64, i == 0 ? "{" : ",", numbers[i].name,
                         numbers[i].value);
        else if (!numbers[i].is_fault || numbers[i].value > 0)
            (void)printf("%12" PRIu64 "  %s\n", numbers[i].value, numbers[i].text);
    }
    if (options->is_json)
        (void)puts("}");
    return fflush(stdout) == 0;
}
