/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The floor of keys and signature algorithms: keys of every kind, made by OpenSSL, on each side of
 * it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "core/der.h"
#include "core/derout.h"
#include "core/oid.h"
#include "core/strength.h"
#include "test/support/pki.h"

static struct sk_arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new(1u << 20);
    return arena == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static struct sk_bytes spki_of(EVP_PKEY *key)
{
    unsigned char *der = NULL;
    int len = i2d_PUBKEY(key, &der);
    const void *copy;

    assert_true(len > 0);
    copy = arena_copy(arena, der, (size_t)len);
    assert_non_null(copy);
    OPENSSL_free(der);
    return bytes_of(copy, (size_t)len);
}

/* A key made for one test. */
static struct sk_bytes fresh_spki(EVP_PKEY *key)
{
    struct sk_bytes spki = spki_of(key);

    EVP_PKEY_free(key);
    return spki;
}

static EVP_PKEY *make_pss(void)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA-PSS", NULL);
    EVP_PKEY *key = NULL;

    assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 1024), 1);
    assert_int_equal(EVP_PKEY_keygen(ctx, &key), 1);
    EVP_PKEY_CTX_free(ctx);
    return key;
}

static const struct sk_bytes none = {0};

static void test_keys_are_held_to_the_floor_of_their_kind(void **state)
{
    const struct {
        struct sk_bytes spki;
        unsigned bits;
        enum { RSA, EC, DSA } kind;
        const char *text;
    } rows[] = {
        {spki_of(pki_key(PKI_RSA1024, 0)), 1024, RSA, "a RSA key of 1024 bits, less than 1025"},
        {fresh_spki(make_pss()), 1024, RSA, "a RSA key of 1024 bits, less than 1025"},
        {spki_of(pki_key(PKI_EC, 0)), 256, EC, "a EC key of 256 bits, less than 257"},
        {fresh_spki(EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-521")), 521, EC,
         "a EC key of 521 bits, less than 522"},
        {spki_of(pki_key(PKI_ED25519, 0)), 256, EC, "a Ed25519 key of 256 bits, less than 257"},
        {fresh_spki(EVP_PKEY_Q_keygen(NULL, NULL, "ED448")), 448, EC,
         "a Ed448 key of 448 bits, less than 449"},
        {spki_of(pki_key(PKI_DSA, 0)), 1024, DSA, "a DSA key of 1024 bits, less than 1025"},
    };
    size_t i;
    unsigned above;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (above = 0; above <= 1; above++) {
            /* the floors of the other kinds say nothing about it */
            struct sk_params params = {
                .min_rsa_bits = rows[i].kind == RSA ? rows[i].bits + above : 1u << 20,
                .min_ec_bits = rows[i].kind == EC ? rows[i].bits + above : 1u << 20,
                .min_dsa_bits = rows[i].kind == DSA ? rows[i].bits + above : 1u << 20,
                .allow_dsa = true,
            };
            struct sk_err err = {0};

            assert_int_equal(strength_of_key(&params, rows[i].spki, none, &err),
                             above == 0 ? FINDING_NONE : FINDING_WEAK_ALGORITHM);
            assert_string_equal(err.text, above == 0 ? "" : rows[i].text);
        }
    }
}

/* SubjectPublicKeyInfo of an algorithm without parameters. */
static struct sk_bytes bare_spki(struct sk_bytes oid, struct sk_bytes bits)
{
    struct sk_buf buf;
    size_t outer, inner, len;
    const void *der;

    buf_init(&buf, 1024);
    outer = derout_open(&buf, DER_SEQUENCE);
    inner = derout_open(&buf, DER_SEQUENCE);
    derout_tlv(&buf, DER_OID, oid);
    derout_close(&buf, inner);
    derout_tlv(&buf, DER_BIT_STRING, bits);
    derout_close(&buf, outer);
    assert_int_equal(buf_status(&buf), SK_OK);
    len = buf.len;
    der = arena_copy(arena, buf.data, len);
    buf_done(&buf);
    return bytes_of(der, len);
}

static void test_dsa_keys_are_as_large_as_what_they_inherit(void **state)
{
    static const uint8_t y[] = {0, DER_INTEGER, 1, 4};
    struct sk_bytes heir = bare_spki(oid_bytes(OID_DSA), bytes_of(y, sizeof(y)));
    struct sk_bytes whole = spki_of(pki_key(PKI_DSA, 0)), rsa = spki_of(pki_key(PKI_RSA, 0));
    struct sk_params params = {.min_dsa_bits = 1024, .allow_dsa = true};
    struct sk_err err = {0};

    (void)state;
    assert_int_equal(strength_of_key(&params, heir, whole, &err), FINDING_NONE);
    assert_int_equal(strength_of_key(&params, heir, none, &err), FINDING_WEAK_ALGORITHM);
    assert_int_equal(strength_of_key(&params, heir, heir, &err), FINDING_WEAK_ALGORITHM);
    assert_int_equal(strength_of_key(&params, heir, rsa, &err), FINDING_WEAK_ALGORITHM);
    params.min_dsa_bits = 1025;
    assert_int_equal(strength_of_key(&params, heir, whole, &err), FINDING_WEAK_ALGORITHM);
    params.min_dsa_bits = 0;
    assert_int_equal(strength_of_key(&params, heir, none, &err), FINDING_NONE);
    params.allow_dsa = false;
    assert_int_equal(strength_of_key(&params, heir, whole, &err), FINDING_WEAK_ALGORITHM);
    assert_string_equal(err.text, "a DSA key");
}

