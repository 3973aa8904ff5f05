/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private keys behind one interface: a PKCS#11 token, or PEM files on disk.
 *
 * A key is an EVP_PKEY that signs (X509_sign, X509_CRL_sign, EVP_DigestSign, CMS): for a token,
 * through a small provider of our own in its own OSSL_LIB_CTX, so the private key never leaves the
 * token. Lost sessions are rebuilt, logged in again and the signature retried once. Initialise only
 * after fork, in the one process that signs. A store and its keys may be used by several threads;
 * close the store after its keys are freed. Compare keys of two stores by their public halves
 * (EVP_PKEY_eq() finds no common ground between two contexts).
 */
#ifndef SEKISHO_TOOLS_SIGNER_KEYSTORE_H
#define SEKISHO_TOOLS_SIGNER_KEYSTORE_H

#include <openssl/evp.h>

#include "core/bytes.h"
#include "core/err.h"

struct sk_keystore;

/* Where the PIN comes from: a file, or the descriptor of pin_prompt(). */
struct keystore_pin {
    const char *file;   /* its first line is the PIN (at most LIMIT_PIN_BYTES); mode 600 or 400 */
    bool is_credential; /* the file is a credential of the service manager: mode 440 too */
    int fd;             /* when file is NULL; 0: none */
};

struct keystore_options {
    const char *module; /* PKCS#11 module file; NULL: keys are PEM files */
    const char *token;  /* token label, or a URI (RFC 7512) that tells the token */
    struct keystore_pin pin;
    unsigned sessions; /* signing sessions kept open, 0 means 1 */
    bool allow_absent; /* open although the token is away or refuses: it is tried again at
                          later acts, at most once a second */
};

/* Loads the module, finds the token, logs in. SK_NOTFOUND: no such token; SK_CRYPTO: the token
 * refused (the text says the PKCS#11 code by name); SK_IO: module or PIN file. For PEM files only
 * remembers the choice. */
enum sk_status keystore_open(const struct keystore_options *options, struct sk_keystore **out,
                             struct sk_err *err) SK_MUST_CHECK;
void keystore_close(struct sk_keystore *store); /* accepts NULL */

/* The key with this label or of this URI's object and id (token), or in this file (PEM,
 * unencrypted, not readable by group or others). Free with EVP_PKEY_free(). SK_NOTFOUND; SK_INPUT
 * when several keys fit. */
enum sk_status keystore_key(struct sk_keystore *store, const char *label, EVP_PKEY **out,
                            struct sk_err *err) SK_MUST_CHECK;

/* "rsa:2048", "rsa:3072", "rsa:4096", "ec:P-256", "ec:P-384". Private key non-extractable and
 * sensitive in a token; a new file with mode 0600 else. SK_INPUT: the label is taken, or the
 * algorithm unknown. */
enum sk_status keystore_generate(struct sk_keystore *store, const char *label,
                                 const char *algorithm, EVP_PKEY **out,
                                 struct sk_err *err) SK_MUST_CHECK;

/* Context in which the keys live: pass it to X509_sign_ctx-like calls that fetch by context. NULL
 * for PEM files (default). */
OSSL_LIB_CTX *keystore_libctx(const struct sk_keystore *store);

/* True when the token answers and is logged in (a random number is asked of it), else err says why.
 * PEM files: true. */
bool keystore_is_healthy(struct sk_keystore *store, struct sk_err *err);

/* Changes when a lost token has come back and its keys were found anew: by their names, so what
 * they sign with has to be proved again. PEM files: 0. */
uint64_t keystore_generation(struct sk_keystore *store);

/* For texts: the token, or "key files". */
const char *keystore_name(const struct keystore_options *options);

#endif
