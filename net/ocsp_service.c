/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "core/clock.h"
#include "core/hex.h"
#include "core/judge.h"
#include "core/log.h"
#include "net/ocsp.h"
#include "net/service.h"

static const char media_type[] = "application/ocsp-response";

enum { MAX_RESPONSE = 256 * 1024 };

/* An answer that waits for its signature. */
struct pending {
    struct sk_signer *signer; /* borrowed */
    struct conn_exchange *exchange;
    struct sk_buf data; /* ResponseData */
    bool has_nonce;
    int64_t produced_at;
    int64_t keep_until; /* earliest nextUpdate, or the end of the responder certificate */
};

static void reply_error(struct conn_exchange *exchange, enum ocsp_error error)
{
    struct http_answer answer;

    /* O-31, O-40: errors of OCSP are HTTP 200 and are not kept. */
    answer_init(&answer, 200, media_type, MAX_RESPONSE);
    answer_field(&answer, "Cache-Control", "no-store");
    ocsp_error_encode(error, &answer.body);
    conn_reply(exchange, &answer);
}

/* ---- the status of one CertID ---- */

static void set_unknown(struct ocsp_single *out, int64_t now)
{
    out->status = OCSP_CERT_UNKNOWN;
    out->this_update = now;
    out->next_update = now + LIMIT_OCSP_UNKNOWN_S;
}

/* The certificate of a serial, when the snapshot holds it and knows that this issuer's key signed
 * it: CAs of one name number their certificates apart (O-03). */
static const struct sk_cert *find_cert(const struct service *service, const struct sk_cert *issuer,
                                       struct sk_bytes serial)
{
    const struct sk_source *source = reader_source(service->reader);
    const struct sk_cert *cert;

    if (reader_cert_by_serial(service->reader, service->arena, issuer->subject_hash, serial,
                              &cert) != SK_OK)
        return NULL;
    if (source->ops->is_checked == NULL ||
        !source->ops->is_checked(source, cert->sha256, issuer->spki_sha256))
        return NULL;
    return cert;
}

/* Table of protocols, part 10: undetermined is never good. False: tryLater. */
static bool set_single(const struct revocation_status *status, int64_t now, struct ocsp_single *out)
{
    /* O-12: thisUpdate <= producedAt < nextUpdate, and no longer than the list it rests on. */
    out->this_update = status->this_update < now ? status->this_update : now;
    out->next_update = status->next_update;
    switch (status->kind) {
    case REVOCATION_UNDETERMINED:
        if (status->why == FINDING_REVOCATION_STALE || status->why == FINDING_BUDGET_EXHAUSTED)
            return false;
        set_unknown(out, now);
        return true;
    case REVOCATION_GOOD:
        if (status->next_update <= now && !status->in_grace)
            return false;
        out->status = OCSP_CERT_GOOD;
        break;
    case REVOCATION_REVOKED: /* by a list in its grace too: nothing newer is there to free it */
        out->status = OCSP_CERT_REVOKED;
        out->revoked_at = status->revoked_at;
        out->reason = status->reason;
        break;
    }
    /* Within the operator's grace an answer lives as long as one without a list. */
    if (out->next_update <= now)
        out->next_update = now + LIMIT_OCSP_UNKNOWN_S;
    if (status->kind == REVOCATION_GOOD && status->holds_until < out->next_update)
        out->next_update = status->holds_until > now ? status->holds_until : now + 1;
    return true;
}

/* A CA certificate that was withdrawn from the repository is still in its issuer's ARL, and only
 * there: a serial that no certificate of the snapshot has is good when neither kind of list holds
 * it. An issuer without lists for CA certificates has nothing more to say. */
static enum sk_status judge_unknown_serial(const struct sk_query *query,
                                           const struct sk_cert *issuer, struct sk_bytes serial,
                                           struct revocation_status *out)
{
    struct revocation_status as_ca;
    enum sk_status status = judge_serial(query, issuer, serial, false, NULL, out);

    if (status != SK_OK || out->kind != REVOCATION_GOOD)
        return status;
    status = judge_serial(query, issuer, serial, true, NULL, &as_ca);
    if (status != SK_OK ||
        (as_ca.kind == REVOCATION_UNDETERMINED && as_ca.why == FINDING_REVOCATION_NO_SOURCE))
        return status;
    if (as_ca.kind != REVOCATION_GOOD) {
        *out = as_ca;
        return SK_OK;
    }
    out->in_grace = out->in_grace || as_ca.in_grace;
    if (as_ca.next_update < out->next_update)
        out->next_update = as_ca.next_update;
    if (as_ca.holds_until < out->holds_until)
        out->holds_until = as_ca.holds_until;
    return SK_OK;
}

