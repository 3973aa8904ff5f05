/* SPDX-License-Identifier: Apache-2.0 */
#include "net/json_int.h"

#include <stdarg.h>
#include <stdio.h>

#include "core/clock.h"
#include "core/memstore.h"
#include "core/name.h"
#include "core/pem.h"
#include "net/json_text.h"

/* A request being read: its members in the order they stand. */
struct reading {
    const struct sk_config *config;
    struct sk_arena *arena;
    struct json_text text;
    struct json_ask *ask;
    unsigned seen, given; /* members, by their place in the table; given: those that are not null */
    struct sk_bytes hints[LIMIT_JSON_CERTS];
    size_t num_hints;
    struct http_answer *error;
};

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

/* The text is no JSON where the reader stands. */
static enum sk_status refuse_text(struct reading *r)
{
    size_t line, column;

    json_text_place(&r->text, &line, &column);
    return refuse(r->error, 400, "bad-json", "line %zu, column %zu: not what JSON has here", line,
                  column);
}

static enum sk_status refuse_memory(struct reading *r)
{
    return refuse(r->error, 503, "no-memory", "no memory for this request");
}

/* What the string says: the text itself, or a copy where it has escapes. */
static enum sk_status take(struct reading *r, const struct json_string *string,
                           struct sk_bytes *out)
{
    uint8_t *copy;

    if (!string->has_escapes) {
        *out = string->raw;
        return SK_OK;
    }
    if ((copy = arena_alloc(r->arena, string->raw.len)) == NULL)
        return refuse_memory(r);
    *out = bytes_of(copy, json_string_put(string, copy));
    return SK_OK;
}

static enum sk_status read_string(struct reading *r, struct sk_bytes *out)
{
    struct json_string string;

    if (json_text_string(&r->text, &string) != SK_OK)
        return refuse_text(r);
    return take(r, &string, out);
}

/* A string with a NUL behind it; anything else is refused with why. */
static enum sk_status read_word(struct reading *r, const char **out, const char *why)
{
    struct sk_bytes text = {NULL, 0};
    enum sk_status status;

    if (json_text_peek(&r->text) != '"')
        return refuse(r->error, 400, "bad-request", "%s", why);
    if ((status = read_string(r, &text)) != SK_OK)
        return status;
    *out = arena_copy(r->arena, text.p, text.len);
    return *out != NULL ? SK_OK : refuse_memory(r);
}

/* Enters a list; anything else is refused. */
static enum sk_status open_list(struct reading *r, const char *member)
{
    if (json_text_take(&r->text, '[') == SK_OK)
        return SK_OK;
    return refuse(r->error, 400, "bad-request", "%s must be a list of strings", member);
}

/* ---- one certificate ---- */

/* A certificate as base64 of its DER, or as one PEM block; the result lives in the arena. */
static enum sk_status decode_cert(struct sk_arena *arena, struct sk_bytes text,
                                  struct sk_bytes *out)
{
    struct sk_buf der;
    enum sk_status status;
    void *copy = NULL;

    buf_init(&der, LIMIT_CERT_BYTES);
    status = pem_decode(text, "CERTIFICATE", &der);
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

static enum sk_status refuse_cert(struct reading *r, const char *member, size_t index)
{
    return refuse(r->error, 400, "bad-request",
                  "%s[%zu]: neither base64 of DER nor one PEM certificate", member, index);
}

static enum sk_status read_cert(struct reading *r, const char *member, size_t index,
                                struct sk_bytes *out)
{
    struct sk_bytes text = {NULL, 0};
    enum sk_status status;

    if (json_text_peek(&r->text) != '"')
        return refuse_cert(r, member, index);
    if ((status = read_string(r, &text)) != SK_OK)
        return status;
    switch (decode_cert(r->arena, text, out)) {
    case SK_OK:
        return SK_OK;
    case SK_LIMIT:
        return refuse(r->error, 413, "too-large", "%s[%zu]: too long", member, index);
    case SK_NOMEM:
        return refuse_memory(r);
    case SK_AGAIN:
    case SK_INPUT:
    case SK_NOTFOUND:
    case SK_IO:
    case SK_CRYPTO:
    case SK_INTERNAL:
        break;
    }
    return refuse_cert(r, member, index);
}

static enum sk_status read_certs(struct reading *r, const char *member, size_t max,
                                 struct sk_bytes *out, size_t *out_count)
{
    enum sk_status status = open_list(r, member);
    size_t count = 0;

    if (status != SK_OK)
        return status;
    while ((status = json_text_next(&r->text, count == 0, ']')) == SK_OK) {
        if (count == max)
            return refuse(r->error, 413, "too-large", "%s: more than %zu", member, max);
        if ((status = read_cert(r, member, count, &out[count])) != SK_OK)
            return status;
        count++;
    }
    if (status != SK_NOTFOUND)
        return refuse_text(r);
    *out_count = count;
    return SK_OK;
}

/* ---- members ---- */

static enum sk_status read_targets(struct reading *r)
{
    size_t max = r->config->limits.json_certs;

    return read_certs(r, "certificates", max < LIMIT_JSON_CERTS ? max : LIMIT_JSON_CERTS,
                      r->ask->certs, &r->ask->num_certs);
}

static enum sk_status read_hints(struct reading *r)
{
    return read_certs(r, "intermediates", LIMIT_JSON_CERTS, r->hints, &r->num_hints);
}

static enum sk_status read_policy(struct reading *r)
{
    const char *name;
    enum sk_status status = read_word(r, &name, "policy must be a string");

    if (status != SK_OK)
        return status;
    r->ask->policy = config_policy(r->config, name);
    return r->ask->policy != NULL
               ? SK_OK
               : refuse(r->error, 404, "unknown-policy", "no policy of this name");
}

static enum sk_status read_time(struct reading *r)
{
    static const char why[] = "time must be like 2026-01-31T00:00:00Z";
    const char *text;
    enum sk_status status = read_word(r, &text, why);

