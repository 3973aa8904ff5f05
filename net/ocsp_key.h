/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which responder key signs an answer, and with which algorithm: a key that relying parties take
 * for every CertID (O-08), that can sign now and is not revoked, and the
 * first algorithm of RFC 6960 4.4.7.2 (O-14).
 */
#ifndef SEKISHO_NET_OCSP_KEY_H
#define SEKISHO_NET_OCSP_KEY_H

#include "net/ocsp_status.h"
#include "net/signer.h"

struct ocsp_key {
    size_t key, algorithm; /* as in struct signer_ask */
    bool is_second;        /* another key that speaks for all cannot sign now: it might be better */
};

/* UNAUTHORIZED: no key speaks for all of these issuers. TRY_LATER: none of those that do can sign
 * now. */
enum ocsp_error ocsp_key_choose(struct sk_signer *signer, const struct ocsp_ask *ask,
                                const struct ocsp_request *request,
                                const struct ocsp_statuses *statuses, struct ocsp_key *out);

#endif
