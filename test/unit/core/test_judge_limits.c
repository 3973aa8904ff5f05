/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One PKI in which every part of the judge has work, judged with every amount of memory and of each
 * budget, from nothing up to enough. Wherever it ends, the verdict is the right one or
 * undetermined.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test/support/graph.h"

enum { ROOT, BRIDGE, CA, NEXT, LISTS }; /* keys */
enum { GOOD = 7, LISTED = 8, MEMORY_STEP = 16 };

static struct graph g;
static const struct sk_bytes policy = {(const uint8_t *)"\x2a\x03\x04", 3};
static const struct sk_bytes purpose = {(const uint8_t *)"\x2b\x06\x01\x05\x05\x07\x03\x01", 8};
static const struct general_name host = {.kind = GENERAL_NAME_DNS,
                                         .value = {(const uint8_t *)"a.example", 9}};

/* The indirect list is named by a relative name, by a whole one and by the point's cRLIssuer. */
static const char sections[] = "[one]\nrelativename=rdn\nCRLissuer=dirName:who\n"
                               "[two]\nfullname=dirName:whole\nCRLissuer=dirName:who\n"
                               "[rdn]\nOU=East\n"
                               "[whole]\n1.CN=Lists\n2.OU=West\n"
                               "[who]\nCN=Lists\n"
                               "[idp_east]\nindirectCRL=TRUE\nrelativename=rdn\n"
                               "[idp_west]\nindirectCRL=TRUE\nfullname=dirName:whole\n"
                               "[map]\nissuerDomainPolicy=1.2.3.4\nsubjectDomainPolicy=1.2.3.5\n"
                               "[home]\nO=Gate\n";

static const struct sk_cert *target(long serial, const char *san)
{
    return graph_target(&g,
                        &(struct pki_cert_spec){.subject = "/O=Gate/CN=EE",
                                                .issuer = "/O=Gate/CN=CA",
                                                .key = pki_key(PKI_EC, 23),
                                                .signer = pki_key(PKI_EC, NEXT),
                                                .serial = serial,
                                                .sections = sections,
                                                .exts = {{"certificatePolicies", "1.2.3.5"},
                                                         {"subjectAltName", san},
                                                         {"extendedKeyUsage", "serverAuth"},
                                                         {"crlDistributionPoints", "one,two"}}});
}

static void indirect_list(const char *idp, long serial)
{
    struct pki_crl_spec spec = {.issuer = "/CN=Lists",
                                .signer = pki_key(PKI_EC, LISTS),
                                .sections = sections,
                                .exts = {{"issuingDistributionPoint", idp}}};

    if (serial != 0)
        spec.entries[0] = (struct pki_entry){.serial = serial, .issuer = "/O=Gate/CN=CA"};
    graph_crl(&g, &spec);
}

static void authorities(void)
{
    graph_anchor(&g, "/CN=Root", ROOT);
    graph_cert(
        &g, &(struct pki_cert_spec){.subject = "/CN=Bridge",
                                    .issuer = "/CN=Root",
                                    .key = pki_key(PKI_EC, BRIDGE),
                                    .signer = pki_key(PKI_EC, ROOT),
                                    .sections = sections,
                                    .exts = {PKI_CA_EXTS,
                                             {"certificatePolicies", "1.2.3.4,1.2.3.6"},
                                             {"policyMappings", "1.2.3.4:1.2.3.5"},
                                             {"nameConstraints", "critical,permitted;dirName:home,"
                                                                 "excluded;DNS:b.example"}}});
    graph_cert(&g, &(struct pki_cert_spec){
                       .subject = "/O=Gate/CN=CA",
                       .issuer = "/CN=Bridge",
                       .key = pki_key(PKI_EC, CA),
                       .signer = pki_key(PKI_EC, BRIDGE),
                       .exts = {PKI_CA_EXTS, {"certificatePolicies", "1.2.3.5,2.5.29.32.0"}}});
    graph_cert(
        &g, &(struct pki_cert_spec){.subject = "/O=Gate/CN=CA", /* newWithOld */
                                    .key = pki_key(PKI_EC, NEXT),
                                    .signer = pki_key(PKI_EC, CA),
                                    .exts = {PKI_CA_EXTS, {"certificatePolicies", "2.5.29.32.0"}}});
    graph_ca(&g, "/CN=Lists", LISTS, "/CN=Root", ROOT);
}

