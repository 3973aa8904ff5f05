/* SPDX-License-Identifier: Apache-2.0 */
#include "net/ocsp_reply.h"

#include <stdlib.h>

#include "core/clock.h"
#include "core/hex.h"

static const char media_type[] = "application/ocsp-response";

enum { MAX_RESPONSE = 256 * 1024, MAX_TAGS = 512 };

/* An answer that waits for its signature. */
struct pending {
    struct sk_signer *signer; /* borrowed */
    struct conn_exchange *exchange;
    struct ocsp_answer answer;
    struct sk_buf tags; /* If-None-Match; empty: none */
};

void ocsp_reply_error(struct conn_exchange *exchange, enum ocsp_error error)
{
    struct http_answer answer;

    /* O-31, O-40: errors of OCSP are HTTP 200 and are not kept. */
    answer_init(&answer, 200, media_type, MAX_RESPONSE);
    answer_field(&answer, "Cache-Control", "no-store");
    ocsp_write_error(error, &answer.body);
    answer.verdict = ocsp_error_text(error);
    answer.is_failure = true;
    conn_reply(exchange, &answer);
}

/* O-42: 304 to who has this very answer. */
static void put_entity_tag(struct http_answer *out, const struct pending *pending)
{
    uint8_t hash[64];
    char hex[2 * sizeof(hash) + 1];
    size_t len;

    if (key_digest(KEY_SHA1, buf_bytes(&out->body), hash, &len) != SK_OK)
        return;
    hex_encode(bytes_of(hash, len), hex);
    answer_field(out, "ETag", "\"%s\"", hex);
    if (pending->tags.len > 0 && http_etag_listed(buf_bytes(&pending->tags), hex))
        out->status = 304;
}

/* RFC 9919 6.2 */
static void put_cache_fields(struct http_answer *out, const struct pending *pending)
{
    const struct ocsp_answer *answer = &pending->answer;
    int64_t age = answer->ends - answer->produced_at - 1;

    if (answer->is_private) { /* O-41 */
        answer_field(out, "Cache-Control", "no-store");
        return;
    }
    if (age > (int64_t)LIMIT_OCSP_MAX_AGE_S)
        age = LIMIT_OCSP_MAX_AGE_S;
    answer_date(out, "Last-Modified", answer->produced_at);
    answer_date(out, "Expires", answer->ends);
    answer_field(out, "Cache-Control", "max-age=%d, public, no-transform, must-revalidate",
                 (int)(age > 0 ? age : 0));
    put_entity_tag(out, pending);
}

static void free_pending(struct pending *pending)
{
    ocsp_answer_done(&pending->answer);
    buf_done(&pending->tags);
    free(pending);
}

static void on_signature(void *arg, enum sk_status status, struct sk_bytes signature)
{
    struct pending *pending = arg;
    const struct signer_key *key;
    struct http_answer out;

    if (status == SK_OK) {
        key = signer_key_get0(pending->signer, pending->answer.key.key);
        answer_init(&out, 200, media_type, MAX_RESPONSE);
        status = ocsp_write_response(buf_bytes(&pending->answer.data),
                                     key->algorithms[pending->answer.key.algorithm], signature,
                                     key->model == SIGN_MODEL_CA ? bytes_of(NULL, 0) : key->certs,
                                     &out.body); /* O-09: everybody has the CA's own */
        if (status == SK_OK) {
            put_cache_fields(&out, pending);
            out.verdict = pending->answer.verdict;
            conn_reply(pending->exchange, &out);
        } else {
            answer_done(&out);
        }
    }
    if (status != SK_OK)
        ocsp_reply_error(pending->exchange, OCSP_ERROR_TRY_LATER);
    free_pending(pending);
}

/* Only a GET (or HEAD) may be conditional (RFC 9110 13.1.2). */
static void keep_tags(const struct http_request *request, struct sk_buf *out)
{
    struct sk_bytes value;

    buf_init(out, MAX_TAGS);
    if (request->method != HTTP_POST &&
        http_request_field(request, "if-none-match", &value) == SK_OK)
        buf_put(out, value.p, value.len);
    if (buf_status(out) != SK_OK) /* far more than one tag: it gets the answer */
        buf_reset(out);
}

void ocsp_reply(struct sk_signer *signer, struct conn_exchange *exchange,
                const struct http_request *request, struct ocsp_answer *answer)
{
    struct pending *pending = calloc(1, sizeof(*pending));
    struct signer_ask ask = {.key = answer->key.key, .algorithm = answer->key.algorithm};

    if (pending == NULL) {
        ocsp_answer_done(answer);
        ocsp_reply_error(exchange, OCSP_ERROR_TRY_LATER);
        return;
    }
    pending->signer = signer;
    pending->exchange = exchange;
    pending->answer = *answer;
    keep_tags(request, &pending->tags);
    ask.class = answer->is_private ? SIGN_CLASS_NONCE : SIGN_CLASS_NORMAL;
    ask.tbs = buf_bytes(&pending->answer.data);
    if (signer_sign(signer, &ask, on_signature, pending) == SK_OK)
        return;
    free_pending(pending);
    ocsp_reply_error(exchange, OCSP_ERROR_TRY_LATER);
}
