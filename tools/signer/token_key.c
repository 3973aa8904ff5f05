/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/signer/token.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/rand.h>
#include <stdlib.h>

#include "core/der.h"
#include "tools/signer/pkcs11_name.h"
#include "tools/signer/pkcs11_uri.h"
#include "tools/signer/token_int.h"

enum {
    ATTRIBUTE_BYTES = 1024, /* longest attribute of a public key that we read */
    NEW_ID_BYTES = 16,
};

static const uint8_t p256_params[] = {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
static const uint8_t p384_params[] = {0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22};

static const struct curve {
    const char *group;
    struct sk_bytes params; /* CKA_EC_PARAMS */
    size_t field_bytes;
} curves[] = {
    {"P-256", {p256_params, sizeof(p256_params)}, 32},
    {"P-384", {p384_params, sizeof(p384_params)}, 48},
};

static const struct algorithm {
    const char *name;
    enum token_key_type type;
    CK_ULONG rsa_bits;
    size_t curve; /* index in curves */
} algorithms[] = {
    {"rsa:2048", TOKEN_KEY_RSA, 2048, 0}, {"rsa:3072", TOKEN_KEY_RSA, 3072, 0},
    {"rsa:4096", TOKEN_KEY_RSA, 4096, 0}, {"ec:P-256", TOKEN_KEY_EC, 0, 0},
    {"ec:P-384", TOKEN_KEY_EC, 0, 1},
};

/* PKCS#11 takes what it only reads as pointers to non-const. */
static CK_ATTRIBUTE attribute(CK_ATTRIBUTE_TYPE type, const void *value, size_t len)
{
    CK_ATTRIBUTE a = {type, NULL, (CK_ULONG)len};

    memcpy(&a.pValue, &value, sizeof(value));
    return a;
}

/* ---- finding objects ------------------------------------------------------------------------- */

/* The first two objects that fit, so that the caller sees "none", "one", "several". */
static CK_RV find_objects(CK_FUNCTION_LIST_PTR calls, CK_SESSION_HANDLE session,
                          CK_ATTRIBUTE *template, CK_ULONG num, CK_OBJECT_HANDLE out[2],
                          CK_ULONG *out_num)
{
    CK_OBJECT_HANDLE found[2];
    CK_ULONG total = 0, got = 0;
    CK_RV rv = calls->C_FindObjectsInit(session, template, num);

    if (rv != CKR_OK)
        return rv;
    do { /* a module may give fewer than asked for and not be at the end */
        rv = calls->C_FindObjects(session, found + total, 2 - total, &got);
        total += rv == CKR_OK ? got : 0;
    } while (rv == CKR_OK && got > 0 && total < 2);
    (void)calls->C_FindObjectsFinal(session);
    if (rv != CKR_OK)
        return rv;
    memcpy(out, found, sizeof(found));
    *out_num = total;
    return CKR_OK;
}

static CK_RV find_class(CK_FUNCTION_LIST_PTR calls, CK_SESSION_HANDLE session,
                        CK_OBJECT_CLASS class, const char *label, const CK_BYTE *id, size_t id_len,
                        CK_OBJECT_HANDLE out[2], CK_ULONG *out_num)
{
    CK_ATTRIBUTE template[3];
    CK_ULONG num = 0;

    template[num++] = attribute(CKA_CLASS, &class, sizeof(class));
    if (label != NULL)
        template[num++] = attribute(CKA_LABEL, label, strlen(label));
    if (id_len > 0)
        template[num++] = attribute(CKA_ID, id, id_len);
    return find_objects(calls, session, template, num, out, out_num);
}

CK_RV token_key_locate(CK_FUNCTION_LIST_PTR calls, CK_SESSION_HANDLE session, struct token_key *key)
{
    CK_OBJECT_HANDLE found[2];
    CK_ULONG num;
    CK_RV rv =
        find_class(calls, session, CKO_PRIVATE_KEY, key->object, key->id, key->id_len, found, &num);

    key->handle = rv == CKR_OK && num == 1 ? found[0] : CK_INVALID_HANDLE;
    return rv;
}

/* Reads one attribute into value; *out_len 0 when the object does not have it. */
static CK_RV read_attribute(CK_FUNCTION_LIST_PTR calls, CK_SESSION_HANDLE session,
                            CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type,
                            uint8_t value[ATTRIBUTE_BYTES], size_t *out_len)
{
    CK_ATTRIBUTE a = {type, value, ATTRIBUTE_BYTES};
    CK_RV rv = calls->C_GetAttributeValue(session, object, &a, 1);

    if (rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_ATTRIBUTE_SENSITIVE) {
        *out_len = 0;
        return CKR_OK;
    }
    if (rv == CKR_OK && a.ulValueLen > ATTRIBUTE_BYTES)
        rv = CKR_ATTRIBUTE_VALUE_INVALID;
    if (rv == CKR_OK)
        *out_len = (size_t)a.ulValueLen;
    return rv;
}

/* ---- the public half ------------------------------------------------------------------------- */

struct public_half {
    uint8_t modulus[ATTRIBUTE_BYTES], exponent[ATTRIBUTE_BYTES]; /* RSA, big-endian */
    size_t modulus_len, exponent_len;
    uint8_t params[ATTRIBUTE_BYTES], point[ATTRIBUTE_BYTES]; /* EC */
    size_t params_len, point_len;
};

static EVP_PKEY *public_from_params(const char *type, OSSL_PARAM *params)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    EVP_PKEY *key = NULL;

    if (ctx == NULL || params == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(ctx);
    return key;
}

static EVP_PKEY *public_rsa(const struct public_half *half)
{
    EVP_PKEY *key = NULL;
    BIGNUM *n = BN_bin2bn(half->modulus, (int)half->modulus_len, NULL);
    BIGNUM *e = BN_bin2bn(half->exponent, (int)half->exponent_len, NULL);
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    OSSL_PARAM *params = NULL;

    if (n != NULL && e != NULL && build != NULL &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e) == 1) {
        params = OSSL_PARAM_BLD_to_param(build);
        key = public_from_params("RSA", params);
    }
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    BN_free(e);
    BN_free(n);
    return key;
}

