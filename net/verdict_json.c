/* SPDX-License-Identifier: Apache-2.0 */
#include "net/verdict_json.h"

#include <stdlib.h>

#include "core/clock.h"
#include "core/hex.h"
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

static json_t *findings_new(const struct sk_verdict *verdict)
{
    json_t *list = json_array();
    size_t i;

    for (i = 0; i < verdict->num_findings; i++) {
        const struct finding *finding = &verdict->findings[i];
        json_t *one = json_pack("{s:i, s:s, s:s, s:o}", "cert", finding->cert, "code",
                                finding_code_text(finding->code), "rule",
                                finding->rule != NULL ? finding->rule : "", "text",
                                verdict_json_text(finding->text));

        if (json_array_append_new(list, one) != 0)
            break;
    }
    return list;
}

json_t *verdict_json_path(const struct sk_verdict *verdict)
{
    json_t *list = json_array();
    size_t i;

    for (i = 0; i < verdict->num_path; i++)
        (void)json_array_append_new(list, verdict_json_hash(verdict->path[i]->sha256));
    return list;
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

json_t *verdict_json_new(const struct sk_verdict *verdict)
{
    json_t *object =
        json_pack("{s:s, s:o, s:o}", "verdict", verdict_kind_text(verdict->kind), "findings",
                  findings_new(verdict), "policies", policies_new(verdict));

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
