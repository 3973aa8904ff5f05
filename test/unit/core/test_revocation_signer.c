/* SPDX-License-Identifier: Apache-2.0 */
/* Who may sign a list, and how long, how deep and how much of it is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "test/support/files.h"
#include "test/support/graph.h"

/* Root (anchor) with a list for CA certificates alone, a CA below it. Who signs lists is no CA, so
 * that only the list its own distribution point names can tell its status. */
static struct graph g;

enum { ROOT, CA, FIRST_LISTS };
enum { SERIAL = 7, SIGNER_PATHS = 9 };

static int set_up(void **state)
{
    (void)state;
    graph_init(&g);
    g.params.revocation = REVOCATION_REQUIRED;
    graph_anchor(&g, "/CN=Root", ROOT);
    graph_ca(&g, "/CN=CA", CA, "/CN=Root", ROOT);
    graph_crl(&g, &(struct pki_crl_spec){.issuer = "/CN=Root",
                                         .signer = pki_key(PKI_EC, ROOT),
                                         .sections = "[idp]\nonlyCA=TRUE\n",
                                         .exts = {{"issuingDistributionPoint", "critical,@idp"}}});
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    graph_done(&g);
    return 0;
}

/* "[dp]" that names who signs the list: lists L0, L1, ... */
static const char *point_to(unsigned lists)
{
    static char text[4][96];
    char *out = text[lists % 4];

    (void)snprintf(out, sizeof(text[0]),
                   "[dp]\nCRLissuer=URI:http://a.example/,dirName:who\n[who]\nCN=L%u\n", lists);
    return out;
}

static const char *name_of(unsigned lists)
{
    static char text[4][16];
    char *out = text[lists % 4];

    (void)snprintf(out, sizeof(text[0]), "/CN=L%u", lists);
    return out;
}

/* An end entity whose status L0 tells. */
static const struct sk_cert *ee(void)
{
    return graph_target(&g, &(struct pki_cert_spec){.subject = "/CN=EE",
                                                    .issuer = "/CN=CA",
                                                    .key = pki_key(PKI_EC, 23),
                                                    .signer = pki_key(PKI_EC, CA),
                                                    .serial = SERIAL,
                                                    .sections = point_to(0),
                                                    .exts = {{"crlDistributionPoints", "dp"}}});
}

static struct pki_crl_spec list_of(unsigned lists)
{
    return (struct pki_crl_spec){.issuer = name_of(lists),
                                 .signer = pki_key(PKI_EC, FIRST_LISTS + lists),
                                 .sections = "[idp]\nindirectCRL=TRUE\n",
                                 .exts = {{"issuingDistributionPoint", "critical,@idp"}}};
}

/* L0, L1, ... L(num - 1): each tells the status of the one before; the last is a CA, which the
 * root's list clears. The certificate of L(short_lived) ends at PKI_T + 50. */
static void chain_of_lists(unsigned num, unsigned short_lived)
{
    unsigned i;

    for (i = 0; i < num; i++) {
        struct pki_crl_spec list = list_of(i);
        struct pki_cert_spec spec = {
            .subject = name_of(i),
            .issuer = "/CN=Root",
            .key = pki_key(PKI_EC, FIRST_LISTS + i),
            .signer = pki_key(PKI_EC, ROOT),
            .not_after = i == short_lived ? PKI_T + 50 : 0,
            .sections = point_to(i + 1),
            .exts = {{"keyUsage", "critical,cRLSign"}, {"crlDistributionPoints", "dp"}}};

        if (i + 1 == num)
            spec.exts[1] = (struct pki_ext){"basicConstraints", "critical,CA:TRUE"};
        graph_cert(&g, &spec);
        graph_crl(&g, &list);
    }
}

