/* SPDX-License-Identifier: Apache-2.0 */
#include "net/json_int.h"

#include <stdarg.h>
#include <stdio.h>

#include <jansson.h>

#include "core/clock.h"
#include "core/hex.h"
#include "core/memstore.h"

/* Makes the answer and says so. */
static enum sk_status refuse(struct http_answer *answer, unsigned status, const char *code,
                             const char *fmt, ...) SK_PRINTF(4, 5);
static enum sk_status refuse(struct http_answer *answer, unsigned status, const char *code,
                             const char *fmt, ...)
{
    char message[640];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(message, sizeof(message), fmt, args);
    va_end(args);
    answer_error(answer, status, code, message);
    return SK_INPUT;
}

/* jansson recurses; its own limit is far above what a request needs. */
static bool is_too_deep(struct sk_bytes text)
{
    unsigned depth = 0;
    bool in_string = false;
    size_t i;

    for (i = 0; i < text.len; i++) {
        uint8_t c = text.p[i];

        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '[' || c == '{') {
            if (++depth > LIMIT_JSON_DEPTH)
                return true;
        } else if ((c == ']' || c == '}') && depth > 0) {
            depth--;
        }
    }
    return false;
}

/* ---- one certificate ---- */

static const char *skip_blank(const char *p)
{
    return p + strspn(p, " \t\r\n");
}

/* The base64 part of a PEM block that is all of the text; false when it is not one. */
static bool cut_pem(const char *text, struct sk_bytes *out)
{
    static const char begin[] = "-----BEGIN CERTIFICATE-----";
    static const char end[] = "-----END CERTIFICATE-----";
    const char *stop;

    text = skip_blank(text) + sizeof(begin) - 1;
    stop = strstr(text, end);
    if (stop == NULL || *skip_blank(stop + sizeof(end) - 1) != '\0')
        return false;
    *out = bytes_of(text, (size_t)(stop - text));
    return true;
}

/* A certificate as base64 of its DER, or as one PEM block; the result lives in the arena. */
static enum sk_status read_cert(struct sk_arena *arena, const json_t *value, struct sk_bytes *out)
{
    static const char begin[] = "-----BEGIN CERTIFICATE-----";
    const char *text = json_string_value(value);
    struct sk_bytes encoded;
    struct sk_buf der;
    enum sk_status status;
    void *copy = NULL;

    if (text == NULL || strlen(text) != json_string_length(value))
        return SK_INPUT;
    encoded = bytes_of(text, strlen(text));
    if (strncmp(skip_blank(text), begin, sizeof(begin) - 1) == 0 && !cut_pem(text, &encoded))
        return SK_INPUT;
    buf_init(&der, LIMIT_CERT_BYTES);
    status = base64_decode_spaced(encoded, &der);
    if (status == SK_OK && der.len == 0)
        status = SK_INPUT;
    if (status == SK_OK) {
        copy = arena_copy(arena, der.data, der.len);
        status = copy != NULL ? SK_OK : SK_NOMEM;
    }
    if (status == SK_OK)
        *out = bytes_of(copy, der.len);
    buf_done(&der);
    return status;
}

static enum sk_status read_certs(struct sk_arena *arena, const json_t *list, const char *member,
                                 size_t max, struct sk_bytes *out, size_t *out_count,
                                 struct http_answer *error)
{
    size_t i, count = json_array_size(list);

    if (!json_is_array(list))
        return refuse(error, 400, "bad-request", "%s must be a list of strings", member);
    if (count > max)
        return refuse(error, 413, "too-large", "%s: more than %zu", member, max);
    for (i = 0; i < count; i++) {
        switch (read_cert(arena, json_array_get(list, i), &out[i])) {
        case SK_OK:
            break;
        case SK_LIMIT:
            return refuse(error, 413, "too-large", "%s[%zu]: too long", member, i);
        case SK_NOMEM:
            return refuse(error, 503, "no-memory", "no memory for this request");
        case SK_AGAIN:
        case SK_INPUT:
        case SK_NOTFOUND:
        case SK_IO:
        case SK_CRYPTO:
        case SK_INTERNAL:
            return refuse(error, 400, "bad-request",
                          "%s[%zu]: neither base64 of DER nor one PEM certificate", member, i);
        }
    }
    *out_count = count;
    return SK_OK;
}

/* ---- members ---- */

static enum sk_status read_hints(struct sk_arena *arena, const json_t *list, struct json_ask *ask,
                                 struct http_answer *error)
{
    struct sk_bytes certs[LIMIT_JSON_CERTS];
    const struct sk_cert *added;
    enum sk_status status;
    size_t i, count = 0;

