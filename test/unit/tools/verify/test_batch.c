/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "core/hex.h"
#include "core/limits.h"
#include "test/support/graph.h"
#include "tools/verify/batch.h"

static struct graph g;
static const struct sk_cert *root, *ca, *ee;
static json_t *line;
static const struct sk_params *base; /* of a policy, or NULL */

static json_t *b64(struct sk_bytes der)
{
    struct sk_buf text;
    json_t *out;

    buf_init(&text, LIMIT_BATCH_LINE_BYTES);
    base64_encode(der, &text);
    out = json_stringn((const char *)text.data, text.len);
    buf_done(&text);
    return out;
}

static int set_up(void **state)
{
    (void)state;
    graph_init(&g);
    base = NULL;
    root = graph_anchor(&g, "/CN=Root", 0);
    ca = graph_ca(&g, "/CN=CA", 1, "/CN=Root", 0);
    ee = graph_target(
        &g, &(struct pki_cert_spec){.subject = "/CN=EE",
                                    .issuer = "/CN=CA",
                                    .key = pki_key(PKI_EC, 23),
                                    .signer = pki_key(PKI_EC, 1),
                                    .exts = {{"extendedKeyUsage", "serverAuth"},
                                             {"subjectAltName", "DNS:a.example,IP:192.0.2.1"},
                                             {"certificatePolicies", "1.2.3"}}});
    line = json_pack("{s:s, s:o, s:[o], s:[o], s:s}", "id", "x", "target", b64(ee->der), "anchors",
                     b64(root->der), "certs", b64(ca->der), "time", "2012-10-12T00:00:00Z");
    return line == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    json_decref(line);
    graph_done(&g);
    return 0;
}

static json_t *answer_text(const char *text, size_t len)
{
    json_t *out = batch_answer(bytes_of(text, len), base, g.keys);

    assert_non_null(out);
    return out;
}

static json_t *answer(void)
{
    char *text = json_dumps(line, 0);
    json_t *out = answer_text(text, strlen(text));

    free(text);
    return out;
}

static void expect_error(const char *member, json_t *value)
{
    json_t *kept = json_incref(json_object_get(line, member)), *out;

    json_object_set_new(line, member, value);
    out = answer();
    assert_string_equal(json_string_value(json_object_get(out, "id")), "x");
    assert_non_null(json_object_get(out, "error"));
    assert_null(json_object_get(out, "verdict"));
    json_decref(out);
    if (kept != NULL)
        json_object_set_new(line, member, kept);
    else
        json_object_del(line, member);
}

static void expect_verdict(const char *kind, const char *code)
{
    json_t *out = answer(), *findings = json_object_get(out, "findings");

    assert_null(json_object_get(out, "error"));
    assert_string_equal(json_string_value(json_object_get(out, "verdict")), kind);
    if (code == NULL)
        assert_int_equal(json_array_size(findings), 0);
    else
        assert_string_equal(json_string_value(json_object_get(json_array_get(findings, 0), "code")),
                            code);
    json_decref(out);
}

static void test_batch_answers_unreadable_lines_with_an_error(void **state)
{
    static const char *const lines[] = {
        "",
        "{",
        "[]",
        "1",
        "\"x\"",
        "{\"id\":1,\"id\":2}",
        "{\"target\":\"\xff\"}",
        "{\"a\":1}x",
        "{\"id\":\"a\\u0000\"}",
    };
    json_t *out;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        out = answer_text(lines[i], strlen(lines[i]));
        assert_non_null(json_object_get(out, "error"));
        assert_true(json_is_null(json_object_get(out, "id")));
        json_decref(out);
    }
    out = answer_text("{\"id\":{\"a\":[1]}}", 14 + 2);
    assert_true(json_is_object(json_object_get(out, "id")));
    assert_non_null(json_object_get(out, "error"));
    json_decref(out);
}

static void test_batch_refuses_members_of_the_wrong_kind(void **state)
{
    (void)state;
    expect_error("target", json_integer(1));
    expect_error("target", json_string("not base64"));
    expect_error("anchors", json_string("x"));
    expect_error("anchors", json_pack("[s]", "MAMCAQU="));
    expect_error("certs", json_pack("[i]", 1));
    expect_error("crls", json_pack("[s]", "*"));
    expect_error("time", json_string("yesterday"));
    expect_error("time", json_string("2012-10-12T23:59:60Z"));
    expect_error("initial_policies", json_string("1.2.3"));
    expect_error("initial_policies", json_pack("[s]", "1..2"));
    expect_error("extended_key_usages", json_pack("[s]", "serverAuth"));
    expect_error("names", json_pack("[s]", "a.example"));
    expect_error("names", json_pack("[s]", "dns:"));
    expect_error("names", json_pack("[s]", "ip:300.1.1.1"));
    expect_error("revocation", json_string("maybe"));
    expect_error("require_explicit_policy", json_integer(1));
}

