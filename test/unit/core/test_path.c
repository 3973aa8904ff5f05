/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "core/path.h"
#include "test/support/graph.h"

static struct graph g;

static int set_up(void **state)
{
    (void)state;
    graph_init(&g);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    graph_done(&g);
    return 0;
}

/* ---- graphs on which a search without backtracking fails ---- */

/* EE <- PCA <- BCA <- OSCA, the anchor. */
static const struct sk_cert *bridge(void)
{
    graph_anchor(&g, "/CN=OSCA", 0);
    graph_ca(&g, "/CN=BCA", 1, "/CN=OSCA", 0);
    graph_ca(&g, "/CN=PCA", 2, "/CN=BCA", 1);
    return graph_leaf(&g, "/CN=EE", "/CN=PCA", 2);
}

static void assert_valid(const struct sk_cert *target, size_t num_path)
{
    const struct sk_verdict *verdict = graph_judge_orders(&g, target);

    if (verdict->kind != VERDICT_VALID && verdict->num_findings > 0)
        print_message("%s\n", verdict->findings[0].text);
    assert_int_equal(verdict->kind, VERDICT_VALID);
    assert_int_equal(verdict->num_path, num_path);
}

static void test_path_passes_by_the_self_signed_root_of_a_private_ca(void **state)
{
    const struct sk_cert *ee = bridge();

    (void)state;
    graph_ca(&g, "/CN=PCA", 2, "/CN=PCA", 2);
    assert_valid(ee, 4);
}

static void test_path_leaves_a_dead_end_at_the_bridge(void **state)
{
    const struct sk_cert *ee = bridge();

    (void)state;
    graph_ca(&g, "/CN=BCA", 1, "/CN=Elsewhere", 5);
    assert_valid(ee, 4);
}

static void test_path_leaves_a_dead_end_at_the_private_ca(void **state)
{
    const struct sk_cert *ee = bridge();

    (void)state;
    graph_ca(&g, "/CN=PCA", 2, "/CN=Other Bridge", 5);
    graph_ca(&g, "/CN=Other Bridge", 5, "/CN=Nowhere", 6);
    assert_valid(ee, 4);
}

static void test_path_ends_mutual_cross_certificates(void **state)
{
    const struct sk_cert *ee = bridge();

    (void)state;
    graph_ca(&g, "/CN=BCA", 1, "/CN=PCA", 2);
    graph_ca(&g, "/CN=OSCA", 0, "/CN=BCA", 1);
    assert_valid(ee, 4);
}

static void test_path_tries_the_next_cross_certificate_when_one_is_revoked(void **state)
{
    const struct sk_cert *ee;

    (void)state;
    graph_anchor(&g, "/CN=OSCA", 0);
    graph_ca(&g, "/CN=BCA", 1, "/CN=OSCA", 0);
    graph_cert(&g, &(struct pki_cert_spec){.subject = "/CN=PCA",
                                           .key = pki_key(PKI_EC, 2),
                                           .issuer = "/CN=BCA",
                                           .signer = pki_key(PKI_EC, 1),
                                           .serial = 77,
                                           .exts = {PKI_CA_EXTS}});
    graph_ca(&g, "/CN=PCA", 2, "/CN=BCA", 1);
    ee = graph_leaf(&g, "/CN=EE", "/CN=PCA", 2);
    graph_empty_crl(&g, "/CN=OSCA", 0);
    graph_empty_crl(&g, "/CN=PCA", 2);
    graph_crl(&g, &(struct pki_crl_spec){.issuer = "/CN=BCA",
                                         .signer = pki_key(PKI_EC, 1),
                                         .entries = {{.serial = 77}}});
    g.params.revocation = REVOCATION_REQUIRED;
    assert_valid(ee, 4);
}

static void test_path_tries_every_key_of_a_name(void **state)
{
    const struct sk_cert *ee = bridge();

    (void)state;
    graph_ca(&g, "/CN=PCA", 6, "/CN=BCA", 1);
    graph_ca(&g, "/CN=PCA", 7, "/CN=BCA", 1);
    assert_valid(ee, 4);
}

