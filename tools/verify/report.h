/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A verdict as JSON (--batch, --json) and as text for a person.
 */
#ifndef SEKISHO_TOOLS_VERIFY_REPORT_H
#define SEKISHO_TOOLS_VERIFY_REPORT_H

#include <jansson.h>
#include <stdio.h>

#include "core/verdict.h"

/* A new object with verdict, path, policies, findings, evidence, explanation, work; NULL: no
 * memory. is_brief: without the explanation of a target that is valid at the first path. */
json_t *report_json(const struct sk_verdict *verdict, bool is_brief);
/* One line with the verdict, then what led to it, as a compiler would say it: errors of the path,
 * the path, notes about other paths. name: what the target is called. */
void report_text(FILE *to, const char *name, const struct sk_verdict *verdict);
/* 0 valid, 1 invalid or revoked, 2 undetermined */
int report_exit(const struct sk_verdict *verdict);

#endif
