/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys that the key process signs with: each a certificate file and a key of one store.
 *
 * keysign_new() reads and judges the certificates, keysign_open() opens store and keys, or leaves
 * them for a later call while the token is away; keysign_sign() signs. Certificates stay as they
 * were read; keysign_open() and keysign_probe() are one thread's, keysign_sign() is every thread's.
 */
#ifndef SEKISHO_TOOLS_SIGNER_KEYSIGN_H
#define SEKISHO_TOOLS_SIGNER_KEYSIGN_H

#include "core/sign.h"
#include "tools/signer/keyproc.h"

struct keysign;

/* SK_INPUT: a certificate file that cannot be used, by name. Warns (log) of certificates that have
 * expired or are not valid yet. */
enum sk_status keysign_new(const struct keyproc_options *options, struct keysign **out,
                           struct sk_err *err) SK_MUST_CHECK;
/* Accepts NULL; nobody signs any more. */
void keysign_free(struct keysign *keys);

/* Opens what is not open yet. SK_INPUT: a key does not belong to its certificate, or is of a kind
 * that we do not sign with. Anything else: try later. */
enum sk_status keysign_open(struct keysign *keys, struct sk_err *err) SK_MUST_CHECK;

/* keysign_open() for what is missing, and asks the token whether it is well. False: not all is
 * well; err says what. */
bool keysign_probe(struct keysign *keys, struct sk_err *err);

size_t keysign_count(const struct keysign *keys);
/* True when there is such a key and it has such an algorithm. */
bool keysign_has(const struct keysign *keys, size_t index, size_t algorithm);
/* Payload of STATUS: an octet for each key. */
void keysign_states(struct keysign *keys, uint8_t out[LIMIT_SIGNER_KEYS]);
/* Payload of HELLO. */
struct sk_bytes keysign_hello(const struct keysign *keys, size_t index);

/* Appends the signature over tbs to out. SK_AGAIN: the key is not open. */
enum sk_status keysign_sign(struct keysign *keys, size_t index, size_t algorithm,
                            struct sk_bytes tbs, struct sk_buf *out,
                            struct sk_err *err) SK_MUST_CHECK;

#endif
