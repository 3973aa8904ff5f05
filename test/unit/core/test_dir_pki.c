/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The certificate rules of RFC 4523: which certificates, pairs and CRLs, made by OpenSSL, an
 * assertion in GSER names.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <stdio.h>

#include "core/der.h"
#include "core/derout.h"
#include "core/dir_value.h"
#include "test/support/pki.h"

static struct sk_arena *arena;

static struct sk_bytes text_of(const char *text)
{
    return bytes_of(text, strlen(text));
}

static enum dir_truth equals(enum dir_rule rule, const char *assertion, struct sk_bytes value)
{
    const struct dir_assertion *made;

    if (dir_assertion_new(arena, rule, text_of(assertion), &made) != SK_OK)
        return DIR_UNDEFINED;
    return dir_value_equals(arena, made, value);
}

static struct sk_bytes certificate(const char *issuer, long serial)
{
    return pki_cert_der(arena, &(struct pki_cert_spec){.subject = "/C=JP/CN=x",
                                                       .issuer = issuer,
                                                       .serial = serial,
                                                       .key = pki_key(PKI_EC, 0)});
}

static void test_certificates_are_named_by_serial_and_issuer(void **state)
{
    static const struct {
        const char *assertion;
        enum dir_truth truth;
    } rows[] = {
        {"{ serialNumber 4660, issuer rdnSequence:\"CN=CA,C=JP\" }", DIR_TRUE},
        {"{serialNumber 4660,issuer rdnSequence:\"cn=ca,c=jp\"}", DIR_TRUE},
        {" {  issuer  rdnSequence : \" CN = CA , C = JP\" , SERIALNUMBER 4660 } ", DIR_TRUE},
        {"{ serialNumber 4660, issuer \"CN=CA,C=JP\" }", DIR_TRUE},
        {"{ serialNumber '1234'H, issuer rdnSequence:\"CN=CA,C=JP\" }", DIR_TRUE},
        {"{ serialNumber '00001234'H, issuer rdnSequence:\"CN=CA,C=JP\" }", DIR_TRUE},
        {"{ serialNumber 0x1234, issuer rdnSequence:\"2.5.4.3=#13024341,C=JP\" }", DIR_TRUE},
        {"{ serialNumber 00004660, issuer rdnSequence:\"cn=\"\"CA\"\",c=JP\" }", DIR_TRUE},
        {"4660$CN=CA,C=JP", DIR_TRUE},
        {" 4660 $ CN=CA, C=JP ", DIR_TRUE},
        {"0x1234$CN=CA,C=JP", DIR_TRUE},
        {"{ serialNumber 4661, issuer rdnSequence:\"CN=CA,C=JP\" }", DIR_FALSE},
        {"{ serialNumber -4660, issuer rdnSequence:\"CN=CA,C=JP\" }", DIR_FALSE},
        {"{ serialNumber 4660, issuer rdnSequence:\"CN=CB,C=JP\" }", DIR_FALSE},
        {"{ serialNumber 4660, issuer rdnSequence:\"C=JP,CN=CA\" }", DIR_FALSE},
        {"{ serialNumber 4660, issuer rdnSequence:\"\" }", DIR_FALSE},
        {"4661$CN=CA,C=JP", DIR_FALSE},
        {"4660$", DIR_FALSE},
        {"", DIR_UNDEFINED},
        {"4660", DIR_UNDEFINED},
        {"$CN=CA", DIR_UNDEFINED},
        {"4660$unknown=CA", DIR_UNDEFINED},
        {"46a0$CN=CA", DIR_UNDEFINED},
        {"- 1$CN=CA", DIR_UNDEFINED},
        {"0x123$CN=CA", DIR_UNDEFINED},
        {"0x$CN=CA", DIR_UNDEFINED},
        {"{ }", DIR_UNDEFINED},
        {"{ serialNumber 4660 }", DIR_UNDEFINED},
        {"{ issuer rdnSequence:\"CN=CA,C=JP\" }", DIR_UNDEFINED},
        {"{ serialNumber 4660, serialNumber 4660, issuer rdnSequence:\"CN=CA,C=JP\" }",
         DIR_UNDEFINED},
        {"{ serialNumber 4660, issuer rdnSequence:\"CN=CA,C=JP\"", DIR_UNDEFINED},
        {"{ serialNumber 4660, issuer rdnSequence:\"CN=CA,C=JP\" } x", DIR_UNDEFINED},
        {"{ serialNumber 4660, issuer rdnSequence:\"CN=CA,C=JP }", DIR_UNDEFINED},
        {"{ serialNumber 4660 issuer rdnSequence:\"CN=CA,C=JP\" }", DIR_UNDEFINED},
        {"{ serialNumber 4660, issuer rdnSequence:CN=CA }", DIR_UNDEFINED},
        {"{ serialNumber 4660, issuer rdnSequence:\"CN=\"CA\"\" }", DIR_UNDEFINED},
        {"{ serialNumber ''H, issuer rdnSequence:\"CN=CA,C=JP\" }", DIR_UNDEFINED},
        {"{ serialNumber '123'H, issuer rdnSequence:\"CN=CA,C=JP\" }", DIR_UNDEFINED},
        {"{ serialNumber '1234'B, issuer rdnSequence:\"CN=CA,C=JP\" }", DIR_UNDEFINED},
        {"{ serialNumber 4660, issuer rdnSequence:\"CN=CA,C=JP\", x 1 }", DIR_UNDEFINED},
        {"{ serialNumber 4660, issuers rdnSequence:\"CN=CA,C=JP\" }", DIR_UNDEFINED},
    };
    struct sk_bytes value = certificate("/C=JP/CN=CA", 0x1234), canon, other;
    size_t i;

    (void)state;
    assert_int_equal(dir_value_canon(arena, DIR_RULE_CERTIFICATE_EXACT, value, &canon), SK_OK);
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        enum sk_status status = dir_assertion_canon(arena, DIR_RULE_CERTIFICATE_EXACT,
                                                    text_of(rows[i].assertion), &other);

        if (equals(DIR_RULE_CERTIFICATE_EXACT, rows[i].assertion, value) != rows[i].truth)
            fail_msg("row %zu: %s", i, rows[i].assertion);
        assert_int_equal(status, rows[i].truth == DIR_UNDEFINED ? SK_INPUT : SK_OK);
        if (status == SK_OK)
            assert_int_equal(bytes_equal(canon, other), rows[i].truth);
    }
}

