/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of a connection, and its reading.
 */
#include "core/ascii.h"
#include "net/conn_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/hex.h"
#include "core/log.h"
#include "net/tls.h"

enum {
    OUT_BYTES = (LIMIT_HTTP_PIPELINE + 1) * 20 * 1024, /* heads and small bodies of one turn */
};

void conn_close(struct conn *conn)
{
    struct conn_set *set = conn->set;
    struct conn_exchange *exchange;

    while ((exchange = TAILQ_FIRST(&conn->exchanges)) != NULL) {
        TAILQ_REMOVE(&conn->exchanges, exchange, link);
        exchange->conn = NULL;
        if (exchange->is_answered)
            conn_exchange_free(exchange); /* else conn_reply() does */
    }
    TAILQ_REMOVE(&set->conns, conn, link);
    set->count--;
    counter_sub(&set->options.counters->open, 1);
    if (set->options.clients != NULL)
        clients_leave(set->options.clients, &conn->client.address);
    if (conn->in_handshake)
        counter_add(&set->options.counters->tls_failed, 1);
    if (set->reader == conn)
        set->reader = NULL;
    deadlines_done(&conn->deadlines);
    stream_done(&conn->stream);
    buf_done(&conn->kept);
    http_reader_done(&conn->reader);
    free(conn->certificate);
    free(conn);
    if (set->count == 0 && set->is_draining && set->when_empty != NULL)
        set->when_empty(set->when_empty_arg);
}

/* ---- requests ---- */

/* Is it one we would let stand in a log line and a header field? */
static bool is_id(struct sk_bytes text)
{
    size_t i;

    for (i = 0; i < text.len; i++) {
        uint8_t c = text.p[i];

        if (!ascii_is_alnum(c) && c != '.' && c != '_' && c != '-')
            return false;
    }
    return text.len > 0 && text.len <= LIMIT_HTTP_ID_BYTES;
}

/* 8 digits of the set, 16 of the request: a bijection of its number, so that no two are equal and
 * none tells how many there were. */
static void make_id(struct conn_set *set, char *out)
{
    uint64_t x = (set->id_count++ ^ set->id_key[1]) * 0x9e3779b97f4a7c15u;
    uint8_t octets[12];
    size_t i;

    x = (x ^ (x >> 32)) * 0xd6e8feb86659fd93u;
    x ^= x >> 32;
    for (i = 0; i < 4; i++)
        octets[i] = (uint8_t)(set->id_key[0] >> (24 - 8 * i));
    for (i = 0; i < 8; i++)
        octets[4 + i] = (uint8_t)(x >> (56 - 8 * i));
    hex_encode(bytes_of(octets, sizeof(octets)), out);
}

static void set_id(struct conn_exchange *exchange, struct conn_set *set,
                   const struct http_request *request)
{
    struct sk_bytes theirs;

    if (request != NULL && set->options.accept_id &&
        http_request_field(request, "x-request-id", &theirs) == SK_OK && is_id(theirs))
        memcpy(exchange->id, theirs.p, theirs.len);
    else
        make_id(set, exchange->id);
}

struct conn_exchange *conn_exchange_new(struct conn *conn, const struct http_request *request)
{
    struct conn_exchange *exchange = calloc(1, sizeof(*exchange));

    if (exchange == NULL)
        return NULL;
    exchange->counters = conn->set->options.counters;
    exchange->conn = conn;
    exchange->is_head = request != NULL && request->method == HTTP_HEAD;
    exchange->keep_alive = request != NULL && request->keep_alive;
    exchange->minor = request != NULL ? request->minor : 1;
    exchange->method = request != NULL ? http_method_text(request->method) : NULL;
    exchange->start_us = clock_mono_us();
    set_id(exchange, conn->set, request);
    TAILQ_INSERT_TAIL(&conn->exchanges, exchange, link);
    conn->num_exchanges++;
    return exchange;
}

bool conn_refuse(struct conn *conn, unsigned status, const char *code, const char *text)
{
    struct conn_exchange *exchange = conn_exchange_new(conn, NULL);

    conn->state = CONN_CLOSING;
    conn->must_linger = true;
    if (exchange == NULL)
        return false;
    answer_error(&exchange->answer, status, code, text);
    exchange->is_answered = true;
    conn->due += answer_body_len(&exchange->answer);
    return true;
}

