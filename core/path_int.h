/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The graph above a target: names, the certificates that bear them, and how far each name is from a
 * trust anchor. Shared by path_graph.c (gathers), path_reach.c (asks for keys), path_prune.c (cuts)
 * and path.c (walks).
 */
#ifndef SEKISHO_CORE_PATH_INT_H
#define SEKISHO_CORE_PATH_INT_H

#include "core/path.h"

#define GRAPH_FAR UINT_MAX /* no anchor can be reached */

/* A certificate that may stand in a path. */
struct graph_node {
    const struct sk_cert *cert;
    struct graph_name *subject, *issuer; /* the name it bears, the name that issued it */
    struct graph_key *key;               /* with the name it bears; NULL before graph_reach() */
    struct graph_node *next_issued;      /* by the same issuer */
    bool is_hopeless; /* whatever stands around it, RFC 5280 6.1 refuses it as an issuer */
    bool constraints_looked_at, constraints_refuse; /* graph_refuses_target() */
    const struct sk_cert *revoked_below; /* revoked where it stands below this name and key */
    bool is_dead;                        /* so it is below each of its possible issuers */
    struct graph_choice *choices; /* its possible issuers in order; NULL until first asked for */
    size_t num_choices;
};

/* One key of a name, as graph_reach() looks at it. */
struct graph_key {
    const struct sk_cert *cert; /* any that has it */
    struct graph_name *name;
    bool is_anchor;     /* an allowed anchor has it */
    bool may_sign_crls; /* as each of its nodes says */
    bool is_reached[2]; /* from an anchor; [0] and [1] as distance */
    struct graph_key *next, *next_reached;
};

/* All certificates of one subject name. */
struct graph_name {
    uint8_t hash[SK_SHA256];
    struct sk_bytes canon;
    struct graph_node **nodes;
    size_t num_nodes, cap_nodes;
    struct graph_node *issued;              /* what it issued, the target not counted */
    const struct sk_anchor *const *anchors; /* of this name, allowed or not, sorted by key */
    size_t num_anchors;
    bool has_anchor; /* an allowed anchor has this name */
    bool was_listed; /* its nodes have been looked at as issuers: from now on that is paid again */
    /* Fewest certificates between a certificate issued by this name and an anchor: 0 when an
     * anchor has the name. [0] counts only nodes with hope that are not dead, [1] all. */
    unsigned distance[2];
    struct graph_key *keys;      /* of nodes and allowed anchors; NULL before graph_reach() */
    struct graph_name *below[2]; /* names found later, by the next bit of their hashes */
    struct graph_name *next;     /* in order of discovery */
    struct graph_name *next_due; /* whose neighbours get their distance next */
};

/* One possible issuer of a node: an anchor or another node. */
struct graph_choice {
    const struct sk_anchor *anchor; /* or NULL */
    struct graph_node *node;        /* when anchor is NULL */
    const struct sk_cert *cert;     /* of either */
    unsigned rank;                  /* smaller is more likely */
};

struct path_graph {
    struct sk_job *job;
    const struct sk_anchor *only_anchor; /* NULL: all of job->params */
    const struct path_scope *scope;      /* while it is built; NULL: everything counts */
    struct graph_name *names; /* a trie: as deep as hashes agree, however they are chosen */
    struct graph_name *first, **tail;
    struct graph_node target;
    bool has_keys, is_reach_known[2]; /* graph_reach() */
    unsigned num_constraint_looks;
};

/* May a path start from anchor? */
bool graph_allows(const struct path_graph *graph, const struct sk_anchor *anchor);
/* Gathers everything above target, of what scope allows if there is one, and measures distances. */
enum sk_status graph_build(struct path_graph *graph, struct sk_job *job,
                           const struct sk_cert *target, const struct sk_anchor *only_anchor,
                           const struct path_scope *scope) SK_MUST_CHECK;
/* Measures distance[0] anew, after a node has died. */
void graph_measure(struct path_graph *graph);
/* Finds out which keys an anchor reaches over signatures, with at most half of what the job may
 * still spend: SK_OK also when that was not enough and nothing is known. kind: as distance. */
enum sk_status graph_reach(struct path_graph *graph, int kind) SK_MUST_CHECK;
/* May an anchor reach the key of node, not the target? */
bool graph_is_reached(const struct path_graph *graph, const struct graph_node *node, int kind);
/* Fills node->choices. with_hopeless: also what 6.1 is sure to refuse. */
enum sk_status graph_choices(struct path_graph *graph, struct graph_node *node,
                             bool with_hopeless) SK_MUST_CHECK;
/* What the AKI of a certificate says of its issuer, read once for all candidates. */
enum { HINT_NAMES = 2 };
struct graph_hint {
    const struct sk_cert *child;
    struct sk_bytes issuers[HINT_NAMES]; /* authorityCertIssuer, canonical */
    size_t num_issuers;
};
void graph_hint_init(const struct path_graph *graph, const struct sk_cert *child,
                     struct graph_hint *out);
/* The rank of issuer as the issuer of the hint's child, distance and anchor not counted. */
unsigned graph_rank(const struct path_graph *graph, const struct graph_hint *hint,
                    const struct graph_node *issuer);

/* Which policies a certificate must bring down to the one below it, for the valid_policy_tree not
 * to be NULL at the target. */
enum { NEED_POLICIES = 16 };
struct policy_need {
    bool is_null; /* none will do: it is NULL, whatever stands above */
    bool is_any;  /* any will do, or they are too many to tell */
    size_t num;
    struct sk_bytes policies[NEED_POLICIES];
};
void policy_need_of_target(struct sk_job *job, const struct sk_cert *target,
                           struct policy_need *out);
/* What cert must be given when below is what it must give. Pays steps by the length of what it
 * reads: a job that cannot is exhausted. */
void policy_need_above(struct sk_job *job, const struct policy_need *below,
                       const struct sk_cert *cert, struct policy_need *out);
/* The nameConstraints of node refuse the target, so every path through node fails. Looked at once,
 * and only while it is cheap. */
bool graph_refuses_target(struct path_graph *graph, struct graph_node *node);
/* Is node known to be revoked in every path in which choice stands above it? */
bool graph_is_revoked(const struct graph_node *node, const struct graph_choice *choice);

#endif