static void test_revocation_signers_nest_to_the_limit_and_no_deeper(void **state)
{
    const struct sk_cert *target = ee();
    size_t num = g.num_objects;

    (void)state;
    chain_of_lists(LIMIT_CRL_PATH_DEPTH, UINT32_MAX);
    assert_int_equal(graph_judge_orders(&g, target)->kind, VERDICT_VALID);
    g.num_objects = num;
    chain_of_lists(LIMIT_CRL_PATH_DEPTH + 1, UINT32_MAX);
    assert_int_equal(graph_judge_orders(&g, target)->kind, VERDICT_UNDETERMINED);
    assert_int_equal(graph_finding(&g.verdict), FINDING_REVOCATION_UNUSABLE);
}

/* Asked about the signer that is one too deep, the reason is told. */
static void test_revocation_says_that_signers_nest_too_deep(void **state)
{
    struct sk_job job;
    struct verify_path path;
    struct revocation_status status;
    const struct sk_cert *certs[2];

    (void)state;
    chain_of_lists(1, UINT32_MAX);
    certs[0] = graph_ca(&g, "/CN=CA", CA, "/CN=Root", ROOT);
    certs[1] = ee();
    path = (struct verify_path){.anchor = &g.anchors[0], .certs = certs, .num_certs = 2};
    job = (struct sk_job){.arena = g.job,
                          .params = &g.params,
                          .source = graph_source(&g, 0),
                          .keys = g.keys,
                          .time = g.time,
                          .crl_depth = LIMIT_CRL_PATH_DEPTH};
    assert_int_equal(revocation_of_path(&job, &path, 1, &status), SK_OK);
    assert_int_equal(status.kind, REVOCATION_UNDETERMINED);
    assert_non_null(strstr(status.text, "nests too deep"));
}

static void expect_end(int64_t end)
{
    const struct sk_cert *target = ee();

    assert_int_equal(graph_judge_orders(&g, target)->kind, VERDICT_VALID);
    assert_int_equal(g.verdict.valid_until, end);
    g.time = end;
    assert_int_equal(graph_judge(&g, target)->kind, VERDICT_VALID);
    g.time = end + 1;
    assert_int_equal(graph_judge(&g, target)->kind, VERDICT_UNDETERMINED);
}

static void test_revocation_holds_as_long_as_the_path_of_its_signer(void **state)
{
    (void)state;
    chain_of_lists(1, 0);
    expect_end(PKI_T + 50);
}

static void test_revocation_holds_as_long_as_the_signer_of_its_signers_status(void **state)
{
    (void)state;
    chain_of_lists(3, 2);
    expect_end(PKI_T + 50);
}

static void test_revocation_holds_as_long_as_the_status_of_its_signer(void **state)
{
    struct pki_crl_spec list = list_of(1);

    (void)state;
    chain_of_lists(2, UINT32_MAX);
    list.next_update = PKI_T + 40;
    g.objects[g.num_objects - 1] = pki_crl_der(g.arena, &list);
    expect_end(PKI_T + 40);
}

/* ---- more lists than there is room to tell ---- */

enum { PARTS = 6, SHORT_PART = 5 };

/* The CA's lists, each for some reasons; the last one ends first, and so is asked last. */
static void lists_by_reason(const char *issuer, size_t key, int64_t end, long listed)
{
    static const char *const sections[PARTS] = {
        "[idp]\nonlysomereasons=keyCompromise,CACompromise\n",
        "[idp]\nonlysomereasons=affiliationChanged\n",
        "[idp]\nonlysomereasons=superseded\n",
        "[idp]\nonlysomereasons=cessationOfOperation\n",
        "[idp]\nonlysomereasons=certificateHold\n",
        "[idp]\nonlysomereasons=privilegeWithdrawn,AACompromise\n",
    };
    size_t i;

    for (i = 0; i < PARTS; i++)
        graph_crl(&g,
                  &(struct pki_crl_spec){.issuer = issuer,
                                         .signer = pki_key(PKI_EC, key),
                                         .next_update = i == SHORT_PART ? end : 0,
                                         .sections = sections[i],
                                         .exts = {{"issuingDistributionPoint", "critical,@idp"}},
                                         .entries = {{.serial = i == SHORT_PART ? listed : 0}}});
}

