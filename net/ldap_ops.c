/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LDAP requests and their answers: what is answered at once, and searches in turn.
 */
#include "net/ldap_int.h"

#include <stdio.h>
#include <stdlib.h>

#include "net/ldap_compare.h"
#include "net/metrics.h"
#include "net/tls.h"

/* A request on its way to its answer. */
struct asked {
    uint32_t id;
    enum ldap_kind kind;
    int64_t start_us;
    const struct ldap_search *search; /* of a search that has begun; else NULL */
    uint64_t given;                   /* octets of its entries */
};

/* ---- generations ---- */

struct ldap_snapshot *ldap_snapshot_ref(struct ldap_snapshot *snapshot)
{
    if (snapshot != NULL)
        snapshot->refs++;
    return snapshot;
}

void ldap_snapshot_unref(struct ldap_snapshot *snapshot)
{
    if (snapshot == NULL || --snapshot->refs > 0)
        return;
    reader_free(snapshot->reader);
    free(snapshot);
}

static struct ldap_env env_of(const struct ldap_conn *conn, const struct ldap_snapshot *snapshot)
{
    const struct ldap_set *set = conn->set;

    return (struct ldap_env){
        .config = set->config,
        .reader = snapshot != NULL ? snapshot->reader : NULL,
        .offers_tls = set->config->start_tls && set->options.tls != NULL && !conn->is_secure,
    };
}

/* ---- answers ---- */

/* Not a fault of client or server: what a line of the access log may be left out for. */
static bool is_ordinary(enum ldap_code code)
{
    return code == LDAP_SUCCESS || code == LDAP_COMPARE_FALSE || code == LDAP_COMPARE_TRUE ||
           code == LDAP_REFERRAL || code == LDAP_NO_SUCH_OBJECT;
}

/* Nothing of whom or what is asked about. */
static void log_answer(const struct ldap_conn *conn, const struct asked *asked, enum ldap_code code,
                       uint64_t octets, int64_t took_us)
{
    static const char *const scopes[] = {
        [LDAP_SCOPE_BASE] = "base", [LDAP_SCOPE_ONE] = "one", [LDAP_SCOPE_SUB] = "sub"};
    const struct ldap_set *set = conn->set;
    const struct ldap_snapshot *snapshot = set->snapshot;
    char id[64];
    const struct access_entry entry = {
        .id = id,
        .listener = conn->listener->name,
        .tls = conn->is_secure ? tls_version(conn->stream.ssl) : NULL,
        .client = &conn->client.address,
        .operation = ldap_kind_text(asked->kind),
        .scope = asked->search != NULL ? scopes[ldap_search_scope(asked->search)] : NULL,
        .status = (unsigned)code,
        .entries = asked->search != NULL ? ldap_search_entries(asked->search) : 0,
        .is_failure = !is_ordinary(code),
        .octets = octets,
        .took_us = took_us,
        .generation = snapshot != NULL ? generation_number(reader_generation(snapshot->reader)) : 0,
    };

    (void)snprintf(id, sizeof(id), "%08x-%u-%u", set->id_key, conn->number, asked->id);
    if (set->options.access != NULL)
        access_log_add(set->options.access, &entry);
}

static bool answer(struct ldap_conn *conn, const struct asked *asked,
                   const struct ldap_result *result)
{
    struct sk_counters *counters = conn->set->options.counters;
    int64_t now = clock_mono_us(), took_us = now - asked->start_us;
    size_t len;

    /* A bind is for what comes next. */
    if (conn->set->is_draining && now >= conn->set->patience_us && asked->kind != LDAP_BIND &&
        asked->kind != LDAP_EXTENDED)
        conn->was_served = true;
    ldap_write_result(&conn->set->out, asked->id, asked->kind, result);
    len = conn->set->out.len;
    metrics_note_ldap(counters, asked->kind, (unsigned)result->code, took_us);
    if (asked->search != NULL) {
        counter_add(&counters->ldap.entries, ldap_search_entries(asked->search));
        counter_add(&counters->ldap.references, ldap_search_references(asked->search));
    }
    log_answer(conn, asked, result->code, asked->given + len, took_us);
    return ldap_conn_send(conn);
}

static bool answer_code(struct ldap_conn *conn, const struct asked *asked, enum ldap_code code,
                        const char *text)
{
    const struct ldap_result result = {.code = code, .text = text};

    return answer(conn, asked, &result);
}

