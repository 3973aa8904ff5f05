/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sekisho-ctl: one question to the running server's control socket, the answer for a person or,
 * with
 * --json, as the server gave it.
 */
#ifndef SEKISHO_TOOLS_CTL_CTL_H
#define SEKISHO_TOOLS_CTL_CTL_H

#include <jansson.h>

#include "core/err.h"

enum { CTL_NO = 1, CTL_UNREACHABLE = 2, CTL_USAGE = 64 }; /* exit statuses beside 0 */

/* The whole of main(). */
int ctl_main(int argc, char **argv);

/* Sends a line, calls line_fn for each line of the answer until the server ends it. SK_IO with
 * text. */
typedef void (*ctl_line_fn)(void *arg, const char *line, size_t len);
enum sk_status ctl_ask(const char *path, const char *question, unsigned patience_ms,
                       ctl_line_fn line_fn, void *arg, struct sk_err *err) SK_MUST_CHECK;

/* For a person, on standard output. */
void ctl_print_status(const json_t *status);
void ctl_print_why(const json_t *why);
void ctl_print_stats(const char *metrics);

#endif
