/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/bench/histogram.h"

#include <stddef.h>

/* Value v >= 256 with highest bit e is told by its 8 highest bits: 128 classes of 2^(e-7). */
static size_t class_of(uint64_t v)
{
    unsigned e;

    if (v < HISTOGRAM_EXACT)
        return (size_t)v;
    e = 63U - (unsigned)__builtin_clzll(v);
    return HISTOGRAM_EXACT + (size_t)(e - 8) * HISTOGRAM_PER_POWER +
           (size_t)((v >> (e - 7)) - HISTOGRAM_PER_POWER);
}

/* The largest value of a class. */
static uint64_t end_of(size_t class)
{
    size_t above = class - HISTOGRAM_EXACT;
    unsigned shift;

    if (class < HISTOGRAM_EXACT)
        return class;
    shift = (unsigned)(above / HISTOGRAM_PER_POWER) + 1;
    return ((uint64_t)(above % HISTOGRAM_PER_POWER + HISTOGRAM_PER_POWER + 1) << shift) - 1;
}

void histogram_add(struct histogram *h, int64_t us)
{
    uint64_t v = us < 0 ? 0 : us > (int64_t)UINT32_MAX ? UINT32_MAX : (uint64_t)us;

    h->count++;
    h->sum_us += v;
    if (v > h->max_us)
        h->max_us = v;
    h->at[class_of(v)]++;
}

uint64_t histogram_quantile(const struct histogram *h, unsigned millionths)
{
    /* Two steps, so that nothing overflows; rounded up: the rank that enough values reach. */
    uint64_t rank =
        h->count / 1000000 * millionths + (h->count % 1000000 * millionths + 999999) / 1000000;
    uint64_t seen = 0;
    size_t i;

    for (i = 0; i < HISTOGRAM_CLASSES; i++) {
        seen += h->at[i];
        if (h->at[i] != 0 && seen >= rank)
            return end_of(i) < h->max_us ? end_of(i) : h->max_us;
    }
    return h->max_us;
}

uint64_t histogram_mean(const struct histogram *h)
{
    return h->count == 0 ? 0 : h->sum_us / h->count;
}