/* ---- searches ---- */

void ldap_operation_free(struct ldap_conn *conn, struct ldap_operation *operation)
{
    TAILQ_REMOVE(&conn->operations, operation, link);
    conn->num_operations--;
    if (operation->search != NULL)
        conn->num_begun--;
    counter_sub(&conn->set->options.counters->ldap.waiting, 1);
    ldap_unhold(conn, operation->holds);
    ldap_search_free(operation->search);
    ldap_snapshot_unref(operation->snapshot);
    free(operation->octets);
    free(operation);
}

void ldap_abandon_all(struct ldap_conn *conn)
{
    struct ldap_operation *operation;

    while ((operation = TAILQ_FIRST(&conn->operations)) != NULL)
        ldap_operation_free(conn, operation);
}

static void abandon(struct ldap_conn *conn, uint32_t id)
{
    struct ldap_operation *operation;

    TAILQ_FOREACH(operation, &conn->operations, link)
    {
        if (operation->id == id) {
            ldap_operation_free(conn, operation);
            return;
        }
    }
}

/* It begins when it is its turn. */
static bool queue_search(struct ldap_conn *conn, const struct asked *asked, struct sk_bytes message)
{
    struct ldap_operation *operation;

    if (conn->num_operations >= conn->set->config->operations)
        return answer_code(conn, asked, LDAP_BUSY, "too many requests under way");
    if (!ldap_hold(conn, message.len))
        return answer_code(conn, asked, LDAP_BUSY, "too much is under way");
    operation = calloc(1, sizeof(*operation));
    if (operation == NULL) {
        ldap_unhold(conn, message.len);
        return false;
    }
    operation->id = asked->id;
    operation->start_us = asked->start_us;
    operation->holds = message.len;
    operation->num_octets = message.len;
    TAILQ_INSERT_TAIL(&conn->operations, operation, link);
    conn->num_operations++;
    counter_add(&conn->set->options.counters->ldap.waiting, 1);
    operation->octets = malloc(message.len);
    if (operation->octets == NULL)
        return false;
    memcpy(operation->octets, message.p, message.len);
    return true;
}

/* The one whose turn it is: few at a time are begun. NULL: none. */
static struct ldap_operation *next_operation(const struct ldap_conn *conn)
{
    struct ldap_operation *operation;

    TAILQ_FOREACH(operation, &conn->operations, link)
    {
        if (operation->search != NULL || conn->num_begun < LIMIT_LDAP_SEARCHES)
            return operation;
    }
    return NULL;
}

bool ldap_can_run(const struct ldap_conn *conn)
{
    return conn->num_operations > 0 && conn->state == LDAP_OPEN && !conn->in_handshake &&
           stream_pending(&conn->stream) < LIMIT_LDAP_OUTPUT_BYTES;
}

/* SK_LIMIT: no room for what it has prepared. SK_NOMEM. */
static enum sk_status begin(struct ldap_conn *conn, struct ldap_operation *operation, int64_t now)
{
    struct ldap_snapshot *snapshot = ldap_snapshot_ref(conn->set->snapshot);
    const struct ldap_env env = env_of(conn, snapshot);
    struct ldap_request request;
    enum sk_status status;
    size_t octets;

    operation->snapshot = snapshot;
    status = ldap_message_read(bytes_of(operation->octets, operation->num_octets), &request);
    if (status != SK_OK)
        return SK_INTERNAL; /* it was read before */
    operation->search = ldap_search_new(&env, &request, now);
    if (operation->search == NULL)
        return SK_NOMEM;
    conn->num_begun++;
    octets = ldap_search_octets(operation->search);
    if (!ldap_hold(conn, octets))
        return SK_LIMIT;
    operation->holds += octets;
    return SK_OK;
}

static bool end_search(struct ldap_conn *conn, struct ldap_operation *operation,
                       const struct ldap_result *result)
{
    const struct asked asked = {.id = operation->id,
                                .kind = LDAP_SEARCH,
                                .start_us = operation->start_us,
                                .search = operation->search,
                                .given = operation->given};
    bool is_good = answer(conn, &asked, result);

    ldap_operation_free(conn, operation);
    return is_good;
}

