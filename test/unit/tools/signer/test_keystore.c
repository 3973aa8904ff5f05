/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dlfcn.h>
#include <openssl/cms.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <p11-kit/pkcs11.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/limits.h"
#include "test/support/signcert.h"
#include "test/support/softhsm.h"

static struct softhsm *hsm; /* NULL: SoftHSM is missing */
static char folder[] = "/tmp/sekisho-keystore-XXXXXX";

static const char *const digests[] = {"SHA256", "SHA384", "SHA512"};
static const uint8_t message[] = "what is signed";

/* ---- helpers ------------------------------------------------------------------------------------
 */

static char *path_in_folder(const char *name)
{
    char *path = NULL;

    if (asprintf(&path, "%s/%s", folder, name) < 0)
        exit(1);
    return path;
}

static struct sk_keystore *open_token(unsigned sessions)
{
    struct keystore_options options = softhsm_options(hsm, sessions);
    struct sk_keystore *store = NULL;
    struct sk_err err = {0};

    if (keystore_open(&options, &store, &err) != SK_OK)
        fail_msg("%s", err.text);
    return store;
}

static struct sk_keystore *open_files(void)
{
    struct keystore_options options = {0};
    struct sk_keystore *store = NULL;

    assert_int_equal(keystore_open(&options, &store, NULL), SK_OK);
    return store;
}

static EVP_PKEY *open_key(struct sk_keystore *store, const char *label)
{
    EVP_PKEY *key = NULL;
    struct sk_err err = {0};

    if (keystore_key(store, label, &key, &err) != SK_OK)
        fail_msg("%s", err.text);
    return key;
}

static EVP_PKEY *generate(struct sk_keystore *store, const char *label, const char *algorithm)
{
    EVP_PKEY *key = NULL;
    struct sk_err err = {0};

    if (keystore_generate(store, label, algorithm, &key, &err) != SK_OK)
        fail_msg("%s", err.text);
    return key;
}

/* Signs the message; false when the key refuses. out: EVP_PKEY_get_size() octets. */
static bool sign_message(OSSL_LIB_CTX *libctx, EVP_PKEY *key, const char *digest, uint8_t *out,
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

static bool verify_message(EVP_PKEY *plain, const char *digest, const uint8_t *signature,
                           size_t len)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = EVP_DigestVerifyInit_ex(ctx, NULL, digest, NULL, NULL, plain, NULL) == 1 &&
              EVP_DigestVerify(ctx, signature, len, message, sizeof(message)) == 1;

    EVP_MD_CTX_free(ctx);
    return ok;
}

static bool signs(struct sk_keystore *store, EVP_PKEY *key)
{
    EVP_PKEY *plain = signcert_public(key);
    uint8_t signature[1024];
    size_t len;
    bool ok = sign_message(keystore_libctx(store), key, "SHA256", signature, &len) &&
              verify_message(plain, "SHA256", signature, len);

    EVP_PKEY_free(plain);
    return ok;
}

static enum sk_status open_status(const struct keystore_options *options, struct sk_err *err)
{
    struct sk_keystore *store = NULL;
    enum sk_status status = keystore_open(options, &store, err);

    assert_true((status == SK_OK) == (store != NULL));
    keystore_close(store);
    return status;
}

static enum sk_status key_status(struct sk_keystore *store, const char *label, struct sk_err *err)
{
    EVP_PKEY *key = NULL;
    enum sk_status status = keystore_key(store, label, &key, err);

    assert_true((status == SK_OK) == (key != NULL));
    EVP_PKEY_free(key);
    return status;
}

static enum sk_status generate_status(struct sk_keystore *store, const char *label,
                                      const char *algorithm)
{
    EVP_PKEY *key = NULL;
    enum sk_status status = keystore_generate(store, label, algorithm, &key, NULL);

    assert_true((status == SK_OK) == (key != NULL));
    EVP_PKEY_free(key);
    return status;
}

static void write_file(const char *path, const char *text, unsigned mode)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) != EOF);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
}

/* The module's own calls, as somebody else in this process would have them. */
static CK_FUNCTION_LIST_PTR behind_its_back(void)
{
    CK_FUNCTION_LIST_PTR calls = NULL;
    CK_C_GetFunctionList get = NULL;
    void *library = dlopen(hsm->module, RTLD_NOW | RTLD_LOCAL), *symbol;

    assert_non_null(library);
    symbol = dlsym(library, "C_GetFunctionList");
    memcpy(&get, &symbol, sizeof(get));
    assert_int_equal(get(&calls), CKR_OK);
    return calls;
}

static void close_all_sessions(void)
{
    CK_FUNCTION_LIST_PTR calls = behind_its_back();
    CK_SLOT_ID slots[16];
    CK_ULONG num = 16, i;

    assert_int_equal(calls->C_GetSlotList(CK_TRUE, slots, &num), CKR_OK);
    for (i = 0; i < num; i++)
        (void)calls->C_CloseAllSessions(slots[i]);
}

