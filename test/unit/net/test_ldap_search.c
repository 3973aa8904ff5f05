/* SPDX-License-Identifier: Apache-2.0 */
/* Searches over a small published directory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "test/support/ldap_tree.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- scopes and names ---- */

static void each_scope_has_its_entries(void **state)
{
    static const struct {
        struct tree_ask ask;
        int code;
        unsigned entries, references;
    } rows[] = {
        {{.base = "c=JP", .scope = 0}, 0, 1, 0},
        {{.base = "c=JP", .scope = 1}, 0, 2, 0},
        {{.base = "c=JP", .scope = 2}, 0, 4 + TREE_PEOPLE, 1},
        {{.base = "o=Test,c=JP", .scope = 1}, 0, 1, 1},
        {{.base = "ou=People,o=Test,c=JP", .scope = 1}, 0, TREE_PEOPLE, 0},
        {{.base = "ou=People,o=Test,c=JP", .scope = 2}, 0, TREE_PEOPLE + 1, 0},
        {{.base = "cn=Person 7,ou=People,o=Test,c=JP", .scope = 2}, 0, 1, 0},
        {{.base = "cn=Person 7,ou=People,o=Test,c=JP", .scope = 1}, 0, 0, 0},
        {{.base = " OU = people ; O=\"test\", C=jp", .scope = 0}, 0, 1, 0}, /* L-16 */
        {{.base = "", .scope = 0}, 0, 1, 0},
        {{.base = "", .scope = 1}, 32, 0, 0},
        {{.base = "", .scope = 2}, 32, 0, 0},
        {{.base = "cn=Subschema", .scope = 0}, 0, 1, 0},
        {{.base = "CN=subschema", .scope = 2}, 0, 1, 0},
        {{.base = "cn=Subschema", .scope = 1}, 0, 0, 0},
        {{.base = "", .scope = 0, .filter = "(objectClass=person)"}, 0, 0, 0},
        {{.base = "", .scope = 0, .filter = "(supportedLDAPVersion=*)"}, 0, 1, 0},
        {{.base = "", .scope = 0, .filter = "(vendorName=Sekisho)"}, 0, 1, 0},
    };
    struct tree_seen *seen = malloc(sizeof(*seen));
    size_t i;

    assert_non_null(seen);
    for (i = 0; i < COUNT(rows); i++) {
        tree_search(*state, &rows[i].ask, seen);
        if (seen->code != rows[i].code || seen->entries != rows[i].entries ||
            seen->references != rows[i].references)
            fail_msg("'%s' scope %d: code %d, %u entries, %u references", rows[i].ask.base,
                     rows[i].ask.scope, seen->code, seen->entries, seen->references);
    }
    free(seen);
}

/* L-10, L-11 */
static void a_base_that_is_not_there(void **state)
{
    static const struct {
        const char *base;
        int code;
        const char *matched;
    } rows[] = {
        {"cn=Nobody,ou=People,o=Test,c=JP", 32, "ou=People,o=Test,c=JP"},
        {"cn=a,cn=b,ou=Gone,o=Test,c=JP", 32, "o=Test,c=JP"},
        {"c=US", 32, ""},
        {"o=Test,c=US", 32, ""},
        {"c", 34, ""},
        {"c=JP,", 34, ""},
        {"noSuchType=x,c=JP", 34, ""},
        {"c=a,c=a,c=a,c=a,c=a,c=a,c=a,c=a,c=a,c=a,c=a,c=a,c=a,c=a,c=a,c=a", 11, ""},
    };
    struct tree_seen *seen = malloc(sizeof(*seen));
    size_t i;

    assert_non_null(seen);
    for (i = 0; i < COUNT(rows); i++) {
        const struct tree_ask ask = {.base = rows[i].base, .scope = 2};

        tree_search(*state, &ask, seen);
        if (seen->code != rows[i].code)
            fail_msg("%s: code %d", rows[i].base, seen->code);
        assert_string_equal(seen->matched, rows[i].matched);
        assert_int_equal(seen->entries + seen->references, 0); /* L-13 */
    }
    free(seen);
}

