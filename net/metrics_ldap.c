/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What GET /metrics says of LDAP.
 */
#include <stddef.h>
#include <stdio.h>

#include "net/ldap_message.h"
#include "net/metrics.h"
#include "net/metrics_int.h"
#include "net/prom.h"

#define AT(member)           offsetof(struct sk_counters, ldap.member)
#define SUM(process, member) metrics_sum_at(process, AT(member))

static bool has_answer(enum ldap_kind kind)
{
    return kind != LDAP_UNBIND && kind != LDAP_ABANDON;
}

static void write_results(const struct sk_process *process, struct sk_buf *out)
{
    static const char name[] = "sekisho_ldap_requests_total";
    struct prom_sample sample;
    char code[16];
    size_t k, c;

    prom_family(out, name, PROM_COUNTER,
                "LDAP requests that were answered, by operation and result code.");
    for (k = 0; k < LDAP_KINDS; k++) {
        for (c = 0; c < COUNTED_LDAP_CODES; c++) {
            uint64_t count = SUM(process, results[k][c]);

            if (count == 0)
                continue;
            (void)snprintf(code, sizeof(code), "%u", METRICS_LDAP_CODES[c]);
            prom_begin(&sample, out, name);
            prom_label(&sample, "operation", ldap_kind_text((enum ldap_kind)k));
            prom_label(&sample, "result", c < COUNTED_LDAP_CODES - 1 ? code : "other");
            prom_end_count(&sample, count);
        }
    }
}

static const struct metrics_plain PLAIN[] = {
    {"sekisho_ldap_entries_total", PROM_COUNTER, AT(entries), "Entries that searches gave."},
    {"sekisho_ldap_references_total", PROM_COUNTER, AT(references),
     "Continuation references that searches gave."},
    {"sekisho_ldap_connections_accepted_total", PROM_COUNTER, AT(accepted),
     "LDAP connections that were taken in."},
    {"sekisho_ldap_connections_open", PROM_GAUGE, AT(open), "LDAP connections now."},
    {"sekisho_ldap_connections_evicted_total", PROM_COUNTER, AT(evicted),
     "Idle or slow LDAP connections that made room."},
    {"sekisho_ldap_requests_received_total", PROM_COUNTER, AT(requests),
     "LDAP requests that came whole, those without an answer too."},
    {"sekisho_ldap_requests_refused_total", PROM_COUNTER, AT(bad_requests),
     "Octets on LDAP connections that were no request, or one too large."},
    {"sekisho_ldap_requests_late_total", PROM_COUNTER, AT(late_requests),
     "LDAP requests and handshakes that did not come in time."},
    {"sekisho_ldap_answers_untaken_total", PROM_COUNTER, AT(late_takers),
     "LDAP clients cut off because they did not take their answers."},
    {"sekisho_ldap_searches_waiting", PROM_GAUGE, AT(waiting), "Searches that have no result yet."},
    {"sekisho_ldap_requests_denied_total", PROM_COUNTER, AT(denied),
     "LDAP requests refused by an access list."},
    {"sekisho_ldap_received_bytes_total", PROM_COUNTER, AT(octets_in),
     "Octets of LDAP requests, without what TLS adds."},
    {"sekisho_ldap_sent_bytes_total", PROM_COUNTER, AT(octets_out),
     "Octets of LDAP answers, without what TLS adds."},
};

void metrics_write_ldap(const struct sk_process *process, struct sk_buf *out)
{
    static const char name[] = "sekisho_ldap_request_duration_seconds";
    const size_t step = sizeof(process->counters->ldap.buckets[0]);
    size_t k;

    write_results(process, out);
    prom_family(out, name, PROM_HISTOGRAM,
                "From the last octet of an LDAP request to its result's being written.");
    for (k = 0; k < LDAP_KINDS; k++) {
        if (has_answer((enum ldap_kind)k))
            metrics_write_histogram(process, name, "operation", ldap_kind_text((enum ldap_kind)k),
                                    AT(buckets[0][0]) + k * step,
                                    AT(sum_us[0]) + k * sizeof(atomic_uint_least64_t), out);
    }
    metrics_write_plain(process, PLAIN, sizeof(PLAIN) / sizeof(PLAIN[0]), out);
    metrics_write_refused(process, "sekisho_ldap_connections_refused_total",
                          "LDAP connections turned away, by reason.", AT(refused_full),
                          AT(refused_client), out);
}
