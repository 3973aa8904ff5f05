/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/fetch/fetch.h"

#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/limits.h"
#include "tools/fetch/snapshot.h"
#include "tools/fetch/source_file.h"
#include "tools/fetch/source_http.h"
#include "tools/fetch/state.h"

/* Parsed certificates, and what PEM and bundles are decoded into. */
#define RUN_ARENA_BYTES (4ull * 1024u * 1024u * 1024u)

struct run {
    const struct sk_config *config;
    struct report *report;
    int64_t now;
    struct fetch_plan plan;
    struct held held;
    struct sk_arena *arena;
    struct sk_keyring *keys;
    struct pool pool;
    struct edges edges;
    struct lists lists;
    struct sk_publish *pub;
};

static bool has_anchor(const struct sk_config *config)
{
    size_t i;

    for (i = 0; i < config->num_policies; i++) {
        if (config->policies[i].params.num_anchors > 0)
            return true;
    }
    return false;
}

/* The validators to send with a request, when what they stand for is still held. */
static void load_validators(const struct run *run, struct fetch_source *source)
{
    uint8_t digest[SK_SHA256];
    size_t num;

    if (held_digest(&run->held, source->url, digest, &num) == SK_OK && num > 0)
        state_load(run->config->server.cache, source->url, digest, &source->sent);
}

static enum sk_status collect(struct run *run, struct sk_err *err)
{
    struct fetch_plan *plan = &run->plan;
    struct fetch_source *source, **http = calloc(plan->num_sources + 1, sizeof(*http));
    enum sk_status status;
    size_t i, num_http = 0;

    if (http == NULL)
        return err_set(err, SK_NOMEM, "no memory");
    for (i = 0; i < plan->num_sources; i++) {
        source = &plan->sources[i];
        if (!source->is_wanted)
            continue;
        if (source_http_is(source->url)) {
            load_validators(run, source);
            http[num_http++] = source;
        } else {
            source_file_get(source, run->config->fetch.max_bytes);
        }
    }
    status = source_http_get_all(http, num_http, &run->config->fetch, err);
    free(http);
    for (i = 0; status == SK_OK && i < plan->num_sources; i++) {
        source = &plan->sources[i];
        if (source->outcome == FETCH_FAILED)
            report_fault(run->report, source->ca->name, source->url, source->reason, &source->err);
    }
    return status;
}

static enum sk_status verify(struct run *run, struct sk_err *err)
{
    struct lists_input in = {&run->pool, NULL, &run->held, run->report, run->arena, run->now};
    enum sk_status status =
        pool_gather(&run->pool, run->config, &run->plan, &run->held, run->report, err);

    if (status != SK_OK)
        return status;
    /* Room for all, those that inherit parameters from several issuers included: none may go. */
    run->keys = keyring_new(2 * run->pool.num_certs + 16);
    if (run->keys == NULL)
        return err_set(err, SK_NOMEM, "no memory");
    in.keys = run->keys;
    do {
        status = edges_verify(&run->edges, &run->pool, run->keys, err);
    } while (status == SK_OK && !pool_settle(&run->pool, run->report));
    return status == SK_OK ? lists_gather(&run->lists, &in, &run->plan, err) : status;
}

static enum sk_status publish(struct run *run, struct sk_err *err)
{
    const struct snapshot snapshot = {run->config, &run->pool,  &run->edges, &run->lists,
                                      &run->held,  run->report, run->arena,  run->now};
    const uint64_t held = run->held.gen != NULL ? generation_number(run->held.gen) : 0;
    struct sk_publish *pub = run->pub;
    enum sk_status status = snapshot_write(&snapshot, pub, err);
    uint64_t number;

    if (status != SK_OK)
        return status;
    run->pub = NULL; /* publish_commit() frees it */
    status = publish_commit(pub, run->config->fetch.keep, &number, err);
    if (status == SK_OK)
        report_note(run->report, NULL, NULL,
                    number == held ? "generation %llu stays" : "generation %llu published",
                    (unsigned long long)number);
    return status;
}

/* What the servers gave to recognise it by is worth keeping when all of it was taken. */
static void save_validators(const struct run *run)
{
    const struct fetch_source *source;
    struct report silent = {NULL, run->report->err, false, false};
    uint8_t digest[SK_SHA256];
    struct held now_held;
    size_t i, num;

    held_init(&now_held, run->config->server.cache, &silent);
    for (i = 0; i < run->plan.num_sources; i++) {
        source = &run->plan.sources[i];
        if (source->outcome == FETCH_GOT && !source->has_fault && source_http_is(source->url) &&
            held_digest(&now_held, source->url, digest, &num) == SK_OK)
            state_save(run->config->server.cache, source->url, digest, &source->got);
    }
    held_done(&now_held);
}

