/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Our OpenSSL provider: makes a token's key an EVP_PKEY whose signatures the token computes.
 *
 * Each store has its own OSSL_LIB_CTX with this provider beside "default": a token that itself uses
 * the process's OpenSSL never meets it, and OpenSSL's default context stays as it is. The private
 * half is never exported, so whatever does not go through this provider's signature fails.
 * Signatures: RSA PKCS #1 v1.5 and ECDSA with SHA-256, SHA-384, SHA-512. Thread-safe.
 */
#ifndef SEKISHO_TOOLS_SIGNER_PROVIDER_H
#define SEKISHO_TOOLS_SIGNER_PROVIDER_H

#include "tools/signer/token.h"

struct provider;

enum sk_status provider_new(struct provider **out, struct sk_err *err) SK_MUST_CHECK;
void provider_free(struct provider *provider); /* accepts NULL; its keys must have been freed */

OSSL_LIB_CTX *provider_libctx(const struct provider *provider);

/* Takes key over, also on failure: EVP_PKEY_free() of *out frees it. */
enum sk_status provider_key(struct provider *provider, struct token_key *key, EVP_PKEY **out,
                            struct sk_err *err) SK_MUST_CHECK;

#endif
