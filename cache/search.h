/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finding certificates and CRLs by the search keys of RFC 4387 2.1 and 2.2.
 *
 * Every key is a SHA-1 of 20 octets: of what the RFC says, or, where it searches for text, of that
 * text in a form that does not depend on letter case. SHA-1 is part of that protocol and finds
 * objects only; nothing is believed because of it.
 */
#ifndef SEKISHO_CACHE_SEARCH_H
#define SEKISHO_CACHE_SEARCH_H

#include "cache/generation.h"

enum { SEARCH_HASH = 20 };

enum search_by {
    SEARCH_CERT_HASH = 1,      /* certHash: the certificate */
    SEARCH_URI,                /* uri: mail address, DNS name or URI without its scheme */
    SEARCH_ISSUER_HASH,        /* iHash: DER of the issuer's Name */
    SEARCH_ISSUER_SERIAL_HASH, /* iAndSHash: DER of IssuerAndSerialNumber (RFC 5652 10.2.4) */
    SEARCH_NAME,               /* name: a commonName of the subject, as RFC 5280 7.1 compares it */
    SEARCH_SUBJECT_HASH,       /* sHash: DER of the subject's Name */
    SEARCH_KEY_ID_HASH,        /* sKIDHash: contents of the subjectKeyIdentifier */
};

/* The key of a text for SEARCH_URI or SEARCH_NAME. SK_INPUT: not text that a name could hold. */
enum sk_status search_text_hash(struct sk_arena *arena, enum search_by by, struct sk_bytes text,
                                uint8_t out[SEARCH_HASH]) SK_MUST_CHECK;

/* Visits each certificate with this key. SK_NOTFOUND: there is none. */
enum sk_status reader_search_certs(struct sk_reader *reader, struct sk_arena *arena,
                                   enum search_by by, const uint8_t hash[SEARCH_HASH],
                                   source_cert_fn visit, void *arg) SK_MUST_CHECK;
/* Visits each CRL by its issuer's Name (SEARCH_ISSUER_HASH) or by the key identifier of its
 * authorityKeyIdentifier (SEARCH_KEY_ID_HASH), deltas and lists not in force among them.
 * SK_NOTFOUND: there is none. */
enum sk_status reader_search_crls(struct sk_reader *reader, struct sk_arena *arena,
                                  enum search_by by, const uint8_t hash[SEARCH_HASH],
                                  source_crl_fn visit, void *arg) SK_MUST_CHECK;

#endif
