/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is held: the generation that is current when the run begins. It gives what a failing source
 * gave before, and what a new list is compared with.
 */
#ifndef SEKISHO_TOOLS_FETCH_HELD_H
#define SEKISHO_TOOLS_FETCH_HELD_H

#include "cache/generation.h"
#include "tools/fetch/report.h"

struct held {
    struct sk_generation *gen; /* NULL: nothing is published yet, or it cannot be read */
    struct sk_reader *reader;
};

/* A damaged generation is reported and counts as nothing held: the run may mend it. */
void held_init(struct held *held, const char *cache_dir, struct report *report);
void held_done(struct held *held); /* what was read from it is dead afterwards */

/* Calls visit with the DER of each object that the source with this URL gave. */
typedef enum sk_status (*held_fn)(void *arg, const uint8_t sha256[SK_SHA256], struct sk_bytes der);
enum sk_status held_each(const struct held *held, const char *url, held_fn visit,
                         void *arg) SK_MUST_CHECK;
/* SHA-256 over the hashes of those objects; *out_num: how many. */
enum sk_status held_digest(const struct held *held, const char *url, uint8_t out[SK_SHA256],
                           size_t *out_num) SK_MUST_CHECK;

#endif
