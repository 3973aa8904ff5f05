/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small files read whole: configuration, certificates, keys' public parts.
 *
 * Only regular files are read, so a name can neither block (FIFO, terminal) nor have no end.
 */
#ifndef SEKISHO_POLICY_FILE_H
#define SEKISHO_POLICY_FILE_H

#include "core/buf.h"
#include "core/err.h"

/* Appends the file's octets to out. SK_IO: cannot be read, or not a regular file; SK_LIMIT: more
 * than out may still take; SK_NOMEM. The text of err begins with the name. */
enum sk_status file_read(const char *name, struct sk_buf *out, struct sk_err *err) SK_MUST_CHECK;

#endif
