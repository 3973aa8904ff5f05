/* SPDX-License-Identifier: Apache-2.0 */
#include "net/admin_tell.h"

#include <stddef.h>
#include <stdlib.h>

#include "core/clock.h"
#include "net/verdict_json.h"

enum { MAX_STATS = 4 * 1024 * 1024, MAX_ENTRIES = 64 };

/* ---- status ---- */

static void add_reason(void *arg, enum ready_reason reason, const char *text)
{
    (void)json_array_append_new(arg, json_pack("{s:s, s:o}", "reason", ready_reason_text(reason),
                                               "text", verdict_json_text(text)));
}

static json_t *tell_lists(const struct metrics_view *view)
{
    const struct sk_served *served = view->ready.served;
    json_t *lists = json_array();
    size_t i;

    for (i = 0; served != NULL && i < served_count(served); i++) {
        const struct served_list *list = served_list_get0(served, i);
        bool has_end = list->next_update != CLOCK_NEVER;

        (void)json_array_append_new(
            lists,
            json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:b}", "ca", list->ca, "kind",
                      crl_kind_text(list->kind), "state", served_state_text(list->state),
                      "this_update", verdict_json_time(list->this_update), "next_update",
                      verdict_json_time(list->next_update), "seconds_left",
                      has_end ? json_integer((json_int_t)(list->next_update - view->ready.now))
                              : json_null(),
                      "stale", served_is_stale(list, view->ready.now)));
    }
    return lists;
}

static const char *state_text(enum sign_state state)
{
    switch (state) {
    case SIGN_STATE_DOWN:
        return "down";
    case SIGN_STATE_READY:
        return "ready";
    case SIGN_STATE_FALLBACK:
        return "fallback";
    }
    return "down";
}

static json_t *tell_keys(const struct metrics_view *view)
{
    const struct sk_process *process = view->ready.process;
    json_t *keys = json_array();
    size_t i;

    for (i = 0; i < metrics_keys(process); i++) {
        int64_t end = atomic_load_explicit(&process->counters[0].signer.keys[i].not_after,
                                           memory_order_relaxed);

        (void)json_array_append_new(
            keys,
            json_pack("{s:s, s:s, s:o, s:o}", "key", process->config->signer.responders[i].name,
                      "state", state_text(metrics_key_state(process, i)), "not_after",
                      verdict_json_time(end), "days_left",
                      end != CLOCK_NEVER
                          ? json_integer((json_int_t)((end - view->ready.now) / 86400))
                          : json_null()));
    }
    return keys;
}

static json_t *tell_generation(const struct metrics_view *view)
{
    if (view->gen == NULL)
        return json_null();
    return json_pack("{s:I, s:o, s:I}", "number", (json_int_t)generation_number(view->gen),
                     "created", verdict_json_time(generation_created(view->gen)), "age",
                     (json_int_t)(view->ready.now - generation_created(view->gen)));
}

json_t *admin_tell_status(const struct metrics_view *view)
{
    const struct sk_process *process = view->ready.process;
    json_t *reasons = json_array();
    bool is_ready = ready_look(&view->ready, add_reason, reasons);
    uint64_t open = 0, requests = 0;
    unsigned i;

    for (i = 0; i < process->workers; i++) {
        open += counter_get(&process->counters[i].open);
        requests += counter_get(&process->counters[i].requests);
    }
    return json_pack("{s:s, s:o, s:I, s:i, s:b, s:o, s:o, s:o, s:o, s:I, s:I}", "version",
                     SEKISHO_VERSION, "started", verdict_json_time(process->started), "uptime",
                     (json_int_t)(view->ready.now - process->started), "workers",
                     (int)process->workers, "ready", is_ready, "reasons", reasons, "generation",
                     tell_generation(view), "lists", tell_lists(view), "keys", tell_keys(view),
                     "connections", (json_int_t)open, "requests", (json_int_t)requests);
}

json_t *admin_tell_stats(const struct metrics_view *view)
{
    json_t *root = NULL;
    struct sk_buf page;

    buf_init(&page, MAX_STATS);
    metrics_write(view, &page);
    if (buf_status(&page) == SK_OK)
        root = json_pack("{s:s%}", "metrics", (const char *)page.data, page.len);
    buf_done(&page);
    return root;
}

/* ---- why ---- */

static json_t *text_or_null(const char *text)
{
    return text != NULL ? json_string(text) : json_null();
}

static json_t *tell_findings(const struct why_decision *entry)
{
    json_t *findings = json_array();
    size_t i;

    for (i = 0; i < entry->num_findings && i < WHY_FINDINGS; i++) {
        const struct why_finding *one = &entry->findings[i];

        (void)json_array_append_new(
            findings, json_pack("{s:s, s:o, s:s, s:i}", "code", finding_code_text(one->code),
                                "rule", text_or_null(one->rule), "meaning",
                                finding_meaning(one->code), "cert", one->cert));
    }
    return findings;
}

static json_t *tell_decision(const struct why_decision *entry)
{
    return json_pack("{s:o, s:I, s:o, s:o, s:I, s:o, s:o, s:o, s:I}", "time",
                     verdict_json_time(entry->time), "snapshot", (json_int_t)entry->generation,
                     "service", text_or_null(entry->service), "verdict",
                     text_or_null(entry->verdict), "index", (json_int_t)entry->index, "policy",
                     text_or_null(entry->policy), "certificate",
                     entry->has_cert ? verdict_json_hash(entry->sha256) : json_null(), "findings",
                     tell_findings(entry), "findings_in_all", (json_int_t)entry->num_findings);
}

static json_t *tell_answer(const struct why_answer *entry)
{
    return json_pack("{s:o, s:o, s:o, s:i, s:I}", "time", verdict_json_time(entry->time), "service",
                     text_or_null(entry->service), "verdict", text_or_null(entry->verdict),
                     "status", (int)entry->status, "microseconds", (json_int_t)entry->took_us);
}

static json_t *tell_decisions(struct why_ring *const *rings, unsigned workers, const char *id)
{
    struct why_decision *entries = calloc(MAX_ENTRIES, sizeof(*entries));
    json_t *told = json_array();
    size_t count = 0, i;
    unsigned w;

    for (w = 0; entries != NULL && w < workers; w++)
        count += why_find_decisions(rings[w], id, entries + count, MAX_ENTRIES - count);
    for (i = 0; i < count; i++)
        (void)json_array_append_new(told, tell_decision(&entries[i]));
    free(entries);
    return told;
}

static json_t *tell_answers(struct why_ring *const *rings, unsigned workers, const char *id)
{
    struct why_answer entries[MAX_ENTRIES];
    json_t *told = json_array();
    size_t count = 0, i;
    unsigned w;

    for (w = 0; w < workers; w++)
        count += why_find_answers(rings[w], id, entries + count, MAX_ENTRIES - count);
    for (i = 0; i < count; i++)
        (void)json_array_append_new(told, tell_answer(&entries[i]));
    return told;
}

json_t *admin_tell_why(struct why_ring *const *rings, unsigned workers, const char *id)
{
    json_t *decisions = tell_decisions(rings, workers, id);
    json_t *answers = tell_answers(rings, workers, id);

    return json_pack("{s:s, s:o, s:o}", "id", id, "decisions", decisions, "answers", answers);
}

json_t *admin_tell_error(const char *text)
{
    return json_pack("{s:o}", "error", verdict_json_text(text));
}