/* anchor of one generation, end entity of the other; no key identifiers. */
static void test_path_goes_over_link_certificates(void **state)
{
    const struct sk_cert *under_new, *under_old;

    (void)state;
    graph_anchor(&g, "/CN=Root", 0);
    graph_ca(&g, "/CN=Root", 1, "/CN=Root", 0); /* newWithOld */
    graph_ca(&g, "/CN=Root", 0, "/CN=Root", 1); /* oldWithNew */
    graph_ca(&g, "/CN=Root", 1, "/CN=Root", 1); /* newWithNew */
    under_new = graph_leaf(&g, "/CN=New", "/CN=Root", 1);
    under_old = graph_leaf(&g, "/CN=Old", "/CN=Root", 0);
    assert_valid(under_new, 3);
    assert_valid(under_old, 2);
}

/* The same with key identifiers that tell the generations apart. */
static void test_path_goes_over_link_certificates_with_key_identifiers(void **state)
{
    static const char *const ids[] = {"01020304", "05060708"};
    static const char *const akis[] = {"DER:30:06:80:04:01:02:03:04",
                                       "DER:30:06:80:04:05:06:07:08"};
    const struct sk_cert *ee;
    size_t subject, signer;

    (void)state;
    graph_anchor(&g, "/CN=Root", 0);
    for (subject = 0; subject < 2; subject++)
        for (signer = 0; signer < 2; signer++)
            if (subject + signer > 0)
                graph_cert(&g, &(struct pki_cert_spec){
                                   .subject = "/CN=Root",
                                   .key = pki_key(PKI_EC, subject),
                                   .signer = pki_key(PKI_EC, signer),
                                   .exts = {PKI_CA_EXTS,
                                            {"subjectKeyIdentifier", ids[subject]},
                                            {"authorityKeyIdentifier", akis[signer]}}});
    ee = graph_target(&g, &(struct pki_cert_spec){.subject = "/CN=EE",
                                                  .issuer = "/CN=Root",
                                                  .key = pki_key(PKI_EC, 23),
                                                  .signer = pki_key(PKI_EC, 1),
                                                  .exts = {{"authorityKeyIdentifier", akis[1]}}});
    assert_valid(ee, 3);
}

/* B-04, B-05: a hint that points to the wrong certificate costs a detour, not the path. */
static void test_path_does_not_believe_wrong_key_identifiers(void **state)
{
    const struct sk_cert *ee;

    (void)state;
    graph_anchor(&g, "/CN=Root", 0);
    graph_cert(&g,
               &(struct pki_cert_spec){.subject = "/CN=CA",
                                       .issuer = "/CN=Root",
                                       .key = pki_key(PKI_EC, 1),
                                       .signer = pki_key(PKI_EC, 0),
                                       .exts = {PKI_CA_EXTS, {"subjectKeyIdentifier", "0a0b"}}});
    graph_cert(&g,
               &(struct pki_cert_spec){.subject = "/CN=CA",
                                       .issuer = "/CN=Root",
                                       .key = pki_key(PKI_EC, 2),
                                       .signer = pki_key(PKI_EC, 0),
                                       .exts = {PKI_CA_EXTS, {"subjectKeyIdentifier", "0102"}}});
    ee = graph_target(
        &g, &(struct pki_cert_spec){.subject = "/CN=EE",
                                    .issuer = "/CN=CA",
                                    .key = pki_key(PKI_EC, 23),
                                    .signer = pki_key(PKI_EC, 1),
                                    .exts = {{"authorityKeyIdentifier", "DER:30:04:80:02:01:02"}}});
    assert_valid(ee, 3);
}

