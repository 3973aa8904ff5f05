/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The schema: look-up, descriptions, and the subschema's texts, which OpenLDAP's own parser reads
 * and which must say what the tables say.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <ldap.h>
#include <ldap_schema.h>
#include <stdio.h>

#include "core/dir_schema_int.h"
#include "core/oid.h"

static struct sk_bytes text_of(const char *text)
{
    return bytes_of(text, strlen(text));
}

static const struct dir_attribute *attribute(const char *name)
{
    return dir_schema_attribute(text_of(name));
}

static const struct dir_class *class_of(const char *name)
{
    return dir_schema_class(text_of(name));
}

static void test_schema_finds_nothing_for_wrong_names(void **state)
{
    static const char *const bad[] = {"",      "cnx",   "cn ",  " cn",       "cn;",
                                      "2.5.4", "top\n", "pkiC", "2.5.4.300", "ppersonn"};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_null(attribute(bad[i]));
        assert_null(class_of(bad[i]));
        assert_int_equal(dir_schema_rule(text_of(bad[i])), DIR_RULE_NONE);
    }
    assert_null(dir_schema_attribute(bytes_of("cn", 3))); /* with its NUL */
    assert_null(dir_schema_attribute(bytes_of(NULL, 0)));
    /* types, classes and rules have names of their own */
    assert_null(class_of("cn"));
    assert_null(attribute("top"));
    assert_null(attribute("caseIgnoreMatch"));
}

static void test_schema_finds_names_and_oids_in_any_letter_case(void **state)
{
    (void)state;
    assert_ptr_equal(attribute("cn"), attribute("commonName"));
    assert_ptr_equal(attribute("cn"), attribute("COMMONNAME"));
    assert_ptr_equal(attribute("cn"), attribute("2.5.4.3"));
    assert_ptr_equal(attribute("cacertificate"), attribute("2.5.4.37"));
    assert_ptr_equal(class_of("PKICA"), class_of("2.5.6.22"));
    assert_ptr_equal(class_of("certificationauthority-v2"), class_of("2.5.6.16.2"));
    assert_int_equal(dir_schema_rule(text_of("CaseIgnoreMatch")), DIR_RULE_CASE_IGNORE);
    assert_int_equal(dir_schema_rule(text_of("2.5.13.34")), DIR_RULE_CERTIFICATE_EXACT);
    /* an extensible filter asks for equality rules */
    assert_int_equal(dir_schema_rule(text_of("caseIgnoreOrderingMatch")), DIR_RULE_NONE);
    assert_int_equal(dir_schema_rule(text_of("2.5.13.4")), DIR_RULE_NONE);
}

/* What core/name.h writes, core/dir_dn.h must be able to read. */
static void test_schema_knows_the_types_that_names_are_shown_with(void **state)
{
    int id;

    (void)state;
    for (id = OID_AT_COMMON_NAME; id <= OID_AT_EMAIL_ADDRESS; id++) {
        const struct dir_attribute *found = attribute(oid_name((enum oid_id)id));
        struct sk_buf oid;

        assert_non_null(found);
        buf_init(&oid, 64);
        assert_int_equal(oid_from_text(found->oid, &oid), SK_OK);
        assert_true(oid_is(buf_bytes(&oid), (enum oid_id)id));
        buf_done(&oid);
    }
}

static void check_superior(const struct dir_attribute *at)
{
    const struct dir_attribute *sup = at->sup;

    if (sup == NULL)
        return;
    assert_true(sup->index < at->index || sup == attribute("distinguishedName"));
    /* RFC 4512 2.5.1: rules and syntax are inherited; a subtype may narrow its syntax. */
    assert_int_equal(at->equality, sup->equality);
    assert_int_equal(at->ordering, sup->ordering);
    assert_int_equal(at->substrings, sup->substrings);
    assert_true(dir_schema_is_a(at, sup));
    assert_false(dir_schema_is_a(sup, at));
}

static void test_schema_table_is_in_order(void **state)
{
    unsigned i, n = dir_schema_num_attributes();

    (void)state;
    assert_true(n > 100);
    assert_null(dir_schema_at(n));
    for (i = 0; i < n; i++) {
        const struct dir_attribute *at = dir_schema_at(i);
        size_t k;

        assert_int_equal(at->index, i);
        assert_true(dir_schema_is_oid(text_of(at->oid)));
        assert_ptr_equal(attribute(at->oid), at);
        for (k = 0; at->names[k] != NULL; k++)
            assert_ptr_equal(attribute(at->names[k]), at);
        assert_true(k > 0);
        assert_true(at->is_operational == (at->usage != NULL));
        assert_true(at->equality == DIR_RULE_NONE ||
                    dir_schema_rule_row(at->equality, DIR_USE_EQUALITY) != NULL);
        assert_true(at->ordering == DIR_RULE_NONE ||
                    dir_schema_rule_row(at->ordering, DIR_USE_ORDERING) != NULL);
        assert_true(at->substrings == DIR_RULE_NONE ||
                    dir_schema_rule_row(at->substrings, DIR_USE_SUBSTRINGS) != NULL);
        check_superior(at);
    }
}

