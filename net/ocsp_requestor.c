/* SPDX-License-Identifier: Apache-2.0 */
#include "net/ocsp_requestor.h"

#include "core/clock.h"
#include "core/general_name.h"
#include "core/judge.h"
#include "core/log.h"
#include "core/memstore.h"
#include "core/strength.h"

/* A request whose signer is looked for. */
struct task {
    const struct ocsp_ask *ask;
    const struct ocsp_request *request;
    struct general_name requestor;
    struct sk_memstore *store; /* the certificates that came along */
    const struct sk_cert *certs[LIMIT_OCSP_REQUEST_CERTS];
    size_t num_certs;
    const struct sk_cert *signer;
};

/* ---- names ---- */

static enum sk_status read_requestor(struct sk_bytes whole, struct general_name *out)
{
    struct der d;

    der_init(&d, whole);
    return general_name_next(&d, false, out);
}

static bool has_alternative_name(const struct task *task, const struct sk_cert *cert)
{
    struct cert_walk walk;
    struct general_name name;
    struct der d;

    if (cert_walk_init(&walk, &cert->san) != SK_OK)
        return false;
    der_init(&d, bytes_of(walk.p, (size_t)(walk.end - walk.p)));
    while (!der_at_end(&d)) {
        if (general_name_next(&d, false, &name) != SK_OK)
            return false;
        if (general_name_equal(task->ask->arena, &name, &task->requestor))
            return true;
    }
    return false;
}

/* A certificate may speak under its subject and its alternative names. */
static bool is_named(const struct task *task, const struct sk_cert *cert)
{
    const struct general_name subject = {
        .kind = GENERAL_NAME_DIRECTORY, .value = cert->subject, .whole = cert->subject};

    return general_name_equal(task->ask->arena, &subject, &task->requestor) ||
           has_alternative_name(task, cert);
}

/* ---- the signature ---- */

static enum sk_status read_certs(struct task *task)
{
    struct der_tlv one;
    struct der d;

    task->store = memstore_new();
    if (task->store == NULL)
        return SK_NOMEM;
    der_init(&d, task->request->signature.certs);
    while (!der_at_end(&d)) {
        enum sk_status status = SK_LIMIT;

        if (task->num_certs < LIMIT_OCSP_REQUEST_CERTS)
            status = der_any(&d, &one);
        if (status == SK_OK)
            status = memstore_add_cert(task->store, one.whole, &task->certs[task->num_certs], NULL);
        if (status != SK_OK)
            return status == SK_NOMEM ? status : SK_INPUT;
        task->num_certs++;
    }
    return SK_OK;
}

static bool may_sign(const struct task *task, const struct sk_cert *cert)
{
    const struct sk_params *params = &task->ask->policy->params;

    return is_named(task, cert) &&
           (!cert->key_usage.is_present ||
            (cert->key_usage_bits & KEY_USAGE_DIGITAL_SIGNATURE) != 0) &&
           strength_of_key(params, cert->spki, bytes_of(NULL, 0), NULL) == FINDING_NONE;
}

static bool is_signed_by(const struct task *task, const struct sk_cert *cert)
{
    const struct ocsp_signature *signature = &task->request->signature;
    const struct sk_key *key;

    return may_sign(task, cert) && keyring_get0(task->ask->keys, cert, NULL, &key, NULL) == SK_OK &&
           key_verify(key, signature->algorithm, signature->tbs, signature->value, NULL) == SK_OK;
}

/* Those that came along, then those that the policy names. */
static const struct sk_cert *find_signer(const struct task *task)
{
    const struct policy_ocsp *policy = &task->ask->policy->ocsp;
    size_t i;

    if (strength_of_signature(&task->ask->policy->params, task->request->signature.algorithm,
                              NULL) != FINDING_NONE)
        return NULL;
    for (i = 0; i < task->num_certs; i++) {
        if (is_signed_by(task, task->certs[i]))
            return task->certs[i];
    }
    for (i = 0; i < policy->num_requestors; i++) {
        if (is_signed_by(task, policy->requestors[i].cert))
            return policy->requestors[i].cert;
    }
    return NULL;
}

