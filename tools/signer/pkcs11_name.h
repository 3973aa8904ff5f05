/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PKCS#11 return values for messages and for the decision to try again.
 */
#ifndef SEKISHO_TOOLS_SIGNER_PKCS11_NAME_H
#define SEKISHO_TOOLS_SIGNER_PKCS11_NAME_H

#include <stdbool.h>

#include <p11-kit/pkcs11.h>

enum { PKCS11_NAME_TEXT = 48 };

/* "CKR_PIN_INCORRECT", or "CKR 0x80000001" for a code without a name. Returns out. */
const char *pkcs11_name(CK_RV rv, char out[PKCS11_NAME_TEXT]);

/* True when the code means that sessions, log-in or handles are gone and a new start may help. */
bool pkcs11_name_is_lost(CK_RV rv);

/* True when the token refused the PIN itself: the same PIN must not be offered again, tokens count
 * wrong ones and lock. */
bool pkcs11_name_is_pin(CK_RV rv);

#endif
