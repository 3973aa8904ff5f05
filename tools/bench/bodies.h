/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file of request bodies, taken in turn: each is 4 octets of length (most significant first) and
 * so many octets. The file is mapped, so a gigabyte costs no memory of its own.
 */
#ifndef SEKISHO_TOOLS_BENCH_BODIES_H
#define SEKISHO_TOOLS_BENCH_BODIES_H

#include "core/bytes.h"
#include "core/err.h"

enum { BODIES_LARGEST = 1 << 20 }; /* octets of one body */

struct bodies {
    struct sk_bytes map;
    size_t at;    /* where the next one begins */
    size_t count; /* bodies in the file, at least one */
};

/* Maps a file and checks it whole. SK_IO: not readable; SK_INPUT: not such a file. */
enum sk_status bodies_open(const char *file, struct bodies *out, struct sk_err *err) SK_MUST_CHECK;
/* The next one, from the first again after the last; borrowed until bodies_done(). */
struct sk_bytes bodies_next(struct bodies *bodies);
/* Harmless on a zeroed struct. */
void bodies_done(struct bodies *bodies);

#endif
