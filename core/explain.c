/* SPDX-License-Identifier: Apache-2.0 */
#include "core/explain.h"

#include <stdio.h>

#include "core/hex.h"
#include "core/name.h"

enum { KEY_ID_SHOWN = 20, KEY_ID_TEXT = 2 * KEY_ID_SHOWN + 32 };

/* ---- other paths ---- */

static void keep(struct explain *explain, const struct sk_cert *const *path, size_t num_path,
                 enum verdict_kind kind, const struct finding *findings, size_t num_findings)
{
    struct tried_path *to = &explain->tried[explain->num_tried];

    if (num_findings > LIMIT_TRIED_FINDINGS)
        num_findings = LIMIT_TRIED_FINDINGS;
    to->path = arena_copy(explain->arena, path, num_path * sizeof(path[0]));
    to->findings = arena_copy(explain->arena, findings, num_findings * sizeof(findings[0]));
    to->num_path = num_path;
    to->num_findings = num_findings;
    to->kind = kind;
    if (to->path == NULL || to->findings == NULL)
        explain->num_untold++;
    else
        explain->num_tried++;
}

void explain_keep(struct explain *explain, const struct sk_verdict *verdict)
{
    if (explain->num_tried == LIMIT_TRIED_PATHS) {
        explain->num_untold++;
        return;
    }
    explain->tried[explain->num_tried].is_complete = true;
    keep(explain, verdict->path, verdict->num_path, verdict->kind, verdict->findings,
         verdict->num_findings);
}

static void tell(const struct tried_path *tried, struct sk_verdict *out)
{
    const struct finding *first = &tried->findings[0];
    struct finding finding = *first;
    char name[LIMIT_NAME_SHOWN];

    if (tried->num_findings == 0 || out->num_findings == LIMIT_FINDINGS)
        return;
    (void)snprintf(name, sizeof(name), "the target"); /* may be a person */
    if (first->cert > 0)
        name_short_text(tried->path[first->cert]->subject, name, sizeof(name));
    finding_set(&finding, first->code, -1, first->rule, "another path, certificate %d, %s: %s",
                first->cert, name, first->text);
    finding.about = first->about;
    finding.expected = first->expected;
    finding.found = first->found;
    verdict_add_finding(out, &finding);
    out->num_others++;
}

void explain_others(const struct explain *explain, struct sk_verdict *out)
{
    struct tried_path *tried;
    size_t i;

    out->num_untold = explain->num_untold;
    if (explain->num_tried == 0)
        return;
    tried = arena_copy(explain->arena, explain->tried, explain->num_tried * sizeof(*tried));
    if (tried != NULL) {
        out->tried = tried;
        out->num_tried = explain->num_tried;
    }
    for (i = 0; i < explain->num_tried && out->kind != VERDICT_VALID; i++)
        if (explain->tried[i].is_complete)
            tell(&explain->tried[i], out);
}

/* ---- no path ---- */

/* " (key identifier 0102...)" of the issuer that cert asks for, or nothing. */
static void key_id_text(const struct sk_cert *cert, char out[KEY_ID_TEXT])
{
    struct sk_bytes id = cert->aki.key_id;
    char hex[2 * KEY_ID_SHOWN + 1];
    bool is_long = id.len > KEY_ID_SHOWN;

    out[0] = '\0';
    if (!cert->aki.has_key_id || id.len == 0 || cert->is_self_issued)
        return;
    hex_encode(bytes_of(id.p, is_long ? (size_t)KEY_ID_SHOWN : id.len), hex);
    (void)snprintf(out, KEY_ID_TEXT, " (key identifier %s%s)", hex, is_long ? "..." : "");
}