/* The object as PEM of the label. */
static json_t *pem(const char *label, struct sk_bytes der)
{
    json_t *base64 = b64(der), *out;

    out = json_sprintf("-----BEGIN %s-----\r\n%s\r\n-----END %s-----\n", label,
                       json_string_value(base64), label);
    json_decref(base64);
    return out;
}

static json_t *in_lines(struct sk_bytes der)
{
    json_t *base64 = b64(der), *out;
    const char *text = json_string_value(base64);

    out = json_sprintf("%.64s\n%s\n", text, text + 64);
    json_decref(base64);
    return out;
}

static void test_batch_takes_pem_and_base64_in_lines(void **state)
{
    const struct pki_crl_spec lists[] = {
        {.issuer = "/CN=CA", .signer = pki_key(PKI_EC, 1)},
        {.issuer = "/CN=Root", .signer = pki_key(PKI_EC, 0)},
    };
    const struct sk_bytes ca_list = pki_crl_der(g.arena, &lists[0]),
                          root_list = pki_crl_der(g.arena, &lists[1]);

    (void)state;
    json_object_set_new(line, "target", pem("CERTIFICATE", ee->der));
    json_object_set_new(line, "anchors", json_pack("[o]", pem("CERTIFICATE", root->der)));
    json_object_set_new(line, "certs", json_pack("[o]", in_lines(ca->der)));
    json_object_set_new(line, "crls",
                        json_pack("[o, o]", pem("X509 CRL", ca_list), in_lines(root_list)));
    expect_verdict("valid", NULL);
    json_object_set_new(line, "target", in_lines(ee->der));
    expect_verdict("valid", NULL);
    expect_error("target", pem("X509 CRL", ee->der));
    expect_error("crls", json_pack("[o]", pem("CERTIFICATE", ca_list)));
    expect_error("certs",
                 json_pack("[s+]", "-----BEGIN CERTIFICATE-----AAAA-----END CERTIFICATE-----",
                           "-----BEGIN CERTIFICATE-----AAAA-----END CERTIFICATE-----"));
}

static void test_batch_says_malformed_of_a_target_that_is_no_certificate(void **state)
{
    (void)state;
    json_object_set_new(line, "target", json_string("MAMCAQU="));
    expect_verdict("invalid", "malformed");
    json_object_set_new(line, "target", json_string(""));
    expect_verdict("invalid", "malformed");
}

static void test_batch_passes_over_malformed_objects_of_the_pool(void **state)
{
    json_t *out;

    (void)state;
    json_array_append_new(json_object_get(line, "certs"), json_string("MAMCAQU="));
    out = answer();
    assert_string_equal(json_string_value(json_object_get(out, "verdict")), "valid");
    assert_string_equal(json_string_value(json_object_get(
                            json_array_get(json_object_get(out, "skipped"), 0), "object")),
                        "certs[1]");
    json_decref(out);
}

static void test_batch_takes_the_defaults_of_rfc_5280(void **state)
{
    json_t *out;
    char hex[2 * SK_SHA256 + 1];

    (void)state;
    json_object_set_new(line, "unknown member", json_true());
    out = answer();
    assert_string_equal(json_string_value(json_object_get(out, "verdict")), "valid");
    assert_int_equal(json_array_size(json_object_get(out, "path")), 3);
    hex_encode(bytes_of(ee->sha256, SK_SHA256), hex);
    assert_string_equal(json_string_value(json_array_get(json_object_get(out, "path"), 0)), hex);
    hex_encode(bytes_of(root->sha256, SK_SHA256), hex);
    assert_string_equal(json_string_value(json_array_get(json_object_get(out, "path"), 2)), hex);
    assert_true(json_is_array(json_object_get(out, "policies")));
    assert_int_equal(
        json_integer_value(json_object_get(json_object_get(out, "work"), "signatures")), 2);
    json_decref(out);
    /* revocation is asked for when lists are given, even none */
    json_object_set_new(line, "crls", json_array());
    expect_verdict("undetermined", "revocation-no-source");
    json_object_set_new(line, "revocation", json_string("off"));
    expect_verdict("valid", NULL);
    json_object_del(line, "anchors");
    expect_verdict("invalid", "no-path");
}

static void test_batch_takes_null_for_missing(void **state)
{
    static const char *const members[] = {"id",
                                          "crls",
                                          "ocsp",
                                          "ocsp_responders",
                                          "ocsp_evidence",
                                          "revocation",
                                          "names",
                                          "require_explicit_policy",
                                          "initial_policies"};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        json_object_set_new(line, members[i], json_null());
    expect_verdict("valid", NULL);
    json_object_set_new(line, "time", json_null()); /* now: the certificates are of 2012 */
    expect_verdict("invalid", "expired");
    json_object_set_new(line, "id", json_string("x"));
    expect_error("target", json_null());
}

