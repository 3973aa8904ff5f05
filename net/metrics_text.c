/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The page of GET /metrics.
 */
#include "net/metrics.h"

#include <stddef.h>
#include <stdio.h>

#include "core/clock.h"
#include "net/metrics_int.h"
#include "net/prom.h"

uint64_t metrics_sum_at(const struct sk_process *process, size_t offset)
{
    uint64_t sum = 0;
    unsigned i;

    for (i = 0; i < process->workers; i++)
        sum += counter_get(
            (const atomic_uint_least64_t *)(const void *)((const char *)&process->counters[i] +
                                                          offset));
    return sum;
}
#define SUM(process, member) metrics_sum_at(process, offsetof(struct sk_counters, member))

/* ---- answers ---- */

static void write_answers(const struct sk_process *process, struct sk_buf *out)
{
    static const char name[] = "sekisho_http_requests_total";
    struct prom_sample sample;
    size_t p, m, s;
    char status[16];

    prom_family(out, name, PROM_COUNTER,
                "Requests that were answered, by what they asked, method and HTTP status.");
    for (p = 0; p < COUNTED_PROTOCOLS; p++) {
        for (m = 0; m < COUNTED_METHODS; m++) {
            for (s = 0; s < COUNTED_STATUSES; s++) {
                uint64_t count = SUM(process, answers.answers[p][m][s]);

                if (count == 0) /* most of what could be never is */
                    continue;
                (void)snprintf(status, sizeof(status), "%u", METRICS_STATUSES[s]);
                prom_begin(&sample, out, name);
                prom_label(&sample, "protocol", metrics_protocol_text((enum counted_protocol)p));
                prom_label(&sample, "method", METRICS_METHODS[m]);
                prom_label(&sample, "status", METRICS_STATUSES[s] != 0 ? status : "other");
                prom_end_count(&sample, count);
            }
        }
    }
}

/* offset: of the first counter of the protocol and policy, in struct sk_counters. policy NULL:
 * there is none. */
static void write_verdicts_of(const struct sk_process *process, enum counted_protocol protocol,
                              const char *policy, size_t offset, struct sk_buf *out)
{
    struct prom_sample sample;
    size_t v;

    for (v = 0; v < COUNTED_VERDICTS; v++) {
        prom_begin(&sample, out, "sekisho_verdicts_total");
        prom_label(&sample, "protocol", metrics_protocol_text(protocol));
        if (policy != NULL)
            prom_label(&sample, "policy", policy);
        prom_label(&sample, "verdict", METRICS_VERDICTS[v]);
        prom_end_count(&sample,
                       metrics_sum_at(process, offset + v * sizeof(atomic_uint_least64_t)));
    }
}

static const char *name_of(const struct sk_policy *policy)
{
    return policy != NULL ? policy->name : NULL;
}

/* No policy is named "(others)". */
static void write_verdicts(const struct sk_process *process, struct sk_buf *out)
{
    const struct sk_config *config = process->config;
    const size_t step = sizeof(process->counters->answers.validated[0]);
    size_t p;

    prom_family(out, "sekisho_verdicts_total", PROM_COUNTER,
                "Answers by policy and verdict, or the OCSP error; mixed is of several "
                "certificates that differ.");
    write_verdicts_of(process, COUNTED_OCSP, name_of(config->default_policy),
                      offsetof(struct sk_counters, answers.verdicts[COUNTED_OCSP][0]), out);
    write_verdicts_of(process, COUNTED_CVS, name_of(config->cvs.policy),
                      offsetof(struct sk_counters, answers.verdicts[COUNTED_CVS][0]), out);
    for (p = 0; p < config->num_policies && p < COUNTED_POLICIES; p++)
        write_verdicts_of(process, COUNTED_VALIDATE,
                          p + 1 < COUNTED_POLICIES ? config->policies[p].name : "(others)",
                          offsetof(struct sk_counters, answers.validated[0][0]) + p * step, out);
}

static void write_durations(const struct sk_process *process, struct sk_buf *out)
{
    static const char name[] = "sekisho_http_request_duration_seconds";
    const size_t step = sizeof(process->counters->answers.buckets[0]);
    size_t p;

    prom_family(out, name, PROM_HISTOGRAM,
                "From the last octet of a request to its answer's being written.");
    for (p = 0; p < COUNTED_PROTOCOLS; p++)
        metrics_write_histogram(
            process, name, "protocol", metrics_protocol_text((enum counted_protocol)p),
            offsetof(struct sk_counters, answers.buckets[0][0]) + p * step,
            offsetof(struct sk_counters, answers.sum_us[0]) + p * sizeof(atomic_uint_least64_t),
            out);
}

/* ---- connections ---- */

#define AT(member) offsetof(struct sk_counters, member)

