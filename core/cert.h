/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificate walker: one pass over the DER of an X.509 certificate (RFC 5280 4), no key decoded.
 *
 * cert_parse() checks everything that can be checked without issuer, time or policy: DER, fixed
 * shapes of every extension of RFC 5280 (critical or not: V-82), duplicates (V-08), serial, times.
 * It does not verify the signature. The result points into the caller's DER, which must outlive it,
 * and into the arena; it is immutable afterwards and may be shared between threads.
 */
#ifndef SEKISHO_CORE_CERT_H
#define SEKISHO_CORE_CERT_H

#include "core/arena.h"
#include "core/bytes.h"
#include "core/err.h"
#include "core/oid.h"

enum { SK_SHA256 = 32 };

/* KeyUsage bits, bit 0 of the BIT STRING first (RFC 5280 4.2.1.3). */
enum {
    KEY_USAGE_DIGITAL_SIGNATURE = 1u << 0,
    KEY_USAGE_NON_REPUDIATION = 1u << 1,
    KEY_USAGE_KEY_ENCIPHERMENT = 1u << 2,
    KEY_USAGE_DATA_ENCIPHERMENT = 1u << 3,
    KEY_USAGE_KEY_AGREEMENT = 1u << 4,
    KEY_USAGE_KEY_CERT_SIGN = 1u << 5,
    KEY_USAGE_CRL_SIGN = 1u << 6,
    KEY_USAGE_ENCIPHER_ONLY = 1u << 7,
    KEY_USAGE_DECIPHER_ONLY = 1u << 8,
};

/* An extension as found: value is the contents of extnValue. */
struct cert_extension {
    bool is_present;
    bool is_critical;
    struct sk_bytes value;
};

/* authorityKeyIdentifier, shared with CRLs (4.2.1.1) */
struct sk_aki {
    bool has_key_id;
    struct sk_bytes key_id; /* keyIdentifier contents */
    struct sk_bytes
        issuer_names;       /* contents of authorityCertIssuer (GeneralNames), len 0 when absent */
    struct sk_bytes serial; /* authorityCertSerialNumber contents, len 0 when absent */
};

struct sk_cert {
    struct sk_bytes der;     /* the whole certificate */
    struct sk_bytes tbs;     /* TBSCertificate, tag included: what is signed */
    struct sk_bytes tbs_alg; /* AlgorithmIdentifier inside tbs, whole */
    struct sk_bytes
        sig_alg; /* signatureAlgorithm, whole; equality with tbs_alg: is_sig_alg_equal */
    struct sk_bytes signature; /* octets of the BIT STRING; len 0, which never verifies, when it has
                                  unused bits (V-06) */
    bool is_sig_alg_equal;     /* V-05: tbs_alg and sig_alg are the same octets */
    uint8_t sha256[SK_SHA256]; /* of der: the certificate's identity everywhere */
    unsigned version;          /* 1, 2 or 3 */
    struct sk_bytes serial;    /* contents octets */
    struct sk_bytes issuer, subject;                         /* whole Names */
    struct sk_bytes issuer_canon, subject_canon;             /* core/name.h, in the arena */
    uint8_t issuer_hash[SK_SHA256], subject_hash[SK_SHA256]; /* name_hash() of them */
    bool is_self_issued;                                     /* subject matches issuer */
    int64_t not_before, not_after;  /* not_after CLOCK_NEVER for 99991231235959Z (V-15) */
    struct sk_bytes spki;           /* SubjectPublicKeyInfo, whole */
    struct sk_bytes spki_alg;       /* its AlgorithmIdentifier, whole */
    struct sk_bytes key_bits;       /* octets of subjectPublicKey: hashed by OCSP's issuerKeyHash */
    uint8_t spki_sha256[SK_SHA256]; /* of spki: the key's identity everywhere */

    struct cert_extension ski, key_usage, san, ian, basic_constraints, name_constraints, crl_dp,
        policies, policy_mappings, aki_ext, policy_constraints, eku, freshest_crl, inhibit_any, aia,
        sia;
    bool has_unknown_critical;        /* V-80 */
    struct sk_bytes unknown_critical; /* OID contents of the first such extension */
    bool has_nocheck;                 /* id-pkix-ocsp-nocheck */

