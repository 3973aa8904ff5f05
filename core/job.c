/* SPDX-License-Identifier: Apache-2.0 */
#include "core/job.h"

#include "core/name.h"

enum { MEMO_BUCKETS = 64, CPU_CHECK_EVERY = 256, CPU_CHECK_EVERY_STEPS = 16, UNWATCHED_US = 1000 };

/* One signature that was computed: of an object, with a key. */
struct memo_entry {
    struct memo_entry *next;
    uint8_t object[SK_SHA256];
    uint8_t spki[SK_SHA256];
    enum sk_status status;
    const char *text; /* of the failure */
};
struct job_memo {
    struct memo_entry *buckets[MEMO_BUCKETS];
};

static bool spend(struct sk_job *job, unsigned *spent, unsigned max)
{
    if (job->is_exhausted || *spent >= max) {
        job->is_exhausted = true;
        return false;
    }
    (*spent)++;
    return true;
}

/* Asking for the CPU time is a system call of 0.6 us, a fair part of a plain validation. Nobody has
 * used more of it than has gone by on the wall: until that is a millisecond, the least that a
 * budget can be, there is nothing to ask. Then the job is taken to have used that much. */
static bool is_just_begun(struct sk_job *job)
{
    if (job->wall_now == NULL)
        return false;
    if (job->wall_now() - job->wall_start_us < UNWATCHED_US)
        return true;
    job->wall_now = NULL;
    job->cpu_start_us = job->cpu_now() - UNWATCHED_US;
    return false;
}

static bool has_cpu_left(struct sk_job *job)
{
    unsigned max_ms = job->params->budget.max_cpu_ms;

    if (job->cpu_now != NULL && max_ms != 0 && !is_just_begun(job) &&
        job->cpu_now() - job->cpu_start_us >= (int64_t)max_ms * 1000)
        job->is_exhausted = true;
    return !job->is_exhausted;
}

bool job_spend_path(struct sk_job *job)
{
    return spend(job, &job->work.paths, job->params->budget.max_paths) && has_cpu_left(job);
}

bool job_spend_signature(struct sk_job *job)
{
    return spend(job, &job->work.signatures, job->params->budget.max_signatures) &&
           has_cpu_left(job);
}

/* The next three mostly cost less than asking for the CPU time, which is a system call. */
bool job_spend_step(struct sk_job *job)
{
    return spend(job, &job->work.steps, job->params->budget.max_steps) &&
           (job->work.steps % CPU_CHECK_EVERY_STEPS != 0 || has_cpu_left(job));
}

bool job_spend_policy_node(struct sk_job *job)
{
    return spend(job, &job->work.policy_nodes, job->params->budget.max_policy_nodes) &&
           (job->work.policy_nodes % CPU_CHECK_EVERY != 0 || has_cpu_left(job));
}

bool job_spend_name_check(struct sk_job *job)
{
    return spend(job, &job->work.name_checks, job->params->budget.max_name_checks) &&
           (job->work.name_checks % CPU_CHECK_EVERY != 0 || has_cpu_left(job));
}

bool job_spend_name_checks(struct sk_job *job, size_t count)
{
    unsigned *spent = &job->work.name_checks, before = *spent / CPU_CHECK_EVERY;

    if (job->is_exhausted || count > job->params->budget.max_name_checks ||
        *spent > job->params->budget.max_name_checks - count) {
        job->is_exhausted = true;
        return false;
    }
    *spent += (unsigned)count;
    return *spent / CPU_CHECK_EVERY == before || has_cpu_left(job);
}

bool job_spend_names(struct sk_job *job, struct sk_bytes names)
{
    enum { FREE = 4 };
    size_t cost = name_work(names);

    return job_spend_name_checks(job, cost > FREE ? cost - FREE : 0);
}

bool job_may_go_on(struct sk_job *job)
{
    return !job->is_exhausted &&
           (job->uncounted++ % CPU_CHECK_EVERY_STEPS != 0 || has_cpu_left(job));
}

bool job_has_time(struct sk_job *job)
{
    return !job->is_exhausted && has_cpu_left(job);
}

/* Signatures cost a budget of time as well, counted by the kind of key: 256 of RSA-2048 are 5 ms,
 * of P-384 180. Hashing an object is free once; with key after key it is not. One more signature
 * is allowed as long as anything is left. */
static bool spend_arithmetic(struct sk_job *job, struct sk_bytes spki, size_t hashed_again)
{
    enum { OCTETS_A_US = 512, HASH_MAX_US = 500 };
    uint64_t max = (uint64_t)job->params->budget.max_signatures * LIMIT_SIGNATURE_US;
    size_t hash_us = hashed_again / OCTETS_A_US;

    if (job->work.arithmetic_us >= max && job->work.signatures > 0)
        job->is_exhausted = true;
    if (!job_spend_signature(job))
        return false;
    job->work.arithmetic_us +=
        key_cost_us(spki) + (unsigned)(hash_us < HASH_MAX_US ? hash_us : HASH_MAX_US);
    return true;
}

