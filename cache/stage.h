/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records on their way into a generation: collected in any order, sorted once, then read in order
 * of their keys, which is how LMDB appends fastest. Internal to cache/ and its unit tests.
 *
 * A record costs its octets, two of lengths and four of index. Keys and values have at most 255
 * octets; a stage holds at most 4 GiB (SK_LIMIT).
 */
#ifndef SEKISHO_CACHE_STAGE_H
#define SEKISHO_CACHE_STAGE_H

#include "core/buf.h"

struct stage {
    struct sk_buf bytes; /* records one after the other: key length, value length, key, value */
    uint32_t *offsets;   /* of each record in bytes */
    size_t num, cap;
    bool is_sorted; /* set by stage_sort(), cleared by stage_put() */
};

struct stage_record {
    struct sk_bytes key, value; /* in the stage; dead after the next stage_put() */
};

void stage_init(struct stage *stage);
void stage_done(struct stage *stage); /* harmless when done twice */
void stage_reset(struct stage *stage);

/* SK_LIMIT, SK_NOMEM; the stage is then of no further use. */
enum sk_status stage_put(struct stage *stage, struct sk_bytes key,
                         struct sk_bytes value) SK_MUST_CHECK;
/* By key; records of equal keys by value when by_value, else in the order they were put. */
void stage_sort(struct stage *stage, bool by_value);
/* The record at index (below num), in sorted order after stage_sort(). */
struct stage_record stage_at(const struct stage *stage, size_t index);

#endif
