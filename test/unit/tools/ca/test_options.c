/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "tools/ca/options.h"

static const struct option_def defs[] = {
    {"flag", OPTION_FLAG, false, false, NULL, ""},
    {"text", OPTION_TEXT, false, false, "TEXT", ""},
    {"number", OPTION_NUMBER, false, false, "NUMBER", ""},
    {"time", OPTION_TIME, false, false, "TIME", ""},
    {"oid", OPTION_OID, false, true, "OID", ""},
    {"dn", OPTION_DN, false, false, "DN", ""},
    {"map", OPTION_MAPPING, false, true, "OID:OID", ""},
    {"other", OPTION_OTHER_NAME, false, false, "OID=TEXT", ""},
    {"name", OPTION_NAME, false, false, "NAME", ""},
    {NULL, OPTION_FLAG, false, false, NULL, NULL},
};

static const struct option_def needy[] = {
    {"text", OPTION_TEXT, true, false, "TEXT", ""},
    {NULL, OPTION_FLAG, false, false, NULL, NULL},
};

static char *words[LIMIT_CA_OPTIONS + 2];

/* Splits at '|' into words[]. The text must be writable and outlive the options. */
static int split(char *text)
{
    int n = 0;
    char *word;

    for (word = strtok_r(text, "|", &text); word != NULL; word = strtok_r(NULL, "|", &text))
        words[n++] = word;
    return n;
}

static void assert_refused(const char *line, const char *why)
{
    char text[512];
    struct options options;
    struct sk_err err = {SK_OK, ""};

    (void)snprintf(text, sizeof(text), "%s", line);
    if (options_parse(defs, false, split(text), words, &options, &err) == SK_OK)
        fail_msg("accepted: %s", line);
    if (strstr(err.text, why) == NULL)
        fail_msg("%s: '%s' does not say '%s'", line, err.text, why);
}

static void test_options_refuse_unknown_twice_and_valueless(void **state)
{
    (void)state;
    assert_refused("--nothing", "no such option");
    assert_refused("--tex|x", "no such option");
    assert_refused("--|x", "no such option");
    assert_refused("word", "unexpected");
    assert_refused("--flag=1", "takes no value");
    assert_refused("--text", "is missing");
    assert_refused("--flag|--flag", "twice");
    assert_refused("--text|a|--text=b", "twice");
    assert_refused("--text=", "not a TEXT");
}

static void test_options_refuse_values_not_of_their_kind(void **state)
{
    static const char *const lines[] = {
        "--number|-1",
        "--number|1x",
        "--number| 1",
        "--number|100001",
        "--number|99999999999999999999",
        "--time|2026-01-01",
        "--time|now",
        "--oid|1",
        "--oid|1..2",
        "--oid|a.b",
        "--oid|3.1.1",
        "--map|1.2.3",
        "--map|1.2.3:",
        "--map|:1.2.3",
        "--map|1.2.3:1.2.3:1.2",
        "--other|1.2.3",
        "--other|x=y",
        "--name|../x",
        "--name|.x",
        "--name|a/b",
        "--dn|nonsense",
        "--name|a b",
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        assert_refused(lines[i], "--");
}

static void test_options_name_the_required_one_that_is_missing(void **state)
{
    struct options options;
    struct sk_err err;

    (void)state;
    assert_int_equal(options_parse(needy, false, 0, words, &options, &err), SK_INPUT);
    assert_non_null(strstr(err.text, "--text TEXT"));
}

static void test_options_want_an_operand_where_there_must_be_one(void **state)
{
    char text[] = "one|two";
    struct options options;
    struct sk_err err;

    (void)state;
    assert_int_equal(options_parse(defs, true, 0, words, &options, &err), SK_INPUT);
    assert_int_equal(options_parse(defs, true, split(text), words, &options, &err), SK_INPUT);
}

static void test_options_refuse_more_than_their_cap(void **state)
{
    static char oid[] = "--oid=1.2.3";
    struct options options;
    struct sk_err err;
    int i;

    (void)state;
    for (i = 0; i <= (int)LIMIT_CA_OPTIONS; i++)
        words[i] = oid;
    assert_int_equal(options_parse(defs, false, LIMIT_CA_OPTIONS, words, &options, &err), SK_OK);
    assert_int_equal(options_parse(defs, false, LIMIT_CA_OPTIONS + 1, words, &options, &err),
                     SK_INPUT);
}

static void test_options_give_back_what_was_said(void **state)
{
    char text[] = "--flag|--text|--odd|here|--number=7|--time|1970-01-01T01:00:00+01:00|--oid|1.2.3"
                  "|--oid=2.5.29.32.0|--dn|CN=例,C=JP|--map|1.2.3:1.2.4|--other|1.2.3=a=b";
    struct options options;
    struct sk_err err = {SK_OK, ""};
    int64_t when = -1;
    long number = -1;
    size_t pos = 0;

    (void)state;
    if (options_parse(defs, true, split(text), words, &options, &err) != SK_OK)
        fail_msg("%s", err.text);
    assert_true(options_has(&options, "flag"));
    assert_false(options_has(&options, "name"));
    assert_string_equal(options_text(&options, "text"), "--odd");
    assert_string_equal(options.operand, "here");
    assert_true(options_number(&options, "number", &number));
    assert_int_equal(number, 7);
    assert_true(options_time(&options, "time", &when));
    assert_int_equal(when, 0);
    assert_string_equal(options_next(&options, "oid", &pos), "1.2.3");
    assert_string_equal(options_next(&options, "oid", &pos), "2.5.29.32.0");
    assert_null(options_next(&options, "oid", &pos));
    assert_null(options_text(&options, "name"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options_refuse_unknown_twice_and_valueless),
        cmocka_unit_test(test_options_refuse_values_not_of_their_kind),
        cmocka_unit_test(test_options_name_the_required_one_that_is_missing),
        cmocka_unit_test(test_options_want_an_operand_where_there_must_be_one),
        cmocka_unit_test(test_options_refuse_more_than_their_cap),
        cmocka_unit_test(test_options_give_back_what_was_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
