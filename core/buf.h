/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A growable byte buffer that cannot outgrow the maximum given at its start.
 *
 * Errors stick: after a failed append the buffer stays failed and buf_status() tells why, so a
 * writer may append a whole message and check once at its end. One thread at a time.
 */
#ifndef SEKISHO_CORE_BUF_H
#define SEKISHO_CORE_BUF_H

#include "core/bytes.h"
#include "core/status.h"

struct sk_buf {
    uint8_t *data;         /* owned; NULL while empty */
    size_t len;            /* bytes in use */
    size_t cap;            /* bytes allocated */
    size_t max;            /* len never exceeds this */
    enum sk_status status; /* SK_OK, or the first failure: SK_LIMIT, SK_NOMEM */
};

void buf_init(struct sk_buf *buf, size_t max_bytes);

/* Appends; does nothing once the buffer has failed. */
void buf_put(struct sk_buf *buf, const void *p, size_t len);
void buf_put_byte(struct sk_buf *buf, uint8_t byte);
void buf_put_text(struct sk_buf *buf, const char *text);
void buf_printf(struct sk_buf *buf, const char *fmt, ...) SK_PRINTF(2, 3);

/* Makes room for len more bytes and returns where they go, or NULL on failure; the caller adds what
 * it wrote to buf->len. */
uint8_t *buf_reserve(struct sk_buf *buf, size_t len);

/* SK_OK, or why an append failed since buf_init() or buf_reset(). */
enum sk_status buf_status(const struct sk_buf *buf) SK_MUST_CHECK;

static inline struct sk_bytes buf_bytes(const struct sk_buf *buf)
{
    return bytes_of(buf->data, buf->len);
}

/* Empties the buffer and forgets a failure; keeps its memory. */
void buf_reset(struct sk_buf *buf);

/* Hands the memory to the caller (free() it) and leaves the buffer empty. May return NULL if empty.
 */
uint8_t *buf_take(struct sk_buf *buf, size_t *out_len);

/* Frees the memory. Harmless when done twice. */
void buf_done(struct sk_buf *buf);

#endif
