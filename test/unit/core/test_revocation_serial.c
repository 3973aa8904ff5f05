/* SPDX-License-Identifier: Apache-2.0 */
/* The status of a serial alone, as OCSP asks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test/support/graph.h"

/* Root (anchor, key 0) -> CA (key 1, the first object of the pool) -> EE (serial 7). */
static struct graph g;

enum { ROOT, CA, OTHER };
enum { SERIAL = 7 };

static int set_up(void **state)
{
    (void)state;
    graph_init(&g);
    g.params.revocation = REVOCATION_REQUIRED;
    graph_anchor(&g, "/CN=Root", ROOT);
    graph_ca(&g, "/CN=CA", CA, "/CN=Root", ROOT);
    graph_empty_crl(&g, "/CN=Root", ROOT);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    graph_done(&g);
    return 0;
}

/* A list of the CA, with an issuingDistributionPoint when there are sections. */
static struct pki_crl_spec list(const char *sections)
{
    struct pki_crl_spec spec = {
        .issuer = "/CN=CA", .signer = pki_key(PKI_EC, CA), .sections = sections};

    if (sections != NULL)
        spec.exts[0] = (struct pki_ext){"issuingDistributionPoint", "critical,@idp"};
    return spec;
}

static void revoke(struct pki_crl_spec *spec)
{
    spec->entries[0] = (struct pki_entry){.serial = SERIAL, .reason = CRL_REASON_SUPERSEDED + 1};
}

static void add(struct pki_crl_spec spec)
{
    graph_crl(&g, &spec);
}

static const struct sk_cert *ee(long serial)
{
    return graph_target(&g, &(struct pki_cert_spec){.subject = "/CN=EE",
                                                    .issuer = "/CN=CA",
                                                    .key = pki_key(PKI_EC, 23),
                                                    .signer = pki_key(PKI_EC, CA),
                                                    .serial = serial});
}

static enum revocation_kind serial_status(long serial, bool is_ca, const struct sk_cert *cert,
                                          struct revocation_status *out)
{
    const uint8_t octet = (uint8_t)serial;
    struct sk_query query = {.params = &g.params,
                             .source = graph_source(&g, 0),
                             .time = g.time,
                             .keys = g.keys,
                             .arena = g.job};
    const struct sk_cert *issuer = NULL;

    assert_int_equal(memstore_add_cert(g.store, g.objects[0], &issuer, NULL), SK_OK);
    assert_int_equal(judge_serial(&query, issuer, bytes_of(&octet, 1), is_ca, cert, out), SK_OK);
    return out->kind;
}

static void test_revocation_serial_without_a_list_is_undetermined(void **state)
{
    struct revocation_status status;

    (void)state;
    assert_int_equal(serial_status(9, false, NULL, &status), REVOCATION_UNDETERMINED);
    assert_int_equal(status.why, FINDING_REVOCATION_NO_SOURCE);
}

static void test_revocation_serial_by_the_issuers_own_list(void **state)
{
    struct revocation_status status;
    struct pki_crl_spec spec = list(NULL);

    (void)state;
    revoke(&spec);
    add(spec);
    assert_int_equal(serial_status(9, false, NULL, &status), REVOCATION_GOOD);
    assert_int_equal(status.next_update, PKI_T1);
    assert_int_equal(status.this_update, PKI_T0);
    assert_int_equal(serial_status(SERIAL, false, NULL, &status), REVOCATION_REVOKED);
    assert_int_equal(serial_status(SERIAL, false, ee(SERIAL), &status), REVOCATION_REVOKED);
    assert_int_equal(status.reason, CRL_REASON_SUPERSEDED);
    assert_int_equal(status.revoked_at, PKI_T0);
    assert_false(status.has_invalidity);
    spec.entries[0].invalid_since = PKI_T0 - 1000;
    add(spec);
    g.objects[g.num_objects - 2] = g.objects[g.num_objects - 1];
    assert_int_equal(serial_status(SERIAL, false, NULL, &status), REVOCATION_REVOKED);
    assert_true(status.has_invalidity);
    assert_int_equal(status.invalidity_date, PKI_T0 - 1000);
}

