/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The answer to "is this certificate valid for us, then?": data, never a status.
 *
 * A verdict starts undetermined; verdict_set_valid(), called from one place (core/judge.c), is the
 * only way to valid. Lives in the job's arena (fixed arrays hold what may be many).
 */
#ifndef SEKISHO_CORE_VERDICT_H
#define SEKISHO_CORE_VERDICT_H

#include "core/cert.h"
#include "core/crl.h"
#include "core/limits.h"

enum verdict_kind {
    VERDICT_UNDETERMINED = 0,
    VERDICT_VALID,
    VERDICT_INVALID,
    VERDICT_REVOKED, /* said of the target alone; a revoked CA makes the path invalid */
};

/* X(constant, code as published, what it means for a person) */
#define FINDING_TABLE(X)                                                                           \
    X(FINDING_NO_PATH, "no-path", "no path to a trust anchor")                                     \
    X(FINDING_MALFORMED, "malformed", "not a well-formed certificate")                             \
    X(FINDING_SIGNATURE, "signature", "the signature does not verify with the issuer's key")       \
    X(FINDING_ALGORITHM, "algorithm", "unknown or mismatched signature algorithm")                 \
    X(FINDING_WEAK_ALGORITHM, "weak-algorithm", "key or hash below the policy's floor")            \
    X(FINDING_EXPIRED, "expired", "after notAfter")                                                \
    X(FINDING_NOT_YET_VALID, "not-yet-valid", "before notBefore")                                  \
    X(FINDING_NAME_CHAINING, "name-chaining", "issuer name does not match the issuer's subject")   \
    X(FINDING_VERSION, "version", "certificate version does not fit")                              \
    X(FINDING_NOT_CA, "not-ca", "an issuer that is not a CA")                                      \
    X(FINDING_PATH_LENGTH, "path-length", "pathLenConstraint exceeded")                            \
    X(FINDING_KEY_USAGE, "key-usage", "keyUsage does not allow this use")                          \
    X(FINDING_EXTENDED_KEY_USAGE, "extended-key-usage",                                            \
      "extendedKeyUsage does not allow this use")                                                  \
    X(FINDING_NAME_CONSTRAINTS, "name-constraints",                                                \
      "a name outside the permitted or inside an excluded subtree")                                \
    X(FINDING_UNKNOWN_CRITICAL, "unknown-critical-extension",                                      \
      "a critical extension we do not process")                                                    \
    X(FINDING_POLICY, "policy", "no acceptable certificate policy")                                \
    X(FINDING_NAME_MISMATCH, "name-mismatch", "the certificate is not for the name asked")         \
    X(FINDING_TARGET_IS_ANCHOR, "target-is-anchor", "the certificate is the trust anchor itself")  \
    X(FINDING_REVOKED, "revoked", "the certificate is revoked")                                    \
    X(FINDING_ON_HOLD, "on-hold", "the certificate is on hold")                                    \
    X(FINDING_ISSUER_REVOKED, "issuer-revoked", "a CA certificate of the path is revoked")         \
    X(FINDING_REVOCATION_STALE, "revocation-stale", "the revocation data is out of date")          \
    X(FINDING_REVOCATION_UNREACHABLE, "revocation-unreachable",                                    \
      "the revocation source did not answer")                                                      \
    X(FINDING_REVOCATION_NO_SOURCE, "revocation-no-source",                                        \
      "no revocation data for this certificate")                                                   \
    X(FINDING_REVOCATION_UNUSABLE, "revocation-unusable",                                          \
      "revocation data exists but cannot be relied upon")                                          \
    X(FINDING_GRACE, "grace",                                                                      \
      "accepted on revocation data past its nextUpdate, within the policy's grace")                \
    X(FINDING_BUDGET_EXHAUSTED, "budget-exhausted", "the work allowed for one request was used up")

#define FINDING_ENUM_ROW(constant, code, text) constant,
enum finding_code {
    FINDING_NONE = 0,
    FINDING_TABLE(FINDING_ENUM_ROW) FINDING_COUNT, /* one past the last */
};
#undef FINDING_ENUM_ROW

