/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a verdict says to a human: each finding its certificate, rule, what was expected and what
 * was found; the other paths that were tried; where a search without a path ended.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "core/limits.h"
#include "test/support/graph.h"
#include "test/support/hostile.h"

enum { LEAF_KEY = 23, ORDERS = 12, TEXT = 256 * 1024 };

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

/* ---- all that is said, as one text ---- */

static void put_finding(struct sk_buf *out, const struct finding *f)
{
    buf_printf(out, "%d %s %s|%s|%s|%s|", f->cert, finding_code_text(f->code),
               f->rule != NULL ? f->rule : "-", f->expected != NULL ? f->expected : "-",
               f->found != NULL ? f->found : "-", f->text);
    if (f->about != NULL)
        buf_put(out, f->about->sha256, SK_SHA256);
}

static void put_path(struct sk_buf *out, const struct sk_cert *const *path, size_t num)
{
    size_t i;

    for (i = 0; i < num; i++)
        buf_put(out, path[i]->sha256, SK_SHA256);
}

static void put_verdict(struct sk_buf *out, const struct sk_verdict *v)
{
    size_t i, k;

    buf_reset(out);
    put_path(out, v->path, v->num_path);
    for (i = 0; i < v->num_findings; i++)
        put_finding(out, &v->findings[i]);
    for (i = 0; i < v->num_tried; i++) {
        put_path(out, v->tried[i].path, v->tried[i].num_path);
        for (k = 0; k < v->tried[i].num_findings; k++)
            put_finding(out, &v->tried[i].findings[k]);
    }
    buf_printf(out, "%zu %zu", v->num_others, v->num_untold);
    assert_int_equal(buf_status(out), SK_OK);
}

/* ---- what must be true of every explanation ---- */

static void check_finding(const struct finding *f, const struct sk_cert *const *path,
                          size_t num_path)
{
    assert_non_null(f->rule);
    assert_true(strncmp(f->rule, "RFC ", 4) == 0 || strncmp(f->rule, "policy: ", 8) == 0);
    assert_non_null(f->expected);
    assert_non_null(f->found);
    assert_true(f->expected[0] != '\0' && f->found[0] != '\0' && f->text[0] != '\0');
    assert_in_range(strlen(f->expected), 1, LIMIT_FINDING_TEXT - 1);
    assert_in_range(strlen(f->found), 1, LIMIT_FINDING_TEXT - 1);
    if (f->cert < 0 || num_path == 0) /* no path was proposed */
        return;
    assert_in_range(f->cert, 0, num_path - 1);
    assert_ptr_equal(f->about, path[f->cert]);
}

static void check_explanation(const struct sk_verdict *v)
{
    size_t i, k;

    assert_in_range(v->num_tried, 0, LIMIT_TRIED_PATHS + 1);
    assert_in_range(v->num_others, 0, v->num_findings);
    for (i = 0; i < v->num_findings; i++)
        check_finding(&v->findings[i], v->path, v->num_path);
    for (i = 0; i < v->num_tried; i++) {
        const struct tried_path *tried = &v->tried[i];

        assert_in_range(tried->num_findings, 1, LIMIT_TRIED_FINDINGS);
        for (k = 0; k < tried->num_findings; k++)
            check_finding(&tried->findings[k], tried->path, tried->num_path);
        assert_true(tried->num_path > 0);
    }
}

/* Judges in many orders of the pool: not one octet of what is said may differ. */
static const struct sk_verdict *explained(const struct sk_cert *target)
{
    struct sk_buf first, now;
    unsigned seed;

    buf_init(&first, TEXT);
    buf_init(&now, TEXT);
    put_verdict(&first, graph_judge(&g, target));
    for (seed = 1; seed <= ORDERS; seed++) {
        put_verdict(&now, graph_judge_order(&g, target, seed));
        assert_true(bytes_equal(buf_bytes(&first), buf_bytes(&now)));
    }
    buf_done(&first);
    buf_done(&now);
    check_explanation(&g.verdict);
    return &g.verdict;
}

/* ---- every code ---- */

struct said {
    const char *name;
    enum finding_code code;
    int cert;
    const char *rule, *expected, *found;
};

