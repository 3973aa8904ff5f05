/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cross certificate pairs (RFC 4523 2.3): what a CA's entry holds of the certificates that other
 * CAs issued to it and that it issued to them.
 */
#ifndef SEKISHO_TOOLS_FETCH_PAIRS_H
#define SEKISHO_TOOLS_FETCH_PAIRS_H

#include "core/arena.h"
#include "core/cert.h"
#include "tools/fetch/edges.h"

/* Edges in order, to look one up. */
struct pairs_edges {
    struct edge *edges;
    size_t num;
};
enum sk_status pairs_edges_init(struct pairs_edges *sorted, const struct edges *edges,
                                struct sk_arena *arena) SK_MUST_CHECK;

/* to_this: issued to the CA by others; by_this: issued by it to others, both of one name of the CA.
 * They are sorted: newest first. Two stand in one value when issuer and subject of one are subject
 * and issuer of the other and each one's key signed the other; the rest stand alone. Each is in
 * exactly one value. visit: DER of a CertificatePair in the arena. */
typedef enum sk_status (*pairs_fn)(void *arg, struct sk_bytes pair);
enum sk_status pairs_each(const struct sk_cert **to_this, size_t num_to,
                          const struct sk_cert **by_this, size_t num_by,
                          const struct pairs_edges *edges, struct sk_arena *arena, pairs_fn visit,
                          void *arg) SK_MUST_CHECK;

#endif