/* A decimal number as octets: compared with OpenSSL's. */
static void test_serial_numbers_are_read_as_openssl_reads_them(void **state)
{
    static const char *const numbers[] = {"0",
                                          "1",
                                          "127",
                                          "128",
                                          "255",
                                          "256",
                                          "32767",
                                          "32768",
                                          "-1",
                                          "-127",
                                          "-128",
                                          "-129",
                                          "-256",
                                          "1461501637330902918203684832716283019655932542975",
                                          "-1461501637330902918203684832716283019655932542976"};
    size_t i;
    char text[256];

    (void)state;
    for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        ASN1_INTEGER *number;
        BIGNUM *big = NULL;
        unsigned char *der = NULL;
        struct sk_bytes canon;
        int len;

        assert_true(BN_dec2bn(&big, numbers[i]) > 0);
        number = BN_to_ASN1_INTEGER(big, NULL);
        len = i2d_ASN1_INTEGER(number, &der);
        assert_true(len > 2);
        (void)snprintf(text, sizeof(text), "%s$", numbers[i]);
        assert_int_equal(
            dir_assertion_canon(arena, DIR_RULE_CERTIFICATE_EXACT, text_of(text), &canon), SK_OK);
        /* length, serial number, and nothing of the issuer without RDNs */
        assert_int_equal(canon.len, len - 1);
        assert_memory_equal(canon.p, der + 1, canon.len);
        OPENSSL_free(der);
        ASN1_INTEGER_free(number);
        BN_free(big);
    }
    /* one octet too many */
    memset(text, '9', 160);
    memcpy(text + 160, "$", 2);
    assert_int_equal(equals(DIR_RULE_CERTIFICATE_EXACT, text, bytes_of("", 0)), DIR_UNDEFINED);
}

