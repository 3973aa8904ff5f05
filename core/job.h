/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One validation: what it was given and what it has spent. Internal to core/ and its tests; callers
 * use core/judge.h.
 */
#ifndef SEKISHO_CORE_JOB_H
#define SEKISHO_CORE_JOB_H

#include "core/key.h"
#include "core/params.h"
#include "core/source.h"
#include "core/verdict.h"

struct job_memo; /* signature results of the job */

struct sk_job {
    struct sk_arena *arena; /* everything the job allocates */
    const struct sk_params *params;
    const struct sk_source *source;
    struct sk_keyring *keys;
    int64_t time;         /* T of RFC 5280 6.1.1: seconds */
    int64_t cpu_start_us; /* clock of the budget; given by the caller of judge() through cpu_now */
    int64_t (*cpu_now)(void); /* NULL: CPU time is not watched */
    /* A cheap clock that is never slower; NULL: none. While it has not gone on by a millisecond
     * cpu_now is not asked, and cpu_start_us is not known. */
    int64_t wall_start_us;
    int64_t (*wall_now)(void);
    struct sk_work work;
    unsigned uncounted;               /* job_may_go_on() asked: for when to look at the clock */
    bool is_exhausted;                /* a budget ended: no verdict but undetermined */
    unsigned crl_depth;               /* nesting of CRL issuer paths */
    const struct sk_anchor **anchors; /* by name, key, SHA-256; NULL until a search */
    struct job_memo *memo;            /* NULL at the start; in the arena */
    const struct constraint_set *constraints; /* nameConstraints read so far; NULL at the start */
};

/* Take one unit of a budget. False, and is_exhausted set, when it is used up (or CPU time is). */
bool job_spend_step(struct sk_job *job);
bool job_spend_path(struct sk_job *job);
bool job_spend_signature(struct sk_job *job);
bool job_spend_policy_node(struct sk_job *job);
bool job_spend_name_check(struct sk_job *job);
bool job_spend_name_checks(struct sk_job *job, size_t count);
/* For bringing the names in octets of DER into canonical form: by their length, and much more for
 * what is not ASCII. Short ASCII names cost nothing. */
bool job_spend_names(struct sk_job *job, struct sk_bytes names);
/* For small pieces of work that are not counted: false when a budget ended, or CPU time did. */
bool job_may_go_on(struct sk_job *job);
/* The same after one that may have been large. */
bool job_has_time(struct sk_job *job);

/* count * size zeroed bytes of the arena, or NULL and is_exhausted: its cap is a budget as well. */
void *job_alloc(struct sk_job *job, size_t count, size_t size);

/* Verifies cert's signature with the issuer key (SPKI of issuer, parameters inherited from
 * params_from, may be NULL), free of charge when the source has checked it before. SK_OK, SK_CRYPTO
 * (wrong), SK_INPUT (algorithm), SK_LIMIT (budget), SK_NOMEM. Results are remembered for the job:
 * the same pair is never computed twice (but for keys with inherited parameters: the pair does not
 * tell which parameters they had). */
enum sk_status job_check_signature(struct sk_job *job, const uint8_t object_sha256[SK_SHA256],
                                   struct sk_bytes sig_alg, struct sk_bytes tbs,
                                   struct sk_bytes signature, const struct sk_cert *issuer,
                                   const struct sk_key *params_from,
                                   struct sk_err *err) SK_MUST_CHECK;

#endif
