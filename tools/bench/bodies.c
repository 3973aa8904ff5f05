/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/bench/bodies.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* The body that begins at an offset; false when none does. */
static bool body_at(struct sk_bytes map, size_t at, struct sk_bytes *out)
{
    size_t len;

    if (map.len - at < 4)
        return false;
    len = (size_t)map.p[at] << 24 | (size_t)map.p[at + 1] << 16 | (size_t)map.p[at + 2] << 8 |
          map.p[at + 3];
    if (len > BODIES_LARGEST || len > map.len - at - 4)
        return false;
    *out = bytes_of(map.p + at + 4, len);
    return true;
}

static enum sk_status map_file(const char *file, struct sk_bytes *out, struct sk_err *err)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    struct stat st;
    void *p;

    if (fd < 0)
        return err_errno(err, SK_IO, "%s", file);
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size == 0) {
        (void)close(fd);
        return err_set(err, SK_INPUT, "%s: not a file with request bodies", file);
    }
    p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (p == MAP_FAILED) {
        (void)err_errno(err, SK_IO, "%s", file);
        (void)close(fd);
        return SK_IO;
    }
    (void)close(fd);
    *out = bytes_of(p, (size_t)st.st_size);
    return SK_OK;
}

enum sk_status bodies_open(const char *file, struct bodies *out, struct sk_err *err)
{
    struct bodies bodies = {.at = 0};
    enum sk_status status = map_file(file, &bodies.map, err);
    struct sk_bytes body;
    size_t at;

    if (status != SK_OK)
        return status;
    for (at = 0; at < bodies.map.len; at += 4 + body.len) {
        if (!body_at(bodies.map, at, &body)) {
            bodies_done(&bodies);
            return err_set(err, SK_INPUT, "%s: no body of at most 1 MiB at offset %zu", file, at);
        }
        bodies.count++;
    }
    *out = bodies;
    return SK_OK;
}

struct sk_bytes bodies_next(struct bodies *bodies)
{
    struct sk_bytes body = {0};

    /* Checked when it was opened; a file that was changed since gives empty bodies, not a crash. */
    if (!body_at(bodies->map, bodies->at, &body))
        bodies->at = bodies->map.len;
    else
        bodies->at += 4 + body.len;
    if (bodies->at >= bodies->map.len)
        bodies->at = 0;
    return body;
}

void bodies_done(struct bodies *bodies)
{
    /* munmap() takes a plain pointer; the map was made by mmap() and is nobody else's. */
    if (bodies->map.len > 0)
        (void)munmap((void *)(uintptr_t)bodies->map.p, bodies->map.len);
    bodies->map = bytes_of(NULL, 0);
    bodies->at = bodies->count = 0;
}
