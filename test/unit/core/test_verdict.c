/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/verdict.h"

static void test_verdict_ignores_findings_past_its_room(void **state)
{
    struct sk_verdict verdict = {.kind = VERDICT_UNDETERMINED};
    int i;

    (void)state;
    for (i = 0; i < (int)LIMIT_FINDINGS + 3; i++)
        verdict_add(&verdict, FINDING_EXPIRED, i, "rule", "number %d", i);
    assert_int_equal(verdict.num_findings, LIMIT_FINDINGS);
    assert_string_equal(verdict.findings[0].text, "number 0");
    assert_int_equal(verdict.findings[LIMIT_FINDINGS - 1].cert, LIMIT_FINDINGS - 1);
    assert_int_equal(verdict.kind, VERDICT_UNDETERMINED);
}

static void expect_text(const char *in, const char *out)
{
    struct finding finding;

    finding_set(&finding, FINDING_POLICY, 0, "rule", "%s", in);
    assert_string_equal(finding.text, out);
}

static void test_finding_text_is_printable_utf8(void **state)
{
    (void)state;
    expect_text("a\nb\x1b[0m\x7f", "a?b?[0m?");
    expect_text("\xe9\x96\xa2\xe6\x89\x80", "\xe9\x96\xa2\xe6\x89\x80");
    expect_text("\xf0\x9f\x94\x91", "\xf0\x9f\x94\x91");
    expect_text("\xe9\x96", "??");                /* cut */
    expect_text("\xc0\xaf\xe0\x80\xaf", "?????"); /* overlong */
    expect_text("\xed\xa0\x80", "???");           /* a surrogate */
    expect_text("\xf4\x90\x80\x80", "????");      /* above U+10FFFF */
    expect_text("a\xff"
                "b\x80",
                "a?b?");
}

static void test_finding_text_is_cut_between_characters_or_marked(void **state)
{
    char longer[LIMIT_FINDING_TEXT + 10];
    struct finding finding;

    (void)state;
    memset(longer, 'a', sizeof(longer));
    longer[sizeof(longer) - 1] = '\0';
    memcpy(longer + LIMIT_FINDING_TEXT - 3, "\xe9\x96\xa2", 3); /* two octets fit */
    finding_set(&finding, FINDING_POLICY, 0, "rule", "%s", longer);
    assert_int_equal(strlen(finding.text), LIMIT_FINDING_TEXT - 1);
    assert_string_equal(finding.text + LIMIT_FINDING_TEXT - 4, "a??");
}

static void test_finding_codes_are_words_of_their_own(void **state)
{
    int i, k;

    (void)state;
    for (i = 0; i < FINDING_COUNT; i++) {
        const char *code = finding_code_text((enum finding_code)i);

        assert_true(strspn(code, "abcdefghijklmnopqrstuvwxyz-") == strlen(code));
        assert_true(finding_meaning((enum finding_code)i)[0] != '\0');
        for (k = 0; k < i; k++)
            assert_string_not_equal(code, finding_code_text((enum finding_code)k));
    }
    assert_string_equal(finding_code_text(FINDING_NO_PATH), "no-path");
    assert_string_equal(finding_code_text(FINDING_BUDGET_EXHAUSTED), "budget-exhausted");
    assert_string_equal(verdict_kind_text(VERDICT_UNDETERMINED), "undetermined");
    assert_string_equal(verdict_kind_text(VERDICT_VALID), "valid");
    assert_string_equal(verdict_kind_text(VERDICT_INVALID), "invalid");
    assert_string_equal(verdict_kind_text(VERDICT_REVOKED), "revoked");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verdict_ignores_findings_past_its_room),
        cmocka_unit_test(test_finding_text_is_printable_utf8),
        cmocka_unit_test(test_finding_text_is_cut_between_characters_or_marked),
        cmocka_unit_test(test_finding_codes_are_words_of_their_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
