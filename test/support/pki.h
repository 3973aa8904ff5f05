/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes certificates and CRLs for tests, with OpenSSL's X.509 API: what core/ reads was written by
 * another hand. Every function ends the program when something fails: a test has nothing to do
 * then.
 *
 *     struct sk_cert *ca = pki_cert(arena, &(struct pki_cert_spec){
 *         .subject = "/C=JP/CN=CA", .key = pki_key(PKI_EC, 0), .exts = {PKI_CA_EXTS}});
 *     struct sk_cert *ee = pki_cert(arena, &(struct pki_cert_spec){
 *         .subject = "/C=JP/CN=EE", .issuer = "/C=JP/CN=CA", .key = pki_key(PKI_EC, 1),
 *         .signer = pki_key(PKI_EC, 0), .exts = {{"subjectAltName", "DNS:a.example"}}});
 *
 * Linked by every unit test (see the Makefile).
 */
#ifndef SEKISHO_TEST_SUPPORT_PKI_H
#define SEKISHO_TEST_SUPPORT_PKI_H

#include <openssl/evp.h>

#include "core/crl.h"

#define PKI_T0 1300000000 /* the default notBefore and thisUpdate: 2011-03-13T07:06:40Z */
#define PKI_T1 1400000000 /* the default notAfter and nextUpdate */
#define PKI_T  1350000000 /* a time between */

enum pki_key_kind { PKI_EC, PKI_RSA, PKI_RSA1024, PKI_ED25519, PKI_DSA, PKI_KINDS };
enum { PKI_KEYS = 64, PKI_EXTS = 16, PKI_ENTRIES = 16 };

/* Key number index of a kind: made at the first use, the same afterwards, freed at exit. */
EVP_PKEY *pki_key(enum pki_key_kind kind, size_t index);

/* An extension: OpenSSL's name (or dotted OID) and its configuration text, "critical," first when
 * it is; "DER:30:03:..." gives the octets. A text may name sections (dirName:sect) of
 * pki_*.sections. */
struct pki_ext {
    const char *name, *value;
};
#define PKI_CA_EXTS                                                                                \
    {"basicConstraints", "critical,CA:TRUE"},                                                      \
    {                                                                                              \
        "keyUsage", "critical,keyCertSign,cRLSign"                                                 \
    }

struct pki_cert_spec {
    const char *subject;           /* "/C=JP/O=x/CN=y"; NULL: empty */
    const char *issuer;            /* NULL: the subject */
    EVP_PKEY *key;                 /* of the subject; must be given */
    EVP_PKEY *signer;              /* NULL: key */
    int64_t not_before, not_after; /* 0: PKI_T0, PKI_T1 */
    unsigned version;              /* 0: 3 */
    long serial;                   /* 0: a new one */
    const char *hash;              /* NULL: "SHA256" */
    bool subject_printable;        /* PrintableString in place of UTF8String, in both names */
    bool issuer_utf8;              /* but not in the issuer's */
    bool inherits_params;          /* a DSA key without parameters: all have the same (PKI_DSA) */
    const char *sections;          /* configuration text, or NULL */
    struct pki_ext exts[PKI_EXTS]; /* until a NULL name */
};
/* The DER, in the arena. */
struct sk_bytes pki_cert_der(struct sk_arena *arena, const struct pki_cert_spec *spec);
/* The same, read by cert_parse(), which must accept it. */
struct sk_cert *pki_cert(struct sk_arena *arena, const struct pki_cert_spec *spec);

struct pki_crl_spec {
    const char *issuer;
    EVP_PKEY *signer;
    int64_t this_update, next_update; /* 0: PKI_T0, PKI_T1; next_update -1: absent */
    const char *hash;                 /* NULL: "SHA256" */
    bool is_v1;
    const char *sections;
    struct pki_ext exts[PKI_EXTS]; /* "crlNumber" wants "DER:02:01:05" */
    struct pki_entry {
        long serial;           /* until 0 */
        int64_t when;          /* 0: PKI_T0 */
        int reason;            /* CRLReason + 1; 0: absent */
        const char *issuer;    /* certificateIssuer directoryName, or NULL */
        int64_t invalid_since; /* invalidityDate; 0: absent */
        bool is_beyond_us;     /* has a critical extension that nobody knows */
    } entries[PKI_ENTRIES];
};
struct sk_bytes pki_crl_der(struct sk_arena *arena, const struct pki_crl_spec *spec);

/* A whole file into the arena; {NULL, 0} when it cannot be read. */
struct sk_bytes pki_file(struct sk_arena *arena, const char *path);

/* A whole Name in the arena, from the text form above; NULL: empty. */
struct sk_bytes pki_name(struct sk_arena *arena, const char *text, bool is_printable);

#endif
