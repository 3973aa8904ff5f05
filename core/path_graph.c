/* SPDX-License-Identifier: Apache-2.0 */
#include "core/path_int.h"

#include <limits.h>
#include <stdlib.h>

#include "core/general_name.h"
#include "core/name.h"

/* Ranks are sums of these: a bigger one outweighs all smaller ones together. */
enum {
    RANK_DISTANCE_MAX = 63,    /* distance from the anchor: the shorter path first (B-23) */
    RANK_NOT_CHECKED = 64,     /* the source has not verified this edge */
    RANK_OTHER_SERIAL = 128,   /* AKI issuer and serial do not name this certificate (B-05) */
    RANK_UNKNOWN_KEY_ID = 256, /* no key identifier to compare */
    RANK_OTHER_KEY_ID = 512,   /* key identifiers differ (B-04) */
    RANK_HOPELESS = 1024,
    RANK_NOT_ANCHOR = 2048,
};

enum { ROUNDS_MAX = 2 * LIMIT_PATH_CERTS_MAX }; /* distances beyond are not told apart */

static bool anchor_is_allowed(const struct path_graph *graph, const struct sk_anchor *anchor)
{
    return graph->only_anchor == NULL || graph->only_anchor == anchor;
}

/* Would RFC 5280 6.1 refuse this certificate as an issuer in every path? Only rules that look at
 * nothing but the certificate, the time and the policy may stand here. */
static bool is_hopeless(const struct sk_job *job, const struct sk_cert *cert)
{
    int64_t skew = job->params->clock_skew_s;

    if (cert->version < 3 || !cert->is_ca) /* 6.1.4(k) */
        return true;
    if (cert->key_usage.is_present && !(cert->key_usage_bits & KEY_USAGE_KEY_CERT_SIGN))
        return true;                                                         /* 6.1.4(n) */
    if (job->time < cert->not_before && cert->not_before - job->time > skew) /* 6.1.3(a)(2) */
        return true;
    if (job->time > cert->not_after && job->time - cert->not_after > skew)
        return true;
    return cert->has_unknown_critical; /* 6.1.4(o) */
}

static struct graph_name *graph_find(const struct path_graph *graph, const uint8_t hash[SK_SHA256])
{
    size_t bucket = ((size_t)hash[0] << 8 | hash[1]) % GRAPH_BUCKETS;
    struct graph_name *name = graph->buckets[bucket];

    while (name != NULL && memcmp(name->hash, hash, SK_SHA256) != 0)
        name = name->next_in_bucket;
    return name;
}

/* The name that issued cert, entered when it is new; NULL: no memory. */
static struct graph_name *graph_name_of_issuer(struct path_graph *graph, const struct sk_cert *cert)
{
    const struct sk_params *params = graph->job->params;
    struct graph_name *name = graph_find(graph, cert->issuer_hash);
    size_t bucket = ((size_t)cert->issuer_hash[0] << 8 | cert->issuer_hash[1]) % GRAPH_BUCKETS;
    size_t i;

    if (name != NULL)
        return name;
    if ((name = job_alloc(graph->job, 1, sizeof(*name))) == NULL)
        return NULL;
    memcpy(name->hash, cert->issuer_hash, SK_SHA256);
    name->canon = cert->issuer_canon;
    for (i = 0; i < params->num_anchors; i++)
        if (anchor_is_allowed(graph, &params->anchors[i]) &&
            name_equal(params->anchors[i].cert->subject_canon, name->canon))
            name->has_anchor = true;
    name->next_in_bucket = graph->buckets[bucket];
    graph->buckets[bucket] = name;
    *graph->tail = name;
    graph->tail = &name->next;
    return name;
}

struct loading {
    struct path_graph *graph;
    struct graph_name *name;
};

static enum sk_status load_cert(void *arg, const struct sk_cert *cert)
{
    struct loading *loading = arg;
    struct graph_name *name = loading->name;
    struct sk_job *job = loading->graph->job;
    struct graph_node *node;