/* A root store: more certificates than a policy of the daemon may name. */
static void test_batch_takes_as_many_anchors_as_the_cap_and_no_more(void **state)
{
    json_t *anchors = json_object_get(line, "anchors"), *out;
    char subject[32];
    unsigned i;

    (void)state;
    for (i = 1; i < LIMIT_VERIFY_ANCHORS; i++) {
        const struct sk_cert *anchor;

        (void)snprintf(subject, sizeof(subject), "/CN=Other %u", i);
        anchor = pki_cert(g.arena, &(struct pki_cert_spec){.subject = subject,
                                                           .key = pki_key(PKI_EC, 2),
                                                           .exts = {PKI_CA_EXTS}});
        json_array_append_new(anchors, b64(anchor->der));
        json_array_append_new(anchors, b64(root->der)); /* one of them, however often it is given */
    }
    expect_verdict("valid", NULL);
    json_array_append_new(anchors, b64(ca->der));
    out = answer();
    assert_non_null(strstr(json_string_value(json_object_get(out, "error")), "more than 1024"));
    json_decref(out);
}

static void test_batch_asks_for_purposes_and_names(void **state)
{
    (void)state;
    json_object_set_new(line, "extended_key_usages", json_pack("[s]", "1.3.6.1.5.5.7.3.1"));
    json_object_set_new(line, "names", json_pack("[s, s]", "dns:A.example", "ip:192.0.2.1"));
    expect_verdict("valid", NULL);
    json_object_set_new(line, "names", json_pack("[s, s]", "dns:a.example", "ip:192.0.2.2"));
    expect_verdict("invalid", "name-mismatch");
    json_object_set_new(line, "extended_key_usages", json_pack("[s]", "1.3.6.1.5.5.7.3.2"));
    expect_verdict("invalid", "extended-key-usage");
}

static void test_batch_sets_the_policy_inputs(void **state)
{
    (void)state;
    json_object_set_new(line, "require_explicit_policy", json_true());
    expect_verdict("invalid", "policy"); /* the CA has no policies */
}

/* A CA that is good for every policy; the target is for 1.2.3. */
static json_t *ca_of_any_policy(void)
{
    const struct sk_cert *cert = graph_target(
        &g, &(struct pki_cert_spec){.subject = "/CN=CA",
                                    .issuer = "/CN=Root",
                                    .key = pki_key(PKI_EC, 1),
                                    .signer = pki_key(PKI_EC, 0),
                                    .exts = {PKI_CA_EXTS, {"certificatePolicies", "2.5.29.32.0"}}});

    return json_pack("[o]", b64(cert->der));
}

static void test_batch_takes_an_empty_policy_set_for_what_it_is(void **state)
{
    (void)state;
    json_object_set_new(line, "certs", ca_of_any_policy());
    json_object_set_new(line, "require_explicit_policy", json_true());
    expect_verdict("valid", NULL);
    json_object_set_new(line, "initial_policies", json_pack("[s]", "1.2.3"));
    expect_verdict("valid", NULL);
    json_object_set_new(line, "initial_policies", json_array());
    expect_verdict("invalid", "policy");
    json_object_set_new(line, "require_explicit_policy", json_false());
    expect_verdict("valid", NULL); /* for no policy */
    json_object_set_new(line, "initial_policies", json_null());
    json_object_set_new(line, "require_explicit_policy", json_true());
    expect_verdict("valid", NULL);
}

static void test_batch_replaces_the_set_of_a_policy_by_an_empty_one(void **state)
{
    struct sk_params params;
    static const uint8_t oid[] = {0x2a, 0x03}; /* 1.2.3 */
    const struct sk_bytes asked = bytes_of(oid, sizeof(oid));

    (void)state;
    params_init(&params);
    params.revocation = REVOCATION_OFF;
    params.policies = &asked;
    params.num_policies = 1;
    params.require_explicit_policy = true;
    base = &params;
    json_object_set_new(line, "certs", ca_of_any_policy());
    expect_verdict("valid", NULL);
    json_object_set_new(line, "initial_policies", json_array());
    expect_verdict("invalid", "policy");
}

static void test_batch_asks_issuers_for_purposes_when_told_to(void **state)
{
    const struct sk_cert *limited = pki_cert(
        g.arena,
        &(struct pki_cert_spec){.subject = "/CN=CA",
                                .issuer = "/CN=Root",
                                .key = pki_key(PKI_EC, 1),
                                .signer = pki_key(PKI_EC, 0),
                                .exts = {PKI_CA_EXTS, {"extendedKeyUsage", "clientAuth"}}});

    (void)state;
    json_object_set_new(line, "certs", json_pack("[o]", b64(limited->der)));
    json_object_set_new(line, "extended_key_usages", json_pack("[s]", "1.3.6.1.5.5.7.3.1"));
    json_object_set_new(line, "nested_extended_key_usage", json_false());
    expect_verdict("valid", NULL);
    json_object_set_new(line, "nested_extended_key_usage", json_true());
    expect_verdict("invalid", "extended-key-usage");
}

