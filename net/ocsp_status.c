/* SPDX-License-Identifier: Apache-2.0 */
#include "net/ocsp_status.h"

#include "core/clock.h"
#include "core/judge.h"
#include "net/served.h"

/* One CertID being answered. */
struct task {
    const struct ocsp_ask *ask;
    const struct sk_query *query;
    const struct ocsp_certid *id;
    const struct sk_cert *issuer;
    const struct config_ca *ca; /* NULL: its lists are of no one CA */
    const struct sk_cert *cert; /* the only one of this serial in the snapshot, or NULL */
    bool is_issued;             /* the snapshot has a certificate of this serial */
    struct revocation_status status;
    struct ocsp_single *out;
};

static void set_unknown(struct ocsp_single *out, int64_t now)
{
    memset(out, 0, sizeof(*out));
    out->status = OCSP_CERT_UNKNOWN;
    out->this_update = now;
    out->next_update = now + LIMIT_OCSP_UNKNOWN_S;
}

/* ---- what the snapshot knows ---- */

/* Keys of one name number their certificates apart (O-03): only one that the issuer's key is known
 * to have signed is meant. Two of one serial are judged as none is: by every list there is. */
static enum sk_status take_cert(void *arg, const struct sk_cert *cert)
{
    struct task *task = arg;
    const struct sk_source *source = reader_source(task->ask->reader);

    if (source->ops->is_checked == NULL ||
        !source->ops->is_checked(source, cert->sha256, task->issuer->spki_sha256))
        return SK_OK;
    task->cert = task->is_issued ? NULL : cert;
    task->is_issued = true;
    return SK_OK;
}

static enum sk_status find_cert(struct task *task)
{
    enum sk_status status =
        reader_certs_by_serial(task->ask->reader, task->ask->arena, task->issuer->subject_hash,
                               task->id->serial, take_cert, task);

    return status == SK_NOTFOUND ? SK_OK : status;
}

static unsigned certid_flag(enum key_hash hash)
{
    switch (hash) {
    case KEY_SHA1:
        return POLICY_CERTID_SHA1;
    case KEY_SHA256:
        return POLICY_CERTID_SHA256;
    case KEY_SHA384:
        return POLICY_CERTID_SHA384;
    case KEY_SHA512:
        return POLICY_CERTID_SHA512;
    case KEY_SHA224:
    case KEY_HASH_NONE:
        break;
    }
    return 0;
}

/* O-02: by a hash that the policy does not understand nobody is known. */
static enum sk_status find_issuer(struct task *task)
{
    const struct ocsp_certid *id = task->id;

    if ((task->ask->policy->ocsp.certid_hashes & certid_flag(id->hash)) == 0)
        return SK_NOTFOUND;
    return reader_ca_by_certid(task->ask->reader, task->ask->arena, id->hash, id->name_hash,
                               id->key_hash, &task->issuer);
}

enum sk_status ocsp_status_cert(const struct ocsp_ask *ask, const struct ocsp_certid *id,
                                const struct sk_cert **out)
{
    struct task task = {.ask = ask, .id = id};
    enum sk_status status = find_issuer(&task);

    if (status == SK_OK)
        status = find_cert(&task);
    if (status == SK_OK && task.cert == NULL)
        status = SK_NOTFOUND;
    if (status == SK_OK)
        *out = task.cert;
    return status;
}

static enum sk_status find_ca(struct task *task)
{
    const char *name;
    enum sk_status status =
        reader_ca_of_issuer(task->ask->reader, task->issuer->subject_hash, &name);

    if (status == SK_OK)
        task->ca = config_ca(task->ask->config, name);
    return status == SK_NOTFOUND ? SK_OK : status;
}

/* ---- what the lists say ---- */

/* A CA certificate that was withdrawn from the repository is still in its issuer's ARL, and only
 * there: a serial that no certificate of the snapshot has is good when neither kind of list holds
 * it. An issuer without lists for CA certificates has nothing more to say. */
static enum sk_status judge_unknown_serial(struct task *task)
{
    struct revocation_status *out = &task->status, as_ca;
    enum sk_status status =
        judge_serial(task->query, task->issuer, task->id->serial, false, NULL, out);

    if (status != SK_OK || out->kind != REVOCATION_GOOD)
        return status;
    status = judge_serial(task->query, task->issuer, task->id->serial, true, NULL, &as_ca);
    if (status != SK_OK ||
        (as_ca.kind == REVOCATION_UNDETERMINED && as_ca.why == FINDING_REVOCATION_NO_SOURCE))
        return status;
    if (as_ca.kind != REVOCATION_GOOD) {
        *out = as_ca;
        return SK_OK;
    }
    out->in_grace = out->in_grace || as_ca.in_grace;
    out->is_partial = out->is_partial || as_ca.is_partial;
    if (as_ca.next_update < out->next_update)
        out->next_update = as_ca.next_update;
    if (as_ca.holds_until < out->holds_until)
        out->holds_until = as_ca.holds_until;
    return SK_OK;
}

