/* SPDX-License-Identifier: Apache-2.0 */
/* What a policy may ask beyond RFC 5280: the anchor's own constraints (RFC 5937), nested purposes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/verify.h"
#include "test/support/pki.h"

#include "test/unit/core/verify_fixture.inc"

/* The same anchor is a name and a key without the option (V-01), and `code` with it. */
static void expect_honoured(struct fixture *f, enum finding_code code, int cert)
{
    f->params.honour_anchor_constraints = false;
    expect(f, FINDING_NONE, -1);
    reset_job(f);
    f->params.honour_anchor_constraints = true;
    expect_made(f, code, cert);
}

static void test_verify_honours_name_constraints_of_the_anchor(void **state)
{
    struct fixture *f = *state;

    path_of(f, 4);
    add_ext(f, 0, "nameConstraints", "critical,permitted;DNS:a.example");
    add_ext(f, 3, "subjectAltName", "DNS:www.b.example");
    expect_honoured(f, FINDING_NAME_CONSTRAINTS, 0);
    set_ext(f, 3, 0, "subjectAltName", "DNS:www.a.example");
    reset_job(f);
    expect(f, FINDING_NONE, -1);
    path_of(f, 3);
    add_ext(f, 0, "nameConstraints", "excluded;dirName:sub");
    f->specs[0].sections = "[sub]\nC=JP\n";
    expect_honoured(f, FINDING_NAME_CONSTRAINTS, 1);
}

static void test_verify_refuses_anchor_constraints_it_cannot_process(void **state)
{
    struct fixture *f = *state;

    path_of(f, 3);
    add_ext(f, 0, "1.3.6.1.4.1.32473.99", "critical,DER:05:00");
    expect_honoured(f, FINDING_UNKNOWN_CRITICAL, 2);
    assert_string_equal(f->result.finding.rule, "RFC 5937 3.2");
    path_of(f, 3);
    add_ext(f, 0, "nameConstraints", "DER:30:0C:A0:0A:30:08:82:03:61:2E:62:80:01:01");
    expect_honoured(f, FINDING_NAME_CONSTRAINTS, 2);
}

static void test_verify_honours_the_path_length_of_the_anchor(void **state)
{
    struct fixture *f = *state;

    path_of(f, 4);
    set_ext(f, 0, 0, "basicConstraints", "critical,CA:TRUE,pathlen:1");
    expect_honoured(f, FINDING_PATH_LENGTH, 1);
    path_of(f, 3);
    set_ext(f, 0, 0, "basicConstraints", "critical,CA:TRUE,pathlen:1");
    expect_honoured(f, FINDING_NONE, -1);
    set_ext(f, 0, 0, "basicConstraints", "critical,CA:TRUE,pathlen:0");
    reset_job(f);
    expect_honoured(f, FINDING_PATH_LENGTH, 1);
}

static void test_verify_honours_policy_constraints_of_the_anchor(void **state)
{
    struct fixture *f = *state;

    path_of(f, 3); /* no policies in the path */
    add_ext(f, 0, "policyConstraints", "critical,requireExplicitPolicy:0");
    expect_honoured(f, FINDING_POLICY, 1);
    path_of(f, 3); /* two certificates may come without: nothing is left to ask */
    add_ext(f, 0, "policyConstraints", "critical,requireExplicitPolicy:3");
    expect_honoured(f, FINDING_NONE, -1);
    path_of(f, 3);
    f->params.require_explicit_policy = true;
    add_ext(f, 0, "policyConstraints", "critical,inhibitPolicyMapping:0");
    add_ext(f, 1, "certificatePolicies", "1.3.6.1.4.1.32473.1");
    add_ext(f, 1, "policyMappings", "1.3.6.1.4.1.32473.1:1.3.6.1.4.1.32473.2");
    add_ext(f, 2, "certificatePolicies", "1.3.6.1.4.1.32473.2");
    expect_honoured(f, FINDING_POLICY, 0);
    path_of(f, 3);
    f->params.require_explicit_policy = true;
    add_ext(f, 0, "inhibitAnyPolicy", "0");
    add_ext(f, 1, "certificatePolicies", "2.5.29.32.0");
    add_ext(f, 2, "certificatePolicies", "1.3.6.1.4.1.32473.2");
    expect_honoured(f, FINDING_POLICY, 1);
}

