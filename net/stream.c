/* SPDX-License-Identifier: Apache-2.0 */
#include "net/stream.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/tls.h"

enum {
    UNSENT_BYTES = 128 * 1024, /* that a socket takes ahead of what its peer has room for */
    WRITE_BYTES = 256 * 1024,  /* given to a plain socket in one turn */
    RECORD_BYTES = 16 * 1024,  /* of a TLS record at most */
    RECORDS = 16,              /* given to a TLS socket in one turn */
};

void stream_set_options(int fd)
{
    const int on = 1, unsent = UNSENT_BYTES;

    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof(unsent));
}

bool stream_init(struct stream *stream, struct event_base *base, int fd, struct ssl_st *ssl,
                 event_callback_fn fn, void *arg)
{
    memset(stream, 0, sizeof(*stream));
    stream->fd = fd;
    stream->ssl = ssl;
    stream->read_for = EV_READ;
    stream->write_for = EV_WRITE;
    stream->event = event_new(base, fd, 0, fn, arg);
    return stream->event != NULL;
}

static void end_tls(struct stream *stream)
{
    if (stream->ssl == NULL)
        return;
    tls_end(stream->ssl);
    stream->ssl = NULL;
    stream->has_more = false;
    stream->read_for = EV_READ;
    stream->write_for = EV_WRITE;
}

void stream_done(struct stream *stream)
{
    event_free(stream->event);
    if (stream->out != NULL)
        evbuffer_free(stream->out);
    end_tls(stream);
    (void)close(stream->fd);
}

bool stream_wait(struct stream *stream, bool wants_read)
{
    struct event *event = stream->event;
    short waits = 0;

    if (wants_read)
        waits = stream->read_for;
    if (stream_pending(stream) > 0)
        waits = (short)(waits | stream->write_for);
    if (waits == stream->waits)
        return true;
    stream->waits = waits;
    (void)event_del(event);
    if (waits == 0)
        return true;
    return event_assign(event, event_get_base(event), stream->fd, (short)(waits | EV_PERSIST),
                        event_get_callback(event), event_get_callback_arg(event)) == 0 &&
           event_add(event, NULL) == 0;
}

enum sk_status stream_handshake(struct stream *stream)
{
    return tls_handshake(stream->ssl, &stream->read_for);
}

/* ---- reading ---- */

static enum sk_status read_tls(struct stream *stream, uint8_t *to, size_t room, size_t *out_n)
{
    enum sk_status status;
    size_t total = 0, n;

    stream->read_for = EV_READ;
    stream->has_more = false;
    do {
        status = tls_read(stream->ssl, to + total, room - total, &n, &stream->read_for);
        total += n;
    } while (status == SK_OK && n > 0 && total < room && tls_has_more(stream->ssl));
    *out_n = total;
    if (total == 0)
        return status;
    /* An end or a fault behind what was read is found by the next read, and so is more data. */
    stream->has_more =
        status != SK_AGAIN && (status != SK_OK || n == 0 || tls_has_more(stream->ssl));
    return SK_OK;
}

enum sk_status stream_read(struct stream *stream, uint8_t *to, size_t room, size_t *out_n)
{
    ssize_t n;

    if (stream->ssl != NULL)
        return read_tls(stream, to, room, out_n);
    n = recv(stream->fd, to, room, 0);
    if (n < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? SK_AGAIN : SK_IO;
    *out_n = (size_t)n;
    return SK_OK;
}

/* ---- writing ---- */

/* One record at most. What a socket did not take of it is to be offered again unchanged. */
static enum sk_status write_record(struct stream *stream, struct sk_bytes bytes, size_t *out_n)
{
    size_t len = bytes.len < RECORD_BYTES ? bytes.len : RECORD_BYTES;
    enum sk_status status;

    stream->write_for = EV_WRITE;
    status = tls_write(stream->ssl, bytes_of(bytes.p, len), out_n, &stream->write_for);
    stream->retry = status == SK_AGAIN ? len : 0;
    return status;
}

static enum sk_status write_some(struct stream *stream, struct sk_bytes bytes, size_t *out_n)
{
    ssize_t n;

    if (stream->ssl != NULL)
        return write_record(stream, bytes, out_n);
    n = send(stream->fd, bytes.p, bytes.len, MSG_NOSIGNAL);
    if (n < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? SK_AGAIN : SK_IO;
    *out_n = (size_t)n;
    return SK_OK;
}

struct evbuffer *stream_queue(struct stream *stream)
{
    if (stream->out == NULL)
        stream->out = evbuffer_new();
    return stream->out;
}

bool stream_send(struct stream *stream, struct sk_bytes bytes)
{
    bool is_direct = stream_pending(stream) == 0;
    enum sk_status status = SK_OK;
    struct evbuffer *out;
    size_t n;

    while (is_direct && status == SK_OK && bytes.len > 0) {
        status = write_some(stream, bytes, &n);
        if (status == SK_OK)
            bytes = bytes_of(bytes.p + n, bytes.len - n);
    }
    if (status == SK_IO)
        return false;
    if (bytes.len > 0) {
        out = stream_queue(stream);
        if (out == NULL || evbuffer_add(out, bytes.p, bytes.len) != 0)
            return false;
    }
    return is_direct || stream_flush(stream);
}

static bool flush_tls(struct stream *stream)
{
    enum sk_status status = SK_OK;
    unsigned i;

    for (i = 0; i < RECORDS && status == SK_OK && stream_pending(stream) > 0; i++) {
        struct evbuffer_iovec run;
        size_t n;

        if (stream->retry > 0 && evbuffer_pullup(stream->out, (ev_ssize_t)stream->retry) == NULL)
            return false;
        if (evbuffer_peek(stream->out, -1, NULL, &run, 1) < 1)
            return false;
        if (stream->retry > 0)
            run.iov_len = stream->retry;
        status = write_record(stream, bytes_of(run.iov_base, run.iov_len), &n);
        if (status == SK_OK)
            (void)evbuffer_drain(stream->out, n);
    }
    return status == SK_OK || status == SK_AGAIN;
}

static bool flush_plain(struct stream *stream)
{
    return evbuffer_write_atmost(stream->out, stream->fd, WRITE_BYTES) >= 0 || errno == EAGAIN ||
           errno == EWOULDBLOCK || errno == EINTR;
}

bool stream_flush(struct stream *stream)
{
    bool is_good;

    if (stream_pending(stream) == 0)
        return true;
    is_good = stream->ssl != NULL ? flush_tls(stream) : flush_plain(stream);
    if (stream_pending(stream) == 0)
        stream->age = 0;
    return is_good;
}

size_t stream_pending(const struct stream *stream)
{
    return stream->out != NULL ? evbuffer_get_length(stream->out) : 0;
}

unsigned stream_age(struct stream *stream)
{
    stream->age = stream_pending(stream) > 0 ? stream->age + 1 : 0;
    return stream->age;
}

void stream_end(struct stream *stream)
{
    end_tls(stream);
    (void)shutdown(stream->fd, SHUT_WR);
}