static void test_unknown_keys_pass_only_without_any_floor(void **state)
{
    struct sk_bytes unknown = bare_spki(bytes_of("\x2a\x03", 2), bytes_of("\0\1", 2));
    struct sk_params params = {.allow_dsa = true};
    struct sk_err err = {0};

    (void)state;
    assert_int_equal(strength_of_key(&params, unknown, none, &err), FINDING_NONE);
    assert_int_equal(strength_of_key(&params, none, none, &err), FINDING_NONE);
    params = (struct sk_params){.allow_dsa = true, .min_rsa_bits = 1};
    assert_int_equal(strength_of_key(&params, unknown, none, &err), FINDING_WEAK_ALGORITHM);
    params = (struct sk_params){.allow_dsa = true, .min_ec_bits = 1};
    assert_int_equal(strength_of_key(&params, unknown, none, &err), FINDING_WEAK_ALGORITHM);
    params = (struct sk_params){.allow_dsa = true, .min_dsa_bits = 1};
    assert_int_equal(strength_of_key(&params, unknown, none, &err), FINDING_WEAK_ALGORITHM);
    params = (struct sk_params){0};
    assert_int_equal(strength_of_key(&params, unknown, none, &err), FINDING_WEAK_ALGORITHM);
}

/* RSASSA-PSS-params: SHA-1 is the default of both hashes (RFC 4055 3.1). */
#define HASH_SHA256 "\xa0\x0d\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01"
#define MASK_SHA256                                                                                \
    "\xa1\x1a\x30\x18\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08\x30\x0b\x06\x09\x60\x86\x48\x01" \
    "\x65\x03\x04\x02\x01"
#define PSS       "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a"
#define DER(text) bytes_of(text, sizeof(text) - 1)

static void test_sha1_and_dsa_are_refused_wherever_they_stand(void **state)
{
    const struct {
        struct sk_bytes alg;
        enum finding_code strict, no_sha1, no_dsa;
    } rows[] = {
        {DER("\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02"), FINDING_NONE, FINDING_NONE,
         FINDING_NONE}, /* ecdsa-with-SHA256 */
        {DER("\x30\x09\x06\x07\x2a\x86\x48\xce\x3d\x04\x01"), FINDING_WEAK_ALGORITHM,
         FINDING_WEAK_ALGORITHM, FINDING_NONE}, /* ecdsa-with-SHA1 */
        {DER("\x30\x09\x06\x07\x2a\x86\x48\xce\x38\x04\x03"), FINDING_WEAK_ALGORITHM,
         FINDING_WEAK_ALGORITHM, FINDING_WEAK_ALGORITHM}, /* dsa-with-SHA1 */
        {DER("\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x03\x02"), FINDING_WEAK_ALGORITHM,
         FINDING_NONE, FINDING_WEAK_ALGORITHM}, /* dsa-with-SHA256 */
        {DER("\x30\x38" PSS "\x30\x2b" HASH_SHA256 MASK_SHA256), FINDING_NONE, FINDING_NONE,
         FINDING_NONE},
        {DER("\x30\x1c" PSS "\x30\x0f" HASH_SHA256), FINDING_WEAK_ALGORITHM, FINDING_WEAK_ALGORITHM,
         FINDING_NONE},
        {DER("\x30\x29" PSS "\x30\x1c" MASK_SHA256), FINDING_WEAK_ALGORITHM, FINDING_WEAK_ALGORITHM,
         FINDING_NONE},
        {DER("\x30\x04\x06\x02\x2a\x03"), FINDING_ALGORITHM, FINDING_ALGORITHM, FINDING_ALGORITHM},
        {DER("\x30\x00"), FINDING_ALGORITHM, FINDING_ALGORITHM, FINDING_ALGORITHM},
    };
    const struct sk_params all = {.allow_sha1 = true, .allow_dsa = true}, strict = {0};
    const struct sk_params no_sha1 = {.allow_dsa = true}, no_dsa = {.allow_sha1 = true};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bool is_known = rows[i].strict != FINDING_ALGORITHM;

        assert_int_equal(strength_of_signature(&strict, rows[i].alg, NULL), rows[i].strict);
        assert_int_equal(strength_of_signature(&no_sha1, rows[i].alg, NULL), rows[i].no_sha1);
        assert_int_equal(strength_of_signature(&no_dsa, rows[i].alg, NULL), rows[i].no_dsa);
        assert_int_equal(strength_of_signature(&all, rows[i].alg, NULL),
                         is_known ? FINDING_NONE : FINDING_ALGORITHM);
    }
}

static void test_the_floor_is_told_as_it_is(void **state)
{
    const struct sk_params some = {.min_rsa_bits = 2048, .min_dsa_bits = 1024};
    const struct sk_params all = {.min_rsa_bits = 1,
                                  .min_ec_bits = 2,
                                  .min_dsa_bits = 3,
                                  .allow_dsa = true,
                                  .allow_sha1 = true};
    char text[160];

    (void)state;
    strength_floor_text(&some, FINDING_WEAK_ALGORITHM, text, sizeof(text));
    assert_string_equal(text, "what the policy allows: RSA of 2048 bits or more, no SHA-1, no DSA, "
                              "known kinds of key");
    strength_floor_text(&all, FINDING_WEAK_ALGORITHM, text, sizeof(text));
    assert_string_equal(text, "what the policy allows: RSA of 1 bits or more, EC of 2 bits or "
                              "more, DSA of 3 bits or more, known kinds of key");
    strength_floor_text(&all, FINDING_ALGORITHM, text, sizeof(text));
    assert_string_equal(text, "a signature algorithm we know");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys_are_held_to_the_floor_of_their_kind),
        cmocka_unit_test(test_dsa_keys_are_as_large_as_what_they_inherit),
        cmocka_unit_test(test_unknown_keys_pass_only_without_any_floor),
        cmocka_unit_test(test_sha1_and_dsa_are_refused_wherever_they_stand),
        cmocka_unit_test(test_the_floor_is_told_as_it_is),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
