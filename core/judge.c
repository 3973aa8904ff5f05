/* SPDX-License-Identifier: Apache-2.0 */
#include "core/judge.h"

#include <stdio.h>

#include "core/clock.h"
#include "core/explain.h"

/* One job: the paths seen so far. */
struct trial {
    struct sk_job job;
    const struct sk_query *query;
    struct sk_verdict *best, *current; /* best: NULL until the first path. One is the caller's */
    size_t best_progress, current_progress;
    struct explain explain;
    bool is_decided; /* the target alone is at fault */
    bool is_cut_off; /* certs[cut_off] of the last path is revoked on every path to its issuer */
    size_t cut_off;
};

/* The only place where a verdict becomes valid. */
static void verdict_set_valid(struct sk_verdict *verdict)
{
    verdict->kind = VERDICT_VALID;
}

static void start(struct trial *trial, const struct sk_query *query)
{
    memset(trial, 0, sizeof(*trial));
    trial->query = query;
    trial->job.arena = query->arena;
    trial->job.params = query->params;
    trial->job.source = query->source;
    trial->job.keys = query->keys;
    trial->job.time = query->time;
    trial->job.cpu_now = query->cpu_now;
    trial->job.wall_now = query->wall_now;
    if (query->wall_now != NULL)
        trial->job.wall_start_us = query->wall_now();
    else if (query->cpu_now != NULL)
        trial->job.cpu_start_us = query->cpu_now();
    trial->explain.arena = query->arena;
}

/* Where memory ended, a name may have been taken for one that matches nothing. */
static bool has_ended(const struct sk_job *job)
{
    return job->is_exhausted || arena_has_failed(job->arena);
}

/* ---- one path ---- */

static int index_of(const struct verify_path *path, size_t i)
{
    return (int)(path->num_certs - 1 - i); /* counted from the target */
}

static void begin_path(struct sk_verdict *verdict, const struct verify_path *path)
{
    size_t i;

    verdict->kind = VERDICT_UNDETERMINED;
    verdict->num_findings = verdict->num_evidence = 0;
    verdict->num_policies = verdict->num_authority_policies = 0;
    verdict->policies = verdict->authority_policies = NULL;
    verdict->valid_until = verdict->revoked_at = 0;
    verdict->revoked_reason = CRL_REASON_UNSPECIFIED;
    verdict->num_path = path->num_certs + 1;
    for (i = 0; i < path->num_certs; i++)
        verdict->path[i] = path->certs[path->num_certs - 1 - i];
    verdict->path[path->num_certs] = path->anchor->cert;
}

static void add_evidence(struct sk_verdict *verdict, int cert,
                         const struct revocation_status *state)
{
    size_t i;

    for (i = 0; i < state->num_evidence && verdict->num_evidence < VERDICT_EVIDENCE; i++) {
        verdict->evidence[verdict->num_evidence] = state->evidence[i];
        verdict->evidence[verdict->num_evidence++].cert = cert;
    }
}

/* The text of a status names the list or response: it is what was found. */
static void add_status(struct trial *trial, enum finding_code code, int cert, const char *rule,
                       const char *expected, const char *found)
{
    struct finding finding;

    finding_set(&finding, code, cert, rule, "%s", found);
    finding_set_detail(&finding, trial->job.arena, expected, found);
    verdict_add_finding(trial->current, &finding);
}

static void add_grace(struct trial *trial, int cert, const struct revocation_status *state)
{
    char expected[LIMIT_FINDING_TEXT], found[LIMIT_FINDING_TEXT], at[CLOCK_TEXT];

    clock_format_rfc3339(trial->job.time, at);
    (void)snprintf(expected, sizeof(expected), "a nextUpdate at or after %s", at);
    clock_format_rfc3339(state->next_update, at);
    (void)snprintf(found, sizeof(found),
                   "the revocation data is past its nextUpdate %s, within the policy's grace", at);
    add_status(trial, FINDING_GRACE, cert, "RFC 5280 6.3.3(a)", expected, found);
}

