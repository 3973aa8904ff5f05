/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/dsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "core/der.h"
#include "core/key.h"
#include "core/limits.h"
#include "test/support/asn1.h"
#include "test/support/files.h"

#define MESSAGE ASN1_LIT("what was signed")

static struct sk_arena *arena;
static EVP_PKEY *rsa_key, *pss_key, *p256_key, *p384_key, *p521_key, *ed_key, *ed448_key, *dsa_key;

static EVP_PKEY *make_dsa(void)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "DSA", NULL);
    EVP_PKEY *params = NULL, *pkey = NULL;

    assert_int_equal(EVP_PKEY_paramgen_init(ctx), 1);
    assert_int_equal(EVP_PKEY_CTX_set_dsa_paramgen_bits(ctx, 1024), 1);
    assert_int_equal(EVP_PKEY_paramgen(ctx, &params), 1);
    EVP_PKEY_CTX_free(ctx);
    ctx = EVP_PKEY_CTX_new_from_pkey(NULL, params, NULL);
    assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
    assert_int_equal(EVP_PKEY_keygen(ctx, &pkey), 1);
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(params);
    return pkey;
}

static EVP_PKEY *make_pss(void)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA-PSS", NULL);
    EVP_PKEY *pkey = NULL;

    assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 1024), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_keygen_md(ctx, EVP_sha256()), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_keygen_mgf1_md(ctx, EVP_sha256()), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_keygen_saltlen(ctx, 32), 1);
    assert_int_equal(EVP_PKEY_keygen(ctx, &pkey), 1);
    EVP_PKEY_CTX_free(ctx);
    return pkey;
}

static int setup(void **state)
{
    (void)state;
    arena = arena_new(16u << 20);
    rsa_key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024);
    p256_key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    p384_key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-384");
    p521_key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-521");
    ed_key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    ed448_key = EVP_PKEY_Q_keygen(NULL, NULL, "ED448");
    dsa_key = make_dsa();
    pss_key = make_pss();
    return arena == NULL || rsa_key == NULL || p256_key == NULL || p384_key == NULL ||
           p521_key == NULL || ed_key == NULL || ed448_key == NULL || dsa_key == NULL ||
           pss_key == NULL;
}

static int teardown(void **state)
{
    (void)state;
    EVP_PKEY_free(rsa_key);
    EVP_PKEY_free(pss_key);
    EVP_PKEY_free(p256_key);
    EVP_PKEY_free(p384_key);
    EVP_PKEY_free(p521_key);
    EVP_PKEY_free(ed_key);
    EVP_PKEY_free(ed448_key);
    EVP_PKEY_free(dsa_key);
    arena_free(arena);
    return 0;
}

static struct sk_bytes spki_of(EVP_PKEY *pkey)
{
    unsigned char *der = NULL;
    int len = i2d_PUBKEY(pkey, &der);
    const void *copy;

    assert_true(len > 0);
    copy = arena_copy(arena, der, (size_t)len);
    OPENSSL_free(der);
    return bytes_of(copy, (size_t)len);
}

static struct sk_key *key_of(EVP_PKEY *pkey)
{
    struct sk_key *key = NULL;
    struct sk_err err = {.status = SK_OK};

    if (key_new(spki_of(pkey), NULL, &key, &err) != SK_OK)
        fail_msg("%s", err.text);
    return key;
}

/* Signs MESSAGE; salt < 0: not PSS. */
static struct sk_bytes sign(EVP_PKEY *pkey, const EVP_MD *md, const EVP_MD *mgf, int salt)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *pctx;
    size_t len = 1024;
    uint8_t *out = arena_alloc(arena, len);

    assert_int_equal(EVP_DigestSignInit(ctx, &pctx, md, NULL, pkey), 1);
    if (salt >= 0) {
        assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_mgf1_md(pctx, mgf), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, salt), 1);
    }
    assert_int_equal(EVP_DigestSign(ctx, out, &len, MESSAGE.p, MESSAGE.len), 1);
    EVP_MD_CTX_free(ctx);
    return bytes_of(out, len);
}

/* AlgorithmIdentifier of a known OID with these parameters (whole). */
static struct sk_bytes algorithm(enum oid_id id, struct sk_bytes params)
{
    struct sk_buf buf;
    struct sk_bytes out;
    size_t mark;

    buf_init(&buf, 10000);
    mark = derout_open(&buf, DER_SEQUENCE);
    derout_tlv(&buf, DER_OID, oid_bytes(id));
    derout_raw(&buf, params);
    derout_close(&buf, mark);
    out = bytes_of(arena_copy(arena, buf.data, buf.len), buf.len);
    buf_done(&buf);
    return out;
}

