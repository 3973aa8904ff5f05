/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sekisho-query ocsp: one request for each certificate (RFC 6960; by GET as its appendix A says).
 */
#include "tools/query/ocsp.h"

#include <jansson.h>
#include <stdio.h>

#include "core/clock.h"
#include "core/hex.h"

/* ---- asking ---- */

static enum sk_status question_make(const struct query_options *o, X509 *cert, X509 *issuer,
                                    struct ocsp_question *out, struct sk_err *err)
{
    OCSP_REQUEST *request = OCSP_REQUEST_new();
    OCSP_CERTID *id = OCSP_cert_to_id(o->is_sha256 ? EVP_sha256() : EVP_sha1(), cert, issuer);

    if (request == NULL || id == NULL || OCSP_request_add0_id(request, id) == NULL) {
        OCSP_CERTID_free(id);
        OCSP_REQUEST_free(request);
        return err_openssl(err, SK_NOMEM, "OCSP request");
    }
    if (o->has_nonce && OCSP_request_add1_nonce(request, NULL, OCSP_NONCE_BYTES) != 1) {
        OCSP_REQUEST_free(request);
        return err_openssl(err, SK_CRYPTO, "nonce");
    }
    out->request = request;
    out->id = id;
    return SK_OK;
}

/* RFC 6960 A.1: {url}/{url-encoding of base64 encoding of the DER} */
static void put_get_url(struct sk_buf *url, const char *base, struct sk_bytes der)
{
    size_t len = strlen(base), i;
    struct sk_buf text;

    buf_put(url, base, len);
    if (len > 0 && base[len - 1] != '/')
        buf_put_byte(url, '/');
    buf_init(&text, LIMIT_OCSP_REQUEST_BYTES);
    base64_encode(der, &text);
    for (i = 0; i < text.len; i++) {
        if (strchr("+/=", text.data[i]) != NULL)
            buf_printf(url, "%%%02X", text.data[i]);
        else
            buf_put_byte(url, text.data[i]);
    }
    if (buf_status(&text) != SK_OK)
        url->status = buf_status(&text);
    buf_done(&text);
    buf_put_byte(url, '\0');
}

static enum sk_status exchange(const struct query_options *o, struct sk_bytes der,
                               struct sk_buf *body, struct sk_err *err)
{
    struct query_exchange x = {.url = o->url,
                               .content_type = "application/ocsp-request",
                               .accept = "application/ocsp-response",
                               .body = der,
                               .timeout_ms = o->timeout_ms,
                               .has_timing = o->has_timing};
    struct query_answer answer = {.status = 0};
    enum sk_status status;
    struct sk_buf url;

    buf_init(&url, 2 * LIMIT_OCSP_REQUEST_BYTES);
    if (o->is_get) {
        put_get_url(&url, o->url, der);
        if (buf_status(&url) != SK_OK) {
            buf_done(&url);
            return err_set(err, SK_NOMEM, "%s: no room for the address", o->url);
        }
        x.url = (const char *)url.data;
        x.content_type = NULL;
    }
    status = query_http(&x, body, &answer, err);
    buf_done(&url);
    if (status != SK_OK)
        return status;
    if (answer.status != 200)
        return err_set(err, SK_INPUT, "%s: HTTP status %ld", o->url, answer.status);
    if (strcmp(answer.media_type, "application/ocsp-response") != 0)
        return err_set(err, SK_INPUT, "%s: the answer is of type '%s'", o->url, answer.media_type);
    return SK_OK;
}

static enum sk_status ask(const struct query_options *o, const struct ocsp_trust *trust,
                          const struct ocsp_question *question, struct ocsp_result *out,
                          struct sk_err *err)
{
    unsigned char *der = NULL;
    int len = i2d_OCSP_REQUEST(question->request, &der);
    enum sk_status status;
    struct sk_buf body;

    if (len <= 0)
        return err_openssl(err, SK_NOMEM, "OCSP request");
    buf_init(&body, LIMIT_QUERY_OCSP_BYTES);
    status = exchange(o, bytes_of(der, (size_t)len), &body, err);
    OPENSSL_free(der);
    if (status == SK_OK) {
        status = ocsp_check(question, trust, buf_bytes(&body), out, err);
        if (status != SK_OK)
            status = err_context(err, "%s", o->url);
    }
    buf_done(&body);
    return status;
}

/* ---- telling ---- */

static enum query_exit exit_of(const struct ocsp_result *result)
{
    switch (result->said) {
    case OCSP_SAID_GOOD:
        return QUERY_GOOD;
    case OCSP_SAID_REVOKED:
        return QUERY_BAD;
    case OCSP_SAID_UNKNOWN:
    case OCSP_SAID_NOTHING:
        break;
    }
    return QUERY_UNDETERMINED;
}

