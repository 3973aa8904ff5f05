/* SPDX-License-Identifier: Apache-2.0 */
/* Compares over a small published directory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "net/ldap_compare.h"
#include "test/support/ldap_tree.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct sk_bytes text(const char *s)
{
    return bytes_of(s, strlen(s));
}

/* ---- compare ---- */

static void compares_have_their_codes(void **state)
{
    static const struct {
        const char *entry, *attribute, *value;
        enum ldap_code code;
    } rows[] = {
        {"o=Test,c=JP", "o", "TEST", LDAP_COMPARE_TRUE},
        {"o=Test,c=JP", "2.5.4.10", " test ", LDAP_COMPARE_TRUE},
        {"o=Test,c=JP", "o", "other", LDAP_COMPARE_FALSE},
        {"o=Test,c=JP", "name", "test", LDAP_COMPARE_TRUE}, /* a subtype */
        {"o=Test,c=JP", "cn", "x", LDAP_NO_SUCH_ATTRIBUTE},
        {"o=Test,c=JP", "noSuch", "x", LDAP_UNDEFINED_ATTRIBUTE_TYPE},
        {"o=Test,c=JP", "o;binary", "x", LDAP_UNDEFINED_ATTRIBUTE_TYPE},
        {"o=Test,c=JP", "userCertificate;binary", "x", LDAP_INVALID_ATTRIBUTE_SYNTAX},
        {"o=Test,c=JP", "userCertificate", "5$c=JP", LDAP_NO_SUCH_ATTRIBUTE},
        {"o=Gone,c=JP", "o", "x", LDAP_NO_SUCH_OBJECT},
        {"o=,,", "o", "x", LDAP_INVALID_DN_SYNTAX},
        {"cn=a,ou=Far,o=Test,c=JP", "cn", "a", LDAP_REFERRAL},
        {"", "supportedLDAPVersion", "3", LDAP_INAPPROPRIATE_MATCHING}, /* RFC 4512 5.1.4 */
        {"", "vendorName", "Sekisho", LDAP_COMPARE_TRUE},
        {"o=Test,c=JP", "entryDN", "O=TEST , C=jp", LDAP_COMPARE_TRUE},
        {"o=Test,c=JP", "entryDN", "c=JP", LDAP_COMPARE_FALSE},
        {"o=Test,c=JP", "hasSubordinates", "TRUE", LDAP_COMPARE_TRUE},
        {"cn=Person 1,ou=People,o=Test,c=JP", "hasSubordinates", "TRUE", LDAP_COMPARE_FALSE},
        {"o=Test,c=JP", "structuralObjectClass", "2.5.6.4", LDAP_COMPARE_TRUE},
        {"o=Test,c=JP", "createTimestamp", "20260101000000Z", LDAP_NO_SUCH_ATTRIBUTE},
        {"cn=subschema", "objectClass", "subschema", LDAP_COMPARE_TRUE},
    };
    struct tree *f = *state;
    const struct ldap_env env = {.config = &f->config, .reader = f->reader};
    struct ldap_result result;
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        struct ldap_request request = {.kind = LDAP_COMPARE};

        request.of.compare = (struct ldap_compare_request){
            text(rows[i].entry), text(rows[i].attribute), text(rows[i].value)};
        ldap_compare(&env, f->scratch, &request, &result);
        if (result.code != rows[i].code)
            fail_msg("%s %s %s: %u", rows[i].entry, rows[i].attribute, rows[i].value,
                     (unsigned)result.code);
    }
}

static void without_a_generation_there_is_the_root_alone(void **state)
{
    struct tree *f = *state;
    struct sk_reader *reader = f->reader;
    const struct tree_ask root = {.base = ""}, tree = {.base = "c=JP", .scope = 2};
    struct tree_seen *seen = malloc(sizeof(*seen));

    assert_non_null(seen);
    f->reader = NULL;
    tree_search(f, &root, seen);
    assert_int_equal(seen->entries, 1);
    tree_search(f, &tree, seen);
    assert_int_equal(seen->code, 32);
    f->reader = reader;
    free(seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compares_have_their_codes),
        cmocka_unit_test(without_a_generation_there_is_the_root_alone),
    };

    return cmocka_run_group_tests(tests, tree_setup, tree_teardown);
}
