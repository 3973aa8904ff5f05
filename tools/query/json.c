/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sekisho-query json: POST /v1/validate with all certificates in one request. The answer is not
 * signed; that it is whole, that it has one result for each certificate and that a path begins with
 * the certificate asked about is what can be verified.
 */
#include <jansson.h>
#include <stdio.h>

#include "core/hex.h"
#include "core/key.h"
#include "tools/query/query.h"

struct targets {
    struct sk_bytes der[LIMIT_QUERY_CERTS];
};

/* ---- asking ---- */

static json_t *certificate_list(const struct query_options *o, const struct targets *targets)
{
    json_t *list = json_array();
    struct sk_buf text;
    size_t i;

    buf_init(&text, 2 * LIMIT_CERT_FILE_BYTES);
    for (i = 0; i < o->num_certs; i++) {
        buf_reset(&text);
        base64_encode(targets->der[i], &text);
        if (buf_status(&text) == SK_OK)
            (void)json_array_append_new(list, json_stringn((const char *)text.data, text.len));
    }
    buf_done(&text);
    if (json_array_size(list) == o->num_certs)
        return list;
    json_decref(list);
    return NULL;
}

static json_t *want_list(const char *words)
{
    json_t *list = json_array();
    size_t len;

    for (;; words += len + 1) {
        len = strcspn(words, ",");
        (void)json_array_append_new(list, json_stringn(words, len));
        if (words[len] == '\0')
            return list;
    }
}

/* The request's text, to be freed; NULL: no memory, or an option that is no UTF-8. */
static char *request_text(const struct query_options *o, const struct targets *targets)
{
    json_t *request = json_object();
    char *text = NULL;
    int failed = json_object_set_new(request, "certificates", certificate_list(o, targets));

    if (o->policy != NULL)
        failed |= json_object_set_new(request, "policy", json_string(o->policy));
    if (o->time != NULL)
        failed |= json_object_set_new(request, "time", json_string(o->time));
    if (o->want != NULL)
        failed |= json_object_set_new(request, "want", want_list(o->want));
    if (failed == 0)
        text = json_dumps(request, JSON_COMPACT);
    json_decref(request);
    return text;
}

/* ---- verifying ---- */

static const char *text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

/* Statuses that say "not now" rather than "not so". */
static bool is_not_now(long status)
{
    return status == 429 || status == 503;
}

static enum query_exit refused(const struct query_options *o, long status, const json_t *answer)
{
    const json_t *error = json_object_get(answer, "error");
    const char *code = text_of(error, "code"), *message = text_of(error, "message");

    query_complain(o->url, "HTTP status %ld: %s: %s", status, code != NULL ? code : "no code",
                   message != NULL ? message : "no message");
    return is_not_now(status) ? QUERY_UNDETERMINED : QUERY_NO_ANSWER;
}

static bool verdict_exit(const json_t *result, enum query_exit *out)
{
    static const struct {
        const char *word;
        enum query_exit done;
    } verdicts[] = {{"valid", QUERY_GOOD},
                    {"invalid", QUERY_BAD},
                    {"revoked", QUERY_BAD},
                    {"undetermined", QUERY_UNDETERMINED}};
    const char *word = text_of(result, "verdict");
    size_t i;

    for (i = 0; word != NULL && i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
        if (strcmp(verdicts[i].word, word) == 0) {
            *out = verdicts[i].done;
            return true;
        }
    }
    return false;
}

/* A path of fingerprints begins with the target's. */
static bool is_path_of(const json_t *result, struct sk_bytes der)
{
    const char *first = json_string_value(json_array_get(json_object_get(result, "path"), 0));
    char sha256[2 * SK_SHA256 + 1];
    uint8_t digest[SK_SHA256];

    if (first == NULL)
        return true;
    key_sha256(der, digest);
    hex_encode(bytes_of(digest, sizeof(digest)), sha256);
    return strcmp(first, sha256) == 0;
}

/* ---- telling ---- */

