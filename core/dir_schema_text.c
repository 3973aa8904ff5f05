/* SPDX-License-Identifier: Apache-2.0 */
#include "core/dir_schema_int.h"
#include "core/dir_schema_table.h"

/* RFC 4512 4.1: the texts of the subschema entry. What a type has from its superior is not said
 * again. */

static const struct {
    const char *oid, *description;
} syntaxes[] = {
    {SYNTAX(3), "Attribute Type Description"},
    {SYNTAX(5), "Binary"},
    {SYNTAX(6), "Bit String"},
    {SYNTAX(7), "Boolean"},
    {SYNTAX(8), "Certificate"},
    {SYNTAX(9), "Certificate List"},
    {SYNTAX(10), "Certificate Pair"},
    {SYNTAX(11), "Country String"},
    {SYNTAX(12), "DN"},
    {SYNTAX(14), "Delivery Method"},
    {SYNTAX(15), "Directory String"},
    {SYNTAX(21), "Enhanced Guide"},
    {SYNTAX(22), "Facsimile Telephone Number"},
    {SYNTAX(23), "Fax"},
    {SYNTAX(24), "Generalized Time"},
    {SYNTAX(25), "Guide"},
    {SYNTAX(26), "IA5 String"},
    {SYNTAX(27), "INTEGER"},
    {SYNTAX(28), "JPEG"},
    {SYNTAX(30), "Matching Rule Description"},
    {SYNTAX(34), "Name And Optional UID"},
    {SYNTAX(36), "Numeric String"},
    {SYNTAX(37), "Object Class Description"},
    {SYNTAX(38), "OID"},
    {SYNTAX(40), "Octet String"},
    {SYNTAX(41), "Postal Address"},
    {SYNTAX(44), "Printable String"},
    {SYNTAX(49), "Supported Algorithm"},
    {SYNTAX(50), "Telephone Number"},
    {SYNTAX(51), "Teletex Terminal Identifier"},
    {SYNTAX(52), "Telex Number"},
    {SYNTAX(54), "LDAP Syntax Description"},
    {SYNTAX(58), "Substring Assertion"},
    {PKI_SYNTAX(1), "X.509 Certificate Exact Assertion"},
    {PKI_SYNTAX(3), "X.509 Certificate Pair Exact Assertion"},
    {PKI_SYNTAX(5), "X.509 Certificate List Exact Assertion"},
    {PKI_SYNTAX(7), "X.509 Algorithm Identifier"},
    {"1.3.6.1.1.16.1", "UUID"},
};
enum { SYNTAX_COUNT = sizeof(syntaxes) / sizeof(syntaxes[0]) };

static void put_names(const char *const *names, struct sk_buf *out)
{
    if (names[1] == NULL) {
        buf_printf(out, " NAME '%s'", names[0]);
        return;
    }
    buf_put_text(out, " NAME (");
    for (; *names != NULL; names++)
        buf_printf(out, " '%s'", *names);
    buf_put_text(out, " )");
}

static void put_rule(const char *keyword, enum dir_rule rule, enum dir_rule inherited,
                     enum dir_rule_use use, struct sk_buf *out)
{
    if (rule != inherited)
        buf_printf(out, " %s %s", keyword, dir_schema_rule_row(rule, use)->name);
}

static void put_attribute(const struct dir_attribute *at, struct sk_buf *out)
{
    static const struct dir_attribute nothing = {.syntax = ""};
    const struct dir_attribute *sup = at->sup != NULL ? at->sup : &nothing;

    buf_printf(out, "( %s", at->oid);
    put_names(at->names, out);
    if (at->sup != NULL)
        buf_printf(out, " SUP %s", at->sup->names[0]);
    put_rule("EQUALITY", at->equality, sup->equality, DIR_USE_EQUALITY, out);
    put_rule("ORDERING", at->ordering, sup->ordering, DIR_USE_ORDERING, out);
    put_rule("SUBSTR", at->substrings, sup->substrings, DIR_USE_SUBSTRINGS, out);
    if (strcmp(at->syntax, sup->syntax) != 0)
        buf_printf(out, " SYNTAX %s", at->syntax);
    if (at->is_single)
        buf_put_text(out, " SINGLE-VALUE");
    if (at->is_fixed)
        buf_put_text(out, " NO-USER-MODIFICATION");
    if (at->usage != NULL)
        buf_printf(out, " USAGE %s", at->usage);
    buf_put_text(out, " )");
}

static const char *kind_text(enum dir_class_kind kind)
{
    switch (kind) {
    case DIR_CLASS_ABSTRACT:
        return "ABSTRACT";
    case DIR_CLASS_STRUCTURAL:
        return "STRUCTURAL";
    case DIR_CLASS_AUXILIARY:
        break;
    }
    return "AUXILIARY";
}

static void put_class(const struct dir_class *class, struct sk_buf *out)
{
    buf_printf(out, "( %s", class->oid);
    put_names(class->names, out);
    if (class->sup != NULL)
        buf_printf(out, " SUP %s", class->sup->names[0]);
    buf_printf(out, " %s", kind_text(class->kind));
    if (class->must != NULL)
        buf_printf(out, " MUST ( %s )", class->must);
    if (class->may != NULL)
        buf_printf(out, " MAY ( %s )", class->may);
    buf_put_text(out, " )");
}

bool dir_schema_text(enum dir_subschema what, unsigned i, struct sk_buf *out)
{
    const struct dir_attribute *attribute = dir_schema_at(i);
    const struct dir_class *class = dir_schema_class_at(i);
    const struct dir_rule_row *rule = dir_schema_rule_at(i);

    switch (what) {
    case DIR_SUBSCHEMA_ATTRIBUTE_TYPES:
        if (attribute != NULL)
            put_attribute(attribute, out);
        return attribute != NULL;
    case DIR_SUBSCHEMA_OBJECT_CLASSES:
        if (class != NULL)
            put_class(class, out);
        return class != NULL;
    case DIR_SUBSCHEMA_SYNTAXES:
        if (i < SYNTAX_COUNT)
            buf_printf(out, "( %s DESC '%s' )", syntaxes[i].oid, syntaxes[i].description);
        return i < SYNTAX_COUNT;
    case DIR_SUBSCHEMA_MATCHING_RULES:
        if (rule != NULL)
            buf_printf(out, "( %s NAME '%s' SYNTAX %s )", rule->oid, rule->name, rule->syntax);
        return rule != NULL;
    }
    return false;
}