static void test_revocation_counts_more_lists_than_it_tells(void **state)
{
    const struct sk_verdict *verdict;
    size_t num = g.num_objects;
    struct revocation_status status;

    (void)state;
    lists_by_reason("/CN=CA", CA, PKI_T + 30, 0);
    verdict = graph_judge_orders(&g, ee());
    assert_int_equal(verdict->kind, VERDICT_VALID);
    assert_int_equal(verdict->num_evidence,
                     1 + sizeof(status.evidence) / sizeof(status.evidence[0]));
    expect_end(PKI_T + 30);
    g.time = PKI_T;
    g.num_objects = num;
    lists_by_reason("/CN=CA", CA, PKI_T + 30, SERIAL);
    assert_int_equal(graph_judge_orders(&g, ee())->kind, VERDICT_REVOKED);
    g.num_objects = num + PARTS - 1; /* without the one that is not told */
    assert_int_equal(graph_judge_orders(&g, ee())->kind, VERDICT_UNDETERMINED);
}

static void test_revocation_counts_more_lists_than_a_verdict_tells(void **state)
{
    const struct sk_verdict *verdict;
    unsigned i;

    (void)state;
    g.num_objects = 0;
    g.params.num_anchors = 0;
    graph_anchor(&g, name_of(0), FIRST_LISTS);
    for (i = 0; i + 2 < LIMIT_PATH_CERTS; i++) {
        lists_by_reason(name_of(i), FIRST_LISTS + i, PKI_T + 1000 - i, 0);
        graph_ca(&g, name_of(i + 1), FIRST_LISTS + i + 1, name_of(i), FIRST_LISTS + i);
    }
    lists_by_reason(name_of(i), FIRST_LISTS + i, PKI_T + 1000 - i, 0);
    g.params.budget.max_path_certs = LIMIT_PATH_CERTS;
    verdict = graph_judge(&g, graph_leaf(&g, "/CN=EE", name_of(i), FIRST_LISTS + i));
    assert_int_equal(verdict->kind, VERDICT_VALID);
    assert_int_equal(verdict->num_evidence, VERDICT_EVIDENCE);
    assert_int_equal(verdict->valid_until, PKI_T + 1000 - i);
}

/* ---- searching for the signer ---- */

/* Nine ways to one signer, each over a revoked certificate: none is left out. */
static void test_revocation_tries_every_path_to_a_signer(void **state)
{
    struct pki_crl_spec root = {.issuer = "/CN=Root",
                                .signer = pki_key(PKI_EC, ROOT),
                                .sections = "[idp]\nonlyCA=TRUE\n",
                                .exts = {{"issuingDistributionPoint", "critical,@idp"}}};
    struct pki_crl_spec list = list_of(0);
    unsigned i;

    (void)state;
    for (i = 0; i < SIGNER_PATHS; i++) {
        root.entries[i].serial = 100 + i;
        graph_cert(&g, &(struct pki_cert_spec){.subject = "/CN=Between",
                                               .issuer = "/CN=Root",
                                               .key = pki_key(PKI_EC, 30),
                                               .signer = pki_key(PKI_EC, ROOT),
                                               .serial = 100 + i,
                                               .exts = {PKI_CA_EXTS}});
    }
    graph_cert(&g, &(struct pki_cert_spec){.subject = name_of(0),
                                           .issuer = "/CN=Between",
                                           .key = pki_key(PKI_EC, FIRST_LISTS),
                                           .signer = pki_key(PKI_EC, 30),
                                           .exts = {{"keyUsage", "critical,cRLSign"}}});
    graph_crl(&g, &list);
    graph_empty_crl(&g, "/CN=Between", 30);
    assert_int_equal(graph_judge_orders(&g, ee())->kind, VERDICT_VALID);
    g.objects[1] = pki_crl_der(g.arena, &root);
    assert_int_equal(graph_judge_orders(&g, ee())->kind, VERDICT_UNDETERMINED);
    assert_int_equal(graph_finding(&g.verdict), FINDING_REVOCATION_UNUSABLE);
    assert_int_equal(g.verdict.work.paths, 1 + SIGNER_PATHS);
}

