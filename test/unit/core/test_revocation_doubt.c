/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence that cannot be relied upon clears nothing, and nobody relies on it for longer than it is
 * sure. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "core/clock.h"
#include "test/support/describe.h"
#include "test/support/response.h"

#include <openssl/ocsp.h>

static struct graph g;

/* A valid verdict holds whenever it is asked for until its valid_until. */
static void holds(const char *path, int64_t later)
{
    struct described *d = describe_file(path);
    const struct sk_verdict *verdict;
    int64_t until, start;

    graph_init(&g);
    describe_build(d, 1, &g);
    verdict = graph_judge(&g, d->target);
    assert_int_equal(verdict->kind, VERDICT_VALID);
    until = verdict->valid_until;
    start = g.time;
    g.time = start + later;
    verdict = graph_judge(&g, d->target);
    print_message("%s: valid until T+%lld; at T+%lld %s %s\n", path, (long long)(until - start),
                  (long long)later, verdict_kind_text(verdict->kind),
                  verdict->num_findings > 0 ? verdict->findings[0].text : "");
    assert_true(until < start + later || verdict->kind == VERDICT_VALID);
    graph_done(&g);
    describe_free(d);
}

static void test_superior_of_a_second_key(void **state)
{
    (void)state;
    holds("test/data/gen/good_until_the_superior_of_a_second_key_begins.graph", 101);
}

static void test_other_way_begins(void **state)
{
    (void)state;
    holds("test/data/gen/good_until_the_other_way_begins.graph", 101);
}

static void test_revocation_of_the_other_way_ends(void **state)
{
    (void)state;
    holds("test/data/gen/good_until_the_revocation_of_the_other_way_ends.graph", 101);
}

static void test_entry_past_its_list(void **state)
{
    (void)state;
    holds("test/data/gen/good_if_available_until_an_entry_past_its_list_begins.graph", 201);
}

/* ---- OCSP ---- */

static const struct sk_cert *ca, *ee;

static long serial_of(const struct sk_cert *cert)
{
    long serial = 0;
    size_t i;

    for (i = 0; i < cert->serial.len; i++)
        serial = serial << 8 | cert->serial.p[i];
    return serial;
}

static void set_up_ocsp(void)
{
    memset(&g, 0, sizeof(g));
    graph_init(&g);
    g.params.revocation = REVOCATION_IF_AVAILABLE;
    g.params.ocsp_evidence = OCSP_EVIDENCE_YES;
    graph_anchor(&g, "/CN=Root", 0);
    ca = graph_ca(&g, "/CN=CA", 1, "/CN=Root", 0);
    ee = graph_leaf(&g, "/CN=EE", "/CN=CA", 1);
    graph_empty_crl(&g, "/CN=Root", 0);
}

static void add(struct response_spec spec)
{
    spec.issuer = spec.issuer != NULL ? spec.issuer : ca;
    spec.about = spec.about != NULL ? spec.about : ee;
    spec.signer = spec.signer != NULL ? spec.signer : ca;
    spec.key = spec.key != NULL ? spec.key : pki_key(PKI_EC, 1);
    graph_ocsp(&g, response_der(g.arena, &spec));
}

static void expect(enum verdict_kind kind)
{
    const struct sk_verdict *verdict = graph_judge_orders(&g, ee);

    print_message("got %s, %s\n", verdict_kind_text(verdict->kind),
                  verdict->num_findings > 0 ? verdict->findings[0].text : "no finding");
    assert_int_equal(verdict->kind, kind);
}

/* An authentic list with an unknown critical extension names the target (C-06). A stale response,
 * signed by a stranger, must not make it acceptable. */
