/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "core/clock.h"
#include "core/hex.h"
#include "core/judge.h"
#include "core/memstore.h"
#include "core/name.h"
#include "net/json_int.h"
#include "net/service.h"
#include "net/verdict_json.h"

/* A NULL anywhere makes the whole answer "no memory". */

static int dump(const char *data, size_t len, void *arg)
{
    struct sk_buf *out = arg;

    buf_put(out, data, len);
    return buf_status(out) == SK_OK ? 0 : -1;
}

/* Writes root as the body, or an error when it is NULL; takes root. */
static void answer_json(json_t *root, struct http_answer *out)
{
    bool is_good;

    answer_init(out, 200, "application/json", LIMIT_JSON_ANSWER_BYTES);
    answer_field(out, "Cache-Control", "no-store");
    is_good = root != NULL && json_dump_callback(root, dump, &out->body, JSON_COMPACT) == 0;
    json_decref(root);
    buf_put_byte(&out->body, '\n');
    if (is_good && buf_status(&out->body) == SK_OK)
        return;
    answer_done(out);
    answer_error(out, 503, "no-memory", "no memory for this answer");
}

/* ---- a verdict as JSON ---- */

static json_t *verdict_new(const struct sk_verdict *verdict, const struct json_ask *ask)
{
    json_t *object = verdict_json_new(verdict, ask->want_explanation);

    if (object == NULL)
        return NULL;
    (void)json_object_set_new(object, "path", verdict_json_path(verdict));
    if (ask->want_evidence)
        (void)json_object_set_new(object, "evidence", verdict_json_evidence(verdict));
    if (ask->want_explanation)
        (void)json_object_set_new(object, "explanation", verdict_json_explanation(verdict));
    return object;
}

/* ---- judging ---- */

/* The CPU budget of the policy is one for the whole request: what is over gives the remaining
 * certificates an undetermined verdict. */
struct run {
    struct service *service;
    const struct json_ask *ask;
    struct sk_params params;
    const struct sk_source *source;
    int64_t budget_us, start_us;
    struct why_note why;
    const char *verdict; /* of all certificates, for the access log */
};

static void add_finding(struct run *run, struct sk_verdict *out, enum finding_code code, int cert,
                        const char *rule, const char *expected, const char *found)
{
    struct finding finding;

    finding_explain(&finding, run->service->arena, code, cert, rule, expected, "%s", found);
    verdict_add_finding(out, &finding);
}

/* NULL: octets that are no certificate, or it was not looked at. */
static const struct sk_cert *judge_one(struct run *run, struct sk_bytes der, bool is_first,
                                       struct sk_verdict *out)
{
    struct sk_query query = {.params = &run->params,
                             .source = run->source,
                             .time = run->ask->time,
                             .keys = run->service->keys,
                             .arena = run->service->arena,
                             .cpu_now = clock_cpu_us,
                             .wall_now = clock_mono_us};
    int64_t left = run->budget_us - (is_first ? 0 : clock_cpu_us() - run->start_us);
    struct sk_err err = {0};
    /* The verdict's path points to it: it lives as long as the job. */
    struct sk_cert *target = arena_alloc(run->service->arena, sizeof(*target));
    enum sk_status status = SK_NOMEM;

    verdict_init(out);
    if (run->budget_us > 0 && left < 1000) {
        add_finding(run, out, FINDING_BUDGET_EXHAUSTED, -1, "policy: limits",
                    "an answer within the CPU time of one request", "that it is used up");
        return NULL;
    }
    if (run->budget_us > 0)
        run->params.budget.max_cpu_ms = (unsigned)(left / 1000);
    if (target != NULL)
        status = cert_parse(run->service->arena, der, target, &err);
    /* Over a cap of core/limits.h is malformed as for sekisho-verify, out of memory is not.
     */
    if (status == SK_INPUT || (status == SK_LIMIT && !arena_has_failed(run->service->arena))) {
        out->kind = VERDICT_INVALID;
        add_finding(run, out, FINDING_MALFORMED, 0, "RFC 5280 4.1", "a well-formed certificate",
                    err.text);
        return NULL;
    }
    if (status != SK_OK) {
        add_finding(run, out, FINDING_BUDGET_EXHAUSTED, 0, "policy: limits",
                    "an answer within the memory of one request", "that it is used up");
        return NULL;
    }
    query.target = target;
    if (judge(&query, out) != SK_OK)
        out->kind = VERDICT_UNDETERMINED; /* as judge() leaves it; said again where it counts */
    return target;
}