/* The same source twice in a row gives every certificate and list twice. */
static void test_revocation_takes_what_two_sources_know_once(void **state)
{
    const struct sk_cert *target = ee();
    struct pki_crl_spec list = list_of(0);
    const struct sk_source *parts[2];
    struct source_chain chain;
    unsigned signatures;
    struct sk_query query = {
        .target = target, .params = &g.params, .time = g.time, .keys = g.keys, .arena = g.job};

    (void)state;
    chain_of_lists(2, UINT32_MAX);
    assert_int_equal(graph_judge(&g, target)->kind, VERDICT_VALID);
    parts[0] = parts[1] = memstore_source(g.store);
    source_chain_init(&chain, parts, 2);
    query.source = &chain.source;
    arena_reset(g.job);
    assert_int_equal(judge(&query, &g.verdict), SK_OK);
    assert_int_equal(g.verdict.kind, VERDICT_VALID);
    assert_int_equal(g.verdict.num_evidence, 2);
    list.signer = pki_key(PKI_EC, 40); /* a stranger's: no certificate is tried twice */
    g.objects[g.num_objects - 3] = pki_crl_der(g.arena, &list);
    assert_int_equal(graph_judge(&g, target)->kind, VERDICT_UNDETERMINED);
    signatures = g.verdict.work.signatures;
    parts[0] = parts[1] = memstore_source(g.store);
    arena_reset(g.job);
    assert_int_equal(judge(&query, &g.verdict), SK_OK);
    assert_int_equal(g.verdict.kind, VERDICT_UNDETERMINED);
    assert_int_equal(g.verdict.work.signatures, signatures);
}

/* ---- a signer whose key inherits its parameters (PKITS 4.1.5) ---- */

static struct sk_bytes pkits(const char *kind, const char *name, const char *suffix)
{
    char path[512];
    struct sk_bytes der;

    (void)snprintf(path, sizeof(path), "%s/%s/%s.%s", FILES_PKITS, kind, name, suffix);
    der = pki_file(g.arena, path);
    assert_true(der.len > 0);
    return der;
}

static void add_pkits(const char *kind, const char *name, const char *suffix)
{
    g.is_crl[g.num_objects] = kind[1] == 'r';
    g.objects[g.num_objects++] = pkits(kind, name, suffix);
}

static void test_revocation_checks_lists_with_inherited_parameters(void **state)
{
    struct sk_cert anchor, target;
    struct sk_bytes list;
    uint8_t *forged;

    (void)state;
    g.num_objects = 0;
    g.time = 1330000000; /* 2012 */
    assert_int_equal(
        cert_parse(g.arena, pkits("certs", "TrustAnchorRootCertificate", "crt"), &anchor, NULL),
        SK_OK);
    assert_int_equal(cert_parse(g.arena,
                                pkits("certs", "ValidDSAParameterInheritanceTest5EE", "crt"),
                                &target, NULL),
                     SK_OK);
    g.anchors[0].cert = &anchor;
    add_pkits("certs", "DSACACert", "crt");
    add_pkits("certs", "DSAParametersInheritedCACert", "crt");
    add_pkits("crls", "TrustAnchorRootCRL", "crl");
    add_pkits("crls", "DSACACRL", "crl");
    add_pkits("crls", "DSAParametersInheritedCACRL", "crl");
    assert_int_equal(graph_judge_orders(&g, &target)->kind, VERDICT_VALID);
    list = g.objects[g.num_objects - 1];
    forged = arena_copy(g.arena, list.p, list.len);
    assert_non_null(forged);
    forged[list.len - 1] ^= 1;
    g.objects[g.num_objects - 1] = bytes_of(forged, list.len);
    assert_int_equal(graph_judge_orders(&g, &target)->kind, VERDICT_UNDETERMINED);
    assert_int_equal(graph_finding(&g.verdict), FINDING_REVOCATION_UNUSABLE);
}

/* Root, DSA: its parameters are those of CA's key, whose certificate has none (6.1.4(d)-(f)), in
 * a key ring that is small for the job: what a list's key inherited has gone from it when the
 * delta is looked at. */
