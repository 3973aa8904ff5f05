/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of an LDAP connection, its reading, and whose turn it is.
 */
#include "net/ldap_int.h"

#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/log.h"
#include "net/tls.h"

static struct sk_counters *counters_of(const struct ldap_conn *conn)
{
    return conn->set->options.counters;
}

/* ---- memory that requests take ---- */

static size_t shared_part(size_t holds)
{
    return holds > LIMIT_LDAP_OWN_BYTES ? holds - LIMIT_LDAP_OWN_BYTES : 0;
}

bool ldap_hold(struct ldap_conn *conn, size_t octets)
{
    size_t more = shared_part(conn->holds + octets) - shared_part(conn->holds);

    if (more > LIMIT_LDAP_SHARED_BYTES - conn->set->shared)
        return false;
    conn->set->shared += more;
    conn->holds += octets;
    return true;
}

void ldap_unhold(struct ldap_conn *conn, size_t octets)
{
    conn->set->shared -= shared_part(conn->holds) - shared_part(conn->holds - octets);
    conn->holds -= octets;
}

/* ---- turns ---- */

static bool wants_turn(const struct ldap_conn *conn)
{
    return conn->state == LDAP_OPEN && !conn->in_handshake &&
           stream_pending(&conn->stream) < LIMIT_LDAP_OUTPUT_BYTES &&
           (conn->has_more || ldap_can_run(conn));
}

static void leave_turns(struct ldap_conn *conn)
{
    if (conn->has_turn)
        TAILQ_REMOVE(&conn->set->turns, conn, turn_link);
    conn->has_turn = false;
}

static void ask_turn(struct ldap_conn *conn)
{
    const struct timeval at_once = {0, 0};
    struct ldap_set *set = conn->set;

    if (!wants_turn(conn)) {
        leave_turns(conn);
        return;
    }
    if (!conn->has_turn)
        TAILQ_INSERT_TAIL(&set->turns, conn, turn_link);
    conn->has_turn = true;
    if (!set->in_turns && evtimer_pending(set->on_turns, NULL) == 0)
        (void)event_add(set->on_turns, &at_once);
}

/* ---- ends ---- */

void ldap_conn_close(struct ldap_conn *conn)
{
    struct ldap_set *set = conn->set;
    struct sk_counters *counters = counters_of(conn);

    ldap_abandon_all(conn);
    ldap_unhold(conn, conn->in_holds);
    leave_turns(conn);
    TAILQ_REMOVE(&set->conns, conn, link);
    set->count--;
    counter_sub(&counters->ldap.open, 1);
    if (set->options.clients != NULL)
        clients_leave(set->options.clients, &conn->client.address);
    if (conn->in_handshake)
        counter_add(&counters->tls_failed, 1);
    deadlines_done(&conn->deadlines);
    stream_done(&conn->stream);
    buf_done(&conn->in);
    free(conn->certificate);
    free(conn);
    if (set->count == 0 && set->is_draining && set->when_empty != NULL)
        set->when_empty(set->when_empty_arg);
}

bool ldap_conn_send(struct ldap_conn *conn)
{
    struct sk_buf *out = &conn->set->out;
    bool is_good = buf_status(out) == SK_OK && stream_send(&conn->stream, buf_bytes(out));

    deadlines_note_queued(&conn->deadlines, out->len);
    counter_add(&counters_of(conn)->ldap.octets_out, out->len);
    buf_reset(out);
    return is_good;
}

bool ldap_conn_dismiss(struct ldap_conn *conn, enum ldap_code code, const char *text)
{
    ldap_abandon_all(conn);
    conn->state = LDAP_CLOSING;
    conn->has_more = false;
    ldap_write_notice(&conn->set->out, code, text);
    return ldap_conn_send(conn);
}

