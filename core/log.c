/* SPDX-License-Identifier: Apache-2.0 */
#include "core/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"

enum { LOG_LINE = 1024 };

static const char *log_program = "sekisho";
static atomic_int log_level_now = LOG_LEVEL_INFO;

static const char *level_name(enum log_level level)
{
    switch (level) {
    case LOG_LEVEL_ERROR:
        return "error";
    case LOG_LEVEL_WARNING:
        return "warning";
    case LOG_LEVEL_INFO:
        return "info";
    case LOG_LEVEL_DEBUG:
        return "debug";
    }
    return "unknown";
}

void log_start(const char *program, enum log_level level)
{
    log_program = program;
    log_set_level(level);
}

void log_set_level(enum log_level level)
{
    atomic_store(&log_level_now, (int)level);
}

void log_write(enum log_level level, const char *group, const char *fmt, ...)
{
    char line[LOG_LINE], when[CLOCK_TEXT];
    size_t used, i;
    va_list args;
    int n;

    if ((int)level > atomic_load(&log_level_now))
        return;
    clock_format_rfc3339(clock_wall(), when);
    n = snprintf(line, sizeof(line) - 1, "%s %s[%ld] %s %s: ", when, log_program, (long)getpid(),
                 level_name(level), group);
    used = n < 0 ? 0 : (size_t)n < sizeof(line) - 1 ? (size_t)n : sizeof(line) - 2;
    va_start(args, fmt);
    (void)vsnprintf(line + used, sizeof(line) - 1 - used, fmt, args);
    va_end(args);
    used = strlen(line);
    for (i = 0; i < used; i++) {
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
            line[i] = '?';
    }
    line[used++] = '\n';
    if (write(STDERR_FILENO, line, used) < 0)
        return; /* nowhere left to tell it */
}
