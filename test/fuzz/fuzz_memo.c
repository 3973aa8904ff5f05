/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memo of finished answers against a model that forgets nothing.
 *
 * rooms: net cache policy core
 */
#include <stdio.h>
#include <stdlib.h>

#include "test/support/memo_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *fault = memo_model_run(bytes_of(data, size));

    if (fault != NULL) {
        (void)fprintf(stderr, "%s\n", fault);
        abort();
    }
    return 0;
}
