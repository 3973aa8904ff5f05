/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Public keys and signature checks. All arithmetic is OpenSSL's; decoding a key costs 200 us there,
 * so keys are decoded once and held (struct sk_keyring), and nothing else of a certificate goes
 * through OpenSSL.
 *
 * Algorithms: RSA PKCS#1 v1.5 and RSASSA-PSS with SHA-1, 224, 256, 384, 512; ECDSA with the same on
 * P-256, P-384, P-521; Ed25519, Ed448; DSA with SHA-1, 224, 256 (parameters may be inherited from
 * the issuer, RFC 5280 6.1.4(e)). What is strong enough is the policy's business (core/params.h),
 * not this file's.
 */
#ifndef SEKISHO_CORE_KEY_H
#define SEKISHO_CORE_KEY_H

#include "core/cert.h"

enum key_kind { KEY_UNKNOWN = 0, KEY_RSA, KEY_RSA_PSS, KEY_EC, KEY_ED25519, KEY_ED448, KEY_DSA };
enum key_hash { KEY_HASH_NONE = 0, KEY_SHA1, KEY_SHA224, KEY_SHA256, KEY_SHA384, KEY_SHA512 };

/* One thread at a time: what OpenSSL needs for a check is kept with the key. */
struct sk_key;

/* spki: whole SubjectPublicKeyInfo. params_from: key whose parameters a DSA key without parameters
 * inherits, or NULL. SK_INPUT: not a key we can use; SK_CRYPTO, SK_NOMEM. */
enum sk_status key_new(struct sk_bytes spki, const struct sk_key *params_from, struct sk_key **out,
                       struct sk_err *err) SK_MUST_CHECK;
void key_free(struct sk_key *key); /* accepts NULL */
enum key_kind key_kind(const struct sk_key *key);
unsigned key_bits(const struct sk_key *key); /* modulus, group or p size in bits */
/* True when spki is a DSA key that has no parameters of its own. */
bool key_needs_parameters(struct sk_bytes spki);

/* Kind and size of a key from its DER alone, without decoding it: for strength floors. bits is 0
 * for a DSA key without parameters. SK_INPUT: not a key we can use. */
enum sk_status key_peek(struct sk_bytes spki, enum key_kind *out_kind,
                        unsigned *out_bits) SK_MUST_CHECK;

/* About how long one verification with the key takes, in microseconds of a machine of 2023; 0 for
 * what is no key. The same key costs the same everywhere: budgets must not depend on the machine.
 */
unsigned key_cost_us(struct sk_bytes spki);

/* What an AlgorithmIdentifier (whole) says. SK_INPUT: unknown or malformed (also: absent or wrong
 * parameters where the RFCs require them). */
struct key_sig_alg {
    enum key_kind kind;     /* kind of key it wants; KEY_RSA_PSS: an RSA or a PSS key */
    enum key_hash hash;     /* KEY_HASH_NONE for Ed25519, Ed448 */
    enum key_hash mgf_hash; /* PSS */
    unsigned salt_len;      /* PSS */
};
enum sk_status key_sig_alg_parse(struct sk_bytes alg, struct key_sig_alg *out) SK_MUST_CHECK;

/* SK_OK: the signature is right. SK_CRYPTO: it is not. SK_INPUT: algorithm unknown or not of this
 * key. SK_NOMEM. OpenSSL's error queue is left empty. Data of any size (CRLs) is hashed in one
 * call. */
enum sk_status key_verify(const struct sk_key *key, struct sk_bytes sig_alg, struct sk_bytes data,
                          struct sk_bytes signature, struct sk_err *err) SK_MUST_CHECK;

/* Keys by SPKI: decoded at first use, kept. One thread (each worker has its own); bounded: the
 * oldest goes.
 */
struct sk_keyring;
struct sk_keyring *keyring_new(size_t max_keys); /* NULL: no memory */
void keyring_free(struct sk_keyring *ring);      /* accepts NULL */
/* *out is borrowed: it lives until the ring is freed or max_keys other keys have been asked for.
 * params_from as in key_new(); inherited keys are held per (key, parameters). */
enum sk_status keyring_get0(struct sk_keyring *ring, const struct sk_cert *cert,
                            const struct sk_key *params_from, const struct sk_key **out,
                            struct sk_err *err) SK_MUST_CHECK;
enum sk_status keyring_get0_spki(struct sk_keyring *ring, struct sk_bytes spki,
                                 const struct sk_key *params_from, const struct sk_key **out,
                                 struct sk_err *err) SK_MUST_CHECK;

/* Digests with an algorithm fetched once per process. Thread-safe. */
void key_sha256(struct sk_bytes data, uint8_t out[SK_SHA256]);
/* len of the result: 20, 28, 32, 48, 64. out must hold 64. */
/* The hash that an OID names, of those an OCSP CertID may use (SHA-1, 256, 384, 512), and the
 * length of its result; KEY_HASH_NONE: another. */
enum key_hash key_hash_of_oid(struct sk_bytes oid, size_t *out_len);
enum sk_status key_digest(enum key_hash hash, struct sk_bytes data, uint8_t *out,
                          size_t *out_len) SK_MUST_CHECK;

#endif