static enum ocsp_error judge_one(struct service *service, const struct sk_query *query,
                                 const struct ocsp_certid *id, struct ocsp_single *out)
{
    const struct sk_cert *issuer = NULL, *cert;
    struct revocation_status status;
    enum sk_status found = SK_NOTFOUND;

    if (id->hash != KEY_HASH_NONE)
        found = reader_ca_by_certid(service->reader, service->arena, id->hash, id->name_hash,
                                    id->key_hash, &issuer);
    if (found == SK_NOTFOUND) { /* O-04 */
        set_unknown(out, query->time);
        return OCSP_ERROR_NONE;
    }
    if (found != SK_OK)
        return OCSP_ERROR_INTERNAL;
    cert = find_cert(service, issuer, id->serial);
    found = cert != NULL ? judge_serial(query, issuer, id->serial, cert->is_ca, cert, &status)
                         : judge_unknown_serial(query, issuer, id->serial, &status);
    if (found == SK_LIMIT)
        return OCSP_ERROR_TRY_LATER;
    if (found != SK_OK)
        return OCSP_ERROR_INTERNAL;
    return set_single(&status, query->time, out) ? OCSP_ERROR_NONE : OCSP_ERROR_TRY_LATER;
}

/* Every CertID has its status, or the whole answer is an error; the CPU budget is of them all. */
static enum ocsp_error judge_all(struct service *service, const struct ocsp_request *request,
                                 int64_t now, struct ocsp_single *singles)
{
    struct sk_params params = service->config->default_policy->params;
    struct sk_query query = {.params = &params,
                             .source = reader_source(service->reader),
                             .time = now,
                             .keys = service->keys,
                             .arena = service->arena,
                             .cpu_now = clock_cpu_us};
    int64_t budget_us = (int64_t)params.budget.max_cpu_ms * 1000, start = clock_cpu_us();
    size_t i;

    for (i = 0; i < request->num_ids; i++) {
        int64_t left = budget_us - (clock_cpu_us() - start);
        enum ocsp_error error;

        if (budget_us > 0 && left < 1000)
            return OCSP_ERROR_TRY_LATER;
        if (budget_us > 0)
            params.budget.max_cpu_ms = (unsigned)(left / 1000);
        error = judge_one(service, &query, &request->ids[i], &singles[i]);
        if (error != OCSP_ERROR_NONE)
            return error;
    }
    return OCSP_ERROR_NONE;
}

/* ---- the answer ---- */

static void put_cache_fields(struct http_answer *answer, const struct pending *pending)
{
    uint8_t hash[64];
    char hex[2 * sizeof(hash) + 1];
    int64_t age = pending->keep_until - pending->produced_at - 1;
    size_t len;

    if (pending->has_nonce) { /* O-41 */
        answer_field(answer, "Cache-Control", "no-store");
        return;
    }
    if (age > (int64_t)LIMIT_OCSP_MAX_AGE_S)
        age = LIMIT_OCSP_MAX_AGE_S;
    answer_date(answer, "Last-Modified", pending->produced_at);
    answer_date(answer, "Expires", pending->keep_until);
    answer_field(answer, "Cache-Control", "max-age=%d, public, no-transform, must-revalidate",
                 (int)(age > 0 ? age : 0));
    if (key_digest(KEY_SHA1, buf_bytes(&answer->body), hash, &len) != SK_OK)
        return;
    hex_encode(bytes_of(hash, len), hex);
    answer_field(answer, "ETag", "\"%s\"", hex);
}

static void on_signature(void *arg, enum sk_status status, struct sk_bytes signature)
{
    struct pending *pending = arg;
    const struct signer_key *key;
    struct http_answer answer;

    if (status == SK_OK) {
        key = signer_key_get0(pending->signer, 0);
        answer_init(&answer, 200, media_type, MAX_RESPONSE);
        status = ocsp_response_encode(buf_bytes(&pending->data), key->algorithms[0], signature,
                                      key->certs, &answer.body);
        if (status == SK_OK) {
            put_cache_fields(&answer, pending);
            conn_reply(pending->exchange, &answer);
        } else {
            answer_done(&answer);
        }
    }
    if (status != SK_OK)
        reply_error(pending->exchange, OCSP_ERROR_TRY_LATER);
    buf_done(&pending->data);
    free(pending);
}

