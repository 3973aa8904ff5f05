/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The LMDB environment of a generation while it is being written. Internal to cache/.
 *
 * Nothing is synced before build_finish(): the directory is worth nothing until then.
 */
#ifndef SEKISHO_CACHE_BUILD_H
#define SEKISHO_CACHE_BUILD_H

#include <lmdb.h>

#include "cache/record.h"
#include "cache/stage.h"

struct build {
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi dbis[RECORD_DBS];
    size_t pending; /* octets touched since the last commit, about */
    char *path;     /* owned; for messages */
};

/* A new environment in the empty directory path. build_done() also after a failure. */
enum sk_status build_init(struct build *build, const char *path, struct sk_err *err) SK_MUST_CHECK;
void build_done(struct build *build); /* harmless on a zeroed struct */

/* A key that is there already keeps its value. */
enum sk_status build_put(struct build *build, enum record_db db, struct sk_bytes key,
                         struct sk_bytes value, struct sk_err *err) SK_MUST_CHECK;
/* Appends: keys must come in ascending order. */
enum sk_status build_append(struct build *build, enum record_db db, struct sk_bytes key,
                            struct sk_bytes value, struct sk_err *err) SK_MUST_CHECK;
/* Sorts and appends a stage, doubles left out. is_list: the values of equal keys are joined into
 * one list; else two values for one key are SK_INPUT. *out_num: how many keys. */
enum sk_status build_append_stage(struct build *build, enum record_db db, struct stage *stage,
                                  bool is_list, size_t *out_num, struct sk_err *err) SK_MUST_CHECK;
/* Commits, gives the file its exact size, and syncs it. */
enum sk_status build_finish(struct build *build, struct sk_err *err) SK_MUST_CHECK;

#endif
