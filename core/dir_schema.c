/* SPDX-License-Identifier: Apache-2.0 */
#include "core/dir_schema.h"

#include <pthread.h>
#include <stdlib.h>

#include "core/ascii.h"
#include "core/dir_schema_int.h"
#include "core/dir_schema_table.h"

/* ---- the tables ------------------------------------------------------------------------------ */

#define ATTRIBUTE_ID(id, ...) ATTRIBUTE_##id,
enum { DIR_ATTRIBUTES(ATTRIBUTE_ID) ATTRIBUTE_COUNT };
#define SUP(id) (&attributes[ATTRIBUTE_##id])
#define ATTRIBUTE_ROW(id, oid_text, name_list, superior, ...)                                      \
    {.oid = oid_text,                                                                              \
     .names = name_list,                                                                           \
     .index = ATTRIBUTE_##id,                                                                      \
     .sup = superior,                                                                              \
     .syntax = __VA_ARGS__},
static const struct dir_attribute attributes[ATTRIBUTE_COUNT] = {DIR_ATTRIBUTES(ATTRIBUTE_ROW)};
#undef SUP

#define CLASS_ID(id, ...) CLASS_##id,
enum { DIR_CLASSES(CLASS_ID) CLASS_COUNT };
#define SUP(id) (&classes[CLASS_##id])
#define CLASS_ROW(id, oid, names, sup, kind, must, may)                                            \
    {oid, names, sup, DIR_CLASS_##kind, must, may},
static const struct dir_class classes[CLASS_COUNT] = {DIR_CLASSES(CLASS_ROW)};
#undef SUP

#define RULE(rule, use, oid, name, syntax)                                                         \
    {                                                                                              \
        DIR_RULE_##rule, DIR_USE_##use, oid, name, syntax                                          \
    }
#define IA5_RULE(n) "1.3.6.1.4.1.1466.109.114." #n
/* RFC 4517 4.2, RFC 4523 2.4 to 2.10, RFC 4530 2.2 and 2.3 */
static const struct dir_rule_row rules[] = {
    RULE(OBJECT_IDENTIFIER, EQUALITY, "2.5.13.0", "objectIdentifierMatch", SYNTAX(38)),
    RULE(DISTINGUISHED_NAME, EQUALITY, "2.5.13.1", "distinguishedNameMatch", SYNTAX(12)),
    RULE(CASE_IGNORE, EQUALITY, "2.5.13.2", "caseIgnoreMatch", SYNTAX(15)),
    RULE(CASE_IGNORE, ORDERING, "2.5.13.3", "caseIgnoreOrderingMatch", SYNTAX(15)),
    RULE(CASE_IGNORE, SUBSTRINGS, "2.5.13.4", "caseIgnoreSubstringsMatch", SYNTAX(58)),
    RULE(CASE_EXACT, EQUALITY, "2.5.13.5", "caseExactMatch", SYNTAX(15)),
    RULE(CASE_EXACT, ORDERING, "2.5.13.6", "caseExactOrderingMatch", SYNTAX(15)),
    RULE(CASE_EXACT, SUBSTRINGS, "2.5.13.7", "caseExactSubstringsMatch", SYNTAX(58)),
    RULE(NUMERIC_STRING, EQUALITY, "2.5.13.8", "numericStringMatch", SYNTAX(36)),
    RULE(NUMERIC_STRING, ORDERING, "2.5.13.9", "numericStringOrderingMatch", SYNTAX(36)),
    RULE(NUMERIC_STRING, SUBSTRINGS, "2.5.13.10", "numericStringSubstringsMatch", SYNTAX(58)),
    RULE(CASE_IGNORE_LIST, EQUALITY, "2.5.13.11", "caseIgnoreListMatch", SYNTAX(41)),
    RULE(CASE_IGNORE_LIST, SUBSTRINGS, "2.5.13.12", "caseIgnoreListSubstringsMatch", SYNTAX(58)),
    RULE(BOOLEAN, EQUALITY, "2.5.13.13", "booleanMatch", SYNTAX(7)),
    RULE(INTEGER, EQUALITY, "2.5.13.14", "integerMatch", SYNTAX(27)),
    RULE(INTEGER, ORDERING, "2.5.13.15", "integerOrderingMatch", SYNTAX(27)),
    RULE(BIT_STRING, EQUALITY, "2.5.13.16", "bitStringMatch", SYNTAX(6)),
    RULE(OCTET_STRING, EQUALITY, "2.5.13.17", "octetStringMatch", SYNTAX(40)),
    RULE(OCTET_STRING, ORDERING, "2.5.13.18", "octetStringOrderingMatch", SYNTAX(40)),
    RULE(TELEPHONE_NUMBER, EQUALITY, "2.5.13.20", "telephoneNumberMatch", SYNTAX(50)),
    RULE(TELEPHONE_NUMBER, SUBSTRINGS, "2.5.13.21", "telephoneNumberSubstringsMatch", SYNTAX(58)),
    RULE(UNIQUE_MEMBER, EQUALITY, "2.5.13.23", "uniqueMemberMatch", SYNTAX(34)),
    RULE(GENERALIZED_TIME, EQUALITY, "2.5.13.27", "generalizedTimeMatch", SYNTAX(24)),
    RULE(GENERALIZED_TIME, ORDERING, "2.5.13.28", "generalizedTimeOrderingMatch", SYNTAX(24)),
    RULE(OID_FIRST_COMPONENT, EQUALITY, "2.5.13.30", "objectIdentifierFirstComponentMatch",
         SYNTAX(38)),
    RULE(CERTIFICATE_EXACT, EQUALITY, "2.5.13.34", "certificateExactMatch", PKI_SYNTAX(1)),
    RULE(CERTIFICATE_PAIR_EXACT, EQUALITY, "2.5.13.36", "certificatePairExactMatch", PKI_SYNTAX(3)),
    RULE(CERTIFICATE_LIST_EXACT, EQUALITY, "2.5.13.38", "certificateListExactMatch", PKI_SYNTAX(5)),
    RULE(ALGORITHM_IDENTIFIER, EQUALITY, "2.5.13.40", "algorithmIdentifierMatch", PKI_SYNTAX(7)),
    RULE(CASE_EXACT_IA5, EQUALITY, IA5_RULE(1), "caseExactIA5Match", SYNTAX(26)),
    RULE(CASE_IGNORE_IA5, EQUALITY, IA5_RULE(2), "caseIgnoreIA5Match", SYNTAX(26)),
    RULE(CASE_IGNORE_IA5, SUBSTRINGS, IA5_RULE(3), "caseIgnoreIA5SubstringsMatch", SYNTAX(58)),
    RULE(UUID, EQUALITY, "1.3.6.1.1.16.2", "uuidMatch", "1.3.6.1.1.16.1"),
    RULE(UUID, ORDERING, "1.3.6.1.1.16.3", "uuidOrderingMatch", "1.3.6.1.1.16.1"),
};
enum { RULE_COUNT = sizeof(rules) / sizeof(rules[0]) };

/* ---- look-up by name or OID: one open hash over all names of the three tables ---------------- */

enum { SLOTS = 1024 }; /* a power of two, at least twice the number of names */
enum slot_kind { SLOT_FREE = 0, SLOT_ATTRIBUTE, SLOT_CLASS, SLOT_RULE };
struct slot {
    const char *name;
    uint16_t index;
    uint8_t kind;
};
static struct slot slots[SLOTS];
static pthread_once_t slots_once = PTHREAD_ONCE_INIT;

/* FNV-1a without letter case. */
static size_t slot_of(struct sk_bytes name)
{
    uint32_t hash = 2166136261u;
    size_t i;

    for (i = 0; i < name.len; i++)
        hash = (hash ^ ascii_lower(name.p[i])) * 16777619u;
    return (hash ^ hash >> 16) % SLOTS;
}

static bool is_named(const char *name, struct sk_bytes text)
{
    return ascii_equal(bytes_of(name, strlen(name)), text);
}

static void put_slot(const char *name, enum slot_kind kind, size_t index)
{
    size_t slot = slot_of(bytes_of(name, strlen(name)));

    while (slots[slot].kind != SLOT_FREE)
        slot = (slot + 1) % SLOTS;
    slots[slot] = (struct slot){name, (uint16_t)index, (uint8_t)kind};
}

static void put_slots(const char *oid, const char *const *names, enum slot_kind kind, size_t index)
{
    put_slot(oid, kind, index);
    for (; *names != NULL; names++)
        put_slot(*names, kind, index);
}

static void build_slots(void)
{
    size_t i;

    for (i = 0; i < ATTRIBUTE_COUNT; i++)
        put_slots(attributes[i].oid, attributes[i].names, SLOT_ATTRIBUTE, i);
    for (i = 0; i < CLASS_COUNT; i++)
        put_slots(classes[i].oid, classes[i].names, SLOT_CLASS, i);
    for (i = 0; i < RULE_COUNT; i++) {
        put_slot(rules[i].oid, SLOT_RULE, i);
        put_slot(rules[i].name, SLOT_RULE, i);
    }
}

/* NULL: no such name. A class and an attribute may share one. */
static const struct slot *find(struct sk_bytes name, enum slot_kind kind)
{
    size_t slot;

    if (pthread_once(&slots_once, build_slots) != 0)
        abort();
    if (name.len == 0)
        return NULL;
    for (slot = slot_of(name); slots[slot].kind != SLOT_FREE; slot = (slot + 1) % SLOTS) {
        if (slots[slot].kind == kind && is_named(slots[slot].name, name))
            return &slots[slot];
    }
    return NULL;
}

const struct dir_attribute *dir_schema_attribute(struct sk_bytes name)
{
    const struct slot *slot = find(name, SLOT_ATTRIBUTE);

    return slot != NULL ? &attributes[slot->index] : NULL;
}

const struct dir_class *dir_schema_class(struct sk_bytes name)
{
    const struct slot *slot = find(name, SLOT_CLASS);

    return slot != NULL ? &classes[slot->index] : NULL;
}

enum dir_rule dir_schema_rule(struct sk_bytes name)
{
    const struct slot *slot = find(name, SLOT_RULE);

    if (slot == NULL || rules[slot->index].use != DIR_USE_EQUALITY)
        return DIR_RULE_NONE;
    return rules[slot->index].rule;
}

const struct dir_rule_row *dir_schema_rule_row(enum dir_rule rule, enum dir_rule_use use)
{
    size_t i;

    for (i = 0; i < RULE_COUNT; i++) {
        if (rules[i].rule == rule && rules[i].use == use)
            return &rules[i];
    }
    return NULL;
}

const struct dir_rule_row *dir_schema_rule_at(unsigned index)
{
    return index < RULE_COUNT ? &rules[index] : NULL;
}

const struct dir_class *dir_schema_class_at(unsigned index)
{
    return index < CLASS_COUNT ? &classes[index] : NULL;
}

const struct dir_attribute *dir_schema_at(unsigned index)
{
    return index < ATTRIBUTE_COUNT ? &attributes[index] : NULL;
}

unsigned dir_schema_num_attributes(void)
{
    return ATTRIBUTE_COUNT;
}

bool dir_schema_is_a(const struct dir_attribute *attribute, const struct dir_attribute *super)
{
    while (attribute != NULL && attribute != super)
        attribute = attribute->sup;
    return attribute != NULL;
}

bool dir_schema_class_is_a(const struct dir_class *class, const struct dir_class *super)
{
    while (class != NULL && class != super)
        class = class->sup;
    return class != NULL;
}

/* ---- attribute descriptions (RFC 4512 2.5) --------------------------------------------------- */

static bool is_keychars(struct sk_bytes text)
{
    size_t i;

    for (i = 0; i < text.len; i++) {
        if (!ascii_is_alnum(text.p[i]) && text.p[i] != '-')
            return false;
    }
    return text.len > 0;
}

bool dir_schema_is_oid(struct sk_bytes text)
{
    size_t i, start = 0;
    unsigned dots = 0;

    for (i = 0; i <= text.len; i++) {
        if (i < text.len && ascii_is_digit(text.p[i]))
            continue;
        /* the end of an arc: some digits, without a zero in front */
        if (i == start || (text.p[start] == '0' && i - start > 1))
            return false;
        if (i < text.len && text.p[i] != '.')
            return false;
        dots += i < text.len;
        start = i + 1;
    }
    return dots > 0;
}

/* Takes what stands before the next ';' off *rest. */
static struct sk_bytes take_part(struct sk_bytes *rest, bool *out_is_last)
{
    const uint8_t *semicolon = rest->len > 0 ? memchr(rest->p, ';', rest->len) : NULL;
    struct sk_bytes part = *rest;

    *out_is_last = semicolon == NULL;
    if (semicolon != NULL) {
        part.len = (size_t)(semicolon - rest->p);
        *rest = bytes_of(semicolon + 1, rest->len - part.len - 1);
    }
    return part;
}

enum sk_status dir_schema_describe(struct sk_bytes text, struct dir_description *out)
{
    struct dir_description found = {NULL, false};
    bool is_last, has_other = false;
    struct sk_bytes type = take_part(&text, &is_last);

    if (!dir_schema_is_oid(type) && (!is_keychars(type) || !ascii_is_letter(type.p[0])))
        return SK_INPUT;
    while (!is_last) {
        struct sk_bytes option = take_part(&text, &is_last);

        if (!is_keychars(option))
            return SK_INPUT;
        if (is_named("binary", option))
            found.has_binary = true;
        else
            has_other = true;
    }
    found.attribute = dir_schema_attribute(type);
    if (has_other || (found.has_binary && found.attribute != NULL && !found.attribute->is_binary))
        found.attribute = NULL;
    *out = found;
    return SK_OK;
}
