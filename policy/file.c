/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_CHUNK = 16384 };

/* fd is read until its end: the size that fstat() told may have changed since. */
static enum sk_status read_all(int fd, const char *name, struct sk_buf *out, struct sk_err *err)
{
    uint8_t chunk[FILE_CHUNK];
    ssize_t n;

    for (;;) {
        n = read(fd, chunk, sizeof(chunk));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_errno(err, SK_IO, "%s: cannot read", name);
        if (n == 0)
            return SK_OK;
        buf_put(out, chunk, (size_t)n);
        if (buf_status(out) == SK_LIMIT)
            return err_set(err, SK_LIMIT, "%s: larger than %zu octets", name, out->max);
        if (buf_status(out) != SK_OK)
            return err_set(err, buf_status(out), "%s: out of memory", name);
    }
}

enum sk_status file_read(const char *name, struct sk_buf *out, struct sk_err *err)
{
    int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    enum sk_status status;
    struct stat st;

    if (fd < 0)
        return err_errno(err, SK_IO, "%s: cannot open", name);
    if (fstat(fd, &st) != 0)
        status = err_errno(err, SK_IO, "%s: cannot read", name);
    else if (!S_ISREG(st.st_mode))
        status = err_set(err, SK_IO, "%s: not a regular file", name);
    else
        status = read_all(fd, name, out, err);
    (void)close(fd);
    return status;
}
