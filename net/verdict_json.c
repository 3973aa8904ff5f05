/* SPDX-License-Identifier: Apache-2.0 */
#include "net/verdict_json.h"

#include "core/clock.h"
#include "core/hex.h"
#include "core/name.h"
#include "core/oid.h"

void verdict_json_hash(const uint8_t sha256[SK_SHA256], const char *key, struct sk_buf *out)
{
    char hex[2 * SK_SHA256 + 1];

    hex_encode(bytes_of(sha256, SK_SHA256), hex);
    json_out_text(out, key, hex);
}

void verdict_json_time(int64_t when, const char *key, struct sk_buf *out)
{
    char text[CLOCK_TEXT];

    if (when == CLOCK_NEVER) {
        json_out_null(out, key);
        return;
    }
    clock_format_rfc3339(when, text);
    json_out_text(out, key, text);
}

/* A certificate by its SHA-256, subject, issuer, serial and dates. Never alternative names: they
 * may hold a citizen's name, birth date and address. */
static void put_cert(const struct sk_cert *cert, const char *key, struct sk_buf *out)
{
    char subject[LIMIT_NAME_TOLD], issuer[LIMIT_NAME_TOLD], serial[2 * LIMIT_SERIAL_BYTES + 1];

    name_short_text(cert->subject, subject, sizeof(subject));
    name_short_text(cert->issuer, issuer, sizeof(issuer));
    hex_encode(cert->serial, serial);
    json_out_open(out, key, '{');
    verdict_json_hash(cert->sha256, "sha256", out);
    json_out_text(out, "subject", subject);
    json_out_text(out, "issuer", issuer);
    json_out_text(out, "serial", serial);
    verdict_json_time(cert->not_before, "not_before", out);
    verdict_json_time(cert->not_after, "not_after", out);
    json_out_close(out, '}');
}

static void put_finding(const struct finding *finding, bool is_explained, struct sk_buf *out)
{
    json_out_open(out, NULL, '{');
    json_out_number(out, "cert", finding->cert);
    json_out_text(out, "code", finding_code_text(finding->code));
    json_out_text(out, "rule", finding->rule != NULL ? finding->rule : "");
    json_out_text(out, "text", finding->text);
    if (finding->expected != NULL && finding->found != NULL) {
        json_out_text(out, "expected", finding->expected);
        json_out_text(out, "found", finding->found);
    }
    if (is_explained && finding->about != NULL)
        put_cert(finding->about, "certificate", out);
    json_out_close(out, '}');
}

static void put_findings(const struct finding *findings, size_t num, bool is_explained,
                         struct sk_buf *out)
{
    size_t i;

    json_out_open(out, "findings", '[');
    for (i = 0; i < num; i++)
        put_finding(&findings[i], is_explained, out);
    json_out_close(out, ']');
}

static void put_hashes(const struct sk_cert *const *certs, size_t num, struct sk_buf *out)
{
    size_t i;

    json_out_open(out, "path", '[');
    for (i = 0; i < num; i++)
        verdict_json_hash(certs[i]->sha256, NULL, out);
    json_out_close(out, ']');
}

void verdict_json_path(const struct sk_verdict *verdict, struct sk_buf *out)
{
    put_hashes(verdict->path, verdict->num_path, out);
}

void verdict_json_work(const struct sk_verdict *verdict, struct sk_buf *out)
{
    const struct sk_work *work = &verdict->work;

    json_out_open(out, "work", '{');
    json_out_number(out, "paths", work->paths);
    json_out_number(out, "steps", work->steps);
    json_out_number(out, "signatures", work->signatures);
    json_out_close(out, '}');
}

static void put_tried(const struct tried_path *tried, struct sk_buf *out)
{
    json_out_open(out, NULL, '{');
    put_hashes(tried->path, tried->num_path, out);
    json_out_bool(out, "complete", tried->is_complete);
    json_out_text(out, "verdict", verdict_kind_text(tried->kind));
    put_findings(tried->findings, tried->num_findings, true, out);
    json_out_close(out, '}');
}

void verdict_json_explanation(const struct sk_verdict *verdict, struct sk_buf *out)
{
    size_t i;

    json_out_open(out, "explanation", '{');
    json_out_open(out, "path", '[');
    for (i = 0; i < verdict->num_path; i++)
        put_cert(verdict->path[i], NULL, out);
    json_out_close(out, ']');
    json_out_open(out, "tried", '[');
    for (i = 0; i < verdict->num_tried; i++)
        put_tried(&verdict->tried[i], out);
    json_out_close(out, ']');
    json_out_number(out, "more_paths", (int64_t)verdict->num_untold);
    verdict_json_work(verdict, out);
    json_out_close(out, '}');
}

static void put_policies(const struct sk_verdict *verdict, struct sk_buf *out)
{
    char text[LIMIT_OID_TEXT];
    size_t i;

    json_out_open(out, "policies", '[');
    for (i = 0; i < verdict->num_policies; i++) {
        if (oid_to_text(verdict->policies[i], text, sizeof(text)) == SK_OK)
            json_out_text(out, NULL, text);
    }
    json_out_close(out, ']');
}

void verdict_json_evidence(const struct sk_verdict *verdict, struct sk_buf *out)
{
    size_t i;

    json_out_open(out, "evidence", '[');
    for (i = 0; i < verdict->num_evidence; i++) {
        const struct evidence *evidence = &verdict->evidence[i];

        json_out_open(out, NULL, '{');
        json_out_number(out, "cert", evidence->cert);
        verdict_json_hash(evidence->sha256, evidence->is_ocsp ? "ocsp" : "crl", out);
        verdict_json_time(evidence->this_update, "this_update", out);
        verdict_json_time(evidence->next_update, "next_update", out);
        json_out_close(out, '}');
    }
    json_out_close(out, ']');
}

void verdict_json_put(const struct sk_verdict *verdict, bool is_explained, struct sk_buf *out)
{
    json_out_text(out, "verdict", verdict_kind_text(verdict->kind));
    put_findings(verdict->findings, verdict->num_findings, is_explained, out);
    put_policies(verdict, out);
    if (verdict->kind == VERDICT_VALID)
        verdict_json_time(verdict->valid_until, "valid_until", out);
    if (verdict->kind == VERDICT_REVOKED) {
        verdict_json_time(verdict->revoked_at, "revoked_at", out);
        json_out_number(out, "reason", (int)verdict->revoked_reason);
    }
}
