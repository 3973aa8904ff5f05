/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key process: serves the frames of core/sign.h on the sockets it is given.
 *
 * The supervisor forks, and the child, which is single-threaded and has not touched PKCS#11, calls
 * keyproc_run() and then _exit()s with its result. Nothing in this process reads bytes from the
 * network. It answers HELLO from the certificate files alone, queues at most max_queue signature
 * requests of a class, signs with `threads` threads for each token and answers LATE to what waited
 * too long. A key may be in several places: the first that is well signs. While no token of a key
 * is there it answers FAILED and looks for them every few hundred milliseconds.
 *
 * It ends, after what is queued has been answered, on SIGTERM, and when all peers have closed.
 * SIGINT and SIGHUP are blocked: a terminal sends them to the whole process group, and the network
 * process still needs signatures while it drains.
 */
#ifndef SEKISHO_TOOLS_SIGNER_KEYPROC_H
#define SEKISHO_TOOLS_SIGNER_KEYPROC_H

#include "core/limits.h"
#include "core/sign.h"
#include "policy/config.h"
#include "tools/signer/keystore.h"

struct keyproc_place {
    size_t store;    /* index in stores */
    const char *key; /* label, RFC 7512 URI or PEM file: what keystore_key() takes */
};

struct keyproc_key {
    const char *name; /* for the log and for whoever asks */
    enum sign_model model;
    const char *certificate; /* PEM file: responder certificate, then its chain */
    struct keyproc_place places[LIMIT_SIGNER_PLACES]; /* the first that is well signs */
    size_t num_places;
};

struct keyproc_options {
    struct keystore_options stores[LIMIT_SIGNER_STORES];
    size_t num_stores;
    struct keyproc_key keys[LIMIT_SIGNER_KEYS]; /* index: the protocol's key */
    size_t num_keys;
    unsigned threads;   /* for each store; 0 means 1 */
    unsigned max_queue; /* of each class; 0 means LIMIT_SIGN_QUEUE */
    int64_t warn_s;     /* before a certificate ends it is spoken of */
    struct sk_arena *texts;
};

/* What the configuration says. pin_fd: with a PIN that was asked for on the terminal, or -1.
 * SK_INPUT: a URI that cannot be used, err says which key. Most texts are borrowed from config. */
enum sk_status keyproc_options_init(struct keyproc_options *options,
                                    const struct config_signer *config, int pin_fd,
                                    struct sk_err *err) SK_MUST_CHECK;
void keyproc_options_done(struct keyproc_options *options); /* harmless when done twice */

/* Reads and judges the certificate files without the keys: for checking a configuration. */
enum sk_status keyproc_check(const struct keyproc_options *options,
                             struct sk_err *err) SK_MUST_CHECK;

/* Takes the sockets over. Returns an exit status: 0 after a wanted end, 1 when it cannot work (a
 * certificate that may not sign, or no key that fits its certificate, logged). Calls _exit(1)
 * itself when a hanging module keeps its threads from ending. The process is not dumpable from here
 * on, so a leak checker that traces it at exit() fails. */
int keyproc_run(const struct keyproc_options *options, const int *fds, size_t num_fds);

#endif
