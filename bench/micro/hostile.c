/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What hostile graphs cost: hostile [RUNS [PART OF A NAME]]. A line a case: verdict, work, and CPU
 * milliseconds of the thread over the runs. Each run has a new job and a cold keyring; reading the
 * pool is not counted, reading the target is. Ends with 1 when the median of a case is above the
 * 50 ms that the product promises.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "test/support/hostile.h"

enum { RUNS = 7, RUNS_MAX = 1000, PROMISED_US = 50000 };

static int order(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* Prints the times and says whether the promise is kept. */
static bool tell(int64_t *us, size_t runs)
{
    qsort(us, runs, sizeof(us[0]), order);
    printf(" %8.2f %8.2f %8.2f%s\n", (double)us[runs / 2] / 1000, (double)us[0] / 1000,
           (double)us[runs - 1] / 1000, us[runs / 2] > PROMISED_US ? "  ABOVE 50 ms" : "");
    return us[runs / 2] <= PROMISED_US;
}

static void judge_once(struct graph *g, const struct sk_source *source, struct sk_bytes target,
                       int64_t *out_us)
{
    struct sk_query query = {.params = &g->params,
                             .source = source,
                             .time = g->time,
                             .arena = g->job,
                             .cpu_now = clock_cpu_us};
    struct sk_cert cert;
    int64_t start;

    arena_reset(g->job);
    keyring_free(g->keys);
    if ((g->keys = keyring_new(256)) == NULL)
        abort();
    query.keys = g->keys;
    query.target = &cert;
    start = clock_cpu_us();
    if (cert_parse(g->job, target, &cert, NULL) != SK_OK || judge(&query, &g->verdict) != SK_OK)
        abort();
    *out_us = clock_cpu_us() - start;
}

static bool run_case(const struct hostile_case *c, size_t runs)
{
    static struct graph g;
    const struct sk_source *source;
    const struct sk_cert *target;
    int64_t us[RUNS_MAX];
    size_t i;

    graph_init(&g);
    target = c->build(&g);
    g.params.budget.max_cpu_ms = LIMIT_JOB_CPU_MS;
    (void)graph_source(&g, 0); /* which shuffles; what it shuffles is timed */
    source = memstore_source(g.store);
    judge_once(&g, source, target->der, &us[0]); /* sorts the store, warms the caches */
    for (i = 0; i < runs; i++)
        judge_once(&g, source, target->der, &us[i]);
    printf("%-46s %-12s %5u %6u %5u %6u %6u", c->name, verdict_kind_text(g.verdict.kind),
           g.verdict.work.paths, g.verdict.work.steps, g.verdict.work.signatures,
           g.verdict.work.policy_nodes, g.verdict.work.name_checks);
    if (getenv("HOSTILE_FINDINGS") != NULL && g.verdict.num_findings > 0)
        printf(" [%s: %s]", finding_code_text(g.verdict.findings[0].code),
               g.verdict.findings[0].text);
    graph_done(&g);
    return tell(us, runs);
}

static bool run_octets(const struct hostile_octets *c, size_t runs)
{
    struct sk_arena *arena = arena_new(64u << 20), *job = arena_new(LIMIT_JOB_ARENA_BYTES);
    struct sk_bytes der = c->build(arena);
    int64_t us[RUNS_MAX], start;
    enum sk_status status = SK_OK;
    struct sk_cert cert;
    size_t i;

    for (i = 0; i < runs; i++) {
        arena_reset(job);
        start = clock_cpu_us();
        status = cert_parse(job, der, &cert, NULL);
        us[i] = clock_cpu_us() - start;
    }
    printf("%-46s %-12s %6zu KiB %20s", c->name, status_name(status), der.len / 1024, "");
    arena_free(job);
    arena_free(arena);
    return tell(us, runs);
}

int main(int argc, char **argv)
{
    size_t runs = argc > 1 ? strtoul(argv[1], NULL, 10) : RUNS, i;
    const char *part = argc > 2 ? argv[2] : "";
    bool is_kept = true;

    if (runs < 1 || runs > RUNS_MAX)
        runs = RUNS;
    printf("many: %u\n", hostile_many);
    printf("%-46s %-12s %5s %6s %5s %6s %6s %8s %8s %8s\n", "case", "verdict", "paths", "steps",
           "sigs", "nodes", "names", "CPU ms", "min", "max");
    for (i = 0; i < hostile_num_cases; i++)
        if (strstr(hostile_cases[i].name, part) != NULL)
            is_kept = run_case(&hostile_cases[i], runs) && is_kept;
    for (i = 0; i < hostile_num_octets; i++)
        if (strstr(hostile_octets[i].name, part) != NULL)
            is_kept = run_octets(&hostile_octets[i], runs) && is_kept;
    return is_kept ? 0 : 1;
}
