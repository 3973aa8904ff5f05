/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of the CA: read whole under a cap, written whole or not at all.
 */
#ifndef SEKISHO_TOOLS_CA_FILE_H
#define SEKISHO_TOOLS_CA_FILE_H

#include <sys/types.h>

#include "core/buf.h"
#include "core/err.h"

/* Appends the file's contents to out; out's maximum is the cap (SK_LIMIT past it). SK_IO. */
enum sk_status file_read(const char *file, struct sk_buf *out, struct sk_err *err) SK_MUST_CHECK;

/* Writes beside the file, syncs, renames over it and syncs the directory: after a crash there is
 * the old file or the new one. The file is readable by everybody. */
enum sk_status file_replace(const char *file, struct sk_bytes contents,
                            struct sk_err *err) SK_MUST_CHECK;

/* Makes one directory with exactly this mode; one that exists is left as it is. */
enum sk_status file_make_dir(const char *dir, mode_t mode, struct sk_err *err) SK_MUST_CHECK;

/* "a/b", to be freed; NULL when out of memory. */
char *file_join(const char *a, const char *b);

#endif