struct finding {
    enum finding_code code;
    int cert; /* index in the path the finding is about, target 0; -1: the path as a whole */
    const struct sk_cert *about;   /* the certificate meant, also where cert is -1; NULL: none */
    const char *rule;              /* "RFC 5280 6.1.3(a)(2)", or "policy: ..."; static */
    const char *expected, *found;  /* as in text; NULL: not told apart. Like about of the job */
    char text[LIMIT_FINDING_TEXT]; /* what was expected and what was found */
};

/* A way up from the target that is not the verdict's, and why it was given up. */
struct tried_path {
    const struct sk_cert *const *path; /* target first */
    size_t num_path;
    bool is_complete; /* the last one is a trust anchor; else the search ended there */
    enum verdict_kind kind;
    const struct finding *findings;
    size_t num_findings;
};

/* What a status of one certificate rested on. */
struct evidence {
    int cert;                  /* index in the path, target 0 */
    uint8_t sha256[SK_SHA256]; /* of the CRL or OCSP response */
    bool is_ocsp;
    int64_t this_update, next_update;
};
enum { VERDICT_EVIDENCE = 3 * LIMIT_PATH_CERTS };

struct sk_work { /* what the job spent */
    unsigned paths, steps, signatures, policy_nodes, name_checks;
    unsigned arithmetic_us; /* of the signatures, by key_cost_us(): the same on every machine */
};

struct sk_verdict {
    enum verdict_kind kind;
    /* The path of the verdict (or of the best failure), target first, anchor last; pointers into
     * the job. */
    const struct sk_cert *path[LIMIT_PATH_CERTS + 1];
    size_t num_path;
    /* user-constrained-policy-set: OID contents in the arena; anyPolicy stands for itself */
    const struct sk_bytes *policies;
    size_t num_policies;
    const struct sk_bytes *authority_policies; /* authority-constrained-policy-set */
    size_t num_authority_policies;
    size_t num_findings;
    size_t num_others; /* findings at the end that are of other paths: tried says them in full */
    /* Other paths in the order they were given up, at most LIMIT_TRIED_PATHS; in the job. */
    const struct tried_path *tried;
    size_t num_tried;
    size_t num_untold; /* paths that were judged and stand nowhere here */
    size_t num_evidence;
    int64_t valid_until; /* last second for which a valid verdict holds: earliest notAfter,
                            nextUpdate (+ grace) */
    int64_t revoked_at;  /* of a revoked target */
    enum crl_reason revoked_reason;
    struct sk_work work;
    /* Those of the path and of the search, then the first ones of other paths. Of these two arrays
     * only what is counted above has a value: most verdicts need none of their 24 kB. */
    struct finding findings[LIMIT_FINDINGS];
    struct evidence evidence[VERDICT_EVIDENCE];
};

/* Undetermined, and nothing else known. */
void verdict_init(struct sk_verdict *verdict);
void verdict_copy(struct sk_verdict *to, const struct sk_verdict *from);

const char *verdict_kind_text(enum verdict_kind kind); /* "valid" ... */
const char *finding_code_text(enum finding_code code); /* "no-path" ... */
const char *finding_meaning(enum finding_code code);

/* Fills one finding; its text is cut to fit and made printable UTF-8. */
void finding_set(struct finding *finding, enum finding_code code, int cert, const char *rule,
                 const char *fmt, ...) SK_PRINTF(5, 6);

/* Fills one finding from what was expected and what was found (fmt); its text says both. The arena
 * is the job's; without room there the text alone remains. */
void finding_explain(struct finding *finding, struct sk_arena *arena, enum finding_code code,
                     int cert, const char *rule, const char *expected, const char *fmt, ...)
    SK_PRINTF(7, 8);
/* Tells apart what the text of a finding says. */
void finding_set_detail(struct finding *finding, struct sk_arena *arena, const char *expected,
                        const char *found);

/* Adds a finding; when the array is full the call is ignored: the first findings are the ones that
 * matter. */
void verdict_add(struct sk_verdict *verdict, enum finding_code code, int cert, const char *rule,
                 const char *fmt, ...) SK_PRINTF(5, 6);
void verdict_add_finding(struct sk_verdict *verdict, const struct finding *finding);

#endif
