/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTTP connections of one worker: accepted sockets, their deadlines, and the order of answers.
 *
 * Each whole request becomes a struct conn_exchange and goes to the handler, which calls
 * conn_reply() exactly once: inside the handler or later (an answer that waits for a signature).
 * Answers leave in the order of the requests, whatever order they were made in. A client that goes
 * away meanwhile costs nothing: conn_reply() then only frees what it was given.
 *
 * Deadlines are absolute and never restart at an octet: one for a TLS handshake, one for the head,
 * one for the body, one for a silent keep-alive connection; a client must take
 * LIMIT_HTTP_WRITE_BYTES of its answers per write_ms. All calls are of the worker's thread.
 */
#ifndef SEKISHO_NET_CONN_H
#define SEKISHO_NET_CONN_H

#include "net/access_log.h"
#include "net/answer.h"
#include "net/clients.h"
#include "net/counters.h"
#include "net/http.h"
#include "net/why.h"
#include "policy/acl.h"

struct event_base;
struct conn_set;
struct conn_exchange;
struct sk_tls;

struct conn_options {
    struct http_limits http;
    unsigned handshake_ms, head_ms, body_ms, idle_ms, write_ms;
    bool accept_id; /* X-Request-Id of the client is taken over */
    size_t max_connections;
    size_t max_waiting;           /* requests without their answer: conn_is_overloaded() */
    struct sk_clients *clients;   /* the cap by client; NULL: none. Outlives the set */
    struct access_worker *access; /* NULL: no access log. Outlives the set */
    struct why_ring *why;         /* what was answered; NULL: not noted. Outlives the set */
    struct sk_counters *counters; /* of this worker; outlives the last conn_reply() */
};

/* Where connections come from. */
struct conn_listener {
    char name[ADDRESS_TEXT]; /* ADDRESS:PORT */
    struct sk_tls *tls;      /* NULL: plain */
    bool is_ldap;            /* for ldap_conn.h */
};

/* A socket as it was accepted, non-blocking. */
struct conn_arrival {
    int fd;
    const struct conn_listener *listener; /* outlives the connection */
    struct sk_address address;            /* of the client */
};

/* request lives until the handler returns. */
typedef void (*conn_handler)(void *arg, struct conn_exchange *exchange,
                             const struct http_request *request);

/* NULL: no memory. */
struct conn_set *conn_set_new(struct event_base *base, const struct conn_options *options,
                              conn_handler handler, void *arg);
/* Closes every connection. Exchanges that wait for their answer stay the handler's duty. Accepts
 * NULL. */
void conn_set_free(struct conn_set *set);

/* Takes the socket. A client with too many connections gets 429. At
 * max_connections the longest idle connection makes room, else the slowest of those that are
 * sending a request for more than LIMIT_HTTP_SLOW_MS; when there is neither, the client gets 503.
 */
void conn_set_add(struct conn_set *set, const struct conn_arrival *arrival);
/* Closes the connection that is to make room; false when there is none. */
bool conn_set_evict(struct conn_set *set);
/* There is a new generation. Clients that have been taking answers since before the last
 * LIMIT_HELD_GENERATIONS are cut: each may hold another old one, and with it its disk space. */
void conn_set_new_generation(struct conn_set *set);
size_t conn_set_count(const struct conn_set *set);

/* From now on each connection ends with its next answer, which says so; a silent one has its idle
 * time as ever. when_empty is called once no connection is left, perhaps at once. */
void conn_set_drain(struct conn_set *set, void (*when_empty)(void *arg), void *arg);
/* While it drains: connections that stay silent end after LIMIT_HTTP_DRAIN_IDLE_MS. */
void conn_set_hurry(struct conn_set *set);

/* In the handler: what access log and figures say of the request. path: its class, static. */
void conn_note(struct conn_exchange *exchange, const char *path, enum counted_protocol protocol,
               uint64_t generation);

/* In the handler: the request's id. */
const char *conn_id_get0(const struct conn_exchange *exchange);

/* In the handler: who asks. */
const struct acl_client *conn_client_get0(const struct conn_exchange *exchange);

/* Takes what answer holds. */
void conn_reply(struct conn_exchange *exchange, struct http_answer *answer);

/* In the handler: more requests than max_waiting, this one counted, are without their answer. */
bool conn_is_overloaded(const struct conn_exchange *exchange);
/* Instead of conn_reply(): answers 403. */
void conn_deny(struct conn_exchange *exchange);
/* Instead of conn_reply(): answers 503 with Retry-After. */
void conn_shed(struct conn_exchange *exchange);

#endif
