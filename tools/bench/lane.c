/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/bench/lane.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/hex.h"

enum { READ_AT_ONCE = 65536, OUT_MAX = BENCH_DEPTH * (2 * BODIES_LARGEST) };

void lane_init(struct lane *lane)
{
    lane->fd = -1;
    lane->waits_to_write = false;
    buf_init(&lane->out, OUT_MAX);
    buf_init(&lane->body, BENCH_ANSWER);
    lane->out_sent = 0;
    lane->first = lane->waiting = 0;
    lane->since_us = 0;
}

/* Closes the socket; what was on its way is gone. */
static void lane_close(struct lane *lane)
{
    if (lane->fd >= 0)
        (void)close(lane->fd);
    lane->fd = -1;
    lane->waits_to_write = false;
    buf_reset(&lane->out);
    lane->out_sent = 0;
    lane->first = lane->waiting = 0;
}

void lane_done(struct lane *lane, struct load *load)
{
    load->result->late += lane->waiting;
    lane_close(lane);
    buf_done(&lane->out);
    buf_done(&lane->body);
}

/* All unanswered requests of the lane have come to the same end. */
static void lane_fail(struct lane *lane, uint64_t *fault)
{
    *fault += lane->waiting;
    lane_close(lane);
}

static void expect_answer(struct lane *lane, const struct load *load)
{
    buf_reset(&lane->body);
    reply_start(&lane->reply, load->options->marker_len > 0 ? &lane->body : NULL);
}

static void watch(struct lane *lane, struct load *load, int act)
{
    struct epoll_event event = {.events = EPOLLIN | (lane->waits_to_write ? EPOLLOUT : 0),
                                .data = {.ptr = lane}};

    if (epoll_ctl(load->epoll, act, lane->fd, &event) != 0)
        lane_fail(lane, &load->result->refused);
}

