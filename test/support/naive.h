/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RFC 5280 6.1 word for word over the facts of a small PKI: no search order, no budget, no code of
 * core/. The policy tree is the RFC's own, exponential as it is; every simple path is walked.
 * Oracle of test/fuzz/fuzz_path.c.
 */
#ifndef SEKISHO_TEST_SUPPORT_NAIVE_H
#define SEKISHO_TEST_SUPPORT_NAIVE_H

#include "test/support/facts.h"

enum naive_answer { NAIVE_NO = 0, NAIVE_YES, NAIVE_TOO_LARGE };

struct naive_path {
    size_t anchor;             /* numbers of certificates */
    size_t certs[FACTS_CERTS]; /* below the anchor, the target last */
    size_t num_certs;
};

/* Does 6.1 hold for this path (signatures included, revocation not)? When it does, *out_policies is
 * the user-constrained-policy-set, a mask. */
enum naive_answer naive_path(const struct facts *f, const struct naive_path *path, int64_t time,
                             unsigned *out_policies);
/* Is there any path that does? The first is in *out. Loops are left out: the same name, alternative
 * names and key twice, and the anchor's name and key between anchor and target. */
enum naive_answer naive_search(const struct facts *f, int64_t time, struct naive_path *out);

enum naive_status {
    NAIVE_UNKNOWN = 0, /* no lists that count speak of all reasons */
    NAIVE_CLEAR,
    NAIVE_REVOKED,
    NAIVE_BEYOND, /* of this oracle: a list whose signer needs a path of its own */
};

/* RFC 5280 6.3 and the table of core/README.md for path->certs[index], by lists and deltas that
 * keys of the path itself have signed. */
enum naive_status naive_status(const struct facts *f, const struct naive_path *path, size_t index,
                               int64_t time);

#endif
