/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http.h"

#include "core/hex.h"
#include "net/http_int.h"

/* Buffers larger than this are given back between two requests of a connection. */
enum { KEEP_BYTES = 2048 };
/* A chunk size of more digits than this is over every cap; leading zeros count. */
enum { CHUNK_DIGITS = 8 };

void http_reader_init(struct http_reader *reader, const struct http_limits *limits)
{
    memset(reader, 0, sizeof(*reader));
    reader->limits = *limits;
    buf_init(&reader->head, limits->head_bytes);
    buf_init(&reader->body, limits->body_bytes);
}

void http_reader_done(struct http_reader *reader)
{
    buf_done(&reader->head);
    buf_done(&reader->body);
}

static void recycle(struct sk_buf *buf)
{
    if (buf->cap > KEEP_BYTES)
        buf_done(buf);
    buf_reset(buf);
}

void http_reader_next(struct http_reader *reader)
{
    recycle(&reader->head);
    recycle(&reader->body);
    reader->state = HTTP_STATE_LINE;
    reader->saw_cr = reader->skipped_empty = reader->wants_continue = false;
    reader->line = reader->trailer_bytes = reader->num_fields = 0;
    reader->has_query = reader->keep_alive = false;
    reader->method = HTTP_METHOD_UNKNOWN;
    reader->left = 0;
    reader->size_digits = 0;
    reader->in_extension = false;
    reader->extension_bytes = 0;
}

enum sk_status http_refuse(struct http_reader *r, unsigned status, const char *text)
{
    r->state = HTTP_STATE_FAILED;
    r->fault_status = status;
    r->fault = text;
    return SK_INPUT;
}

static enum sk_status refuse_long_head(struct http_reader *r)
{
    if (r->state == HTTP_STATE_LINE)
        return http_refuse(r, 414, "the request line is too long");
    return http_refuse(r, 431, "the header fields are too long");
}

/* One empty line before the request line is passed over (RFC 9112 2.2), no more. */
static enum sk_status empty_first_line(struct http_reader *r)
{
    if (r->skipped_empty)
        return http_refuse(r, 400, "empty lines before the request line");
    r->skipped_empty = true;
    buf_reset(&r->head);
    return SK_OK;
}

static enum sk_status trailer_end(struct http_reader *r, struct sk_bytes line)
{
    struct http_field field;
    enum sk_status status;

    if (line.len == 0) {
        r->state = HTTP_STATE_DONE;
        return SK_OK;
    }
    /* RFC 9110 6.5.1: trailers may be discarded; ours are checked first. */
    status = http_field_split(r, line, &field);
    if (status == SK_OK)
        status = http_trailer_check(r, &field);
    r->head.len = r->line;
    return status;
}

/* The line ended: head[line .. len) holds it with its CRLF. */
static enum sk_status line_end(struct http_reader *r)
{
    struct sk_bytes line = bytes_of(r->head.data + r->line, r->head.len - r->line - 2);
    enum sk_status status = SK_INTERNAL;

    switch (r->state) {
    case HTTP_STATE_LINE:
        if (line.len == 0)
            return empty_first_line(r);
        status = http_request_line(r, line);
        if (status == SK_OK)
            r->state = HTTP_STATE_FIELDS;
        break;
    case HTTP_STATE_FIELDS:
        if (line.len == 0)
            return http_head_finish(r);
        status = http_field_add(r, line);
        break;
    case HTTP_STATE_TRAILERS:
        return trailer_end(r, line);
    case HTTP_STATE_BODY:
    case HTTP_STATE_CHUNK_SIZE:
    case HTTP_STATE_CHUNK_DATA:
    case HTTP_STATE_CHUNK_END:
    case HTTP_STATE_DONE:
    case HTTP_STATE_FAILED:
        return status;
    }
    r->line = r->head.len;
    return status;
}

static bool is_plain(uint8_t c)
{
    return (c >= 0x20 && c != 0x7f) || c == '\t';
}

