/* SPDX-License-Identifier: Apache-2.0 */
#include "net/verdict_json.h"

#include <stdlib.h>

#include "core/clock.h"
#include "core/hex.h"
#include "core/name.h"
#include "core/oid.h"

json_t *verdict_json_text(const char *text)
{
    json_t *string = json_string(text);
    char *copy, *p;

    if (string != NULL)
        return string;
    copy = strdup(text);
    if (copy == NULL)
        return NULL;
    for (p = copy; *p != '\0'; p++) {
        if (*p < 0x20 || *p > 0x7e)
            *p = '?';
    }
    string = json_string(copy);
    free(copy);
    return string;
}

json_t *verdict_json_hash(const uint8_t sha256[SK_SHA256])
{
    char hex[2 * SK_SHA256 + 1];

    hex_encode(bytes_of(sha256, SK_SHA256), hex);
    return json_string(hex);
}

json_t *verdict_json_time(int64_t when)
{
    char text[CLOCK_TEXT];

    if (when == CLOCK_NEVER)
        return json_null();
    clock_format_rfc3339(when, text);
    return json_string(text);
}

json_t *verdict_json_cert(const struct sk_cert *cert)
{
    char subject[LIMIT_NAME_TOLD], issuer[LIMIT_NAME_TOLD], serial[2 * LIMIT_SERIAL_BYTES + 1];

    name_short_text(cert->subject, subject, sizeof(subject));
    name_short_text(cert->issuer, issuer, sizeof(issuer));
    hex_encode(cert->serial, serial);
    return json_pack("{s:o, s:o, s:o, s:s, s:o, s:o}", "sha256", verdict_json_hash(cert->sha256),
                     "subject", verdict_json_text(subject), "issuer", verdict_json_text(issuer),
                     "serial", serial, "not_before", verdict_json_time(cert->not_before),
                     "not_after", verdict_json_time(cert->not_after));
}

static json_t *finding_new(const struct finding *finding, bool is_explained)
{
    json_t *object = json_pack("{s:i, s:s, s:s, s:o}", "cert", finding->cert, "code",
                               finding_code_text(finding->code), "rule",
                               finding->rule != NULL ? finding->rule : "", "text",
                               verdict_json_text(finding->text));

    if (finding->expected != NULL && finding->found != NULL) {
        (void)json_object_set_new(object, "expected", verdict_json_text(finding->expected));
        (void)json_object_set_new(object, "found", verdict_json_text(finding->found));
    }
    if (is_explained && finding->about != NULL)
        (void)json_object_set_new(object, "certificate", verdict_json_cert(finding->about));
    return object;
}

static json_t *findings_new(const struct finding *findings, size_t num, bool is_explained)
{
    json_t *list = json_array();
    size_t i;

    for (i = 0; i < num; i++)
        if (json_array_append_new(list, finding_new(&findings[i], is_explained)) != 0)
            break;
    return list;
}

static json_t *hashes_new(const struct sk_cert *const *certs, size_t num)
{
    json_t *list = json_array();
    size_t i;

    for (i = 0; i < num; i++)
        (void)json_array_append_new(list, verdict_json_hash(certs[i]->sha256));
    return list;
}

json_t *verdict_json_path(const struct sk_verdict *verdict)
{
    return hashes_new(verdict->path, verdict->num_path);
}

json_t *verdict_json_work(const struct sk_verdict *verdict)
{
    const struct sk_work *work = &verdict->work;

    return json_pack("{s:i, s:i, s:i}", "paths", (int)work->paths, "steps", (int)work->steps,
                     "signatures", (int)work->signatures);
}

json_t *verdict_json_explanation(const struct sk_verdict *verdict)
{
    json_t *path = json_array(), *others = json_array();
    size_t i;

    for (i = 0; i < verdict->num_path; i++)
        (void)json_array_append_new(path, verdict_json_cert(verdict->path[i]));
    for (i = 0; i < verdict->num_tried; i++) {
        const struct tried_path *tried = &verdict->tried[i];

        (void)json_array_append_new(
            others,
            json_pack("{s:o, s:b, s:s, s:o}", "path", hashes_new(tried->path, tried->num_path),
                      "complete", (int)tried->is_complete, "verdict",
                      verdict_kind_text(tried->kind), "findings",
                      findings_new(tried->findings, tried->num_findings, true)));
    }
    return json_pack("{s:o, s:o, s:I, s:o}", "path", path, "tried", others, "more_paths",
                     (json_int_t)verdict->num_untold, "work", verdict_json_work(verdict));
}

static json_t *policies_new(const struct sk_verdict *verdict)
{
    json_t *list = json_array();
    char text[LIMIT_OID_TEXT];
    size_t i;

    for (i = 0; i < verdict->num_policies; i++) {
        if (oid_to_text(verdict->policies[i], text, sizeof(text)) == SK_OK)
            (void)json_array_append_new(list, json_string(text));
    }
    return list;
}

json_t *verdict_json_evidence(const struct sk_verdict *verdict)
{
    json_t *list = json_array();
    size_t i;

    for (i = 0; i < verdict->num_evidence; i++) {
        const struct evidence *evidence = &verdict->evidence[i];

        (void)json_array_append_new(
            list, json_pack("{s:i, s:o, s:o, s:o}", "cert", evidence->cert,
                            evidence->is_ocsp ? "ocsp" : "crl", verdict_json_hash(evidence->sha256),
                            "this_update", verdict_json_time(evidence->this_update), "next_update",
                            verdict_json_time(evidence->next_update)));
    }
    return list;
}

json_t *verdict_json_new(const struct sk_verdict *verdict, bool is_explained)
{
    json_t *object =
        json_pack("{s:s, s:o, s:o}", "verdict", verdict_kind_text(verdict->kind), "findings",
                  findings_new(verdict->findings, verdict->num_findings, is_explained), "policies",
                  policies_new(verdict));

    if (object == NULL)
        return NULL;
    if (verdict->kind == VERDICT_VALID)
        (void)json_object_set_new(object, "valid_until", verdict_json_time(verdict->valid_until));
    if (verdict->kind == VERDICT_REVOKED) {
        (void)json_object_set_new(object, "revoked_at", verdict_json_time(verdict->revoked_at));
        (void)json_object_set_new(object, "reason", json_integer((int)verdict->revoked_reason));
    }
    return object;
}
