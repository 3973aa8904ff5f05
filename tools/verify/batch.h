/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sekisho-verify --batch: one JSON object a line in, one a line out, same order, each flushed.
 *
 * A line that cannot be read gives {"id":..., "error":"..."} and the run goes on. Certificates and
 * CRLs of the pool that are malformed are left out and listed under "skipped"; a malformed target
 * is a verdict. Unknown members are passed over.
 */
#ifndef SEKISHO_TOOLS_VERIFY_BATCH_H
#define SEKISHO_TOOLS_VERIFY_BATCH_H

#include <jansson.h>
#include <stdio.h>

#include "core/params.h"

/* base: a policy's parameters, or NULL. SK_OK at the end of input; SK_IO when reading or writing
 * fails, SK_NOMEM. */
enum sk_status batch_run(FILE *in, FILE *out, const struct sk_params *base,
                         struct sk_err *err) SK_MUST_CHECK;
/* The answer to one line; a new object, NULL: no memory. */
json_t *batch_answer(struct sk_bytes line, const struct sk_params *base, struct sk_keyring *keys);

#endif
