/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deadlines of an LDAP connection, and the lists from which one is taken when there is no room.
 */
#include "net/ldap_int.h"

#include "core/log.h"

static enum ldap_phase phase_now(const struct ldap_conn *conn)
{
    switch (conn->state) {
    case LDAP_LINGER:
        return LDAP_PHASE_LINGER;
    case LDAP_SECURING:
    case LDAP_CLOSING:
        return LDAP_PHASE_NONE;
    case LDAP_OPEN:
        break;
    }
    if (conn->in_handshake)
        return LDAP_PHASE_HANDSHAKE;
    if (!ldap_conn_may_read(conn))
        return LDAP_PHASE_NONE;
    if (conn->in.len > 0)
        return LDAP_PHASE_MESSAGE;
    return conn->num_operations > 0 || stream_pending(&conn->stream) > 0 ? LDAP_PHASE_NONE
                                                                         : LDAP_PHASE_IDLE;
}

static unsigned phase_ms(const struct ldap_conn *conn, enum ldap_phase phase)
{
    const struct config_ldap *config = conn->set->config;

    switch (phase) {
    case LDAP_PHASE_NONE:
        break;
    case LDAP_PHASE_HANDSHAKE:
        return conn->set->options.config->tls.handshake_ms;
    case LDAP_PHASE_IDLE:
        return conn->set->is_draining ? LIMIT_LDAP_DRAIN_IDLE_MS : config->idle_ms;
    case LDAP_PHASE_MESSAGE:
        return config->message_ms;
    case LDAP_PHASE_LINGER:
        return LIMIT_LDAP_LINGER_MS;
    }
    return 0;
}

static struct ldap_conn_list *phase_room(struct ldap_set *set, enum ldap_phase phase)
{
    switch (phase) {
    case LDAP_PHASE_IDLE:
        return &set->idle;
    case LDAP_PHASE_HANDSHAKE:
    case LDAP_PHASE_MESSAGE:
        return &set->slow;
    case LDAP_PHASE_NONE:
    case LDAP_PHASE_LINGER:
        break;
    }
    return NULL;
}

static void set_room(struct ldap_conn *conn, struct ldap_conn_list *room)
{
    if (conn->room != NULL)
        TAILQ_REMOVE(conn->room, conn, room_link);
    conn->room = room;
    if (room != NULL)
        TAILQ_INSERT_TAIL(room, conn, room_link);
}

void ldap_time_forget(struct ldap_conn *conn)
{
    set_room(conn, NULL);
}

static void set_write_end(struct ldap_conn *conn, int64_t now)
{
    conn->write_end_us = now + (int64_t)conn->set->config->write_ms * 1000;
    conn->write_mark = ldap_conn_taken(conn);
}

/* One timer serves both deadlines. It is only ever moved forward: when it fires early,
 * ldap_time_on_timer() sets it anew. */
static void arm_timer(struct ldap_conn *conn, int64_t now)
{
    int64_t end = conn->phase != LDAP_PHASE_NONE ? conn->phase_end_us : 0;
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

void ldap_time_arm(struct ldap_conn *conn)
{
    enum ldap_phase phase = phase_now(conn);
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

static void end_phase(struct ldap_conn *conn)
{
    struct sk_counters *counters = conn->set->options.counters;

    switch (conn->phase) {
    case LDAP_PHASE_MESSAGE:
        counter_add(&counters->ldap.late_requests, 1);
        if (ldap_conn_dismiss(conn, LDAP_PROTOCOL_ERROR, "the request did not come in time")) {
            ldap_conn_step(conn);
            return;
        }
        break;
    case LDAP_PHASE_IDLE:
        if (ldap_conn_dismiss(conn, LDAP_UNAVAILABLE,
                              conn->set->is_draining ? "the server ends" : "no request for long")) {
            ldap_conn_step(conn);
            return;
        }
        break;
    case LDAP_PHASE_HANDSHAKE:
        counter_add(&counters->ldap.late_requests, 1);
        break;
    case LDAP_PHASE_NONE:
    case LDAP_PHASE_LINGER:
        break;
    }
    ldap_conn_close(conn);
}

void ldap_time_on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct ldap_conn *conn = arg;
    int64_t now = clock_mono_us();

    (void)fd;
    (void)what;
    conn->timer_us = 0;
    if (conn->write_end_us != 0 && now >= conn->write_end_us) {
        if (ldap_conn_taken(conn) - conn->write_mark < LIMIT_LDAP_WRITE_BYTES) {
            log_debug("ldap", "a client does not take its answers");
            counter_add(&conn->set->options.counters->ldap.late_takers, 1);
            ldap_conn_close(conn);
            return;
        }
        set_write_end(conn, now);
    }
    if (conn->phase != LDAP_PHASE_NONE && now >= conn->phase_end_us)
        end_phase(conn);
    else
        arm_timer(conn, now);
}

/* ---- making room ---- */

bool ldap_set_evict(struct ldap_set *set)
{
    struct ldap_conn *conn = TAILQ_FIRST(&set->idle), *slow = TAILQ_FIRST(&set->slow);

    if (conn == NULL && slow != NULL &&
        clock_mono_us() - slow->phase_start_us >= (int64_t)LIMIT_LDAP_SLOW_MS * 1000)
        conn = slow;
    if (conn == NULL)
        return false;
    counter_add(&set->options.counters->ldap.evicted, 1);
    /* As far as the socket takes it: there is no time to wait. */
    if (!conn->in_handshake)
        (void)ldap_conn_dismiss(conn, LDAP_BUSY, "others need the room");
    ldap_conn_close(conn);
    return true;
}

/* Clients have no way to see that an answer is the last one, and for most of them the end of a
 * connection is a failed request: who is in the middle of something has half of the drain time to
 * finish it. A request may be on its way on a connection that looks silent. */
void ldap_set_drain(struct ldap_set *set, void (*when_empty)(void *arg), void *arg)
{
    int64_t now = clock_mono_us();
    struct ldap_conn *conn;

    set->is_draining = true;
    set->patience_us = now + (int64_t)set->options.config->server.drain_ms * 1000 / 2;
    set->when_empty = when_empty;
    set->when_empty_arg = arg;
    TAILQ_FOREACH(conn, &set->idle, room_link)
    {
        int64_t end = conn->phase_start_us + (int64_t)LIMIT_LDAP_DRAIN_IDLE_MS * 1000;

        if (end < conn->phase_end_us)
            conn->phase_end_us = end;
        arm_timer(conn, now);
    }
    if (set->count == 0 && when_empty != NULL)
        when_empty(arg);
}

void ldap_set_hurry(struct ldap_set *set)
{
    set->patience_us = 0;
}
