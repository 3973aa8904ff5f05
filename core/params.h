/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a relying party asks of a path: the inputs of RFC 5280 6.1.1 and the policy's own rules.
 *
 * Plain data, filled by policy/ (daemon), by sekisho-verify (command line, batch) or by a test;
 * borrowed by the job, immutable while it runs. sk_params_init() gives RFC 5280's defaults.
 */
#ifndef SEKISHO_CORE_PARAMS_H
#define SEKISHO_CORE_PARAMS_H

#include "core/cert.h"
#include "core/general_name.h"
#include "core/key.h"
#include "core/limits.h"

/* A trust anchor is a name and a key (V-01). cert is the certificate it came from: it gives both,
 * and its own validity and extensions do not count unless honour_anchor_constraints. */
struct sk_anchor {
    const struct sk_cert *cert; /* borrowed */
};

enum revocation_mode {
    REVOCATION_REQUIRED = 0, /* every certificate below the anchor needs a known, good status */
    REVOCATION_IF_AVAILABLE, /* no usable source: accepted; a source that says revoked: refused */
    REVOCATION_OFF,
};

enum ocsp_evidence { /* stored OCSP responses (C-22); one that says revoked counts in both */
                     OCSP_EVIDENCE_NO = 0,
                     OCSP_EVIDENCE_YES,    /* where lists leave a status unknown */
                     OCSP_EVIDENCE_PREFER, /* lists, where responses leave a status unknown */
};

/* Budget of a job: reaching one is `undetermined` with `budget-exhausted`, never `valid`. */
struct sk_budget {
    unsigned max_path_certs; /* certificates in a path, anchor not counted */
    unsigned max_paths;
    unsigned max_steps;
    unsigned max_signatures; /* and LIMIT_SIGNATURE_US for each, on average */
    unsigned max_cpu_ms;     /* 0: not watched (fuzzing, reproducible tests) */
    unsigned max_policy_nodes;
    unsigned max_name_checks;
};

struct sk_params {
    const struct sk_anchor *anchors;
    size_t num_anchors;

    /* user-initial-policy-set: OID contents; none means {anyPolicy}, or the empty set when
     * accepts_no_policy */
    const struct sk_bytes *policies;
    size_t num_policies;
    bool accepts_no_policy;
    bool require_explicit_policy, inhibit_policy_mapping, inhibit_any_policy;
    bool honour_anchor_constraints; /* the anchor certificate's extensions count (RFC 5937) */

    enum revocation_mode revocation;
    enum ocsp_evidence ocsp_evidence;
    const struct sk_anchor *ocsp_responders; /* locally trusted for every CA (O-08, model 1) */
    size_t num_ocsp_responders;
    int64_t grace_s; /* a CRL counts this long after its nextUpdate; the verdict then says so */
    int64_t clock_skew_s; /* tolerance at both ends of validity and thisUpdate; 0 by default */

    /* Strength floor: applies to the keys and signatures of every certificate and CRL, not to the
     * anchor's own signature. */
    unsigned min_rsa_bits, min_ec_bits; /* 0: no floor */
    unsigned min_dsa_bits;              /* 0: no floor */
    bool allow_sha1; /* false: SHA-1 signatures are refused as `weak-algorithm` */
    bool allow_dsa;

    /* extendedKeyUsage of the target: all of these (OID contents) must be present, unless the
     * extension is absent or holds anyExtendedKeyUsage (S-11) */
    const struct sk_bytes *ekus;
    size_t num_ekus;
    bool nested_ekus;   /* and of every CA certificate of the path that has the extension (V-74) */
    unsigned key_usage; /* KEY_USAGE_* bits that the target's keyUsage, if present, must all have */

    /* Names the target must be for (each one; dNSName by RFC 6125 left-most wildcard, e-mail, URI
     * host, IP, directoryName). */
    const struct general_name *names;
    size_t num_names;

    struct sk_budget budget;
};

/* RFC 5280 defaults: any-policy, flags false, revocation required, no floor but SHA-1 and DSA
 * allowed, budgets of core/limits.h. */
void params_init(struct sk_params *params);

#endif
