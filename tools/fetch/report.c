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

static void put_object(FILE *file, const char *ca, const char *object)
{
    (void)fputs("sekisho-fetch: ", file);
    if (ca != NULL)
        (void)fprintf(file, "%s: ", ca);
    if (object != NULL)
        (void)fprintf(file, "%s: ", object);
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
