/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Generations: immutable snapshots of certificates, verified edges, CRLs and revoked entries.
 *
 * A cache directory holds one directory per generation (its number) and the symbolic link
 * `current`. The fetcher builds N+1 beside N, syncs it and swaps the link; a reader opens what the
 * link names and keeps it until it leaves it, also after the files are unlinked. A published
 * generation is never written again, so readers take no locks and its map may be read in place.
 * Layout of records: cache/record.h. This room is the only one that includes lmdb.h.
 */
#ifndef SEKISHO_CACHE_GENERATION_H
#define SEKISHO_CACHE_GENERATION_H

#include "core/err.h"
#include "core/key.h"
#include "core/limits.h"
#include "core/source.h"

struct sk_generation; /* counted; immutable; any thread, each with its own reader */
struct sk_reader;     /* one thread's way into one generation */

/* Opens what `current` names. SK_NOTFOUND: nothing published yet. SK_INPUT: another format version,
 * or damaged. */
enum sk_status generation_open(const char *dir, struct sk_generation **out,
                               struct sk_err *err) SK_MUST_CHECK;
struct sk_generation *generation_ref(struct sk_generation *gen);
void generation_unref(struct sk_generation *gen); /* accepts NULL; the last one closes the map */
uint64_t generation_number(const struct sk_generation *gen);
int64_t generation_created(const struct sk_generation *gen); /* wall seconds of publication */
/* The number `current` names now, without opening. SK_NOTFOUND: none. */
enum sk_status generation_current(const char *dir, uint64_t *out, struct sk_err *err) SK_MUST_CHECK;
/* Does `current` name this very generation? Its number alone does not tell: in a directory that was
 * removed and filled anew numbers begin at 1 again. True too when what it names is not there: then
 * there is nothing to change to. */
bool generation_is_current(const struct sk_generation *gen, const char *dir);

/* A reader holds a reference on gen. All calls on a reader are of one thread. */
enum sk_status reader_new(struct sk_generation *gen, struct sk_reader **out,
                          struct sk_err *err) SK_MUST_CHECK;
void reader_free(struct sk_reader *reader);
struct sk_generation *reader_generation(const struct sk_reader *reader);

/* The generation as a source of validation (core/source.h); results point into the map, the
 * reader's own memory and the job's arena. They are valid while the reader and the job are. */
const struct sk_source *reader_source(const struct sk_reader *reader);

/* A certificate by SHA-256 of its DER, or by the hashes of an OCSP CertID: hash is KEY_SHA1, 256,
 * 384 or 512 over the issuer's subject DN and key bits. The CertID look-up gives the CA certificate
 * (any one with that name and key). SK_NOTFOUND. */
enum sk_status reader_cert(struct sk_reader *reader, struct sk_arena *arena,
                           const uint8_t sha256[SK_SHA256],
                           const struct sk_cert **out) SK_MUST_CHECK;
enum sk_status reader_ca_by_certid(struct sk_reader *reader, struct sk_arena *arena,
                                   enum key_hash hash, struct sk_bytes issuer_name_hash,
                                   struct sk_bytes issuer_key_hash,
                                   const struct sk_cert **out) SK_MUST_CHECK;
/* The certificates by issuer name_hash() and serial (more than one when keys of one name number
 * apart), or by key identifier: visits each. SK_NOTFOUND. */
enum sk_status reader_certs_by_serial(struct sk_reader *reader, struct sk_arena *arena,
                                      const uint8_t issuer_hash[SK_SHA256], struct sk_bytes serial,
                                      source_cert_fn visit, void *arg) SK_MUST_CHECK;
enum sk_status reader_certs_by_key_id(struct sk_reader *reader, struct sk_arena *arena,
                                      struct sk_bytes key_id, source_cert_fn visit,
                                      void *arg) SK_MUST_CHECK;

/* Objects of the repository, by the path below /pki/: "osca/ca.p7c", "osca/crl.crl",
 * "osca/arl.crl", "osca/SHA256.cer". body points into the map. */
struct reader_object {
    struct sk_bytes body;      /* DER */
    uint8_t sha256[SK_SHA256]; /* of body: its strong ETag */
    int64_t modified;          /* thisUpdate of a CRL, else the time of publication */
    int64_t expires;           /* nextUpdate of a CRL, CLOCK_NEVER else */
    const char *media_type;    /* static */
};
enum sk_status reader_object_get(struct sk_reader *reader, const char *path,
                                 struct reader_object *out) SK_MUST_CHECK;
/* The first path, in order of octets, that is greater than after; with a NUL. SK_NOTFOUND: none. */
enum sk_status reader_object_after(struct sk_reader *reader, const char *after,
                                   char out[LIMIT_OBJECT_PATH_BYTES + 1]) SK_MUST_CHECK;

/* What the generation holds, for /v1/snapshot and status pages: each CRL's CA name, dates, number
 * of entries. */
struct reader_crl_info {
    const char *ca; /* configured CA name; in the map */
    bool is_arl;    /* configured as ARL */
    bool is_usable; /* its entries could be read */
    enum crl_kind kind;
    const struct sk_crl *crl; /* until the visit ends */
    uint8_t sha256[SK_SHA256];
    int64_t this_update, next_update;
    uint64_t num_entries;
};
typedef enum sk_status (*reader_crl_info_fn)(void *arg, const struct reader_crl_info *info);
enum sk_status reader_crls(struct sk_reader *reader, reader_crl_info_fn visit,
                           void *arg) SK_MUST_CHECK;
/* The configured CA whose lists those of an issuer, by name_hash(), are; in the map. SK_NOTFOUND:
 * there are none, or of more than one CA. */
enum sk_status reader_ca_of_issuer(const struct sk_reader *reader,
                                   const uint8_t issuer_hash[SK_SHA256],
                                   const char **out) SK_MUST_CHECK;
uint64_t reader_num_certs(const struct sk_reader *reader);

/* The DER of a certificate or CRL, or the bytes of a bundle, by its SHA-256; points into the map.
 * SK_NOTFOUND. */
enum sk_status reader_blob(struct sk_reader *reader, const uint8_t sha256[SK_SHA256],
                           struct sk_bytes *out) SK_MUST_CHECK;
/* The SHA-256 of each object that the source with this URL gave (publish_origin()). SK_OK also when
 * there is none. */
typedef enum sk_status (*reader_origin_fn)(void *arg, const uint8_t sha256[SK_SHA256]);
enum sk_status reader_origin(struct sk_reader *reader, const char *url, reader_origin_fn visit,
                             void *arg) SK_MUST_CHECK;

#endif
