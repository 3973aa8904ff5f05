/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a stream of requests means to a reader: the requests it took from the front of the stream,
 * and how it ended. Two readers can be compared by it: ours, and llhttp of Node.js, an independent
 * one that is only a test's oracle.
 */
#ifndef SEKISHO_TEST_HTTP_STREAM_H
#define SEKISHO_TEST_HTTP_STREAM_H

#include "core/buf.h"

enum { STREAM_MESSAGES = 8, STREAM_METHOD = 32 };

enum stream_end {
    STREAM_WANTS_MORE, /* or ended where a request did */
    STREAM_CLOSES,     /* after a request that does not let the connection persist */
    STREAM_REFUSED,
    STREAM_FULL, /* STREAM_MESSAGES were taken */
};

/* offsets into text of the stream */
struct stream_part {
    size_t at, len;
};

struct stream_message {
    char method[STREAM_METHOD];
    unsigned minor;
    bool keep_alive;
    struct stream_part target, fields, body; /* fields: name 0x01 value 0x02 ..., values trimmed */
    size_t num_fields;
};

struct http_stream {
    struct stream_message messages[STREAM_MESSAGES];
    size_t num_messages;
    enum stream_end end;
    unsigned status;   /* when refused: of ours, the HTTP status */
    const char *fault; /* when refused: why, static */
    struct sk_buf text;
};

void http_stream_init(struct http_stream *stream);
void http_stream_done(struct http_stream *stream);
struct sk_bytes http_stream_text(const struct http_stream *stream, const struct stream_part *part);

/* Both read the whole input in one piece. stream was initialised and is empty. */
void http_stream_read_ours(struct http_stream *stream, struct sk_bytes input);
void http_stream_read_llhttp(struct http_stream *stream, struct sk_bytes input);
/* Major version of llhttp; 0: it is not there, and nothing is read. */
unsigned http_stream_llhttp_version(void);

/* Appends trimmed text between control octets, for fields. */
void http_stream_put_trimmed(struct http_stream *stream, struct sk_bytes text, uint8_t end);

#endif
