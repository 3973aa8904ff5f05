/* SPDX-License-Identifier: Apache-2.0 */
#include "net/conn.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "core/clock.h"
#include "core/log.h"

enum {
    READ_BYTES = 64 * 1024,    /* taken from a socket in one turn, and kept unread */
    WRITE_BYTES = 1024 * 1024, /* given to a socket in one turn; libevent's 16 kB is too little */
    OWN_BODY_BYTES = 4096,     /* larger bodies are handed over instead of copied */
    HEAD_OUT_BYTES = 16384,    /* cap of an answer's head */
};

enum conn_state {
    CONN_OPEN = 1,
    CONN_CLOSING, /* no further request is read; ends when all answers are written */
    CONN_LINGER,  /* our side is shut down; what the client still sends is thrown away */
};

/* What a connection waits for from its client; each has its deadline. */
enum conn_phase {
    PHASE_NONE = 0, /* nothing: answers are due or being written */
    PHASE_IDLE,
    PHASE_HEAD,
    PHASE_BODY,
    PHASE_LINGER,
};

struct conn_exchange {
    TAILQ_ENTRY(conn_exchange) link;
    struct conn *conn; /* NULL: the client is gone */
    bool is_head;      /* HEAD: the answer's body stays here */
    bool keep_alive;
    unsigned minor;
    int64_t start_us; /* when the request was whole */
    bool is_answered;
    struct http_answer answer; /* when is_answered */
};

struct conn {
    TAILQ_ENTRY(conn) link;      /* of set->conns */
    TAILQ_ENTRY(conn) idle_link; /* of set->idle, while in_idle_list */
    struct conn_set *set;
    struct bufferevent *bev; /* owns the socket */
    struct event *timer;
    enum conn_state state;
    bool in_idle_list;
    bool in_step;     /* conn_step() runs: replies only note themselves */
    bool must_linger; /* the client may still be sending when we end */
    bool peer_ended;  /* the client will send no more */
    struct http_reader reader;
    TAILQ_HEAD(, conn_exchange) exchanges; /* in the order of the requests */
    size_t num_exchanges;
    unsigned requests;     /* whole requests so far */
    enum conn_phase phase; /* and of which request */
    unsigned phase_request;
    int64_t phase_end_us; /* when phase is over */
    int64_t write_end_us; /* when enough must have been taken; 0: nothing to take */
    uint64_t queued;      /* octets ever given to the output buffer */
    uint64_t write_mark;  /* octets taken when write_end_us was set */
    int64_t timer_us;     /* when the timer fires; 0: not armed */
    size_t thrown_away;   /* octets read while lingering */
};

struct conn_set {
    struct event_base *base;
    struct conn_options options;
    conn_handler handler;
    void *arg;
    TAILQ_HEAD(, conn) conns;
    TAILQ_HEAD(, conn) idle; /* longest idle first */
    size_t count;
    bool is_draining;
    void (*when_empty)(void *arg);
    void *when_empty_arg;
    int64_t date_s; /* what date says */
    char date[CLOCK_TEXT];
    struct sk_buf head; /* scratch for the head of an answer */
};

static void conn_step(struct conn *conn);

/* ---- life of a connection ---- */

static void set_idle(struct conn *conn, bool is_idle)
{
    if (conn->in_idle_list == is_idle)
        return;
    conn->in_idle_list = is_idle;
    if (is_idle)
        TAILQ_INSERT_TAIL(&conn->set->idle, conn, idle_link);
    else
        TAILQ_REMOVE(&conn->set->idle, conn, idle_link);
}

static void exchange_free(struct conn_exchange *exchange)
{
    if (exchange->is_answered)
        answer_done(&exchange->answer);
    free(exchange);
}

static void conn_close(struct conn *conn)
{
    struct conn_set *set = conn->set;
    struct conn_exchange *exchange;

    while ((exchange = TAILQ_FIRST(&conn->exchanges)) != NULL) {
        TAILQ_REMOVE(&conn->exchanges, exchange, link);
        exchange->conn = NULL;
        if (exchange->is_answered)
            exchange_free(exchange); /* else conn_reply() does */
    }
    set_idle(conn, false);
    TAILQ_REMOVE(&set->conns, conn, link);
    set->count--;
    if (conn->timer != NULL)
        event_free(conn->timer);
    bufferevent_free(conn->bev);
    http_reader_done(&conn->reader);
    free(conn);
    if (set->count == 0 && set->is_draining && set->when_empty != NULL)
        set->when_empty(set->when_empty_arg);
}