static void expect_said(const struct sk_cert *target, const struct said *want)
{
    const struct finding *f = &explained(target)->findings[0];

    if (g.verdict.num_findings == 0 || f->code != want->code || f->cert != want->cert ||
        strcmp(f->rule, want->rule) != 0 || strcmp(f->expected, want->expected) != 0 ||
        strcmp(f->found, want->found) != 0)
        fail_msg("%s: %s of certificate %d (%s)\n  expected: %s\n  found:    %s", want->name,
                 finding_code_text(f->code), f->cert, f->rule, f->expected, f->found);
}

/* A graph of one path, in which one thing is wrong. */
struct wrong {
    struct said said;
    struct pki_cert_spec ca,
        ee; /* names, keys and signers are filled in; ca without exts: a CA's */
    void (*ask)(void);
};

static struct general_name asked_name;
static struct sk_bytes asked_oid;

static void ask_rsa(void)
{
    g.params.min_rsa_bits = 2048;
}

static void ask_no_sha1(void)
{
    g.params.allow_sha1 = false;
}

static void ask_usage(void)
{
    g.params.key_usage = KEY_USAGE_DIGITAL_SIGNATURE;
}

static void ask_purpose(void)
{
    static const uint8_t server_auth[] = {0x2b, 6, 1, 5, 5, 7, 3, 1};

    asked_oid = bytes_of(server_auth, sizeof(server_auth));
    g.params.ekus = &asked_oid;
    g.params.num_ekus = 1;
}

static void ask_policy(void)
{
    static const uint8_t oid[] = {0x2a, 3, 9}; /* 1.2.3.9 */

    asked_oid = bytes_of(oid, sizeof(oid));
    g.params.policies = &asked_oid;
    g.params.num_policies = 1;
    g.params.require_explicit_policy = true;
}

static void ask_name(void)
{
    asked_name.kind = GENERAL_NAME_DNS;
    asked_name.value = bytes_of("www.example.jp", 14);
    g.params.names = &asked_name;
    g.params.num_names = 1;
}

#define CA_NAME "/C=JP/CN=CA"
#define PERSON  "email:taro.yamada@person.example"
#define CONSTRAINED(text)                                                                          \
    {                                                                                              \
        .exts = { PKI_CA_EXTS, {"nameConstraints", text} }                                         \
    }

