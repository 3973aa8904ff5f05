/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/signer/provider.h"

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/provider.h>
#include <openssl/proverr.h>
#include <openssl/rsa.h>
#include <stdatomic.h>
#include <stdlib.h>

#define PROVIDER_NAME       "sekisho-token"
#define PROVIDER_PROPERTIES "provider=" PROVIDER_NAME
#define PARAM_TOKEN_KEY     "sekisho-token-key" /* octets: address of a struct token_key pointer */

/* OpenSSL's tables hold functions of all kinds as void (*)(void). */
#define DISPATCH(id, function)                                                                     \
    {                                                                                              \
        (id), (void (*)(void))(function)                                                           \
    }

struct provider {
    OSSL_LIB_CTX *libctx;
    OSSL_PROVIDER *ours, *standard;
};

/* ---- key management
 * ------------------------------------------------------------------------------ */

struct provider_key {
    atomic_uint users;
    struct token_key *token_key; /* owned; NULL until import */
};

static void *keymgmt_new(void *provctx)
{
    struct provider_key *key = calloc(1, sizeof(*key));

    (void)provctx;
    if (key != NULL)
        atomic_init(&key->users, 1);
    return key;
}

static struct provider_key *key_ref(struct provider_key *key)
{
    (void)atomic_fetch_add(&key->users, 1);
    return key;
}

static void keymgmt_free(void *keydata)
{
    struct provider_key *key = keydata;

    if (key == NULL || atomic_fetch_sub(&key->users, 1) != 1)
        return;
    token_key_free(key->token_key);
    free(key);
}

static EVP_PKEY *key_public(const void *keydata)
{
    const struct provider_key *key = keydata;

    return key != NULL && key->token_key != NULL ? token_key_get0_public(key->token_key) : NULL;
}

static int keymgmt_has(const void *keydata, int selection)
{
    /* Of the private half we have the use, which is what callers want to know. */
    (void)selection;
    return key_public(keydata) != NULL;
}

static int keymgmt_match(const void *one, const void *two, int selection)
{
    const EVP_PKEY *a = key_public(one), *b = key_public(two);

    if (a == NULL || b == NULL)
        return 0;
    if ((selection & OSSL_KEYMGMT_SELECT_KEYPAIR) != 0)
        return EVP_PKEY_eq(a, b) == 1;
    return EVP_PKEY_parameters_eq(a, b) == 1;
}

static int keymgmt_import(void *keydata, int selection, const OSSL_PARAM params[])
{
    struct provider_key *key = keydata;
    const OSSL_PARAM *param = OSSL_PARAM_locate_const(params, PARAM_TOKEN_KEY);
    struct token_key **giver;
    const void *octets;
    size_t len;

    (void)selection;
    if (param == NULL || key->token_key != NULL ||
        OSSL_PARAM_get_octet_string_ptr(param, &octets, &len) != 1 || len != sizeof(giver))
        return 0;
    memcpy(&giver, octets, len);
    key->token_key = *giver; /* it is ours from here, whatever OpenSSL does next */
    *giver = NULL;
    return 1;
}

static const OSSL_PARAM *keymgmt_import_types(int selection)
{
    static const OSSL_PARAM types[] = {OSSL_PARAM_octet_string(PARAM_TOKEN_KEY, NULL, 0),
                                       OSSL_PARAM_END};

    (void)selection;
    return types;
}

static int keymgmt_export(void *keydata, int selection, OSSL_CALLBACK *callback, void *arg)
{
    EVP_PKEY *public_key = key_public(keydata);

    /* Else OpenSSL would copy the public half into its own provider and sign with nothing. */
    if (public_key == NULL || (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0)
        return 0;
    return EVP_PKEY_export(public_key, selection, callback, arg);
}

#define EXPORT_RSA                                                                                 \
    OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_N, NULL, 0), OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, NULL, 0)
#define EXPORT_EC                                                                                  \
    OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),                                   \
        OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0)
#define DESCRIPTION                                                                                \
    OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, NULL),                                                    \
        OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, NULL),                                       \
        OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, NULL),                                            \
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_DEFAULT_DIGEST, NULL, 0)

