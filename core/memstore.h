/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A source in memory: the certificates, CRLs and OCSP responses of one sekisho-verify run, batch
 * line or test.
 *
 * Fill it, then use its source; adding while a job runs is not allowed. Duplicates (same SHA-256)
 * count once, and candidates come in order of their SHA-256, so that a verdict cannot depend on
 * the order of adding.
 */
#ifndef SEKISHO_CORE_MEMSTORE_H
#define SEKISHO_CORE_MEMSTORE_H

#include "core/source.h"

struct sk_memstore;

struct sk_memstore *memstore_new(void); /* NULL: no memory */
void memstore_free(struct sk_memstore *store);
/* Copies the DER and parses it. SK_INPUT with text when malformed (nothing is added). */
enum sk_status memstore_add_cert(struct sk_memstore *store, struct sk_bytes der,
                                 const struct sk_cert **out, struct sk_err *err) SK_MUST_CHECK;
enum sk_status memstore_add_crl(struct sk_memstore *store, struct sk_bytes der,
                                struct sk_err *err) SK_MUST_CHECK;
/* The same for a list known to be for CA certificates (C-21). One that is added both ways is
 * handed out both ways. */
enum sk_status memstore_add_arl(struct sk_memstore *store, struct sk_bytes der,
                                struct sk_err *err) SK_MUST_CHECK;
/* A whole OCSPResponse. */
enum sk_status memstore_add_ocsp(struct sk_memstore *store, struct sk_bytes der,
                                 struct sk_err *err) SK_MUST_CHECK;
const struct sk_source *memstore_source(const struct sk_memstore *store);

/* A source that asks several others in turn (request certificates, then the generation). parts:
 * borrowed. */
struct source_chain {
    struct sk_source source; /* use this */
    const struct sk_source *const *parts;
    size_t num_parts;
};
void source_chain_init(struct source_chain *chain, const struct sk_source *const *parts,
                       size_t num_parts);

#endif