/* ---- answers ---- */

static const char *date_now(struct conn_set *set)
{
    int64_t now = clock_wall();

    if (now != set->date_s) {
        set->date_s = now;
        clock_format_http(now, set->date);
    }
    return set->date;
}

struct release {
    void (*fn)(void *arg);
    void *arg;
};

static void release_body(const void *data, size_t len, void *extra)
{
    struct release *release = extra;

    (void)data;
    (void)len;
    release->fn(release->arg);
    free(release);
}

static void free_body(const void *data, size_t len, void *extra)
{
    (void)data;
    (void)len;
    free(extra);
}

static bool put_shared(struct evbuffer *out, struct http_answer *answer)
{
    struct release *release;

    if (answer->shared.len == 0)
        return true;
    release = malloc(sizeof(*release));
    if (release == NULL)
        return false;
    release->fn = answer->release;
    release->arg = answer->release_arg;
    if (evbuffer_add_reference(out, answer->shared.p, answer->shared.len, release_body, release) !=
        0) {
        free(release);
        return false;
    }
    answer->release = NULL;
    return true;
}

static bool put_owned(struct evbuffer *out, struct http_answer *answer)
{
    size_t len;
    uint8_t *data;

    if (answer->body.len <= OWN_BODY_BYTES)
        return answer->body.len == 0 || evbuffer_add(out, answer->body.data, answer->body.len) == 0;
    data = buf_take(&answer->body, &len);
    if (evbuffer_add_reference(out, data, len, free_body, data) == 0)
        return true;
    free(data);
    return false;
}

/* Writes the answer of the first exchange. False: no memory. */
static bool put_answer(struct conn *conn, struct conn_exchange *exchange, bool keep_alive)
{
    struct evbuffer *out = bufferevent_get_output(conn->bev);
    struct conn_set *set = conn->set;
    size_t before = evbuffer_get_length(out);
    bool is_good;

    buf_reset(&set->head);
    answer_head(&exchange->answer, date_now(set), keep_alive, exchange->minor,
                clock_mono_us() - exchange->start_us, &set->head);
    is_good = buf_status(&set->head) == SK_OK && buf_status(&exchange->answer.fields) == SK_OK &&
              buf_status(&exchange->answer.body) == SK_OK &&
              evbuffer_add(out, set->head.data, set->head.len) == 0;
    if (is_good && !exchange->is_head && exchange->answer.status != 304)
        is_good = exchange->answer.release != NULL ? put_shared(out, &exchange->answer)
                                                   : put_owned(out, &exchange->answer);
    conn->queued += evbuffer_get_length(out) - before;
    return is_good;
}

/* True when nothing of a further request has come. */
static bool is_quiet(const struct conn *conn)
{
    return http_reader_is_idle(&conn->reader) &&
           evbuffer_get_length(bufferevent_get_input(conn->bev)) == 0;
}

/* Writes every answer that is due. False: the connection must be cut. */
static bool write_answers(struct conn *conn)
{
    struct conn_exchange *exchange;

    while ((exchange = TAILQ_FIRST(&conn->exchanges)) != NULL && exchange->is_answered) {
        bool is_last = TAILQ_NEXT(exchange, link) == NULL;
        bool is_good;

        if (conn->set->is_draining && is_last && conn->state == CONN_OPEN && is_quiet(conn)) {
            exchange->keep_alive = false;
            conn->state = CONN_CLOSING;
            conn->must_linger = true;
        }
        is_good = put_answer(conn, exchange, exchange->keep_alive);
        TAILQ_REMOVE(&conn->exchanges, exchange, link);
        conn->num_exchanges--;
        exchange_free(exchange);
        if (!is_good)
            return false;
    }
    return true;
}

void conn_reply(struct conn_exchange *exchange, struct http_answer *answer)
{
    struct conn *conn = exchange->conn;

    exchange->answer = *answer;
    exchange->is_answered = true;
    if (conn == NULL)
        exchange_free(exchange);
    else if (!conn->in_step)
        conn_step(conn);
}

/* ---- requests ---- */

static struct conn_exchange *exchange_new(struct conn *conn, const struct http_request *request)
{
    struct conn_exchange *exchange = calloc(1, sizeof(*exchange));

