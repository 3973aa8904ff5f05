/* SPDX-License-Identifier: Apache-2.0 */
#include "net/ocsp_reply.h"

#include "core/hex.h"

static const char media_type[] = "application/ocsp-response";

enum { MAX_TAGS = 512, MAX_ERROR = 16 };

/* Only a GET (or HEAD) may be conditional (RFC 9110 13.1.2). */
void ocsp_asker_init(struct ocsp_asker *asker, struct conn_exchange *exchange,
                     const struct http_request *request)
{
    struct sk_bytes value;

    asker->exchange = exchange;
    buf_init(&asker->tags, MAX_TAGS);
    if (request->method != HTTP_POST &&
        http_request_field(request, "if-none-match", &value) == SK_OK)
        buf_put(&asker->tags, value.p, value.len);
    if (buf_status(&asker->tags) != SK_OK) /* far more than one tag: it gets the answer */
        buf_reset(&asker->tags);
}

void ocsp_asker_done(struct ocsp_asker *asker)
{
    buf_done(&asker->tags);
}

void ocsp_reply_error(struct conn_exchange *exchange, enum ocsp_error error)
{
    struct http_answer answer;

    /* O-31, O-40: errors of OCSP are HTTP 200 and are not kept. */
    answer_init(&answer, 200, media_type, MAX_ERROR);
    answer_field(&answer, "Cache-Control", "no-store");
    ocsp_write_error(error, &answer.body);
    answer.verdict = ocsp_error_text(error);
    answer.is_failure = true;
    conn_reply(exchange, &answer);
}

enum sk_status ocsp_reply_tag(struct memo_answer *answer)
{
    uint8_t hash[64];
    size_t len;
    enum sk_status status = key_digest(KEY_SHA1, answer->der, hash, &len);

    if (status == SK_OK)
        hex_encode(bytes_of(hash, MEMO_TAG / 2), answer->tag);
    return status;
}

/* RFC 9919 6.2 */
static void put_cache_fields(const struct ocsp_asker *asker, const struct memo_answer *answer,
                             int64_t now, struct http_answer *out)
{
    int64_t age = answer->ends - now - 1;

    if (age > (int64_t)LIMIT_OCSP_MAX_AGE_S)
        age = LIMIT_OCSP_MAX_AGE_S;
    answer_date(out, "Last-Modified", answer->produced_at);
    answer_date(out, "Expires", answer->ends);
    answer_field_number(out, "Cache-Control", "max-age=", age > 0 ? (uint64_t)age : 0,
                        ", public, no-transform, must-revalidate");
    answer_etag(out, answer->tag);
    /* O-42: 304 to who has this very answer. */
    if (asker->tags.len > 0 && http_etag_listed(buf_bytes(&asker->tags), answer->tag))
        out->status = 304;
}

void ocsp_reply(const struct ocsp_asker *asker, const struct memo_answer *answer,
                enum ocsp_origin origin, int64_t now)
{
    struct http_answer out;

    answer_init(&out, 200, media_type, answer->der.len);
    buf_put(&out.body, answer->der.p, answer->der.len);
    if (buf_status(&out.body) != SK_OK) {
        answer_done(&out);
        ocsp_reply_error(asker->exchange, OCSP_ERROR_TRY_LATER);
        return;
    }
    if (origin == OCSP_PRIVATE)
        answer_field(&out, "Cache-Control", "no-store");
    else
        put_cache_fields(asker, answer, now, &out);
    out.verdict = answer->verdict;
    out.is_kept = origin == OCSP_KEPT;
    conn_reply(asker->exchange, &out);
}