/* ---- refusals: the token
 * -------------------------------------------------------------------------- */

static void test_keystore_refuses_what_is_no_module(void **state)
{
    struct keystore_options options;
    char *text = path_in_folder("module.so");
    struct sk_err err = {0};

    (void)state;
    softhsm_need(hsm);
    options = softhsm_options(hsm, 1);
    options.module = "/nonexistent/module.so";
    assert_int_equal(open_status(&options, &err), SK_IO);
    assert_non_null(strstr(err.text, "/nonexistent/module.so"));
    write_file(text, "not a shared library", 0600);
    options.module = text;
    assert_int_equal(open_status(&options, &err), SK_IO);
    options.module = "libm.so.6";
    assert_int_equal(open_status(&options, &err), SK_IO);
    assert_non_null(strstr(err.text, "C_GetFunctionList"));
    assert_int_equal(unlink(text), 0);
    free(text);
}

static void test_keystore_refuses_a_missing_and_an_ambiguous_token(void **state)
{
    struct keystore_options options;
    struct sk_err err = {0};

    (void)state;
    softhsm_need(hsm);
    options = softhsm_options(hsm, 1);
    options.token = "no such token";
    assert_int_equal(open_status(&options, &err), SK_NOTFOUND);
    assert_string_equal(err.text, "token no such token: no such token");
    options.token = "unit"; /* the beginning of a label is not the label */
    assert_int_equal(open_status(&options, &err), SK_NOTFOUND);
    options.token = "a label that is longer than a token's label can be";
    assert_int_equal(open_status(&options, &err), SK_NOTFOUND);
    options.token = NULL;
    assert_int_equal(open_status(&options, &err), SK_INPUT);
    softhsm_add_token(hsm, "twin");
    softhsm_add_token(hsm, "twin");
    options.token = "twin";
    assert_int_equal(open_status(&options, &err), SK_INPUT);
}

static void test_keystore_refuses_a_wrong_pin_and_names_the_code(void **state)
{
    struct keystore_options options;
    char *pin;
    struct sk_err err = {0};

    (void)state;
    softhsm_need(hsm);
    options = softhsm_options(hsm, 1);
    pin = softhsm_write(hsm, "wrong-pin", "secret-0815\n", 0600);
    options.pin_file = pin;
    assert_int_equal(open_status(&options, &err), SK_CRYPTO);
    assert_non_null(strstr(err.text, "CKR_PIN_INCORRECT"));
    assert_null(strstr(err.text, "0815"));
    free(pin);
}

static void check_pin_file(const char *text, unsigned mode, enum sk_status want)
{
    struct keystore_options options = softhsm_options(hsm, 1);
    char *pin = softhsm_write(hsm, "pin-file", text, mode);
    struct sk_err err = {0};
    enum sk_status status;

    options.pin_file = pin;
    status = open_status(&options, &err);
    if (status != want)
        fail_msg("PIN \"%.40s\" mode %o: %s: %s", text, mode, status_name(status), err.text);
    assert_int_equal(unlink(pin), 0);
    free(pin);
}

static void test_keystore_refuses_pin_files_that_are_open_or_odd(void **state)
{
    struct keystore_options options;
    char longest[LIMIT_PIN_BYTES + 3];

    (void)state;
    softhsm_need(hsm);
    check_pin_file(SOFTHSM_PIN, 0640, SK_IO);
    check_pin_file(SOFTHSM_PIN, 0604, SK_IO);
    check_pin_file(SOFTHSM_PIN, 0620, SK_IO);
    check_pin_file("", 0600, SK_IO);
    check_pin_file("\n" SOFTHSM_PIN, 0600, SK_IO);
    memset(longest, '1', sizeof(longest));
    longest[LIMIT_PIN_BYTES + 1] = '\0';
    check_pin_file(longest, 0600, SK_IO); /* one past the cap */
    longest[LIMIT_PIN_BYTES] = '\n';
    check_pin_file(longest, 0600, SK_CRYPTO); /* at the cap: read, and wrong */
    longest[LIMIT_PIN_BYTES] = '\0';
    check_pin_file(longest, 0600, SK_CRYPTO);
    options = softhsm_options(hsm, 1);
    options.pin_file = hsm->folder;
    assert_int_equal(open_status(&options, NULL), SK_IO);
    options.pin_file = "/nonexistent/pin";
    assert_int_equal(open_status(&options, NULL), SK_IO);
    check_pin_file(SOFTHSM_PIN, 0400, SK_OK);
    check_pin_file(SOFTHSM_PIN "\r\nsecond line", 0600, SK_OK);
}