static void explain_end(struct sk_arena *arena, const struct sk_cert *target,
                        const struct path_dead_end *end, size_t num_certs, struct finding *out)
{
    char issuer[LIMIT_NAME_SHOWN], subject[LIMIT_NAME_SHOWN], key_id[KEY_ID_TEXT];
    char expected[LIMIT_FINDING_TEXT];

    name_short_text(end->cert->issuer, issuer, sizeof(issuer));
    (void)snprintf(subject, sizeof(subject), "the target");
    if (end->cert != target)
        name_short_text(end->cert->subject, subject, sizeof(subject));
    key_id_text(end->cert, key_id);
    switch (end->why) {
    case PATH_END_NO_ISSUER:
        (void)snprintf(expected, sizeof(expected), "a trust anchor or certificate of %s%s", issuer,
                       key_id);
        finding_explain(out, arena, FINDING_NO_PATH, -1, "RFC 5280 6.1", expected,
                        "none among the %zu gathered above the target; the search stops at %s",
                        num_certs, subject);
        break;
    case PATH_END_SELF_ISSUED:
        (void)snprintf(expected, sizeof(expected),
                       "a trust anchor %s, or a certificate for it by another CA", issuer);
        finding_explain(out, arena, FINDING_NO_PATH, -1, "RFC 5280 6.1", expected,
                        "only what it issued itself, and that is no trust anchor");
        break;
    case PATH_END_REPEATS:
        finding_explain(out, arena, FINDING_NO_PATH, -1, "RFC 5280 6.1",
                        "a way to a trust anchor that passes no name and key twice",
                        "none; the search stops at %s, issued by %s", subject, issuer);
        break;
    }
    out->about = end->cert;
}

void explain_no_path(struct explain *explain, const struct path_search *search,
                     struct sk_verdict *out)
{
    const struct sk_cert *chain[LIMIT_PATH_CERTS];
    size_t count = path_search_partial(search, chain, LIMIT_PATH_CERTS), num_certs, total, i;
    struct path_dead_end ends[LIMIT_DEAD_ENDS];
    struct finding finding;

    out->kind = VERDICT_INVALID;
    total = path_search_dead_ends(search, ends, LIMIT_DEAD_ENDS, &num_certs);
    for (i = 0; i < total && i < LIMIT_DEAD_ENDS; i++) {
        explain_end(explain->arena, chain[0], &ends[i], num_certs, &finding);
        verdict_add_finding(out, &finding);
    }
    if (total > LIMIT_DEAD_ENDS) {
        finding_explain(&finding, explain->arena, FINDING_NO_PATH, -1, "RFC 5280 6.1",
                        "some way up to end at a trust anchor", "%zu more that do not",
                        total - LIMIT_DEAD_ENDS);
        verdict_add_finding(out, &finding);
    }
    finding = out->findings[0];
    finding.cert = (int)count - 1;
    explain->tried[explain->num_tried].is_complete = false;
    keep(explain, chain, count, VERDICT_INVALID, &finding, 1);
}

/* ---- budgets ---- */

/* Puts a finding in front of what is there. */
static void put_first(struct sk_verdict *out, const struct finding *finding)
{
    if (out->num_findings == LIMIT_FINDINGS)
        out->num_findings--;
    memmove(&out->findings[1], &out->findings[0], out->num_findings * sizeof(out->findings[0]));
    out->findings[0] = *finding;
    out->num_findings++;
}

void explain_budget(const struct explain *explain, const struct sk_job *job, bool is_cut,
                    struct sk_verdict *out)
{
    const struct sk_budget *budget = &job->params->budget;
    char expected[LIMIT_FINDING_TEXT];
    struct finding finding;

    if (is_cut) {
        (void)snprintf(expected, sizeof(expected), "paths of at most %u certificates",
                       budget->max_path_certs);
        finding_explain(&finding, explain->arena, FINDING_BUDGET_EXHAUSTED, -1,
                        "policy: path-certs", expected,
                        "ways to a trust anchor that are longer and were not tried");
    } else {
        (void)snprintf(expected, sizeof(expected),
                       "an answer within %u paths, %u steps, %u signatures, %u policy nodes, %u "
                       "name checks and the memory and CPU time of one job",
                       budget->max_paths, budget->max_steps, budget->max_signatures,
                       budget->max_policy_nodes, budget->max_name_checks);
        finding_explain(&finding, explain->arena, FINDING_BUDGET_EXHAUSTED, -1, "policy: limits",
                        expected,
                        "none after %u paths, %u steps, %u signatures, %u policy nodes, %u checks",
                        job->work.paths, job->work.steps, job->work.signatures,
                        job->work.policy_nodes, job->work.name_checks);
    }
    put_first(out, &finding);
}
