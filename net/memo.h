/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The finished answers that one worker keeps, each until it ends.
 *
 * A key holds everything that an answer depends on; keys are compared whole, so no collision of
 * hashes gives one question another's answer. The time is the caller's.
 *
 * Room is made by two queues. What is new stands in the first, which holds a quarter of the octets;
 * what was asked for again while it stood there goes on into the second when its turn comes, and
 * there it survives one round for each time it was asked for, three at most. Questions that come
 * once, a flood of invented serial numbers above all, push out each other and nothing else.
 */
#ifndef SEKISHO_NET_MEMO_H
#define SEKISHO_NET_MEMO_H

#include "core/bytes.h"
#include "net/counters.h"
#include "net/siphash.h"

enum { MEMO_TAG = 41 };

struct sk_memo;

struct memo_options {
    size_t max_bytes; /* of everything that is kept and what it costs to keep it */
    size_t max_entries;
    int64_t max_age_s;          /* since produced_at */
    uint8_t seed[SIPHASH_SEED]; /* random octets */
    struct memo_stats *stats;   /* outlives the memo */
};

struct memo_answer {
    struct sk_bytes der;
    char tag[MEMO_TAG];  /* entity tag, without quotes */
    const char *verdict; /* class, static */
    int64_t produced_at;
    int64_t ends;       /* as clients are told */
    int64_t kept_until; /* not given from then on; no later than ends */
    bool is_requested;  /* somebody has asked for it; false: it was made in advance */
    bool is_renewed;    /* to be made anew when the generation changes */
};

/* NULL: no memory. */
struct sk_memo *memo_new(const struct memo_options *options);
void memo_free(struct sk_memo *memo); /* accepts NULL */

/* NULL: nothing is kept for this key, or it has ended. The answer lives until the next call.
 * Neither keys nor answers are ever empty. */
const struct memo_answer *memo_find(struct sk_memo *memo, struct sk_bytes key, int64_t now);
/* True when memo_find() would find it; counts nothing. */
bool memo_has(const struct sk_memo *memo, struct sk_bytes key, int64_t now);

/* Keeps a copy, in place of an earlier one of this key; what has ended, does not fit or finds no
 * memory is not kept. */
void memo_put(struct sk_memo *memo, struct sk_bytes key, const struct memo_answer *answer,
              int64_t now);

/* asked: how many have asked for it. */
typedef void (*memo_visit_fn)(void *arg, struct sk_bytes key, const struct memo_answer *answer,
                              uint32_t asked);
void memo_each(const struct sk_memo *memo, memo_visit_fn visit, void *arg);

void memo_clear(struct sk_memo *memo);

#endif
