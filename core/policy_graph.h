/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificate policies of a path (RFC 5280 6.1.3(d)-(e), 6.1.4(a)-(b), 6.1.5(g)).
 *
 * RFC 5280 grows a tree that hostile mappings make exponential. Here it is a graph (RFC 9618): at
 * each depth one node per valid_policy, with edges to all the parents that expect it, so that its
 * size is that of the extensions read. All nodes of the tree with the same depth and valid_policy
 * have the same expected_policy_set and the same descendants, therefore the results are the same.
 *
 * Use: policy_graph_new(); for each certificate policy_graph_extend(), and for each but the last
 * policy_graph_map(); then policy_graph_sets(). OIDs are contents, borrowed; memory is the job's
 * arena; each node pays job_spend_policy_node(). Qualifiers are not kept: no answer we give holds
 * them. Internal to core/ and its tests.
 */
#ifndef SEKISHO_CORE_POLICY_GRAPH_H
#define SEKISHO_CORE_POLICY_GRAPH_H

#include "core/job.h"

struct policy_graph;

struct policy_pair { /* one mapping of policyMappings */
    struct sk_bytes issuer_policy, subject_policy;
};
struct policy_set { /* sorted by bytes_compare(), each once */
    struct sk_bytes *oids;
    size_t num;
};

/* The graph of depth 0: anyPolicy alone. SK_LIMIT. */
enum sk_status policy_graph_new(struct sk_job *job, struct policy_graph **out) SK_MUST_CHECK;

/* 6.1.3(d)-(e): the next depth, from the policies of the next certificate; none: the extension is
 * absent. any_counts: anyPolicy among them is processed (V-52). SK_INPUT: a policy stands there
 * twice (V-64). SK_LIMIT. */
enum sk_status policy_graph_extend(struct policy_graph *graph, const struct sk_bytes *policies,
                                   size_t num_policies, bool any_counts) SK_MUST_CHECK;

/* 6.1.4(a)-(b): applies the mappings of the certificate just extended by. is_allowed: the
 * policy_mapping variable is above 0; else mapped policies go. SK_INPUT: anyPolicy is mapped
 * (V-53). SK_LIMIT. */
enum sk_status policy_graph_map(struct policy_graph *graph, const struct policy_pair *pairs,
                                size_t num_pairs, bool is_allowed) SK_MUST_CHECK;

/* The valid_policy_tree is NULL. */
bool policy_graph_is_null(const struct policy_graph *graph);

/* 6.1.5(g) after the last certificate: the authority-constrained-policy-set, and its intersection
 * with the user's set (none, or one that holds anyPolicy: any-policy), in the relying party's
 * domain (V-62). anyPolicy in a result stands for itself. SK_LIMIT. */
enum sk_status policy_graph_sets(struct policy_graph *graph, const struct sk_bytes *user_policies,
                                 size_t num_user_policies, struct policy_set *out_authority,
                                 struct policy_set *out_user) SK_MUST_CHECK;

#endif
