/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The entries of the directory that a run makes itself: of CAs, distribution points and end
 * entities, and whatever stands above them. Entries of LDIF files go by (import.h), but for those
 * that stand here too.
 */
#ifndef SEKISHO_TOOLS_FETCH_TREE_H
#define SEKISHO_TOOLS_FETCH_TREE_H

#include "cache/publish.h"
#include "policy/config.h"
#include "tools/fetch/report.h"

enum { /* what an entry is for; these attributes are not taken from LDIF */
       TREE_CA = 1u << 0,
       TREE_POINT = 1u << 1, /* of a distribution point */
       TREE_USER = 1u << 2,
};

struct tree_value {
    struct tree_value *next;
    struct sk_bytes value;
};

struct tree_attribute {
    struct tree_attribute *next;
    const struct dir_attribute *type;
    struct tree_value *first, *last;
    size_t num;
};

struct tree_node {
    struct dir_key key;
    struct sk_bytes dn;
    unsigned marks;
    bool is_imported; /* an entry of an LDIF file is in it */
    struct tree_attribute *attributes;
};

struct tree {
    struct sk_arena *arena; /* borrowed */
    struct report *report;  /* borrowed */
    struct tree_node **nodes;
    size_t num, cap;
    struct tree_node **slots; /* open hash by key */
    size_t num_slots;
    struct dir_key *suffixes; /* of the configuration; none: any name */
    size_t num_suffixes;
};

/* Makes the entries of the configured naming contexts. SK_NOMEM. */
enum sk_status tree_init(struct tree *tree, const struct config_repository *config,
                         struct sk_arena *arena, struct report *report,
                         struct sk_err *err) SK_MUST_CHECK;
void tree_done(struct tree *tree);

bool tree_is_inside(const struct tree *tree, const struct dir_key *key);
/* NULL: none. */
struct tree_node *tree_find(const struct tree *tree, const struct dir_key *key);
/* The entry of this name, made with all that stand above it when it is not there. SK_INPUT,
 * SK_LIMIT: not a name that an entry may have; SK_NOTFOUND: outside every naming context; err says
 * so. */
enum sk_status tree_node(struct tree *tree, struct sk_bytes dn, unsigned marks,
                         struct tree_node **out, struct sk_err *err) SK_MUST_CHECK;
/* Adds a value, borrowed, unless it is there. SK_NOMEM. */
enum sk_status tree_put(struct tree *tree, struct tree_node *node, const struct dir_attribute *type,
                        struct sk_bytes value) SK_MUST_CHECK;
/* Is this attribute of the entry what the run knows itself? */
bool tree_owns(const struct tree_node *node, const struct dir_attribute *type);

/* Without looking for an equal value. */
enum sk_status tree_append(struct tree *tree, struct tree_node *node,
                           const struct dir_attribute *type, struct sk_bytes value) SK_MUST_CHECK;
/* The node as an entry, in the tree's arena, with the classes it lacks (classes.h). SK_NOMEM. */
enum sk_status tree_entry(struct tree *tree, struct tree_node *node,
                          struct dir_entry *out) SK_MUST_CHECK;

/* Publishes all of them. One that is past a cap is told and published with nothing but its name,
 * for others may stand below it; any other failure ends the run. */
enum sk_status tree_publish(struct tree *tree, struct sk_publish *pub,
                            struct sk_err *err) SK_MUST_CHECK;

#endif