/* How many octets a line state may still take. */
static size_t line_room(const struct http_reader *r)
{
    if (r->state == HTTP_STATE_TRAILERS)
        return r->limits.head_bytes - r->trailer_bytes;
    return r->limits.head_bytes - r->head.len;
}

static enum sk_status line_put(struct http_reader *r, const uint8_t *p, size_t n)
{
    if (r->state == HTTP_STATE_TRAILERS) {
        r->trailer_bytes += n;
        /* Trailers have a budget of their own, behind what the head took. */
        r->head.max = r->limits.head_bytes + r->line;
    } else {
        r->head.max = r->limits.head_bytes;
    }
    buf_put(&r->head, p, n);
    return buf_status(&r->head);
}

/* CR, LF or something that may not stand in a line. */
static enum sk_status line_special(struct http_reader *r, uint8_t c)
{
    enum sk_status status;

    if (line_room(r) == 0)
        return refuse_long_head(r);
    if (c == '\r' && !r->saw_cr) {
        r->saw_cr = true;
        return line_put(r, &c, 1);
    }
    if (c != '\n' || !r->saw_cr)
        return http_refuse(r, 400, c == '\n' ? "a line ends without CR" : "a control character");
    r->saw_cr = false;
    status = line_put(r, &c, 1);
    return status == SK_OK ? line_end(r) : status;
}

/* Takes octets of the request line, a field or a trailer, at most to the end of the line. */
static enum sk_status read_line(struct http_reader *r, struct sk_bytes in, size_t *used)
{
    size_t n = 0, room = line_room(r);

    if (r->saw_cr && in.p[0] != '\n')
        return http_refuse(r, 400, "CR without LF");
    if (!r->saw_cr) {
        while (n < in.len && is_plain(in.p[n]))
            n++;
        if (n > room)
            return refuse_long_head(r);
        if (n > 0) {
            *used = n;
            return line_put(r, in.p, n);
        }
    }
    *used = 1;
    return line_special(r, in.p[0]);
}

static enum sk_status read_body(struct http_reader *r, struct sk_bytes in, size_t *used)
{
    size_t n = in.len < r->left ? in.len : (size_t)r->left;

    buf_put(&r->body, in.p, n);
    if (buf_status(&r->body) != SK_OK)
        return buf_status(&r->body);
    *used = n;
    r->left -= n;
    if (r->left == 0)
        r->state = r->state == HTTP_STATE_BODY ? HTTP_STATE_DONE : HTTP_STATE_CHUNK_END;
    return SK_OK;
}

static enum sk_status chunk_line_end(struct http_reader *r)
{
    struct sk_bytes extensions = bytes_of(r->head.data + r->line, r->head.len - r->line);

    if (r->in_extension && !http_is_chunk_extensions(extensions))
        return http_refuse(r, 400, "a bad chunk extension");
    r->head.len = r->line;
    r->saw_cr = r->in_extension = false;
    r->size_digits = 0;
    if (r->left == 0) {
        r->state = HTTP_STATE_TRAILERS;
        r->line = r->head.len;
        return SK_OK;
    }
    if (r->left > r->limits.body_bytes - r->body.len)
        return http_refuse(r, 413, "the body is too long");
    r->state = HTTP_STATE_CHUNK_DATA;
    return SK_OK;
}

/* chunk-size [ chunk-ext ] CRLF (RFC 9112 7.1), one octet at a time; extensions are checked for
 * form and passed over. */
static enum sk_status chunk_size_byte(struct http_reader *r, uint8_t c)
{
    int digit = hex_digit((char)c);

