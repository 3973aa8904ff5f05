/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The directory information tree of a generation: entries by DN, subtrees in order, and equality
 * indexes.
 *
 * Every ancestor of an entry exists, up to a suffix (a naming context); publish_entry() callers see
 * to that. Values point into the generation's map; an entry's lists are in the arena. Results are
 * valid while the reader's generation is referenced. All calls on a reader are of one thread.
 * Nothing blocks. Records are checked when they are read: SK_INPUT is a damaged one.
 */
#ifndef SEKISHO_CACHE_DIT_H
#define SEKISHO_CACHE_DIT_H

#include "cache/generation.h"
#include "core/dir_entry.h"

enum sk_status dit_get(struct sk_reader *reader, struct sk_arena *arena, const struct dir_key *key,
                       struct dir_entry *out) SK_MUST_CHECK;
/* How many RDNs of key the deepest entry on the way to it has (key->depth: it exists itself).
 * SK_NOTFOUND: none: it is below no suffix. */
enum sk_status dit_deepest(struct sk_reader *reader, const struct dir_key *key,
                           unsigned *out_depth) SK_MUST_CHECK;
/* The first referral object on the way from the first depth RDNs of key to key itself: nothing from
 * there on is of this server. SK_NOTFOUND: none. */
enum sk_status dit_referral(struct sk_reader *reader, const struct dir_key *key, unsigned depth,
                            struct dir_key *out) SK_MUST_CHECK;
/* The naming contexts, in order of their keys: visit each. dn is in the map. */
typedef enum sk_status (*dit_suffix_fn)(void *arg, struct sk_bytes dn);
enum sk_status dit_suffixes(struct sk_reader *reader, struct sk_arena *arena, dit_suffix_fn visit,
                            void *arg) SK_MUST_CHECK;
uint64_t dit_num_entries(const struct sk_reader *reader);

enum dit_scope { DIT_BASE = 0, DIT_ONE, DIT_SUB }; /* as SearchRequest.scope */
/* The keys in a scope, in order. The position is the last key that was given: plain data, so that a
 * search may pause for any time, and page (RFC 2696) with it as its cookie. dit_next() costs O(log
 * n), also for DIT_ONE over children with large subtrees. */
struct dit_walk {
    struct dir_key base;
    enum dit_scope scope;
    bool is_begun;
    struct dir_key last;
};
void dit_walk_init(struct dit_walk *walk, const struct dir_key *base, enum dit_scope scope);
/* SK_NOTFOUND at the end. */
enum sk_status dit_walk_next(struct sk_reader *reader, struct dit_walk *walk,
                             struct dir_key *out) SK_MUST_CHECK;

/* Is this type indexed? Of objectClass the index leaves out one value, top, that every entry has:
 * dit_index_next() finds none. */
bool dit_is_indexed(const struct dir_attribute *attribute);
/* The entries that may have this value, by its canonical form (dir_value_canon()), in ascending
 * order of key, of those after *after (NULL: from the first). A superset is possible, an omission
 * is not. SK_NOTFOUND: no more. An estimate for choosing among several: dit_index_count(), which
 * counts at most to max. */
enum sk_status dit_index_next(struct sk_reader *reader, const struct dir_attribute *attribute,
                              struct sk_bytes canon, const struct dir_key *after,
                              struct dir_key *out) SK_MUST_CHECK;
enum sk_status dit_index_count(struct sk_reader *reader, const struct dir_attribute *attribute,
                               struct sk_bytes canon, size_t max, size_t *out) SK_MUST_CHECK;

/* An attribute of an entry with a list that has ended, or that never says when it ends, and no
 * other one of the same issuer and scope that goes on. */
struct dit_stale {
    struct sk_bytes dn; /* in the map */
    const struct dir_attribute *attribute;
    int64_t next_update; /* CLOCK_NEVER: the list does not say */
};
typedef enum sk_status (*dit_stale_fn)(void *arg, const struct dit_stale *stale);
/* Visits those of before now, the oldest first. Costs what it visits. arena: room for an entry at a
 * time; the visit may reset it. */
enum sk_status dit_stale(struct sk_reader *reader, struct sk_arena *arena, int64_t now,
                         dit_stale_fn visit, void *arg) SK_MUST_CHECK;

#endif
