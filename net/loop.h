/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A worker: one thread with its own event loop, listening sockets, connections, reader of the
 * current generation, keys and way to the key process. Workers share nothing that is written.
 *
 * The network process's main thread makes the workers and sends them mail; each call below but
 * loop_join() only writes to a pipe. What a worker has to say comes back through report(), called
 * in the worker's thread.
 */
#ifndef SEKISHO_NET_LOOP_H
#define SEKISHO_NET_LOOP_H

#include "cache/generation.h"
#include "net/conn.h"
#include "net/ready.h"
#include "policy/config.h"

struct sk_loop;

enum loop_report {
    LOOP_SIGNER_DETACHED = 0, /* no socket to the key process; so it begins */
    LOOP_SIGNER_ILL,          /* a socket, but no key can sign */
    LOOP_SIGNER_READY,
    LOOP_CLOSED, /* draining: accepts no connection any more, and needs no listener */
    LOOP_ENDED,  /* drained, or stopped: loop_join() returns soon */
};
typedef void (*loop_report_fn)(void *arg, unsigned index, enum loop_report report);

struct loop_listener {
    int fd; /* listening, non-blocking */
    struct conn_listener about;
};

struct loop_options {
    const struct sk_process *process;      /* outlives the loop */
    const struct sk_config *config;        /* outlives the loop */
    const struct loop_listener *listeners; /* copied; sockets and TLS are owned by the process */
    size_t num_listeners;
    unsigned index; /* of this worker */
    size_t max_connections, max_ldap_connections;
    struct sk_tls *tls;           /* of [tls]; NULL: none. Outlives the loop */
    struct sk_clients *clients;   /* of all workers; NULL: no cap by client. Outlives the loop */
    struct access_worker *access; /* of this worker; NULL: no access log. Outlives the loop */
    struct why_ring *why;         /* of this worker; outlives the loop */
    struct sk_counters *counters; /* of all workers, one each; they outlive the loop */
    loop_report_fn report;
    void *report_arg;
};

/* Makes the worker and starts its thread; it accepts nothing yet. */
enum sk_status loop_new(const struct loop_options *options, struct sk_loop **out,
                        struct sk_err *err) SK_MUST_CHECK;

/* Begins to accept connections. */
void loop_accept(struct sk_loop *loop);
/* Answers new requests from gen, and what the policies depend on in it (NULL: not known); takes
 * references of its own. */
void loop_set_generation(struct sk_loop *loop, struct sk_generation *gen, struct sk_served *served);
/* A connected socket to the key process; taken over. */
void loop_set_signer(struct sk_loop *loop, int fd);
/* Accepts no more, ends each connection with its next answer, then ends itself. */
void loop_drain(struct sk_loop *loop);
/* After loop_drain(): silent connections are not waited for. */
void loop_hurry(struct sk_loop *loop);
/* Ends at once. */
void loop_stop(struct sk_loop *loop);

/* Waits for the thread's end and frees the worker. Accepts NULL. */
void loop_join(struct sk_loop *loop);

#endif