/* Lists that are each of one distribution point say nothing about the certificates of another: all
 * of the CA's must be here. */
static enum sk_status doubt_parts(struct task *task)
{
    struct revocation_status *out = &task->status;
    enum sk_status status = SK_OK;
    const char *url;

    if (out->kind != REVOCATION_GOOD || !out->is_partial)
        return SK_OK;
    if (task->ca != NULL)
        status = served_missing_source(task->ask->reader, task->ca, &url);
    if (status == SK_NOTFOUND)
        return SK_OK;
    out->kind = REVOCATION_UNDETERMINED;
    out->why = FINDING_REVOCATION_NO_SOURCE;
    return status;
}

/* Table of protocols, part 10: undetermined is never good. False: tryLater. */
static bool set_single(const struct revocation_status *status, int64_t now, struct ocsp_single *out)
{
    /* O-12: thisUpdate <= producedAt < nextUpdate, and no longer than the list it rests on. */
    out->this_update = status->this_update < now ? status->this_update : now;
    out->next_update = status->next_update;
    switch (status->kind) {
    case REVOCATION_UNDETERMINED:
        if (status->why == FINDING_REVOCATION_STALE || status->why == FINDING_BUDGET_EXHAUSTED)
            return false;
        set_unknown(out, now);
        return true;
    case REVOCATION_GOOD:
        if (status->next_update <= now && !status->in_grace)
            return false;
        out->status = OCSP_CERT_GOOD;
        break;
    case REVOCATION_REVOKED: /* by a list in its grace too: nothing newer is there to free it */
        out->status = OCSP_CERT_REVOKED;
        out->revoked_at = status->revoked_at;
        out->reason = status->reason;
        break;
    }
    /* Within the operator's grace an answer lives as long as one without a list. */
    if (out->next_update <= now)
        out->next_update = now + LIMIT_OCSP_UNKNOWN_S;
    if (status->kind == REVOCATION_GOOD && status->holds_until < out->next_update)
        out->next_update = status->holds_until > now ? status->holds_until : now + 1;
    return true;
}

/* ---- what the configuration makes of it ---- */

/* RFC 6960 2.2 and O-05: 1970 and certificateHold, for a minute: it may be issued at any time. */
static void set_unissued(struct task *task, struct ocsp_statuses *all)
{
    switch (task->ca->unissued) {
    case CONFIG_UNISSUED_GOOD:
        return;
    case CONFIG_UNISSUED_UNKNOWN:
        set_unknown(task->out, task->ask->now);
        return;
    case CONFIG_UNISSUED_REVOKED:
        set_unknown(task->out, task->ask->now);
        task->out->status = OCSP_CERT_REVOKED;
        task->out->revoked_at = 0;
        task->out->reason = CRL_REASON_CERTIFICATE_HOLD;
        all->has_extended_revoke = true;
        return;
    }
}

/* Good only while the lists keep it: they may drop it once it has expired (RFC 5280 3.3). */
static void set_expiry(struct task *task)
{
    int64_t kept = task->ca != NULL ? task->ca->archive_s : 0, ends;

    if (!task->ask->policy->ocsp.expired_is_unknown || task->cert == NULL ||
        task->cert->not_after == CLOCK_NEVER)
        return;
    ends = task->cert->not_after + kept + 1;
    if (ends <= task->ask->now)
        set_unknown(task->out, task->ask->now);
    else if (ends < task->out->next_update)
        task->out->next_update = ends;
}

static enum sk_status parse_list(const struct ocsp_ask *ask, const struct evidence *evidence,
                                 struct sk_crl **out)
{
    struct sk_crl *crl = arena_alloc(ask->arena, sizeof(*crl));
    struct sk_bytes der;
    enum sk_status status = crl != NULL ? SK_OK : SK_LIMIT;

    if (status == SK_OK)
        status = reader_blob(ask->reader, evidence->sha256, &der);
    if (status == SK_OK)
        status = crl_parse(ask->arena, der, crl, NULL);
    if (status == SK_OK)
        *out = crl;
    return status;
}

/* The first evidence of revoked is the list that holds it. */
static enum sk_status tell_entry(struct task *task)
{
    const struct revocation_status *status = &task->status;
    struct sk_crl *crl;
    enum sk_status result;

    task->out->has_invalidity = status->has_invalidity;
    task->out->invalidity_date = status->invalidity_date;
    if (status->num_evidence == 0 || status->evidence[0].is_ocsp)
        return SK_OK;
    result = parse_list(task->ask, &status->evidence[0], &crl);
    if (result != SK_OK)
        return result;
    task->out->has_crl = true;
    task->out->crl_time = crl->this_update;
    if (crl->has_number)
        task->out->crl_number = crl->number;
    return SK_OK;
}

static enum sk_status note_list(const struct task *task, struct ocsp_statuses *all)
{
    struct sk_crl *crl;
    enum sk_status status;