/* CKA_EC_POINT is the DER OCTET STRING of the point; older modules give the bare point. */
static struct sk_bytes bare_point(const struct public_half *half)
{
    struct sk_bytes whole = bytes_of(half->point, half->point_len), inner;
    struct der d;

    der_init(&d, whole);
    if (der_take(&d, DER_OCTET_STRING, &inner) == SK_OK && der_at_end(&d))
        return inner;
    return whole;
}

static EVP_PKEY *public_ec(const struct public_half *half, const struct curve *curve)
{
    struct sk_bytes point = bare_point(half);
    char group[16];
    uint8_t octets[ATTRIBUTE_BYTES];
    OSSL_PARAM params[3];

    (void)snprintf(group, sizeof(group), "%s", curve->group);
    memcpy(octets, point.p, point.len);
    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
    params[1] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, octets, point.len);
    params[2] = OSSL_PARAM_construct_end();
    return public_from_params("EC", params);
}

static enum sk_status public_build(struct token_key *key, const struct public_half *half,
                                   struct sk_err *err)
{
    const char *where = token_label(key->token);
    size_t i;

    if (key->type == TOKEN_KEY_RSA) {
        if (half->modulus_len == 0 || half->exponent_len == 0)
            return err_set(err, SK_NOTFOUND, "token %s: key %s: no public half", where, key->label);
        key->public_key = public_rsa(half);
    } else {
        for (i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
            if (bytes_equal(curves[i].params, bytes_of(half->params, half->params_len)))
                break;
        }
        if (i == sizeof(curves) / sizeof(curves[0]))
            return err_set(err, SK_INPUT, "token %s: key %s: not on P-256 or P-384", where,
                           key->label);
        if (half->point_len == 0)
            return err_set(err, SK_NOTFOUND, "token %s: key %s: no public half", where, key->label);
        key->field_bytes = curves[i].field_bytes;
        key->public_key = public_ec(half, &curves[i]);
    }
    if (key->public_key == NULL)
        return err_openssl(err, SK_CRYPTO, "token %s: key %s: its public half is no key", where,
                           key->label);
    return SK_OK;
}

/* ---- opening a key --------------------------------------------------------------------------- */

