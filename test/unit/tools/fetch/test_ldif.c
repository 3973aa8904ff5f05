/* SPDX-License-Identifier: Apache-2.0 */
/* LDIF records as libldap reads them, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include <ldap.h>
#include <ldif.h> /* needs stdio.h */

#include "core/limits.h"
#include "tools/fetch/ldif.h"

static FILE *open_text(const char *text)
{
    FILE *file = fmemopen((void *)(uintptr_t)text, strlen(text), "r");

    assert_non_null(file);
    return file;
}

/* ---- against libldap ---- */

static void check_line(const struct ldif_line *line, char *theirs)
{
    struct berval type, value;
    int is_owned = 0;

    assert_int_equal(ldif_parse_line2(theirs, &type, &value, &is_owned), 0);
    assert_true(bytes_equal(line->type, bytes_of(type.bv_val, type.bv_len)));
    assert_true(bytes_equal(line->value, bytes_of(value.bv_val, value.bv_len)));
    if (is_owned)
        ber_memfree(value.bv_val);
}

/* The same records, lines and values, in the same order. */
static void compare(const char *text)
{
    LDIFFP theirs = {.fp = open_text(text)};
    FILE *file = open_text(text);
    const struct ldif_record *record;
    struct ldif_line dn = {.type = bytes_of("dn", 2)};
    struct ldif ldif;
    unsigned long number = 0;
    char *buf = NULL, *rest, *line;
    int size = 0;
    size_t i;

    ldif_init(&ldif, file);
    while (ldif_read_record(&theirs, &number, &buf, &size) > 0) {
        assert_int_equal(ldif_next(&ldif, &record, NULL), SK_OK);
        rest = buf;
        line = ldif_getline(&rest);
        assert_non_null(line);
        if (strncmp(line, "version:", 8) == 0)
            line = ldif_getline(&rest);
        dn.value = record->dn;
        check_line(&dn, line);
        for (i = 0; i < record->num; i++) {
            line = ldif_getline(&rest);
            assert_non_null(line);
            check_line(&record->lines[i], line);
        }
        assert_null(ldif_getline(&rest));
    }
    assert_int_equal(ldif_next(&ldif, &record, NULL), SK_NOTFOUND);
    ldif_done(&ldif);
    ber_memfree(buf);
    (void)fclose(theirs.fp);
    (void)fclose(file);
}

static void test_ldif_reads_what_libldap_reads(void **state)
{
    static const char *const texts[] = {
        "dn: c=JP\nc: JP\n",
        "dn: c=JP\nc: JP",
        "version: 1\ndn: c=JP\nc: JP\n\n\n\ndn: o=x,c=JP\no: x\n\n",
        "dn:: Yz1KUA==\nc:: SlA=\ndescription:: AAEC\n",
        "dn: o=long,\n c=J\n P\no: lo\n n\n g\ndescription: a\n  b\n",
        "# before\n# it\ndn: c=JP\n# between\nc: JP\n# after\n\n# alone\n\ndn: c=US\nc: US\n",
        "dn: c=JP\r\nc: JP\r\n\r\ndn: c=US\r\nc: US\r\n",
        "dn: c=JP\ncn;lang-ja:: 6Zai5omA\nuserCertificate;binary:: AAEC\nempty:\nblank: \n",
        "dn: c=JP\ndescription:no blank\ndescription:   three\ndescription: a: b :: c\n",
        "dn: cn=\xe9\x96\xa2\xe6\x89\x80,c=JP\ncn: \xe9\x96\xa2\xe6\x89\x80\n",
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        compare(texts[i]);
}

/* ---- what is refused ---- */

static void test_ldif_refuses_one_record_and_goes_on(void **state)
{
    static const struct {
        const char *text, *why;
    } bad[] = {
        {"c: JP\n", "line 1: a record begins with dn:, not with c:"},
        {"include: file:///etc/passwd\n", "line 1: a record begins with dn:"},
        {"dn: c=JP\nno colon\n", "line 2: no attribute type and ':'"},
        {"dn: c=JP\n: no type\n", "line 2: no attribute type and ':'"},
        {" dn: c=JP\nc: JP\n", "line 1: a record begins with dn:, not with  dn:"},
        {" \n", "line 1: no attribute type and ':'"},
        {"dn: c=JP\nc:< file:///etc/passwd\n", "line 2: values of other files or addresses"},
        {"dn: c=JP\nc:: %%%\n", "line 2: not base64"},
        {"dn: c=JP\nc:: AAE\n", "line 2: not base64"},
        {"dn: c=JP\nchangetype: add\nc: JP\n", "line 2: a change, not an entry"},
        {"dn: c=JP\ncontrol: 1.2.3 true\nchangetype: delete\n", "a change, not an entry"},
    };
    const struct ldif_record *record;
    char text[256];
    struct sk_err err;
    struct ldif ldif;
    FILE *file;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        (void)snprintf(text, sizeof(text), "%s\ndn: c=good\nc: good\n", bad[i].text);
        file = open_text(text);
        ldif_init(&ldif, file);
        err_clear(&err);
        assert_int_equal(ldif_next(&ldif, &record, &err), SK_INPUT);
        if (strstr(err.text, bad[i].why) == NULL)
            fail_msg("%s: '%s', not '%s'", bad[i].text, err.text, bad[i].why);
        assert_int_equal(ldif.record.number, 1);
        assert_int_equal(ldif_next(&ldif, &record, NULL), SK_OK);
        assert_true(bytes_equal(record->dn, bytes_of("c=good", 6)));
        assert_int_equal(ldif_next(&ldif, &record, NULL), SK_NOTFOUND);
        ldif_done(&ldif);
        (void)fclose(file);
    }
}

