/* SPDX-License-Identifier: Apache-2.0 */
/* Deltas that would lift a hold (C-13, C-14): the worst that a wrong one can do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test/support/graph.h"

/* Root (anchor) -> CA -> EE, which the CA's list number 5 has on hold. */
static struct graph g;
static const struct sk_cert *ee;

enum { ROOT, CA, OTHER };
enum { SERIAL = 7 };

#define BASE  "critical,DER:02:01:05"
#define LATER "DER:02:01:06"
#define AKI   "DER:30:03:80:01:aa" /* keyIdentifier aa */

static int set_up(void **state)
{
    (void)state;
    graph_init(&g);
    g.params.revocation = REVOCATION_REQUIRED;
    graph_anchor(&g, "/CN=Root", ROOT);
    graph_ca(&g, "/CN=CA", CA, "/CN=Root", ROOT);
    graph_empty_crl(&g, "/CN=Root", ROOT);
    ee = graph_target(&g, &(struct pki_cert_spec){.subject = "/CN=EE",
                                                  .issuer = "/CN=CA",
                                                  .key = pki_key(PKI_EC, 23),
                                                  .signer = pki_key(PKI_EC, CA),
                                                  .serial = SERIAL});
    graph_crl(&g, &(struct pki_crl_spec){
                      .issuer = "/CN=CA",
                      .signer = pki_key(PKI_EC, CA),
                      .exts = {{"crlNumber", "DER:02:01:05"}},
                      .entries = {{.serial = SERIAL, .reason = CRL_REASON_CERTIFICATE_HOLD + 1}}});
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    graph_done(&g);
    return 0;
}

/* A delta that fits and lifts the hold; a test changes one thing about it. */
static struct pki_crl_spec lift(void)
{
    return (struct pki_crl_spec){
        .issuer = "/CN=CA",
        .signer = pki_key(PKI_EC, CA),
        .this_update = PKI_T0 + 100,
        .exts = {{"crlNumber", LATER}, {"deltaCRL", BASE}},
        .entries = {{.serial = SERIAL, .reason = CRL_REASON_REMOVE_FROM_CRL + 1}}};
}

static void expect_with(const struct pki_crl_spec *delta, enum verdict_kind kind)
{
    graph_crl(&g, delta);
    assert_int_equal(graph_judge_orders(&g, ee)->kind, kind);
    g.num_objects--;
}

static void test_delta_that_fits_lifts_a_hold(void **state)
{
    struct pki_crl_spec delta = lift();

    (void)state;
    assert_int_equal(graph_judge_orders(&g, ee)->kind, VERDICT_REVOKED);
    assert_int_equal(graph_finding(&g.verdict), FINDING_ON_HOLD);
    expect_with(&delta, VERDICT_VALID);
}

static void test_delta_lifts_nothing_when_it_was_signed_by_another(void **state)
{
    struct pki_crl_spec delta = lift();

    (void)state;
    delta.signer = pki_key(PKI_EC, OTHER);
    expect_with(&delta, VERDICT_REVOKED);
    /* not even when the other key is the CA's: it must be the key of the list (6.3.3(h)) */
    graph_ca(&g, "/CN=CA", OTHER, "/CN=Root", ROOT);
    expect_with(&delta, VERDICT_REVOKED);
    delta.issuer = "/CN=Root";
    delta.signer = pki_key(PKI_EC, ROOT);
    expect_with(&delta, VERDICT_REVOKED);
}

static void test_delta_lifts_nothing_when_it_belongs_to_another_list(void **state)
{
    struct pki_crl_spec delta = lift();

    (void)state;
    delta.exts[1].value = "critical,DER:02:01:06"; /* of a list after ours */
    delta.exts[0].value = "DER:02:01:07";
    expect_with(&delta, VERDICT_REVOKED);
    delta = lift();
    delta.exts[0].value = "DER:02:01:05"; /* no newer than ours */
    expect_with(&delta, VERDICT_REVOKED);
    delta = lift();
    delta.exts[2] = (struct pki_ext){"authorityKeyIdentifier", AKI};
    expect_with(&delta, VERDICT_REVOKED);
    delta = lift();
    delta.sections = "[idp]\nonlyuser=TRUE\n";
    delta.exts[2] = (struct pki_ext){"issuingDistributionPoint", "critical,@idp"};
    expect_with(&delta, VERDICT_REVOKED);
}

static void test_delta_lifts_nothing_when_it_cannot_be_relied_upon(void **state)
{
    struct pki_crl_spec delta = lift();

    (void)state;
    delta.hash = "SHA1";
    expect_with(&delta, VERDICT_VALID);
    g.params.allow_sha1 = false;
    expect_with(&delta, VERDICT_REVOKED);
    delta = lift();
    delta.this_update = PKI_T + 1; /* not yet */
    expect_with(&delta, VERDICT_REVOKED);
    delta = lift();
    delta.next_update = PKI_T - 1; /* no more */
    expect_with(&delta, VERDICT_REVOKED);
    delta = lift();
    delta.next_update = -1;
    expect_with(&delta, VERDICT_REVOKED);
    delta = lift();
    delta.exts[2] = (struct pki_ext){"1.2.3.4.5", "critical,DER:05:00"};
    expect_with(&delta, VERDICT_REVOKED);
    delta = lift();
    delta.entries[0].is_beyond_us = true;
    expect_with(&delta, VERDICT_REVOKED);
    delta = lift();
    delta.entries[0].serial = SERIAL + 1;
    expect_with(&delta, VERDICT_REVOKED);
}

/* removeFromCRL means nothing in a complete list. */
static void test_delta_alone_removes(void **state)
{
    struct pki_crl_spec complete = lift();

    (void)state;
    complete.exts[1].name = NULL;
    graph_crl(&g, &complete);
    assert_int_not_equal(graph_judge_orders(&g, ee)->kind, VERDICT_VALID);
}

static void test_delta_that_lifts_ends_the_verdict_with_itself(void **state)
{
    struct pki_crl_spec delta = lift();

    (void)state;
    delta.next_update = PKI_T + 60;
    graph_crl(&g, &delta);
    assert_int_equal(graph_judge_orders(&g, ee)->kind, VERDICT_VALID);
    assert_int_equal(g.verdict.valid_until, PKI_T + 60);
    g.time = PKI_T + 61;
    assert_int_equal(graph_judge_orders(&g, ee)->kind, VERDICT_REVOKED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_delta_that_fits_lifts_a_hold),
        TEST(test_delta_lifts_nothing_when_it_was_signed_by_another),
        TEST(test_delta_lifts_nothing_when_it_belongs_to_another_list),
        TEST(test_delta_lifts_nothing_when_it_cannot_be_relied_upon),
        TEST(test_delta_alone_removes),
        TEST(test_delta_that_lifts_ends_the_verdict_with_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
