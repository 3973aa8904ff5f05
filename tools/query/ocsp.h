/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of the OCSP client share: the question, whose signature counts, and what an answer
 * says once it has been verified.
 */
#ifndef SEKISHO_TOOLS_QUERY_OCSP_H
#define SEKISHO_TOOLS_QUERY_OCSP_H

#include <openssl/ocsp.h>
#include <openssl/x509.h>

#include "tools/query/query.h"

enum {
    OCSP_SKEW_S = 300,      /* how far the server's clock may be off */
    OCSP_MAX_AGE_S = 86400, /* of an answer that does not say when the next one comes */
    OCSP_NONCE_BYTES = 32,  /* RFC 9654 2.1 */
};

struct ocsp_trust {
    X509 *issuer;
    X509 *responder;      /* NULL: its certificate must come from one of the CAs */
    STACK_OF(X509) * cas; /* NULL with responder */
    X509_STORE *store;    /* of cas */
};

struct ocsp_question {
    OCSP_REQUEST *request;
    OCSP_CERTID *id; /* owned by request */
};

enum ocsp_said { OCSP_SAID_NOTHING = 0, OCSP_SAID_GOOD, OCSP_SAID_REVOKED, OCSP_SAID_UNKNOWN };

struct ocsp_result {
    int response_status; /* OCSP_RESPONSE_STATUS_...; what follows is of a successful one */
    enum ocsp_said said;
    int reason;                                    /* CRLReason, -1 when not given */
    int64_t revoked_at;                            /* when revoked */
    int64_t this_update, next_update, produced_at; /* next_update CLOCK_NEVER when not given */
    bool has_nonce;
    char signer[512]; /* subject of the signer's certificate, RFC 4514 */
};

/* Files of the options. SK_INPUT, SK_IO: err says why. */
enum sk_status ocsp_trust_load(struct sk_arena *arena, const struct query_options *options,
                               struct ocsp_trust *out, struct sk_err *err) SK_MUST_CHECK;
void ocsp_trust_done(struct ocsp_trust *trust);
/* One certificate from its DER, nothing after it; NULL: err says why. Free with X509_free(). */
X509 *ocsp_cert(struct sk_bytes der, const char *file, struct sk_err *err);

/* "tryLater" ...; NULL for a number that RFC 6960 4.2.1 does not have. */
const char *ocsp_status_name(int response_status);

/* Verifies an OCSPResponse for the question: signature and signer, nonce, certificate, dates.
 * SK_OK: *out is what it says. SK_INPUT: not to be believed. */
enum sk_status ocsp_check(const struct ocsp_question *question, const struct ocsp_trust *trust,
                          struct sk_bytes der, struct ocsp_result *out,
                          struct sk_err *err) SK_MUST_CHECK;

#endif
