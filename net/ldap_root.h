/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The entries that the server has of itself: the root DSE (RFC 4512 5.1) and the subschema
 * (RFC 4512 4.2).
 */
#ifndef SEKISHO_NET_LDAP_ROOT_H
#define SEKISHO_NET_LDAP_ROOT_H

#include "cache/dit.h"
#include "policy/config.h"

#define LDAP_SUBSCHEMA_DN "cn=Subschema"

/* What requests are answered with. */
struct ldap_env {
    const struct config_ldap *config;
    struct sk_reader *reader; /* NULL: nothing is published */
    bool offers_tls;          /* StartTLS is there, and not done yet */
};

/* Both made in the arena. SK_LIMIT; SK_INPUT: a damaged generation. */
enum sk_status ldap_root_dse(const struct ldap_env *env, struct sk_arena *arena,
                             struct dir_entry *out) SK_MUST_CHECK;
enum sk_status ldap_root_subschema(struct sk_arena *arena, struct dir_entry *out) SK_MUST_CHECK;

#endif
