/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A SoftHSM token of a test's own: a temporary folder with configuration, token store and PIN file.
 *
 * Sets SOFTHSM2_CONF of this process. The module is $SOFTHSM2_MODULE or the file of Debian's
 * package. What goes wrong here ends the test program.
 */
#ifndef SEKISHO_TEST_SUPPORT_SOFTHSM_H
#define SEKISHO_TEST_SUPPORT_SOFTHSM_H

#include <p11-kit/pkcs11.h>

#include "tools/signer/keystore.h"

#define SOFTHSM_PIN "test-4711"

struct softhsm {
    char *folder;   /* holds all of the below */
    char *module;   /* PKCS#11 module file */
    char *pin_file; /* the right PIN, mode 0600 */
    char *store;    /* directories.tokendir */
    char *token;    /* label of the first token */
};

/* Makes the folder and a token with this label. NULL when SoftHSM is missing. */
struct softhsm *softhsm_new(const char *token);
/* First line of a cmocka test: skips it when hsm is NULL, and fails it in CI (CI=true). */
void softhsm_need(const struct softhsm *hsm);
/* Removes the folder. Accepts NULL. */
void softhsm_free(struct softhsm *hsm);

/* One more token in the same store. */
void softhsm_add_token(const struct softhsm *hsm, const char *token);
/* Imports a private key (PKCS #8, PEM) with its public half. id: hexadecimal CKA_ID. */
void softhsm_import(const struct softhsm *hsm, const char *key_file, const char *label,
                    const char *id);

/* The module's own calls, as somebody else in this process would have them. */
CK_FUNCTION_LIST_PTR softhsm_calls(const struct softhsm *hsm);

/* A copy of the module in the folder, with a state of its own: its path; free() it. */
char *softhsm_copy_module(const struct softhsm *hsm, const char *name);

struct keystore_options softhsm_options(const struct softhsm *hsm, unsigned sessions);

/* Path of a file in the folder; free() it. */
char *softhsm_path(const struct softhsm *hsm, const char *name);
/* Writes a file in the folder with this mode and returns its path; free() it. */
char *softhsm_write(const struct softhsm *hsm, const char *name, const char *text, unsigned mode);

#endif
