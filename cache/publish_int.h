/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A generation in the making, shared by publish.c, publish_entry.c, ingest.c and search.c. Internal
 * to cache/.
 */
#ifndef SEKISHO_CACHE_PUBLISH_INT_H
#define SEKISHO_CACHE_PUBLISH_INT_H

#include "cache/build.h"
#include "cache/publish.h"
#include "cache/spill.h"
#include "core/arena.h"

/* First octet of a record of sk_publish.contents: what was published. */
enum content_kind {
    CONTENT_CERT = 1,
    CONTENT_CHECKED,
    CONTENT_CRL,
    CONTENT_OBJECT,
    CONTENT_ORIGIN,
    CONTENT_ENTRY,
};

/* The directory in the making. What is written in order at the end is kept in spills. */
enum { NAME_BYTES = 16 };
struct publish_dir {
    struct spill entries, index, blobs;
    uint8_t (*names)[NAME_BYTES]; /* open hash of the names that are there; zeros are free */
    size_t num_slots;             /* a power of two */
    uint32_t num;                 /* entries */
    struct sk_arena *scratch;     /* of one value */
};
void publish_dir_free(struct publish_dir *dir); /* accepts NULL */

struct sk_publish {
    char *dir;
    int lock_fd;     /* -1: not held */
    uint64_t number; /* of the generation being built */
    struct build build;
    struct stage lists[RECORD_DBS]; /* written at commit; some databases are written at once */
    struct stage contents;          /* one record per thing published: what the digest covers */
    struct sk_arena *arena;         /* of one object at a time */
    unsigned num_crls;
    struct publish_dir *entries; /* NULL: no entry was published yet */
};

/* Puts a record whose key is the given parts in a row. */
enum sk_status publish_put(struct stage *stage, const struct sk_bytes *parts, size_t num_parts,
                           struct sk_bytes value, struct sk_err *err) SK_MUST_CHECK;
/* Notes what was published for the digest of the contents. */
enum sk_status publish_note(struct sk_publish *pub, enum content_kind kind, struct sk_bytes what,
                            struct sk_bytes more, struct sk_err *err) SK_MUST_CHECK;
/* Writes the directory when all its entries are known. *out_num: how many. */
enum sk_status publish_entry_finish(struct sk_publish *pub, uint32_t *out_num,
                                    struct sk_err *err) SK_MUST_CHECK;

struct ingest_result {
    unsigned flags; /* RECORD_CRL_UNUSABLE and _INDIRECT */
    uint64_t num_entries;
    struct sk_err why; /* it is unusable; SK_OK: it is not */
};
/* Walks the entries of a CRL and writes its revoked and crlname records under the id. Of a list
 * that is malformed, or past a cap (certificate issuers, length of a serial), nothing is written:
 * it is unusable. */
enum sk_status ingest_entries(struct build *build, const struct sk_crl *crl, unsigned id,
                              struct ingest_result *out, struct sk_err *err) SK_MUST_CHECK;

/* The search keys (cache/search.h) of a certificate and of a CRL; arena is scratch. */
enum sk_status search_put_cert(struct stage *stage, struct sk_arena *arena,
                               const struct sk_cert *cert) SK_MUST_CHECK;
enum sk_status search_put_crl(struct stage *stage, const struct sk_crl *crl) SK_MUST_CHECK;

#endif
