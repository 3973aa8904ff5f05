/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/spill.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { HEAD = 6 }; /* octets of lengths before key and value */

struct record {
    struct sk_bytes key, value;
    size_t len; /* of the whole record */
};

void spill_init(struct spill *spill, const char *dir)
{
    memset(spill, 0, sizeof(*spill));
    spill->dir = dir;
    spill->max = SPILL_BYTES;
    spill->fd = -1;
    buf_init(&spill->bytes, UINT32_MAX);
}

void spill_done(struct spill *spill)
{
    buf_done(&spill->bytes);
    free(spill->offsets);
    free(spill->runs);
    if (spill->fd >= 0)
        (void)close(spill->fd);
    spill->offsets = NULL;
    spill->runs = NULL;
    spill->num = spill->cap = spill->num_runs = 0;
    spill->fd = -1;
}

static struct record record_at(const uint8_t *p)
{
    const size_t key = (size_t)p[0] << 8 | p[1];
    const size_t value = (size_t)p[2] << 24 | (size_t)p[3] << 16 | (size_t)p[4] << 8 | p[5];
    const struct record record = {bytes_of(p + HEAD, key), bytes_of(p + HEAD + key, value),
                                  HEAD + key + value};

    return record;
}

static int compare(const void *a, const void *b, void *arg)
{
    const uint8_t *bytes = arg;
    uint32_t i, j;
    int order;

    memcpy(&i, a, sizeof(i));
    memcpy(&j, b, sizeof(j));
    order = bytes_compare(record_at(bytes + i).key, record_at(bytes + j).key);
    return order != 0 ? order : (i > j) - (i < j);
}

static void sort(struct spill *spill)
{
    if (spill->num > 1)
        qsort_r(spill->offsets, spill->num, sizeof(*spill->offsets), compare, spill->bytes.data);
}

static enum sk_status open_file(struct spill *spill, struct sk_err *err)
{
    char path[PATH_MAX];
    int n;

    if (spill->fd >= 0)
        return SK_OK;
    n = snprintf(path, sizeof(path), "%s/spill-XXXXXX", spill->dir);
    if (n < 0 || (size_t)n >= sizeof(path))
        return err_set(err, SK_LIMIT, "%s: path too long", spill->dir);
    spill->fd = mkstemp(path);
    if (spill->fd < 0)
        return err_errno(err, SK_IO, "%s", path);
    (void)unlink(path);
    return SK_OK;
}

static enum sk_status write_all(struct spill *spill, struct sk_bytes bytes, struct sk_err *err)
{
    ssize_t n;

    while (bytes.len > 0) {
        n = write(spill->fd, bytes.p, bytes.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return err_errno(err, SK_IO, "%s: write", spill->dir);
        bytes.p += n;
        bytes.len -= (size_t)n;
        spill->written += (uint64_t)n;
    }
    return SK_OK;
}

/* The records in memory, sorted, as one more run of the file. */
static enum sk_status write_run(struct spill *spill, struct sk_err *err)
{
    struct spill_run *runs = realloc(spill->runs, (spill->num_runs + 1) * sizeof(*runs));
    enum sk_status status = open_file(spill, err);
    const uint64_t begin = spill->written;
    struct sk_buf chunk;
    size_t i;

    if (runs == NULL)
        return err_set(err, SK_NOMEM, "no memory");
    spill->runs = runs;
    buf_init(&chunk, UINT32_MAX);
    sort(spill);
    for (i = 0; status == SK_OK && i < spill->num; i++) {
        const uint8_t *p = spill->bytes.data + spill->offsets[i];

        buf_put(&chunk, p, record_at(p).len);
        if (buf_status(&chunk) != SK_OK)
            status = err_set(err, buf_status(&chunk), "no memory");
        else if (chunk.len >= (1u << 20) || i + 1 == spill->num) {
            status = write_all(spill, buf_bytes(&chunk), err);
            buf_reset(&chunk);
        }
    }
    buf_done(&chunk);
    spill->runs[spill->num_runs++] = (struct spill_run){begin, spill->written};
    buf_reset(&spill->bytes);
    spill->num = 0;
    return status;
}

static enum sk_status grow(struct spill *spill, struct sk_err *err)
{
    size_t cap = spill->cap > 0 ? spill->cap * 2 : 64;
    uint32_t *offsets;

