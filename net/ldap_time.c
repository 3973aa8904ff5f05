/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which deadlines an LDAP connection has, and what their end means.
 */
#include "net/ldap_int.h"

#include "core/log.h"

void ldap_time_init(struct ldap_set *set)
{
    const struct deadlines_rules rules = {
        .phase_ms =
            {
                [PHASE_HANDSHAKE] = set->options.config->tls.handshake_ms,
                [PHASE_IDLE] = set->config->idle_ms,
                [PHASE_REQUEST] = set->config->message_ms,
                [PHASE_LINGER] = LIMIT_LDAP_LINGER_MS,
            },
        .write_ms = set->config->write_ms,
        .write_bytes = LIMIT_LDAP_WRITE_BYTES,
        .slow_ms = LIMIT_LDAP_SLOW_MS,
    };

    deadlines_set_init(&set->deadlines, &rules);
}

static enum phase phase_now(const struct ldap_conn *conn)
{
    switch (conn->state) {
    case LDAP_LINGER:
        return PHASE_LINGER;
    case LDAP_SECURING:
    case LDAP_CLOSING:
        return PHASE_NONE;
    case LDAP_OPEN:
        break;
    }
    if (conn->in_handshake)
        return PHASE_HANDSHAKE;
    if (!ldap_conn_may_read(conn))
        return PHASE_NONE;
    if (conn->in.len > 0)
        return PHASE_REQUEST;
    return conn->num_operations > 0 || stream_pending(&conn->stream) > 0 ? PHASE_NONE : PHASE_IDLE;
}

void ldap_time_arm(struct ldap_conn *conn)
{
    deadlines_arm(&conn->deadlines,
                  &(struct deadlines_at){.phase = phase_now(conn),
                                         .request = conn->requests,
                                         .pending = stream_pending(&conn->stream)});
}

static void end_phase(struct ldap_conn *conn)
{
    struct sk_counters *counters = conn->set->options.counters;

    switch (conn->deadlines.phase) {
    case PHASE_REQUEST:
        counter_add(&counters->ldap.late_requests, 1);
        if (ldap_conn_dismiss(conn, LDAP_PROTOCOL_ERROR, "the request did not come in time")) {
            ldap_conn_step(conn);
            return;
        }
        break;
    case PHASE_IDLE:
        if (ldap_conn_dismiss(conn, LDAP_UNAVAILABLE,
                              conn->set->is_draining ? "the server ends" : "no request for long")) {
            ldap_conn_step(conn);
            return;
        }
        break;
    case PHASE_HANDSHAKE:
        counter_add(&counters->ldap.late_requests, 1);
        break;
    case PHASE_NONE:
    case PHASE_BODY:
    case PHASE_LINGER:
        break;
    }
    ldap_conn_close(conn);
}

void ldap_time_on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct ldap_conn *conn = arg;

    (void)fd;
    (void)what;
    switch (deadlines_look(&conn->deadlines, stream_pending(&conn->stream))) {
    case DEADLINES_WAIT:
    case DEADLINES_TURN: /* never wanted: turns are the set's */
        break;
    case DEADLINES_PHASE:
        end_phase(conn);
        break;
    case DEADLINES_NOT_TAKEN:
        log_debug("ldap", "a client does not take its answers");
        counter_add(&conn->set->options.counters->ldap.late_takers, 1);
        ldap_conn_close(conn);
        break;
    }
}

/* ---- making room ---- */

bool ldap_set_evict(struct ldap_set *set)
{
    struct ldap_conn *conn = deadlines_evict_get0(&set->deadlines);

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
    set->is_draining = true;
    set->patience_us = clock_mono_us() + (int64_t)set->options.config->server.drain_ms * 1000 / 2;
    set->when_empty = when_empty;
    set->when_empty_arg = arg;
    deadlines_hurry(&set->deadlines, LIMIT_LDAP_DRAIN_IDLE_MS);
    if (set->count == 0 && when_empty != NULL)
        when_empty(arg);
}

void ldap_set_hurry(struct ldap_set *set)
{
    set->patience_us = 0;
}