static void test_stale_response_hides_what_a_list_names(void **state)
{
    const struct sk_cert *stranger;

    (void)state;
    set_up_ocsp();
    graph_crl(&g, &(struct pki_crl_spec){.issuer = "/CN=CA",
                                         .signer = pki_key(PKI_EC, 1),
                                         .entries = {{.serial = serial_of(ee), .reason = 2}},
                                         .exts = {{"1.2.3.4", "critical,DER:05:00"}}});
    expect(VERDICT_UNDETERMINED);
    stranger = graph_target(
        &g, &(struct pki_cert_spec){.subject = "/CN=Stranger", .key = pki_key(PKI_EC, 9)});
    add((struct response_spec){
        .signer = stranger, .key = pki_key(PKI_EC, 9), .next_update = PKI_T - 1});
    expect(VERDICT_UNDETERMINED);
    graph_done(&g);
}

/* The list that is over names both the target and the delegate that says it is good. */
static void test_suspect_delegate_clears(void **state)
{
    const struct sk_cert *delegate;

    (void)state;
    set_up_ocsp();
    delegate =
        graph_target(&g, &(struct pki_cert_spec){.subject = "/CN=Responder",
                                                 .issuer = "/CN=CA",
                                                 .key = pki_key(PKI_EC, 5),
                                                 .signer = pki_key(PKI_EC, 1),
                                                 .exts = {{"extendedKeyUsage", "OCSPSigning"}}});
    graph_crl(&g,
              &(struct pki_crl_spec){.issuer = "/CN=CA",
                                     .signer = pki_key(PKI_EC, 1),
                                     .next_update = PKI_T - 1,
                                     .entries = {{.serial = serial_of(ee), .reason = 2},
                                                 {.serial = serial_of(delegate), .reason = 2}}});
    expect(VERDICT_UNDETERMINED);
    add((struct response_spec){.signer = delegate, .key = pki_key(PKI_EC, 5), .has_certs = true});
    expect(VERDICT_UNDETERMINED);
    graph_done(&g);
}

/* ---- serials ---- */

/* O-03, C-08: the CA's old key is known by an old-with-new link; the new key, whose certificate the
 * root has revoked, signs the list that clears the serial. */
static void test_serial_cleared_by_a_revoked_key(void **state)
{
    const struct sk_cert *fresh, *old, *delegate;
    struct revocation_status status;
    struct sk_query query;
    unsigned has_response;

    (void)state;
    memset(&g, 0, sizeof(g));
    graph_init(&g);
    g.params.revocation = REVOCATION_REQUIRED;
    g.params.ocsp_evidence = OCSP_EVIDENCE_YES;
    graph_anchor(&g, "/CN=Root", 0);
    fresh = graph_ca(&g, "/CN=CA", 2, "/CN=Root", 0);
    old = graph_ca(&g, "/CN=CA", 1, "/CN=CA", 2);
    ee = graph_leaf(&g, "/CN=EE", "/CN=CA", 1);
    delegate =
        graph_target(&g, &(struct pki_cert_spec){.subject = "/CN=Responder",
                                                 .issuer = "/CN=CA",
                                                 .key = pki_key(PKI_EC, 5),
                                                 .signer = pki_key(PKI_EC, 1),
                                                 .exts = {{"extendedKeyUsage", "OCSPSigning"}}});
    graph_crl(&g, &(struct pki_crl_spec){.issuer = "/CN=Root",
                                         .signer = pki_key(PKI_EC, 0),
                                         .entries = {{.serial = serial_of(fresh), .reason = 2}}});
    graph_empty_crl(&g, "/CN=CA", 2);
    assert_int_equal(graph_judge_orders(&g, ee)->kind, VERDICT_INVALID);
    for (has_response = 0; has_response < 2; has_response++) { /* then it clears a delegate */
        if (has_response == 1)
            add((struct response_spec){
                .issuer = old, .signer = delegate, .key = pki_key(PKI_EC, 5), .has_certs = true});
        query = (struct sk_query){.params = &g.params,
                                  .source = graph_source(&g, 0),
                                  .time = g.time,
                                  .keys = g.keys,
                                  .arena = g.job};
        arena_reset(g.job);
        assert_int_equal(judge_serial(&query, old, ee->serial, false, ee, &status), SK_OK);
        print_message("serial: kind %d %s\n", (int)status.kind, status.text);
        assert_int_not_equal(status.kind, REVOCATION_GOOD);
    }
    graph_done(&g);
}

