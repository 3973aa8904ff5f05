/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/generation.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "cache/cache_int.h"
#include "cache/dirs.h"

/* `current` may move on, and its old target go, between reading the link and opening the file. */
enum { OPEN_TRIES = 8 };

enum sk_status cache_lmdb(int rc, struct sk_err *err, const char *object, const char *what)
{
    enum sk_status status = SK_IO;

    if (rc == MDB_SUCCESS)
        return SK_OK;
    if (rc == MDB_NOTFOUND)
        status = SK_NOTFOUND;
    else if (rc == ENOMEM)
        status = SK_NOMEM;
    else if (rc == MDB_MAP_FULL || rc == MDB_BAD_VALSIZE)
        status = SK_LIMIT;
    else if (rc == MDB_CORRUPTED || rc == MDB_PAGE_NOTFOUND || rc == MDB_INVALID ||
             rc == MDB_VERSION_MISMATCH || rc == MDB_INCOMPATIBLE)
        status = SK_INPUT;
    return err_set(err, status, "%s: %s: %s", object, what, mdb_strerror(rc));
}

/* An LMDB file is two meta pages and whatever the newer one counts. A shorter file would be a
 * SIGBUS at the first touch of what is missing, so this is looked at before anything else. */
static enum sk_status check_size(MDB_env *env, const char *path, const struct stat *st,
                                 struct sk_err *err)
{
    MDB_envinfo info;
    MDB_stat stat_out;
    int rc = mdb_env_info(env, &info);

    if (rc == MDB_SUCCESS)
        rc = mdb_env_stat(env, &stat_out);
    if (rc != MDB_SUCCESS)
        return cache_lmdb(rc, err, path, "size");
    if ((uint64_t)st->st_size / stat_out.ms_psize <= info.me_last_pgno)
        return err_set(err, SK_INPUT, "%s: cut short: %lld bytes, %zu pages expected", path,
                       (long long)st->st_size, info.me_last_pgno + 1);
    return SK_OK;
}

static enum sk_status stat_data(const char *path, struct stat *out, struct sk_err *err)
{
    char file[DIRS_PATH];
    enum sk_status status = dirs_path(path, "data.mdb", file, err);

    if (status == SK_OK && stat(file, out) != 0)
        status = err_errno(err, errno == ENOENT ? SK_NOTFOUND : SK_IO, "%s", file);
    return status;
}

/* Fills *st from the file that was opened. */
static enum sk_status open_env(const char *path, MDB_env **out, struct stat *st, struct sk_err *err)
{
    MDB_env *env = NULL;
    enum sk_status status = stat_data(path, st, err);
    mdb_filehandle_t fd;
    int rc;

    if (status != SK_OK)
        return status;
    rc = mdb_env_create(&env);
    if (rc != MDB_SUCCESS)
        return cache_lmdb(rc, err, path, "open");
    /* The map is as large as the file: LMDB refuses to map less than what it counts. */
    if ((rc = mdb_env_set_mapsize(env, (size_t)st->st_size)) != MDB_SUCCESS ||
        (rc = mdb_env_set_maxdbs(env, RECORD_DBS)) != MDB_SUCCESS ||
        (rc = mdb_env_open(env, path, MDB_RDONLY | MDB_NOLOCK | MDB_NOTLS, 0)) != MDB_SUCCESS) {
        status = rc == ENOENT ? err_set(err, SK_NOTFOUND, "%s: not there", path)
                              : cache_lmdb(rc, err, path, "open");
    } else if (mdb_env_get_fd(env, &fd) != MDB_SUCCESS || fstat(fd, st) != 0) {
        status = err_errno(err, SK_IO, "%s", path);
    } else {
        status = check_size(env, path, st, err);
    }
    if (status != SK_OK) {
        mdb_env_close(env);
        return status;
    }
    *out = env;
    return SK_OK;
}

static enum sk_status read_meta(struct sk_generation *gen, MDB_txn *txn, const char *path,
                                uint64_t number, struct sk_err *err)
{
    static char name[] = "meta";
    MDB_val key = {sizeof(name) - 1, name}, value;
    int rc = mdb_get(txn, gen->dbis[RECORD_META], &key, &value);

    if (rc != MDB_SUCCESS)
        return err_set(err, SK_INPUT, "%s: no format record", path);
    if (record_get_meta(bytes_of(value.mv_data, value.mv_size), &gen->meta) != SK_OK)
        return err_set(err, SK_INPUT, "%s: damaged format record", path);
    if (gen->meta.format != RECORD_FORMAT)
        return err_set(err, SK_INPUT, "%s: format %u, this program reads %u", path,
                       gen->meta.format, RECORD_FORMAT);
    if (gen->meta.number != number)
        return err_set(err, SK_INPUT, "%s: holds generation %llu", path,
                       (unsigned long long)gen->meta.number);
    return SK_OK;
}

