/* SPDX-License-Identifier: Apache-2.0 */
#include "test/support/keyprocess.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

struct keyprocess keyprocess_start(const struct keyproc_options *options, size_t num_fds)
{
    struct keyprocess process = {.num_fds = num_fds};
    struct timeval hang = {.tv_sec = KEYPROCESS_HANG_S};
    int theirs[KEYPROCESS_PEERS];
    size_t i;

    for (i = 0; i < num_fds; i++) {
        int pair[2];

        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
        process.fds[i] = pair[0];
        theirs[i] = pair[1];
        assert_int_equal(setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &hang, sizeof(hang)), 0);
        buf_init(&process.in[i], 16 * 1024 * 1024);
    }
    process.pid = fork();
    assert_true(process.pid >= 0);
    if (process.pid == 0) {
        int status;

        for (i = 0; i < num_fds; i++)
            (void)close(process.fds[i]);
        status = keyproc_run(options, theirs, num_fds);
        /* Lets the leak checker look at what keyproc_run() left. */
        (void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
        exit(status);
    }
    for (i = 0; i < num_fds; i++)
        (void)close(theirs[i]);
    return process;
}

int keyprocess_wait(struct keyprocess *process)
{
    int status;
    size_t i;

    assert_int_equal(waitpid(process->pid, &status, 0), process->pid);
    for (i = 0; i < process->num_fds; i++) {
        if (process->fds[i] >= 0)
            (void)close(process->fds[i]);
        buf_done(&process->in[i]);
    }
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* Closes all sockets, which ends the process. */
int keyprocess_end(struct keyprocess *process)
{
    size_t i;

    for (i = 0; i < process->num_fds; i++) {
        if (process->fds[i] >= 0)
            (void)close(process->fds[i]);
        process->fds[i] = -1;
    }
    return keyprocess_wait(process);
}

void keyprocess_send(const struct keyprocess *process, size_t peer, struct sk_bytes bytes)
{
    while (bytes.len > 0) {
        ssize_t n = send(process->fds[peer], bytes.p, bytes.len, MSG_NOSIGNAL);

        assert_true(n > 0);
        bytes = bytes_of(bytes.p + n, bytes.len - (size_t)n);
    }
}

void keyprocess_put(struct sk_buf *out, enum sign_op op, uint32_t id, uint32_t wait_ms,
                    const char *tbs)
{
    struct sign_request request = {
        .op = op, .id = id, .wait_ms = wait_ms, .tbs = bytes_of(tbs, strlen(tbs))};

    assert_int_equal(sign_request_encode(&request, out), SK_OK);
}

void keyprocess_ask(const struct keyprocess *process, size_t peer, enum sign_op op, uint32_t id,
                    uint32_t wait_ms, const char *tbs)
{
    struct sk_buf out;

    buf_init(&out, LIMIT_SIGN_REQUEST_BYTES);
    keyprocess_put(&out, op, id, wait_ms, tbs);
    keyprocess_send(process, peer, buf_bytes(&out));
    buf_done(&out);
}

/* The next reply; false when the process has closed the socket. */
bool keyprocess_hear(struct keyprocess *process, size_t peer, struct keyanswer *out)
{
    struct sk_buf *in = &process->in[peer];
    struct sign_reply reply;
    size_t used;
    enum sk_status status;

    while ((status = sign_reply_decode(buf_bytes(in), &reply, &used, NULL)) == SK_AGAIN) {
        uint8_t *room = buf_reserve(in, 4096);
        ssize_t n = recv(process->fds[peer], room, 4096, 0);

        if (n <= 0)
            return false;
        in->len += (size_t)n;
    }
    assert_int_equal(status, SK_OK);
    out->result = reply.result;
    out->id = reply.id;
    assert_true(reply.payload.len <= sizeof(out->payload));
    out->len = reply.payload.len;
    memcpy(out->payload, reply.payload.p, reply.payload.len);
    memmove(in->data, in->data + used, in->len - used);
    in->len -= used;
    return true;
}
