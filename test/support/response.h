/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes whole OCSPResponses for tests, with OpenSSL's API, as pki.h makes certificates and CRLs.
 * Every function ends the program when something fails.
 */
#ifndef SEKISHO_TEST_SUPPORT_RESPONSE_H
#define SEKISHO_TEST_SUPPORT_RESPONSE_H

#include "test/support/pki.h"

/* What is meant by a time that is not given: thisUpdate and producedAt, nextUpdate. */
enum { RESPONSE_THIS = PKI_T - 3600, RESPONSE_NEXT = PKI_T + 3600 };

struct response_spec {
    const struct sk_cert *issuer, *about, *signer; /* must be given */
    EVP_PKEY *key;                                 /* of the signer; must be given */
    const EVP_MD *id_hash, *hash;                  /* NULL: SHA-1, SHA-256 */
    int status, reason;                            /* V_OCSP_CERTSTATUS_*; a CRLReason */
    int64_t this_update, next_update, produced_at; /* next_update -1: absent */
    bool is_by_key;                                /* responderID; else by name */
    bool has_certs;                                /* the signer's is in the response */
    const struct sk_cert *shown;                   /* or this one */
    bool has_critical, has_critical_entry;         /* an extension that nobody knows */
    bool has_critical_twice;
    bool is_twice; /* good as well, of the same certificate */
};

/* The DER, in the arena. */
struct sk_bytes response_der(struct sk_arena *arena, const struct response_spec *spec);

#endif
