/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing DER into a struct sk_buf.
 *
 * A constructed value is opened with derout_open(), filled, and closed with derout_close(), which
 * sets its minimal length (moving the contents when the length needs more than one octet). Failures
 * stick in the buffer: check buf_status() once at the end.
 */
#ifndef SEKISHO_CORE_DEROUT_H
#define SEKISHO_CORE_DEROUT_H

#include "core/buf.h"

/* Starts a value with this tag; the result is the mark for derout_close(). */
size_t derout_open(struct sk_buf *buf, uint8_t tag);
void derout_close(struct sk_buf *buf, size_t mark);

/* A whole primitive (or ready-made constructed) value. */
void derout_tlv(struct sk_buf *buf, uint8_t tag, struct sk_bytes body);
/* Bytes that are already DER. */
void derout_raw(struct sk_buf *buf, struct sk_bytes der);

void derout_bool(struct sk_buf *buf, uint8_t tag, bool value);
void derout_uint(struct sk_buf *buf, uint8_t tag, uint64_t value);
void derout_null(struct sk_buf *buf, uint8_t tag);
/* bits: octets of a BIT STRING without unused bits. */
void derout_bits(struct sk_buf *buf, uint8_t tag, struct sk_bytes bits);
/* GeneralizedTime YYYYMMDDHHMMSSZ. */
void derout_generalized_time(struct sk_buf *buf, uint8_t tag, int64_t when);
/* UTCTime to 2049, GeneralizedTime after (RFC 5280 4.1.2.5). */
void derout_time(struct sk_buf *buf, int64_t when);

#endif
