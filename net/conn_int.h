/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between the parts of a connection: conn.c (its life, reading), conn_write.c (answers),
 * conn_time.c (which deadlines it has, and their end).
 */
#ifndef SEKISHO_NET_CONN_INT_H
#define SEKISHO_NET_CONN_INT_H

#include <sys/queue.h>

#include "core/clock.h"
#include "net/conn.h"
#include "net/deadlines.h"
#include "net/stream.h"

enum {
    CONN_READ_BYTES = 64 * 1024, /* taken from a socket in one turn, and kept unread */
};

enum conn_state {
    CONN_OPEN = 1,
    CONN_CLOSING, /* no further request is read; ends when all answers are written */
    CONN_LINGER,  /* our side is shut down; what the client still sends is thrown away */
};

struct conn_exchange {
    TAILQ_ENTRY(conn_exchange) link;
    struct sk_counters *counters; /* the set may be gone before the answer comes */
    struct conn *conn;            /* NULL: the client is gone */
    bool is_head;                 /* HEAD: the answer's body stays here */
    bool keep_alive;
    bool is_waiting; /* counted as such */
    unsigned minor;
    char id[LIMIT_HTTP_ID_BYTES + 1];
    const char *method, *path; /* for the access log; NULL: not known */
    enum counted_protocol protocol;
    uint64_t generation;
    int64_t start_us; /* when the request was whole */
    bool is_answered;
    struct http_answer answer; /* when is_answered */
};
TAILQ_HEAD(conn_exchange_list, conn_exchange);
TAILQ_HEAD(conn_list, conn);

struct conn {
    TAILQ_ENTRY(conn) link; /* of set->conns */
    struct conn_set *set;
    struct stream stream;
    struct deadlines deadlines;
    const struct conn_listener *listener;
    struct acl_client client;
    struct acl_certificate *certificate; /* owned; of client */
    enum conn_state state;
    bool in_handshake; /* nothing else is done before its end */
    bool in_step;      /* conn_step() runs: replies only note themselves */
    bool has_more;     /* there is something to be read, but its turn is over */
    bool is_readable;  /* the stream may have something to be read */
    bool must_linger;  /* the client may still be sending when we end */
    bool peer_ended;   /* the client will send no more */
    struct http_reader reader;
    struct sk_bytes unread; /* received and not looked at: in kept or, during a step, in set->in */
    struct sk_buf kept;
    size_t due; /* octets of the bodies of answers that are ready and not written */
    struct conn_exchange_list exchanges; /* in the order of the requests */
    size_t num_exchanges;
    unsigned requests;  /* whole requests so far */
    size_t thrown_away; /* octets read while lingering */
};

struct conn_set {
    struct event_base *base;
    struct conn_options options;
    conn_handler handler;
    void *arg;
    struct conn_list conns;
    struct deadlines_set deadlines;
    size_t count;
    bool is_draining;
    bool in_hurry; /* draining, and silent connections are not waited for */
    void (*when_empty)(void *arg);
    void *when_empty_arg;
    int64_t date_s; /* what date says */
    char date[CLOCK_TEXT];
    uint64_t id_key[2]; /* of this set: what its request ids begin with, and how they go on */
    uint64_t id_count;
    struct sk_buf out;   /* scratch for answers on their way to a stream */
    struct conn *reader; /* whose step has what it reads in in */
    uint8_t in[CONN_READ_BYTES];
};

/* ---- conn.c ---- */

/* Does all that can be done now: reads requests, writes answers, sets what to wait for. The
 * connection may be gone afterwards. */
void conn_step(struct conn *conn);
void conn_close(struct conn *conn);
bool conn_may_read(const struct conn *conn);
/* A new exchange behind the others; request is NULL for one of our own, a refusal. NULL: no
 * memory. */
struct conn_exchange *conn_exchange_new(struct conn *conn, const struct http_request *request);
/* Ends the reading with an error answer behind those that are still due. False: no memory. */
bool conn_refuse(struct conn *conn, unsigned status, const char *code, const char *text);

/* ---- conn_write.c ---- */

/* Writes every answer that is due. False: the connection must be cut. */
bool conn_write_answers(struct conn *conn);
/* Expect: 100-continue (RFC 9110 10.1.1): said when nothing else is owed before it. False: the
 * connection must be cut. */
bool conn_write_continue(struct conn *conn);
void conn_exchange_free(struct conn_exchange *exchange);

/* ---- conn_time.c ---- */

void conn_time_init(struct conn_set *set);
/* Brings the deadlines in line with where the connection stands. */
void conn_time_arm(struct conn *conn);
void conn_time_on_timer(evutil_socket_t fd, short what, void *arg);

#endif
