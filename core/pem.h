/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An object of DER as text: PEM (RFC 7468) or plain base64. Pure.
 */
#ifndef SEKISHO_CORE_PEM_H
#define SEKISHO_CORE_PEM_H

#include "core/buf.h"

/* Appends the octets of one object: base64, where space, tab, CR and LF are passed over, or one PEM
 * block of this label, around which nothing but these may stand. SK_INPUT: neither; SK_LIMIT,
 * SK_NOMEM: the buffer's. Unless SK_OK the buffer may hold a part. */
enum sk_status pem_decode(struct sk_bytes text, const char *label,
                          struct sk_buf *out) SK_MUST_CHECK;

#endif
