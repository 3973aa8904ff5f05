/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DER for tests: names and certificates written piece by piece, right or wrong.
 */
#ifndef SEKISHO_TEST_SUPPORT_ASN1_H
#define SEKISHO_TEST_SUPPORT_ASN1_H

#include <openssl/asn1.h>

#include "core/arena.h"
#include "core/derout.h"
#include "core/oid.h"

/* One attribute; neighbours with the same rdn number share a SET. */
struct asn1_ava {
    unsigned rdn;
    enum oid_id type;
    uint8_t tag;
    const char *value;
    size_t len; /* 0: strlen(value) */
};

/* Appends a Name. */
void asn1_name(struct sk_buf *out, const struct asn1_ava *avas, size_t num_avas);
/* Appends the Name CN=text as UTF8String. */
void asn1_common_name(struct sk_buf *out, const char *text);

/* A certificate to be written; NULL or 0 members take their usual value. */
struct asn1_cert {
    struct sk_bytes version;  /* whole [0], when raw_version */
    bool raw_version;         /* else v3, or v1 without extensions */
    struct sk_bytes serial;   /* contents */
    struct sk_bytes validity; /* whole */
    struct sk_bytes issuer, subject;
    struct sk_bytes spki;       /* whole */
    struct sk_bytes unique_ids; /* appended before the extensions */
    struct sk_bytes extensions; /* contents of the SEQUENCE OF; absent when len is 0 */
    struct sk_bytes tail;       /* appended after the extensions, inside tbs */
    struct sk_bytes signature;  /* whole BIT STRING */
};
void asn1_cert(struct sk_buf *out, const struct asn1_cert *cert);
/* The same into memory of the arena. */
struct sk_bytes asn1_cert_der(struct sk_arena *arena, const struct asn1_cert *cert);

/* Appends one Extension. */
void asn1_extension(struct sk_buf *out, enum oid_id id, bool is_critical, struct sk_bytes value);

/* Seconds since 1970 by OpenSSL's own arithmetic. */
int64_t asn1_seconds(const ASN1_TIME *t);

/* Octets of a string literal, NULs included. */
#define ASN1_LIT(text) bytes_of("" text "", sizeof(text) - 1)

#endif
