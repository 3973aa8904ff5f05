/* SPDX-License-Identifier: Apache-2.0 */
#include "core/clock.h"
#include "core/hex.h"
#include "core/log.h"
#include "net/cvs.h"
#include "net/service.h"

enum { PLAIN = 0, CVS = 1 };

/* Who finds the statuses, and by which policy. */
struct kind {
    uint8_t number; /* for the memo */
    const struct sk_policy *policy;
    struct ocsp_rules rules;
    ocsp_find_fn find;
    bool wants_trusted;
};

static struct kind plain(const struct service *service)
{
    struct kind kind = {
        .number = PLAIN, .policy = service->config->default_policy, .find = ocsp_status_find};

    kind.rules.max_ids = service->config->limits.ocsp_certids;
    return kind;
}

/* O-08, model 1: nobody else can speak of a whole path. */
static struct kind cvs(const struct service *service)
{
    const struct config_cvs *config = &service->config->cvs;
    struct kind kind = {
        .number = CVS, .policy = config->policy, .find = cvs_status_find, .wants_trusted = true};

    kind.rules.max_ids = service->config->limits.ocsp_certids;
    kind.rules.extension = config->policies_oid;
    kind.rules.id_extension = config->certificates_oid;
    return kind;
}

/* What stands against an answer at all. */
static enum ocsp_error why_not(const struct service *service, const struct kind *kind, int64_t now)
{
    /* RFC 6960 2.3: unauthorized also says that the server cannot answer authoritatively. */
    if (service->signer == NULL || kind->policy == NULL)
        return OCSP_ERROR_UNAUTHORIZED;
    if (service->reader == NULL || !signer_is_valid_at(service->signer, now))
        return OCSP_ERROR_TRY_LATER;
    return OCSP_ERROR_NONE;
}

static struct ocsp_ask ask_of(struct service *service, const struct kind *kind)
{
    const struct ocsp_ask ask = {.config = service->config,
                                 .policy = kind->policy,
                                 .reader = service->reader,
                                 .keys = service->keys,
                                 .arena = service->arena,
                                 .now = clock_wall(),
                                 .own = &service->own,
                                 .wants_trusted = kind->wants_trusted};

    return ask;
}

/* A nonce that is echoed makes an answer one for one request; so may who signed it, and the
 * signature's algorithm (O-14). */
static bool is_shared(const struct kind *kind, const struct ocsp_request *request)
{
    return !request->is_signed &&
           (!request->has_nonce || kind->policy->ocsp.nonce == POLICY_NONCE_IGNORE);
}

/* OCSP_ERROR_NONE: it is answered, or will be. */
static enum ocsp_error answer_from(struct service *service, const struct ocsp_ask *ask,
                                   const struct kind *kind, const struct ocsp_request *request,
                                   struct conn_exchange *exchange, const struct http_request *http)
{
    enum ocsp_error error = OCSP_ERROR_NONE;
    struct ocsp_answer answer;
    struct sk_buf key;

    buf_init(&key, LIMIT_MEMO_KEY_BYTES);
    if (is_shared(kind, request))
        ocsp_memo_key(service->memo, kind->number, request, &kind->rules, &key);
    if (!ocsp_memo_reply(service->memo, buf_bytes(&key), exchange, http, ask->now)) {
        error = ocsp_answer_make(ask, service->signer, request, kind->find, &answer);
        if (error == OCSP_ERROR_NONE)
            ocsp_memo_sign(service->memo, buf_bytes(&key), exchange, http, &answer);
    }
    buf_done(&key);
    return error;
}

static void answer_request(struct service *service, struct conn_exchange *exchange,
                           const struct http_request *http, const struct kind *kind,
                           struct sk_bytes der)
{
    struct ocsp_ask ask = ask_of(service, kind);
    struct ocsp_request request;
    struct sk_err err = {0};
    enum ocsp_error error;

    if (ocsp_request_parse(der, &kind->rules, &request, &err) != SK_OK) {
        log_debug("ocsp", "%s", err.text);
        ocsp_reply_error(exchange, OCSP_ERROR_MALFORMED);
        return;
    }
    if (request.is_signed && conn_is_overloaded(exchange)) {
        conn_shed(exchange); /* nothing is kept for it, so it is not worth verifying */
        return;
    }
    ask.why = service_why(service, kind->policy);
    arena_reset(service->arena);
    error = why_not(service, kind, ask.now);
    if (error == OCSP_ERROR_NONE)
        error = ocsp_answer_admit(&ask, &request);
    if (error == OCSP_ERROR_NONE)
        error = answer_from(service, &ask, kind, &request, exchange, http);
    if (error != OCSP_ERROR_NONE)
        ocsp_reply_error(exchange, error);
}

