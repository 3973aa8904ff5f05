/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificates, CRLs and OCSP responses from files, PEM or DER, and from folders of such files.
 */
#ifndef SEKISHO_TOOLS_VERIFY_LOAD_H
#define SEKISHO_TOOLS_VERIFY_LOAD_H

#include "core/bytes.h"
#include "core/err.h"

enum load_kind { LOAD_CERT = 1, LOAD_CRL, LOAD_OCSP };

/* Called for each object; der lives until it returns. Anything but SK_OK ends the loading. */
typedef enum sk_status (*load_fn)(void *arg, const char *file, struct sk_bytes der,
                                  struct sk_err *err);

/* The objects of a kind in one file: PEM blocks of that kind, or the whole file as DER. SK_INPUT:
 * there is none. SK_IO: unreadable. SK_LIMIT: too large. */
enum sk_status load_file(const char *file, enum load_kind kind, load_fn visit, void *arg,
                         struct sk_err *err) SK_MUST_CHECK;
/* A file, or the regular files of a folder in order of name (not below it, no dot files); in a
 * folder, files without an object of the kind are passed over. */
enum sk_status load_path(const char *path, enum load_kind kind, load_fn visit, void *arg,
                         struct sk_err *err) SK_MUST_CHECK;

#endif
