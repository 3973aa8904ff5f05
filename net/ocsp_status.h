/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The status of each certificate of an OCSP request, from one generation.
 *
 * A function of the request's CertIDs, the policy, the generation and the time: nothing else goes
 * in, so whatever these have in common has the same answer. Undetermined is never good.
 */
#ifndef SEKISHO_NET_OCSP_STATUS_H
#define SEKISHO_NET_OCSP_STATUS_H

#include "cache/generation.h"
#include "net/ocsp.h"
#include "net/why.h"
#include "policy/config.h"

struct ocsp_own;

struct ocsp_ask {
    const struct sk_config *config;
    const struct sk_policy *policy;
    struct sk_reader *reader;
    struct sk_keyring *keys;
    struct sk_arena *arena; /* of this request; the result points into it */
    int64_t now;
    struct why_note why;  /* where decisions are noted */
    struct ocsp_own *own; /* what is known of the own keys (net/ocsp_own.h) */
    bool wants_trusted;   /* for the choice of a key: one that relying parties trust locally */
};

struct ocsp_statuses { /* one for each CertID, in order */
    struct ocsp_single singles[LIMIT_OCSP_CERTIDS];
    const struct sk_cert *issuers[LIMIT_OCSP_CERTIDS]; /* a certificate of it; NULL: unknown */
    const struct config_ca *cas[LIMIT_OCSP_CERTIDS];   /* whose lists are the issuer's, or NULL */
    struct sk_bytes list_algorithm; /* AlgorithmIdentifier of the first list used; len 0: none */
    bool has_extended_revoke;       /* one is revoked because it was never issued (O-05) */
    int64_t ends;                   /* earliest nextUpdate */
};

/* OCSP_ERROR_NONE: out is filled. An error is the answer to the whole request. */
enum ocsp_error ocsp_status_find(const struct ocsp_ask *ask, const struct ocsp_request *request,
                                 struct ocsp_statuses *out);

/* The certificate with this CertID. SK_NOTFOUND: the generation has none, or more than one. */
enum sk_status ocsp_status_cert(const struct ocsp_ask *ask, const struct ocsp_certid *id,
                                const struct sk_cert **out) SK_MUST_CHECK;

#endif
