/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A generation in the making, shared by publish.c, ingest.c and search.c. Internal to cache/.
 */
#ifndef SEKISHO_CACHE_PUBLISH_INT_H
#define SEKISHO_CACHE_PUBLISH_INT_H

#include "cache/build.h"
#include "cache/publish.h"

struct sk_publish {
    char *dir;
    int lock_fd;     /* -1: not held */
    uint64_t number; /* of the generation being built */
    struct build build;
    struct stage lists[RECORD_DBS]; /* written at commit; some databases are written at once */
    struct stage contents;          /* one record per thing published: what the digest covers */
    struct sk_arena *arena;         /* of one object at a time */
    unsigned num_crls;
};

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
