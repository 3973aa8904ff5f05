/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text of a verdict, to the letter, where it tells more than one path; and what its JSON may
 * and may not hold.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "net/verdict_json.h"
#include "test/support/graph.h"
#include "tools/verify/report.h"

enum { LEAF_KEY = 23, JSON_MAX = 64 * 1024 };

static struct graph g;

static int set_up(void **state)
{
    (void)state;
    graph_init(&g);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    graph_done(&g);
    return 0;
}

static void expect_text(const struct sk_cert *target, const char *want)
{
    const struct sk_verdict *verdict = graph_judge(&g, target);
    char *text = NULL;
    size_t len;
    FILE *to = open_memstream(&text, &len);

    assert_non_null(to);
    report_text(to, "ee.pem", verdict);
    assert_int_equal(fclose(to), 0);
    assert_string_equal(text, want);
    free(text);
}

static const struct sk_cert *leaf(const char *issuer, size_t signer, const char *names)
{
    return graph_target(&g, &(struct pki_cert_spec){.subject = "/CN=EE",
                                                    .issuer = issuer,
                                                    .key = pki_key(PKI_EC, LEAF_KEY),
                                                    .signer = pki_key(PKI_EC, signer),
                                                    .serial = 255,
                                                    .exts = {{"subjectAltName", names}}});
}

static void ca(const char *name, size_t key, const char *issuer, size_t signer, struct pki_ext ext)
{
    graph_cert(&g, &(struct pki_cert_spec){.subject = name,
                                           .issuer = issuer,
                                           .key = pki_key(PKI_EC, key),
                                           .signer = pki_key(PKI_EC, signer),
                                           .serial = 7,
                                           .exts = {PKI_CA_EXTS, ext}});
}

static void test_report_tells_the_path_and_the_other_path(void **state)
{
    (void)state;
    graph_anchor(&g, "/CN=Root", 0);
    ca("/CN=CA", 1, "/CN=Root", 0,
       (struct pki_ext){"nameConstraints", "critical,excluded;DNS:a.example"});
    ca("/CN=Top", 2, "/CN=Root", 0,
       (struct pki_ext){"policyConstraints", "critical,requireExplicitPolicy:0"});
    ca("/CN=CA", 1, "/CN=Top", 2, (struct pki_ext){NULL, NULL});
    expect_text(
        leaf("/CN=CA", 1, "DNS:x.a.example"),
        "ee.pem: invalid\n"
        "ee.pem: error: name-constraints: a name outside the permitted or inside an excluded "
        "subtree (RFC 5280 6.1.3(b)-(c))\n"
        "    certificate 0: CN=EE; serial 00ff; issuer CN=CA\n"
        "    expected: every name within the subtrees permitted above and outside the excluded "
        "ones\n"
        "    found:    a dNSName of host x.a.example in an excluded subtree of CN=CA "
        "(\"a.example\")\n"
        "ee.pem: note: this is the path\n"
        "     0 CN=EE  <-- name-constraints\n"
        "     1   CN=CA\n"
        "     2     CN=Root  (trust anchor)\n"
        "ee.pem: note: another path was tried and is invalid\n"
        "ee.pem: note: policy: no acceptable certificate policy (RFC 5280 6.1.3(f))\n"
        "    certificate 1: CN=CA; serial 07; issuer CN=Top\n"
        "    expected: a policy that is valid from the anchor down to here\n"
        "    found:    none\n"
        "     0 CN=EE\n"
        "     1   CN=CA  <-- policy\n"
        "     2     CN=Top\n"
        "     3       CN=Root  (trust anchor)\n");
}

static void test_report_tells_how_far_a_search_came(void **state)
{
    (void)state;
    graph_anchor(&g, "/CN=Root", 0);
    ca("/CN=CA", 1, "/CN=Private Root", 3, (struct pki_ext){NULL, NULL});
    expect_text(leaf("/CN=CA", 1, "DNS:x.a.example"),
                "ee.pem: invalid\n"
                "ee.pem: error: no-path: no path to a trust anchor (RFC 5280 6.1)\n"
                "    certificate: CN=CA; serial 07; issuer CN=Private Root\n"
                "    expected: a trust anchor or certificate of CN=Private Root\n"
                "    found:    none among the 1 gathered above the target; the search stops at "
                "CN=CA\n"
                "ee.pem: note: this is how far the search came\n"
                "     0 CN=EE\n"
                "     1   CN=CA  <-- no-path\n");
}

