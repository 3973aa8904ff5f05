/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a reader has parsed once and keeps for its life: certificates by their SHA-256, heads of
 * CRLs by their id. Internal to cache/ and its unit tests.
 *
 * Nothing is ever put out again: the bytes do not change while the reader lives. Past the caps
 * nothing more is kept, and whoever asks parses into the memory of the job instead. One thread.
 */
#ifndef SEKISHO_CACHE_KEPT_H
#define SEKISHO_CACHE_KEPT_H

#include "core/err.h"
#include "core/source.h"

struct kept {
    struct sk_arena *arena;
    const struct sk_cert **slots; /* open hash over SHA-256; NULL is free */
    size_t num_slots, num_certs, max_certs;
    const struct source_crl **crls; /* by CRL id; NULL: not read yet */
    size_t max_crls;
    bool is_full; /* the arena has refused once */
};

/* kept_done() also after a failure, and on a zeroed struct. */
enum sk_status kept_init(struct kept *kept, size_t max_certs, size_t max_crls,
                         size_t max_bytes) SK_MUST_CHECK;
void kept_done(struct kept *kept);

/* NULL: not kept. */
const struct sk_cert *kept_cert(const struct kept *kept, const uint8_t sha256[SK_SHA256]);
const struct source_crl *kept_crl(const struct kept *kept, unsigned id);

/* Where to parse what is to be kept; NULL: it cannot be, parse elsewhere. */
struct sk_arena *kept_room_for_cert(const struct kept *kept);
struct sk_arena *kept_room_for_crl(const struct kept *kept, unsigned id);
/* What was parsed into that arena. */
void kept_add_cert(struct kept *kept, const struct sk_cert *cert);
void kept_add_crl(struct kept *kept, unsigned id, const struct source_crl *crl);
/* Parsing there ended with status: true when it is to be done again elsewhere, because the arena is
 * full. */
bool kept_is_refused(struct kept *kept, enum sk_status status);

#endif
