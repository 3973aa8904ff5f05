/* SPDX-License-Identifier: Apache-2.0 */
#include "core/verdict.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include "core/utf8.h"

#define FINDING_CODE_ROW(constant, code, text) code,
#define FINDING_TEXT_ROW(constant, code, text) text,
static const char *const codes[FINDING_COUNT] = {"none", FINDING_TABLE(FINDING_CODE_ROW)};
static const char *const meanings[FINDING_COUNT] = {"no finding", FINDING_TABLE(FINDING_TEXT_ROW)};

const char *verdict_kind_text(enum verdict_kind kind)
{
    switch (kind) {
    case VERDICT_UNDETERMINED:
        return "undetermined";
    case VERDICT_VALID:
        return "valid";
    case VERDICT_INVALID:
        return "invalid";
    case VERDICT_REVOKED:
        return "revoked";
    }
    return "undetermined";
}

const char *finding_code_text(enum finding_code code)
{
    return (size_t)code < FINDING_COUNT ? codes[code] : codes[FINDING_NONE];
}

const char *finding_meaning(enum finding_code code)
{
    return (size_t)code < FINDING_COUNT ? meanings[code] : meanings[FINDING_NONE];
}

void verdict_init(struct sk_verdict *verdict)
{
    memset(verdict, 0, offsetof(struct sk_verdict, findings));
}

void verdict_copy(struct sk_verdict *to, const struct sk_verdict *from)
{
    memcpy(to, from, offsetof(struct sk_verdict, findings));
    memcpy(to->findings, from->findings, from->num_findings * sizeof(from->findings[0]));
    memcpy(to->evidence, from->evidence, from->num_evidence * sizeof(from->evidence[0]));
}

/* A text may quote a certificate: it must be UTF-8 for JSON and without control bytes for people.
 */
static void make_printable(char *text)
{
    size_t left = strlen(text), len;

    for (; left > 0; text += len, left -= len) {
        len = utf8_length(bytes_of(text, left));
        if (len == 0 || (unsigned char)*text < 0x20 || *text == 0x7f) {
            *text = '?';
            len = 1;
        }
    }
}

static void SK_PRINTF(5, 0) finding_fill(struct finding *finding, enum finding_code code, int cert,
                                         const char *rule, const char *fmt, va_list args)
{
    finding->code = code;
    finding->cert = cert;
    finding->about = NULL;
    finding->rule = rule;
    finding->expected = finding->found = NULL;
    (void)vsnprintf(finding->text, sizeof(finding->text), fmt, args);
    make_printable(finding->text);
}

void finding_set(struct finding *finding, enum finding_code code, int cert, const char *rule,
                 const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    finding_fill(finding, code, cert, rule, fmt, args);
    va_end(args);
}

static const char *kept_text(struct sk_arena *arena, const char *text)
{
    size_t len = strnlen(text, LIMIT_FINDING_TEXT - 1);
    char *copy = arena_copy(arena, text, len);

    if (copy != NULL)
        make_printable(copy);
    return copy;
}

void finding_set_detail(struct finding *finding, struct sk_arena *arena, const char *expected,
                        const char *found)
{
    finding->expected = kept_text(arena, expected);
    finding->found = kept_text(arena, found);
}

void finding_explain(struct finding *finding, struct sk_arena *arena, enum finding_code code,
                     int cert, const char *rule, const char *expected, const char *fmt, ...)
{
    char found[LIMIT_FINDING_TEXT];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(found, sizeof(found), fmt, args);
    va_end(args);
    finding_set(finding, code, cert, rule, "expected %s, found %s", expected, found);
    finding_set_detail(finding, arena, expected, found);
}

void verdict_add(struct sk_verdict *verdict, enum finding_code code, int cert, const char *rule,
                 const char *fmt, ...)
{
    va_list args;

    if (verdict->num_findings >= LIMIT_FINDINGS)
        return;
    va_start(args, fmt);
    finding_fill(&verdict->findings[verdict->num_findings], code, cert, rule, fmt, args);
    va_end(args);
    verdict->num_findings++;
}

void verdict_add_finding(struct sk_verdict *verdict, const struct finding *finding)
{
    if (verdict->num_findings < LIMIT_FINDINGS)
        verdict->findings[verdict->num_findings++] = *finding;
}