/* All is written and nothing is to come. True: the connection is gone. */
static bool finish(struct ldap_conn *conn)
{
    if (stream_pending(&conn->stream) > 0)
        return false;
    if (conn->peer_ended && conn->state == LDAP_OPEN && conn->num_operations == 0 &&
        !conn->has_more)
        conn->state = LDAP_CLOSING;
    if (conn->state != LDAP_CLOSING)
        return false;
    if (conn->peer_ended) {
        ldap_conn_close(conn);
        return true;
    }
    /* Closing while the client still sends would reset the connection and take the last words from
     * it. */
    conn->state = LDAP_LINGER;
    stream_end(&conn->stream);
    return false;
}

/* ---- reading ---- */

bool ldap_conn_may_read(const struct ldap_conn *conn)
{
    return conn->state == LDAP_OPEN && !conn->in_handshake && !conn->has_more &&
           !conn->peer_ended && stream_pending(&conn->stream) < LIMIT_LDAP_OUTPUT_BYTES;
}

static bool refuse(struct ldap_conn *conn, enum sk_status status)
{
    counter_add(&counters_of(conn)->ldap.bad_requests, 1);
    if (status == SK_LIMIT)
        return ldap_conn_dismiss(conn, LDAP_PROTOCOL_ERROR, "a request that is too large");
    return ldap_conn_dismiss(conn, LDAP_PROTOCOL_ERROR, "no LDAP request");
}

/* Where the first message of octets ends. SK_AGAIN: not all of it is there; then there is room for
 * the rest of it, or the connection is being closed. */
static enum sk_status find_message(struct ldap_conn *conn, struct sk_bytes octets, size_t *out_len)
{
    const struct config_ldap *config = conn->set->config;
    size_t max = conn->is_bound || config->stranger_bytes > config->message_bytes
                     ? config->message_bytes
                     : config->stranger_bytes;
    enum sk_status status = ldap_message_frame(octets, max, out_len);

    if (status != SK_OK || octets.len >= *out_len)
        return status;
    if (conn->in_holds == 0) {
        if (!ldap_hold(conn, *out_len))
            return SK_NOMEM;
        conn->in_holds = *out_len;
    }
    return SK_AGAIN;
}

/* Takes the whole messages at the front of octets, at most as many as one turn has. False: the
 * connection must be cut. */
static bool take_messages(struct ldap_conn *conn, struct sk_bytes octets, size_t *out_used)
{
    enum sk_status status = SK_OK;
    unsigned count;
    size_t len, used = 0;
    bool is_good = true;

    conn->has_more = false;
    for (count = 0; is_good && conn->state == LDAP_OPEN && used < octets.len; count++) {
        struct sk_bytes rest = bytes_of(octets.p + used, octets.len - used);

        status = find_message(conn, rest, &len);
        if (status != SK_OK || count == LIMIT_LDAP_TURN)
            break;
        ldap_unhold(conn, conn->in_holds);
        conn->in_holds = 0;
        conn->requests++;
        is_good = ldap_take(conn, bytes_of(rest.p, len));
        used += len;
    }
    if (is_good && conn->state == LDAP_OPEN) {
        conn->has_more = status == SK_OK && used < octets.len;
        if (status == SK_NOMEM)
            is_good = ldap_conn_dismiss(conn, LDAP_BUSY, "no room for a large request");
        else if (status != SK_OK && status != SK_AGAIN)
            is_good = refuse(conn, status);
    } else if (is_good && conn->state == LDAP_SECURING && used < octets.len) {
        /* RFC 4511 4.14.1: nothing may follow before the answer. What does would be taken for what
         * was sent under TLS. */
        is_good = refuse(conn, SK_INPUT);
    }
    *out_used = used;
    return is_good;
}

/* Keeps what of conn->in is not used yet. */
static void keep(struct ldap_conn *conn, size_t used)
{
    struct sk_buf *in = &conn->in;

    if (used == in->len && in->cap > LDAP_READ_BYTES / 4) {
        buf_done(in);
        return;
    }
    if (used > 0 && used < in->len)
        memmove(in->data, in->data + used, in->len - used);
    in->len -= used;
}

