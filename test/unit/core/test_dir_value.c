/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Matching rules, by tables made by hand from RFC 4517, 4518 and 4523: what is equal, what is
 * ordered how, which substrings are found, which certificates an assertion names.
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

/* ---- equality and canonical forms ------------------------------------------------------------ */

/* canon NULL: not of the syntax. For text, canon is the form itself. */
struct form {
    enum dir_rule rule;
    const char *value, *canon;
};

static const struct form forms[] = {
    {DIR_RULE_CASE_IGNORE, "", NULL},
    {DIR_RULE_CASE_IGNORE, "\xff", NULL},
    {DIR_RULE_CASE_IGNORE, "  Foo \t Bar  ", "foo bar"},
    {DIR_RULE_CASE_IGNORE, "STRASSE", "strasse"},
    {DIR_RULE_CASE_IGNORE,
     "Stra\xc3\x9f"
     "e",
     "strasse"},
    {DIR_RULE_CASE_IGNORE, "\xef\xbc\xa1\xe3\x80\x80\xef\xbd\x82", "a b"}, /* full width */
    {DIR_RULE_CASE_IGNORE,
     "a\xc2\xad"
     "b",
     "ab"},                                                       /* soft hyphen */
    {DIR_RULE_CASE_IGNORE, "\xee\x80\x80X", "\xff\xee\x80\x80X"}, /* private use */
    {DIR_RULE_CASE_IGNORE, "   ", ""},
    {DIR_RULE_CASE_EXACT, "  Foo  Bar ", "Foo Bar"},
    {DIR_RULE_CASE_EXACT, "\xef\xbc\xa1\xc3\x84", "A\xc3\x84"},
    {DIR_RULE_CASE_EXACT, "", NULL},
    {DIR_RULE_CASE_IGNORE_IA5, "A@B.Example", "a@b.example"},
    {DIR_RULE_CASE_IGNORE_IA5, "\xc3\xa4", NULL},
    {DIR_RULE_CASE_IGNORE_IA5, "", ""},
    {DIR_RULE_CASE_EXACT_IA5, "A  b", "A b"},
    {DIR_RULE_CASE_EXACT_IA5, "\x80", NULL},
    {DIR_RULE_CASE_IGNORE_LIST, "1 Main St$ Tokyo$\\24 \\5c", "1 main st\ntokyo\n$ \\"},
    {DIR_RULE_CASE_IGNORE_LIST, "a\\", NULL},
    {DIR_RULE_CASE_IGNORE_LIST, "a\\41", NULL},
    {DIR_RULE_CASE_IGNORE_LIST, "", NULL},
    {DIR_RULE_NUMERIC_STRING, " 12 34 ", "1234"},
    {DIR_RULE_NUMERIC_STRING, "  ", " "},
    {DIR_RULE_NUMERIC_STRING, "12a", NULL},
    {DIR_RULE_NUMERIC_STRING, "", NULL},
    {DIR_RULE_TELEPHONE_NUMBER, "+81 3-1234-5678", "+81312345678"},
    {DIR_RULE_TELEPHONE_NUMBER, "+1 EXT 5", "+1ext5"},
    {DIR_RULE_TELEPHONE_NUMBER, "- -", " "},
    {DIR_RULE_TELEPHONE_NUMBER, "1;2", NULL},
    {DIR_RULE_TELEPHONE_NUMBER, "\xc3\xa4", NULL},
    {DIR_RULE_INTEGER, "0", "0"},
    {DIR_RULE_INTEGER, "-12", "-12"},
    {DIR_RULE_INTEGER, "01", NULL},
    {DIR_RULE_INTEGER, "-0", NULL},
    {DIR_RULE_INTEGER, "-", NULL},
    {DIR_RULE_INTEGER, "+1", NULL},
    {DIR_RULE_INTEGER, "1.0", NULL},
    {DIR_RULE_INTEGER, "", NULL},
    {DIR_RULE_BOOLEAN, "TRUE", "TRUE"},
    {DIR_RULE_BOOLEAN, "FALSE", "FALSE"},
    {DIR_RULE_BOOLEAN, "true", NULL},
    {DIR_RULE_BOOLEAN, "", NULL},
    {DIR_RULE_BIT_STRING, "'0101'B", "'0101'B"},
    {DIR_RULE_BIT_STRING, "''B", "''B"},
    {DIR_RULE_BIT_STRING, "'012'B", NULL},
    {DIR_RULE_BIT_STRING, "'B", NULL},
    {DIR_RULE_BIT_STRING, "'01'b", NULL},
    {DIR_RULE_OCTET_STRING, " A ", " A "},
    {DIR_RULE_OCTET_STRING, "", ""},
    {DIR_RULE_UUID, "597AE2F6-16A6-1027-98F4-D28B5365DC14", "597ae2f6-16a6-1027-98f4-d28b5365dc14"},
    {DIR_RULE_UUID, "597ae2f616a6102798f4d28b5365dc14", NULL},
    {DIR_RULE_UUID, "597ae2f6-16a6-1027-98f4-d28b5365dc1g", NULL},
    {DIR_RULE_OBJECT_IDENTIFIER, "pkiCA", "2.5.6.22"},
    {DIR_RULE_OBJECT_IDENTIFIER, "2.5.6.22", "2.5.6.22"},
    {DIR_RULE_OBJECT_IDENTIFIER, "COMMONNAME", "2.5.4.3"},
    {DIR_RULE_OBJECT_IDENTIFIER, "1.2.3.4", "1.2.3.4"},
    {DIR_RULE_OBJECT_IDENTIFIER, "1.02", NULL},
    {DIR_RULE_OBJECT_IDENTIFIER, "noSuchClass", NULL},
    {DIR_RULE_OBJECT_IDENTIFIER, "", NULL},
    {DIR_RULE_OID_FIRST_COMPONENT, "( 2.5.4.3 NAME 'cn' )", "2.5.4.3"},
    {DIR_RULE_OID_FIRST_COMPONENT, "(2.5.4.3)", NULL},
    {DIR_RULE_OID_FIRST_COMPONENT, "cn", "2.5.4.3"},
    {DIR_RULE_OID_FIRST_COMPONENT, "(", NULL},
    {DIR_RULE_GENERALIZED_TIME, "20221122201500Z", "20221122201500"},
    {DIR_RULE_GENERALIZED_TIME, "2022112220Z", "20221122200000"},
    {DIR_RULE_GENERALIZED_TIME, "202211222015Z", "20221122201500"},
    {DIR_RULE_GENERALIZED_TIME, "20221123051500+0900", "20221122201500"},
    {DIR_RULE_GENERALIZED_TIME, "20221231200000-05", "20230101010000"},
    {DIR_RULE_GENERALIZED_TIME, "20221122201500.500Z", "20221122201500.5"},
    {DIR_RULE_GENERALIZED_TIME, "20221122201500,000Z", "20221122201500"},
    {DIR_RULE_GENERALIZED_TIME, "2022112220.5Z", "20221122203000"},
    {DIR_RULE_GENERALIZED_TIME, "202211222015.25Z", "20221122201515"},
    {DIR_RULE_GENERALIZED_TIME, "20221122235960Z", "20221123000000"},
    {DIR_RULE_GENERALIZED_TIME, "20221122201500.1234567891Z", NULL},
    {DIR_RULE_GENERALIZED_TIME, "20221122201500.12345678900Z", "20221122201500.123456789"},
    {DIR_RULE_GENERALIZED_TIME, "20221122201500", NULL},
    {DIR_RULE_GENERALIZED_TIME, "20221122201500.Z", NULL},
    {DIR_RULE_GENERALIZED_TIME, "2022112224Z", NULL},
    {DIR_RULE_GENERALIZED_TIME, "202211222060Z", NULL},
    {DIR_RULE_GENERALIZED_TIME, "20221122201561Z", NULL},
    {DIR_RULE_GENERALIZED_TIME, "20220229000000Z", NULL},
    {DIR_RULE_GENERALIZED_TIME, "20221122Z", NULL},
    {DIR_RULE_GENERALIZED_TIME, "20221122201500+2400", NULL},
    {DIR_RULE_GENERALIZED_TIME, "20221122201500+0960", NULL},
    {DIR_RULE_GENERALIZED_TIME, "20221122201500Z0", NULL},
    {DIR_RULE_GENERALIZED_TIME, "00000101000000+01", NULL},
    {DIR_RULE_NONE, "a", NULL},
    {DIR_RULE_ALGORITHM_IDENTIFIER, "{ algorithm 1.2.3 }", NULL},
};