static const struct metrics_plain PLAIN[] = {
    {"sekisho_connections_accepted_total", PROM_COUNTER, AT(accepted),
     "Connections that were taken in."},
    {"sekisho_connections_open", PROM_GAUGE, AT(open), "Connections now."},
    {"sekisho_connections_evicted_total", PROM_COUNTER, AT(evicted),
     "Idle or slow connections that made room."},
    {"sekisho_accept_pauses_total", PROM_COUNTER, AT(accept_pauses),
     "Pauses of accepting for lack of descriptors."},
    {"sekisho_http_requests_late_total", PROM_COUNTER, AT(late_requests),
     "Heads, bodies and handshakes that did not come in time."},
    {"sekisho_http_answers_untaken_total", PROM_COUNTER, AT(late_takers),
     "Clients cut off because they did not take their answers."},
    {"sekisho_http_requests_refused_total", PROM_COUNTER, AT(bad_requests),
     "Requests that the HTTP reader refused."},
    {"sekisho_http_requests_received_total", PROM_COUNTER, AT(requests),
     "Requests that came whole."},
    {"sekisho_http_requests_waiting", PROM_GAUGE, AT(waiting), "Requests that have no answer yet."},
    {"sekisho_http_requests_shed_total", PROM_COUNTER, AT(shed),
     "Requests answered 503 because too many wait."},
    {"sekisho_http_requests_denied_total", PROM_COUNTER, AT(denied),
     "Requests answered 403 by an access list."},
    {"sekisho_tls_handshakes_total", PROM_COUNTER, AT(tls_handshakes),
     "TLS handshakes that were done."},
    {"sekisho_tls_handshakes_failed_total", PROM_COUNTER, AT(tls_failed),
     "TLS handshakes that were not."},
    {"sekisho_access_log_dropped_total", PROM_COUNTER, AT(log_dropped),
     "Lines of the access log that found no room."},
    {"sekisho_memo_hits_total", PROM_COUNTER, AT(memo.hits),
     "Answers that were given from what is kept."},
    {"sekisho_memo_misses_total", PROM_COUNTER, AT(memo.misses),
     "Answers that may be kept and were not."},
    {"sekisho_memo_entries", PROM_GAUGE, AT(memo.entries), "Answers that are kept."},
    {"sekisho_memo_bytes", PROM_GAUGE, AT(memo.octets), "What they and their keys take."},
    {"sekisho_memo_evicted_total", PROM_COUNTER, AT(memo.evicted),
     "Answers that were kept and made room."},
    {"sekisho_memo_joined_total", PROM_COUNTER, AT(memo.joined),
     "Questions that waited for the signature of an identical one."},
    {"sekisho_memo_produced_total", PROM_COUNTER, AT(memo.produced),
     "Answers that were signed before anybody asked."},
    {"sekisho_nonce_requests_waiting", PROM_GAUGE, AT(memo.single_waiting),
     "Answers for one request alone that wait for their signature."},
    {"sekisho_nonce_requests_refused_total", PROM_COUNTER, AT(memo.single_refused),
     "Such requests answered tryLater because too many wait."},
    {"sekisho_http_received_bytes_total", PROM_COUNTER, AT(octets_in),
     "Octets of requests, without what TLS adds."},
    {"sekisho_http_sent_bytes_total", PROM_COUNTER, AT(octets_out),
     "Octets of answers, without what TLS adds."},
};

static void write_plain(const struct sk_process *process, struct sk_buf *out)
{
    metrics_write_plain(process, PLAIN, sizeof(PLAIN) / sizeof(PLAIN[0]), out);
    metrics_write_refused(process, "sekisho_connections_refused_total",
                          "Connections turned away, by reason.", AT(refused_full),
                          AT(refused_client), out);
}

/* ---- the signer ---- */

size_t metrics_keys(const struct sk_process *process)
{
    size_t named = process->config->signer.num_responders;
    uint64_t told = counter_get(&process->counters[0].signer.num_keys);

    return told < named ? (size_t)told : named;
}

enum sign_state metrics_key_state(const struct sk_process *process, size_t k)
{
    enum sign_state worst = SIGN_STATE_READY;
    unsigned i;

    for (i = 0; i < process->workers; i++) {
        const struct signer_counters *signer = &process->counters[i].signer;
        uint64_t state = counter_get(&signer->keys[k].state);

        if (k >= counter_get(&signer->num_keys) || state == SIGN_STATE_DOWN)
            return SIGN_STATE_DOWN;
        if (state == SIGN_STATE_FALLBACK)
            worst = SIGN_STATE_FALLBACK;
    }
    return worst;
}

static void begin_key(struct prom_sample *sample, struct sk_buf *out, const char *name,
                      const struct sk_process *process, size_t k)
{
    prom_begin(sample, out, name);
    prom_label(sample, "key", process->config->signer.responders[k].name);
}

