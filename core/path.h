/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Path search (RFC 4158): proposes candidate paths from a target to the trust anchors; judges none
 * of them.
 *
 * An explicit stack of issuer candidates, backtracking by popping, no recursion. Candidates of a
 * level are ordered by how likely they are (anchor first, key identifier, verified edge, validity)
 * and then by SHA-256, so that the order of input never matters. Loop rule: the same certificate,
 * or the same (subject name, SAN, public key), twice in a path is cut (B-02). Every step is paid
 * from the job's budget. Internal to core/ and its tests.
 */
#ifndef SEKISHO_CORE_PATH_H
#define SEKISHO_CORE_PATH_H

#include "core/verify.h"

struct path_search; /* in the job's arena */

/* Starts a search for paths that end at target. only_anchor: NULL, or the one anchor paths may
 * start from (C-08). */
enum sk_status path_search_new(struct sk_job *job, const struct sk_cert *target,
                               const struct sk_anchor *only_anchor,
                               struct path_search **out) SK_MUST_CHECK;
/* The next candidate path, anchor first; its memory is valid until the next call. SK_NOTFOUND: no
 * more. SK_LIMIT: a budget ended. */
enum sk_status path_search_next(struct path_search *search, struct verify_path *out) SK_MUST_CHECK;
/* The longest partial path seen, target first, for explaining a failure. */
size_t path_search_partial(const struct path_search *search, const struct sk_cert **out,
                           size_t max);

#endif
