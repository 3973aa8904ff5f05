/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files for tests: whole files into memory, and the files of a folder one by one.
 */
#ifndef SEKISHO_TEST_SUPPORT_FILES_H
#define SEKISHO_TEST_SUPPORT_FILES_H

#include "core/buf.h"

/* NIST's path validation suite and others, from Debian's python3-cryptography-vectors. */
#define FILES_VECTORS "/usr/lib/python3/dist-packages/cryptography_vectors/x509"
#define FILES_PKITS   FILES_VECTORS "/PKITS_data"

/* Reads a file; ends the test when it cannot. Free out with buf_done(). */
void files_read(const char *path, struct sk_buf *out);

/* Calls visit for each file of the folder (not below it) whose name ends in suffix, in no order;
 * returns how many there were. */
typedef void (*files_fn)(void *arg, const char *name, struct sk_bytes bytes);
size_t files_each(const char *folder, const char *suffix, files_fn visit, void *arg);

#endif