/* ---- whether it may ask ---- */

static bool is_requestor(const struct ocsp_ask *ask, const struct sk_cert *cert)
{
    const struct policy_ocsp *policy = &ask->policy->ocsp;
    size_t i;

    for (i = 0; i < policy->num_requestors; i++) {
        if (memcmp(policy->requestors[i].cert->sha256, cert->sha256, SK_SHA256) == 0)
            return ask->now >= cert->not_before && ask->now <= cert->not_after;
    }
    return false;
}

/* An anchor certifies by its key alone (V-01): a client's own certificate must not become one. */
static enum sk_status anchors_of(const struct ocsp_ask *ask, struct sk_params *params)
{
    const struct policy_ocsp *policy = &ask->policy->ocsp;
    struct sk_anchor *anchors = arena_array(ask->arena, policy->num_requestors, sizeof(*anchors));
    size_t i;

    if (anchors == NULL)
        return SK_LIMIT;
    params->num_anchors = 0;
    for (i = 0; i < policy->num_requestors; i++) {
        if (policy->requestors[i].cert->is_ca)
            anchors[params->num_anchors++] = policy->requestors[i];
    }
    params->anchors = anchors;
    return SK_OK;
}

/* What the policy wants of applicants' certificates is not wanted of a client's. */
static enum sk_status judge_signer(const struct task *task, bool *out_is_valid)
{
    const struct ocsp_ask *ask = task->ask;
    const struct sk_source *parts[2] = {memstore_source(task->store), reader_source(ask->reader)};
    struct sk_params params = ask->policy->params;
    struct sk_query query = {.target = task->signer,
                             .params = &params,
                             .time = ask->now,
                             .keys = ask->keys,
                             .arena = ask->arena,
                             .cpu_now = clock_cpu_us,
                             .wall_now = clock_mono_us};
    struct source_chain chain;
    struct sk_verdict *verdict = arena_alloc(ask->arena, sizeof(*verdict));
    enum sk_status status = verdict != NULL ? anchors_of(ask, &params) : SK_LIMIT;

    if (status != SK_OK)
        return status;
    params.num_policies = params.num_ekus = params.num_names = 0;
    params.key_usage = KEY_USAGE_DIGITAL_SIGNATURE;
    params.require_explicit_policy = false;
    source_chain_init(&chain, parts, 2);
    query.source = &chain.source;
    status = judge(&query, verdict);
    *out_is_valid = status == SK_OK && verdict->kind == VERDICT_VALID;
    return status;
}

static enum ocsp_error check(struct task *task)
{
    bool is_valid = false;
    enum sk_status status = read_requestor(task->request->requestor, &task->requestor);

    if (status == SK_OK)
        status = read_certs(task);
    if (status == SK_OK) {
        task->signer = find_signer(task);
        if (task->signer == NULL) {
            log_debug("ocsp", "the signature of a request is of nobody named in it");
            return OCSP_ERROR_UNAUTHORIZED;
        }
        if (is_requestor(task->ask, task->signer))
            return OCSP_ERROR_NONE;
        status = judge_signer(task, &is_valid);
    }
    if (status == SK_INPUT)
        return OCSP_ERROR_UNAUTHORIZED;
    if (status != SK_OK)
        return status == SK_LIMIT ? OCSP_ERROR_TRY_LATER : OCSP_ERROR_INTERNAL;
    return is_valid ? OCSP_ERROR_NONE : OCSP_ERROR_UNAUTHORIZED;
}

enum ocsp_error ocsp_requestor_check(const struct ocsp_ask *ask, const struct ocsp_request *request)
{
    struct task task = {.ask = ask, .request = request};
    enum ocsp_error error;

    if (ask->policy->ocsp.requests == POLICY_REQUESTS_IGNORE)
        return OCSP_ERROR_NONE;
    if (!request->is_signed)
        return ask->policy->ocsp.requests == POLICY_REQUESTS_REQUIRE ? OCSP_ERROR_SIG_REQUIRED
                                                                     : OCSP_ERROR_NONE;
    error = check(&task);
    memstore_free(task.store);
    return error;
}
