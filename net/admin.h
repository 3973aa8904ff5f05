/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The control socket: what sekisho-ctl is told. Lives in the main thread of the network process.
 *
 * One line of JSON asks, one line answers, then the connection ends; whoever takes longer than
 * LIMIT_ADMIN_MS is cut off, and so is the oldest of more than LIMIT_ADMIN_CLIENTS. Who may connect
 * is a matter of the socket's owner and mode. A reload is the supervisor's: it is handed the
 * connection and tells the outcome itself.
 */
#ifndef SEKISHO_NET_ADMIN_H
#define SEKISHO_NET_ADMIN_H

#include "net/metrics.h"
#include "net/why.h"

struct event_base;
struct sk_admin;

struct admin_options {
    struct event_base *base;
    int listener; /* listening UNIX socket, non-blocking; stays the caller's */
    const struct sk_process *process;
    struct why_ring *const *rings; /* one per worker */
    /* What is answered from now; NULL: nothing yet. */
    struct sk_generation *const *gen;
    struct sk_served *const *served;
    /* Hands a connection to the supervisor; false: it has gone. fd stays the caller's. */
    bool (*reload)(void *arg, int fd);
    void (*when_empty)(void *arg);
    void *arg; /* of both */
};

/* Accepts nothing until admin_accept(). NULL: no memory. */
struct sk_admin *admin_new(const struct admin_options *options);
void admin_accept(struct sk_admin *admin);
/* No new connections: another process accepts them. options.when_empty() is called once no client
 * is left, at the earliest from here. */
void admin_drain(struct sk_admin *admin);
/* After admin_drain(): clients that have not asked yet are let go. */
void admin_hurry(struct sk_admin *admin);
void admin_free(struct sk_admin *admin); /* accepts NULL */

#endif