static void test_batch_honours_the_anchor_when_told_to(void **state)
{
    const struct sk_cert *limited = pki_cert(
        g.arena, &(struct pki_cert_spec){
                     .subject = "/CN=Root",
                     .key = pki_key(PKI_EC, 0),
                     .exts = {PKI_CA_EXTS, {"nameConstraints", "permitted;DNS:b.example"}}});

    (void)state;
    json_object_set_new(line, "anchors", json_pack("[o]", b64(limited->der)));
    expect_verdict("valid", NULL);
    json_object_set_new(line, "honour_anchor_constraints", json_true());
    expect_verdict("invalid", "name-constraints");
}

static void test_batch_takes_ocsp_responses(void **state)
{
    json_t *out;

    (void)state;
    expect_error("ocsp", json_string("x"));
    expect_error("ocsp_evidence", json_string("maybe"));
    expect_error("ocsp_responders", json_pack("[s]", "MAMCAQU="));
    json_object_set_new(line, "ocsp_responders", json_pack("[o]", b64(ca->der)));
    json_object_set_new(line, "ocsp", json_pack("[s]", "MAMCAQU="));
    expect_verdict("undetermined", "revocation-no-source");
    out = answer();
    assert_string_equal(json_string_value(json_object_get(
                            json_array_get(json_object_get(out, "skipped"), 0), "object")),
                        "ocsp[0]");
    json_decref(out);
    json_object_set_new(line, "revocation", json_string("off"));
    expect_verdict("valid", NULL);
}

static void test_batch_reads_lines_until_the_end(void **state)
{
    static const char input[] = "{\"id\":1}\n\n  \r\n{\"id\":2}\nnot json\n{\"id\":3}";
    char *text = NULL, *at;
    size_t len = 0, lines = 0;
    FILE *in = fmemopen((char *)(uintptr_t)input, strlen(input), "r");
    FILE *out = open_memstream(&text, &len);

    (void)state;
    assert_int_equal(batch_run(in, out, NULL, NULL), SK_OK);
    assert_int_equal(fclose(in), 0);
    assert_int_equal(fclose(out), 0);
    for (at = text; (at = strchr(at, '\n')) != NULL; at++)
        lines++;
    assert_int_equal(lines, 4);
    assert_non_null(strstr(text, "{\"id\":3"));
    free(text);
}

static void test_batch_passes_over_a_line_that_is_too_long(void **state)
{
    size_t len = 0, long_len = LIMIT_BATCH_LINE_BYTES + 1;
    char *input = malloc(long_len + 16), *text = NULL;
    FILE *in, *out;

    (void)state;
    assert_non_null(input);
    memset(input, ' ', long_len);
    memcpy(input + long_len, "\n{\"id\":7}\n", 10);
    in = fmemopen(input, long_len + 10, "r");
    out = open_memstream(&text, &len);
    assert_int_equal(batch_run(in, out, NULL, NULL), SK_OK);
    assert_int_equal(fclose(in), 0);
    assert_int_equal(fclose(out), 0);
    assert_non_null(strstr(text, "too long"));
    assert_non_null(strstr(text, "{\"id\":7"));
    free(text);
    free(input);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_batch_answers_unreadable_lines_with_an_error),
        TEST(test_batch_refuses_members_of_the_wrong_kind),
        TEST(test_batch_takes_pem_and_base64_in_lines),
        TEST(test_batch_says_malformed_of_a_target_that_is_no_certificate),
        TEST(test_batch_passes_over_malformed_objects_of_the_pool),
        TEST(test_batch_passes_over_a_line_that_is_too_long),
        TEST(test_batch_takes_the_defaults_of_rfc_5280),
        TEST(test_batch_takes_null_for_missing),
        TEST(test_batch_takes_as_many_anchors_as_the_cap_and_no_more),
        TEST(test_batch_asks_for_purposes_and_names),
        TEST(test_batch_sets_the_policy_inputs),
        TEST(test_batch_takes_an_empty_policy_set_for_what_it_is),
        TEST(test_batch_replaces_the_set_of_a_policy_by_an_empty_one),
        TEST(test_batch_asks_issuers_for_purposes_when_told_to),
        TEST(test_batch_honours_the_anchor_when_told_to),
        TEST(test_batch_takes_ocsp_responses),
        TEST(test_batch_reads_lines_until_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