/* What is kept, and what was read behind it. */
static bool take_input(struct ldap_conn *conn, struct sk_bytes octets)
{
    size_t used;

    counter_add(&counters_of(conn)->ldap.octets_in, octets.len);
    if (conn->in.len == 0) {
        if (!take_messages(conn, octets, &used))
            return false;
        if (conn->state == LDAP_OPEN)
            buf_put(&conn->in, octets.p + used, octets.len - used);
        return buf_status(&conn->in) == SK_OK;
    }
    buf_put(&conn->in, octets.p, octets.len);
    if (buf_status(&conn->in) != SK_OK || !take_messages(conn, buf_bytes(&conn->in), &used))
        return false;
    keep(conn, used);
    return true;
}

/* False: the connection must be cut. */
static bool read_more(struct ldap_conn *conn)
{
    struct ldap_set *set = conn->set;
    enum sk_status status;
    size_t n;

    status = stream_read(&conn->stream, set->in, sizeof(set->in), &n);
    if (status != SK_OK)
        return status == SK_AGAIN;
    if (n == 0) {
        conn->peer_ended = true;
        return true;
    }
    if (!take_input(conn, bytes_of(set->in, n)))
        return false;
    conn->has_more = conn->state == LDAP_OPEN && (conn->has_more || conn->stream.has_more);
    return true;
}

/* What came with a turn before, or, when that was all, what TLS has kept. */
static bool go_on_reading(struct ldap_conn *conn)
{
    size_t used;

    if (conn->in.len > 0) {
        if (!take_messages(conn, buf_bytes(&conn->in), &used))
            return false;
        keep(conn, used);
        if (conn->has_more || conn->state != LDAP_OPEN)
            return true;
    }
    conn->has_more = false;
    return !conn->stream.has_more || read_more(conn);
}

static bool throw_away(struct ldap_conn *conn)
{
    struct ldap_set *set = conn->set;
    size_t n = 0;

    switch (stream_read(&conn->stream, set->in, sizeof(set->in), &n)) {
    case SK_OK:
        conn->thrown_away += n;
        return n > 0 && conn->thrown_away <= LIMIT_LDAP_LINGER_BYTES;
    case SK_AGAIN:
        return true;
    case SK_INPUT:
    case SK_LIMIT:
    case SK_NOTFOUND:
    case SK_IO:
    case SK_CRYPTO:
    case SK_NOMEM:
    case SK_INTERNAL:
        break;
    }
    return false;
}

/* ---- TLS ---- */

static bool begin_handshake(struct ldap_conn *conn, struct sk_tls *tls)
{
    conn->stream.ssl = tls_accept(tls, conn->stream.fd, false);
    conn->in_handshake = true;
    conn->is_secure = true;
    conn->is_bound = false; /* RFC 4511 4.14: who they were before does not count any more */
    conn->state = LDAP_OPEN;
    return conn->stream.ssl != NULL;
}

/* False: the connection must be cut. */
static bool shake_hands(struct ldap_conn *conn)
{
    enum sk_status status = stream_handshake(&conn->stream);

    if (status != SK_OK)
        return status == SK_AGAIN;
    counter_add(&counters_of(conn)->tls_handshakes, 1);
    conn->in_handshake = false;
    if (tls_certificate(conn->stream.ssl, &conn->certificate) != SK_OK) {
        log_warning("tls", "a client's certificate cannot be taken in");
        return false;
    }
    conn->client.certificate = conn->certificate;
    /* What came with the last octets of the handshake is in OpenSSL's hands already. */
    return read_more(conn);
}

/* ---- steps ---- */

static bool is_silent(const struct ldap_conn *conn)
{
    return conn->state == LDAP_OPEN && !conn->in_handshake && conn->num_operations == 0 &&
           conn->in.len == 0 && !conn->has_more;
}

/* What has come meanwhile is answered first. */
static bool end_served(struct ldap_conn *conn)
{
    if (ldap_conn_may_read(conn) && !read_more(conn))
        return false;
    return !is_silent(conn) || ldap_conn_dismiss(conn, LDAP_UNAVAILABLE, "the server ends");
}