    if (exchange == NULL)
        return NULL;
    exchange->conn = conn;
    exchange->is_head = request->method == HTTP_HEAD;
    exchange->keep_alive = request->keep_alive;
    exchange->minor = request->minor;
    exchange->start_us = clock_mono_us();
    TAILQ_INSERT_TAIL(&conn->exchanges, exchange, link);
    conn->num_exchanges++;
    return exchange;
}

/* Ends the reading with an error answer behind those that are still due. */
static bool refuse(struct conn *conn, unsigned status, const char *code, const char *text)
{
    struct http_request request = {.minor = 1};
    struct conn_exchange *exchange = exchange_new(conn, &request);

    conn->state = CONN_CLOSING;
    conn->must_linger = true;
    if (exchange == NULL)
        return false;
    answer_error(&exchange->answer, status, code, text);
    exchange->is_answered = true;
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
    struct http_request request;
    struct conn_exchange *exchange;

    http_request_get0(&conn->reader, &request);
    exchange = exchange_new(conn, &request);
    if (exchange == NULL)
        return false;
    conn->requests++;
    if (!request.keep_alive) {
        conn->state = CONN_CLOSING;
        conn->must_linger = evbuffer_get_length(bufferevent_get_input(conn->bev)) > 0;
    }
    conn->set->handler(conn->set->arg, exchange, &request);
    http_reader_next(&conn->reader);
    return true;
}

static bool may_read(const struct conn *conn)
{
    return conn->state == CONN_OPEN && conn->num_exchanges < LIMIT_HTTP_PIPELINE &&
           evbuffer_get_length(bufferevent_get_output(conn->bev)) < LIMIT_HTTP_OUTPUT_BYTES;
}

/* Reads one run of octets. False: the connection must be cut. */
static bool read_some(struct conn *conn, struct evbuffer *in)
{
    struct evbuffer_iovec run;
    enum sk_status status;
    const char *text;
    unsigned fault;
    size_t used;

    if (evbuffer_peek(in, -1, NULL, &run, 1) < 1)
        return false;
    status = http_read(&conn->reader, bytes_of(run.iov_base, run.iov_len), &used);
    if (status == SK_INPUT) {
        fault = http_reader_fault(&conn->reader, &text);
        return refuse(conn, fault, fault_code(fault), text);
    }
    if (status != SK_OK && status != SK_AGAIN)
        return refuse(conn, 503, "no-memory", "no memory for this request");
    if (evbuffer_drain(in, used) != 0)
        return false;
    return status == SK_AGAIN || take_request(conn);
}

/* Expect: 100-continue (RFC 9110 10.1.1): said when nothing else is owed before it. */
static void write_continue(struct conn *conn)
{
    static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
    struct evbuffer *out = bufferevent_get_output(conn->bev);

    if (!conn->reader.wants_continue || conn->num_exchanges > 0 || conn->state != CONN_OPEN)
        return;
    conn->reader.wants_continue = false;
    if (evbuffer_add(out, text, sizeof(text) - 1) == 0)
        conn->queued += sizeof(text) - 1;
}

/* ---- deadlines ---- */

static enum conn_phase phase_now(const struct conn *conn)
{
    size_t out = evbuffer_get_length(bufferevent_get_output(conn->bev));

    switch (conn->state) {
    case CONN_LINGER:
        return PHASE_LINGER;
    case CONN_CLOSING:
        return PHASE_NONE;
    case CONN_OPEN:
        break;
    }
    if (!may_read(conn))
        return PHASE_NONE;
    if (http_reader_in_body(&conn->reader))
        return PHASE_BODY;
    if (!http_reader_is_idle(&conn->reader))
        return PHASE_HEAD;
    return conn->num_exchanges > 0 || out > 0 ? PHASE_NONE : PHASE_IDLE;
}

static unsigned phase_ms(const struct conn *conn, enum conn_phase phase)
{
    const struct conn_options *options = &conn->set->options;

    switch (phase) {
    case PHASE_NONE:
        break;
    case PHASE_IDLE:
        return conn->set->is_draining ? LIMIT_HTTP_DRAIN_IDLE_MS : options->idle_ms;
    case PHASE_HEAD:
        return options->head_ms;
    case PHASE_BODY:
        return options->body_ms;
    case PHASE_LINGER:
        return LIMIT_HTTP_LINGER_MS;
    }
    return 0;
}