static void note_sources(const struct run *run)
{
    const struct fetch_source *source;
    size_t i;

    for (i = 0; i < run->plan.num_sources; i++) {
        source = &run->plan.sources[i];
        if (!source->has_fault && source->outcome != FETCH_SKIPPED)
            report_note(run->report, source->ca->name, source->url, "%s",
                        source->outcome == FETCH_UNCHANGED ? "unchanged" : "fresh");
    }
}

struct freshness {
    struct report *report;
    int64_t limit; /* lists that end before this are stale */
    bool is_stale;
};

static enum sk_status check_list(void *arg, const struct reader_crl_info *info)
{
    struct freshness *fresh = arg;
    struct sk_err err = {SK_OK, ""};
    char text[CLOCK_TEXT];

    if (info->next_update >= fresh->limit && info->next_update != CLOCK_NEVER)
        return SK_OK;
    fresh->is_stale = true;
    if (info->next_update == CLOCK_NEVER)
        (void)snprintf(text, sizeof(text), "nobody knows when");
    else
        clock_format_rfc3339(info->next_update, text);
    (void)err_set(&err, SK_INPUT, "the %s that is served ends %s",
                  info->kind == CRL_KIND_ARL ? "ARL" : "CRL", text);
    report_fault(fresh->report, info->ca, NULL, REASON_STALE, &err);
    return SK_OK;
}

/* Looks at what is served now, whatever came of the run. */
static bool is_stale(const struct sk_config *config, int64_t now, struct report *report)
{
    struct freshness fresh = {report, now + (int64_t)config->fetch.stale_warn_s, false};
    struct sk_err err = {SK_OK, ""};
    struct held held;

    held_init(&held, config->server.cache, report);
    if (held.reader == NULL) {
        (void)err_set(&err, SK_NOTFOUND, "%s: nothing is published", config->server.cache);
        report_fault(report, NULL, NULL, REASON_STALE, &err);
        return true;
    }
    if (reader_crls(held.reader, check_list, &fresh) != SK_OK) {
        (void)err_set(&err, SK_INPUT, "%s: the lists cannot be read", config->server.cache);
        report_fault(report, NULL, NULL, REASON_DAMAGED, &err);
        fresh.is_stale = true;
    }
    held_done(&held);
    return fresh.is_stale;
}

static enum sk_status run_all(struct run *run, struct sk_err *err)
{
    enum sk_status status;

    /* The lock comes first: what is compared with the held lists must still be held when it is
     * published. */
    status = publish_begin(run->config->server.cache, &run->pub, err);
    if (status != SK_OK)
        return status;
    held_init(&run->held, run->config->server.cache, run->report);
    run->arena = arena_new(RUN_ARENA_BYTES);
    if (run->arena == NULL)
        return err_set(err, SK_NOMEM, "no memory");
    pool_init(&run->pool, run->arena);
    status = collect(run, err);
    if (status == SK_OK)
        status = verify(run, err);
    if (status == SK_OK)
        status = publish(run, err);
    if (status == SK_OK) {
        save_validators(run);
        note_sources(run);
    }
    return status;
}

static void run_done(struct run *run)
{
    publish_abort(run->pub);
    lists_done(&run->lists);
    edges_done(&run->edges);
    pool_done(&run->pool);
    keyring_free(run->keys);
    arena_free(run->arena);
    held_done(&run->held);
    plan_done(&run->plan);
}

enum fetch_exit fetch_run(const struct sk_config *config, char *const *cas, size_t num_cas,
                          int64_t now, struct report *report)
{
    struct run run = {.config = config, .report = report, .now = now};
    struct sk_err err = {SK_OK, ""};

    if (!has_anchor(config))
        (void)err_set(&err, SK_INPUT, "no policy has a trust anchor: nothing could be verified");
    else
        (void)!plan_init(&run.plan, config, cas, num_cas, &err);
    if (err.status != SK_OK) {
        (void)fprintf(report->err, "sekisho-fetch: %s\n", err.text);
        return FETCH_EXIT_USAGE;
    }
    if (run_all(&run, &err) != SK_OK)
        report_fault(report, NULL, NULL, REASON_FAILED, &err);
    run_done(&run);
    if (is_stale(config, now, report))
        return FETCH_EXIT_STALE;
    return report->has_failed ? FETCH_EXIT_FAILED : FETCH_EXIT_FRESH;
}
