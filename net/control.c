/* SPDX-License-Identifier: Apache-2.0 */
#include "net/control.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct frame {
    uint32_t kind, value;
};

union fd_space {
    struct cmsghdr header; /* for its alignment */
    char octets[CMSG_SPACE(sizeof(int))];
};

enum sk_status control_send(int socket, const struct control_message *message, struct sk_err *err)
{
    struct frame frame = {(uint32_t)message->kind, message->value};
    struct iovec run = {&frame, sizeof(frame)};
    union fd_space space;
    struct msghdr header = {.msg_iov = &run, .msg_iovlen = 1};
    ssize_t n;

    if (message->fd >= 0) {
        struct cmsghdr *cmsg;

        memset(&space, 0, sizeof(space));
        header.msg_control = &space;
        header.msg_controllen = sizeof(space);
        cmsg = CMSG_FIRSTHDR(&header);
        cmsg->cmsg_level = SOL_SOCKET;
        cmsg->cmsg_type = SCM_RIGHTS;
        cmsg->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(cmsg), &message->fd, sizeof(int));
    }
    do {
        n = sendmsg(socket, &header, MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    return n == (ssize_t)sizeof(frame) ? SK_OK : err_errno(err, SK_IO, "control socket: send");
}

static int take_fd(struct msghdr *header)
{
    struct cmsghdr *cmsg = CMSG_FIRSTHDR(header);
    int fd = -1;

    if (cmsg != NULL && cmsg->cmsg_level == SOL_SOCKET && cmsg->cmsg_type == SCM_RIGHTS &&
        cmsg->cmsg_len == CMSG_LEN(sizeof(int)))
        memcpy(&fd, CMSG_DATA(cmsg), sizeof(int));
    return fd;
}

static bool is_message(const struct frame *frame, int fd)
{
    switch (frame->kind) {
    case CONTROL_KEY:
    case CONTROL_RELOAD:
        return fd >= 0;
    case CONTROL_ACCEPT:
    case CONTROL_STATE:
    case CONTROL_DRAIN:
        return fd < 0;
    default: /* an octet string of the peer's */
        return false;
    }
}

enum sk_status control_receive(int socket, struct control_message *out, struct sk_err *err)
{
    struct frame frame;
    struct iovec run = {&frame, sizeof(frame)};
    union fd_space space;
    struct msghdr header = {
        .msg_iov = &run, .msg_iovlen = 1, .msg_control = &space, .msg_controllen = sizeof(space)};
    ssize_t n;
    int fd;

    do {
        n = recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
    } while (n < 0 && errno == EINTR);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return SK_AGAIN;
    if (n < 0 && errno != ECONNRESET)
        return err_errno(err, SK_IO, "control socket: receive");
    if (n <= 0)
        return SK_NOTFOUND;
    fd = take_fd(&header);
    if (n != (ssize_t)sizeof(frame) || !is_message(&frame, fd)) {
        if (fd >= 0)
            (void)close(fd);
        return err_set(err, SK_INPUT, "control socket: not a message of ours");
    }
    out->kind = (enum control_kind)frame.kind;
    out->value = frame.value;
    out->fd = fd;
    return SK_OK;
}
