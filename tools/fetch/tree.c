/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/fetch/tree.h"

#include <stdlib.h>
#include <string.h>

#include "tools/fetch/classes.h"

/* ---- names ---- */

static size_t slot_of(const struct tree *tree, const struct dir_key *key)
{
    const struct sk_bytes bytes = dir_key_bytes(key);
    size_t i, slot = bytes.len;

    /* The hashes of all RDNs: names that differ above alone must not meet. */
    for (i = 0; i + sizeof(uint64_t) <= bytes.len; i += DIR_RDN_HASH) {
        uint64_t part;

        memcpy(&part, bytes.p + i, sizeof(part));
        slot = slot * 31 + (size_t)part;
    }
    return slot & (tree->num_slots - 1);
}

static struct tree_node **find_slot(const struct tree *tree, const struct dir_key *key)
{
    size_t i = slot_of(tree, key);

    while (tree->slots[i] != NULL && !dir_key_equal(&tree->slots[i]->key, key))
        i = (i + 1) & (tree->num_slots - 1);
    return &tree->slots[i];
}

static enum sk_status grow(struct tree *tree)
{
    const size_t cap = tree->cap > 0 ? tree->cap * 2 : 64;
    struct tree_node **nodes;
    size_t i;

    if (tree->num < tree->cap)
        return SK_OK;
    nodes = realloc(tree->nodes, cap * sizeof(struct tree_node *));
    if (nodes == NULL)
        return SK_NOMEM;
    tree->nodes = nodes;
    free(tree->slots);
    tree->num_slots = 2 * cap;
    tree->slots = calloc(tree->num_slots, sizeof(struct tree_node *));
    if (tree->slots == NULL)
        return SK_NOMEM;
    for (i = 0; i < tree->num; i++)
        *find_slot(tree, &tree->nodes[i]->key) = tree->nodes[i];
    tree->cap = cap;
    return SK_OK;
}

struct tree_node *tree_find(const struct tree *tree, const struct dir_key *key)
{
    return tree->num_slots > 0 ? *find_slot(tree, key) : NULL;
}

static enum sk_status add(struct tree *tree, struct sk_bytes dn, const struct dir_key *key,
                          struct tree_node **out)
{
    struct tree_node *node = tree_find(tree, key);
    enum sk_status status;

    if (node == NULL) {
        status = grow(tree);
        if (status != SK_OK)
            return status;
        node = arena_alloc(tree->arena, sizeof(*node));
        if (node == NULL)
            return SK_NOMEM;
        node->key = *key;
        node->dn = bytes_of(arena_copy(tree->arena, dn.p, dn.len), dn.len);
        if (node->dn.p == NULL)
            return SK_NOMEM;
        tree->nodes[tree->num++] = node;
        *find_slot(tree, key) = node;
    }
    *out = node;
    return SK_OK;
}

bool tree_is_inside(const struct tree *tree, const struct dir_key *key)
{
    size_t i;

    for (i = 0; i < tree->num_suffixes; i++) {
        if (dir_key_within(key, &tree->suffixes[i]))
            return true;
    }
    return tree->num_suffixes == 0 && key->depth > 0;
}

/* Makes what stands above it, up to its naming context. */
static enum sk_status add_ancestors(struct tree *tree, struct sk_bytes dn, struct dir_key key)
{
    struct tree_node *node;
    enum sk_status status = SK_OK;

    while (status == SK_OK && key.depth > 1) {
        status = dir_dn_parent(dn, &dn);
        key.depth--;
        if (status != SK_OK || !tree_is_inside(tree, &key))
            break;
        status = add(tree, dn, &key, &node);
    }
    return status;
}

enum sk_status tree_node(struct tree *tree, struct sk_bytes dn, unsigned marks,
                         struct tree_node **out, struct sk_err *err)
{
    struct tree_node *node;
    struct dir_key key;
    enum sk_status status = dir_dn_key(tree->arena, dn, &key, err);

    if (status == SK_OK && key.depth == 0)
        status = err_set(err, SK_INPUT, "the empty name");
    if (status != SK_OK)
        return status;
    if (!tree_is_inside(tree, &key))
        return err_set(err, SK_NOTFOUND, "outside every suffix of [repository]");
    status = add_ancestors(tree, dn, key);
    if (status == SK_OK)
        status = add(tree, dn, &key, &node);
    if (status != SK_OK)
        return err_set(err, status, "no memory");
    node->marks |= marks;
    *out = node;
    return SK_OK;
}

enum sk_status tree_init(struct tree *tree, const struct config_repository *config,
                         struct sk_arena *arena, struct report *report, struct sk_err *err)
{
    struct tree_node *node;
    enum sk_status status = SK_OK;
    struct sk_bytes dn;
    size_t i;

    memset(tree, 0, sizeof(*tree));
    tree->arena = arena;
    tree->report = report;
    tree->suffixes = arena_array(arena, config->suffixes.num_values, sizeof(*tree->suffixes));
    if (tree->suffixes == NULL)
        return err_set(err, SK_NOMEM, "no memory");
    for (i = 0; status == SK_OK && i < config->suffixes.num_values; i++) {
        dn = bytes_of(config->suffixes.values[i], strlen(config->suffixes.values[i]));
        status = dir_dn_key(arena, dn, &tree->suffixes[i], err);
        if (status == SK_OK && add(tree, dn, &tree->suffixes[i], &node) != SK_OK)
            status = err_set(err, SK_NOMEM, "no memory");
    }
    tree->num_suffixes = config->suffixes.num_values;
    return status;
}

