/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private keys in PEM files: for small installations and for tests.
 *
 * A file is used only when it is regular and closed to group and others; encrypted files are
 * refused, a passphrase beside the file would protect nothing.
 */
#ifndef SEKISHO_TOOLS_SIGNER_SOFTKEY_H
#define SEKISHO_TOOLS_SIGNER_SOFTKEY_H

#include <openssl/evp.h>

#include "core/err.h"

/* SK_NOTFOUND: no such file; SK_IO; SK_INPUT: not one PEM private key, RSA or EC. */
enum sk_status softkey_load(const char *file, EVP_PKEY **out, struct sk_err *err) SK_MUST_CHECK;

/* Makes the key and writes it (PKCS #8, mode 0600) to a new file. */
enum sk_status softkey_generate(const char *file, const char *algorithm, EVP_PKEY **out,
                                struct sk_err *err) SK_MUST_CHECK;

#endif
