/* SPDX-License-Identifier: Apache-2.0 */
#include "core/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void buf_init(struct sk_buf *buf, size_t max_bytes)
{
    memset(buf, 0, sizeof(*buf));
    buf->max = max_bytes;
}

uint8_t *buf_reserve(struct sk_buf *buf, size_t len)
{
    size_t need, cap;
    uint8_t *data;

    if (buf->status != SK_OK)
        return NULL;
    if (len > buf->max - buf->len) {
        buf->status = SK_LIMIT;
        return NULL;
    }
    need = buf->len + len;
    if (need <= buf->cap && buf->data != NULL)
        return buf->data + buf->len;
    cap = buf->cap < 128 ? 256 : buf->cap * 2;
    if (cap < need)
        cap = need;
    if (cap > buf->max)
        cap = buf->max > 0 ? buf->max : 1;
    data = realloc(buf->data, cap);
    if (data == NULL) {
        buf->status = SK_NOMEM;
        return NULL;
    }
    buf->data = data;
    buf->cap = cap;
    return data + buf->len;
}

void buf_put(struct sk_buf *buf, const void *p, size_t len)
{
    uint8_t *room;

    if (len == 0)
        return;
    room = buf_reserve(buf, len);
    if (room == NULL)
        return;
    memcpy(room, p, len);
    buf->len += len;
}

void buf_put_byte(struct sk_buf *buf, uint8_t byte)
{
    buf_put(buf, &byte, 1);
}

void buf_put_text(struct sk_buf *buf, const char *text)
{
    buf_put(buf, text, strlen(text));
}

void buf_printf(struct sk_buf *buf, const char *fmt, ...)
{
    char text[256]; /* most texts fit, and are then formatted once */
    va_list args;
    int n;
    uint8_t *room;

    va_start(args, fmt);
    n = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    if (n < 0) {
        buf->status = SK_INTERNAL;
        return;
    }
    if ((size_t)n < sizeof(text)) {
        buf_put(buf, text, (size_t)n);
        return;
    }
    /* vsnprintf writes a NUL after the text: reserve it, count only the text. */
    room = buf_reserve(buf, (size_t)n + 1);
    if (room == NULL)
        return;
    va_start(args, fmt);
    (void)vsnprintf((char *)room, (size_t)n + 1, fmt, args);
    va_end(args);
    buf->len += (size_t)n;
}

enum sk_status buf_status(const struct sk_buf *buf)
{
    return buf->status;
}

void buf_reset(struct sk_buf *buf)
{
    buf->len = 0;
    buf->status = SK_OK;
}

uint8_t *buf_take(struct sk_buf *buf, size_t *out_len)
{
    uint8_t *data = buf->data;

    *out_len = buf->len;
    buf_init(buf, buf->max);
    return data;
}

void buf_done(struct sk_buf *buf)
{
    free(buf->data);
    buf_init(buf, buf->max);
}
