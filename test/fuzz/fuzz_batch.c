/* SPDX-License-Identifier: Apache-2.0 */
/* rooms: tools/verify net policy core */
/* A batch line, with small budgets: any bytes give an answer with a verdict or an error. */
#include <stdlib.h>

#include "tools/verify/batch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sk_keyring *keys = keyring_new(8);
    struct sk_params params;
    json_t *answer;

    params_init(&params);
    params.budget.max_cpu_ms = 0;
    params.budget.max_steps = 500;
    params.budget.max_paths = 16;
    params.budget.max_signatures = 16;
    answer = batch_answer(bytes_of(data, size), size % 2 ? &params : NULL, keys);
    if (answer == NULL ||
        (json_object_get(answer, "verdict") == NULL) == (json_object_get(answer, "error") == NULL))
        abort();
    json_decref(answer);
    keyring_free(keys);
    return 0;
}
