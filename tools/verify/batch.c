/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/verify/batch.h"

#include <stdlib.h>

#include "core/pem.h"
#include "tools/verify/case.h"
#include "tools/verify/report.h"

enum { BATCH_KEYS = 1024 }; /* decoded keys held between lines */

/* One line being turned into a case. */
struct reading {
    struct verify_case *c;
    struct sk_buf der; /* of the object at hand */
    json_t *skipped;   /* array, or NULL */
    struct sk_err err;
};

/* ---- members of a line ---- */

static const char label_cert[] = "CERTIFICATE", label_crl[] = "X509 CRL",
                  label_ocsp[] = "OCSP RESPONSE";

static enum sk_status decode(struct reading *r, const char *member, size_t index, const char *label,
                             json_t *value)
{
    enum sk_status status;

    if (!json_is_string(value))
        return err_set(&r->err, SK_INPUT, "%s[%zu]: not a string", member, index);
    buf_reset(&r->der);
    status =
        pem_decode(bytes_of(json_string_value(value), json_string_length(value)), label, &r->der);
    if (status != SK_OK)
        return err_set(&r->err, status, "%s[%zu]: neither base64 of DER nor one PEM block %s",
                       member, index, label);
    return SK_OK;
}

/* A malformed object of the pool is no candidate: noted, not fatal. */
static enum sk_status skip(struct reading *r, const char *member, size_t index,
                           const struct sk_err *why)
{
    char where[64];
    json_t *entry;

    snprintf(where, sizeof(where), "%s[%zu]", member, index);
    if (r->skipped == NULL)
        r->skipped = json_array();
    entry = json_pack("{s:s, s:s}", "object", where, "text", why->text);
    if (r->skipped == NULL || json_array_append_new(r->skipped, entry) != 0)
        return err_set(&r->err, SK_NOMEM, "no memory");
    return SK_OK;
}

typedef enum sk_status (*add_fn)(struct verify_case *c, struct sk_bytes der, struct sk_err *err);

struct pool_member {
    const char *member, *label;
    add_fn add;
    bool may_skip;
};

static enum sk_status read_objects(struct reading *r, json_t *line, const struct pool_member *pool)
{
    const char *member = pool->member;
    json_t *list = json_object_get(line, member), *value;
    struct sk_err why = {0};
    enum sk_status status;
    size_t i;

    if (list == NULL)
        return SK_OK;
    if (!json_is_array(list))
        return err_set(&r->err, SK_INPUT, "%s: not an array", member);
    json_array_foreach(list, i, value)
    {
        if ((status = decode(r, member, i, pool->label, value)) != SK_OK)
            return status;
        status = pool->add(r->c, buf_bytes(&r->der), &why);
        if (status != SK_OK && !(pool->may_skip && (status == SK_INPUT || status == SK_LIMIT)))
            return err_set(&r->err, status, "%s[%zu]: %s", member, i, why.text);
        if (status != SK_OK && (status = skip(r, member, i, &why)) != SK_OK)
            return status;
    }
    return SK_OK;
}

typedef enum sk_status (*set_fn)(struct verify_case *c, const char *text, struct sk_err *err);

/* jansson admits no NUL in a string. */
static enum sk_status set_text(struct reading *r, const char *member, json_t *value, set_fn set)
{
    enum sk_status status;

    if (!json_is_string(value))
        return err_set(&r->err, SK_INPUT, "%s: not a string", member);
    status = set(r->c, json_string_value(value), &r->err);
    if (status != SK_OK)
        (void)err_context(&r->err, "%s", member);
    return status;
}

/* A string, or an array of strings when is_list. */
static enum sk_status read_texts(struct reading *r, json_t *line, const char *member, bool is_list,
                                 set_fn set)
{
    json_t *list = json_object_get(line, member), *value;
    enum sk_status status;
    size_t i;

    if (list == NULL)
        return SK_OK;
    if (!is_list)
        return set_text(r, member, list, set);
    if (!json_is_array(list))
        return err_set(&r->err, SK_INPUT, "%s: not an array", member);
    json_array_foreach(list, i, value)
    {
        if ((status = set_text(r, member, value, set)) != SK_OK)
            return status;
    }
    return SK_OK;
}

static enum sk_status read_flag(struct reading *r, json_t *line, const char *member,
                                void (*set)(struct verify_case *c))
{
    json_t *value = json_object_get(line, member);

    if (value != NULL && !json_is_boolean(value))
        return err_set(&r->err, SK_INPUT, "%s: neither true nor false", member);
    if (json_is_true(value))
        set(r->c);
    return SK_OK;
}

