/* SPDX-License-Identifier: Apache-2.0 */
#include "net/ldap_entry.h"

#include "net/ldap_root.h"

enum made { ENTRY_DN, SUBSCHEMA, STRUCTURAL_CLASS, HAS_SUBORDINATES, NUM_MADE };

static const char *const names[NUM_MADE] = {
    [ENTRY_DN] = "entryDN",
    [SUBSCHEMA] = "subschemaSubentry",
    [STRUCTURAL_CLASS] = "structuralObjectClass",
    [HAS_SUBORDINATES] = "hasSubordinates",
};

static struct sk_bytes text_bytes(const char *text)
{
    return bytes_of(text, strlen(text));
}

bool ldap_entry_makes(const struct dir_attribute *attribute)
{
    unsigned i;

    if (!attribute->is_operational) /* as nearly all that are asked for */
        return false;
    for (i = 0; i < NUM_MADE; i++) {
        if (dir_schema_attribute(text_bytes(names[i])) == attribute)
            return true;
    }
    return false;
}

/* No deeper than filters are. */
bool ldap_entry_is_asked(const struct dir_filter *filter)
{
    const struct dir_filter *child;

    if (filter->attribute != NULL && ldap_entry_makes(filter->attribute))
        return true;
    if (filter->kind == DIR_FILTER_EXTENSIBLE && filter->attribute == NULL)
        return true; /* any attribute */
    for (child = filter->child; child != NULL; child = child->next) {
        if (ldap_entry_is_asked(child))
            return true;
    }
    return false;
}

/* The class of its kind that the others are superclasses of (RFC 4512 2.4.2). NULL: none. */
static const struct dir_class *structural_class(const struct dir_entry *entry)
{
    const struct dir_values *classes =
        dir_entry_get0(entry, dir_schema_attribute(text_bytes("objectClass")));
    const struct dir_class *found = NULL;
    size_t i;

    for (i = 0; classes != NULL && i < classes->num; i++) {
        const struct dir_class *class = dir_schema_class(classes->values[i]);

        if (class != NULL && class->kind == DIR_CLASS_STRUCTURAL &&
            (found == NULL || dir_schema_class_is_a(class, found)))
            found = class;
    }
    return found;
}

static enum sk_status has_subordinates(struct sk_reader *reader, const struct dir_entry *entry,
                                       struct sk_bytes *out)
{
    struct dit_walk walk;
    struct dir_key child;
    enum sk_status status;

    dit_walk_init(&walk, &entry->key, DIT_ONE);
    status = dit_walk_next(reader, &walk, &child);
    if (status != SK_OK && status != SK_NOTFOUND)
        return status;
    *out = text_bytes(status == SK_OK ? "TRUE" : "FALSE");
    return SK_OK;
}

/* *out has no octets: there is none. */
static enum sk_status make(struct sk_reader *reader, const struct dir_entry *entry, enum made made,
                           struct sk_bytes *out)
{
    const struct dir_class *class;

    *out = bytes_of(NULL, 0);
    switch (made) {
    case ENTRY_DN:
        *out = entry->dn;
        break;
    case SUBSCHEMA:
        *out = text_bytes(LDAP_SUBSCHEMA_DN);
        break;
    case STRUCTURAL_CLASS:
        class = structural_class(entry);
        if (class != NULL)
            *out = text_bytes(class->names[0]);
        break;
    case HAS_SUBORDINATES:
        return has_subordinates(reader, entry, out);
    case NUM_MADE:
        break;
    }
    return SK_OK;
}

enum sk_status ldap_entry_complete(struct sk_reader *reader, struct sk_arena *arena,
                                   struct dir_entry *entry)
{
    struct dir_values *all = arena_array(arena, entry->num + NUM_MADE, sizeof(*all));
    struct sk_bytes *values = arena_array(arena, NUM_MADE, sizeof(*values));
    enum sk_status status = SK_OK;
    size_t num = entry->num;
    unsigned i;

    if (all == NULL || values == NULL)
        return SK_LIMIT;
    if (num > 0)
        memcpy(all, entry->attributes, num * sizeof(*all));
    for (i = 0; status == SK_OK && i < NUM_MADE; i++) {
        const struct dir_attribute *attribute = dir_schema_attribute(text_bytes(names[i]));

        if (attribute == NULL || dir_entry_get0(entry, attribute) != NULL)
            continue;
        status = make(reader, entry, (enum made)i, &values[i]);
        if (status == SK_OK && values[i].len > 0)
            all[num++] = (struct dir_values){attribute, 1, &values[i]};
    }
    if (status != SK_OK)
        return status;
    entry->attributes = all;
    entry->num = num;
    return SK_OK;
}