static const OSSL_PARAM *rsa_export_types(int selection)
{
    static const OSSL_PARAM types[] = {EXPORT_RSA, OSSL_PARAM_END};

    return (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0 ? NULL : types;
}

static const OSSL_PARAM *ec_export_types(int selection)
{
    static const OSSL_PARAM types[] = {EXPORT_EC, OSSL_PARAM_END};

    return (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0 ? NULL : types;
}

static int keymgmt_get_params(void *keydata, OSSL_PARAM params[])
{
    const EVP_PKEY *public_key = key_public(keydata);

    return public_key != NULL && EVP_PKEY_get_params(public_key, params) == 1;
}

static const OSSL_PARAM *rsa_gettable(void *provctx)
{
    static const OSSL_PARAM params[] = {DESCRIPTION, EXPORT_RSA, OSSL_PARAM_END};

    (void)provctx;
    return params;
}

static const OSSL_PARAM *ec_gettable(void *provctx)
{
    static const OSSL_PARAM params[] = {
        DESCRIPTION, EXPORT_EC,
        OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, NULL, 0), OSSL_PARAM_END};

    (void)provctx;
    return params;
}

static const char *rsa_operation(int operation)
{
    return operation == OSSL_OP_SIGNATURE ? "RSA" : NULL;
}

static const char *ec_operation(int operation)
{
    return operation == OSSL_OP_SIGNATURE ? "ECDSA" : NULL;
}

#define KEYMGMT_COMMON                                                                             \
    DISPATCH(OSSL_FUNC_KEYMGMT_NEW, keymgmt_new), DISPATCH(OSSL_FUNC_KEYMGMT_FREE, keymgmt_free),  \
        DISPATCH(OSSL_FUNC_KEYMGMT_HAS, keymgmt_has),                                              \
        DISPATCH(OSSL_FUNC_KEYMGMT_MATCH, keymgmt_match),                                          \
        DISPATCH(OSSL_FUNC_KEYMGMT_IMPORT, keymgmt_import),                                        \
        DISPATCH(OSSL_FUNC_KEYMGMT_IMPORT_TYPES, keymgmt_import_types),                            \
        DISPATCH(OSSL_FUNC_KEYMGMT_EXPORT, keymgmt_export),                                        \
        DISPATCH(OSSL_FUNC_KEYMGMT_GET_PARAMS, keymgmt_get_params)

static const OSSL_DISPATCH rsa_keymgmt[] = {
    KEYMGMT_COMMON,
    DISPATCH(OSSL_FUNC_KEYMGMT_EXPORT_TYPES, rsa_export_types),
    DISPATCH(OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, rsa_gettable),
    DISPATCH(OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, rsa_operation),
    {0, NULL},
};

static const OSSL_DISPATCH ec_keymgmt[] = {
    KEYMGMT_COMMON,
    DISPATCH(OSSL_FUNC_KEYMGMT_EXPORT_TYPES, ec_export_types),
    DISPATCH(OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, ec_gettable),
    DISPATCH(OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, ec_operation),
    {0, NULL},
};

/* ---- signatures
 * ------------------------------------------------------------------------------------ */

enum { DIGEST_INFO_PREFIX = 19, ALGORITHM_MAX = 15 };

/* One row per digest that we sign with. */
static const struct hash {
    const char *name;
    size_t len;
    uint8_t digest_info[DIGEST_INFO_PREFIX]; /* RFC 8017 9.2 note 1, the digest follows */
    uint8_t rsa[ALGORITHM_MAX], ecdsa[12];   /* AlgorithmIdentifier */
} hashes[] = {
    {"SHA256",
     32,
     {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01,
      0x05, 0x00, 0x04, 0x20},
     {0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b, 0x05, 0x00},
     {0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02}},
    {"SHA384",
     48,
     {0x30, 0x41, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02,
      0x05, 0x00, 0x04, 0x30},
     {0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0c, 0x05, 0x00},
     {0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03}},
    {"SHA512",
     64,
     {0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03,
      0x05, 0x00, 0x04, 0x40},
     {0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0d, 0x05, 0x00},
     {0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x04}},
};

struct signature {
    OSSL_LIB_CTX *libctx; /* provctx, for digests */
    struct provider_key *key;
    const struct hash *hash;
    EVP_MD_CTX *digest; /* between init and final */
};

static void *signature_new(void *provctx, const char *properties)
{
    struct signature *signature = calloc(1, sizeof(*signature));

    (void)properties;
    if (signature != NULL)
        signature->libctx = provctx;
    return signature;
}

static void signature_free(void *ctx)
{
    struct signature *signature = ctx;

    if (signature == NULL)
        return;
    keymgmt_free(signature->key);
    EVP_MD_CTX_free(signature->digest);
    free(signature);
}

static void *signature_dup(void *ctx)
{
    const struct signature *old = ctx;
    struct signature *copy = signature_new(old->libctx, NULL);

    if (copy == NULL)
        return NULL;
    copy->hash = old->hash;
    if (old->key != NULL)
        copy->key = key_ref(old->key);
    if (old->digest != NULL) {
        copy->digest = EVP_MD_CTX_new();
        if (copy->digest == NULL || EVP_MD_CTX_copy_ex(copy->digest, old->digest) != 1) {
            signature_free(copy);
            return NULL;
        }
    }
    return copy;
}

static int signature_set_hash(struct signature *signature, const char *name)
{
    EVP_MD *md = EVP_MD_fetch(signature->libctx, name, NULL);
    size_t i;
    int ok = 0;

    for (i = 0; md != NULL && i < sizeof(hashes) / sizeof(hashes[0]); i++) {
        if (EVP_MD_is_a(md, hashes[i].name)) {
            signature->hash = &hashes[i];
            ok = 1;
        }
    }
    if (!ok)
        ERR_raise_data(ERR_LIB_PROV, PROV_R_INVALID_DIGEST, "%s", name);
    EVP_MD_free(md);
    return ok;
}

static int signature_set_params(void *ctx, const OSSL_PARAM params[])
{
    struct signature *signature = ctx;
    const OSSL_PARAM *param;
    const char *text;
    int padding = RSA_PKCS1_PADDING;

    if (params == NULL)
        return 1;
    param = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_DIGEST);
    if (param != NULL && (OSSL_PARAM_get_utf8_string_ptr(param, &text) != 1 ||
                          signature_set_hash(signature, text) != 1))
        return 0;
    param = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PAD_MODE);
    if (param == NULL)
        return 1;
    if (param->data_type == OSSL_PARAM_UTF8_STRING)
        return OSSL_PARAM_get_utf8_string_ptr(param, &text) == 1 &&
               strcmp(text, OSSL_PKEY_RSA_PAD_MODE_PKCSV15) == 0;
    return OSSL_PARAM_get_int(param, &padding) == 1 && padding == RSA_PKCS1_PADDING;
}

