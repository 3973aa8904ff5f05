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

enum ocsp_error ocsp_answer_write(const struct ocsp_ask *ask, const struct sk_signer *signer,
                                  const struct ocsp_request *request,
                                  const struct ocsp_statuses *statuses, struct ocsp_answer *out)
{
    const struct signer_key *key = signer_key_get0(signer, 0);
    const struct policy_ocsp *policy = &ask->policy->ocsp;
    struct ocsp_data data = {.request = request,
                             .singles = statuses->singles,
                             .responder = bytes_of(key->key_hash, SIGNER_KEY_HASH),
                             .produced_at = ask->now,
                             .has_extended_revoke = statuses->has_extended_revoke};

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
    return OCSP_ERROR_NONE;
}

enum ocsp_error ocsp_answer_make(const struct ocsp_ask *ask, const struct sk_signer *signer,
                                 const struct ocsp_request *request, struct ocsp_answer *out)
{
    struct ocsp_statuses *statuses;
    enum ocsp_error error;

    if (ask->policy->ocsp.nonce == POLICY_NONCE_REQUIRE && !request->has_nonce)
        return OCSP_ERROR_UNAUTHORIZED;
    error = ocsp_requestor_check(ask, request);
    if (error != OCSP_ERROR_NONE)
        return error;
    statuses = arena_alloc(ask->arena, sizeof(*statuses));
    if (statuses == NULL)
        return OCSP_ERROR_TRY_LATER;
    error = ocsp_status_find(ask, request, statuses);
    if (error != OCSP_ERROR_NONE)
        return error;
    return ocsp_answer_write(ask, signer, request, statuses, out);
}

void ocsp_answer_done(struct ocsp_answer *answer)
{
    buf_done(&answer->data);
}
