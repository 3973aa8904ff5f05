/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/signer/keycert.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "core/cert.h"
#include "core/derout.h"
#include "core/log.h"

enum { PARSE_BYTES = 1024 * 1024, NOCHECK_S = 400 * 86400 };

static const uint8_t rsa_sha256[] = {0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
                                     0xf7, 0x0d, 0x01, 0x01, 0x0b, 0x05, 0x00};
static const uint8_t rsa_sha384[] = {0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
                                     0xf7, 0x0d, 0x01, 0x01, 0x0c, 0x05, 0x00};
static const uint8_t rsa_sha512[] = {0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
                                     0xf7, 0x0d, 0x01, 0x01, 0x0d, 0x05, 0x00};
static const uint8_t ecdsa_sha256[] = {0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86,
                                       0x48, 0xce, 0x3d, 0x04, 0x03, 0x02};
static const uint8_t ecdsa_sha384[] = {0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86,
                                       0x48, 0xce, 0x3d, 0x04, 0x03, 0x03};

/* What a kind of key signs with, the ordinary algorithm first. */
static const struct kind {
    const char *type, *group; /* group: EC only */
    struct {
        const char *digest;
        struct sk_bytes identifier;   /* AlgorithmIdentifier */
    } algorithms[KEYCERT_ALGORITHMS]; /* an entry without digest ends the list */
} kinds[] = {
    {"RSA",
     NULL,
     {{"SHA256", {rsa_sha256, sizeof(rsa_sha256)}},
      {"SHA384", {rsa_sha384, sizeof(rsa_sha384)}},
      {"SHA512", {rsa_sha512, sizeof(rsa_sha512)}}}},
    {"EC", "prime256v1", {{"SHA256", {ecdsa_sha256, sizeof(ecdsa_sha256)}}}},
    {"EC", "secp384r1", {{"SHA384", {ecdsa_sha384, sizeof(ecdsa_sha384)}}}},
};

static const struct kind *kind_of(const EVP_PKEY *key)
{
    char group[64] = "";
    size_t i;

    if (EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) != 1)
        return NULL;
    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (EVP_PKEY_is_a(key, kinds[i].type) &&
            (kinds[i].group == NULL || strcmp(kinds[i].group, group) == 0))
            return &kinds[i];
    }
    return NULL;
}

static enum sk_status take_public_key(struct keycert *cert, const char *file, X509 *x509,
                                      const struct kind **out_kind, struct sk_err *err)
{
    EVP_PKEY *key = X509_get0_pubkey(x509);
    const struct kind *kind = key != NULL ? kind_of(key) : NULL;
    size_t i;

    if (kind == NULL)
        return err_openssl(err, SK_INPUT,
                           "%s: the responder's key is none of RSA, EC P-256, EC P-384", file);
    if (EVP_PKEY_up_ref(key) != 1)
        return err_openssl(err, SK_NOMEM, "%s", file);
    cert->public_key = key;
    for (i = 0; i < KEYCERT_ALGORITHMS; i++)
        cert->digests[i] = kind->algorithms[i].digest;
    *out_kind = kind;
    return SK_OK;
}

/* The first certificate of the file, whose key signs: may it, and in the way it is meant to? */
static enum sk_status judge(const struct sk_cert *cert, const struct keyproc_key *key,
                            struct sk_err *err)
{
    const char *file = key->certificate;

    /* O-11 */
    if (cert->key_usage.is_present && (cert->key_usage_bits & KEY_USAGE_DIGITAL_SIGNATURE) == 0)
        return err_set(err, SK_INPUT,
                       "%s: keyUsage of the responder certificate lacks digitalSignature", file);
    if (key->model == SIGN_MODEL_CA && !cert->is_ca)
        return err_set(err, SK_INPUT, "%s: model ca, but not a CA certificate", file);
    if (key->model == SIGN_MODEL_DELEGATED && !cert_names_eku(cert, OID_KP_OCSP_SIGNING))
        return err_set(err, SK_INPUT, "%s: model delegated, but extendedKeyUsage lacks OCSPSigning",
                       file);
    return SK_OK;
}

const char *keycert_doubt(const struct sk_cert *cert)
{
    bool says_where = cert->aia.is_present || cert->crl_dp.is_present;

    if (cert->is_ca || !cert_names_eku(cert, OID_KP_OCSP_SIGNING))
        return NULL;
    if (!cert->has_nocheck)
        return says_where
                   ? NULL
                   : "has neither ocsp-nocheck nor a place where its status is told: clients "
                     "may refuse it";
    if (cert->not_after - cert->not_before > NOCHECK_S)
        return "has ocsp-nocheck and is valid for more than 400 days: a stolen key could not be "
               "taken back";
    return says_where ? "has ocsp-nocheck and a place where its status is told" : NULL;
}