/* ---- deltas ---- */

static const struct pki_ext number5 = {"crlNumber", "DER:02:01:05"},
                            number6 = {"crlNumber", "DER:02:01:06"},
                            delta5 = {"deltaCRL", "critical,DER:02:01:05"};

static void set_up_deltas(struct pki_crl_spec base, struct pki_crl_spec delta)
{
    set_up_ocsp();
    g.params.ocsp_evidence = OCSP_EVIDENCE_NO;
    g.params.revocation = REVOCATION_REQUIRED;
    base.issuer = delta.issuer = "/CN=CA";
    base.signer = delta.signer = pki_key(PKI_EC, 1);
    base.exts[0] = number5;
    delta.exts[0] = number6;
    delta.exts[1] = delta5;
    base.entries[0].serial = base.entries[0].reason != 0 ? serial_of(ee) : 0;
    delta.entries[0].serial = serial_of(ee);
    graph_crl(&g, &base);
    graph_crl(&g, &delta);
}

/* C-06: an authentic, current delta that cannot be read. */
static void test_delta_that_cannot_be_read(void **state)
{
    (void)state;
    set_up_deltas((struct pki_crl_spec){0},
                  (struct pki_crl_spec){.entries = {{.reason = 2, .is_beyond_us = true}}});
    print_message("evidence %zu\n", graph_judge(&g, ee)->num_evidence);
    expect(VERDICT_UNDETERMINED);
    graph_done(&g);
}

/* C-01: what rests on a delta in its grace is reported. */
static void test_delta_in_grace_is_reported(void **state)
{
    (void)state;
    set_up_deltas((struct pki_crl_spec){.entries = {{.reason = 7}}},
                  (struct pki_crl_spec){.next_update = PKI_T - 1, .entries = {{.reason = 9}}});
    expect(VERDICT_REVOKED);
    g.params.grace_s = 3600;
    expect(VERDICT_VALID);
    assert_int_equal(graph_finding(graph_judge(&g, ee)), FINDING_GRACE);
    graph_done(&g);
}

static void test_key_of_a_list_beyond_us(void **state)
{
    (void)state;
    holds("test/data/gen/good_until_the_key_of_a_list_beyond_us_begins.graph", 101);
}

static void test_key_of_a_stale_list(void **state)
{
    (void)state;
    holds("test/data/gen/good_if_available_until_the_key_of_a_stale_list_begins.graph", 101);
}

/* A distribution point that could never be compared is refused when the list is read, and does not
 * end the jobs that meet it. */
static void test_list_of_a_point_too_large_is_refused(void **state)
{
    char sections[512] = "[idp]\nrelativename=rdn\n[rdn]\n";
    struct pki_crl_spec spec = {.issuer = "/CN=CA",
                                .signer = pki_key(PKI_EC, 1),
                                .sections = sections,
                                .exts = {{"issuingDistributionPoint", "critical,@idp"}}};
    struct sk_crl crl;
    size_t i, len;

    (void)state;
    set_up_ocsp();
    for (i = 0; i <= LIMIT_NAME_AVAS; i++) {
        len = strlen(sections);
        (void)snprintf(sections + len, sizeof(sections) - len, "%zu.%sOU=a%zu\n", i,
                       i > 0 ? "+" : "", i);
        assert_int_equal(crl_parse(g.arena, pki_crl_der(g.arena, &spec), &crl, NULL),
                         i < LIMIT_NAME_AVAS ? SK_OK : SK_LIMIT);
    }
    graph_done(&g);
}

/* a list with a serial past LIMIT_SERIAL_BYTES cannot be used, in the cache (give_up() of
 * ingest.c) and in memory: no budget has ended. */
