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
 * Reading is in ocsp_request.c, writing in ocsp_write.c. Who signed a request is not looked at here
 * (net/ocsp_requestor.h).
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

/* "tryLater"; static. */
const char *ocsp_error_text(enum ocsp_error error);

struct ocsp_certid {
    struct sk_bytes whole; /* CertID as received: mirrored in the response (O-02) */
    enum key_hash hash;    /* KEY_HASH_NONE: an algorithm we do not know, no issuer matches */
    struct sk_bytes name_hash, key_hash;
    struct sk_bytes serial;    /* contents octets */
    struct sk_bytes extension; /* extnValue of rules->id_extension */
};

struct ocsp_preference {        /* of a client (RFC 6960 4.4.7.1) */
    struct sk_bytes algorithm;  /* AlgorithmIdentifier of signatures, whole */
    struct sk_bytes capability; /* SMIMECapability of the signer's key, contents; len 0: any */
};

struct ocsp_signature {
    struct sk_bytes tbs, algorithm; /* whole */
    struct sk_bytes value;
    struct sk_bytes certs; /* contents of the SEQUENCE OF Certificate; may be empty */
};

/* Points into the request's octets. */
struct ocsp_request {
    struct ocsp_certid ids[LIMIT_OCSP_CERTIDS];
    size_t num_ids;
    bool has_nonce;
    struct sk_bytes nonce; /* 1 to 128 octets */
    struct ocsp_preference preferences[LIMIT_OCSP_PREFERENCES];
    size_t num_preferences;    /* those after the last are passed over */
    struct sk_bytes extension; /* extnValue of rules->extension */
    struct sk_bytes requestor; /* GeneralName, whole; len 0: none */
    bool is_signed;
    struct ocsp_signature signature;
};

struct ocsp_rules {
    size_t max_ids;
    /* Two more extensions that are understood: of the request, and of one CertID. OID contents;
     * len 0: none. */
    struct sk_bytes extension, id_extension;
};

/* SK_INPUT: malformedRequest, err says why (unknown critical extensions and nonces of a wrong
 * length too). SK_LIMIT: more than max_ids CertIDs, or another cap. */
enum sk_status ocsp_request_parse(struct sk_bytes der, const struct ocsp_rules *rules,
                                  struct ocsp_request *out, struct sk_err *err) SK_MUST_CHECK;

/* Appends an OCSPRequest that reads as the same but for nonce, requestorName and signature: equal
 * octets for equal questions. Flags and order of extensions, and extensions that are passed over,
 * make no difference. */
enum sk_status ocsp_write_request(const struct ocsp_request *request,
                                  const struct ocsp_rules *rules, struct sk_buf *out) SK_MUST_CHECK;

enum ocsp_cert_status {
    OCSP_CERT_UNKNOWN = 0,
    OCSP_CERT_GOOD,
    OCSP_CERT_REVOKED,
};

/* "good"; static. */
const char *ocsp_cert_status_text(enum ocsp_cert_status status);

struct ocsp_single {
    enum ocsp_cert_status status;
    int64_t revoked_at;
    enum crl_reason reason; /* unspecified is left out (RFC 5280 5.3.1) */
    int64_t this_update, next_update;
    /* singleExtensions */
    bool has_crl;               /* CrlID: the list that holds a revoked certificate */
    struct sk_bytes crl_number; /* INTEGER contents; len 0: the list has none */
    int64_t crl_time;
    bool has_archive_cutoff, has_invalidity;
    int64_t archive_cutoff, invalidity_date;
    struct sk_bytes extension; /* one more Extension, whole; len 0: none */
};

struct ocsp_data {
    const struct ocsp_request *request;
    const struct ocsp_single *singles; /* one for each CertID, in order (O-07) */
    struct sk_bytes responder;         /* SHA-1 of the responder's key bits */
    int64_t produced_at;
    bool has_nonce;           /* the request's nonce is echoed */
    bool has_extended_revoke; /* a revoked among singles may mean "never issued" (O-05) */
};

/* Appends ResponseData: what is signed. */
enum sk_status ocsp_write_data(const struct ocsp_data *data, struct sk_buf *out) SK_MUST_CHECK;
/* Appends OCSPResponse. algorithm: AlgorithmIdentifier of the signature; certs: contents of the
 * SEQUENCE OF Certificate, may be empty. */
enum sk_status ocsp_write_response(struct sk_bytes response_data, struct sk_bytes algorithm,
                                   struct sk_bytes signature, struct sk_bytes certs,
                                   struct sk_buf *out) SK_MUST_CHECK;
/* Appends an unsigned error response (O-15). */
void ocsp_write_error(enum ocsp_error error, struct sk_buf *out);

#endif