static enum sk_status read_pool(struct reading *r, json_t *line)
{
    static const struct pool_member pool[] = {
        {"anchors", label_cert, case_add_anchor, false},
        {"certs", label_cert, case_add_cert, true},
        {"crls", label_crl, case_add_crl, true},
        {"ocsp_responders", label_cert, case_add_ocsp_responder, false},
        {"ocsp", label_ocsp, case_add_ocsp, true},
    };
    enum sk_status status = SK_OK;
    size_t i;

    if (json_object_get(line, "anchors") != NULL)
        case_clear_anchors(r->c);
    for (i = 0; i < sizeof(pool) / sizeof(pool[0]) && status == SK_OK; i++)
        status = read_objects(r, line, &pool[i]);
    return status;
}

static enum sk_status read_flags(struct reading *r, json_t *line)
{
    static const struct {
        const char *member;
        void (*set)(struct verify_case *c);
    } flags[] = {
        {"require_explicit_policy", case_require_explicit_policy},
        {"inhibit_policy_mapping", case_inhibit_policy_mapping},
        {"inhibit_any_policy", case_inhibit_any_policy},
        {"honour_anchor_constraints", case_honour_anchor_constraints},
        {"nested_extended_key_usage", case_nest_ekus},
    };
    enum sk_status status = SK_OK;
    size_t i;

    for (i = 0; i < sizeof(flags) / sizeof(flags[0]) && status == SK_OK; i++)
        status = read_flag(r, line, flags[i].member, flags[i].set);
    return status;
}

/* A set without a policy is no set of any policy (RFC 5280 6.1.1(c)). */
static enum sk_status read_policies(struct reading *r, json_t *line)
{
    static const char member[] = "initial_policies";
    json_t *list = json_object_get(line, member);

    if (json_is_array(list) && json_array_size(list) == 0)
        case_accept_no_policy(r->c);
    return read_texts(r, line, member, true, case_add_policy);
}

/* Without a policy, what is given is meant to count. */
static enum sk_status set_defaults(struct reading *r, json_t *line)
{
    bool has_ocsp = json_object_get(line, "ocsp") != NULL;
    enum sk_status status = SK_OK;

    if (has_ocsp)
        status = case_set_ocsp_evidence(r->c, "yes", &r->err);
    if (status == SK_OK && (has_ocsp || json_object_get(line, "crls") != NULL))
        status = case_set_revocation(r->c, "required", &r->err);
    return status;
}

static enum sk_status read_settings(struct reading *r, json_t *line, bool has_base)
{
    enum sk_status status = has_base ? SK_OK : set_defaults(r, line);

    if (status != SK_OK || (status = read_texts(r, line, "time", false, case_set_time)) != SK_OK ||
        (status = read_policies(r, line)) != SK_OK ||
        (status = read_texts(r, line, "extended_key_usages", true, case_add_eku)) != SK_OK ||
        (status = read_texts(r, line, "names", true, case_add_name)) != SK_OK ||
        (status = read_texts(r, line, "revocation", false, case_set_revocation)) != SK_OK ||
        (status = read_texts(r, line, "ocsp_evidence", false, case_set_ocsp_evidence)) != SK_OK)
        return status;
    return read_flags(r, line);
}

/* A member that is null is missing: what many writers make of a value that is not there. */
static void drop_nulls(json_t *line)
{
    json_t *value;
    const char *key;
    void *next;

    json_object_foreach_safe(line, next, key, value)
    {
        if (json_is_null(value))
            (void)json_object_del(line, key);
    }
}

static json_t *answer_object(struct reading *r, json_t *line, bool has_base)
{
    const struct sk_verdict *verdict;
    json_t *target, *out;
    enum sk_status status;

    drop_nulls(line);
    target = json_object_get(line, "target");
    if (read_pool(r, line) != SK_OK || read_settings(r, line, has_base) != SK_OK)
        return NULL;
    if (target == NULL) {
        (void)err_set(&r->err, SK_INPUT, "target: missing");
        return NULL;
    }
    if (decode(r, "target", 0, label_cert, target) != SK_OK)
        return NULL;
    if ((status = case_judge(r->c, buf_bytes(&r->der), &verdict)) != SK_OK) {
        (void)err_set(&r->err, status, "cannot judge: %s", status_name(status));
        return NULL;
    }
    out = report_json(verdict, true);
    if (out != NULL && r->skipped != NULL)
        (void)json_object_set(out, "skipped", r->skipped);
    return out;
}

