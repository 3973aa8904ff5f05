/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Log lines on standard error: time, level, group, text. The layer that ends a request or an act
 * logs it once; core/ and cache/ report through struct sk_err and do not log. Thread-safe: one line
 * is one write(2).
 */
#ifndef SEKISHO_CORE_LOG_H
#define SEKISHO_CORE_LOG_H

#include "core/status.h"

enum log_level { LOG_LEVEL_ERROR = 1, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Called once at the start of main(). program: kept, not copied. */
void log_start(const char *program, enum log_level level);
void log_set_level(enum log_level level);
/* group: short tag of the part that speaks ("http", "signer"). Peer bytes in the text are escaped.
 */
void log_write(enum log_level level, const char *group, const char *fmt, ...) SK_PRINTF(3, 4);

#define log_error(group, ...)   log_write(LOG_LEVEL_ERROR, group, __VA_ARGS__)
#define log_warning(group, ...) log_write(LOG_LEVEL_WARNING, group, __VA_ARGS__)
#define log_info(group, ...)    log_write(LOG_LEVEL_INFO, group, __VA_ARGS__)
#define log_debug(group, ...)   log_write(LOG_LEVEL_DEBUG, group, __VA_ARGS__)

#endif