static bool signature_is_rsa(const struct signature *signature)
{
    return token_key_type(signature->key->token_key) == TOKEN_KEY_RSA;
}

static int signature_get_params(void *ctx, OSSL_PARAM params[])
{
    const struct signature *signature = ctx;
    OSSL_PARAM *param;

    param = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_ALGORITHM_ID);
    if (param != NULL) {
        if (signature->key == NULL || signature->hash == NULL)
            return 0;
        if ((signature_is_rsa(signature)
                 ? OSSL_PARAM_set_octet_string(param, signature->hash->rsa,
                                               sizeof(signature->hash->rsa))
                 : OSSL_PARAM_set_octet_string(param, signature->hash->ecdsa,
                                               sizeof(signature->hash->ecdsa))) != 1)
            return 0;
    }
    param = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_DIGEST);
    if (param != NULL &&
        (signature->hash == NULL || OSSL_PARAM_set_utf8_string(param, signature->hash->name) != 1))
        return 0;
    param = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_PAD_MODE);
    if (param != NULL && param->data_type == OSSL_PARAM_UTF8_STRING)
        return OSSL_PARAM_set_utf8_string(param, OSSL_PKEY_RSA_PAD_MODE_PKCSV15);
    return param == NULL || OSSL_PARAM_set_int(param, RSA_PKCS1_PADDING) == 1;
}

#define SIGNATURE_SETTABLE                                                                         \
    OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, NULL, 0),                                  \
        OSSL_PARAM_int(OSSL_SIGNATURE_PARAM_PAD_MODE, NULL)

static const OSSL_PARAM *signature_gettable(void *ctx, void *provctx)
{
    static const OSSL_PARAM params[] = {
        OSSL_PARAM_octet_string(OSSL_SIGNATURE_PARAM_ALGORITHM_ID, NULL, 0), SIGNATURE_SETTABLE,
        OSSL_PARAM_END};

    (void)ctx;
    (void)provctx;
    return params;
}

static const OSSL_PARAM *signature_settable(void *ctx, void *provctx)
{
    static const OSSL_PARAM params[] = {SIGNATURE_SETTABLE, OSSL_PARAM_END};

    (void)ctx;
    (void)provctx;
    return params;
}

