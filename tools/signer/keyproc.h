/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key process: serves the frames of core/sign.h on the sockets it is given.
 *
 * The supervisor forks, and the child, which is single-threaded and has not touched PKCS#11, calls
 * keyproc_run() and then _exit()s with its result. Nothing in this process reads bytes from the
 * network. It answers HELLO from the certificate files alone, queues at most max_queue signature
 * requests, signs with `threads` threads and answers BUSY to what waited too long. While the token
 * is away it answers FAILED and looks for the token every few seconds.
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

struct keyproc_key {
    const char *name; /* for the log and for whoever asks */
    enum sign_model model;
    const char *label;       /* key label, or PEM file */
    const char *certificate; /* PEM file: responder certificate, then its chain */
};

struct keyproc_options {
    struct keystore_options store;
    struct keyproc_key keys[LIMIT_SIGNER_KEYS]; /* index: the protocol's key */
    size_t num_keys;
    unsigned threads;   /* 0 means 1 */
    unsigned max_queue; /* 0 means LIMIT_SIGN_QUEUE */
};

/* The texts are borrowed from config. */
void keyproc_options_set(struct keyproc_options *options, const struct config_signer *config);

/* Reads and judges the certificate files without the keys: for checking a configuration. */
enum sk_status keyproc_check(const struct keyproc_options *options,
                             struct sk_err *err) SK_MUST_CHECK;

/* Takes the sockets over. Returns an exit status: 0 after a wanted end, 1 when it cannot work (a
 * certificate or key that does not fit, logged). Calls _exit(1) itself when a hanging module keeps
 * its threads from ending. The process is not dumpable from here on, so a leak checker that
 * traces it at exit() fails. */
int keyproc_run(const struct keyproc_options *options, const int *fds, size_t num_fds);

#endif
