/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing the Prometheus text format, version 0.0.4: a family's head, then its samples.
 *
 *   prom_family(out, "sekisho_x_total", PROM_COUNTER, "What it counts.");
 *   prom_begin(out, "sekisho_x_total");
 *   prom_label(out, "kind", kind);
 *   prom_end_count(out, 7);            sekisho_x_total{kind="..."} 7
 *
 * Label values may hold anything: what the format gives a meaning is escaped. Pure.
 */
#ifndef SEKISHO_NET_PROM_H
#define SEKISHO_NET_PROM_H

#include "core/buf.h"

enum prom_type { PROM_COUNTER = 1, PROM_GAUGE, PROM_HISTOGRAM };

#define PROM_MEDIA_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* A sample that is being written. */
struct prom_sample {
    struct sk_buf *out;
    bool has_labels;
};

/* name and help are ours: no escapes. */
void prom_family(struct sk_buf *out, const char *name, enum prom_type type, const char *help);

void prom_begin(struct prom_sample *sample, struct sk_buf *out, const char *name);
void prom_label(struct prom_sample *sample, const char *name, const char *value);
void prom_end_count(struct prom_sample *sample, uint64_t value);
void prom_end_number(struct prom_sample *sample, int64_t value);
/* Microseconds, written as seconds. */
void prom_end_us(struct prom_sample *sample, uint64_t us);

/* A family of one sample without labels. */
void prom_count(struct sk_buf *out, const char *name, enum prom_type type, const char *help,
                uint64_t value);

#endif
