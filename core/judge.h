/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The judge: search, path validation and revocation put together into one verdict.
 *
 * A pure function of its inputs: no clock (but the CPU budget's, given by the caller), socket, file
 * or global. One call is one job; the arena may be reset when the verdict is no longer needed.
 * Threads: each with its own arena and keyring; sources and params may be shared.
 */
#ifndef SEKISHO_CORE_JUDGE_H
#define SEKISHO_CORE_JUDGE_H

#include "core/params.h"
#include "core/revocation.h"
#include "core/source.h"
#include "core/verdict.h"

struct sk_query {
    const struct sk_cert *target; /* parsed, borrowed */
    const struct sk_params *params;
    const struct sk_source *source; /* candidates and CRLs */
    int64_t time;                   /* the moment asked about, seconds */
    struct sk_keyring *keys;        /* of this thread */
    struct sk_arena *arena;         /* of this job */
    int64_t (*cpu_now)(void);       /* clock_cpu_us, or NULL: the CPU budget is not watched */
    int64_t (*wall_now)(void);      /* clock_mono_us, or NULL: spares most calls of cpu_now */
};

/* Fills *out (in any case: an undetermined verdict when a budget or memory ended). SK_OK: a verdict
 * was reached, undetermined included; SK_NOMEM, SK_INTERNAL: the machine failed, out is
 * undetermined. */
enum sk_status judge(const struct sk_query *query, struct sk_verdict *out) SK_MUST_CHECK;

/* The status of a serial, for OCSP by CertID (query->target is not used): see
 * revocation_of_serial(). */
enum sk_status judge_serial(const struct sk_query *query, const struct sk_cert *issuer,
                            struct sk_bytes serial, bool is_ca_cert, const struct sk_cert *cert,
                            struct revocation_status *out) SK_MUST_CHECK;

#endif