static void test_revocation_serial_needs_every_list_to_be_current(void **state)
{
    struct pki_crl_spec east = list("[idp]\nfullname=URI:http://a.example/east\n"),
                        west = list("[idp]\nfullname=URI:http://a.example/west\n");
    struct revocation_status status;

    (void)state;
    add(east);
    revoke(&west);
    add(west);
    assert_int_equal(serial_status(9, false, NULL, &status), REVOCATION_GOOD);
    assert_int_equal(serial_status(SERIAL, false, NULL, &status), REVOCATION_REVOKED);
    west.next_update = PKI_T - 1;
    g.objects[g.num_objects - 1] = pki_crl_der(g.arena, &west);
    assert_int_equal(serial_status(9, false, NULL, &status), REVOCATION_UNDETERMINED);
    assert_int_equal(status.why, FINDING_REVOCATION_STALE);
}

static void test_revocation_serial_tells_ca_lists_from_others(void **state)
{
    struct revocation_status status;

    (void)state;
    add(list("[idp]\nonlyCA=TRUE\n"));
    assert_int_equal(serial_status(9, false, NULL, &status), REVOCATION_UNDETERMINED);
    assert_int_equal(serial_status(9, true, NULL, &status), REVOCATION_GOOD);
}

/* C-10, O-03 */
static void test_revocation_serial_by_another_key_of_the_issuer(void **state)
{
    struct pki_crl_spec spec = list(NULL);
    struct revocation_status status;

    (void)state;
    spec.signer = pki_key(PKI_EC, OTHER);
    add(spec);
    assert_int_equal(serial_status(9, false, NULL, &status), REVOCATION_UNDETERMINED);
    graph_ca(&g, "/CN=CA", OTHER, "/CN=Root", ROOT);
    assert_int_equal(serial_status(9, false, NULL, &status), REVOCATION_GOOD);
    g.params.num_anchors = 0; /* nobody to vouch for the other key */
    assert_int_equal(serial_status(9, false, NULL, &status), REVOCATION_UNDETERMINED);
}

/* The issuer is a name and a key: its self-signed certificate leads nowhere, its cross certificate
 * to the anchor. */
static void test_revocation_serial_by_any_certificate_of_the_issuer(void **state)
{
    struct pki_crl_spec spec = list(NULL);
    struct revocation_status status;

    (void)state;
    g.objects[0] = pki_cert_der(g.arena, &(struct pki_cert_spec){.subject = "/CN=CA",
                                                                 .key = pki_key(PKI_EC, CA),
                                                                 .exts = {PKI_CA_EXTS}});
    spec.signer = pki_key(PKI_EC, OTHER);
    add(spec);
    graph_ca(&g, "/CN=CA", OTHER, "/CN=Root", ROOT);
    assert_int_equal(serial_status(9, false, NULL, &status), REVOCATION_UNDETERMINED);
    graph_ca(&g, "/CN=CA", CA, "/CN=Root", ROOT);
    assert_int_equal(serial_status(9, false, NULL, &status), REVOCATION_GOOD);
}

