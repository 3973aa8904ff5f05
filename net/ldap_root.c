/* SPDX-License-Identifier: Apache-2.0 */
#include "net/ldap_root.h"

#include "net/ldap_write.h"

enum { MAX_ATTRIBUTES = 16, MAX_CONTEXTS = 1024, DEFINITION_BYTES = 4096 };

/* An entry that is being made. */
struct draft {
    struct sk_arena *arena;
    struct dir_values attributes[MAX_ATTRIBUTES];
    size_t num;
    enum sk_status status;
};

static struct sk_bytes text_bytes(const char *text)
{
    return bytes_of(text, strlen(text));
}

/* values: in the arena, or static. */
static void put(struct draft *draft, const char *name, const struct sk_bytes *values, size_t num)
{
    const struct dir_attribute *attribute = dir_schema_attribute(text_bytes(name));

    if (num == 0 || draft->status != SK_OK)
        return;
    if (attribute == NULL || draft->num == MAX_ATTRIBUTES) {
        draft->status = SK_INTERNAL;
        return;
    }
    draft->attributes[draft->num++] =
        (struct dir_values){.attribute = attribute, .num = num, .values = values};
}

static void put_texts(struct draft *draft, const char *name, const char *const *texts, size_t num)
{
    struct sk_bytes *values = arena_array(draft->arena, num, sizeof(*values));
    size_t i;

    if (values == NULL) {
        draft->status = SK_LIMIT;
        return;
    }
    for (i = 0; i < num; i++)
        values[i] = text_bytes(texts[i]);
    put(draft, name, values, num);
}

static enum sk_status finish(struct draft *draft, const char *dn, struct dir_entry *out)
{
    struct dir_entry entry = {.dn = text_bytes(dn), .num = draft->num};
    enum sk_status status = draft->status;

    entry.attributes =
        arena_copy(draft->arena, draft->attributes, draft->num * sizeof(draft->attributes[0]));
    if (status == SK_OK && entry.attributes == NULL)
        status = SK_LIMIT;
    if (status == SK_OK)
        status = dir_dn_key(draft->arena, entry.dn, &entry.key, NULL);
    if (status == SK_OK)
        *out = entry;
    return status;
}

/* ---- the root DSE ---- */

struct contexts {
    struct sk_bytes *dns;
    size_t num;
};

static enum sk_status note_context(void *arg, struct sk_bytes dn)
{
    struct contexts *contexts = arg;

    if (contexts->num == MAX_CONTEXTS)
        return SK_LIMIT;
    contexts->dns[contexts->num++] = dn;
    return SK_OK;
}

static void put_contexts(struct draft *draft, struct sk_reader *reader)
{
    struct contexts contexts = {0};
    enum sk_status status;

    if (reader == NULL || draft->status != SK_OK)
        return;
    contexts.dns = arena_array(draft->arena, MAX_CONTEXTS, sizeof(*contexts.dns));
    if (contexts.dns == NULL) {
        draft->status = SK_LIMIT;
        return;
    }
    status = dit_suffixes(reader, draft->arena, note_context, &contexts);
    if (status != SK_OK && status != SK_LIMIT) /* too many: the first ones are told */
        draft->status = status;
    put(draft, "namingContexts", contexts.dns, contexts.num);
}

enum sk_status ldap_root_dse(const struct ldap_env *env, struct sk_arena *arena,
                             struct dir_entry *out)
{
    static const char *const classes[] = {"top"};
    static const char *const versions[] = {"3", "2"};
    static const char *const extensions[] = {LDAP_OID_WHO_AM_I, LDAP_OID_START_TLS};
    static const char *const controls[] = {LDAP_OID_MANAGE_DSA_IT, LDAP_OID_PAGED};
    /* All operational attributes (RFC 3673); true and false filters (RFC 4526). */
    static const char *const features[] = {"1.3.6.1.4.1.4203.1.5.1", "1.3.6.1.4.1.4203.1.5.3"};
    static const char *const subschema[] = {LDAP_SUBSCHEMA_DN};
    static const char *const vendor[] = {"Sekisho"};
    static const char *const version[] = {SEKISHO_VERSION};
    struct draft draft = {.arena = arena};

    put_texts(&draft, "objectClass", classes, 1);
    put_contexts(&draft, env->reader);
    put_texts(&draft, "supportedLDAPVersion", versions, env->config->bind_v2 ? 2 : 1);
    put_texts(&draft, "supportedExtension", extensions, env->offers_tls ? 2 : 1);
    put_texts(&draft, "supportedControl", controls, 2);
    put_texts(&draft, "supportedFeatures", features, 2);
    put_texts(&draft, "subschemaSubentry", subschema, 1);
    put_texts(&draft, "vendorName", vendor, 1);
    put_texts(&draft, "vendorVersion", version, 1);
    return finish(&draft, "", out);
}

/* ---- the subschema ---- */

static size_t count_definitions(enum dir_subschema what, struct sk_buf *text)
{
    unsigned i;

    for (i = 0; dir_schema_text(what, i, text); i++)
        buf_reset(text);
    return i;
}

static void put_definitions(struct draft *draft, const char *name, enum dir_subschema what,
                            struct sk_buf *text)
{
    size_t num = count_definitions(what, text), i;
    struct sk_bytes *values = arena_array(draft->arena, num, sizeof(*values));

    for (i = 0; values != NULL && i < num && draft->status == SK_OK; i++) {
        buf_reset(text);
        (void)dir_schema_text(what, (unsigned)i, text);
        draft->status = buf_status(text);
        values[i] = bytes_of(arena_copy(draft->arena, text->data, text->len), text->len);
        if (values[i].p == NULL)
            values = NULL;
    }
    if (values == NULL)
        draft->status = SK_LIMIT;
    else
        put(draft, name, values, num);
}

enum sk_status ldap_root_subschema(struct sk_arena *arena, struct dir_entry *out)
{
    static const char *const classes[] = {"top", "subentry", "subschema"};
    static const char *const names[] = {"Subschema"};
    struct draft draft = {.arena = arena};
    struct sk_buf text;

    buf_init(&text, DEFINITION_BYTES);
    put_texts(&draft, "objectClass", classes, 3);
    put_texts(&draft, "cn", names, 1);
    put_definitions(&draft, "objectClasses", DIR_SUBSCHEMA_OBJECT_CLASSES, &text);
    put_definitions(&draft, "attributeTypes", DIR_SUBSCHEMA_ATTRIBUTE_TYPES, &text);
    put_definitions(&draft, "matchingRules", DIR_SUBSCHEMA_MATCHING_RULES, &text);
    put_definitions(&draft, "ldapSyntaxes", DIR_SUBSCHEMA_SYNTAXES, &text);
    buf_done(&text);
    return finish(&draft, LDAP_SUBSCHEMA_DN, out);
}
