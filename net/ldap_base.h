/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finding the entry that a request names (RFC 4511 4.1.9, RFC 3296): itself, or who else to ask, or
 * how far its name leads.
 */
#ifndef SEKISHO_NET_LDAP_BASE_H
#define SEKISHO_NET_LDAP_BASE_H

#include "net/ldap_message.h"
#include "net/ldap_root.h"
#include "net/ldap_write.h"

enum ldap_base_kind { LDAP_BASE_TREE = 0, LDAP_BASE_ROOT, LDAP_BASE_SUBSCHEMA };

struct ldap_base {
    enum ldap_base_kind kind;
    struct dir_key key;
    struct dir_entry entry; /* in the arena and the map */
};

struct ldap_target {
    struct sk_bytes dn;
    bool manages_dsa_it;   /* ManageDsaIT: referral objects are entries like others */
    enum ldap_scope scope; /* of a search, for its referrals */
    bool is_search;
};

/* LDAP_SUCCESS: *out is filled. Else what *result is filled with: its texts are in the arena and in
 * the map. */
enum ldap_code ldap_base_find(const struct ldap_env *env, struct sk_arena *arena,
                              const struct ldap_target *target, struct ldap_base *out,
                              struct ldap_result *result);

/* The URLs of a referral object, for whoever asks about it: each with a DN (that of the object
 * where the URL has none), rest (RDNs below the object, p NULL: none) in front of it, and the scope
 * when scope_text is not NULL. *out_num is 0 when there is none that we can pass on. SK_LIMIT. */
enum sk_status ldap_base_urls(struct sk_arena *arena, const struct dir_entry *referral,
                              struct sk_bytes rest, const char *scope_text,
                              const struct sk_bytes **out, size_t *out_num) SK_MUST_CHECK;

/* Sets the result that a failure of ours means. */
enum ldap_code ldap_base_fail(enum sk_status status, struct ldap_result *result);

#endif
