/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verified edges of the graph: which key signed which certificate.
 *
 * The search starts at the trust anchors and goes down: a certificate is verified when the key of a
 * verified issuer of its name signed it, and then issues in its turn if it is a CA's that may
 * (RFC 5280 4.2.1.3, 4.2.1.9). Validity, policies and constraints are not looked at: they belong to
 * a time and a path, and the judge sees to them.
 */
#ifndef SEKISHO_TOOLS_FETCH_EDGES_H
#define SEKISHO_TOOLS_FETCH_EDGES_H

#include "tools/fetch/pool.h"

struct edge { /* spki signed object */
    uint8_t object[SK_SHA256], spki[SK_SHA256];
};

struct edges {
    struct edge *edges;
    size_t num_edges, cap_edges;
};

/* Judges the active certificates of the pool, anew at each call. keys: room for a key of each of
 * them. SK_NOMEM. */
enum sk_status edges_verify(struct edges *edges, struct pool *pool, struct sk_keyring *keys,
                            struct sk_err *err) SK_MUST_CHECK;
/* Notes an edge that the caller has verified. issuer_spki that inherits DSA parameters is left out:
 * then the key alone does not say what was verified. */
enum sk_status edges_add(struct edges *edges, const uint8_t object[SK_SHA256],
                         const struct sk_cert *issuer) SK_MUST_CHECK;
void edges_done(struct edges *edges);

#endif