#define ABSENT bytes_of(NULL, 0)
#define NULLED ASN1_LIT("\x05\x00")

/* SHA-256 with MGF1 over SHA-256 and 32 octets of salt */
#define PSS_SHA256_32                                                                              \
    ASN1_LIT("\x30\x34\xa0\x0f\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\xa1"    \
             "\x1c\x30\x1a\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08\x30\x0d\x06\x09\x60\x86"    \
             "\x48\x01\x65\x03\x04\x02\x01\x05\x00\xa2\x03\x02\x01\x20")

/* ---- algorithms
 * ------------------------------------------------------------------------------------------ */

static void test_key_refuses_unknown_and_malformed_algorithms(void **state)
{
    const struct sk_bytes bad[] = {
        ABSENT,
        ASN1_LIT("\x30\x00"),
        ASN1_LIT("\x30\x05\x06\x03\x2b\x65\x6f"),                                 /* X448 */
        ASN1_LIT("\x30\x05\x06\x03\x2b\x65\x70\x00"),                             /* a tail */
        ASN1_LIT("\x30\x06\x06\x03\x2b\x65\x70\x05"),                             /* cut inside */
        ASN1_LIT("\x30\x09\x06\x03\x2b\x65\x70\x05\x00\x05\x00"),                 /* inside */
        ASN1_LIT("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04\x05\x00"), /* MD5 */
    };
    struct key_sig_alg alg = {.salt_len = 77};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(key_sig_alg_parse(bad[i], &alg), SK_INPUT);
    assert_int_equal(alg.salt_len, 77);
}

static void test_key_parameters_follow_the_rfcs(void **state)
{
    static const struct {
        enum oid_id id;
        bool null_ok;
    } rows[] = {
        {OID_SHA1_RSA, true},      {OID_SHA224_RSA, true},    {OID_ECDSA_SHA224, false},
        {OID_ED448, false},        {OID_SHA256_RSA, true},    {OID_SHA384_RSA, true},
        {OID_SHA512_RSA, true},    {OID_ECDSA_SHA1, false},   {OID_ECDSA_SHA256, false},
        {OID_ECDSA_SHA384, false}, {OID_ECDSA_SHA512, false}, {OID_ED25519, false},
        {OID_DSA_SHA1, false},     {OID_DSA_SHA224, false},   {OID_DSA_SHA256, false},
    };
    struct key_sig_alg alg;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(key_sig_alg_parse(algorithm(rows[i].id, ABSENT), &alg), SK_OK);
        assert_int_equal(key_sig_alg_parse(algorithm(rows[i].id, NULLED), &alg),
                         rows[i].null_ok ? SK_OK : SK_INPUT);
        assert_int_equal(key_sig_alg_parse(algorithm(rows[i].id, ASN1_LIT("\x02\x01\x00")), &alg),
                         SK_INPUT);
        assert_int_equal(key_sig_alg_parse(algorithm(rows[i].id, ASN1_LIT("\x05\x01\x00")), &alg),
                         SK_INPUT);
    }
}

static void test_key_reads_pss_parameters(void **state)
{
    const struct sk_bytes bad[] = {
        ABSENT,
        NULLED,
        ASN1_LIT("\x30\x02\xa2\x00"),
        ASN1_LIT("\x30\x05\xa2\x03\x02\x01\xff"),                     /* negative salt */
        ASN1_LIT("\x30\x06\xa2\x04\x02\x02\x02\x01"),                 /* 513 octets */
        ASN1_LIT("\x30\x05\xa3\x03\x02\x01\x00"),                     /* trailerField 0 */
        ASN1_LIT("\x30\x05\xa3\x03\x02\x01\x02"),                     /* and 2 */
        ASN1_LIT("\x30\x0a\xa3\x03\x02\x01\x01\xa2\x03\x02\x01\x14"), /* order */
        ASN1_LIT("\x30\x07\xa2\x05\x02\x01\x14\x05\x00"),             /* a tail */
        ASN1_LIT("\x30\x07\xa0\x05\x30\x03\x06\x01\x2a"),             /* an unknown hash */
        ASN1_LIT("\x30\x09\xa1\x07\x30\x05\x06\x03\x2b\x65\x70"),     /* no MGF1 */
        ASN1_LIT("\x30\x04\xa0\x02\x30\x00"),                         /* a hash without OID */
        ASN1_LIT("\x30\x11\xa1\x0f\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08"
                 "\x30\x00"), /* the same for MGF1 */
    };
    struct key_sig_alg alg;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(key_sig_alg_parse(algorithm(OID_RSASSA_PSS, bad[i]), &alg), SK_INPUT);
    assert_int_equal(key_sig_alg_parse(algorithm(OID_RSASSA_PSS, ASN1_LIT("\x30\x00")), &alg),
                     SK_OK);
    assert_true(alg.kind == KEY_RSA_PSS && alg.hash == KEY_SHA1 && alg.mgf_hash == KEY_SHA1);
    assert_int_equal(alg.salt_len, 20);
    assert_int_equal(key_sig_alg_parse(algorithm(OID_RSASSA_PSS, PSS_SHA256_32), &alg), SK_OK);
    assert_true(alg.hash == KEY_SHA256 && alg.mgf_hash == KEY_SHA256);
    assert_int_equal(alg.salt_len, 32);
    assert_int_equal(
        key_sig_alg_parse(algorithm(OID_RSASSA_PSS, ASN1_LIT("\x30\x06\xa2\x04\x02\x02\x02\x00")),
                          &alg),
        SK_OK);
    assert_int_equal(alg.salt_len, LIMIT_PSS_SALT);
}

