/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of cache/ share. Internal to cache/ and its unit tests.
 */
#ifndef SEKISHO_CACHE_CACHE_INT_H
#define SEKISHO_CACHE_CACHE_INT_H

#include <lmdb.h>
#include <stdatomic.h>
#include <sys/types.h>

#include "cache/generation.h"
#include "cache/kept.h"
#include "cache/record.h"
#include "core/dir_schema.h"

struct sk_generation {
    atomic_uint refs;
    MDB_env *env;
    dev_t device; /* of the file, which no other file is while it is open */
    ino_t inode;
    MDB_dbi dbis[RECORD_DBS];
    struct record_meta meta;
};

struct sk_reader {
    struct sk_generation *gen;   /* a reference */
    MDB_txn *txn;                /* read-only, open as long as the reader: the file never changes */
    struct sk_source source;     /* ctx is the reader */
    MDB_cursor *revoked, *names; /* of these databases, for cache/chain.h */
    MDB_cursor *entries, *index; /* of these databases, for cache/dit.c */
    const struct dir_attribute **types; /* by id of this generation; NULL: not read yet */
    struct kept kept;
};

/* What source_crl.handle points to. */
struct source_handle {
    unsigned id;    /* CRL id */
    unsigned flags; /* RECORD_CRL_* */
};

/* LMDB's return code as a status; the text says what was being done to which object. */
enum sk_status cache_lmdb(int rc, struct sk_err *err, const char *object, const char *what);

/* The value of a key, pointing into the map. SK_NOTFOUND, SK_INPUT (damaged file), SK_IO. */
enum sk_status cache_get(const struct sk_reader *reader, enum record_db db, struct sk_bytes key,
                         struct sk_bytes *out) SK_MUST_CHECK;
/* The certificate with this SHA-256, kept by the reader or parsed into the arena. SK_INPUT when the
 * map holds something else under that hash, or nothing: only called for hashes that the
 * generation's records name. */
enum sk_status cache_cert(struct sk_reader *reader, struct sk_arena *arena,
                          const uint8_t sha256[SK_SHA256],
                          const struct sk_cert **out) SK_MUST_CHECK;
/* Visits each certificate of a list record; SK_OK also when there is no such key. */
enum sk_status cache_each_cert(struct sk_reader *reader, struct sk_arena *arena, enum record_db db,
                               struct sk_bytes key, source_cert_fn visit, void *arg) SK_MUST_CHECK;

extern const struct sk_source_ops cache_source_ops;

#endif
