/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A responder key as the key process describes it (HELLO of core/sign.h), and whom it answers for.
 */
#ifndef SEKISHO_NET_SIGNER_KEY_H
#define SEKISHO_NET_SIGNER_KEY_H

#include "core/cert.h"
#include "core/key.h"
#include "core/sign.h"

enum { SIGNER_KEY_HASH = 20, SIGNER_ALGORITHMS = 8 };

struct signer_key {
    unsigned index;                                /* in the configuration's order, 0 first */
    const char *name;                              /* of its section, for log and metrics */
    enum sign_model model;                         /* never SIGN_MODEL_AUTO */
    struct sk_bytes algorithms[SIGNER_ALGORITHMS]; /* AlgorithmIdentifiers, whole; 0 the ordinary */
    size_t num_algorithms;                         /* at least 1 */
    struct sk_bytes certs;             /* contents of the SEQUENCE OF Certificate, whole chain */
    const struct sk_cert *cert;        /* the responder's: the first of certs */
    uint8_t key_hash[SIGNER_KEY_HASH]; /* SHA-1 of its key bits: ResponderID byKey */
};

/* Reads HELLO's payload. The result points into payload and into the arena. SK_INPUT: malformed, or
 * the responder certificate may not sign (O-11); SK_LIMIT, SK_NOMEM. */
enum sk_status signer_key_parse(struct sk_arena *arena, unsigned index, struct sk_bytes payload,
                                unsigned *out_num_keys, struct signer_key *out,
                                struct sk_err *err) SK_MUST_CHECK;

/* True when relying parties take this key's word on certificates that this issuer certificate's key
 * signed (O-08): for a delegated certificate its signature is verified. */
bool signer_key_serves(const struct signer_key *key, const struct sk_cert *issuer,
                       struct sk_keyring *ring);

/* True when this issuer certificate's key signed the key's certificate. */
bool signer_key_is_issued_by(const struct signer_key *key, const struct sk_cert *issuer,
                             struct sk_keyring *ring);

/* True within the validity of its certificate. */
bool signer_key_is_valid_at(const struct signer_key *key, int64_t now);

#endif