/* A revoked certificate decides the path, whatever was missing above it. */
static void set_revoked(struct trial *trial, int cert, const struct revocation_status *state)
{
    static const char rule[] = "RFC 5280 6.1.3(a)(3)", expected[] = "a certificate not revoked";
    bool on_hold = state->reason == CRL_REASON_CERTIFICATE_HOLD;
    struct sk_verdict *verdict = trial->current;

    verdict->num_findings = 0;
    if (cert > 0) {
        verdict->kind = VERDICT_INVALID;
        add_status(trial, FINDING_ISSUER_REVOKED, cert, rule, expected, state->text);
        return;
    }
    verdict->kind = VERDICT_REVOKED;
    verdict->revoked_at = state->revoked_at;
    verdict->revoked_reason = state->reason;
    add_status(trial, on_hold ? FINDING_ON_HOLD : FINDING_REVOKED, 0, rule, expected, state->text);
}

/* Notes the status of one certificate. False: the path cannot be valid any more. */
static bool take_status(struct trial *trial, int cert, const struct revocation_status *state)
{
    struct sk_verdict *verdict = trial->current;
    bool is_required = trial->query->params->revocation == REVOCATION_REQUIRED || state->is_suspect;
    char found[LIMIT_FINDING_TEXT + 40];

    add_evidence(verdict, cert, state);
    switch (state->kind) {
    case REVOCATION_GOOD:
        if (state->holds_until < verdict->valid_until)
            verdict->valid_until = state->holds_until;
        if (state->in_grace)
            add_grace(trial, cert, state);
        return true;
    case REVOCATION_REVOKED:
        set_revoked(trial, cert, state);
        return false;
    case REVOCATION_UNDETERMINED:
        if (state->holds_until < verdict->valid_until)
            verdict->valid_until = state->holds_until;
        break;
    }
    (void)snprintf(found, sizeof(found), "%s%s",
                   is_required ? "" : "accepted without revocation data: ", state->text);
    add_status(trial, state->why, cert, state->rule, state->expected, found);
    return !is_required;
}

/* No certificate of a path that is good so far may be revoked by the word of its issuer on another
 * path: else the order of the paths would decide what becomes of it. */
static enum sk_status check_claims(struct trial *trial, const struct verify_path *path,
                                   const bool *has_claim, bool *out_is_good)
{
    struct revocation_status state;
    enum sk_status status;
    size_t i;

    for (i = 0; i < path->num_certs && *out_is_good; i++) {
        if (!has_claim[i])
            continue;
        memset(&state, 0, sizeof(state));
        state.kind = REVOCATION_GOOD;
        if ((status = revocation_elsewhere(&trial->job, path, i, &state)) != SK_OK)
            return status;
        if (state.kind != REVOCATION_GOOD)
            *out_is_good = take_status(trial, index_of(path, i), &state);
    }
    return SK_OK;
}

/* Asks for the status of every certificate below the anchor, from the anchor down (V-18). */
static enum sk_status check_revocation(struct trial *trial, const struct verify_path *path)
{
    struct sk_verdict *verdict = trial->current;
    struct revocation_status state;
    bool has_claim[LIMIT_PATH_CERTS] = {false};
    bool is_good = true;
    enum sk_status status;
    size_t i;

    if (trial->query->params->revocation != REVOCATION_OFF)
        for (i = 0; i < path->num_certs; i++) {
            status = revocation_of_path(&trial->job, path, i, &state);
            if (status != SK_OK)
                return status;
            is_good = take_status(trial, index_of(path, i), &state) && is_good;
            if (state.kind == REVOCATION_REVOKED) {
                trial->is_cut_off = state.is_by_issuer;
                trial->cut_off = i;
                return SK_OK;
            }
            has_claim[i] = state.has_claim;
        }
    if (is_good && (status = check_claims(trial, path, has_claim, &is_good)) != SK_OK)
        return status;
    if (!is_good)
        return SK_OK;
    if (has_ended(&trial->job))
        return SK_LIMIT;
    verdict_set_valid(verdict);
    return SK_OK;
}

