/* SPDX-License-Identifier: Apache-2.0 */
#include "core/strength.h"

#include "core/der.h"

enum { ED25519_BITS = 256 };

/* SubjectPublicKeyInfo ::= SEQUENCE { algorithm AlgorithmIdentifier, subjectPublicKey BIT STRING }
 */
struct spki {
    struct sk_bytes alg;        /* OID contents */
    struct sk_bytes parameters; /* whole, len 0 when absent */
    struct sk_bytes key;        /* octets of the BIT STRING */
};

static enum sk_status spki_read(struct sk_bytes der, struct spki *out)
{
    struct der d, seq, alg;
    struct der_tlv parameters = {0};
    unsigned unused = 0;

    der_init(&d, der);
    if (der_enter(&d, DER_SEQUENCE, &seq) != SK_OK || der_finish(&d) != SK_OK ||
        der_enter(&seq, DER_SEQUENCE, &alg) != SK_OK ||
        der_oid(&alg, DER_OID, &out->alg) != SK_OK ||
        (!der_at_end(&alg) && der_any(&alg, &parameters) != SK_OK) || der_finish(&alg) != SK_OK ||
        der_bits(&seq, DER_BIT_STRING, &out->key, &unused) != SK_OK || der_finish(&seq) != SK_OK ||
        unused != 0)
        return SK_INPUT;
    out->parameters = parameters.whole;
    return SK_OK;
}

/* Significant bits of a positive INTEGER's contents; 0 when it is not positive. */
static unsigned integer_bits(struct sk_bytes n)
{
    unsigned bits;
    uint8_t top;

    if (n.len == 0 || n.len > LIMIT_CERT_BYTES || (n.p[0] & 0x80) != 0)
        return 0;
    if (n.p[0] == 0) { /* DER: at most one, before a set bit */
        n.p++;
        n.len--;
    }
    if (n.len == 0)
        return 0;
    bits = (unsigned)(8 * (n.len - 1));
    for (top = n.p[0]; top != 0; top >>= 1)
        bits++;
    return bits;
}

static enum finding_code weak(struct sk_err *err, const char *kind, unsigned bits, unsigned min)
{
    (void)err_set(err, SK_INPUT, "%s key of %u bits, expected at least %u", kind, bits, min);
    return FINDING_WEAK_ALGORITHM;
}

static enum finding_code unreadable(struct sk_err *err, const char *kind)
{
    (void)err_set(err, SK_INPUT, "malformed %s key", kind);
    return FINDING_ALGORITHM;
}

/* RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER } */
static enum finding_code check_rsa(const struct sk_params *params, const struct spki *key,
                                   struct sk_err *err)
{
    struct sk_bytes modulus, exponent;
    struct der d, seq;
    unsigned bits;

    der_init(&d, key->key);
    if (der_enter(&d, DER_SEQUENCE, &seq) != SK_OK || der_finish(&d) != SK_OK ||
        der_integer(&seq, DER_INTEGER, &modulus) != SK_OK ||
        der_integer(&seq, DER_INTEGER, &exponent) != SK_OK || der_finish(&seq) != SK_OK)
        return unreadable(err, "RSA");
    bits = integer_bits(modulus);
    if (bits == 0 || bits < params->min_rsa_bits)
        return weak(err, "RSA", bits, params->min_rsa_bits);
    if (integer_bits(exponent) < 2 || (exponent.p[exponent.len - 1] & 1) == 0) {
        (void)err_set(err, SK_INPUT, "RSA key whose exponent is even or below 3");
        return FINDING_WEAK_ALGORITHM; /* exponent 1: anybody signs */
    }
    return FINDING_NONE;
}

/* ECParameters ::= CHOICE { namedCurve OBJECT IDENTIFIER, ... } (RFC 5480 2.1.1: namedCurve only)
 */
static enum finding_code check_ec(const struct sk_params *params, const struct spki *key,
                                  struct sk_err *err)
{
    static const struct {
        unsigned bits;
        uint8_t len, oid[8];
    } curves[] = {
        {192, 8, {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x01}}, /* 1.2.840.10045.3.1.1 */
        {256, 8, {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07}}, /* 1.2.840.10045.3.1.7 */
        {224, 5, {0x2b, 0x81, 0x04, 0x00, 0x21}},                   /* 1.3.132.0.33 */
        {384, 5, {0x2b, 0x81, 0x04, 0x00, 0x22}},                   /* 1.3.132.0.34 */
        {521, 5, {0x2b, 0x81, 0x04, 0x00, 0x23}},                   /* 1.3.132.0.35 */
    };
    struct sk_bytes curve;
    struct der d;
    size_t i;

