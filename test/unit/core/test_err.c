/* SPDX-License-Identifier: Apache-2.0 */
/* What programs say: statuses, the text of errors, log lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <openssl/err.h>
#include <string.h>
#include <unistd.h>

#include "core/err.h"
#include "core/log.h"

static void test_status_names_are_words_of_their_own(void **state)
{
    int i, k;

    (void)state;
    for (i = SK_OK; i <= SK_INTERNAL; i++)
        for (k = SK_OK; k < i; k++)
            assert_string_not_equal(status_name((enum sk_status)i), status_name((enum sk_status)k));
    assert_string_equal(status_name(SK_LIMIT), "limit");
}

static void test_err_may_be_nobodys(void **state)
{
    (void)state;
    err_clear(NULL);
    assert_int_equal(err_set(NULL, SK_INPUT, "x"), SK_INPUT);
    assert_int_equal(err_errno(NULL, SK_IO, "x"), SK_IO);
    assert_int_equal(err_openssl(NULL, SK_CRYPTO, "x"), SK_CRYPTO);
    assert_int_equal(err_context(NULL, "x"), SK_INTERNAL);
}

static void test_err_text_is_bounded_and_without_controls(void **state)
{
    struct sk_err err = {0};
    char longer[sizeof(err.text) + 100];

    (void)state;
    assert_int_equal(err_set(&err, SK_INPUT, "a\nb\x1b[2J\x7f %s", "\xe9\x96\xa2"), SK_INPUT);
    assert_string_equal(err.text, "a?b?[2J? \xe9\x96\xa2");
    memset(longer, 'a', sizeof(longer));
    longer[sizeof(longer) - 1] = '\0';
    assert_int_equal(err_set(&err, SK_LIMIT, "%s", longer), SK_LIMIT);
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
    assert_int_equal(err_context(&err, "%s", longer), SK_LIMIT);
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
    err_clear(&err);
    assert_int_equal(err.status, SK_OK);
    assert_string_equal(err.text, "");
}

static void test_err_tells_the_reason_and_where(void **state)
{
    struct sk_err err = {0};

    (void)state;
    errno = ENOENT;
    assert_int_equal(err_errno(&err, SK_IO, "%s", "a.conf"), SK_IO);
    assert_string_equal(err.text, "a.conf: No such file or directory");
    assert_int_equal(err_context(&err, "line %d", 7), SK_IO);
    assert_string_equal(err.text, "line 7: a.conf: No such file or directory");
}

static void test_err_takes_openssls_reason_and_empties_its_queue(void **state)
{
    struct sk_err err = {0};

    (void)state;
    ERR_raise_data(ERR_LIB_X509, ERR_R_PASSED_INVALID_ARGUMENT, "of %s\n", "key 7");
    assert_int_equal(err_openssl(&err, SK_CRYPTO, "the key"), SK_CRYPTO);
    assert_int_equal(strncmp(err.text, "the key: error:", 15), 0);
    assert_non_null(strstr(err.text, ": of key 7?"));
    assert_int_equal(ERR_peek_error(), 0);
    assert_int_equal(err_openssl(&err, SK_CRYPTO, "the key"), SK_CRYPTO);
    assert_string_equal(err.text, "the key");
}

/* One line as it goes to standard error; "" when nothing does. */
static void log_one(enum log_level level, const char *text, char *out, size_t size)
{
    int ends[2], kept = dup(STDERR_FILENO);
    ssize_t got;

    assert_true(kept >= 0 && pipe(ends) == 0);
    assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
    log_write(level, "group", "%s", text);
    assert_true(dup2(kept, STDERR_FILENO) >= 0);
    close(ends[1]);
    close(kept);
    got = read(ends[0], out, size - 1);
    assert_true(got >= 0);
    out[got] = '\0';
    close(ends[0]);
}

static void test_log_lines_are_one_line_each(void **state)
{
    char line[2048], longer[1500];

    (void)state;
    log_start("prog", LOG_LEVEL_INFO);
    log_one(LOG_LEVEL_INFO, "two\nlines\x7f", line, sizeof(line));
    assert_non_null(strstr(line, "Z prog["));
    assert_non_null(strstr(line, "] info group: two?lines?\n"));
    memset(longer, 'a', sizeof(longer));
    longer[sizeof(longer) - 1] = '\0';
    log_one(LOG_LEVEL_ERROR, longer, line, sizeof(line));
    assert_in_range(strlen(line), 1000, 1024);
    assert_string_equal(line + strlen(line) - 2, "a\n");
}

static void test_log_keeps_to_its_level(void **state)
{
    char line[256];

    (void)state;
    log_set_level(LOG_LEVEL_WARNING);
    log_one(LOG_LEVEL_INFO, "x", line, sizeof(line));
    assert_string_equal(line, "");
    log_one(LOG_LEVEL_WARNING, "x", line, sizeof(line));
    assert_non_null(strstr(line, " warning group: x\n"));
    log_set_level(LOG_LEVEL_DEBUG);
    log_one(LOG_LEVEL_DEBUG, "x", line, sizeof(line));
    assert_non_null(strstr(line, " debug group: x\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_err_may_be_nobodys),
        cmocka_unit_test(test_err_text_is_bounded_and_without_controls),
        cmocka_unit_test(test_err_tells_the_reason_and_where),
        cmocka_unit_test(test_err_takes_openssls_reason_and_empties_its_queue),
        cmocka_unit_test(test_status_names_are_words_of_their_own),
        cmocka_unit_test(test_log_lines_are_one_line_each),
        cmocka_unit_test(test_log_keeps_to_its_level),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