/* Failures that no other path could mend. */
static bool is_of_target_alone(const struct sk_cert *target, const struct finding *finding)
{
    struct key_sig_alg alg;

    if (finding->cert != 0)
        return false;
    if (finding->code == FINDING_ALGORITHM) /* else the issuer's key may be what does not fit */
        return !target->is_sig_alg_equal || key_sig_alg_parse(target->sig_alg, &alg) != SK_OK;
    return finding->code == FINDING_EXPIRED || finding->code == FINDING_NOT_YET_VALID ||
           finding->code == FINDING_MALFORMED || finding->code == FINDING_VERSION ||
           finding->code == FINDING_UNKNOWN_CRITICAL || finding->code == FINDING_KEY_USAGE ||
           finding->code == FINDING_EXTENDED_KEY_USAGE || finding->code == FINDING_NAME_MISMATCH;
}

static enum sk_status judge_path(struct trial *trial, const struct verify_path *path)
{
    struct sk_verdict *verdict = trial->current;
    struct verify_result result;
    enum sk_status status;

    begin_path(verdict, path);
    trial->is_cut_off = false;
    if ((status = verify_path(&trial->job, path, &result)) != SK_OK)
        return status;
    trial->current_progress = result.progress;
    if (!result.is_good) {
        verdict->kind = VERDICT_INVALID;
        verdict->findings[verdict->num_findings++] = result.finding;
        trial->is_decided = is_of_target_alone(trial->query->target, &result.finding);
        return SK_OK;
    }
    trial->current_progress = LIMIT_PATH_CERTS + 1; /* further than any failure of 6.1 */
    verdict->policies = result.policies;
    verdict->num_policies = result.num_policies;
    verdict->authority_policies = result.authority_policies;
    verdict->num_authority_policies = result.num_authority_policies;
    verdict->valid_until = result.not_after;
    if ((status = check_revocation(trial, path)) != SK_OK || verdict->kind == VERDICT_VALID)
        return status;
    verdict->num_policies = verdict->num_authority_policies = 0; /* of valid paths only */
    verdict->valid_until = 0;
    return SK_OK;
}

/* ---- the best of all paths ---- */

static int kind_rank(enum verdict_kind kind)
{
    switch (kind) {
    case VERDICT_VALID:
        return 3;
    case VERDICT_REVOKED:
        return 2;
    case VERDICT_UNDETERMINED:
        return 1;
    case VERDICT_INVALID:
        break;
    }
    return 0;
}

static bool is_better(const struct trial *trial)
{
    if (trial->best == NULL || trial->is_decided)
        return true;
    if (trial->current->kind != trial->best->kind)
        return kind_rank(trial->current->kind) > kind_rank(trial->best->kind);
    return trial->current_progress > trial->best_progress;
}

/* Findings outlive their path: each says which certificate it means. */
static void name_certs(struct sk_verdict *verdict)
{
    size_t i;

    for (i = 0; i < verdict->num_findings; i++)
        if (verdict->findings[i].cert >= 0)
            verdict->findings[i].about = verdict->path[verdict->findings[i].cert];
}

static void keep_best(struct trial *trial)
{
    struct sk_verdict *old = trial->best;

    name_certs(trial->current);
    if (!is_better(trial)) {
        explain_keep(&trial->explain, trial->current);
        return;
    }
    if (old != NULL)
        explain_keep(&trial->explain, old);
    trial->best = trial->current;
    trial->best_progress = trial->current_progress;
    trial->current = old;
}

/* Every path until one decides. SK_NOTFOUND: no more paths that could. */
static enum sk_status try_paths(struct trial *trial, struct path_search *search)
{
    struct verify_path path;
    enum sk_status status;