    der_init(&d, key->parameters);
    if (der_oid(&d, DER_OID, &curve) != SK_OK || der_finish(&d) != SK_OK)
        return unreadable(err, "EC");
    for (i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
        if (!bytes_equal(curve, bytes_of(curves[i].oid, curves[i].len)))
            continue;
        if (curves[i].bits < params->min_ec_bits)
            return weak(err, "EC", curves[i].bits, params->min_ec_bits);
        return FINDING_NONE;
    }
    if (params->min_ec_bits == 0)
        return FINDING_NONE;
    (void)err_set(err, SK_INPUT,
                  "EC key on a curve that cannot be held against the policy's floor");
    return FINDING_WEAK_ALGORITHM;
}

/* Dss-Parms ::= SEQUENCE { p INTEGER, q INTEGER, g INTEGER } (RFC 3279 2.3.2) */
static enum finding_code check_dsa(const struct sk_params *params, struct sk_bytes parameters,
                                   struct sk_err *err)
{
    struct sk_bytes p;
    struct der d, seq;

    if (!params->allow_dsa) {
        (void)err_set(err, SK_INPUT, "DSA key, which the policy does not allow");
        return FINDING_WEAK_ALGORITHM;
    }
    if (params->min_dsa_bits == 0)
        return FINDING_NONE;
    der_init(&d, parameters);
    if (der_enter(&d, DER_SEQUENCE, &seq) != SK_OK || der_integer(&seq, DER_INTEGER, &p) != SK_OK)
        return unreadable(err, "DSA");
    return integer_bits(p) < params->min_dsa_bits
               ? weak(err, "DSA", integer_bits(p), params->min_dsa_bits)
               : FINDING_NONE;
}

static enum finding_code check_ed25519(const struct sk_params *params, struct sk_err *err)
{
    return params->min_ec_bits > ED25519_BITS
               ? weak(err, "Ed25519", ED25519_BITS, params->min_ec_bits)
               : FINDING_NONE;
}

static enum finding_code check_other(const struct sk_params *params, struct sk_err *err)
{
    if (params->min_rsa_bits == 0 && params->min_ec_bits == 0 && params->min_dsa_bits == 0)
        return FINDING_NONE;
    (void)err_set(err, SK_INPUT, "key of a kind that cannot be held against the policy's floor");
    return FINDING_WEAK_ALGORITHM;
}

enum finding_code strength_of_key(const struct sk_params *params, struct sk_bytes spki,
                                  struct sk_bytes params_spki, struct sk_err *err)
{
    struct spki key, from;

    if (spki_read(spki, &key) != SK_OK)
        return unreadable(err, "public");
    if (oid_is(key.alg, OID_RSA_ENCRYPTION) || oid_is(key.alg, OID_RSASSA_PSS))
        return check_rsa(params, &key, err);
    if (oid_is(key.alg, OID_EC_PUBLIC_KEY))
        return check_ec(params, &key, err);
    if (oid_is(key.alg, OID_ED25519))
        return check_ed25519(params, err);
    if (!oid_is(key.alg, OID_DSA))
        return check_other(params, err);
    if (params_spki.len == 0 || !key_needs_parameters(spki))
        return check_dsa(params, key.parameters, err);
    if (spki_read(params_spki, &from) != SK_OK)
        return unreadable(err, "DSA");
    return check_dsa(params, from.parameters, err);
}

enum finding_code strength_of_signature(const struct sk_params *params, struct sk_bytes sig_alg,
                                        struct sk_err *err)
{
    struct key_sig_alg alg;

    if (key_sig_alg_parse(sig_alg, &alg) != SK_OK) {
        (void)err_set(err, SK_INPUT, "a signature algorithm we do not know, or its parameters");
        return FINDING_ALGORITHM;
    }
    if (!params->allow_sha1 && (alg.hash == KEY_SHA1 || alg.mgf_hash == KEY_SHA1)) {
        (void)err_set(err, SK_INPUT, "signed with SHA-1, which the policy does not allow");
        return FINDING_WEAK_ALGORITHM;
    }
    if (!params->allow_dsa && alg.kind == KEY_DSA) {
        (void)err_set(err, SK_INPUT, "signed with DSA, which the policy does not allow");
        return FINDING_WEAK_ALGORITHM;
    }
    return FINDING_NONE;
}
