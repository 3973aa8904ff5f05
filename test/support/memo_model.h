/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Octets as a run of questions to a net/memo.h, watched by a model that forgets nothing.
 *
 * The model knows for each key what was kept last and when it ends. The memo may forget, but never
 * give what the model does not know, what has ended, or more than its bounds.
 */
#ifndef SEKISHO_TEST_MEMO_MODEL_H
#define SEKISHO_TEST_MEMO_MODEL_H

#include "core/bytes.h"

/* NULL: all held; otherwise what did not, static. */
const char *memo_model_run(struct sk_bytes script);

#endif