void ldap_conn_step(struct ldap_conn *conn)
{
    bool is_good = true;

    if (conn->state == LDAP_SECURING && stream_pending(&conn->stream) == 0)
        is_good = begin_handshake(conn, conn->set->options.tls);
    if (is_good && conn->was_served && is_silent(conn))
        is_good = end_served(conn);
    if (!is_good) {
        ldap_conn_close(conn);
        return;
    }
    if (finish(conn))
        return;
    ldap_time_arm(conn);
    ask_turn(conn);
    if (!stream_wait(&conn->stream,
                     ldap_conn_may_read(conn) || conn->in_handshake || conn->state == LDAP_LINGER))
        ldap_conn_close(conn);
}

static void on_ready(evutil_socket_t fd, short what, void *arg)
{
    struct ldap_conn *conn = arg;
    bool is_good;

    (void)fd;
    (void)what;
    is_good = stream_flush(&conn->stream);
    if (is_good && conn->in_handshake)
        is_good = shake_hands(conn);
    else if (is_good && conn->state == LDAP_LINGER)
        is_good = throw_away(conn);
    else if (is_good && ldap_conn_may_read(conn))
        is_good = read_more(conn);
    if (is_good)
        ldap_conn_step(conn);
    else
        ldap_conn_close(conn);
}

/* One after the other, until their time is over. */
static void take_turns(struct ldap_set *set)
{
    const int64_t end = clock_mono_us() + LIMIT_LDAP_TURNS_US;
    struct ldap_conn *conn;
    unsigned i;

    set->in_turns = true;
    for (i = 0; i < LIMIT_LDAP_TURNS && (conn = TAILQ_FIRST(&set->turns)) != NULL; i++) {
        bool is_good = true;

        leave_turns(conn);
        if (conn->has_more)
            is_good = go_on_reading(conn);
        if (is_good && ldap_can_run(conn))
            is_good = ldap_run(conn);
        if (is_good)
            ldap_conn_step(conn);
        else
            ldap_conn_close(conn);
        if (clock_mono_us() >= end)
            break;
    }
    set->in_turns = false;
}

static void on_turns(evutil_socket_t fd, short what, void *arg)
{
    const struct timeval at_once = {0, 0};
    struct ldap_set *set = arg;

    (void)fd;
    (void)what;
    take_turns(set);
    if (!TAILQ_EMPTY(&set->turns))
        (void)event_add(set->on_turns, &at_once);
}

/* ---- the set ---- */

struct ldap_set *ldap_set_new(struct event_base *base, const struct ldap_options *options)
{
    struct ldap_set *set = calloc(1, sizeof(*set));

    if (set == NULL)
        return NULL;
    set->base = base;
    set->options = *options;
    set->config = &options->config->ldap;
    TAILQ_INIT(&set->conns);
    ldap_time_init(set);
    TAILQ_INIT(&set->turns);
    buf_init(&set->out, LDAP_READ_BYTES);
    set->scratch = arena_new(LIMIT_LDAP_ENTRY_BYTES);
    set->on_turns = evtimer_new(base, on_turns, set);
    if (set->scratch == NULL || set->on_turns == NULL ||
        getrandom(&set->id_key, sizeof(set->id_key), 0) != (ssize_t)sizeof(set->id_key)) {
        ldap_set_free(set);
        return NULL;
    }
    return set;
}

void ldap_set_free(struct ldap_set *set)
{
    struct ldap_conn *conn;

    if (set == NULL)
        return;
    set->is_draining = false;
    while ((conn = TAILQ_FIRST(&set->conns)) != NULL)
        ldap_conn_close(conn);
    ldap_snapshot_unref(set->snapshot);
    if (set->on_turns != NULL)
        event_free(set->on_turns);
    arena_free(set->scratch);
    buf_done(&set->out);
    free(set);
}

size_t ldap_set_count(const struct ldap_set *set)
{
    return set->count;
}

/* Each of them may hold another old generation, and with it its disk space. */
static void cut_late_takers(struct ldap_set *set)
{
    struct ldap_conn *conn, *next;

    for (conn = TAILQ_FIRST(&set->conns); conn != NULL; conn = next) {
        next = TAILQ_NEXT(conn, link);
        if (stream_age(&conn->stream) <= LIMIT_HELD_GENERATIONS)
            continue;
        log_debug("ldap", "a client still takes an answer out of an old generation");
        counter_add(&set->options.counters->ldap.late_takers, 1);
        ldap_conn_close(conn);
    }
}

