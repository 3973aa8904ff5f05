/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of a revocation check: whose status (subject), which lists speak about it (scope), who
 * signed them (signer), and what they say (revocation.c).
 */
#ifndef SEKISHO_CORE_REVOCATION_INT_H
#define SEKISHO_CORE_REVOCATION_INT_H

#include "core/revocation.h"

/* Whose status is asked. */
struct revocation_subject {
    const struct sk_cert *cert; /* NULL: only issuer and serial are known */
    struct sk_bytes serial;
    bool is_ca;                         /* lists for CA certificates count, else those for others */
    const struct sk_cert *issuer;       /* above[num_above - 1], or the anchor's certificate */
    const struct sk_anchor *anchor;     /* NULL: no path to issuer is known */
    const struct sk_cert *const *above; /* path from the anchor to issuer, anchor not included */
    size_t num_above;
    bool is_above_settled; /* the status of every certificate in above has been asked already */
    const struct revocation_subject *outer; /* whose answer waits for this one (C-24) */
};

struct sk_bytes revocation_issuer_canon(const struct revocation_subject *subject);

/* Which reasons of subject a complete CRL speaks about (RFC 5280 6.3.3(b), (d)); 0: out of scope.
 */
enum sk_status revocation_scope(struct sk_job *job, const struct revocation_subject *subject,
                                const struct source_crl *crl, unsigned *out_reasons) SK_MUST_CHECK;
/* Calls visit for each directoryName of the subject's cRLIssuer fields; where only a serial is
 * known, revocation_indirect_issuers(). */
typedef enum sk_status (*revocation_name_fn)(void *arg, struct sk_bytes canon);
enum sk_status revocation_crl_issuers(struct sk_job *job, const struct revocation_subject *subject,
                                      revocation_name_fn visit, void *arg) SK_MUST_CHECK;
/* Calls visit for each other issuer that has an indirect list in which the subject, a serial, is
 * listed or may be. */
enum sk_status revocation_indirect_issuers(struct sk_job *job,
                                           const struct revocation_subject *subject,
                                           revocation_name_fn visit, void *arg) SK_MUST_CHECK;

/* X(constant, finding, rule, what it asks for, what was found): why a list or response is left out.
 */
