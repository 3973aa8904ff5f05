/* SPDX-License-Identifier: Apache-2.0 */
#include "net/ocsp_key.h"

#include "core/der.h"
#include "net/ocsp_own.h"

/* A choice being made. */
struct task {
    struct sk_signer *signer;
    const struct ocsp_ask *ask;
    const struct ocsp_request *request;
    const struct ocsp_statuses *statuses;
    /* keys that may sign, the one to be preferred first */
    const struct signer_key *keys[LIMIT_SIGNER_KEYS];
    size_t num_keys;
};

/* ---- keys ---- */

static bool is_named(const struct config_ca *ca, const char *name)
{
    size_t i;

    for (i = 0; i < ca->responders.num_values; i++) {
        if (strcmp(ca->responders.values[i], name) == 0)
            return true;
    }
    return ca->responders.num_values == 0;
}

/* An issuer nobody knows is nobody's: any key may say so. */
static bool does_serve(const struct task *task, const struct signer_key *key)
{
    const struct ocsp_statuses *statuses = task->statuses;
    size_t i;

    if (task->ask->wants_trusted && key->model != SIGN_MODEL_TRUSTED)
        return false;
    for (i = 0; i < task->request->num_ids; i++) {
        if (statuses->issuers[i] == NULL)
            continue;
        if (!signer_serves(task->signer, key->index, statuses->issuers[i], task->ask->keys) ||
            (statuses->cas[i] != NULL && !is_named(statuses->cas[i], key->name)))
            return false;
    }
    return true;
}

/* Whoever trusts a key locally takes a CA's or its delegate's word too, but not the reverse. Of two
 * keys that overlap, one whose certificate outlives the answer; else the one that ends last. */
static bool is_better(const struct signer_key *a, const struct signer_key *b, int64_t ends)
{
    bool a_trusted = a->model == SIGN_MODEL_TRUSTED, b_trusted = b->model == SIGN_MODEL_TRUSTED;
    bool a_lasts = a->cert->not_after >= ends, b_lasts = b->cert->not_after >= ends;

    if (a_trusted != b_trusted)
        return b_trusted;
    if (a_lasts || b_lasts)
        return a_lasts && (!b_lasts || a->index < b->index);
    return a->cert->not_after > b->cert->not_after;
}

static void add_candidate(struct task *task, const struct signer_key *key)
{
    int64_t ends = task->statuses->ends;
    size_t i = task->num_keys++;

    for (; i > 0 && is_better(key, task->keys[i - 1], ends); i--)
        task->keys[i] = task->keys[i - 1];
    task->keys[i] = key;
}

/* ---- algorithms ---- */

static enum sk_status split(struct sk_bytes algorithm, struct sk_bytes *out_oid,
                            struct sk_bytes *out_parameters)
{
    struct der top, d;

    der_init(&top, algorithm);
    if (der_enter(&top, DER_SEQUENCE, &d) != SK_OK || der_oid(&d, DER_OID, out_oid) != SK_OK)
        return SK_INPUT;
    *out_parameters = bytes_of(d.p, (size_t)(d.end - d.p));
    return SK_OK;
}

/* Parameters say something in RSASSA-PSS alone; elsewhere they are NULL or absent. */
static bool is_same_algorithm(struct sk_bytes a, struct sk_bytes b)
{
    struct sk_bytes a_oid, b_oid, a_rest, b_rest;

    if (split(a, &a_oid, &a_rest) != SK_OK || split(b, &b_oid, &b_rest) != SK_OK ||
        !bytes_equal(a_oid, b_oid))
        return false;
    return !oid_is(a_oid, OID_RSASSA_PSS) || bytes_equal(a_rest, b_rest);
}

/* SMIMECapability { OID, parameters OPTIONAL }: the client says with which keys it can deal. */
static bool is_capable(struct sk_bytes capability, struct sk_bytes spki_alg)
{
    struct sk_bytes oid, key_oid, key_rest, rest;
    struct der d;

    if (capability.len == 0)
        return true;
    der_init(&d, capability);
    if (der_oid(&d, DER_OID, &oid) != SK_OK || split(spki_alg, &key_oid, &key_rest) != SK_OK)
        return false;
    rest = bytes_of(d.p, (size_t)(d.end - d.p));
    return bytes_equal(oid, key_oid) && (rest.len == 0 || bytes_equal(rest, key_rest));
}

/* RFC 6960 4.4.7.2: none that is known to be weak, whoever prefers it. */
static bool is_strong(struct sk_bytes algorithm)
{
    struct key_sig_alg alg;

    return key_sig_alg_parse(algorithm, &alg) == SK_OK && alg.hash != KEY_SHA1 &&
           alg.mgf_hash != KEY_SHA1;
}

/* The first key that has the algorithm. len 0 of algorithm: any, the key's ordinary one first. */
static bool find(const struct task *task, struct sk_bytes algorithm, struct sk_bytes capability,
                 struct ocsp_key *out)
{
    size_t i, j;

    for (i = 0; i < task->num_keys; i++) {
        const struct signer_key *key = task->keys[i];

        for (j = 0; is_capable(capability, key->cert->spki_alg) && j < key->num_algorithms; j++) {
            if (!is_strong(key->algorithms[j]) ||
                (algorithm.len > 0 && !is_same_algorithm(algorithm, key->algorithms[j])))
                continue;
            out->key = key->index;
            out->algorithm = j;
            return true;
        }
    }
    return false;
}

/* O-14: the client's preferences, the list's algorithm, the request's, our own order. */
static bool choose_algorithm(const struct task *task, struct ocsp_key *out)
{
    const struct sk_bytes none = bytes_of(NULL, 0), list = task->statuses->list_algorithm;
    const struct ocsp_request *request = task->request;
    size_t i;

    for (i = 0; i < request->num_preferences; i++) {
        if (find(task, request->preferences[i].algorithm, request->preferences[i].capability, out))
            return true;
    }
    if (list.len > 0 && find(task, list, none, out))
        return true;
    if (request->is_signed && find(task, request->signature.algorithm, none, out))
        return true;
    return find(task, none, none, out);
}

enum ocsp_error ocsp_key_choose(struct sk_signer *signer, const struct ocsp_ask *ask,
                                const struct ocsp_request *request,
                                const struct ocsp_statuses *statuses, struct ocsp_key *out)
{
    struct task task = {.signer = signer, .ask = ask, .request = request, .statuses = statuses};
    size_t i, num_serving = 0;
    bool is_second = false;

    if (ocsp_own_look(ask->own, ask, signer) != SK_OK)
        return OCSP_ERROR_TRY_LATER;
    for (i = 0; i < signer_count(signer) && i < LIMIT_SIGNER_KEYS; i++) {
        const struct signer_key *key = signer_key_get0(signer, i);

        if (!does_serve(&task, key))
            continue;
        num_serving++;
        if (ocsp_own_is_revoked(ask->own, i))
            continue;
        if (signer_can_sign(signer, i, ask->now))
            add_candidate(&task, key);
        else if (signer_key_is_valid_at(key, ask->now))
            is_second = true;
    }
    if (num_serving == 0 && signer_count(signer) > 0)
        return OCSP_ERROR_UNAUTHORIZED;
    if (!choose_algorithm(&task, out))
        return OCSP_ERROR_TRY_LATER;
    out->is_second = is_second;
    return OCSP_ERROR_NONE;
}
