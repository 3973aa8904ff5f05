/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The quick writer of test/support/hostile.c: certificates and CRLs by the ten thousand, valid from
 * PKI_T0 to PKI_T1. Whatever fails ends the program.
 */
#ifndef SEKISHO_TEST_SUPPORT_HOSTILE_DER_H
#define SEKISHO_TEST_SUPPORT_HOSTILE_DER_H

#include "test/support/asn1.h"
#include "test/support/graph.h"

struct fast_cert {
    const char *subject, *issuer; /* a common name */
    struct sk_bytes spki;         /* whole */
    EVP_PKEY *signer;             /* NULL: a signature of zeros, as long as octets */
    size_t octets;
    bool is_ca;
    unsigned serial;        /* 0: another one for each */
    struct sk_bytes key_id; /* subjectKeyIdentifier; len 0: none */
    struct sk_bytes exts;   /* more extensions, one after the other */
};
struct sk_bytes fast_cert_der(struct sk_arena *arena, const struct fast_cert *cert);
/* Into the pool of g. */
void fast_cert(struct graph *g, const struct fast_cert *cert);
/* Read, not in the pool. */
const struct sk_cert *fast_target(struct graph *g, const struct fast_cert *cert);
/* A self-signed CA as anchor. */
void fast_anchor(struct graph *g, const char *name, EVP_PKEY *key);

struct fast_crl {
    const char *issuer;
    EVP_PKEY *signer; /* NULL: a signature of zeros */
    unsigned number;
    unsigned base;       /* not 0: a delta to it */
    unsigned revokes;    /* a serial; 0: none */
    struct sk_bytes idp; /* contents of issuingDistributionPoint's extnValue; len 0: none */
};
void fast_crl(struct graph *g, const struct fast_crl *crl);

/* Key number n of Ed25519. */
EVP_PKEY *fast_key(size_t n);
struct sk_bytes fast_spki(struct sk_arena *arena, EVP_PKEY *key);
/* An Ed25519 key that nobody holds, another one for each n. */
struct sk_bytes fast_foreign_spki(struct sk_arena *arena, unsigned n);
/* What is in buf, into the arena; buf is emptied. */
struct sk_bytes fast_take(struct sk_arena *arena, struct sk_buf *buf);
/* One Extension. */
struct sk_bytes fast_ext(struct sk_arena *arena, enum oid_id id, struct sk_bytes value);
struct sk_bytes fast_join(struct sk_arena *arena, struct sk_bytes a, struct sk_bytes b);

#endif