/* ---- keys
 * --------------------------------------------------------------------------------------------------
 */

static void assert_no_key(struct sk_bytes spki)
{
    struct sk_key *key = (void *)&arena;
    struct sk_err err = {.status = SK_OK};
    enum key_kind kind;
    unsigned bits;

    assert_int_equal(key_new(spki, NULL, &key, &err), SK_INPUT);
    assert_ptr_equal(key, &arena);
    assert_true(err.text[0] != '\0');
    assert_int_equal(ERR_peek_error(), 0);
    assert_int_equal(key_peek(spki, &kind, &bits), SK_INPUT);
}

static struct sk_bytes rsa_spki(struct sk_bytes n, struct sk_bytes e)
{
    struct sk_buf buf, inner;
    struct sk_bytes out;
    size_t mark, seq;

    buf_init(&buf, 10000);
    buf_init(&inner, 10000);
    seq = derout_open(&inner, DER_SEQUENCE);
    derout_tlv(&inner, DER_INTEGER, n);
    derout_tlv(&inner, DER_INTEGER, e);
    derout_close(&inner, seq);
    mark = derout_open(&buf, DER_SEQUENCE);
    derout_raw(&buf, algorithm(OID_RSA_ENCRYPTION, NULLED));
    derout_bits(&buf, DER_BIT_STRING, buf_bytes(&inner));
    derout_close(&buf, mark);
    assert_int_equal(buf_status(&buf), SK_OK);
    out = bytes_of(arena_copy(arena, buf.data, buf.len), buf.len);
    buf_done(&buf);
    buf_done(&inner);
    return out;
}

static void test_key_refuses_rsa_keys_that_prove_nothing(void **state)
{
    static uint8_t n[LIMIT_RSA_BITS / 8 + 1];
    const struct sk_bytes small = ASN1_LIT("\x00\xc1\x02\x03\x05"), e = ASN1_LIT("\x01\x00\x01");
    struct sk_key *key;

    (void)state;
    assert_no_key(rsa_spki(small, ASN1_LIT("\x01")));                   /* exponent 1 */
    assert_no_key(rsa_spki(small, ASN1_LIT("\x02")));                   /* even */
    assert_no_key(rsa_spki(small, ASN1_LIT("\x00")));                   /* zero */
    assert_no_key(rsa_spki(small, ASN1_LIT("\xff")));                   /* negative */
    assert_no_key(rsa_spki(ASN1_LIT("\x00"), e));                       /* modulus zero */
    assert_no_key(rsa_spki(ASN1_LIT("\xc1\x02\x03\x05"), e));           /* negative */
    assert_no_key(rsa_spki(ASN1_LIT("\x00\xc1\x02\x03\x04"), e));       /* even */
    assert_no_key(rsa_spki(small, ASN1_LIT("\x01\0\0\0\0\0\0\0\x01"))); /* 65 bits */
    assert_int_equal(key_new(rsa_spki(small, ASN1_LIT("\x01\0\0\0\0\0\0\x01")), NULL, &key, NULL),
                     SK_OK);
    key_free(key);
    memset(n, 0xff, sizeof(n));
    n[0] = 0x01;
    assert_no_key(rsa_spki(bytes_of(n, sizeof(n)), e)); /* 16385 bits */
    n[0] = 0x00;
    assert_int_equal(key_new(rsa_spki(bytes_of(n, sizeof(n)), e), NULL, &key, NULL), SK_OK);
    assert_int_equal(key_bits(key), LIMIT_RSA_BITS);
    key_free(key);
}

