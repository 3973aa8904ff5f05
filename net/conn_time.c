/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deadlines of a connection, and the lists from which one is taken when there is no room.
 */
#include "net/conn_int.h"

#include "core/log.h"

static enum conn_phase phase_now(const struct conn *conn)
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
        return PHASE_HEAD;
    return conn->num_exchanges > 0 || stream_pending(&conn->stream) > 0 ? PHASE_NONE : PHASE_IDLE;
}

static unsigned phase_ms(const struct conn *conn, enum conn_phase phase)
{
    const struct conn_options *options = &conn->set->options;

    switch (phase) {
    case PHASE_NONE:
        break;
    case PHASE_HANDSHAKE:
        return options->handshake_ms;
    case PHASE_IDLE:
        return conn->set->in_hurry ? LIMIT_HTTP_DRAIN_IDLE_MS : options->idle_ms;
    case PHASE_HEAD:
        return options->head_ms;
    case PHASE_BODY:
        return options->body_ms;
    case PHASE_LINGER:
        return LIMIT_HTTP_LINGER_MS;
    }
    return 0;
}

static struct conn_list *phase_room(struct conn_set *set, enum conn_phase phase)
{
    switch (phase) {
    case PHASE_IDLE:
        return &set->idle;
    case PHASE_HANDSHAKE:
    case PHASE_HEAD:
    case PHASE_BODY:
        return &set->slow;
    case PHASE_NONE:
    case PHASE_LINGER:
        break;
    }
    return NULL;
}

static void set_room(struct conn *conn, struct conn_list *room)
{
    if (conn->room != NULL)
        TAILQ_REMOVE(conn->room, conn, room_link);
    conn->room = room;
    if (room != NULL)
        TAILQ_INSERT_TAIL(room, conn, room_link);
}

void conn_time_forget(struct conn *conn)
{
    set_room(conn, NULL);
}

static void set_write_end(struct conn *conn, int64_t now)
{
    conn->write_end_us = now + (int64_t)conn->set->options.write_ms * 1000;
    conn->write_mark = conn_write_taken(conn);
}

/* One timer serves both deadlines, and the next turn of a connection that has more to say. It is
 * only ever moved forward: when it fires early, conn_time_on_timer() sets it anew. */
static void arm_timer(struct conn *conn, int64_t now)
{
    int64_t end = conn->phase != PHASE_NONE ? conn->phase_end_us : 0;
    struct timeval wait;
    int64_t left;

    if (conn->write_end_us != 0 && (end == 0 || conn->write_end_us < end))
        end = conn->write_end_us;
    if (conn->has_more)
        end = now; /* the next turn of the loop */
    if (end == 0 || (conn->timer_us != 0 && conn->timer_us <= end))
        return;
    left = end > now ? end - now : 0;
    wait.tv_sec = (time_t)(left / 1000000);
    wait.tv_usec = (suseconds_t)(left % 1000000);
    if (event_add(conn->timer, &wait) == 0)
        conn->timer_us = end;
}

void conn_time_arm(struct conn *conn)
{
    enum conn_phase phase = phase_now(conn);
    int64_t now = clock_mono_us();

    if (phase != conn->phase || conn->requests != conn->phase_request) {
        conn->phase = phase;
        conn->phase_request = conn->requests;
        conn->phase_start_us = now;
        conn->phase_end_us = now + (int64_t)phase_ms(conn, phase) * 1000;
        set_room(conn, phase_room(conn->set, phase));
    }
    if (stream_pending(&conn->stream) == 0)
        conn->write_end_us = 0;
    else if (conn->write_end_us == 0)
        set_write_end(conn, now);
    arm_timer(conn, now);
}

static void end_phase(struct conn *conn)
{
    switch (conn->phase) {
    case PHASE_HEAD:
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
    int64_t now = clock_mono_us();

    (void)fd;
    (void)what;
    conn->timer_us = 0;
    if (conn->write_end_us != 0 && now >= conn->write_end_us) {
        if (conn_write_taken(conn) - conn->write_mark < LIMIT_HTTP_WRITE_BYTES) {
            log_debug("http", "a client does not take its answers");
            counter_add(&conn->set->options.counters->late_takers, 1);
            conn_close(conn);
            return;
        }
        set_write_end(conn, now);
    }
    if (conn->has_more)
        conn_step(conn);
    else if (conn->phase != PHASE_NONE && now >= conn->phase_end_us)
        end_phase(conn);
    else
        arm_timer(conn, now);
}

/* ---- making room ---- */

/* A client that sends its request in one piece is never among the slow: an attacker who keeps many
 * requests half sent pays with those, and newcomers are served. */
bool conn_set_evict(struct conn_set *set)
{
    struct conn *conn = TAILQ_FIRST(&set->idle), *slow = TAILQ_FIRST(&set->slow);

    if (conn == NULL && slow != NULL &&
        clock_mono_us() - slow->phase_start_us >= (int64_t)LIMIT_HTTP_SLOW_MS * 1000)
        conn = slow;
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
    int64_t now = clock_mono_us(), end = now + (int64_t)LIMIT_HTTP_DRAIN_IDLE_MS * 1000;
    struct conn *conn;

    if (set->in_hurry)
        return;
    set->in_hurry = true;
    TAILQ_FOREACH(conn, &set->idle, room_link)
    {
        if (conn->phase_end_us > end)
            conn->phase_end_us = end;
        arm_timer(conn, now);
    }
}
