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

static void write_histogram(const struct sk_process *process, size_t k, struct sk_buf *out)
{
    static const char name[] = "sekisho_ldap_request_duration_seconds";
    const char *operation = ldap_kind_text((enum ldap_kind)k);
    struct prom_sample sample;
    char series[64];
    uint64_t count = 0;
    size_t b;

    (void)snprintf(series, sizeof(series), "%s_bucket", name);
    for (b = 0; b < COUNTED_BUCKETS; b++) {
        count += SUM(process, buckets[k][b]);
        prom_begin(&sample, out, series);
        prom_label(&sample, "operation", operation);
        prom_label(&sample, "le", METRICS_BUCKETS[b].le);
        prom_end_count(&sample, count);
    }
    (void)snprintf(series, sizeof(series), "%s_sum", name);
    prom_begin(&sample, out, series);
    prom_label(&sample, "operation", operation);
    prom_end_us(&sample, SUM(process, sum_us[k]));
    (void)snprintf(series, sizeof(series), "%s_count", name);
    prom_begin(&sample, out, series);
    prom_label(&sample, "operation", operation);
    prom_end_count(&sample, count);
}

static const struct plain_row {
    const char *name;
    enum prom_type type;
    size_t offset;
    const char *help;
} PLAIN[] = {
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

static void write_refused(const struct sk_process *process, struct sk_buf *out)
{
    static const char name[] = "sekisho_ldap_connections_refused_total";
    struct prom_sample sample;

    prom_family(out, name, PROM_COUNTER, "LDAP connections turned away, by reason.");
    prom_begin(&sample, out, name);
    prom_label(&sample, "reason", "full");
    prom_end_count(&sample, SUM(process, refused_full));
    prom_begin(&sample, out, name);
    prom_label(&sample, "reason", "client");
    prom_end_count(&sample, SUM(process, refused_client));
}

void metrics_write_ldap(const struct sk_process *process, struct sk_buf *out)
{
    size_t i, k;

    write_results(process, out);
    prom_family(out, "sekisho_ldap_request_duration_seconds", PROM_HISTOGRAM,
                "From the last octet of an LDAP request to its result's being written.");
    for (k = 0; k < LDAP_KINDS; k++) {
        if (has_answer((enum ldap_kind)k))
            write_histogram(process, k, out);
    }
    for (i = 0; i < sizeof(PLAIN) / sizeof(PLAIN[0]); i++)
        prom_count(out, PLAIN[i].name, PLAIN[i].type, PLAIN[i].help,
                   metrics_sum_at(process, PLAIN[i].offset));
    write_refused(process, out);
}
