/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the load goes: http://ADDRESS:PORT/PATH of this machine. ADDRESS is written in digits and
 * is in 127.0.0.0/8 or
 * [::1]; nothing else is accepted, so this program cannot be turned against somebody else's server.
 */
#ifndef SEKISHO_TOOLS_BENCH_TARGET_H
#define SEKISHO_TOOLS_BENCH_TARGET_H

#include <sys/socket.h>

#include "core/err.h"

struct target {
    struct sockaddr_storage address;
    socklen_t address_len;
    char host[64];    /* as it stands in the address, for the Host field */
    const char *path; /* borrowed from the text; begins with '/' */
};

enum sk_status target_parse(const char *url, struct target *out, struct sk_err *err) SK_MUST_CHECK;

#endif
