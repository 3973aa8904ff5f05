/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads HTTP/1 answers out of octets as they arrive, cut anywhere. Knows what a benchmark's servers
 * send: a body by Content-Length, none (204, 304), or one that ends with the connection. A transfer
 * coding or an interim answer (1xx) is refused.
 */
#ifndef SEKISHO_TOOLS_BENCH_REPLY_H
#define SEKISHO_TOOLS_BENCH_REPLY_H

#include <stdbool.h>

#include "core/buf.h"

enum { REPLY_HEAD = 8192 }; /* octets that a head may have */

struct reply {
    unsigned status;     /* valid once the head has been read */
    bool is_last;        /* the server ends the connection after this answer */
    struct sk_buf *body; /* borrowed: the body goes there as well; or NULL */

    /* private */
    bool has_head, until_end;
    uint64_t left; /* octets of the body to come */
    size_t head_len;
    char head[REPLY_HEAD];
};

/* Begins an answer. body: initialised and empty, or NULL when nobody looks at bodies. */
void reply_start(struct reply *reply, struct sk_buf *body);
/* Takes octets. SK_OK: the answer is whole, and *out_used octets belong to it. SK_AGAIN: all were
 * taken and more are needed. SK_INPUT: this is no answer. SK_LIMIT, SK_NOMEM: the body does not fit
 * its buffer. */
enum sk_status reply_feed(struct reply *reply, struct sk_bytes in, size_t *out_used) SK_MUST_CHECK;
/* The connection has ended. SK_OK when that is how this answer ends, else SK_INPUT. */
enum sk_status reply_end(const struct reply *reply) SK_MUST_CHECK;

#endif