static void test_revocation_checks_a_delta_long_after_its_base(void **state)
{
    struct pki_cert_spec ca = {.subject = "/CN=Heir",
                               .issuer = "/CN=Testator",
                               .key = pki_key(PKI_DSA, CA),
                               .signer = pki_key(PKI_DSA, ROOT),
                               .inherits_params = true,
                               .exts = {PKI_CA_EXTS}};
    struct pki_crl_spec list = {.issuer = "/CN=Heir",
                                .signer = pki_key(PKI_DSA, CA),
                                .next_update = PKI_T + 900,
                                .exts = {{"crlNumber", "DER:02:01:05"}}};
    const struct sk_cert *target;
    size_t i;

    (void)state;
    g.anchors[0].cert = graph_target(&g, &(struct pki_cert_spec){.subject = "/CN=Testator",
                                                                 .key = pki_key(PKI_DSA, ROOT),
                                                                 .exts = {PKI_CA_EXTS}});
    graph_cert(&g, &ca);
    ca.inherits_params = false;
    ca.not_after = PKI_T - 1; /* who signed the other list: two keys to load, and no path */
    for (i = 0; i < 2; i++) {
        ca.key = pki_key(PKI_EC, 30 + i);
        graph_cert(&g, &ca);
    }
    target = graph_target(&g, &(struct pki_cert_spec){.subject = "/CN=EE",
                                                      .issuer = "/CN=Heir",
                                                      .key = pki_key(PKI_EC, 20),
                                                      .signer = pki_key(PKI_DSA, CA),
                                                      .serial = SERIAL});
    graph_crl(&g,
              &(struct pki_crl_spec){.issuer = "/CN=Testator", .signer = pki_key(PKI_DSA, ROOT)});
    graph_crl(&g, &list);
    list.exts[0].value = "DER:02:01:06";
    list.exts[1] = (struct pki_ext){"deltaCRL", "critical,DER:02:01:05"};
    list.entries[0] = (struct pki_entry){.serial = SERIAL};
    graph_crl(&g, &list);
    graph_crl(&g, &(struct pki_crl_spec){.issuer = "/CN=Heir",
                                         .signer = pki_key(PKI_EC, 31),
                                         .next_update = PKI_T + 800,
                                         .exts = {{"crlNumber", "DER:02:01:09"}}});
    keyring_free(g.keys);
    g.keys = keyring_new(2);
    assert_int_equal(graph_judge_orders(&g, target)->kind, VERDICT_REVOKED);
}

static const struct sk_cert *dsa_ca(const char *subject, size_t key, const char *issuer,
                                    EVP_PKEY *signer, bool inherits_params)
{
    return graph_cert(&g, &(struct pki_cert_spec){.subject = subject,
                                                  .issuer = issuer,
                                                  .key = pki_key(PKI_DSA, key),
                                                  .signer = signer,
                                                  .inherits_params = inherits_params,
                                                  .exts = {PKI_CA_EXTS}});
}

/* Its path is in order, but no certificate above has the parameters of its key. */
static void test_revocation_needs_the_whole_key_of_a_signer(void **state)
{
    const struct sk_cert *target = ee();
    struct pki_crl_spec list = list_of(0);
    size_t num;

    (void)state;
    list.signer = pki_key(PKI_DSA, 0);
    graph_crl(&g, &list);
    num = g.num_objects;
    dsa_ca("/CN=L0", 0, "/CN=Root", pki_key(PKI_EC, ROOT), true);
    assert_int_equal(graph_judge_orders(&g, target)->kind, VERDICT_UNDETERMINED);
    assert_int_equal(graph_finding(&g.verdict), FINDING_REVOCATION_UNUSABLE);
    g.num_objects = num;
    dsa_ca("/CN=L0", 0, "/CN=Root", pki_key(PKI_EC, ROOT), false);
    assert_int_equal(graph_judge_orders(&g, target)->kind, VERDICT_VALID);
}

/* B-20: the CA that has certified one of the list issuer's name is told by a key whose
 * parameters stand in the certificate above. */
