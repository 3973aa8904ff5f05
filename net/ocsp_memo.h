/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the OCSP service of one worker keeps between two requests: finished answers (net/memo.h) and
 * questions that wait for a signature.
 *
 * A key is everything that an answer depends on but the time: what is asked, without nonce and
 * whatever makes no difference (ocsp_write_request()); of which service; and a count that goes up
 * with each generation and each change of the responder's certificates. So nothing that was made
 * from an earlier generation is ever found again. Whoever asks what is being signed already waits
 * for that signature.
 *
 * A question without a key is of one request alone. These have a place of their own in the queues
 * to the key, and a limit here: however many come, they keep nobody else waiting.
 */
#ifndef SEKISHO_NET_OCSP_MEMO_H
#define SEKISHO_NET_OCSP_MEMO_H

#include "net/ocsp_answer.h"
#include "net/ocsp_produce.h"
#include "net/ocsp_reply.h"

struct ocsp_memo;

struct ocsp_memo_options {
    size_t max_bytes; /* of finished answers; 0: none are kept */
    int64_t max_age_s;
    size_t max_single;            /* questions of one request alone that wait for a signature */
    struct sk_signer *signer;     /* outlives the memo, or is freed just before it */
    struct ocsp_produce *produce; /* NULL: nothing is made anew. Outlives the memo */
    struct memo_stats *stats;     /* outlives the memo */
};

/* NULL: no memory, or no random numbers. */
struct ocsp_memo *ocsp_memo_new(const struct ocsp_memo_options *options);
/* After signer_free(), which ends what waits. Accepts NULL. */
void ocsp_memo_free(struct ocsp_memo *memo);

/* The generation has changed: nothing that was kept is found again. What is to be made anew of
 * itself goes to produce. */
void ocsp_memo_renew(struct ocsp_memo *memo);

/* The key of an admitted request; service tells services apart that answer one request differently.
 * out, with LIMIT_MEMO_KEY_BYTES, stays empty for a request that is not to share its answer. */
void ocsp_memo_key(struct ocsp_memo *memo, uint8_t service, const struct ocsp_request *request,
                   const struct ocsp_rules *rules, struct sk_buf *out);

/* Answers from what is kept, however many wait for a signature; with more than may wait it answers
 * 503; else it lets the exchange wait for what is being signed. False: none of these. An empty key:
 * false, 503, or tryLater when too many of its kind wait. */
bool ocsp_memo_reply(struct ocsp_memo *memo, struct sk_bytes key, struct conn_exchange *exchange,
                     const struct http_request *http, int64_t now);

/* True when nobody waits for a signature, and one can be made. */
bool ocsp_memo_is_idle(const struct ocsp_memo *memo);
/* True when the answer is kept, or being signed. */
bool ocsp_memo_has(struct ocsp_memo *memo, struct sk_bytes key, int64_t now);

/* Has an answer signed, replies, and keeps it; tryLater when there is no signature in time. Takes
 * what answer holds. exchange and http NULL: nobody waits yet. */
void ocsp_memo_sign(struct ocsp_memo *memo, struct sk_bytes key, struct conn_exchange *exchange,
                    const struct http_request *http, struct ocsp_answer *answer);

#endif
