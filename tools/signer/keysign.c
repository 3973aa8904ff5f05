/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/signer/keysign.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdlib.h>

#include "core/clock.h"
#include "core/derout.h"
#include "core/log.h"

#define GROUP "signer"

/* What a kind of key signs with. */
static const struct kind {
    const char *type, *group; /* group: EC only */
    const char *digest;
    uint8_t algorithm[15];
    size_t algorithm_len;
} kinds[] = {
    {"RSA",
     NULL,
     "SHA256", /* sha256WithRSAEncryption */
     {0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b, 0x05, 0x00},
     15},
    {"EC",
     "prime256v1",
     "SHA256", /* ecdsa-with-SHA256 */
     {0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02},
     12},
    {"EC",
     "secp384r1",
     "SHA384", /* ecdsa-with-SHA384 */
     {0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03},
     12},
};

struct key {
    const char *label;
    EVP_PKEY *public_key; /* of the certificate */
    const struct kind *kind;
    struct sk_buf hello;
    EVP_PKEY *key;   /* NULL until opened, then fixed; guarded by keysign.lock */
    bool is_failing; /* the last signature failed; guarded by keysign.lock */
};

struct keysign {
    struct keystore_options options;
    struct sk_keystore *store; /* set before the first key is */
    struct key keys[LIMIT_SIGNER_KEYS];
    size_t num_keys;
    pthread_mutex_t lock;
};

/* ---- certificates ---------------------------------------------------------------------------- */

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

static void warn_of_dates(const X509 *cert, const char *file)
{
    time_t now = (time_t)clock_wall();

    if (X509_cmp_time(X509_get0_notAfter(cert), &now) < 0)
        log_warning(GROUP, "%s: the responder certificate has expired", file);
    else if (X509_cmp_time(X509_get0_notBefore(cert), &now) > 0)
        log_warning(GROUP, "%s: the responder certificate is not valid yet", file);
}

/* The first certificate of the file, whose key signs. */
static enum sk_status judge_responder(X509 *cert, const char *file, struct key *key,
                                      struct sk_err *err)
{
    uint32_t usage = X509_get_key_usage(cert); /* UINT32_MAX when the extension is absent */
    EVP_PKEY *public_key = X509_get0_pubkey(cert);

    if ((X509_get_extension_flags(cert) & EXFLAG_INVALID) != 0)
        return err_openssl(err, SK_INPUT, "%s: malformed extensions", file);
    /* O-11 */
    if ((usage & KU_DIGITAL_SIGNATURE) == 0)
        return err_set(err, SK_INPUT,
                       "%s: keyUsage of the responder certificate lacks digitalSignature", file);
    key->kind = public_key != NULL ? kind_of(public_key) : NULL;
    if (key->kind == NULL)
        return err_openssl(err, SK_INPUT,
                           "%s: the responder's key is none of RSA, EC P-256, EC P-384", file);
    if (EVP_PKEY_up_ref(public_key) != 1)
        return err_openssl(err, SK_NOMEM, "%s", file);
    key->public_key = public_key;
    warn_of_dates(cert, file);
    return SK_OK;
}

static void put_certificate(struct sk_buf *out, const X509 *cert)
{
    uint8_t *der = NULL;
    int len = i2d_X509(cert, &der);

    if (len <= 0)
        out->status = SK_NOMEM;
    else
        derout_raw(out, bytes_of(der, (size_t)len));
    OPENSSL_free(der);
}

/* Reads the certificates one after the other into hello. */
static enum sk_status read_certificates(BIO *in, const char *file, struct key *key,
                                        struct sk_err *err)
{
    enum sk_status status = SK_OK;
    struct sk_buf chain;
    size_t whole, certs, num = 0;
    X509 *cert;

