/* SPDX-License-Identifier: Apache-2.0 */
#include "core/key_int.h"

#include "core/der.h"
#include "core/limits.h"
#include "core/oid.h"

static const uint8_t null_der[] = {DER_NULL, 0x00};

/* Takes an AlgorithmIdentifier apart; params is a whole TLV, len 0 when absent. */
static enum sk_status read_algorithm(struct der *d, struct sk_bytes *out_oid,
                                     struct sk_bytes *out_params)
{
    struct der seq;
    struct der_tlv params = {.whole = {NULL, 0}};

    if (der_enter(d, DER_SEQUENCE, &seq) != SK_OK || der_oid(&seq, DER_OID, out_oid) != SK_OK)
        return SK_INPUT;
    if (!der_at_end(&seq) && der_any(&seq, &params) != SK_OK)
        return SK_INPUT;
    *out_params = params.whole;
    return der_finish(&seq);
}

static bool is_null(struct sk_bytes params)
{
    return bytes_equal(params, bytes_of(null_der, sizeof(null_der)));
}

/* ---- SubjectPublicKeyInfo
 * ---------------------------------------------------------------------------- */

unsigned key_magnitude_bits(struct sk_bytes magnitude)
{
    unsigned bits = (unsigned)magnitude.len * 8;
    uint8_t mask = 0x80;

    if (magnitude.len == 0)
        return 0;
    for (; (magnitude.p[0] & mask) == 0; mask >>= 1)
        bits--;
    return bits;
}

/* A positive INTEGER without its leading zero octet. */
static enum sk_status read_positive(struct der *d, struct sk_bytes *out)
{
    struct sk_bytes n;

    if (der_integer(d, DER_INTEGER, &n) != SK_OK || n.p[0] >= 0x80)
        return SK_INPUT;
    if (n.p[0] == 0)
        n = bytes_of(n.p + 1, n.len - 1);
    if (n.len == 0)
        return SK_INPUT;
    *out = n;
    return SK_OK;
}

static bool is_odd(struct sk_bytes n)
{
    return (n.p[n.len - 1] & 1u) != 0;
}

/* RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER } (RFC 8017 A.1.1) */
static enum sk_status read_rsa(struct key_parts *parts)
{
    struct der d, seq;

    der_init(&d, parts->octets);
    if (der_enter(&d, DER_SEQUENCE, &seq) != SK_OK || der_finish(&d) != SK_OK ||
        read_positive(&seq, &parts->n) != SK_OK || read_positive(&seq, &parts->e) != SK_OK ||
        der_finish(&seq) != SK_OK)
        return SK_INPUT;
    parts->bits = key_magnitude_bits(parts->n);
    /* Exponent 1 would make every signature its own message; sizes bound the work of a check. */
    if (!is_odd(parts->n) || !is_odd(parts->e) || (parts->e.len == 1 && parts->e.p[0] == 1) ||
        parts->bits > LIMIT_RSA_BITS || parts->e.len > LIMIT_RSA_EXPONENT)
        return SK_INPUT;
    return SK_OK;
}

/* ECParameters: only namedCurve (RFC 5480 2.1.1). Point: compressed or not, never infinity. */
static enum sk_status read_ec(struct key_parts *parts, struct sk_bytes params)
{
    static const struct {
        enum oid_id id;
        unsigned bits;
        const char *group;
    } curves[] = {
        {OID_CURVE_P256, 256, "P-256"},
        {OID_CURVE_P384, 384, "P-384"},
        {OID_CURVE_P521, 521, "P-521"},
    };
    struct der d;
    struct sk_bytes oid;
    size_t i, size;

    der_init(&d, params);
    if (der_oid(&d, DER_OID, &oid) != SK_OK || der_finish(&d) != SK_OK || parts->octets.len == 0)
        return SK_INPUT;
    for (i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
        if (!oid_is(oid, curves[i].id))
            continue;
        size = (curves[i].bits + 7) / 8;
        if (!(parts->octets.p[0] == 4 && parts->octets.len == 1 + 2 * size) &&
            !((parts->octets.p[0] == 2 || parts->octets.p[0] == 3) &&
              parts->octets.len == 1 + size))
            return SK_INPUT;
        parts->bits = curves[i].bits;
        parts->group = curves[i].group;
        return SK_OK;
    }
    return SK_INPUT;
}