static void test_path_tries_the_next_cross_certificate_when_policies_do_not_fit(void **state)
{
    static const char *const policies[] = {"1.2.3.4", "1.2.3.5"};
    const struct sk_cert *ee;
    size_t i;

    (void)state;
    graph_anchor(&g, "/CN=Root", 0);
    for (i = 0; i < 2; i++)
        graph_cert(&g, &(struct pki_cert_spec){
                           .subject = "/CN=CA",
                           .issuer = "/CN=Root",
                           .key = pki_key(PKI_EC, 1),
                           .signer = pki_key(PKI_EC, 0),
                           .exts = {PKI_CA_EXTS, {"certificatePolicies", policies[i]}}});
    ee = graph_target(&g, &(struct pki_cert_spec){.subject = "/CN=EE",
                                                  .issuer = "/CN=CA",
                                                  .key = pki_key(PKI_EC, 23),
                                                  .signer = pki_key(PKI_EC, 1),
                                                  .exts = {{"certificatePolicies", "1.2.3.5"}}});
    g.params.require_explicit_policy = true;
    assert_valid(ee, 3);
}

static void test_path_finds_the_right_one_of_many_anchors_of_a_name(void **state)
{
    const struct sk_cert *ee;
    size_t i;

    (void)state;
    for (i = 0; i < 22; i++)
        graph_anchor(&g, "/CN=Root", i);
    ee = graph_leaf(&g, "/CN=EE", "/CN=Root", 17);
    assert_valid(ee, 2);
}

/* B-17 */
static void test_path_takes_the_renewed_twin_of_an_expired_certificate(void **state)
{
    const struct sk_cert *ee = bridge();
    size_t i;

    (void)state;
    for (i = 0; i < 2; i++)
        graph_cert(&g, &(struct pki_cert_spec){.subject = "/CN=PCA",
                                               .issuer = "/CN=BCA",
                                               .key = pki_key(PKI_EC, 2),
                                               .signer = pki_key(PKI_EC, 1),
                                               .not_before = i ? PKI_T + 1 : 0,
                                               .not_after = i ? 0 : PKI_T - 1,
                                               .exts = {PKI_CA_EXTS}});
    assert_valid(ee, 4);
}

/* B-13: what 6.1 is sure to refuse as an issuer is not proposed while there is another. */
static void test_path_proposes_no_hopeless_issuer_beside_a_good_one(void **state)
{
    static const struct pki_ext ca = {"basicConstraints", "critical,CA:TRUE"};
    struct pki_cert_spec hopeless[] = {
        {.version = 1},
        {.exts = {{"keyUsage", "critical,keyCertSign"}}}, /* no CA */
        {.exts = {ca, {"keyUsage", "critical,cRLSign"}}},
        {.not_after = PKI_T - 1, .exts = {ca}},
        {.not_before = PKI_T + 1, .exts = {ca}},
        {.exts = {ca, {"1.3.6.1.4.1.32473.99", "critical,DER:05:00"}}},
    };
    const struct sk_cert *ee = bridge();
    unsigned order;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(hopeless) / sizeof(hopeless[0]); i++) {
        hopeless[i].subject = "/CN=PCA";
        hopeless[i].issuer = "/CN=OSCA"; /* the shorter way */
        hopeless[i].key = pki_key(PKI_EC, 2);
        hopeless[i].signer = pki_key(PKI_EC, 0);
        graph_cert(&g, &hopeless[i]);
    }
    for (order = 0; order < 20; order++) {
        assert_int_equal(graph_judge_order(&g, ee, order)->kind, VERDICT_VALID);
        assert_int_equal(g.verdict.num_path, 4);
        assert_int_equal(g.verdict.work.paths, 1);
    }
    g.params.clock_skew_s = 1; /* the shorter way is open */
    assert_valid(ee, 3);
}

/* B-21, and the copy of an anchor in the pool. */
static void test_path_ends_at_anchors_only(void **state)
{
    const struct sk_cert *ee = bridge();
    const struct sk_verdict *verdict;

    (void)state;
    graph_ca(&g, "/CN=BCA", 1, "/CN=BCA", 1);
    g.objects[g.num_objects++] = g.anchors[0].cert->der;
    assert_valid(ee, 4);
    g.params.num_anchors = 0;
    verdict = graph_judge_orders(&g, ee);
    assert_int_equal(verdict->kind, VERDICT_INVALID);
    assert_int_equal(graph_finding(verdict), FINDING_NO_PATH);
    assert_int_equal(verdict->num_path, 0);
}

