/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The deadlines of a connection, whatever it speaks, and which one makes room for another.
 *
 * A connection is in one phase: what it waits for from its client. The time of a phase begins with
 * it, or with the next request, and never again at an octet. Beside it a client must take so many
 * octets of what is written for it within another time. One timer serves both, and the next turn
 * of a connection that asks for one.
 */
#ifndef SEKISHO_NET_DEADLINES_H
#define SEKISHO_NET_DEADLINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include <event2/event.h>

enum phase {
    PHASE_NONE = 0, /* nothing: answers are due or being written. It has no end */
    PHASE_HANDSHAKE,
    PHASE_IDLE,    /* the first octet of a request */
    PHASE_REQUEST, /* the rest of it, or of its head where it has a body */
    PHASE_BODY,
    PHASE_LINGER, /* the client's end, after ours */
};
enum { NUM_PHASES = PHASE_LINGER + 1 };

struct deadlines_rules {
    unsigned phase_ms[NUM_PHASES];
    unsigned write_ms, write_bytes; /* within this time a client takes so many octets */
    unsigned slow_ms;               /* handshake or request: then it may have to make room */
};

TAILQ_HEAD(deadlines_list, deadlines);

/* Of all connections of a set. */
struct deadlines_set {
    struct deadlines_rules rules;
    struct deadlines_list idle, slow; /* the longest first */
};
void deadlines_set_init(struct deadlines_set *set, const struct deadlines_rules *rules);

/* Of one connection. */
struct deadlines {
    TAILQ_ENTRY(deadlines) link; /* of *list, while that is not NULL */
    struct deadlines_list *list; /* set->idle, set->slow or NULL */
    struct deadlines_set *set;
    void *conn;
    struct event *timer;
    enum phase phase;
    unsigned request; /* that the phase is of */
    int64_t start_us, end_us;
    uint64_t queued;      /* octets ever given to the stream */
    uint64_t write_mark;  /* octets taken when write_end_us was set */
    int64_t write_end_us; /* when enough must have been taken; 0: nothing to take */
    int64_t timer_us;     /* when the timer fires; 0: not armed */
    bool wants_turn;
};

/* on_timer is called with conn, and asks deadlines_look() what is to be done. False: no memory. */
bool deadlines_init(struct deadlines *deadlines, struct deadlines_set *set, struct event_base *base,
                    event_callback_fn on_timer, void *conn);
void deadlines_done(struct deadlines *deadlines);

/* Octets that were given to the stream. */
void deadlines_note_queued(struct deadlines *deadlines, size_t octets);

/* Where a connection stands. */
struct deadlines_at {
    enum phase phase;
    unsigned request; /* whole ones so far */
    size_t pending;   /* octets that the client has not taken */
    bool wants_turn;  /* the timer is to fire in the next turn of the loop */
};
/* Sets what to wait for, and whether the connection may have to make room. */
void deadlines_arm(struct deadlines *deadlines, const struct deadlines_at *at);

/* Why the timer has fired. */
enum deadlines_end {
    DEADLINES_WAIT = 0,  /* too early: it is armed again */
    DEADLINES_TURN,      /* the turn that was wanted */
    DEADLINES_PHASE,     /* the time of the phase is over */
    DEADLINES_NOT_TAKEN, /* the client does not take its answers */
};
/* In on_timer; pending as in struct deadlines_at. */
enum deadlines_end deadlines_look(struct deadlines *deadlines, size_t pending);

/* The connection that is to make room: the longest idle one, else the slowest of those that have
 * been sending for slow_ms. NULL: there is none. */
void *deadlines_evict_get0(const struct deadlines_set *set);

/* From now on an idle connection has no more than this time. */
void deadlines_hurry(struct deadlines_set *set, unsigned idle_ms);

#endif