    if (all->list_algorithm.len > 0 || task->status.num_evidence == 0 ||
        task->status.evidence[0].is_ocsp)
        return SK_OK;
    status = parse_list(task->ask, &task->status.evidence[0], &crl);
    if (status == SK_OK)
        all->list_algorithm = crl->sig_alg;
    return status;
}

static enum sk_status apply_options(struct task *task, struct ocsp_statuses *all)
{
    enum ocsp_cert_status said = task->out->status;
    bool is_unissued = said == OCSP_CERT_GOOD && !task->is_issued;

    if (said == OCSP_CERT_GOOD)
        set_expiry(task);
    if (is_unissued && task->ca != NULL)
        set_unissued(task, all);
    if (task->out->status == OCSP_CERT_UNKNOWN || task->out->status != said)
        return SK_OK;
    /* RFC 6960 4.4.4: what is older than this may have left the lists. */
    if (task->ca != NULL && task->ca->archive_s > 0) {
        task->out->has_archive_cutoff = true;
        task->out->archive_cutoff = task->ask->now - task->ca->archive_s;
    }
    if (said == OCSP_CERT_REVOKED && task->ask->policy->ocsp.tell_entry)
        return tell_entry(task);
    return SK_OK;
}

/* ---- one after the other ---- */

static enum ocsp_error error_of(enum sk_status status)
{
    return status == SK_LIMIT ? OCSP_ERROR_TRY_LATER : OCSP_ERROR_INTERNAL;
}

static enum ocsp_error judge_issued(struct task *task, struct ocsp_statuses *all)
{
    enum sk_status status = find_ca(task);

    if (status == SK_OK)
        status = find_cert(task);
    if (status == SK_OK)
        status = task->cert != NULL ? judge_serial(task->query, task->issuer, task->id->serial,
                                                   task->cert->is_ca, task->cert, &task->status)
                                    : judge_unknown_serial(task);
    if (status == SK_OK && task->cert == NULL)
        status = doubt_parts(task);
    if (status != SK_OK)
        return error_of(status);
    if (!set_single(&task->status, task->ask->now, task->out))
        return OCSP_ERROR_TRY_LATER;
    status = note_list(task, all);
    if (status == SK_OK)
        status = apply_options(task, all);
    return status == SK_OK ? OCSP_ERROR_NONE : error_of(status);
}

static void note_why(const struct task *task, size_t index, enum ocsp_error error)
{
    bool is_known = task->status.kind != REVOCATION_UNDETERMINED;

    why_note_status(&task->ask->why, index, task->cert,
                    error == OCSP_ERROR_NONE ? ocsp_cert_status_text(task->out->status)
                                             : ocsp_error_text(error),
                    is_known ? FINDING_NONE : task->status.why,
                    is_known ? NULL : task->status.rule);
}

static enum ocsp_error judge_one(const struct ocsp_ask *ask, const struct sk_query *query,
                                 const struct ocsp_certid *id, size_t index,
                                 struct ocsp_statuses *all)
{
    enum ocsp_error error;
    struct task task = {.ask = ask, .query = query, .id = id, .out = &all->singles[index]};
    enum sk_status found = find_issuer(&task);

    if (found == SK_OK) {
        error = judge_issued(&task, all);
        note_why(&task, index, error);
        all->issuers[index] = task.issuer;
        all->cas[index] = task.ca;
        return error;
    }
    if (found != SK_NOTFOUND)
        return error_of(found);
    if (ask->policy->ocsp.refuse_unknown_issuer) /* O-04 */
        return OCSP_ERROR_UNAUTHORIZED;
    set_unknown(task.out, ask->now);
    return OCSP_ERROR_NONE;
}

/* Every CertID has its status, or the whole answer is an error; the CPU budget is of them all. */
enum ocsp_error ocsp_status_find(const struct ocsp_ask *ask, const struct ocsp_request *request,
                                 struct ocsp_statuses *out)
{
    struct sk_params params = ask->policy->params;
    struct sk_query query = {.params = &params,
                             .source = reader_source(ask->reader),
                             .time = ask->now,
                             .keys = ask->keys,
                             .arena = ask->arena,
                             .cpu_now = clock_cpu_us,
                             .wall_now = clock_mono_us};
    int64_t budget_us = (int64_t)params.budget.max_cpu_ms * 1000, start = clock_cpu_us();
    size_t i;

    memset(out, 0, sizeof(*out));
    out->ends = CLOCK_NEVER;
    for (i = 0; i < request->num_ids; i++) {
        int64_t left = budget_us - (clock_cpu_us() - start);
        enum ocsp_error error;

        if (budget_us > 0 && left < 1000)
            return OCSP_ERROR_TRY_LATER;
        if (budget_us > 0)
            params.budget.max_cpu_ms = (unsigned)(left / 1000);
        error = judge_one(ask, &query, &request->ids[i], i, out);
        if (error != OCSP_ERROR_NONE)
            return error;
        if (out->singles[i].next_update < out->ends)
            out->ends = out->singles[i].next_update;
    }
    return OCSP_ERROR_NONE;
}
