/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The LDAP connections of one worker: accepted sockets, their requests and deadlines.
 *
 * A connection has several requests under way. Whatever takes long is done in slices, in turn: one
 * request of a connection after the other, one connection after the other, and between them the
 * loop goes on. A search stops while its client has more than LIMIT_LDAP_OUTPUT_BYTES of answers to
 * take; then it costs its prepared filter, and keeps a generation open, nothing else.
 *
 * Deadlines are absolute, as in conn.h: one for a TLS handshake, one for each request from its
 * first octet to its last, one for a silent connection; a client must take LIMIT_LDAP_WRITE_BYTES
 * of its answers per write_ms. All calls are of the worker's thread.
 */
#ifndef SEKISHO_NET_LDAP_CONN_H
#define SEKISHO_NET_LDAP_CONN_H

#include "cache/generation.h"
#include "net/conn.h"
#include "policy/config.h"

struct ldap_set;

struct ldap_options {
    const struct sk_config *config; /* outlives the set */
    struct sk_tls *tls;             /* for StartTLS; NULL: there is none */
    size_t max_connections;
    struct sk_clients *clients;   /* the cap by client; NULL: none. Outlives the set */
    struct access_worker *access; /* NULL: no access log. Outlives the set */
    struct sk_counters *counters; /* of this worker; outlives the set */
};

/* NULL: no memory. */
struct ldap_set *ldap_set_new(struct event_base *base, const struct ldap_options *options);
/* Closes every connection. Accepts NULL. */
void ldap_set_free(struct ldap_set *set);

/* Requests from now on are answered from gen, of which it takes a reference; those that have begun
 * stay with theirs, but clients that have been taking answers since before the last
 * LIMIT_HELD_GENERATIONS are cut. SK_NOMEM, SK_IO: as before. */
enum sk_status ldap_set_generation(struct ldap_set *set, struct sk_generation *gen,
                                   struct sk_err *err) SK_MUST_CHECK;

/* Takes the socket. A client with too many connections, or when there is no room, gets a Notice of
 * Disconnection (busy). At max_connections the longest idle connection makes room, else the slowest
 * of those that are sending a request for more than LIMIT_LDAP_SLOW_MS. */
void ldap_set_add(struct ldap_set *set, const struct conn_arrival *arrival);
/* Closes the connection that is to make room; false when there is none. */
bool ldap_set_evict(struct ldap_set *set);
size_t ldap_set_count(const struct ldap_set *set);

/* From now on each connection ends with a Notice of Disconnection (unavailable): when it stays
 * silent for LIMIT_LDAP_DRAIN_IDLE_MS, and when half of the drain time is over behind its next
 * answer. when_empty is called once no connection is left, perhaps at once. */
void ldap_set_drain(struct ldap_set *set, void (*when_empty)(void *arg), void *arg);
/* While it drains: each connection ends behind its next answer from now on. */
void ldap_set_hurry(struct ldap_set *set);

#endif
