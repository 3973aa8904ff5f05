/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All certificates of a run, each once, and which source gave which: the trust anchors of the
 * policies, what was fetched, and what was held of every source.
 *
 * pool_gather() collects them, edges_verify() (edges.h) judges whose signatures lead to an anchor,
 * pool_settle() then decides what of each source is published. What is held of a source takes part
 * only when the source did not give all it should: a certificate that its source has withdrawn must
 * not verify others. As that can show in the verification itself, both are repeated until
 * pool_settle() has nothing more to bring in.
 */
#ifndef SEKISHO_TOOLS_FETCH_POOL_H
#define SEKISHO_TOOLS_FETCH_POOL_H

#include "core/arena.h"
#include "core/key.h"
#include "tools/fetch/held.h"
#include "tools/fetch/plan.h"

struct pool_cert {
    struct sk_cert cert;
    bool is_anchor;
    bool is_active;           /* takes part: given by a source, or held of one that failed */
    bool is_verified;         /* an anchor, or signed by the key of a verified issuer */
    bool is_self_signed;      /* a CA's, by its own key; gives no trust */
    bool has_issuer;          /* a verified issuer of that name exists, right key or not */
    bool is_queued;           /* edges_verify() has met it as an issuer */
    const struct sk_key *key; /* of a verified issuer; lives in the run's keyring */
};

/* A certificate as one source gave it. */
struct pool_gift {
    struct pool_cert *cert;
    struct fetch_source *source; /* NULL: an anchor of a policy */
    const char *name;            /* URL or file, for messages */
    bool is_held;                /* from the current generation */
    bool is_kept;                /* set by pool_settle(): it is published */
};

struct pool {
    struct pool_cert **certs; /* each once, by SHA-256 */
    size_t num_certs;
    struct pool_cert **by_issuer; /* the same by issuer_hash, then SHA-256 */
    struct pool_gift *gifts;      /* by certificate, then in order of the plan */
    size_t num_gifts, cap_gifts;
    struct sk_arena *arena; /* the run's, borrowed */
};

void pool_init(struct pool *pool, struct sk_arena *arena);
void pool_done(struct pool *pool);

/* Malformed certificates are reported and left out; their source has a fault. SK_NOMEM, SK_LIMIT.
 */
enum sk_status pool_gather(struct pool *pool, const struct sk_config *config,
                           struct fetch_plan *plan, const struct held *held, struct report *report,
                           struct sk_err *err) SK_MUST_CHECK;
/* The certificates with this issuer_hash: *out_num of them from the result on. */
struct pool_cert *const *pool_issued_by(const struct pool *pool,
                                        const uint8_t issuer_hash[SK_SHA256], size_t *out_num);

/* After edges_verify(). False: something was refused whose source holds more; verify again. True:
 * it is decided; what is refused is reported, and every gift that is_kept is verified or
 * self-signed. */
bool pool_settle(struct pool *pool, struct report *report);

#endif