/* B-23 */
static void test_path_prefers_the_shorter_of_two(void **state)
{
    const struct sk_cert *ee = bridge();

    (void)state;
    graph_ca(&g, "/CN=PCA", 2, "/CN=OSCA", 0);
    assert_valid(ee, 3);
}

/* B-03: another encoding of the same name is the same name. */
static void test_path_follows_names_across_string_types(void **state)
{
    const struct sk_cert *ee;

    (void)state;
    graph_anchor(&g, "/O=Gate/CN=Root", 0);
    graph_cert(&g, &(struct pki_cert_spec){.subject = "/O=GATE/CN=CA",
                                           .issuer = "/O=gate/CN=root",
                                           .key = pki_key(PKI_EC, 1),
                                           .signer = pki_key(PKI_EC, 0),
                                           .subject_printable = true,
                                           .exts = {PKI_CA_EXTS}});
    ee = graph_leaf(&g, "/CN=EE", "/O=gate/CN=ca", 1);
    assert_valid(ee, 3);
}

/* Two bridges in series, as between two governments. */
static void test_path_crosses_two_bridges(void **state)
{
    const struct sk_cert *ee;

    (void)state;
    graph_anchor(&g, "/CN=A", 0);
    graph_ca(&g, "/CN=B1", 1, "/CN=A", 0);
    graph_ca(&g, "/CN=A", 0, "/CN=B1", 1);
    graph_ca(&g, "/CN=B2", 2, "/CN=B1", 1);
    graph_ca(&g, "/CN=B1", 1, "/CN=B2", 2);
    graph_ca(&g, "/CN=C", 3, "/CN=B2", 2);
    graph_ca(&g, "/CN=B2", 2, "/CN=C", 3);
    ee = graph_leaf(&g, "/CN=EE", "/CN=C", 3);
    assert_valid(ee, 5);
}

/* The other half of a mutual cross certificate is a target like any other. */
static void test_path_judges_a_cross_certificate_about_the_anchor(void **state)
{
    const struct sk_cert *back;

    (void)state;
    graph_anchor(&g, "/CN=A", 0);
    graph_ca(&g, "/CN=B", 1, "/CN=A", 0);
    back = graph_ca(&g, "/CN=A", 0, "/CN=B", 1);
    assert_valid(back, 3);
}

/* ---- explaining ---- */

static void assert_invalid(const struct sk_cert *target, enum finding_code code)
{
    const struct sk_verdict *verdict = graph_judge_orders(&g, target);

    assert_int_equal(verdict->kind, VERDICT_INVALID);
    assert_string_equal(finding_code_text(graph_finding(verdict)), finding_code_text(code));
}

static void test_path_tells_what_is_wrong_with_the_only_issuer(void **state)
{
    (void)state;
    graph_anchor(&g, "/CN=Root", 0);
    graph_cert(&g, &(struct pki_cert_spec){.subject = "/CN=No CA",
                                           .issuer = "/CN=Root",
                                           .key = pki_key(PKI_EC, 1),
                                           .signer = pki_key(PKI_EC, 0)});
    assert_invalid(graph_leaf(&g, "/CN=EE", "/CN=No CA", 1), FINDING_NOT_CA);
    graph_cert(&g, &(struct pki_cert_spec){.subject = "/CN=Old",
                                           .issuer = "/CN=Root",
                                           .key = pki_key(PKI_EC, 1),
                                           .signer = pki_key(PKI_EC, 0),
                                           .not_after = PKI_T - 1,
                                           .exts = {PKI_CA_EXTS}});
    assert_invalid(graph_leaf(&g, "/CN=EE", "/CN=Old", 1), FINDING_EXPIRED);
    assert_invalid(graph_leaf(&g, "/CN=EE", "/CN=Root", 1), FINDING_SIGNATURE);
    assert_invalid(graph_leaf(&g, "/CN=EE", "/CN=Unknown", 1), FINDING_NO_PATH);
}