static void test_report_tells_a_valid_target_with_a_note(void **state)
{
    const struct sk_cert *ee;

    (void)state;
    graph_anchor(&g, "/CN=Root", 0);
    ee = leaf("/CN=Root", 0, "DNS:x.a.example");
    g.params.revocation = REVOCATION_IF_AVAILABLE;
    expect_text(ee, "ee.pem: valid (this answer holds until 2014-05-13T16:53:20Z)\n"
                    "ee.pem: note: revocation-no-source: no revocation data for this certificate "
                    "(RFC 5280 6.3.3)\n"
                    "    certificate 0: CN=EE; serial 00ff; issuer CN=Root\n"
                    "    expected: a CRL of CN=Root, or of the CRL issuers it names, for this "
                    "certificate\n"
                    "    found:    accepted without revocation data: no CRL of CN=Root\n"
                    "     0 CN=EE  <-- revocation-no-source\n"
                    "     1   CN=Root  (trust anchor)\n");
}

/* ---- JSON ---- */

static char *json_of(const struct sk_cert *target, bool is_brief)
{
    json_t *object = report_json(graph_judge(&g, target), is_brief);
    char *text = json_dumps(object, JSON_COMPACT);

    assert_non_null(text);
    json_decref(object);
    return text;
}

/* The names of people in alternative names are repeated nowhere. */
static void test_report_repeats_no_alternative_name_of_a_person(void **state)
{
    char *text;

    (void)state;
    graph_anchor(&g, "/CN=Root", 0);
    ca("/CN=CA", 1, "/CN=Root", 0,
       (struct pki_ext){"nameConstraints",
                        "critical,permitted;email:go.jp,permitted;URI:go.jp,permitted;DNS:go.jp"});
    text = json_of(leaf("/CN=CA", 1,
                        "email:taro.yamada@person.example,otherName:1.2.392.1;UTF8:Yamada Taro "
                        "19700101"),
                   false);
    assert_non_null(strstr(text, "a rfc822Name of host person.example outside the permitted"));
    assert_null(strstr(text, "taro"));
    assert_null(strstr(text, "Taro"));
    free(text);
    text = json_of(leaf("/CN=CA", 1, "URI:https://taro@person.example/taro"), false);
    assert_non_null(strstr(text, "of host person.example outside"));
    assert_null(strstr(text, "taro"));
    free(text);
}

static void test_report_is_brief_about_what_is_valid_at_once(void **state)
{
    const struct sk_cert *ee;
    char *text;

    (void)state;
    graph_anchor(&g, "/CN=Root", 0);
    ee = leaf("/CN=Root", 0, "DNS:x.a.example");
    text = json_of(ee, true);
    assert_null(strstr(text, "explanation"));
    free(text);
    text = json_of(ee, false);
    assert_non_null(strstr(text, "\"explanation\":{\"path\":[{\"sha256\":"));
    free(text);
    ca("/CN=CA", 1, "/CN=Nobody", 3, (struct pki_ext){NULL, NULL});
    text = json_of(leaf("/CN=CA", 1, "DNS:x.a.example"), true);
    assert_non_null(strstr(text, "\"complete\":false"));
    free(text);
}

/* The longest names and the most paths: the answer stays small. */
static void test_report_bounds_its_json(void **state)
{
    char name[512], quotes[61], *text;
    size_t i, k;

    (void)state;
    graph_anchor(&g, "/CN=Root", 0);
    g.params.revocation = REVOCATION_REQUIRED;
    graph_crl(&g, &(struct pki_crl_spec){.issuer = "/CN=Root",
                                         .signer = pki_key(PKI_EC, 0),
                                         .entries = {{.serial = 7}}});
    memset(quotes, '"', sizeof(quotes) - 1);
    quotes[sizeof(quotes) - 1] = '\0';
    for (i = 0; i < 60; i++) {
        name[0] = '\0';
        for (k = 0; k < 7; k++) /* a quote takes four octets in JSON */
            (void)snprintf(name + strlen(name), sizeof(name) - strlen(name), "/OU=%s", quotes);
        (void)snprintf(name + strlen(name), sizeof(name) - strlen(name), "/CN=Way %zu", i);
        ca(name, 2, "/CN=Root", 0, (struct pki_ext){NULL, NULL});
        ca("/CN=CA", 1, name, 2, (struct pki_ext){NULL, NULL});
    }
    text = json_of(leaf("/CN=CA", 1, "DNS:x.a.example"), false);
    print_message("## 60 paths with long names: %zu octets of JSON\n", strlen(text));
    assert_in_range(strlen(text), 1, JSON_MAX);
    assert_non_null(strstr(text, "\"more_paths\":51"));
    free(text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_report_tells_the_path_and_the_other_path),
        TEST(test_report_tells_how_far_a_search_came),
        TEST(test_report_tells_a_valid_target_with_a_note),
        TEST(test_report_repeats_no_alternative_name_of_a_person),
        TEST(test_report_is_brief_about_what_is_valid_at_once),
        TEST(test_report_bounds_its_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