static int signature_sign_init(void *ctx, void *keydata, const OSSL_PARAM params[])
{
    struct signature *signature = ctx;

    if (keydata != NULL && key_public(keydata) == NULL)
        return 0;
    if (keydata != NULL) {
        keymgmt_free(signature->key);
        signature->key = key_ref(keydata);
    }
    return signature->key != NULL && signature_set_params(ctx, params);
}

/* digest: of the length of signature->hash. */
static int signature_of_digest(const struct signature *signature, const uint8_t *digest,
                               uint8_t *out, size_t *out_len, size_t out_max)
{
    const struct hash *hash = signature->hash;
    uint8_t in[DIGEST_INFO_PREFIX + EVP_MAX_MD_SIZE];
    size_t prefix = signature_is_rsa(signature) ? DIGEST_INFO_PREFIX : 0;
    struct sk_err err = {0};

    memcpy(in, hash->digest_info, prefix);
    memcpy(in + prefix, digest, hash->len);
    if (token_key_sign(signature->key->token_key, bytes_of(in, prefix + hash->len), out, out_max,
                       out_len, &err) == SK_OK)
        return 1;
    ERR_raise_data(ERR_LIB_PROV, PROV_R_FAILED_TO_SIGN, "%s", err.text);
    return 0;
}

static int signature_sign(void *ctx, unsigned char *out, size_t *out_len, size_t out_max,
                          const unsigned char *digest, size_t digest_len)
{
    const struct signature *signature = ctx;

    if (signature->key == NULL)
        return 0;
    if (out == NULL) {
        *out_len = token_key_signature_max(signature->key->token_key);
        return 1;
    }
    if (signature->hash == NULL || digest_len != signature->hash->len) {
        ERR_raise(ERR_LIB_PROV, PROV_R_INVALID_DIGEST_LENGTH);
        return 0;
    }
    return signature_of_digest(signature, digest, out, out_len, out_max);
}

static int signature_digest_init(void *ctx, const char *digest_name, void *keydata,
                                 const OSSL_PARAM params[])
{
    struct signature *signature = ctx;
    EVP_MD *md;
    int ok;

    if (signature_sign_init(ctx, keydata, params) != 1)
        return 0;
    if (digest_name == NULL || digest_name[0] == '\0')
        digest_name = signature->hash != NULL ? signature->hash->name : hashes[0].name;
    if (signature_set_hash(signature, digest_name) != 1)
        return 0;
    EVP_MD_CTX_free(signature->digest);
    signature->digest = EVP_MD_CTX_new();
    md = EVP_MD_fetch(signature->libctx, signature->hash->name, NULL);
    ok = signature->digest != NULL && md != NULL &&
         EVP_DigestInit_ex2(signature->digest, md, NULL) == 1;
    EVP_MD_free(md);
    return ok;
}

static int signature_digest_update(void *ctx, const unsigned char *data, size_t len)
{
    struct signature *signature = ctx;

    return signature->digest != NULL && EVP_DigestUpdate(signature->digest, data, len) == 1;
}

static int signature_digest_final(void *ctx, unsigned char *out, size_t *out_len, size_t out_max)
{
    struct signature *signature = ctx;
    uint8_t digest[EVP_MAX_MD_SIZE];

    if (signature->key == NULL || signature->digest == NULL)
        return 0;
    if (out == NULL) {
        *out_len = token_key_signature_max(signature->key->token_key);
        return 1;
    }
    return EVP_DigestFinal_ex(signature->digest, digest, NULL) == 1 &&
           signature_of_digest(signature, digest, out, out_len, out_max);
}

static const OSSL_DISPATCH signature_functions[] = {
    DISPATCH(OSSL_FUNC_SIGNATURE_NEWCTX, signature_new),
    DISPATCH(OSSL_FUNC_SIGNATURE_FREECTX, signature_free),
    DISPATCH(OSSL_FUNC_SIGNATURE_DUPCTX, signature_dup),
    DISPATCH(OSSL_FUNC_SIGNATURE_SIGN_INIT, signature_sign_init),
    DISPATCH(OSSL_FUNC_SIGNATURE_SIGN, signature_sign),
    DISPATCH(OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, signature_digest_init),
    DISPATCH(OSSL_FUNC_SIGNATURE_DIGEST_SIGN_UPDATE, signature_digest_update),
    DISPATCH(OSSL_FUNC_SIGNATURE_DIGEST_SIGN_FINAL, signature_digest_final),
    DISPATCH(OSSL_FUNC_SIGNATURE_GET_CTX_PARAMS, signature_get_params),
    DISPATCH(OSSL_FUNC_SIGNATURE_GETTABLE_CTX_PARAMS, signature_gettable),
    DISPATCH(OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, signature_set_params),
    DISPATCH(OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS, signature_settable),
    {0, NULL},
};