static void test_path_partial_follows_the_likely_issuers(void **state)
{
    const struct sk_cert *certs[LIMIT_PATH_CERTS], *ee;
    struct path_search *search;
    struct verify_path path;
    struct sk_job job = {0};

    (void)state;
    graph_ca(&g, "/CN=B", 1, "/CN=Gone", 0);
    graph_ca(&g, "/CN=C", 2, "/CN=B", 1);
    ee = graph_leaf(&g, "/CN=EE", "/CN=C", 2);
    job.arena = g.job;
    job.params = &g.params;
    job.keys = g.keys;
    job.time = g.time;
    job.source = graph_source(&g, 0);
    assert_int_equal(path_search_new(&job, ee, NULL, &search), SK_OK);
    assert_int_equal(path_search_next(search, &path), SK_NOTFOUND);
    assert_int_equal(path_search_partial(search, certs, LIMIT_PATH_CERTS), 3);
    assert_ptr_equal(certs[0], ee);
    assert_int_equal(path_search_partial(search, certs, 1), 1);
}

/* ---- within another path ---- */

/* A CA that comes again lower down counts there as well, and what stands between may be left out.
 */
static void test_path_scope_allows_what_stands_in_its_order(void **state)
{
    const struct sk_cert *above[5], *more[6];
    struct path_scope scope = {.above = above, .num_above = 5};
    size_t i;

    (void)state;
    graph_anchor(&g, "/CN=Root", 0);
    scope.anchor = &g.anchors[0];
    above[0] = graph_ca(&g, "/CN=Root", 6, "/CN=Root", 0);
    above[1] = graph_ca(&g, "/CN=A", 1, "/CN=Root", 6);
    above[2] = graph_ca(&g, "/CN=B", 2, "/CN=A", 1);
    above[3] = graph_ca(&g, "/CN=A", 3, "/CN=B", 2);
    above[4] = graph_ca(&g, "/CN=C", 4, "/CN=A", 3);
    for (i = 0; i < 5; i++)
        assert_true(path_scope_allows(&scope, above[i]));
    more[0] = graph_ca(&g, "/CN=C", 4, "/CN=Root", 0);
    more[1] = graph_ca(&g, "/CN=C", 7, "/CN=C", 4);
    more[2] = graph_ca(&g, "/CN=C", 4, "/CN=B", 9);
    for (i = 0; i < 3; i++)
        assert_true(path_scope_allows(&scope, more[i]));
    more[0] = graph_ca(&g, "/CN=B", 2, "/CN=C", 4);    /* upwards */
    more[1] = graph_ca(&g, "/CN=B", 9, "/CN=B2", 9);   /* from elsewhere */
    more[2] = graph_ca(&g, "/CN=B2", 9, "/CN=B", 2);   /* to elsewhere */
    more[3] = graph_ca(&g, "/CN=B2", 9, "/CN=B2", 9);  /* is elsewhere */
    more[4] = graph_ca(&g, "/CN=Root", 0, "/CN=C", 4); /* back to the anchor */
    for (i = 0; i < 5; i++)
        assert_false(path_scope_allows(&scope, more[i]));
}

/* ---- budgets ---- */

static const struct sk_cert *chain(unsigned length)
{
    char subject[32] = "/CN=Root", issuer[32];
    unsigned i;

    graph_anchor(&g, subject, 0);
    for (i = 1; i < length; i++) {
        memcpy(issuer, subject, sizeof(issuer));
        (void)snprintf(subject, sizeof(subject), "/CN=CA %u", i);
        graph_ca(&g, subject, i % 20, issuer, (i - 1) % 20);
    }
    return graph_leaf(&g, "/CN=EE", subject, (length - 1) % 20);
}

static void test_path_goes_as_deep_as_the_budget_and_no_deeper(void **state)
{
    const struct sk_cert *ee = chain(20);
    const struct sk_verdict *verdict;

    (void)state;
    g.params.budget.max_path_certs = 20;
    assert_valid(ee, 21);
    g.params.budget.max_path_certs = 19;
    verdict = graph_judge(&g, ee);
    assert_int_equal(verdict->kind, VERDICT_UNDETERMINED);
    assert_int_equal(graph_finding(verdict), FINDING_BUDGET_EXHAUSTED);
}