static void test_certificates_that_are_none_are_undefined(void **state)
{
    const char *right = "{ serialNumber 5, issuer rdnSequence:\"CN=CA\" }";
    struct sk_bytes der = certificate("/CN=CA", 5), canon;
    uint8_t *copy = arena_copy(arena, der.p, der.len);
    size_t cut;

    (void)state;
    for (cut = 0; cut < der.len; cut++)
        assert_int_equal(equals(DIR_RULE_CERTIFICATE_EXACT, right, bytes_of(copy, cut)),
                         DIR_UNDEFINED);
    assert_int_equal(equals(DIR_RULE_CERTIFICATE_EXACT, right, der), DIR_TRUE);
    assert_int_equal(dir_value_canon(arena, DIR_RULE_CERTIFICATE_EXACT,
                                     bytes_of(copy, LIMIT_CERT_BYTES + 1), &canon),
                     SK_LIMIT);
}

/* ASN.1 by hand: SEQUENCE { [0] to, [1] by } */
static struct sk_bytes pair_of(struct sk_bytes to, struct sk_bytes by)
{
    struct sk_buf buf;
    size_t mark, len;
    const uint8_t *der;

    buf_init(&buf, 65536);
    mark = derout_open(&buf, DER_SEQUENCE);
    if (to.len > 0)
        derout_tlv(&buf, DER_CONTEXT_CONSTRUCTED(0), to);
    if (by.len > 0)
        derout_tlv(&buf, DER_CONTEXT_CONSTRUCTED(1), by);
    derout_close(&buf, mark);
    assert_int_equal(buf_status(&buf), SK_OK);
    len = buf.len;
    der = arena_copy(arena, buf.data, len);
    buf_done(&buf);
    return bytes_of(der, len);
}

/* Certificate of which only the head is right: serial number and issuer. */
static struct sk_bytes head_of(size_t serial_len, uint8_t issuer_tag)
{
    static const uint8_t bits[] = {0};
    uint8_t serial[LIMIT_SERIAL_BYTES + 1];
    struct sk_buf buf;
    size_t outer, tbs, algorithm, i, len;
    const void *der;

    memset(serial, 1, sizeof(serial));
    buf_init(&buf, 4096);
    outer = derout_open(&buf, DER_SEQUENCE);
    tbs = derout_open(&buf, DER_SEQUENCE);
    derout_tlv(&buf, DER_INTEGER, bytes_of(serial, serial_len));
    for (i = 0; i < 2; i++) { /* of the certificate and of the signature */
        algorithm = derout_open(&buf, DER_SEQUENCE);
        derout_tlv(&buf, DER_OID, bytes_of("\x2a\x03", 2));
        derout_close(&buf, algorithm);
        if (i == 0) {
            derout_tlv(&buf, issuer_tag, bytes_of(NULL, 0));
            derout_close(&buf, tbs);
        }
    }
    derout_tlv(&buf, DER_BIT_STRING, bytes_of(bits, sizeof(bits)));
    derout_close(&buf, outer);
    assert_int_equal(buf_status(&buf), SK_OK);
    len = buf.len;
    der = arena_copy(arena, buf.data, len);
    buf_done(&buf);
    return bytes_of(der, len);
}

static void test_certificates_are_read_as_far_as_the_rule_looks(void **state)
{
    const enum dir_rule rule = DIR_RULE_CERTIFICATE_EXACT;
    struct sk_bytes canon;

    (void)state;
    assert_int_equal(equals(rule, "257$", head_of(2, DER_SEQUENCE)), DIR_TRUE);
    assert_int_equal(equals(rule, "257$", head_of(2, DER_SET)), DIR_UNDEFINED);
    assert_int_equal(equals(rule, "257$", head_of(0, DER_SEQUENCE)), DIR_UNDEFINED);
    assert_int_equal(
        dir_value_canon(arena, rule, head_of(LIMIT_SERIAL_BYTES, DER_SEQUENCE), &canon), SK_OK);
    assert_int_equal(
        dir_value_canon(arena, rule, head_of(LIMIT_SERIAL_BYTES + 1, DER_SEQUENCE), &canon),
        SK_LIMIT);
}

#define ONE "{ serialNumber 1, issuer rdnSequence:\"CN=A\" }"
#define TWO "{ serialNumber 2, issuer rdnSequence:\"CN=B\" }"

