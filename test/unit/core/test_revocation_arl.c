/* SPDX-License-Identifier: Apache-2.0 */
/* Lists that came from authorityRevocationList, or were configured as such (C-21). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test/support/graph.h"

/* Root (anchor) -> CA -> EE. The root's list is in the pool. */
static struct graph g;
static const struct sk_cert *ee;

enum { ROOT, CA };
enum { SERIAL = 7 };

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
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    graph_done(&g);
    return 0;
}

static struct pki_crl_spec list(void)
{
    return (struct pki_crl_spec){.issuer = "/CN=CA", .signer = pki_key(PKI_EC, CA)};
}

/* Number 6 or 7, to a list number 5; it has the leaf with this reason. */
static struct pki_crl_spec delta(const char *number, enum crl_reason reason)
{
    return (struct pki_crl_spec){
        .issuer = "/CN=CA",
        .signer = pki_key(PKI_EC, CA),
        .this_update = PKI_T0 + 100,
        .exts = {{"crlNumber", number}, {"deltaCRL", "critical,DER:02:01:05"}},
        .entries = {{.serial = SERIAL, .reason = (int)reason + 1}}};
}

static void add(struct pki_crl_spec spec, bool is_arl)
{
    if (is_arl)
        graph_arl(&g, &spec);
    else
        graph_crl(&g, &spec);
}

static void expect(enum verdict_kind kind, enum finding_code code)
{
    const struct sk_verdict *verdict = graph_judge_orders(&g, ee);

    assert_string_equal(verdict_kind_text(verdict->kind), verdict_kind_text(kind));
    assert_int_equal(graph_finding(verdict), code);
}

static void test_arl_counts_for_ca_certificates_only(void **state)
{
    struct pki_crl_spec of_root = {
        .issuer = "/CN=Root", .signer = pki_key(PKI_EC, ROOT), .this_update = PKI_T0 - 50};

    (void)state;
    add(list(), true);
    expect(VERDICT_UNDETERMINED, FINDING_REVOCATION_NO_SOURCE);
    add(list(), false);
    expect(VERDICT_VALID, FINDING_NONE);
    /* An ARL and a newer CRL are two lists, not two issues of one. */
    add(of_root, true);
    expect(VERDICT_VALID, FINDING_NONE);
    g.num_objects--;
    /* Where an ARL exists, another list does not clear a CA, but may still revoke it. */
    of_root.this_update = 0;
    of_root.next_update = PKI_T - 1;
    add(of_root, true);
    expect(VERDICT_UNDETERMINED, FINDING_REVOCATION_STALE);
}

static void test_arl_that_came_as_crl_too_is_both(void **state)
{
    size_t i;

    (void)state;
    add(list(), false);
    for (i = 1; i < 3; i++) { /* the Root's came as CRL first, the CA's as ARL */
        g.objects[g.num_objects] = g.objects[i];
        g.is_arl[i] = i == 2;
        g.is_arl[g.num_objects] = i == 1;
        g.is_crl[g.num_objects++] = true;
    }
    expect(VERDICT_VALID, FINDING_NONE);
}

static void test_arl_that_is_a_delta_lifts_nothing_of_a_crl(void **state)
{
    struct pki_crl_spec base = list();

    (void)state;
    base.exts[0] = (struct pki_ext){"crlNumber", "DER:02:01:05"};
    base.entries[0] =
        (struct pki_entry){.serial = SERIAL, .reason = CRL_REASON_CERTIFICATE_HOLD + 1};
    add(base, false);
    add(delta("DER:02:01:07", CRL_REASON_REMOVE_FROM_CRL), true);
    expect(VERDICT_REVOKED, FINDING_ON_HOLD);
    add(delta("DER:02:01:06", CRL_REASON_REMOVE_FROM_CRL), false);
    expect(VERDICT_VALID, FINDING_NONE);
}

static void test_arl_that_is_a_delta_does_not_hide_an_older_delta(void **state)
{
    struct pki_crl_spec base = list(), arl = delta("DER:02:01:07", CRL_REASON_SUPERSEDED);

    (void)state;
    base.exts[0] = (struct pki_ext){"crlNumber", "DER:02:01:05"};
    add(base, false);
    arl.entries[0].serial = 0;
    add(arl, true);
    expect(VERDICT_VALID, FINDING_NONE);
    add(delta("DER:02:01:06", CRL_REASON_SUPERSEDED), false);
    expect(VERDICT_REVOKED, FINDING_REVOKED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_arl_counts_for_ca_certificates_only),
        TEST(test_arl_that_came_as_crl_too_is_both),
        TEST(test_arl_that_is_a_delta_lifts_nothing_of_a_crl),
        TEST(test_arl_that_is_a_delta_does_not_hide_an_older_delta),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
