/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy_graph.h"

#include <stdlib.h>

/* What a node of one depth expects in the next certificate. Sorted by policy: all the parents of
 * one child are neighbours, so an edge list is a range of this array. */
struct expectation {
    struct sk_bytes policy;
    size_t node; /* index in the nodes of the same depth */
};

struct range { /* of the expectations one depth above */
    size_t first, num;
};

struct node {
    struct sk_bytes policy; /* valid_policy */
    struct range parents;
    bool is_live; /* has a descendant at the last depth; set by policy_graph_sets() */
};

struct level {
    struct level *above; /* depth - 1; NULL at depth 0 */
    struct node *nodes;  /* sorted by policy until policy_graph_map() adds some */
    size_t num_nodes;
    struct expectation *expects;
    size_t num_expects;
    bool is_mapped; /* expects is filled */
};

struct policy_graph {
    struct sk_job *job;
    struct level *last;
    bool is_null; /* stays so once it is */
};

static int compare_oids(const void *a, const void *b)
{
    return bytes_compare(*(const struct sk_bytes *)a, *(const struct sk_bytes *)b);
}

static int compare_pairs(const void *a, const void *b)
{
    const struct policy_pair *x = a, *y = b;
    int order = bytes_compare(x->issuer_policy, y->issuer_policy);

    return order != 0 ? order : bytes_compare(x->subject_policy, y->subject_policy);
}

static int compare_expectations(const void *a, const void *b)
{
    const struct expectation *x = a, *y = b;
    int order = bytes_compare(x->policy, y->policy);

    return order != 0 ? order : (x->node > y->node) - (x->node < y->node);
}

