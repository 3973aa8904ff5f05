/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The figures of GET /metrics: counting on the way of an answer, writing when somebody asks.
 *
 * A worker counts in its own struct sk_counters with plain stores that others may read; the worker
 * that is asked sums up over all of them and waits for nobody. Labels are of fixed sets or of the
 * configuration, never of a client: how many series there are is known beforehand.
 */
#ifndef SEKISHO_NET_METRICS_H
#define SEKISHO_NET_METRICS_H

#include "net/ready.h"
#include "net/signer.h"

/* An answer as it is counted. */
struct metrics_answer {
    enum counted_protocol protocol;
    const char *method; /* NULL: there was no whole request */
    unsigned status;
    const char *verdict; /* NULL: none */
    size_t policy;       /* of COUNTED_VALIDATE: index in the configuration */
    int64_t took_us;
};

/* In the worker's thread. */
void metrics_note_answer(struct sk_counters *counters, const struct metrics_answer *answer);
void metrics_note_ldap(struct sk_counters *counters, unsigned kind, unsigned code, int64_t took_us);
void metrics_note_signer(struct sk_counters *counters, const struct sk_signer *signer);

struct metrics_view {
    struct ready_view ready;
    struct sk_generation *gen; /* NULL: none */
};

/* Appends the whole page. */
void metrics_write(const struct metrics_view *view, struct sk_buf *out);

/* How many keys the key process has told of; they are those of the configuration, in its order. */
size_t metrics_keys(const struct sk_process *process);
/* Of a key, as all workers see it: the worst state. */
enum sign_state metrics_key_state(const struct sk_process *process, size_t key);

/* "ocsp"; static. */
const char *metrics_protocol_text(enum counted_protocol protocol);

#endif
