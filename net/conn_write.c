/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers on their way out, in the order of their requests.
 */
#include "net/conn_int.h"

#include <stdlib.h>

#include "net/metrics.h"
#include "net/tls.h"

enum {
    OWN_BODY_BYTES = 4096, /* larger bodies are handed over instead of copied */
};

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

static void note_queued(struct conn *conn, size_t octets)
{
    conn->queued += octets;
    counter_add(&conn->set->options.counters->octets_out, octets);
}

static void count_answer(const struct conn *conn, const struct conn_exchange *exchange,
                         int64_t took_us)
{
    const struct metrics_answer answer = {
        .protocol = exchange->protocol,
        .method = exchange->method,
        .status = exchange->answer.status,
        .verdict = exchange->answer.verdict,
        .took_us = took_us,
    };

    metrics_note_answer(conn->set->options.counters, &answer);
}

static void log_answer(const struct conn *conn, const struct conn_exchange *exchange,
                       uint64_t octets, int64_t took_us)
{
    const struct access_entry entry = {
        .id = exchange->id,
        .listener = conn->listener->name,
        .tls = conn->listener->tls != NULL ? tls_version(conn->bev) : NULL,
        .client = &conn->client.address,
        .method = exchange->method,
        .path = exchange->path,
        .verdict = exchange->answer.verdict,
        .status = exchange->answer.status,
        .is_failure = exchange->answer.is_failure,
        .octets = octets,
        .took_us = took_us,
        .generation = exchange->generation,
    };

    if (conn->set->options.access != NULL)
        access_log_add(conn->set->options.access, &entry);
}

/* Writes the answer of the first exchange. False: no memory. */
static bool put_answer(struct conn *conn, struct conn_exchange *exchange)
{
    struct evbuffer *out = bufferevent_get_output(conn->bev);
    struct conn_set *set = conn->set;
    int64_t took_us = clock_mono_us() - exchange->start_us;
    size_t before = evbuffer_get_length(out), octets;
    bool is_good;

    buf_reset(&set->head);
    answer_head(&exchange->answer, date_now(set), exchange->keep_alive, exchange->minor,
                exchange->id, took_us, &set->head);
    is_good = buf_status(&set->head) == SK_OK && buf_status(&exchange->answer.fields) == SK_OK &&
              buf_status(&exchange->answer.body) == SK_OK &&
              evbuffer_add(out, set->head.data, set->head.len) == 0;
    if (is_good && !exchange->is_head && exchange->answer.status != 304)
        is_good = exchange->answer.release != NULL ? put_shared(out, &exchange->answer)
                                                   : put_owned(out, &exchange->answer);
    octets = evbuffer_get_length(out) - before;
    note_queued(conn, octets);
    count_answer(conn, exchange, took_us);
    log_answer(conn, exchange, octets, took_us);
    return is_good;
}

/* True when nothing of a further request has come. */
static bool is_quiet(const struct conn *conn)
{
    return http_reader_is_idle(&conn->reader) &&
           evbuffer_get_length(bufferevent_get_input(conn->bev)) == 0;
}

bool conn_write_answers(struct conn *conn)
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
        is_good = put_answer(conn, exchange);
        TAILQ_REMOVE(&conn->exchanges, exchange, link);
        conn->num_exchanges--;
        conn_exchange_free(exchange);
        if (!is_good)
            return false;
    }
    return true;
}

void conn_write_continue(struct conn *conn)
{
    static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
    struct evbuffer *out = bufferevent_get_output(conn->bev);

    if (!conn->reader.wants_continue || conn->num_exchanges > 0 || conn->state != CONN_OPEN)
        return;
    conn->reader.wants_continue = false;
    if (evbuffer_add(out, text, sizeof(text) - 1) == 0)
        note_queued(conn, sizeof(text) - 1);
}

uint64_t conn_write_taken(const struct conn *conn)
{
    return conn->queued - evbuffer_get_length(bufferevent_get_output(conn->bev));
}

void conn_exchange_free(struct conn_exchange *exchange)
{
    if (exchange->is_answered)
        answer_done(&exchange->answer);
    free(exchange);
}

static void note_answered(struct conn_exchange *exchange)
{
    exchange->is_answered = true;
    if (exchange->is_waiting)
        counter_sub(&exchange->counters->waiting, 1);
    exchange->is_waiting = false;
}

void conn_reply(struct conn_exchange *exchange, struct http_answer *answer)
{
    struct conn *conn = exchange->conn;

    exchange->answer = *answer;
    note_answered(exchange);
    if (conn == NULL)
        conn_exchange_free(exchange);
    else if (!conn->in_step)
        conn_step(conn);
}

void conn_note(struct conn_exchange *exchange, const char *path, enum counted_protocol protocol,
               uint64_t generation)
{
    exchange->path = path;
    exchange->protocol = protocol;
    exchange->generation = generation;
}

const struct acl_client *conn_client_get0(const struct conn_exchange *exchange)
{
    return &exchange->conn->client;
}

void conn_deny(struct conn_exchange *exchange)
{
    struct http_answer answer;

    counter_add(&exchange->counters->denied, 1);
    answer_error(&answer, 403, "forbidden", "this service is not for you");
    conn_reply(exchange, &answer);
}

bool conn_is_overloaded(const struct conn_exchange *exchange)
{
    return counter_get(&exchange->counters->waiting) > exchange->conn->set->options.max_waiting;
}

void conn_shed(struct conn_exchange *exchange)
{
    struct http_answer answer;

    counter_add(&exchange->counters->shed, 1);
    answer_error(&answer, 503, "overloaded", "too many requests wait for their answers");
    answer_field(&answer, "Retry-After", "%u", LIMIT_HTTP_RETRY_S);
    conn_reply(exchange, &answer);
}
