/* SPDX-License-Identifier: Apache-2.0 */
#include "net/cvs.h"

#include "core/clock.h"
#include "core/derout.h"
#include "core/judge.h"
#include "core/memstore.h"

enum { MAX_DETAIL = 2048, MAX_FINDINGS = 16 };

/* A request being judged. */
struct task {
    const struct ocsp_ask *ask;
    const struct ocsp_request *request;
    struct sk_params params;
    int64_t budget_us, start_us;
    struct ocsp_statuses *out;
};

/* One CertID of it. */
struct item {
    struct task *task;
    const struct ocsp_certid *id;
    struct sk_memstore *store; /* the certificates that came along; NULL: none */
    const struct sk_cert *target;
    struct sk_verdict *verdict;
    struct ocsp_single *out;
};

/* ---- what came along ---- */

enum sk_status cvs_read_certificates(struct sk_bytes value, struct sk_bytes *out, size_t max,
                                     size_t *out_count)
{
    struct der d, list;
    size_t count = 0;

    der_init(&d, value);
    if (der_enter(&d, DER_SEQUENCE, &list) != SK_OK || der_finish(&d) != SK_OK || der_at_end(&list))
        return SK_INPUT;
    while (!der_at_end(&list)) {
        if (count == max)
            return SK_LIMIT;
        if (der_take_whole(&list, DER_SEQUENCE, &out[count++]) != SK_OK)
            return SK_INPUT;
    }
    *out_count = count;
    return SK_OK;
}

enum sk_status cvs_read_policies(struct sk_bytes value, struct sk_bytes *out, size_t max,
                                 size_t *out_count)
{
    struct der d, list;
    size_t count = 0;

    der_init(&d, value);
    if (der_enter(&d, DER_SEQUENCE, &list) != SK_OK || der_finish(&d) != SK_OK || der_at_end(&list))
        return SK_INPUT;
    while (!der_at_end(&list)) {
        if (count == max)
            return SK_LIMIT;
        if (der_oid(&list, DER_OID, &out[count++]) != SK_OK)
            return SK_INPUT;
    }
    *out_count = count;
    return SK_OK;
}

static bool is_in_set(const struct sk_params *params, struct sk_bytes policy)
{
    size_t i;

    for (i = 0; i < params->num_policies; i++) {
        if (bytes_equal(params->policies[i], policy))
            return true;
    }
    return params->num_policies == 0;
}

/* A client narrows what the policy accepts; it cannot widen it. */
static enum ocsp_error narrow(struct task *task)
{
    struct sk_bytes *policies;
    size_t count = 0, i;
    enum sk_status status;

    if (task->request->extension.p == NULL)
        return OCSP_ERROR_NONE;
    policies = arena_array(task->ask->arena, LIMIT_CVS_POLICIES, sizeof(*policies));
    if (policies == NULL)
        return OCSP_ERROR_TRY_LATER;
    status = cvs_read_policies(task->request->extension, policies, LIMIT_CVS_POLICIES, &count);
    if (status != SK_OK)
        return OCSP_ERROR_MALFORMED;
    for (i = 0; i < count; i++) {
        if (!is_in_set(&task->params, policies[i]))
            return OCSP_ERROR_UNAUTHORIZED;
    }
    task->params.policies = policies;
    task->params.num_policies = count;
    task->params.require_explicit_policy = true;
    return OCSP_ERROR_NONE;
}

/* ---- the target ---- */

/* O-01: name and serial are the target's own; the key is its issuer's (is_of_path()). */
static bool is_of_target(const struct ocsp_certid *id, const struct sk_cert *target)
{
    uint8_t hash[64];
    size_t len;

    return id->hash != KEY_HASH_NONE && bytes_equal(id->serial, target->serial) &&
           key_digest(id->hash, target->issuer, hash, &len) == SK_OK &&
           bytes_equal(id->name_hash, bytes_of(hash, len));
}

/* The issuer that was found must be the one asked about. */
static bool is_of_path(const struct item *item)
{
    uint8_t hash[64];
    size_t len;

    return item->verdict->num_path > 1 &&
           key_digest(item->id->hash, item->verdict->path[1]->key_bits, hash, &len) == SK_OK &&
           bytes_equal(item->id->key_hash, bytes_of(hash, len));
}

static enum ocsp_error take_certificates(struct item *item)
{
    struct sk_bytes certs[LIMIT_CVS_CERTS];
    const struct sk_cert *cert;
    size_t count = 0, i;
    enum sk_status status =
        cvs_read_certificates(item->id->extension, certs, LIMIT_CVS_CERTS, &count);