/* Separate keys for certificates and lists; the policy's wishes are not for the issuer. */
static void test_revocation_serial_by_the_list_key_of_the_issuer(void **state)
{
    static const uint8_t oid[] = {0x2a, 0x03, 0x04};
    const struct sk_bytes policy = bytes_of(oid, sizeof(oid));
    struct pki_crl_spec spec = list(NULL);
    struct revocation_status status;

    (void)state;
    g.objects[0] = pki_cert_der(
        g.arena, &(struct pki_cert_spec){
                     .subject = "/CN=CA",
                     .issuer = "/CN=Root",
                     .key = pki_key(PKI_EC, CA),
                     .signer = pki_key(PKI_EC, ROOT),
                     .exts = {{"basicConstraints", "critical,CA:TRUE"},
                              {"keyUsage", "critical,keyCertSign"},
                              {"certificatePolicies", "1.2.5"},
                              {"policyConstraints", "critical,requireExplicitPolicy:0"}}});
    graph_cert(&g, &(struct pki_cert_spec){.subject = "/CN=CA",
                                           .issuer = "/CN=Root",
                                           .key = pki_key(PKI_EC, OTHER),
                                           .signer = pki_key(PKI_EC, ROOT),
                                           .exts = {{"keyUsage", "critical,cRLSign"}}});
    add(spec);
    assert_int_equal(serial_status(9, false, NULL, &status), REVOCATION_UNDETERMINED);
    spec.signer = pki_key(PKI_EC, OTHER);
    add(spec);
    g.params.require_explicit_policy = true;
    g.params.policies = g.params.ekus = &policy;
    g.params.num_policies = g.params.num_ekus = 1;
    assert_int_equal(serial_status(9, false, NULL, &status), REVOCATION_GOOD);
    g.params.num_policies = 0;
    g.params.accepts_no_policy = true;
    assert_int_equal(serial_status(9, false, NULL, &status), REVOCATION_GOOD);
}

/* X-01, C-10: a key before the last one still has a list out, and that list revokes. */
static void test_revocation_serial_is_revoked_by_any_key_of_the_issuer(void **state)
{
    struct pki_crl_spec spec = list(NULL);
    struct revocation_status status;

    (void)state;
    add(spec);
    graph_ca(&g, "/CN=CA", OTHER, "/CN=Root", ROOT);
    spec.signer = pki_key(PKI_EC, OTHER);
    revoke(&spec);
    add(spec);
    assert_int_equal(graph_judge(&g, ee(SERIAL))->kind, VERDICT_REVOKED);
    assert_int_equal(serial_status(SERIAL, false, NULL, &status), REVOCATION_REVOKED);
    assert_int_equal(serial_status(SERIAL, false, ee(SERIAL), &status), REVOCATION_REVOKED);
    assert_int_equal(serial_status(9, false, NULL, &status), REVOCATION_GOOD);
    g.params.num_anchors = 0; /* nobody to vouch for the other key */
    assert_int_equal(serial_status(SERIAL, false, NULL, &status), REVOCATION_GOOD);
}

/* an indirect list that the certificate's distribution point names, beside the CA's own. */
static void test_revocation_serial_is_revoked_by_an_indirect_list(void **state)
{
    const struct sk_cert *cert = graph_target(
        &g, &(struct pki_cert_spec){.subject = "/CN=EE",
                                    .issuer = "/CN=CA",
                                    .key = pki_key(PKI_EC, 23),
                                    .signer = pki_key(PKI_EC, CA),
                                    .serial = SERIAL,
                                    .sections = "[dp]\nCRLissuer=dirName:who\n[who]\nCN=Lists\n",
                                    .exts = {{"crlDistributionPoints", "dp"}}});
    struct pki_crl_spec spec = list("[idp]\nindirectCRL=TRUE\n");
    struct revocation_status status;

    (void)state;
    add(list(NULL));
    graph_ca(&g, "/CN=Lists", OTHER, "/CN=Root", ROOT);
    spec.issuer = "/CN=Lists";
    spec.signer = pki_key(PKI_EC, OTHER);
    spec.entries[0] = (struct pki_entry){.serial = SERIAL, .issuer = "/CN=CA"};
    add(spec);
    assert_int_equal(graph_judge(&g, cert)->kind, VERDICT_REVOKED);
    assert_int_equal(serial_status(SERIAL, false, cert, &status), REVOCATION_REVOKED);
    assert_int_equal(serial_status(SERIAL, false, NULL, &status), REVOCATION_REVOKED);
    assert_false(status.is_by_issuer);
}

