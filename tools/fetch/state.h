/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The validators of what was got from each http source, kept beside the generations as
 * CACHE/fetch/HASH-OF-URL.
 *
 * They belong to what the current generation holds of the source, and are forgotten when that is
 * not what it was when they were kept. Losing them costs one full transfer, nothing else: so a
 * failure to keep them is not a failure of the run.
 */
#ifndef SEKISHO_TOOLS_FETCH_STATE_H
#define SEKISHO_TOOLS_FETCH_STATE_H

#include "core/cert.h"
#include "tools/fetch/plan.h"

/* digest: of the objects held of the source (held_digest()). Leaves *out empty when nothing that
 * fits is kept. */
void state_load(const char *cache_dir, const char *url, const uint8_t digest[SK_SHA256],
                struct fetch_validators *out);
void state_save(const char *cache_dir, const char *url, const uint8_t digest[SK_SHA256],
                const struct fetch_validators *validators);

#endif
