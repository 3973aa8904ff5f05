/* SPDX-License-Identifier: Apache-2.0 */
#include "core/path_int.h"

#include <limits.h>

#include "core/name.h"

/* Each pass runs only when those before it proposed nothing. */
enum pass {
    PASS_HOPEFUL = 0, /* paths that may be good */
    PASS_SIGNED,      /* to explain: issuers that 6.1 refuses, but whose key did sign */
    PASS_ANY,         /* to explain: anything whose names chain */
};

enum {
    MAX_MEASURED = 32,  /* each time is linear in the graph */
    FRUITLESS_MAX = 32, /* branches without a path: then keys are asked about (path_reach.c) */
};

/* One certificate of the path being tried. */
struct frame {
    struct graph_node *node;
    size_t next_choice; /* of node->choices */
    unsigned num_cas;   /* intermediates from here down that are not self-issued (for pathLen) */
    struct policy_need need;
    bool wants_policy; /* something from here down makes explicit_policy 0 at the target */
};

struct path_search {
    struct path_graph graph;
    struct frame frames[LIMIT_PATH_CERTS]; /* [0] the target */
    size_t depth;                          /* frames in use; 0: finished */
    size_t max_depth;
    enum pass pass, last_pass;
    unsigned num_proposed; /* paths of this pass */
    size_t doubtful_steps;
    bool is_cut;
    bool may_cut_less;       /* since is_cut was set: something was left out, or is not reached */
    unsigned num_measured;   /* anew, since the graph was built */
    unsigned num_fruitless;  /* branches entered since the last proposal */
    bool has_asked_reach[2]; /* graph_reach(), since something was left out */
    unsigned num_asked;      /* how often */
    const struct sk_cert *path[LIMIT_PATH_CERTS]; /* of the last proposal, anchor side first */
};

static void start_pass(struct path_search *search, enum pass pass)
{
    search->pass = pass;
    search->num_proposed = 0;
    search->frames[0].node = &search->graph.target;
    search->frames[0].next_choice = 0;
    search->depth = 1;
}

void path_search_require_policy(struct path_search *search)
{
    search->frames[0].wants_policy = true;
}

static enum sk_status search_new(struct sk_job *job, const struct sk_cert *target,
                                 const struct sk_anchor *only_anchor,
                                 const struct path_scope *scope, struct path_search **out)
{
    struct path_search *search = job_alloc(job, 1, sizeof(*search));
    enum sk_status status;

    if (search == NULL)
        return SK_NOMEM;
    if ((status = graph_build(&search->graph, job, target, only_anchor, scope)) != SK_OK)
        return status;
    search->last_pass = scope != NULL ? PASS_HOPEFUL : PASS_ANY;
    search->max_depth = job->params->budget.max_path_certs;
    if (search->max_depth > LIMIT_PATH_CERTS)
        search->max_depth = LIMIT_PATH_CERTS;
    policy_need_of_target(job, target, &search->frames[0].need);
    search->frames[0].wants_policy =
        target->has_require_explicit && target->require_explicit == 0; /* 6.1.5(b) */
    start_pass(search, PASS_HOPEFUL);
    *out = search;
    return SK_OK;
}

enum sk_status path_search_new(struct sk_job *job, const struct sk_cert *target,
                               const struct sk_anchor *only_anchor, struct path_search **out)
{
    return search_new(job, target, only_anchor, NULL, out);
}

enum sk_status path_search_within(struct sk_job *job, const struct sk_cert *target,
                                  const struct path_scope *scope, struct path_search **out)
{
    return search_new(job, target, scope->anchor, scope, out);
}

/* B-02: the same name and key twice. SAN belongs to the name. */
static bool is_same_entity(const struct sk_cert *a, const struct sk_cert *b)
{
    return memcmp(a->spki_sha256, b->spki_sha256, SK_SHA256) == 0 &&
           name_equal(a->subject_canon, b->subject_canon) &&
           bytes_equal(a->san.value, b->san.value);
}

static bool is_repeated(const struct path_search *search, const struct sk_cert *cert)
{
    size_t i;

    for (i = 0; i < search->depth; i++)
        if (is_same_entity(search->frames[i].node->cert, cert))
            return true;
    return false;
}

/* A path that passes through the anchor's own name and key is a detour. The target may be of the
 * anchor's name and key: the other half of a mutual cross certificate is. */
static bool is_detour(const struct path_search *search, const struct sk_cert *anchor)
{
    size_t i;

    for (i = 1; i < search->depth; i++) {
        const struct sk_cert *cert = search->frames[i].node->cert;

        if (memcmp(cert->spki_sha256, anchor->spki_sha256, SK_SHA256) == 0 &&
            name_equal(cert->subject_canon, anchor->subject_canon))
            return true;
    }
    return false;
}

