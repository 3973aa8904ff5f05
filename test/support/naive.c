/* SPDX-License-Identifier: Apache-2.0 */
#include "test/support/naive.h"

enum { MAX_NODES = 2000, MAX_STEPS = 3000, MAX_PATHS = 100 };

/* ---- names ---- */

static bool has_bit(unsigned mask, size_t bit)
{
    return (mask >> bit & 1) != 0;
}

static bool dir_is_within(unsigned name, unsigned base)
{
    const uint8_t *a, *b;
    size_t num_a = facts_name_rdns(name, &a), num_b = facts_base_rdns(base, &b);

    return num_b <= num_a && (num_b == 0 || memcmp(a, b, num_b) == 0);
}

static bool dns_is_within(const char *name, const char *base)
{
    size_t len = strlen(name), base_len = strlen(base);

    if (base_len > len || strcmp(name + len - base_len, base) != 0)
        return false;
    return base_len == len || name[len - base_len - 1] == '.';
}

/* One set of nameConstraints against a directory name, or a dNSName. */
static bool dir_is_allowed(const struct fact_cert *by, unsigned name)
{
    unsigned k;
    bool is_asked = false, is_in = false;

    for (k = 0; k < FACTS_DIR_BASES; k++) {
        if (has_bit(by->excluded, k) && dir_is_within(name, k))
            return false;
        is_asked = is_asked || has_bit(by->permitted, k);
        is_in = is_in || (has_bit(by->permitted, k) && dir_is_within(name, k));
    }
    return !is_asked || is_in;
}

static bool dns_is_allowed(const struct fact_cert *by, const char *name)
{
    bool is_asked = false, is_in = false;
    unsigned k;

    for (k = 0; k < FACTS_DNS_BASES; k++) {
        bool is_within = dns_is_within(name, facts_dns_bases[k]);
        unsigned bit = FACTS_DIR_BASES + k;

        if (has_bit(by->excluded, bit) && is_within)
            return false;
        is_asked = is_asked || has_bit(by->permitted, bit);
        is_in = is_in || (has_bit(by->permitted, bit) && is_within);
    }
    return !is_asked || is_in;
}

static bool names_are_allowed(const struct fact_cert *by, const struct fact_cert *c)
{
    size_t i;

    if (!dir_is_allowed(by, c->subject))
        return false;
    for (i = 0; i < FACTS_SANS; i++)
        if (has_bit(c->sans, i) && !dns_is_allowed(by, facts_sans[i]))
            return false;
    return true;
}

/* ---- the policy tree of RFC 5280 6.1 ---- */

struct node {
    unsigned depth, policy, expected; /* expected: a mask */
    size_t parent;
    bool is_alive;
};
struct tree {
    struct node nodes[MAX_NODES];
    size_t num;
    bool is_full;
};

static void tree_add(struct tree *t, size_t parent, unsigned policy, unsigned expected)
{
    if (t->num == MAX_NODES) {
        t->is_full = true;
        return;
    }
    t->nodes[t->num++] = (struct node){t->nodes[parent].depth + 1, policy, expected, parent, true};
}

static void tree_init(struct tree *t)
{
    t->nodes[0] = (struct node){0, FACTS_ANY, 1u << FACTS_ANY, 0, true};
    t->num = 1;
    t->is_full = false;
}

static void tree_clear(struct tree *t)
{
    size_t i;

    for (i = 0; i < t->num; i++)
        t->nodes[i].is_alive = false;
}

static bool has_child(const struct tree *t, size_t parent, int policy)
{
    size_t i;

    for (i = parent + 1; i < t->num; i++)
        if (t->nodes[i].is_alive && t->nodes[i].parent == parent &&
            (policy < 0 || t->nodes[i].policy == (unsigned)policy))
            return true;
    return false;
}

/* 6.1.3(d)(3): nodes of depth below this one without children go, until there are none. Children
 * stand behind their parents, so one pass from the end does it. */