static void test_canonical_forms_are_those_of_rfc_4517(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        const struct form *form = &forms[i];
        struct sk_bytes canon = {0}, asserted = {0};
        enum sk_status expected = form->canon != NULL ? SK_OK : SK_INPUT;

        if (dir_value_canon(arena, form->rule, text_of(form->value), &canon) != expected ||
            dir_assertion_canon(arena, form->rule, text_of(form->value), &asserted) != expected)
            fail_msg("row %zu, \"%s\": wrong status", i, form->value);
        if (form->canon == NULL) {
            assert_null(canon.p);
            assert_null(asserted.p);
            continue;
        }
        assert_non_null(canon.p);
        if (!bytes_equal(canon, text_of(form->canon)) || !bytes_equal(canon, asserted))
            fail_msg("row %zu, \"%s\": \"%.*s\"", i, form->value, (int)canon.len,
                     (const char *)canon.p);
        assert_int_equal(equals(form->rule, form->value, text_of(form->value)), DIR_TRUE);
    }
}

/* Equal exactly when the canonical forms are; undefined when either has none. */
static void test_equality_is_that_of_canonical_forms(void **state)
{
    size_t n = sizeof(forms) / sizeof(forms[0]), i, k;

    (void)state;
    for (i = 0; i < n; i++) {
        for (k = 0; k < n; k++) {
            enum dir_truth truth;

            if (forms[i].rule != forms[k].rule)
                continue;
            truth = equals(forms[i].rule, forms[i].value, text_of(forms[k].value));
            if (forms[i].canon == NULL || forms[k].canon == NULL)
                assert_int_equal(truth, DIR_UNDEFINED);
            else
                assert_int_equal(truth, strcmp(forms[i].canon, forms[k].canon) == 0);
        }
    }
}