static const struct wrong wrongs[] = {
    {{"after notAfter", FINDING_EXPIRED, 1, "RFC 5280 6.1.3(a)(2)",
      "notAfter at or after 2012-10-12T00:00:00Z", "2012-10-11T23:43:20Z"},
     .ca = {.not_after = PKI_T - 1000}},
    {{"before notBefore", FINDING_NOT_YET_VALID, 0, "RFC 5280 6.1.3(a)(2)",
      "notBefore at or before 2012-10-12T00:00:00Z", "2012-10-12T00:16:40Z"},
     .ee = {.not_before = PKI_T + 1000}},
    {{"no subject and no names", FINDING_MALFORMED, 0, "RFC 5280 4.1.2.6",
      "a subject name or a critical subjectAltName", "an empty subject name and no subjectAltName"},
     .ee = {.subject = ""}},
    {{"another key", FINDING_SIGNATURE, 0, "RFC 5280 6.1.3(a)(1)",
      "a signature with the key of CN=CA,C=JP", "one that does not verify"},
     .ee = {.serial = -1}},
    {{"an old version", FINDING_VERSION, 1, "RFC 5280 6.1.4(k)",
      "a version 3 certificate of an issuer", "version 1"},
     .ca = {.version = 1}},
    {{"no CA", FINDING_NOT_CA, 1, "RFC 5280 6.1.4(k)",
      "basicConstraints with cA TRUE in the certificate of an issuer", "no basicConstraints"},
     .ca = {.exts = {{"keyUsage", "critical,keyCertSign"}}}},
    {{"a CA that may not sign", FINDING_KEY_USAGE, 1, "RFC 5280 6.1.4(n)",
      "keyUsage with keyCertSign", "keyUsage digitalSignature, cRLSign"},
     .ca = {.exts = {{"basicConstraints", "critical,CA:TRUE"},
                     {"keyUsage", "critical,digitalSignature,cRLSign"}}}},
    {{"a key usage asked", FINDING_KEY_USAGE, 0, "RFC 5280 4.2.1.3",
      "keyUsage with digitalSignature", "keyUsage keyAgreement"},
     .ee = {.exts = {{"keyUsage", "critical,keyAgreement"}}},
     .ask = ask_usage},
    {{"a purpose asked", FINDING_EXTENDED_KEY_USAGE, 0, "RFC 5280 4.2.1.12",
      "extendedKeyUsage with 1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.4"},
     .ee = {.exts = {{"extendedKeyUsage", "emailProtection"}}},
     .ask = ask_purpose},
    {{"a host outside", FINDING_NAME_CONSTRAINTS, 0, "RFC 5280 6.1.3(b)-(c)",
      "every name within the subtrees permitted above and outside the excluded ones",
      "a dNSName of host www.other.example outside the permitted subtrees of CN=CA,C=JP "
      "(\"go.jp\", \"lg.jp\")"},
     .ca = CONSTRAINED("critical,permitted;DNS:go.jp,permitted;DNS:lg.jp"),
     .ee = {.exts = {{"subjectAltName", "DNS:www.other.example"}}}},
    {{"a person's mailbox", FINDING_NAME_CONSTRAINTS, 0, "RFC 5280 6.1.3(b)-(c)",
      "every name within the subtrees permitted above and outside the excluded ones",
      "a rfc822Name of host person.example in an excluded subtree of CN=CA,C=JP "
      "(\"person.example\")"},
     .ca = CONSTRAINED("critical,excluded;email:person.example"),
     .ee = {.exts = {{"subjectAltName", PERSON}}}},
    {{"an unknown critical extension", FINDING_UNKNOWN_CRITICAL, 0, "RFC 5280 6.1.5(f)",
      "no critical extension but those that are processed", "critical extension 1.2.3.4"},
     .ee = {.exts = {{"1.2.3.4", "critical,DER:05:00"}}}},
    {{"another policy", FINDING_POLICY, 1, "RFC 5280 6.1.3(f)",
      "a policy that is valid from the anchor down to here", "none"},
     .ask = ask_policy},
    {{"a name asked", FINDING_NAME_MISMATCH, 0, "RFC 9525 6", "dNSName www.example.jp",
      "2 dNSName(s) that do not match"},
     .ee = {.exts = {{"subjectAltName", "DNS:a.example,DNS:b.example," PERSON}}},
     .ask = ask_name},
    {{"a weak key", FINDING_WEAK_ALGORITHM, 0, "policy: strength",
      "what the policy allows: RSA of 2048 bits or more, known kinds of key",
      "a RSA key of 1024 bits, less than 2048"},
     .ee = {.version = 3, .serial = -2},
     .ask = ask_rsa},
    {{"a weak hash", FINDING_WEAK_ALGORITHM, 0, "policy: strength",
      "what the policy allows: no SHA-1, known kinds of key", "a signature with SHA-1"},
     .ee = {.hash = "SHA1"},
     .ask = ask_no_sha1},
};

static void judge_wrong(const struct wrong *wrong)
{
    struct pki_cert_spec ca = wrong->ca, ee = wrong->ee;

    graph_anchor(&g, "/C=JP/CN=Root", 0);
    ca.subject = CA_NAME;
    ca.issuer = "/C=JP/CN=Root";
    ca.key = pki_key(PKI_EC, 1);
    ca.signer = pki_key(PKI_EC, 0);
    if (ca.exts[0].name == NULL && ca.version != 1) {
        const struct pki_ext exts[] = {PKI_CA_EXTS};

        memcpy(ca.exts, exts, sizeof(exts));
    }
    graph_cert(&g, &ca);
    if (ee.subject == NULL)
        ee.subject = "/C=JP/CN=EE";
    else
        ee.subject = NULL;
    ee.issuer = CA_NAME;
    ee.key = ee.serial == -2 ? pki_key(PKI_RSA1024, 0) : pki_key(PKI_EC, LEAF_KEY);
    ee.signer = pki_key(PKI_EC, ee.serial == -1 ? 7 : 1);
    ee.serial = 5;
    if (wrong->ask != NULL)
        wrong->ask();
    expect_said(graph_target(&g, &ee), &wrong->said);
}

