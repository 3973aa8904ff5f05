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

/* What was put together so far goes into the queue of the stream, so that a body can follow it
 * there without being copied. NULL: no memory. */
static struct evbuffer *open_queue(struct conn *conn)
{
    struct evbuffer *queue = stream_queue(&conn->stream);
    struct sk_buf *out = &conn->set->out;

    if (queue == NULL || evbuffer_add(queue, out->data, out->len) != 0)
        return NULL;
    buf_reset(out);
    return queue;
}

static bool put_shared(struct conn *conn, struct http_answer *answer)
{
    struct evbuffer *queue;
    struct release *release;

    if (answer->shared.len == 0)
        return true;
    queue = open_queue(conn);
    release = malloc(sizeof(*release));
    if (queue == NULL || release == NULL) {
        free(release);
        return false;
    }
    release->fn = answer->release;
    release->arg = answer->release_arg;
    if (evbuffer_add_reference(queue, answer->shared.p, answer->shared.len, release_body,
                               release) != 0) {
        free(release);
        return false;
    }
    answer->release = NULL;
    return true;
}

static bool put_owned(struct conn *conn, struct http_answer *answer)
{
    struct evbuffer *queue;
    size_t len;
    uint8_t *data;

    if (answer->body.len <= OWN_BODY_BYTES) {
        buf_put(&conn->set->out, answer->body.data, answer->body.len);
        return true;
    }
    queue = open_queue(conn);
    if (queue == NULL)
        return false;
    data = buf_take(&answer->body, &len);
    if (evbuffer_add_reference(queue, data, len, free_body, data) == 0)
        return true;
    free(data);
    return false;
}

static void note_queued(struct conn *conn, size_t octets)
{
    deadlines_note_queued(&conn->deadlines, octets);
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
        .policy = exchange->answer.policy,
        .took_us = took_us,
    };

    metrics_note_answer(conn->set->options.counters, &answer);
}

/* Of services that decide something. */
static void note_why(const struct conn *conn, const struct conn_exchange *exchange, int64_t took_us)
{
    struct why_answer answer;

    if (conn->set->options.why == NULL ||
        (exchange->protocol != COUNTED_OCSP && exchange->protocol != COUNTED_CVS &&
         exchange->protocol != COUNTED_VALIDATE))
        return;
    memcpy(answer.id, exchange->id, sizeof(answer.id));
    answer.status = (uint16_t)exchange->answer.status;
    answer.took_us = took_us < UINT32_MAX ? (uint32_t)took_us : UINT32_MAX;
    answer.time = clock_wall();
    answer.service = exchange->path;
    answer.verdict = exchange->answer.verdict;
    why_add_answer(conn->set->options.why, &answer);
}

static void log_answer(const struct conn *conn, const struct conn_exchange *exchange,
                       uint64_t octets, int64_t took_us)
{
    const struct access_entry entry = {
        .id = exchange->id,
        .listener = conn->listener->name,
        .tls = conn->listener->tls != NULL ? tls_version(conn->stream.ssl) : NULL,
        .client = &conn->client.address,
        .method = exchange->method,
        .path = exchange->path,
        .verdict = exchange->answer.verdict,
        .status = exchange->answer.status,
        .is_kept = exchange->answer.is_kept,
        .is_failure = exchange->answer.is_failure,
        .octets = octets,
        .took_us = took_us,
        .generation = exchange->generation,
    };

    if (conn->set->options.access != NULL)
        access_log_add(conn->set->options.access, &entry);
}

/* Puts the answer of the first exchange behind the others. False: no memory. */
static bool put_answer(struct conn *conn, struct conn_exchange *exchange)
{
    struct conn_set *set = conn->set;
    const struct http_answer *answer = &exchange->answer;
    bool has_body = !exchange->is_head && answer->status != 304, is_good;
    int64_t took_us = clock_mono_us() - exchange->start_us;
    size_t octets = answer_body_len(answer), before = set->out.len;

    conn->due -= octets;
    answer_head(answer, date_now(set), exchange->keep_alive, exchange->minor, exchange->id, took_us,
                &set->out);
    is_good = buf_status(&answer->fields) == SK_OK && buf_status(&answer->body) == SK_OK;
    octets = set->out.len - before + (has_body ? octets : 0);
    if (is_good && has_body)
        is_good = answer->release != NULL ? put_shared(conn, &exchange->answer)
                                          : put_owned(conn, &exchange->answer);
    note_queued(conn, octets);
    count_answer(conn, exchange, took_us);
    note_why(conn, exchange, took_us);
    log_answer(conn, exchange, octets, took_us);
    return is_good && buf_status(&set->out) == SK_OK;
}

/* True when nothing of a further request has come. */
static bool is_quiet(const struct conn *conn)
{
    return http_reader_is_idle(&conn->reader) && conn->unread.len == 0;
}

bool conn_write_answers(struct conn *conn)
{
    struct conn_exchange *exchange;
    bool is_good = true;

    buf_reset(&conn->set->out);
    while (is_good && (exchange = TAILQ_FIRST(&conn->exchanges)) != NULL && exchange->is_answered) {
        bool is_last = TAILQ_NEXT(exchange, link) == NULL;

        if (conn->set->is_draining && is_last && conn->state == CONN_OPEN && is_quiet(conn)) {
            exchange->keep_alive = false;
            conn->state = CONN_CLOSING;
            conn->must_linger = true;
        }
        is_good = put_answer(conn, exchange);
        TAILQ_REMOVE(&conn->exchanges, exchange, link);
        conn->num_exchanges--;
        conn_exchange_free(exchange);
    }
    /* All at once: the fewer calls, the better. */
    return is_good && stream_send(&conn->stream, buf_bytes(&conn->set->out));
}

bool conn_write_continue(struct conn *conn)
{
    static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";

    if (!conn->reader.wants_continue || conn->num_exchanges > 0 || conn->state != CONN_OPEN)
        return true;
    conn->reader.wants_continue = false;
    note_queued(conn, sizeof(text) - 1);
    return stream_send(&conn->stream, bytes_of(text, sizeof(text) - 1));
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
    if (conn == NULL) {
        conn_exchange_free(exchange);
        return;
    }
    conn->due += answer_body_len(answer);
    if (!conn->in_step)
        conn_step(conn);
}

void conn_note(struct conn_exchange *exchange, const char *path, enum counted_protocol protocol,
               uint64_t generation)
{
    exchange->path = path;
    exchange->protocol = protocol;
    exchange->generation = generation;
}

const char *conn_id_get0(const struct conn_exchange *exchange)
{
    return exchange->id;
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