    if (!name_equal(cert->subject_canon, name->canon))
        return SK_OK;
    if (!job_spend_step(job))
        return SK_LIMIT;
    if (name->num_nodes == name->cap_nodes) {
        size_t wanted = name->cap_nodes ? 4 * name->cap_nodes : 4;
        struct graph_node **nodes = job_alloc(job, wanted, sizeof(nodes[0]));

        if (nodes == NULL)
            return SK_NOMEM;
        if (name->num_nodes > 0)
            memcpy(nodes, name->nodes, name->num_nodes * sizeof(nodes[0]));
        name->nodes = nodes;
        name->cap_nodes = wanted;
    }
    if ((node = job_alloc(job, 1, sizeof(*node))) == NULL)
        return SK_NOMEM;
    node->cert = cert;
    node->is_hopeless = is_hopeless(job, cert);
    name->nodes[name->num_nodes++] = node;
    return SK_OK;
}

static int node_order(const void *a, const void *b)
{
    const struct graph_node *x = *(struct graph_node *const *)a;
    const struct graph_node *y = *(struct graph_node *const *)b;

    return memcmp(x->cert->sha256, y->cert->sha256, SK_SHA256);
}

/* A chain of sources may know a certificate twice. */
static void drop_duplicates(struct graph_name *name)
{
    size_t i, kept = 0;

    if (name->num_nodes > 1)
        qsort(name->nodes, name->num_nodes, sizeof(name->nodes[0]), node_order);
    for (i = 0; i < name->num_nodes; i++)
        if (kept == 0 || node_order(&name->nodes[kept - 1], &name->nodes[i]) != 0)
            name->nodes[kept++] = name->nodes[i];
    name->num_nodes = kept;
}

static enum sk_status load_name(struct path_graph *graph, struct graph_name *name)
{
    struct loading loading = {graph, name};
    const struct sk_source *source = graph->job->source;
    enum sk_status status;
    size_t i;

    status =
        source->ops->certs_by_subject(source, graph->job->arena, name->hash, load_cert, &loading);
    if (status != SK_OK)
        return status;
    drop_duplicates(name);
    for (i = 0; i < name->num_nodes; i++) {
        name->nodes[i]->issuer = graph_name_of_issuer(graph, name->nodes[i]->cert);
        if (name->nodes[i]->issuer == NULL)
            return SK_NOMEM;
    }
    return SK_OK;
}

/* Is the name round certificates away from an anchor? */
static bool is_at_round(const struct graph_name *name, unsigned round, int kind)
{
    size_t i;

    for (i = 0; i < name->num_nodes; i++) {
        const struct graph_node *node = name->nodes[i];

        if (kind == 0 && node->is_hopeless)
            continue;
        if (node->issuer->distance[kind] == round - 1)
            return true;
    }
    return false;
}

static void measure(struct path_graph *graph, int kind)
{
    struct graph_name *name;
    unsigned round;
    bool changed = true;

    for (name = graph->first; name != NULL; name = name->next)
        name->distance[kind] = name->has_anchor ? 0 : GRAPH_FAR;
    for (round = 1; changed && round <= ROUNDS_MAX; round++) {
        changed = false;
        for (name = graph->first; name != NULL; name = name->next) {
            if (name->distance[kind] != GRAPH_FAR || !is_at_round(name, round, kind))
                continue;
            name->distance[kind] = round;
            changed = true;
        }
    }
}

enum sk_status graph_build(struct path_graph *graph, struct sk_job *job,
                           const struct sk_cert *target, const struct sk_anchor *only_anchor)
{
    struct graph_name *name;
    enum sk_status status;

    graph->job = job;
    graph->only_anchor = only_anchor;
    graph->tail = &graph->first;
    graph->target.cert = target;
    if ((graph->target.issuer = graph_name_of_issuer(graph, target)) == NULL)
        return SK_NOMEM;
    for (name = graph->first; name != NULL; name = name->next)
        if ((status = load_name(graph, name)) != SK_OK)
            return status;
    measure(graph, 0);
    measure(graph, 1);
    return SK_OK;
}

/* Does the AKI of child name this certificate by issuer and serial? */
static bool serial_matches(const struct path_graph *graph, const struct sk_cert *child,
                           const struct sk_cert *issuer)
{
    struct general_name name;
    struct sk_bytes canon;
    struct der d;

    if (child->aki.serial.len == 0 || !bytes_equal(child->aki.serial, issuer->serial))
        return false;
    der_init(&d, child->aki.issuer_names);
    while (!der_at_end(&d) && general_name_next(&d, false, &name) == SK_OK)
        if (name.kind == GENERAL_NAME_DIRECTORY &&
            name_canon(graph->job->arena, name.value, &canon, NULL) == SK_OK &&
            name_equal(canon, issuer->issuer_canon))
            return true;
    return false;
}

