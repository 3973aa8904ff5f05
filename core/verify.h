/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RFC 5280 6.1: judges one given path, and knows nothing of search or revocation.
 *
 * Internal to core/ and its tests; callers use core/judge.h.
 */
#ifndef SEKISHO_CORE_VERIFY_H
#define SEKISHO_CORE_VERIFY_H

#include "core/job.h"

struct verify_path {
    const struct sk_anchor *anchor;
    const struct sk_cert *const
        *certs;       /* [0] issued by the anchor ... [num_certs - 1] the target */
    size_t num_certs; /* n of RFC 5280, at least 1 */
    bool is_for_crl;  /* the target signs CRLs: cRLSign wanted, no EKU or name checks, any-policy
                         (6.3.3(f)) */
};

struct verify_result {
    bool is_good; /* the path satisfies 6.1 and the policy's strength, EKU and name rules */
    struct finding
        finding;     /* first failure when not; finding.cert counts from the target (target 0) */
    size_t progress; /* certificates that passed, for choosing the best failure */
    const struct sk_bytes *policies; /* user-constrained-policy-set, arena */
    size_t num_policies;
    const struct sk_bytes *authority_policies;
    size_t num_authority_policies;
    int64_t not_after; /* earliest notAfter of the path */
};

/* SK_OK: judged (out says how). SK_LIMIT: a budget ended. SK_NOMEM, SK_INTERNAL. Cheap checks of
 * every certificate run before any signature is computed. */
enum sk_status verify_path(struct sk_job *job, const struct verify_path *path,
                           struct verify_result *out) SK_MUST_CHECK;

/* Working public key parameters (6.1.4(d)-(f)): the key whose DSA parameters the key of
 * path->certs[index] inherits, or NULL when it needs none or there is none. For signatures made
 * with that key: those of the next certificate, and of its CRLs. Borrowed from job->keys. SK_INPUT:
 * a key above cannot be used. */
enum sk_status verify_params_from(struct sk_job *job, const struct verify_path *path, size_t index,
                                  const struct sk_key **out, struct sk_err *err) SK_MUST_CHECK;

#endif
