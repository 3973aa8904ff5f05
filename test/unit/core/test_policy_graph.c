/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/policy_graph.h"

/* Policies of these tests are small numbers: 0 is anyPolicy, n the OID 1.2.n. */
enum { NUM_POLICIES = 6, TREE_NODES = 60000, RANDOM_CASES = 30000 };

static struct sk_bytes oid_of(unsigned policy)
{
    static const uint8_t oids[][2] = {{0x2a, 0},  {0x2a, 1},  {0x2a, 2},  {0x2a, 3},  {0x2a, 4},
                                      {0x2a, 5},  {0x2a, 6},  {0x2a, 7},  {0x2a, 8},  {0x2a, 9},
                                      {0x2a, 10}, {0x2a, 11}, {0x2a, 12}, {0x2a, 13}, {0x2a, 14},
                                      {0x2a, 15}, {0x2a, 16}};

    assert_true(policy < sizeof(oids) / sizeof(oids[0]));
    return policy == 0 ? oid_bytes(OID_ANY_POLICY) : bytes_of(oids[policy], 2);
}

struct fixture {
    struct sk_arena *arena;
    struct sk_params params;
    struct sk_job job;
    struct policy_graph *graph;
};

static void begin(struct fixture *f)
{
    arena_reset(f->arena);
    f->job = (struct sk_job){.arena = f->arena, .params = &f->params};
    assert_int_equal(policy_graph_new(&f->job, &f->graph), SK_OK);
}

static int setup(void **state)
{
    static struct fixture f;

    f = (struct fixture){.arena = arena_new(LIMIT_JOB_ARENA_BYTES)};
    params_init(&f.params);
    begin(&f);
    *state = &f;
    return f.arena == NULL;
}

static int teardown(void **state)
{
    arena_free(((struct fixture *)*state)->arena);
    return 0;
}

/* Policy numbers as bits. */
static enum sk_status extend(struct fixture *f, unsigned mask, bool any_counts)
{
    struct sk_bytes oids[32];
    size_t num = 0;
    unsigned p;

    for (p = 0; p < 32; p++) {
        if ((mask >> p & 1) != 0)
            oids[num++] = oid_of(p);
    }
    return policy_graph_extend(f->graph, oids, num, any_counts);
}

struct pair {
    unsigned from, to;
};

static enum sk_status map(struct fixture *f, const struct pair *pairs, size_t num, bool is_allowed)
{
    struct policy_pair oids[300];
    size_t i;

    assert_true(num <= 300);
    for (i = 0; i < num; i++)
        oids[i] = (struct policy_pair){oid_of(pairs[i].from), oid_of(pairs[i].to)};
    return policy_graph_map(f->graph, oids, num, is_allowed);
}

static unsigned mask_of(const struct policy_set *set)
{
    unsigned mask = 0, p;
    size_t i;

    for (i = 0; i < set->num; i++) {
        for (p = 0; p <= 16; p++) {
            if (bytes_equal(set->oids[i], oid_of(p)))
                mask |= 1u << p;
        }
    }
    return mask;
}

/* The user set as bits; the results as bits. */
static void sets(struct fixture *f, unsigned user, unsigned *out_authority, unsigned *out_user)
{
    struct policy_set authority, constrained;
    struct sk_bytes oids[32];
    size_t num = 0;
    unsigned p;

    for (p = 0; p < 32; p++) {
        if ((user >> p & 1) != 0)
            oids[num++] = oid_of(p);
    }
    assert_int_equal(policy_graph_sets(f->graph, oids, num, &authority, &constrained), SK_OK);
    *out_authority = mask_of(&authority);
    *out_user = mask_of(&constrained);
}

#define ANY     1u
#define P(n)    (1u << (n))
#define ASK_ANY 0u

static void expect_sets(struct fixture *f, unsigned asked, unsigned authority, unsigned user)
{
    unsigned got_authority, got_user;

    sets(f, asked, &got_authority, &got_user);
    assert_int_equal(got_authority, authority);
    assert_int_equal(got_user, user);
}

/* ---- refusals
 * ------------------------------------------------------------------------------------- */

