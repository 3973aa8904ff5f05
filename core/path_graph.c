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

bool graph_allows(const struct path_graph *graph, const struct sk_anchor *anchor)
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

/* Where a name of this hash stands, or is to be put. */
static struct graph_name **graph_place(struct path_graph *graph, const uint8_t hash[SK_SHA256])
{
    struct graph_name **place = &graph->names;
    size_t bit = 0;

    while (*place != NULL && memcmp((*place)->hash, hash, SK_SHA256) != 0) {
        place = &(*place)->below[hash[bit / 8] >> (bit % 8) & 1];
        bit++;
    }
    return place;
}

static int anchor_order(const void *a, const void *b)
{
    const struct sk_cert *x = (*(const struct sk_anchor *const *)a)->cert;
    const struct sk_cert *y = (*(const struct sk_anchor *const *)b)->cert;
    int order = memcmp(x->subject_hash, y->subject_hash, SK_SHA256);

    if (order == 0)
        order = memcmp(x->spki_sha256, y->spki_sha256, SK_SHA256);
    return order != 0 ? order : memcmp(x->sha256, y->sha256, SK_SHA256);
}

enum sk_status path_sort_anchors(struct sk_job *job)
{
    size_t num = job->params->num_anchors, i;

    if (job->anchors != NULL)
        return SK_OK;
    if ((job->anchors = job_alloc(job, num, sizeof(const struct sk_anchor *))) == NULL)
        return SK_NOMEM;
    for (i = 0; i < num; i++)
        job->anchors[i] = &job->params->anchors[i];
    if (num > 1)
        qsort(job->anchors, num, sizeof(const struct sk_anchor *), anchor_order);
    return SK_OK;
}

static void find_anchors(const struct path_graph *graph, struct graph_name *name)
{
    const struct sk_anchor *const *anchors = graph->job->anchors;
    size_t low = 0, high = graph->job->params->num_anchors, num = high;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (memcmp(anchors[middle]->cert->subject_hash, name->hash, SK_SHA256) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    name->anchors = anchors + low;
    for (; low < num; low++) {
        if (!name_equal(anchors[low]->cert->subject_canon, name->canon))
            break;
        name->num_anchors++;
        name->has_anchor = name->has_anchor || graph_allows(graph, anchors[low]);
    }
}

/* The name that issued cert, entered when it is new; NULL: no memory. */
static struct graph_name *graph_name_of_issuer(struct path_graph *graph, const struct sk_cert *cert)
{
    struct graph_name **place = graph_place(graph, cert->issuer_hash), *name = *place;

    if (name != NULL)
        return name;
    if ((name = job_alloc(graph->job, 1, sizeof(*name))) == NULL)
        return NULL;
    memcpy(name->hash, cert->issuer_hash, SK_SHA256);
    name->canon = cert->issuer_canon;
    find_anchors(graph, name);
    *place = name;
    *graph->tail = name;
    graph->tail = &name->next;
    return name;
}

/* The names of a path stand in scope in their order, so an issuer has a place above its subject. */
bool path_scope_allows(const struct path_scope *scope, const struct sk_cert *cert)
{
    size_t i = 0, num = scope->num_above;

    if (!name_equal(scope->anchor->cert->subject_canon, cert->issuer_canon)) {
        while (i < num && !name_equal(scope->above[i]->subject_canon, cert->issuer_canon))
            i++;
        if (i++ == num)
            return false;
    }
    if (cert->is_self_issued)
        return true;
    while (i < num && !name_equal(scope->above[i]->subject_canon, cert->subject_canon))
        i++;
    return i < num;
}

struct loading {
    struct path_graph *graph;
    struct graph_name *name;
};

static enum sk_status load_cert(void *arg, const struct sk_cert *cert)
{
    struct loading *loading = arg;
    struct path_graph *graph = loading->graph;
    struct graph_name *name = loading->name;
    struct sk_job *job = graph->job;
    struct graph_node *node;

    if (!name_equal(cert->subject_canon, name->canon))
        return SK_OK;
    if (graph->scope != NULL && !path_scope_allows(graph->scope, cert))
        return job_spend_name_check(job) ? SK_OK : SK_LIMIT;
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
    node->subject = name;
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
        struct graph_node *node = name->nodes[i];

        if (!job_may_go_on(graph->job))
            return SK_LIMIT;
        if ((node->issuer = graph_name_of_issuer(graph, node->cert)) == NULL)
            return SK_NOMEM;
        node->next_issued = node->issuer->issued;
        node->issuer->issued = node;
    }
    return SK_OK;
}