    if (status == SK_OK) {
        item->store = memstore_new();
        status = item->store != NULL ? SK_OK : SK_NOMEM;
    }
    for (i = 0; status == SK_OK && i < count; i++) {
        status = memstore_add_cert(item->store, certs[i], &cert, NULL);
        if (status == SK_OK && i == 0)
            item->target = cert;
    }
    if (status == SK_NOMEM)
        return OCSP_ERROR_TRY_LATER;
    return status == SK_OK && is_of_target(item->id, item->target) ? OCSP_ERROR_NONE
                                                                   : OCSP_ERROR_MALFORMED;
}

static enum ocsp_error find_target(struct item *item)
{
    enum sk_status status;

    if (item->id->extension.p != NULL)
        return take_certificates(item);
    status = ocsp_status_cert(item->task->ask, item->id, &item->target);
    if (status == SK_OK || status == SK_NOTFOUND)
        return OCSP_ERROR_NONE;
    return status == SK_LIMIT ? OCSP_ERROR_TRY_LATER : OCSP_ERROR_INTERNAL;
}

/* ---- the verdict as a status ---- */

static void set_unknown(struct item *item)
{
    const struct sk_bytes extension = item->out->extension;

    memset(item->out, 0, sizeof(*item->out));
    item->out->extension = extension;
    item->out->status = OCSP_CERT_UNKNOWN;
    item->out->this_update = item->task->ask->now;
    item->out->next_update = item->task->ask->now + LIMIT_OCSP_UNKNOWN_S;
}

static bool has_grace(const struct sk_verdict *verdict)
{
    size_t i;

    for (i = 0; i < verdict->num_findings; i++) {
        if (verdict->findings[i].code == FINDING_GRACE)
            return true;
    }
    return false;
}

/* From the newest list to the end of the first; without a list, or with one in its grace, as short
 * as an unknown one. */
static void set_good(struct item *item)
{
    const struct sk_verdict *verdict = item->verdict;
    int64_t now = item->task->ask->now;
    size_t i;

    set_unknown(item);
    item->out->status = OCSP_CERT_GOOD;
    if (verdict->num_evidence > 0 && !has_grace(verdict)) {
        item->out->this_update = verdict->evidence[0].this_update;
        item->out->next_update = verdict->valid_until;
    }
    for (i = 0; i < verdict->num_evidence; i++) {
        if (verdict->evidence[i].this_update > item->out->this_update)
            item->out->this_update = verdict->evidence[i].this_update;
    }
    if (item->out->this_update > now)
        item->out->this_update = now;
    if (verdict->valid_until < item->out->next_update)
        item->out->next_update = verdict->valid_until;
    if (item->out->next_update <= now)
        item->out->next_update = now + 1;
}

/* A verdict tells that a CA is revoked, and not since when: its lists do. */
static void set_revoked(struct item *item, const struct sk_query *query, size_t index)
{
    const struct sk_verdict *verdict = item->verdict;
    const struct sk_cert *cert = verdict->path[index];
    struct revocation_status status;
    int64_t now = item->task->ask->now;

    set_unknown(item);
    if (judge_serial(query, verdict->path[index + 1], cert->serial, cert->is_ca, cert, &status) !=
            SK_OK ||
        status.kind != REVOCATION_REVOKED)
        return;
    item->out->status = OCSP_CERT_REVOKED;
    item->out->revoked_at = status.revoked_at;
    item->out->reason = status.reason;
    if (status.this_update < now)
        item->out->this_update = status.this_update;
    if (status.next_update > now)
        item->out->next_update = status.next_update;
}

static void set_status(struct item *item, const struct sk_query *query)
{
    const struct sk_verdict *verdict = item->verdict;
    const struct finding *first = verdict->num_findings > 0 ? &verdict->findings[0] : NULL;

    set_unknown(item);
    if (!is_of_path(item))
        return;
    switch (verdict->kind) {
    case VERDICT_VALID:
        set_good(item);
        break;
    case VERDICT_REVOKED:
        set_revoked(item, query, 0);
        break;
    case VERDICT_INVALID:
        if (first != NULL && first->code == FINDING_ISSUER_REVOKED && first->cert > 0 &&
            (size_t)first->cert + 1 < verdict->num_path)
            set_revoked(item, query, (size_t)first->cert);
        break;
    case VERDICT_UNDETERMINED:
        break;
    }
}

/* ---- the detail ---- */

static void put_text(struct sk_buf *out, const char *text)
{
    derout_tlv(out, DER_UTF8_STRING, bytes_of(text, strlen(text)));
}

