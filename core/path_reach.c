/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which keys an anchor reaches. Names may lead to an anchor where keys do not: then nothing that
 * leads into the anchor's key verifies, and a dense mesh below it has more paths than any budget.
 * From the anchors down each certificate that a reached key has signed makes its own name and key
 * reached, at about one signature for each of them. Only a signature that was computed and is wrong
 * keeps something out, so what is left out stands in no path that core/verify.c would pass.
 */
#include <stdlib.h>

#include "core/path_int.h"

enum { MAX_LOOKS = 20000 }; /* at certificates that need no signature, each time */

struct reach {
    struct path_graph *graph;
    int kind;
    struct graph_key *first, **tail; /* reached, in this order */
    size_t num_looks;
    uint64_t max_signatures, max_arithmetic_us, max_steps; /* for the job to have spent then */
};

/* Of one name: a node, or an anchor (then node is NULL). */
struct bearer {
    const struct sk_cert *cert;
    struct graph_node *node;
};

static int bearer_order(const void *a, const void *b)
{
    const struct sk_cert *x = ((const struct bearer *)a)->cert;
    const struct sk_cert *y = ((const struct bearer *)b)->cert;
    int order = memcmp(x->spki_sha256, y->spki_sha256, SK_SHA256);

    return order != 0 ? order : memcmp(x->sha256, y->sha256, SK_SHA256);
}

static enum sk_status add_to_key(struct path_graph *graph, struct graph_name *name,
                                 const struct bearer *bearer)
{
    struct graph_key *key = name->keys;

    if (key == NULL || memcmp(key->cert->spki_sha256, bearer->cert->spki_sha256, SK_SHA256) != 0) {
        if ((key = job_alloc(graph->job, 1, sizeof(*key))) == NULL)
            return SK_NOMEM;
        key->cert = bearer->cert;
        key->name = name;
        key->may_sign_crls = true;
        key->next = name->keys;
        name->keys = key;
    }
    if (bearer->node == NULL) {
        key->is_anchor = true;
        return SK_OK;
    }
    bearer->node->key = key;
    key->may_sign_crls = key->may_sign_crls && cert_may_sign_crls(bearer->cert);
    return SK_OK;
}

static enum sk_status group_keys(struct path_graph *graph, struct graph_name *name)
{
    size_t max = name->num_nodes + name->num_anchors, num = 0, i;
    struct bearer *bearers = job_alloc(graph->job, max, sizeof(bearers[0]));
    enum sk_status status = SK_OK;

    if (bearers == NULL)
        return SK_NOMEM;
    for (i = 0; i < name->num_nodes; i++)
        bearers[num++] = (struct bearer){name->nodes[i]->cert, name->nodes[i]};
    for (i = 0; i < name->num_anchors; i++)
        if (graph_allows(graph, name->anchors[i]))
            bearers[num++] = (struct bearer){name->anchors[i]->cert, NULL};
    if (num > 1)
        qsort(bearers, num, sizeof(bearers[0]), bearer_order);
    for (i = 0; i < num && status == SK_OK; i++)
        status = add_to_key(graph, name, &bearers[i]);
    return status;
}

static void add_reached(struct reach *reach, struct graph_key *key)
{
    key->is_reached[reach->kind] = true;
    key->next_reached = NULL;
    *reach->tail = key;
    reach->tail = &key->next_reached;
}

/* Anchors are reached, nothing else is. */
static enum sk_status begin(struct reach *reach)
{
    struct path_graph *graph = reach->graph;
    struct graph_name *name;
    struct graph_key *key;
    enum sk_status status;

    reach->tail = &reach->first;
    for (name = graph->first; name != NULL; name = name->next) {
        if (!graph->has_keys && (status = group_keys(graph, name)) != SK_OK)
            return status;
        for (key = name->keys; key != NULL; key = key->next) {
            key->is_reached[reach->kind] = false;
            if (key->is_anchor)
                add_reached(reach, key);
        }
    }
    graph->has_keys = true;
    return SK_OK;
}

