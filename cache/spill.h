/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records sorted by key that may be more than memory should hold: a directory of a million entries.
 * Internal to cache/ and its unit tests.
 *
 * They are collected in memory; at SPILL_BYTES they are sorted and written to a file without a
 * name, and at the end these runs are merged. LMDB is then written once, in order, with full pages.
 */
#ifndef SEKISHO_CACHE_SPILL_H
#define SEKISHO_CACHE_SPILL_H

#include "core/buf.h"
#include "core/err.h"

#define SPILL_BYTES (64u * 1024u * 1024u)

struct spill_run { /* of the file; then what the merge has not visited */
    uint64_t begin, end;
};

struct spill {
    const char *dir;     /* where the file is made; borrowed */
    size_t max;          /* octets in memory: SPILL_BYTES, less in tests */
    struct sk_buf bytes; /* records one after the other */
    uint32_t *offsets;   /* of each record in bytes */
    size_t num, cap;
    int fd; /* -1: all is in memory */
    uint64_t written;
    struct spill_run *runs;
    size_t num_runs;
};

void spill_init(struct spill *spill, const char *dir);
void spill_done(struct spill *spill);

/* Keys of at most 64 KiB, values of at most 4 GiB. */
enum sk_status spill_put(struct spill *spill, struct sk_bytes key, struct sk_bytes value,
                         struct sk_err *err) SK_MUST_CHECK;
/* Visits the records in order of their keys, those of one key in the order they were put. Once. */
typedef enum sk_status (*spill_fn)(void *arg, struct sk_bytes key, struct sk_bytes value);
enum sk_status spill_each(struct spill *spill, spill_fn visit, void *arg,
                          struct sk_err *err) SK_MUST_CHECK;

#endif
