/* SPDX-License-Identifier: Apache-2.0 */
#include "core/key_int.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdlib.h>

/* What OpenSSL takes 6 us to set up for a signature check, kept from one check to the next. */
struct check {
    enum key_hash hash;     /* what the other two are for; KEY_HASH_NONE: they are not there */
    EVP_PKEY_CTX *pkey_ctx; /* owned */
    EVP_MD_CTX *md_ctx;     /* owned */
};

struct sk_key {
    EVP_PKEY *pkey;      /* owned */
    struct check *check; /* owned; NULL: a kind of key whose checks are set up one by one */
    enum key_kind kind;
    unsigned bits;
    uint8_t *dsa_params; /* owned; Dss-Parms, own or inherited; NULL when not DSA */
    size_t dsa_params_len;
};

/* ---- digests
 * ----------------------------------------------------------------------------------------- */

static EVP_MD *mds[KEY_SHA512 + 1];
static pthread_once_t mds_once = PTHREAD_ONCE_INIT;

static void fetch_mds(void)
{
    static const char *const names[KEY_SHA512 + 1] = {
        [KEY_SHA1] = "SHA1",     [KEY_SHA224] = "SHA224", [KEY_SHA256] = "SHA256",
        [KEY_SHA384] = "SHA384", [KEY_SHA512] = "SHA512",
    };
    int i;

    for (i = KEY_SHA1; i <= KEY_SHA512; i++)
        mds[i] = EVP_MD_fetch(NULL, names[i], NULL);
    ERR_clear_error();
}

const EVP_MD *key_md(enum key_hash hash)
{
    if (pthread_once(&mds_once, fetch_mds) != 0)
        abort();
    return mds[hash];
}

/* A hash here is an identity: going on with a wrong one could make two objects the same, so the one
 * way this can fail (no memory for a context, no SHA-256 in OpenSSL) ends the process. */
void key_sha256(struct sk_bytes data, uint8_t out[SK_SHA256])
{
    size_t len;

    if (key_digest(KEY_SHA256, data, out, &len) != SK_OK)
        abort();
}

enum key_hash key_hash_of_oid(struct sk_bytes oid, size_t *out_len)
{
    static const struct {
        enum oid_id oid;
        enum key_hash hash;
        size_t len;
    } known[] = {
        {OID_SHA1, KEY_SHA1, 20},
        {OID_SHA256, KEY_SHA256, 32},
        {OID_SHA384, KEY_SHA384, 48},
        {OID_SHA512, KEY_SHA512, 64},
    };
    size_t i;

    for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (oid_is(oid, known[i].oid)) {
            *out_len = known[i].len;
            return known[i].hash;
        }
    }
    return KEY_HASH_NONE;
}

enum sk_status key_digest(enum key_hash hash, struct sk_bytes data, uint8_t *out, size_t *out_len)
{
    const EVP_MD *md = key_md(hash);
    unsigned len;

    if (md == NULL)
        return SK_INPUT;
    if (EVP_Digest(data.p, data.len, out, &len, md, NULL) != 1) {
        ERR_clear_error();
        return SK_CRYPTO;
    }
    *out_len = len;
    return SK_OK;
}

/* ---- making keys
 * ---------------------------------------------------------------------------------------- */

static EVP_PKEY *from_params(const char *type, OSSL_PARAM *params)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    EVP_PKEY *pkey = NULL;

    if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
        pkey = NULL;
    EVP_PKEY_CTX_free(ctx);
    return pkey;
}

/* One number of a key: OpenSSL's name for it and its magnitude. */
struct number {
    const char *name;
    struct sk_bytes value;
};

static EVP_PKEY *from_numbers(const char *type, const struct number *numbers, size_t n)
{
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    OSSL_PARAM *params = NULL;
    EVP_PKEY *pkey = NULL;
    BIGNUM *bns[4] = {NULL};
    size_t i;

    for (i = 0; build != NULL && i < n; i++) {
        bns[i] = BN_bin2bn(numbers[i].value.p, (int)numbers[i].value.len, NULL);
        if (bns[i] == NULL || OSSL_PARAM_BLD_push_BN(build, numbers[i].name, bns[i]) != 1)
            goto out;
    }
    params = build != NULL ? OSSL_PARAM_BLD_to_param(build) : NULL;
    if (params != NULL)
        pkey = from_params(type, params);
out:
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    for (i = 0; i < n; i++)
        BN_free(bns[i]);
    return pkey;
}

static EVP_PKEY *make_rsa(const struct key_parts *parts)
{
    const struct number numbers[] = {
        {OSSL_PKEY_PARAM_RSA_N, parts->n},
        {OSSL_PKEY_PARAM_RSA_E, parts->e},
    };

    return from_numbers("RSA", numbers, 2);
}

