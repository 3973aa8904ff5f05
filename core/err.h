/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text that goes with a status: "object: what and why".
 *
 * The function that fails calls err_set() once; callers may put context in front with err_context()
 * while unwinding; the layer that ends the request prints it once. Every function here accepts a
 * NULL err and then only passes the status through. Not shared between threads.
 */
#ifndef SEKISHO_CORE_ERR_H
#define SEKISHO_CORE_ERR_H

#include "core/status.h"

struct sk_err {
    enum sk_status status; /* SK_OK until err_set() */
    char text[480];        /* NUL-terminated, cut when too long; peer bytes are escaped */
};

/* Empties err. A zeroed struct is already empty. */
void err_clear(struct sk_err *err);

/* Sets status and text, replacing what was there, and returns status. */
enum sk_status err_set(struct sk_err *err, enum sk_status status, const char *fmt, ...)
    SK_PRINTF(3, 4);

/* Like err_set() and appends OpenSSL's reason and its detail; empties OpenSSL's error queue of this
 * thread. */
enum sk_status err_openssl(struct sk_err *err, enum sk_status status, const char *fmt, ...)
    SK_PRINTF(3, 4);

/* Like err_set() with ": " and the text of errno appended. */
enum sk_status err_errno(struct sk_err *err, enum sk_status status, const char *fmt, ...)
    SK_PRINTF(3, 4);

/* Puts "fmt: " in front of the text and returns err's status (SK_INTERNAL when err is NULL). */
enum sk_status err_context(struct sk_err *err, const char *fmt, ...) SK_PRINTF(2, 3);

#endif
