/* SPDX-License-Identifier: Apache-2.0 */
#include "net/ldap_compare.h"

#include "core/dir_value.h"
#include "net/ldap_base.h"
#include "net/ldap_entry.h"

static void set_code(struct ldap_result *out, enum ldap_code code, const char *text)
{
    out->code = code;
    out->text = text;
}

/* Compares with the values of the type and its subtypes (RFC 4512 2.5.1). */
static enum ldap_code compare_values(const struct dir_entry *entry,
                                     const struct dir_attribute *attribute,
                                     const struct dir_assertion *assertion, struct sk_arena *arena)
{
    enum ldap_code code = LDAP_NO_SUCH_ATTRIBUTE;
    size_t i, j;

    for (i = 0; i < entry->num; i++) {
        const struct dir_values *values = &entry->attributes[i];

        if (!dir_schema_is_a(values->attribute, attribute))
            continue;
        code = LDAP_COMPARE_FALSE;
        for (j = 0; j < values->num; j++) {
            if (dir_value_equals(arena, assertion, values->values[j]) == DIR_TRUE)
                return LDAP_COMPARE_TRUE;
        }
    }
    return code;
}

void ldap_compare(const struct ldap_env *env, struct sk_arena *arena,
                  const struct ldap_request *request, struct ldap_result *out)
{
    const struct ldap_compare_request *compare = &request->of.compare;
    const struct ldap_target target = {
        .dn = compare->entry,
        .manages_dsa_it = ldap_message_control(request, LDAP_OID_MANAGE_DSA_IT) != NULL};
    struct dir_description description;
    const struct dir_assertion *assertion;
    struct ldap_base base;
    enum sk_status status;

    arena_reset(arena);
    *out = (struct ldap_result){.code = LDAP_SUCCESS};
    if (ldap_base_find(env, arena, &target, &base, out) != LDAP_SUCCESS)
        return;
    if (dir_schema_describe(compare->attribute, &description) != SK_OK ||
        description.attribute == NULL) {
        set_code(out, LDAP_UNDEFINED_ATTRIBUTE_TYPE, "an attribute we do not know");
        return;
    }
    if (description.attribute->equality == DIR_RULE_NONE) {
        set_code(out, LDAP_INAPPROPRIATE_MATCHING, "the attribute has no equality");
        return;
    }
    if (base.kind == LDAP_BASE_TREE && ldap_entry_makes(description.attribute)) {
        status = ldap_entry_complete(env->reader, arena, &base.entry);
        if (status != SK_OK) {
            (void)ldap_base_fail(status, out);
            return;
        }
    }
    status = dir_assertion_new(arena, description.attribute->equality, compare->value, &assertion);
    if (status == SK_INPUT)
        set_code(out, LDAP_INVALID_ATTRIBUTE_SYNTAX, "no value of the attribute's assertions");
    else if (status != SK_OK)
        (void)ldap_base_fail(status, out);
    else
        set_code(out, compare_values(&base.entry, description.attribute, assertion, arena), NULL);
}
