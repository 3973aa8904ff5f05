/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one worker has counted since it began. Only its own thread writes; anybody reads, at any
 * time, without a lock. Each counter is right by itself; two of them need not be of the same
 * instant.
 */
#ifndef SEKISHO_NET_COUNTERS_H
#define SEKISHO_NET_COUNTERS_H

#include <stdatomic.h>
#include <stdint.h>

#include "core/limits.h"
#include "core/sign.h"

/* Of finished answers that are kept (net/memo.h), and of those that are not. */
struct memo_stats {
    atomic_uint_least64_t hits, misses;    /* answers that may be kept, asked for */
    atomic_uint_least64_t entries, octets; /* kept now */
    atomic_uint_least64_t evicted;         /* to make room */
    atomic_uint_least64_t joined;          /* waited for a signature that another had asked for */
    atomic_uint_least64_t produced;        /* signed before anybody asked */
    atomic_uint_least64_t single_waiting;  /* answers for one request (nonces) being signed now */
    atomic_uint_least64_t single_refused;  /* of those, above nonce-queue: tryLater */
};

/* What an answer is counted under. */
enum counted_protocol {
    COUNTED_OTHER = 0, /* a path that nothing is served at, or no whole request */
    COUNTED_OCSP,
    COUNTED_CVS,
    COUNTED_VALIDATE,
    COUNTED_SNAPSHOT,
    COUNTED_REPOSITORY,
    COUNTED_HEALTH,
    COUNTED_METRICS,
    COUNTED_PROTOCOLS,
};
enum {
    COUNTED_METHODS = 4,
    COUNTED_STATUSES = 25,
    COUNTED_VERDICTS = 12,
    COUNTED_BUCKETS = 18,
    COUNTED_POLICIES = 16 /* the last is all further ones */
};

/* Of the answers that were given to a connection; indices are metrics.c's. */
struct answer_counters {
    atomic_uint_least64_t answers[COUNTED_PROTOCOLS][COUNTED_METHODS][COUNTED_STATUSES];
    atomic_uint_least64_t verdicts[COUNTED_PROTOCOLS][COUNTED_VERDICTS];
    /* Of COUNTED_VALIDATE, by policy; the other protocols have one each. */
    atomic_uint_least64_t validated[COUNTED_POLICIES][COUNTED_VERDICTS];
    /* Durations, each in the first bucket that holds it; the last holds what no other does. */
    atomic_uint_least64_t buckets[COUNTED_PROTOCOLS][COUNTED_BUCKETS];
    atomic_uint_least64_t sum_us[COUNTED_PROTOCOLS];
};

enum { COUNTED_LDAP_KINDS = 10, COUNTED_LDAP_CODES = 24 };

/* Of LDAP; indices are those of enum ldap_kind and of metrics.c. */
struct ldap_counters {
    atomic_uint_least64_t results[COUNTED_LDAP_KINDS][COUNTED_LDAP_CODES];
    atomic_uint_least64_t buckets[COUNTED_LDAP_KINDS][COUNTED_BUCKETS];
    atomic_uint_least64_t sum_us[COUNTED_LDAP_KINDS];
    atomic_uint_least64_t entries, references; /* given */
    atomic_uint_least64_t accepted;            /* the following as for HTTP */
    atomic_uint_least64_t open;
    atomic_uint_least64_t refused_full, refused_client;
    atomic_uint_least64_t evicted;
    atomic_uint_least64_t late_requests;
    atomic_uint_least64_t late_takers;
    atomic_uint_least64_t bad_requests;
    atomic_uint_least64_t requests;
    atomic_uint_least64_t waiting; /* searches without their result */
    atomic_uint_least64_t denied;
    atomic_uint_least64_t octets_in, octets_out;
};

/* What the worker's signer says of itself, copied so that others can read it: at once when its
 * state changes, else every second. */
struct signer_counters {
    atomic_uint_least64_t is_ready;
    atomic_uint_least64_t num_keys;
    atomic_uint_least64_t waiting[SIGN_CLASSES];
    struct signer_key_counters {
        atomic_uint_least64_t state; /* enum sign_state */
        atomic_uint_least64_t is_revoked;
        atomic_int_least64_t not_before, not_after;
        atomic_uint_least64_t ok, failed, busy, late, wait_us;
    } keys[LIMIT_SIGNER_KEYS];
};

struct sk_counters {
    atomic_uint_least64_t accepted;       /* connections taken in */
    atomic_uint_least64_t open;           /* connections now */
    atomic_uint_least64_t refused_full;   /* no room, and nobody to make it */
    atomic_uint_least64_t refused_client; /* as many connections of one client as it may have */
    atomic_uint_least64_t evicted;        /* idle or slow connections that made room */
    atomic_uint_least64_t accept_pauses;  /* out of descriptors */
    atomic_uint_least64_t late_requests;  /* heads, bodies and handshakes past their deadline */
    atomic_uint_least64_t late_takers;    /* clients that did not take their answers */
    atomic_uint_least64_t bad_requests;   /* refused by the reader */
    atomic_uint_least64_t requests;       /* whole ones */
    atomic_uint_least64_t waiting;        /* of these, without their answer now */
    atomic_uint_least64_t shed;           /* answered 503: too many wait */
    atomic_uint_least64_t denied;         /* answered 403 by an access list */
    atomic_uint_least64_t tls_handshakes; /* that were done */
    atomic_uint_least64_t tls_failed;     /* that were not, for whatever reason */
    atomic_uint_least64_t log_dropped;    /* lines of the access log without room */
    atomic_uint_least64_t octets_in;      /* of HTTP, whatever TLS adds */
    atomic_uint_least64_t octets_out;
    struct memo_stats memo;
    struct answer_counters answers;
    struct ldap_counters ldap;
    struct signer_counters signer;
    char apart[64]; /* in an array, workers write no line of memory together */
};

/* By the worker that owns it. */
static inline void counter_add(atomic_uint_least64_t *counter, uint64_t n)
{
    uint64_t now = atomic_load_explicit(counter, memory_order_relaxed);

    atomic_store_explicit(counter, now + n, memory_order_relaxed);
}

static inline void counter_sub(atomic_uint_least64_t *counter, uint64_t n)
{
    counter_add(counter, 0 - n);
}

static inline void counter_set(atomic_uint_least64_t *counter, uint64_t value)
{
    atomic_store_explicit(counter, value, memory_order_relaxed);
}

static inline uint64_t counter_get(const atomic_uint_least64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

#endif
