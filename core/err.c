/* SPDX-License-Identifier: Apache-2.0 */
#include "core/err.h"

#include <ctype.h>
#include <errno.h>
#include <openssl/err.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void err_clear(struct sk_err *err)
{
    if (err == NULL)
        return;
    err->status = SK_OK;
    err->text[0] = '\0';
}

/* Text may quote a peer: keep control bytes away from terminals and log lines. UTF-8 passes. */
static void escape_controls(char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            *text = '?';
    }
}

static void SK_PRINTF(3, 0)
    set_text(struct sk_err *err, enum sk_status status, const char *fmt, va_list args)
{
    err->status = status;
    (void)vsnprintf(err->text, sizeof(err->text), fmt, args);
    escape_controls(err->text);
}

static void append_text(struct sk_err *err, const char *more)
{
    size_t used = strlen(err->text);

    (void)snprintf(err->text + used, sizeof(err->text) - used, ": %s", more);
    escape_controls(err->text);
}

enum sk_status err_set(struct sk_err *err, enum sk_status status, const char *fmt, ...)
{
    va_list args;

    if (err == NULL)
        return status;
    va_start(args, fmt);
    set_text(err, status, fmt, args);
    va_end(args);
    return status;
}

enum sk_status err_openssl(struct sk_err *err, enum sk_status status, const char *fmt, ...)
{
    va_list args;
    char reason[160], detail[sizeof(err->text)] = "";
    const char *data = NULL;
    int flags = 0;
    unsigned long code = ERR_get_error_all(NULL, NULL, NULL, &data, &flags);

    if (code != 0 && (flags & ERR_TXT_STRING) != 0 && data != NULL)
        (void)snprintf(detail, sizeof(detail), "%s", data); /* the queue owns data */
    ERR_clear_error();
    if (err == NULL)
        return status;
    va_start(args, fmt);
    set_text(err, status, fmt, args);
    va_end(args);
    if (code != 0) {
        ERR_error_string_n(code, reason, sizeof(reason));
        append_text(err, reason);
    }
    if (detail[0] != '\0')
        append_text(err, detail);
    return status;
}

enum sk_status err_errno(struct sk_err *err, enum sk_status status, const char *fmt, ...)
{
    va_list args;
    int saved = errno;
    char reason[160];

    if (err == NULL)
        return status;
    va_start(args, fmt);
    set_text(err, status, fmt, args);
    va_end(args);
    append_text(err, strerror_r(saved, reason, sizeof(reason)));
    return status;
}

enum sk_status err_context(struct sk_err *err, const char *fmt, ...)
{
    va_list args;
    char old[sizeof(err->text)];

    if (err == NULL)
        return SK_INTERNAL;
    memcpy(old, err->text, sizeof(old));
    va_start(args, fmt);
    (void)vsnprintf(err->text, sizeof(err->text), fmt, args);
    va_end(args);
    append_text(err, old);
    return err->status;
}