/* L-16 for values that are names */
static void test_names_are_equal_by_rfc_4514(void **state)
{
    const enum dir_rule dn = DIR_RULE_DISTINGUISHED_NAME, member = DIR_RULE_UNIQUE_MEMBER;
    struct sk_bytes canon;

    (void)state;
    assert_int_equal(equals(dn,
                            "CN=a ,c=#1302"
                            "4A50",
                            text_of("cn=A,C=jp")),
                     DIR_TRUE);
    assert_int_equal(equals(dn, "cn=a,c=JP", text_of("c=JP,cn=a")), DIR_FALSE);
    assert_int_equal(equals(dn, "cn=a", text_of("unknown=a")), DIR_UNDEFINED);
    assert_int_equal(equals(dn, "unknown=a", text_of("cn=a")), DIR_UNDEFINED);
    assert_int_equal(equals(dn, "", text_of("")), DIR_TRUE);
    /* RFC 4517 4.2.31 */
    assert_int_equal(equals(member, "cn=a", text_of("CN=A")), DIR_TRUE);
    assert_int_equal(equals(member, "cn=a#'01'B", text_of("CN=A#'01'B")), DIR_TRUE);
    assert_int_equal(equals(member, "cn=a#'01'B", text_of("CN=A")), DIR_TRUE);
    assert_int_equal(equals(member, "cn=a#'01'B", text_of("CN=A#'1'B")), DIR_FALSE);
    assert_int_equal(equals(member, "cn=a", text_of("CN=A#'1'B")), DIR_FALSE);
    assert_int_equal(equals(member, "cn=a#b", text_of("CN=A#B")), DIR_TRUE);
    assert_int_equal(equals(member, "cn=a#b", text_of("CN=A")), DIR_FALSE);
    assert_int_equal(dir_assertion_canon(arena, member, text_of("cn=a#'01'B"), &canon),
                     SK_NOTFOUND);
    assert_int_equal(dir_assertion_canon(arena, member, text_of("cn=a"), &canon), SK_OK);
    assert_int_equal(dir_assertion_canon(arena, member, text_of("cn=#'01'B"), &canon), SK_NOTFOUND);
}

