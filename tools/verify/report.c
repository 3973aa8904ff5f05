/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/verify/report.h"

#include "core/buf.h"
#include "core/clock.h"
#include "net/verdict_json.h"

json_t *report_json(const struct sk_verdict *verdict, bool is_brief)
{
    json_t *out = verdict_json_new(verdict, true);

    if (out == NULL)
        return NULL;
    if (verdict->num_path > 0)
        (void)json_object_set_new(out, "path", verdict_json_path(verdict));
    (void)json_object_set_new(out, "evidence", verdict_json_evidence(verdict));
    if (!is_brief || verdict->kind != VERDICT_VALID || verdict->num_tried > 0)
        (void)json_object_set_new(out, "explanation", verdict_json_explanation(verdict));
    (void)json_object_set_new(out, "work", verdict_json_work(verdict));
    return out;
}

static void print_cert(FILE *to, const struct sk_cert *cert)
{
    struct sk_buf name;

    buf_init(&name, LIMIT_CERT_BYTES);
    if (cert_describe(cert, &name) != SK_OK)
        buf_reset(&name);
    fprintf(to, "%.*s", (int)name.len, name.len > 0 ? (const char *)name.data : "");
    buf_done(&name);
}

static void print_path(FILE *to, const struct sk_verdict *verdict)
{
    size_t i;

    for (i = 0; i < verdict->num_path; i++) {
        fprintf(to, "  %2zu  ", i);
        print_cert(to, verdict->path[i]);
        fputs(i + 1 == verdict->num_path ? "  (trust anchor)\n" : "\n", to);
    }
}

static void print_finding(FILE *to, const char *name, const struct sk_verdict *verdict,
                          const struct finding *finding)
{
    const char *kind = verdict->kind == VERDICT_VALID ? "note" : "error";

    fprintf(to, "%s: ", name);
    if (finding->cert >= 0)
        fprintf(to, "certificate %d: ", finding->cert);
    fprintf(to, "%s: %s: %s", kind, finding_code_text(finding->code), finding->text);
    if (finding->rule != NULL)
        fprintf(to, " [%s]", finding->rule);
    fputc('\n', to);
}

void report_text(FILE *to, const char *name, const struct sk_verdict *verdict)
{
    char when[CLOCK_TEXT], oid[LIMIT_OID_TEXT];
    size_t i;

    fprintf(to, "%s: %s", name, verdict_kind_text(verdict->kind));
    if (verdict->kind == VERDICT_VALID) {
        clock_format_rfc3339(verdict->valid_until, when);
        fprintf(to, " (this answer holds until %s)", when);
    } else if (verdict->num_findings > 0) {
        fprintf(to, ": %s", finding_meaning(verdict->findings[0].code));
    }
    fputc('\n', to);
    for (i = 0; i < verdict->num_findings; i++)
        print_finding(to, name, verdict, &verdict->findings[i]);
    print_path(to, verdict);
    for (i = 0; i < verdict->num_policies; i++)
        if (oid_to_text(verdict->policies[i], oid, sizeof(oid)) == SK_OK)
            fprintf(to, "  policy %s\n", oid);
}

int report_exit(const struct sk_verdict *verdict)
{
    switch (verdict->kind) {
    case VERDICT_VALID:
        return 0;
    case VERDICT_INVALID:
    case VERDICT_REVOKED:
        return 1;
    case VERDICT_UNDETERMINED:
        break;
    }
    return 2;
}
