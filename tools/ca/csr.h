/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certification requests (PKCS#10, RFC 2986): reading and judging those of others, making our own.
 *
 * Only the name and the key of a request count here; what a certificate says besides is the CA's
 * decision, so extensions asked for in a request are not looked at.
 */
#ifndef SEKISHO_TOOLS_CA_CSR_H
#define SEKISHO_TOOLS_CA_CSR_H

#include "tools/ca/ca.h"

/* Reads a PEM or DER file and checks the proof of possession and the strength of the key (RSA from
 * 2048 bits, P-256, P-384, P-521, Ed25519). Both outputs are the caller's. SK_INPUT when it is no
 * request, or not a good one. */
enum sk_status csr_read(const char *file, X509_NAME **out_subject, EVP_PKEY **out_key,
                        struct sk_err *err) SK_MUST_CHECK;
/* The same from memory. name is for messages. */
enum sk_status csr_parse(const char *name, struct sk_bytes bytes, X509_NAME **out_subject,
                         EVP_PKEY **out_key, struct sk_err *err) SK_MUST_CHECK;

/* Is this key strong enough for a certificate of ours? SK_INPUT with why not. */
enum sk_status csr_check_key(EVP_PKEY *key, struct sk_err *err) SK_MUST_CHECK;

/* A request in PEM for this name and key, signed by the key; appended to out. public: the same key
 * in OpenSSL's default context. */
enum sk_status csr_make(struct sk_ca *ca, EVP_PKEY *key, EVP_PKEY *public, const X509_NAME *subject,
                        struct sk_buf *out, struct sk_err *err) SK_MUST_CHECK;

#endif