/* ---- indirect lists of others, the certificate not at hand ---- */

/* The CA's own list, and "Lists", whom the root certified for signing lists about others. */
static void add_list_issuer(void)
{
    add(list(NULL));
    graph_ca(&g, "/CN=Lists", OTHER, "/CN=Root", ROOT);
}

static struct pki_crl_spec indirect(const char *number)
{
    struct pki_crl_spec spec = list("[idp]\nindirectCRL=TRUE\n");

    spec.issuer = "/CN=Lists";
    spec.signer = pki_key(PKI_EC, OTHER);
    spec.exts[1] = (struct pki_ext){"crlNumber", number};
    return spec;
}

static struct pki_crl_spec indirect_of(const char *number, long serial, const char *issuer)
{
    struct pki_crl_spec spec = indirect(number);

    spec.entries[0] = (struct pki_entry){.serial = serial, .issuer = issuer};
    return spec;
}

/* Nothing of what is said of SERIAL touches another one. */
static void assert_others_are_good(void)
{
    struct revocation_status status;

    assert_int_equal(serial_status(9, false, NULL, &status), REVOCATION_GOOD);
    assert_int_equal(status.next_update, PKI_T1);
    assert_int_equal(status.holds_until, PKI_T1);
    assert_false(status.is_partial || status.is_suspect || status.has_unproven);
}

static void test_revocation_serial_minds_only_the_entries_of_its_issuer(void **state)
{
    struct pki_crl_spec spec = indirect_of("DER:02:01:01", SERIAL, "/CN=Lists");
    struct revocation_status status;

    (void)state;
    add_list_issuer();
    spec.entries[1] = (struct pki_entry){.serial = SERIAL, .issuer = "/CN=Root"};
    spec.entries[2] = (struct pki_entry){.serial = 11, .issuer = "/CN=CA"};
    spec.next_update = PKI_T + 1;
    add(spec);
    assert_int_equal(serial_status(SERIAL, false, NULL, &status), REVOCATION_GOOD);
    assert_int_equal(serial_status(11, false, NULL, &status), REVOCATION_REVOKED);
    assert_int_equal(status.next_update, PKI_T + 1);
    assert_others_are_good();
}

/* Nobody says that it speaks about all certificates of the CA. */
static void test_revocation_serial_is_not_good_by_an_indirect_list_alone(void **state)
{
    struct revocation_status status;

    (void)state;
    graph_ca(&g, "/CN=Lists", OTHER, "/CN=Root", ROOT);
    add(indirect_of("DER:02:01:01", SERIAL, "/CN=CA"));
    assert_int_equal(serial_status(9, false, NULL, &status), REVOCATION_UNDETERMINED);
    assert_int_equal(status.why, FINDING_REVOCATION_NO_SOURCE);
    assert_int_equal(serial_status(SERIAL, false, NULL, &status), REVOCATION_REVOKED);
    /* The older list of two is replaced: nothing is left that speaks of the serial. */
    add(indirect("DER:02:01:02"));
    assert_int_equal(serial_status(SERIAL, false, NULL, &status), REVOCATION_UNDETERMINED);
}

