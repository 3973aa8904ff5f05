/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between counting (metrics.c) and writing (metrics_text.c): what the indices of struct
 * answer_counters stand for.
 */
#ifndef SEKISHO_NET_METRICS_INT_H
#define SEKISHO_NET_METRICS_INT_H

#include "net/counters.h"
#include "net/prom.h"
#include "net/ready.h"

extern const unsigned METRICS_STATUSES[COUNTED_STATUSES]; /* the last, 0: any other */
extern const char *const METRICS_METHODS[COUNTED_METHODS];
extern const char *const METRICS_VERDICTS[COUNTED_VERDICTS];
extern const unsigned METRICS_LDAP_CODES[COUNTED_LDAP_CODES]; /* the last one: any other */

struct metrics_bucket { /* up to and with its end; the last holds everything */
    int64_t end_us;
    const char *le;
};
extern const struct metrics_bucket METRICS_BUCKETS[COUNTED_BUCKETS];

/* The sum over the workers of a counter that stands at this offset in each. */
uint64_t metrics_sum_at(const struct sk_process *process, size_t offset);

/* ---- metrics_part.c: what the parts of the page are made of ---- */

/* A counter or gauge without labels. */
struct metrics_plain {
    const char *name;
    enum prom_type type;
    size_t offset; /* in struct sk_counters, as below */
    const char *help;
};
void metrics_write_plain(const struct sk_process *process, const struct metrics_plain *rows,
                         size_t num, struct sk_buf *out);
/* Connections turned away, by reason. */
void metrics_write_refused(const struct sk_process *process, const char *name, const char *help,
                           size_t full, size_t client, struct sk_buf *out);
/* The series of one label value; buckets: offset of the first of COUNTED_BUCKETS counters. */
void metrics_write_histogram(const struct sk_process *process, const char *name, const char *label,
                             const char *value, size_t buckets, size_t sum_us, struct sk_buf *out);

/* Of LDAP: a part of the page (metrics_ldap.c). */
void metrics_write_ldap(const struct sk_process *process, struct sk_buf *out);

#endif
