/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small PKI for tests of search, revocation and verdict: certificates and CRLs in a pool, trust
 * anchors beside it, and the judge asked about a target.
 *
 *     struct graph g;
 *     graph_init(&g);
 *     graph_anchor(&g, "/CN=Root", 0);
 *     graph_ca(&g, "/CN=CA", 1, "/CN=Root", 0);
 *     ee = graph_leaf(&g, "/CN=EE", "/CN=CA", 1);
 *     assert_int_equal(graph_judge(&g, ee)->kind, VERDICT_VALID);
 *
 * Keys are numbers of pki_key(PKI_EC, n). Revocation is off until a test switches it on.
 */
#ifndef SEKISHO_TEST_SUPPORT_GRAPH_H
#define SEKISHO_TEST_SUPPORT_GRAPH_H

#include "core/judge.h"
#include "core/memstore.h"
#include "test/support/pki.h"

enum { GRAPH_OBJECTS = 24000, GRAPH_ANCHORS = 64 };

struct graph {
    struct sk_arena *arena, *job;
    struct sk_keyring *keys;
    struct sk_params params;
    struct sk_anchor anchors[GRAPH_ANCHORS];
    struct sk_bytes objects[GRAPH_OBJECTS]; /* of the pool */
    bool is_crl[GRAPH_OBJECTS], is_arl[GRAPH_OBJECTS], is_ocsp[GRAPH_OBJECTS];
    size_t num_objects;
    struct sk_memstore *store; /* of the last judgement */
    struct sk_source source;   /* the store, in the order of seed */
    unsigned seed;
    int64_t time;
    struct sk_verdict verdict;
};

void graph_init(struct graph *g);
void graph_done(struct graph *g);

/* A self-signed certificate that is an anchor and not in the pool. */
const struct sk_cert *graph_anchor(struct graph *g, const char *name, size_t key);
/* Puts a certificate into the pool. */
const struct sk_cert *graph_cert(struct graph *g, const struct pki_cert_spec *spec);
const struct sk_cert *graph_ca(struct graph *g, const char *subject, size_t key, const char *issuer,
                               size_t signer);
/* An end entity with key 23; not in the pool. */
const struct sk_cert *graph_leaf(struct graph *g, const char *subject, const char *issuer,
                                 size_t signer);
/* A parsed certificate that is not in the pool. */
const struct sk_cert *graph_target(struct graph *g, const struct pki_cert_spec *spec);
void graph_crl(struct graph *g, const struct pki_crl_spec *spec);
void graph_arl(struct graph *g, const struct pki_crl_spec *spec); /* told to be an ARL */
void graph_ocsp(struct graph *g, struct sk_bytes der);            /* a whole OCSPResponse */
void graph_empty_crl(struct graph *g, const char *issuer, size_t signer);

/* A source of the pool that hands out candidates in an order that seed decides (0: the store's). */
const struct sk_source *graph_source(struct graph *g, unsigned seed);
const struct sk_verdict *graph_judge_order(struct graph *g, const struct sk_cert *target,
                                           unsigned seed);
const struct sk_verdict *graph_judge(struct graph *g, const struct sk_cert *target);
/* Judges in many orders of the pool; ends the test when kind, path or first finding differ. */
const struct sk_verdict *graph_judge_orders(struct graph *g, const struct sk_cert *target);
/* First finding's code, FINDING_NONE without one. */
enum finding_code graph_finding(const struct sk_verdict *verdict);

#endif