void *job_alloc(struct sk_job *job, size_t count, size_t size)
{
    void *p = arena_array(job->arena, count, size);

    if (p == NULL)
        job->is_exhausted = true;
    return p;
}

static struct memo_entry **memo_bucket(const struct sk_job *job,
                                       const uint8_t object_sha256[SK_SHA256])
{
    return &job->memo->buckets[object_sha256[0] % MEMO_BUCKETS];
}

static const struct memo_entry *memo_find(const struct sk_job *job,
                                          const uint8_t object_sha256[SK_SHA256],
                                          const uint8_t spki_sha256[SK_SHA256])
{
    const struct memo_entry *e;

    if (job->memo == NULL)
        return NULL;
    for (e = *memo_bucket(job, object_sha256); e != NULL; e = e->next) {
        if (memcmp(e->object, object_sha256, SK_SHA256) == 0 &&
            memcmp(e->spki, spki_sha256, SK_SHA256) == 0)
            return e;
    }
    return NULL;
}

/* Has the object been checked with any key? */
static bool memo_has_object(const struct sk_job *job, const uint8_t object_sha256[SK_SHA256])
{
    const struct memo_entry *e = job->memo != NULL ? *memo_bucket(job, object_sha256) : NULL;

    while (e != NULL && memcmp(e->object, object_sha256, SK_SHA256) != 0)
        e = e->next;
    return e != NULL;
}

/* Only what another computation would find again; a result that does not fit is not remembered. */
static void memo_add(struct sk_job *job, const uint8_t object_sha256[SK_SHA256],
                     const uint8_t spki_sha256[SK_SHA256], enum sk_status status,
                     const struct sk_err *err)
{
    struct memo_entry *e;

    if (status != SK_OK && status != SK_CRYPTO && status != SK_INPUT)
        return;
    if (job->memo == NULL)
        job->memo = arena_alloc(job->arena, sizeof(*job->memo));
    e = job->memo != NULL ? arena_alloc(job->arena, sizeof(*e)) : NULL;
    if (e == NULL)
        return;
    memcpy(e->object, object_sha256, SK_SHA256);
    memcpy(e->spki, spki_sha256, SK_SHA256);
    e->status = status;
    e->text = arena_copy(job->arena, err->text, strlen(err->text));
    e->next = *memo_bucket(job, object_sha256);
    *memo_bucket(job, object_sha256) = e;
}

static enum sk_status compute(struct sk_job *job, struct sk_bytes sig_alg, struct sk_bytes tbs,
                              struct sk_bytes signature, const struct sk_cert *issuer,
                              const struct sk_key *params_from, bool is_first, struct sk_err *err)
{
    const struct sk_key *key = NULL;
    enum sk_status status;

    if (!spend_arithmetic(job, issuer->spki, is_first ? 0 : tbs.len))
        return err_set(err, SK_LIMIT, "the signatures (or the CPU time) of this job are used up");
    status = keyring_get0(job->keys, issuer, params_from, &key, err);
    if (status == SK_CRYPTO) /* a key that OpenSSL refuses is no signature that is wrong */
        return err_set(err, SK_INPUT, "the issuer's key cannot be used");
    if (status != SK_OK)
        return status;
    return key_verify(key, sig_alg, tbs, signature, err);
}

enum sk_status job_check_signature(struct sk_job *job, const uint8_t object_sha256[SK_SHA256],
                                   struct sk_bytes sig_alg, struct sk_bytes tbs,
                                   struct sk_bytes signature, const struct sk_cert *issuer,
                                   const struct sk_key *params_from, struct sk_err *err)
{
    bool is_whole_key = !key_needs_parameters(issuer->spki);
    const struct sk_source *source = job->source;
    const struct memo_entry *known;
    struct sk_err own = {0};
    enum sk_status status;

    if (job->is_exhausted)
        return err_set(err, SK_LIMIT, "the work allowed for this job is used up");
    if (is_whole_key && source != NULL && source->ops->is_checked != NULL &&
        source->ops->is_checked(source, object_sha256, issuer->spki_sha256))
        return SK_OK;
    known = is_whole_key ? memo_find(job, object_sha256, issuer->spki_sha256) : NULL;
    if (known != NULL)
        return known->status == SK_OK
                   ? SK_OK
                   : err_set(err, known->status, "%s", known->text != NULL ? known->text : "");
    status = compute(job, sig_alg, tbs, signature, issuer, params_from,
                     !memo_has_object(job, object_sha256), &own);
    if (is_whole_key)
        memo_add(job, object_sha256, issuer->spki_sha256, status, &own);
    return status == SK_OK ? SK_OK : err_set(err, status, "%s", own.text);
}
