/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OCSP messages (RFC 6960, RFC 9654): reading requests, writing responses. Pure; no judging.
 *
 *   OCSPRequest ::= SEQUENCE { tbsRequest, optionalSignature [0] EXPLICIT Signature OPTIONAL }
 *   TBSRequest  ::= SEQUENCE { version [0] EXPLICIT INTEGER DEFAULT v1,
 *                              requestorName [1] EXPLICIT GeneralName OPTIONAL,
 *                              requestList SEQUENCE OF Request,
 *                              requestExtensions [2] EXPLICIT Extensions OPTIONAL }
 *   Request     ::= SEQUENCE { reqCert CertID, singleRequestExtensions [0] EXPLICIT OPTIONAL }
 *   CertID      ::= SEQUENCE { hashAlgorithm, issuerNameHash OCTET STRING,
 *                              issuerKeyHash OCTET STRING, serialNumber INTEGER }
 *
 * A signature on a request is optional for the client and for us: its form is checked, its value is
 * not (nothing depends on who asks).
 */
#ifndef SEKISHO_NET_OCSP_H
#define SEKISHO_NET_OCSP_H

#include "core/buf.h"
#include "core/crl.h"
#include "core/err.h"
#include "core/key.h"
#include "core/limits.h"

/* OCSPResponseStatus */
enum ocsp_error {
    OCSP_ERROR_NONE = 0, /* successful */
    OCSP_ERROR_MALFORMED = 1,
    OCSP_ERROR_INTERNAL = 2,
    OCSP_ERROR_TRY_LATER = 3,
    OCSP_ERROR_SIG_REQUIRED = 5,
    OCSP_ERROR_UNAUTHORIZED = 6,
};

struct ocsp_certid {
    struct sk_bytes whole; /* CertID as received: mirrored in the response (O-02) */
    enum key_hash hash;    /* KEY_HASH_NONE: an algorithm we do not know, no issuer matches */
    struct sk_bytes name_hash, key_hash;
    struct sk_bytes serial; /* contents octets */
};

/* Points into the request's octets. */
struct ocsp_request {
    struct ocsp_certid ids[LIMIT_OCSP_CERTIDS];
    size_t num_ids;
    bool has_nonce;
    struct sk_bytes nonce;         /* 1 to 128 octets */
    bool has_requestor, is_signed; /* neither is looked into */
};

/* SK_INPUT: malformedRequest, err says why (unknown critical extensions and nonces of a wrong
 * length too). SK_LIMIT: more than max_ids CertIDs, or another cap. */
enum sk_status ocsp_request_parse(struct sk_bytes der, size_t max_ids, struct ocsp_request *out,
                                  struct sk_err *err) SK_MUST_CHECK;

enum ocsp_cert_status {
    OCSP_CERT_UNKNOWN = 0,
    OCSP_CERT_GOOD,
    OCSP_CERT_REVOKED,
};

struct ocsp_single {
    enum ocsp_cert_status status;
    int64_t revoked_at;
    enum crl_reason reason; /* unspecified is left out (RFC 5280 5.3.1) */
    int64_t this_update, next_update;
};

/* Appends ResponseData: what is signed. responder: SHA-1 of the responder's key bits. singles: one
 * for each CertID of request. The nonce is echoed. */
enum sk_status ocsp_response_data(const struct ocsp_request *request,
                                  const struct ocsp_single *singles, struct sk_bytes responder,
                                  int64_t produced_at, struct sk_buf *out) SK_MUST_CHECK;
/* Appends OCSPResponse. algorithm: AlgorithmIdentifier of the signature; certs: contents of the
 * SEQUENCE OF Certificate, may be empty. */
enum sk_status ocsp_response_encode(struct sk_bytes response_data, struct sk_bytes algorithm,
                                    struct sk_bytes signature, struct sk_bytes certs,
                                    struct sk_buf *out) SK_MUST_CHECK;
/* Appends an unsigned error response (O-15). */
void ocsp_error_encode(enum ocsp_error error, struct sk_buf *out);

#endif