static void tree_prune(struct tree *t, unsigned depth)
{
    size_t i;

    for (i = t->num; i-- > 0;)
        if (t->nodes[i].is_alive && t->nodes[i].depth < depth && !has_child(t, i, -1))
            t->nodes[i].is_alive = false;
}

static void tree_remove(struct tree *t, size_t top)
{
    size_t i;

    t->nodes[top].is_alive = false;
    for (i = top + 1; i < t->num; i++)
        if (t->nodes[i].is_alive && !t->nodes[t->nodes[i].parent].is_alive)
            t->nodes[i].is_alive = false;
}

static bool is_leaf_of(const struct tree *t, size_t i, unsigned depth, unsigned policy)
{
    return t->nodes[i].is_alive && t->nodes[i].depth == depth && t->nodes[i].policy == policy;
}

/* 6.1.3(d)(1) */
static void tree_add_policy(struct tree *t, unsigned above, unsigned policy)
{
    size_t i, num = t->num;
    bool is_matched = false;

    for (i = 0; i < num; i++)
        if (t->nodes[i].is_alive && t->nodes[i].depth == above &&
            has_bit(t->nodes[i].expected, policy)) {
            tree_add(t, i, policy, 1u << policy);
            is_matched = true;
        }
    for (i = 0; i < num && !is_matched; i++)
        if (is_leaf_of(t, i, above, FACTS_ANY))
            tree_add(t, i, policy, 1u << policy);
}

/* 6.1.3(d)(2) */
static void tree_add_any(struct tree *t, unsigned above)
{
    size_t i, num = t->num;
    int policy;

    for (i = 0; i < num; i++)
        for (policy = 0; policy < FACTS_POLICIES; policy++)
            if (t->nodes[i].is_alive && t->nodes[i].depth == above &&
                has_bit(t->nodes[i].expected, (size_t)policy) && !has_child(t, i, policy))
                tree_add(t, i, (unsigned)policy, 1u << policy);
}

static bool tree_is_null(const struct tree *t)
{
    return !t->nodes[0].is_alive;
}

/* 6.1.3(d)-(e); depth is that of the certificate, 1 the first */
static void tree_extend(struct tree *t, unsigned depth, unsigned policies, bool any_counts)
{
    unsigned policy;

    if (policies == 0) {
        tree_clear(t);
        return;
    }
    for (policy = 0; policy < FACTS_ANY; policy++)
        if (has_bit(policies, policy))
            tree_add_policy(t, depth - 1, policy);
    if (has_bit(policies, FACTS_ANY) && any_counts)
        tree_add_any(t, depth - 1);
    tree_prune(t, depth);
}

/* 6.1.4(b)(1) for one issuer domain policy */
static void tree_map(struct tree *t, unsigned depth, unsigned from, unsigned to)
{
    size_t i, num = t->num;
    bool is_matched = false;

    for (i = 0; i < num; i++)
        if (is_leaf_of(t, i, depth, from)) {
            t->nodes[i].expected = to;
            is_matched = true;
        }
    for (i = 0; i < num && !is_matched; i++)
        if (is_leaf_of(t, i, depth, FACTS_ANY))
            tree_add(t, t->nodes[i].parent, from, to);
}

/* 6.1.4(b)(2) */
static void tree_unmap(struct tree *t, unsigned depth, unsigned from)
{
    size_t i;

    for (i = 0; i < t->num; i++)
        if (is_leaf_of(t, i, depth, from))
            t->nodes[i].is_alive = false;
    tree_prune(t, depth);
}

/* 6.1.5(g)(iii); depth is n */
static void tree_intersect(struct tree *t, unsigned depth, unsigned asked)
{
    unsigned known = 0, policy;
    size_t i, num = t->num;

    for (i = 1; i < num; i++) {
        const struct node *node = &t->nodes[i];

        if (!node->is_alive || t->nodes[node->parent].policy != FACTS_ANY)
            continue;
        known |= 1u << node->policy;
        if (node->policy != FACTS_ANY && !has_bit(asked, node->policy))
            tree_remove(t, i);
    }
    for (i = 1; i < num; i++) {
        if (!is_leaf_of(t, i, depth, FACTS_ANY))
            continue;
        for (policy = 0; policy < FACTS_ANY; policy++)
            if (has_bit(asked, policy) && !has_bit(known, policy))
                tree_add(t, t->nodes[i].parent, policy, 1u << policy);
        t->nodes[i].is_alive = false;
    }
    tree_prune(t, depth);
}

