/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signatures of the CA's key, whichever context it lives in, and the check of what was signed.
 *
 * The hash goes with the key: SHA-256 for RSA and P-256, SHA-384 for P-384.
 */
#ifndef SEKISHO_TOOLS_CA_SEAL_H
#define SEKISHO_TOOLS_CA_SEAL_H

#include "tools/ca/ca.h"

/* A signature begun: for X509_sign_ctx() and X509_REQ_sign_ctx(). Free with EVP_MD_CTX_free(). */
enum sk_status seal_start(struct sk_ca *ca, EVP_PKEY *key, EVP_MD_CTX **out,
                          struct sk_err *err) SK_MUST_CHECK;
/* Appends the AlgorithmIdentifier (whole) that the key's signatures carry. */
enum sk_status seal_algorithm(struct sk_ca *ca, EVP_PKEY *key, struct sk_buf *out,
                              struct sk_err *err) SK_MUST_CHECK;
/* Appends the signature of these octets. */
enum sk_status seal_sign(struct sk_ca *ca, EVP_PKEY *key, struct sk_bytes tbs, struct sk_buf *out,
                         struct sk_err *err) SK_MUST_CHECK;

/* Verifies with the public key of cert, by core/key.h. SK_INTERNAL when it does not: a fault of
 * ours or of the token. */
enum sk_status seal_check(const X509 *cert, struct sk_bytes sig_alg, struct sk_bytes tbs,
                          struct sk_bytes signature, struct sk_err *err) SK_MUST_CHECK;

#endif