static struct sk_bytes dsa_spki(size_t p_bits)
{
    static uint8_t p[LIMIT_DSA_BITS / 8 + 2]; /* 00 or the highest bit, then ones */
    struct sk_buf buf, params;
    struct sk_bytes out;
    size_t mark, seq;

    memset(p, 0xff, sizeof(p));
    p[0] = p_bits % 8 == 1 ? 0x01 : 0x00;
    buf_init(&buf, 10000);
    buf_init(&params, 10000);
    seq = derout_open(&params, DER_SEQUENCE);
    derout_tlv(&params, DER_INTEGER, bytes_of(p, p_bits / 8 + 1));
    derout_uint(&params, DER_INTEGER, 0x10001);
    derout_uint(&params, DER_INTEGER, 2);
    derout_close(&params, seq);
    mark = derout_open(&buf, DER_SEQUENCE);
    derout_raw(&buf, algorithm(OID_DSA, buf_bytes(&params)));
    derout_bits(&buf, DER_BIT_STRING, ASN1_LIT("\x02\x01\x05"));
    derout_close(&buf, mark);
    out = bytes_of(arena_copy(arena, buf.data, buf.len), buf.len);
    buf_done(&buf);
    buf_done(&params);
    return out;
}

static void test_key_keeps_the_size_limit_of_dsa(void **state)
{
    enum key_kind kind;
    unsigned bits;

    (void)state;
    assert_no_key(dsa_spki(LIMIT_DSA_BITS + 1));
    assert_int_equal(key_peek(dsa_spki(LIMIT_DSA_BITS), &kind, &bits), SK_OK);
    assert_int_equal(bits, LIMIT_DSA_BITS);
}

static struct sk_bytes spki_with(struct sk_bytes alg, struct sk_bytes bits)
{
    struct sk_buf buf;
    struct sk_bytes out;
    size_t mark;

    buf_init(&buf, 10000);
    mark = derout_open(&buf, DER_SEQUENCE);
    derout_raw(&buf, alg);
    derout_bits(&buf, DER_BIT_STRING, bits);
    derout_close(&buf, mark);
    out = bytes_of(arena_copy(arena, buf.data, buf.len), buf.len);
    buf_done(&buf);
    return out;
}

static void test_key_refuses_malformed_dsa_keys(void **state)
{
    const struct sk_bytes y = ASN1_LIT("\x02\x01\x05");

    (void)state;
    assert_no_key(spki_with(algorithm(OID_DSA, ASN1_LIT("\x30\x00")), y));
    assert_no_key(spki_with(algorithm(OID_DSA, ASN1_LIT("\x30\x03\x02\x01\x07")), y));
    assert_no_key(spki_with(algorithm(OID_DSA, ABSENT), ASN1_LIT("\x02\x01\x00")));
    assert_no_key(spki_with(algorithm(OID_DSA, ABSENT), ASN1_LIT("\x04\x01\x05")));
    assert_int_equal(key_cost_us(spki_with(algorithm(OID_MGF1, ABSENT), y)), 0);
}

