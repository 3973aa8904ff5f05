/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Short ways to open stores and keys and to see that a key signs. For cmocka tests: what goes wrong
 * fails the test.
 */
#ifndef SEKISHO_TEST_SUPPORT_KEYS_H
#define SEKISHO_TEST_SUPPORT_KEYS_H

#include "test/support/softhsm.h"

struct sk_keystore *keys_open_token(const struct softhsm *hsm, unsigned sessions);
struct sk_keystore *keys_open_files(void);
EVP_PKEY *keys_open(struct sk_keystore *store, const char *label);
EVP_PKEY *keys_generate(struct sk_keystore *store, const char *label, const char *algorithm);

/* Signs a fixed message; false when the key refuses. out: EVP_PKEY_get_size() octets. Usable in any
 * thread. */
bool keys_sign(OSSL_LIB_CTX *libctx, EVP_PKEY *key, const char *digest, uint8_t *out,
               size_t *out_len);
/* True for that message's signature. */
bool keys_verify(EVP_PKEY *plain, const char *digest, const uint8_t *signature, size_t len);
/* keys_sign() and keys_verify(). */
bool keys_work(struct sk_keystore *store, EVP_PKEY *key);

#endif
