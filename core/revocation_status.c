/* SPDX-License-Identifier: Apache-2.0 */
/* The status of a certificate by both kinds of evidence: lists and stored OCSP responses. */
#include "core/revocation_int.h"

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
        revocation_merge_ocsp(job->params, &by_ocsp, out);
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