/* Tokens count wrong PINs and lock themselves. */
static void test_keystore_offers_a_refused_pin_only_once(void **state)
{
    struct keystore_options options;
    struct sk_keystore *store = NULL;
    struct sk_err err = {0};
    char *pin, *next;

    (void)state;
    softhsm_need(hsm);
    options = softhsm_options(hsm, 1);
    pin = softhsm_write(hsm, "pin-of-today", "wrong\n", 0600);
    options.pin_file = pin;
    options.allow_absent = true;
    assert_int_equal(keystore_open(&options, &store, NULL), SK_OK);
    assert_false(keystore_is_healthy(store));
    (void)sleep(2); /* longer than the time between two attempts */
    assert_int_equal(key_status(store, "ec", &err), SK_CRYPTO);
    assert_non_null(strstr(err.text, "not tried again"));
    next = softhsm_write(hsm, "pin-of-tomorrow", SOFTHSM_PIN "\n", 0600);
    assert_int_equal(rename(next, pin), 0);
    (void)sleep(2);
    assert_int_equal(key_status(store, "ec", &err), SK_OK);
    assert_true(keystore_is_healthy(store));
    keystore_close(store);
    free(next);
    free(pin);
}

static void test_keystore_refuses_missing_and_ambiguous_keys(void **state)
{
    struct sk_keystore *store, *files;
    char *file = path_in_folder("import.key");
    struct sk_err err = {0};

    (void)state;
    softhsm_need(hsm);
    files = open_files();
    EVP_PKEY_free(generate(files, file, "ec:P-256"));
    keystore_close(files);
    softhsm_import(hsm, file, "two of a kind", "01");
    softhsm_import(hsm, file, "two of a kind", "02");
    softhsm_import(hsm, file, "imported", "03");
    store = open_token(1);
    assert_int_equal(key_status(store, "no such key", &err), SK_NOTFOUND);
    assert_int_equal(key_status(store, "two of a kind", &err), SK_INPUT);
    assert_int_equal(key_status(store, "imported", &err), SK_OK);
    assert_int_equal(generate_status(store, "two of a kind", "ec:P-256"), SK_INPUT);
    assert_int_equal(generate_status(store, "ec", "ec:P-256"), SK_INPUT);
    assert_int_equal(generate_status(store, "new", "rsa:1024"), SK_INPUT);
    assert_int_equal(generate_status(store, "new", ""), SK_INPUT);
    assert_int_equal(generate_status(store, "", "ec:P-256"), SK_INPUT);
    assert_int_equal(key_status(store, "new", &err), SK_NOTFOUND);
    keystore_close(store);
    assert_int_equal(unlink(file), 0);
    free(file);
}

/* Nothing of OpenSSL's many ways to write a key may find a private half. */
static void check_not_exportable(EVP_PKEY *key)
{
    OSSL_PARAM *params = NULL;
    BIGNUM *secret = NULL;
    BIO *out = BIO_new(BIO_s_mem());
    uint8_t *der = NULL;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    assert_int_not_equal(EVP_PKEY_todata(key, EVP_PKEY_KEYPAIR, &params), 1);
    assert_int_not_equal(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &secret), 1);
    assert_int_not_equal(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_D, &secret), 1);
    assert_true(i2d_PrivateKey(key, &der) <= 0);
    assert_int_not_equal(PEM_write_bio_PKCS8PrivateKey(out, key, NULL, NULL, 0, NULL, NULL), 1);
    assert_int_not_equal(PEM_write_bio_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL), 1);
    assert_null(EVP_PKEY2PKCS8(key));
    /* OpenSSL's own signature code never gets the key, not even its public half to sign with. */
    assert_int_not_equal(
        EVP_DigestSignInit_ex(ctx, NULL, "SHA256", NULL, "provider=default", key, NULL), 1);
    assert_null(params);
    assert_null(secret);
    assert_null(der);
    EVP_MD_CTX_free(ctx);
    BIO_free(out);
    ERR_clear_error();
}

static void test_keystore_never_exports_a_private_half(void **state)
{
    static const char *const labels[] = {"rsa", "ec"};
    struct sk_keystore *store;
    size_t i;

    (void)state;
    softhsm_need(hsm);
    store = open_token(1);
    for (i = 0; i < 2; i++) {
        EVP_PKEY *key = open_key(store, labels[i]);

        check_not_exportable(key);
        assert_true(signs(store, key));
        EVP_PKEY_free(key);
    }
    keystore_close(store);
}

