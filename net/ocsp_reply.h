/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From an OCSP answer to HTTP: the signature, the fields of RFC 9919, errors.
 */
#ifndef SEKISHO_NET_OCSP_REPLY_H
#define SEKISHO_NET_OCSP_REPLY_H

#include "net/conn.h"
#include "net/ocsp_answer.h"

/* An error response. */
void ocsp_reply_error(struct conn_exchange *exchange, enum ocsp_error error);
/* Has the answer signed and replies; tryLater when there is no signature in time. Takes what answer
 * holds. request: of this exchange. */
void ocsp_reply(struct sk_signer *signer, struct conn_exchange *exchange,
                const struct http_request *request, struct ocsp_answer *answer);

#endif
