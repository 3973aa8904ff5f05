/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A PKCS#11 token: its sessions, the log-in, and keys found by label.
 *
 * token_open() loads the module, finds the token and logs in; every later act takes one session of
 * the pool. When the sessions, the log-in or the handles turn out to be lost, they are made anew
 * once (first only the sessions, then the whole module) and the act is repeated once. While the
 * token stays away acts fail at once and a new start is tried at most once a second. The PIN is
 * read from its file at each log-in and forgotten; a PIN that the token refused is not offered
 * again before the file changes.
 *
 * Thread-safe. Only in the process that opened the token: a child of fork() gets SK_CRYPTO.
 */
#ifndef SEKISHO_TOOLS_SIGNER_TOKEN_H
#define SEKISHO_TOOLS_SIGNER_TOKEN_H

#include <openssl/evp.h>

#include "tools/signer/keystore.h"

struct token;
struct token_key;

enum token_key_type { TOKEN_KEY_NONE = 0, TOKEN_KEY_RSA, TOKEN_KEY_EC };

/* What keystore_open() says. */
enum sk_status token_open(const struct keystore_options *options, struct token **out,
                          struct sk_err *err) SK_MUST_CHECK;
/* Accepts NULL. The keys must have been freed. */
void token_close(struct token *token);

bool token_is_healthy(struct token *token, struct sk_err *err);

/* What keystore_generation() says. */
uint64_t token_generation(struct token *token);

/* What keystore_key() and keystore_generate() say. *out belongs to the caller. */
enum sk_status token_key_find(struct token *token, const char *label, struct token_key **out,
                              struct sk_err *err) SK_MUST_CHECK;
enum sk_status token_key_generate(struct token *token, const char *label, const char *algorithm,
                                  struct token_key **out, struct sk_err *err) SK_MUST_CHECK;
void token_key_free(struct token_key *key); /* accepts NULL */

/* The public half, an ordinary key of OpenSSL's default context. */
EVP_PKEY *token_key_get0_public(const struct token_key *key);
enum token_key_type token_key_type(const struct token_key *key);

/* Octets that token_key_sign() may write. */
size_t token_key_signature_max(const struct token_key *key);

/* RSA: in is a DigestInfo (RFC 8017 9.2), out the signature. EC: in is the digest, out the DER
 * ECDSA-Sig-Value. */
enum sk_status token_key_sign(struct token_key *key, struct sk_bytes in, uint8_t *out,
                              size_t out_max, size_t *out_len, struct sk_err *err) SK_MUST_CHECK;

#endif