static void write_revoked_keys(const struct sk_process *process, size_t count, struct sk_buf *out)
{
    static const char revoked[] = "sekisho_signer_certificate_revoked";
    const size_t first = AT(signer.keys[0].is_revoked), step = sizeof(struct signer_key_counters);
    struct prom_sample sample;
    size_t k;

    prom_family(out, revoked, PROM_GAUGE,
                "1 when a list of the snapshot revokes the certificate of the key, or nobody can "
                "tell; it then does not sign.");
    for (k = 0; k < count; k++) {
        begin_key(&sample, out, revoked, process, k);
        prom_end_count(&sample, metrics_sum_at(process, first + k * step) > 0);
    }
}

static void write_key_states(const struct sk_process *process, size_t count, struct sk_buf *out)
{
    static const char up[] = "sekisho_signer_key_up", fallback[] = "sekisho_signer_key_fallback",
                      end[] = "sekisho_signer_certificate_not_after_timestamp_seconds";
    struct prom_sample sample;
    size_t k;

    prom_family(out, up, PROM_GAUGE, "1 when every worker can have signatures of the key.");
    for (k = 0; k < count; k++) {
        begin_key(&sample, out, up, process, k);
        prom_end_count(&sample, metrics_key_state(process, k) != SIGN_STATE_DOWN);
    }
    prom_family(out, fallback, PROM_GAUGE,
                "1 when the key signs, but not in the place that is configured first.");
    for (k = 0; k < count; k++) {
        begin_key(&sample, out, fallback, process, k);
        prom_end_count(&sample, metrics_key_state(process, k) == SIGN_STATE_FALLBACK);
    }
    prom_family(out, end, PROM_GAUGE, "When the certificate of the key ends.");
    for (k = 0; k < count; k++) {
        int64_t when = atomic_load_explicit(&process->counters[0].signer.keys[k].not_after,
                                            memory_order_relaxed);

        if (when == CLOCK_NEVER)
            continue;
        begin_key(&sample, out, end, process, k);
        prom_end_number(&sample, when);
    }
}

static const struct {
    const char *result;
    size_t offset; /* for key 0 */
} RESULTS[] = {
    {"ok", AT(signer.keys[0].ok)},
    {"failed", AT(signer.keys[0].failed)},
    {"busy", AT(signer.keys[0].busy)},
    {"late", AT(signer.keys[0].late)},
};

static void write_signatures(const struct sk_process *process, size_t count, struct sk_buf *out)
{
    static const char total[] = "sekisho_signatures_total",
                      wait[] = "sekisho_signature_wait_seconds_total";
    const size_t step = sizeof(struct signer_key_counters);
    struct prom_sample sample;
    size_t k, r;

    prom_family(out, total, PROM_COUNTER, "Signatures that were asked for, by what came of them.");
    for (k = 0; k < count; k++) {
        for (r = 0; r < sizeof(RESULTS) / sizeof(RESULTS[0]); r++) {
            begin_key(&sample, out, total, process, k);
            prom_label(&sample, "result", RESULTS[r].result);
            prom_end_count(&sample, metrics_sum_at(process, RESULTS[r].offset + k * step));
        }
    }
    prom_family(out, wait, PROM_COUNTER, "Time from request to good signature, summed.");
    for (k = 0; k < count; k++) {
        begin_key(&sample, out, wait, process, k);
        prom_end_us(&sample, metrics_sum_at(process, AT(signer.keys[0].wait_us) + k * step));
    }
}

static void write_signer(const struct sk_process *process, struct sk_buf *out)
{
    static const char queue[] = "sekisho_signer_queue_length";
    size_t count = metrics_keys(process);
    struct prom_sample sample;

    if (process->config->signer.backend == CONFIG_SIGNER_NONE)
        return;
    prom_count(out, "sekisho_signer_up", PROM_GAUGE,
               "1 when the signer of every worker can sign with some key.",
               SUM(process, signer.is_ready) == process->workers);
    prom_family(out, queue, PROM_GAUGE, "Signatures that are asked for and not answered yet.");
    prom_begin(&sample, out, queue);
    prom_label(&sample, "class", "normal");
    prom_end_count(&sample, SUM(process, signer.waiting[SIGN_CLASS_NORMAL]));
    prom_begin(&sample, out, queue);
    prom_label(&sample, "class", "nonce");
    prom_end_count(&sample, SUM(process, signer.waiting[SIGN_CLASS_NONCE]));
    if (count == 0)
        return;
    write_key_states(process, count, out);
    write_revoked_keys(process, count, out);
    write_signatures(process, count, out);
}

/* ---- the snapshot ---- */