static void test_revocation_serial_is_never_good_by_doubtful_indirect_lists(void **state)
{
    static const struct {
        int64_t this_update, next_update;
        bool is_critical, is_forged, is_beyond_us;
        enum finding_code why;
    } cases[] = {
        {PKI_T0, PKI_T - 1, false, false, false, FINDING_REVOCATION_STALE},
        {PKI_T + 86400, PKI_T1, false, false, false, FINDING_REVOCATION_UNUSABLE},
        {PKI_T0, -1, false, false, false, FINDING_REVOCATION_UNUSABLE},
        {PKI_T0, PKI_T1, true, false, false, FINDING_REVOCATION_UNUSABLE},
        {PKI_T0, PKI_T1, false, true, false, FINDING_REVOCATION_UNUSABLE},
        {PKI_T0, PKI_T1, false, false, true, FINDING_REVOCATION_UNUSABLE},
    };
    struct revocation_status status;
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct pki_crl_spec spec = indirect_of("DER:02:01:01", SERIAL, "/CN=CA");

        (void)tear_down(state);
        (void)set_up(state);
        add_list_issuer();
        spec.this_update = cases[i].this_update;
        spec.next_update = cases[i].next_update;
        spec.entries[0].is_beyond_us = cases[i].is_beyond_us;
        if (cases[i].is_critical)
            spec.exts[2] = (struct pki_ext){"1.2.3.4.5", "critical,DER:05:00"};
        if (cases[i].is_forged)
            spec.signer = pki_key(PKI_EC, 9);
        add(spec);
        assert_int_equal(serial_status(SERIAL, false, NULL, &status), REVOCATION_UNDETERMINED);
        assert_int_equal(status.why, cases[i].why);
        if (!cases[i].is_beyond_us) /* of its entries nobody can tell */
            assert_others_are_good();
        else
            assert_int_equal(serial_status(9, false, NULL, &status), REVOCATION_UNDETERMINED);
    }
}

/* C-20: what a newer list of the scope no longer lists is good for as long as that one counts. */
static void test_revocation_serial_is_good_when_a_newer_indirect_list_drops_it(void **state)
{
    struct pki_crl_spec newer = indirect("DER:02:01:02");
    struct revocation_status status;

    (void)state;
    add_list_issuer();
    add(indirect_of("DER:02:01:01", SERIAL, "/CN=CA"));
    newer.next_update = PKI_T + 1000;
    add(newer);
    assert_int_equal(serial_status(SERIAL, false, NULL, &status), REVOCATION_GOOD);
    assert_int_equal(status.holds_until, PKI_T + 1000);
    assert_others_are_good();
    g.time = PKI_T + 1001;
    assert_int_equal(serial_status(SERIAL, false, NULL, &status), REVOCATION_UNDETERMINED);
    assert_int_equal(status.why, FINDING_REVOCATION_STALE);
    assert_others_are_good();
}

/* A list of another scope does not take back what this one lists. */
static void test_revocation_serial_is_revoked_by_one_of_two_indirect_lists(void **state)
{
    struct pki_crl_spec other = indirect("DER:02:01:09");
    struct revocation_status status;

    (void)state;
    add_list_issuer();
    add(indirect_of("DER:02:01:01", SERIAL, "/CN=CA"));
    other.sections = "[idp]\nindirectCRL=TRUE\nfullname=URI:http://a.example/east\n";
    add(other);
    assert_int_equal(serial_status(SERIAL, false, NULL, &status), REVOCATION_REVOKED);
    assert_others_are_good();
}

static void test_revocation_serial_is_revoked_by_a_delta_of_an_indirect_list(void **state)
{
    struct pki_crl_spec delta = indirect_of("DER:02:01:03", SERIAL, "/CN=CA");
    struct revocation_status status;

    (void)state;
    add_list_issuer();
    delta.exts[2] = (struct pki_ext){"deltaCRL", "critical,DER:02:01:02"};
    add(delta);
    assert_int_equal(serial_status(SERIAL, false, NULL, &status), REVOCATION_UNDETERMINED);
    assert_int_equal(status.why, FINDING_REVOCATION_UNUSABLE);
    assert_non_null(strstr(status.text, "cannot be relied upon"));
    assert_others_are_good();
    add(indirect("DER:02:01:02"));
    assert_int_equal(serial_status(SERIAL, false, NULL, &status), REVOCATION_REVOKED);
    assert_others_are_good();
}

