/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "core/clock.h"
#include "core/hex.h"
#include "core/judge.h"
#include "core/memstore.h"
#include "core/name.h"
#include "net/json_int.h"
#include "net/service.h"
#include "net/verdict_json.h"

enum { USUAL_BYTES = 1024 }; /* of an answer about one certificate */

static void answer_begin(struct http_answer *out)
{
    answer_init(out, 200, "application/json", LIMIT_JSON_ANSWER_BYTES);
    answer_field(out, "Cache-Control", "no-store");
    (void)buf_reserve(&out->body, USUAL_BYTES);
    json_out_open(&out->body, NULL, '{');
}

/* The answer is what was written, unless there was no room for it. */
static void answer_end(struct http_answer *out)
{
    json_out_close(&out->body, '}');
    buf_put_byte(&out->body, '\n');
    if (buf_status(&out->body) == SK_OK)
        return;
    answer_done(out);
    answer_error(out, 503, "no-memory", "no memory for this answer");
}

static void put_verdict(const struct sk_verdict *verdict, const struct json_ask *ask,
                        struct sk_buf *out)
{
    json_out_open(out, NULL, '{');
    verdict_json_put(verdict, ask->want_explanation, out);
    verdict_json_path(verdict, out);
    if (ask->want_evidence)
        verdict_json_evidence(verdict, out);
    if (ask->want_explanation)
        verdict_json_explanation(verdict, out);
    json_out_close(out, '}');
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

/* The request's own certificates are candidates beside the snapshot's; nothing trusts them. */
static void judge_all(struct service *service, const struct json_ask *ask,
                      struct sk_verdict *verdict, struct http_answer *out)
{
    const struct sk_source *parts[2] = {ask->hints != NULL ? memstore_source(ask->hints) : NULL,
                                        reader_source(service->reader)};
    struct run run = {.service = service,
                      .ask = ask,
                      .params = ask->policy->params,
                      .source = parts[1],
                      .why = service_why(service, ask->policy)};
    struct source_chain chain;
    const char *told = NULL; /* of all certificates, for the access log */
    size_t i;

    if (ask->hints != NULL) {
        source_chain_init(&chain, parts, 2);
        run.source = &chain.source;
    }
    run.budget_us = (int64_t)run.params.budget.max_cpu_ms * 1000;
    if (ask->num_certs > 1) /* else nobody asks what is left */
        run.start_us = clock_cpu_us();
    answer_begin(out);
    json_out_number(&out->body, "snapshot",
                    (int64_t)generation_number(reader_generation(service->reader)));
    json_out_open(&out->body, "results", '[');
    for (i = 0; i < ask->num_certs; i++) {
        const struct sk_cert *target = judge_one(&run, ask->certs[i], i == 0, verdict);

        why_note_verdict(&run.why, i, target, verdict);
        told = answer_verdict(told, verdict_kind_text(verdict->kind));
        put_verdict(verdict, ask, &out->body);
    }
    json_out_close(&out->body, ']');
    answer_end(out);
    out->verdict = told;
}

void json_validate(struct service *service, const struct http_request *request,
                   struct http_answer *out)
{
    struct sk_verdict *verdict;
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
    verdict = malloc(sizeof(*verdict));
    if (service->reader == NULL)
        answer_error(out, 503, "no-snapshot", "nothing has been published yet");
    else if (verdict == NULL)
        answer_error(out, 503, "no-memory", "no memory for this answer");
    else
        judge_all(service, &ask, verdict, out);
    free(verdict);
    out->policy = (size_t)(ask.policy - service->config->policies);
    json_ask_done(&ask);
}

/* ---- GET /v1/snapshot ---- */

static enum sk_status put_crl(void *arg, const struct reader_crl_info *info)
{
    struct sk_buf *out = arg;

    json_out_open(out, NULL, '{');
    json_out_text(out, "ca", info->ca);
    json_out_text(out, "kind", crl_kind_text(info->kind));
    verdict_json_hash(info->sha256, "sha256", out);
    verdict_json_time(info->this_update, "this_update", out);
    verdict_json_time(info->next_update, "next_update", out);
    json_out_number(out, "entries", (int64_t)info->num_entries);
    json_out_close(out, '}');
    return SK_OK;
}

void json_snapshot(struct service *service, struct http_answer *out)
{
    struct sk_generation *gen;

    if (service->reader == NULL) {
        answer_error(out, 503, "no-snapshot", "nothing has been published yet");
        return;
    }
    gen = reader_generation(service->reader);
    answer_begin(out);
    json_out_number(&out->body, "snapshot", (int64_t)generation_number(gen));
    verdict_json_time(generation_created(gen), "created", &out->body);
    json_out_number(&out->body, "certificates", (int64_t)reader_num_certs(service->reader));
    json_out_open(&out->body, "crls", '[');
    if (reader_crls(service->reader, put_crl, &out->body) != SK_OK) {
        answer_done(out);
        answer_error(out, 500, "internal", "the snapshot cannot be read");
        return;
    }
    json_out_close(&out->body, ']');
    answer_end(out);
}
