/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OCSP answers as HTTP: the fields of RFC 9919 as they are at the moment of the reply, and errors.
 */
#ifndef SEKISHO_NET_OCSP_REPLY_H
#define SEKISHO_NET_OCSP_REPLY_H

#include "net/conn.h"
#include "net/memo.h"
#include "net/ocsp.h"

/* Who waits for an answer. */
struct ocsp_asker {
    struct conn_exchange *exchange;
    struct sk_buf tags; /* If-None-Match; empty: none */
};

/* request: of this exchange. */
void ocsp_asker_init(struct ocsp_asker *asker, struct conn_exchange *exchange,
                     const struct http_request *request);
void ocsp_asker_done(struct ocsp_asker *asker);

/* An error response. */
void ocsp_reply_error(struct conn_exchange *exchange, enum ocsp_error error);
enum ocsp_origin {
    OCSP_SIGNED = 1, /* just now */
    OCSP_PRIVATE,    /* ... and for this request alone: no cache may keep it (O-41) */
    OCSP_KEPT,       /* it was there */
};
/* An answer, or 304. answer need not outlive what the reply begins: the next request of the
 * connection may be handled before this returns. OCSP_PRIVATE needs no answer->tag. */
void ocsp_reply(const struct ocsp_asker *asker, const struct memo_answer *answer,
                enum ocsp_origin origin, int64_t now);
/* Sets answer->tag from answer->der. */
enum sk_status ocsp_reply_tag(struct memo_answer *answer) SK_MUST_CHECK;

#endif
