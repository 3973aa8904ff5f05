/* SPDX-License-Identifier: Apache-2.0 */
#include "net/admin_tell.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "cache/dit.h"
#include "core/clock.h"
#include "core/limits.h"
#include "net/verdict_json.h"

enum { MAX_STATS = 4 * 1024 * 1024, MAX_ENTRIES = 64, MAX_STALE = 64 };

/* ---- status ---- */

static void tell_reason(void *arg, enum ready_reason reason, const char *text)
{
    struct sk_buf *out = arg;

    json_out_open(out, NULL, '{');
    json_out_text(out, "reason", ready_reason_text(reason));
    json_out_text(out, "text", text);
    json_out_close(out, '}');
}

/* Null for what has no end. */
static void tell_left(int64_t end, int64_t now, int64_t unit, const char *key, struct sk_buf *out)
{
    if (end != CLOCK_NEVER)
        json_out_number(out, key, (end - now) / unit);
    else
        json_out_null(out, key);
}

static void tell_lists(const struct metrics_view *view, struct sk_buf *out)
{
    const struct sk_served *served = view->ready.served;
    size_t i;

    json_out_open(out, "lists", '[');
    for (i = 0; served != NULL && i < served_count(served); i++) {
        const struct served_list *list = served_list_get0(served, i);

        json_out_open(out, NULL, '{');
        json_out_text(out, "ca", list->ca);
        json_out_text(out, "kind", crl_kind_text(list->kind));
        json_out_text(out, "state", served_state_text(list->state));
        verdict_json_time(list->this_update, "this_update", out);
        verdict_json_time(list->next_update, "next_update", out);
        tell_left(list->next_update, view->ready.now, 1, "seconds_left", out);
        json_out_bool(out, "stale", served_is_stale(list, view->ready.now));
        json_out_close(out, '}');
    }
    json_out_close(out, ']');
}

/* ---- entries of the directory that hold an ended list ---- */

struct stale_entries {
    struct sk_buf *out;
    struct sk_arena *arena; /* of one entry */
    size_t num;
};

static enum sk_status tell_entry(void *arg, const struct dit_stale *stale)
{
    struct stale_entries *entries = arg;
    char dn[LIMIT_DIR_DN_BYTES + 1];

    if (entries->num++ == MAX_STALE)
        return SK_LIMIT;
    (void)snprintf(dn, sizeof(dn), "%.*s", (int)stale->dn.len, (const char *)stale->dn.p);
    json_out_open(entries->out, NULL, '{');
    json_out_text(entries->out, "dn", dn);
    json_out_text(entries->out, "attribute", stale->attribute->names[0]);
    verdict_json_time(stale->next_update, "next_update", entries->out);
    json_out_close(entries->out, '}');
    arena_reset(entries->arena);
    return SK_OK;
}

static enum sk_status look_at_entries(const struct metrics_view *view,
                                      struct stale_entries *entries)
{
    struct sk_reader *reader = NULL;
    enum sk_status status = reader_new(view->gen, &reader, NULL);

    entries->arena = arena_new(LIMIT_DIR_ENTRY_BYTES);
    if (status == SK_OK && entries->arena == NULL)
        status = SK_NOMEM;
    if (status == SK_OK)
        status = dit_stale(reader, entries->arena, view->ready.now, tell_entry, entries);
    arena_free(entries->arena);
    reader_free(reader);
    return status;
}