/* valid_policy_node_set of 6.1.5(g)(iii); anyPolicy counts when it lives to the end. */
static unsigned tree_policies(const struct tree *t, unsigned depth)
{
    unsigned mask = 0;
    size_t i;

    for (i = 1; i < t->num; i++) {
        const struct node *node = &t->nodes[i];

        if (node->is_alive && t->nodes[node->parent].policy == FACTS_ANY &&
            (node->policy != FACTS_ANY || node->depth == depth))
            mask |= 1u << node->policy;
    }
    return mask;
}

/* ---- 6.1 ---- */

struct walk {
    const struct facts *f;
    const struct naive_path *path;
    int64_t time;
    unsigned explicit_policy, inhibit_any, mapping, path_len;
    unsigned asked; /* user-initial-policy-set */
    const struct fact_cert *constraints[FACTS_CERTS + 1];
    size_t num_constraints;
    struct tree tree;
};

static void lower(unsigned *counter, bool is_present, unsigned to)
{
    if (is_present && to < *counter)
        *counter = to;
}

static void constrain(struct walk *w, const struct fact_cert *c)
{
    if ((c->permitted | c->excluded) != 0)
        w->constraints[w->num_constraints++] = c;
}

static void lower_all(struct walk *w, const struct fact_cert *c)
{
    lower(&w->explicit_policy, c->has_require_explicit, c->require_explicit);
    lower(&w->mapping, c->has_inhibit_mapping, c->inhibit_mapping);
    lower(&w->inhibit_any, c->has_inhibit_any, c->inhibit_any);
}

/* RFC 5937 3.2 */
static bool honour(struct walk *w, const struct fact_cert *anchor)
{
    const unsigned any = 1u << FACTS_ANY;

    if (!w->f->honour_anchor)
        return true;
    if (anchor->has_unknown_critical)
        return false;
    constrain(w, anchor);
    if (anchor->policies != 0 && !(anchor->policies & any))
        w->asked = (w->asked & any) != 0 ? anchor->policies : w->asked & anchor->policies;
    lower_all(w, anchor);
    lower(&w->path_len, anchor->has_path_len, anchor->path_len);
    return true;
}

static bool holds_ekus(unsigned found, unsigned asked)
{
    return found == 0 || has_bit(found, FACTS_EKUS - 1) || (found & asked) == asked;
}

/* 6.1.3 but the policies, and what 4.1 and 4.2 ask of any certificate */
static bool is_well(const struct walk *w, const struct fact_cert *above, const struct fact_cert *c,
                    bool is_last)
{
    int64_t skew = w->f->skew;
    size_t i;

    if (c->has_unknown_critical || c->issuer != above->subject || c->signature.key != above->key ||
        c->signature.is_broken)
        return false;
    if (w->time + skew < c->not_before || w->time - skew > c->not_after)
        return false;
    if (c->is_constraint_critical && (c->permitted | c->excluded) != 0 && !c->is_ca)
        return false;
    for (i = 0; i < w->num_constraints; i++)
        if ((is_last || c->subject != c->issuer) && !names_are_allowed(w->constraints[i], c))
            return false;
    return true;
}

/* 6.1.4(a)-(b) */
static bool map(struct walk *w, unsigned depth, const struct fact_cert *c)
{
    unsigned to[FACTS_POLICIES] = {0}, from;
    size_t i;

    for (i = 0; i < c->num_maps; i++) {
        if (c->maps[i].from == FACTS_ANY || c->maps[i].to == FACTS_ANY)
            return false;
        to[c->maps[i].from] |= 1u << c->maps[i].to;
    }
    for (from = 0; from < FACTS_ANY; from++) {
        if (to[from] == 0)
            continue;
        if (w->mapping > 0)
            tree_map(&w->tree, depth, from, to[from]);
        else
            tree_unmap(&w->tree, depth, from);
    }
    return true;
}

