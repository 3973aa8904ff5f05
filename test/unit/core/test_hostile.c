/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hostile graphs end within their budgets, and the verdict is right or undetermined. Work is
 * counted here; bench/micro/hostile.c takes the time of the same cases.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "test/support/hostile.h"

static struct graph g;

static void check_budget(const struct hostile_case *c, const struct sk_verdict *v)
{
    const struct sk_budget *budget = &g.params.budget;
    unsigned most = c->max_signatures != 0 ? c->max_signatures : budget->max_signatures;

    if ((c->may & HOSTILE_MAY(v->kind)) == 0)
        fail_msg("%s: %s (%s)", c->name, verdict_kind_text(v->kind),
                 v->num_findings > 0 ? v->findings[0].text : "no finding");
    if (v->work.signatures > most)
        fail_msg("%s: %u signatures", c->name, v->work.signatures);
    assert_in_range(v->work.paths, 0, budget->max_paths);
    assert_in_range(v->work.steps, 0, budget->max_steps);
    assert_in_range(v->work.policy_nodes, 0, budget->max_policy_nodes);
    assert_in_range(v->work.name_checks, 0, budget->max_name_checks);
    /* The last signature may go over what is left, by the slowest key there is. */
    assert_in_range(v->work.arithmetic_us, 0, budget->max_signatures * LIMIT_SIGNATURE_US + 10000);
    assert_in_range(arena_used(g.job), 0, LIMIT_JOB_ARENA_BYTES);
}

static void test_hostile_graph_ends_within_its_budget(void **state)
{
    const struct hostile_case *c = *state;

    graph_init(&g);
    check_budget(c, graph_judge(&g, c->build(&g)));
    graph_done(&g);
}

static void test_hostile_octets_are_refused_or_read(void **state)
{
    struct sk_arena *arena = arena_new(64u << 20), *job = arena_new(LIMIT_JOB_ARENA_BYTES);
    struct sk_cert cert;
    size_t i;

    (void)state;
    for (i = 0; i < hostile_num_octets; i++) {
        enum sk_status status = cert_parse(job, hostile_octets[i].build(arena), &cert, NULL);

        if (status != hostile_octets[i].status)
            fail_msg("%s: %s", hostile_octets[i].name, status_name(status));
        arena_reset(job);
    }
    arena_free(job);
    arena_free(arena);
}

/* A budget in signatures alone would let slow keys run six times as long. */
static void test_signatures_cost_by_their_key(void **state)
{
    static const struct {
        enum pki_key_kind kind;
        unsigned low, high;
    } rows[] = {{PKI_EC, 50, 100}, {PKI_RSA, 10, 50}, {PKI_ED25519, 80, 150}, {PKI_DSA, 20, 300}};
    struct sk_arena *arena = arena_new(1u << 20);
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct sk_cert *cert = pki_cert(
            arena, &(struct pki_cert_spec){.subject = "/CN=a", .key = pki_key(rows[i].kind, 0)});

        assert_in_range(key_cost_us(cert->spki), rows[i].low, rows[i].high);
    }
    assert_int_equal(key_cost_us(bytes_of(NULL, 0)), 0);
    arena_free(arena);
}

enum { CASES_MAX = 100 };
int main(void)
{
    static struct CMUnitTest tests[CASES_MAX];
    size_t num = 0, i;

    hostile_many = 1000; /* more than any budget of signatures; bench/micro has ten times as many */
    for (i = 0; i < hostile_num_cases && i < CASES_MAX - 2; i++)
        tests[num++] = (struct CMUnitTest){
            .name = hostile_cases[i].name,
            .test_func = test_hostile_graph_ends_within_its_budget,
            .initial_state = (void *)(uintptr_t)&hostile_cases[i],
        };
    tests[num++] = (struct CMUnitTest)cmocka_unit_test(test_hostile_octets_are_refused_or_read);
    tests[num++] = (struct CMUnitTest)cmocka_unit_test(test_signatures_cost_by_their_key);
    return _cmocka_run_group_tests("hostile", tests, num, NULL, NULL);
}