/* L-01, and RFC 2798 2.8 for the last two. */
static void test_schema_binary_types_are_those_of_the_standards(void **state)
{
    static const char *const binary[] = {
        "userCertificate",           "cACertificate",        "authorityRevocationList",
        "certificateRevocationList", "crossCertificatePair", "supportedAlgorithms",
        "deltaRevocationList",       "userSMIMECertificate", "userPKCS12"};
    unsigned i, count = 0;

    (void)state;
    for (i = 0; i < dir_schema_num_attributes(); i++)
        count += dir_schema_at(i)->is_binary;
    assert_int_equal(count, sizeof(binary) / sizeof(binary[0]));
    for (i = 0; i < count; i++)
        assert_true(attribute(binary[i])->is_binary);
}

static void test_schema_subtypes_and_subclasses(void **state)
{
    (void)state;
    assert_true(dir_schema_is_a(attribute("cn"), attribute("name")));
    assert_true(dir_schema_is_a(attribute("c"), attribute("name")));
    assert_true(dir_schema_is_a(attribute("registeredAddress"), attribute("postalAddress")));
    assert_false(dir_schema_is_a(attribute("serialNumber"), attribute("name")));
    assert_false(dir_schema_is_a(attribute("cn"), attribute("sn")));
    assert_true(dir_schema_class_is_a(class_of("inetOrgPerson"), class_of("person")));
    assert_true(dir_schema_class_is_a(class_of("inetOrgPerson"), class_of("top")));
    assert_true(dir_schema_class_is_a(class_of("top"), class_of("top")));
    assert_false(dir_schema_class_is_a(class_of("person"), class_of("inetOrgPerson")));
}

static void test_describe_refuses_what_is_no_description(void **state)
{
    static const char *const bad[] = {
        "",    ";binary",    "cn;",  "cn;;binary", "1cn",   "-cn",  "c n",    "cn ",
        "c_n", "2.5.4.",     "2..5", "2.05.4",     "2.5.a", ".2.5", "cn;b_n", "cn;binary;",
        "2",   "cn;bi nary", "*",    "c\xc3\xa9",  "cn(",   "01.2"};
    struct dir_description out = {attribute("sn"), false};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(dir_schema_describe(text_of(bad[i]), &out), SK_INPUT);
        assert_ptr_equal(out.attribute, attribute("sn"));
    }
}

static void describe(const char *text, const char *type, bool has_binary)
{
    struct dir_description out;

    assert_int_equal(dir_schema_describe(text_of(text), &out), SK_OK);
    assert_ptr_equal(out.attribute, type != NULL ? attribute(type) : NULL);
    assert_int_equal(out.has_binary, has_binary);
}

/* L-01, L-02, L-04 */
static void test_describe_takes_binary_where_it_is(void **state)
{
    (void)state;
    describe("cn", "cn", false);
    describe("2.5.4.3", "cn", false);
    describe("cACertificate;binary", "cACertificate", true);
    describe("CACERTIFICATE;BINARY", "cACertificate", true);
    describe("2.5.4.39;Binary;bINARY", "certificateRevocationList", true);
    describe("cn;binary", NULL, true);
    describe("unknown;binary", NULL, true);
    describe("unknown-7", NULL, false);
    describe("1.2.3.4", NULL, false);
    describe("cn;lang-ja", NULL, false);
    describe("cACertificate;binary;x-a", NULL, true);
    describe("cACertificate;bin", NULL, false);
}

/* ---- subschema texts against libldap's parser ------------------------------------------------ */

static char *text_at(enum dir_subschema what, unsigned i)
{
    struct sk_buf buf;
    size_t len;

    buf_init(&buf, 4096);
    if (!dir_schema_text(what, i, &buf)) {
        assert_int_equal(buf.len, 0);
        buf_done(&buf);
        return NULL;
    }
    buf_put_byte(&buf, 0);
    assert_int_equal(buf_status(&buf), SK_OK);
    return (char *)buf_take(&buf, &len);
}

static void same_names(char **parsed, const char *const *names)
{
    size_t i;

    for (i = 0; names[i] != NULL; i++)
        assert_string_equal(parsed[i], names[i]);
    assert_null(parsed[i]);
}