/* Peer's text: control characters do not reach a terminal. */
static void put_text(const char *text)
{
    for (; text != NULL && *text != '\0'; text++)
        (void)putchar((unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text);
}

static void print_finding(const json_t *finding)
{
    const json_t *cert = json_object_get(finding, "cert");

    printf("    ");
    if (json_is_integer(cert) && json_integer_value(cert) >= 0)
        printf("certificate %lld of the path: ", (long long)json_integer_value(cert));
    put_text(text_of(finding, "code"));
    if (text_of(finding, "text") != NULL)
        printf(": ");
    put_text(text_of(finding, "text"));
    printf("\n");
}

static void print_text(const char *file, const json_t *result)
{
    const json_t *list;
    size_t i;

    printf("%s: ", file);
    put_text(text_of(result, "verdict"));
    if (text_of(result, "valid_until") != NULL) {
        printf(" until ");
        put_text(text_of(result, "valid_until"));
    }
    printf("\n");
    list = json_object_get(result, "findings");
    for (i = 0; i < json_array_size(list); i++)
        print_finding(json_array_get(list, i));
    list = json_object_get(result, "path");
    for (i = 0; i < json_array_size(list); i++) {
        char *text = json_dumps(json_array_get(list, i), JSON_COMPACT | JSON_ENCODE_ANY);

        printf("    path %zu: ", i);
        put_text(text);
        printf("\n");
        free(text);
    }
}

static enum query_exit judge(const struct query_options *o, const struct targets *targets,
                             json_t *answer)
{
    json_t *results = json_object_get(answer, "results");
    enum query_exit all = QUERY_GOOD, one;
    size_t i;

    if (!json_is_integer(json_object_get(answer, "snapshot")) ||
        json_array_size(results) != o->num_certs) {
        query_complain(o->url, "the answer has not one result for each certificate");
        return QUERY_NO_ANSWER;
    }
    for (i = 0; i < o->num_certs; i++) {
        if (!verdict_exit(json_array_get(results, i), &one) ||
            !is_path_of(json_array_get(results, i), targets->der[i])) {
            query_complain(o->url, "result %zu is not a verdict on %s", i, o->certs[i]);
            return QUERY_NO_ANSWER;
        }
        all = query_worse(all, one);
    }
    if (o->is_json) {
        char *text = json_dumps(answer, JSON_COMPACT | JSON_PRESERVE_ORDER);

        printf("%s\n", text != NULL ? text : "{}");
        free(text);
        return all;
    }
    for (i = 0; i < o->num_certs; i++)
        print_text(o->certs[i], json_array_get(results, i));
    return all;
}

static enum query_exit read_answer(const struct query_options *o, const struct targets *targets,
                                   const struct query_answer *http)
{
    json_error_t where;
    enum query_exit done;
    json_t *answer;

    if (strcmp(http->media_type, "application/json") != 0) {
        query_complain(o->url, "HTTP status %ld, the answer is of type '%s'", http->status,
                       http->media_type);
        return is_not_now(http->status) ? QUERY_UNDETERMINED : QUERY_NO_ANSWER;
    }
    answer =
        json_loadb((const char *)http->body->data, http->body->len, JSON_REJECT_DUPLICATES, &where);
    if (answer == NULL) {
        query_complain(o->url, "not JSON: %s", where.text);
        return QUERY_NO_ANSWER;
    }
    done = http->status == 200 ? judge(o, targets, answer) : refused(o, http->status, answer);
    json_decref(answer);
    return done;
}

static enum query_exit exchange(const struct query_options *o, const struct targets *targets)
{
    struct query_exchange x = {.url = o->url,
                               .content_type = "application/json",
                               .accept = "application/json",
                               .timeout_ms = o->timeout_ms,
                               .has_timing = o->has_timing};
    struct query_answer answer = {.status = 0};
    enum query_exit done = QUERY_NO_ANSWER;
    struct sk_err err = {0};
    struct sk_buf body;
    char *text = request_text(o, targets);

    if (text == NULL) {
        query_complain("request", "an argument is not UTF-8, or no memory");
        return QUERY_USAGE;
    }
    x.body = bytes_of(text, strlen(text));
    buf_init(&body, LIMIT_QUERY_JSON_BYTES);
    if (query_http(&x, &body, &answer, &err) == SK_OK)
        done = read_answer(o, targets, &answer);
    else
        query_complain_err(&err);
    buf_done(&body);
    free(text);
    return done;
}

enum query_exit query_json(const struct query_options *options)
{
    struct sk_arena *arena = arena_new(2u * LIMIT_QUERY_CERTS * LIMIT_CERT_FILE_BYTES);
    enum query_exit done = QUERY_UNREADABLE;
    struct targets targets;
    struct sk_err err = {0};
    size_t i;

    if (arena == NULL)
        (void)err_set(&err, SK_NOMEM, "out of memory");
    for (i = 0; arena != NULL && i < options->num_certs; i++) {
        if (query_read_cert(arena, options->certs[i], &targets.der[i], &err) != SK_OK)
            break;
    }
    if (arena != NULL && i == options->num_certs)
        done = exchange(options, &targets);
    else
        query_complain_err(&err);
    arena_free(arena);
    return done;
}
