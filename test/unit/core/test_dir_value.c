/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Matching rules, by tables made by hand from RFC 4517, 4518 and 4523: what is equal, what is
 * ordered how, which substrings are found. Certificates are in test_dir_pki.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <stdio.h>

#include "core/dir_value_int.h"

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
    {DIR_RULE_GENERALIZED_TIME, "20221122201500+9", NULL},
    {DIR_RULE_GENERALIZED_TIME, "20221122201500+0x", NULL},
    {DIR_RULE_GENERALIZED_TIME, "20221122201500+090", NULL},
    {DIR_RULE_GENERALIZED_TIME, "202211222xZ", NULL},
    {DIR_RULE_GENERALIZED_TIME, "2022112220150Z", NULL},
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

static void test_long_pieces_and_texts_are_refused(void **state)
{
    char *text = test_malloc(LIMIT_DIR_TEXT_BYTES + 1);
    struct dir_pieces pieces = {.initial = bytes_of(text, LIMIT_DIR_ASSERTION_BYTES)};
    const struct dir_substrings *made;
    struct sk_buf out;

    (void)state;
    memset(text, 'a', LIMIT_DIR_TEXT_BYTES + 1);
    assert_int_equal(dir_substrings_new(arena, DIR_RULE_CASE_IGNORE, &pieces, &made), SK_OK);
    pieces.initial.len++;
    assert_int_equal(dir_substrings_new(arena, DIR_RULE_CASE_IGNORE, &pieces, &made), SK_LIMIT);
    buf_init(&out, 1u << 20);
    assert_int_equal(
        dir_syntax_prepare(DIR_RULE_CASE_IGNORE, bytes_of(text, LIMIT_DIR_TEXT_BYTES), &out),
        SK_OK);
    assert_int_equal(
        dir_syntax_prepare(DIR_RULE_CASE_IGNORE, bytes_of(text, LIMIT_DIR_TEXT_BYTES + 1), &out),
        SK_LIMIT);
    buf_done(&out);
    test_free(text);
}

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
        cmocka_unit_test(test_long_pieces_and_texts_are_refused),
        cmocka_unit_test(test_order_is_that_of_the_rules),
        cmocka_unit_test(test_substrings_are_those_of_rfc_4518),
        cmocka_unit_test(test_substrings_of_other_rules),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