/* The attributes are the token's own word for it. */
static void test_keystore_generates_keys_that_stay_in_the_token(void **state)
{
    CK_FUNCTION_LIST_PTR calls;
    struct sk_keystore *store;
    CK_SLOT_ID slots[16];
    CK_ULONG num = 16, found = 0, i;
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE object;
    CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    CK_BBOOL sensitive = CK_FALSE, extractable = CK_TRUE, decrypt = CK_TRUE, sign = CK_FALSE;
    char label[] = "rsa";
    CK_ATTRIBUTE what[] = {{CKA_CLASS, &class, sizeof(class)}, {CKA_LABEL, label, 3}};
    CK_ATTRIBUTE told[] = {{CKA_SENSITIVE, &sensitive, sizeof(CK_BBOOL)},
                           {CKA_EXTRACTABLE, &extractable, sizeof(CK_BBOOL)},
                           {CKA_DECRYPT, &decrypt, sizeof(CK_BBOOL)},
                           {CKA_SIGN, &sign, sizeof(CK_BBOOL)}};

    (void)state;
    softhsm_need(hsm);
    store = open_token(1);
    calls = behind_its_back();
    assert_int_equal(calls->C_GetSlotList(CK_TRUE, slots, &num), CKR_OK);
    for (i = 0; i < num && found == 0; i++) {
        if (calls->C_OpenSession(slots[i], CKF_SERIAL_SESSION, NULL, NULL, &session) != CKR_OK ||
            calls->C_FindObjectsInit(session, what, 2) != CKR_OK)
            continue;
        assert_int_equal(calls->C_FindObjects(session, &object, 1, &found), CKR_OK);
        assert_int_equal(calls->C_FindObjectsFinal(session), CKR_OK);
        if (found == 1)
            assert_int_equal(calls->C_GetAttributeValue(session, object, told, 4), CKR_OK);
        assert_int_equal(calls->C_CloseSession(session), CKR_OK);
    }
    assert_int_equal(found, 1);
    assert_true(sensitive);
    assert_false(extractable);
    assert_false(decrypt);
    assert_true(sign);
    keystore_close(store);
}

static void test_keystore_refuses_weak_digests_and_other_paddings(void **state)
{
    struct sk_keystore *store;
    EVP_PKEY *key;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *pctx = NULL;
    uint8_t signature[1024];
    size_t len;

    (void)state;
    softhsm_need(hsm);
    store = open_token(1);
    key = open_key(store, "rsa");
    assert_false(sign_message(keystore_libctx(store), key, "SHA1", signature, &len));
    assert_false(sign_message(keystore_libctx(store), key, "MD5", signature, &len));
    assert_false(sign_message(keystore_libctx(store), key, "no such digest", signature, &len));
    assert_int_equal(
        EVP_DigestSignInit_ex(ctx, &pctx, "SHA256", keystore_libctx(store), NULL, key, NULL), 1);
    assert_true(EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) <= 0);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PADDING), 1);
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
    keystore_close(store);
}

/* ---- refusals: files
 * ---------------------------------------------------------------------------------- */

static void test_keystore_refuses_key_files_that_are_open_or_odd(void **state)
{
    struct sk_keystore *store = open_files();
    char *path = path_in_folder("odd.key"), *big;
    EVP_PKEY *key, *odd = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    struct sk_err err = {0};
    FILE *file;

    (void)state;
    assert_int_equal(key_status(store, "/nonexistent/key", &err), SK_NOTFOUND);
    assert_int_equal(key_status(store, folder, &err), SK_IO);
    write_file(path, "not a key", 0600);
    assert_int_equal(key_status(store, path, &err), SK_INPUT);
    assert_int_equal(generate_status(store, path, "ec:P-256"), SK_INPUT); /* not overwritten */
    assert_int_equal(unlink(path), 0);
    assert_int_equal(generate_status(store, path, "dsa:1024"), SK_INPUT);
    assert_int_equal(access(path, F_OK), -1); /* and leaves no file */
    key = generate(store, path, "ec:P-256");
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(key_status(store, path, &err), SK_IO);
    assert_non_null(strstr(err.text, "640"));
    file = fopen(path, "w");
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(PEM_write_PKCS8PrivateKey(file, key, EVP_aes_256_cbc(), "pass", 4, NULL, NULL),
                     1);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(key_status(store, path, &err), SK_INPUT);
    assert_non_null(strstr(err.text, "encrypted"));
    file = fopen(path, "w");
    assert_int_equal(PEM_write_PKCS8PrivateKey(file, odd, NULL, NULL, 0, NULL, NULL), 1);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(key_status(store, path, &err), SK_INPUT);
    big = calloc(1, LIMIT_KEY_FILE_BYTES + 2);
    memset(big, '\n', LIMIT_KEY_FILE_BYTES);
    write_file(path, big, 0600); /* at the cap: read, and no key */
    assert_int_equal(key_status(store, path, &err), SK_INPUT);
    big[LIMIT_KEY_FILE_BYTES] = '\n';
    write_file(path, big, 0600);
    assert_int_equal(key_status(store, path, &err), SK_LIMIT);
    free(big);
    EVP_PKEY_free(key);
    EVP_PKEY_free(odd);
    assert_int_equal(unlink(path), 0);
    free(path);
    keystore_close(store);
}