static const char *fault_code(unsigned status)
{
    switch (status) {
    case 413:
    case 414:
    case 431:
        return "too-large";
    case 417:
        return "expectation-failed";
    case 501:
        return "not-implemented";
    case 505:
        return "http-version";
    default: /* an HTTP status, not an enum of ours */
        return "bad-request";
    }
}

static bool take_request(struct conn *conn)
{
    struct conn_set *set = conn->set;
    struct http_request request;
    struct conn_exchange *exchange;

    http_request_get0(&conn->reader, &request);
    exchange = conn_exchange_new(conn, &request);
    if (exchange == NULL)
        return false;
    exchange->is_waiting = true;
    counter_add(&exchange->counters->waiting, 1);
    counter_add(&exchange->counters->requests, 1);
    conn->requests++;
    if (!request.keep_alive) {
        conn->state = CONN_CLOSING;
        conn->must_linger = conn->unread.len > 0;
    }
    set->handler(set->arg, exchange, &request);
    http_reader_next(&conn->reader);
    return true;
}

bool conn_may_read(const struct conn *conn)
{
    return conn->state == CONN_OPEN && conn->num_exchanges < LIMIT_HTTP_PIPELINE &&
           conn->due + stream_pending(&conn->stream) < LIMIT_HTTP_OUTPUT_BYTES;
}

/* Takes up to one request from what was received. False: the connection must be cut. */
static bool read_some(struct conn *conn)
{
    struct sk_counters *counters = conn->set->options.counters;
    enum sk_status status;
    const char *text;
    unsigned fault;
    size_t used;

    status = http_read(&conn->reader, conn->unread, &used);
    if (status == SK_INPUT) {
        fault = http_reader_fault(&conn->reader, &text);
        counter_add(&counters->bad_requests, 1);
        return conn_refuse(conn, fault, fault_code(fault), text);
    }
    if (status != SK_OK && status != SK_AGAIN)
        return conn_refuse(conn, 503, "no-memory", "no memory for this request");
    counter_add(&counters->octets_in, used);
    conn->unread = bytes_of(conn->unread.p + used, conn->unread.len - used);
    return status == SK_AGAIN || take_request(conn);
}

/* ---- receiving ---- */

static bool wants_read(const struct conn *conn)
{
    return !conn->peer_ended &&
           (conn->in_handshake || conn_may_read(conn) || conn->state == CONN_LINGER);
}

/* Has something to be looked at, if there is: what was kept, or what the stream has. Only one step
 * at a time reads: another inside of it has its turn later. False: the connection must be cut. */
static bool receive(struct conn *conn)
{
    struct conn_set *set = conn->set;
    enum sk_status status;
    size_t n = 0;

    if (conn->unread.len > 0 || !conn->is_readable || !wants_read(conn) || set->reader != NULL)
        return true;
    status = stream_read(&conn->stream, set->in, sizeof(set->in), &n);
    conn->is_readable = conn->stream.has_more;
    if (status == SK_AGAIN)
        return true;
    if (status != SK_OK)
        return false;
    if (n > 0) {
        set->reader = conn;
        conn->unread = bytes_of(set->in, n);
        return true;
    }
    /* The client has ended its side; what it asked before is still answered. */
    conn->peer_ended = true;
    return conn->state != CONN_LINGER;
}

/* The end of a step: what is left is kept for the next. False: no memory. */
static bool keep_unread(struct conn *conn)
{
    struct conn_set *set = conn->set;

    if (set->reader == conn) {
        set->reader = NULL;
        buf_put(&conn->kept, conn->unread.p, conn->unread.len);
        conn->unread = buf_bytes(&conn->kept);
    }
    if (conn->unread.len == 0 && conn->kept.cap > 0) {
        buf_done(&conn->kept);
        conn->unread = bytes_of(NULL, 0);
    }
    return buf_status(&conn->kept) == SK_OK;
}

/* ---- steps ---- */