static enum sk_status take_responder(struct keycert *cert, const struct keyproc_key *key,
                                     struct sk_bytes der, struct sk_err *err)
{
    struct sk_arena *arena = arena_new(PARSE_BYTES);
    struct sk_cert parsed;
    enum sk_status status;

    if (arena == NULL)
        return err_set(err, SK_NOMEM, "%s: no memory", key->certificate);
    status = cert_parse(arena, der, &parsed, err);
    if (status == SK_OK)
        status = judge(&parsed, key, err);
    else
        (void)err_context(err, "%s", key->certificate);
    if (status == SK_OK) {
        const char *doubt = keycert_doubt(&parsed);

        if (doubt != NULL)
            log_warning("signer", "%s: the responder certificate %s", key->certificate, doubt);
        cert->not_before = parsed.not_before;
        cert->not_after = parsed.not_after;
    }
    arena_free(arena);
    return status;
}

/* Reads the certificates one after the other; chain gets their DER. */
static enum sk_status read_chain(BIO *in, struct keycert *cert, const struct keyproc_key *key,
                                 struct sk_buf *chain, const struct kind **out_kind,
                                 struct sk_err *err)
{
    enum sk_status status = SK_OK;
    uint8_t *der;
    size_t num = 0;
    X509 *x509;
    int len;

    ERR_clear_error();
    while (status == SK_OK && (x509 = PEM_read_bio_X509(in, NULL, NULL, NULL)) != NULL) {
        der = NULL;
        len = i2d_X509(x509, &der);
        if (len <= 0)
            status = err_openssl(err, SK_NOMEM, "%s", key->certificate);
        else if (num == 0)
            status = take_responder(cert, key, bytes_of(der, (size_t)len), err);
        if (status == SK_OK && num++ == 0)
            status = take_public_key(cert, key->certificate, x509, out_kind, err);
        if (status == SK_OK)
            derout_raw(chain, bytes_of(der, (size_t)len));
        OPENSSL_free(der);
        X509_free(x509);
    }
    if (status != SK_OK)
        return status;
    if (num == 0 || ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
        return err_openssl(err, SK_INPUT, "%s: certificate %zu cannot be read", key->certificate,
                           num + 1);
    ERR_clear_error();
    return SK_OK;
}

static enum sk_status make_hello(struct keycert *cert, const struct keyproc_key *key,
                                 size_t num_keys, const struct kind *kind,
                                 const struct sk_buf *chain, struct sk_err *err)
{
    struct sign_hello hello = {.num_keys = (unsigned)num_keys,
                               .name = bytes_of(key->name, strlen(key->name)),
                               .model = key->model,
                               .certs = buf_bytes(chain)};
    struct sk_buf algorithms;
    enum sk_status status;
    size_t i;

    buf_init(&algorithms, LIMIT_SIGN_REQUEST_BYTES);
    for (i = 0; i < KEYCERT_ALGORITHMS && kind->algorithms[i].digest != NULL; i++)
        derout_raw(&algorithms, kind->algorithms[i].identifier);
    hello.algorithms = buf_bytes(&algorithms);
    status = buf_status(&algorithms);
    if (status == SK_OK)
        status = buf_status(chain);
    if (status == SK_OK)
        status = sign_hello_encode(&hello, &cert->hello);
    buf_done(&algorithms);
    if (status == SK_LIMIT)
        return err_set(err, SK_INPUT, "%s: the chain is larger than %u octets", key->certificate,
                       LIMIT_SIGN_REQUEST_BYTES);
    return status == SK_OK ? SK_OK : err_set(err, status, "%s: no memory", key->certificate);
}

enum sk_status keycert_init(struct keycert *cert, const struct keyproc_key *key, size_t num_keys,
                            struct sk_err *err)
{
    const struct kind *kind = NULL;
    struct sk_buf chain;
    BIO *in = BIO_new_file(key->certificate, "r");
    enum sk_status status;

    memset(cert, 0, sizeof(*cert));
    if (in == NULL)
        return err_openssl(err, SK_INPUT, "%s: cannot open", key->certificate);
    buf_init(&chain, LIMIT_SIGN_REQUEST_BYTES);
    buf_init(&cert->hello, LIMIT_SIGN_REQUEST_BYTES - SIGN_REPLY_OVERHEAD);
    status = read_chain(in, cert, key, &chain, &kind, err);
    if (status == SK_OK)
        status = make_hello(cert, key, num_keys, kind, &chain, err);
    buf_done(&chain);
    BIO_free(in);
    if (status != SK_OK)
        keycert_done(cert);
    return status;
}

void keycert_done(struct keycert *cert)
{
    EVP_PKEY_free(cert->public_key);
    cert->public_key = NULL;
    buf_done(&cert->hello);
}
