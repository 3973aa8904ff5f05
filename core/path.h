/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Path search (RFC 4158): proposes candidate paths from a target to the trust anchors; judges none
 * of them.
 *
 * First every certificate that can stand above the target is gathered once, name by name, and each
 * name learns how far it is from an anchor: what leads nowhere is never entered, and a target with
 * no path costs time linear in the graph. Then an explicit stack of issuer candidates, backtracking
 * by popping, no recursion. Candidates of a level are ordered by how likely they are (anchor first,
 * key identifier, issuer and serial, verified edge, distance) and then by SHA-256, so that the
 * order of input never matters. Key identifiers sort and never eliminate (B-04). Loop rule: the
 * same certificate, or the same (subject name, SAN, public key), twice in a path is cut (B-02).
 *
 * Candidates that RFC 5280 6.1 is sure to refuse (no CA, out of date, wrong key ...) are left out
 * until nothing else is left; only when no other path was proposed, a few paths with them follow,
 * so that the failure can be explained. Every step is paid from the job's budget. Internal to core/
 * and its tests.
 */
#ifndef SEKISHO_CORE_PATH_H
#define SEKISHO_CORE_PATH_H

#include "core/verify.h"

/* Fills job->anchors, once a job: the order in which anchors are given must not show. */
enum sk_status path_sort_anchors(struct sk_job *job) SK_MUST_CHECK;

struct path_search; /* in the job's arena */

/* Starts a search for paths that end at target. only_anchor: NULL, or the one anchor paths may
 * start from (C-08). SK_LIMIT: a budget ended. SK_NOMEM. */
enum sk_status path_search_new(struct sk_job *job, const struct sk_cert *target,
                               const struct sk_anchor *only_anchor,
                               struct path_search **out) SK_MUST_CHECK;
/* What a search may use at most: names in the order in which they stand in another path. */
struct path_scope {
    const struct sk_anchor *anchor;     /* the one anchor */
    const struct sk_cert *const *above; /* below it, that side first */
    size_t num_above;
};
/* May cert stand in a path that brings in no CA beside those of scope, in their order?
 * Self-issued certificates do not count. It may say yes too often, never no. */
bool path_scope_allows(const struct path_scope *scope, const struct sk_cert *cert);
/* path_search_new() that gathers nothing else. It only looks for good paths: there is nobody to
 * explain the others to. scope must outlive the call. */
enum sk_status path_search_within(struct sk_job *job, const struct sk_cert *target,
                                  const struct path_scope *scope,
                                  struct path_search **out) SK_MUST_CHECK;
/* A policy is required from the start (initial-explicit-policy): paths that cannot have one are
 * then left out like those with hopeless candidates. */
void path_search_require_policy(struct path_search *search);
/* The next candidate path, anchor first; its memory is valid until the next call. SK_NOTFOUND: no
 * more. SK_LIMIT: a budget ended. */
enum sk_status path_search_next(struct path_search *search, struct verify_path *out) SK_MUST_CHECK;
/* certs[index] of the last proposal, not the target, is revoked by its issuer's own key: no path
 * with it below that name and key is proposed any more, for each would be found revoked there or
 * above, or fail before. */
void path_search_leave_out(struct path_search *search, size_t index);
/* Asked in the end. True when a path may exist that is longer than the budget's max_path_certs:
 * then finding none, or no good one, proves nothing. Paths that path_search_leave_out() knows to be
 * revoked do not count, whenever it learned of them. */
bool path_search_is_cut(struct path_search *search);
/* For explaining why there is no path: the most likely issuers upwards from the target as far as
 * certificates are known, target first. At most max; the number is returned. */
size_t path_search_partial(const struct path_search *search, const struct sk_cert **out,
                           size_t max);

/* Why no certificate above is known that leads on. */
enum path_end {
    PATH_END_NO_ISSUER,   /* nothing bears the issuer's name */
    PATH_END_SELF_ISSUED, /* only certificates that the name issued itself do, and no anchor */
    PATH_END_REPEATS,     /* only ways on which something stands twice */
};
struct path_dead_end {
    const struct sk_cert *cert; /* whose issuer leads nowhere */
    enum path_end why;
};
/* For the same: where the ways up end, that of path_search_partial() first, then nearest first. At
 * most max are given, the number of all is returned. out_num_certs: gathered above the target. */
size_t path_search_dead_ends(const struct path_search *search, struct path_dead_end *out,
                             size_t max, size_t *out_num_certs);

#endif
