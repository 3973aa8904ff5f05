/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A worker's way to the key process (core/sign.h): asks for signatures without waiting.
 *
 * signer_attach() takes a connected socket and asks who signs (HELLO). Each signer_sign() is
 * answered once through its callback: with the signature, or with the reason why there is none
 * within LIMIT_SIGN_MS. When the key process ends, everything that waits fails at once and the
 * supervisor sends a new socket. All calls are of the worker's thread.
 */
#ifndef SEKISHO_NET_SIGNER_H
#define SEKISHO_NET_SIGNER_H

#include "core/cert.h"

struct event_base;
struct sk_signer;

enum { SIGNER_KEY_HASH = 20 };

/* Who signs: from HELLO. Lives until the next signer_attach() or signer_free(). */
struct signer_identity {
    struct sk_bytes algorithm;         /* AlgorithmIdentifier of the signatures, whole */
    struct sk_bytes certs;             /* contents of the SEQUENCE OF Certificate */
    uint8_t key_hash[SIGNER_KEY_HASH]; /* SHA-1 of the responder's key bits: ResponderID byKey */
    int64_t not_before, not_after;     /* of the responder certificate */
};

/* SK_OK: signature holds it, for the time of the call. SK_AGAIN: busy or late; SK_CRYPTO: the key
 * refused; SK_IO: the key process is gone. */
typedef void (*signer_fn)(void *arg, enum sk_status status, struct sk_bytes signature);
/* Readiness has changed. */
typedef void (*signer_state_fn)(void *arg, bool is_ready);

/* NULL: no memory. */
struct sk_signer *signer_new(struct event_base *base, signer_state_fn on_state, void *arg);
/* Answers everything that waits with SK_IO. Accepts NULL. */
void signer_free(struct sk_signer *signer);

/* Takes a connected, non-blocking stream socket; an earlier one is closed. */
void signer_attach(struct sk_signer *signer, int fd);

/* True when the key process has said who it is and its last signature was good and in time. */
bool signer_is_ready(const struct sk_signer *signer);
/* NULL until HELLO was answered. */
const struct signer_identity *signer_identity_get0(const struct sk_signer *signer);
/* True when it was, and the responder certificate is valid at this time. */
bool signer_is_valid_at(const struct sk_signer *signer, int64_t now);

/* SK_OK: fn will be called, never from inside this call. SK_AGAIN: no key process; SK_LIMIT: too
 * many wait; SK_NOMEM: then fn is not called. tbs is copied. */
enum sk_status signer_sign(struct sk_signer *signer, struct sk_bytes tbs, signer_fn fn,
                           void *arg) SK_MUST_CHECK;

/* Reads HELLO's payload; out points into payload. SK_INPUT: malformed, or the responder certificate
 * may not sign. */
enum sk_status signer_identity_parse(struct sk_bytes payload, struct signer_identity *out,
                                     struct sk_err *err) SK_MUST_CHECK;

#endif
