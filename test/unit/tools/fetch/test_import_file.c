/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A directory from a file: entries of NIST's path validation suite, with the names it tests. Every
 * value that libldap reads in the file is in the generation, octet for octet (L-05), and nothing
 * else. SEKISHO_LDIF names another file.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include <ldap.h>
#include <ldif.h> /* needs stdio.h */

#include "cache/dit.h"
#include "test/support/fetchrun.h"

static const char *file_name(void)
{
    const char *name = getenv("SEKISHO_LDIF");

    return name != NULL ? name : "test/data/ldif/pkits.ldif";
}

static struct sk_bytes take_value(struct fetchrun *f, char *line, struct sk_bytes *out_type)
{
    struct berval type, value;
    struct sk_bytes out;
    int is_owned = 0;

    assert_int_equal(ldif_parse_line2(line, &type, &value, &is_owned), 0);
    *out_type = bytes_of(arena_copy(f->arena, type.bv_val, type.bv_len), type.bv_len);
    out = bytes_of(arena_copy(f->arena, value.bv_val, value.bv_len), value.bv_len);
    if (is_owned)
        ber_memfree(value.bv_val);
    return out;
}

static void check_value(const struct dir_entry *entry, struct sk_bytes type, struct sk_bytes value)
{
    struct dir_description description;
    const struct dir_values *values;
    size_t i;

    assert_int_equal(dir_schema_describe(type, &description), SK_OK);
    assert_non_null(description.attribute);
    values = dir_entry_get0(entry, description.attribute);
    assert_non_null(values);
    for (i = 0; i < values->num && !bytes_equal(values->values[i], value); i++)
        continue;
    assert_true(i < values->num);
}

/* Returns whether it was a record of an entry. */
static bool check_record(struct fetchrun *f, struct sk_reader *reader, char *record)
{
    struct sk_bytes type, value;
    struct dir_entry entry;
    struct dir_key key;
    size_t i, num = 0, expected = 0;
    char *line = ldif_getline(&record);

    if (line != NULL && strncmp(line, "version:", 8) == 0)
        line = ldif_getline(&record);
    if (line == NULL)
        return false;
    value = take_value(f, line, &type);
    assert_true(bytes_equal(type, bytes_of("dn", 2)));
    assert_int_equal(dir_dn_key(f->arena, value, &key, NULL), SK_OK);
    assert_int_equal(dit_get(reader, f->arena, &key, &entry), SK_OK);
    assert_true(bytes_equal(entry.dn, value));
    while ((line = ldif_getline(&record)) != NULL) {
        value = take_value(f, line, &type);
        check_value(&entry, type, value);
        expected++;
    }
    for (i = 0; i < entry.num; i++)
        num += entry.attributes[i].num;
    assert_int_equal(num, expected);
    return true;
}

static void test_import_takes_the_suite_octet_for_octet(void **state)
{
    struct fetchrun *f = *state;
    struct sk_bytes text = pki_file(f->arena, file_name());
    LDIFFP *file = ldif_open(file_name(), "r");
    struct sk_reader *reader;
    unsigned long number = 0;
    char *record = NULL;
    int size = 0;
    size_t num = 0;

    assert_non_null(text.p);
    assert_non_null(file);
    fetchrun_write_file(f, "x.ldif", text);
    f->config_more = "[repository]\nldif = x.ldif\n";
    assert_int_equal(fetchrun_run(f), 0);
    assert_string_equal(f->text, "");
    reader = fetchrun_open_reader(f);
    while (ldif_read_record(file, &number, &record, &size) > 0)
        num += check_record(f, reader, record);
    assert_true(num > 20);
    /* And the CA of the run with what is above it. */
    assert_int_equal(dit_num_entries(reader), num + 3);
    reader_free(reader);
    ber_memfree(record);
    ldif_close(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_import_takes_the_suite_octet_for_octet, fetchrun_setup,
                                        fetchrun_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