/* The job must be able to go on without what this would have told: half of what is left. */
static void set_limits(struct reach *reach)
{
    const struct sk_job *job = reach->graph->job;
    const struct sk_budget *budget = &job->params->budget;

    reach->max_signatures = ((uint64_t)job->work.signatures + budget->max_signatures) / 2;
    reach->max_steps = ((uint64_t)job->work.steps + budget->max_steps) / 2;
    reach->max_arithmetic_us =
        (job->work.arithmetic_us + (uint64_t)budget->max_signatures * LIMIT_SIGNATURE_US) / 2;
}

static bool is_within_limits(const struct reach *reach)
{
    const struct sk_work *work = &reach->graph->job->work;

    return reach->num_looks < MAX_LOOKS && work->signatures < reach->max_signatures &&
           work->steps < reach->max_steps && work->arithmetic_us < reach->max_arithmetic_us;
}

static bool is_likely(const struct graph_node *node, const struct graph_key *key)
{
    return !node->cert->aki.has_key_id || key->cert->ski_id.len == 0 ||
           bytes_equal(node->cert->aki.key_id, key->cert->ski_id);
}

/* Is node revoked below key, whichever certificate of key stands above it? (graph_is_revoked()) */
static bool is_revoked_below(const struct graph_node *node, const struct graph_key *key)
{
    return node->revoked_below != NULL && key->may_sign_crls &&
           memcmp(node->revoked_below->spki_sha256, key->cert->spki_sha256, SK_SHA256) == 0;
}

static bool is_left_out(const struct reach *reach, const struct graph_node *node,
                        const struct graph_key *key)
{
    return reach->kind == 0 && (node->is_hopeless || node->is_dead || is_revoked_below(node, key));
}

/* SK_CRYPTO: key did not sign node. */
static enum sk_status check_key(struct sk_job *job, const struct graph_node *node,
                                const struct graph_key *key)
{
    const struct sk_cert *cert = node->cert;
    enum sk_status status;

    if (key_needs_parameters(key->cert->spki)) /* only its path can tell */
        return SK_OK;
    if (!job_spend_step(job))
        return SK_LIMIT;
    status = job_check_signature(job, cert->sha256, cert->sig_alg, cert->tbs, cert->signature,
                                 key->cert, NULL, NULL);
    return status == SK_INPUT ? SK_CRYPTO : status;
}

/* To what key has issued; SK_AGAIN: that costs too much. */
static enum sk_status spread(struct reach *reach, const struct graph_key *key, bool to_likely)
{
    const struct graph_node *node;
    enum sk_status status;

    for (node = key->name->issued; node != NULL; node = node->next_issued) {
        reach->num_looks++;
        if (!is_within_limits(reach))
            return SK_AGAIN;
        if (node->key->is_reached[reach->kind] || is_likely(node, key) != to_likely ||
            is_left_out(reach, node, key))
            continue;
        status = check_key(reach->graph->job, node, key);
        if (status == SK_OK)
            add_reached(reach, node->key);
        else if (status != SK_CRYPTO)
            return status;
    }
    return SK_OK;
}

/* Key identifiers sort and never eliminate (B-04): what a matching key has not signed is tried with
 * the others, once nothing likely is left. */
static enum sk_status spread_all(struct reach *reach)
{
    struct graph_key **likely = &reach->first, **unlikely = &reach->first, **next;
    enum sk_status status = SK_OK;

    while (status == SK_OK && *unlikely != NULL) {
        next = *likely != NULL ? likely : unlikely; /* what likely has passed is no longer due */
        status = spread(reach, *next, next == likely);
        if (next == likely)
            likely = &(*next)->next_reached;
        else
            unlikely = &(*next)->next_reached;
    }
    return status;
}

enum sk_status graph_reach(struct path_graph *graph, int kind)
{
    struct reach reach = {.graph = graph, .kind = kind};
    enum sk_status status;

    set_limits(&reach);
    if ((status = begin(&reach)) == SK_OK)
        status = spread_all(&reach);
    graph->is_reach_known[kind] = status == SK_OK;
    return status == SK_AGAIN ? SK_OK : status;
}

bool graph_is_reached(const struct path_graph *graph, const struct graph_node *node, int kind)
{
    return !graph->is_reach_known[kind] || node->key->is_reached[kind];
}