/* ---- the provider itself
 * ---------------------------------------------------------------------------- */

static const OSSL_ALGORITHM keymgmts[] = {
    {"RSA:rsaEncryption:1.2.840.113549.1.1.1", PROVIDER_PROPERTIES, rsa_keymgmt, NULL},
    {"EC:id-ecPublicKey:1.2.840.10045.2.1", PROVIDER_PROPERTIES, ec_keymgmt, NULL},
    {NULL, NULL, NULL, NULL},
};

static const OSSL_ALGORITHM signatures[] = {
    {"RSA:rsaEncryption:1.2.840.113549.1.1.1", PROVIDER_PROPERTIES, signature_functions, NULL},
    {"ECDSA", PROVIDER_PROPERTIES, signature_functions, NULL},
    {NULL, NULL, NULL, NULL},
};

static const OSSL_ALGORITHM *provider_query(void *provctx, int operation, int *no_cache)
{
    (void)provctx;
    *no_cache = 0;
    if (operation == OSSL_OP_KEYMGMT)
        return keymgmts;
    return operation == OSSL_OP_SIGNATURE ? signatures : NULL;
}

static const OSSL_DISPATCH provider_functions[] = {
    DISPATCH(OSSL_FUNC_PROVIDER_QUERY_OPERATION, provider_query),
    {0, NULL},
};

/* The provider is built in, so the context that loads it can be used inside it as well. */
static int provider_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in,
                         const OSSL_DISPATCH **out, void **out_provctx)
{
    OSSL_FUNC_core_get_libctx_fn *get_libctx = NULL;

    for (; in->function_id != 0; in++) {
        if (in->function_id == OSSL_FUNC_CORE_GET_LIBCTX)
            get_libctx = OSSL_FUNC_core_get_libctx(in);
    }
    if (get_libctx == NULL)
        return 0;
    *out_provctx = (void *)get_libctx(handle);
    *out = provider_functions;
    return 1;
}

enum sk_status provider_new(struct provider **out, struct sk_err *err)
{
    struct provider *provider = calloc(1, sizeof(*provider));

    if (provider == NULL)
        return err_set(err, SK_NOMEM, "OpenSSL provider: no memory");
    provider->libctx = OSSL_LIB_CTX_new();
    if (provider->libctx != NULL &&
        OSSL_PROVIDER_add_builtin(provider->libctx, PROVIDER_NAME, provider_init) == 1) {
        provider->standard = OSSL_PROVIDER_load(provider->libctx, "default");
        provider->ours = OSSL_PROVIDER_load(provider->libctx, PROVIDER_NAME);
    }
    if (provider->standard == NULL || provider->ours == NULL) {
        provider_free(provider);
        return err_openssl(err, SK_CRYPTO, "OpenSSL provider: cannot load");
    }
    *out = provider;
    return SK_OK;
}

void provider_free(struct provider *provider)
{
    if (provider == NULL)
        return;
    if (provider->ours != NULL)
        (void)OSSL_PROVIDER_unload(provider->ours);
    if (provider->standard != NULL)
        (void)OSSL_PROVIDER_unload(provider->standard);
    OSSL_LIB_CTX_free(provider->libctx);
    free(provider);
}

OSSL_LIB_CTX *provider_libctx(const struct provider *provider)
{
    return provider->libctx;
}

enum sk_status provider_key(struct provider *provider, struct token_key *key, EVP_PKEY **out,
                            struct sk_err *err)
{
    enum sk_status status = SK_OK;
    const char *type = token_key_type(key) == TOKEN_KEY_RSA ? "RSA" : "EC";
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(provider->libctx, type, PROVIDER_PROPERTIES);
    EVP_PKEY *pkey = NULL;
    struct token_key **giver = &key;
    OSSL_PARAM params[2] = {
        OSSL_PARAM_construct_octet_string(PARAM_TOKEN_KEY, (void *)&giver, sizeof(giver)),
        OSSL_PARAM_construct_end()};

    if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, params) != 1) {
        status = err_openssl(err, SK_CRYPTO, "OpenSSL provider: no key");
        token_key_free(key);
        goto out;
    }
    *out = pkey;
out:
    EVP_PKEY_CTX_free(ctx);
    return status;
}
