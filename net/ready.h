/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Can this network process answer as it should, and why not? What /readyz, /metrics and the status
 * of sekisho-ctl say; any thread.
 */
#ifndef SEKISHO_NET_READY_H
#define SEKISHO_NET_READY_H

#include "net/counters.h"
#include "net/served.h"

/* What every thread of the network process knows of it. */
struct sk_process {
    const struct sk_config *config;
    const struct sk_counters *counters; /* one per worker */
    unsigned workers;
    int64_t started; /* wall seconds */
    atomic_bool is_draining;
};

enum ready_reason {
    READY_NO_SNAPSHOT = 0,
    READY_LISTS_UNKNOWN,      /* what the policies depend on could not be found out */
    READY_LIST_STALE,         /* past nextUpdate and grace */
    READY_LIST_MISSING,       /* a CA without a list where revocation data is required */
    READY_LIST_UNUSABLE,      /* or with one that proves nothing, or not yet */
    READY_SIGNER_DOWN,        /* a worker's signer cannot sign */
    READY_SIGNER_CERTIFICATE, /* no key that can sign has a certificate valid now, not revoked */
    READY_DRAINING,
    READY_REASONS,
};

/* What the worker answers from. */
struct ready_view {
    const struct sk_process *process;
    bool has_snapshot;
    const struct sk_served *served; /* NULL: not known */
    int64_t now;
};

/* "list-stale"; static. */
const char *ready_reason_text(enum ready_reason reason);

/* Visits each reason not to be ready; text is for people and names CAs and policies. True: there is
 * none, ready. */
typedef void (*ready_fn)(void *arg, enum ready_reason reason, const char *text);
bool ready_look(const struct ready_view *view, ready_fn visit, void *arg);

#endif
