/* SPDX-License-Identifier: Apache-2.0 */
#include "test/support/http_stream.h"

#include <stdio.h>
#include <stdlib.h>

#include "net/http.h"

enum { STREAM_TEXT_BYTES = 1024 * 1024 };

void http_stream_init(struct http_stream *stream)
{
    memset(stream, 0, sizeof(*stream));
    buf_init(&stream->text, STREAM_TEXT_BYTES);
}

void http_stream_done(struct http_stream *stream)
{
    buf_done(&stream->text);
}

struct sk_bytes http_stream_text(const struct http_stream *stream, const struct stream_part *part)
{
    return part->len == 0 ? bytes_of("", 0) : bytes_of(stream->text.data + part->at, part->len);
}

void http_stream_put_trimmed(struct http_stream *stream, struct sk_bytes text, uint8_t end)
{
    while (text.len > 0 && (text.p[0] == ' ' || text.p[0] == '\t')) {
        text.p++;
        text.len--;
    }
    while (text.len > 0 && (text.p[text.len - 1] == ' ' || text.p[text.len - 1] == '\t'))
        text.len--;
    buf_put(&stream->text, text.p, text.len);
    buf_put_byte(&stream->text, end);
}

static void put_part(struct http_stream *stream, struct sk_bytes bytes, struct stream_part *out)
{
    out->at = stream->text.len;
    out->len = bytes.len;
    buf_put(&stream->text, bytes.p, bytes.len);
}

static void put_target(struct http_stream *stream, const struct http_request *request,
                       struct stream_part *out)
{
    put_part(stream, request->path, out);
    if (request->query.p == NULL)
        return;
    buf_put_byte(&stream->text, '?');
    buf_put(&stream->text, request->query.p, request->query.len);
    out->len += 1 + request->query.len;
}

static void put_fields(struct http_stream *stream, const struct http_reader *reader,
                       struct stream_message *out)
{
    size_t i;

    out->fields.at = stream->text.len;
    out->num_fields = reader->num_fields;
    for (i = 0; i < reader->num_fields; i++) {
        const struct http_field *field = &reader->fields[i];

        http_stream_put_trimmed(stream, bytes_of(reader->head.data + field->name, field->name_len),
                                1);
        http_stream_put_trimmed(stream,
                                bytes_of(reader->head.data + field->value, field->value_len), 2);
    }
    out->fields.len = stream->text.len - out->fields.at;
}

static void take(struct http_stream *stream, const struct http_reader *reader)
{
    struct stream_message *message = &stream->messages[stream->num_messages++];
    struct http_request request;

    http_request_get0(reader, &request);
    (void)snprintf(message->method, sizeof(message->method), "%s",
                   http_method_text(request.method));
    message->minor = request.minor;
    message->keep_alive = request.keep_alive;
    put_target(stream, &request, &message->target);
    put_part(stream, request.body, &message->body);
    put_fields(stream, reader, message);
}

void http_stream_read_ours(struct http_stream *stream, struct sk_bytes input)
{
    static const struct http_limits limits = {.head_bytes = 8192, .body_bytes = 65536};
    struct http_reader reader;
    enum sk_status status = SK_AGAIN;
    size_t at = 0, used;

    http_reader_init(&reader, &limits);
    stream->end = STREAM_WANTS_MORE;
    while (at < input.len && stream->end == STREAM_WANTS_MORE) {
        status = http_read(&reader, bytes_of(input.p + at, input.len - at), &used);
        at += used;
        if (status == SK_INPUT) {
            stream->end = STREAM_REFUSED;
            stream->status = http_reader_fault(&reader, &stream->fault);
        } else if (status == SK_OK) {
            take(stream, &reader);
            if (!stream->messages[stream->num_messages - 1].keep_alive)
                stream->end = STREAM_CLOSES;
            else if (stream->num_messages == STREAM_MESSAGES)
                stream->end = STREAM_FULL;
            http_reader_next(&reader);
        } else if (status != SK_AGAIN) {
            abort();
        }
    }
    http_reader_done(&reader);
    if (buf_status(&stream->text) != SK_OK)
        abort();
}
