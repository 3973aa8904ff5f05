/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys that the key process signs with: each a certificate file and one or more places, which
 * are keys of a store (a token, or PEM files).
 *
 * keysign_new() reads and judges the certificates, keysign_open() opens a store and its keys, or
 * leaves them for keysign_probe() while the token is away; keysign_sign() signs. Certificates stay
 * as they were read. Opening and probing a store is one thread's, everything else every thread's.
 */
#ifndef SEKISHO_TOOLS_SIGNER_KEYSIGN_H
#define SEKISHO_TOOLS_SIGNER_KEYSIGN_H

#include "core/sign.h"
#include "tools/signer/keyproc.h"
#include "tools/signer/keyqueue.h"

struct keysign;

/* options: borrowed. SK_INPUT: a certificate file that cannot be used, by name. */
enum sk_status keysign_new(const struct keyproc_options *options, struct keysign **out,
                           struct sk_err *err) SK_MUST_CHECK;
/* Accepts NULL; nobody signs any more. */
void keysign_free(struct keysign *keys);

/* Opens what is not open yet in this store, and asks it whether it is well; keys whose last
 * signature failed are tried. Logs what has changed. False: not all is well. */
bool keysign_probe(struct keysign *keys, size_t store);
/* True when every place of every key has been looked at and none belongs to its certificate: this
 * process can never sign. */
bool keysign_is_hopeless(struct keysign *keys);

/* Logs certificates that end soon, once a day each. */
void keysign_watch_dates(struct keysign *keys, int64_t now);

size_t keysign_count(const struct keysign *keys);
/* True when there is such a key and it has such an algorithm. */
bool keysign_has(const struct keysign *keys, size_t index, size_t algorithm);
/* Payload of STATUS: an octet for each key. */
void keysign_states(struct keysign *keys, uint8_t out[LIMIT_SIGNER_KEYS]);
/* Payload of HELLO. */
struct sk_bytes keysign_hello(const struct keysign *keys, size_t index);

/* The first place of the job's key that was not tried and is well, or has not been looked at yet,
 * or else one that may be well again. Sets job->place and returns its store; -1: none. */
int keysign_route(struct keysign *keys, struct keyjob *job);
/* Calls into the store's module hang, or do no more. */
void keysign_set_hanging(struct keysign *keys, size_t store, bool hangs);

/* Puts the signature over job->tbs into job->signature. False: this place cannot sign now. */
bool keysign_sign(struct keysign *keys, struct keyjob *job);

#endif