static uint64_t taken(const struct conn *conn)
{
    return conn->queued - evbuffer_get_length(bufferevent_get_output(conn->bev));
}

static void set_write_end(struct conn *conn, int64_t now)
{
    conn->write_end_us = now + (int64_t)conn->set->options.write_ms * 1000;
    conn->write_mark = taken(conn);
}

/* One timer serves both deadlines. It is only ever moved forward: when it fires early, on_timer()
 * sets it anew. */
static void arm_timer(struct conn *conn, int64_t now)
{
    int64_t end = conn->phase != PHASE_NONE ? conn->phase_end_us : 0;
    struct timeval wait;
    int64_t left;

    if (conn->write_end_us != 0 && (end == 0 || conn->write_end_us < end))
        end = conn->write_end_us;
    if (end == 0 || (conn->timer_us != 0 && conn->timer_us <= end))
        return;
    left = end > now ? end - now : 0;
    wait.tv_sec = (time_t)(left / 1000000);
    wait.tv_usec = (suseconds_t)(left % 1000000);
    if (event_add(conn->timer, &wait) == 0)
        conn->timer_us = end;
}

/* Brings deadlines, the idle list and the reading in line with where the connection stands. */
static void conn_arm(struct conn *conn)
{
    enum conn_phase phase = phase_now(conn);
    int64_t now = clock_mono_us();

    if (phase != conn->phase || conn->requests != conn->phase_request) {
        conn->phase = phase;
        conn->phase_request = conn->requests;
        conn->phase_end_us = now + (int64_t)phase_ms(conn, phase) * 1000;
    }
    set_idle(conn, phase == PHASE_IDLE);
    if (evbuffer_get_length(bufferevent_get_output(conn->bev)) == 0)
        conn->write_end_us = 0;
    else if (conn->write_end_us == 0)
        set_write_end(conn, now);
    arm_timer(conn, now);
    if (may_read(conn) || conn->state == CONN_LINGER)
        (void)bufferevent_enable(conn->bev, EV_READ);
    else
        (void)bufferevent_disable(conn->bev, EV_READ);
}

/* All is written and no request is to come. True: the connection is gone. */
static bool conn_finish(struct conn *conn)
{
    if (conn->state != CONN_CLOSING || conn->num_exchanges > 0 ||
        evbuffer_get_length(bufferevent_get_output(conn->bev)) > 0)
        return false;
    if (!conn->must_linger || conn->peer_ended) {
        conn_close(conn);
        return true;
    }
    /* Closing while the client still sends would reset the connection and take the answer from it
     * (RFC 9112 9.6). */
    conn->state = CONN_LINGER;
    (void)shutdown(bufferevent_getfd(conn->bev), SHUT_WR);
    return false;
}

static void throw_away(struct conn *conn, struct evbuffer *in)
{
    size_t len = evbuffer_get_length(in);

    conn->thrown_away += len;
    (void)evbuffer_drain(in, len);
}

/* Does all that can be done now: reads requests, writes answers, sets what to wait for. */
static void conn_step(struct conn *conn)
{
    struct evbuffer *in = bufferevent_get_input(conn->bev);
    bool is_good = true, has_read = true;

    conn->in_step = true;
    while (is_good && has_read) {
        has_read = may_read(conn) && evbuffer_get_length(in) > 0;
        if (has_read)
            is_good = read_some(conn, in);
        is_good = is_good && write_answers(conn);
    }
    conn->in_step = false;
    if (conn->state == CONN_LINGER)
        throw_away(conn, in);
    if (!is_good || conn->thrown_away > LIMIT_HTTP_LINGER_BYTES) {
        conn_close(conn);
        return;
    }
    if (conn->peer_ended && conn->state == CONN_OPEN && may_read(conn))
        conn->state = CONN_CLOSING;
    write_continue(conn);
    if (!conn_finish(conn))
        conn_arm(conn);
}

/* ---- events ---- */

static void on_ready(struct bufferevent *bev, void *arg)
{
    (void)bev;
    conn_step(arg);
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
    struct conn *conn = arg;

    (void)bev;
    if ((what & BEV_EVENT_ERROR) != 0 || conn->state == CONN_LINGER) {
        conn_close(conn);
        return;
    }
    /* The client has ended its side; what it asked before is still answered. */
    conn->peer_ended = true;
    conn_step(conn);
}

