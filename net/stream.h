/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The octets of one connection: a non-blocking socket, plain or under TLS.
 *
 * What is sent is written at once; only what the socket does not take is kept, and written when the
 * owner, told that something can be done, calls stream_flush(). The owner says after each step what
 * it wants to be told of. All calls are of the worker's thread.
 */
#ifndef SEKISHO_NET_STREAM_H
#define SEKISHO_NET_STREAM_H

#include <event2/buffer.h>
#include <event2/event.h>

#include "core/bytes.h"
#include "core/status.h"

struct ssl_st;

struct stream {
    int fd;               /* owned */
    struct ssl_st *ssl;   /* owned; NULL: plain */
    struct evbuffer *out; /* not taken yet; NULL: there never was anything */
    struct event *event;
    short waits;               /* what event is set for */
    short read_for, write_for; /* what the next read and the next write wait for: under TLS either
                                  may need the other */
    size_t retry;              /* TLS: octets of a write to be repeated as it was */
    unsigned age;              /* of what is kept: stream_age() */
    bool has_more; /* TLS: the last read has left something of which nobody will be told */
};

/* For a client's socket: small answers leave at once, and the kernel holds little more of a large
 * one than its client is reading. Without that it takes megabytes ahead for each client who is slow
 * (tcp_wmem), and gets them in bursts that keep others waiting. */
void stream_set_options(int fd);

/* Takes fd and ssl. fn: something that was waited for can be done. False: no memory, and both stay
 * the caller's. */
bool stream_init(struct stream *stream, struct event_base *base, int fd, struct ssl_st *ssl,
                 event_callback_fn fn, void *arg);
/* Closes the socket; under TLS the peer is told so. */
void stream_done(struct stream *stream);

/* From now on fn is called when the stream can be read, if wanted, and when what is kept can be
 * written. False: no memory. */
bool stream_wait(struct stream *stream, bool wants_read);

/* The server's side of a TLS handshake, as far as it goes. SK_AGAIN: wait as for reading; SK_IO. */
enum sk_status stream_handshake(struct stream *stream) SK_MUST_CHECK;

/* SK_OK: *out_n octets, 0: the peer has ended its side. SK_AGAIN: nothing there; SK_IO. */
enum sk_status stream_read(struct stream *stream, uint8_t *to, size_t room,
                           size_t *out_n) SK_MUST_CHECK;

/* Writes behind what is kept, as much as the socket takes, and keeps a copy of the rest. False: the
 * peer is gone, or no memory. */
bool stream_send(struct stream *stream, struct sk_bytes bytes) SK_MUST_CHECK;
/* The queue behind what is kept, to be filled and then flushed. NULL: no memory. */
struct evbuffer *stream_queue(struct stream *stream);
/* Writes of what is kept what the socket takes. False: the peer is gone. */
bool stream_flush(struct stream *stream) SK_MUST_CHECK;
/* Octets that are kept. */
size_t stream_pending(const struct stream *stream);

/* Called with each new generation: how many have come while something was kept all the time. What
 * is kept may be part of a generation, whose file takes up its disk space as long. */
unsigned stream_age(struct stream *stream);

/* Nothing is kept and nothing more will be sent: says so to the peer, as far as the socket takes
 * it. What is read from now on is whatever comes, not decrypted, to be thrown away. */
void stream_end(struct stream *stream);

#endif
