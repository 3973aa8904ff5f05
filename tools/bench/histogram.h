/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Times in microseconds, counted in classes whose width grows with the value: exact below 256 us,
 * then 128 classes to each power of two, so a quantile is told at most 0.8 % too high and never too
 * low. Fixed size, whatever is added. A zeroed struct is empty.
 */
#ifndef SEKISHO_TOOLS_BENCH_HISTOGRAM_H
#define SEKISHO_TOOLS_BENCH_HISTOGRAM_H

#include <stdint.h>

enum {
    HISTOGRAM_EXACT = 256, /* values below it have a class each */
    HISTOGRAM_PER_POWER = 128,
    HISTOGRAM_POWERS = 24, /* 2^8 to 2^32 us, more than an hour */
    HISTOGRAM_CLASSES = HISTOGRAM_EXACT + HISTOGRAM_POWERS * HISTOGRAM_PER_POWER,
};

struct histogram {
    uint64_t count;
    uint64_t sum_us;
    uint64_t max_us; /* exact */
    uint64_t at[HISTOGRAM_CLASSES];
};

/* Negative counts as 0, what is above 2^32 - 1 us as that. */
void histogram_add(struct histogram *h, int64_t us);
/* A value that at least so many millionths of all do not exceed; 0 when empty. */
uint64_t histogram_quantile(const struct histogram *h, unsigned millionths);
/* The mean, rounded down; 0 when empty. */
uint64_t histogram_mean(const struct histogram *h);

#endif
