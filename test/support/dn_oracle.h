/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenLDAP's reader of distinguished names, ldap_str2dn(), as oracle of core/dir_dn.h.
 *
 * Where the two differ on purpose:
 * - An "OID." prefix (RFC 1779, 2253 4) is taken here.
 * - In a quoted value, a hexadecimal pair is decoded and a wrong escape refused here (RFC 2253 3:
 *   pair); there any backslash is only taken away.
 * - A backslash before a blank other than SPACE is refused here (RFC 4514 3: special).
 * - An attribute type with options is refused here; there the option is thrown away.
 * - A single number, or an arc with a zero in front, is no OID here (RFC 4512 1.4); nor is what
 *   core/oid.h cannot encode.
 * - "#hex" must be one DER value here; there any octets do (and what they hold is only guessed).
 * - Blanks at the end of a value are kept there when they are no SPACE or stand behind an escaped
 *   backslash; that shows only where values are compared by their octets.
 * - Types must be known, values must be UTF-8, and no type may stand twice in an RDN.
 */
#ifndef SEKISHO_TEST_SUPPORT_DN_ORACLE_H
#define SEKISHO_TEST_SUPPORT_DN_ORACLE_H

#include "core/dir_dn.h"

struct dn_oracle {
    bool is_ours, is_theirs; /* who takes the text */
    const char *fault;       /* NULL: they agree, or differ as above */
};
/* Does text hold a code point that RFC 4518 2.4 prohibits? Then core/name.h compares values by
 * their octets, string type and blanks included, and neither text nor libldap tells the right ones.
 */
bool dn_oracle_is_by_octets(struct sk_bytes utf8);
struct dn_oracle dn_oracle_ask(struct sk_arena *arena, const char *text);

#endif