static void test_verify_honours_the_anchor_in_paths_of_crl_signers(void **state)
{
    struct fixture *f = *state;

    path_of(f, 3);
    f->is_for_crl = true;
    set_ext(f, 2, 0, "keyUsage", "critical,cRLSign");
    add_ext(f, 0, "policyConstraints", "critical,requireExplicitPolicy:0");
    expect_honoured(f, FINDING_POLICY, 1);
}

/* A path of policy .1 and .2, asked for those given, below an anchor that has certificatePolicies.
 */
static void anchor_policies(struct fixture *f, const char *own, const struct sk_bytes *asked,
                            size_t num)
{
    path_of(f, 3);
    f->params.require_explicit_policy = true;
    f->params.policies = asked;
    f->params.num_policies = num;
    add_ext(f, 0, "certificatePolicies", own);
    add_ext(f, 1, "certificatePolicies", "1.3.6.1.4.1.32473.1,1.3.6.1.4.1.32473.2");
    add_ext(f, 2, "certificatePolicies", "1.3.6.1.4.1.32473.1,1.3.6.1.4.1.32473.2");
}

static void test_verify_intersects_the_policies_of_the_anchor_with_those_asked(void **state)
{
    static const uint8_t one[] = {0x2b, 6, 1, 4, 1, 0x81, 0xfd, 0x59, 1};
    static const uint8_t two[] = {0x2b, 6, 1, 4, 1, 0x81, 0xfd, 0x59, 2};
    static const uint8_t any[] = {0x55, 0x1d, 0x20, 0};
    const struct sk_bytes asked[] = {{one, sizeof(one)}, {two, sizeof(two)}};
    const struct sk_bytes asked_any[] = {{any, sizeof(any)}};
    struct fixture *f = *state;

    anchor_policies(f, "1.3.6.1.4.1.32473.2", asked, 1); /* nothing in common is not any */
    expect_honoured(f, FINDING_POLICY, 0);
    assert_non_null(strstr(f->result.finding.text, "of these: none"));
    anchor_policies(f, "1.3.6.1.4.1.32473.9", NULL, 0);
    expect_honoured(f, FINDING_POLICY, 0);
    anchor_policies(f, "1.3.6.1.4.1.32473.2", asked, 2);
    expect_honoured(f, FINDING_NONE, -1);
    assert_int_equal(f->result.num_policies, 1);
    assert_true(bytes_equal(f->result.policies[0], asked[1]));
    anchor_policies(f, "1.3.6.1.4.1.32473.2", asked_any, 1);
    expect_honoured(f, FINDING_NONE, -1);
    assert_int_equal(f->result.num_policies, 1);
    anchor_policies(f, "2.5.29.32.0", asked, 2);
    expect_honoured(f, FINDING_NONE, -1);
    assert_int_equal(f->result.num_policies, 2);
    anchor_policies(f, "1.3.6.1.4.1.32473.2", asked, 1); /* not required: valid, for no policy */
    f->params.require_explicit_policy = false;
    expect_honoured(f, FINDING_NONE, -1);
    assert_int_equal(f->result.num_policies, 0);
}

/* An empty user-initial-policy-set is not anyPolicy: nothing is acceptable where something must be,
 * not even what anyPolicy stands for. */