static EVP_PKEY *make_dsa(const struct key_parts *parts, const struct key_dsa_params *dsa)
{
    const struct number numbers[] = {
        {OSSL_PKEY_PARAM_FFC_P, dsa->p},
        {OSSL_PKEY_PARAM_FFC_Q, dsa->q},
        {OSSL_PKEY_PARAM_FFC_G, dsa->g},
        {OSSL_PKEY_PARAM_PUB_KEY, parts->y},
    };

    return from_numbers("DSA", numbers, 4);
}

static EVP_PKEY *make_ec(const struct key_parts *parts)
{
    char group[8];
    uint8_t point[1 + 2 * 66]; /* P-521, uncompressed */
    OSSL_PARAM params[3];

    memcpy(group, parts->group, strlen(parts->group) + 1);
    memcpy(point, parts->octets.p, parts->octets.len);
    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
    params[1] =
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, parts->octets.len);
    params[2] = OSSL_PARAM_construct_end();
    return from_params("EC", params);
}

/* OpenSSL keeps the parameters of a PSS key as restrictions: let it read the whole. */
static EVP_PKEY *make_pss(struct sk_bytes spki)
{
    const unsigned char *p = spki.p;
    EVP_PKEY *pkey = d2i_PUBKEY(NULL, &p, (long)spki.len);

    if (pkey != NULL && (p != spki.p + spki.len || !EVP_PKEY_is_a(pkey, "RSA-PSS"))) {
        EVP_PKEY_free(pkey);
        pkey = NULL;
    }
    return pkey;
}

/* Fills key from parts. params_from: as in key_new(). */
static enum sk_status fill_dsa(struct sk_key *key, const struct key_parts *parts,
                               const struct sk_key *params_from, struct sk_err *err)
{
    struct sk_bytes params = parts->dsa_params;
    struct key_dsa_params dsa;

    if (params.len == 0) {
        if (params_from == NULL || params_from->dsa_params == NULL)
            return err_set(err, SK_INPUT, "key: DSA without parameters, and none to inherit");
        params = bytes_of(params_from->dsa_params, params_from->dsa_params_len);
    }
    if (key_read_dsa_params(params, &dsa) != SK_OK)
        return err_set(err, SK_INPUT, "key: DSA parameters are malformed");
    key->bits = key_magnitude_bits(dsa.p);
    key->dsa_params = malloc(params.len);
    if (key->dsa_params == NULL)
        return err_set(err, SK_NOMEM, "key: out of memory");
    memcpy(key->dsa_params, params.p, params.len);
    key->dsa_params_len = params.len;
    key->pkey = make_dsa(parts, &dsa);
    return SK_OK;
}

static enum sk_status fill(struct sk_key *key, struct sk_bytes spki,
                           const struct sk_key *params_from, struct sk_err *err)
{
    struct key_parts parts;
    enum sk_status status = SK_OK;

    if (key_take_apart(spki, &parts) != SK_OK)
        return err_set(err, SK_INPUT, "key: malformed, or of a kind or size that is not supported");
    key->kind = parts.kind;
    key->bits = parts.bits;
    switch (parts.kind) {
    case KEY_RSA:
        key->pkey = make_rsa(&parts);
        break;
    case KEY_RSA_PSS:
        key->pkey = make_pss(spki);
        break;
    case KEY_EC:
        key->pkey = make_ec(&parts);
        break;
    case KEY_ED25519:
        key->pkey =
            EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, parts.octets.p, parts.octets.len);
        break;
    case KEY_ED448:
        key->pkey =
            EVP_PKEY_new_raw_public_key_ex(NULL, "ED448", NULL, parts.octets.p, parts.octets.len);
        break;
    case KEY_DSA:
        status = fill_dsa(key, &parts, params_from, err);
        break;
    case KEY_UNKNOWN:
        break;
    }
    if (status == SK_OK && key->pkey == NULL)
        status = err_openssl(err, SK_INPUT, "key: OpenSSL refuses it");
    return status;
}

enum sk_status key_new(struct sk_bytes spki, const struct sk_key *params_from, struct sk_key **out,
                       struct sk_err *err)
{
    struct sk_key *key = calloc(1, sizeof(*key));
    enum sk_status status;

    if (key == NULL)
        return err_set(err, SK_NOMEM, "key: out of memory");
    status = fill(key, spki, params_from, err);
    if (status == SK_OK && (key->kind == KEY_RSA || key->kind == KEY_EC) &&
        (key->check = calloc(1, sizeof(*key->check))) == NULL)
        status = err_set(err, SK_NOMEM, "key: out of memory");
    ERR_clear_error();
    if (status == SK_OK)
        *out = key;
    else
        key_free(key);
    return status;
}

static void check_clear(struct check *check)
{
    EVP_PKEY_CTX_free(check->pkey_ctx);
    EVP_MD_CTX_free(check->md_ctx);
    memset(check, 0, sizeof(*check));
}

void key_free(struct sk_key *key)
{
    if (key == NULL)
        return;
    if (key->check != NULL)
        check_clear(key->check);
    free(key->check);
    EVP_PKEY_free(key->pkey);
    free(key->dsa_params);
    free(key);
}