static json_t *results_new(struct run *run)
{
    const struct json_ask *ask = run->ask;
    struct sk_verdict *verdict = malloc(sizeof(*verdict));
    json_t *results = json_array();
    size_t i;

    for (i = 0; verdict != NULL && i < ask->num_certs; i++) {
        const struct sk_cert *target = judge_one(run, ask->certs[i], i == 0, verdict);

        why_note_verdict(&run->why, i, target, verdict);
        run->verdict = answer_verdict(run->verdict, verdict_kind_text(verdict->kind));
        if (json_array_append_new(results, verdict_new(verdict, ask)) != 0)
            break;
    }
    free(verdict);
    if (i == ask->num_certs && json_array_size(results) == ask->num_certs)
        return results;
    json_decref(results);
    return NULL;
}

/* The request's own certificates are candidates beside the snapshot's; nothing trusts them. */
static json_t *judge_all(struct service *service, const struct json_ask *ask,
                         const char **out_verdict)
{
    const struct sk_source *parts[2] = {memstore_source(ask->hints),
                                        reader_source(service->reader)};
    struct run run = {.service = service,
                      .ask = ask,
                      .params = ask->policy->params,
                      .why = service_why(service, ask->policy)};
    struct source_chain chain;
    json_t *results;

    source_chain_init(&chain, parts, 2);
    run.source = &chain.source;
    run.budget_us = (int64_t)run.params.budget.max_cpu_ms * 1000;
    if (ask->num_certs > 1) /* else nobody asks what is left */
        run.start_us = clock_cpu_us();
    results = results_new(&run);
    *out_verdict = run.verdict;
    return results == NULL
               ? NULL
               : json_pack("{s:I, s:o}", "snapshot",
                           (json_int_t)generation_number(reader_generation(service->reader)),
                           "results", results);
}

void json_validate(struct service *service, const struct http_request *request,
                   struct http_answer *out)
{
    const char *verdict = NULL;
    struct json_ask ask;
    struct sk_bytes type;

    if (http_request_field(request, "content-type", &type) != SK_OK ||
        !http_media_type_is(type, "application/json")) {
        answer_error(out, 415, "unsupported-media-type", "Content-Type must be application/json");
        return;
    }
    arena_reset(service->arena);
    if (json_ask_read(service->config, service->arena, request->body, &ask, out) != SK_OK)
        return;
    if (service->reader == NULL)
        answer_error(out, 503, "no-snapshot", "nothing has been published yet");
    else
        answer_json(judge_all(service, &ask, &verdict), out);
    out->verdict = verdict;
    json_ask_done(&ask);
}

/* ---- GET /v1/snapshot ---- */

static enum sk_status add_crl(void *arg, const struct reader_crl_info *info)
{
    json_t *one =
        json_pack("{s:s, s:s, s:o, s:o, s:o, s:I}", "ca", info->ca, "kind",
                  crl_kind_text(info->kind), "sha256", verdict_json_hash(info->sha256),
                  "this_update", verdict_json_time(info->this_update), "next_update",
                  verdict_json_time(info->next_update), "entries", (json_int_t)info->num_entries);

    return json_array_append_new(arg, one) == 0 ? SK_OK : SK_NOMEM;
}

void json_snapshot(struct service *service, struct http_answer *out)
{
    struct sk_generation *gen;
    json_t *crls;

    if (service->reader == NULL) {
        answer_error(out, 503, "no-snapshot", "nothing has been published yet");
        return;
    }
    gen = reader_generation(service->reader);
    crls = json_array();
    if (reader_crls(service->reader, add_crl, crls) != SK_OK) {
        json_decref(crls);
        answer_error(out, 500, "internal", "the snapshot cannot be read");
        return;
    }
    answer_json(json_pack("{s:I, s:o, s:I, s:o}", "snapshot", (json_int_t)generation_number(gen),
                          "created", verdict_json_time(generation_created(gen)), "certificates",
                          (json_int_t)reader_num_certs(service->reader), "crls", crls),
                out);
}