bool ldap_run(struct ldap_conn *conn)
{
    static const struct ldap_result busy = {.code = LDAP_BUSY, .text = "too much is under way"};
    struct ldap_operation *operation = next_operation(conn);
    struct evbuffer *out = stream_queue(&conn->stream);
    enum ldap_progress progress;
    int64_t now = clock_mono_us();
    enum sk_status status = SK_OK;
    size_t before;

    if (out == NULL || operation == NULL)
        return false;
    if (operation->search == NULL)
        status = begin(conn, operation, now);
    if (status == SK_LIMIT)
        return end_search(conn, operation, &busy);
    if (status != SK_OK)
        return false;
    before = evbuffer_get_length(out);
    progress = ldap_search_run(operation->search, conn->set->scratch, out, now);
    before = evbuffer_get_length(out) - before;
    operation->given += before;
    deadlines_note_queued(&conn->deadlines, before);
    counter_add(&conn->set->options.counters->ldap.octets_out, before);
    switch (progress) {
    case LDAP_GOES_ON:
        TAILQ_REMOVE(&conn->operations, operation, link);
        TAILQ_INSERT_TAIL(&conn->operations, operation, link);
        return stream_flush(&conn->stream);
    case LDAP_IS_DONE:
        /* The result gets a TLS record of its own: curl 7.88 takes one message and then waits for
         * the socket, though the next one came in the same record. */
        if (conn->is_secure && before > 0 && !stream_flush(&conn->stream))
            return false;
        return end_search(conn, operation, ldap_search_result_get0(operation->search));
    case LDAP_IS_BROKEN:
        break;
    }
    return false;
}

/* ---- bind (RFC 4511 4.2, RFC 4513 5.1) ---- */

static bool take_bind(struct ldap_conn *conn, const struct asked *asked,
                      const struct ldap_bind *bind)
{
    if (bind->version != 3 && !(bind->version == 2 && conn->set->config->bind_v2))
        return answer_code(conn, asked, LDAP_PROTOCOL_ERROR, "only LDAPv3 is spoken here");
    if (bind->auth != LDAP_AUTH_SIMPLE)
        return answer_code(conn, asked, LDAP_AUTH_METHOD_NOT_SUPPORTED,
                           "only anonymous binds are taken");
    if (bind->password.len > 0)
        return answer_code(conn, asked, LDAP_INVALID_CREDENTIALS, NULL);
    if (bind->name.len > 0)
        return answer_code(conn, asked, LDAP_UNWILLING_TO_PERFORM,
                           "a name without a password proves nothing");
    conn->is_bound = true;
    return answer_code(conn, asked, LDAP_SUCCESS, NULL);
}

/* ---- extended requests (RFC 4511 4.12) ---- */

static bool take_start_tls(struct ldap_conn *conn, const struct asked *asked)
{
    struct ldap_result result = {.code = LDAP_SUCCESS, .name = LDAP_OID_START_TLS};

    if (conn->is_secure) {
        result.code = LDAP_OPERATIONS_ERROR;
        result.text = "TLS is there already";
    } else if (conn->num_operations > 0) {
        result.code = LDAP_OPERATIONS_ERROR;
        result.text = "other requests are under way";
    } else {
        conn->state = LDAP_SECURING;
    }
    return answer(conn, asked, &result);
}

static bool is_start_tls(const struct ldap_conn *conn, const struct ldap_request *request)
{
    struct sk_bytes name = bytes_of(LDAP_OID_START_TLS, strlen(LDAP_OID_START_TLS));

    return request->kind == LDAP_EXTENDED && bytes_equal(request->of.extended.name, name) &&
           !request->of.extended.has_value && conn->set->config->start_tls &&
           conn->set->options.tls != NULL;
}

static bool take_extended(struct ldap_conn *conn, const struct asked *asked,
                          const struct ldap_request *request)
{
    /* RFC 4532: nobody has a name here. */
    const struct ldap_result nobody = {.code = LDAP_SUCCESS, .has_value = true};
    struct sk_bytes who = bytes_of(LDAP_OID_WHO_AM_I, strlen(LDAP_OID_WHO_AM_I));

    if (is_start_tls(conn, request))
        return take_start_tls(conn, asked);
    if (bytes_equal(request->of.extended.name, who) && !request->of.extended.has_value)
        return answer(conn, asked, &nobody);
    return answer_code(conn, asked, LDAP_PROTOCOL_ERROR, "an operation we do not know");
}

/* ---- the others ---- */