static void test_path_never_goes_over_the_hard_cap(void **state)
{
    const struct sk_cert *ee = chain(LIMIT_PATH_CERTS + 1);

    (void)state;
    g.params.budget.max_path_certs = 1000;
    assert_int_equal(graph_judge(&g, ee)->kind, VERDICT_UNDETERMINED);
}

/* num CAs that all certify each other. */
static void mesh(unsigned num, const char *const *exts)
{
    char subject[32], issuer[32];
    unsigned i, j;

    for (i = 0; i < num; i++)
        for (j = 0; j < num; j++) {
            if (i == j)
                continue;
            (void)snprintf(subject, sizeof(subject), "/CN=M%u", i);
            (void)snprintf(issuer, sizeof(issuer), "/CN=M%u", j);
            graph_cert(&g, &(struct pki_cert_spec){.subject = subject,
                                                   .issuer = issuer,
                                                   .key = pki_key(PKI_EC, i),
                                                   .signer = pki_key(PKI_EC, j),
                                                   .exts = {PKI_CA_EXTS, {exts[0], exts[1]}}});
        }
}

static void test_path_finds_none_in_a_mesh_without_an_anchor_in_linear_time(void **state)
{
    static const char *const none[] = {NULL, NULL};
    const struct sk_verdict *verdict;
    const struct sk_cert *ee;

    (void)state;
    graph_anchor(&g, "/CN=Root", 20);
    mesh(12, none);
    ee = graph_leaf(&g, "/CN=EE", "/CN=M3", 3);
    verdict = graph_judge(&g, ee);
    assert_int_equal(verdict->kind, VERDICT_INVALID);
    assert_int_equal(graph_finding(verdict), FINDING_NO_PATH);
    assert_in_range(verdict->work.steps, 1, 2 * g.num_objects);
    assert_int_equal(verdict->work.signatures, 0);
}

static void test_path_finds_its_way_through_a_mesh(void **state)
{
    static const char *const none[] = {NULL, NULL};

    (void)state;
    graph_anchor(&g, "/CN=Root", 20);
    mesh(12, none);
    graph_ca(&g, "/CN=M7", 7, "/CN=Root", 20);
    assert_valid(graph_leaf(&g, "/CN=EE", "/CN=M3", 3), 4);
}

/* Every one of the many paths fails on policy. */
static void test_path_gives_up_on_a_hostile_mesh_within_its_budget(void **state)
{
    static const char *const policies[] = {"certificatePolicies", "1.2.3.4"};
    static const uint8_t asked[] = {0x2a, 0x03, 0x05};
    struct sk_bytes policy = bytes_of(asked, sizeof(asked));
    const struct sk_verdict *verdict;
    const struct sk_cert *ee;

    (void)state;
    graph_anchor(&g, "/CN=Root", 20);
    mesh(10, policies);
    graph_cert(&g, &(struct pki_cert_spec){.subject = "/CN=M7",
                                           .issuer = "/CN=Root",
                                           .key = pki_key(PKI_EC, 7),
                                           .signer = pki_key(PKI_EC, 20),
                                           .exts = {PKI_CA_EXTS, {policies[0], policies[1]}}});
    g.params.require_explicit_policy = true;
    g.params.policies = &policy;
    g.params.num_policies = 1;
    ee = graph_target(&g, &(struct pki_cert_spec){.subject = "/CN=EE",
                                                  .issuer = "/CN=M3",
                                                  .key = pki_key(PKI_EC, 23),
                                                  .signer = pki_key(PKI_EC, 3),
                                                  .exts = {{policies[0], policies[1]}}});
    verdict = graph_judge_orders(&g, ee);
    assert_int_equal(verdict->kind, VERDICT_UNDETERMINED);
    assert_int_equal(graph_finding(verdict), FINDING_BUDGET_EXHAUSTED);
    assert_in_range(verdict->work.paths, 1, LIMIT_JOB_PATHS);
    assert_in_range(verdict->work.steps, 1, LIMIT_JOB_STEPS);
}

