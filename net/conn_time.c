/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which deadlines a connection has, and what their end means.
 */
#include "net/conn_int.h"

#include "core/log.h"

void conn_time_init(struct conn_set *set)
{
    const struct conn_options *options = &set->options;
    const struct deadlines_rules rules = {
        .phase_ms =
            {
                [PHASE_HANDSHAKE] = options->handshake_ms,
                [PHASE_IDLE] = options->idle_ms,
                [PHASE_REQUEST] = options->head_ms,
                [PHASE_BODY] = options->body_ms,
                [PHASE_LINGER] = LIMIT_HTTP_LINGER_MS,
            },
        .write_ms = options->write_ms,
        .write_bytes = LIMIT_HTTP_WRITE_BYTES,
        .slow_ms = LIMIT_HTTP_SLOW_MS,
    };

    deadlines_set_init(&set->deadlines, &rules);
}

static enum phase phase_now(const struct conn *conn)
{
    switch (conn->state) {
    case CONN_LINGER:
        return PHASE_LINGER;
    case CONN_CLOSING:
        return PHASE_NONE;
    case CONN_OPEN:
        break;
    }
    if (conn->in_handshake)
        return PHASE_HANDSHAKE;
    if (!conn_may_read(conn) || conn->has_more)
        return PHASE_NONE;
    if (http_reader_in_body(&conn->reader))
        return PHASE_BODY;
    if (!http_reader_is_idle(&conn->reader))
        return PHASE_REQUEST;
    return conn->num_exchanges > 0 || stream_pending(&conn->stream) > 0 ? PHASE_NONE : PHASE_IDLE;
}

void conn_time_arm(struct conn *conn)
{
    deadlines_arm(&conn->deadlines, &(struct deadlines_at){.phase = phase_now(conn),
                                                           .request = conn->requests,
                                                           .pending = stream_pending(&conn->stream),
                                                           .wants_turn = conn->has_more});
}

static void end_phase(struct conn *conn)
{
    switch (conn->deadlines.phase) {
    case PHASE_REQUEST:
    case PHASE_BODY:
        counter_add(&conn->set->options.counters->late_requests, 1);
        if (conn_refuse(conn, 408, "request-timeout", "the request did not come in time")) {
            conn_step(conn);
            return;
        }
        break;
    case PHASE_HANDSHAKE:
        counter_add(&conn->set->options.counters->late_requests, 1);
        break;
    case PHASE_NONE:
    case PHASE_IDLE:
    case PHASE_LINGER:
        break;
    }
    conn_close(conn);
}

void conn_time_on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct conn *conn = arg;

    (void)fd;
    (void)what;
    switch (deadlines_look(&conn->deadlines, stream_pending(&conn->stream))) {
    case DEADLINES_WAIT:
        break;
    case DEADLINES_TURN:
        conn_step(conn);
        break;
    case DEADLINES_PHASE:
        end_phase(conn);
        break;
    case DEADLINES_NOT_TAKEN:
        log_debug("http", "a client does not take its answers");
        counter_add(&conn->set->options.counters->late_takers, 1);
        conn_close(conn);
        break;
    }
}

/* ---- making room ---- */

bool conn_set_evict(struct conn_set *set)
{
    struct conn *conn = deadlines_evict_get0(&set->deadlines);

    if (conn == NULL)
        return false;
    counter_add(&set->options.counters->evicted, 1);
    conn_close(conn);
    return true;
}

/* A request may already be on its way on a connection that looks silent: closed before an answer
 * has announced it, that request would be lost (RFC 9112 9.6). */
void conn_set_drain(struct conn_set *set, void (*when_empty)(void *arg), void *arg)
{
    set->is_draining = true;
    set->when_empty = when_empty;
    set->when_empty_arg = arg;
    if (set->count == 0 && when_empty != NULL)
        when_empty(arg);
}

void conn_set_hurry(struct conn_set *set)
{
    if (set->in_hurry)
        return;
    set->in_hurry = true;
    deadlines_hurry(&set->deadlines, LIMIT_HTTP_DRAIN_IDLE_MS);
}