/* requireExplicitPolicy of an issuer above top: it counts down by the certificates between it and
 * the target, and once at the end. */
static bool wants_policy(const struct frame *top, const struct sk_cert *issuer)
{
    return top->wants_policy ||
           (issuer->has_require_explicit && issuer->require_explicit <= (uint64_t)top->num_cas + 1);
}

/* Would every path over issuer fail for what it says of policies or names? out_need: of issuer. */
static bool is_cut_by_content(struct path_search *search, const struct frame *top,
                              struct graph_node *issuer, struct policy_need *out_need)
{
    policy_need_above(search->graph.job, &top->need, issuer->cert, out_need);
    return (out_need->is_null && wants_policy(top, issuer->cert)) ||
           graph_refuses_target(&search->graph, issuer);
}

/* May choice stand above the top of the stack? Computes no signature. out_need: if it is no anchor.
 */
static bool choice_fits(struct path_search *search, const struct graph_choice *choice,
                        struct policy_need *out_need)
{
    const struct frame *top = &search->frames[search->depth - 1];
    unsigned distance;

    if (graph_is_revoked(top->node, choice))
        return false;
    if (choice->anchor != NULL)
        return !is_detour(search, choice->cert);
    if (choice->node->is_dead || is_repeated(search, choice->cert))
        return false;
    if (search->pass != PASS_ANY &&
        !graph_is_reached(&search->graph, choice->node, search->pass != PASS_HOPEFUL))
        return false;
    if (search->pass == PASS_HOPEFUL && choice->cert->has_path_len &&
        top->num_cas > choice->cert->path_len) /* 6.1.4(l), (m) */
        return false;
    if (search->pass == PASS_HOPEFUL && is_cut_by_content(search, top, choice->node, out_need))
        return false;
    distance = choice->node->issuer->distance[search->pass != PASS_HOPEFUL];
    if (distance == GRAPH_FAR) /* since something died */
        return false;
    if (search->depth + 1 + distance > search->max_depth) {
        search->is_cut = search->is_cut || search->pass == PASS_HOPEFUL;
        return false;
    }
    return true;
}

/* Where several issuers are possible, or the walk has been long, one signature now saves a whole
 * branch of paths; it is remembered, so the path's own check does not pay again. SK_CRYPTO: not the
 * issuer. */
static enum sk_status check_edge(struct path_search *search, const struct graph_node *child,
                                 const struct sk_cert *issuer)
{
    const struct sk_cert *cert = child->cert;
    enum sk_status status;

    if (search->pass == PASS_ANY || key_needs_parameters(issuer->spki) ||
        (child->num_choices < 2 && child->issuer->num_nodes < 2 &&
         !search->graph.is_reach_known[search->pass != PASS_HOPEFUL]))
        return SK_OK;
    status = job_check_signature(search->graph.job, cert->sha256, cert->sig_alg, cert->tbs,
                                 cert->signature, issuer, NULL, NULL);
    return status == SK_INPUT ? SK_CRYPTO : status;
}

static void push(struct path_search *search, struct graph_node *node,
                 const struct policy_need *need)
{
    const struct frame *top = &search->frames[search->depth - 1];
    struct frame *frame = &search->frames[search->depth++];

    search->num_fruitless++;
    frame->node = node;
    frame->next_choice = 0;
    frame->num_cas = top->num_cas + (node->cert->is_self_issued ? 0 : 1);
    frame->wants_policy = wants_policy(top, node->cert);
    frame->need = *need;
}

static void propose(struct path_search *search, const struct sk_anchor *anchor,
                    struct verify_path *out)
{
    size_t i;

    for (i = 0; i < search->depth; i++)
        search->path[i] = search->frames[search->depth - 1 - i].node->cert;
    memset(out, 0, sizeof(*out));
    out->anchor = anchor;
    out->certs = search->path;
    out->num_certs = search->depth;
    search->num_proposed++;
    search->num_fruitless = 0;
}

/* Drops what the pass before remembered about choices. */
static void forget_choices(struct path_search *search)
{
    struct graph_name *name;
    size_t i;

    search->graph.target.choices = NULL;
    for (name = search->graph.first; name != NULL; name = name->next)
        for (i = 0; i < name->num_nodes; i++)
            name->nodes[i]->choices = NULL;
}

/* The later passes prove nothing, so their steps do not use up the job's budget, but a small one of
 * their own. */
