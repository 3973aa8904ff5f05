/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An HTTP answer as the services make it: status, fields and body, before it meets a connection.
 *
 * answer_init(), fill, hand it to conn_reply(), which takes what it holds. The body is either in
 * body (owned) or shared: memory that lives elsewhere (a generation's map) until release is called.
 * Pure; one thread at a time.
 */
#ifndef SEKISHO_NET_ANSWER_H
#define SEKISHO_NET_ANSWER_H

#include "core/buf.h"

struct http_answer {
    unsigned status;
    const char *media_type; /* static; NULL: no Content-Type */
    struct sk_buf fields;   /* further header lines, each with its CRLF */
    struct sk_buf body;
    struct sk_bytes shared;     /* used instead of body when release is set */
    void (*release)(void *arg); /* called once, when shared is no longer needed, from the worker */
    void *release_arg;
    /* for the access log and figures only */
    const char *verdict; /* class, static: "good"; NULL: none */
    bool is_kept;        /* it was there before it was asked for */
    size_t policy;       /* that gave it, where the request names one: index in the configuration */
    bool is_failure;     /* something went wrong, though status does not say so */
};

/* max_body: cap of body. */
void answer_init(struct http_answer *answer, unsigned status, const char *media_type,
                 size_t max_body);
/* Frees and releases whatever is still held. */
void answer_done(struct http_answer *answer);

/* Adds a header line; name and value are ours, never the peer's octets. */
void answer_field(struct http_answer *answer, const char *name, const char *fmt, ...)
    SK_PRINTF(3, 4);
/* The same without printf(), for what each answer of a service has: before, number, after. */
void answer_field_number(struct http_answer *answer, const char *name, const char *before,
                         uint64_t number, const char *after);
/* The same with an entity tag, given without its quotes. */
void answer_etag(struct http_answer *answer, const char *tag);
/* The same with an IMF-fixdate; CLOCK_NEVER adds nothing. */
void answer_date(struct http_answer *answer, const char *name, int64_t when);

/* A whole answer in plain text, or with the body {"error":{"code":...,"message":...}}. message may
 * hold anything; what is not printable ASCII is replaced. answer needs no answer_init(). */
void answer_text(struct http_answer *answer, unsigned status, const char *text);
void answer_error(struct http_answer *answer, unsigned status, const char *code,
                  const char *message);

/* The verdict of several: what all say, or "mixed"; so_far is NULL at first. */
const char *answer_verdict(const char *so_far, const char *one);

size_t answer_body_len(const struct http_answer *answer);
/* Appends status line and fields. date: the Date value. keep_alive: whether the connection persists
 * after this answer; minor: the request's HTTP minor version; id: its X-Request-Id. took_us: for
 * Server-Timing, negative: leave it out. */
void answer_head(const struct http_answer *answer, const char *date, bool keep_alive,
                 unsigned minor, const char *id, int64_t took_us, struct sk_buf *out);

#endif
