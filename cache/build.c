/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/build.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "cache/cache_int.h"

/* A transaction keeps its dirty pages in memory: commit before they are many. */
#define COMMIT_BYTES (64u * 1024u * 1024u)
/* A record put anywhere touches a page of its own. */
#define PAGE_BYTES 4096u
/* The least map worth trying, when the address space is limited. */
#define MAP_BYTES_MIN (64ull * 1024u * 1024u)

static enum sk_status begin(struct build *build, struct sk_err *err)
{
    build->pending = 0;
    return cache_lmdb(mdb_txn_begin(build->env, NULL, 0, &build->txn), err, build->path, "begin");
}

static enum sk_status commit(struct build *build, struct sk_err *err)
{
    MDB_txn *txn = build->txn;

    build->txn = NULL; /* gone, whatever the outcome */
    return cache_lmdb(mdb_txn_commit(txn), err, build->path, "write");
}

/* The map is only address space, and the file grows as it is written: ask for the largest, and for
 * less where a limit of the process stands against it. */
static enum sk_status open_env(struct build *build, struct sk_err *err)
{
    const unsigned flags = MDB_NOLOCK | MDB_NOSYNC | MDB_NOTLS | MDB_NORDAHEAD;
    uint64_t bytes = LIMIT_GENERATION_BYTES;
    int rc;

    for (;;) {
        rc = mdb_env_create(&build->env);
        if (rc != MDB_SUCCESS) {
            build->env = NULL;
            break;
        }
        if ((rc = mdb_env_set_mapsize(build->env, (size_t)bytes)) == MDB_SUCCESS &&
            (rc = mdb_env_set_maxdbs(build->env, RECORD_DBS)) == MDB_SUCCESS)
            rc = mdb_env_open(build->env, build->path, flags, 0644);
        if (rc != ENOMEM || bytes / 2 < MAP_BYTES_MIN)
            break;
        mdb_env_close(build->env);
        build->env = NULL;
        bytes /= 2;
    }
    return cache_lmdb(rc, err, build->path, "create");
}

enum sk_status build_init(struct build *build, const char *path, struct sk_err *err)
{
    enum sk_status status;
    unsigned db;

    memset(build, 0, sizeof(*build));
    build->path = strdup(path);
    if (build->path == NULL)
        return err_set(err, SK_NOMEM, "%s: no memory", path);
    status = open_env(build, err);
    if (status == SK_OK)
        status = begin(build, err);
    for (db = 0; status == SK_OK && db < RECORD_DBS; db++)
        status = cache_lmdb(mdb_dbi_open(build->txn, record_db_name((enum record_db)db), MDB_CREATE,
                                         &build->dbis[db]),
                            err, path, "create database");
    return status;
}

void build_done(struct build *build)
{
    if (build->txn != NULL)
        mdb_txn_abort(build->txn);
    if (build->env != NULL)
        mdb_env_close(build->env);
    free(build->path);
    memset(build, 0, sizeof(*build));
}

static enum sk_status put(struct build *build, enum record_db db, struct sk_bytes key,
                          struct sk_bytes value, unsigned flags, struct sk_err *err)
{
    uint8_t copy[RECORD_KEY_MAX];
    MDB_val k = {key.len, copy}, v = {value.len, NULL};
    enum sk_status status = SK_OK;
    int rc;

    if (key.len == 0 || key.len > sizeof(copy))
        return err_set(err, SK_LIMIT, "%s: key of %zu octets", build->path, key.len);
    if (build->pending > COMMIT_BYTES) {
        status = commit(build, err);
        if (status == SK_OK)
            status = begin(build, err);
    }
    if (status != SK_OK)
        return status;
    memcpy(copy, key.p, key.len);
    /* Reserve and fill: MDB_val is not const. */
    rc = mdb_put(build->txn, build->dbis[db], &k, &v, flags | MDB_RESERVE);
    if (rc == MDB_KEYEXIST && (flags & MDB_NOOVERWRITE) != 0)
        return SK_OK;
    if (rc == MDB_SUCCESS && value.len > 0)
        memcpy(v.mv_data, value.p, value.len);
    build->pending += key.len + value.len + ((flags & MDB_APPEND) != 0 ? 0 : PAGE_BYTES);
    return cache_lmdb(rc, err, build->path, "write");
}

enum sk_status build_put(struct build *build, enum record_db db, struct sk_bytes key,
                         struct sk_bytes value, struct sk_err *err)
{
    return put(build, db, key, value, MDB_NOOVERWRITE, err);
}

enum sk_status build_append(struct build *build, enum record_db db, struct sk_bytes key,
                            struct sk_bytes value, struct sk_err *err)
{
    return put(build, db, key, value, MDB_APPEND, err);
}

enum sk_status build_append_stage(struct build *build, enum record_db db, struct stage *stage,
                                  bool is_list, size_t *out_num, struct sk_err *err)
{
    struct stage_record record, last = {{NULL, 0}, {NULL, 0}};
    enum sk_status status = SK_OK;
    struct sk_buf list; /* the values of last.key */
    size_t i, num = 0;

    buf_init(&list, UINT32_MAX);
    stage_sort(stage, true);
    for (i = 0; status == SK_OK && i < stage->num; i++, last = record) {
        record = stage_at(stage, i);
        if (i > 0 && bytes_equal(record.key, last.key)) {
            if (bytes_equal(record.value, last.value))
                continue;
            if (!is_list)
                status = err_set(err, SK_INPUT, "%s: %s: two values for one key", build->path,
                                 record_db_name(db));
        } else if (i > 0) {
            status = build_append(build, db, last.key, buf_bytes(&list), err);
            buf_reset(&list);
            num++;
        }
        buf_put(&list, record.value.p, record.value.len);
    }
    if (status == SK_OK && buf_status(&list) != SK_OK)
        status = err_set(err, buf_status(&list), "%s: list too long", build->path);
    if (status == SK_OK && stage->num > 0) {
        status = build_append(build, db, last.key, buf_bytes(&list), err);
        num++;
    }
    buf_done(&list);
    if (status == SK_OK)
        *out_num = num;
    return status;
}

/* LMDB does not write pages at the end that were taken and given back: make the file as long as its
 * meta page says, so that a reader can tell a file that was cut. */
static enum sk_status set_exact_size(struct build *build, struct sk_err *err)
{
    MDB_envinfo info;
    MDB_stat st;
    mdb_filehandle_t fd;
    int rc = mdb_env_info(build->env, &info);

    if (rc == MDB_SUCCESS)
        rc = mdb_env_stat(build->env, &st);
    if (rc == MDB_SUCCESS)
        rc = mdb_env_get_fd(build->env, &fd);
    if (rc != MDB_SUCCESS)
        return cache_lmdb(rc, err, build->path, "size");
    if (ftruncate(fd, (off_t)((info.me_last_pgno + 1) * st.ms_psize)) != 0)
        return err_errno(err, SK_IO, "%s: size", build->path);
    if (fsync(fd) != 0)
        return err_errno(err, SK_IO, "%s: sync", build->path);
    return SK_OK;
}

enum sk_status build_finish(struct build *build, struct sk_err *err)
{
    enum sk_status status = commit(build, err);

    if (status == SK_OK)
        status = cache_lmdb(mdb_env_sync(build->env, 1), err, build->path, "sync");
    return status == SK_OK ? set_exact_size(build, err) : status;
}
