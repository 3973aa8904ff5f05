/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The directory schema: attribute types, object classes, syntaxes and matching rules that the LDAP
 * service knows (RFC 4512, 4517, 4519, 4523, 4524, 2798, 3296). Static tables (dir_schema_table.h);
 * pure functions. One table feeds look-up, matching, the import of LDIF and the subschema entry.
 */
#ifndef SEKISHO_CORE_DIR_SCHEMA_H
#define SEKISHO_CORE_DIR_SCHEMA_H

#include "core/buf.h"
#include "core/bytes.h"
#include "core/status.h"

/* Matching rules; how values are compared is core/dir_value.h. The ones of strings stand for their
 * ordering and substrings rules as well. */
enum dir_rule {
    DIR_RULE_NONE = 0,
    DIR_RULE_OBJECT_IDENTIFIER,
    DIR_RULE_OID_FIRST_COMPONENT, /* an OID against "( OID ...": the definitions of a subschema */
    DIR_RULE_DISTINGUISHED_NAME,
    DIR_RULE_UNIQUE_MEMBER, /* a DN with an optional "#'01'B" */
    DIR_RULE_CASE_IGNORE,
    DIR_RULE_CASE_EXACT,
    DIR_RULE_CASE_IGNORE_IA5,
    DIR_RULE_CASE_EXACT_IA5,
    DIR_RULE_CASE_IGNORE_LIST, /* postalAddress */
    DIR_RULE_NUMERIC_STRING,
    DIR_RULE_TELEPHONE_NUMBER,
    DIR_RULE_INTEGER,
    DIR_RULE_BOOLEAN,
    DIR_RULE_GENERALIZED_TIME,
    DIR_RULE_BIT_STRING,
    DIR_RULE_OCTET_STRING,
    DIR_RULE_UUID,
    DIR_RULE_CERTIFICATE_EXACT, /* RFC 4523 2.4: assertion in GSER */
    DIR_RULE_CERTIFICATE_PAIR_EXACT,
    DIR_RULE_CERTIFICATE_LIST_EXACT,
    DIR_RULE_ALGORITHM_IDENTIFIER,
};
/* What an attribute or a filter may use a rule for. */
enum dir_rule_use { DIR_USE_EQUALITY, DIR_USE_ORDERING, DIR_USE_SUBSTRINGS };

struct dir_attribute {
    const char *oid;                 /* dotted */
    const char *const *names;        /* NULL-terminated; the first is the one that is shown */
    const struct dir_attribute *sup; /* NULL: none. (name=x) also means its subtypes */
    const char *syntax;              /* dotted OID */
    enum dir_rule equality, ordering, substrings; /* DIR_RULE_NONE: not possible */
    unsigned index;      /* position in the table, for bit sets; not stable over versions */
    bool is_binary;      /* always transferred as NAME;binary (RFC 4523 2, 2798 2.8; L-01) */
    bool is_single;      /* SINGLE-VALUE */
    bool is_operational; /* returned only by name or "+" */
    bool is_fixed;       /* NO-USER-MODIFICATION */
    const char *usage;   /* of an operational one (RFC 4512 4.1.2); NULL: userApplications */
};

enum dir_class_kind { DIR_CLASS_ABSTRACT, DIR_CLASS_STRUCTURAL, DIR_CLASS_AUXILIARY };
struct dir_class {
    const char *oid;
    const char *const *names;
    const struct dir_class *sup; /* NULL: top itself */
    enum dir_class_kind kind;
    const char *must, *may; /* attribute names with " $ " between them, beyond sup's; NULL: none */
};

/* An attribute description as clients and LDIF write it: NAME or OID with options. */
struct dir_description {
    const struct dir_attribute *attribute; /* NULL: unknown type, or an option it does not have
                                              (L-04) */
    bool has_binary;                       /* ";binary" was written, in any letter case */
};

/* name: "cn", "CN" or "2.5.4.3", without options; letter case is ignored. NULL: unknown. */
const struct dir_attribute *dir_schema_attribute(struct sk_bytes name);
const struct dir_class *dir_schema_class(struct sk_bytes name);
/* Is it the same type as super or one derived from it (cn of name)? */
bool dir_schema_is_a(const struct dir_attribute *attribute, const struct dir_attribute *super);
/* Is it the same class as super or one derived from it? */
bool dir_schema_class_is_a(const struct dir_class *class, const struct dir_class *super);
/* The only option there is is ";binary", and only the types with is_binary have it. SK_INPUT: not
 * of the form of RFC 4512 2.5 (then even an unknown type is an error). */
enum sk_status dir_schema_describe(struct sk_bytes text, struct dir_description *out) SK_MUST_CHECK;
/* Does it have the form of a numericoid (RFC 4512 1.4)? */
bool dir_schema_is_oid(struct sk_bytes text);
/* An equality rule by name or OID, for extensible filters. DIR_RULE_NONE: unknown, or no equality
 * rule. */
enum dir_rule dir_schema_rule(struct sk_bytes name);
/* Every attribute type in order of the table; NULL at the end. */
const struct dir_attribute *dir_schema_at(unsigned index);
unsigned dir_schema_num_attributes(void);

/* One value of the subschema entry's attribute (RFC 4512 4.2) at a time: "( 2.5.4.3 NAME 'cn' ...
 * )". False when there is no i-th. Failures stick in the buffer. */
enum dir_subschema {
    DIR_SUBSCHEMA_ATTRIBUTE_TYPES,
    DIR_SUBSCHEMA_OBJECT_CLASSES,
    DIR_SUBSCHEMA_SYNTAXES,
    DIR_SUBSCHEMA_MATCHING_RULES
};
bool dir_schema_text(enum dir_subschema what, unsigned i, struct sk_buf *out);

#endif
