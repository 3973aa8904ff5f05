/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way to the control socket: one line out, lines in, all within one deadline.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/clock.h"
#include "tools/ctl/ctl.h"

enum { MAX_ANSWER = 16 * 1024 * 1024, PIECE = 65536 };

/* False: the deadline has passed. */
static bool wait_for(int fd, short what, int64_t end_us)
{
    struct pollfd ready = {.fd = fd, .events = what};
    int64_t left;

    do {
        left = (end_us - clock_mono_us()) / 1000;
        if (left <= 0)
            return false;
    } while (poll(&ready, 1, (int)left) < 0 && errno == EINTR);
    return ready.revents != 0;
}

/* A queue that is full (EAGAIN) cannot be waited for with poll(). */
static bool connect_by(int fd, const struct sockaddr_un *name, int64_t end_us)
{
    const struct timespec pause = {0, 20 * 1000 * 1000};

    while (connect(fd, (const struct sockaddr *)name, sizeof(*name)) != 0) {
        if (errno != EAGAIN || clock_mono_us() > end_us)
            return false;
        (void)nanosleep(&pause, NULL);
    }
    return true;
}

static enum sk_status open_link(const char *path, int64_t end_us, int *out, struct sk_err *err)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int fd = -1;

    if (strlen(path) >= sizeof(name.sun_path))
        return err_set(err, SK_IO, "%s: too long for a socket's name", path);
    memcpy(name.sun_path, path, strlen(path) + 1);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || !connect_by(fd, &name, end_us)) {
        (void)err_errno(err, SK_IO, "%s", path);
        if (fd >= 0)
            (void)close(fd);
        return SK_IO;
    }
    *out = fd;
    return SK_OK;
}

static enum sk_status send_all(int fd, const char *text, size_t len, int64_t end_us)
{
    while (len > 0) {
        ssize_t n = send(fd, text, len, MSG_NOSIGNAL);

        if (n > 0) {
            text += n;
            len -= (size_t)n;
        } else if (n == 0 || (errno != EINTR && errno != EAGAIN) ||
                   !wait_for(fd, POLLOUT, end_us)) {
            return SK_IO;
        }
    }
    return SK_OK;
}

static enum sk_status read_all(int fd, struct sk_buf *out, int64_t end_us, struct sk_err *err)
{
    for (;;) {
        uint8_t piece[PIECE];
        ssize_t n;

        if (!wait_for(fd, POLLIN, end_us))
            return err_set(err, SK_IO, "the server does not answer in time");
        n = recv(fd, piece, sizeof(piece), 0);
        if (n == 0)
            return SK_OK;
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            return err_errno(err, SK_IO, "reading the answer");
        if (n > 0)
            buf_put(out, piece, (size_t)n);
        if (buf_status(out) != SK_OK)
            return err_set(err, SK_IO, "an answer of more than %d octets", (int)MAX_ANSWER);
    }
}

static enum sk_status give_lines(const struct sk_buf *answer, ctl_line_fn line_fn, void *arg,
                                 struct sk_err *err)
{
    const char *p = (const char *)answer->data, *end = p + answer->len, *next;

    if (answer->len == 0 || end[-1] != '\n')
        return err_set(err, SK_IO, "the server has ended the connection without an answer");
    for (; p < end; p = next + 1) {
        next = memchr(p, '\n', (size_t)(end - p));
        line_fn(arg, p, (size_t)(next - p));
    }
    return SK_OK;
}

enum sk_status ctl_ask(const char *path, const char *question, unsigned patience_ms,
                       ctl_line_fn line_fn, void *arg, struct sk_err *err)
{
    int64_t end_us = clock_mono_us() + (int64_t)patience_ms * 1000;
    enum sk_status status;
    struct sk_buf answer;
    int fd = -1;

    status = open_link(path, end_us, &fd, err);
    if (status != SK_OK)
        return status;
    buf_init(&answer, MAX_ANSWER);
    status = send_all(fd, question, strlen(question), end_us);
    if (status == SK_OK)
        status = send_all(fd, "\n", 1, end_us);
    if (status != SK_OK)
        (void)err_set(err, SK_IO, "%s: the server does not take the question", path);
    else
        status = read_all(fd, &answer, end_us, err);
    if (status == SK_OK)
        status = give_lines(&answer, line_fn, arg, err);
    buf_done(&answer);
    (void)close(fd);
    return status;
}
