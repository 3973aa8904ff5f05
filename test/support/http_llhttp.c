/* SPDX-License-Identifier: Apache-2.0 */
#include "test/support/http_stream.h"

#if __has_include(<llhttp.h>)
#include <llhttp.h>

#include <stdio.h>
#include <stdlib.h>

/* Target, names and values may come in pieces; the parts of one message are gathered apart and put
 * behind each other when it is whole. */
struct gathering {
    struct http_stream *stream;
    struct sk_buf target, body, name, value, fields;
    size_t num_fields;
};

static struct gathering *gathering_of(llhttp_t *parser)
{
    return parser->data;
}

static int on_begin(llhttp_t *parser)
{
    struct gathering *g = gathering_of(parser);

    buf_reset(&g->target);
    buf_reset(&g->body);
    buf_reset(&g->name);
    buf_reset(&g->value);
    buf_reset(&g->fields);
    g->num_fields = 0;
    return 0;
}

static int on_url(llhttp_t *parser, const char *at, size_t len)
{
    buf_put(&gathering_of(parser)->target, at, len);
    return 0;
}

static int on_name(llhttp_t *parser, const char *at, size_t len)
{
    buf_put(&gathering_of(parser)->name, at, len);
    return 0;
}

static int on_value(llhttp_t *parser, const char *at, size_t len)
{
    buf_put(&gathering_of(parser)->value, at, len);
    return 0;
}

static int on_value_complete(llhttp_t *parser)
{
    struct gathering *g = gathering_of(parser);
    struct sk_bytes value = bytes_of(g->value.data, g->value.len);

    while (value.len > 0 && (value.p[value.len - 1] == ' ' || value.p[value.len - 1] == '\t'))
        value.len--;
    buf_put(&g->fields, g->name.data, g->name.len);
    buf_put_byte(&g->fields, 1);
    buf_put(&g->fields, value.p, value.len);
    buf_put_byte(&g->fields, 2);
    buf_reset(&g->name);
    buf_reset(&g->value);
    g->num_fields++;
    return 0;
}

/* Fields that come now are trailers: ours drops them too. */
static int on_head(llhttp_t *parser)
{
    struct gathering *g = gathering_of(parser);
    struct stream_message *message = &g->stream->messages[g->stream->num_messages];

    message->fields.at = g->stream->text.len;
    message->fields.len = g->fields.len;
    message->num_fields = g->num_fields;
    message->keep_alive = llhttp_should_keep_alive(parser) != 0;
    buf_put(&g->stream->text, g->fields.data, g->fields.len);
    return 0;
}

static int on_body(llhttp_t *parser, const char *at, size_t len)
{
    buf_put(&gathering_of(parser)->body, at, len);
    return 0;
}

static void put_part(struct sk_buf *text, const struct sk_buf *from, struct stream_part *out)
{
    out->at = text->len;
    out->len = from->len;
    buf_put(text, from->data, from->len);
}

static int on_complete(llhttp_t *parser)
{
    struct gathering *g = gathering_of(parser);
    struct stream_message *message = &g->stream->messages[g->stream->num_messages++];

    (void)snprintf(message->method, sizeof(message->method), "%s",
                   llhttp_method_name((llhttp_method_t)parser->method));
    message->minor = parser->http_minor;
    put_part(&g->stream->text, &g->target, &message->target);
    put_part(&g->stream->text, &g->body, &message->body);
    if (!message->keep_alive)
        g->stream->end = STREAM_CLOSES;
    else if (g->stream->num_messages == STREAM_MESSAGES)
        g->stream->end = STREAM_FULL;
    return g->stream->end == STREAM_WANTS_MORE ? 0 : HPE_PAUSED;
}

static void settings_set(llhttp_settings_t *settings)
{
    llhttp_settings_init(settings);
    settings->on_message_begin = on_begin;
    settings->on_url = on_url;
    settings->on_header_field = on_name;
    settings->on_header_value = on_value;
    settings->on_header_value_complete = on_value_complete;
    settings->on_headers_complete = on_head;
    settings->on_body = on_body;
    settings->on_message_complete = on_complete;
}

/* "Upgrade" is an offer that a server may pass over (RFC 9110 7.8), as ours does. */
static llhttp_errno_t execute(llhttp_t *parser, struct sk_bytes input)
{
    const char *p = (const char *)input.p, *end = p + input.len;
    llhttp_errno_t status = llhttp_execute(parser, p, input.len);

    while (status == HPE_PAUSED_UPGRADE && parser->method != HTTP_CONNECT) {
        p = llhttp_get_error_pos(parser);
        llhttp_resume_after_upgrade(parser);
        status = llhttp_execute(parser, p, (size_t)(end - p));
    }
    return status;
}

void http_stream_read_llhttp(struct http_stream *stream, struct sk_bytes input)
{
    struct gathering g = {.stream = stream};
    struct sk_buf *bufs[] = {&g.target, &g.body, &g.name, &g.value, &g.fields};
    enum { NUM_BUFS = sizeof(bufs) / sizeof(bufs[0]), PART_BYTES = 128 * 1024 };
    llhttp_settings_t settings;
    llhttp_t parser;
    llhttp_errno_t status;
    size_t i;

    for (i = 0; i < NUM_BUFS; i++)
        buf_init(bufs[i], PART_BYTES);
    settings_set(&settings);
    llhttp_init(&parser, HTTP_REQUEST, &settings);
    parser.data = &g;
    stream->end = STREAM_WANTS_MORE;
    status = execute(&parser, input);
    if (stream->end == STREAM_WANTS_MORE && status != HPE_OK) {
        stream->end = STREAM_REFUSED;
        stream->fault = llhttp_get_error_reason(&parser);
    }
    for (i = 0; i < NUM_BUFS; i++) {
        if (buf_status(bufs[i]) != SK_OK)
            abort();
        buf_done(bufs[i]);
    }
}

unsigned http_stream_llhttp_version(void)
{
    return LLHTTP_VERSION_MAJOR;
}
#else
void http_stream_read_llhttp(struct http_stream *stream, struct sk_bytes input)
{
    (void)stream;
    (void)input;
}

unsigned http_stream_llhttp_version(void)
{
    return 0;
}
#endif