enum key_kind key_kind(const struct sk_key *key)
{
    return key->kind;
}

unsigned key_bits(const struct sk_key *key)
{
    return key->bits;
}

bool key_params_id(const struct sk_key *key, uint8_t out[SK_SHA256])
{
    if (key->dsa_params == NULL)
        return false;
    key_sha256(bytes_of(key->dsa_params, key->dsa_params_len), out);
    return true;
}

/* ---- signatures
 * ------------------------------------------------------------------------------------------ */

static bool is_for_key(const struct key_sig_alg *alg, const struct sk_key *key)
{
    if (alg->kind == KEY_RSA_PSS)
        return key->kind == KEY_RSA || key->kind == KEY_RSA_PSS;
    return alg->kind == key->kind;
}

/* Without its digest OpenSSL would take the key's default one: not what the algorithm says. */
static bool has_digests(const struct key_sig_alg *alg)
{
    return (alg->hash == KEY_HASH_NONE || key_md(alg->hash) != NULL) &&
           (alg->mgf_hash == KEY_HASH_NONE || key_md(alg->mgf_hash) != NULL);
}

static bool set_pss(EVP_PKEY_CTX *ctx, const struct key_sig_alg *alg)
{
    return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, key_md(alg->mgf_hash)) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, (int)alg->salt_len) == 1;
}

/* Makes check ready for signatures over this digest; the padding of RSA is that of PKCS#1 v1.5. */
static bool check_prepare(struct check *check, const struct sk_key *key, enum key_hash hash)
{
    if (check->hash == hash)
        return true;
    check_clear(check);
    check->pkey_ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
    check->md_ctx = EVP_MD_CTX_new();
    if (check->pkey_ctx == NULL || check->md_ctx == NULL ||
        EVP_PKEY_verify_init(check->pkey_ctx) != 1 ||
        (key->kind == KEY_RSA &&
         EVP_PKEY_CTX_set_rsa_padding(check->pkey_ctx, RSA_PKCS1_PADDING) != 1) ||
        EVP_PKEY_CTX_set_signature_md(check->pkey_ctx, key_md(hash)) != 1) {
        check_clear(check);
        return false;
    }
    check->hash = hash;
    return true;
}

/* PKCS#1 v1.5 and ECDSA: digest, then the arithmetic. */
static bool check_signature(const struct sk_key *key, enum key_hash hash, struct sk_bytes data,
                            struct sk_bytes signature)
{
    struct check *check = key->check;
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    return check_prepare(check, key, hash) &&
           EVP_DigestInit_ex2(check->md_ctx, key_md(hash), NULL) == 1 &&
           EVP_DigestUpdate(check->md_ctx, data.p, data.len) == 1 &&
           EVP_DigestFinal_ex(check->md_ctx, digest, &len) == 1 &&
           EVP_PKEY_verify(check->pkey_ctx, signature.p, signature.len, digest, len) == 1;
}

/* Every other algorithm, with nothing kept. SK_NOMEM, SK_OK: *out_is_right is set. */
static enum sk_status check_other(const struct sk_key *key, const struct key_sig_alg *alg,
                                  struct sk_bytes data, struct sk_bytes signature,
                                  bool *out_is_right)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *pkey_ctx = NULL; /* owned by ctx */

    if (ctx == NULL)
        return SK_NOMEM;
    *out_is_right = EVP_DigestVerifyInit(ctx, &pkey_ctx, key_md(alg->hash), NULL, key->pkey) == 1 &&
                    (alg->kind != KEY_RSA_PSS || set_pss(pkey_ctx, alg)) &&
                    EVP_DigestVerify(ctx, signature.p, signature.len, data.p, data.len) == 1;
    EVP_MD_CTX_free(ctx);
    return SK_OK;
}

enum sk_status key_verify(const struct sk_key *key, struct sk_bytes sig_alg, struct sk_bytes data,
                          struct sk_bytes signature, struct sk_err *err)
{
    struct key_sig_alg alg;
    enum sk_status status = SK_OK;
    bool is_right = false;

    if (key_sig_alg_parse(sig_alg, &alg) != SK_OK)
        return err_set(err, SK_INPUT, "signature: algorithm unknown or malformed");
    if (!is_for_key(&alg, key))
        return err_set(err, SK_INPUT, "signature: the algorithm does not fit the key");
    if (!has_digests(&alg))
        return err_set(err, SK_INPUT, "signature: OpenSSL lacks the digest");
    if (alg.kind == KEY_RSA || alg.kind == KEY_EC)
        is_right = check_signature(key, alg.hash, data, signature);
    else
        status = check_other(key, &alg, data, signature, &is_right);
    ERR_clear_error();
    if (status != SK_OK)
        return err_set(err, status, "signature: out of memory");
    return is_right ? SK_OK : err_set(err, SK_CRYPTO, "signature: does not verify");
}