/* Sends ResponseData to be signed; takes it in any case. */
static void sign(struct service *service, struct conn_exchange *exchange, struct pending *made)
{
    struct pending *pending = malloc(sizeof(*pending));

    if (pending != NULL) {
        *pending = *made;
        pending->signer = service->signer;
        pending->exchange = exchange;
        if (signer_sign(service->signer,
                        &(struct signer_ask){.class = made->has_nonce ? SIGN_CLASS_NONCE
                                                                      : SIGN_CLASS_NORMAL,
                                             .tbs = buf_bytes(&pending->data)},
                        on_signature, pending) == SK_OK)
            return;
    }
    free(pending);
    buf_done(&made->data);
    reply_error(exchange, OCSP_ERROR_TRY_LATER);
}

static int64_t earliest_end(const struct ocsp_single *singles, size_t count)
{
    int64_t end = CLOCK_NEVER;
    size_t i;

    for (i = 0; i < count; i++) {
        if (singles[i].next_update < end)
            end = singles[i].next_update;
    }
    return end;
}

/* What stands against an answer at all. */
static enum ocsp_error why_not(const struct service *service, int64_t now)
{
    /* RFC 6960 2.3: unauthorized also says that the server cannot answer authoritatively. */
    if (service->signer == NULL || service->config->default_policy == NULL)
        return OCSP_ERROR_UNAUTHORIZED;
    if (service->reader == NULL || !signer_is_valid_at(service->signer, now))
        return OCSP_ERROR_TRY_LATER;
    return OCSP_ERROR_NONE;
}

static void answer_request(struct service *service, struct conn_exchange *exchange,
                           struct sk_bytes der)
{
    struct ocsp_single singles[LIMIT_OCSP_CERTIDS];
    struct ocsp_request request;
    struct pending made = {0};
    struct sk_err err = {0};
    const struct signer_key *key;
    enum ocsp_error error;
    int64_t now = clock_wall();

    if (ocsp_request_parse(der, service->config->limits.ocsp_certids, &request, &err) != SK_OK) {
        log_debug("ocsp", "%s", err.text);
        reply_error(exchange, OCSP_ERROR_MALFORMED);
        return;
    }
    memset(singles, 0, sizeof(singles));
    arena_reset(service->arena);
    error = why_not(service, now);
    if (error == OCSP_ERROR_NONE)
        error = judge_all(service, &request, now, singles);
    if (error != OCSP_ERROR_NONE) {
        reply_error(exchange, error);
        return;
    }
    buf_init(&made.data, LIMIT_SIGN_REQUEST_BYTES);
    made.has_nonce = request.has_nonce;
    made.produced_at = now;
    key = signer_key_get0(service->signer, 0);
    made.keep_until = earliest_end(singles, request.num_ids);
    if (made.keep_until > key->cert->not_after)
        made.keep_until = key->cert->not_after;
    if (ocsp_response_data(&request, singles, bytes_of(key->key_hash, SIGNER_KEY_HASH), now,
                           &made.data) != SK_OK) {
        buf_done(&made.data);
        reply_error(exchange, OCSP_ERROR_INTERNAL);
        return;
    }
    sign(service, exchange, &made);
}

void ocsp_service_post(struct service *service, struct conn_exchange *exchange,
                       const struct http_request *request)
{
    struct http_answer answer;
    struct sk_bytes type;

    if (http_request_field(request, "content-type", &type) != SK_OK ||
        !http_media_type_is(type, "application/ocsp-request")) {
        answer_error(&answer, 415, "unsupported-media-type",
                     "Content-Type must be application/ocsp-request");
        conn_reply(exchange, &answer);
        return;
    }
    answer_request(service, exchange, request->body);
}

/* O-30: GET {url}/{url-encoded base64 of the request}. */
void ocsp_service_get(struct service *service, struct conn_exchange *exchange,
                      const struct http_request *request, struct sk_bytes encoded)
{
    struct sk_buf text, der;

    buf_init(&text, LIMIT_HTTP_TARGET_BYTES);
    buf_init(&der, LIMIT_OCSP_REQUEST_BYTES);
    if (request->query.p == NULL && http_unescape(encoded, &text) == SK_OK &&
        base64_decode(buf_bytes(&text), &der) == SK_OK)
        answer_request(service, exchange, buf_bytes(&der));
    else
        reply_error(exchange, OCSP_ERROR_MALFORMED);
    buf_done(&text);
    buf_done(&der);
}
