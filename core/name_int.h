/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strings of a Name: decoding to UTF-8 and preparation by RFC 4518. Internal to core/ and its
 * tests.
 */
#ifndef SEKISHO_CORE_NAME_INT_H
#define SEKISHO_CORE_NAME_INT_H

#include "core/buf.h"

/* Appends the string as UTF-8, valid and without surrogates. SK_NOTFOUND: tag is no string type
 * that we compare as text, or the octets do not decode; nothing is appended then. SK_LIMIT,
 * SK_NOMEM. */
enum sk_status name_decode(uint8_t tag, struct sk_bytes value, struct sk_buf *out) SK_MUST_CHECK;

/* Appends the string prepared for caseIgnoreMatch (RFC 4518): mapped, case folded, NFKC,
 * insignificant spaces gone (none at the ends, one between words; a string of spaces only is the
 * empty string). SK_NOTFOUND: compare by DER instead: not text, does not decode, or holds a
 * prohibited code point. SK_LIMIT, SK_NOMEM. */
enum sk_status name_prepare(uint8_t tag, struct sk_bytes value, struct sk_buf *out) SK_MUST_CHECK;
/* The same for caseExactMatch: without case folding. */
enum sk_status name_prepare_exact(uint8_t tag, struct sk_bytes value,
                                  struct sk_buf *out) SK_MUST_CHECK;

#endif