    if (r->saw_cr)
        return c == '\n' ? chunk_line_end(r) : http_refuse(r, 400, "CR without LF");
    if (c == '\r' && r->size_digits > 0) {
        r->saw_cr = true;
        return SK_OK;
    }
    if (r->in_extension) {
        if (!is_plain(c) || ++r->extension_bytes > r->limits.head_bytes)
            return http_refuse(r, 400, "a bad chunk extension");
        r->head.max = r->limits.head_bytes + r->line; /* as for trailers */
        buf_put_byte(&r->head, c);
        return buf_status(&r->head);
    }
    if (digit >= 0) {
        if (++r->size_digits > CHUNK_DIGITS)
            return http_refuse(r, 413, "a chunk is too long");
        r->left = r->left << 4 | (unsigned)digit;
        return SK_OK;
    }
    if (c != ';' || r->size_digits == 0)
        return http_refuse(r, 400, "a bad chunk size");
    r->in_extension = true;
    return SK_OK;
}

static enum sk_status chunk_end_byte(struct http_reader *r, uint8_t c)
{
    if (!r->saw_cr) {
        r->saw_cr = c == '\r';
        return r->saw_cr ? SK_OK : http_refuse(r, 400, "a chunk does not end where it should");
    }
    if (c != '\n')
        return http_refuse(r, 400, "CR without LF");
    r->saw_cr = false;
    r->state = HTTP_STATE_CHUNK_SIZE;
    return SK_OK;
}

static enum sk_status read_some(struct http_reader *r, struct sk_bytes in, size_t *used)
{
    *used = 1;
    switch (r->state) {
    case HTTP_STATE_LINE:
    case HTTP_STATE_FIELDS:
    case HTTP_STATE_TRAILERS:
        return read_line(r, in, used);
    case HTTP_STATE_BODY:
    case HTTP_STATE_CHUNK_DATA:
        return read_body(r, in, used);
    case HTTP_STATE_CHUNK_SIZE:
        return chunk_size_byte(r, in.p[0]);
    case HTTP_STATE_CHUNK_END:
        return chunk_end_byte(r, in.p[0]);
    case HTTP_STATE_DONE:
    case HTTP_STATE_FAILED:
        break;
    }
    return SK_INTERNAL;
}

enum sk_status http_read(struct http_reader *reader, struct sk_bytes in, size_t *out_used)
{
    size_t total = 0, used;
    enum sk_status status;

    *out_used = 0;
    if (reader->state == HTTP_STATE_FAILED)
        return SK_INPUT;
    while (reader->state != HTTP_STATE_DONE && total < in.len) {
        status = read_some(reader, bytes_of(in.p + total, in.len - total), &used);
        if (status != SK_OK)
            return status;
        total += used;
    }
    *out_used = total;
    return reader->state == HTTP_STATE_DONE ? SK_OK : SK_AGAIN;
}

void http_request_get0(const struct http_reader *reader, struct http_request *out)
{
    memset(out, 0, sizeof(*out));
    out->method = reader->method;
    out->minor = reader->minor;
    out->path = bytes_of(reader->head.data + reader->path.value, reader->path.value_len);
    if (reader->has_query)
        out->query = bytes_of(reader->head.data + reader->query.value, reader->query.value_len);
    out->body = buf_bytes(&reader->body);
    out->keep_alive = reader->keep_alive;
    out->reader = reader;
}

unsigned http_reader_fault(const struct http_reader *reader, const char **out_text)
{
    *out_text = reader->fault != NULL ? reader->fault : "";
    return reader->fault_status;
}

bool http_reader_is_idle(const struct http_reader *reader)
{
    return reader->state == HTTP_STATE_LINE && reader->head.len == 0;
}

bool http_reader_in_body(const struct http_reader *reader)
{
    switch (reader->state) {
    case HTTP_STATE_BODY:
    case HTTP_STATE_CHUNK_SIZE:
    case HTTP_STATE_CHUNK_DATA:
    case HTTP_STATE_CHUNK_END:
    case HTTP_STATE_TRAILERS:
        return true;
    case HTTP_STATE_LINE:
    case HTTP_STATE_FIELDS:
    case HTTP_STATE_DONE:
    case HTTP_STATE_FAILED:
        break;
    }
    return false;
}