/* All is written and no request is to come. True: the connection is gone. */
static bool finish(struct conn *conn)
{
    if (conn->state != CONN_CLOSING || conn->num_exchanges > 0 || stream_pending(&conn->stream) > 0)
        return false;
    if (!conn->must_linger || conn->peer_ended) {
        conn_close(conn);
        return true;
    }
    /* Closing while the client still sends would reset the connection and take the answer from it
     * (RFC 9112 9.6). */
    conn->state = CONN_LINGER;
    stream_end(&conn->stream);
    return false;
}

/* False: the connection must be cut. */
static bool throw_away(struct conn *conn)
{
    conn->thrown_away += conn->unread.len;
    conn->unread.len = 0;
    return conn->thrown_away <= LIMIT_HTTP_LINGER_BYTES;
}

static bool has_unread(const struct conn *conn)
{
    return conn_may_read(conn) && conn->unread.len > 0;
}

/* Reads and answers until nothing more can be done or others are to be served first. Answers are
 * written when no request is left to be read, so that those of pipelined ones leave together.
 * False: the connection must be cut. */
static bool take_turn(struct conn *conn)
{
    const unsigned end = conn->requests + LIMIT_HTTP_TURN;
    bool is_good = stream_flush(&conn->stream) && receive(conn);

    do {
        while (is_good && has_unread(conn) && conn->requests != end)
            is_good = read_some(conn);
        is_good = is_good && conn_write_answers(conn);
    } while (is_good && has_unread(conn) && conn->requests != end);
    conn->has_more = has_unread(conn) || (wants_read(conn) && conn->is_readable);
    if (is_good && conn->state == CONN_LINGER)
        is_good = throw_away(conn);
    return keep_unread(conn) && is_good;
}

/* What to wait for from here on; the connection may be gone afterwards. */
static void wait_on(struct conn *conn)
{
    conn_time_arm(conn);
    if (!stream_wait(&conn->stream, wants_read(conn)))
        conn_close(conn);
}

void conn_step(struct conn *conn)
{
    bool is_good;

    conn->in_step = true;
    is_good = take_turn(conn);
    conn->in_step = false;
    if (is_good && conn->peer_ended && conn->state == CONN_OPEN && conn_may_read(conn) &&
        !conn->has_more)
        conn->state = CONN_CLOSING;
    if (!is_good || !conn_write_continue(conn))
        conn_close(conn);
    else if (!finish(conn))
        wait_on(conn);
}

/* False: the connection must be cut. */
static bool end_handshake(struct conn *conn)
{
    counter_add(&conn->set->options.counters->tls_handshakes, 1);
    conn->in_handshake = false;
    if (tls_certificate(conn->stream.ssl, &conn->certificate) != SK_OK) {
        log_warning("tls", "a client's certificate cannot be taken in");
        return false;
    }
    conn->client.certificate = conn->certificate;
    return true;
}

static void go_on_with_handshake(struct conn *conn)
{
    enum sk_status status = stream_handshake(&conn->stream);

    if (status == SK_AGAIN)
        wait_on(conn);
    else if (status == SK_OK && end_handshake(conn))
        conn_step(conn);
    else
        conn_close(conn);
}

static void on_ready(evutil_socket_t fd, short what, void *arg)
{
    struct conn *conn = arg;

    (void)fd;
    if ((what & conn->stream.read_for) != 0)
        conn->is_readable = true;
    if (conn->in_handshake)
        go_on_with_handshake(conn);
    else if (!conn->has_more) /* else its next turn comes by the timer */
        conn_step(conn);
}

/* ---- the set ---- */

struct conn_set *conn_set_new(struct event_base *base, const struct conn_options *options,
                              conn_handler handler, void *arg)
{
    struct conn_set *set = calloc(1, sizeof(*set));

    if (set == NULL)
        return NULL;
    set->base = base;
    set->options = *options;
    set->handler = handler;
    set->arg = arg;
    if (getrandom(set->id_key, sizeof(set->id_key), 0) != (ssize_t)sizeof(set->id_key)) {
        free(set);
        return NULL;
    }
    TAILQ_INIT(&set->conns);
    conn_time_init(set);
    buf_init(&set->out, OUT_BYTES);
    return set;
}

