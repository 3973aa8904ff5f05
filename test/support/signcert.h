/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Self-signed certificates for tests of signing keys. What goes wrong here ends the test program.
 */
#ifndef SEKISHO_TEST_SUPPORT_SIGNCERT_H
#define SEKISHO_TEST_SUPPORT_SIGNCERT_H

#include <openssl/x509.h>

/* Valid from 2023 to 2096, signed by key with this digest ("SHA256"). key_usage: as in OpenSSL's
 * configuration ("critical,digitalSignature"), NULL for none. */
X509 *signcert_new(EVP_PKEY *key, const char *digest, const char *key_usage);

/* The public half of key as an ordinary key, the way it stands in a certificate. */
EVP_PKEY *signcert_public(EVP_PKEY *key);

/* Writes certificates, up to NULL, as one PEM file. */
void signcert_write(const char *path, X509 *first, ...);

#endif