static void test_policy_graph_refuses_a_policy_that_stands_twice(void **state)
{
    struct fixture *f = *state;
    struct sk_bytes twice[] = {oid_of(1), oid_of(2), oid_of(1)};

    assert_int_equal(policy_graph_extend(f->graph, twice, 3, true), SK_INPUT);
    begin(f);
    assert_int_equal(policy_graph_extend(f->graph, NULL, 0, true), SK_OK);
    assert_int_equal(policy_graph_extend(f->graph, twice, 3, true), SK_INPUT);
}

static void test_policy_graph_refuses_anypolicy_in_mappings(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(extend(f, P(1) | ANY, true), SK_OK);
    assert_int_equal(map(f, (struct pair[]){{1, 0}}, 1, true), SK_INPUT);
    assert_int_equal(map(f, (struct pair[]){{0, 1}}, 1, true), SK_INPUT);
    assert_int_equal(map(f, (struct pair[]){{1, 2}, {0, 1}}, 2, false), SK_INPUT);
    begin(f);
    assert_int_equal(policy_graph_extend(f->graph, NULL, 0, true), SK_OK);
    assert_int_equal(map(f, (struct pair[]){{0, 1}}, 1, true), SK_INPUT);
}

static void test_policy_graph_without_policies_is_null_for_ever(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(extend(f, P(1), true), SK_OK);
    assert_int_equal(extend(f, 0, true), SK_OK);
    assert_true(policy_graph_is_null(f->graph));
    assert_int_equal(extend(f, P(1) | ANY, true), SK_OK);
    assert_true(policy_graph_is_null(f->graph));
    expect_sets(f, P(1), 0, 0);
    expect_sets(f, ASK_ANY, 0, 0);
}

static void test_policy_graph_is_null_when_policies_do_not_meet(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(extend(f, P(1) | P(2), true), SK_OK);
    assert_int_equal(extend(f, P(3), true), SK_OK);
    assert_true(policy_graph_is_null(f->graph));
}

static void test_policy_graph_forgets_anypolicy_that_does_not_count(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(extend(f, ANY, false), SK_OK);
    assert_true(policy_graph_is_null(f->graph));
}

static void test_policy_graph_deletes_mapped_policies_when_mapping_is_inhibited(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(extend(f, P(1), true), SK_OK);
    assert_int_equal(map(f, (struct pair[]){{1, 2}}, 1, false), SK_OK);
    assert_true(policy_graph_is_null(f->graph));
}

/* PKITS 4.10.10 in short: the middle mapping is missing */
static void test_policy_graph_breaks_where_a_bridge_mapping_is_missing(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(extend(f, P(1), true), SK_OK);
    assert_int_equal(map(f, (struct pair[]){{1, 2}}, 1, true), SK_OK);
    assert_int_equal(extend(f, P(2), true), SK_OK);
    assert_int_equal(extend(f, P(3), true), SK_OK);
    assert_true(policy_graph_is_null(f->graph));
}

static void test_policy_graph_stops_at_its_budget(void **state)
{
    struct fixture *f = *state;

    f->params.budget.max_policy_nodes = 4; /* anyPolicy at depth 0, then three */
    begin(f);
    assert_int_equal(extend(f, P(1) | P(2) | P(3), true), SK_OK);
    begin(f);
    assert_int_equal(extend(f, P(1) | P(2) | P(3) | P(4), true), SK_LIMIT);
    assert_true(f->job.is_exhausted);
    begin(f);
    assert_int_equal(extend(f, P(1) | ANY, true), SK_OK);
    assert_int_equal(map(f, (struct pair[]){{1, 2}, {3, 4}}, 2, true), SK_OK);
    begin(f);
    assert_int_equal(extend(f, P(1) | ANY, true), SK_OK);
    assert_int_equal(map(f, (struct pair[]){{3, 4}, {5, 6}}, 2, true), SK_LIMIT);
    assert_true(f->job.is_exhausted);
}

/* CVE-2023-0464: every policy maps to every other; the tree would have 16^32 leaves. */
static void test_policy_graph_stays_small_under_a_policy_bomb(void **state)
{
    struct fixture *f = *state;
    struct pair pairs[256];
    unsigned i, depth;

    for (i = 0; i < 256; i++)
        pairs[i] = (struct pair){1 + i / 16, 1 + i % 16};
    for (depth = 0; depth < 32; depth++) {
        assert_int_equal(extend(f, 0x1fffe, true), SK_OK);
        if (depth < 31)
            assert_int_equal(map(f, pairs, 256, true), SK_OK);
    }
    expect_sets(f, P(7), 0x1fffe, P(7));
    assert_int_equal(f->job.work.policy_nodes, 1 + 32 * 16);
}