/* L-10, L-12, L-14 */
static void referral_objects_refer(void **state)
{
    static const struct {
        struct tree_ask ask;
        int code;
        const char *urls;
    } rows[] = {
        {{.base = "ou=Far,o=Test,c=JP", .scope = 0},
         10,
         "ldap://far/ou=Far,o=Other,c=JP??base ldaps://far2/ou=Far,o=Test,c=JP??base "},
        {{.base = "cn=x\\, y?\xe6\x97\xa5 , ou=b;ou=Far,o=Test,c=JP", .scope = 2},
         10,
         "ldap://far/cn=x%5C,%20y%3F%E6%97%A5%20,%20ou=b,ou=Far,o=Other,c=JP??sub "
         "ldaps://far2/cn=x%5C,%20y%3F%E6%97%A5%20,%20ou=b,ou=Far,o=Test,c=JP??sub "},
        {{.base = "o=Test,c=JP", .scope = 1},
         0,
         "ldap://far/ou=Far,o=Other,c=JP??base ldaps://far2/ou=Far,o=Test,c=JP??base "},
        {{.base = "c=JP", .scope = 2, .filter = "(cn=Person 5)"}, /* by the index */
         0,
         "ldap://far/ou=Far,o=Other,c=JP??sub ldaps://far2/ou=Far,o=Test,c=JP??sub "},
        {{.base = "ou=Far,o=Test,c=JP", .scope = 0, .manages = true}, 0, ""},
        {{.base = "cn=x,ou=Far,o=Test,c=JP", .scope = 0, .manages = true},
         10,
         "ldap://far/cn=x,ou=Far,o=Other,c=JP??base ldaps://far2/cn=x,ou=Far,o=Test,c=JP??base "},
    };
    struct tree_seen *seen = malloc(sizeof(*seen));
    size_t i;

    assert_non_null(seen);
    for (i = 0; i < COUNT(rows); i++) {
        tree_search(*state, &rows[i].ask, seen);
        assert_int_equal(seen->code, rows[i].code);
        assert_string_equal(seen->urls, rows[i].urls);
        assert_int_equal(seen->references, rows[i].code == 0 && !rows[i].ask.manages);
    }
    assert_string_equal(seen->matched, "ou=Far,o=Test,c=JP");
    free(seen);
}

static void who_manages_sees_referral_objects(void **state)
{
    const struct tree_ask ask = {.base = "o=Test,c=JP",
                                 .scope = 2,
                                 .filter = "(objectClass=referral)",
                                 .manages = true,
                                 .attributes = {"ref"}};
    struct tree_seen *seen = malloc(sizeof(*seen));

    assert_non_null(seen);
    tree_search(*state, &ask, seen);
    assert_int_equal(seen->code, 0);
    assert_string_equal(seen->names, "ou=Far,o=Test,c=JP\n");
    assert_string_equal(seen->attributes, "ref=2;");
    free(seen);
}

/* ---- attributes ---- */

static void attributes_are_those_that_were_asked_for(void **state)
{
    static const struct {
        const char *base;
        const char *names[8];
        bool types_only;
        const char *attributes;
    } rows[] = {
        {"o=Test,c=JP", {NULL}, false, "objectClass=2;o=1;description=1;"},
        {"o=Test,c=JP", {"*"}, false, "objectClass=2;o=1;description=1;"},
        {"o=Test,c=JP", {"1.1"}, false, ""},
        {"o=Test,c=JP", {"1.1", "o"}, false, "o=1;"},
        {"o=Test,c=JP",
         {"+"},
         false,
         "entryDN=1;subschemaSubentry=1;structuralObjectClass=1;hasSubordinates=1;"},
        {"o=Test,c=JP", {"hasSubordinates", "o"}, false, "o=1;hasSubordinates=1;"},
        {"o=Test,c=JP", {"modifyTimestamp"}, false, ""},
        {"o=Test,c=JP", {"DESCRIPTION", "2.5.4.10"}, false, "o=1;description=1;"},
        {"o=Test,c=JP", {"name"}, false, "o=1;"},                              /* a subtype */
        {"o=Test,c=JP", {"noSuch", "o;binary", "x y", "o"}, false, "o=1;"},    /* L-04 */
        {"o=Test,c=JP", {"o", "*"}, true, "objectClass=0;o=0;description=0;"}, /* L-18 */
        {"", {NULL}, false, "objectClass=1;"},
        {"", {"supportedLDAPVersion"}, false, "supportedLDAPVersion=1;"},
        {"", {"namingContexts"}, false, "namingContexts=1;"},
        {"", {"supportedExtension"}, false, "supportedExtension=1;"},
        {"cn=Subschema", {NULL}, false, "objectClass=3;cn=1;"},
    };
    struct tree_seen *seen = malloc(sizeof(*seen));
    size_t i, j;

    assert_non_null(seen);
    for (i = 0; i < COUNT(rows); i++) {
        struct tree_ask ask = {.base = rows[i].base, .types_only = rows[i].types_only};

        for (j = 0; j < 8; j++)
            ask.attributes[j] = rows[i].names[j];
        tree_search(*state, &ask, seen);
        assert_int_equal(seen->entries, 1);
        assert_string_equal(seen->attributes, rows[i].attributes);
    }
    free(seen);
}

/* ---- limits: L-17 ---- */

