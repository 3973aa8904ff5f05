/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/cms.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/limits.h"
#include "test/support/keys.h"
#include "test/support/signcert.h"

static struct softhsm *hsm; /* NULL: SoftHSM is missing */
static char folder[] = "/tmp/sekisho-keystore-XXXXXX";

static const char *const digests[] = {"SHA256", "SHA384", "SHA512"};
static const uint8_t message[] = "what is signed";

/* ---- helpers --------------------------------------------------------------------------------- */

static char *path_in_folder(const char *name)
{
    char *path = NULL;

    if (asprintf(&path, "%s/%s", folder, name) < 0)
        exit(1);
    return path;
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

/* What a label leaves open, the id of a URI tells. */
static void check_uris(struct sk_keystore *store)
{
    static const struct {
        const char *uri;
        enum sk_status status;
    } cases[] = {
        {"pkcs11:object=two%20of%20a%20kind;id=%02", SK_OK},
        {"pkcs11:object=two%20of%20a%20kind", SK_INPUT},
        {"pkcs11:object=two%20of%20a%20kind;id=%03", SK_NOTFOUND},
        {"pkcs11:id=%03", SK_OK},
        {"pkcs11:id=%04", SK_NOTFOUND},
        {"pkcs11:object=imported;type=public", SK_INPUT},
        {"pkcs11:object=imported%00x", SK_INPUT},
        {"pkcs11:token=whatever", SK_INPUT},
    };
    struct sk_err err = {0};
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(key_status(store, cases[i].uri, &err), cases[i].status);
}

static void test_keystore_refuses_missing_and_ambiguous_keys(void **state)
{
    struct sk_keystore *store, *files;
    char *file = path_in_folder("import.key");
    struct sk_err err = {0};

    (void)state;
    softhsm_need(hsm);
    files = keys_open_files();
    EVP_PKEY_free(keys_generate(files, file, "ec:P-256"));
    keystore_close(files);
    softhsm_import(hsm, file, "two of a kind", "01");
    softhsm_import(hsm, file, "two of a kind", "02");
    softhsm_import(hsm, file, "imported", "03");
    store = keys_open_token(hsm, 1);
    assert_int_equal(key_status(store, "no such key", &err), SK_NOTFOUND);
    assert_int_equal(key_status(store, "two of a kind", &err), SK_INPUT);
    assert_int_equal(key_status(store, "imported", &err), SK_OK);
    check_uris(store);
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
    store = keys_open_token(hsm, 1);
    for (i = 0; i < 2; i++) {
        EVP_PKEY *key = keys_open(store, labels[i]);

        check_not_exportable(key);
        assert_true(keys_work(store, key));
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
    store = keys_open_token(hsm, 1);
    calls = softhsm_calls(hsm);
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
    store = keys_open_token(hsm, 1);
    key = keys_open(store, "rsa");
    assert_false(keys_sign(keystore_libctx(store), key, "SHA1", signature, &len));
    assert_false(keys_sign(keystore_libctx(store), key, "MD5", signature, &len));
    assert_false(keys_sign(keystore_libctx(store), key, "no such digest", signature, &len));
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
    struct sk_keystore *store = keys_open_files();
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
    key = keys_generate(store, path, "ec:P-256");
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
    assert_true(keys_verify(plain, digest_name, signature, len));
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

        assert_true(keys_sign(keystore_libctx(store), key, digests[i], signature, &len));
        assert_true(keys_verify(plain, digests[i], signature, len));
        assert_true(keys_sign(NULL, key, digests[i], signature, &len)); /* by the key alone */
        assert_true(keys_verify(plain, digests[i], signature, len));
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
    store = keys_open_token(hsm, 2);
    assert_non_null(keystore_libctx(store));
    assert_true(keystore_is_healthy(store, NULL));
    key = keys_open(store, "rsa");
    check_everything(store, key, "RSA", 2048);
    EVP_PKEY_free(key);
    key = keys_open(store, "ec");
    check_everything(store, key, "EC", 256);
    EVP_PKEY_free(key);
    key = keys_generate(store, "ec 384", "ec:P-384");
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
    struct sk_keystore *store = keys_open_files();
    char *path = path_in_folder("soft.key");
    struct stat st;
    size_t i;

    (void)state;
    assert_null(keystore_libctx(store));
    assert_true(keystore_is_healthy(store, NULL));
    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        EVP_PKEY *made = keys_generate(store, path, kinds[i].algorithm), *read;

        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
        read = keys_open(store, path);
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
    store = keys_open_token(hsm, 1);
    a = keys_open(store, "ec");
    b = keys_generate(store, "ec 2", "ec:P-256");
    assert_int_not_equal(EVP_PKEY_eq(a, b), 1);
    assert_int_not_equal(EVP_PKEY_eq(b, a), 1);
    assert_true(keys_work(store, a));
    assert_true(keys_work(store, b));
    EVP_PKEY_free(a);
    EVP_PKEY_free(b);
    keystore_close(store);
}

/* ---- all of it */

static int start_all(void **state)
{
    struct sk_keystore *store;

    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    hsm = softhsm_new("key store");
    if (hsm == NULL)
        return 0;
    store = keys_open_token(hsm, 1);
    EVP_PKEY_free(keys_generate(store, "rsa", "rsa:2048"));
    EVP_PKEY_free(keys_generate(store, "ec", "ec:P-256"));
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
        cmocka_unit_test(test_keystore_refuses_missing_and_ambiguous_keys),
        cmocka_unit_test(test_keystore_never_exports_a_private_half),
        cmocka_unit_test(test_keystore_generates_keys_that_stay_in_the_token),
        cmocka_unit_test(test_keystore_refuses_weak_digests_and_other_paddings),
        cmocka_unit_test(test_keystore_refuses_key_files_that_are_open_or_odd),
        cmocka_unit_test(test_keystore_signs_everything_with_a_token),
        cmocka_unit_test(test_keystore_signs_everything_with_files),
        cmocka_unit_test(test_keystore_keeps_two_keys_of_one_kind_apart),
    };

    return cmocka_run_group_tests(tests, start_all, end_all);
}
