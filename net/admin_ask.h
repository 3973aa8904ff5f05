/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What sekisho-ctl asks: one line of JSON, {"command":"why","id":"..."}. Pure.
 */
#ifndef SEKISHO_NET_ADMIN_ASK_H
#define SEKISHO_NET_ADMIN_ASK_H

#include "core/bytes.h"
#include "core/err.h"
#include "core/limits.h"

enum { ADMIN_LINE_BYTES = 512 };

enum admin_command { ADMIN_STATUS = 1, ADMIN_RELOAD, ADMIN_WHY, ADMIN_STATS };

struct admin_ask {
    enum admin_command command;
    char id[LIMIT_HTTP_ID_BYTES + 1]; /* ADMIN_WHY */
};

/* line: without its end, at most ADMIN_LINE_BYTES. SK_INPUT with text. */
enum sk_status admin_ask_read(struct sk_bytes line, struct admin_ask *out,
                              struct sk_err *err) SK_MUST_CHECK;

#endif