    ERR_clear_error();
    buf_init(&chain, LIMIT_SIGN_REQUEST_BYTES);
    certs = derout_open(&chain, DER_SEQUENCE);
    while (status == SK_OK && (cert = PEM_read_bio_X509(in, NULL, NULL, NULL)) != NULL) {
        if (num++ == 0)
            status = judge_responder(cert, file, key, err);
        put_certificate(&chain, cert);
        X509_free(cert);
    }
    derout_close(&chain, certs);
    if (status != SK_OK)
        goto out;
    if (num == 0 || ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
        status = err_openssl(err, SK_INPUT, "%s: certificate %zu cannot be read", file, num + 1);
        goto out;
    }
    ERR_clear_error();
    whole = derout_open(&key->hello, DER_SEQUENCE);
    derout_raw(&key->hello, bytes_of(key->kind->algorithm, key->kind->algorithm_len));
    derout_raw(&key->hello, buf_bytes(&chain));
    derout_close(&key->hello, whole);
    if (buf_status(&chain) != SK_OK || buf_status(&key->hello) != SK_OK)
        status = err_set(err, SK_INPUT, "%s: the chain is larger than %u octets", file,
                         LIMIT_SIGN_REQUEST_BYTES);
out:
    buf_done(&chain);
    return status;
}

static enum sk_status read_file(const char *file, struct key *key, struct sk_err *err)
{
    enum sk_status status;
    BIO *in = BIO_new_file(file, "r");

    if (in == NULL)
        return err_openssl(err, SK_INPUT, "%s: cannot open", file);
    status = read_certificates(in, file, key, err);
    BIO_free(in);
    return status;
}

enum sk_status keysign_new(const struct keyproc_options *options, struct keysign **out,
                           struct sk_err *err)
{
    enum sk_status status = SK_OK;
    struct keysign *keys;
    size_t i;

    if (options->num_keys == 0 || options->num_keys > LIMIT_SIGNER_KEYS)
        return err_set(err, SK_INPUT, "signer: %zu keys, want 1 to %u", options->num_keys,
                       LIMIT_SIGNER_KEYS);
    keys = calloc(1, sizeof(*keys));
    if (keys == NULL)
        return err_set(err, SK_NOMEM, "signer: no memory");
    (void)pthread_mutex_init(&keys->lock, NULL);
    keys->options = options->store;
    keys->options.sessions = options->threads;
    keys->options.allow_absent = true;
    for (i = 0; i < options->num_keys; i++) /* before a failure ends the loop below */
        buf_init(&keys->keys[i].hello, LIMIT_SIGN_REQUEST_BYTES - SIGN_REPLY_OVERHEAD);
    keys->num_keys = options->num_keys;
    for (i = 0; status == SK_OK && i < options->num_keys; i++) {
        keys->keys[i].label = options->keys[i].label;
        status = read_file(options->keys[i].certificate, &keys->keys[i], err);
    }
    if (status != SK_OK) {
        keysign_free(keys);
        return status;
    }
    *out = keys;
    return SK_OK;
}

void keysign_free(struct keysign *keys)
{
    size_t i;

    if (keys == NULL)
        return;
    for (i = 0; i < keys->num_keys; i++) {
        EVP_PKEY_free(keys->keys[i].key);
        EVP_PKEY_free(keys->keys[i].public_key);
        buf_done(&keys->keys[i].hello);
    }
    keystore_close(keys->store);
    (void)pthread_mutex_destroy(&keys->lock);
    free(keys);
}

size_t keysign_count(const struct keysign *keys)
{
    return keys->num_keys;
}

struct sk_bytes keysign_hello(const struct keysign *keys, size_t index)
{
    return buf_bytes(&keys->keys[index].hello);
}

/* ---- keys ------------------------------------------------------------------------------------ */

static enum sk_status sign_with(const struct keysign *keys, const struct key *with, EVP_PKEY *key,
                                struct sk_bytes tbs, struct sk_buf *out, struct sk_err *err)
{
    enum sk_status status = SK_OK;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    size_t len = (size_t)EVP_PKEY_get_size(key);
    uint8_t *room = buf_reserve(out, len);

    ERR_clear_error();
    if (ctx == NULL || room == NULL)
        status = err_set(err, SK_NOMEM, "%s: no memory", with->label);
    else if (EVP_DigestSignInit_ex(ctx, NULL, with->kind->digest, keystore_libctx(keys->store),
                                   NULL, key, NULL) != 1 ||
             EVP_DigestSign(ctx, room, &len, tbs.p, tbs.len) != 1)
        status = err_openssl(err, SK_CRYPTO, "%s: no signature", with->label);
    else
        out->len += len;
    EVP_MD_CTX_free(ctx);
    return status;
}