/* 6.1.4 */
static bool may_issue(struct walk *w, unsigned depth, const struct fact_cert *c)
{
    if (c->is_v1 || !c->has_basic_constraints || !c->is_ca)
        return false;
    if (c->key_usage != 0 && !(c->key_usage & KEY_USAGE_KEY_CERT_SIGN))
        return false;
    if (w->f->nested_ekus && !holds_ekus(c->ekus, w->f->ekus))
        return false;
    if (!map(w, depth, c))
        return false;
    constrain(w, c);
    if (c->subject != c->issuer) {
        if (w->path_len == 0)
            return false;
        w->path_len--;
        w->explicit_policy -= w->explicit_policy > 0;
        w->mapping -= w->mapping > 0;
        w->inhibit_any -= w->inhibit_any > 0;
    }
    lower_all(w, c);
    lower(&w->path_len, c->has_path_len, c->path_len);
    return true;
}

/* 6.1.5 and what the relying party asks */
static bool wrap_up(struct walk *w, unsigned depth, const struct fact_cert *c)
{
    const struct facts *f = w->f;

    w->explicit_policy -= w->explicit_policy > 0;
    if (c->has_require_explicit && c->require_explicit == 0)
        w->explicit_policy = 0;
    if (!tree_is_null(&w->tree) && !has_bit(w->asked, FACTS_ANY))
        tree_intersect(&w->tree, depth, w->asked);
    if (w->explicit_policy == 0 && tree_is_null(&w->tree))
        return false;
    if (!holds_ekus(c->ekus, f->ekus))
        return false;
    if (f->asks_usage && c->key_usage != 0 && !(c->key_usage & KEY_USAGE_DIGITAL_SIGNATURE))
        return false;
    return !f->asks_name || has_bit(c->sans, f->asked_san);
}

static bool walk_path(struct walk *w)
{
    const struct facts *f = w->f;
    const struct fact_cert *above = &f->certs[w->path->anchor];
    unsigned n = (unsigned)w->path->num_certs, depth;

    for (depth = 1; depth <= n; depth++) {
        const struct fact_cert *c = &f->certs[w->path->certs[depth - 1]];
        bool is_last = depth == n;

        if (!is_well(w, above, c, is_last))
            return false;
        tree_extend(&w->tree, depth, c->policies,
                    w->inhibit_any > 0 || (!is_last && c->subject == c->issuer));
        if (w->explicit_policy == 0 && tree_is_null(&w->tree))
            return false;
        if (is_last ? !wrap_up(w, depth, c) : !may_issue(w, depth, c))
            return false;
        above = c;
    }
    return true;
}

enum naive_answer naive_path(const struct facts *f, const struct naive_path *path, int64_t time,
                             unsigned *out_policies)
{
    static struct walk w; /* large */
    unsigned n = (unsigned)path->num_certs;
    bool is_good;

    *out_policies = 0;
    w.f = f;
    w.path = path;
    w.time = time;
    w.explicit_policy = f->require_explicit ? 0 : n + 1;
    w.inhibit_any = f->inhibit_any ? 0 : n + 1;
    w.mapping = f->inhibit_mapping ? 0 : n + 1;
    w.path_len = n;
    w.asked = f->policies != 0 ? f->policies : 1u << FACTS_ANY;
    w.num_constraints = 0;
    tree_init(&w.tree);
    is_good = honour(&w, &f->certs[path->anchor]) && walk_path(&w);
    if (w.tree.is_full)
        return NAIVE_TOO_LARGE;
    if (is_good)
        *out_policies = tree_policies(&w.tree, n);
    return is_good ? NAIVE_YES : NAIVE_NO;
}

/* ---- every simple path ---- */

