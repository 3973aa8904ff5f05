/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was verified, into a generation: certificates, edges, lists, what each source gave, the
 * objects below /pki/, and the directory.
 */
#ifndef SEKISHO_TOOLS_FETCH_SNAPSHOT_H
#define SEKISHO_TOOLS_FETCH_SNAPSHOT_H

#include "cache/publish.h"
#include "tools/fetch/lists.h"

struct snapshot {
    const struct sk_config *config;
    const struct pool *pool;
    struct edges *edges; /* edges of the lists are added */
    const struct lists *lists;
    const struct held *held;
    struct report *report;
    struct sk_arena *arena; /* the run's */
    int64_t now;
};

/* Puts everything into pub; the caller commits. */
enum sk_status snapshot_write(const struct snapshot *snapshot, struct sk_publish *pub,
                              struct sk_err *err) SK_MUST_CHECK;

#endif
