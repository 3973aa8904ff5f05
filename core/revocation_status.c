/* SPDX-License-Identifier: Apache-2.0 */
/* The status of a certificate by both kinds of evidence: lists and stored OCSP responses. */
#include "core/revocation_int.h"

/* Stale data is told before unusable data, that before none. */
static int why_rank(enum finding_code why)
{
    if (why == FINDING_REVOCATION_STALE)
        return 2;
    return why == FINDING_REVOCATION_UNUSABLE ? 1 : 0;
}

/* C-22: revoked by either is revoked; good by one is good. Which is told is the policy's choice,
 * but nobody needs a grace where a current answer is at hand. Neither holds longer than the other
 * says that nothing changes. */
static void merge(const struct sk_params *params, const struct revocation_status *by_ocsp,
                  struct revocation_status *out)
{
    bool is_preferred = params->ocsp_evidence == OCSP_EVIDENCE_PREFER || out->in_grace;
    bool has_unproven = out->has_unproven || by_ocsp->has_unproven;
    bool has_claim = out->has_claim || by_ocsp->has_claim;
    bool is_suspect = out->is_suspect;
    int64_t ends =
        out->holds_until < by_ocsp->holds_until ? out->holds_until : by_ocsp->holds_until;

    if (by_ocsp->kind == REVOCATION_REVOKED ||
        (by_ocsp->kind == REVOCATION_GOOD && (out->kind != REVOCATION_GOOD || is_preferred)) ||
        (by_ocsp->kind == out->kind && why_rank(by_ocsp->why) > why_rank(out->why)))
        *out = *by_ocsp;
    out->has_unproven = has_unproven;
    out->has_claim = has_claim;
    out->is_suspect = is_suspect && out->kind == REVOCATION_UNDETERMINED;
    out->holds_until = ends;
}

enum sk_status revocation_of_subject(struct sk_job *job, const struct revocation_subject *subject,
                                     struct revocation_status *out)
{
    struct revocation_status by_ocsp;
    enum sk_status status = revocation_by_lists(job, subject, out);

    if (status != SK_OK || out->kind == REVOCATION_REVOKED ||
        job->params->ocsp_evidence == OCSP_EVIDENCE_NO)
        return status;
    status = revocation_by_ocsp(job, subject, &by_ocsp);
    if (status == SK_OK)
        merge(job->params, &by_ocsp, out);
    return status;
}

enum sk_status revocation_of_path(struct sk_job *job, const struct verify_path *path, size_t index,
                                  struct revocation_status *out)
{
    const struct revocation_subject subject = {
        .cert = path->certs[index],
        .serial = path->certs[index]->serial,
        .is_ca = path->certs[index]->is_ca,
        .issuer = index > 0 ? path->certs[index - 1] : path->anchor->cert,
        .anchor = path->anchor,
        .above = path->certs,
        .num_above = index,
        .is_above_settled = true,
    };

    return revocation_of_subject(job, &subject, out);
}

/* Is a list or response that revokes the signer, but is not proven on its path, proven elsewhere?
 */
static enum sk_status check_claim(struct sk_job *job, const struct revocation_subject *subject,
                                  const struct verify_path *path, size_t index)
{
    struct revocation_status elsewhere = {.kind = REVOCATION_GOOD};
    enum sk_status status = revocation_claimed_elsewhere(job, path, index, subject, &elsewhere);

    return status == SK_OK && elsewhere.kind != REVOCATION_GOOD ? SK_NOTFOUND : status;
}

enum sk_status revocation_of_signer(struct sk_job *job, const struct revocation_subject *subject,
                                    size_t index, bool is_above_settled,
                                    struct revocation_signer *signer)
{
    const struct verify_path *path = &signer->path;
    const struct revocation_subject one = {
        .cert = path->certs[index],
        .serial = path->certs[index]->serial,
        .is_ca = path->certs[index]->is_ca,
        .issuer = index > 0 ? path->certs[index - 1] : path->anchor->cert,
        .anchor = subject->anchor,
        .above = path->certs,
        .num_above = index,
        .is_above_settled = is_above_settled,
        .outer = subject,
    };
    struct revocation_status state;
    enum sk_status status = revocation_of_subject(job, &one, &state);

    if (status != SK_OK)
        return status;
    if (state.kind == REVOCATION_REVOKED ||
        (state.kind != REVOCATION_GOOD && job->params->revocation == REVOCATION_REQUIRED))
        return SK_NOTFOUND;
    if (state.has_claim && (status = check_claim(job, subject, path, index)) != SK_OK)
        return status;
    if (state.kind == REVOCATION_UNDETERMINED && state.is_suspect)
        signer->is_suspect = true;
    if (state.holds_until < signer->holds_until)
        signer->holds_until = state.holds_until;
    return SK_OK;
}