/* A token may hold halves that do not belong together under one label: only a signature tells. */
static enum sk_status prove_key(const struct keysign *keys, const struct key *with, EVP_PKEY *key,
                                struct sk_err *err)
{
    static const char probe[] = "sekisho key probe";
    enum sk_status status;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    struct sk_bytes tbs = bytes_of(probe, sizeof(probe));
    struct sk_buf out;

    buf_init(&out, LIMIT_SIGN_REQUEST_BYTES);
    status = sign_with(keys, with, key, tbs, &out, err);
    if (status != SK_OK)
        goto out;
    if (ctx == NULL || EVP_DigestVerifyInit_ex(ctx, NULL, with->kind->digest, NULL, NULL,
                                               with->public_key, NULL) != 1) {
        status = err_openssl(err, SK_CRYPTO, "%s: cannot verify", with->label);
        goto out;
    }
    if (EVP_DigestVerify(ctx, out.data, out.len, tbs.p, tbs.len) != 1)
        status =
            err_openssl(err, SK_INPUT, "key %s does not belong to its certificate", with->label);
out:
    buf_done(&out);
    EVP_MD_CTX_free(ctx);
    return status;
}

static enum sk_status open_key(struct keysign *keys, struct key *with, struct sk_err *err)
{
    enum sk_status status;
    EVP_PKEY *key = NULL;

    status = keystore_key(keys->store, with->label, &key, err);
    if (status != SK_OK)
        return status;
    if (EVP_PKEY_eq(with->public_key, key) != 1)
        status =
            err_openssl(err, SK_INPUT, "key %s does not belong to its certificate", with->label);
    else
        status = prove_key(keys, with, key, err);
    if (status != SK_OK) {
        EVP_PKEY_free(key);
        return status;
    }
    (void)pthread_mutex_lock(&keys->lock);
    with->key = key;
    (void)pthread_mutex_unlock(&keys->lock);
    return SK_OK;
}

enum sk_status keysign_open(struct keysign *keys, struct sk_err *err)
{
    enum sk_status status = SK_OK, one;
    size_t i;

    if (keys->store == NULL)
        status = keystore_open(&keys->options, &keys->store, err);
    /* Every key is tried; the gravest failure is told. */
    for (i = 0; keys->store != NULL && i < keys->num_keys; i++) {
        if (keys->keys[i].key != NULL)
            continue;
        one = open_key(keys, &keys->keys[i], status == SK_INPUT ? NULL : err);
        if (one != SK_OK && status != SK_INPUT)
            status = one;
    }
    return status;
}

bool keysign_probe(struct keysign *keys, struct sk_err *err)
{
    if (keysign_open(keys, err) != SK_OK)
        return false;
    if (!keystore_is_healthy(keys->store)) {
        (void)err_set(err, SK_CRYPTO, "the token does not answer");
        return false;
    }
    return true;
}

/* One log line when signatures begin to fail and one when they work again. */
static void note_result(struct keysign *keys, struct key *with, enum sk_status status,
                        const struct sk_err *err)
{
    bool is_change;

    (void)pthread_mutex_lock(&keys->lock);
    is_change = with->is_failing != (status != SK_OK);
    with->is_failing = status != SK_OK;
    (void)pthread_mutex_unlock(&keys->lock);
    if (is_change && status != SK_OK)
        log_error(GROUP, "%s", err->text);
    else if (is_change)
        log_info(GROUP, "%s: signs again", with->label);
}

enum sk_status keysign_sign(struct keysign *keys, size_t index, struct sk_bytes tbs,
                            struct sk_buf *out, struct sk_err *err)
{
    enum sk_status status;
    struct key *with = &keys->keys[index];
    EVP_PKEY *key;
    struct sk_err own = {0};

    (void)pthread_mutex_lock(&keys->lock);
    key = with->key;
    (void)pthread_mutex_unlock(&keys->lock);
    if (key == NULL)
        return err_set(err, SK_AGAIN, "%s: not open", with->label);
    status = sign_with(keys, with, key, tbs, out, &own);
    note_result(keys, with, status, &own);
    return status == SK_OK ? SK_OK : err_set(err, status, "%s", own.text);
}