static void test_revocation_knows_a_namesake_by_a_key_with_inherited_parameters(void **state)
{
    enum { BRANCH = FIRST_LISTS + 1, STRANGER };
    struct pki_crl_spec list = list_of(0);
    const struct sk_cert *target;
    size_t num;

    (void)state;
    graph_ca(&g, "/CN=Branch", BRANCH, "/CN=Root", ROOT);
    graph_ca(&g, "/CN=L0", STRANGER, "/CN=Branch", BRANCH);
    graph_empty_crl(&g, "/CN=Branch", BRANCH);
    dsa_ca("/CN=Top", 0, "/CN=Root", pki_key(PKI_EC, ROOT), false);
    dsa_ca("/CN=DSA", 1, "/CN=Top", pki_key(PKI_DSA, 0), true);
    graph_crl(&g, &(struct pki_crl_spec){.issuer = "/CN=Top", .signer = pki_key(PKI_DSA, 0)});
    list.signer = pki_key(PKI_EC, STRANGER);
    graph_crl(&g, &list);
    target = graph_target(&g, &(struct pki_cert_spec){.subject = "/CN=EE",
                                                      .issuer = "/CN=DSA",
                                                      .key = pki_key(PKI_EC, 23),
                                                      .signer = pki_key(PKI_DSA, 1),
                                                      .serial = SERIAL,
                                                      .sections = point_to(0),
                                                      .exts = {{"crlDistributionPoints", "dp"}}});
    assert_int_equal(graph_judge_orders(&g, target)->kind, VERDICT_VALID);
    num = g.num_objects;
    dsa_ca("/CN=L0", 2, "/CN=DSA", pki_key(PKI_DSA, 3), true); /* another's signature */
    assert_int_equal(graph_judge_orders(&g, target)->kind, VERDICT_VALID);
    g.num_objects = num;
    dsa_ca("/CN=L0", 2, "/CN=DSA", pki_key(PKI_DSA, 1), true);
    assert_int_equal(graph_judge_orders(&g, target)->kind, VERDICT_UNDETERMINED);
    assert_int_equal(graph_finding(&g.verdict), FINDING_REVOCATION_UNUSABLE);
}

/* Whatever the budget of name checks, a stale list is never told where the work ended before.
 */
static void test_revocation_budget_ends_between_stale_lists(void **state)
{
    const struct sk_cert *target = graph_leaf(&g, "/CN=EE", "/CN=CA", CA);
    unsigned i;

    (void)state;
    for (i = 0; i < 3; i++)
        graph_crl(&g, &(struct pki_crl_spec){.issuer = "/CN=CA",
                                             .signer = pki_key(PKI_EC, CA),
                                             .next_update = PKI_T - 1 - i});
    for (i = 0;; i++) {
        g.params.budget.max_name_checks = i;
        assert_int_equal(graph_judge(&g, target)->kind, VERDICT_UNDETERMINED);
        if (graph_finding(&g.verdict) == FINDING_REVOCATION_STALE)
            break;
        assert_int_equal(graph_finding(&g.verdict), FINDING_BUDGET_EXHAUSTED);
    }
    assert_true(i > 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_revocation_signers_nest_to_the_limit_and_no_deeper),
        TEST(test_revocation_says_that_signers_nest_too_deep),
        TEST(test_revocation_holds_as_long_as_the_path_of_its_signer),
        TEST(test_revocation_holds_as_long_as_the_signer_of_its_signers_status),
        TEST(test_revocation_holds_as_long_as_the_status_of_its_signer),
        TEST(test_revocation_counts_more_lists_than_it_tells),
        TEST(test_revocation_counts_more_lists_than_a_verdict_tells),
        TEST(test_revocation_tries_every_path_to_a_signer),
        TEST(test_revocation_takes_what_two_sources_know_once),
        TEST(test_revocation_checks_lists_with_inherited_parameters),
        TEST(test_revocation_checks_a_delta_long_after_its_base),
        TEST(test_revocation_needs_the_whole_key_of_a_signer),
        TEST(test_revocation_knows_a_namesake_by_a_key_with_inherited_parameters),
        TEST(test_revocation_budget_ends_between_stale_lists),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