/* ---- results
 * --------------------------------------------------------------------------------------- */

static void test_policy_graph_bridge_gives_the_relying_partys_own_policy(void **state)
{
    struct fixture *f = *state;

    /* V-66: cross certificate 1 maps A to B, cross certificate 2 B to C, the subject asserts C. */
    assert_int_equal(extend(f, P(1), true), SK_OK);
    assert_int_equal(map(f, (struct pair[]){{1, 2}}, 1, true), SK_OK);
    assert_int_equal(extend(f, P(2), true), SK_OK);
    assert_int_equal(map(f, (struct pair[]){{2, 3}}, 1, true), SK_OK);
    assert_int_equal(extend(f, P(3), true), SK_OK);
    expect_sets(f, P(1), P(1), P(1));
    expect_sets(f, P(3), P(1), 0);
    expect_sets(f, ASK_ANY, P(1), P(1));
}

static void test_policy_graph_one_policy_may_map_to_several(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(extend(f, P(1), true), SK_OK);
    assert_int_equal(map(f, (struct pair[]){{1, 2}, {1, 3}, {1, 2}}, 3, true), SK_OK);
    assert_int_equal(extend(f, P(3), true), SK_OK);
    expect_sets(f, P(1), P(1), P(1));
}

static void test_policy_graph_mapped_policy_no_longer_expects_itself(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(extend(f, P(1), true), SK_OK);
    assert_int_equal(map(f, (struct pair[]){{1, 2}}, 1, true), SK_OK);
    assert_int_equal(extend(f, P(1), true), SK_OK);
    assert_true(policy_graph_is_null(f->graph));
}

static void test_policy_graph_maps_under_anypolicy(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(extend(f, ANY, true), SK_OK);
    assert_int_equal(map(f, (struct pair[]){{1, 2}}, 1, true), SK_OK);
    assert_int_equal(extend(f, P(2), true), SK_OK);
    expect_sets(f, P(1), P(1), P(1));
    expect_sets(f, P(2), P(1), 0);
}

static void test_policy_graph_anypolicy_at_the_end_stands_for_what_was_asked(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(extend(f, ANY | P(2), true), SK_OK);
    assert_int_equal(extend(f, ANY, true), SK_OK);
    expect_sets(f, ASK_ANY, ANY | P(2), ANY | P(2));
    expect_sets(f, P(1), ANY | P(2), P(1));
    expect_sets(f, P(1) | P(2), ANY | P(2), P(1) | P(2));
    expect_sets(f, P(1) | ANY, ANY | P(2), ANY | P(2));
}

static void test_policy_graph_dead_branches_give_nothing(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(extend(f, P(1) | P(2), true), SK_OK);
    assert_int_equal(extend(f, P(2), true), SK_OK);
    expect_sets(f, ASK_ANY, P(2), P(2));
    expect_sets(f, P(1), P(2), 0);
}

/* ---- the tree of RFC 5280, word for word
 * ------------------------------------------------------------ */

struct tree_node {
    unsigned valid;    /* policy number */
    unsigned expected; /* bits */
    size_t parent, depth;
    bool is_alive;
};
struct tree {
    struct tree_node nodes[TREE_NODES];
    size_t num, depth;
    bool is_full;
};

static void tree_add(struct tree *t, size_t parent, size_t depth, unsigned valid, unsigned expected)
{
    if (t->num == TREE_NODES) {
        t->is_full = true;
        return;
    }
    t->nodes[t->num++] = (struct tree_node){valid, expected, parent, depth, true};
}

static bool tree_has_child(const struct tree *t, size_t node, unsigned valid)
{
    size_t k;

    for (k = node + 1; k < t->num; k++) {
        if (t->nodes[k].is_alive && t->nodes[k].parent == node &&
            (valid == UINT32_MAX || t->nodes[k].valid == valid))
            return true;
    }
    return false;
}

