/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/ca/seal.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "core/key.h"

enum { ALGORITHM_BYTES = 256 }; /* of an AlgorithmIdentifier we may meet */

static const char *digest_of(EVP_PKEY *key)
{
    if (EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_bits(key) > 256)
        return "SHA384";
    return "SHA256";
}

static enum sk_status start(struct sk_ca *ca, EVP_PKEY *key, EVP_MD_CTX **out_md,
                            EVP_PKEY_CTX **out_pctx, struct sk_err *err)
{
    EVP_MD_CTX *md = EVP_MD_CTX_new();

    if (md == NULL)
        return err_openssl(err, SK_NOMEM, "no memory");
    if (EVP_DigestSignInit_ex(md, out_pctx, digest_of(key), keystore_libctx(ca->keys), NULL, key,
                              NULL) != 1) {
        EVP_MD_CTX_free(md);
        return err_openssl(err, SK_CRYPTO, "the CA's key cannot sign");
    }
    *out_md = md;
    return SK_OK;
}

enum sk_status seal_start(struct sk_ca *ca, EVP_PKEY *key, EVP_MD_CTX **out, struct sk_err *err)
{
    return start(ca, key, out, NULL, err);
}

enum sk_status seal_algorithm(struct sk_ca *ca, EVP_PKEY *key, struct sk_buf *out,
                              struct sk_err *err)
{
    uint8_t id[ALGORITHM_BYTES];
    OSSL_PARAM params[2];
    EVP_PKEY_CTX *pctx = NULL;
    EVP_MD_CTX *md = NULL;
    enum sk_status status = start(ca, key, &md, &pctx, err);

    if (status != SK_OK)
        return status;
    params[0] =
        OSSL_PARAM_construct_octet_string(OSSL_SIGNATURE_PARAM_ALGORITHM_ID, id, sizeof(id));
    params[1] = OSSL_PARAM_construct_end();
    if (EVP_PKEY_CTX_get_params(pctx, params) != 1 || !OSSL_PARAM_modified(&params[0])) {
        status = err_openssl(err, SK_CRYPTO, "the CA's key names no signature algorithm");
    } else {
        buf_put(out, id, params[0].return_size);
        status = buf_status(out);
    }
    EVP_MD_CTX_free(md);
    return status;
}

enum sk_status seal_sign(struct sk_ca *ca, EVP_PKEY *key, struct sk_bytes tbs, struct sk_buf *out,
                         struct sk_err *err)
{
    EVP_MD_CTX *md = NULL;
    size_t len = 0;
    uint8_t *to;
    enum sk_status status = start(ca, key, &md, NULL, err);

    if (status != SK_OK)
        return status;
    /* Update and Final, not the one-shot call: a first call for the length must not sign. */
    if (EVP_DigestSignUpdate(md, tbs.p, tbs.len) != 1 || EVP_DigestSignFinal(md, NULL, &len) != 1) {
        status = err_openssl(err, SK_CRYPTO, "signing");
        goto out;
    }
    to = buf_reserve(out, len);
    if (to == NULL) {
        status = buf_status(out);
        goto out;
    }
    if (EVP_DigestSignFinal(md, to, &len) != 1)
        status = err_openssl(err, SK_CRYPTO, "signing");
    else
        out->len += len;
out:
    EVP_MD_CTX_free(md);
    return status;
}

enum sk_status seal_check(const X509 *cert, struct sk_bytes sig_alg, struct sk_bytes tbs,
                          struct sk_bytes signature, struct sk_err *err)
{
    struct sk_key *key = NULL;
    unsigned char *spki = NULL;
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &spki);
    enum sk_status status;

    if (len <= 0)
        return err_openssl(err, SK_INTERNAL, "the issuer's key");
    status = key_new(bytes_of(spki, (size_t)len), NULL, &key, err);
    if (status == SK_OK)
        status = key_verify(key, sig_alg, tbs, signature, err);
    if (status != SK_OK) {
        (void)err_context(err, "not issued: the signature just made does not verify");
        status = SK_INTERNAL;
    }
    key_free(key);
    OPENSSL_free(spki);
    return status;
}