enum sk_status key_read_dsa_params(struct sk_bytes whole, struct key_dsa_params *out)
{
    struct der d, seq;
    struct key_dsa_params got;

    der_init(&d, whole);
    if (der_enter(&d, DER_SEQUENCE, &seq) != SK_OK || der_finish(&d) != SK_OK ||
        read_positive(&seq, &got.p) != SK_OK || read_positive(&seq, &got.q) != SK_OK ||
        read_positive(&seq, &got.g) != SK_OK || der_finish(&seq) != SK_OK)
        return SK_INPUT;
    if (key_magnitude_bits(got.p) > LIMIT_DSA_BITS || !is_odd(got.p) || !is_odd(got.q))
        return SK_INPUT;
    *out = got;
    return SK_OK;
}

/* RFC 3279 2.3.2: the key is an INTEGER; parameters are left out when they are inherited. */
static enum sk_status read_dsa(struct key_parts *parts, struct sk_bytes params)
{
    struct der d;
    struct key_dsa_params dsa;

    der_init(&d, parts->octets);
    if (read_positive(&d, &parts->y) != SK_OK || der_finish(&d) != SK_OK ||
        parts->y.len > LIMIT_DSA_BITS / 8)
        return SK_INPUT;
    parts->dsa_params = params;
    if (params.len == 0)
        return SK_OK;
    if (key_read_dsa_params(params, &dsa) != SK_OK)
        return SK_INPUT;
    parts->bits = key_magnitude_bits(dsa.p);
    return SK_OK;
}

enum sk_status key_take_apart(struct sk_bytes spki, struct key_parts *out)
{
    struct key_parts parts = {.kind = KEY_UNKNOWN};
    struct der d, seq;
    struct sk_bytes oid, params;
    unsigned unused;
    enum sk_status status = SK_INPUT;

    der_init(&d, spki);
    if (der_enter(&d, DER_SEQUENCE, &seq) != SK_OK || der_finish(&d) != SK_OK ||
        read_algorithm(&seq, &oid, &params) != SK_OK ||
        der_bits(&seq, DER_BIT_STRING, &parts.octets, &unused) != SK_OK || unused != 0 ||
        der_finish(&seq) != SK_OK)
        return SK_INPUT;
    if (oid_is(oid, OID_RSA_ENCRYPTION) && is_null(params)) {
        parts.kind = KEY_RSA;
        status = read_rsa(&parts);
    } else if (oid_is(oid, OID_RSASSA_PSS)) {
        parts.kind = KEY_RSA_PSS;
        status = read_rsa(&parts);
    } else if (oid_is(oid, OID_EC_PUBLIC_KEY)) {
        parts.kind = KEY_EC;
        status = read_ec(&parts, params);
    } else if (oid_is(oid, OID_ED25519) && params.len == 0 && parts.octets.len == 32) {
        parts.kind = KEY_ED25519;
        parts.bits = 256;
        status = SK_OK;
    } else if (oid_is(oid, OID_ED448) && params.len == 0 && parts.octets.len == 57) {
        parts.kind = KEY_ED448;
        parts.bits = 448;
        status = SK_OK;
    } else if (oid_is(oid, OID_DSA)) {
        parts.kind = KEY_DSA;
        status = read_dsa(&parts, params);
    }
    if (status == SK_OK)
        *out = parts;
    return status;
}

enum sk_status key_peek(struct sk_bytes spki, enum key_kind *out_kind, unsigned *out_bits)
{
    struct key_parts parts;
    enum sk_status status = key_take_apart(spki, &parts);

    if (status != SK_OK)
        return status;
    *out_kind = parts.kind;
    *out_bits = parts.bits;
    return SK_OK;
}