static unsigned rank_of(const struct path_graph *graph, const struct sk_cert *child,
                        const struct sk_cert *issuer)
{
    const struct sk_source *source = graph->job->source;
    unsigned rank = 0;

    if (!child->aki.has_key_id || issuer->ski_id.len == 0)
        rank += RANK_UNKNOWN_KEY_ID;
    else if (!bytes_equal(child->aki.key_id, issuer->ski_id))
        rank += RANK_OTHER_KEY_ID;
    if (!serial_matches(graph, child, issuer))
        rank += RANK_OTHER_SERIAL;
    if (source->ops->is_checked == NULL ||
        !source->ops->is_checked(source, child->sha256, issuer->spki_sha256))
        rank += RANK_NOT_CHECKED;
    return rank;
}

unsigned graph_rank(const struct path_graph *graph, const struct sk_cert *child,
                    const struct graph_node *issuer)
{
    return rank_of(graph, child, issuer->cert) + (issuer->is_hopeless ? RANK_HOPELESS : 0) +
           RANK_NOT_ANCHOR;
}

static int choice_order(const void *a, const void *b)
{
    const struct graph_choice *x = a, *y = b;

    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    return memcmp(x->cert->sha256, y->cert->sha256, SK_SHA256);
}

/* Anchors of the issuer's name. An anchor is a name and a key: several certificates of the same key
 * are one anchor, the one with the smallest SHA-256. */
static size_t add_anchors(const struct path_graph *graph, const struct graph_node *node,
                          struct graph_choice *choices)
{
    const struct sk_params *params = graph->job->params;
    size_t i, j, count = 0;

    for (i = 0; i < params->num_anchors; i++) {
        const struct sk_anchor *anchor = &params->anchors[i];

        if (!anchor_is_allowed(graph, anchor) ||
            !name_equal(anchor->cert->subject_canon, node->issuer->canon))
            continue;
        for (j = 0; j < count; j++)
            if (memcmp(choices[j].cert->spki_sha256, anchor->cert->spki_sha256, SK_SHA256) == 0)
                break;
        if (j < count && memcmp(choices[j].cert->sha256, anchor->cert->sha256, SK_SHA256) <= 0)
            continue;
        choices[j].anchor = anchor;
        choices[j].cert = anchor->cert;
        choices[j].rank = rank_of(graph, node->cert, anchor->cert);
        count += j == count;
    }
    return count;
}

static size_t add_nodes(const struct path_graph *graph, const struct graph_node *node,
                        bool with_hopeless, struct graph_choice *choices)
{
    const struct graph_name *name = node->issuer;
    size_t i, count = 0;

    for (i = 0; i < name->num_nodes; i++) {
        unsigned distance = name->nodes[i]->issuer->distance[with_hopeless];

        if (distance == GRAPH_FAR || (name->nodes[i]->is_hopeless && !with_hopeless))
            continue;
        choices[count].node = name->nodes[i];
        choices[count].cert = name->nodes[i]->cert;
        choices[count].rank = graph_rank(graph, node->cert, name->nodes[i]) +
                              (distance < RANK_DISTANCE_MAX ? distance : RANK_DISTANCE_MAX);
        count++;
    }
    return count;
}

enum sk_status graph_choices(struct path_graph *graph, struct graph_node *node, bool with_hopeless)
{
    struct graph_name *name = node->issuer;
    size_t max = graph->job->params->num_anchors + name->num_nodes, i;

    /* The first look at a name's certificates was paid when they were loaded. */
    if (name->was_listed && !with_hopeless)
        for (i = 0; i < name->num_nodes; i++)
            if (!job_spend_step(graph->job))
                return SK_LIMIT;
    name->was_listed = true;
    node->choices = job_alloc(graph->job, max, sizeof(node->choices[0]));
    if (node->choices == NULL)
        return SK_NOMEM;
    node->num_choices = add_anchors(graph, node, node->choices);
    node->num_choices += add_nodes(graph, node, with_hopeless, node->choices + node->num_choices);
    if (node->num_choices > 1)
        qsort(node->choices, node->num_choices, sizeof(node->choices[0]), choice_order);
    return SK_OK;
}
