/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/ca/csr.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>
#include <strings.h>

#include "core/limits.h"
#include "tools/ca/file.h"
#include "tools/ca/seal.h"

enum { CSR_MIN_RSA_BITS = 2048, CSR_MAX_RSA_BITS = 16384 };

static X509_REQ *decode_der(struct sk_bytes bytes)
{
    const unsigned char *p = bytes.p;
    X509_REQ *req = d2i_X509_REQ(NULL, &p, (long)bytes.len);

    if (req != NULL && p != bytes.p + bytes.len) { /* trailing bytes */
        X509_REQ_free(req);
        return NULL;
    }
    return req;
}

static X509_REQ *decode_pem(struct sk_bytes bytes)
{
    BIO *bio = BIO_new_mem_buf(bytes.p, (int)bytes.len);
    X509_REQ *req;

    if (bio == NULL)
        return NULL;
    req = PEM_read_bio_X509_REQ(bio, NULL, NULL, NULL);
    BIO_free(bio);
    return req;
}

static bool is_known_curve(EVP_PKEY *key)
{
    static const char *const curves[] = {"prime256v1", "secp384r1", "secp521r1",
                                         "P-256",      "P-384",     "P-521"};
    char group[64];
    size_t i;

    if (EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof(group),
                                       NULL) != 1)
        return false;
    for (i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
        if (strcasecmp(group, curves[i]) == 0)
            return true;
    }
    return false;
}

static bool is_sound(EVP_PKEY *key)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    bool is_good = ctx != NULL && EVP_PKEY_public_check(ctx) == 1;

    EVP_PKEY_CTX_free(ctx);
    return is_good;
}

enum sk_status csr_check_key(EVP_PKEY *key, struct sk_err *err)
{
    int bits = EVP_PKEY_get_bits(key);

    if (EVP_PKEY_is_a(key, "RSA")) {
        if (bits < CSR_MIN_RSA_BITS || bits > CSR_MAX_RSA_BITS)
            return err_set(err, SK_INPUT, "an RSA key of %d bits (%d to %d are accepted)", bits,
                           CSR_MIN_RSA_BITS, CSR_MAX_RSA_BITS);
    } else if (EVP_PKEY_is_a(key, "EC")) {
        if (!is_known_curve(key))
            return err_set(err, SK_INPUT, "an EC key on a curve other than P-256, P-384, P-521");
    } else if (!EVP_PKEY_is_a(key, "ED25519")) {
        return err_set(err, SK_INPUT, "a kind of key that is not accepted");
    }
    if (!is_sound(key))
        return err_openssl(err, SK_INPUT, "the public key is not sound");
    return SK_OK;
}

enum sk_status csr_parse(const char *name, struct sk_bytes bytes, X509_NAME **out_subject,
                         EVP_PKEY **out_key, struct sk_err *err)
{
    enum sk_status status = SK_INPUT;
    X509_NAME *subject = NULL;
    EVP_PKEY *key = NULL;
    X509_REQ *req = bytes.len > 0 && bytes.p[0] == 0x30 ? decode_der(bytes) : decode_pem(bytes);

    if (req == NULL) {
        (void)err_set(err, status, "%s: not a certification request (PKCS#10, PEM or DER)", name);
        goto out;
    }
    key = X509_REQ_get_pubkey(req);
    if (key == NULL) {
        (void)err_openssl(err, status, "%s: its public key cannot be read", name);
        goto out;
    }
    if (csr_check_key(key, err) != SK_OK) {
        status = err_context(err, "%s", name);
        goto out;
    }
    if (X509_REQ_verify(req, key) != 1) {
        (void)err_set(err, status,
                      "%s: no proof of possession: its signature is not by its own key", name);
        goto out;
    }
    subject = X509_NAME_dup(X509_REQ_get_subject_name(req));
    if (subject == NULL) {
        status = err_set(err, SK_NOMEM, "no memory");
        goto out;
    }
    status = SK_OK;
    *out_subject = subject;
    *out_key = key;
    subject = NULL;
    key = NULL;
out:
    ERR_clear_error();
    X509_NAME_free(subject);
    EVP_PKEY_free(key);
    X509_REQ_free(req);
    return status;
}

enum sk_status csr_read(const char *file, X509_NAME **out_subject, EVP_PKEY **out_key,
                        struct sk_err *err)
{
    struct sk_buf buf;
    enum sk_status status;

    buf_init(&buf, LIMIT_CSR_BYTES);
    status = file_read(file, &buf, err);
    if (status == SK_OK)
        status = csr_parse(file, buf_bytes(&buf), out_subject, out_key, err);
    buf_done(&buf);
    return status;
}

static enum sk_status encode(X509_REQ *req, struct sk_buf *out, struct sk_err *err)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    long len;
    enum sk_status status;

    if (bio == NULL || PEM_write_bio_X509_REQ(bio, req) != 1) {
        status = err_openssl(err, SK_NOMEM, "encoding the request");
    } else {
        len = BIO_get_mem_data(bio, &text);
        buf_put(out, text, (size_t)len);
        status = buf_status(out);
    }
    BIO_free(bio);
    return status;
}

enum sk_status csr_make(struct sk_ca *ca, EVP_PKEY *key, EVP_PKEY *public, const X509_NAME *subject,
                        struct sk_buf *out, struct sk_err *err)
{
    EVP_MD_CTX *md = NULL;
    X509_REQ *req = X509_REQ_new();
    enum sk_status status;

    if (req == NULL || X509_REQ_set_version(req, X509_REQ_VERSION_1) != 1 ||
        X509_REQ_set_subject_name(req, subject) != 1 || X509_REQ_set_pubkey(req, public) != 1) {
        status = err_openssl(err, SK_NOMEM, "certification request");
        goto out;
    }
    status = seal_start(ca, key, &md, err);
    if (status != SK_OK)
        goto out;
    if (X509_REQ_sign_ctx(req, md) <= 0)
        status = err_openssl(err, SK_CRYPTO, "signing the request");
    else if (X509_REQ_verify(req, public) != 1)
        status = err_openssl(err, SK_INTERNAL, "the signature just made does not verify");
    else
        status = encode(req, out, err);
out:
    EVP_MD_CTX_free(md);
    X509_REQ_free(req);
    return status;
}
