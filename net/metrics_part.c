/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "net/metrics_int.h"

void metrics_write_plain(const struct sk_process *process, const struct metrics_plain *rows,
                         size_t num, struct sk_buf *out)
{
    size_t i;

    for (i = 0; i < num; i++)
        prom_count(out, rows[i].name, rows[i].type, rows[i].help,
                   metrics_sum_at(process, rows[i].offset));
}

void metrics_write_refused(const struct sk_process *process, const char *name, const char *help,
                           size_t full, size_t client, struct sk_buf *out)
{
    struct prom_sample sample;

    prom_family(out, name, PROM_COUNTER, help);
    prom_begin(&sample, out, name);
    prom_label(&sample, "reason", "full");
    prom_end_count(&sample, metrics_sum_at(process, full));
    prom_begin(&sample, out, name);
    prom_label(&sample, "reason", "client");
    prom_end_count(&sample, metrics_sum_at(process, client));
}

static void begin(struct prom_sample *sample, struct sk_buf *out, const char *name,
                  const char *suffix, const char *label, const char *value)
{
    char series[96];

    (void)snprintf(series, sizeof(series), "%s%s", name, suffix);
    prom_begin(sample, out, series);
    prom_label(sample, label, value);
}

void metrics_write_histogram(const struct sk_process *process, const char *name, const char *label,
                             const char *value, size_t buckets, size_t sum_us, struct sk_buf *out)
{
    struct prom_sample sample;
    uint64_t count = 0;
    size_t b;

    for (b = 0; b < COUNTED_BUCKETS; b++) {
        count += metrics_sum_at(process, buckets + b * sizeof(atomic_uint_least64_t));
        begin(&sample, out, name, "_bucket", label, value);
        prom_label(&sample, "le", METRICS_BUCKETS[b].le);
        prom_end_count(&sample, count);
    }
    begin(&sample, out, name, "_sum", label, value);
    prom_end_us(&sample, metrics_sum_at(process, sum_us));
    /* Of the very numbers above: count and the last bucket are one. */
    begin(&sample, out, name, "_count", label, value);
    prom_end_count(&sample, count);
}