/* Members in the order people read them: the id first. */
static json_t *with_id(json_t *line, json_t *answer, const struct sk_err *err)
{
    json_t *id = json_object_get(line, "id");
    json_t *out = json_object();

    (void)json_object_set(out, "id", id != NULL ? id : json_null());
    if (answer != NULL)
        (void)json_object_update(out, answer);
    else
        (void)json_object_set_new(out, "error", json_string(err->text));
    json_decref(answer);
    return out;
}

json_t *batch_answer(struct sk_bytes bytes, const struct sk_params *base, struct sk_keyring *keys)
{
    struct reading r = {.c = case_new(base, keys)};
    json_t *line = NULL, *answer = NULL, *out;
    json_error_t fault;

    buf_init(&r.der, LIMIT_BATCH_LINE_BYTES);
    line = json_loadb((const char *)bytes.p, bytes.len, JSON_REJECT_DUPLICATES, &fault);
    if (r.c == NULL)
        (void)err_set(&r.err, SK_NOMEM, "no memory");
    else if (line == NULL)
        (void)err_set(&r.err, SK_INPUT, "not JSON: column %d: %s", fault.column, fault.text);
    else if (!json_is_object(line))
        (void)err_set(&r.err, SK_INPUT, "not a JSON object");
    else
        answer = answer_object(&r, line, base != NULL);
    out = with_id(line, answer, &r.err);
    json_decref(line);
    json_decref(r.skipped);
    buf_done(&r.der);
    case_free(r.c);
    return out;
}

/* ---- lines ---- */

struct lines {
    FILE *in;
    struct sk_buf line;
    bool is_long; /* the line is over the cap; its rest is passed over */
};

/* The next line without its end. SK_NOTFOUND: no more. */
static enum sk_status next_line(struct lines *lines)
{
    int byte = 0;
    bool any = false;

    buf_reset(&lines->line);
    lines->is_long = false;
    while ((byte = getc_unlocked(lines->in)) != EOF && byte != '\n') {
        any = true;
        if (!lines->is_long)
            buf_put_byte(&lines->line, (uint8_t)byte);
        if (!lines->is_long && buf_status(&lines->line) == SK_NOMEM)
            return SK_NOMEM;
        lines->is_long = buf_status(&lines->line) != SK_OK;
    }
    if (ferror(lines->in))
        return SK_IO;
    return byte == EOF && !any ? SK_NOTFOUND : SK_OK;
}

static bool is_blank(struct sk_bytes line)
{
    size_t i;

    for (i = 0; i < line.len; i++)
        if (line.p[i] != ' ' && line.p[i] != '\t' && line.p[i] != '\r')
            return false;
    return true;
}

static enum sk_status answer_line(const struct lines *lines, FILE *out,
                                  const struct sk_params *base, struct sk_keyring *keys)
{
    json_t *answer;
    bool is_written;

    if (lines->is_long)
        answer = json_pack("{s:n, s:s}", "id", "error", "line too long");
    else if (is_blank(buf_bytes(&lines->line)))
        return SK_OK;
    else
        answer = batch_answer(buf_bytes(&lines->line), base, keys);
    if (answer == NULL)
        return SK_NOMEM;
    is_written =
        json_dumpf(answer, out, JSON_COMPACT) == 0 && fputc('\n', out) != EOF && fflush(out) == 0;
    json_decref(answer);
    return is_written ? SK_OK : SK_IO;
}

enum sk_status batch_run(FILE *in, FILE *out, const struct sk_params *base, struct sk_err *err)
{
    struct sk_keyring *keys = keyring_new(BATCH_KEYS);
    struct lines lines = {.in = in};
    enum sk_status status = SK_NOMEM;

    buf_init(&lines.line, LIMIT_BATCH_LINE_BYTES);
    if (keys != NULL)
        while ((status = next_line(&lines)) == SK_OK)
            if ((status = answer_line(&lines, out, base, keys)) != SK_OK)
                break;
    buf_done(&lines.line);
    keyring_free(keys);
    if (status == SK_NOTFOUND)
        return SK_OK;
    if (status == SK_IO)
        return err_errno(err, status, "--batch");
    return err_set(err, status, "--batch: %s", status_name(status));
}
