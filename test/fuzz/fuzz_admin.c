/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What sekisho-ctl asks. An accepted line has a command, and an id exactly where one belongs.
 *
 * rooms: net cache policy core
 */
#include <stdlib.h>

#include "net/admin_ask.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct admin_ask ask;
    struct sk_err err = {0};

    if (admin_ask_read(bytes_of(data, size), &ask, &err) != SK_OK)
        return 0;
    if (ask.command < ADMIN_STATUS || ask.command > ADMIN_STATS || size > ADMIN_LINE_BYTES)
        abort();
    if ((ask.command == ADMIN_WHY) != (ask.id[0] != '\0'))
        abort();
    return 0;
}
