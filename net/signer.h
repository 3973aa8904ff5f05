/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A worker's way to the key process (core/sign.h): asks for signatures without waiting.
 *
 * signer_attach() takes a connected socket and asks which keys there are (HELLO). Each
 * signer_sign() is answered once through its callback: with the signature, or with the reason why
 * there is none within LIMIT_SIGN_MS. When the key process ends, everything that waits fails at
 * once and the supervisor sends a new socket. While a key is not well the key process is asked
 * every LIMIT_SIGN_PROBE_MS how they are, else every few seconds. All calls are of the worker's
 * thread.
 */
#ifndef SEKISHO_NET_SIGNER_H
#define SEKISHO_NET_SIGNER_H

#include "core/limits.h"
#include "net/signer_key.h"

struct event_base;
struct sk_signer;

/* SK_OK: signature holds it, for the time of the call. SK_AGAIN: busy or late; SK_CRYPTO: the key
 * refused; SK_IO: the key process is gone. */
typedef void (*signer_fn)(void *arg, enum sk_status status, struct sk_bytes signature);

enum signer_state {
    SIGNER_DETACHED = 0, /* no socket to the key process */
    SIGNER_ATTACHED,     /* a socket, but no key can sign */
    SIGNER_READY,        /* every key is known and at least one can sign */
};
/* The state has changed. */
typedef void (*signer_state_fn)(void *arg, enum signer_state state);

/* NULL: no memory. */
struct sk_signer *signer_new(struct event_base *base, signer_state_fn on_state, void *arg);
/* Answers everything that waits with SK_IO. Accepts NULL. */
void signer_free(struct sk_signer *signer);

/* Takes a connected, non-blocking stream socket; an earlier one is closed. */
void signer_attach(struct sk_signer *signer, int fd);

/* True in SIGNER_READY. */
bool signer_is_ready(const struct sk_signer *signer);

/* The keys: 0 until all have been told, and what was told stays while a key process is away. A
 * signature always belongs to the key that signer_key_get0() gave when it was asked for: what is in
 * flight when keys change has failed before. */
size_t signer_count(const struct sk_signer *signer);
/* NULL: no such key. Lives until the next signer_attach() is complete, or signer_free(). */
const struct signer_key *signer_key_get0(const struct sk_signer *signer, size_t key);
/* SK_SHA256 octets that change when a key's certificate does; NULL until all have been told. */
const uint8_t *signer_keys_id_get0(const struct sk_signer *signer);
/* signer_key_serves() with a memory. False: no such key. */
bool signer_serves(struct sk_signer *signer, size_t key, const struct sk_cert *issuer,
                   struct sk_keyring *ring);
/* True when the key can sign as far as is known, and its certificate is valid at this time. */
bool signer_can_sign(const struct sk_signer *signer, size_t key, int64_t now);
/* True when the certificate of any key is valid at this time. */
bool signer_is_valid_at(const struct sk_signer *signer, int64_t now);

struct signer_ask {
    size_t key;
    size_t algorithm; /* index in the key's algorithms */
    enum sign_class class;
    struct sk_bytes tbs; /* copied */
};
/* SK_OK: fn will be called, never from inside this call. SK_AGAIN: no key process, or it does not
 * answer; SK_LIMIT: too many of this class wait; SK_NOTFOUND: no such key or algorithm; SK_NOMEM:
 * then fn is not called. */
enum sk_status signer_sign(struct sk_signer *signer, const struct signer_ask *ask, signer_fn fn,
                           void *arg) SK_MUST_CHECK;

/* ---- figures ---- */

struct signer_key_stats { /* counters begin at signer_new() and survive the key process */
    enum sign_state state;
    int64_t not_after;           /* of its certificate; CLOCK_NEVER: no end */
    uint64_t num_ok, num_failed; /* failed: refused, or lost with the key process */
    uint64_t num_busy, num_late;
    uint64_t wait_us; /* from request to good signature, summed */
};
struct signer_stats {
    enum signer_state state;
    size_t num_waiting[SIGN_CLASSES]; /* asked for and not answered yet */
    size_t num_keys;
    struct signer_key_stats keys[LIMIT_SIGNER_KEYS];
};
void signer_stats(const struct sk_signer *signer, struct signer_stats *out);

#endif
