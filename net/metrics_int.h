/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between counting (metrics.c) and writing (metrics_text.c): what the indices of struct
 * answer_counters stand for.
 */
#ifndef SEKISHO_NET_METRICS_INT_H
#define SEKISHO_NET_METRICS_INT_H

#include "net/counters.h"

extern const unsigned METRICS_STATUSES[COUNTED_STATUSES]; /* the last, 0: any other */
extern const char *const METRICS_METHODS[COUNTED_METHODS];
extern const char *const METRICS_VERDICTS[COUNTED_VERDICTS];

struct metrics_bucket { /* up to and with its end; the last holds everything */
    int64_t end_us;
    const char *le;
};
extern const struct metrics_bucket METRICS_BUCKETS[COUNTED_BUCKETS];

#endif