static void limits_end_a_search(void **state)
{
    static const struct {
        struct tree_ask ask;
        unsigned size, time, looks;
        int code;
        unsigned entries;
    } rows[] = {
        {{.base = "c=JP", .scope = 2, .size_limit = 10}, 0, 0, 0, 4, 10},
        {{.base = "c=JP", .scope = 2, .size_limit = 10}, 5, 0, 0, 4, 5},
        {{.base = "c=JP", .scope = 2, .size_limit = 5}, 10, 0, 0, 4, 5},
        {{.base = "c=JP", .scope = 2}, 100, 0, 0, 4, 100},
        {{.base = "c=JP", .scope = 2, .size_limit = 4 + TREE_PEOPLE}, 0, 0, 0, 0, 4 + TREE_PEOPLE},
        {{.base = "c=JP", .scope = 2, .size_limit = 3 + TREE_PEOPLE}, 0, 0, 0, 4, 3 + TREE_PEOPLE},
        {{.base = "c=JP", .scope = 2, .filter = "(sn=*)"}, 0, 0, 5 + TREE_PEOPLE, 0, TREE_PEOPLE},
        {{.base = "c=JP", .scope = 2, .filter = "(l=nowhere)"}, 0, 0, 4 + TREE_PEOPLE, 11, 0},
        {{.base = "c=JP", .scope = 2, .filter = "(cn=Person 9)"}, 0, 0, 3, 0, 1}, /* indexed */
        {{.base = "c=JP", .scope = 0}, 1, 1, 1, 0, 1},
    };
    struct tree *f = *state;
    struct tree_seen *seen = malloc(sizeof(*seen));
    size_t i;

    assert_non_null(seen);
    for (i = 0; i < COUNT(rows); i++) {
        f->config.size_limit = rows[i].size;
        f->config.time_limit_s = rows[i].time;
        f->config.look_through = rows[i].looks;
        tree_search(f, &rows[i].ask, seen);
        if (seen->code != rows[i].code || seen->entries != rows[i].entries)
            fail_msg("row %zu: code %d, %u entries", i, seen->code, seen->entries);
    }
    f->config.size_limit = f->config.time_limit_s = f->config.look_through = 0;
    free(seen);
}

static void time_ends_a_search_between_slices(void **state)
{
    struct tree_ask ask = {.base = "c=JP", .scope = 2, .late_us = 700000};
    struct tree *f = *state;
    struct tree_seen *seen = malloc(sizeof(*seen));

    assert_non_null(seen);
    tree_search(f, &ask, seen);
    assert_int_equal(seen->code, 0);
    assert_in_range(seen->slices, 5, 1000); /* else the following shows nothing */
    ask.time_limit = 2;
    tree_search(f, &ask, seen);
    assert_int_equal(seen->code, 3);
    assert_int_equal(seen->slices, 3);
    assert_in_range(seen->entries, 1, TREE_PEOPLE / 2);
    ask.time_limit = 0;
    f->config.time_limit_s = 1;
    tree_search(f, &ask, seen);
    assert_int_equal(seen->code, 3);
    assert_int_equal(seen->slices, 2);
    f->config.time_limit_s = 0;
    free(seen);
}

static void filters_that_cannot_be(void **state)
{
    const struct ldap_env env = {.config = &((struct tree *)*state)->config};
    static uint8_t deep[4 * 40];
    struct ldap_request request = {.id = 1, .kind = LDAP_SEARCH};
    struct ldap_search *search;
    unsigned i;

    for (i = 0; i < 39; i++) { /* 39 times NOT */
        deep[2 * i] = 0xa2;
        deep[2 * i + 1] = (uint8_t)(2 * (38 - i) + 4);
    }
    memcpy(deep + 78,
           "\x87\x02"
           "cn",
           4);
    request.of.search.filter = bytes_of(deep, 82);
    search = ldap_search_new(&env, &request, 0);
    assert_int_equal(ldap_search_result_get0(search)->code, LDAP_ADMIN_LIMIT_EXCEEDED);
    ldap_search_free(search);
    request.of.search.filter = bytes_of("\xa0\x03\x87\x02x", 5);
    search = ldap_search_new(&env, &request, 0);
    assert_int_equal(ldap_search_result_get0(search)->code, LDAP_PROTOCOL_ERROR);
    ldap_search_free(search);
}

/* ---- plans ---- */

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void sort_names(char *names)
{
    static char *lines[TREE_PEOPLE + 16], copy[TREE_NAMES];
    size_t num = 0, i, at = 0;
    char *line = names, *end;

    for (; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        *end = '\0';
        lines[num++] = line;
    }
    qsort(lines, num, sizeof(lines[0]), compare_lines);
    for (i = 0; i < num; i++)
        at += (size_t)snprintf(copy + at, sizeof(copy) - at, "%s\n", lines[i]);
    copy[at] = '\0';
    memcpy(names, copy, at + 1);
}

