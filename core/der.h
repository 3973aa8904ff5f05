/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bounded cursor over DER (X.690), and BER where a protocol allows longer length forms.
 *
 * The caller starts with der_init() on a run of bytes and takes one TLV after the other; entering a
 * constructed value gives a child cursor that cannot leave its parent. Nothing is copied: results
 * point into the input. Lengths are definite; tag numbers above 30 are refused (no structure we
 * read has them); nesting is capped by LIMIT_DER_DEPTH. Every function returns SK_INPUT on bytes
 * that do not fit, leaves the cursor where it was and its outputs untouched.
 */
#ifndef SEKISHO_CORE_DER_H
#define SEKISHO_CORE_DER_H

#include "core/bytes.h"
#include "core/status.h"

/* Identifier octets */
enum {
    DER_BOOLEAN = 0x01,
    DER_INTEGER = 0x02,
    DER_BIT_STRING = 0x03,
    DER_OCTET_STRING = 0x04,
    DER_NULL = 0x05,
    DER_OID = 0x06,
    DER_ENUMERATED = 0x0a,
    DER_UTF8_STRING = 0x0c,
    DER_NUMERIC_STRING = 0x12,
    DER_PRINTABLE_STRING = 0x13,
    DER_TELETEX_STRING = 0x14,
    DER_IA5_STRING = 0x16,
    DER_UTC_TIME = 0x17,
    DER_GENERALIZED_TIME = 0x18,
    DER_VISIBLE_STRING = 0x1a,
    DER_UNIVERSAL_STRING = 0x1c,
    DER_BMP_STRING = 0x1e,
    DER_SEQUENCE = 0x30,
    DER_SET = 0x31,
};
#define DER_CONTEXT(n) ((uint8_t)(0x80u | (n))) /* [n] IMPLICIT, primitive */
#define DER_CONTEXT_CONSTRUCTED(n)                                                                 \
    ((uint8_t)(0xa0u | (n))) /* [n] EXPLICIT, or IMPLICIT constructed */

struct der {
    const uint8_t *p;   /* next octet; points into the caller's bytes */
    const uint8_t *end; /* one past the last octet */
    unsigned depth;     /* nesting of this cursor, root 0 */
    bool ber_lengths;   /* true: non-minimal definite lengths are accepted (LDAP) */
};

struct der_tlv {
    uint8_t tag;           /* identifier octet */
    struct sk_bytes body;  /* contents */
    struct sk_bytes whole; /* identifier, length and contents */
};

void der_init(struct der *d, struct sk_bytes bytes);
void der_init_ber(struct der *d, struct sk_bytes bytes);

/* True when nothing is left. */
bool der_at_end(const struct der *d);
/* SK_OK when nothing is left, else SK_INPUT: trailing bytes are an error everywhere. */
enum sk_status der_finish(const struct der *d) SK_MUST_CHECK;
/* True when the next identifier octet is tag. */
bool der_peek(const struct der *d, uint8_t tag);

/* The next TLV, whatever its tag. */
enum sk_status der_any(struct der *d, struct der_tlv *out) SK_MUST_CHECK;
/* The next TLV, which must have this tag; its contents. */
enum sk_status der_take(struct der *d, uint8_t tag, struct sk_bytes *out_body) SK_MUST_CHECK;
/* The next TLV, which must have this tag; identifier to end. */
enum sk_status der_take_whole(struct der *d, uint8_t tag, struct sk_bytes *out_whole) SK_MUST_CHECK;
/* Like der_take() when the tag is there; else *out_present is false and nothing is consumed. */
enum sk_status der_take_optional(struct der *d, uint8_t tag, bool *out_present,
                                 struct sk_bytes *out_body) SK_MUST_CHECK;
/* Enters the next TLV, which must be constructed and have this tag. LIMIT_DER_DEPTH: SK_LIMIT. */
enum sk_status der_enter(struct der *d, uint8_t tag, struct der *out_child) SK_MUST_CHECK;
/* Like der_enter() when the tag is there. */
enum sk_status der_enter_optional(struct der *d, uint8_t tag, bool *out_present,
                                  struct der *out_child) SK_MUST_CHECK;

/* BOOLEAN, DER: 00 or FF only. tag: DER_BOOLEAN or an implicit context tag. */
enum sk_status der_bool(struct der *d, uint8_t tag, bool *out) SK_MUST_CHECK;
/* INTEGER contents, minimal two's complement, any size. */
enum sk_status der_integer(struct der *d, uint8_t tag, struct sk_bytes *out) SK_MUST_CHECK;
/* INTEGER or ENUMERATED that must be within 0..max. */
enum sk_status der_uint(struct der *d, uint8_t tag, uint64_t max, uint64_t *out) SK_MUST_CHECK;
/* OBJECT IDENTIFIER contents, checked by oid_check(). */
enum sk_status der_oid(struct der *d, uint8_t tag, struct sk_bytes *out) SK_MUST_CHECK;
/* BIT STRING: the bits' octets and the number of unused bits (0..7, those bits zero). */
enum sk_status der_bits(struct der *d, uint8_t tag, struct sk_bytes *out,
                        unsigned *out_unused) SK_MUST_CHECK;
/* Time ::= CHOICE { UTCTime, GeneralizedTime }, RFC 5280 4.1.2.5; seconds since 1970 UTC. */
enum sk_status der_time(struct der *d, int64_t *out) SK_MUST_CHECK;
/* GeneralizedTime alone, tag may be an implicit context tag. */
enum sk_status der_generalized_time(struct der *d, uint8_t tag, int64_t *out) SK_MUST_CHECK;

#endif
