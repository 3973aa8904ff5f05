/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between the parts of an LDAP connection: ldap_conn.c (its life, reading, turns), ldap_time.c
 * (which deadlines it has, and their end), ldap_ops.c (requests and their answers).
 */
#ifndef SEKISHO_NET_LDAP_INT_H
#define SEKISHO_NET_LDAP_INT_H

#include <sys/queue.h>

#include <event2/buffer.h>
#include <event2/event.h>

#include "core/clock.h"
#include "net/deadlines.h"
#include "net/ldap_conn.h"
#include "net/ldap_search.h"
#include "net/stream.h"

enum { LDAP_READ_BYTES = 64 * 1024 }; /* taken from a stream in one turn */

enum ldap_state {
    LDAP_OPEN = 1,
    LDAP_SECURING, /* StartTLS is granted: once that is written, TLS begins */
    LDAP_CLOSING,  /* nothing is read any more; ends when all is written */
    LDAP_LINGER,   /* our side is shut down; what the client still sends is thrown away */
};

/* A generation as this worker reads it: shared by the searches that began under it. */
struct ldap_snapshot {
    unsigned refs;
    struct sk_reader *reader;
};

/* A search that has not got its result yet. */
struct ldap_operation {
    TAILQ_ENTRY(ldap_operation) link; /* of conn->operations */
    uint32_t id;
    uint8_t *octets; /* owned: the request */
    size_t num_octets;
    int64_t start_us;
    struct ldap_snapshot *snapshot; /* when it has begun; NULL: nothing is published */
    struct ldap_search *search;     /* NULL: not begun */
    size_t holds;                   /* octets: ldap_hold() */
    uint64_t given;                 /* octets of its entries */
};
TAILQ_HEAD(ldap_operation_list, ldap_operation);
TAILQ_HEAD(ldap_conn_list, ldap_conn);

struct ldap_conn {
    TAILQ_ENTRY(ldap_conn) link;      /* of set->conns */
    TAILQ_ENTRY(ldap_conn) turn_link; /* of set->turns, while has_turn */
    struct ldap_set *set;
    struct stream stream;
    struct deadlines deadlines;
    const struct conn_listener *listener;
    struct acl_client client;
    struct acl_certificate *certificate; /* owned; of client */
    uint32_t number;                     /* in log lines */
    enum ldap_state state;
    bool is_secure;    /* TLS, from the handshake on */
    bool in_handshake; /* nothing else is done before its end */
    bool is_bound;     /* larger requests are taken */
    bool has_turn;
    bool has_more;   /* whole requests may stand in in, or the stream holds more: to be looked at in
                        the next turn */
    bool peer_ended; /* the client will send no more */
    bool was_served; /* it has got its last answer: it ends as soon as nothing is under way */
    struct sk_buf in;                      /* received and not taken yet */
    size_t in_holds;                       /* for the request that begins in */
    struct ldap_operation_list operations; /* the next one to have a slice first */
    size_t num_operations;
    size_t num_begun;
    size_t holds;       /* octets of memory that its requests take */
    unsigned requests;  /* whole requests so far */
    size_t thrown_away; /* octets read while lingering */
};

struct ldap_set {
    struct event_base *base;
    struct ldap_options options;
    const struct config_ldap *config;
    struct ldap_snapshot *snapshot; /* NULL: nothing is published */
    struct ldap_conn_list conns;
    struct deadlines_set deadlines;
    struct ldap_conn_list turns; /* those with something to do, the next one first */
    struct event *on_turns;
    bool in_turns;
    size_t count;
    size_t shared; /* octets held beyond LIMIT_LDAP_OWN_BYTES of each connection */
    bool is_draining;
    int64_t patience_us; /* while it drains: until then clients go on that ask all the time */
    void (*when_empty)(void *arg);
    void *when_empty_arg;
    uint32_t id_key; /* what ids in the access log begin with */
    uint32_t num_conns;
    struct sk_arena *scratch; /* of one entry, or one request */
    struct sk_buf out;        /* a small answer */
    uint8_t in[LDAP_READ_BYTES];
};

/* ---- ldap_conn.c ---- */

/* Does all that can be done now, and sets what to wait for. The connection may be gone afterwards.
 */
void ldap_conn_step(struct ldap_conn *conn);
void ldap_conn_close(struct ldap_conn *conn);
bool ldap_conn_may_read(const struct ldap_conn *conn);
/* Puts what set->out holds behind the other answers. False: the connection must be cut. */
bool ldap_conn_send(struct ldap_conn *conn);
/* Notice of Disconnection; requests under way are given up. False: the connection must be cut. */
bool ldap_conn_dismiss(struct ldap_conn *conn, enum ldap_code code, const char *text);
/* Counts memory that a request takes; false: there is no room for it. */
bool ldap_hold(struct ldap_conn *conn, size_t octets);
void ldap_unhold(struct ldap_conn *conn, size_t octets);

/* ---- ldap_ops.c ---- */

/* A whole message. False: the connection must be cut. */
bool ldap_take(struct ldap_conn *conn, struct sk_bytes message);
/* Is there a search that can go on? */
bool ldap_can_run(const struct ldap_conn *conn);
/* One slice of the next search. False: the connection must be cut. */
bool ldap_run(struct ldap_conn *conn);
void ldap_operation_free(struct ldap_conn *conn, struct ldap_operation *operation);
void ldap_abandon_all(struct ldap_conn *conn);

struct ldap_snapshot *ldap_snapshot_ref(struct ldap_snapshot *snapshot); /* accepts NULL */
void ldap_snapshot_unref(struct ldap_snapshot *snapshot);                /* accepts NULL */

/* ---- ldap_time.c ---- */

void ldap_time_init(struct ldap_set *set);
/* Brings the deadlines in line with where the connection stands. */
void ldap_time_arm(struct ldap_conn *conn);
void ldap_time_on_timer(evutil_socket_t fd, short what, void *arg);

#endif
