/* SPDX-License-Identifier: Apache-2.0 */
#include "net/metrics.h"

#include <limits.h>

#include "net/metrics_int.h"

const unsigned METRICS_STATUSES[COUNTED_STATUSES] = {
    200, 206, 304, 400, 403, 404, 405, 406, 408, 411, 413, 414, 415,
    416, 417, 422, 429, 431, 500, 501, 503, 504, 505, 507, 0 /* any other */
};

const char *const METRICS_METHODS[COUNTED_METHODS] = {"GET", "HEAD", "POST", "other"};

const char *const METRICS_VERDICTS[COUNTED_VERDICTS] = {
    "good",  "revoked",          "unknown",       "valid",    "invalid",     "undetermined",
    "mixed", "malformedRequest", "internalError", "tryLater", "sigRequired", "unauthorized",
};

const unsigned METRICS_LDAP_CODES[COUNTED_LDAP_CODES] = {
    0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 16, 17, 18, 21, 32, 34, 49, 50, 51, 52, 53, 80, UINT_MAX,
};

const struct metrics_bucket METRICS_BUCKETS[COUNTED_BUCKETS] = {
    {50, "0.00005"},  {100, "0.0001"}, {250, "0.00025"},    {500, "0.0005"},  {1000, "0.001"},
    {2500, "0.0025"}, {5000, "0.005"}, {10000, "0.01"},     {25000, "0.025"}, {50000, "0.05"},
    {75000, "0.075"}, {100000, "0.1"}, {250000, "0.25"},    {500000, "0.5"},  {1000000, "1"},
    {2500000, "2.5"}, {5000000, "5"},  {INT64_MAX, "+Inf"},
};

const char *metrics_protocol_text(enum counted_protocol protocol)
{
    switch (protocol) {
    case COUNTED_OTHER:
        return "other";
    case COUNTED_OCSP:
        return "ocsp";
    case COUNTED_CVS:
        return "cvs";
    case COUNTED_VALIDATE:
        return "validate";
    case COUNTED_SNAPSHOT:
        return "snapshot";
    case COUNTED_REPOSITORY:
        return "repository";
    case COUNTED_HEALTH:
        return "health";
    case COUNTED_METRICS:
        return "metrics";
    case COUNTED_PROTOCOLS:
        break;
    }
    return "other";
}

static size_t status_index(unsigned status)
{
    size_t i;

    for (i = 0; i < COUNTED_STATUSES - 1 && METRICS_STATUSES[i] != status; i++)
        continue;
    return i;
}

static size_t method_index(const char *method)
{
    size_t i;

    for (i = 0; i < COUNTED_METHODS - 1; i++) {
        if (method != NULL && strcmp(METRICS_METHODS[i], method) == 0)
            break;
    }
    return i;
}

static size_t bucket_index(int64_t took_us)
{
    size_t i;

    for (i = 0; i < COUNTED_BUCKETS - 1 && took_us > METRICS_BUCKETS[i].end_us; i++)
        continue;
    return i;
}

static void note_verdict(struct answer_counters *answers, const struct metrics_answer *answer)
{
    size_t policy = answer->policy < COUNTED_POLICIES ? answer->policy : COUNTED_POLICIES - 1, i;

    for (i = 0; i < COUNTED_VERDICTS; i++) {
        if (strcmp(METRICS_VERDICTS[i], answer->verdict) != 0)
            continue;
        counter_add(answer->protocol == COUNTED_VALIDATE ? &answers->validated[policy][i]
                                                         : &answers->verdicts[answer->protocol][i],
                    1);
        return;
    }
}

void metrics_note_answer(struct sk_counters *counters, const struct metrics_answer *answer)
{
    struct answer_counters *answers = &counters->answers;
    enum counted_protocol protocol = answer->protocol;

    counter_add(
        &answers->answers[protocol][method_index(answer->method)][status_index(answer->status)], 1);
    if (answer->verdict != NULL)
        note_verdict(answers, answer);
    counter_add(&answers->buckets[protocol][bucket_index(answer->took_us)], 1);
    counter_add(&answers->sum_us[protocol], answer->took_us > 0 ? (uint64_t)answer->took_us : 0);
}

void metrics_note_ldap(struct sk_counters *counters, unsigned kind, unsigned code, int64_t took_us)
{
    struct ldap_counters *ldap = &counters->ldap;
    size_t i;

    for (i = 0; i < COUNTED_LDAP_CODES - 1 && METRICS_LDAP_CODES[i] != code; i++)
        continue;
    counter_add(&ldap->results[kind][i], 1);
    counter_add(&ldap->buckets[kind][bucket_index(took_us)], 1);
    counter_add(&ldap->sum_us[kind], took_us > 0 ? (uint64_t)took_us : 0);
}

void metrics_note_signer(struct sk_counters *counters, const struct sk_signer *signer)
{
    struct signer_counters *out = &counters->signer;
    struct signer_stats stats;
    size_t i;

    signer_stats(signer, &stats);
    for (i = 0; i < stats.num_keys; i++) {
        const struct signer_key_stats *in = &stats.keys[i];
        const struct signer_key *about = signer_key_get0(signer, i);
        struct signer_key_counters *key = &out->keys[i];

        counter_set(&key->state, in->state);
        atomic_store_explicit(&key->not_before, about->cert->not_before, memory_order_relaxed);
        atomic_store_explicit(&key->not_after, about->cert->not_after, memory_order_relaxed);
        counter_set(&key->ok, in->num_ok);
        counter_set(&key->failed, in->num_failed);
        counter_set(&key->busy, in->num_busy);
        counter_set(&key->late, in->num_late);
        counter_set(&key->wait_us, in->wait_us);
    }
    for (i = 0; i < SIGN_CLASSES; i++)
        counter_set(&out->waiting[i], stats.num_waiting[i]);
    counter_set(&out->num_keys, stats.num_keys);
    counter_set(&out->is_ready, stats.state == SIGNER_READY);
}
