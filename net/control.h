/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What supervisor and network process say to each other over a SOCK_SEQPACKET pair.
 *
 * Supervisor: KEY (a worker's socket to the key process, again after each restart of that process),
 * ACCEPT (begin to accept connections; before it only the signer and the snapshot are readied) and
 * DRAIN (another process serves now; SIGTERM says the same and that the server ends).
 * Network process: STATE whenever it changes, RELOAD when sekisho-ctl has asked for one. Both are
 * of one program and one version, but for a network process whose supervisor has become another
 * version (tools/daemon/upgrade.h): bits of the state that one does not know do not hurt it, a kind
 * of message would.
 */
#ifndef SEKISHO_NET_CONTROL_H
#define SEKISHO_NET_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

enum control_kind {
    CONTROL_NONE = 0,
    CONTROL_KEY = 1, /* value: worker; fd: its socket */
    CONTROL_ACCEPT = 2,
    CONTROL_STATE = 3, /* value: CONTROL_HAS_* and CONTROL_IS_* bits */
    CONTROL_DRAIN = 4,
    CONTROL_RELOAD = 5, /* fd: who asks, and is to be told of the outcome */
};

enum {
    CONTROL_HAS_SIGNER = 1u << 0,   /* every worker's signer answers, or none is configured */
    CONTROL_HAS_SNAPSHOT = 1u << 1, /* a generation is open */
    CONTROL_HAS_KEY = 1u << 2,      /* every worker holds a socket to the key process */
    CONTROL_IS_CLOSED = 1u << 3,    /* draining, and no worker accepts any more */
};

struct control_message {
    enum control_kind kind;
    uint32_t value;
    int fd; /* -1: none. Receiver: owned by it, close-on-exec */
};

/* The sender keeps its fd. SK_IO. */
enum sk_status control_send(int socket, const struct control_message *message,
                            struct sk_err *err) SK_MUST_CHECK;
/* One message. SK_AGAIN: none is there (non-blocking socket); SK_NOTFOUND: the peer is gone;
 * SK_INPUT: not a message of ours; SK_IO. */
enum sk_status control_receive(int socket, struct control_message *out,
                               struct sk_err *err) SK_MUST_CHECK;

#endif