/* ---- what the keys are for
 * ------------------------------------------------------------------------------ */

static void check_certificate(EVP_PKEY *key, EVP_PKEY *plain, const char *digest)
{
    X509 *cert = signcert_new(key, digest, "critical,keyCertSign"), *parsed;
    uint8_t *der = NULL;
    const uint8_t *p;
    int len = i2d_X509(cert, &der);

    p = der;
    parsed = d2i_X509(NULL, &p, len);
    assert_non_null(parsed);
    assert_int_equal(X509_verify(parsed, plain), 1);
    assert_int_equal(X509_check_private_key(parsed, key), 1);
    OPENSSL_free(der);
    X509_free(parsed);
    X509_free(cert);
}

static void check_crl(EVP_PKEY *key, EVP_PKEY *plain, const char *digest)
{
    X509_CRL *crl = X509_CRL_new(), *parsed;
    X509_REVOKED *entry = X509_REVOKED_new();
    ASN1_TIME *when = ASN1_TIME_set(NULL, 1700000000);
    ASN1_INTEGER *serial = ASN1_INTEGER_new();
    uint8_t *der = NULL;
    const uint8_t *p;
    int len;

    assert_int_equal(ASN1_INTEGER_set(serial, 4711), 1);
    assert_int_equal(X509_CRL_set_version(crl, X509_CRL_VERSION_2), 1);
    assert_int_equal(X509_CRL_set1_lastUpdate(crl, when), 1);
    assert_int_equal(X509_CRL_set1_nextUpdate(crl, when), 1);
    assert_int_equal(X509_REVOKED_set_serialNumber(entry, serial), 1);
    assert_int_equal(X509_REVOKED_set_revocationDate(entry, when), 1);
    assert_int_equal(X509_CRL_add0_revoked(crl, entry), 1);
    assert_true(X509_CRL_sign(crl, key, EVP_get_digestbyname(digest)) > 0);
    len = i2d_X509_CRL(crl, &der);
    p = der;
    parsed = d2i_X509_CRL(NULL, &p, len);
    assert_non_null(parsed);
    assert_int_equal(X509_CRL_verify(parsed, plain), 1);
    OPENSSL_free(der);
    ASN1_INTEGER_free(serial);
    ASN1_TIME_free(when);
    X509_CRL_free(parsed);
    X509_CRL_free(crl);
}

static void check_request(EVP_PKEY *key, EVP_PKEY *plain, const char *digest)
{
    X509_REQ *request = X509_REQ_new();

    assert_int_equal(X509_REQ_set_version(request, X509_REQ_VERSION_1), 1);
    assert_int_equal(X509_REQ_set_pubkey(request, key), 1);
    assert_true(X509_REQ_sign(request, key, EVP_get_digestbyname(digest)) > 0);
    assert_int_equal(X509_REQ_verify(request, plain), 1);
    X509_REQ_free(request);
}

/* flags: with and without signed attributes OpenSSL goes different ways. */
static void check_cms(EVP_PKEY *key, const char *digest, unsigned flags)
{
    X509 *cert = signcert_new(key, digest, "critical,digitalSignature");
    BIO *in = BIO_new_mem_buf(message, sizeof(message)), *out = BIO_new(BIO_s_mem());
    X509_STORE *trust = X509_STORE_new();
    CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, NULL, CMS_PARTIAL | CMS_BINARY), *parsed;
    uint8_t *der = NULL;
    const uint8_t *p;
    int len;

    assert_non_null(cms);
    assert_non_null(
        CMS_add1_signer(cms, cert, key, EVP_get_digestbyname(digest), CMS_BINARY | flags));
    assert_int_equal(CMS_final(cms, in, NULL, CMS_BINARY), 1);
    len = i2d_CMS_ContentInfo(cms, &der);
    p = der;
    parsed = d2i_CMS_ContentInfo(NULL, &p, len);
    assert_non_null(parsed);
    assert_int_equal(X509_STORE_add_cert(trust, cert), 1);
    assert_int_equal(
        CMS_verify(parsed, NULL, trust, NULL, out, CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY), 1);
    assert_int_equal(BIO_ctrl_pending(out), sizeof(message));
    OPENSSL_free(der);
    CMS_ContentInfo_free(parsed);
    CMS_ContentInfo_free(cms);
    X509_STORE_free(trust);
    BIO_free(in);
    BIO_free(out);
    X509_free(cert);
}

