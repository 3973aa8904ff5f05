/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hexadecimal and base64 (RFC 4648), strict on input.
 */
#ifndef SEKISHO_CORE_HEX_H
#define SEKISHO_CORE_HEX_H

#include "core/buf.h"

/* Writes 2 * len lower-case digits and a NUL to out. */
void hex_encode(struct sk_bytes in, char *out);
/* The value of one digit of either case; -1 for anything else. */
int hex_digit(char c);
/* Decodes exactly len octets from 2 * len digits of either case, ending the text. */
enum sk_status hex_decode(const char *text, uint8_t *out, size_t len) SK_MUST_CHECK;

/* Appends base64 with padding. */
void base64_encode(struct sk_bytes in, struct sk_buf *out);
/* Appends the decoded octets. Padding is required, unused bits are zero, no other character (no
 * white space) is accepted; base64_decode_spaced() passes over space, tab, CR and LF. */
enum sk_status base64_decode(struct sk_bytes text, struct sk_buf *out) SK_MUST_CHECK;
enum sk_status base64_decode_spaced(struct sk_bytes text, struct sk_buf *out) SK_MUST_CHECK;

#endif