/* Breadth first, from the names of anchors down to what they issued. */
static void measure(struct path_graph *graph, int kind)
{
    struct graph_name *name, *due = NULL, **tail = &due;

    for (name = graph->first; name != NULL; name = name->next) {
        name->distance[kind] = name->has_anchor ? 0 : GRAPH_FAR;
        name->next_due = NULL;
        if (!name->has_anchor)
            continue;
        *tail = name;
        tail = &name->next_due;
    }
    for (name = due; name != NULL; name = name->next_due) {
        const struct graph_node *node;

        for (node = name->issued; node != NULL; node = node->next_issued) {
            if (node->subject->distance[kind] != GRAPH_FAR ||
                (kind == 0 && (node->is_hopeless || node->is_dead)))
                continue;
            node->subject->distance[kind] = name->distance[kind] + 1;
            *tail = node->subject;
            tail = &node->subject->next_due;
        }
    }
}

void graph_measure(struct path_graph *graph)
{
    measure(graph, 0);
}

enum sk_status graph_build(struct path_graph *graph, struct sk_job *job,
                           const struct sk_cert *target, const struct sk_anchor *only_anchor,
                           const struct path_scope *scope)
{
    struct graph_name *name;
    enum sk_status status;

    graph->job = job;
    graph->only_anchor = only_anchor;
    graph->scope = scope;
    graph->tail = &graph->first;
    graph->target.cert = target;
    if ((status = path_sort_anchors(job)) != SK_OK)
        return status;
    if ((graph->target.issuer = graph_name_of_issuer(graph, target)) == NULL)
        return SK_NOMEM;
    for (name = graph->first; name != NULL; name = name->next)
        if ((status = load_name(graph, name)) != SK_OK)
            return status;
    measure(graph, 0);
    measure(graph, 1);
    return SK_OK;
}

void graph_hint_init(const struct path_graph *graph, const struct sk_cert *child,
                     struct graph_hint *out)
{
    struct general_name name;
    struct der d;

    memset(out, 0, sizeof(*out));
    out->child = child;
    if (child->aki.serial.len == 0)
        return;
    der_init(&d, child->aki.issuer_names);
    while (out->num_issuers < HINT_NAMES && !der_at_end(&d) &&
           general_name_next(&d, false, &name) == SK_OK)
        if (name.kind == GENERAL_NAME_DIRECTORY && job_spend_names(graph->job, name.value) &&
            name_canon(graph->job->arena, name.value, &out->issuers[out->num_issuers], NULL) ==
                SK_OK)
            out->num_issuers++;
}

/* Does the AKI name this certificate by issuer and serial? */
static bool serial_matches(const struct graph_hint *hint, const struct sk_cert *issuer)
{
    size_t i;

    if (hint->num_issuers == 0 || !bytes_equal(hint->child->aki.serial, issuer->serial))
        return false;
    for (i = 0; i < hint->num_issuers; i++)
        if (name_equal(hint->issuers[i], issuer->issuer_canon))
            return true;
    return false;
}

static unsigned rank_of(const struct path_graph *graph, const struct graph_hint *hint,
                        const struct sk_cert *issuer)
{
    const struct sk_source *source = graph->job->source;
    const struct sk_cert *child = hint->child;
    unsigned rank = 0;

    if (!child->aki.has_key_id || issuer->ski_id.len == 0)
        rank += RANK_UNKNOWN_KEY_ID;
    else if (!bytes_equal(child->aki.key_id, issuer->ski_id))
        rank += RANK_OTHER_KEY_ID;
    if (!serial_matches(hint, issuer))
        rank += RANK_OTHER_SERIAL;
    if (source->ops->is_checked == NULL ||
        !source->ops->is_checked(source, child->sha256, issuer->spki_sha256))
        rank += RANK_NOT_CHECKED;
    return rank;
}

