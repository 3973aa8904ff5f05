/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/fetch/report.h"

#include <stdarg.h>

#define REASON_TEXT_ROW(constant, word, meaning) [constant] = word,
static const char *const reason_words[REASON_COUNT] = {[REASON_NONE] = "none",
                                                       REASON_TABLE(REASON_TEXT_ROW)};

const char *report_reason_text(enum fetch_reason reason)
{
    return reason_words[reason];
}

/* A file's name may hold anything: keep control octets away from terminals and log files. */
static void put_name(FILE *file, const char *name)
{
    for (; *name != '\0'; name++)
        (void)fputc((unsigned char)*name < 0x20 || *name == 0x7f ? '?' : *name, file);
    (void)fputs(": ", file);
}

static void put_object(FILE *file, const char *ca, const char *object)
{
    (void)fputs("sekisho-fetch: ", file);
    if (ca != NULL)
        put_name(file, ca);
    if (object != NULL)
        put_name(file, object);
}

void report_fault(struct report *report, const char *ca, const char *object,
                  enum fetch_reason reason, const struct sk_err *err)
{
    report->has_failed = true;
    put_object(report->err, ca, object);
    (void)fprintf(report->err, "%s: %s\n", reason_words[reason], err->text);
}

void report_note(struct report *report, const char *ca, const char *object, const char *fmt, ...)
{
    va_list args;

    if (!report->is_verbose)
        return;
    put_object(report->out, ca, object);
    va_start(args, fmt);
    (void)vfprintf(report->out, fmt, args);
    va_end(args);
    (void)fputc('\n', report->out);
}
