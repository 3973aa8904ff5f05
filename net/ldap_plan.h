/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which entries a search looks at: all of its scope, or those that an index gives.
 *
 * An equality that is indexed gives the entries that may have the value. An AND needs only one of
 * its parts to be so (the one with the fewest entries), an OR all of them. Whatever the plan, the
 * filter is evaluated on each candidate: the plan leaves nothing out and decides nothing.
 * Candidates come in order of their keys, each once, so that their last key is a position to go on
 * from.
 */
#ifndef SEKISHO_NET_LDAP_PLAN_H
#define SEKISHO_NET_LDAP_PLAN_H

#include "cache/dit.h"
#include "core/dir_filter.h"

enum { LDAP_PLAN_VALUES = 64 }; /* index values of one plan; a filter with more walks the scope */

struct ldap_plan_value { /* one value of one index */
    const struct dir_attribute *attribute;
    struct sk_bytes canon; /* in the search's arena */
    bool has_next, is_over;
    struct dir_key next;
};

struct ldap_plan {
    struct dir_key base;
    enum dit_scope scope;
    bool is_walk;
    struct dit_walk walk; /* when is_walk */
    struct ldap_plan_value *values;
    size_t num_values;
    bool has_last;
    struct dir_key last; /* the last one that was given */
};

/* with_referrals: referral objects are candidates in any case. after: candidates behind it only;
 * NULL: all. SK_LIMIT: no room in the arena; SK_INPUT: a damaged generation. */
enum sk_status ldap_plan_init(struct ldap_plan *plan, struct sk_reader *reader,
                              struct sk_arena *arena, const struct dir_filter *filter,
                              bool with_referrals, const struct dir_key *after) SK_MUST_CHECK;
/* The next candidate in the scope. SK_NOTFOUND: there is none. SK_AGAIN: *io_work is more than max:
 * call again. Whatever is looked at is added to *io_work. */
enum sk_status ldap_plan_next(struct ldap_plan *plan, struct sk_reader *reader, uint64_t max,
                              uint64_t *io_work, struct dir_key *out) SK_MUST_CHECK;

#endif