unsigned key_cost_us(struct sk_bytes spki)
{
    enum { RSA_MULTIPLICATIONS_US = 2048u * 2048u, DSA_2048_US = 220 };
    struct key_parts parts;
    unsigned bits;

    if (key_take_apart(spki, &parts) != SK_OK)
        return 0;
    bits = parts.bits;
    switch (parts.kind) {
    case KEY_RSA:
    case KEY_RSA_PSS: /* a squaring for each bit of the exponent, at most as many products */
        return 1 + (unsigned)((uint64_t)bits * bits * key_magnitude_bits(parts.e) * 3 / 2 /
                              RSA_MULTIPLICATIONS_US);
    case KEY_EC:
        return bits <= 256 ? 75 : bits <= 384 ? 700 : 550; /* P-384 has no code of its own */
    case KEY_ED25519:
        return 115;
    case KEY_ED448:
        return 240;
    case KEY_DSA: /* without parameters: the largest it may inherit */
        bits = bits != 0 ? bits : LIMIT_DSA_BITS;
        return 1 + (unsigned)((uint64_t)DSA_2048_US * bits * bits / RSA_MULTIPLICATIONS_US);
    case KEY_UNKNOWN:
        break;
    }
    return 0;
}

/* Asked again and again on the way to a verdict: what is no DSA key is told by its algorithm. */
bool key_needs_parameters(struct sk_bytes spki)
{
    struct key_parts parts;
    struct der d, seq;
    struct sk_bytes oid, params;

    der_init(&d, spki);
    return der_enter(&d, DER_SEQUENCE, &seq) == SK_OK &&
           read_algorithm(&seq, &oid, &params) == SK_OK && oid_is(oid, OID_DSA) &&
           key_take_apart(spki, &parts) == SK_OK && parts.dsa_params.len == 0;
}

/* ---- signature algorithms
 * ----------------------------------------------------------------------------- */

/* HashAlgorithm of RFC 4055 2.1: parameters absent or NULL. */
static enum sk_status read_hash(struct der *d, enum key_hash *out)
{
    static const struct {
        enum oid_id id;
        enum key_hash hash;
    } hashes[] = {
        {OID_SHA1, KEY_SHA1},     {OID_SHA224, KEY_SHA224}, {OID_SHA256, KEY_SHA256},
        {OID_SHA384, KEY_SHA384}, {OID_SHA512, KEY_SHA512},
    };
    struct sk_bytes oid, params;
    size_t i;

    if (read_algorithm(d, &oid, &params) != SK_OK || (params.len != 0 && !is_null(params)))
        return SK_INPUT;
    for (i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
        if (oid_is(oid, hashes[i].id)) {
            *out = hashes[i].hash;
            return SK_OK;
        }
    }
    return SK_INPUT;
}

static enum sk_status read_mask_generation(struct der *d, enum key_hash *out)
{
    struct der seq, hash;
    struct sk_bytes oid, params;

    seq = *d;
    if (read_algorithm(&seq, &oid, &params) != SK_OK || !oid_is(oid, OID_MGF1))
        return SK_INPUT;
    *d = seq;
    der_init(&hash, params);
    if (read_hash(&hash, out) != SK_OK)
        return SK_INPUT;
    return der_finish(&hash);
}

/*
 * RSASSA-PSS-params ::= SEQUENCE {
 *   hashAlgorithm [0] EXPLICIT DEFAULT sha1, maskGenAlgorithm [1] EXPLICIT DEFAULT mgf1SHA1,
 *   saltLength [2] EXPLICIT INTEGER DEFAULT 20, trailerField [3] EXPLICIT INTEGER DEFAULT 1 }
 * RFC 4055 3.1: must be present with a signature.
 */
static enum sk_status read_pss(struct sk_bytes params, struct key_sig_alg *alg)
{
    struct der d, seq, field;
    uint64_t salt = 20, trailer = 1;
    bool is_present;

