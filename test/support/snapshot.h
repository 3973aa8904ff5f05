/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A published generation for tests of what answers from one, and OCSP requests about it.
 *
 *     snapshot_begin(&s);
 *     snapshot_cert(&s, ca, ca);
 *     snapshot_crl(&s, "ca", false, &(struct pki_crl_spec){.issuer = CA, .signer = key});
 *     snapshot_open(&s);
 *     ... s.reader ...
 *     snapshot_done(&s);
 *
 * What fails ends the program.
 */
#ifndef SEKISHO_TEST_SUPPORT_SNAPSHOT_H
#define SEKISHO_TEST_SUPPORT_SNAPSHOT_H

#include "cache/generation.h"
#include "test/support/pki.h"

struct sk_publish;
struct ocsp_request_st;

struct snapshot {
    char dir[64], cache[96];
    struct sk_arena *arena;
    struct sk_publish *pub;   /* until snapshot_open() */
    struct sk_reader *reader; /* from then on */
};

void snapshot_begin(struct snapshot *s);
/* issuer: whose key is recorded to have signed it, or NULL. */
void snapshot_cert(struct snapshot *s, const struct sk_cert *cert, const struct sk_cert *issuer);
/* The snapshot knows who signed it. Returns its DER. */
struct sk_bytes snapshot_crl(struct snapshot *s, const char *ca, bool is_arl,
                             const struct pki_crl_spec *spec);
/* The object came from this address. */
void snapshot_origin(struct snapshot *s, const char *url, struct sk_bytes der);
void snapshot_open(struct snapshot *s);
void snapshot_done(struct snapshot *s);

/* Adds a CertID by this hash ("SHA1", "SHA256" ...); *request is made when it is NULL. */
void snapshot_ask(struct ocsp_request_st **request, const char *hash, const struct sk_cert *issuer,
                  struct sk_bytes serial);
/* Its DER in the arena; frees it. */
struct sk_bytes snapshot_request(struct snapshot *s, struct ocsp_request_st *request);

#endif
