/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compare (RFC 4511 4.10).
 */
#ifndef SEKISHO_NET_LDAP_COMPARE_H
#define SEKISHO_NET_LDAP_COMPARE_H

#include "net/ldap_root.h"
#include "net/ldap_write.h"

/* request: decoded, without a fault. The texts of *out are in the arena, which is reset, and in the
 * map. */
void ldap_compare(const struct ldap_env *env, struct sk_arena *arena,
                  const struct ldap_request *request, struct ldap_result *out);

#endif