static bool lane_open(struct lane *lane, struct load *load)
{
    const struct target *to = &load->options->target;
    int one = 1;

    lane->fd = socket(to->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (lane->fd < 0)
        return false;
    (void)setsockopt(lane->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    if (connect(lane->fd, (const struct sockaddr *)&to->address, to->address_len) != 0) {
        if (errno != EINPROGRESS)
            return false;
        lane->waits_to_write = true;
    }
    load->result->connections++;
    expect_answer(lane, load);
    watch(lane, load, EPOLL_CTL_ADD);
    return lane->fd >= 0;
}

/* Base64 goes into the path with what a path must not have escaped (RFC 6960 A.1). */
static void put_path(struct sk_buf *out, struct load *load, struct sk_bytes body)
{
    size_t i;

    buf_put_text(out, load->options->target.path);
    if (!load->options->is_get)
        return;
    buf_reset(&load->text);
    base64_encode(body, &load->text);
    buf_put_byte(out, '/');
    for (i = 0; i < load->text.len; i++) {
        switch (load->text.data[i]) {
        case '+':
            buf_put_text(out, "%2B");
            break;
        case '/':
            buf_put_text(out, "%2F");
            break;
        case '=':
            buf_put_text(out, "%3D");
            break;
        default:
            buf_put_byte(out, load->text.data[i]);
            break;
        }
    }
}

static void put_request(struct sk_buf *out, struct load *load)
{
    const struct bench_options *o = load->options;
    bool has_body = o->requests_file != NULL && !o->is_get;
    struct sk_bytes body = bytes_of(NULL, 0);

    if (o->requests_file != NULL)
        body = bodies_next(&load->bodies);
    buf_put_text(out, has_body ? "POST " : "GET ");
    put_path(out, load, body);
    buf_put_text(out, " HTTP/1.1\r\nHost: ");
    buf_put_text(out, o->target.host);
    if (has_body)
        buf_printf(out, "\r\nContent-Type: %s\r\nContent-Length: %zu", o->content_type, body.len);
    if (o->is_close)
        buf_put_text(out, "\r\nConnection: close");
    buf_put_text(out, "\r\n\r\n");
    if (has_body)
        buf_put(out, body.p, body.len);
}

static void lane_write(struct lane *lane, struct load *load)
{
    bool waited = lane->waits_to_write;
    ssize_t n;

    lane->waits_to_write = false;
    while (lane->out_sent < lane->out.len) {
        n = send(lane->fd, lane->out.data + lane->out_sent, lane->out.len - lane->out_sent,
                 MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN) {
            lane->waits_to_write = true;
            break;
        }
        if (n < 0) {
            lane_fail(lane, &load->result->cut);
            return;
        }
        lane->out_sent += (size_t)n;
    }
    if (lane->out_sent == lane->out.len) {
        buf_reset(&lane->out);
        lane->out_sent = 0;
    }
    if (waited != lane->waits_to_write)
        watch(lane, load, EPOLL_CTL_MOD);
}

void lane_send(struct lane *lane, struct load *load, int64_t due_us)
{
    load->result->sent++;
    if (lane->fd < 0 && !lane_open(lane, load)) {
        load->result->refused++;
        lane_close(lane);
        return;
    }
    if (lane->waiting == 0)
        lane->since_us = clock_mono_us();
    put_request(&lane->out, load);
    lane->due_us[(lane->first + lane->waiting) % BENCH_DEPTH] = due_us;
    lane->waiting++;
    if (buf_status(&lane->out) != SK_OK)
        lane_fail(lane, &load->result->cut);
    else if (!lane->waits_to_write)
        lane_write(lane, load);
}

/* A whole answer to the oldest request. */
static void judge_answer(struct lane *lane, struct load *load, int64_t now_us)
{
    const struct bench_options *o = load->options;
    struct bench_result *result = load->result;
    int64_t due_us = lane->due_us[lane->first];

    lane->first = (lane->first + 1) % BENCH_DEPTH;
    lane->waiting--;
    lane->since_us = now_us;
    if (lane->reply.status != o->status) {
        result->wrong_status++;
    } else if (o->marker_len > 0 &&
               (lane->body.len == 0 ||
                memmem(lane->body.data, lane->body.len, o->marker, o->marker_len) == NULL)) {
        result->no_marker++;
    } else {
        result->good++;
        histogram_add(&result->times, now_us - due_us);
    }
}

/* After an answer: the next one begins, unless the connection has done its work. */
static void go_on(struct lane *lane, struct load *load)
{
    if (lane->reply.is_last || load->options->is_close)
        lane_fail(lane, &load->result->cut); /* requests behind the last answer get none */
    else
        expect_answer(lane, load);
}

static void take_octets(struct lane *lane, struct load *load, struct sk_bytes in)
{
    int64_t now_us = clock_mono_us();
    enum sk_status status;
    size_t used;

    load->result->octets += in.len;
    while (in.len > 0 && lane->fd >= 0) {
        status = lane->waiting > 0 ? reply_feed(&lane->reply, in, &used) : SK_INPUT;
        if (status == SK_AGAIN)
            return;
        if (status != SK_OK) {
            /* Octets that nobody asked for are a fault even when no request waits for them. */
            load->result->malformed += lane->waiting == 0;
            lane_fail(lane, &load->result->malformed);
            return;
        }
        judge_answer(lane, load, now_us);
        go_on(lane, load);
        in = bytes_of(in.p + used, in.len - used);
    }
}

static void lane_ended(struct lane *lane, struct load *load)
{
    /* An idle connection that the server closes is no fault. */
    if (lane->waiting > 0 && reply_end(&lane->reply) == SK_OK)
        judge_answer(lane, load, clock_mono_us());
    lane_fail(lane, &load->result->cut);
}

static void lane_read(struct lane *lane, struct load *load)
{
    static uint8_t octets[READ_AT_ONCE]; /* one thread; nothing is kept in it */
    ssize_t n = recv(lane->fd, octets, sizeof(octets), 0);

    if (n > 0)
        take_octets(lane, load, bytes_of(octets, (size_t)n));
    else if (n == 0)
        lane_ended(lane, load);
    else if (errno != EAGAIN && errno != EINTR)
        lane_fail(lane, errno == ECONNREFUSED ? &load->result->refused : &load->result->cut);
}

void lane_ready(struct lane *lane, struct load *load, uint32_t events)
{
    /* An error is reported by the read, which therefore comes first. */
    if (lane->fd >= 0 && (events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0)
        lane_read(lane, load);
    if (lane->fd >= 0 && (events & EPOLLOUT) != 0 && lane->waits_to_write)
        lane_write(lane, load);
}

void lane_expire(struct lane *lane, struct load *load, int64_t now_us)
{
    if (lane->waiting > 0 && now_us - lane->since_us > (int64_t)load->options->timeout_ms * 1000)
        lane_fail(lane, &load->result->late);
}
