/* SPDX-License-Identifier: Apache-2.0 */
#include "core/status.h"

const char *status_name(enum sk_status status)
{
    switch (status) {
    case SK_OK:
        return "ok";
    case SK_AGAIN:
        return "again";
    case SK_INPUT:
        return "input";
    case SK_LIMIT:
        return "limit";
    case SK_NOTFOUND:
        return "not-found";
    case SK_IO:
        return "io";
    case SK_CRYPTO:
        return "crypto";
    case SK_NOMEM:
        return "no-memory";
    case SK_INTERNAL:
        return "internal";
    }
    return "unknown";
}
