/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a decoded OCSP request to the octets that are to be signed.
 *
 * A function of the request, the policy, the generation, the keys and the time. Two requests with
 * equal CertIDs, preferences and no nonce get the same octets but for producedAt.
 */
#ifndef SEKISHO_NET_OCSP_ANSWER_H
#define SEKISHO_NET_OCSP_ANSWER_H

#include "net/ocsp_status.h"
#include "net/signer.h"

struct ocsp_answer {     /* lacks its signature */
    struct sk_buf data;  /* ResponseData */
    const char *verdict; /* class, static: of all certificates, or "mixed" */
    int64_t produced_at;
    int64_t ends; /* it may be kept until then: nextUpdate, or the end of the key's certificate */
    bool is_private; /* for this client alone: never kept (O-41) */
};

/* OCSP_ERROR_NONE: ocsp_answer_done() it. */
enum ocsp_error ocsp_answer_make(const struct ocsp_ask *ask, const struct sk_signer *signer,
                                 const struct ocsp_request *request, struct ocsp_answer *out);
/* The same for statuses found in another way; request gives CertIDs and nonce. */
enum ocsp_error ocsp_answer_write(const struct ocsp_ask *ask, const struct sk_signer *signer,
                                  const struct ocsp_request *request,
                                  const struct ocsp_statuses *statuses, struct ocsp_answer *out);
void ocsp_answer_done(struct ocsp_answer *answer);

#endif