static enum sk_status spend(struct path_search *search, size_t count)
{
    if (search->pass == PASS_HOPEFUL)
        return job_spend_step(search->graph.job) ? SK_OK : SK_LIMIT;
    search->doubtful_steps += count;
    if (search->doubtful_steps > LIMIT_DOUBTFUL_STEPS)
        return SK_NOTFOUND;
    return job_may_go_on(search->graph.job) ? SK_OK : SK_LIMIT;
}

/* Pops what stands on a key that is not reached, or on a signature that is wrong. */
static enum sk_status drop_unreached(struct path_search *search, int kind)
{
    size_t i;

    for (i = 1; i < search->depth; i++) {
        const struct graph_node *node = search->frames[i].node;
        enum sk_status status = SK_CRYPTO;

        if (graph_is_reached(&search->graph, node, kind))
            status = check_edge(search, search->frames[i - 1].node, node->cert);
        if (status == SK_CRYPTO)
            search->depth = i;
        else if (status != SK_OK)
            return status;
    }
    return SK_OK;
}

/* In a dense mesh whose names lead to an anchor, but whose keys do not, the walk would not end. The
 * ordinary search finds its path before, and never pays for this. SK_AGAIN: the top was popped. */
static enum sk_status ask_reach(struct path_search *search)
{
    int kind = search->pass != PASS_HOPEFUL;
    size_t depth = search->depth;
    enum sk_status status;

    if (search->pass == PASS_ANY || search->has_asked_reach[kind] ||
        search->num_fruitless < FRUITLESS_MAX)
        return SK_OK;
    search->has_asked_reach[kind] = true;
    search->num_asked++;
    search->may_cut_less = true;
    if ((status = graph_reach(&search->graph, kind)) == SK_OK && search->graph.is_reach_known[kind])
        status = drop_unreached(search, kind);
    return status == SK_OK && search->depth < depth ? SK_AGAIN : status;
}

/* Takes the next choice of the top frame, or pops it. SK_AGAIN: go on; SK_OK: proposed. */
static enum sk_status step(struct path_search *search, struct verify_path *out)
{
    struct frame *top = &search->frames[search->depth - 1];
    struct policy_need need = {.is_any = true}; /* for what no pass but the first asks */
    struct graph_choice *choice;
    enum sk_status status;

    if (top->node->choices == NULL) {
        if (search->pass != PASS_HOPEFUL &&
            (status = spend(search, top->node->issuer->num_nodes)) != SK_OK)
            return status;
        status = graph_choices(&search->graph, top->node, search->pass != PASS_HOPEFUL);
        if (status != SK_OK)
            return status;
    }
    if (top->next_choice == top->node->num_choices) {
        search->depth--;
        return SK_AGAIN;
    }
    choice = &top->node->choices[top->next_choice++];
    if ((status = spend(search, 1)) != SK_OK || (status = ask_reach(search)) != SK_OK)
        return status;
    if (!choice_fits(search, choice, &need))
        return SK_AGAIN;
    if ((status = check_edge(search, top->node, choice->cert)) != SK_OK)
        return status == SK_CRYPTO ? SK_AGAIN : status;
    if (choice->anchor == NULL) {
        push(search, choice->node, &need);
        return SK_AGAIN;
    }
    propose(search, choice->anchor, out);
    return SK_OK;
}

/* Goes on with this pass. SK_NOTFOUND: it is over. */
static enum sk_status run_pass(struct path_search *search, struct verify_path *out)
{
    enum sk_status status = SK_AGAIN;

    if (search->pass != PASS_HOPEFUL && search->num_proposed >= LIMIT_DOUBTFUL_PATHS)
        return SK_NOTFOUND;
    while (status == SK_AGAIN && search->depth > 0)
        status = step(search, out);
    return status == SK_AGAIN ? SK_NOTFOUND : status;
}

enum sk_status path_search_next(struct path_search *search, struct verify_path *out)
{
    enum sk_status status;

    while ((status = run_pass(search, out)) == SK_NOTFOUND) {
        if (search->num_proposed > 0 || search->pass == search->last_pass)
            return SK_NOTFOUND;
        forget_choices(search);
        start_pass(search, search->pass + 1);
    }
    if (status == SK_OK && !job_spend_path(search->graph.job))
        return SK_LIMIT;
    return status;
}

static bool is_revoked_everywhere(const struct graph_node *node)
{
    size_t i;

    for (i = 0; i < node->num_choices; i++)
        if (!graph_is_revoked(node, &node->choices[i]))
            return false;
    return true;
}