static void test_explain_says_rule_expected_and_found(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
        judge_wrong(&wrongs[i]);
        graph_done(&g);
        graph_init(&g);
    }
}

static void test_explain_path_length(void **state)
{
    (void)state;
    graph_anchor(&g, "/CN=Root", 0);
    graph_cert(&g,
               &(struct pki_cert_spec){.subject = "/CN=Top",
                                       .issuer = "/CN=Root",
                                       .key = pki_key(PKI_EC, 1),
                                       .signer = pki_key(PKI_EC, 0),
                                       .exts = {{"basicConstraints", "critical,CA:TRUE,pathlen:0"},
                                                {"keyUsage", "critical,keyCertSign"}}});
    graph_ca(&g, "/CN=CA", 2, "/CN=Top", 1);
    expect_said(graph_leaf(&g, "/CN=EE", "/CN=CA", 2),
                &(struct said){"path length", FINDING_PATH_LENGTH, 1, "RFC 5280 6.1.4(l)",
                               "at most 0 CA certificate(s) below CN=Top, by its pathLenConstraint",
                               "one more"});
}

static void test_explain_policies_at_the_end(void **state)
{
    const struct sk_cert *ee;

    (void)state;
    graph_anchor(&g, "/CN=Root", 0);
    ee = graph_target(&g, &(struct pki_cert_spec){.subject = "/CN=EE",
                                                  .issuer = "/CN=Root",
                                                  .key = pki_key(PKI_EC, LEAF_KEY),
                                                  .signer = pki_key(PKI_EC, 0),
                                                  .exts = {{"certificatePolicies", "1.2.3.4"}}});
    ask_policy();
    expect_said(ee, &(struct said){"policy", FINDING_POLICY, 0, "RFC 5280 6.1.5(g)",
                                   "a valid policy of these: 1.2.3.9", "1.2.3.4"});
}

static void test_explain_algorithm_and_anchor(void **state)
{
    const struct sk_cert *root;

    (void)state;
    root = graph_anchor(&g, "/CN=Root", 0);
    graph_cert(&g, &(struct pki_cert_spec){.subject = "/CN=CA",
                                           .issuer = "/CN=Root",
                                           .key = pki_key(PKI_RSA, 0),
                                           .signer = pki_key(PKI_EC, 0),
                                           .exts = {PKI_CA_EXTS}});
    (void)explained(graph_leaf(&g, "/CN=EE", "/CN=CA", 1));
    assert_int_equal(g.verdict.findings[0].code, FINDING_ALGORITHM);
    assert_string_equal(g.verdict.findings[0].expected,
                        "a key and a signature algorithm we can compute with");
    expect_said(root, &(struct said){"anchor", FINDING_TARGET_IS_ANCHOR, 0, "RFC 5280 6.1",
                                     "a path of at least one certificate below the trust anchor",
                                     "the trust anchor itself"});
}

/* ---- revocation ---- */

static const struct sk_cert *pair(long ca_serial, long ee_serial)
{
    graph_anchor(&g, "/CN=Root", 0);
    graph_cert(&g, &(struct pki_cert_spec){.subject = "/CN=CA",
                                           .issuer = "/CN=Root",
                                           .key = pki_key(PKI_EC, 1),
                                           .signer = pki_key(PKI_EC, 0),
                                           .serial = ca_serial,
                                           .exts = {PKI_CA_EXTS}});
    g.params.revocation = REVOCATION_REQUIRED;
    return graph_target(&g, &(struct pki_cert_spec){.subject = "/CN=EE",
                                                    .issuer = "/CN=CA",
                                                    .key = pki_key(PKI_EC, LEAF_KEY),
                                                    .signer = pki_key(PKI_EC, 1),
                                                    .serial = ee_serial});
}

/* One list of the target's issuer, and what is said of the target or its issuer. The text names the
 * list, so found is what follows. */
struct listed {
    const char *name;
    struct pki_crl_spec crl;
    enum finding_code code;
    const char *rule, *expected, *found;
};

#define NOT_REVOKED "RFC 5280 6.1.3(a)(3)", "a certificate not revoked"
#define SINCE       ": listed since 2011-03-13T07:06:40Z, reason "

