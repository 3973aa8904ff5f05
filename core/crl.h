/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CRL walker: one pass over the DER of a CertificateList (RFC 5280 5), streaming, nothing allocated
 * per entry. A million entries cost one walk and no memory.
 *
 * crl_parse() reads the head and the crlExtensions and skips the entries by their length;
 * crl_entries() and crl_entry_next() then walk them. The result points into the caller's DER (often
 * a file map) and into the arena. The signature is not verified here.
 */
#ifndef SEKISHO_CORE_CRL_H
#define SEKISHO_CORE_CRL_H

#include "core/cert.h"

/* CRLReason (5.3.1) */
enum crl_reason {
    CRL_REASON_UNSPECIFIED = 0,
    CRL_REASON_KEY_COMPROMISE = 1,
    CRL_REASON_CA_COMPROMISE = 2,
    CRL_REASON_AFFILIATION_CHANGED = 3,
    CRL_REASON_SUPERSEDED = 4,
    CRL_REASON_CESSATION_OF_OPERATION = 5,
    CRL_REASON_CERTIFICATE_HOLD = 6,
    CRL_REASON_REMOVE_FROM_CRL = 8,
    CRL_REASON_PRIVILEGE_WITHDRAWN = 9,
    CRL_REASON_AA_COMPROMISE = 10,
};

/* issuingDistributionPoint (5.2.5) */
struct crl_idp {
    bool is_present;
    bool has_name;             /* distributionPoint present */
    struct sk_bytes full_name; /* contents of fullName (GeneralNames) */
    struct sk_bytes relative;  /* contents of nameRelativeToCRLIssuer */
    bool only_user_certs, only_ca_certs, only_attribute_certs, is_indirect;
    bool has_reasons;    /* onlySomeReasons present */
    unsigned reasons;    /* mask of cert_reasons(); CERT_ALL_REASONS when absent */
    struct sk_bytes der; /* extnValue contents: equal for a base and its delta */
};

struct sk_crl {
    struct sk_bytes der, tbs, tbs_alg, sig_alg, signature; /* as in struct sk_cert */
    bool is_sig_alg_equal;
    unsigned version;             /* 1 or 2 */
    struct sk_bytes issuer;       /* whole Name */
    struct sk_bytes issuer_canon; /* in the arena */
    uint8_t issuer_hash[SK_SHA256];
    int64_t this_update;
    bool has_next_update;
    int64_t next_update;     /* CLOCK_NEVER when absent */
    struct sk_bytes entries; /* contents of revokedCertificates, len 0 when absent */
    struct sk_aki aki;
    bool has_aki;
    bool has_number;
    struct sk_bytes number; /* cRLNumber contents (non-negative INTEGER) */
    bool is_delta;
    struct sk_bytes base_number; /* deltaCRLIndicator BaseCRLNumber contents */
    struct crl_idp idp;
    struct cert_extension freshest_crl, ian;
    bool has_unknown_critical; /* C-06 */
    struct sk_bytes unknown_critical;
};

struct crl_entry {
    struct sk_bytes serial; /* contents octets */
    int64_t revoked_at;     /* revocationDate */
    enum crl_reason reason; /* unspecified when absent */
    bool has_reason;
    bool has_invalidity;
    int64_t invalidity_date;
    struct sk_bytes issuer_names; /* certificateIssuer GeneralNames contents in force (sticky,
                                     C-12); len 0: the CRL's issuer */
    bool has_unknown_critical; /* an unknown critical entry extension: the CRL is unusable (C-06) */
};

struct crl_walk {
    const uint8_t *p, *end;       /* rest of the entries */
    struct sk_bytes issuer_names; /* certificateIssuer in force */
    unsigned version;
    bool is_indirect;
};

/* der: exactly one CertificateList. SK_INPUT with text, SK_LIMIT, SK_NOMEM. Does not look at
 * entries and does not hash the CRL. */
enum sk_status crl_parse(struct sk_arena *arena, struct sk_bytes der, struct sk_crl *out,
                         struct sk_err *err) SK_MUST_CHECK;

void crl_entries(const struct sk_crl *crl, struct crl_walk *w);
/* SK_NOTFOUND at the end, SK_INPUT on a malformed entry. certificateIssuer outside an indirect CRL
 * is SK_INPUT. */
enum sk_status crl_entry_next(struct crl_walk *w, struct crl_entry *out,
                              struct sk_err *err) SK_MUST_CHECK;

/* Two entries of one list for one serial (C-19), in whichever order they stand: entry becomes what
 * both say at worst. The earlier date counts, a final reason before a hold, a lost key before any
 * other, and a removal only where nothing else is said. */
void crl_entry_worsen(struct crl_entry *entry, const struct crl_entry *other);

/* Orders two cRLNumber contents (C-20): <0, 0, >0. */
int crl_number_compare(struct sk_bytes a, struct sk_bytes b);

/* Same issuer, same scope: one list replaces the other (C-20) or completes it (C-14), if one key
 * signed both. */
bool crl_same_scope(const struct sk_crl *a, const struct sk_crl *b);
/* C-20: of two of one scope. */
bool crl_is_newer(const struct sk_crl *a, const struct sk_crl *b);
/* C-14, RFC 5280 5.2.4: may delta complete base, dates and signer aside? */
bool crl_delta_fits(const struct sk_crl *base, const struct sk_crl *delta);

/* What a list is for, as far as it or who configured it as an ARL says (C-21). */
enum crl_kind { CRL_KIND_CRL = 0, CRL_KIND_ARL, CRL_KIND_DELTA, CRL_KINDS };
enum crl_kind crl_kind(const struct sk_crl *crl, bool is_arl);
/* "crl"; static. */
const char *crl_kind_text(enum crl_kind kind);

#endif