struct opening {
    struct token_key *key;
    struct public_half half;
    CK_KEY_TYPE key_type;
    CK_ULONG num_private, num_public;
    CK_BYTE wanted_id[TOKEN_KEY_ID_BYTES];
    size_t wanted_id_len; /* 0: any */
};

static CK_RV read_half(CK_FUNCTION_LIST_PTR calls, CK_SESSION_HANDLE session,
                       CK_OBJECT_HANDLE object, bool is_rsa, struct public_half *half)
{
    CK_RV rv;

    if (is_rsa) {
        rv = read_attribute(calls, session, object, CKA_MODULUS, half->modulus, &half->modulus_len);
        if (rv == CKR_OK)
            rv = read_attribute(calls, session, object, CKA_PUBLIC_EXPONENT, half->exponent,
                                &half->exponent_len);
    } else {
        rv = read_attribute(calls, session, object, CKA_EC_PARAMS, half->params, &half->params_len);
        if (rv == CKR_OK)
            rv =
                read_attribute(calls, session, object, CKA_EC_POINT, half->point, &half->point_len);
    }
    return rv;
}

/* The public object goes by the same CKA_ID; without one by the same label. */
static CK_RV open_public(CK_FUNCTION_LIST_PTR calls, CK_SESSION_HANDLE session,
                         struct opening *opening)
{
    struct token_key *key = opening->key;
    CK_OBJECT_HANDLE found[2];
    CK_RV rv;

    rv = find_class(calls, session, CKO_PUBLIC_KEY, key->id_len > 0 ? NULL : key->object, key->id,
                    key->id_len, found, &opening->num_public);
    if (rv != CKR_OK || opening->num_public > 1)
        return rv;
    /* Without a public object some modules tell the same of the private one. */
    return read_half(calls, session, opening->num_public == 1 ? found[0] : key->handle,
                     opening->key_type == CKK_RSA, &opening->half);
}

static CK_RV token_act_open(CK_FUNCTION_LIST_PTR calls, CK_SESSION_HANDLE session, void *arg)
{
    struct opening *opening = arg;
    struct token_key *key = opening->key;
    CK_OBJECT_HANDLE found[2];
    CK_ATTRIBUTE type = {CKA_KEY_TYPE, &opening->key_type, sizeof(opening->key_type)};
    uint8_t id[ATTRIBUTE_BYTES];
    CK_RV rv;

    memcpy(key->id, opening->wanted_id, opening->wanted_id_len); /* again after a recovery */
    key->id_len = opening->wanted_id_len;
    rv = find_class(calls, session, CKO_PRIVATE_KEY, key->object, key->id, key->id_len, found,
                    &opening->num_private);
    if (rv != CKR_OK || opening->num_private != 1)
        return rv;
    key->handle = found[0];
    rv = calls->C_GetAttributeValue(session, key->handle, &type, 1);
    if (rv != CKR_OK || (opening->key_type != CKK_RSA && opening->key_type != CKK_EC))
        return rv;
    rv = read_attribute(calls, session, key->handle, CKA_ID, id, &key->id_len);
    if (rv != CKR_OK)
        return rv;
    if (key->id_len > sizeof(key->id))
        return CKR_ATTRIBUTE_VALUE_INVALID;
    memcpy(key->id, id, key->id_len);
    return open_public(calls, session, opening);
}

static enum sk_status opening_judge(const struct opening *opening, struct sk_err *err)
{
    const char *where = token_label(opening->key->token), *label = opening->key->label;

    if (opening->num_private == 0)
        return err_set(err, SK_NOTFOUND, "token %s: no private key %s", where, label);
    if (opening->num_private > 1)
        return err_set(err, SK_INPUT, "token %s: several private keys %s", where, label);
    if (opening->num_public > 1)
        return err_set(err, SK_INPUT, "token %s: several public halves of key %s", where, label);
    if (opening->key_type != CKK_RSA && opening->key_type != CKK_EC)
        return err_set(err, SK_INPUT, "token %s: key %s is neither RSA nor EC", where, label);
    return SK_OK;
}

static bool has_nul(struct sk_bytes text)
{
    return text.len > 0 && memchr(text.p, '\0', text.len) != NULL;
}