static const struct listed lists[] = {
    {"revoked",
     {.entries = {{.serial = 5, .reason = 2}}},
     FINDING_REVOKED,
     NOT_REVOKED,
     SINCE "keyCompromise"},
    {"on hold",
     {.entries = {{.serial = 5, .reason = 7}}},
     FINDING_ON_HOLD,
     NOT_REVOKED,
     SINCE "certificateHold"},
    {"stale",
     {.next_update = PKI_T - 1000},
     FINDING_REVOCATION_STALE,
     "RFC 5280 6.3.3(a)",
     "a nextUpdate at or after 2012-10-12T00:00:00Z",
     ": its nextUpdate was 2012-10-11T23:43:20Z"},
    {"of the future",
     {.this_update = PKI_T + 1000},
     FINDING_REVOCATION_UNUSABLE,
     "RFC 5280 5.1.2.4",
     "a thisUpdate at or before 2012-10-12T00:00:00Z",
     ": not yet valid: its thisUpdate is 2012-10-12T00:16:40Z"},
    {"without an end",
     {.next_update = -1},
     FINDING_REVOCATION_UNUSABLE,
     "RFC 5280 5.1.2.5",
     "a nextUpdate",
     ": it has no nextUpdate"},
    {"unknown entry",
     {.entries = {{.serial = 5, .is_beyond_us = true}}},
     FINDING_REVOCATION_UNUSABLE,
     "RFC 5280 5.3",
     "entries that can be processed",
     ": its entries are malformed or have an unknown critical extension"},
    {"unknown extension",
     {.exts = {{"1.2.3.4", "critical,DER:05:00"}}},
     FINDING_REVOCATION_UNUSABLE,
     "RFC 5280 5.2",
     "no critical extension but those that are processed",
     ": it has an unknown critical extension"},
    {"for others",
     {.sections = "[idp]\nonlyCA=TRUE\n", .exts = {{"issuingDistributionPoint", "critical,@idp"}}},
     FINDING_REVOCATION_NO_SOURCE,
     "RFC 5280 6.3.3",
     "a CRL of CN=CA, or of the CRL issuers it names, for this certificate",
     "no CRL for this certificate from CN=CA"},
    {"some reasons",
     {.sections = "[idp]\nonlysomereasons=keyCompromise\n",
      .exts = {{"issuingDistributionPoint", "critical,@idp"}}},
     FINDING_REVOCATION_UNUSABLE,
     "RFC 5280 6.3.3",
     "a CRL of CN=CA, or of the CRL issuers it names, for this certificate",
     "no CRL that speaks of all reasons from CN=CA"},
};

static void test_explain_lists(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        struct pki_crl_spec crl = lists[i].crl;
        const struct sk_cert *ee = pair(50, 5);
        const struct finding *f;

        crl.issuer = "/CN=CA";
        crl.signer = pki_key(PKI_EC, 1);
        graph_crl(&g, &crl);
        graph_empty_crl(&g, "/CN=Root", 0);
        f = &explained(ee)->findings[0];
        if (f->code != lists[i].code || f->cert != 0 || strcmp(f->rule, lists[i].rule) != 0 ||
            strcmp(f->expected, lists[i].expected) != 0 || strstr(f->found, lists[i].found) == NULL)
            fail_msg("%s: %s (%s)\n  expected: %s\n  found:    %s", lists[i].name,
                     finding_code_text(f->code), f->rule, f->expected, f->found);
        graph_done(&g);
        graph_init(&g);
    }
}