static void test_long_values_are_not_compared(void **state)
{
    char *text = malloc(LIMIT_DIR_TEXT_BYTES + 1);
    const struct dir_assertion *made;
    struct sk_bytes canon;

    (void)state;
    memset(text, 'a', LIMIT_DIR_TEXT_BYTES + 1);
    assert_int_equal(
        dir_value_canon(arena, DIR_RULE_CASE_IGNORE, bytes_of(text, LIMIT_DIR_TEXT_BYTES), &canon),
        SK_OK);
    assert_int_equal(dir_value_canon(arena, DIR_RULE_CASE_IGNORE,
                                     bytes_of(text, LIMIT_DIR_TEXT_BYTES + 1), &canon),
                     SK_LIMIT);
    assert_int_equal(dir_assertion_new(arena, DIR_RULE_CASE_IGNORE,
                                       bytes_of(text, LIMIT_DIR_ASSERTION_BYTES), &made),
                     SK_OK);
    assert_int_equal(dir_value_equals(arena, made, bytes_of(text, LIMIT_DIR_TEXT_BYTES + 1)),
                     DIR_UNDEFINED);
    assert_int_equal(dir_assertion_new(arena, DIR_RULE_CASE_IGNORE,
                                       bytes_of(text, LIMIT_DIR_ASSERTION_BYTES + 1), &made),
                     SK_LIMIT);
    free(text);
}

/* ---- order ----------------------------------------------------------------------------------- */

static void test_order_is_that_of_the_rules(void **state)
{
    /* ascending; the same number: equal */
    static const struct {
        enum dir_rule rule;
        int place;
        const char *value;
    } rows[] = {
        {DIR_RULE_INTEGER, 0, "-100"},
        {DIR_RULE_INTEGER, 1, "-99"},
        {DIR_RULE_INTEGER, 2, "-1"},
        {DIR_RULE_INTEGER, 3, "0"},
        {DIR_RULE_INTEGER, 4, "9"},
        {DIR_RULE_INTEGER, 5, "10"},
        {DIR_RULE_INTEGER, 6, "123456789012345678901234567890"},
        {DIR_RULE_CASE_IGNORE, 0, " a"},
        {DIR_RULE_CASE_IGNORE, 0, "A"},
        {DIR_RULE_CASE_IGNORE, 1, "a b"},
        {DIR_RULE_CASE_IGNORE, 2, "AA"},
        {DIR_RULE_CASE_IGNORE, 3, "b"},
        {DIR_RULE_GENERALIZED_TIME, 0, "20221122201459.9Z"},
        {DIR_RULE_GENERALIZED_TIME, 1, "20221122201500Z"},
        {DIR_RULE_GENERALIZED_TIME, 1, "20221122211500+01"},
        {DIR_RULE_GENERALIZED_TIME, 2, "20221122201500.01Z"},
        {DIR_RULE_GENERALIZED_TIME, 3, "20221122201500.1Z"},
        {DIR_RULE_GENERALIZED_TIME, 4, "20221122201501Z"},
        {DIR_RULE_OCTET_STRING, 0, ""},
        {DIR_RULE_OCTET_STRING, 1, "A"},
        {DIR_RULE_OCTET_STRING, 2, "a"},
        {DIR_RULE_OCTET_STRING, 3, "a\x80"},
    };
    size_t n = sizeof(rows) / sizeof(rows[0]), i, k;

    (void)state;
    for (i = 0; i < n; i++) {
        const struct dir_assertion *made;

        assert_int_equal(dir_assertion_new(arena, rows[i].rule, text_of(rows[i].value), &made),
                         SK_OK);
        for (k = 0; k < n; k++) {
            struct sk_bytes value = text_of(rows[k].value);

            if (rows[i].rule != rows[k].rule)
                continue;
            assert_int_equal(dir_value_at_least(arena, made, value),
                             rows[k].place >= rows[i].place);
            assert_int_equal(dir_value_at_most(arena, made, value), rows[k].place <= rows[i].place);
        }
        assert_int_equal(dir_value_at_least(arena, made, text_of("\xff")),
                         rows[i].rule == DIR_RULE_OCTET_STRING ? DIR_TRUE : DIR_UNDEFINED);
    }
}