static void lists(void)
{
    graph_empty_crl(&g, "/CN=Root", ROOT);
    graph_empty_crl(&g, "/CN=Bridge", BRIDGE);
    graph_crl(&g, &(struct pki_crl_spec){.issuer = "/O=Gate/CN=CA",
                                         .signer = pki_key(PKI_EC, NEXT),
                                         .exts = {{"crlNumber", "DER:02:01:05"}}});
    graph_crl(&g, &(struct pki_crl_spec){.issuer = "/O=Gate/CN=CA",
                                         .signer = pki_key(PKI_EC, NEXT),
                                         .this_update = PKI_T0 + 1,
                                         .exts = {{"crlNumber", "DER:02:01:06"},
                                                  {"deltaCRL", "critical,DER:02:01:05"}}});
    indirect_list("critical,@idp_east", LISTED);
    indirect_list("critical,@idp_west", 0);
}

static int set_up(void **state)
{
    (void)state;
    graph_init(&g);
    g.params.revocation = REVOCATION_REQUIRED;
    g.params.require_explicit_policy = true;
    g.params.policies = &policy;
    g.params.ekus = &purpose;
    g.params.names = &host;
    g.params.num_policies = g.params.num_ekus = g.params.num_names = 1;
    authorities();
    lists();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    graph_done(&g);
    return 0;
}

static bool always(const struct sk_source *source, const uint8_t object[SK_SHA256],
                   const uint8_t spki[SK_SHA256])
{
    (void)source;
    (void)object;
    (void)spki;
    return true;
}

/* The right verdict with everything, or none. */
static void judge_within(const struct sk_cert *cert, enum verdict_kind right,
                         const struct sk_source *source, bool *out_is_right)
{
    struct sk_query query = {.target = cert,
                             .params = &g.params,
                             .source = source,
                             .time = g.time,
                             .keys = g.keys,
                             .arena = g.job};

    arena_reset(g.job);
    assert_int_equal(judge(&query, &g.verdict), SK_OK);
    *out_is_right = g.verdict.kind == right;
    if (*out_is_right)
        return;
    assert_int_equal(g.verdict.kind, VERDICT_UNDETERMINED);
    assert_int_equal(graph_finding(&g.verdict), FINDING_BUDGET_EXHAUSTED);
}

static void judge_with_every_amount_of_memory(const struct sk_cert *cert, enum verdict_kind right)
{
    struct sk_source source;
    struct sk_source_ops ops;
    bool is_right = false;
    size_t max;

    assert_int_equal(graph_judge_orders(&g, cert)->kind, right);
    source = *memstore_source(g.store);
    ops = *source.ops;
    ops.is_checked = always; /* thousands of judgements: no arithmetic */
    source.ops = &ops;
    for (max = 0; !is_right; max += MEMORY_STEP) {
        arena_free(g.job);
        g.job = arena_new(max);
        assert_non_null(g.job);
        judge_within(cert, right, &source, &is_right);
    }
    arena_free(g.job);
    g.job = arena_new(LIMIT_JOB_ARENA_BYTES);
    assert_non_null(g.job);
}

static void judge_with_every_budget(const struct sk_cert *cert, enum verdict_kind right)
{
    const struct sk_budget enough = g.params.budget;
    unsigned *caps[] = {&g.params.budget.max_paths, &g.params.budget.max_steps,
                        &g.params.budget.max_signatures, &g.params.budget.max_policy_nodes,
                        &g.params.budget.max_name_checks};
    bool is_right;
    unsigned max;
    size_t i;

    assert_int_equal(graph_judge(&g, cert)->kind, right);
    for (i = 0; i < sizeof(caps) / sizeof(caps[0]); i++) {
        max = 0;
        do {
            *caps[i] = max++;
            judge_within(cert, right, memstore_source(g.store), &is_right);
        } while (!is_right);
        g.params.budget = enough;
    }
}

static void test_limits_a_revoked_target_is_never_valid(void **state)
{
    const struct sk_cert *cert = target(LISTED, "DNS:a.example");

    (void)state;
    judge_with_every_amount_of_memory(cert, VERDICT_REVOKED);
    judge_with_every_budget(cert, VERDICT_REVOKED);
}

static void test_limits_a_target_outside_its_names_is_never_valid(void **state)
{
    const struct sk_cert *cert = target(GOOD, "DNS:a.example,DNS:b.example");

    (void)state;
    judge_with_every_amount_of_memory(cert, VERDICT_INVALID);
    judge_with_every_budget(cert, VERDICT_INVALID);
}

static void test_limits_a_good_target_is_valid_or_undetermined(void **state)
{
    const struct sk_cert *cert = target(GOOD, "DNS:a.example");

    (void)state;
    judge_with_every_amount_of_memory(cert, VERDICT_VALID);
    judge_with_every_budget(cert, VERDICT_VALID);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_limits_a_revoked_target_is_never_valid),
        TEST(test_limits_a_target_outside_its_names_is_never_valid),
        TEST(test_limits_a_good_target_is_valid_or_undetermined),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