static void tell_entries(const struct metrics_view *view, struct sk_buf *out)
{
    struct stale_entries entries = {out, NULL, 0};
    enum sk_status status = SK_OK;

    json_out_open(out, "stale_entries", '[');
    if (view->gen != NULL)
        status = look_at_entries(view, &entries);
    json_out_close(out, ']');
    /* There are more, or the directory cannot be read. */
    json_out_bool(out, "stale_entries_complete", status == SK_OK);
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

static void tell_keys(const struct metrics_view *view, struct sk_buf *out)
{
    const struct sk_process *process = view->ready.process;
    size_t i;

    json_out_open(out, "keys", '[');
    for (i = 0; i < metrics_keys(process); i++) {
        int64_t end = atomic_load_explicit(&process->counters[0].signer.keys[i].not_after,
                                           memory_order_relaxed);

        json_out_open(out, NULL, '{');
        json_out_text(out, "key", process->config->signer.responders[i].name);
        json_out_text(out, "state", state_text(metrics_key_state(process, i)));
        verdict_json_time(end, "not_after", out);
        tell_left(end, view->ready.now, 86400, "days_left", out);
        json_out_close(out, '}');
    }
    json_out_close(out, ']');
}

static void tell_generation(const struct metrics_view *view, struct sk_buf *out)
{
    int64_t created;

    if (view->gen == NULL) {
        json_out_null(out, "generation");
        return;
    }
    created = generation_created(view->gen);
    json_out_open(out, "generation", '{');
    json_out_number(out, "number", (int64_t)generation_number(view->gen));
    verdict_json_time(created, "created", out);
    json_out_number(out, "age", view->ready.now - created);
    json_out_close(out, '}');
}

void admin_tell_status(const struct metrics_view *view, struct sk_buf *out)
{
    const struct sk_process *process = view->ready.process;
    uint64_t open = 0, requests = 0;
    bool is_ready;
    unsigned i;

    for (i = 0; i < process->workers; i++) {
        open += counter_get(&process->counters[i].open);
        requests += counter_get(&process->counters[i].requests);
    }
    json_out_open(out, NULL, '{');
    json_out_text(out, "version", SEKISHO_VERSION);
    verdict_json_time(process->started, "started", out);
    json_out_number(out, "uptime", view->ready.now - process->started);
    json_out_number(out, "workers", process->workers);
    json_out_open(out, "reasons", '[');
    is_ready = ready_look(&view->ready, tell_reason, out);
    json_out_close(out, ']');
    json_out_bool(out, "ready", is_ready);
    tell_generation(view, out);
    tell_lists(view, out);
    tell_entries(view, out);
    tell_keys(view, out);
    json_out_number(out, "connections", (int64_t)open);
    json_out_number(out, "requests", (int64_t)requests);
    json_out_close(out, '}');
}

void admin_tell_stats(const struct metrics_view *view, struct sk_buf *out)
{
    struct sk_buf page;

    buf_init(&page, MAX_STATS);
    metrics_write(view, &page);
    buf_put_byte(&page, 0);
    json_out_open(out, NULL, '{');
    if (buf_status(&page) == SK_OK)
        json_out_text(out, "metrics", (const char *)page.data);
    json_out_close(out, '}');
    buf_done(&page);
}

/* ---- why ---- */

static void text_or_null(const char *text, const char *key, struct sk_buf *out)
{
    if (text != NULL)
        json_out_text(out, key, text);
    else
        json_out_null(out, key);
}

static void tell_findings(const struct why_decision *entry, struct sk_buf *out)
{
    size_t i;

    json_out_open(out, "findings", '[');
    for (i = 0; i < entry->num_findings && i < WHY_FINDINGS; i++) {
        const struct why_finding *one = &entry->findings[i];

        json_out_open(out, NULL, '{');
        json_out_text(out, "code", finding_code_text(one->code));
        text_or_null(one->rule, "rule", out);
        json_out_text(out, "meaning", finding_meaning(one->code));
        json_out_number(out, "cert", one->cert);
        json_out_close(out, '}');
    }
    json_out_close(out, ']');
}

static void tell_decision(const struct why_decision *entry, struct sk_buf *out)
{
    json_out_open(out, NULL, '{');
    verdict_json_time(entry->time, "time", out);
    json_out_number(out, "snapshot", (int64_t)entry->generation);
    text_or_null(entry->service, "service", out);
    text_or_null(entry->verdict, "verdict", out);
    json_out_number(out, "index", (int64_t)entry->index);
    text_or_null(entry->policy, "policy", out);
    if (entry->has_cert)
        verdict_json_hash(entry->sha256, "certificate", out);
    else
        json_out_null(out, "certificate");
    tell_findings(entry, out);
    json_out_number(out, "findings_in_all", (int64_t)entry->num_findings);
    json_out_close(out, '}');
}

static void tell_answer(const struct why_answer *entry, struct sk_buf *out)
{
    json_out_open(out, NULL, '{');
    verdict_json_time(entry->time, "time", out);
    text_or_null(entry->service, "service", out);
    text_or_null(entry->verdict, "verdict", out);
    json_out_number(out, "status", entry->status);
    json_out_number(out, "microseconds", entry->took_us);
    json_out_close(out, '}');
}

static void tell_decisions(struct why_ring *const *rings, unsigned workers, const char *id,
                           struct sk_buf *out)
{
    struct why_decision *entries = calloc(MAX_ENTRIES, sizeof(*entries));
    size_t count = 0, i;
    unsigned w;

    for (w = 0; entries != NULL && w < workers; w++)
        count += why_find_decisions(rings[w], id, entries + count, MAX_ENTRIES - count);
    json_out_open(out, "decisions", '[');
    for (i = 0; i < count; i++)
        tell_decision(&entries[i], out);
    json_out_close(out, ']');
    free(entries);
}

static void tell_answers(struct why_ring *const *rings, unsigned workers, const char *id,
                         struct sk_buf *out)
{
    struct why_answer entries[MAX_ENTRIES];
    size_t count = 0, i;
    unsigned w;

    for (w = 0; w < workers; w++)
        count += why_find_answers(rings[w], id, entries + count, MAX_ENTRIES - count);
    json_out_open(out, "answers", '[');
    for (i = 0; i < count; i++)
        tell_answer(&entries[i], out);
    json_out_close(out, ']');
}

void admin_tell_why(struct why_ring *const *rings, unsigned workers, const char *id,
                    struct sk_buf *out)
{
    json_out_open(out, NULL, '{');
    json_out_text(out, "id", id);
    tell_decisions(rings, workers, id, out);
    tell_answers(rings, workers, id, out);
    json_out_close(out, '}');
}

void admin_tell_error(const char *text, struct sk_buf *out)
{
    json_out_open(out, NULL, '{');
    json_out_text(out, "error", text);
    json_out_close(out, '}');
}