/* True: the client has missed the deadline of its phase. */
static bool is_phase_over(const struct conn *conn, int64_t now)
{
    return conn->phase != PHASE_NONE && now >= conn->phase_end_us;
}

static void end_phase(struct conn *conn)
{
    switch (conn->phase) {
    case PHASE_HEAD:
    case PHASE_BODY:
        if (refuse(conn, 408, "request-timeout", "the request did not come in time")) {
            conn_step(conn);
            return;
        }
        break;
    case PHASE_NONE:
    case PHASE_IDLE:
    case PHASE_LINGER:
        break;
    }
    conn_close(conn);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct conn *conn = arg;
    int64_t now = clock_mono_us();

    (void)fd;
    (void)what;
    conn->timer_us = 0;
    if (conn->write_end_us != 0 && now >= conn->write_end_us) {
        if (taken(conn) - conn->write_mark < LIMIT_HTTP_WRITE_BYTES) {
            log_debug("http", "a client does not take its answers");
            conn_close(conn);
            return;
        }
        set_write_end(conn, now);
    }
    if (is_phase_over(conn, now))
        end_phase(conn);
    else
        arm_timer(conn, now);
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
    TAILQ_INIT(&set->conns);
    TAILQ_INIT(&set->idle);
    buf_init(&set->head, HEAD_OUT_BYTES);
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
    buf_done(&set->head);
    free(set);
}

bool conn_set_evict(struct conn_set *set)
{
    struct conn *conn = TAILQ_FIRST(&set->idle);

    if (conn == NULL)
        return false;
    conn_close(conn);
    return true;
}

size_t conn_set_count(const struct conn_set *set)
{
    return set->count;
}

/* No room: said without a connection object, as far as the socket takes it. */
static void turn_away(int fd)
{
    static const char text[] = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n"
                               "Retry-After: 1\r\nConnection: close\r\n\r\n";

    (void)send(fd, text, sizeof(text) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)shutdown(fd, SHUT_WR);
    (void)close(fd);
}

static struct conn *conn_new(struct conn_set *set, int fd)
{
    struct conn *conn = calloc(1, sizeof(*conn));

    if (conn == NULL) {
        (void)close(fd);
        return NULL;
    }
    conn->timer = evtimer_new(set->base, on_timer, conn);
    conn->bev = bufferevent_socket_new(set->base, fd, BEV_OPT_CLOSE_ON_FREE);
    if (conn->timer == NULL || conn->bev == NULL) {
        if (conn->timer != NULL)
            event_free(conn->timer);
        if (conn->bev != NULL)
            bufferevent_free(conn->bev);
        else
            (void)close(fd);
        free(conn);
        return NULL;
    }
    conn->set = set;
    conn->state = CONN_OPEN;
    TAILQ_INIT(&conn->exchanges);
    http_reader_init(&conn->reader, &set->options.http);
    return conn;
}

void conn_set_add(struct conn_set *set, int fd)
{
    const int on = 1;
    struct conn *conn;

    if (set->count >= set->options.max_connections && !conn_set_evict(set)) {
        turn_away(fd);
        return;
    }
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    conn = conn_new(set, fd);
    if (conn == NULL)
        return;
    TAILQ_INSERT_TAIL(&set->conns, conn, link);
    set->count++;
    bufferevent_setcb(conn->bev, on_ready, on_ready, on_event, conn);
    bufferevent_setwatermark(conn->bev, EV_READ, 0, READ_BYTES);
    (void)bufferevent_set_max_single_read(conn->bev, READ_BYTES);
    (void)bufferevent_set_max_single_write(conn->bev, WRITE_BYTES);
    (void)bufferevent_enable(conn->bev, EV_WRITE);
    conn_arm(conn);
}

void conn_set_drain(struct conn_set *set, void (*when_empty)(void *arg), void *arg)
{
    struct conn *conn;
    int64_t now = clock_mono_us();

    set->is_draining = true;
    set->when_empty = when_empty;
    set->when_empty_arg = arg;
    TAILQ_FOREACH(conn, &set->idle, idle_link)
    {
        conn->phase_end_us = now + (int64_t)LIMIT_HTTP_DRAIN_IDLE_MS * 1000;
        arm_timer(conn, now);
    }
    if (set->count == 0 && when_empty != NULL)
        when_empty(arg);
}
