/* SPDX-License-Identifier: Apache-2.0 */
#include "test/support/keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/err.h>

#include "test/support/signcert.h"

static const uint8_t message[] = "what is signed";

struct sk_keystore *keys_open_token(const struct softhsm *hsm, unsigned sessions)
{
    struct keystore_options options = softhsm_options(hsm, sessions);
    struct sk_keystore *store = NULL;
    struct sk_err err = {0};

    if (keystore_open(&options, &store, &err) != SK_OK)
        fail_msg("%s", err.text);
    return store;
}

struct sk_keystore *keys_open_files(void)
{
    struct keystore_options options = {0};
    struct sk_keystore *store = NULL;

    assert_int_equal(keystore_open(&options, &store, NULL), SK_OK);
    return store;
}

EVP_PKEY *keys_open(struct sk_keystore *store, const char *label)
{
    EVP_PKEY *key = NULL;
    struct sk_err err = {0};

    if (keystore_key(store, label, &key, &err) != SK_OK)
        fail_msg("%s", err.text);
    return key;
}

EVP_PKEY *keys_generate(struct sk_keystore *store, const char *label, const char *algorithm)
{
    EVP_PKEY *key = NULL;
    struct sk_err err = {0};

    if (keystore_generate(store, label, algorithm, &key, &err) != SK_OK)
        fail_msg("%s", err.text);
    return key;
}

/* Signs the message; false when the key refuses. out: EVP_PKEY_get_size() octets. */
bool keys_sign(OSSL_LIB_CTX *libctx, EVP_PKEY *key, const char *digest, uint8_t *out,
               size_t *out_len)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok;

    *out_len = (size_t)EVP_PKEY_get_size(key);
    ok = EVP_DigestSignInit_ex(ctx, NULL, digest, libctx, NULL, key, NULL) == 1 &&
         EVP_DigestSign(ctx, out, out_len, message, sizeof(message)) == 1;
    EVP_MD_CTX_free(ctx);
    ERR_clear_error();
    return ok;
}

bool keys_verify(EVP_PKEY *plain, const char *digest, const uint8_t *signature, size_t len)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = EVP_DigestVerifyInit_ex(ctx, NULL, digest, NULL, NULL, plain, NULL) == 1 &&
              EVP_DigestVerify(ctx, signature, len, message, sizeof(message)) == 1;

    EVP_MD_CTX_free(ctx);
    return ok;
}

bool keys_work(struct sk_keystore *store, EVP_PKEY *key)
{
    EVP_PKEY *plain = signcert_public(key);
    uint8_t signature[1024];
    size_t len;
    bool ok = keys_sign(keystore_libctx(store), key, "SHA256", signature, &len) &&
              keys_verify(plain, "SHA256", signature, len);

    EVP_PKEY_free(plain);
    return ok;
}