static void test_pairs_match_in_the_halves_that_are_asserted(void **state)
{
    const enum dir_rule rule = DIR_RULE_CERTIFICATE_PAIR_EXACT;
    struct sk_bytes none = {0}, one = certificate("/CN=A", 1), two = certificate("/CN=B", 2);
    struct sk_bytes both = pair_of(one, two), to = pair_of(one, none), by = pair_of(none, two);
    struct sk_bytes canon, other;

    (void)state;
    assert_int_equal(equals(rule, "{ issuedToThisCAAssertion " ONE " }", both), DIR_TRUE);
    assert_int_equal(equals(rule, "{ issuedByThisCAAssertion " TWO " }", both), DIR_TRUE);
    assert_int_equal(equals(rule, "{ issuedToThisCAAssertion " TWO " }", both), DIR_FALSE);
    assert_int_equal(equals(rule, "{ issuedByThisCAAssertion " ONE " }", both), DIR_FALSE);
    assert_int_equal(equals(rule, "{ issuedToThisCAAssertion " ONE " }", to), DIR_TRUE);
    assert_int_equal(equals(rule, "{ issuedToThisCAAssertion " ONE " }", by), DIR_FALSE);
    assert_int_equal(equals(rule, "{ issuedByThisCAAssertion " TWO " }", to), DIR_FALSE);
    assert_int_equal(
        equals(rule, "{ issuedToThisCAAssertion " ONE ", issuedByThisCAAssertion " TWO " }", both),
        DIR_TRUE);
    assert_int_equal(
        equals(rule, "{ issuedToThisCAAssertion " ONE ", issuedByThisCAAssertion " TWO " }", to),
        DIR_FALSE);
    assert_int_equal(equals(rule, "{ }", both), DIR_UNDEFINED);
    assert_int_equal(equals(rule, ONE, both), DIR_UNDEFINED);
    assert_int_equal(equals(rule, "1$CN=A", both), DIR_UNDEFINED);
    assert_int_equal(equals(rule, "{ issuedToThisCAAssertion " ONE " } x", both), DIR_UNDEFINED);
    assert_int_equal(equals(rule, "{ issuedToThisCAAssertion " ONE " }", one), DIR_UNDEFINED);
    assert_int_equal(equals(rule, "{ issuedToThisCAAssertion " ONE " }", pair_of(none, none)),
                     DIR_UNDEFINED);
    /* only a whole assertion has one canonical form */
    assert_int_equal(
        dir_assertion_canon(arena, rule, text_of("{ issuedToThisCAAssertion " ONE " }"), &other),
        SK_NOTFOUND);
    assert_int_equal(dir_value_canon(arena, rule, both, &canon), SK_OK);
    assert_int_equal(dir_assertion_canon(arena, rule,
                                         text_of("{ issuedToThisCAAssertion " ONE
                                                 ", issuedByThisCAAssertion " TWO " }"),
                                         &other),
                     SK_OK);
    assert_true(bytes_equal(canon, other));
    assert_int_equal(dir_value_canon(arena, rule, to, &other), SK_OK);
    assert_false(bytes_equal(canon, other));
}