/* Digest first, then EVP_PKEY_sign. */
static void check_sign_of_digest(EVP_PKEY *key, EVP_PKEY *plain, OSSL_LIB_CTX *libctx,
                                 const char *digest_name)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(libctx, key, NULL);
    uint8_t digest[EVP_MAX_MD_SIZE], signature[1024];
    size_t digest_len, len = sizeof(signature);

    assert_int_equal(
        EVP_Q_digest(NULL, digest_name, NULL, message, sizeof(message), digest, &digest_len), 1);
    assert_int_equal(EVP_PKEY_sign_init(ctx), 1);
    assert_int_equal(EVP_PKEY_CTX_set_signature_md(ctx, EVP_get_digestbyname(digest_name)), 1);
    assert_int_not_equal(EVP_PKEY_sign(ctx, signature, &len, digest, digest_len - 1), 1);
    len = sizeof(signature);
    assert_int_equal(EVP_PKEY_sign(ctx, signature, &len, digest, digest_len), 1);
    assert_true(verify_message(plain, digest_name, signature, len));
    EVP_PKEY_CTX_free(ctx);
    ERR_clear_error();
}

static void check_everything(struct sk_keystore *store, EVP_PKEY *key, const char *type, int bits)
{
    EVP_PKEY *plain = signcert_public(key);
    size_t i;

    assert_true(EVP_PKEY_is_a(key, type));
    assert_int_equal(EVP_PKEY_get_bits(key), bits);
    assert_int_equal(EVP_PKEY_get_size(key), EVP_PKEY_get_size(plain));
    assert_int_equal(EVP_PKEY_get_security_bits(key), EVP_PKEY_get_security_bits(plain));
    assert_int_equal(EVP_PKEY_get_base_id(plain),
                     strcmp(type, "RSA") == 0 ? EVP_PKEY_RSA : EVP_PKEY_EC);
    assert_int_equal(EVP_PKEY_eq(key, plain), 1);
    assert_int_equal(EVP_PKEY_eq(plain, key), 1);
    assert_int_equal(EVP_PKEY_eq(key, key), 1);
    for (i = 0; i < sizeof(digests) / sizeof(digests[0]); i++) {
        uint8_t signature[1024];
        size_t len;

        assert_true(sign_message(keystore_libctx(store), key, digests[i], signature, &len));
        assert_true(verify_message(plain, digests[i], signature, len));
        assert_true(sign_message(NULL, key, digests[i], signature, &len)); /* by the key alone */
        assert_true(verify_message(plain, digests[i], signature, len));
        check_certificate(key, plain, digests[i]);
        check_crl(key, plain, digests[i]);
        check_request(key, plain, digests[i]);
        check_cms(key, digests[i], 0);
        check_cms(key, digests[i], CMS_NOATTR);
        check_sign_of_digest(key, plain, keystore_libctx(store), digests[i]);
    }
    EVP_PKEY_free(plain);
}

static void test_keystore_signs_everything_with_a_token(void **state)
{
    struct sk_keystore *store;
    EVP_PKEY *key;

    (void)state;
    softhsm_need(hsm);
    store = open_token(2);
    assert_non_null(keystore_libctx(store));
    assert_true(keystore_is_healthy(store));
    key = open_key(store, "rsa");
    check_everything(store, key, "RSA", 2048);
    EVP_PKEY_free(key);
    key = open_key(store, "ec");
    check_everything(store, key, "EC", 256);
    EVP_PKEY_free(key);
    key = generate(store, "ec 384", "ec:P-384");
    check_everything(store, key, "EC", 384);
    EVP_PKEY_free(key);
    keystore_close(store);
}

static void test_keystore_signs_everything_with_files(void **state)
{
    static const struct {
        const char *algorithm, *type;
        int bits;
    } kinds[] = {{"rsa:2048", "RSA", 2048}, {"ec:P-256", "EC", 256}, {"ec:P-384", "EC", 384}};
    struct sk_keystore *store = open_files();
    char *path = path_in_folder("soft.key");
    struct stat st;
    size_t i;

    (void)state;
    assert_null(keystore_libctx(store));
    assert_true(keystore_is_healthy(store));
    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        EVP_PKEY *made = generate(store, path, kinds[i].algorithm), *read;

        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
        read = open_key(store, path);
        assert_int_equal(EVP_PKEY_eq(made, read), 1);
        check_everything(store, read, kinds[i].type, kinds[i].bits);
        EVP_PKEY_free(read);
        EVP_PKEY_free(made);
        assert_int_equal(unlink(path), 0);
    }
    free(path);
    keystore_close(store);
}

static void test_keystore_keeps_two_keys_of_one_kind_apart(void **state)
{
    struct sk_keystore *store;
    EVP_PKEY *a, *b;

    (void)state;
    softhsm_need(hsm);
    store = open_token(1);
    a = open_key(store, "ec");
    b = generate(store, "ec 2", "ec:P-256");
    assert_int_not_equal(EVP_PKEY_eq(a, b), 1);
    assert_int_not_equal(EVP_PKEY_eq(b, a), 1);
    assert_true(signs(store, a));
    assert_true(signs(store, b));
    EVP_PKEY_free(a);
    EVP_PKEY_free(b);
    keystore_close(store);
}

