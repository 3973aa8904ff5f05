/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a job finds certificates, CRLs and revoked entries: a generation of the cache (the daemon),
 * a store in memory (sekisho-verify, tests), or several in a row.
 *
 * Everything a source hands out was parsed by core/cert.h or core/crl.h into the job's arena (or is
 * longer-lived) and stays valid until the job ends. A source never blocks and does no network.
 * Nothing it returns is trusted but the two "checked" answers, which it may only give for what it
 * verified itself.
 */
#ifndef SEKISHO_CORE_SOURCE_H
#define SEKISHO_CORE_SOURCE_H

#include "core/crl.h"
#include "core/ocsp_response.h"

/* A CRL as a candidate. */
struct source_crl {
    const struct sk_crl *crl;
    uint8_t sha256[SK_SHA256]; /* of the whole CRL */
    bool from_arl_attribute;   /* known to come from authorityRevocationList or configured as ARL
                                  (C-21) */
    void *handle;              /* the source's own: which list crl_find() searches */
};

/* Return SK_OK to go on; anything else ends the enumeration and is returned from it. */
typedef enum sk_status (*source_cert_fn)(void *arg, const struct sk_cert *cert);
typedef enum sk_status (*source_crl_fn)(void *arg, const struct source_crl *crl);
typedef enum sk_status (*source_ocsp_fn)(void *arg, const struct sk_ocsp *response);

struct sk_source;

struct sk_source_ops {
    /* Every certificate whose subject has this name_hash(). SK_OK also when there is none. */
    enum sk_status (*certs_by_subject)(const struct sk_source *source, struct sk_arena *arena,
                                       const uint8_t name_hash[SK_SHA256], source_cert_fn visit,
                                       void *arg);
    /* Every CRL (complete and delta) whose issuer has this name_hash(). */
    enum sk_status (*crls_by_issuer)(const struct sk_source *source, struct sk_arena *arena,
                                     const uint8_t name_hash[SK_SHA256], source_crl_fn visit,
                                     void *arg);
    /* The entry of a CRL for a serial. cert_issuer_canon: canonical name of the certificate's
     * issuer, compared with the entry's certificateIssuer in an indirect CRL (C-12). SK_NOTFOUND:
     * not listed. SK_INPUT: the CRL's entries are malformed or hold an unknown critical extension:
     * it is unusable (C-06). Several entries for the serial are one: crl_entry_worsen(). */
    enum sk_status (*crl_find)(const struct sk_source *source, struct sk_arena *arena,
                               const struct source_crl *crl, struct sk_bytes cert_issuer_canon,
                               struct sk_bytes serial, struct crl_entry *out);
    /* True when this source has itself verified, before publishing, that the key with spki_sha256
     * signed the object (certificate or CRL) with this SHA-256. May be NULL: never. */
    bool (*is_checked)(const struct sk_source *source, const uint8_t object_sha256[SK_SHA256],
                       const uint8_t spki_sha256[SK_SHA256]);
    /* Every stored OCSP response that may speak of the certificate with this serial, issued by the
     * name and key of issuer. May be NULL: there is none. */
    enum sk_status (*ocsp_by_cert)(const struct sk_source *source, struct sk_arena *arena,
                                   const struct sk_cert *issuer, struct sk_bytes serial,
                                   source_ocsp_fn visit, void *arg);
    /* Every indirect CRL (complete and delta), whoever issued it. Asked about each serial whose
     * certificate is not known, so it must be cheap where there is none. */
    enum sk_status (*indirect_crls)(const struct sk_source *source, struct sk_arena *arena,
                                    source_crl_fn visit, void *arg);
};

struct sk_source {
    const struct sk_source_ops *ops;
    void *ctx; /* owned by whoever made the source */
};

#endif
