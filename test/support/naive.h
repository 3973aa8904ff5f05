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

/* Does 6.1 hold for this path (signatures included, revocation not)? */
enum naive_answer naive_path(const struct facts *f, const struct naive_path *path, int64_t time);
/* Is there any path that does? The first is in *out. Loops are left out: the same name, alternative
 * names and key twice, and the anchor's name and key between anchor and target. */
enum naive_answer naive_search(const struct facts *f, int64_t time, struct naive_path *out);

/* Some certificate of the path stands in a list that surely speaks for it. */
bool naive_is_listed(const struct facts *f, const struct naive_path *path, int64_t time);
/* Each certificate of the path has a list that could clear it. */
bool naive_may_be_clear(const struct facts *f, const struct naive_path *path, int64_t time);
/* Each certificate of the path has a list that surely clears it, and no list of the graph says
 * anything. */
bool naive_is_clear(const struct facts *f, const struct naive_path *path, int64_t time);

#endif
