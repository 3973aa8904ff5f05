/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a key keeps from one check to the next belongs to one digest and to no signature: in every
 * order of checks each is judged as a new key would judge it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "core/der.h"
#include "core/derout.h"
#include "core/key.h"
#include "test/support/asn1.h"

#define MESSAGE ASN1_LIT("a certificate")
/* RSASSA-PSS-params of SHA-256, MGF1 with SHA-256 and a salt of 32 octets */
#define PSS_SHA256_32                                                                              \
    ASN1_LIT("\x30\x34\xa0\x0f\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00"        \
             "\xa1\x1c\x30\x1a\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08\x30\x0d\x06\x09"        \
             "\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\xa2\x03\x02\x01\x20")

enum { NUM = 4 };

struct row {
    enum oid_id alg;
    const char *digest;
    bool is_pss;
};

static struct sk_arena *arena;

static struct sk_bytes kept(struct sk_buf *buf)
{
    struct sk_bytes bytes = bytes_of(arena_copy(arena, buf->data, buf->len), buf->len);

    buf_done(buf);
    return bytes;
}

static struct sk_bytes algorithm(const struct row *row)
{
    struct sk_buf buf;
    size_t mark;

    buf_init(&buf, 1000);
    mark = derout_open(&buf, DER_SEQUENCE);
    derout_tlv(&buf, DER_OID, oid_bytes(row->alg));
    if (row->is_pss)
        derout_raw(&buf, PSS_SHA256_32);
    derout_close(&buf, mark);
    return kept(&buf);
}

static struct sk_bytes sign(EVP_PKEY *pkey, const struct row *row)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *pctx;
    size_t len = 1024;
    uint8_t *out = arena_alloc(arena, len);

    assert_int_equal(EVP_DigestSignInit_ex(ctx, &pctx, row->digest, NULL, NULL, pkey, NULL), 1);
    if (row->is_pss) {
        assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, 32), 1);
    }
    assert_int_equal(EVP_DigestSign(ctx, out, &len, MESSAGE.p, MESSAGE.len), 1);
    EVP_MD_CTX_free(ctx);
    return bytes_of(out, len);
}

/* All signatures of one key, by all its algorithms, after each other. */
static void check_in_every_order(EVP_PKEY *pkey, const struct row rows[NUM])
{
    struct sk_bytes algs[NUM], signatures[NUM], spki;
    unsigned char *der = NULL;
    int len = i2d_PUBKEY(pkey, &der);
    struct sk_key *key;
    size_t i, k, before;

    assert_true(len > 0);
    spki = bytes_of(arena_copy(arena, der, (size_t)len), (size_t)len);
    OPENSSL_free(der);
    assert_int_equal(key_new(spki, NULL, &key, NULL), SK_OK);
    for (i = 0; i < NUM; i++) {
        algs[i] = algorithm(&rows[i]);
        signatures[i] = sign(pkey, &rows[i]);
    }
    for (before = 0; before < NUM; before++) {
        for (i = 0; i < NUM; i++) {
            for (k = 0; k < NUM; k++) {
                assert_int_equal(key_verify(key, algs[before], MESSAGE, signatures[before], NULL),
                                 SK_OK);
                assert_int_equal(key_verify(key, algs[i], MESSAGE, signatures[k], NULL),
                                 i == k ? SK_OK : SK_CRYPTO);
                assert_int_equal(key_verify(key, algs[i], ASN1_LIT("x"), signatures[i], NULL),
                                 SK_CRYPTO);
            }
        }
    }
    key_free(key);
    EVP_PKEY_free(pkey);
}

static void test_key_of_rsa_checks_as_if_it_were_new(void **state)
{
    const struct row rows[NUM] = {{OID_SHA256_RSA, "SHA256", false},
                                  {OID_SHA384_RSA, "SHA384", false},
                                  {OID_SHA1_RSA, "SHA1", false},
                                  {OID_RSASSA_PSS, "SHA256", true}};

    (void)state;
    check_in_every_order(EVP_RSA_gen(2048), rows);
}

static void test_key_of_a_curve_checks_as_if_it_were_new(void **state)
{
    const struct row rows[NUM] = {{OID_ECDSA_SHA256, "SHA256", false},
                                  {OID_ECDSA_SHA384, "SHA384", false},
                                  {OID_ECDSA_SHA1, "SHA1", false},
                                  {OID_ECDSA_SHA512, "SHA512", false}};

    (void)state;
    check_in_every_order(EVP_EC_gen("P-256"), rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_key_of_rsa_checks_as_if_it_were_new),
        cmocka_unit_test(test_key_of_a_curve_checks_as_if_it_were_new),
    };
    int failed;

    arena = arena_new(1u << 20);
    failed = arena == NULL ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(arena);
    return failed;
}
