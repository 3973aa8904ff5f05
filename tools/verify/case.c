/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/verify/case.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include "core/clock.h"

enum { CASE_LIST = 256 }; /* policies, purposes, names asked for, each */

struct verify_case {
    struct sk_arena *arena; /* of the inputs */
    struct sk_arena *job;   /* of one judgement */
    struct sk_memstore *pool;
    struct sk_keyring *keys;
    struct sk_params params;
    int64_t time;
    bool has_time;
    struct sk_anchor anchors[LIMIT_VERIFY_ANCHORS], ocsp_responders[LIMIT_ANCHORS];
    struct sk_bytes policies[CASE_LIST], ekus[CASE_LIST];
    struct general_name names[CASE_LIST];
    struct sk_verdict verdict;
};

struct verify_case *case_new(const struct sk_params *base, struct sk_keyring *keys)
{
    struct verify_case *c = calloc(1, sizeof(*c));

    if (c == NULL)
        return NULL;
    c->arena = arena_new(LIMIT_JOB_ARENA_BYTES);
    c->job = arena_new(LIMIT_JOB_ARENA_BYTES);
    c->pool = memstore_new();
    c->keys = keys;
    if (c->arena == NULL || c->job == NULL || c->pool == NULL) {
        case_free(c);
        return NULL;
    }
    if (base != NULL) {
        c->params = *base;
        return c;
    }
    params_init(&c->params);
    c->params.revocation = REVOCATION_OFF;
    return c;
}

void case_free(struct verify_case *c)
{
    if (c == NULL)
        return;
    arena_free(c->arena);
    arena_free(c->job);
    memstore_free(c->pool);
    free(c);
}

static enum sk_status parse_cert(struct sk_arena *arena, struct sk_bytes der,
                                 const struct sk_cert **out, struct sk_err *err)
{
    struct sk_cert *cert = arena_alloc(arena, sizeof(*cert));
    uint8_t *copy = arena_copy(arena, der.p, der.len);
    enum sk_status status;

    if (cert == NULL || copy == NULL)
        return err_set(err, SK_NOMEM, "certificate: no memory");
    if (der.len > LIMIT_CERT_BYTES)
        return err_set(err, SK_LIMIT, "certificate: longer than %u octets", LIMIT_CERT_BYTES);
    status = cert_parse(arena, bytes_of(copy, der.len), cert, err);
    if (status == SK_OK)
        *out = cert;
    return status;
}

static bool is_anchor(const struct verify_case *c, const struct sk_cert *cert)
{
    size_t i;

    for (i = 0; i < c->params.num_anchors; i++)
        if (memcmp(c->anchors[i].cert->sha256, cert->sha256, SK_SHA256) == 0)
            return true;
    return false;
}

enum sk_status case_add_anchor(struct verify_case *c, struct sk_bytes der, struct sk_err *err)
{
    const struct sk_cert *cert;
    enum sk_status status;

    if (c->params.anchors != c->anchors)
        case_clear_anchors(c);
    if ((status = parse_cert(c->arena, der, &cert, err)) != SK_OK)
        return status;
    if (is_anchor(c, cert))
        return SK_OK;
    if (c->params.num_anchors == LIMIT_VERIFY_ANCHORS)
        return err_set(err, SK_LIMIT, "more than %u trust anchors", LIMIT_VERIFY_ANCHORS);
    c->anchors[c->params.num_anchors++].cert = cert;
    return SK_OK;
}

void case_clear_anchors(struct verify_case *c)
{
    c->params.anchors = c->anchors;
    c->params.num_anchors = 0;
}

size_t case_num_anchors(const struct verify_case *c)
{
    return c->params.num_anchors;
}

enum sk_status case_add_cert(struct verify_case *c, struct sk_bytes der, struct sk_err *err)
{
    return memstore_add_cert(c->pool, der, NULL, err);
}

enum sk_status case_add_crl(struct verify_case *c, struct sk_bytes der, struct sk_err *err)
{
    return memstore_add_crl(c->pool, der, err);
}