static void test_explain_other_lists(void **state)
{
    const struct sk_cert *ee = pair(50, 5);
    const struct finding *f;

    (void)state;
    f = &explained(ee)->findings[0];
    assert_int_equal(f->code, FINDING_REVOCATION_NO_SOURCE);
    assert_string_equal(f->found, "no CRL of CN=Root");
    assert_int_equal(f->cert, 1);
    assert_string_equal(g.verdict.findings[1].found, "no CRL of CN=CA");
    g.params.revocation = REVOCATION_IF_AVAILABLE;
    assert_int_equal(explained(ee)->kind, VERDICT_VALID);
    assert_string_equal(g.verdict.findings[1].found,
                        "accepted without revocation data: no CRL of CN=CA");
    g.params.revocation = REVOCATION_REQUIRED;
    graph_crl(&g, &(struct pki_crl_spec){.issuer = "/CN=Root", .signer = pki_key(PKI_EC, 9)});
    f = &explained(ee)->findings[0];
    assert_int_equal(f->code, FINDING_REVOCATION_UNUSABLE);
    assert_string_equal(f->rule, "RFC 5280 6.3.3(f)");
    graph_crl(&g, &(struct pki_crl_spec){.issuer = "/CN=Root",
                                         .signer = pki_key(PKI_EC, 0),
                                         .entries = {{.serial = 50}}});
    f = &explained(ee)->findings[0];
    assert_int_equal(f->code, FINDING_ISSUER_REVOKED);
    assert_int_equal(f->cert, 1);
    assert_non_null(strstr(f->found, SINCE "unspecified"));
}

static void test_explain_grace(void **state)
{
    const struct sk_cert *ee = pair(50, 5);

    (void)state;
    graph_empty_crl(&g, "/CN=Root", 0);
    graph_crl(&g, &(struct pki_crl_spec){.issuer = "/CN=CA",
                                         .signer = pki_key(PKI_EC, 1),
                                         .next_update = PKI_T - 1000});
    g.params.grace_s = 3600;
    assert_int_equal(explained(ee)->kind, VERDICT_VALID);
    assert_int_equal(g.verdict.findings[0].code, FINDING_GRACE);
    assert_string_equal(g.verdict.findings[0].expected,
                        "a nextUpdate at or after 2012-10-12T00:00:00Z");
    assert_string_equal(g.verdict.findings[0].found,
                        "the revocation data is past its nextUpdate 2012-10-11T23:43:20Z, within "
                        "the policy's grace");
}

/* ---- no path ---- */

static const struct sk_cert *with_key_id(const char *subject, const char *issuer, size_t signer)
{
    return graph_target(&g, &(struct pki_cert_spec){
                                .subject = subject,
                                .issuer = issuer,
                                .key = pki_key(PKI_EC, LEAF_KEY),
                                .signer = pki_key(PKI_EC, signer),
                                .exts = {{"authorityKeyIdentifier", "DER:30:05:80:03:01:ab:ff"}}});
}

static void test_explain_names_the_certificate_that_is_missing(void **state)
{
    const struct sk_verdict *v;

    (void)state;
    graph_anchor(&g, "/CN=Root", 0);
    graph_ca(&g, "/CN=CA", 1, "/CN=Gone", 2);
    graph_ca(&g, "/CN=Other", 1, "/CN=Root", 0);
    v = explained(graph_leaf(&g, "/CN=EE", "/CN=CA", 1));
    assert_int_equal(v->num_findings, 1);
    assert_int_equal(v->findings[0].code, FINDING_NO_PATH);
    assert_int_equal(v->findings[0].cert, -1);
    assert_string_equal(v->findings[0].expected, "a trust anchor or certificate of CN=Gone");
    assert_string_equal(v->findings[0].found,
                        "none among the 1 gathered above the target; the search stops at CN=CA");
    assert_int_equal(v->num_path, 0);
    assert_int_equal(v->num_tried, 1); /* how far it came */
    assert_false(v->tried[0].is_complete);
    assert_int_equal(v->tried[0].num_path, 2);
    assert_ptr_equal(v->findings[0].about, v->tried[0].path[1]);
    assert_int_equal(v->num_others, 0);

    v = explained(with_key_id("/CN=EE", "/CN=Nobody", 3));
    assert_string_equal(v->findings[0].expected,
                        "a trust anchor or certificate of CN=Nobody (key identifier 01abff)");
}

static void test_explain_self_signed_is_no_anchor(void **state)
{
    const struct sk_verdict *v;

    (void)state;
    graph_anchor(&g, "/CN=Root", 0);
    graph_ca(&g, "/CN=Mine", 1, "/CN=Mine", 1);
    v = explained(graph_leaf(&g, "/CN=EE", "/CN=Mine", 1));
    assert_string_equal(v->findings[0].expected,
                        "a trust anchor CN=Mine, or a certificate for it by another CA");
    v = explained(graph_leaf(&g, "/CN=Alone", "/CN=Alone", LEAF_KEY));
    assert_string_equal(v->findings[0].expected,
                        "a trust anchor CN=Alone, or a certificate for it by another CA");
}

