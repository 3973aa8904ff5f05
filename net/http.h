/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A strict, incremental reader of HTTP/1.0 and HTTP/1.1 requests (RFC 9110, RFC 9112).
 *
 * Feed it octets as they come; it takes exactly one request and leaves what follows (a pipelined
 * request) to the next round. The result never depends on how the octets were cut into pieces.
 * Whatever two parsers could read differently (request smuggling) is refused: bare LF or CR, folded
 * lines, white space before a colon, doubled or signed lengths, Content-Length beside
 * Transfer-Encoding, doubled Host. Pure: no socket, clock or event loop. One thread at a time.
 *
 * Life: http_reader_init(), then per request http_read() until SK_OK, http_request_get0(), answer,
 * http_reader_next(). After SK_INPUT the connection cannot be read further: answer with
 * http_reader_fault() and close.
 */
#ifndef SEKISHO_NET_HTTP_H
#define SEKISHO_NET_HTTP_H

#include "core/buf.h"
#include "core/limits.h"

enum http_method {
    HTTP_METHOD_UNKNOWN = 0, /* a token we do not know: 501 */
    HTTP_GET,
    HTTP_HEAD,
    HTTP_POST,
    HTTP_PUT,
    HTTP_DELETE,
    HTTP_CONNECT,
    HTTP_OPTIONS,
    HTTP_TRACE,
    HTTP_PATCH,
};

struct http_limits {
    size_t head_bytes; /* request line and headers, and again the trailers */
    size_t body_bytes; /* decoded body */
};

/* A header line as offsets into the reader's head buffer. */
struct http_field {
    uint32_t name, name_len, value, value_len;
};

enum http_state {
    HTTP_STATE_LINE = 0,   /* request line; nothing read yet when head is empty */
    HTTP_STATE_FIELDS,     /* header lines */
    HTTP_STATE_BODY,       /* body of known length */
    HTTP_STATE_CHUNK_SIZE, /* chunk-size and extensions */
    HTTP_STATE_CHUNK_DATA,
    HTTP_STATE_CHUNK_END, /* CRLF after the data of a chunk */
    HTTP_STATE_TRAILERS,
    HTTP_STATE_DONE,
    HTTP_STATE_FAILED,
};

/* A whole request; points into the reader and lives until http_reader_next(). */
struct http_request {
    enum http_method method;
    unsigned minor;        /* HTTP/1.minor: 0 or 1 */
    struct sk_bytes path;  /* begins with "/", percent signs as sent; "*" with OPTIONS */
    struct sk_bytes query; /* after "?"; p is NULL when there is none */
    struct sk_bytes body;
    bool keep_alive; /* the client lets the connection persist */
    const struct http_reader *reader;
};

struct http_reader {
    struct http_limits limits;
    enum http_state state;
    bool saw_cr;         /* the last octet was CR: LF must follow */
    bool skipped_empty;  /* one empty line before the request line was passed over (9112 2.2) */
    bool wants_continue; /* Expect: 100-continue of a request whose body is awaited */
    struct sk_buf head;  /* request line and fields; later one trailer line */
    size_t line;         /* start of the current line in head */
    size_t trailer_bytes;
    struct http_field fields[LIMIT_HTTP_HEADERS];
    size_t num_fields;
    struct http_field path, query; /* value parts only */
    bool has_query, keep_alive;
    enum http_method method;
    unsigned minor;
    struct sk_buf body;
    uint64_t left;        /* octets missing of the body or of the chunk */
    unsigned size_digits; /* digits of the chunk size so far */
    bool in_extension;    /* behind ";" of a chunk size */
    size_t extension_bytes;
    unsigned fault_status; /* HTTP status of the refusal */
    const char *fault;     /* static text */
};

void http_reader_init(struct http_reader *reader, const struct http_limits *limits);
void http_reader_done(struct http_reader *reader);
/* Forgets the request; ready for the next one. */
void http_reader_next(struct http_reader *reader);

/* Takes octets from in; *out_used says how many. SK_OK: a request is whole. SK_AGAIN: all were
 * taken and more are needed. SK_INPUT: refused, see http_reader_fault(). SK_NOMEM. */
enum sk_status http_read(struct http_reader *reader, struct sk_bytes in,
                         size_t *out_used) SK_MUST_CHECK;

void http_request_get0(const struct http_reader *reader, struct http_request *out);
/* The 4xx or 5xx that fits the refusal, and why in words (static). */
unsigned http_reader_fault(const struct http_reader *reader, const char **out_text);

/* True before the first octet of a request. */
bool http_reader_is_idle(const struct http_reader *reader);
/* True while the head is whole and the body is not. */
bool http_reader_in_body(const struct http_reader *reader);

/* The value of the only field with this name (lower case). SK_NOTFOUND; SK_INPUT when it stands
 * more than once. */
enum sk_status http_request_field(const struct http_request *request, const char *name,
                                  struct sk_bytes *out) SK_MUST_CHECK;

/* Is a media type field this type (lower case), whatever its parameters? */
bool http_media_type_is(struct sk_bytes value, const char *type);
/* Does an If-None-Match value hold this entity tag (without quotes), by weak comparison, or "*"? */
bool http_etag_listed(struct sk_bytes value, const char *etag);
/* Undoes percent-encoding. SK_INPUT on a bad escape or an escaped control octet, SK_LIMIT. */
enum sk_status http_unescape(struct sk_bytes text, struct sk_buf *out) SK_MUST_CHECK;
/* Text equal to a lower-case word without regard to ASCII case. */
bool http_token_is(struct sk_bytes text, const char *lower);

/* "GET"; "other" for a method we do not know. */
const char *http_method_text(enum http_method method);
/* "Not Found"; "Unknown" for a status we never send. */
const char *http_status_text(unsigned status);

#endif