static void test_key_takes_a_compressed_point_of_the_right_length(void **state)
{
    static const uint8_t p256[] = {0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
                                   0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
    uint8_t point[65];
    size_t len = 0;
    struct sk_key *key;
    enum key_kind kind;
    unsigned bits;

    (void)state;
    assert_int_equal(EVP_PKEY_get_octet_string_param(p256_key, "pub", point, sizeof(point), &len),
                     1);
    assert_int_equal(len, 65);
    point[0] = point[64] % 2 == 0 ? 2 : 3;
    assert_no_key(spki_with(bytes_of(p256, sizeof(p256)), bytes_of(point, 32)));
    assert_no_key(spki_with(bytes_of(p256, sizeof(p256)), bytes_of(point, 34)));
    assert_int_equal(
        key_peek(spki_with(bytes_of(p256, sizeof(p256)), bytes_of(point, 33)), &kind, &bits),
        SK_OK);
    assert_int_equal(
        key_new(spki_with(bytes_of(p256, sizeof(p256)), bytes_of(point, 33)), NULL, &key, NULL),
        SK_OK);
    assert_int_equal(key_bits(key), 256);
    key_free(key);
}

static void test_key_refuses_ec_keys_off_the_curve(void **state)
{
    struct sk_bytes good = spki_of(p256_key);
    uint8_t *spki = arena_copy(arena, good.p, good.len);
    struct sk_key *key;

    (void)state;
    spki[good.len - 1] ^= 1; /* y is another one */
    assert_int_equal(key_new(bytes_of(spki, good.len), NULL, &key, NULL), SK_INPUT);
    assert_int_equal(ERR_peek_error(), 0);
    spki[good.len - 65] = 0x05; /* no such form of a point */
    assert_no_key(bytes_of(spki, good.len));
    /* Infinity; a curve that is not ours; explicit parameters; none */
    assert_no_key(
        ASN1_LIT("\x30\x19\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48"
                 "\xce\x3d\x03\x01\x07\x03\x02\x00\x00"));
    assert_no_key(
        ASN1_LIT("\x30\x16\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04"
                 "\x00\x0a\x03\x02\x00\x04"));
    assert_no_key(
        ASN1_LIT("\x30\x11\x30\x0b\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x30\x00\x03\x02\x00"
                 "\x04"));
    assert_no_key(ASN1_LIT("\x30\x0f\x30\x09\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x03\x02\x00\x04"));
}

static void test_key_refuses_malformed_keys(void **state)
{
    struct sk_bytes good = spki_of(rsa_key);
    uint8_t *spki = arena_alloc(arena, good.len + 1);
    struct sk_key *key;
    size_t len;

    (void)state;
    memcpy(spki, good.p, good.len);
    for (len = 0; len < good.len; len++)
        assert_no_key(bytes_of(spki, len));
    assert_no_key(bytes_of(spki, good.len + 1));
    /* An Ed25519 key of 31 octets, one with NULL parameters */
    assert_no_key(ASN1_LIT("\x30\x29\x30\x05\x06\x03\x2b\x65\x70\x03\x20\x00"
                           "0123456789012345678901234567890"));
    assert_no_key(ASN1_LIT("\x30\x2c\x30\x07\x06\x03\x2b\x65\x70\x05\x00\x03\x21\x00"
                           "01234567890123456789012345678901"));
    assert_int_equal(key_new(ASN1_LIT("\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00"
                                      "01234567890123456789012345678901"),
                             NULL, &key, NULL),
                     SK_OK);
    key_free(key);
}

static void test_key_knows_kind_and_size(void **state)
{
    const struct {
        EVP_PKEY *pkey;
        enum key_kind kind;
        unsigned bits;
        unsigned cost_us; /* weighed in the budget of signatures */
    } rows[] = {
        {rsa_key, KEY_RSA, 1024, 7},     {pss_key, KEY_RSA_PSS, 1024, 7},
        {p256_key, KEY_EC, 256, 75},     {p384_key, KEY_EC, 384, 700},
        {p521_key, KEY_EC, 521, 550},    {dsa_key, KEY_DSA, 1024, 56},
        {ed_key, KEY_ED25519, 256, 115}, {ed448_key, KEY_ED448, 448, 240},
    };
    enum key_kind kind;
    unsigned bits;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sk_key *key = key_of(rows[i].pkey);

        assert_int_equal(key_kind(key), rows[i].kind);
        assert_int_equal(key_bits(key), rows[i].bits);
        assert_int_equal(key_peek(spki_of(rows[i].pkey), &kind, &bits), SK_OK);
        assert_int_equal(kind, rows[i].kind);
        assert_int_equal(bits, rows[i].bits);
        assert_int_equal(key_cost_us(spki_of(rows[i].pkey)), rows[i].cost_us);
        assert_false(key_needs_parameters(spki_of(rows[i].pkey)));
        key_free(key);
    }
}

/* ---- signatures
 * ---------------------------------------------------------------------------------------------- */

/* The signature is right; one changed bit in it or in the data, or another key, makes it wrong. */
static void assert_signature(EVP_PKEY *pkey, struct sk_bytes alg, struct sk_bytes signature)
{
    struct sk_key *key = key_of(pkey);
    uint8_t *changed = arena_copy(arena, signature.p, signature.len);
    struct sk_err err = {.status = SK_OK};

    assert_int_equal(key_verify(key, alg, MESSAGE, signature, &err), SK_OK);
    assert_int_equal(err.status, SK_OK);
    changed[signature.len - 1] ^= 1;
    assert_int_equal(key_verify(key, alg, MESSAGE, bytes_of(changed, signature.len), &err),
                     SK_CRYPTO);
    assert_int_equal(key_verify(key, alg, ASN1_LIT("another text"), signature, &err), SK_CRYPTO);
    assert_int_equal(key_verify(key, alg, MESSAGE, ABSENT, &err), SK_CRYPTO);
    assert_int_equal(key_verify(key, alg, MESSAGE, bytes_of(signature.p, signature.len - 1), &err),
                     SK_CRYPTO);
    assert_int_equal(ERR_peek_error(), 0);
    key_free(key);
}