static void test_explain_a_circle(void **state)
{
    (void)state;
    graph_anchor(&g, "/CN=Root", 0);
    graph_ca(&g, "/CN=A", 1, "/CN=B", 2);
    graph_ca(&g, "/CN=B", 2, "/CN=A", 1);
    (void)explained(graph_leaf(&g, "/CN=EE", "/CN=A", 1));
    assert_string_equal(g.verdict.findings[0].expected,
                        "a way to a trust anchor that passes no name and key twice");
    assert_string_equal(g.verdict.findings[0].found,
                        "none; the search stops at CN=B, issued by CN=A");
}

static void test_explain_the_first_dead_ends_of_many(void **state)
{
    const struct sk_verdict *v;
    char name[32];
    size_t i;

    (void)state;
    graph_anchor(&g, "/CN=Root", 0);
    for (i = 0; i < LIMIT_DEAD_ENDS + 3; i++) {
        (void)snprintf(name, sizeof(name), "/CN=Missing %zu", i);
        graph_ca(&g, "/CN=CA", 1, name, 2);
    }
    v = explained(graph_leaf(&g, "/CN=EE", "/CN=CA", 1));
    assert_int_equal(v->num_findings, LIMIT_DEAD_ENDS + 1);
    for (i = 0; i < LIMIT_DEAD_ENDS; i++)
        assert_non_null(strstr(v->findings[i].expected, "CN=Missing "));
    assert_string_equal(v->findings[LIMIT_DEAD_ENDS].found, "3 more that do not");
}

/* ---- other paths ---- */

/* The target has num paths, each below a CA certificate that is revoked. */
static const struct sk_cert *many_ways(size_t num)
{
    struct pki_crl_spec crl = {.issuer = "/CN=Root", .signer = pki_key(PKI_EC, 0)};
    char name[32];
    size_t i;

    assert_in_range(num, 1, PKI_ENTRIES);
    g.params.revocation = REVOCATION_REQUIRED;
    graph_anchor(&g, "/CN=Root", 0);
    graph_empty_crl(&g, "/CN=CA", 1);
    for (i = 0; i < num; i++) {
        (void)snprintf(name, sizeof(name), "/CN=Way %zu", i);
        graph_cert(&g, &(struct pki_cert_spec){.subject = name,
                                               .issuer = "/CN=Root",
                                               .key = pki_key(PKI_EC, 2),
                                               .signer = pki_key(PKI_EC, 0),
                                               .serial = (long)(100 + i),
                                               .exts = {PKI_CA_EXTS}});
        graph_ca(&g, "/CN=CA", 1, name, 2);
        graph_empty_crl(&g, name, 2);
        crl.entries[i].serial = (long)(100 + i);
    }
    graph_crl(&g, &crl);
    return graph_leaf(&g, "/CN=EE", "/CN=CA", 1);
}

static void test_explain_tells_the_first_paths_and_counts_the_others(void **state)
{
    enum { WAYS = LIMIT_TRIED_PATHS + 5 };
    const struct sk_verdict *v;
    size_t i;

    (void)state;
    v = explained(many_ways(WAYS));
    assert_int_equal(v->kind, VERDICT_INVALID);
    assert_int_equal(v->num_tried, LIMIT_TRIED_PATHS);
    assert_int_equal(v->num_untold, WAYS - 1 - LIMIT_TRIED_PATHS);
    assert_int_equal(v->num_others, LIMIT_TRIED_PATHS);
    for (i = 0; i < v->num_tried; i++) {
        const struct finding *f = &v->findings[1 + i];

        assert_true(v->tried[i].is_complete);
        assert_int_equal(v->tried[i].num_path, 4);
        assert_int_equal(v->tried[i].findings[0].code, FINDING_ISSUER_REVOKED);
        assert_int_equal(v->tried[i].findings[0].cert, 2);
        assert_int_equal(f->cert, -1); /* of another path: cert is an index of the verdict's */
        assert_ptr_equal(f->about, v->tried[i].path[2]);
        assert_non_null(strstr(f->text, "another path, certificate 2, CN=Way "));
    }
}

