/* SPDX-License-Identifier: Apache-2.0 */
#include "net/ocsp_answer.h"

#include "net/answer.h"
#include "net/ocsp_requestor.h"

static const char *verdict_of(const struct ocsp_request *request,
                              const struct ocsp_statuses *statuses)
{
    const char *verdict = NULL;
    size_t i;

    for (i = 0; i < request->num_ids; i++)
        verdict = answer_verdict(verdict, ocsp_cert_status_text(statuses->singles[i].status));
    return verdict;
}

/* An unknown one may become known at any time, and whoever asks for what nobody knows fills no
 * memo. */
static bool is_kept(const struct ocsp_request *request, const struct ocsp_statuses *statuses)
{
    size_t i;

    for (i = 0; i < request->num_ids; i++) {
        if (statuses->singles[i].status == OCSP_CERT_UNKNOWN)
            return false;
    }
    return true;
}

static bool is_renewed(const struct ocsp_request *request, const struct ocsp_statuses *statuses)
{
    size_t i;

    for (i = 0; i < request->num_ids; i++) {
        if (statuses->cas[i] == NULL || statuses->cas[i]->pre_produce == CONFIG_PRODUCE_NO)
            return false;
    }
    return true;
}

enum ocsp_error ocsp_answer_admit(const struct ocsp_ask *ask, const struct ocsp_request *request)
{
    if (ask->policy->ocsp.nonce == POLICY_NONCE_REQUIRE && !request->has_nonce)
        return OCSP_ERROR_UNAUTHORIZED;
    return ocsp_requestor_check(ask, request);
}

static enum ocsp_error write_data(const struct ocsp_ask *ask, struct sk_signer *signer,
                                  const struct ocsp_request *request,
                                  const struct ocsp_statuses *statuses, struct ocsp_answer *out)
{
    const struct signer_key *key;
    const struct policy_ocsp *policy = &ask->policy->ocsp;
    struct ocsp_data data = {.request = request,
                             .singles = statuses->singles,
                             .produced_at = ask->now,
                             .has_extended_revoke = statuses->has_extended_revoke};
    enum ocsp_error error = ocsp_key_choose(signer, ask, request, statuses, &out->key);

    if (error != OCSP_ERROR_NONE)
        return error;
    key = signer_key_get0(signer, out->key.key);
    data.responder = bytes_of(key->key_hash, SIGNER_KEY_HASH);
    data.has_nonce = request->has_nonce && policy->nonce != POLICY_NONCE_IGNORE;
    buf_init(&out->data, LIMIT_SIGN_REQUEST_BYTES);
    if (ocsp_write_data(&data, &out->data) != SK_OK) {
        buf_done(&out->data);
        return OCSP_ERROR_INTERNAL;
    }
    out->verdict = verdict_of(request, statuses);
    out->produced_at = ask->now;
    out->ends = statuses->ends < key->cert->not_after ? statuses->ends : key->cert->not_after;
    out->is_private =
        data.has_nonce || (request->is_signed && policy->requests != POLICY_REQUESTS_IGNORE);
    out->is_kept = !out->is_private && is_kept(request, statuses);
    out->is_renewed = out->is_kept && is_renewed(request, statuses);
    return OCSP_ERROR_NONE;
}

enum ocsp_error ocsp_answer_make(const struct ocsp_ask *ask, struct sk_signer *signer,
                                 const struct ocsp_request *request, ocsp_find_fn find,
                                 struct ocsp_answer *out)
{
    struct ocsp_statuses *statuses;
    enum ocsp_error error;

    statuses = arena_alloc(ask->arena, sizeof(*statuses));
    if (statuses == NULL)
        return OCSP_ERROR_TRY_LATER;
    error = find(ask, request, statuses);
    if (error != OCSP_ERROR_NONE)
        return error;
    return write_data(ask, signer, request, statuses, out);
}

void ocsp_answer_done(struct ocsp_answer *answer)
{
    buf_done(&answer->data);
}
