/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The network process: its main thread keeps the workers, watches for new generations and speaks
 * with the supervisor (net/control.h). It holds no signing key (that of [tls] is
 * its own) and loads no PKCS#11 module.
 *
 * CONTROL_DRAIN: no new connections, those there are end with their next answers within the
 * configured drain time. SIGTERM, and the end of the supervisor: the same, without waiting for
 * silent clients.
 */
#ifndef SEKISHO_NET_FRONT_H
#define SEKISHO_NET_FRONT_H

#include "policy/config.h"

struct front_options {
    const struct sk_config *config;
    int control;          /* SOCK_SEQPACKET socket to the supervisor */
    int admin;            /* listening UNIX socket of sekisho-ctl; -1: none */
    const int *listeners; /* listening, non-blocking sockets of the configuration's
                             addresses; worker w serves those with index % workers == w;
                             closed when no worker accepts any more */
    size_t num_listeners;
};

/* Runs until drained. The exit status of the process: 0, or 1 when it could not start. */
int front_run(const struct front_options *options);

#endif