/* "If there is a node of depth i-1 or less without any child nodes, delete that node. Repeat." */
static void tree_prune(struct tree *t, size_t depth)
{
    size_t k;

    for (k = t->num; k-- > 0;) { /* children come after their parents */
        if (t->nodes[k].is_alive && t->nodes[k].depth < depth && !tree_has_child(t, k, UINT32_MAX))
            t->nodes[k].is_alive = false;
    }
}

static bool tree_is_null(const struct tree *t)
{
    return !t->nodes[0].is_alive;
}

static void tree_delete(struct tree *t, size_t node)
{
    size_t k;

    t->nodes[node].is_alive = false;
    for (k = node + 1; k < t->num; k++) {
        if (!t->nodes[t->nodes[k].parent].is_alive)
            t->nodes[k].is_alive = false;
    }
}

static void tree_extend_named(struct tree *t, size_t before, unsigned policy)
{
    bool has_match = false;
    size_t k;

    for (k = 0; k < before; k++) {
        if (t->nodes[k].is_alive && t->nodes[k].depth == t->depth - 1 &&
            (t->nodes[k].expected >> policy & 1) != 0) {
            tree_add(t, k, t->depth, policy, P(policy));
            has_match = true;
        }
    }
    for (k = 0; k < before && !has_match; k++) {
        if (t->nodes[k].is_alive && t->nodes[k].depth == t->depth - 1 && t->nodes[k].valid == 0)
            tree_add(t, k, t->depth, policy, P(policy));
    }
}

static void tree_extend(struct tree *t, unsigned mask, bool any_counts)
{
    size_t before = t->num, k;
    unsigned p;

    t->depth++;
    if (mask == 0)
        tree_delete(t, 0);
    if (tree_is_null(t))
        return;
    for (p = 1; p < NUM_POLICIES; p++) {
        if ((mask >> p & 1) != 0)
            tree_extend_named(t, before, p);
    }
    for (k = 0; k < before && (mask & ANY) != 0 && any_counts; k++) {
        if (!t->nodes[k].is_alive || t->nodes[k].depth != t->depth - 1)
            continue;
        for (p = 0; p < NUM_POLICIES; p++) {
            if ((t->nodes[k].expected >> p & 1) != 0 && !tree_has_child(t, k, p))
                tree_add(t, k, t->depth, p, P(p));
        }
    }
    tree_prune(t, t->depth);
}

static void tree_map_one(struct tree *t, unsigned from, unsigned to, bool is_allowed)
{
    bool has_node = false;
    size_t before = t->num, k;

    for (k = 0; k < before; k++) {
        if (!t->nodes[k].is_alive || t->nodes[k].depth != t->depth || t->nodes[k].valid != from)
            continue;
        has_node = true;
        t->nodes[k].expected = to;
        if (!is_allowed)
            tree_delete(t, k);
    }
    for (k = 0; k < before && is_allowed && !has_node; k++) {
        if (t->nodes[k].is_alive && t->nodes[k].depth == t->depth && t->nodes[k].valid == 0)
            tree_add(t, t->nodes[k].parent, t->depth, from, to);
    }
}

static void tree_map(struct tree *t, const struct pair *pairs, size_t num, bool is_allowed)
{
    unsigned from, to;
    size_t i;

    if (tree_is_null(t))
        return;
    for (from = 1; from < NUM_POLICIES; from++) {
        for (i = 0, to = 0; i < num; i++)
            to |= pairs[i].from == from ? P(pairs[i].to) : 0;
        if (to != 0)
            tree_map_one(t, from, to, is_allowed);
    }
    tree_prune(t, t->depth);
}

/* The valid_policy_node_set as policies; anyPolicy only of the last depth. */
static unsigned tree_node_set(const struct tree *t)
{
    unsigned set = 0;
    size_t k;

    for (k = 1; k < t->num; k++) {
        const struct tree_node *n = &t->nodes[k];

        if (n->is_alive && t->nodes[n->parent].valid == 0 &&
            (n->valid != 0 || n->depth == t->depth))
            set |= P(n->valid);
    }
    return set;
}