static void test_lists_match_by_issuer_time_and_point(void **state)
{
    const enum dir_rule rule = DIR_RULE_CERTIFICATE_LIST_EXACT;
    struct sk_bytes plain = pki_crl_der(
        arena, &(struct pki_crl_spec){.issuer = "/C=JP/CN=CA", .signer = pki_key(PKI_EC, 0)});
    struct sk_bytes point = pki_crl_der(
        arena, &(struct pki_crl_spec){.issuer = "/C=JP/CN=CA",
                                      .signer = pki_key(PKI_EC, 0),
                                      .sections = "[d]\nfullname=URI:http://a/,dirName:n\n"
                                                  "[n]\nC=JP\nCN=DP\n",
                                      .exts = {{"issuingDistributionPoint", "critical,@d"}}});
    struct sk_bytes relative = pki_crl_der(
        arena, &(struct pki_crl_spec){.issuer = "/C=JP/CN=CA",
                                      .signer = pki_key(PKI_EC, 0),
                                      .sections = "[d]\nrelativename=n\n[n]\nCN=R\n",
                                      .exts = {{"issuingDistributionPoint", "critical,@d"}}});
    static const struct {
        const char *point;
        enum dir_truth plain, point_list, relative;
    } rows[] = {
        {"", DIR_TRUE, DIR_TRUE, DIR_TRUE},
        {", distributionPoint fullName:{ uniformResourceIdentifier:\"http://a/\" }", DIR_FALSE,
         DIR_TRUE, DIR_FALSE},
        {", distributionPoint fullName:{ dNSName:\"x\", directoryName:rdnSequence:\"cn=dp,c=jp\" }",
         DIR_FALSE, DIR_TRUE, DIR_FALSE},
        {", distributionPoint fullName:{ directoryName:rdnSequence:\"cn=dq,c=jp\" }", DIR_FALSE,
         DIR_FALSE, DIR_FALSE},
        {", distributionPoint fullName:{ rfc822Name:\"a@b\", registeredID:1.2.3, "
         "iPAddress:'7F000001'H }",
         DIR_FALSE, DIR_FALSE, DIR_FALSE},
        {", distributionPoint nameRelativeToCRLIssuer:\"cn=r\"", DIR_FALSE, DIR_FALSE, DIR_TRUE},
        {", distributionPoint nameRelativeToCRLIssuer:\"cn=q\"", DIR_FALSE, DIR_FALSE, DIR_FALSE},
        {", distributionPoint nameRelativeToCRLIssuer:\"cn=q,c=JP\"", DIR_UNDEFINED, DIR_UNDEFINED,
         DIR_UNDEFINED},
        {", distributionPoint fullName:{ }", DIR_UNDEFINED, DIR_UNDEFINED, DIR_UNDEFINED},
        {", distributionPoint fullName:{ x400Address:\"x\" }", DIR_UNDEFINED, DIR_UNDEFINED,
         DIR_UNDEFINED},
        {", distributionPoint fullName:{ registeredID:1.2.x }", DIR_UNDEFINED, DIR_UNDEFINED,
         DIR_UNDEFINED},
        {", distributionPoint \"x\"", DIR_UNDEFINED, DIR_UNDEFINED, DIR_UNDEFINED},
    };
    static const char *const times[][2] = {
        {"utcTime:\"110313070640Z\"", "y"},
        {"generalTime:\"20110313070640Z\"", "y"},
        {"\"110313070640Z\"", "y"},
        {"\"20110313070640Z\"", "y"},
        {"utcTime:\"110313070641Z\"", "n"},
        {"utcTime:\"20110313070640Z\"", "u"},
        {"generalTime:\"110313070640Z\"", "u"},
        {"\"\"", "u"},
        {"110313070640Z", "u"},
    };
    char text[512];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        (void)snprintf(
            text, sizeof(text),
            "{ issuer rdnSequence:\"CN=CA,C=JP\", thisUpdate utcTime:\"110313070640Z\"%s }",
            rows[i].point);
        if (equals(rule, text, plain) != rows[i].plain ||
            equals(rule, text, point) != rows[i].point_list ||
            equals(rule, text, relative) != rows[i].relative)
            fail_msg("row %zu: %s", i, text);
    }
    for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        enum dir_truth expected = times[i][1][0] == 'y'   ? DIR_TRUE
                                  : times[i][1][0] == 'n' ? DIR_FALSE
                                                          : DIR_UNDEFINED;

        (void)snprintf(text, sizeof(text), "{ issuer \"CN=CA,C=JP\", thisUpdate %s }", times[i][0]);
        assert_int_equal(equals(rule, text, plain), expected);
    }
}

/* Half of a pair is not enough, and neither is a pair of more than two. */
static void test_pairs_that_are_none_are_undefined(void **state)
{
    const enum dir_rule rule = DIR_RULE_CERTIFICATE_PAIR_EXACT;
    const char *right = "{ issuedToThisCAAssertion " ONE " }";
    struct sk_bytes none = {0}, one = certificate("/CN=A", 1), two = certificate("/CN=B", 2);
    struct sk_bytes both = pair_of(one, two), twice = pair_of(pair_of(one, none), none);
    uint8_t *copy = arena_copy(arena, both.p, both.len), cut[] = {0x30, 0x02, 0xa0, 0x05};
    size_t i;

    (void)state;
    assert_int_equal(equals(rule, right, bytes_of(cut, sizeof(cut))), DIR_UNDEFINED);
    assert_int_equal(equals(rule, right, twice), DIR_UNDEFINED);
    assert_int_equal(equals(rule, right, pair_of(bytes_of(one.p, one.len - 1), two)),
                     DIR_UNDEFINED);
    assert_int_equal(equals(rule, right, pair_of(one, bytes_of(two.p, two.len - 1))),
                     DIR_UNDEFINED);
    for (i = 0; i < both.len; i++)
        assert_int_equal(equals(rule, right, bytes_of(copy, i)), DIR_UNDEFINED);
    assert_int_equal(equals(rule, right, both), DIR_TRUE);
}

