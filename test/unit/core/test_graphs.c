/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every graph of test/data/gen has the verdict its text expects, in whatever order the candidates
 * come and whichever of them has the smaller hash: each is built anew several times, with other
 * keys and signatures, and judged in several orders.
 *
 * SEKISHO_SHUFFLES=N: N judgements of each graph (default 10).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <glob.h>

#include "test/support/describe.h"

enum { SHUFFLES = 10, ORDERS_OF_A_BUILDING = 5, MAX_GRAPHS = 512 };

static unsigned long num_shuffles(void)
{
    const char *text = getenv("SEKISHO_SHUFFLES");

    return text != NULL ? strtoul(text, NULL, 10) : SHUFFLES;
}

/* The name of a file says what comes out. */
static bool fits_name(const char *name, const struct described *d)
{
    const char *prefix = strcmp(d->verdict, "valid") == 0 ? "good" : d->verdict;

    return strncmp(name, prefix, strlen(prefix)) == 0 && name[strlen(prefix)] == '_';
}

/* Whatever came out, each finding says which rule, what it expects and what was found. */
static bool is_explained(const struct sk_verdict *verdict)
{
    size_t i;

    for (i = 0; i < verdict->num_findings; i++) {
        const struct finding *f = &verdict->findings[i];

        if (f->rule == NULL || f->rule[0] == '\0' || f->expected == NULL ||
            f->expected[0] == '\0' || f->found == NULL || f->found[0] == '\0' ||
            (f->cert >= 0 && f->about == NULL))
            return false;
    }
    return true;
}

static void test_graph(void **state)
{
    const char *path = *state;
    struct described *d = describe_file(path);
    unsigned long i, shuffles = num_shuffles();
    unsigned order;

    assert_true(fits_name(strrchr(path, '/') + 1, d));
    for (i = 0; i < shuffles; i += ORDERS_OF_A_BUILDING) {
        struct graph g;

        graph_init(&g);
        describe_build(d, (unsigned)i, &g);
        for (order = 0; order < ORDERS_OF_A_BUILDING; order++) {
            unsigned seed = order > 0 ? (unsigned)i * 7919u + order : 0;
            const char *wrong = describe_check(d, graph_judge_order(&g, d->target, seed));

            if (wrong != NULL)
                fail_msg("%s, building %lu, order %u: %s", path, i, order, wrong);
            if (!is_explained(&g.verdict))
                fail_msg("%s: a finding lacks its rule, or what was expected or found", path);
        }
        graph_done(&g);
    }
    describe_free(d);
}

int main(void)
{
    static struct CMUnitTest tests[MAX_GRAPHS];
    size_t i, count;
    glob_t found;
    int failed;

    if (glob("test/data/gen/*.graph", 0, NULL, &found) != 0) {
        (void)fprintf(stderr, "no graphs: run from the repository's root\n");
        return 1;
    }
    count = found.gl_pathc < MAX_GRAPHS ? found.gl_pathc : MAX_GRAPHS;
    for (i = 0; i < count; i++)
        tests[i] = (struct CMUnitTest){.name = strrchr(found.gl_pathv[i], '/') + 1,
                                       .test_func = test_graph,
                                       .initial_state = found.gl_pathv[i]};
    print_message("## %zu graphs, %lu judgements of each\n", count, num_shuffles());
    failed = _cmocka_run_group_tests("graphs", tests, count, NULL, NULL);
    globfree(&found);
    return failed;
}