static void test_key_verifies_every_algorithm(void **state)
{
    const struct {
        EVP_PKEY *pkey;
        enum oid_id alg;
        const EVP_MD *md;
    } rows[] = {
        {rsa_key, OID_SHA1_RSA, EVP_sha1()},
        {rsa_key, OID_SHA256_RSA, EVP_sha256()},
        {rsa_key, OID_SHA224_RSA, EVP_sha224()},
        {rsa_key, OID_SHA384_RSA, EVP_sha384()},
        {rsa_key, OID_SHA512_RSA, EVP_sha512()},
        {p256_key, OID_ECDSA_SHA1, EVP_sha1()},
        {p256_key, OID_ECDSA_SHA256, EVP_sha256()},
        {p256_key, OID_ECDSA_SHA224, EVP_sha224()},
        {p384_key, OID_ECDSA_SHA384, EVP_sha384()},
        {p521_key, OID_ECDSA_SHA512, EVP_sha512()},
        {ed_key, OID_ED25519, NULL},
        {ed448_key, OID_ED448, NULL},
        {dsa_key, OID_DSA_SHA1, EVP_sha1()},
        {dsa_key, OID_DSA_SHA224, EVP_sha224()},
        {dsa_key, OID_DSA_SHA256, EVP_sha256()},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_signature(rows[i].pkey, algorithm(rows[i].alg, ABSENT),
                         sign(rows[i].pkey, rows[i].md, NULL, -1));
}

static void test_key_verifies_pss_exactly_as_its_parameters_say(void **state)
{
    struct sk_key *key = key_of(rsa_key);
    struct sk_bytes alg = algorithm(OID_RSASSA_PSS, PSS_SHA256_32);
    struct sk_bytes defaults = algorithm(OID_RSASSA_PSS, ASN1_LIT("\x30\x00"));

    (void)state;
    assert_signature(rsa_key, alg, sign(rsa_key, EVP_sha256(), EVP_sha256(), 32));
    assert_signature(pss_key, alg, sign(pss_key, EVP_sha256(), EVP_sha256(), 32));
    assert_signature(rsa_key, defaults, sign(rsa_key, EVP_sha1(), EVP_sha1(), 20));
    /* Another salt length, mask hash, hash, and PKCS #1 v1.5 padding */
    assert_int_equal(
        key_verify(key, alg, MESSAGE, sign(rsa_key, EVP_sha256(), EVP_sha256(), 31), NULL),
        SK_CRYPTO);
    assert_int_equal(
        key_verify(key, alg, MESSAGE, sign(rsa_key, EVP_sha256(), EVP_sha1(), 32), NULL),
        SK_CRYPTO);
    assert_int_equal(
        key_verify(key, alg, MESSAGE, sign(rsa_key, EVP_sha1(), EVP_sha256(), 32), NULL),
        SK_CRYPTO);
    assert_int_equal(key_verify(key, alg, MESSAGE, sign(rsa_key, EVP_sha256(), NULL, -1), NULL),
                     SK_CRYPTO);
    key_free(key);
    /* A PSS key is for the parameters it names only. */
    key = key_of(pss_key);
    assert_int_equal(
        key_verify(key, defaults, MESSAGE, sign(rsa_key, EVP_sha1(), EVP_sha1(), 20), NULL),
        SK_CRYPTO);
    assert_int_equal(key_verify(key, algorithm(OID_SHA256_RSA, NULLED), MESSAGE,
                                sign(rsa_key, EVP_sha256(), NULL, -1), NULL),
                     SK_INPUT);
    assert_int_equal(ERR_peek_error(), 0);
    key_free(key);
}

static void test_key_algorithm_must_fit_the_key(void **state)
{
    const struct {
        EVP_PKEY *pkey;
        enum oid_id alg;
    } rows[] = {
        {rsa_key, OID_ECDSA_SHA256}, {p256_key, OID_SHA256_RSA}, {ed_key, OID_ECDSA_SHA256},
        {dsa_key, OID_ECDSA_SHA256}, {rsa_key, OID_DSA_SHA256},  {p256_key, OID_ED25519},
        {ed448_key, OID_ED25519},    {ed_key, OID_ED448},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sk_key *key = key_of(rows[i].pkey);

        assert_int_equal(
            key_verify(key, algorithm(rows[i].alg, ABSENT), MESSAGE, ASN1_LIT("x"), NULL),
            SK_INPUT);
        key_free(key);
    }
}

/* ---- inherited DSA parameters, as PKITS has them
 * ------------------------------------------------------------------ */

static void load(const char *file, struct sk_cert *out)
{
    char path[512];
    struct sk_buf buf;
    struct sk_bytes der;

    (void)snprintf(path, sizeof(path), "%s/certs/%s.crt", FILES_PKITS, file);
    files_read(path, &buf);
    der = bytes_of(arena_copy(arena, buf.data, buf.len), buf.len);
    buf_done(&buf);
    assert_int_equal(cert_parse(arena, der, out, NULL), SK_OK);
}

static void test_key_inherits_dsa_parameters_down_a_chain(void **state)
{
    struct sk_cert root, ca, leaf;
    struct sk_key *root_key, *ca_key, *other = key_of(rsa_key), *none = NULL;
    enum key_kind kind;
    unsigned bits;

    (void)state;
    load("DSACACert", &root);
    load("DSAParametersInheritedCACert", &ca);
    load("ValidDSAParameterInheritanceTest5EE", &leaf);
    assert_false(key_needs_parameters(root.spki));
    assert_true(key_needs_parameters(ca.spki));
    assert_int_equal(key_peek(ca.spki, &kind, &bits), SK_OK);
    assert_true(kind == KEY_DSA && bits == 0);
    assert_int_equal(key_new(ca.spki, NULL, &none, NULL), SK_INPUT);
    assert_int_equal(key_new(ca.spki, other, &none, NULL), SK_INPUT);
    assert_int_equal(key_new(root.spki, NULL, &root_key, NULL), SK_OK);
    assert_int_equal(key_new(ca.spki, root_key, &ca_key, NULL), SK_OK);
    assert_int_equal(key_bits(ca_key), key_bits(root_key));
    assert_int_equal(key_verify(root_key, ca.sig_alg, ca.tbs, ca.signature, NULL), SK_OK);
    assert_int_equal(key_verify(ca_key, leaf.sig_alg, leaf.tbs, leaf.signature, NULL), SK_OK);
    assert_int_equal(key_verify(root_key, leaf.sig_alg, leaf.tbs, leaf.signature, NULL), SK_CRYPTO);
    assert_int_equal(key_verify(ca_key, ca.sig_alg, ca.tbs, ca.signature, NULL), SK_CRYPTO);
    key_free(ca_key);
    key_free(root_key);
    key_free(other);
}

/* PKITS 4.1.2, 4.1.3, 4.1.6: signatures that were changed, one of them in its count of unused bits
 */
static void test_key_refuses_the_bad_signatures_of_pkits(void **state)
{
    static const char *const pairs[][2] = {
        {"BadSignedCACert", "TrustAnchorRootCertificate"},
        {"InvalidEESignatureTest3EE", "GoodCACert"},
        {"InvalidDSASignatureTest6EE", "DSACACert"},
    };
    struct sk_cert cert, issuer;
    struct sk_key *key;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        load(pairs[i][0], &cert);
        load(pairs[i][1], &issuer);
        assert_int_equal(key_new(issuer.spki, NULL, &key, NULL), SK_OK);
        assert_int_equal(key_verify(key, cert.sig_alg, cert.tbs, cert.signature, NULL), SK_CRYPTO);
        key_free(key);
    }
}