static void test_revocation_serial_asks_indirect_lists_of_its_kind(void **state)
{
    struct pki_crl_spec spec = indirect_of("DER:02:01:01", SERIAL, "/CN=CA");
    struct revocation_status status;

    (void)state;
    add_list_issuer();
    spec.sections = "[idp]\nindirectCRL=TRUE\nonlyCA=TRUE\n";
    add(spec);
    assert_int_equal(serial_status(SERIAL, false, NULL, &status), REVOCATION_GOOD);
    assert_int_equal(serial_status(SERIAL, true, NULL, &status), REVOCATION_REVOKED);
}

/* B-20: somebody of that name in another branch, whom the CA has certified too, is not meant. */
static void test_revocation_serial_is_not_revoked_by_a_namesake_of_the_list_issuer(void **state)
{
    struct revocation_status status;

    (void)state;
    add(list(NULL));
    graph_ca(&g, "/CN=Branch", 4, "/CN=Root", ROOT);
    graph_empty_crl(&g, "/CN=Branch", 4);
    graph_ca(&g, "/CN=Lists", OTHER, "/CN=Branch", 4);
    add(indirect_of("DER:02:01:01", SERIAL, "/CN=CA"));
    assert_int_equal(serial_status(SERIAL, false, NULL, &status), REVOCATION_REVOKED);
    graph_ca(&g, "/CN=Lists", 5, "/CN=CA", CA);
    assert_int_equal(serial_status(SERIAL, false, NULL, &status), REVOCATION_UNDETERMINED);
    assert_int_equal(status.why, FINDING_REVOCATION_UNUSABLE);
    assert_others_are_good();
}

/* C-08: whichever anchor is met first. */
static void test_revocation_serial_is_revoked_by_an_indirect_list_under_any_anchor(void **state)
{
    enum { SECOND = 10 };
    struct revocation_status status;
    int first;

    for (first = 0; first < 2; first++) {
        const char *name = first == 0 ? "/CN=Another" : "/CN=Zeta";

        (void)tear_down(state);
        (void)set_up(state);
        add(list(NULL));
        graph_anchor(&g, name, SECOND);
        graph_empty_crl(&g, name, SECOND);
        graph_ca(&g, "/CN=Lists", OTHER, name, SECOND);
        add(indirect_of("DER:02:01:01", SERIAL, "/CN=CA"));
        assert_int_equal(serial_status(SERIAL, false, NULL, &status), REVOCATION_UNDETERMINED);
        graph_ca(&g, "/CN=CA", CA, name, SECOND);
        assert_int_equal(serial_status(SERIAL, false, NULL, &status), REVOCATION_REVOKED);
        assert_others_are_good();
    }
}

/* C-11: a namesake elsewhere. */
static void test_revocation_serial_refuses_a_list_of_a_namesake(void **state)
{
    struct pki_crl_spec spec = list(NULL);
    struct revocation_status status;

    (void)state;
    spec.signer = pki_key(PKI_EC, OTHER);
    add(spec);
    graph_anchor(&g, "/CN=Other Root", 4);
    graph_ca(&g, "/CN=CA", OTHER, "/CN=Other Root", 4);
    graph_empty_crl(&g, "/CN=Other Root", 4);
    assert_int_equal(serial_status(9, false, NULL, &status), REVOCATION_UNDETERMINED);
    assert_int_equal(status.why, FINDING_REVOCATION_UNUSABLE);
}