/* Opens the databases (their handles outlive the transaction) and reads the format record. */
static enum sk_status open_records(struct sk_generation *gen, const char *path, uint64_t number,
                                   struct sk_err *err)
{
    enum sk_status status;
    MDB_txn *txn;
    int rc = mdb_txn_begin(gen->env, NULL, MDB_RDONLY, &txn);
    unsigned db;

    if (rc != MDB_SUCCESS)
        return cache_lmdb(rc, err, path, "begin");
    for (db = 0; db < RECORD_DBS; db++) {
        rc = mdb_dbi_open(txn, record_db_name((enum record_db)db), 0, &gen->dbis[db]);
        if (rc != MDB_SUCCESS) {
            mdb_txn_abort(txn);
            return err_set(err, SK_INPUT, "%s: database %s: %s", path,
                           record_db_name((enum record_db)db), mdb_strerror(rc));
        }
        /* First: another format has other databases. */
        status = db == RECORD_META ? read_meta(gen, txn, path, number, err) : SK_OK;
        if (status != SK_OK) {
            mdb_txn_abort(txn);
            return status;
        }
    }
    return cache_lmdb(mdb_txn_commit(txn), err, path, "begin");
}

static enum sk_status open_number(const char *dir, uint64_t number, struct sk_generation **out,
                                  struct sk_err *err)
{
    char path[DIRS_PATH];
    struct sk_generation *gen;
    struct stat st;
    enum sk_status status = dirs_generation_path(dir, number, path, err);

    if (status != SK_OK)
        return status;
    gen = calloc(1, sizeof(*gen));
    if (gen == NULL)
        return err_set(err, SK_NOMEM, "%s: no memory", path);
    atomic_init(&gen->refs, 1);
    status = open_env(path, &gen->env, &st, err);
    if (status == SK_OK) {
        gen->device = st.st_dev;
        gen->inode = st.st_ino;
        status = open_records(gen, path, number, err);
    }
    if (status != SK_OK) {
        generation_unref(gen);
        return status;
    }
    *out = gen;
    return SK_OK;
}

enum sk_status generation_open(const char *dir, struct sk_generation **out, struct sk_err *err)
{
    uint64_t number, again;
    enum sk_status status;
    int i;

    for (i = 0; i < OPEN_TRIES; i++) {
        status = dirs_current(dir, &number, err);
        if (status != SK_OK)
            return status;
        status = open_number(dir, number, out, err);
        if (status == SK_OK)
            return SK_OK;
        if (dirs_current(dir, &again, NULL) != SK_OK || again == number)
            break;
    }
    /* SK_NOTFOUND is kept for "nothing published": a link to nothing is damage. */
    if (status == SK_NOTFOUND)
        return err_set(err, SK_INPUT, "%s: current names generation %llu, which is not there", dir,
                       (unsigned long long)number);
    return status;
}

struct sk_generation *generation_ref(struct sk_generation *gen)
{
    atomic_fetch_add(&gen->refs, 1);
    return gen;
}

void generation_unref(struct sk_generation *gen)
{
    if (gen == NULL || atomic_fetch_sub(&gen->refs, 1) != 1)
        return;
    if (gen->env != NULL)
        mdb_env_close(gen->env);
    free(gen);
}

uint64_t generation_number(const struct sk_generation *gen)
{
    return gen->meta.number;
}

int64_t generation_created(const struct sk_generation *gen)
{
    return gen->meta.created;
}

enum sk_status generation_current(const char *dir, uint64_t *out, struct sk_err *err)
{
    return dirs_current(dir, out, err);
}

bool generation_is_current(const struct sk_generation *gen, const char *dir)
{
    char path[DIRS_PATH];
    struct stat st;
    uint64_t number;

    if (dirs_current(dir, &number, NULL) != SK_OK ||
        dirs_generation_path(dir, number, path, NULL) != SK_OK ||
        stat_data(path, &st, NULL) != SK_OK)
        return true;
    return number == gen->meta.number && st.st_dev == gen->device && st.st_ino == gen->inode;
}