/* What the text leaves out stands in a superior's. */
static void same_rule(const char *parsed, enum dir_rule rule, enum dir_rule_use use,
                      const struct dir_attribute *sup, enum dir_rule inherited)
{
    if (parsed != NULL)
        assert_string_equal(parsed, dir_schema_rule_row(rule, use)->name);
    else
        assert_int_equal(rule, sup != NULL ? inherited : DIR_RULE_NONE);
}

static void same_attribute(const LDAPAttributeType *parsed, const struct dir_attribute *at)
{
    static const struct dir_attribute nothing = {.syntax = ""};
    const struct dir_attribute *sup = at->sup != NULL ? at->sup : &nothing;
    static const char *const usages[] = {NULL, "directoryOperation", "distributedOperation",
                                         "dSAOperation"};

    assert_string_equal(parsed->at_oid, at->oid);
    same_names(parsed->at_names, at->names);
    assert_true((parsed->at_sup_oid != NULL) == (at->sup != NULL));
    if (at->sup != NULL)
        assert_ptr_equal(attribute(parsed->at_sup_oid), at->sup);
    same_rule(parsed->at_equality_oid, at->equality, DIR_USE_EQUALITY, at->sup, sup->equality);
    same_rule(parsed->at_ordering_oid, at->ordering, DIR_USE_ORDERING, at->sup, sup->ordering);
    same_rule(parsed->at_substr_oid, at->substrings, DIR_USE_SUBSTRINGS, at->sup, sup->substrings);
    assert_string_equal(parsed->at_syntax_oid != NULL ? parsed->at_syntax_oid : sup->syntax,
                        at->syntax);
    assert_true((parsed->at_single_value != 0) == at->is_single);
    assert_true((parsed->at_no_user_mod != 0) == at->is_fixed);
    assert_in_range(parsed->at_usage, 0, 3);
    if (at->usage == NULL)
        assert_int_equal(parsed->at_usage, LDAP_SCHEMA_USER_APPLICATIONS);
    else
        assert_string_equal(usages[parsed->at_usage], at->usage);
}

static void has_syntax(const char *oid)
{
    char *text;
    unsigned i;
    bool is_there = false;

    for (i = 0; (text = text_at(DIR_SUBSCHEMA_SYNTAXES, i)) != NULL; i++) {
        is_there =
            is_there || (strncmp(text + 2, oid, strlen(oid)) == 0 && text[2 + strlen(oid)] == ' ');
        free(text);
    }
    if (!is_there)
        fail_msg("syntax %s is not in ldapSyntaxes", oid);
}

static void test_attribute_texts_are_what_libldap_reads(void **state)
{
    const char *where;
    char *text;
    unsigned i;
    int code;

    (void)state;
    for (i = 0; (text = text_at(DIR_SUBSCHEMA_ATTRIBUTE_TYPES, i)) != NULL; i++) {
        LDAPAttributeType *parsed =
            ldap_str2attributetype(text, &code, &where, LDAP_SCHEMA_ALLOW_NONE);

        if (parsed == NULL)
            fail_msg("%s: %s at %s", text, ldap_scherr2str(code), where);
        same_attribute(parsed, dir_schema_at(i));
        has_syntax(dir_schema_at(i)->syntax);
        ldap_attributetype_free(parsed);
        free(text);
    }
    assert_int_equal(i, dir_schema_num_attributes());
}

/* All are types of the schema, and as many as the text says. */
static void same_list(char **parsed, const char *text)
{
    size_t i, expected = text != NULL;

    for (; text != NULL && *text != '\0'; text++)
        expected += *text == '$';
    for (i = 0; parsed != NULL && parsed[i] != NULL; i++) {
        if (attribute(parsed[i]) == NULL)
            fail_msg("%s is no attribute type", parsed[i]);
    }
    assert_int_equal(i, expected);
}

static void test_class_texts_are_what_libldap_reads(void **state)
{
    static const int kinds[] = {LDAP_SCHEMA_ABSTRACT, LDAP_SCHEMA_STRUCTURAL,
                                LDAP_SCHEMA_AUXILIARY};
    const char *where;
    char *text;
    unsigned i;
    int code;

    (void)state;
    for (i = 0; (text = text_at(DIR_SUBSCHEMA_OBJECT_CLASSES, i)) != NULL; i++) {
        const struct dir_class *class = dir_schema_class_at(i);
        LDAPObjectClass *parsed = ldap_str2objectclass(text, &code, &where, LDAP_SCHEMA_ALLOW_NONE);

        if (parsed == NULL)
            fail_msg("%s: %s at %s", text, ldap_scherr2str(code), where);
        assert_string_equal(parsed->oc_oid, class->oid);
        same_names(parsed->oc_names, class->names);
        assert_true((parsed->oc_sup_oids != NULL) == (class->sup != NULL));
        if (class->sup != NULL)
            assert_ptr_equal(class_of(parsed->oc_sup_oids[0]), class->sup);
        assert_int_equal(parsed->oc_kind, kinds[class->kind]);
        same_list(parsed->oc_at_oids_must, class->must);
        same_list(parsed->oc_at_oids_may, class->may);
        ldap_objectclass_free(parsed);
        free(text);
    }
    assert_true(i > 30);
    assert_null(dir_schema_class_at(i));
}

