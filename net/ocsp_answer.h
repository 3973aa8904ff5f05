/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a decoded OCSP request to the octets that are to be signed.
 *
 * A function of the request, the policy, the generation, the keys and the time. Two requests with
 * equal CertIDs, preferences and no nonce get the same octets but for producedAt.
 */
#ifndef SEKISHO_NET_OCSP_ANSWER_H
#define SEKISHO_NET_OCSP_ANSWER_H

#include "net/ocsp_key.h"

struct ocsp_answer {     /* lacks its signature */
    struct sk_buf data;  /* ResponseData */
    const char *verdict; /* class, static: of all certificates, or "mixed" */
    struct ocsp_key key;
    int64_t produced_at;
    int64_t ends; /* it may be kept until then: nextUpdate, or the end of the key's certificate */
    bool is_private; /* for this client alone: never kept (O-41) */
    bool is_kept;    /* by the memo: every certificate is good or revoked */
    bool is_renewed; /* by the memo, of itself: pre-produce of every CA it speaks of */
};

/* ocsp_status_find(), or cvs_status_find() */
typedef enum ocsp_error (*ocsp_find_fn)(const struct ocsp_ask *ask,
                                        const struct ocsp_request *request,
                                        struct ocsp_statuses *out);

/* Nonce and signature as the policy wants them; an error is the answer. */
enum ocsp_error ocsp_answer_admit(const struct ocsp_ask *ask, const struct ocsp_request *request);
/* Of an admitted request. OCSP_ERROR_NONE: ocsp_answer_done() it. */
enum ocsp_error ocsp_answer_make(const struct ocsp_ask *ask, struct sk_signer *signer,
                                 const struct ocsp_request *request, ocsp_find_fn find,
                                 struct ocsp_answer *out);
void ocsp_answer_done(struct ocsp_answer *answer);

#endif