    if (list == NULL)
        return SK_OK;
    status = read_certs(arena, list, "intermediates", LIMIT_JSON_CERTS, certs, &count, error);
    for (i = 0; status == SK_OK && i < count; i++) {
        struct sk_err err = {0};

        status = memstore_add_cert(ask->hints, certs[i], &added, &err);
        if (status == SK_NOMEM)
            return refuse(error, 503, "no-memory", "no memory for this request");
        if (status != SK_OK)
            return refuse(error, 400, "bad-request", "intermediates[%zu]: %s", i, err.text);
    }
    return status;
}

static enum sk_status read_policy(const struct sk_config *config, const json_t *value,
                                  struct json_ask *ask, struct http_answer *error)
{
    if (value != NULL && !json_is_string(value))
        return refuse(error, 400, "bad-request", "policy must be a string");
    ask->policy =
        value != NULL ? config_policy(config, json_string_value(value)) : config->default_policy;
    if (ask->policy == NULL)
        return refuse(error, 404, "unknown-policy", "no policy of this name");
    return SK_OK;
}

static enum sk_status read_time(const json_t *value, struct json_ask *ask,
                                struct http_answer *error)
{
    ask->time = clock_wall();
    if (value == NULL)
        return SK_OK;
    if (!json_is_string(value) ||
        clock_parse_rfc3339(json_string_value(value), &ask->time) != SK_OK)
        return refuse(error, 400, "bad-request", "time must be like 2026-01-31T00:00:00Z");
    return SK_OK;
}

static enum sk_status read_want(const json_t *list, struct json_ask *ask, struct http_answer *error)
{
    size_t i;

    if (list != NULL && !json_is_array(list))
        return refuse(error, 400, "bad-request", "want must be a list of strings");
    for (i = 0; i < json_array_size(list); i++) {
        const char *want = json_string_value(json_array_get(list, i));

        if (want != NULL && strcmp(want, "evidence") == 0)
            ask->want_evidence = true;
        else if (want != NULL && strcmp(want, "explanation") == 0)
            ask->want_explanation = true;
        else if (want == NULL || strcmp(want, "path") != 0)
            return refuse(error, 400, "bad-request",
                          "want may hold path, evidence and explanation");
    }
    return SK_OK;
}

static enum sk_status check_members(json_t *root, struct http_answer *error)
{
    static const char *const known[] = {"policy", "certificates", "intermediates", "time", "want"};
    const char *key;
    json_t *value;
    size_t i;

    if (!json_is_object(root))
        return refuse(error, 400, "bad-request", "the body must be a JSON object");
    json_object_foreach(root, key, value)
    {
        for (i = 0; i < sizeof(known) / sizeof(known[0]) && strcmp(key, known[i]) != 0;)
            i++;
        if (i == sizeof(known) / sizeof(known[0]))
            return refuse(error, 400, "bad-request", "unknown member \"%.60s\"", key);
    }
    return SK_OK;
}

static enum sk_status read_members(const struct sk_config *config, struct sk_arena *arena,
                                   json_t *root, struct json_ask *ask, struct http_answer *error)
{
    size_t max =
        config->limits.json_certs < LIMIT_JSON_CERTS ? config->limits.json_certs : LIMIT_JSON_CERTS;
    const json_t *certs;
    enum sk_status status = check_members(root, error);

    if (status != SK_OK)
        return status;
    certs = json_object_get(root, "certificates");
    if (certs == NULL)
        return refuse(error, 400, "bad-request", "certificates is missing");
    status = read_policy(config, json_object_get(root, "policy"), ask, error);
    if (status == SK_OK)
        status = read_time(json_object_get(root, "time"), ask, error);
    if (status == SK_OK)
        status = read_want(json_object_get(root, "want"), ask, error);
    if (status == SK_OK)
        status = read_certs(arena, certs, "certificates", max, ask->certs, &ask->num_certs, error);
    if (status == SK_OK && ask->num_certs == 0)
        status = refuse(error, 400, "bad-request", "certificates is empty");
    if (status == SK_OK)
        status = read_hints(arena, json_object_get(root, "intermediates"), ask, error);
    return status;
}

enum sk_status json_ask_read(const struct sk_config *config, struct sk_arena *arena,
                             struct sk_bytes body, struct json_ask *out,
                             struct http_answer *out_error)
{
    json_error_t fault;
    json_t *root = NULL;
    enum sk_status status;

    memset(out, 0, sizeof(*out));
    if (is_too_deep(body))
        return refuse(out_error, 400, "bad-json", "nested too deeply");
    root = json_loadb((const char *)body.p, body.len, JSON_REJECT_DUPLICATES, &fault);
    if (root == NULL)
        return refuse(out_error, 400, "bad-json", "line %d, column %d: %s", fault.line,
                      fault.column, fault.text);
    out->hints = memstore_new();
    status = out->hints != NULL ? read_members(config, arena, root, out, out_error)
                                : refuse(out_error, 503, "no-memory", "no memory for this request");
    if (status != SK_OK)
        json_ask_done(out);
    json_decref(root);
    return status;
}

void json_ask_done(struct json_ask *ask)
{
    memstore_free(ask->hints);
    ask->hints = NULL;
}
