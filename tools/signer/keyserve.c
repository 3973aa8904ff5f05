/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/signer/keyserve.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/limits.h"
#include "core/log.h"

#define GROUP "signer"

enum {
    OUT_PAUSE = 256 * 1024,    /* unsent octets over which a peer is not read */
    OUT_MAX = 4 * 1024 * 1024, /* ... over which it is given up */
    POLL_STOP = 0,
    POLL_QUEUE = 1,
    POLL_PEERS = 2, /* places in the poll set */
};

struct peer {
    int fd; /* -1: gone */
    uint64_t serial;
    struct sk_buf in, out; /* a frame not whole yet; octets not sent yet */
};

struct keyserve {
    struct keysign *keys;
    struct keyqueue *queue;
    struct peer *peers;
    struct pollfd *polled;
    size_t num_peers, num_open;
    bool is_ending; /* no frame is read any more */
};

void keyserve_free(struct keyserve *serve)
{
    size_t i;

    if (serve == NULL)
        return;
    for (i = 0; i < serve->num_peers; i++) {
        if (serve->peers[i].fd >= 0)
            (void)close(serve->peers[i].fd);
        buf_done(&serve->peers[i].in);
        buf_done(&serve->peers[i].out);
    }
    free(serve->peers);
    free(serve->polled);
    free(serve);
}

enum sk_status keyserve_new(struct keysign *keys, struct keyqueue *queue, const int *fds,
                            size_t num_fds, struct keyserve **out, struct sk_err *err)
{
    enum sk_status status = SK_OK;
    struct keyserve *serve = calloc(1, sizeof(*serve));
    size_t i;

    if (serve != NULL) {
        serve->peers = calloc(num_fds, sizeof(*serve->peers));
        serve->polled = calloc(num_fds + POLL_PEERS, sizeof(*serve->polled));
    }
    if (serve == NULL || serve->peers == NULL || serve->polled == NULL) {
        for (i = 0; i < num_fds; i++)
            (void)close(fds[i]);
        keyserve_free(serve);
        return err_set(err, SK_NOMEM, "key process: no memory");
    }
    serve->keys = keys;
    serve->queue = queue;
    serve->num_peers = serve->num_open = num_fds;
    for (i = 0; i < num_fds; i++) {
        struct peer *peer = &serve->peers[i];
        int flags = fcntl(fds[i], F_GETFL);

        peer->fd = fds[i];
        peer->serial = i;
        buf_init(&peer->in, LIMIT_SIGN_REQUEST_BYTES);
        buf_init(&peer->out, OUT_MAX);
        if (flags < 0 || fcntl(fds[i], F_SETFL, flags | O_NONBLOCK) < 0)
            status = err_errno(err, SK_IO, "key process: socket %d", fds[i]);
    }
    if (status != SK_OK) {
        keyserve_free(serve);
        return status;
    }
    *out = serve;
    return SK_OK;
}

/* why: NULL for an ordinary end. */
static void close_peer(struct keyserve *serve, struct peer *peer, const char *why)
{
    if (why != NULL)
        log_error(GROUP, "peer %llu: closed: %s", (unsigned long long)peer->serial, why);
    (void)close(peer->fd);
    peer->fd = -1;
    buf_done(&peer->in);
    buf_done(&peer->out);
    serve->num_open--;
}

/* Sends what can be sent now. */
static void flush_peer(struct keyserve *serve, struct peer *peer)
{
    ssize_t n;

    if (peer->fd < 0 || peer->out.len == 0)
        return;
    n = send(peer->fd, peer->out.data, peer->out.len, MSG_NOSIGNAL);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n < 0) {
        close_peer(serve, peer, NULL);
        return;
    }
    memmove(peer->out.data, peer->out.data + n, peer->out.len - (size_t)n);
    peer->out.len -= (size_t)n;
}

static void reply(struct keyserve *serve, struct peer *peer, const struct sign_reply *answer)
{
    if (sign_reply_encode(answer, &peer->out) != SK_OK)
        close_peer(serve, peer, "does not take its replies");
}

/* ---- requests -------------------------------------------------------------------------------- */

static void reply_result(struct keyserve *serve, struct peer *peer,
                         const struct sign_request *request, enum sign_result result,
                         struct sk_bytes payload)
{
    struct sign_reply answer = {
        .result = result, .key = request->key, .id = request->id, .payload = payload};

    reply(serve, peer, &answer);
}

static void take_sign(struct keyserve *serve, struct peer *peer, const struct sign_request *request)
{
    uint32_t wait_ms = request->wait_ms < LIMIT_SIGN_MS ? request->wait_ms : LIMIT_SIGN_MS;
    struct keyjob *job =
        keyjob_new(request, peer->serial, clock_mono_us() + (int64_t)wait_ms * 1000);

    if (job != NULL && keyqueue_push(serve->queue, job))
        return;
    reply_result(serve, peer, request, SIGN_RESULT_BUSY, bytes_of(NULL, 0));
    keyjob_free(job);
}

static void take_request(struct keyserve *serve, struct peer *peer,
                         const struct sign_request *request)
{
    uint8_t states[LIMIT_SIGNER_KEYS];

    if (!keysign_has(serve->keys, request->key, request->algorithm)) {
        reply_result(serve, peer, request, SIGN_RESULT_NO_KEY, bytes_of(NULL, 0));
        return;
    }
    switch (request->op) {
    case SIGN_OP_HELLO:
        reply_result(serve, peer, request, SIGN_RESULT_OK,
                     keysign_hello(serve->keys, request->key));
        break;
    case SIGN_OP_SIGN:
        take_sign(serve, peer, request);
        break;
    case SIGN_OP_STATUS:
        keysign_states(serve->keys, states);
        reply_result(serve, peer, request, SIGN_RESULT_OK,
                     bytes_of(states, keysign_count(serve->keys)));
        break;
    case SIGN_OP_NONE:
        close_peer(serve, peer, "asked for nothing");
        break;
    }
}