/* ---- substrings ------------------------------------------------------------------------------ */

/* "initial*any*any*final", '*' between the pieces */
static enum dir_truth has(enum dir_rule rule, const char *filter, const char *value)
{
    struct sk_bytes any[8];
    struct dir_pieces pieces = {.any = any};
    const struct dir_substrings *made;
    const char *star = strchr(filter, '*'), *start;
    enum sk_status status;

    if (star > filter)
        pieces.initial = bytes_of(filter, (size_t)(star - filter));
    for (start = star + 1; (star = strchr(start, '*')) != NULL; start = star + 1)
        any[pieces.num_any++] = bytes_of(start, (size_t)(star - start));
    if (*start != '\0')
        pieces.final = text_of(start);
    status = dir_substrings_new(arena, rule, &pieces, &made);
    if (status != SK_OK) {
        assert_int_equal(status, SK_INPUT);
        return DIR_UNDEFINED;
    }
    return dir_value_has(arena, made, text_of(value));
}

static void test_substrings_are_those_of_rfc_4518(void **state)
{
    static const struct {
        const char *filter, *value;
        enum dir_truth truth;
    } rows[] = {
        {"foo*", "foobar", DIR_TRUE},
        {"FOO*BAR", "foo bar", DIR_TRUE},
        {"bar*", "foobar", DIR_FALSE},
        {"*bar", "foobar", DIR_TRUE},
        {"*foo", "foobar", DIR_FALSE},
        {"*ob*", "foobar", DIR_TRUE},
        {"foo*bar", "foobar", DIR_TRUE},
        {"foob*bar", "foobar", DIR_FALSE}, /* they may not overlap */
        {"*oob*bar", "foobar", DIR_FALSE},
        {"*b*a*r*", "foobar", DIR_TRUE},
        {"*a*b*", "foobar", DIR_FALSE}, /* in order */
        {"*o*o*", "foobar", DIR_TRUE},
        {"*o*o*o*", "foobar", DIR_FALSE},
        {"f*o*o*b*a*r", "foobar", DIR_TRUE},
        /* blanks: RFC 4518 2.6.1 */
        {"foo *", "foo  bar", DIR_TRUE},
        {"foo *bar", "foo bar", DIR_TRUE},
        {"foo* bar", "foo bar", DIR_TRUE},
        {"foo * bar", "foo bar", DIR_TRUE},
        {"foo *", "foobar", DIR_FALSE},
        {"foo *", "foo", DIR_TRUE},
        {" foo*", "foo", DIR_TRUE},
        {"*foo bar*", "  FOO   bar ", DIR_TRUE},
        {"*o b*", "foo bar", DIR_TRUE},
        {"*ob*", "foo bar", DIR_FALSE},
        {"* *", "foobar", DIR_TRUE},
        {"*o b *", "foo bar", DIR_FALSE},
        {"* bar*", "foobar", DIR_FALSE},
        {"* foo*", "foobar", DIR_TRUE},
        {" * ", "   ", DIR_TRUE},
        {"*\xe3\x80\x80"
         "bar*",
         "foo bar", DIR_TRUE}, /* an ideographic space */
        {"*\xe6\x9c\xac*", "\xe6\x97\xa5\xe6\x9c\xac", DIR_TRUE},
        {"*\xef\xbc\xa1*", "xay", DIR_TRUE},
        {"*|*", "a|b", DIR_TRUE},
        {"|*|", "|x|", DIR_TRUE},
        {"|*|", "|", DIR_FALSE},
        /* not of the syntax, or not to be compared */
        {"**", "foo", DIR_UNDEFINED},
        {"*\xff*", "foo", DIR_UNDEFINED},
        {"*\xee\x80\x80*", "\xee\x80\x80", DIR_UNDEFINED},
        {"*a*", "a\xee\x80\x80", DIR_UNDEFINED},
        {"*a*", "\xff", DIR_UNDEFINED},
        {"*a*", "", DIR_UNDEFINED},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (has(DIR_RULE_CASE_IGNORE, rows[i].filter, rows[i].value) != rows[i].truth)
            fail_msg("%s in \"%s\"", rows[i].filter, rows[i].value);
    }
}

