/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shared by the extension_*.c files alone.
 */
#ifndef SEKISHO_TOOLS_CA_EXTENSION_INT_H
#define SEKISHO_TOOLS_CA_EXTENSION_INT_H

#include "tools/ca/extension.h"

enum sk_status extension_no_memory(struct sk_err *err);
/* Encodes value (of nid's own type) and adds it. */
enum sk_status extension_add(X509 *cert, int nid, void *value, bool is_critical,
                             struct sk_err *err) SK_MUST_CHECK;
/* NULL when out of memory. */
ASN1_INTEGER *extension_integer(long value);

#endif
