/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/verify/report.h"

#include "core/clock.h"
#include "core/hex.h"
#include "core/name.h"
#include "net/verdict_json.h"

json_t *report_json(const struct sk_verdict *verdict, bool is_brief)
{
    json_t *object = NULL;
    struct sk_buf text;

    buf_init(&text, LIMIT_JSON_ANSWER_BYTES);
    json_out_open(&text, NULL, '{');
    verdict_json_put(verdict, true, &text);
    if (verdict->num_path > 0)
        verdict_json_path(verdict, &text);
    verdict_json_evidence(verdict, &text);
    if (!is_brief || verdict->kind != VERDICT_VALID || verdict->num_tried > 0)
        verdict_json_explanation(verdict, &text);
    verdict_json_work(verdict, &text);
    json_out_close(&text, '}');
    if (buf_status(&text) == SK_OK)
        object = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, NULL);
    buf_done(&text);
    return object;
}

/* ---- for a person ---- */

/* "certificate 1: CN=CA,C=JP; serial 0a; issuer CN=Root,C=JP" */
static void print_about(FILE *to, const struct finding *finding)
{
    char subject[LIMIT_NAME_TOLD], issuer[LIMIT_NAME_TOLD], serial[2 * LIMIT_SERIAL_BYTES + 1];

    if (finding->about == NULL)
        return;
    name_short_text(finding->about->subject, subject, sizeof(subject));
    name_short_text(finding->about->issuer, issuer, sizeof(issuer));
    hex_encode(finding->about->serial, serial);
    fputs("    certificate", to);
    if (finding->cert >= 0)
        fprintf(to, " %d", finding->cert);
    fprintf(to, ": %s; serial %s; issuer %s\n", subject, serial, issuer);
}

static void print_finding(FILE *to, const char *name, const char *kind,
                          const struct finding *finding)
{
    fprintf(to, "%s: %s: %s: %s", name, kind, finding_code_text(finding->code),
            finding_meaning(finding->code));
    if (finding->rule != NULL)
        fprintf(to, " (%s)", finding->rule);
    fputc('\n', to);
    print_about(to, finding);
    if (finding->expected != NULL && finding->found != NULL)
        fprintf(to, "    expected: %s\n    found:    %s\n", finding->expected, finding->found);
    else
        fprintf(to, "    found:    %s\n", finding->text);
}

/* One certificate a line, each below what it issued and further to the right. */
static void print_chain(FILE *to, const struct sk_cert *const *certs, size_t num, bool has_anchor,
                        const struct finding *finding)
{
    char subject[LIMIT_NAME_TOLD];
    size_t i;

    for (i = 0; i < num; i++) {
        name_short_text(certs[i]->subject, subject, sizeof(subject));
        fprintf(to, "    %2zu %*s%s", i, (int)(2 * i), "", subject);
        if (has_anchor && i + 1 == num)
            fputs("  (trust anchor)", to);
        if (finding != NULL && finding->cert == (int)i)
            fprintf(to, "  <-- %s", finding_code_text(finding->code));
        fputc('\n', to);
    }
}

static void print_tried(FILE *to, const char *name, const struct tried_path *tried)
{
    size_t i;

    if (!tried->is_complete) {
        fprintf(to, "%s: note: this is how far the search came\n", name);
    } else {
        fprintf(to, "%s: note: another path was tried and is %s\n", name,
                verdict_kind_text(tried->kind));
        for (i = 0; i < tried->num_findings; i++)
            print_finding(to, name, "note", &tried->findings[i]);
    }
    print_chain(to, tried->path, tried->num_path, tried->is_complete, tried->findings);
}

static void print_verdict(FILE *to, const char *name, const struct sk_verdict *verdict)
{
    char when[CLOCK_TEXT];

    fprintf(to, "%s: %s", name, verdict_kind_text(verdict->kind));
    if (verdict->kind == VERDICT_VALID) {
        clock_format_rfc3339(verdict->valid_until, when);
        fprintf(to, " (this answer holds until %s)", when);
    }
    fputc('\n', to);
}

void report_text(FILE *to, const char *name, const struct sk_verdict *verdict)
{
    size_t num_own = verdict->num_findings - verdict->num_others, i;
    const char *kind = verdict->kind == VERDICT_VALID ? "note" : "error";
    char oid[LIMIT_OID_TEXT];

    print_verdict(to, name, verdict);
    for (i = 0; i < num_own; i++)
        print_finding(to, name, kind, &verdict->findings[i]);
    if (verdict->num_path > 0 && kind[0] == 'e')
        fprintf(to, "%s: note: this is the path\n", name);
    print_chain(to, verdict->path, verdict->num_path, true,
                num_own > 0 ? &verdict->findings[0] : NULL);
    for (i = 0; i < verdict->num_policies; i++)
        if (oid_to_text(verdict->policies[i], oid, sizeof(oid)) == SK_OK)
            fprintf(to, "    policy %s\n", oid);
    for (i = 0; i < verdict->num_tried; i++)
        print_tried(to, name, &verdict->tried[i]);
    if (verdict->num_untold > 0)
        fprintf(to, "%s: note: and %zu more paths that are not shown\n", name, verdict->num_untold);
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
