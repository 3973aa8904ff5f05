/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A strict reader of JSON text (RFC 8259): the caller walks, and says at each place what it takes.
 *
 * Nothing is copied or allocated, and nothing recurses: only what the caller asks for is read, so
 * nesting has no depth here. Strings are UTF-8, without U+0000 and lone surrogates. Pure; one
 * thread at a time.
 */
#ifndef SEKISHO_NET_JSON_TEXT_H
#define SEKISHO_NET_JSON_TEXT_H

#include "core/bytes.h"
#include "core/status.h"

struct json_text {
    const uint8_t *start, *p, *end; /* p: the next octet to be read */
};

/* A string as it stands between its quotes; its escapes are well-formed. */
struct json_string {
    struct sk_bytes raw;
    bool has_escapes;
};

void json_text_init(struct json_text *text, struct sk_bytes octets);
/* The first octet of what comes next, white space passed over; NUL at the end. */
uint8_t json_text_peek(struct json_text *text);
/* Passes over this octet, one of { [ : */
enum sk_status json_text_take(struct json_text *text, char octet) SK_MUST_CHECK;
/* Passes over null; what ends it is the next thing that is asked for. */
enum sk_status json_text_null(struct json_text *text) SK_MUST_CHECK;
/* Before each member or element: SK_OK, there is one (a comma before it is passed over);
 * SK_NOTFOUND: there was close instead, which is passed over. */
enum sk_status json_text_next(struct json_text *text, bool is_first, char close) SK_MUST_CHECK;
enum sk_status json_text_string(struct json_text *text, struct json_string *out) SK_MUST_CHECK;
/* SK_OK: nothing but white space is left. */
enum sk_status json_text_finish(struct json_text *text) SK_MUST_CHECK;
/* Where the reader stands, counted from 1, the column in octets. */
void json_text_place(const struct json_text *text, size_t *out_line, size_t *out_column);

/* Writes what the string says to out, which has room for raw.len octets; returns how many. */
size_t json_string_put(const struct json_string *string, uint8_t *out);

#endif