enum sk_status ldap_set_generation(struct ldap_set *set, struct sk_generation *gen,
                                   struct sk_err *err)
{
    struct ldap_snapshot *snapshot;
    enum sk_status status;

    if (set->snapshot != NULL && reader_generation(set->snapshot->reader) == gen)
        return SK_OK;
    snapshot = calloc(1, sizeof(*snapshot));
    if (snapshot == NULL)
        return err_set(err, SK_NOMEM, "ldap: no memory");
    snapshot->refs = 1;
    status = reader_new(gen, &snapshot->reader, err);
    if (status != SK_OK) {
        free(snapshot);
        return status;
    }
    ldap_snapshot_unref(set->snapshot);
    set->snapshot = snapshot;
    cut_late_takers(set);
    return SK_OK;
}

/* No room: said without a connection object, as far as the socket takes it. A client of TLS would
 * not understand it. */
static void turn_away(struct ldap_set *set, const struct conn_arrival *arrival)
{
    ldap_write_notice(&set->out, LDAP_BUSY, "too many connections");
    if (arrival->listener->tls == NULL && buf_status(&set->out) == SK_OK)
        (void)send(arrival->fd, set->out.data, set->out.len, MSG_NOSIGNAL | MSG_DONTWAIT);
    buf_reset(&set->out);
    (void)shutdown(arrival->fd, SHUT_WR);
    (void)close(arrival->fd);
}

/* Takes the socket, also when it fails. */
static struct ldap_conn *conn_new(struct ldap_set *set, const struct conn_arrival *arrival)
{
    struct ldap_conn *conn = calloc(1, sizeof(*conn));

    if (conn == NULL ||
        !deadlines_init(&conn->deadlines, &set->deadlines, set->base, ldap_time_on_timer, conn)) {
        (void)close(arrival->fd);
        free(conn);
        return NULL;
    }
    if (!stream_init(&conn->stream, set->base, arrival->fd, NULL, on_ready, conn)) {
        deadlines_done(&conn->deadlines);
        (void)close(arrival->fd);
        free(conn);
        return NULL;
    }
    conn->set = set;
    conn->listener = arrival->listener;
    conn->client.address = arrival->address;
    conn->number = ++set->num_conns;
    conn->state = LDAP_OPEN;
    TAILQ_INIT(&conn->operations);
    buf_init(&conn->in, (size_t)set->config->message_bytes + LDAP_READ_BYTES);
    return conn;
}

/* Room in the set and among the client's connections; false: turned away. */
static bool admit(struct ldap_set *set, const struct conn_arrival *arrival)
{
    struct sk_counters *counters = set->options.counters;

    if (set->options.clients != NULL && !clients_enter(set->options.clients, &arrival->address)) {
        counter_add(&counters->ldap.refused_client, 1);
        turn_away(set, arrival);
        return false;
    }
    if (set->count < set->options.max_connections || ldap_set_evict(set))
        return true;
    if (set->options.clients != NULL)
        clients_leave(set->options.clients, &arrival->address);
    counter_add(&counters->ldap.refused_full, 1);
    turn_away(set, arrival);
    return false;
}

void ldap_set_add(struct ldap_set *set, const struct conn_arrival *arrival)
{
    struct ldap_conn *conn;

    if (!admit(set, arrival))
        return;
    stream_set_options(arrival->fd);
    conn = conn_new(set, arrival);
    if (conn == NULL) {
        if (set->options.clients != NULL)
            clients_leave(set->options.clients, &arrival->address);
        return;
    }
    TAILQ_INSERT_TAIL(&set->conns, conn, link);
    set->count++;
    counter_add(&set->options.counters->ldap.accepted, 1);
    counter_add(&set->options.counters->ldap.open, 1);
    if (arrival->listener->tls != NULL && !begin_handshake(conn, arrival->listener->tls))
        ldap_conn_close(conn);
    else
        ldap_conn_step(conn);
}