void conn_set_free(struct conn_set *set)
{
    struct conn *conn;

    if (set == NULL)
        return;
    set->is_draining = false;
    while ((conn = TAILQ_FIRST(&set->conns)) != NULL)
        conn_close(conn);
    buf_done(&set->out);
    free(set);
}

void conn_set_new_generation(struct conn_set *set)
{
    struct conn *conn, *next;

    for (conn = TAILQ_FIRST(&set->conns); conn != NULL; conn = next) {
        next = TAILQ_NEXT(conn, link);
        if (stream_age(&conn->stream) <= LIMIT_HELD_GENERATIONS)
            continue;
        log_debug("http", "a client still takes an answer out of an old generation");
        counter_add(&set->options.counters->late_takers, 1);
        conn_close(conn);
    }
}

size_t conn_set_count(const struct conn_set *set)
{
    return set->count;
}

/* No room: said without a connection object, as far as the socket takes it. A client of TLS would
 * not understand it. */
static void turn_away(const struct conn_arrival *arrival, unsigned status)
{
    int fd = arrival->fd;
    char text[256];
    int len = snprintf(text, sizeof(text),
                       "HTTP/1.1 %u %s\r\nContent-Length: 0\r\nRetry-After: %u\r\n"
                       "Connection: close\r\n\r\n",
                       status, http_status_text(status), LIMIT_HTTP_RETRY_S);

    if (arrival->listener->tls == NULL)
        (void)send(fd, text, (size_t)len, MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)shutdown(fd, SHUT_WR);
    (void)close(fd);
}

/* False: no memory, and the socket is still the caller's. */
static bool open_stream(struct conn *conn, struct event_base *base,
                        const struct conn_arrival *arrival)
{
    struct ssl_st *ssl = NULL;

    if (arrival->listener->tls != NULL) {
        ssl = tls_accept(arrival->listener->tls, arrival->fd, true);
        if (ssl == NULL)
            return false;
    }
    if (stream_init(&conn->stream, base, arrival->fd, ssl, on_ready, conn))
        return true;
    if (ssl != NULL)
        tls_end(ssl);
    return false;
}

static struct conn *conn_new(struct conn_set *set, const struct conn_arrival *arrival)
{
    struct conn *conn = calloc(1, sizeof(*conn));

    if (conn == NULL)
        return NULL;
    if (!deadlines_init(&conn->deadlines, &set->deadlines, set->base, conn_time_on_timer, conn)) {
        free(conn);
        return NULL;
    }
    if (!open_stream(conn, set->base, arrival)) {
        deadlines_done(&conn->deadlines);
        free(conn);
        return NULL;
    }
    conn->set = set;
    conn->listener = arrival->listener;
    conn->client.address = arrival->address;
    conn->in_handshake = arrival->listener->tls != NULL;
    conn->state = CONN_OPEN;
    TAILQ_INIT(&conn->exchanges);
    http_reader_init(&conn->reader, &set->options.http);
    buf_init(&conn->kept, CONN_READ_BYTES);
    return conn;
}

/* Room in the set and among the client's connections; false: turned away. */
static bool admit(struct conn_set *set, const struct conn_arrival *arrival)
{
    struct sk_counters *counters = set->options.counters;

    if (set->options.clients != NULL && !clients_enter(set->options.clients, &arrival->address)) {
        counter_add(&counters->refused_client, 1);
        turn_away(arrival, 429);
        return false;
    }
    if (set->count < set->options.max_connections || conn_set_evict(set))
        return true;
    if (set->options.clients != NULL)
        clients_leave(set->options.clients, &arrival->address);
    counter_add(&counters->refused_full, 1);
    turn_away(arrival, 503);
    return false;
}

void conn_set_add(struct conn_set *set, const struct conn_arrival *arrival)
{
    struct conn *conn;

    if (!admit(set, arrival))
        return;
    stream_set_options(arrival->fd);
    conn = conn_new(set, arrival);
    if (conn == NULL) {
        (void)close(arrival->fd);
        if (set->options.clients != NULL)
            clients_leave(set->options.clients, &arrival->address);
        return;
    }
    TAILQ_INSERT_TAIL(&set->conns, conn, link);
    set->count++;
    counter_add(&set->options.counters->accepted, 1);
    counter_add(&set->options.counters->open, 1);
    wait_on(conn);
}