#define REVOCATION_FAULT_TABLE(X)                                                                  \
    X(FAULT_CRL_FUTURE, FINDING_REVOCATION_UNUSABLE, "RFC 5280 5.1.2.4",                           \
      "a thisUpdate at or before", "not yet valid: its thisUpdate is")                             \
    X(FAULT_CRL_STALE, FINDING_REVOCATION_STALE, "RFC 5280 6.3.3(a)", "a nextUpdate at or after",  \
      "its nextUpdate was")                                                                        \
    X(FAULT_CRL_NO_NEXT_UPDATE, FINDING_REVOCATION_UNUSABLE, "RFC 5280 5.1.2.5", "a nextUpdate",   \
      "it has no nextUpdate")                                                                      \
    X(FAULT_CRL_CRITICAL, FINDING_REVOCATION_UNUSABLE, "RFC 5280 5.2",                             \
      "no critical extension but those that are processed",                                        \
      "it has an unknown critical extension")                                                      \
    X(FAULT_CRL_ENTRIES, FINDING_REVOCATION_UNUSABLE, "RFC 5280 5.3",                              \
      "entries that can be processed",                                                             \
      "its entries are malformed or have an unknown critical extension")                           \
    X(FAULT_CRL_INDIRECT, FINDING_REVOCATION_UNUSABLE, "RFC 5280 6.3.3",                           \
      "an indirect CRL that can be relied upon about a serial that it lists",                      \
      "it lists the serial, or may, and cannot be relied upon")                                    \
    X(FAULT_CRL_ALGORITHMS, FINDING_REVOCATION_UNUSABLE, "RFC 5280 5.1.1.2",                       \
      "the same algorithm in signatureAlgorithm and in the signed signature field",                \
      "its two signature algorithms differ")                                                       \
    X(FAULT_CRL_WEAK, FINDING_REVOCATION_UNUSABLE, "policy: strength",                             \
      "a signature algorithm that is known and allowed",                                           \
      "its signature algorithm is unknown or below the policy's floor")                            \
    X(FAULT_CRL_SIGNER, FINDING_REVOCATION_UNUSABLE, "RFC 5280 6.3.3(f)",                          \
      "a signature with a key of the CRL issuer that has a path to the same trust anchor",         \
      "signed with no key of its issuer that has a path to the same trust anchor")                 \
    X(FAULT_CRL_SIGNER_USAGE, FINDING_REVOCATION_UNUSABLE, "RFC 5280 6.3.3(f)",                    \
      "keyUsage with cRLSign in the certificate of the CRL issuer",                                \
      "the keyUsage of its issuer's certificate lacks cRLSign")                                    \
    X(FAULT_CRL_SIGNER_DEPTH, FINDING_REVOCATION_UNUSABLE, "policy: limits",                       \
      "CRL issuers whose own lists nest less deep", "its signer's own path nests too deep")        \
    X(FAULT_CRL_SIGNER_LENGTH, FINDING_REVOCATION_UNUSABLE, "policy: limits",                      \
      "a CRL issuer whose path has no more certificates than are allowed",                         \
      "its signer has no path but perhaps a longer one")                                           \
    X(FAULT_CRL_SIGNER_SUSPECT, FINDING_REVOCATION_UNUSABLE, "RFC 5280 6.3.3(f)",                  \
      "a CRL issuer that no list names", "a list that cannot be relied upon names its signer")     \
    X(FAULT_OCSP_NO_NEXT_UPDATE, FINDING_REVOCATION_UNUSABLE, "RFC 6960 4.2.2.1", "a nextUpdate",  \
      "it has no nextUpdate")                                                                      \
    X(FAULT_OCSP_FUTURE, FINDING_REVOCATION_UNUSABLE, "RFC 6960 3.2",                              \
      "a thisUpdate and producedAt at or before the time asked about",                             \
      "it is from after the time asked about")                                                     \
    X(FAULT_OCSP_TIMES, FINDING_REVOCATION_UNUSABLE, "RFC 6960 3.2",                               \
      "thisUpdate, producedAt and nextUpdate in this order", "its times contradict each other")    \
    X(FAULT_OCSP_STALE, FINDING_REVOCATION_STALE, "RFC 6960 3.2",                                  \
      "a nextUpdate at or after the time asked about", "its nextUpdate is past")                   \
    X(FAULT_OCSP_CRITICAL, FINDING_REVOCATION_UNUSABLE, "RFC 6960 4.4", "no critical extension",   \
      "it has a critical extension")                                                               \
    X(FAULT_OCSP_UNKNOWN, FINDING_REVOCATION_UNUSABLE, "RFC 6960 2.2", "a status of good",         \
      "it says unknown")                                                                           \
    X(FAULT_OCSP_SIGNER, FINDING_REVOCATION_UNUSABLE, "RFC 6960 4.2.2.2",                          \
      "a signature of the issuer, its delegate or a trusted responder",                            \
      "signed by nobody who may answer for the issuer")
#define FAULT_ENUM_ROW(constant, code, rule, expected, found) constant,
enum revocation_fault { FAULT_NONE = 0, REVOCATION_FAULT_TABLE(FAULT_ENUM_ROW) FAULT_COUNT };
#undef FAULT_ENUM_ROW

enum finding_code revocation_fault_code(enum revocation_fault fault);
/* Says of out, undetermined, that this list or response ("CRL", "OCSP response") is why. */
void revocation_fault_set(struct revocation_status *out, enum revocation_fault fault,
                          const char *kind, const uint8_t sha256[SK_SHA256]);
/* Appends a time to both texts. */
void revocation_fault_add_times(struct revocation_status *out, int64_t expected, int64_t found);

/* Who signed the list, with the right to (6.3.3(f), (g)). SK_NOTFOUND: nobody we can trust; why
 * says what was tried. */
struct revocation_signer {
    const struct sk_cert *cert;
    bool is_suspect;         /* a list that cannot be relied upon names it: it revokes, but clears
                                nothing (C-06) */
    int64_t holds_until;     /* end of its own path; CLOCK_NEVER when that is the subject's path */
    struct verify_path path; /* ends at cert, for DSA parameters that its key inherits; without
                                certificates: it has what it needs */
};
enum sk_status revocation_find_signer(struct sk_job *job, const struct revocation_subject *subject,
                                      const struct source_crl *crl, struct revocation_signer *out,
                                      enum revocation_fault *out_why) SK_MUST_CHECK;