static const char *word_of(const struct ocsp_result *result)
{
    switch (result->said) {
    case OCSP_SAID_GOOD:
        return "good";
    case OCSP_SAID_REVOKED:
        return "revoked";
    case OCSP_SAID_UNKNOWN:
        return "unknown";
    case OCSP_SAID_NOTHING:
        break;
    }
    return ocsp_status_name(result->response_status);
}

static void print_text(const char *file, const struct ocsp_result *r)
{
    char when[CLOCK_TEXT];

    printf("%s: %s", file, word_of(r));
    if (r->said == OCSP_SAID_REVOKED) {
        clock_format_rfc3339(r->revoked_at, when);
        printf(" since %s", when);
        if (r->reason >= 0)
            printf(" (%s)", OCSP_crl_reason_str(r->reason));
    }
    printf("\n");
    if (r->said == OCSP_SAID_NOTHING)
        return;
    clock_format_rfc3339(r->this_update, when);
    printf("    this update %s", when);
    if (r->next_update != CLOCK_NEVER) {
        clock_format_rfc3339(r->next_update, when);
        printf(", next update %s", when);
    }
    printf("\n    signed by %s%s\n", r->signer, r->has_nonce ? ", nonce repeated" : "");
}

static void set_time(json_t *object, const char *key, int64_t when)
{
    char text[CLOCK_TEXT];

    clock_format_rfc3339(when, text);
    (void)json_object_set_new(object, key, json_string(text));
}

static void print_json(const char *file, const struct ocsp_result *r)
{
    json_t *object = json_object();
    char *text;

    /* A name that is no UTF-8 has no JSON form; it stays out. */
    (void)json_object_set_new(object, "file", json_string(file));
    (void)json_object_set_new(object, "response_status",
                              json_string(ocsp_status_name(r->response_status)));
    if (r->said != OCSP_SAID_NOTHING) {
        (void)json_object_set_new(object, "status", json_string(word_of(r)));
        set_time(object, "this_update", r->this_update);
        if (r->next_update != CLOCK_NEVER)
            set_time(object, "next_update", r->next_update);
        set_time(object, "produced_at", r->produced_at);
        (void)json_object_set_new(object, "signer", json_string(r->signer));
        (void)json_object_set_new(object, "nonce", json_boolean(r->has_nonce));
    }
    if (r->said == OCSP_SAID_REVOKED) {
        set_time(object, "revoked_at", r->revoked_at);
        if (r->reason >= 0)
            (void)json_object_set_new(object, "reason",
                                      json_string(OCSP_crl_reason_str(r->reason)));
    }
    text = json_dumps(object, JSON_COMPACT | JSON_PRESERVE_ORDER);
    printf("%s\n", text != NULL ? text : "{}");
    free(text);
    json_decref(object);
}

/* ---- one certificate ---- */

static enum query_exit query_one(const struct query_options *o, const struct ocsp_trust *trust,
                                 struct sk_arena *arena, const char *file)
{
    struct ocsp_question question = {NULL, NULL};
    struct ocsp_result result;
    struct sk_err err = {0};
    enum query_exit done = QUERY_UNREADABLE;
    struct sk_bytes der;
    X509 *cert = NULL;

    if (query_read_cert(arena, file, &der, &err) != SK_OK)
        goto complain;
    cert = ocsp_cert(der, file, &err);
    if (cert == NULL)
        goto complain;
    if (X509_NAME_cmp(X509_get_issuer_name(cert), X509_get_subject_name(trust->issuer)) != 0) {
        (void)err_set(&err, SK_INPUT, "%s: not issued under the name of %s", file, o->issuer);
        goto complain;
    }
    done = QUERY_NO_ANSWER;
    if (question_make(o, cert, trust->issuer, &question, &err) != SK_OK ||
        ask(o, trust, &question, &result, &err) != SK_OK) {
        (void)err_context(&err, "%s", file);
        goto complain;
    }
    if (o->is_json)
        print_json(file, &result);
    else
        print_text(file, &result);
    done = exit_of(&result);
    goto out;
complain:
    query_complain_err(&err);
out:
    OCSP_REQUEST_free(question.request);
    X509_free(cert);
    return done;
}

enum query_exit query_ocsp(const struct query_options *options)
{
    struct sk_arena *arena = arena_new(2u * LIMIT_QUERY_CERTS * LIMIT_CERT_FILE_BYTES);
    enum query_exit result = QUERY_GOOD;
    struct ocsp_trust trust;
    struct sk_err err = {0};
    size_t i;

    if (arena == NULL)
        (void)err_set(&err, SK_NOMEM, "out of memory");
    if (arena == NULL || ocsp_trust_load(arena, options, &trust, &err) != SK_OK) {
        query_complain_err(&err);
        arena_free(arena);
        return QUERY_UNREADABLE;
    }
    for (i = 0; i < options->num_certs; i++)
        result = query_worse(result, query_one(options, &trust, arena, options->certs[i]));
    ocsp_trust_done(&trust);
    arena_free(arena);
    return result;
}