bool ocsp_service_produce(void *arg, struct sk_bytes question)
{
    struct service *service = arg;
    const struct kind kind = plain(service);
    const struct ocsp_ask ask = ask_of(service, &kind);
    struct ocsp_request request;
    struct ocsp_answer answer;
    struct sk_buf key;

    if (!ocsp_memo_is_idle(service->memo))
        return false;
    arena_reset(service->arena);
    if (why_not(service, &kind, ask.now) != OCSP_ERROR_NONE ||
        ocsp_request_parse(question, &kind.rules, &request, NULL) != SK_OK)
        return true;
    buf_init(&key, LIMIT_MEMO_KEY_BYTES);
    ocsp_memo_key(service->memo, kind.number, &request, &kind.rules, &key);
    if (key.len > 0 && !ocsp_memo_has(service->memo, buf_bytes(&key), ask.now) &&
        ocsp_answer_make(&ask, service->signer, &request, kind.find, &answer) == OCSP_ERROR_NONE)
        ocsp_memo_sign(service->memo, buf_bytes(&key), NULL, NULL, &answer);
    buf_done(&key);
    return true;
}

/* Those of an older generation are forgotten; what has been asked for goes before. */
void ocsp_service_prepare(struct service *service)
{
    size_t count = service->served != NULL ? served_num_questions(service->served) : 0, i;

    if (service->produce == NULL)
        return;
    ocsp_produce_forget(service->produce);
    for (i = 0; i < count; i++)
        ocsp_produce_add(service->produce, served_question(service->served, i), 0);
    ocsp_produce_start(service->produce);
}

void ocsp_service_look_at_keys(struct service *service)
{
    const struct kind kind = plain(service);
    const struct ocsp_ask ask = ask_of(service, &kind);

    if (service->signer == NULL || service->reader == NULL || kind.policy == NULL)
        return;
    arena_reset(service->arena);
    if (ocsp_own_look(&service->own, &ask, service->signer) != SK_OK)
        log_error("signer", "whether the responder certificates are revoked cannot be found out");
    ocsp_own_note(&service->own, &service->counters->signer);
}

static void post(struct service *service, struct conn_exchange *exchange,
                 const struct http_request *request, const struct kind *kind)
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
    answer_request(service, exchange, request, kind, request->body);
}

void ocsp_service_post(struct service *service, struct conn_exchange *exchange,
                       const struct http_request *request)
{
    const struct kind kind = plain(service);

    post(service, exchange, request, &kind);
}

void ocsp_service_cvs(struct service *service, struct conn_exchange *exchange,
                      const struct http_request *request)
{
    const struct kind kind = cvs(service);
    struct http_answer answer;

    if (service->config->cvs.certificates_oid.len > 0) {
        post(service, exchange, request, &kind);
        return;
    }
    answer_error(&answer, 404, "not-found", "no such path");
    conn_reply(exchange, &answer);
}

/* O-30: GET {url}/{url-encoded base64 of the request}. No request's base64 begins with a slash: one
 * more than there should be is of a client whose address ended with one. */
void ocsp_service_get(struct service *service, struct conn_exchange *exchange,
                      const struct http_request *request, struct sk_bytes encoded)
{
    const struct kind kind = plain(service);
    struct sk_buf text, der;

    if (encoded.len > 0 && encoded.p[0] == '/')
        encoded = bytes_of(encoded.p + 1, encoded.len - 1);
    buf_init(&text, LIMIT_HTTP_TARGET_BYTES);
    buf_init(&der, LIMIT_OCSP_REQUEST_BYTES);
    if (request->query.p == NULL && http_unescape(encoded, &text) == SK_OK &&
        base64_decode(buf_bytes(&text), &der) == SK_OK)
        answer_request(service, exchange, request, &kind, buf_bytes(&der));
    else
        ocsp_reply_error(exchange, OCSP_ERROR_MALFORMED);
    buf_done(&text);
    buf_done(&der);
}