void tree_done(struct tree *tree)
{
    free(tree->nodes);
    free(tree->slots);
    memset(tree, 0, sizeof(*tree));
}

/* ---- values ---- */

static struct tree_attribute *find_attribute(const struct tree_node *node,
                                             const struct dir_attribute *type)
{
    struct tree_attribute *attribute = node->attributes;

    while (attribute != NULL && attribute->type != type)
        attribute = attribute->next;
    return attribute;
}

static bool has_value(const struct tree_attribute *attribute, struct sk_bytes value)
{
    const struct tree_value *v;

    for (v = attribute->first; v != NULL; v = v->next) {
        if (bytes_equal(v->value, value))
            return true;
    }
    return false;
}

static struct tree_attribute *need_attribute(struct tree *tree, struct tree_node *node,
                                             const struct dir_attribute *type)
{
    struct tree_attribute *attribute = find_attribute(node, type);

    if (attribute == NULL) {
        attribute = arena_alloc(tree->arena, sizeof(*attribute));
        if (attribute == NULL)
            return NULL;
        attribute->type = type;
        attribute->next = node->attributes;
        node->attributes = attribute;
    }
    return attribute;
}

enum sk_status tree_append(struct tree *tree, struct tree_node *node,
                           const struct dir_attribute *type, struct sk_bytes value)
{
    struct tree_attribute *attribute = need_attribute(tree, node, type);
    struct tree_value *added = arena_alloc(tree->arena, sizeof(*added));

    if (attribute == NULL || added == NULL)
        return SK_NOMEM;
    added->value = value;
    if (attribute->last != NULL)
        attribute->last->next = added;
    else
        attribute->first = added;
    attribute->last = added;
    attribute->num++;
    return SK_OK;
}

enum sk_status tree_put(struct tree *tree, struct tree_node *node, const struct dir_attribute *type,
                        struct sk_bytes value)
{
    const struct tree_attribute *attribute = find_attribute(node, type);

    if (attribute != NULL && has_value(attribute, value))
        return SK_OK;
    return tree_append(tree, node, type, value);
}

bool tree_owns(const struct tree_node *node, const struct dir_attribute *type)
{
    const bool is_list = type->equality == DIR_RULE_CERTIFICATE_LIST_EXACT;

    if (type == dir_schema_attribute(bytes_of("userCertificate", 15)))
        return (node->marks & TREE_USER) != 0;
    if ((node->marks & TREE_CA) != 0)
        return is_list || type->equality == DIR_RULE_CERTIFICATE_EXACT ||
               type->equality == DIR_RULE_CERTIFICATE_PAIR_EXACT;
    return is_list && (node->marks & TREE_POINT) != 0;
}

/* ---- publication ---- */

static enum sk_status take_values(struct tree *tree, const struct tree_attribute *attribute,
                                  struct dir_values *out)
{
    struct sk_bytes *values = arena_array(tree->arena, attribute->num, sizeof(*values));
    const struct tree_value *v;
    size_t num = 0;

    if (values == NULL)
        return SK_NOMEM;
    for (v = attribute->first; v != NULL; v = v->next)
        values[num++] = v->value;
    *out = (struct dir_values){attribute->type, num, values};
    return SK_OK;
}

enum sk_status tree_entry(struct tree *tree, struct tree_node *node, struct dir_entry *out)
{
    const struct tree_attribute *attribute;
    struct dir_values *values;
    enum sk_status status = classes_put(tree, node);
    size_t num = 0;

    for (attribute = node->attributes; attribute != NULL; attribute = attribute->next)
        num++;
    values = arena_array(tree->arena, num, sizeof(*values));
    if (status != SK_OK || values == NULL)
        return status != SK_OK ? status : SK_NOMEM;
    num = 0;
    for (attribute = node->attributes; status == SK_OK && attribute != NULL;
         attribute = attribute->next)
        status = take_values(tree, attribute, &values[num++]);
    out->dn = node->dn;
    out->key = node->key;
    out->is_referral = classes_is_referral(node);
    out->num = num;
    out->attributes = values;
    return status;
}

static enum sk_status publish_node(struct tree *tree, struct sk_publish *pub,
                                   struct tree_node *node, struct sk_err *err)
{
    struct dir_entry entry = {.num = 0};
    enum sk_status status = tree_entry(tree, node, &entry);

    return status == SK_OK ? publish_entry(pub, &entry, err) : err_set(err, status, "no memory");
}

static void tell(const struct tree *tree, const struct tree_node *node, const struct sk_err *err)
{
    char dn[LIMIT_NAME_TOLD];
    const size_t len = node->dn.len < sizeof(dn) ? node->dn.len : sizeof(dn) - 1;

    (void)snprintf(dn, sizeof(dn), "%.*s", (int)len, (const char *)node->dn.p);
    report_fault(tree->report, NULL, dn, REASON_OVERSIZED, err);
}

enum sk_status tree_publish(struct tree *tree, struct sk_publish *pub, struct sk_err *err)
{
    enum sk_status status = SK_OK;
    size_t i;

    for (i = 0; status == SK_OK && i < tree->num; i++) {
        status = publish_node(tree, pub, tree->nodes[i], err);
        if (status != SK_LIMIT)
            continue;
        tell(tree, tree->nodes[i], err);
        err_clear(err);
        tree->nodes[i]->attributes = NULL;
        tree->nodes[i]->marks = 0;
        tree->nodes[i]->is_imported = false;
        status = publish_node(tree, pub, tree->nodes[i], err);
    }
    return status;
}
