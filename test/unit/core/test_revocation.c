/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test/support/graph.h"

/* Root (anchor, key 0) -> CA (key 1) -> EE (serial 7). The root's list is in the pool. */
static struct graph g;
static const struct sk_cert *ee;

enum { ROOT, CA, OTHER, THIRD };
enum { SERIAL = 7, CA_SERIAL = 11 };

static const struct sk_cert *leaf(const char *dp, const char *sections)
{
    struct pki_cert_spec spec = {.subject = "/CN=EE",
                                 .issuer = "/CN=CA",
                                 .key = pki_key(PKI_EC, 23),
                                 .signer = pki_key(PKI_EC, CA),
                                 .serial = SERIAL,
                                 .sections = sections};

    if (dp != NULL)
        spec.exts[0] = (struct pki_ext){"crlDistributionPoints", dp};
    return graph_target(&g, &spec);
}

static int set_up(void **state)
{
    (void)state;
    graph_init(&g);
    g.params.revocation = REVOCATION_REQUIRED;
    graph_anchor(&g, "/CN=Root", ROOT);
    graph_cert(&g, &(struct pki_cert_spec){.subject = "/CN=CA",
                                           .issuer = "/CN=Root",
                                           .key = pki_key(PKI_EC, CA),
                                           .signer = pki_key(PKI_EC, ROOT),
                                           .serial = CA_SERIAL,
                                           .exts = {PKI_CA_EXTS}});
    graph_empty_crl(&g, "/CN=Root", ROOT);
    ee = leaf(NULL, NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    graph_done(&g);
    return 0;
}

/* A list of the CA; a test changes what it is about. */
static struct pki_crl_spec list(void)
{
    return (struct pki_crl_spec){.issuer = "/CN=CA", .signer = pki_key(PKI_EC, CA)};
}

static struct pki_crl_spec numbered(const char *number, int64_t this_update)
{
    struct pki_crl_spec spec = list();

    spec.exts[0] = (struct pki_ext){"crlNumber", number};
    spec.this_update = this_update;
    return spec;
}

static struct pki_crl_spec delta(const char *base, const char *number)
{
    struct pki_crl_spec spec = numbered(number, PKI_T0 + 100);

    spec.exts[1] = (struct pki_ext){"deltaCRL", base};
    return spec;
}

static struct pki_crl_spec with_idp(const char *sections)
{
    struct pki_crl_spec spec = list();

    spec.sections = sections;
    spec.exts[0] = (struct pki_ext){"issuingDistributionPoint", "critical,@idp"};
    return spec;
}

static void add(struct pki_crl_spec spec)
{
    graph_crl(&g, &spec);
}

static void revoke(struct pki_crl_spec *spec, int reason)
{
    spec->entries[0] = (struct pki_entry){.serial = SERIAL, .reason = reason + 1};
}

static void expect(enum verdict_kind kind, enum finding_code code)
{
    const struct sk_verdict *verdict = graph_judge_orders(&g, ee);

    if (verdict->kind != kind && verdict->num_findings > 0)
        print_message("%s\n", verdict->findings[0].text);
    assert_string_equal(verdict_kind_text(verdict->kind), verdict_kind_text(kind));
    assert_int_equal(graph_finding(verdict), code);
}

#define EXPECT_VALID()        expect(VERDICT_VALID, FINDING_NONE)
#define EXPECT_REVOKED()      expect(VERDICT_REVOKED, FINDING_REVOKED)
#define EXPECT_UNKNOWN(which) expect(VERDICT_UNDETERMINED, FINDING_REVOCATION_##which)

/* ---- C-01: dates ---- */

static void test_revocation_needs_a_list(void **state)
{
    (void)state;
    EXPECT_UNKNOWN(NO_SOURCE);
    g.params.revocation = REVOCATION_IF_AVAILABLE;
    expect(VERDICT_VALID, FINDING_REVOCATION_NO_SOURCE);
    g.params.revocation = REVOCATION_OFF;
    EXPECT_VALID();
}

static void test_revocation_refuses_a_stale_list_but_for_the_grace(void **state)
{
    struct pki_crl_spec spec = list();

    (void)state;
    spec.next_update = PKI_T - 10;
    add(spec);
    EXPECT_UNKNOWN(STALE);
    g.params.grace_s = 9;
    EXPECT_UNKNOWN(STALE);
    g.params.grace_s = 10;
    expect(VERDICT_VALID, FINDING_GRACE);
    assert_int_equal(g.verdict.valid_until, PKI_T);
    g.params.grace_s = 0;
    g.time = PKI_T - 10;
    EXPECT_VALID();
    assert_int_equal(g.verdict.valid_until, PKI_T - 10);
}

static void test_revocation_refuses_a_list_from_the_future(void **state)
{
    struct pki_crl_spec spec = list();

    (void)state;
    spec.this_update = PKI_T + 5;
    add(spec);
    EXPECT_UNKNOWN(UNUSABLE);
    g.params.clock_skew_s = 5;
    EXPECT_VALID();
}

static void test_revocation_refuses_a_list_without_next_update(void **state)
{
    struct pki_crl_spec spec = list();

    (void)state;
    spec.next_update = -1;
    add(spec);
    EXPECT_UNKNOWN(UNUSABLE);
}

/* C-06 */
static void test_revocation_refuses_a_list_with_an_unknown_critical_extension(void **state)
{
    struct pki_crl_spec spec = list();

    (void)state;
    spec.exts[0] = (struct pki_ext){"1.2.3.4.5", "critical,DER:05:00"};
    add(spec);
    EXPECT_UNKNOWN(UNUSABLE);
}

/* ---- listed or not ---- */

static void test_revocation_finds_the_serial(void **state)
{
    struct pki_crl_spec spec = list();

    (void)state;
    /* C-19: unsorted, the serial twice; what both say at worst counts */
    spec.entries[0] = (struct pki_entry){.serial = 900};
    spec.entries[1] = (struct pki_entry){.serial = SERIAL, .reason = 1};
    spec.entries[2] = (struct pki_entry){.serial = 3};
    spec.entries[3] = (struct pki_entry){.serial = SERIAL, .when = PKI_T0 + 5, .reason = 2};
    add(spec);
    EXPECT_REVOKED();
    assert_int_equal(g.verdict.revoked_at, PKI_T0);
    assert_int_equal(g.verdict.revoked_reason, CRL_REASON_KEY_COMPROMISE);
    assert_int_equal(g.verdict.num_path, 3);
}

/* C-19: an entry that does not count yet takes nothing back. */
static void test_revocation_finds_the_serial_before_an_entry_of_a_later_date(void **state)
{
    struct pki_crl_spec spec = list();

    (void)state;
    spec.entries[0] = (struct pki_entry){.serial = SERIAL, .reason = 5};
    spec.entries[1] = (struct pki_entry){.serial = SERIAL, .when = PKI_T + 86400, .reason = 5};
    add(spec);
    EXPECT_REVOKED();
    assert_int_equal(g.verdict.revoked_at, PKI_T0);
}

static void test_revocation_tells_hold_from_revoked(void **state)
{
    struct pki_crl_spec spec = list();

    (void)state;
    revoke(&spec, CRL_REASON_CERTIFICATE_HOLD);
    add(spec);
    expect(VERDICT_REVOKED, FINDING_ON_HOLD);
}

static void test_revocation_of_a_ca_makes_the_path_invalid(void **state)
{
    struct pki_crl_spec spec = {.issuer = "/CN=Root", .signer = pki_key(PKI_EC, ROOT)};

    (void)state;
    g.num_objects--; /* the empty list of the root */
    spec.entries[0] = (struct pki_entry){.serial = CA_SERIAL};
    add(spec);
    spec = list();
    revoke(&spec, CRL_REASON_KEY_COMPROMISE);
    add(spec);
    expect(VERDICT_INVALID, FINDING_ISSUER_REVOKED);
    assert_int_equal(g.verdict.findings[0].cert, 1);
}

/* C-16 */
static void test_revocation_reads_lists_of_version_1(void **state)
{
    struct pki_crl_spec spec = list();

    (void)state;
    spec.is_v1 = true;
    add(spec);
    EXPECT_VALID();
    revoke(&spec, -1);
    add(spec);
    EXPECT_REVOKED();
}

/* C-17 */
static void test_revocation_after_the_time_asked_does_not_count(void **state)
{
    struct pki_crl_spec spec = list();

    (void)state;
    revoke(&spec, CRL_REASON_SUPERSEDED);
    spec.entries[0].when = PKI_T + 1;
    add(spec);
    EXPECT_VALID();
    g.time = PKI_T + 1;
    EXPECT_REVOKED();
    g.time = PKI_T;
    g.num_objects--;
    revoke(&spec, CRL_REASON_KEY_COMPROMISE);
    spec.entries[0].when = PKI_T + 1;
    add(spec);
    EXPECT_REVOKED();
}

/* C-17: what was found out later may have been so before. */
static void test_revocation_counts_from_the_invalidity_date(void **state)
{
    struct pki_crl_spec spec = list();
    size_t at = g.num_objects;

    (void)state;
    revoke(&spec, CRL_REASON_SUPERSEDED);
    spec.entries[0].when = PKI_T + 10;
    spec.entries[0].invalid_since = PKI_T + 1;
    add(spec);
    EXPECT_VALID();
    spec.entries[0].invalid_since = PKI_T;
    g.objects[at] = pki_crl_der(g.arena, &spec);
    EXPECT_REVOKED();
    assert_int_equal(g.verdict.revoked_at, PKI_T + 10);
}

/* C-06: an entry that nobody understands, whosever it is, makes the list unusable. */
static void test_revocation_refuses_a_list_with_an_unknown_critical_entry(void **state)
{
    struct pki_crl_spec spec = list();

    (void)state;
    spec.entries[0] = (struct pki_entry){.serial = SERIAL + 1, .is_beyond_us = true};
    add(spec);
    EXPECT_UNKNOWN(UNUSABLE);
    spec.entries[0].serial = SERIAL;
    add(spec);
    EXPECT_UNKNOWN(UNUSABLE);
}

/* ---- C-20: newer and older lists ---- */

static void test_revocation_believes_the_greatest_number(void **state)
{
    struct pki_crl_spec old = numbered("DER:02:01:05", PKI_T0);

    (void)state;
    revoke(&old, CRL_REASON_CERTIFICATE_HOLD);
    add(old);
    add(numbered("DER:02:02:01:00", PKI_T0 + 1));
    EXPECT_VALID();
}

static void test_revocation_is_not_undone_by_an_older_list(void **state)
{
    struct pki_crl_spec new = numbered("DER:02:01:06", PKI_T0 + 1);

    (void)state;
    revoke(&new, CRL_REASON_SUPERSEDED);
    add(new);
    add(numbered("DER:02:01:05", PKI_T0));
    EXPECT_REVOKED();
}

static void test_revocation_takes_the_worse_of_contradicting_lists(void **state)
{
    struct pki_crl_spec spec = numbered("DER:02:01:05", PKI_T0 + 1);

    (void)state;
    revoke(&spec, CRL_REASON_SUPERSEDED);
    add(spec); /* the same number, and a greater one with an older date */
    add(numbered("DER:02:01:05", PKI_T0));
    add(numbered("DER:02:01:06", PKI_T0));
    EXPECT_REVOKED();
}

static void
test_revocation_does_not_fall_back_to_an_older_list_when_the_newest_is_stale(void **state)
{
    struct pki_crl_spec new = numbered("DER:02:01:06", PKI_T0 + 1);

    (void)state;
    new.next_update = PKI_T - 1;
    add(new);
    add(numbered("DER:02:01:05", PKI_T0));
    EXPECT_UNKNOWN(STALE);
}

/* ---- deltas ---- */

static void test_revocation_never_uses_a_delta_alone(void **state)
{
    (void)state;
    add(delta("critical,DER:02:01:01", "DER:02:01:02"));
    EXPECT_UNKNOWN(NO_SOURCE);
}

static void test_revocation_adds_what_a_delta_lists(void **state)
{
    struct pki_crl_spec spec = delta("critical,DER:02:01:04", "DER:02:01:06");

    (void)state;
    add(numbered("DER:02:01:05", PKI_T0));
    EXPECT_VALID();
    revoke(&spec, CRL_REASON_SUPERSEDED);
    add(spec);
    EXPECT_REVOKED();
}

static void test_revocation_passes_by_deltas_that_do_not_fit(void **state)
{
    struct pki_crl_spec late = delta("critical,DER:02:01:06", "DER:02:01:07"),
                        old = delta("critical,DER:02:01:01", "DER:02:01:05"),
                        forged = delta("critical,DER:02:01:05", "DER:02:01:09");

    (void)state;
    add(numbered("DER:02:01:05", PKI_T0));
    revoke(&late, CRL_REASON_SUPERSEDED);
    revoke(&old, CRL_REASON_SUPERSEDED);
    revoke(&forged, CRL_REASON_SUPERSEDED);
    forged.signer = pki_key(PKI_EC, OTHER);
    add(late);
    add(old);
    add(forged);
    EXPECT_VALID();
}

/* C-13 */
static void test_revocation_is_lifted_by_a_delta_only_from_hold(void **state)
{
    struct pki_crl_spec base = numbered("DER:02:01:05", PKI_T0),
                        lift = delta("critical,DER:02:01:05", "DER:02:01:06");
    size_t at;

    (void)state;
    revoke(&base, CRL_REASON_CERTIFICATE_HOLD);
    at = g.num_objects;
    add(base);
    expect(VERDICT_REVOKED, FINDING_ON_HOLD);
    revoke(&lift, CRL_REASON_REMOVE_FROM_CRL);
    add(lift);
    EXPECT_VALID();
    revoke(&base, CRL_REASON_KEY_COMPROMISE);
    g.objects[at] = pki_crl_der(g.arena, &base);
    EXPECT_REVOKED();
}

static void test_revocation_in_a_stale_delta_still_counts_but_its_removal_does_not(void **state)
{
    struct pki_crl_spec base = numbered("DER:02:01:05", PKI_T0),
                        stale = delta("critical,DER:02:01:05", "DER:02:01:06");
    size_t at = g.num_objects;

    (void)state;
    stale.next_update = PKI_T - 1;
    add(base);
    revoke(&stale, CRL_REASON_SUPERSEDED);
    add(stale);
    EXPECT_REVOKED();
    revoke(&base, CRL_REASON_CERTIFICATE_HOLD);
    revoke(&stale, CRL_REASON_REMOVE_FROM_CRL);
    g.objects[at] = pki_crl_der(g.arena, &base);
    g.objects[at + 1] = pki_crl_der(g.arena, &stale);
    expect(VERDICT_REVOKED, FINDING_ON_HOLD);
}

/* ---- scope ---- */

/* C-05 */
static void test_revocation_passes_by_lists_for_other_kinds(void **state)
{
    struct pki_crl_spec root = with_idp("[idp]\nonlyuser=TRUE\n");

    (void)state;
    add(with_idp("[idp]\nonlyCA=TRUE\n"));
    EXPECT_UNKNOWN(NO_SOURCE);
    add(with_idp("[idp]\nonlyAA=TRUE\n"));
    EXPECT_UNKNOWN(NO_SOURCE);
    add(with_idp("[idp]\nonlyuser=TRUE\n"));
    EXPECT_VALID();
    root.issuer = "/CN=Root";
    root.signer = pki_key(PKI_EC, ROOT);
    g.num_objects = 1;
    add(list());
    add(root);
    EXPECT_UNKNOWN(NO_SOURCE);
}

/* C-03 */
static void test_revocation_matches_distribution_point_names(void **state)
{
    (void)state;
    add(with_idp("[idp]\nfullname=URI:http://a.example/1.crl,URI:http://b.example/1.crl\n"));
    EXPECT_UNKNOWN(NO_SOURCE);
    ee = leaf("URI:http://a.example/2.crl", NULL);
    EXPECT_UNKNOWN(NO_SOURCE);
    ee = leaf("URI:http://b.example/1.crl", NULL);
    EXPECT_VALID();
    g.num_objects--;
    add(with_idp("[idp]\nrelativename=rdn\n[rdn]\nOU=East\n"));
    EXPECT_UNKNOWN(NO_SOURCE);
    ee = leaf("dp", "[dp]\nfullname=dirName:full\n[full]\n1.CN=ca\n2.OU=EAST\n");
    EXPECT_VALID();
    ee = leaf("dp", "[dp]\nrelativename=rdn\n[rdn]\nOU=east\n");
    EXPECT_VALID();
    ee = leaf("dp", "[dp]\nrelativename=rdn\n[rdn]\nOU=West\n");
    EXPECT_UNKNOWN(NO_SOURCE);
}

/* C-04 */
static void test_revocation_takes_the_issuer_names_as_the_point_that_is_not_there(void **state)
{
    (void)state;
    add(with_idp("[idp]\nfullname=dirName:full\n[full]\nCN=CA\n"));
    EXPECT_VALID();
    g.num_objects--;
    add(with_idp("[idp]\nfullname=URI:http://ca.example/\n"));
    EXPECT_UNKNOWN(NO_SOURCE);
    ee = graph_target(
        &g, &(struct pki_cert_spec){.subject = "/CN=EE",
                                    .issuer = "/CN=CA",
                                    .key = pki_key(PKI_EC, 23),
                                    .signer = pki_key(PKI_EC, CA),
                                    .serial = SERIAL,
                                    .exts = {{"issuerAltName", "URI:http://ca.example/"}}});
    EXPECT_VALID();
}

/* C-07 */
static void test_revocation_needs_all_reasons(void **state)
{
    struct pki_crl_spec some = with_idp("[idp]\nonlysomereasons=keyCompromise,CACompromise\n"),
                        rest = with_idp("[idp]\nonlysomereasons=affiliationChanged,superseded,"
                                        "cessationOfOperation,certificateHold,privilegeWithdrawn,"
                                        "AACompromise\n");

    (void)state;
    add(some);
    EXPECT_UNKNOWN(UNUSABLE);
    add(rest);
    EXPECT_VALID();
    g.num_objects--;
    revoke(&rest, CRL_REASON_SUPERSEDED);
    add(rest);
    EXPECT_REVOKED();
}

/* ---- who signed ---- */

static void test_revocation_refuses_a_list_of_a_stranger(void **state)
{
    struct pki_crl_spec spec = list();

    (void)state;
    spec.signer = pki_key(PKI_EC, OTHER);
    add(spec);
    EXPECT_UNKNOWN(UNUSABLE);
    /* and one that calls a good certificate revoked does not count either */
    revoke(&spec, CRL_REASON_KEY_COMPROMISE);
    add(spec);
    add(list());
    EXPECT_VALID();
}

static void other_ca(const char *issuer, size_t signer)
{
    graph_ca(&g, "/CN=CA", OTHER, issuer, signer);
}

static void list_by_other(void)
{
    struct pki_crl_spec spec = list();

    spec.signer = pki_key(PKI_EC, OTHER);
    add(spec);
}

/* C-09 */
static void test_revocation_takes_a_list_of_the_next_key_generation(void **state)
{
    (void)state;
    list_by_other();
    EXPECT_UNKNOWN(UNUSABLE);
    other_ca("/CN=Root", ROOT); /* a newer certificate from the same superior */
    EXPECT_VALID();
    g.num_objects--;
    other_ca("/CN=CA", CA); /* newWithOld: the only list about it is signed with its own key */
    EXPECT_VALID();
}

/* R-04, and whose word counts about a link: the list of the key that issued it. */
static void test_revocation_of_a_link_certificate_ends_it(void **state)
{
    struct pki_crl_spec spec = list();

    (void)state;
    graph_cert(&g, &(struct pki_cert_spec){.subject = "/CN=CA",
                                           .key = pki_key(PKI_EC, OTHER),
                                           .signer = pki_key(PKI_EC, CA),
                                           .serial = 99,
                                           .exts = {PKI_CA_EXTS}});
    ee = graph_leaf(&g, "/CN=EE", "/CN=CA", OTHER);
    list_by_other();
    EXPECT_VALID();
    spec.entries[0] = (struct pki_entry){.serial = 99};
    add(spec);
    expect(VERDICT_INVALID, FINDING_ISSUER_REVOKED);
    spec.signer = pki_key(PKI_EC, OTHER);
    g.num_objects -= 2;
    add(spec);
    expect(VERDICT_INVALID, FINDING_ISSUER_REVOKED);
}

/* the anchor is of the first generation, lists come from the third alone. */
static void test_revocation_goes_over_two_rollovers(void **state)
{
    (void)state;
    g.num_objects = 0;
    graph_ca(&g, "/CN=Root", CA, "/CN=Root", ROOT);
    graph_ca(&g, "/CN=Root", OTHER, "/CN=Root", CA);
    graph_empty_crl(&g, "/CN=Root", OTHER);
    ee = graph_leaf(&g, "/CN=EE", "/CN=Root", OTHER);
    EXPECT_VALID();
    ee = graph_leaf(&g, "/CN=EE", "/CN=Root", ROOT);
    EXPECT_VALID();
}

/* B-20: the same name below another CA of the same anchor. */
static void test_revocation_refuses_a_list_of_a_namesake_elsewhere(void **state)
{
    (void)state;
    graph_ca(&g, "/CN=Branch", THIRD, "/CN=Root", ROOT);
    other_ca("/CN=Branch", THIRD);
    graph_empty_crl(&g, "/CN=Branch", THIRD);
    list_by_other();
    EXPECT_UNKNOWN(UNUSABLE);
}

/* C-11: the same name below another anchor. */
static void test_revocation_refuses_a_list_of_a_namesake_below_another_anchor(void **state)
{
    (void)state;
    graph_anchor(&g, "/CN=Other Root", THIRD);
    other_ca("/CN=Other Root", THIRD);
    graph_empty_crl(&g, "/CN=Other Root", THIRD);
    list_by_other();
    EXPECT_UNKNOWN(UNUSABLE);
}

static void test_revocation_needs_the_status_of_a_delegated_signer(void **state)
{
    struct pki_crl_spec root = {.issuer = "/CN=Root", .signer = pki_key(PKI_EC, ROOT)};

    (void)state;
    graph_cert(&g, &(struct pki_cert_spec){.subject = "/CN=CA",
                                           .issuer = "/CN=Root",
                                           .key = pki_key(PKI_EC, OTHER),
                                           .signer = pki_key(PKI_EC, ROOT),
                                           .serial = 99,
                                           .exts = {PKI_CA_EXTS}});
    list_by_other();
    EXPECT_VALID();
    root.entries[0] = (struct pki_entry){.serial = 99};
    g.objects[1] = pki_crl_der(g.arena, &root);
    EXPECT_UNKNOWN(UNUSABLE);
}

static void test_revocation_needs_crl_sign(void **state)
{
    (void)state;
    g.num_objects = 0;
    graph_cert(&g, &(struct pki_cert_spec){.subject = "/CN=CA",
                                           .issuer = "/CN=Root",
                                           .key = pki_key(PKI_EC, CA),
                                           .signer = pki_key(PKI_EC, ROOT),
                                           .exts = {{"basicConstraints", "critical,CA:TRUE"},
                                                    {"keyUsage", "critical,keyCertSign"}}});
    graph_empty_crl(&g, "/CN=Root", ROOT);
    add(list());
    EXPECT_UNKNOWN(UNUSABLE);
}

/* The policy's floor holds for lists as well. */
static void test_revocation_refuses_a_weak_signature(void **state)
{
    struct pki_crl_spec spec = list();

    (void)state;
    spec.hash = "SHA1";
    add(spec);
    EXPECT_VALID();
    g.params.allow_sha1 = false;
    EXPECT_UNKNOWN(UNUSABLE);
}

/* ---- indirect lists ---- */

static struct pki_crl_spec indirect_list(void)
{
    struct pki_crl_spec spec = with_idp("[idp]\nindirectCRL=TRUE\n");

    spec.issuer = "/CN=Lists";
    spec.signer = pki_key(PKI_EC, OTHER);
    return spec;
}

/* C-02, C-12 */
static void test_revocation_reads_indirect_lists_of_the_issuer_the_point_names(void **state)
{
    static const char sections[] = "[dp]\nCRLissuer=dirName:who\n[who]\nCN=Lists\n";
    struct pki_crl_spec spec = indirect_list();

    (void)state;
    graph_ca(&g, "/CN=Lists", OTHER, "/CN=Root", ROOT);
    spec.entries[0] = (struct pki_entry){.serial = SERIAL, .issuer = "/CN=Another CA"};
    spec.entries[1] = (struct pki_entry){.serial = 8, .issuer = "/CN=CA"};
    add(spec);
    EXPECT_UNKNOWN(NO_SOURCE); /* no point names it */
    ee = leaf("dp", sections);
    EXPECT_VALID();
    spec.entries[2] =
        (struct pki_entry){.serial = SERIAL}; /* the issuer before it stays in force */
    add(spec);
    EXPECT_REVOKED();
}

static void test_revocation_refuses_a_foreign_list_that_is_not_indirect(void **state)
{
    struct pki_crl_spec spec = {.issuer = "/CN=Lists", .signer = pki_key(PKI_EC, OTHER)};

    (void)state;
    graph_ca(&g, "/CN=Lists", OTHER, "/CN=Root", ROOT);
    add(spec);
    ee = leaf("dp", "[dp]\nCRLissuer=dirName:who\n[who]\nCN=Lists\n");
    EXPECT_UNKNOWN(NO_SOURCE);
}

/* C-02: the point that names the list's issuer is another one than the list is for. */
static void test_revocation_refuses_a_foreign_list_for_a_point_of_the_issuer(void **state)
{
    struct pki_crl_spec spec = indirect_list();

    (void)state;
    graph_ca(&g, "/CN=Lists", OTHER, "/CN=Root", ROOT);
    ee = leaf("one,two", "[one]\nfullname=URI:http://a.example/1\nCRLissuer=dirName:who\n"
                         "[two]\nfullname=URI:http://a.example/2\n[who]\nCN=Lists\n");
    spec.sections = "[idp]\nindirectCRL=TRUE\nfullname=URI:http://a.example/2\n";
    add(spec);
    EXPECT_UNKNOWN(NO_SOURCE);
    spec.sections = "[idp]\nindirectCRL=TRUE\nfullname=URI:http://a.example/1\n";
    add(spec);
    EXPECT_VALID();
}

/* C-03: a point without a name goes by its cRLIssuer, which the list's own name must equal. */
static void test_revocation_matches_a_named_list_with_a_point_that_has_no_name(void **state)
{
    struct pki_crl_spec spec = indirect_list();

    (void)state;
    graph_ca(&g, "/CN=Lists", OTHER, "/CN=Root", ROOT);
    ee = leaf("dp", "[dp]\nCRLissuer=dirName:who\n[who]\nCN=Lists\n");
    spec.sections = "[idp]\nindirectCRL=TRUE\nfullname=dirName:own\n[own]\nCN=Others\n";
    add(spec);
    EXPECT_UNKNOWN(NO_SOURCE);
    spec.sections = "[idp]\nindirectCRL=TRUE\nfullname=dirName:own\n[own]\nCN=LISTS\n";
    add(spec);
    EXPECT_VALID();
}

/* C-24: the signer's own status is told only by the list it signed. */
static void test_revocation_does_not_go_in_circles(void **state)
{
    static const char sections[] = "[dp]\nCRLissuer=dirName:who\n[who]\nCN=Lists\n";

    (void)state;
    graph_cert(&g, &(struct pki_cert_spec){.subject = "/CN=Lists",
                                           .issuer = "/CN=CA",
                                           .key = pki_key(PKI_EC, OTHER),
                                           .signer = pki_key(PKI_EC, CA),
                                           .sections = sections,
                                           .exts = {{"keyUsage", "critical,cRLSign"},
                                                    {"crlDistributionPoints", "dp"}}});
    add(indirect_list());
    ee = leaf("dp", sections);
    EXPECT_UNKNOWN(UNUSABLE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_revocation_needs_a_list),
        TEST(test_revocation_refuses_a_stale_list_but_for_the_grace),
        TEST(test_revocation_refuses_a_list_from_the_future),
        TEST(test_revocation_refuses_a_list_without_next_update),
        TEST(test_revocation_refuses_a_list_with_an_unknown_critical_extension),
        TEST(test_revocation_refuses_a_list_with_an_unknown_critical_entry),
        TEST(test_revocation_counts_from_the_invalidity_date),
        TEST(test_revocation_refuses_a_list_of_a_stranger),
        TEST(test_revocation_refuses_a_list_of_a_namesake_elsewhere),
        TEST(test_revocation_refuses_a_list_of_a_namesake_below_another_anchor),
        TEST(test_revocation_refuses_a_weak_signature),
        TEST(test_revocation_refuses_a_foreign_list_that_is_not_indirect),
        TEST(test_revocation_needs_crl_sign),
        TEST(test_revocation_needs_the_status_of_a_delegated_signer),
        TEST(test_revocation_refuses_a_foreign_list_for_a_point_of_the_issuer),
        TEST(test_revocation_matches_a_named_list_with_a_point_that_has_no_name),
        TEST(test_revocation_does_not_go_in_circles),
        TEST(test_revocation_never_uses_a_delta_alone),
        TEST(test_revocation_is_not_undone_by_an_older_list),
        TEST(test_revocation_does_not_fall_back_to_an_older_list_when_the_newest_is_stale),
        TEST(test_revocation_takes_the_worse_of_contradicting_lists),
        TEST(test_revocation_is_lifted_by_a_delta_only_from_hold),
        TEST(test_revocation_in_a_stale_delta_still_counts_but_its_removal_does_not),
        TEST(test_revocation_passes_by_deltas_that_do_not_fit),
        TEST(test_revocation_passes_by_lists_for_other_kinds),
        TEST(test_revocation_needs_all_reasons),
        TEST(test_revocation_finds_the_serial),
        TEST(test_revocation_finds_the_serial_before_an_entry_of_a_later_date),
        TEST(test_revocation_tells_hold_from_revoked),
        TEST(test_revocation_of_a_ca_makes_the_path_invalid),
        TEST(test_revocation_reads_lists_of_version_1),
        TEST(test_revocation_after_the_time_asked_does_not_count),
        TEST(test_revocation_believes_the_greatest_number),
        TEST(test_revocation_adds_what_a_delta_lists),
        TEST(test_revocation_matches_distribution_point_names),
        TEST(test_revocation_takes_the_issuer_names_as_the_point_that_is_not_there),
        TEST(test_revocation_takes_a_list_of_the_next_key_generation),
        TEST(test_revocation_of_a_link_certificate_ends_it),
        TEST(test_revocation_goes_over_two_rollovers),
        TEST(test_revocation_reads_indirect_lists_of_the_issuer_the_point_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