    while ((status = path_search_next(search, &path)) == SK_OK) {
        /* Only a second path needs a second verdict. */
        if (trial->current == NULL &&
            (trial->current = job_alloc(&trial->job, 1, sizeof(*trial->current))) == NULL)
            return SK_NOMEM;
        if ((status = judge_path(trial, &path)) != SK_OK)
            return status;
        keep_best(trial);
        if (trial->best->kind == VERDICT_VALID || trial->best->kind == VERDICT_REVOKED)
            return SK_OK;
        if (trial->is_decided)
            return SK_NOTFOUND;
        if (trial->is_cut_off)
            path_search_leave_out(search, trial->cut_off);
    }
    return status;
}

/* ---- the verdict ---- */

static void set_exhausted(const struct trial *trial, bool is_cut, struct sk_verdict *out)
{
    out->kind = VERDICT_UNDETERMINED;
    explain_budget(&trial->explain, &trial->job, is_cut, out);
}

static void conclude(struct trial *trial, struct path_search *search, enum sk_status status,
                     struct sk_verdict *out)
{
    if (trial->best == NULL)
        verdict_init(out);
    else if (trial->best != out)
        verdict_copy(out, trial->best);
    if (status != SK_OK && status != SK_NOTFOUND)
        set_exhausted(trial, false, out);
    else if (trial->best == NULL)
        explain_no_path(&trial->explain, search, out);
    if (status == SK_NOTFOUND && out->kind == VERDICT_INVALID &&
        !is_of_target_alone(trial->query->target, &out->findings[0]) && path_search_is_cut(search))
        set_exhausted(trial, true, out);
    explain_others(&trial->explain, out);
    out->work = trial->job.work;
}

static bool is_anchor(const struct sk_query *query)
{
    size_t i;

    for (i = 0; i < query->params->num_anchors; i++)
        if (memcmp(query->params->anchors[i].cert->sha256, query->target->sha256, SK_SHA256) == 0)
            return true;
    return false;
}

enum sk_status judge(const struct sk_query *query, struct sk_verdict *out)
{
    struct path_search *search = NULL;
    struct finding finding;
    struct trial trial;
    enum sk_status status;

    verdict_init(out);
    start(&trial, query);
    if (is_anchor(query)) { /* V-03 */
        out->kind = VERDICT_INVALID;
        finding_explain(&finding, query->arena, FINDING_TARGET_IS_ANCHOR, 0, "RFC 5280 6.1",
                        "a path of at least one certificate below the trust anchor",
                        "the trust anchor itself");
        finding.about = query->target;
        verdict_add_finding(out, &finding);
        return SK_OK;
    }
    trial.current = out;
    status = path_search_new(&trial.job, query->target, NULL, &search);
    if (status == SK_OK && query->params->require_explicit_policy)
        path_search_require_policy(search);
    if (status == SK_OK)
        status = try_paths(&trial, search);
    /* A full arena is a budget that ended, not a machine without memory. */
    if (status == SK_NOMEM && has_ended(&trial.job))
        status = SK_LIMIT;
    conclude(&trial, search, status, out);
    return status == SK_NOTFOUND || status == SK_LIMIT ? SK_OK : status;
}

enum sk_status judge_serial(const struct sk_query *query, const struct sk_cert *issuer,
                            struct sk_bytes serial, bool is_ca_cert, const struct sk_cert *cert,
                            struct revocation_status *out)
{
    struct trial trial;
    enum sk_status status;

    start(&trial, query);
    status = revocation_of_serial(&trial.job, issuer, serial, is_ca_cert, cert, out);
    if (status == SK_OK && !has_ended(&trial.job))
        return SK_OK;
    memset(out, 0, sizeof(*out));
    out->why = FINDING_BUDGET_EXHAUSTED;
    if (status == SK_LIMIT || (status == SK_NOMEM && has_ended(&trial.job)))
        status = SK_OK;
    return status;
}
