/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The status of every function that can fail.
 *
 * A status says what the caller can do about it; the text of what happened is in struct sk_err.
 * A verdict ("revoked", "no path") is data and never a status.
 */
#ifndef SEKISHO_CORE_STATUS_H
#define SEKISHO_CORE_STATUS_H

#define SK_MUST_CHECK         __attribute__((warn_unused_result))
#define SK_PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))

enum sk_status {
    SK_OK = 0,
    SK_AGAIN,    /* not now: more bytes, or a later call, are needed */
    SK_INPUT,    /* the peer's or the operator's bytes are wrong */
    SK_LIMIT,    /* one of our own caps (core/limits.h) or budgets was reached */
    SK_NOTFOUND, /* asked for something that does not exist */
    SK_IO,       /* the operating system refused: file, socket, map */
    SK_CRYPTO,   /* OpenSSL or the token refused */
    SK_NOMEM,    /* no memory */
    SK_INTERNAL, /* our own bug */
};

/* A short English name of a status ("input", "limit" ...). Never NULL. */
const char *status_name(enum sk_status status);

#endif