static void test_substrings_of_other_rules(void **state)
{
    (void)state;
    assert_int_equal(has(DIR_RULE_CASE_EXACT, "Foo*", "Foobar"), DIR_TRUE);
    assert_int_equal(has(DIR_RULE_CASE_EXACT, "foo*", "Foobar"), DIR_FALSE);
    assert_int_equal(has(DIR_RULE_CASE_IGNORE_IA5, "*@EXAMPLE*", "a@example.jp"), DIR_TRUE);
    assert_int_equal(has(DIR_RULE_CASE_IGNORE_IA5, "*\xc3\xa4*", "a"), DIR_UNDEFINED);
    assert_int_equal(has(DIR_RULE_TELEPHONE_NUMBER, "+81-3*56 78", "+81 3 1234-5678"), DIR_TRUE);
    assert_int_equal(has(DIR_RULE_TELEPHONE_NUMBER, "*;*", "1"), DIR_UNDEFINED);
    assert_int_equal(has(DIR_RULE_NUMERIC_STRING, "*2 3*", "1 2 34"), DIR_TRUE);
    assert_int_equal(has(DIR_RULE_CASE_IGNORE_LIST, "1*tok*", "1 Main$Tokyo"), DIR_TRUE);
    assert_int_equal(has(DIR_RULE_CASE_IGNORE_LIST, "*main tokyo*", "1 Main$Tokyo"), DIR_FALSE);
    assert_int_equal(has(DIR_RULE_CASE_IGNORE_LIST, "*\\24*", "cost \\24 5"), DIR_TRUE);
    assert_int_equal(has(DIR_RULE_CASE_IGNORE_LIST, "*a*", "a\\b"), DIR_UNDEFINED);
    assert_int_equal(has(DIR_RULE_INTEGER, "1*", "12"), DIR_UNDEFINED);
    assert_int_equal(has(DIR_RULE_DISTINGUISHED_NAME, "cn*", "cn=a"), DIR_UNDEFINED);
    assert_int_equal(has(DIR_RULE_CERTIFICATE_EXACT, "1*", "12"), DIR_UNDEFINED);
}

/* ---- certificates, pairs, lists -------------------------------------------------------------- */

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
        cmocka_unit_test(test_canonical_forms_are_those_of_rfc_4517),
        cmocka_unit_test(test_equality_is_that_of_canonical_forms),
        cmocka_unit_test(test_names_are_equal_by_rfc_4514),
        cmocka_unit_test(test_long_values_are_not_compared),
        cmocka_unit_test(test_order_is_that_of_the_rules),
        cmocka_unit_test(test_substrings_are_those_of_rfc_4518),
        cmocka_unit_test(test_substrings_of_other_rules),
        cmocka_unit_test(test_certificates_are_named_by_serial_and_issuer),
        cmocka_unit_test(test_serial_numbers_are_read_as_openssl_reads_them),
        cmocka_unit_test(test_certificates_that_are_none_are_undefined),
        cmocka_unit_test(test_certificates_are_read_as_far_as_the_rule_looks),
        cmocka_unit_test(test_pairs_match_in_the_halves_that_are_asserted),
        cmocka_unit_test(test_lists_match_by_issuer_time_and_point),
        cmocka_unit_test(test_list_assertions_have_the_canonical_form_of_the_list),
        cmocka_unit_test(test_points_with_many_names_are_not_taken),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