/* ---- digests and rings
 * -------------------------------------------------------------------------------------------- */

static void test_key_digests(void **state)
{
    static const size_t sizes[] = {0, 20, 28, 32, 48, 64};
    uint8_t out[64], sha256[SK_SHA256];
    size_t len;
    int hash;

    (void)state;
    assert_int_equal(key_digest(KEY_HASH_NONE, ABSENT, out, &len), SK_INPUT);
    for (hash = KEY_SHA1; hash <= KEY_SHA512; hash++) {
        assert_int_equal(key_digest((enum key_hash)hash, MESSAGE, out, &len), SK_OK);
        assert_int_equal(len, sizes[hash]);
    }
    key_sha256(ABSENT, sha256);
    assert_memory_equal(sha256,
                        "\xe3\xb0\xc4\x42\x98\xfc\x1c\x14\x9a\xfb\xf4\xc8\x99\x6f\xb9\x24\x27\xae"
                        "\x41\xe4\x64\x9b\x93\x4c\xa4\x95\x99\x1b\x78\x52\xb8\x55",
                        32);
}

static const struct sk_key *ring_get(struct sk_keyring *ring, EVP_PKEY *pkey)
{
    const struct sk_key *key = NULL;

    assert_int_equal(keyring_get0_spki(ring, spki_of(pkey), NULL, &key, NULL), SK_OK);
    return key;
}