void path_search_leave_out(struct path_search *search, size_t index)
{
    const struct frame *frame = &search->frames[search->depth - 1 - index];
    struct graph_node *node = frame->node;
    const struct graph_choice *issuer = &node->choices[frame->next_choice - 1];

    search->may_cut_less = true;
    search->has_asked_reach[0] = search->num_asked > MAX_MEASURED;
    if (node->revoked_below == NULL) /* no second key has signed it */
        node->revoked_below = issuer->cert;
    if (graph_is_revoked(node, issuer))
        search->depth -= index; /* whatever stands above the issuer */
    node->is_dead = is_revoked_everywhere(node);
    if (node->is_dead && search->num_measured++ < MAX_MEASURED)
        graph_measure(&search->graph);
}

/* A cut that was noticed before something on that way was known to be revoked, or not to be
 * reached, is no cut: the search is walked once more, without judging. */
bool path_search_is_cut(struct path_search *search)
{
    enum sk_status status = SK_OK;
    struct verify_path path;

    if (!search->is_cut || !search->may_cut_less)
        return search->is_cut;
    search->may_cut_less = search->is_cut = false;
    if (search->pass != PASS_HOPEFUL)
        forget_choices(search);
    start_pass(search, PASS_HOPEFUL);
    while (status == SK_OK && !search->is_cut)
        status = run_pass(search, &path);
    search->is_cut = search->is_cut || status != SK_NOTFOUND;
    return search->is_cut;
}

static bool is_among(const struct sk_cert *cert, const struct sk_cert *const *certs, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++)
        if (is_same_entity(certs[i], cert))
            return true;
    return false;
}

/* The most likely way up; *out_top is its last node. */
static size_t climb(const struct path_search *search, const struct sk_cert **out, size_t max,
                    const struct graph_node **out_top)
{
    const struct graph_node *top = &search->graph.target;
    size_t count = 0, i;

    while (top != NULL && count < max) {
        const struct graph_node *best = NULL;
        unsigned best_rank = UINT_MAX;
        struct graph_hint hint;

        graph_hint_init(&search->graph, top->cert, &hint);
        *out_top = top;
        out[count++] = top->cert;
        for (i = 0; i < top->issuer->num_nodes; i++) {
            const struct graph_node *node = top->issuer->nodes[i];
            unsigned rank = graph_rank(&search->graph, &hint, node);

            if (rank < best_rank && !is_among(node->cert, out, count)) {
                best = node;
                best_rank = rank;
            }
        }
        top = best;
    }
    return count;
}

size_t path_search_partial(const struct path_search *search, const struct sk_cert **out, size_t max)
{
    const struct graph_node *top;

    return climb(search, out, max, &top);
}

static bool is_dead_end(const struct graph_name *name)
{
    size_t i;

    for (i = 0; i < name->num_nodes; i++)
        if (name->nodes[i]->issuer != name)
            return false;
    return name->num_anchors == 0;
}

/* Of what the name issued, the certificate with the smallest hash; the target when there is none.
 */
static const struct sk_cert *issued_by(const struct path_search *search,
                                       const struct graph_name *name)
{
    const struct sk_cert *first = NULL;
    const struct graph_node *node;

    for (node = name->issued; node != NULL; node = node->next_issued)
        if (first == NULL || memcmp(node->cert->sha256, first->sha256, SK_SHA256) < 0)
            first = node->cert;
    return first != NULL ? first : search->graph.target.cert;
}

static enum path_end why_ends(const struct graph_name *name, const struct sk_cert *cert)
{
    if (!is_dead_end(name))
        return PATH_END_REPEATS;
    return name->num_nodes > 0 || cert->is_self_issued ? PATH_END_SELF_ISSUED : PATH_END_NO_ISSUER;
}

size_t path_search_dead_ends(const struct path_search *search, struct path_dead_end *out,
                             size_t max, size_t *out_num_certs)
{
    const struct sk_cert *chain[LIMIT_PATH_CERTS];
    const struct graph_name *name;
    const struct graph_node *top;
    size_t count = 1;

    (void)climb(search, chain, LIMIT_PATH_CERTS, &top);
    out[0] = (struct path_dead_end){top->cert, why_ends(top->issuer, top->cert)};
    *out_num_certs = 0;
    for (name = search->graph.first; name != NULL; name = name->next) {
        *out_num_certs += name->num_nodes;
        if (name == top->issuer || !is_dead_end(name))
            continue;
        if (count < max) {
            out[count].cert = name->num_nodes > 0 ? name->nodes[0]->cert : issued_by(search, name);
            out[count].why = why_ends(name, out[count].cert);
        }
        count++;
    }
    return count;
}