static bool take_compare(struct ldap_conn *conn, const struct asked *asked,
                         const struct ldap_request *request)
{
    const struct ldap_env env = env_of(conn, conn->set->snapshot);
    struct ldap_result result;

    ldap_compare(&env, conn->set->scratch, request, &result);
    return answer(conn, asked, &result);
}

/* What would change the directory is for the server where it is kept. */
static bool take_write(struct ldap_conn *conn, const struct asked *asked)
{
    const struct config_list *urls = &conn->set->config->referrals;
    struct sk_bytes referrals[LIMIT_LDAP_REFERRALS];
    struct ldap_result result = {.code = LDAP_UNWILLING_TO_PERFORM,
                                 .text = "this directory is read-only"};
    size_t i;

    for (i = 0; i < urls->num_values && i < LIMIT_LDAP_REFERRALS; i++)
        referrals[i] = bytes_of(urls->values[i], strlen(urls->values[i]));
    if (i > 0)
        result =
            (struct ldap_result){.code = LDAP_REFERRAL, .referrals = referrals, .num_referrals = i};
    return answer(conn, asked, &result);
}

/* RFC 4511 4.1.11 */
static bool has_unknown_control(const struct ldap_request *request)
{
    size_t i;

    for (i = 0; i < request->num_controls; i++) {
        const struct ldap_control *control = &request->controls[i];

        if (control->is_critical &&
            control != ldap_message_control(request, LDAP_OID_MANAGE_DSA_IT) &&
            (request->kind != LDAP_SEARCH ||
             control != ldap_message_control(request, LDAP_OID_PAGED)))
            return true;
    }
    return false;
}

static bool is_allowed(const struct ldap_conn *conn, const struct ldap_request *request)
{
    const struct sk_config *config = conn->set->options.config;

    /* A client may need TLS to show who it is. */
    return is_start_tls(conn, request) ||
           acl_allows(config->acls, config->num_acls, ACL_LDAP, &conn->client);
}

static bool take_request(struct ldap_conn *conn, const struct ldap_request *request,
                         struct sk_bytes message)
{
    const struct asked asked = {
        .id = request->id, .kind = request->kind, .start_us = clock_mono_us()};

    if (request->kind == LDAP_BIND)
        ldap_abandon_all(conn); /* L-20 */
    if (!is_allowed(conn, request)) {
        counter_add(&conn->set->options.counters->ldap.denied, 1);
        return answer_code(conn, &asked, LDAP_INSUFFICIENT_ACCESS_RIGHTS,
                           "this service is not for you");
    }
    if (request->fault != LDAP_SUCCESS)
        return answer_code(conn, &asked, request->fault, request->fault_text);
    if (has_unknown_control(request))
        return answer_code(conn, &asked, LDAP_UNAVAILABLE_CRITICAL_EXTENSION,
                           "a critical control we do not know");
    switch (request->kind) {
    case LDAP_BIND:
        return take_bind(conn, &asked, &request->of.bind);
    case LDAP_SEARCH:
        return queue_search(conn, &asked, message);
    case LDAP_COMPARE:
        return take_compare(conn, &asked, request);
    case LDAP_EXTENDED:
        return take_extended(conn, &asked, request);
    case LDAP_MODIFY:
    case LDAP_ADD:
    case LDAP_DELETE:
    case LDAP_MODIFY_DN:
        return take_write(conn, &asked);
    case LDAP_UNBIND:
    case LDAP_ABANDON:
    case LDAP_KINDS:
        break;
    }
    return true;
}

bool ldap_take(struct ldap_conn *conn, struct sk_bytes message)
{
    struct sk_counters *counters = conn->set->options.counters;
    struct ldap_request request;

    counter_add(&counters->ldap.requests, 1);
    if (ldap_message_read(message, &request) != SK_OK) {
        counter_add(&counters->ldap.bad_requests, 1);
        return ldap_conn_dismiss(conn, LDAP_PROTOCOL_ERROR, "no LDAP request");
    }
    if (request.kind == LDAP_UNBIND) { /* no answer, not even a word */
        ldap_abandon_all(conn);
        conn->state = LDAP_CLOSING;
        return true;
    }
    if (request.kind == LDAP_ABANDON) {
        if (request.fault == LDAP_SUCCESS)
            abandon(conn, request.of.abandon);
        return true;
    }
    return take_request(conn, &request, message);
}