unsigned graph_rank(const struct path_graph *graph, const struct graph_hint *hint,
                    const struct graph_node *issuer)
{
    /* Below nothing but hopeless certificates is as hopeless: the nearest then explains best. */
    bool is_hopeless = issuer->is_hopeless || issuer->issuer->distance[0] == GRAPH_FAR;

    return rank_of(graph, hint, issuer->cert) + (is_hopeless ? RANK_HOPELESS : 0) + RANK_NOT_ANCHOR;
}

static int choice_order(const void *a, const void *b)
{
    const struct graph_choice *x = a, *y = b;

    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    return memcmp(x->cert->sha256, y->cert->sha256, SK_SHA256);
}

/* Two of one name. An anchor is a name and a key, unless what else its certificate says counts (RFC
 * 5937). */
static bool is_same_anchor(const struct sk_job *job, const struct sk_cert *a,
                           const struct sk_cert *b)
{
    if (job->params->honour_anchor_constraints)
        return memcmp(a->sha256, b->sha256, SK_SHA256) == 0;
    return memcmp(a->spki_sha256, b->spki_sha256, SK_SHA256) == 0;
}

/* Anchors of the issuer's name; of several certificates of one anchor that with the smallest
 * SHA-256. */
static size_t add_anchors(const struct path_graph *graph, const struct graph_node *node,
                          const struct graph_hint *hint, struct graph_choice *choices)
{
    const struct graph_name *name = node->issuer;
    size_t i, count = 0;

    for (i = 0; i < name->num_anchors; i++) {
        const struct sk_anchor *anchor = name->anchors[i];

        if (!graph_allows(graph, anchor) ||
            (count > 0 && is_same_anchor(graph->job, choices[count - 1].cert, anchor->cert)))
            continue;
        choices[count].anchor = anchor;
        choices[count].cert = anchor->cert;
        choices[count].rank = rank_of(graph, hint, anchor->cert);
        count++;
    }
    return count;
}

static size_t add_nodes(const struct path_graph *graph, const struct graph_node *node,
                        const struct graph_hint *hint, bool with_hopeless,
                        struct graph_choice *choices)
{
    const struct graph_name *name = node->issuer;
    size_t i, count = 0;

    for (i = 0; i < name->num_nodes; i++) {
        unsigned distance = name->nodes[i]->issuer->distance[with_hopeless];

        if (distance == GRAPH_FAR || (name->nodes[i]->is_hopeless && !with_hopeless))
            continue;
        choices[count].node = name->nodes[i];
        choices[count].cert = name->nodes[i]->cert;
        choices[count].rank = graph_rank(graph, hint, name->nodes[i]) +
                              (distance < RANK_DISTANCE_MAX ? distance : RANK_DISTANCE_MAX);
        count++;
    }
    return count;
}

enum sk_status graph_choices(struct path_graph *graph, struct graph_node *node, bool with_hopeless)
{
    struct graph_name *name = node->issuer;
    size_t max = name->num_anchors + name->num_nodes, i;
    struct graph_hint hint;

    /* The first look at a name's certificates was paid when they were loaded. */
    if (name->was_listed && !with_hopeless)
        for (i = 0; i < name->num_nodes; i++)
            if (!job_spend_step(graph->job))
                return SK_LIMIT;
    name->was_listed = true;
    node->choices = job_alloc(graph->job, max, sizeof(node->choices[0]));
    if (node->choices == NULL)
        return SK_NOMEM;
    graph_hint_init(graph, node->cert, &hint);
    node->num_choices = add_anchors(graph, node, &hint, node->choices);
    node->num_choices +=
        add_nodes(graph, node, &hint, with_hopeless, node->choices + node->num_choices);
    if (node->num_choices > 1)
        qsort(node->choices, node->num_choices, sizeof(node->choices[0]), choice_order);
    return SK_OK;
}