static void test_keyring_keeps_the_keys_used_last(void **state)
{
    struct sk_keyring *ring = keyring_new(2);
    const struct sk_key *rsa, *ec, *none = NULL;

    (void)state;
    assert_non_null(ring);
    assert_int_equal(keyring_get0_spki(ring, ASN1_LIT("\x30\x00"), NULL, &none, NULL), SK_INPUT);
    assert_null(none);
    rsa = ring_get(ring, rsa_key);
    ec = ring_get(ring, p256_key);
    assert_int_equal(key_kind(rsa), KEY_RSA);
    assert_int_equal(key_kind(ec), KEY_EC);
    assert_ptr_equal(ring_get(ring, rsa_key), rsa);
    assert_int_equal(key_kind(ring_get(ring, ed_key)), KEY_ED25519); /* the EC key goes */
    assert_ptr_equal(ring_get(ring, rsa_key), rsa);
    assert_int_equal(key_kind(ring_get(ring, p256_key)), KEY_EC); /* the Ed25519 key goes */
    assert_ptr_equal(ring_get(ring, rsa_key), rsa);
    keyring_free(ring);
    keyring_free(NULL);
}

static void test_keyring_turns_over_many_times(void **state)
{
    EVP_PKEY *const all[] = {rsa_key, p256_key, p384_key, p521_key, ed_key, dsa_key, pss_key};
    struct sk_keyring *ring;
    unsigned size, i, at = 1;

    (void)state;
    for (size = 0; size < 5; size++) {
        ring = keyring_new(size);
        for (i = 0; i < 300; i++) {
            at = at * 1103515245u + 12345u;
            assert_int_not_equal(key_kind(ring_get(ring, all[(at >> 16) % 7])), KEY_UNKNOWN);
        }
        keyring_free(ring);
    }
}

static void test_keyring_holds_inherited_keys_apart(void **state)
{
    struct sk_keyring *ring = keyring_new(8);
    struct sk_key *other = key_of(dsa_key);
    const struct sk_key *root_key, *own, *again, *with_other, *plain;
    struct sk_cert root, ca;

    (void)state;
    load("DSACACert", &root);
    load("DSAParametersInheritedCACert", &ca);
    assert_int_equal(keyring_get0(ring, &root, NULL, &root_key, NULL), SK_OK);
    assert_int_equal(keyring_get0(ring, &ca, root_key, &own, NULL), SK_OK);
    assert_int_equal(keyring_get0(ring, &ca, root_key, &again, NULL), SK_OK);
    assert_ptr_equal(own, again);
    assert_int_equal(keyring_get0(ring, &ca, NULL, &again, NULL), SK_INPUT);
    assert_int_equal(keyring_get0(ring, &ca, other, &with_other, NULL), SK_OK);
    assert_ptr_not_equal(own, with_other);
    /* A key with parameters of its own is one key, whoever stands above it. */
    assert_int_equal(keyring_get0(ring, &root, other, &plain, NULL), SK_OK);
    assert_ptr_equal(plain, root_key);
    key_free(other);
    keyring_free(ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_key_refuses_unknown_and_malformed_algorithms),
        cmocka_unit_test(test_key_parameters_follow_the_rfcs),
        cmocka_unit_test(test_key_reads_pss_parameters),
        cmocka_unit_test(test_key_refuses_rsa_keys_that_prove_nothing),
        cmocka_unit_test(test_key_keeps_the_size_limit_of_dsa),
        cmocka_unit_test(test_key_refuses_malformed_dsa_keys),
        cmocka_unit_test(test_key_takes_a_compressed_point_of_the_right_length),
        cmocka_unit_test(test_key_refuses_ec_keys_off_the_curve),
        cmocka_unit_test(test_key_refuses_malformed_keys),
        cmocka_unit_test(test_key_knows_kind_and_size),
        cmocka_unit_test(test_key_verifies_every_algorithm),
        cmocka_unit_test(test_key_verifies_pss_exactly_as_its_parameters_say),
        cmocka_unit_test(test_key_algorithm_must_fit_the_key),
        cmocka_unit_test(test_key_inherits_dsa_parameters_down_a_chain),
        cmocka_unit_test(test_key_refuses_the_bad_signatures_of_pkits),
        cmocka_unit_test(test_key_digests),
        cmocka_unit_test(test_keyring_keeps_the_keys_used_last),
        cmocka_unit_test(test_keyring_turns_over_many_times),
        cmocka_unit_test(test_keyring_holds_inherited_keys_apart),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
