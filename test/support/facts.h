/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small PKI as plain facts, decoded from any octets, and the certificates and CRLs that say so.
 *
 * Every string of octets is some graph, and octets of zero are a good one: certificate 0 is the
 * anchor, each next one is issued by the one before, the last is the target, and each CA has an
 * empty list. What an octet changes is said at the reader in facts.c. Records have a fixed length
 * and place (12 octets of the question, then certificate 0, CRL 0, certificate 1 ...), so that a
 * changed octet changes one fact.
 *
 * For test/fuzz/fuzz_path.c and test/support/naive.c, which judges the facts themselves. Whatever
 * fails here ends the program.
 */
#ifndef SEKISHO_TEST_SUPPORT_FACTS_H
#define SEKISHO_TEST_SUPPORT_FACTS_H

#include "core/crl.h"
#include "core/params.h"

enum {
    FACTS_CERTS = 10,
    FACTS_CRLS = 6,
    FACTS_ENTRIES = 3,
    FACTS_NAMES = 8,
    FACTS_KEYS = 8,
    FACTS_MAPS = 3,
    FACTS_POLICIES = 5, /* the last is anyPolicy */
    FACTS_ANY = 4,
    FACTS_DIR_BASES = 4, /* of name constraints: bits 0..3 of permitted and excluded */
    FACTS_DNS_BASES = 3, /* bits 4..6 */
    FACTS_SANS = 4,
    FACTS_EKUS = 3, /* the last is anyExtendedKeyUsage */
    FACTS_RDNS = 3, /* of a name, at most */
    FACTS_HEAD_OCTETS = 12,
    FACTS_RECORD_OCTETS = 20, /* of a certificate or CRL */
    FACTS_OCTETS = FACTS_HEAD_OCTETS + (FACTS_CERTS + FACTS_CRLS) * FACTS_RECORD_OCTETS,
};

#define FACTS_T0 1300000000 /* a second before every other time */

/* The signature of an object. */
struct fact_signature {
    unsigned key;   /* who signed */
    bool is_broken; /* nobody did */
    bool is_real;   /* by arithmetic; otherwise the source says who signed */
};

struct fact_point { /* a distribution point, or the name of an issuingDistributionPoint */
    bool is_present, has_name, has_issuer;
    unsigned name, issuer;
    unsigned reasons; /* mask of cert_reasons(); 0: absent */
};

struct fact_cert {
    unsigned subject, issuer, key, serial;
    bool is_other_string; /* the subject in another string type and case */
    struct fact_signature signature;
    int64_t not_before, not_after;
    bool is_v1, has_basic_constraints, is_ca, has_path_len, has_unknown_critical;
    unsigned path_len;
    unsigned key_usage; /* KEY_USAGE_*; 0: absent */
    unsigned policies;  /* mask; 0: absent */
    size_t num_maps;
    struct fact_map {
        unsigned from, to;
    } maps[FACTS_MAPS];
    bool has_require_explicit, has_inhibit_mapping, has_inhibit_any;
    unsigned require_explicit, inhibit_mapping, inhibit_any;
    unsigned permitted, excluded; /* masks; both 0: absent */
    bool is_constraint_critical;
    unsigned sans, ekus; /* masks; 0: absent */
    unsigned ski, aki;   /* how right the hints are */
    struct fact_point point;
    bool is_anchor, is_in_pool;
    struct sk_bytes der;
    const struct sk_cert *cert; /* read; set by facts_build() */
};

struct fact_entry {
    unsigned serial;
    int64_t revoked_at;
    unsigned reason;     /* CRLReason + 1; 0: absent */
    bool has_issuer;     /* certificateIssuer, of indirect lists alone */
    unsigned issuer;     /* a name */
    bool is_far_invalid; /* invalidityDate before all times */
};

struct fact_crl {
    unsigned issuer;
    struct fact_signature signature;
    int64_t this_update, next_update;
    bool has_next_update, has_number, is_delta, has_unknown_critical, is_arl;
    unsigned number, base;
    struct fact_point idp;
    bool only_user, only_ca, only_attribute, is_indirect;
    size_t num_entries;
    struct fact_entry entries[FACTS_ENTRIES];
    struct sk_bytes der;
    uint8_t sha256[SK_SHA256];
};

struct facts {
    size_t num_certs, num_crls, target;
    struct fact_cert certs[FACTS_CERTS];
    struct fact_crl crls[FACTS_CRLS];
    int64_t time;
    bool require_explicit, inhibit_mapping, inhibit_any, honour_anchor, nested_ekus;
    bool asks_name, asks_usage;
    unsigned asked_san;
    unsigned policies, ekus; /* masks asked */
    enum revocation_mode revocation;
    int64_t skew, grace;
    struct sk_budget budget;
    bool is_budget_ample;
    unsigned fraction; /* 0..255: where between now and valid_until to ask once more */
};

void facts_decode(struct sk_bytes octets, struct facts *out);
/* Writes, signs and reads everything; the DER lives in the arena. */
void facts_build(struct sk_arena *arena, struct facts *f);
/* The parameters of the question. anchors: room for FACTS_CERTS, filled, last one first when
 * reversed. */
void facts_params(const struct facts *f, bool is_reversed, struct sk_anchor *anchors,
                  struct sk_params *out);
/* The facts as text on stderr, for people. */
void facts_show(const struct facts *f);
/* Contents of the OID of a policy. */
struct sk_bytes facts_policy(unsigned policy);
/* Where the record of certificate number i begins, or that of CRL number i. */
size_t facts_cert_at(size_t i);
size_t facts_crl_at(size_t i);
/* The SHA-256 of key number n's SubjectPublicKeyInfo. */
const uint8_t *facts_key_sha256(unsigned n);

/* RDNs of a name, and of the base of a directory subtree: numbers of strings. */
size_t facts_name_rdns(unsigned name, const uint8_t **out);
size_t facts_base_rdns(unsigned base, const uint8_t **out);
extern const char *const facts_sans[FACTS_SANS];
extern const char *const facts_dns_bases[FACTS_DNS_BASES];

#endif