static void put_findings(const struct sk_verdict *verdict, struct sk_buf *out)
{
    size_t list = derout_open(out, DER_SEQUENCE), one, i;

    for (i = 0; i < verdict->num_findings && i < MAX_FINDINGS; i++) {
        one = derout_open(out, DER_SEQUENCE);
        put_text(out, finding_code_text(verdict->findings[i].code));
        if (verdict->findings[i].cert >= 0)
            derout_uint(out, DER_INTEGER, (uint64_t)verdict->findings[i].cert);
        derout_close(out, one);
    }
    derout_close(out, list);
}

static enum sk_status put_detail(struct item *item)
{
    const struct config_cvs *config = &item->task->ask->config->cvs;
    struct sk_buf out;
    size_t extension, value, detail;
    void *copy = NULL;
    enum sk_status status;

    buf_init(&out, MAX_DETAIL);
    extension = derout_open(&out, DER_SEQUENCE);
    derout_tlv(&out, DER_OID, config->detail_oid);
    if (config->detail_critical)
        derout_bool(&out, DER_BOOLEAN, true);
    value = derout_open(&out, DER_OCTET_STRING);
    detail = derout_open(&out, DER_SEQUENCE);
    put_text(&out, verdict_kind_text(item->verdict->kind));
    put_findings(item->verdict, &out);
    derout_close(&out, detail);
    derout_close(&out, value);
    derout_close(&out, extension);
    status = buf_status(&out);
    if (status == SK_OK) {
        copy = arena_copy(item->task->ask->arena, out.data, out.len);
        status = copy != NULL ? SK_OK : SK_LIMIT;
    }
    if (status == SK_OK)
        item->out->extension = bytes_of(copy, out.len);
    buf_done(&out);
    return status;
}

/* ---- one after the other ---- */

static void judge_target(struct item *item, const struct sk_query *query)
{
    if (item->target == NULL)
        verdict_add(item->verdict, FINDING_NO_PATH, -1, "", "no certificate with this CertID");
    else if (judge(query, item->verdict) != SK_OK)
        item->verdict->kind = VERDICT_UNDETERMINED;
}

static enum ocsp_error judge_item(struct item *item)
{
    struct task *task = item->task;
    const struct sk_source *parts[2] = {NULL, reader_source(task->ask->reader)};
    struct source_chain chain;
    struct sk_query query = {.target = item->target,
                             .params = &task->params,
                             .source = parts[1],
                             .time = task->ask->now,
                             .keys = task->ask->keys,
                             .arena = task->ask->arena,
                             .cpu_now = clock_cpu_us,
                             .wall_now = clock_mono_us};
    int64_t left = task->budget_us - (clock_cpu_us() - task->start_us);

    if (task->budget_us > 0 && left < 1000)
        return OCSP_ERROR_TRY_LATER;
    if (task->budget_us > 0)
        task->params.budget.max_cpu_ms = (unsigned)(left / 1000);
    item->verdict = arena_alloc(task->ask->arena, sizeof(*item->verdict));
    if (item->verdict == NULL)
        return OCSP_ERROR_TRY_LATER;
    if (item->store != NULL) {
        parts[0] = memstore_source(item->store);
        source_chain_init(&chain, parts, 2);
        query.source = &chain.source;
    }
    judge_target(item, &query);
    why_note_verdict(&task->ask->why, (size_t)(item->out - task->out->singles), item->target,
                     item->verdict);
    set_status(item, &query);
    return put_detail(item) == SK_OK ? OCSP_ERROR_NONE : OCSP_ERROR_TRY_LATER;
}

/* The verdict of an answer holds the store's certificates no longer than this call. */
static enum ocsp_error answer_one(struct task *task, size_t index)
{
    struct item item = {
        .task = task, .id = &task->request->ids[index], .out = &task->out->singles[index]};
    enum ocsp_error error = find_target(&item);

    if (error == OCSP_ERROR_NONE)
        error = judge_item(&item);
    memstore_free(item.store);
    return error;
}

enum ocsp_error cvs_status_find(const struct ocsp_ask *ask, const struct ocsp_request *request,
                                struct ocsp_statuses *out)
{
    struct task task = {.ask = ask, .request = request, .params = ask->policy->params, .out = out};
    enum ocsp_error error;
    size_t i;

    memset(out, 0, sizeof(*out));
    out->ends = CLOCK_NEVER;
    task.budget_us = (int64_t)task.params.budget.max_cpu_ms * 1000;
    task.start_us = clock_cpu_us();
    error = narrow(&task);
    for (i = 0; error == OCSP_ERROR_NONE && i < request->num_ids; i++) {
        error = answer_one(&task, i);
        if (error == OCSP_ERROR_NONE && out->singles[i].next_update < out->ends)
            out->ends = out->singles[i].next_update;
    }
    return error;
}