enum sk_status case_add_ocsp(struct verify_case *c, struct sk_bytes der, struct sk_err *err)
{
    return memstore_add_ocsp(c->pool, der, err);
}

enum sk_status case_add_ocsp_responder(struct verify_case *c, struct sk_bytes der,
                                       struct sk_err *err)
{
    const struct sk_cert *cert;
    enum sk_status status;

    if (c->params.ocsp_responders != c->ocsp_responders) {
        c->params.ocsp_responders = c->ocsp_responders;
        c->params.num_ocsp_responders = 0;
    }
    if (c->params.num_ocsp_responders == LIMIT_ANCHORS)
        return err_set(err, SK_LIMIT, "more than %u OCSP responders", LIMIT_ANCHORS);
    if ((status = parse_cert(c->arena, der, &cert, err)) != SK_OK)
        return status;
    c->ocsp_responders[c->params.num_ocsp_responders++].cert = cert;
    return SK_OK;
}

/* Appends one OID to a list of the case; the first puts the case's own list in place. */
static enum sk_status add_oid(struct verify_case *c, const char *text, struct sk_bytes *own,
                              const struct sk_bytes **list, size_t *count, struct sk_err *err)
{
    enum sk_status status;
    struct sk_buf oid;
    uint8_t *copy;

    if (*list != own) {
        *list = own;
        *count = 0;
    }
    if (*count == CASE_LIST)
        return err_set(err, SK_LIMIT, "more than %d object identifiers", CASE_LIST);
    buf_init(&oid, LIMIT_OID_BYTES);
    status = oid_from_text(text, &oid);
    if (status != SK_OK) {
        buf_done(&oid);
        return err_set(err, status, "%s: not an object identifier", text);
    }
    copy = arena_copy(c->arena, oid.data, oid.len);
    if (copy != NULL)
        own[(*count)++] = bytes_of(copy, oid.len);
    buf_done(&oid);
    return copy != NULL ? SK_OK : err_set(err, SK_NOMEM, "object identifier: no memory");
}

enum sk_status case_add_policy(struct verify_case *c, const char *oid, struct sk_err *err)
{
    return add_oid(c, oid, c->policies, &c->params.policies, &c->params.num_policies, err);
}

void case_accept_no_policy(struct verify_case *c)
{
    c->params.policies = c->policies;
    c->params.num_policies = 0;
    c->params.accepts_no_policy = true;
}

enum sk_status case_add_eku(struct verify_case *c, const char *oid, struct sk_err *err)
{
    return add_oid(c, oid, c->ekus, &c->params.ekus, &c->params.num_ekus, err);
}

/* The octets of a name as a GeneralName holds them. */
static enum sk_status name_value(struct verify_case *c, enum general_name_kind kind,
                                 const char *text, struct sk_bytes *out)
{
    uint8_t address[16];
    size_t len = strlen(text), i;
    const void *from = text;
    uint8_t *copy;

    if (len == 0)
        return SK_INPUT;
    for (i = 0; i < len; i++)
        if ((unsigned char)text[i] > 0x7e || (unsigned char)text[i] < 0x21)
            return SK_INPUT;
    if (kind == GENERAL_NAME_IP) {
        if (inet_pton(AF_INET, text, address) == 1)
            len = 4;
        else if (inet_pton(AF_INET6, text, address) == 1)
            len = 16;
        else
            return SK_INPUT;
        from = address;
    }
    if ((copy = arena_copy(c->arena, from, len)) == NULL)
        return SK_NOMEM;
    *out = bytes_of(copy, len);
    return SK_OK;
}

enum sk_status case_add_name(struct verify_case *c, const char *name, struct sk_err *err)
{
    static const struct {
        const char *prefix;
        enum general_name_kind kind;
    } kinds[] = {
        {"dns:", GENERAL_NAME_DNS},
        {"email:", GENERAL_NAME_EMAIL},
        {"uri:", GENERAL_NAME_URI},
        {"ip:", GENERAL_NAME_IP},
    };
    struct general_name *to;
    enum sk_status status = SK_INPUT;
    size_t i;