/* judge() would say so as well, whichever anchor it meets first. */
static void test_revocation_serial_is_revoked_by_a_list_that_another_anchor_proves(void **state)
{
    enum { FIRST = 10, SECOND, KEY };
    struct revocation_status status;
    int first;

    (void)state;
    for (first = 0; first < 2; first++) {
        struct pki_crl_spec spec = list(NULL);

        graph_done(&g);
        graph_init(&g);
        g.params.revocation = REVOCATION_REQUIRED;
        graph_anchor(&g, first == 0 ? "/CN=A" : "/CN=B", FIRST);
        graph_anchor(&g, first == 0 ? "/CN=B" : "/CN=A", SECOND);
        graph_ca(&g, "/CN=CA", CA, "/CN=A", first == 0 ? FIRST : SECOND);
        graph_ca(&g, "/CN=CA", CA, "/CN=B", first == 0 ? SECOND : FIRST);
        graph_ca(&g, "/CN=CA", KEY, "/CN=B", first == 0 ? SECOND : FIRST);
        graph_empty_crl(&g, "/CN=A", first == 0 ? FIRST : SECOND);
        add(spec);
        revoke(&spec);
        spec.signer = pki_key(PKI_EC, KEY);
        add(spec);
        assert_int_equal(serial_status(9, false, NULL, &status), REVOCATION_GOOD);
        /* Whether B has revoked that key is not known. */
        assert_int_equal(serial_status(SERIAL, false, NULL, &status), REVOCATION_UNDETERMINED);
        assert_int_equal(status.why, FINDING_REVOCATION_UNUSABLE);
        graph_empty_crl(&g, "/CN=B", first == 0 ? SECOND : FIRST);
        assert_int_equal(serial_status(SERIAL, false, NULL, &status), REVOCATION_REVOKED);
        assert_int_equal(serial_status(9, false, NULL, &status), REVOCATION_GOOD);
    }
}

static void test_revocation_serial_of_an_anchor_that_is_the_issuer(void **state)
{
    const uint8_t octet = 9;
    struct revocation_status status;
    struct sk_query query = {.params = &g.params,
                             .source = graph_source(&g, 0),
                             .time = g.time,
                             .keys = g.keys,
                             .arena = g.job};
    const struct sk_cert *root = g.anchors[0].cert;

    (void)state;
    assert_int_equal(judge_serial(&query, root, bytes_of(&octet, 1), true, NULL, &status), SK_OK);
    assert_int_equal(status.kind, REVOCATION_GOOD);
    g.anchors[0].cert = graph_anchor(&g, "/CN=Another", OTHER);
    g.anchors[1].cert = root; /* wherever it stands among the anchors */
    arena_reset(g.job);
    assert_int_equal(judge_serial(&query, root, bytes_of(&octet, 1), true, NULL, &status), SK_OK);
    assert_int_equal(status.kind, REVOCATION_GOOD);
    g.num_objects--; /* its list */
    arena_reset(g.job);
    query.source = graph_source(&g, 0);
    assert_int_equal(judge_serial(&query, root, bytes_of(&octet, 1), true, NULL, &status), SK_OK);
    assert_int_equal(status.kind, REVOCATION_UNDETERMINED);
}

/* Only the lists of one name together speak of all reasons, not those of two. */
static void test_revocation_serial_needs_all_reasons_of_each_point(void **state)
{
    struct revocation_status status;

    (void)state;
    add(list("[idp]\nfullname=URI:http://a.example/east\nonlysomereasons=keyCompromise\n"));
    add(list("[idp]\nfullname=URI:http://a.example/west\n"
             "onlysomereasons=CACompromise,affiliationChanged,superseded,cessationOfOperation,"
             "certificateHold,privilegeWithdrawn,AACompromise\n"));
    assert_int_equal(serial_status(9, false, NULL, &status), REVOCATION_UNDETERMINED);
    add(list("[idp]\nfullname=URI:http://a.example/east\n"
             "onlysomereasons=CACompromise,affiliationChanged,superseded,cessationOfOperation,"
             "certificateHold,privilegeWithdrawn,AACompromise\n"));
    assert_int_equal(serial_status(9, false, NULL, &status), REVOCATION_UNDETERMINED);
    add(list("[idp]\nfullname=URI:http://a.example/west\nonlysomereasons=keyCompromise\n"));
    assert_int_equal(serial_status(9, false, NULL, &status), REVOCATION_GOOD);
}