static void test_ldif_ends_with_another_version(void **state)
{
    FILE *file = open_text("version: 2\n\ndn: c=JP\nc: JP\n");
    const struct ldif_record *record;
    struct ldif ldif;

    (void)state;
    ldif_init(&ldif, file);
    assert_int_equal(ldif_next(&ldif, &record, NULL), SK_INPUT);
    assert_int_equal(ldif_next(&ldif, &record, NULL), SK_NOTFOUND);
    ldif_done(&ldif);
    (void)fclose(file);
}

static void test_ldif_refuses_a_nul_outside_base64(void **state)
{
    static const char text[] = "dn: c=JP\nc: J\0P\n";
    FILE *file = fmemopen((void *)(uintptr_t)text, sizeof(text) - 1, "r");
    const struct ldif_record *record;
    struct ldif ldif;

    (void)state;
    ldif_init(&ldif, file);
    assert_int_equal(ldif_next(&ldif, &record, NULL), SK_INPUT);
    ldif_done(&ldif);
    (void)fclose(file);
}

/* A record past the caps is passed over without being kept; the one behind it is read. */
static void test_ldif_passes_over_a_record_that_is_too_large(void **state)
{
    static const struct {
        size_t max, lines;
        enum sk_status expected;
    } sizes[] = {
        {1000, 10, SK_OK},
        {1000, 200, SK_LIMIT},
        {LIMIT_LDIF_RECORD_BYTES, LIMIT_DIR_ENTRY_VALUES - 1, SK_OK},
        {LIMIT_LDIF_RECORD_BYTES, LIMIT_DIR_ENTRY_VALUES, SK_LIMIT},
        {LIMIT_LDIF_RECORD_BYTES, 3 * LIMIT_DIR_ENTRY_VALUES, SK_LIMIT},
    };
    const struct ldif_record *record;
    struct ldif ldif;
    struct sk_buf text;
    FILE *file;
    size_t i, j;

    (void)state;
    buf_init(&text, 1u << 24);
    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        buf_reset(&text);
        buf_put_text(&text, "dn: c=JP\n");
        for (j = 0; j < sizes[i].lines; j++)
            buf_put_text(&text, "cn: JP\n");
        buf_put_text(&text, "\ndn: c=good\nc: good\n");
        assert_int_equal(buf_status(&text), SK_OK);
        file = fmemopen(text.data, text.len, "r");
        ldif_init(&ldif, file);
        ldif.max_bytes = sizes[i].max;
        assert_int_equal(ldif_next(&ldif, &record, NULL), sizes[i].expected);
        assert_int_equal(ldif_next(&ldif, &record, NULL), SK_OK);
        assert_true(bytes_equal(record->dn, bytes_of("c=good", 6)));
        assert_true(ldif.text.cap <= 2 * (sizes[i].max + 1) && ldif.text.cap < (1u << 21));
        ldif_done(&ldif);
        (void)fclose(file);
    }
    buf_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ldif_reads_what_libldap_reads),
        cmocka_unit_test(test_ldif_refuses_one_record_and_goes_on),
        cmocka_unit_test(test_ldif_ends_with_another_version),
        cmocka_unit_test(test_ldif_refuses_a_nul_outside_base64),
        cmocka_unit_test(test_ldif_passes_over_a_record_that_is_too_large),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