/* 6.1.5(g)(iii) */
static void tree_intersect(struct tree *t, unsigned user)
{
    unsigned node_set = tree_node_set(t), p;
    size_t before = t->num, k;

    for (k = 1; k < before; k++) {
        const struct tree_node *n = &t->nodes[k];

        if (n->is_alive && t->nodes[n->parent].valid == 0 && n->valid != 0 &&
            (user >> n->valid & 1) == 0)
            tree_delete(t, k);
    }
    for (k = 1; k < before; k++) {
        const struct tree_node n = t->nodes[k];

        if (!n.is_alive || n.depth != t->depth || n.valid != 0)
            continue;
        for (p = 1; p < NUM_POLICIES; p++) {
            if ((user >> p & 1) != 0 && (node_set >> p & 1) == 0)
                tree_add(t, n.parent, t->depth, p, P(p));
        }
        t->nodes[k].is_alive = false;
    }
    tree_prune(t, t->depth);
}

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static unsigned pick(uint64_t *seed, unsigned below)
{
    return (unsigned)(next_random(seed) >> 33) % below;
}

/* One random path in both; false when the tree outgrew the test. */
static bool random_case(struct fixture *f, struct tree *t, uint64_t *seed)
{
    unsigned depth, n = 1 + pick(seed, 5), user, got_authority, got_user, expected;

    begin(f);
    t->num = t->depth = 0;
    t->is_full = false;
    tree_add(t, 0, 0, 0, ANY);
    for (depth = 1; depth <= n; depth++) {
        unsigned mask = pick(seed, 8) == 0 ? 0 : pick(seed, 1u << NUM_POLICIES);
        bool any_counts = pick(seed, 4) != 0, is_allowed = pick(seed, 4) != 0;
        struct pair pairs[8];
        size_t i, num = pick(seed, 2) == 0 ? 0 : pick(seed, 9);

        if (pick(seed, 3) == 0)
            mask |= ANY;
        for (i = 0; i < num; i++)
            pairs[i] =
                (struct pair){1 + pick(seed, NUM_POLICIES - 1), 1 + pick(seed, NUM_POLICIES - 1)};
        tree_extend(t, mask, any_counts);
        assert_int_equal(extend(f, mask, any_counts), SK_OK);
        assert_int_equal(policy_graph_is_null(f->graph), tree_is_null(t));
        if (depth < n) {
            tree_map(t, pairs, num, is_allowed);
            assert_int_equal(map(f, pairs, num, is_allowed), SK_OK);
            assert_int_equal(policy_graph_is_null(f->graph), tree_is_null(t));
        }
        if (t->is_full)
            return false;
    }
    user = pick(seed, 1u << NUM_POLICIES);
    expected = tree_node_set(t);
    sets(f, user, &got_authority, &got_user);
    assert_int_equal(got_authority, expected);
    if (user != 0 && (user & ANY) == 0)
        tree_intersect(t, user);
    assert_int_equal(got_user, tree_node_set(t));
    assert_int_equal(got_user == 0, tree_is_null(t));
    assert_true(f->job.work.policy_nodes <= t->num + 1);
    return true;
}

static void test_policy_graph_agrees_with_the_tree_of_rfc_5280(void **state)
{
    static struct tree tree;
    uint64_t seed = 0x9e3779b97f4a7c15;
    unsigned i, num_compared = 0, num_living = 0;

    for (i = 0; i < RANDOM_CASES; i++) {
        num_compared += random_case(*state, &tree, &seed);
        num_living += !tree_is_null(&tree);
    }
    assert_true(num_compared > RANDOM_CASES * 9 / 10);
    assert_true(num_living > RANDOM_CASES / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(test_policy_graph_##name, setup, teardown)
        T(refuses_a_policy_that_stands_twice),
        T(refuses_anypolicy_in_mappings),
        T(without_policies_is_null_for_ever),
        T(is_null_when_policies_do_not_meet),
        T(forgets_anypolicy_that_does_not_count),
        T(deletes_mapped_policies_when_mapping_is_inhibited),
        T(breaks_where_a_bridge_mapping_is_missing),
        T(stops_at_its_budget),
        T(stays_small_under_a_policy_bomb),
        T(bridge_gives_the_relying_partys_own_policy),
        T(one_policy_may_map_to_several),
        T(mapped_policy_no_longer_expects_itself),
        T(maps_under_anypolicy),
        T(anypolicy_at_the_end_stands_for_what_was_asked),
        T(dead_branches_give_nothing),
        T(agrees_with_the_tree_of_rfc_5280),
#undef T
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