/* Where the policy asks for no status of CAs, the other key's certificate needs none. */
static void test_revocation_serial_without_revocation_of_cas(void **state)
{
    struct pki_crl_spec spec = list(NULL);
    struct revocation_status status;

    (void)state;
    g.num_objects--; /* the root's list */
    spec.signer = pki_key(PKI_EC, OTHER);
    revoke(&spec);
    add(spec);
    graph_ca(&g, "/CN=CA", OTHER, "/CN=Root", ROOT);
    assert_int_equal(serial_status(SERIAL, false, NULL, &status), REVOCATION_UNDETERMINED);
    g.params.revocation = REVOCATION_OFF;
    assert_int_equal(serial_status(SERIAL, false, NULL, &status), REVOCATION_REVOKED);
    assert_int_equal(serial_status(9, false, NULL, &status), REVOCATION_GOOD);
}

static void test_revocation_serial_is_not_that_of_another_certificate(void **state)
{
    const uint8_t octet = 9;
    struct revocation_status status;
    struct sk_query query = {.params = &g.params,
                             .source = graph_source(&g, 0),
                             .time = g.time,
                             .keys = g.keys,
                             .arena = g.job};

    (void)state;
    assert_int_equal(
        judge_serial(&query, g.anchors[0].cert, bytes_of(&octet, 1), false, ee(SERIAL), &status),
        SK_INTERNAL);
    assert_int_equal(status.kind, REVOCATION_UNDETERMINED);
}

static void test_revocation_serial_is_undetermined_when_the_budget_ends(void **state)
{
    struct revocation_status status;

    (void)state;
    add(list(NULL));
    g.params.budget.max_signatures = 0;
    assert_int_equal(serial_status(9, false, NULL, &status), REVOCATION_UNDETERMINED);
    assert_int_equal(status.why, FINDING_BUDGET_EXHAUSTED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_revocation_serial_without_a_list_is_undetermined),
        TEST(test_revocation_serial_by_the_issuers_own_list),
        TEST(test_revocation_serial_needs_every_list_to_be_current),
        TEST(test_revocation_serial_tells_ca_lists_from_others),
        TEST(test_revocation_serial_by_another_key_of_the_issuer),
        TEST(test_revocation_serial_by_any_certificate_of_the_issuer),
        TEST(test_revocation_serial_by_the_list_key_of_the_issuer),
        TEST(test_revocation_serial_refuses_a_list_of_a_namesake),
        TEST(test_revocation_serial_is_revoked_by_any_key_of_the_issuer),
        TEST(test_revocation_serial_is_revoked_by_an_indirect_list),
        TEST(test_revocation_serial_minds_only_the_entries_of_its_issuer),
        TEST(test_revocation_serial_is_not_good_by_an_indirect_list_alone),
        TEST(test_revocation_serial_is_never_good_by_doubtful_indirect_lists),
        TEST(test_revocation_serial_is_good_when_a_newer_indirect_list_drops_it),
        TEST(test_revocation_serial_is_revoked_by_one_of_two_indirect_lists),
        TEST(test_revocation_serial_is_revoked_by_a_delta_of_an_indirect_list),
        TEST(test_revocation_serial_asks_indirect_lists_of_its_kind),
        TEST(test_revocation_serial_is_not_revoked_by_a_namesake_of_the_list_issuer),
        TEST(test_revocation_serial_is_revoked_by_an_indirect_list_under_any_anchor),
        TEST(test_revocation_serial_is_revoked_by_a_list_that_another_anchor_proves),
        TEST(test_revocation_serial_of_an_anchor_that_is_the_issuer),
        TEST(test_revocation_serial_needs_all_reasons_of_each_point),
        TEST(test_revocation_serial_without_revocation_of_cas),
        TEST(test_revocation_serial_is_not_that_of_another_certificate),
        TEST(test_revocation_serial_is_undetermined_when_the_budget_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