static void take_frames(struct keyserve *serve, struct peer *peer)
{
    struct sk_err err = {0};
    size_t at = 0, used;

    while (peer->fd >= 0) {
        struct sign_request request;
        enum sk_status status = sign_request_decode(bytes_of(peer->in.data + at, peer->in.len - at),
                                                    &request, &used, &err);

        if (status == SK_AGAIN)
            break;
        if (status != SK_OK) {
            close_peer(serve, peer, err.text);
            return;
        }
        take_request(serve, peer, &request);
        at += used;
    }
    if (peer->fd < 0 || at == 0)
        return;
    memmove(peer->in.data, peer->in.data + at, peer->in.len - at);
    peer->in.len -= at;
}

static void read_peer(struct keyserve *serve, struct peer *peer)
{
    size_t room = LIMIT_SIGN_REQUEST_BYTES - peer->in.len;
    uint8_t *to = buf_reserve(&peer->in, room);
    ssize_t n;

    if (to == NULL) {
        close_peer(serve, peer, "no memory for its frames");
        return;
    }
    n = recv(peer->fd, to, room, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        close_peer(serve, peer, NULL);
        return;
    }
    peer->in.len += (size_t)n;
    take_frames(serve, peer);
}

/* ---- replies of finished jobs
 * ---------------------------------------------------------------------- */

static void take_finished(struct keyserve *serve)
{
    struct keyjob *job;

    while ((job = keyqueue_take(serve->queue)) != NULL) {
        struct peer *peer = &serve->peers[job->peer];
        struct sign_reply answer = {.result = job->result, .key = job->key, .id = job->id};

        if (job->result == SIGN_RESULT_OK)
            answer.payload = buf_bytes(&job->signature);
        if (peer->fd >= 0)
            reply(serve, peer, &answer);
        keyjob_free(job);
    }
}

/* ---- the loop
 * ----------------------------------------------------------------------------------------- */

static int timeout_ms(int64_t until_us, int64_t now_us)
{
    if (until_us == CLOCK_NEVER)
        return -1;
    if (until_us <= now_us)
        return 0;
    return (int)((until_us - now_us + 999) / 1000);
}

/* Sleeps until something happens. */
static void wait_for_work(struct keyserve *serve, int stop_fd, int64_t until_us)
{
    size_t i;

    serve->polled[POLL_STOP] = (struct pollfd){serve->is_ending ? -1 : stop_fd, POLLIN, 0};
    serve->polled[POLL_QUEUE] = (struct pollfd){keyqueue_fd(serve->queue), POLLIN, 0};
    for (i = 0; i < serve->num_peers; i++) {
        const struct peer *peer = &serve->peers[i];
        short events = peer->out.len > 0 ? POLLOUT : 0;

        if (!serve->is_ending && peer->out.len < OUT_PAUSE)
            events = (short)(events | POLLIN);
        serve->polled[POLL_PEERS + i] = (struct pollfd){events != 0 ? peer->fd : -1, events, 0};
    }
    if (poll(serve->polled, serve->num_peers + POLL_PEERS, timeout_ms(until_us, clock_mono_us())) <
        0) {
        for (i = 0; i < serve->num_peers + POLL_PEERS; i++)
            serve->polled[i].revents = 0; /* interrupted: nothing is known */
    }
}

static void serve_peers(struct keyserve *serve)
{
    size_t i;

    for (i = 0; i < serve->num_peers; i++) {
        struct peer *peer = &serve->peers[i];
        short seen = serve->polled[POLL_PEERS + i].revents;

        if (peer->fd >= 0 && !serve->is_ending && (seen & (POLLIN | POLLHUP | POLLERR)) != 0)
            read_peer(serve, peer);
    }
}

static bool has_unsent(const struct keyserve *serve)
{
    size_t i;

    for (i = 0; i < serve->num_peers; i++) {
        if (serve->peers[i].fd >= 0 && serve->peers[i].out.len > 0)
            return true;
    }
    return false;
}

bool keyserve_run(struct keyserve *serve, int stop_fd)
{
    int64_t end_us = CLOCK_NEVER, watch_us, now_us;
    size_t open_jobs, i;

    for (;;) {
        if (!serve->is_ending &&
            (serve->num_open == 0 || (serve->polled[POLL_STOP].revents & POLLIN) != 0)) {
            serve->is_ending = true;
            end_us = clock_mono_us() + (int64_t)LIMIT_SIGN_DRAIN_MS * 1000;
        }
        now_us = clock_mono_us();
        watch_us = keyqueue_watch(serve->queue, now_us);
        /* Counted before taking: a job that ends in between is taken in the next turn. */
        open_jobs = keyqueue_open_jobs(serve->queue);
        take_finished(serve);
        for (i = 0; i < serve->num_peers; i++)
            flush_peer(serve, &serve->peers[i]);
        if (serve->is_ending && open_jobs == 0 && !has_unsent(serve))
            return true;
        if (serve->is_ending && now_us >= end_us)
            return open_jobs == 0;
        wait_for_work(serve, stop_fd, watch_us < end_us ? watch_us : end_us);
        serve_peers(serve);
    }
}