/* What tells the key: a label, or object and id of a URI. */
static enum sk_status read_name(struct token_key *key, struct opening *opening, struct sk_err *err)
{
    struct sk_bytes label = bytes_of(key->label, strlen(key->label)), id = bytes_of(NULL, 0);
    struct pkcs11_uri *uri = NULL;
    enum sk_status status = SK_OK;

    if (pkcs11_uri_is(key->label)) {
        status = pkcs11_uri_new(key->label, &uri, err);
        if (status == SK_OK)
            status = pkcs11_uri_key(uri, &label, &id, err);
    }
    if (status == SK_OK && (id.len > TOKEN_KEY_ID_BYTES || has_nul(label)))
        status = err_set(err, SK_INPUT, "key %s: no label or id of ours", key->label);
    if (status == SK_OK && label.len > 0 &&
        (key->object = strndup((const char *)label.p, label.len)) == NULL)
        status = err_set(err, SK_NOMEM, "key %s: no memory", key->label);
    if (status == SK_OK && id.len > 0) {
        memcpy(opening->wanted_id, id.p, id.len);
        opening->wanted_id_len = id.len;
    }
    pkcs11_uri_free(uri);
    return status;
}

static enum sk_status token_key_new(struct token *token, const char *label, struct opening *opening,
                                    struct token_key **out, struct sk_err *err)
{
    struct token_key *key = calloc(1, sizeof(*key));
    enum sk_status status;

    if (key == NULL || (key->label = strdup(label)) == NULL) {
        free(key);
        return err_set(err, SK_NOMEM, "key %s: no memory", label);
    }
    key->token = token;
    key->handle = CK_INVALID_HANDLE;
    status = read_name(key, opening, err);
    if (status != SK_OK) {
        free(key->object);
        free(key->label);
        free(key);
        return status;
    }
    *out = key;
    return SK_OK;
}

enum sk_status token_key_find(struct token *token, const char *label, struct token_key **out,
                              struct sk_err *err)
{
    enum sk_status status;
    struct token_key *key = NULL;
    struct opening *opening = calloc(1, sizeof(*opening));

    if (opening == NULL)
        return err_set(err, SK_NOMEM, "key %s: no memory", label);
    status = token_key_new(token, label, opening, &key, err);
    if (status != SK_OK)
        goto out;
    opening->key = key;
    token_add_key(token, key); /* so that a recovery in between leaves no stale handle */
    status = token_run(token, "find key", token_act_open, opening, err);
    if (status == SK_OK)
        status = opening_judge(opening, err);
    if (status != SK_OK)
        goto out;
    key->type = opening->key_type == CKK_RSA ? TOKEN_KEY_RSA : TOKEN_KEY_EC;
    status = public_build(key, &opening->half, err);
    if (status != SK_OK)
        goto out;
    *out = key;
    key = NULL;
out:
    token_key_free(key);
    free(opening);
    return status;
}

void token_key_free(struct token_key *key)
{
    if (key == NULL)
        return;
    token_remove_key(key->token, key);
    EVP_PKEY_free(key->public_key);
    free(key->object);
    free(key->label);
    free(key);
}

EVP_PKEY *token_key_get0_public(const struct token_key *key)
{
    return key->public_key;
}

enum token_key_type token_key_type(const struct token_key *key)
{
    return key->type;
}

/* ---- signing --------------------------------------------------------------------------------- */

struct signing {
    const struct token_key *key;
    struct sk_bytes in;
    uint8_t out[ATTRIBUTE_BYTES];
    size_t out_len;
};

static CK_RV token_act_sign(CK_FUNCTION_LIST_PTR calls, CK_SESSION_HANDLE session, void *arg)
{
    struct signing *signing = arg;
    CK_MECHANISM mechanism = {signing->key->type == TOKEN_KEY_RSA ? CKM_RSA_PKCS : CKM_ECDSA, NULL,
                              0};
    CK_ULONG len = sizeof(signing->out);
    CK_BYTE in[ATTRIBUTE_BYTES];
    CK_RV rv;

    if (signing->key->handle == CK_INVALID_HANDLE)
        return CKR_KEY_HANDLE_INVALID;
    memcpy(in, signing->in.p, signing->in.len); /* the call's parameter is not const */
    rv = calls->C_SignInit(session, &mechanism, signing->key->handle);
    if (rv == CKR_OK)
        rv = calls->C_Sign(session, in, (CK_ULONG)signing->in.len, signing->out, &len);
    if (rv == CKR_OK)
        signing->out_len = (size_t)len;
    return rv;
}