static void test_points_that_are_none_are_undefined(void **state)
{
    static const char *const points[] = {
        ", distributionPoint fullName:{ dNSName:\"x\"",
        ", distributionPoint fullName:{ dNSName:\"x\" \"y\" }",
        ", distributionPoint fullName:dNSName:\"x\"",
        ", distributionPoint fullName:{ iPAddress:7F }",
        ", distributionPoint fullName:{ iPAddress:'7F'B }",
        " } x",
    };
    const struct dir_assertion *made;
    char text[512];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
        (void)snprintf(text, sizeof(text),
                       "{ issuer \"CN=CA,C=JP\", thisUpdate \"110313070640Z\"%s }", points[i]);
        assert_int_equal(
            dir_assertion_new(arena, DIR_RULE_CERTIFICATE_LIST_EXACT, text_of(text), &made),
            SK_INPUT);
    }
}

/* An index entry is found for every assertion that matches, whatever its distribution point. */
static void test_list_assertions_have_the_canonical_form_of_the_list(void **state)
{
    const enum dir_rule rule = DIR_RULE_CERTIFICATE_LIST_EXACT;
    const char *assertion = "{ issuer rdnSequence:\"CN=CA,C=JP\", thisUpdate "
                            "utcTime:\"110313070640Z\", distributionPoint "
                            "fullName:{ uniformResourceIdentifier:\"http://a/\" } }";
    struct sk_bytes list = pki_crl_der(
        arena, &(struct pki_crl_spec){.issuer = "/C=JP/CN=CA",
                                      .signer = pki_key(PKI_EC, 0),
                                      .sections = "[d]\nfullname=URI:http://a/\n",
                                      .exts = {{"issuingDistributionPoint", "critical,@d"}}});
    struct sk_bytes canon, other;

    (void)state;
    assert_int_equal(dir_value_canon(arena, rule, list, &canon), SK_OK);
    assert_int_equal(dir_assertion_canon(arena, rule, text_of(assertion), &other), SK_OK);
    assert_true(bytes_equal(canon, other));
    assert_int_equal(equals(rule, assertion, list), DIR_TRUE);
    assert_int_equal(equals(rule, assertion, certificate("/CN=A", 1)), DIR_UNDEFINED);
}

static void test_points_with_many_names_are_not_taken(void **state)
{
    struct sk_buf text;
    const struct dir_assertion *made;
    unsigned n, i;

    (void)state;
    buf_init(&text, 4096);
    for (n = LIMIT_DIR_POINT_NAMES; n <= LIMIT_DIR_POINT_NAMES + 1; n++) {
        buf_reset(&text);
        buf_put_text(&text, "{ issuer \"CN=A\", thisUpdate \"110313070640Z\", distributionPoint "
                            "fullName:{ dNSName:\"a\"");
        for (i = 1; i < n; i++)
            buf_put_text(&text, ", dNSName:\"a\"");
        buf_put_text(&text, " } }");
        assert_int_equal(
            dir_assertion_new(arena, DIR_RULE_CERTIFICATE_LIST_EXACT, buf_bytes(&text), &made),
            n == LIMIT_DIR_POINT_NAMES ? SK_OK : SK_INPUT);
    }
    buf_done(&text);
}

static int set_up(void **state)
{
    (void)state;
    arena = arena_new(64u << 20);
    return arena == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_certificates_are_named_by_serial_and_issuer),
        cmocka_unit_test(test_serial_numbers_are_read_as_openssl_reads_them),
        cmocka_unit_test(test_certificates_that_are_none_are_undefined),
        cmocka_unit_test(test_certificates_are_read_as_far_as_the_rule_looks),
        cmocka_unit_test(test_pairs_match_in_the_halves_that_are_asserted),
        cmocka_unit_test(test_pairs_that_are_none_are_undefined),
        cmocka_unit_test(test_lists_match_by_issuer_time_and_point),
        cmocka_unit_test(test_points_that_are_none_are_undefined),
        cmocka_unit_test(test_list_assertions_have_the_canonical_form_of_the_list),
        cmocka_unit_test(test_points_with_many_names_are_not_taken),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
