/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "tools/ca/dn.h"

static void assert_refused(const char *text, const char *why)
{
    struct sk_err err = {SK_OK, ""};

    if (dn_check(text, &err) == SK_OK)
        fail_msg("accepted: %s", text);
    if (strstr(err.text, why) == NULL)
        fail_msg("%s: '%s' does not say '%s'", text, err.text, why);
}

static void test_dn_refuses_what_is_no_name(void **state)
{
    (void)state;
    assert_refused("", "TYPE=VALUE");
    assert_refused("CN", "TYPE=VALUE");
    assert_refused("CN=", "empty");
    assert_refused("CN=a,", "TYPE=VALUE");
    assert_refused("CN=a+", "TYPE=VALUE");
    assert_refused(",CN=a", "TYPE=VALUE");
    assert_refused("CN= a", "space");
    assert_refused("XYZ=a", "attribute type");
    assert_refused("CN=a;b", "\\;");
    assert_refused("CN=\"a\"", "\\\"");
    assert_refused("CN=#0403", "hexadecimal");
    assert_refused("CN=a\\", "escape");
    assert_refused("CN=a\\2", "escape");
    assert_refused("CN=a\\zz", "escape");
}

static void test_dn_refuses_values_that_do_not_fit_their_type(void **state)
{
    (void)state;
    assert_refused("C=JPN", "C does not fit");
    assert_refused("C=日本", "C does not fit");
    assert_refused("serialNumber=a_b", "serialNumber does not fit");
    assert_refused("DC=例", "DC does not fit");
    assert_refused("CN=\xff\xfe", "CN does not fit");
    assert_refused("CN=12345678901234567890123456789012345678901234567890123456789012345",
                   "CN does");
}

static void test_dn_accepts_a_value_at_its_bound(void **state)
{
    struct sk_err err;

    (void)state;
    assert_int_equal(
        dn_check("CN=1234567890123456789012345678901234567890123456789012345678901234", &err),
        SK_OK);
}

static void test_dn_refuses_printable_that_is_not(void **state)
{
    X509_NAME *name = NULL;
    struct sk_err err;

    (void)state;
    assert_int_equal(dn_parse("CN=a@b", DN_PRINTABLE, &name, &err), SK_INPUT);
    assert_null(name);
}

static void assert_der(const char *text, enum dn_strings strings, const void *der, size_t len)
{
    X509_NAME *name = NULL;
    struct sk_err err = {SK_OK, ""};
    const unsigned char *found;
    size_t found_len;

    if (dn_parse(text, strings, &name, &err) != SK_OK)
        fail_msg("%s: %s", text, err.text);
    assert_int_equal(X509_NAME_get0_der(name, &found, &found_len), 1);
    assert_int_equal(found_len, len);
    assert_memory_equal(found, der, len);
    X509_NAME_free(name);
}
#define ASSERT_DER(text, strings, der) assert_der(text, strings, "" der "", sizeof(der) - 1)

static void test_dn_encodes_the_last_rdn_of_the_text_first(void **state)
{
    (void)state;
    ASSERT_DER("CN=a,C=JP", DN_UTF8,
               "\x30\x19"
               "\x31\x0b\x30\x09\x06\x03\x55\x04\x06\x13\x02JP"
               "\x31\x0a\x30\x08\x06\x03\x55\x04\x03\x0c\x01"
               "a");
}

static void test_dn_uses_the_string_type_asked_for(void **state)
{
    (void)state;
    ASSERT_DER("CN=a", DN_PRINTABLE,
               "\x30\x0c\x31\x0a\x30\x08\x06\x03\x55\x04\x03\x13\x01"
               "a");
    ASSERT_DER("CN=例", DN_UTF8,
               "\x30\x0e\x31\x0c\x30\x0a\x06\x03\x55\x04\x03\x0c\x03\xe4\xbe\x8b");
}

static void test_dn_joins_attributes_of_one_rdn(void **state)
{
    (void)state;
    ASSERT_DER("CN=a+OU=b", DN_UTF8,
               "\x30\x16\x31\x14"
               "\x30\x08\x06\x03\x55\x04\x03\x0c\x01"
               "a"
               "\x30\x08\x06\x03\x55\x04\x0b\x0c\x01"
               "b");
}

static void test_dn_undoes_escapes(void **state)
{
    (void)state;
    ASSERT_DER("CN=\\,\\2b\\+, 2.5.4.3=x", DN_UTF8,
               "\x30\x1a"
               "\x31\x0a\x30\x08\x06\x03\x55\x04\x03\x0c\x01"
               "x"
               "\x31\x0c\x30\x0a\x06\x03\x55\x04\x03\x0c\x03,++");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dn_refuses_what_is_no_name),
        cmocka_unit_test(test_dn_refuses_values_that_do_not_fit_their_type),
        cmocka_unit_test(test_dn_refuses_printable_that_is_not),
        cmocka_unit_test(test_dn_accepts_a_value_at_its_bound),
        cmocka_unit_test(test_dn_encodes_the_last_rdn_of_the_text_first),
        cmocka_unit_test(test_dn_uses_the_string_type_asked_for),
        cmocka_unit_test(test_dn_joins_attributes_of_one_rdn),
        cmocka_unit_test(test_dn_undoes_escapes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