/* r and s, each of the field's length, to ECDSA-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER }. */
static enum sk_status ecdsa_to_der(const struct signing *signing, uint8_t *out, size_t out_max,
                                   size_t *out_len, struct sk_err *err)
{
    enum sk_status status = SK_OK;
    size_t half = signing->key->field_bytes;
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(signing->out, (int)half, NULL);
    BIGNUM *s = BN_bin2bn(signing->out + half, (int)half, NULL);
    int len;

    if (pair == NULL || r == NULL || s == NULL || ECDSA_SIG_set0(pair, r, s) != 1) {
        BN_free(r);
        BN_free(s);
        status = err_openssl(err, SK_NOMEM, "key %s: ECDSA signature", signing->key->label);
        goto out;
    }
    len = i2d_ECDSA_SIG(pair, NULL);
    if (len <= 0 || (size_t)len > out_max) {
        status = err_openssl(err, SK_INTERNAL, "key %s: ECDSA signature", signing->key->label);
        goto out;
    }
    *out_len = (size_t)i2d_ECDSA_SIG(pair, &out);
out:
    ECDSA_SIG_free(pair);
    return status;
}

size_t token_key_signature_max(const struct token_key *key)
{
    return (size_t)EVP_PKEY_get_size(key->public_key);
}

enum sk_status token_key_sign(struct token_key *key, struct sk_bytes in, uint8_t *out,
                              size_t out_max, size_t *out_len, struct sk_err *err)
{
    enum sk_status status;
    struct signing signing = {.key = key, .in = in};
    size_t want = key->type == TOKEN_KEY_RSA ? token_key_signature_max(key) : 2 * key->field_bytes;

    if (in.len > ATTRIBUTE_BYTES)
        return err_set(err, SK_LIMIT, "key %s: too much to sign", key->label);
    /* FIPS 186-4 6.4: the leftmost bits of a digest that is longer than the order; not every
     * module does it itself. */
    if (key->type == TOKEN_KEY_EC && in.len > key->field_bytes)
        signing.in.len = key->field_bytes;
    status = token_run(key->token, "C_Sign", token_act_sign, &signing, err);
    if (status != SK_OK)
        return err_context(err, "key %s", key->label);
    if (signing.out_len != want)
        return err_set(err, SK_CRYPTO, "key %s: the token gave %zu octets, want %zu", key->label,
                       signing.out_len, want);
    if (key->type == TOKEN_KEY_EC)
        return ecdsa_to_der(&signing, out, out_max, out_len, err);
    if (want > out_max)
        return err_set(err, SK_INTERNAL, "key %s: no room for the signature", key->label);
    memcpy(out, signing.out, want);
    *out_len = want;
    return SK_OK;
}

/* ---- making a key ---------------------------------------------------------------------------- */

struct making {
    const char *label;
    const struct algorithm *algorithm;
    CK_BYTE id[NEW_ID_BYTES];
    bool is_taken;
    CK_OBJECT_HANDLE public_handle, private_handle;
};

static CK_RV label_taken(CK_FUNCTION_LIST_PTR calls, CK_SESSION_HANDLE session,
                         struct making *making)
{
    static const CK_OBJECT_CLASS classes[] = {CKO_PRIVATE_KEY, CKO_PUBLIC_KEY};
    CK_OBJECT_HANDLE found[2];
    CK_ULONG num;
    CK_RV rv = CKR_OK;
    size_t i;

    for (i = 0; rv == CKR_OK && !making->is_taken && i < 2; i++) {
        rv = find_class(calls, session, classes[i], making->label, NULL, 0, found, &num);
        making->is_taken = rv == CKR_OK && num > 0;
    }
    return rv;
}

