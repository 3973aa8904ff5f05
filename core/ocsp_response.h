/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stored OCSP answer, read strictly (RFC 6960 4.2.1): OCSPResponse, its BasicOCSPResponse and the
 * certificates in it.
 *
 * Nothing is judged here: not who signed it, not whether it is current (core/revocation.h does).
 * Everything points into the caller's octets, which must outlive the result; certificates and the
 * canonical responder name are in the arena.
 */
#ifndef SEKISHO_CORE_OCSP_RESPONSE_H
#define SEKISHO_CORE_OCSP_RESPONSE_H

#include "core/cert.h"
#include "core/crl.h"
#include "core/key.h"
#include "core/limits.h"

enum ocsp_entry_status { OCSP_ENTRY_GOOD = 1, OCSP_ENTRY_REVOKED, OCSP_ENTRY_UNKNOWN };

struct ocsp_entry {     /* SingleResponse */
    enum key_hash hash; /* of the CertID; KEY_HASH_NONE: one we do not know */
    struct sk_bytes issuer_name_hash, issuer_key_hash, serial; /* contents */
    enum ocsp_entry_status status;
    int64_t revoked_at;     /* when revoked */
    enum crl_reason reason; /* CRL_REASON_UNSPECIFIED when absent */
    int64_t this_update, next_update;
    bool has_next_update;
    bool has_critical; /* a critical singleExtension: we process none */
};

struct sk_ocsp {
    struct sk_bytes der; /* the whole OCSPResponse */
    uint8_t sha256[SK_SHA256];
    struct sk_bytes tbs, sig_alg; /* whole */
    struct sk_bytes signature;    /* octets; none when the BIT STRING is not whole octets */
    bool is_by_name;
    struct sk_bytes responder; /* byName: canonical Name; byKey: the SHA-1 of the key */
    int64_t produced_at;
    struct sk_bytes entries; /* contents of responses; well formed, see ocsp_entry_next() */
    bool has_critical;       /* a critical responseExtension: we process none */
    const struct sk_cert *certs[LIMIT_OCSP_RESPONSE_CERTS];
    size_t num_certs;
};

/* der: exactly one successful OCSPResponse of type id-pkix-ocsp-basic. SK_INPUT with text: it is
 * not, or malformed; SK_LIMIT, SK_NOMEM. */
enum sk_status ocsp_response_parse(struct sk_arena *arena, struct sk_bytes der, struct sk_ocsp *out,
                                   struct sk_err *err) SK_MUST_CHECK;

/* One after the other, in order. SK_NOTFOUND: no more. SK_INPUT: never, once parsed.
 */
void ocsp_entries(const struct sk_ocsp *response, struct cert_walk *out);
enum sk_status ocsp_entry_next(struct cert_walk *walk, struct ocsp_entry *out) SK_MUST_CHECK;

#endif