    if (c->params.names != c->names) {
        c->params.names = c->names;
        c->params.num_names = 0;
    }
    if (c->params.num_names == CASE_LIST)
        return err_set(err, SK_LIMIT, "more than %d names", CASE_LIST);
    to = &c->names[c->params.num_names];
    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strncmp(name, kinds[i].prefix, strlen(kinds[i].prefix)) == 0) {
            to->kind = kinds[i].kind;
            status = name_value(c, to->kind, name + strlen(kinds[i].prefix), &to->value);
        }
    if (status != SK_OK)
        return err_set(err, status, "%s: want dns:HOST, email:MAILBOX, uri:URI or ip:ADDRESS",
                       name);
    c->params.num_names++;
    return SK_OK;
}

enum sk_status case_set_revocation(struct verify_case *c, const char *mode, struct sk_err *err)
{
    if (strcmp(mode, "required") == 0)
        c->params.revocation = REVOCATION_REQUIRED;
    else if (strcmp(mode, "if-available") == 0)
        c->params.revocation = REVOCATION_IF_AVAILABLE;
    else if (strcmp(mode, "off") == 0)
        c->params.revocation = REVOCATION_OFF;
    else
        return err_set(err, SK_INPUT, "%s: want required, if-available or off", mode);
    return SK_OK;
}

enum sk_status case_set_ocsp_evidence(struct verify_case *c, const char *mode, struct sk_err *err)
{
    if (strcmp(mode, "no") == 0)
        c->params.ocsp_evidence = OCSP_EVIDENCE_NO;
    else if (strcmp(mode, "yes") == 0)
        c->params.ocsp_evidence = OCSP_EVIDENCE_YES;
    else if (strcmp(mode, "prefer") == 0)
        c->params.ocsp_evidence = OCSP_EVIDENCE_PREFER;
    else
        return err_set(err, SK_INPUT, "%s: want no, yes or prefer", mode);
    return SK_OK;
}

enum sk_status case_set_time(struct verify_case *c, const char *time, struct sk_err *err)
{
    if (clock_parse_rfc3339(time, &c->time) != SK_OK)
        return err_set(err, SK_INPUT, "%s: not a time such as 2011-04-15T00:00:00Z", time);
    c->has_time = true;
    return SK_OK;
}

void case_require_explicit_policy(struct verify_case *c)
{
    c->params.require_explicit_policy = true;
}

void case_inhibit_policy_mapping(struct verify_case *c)
{
    c->params.inhibit_policy_mapping = true;
}

void case_inhibit_any_policy(struct verify_case *c)
{
    c->params.inhibit_any_policy = true;
}

void case_honour_anchor_constraints(struct verify_case *c)
{
    c->params.honour_anchor_constraints = true;
}

void case_nest_ekus(struct verify_case *c)
{
    c->params.nested_ekus = true;
}

enum sk_status case_judge(struct verify_case *c, struct sk_bytes target_der,
                          const struct sk_verdict **out)
{
    struct sk_query query = {
        .params = &c->params,
        .source = memstore_source(c->pool),
        .time = c->has_time ? c->time : clock_wall(),
        .keys = c->keys,
        .arena = c->job,
        .cpu_now = clock_cpu_us,
        .wall_now = clock_mono_us,
    };
    struct finding finding;
    struct sk_err err = {0};
    enum sk_status status;

    arena_reset(c->job);
    *out = &c->verdict;
    status = parse_cert(c->job, target_der, &query.target, &err);
    if (status == SK_OK)
        return judge(&query, &c->verdict);
    if (status != SK_INPUT && status != SK_LIMIT)
        return status;
    memset(&c->verdict, 0, sizeof(c->verdict));
    c->verdict.kind = VERDICT_INVALID;
    finding_explain(&finding, c->job, FINDING_MALFORMED, 0, "RFC 5280 4.1",
                    "a well-formed certificate", "%s", err.text);
    verdict_add_finding(&c->verdict, &finding);
    return SK_OK;
}
