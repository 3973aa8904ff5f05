/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/ca/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *file_join(const char *a, const char *b)
{
    char *joined = NULL;

    if (asprintf(&joined, "%s/%s", a, b) < 0)
        return NULL;
    return joined;
}

enum sk_status file_read(const char *file, struct sk_buf *out, struct sk_err *err)
{
    enum sk_status status = SK_OK;
    uint8_t chunk[8192];
    ssize_t n = 0;
    int fd = open(file, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return err_errno(err, errno == ENOENT ? SK_NOTFOUND : SK_IO, "%s", file);
    while (buf_status(out) == SK_OK && (n = read(fd, chunk, sizeof(chunk))) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            break;
        buf_put(out, chunk, (size_t)n);
    }
    if (n < 0)
        status = err_errno(err, SK_IO, "%s", file);
    else if (buf_status(out) != SK_OK)
        status = err_set(err, buf_status(out), "%s: larger than %zu octets", file, out->max);
    (void)close(fd);
    return status;
}

static enum sk_status write_all(int fd, struct sk_bytes contents)
{
    size_t done = 0;

    while (done < contents.len) {
        ssize_t n = write(fd, contents.p + done, contents.len - done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return SK_IO;
        done += (size_t)n;
    }
    return SK_OK;
}

static enum sk_status sync_parent(const char *file)
{
    const char *slash = strrchr(file, '/');
    char *dir = slash == NULL ? strdup(".") : strndup(file, (size_t)(slash - file) + 1);
    enum sk_status status = SK_IO;
    int fd;

    if (dir == NULL)
        return SK_NOMEM;
    fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(dir);
    if (fd < 0)
        return SK_IO;
    if (fsync(fd) == 0)
        status = SK_OK;
    (void)close(fd);
    return status;
}

static enum sk_status write_new(const char *temp, struct sk_bytes contents)
{
    enum sk_status status = SK_IO;
    int fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);

    if (fd < 0)
        return SK_IO;
    if (fchmod(fd, 0644) == 0 && write_all(fd, contents) == SK_OK && fsync(fd) == 0)
        status = SK_OK;
    if (close(fd) != 0)
        status = SK_IO;
    return status;
}

enum sk_status file_replace(const char *file, struct sk_bytes contents, struct sk_err *err)
{
    enum sk_status status = SK_OK;
    char *temp = NULL;

    if (asprintf(&temp, "%s.new", file) < 0)
        return err_set(err, SK_NOMEM, "no memory");
    if (write_new(temp, contents) != SK_OK) {
        status = err_errno(err, SK_IO, "%s", temp);
        (void)unlink(temp);
    } else if (rename(temp, file) != 0 || sync_parent(file) != SK_OK) {
        status = err_errno(err, SK_IO, "%s", file);
        (void)unlink(temp);
    }
    free(temp);
    return status;
}

enum sk_status file_make_dir(const char *dir, mode_t mode, struct sk_err *err)
{
    struct stat st;

    if (mkdir(dir, mode) == 0) {
        if (chmod(dir, mode) != 0)
            return err_errno(err, SK_IO, "%s", dir);
        return SK_OK;
    }
    if (errno != EEXIST)
        return err_errno(err, SK_IO, "%s", dir);
    if (stat(dir, &st) != 0)
        return err_errno(err, SK_IO, "%s", dir);
    if (!S_ISDIR(st.st_mode))
        return err_set(err, SK_IO, "%s: not a directory", dir);
    return SK_OK;
}