/* The same among the keys of the subject's own path alone. */
enum sk_status revocation_find_own_signer(struct sk_job *job,
                                          const struct revocation_subject *subject,
                                          const struct source_crl *crl,
                                          struct revocation_signer *out) SK_MUST_CHECK;
/* Every certificate of the source that bears a name, and spki_sha256 if that is not NULL: by
 * SHA-256 and each once, so that the order of the source does not show, in budgets either. A step
 * each. */
struct revocation_certs {
    struct sk_job *job;
    struct sk_bytes canon;
    const uint8_t *spki_sha256;
    const struct sk_cert **items; /* in the job's arena */
    size_t num, cap;
};
enum sk_status revocation_certs_of(struct sk_job *job, struct sk_bytes canon,
                                   const uint8_t hash[SK_SHA256], const uint8_t *spki_sha256,
                                   struct revocation_certs *out) SK_MUST_CHECK;

/* Every key with which revocation_find_signer() may find a list of crl's issuer to be signed.
 * Zeroed at first; asked again for the same issuer it does nothing. */
enum { REVOCATION_KEYS = 8 };
struct revocation_keys {
    struct sk_job *job;
    struct sk_bytes canon;
    const uint8_t *spki_sha256[REVOCATION_KEYS];
    size_t num, num_certs;
    bool has_more; /* than are told here */
};
enum sk_status revocation_signer_keys(struct sk_job *job, const struct revocation_subject *subject,
                                      const struct sk_crl *crl,
                                      struct revocation_keys *keys) SK_MUST_CHECK;
/* Did any key that bears the name of the list's issuer and leads to some anchor sign it, with or
 * without the right to? */
enum sk_status revocation_is_signed(struct sk_job *job, const struct source_crl *crl,
                                    bool *out) SK_MUST_CHECK;
/* Is the signer the very name and key that issued the subject? Then whichever path leads to them
 * proves what they signed. Not said of keys that inherit parameters. */
bool revocation_is_by_issuer(const struct revocation_subject *subject,
                             const struct sk_cert *signer);
/* The key whose DSA parameters the signer's inherits, or NULL. Borrowed from job->keys, so not for
 * keeping: other keys may drive it out. */
enum sk_status revocation_signer_params(struct sk_job *job, const struct revocation_signer *signer,
                                        const struct sk_key **out) SK_MUST_CHECK;
enum sk_status revocation_check_signature(struct sk_job *job, const struct source_crl *crl,
                                          const struct revocation_signer *signer) SK_MUST_CHECK;

/* Does the answer about subject wait for a status of cert? (C-24) */
bool revocation_is_waiting(const struct revocation_subject *subject, const struct sk_cert *cert);
/* verify_path() without what the policy asks of its targets. */
enum sk_status revocation_verify_open(struct sk_job *job, const struct verify_path *path,
                                      struct verify_result *out) SK_MUST_CHECK;
const char *revocation_reason_text(enum crl_reason reason);

/* The status of subject by lists alone (RFC 5280 6.3.3). */
enum sk_status revocation_by_lists(struct sk_job *job, const struct revocation_subject *subject,
                                   struct revocation_status *out) SK_MUST_CHECK;

/* The status of subject by stored OCSP responses alone (C-22); `why` is set when undetermined.
 * Every doubt about a response leaves it out; one that says revoked wins. */
enum sk_status revocation_by_ocsp(struct sk_job *job, const struct revocation_subject *subject,
                                  struct revocation_status *out) SK_MUST_CHECK;

/* What the status of signer->path.certs[index], whose word subject waits for, makes of signer:
 * SK_NOTFOUND, none; else its is_suspect and holds_until are worsened. is_above_settled: the status
 * of what stands above it has been asked. */
enum sk_status revocation_of_signer(struct sk_job *job, const struct revocation_subject *subject,
                                    size_t index, bool is_above_settled,
                                    struct revocation_signer *signer) SK_MUST_CHECK;
/* revocation_elsewhere() where outer waits for the answer (C-24). */
enum sk_status revocation_claimed_elsewhere(struct sk_job *job, const struct verify_path *path,
                                            size_t index, const struct revocation_subject *outer,
                                            struct revocation_status *out) SK_MUST_CHECK;

/* The status of subject; see core/revocation.h. */
enum sk_status revocation_of_subject(struct sk_job *job, const struct revocation_subject *subject,
                                     struct revocation_status *out) SK_MUST_CHECK;

#endif