    if (spill->num < spill->cap)
        return SK_OK;
    offsets = realloc(spill->offsets, cap * sizeof(*offsets));
    if (offsets == NULL)
        return err_set(err, SK_NOMEM, "no memory");
    spill->offsets = offsets;
    spill->cap = cap;
    return SK_OK;
}

enum sk_status spill_put(struct spill *spill, struct sk_bytes key, struct sk_bytes value,
                         struct sk_err *err)
{
    const uint8_t head[HEAD] = {(uint8_t)(key.len >> 8),    (uint8_t)key.len,
                                (uint8_t)(value.len >> 24), (uint8_t)(value.len >> 16),
                                (uint8_t)(value.len >> 8),  (uint8_t)value.len};
    enum sk_status status;

    if (key.len > UINT16_MAX || value.len > UINT32_MAX)
        return err_set(err, SK_LIMIT, "a record of %zu and %zu octets", key.len, value.len);
    if (spill->num > 0 && spill->bytes.len + HEAD + key.len + value.len > spill->max) {
        status = write_run(spill, err);
        if (status != SK_OK)
            return status;
    }
    status = grow(spill, err);
    if (status != SK_OK)
        return status;
    spill->offsets[spill->num++] = (uint32_t)spill->bytes.len;
    buf_put(&spill->bytes, head, sizeof(head));
    buf_put(&spill->bytes, key.p, key.len);
    buf_put(&spill->bytes, value.p, value.len);
    status = buf_status(&spill->bytes);
    return status == SK_OK ? SK_OK : err_set(err, status, "no memory");
}

/* The run with the least key; of equal ones the earliest. NULL: all are at their ends. */
static struct spill_run *least_run(const struct spill *spill, const uint8_t *map,
                                   struct record *out)
{
    struct spill_run *least = NULL;
    struct record record;
    size_t i;

    for (i = 0; i < spill->num_runs; i++) {
        if (spill->runs[i].begin == spill->runs[i].end)
            continue;
        record = record_at(map + spill->runs[i].begin);
        if (least == NULL || bytes_compare(record.key, out->key) < 0) {
            least = &spill->runs[i];
            *out = record;
        }
    }
    return least;
}

static enum sk_status merge(struct spill *spill, spill_fn visit, void *arg, struct sk_err *err)
{
    struct record record = {{NULL, 0}, {NULL, 0}, 0};
    enum sk_status status = SK_OK;
    struct spill_run *run;
    uint8_t *map;

    map = mmap(NULL, (size_t)spill->written, PROT_READ, MAP_PRIVATE, spill->fd, 0);
    if (map == MAP_FAILED)
        return err_errno(err, SK_IO, "%s: map", spill->dir);
    while (status == SK_OK && (run = least_run(spill, map, &record)) != NULL) {
        status = visit(arg, record.key, record.value);
        run->begin += record.len;
    }
    (void)munmap(map, (size_t)spill->written);
    return status;
}

enum sk_status spill_each(struct spill *spill, spill_fn visit, void *arg, struct sk_err *err)
{
    enum sk_status status = SK_OK;
    struct record record;
    size_t i;

    if (spill->num_runs > 0) {
        status = spill->num > 0 ? write_run(spill, err) : SK_OK;
        return status == SK_OK ? merge(spill, visit, arg, err) : status;
    }
    sort(spill);
    for (i = 0; status == SK_OK && i < spill->num; i++) {
        record = record_at(spill->bytes.data + spill->offsets[i]);
        status = visit(arg, record.key, record.value);
    }
    return status;
}