static void test_explain_costs_a_valid_target_nothing(void **state)
{
    const struct sk_verdict *v;

    (void)state;
    graph_anchor(&g, "/CN=Root", 0);
    graph_ca(&g, "/CN=CA", 1, "/CN=Root", 0);
    v = explained(graph_leaf(&g, "/CN=EE", "/CN=CA", 1));
    assert_int_equal(v->kind, VERDICT_VALID);
    assert_int_equal(v->num_findings, 0);
    assert_null(v->tried);
    assert_int_equal(v->num_untold, 0);
}

/* What a valid verdict did not take is told beside it, not among its findings. */
static void test_explain_tells_of_ways_a_valid_target_did_not_take(void **state)
{
    const struct sk_verdict *v;
    const struct sk_cert *ee;

    (void)state;
    ee = many_ways(1);
    graph_ca(&g, "/CN=CA", 1, "/CN=Longer", 3);
    graph_ca(&g, "/CN=Longer", 3, "/CN=Long", 4);
    graph_ca(&g, "/CN=Long", 4, "/CN=Root", 0);
    graph_empty_crl(&g, "/CN=Longer", 3);
    graph_empty_crl(&g, "/CN=Long", 4);
    v = explained(ee);
    assert_int_equal(v->kind, VERDICT_VALID);
    assert_int_equal(v->num_findings, 0);
    assert_int_equal(v->num_tried, 1);
    assert_int_equal(v->tried[0].findings[0].code, FINDING_ISSUER_REVOKED);
}

static void test_explain_budgets(void **state)
{
    const struct sk_cert *ee;

    (void)state;
    ee = many_ways(3);
    g.params.budget.max_paths = 1;
    (void)explained(ee);
    assert_int_equal(g.verdict.kind, VERDICT_UNDETERMINED);
    assert_string_equal(g.verdict.findings[0].rule, "policy: limits");
    assert_non_null(strstr(g.verdict.findings[0].expected, "an answer within 1 paths, "));
    assert_non_null(strstr(g.verdict.findings[0].found, "none after 1 paths, "));
    assert_int_equal(g.verdict.findings[1].code, FINDING_ISSUER_REVOKED);
    g.params.budget.max_paths = LIMIT_JOB_PATHS;
    g.params.budget.max_path_certs = 2;
    (void)explained(ee);
    assert_string_equal(g.verdict.findings[0].rule, "policy: path-certs");
    assert_string_equal(g.verdict.findings[0].expected, "paths of at most 2 certificates");
}

/* Whatever the graph, what is said of it is bounded and whole. */
static void test_explain_hostile_graphs_within_bounds(void **state)
{
    size_t i;

    (void)state;
    hostile_many = 300;
    for (i = 0; i < hostile_num_cases; i++) {
        const struct sk_cert *target;
        struct sk_buf said;

        graph_done(&g);
        graph_init(&g);
        target = hostile_cases[i].build(&g);
        buf_init(&said, TEXT);
        put_verdict(&said, graph_judge(&g, target));
        check_explanation(&g.verdict);
        assert_in_range(said.len, 0, 64 * 1024);
        buf_done(&said);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_explain_says_rule_expected_and_found),
        TEST(test_explain_path_length),
        TEST(test_explain_policies_at_the_end),
        TEST(test_explain_algorithm_and_anchor),
        TEST(test_explain_lists),
        TEST(test_explain_other_lists),
        TEST(test_explain_grace),
        TEST(test_explain_names_the_certificate_that_is_missing),
        TEST(test_explain_self_signed_is_no_anchor),
        TEST(test_explain_a_circle),
        TEST(test_explain_the_first_dead_ends_of_many),
        TEST(test_explain_tells_the_first_paths_and_counts_the_others),
        TEST(test_explain_costs_a_valid_target_nothing),
        TEST(test_explain_tells_of_ways_a_valid_target_did_not_take),
        TEST(test_explain_budgets),
        TEST(test_explain_hostile_graphs_within_bounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