static void test_rule_and_syntax_texts_are_what_libldap_reads(void **state)
{
    const char *where;
    char *text;
    unsigned i;
    int code;

    (void)state;
    for (i = 0; (text = text_at(DIR_SUBSCHEMA_MATCHING_RULES, i)) != NULL; i++) {
        LDAPMatchingRule *parsed =
            ldap_str2matchingrule(text, &code, &where, LDAP_SCHEMA_ALLOW_NONE);

        assert_non_null(parsed);
        assert_string_equal(parsed->mr_oid, dir_schema_rule_at(i)->oid);
        assert_string_equal(parsed->mr_names[0], dir_schema_rule_at(i)->name);
        has_syntax(parsed->mr_syntax_oid);
        ldap_matchingrule_free(parsed);
        free(text);
    }
    assert_true(i > 20);
    for (i = 0; (text = text_at(DIR_SUBSCHEMA_SYNTAXES, i)) != NULL; i++) {
        LDAPSyntax *parsed = ldap_str2syntax(text, &code, &where, LDAP_SCHEMA_ALLOW_NONE);

        assert_non_null(parsed);
        ldap_syntax_free(parsed);
        free(text);
    }
    assert_true(i > 30);
}

/* RFC 4523 2 and 3, sheet part 4: rules and MUST by number. */
static void test_pki_schema_is_that_of_rfc_4523(void **state)
{
    static const struct {
        const char *name, *oid, *syntax;
        enum dir_rule rule;
    } rows[] = {
        {"userCertificate", "2.5.4.36", ".8", DIR_RULE_CERTIFICATE_EXACT},
        {"cACertificate", "2.5.4.37", ".8", DIR_RULE_CERTIFICATE_EXACT},
        {"authorityRevocationList", "2.5.4.38", ".9", DIR_RULE_CERTIFICATE_LIST_EXACT},
        {"certificateRevocationList", "2.5.4.39", ".9", DIR_RULE_CERTIFICATE_LIST_EXACT},
        {"crossCertificatePair", "2.5.4.40", ".10", DIR_RULE_CERTIFICATE_PAIR_EXACT},
        {"supportedAlgorithms", "2.5.4.52", ".49", DIR_RULE_ALGORITHM_IDENTIFIER},
        {"deltaRevocationList", "2.5.4.53", ".9", DIR_RULE_CERTIFICATE_LIST_EXACT},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct dir_attribute *at = attribute(rows[i].name);

        assert_string_equal(at->oid, rows[i].oid);
        assert_string_equal(strrchr(at->syntax, '.'), rows[i].syntax);
        assert_int_equal(at->equality, rows[i].rule);
        assert_null(at->sup);
    }
    assert_string_equal(class_of("referral")->must, "ref");
    assert_string_equal(class_of("strongAuthenticationUser")->must, "userCertificate");
    assert_null(class_of("pkiCA")->must);
    assert_string_equal(class_of("cRLDistributionPoint")->must, "cn");
    assert_ptr_equal(class_of("certificationAuthority-V2")->sup,
                     class_of("certificationAuthority"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schema_finds_nothing_for_wrong_names),
        cmocka_unit_test(test_schema_finds_names_and_oids_in_any_letter_case),
        cmocka_unit_test(test_schema_knows_the_types_that_names_are_shown_with),
        cmocka_unit_test(test_schema_table_is_in_order),
        cmocka_unit_test(test_schema_binary_types_are_those_of_the_standards),
        cmocka_unit_test(test_schema_subtypes_and_subclasses),
        cmocka_unit_test(test_describe_refuses_what_is_no_description),
        cmocka_unit_test(test_describe_takes_binary_where_it_is),
        cmocka_unit_test(test_attribute_texts_are_what_libldap_reads),
        cmocka_unit_test(test_class_texts_are_what_libldap_reads),
        cmocka_unit_test(test_rule_and_syntax_texts_are_what_libldap_reads),
        cmocka_unit_test(test_pki_schema_is_that_of_rfc_4523),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