static void what_the_server_makes_is_searched_for(void **state)
{
    static const struct {
        const char *filter;
        unsigned entries;
    } rows[] = {
        {"(hasSubordinates=TRUE)", 3},
        {"(&(!(hasSubordinates=TRUE))(objectClass=organization))", 1},
        {"(entryDN=O=test , c=jp)", 1},
        {"(&(sn=sato)(entryDN=cn=person 2,ou=people,o=test,c=jp))", 1}, /* by the index of sn */
        {"(&(sn=suzuki)(entryDN=cn=person 2,ou=people,o=test,c=jp))", 0},
        {"(|(uid=u3)(entryDN=cn=person 2,ou=people,o=test,c=jp))", 2},
        {"(structuralObjectClass=person)", TREE_PEOPLE},
        {"(subschemaSubentry=*)", 4 + TREE_PEOPLE},
        {"(modifyTimestamp=*)", 0},
    };
    struct tree_seen *seen = malloc(sizeof(*seen));
    size_t i;

    assert_non_null(seen);
    for (i = 0; i < COUNT(rows); i++) {
        const struct tree_ask ask = {.base = "c=JP", .scope = 2, .filter = rows[i].filter};

        tree_search(*state, &ask, seen);
        if (seen->code != 0 || seen->entries != rows[i].entries)
            fail_msg("%s: code %d, %u entries", rows[i].filter, seen->code, seen->entries);
    }
    free(seen);
}

/* Behind a double negation no index is used: what is given must be the same. */
static void an_index_leaves_nothing_out(void **state)
{
    static const char *const filters[] = {
        "(cn=person 5)",
        "(CN=Person  12)",
        "(uid=u7)",
        "(uid=U7)",
        "(sn=sato)",
        "(&(sn=suzuki)(cn=Person 3))",
        "(&(sn=suzuki)(cn=Person 4))",
        "(&(l=Nara)(sn=sato))",
        "(|(cn=Person 1)(cn=Person 2)(uid=u2)(uid=u9)(uid=u1))",
        "(|(cn=Person 1)(l=Nara))",
        "(|(&(cn=Person 1)(l=Nara))(&(uid=u2)(sn=*)))",
        "(&(|(uid=u1)(uid=u2))(|(uid=u2)(uid=u3)))",
        "(objectClass=person)",
        "(objectClass=organizationalUnit)",
        "(objectClass=top)",
        "(&(objectClass=top)(uid=u77))",
        "(name=Person 8)",
        "(&(noSuch=x)(uid=u1))",
        "(|(noSuch=x)(uid=u1))",
        "(!(uid=u1))",
        "(uid=u1*)",
        "(&)",
        "(|)",
        "(&(uid=nobody)(sn=sato))",
    };
    static const char *const bases[] = {"c=JP", "ou=People,o=Test,c=JP", "o=Test,c=JP"};
    struct tree_seen *seen = malloc(2 * sizeof(*seen));
    char doubled[256];
    size_t i, j;
    int scope;

    assert_non_null(seen);
    for (i = 0; i < COUNT(filters); i++) {
        (void)snprintf(doubled, sizeof(doubled), "(!(!%s))", filters[i]);
        for (j = 0; j < COUNT(bases); j++) {
            for (scope = 0; scope < 3; scope++) {
                const struct tree_ask one = {
                    .base = bases[j], .scope = scope, .filter = filters[i]};
                const struct tree_ask two = {.base = bases[j], .scope = scope, .filter = doubled};

                tree_search(*state, &one, &seen[0]);
                tree_search(*state, &two, &seen[1]);
                sort_names(seen[0].names);
                sort_names(seen[1].names);
                if (strcmp(seen[0].names, seen[1].names) != 0 ||
                    seen[0].references != seen[1].references)
                    fail_msg("%s below %s, scope %d: %u and %u entries", filters[i], bases[j],
                             scope, seen[0].entries, seen[1].entries);
            }
        }
    }
    free(seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_scope_has_its_entries),
        cmocka_unit_test(a_base_that_is_not_there),
        cmocka_unit_test(referral_objects_refer),
        cmocka_unit_test(who_manages_sees_referral_objects),
        cmocka_unit_test(attributes_are_those_that_were_asked_for),
        cmocka_unit_test(limits_end_a_search),
        cmocka_unit_test(time_ends_a_search_between_slices),
        cmocka_unit_test(filters_that_cannot_be),
        cmocka_unit_test(what_the_server_makes_is_searched_for),
        cmocka_unit_test(an_index_leaves_nothing_out),
    };

    return cmocka_run_group_tests(tests, tree_setup, tree_teardown);
}
