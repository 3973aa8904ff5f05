/* SPDX-License-Identifier: Apache-2.0 */
#include "net/answer.h"

#include <stdarg.h>
#include <stdio.h>

#include "core/clock.h"
#include "net/http.h"

enum { MAX_FIELDS = 4096, MAX_ERROR_BODY = 2048 };

void answer_init(struct http_answer *answer, unsigned status, const char *media_type,
                 size_t max_body)
{
    memset(answer, 0, sizeof(*answer));
    answer->status = status;
    answer->media_type = media_type;
    buf_init(&answer->fields, MAX_FIELDS);
    buf_init(&answer->body, max_body);
}

void answer_done(struct http_answer *answer)
{
    buf_done(&answer->fields);
    buf_done(&answer->body);
    if (answer->release != NULL)
        answer->release(answer->release_arg);
    answer->release = NULL;
}

/* Heads are put together without printf(), which took a twelfth of the CPU time of a kept answer.
 */
static void put_field(struct sk_buf *out, const char *name, const char *value)
{
    buf_put_text(out, name);
    buf_put_text(out, ": ");
    buf_put_text(out, value);
    buf_put_text(out, "\r\n");
}

/* In decimal, with at least so many digits, 20 at most. */
static void put_number(struct sk_buf *out, uint64_t value, unsigned min_digits)
{
    char text[20], *p = text + sizeof(text);

    do {
        *--p = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0 || (size_t)(text + sizeof(text) - p) < min_digits);
    buf_put(out, p, (size_t)(text + sizeof(text) - p));
}

void answer_field(struct http_answer *answer, const char *name, const char *fmt, ...)
{
    char value[512];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(value, sizeof(value), fmt, args);
    va_end(args);
    put_field(&answer->fields, name, value);
}

void answer_field_number(struct http_answer *answer, const char *name, const char *before,
                         uint64_t number, const char *after)
{
    struct sk_buf *out = &answer->fields;

    buf_put_text(out, name);
    buf_put_text(out, ": ");
    buf_put_text(out, before);
    put_number(out, number, 1);
    buf_put_text(out, after);
    buf_put_text(out, "\r\n");
}

void answer_etag(struct http_answer *answer, const char *tag)
{
    buf_put_text(&answer->fields, "ETag: \"");
    buf_put_text(&answer->fields, tag);
    buf_put_text(&answer->fields, "\"\r\n");
}

void answer_date(struct http_answer *answer, const char *name, int64_t when)
{
    char text[CLOCK_TEXT];

    if (when == CLOCK_NEVER)
        return;
    clock_format_http(when, text);
    put_field(&answer->fields, name, text);
}

void answer_text(struct http_answer *answer, unsigned status, const char *text)
{
    answer_init(answer, status, "text/plain; charset=utf-8", MAX_ERROR_BODY);
    answer_field(answer, "Cache-Control", "no-store");
    buf_put_text(&answer->body, text);
}

void answer_error(struct http_answer *answer, unsigned status, const char *code,
                  const char *message)
{
    const char *p;

    answer_init(answer, status, "application/json", MAX_ERROR_BODY);
    answer_field(answer, "Cache-Control", "no-store");
    buf_printf(&answer->body, "{\"error\":{\"code\":\"%s\",\"message\":\"", code);
    for (p = message; *p != '\0'; p++) {
        if (*p == '"' || *p == '\\')
            buf_put_byte(&answer->body, '\\');
        buf_put_byte(&answer->body, *p >= 0x20 && *p < 0x7f ? (uint8_t)*p : '?');
    }
    buf_put_text(&answer->body, "\"}}\n");
}

const char *answer_verdict(const char *so_far, const char *one)
{
    return so_far == NULL || strcmp(so_far, one) == 0 ? one : "mixed";
}

size_t answer_body_len(const struct http_answer *answer)
{
    return answer->release != NULL ? answer->shared.len : answer->body.len;
}

void answer_head(const struct http_answer *answer, const char *date, bool keep_alive,
                 unsigned minor, const char *id, int64_t took_us, struct sk_buf *out)
{
    buf_put_text(out, "HTTP/1.1 ");
    put_number(out, answer->status, 3);
    buf_put_byte(out, ' ');
    buf_put_text(out, http_status_text(answer->status));
    buf_put_text(out, "\r\n");
    put_field(out, "Date", date);
    /* RFC 9110 15.4.5: a 304 carries no content and repeats only what identifies it. */
    if (answer->status != 304) {
        if (answer->media_type != NULL)
            put_field(out, "Content-Type", answer->media_type);
        buf_put_text(out, "Content-Length: ");
        put_number(out, answer_body_len(answer), 1);
        buf_put_text(out, "\r\n");
    }
    buf_put(out, answer->fields.data, answer->fields.len);
    put_field(out, "X-Request-Id", id);
    if (took_us >= 0) {
        buf_put_text(out, "Server-Timing: total;dur=");
        put_number(out, (uint64_t)took_us / 1000, 1);
        buf_put_byte(out, '.');
        put_number(out, (uint64_t)took_us % 1000, 3);
        buf_put_text(out, "\r\n");
    }
    if (!keep_alive)
        buf_put_text(out, "Connection: close\r\n");
    else if (minor == 0)
        buf_put_text(out, "Connection: keep-alive\r\n");
    buf_put_text(out, "\r\n");
}