struct search {
    const struct facts *f;
    int64_t time;
    size_t stack[FACTS_CERTS]; /* [0] the target */
    size_t depth, num_steps, num_paths;
    bool is_too_large;
    struct naive_path *out;
};

static bool is_same_der(const struct fact_cert *a, const struct fact_cert *b)
{
    return bytes_equal(a->der, b->der);
}

static bool is_same_entity(const struct fact_cert *a, const struct fact_cert *b)
{
    return a->subject == b->subject && a->key == b->key && a->sans == b->sans;
}

static bool issued(const struct fact_cert *above, const struct fact_cert *c)
{
    return c->issuer == above->subject && c->signature.key == above->key && !c->signature.is_broken;
}

/* Anchors of one name and key are one: the one with the smallest SHA-256 speaks. Where their own
 * constraints count (RFC 5937), each speaks for itself. */
static bool is_first_anchor(const struct facts *f, size_t i)
{
    const struct fact_cert *a = &f->certs[i];
    size_t k;

    for (k = 0; k < f->num_certs; k++) {
        const struct fact_cert *b = &f->certs[k];

        if (!f->honour_anchor && b->is_anchor && b->subject == a->subject && b->key == a->key &&
            memcmp(b->cert->sha256, a->cert->sha256, SK_SHA256) < 0)
            return false;
    }
    return a->is_anchor;
}

/* The anchor's own name and key between it and the target. */
static bool is_detour(const struct search *s, const struct fact_cert *anchor)
{
    size_t i;

    for (i = 1; i < s->depth; i++) {
        const struct fact_cert *c = &s->f->certs[s->stack[i]];

        if (c->subject == anchor->subject && c->key == anchor->key)
            return true;
    }
    return false;
}

static bool is_repeated(const struct search *s, const struct fact_cert *c)
{
    size_t i;

    for (i = 0; i < s->depth; i++)
        if (is_same_entity(&s->f->certs[s->stack[i]], c))
            return true;
    return false;
}

static bool try_anchor(struct search *s, size_t anchor)
{
    enum naive_answer answer;
    unsigned policies;
    size_t i;

    if (s->num_paths++ >= MAX_PATHS) {
        s->is_too_large = true;
        return false;
    }
    s->out->anchor = anchor;
    s->out->num_certs = s->depth;
    for (i = 0; i < s->depth; i++)
        s->out->certs[i] = s->stack[s->depth - 1 - i];
    answer = naive_path(s->f, s->out, s->time, &policies);
    s->is_too_large = s->is_too_large || answer == NAIVE_TOO_LARGE;
    return answer == NAIVE_YES;
}

static bool climb(struct search *s) /* at most FACTS_CERTS deep */
{
    const struct fact_cert *top = &s->f->certs[s->stack[s->depth - 1]];
    size_t i;

    for (i = 0; i < s->f->num_certs; i++) {
        const struct fact_cert *c = &s->f->certs[i];

        if (s->num_steps++ >= MAX_STEPS)
            s->is_too_large = true;
        if (s->is_too_large)
            return false;
        if (!issued(c, top))
            continue;
        if (is_first_anchor(s->f, i) && !is_detour(s, c) && try_anchor(s, i))
            return true;
        if (!c->is_in_pool || is_repeated(s, c))
            continue;
        s->stack[s->depth++] = i;
        if (climb(s))
            return true;
        s->depth--;
    }
    return false;
}

enum naive_answer naive_search(const struct facts *f, int64_t time, struct naive_path *out)
{
    struct search s = {.f = f, .time = time, .depth = 1, .out = out};
    size_t i;

    s.stack[0] = f->target;
    for (i = 0; i < f->num_certs; i++) /* V-03 */
        if (f->certs[i].is_anchor && is_same_der(&f->certs[i], &f->certs[f->target]))
            return NAIVE_NO;
    if (climb(&s))
        return NAIVE_YES;
    return s.is_too_large ? NAIVE_TOO_LARGE : NAIVE_NO;
}