static void test_keystore_opens_one_token_twice(void **state)
{
    struct sk_keystore *one, *two;
    EVP_PKEY *key_one, *key_two, *plain;

    (void)state;
    softhsm_need(hsm);
    one = open_token(1);
    two = open_token(2);
    key_one = open_key(one, "ec");
    key_two = open_key(two, "ec");
    plain = signcert_public(key_two); /* keys of two stores are compared by their public halves */
    assert_int_equal(EVP_PKEY_eq(key_one, plain), 1);
    EVP_PKEY_free(plain);
    assert_true(signs(one, key_one));
    EVP_PKEY_free(key_one);
    keystore_close(one);
    assert_true(signs(two, key_two)); /* closing one has not logged the other out */
    EVP_PKEY_free(key_two);
    keystore_close(two);
}

/* ---- sessions that are lost
 * ------------------------------------------------------------------------------- */

static void test_keystore_signs_again_after_its_sessions_were_closed(void **state)
{
    struct sk_keystore *store;
    EVP_PKEY *rsa, *ec;
    int i;

    (void)state;
    softhsm_need(hsm);
    store = open_token(3);
    rsa = open_key(store, "rsa");
    ec = open_key(store, "ec");
    for (i = 0; i < 3; i++) {
        close_all_sessions();
        assert_true(signs(store, ec));
        assert_true(signs(store, rsa));
        close_all_sessions();
        assert_true(keystore_is_healthy(store));
        close_all_sessions();
        assert_int_equal(key_status(store, "ec", NULL), SK_OK);
    }
    close_all_sessions();
    EVP_PKEY_free(generate(store, "after the loss", "ec:P-256"));
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(ec);
    keystore_close(store);
}

static void test_keystore_signs_again_after_the_module_was_finalised(void **state)
{
    struct sk_keystore *one, *two;
    EVP_PKEY *key_one, *key_two;

    (void)state;
    softhsm_need(hsm);
    one = open_token(2);
    key_one = open_key(one, "ec");
    assert_int_equal(behind_its_back()->C_Finalize(NULL), CKR_OK);
    assert_true(signs(one, key_one));
    two = open_token(1); /* the module now has two users and is not restarted for one */
    key_two = open_key(two, "rsa");
    assert_int_equal(behind_its_back()->C_Finalize(NULL), CKR_OK);
    assert_true(signs(one, key_one));
    assert_true(signs(two, key_two));
    EVP_PKEY_free(key_one);
    EVP_PKEY_free(key_two);
    keystore_close(one);
    keystore_close(two);
}

static void test_keystore_survives_a_token_that_goes_and_comes(void **state)
{
    struct sk_keystore *store;
    EVP_PKEY *key;
    char *moved;
    int i;

    (void)state;
    softhsm_need(hsm);
    moved = softhsm_path(hsm, "moved");
    store = open_token(2);
    key = open_key(store, "ec");
    assert_int_equal(rename(hsm->store, moved), 0);
    for (i = 0; signs(store, key); i++)
        assert_true(i < 100);
    assert_false(signs(store, key)); /* at once, without asking the module */
    assert_int_equal(rename(moved, hsm->store), 0);
    for (i = 0; !signs(store, key); i++) {
        assert_true(i < 600);
        (void)usleep(100 * 1000);
    }
    EVP_PKEY_free(key);
    keystore_close(store);
    free(moved);
}

/* ---- threads and processes
 * ----------------------------------------------------------------------------------- */

enum { NUM_THREADS = 8, NUM_ROUNDS = 4, NUM_SIGNATURES = 10 };

struct team {
    struct sk_keystore *store;
    EVP_PKEY *key, *plain;
    pthread_barrier_t before, after;
    int num_bad[NUM_THREADS];
};

struct member {
    struct team *team;
    size_t index;
};

static void *member_thread(void *arg)
{
    const struct member *member = arg;
    struct team *team = member->team;
    uint8_t signature[1024];
    size_t len;
    int round, i;

    for (round = 0; round < NUM_ROUNDS; round++) {
        (void)pthread_barrier_wait(&team->before);
        for (i = 0; i < NUM_SIGNATURES; i++) {
            if (!sign_message(keystore_libctx(team->store), team->key, "SHA256", signature, &len) ||
                !verify_message(team->plain, "SHA256", signature, len))
                team->num_bad[member->index]++;
        }
        (void)pthread_barrier_wait(&team->after);
    }
    return NULL;
}