    struct sk_bytes ski_id;  /* keyIdentifier contents, len 0 when absent */
    struct sk_aki aki;       /* empty when absent */
    unsigned key_usage_bits; /* KEY_USAGE_*; meaningful when key_usage.is_present */
    bool is_ca;              /* basicConstraints cA TRUE */
    bool has_path_len;
    uint64_t path_len;    /* pathLenConstraint when has_path_len */
    bool maps_any_policy; /* policyMappings with anyPolicy, which 6.1.4(a) refuses */
    bool has_require_explicit, has_inhibit_mapping; /* members of policyConstraints */
    uint64_t require_explicit, inhibit_mapping, inhibit_any_skip;
};

/* der: exactly one Certificate, no trailing bytes. SK_INPUT with text, SK_LIMIT, SK_NOMEM. */
enum sk_status cert_parse(struct sk_arena *arena, struct sk_bytes der, struct sk_cert *out,
                          struct sk_err *err) SK_MUST_CHECK;

/* certificatePolicies: one PolicyInformation at a time from policies.value; SK_NOTFOUND at the end.
 */
struct cert_policy {
    struct sk_bytes oid;        /* policyIdentifier contents */
    struct sk_bytes qualifiers; /* whole policyQualifiers SEQUENCE, len 0 when absent */
};
struct cert_walk { /* rest of a SEQUENCE OF */
    const uint8_t *p, *end;
};
/* Enters the SEQUENCE OF that is a list extension's value (policies, policy_mappings, eku, crl_dp,
 * freshest_crl, san, ian). An absent extension gives an empty walk. */
enum sk_status cert_walk_init(struct cert_walk *w, const struct cert_extension *ext) SK_MUST_CHECK;
enum sk_status cert_policy_next(struct cert_walk *w, struct cert_policy *out) SK_MUST_CHECK;
enum sk_status cert_mapping_next(struct cert_walk *w, struct sk_bytes *out_issuer_policy,
                                 struct sk_bytes *out_subject_policy) SK_MUST_CHECK;
enum sk_status cert_eku_next(struct cert_walk *w, struct sk_bytes *out_oid) SK_MUST_CHECK;
/* True when extendedKeyUsage is there and names this very purpose. */
bool cert_names_eku(const struct sk_cert *cert, enum oid_id purpose);
/* RFC 5280 6.3.3(f): keyUsage, if present, has cRLSign. */
bool cert_may_sign_crls(const struct sk_cert *cert);

/* DistributionPoint (4.2.1.13) and the name part of issuingDistributionPoint (5.2.5). */
#define CERT_ALL_REASONS 0xffu /* ReasonFlags bits 1..8 as mask bits 0..7; see cert_reasons() */
struct cert_dist_point {
    bool has_name;             /* distributionPoint present */
    struct sk_bytes full_name; /* contents of fullName (GeneralNames), len 0 when absent */
    struct sk_bytes relative;  /* contents of nameRelativeToCRLIssuer (an RDN), len 0 when absent */
    bool has_reasons;
    unsigned reasons;           /* packed mask; CERT_ALL_REASONS when absent */
    struct sk_bytes crl_issuer; /* contents of cRLIssuer (GeneralNames), len 0 when absent */
};
enum sk_status cert_dist_point_next(struct cert_walk *w, struct cert_dist_point *out) SK_MUST_CHECK;
/* ReasonFlags BIT STRING octets to the packed mask: ReasonFlags bit n (keyCompromise 1 ...
 * aACompromise 8) is mask bit n - 1; bit 0 (unused) is dropped. */
unsigned cert_reasons(struct sk_bytes bits);

/* The names of KEY_USAGE_* bits, "none" without any; cut to fit. */
void cert_key_usage_text(unsigned bits, char *out, size_t size);
/* A short text for people: subject in RFC 4514 form, serial when the subject is empty. */
enum sk_status cert_describe(const struct sk_cert *cert, struct sk_buf *out) SK_MUST_CHECK;

#endif
