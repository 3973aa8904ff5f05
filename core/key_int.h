/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between the files of core/key*.c.
 */
#ifndef SEKISHO_CORE_KEY_INT_H
#define SEKISHO_CORE_KEY_INT_H

#include <openssl/evp.h>

#include "core/key.h"

/* A SubjectPublicKeyInfo taken apart; everything points into it. */
struct key_parts {
    enum key_kind kind;
    unsigned bits;              /* 0: DSA without parameters */
    struct sk_bytes octets;     /* subjectPublicKey: EC point, EdDSA key */
    const char *group;          /* EC: OpenSSL's name of the curve */
    struct sk_bytes n, e;       /* RSA and RSA-PSS, magnitudes */
    struct sk_bytes y;          /* DSA, magnitude */
    struct sk_bytes dsa_params; /* DSA: Dss-Parms, whole; len 0 when absent */
};
enum sk_status key_take_apart(struct sk_bytes spki, struct key_parts *out) SK_MUST_CHECK;

/* Dss-Parms ::= SEQUENCE { p INTEGER, q INTEGER, g INTEGER }, magnitudes. */
struct key_dsa_params {
    struct sk_bytes p, q, g;
};
enum sk_status key_read_dsa_params(struct sk_bytes whole, struct key_dsa_params *out) SK_MUST_CHECK;

/* Bits of a magnitude without leading zero octets. */
unsigned key_magnitude_bits(struct sk_bytes magnitude);

/* The digest, fetched once per process; NULL for KEY_HASH_NONE or when OpenSSL lacks it. */
const EVP_MD *key_md(enum key_hash hash);

/* SHA-256 of the parameters that other DSA keys inherit from this key; false: it has none. */
bool key_params_id(const struct sk_key *key, uint8_t out[SK_SHA256]);

#endif