/* Eight threads on three sessions, which are taken away between the rounds. */
static void check_team(const char *label)
{
    struct team team = {.store = open_token(3)};
    struct member members[NUM_THREADS];
    pthread_t threads[NUM_THREADS];
    size_t i;
    int round;

    team.key = open_key(team.store, label);
    team.plain = signcert_public(team.key);
    assert_int_equal(pthread_barrier_init(&team.before, NULL, NUM_THREADS + 1), 0);
    assert_int_equal(pthread_barrier_init(&team.after, NULL, NUM_THREADS + 1), 0);
    for (i = 0; i < NUM_THREADS; i++) {
        members[i] = (struct member){&team, i};
        assert_int_equal(pthread_create(&threads[i], NULL, member_thread, &members[i]), 0);
    }
    for (round = 0; round < NUM_ROUNDS; round++) {
        if (round % 2 == 1)
            close_all_sessions();
        (void)pthread_barrier_wait(&team.before);
        (void)pthread_barrier_wait(&team.after);
    }
    for (i = 0; i < NUM_THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(team.num_bad[i], 0);
    }
    (void)pthread_barrier_destroy(&team.before);
    (void)pthread_barrier_destroy(&team.after);
    EVP_PKEY_free(team.plain);
    EVP_PKEY_free(team.key);
    keystore_close(team.store);
}

static void test_keystore_signs_in_eight_threads(void **state)
{
    (void)state;
    softhsm_need(hsm);
    check_team("ec");
    check_team("rsa");
}

static int child_with_parents_key(struct sk_keystore *store, EVP_PKEY *key)
{
    struct sk_err err = {0};
    EVP_PKEY *other = NULL;

    if (signs(store, key) || keystore_is_healthy(store))
        return 1;
    if (keystore_key(store, "rsa", &other, &err) != SK_CRYPTO ||
        strstr(err.text, "another process") == NULL)
        return 2;
    /* What is the child's own works, beside what it inherited. */
    struct sk_keystore *own = open_token(1);
    EVP_PKEY *own_key = open_key(own, "ec");
    int result = signs(own, own_key) ? 0 : 3;

    EVP_PKEY_free(own_key);
    keystore_close(own);
    EVP_PKEY_free(key);
    keystore_close(store);
    return result;
}

static void test_keystore_does_not_work_across_fork(void **state)
{
    struct sk_keystore *store;
    EVP_PKEY *key;
    int status;
    pid_t pid;

    (void)state;
    softhsm_need(hsm);
    store = open_token(2);
    key = open_key(store, "ec");
    assert_true(signs(store, key));
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        _exit(child_with_parents_key(store, key));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_true(signs(store, key)); /* the parent's sessions were not touched */
    EVP_PKEY_free(key);
    keystore_close(store);
}

/* ---- all of it
 * ----------------------------------------------------------------------------------------------------
 */

static int start_all(void **state)
{
    struct sk_keystore *store;

    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    hsm = softhsm_new("unit test");
    if (hsm == NULL)
        return 0;
    store = open_token(1);
    EVP_PKEY_free(generate(store, "rsa", "rsa:2048"));
    EVP_PKEY_free(generate(store, "ec", "ec:P-256"));
    keystore_close(store);
    return 0;
}

static int end_all(void **state)
{
    (void)state;
    softhsm_free(hsm);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keystore_refuses_what_is_no_module),
        cmocka_unit_test(test_keystore_refuses_a_missing_and_an_ambiguous_token),
        cmocka_unit_test(test_keystore_refuses_a_wrong_pin_and_names_the_code),
        cmocka_unit_test(test_keystore_refuses_pin_files_that_are_open_or_odd),
        cmocka_unit_test(test_keystore_offers_a_refused_pin_only_once),
        cmocka_unit_test(test_keystore_refuses_missing_and_ambiguous_keys),
        cmocka_unit_test(test_keystore_never_exports_a_private_half),
        cmocka_unit_test(test_keystore_generates_keys_that_stay_in_the_token),
        cmocka_unit_test(test_keystore_refuses_weak_digests_and_other_paddings),
        cmocka_unit_test(test_keystore_refuses_key_files_that_are_open_or_odd),
        cmocka_unit_test(test_keystore_signs_everything_with_a_token),
        cmocka_unit_test(test_keystore_signs_everything_with_files),
        cmocka_unit_test(test_keystore_keeps_two_keys_of_one_kind_apart),
        cmocka_unit_test(test_keystore_opens_one_token_twice),
        cmocka_unit_test(test_keystore_signs_again_after_its_sessions_were_closed),
        cmocka_unit_test(test_keystore_signs_again_after_the_module_was_finalised),
        cmocka_unit_test(test_keystore_survives_a_token_that_goes_and_comes),
        cmocka_unit_test(test_keystore_signs_in_eight_threads),
        cmocka_unit_test(test_keystore_does_not_work_across_fork),
    };

    return cmocka_run_group_tests(tests, start_all, end_all);
}