/* Thousands of cross certificates under one name, of which one leads home. */
static void test_path_is_found_among_look_alikes_that_lead_nowhere(void **state)
{
    enum { WIDE = 2000 };
    const struct sk_cert *ee;
    char issuer[32];
    unsigned i;

    (void)state;
    graph_anchor(&g, "/CN=Root", 0);
    for (i = 0; i < WIDE; i++) {
        (void)snprintf(issuer, sizeof(issuer), "/CN=Nowhere %u", i);
        graph_ca(&g, "/CN=CA", 1, issuer, 2);
    }
    graph_ca(&g, "/CN=CA", 1, "/CN=Root", 0);
    ee = graph_leaf(&g, "/CN=EE", "/CN=CA", 1);
    assert_int_equal(graph_judge(&g, ee)->kind, VERDICT_VALID);
    assert_in_range(g.verdict.work.signatures, 2, 3);
    assert_in_range(g.verdict.work.steps, WIDE, WIDE + 100);
}

/* The same, all rooted, all with another key: a signature for each key, not for each path. */
static void test_path_is_found_among_rooted_look_alikes_with_other_keys(void **state)
{
    const struct sk_cert *ee;
    unsigned i;

    (void)state;
    graph_anchor(&g, "/CN=Root", 0);
    for (i = 0; i < 200; i++)
        graph_ca(&g, "/CN=CA", 2 + i % 20, "/CN=Root", 0);
    graph_ca(&g, "/CN=CA", 1, "/CN=Root", 0);
    ee = graph_leaf(&g, "/CN=EE", "/CN=CA", 1);
    assert_int_equal(graph_judge(&g, ee)->kind, VERDICT_VALID);
    assert_in_range(g.verdict.work.signatures, 2, 24);
}

static void test_path_stops_at_the_step_budget(void **state)
{
    const struct sk_cert *ee = bridge();

    (void)state;
    g.params.budget.max_steps = 3;
    assert_int_equal(graph_judge(&g, ee)->kind, VERDICT_UNDETERMINED);
    assert_int_equal(graph_finding(&g.verdict), FINDING_BUDGET_EXHAUSTED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_path_tells_what_is_wrong_with_the_only_issuer),
        TEST(test_path_partial_follows_the_likely_issuers),
        TEST(test_path_scope_allows_what_stands_in_its_order),
        TEST(test_path_proposes_no_hopeless_issuer_beside_a_good_one),
        TEST(test_path_ends_at_anchors_only),
        TEST(test_path_goes_as_deep_as_the_budget_and_no_deeper),
        TEST(test_path_never_goes_over_the_hard_cap),
        TEST(test_path_stops_at_the_step_budget),
        TEST(test_path_gives_up_on_a_hostile_mesh_within_its_budget),
        TEST(test_path_finds_none_in_a_mesh_without_an_anchor_in_linear_time),
        TEST(test_path_finds_its_way_through_a_mesh),
        TEST(test_path_is_found_among_look_alikes_that_lead_nowhere),
        TEST(test_path_is_found_among_rooted_look_alikes_with_other_keys),
        TEST(test_path_passes_by_the_self_signed_root_of_a_private_ca),
        TEST(test_path_leaves_a_dead_end_at_the_bridge),
        TEST(test_path_leaves_a_dead_end_at_the_private_ca),
        TEST(test_path_ends_mutual_cross_certificates),
        TEST(test_path_tries_the_next_cross_certificate_when_one_is_revoked),
        TEST(test_path_tries_every_key_of_a_name),
        TEST(test_path_goes_over_link_certificates),
        TEST(test_path_goes_over_link_certificates_with_key_identifiers),
        TEST(test_path_does_not_believe_wrong_key_identifiers),
        TEST(test_path_tries_the_next_cross_certificate_when_policies_do_not_fit),
        TEST(test_path_finds_the_right_one_of_many_anchors_of_a_name),
        TEST(test_path_takes_the_renewed_twin_of_an_expired_certificate),
        TEST(test_path_prefers_the_shorter_of_two),
        TEST(test_path_follows_names_across_string_types),
        TEST(test_path_crosses_two_bridges),
        TEST(test_path_judges_a_cross_certificate_about_the_anchor),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