/* In every array searched here the policy stands first in the element. */
static size_t lower_bound(const void *array, size_t num, size_t size, struct sk_bytes policy)
{
    size_t low = 0, high = num;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        const void *element = (const uint8_t *)array + mid * size;

        if (bytes_compare(*(const struct sk_bytes *)element, policy) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static struct range range_of(const void *array, size_t num, size_t size, struct sk_bytes policy)
{
    struct range r = {lower_bound(array, num, size, policy), 0};

    while (r.first + r.num < num &&
           bytes_equal(*(const struct sk_bytes *)(const void *)((const uint8_t *)array +
                                                                (r.first + r.num) * size),
                       policy))
        r.num++;
    return r;
}

static struct range expecting(const struct level *level, struct sk_bytes policy)
{
    return range_of(level->expects, level->num_expects, sizeof(*level->expects), policy);
}

static bool set_has(const struct policy_set *set, struct sk_bytes policy)
{
    return range_of(set->oids, set->num, sizeof(*set->oids), policy).num > 0;
}

/* A sorted copy; *out_has_double tells whether anything stood there twice, which is then once. */
static enum sk_status set_copy(struct sk_job *job, const struct sk_bytes *oids, size_t num,
                               struct policy_set *out, bool *out_has_double)
{
    struct policy_set set = {job_alloc(job, num, sizeof(*oids)), 0};
    size_t i;

    if (set.oids == NULL)
        return SK_LIMIT;
    if (num > 0) {
        memcpy(set.oids, oids, num * sizeof(*oids));
        qsort(set.oids, num, sizeof(*oids), compare_oids);
    }
    for (i = 0; i < num; i++) {
        if (set.num == 0 || !bytes_equal(set.oids[set.num - 1], set.oids[i]))
            set.oids[set.num++] = set.oids[i];
    }
    *out_has_double = set.num != num;
    *out = set;
    return SK_OK;
}

static enum sk_status add_node(struct policy_graph *graph, struct level *level,
                               struct sk_bytes policy, struct range parents)
{
    if (!job_spend_policy_node(graph->job))
        return SK_LIMIT;
    level->nodes[level->num_nodes++] = (struct node){.policy = policy, .parents = parents};
    return SK_OK;
}

enum sk_status policy_graph_new(struct sk_job *job, struct policy_graph **out)
{
    struct policy_graph *graph = job_alloc(job, 1, sizeof(*graph));
    struct level *root = job_alloc(job, 1, sizeof(*root));

    if (graph == NULL || root == NULL)
        return SK_LIMIT;
    root->nodes = job_alloc(job, 1, sizeof(*root->nodes));
    if (root->nodes == NULL)
        return SK_LIMIT;
    graph->job = job;
    graph->last = root;
    if (add_node(graph, root, oid_bytes(OID_ANY_POLICY), (struct range){0, 0}) != SK_OK)
        return SK_LIMIT;
    *out = graph;
    return SK_OK;
}

bool policy_graph_is_null(const struct policy_graph *graph)
{
    return graph->is_null;
}

/* 6.1.3(d)(1): a child under the nodes that expect the policy, else under anyPolicy. */
static enum sk_status extend_named(struct policy_graph *graph, struct level *level,
                                   const struct policy_set *policies)
{
    struct range any = expecting(level->above, oid_bytes(OID_ANY_POLICY));
    enum sk_status status = SK_OK;
    size_t i;

    for (i = 0; i < policies->num && status == SK_OK; i++) {
        struct range parents = expecting(level->above, policies->oids[i]);

        if (oid_is(policies->oids[i], OID_ANY_POLICY))
            continue;
        if (parents.num == 0)
            parents = any;
        if (parents.num > 0)
            status = add_node(graph, level, policies->oids[i], parents);
    }
    return status;
}

/* 6.1.3(d)(2): a child for everything expected that has none yet, anyPolicy included. */
static enum sk_status extend_any(struct policy_graph *graph, struct level *level,
                                 const struct policy_set *policies)
{
    const struct level *above = level->above;
    enum sk_status status = SK_OK;
    struct range parents;
    size_t i;

    for (i = 0; i < above->num_expects && status == SK_OK; i += parents.num) {
        struct sk_bytes policy = above->expects[i].policy;

        parents = expecting(above, policy);
        if (oid_is(policy, OID_ANY_POLICY) || !set_has(policies, policy))
            status = add_node(graph, level, policy, parents);
    }
    return status;
}

static enum sk_status extend(struct policy_graph *graph, const struct policy_set *policies,
                             bool any_counts)
{
    struct level *level = job_alloc(graph->job, 1, sizeof(*level));
    enum sk_status status;

    if (level == NULL)
        return SK_LIMIT;
    level->above = graph->last;
    level->nodes =
        job_alloc(graph->job, policies->num + level->above->num_expects, sizeof(*level->nodes));
    if (level->nodes == NULL)
        return SK_LIMIT;
    status = extend_named(graph, level, policies);
    if (status == SK_OK && any_counts && set_has(policies, oid_bytes(OID_ANY_POLICY)))
        status = extend_any(graph, level, policies);
    if (status != SK_OK)
        return status;
    qsort(level->nodes, level->num_nodes, sizeof(*level->nodes), compare_oids);
    graph->last = level;
    graph->is_null = level->num_nodes == 0;
    return SK_OK;
}

enum sk_status policy_graph_extend(struct policy_graph *graph, const struct sk_bytes *policies,
                                   size_t num_policies, bool any_counts)
{
    struct policy_set set;
    bool has_double;
    enum sk_status status = set_copy(graph->job, policies, num_policies, &set, &has_double);

    if (status != SK_OK)
        return status;
    if (has_double)
        return SK_INPUT;
    if (num_policies == 0) /* 6.1.3(e) */
        graph->is_null = true;
    if (graph->is_null)
        return SK_OK;
    if (!graph->last->is_mapped) { /* depth 0, or nothing was mapped */
        status = policy_graph_map(graph, NULL, 0, true);
        if (status != SK_OK)
            return status;
    }
    return graph->is_null ? SK_OK : extend(graph, &set, any_counts);
}

static void expect(struct level *level, struct sk_bytes policy, size_t node)
{
    level->expects[level->num_expects++] = (struct expectation){policy, node};
}

/* 6.1.4(b)(1) and (2) for the policies that have a node. */
static void map_nodes(struct level *level, const struct policy_pair *pairs, size_t num_pairs,
                      bool is_allowed)
{
    size_t i, k;

    for (i = 0; i < level->num_nodes; i++) {
        struct sk_bytes policy = level->nodes[i].policy;
        struct range mapped = range_of(pairs, num_pairs, sizeof(*pairs), policy);

        if (mapped.num == 0)
            expect(level, policy, i);
        for (k = 0; is_allowed && k < mapped.num; k++)
            expect(level, pairs[mapped.first + k].subject_policy, i);
    }
}

/* 6.1.4(b)(1), second half (V-55): a mapped policy that has no node, where anyPolicy has one. */
static enum sk_status map_under_any(struct policy_graph *graph, struct level *level,
                                    const struct policy_pair *pairs, size_t num_pairs)
{
    const size_t num_sorted = level->num_nodes;
    struct range any, mapped;
    size_t i, k;

    if (level->above == NULL)
        return SK_OK;
    any = range_of(level->nodes, num_sorted, sizeof(*level->nodes), oid_bytes(OID_ANY_POLICY));
    if (any.num == 0)
        return SK_OK;
    for (i = 0; i < num_pairs; i += mapped.num) {
        struct sk_bytes policy = pairs[i].issuer_policy;

        mapped = range_of(pairs, num_pairs, sizeof(*pairs), policy);
        if (range_of(level->nodes, num_sorted, sizeof(*level->nodes), policy).num > 0)
            continue;
        if (add_node(graph, level, policy, level->nodes[any.first].parents) != SK_OK)
            return SK_LIMIT;
        for (k = 0; k < mapped.num; k++)
            expect(level, pairs[i + k].subject_policy, level->num_nodes - 1);
    }
    return SK_OK;
}

static enum sk_status map(struct policy_graph *graph, const struct policy_pair *pairs,
                          size_t num_pairs, bool is_allowed)
{
    struct level *level = graph->last;
    size_t room = level->num_nodes + num_pairs;
    struct node *nodes = job_alloc(graph->job, room, sizeof(*nodes));
    enum sk_status status = SK_OK;

    level->expects = job_alloc(graph->job, room, sizeof(*level->expects));
    if (nodes == NULL || level->expects == NULL)
        return SK_LIMIT;
    memcpy(nodes, level->nodes, level->num_nodes * sizeof(*nodes));
    level->nodes = nodes;
    map_nodes(level, pairs, num_pairs, is_allowed);
    if (is_allowed)
        status = map_under_any(graph, level, pairs, num_pairs);
    if (status != SK_OK)
        return status;
    qsort(level->expects, level->num_expects, sizeof(*level->expects), compare_expectations);
    level->is_mapped = true;
    graph->is_null = level->num_expects == 0;
    return SK_OK;
}

enum sk_status policy_graph_map(struct policy_graph *graph, const struct policy_pair *pairs,
                                size_t num_pairs, bool is_allowed)
{
    struct policy_pair *sorted;
    size_t i, num = 0;

    for (i = 0; i < num_pairs; i++)
        if (oid_is(pairs[i].issuer_policy, OID_ANY_POLICY) ||
            oid_is(pairs[i].subject_policy, OID_ANY_POLICY))
            return SK_INPUT;
    if (graph->is_null)
        return SK_OK;
    if ((sorted = job_alloc(graph->job, num_pairs, sizeof(*sorted))) == NULL)
        return SK_LIMIT;
    if (num_pairs > 0)
        memcpy(sorted, pairs, num_pairs * sizeof(*sorted));
    qsort(sorted, num_pairs, sizeof(*sorted), compare_pairs);
    for (i = 0; i < num_pairs; i++) {
        if (num == 0 || compare_pairs(&sorted[num - 1], &sorted[i]) != 0)
            sorted[num++] = sorted[i];
    }
    return map(graph, sorted, num, is_allowed);
}

/* RFC 5280 deletes childless nodes as it goes; here the living ones are marked once, from below. */
static size_t mark_live(struct level *last)
{
    struct level *level;
    size_t i, k, num = 0;

    for (i = 0; i < last->num_nodes; i++)
        last->nodes[i].is_live = true;
    for (level = last; level != NULL; level = level->above) {
        for (i = 0; i < level->num_nodes; i++) {
            const struct node *n = &level->nodes[i];

            num += n->is_live;
            for (k = 0; n->is_live && k < n->parents.num; k++)
                level->above->nodes[level->above->expects[n->parents.first + k].node].is_live =
                    true;
        }
    }
    return num;
}

/* The valid_policy_node_set of 6.1.5(g)(iii)(1): living nodes with anyPolicy as parent. The nodes
 * of anyPolicy above the last depth only lead to others. Only anyPolicy expects anyPolicy. */
static bool is_in_node_set(const struct level *level, const struct node *n, bool is_last)
{
    return n->is_live && level->above != NULL && (is_last || !oid_is(n->policy, OID_ANY_POLICY)) &&
           oid_is(level->above->nodes[level->above->expects[n->parents.first].node].policy,
                  OID_ANY_POLICY);
}

static enum sk_status authority_set(struct policy_graph *graph, struct policy_set *out)
{
    struct sk_bytes *found;
    const struct level *level;
    size_t i, num = 0;
    bool has_double;

    if (graph->is_null) {
        *out = (struct policy_set){NULL, 0};
        return SK_OK;
    }
    found = job_alloc(graph->job, mark_live(graph->last), sizeof(*found));
    if (found == NULL)
        return SK_LIMIT;
    for (level = graph->last; level != NULL; level = level->above) {
        for (i = 0; i < level->num_nodes; i++) {
            if (is_in_node_set(level, &level->nodes[i], level == graph->last))
                found[num++] = level->nodes[i].policy;
        }
    }
    return set_copy(graph->job, found, num, out, &has_double);
}

enum sk_status policy_graph_sets(struct policy_graph *graph, const struct sk_bytes *user_policies,
                                 size_t num_user_policies, struct policy_set *out_authority,
                                 struct policy_set *out_user)
{
    const struct sk_bytes any = oid_bytes(OID_ANY_POLICY);
    struct policy_set authority, user;
    bool has_double;
    size_t i, num = 0;
    enum sk_status status = authority_set(graph, &authority);

    if (status == SK_OK)
        status = set_copy(graph->job, user_policies, num_user_policies, &user, &has_double);
    if (status != SK_OK)
        return status;
    *out_authority = authority;
    if (user.num == 0 || set_has(&user, any)) { /* 6.1.5(g)(ii) */
        *out_user = authority;
        return SK_OK;
    }
    /* 6.1.5(g)(iii)(3): the living anyPolicy of the last depth stands for all that was asked. */
    for (i = 0; i < user.num; i++) {
        if (set_has(&authority, any) || set_has(&authority, user.oids[i]))
            user.oids[num++] = user.oids[i];
    }
    user.num = num;
    *out_user = user;
    return SK_OK;
}