static void test_entry_past_a_cap_is_as_in_the_cache(void **state)
{
    struct pki_crl_spec spec = {.issuer = "/CN=CA", .signer = pki_key(PKI_EC, 1)};
    X509_REVOKED *entry = X509_REVOKED_new();
    ASN1_TIME *when = ASN1_TIME_set(NULL, (time_t)PKI_T0);
    ASN1_INTEGER *serial;
    BIGNUM *number = BN_new();
    struct sk_bytes der;
    const uint8_t *p;
    uint8_t *made = NULL;
    X509_CRL *crl;
    int len;

    (void)state;
    set_up_ocsp();
    g.params.ocsp_evidence = OCSP_EVIDENCE_NO;
    g.params.revocation = REVOCATION_REQUIRED;
    graph_empty_crl(&g, "/CN=CA", 1);
    der = pki_crl_der(g.arena, &spec);
    p = der.p;
    crl = d2i_X509_CRL(NULL, &p, (long)der.len);
    assert_int_equal(BN_set_bit(number, 8 * LIMIT_SERIAL_BYTES + 1), 1);
    serial = BN_to_ASN1_INTEGER(number, NULL);
    X509_REVOKED_set_serialNumber(entry, serial);
    X509_REVOKED_set_revocationDate(entry, when);
    assert_int_equal(X509_CRL_add0_revoked(crl, entry), 1);
    assert_true(X509_CRL_sign(crl, spec.signer, EVP_sha256()) > 0);
    len = i2d_X509_CRL(crl, &made);
    g.objects[g.num_objects] = bytes_of(arena_copy(g.arena, made, (size_t)len), (size_t)len);
    g.is_crl[g.num_objects++] = true;
    expect(VERDICT_UNDETERMINED);
    assert_int_equal(graph_finding(graph_judge(&g, ee)), FINDING_REVOCATION_UNUSABLE);
    OPENSSL_free(made);
    ASN1_INTEGER_free(serial);
    ASN1_TIME_free(when);
    BN_free(number);
    X509_CRL_free(crl);
    graph_done(&g);
}

/* The newest list cannot be read, the one before, still in its time, names the target; the list for
 * users clears. RFC 5280 5.3: the unreadable one must not be used, so the one before counts. */
static void test_unreadable_list_hides_the_one_before(void **state)
{
    (void)state;
    set_up_ocsp();
    g.params.ocsp_evidence = OCSP_EVIDENCE_NO;
    g.params.revocation = REVOCATION_REQUIRED;
    graph_crl(&g, &(struct pki_crl_spec){.issuer = "/CN=CA",
                                         .signer = pki_key(PKI_EC, 1),
                                         .exts = {number5},
                                         .entries = {{.serial = serial_of(ee), .reason = 2}}});
    graph_crl(&g, &(struct pki_crl_spec){.issuer = "/CN=CA",
                                         .signer = pki_key(PKI_EC, 1),
                                         .sections = "[idp]\nonlyuser=TRUE\n",
                                         .exts = {{"issuingDistributionPoint", "critical,@idp"}}});
    expect(VERDICT_REVOKED);
    graph_crl(
        &g, &(struct pki_crl_spec){.issuer = "/CN=CA",
                                   .signer = pki_key(PKI_EC, 1),
                                   .exts = {number6},
                                   .entries = {{.serial = 77, .reason = 2, .is_beyond_us = true}}});
    assert_int_not_equal(graph_judge_orders(&g, ee)->kind, VERDICT_VALID);
    graph_done(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_superior_of_a_second_key),
        cmocka_unit_test(test_other_way_begins),
        cmocka_unit_test(test_revocation_of_the_other_way_ends),
        cmocka_unit_test(test_entry_past_its_list),
        cmocka_unit_test(test_stale_response_hides_what_a_list_names),
        cmocka_unit_test(test_suspect_delegate_clears),
        cmocka_unit_test(test_serial_cleared_by_a_revoked_key),
        cmocka_unit_test(test_delta_that_cannot_be_read),
        cmocka_unit_test(test_delta_in_grace_is_reported),
        cmocka_unit_test(test_key_of_a_list_beyond_us),
        cmocka_unit_test(test_key_of_a_stale_list),
        cmocka_unit_test(test_list_of_a_point_too_large_is_refused),
        cmocka_unit_test(test_entry_past_a_cap_is_as_in_the_cache),
        cmocka_unit_test(test_unreadable_list_hides_the_one_before),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
