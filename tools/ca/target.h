/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The certificate an operator means: by serial number, or by a copy of it in a file.
 */
#ifndef SEKISHO_TOOLS_CA_TARGET_H
#define SEKISHO_TOOLS_CA_TARGET_H

#include "tools/ca/ca.h"

struct target {
    char serial[SERIAL_TEXT];
    enum register_role role;
    enum register_state state;
    int64_t revoked_at;
    enum crl_reason reason;
    struct sk_buf der; /* owned */
};

/* operand: 32 hexadecimal digits of either case, else a file (PEM or DER) whose certificate must be
 * octet for octet the one registered. SK_NOTFOUND when this CA did not issue it. */
enum sk_status target_find(struct sk_ca *ca, const char *operand, struct target *out,
                           struct sk_err *err) SK_MUST_CHECK;
void target_done(struct target *target); /* harmless on a zeroed struct */

#endif
