/* SPDX-License-Identifier: Apache-2.0 */
/* rooms: policy core */
#include <assert.h>
#include <stdlib.h>

#include "policy/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void count_fault(void *arg, const char *line)
{
    size_t *count = arg;

    assert(line[0] != '\0' && strpbrk(line, "\n\r\t\x1b") == NULL);
    (*count)++;
}

/* Every refusal says why; what is accepted is whole. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sk_config *config = NULL;
    size_t faults = 0, i;
    enum sk_status status = config_parse("test/data/config/fuzz.conf", bytes_of(data, size),
                                         count_fault, &faults, &config);

    if ((status == SK_OK) != (faults == 0) || (status == SK_OK) != (config != NULL))
        abort();
    if (config == NULL)
        return 0;
    if (config->server.listen.num_values == 0 || config->server.cache == NULL)
        abort();
    for (i = 0; i < config->num_policies; i++) {
        if (config->policies[i].params.num_anchors == 0)
            abort();
    }
    config_free(config);
    return 0;
}