    if (status != SK_OK)
        return status;
    return clock_parse_rfc3339(text, &r->ask->time) == SK_OK
               ? SK_OK
               : refuse(r->error, 400, "bad-request", "%s", why);
}

static enum sk_status read_want(struct reading *r)
{
    static const char why[] = "want may hold path, evidence and explanation";
    enum sk_status status = open_list(r, "want");
    bool is_first = true;
    const char *want;

    if (status != SK_OK)
        return status;
    while ((status = json_text_next(&r->text, is_first, ']')) == SK_OK) {
        if ((status = read_word(r, &want, why)) != SK_OK)
            return status;
        if (strcmp(want, "evidence") == 0)
            r->ask->want_evidence = true;
        else if (strcmp(want, "explanation") == 0)
            r->ask->want_explanation = true;
        else if (strcmp(want, "path") != 0)
            return refuse(r->error, 400, "bad-request", "%s", why);
        is_first = false;
    }
    return status == SK_NOTFOUND ? SK_OK : refuse_text(r);
}

enum { CERTIFICATES, INTERMEDIATES, POLICY, TIME, WANT, NUM_MEMBERS };
static const struct {
    const char *name;
    enum sk_status (*read)(struct reading *r);
} members[NUM_MEMBERS] = {
    [CERTIFICATES] = {"certificates", read_targets},
    [INTERMEDIATES] = {"intermediates", read_hints},
    [POLICY] = {"policy", read_policy},
    [TIME] = {"time", read_time},
    [WANT] = {"want", read_want},
};

static bool is_given(const struct reading *r, unsigned member)
{
    return (r->given & 1u << member) != 0;
}

static enum sk_status read_member(struct reading *r)
{
    struct sk_bytes key = {NULL, 0};
    enum sk_status status = read_string(r, &key);
    unsigned i;

    if (status != SK_OK)
        return status;
    for (i = 0; i < NUM_MEMBERS; i++)
        if (bytes_equal(key, bytes_of(members[i].name, strlen(members[i].name))))
            break;
    if (i == NUM_MEMBERS)
        return refuse(r->error, 400, "bad-request", "unknown member \"%.*s\"",
                      (int)(key.len < 60 ? key.len : 60), (const char *)key.p);
    if ((r->seen & 1u << i) != 0)
        return refuse(r->error, 400, "bad-json", "%s stands twice", members[i].name);
    r->seen |= 1u << i;
    if (json_text_take(&r->text, ':') != SK_OK)
        return refuse_text(r);
    if (json_text_null(&r->text) == SK_OK) /* as if it were not there */
        return SK_OK;
    r->given |= 1u << i;
    return members[i].read(r);
}

static enum sk_status read_members(struct reading *r)
{
    enum sk_status status;
    bool is_first = true;

    if (json_text_peek(&r->text) == 0)
        return refuse_text(r);
    if (json_text_take(&r->text, '{') != SK_OK)
        return refuse(r->error, 400, "bad-request", "the body must be a JSON object");
    while ((status = json_text_next(&r->text, is_first, '}')) == SK_OK) {
        if ((status = read_member(r)) != SK_OK)
            return status;
        is_first = false;
    }
    if (status != SK_NOTFOUND || json_text_finish(&r->text) != SK_OK)
        return refuse_text(r);
    return SK_OK;
}

/* ---- the whole ---- */

static enum sk_status keep_hints(struct reading *r)
{
    const struct sk_cert *added;
    enum sk_status status;
    size_t i, work = 0;

    if (r->num_hints > 0 && (r->ask->hints = memstore_new()) == NULL)
        return refuse_memory(r);
    for (i = 0; i < r->num_hints; i++) {
        struct sk_err err = {0};

        status = memstore_add_cert(r->ask->hints, r->hints[i], &added, &err);
        if (status == SK_NOMEM)
            return refuse_memory(r);
        if (status != SK_OK)
            return refuse(r->error, 400, "bad-request", "intermediates[%zu]: %s", i, err.text);
        work += name_work(added->issuer) + name_work(added->subject);
        if (work > LIMIT_JSON_NAME_WORK)
            return refuse(r->error, 413, "too-large",
                          "intermediates: names that take too long to prepare");
    }
    return SK_OK;
}

/* What the members left open, and what they must not leave open. */
static enum sk_status complete(struct reading *r)
{
    struct json_ask *ask = r->ask;

    if (ask->num_certs == 0)
        return refuse(r->error, 400, "bad-request", "certificates is %s",
                      is_given(r, CERTIFICATES) ? "empty" : "missing");
    if (!is_given(r, POLICY))
        ask->policy = r->config->default_policy;
    if (ask->policy == NULL)
        return refuse(r->error, 404, "unknown-policy", "no policy of this name");
    if (!is_given(r, TIME))
        ask->time = clock_wall();
    return keep_hints(r);
}

enum sk_status json_ask_read(const struct sk_config *config, struct sk_arena *arena,
                             struct sk_bytes body, struct json_ask *out,
                             struct http_answer *out_error)
{
    struct reading r;
    enum sk_status status;

    memset(out, 0, sizeof(*out));
    r.config = config;
    r.arena = arena;
    r.ask = out;
    r.error = out_error;
    r.seen = r.given = 0;
    r.num_hints = 0;
    json_text_init(&r.text, body);
    status = read_members(&r);
    if (status == SK_OK)
        status = complete(&r);
    if (status != SK_OK)
        json_ask_done(out);
    return status;
}

void json_ask_done(struct json_ask *ask)
{
    memstore_free(ask->hints);
    ask->hints = NULL;
}