static void test_verify_accepts_no_policy_when_told_to(void **state)
{
    static const char *const in_path[] = {"1.3.6.1.4.1.32473.1", "2.5.29.32.0"};
    struct fixture *f = *state;
    size_t i;

    for (i = 0; i < 2; i++) {
        path_of(f, 3);
        add_ext(f, 0, "certificatePolicies", in_path[i]);
        add_ext(f, 1, "certificatePolicies", in_path[i]);
        add_ext(f, 2, "certificatePolicies", in_path[i]);
        f->params.require_explicit_policy = true;
        expect(f, FINDING_NONE, -1);
        reset_job(f);
        f->params.accepts_no_policy = true;
        expect_made(f, FINDING_POLICY, 0);
        assert_non_null(strstr(f->result.finding.text, "of these: none"));
        reset_job(f);
        f->params.honour_anchor_constraints = true;
        expect_made(f, FINDING_POLICY, 0);
        reset_job(f);
        f->params.require_explicit_policy = false; /* valid, for no policy */
        expect_made(f, FINDING_NONE, -1);
        assert_int_equal(f->result.num_policies, 0);
    }
}

/* What is asked of targets is not asked of who signs lists. */
static void test_verify_accepts_any_policy_of_crl_signers(void **state)
{
    struct fixture *f = *state;

    path_of(f, 3);
    f->is_for_crl = true;
    f->params.accepts_no_policy = true;
    set_ext(f, 2, 0, "keyUsage", "critical,cRLSign");
    add_ext(f, 1, "certificatePolicies", "1.3.6.1.4.1.32473.1");
    add_ext(f, 1, "policyConstraints", "critical,requireExplicitPolicy:0");
    add_ext(f, 2, "certificatePolicies", "1.3.6.1.4.1.32473.1");
    expect(f, FINDING_NONE, -1);
    reset_job(f);
    f->is_for_crl = false;
    f->params.accepts_no_policy = true;
    expect_made(f, FINDING_POLICY, 0);
}

static void test_verify_nested_purposes(void **state)
{
    static const uint8_t client[] = {0x2b, 6, 1, 5, 5, 7, 3, 2};
    static const uint8_t server[] = {0x2b, 6, 1, 5, 5, 7, 3, 1};
    const struct sk_bytes asked[] = {{client, sizeof(client)}, {server, sizeof(server)}};
    struct fixture *f = *state;

    path_of(f, 4);
    f->params.ekus = asked;
    f->params.num_ekus = 2;
    add_ext(f, 0, "extendedKeyUsage", "codeSigning"); /* the anchor is not asked */
    add_ext(f, 1, "extendedKeyUsage", "serverAuth,clientAuth");
    add_ext(f, 2, "extendedKeyUsage", "clientAuth");
    expect(f, FINDING_NONE, -1);
    f->params.nested_ekus = true;
    reset_job(f);
    expect_made(f, FINDING_EXTENDED_KEY_USAGE, 1);
    assert_string_equal(f->result.finding.rule, "policy: nested-extended-key-usage");
    f->params.num_ekus = 1;
    reset_job(f);
    expect_made(f, FINDING_NONE, -1);
    f->params.num_ekus = 2;
    set_ext(f, 2, 2, "extendedKeyUsage", "anyExtendedKeyUsage");
    reset_job(f);
    expect(f, FINDING_NONE, -1);
    set_ext(f, 1, 2, "extendedKeyUsage", "OCSPSigning");
    reset_job(f);
    expect(f, FINDING_EXTENDED_KEY_USAGE, 2);
    f->is_for_crl = true; /* signers of CRLs serve no purpose of the target */
    set_ext(f, 3, 0, "keyUsage", "critical,cRLSign");
    reset_job(f);
    expect(f, FINDING_NONE, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(test_verify_##name, setup, teardown)
        T(honours_name_constraints_of_the_anchor),
        T(refuses_anchor_constraints_it_cannot_process),
        T(honours_the_path_length_of_the_anchor),
        T(honours_policy_constraints_of_the_anchor),
        T(honours_the_anchor_in_paths_of_crl_signers),
        T(intersects_the_policies_of_the_anchor_with_those_asked),
        T(accepts_no_policy_when_told_to),
        T(accepts_any_policy_of_crl_signers),
        T(nested_purposes),
#undef T
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
