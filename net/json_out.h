/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes JSON text into a buffer, compact, in the order of the calls.
 *
 * Each call adds one member, or with a NULL key one element (or the whole value); commas come by
 * themselves. Keys are ours and need no escapes. Errors stick in the buffer: check it once at the
 * end. Pure.
 */
#ifndef SEKISHO_NET_JSON_OUT_H
#define SEKISHO_NET_JSON_OUT_H

#include "core/buf.h"

/* bracket: { or [ */
void json_out_open(struct sk_buf *out, const char *key, char bracket);
/* bracket: } or ] */
void json_out_close(struct sk_buf *out, char bracket);
/* A text that is not UTF-8 is written with "?" for all that is not printable ASCII. */
void json_out_text(struct sk_buf *out, const char *key, const char *text);
void json_out_number(struct sk_buf *out, const char *key, int64_t number);
void json_out_bool(struct sk_buf *out, const char *key, bool value);
void json_out_null(struct sk_buf *out, const char *key);

#endif