static CK_RV generate_pair(CK_FUNCTION_LIST_PTR calls, CK_SESSION_HANDLE session,
                           struct making *making)
{
    static const CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
    static const CK_BYTE f4[] = {1, 0, 1};
    const struct algorithm *algorithm = making->algorithm;
    const struct curve *curve = &curves[algorithm->curve];
    bool is_rsa = algorithm->type == TOKEN_KEY_RSA;
    CK_MECHANISM mechanism = {is_rsa ? CKM_RSA_PKCS_KEY_PAIR_GEN : CKM_EC_KEY_PAIR_GEN, NULL, 0};
    CK_ATTRIBUTE private[] = {
        attribute(CKA_TOKEN, &yes, sizeof(yes)),
        attribute(CKA_PRIVATE, &yes, sizeof(yes)),
        attribute(CKA_SENSITIVE, &yes, sizeof(yes)),
        attribute(CKA_EXTRACTABLE, &no, sizeof(no)),
        attribute(CKA_SIGN, &yes, sizeof(yes)),
        attribute(CKA_DECRYPT, &no, sizeof(no)),
        attribute(CKA_UNWRAP, &no, sizeof(no)),
        attribute(CKA_LABEL, making->label, strlen(making->label)),
        attribute(CKA_ID, making->id, sizeof(making->id)),
    };
    CK_ATTRIBUTE public[] = {
        attribute(CKA_TOKEN, &yes, sizeof(yes)),
        attribute(CKA_VERIFY, &yes, sizeof(yes)),
        attribute(CKA_ENCRYPT, &no, sizeof(no)),
        attribute(CKA_WRAP, &no, sizeof(no)),
        attribute(CKA_LABEL, making->label, strlen(making->label)),
        attribute(CKA_ID, making->id, sizeof(making->id)),
        is_rsa ? attribute(CKA_MODULUS_BITS, &algorithm->rsa_bits, sizeof(algorithm->rsa_bits))
               : attribute(CKA_EC_PARAMS, curve->params.p, curve->params.len),
        attribute(CKA_PUBLIC_EXPONENT, f4, sizeof(f4)),
    };
    CK_ULONG num_public = sizeof(public) / sizeof(public[0]) - (is_rsa ? 0 : 1);

    return calls->C_GenerateKeyPair(session, &mechanism, public, num_public, private,
                                    sizeof(private) / sizeof(private[0]), &making->public_handle,
                                    &making->private_handle);
}

static CK_RV token_act_make(CK_FUNCTION_LIST_PTR calls, CK_SESSION_HANDLE session, void *arg)
{
    struct making *making = arg;
    CK_RV rv = label_taken(calls, session, making);

    if (rv != CKR_OK || making->is_taken)
        return rv;
    return generate_pair(calls, session, making);
}

static CK_RV token_act_destroy(CK_FUNCTION_LIST_PTR calls, CK_SESSION_HANDLE session, void *arg)
{
    struct making *making = arg;

    (void)calls->C_DestroyObject(session, making->public_handle);
    return calls->C_DestroyObject(session, making->private_handle);
}

static const struct algorithm *algorithm_by_name(const char *name)
{
    size_t i;

    for (i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++) {
        if (strcmp(algorithms[i].name, name) == 0)
            return &algorithms[i];
    }
    return NULL;
}

enum sk_status token_key_generate(struct token *token, const char *label, const char *algorithm,
                                  struct token_key **out, struct sk_err *err)
{
    enum sk_status status;
    struct making making = {.label = label, .algorithm = algorithm_by_name(algorithm)};

    if (making.algorithm == NULL)
        return err_set(err, SK_INPUT, "key %s: unknown algorithm %s", label, algorithm);
    if (label[0] == '\0')
        return err_set(err, SK_INPUT, "token %s: a key needs a label", token_label(token));
    if (RAND_bytes(making.id, sizeof(making.id)) != 1)
        return err_openssl(err, SK_CRYPTO, "key %s: no random numbers", label);
    status = token_run_writing(token, "C_GenerateKeyPair", token_act_make, &making, err);
    if (status != SK_OK)
        return err_context(err, "key %s", label);
    if (making.is_taken)
        return err_set(err, SK_INPUT, "token %s: there is a key %s already", token_label(token),
                       label);
    status = token_key_find(token, label, out, err);
    /* Half a success would block the label for ever. */
    if (status != SK_OK &&
        token_run_writing(token, "C_DestroyObject", token_act_destroy, &making, NULL) != SK_OK)
        return err_context(err, "the new key stays in the token");
    return status;
}
