/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/fetch/classes.h"

#include <string.h>

static struct sk_bytes text(const char *s)
{
    return bytes_of(s, strlen(s));
}

static const struct dir_attribute *object_class(void)
{
    return dir_schema_attribute(text("objectClass"));
}

static const struct tree_attribute *find(const struct tree_node *node, const char *name)
{
    const struct dir_attribute *type = dir_schema_attribute(text(name));
    const struct tree_attribute *attribute = node->attributes;

    while (attribute != NULL && attribute->type != type)
        attribute = attribute->next;
    return attribute;
}

/* Has it this class, or one derived from it? */
static bool has_class(const struct tree_node *node, const char *name)
{
    const struct tree_attribute *classes = find(node, "objectClass");
    const struct dir_class *class = dir_schema_class(text(name)), *other;
    const struct tree_value *v;

    for (v = classes != NULL ? classes->first : NULL; v != NULL; v = v->next) {
        other = dir_schema_class(v->value);
        if (other != NULL && class != NULL && dir_schema_class_is_a(other, class))
            return true;
    }
    return false;
}

bool classes_is_referral(const struct tree_node *node)
{
    return has_class(node, "referral");
}

static enum sk_status put_class(struct tree *tree, struct tree_node *node, const char *name)
{
    return has_class(node, name) ? SK_OK : tree_put(tree, node, object_class(), text(name));
}

/* ---- the structural class ---- */

/* Is the attribute in a class's list, "cn $ sn $ ..."? */
static bool is_listed(const char *list, const struct dir_attribute *type)
{
    const size_t len = strlen(type->names[0]);
    const char *p;

    for (p = list; p != NULL; p = strchr(p, '$') != NULL ? strchr(p, '$') + 2 : NULL) {
        if (strncmp(p, type->names[0], len) == 0 && (p[len] == '\0' || p[len] == ' '))
            return true;
    }
    return false;
}

static bool allows(const char *name, const struct dir_attribute *type)
{
    const struct dir_class *class = dir_schema_class(text(name));

    for (; class != NULL; class = class->sup) {
        if (is_listed(class->must, type) || is_listed(class->may, type))
            return true;
    }
    return false;
}

struct naming {
    struct tree *tree;
    struct tree_node *node;
    const char *structural; /* NULL: none found yet */
    bool is_odd;            /* an attribute of the name that the class does not allow */
};

static enum sk_status put_naming_value(void *arg, struct sk_bytes type_name, struct sk_bytes value)
{
    const struct naming *naming = arg;
    const struct dir_attribute *type = dir_schema_attribute(type_name);

    /* A type that the schema does not have cannot be an attribute. */
    return type == NULL ? SK_OK : tree_put(naming->tree, naming->node, type, value);
}

static enum sk_status find_structural(void *arg, struct sk_bytes type_name, struct sk_bytes value)
{
    static const struct {
        const char *type, *class;
    } rows[] = {{"c", "country"},
                {"o", "organization"},
                {"ou", "organizationalUnit"},
                {"cn", "organizationalRole"},
                {"dc", "domain"},
                {"l", "locality"},
                {"st", "locality"},
                {"street", "locality"},
                {"uid", "account"}};
    const struct dir_attribute *type = dir_schema_attribute(type_name);
    struct naming *naming = arg;
    size_t i;

    (void)value;
    for (i = 0; type != NULL && i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (naming->structural == NULL && type == dir_schema_attribute(text(rows[i].type)))
            naming->structural = rows[i].class;
    }
    if (naming->structural != NULL && strcmp(naming->structural, "organizationalRole") == 0 &&
        naming->node->marks == TREE_POINT)
        naming->structural = "cRLDistributionPoint";
    return SK_OK;
}

static enum sk_status find_odd(void *arg, struct sk_bytes type_name, struct sk_bytes value)
{
    struct naming *naming = arg;
    const struct dir_attribute *type = dir_schema_attribute(type_name);

    (void)value;
    naming->is_odd |= type != NULL && !allows(naming->structural, type);
    return SK_OK;
}

static enum sk_status put_structural(struct tree *tree, struct tree_node *node)
{
    struct naming naming = {tree, node, NULL, false};
    enum sk_status status = dir_dn_rdn_values(tree->arena, node->dn, find_structural, &naming);

    /* The one structural class that wants nothing. */
    if (naming.structural == NULL)
        naming.structural = "locality";
    if (status == SK_OK)
        status = dir_dn_rdn_values(tree->arena, node->dn, find_odd, &naming);
    if (status == SK_OK)
        status = tree_put(tree, node, object_class(), text("top"));
    if (status == SK_OK)
        status = put_class(tree, node, naming.structural);
    if (status == SK_OK && naming.is_odd)
        status = put_class(tree, node, "extensibleObject");
    if (status == SK_OK)
        status = dir_dn_rdn_values(tree->arena, node->dn, put_naming_value, &naming);
    return status;
}

enum sk_status classes_put(struct tree *tree, struct tree_node *node)
{
    enum sk_status status = node->is_imported ? SK_OK : put_structural(tree, node);
    const bool is_point = has_class(node, "cRLDistributionPoint");
    const bool has_delta = find(node, "deltaRevocationList") != NULL;

    if (status == SK_OK &&
        ((node->marks & TREE_CA) != 0 || ((node->marks & TREE_POINT) != 0 && !is_point)))
        status = put_class(tree, node, "pkiCA");
    if (status == SK_OK && has_delta && !is_point)
        status = put_class(tree, node, "deltaCRL");
    if (status == SK_OK && (node->marks & TREE_USER) != 0)
        status = put_class(tree, node, "pkiUser");
    return status;
}