static void begin_lists(struct prom_sample *sample, struct sk_buf *out, const char *name,
                        const struct served_group *group)
{
    prom_begin(sample, out, name);
    prom_label(sample, "ca", group->ca);
    prom_label(sample, "kind", crl_kind_text(group->kind));
}

static void write_list_states(const struct metrics_view *view, struct sk_buf *out)
{
    static const char lists[] = "sekisho_crl_lists";
    struct served_group group;
    struct prom_sample sample;
    size_t i = 0, s;

    prom_family(out, lists, PROM_GAUGE,
                "Lists of the snapshot, by what they are to verdicts: used, or why not.");
    while (served_next(view->ready.served, &i, &group)) {
        for (s = 0; s < SERVED_STATES; s++) {
            begin_lists(&sample, out, lists, &group);
            prom_label(&sample, "state", served_state_text((enum served_state)s));
            prom_end_count(&sample, group.counts[s]);
        }
    }
}

static void write_lists(const struct metrics_view *view, struct sk_buf *out)
{
    static const char left[] = "sekisho_crl_time_to_next_update_seconds",
                      stale[] = "sekisho_crl_stale";
    const struct sk_served *served = view->ready.served;
    struct served_group group;
    struct prom_sample sample;
    size_t i = 0;

    prom_family(out, left, PROM_GAUGE,
                "Until nextUpdate of that used list of the CA and kind that ends first; negative: "
                "past.");
    while (served_next(served, &i, &group)) {
        if (group.first == NULL)
            continue;
        begin_lists(&sample, out, left, &group);
        prom_end_number(&sample, group.first->next_update - view->ready.now);
    }
    prom_family(out, stale, PROM_GAUGE, "1 when that list is past its nextUpdate.");
    for (i = 0; served_next(served, &i, &group);) {
        if (group.first == NULL)
            continue;
        begin_lists(&sample, out, stale, &group);
        prom_end_count(&sample, served_is_stale(group.first, view->ready.now));
    }
    write_list_states(view, out);
}

static void write_snapshot(const struct metrics_view *view, struct sk_buf *out)
{
    const struct sk_generation *gen = view->gen;
    struct prom_sample sample;

    prom_count(out, "sekisho_generation", PROM_GAUGE,
               "Number of the snapshot that is answered from; 0: none.",
               gen != NULL ? generation_number(gen) : 0);
    if (gen != NULL) {
        static const char age[] = "sekisho_generation_age_seconds";

        prom_family(out, age, PROM_GAUGE, "Since that snapshot was published.");
        prom_begin(&sample, out, age);
        prom_end_number(&sample, view->ready.now - generation_created(gen));
    }
    if (view->ready.served != NULL)
        write_lists(view, out);
}

/* ---- readiness ---- */

static void count_reason(void *arg, enum ready_reason reason, const char *text)
{
    uint64_t *counts = arg;

    (void)text;
    counts[reason]++;
}

static void write_ready(const struct metrics_view *view, struct sk_buf *out)
{
    static const char faults[] = "sekisho_not_ready_reasons";
    uint64_t counts[READY_REASONS] = {0};
    struct prom_sample sample;
    size_t i;

    prom_count(out, "sekisho_ready", PROM_GAUGE, "1 when /readyz says so.",
               ready_look(&view->ready, count_reason, counts));
    prom_family(out, faults, PROM_GAUGE, "What stands against being ready: how many of each kind.");
    for (i = 0; i < READY_REASONS; i++) {
        prom_begin(&sample, out, faults);
        prom_label(&sample, "reason", ready_reason_text((enum ready_reason)i));
        prom_end_count(&sample, counts[i]);
    }
}

static void write_build(const struct sk_process *process, struct sk_buf *out)
{
    static const char build[] = "sekisho_build_info", start[] = "sekisho_start_time_seconds";
    struct prom_sample sample;

    prom_family(out, build, PROM_GAUGE, "The version, as a label.");
    prom_begin(&sample, out, build);
    prom_label(&sample, "version", SEKISHO_VERSION);
    prom_end_count(&sample, 1);
    prom_family(out, start, PROM_GAUGE,
                "When this network process began, since the epoch; counters began then.");
    prom_begin(&sample, out, start);
    prom_end_number(&sample, process->started);
    prom_count(out, "sekisho_workers", PROM_GAUGE, "Worker threads.", process->workers);
}

void metrics_write(const struct metrics_view *view, struct sk_buf *out)
{
    const struct sk_process *process = view->ready.process;

    write_build(process, out);
    write_ready(view, out);
    write_snapshot(view, out);
    write_answers(process, out);
    write_verdicts(process, out);
    write_durations(process, out);
    write_plain(process, out);
    metrics_write_ldap(process, out);
    write_signer(process, out);
}