    alg->kind = KEY_RSA_PSS;
    alg->hash = alg->mgf_hash = KEY_SHA1;
    der_init(&d, params);
    if (der_enter(&d, DER_SEQUENCE, &seq) != SK_OK || der_finish(&d) != SK_OK)
        return SK_INPUT;
    if (der_enter_optional(&seq, DER_CONTEXT_CONSTRUCTED(0), &is_present, &field) != SK_OK ||
        (is_present && (read_hash(&field, &alg->hash) != SK_OK || der_finish(&field) != SK_OK)))
        return SK_INPUT;
    if (der_enter_optional(&seq, DER_CONTEXT_CONSTRUCTED(1), &is_present, &field) != SK_OK ||
        (is_present &&
         (read_mask_generation(&field, &alg->mgf_hash) != SK_OK || der_finish(&field) != SK_OK)))
        return SK_INPUT;
    if (der_enter_optional(&seq, DER_CONTEXT_CONSTRUCTED(2), &is_present, &field) != SK_OK ||
        (is_present && (der_uint(&field, DER_INTEGER, LIMIT_PSS_SALT, &salt) != SK_OK ||
                        der_finish(&field) != SK_OK)))
        return SK_INPUT;
    if (der_enter_optional(&seq, DER_CONTEXT_CONSTRUCTED(3), &is_present, &field) != SK_OK ||
        (is_present &&
         (der_uint(&field, DER_INTEGER, 1, &trailer) != SK_OK || der_finish(&field) != SK_OK)))
        return SK_INPUT;
    alg->salt_len = (unsigned)salt;
    return trailer == 1 ? der_finish(&seq) : SK_INPUT;
}

/* Which parameters an algorithm wants. */
enum params_rule {
    PARAMS_NULL,   /* RFC 4055 5: NULL, and absent must be accepted as well */
    PARAMS_ABSENT, /* RFC 3279 2.2.2, RFC 5758 3.2, RFC 8410 3 */
};

static const struct {
    enum oid_id id;
    enum key_kind kind;
    enum key_hash hash;
    enum params_rule rule;
} sig_algs[] = {
    {OID_SHA256_RSA, KEY_RSA, KEY_SHA256, PARAMS_NULL},
    {OID_SHA384_RSA, KEY_RSA, KEY_SHA384, PARAMS_NULL},
    {OID_SHA512_RSA, KEY_RSA, KEY_SHA512, PARAMS_NULL},
    {OID_SHA1_RSA, KEY_RSA, KEY_SHA1, PARAMS_NULL},
    {OID_SHA224_RSA, KEY_RSA, KEY_SHA224, PARAMS_NULL},
    {OID_ECDSA_SHA256, KEY_EC, KEY_SHA256, PARAMS_ABSENT},
    {OID_ECDSA_SHA384, KEY_EC, KEY_SHA384, PARAMS_ABSENT},
    {OID_ECDSA_SHA512, KEY_EC, KEY_SHA512, PARAMS_ABSENT},
    {OID_ECDSA_SHA1, KEY_EC, KEY_SHA1, PARAMS_ABSENT},
    {OID_ECDSA_SHA224, KEY_EC, KEY_SHA224, PARAMS_ABSENT},
    {OID_ED25519, KEY_ED25519, KEY_HASH_NONE, PARAMS_ABSENT},
    {OID_ED448, KEY_ED448, KEY_HASH_NONE, PARAMS_ABSENT},
    {OID_DSA_SHA1, KEY_DSA, KEY_SHA1, PARAMS_ABSENT},
    {OID_DSA_SHA224, KEY_DSA, KEY_SHA224, PARAMS_ABSENT},
    {OID_DSA_SHA256, KEY_DSA, KEY_SHA256, PARAMS_ABSENT},
};

enum sk_status key_sig_alg_parse(struct sk_bytes alg, struct key_sig_alg *out)
{
    struct key_sig_alg got = {.kind = KEY_UNKNOWN};
    struct der d;
    struct sk_bytes oid, params;
    enum oid_id id;
    size_t i;

    der_init(&d, alg);
    if (read_algorithm(&d, &oid, &params) != SK_OK || der_finish(&d) != SK_OK)
        return SK_INPUT;
    id = oid_known(oid);
    if (id == OID_RSASSA_PSS) {
        if (read_pss(params, &got) != SK_OK)
            return SK_INPUT;
        *out = got;
        return SK_OK;
    }
    for (i = 0; i < sizeof(sig_algs) / sizeof(sig_algs[0]); i++) {
        if (sig_algs[i].id != id)
            continue;
        if (params.len != 0 && !(sig_algs[i].rule == PARAMS_NULL && is_null(params)))
            return SK_INPUT;
        got.kind = sig_algs[i].kind;
        got.hash = sig_algs[i].hash;
        *out = got;
        return SK_OK;
    }
    return SK_INPUT;
}
