/* SPDX-License-Identifier: Apache-2.0 */
/* Stored OCSP responses, made by OpenSSL, as evidence of a status. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/clock.h"
#include "test/support/graph.h"
#include "test/support/response.h"

/* After ours: OpenSSL has macros with the names of enum crl_reason, of the same values. */
#include <openssl/ocsp.h>

enum { THIS = RESPONSE_THIS, NEXT = RESPONSE_NEXT };

/* A root with a list, a CA below it, an end entity. The CA has neither list nor response. */
static struct graph g;
static const struct sk_cert *root, *ca, *ee;

static int set_up(void **state)
{
    (void)state;
    memset(&g, 0, sizeof(g));
    graph_init(&g);
    g.params.revocation = REVOCATION_REQUIRED;
    g.params.ocsp_evidence = OCSP_EVIDENCE_YES;
    root = graph_anchor(&g, "/CN=Root", 0);
    ca = graph_ca(&g, "/CN=CA", 1, "/CN=Root", 0);
    ee = graph_leaf(&g, "/CN=EE", "/CN=CA", 1);
    graph_empty_crl(&g, "/CN=Root", 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    graph_done(&g);
    return 0;
}

/* With what a test does not say: about the end entity, by the CA. */
static struct sk_bytes response(const struct response_spec *given)
{
    struct response_spec spec = *given;

    spec.issuer = spec.issuer != NULL ? spec.issuer : ca;
    spec.about = spec.about != NULL ? spec.about : ee;
    spec.signer = spec.signer != NULL ? spec.signer : ca;
    spec.key = spec.key != NULL ? spec.key : pki_key(PKI_EC, 1);
    return response_der(g.arena, &spec);
}

static void add(const struct response_spec *spec)
{
    graph_ocsp(&g, response(spec));
}

static void expect(enum verdict_kind kind, enum finding_code code)
{
    const struct sk_verdict *verdict = graph_judge_orders(&g, ee);

    if (verdict->kind != kind || graph_finding(verdict) != code)
        print_error("got %s, %s\n", verdict_kind_text(verdict->kind),
                    verdict->num_findings > 0 ? verdict->findings[0].text : "no finding");
    assert_int_equal(verdict->kind, kind);
    assert_int_equal(graph_finding(verdict), code);
}

/* A response of this kind is left out. */
static void expect_unusable(const struct response_spec *spec, enum finding_code code)
{
    size_t num = g.num_objects;

    add(spec);
    expect(VERDICT_UNDETERMINED, code);
    assert_int_equal(strncmp(g.verdict.findings[0].rule, "RFC 6960 ", 9) != 0,
                     strstr(g.verdict.findings[0].text, "OCSP response ") == NULL);
    assert_true(g.verdict.findings[0].expected[0] != '\0');
    g.is_ocsp[num] = false;
    g.num_objects = num;
}

/* ---- refusals ---- */

static void test_ocsp_counts_for_nothing_unless_the_policy_says_so(void **state)
{
    (void)state;
    add(&(struct response_spec){0});
    g.params.ocsp_evidence = OCSP_EVIDENCE_NO;
    expect(VERDICT_UNDETERMINED, FINDING_REVOCATION_NO_SOURCE);
    g.params.ocsp_evidence = OCSP_EVIDENCE_YES;
    expect(VERDICT_VALID, FINDING_NONE);
}

static void test_ocsp_out_of_its_time_is_no_evidence(void **state)
{
    (void)state;
    expect_unusable(&(struct response_spec){.next_update = -1}, FINDING_REVOCATION_UNUSABLE);
    expect_unusable(&(struct response_spec){.next_update = PKI_T - 1}, FINDING_REVOCATION_STALE);
    expect_unusable(&(struct response_spec){.this_update = PKI_T + 1, .produced_at = PKI_T + 1},
                    FINDING_REVOCATION_UNUSABLE);
    expect_unusable(&(struct response_spec){.produced_at = PKI_T + 1}, FINDING_REVOCATION_UNUSABLE);
    expect_unusable(&(struct response_spec){.produced_at = THIS - 1}, FINDING_REVOCATION_UNUSABLE);
    expect_unusable(&(struct response_spec){.next_update = THIS}, FINDING_REVOCATION_UNUSABLE);
    g.params.grace_s = 7200; /* is for lists */
    expect_unusable(&(struct response_spec){.next_update = PKI_T - 1}, FINDING_REVOCATION_STALE);
    g.params.clock_skew_s = 60;
    add(&(struct response_spec){.this_update = PKI_T + 60, .produced_at = PKI_T + 60});
    expect(VERDICT_VALID, FINDING_NONE);
}

static void test_ocsp_that_says_unknown_or_cannot_be_processed_is_no_evidence(void **state)
{
    (void)state;
    expect_unusable(&(struct response_spec){.status = V_OCSP_CERTSTATUS_UNKNOWN},
                    FINDING_REVOCATION_UNUSABLE);
    expect_unusable(&(struct response_spec){.has_critical = true}, FINDING_REVOCATION_UNUSABLE);
    expect_unusable(&(struct response_spec){.has_critical_entry = true},
                    FINDING_REVOCATION_UNUSABLE);
    /* good and unknown of the same certificate in one response */
    expect_unusable(&(struct response_spec){.status = V_OCSP_CERTSTATUS_UNKNOWN, .is_twice = true},
                    FINDING_REVOCATION_UNUSABLE);
}

static void test_ocsp_about_another_certificate_is_not_asked(void **state)
{
    const struct sk_cert *namesake = graph_target(
        &g, &(struct pki_cert_spec){
                .subject = "/CN=CA", .key = pki_key(PKI_EC, 2), .exts = {PKI_CA_EXTS}});
    const struct sk_cert *other = graph_leaf(&g, "/CN=Other", "/CN=CA", 1);

    (void)state;
    /* O-03: the key picks the generation of the CA */
    expect_unusable(&(struct response_spec){.issuer = namesake}, FINDING_REVOCATION_NO_SOURCE);
    expect_unusable(&(struct response_spec){.about = other}, FINDING_REVOCATION_NO_SOURCE);
    expect_unusable(&(struct response_spec){.issuer = root}, FINDING_REVOCATION_NO_SOURCE);
    expect_unusable(&(struct response_spec){.id_hash = EVP_sha224()}, FINDING_REVOCATION_NO_SOURCE);
}

static void test_ocsp_signed_by_another_key_is_no_evidence(void **state)
{
    const struct sk_cert *namesake = graph_target(
        &g, &(struct pki_cert_spec){
                .subject = "/CN=CA", .key = pki_key(PKI_EC, 2), .exts = {PKI_CA_EXTS}});

    (void)state;
    expect_unusable(&(struct response_spec){.signer = namesake, .key = pki_key(PKI_EC, 2)},
                    FINDING_REVOCATION_UNUSABLE);
    /* the superior CA has no say */
    expect_unusable(&(struct response_spec){.signer = root, .key = pki_key(PKI_EC, 0)},
                    FINDING_REVOCATION_UNUSABLE);
    g.params.allow_sha1 = false;
    expect_unusable(&(struct response_spec){.hash = EVP_sha1()}, FINDING_REVOCATION_UNUSABLE);
    g.params.allow_sha1 = true;
    add(&(struct response_spec){.hash = EVP_sha1()});
    expect(VERDICT_VALID, FINDING_NONE);
}

static void test_ocsp_no_changed_bit_is_accepted(void **state)
{
    struct sk_bytes der = response(&(struct response_spec){0});
    uint8_t *copy = arena_copy(g.arena, der.p, der.len);
    struct sk_ocsp parsed;
    size_t i, at = g.num_objects;

    (void)state;
    for (i = 0; i < 8 * der.len; i++) {
        copy[i / 8] ^= (uint8_t)(1u << i % 8);
        if (ocsp_response_parse(g.arena, bytes_of(copy, der.len), &parsed, NULL) == SK_OK) {
            graph_ocsp(&g, bytes_of(copy, der.len));
            assert_int_equal(graph_judge(&g, ee)->kind, VERDICT_UNDETERMINED);
            g.is_ocsp[at] = false;
            g.num_objects = at;
        }
        copy[i / 8] ^= (uint8_t)(1u << i % 8);
    }
}

/* ---- delegates ---- */

static const struct sk_cert *delegate(const char *issuer, size_t signer, struct pki_ext first,
                                      struct pki_ext second)
{
    return graph_target(&g,
                        &(struct pki_cert_spec){.subject = "/CN=Responder",
                                                .issuer = issuer,
                                                .key = pki_key(PKI_EC, 5),
                                                .signer = pki_key(PKI_EC, signer),
                                                .exts = {{"noCheck", "ignored"}, first, second}});
}

static struct response_spec by_delegate(const struct sk_cert *cert)
{
    return (struct response_spec){.signer = cert, .key = pki_key(PKI_EC, 5), .has_certs = true};
}

static void expect_no_delegate(const struct sk_cert *cert)
{
    struct response_spec spec = by_delegate(cert);

    expect_unusable(&spec, FINDING_REVOCATION_UNUSABLE);
}

static const struct pki_ext none = {NULL, NULL};
static const struct pki_ext purpose = {"extendedKeyUsage", "OCSPSigning"};

static void test_ocsp_delegates_must_be_told_to_answer(void **state)
{
    (void)state;
    expect_no_delegate(delegate("/CN=CA", 1, none, none));
    expect_no_delegate(
        delegate("/CN=CA", 1, (struct pki_ext){"extendedKeyUsage", "anyExtendedKeyUsage"}, none));
    expect_no_delegate(
        delegate("/CN=CA", 1, purpose, (struct pki_ext){"keyUsage", "keyEncipherment"}));
    expect_no_delegate(delegate("/CN=CA", 1, purpose,
                                (struct pki_ext){"1.3.6.1.4.1.32473.99", "critical,DER:05:00"}));
}

static void test_ocsp_delegates_come_directly_from_the_issuers_key(void **state)
{
    (void)state;
    expect_no_delegate(delegate("/CN=Root", 0, purpose, none));
    expect_no_delegate(delegate("/CN=CA", 2, purpose, none)); /* a namesake's key */
    expect_no_delegate(graph_target(&g, &(struct pki_cert_spec){.subject = "/CN=Responder",
                                                                .issuer = "/CN=CA",
                                                                .key = pki_key(PKI_EC, 5),
                                                                .signer = pki_key(PKI_EC, 1),
                                                                .not_after = PKI_T - 1,
                                                                .exts = {purpose}}));
}

/* As long as its certificate, and with nocheck as long as that of nobody else. */
static void test_ocsp_of_a_delegate_ends_with_its_certificate(void **state)
{
    struct response_spec spec = by_delegate(
        graph_target(&g, &(struct pki_cert_spec){.subject = "/CN=Responder",
                                                 .issuer = "/CN=CA",
                                                 .key = pki_key(PKI_EC, 5),
                                                 .signer = pki_key(PKI_EC, 1),
                                                 .not_after = PKI_T + 50,
                                                 .exts = {{"noCheck", "ignored"}, purpose}}));

    (void)state;
    add(&spec);
    expect(VERDICT_VALID, FINDING_NONE);
    assert_int_equal(g.verdict.valid_until, PKI_T + 50);
    g.time = PKI_T + 50;
    expect(VERDICT_VALID, FINDING_NONE);
    g.time = PKI_T + 51;
    expect(VERDICT_UNDETERMINED, FINDING_REVOCATION_UNUSABLE);
}

/* A key that verifies nothing, for no certificate above has parameters for it. */
static void test_ocsp_delegates_need_a_whole_key(void **state)
{
    struct pki_cert_spec spec = {.subject = "/CN=Responder",
                                 .issuer = "/CN=CA",
                                 .key = pki_key(PKI_DSA, 0),
                                 .signer = pki_key(PKI_EC, 1),
                                 .exts = {{"noCheck", "ignored"}, purpose}};
    struct response_spec response = {.key = spec.key};

    (void)state;
    response.signer = graph_target(&g, &spec);
    spec.inherits_params = true;
    response.shown = graph_target(&g, &spec);
    expect_unusable(&response, FINDING_REVOCATION_UNUSABLE);
    response.shown = response.signer;
    add(&response);
    expect(VERDICT_VALID, FINDING_NONE);
}

static void test_ocsp_of_a_delegate_counts(void **state)
{
    struct response_spec spec;

    (void)state;
    spec = by_delegate(
        delegate("/CN=CA", 1, purpose, (struct pki_ext){"keyUsage", "critical,digitalSignature"}));
    add(&spec);
    expect(VERDICT_VALID, FINDING_NONE);
    spec.status = V_OCSP_CERTSTATUS_REVOKED;
    spec.is_by_key = true;
    add(&spec);
    expect(VERDICT_REVOKED, FINDING_REVOKED);
}

static void test_ocsp_delegates_may_ignore_what_the_policy_asks_of_targets(void **state)
{
    static const uint8_t client[] = {0x2b, 6, 1, 5, 5, 7, 3, 2};
    const struct sk_bytes asked[] = {{client, sizeof(client)}};
    struct response_spec spec = by_delegate(delegate("/CN=CA", 1, purpose, none));

    (void)state;
    g.params.ekus = asked;
    g.params.num_ekus = 1;
    g.params.key_usage = KEY_USAGE_KEY_AGREEMENT;
    add(&spec);
    expect(VERDICT_VALID, FINDING_NONE);
}

/* One without nocheck */
static const struct sk_cert *checked_delegate(void)
{
    return graph_target(&g, &(struct pki_cert_spec){.subject = "/CN=Responder",
                                                    .issuer = "/CN=CA",
                                                    .key = pki_key(PKI_EC, 5),
                                                    .signer = pki_key(PKI_EC, 1),
                                                    .exts = {purpose}});
}

static void test_ocsp_delegates_without_nocheck_need_a_status(void **state)
{
    const struct sk_cert *cert = checked_delegate();
    struct response_spec spec = by_delegate(cert), itself = spec;

    (void)state;
    expect_unusable(&spec, FINDING_REVOCATION_UNUSABLE);
    add(&spec);
    itself.about = cert; /* C-24: nobody clears himself */
    expect_unusable(&itself, FINDING_REVOCATION_UNUSABLE);
    add(&(struct response_spec){.about = cert}); /* the CA does */
    expect(VERDICT_VALID, FINDING_NONE);
    add(&(struct response_spec){.about = cert, .status = V_OCSP_CERTSTATUS_REVOKED});
    expect(VERDICT_UNDETERMINED, FINDING_REVOCATION_UNUSABLE);
}

static void test_ocsp_delegates_do_not_clear_each_other(void **state)
{
    const struct sk_cert *one = checked_delegate();
    const struct sk_cert *two =
        graph_target(&g, &(struct pki_cert_spec){.subject = "/CN=Responder 2",
                                                 .issuer = "/CN=CA",
                                                 .key = pki_key(PKI_EC, 6),
                                                 .signer = pki_key(PKI_EC, 1),
                                                 .exts = {purpose}});
    struct response_spec spec = by_delegate(one);

    (void)state;
    add(&spec);
    add(&(struct response_spec){
        .about = one, .signer = two, .key = pki_key(PKI_EC, 6), .has_certs = true});
    add(&(struct response_spec){
        .about = two, .signer = one, .key = pki_key(PKI_EC, 5), .has_certs = true});
    expect(VERDICT_UNDETERMINED, FINDING_REVOCATION_UNUSABLE);
}

/* The way that is tried first refuses the delegate's name; over the other one he may answer. */
static void test_ocsp_of_a_delegate_that_another_path_proves_revokes(void **state)
{
    struct response_spec spec = by_delegate(delegate("/CN=CA", 1, purpose, none));

    (void)state;
    graph_cert(&g, &(struct pki_cert_spec){
                       .subject = "/CN=CA",
                       .issuer = "/CN=Root",
                       .key = pki_key(PKI_EC, 1),
                       .signer = pki_key(PKI_EC, 0),
                       .sections = "[refused]\nCN=Responder\n",
                       .exts = {PKI_CA_EXTS,
                                {"nameConstraints", "critical,excluded;dirName:refused"},
                                {"subjectKeyIdentifier", "DER:04:04:01:02:03:04"}}});
    ee = graph_target(&g, &(struct pki_cert_spec){
                              .subject = "/CN=EE",
                              .issuer = "/CN=CA",
                              .key = pki_key(PKI_EC, 23),
                              .signer = pki_key(PKI_EC, 1),
                              .exts = {{"authorityKeyIdentifier", "DER:30:06:80:04:01:02:03:04"}}});
    graph_empty_crl(&g, "/CN=CA", 1);
    expect(VERDICT_VALID, FINDING_NONE);
    spec.about = ee;
    spec.status = V_OCSP_CERTSTATUS_REVOKED;
    add(&spec);
    expect(VERDICT_REVOKED, FINDING_REVOKED);
}

/* Nobody proves it: it changes nothing. */
static void test_ocsp_of_a_stranger_that_says_revoked_changes_nothing(void **state)
{
    struct response_spec spec = by_delegate(delegate("/CN=CA", 2, purpose, none));

    (void)state;
    graph_empty_crl(&g, "/CN=CA", 1);
    spec.status = V_OCSP_CERTSTATUS_REVOKED;
    add(&spec);
    expect(VERDICT_VALID, FINDING_NONE);
}

/* ---- locally trusted responders ---- */

static void test_ocsp_of_a_trusted_responder_counts_for_every_ca(void **state)
{
    const struct sk_cert *trusted = graph_target(
        &g, &(struct pki_cert_spec){.subject = "/CN=VA", .key = pki_key(PKI_RSA1024, 0)});
    struct response_spec spec = {.signer = trusted, .key = pki_key(PKI_RSA1024, 0)};
    const struct sk_anchor list[] = {{trusted}};

    (void)state;
    spec.has_certs = true; /* being in the response makes nobody trusted */
    expect_unusable(&spec, FINDING_REVOCATION_UNUSABLE);
    g.params.ocsp_responders = list;
    g.params.num_ocsp_responders = 1;
    g.params.min_rsa_bits = 2048;
    expect_unusable(&spec, FINDING_REVOCATION_UNUSABLE);
    g.params.min_rsa_bits = 0;
    spec.has_certs = false;
    add(&spec);
    expect(VERDICT_VALID, FINDING_NONE);
    spec.issuer = root;
    spec.about = ca;
    spec.status = V_OCSP_CERTSTATUS_REVOKED;
    add(&spec);
    expect(VERDICT_INVALID, FINDING_ISSUER_REVOKED);
}

/* ---- with lists ---- */

static void test_ocsp_and_lists_share_a_path_and_are_told(void **state)
{
    const struct sk_verdict *verdict;
    struct sk_bytes der = response(&(struct response_spec){.id_hash = EVP_sha256()});
    uint8_t sha256[SK_SHA256];

    (void)state;
    graph_ocsp(&g, der);
    key_sha256(der, sha256);
    verdict = graph_judge_orders(&g, ee);
    assert_int_equal(verdict->kind, VERDICT_VALID);
    assert_int_equal(verdict->num_evidence, 2);
    assert_false(verdict->evidence[0].is_ocsp);
    assert_int_equal(verdict->evidence[0].cert, 1);
    assert_true(verdict->evidence[1].is_ocsp);
    assert_int_equal(verdict->evidence[1].cert, 0);
    assert_memory_equal(verdict->evidence[1].sha256, sha256, SK_SHA256);
    assert_int_equal(verdict->evidence[1].this_update, THIS);
    assert_int_equal(verdict->valid_until, NEXT);
    g.time = verdict->valid_until;
    expect(VERDICT_VALID, FINDING_NONE);
    g.time++;
    expect(VERDICT_UNDETERMINED, FINDING_REVOCATION_STALE);
}

static void test_ocsp_of_every_known_hash_counts(void **state)
{
    const EVP_MD *const hashes[] = {EVP_sha1(), EVP_sha256(), EVP_sha384(), EVP_sha512()};
    size_t i, at = g.num_objects;

    (void)state;
    for (i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
        add(&(struct response_spec){.id_hash = hashes[i], .is_by_key = i % 2 == 0});
        expect(VERDICT_VALID, FINDING_NONE);
        g.is_ocsp[at] = false;
        g.num_objects = at;
    }
}

static void test_ocsp_that_says_revoked_wins(void **state)
{
    const struct sk_verdict *verdict;
    enum ocsp_evidence mode;

    (void)state;
    graph_empty_crl(&g, "/CN=CA", 1);
    add(&(struct response_spec){0});
    expect(VERDICT_VALID, FINDING_NONE);
    add(&(struct response_spec){.status = V_OCSP_CERTSTATUS_REVOKED,
                                .reason = OCSP_REVOKED_STATUS_KEYCOMPROMISE,
                                .this_update = THIS + 1,
                                .produced_at = THIS + 1,
                                .is_twice = true});
    for (mode = OCSP_EVIDENCE_YES; mode <= OCSP_EVIDENCE_PREFER; mode++) {
        g.params.ocsp_evidence = mode;
        expect(VERDICT_REVOKED, FINDING_REVOKED);
    }
    verdict = graph_judge(&g, ee);
    assert_int_equal(verdict->revoked_at, THIS - 60);
    assert_int_equal(verdict->revoked_reason, OCSP_REVOKED_STATUS_KEYCOMPROMISE);
    g.params.ocsp_evidence = OCSP_EVIDENCE_NO;
    expect(VERDICT_VALID, FINDING_NONE);
}

static void test_ocsp_that_says_good_does_not_help_against_a_list(void **state)
{
    struct pki_crl_spec crl = {.issuer = "/CN=CA", .signer = pki_key(PKI_EC, 1)};
    enum ocsp_evidence mode;
    size_t i;

    (void)state;
    for (i = 0; i < ee->serial.len; i++)
        crl.entries[0].serial = crl.entries[0].serial << 8 | ee->serial.p[i];
    graph_crl(&g, &crl);
    add(&(struct response_spec){0});
    for (mode = OCSP_EVIDENCE_NO; mode <= OCSP_EVIDENCE_PREFER; mode++) {
        g.params.ocsp_evidence = mode;
        expect(VERDICT_REVOKED, FINDING_REVOKED);
    }
}

static void test_ocsp_or_list_is_told_as_the_policy_prefers(void **state)
{
    const struct sk_verdict *verdict;

    (void)state;
    graph_empty_crl(&g, "/CN=CA", 1);
    add(&(struct response_spec){0});
    verdict = graph_judge(&g, ee);
    assert_false(verdict->evidence[1].is_ocsp);
    assert_int_equal(verdict->valid_until, NEXT);
    g.params.ocsp_evidence = OCSP_EVIDENCE_PREFER;
    verdict = graph_judge(&g, ee);
    assert_true(verdict->evidence[1].is_ocsp);
    assert_int_equal(verdict->valid_until, NEXT);
}

static void test_ocsp_spares_a_list_its_grace(void **state)
{
    (void)state;
    graph_crl(&g, &(struct pki_crl_spec){
                      .issuer = "/CN=CA", .signer = pki_key(PKI_EC, 1), .next_update = PKI_T - 1});
    g.params.grace_s = 3600;
    expect(VERDICT_VALID, FINDING_GRACE);
    add(&(struct response_spec){0});
    expect(VERDICT_VALID, FINDING_NONE);
}

static void test_ocsp_that_will_say_revoked_ends_what_is_valid(void **state)
{
    const struct sk_verdict *verdict;

    (void)state;
    add(&(struct response_spec){0});
    add(&(struct response_spec){.status = V_OCSP_CERTSTATUS_REVOKED,
                                .this_update = PKI_T + 100,
                                .produced_at = PKI_T + 101});
    verdict = graph_judge_orders(&g, ee);
    assert_int_equal(verdict->kind, VERDICT_VALID);
    assert_int_equal(verdict->valid_until, PKI_T + 100);
    g.time = PKI_T + 101;
    expect(VERDICT_REVOKED, FINDING_REVOKED);
    g.time = PKI_T; /* one that nobody signed: not believed, not forgotten */
    add(&(struct response_spec){
        .status = V_OCSP_CERTSTATUS_REVOKED, .signer = root, .key = pki_key(PKI_EC, 0)});
    assert_int_equal(graph_judge_orders(&g, ee)->valid_until, PKI_T);
}

static void test_ocsp_answers_for_a_serial(void **state)
{
    struct sk_query query = {.params = &g.params, .time = g.time, .keys = g.keys, .arena = g.job};
    struct response_spec spec = by_delegate(delegate("/CN=CA", 1, purpose, none));
    struct revocation_status status;

    (void)state;
    add(&spec);
    query.source = graph_source(&g, 0);
    assert_int_equal(judge_serial(&query, ca, ee->serial, false, NULL, &status), SK_OK);
    assert_int_equal(status.kind, REVOCATION_GOOD);
    spec.status = V_OCSP_CERTSTATUS_REVOKED;
    add(&spec);
    query.source = graph_source(&g, 0);
    assert_int_equal(judge_serial(&query, ca, ee->serial, false, NULL, &status), SK_OK);
    assert_int_equal(status.kind, REVOCATION_REVOKED);
}

static void test_ocsp_of_a_weak_issuer_answers_for_no_serial(void **state)
{
    struct sk_query query = {.params = &g.params, .time = g.time, .keys = g.keys, .arena = g.job};
    struct revocation_status status;

    (void)state;
    add(&(struct response_spec){0});
    query.source = graph_source(&g, 0);
    assert_int_equal(judge_serial(&query, ca, ee->serial, false, NULL, &status), SK_OK);
    assert_int_equal(status.kind, REVOCATION_GOOD);
    g.params.min_ec_bits = 257;
    arena_reset(g.job);
    assert_int_equal(judge_serial(&query, ca, ee->serial, false, NULL, &status), SK_OK);
    assert_int_equal(status.kind, REVOCATION_UNDETERMINED);
    assert_int_equal(status.why, FINDING_REVOCATION_UNUSABLE);
}

/* The status of a delegate nests as that of a list's signer does. */
static void test_ocsp_delegates_nest_no_deeper_than_signers(void **state)
{
    const struct sk_cert *cert = checked_delegate(), *certs[2] = {ca, ee};
    const struct verify_path path = {.anchor = &g.anchors[0], .certs = certs, .num_certs = 2};
    struct response_spec spec = by_delegate(cert);
    struct revocation_status status;
    struct sk_job job = {.params = &g.params, .keys = g.keys, .time = g.time, .arena = g.job};

    (void)state;
    add(&spec);
    add(&(struct response_spec){.about = cert});
    job.source = graph_source(&g, 0);
    assert_int_equal(revocation_of_path(&job, &path, 1, &status), SK_OK);
    assert_int_equal(status.kind, REVOCATION_GOOD);
    job.crl_depth = LIMIT_CRL_PATH_DEPTH;
    assert_int_equal(revocation_of_path(&job, &path, 1, &status), SK_OK);
    assert_int_equal(status.kind, REVOCATION_UNDETERMINED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(test_ocsp_##name, set_up, tear_down)
        T(counts_for_nothing_unless_the_policy_says_so),
        T(out_of_its_time_is_no_evidence),
        T(that_says_unknown_or_cannot_be_processed_is_no_evidence),
        T(about_another_certificate_is_not_asked),
        T(signed_by_another_key_is_no_evidence),
        T(no_changed_bit_is_accepted),
        T(delegates_must_be_told_to_answer),
        T(delegates_come_directly_from_the_issuers_key),
        T(of_a_delegate_ends_with_its_certificate),
        T(delegates_need_a_whole_key),
        T(of_a_delegate_counts),
        T(delegates_may_ignore_what_the_policy_asks_of_targets),
        T(delegates_without_nocheck_need_a_status),
        T(delegates_do_not_clear_each_other),
        T(of_a_delegate_that_another_path_proves_revokes),
        T(of_a_stranger_that_says_revoked_changes_nothing),
        T(of_a_trusted_responder_counts_for_every_ca),
        T(and_lists_share_a_path_and_are_told),
        T(of_every_known_hash_counts),
        T(that_says_revoked_wins),
        T(that_says_good_does_not_help_against_a_list),
        T(or_list_is_told_as_the_policy_prefers),
        T(spares_a_list_its_grace),
        T(that_will_say_revoked_ends_what_is_valid),
        T(answers_for_a_serial),
        T(of_a_weak_issuer_answers_for_no_serial),
        T(delegates_nest_no_deeper_than_signers),
#undef T
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
