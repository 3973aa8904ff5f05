/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/fetch/import.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "cache/dit.h"
#include "core/dir_value.h"
#include "tools/fetch/ldif.h"

/* Names, values and lists of one entry, not the octets of its values. */
#define ENTRY_ARENA_BYTES (64u * 1024u * 1024u)

struct import {
    struct tree *tree;
    struct sk_publish *pub;
    struct sk_arena *arena; /* of one entry */
    const char *file;
    size_t num, num_faults; /* of the file */
    size_t num_all;         /* published, of all files */
    bool is_first;          /* the file's first record, or the first that is held */
    bool is_failed;         /* a file could not be read */
};

/* ---- telling ---- */

static void tell(struct import *in, unsigned long line, enum fetch_reason reason,
                 const struct sk_err *err)
{
    char object[PATH_MAX + 32];

    in->num_faults++;
    if (in->num_faults > LIMIT_LDIF_FAULTS)
        return;
    if (line > 0)
        (void)snprintf(object, sizeof(object), "%s:%lu", in->file, line);
    else
        (void)snprintf(object, sizeof(object), "%s", in->file);
    report_fault(in->tree->report, NULL, object, reason, err);
}

static void tell_end(struct import *in)
{
    struct sk_err err = {SK_OK, ""};

    if (in->num_faults <= LIMIT_LDIF_FAULTS) {
        report_note(in->tree->report, NULL, in->file, "%zu entries", in->num);
        return;
    }
    (void)err_set(&err, SK_LIMIT, "%zu faults more", in->num_faults - LIMIT_LDIF_FAULTS);
    report_fault(in->tree->report, NULL, in->file, REASON_MALFORMED, &err);
}

/* ---- attributes of a record ---- */

/* What the server says of each entry itself. */
static bool is_computed(const struct dir_attribute *type)
{
    static const char *const names[] = {"entryDN", "subschemaSubentry", "hasSubordinates"};
    size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (type == dir_schema_attribute(bytes_of(names[i], strlen(names[i]))))
            return true;
    }
    return false;
}

/* Everybody may read and compare what is published. */
static bool is_secret(const struct dir_attribute *type)
{
    return type == dir_schema_attribute(bytes_of("userPassword", strlen("userPassword")));
}

static void tell_type(struct import *in, const struct ldif_line *line, const char *why)
{
    struct sk_err err = {SK_OK, ""};

    (void)err_set(&err, SK_INPUT, "attribute %.*s left out: %s",
                  (int)(line->type.len < 100 ? line->type.len : 100), (const char *)line->type.p,
                  why);
    tell(in, line->number, REASON_MALFORMED, &err);
}

/* The attributes by type; those that stay are owned by nobody else. */
static enum sk_status gather(struct import *in, const struct ldif_record *record,
                             struct tree_node *out)
{
    struct dir_description description;
    enum sk_status status = SK_OK;
    struct tree one = {.arena = in->arena};
    size_t i;

    for (i = 0; status == SK_OK && i < record->num; i++) {
        if (dir_schema_describe(record->lines[i].type, &description) != SK_OK)
            description.attribute = NULL;
        if (description.attribute == NULL)
            tell_type(in, &record->lines[i], "the schema does not have it");
        else if (is_secret(description.attribute))
            tell_type(in, &record->lines[i], "everybody could read it");
        else if (!is_computed(description.attribute))
            status = tree_append(&one, out, description.attribute, record->lines[i].value);
    }
    return status;
}

static const struct tree_attribute *find(const struct tree_node *node, const char *name)
{
    const struct dir_attribute *type = dir_schema_attribute(bytes_of(name, strlen(name)));
    const struct tree_attribute *attribute = node->attributes;

    while (attribute != NULL && attribute->type != type)
        attribute = attribute->next;
    return attribute;
}

/* ---- what an entry must be ---- */

struct naming {
    struct import *in;
    const struct tree_node *node;
    bool is_missing;
};

/* Is the value of the name among the entry's? */
static enum sk_status check_naming(void *arg, struct sk_bytes type_name, struct sk_bytes value)
{
    struct naming *naming = arg;
    const struct dir_attribute *type = dir_schema_attribute(type_name);
    const struct tree_attribute *attribute = naming->node->attributes;
    struct sk_bytes a, b;
    const struct tree_value *v;

    while (attribute != NULL && attribute->type != type)
        attribute = attribute->next;
    if (type == NULL || dir_value_canon(naming->in->arena, type->equality, value, &a) != SK_OK)
        return SK_OK;
    for (v = attribute != NULL ? attribute->first : NULL; v != NULL; v = v->next) {
        if (dir_value_canon(naming->in->arena, type->equality, v->value, &b) == SK_OK &&
            bytes_equal(a, b))
            return SK_OK;
    }
    naming->is_missing = true;
    return SK_OK;
}

static bool is_there(const struct import *in, const struct dir_key *key)
{
    return tree_find(in->tree, key) != NULL || publish_has_entry(in->pub, key);
}

/* Is there an entry above it, or may it begin a naming context? */
static enum sk_status check_place(struct import *in, const struct dir_key *key, struct sk_err *err)
{
    struct dir_key above = *key;

    if (!tree_is_inside(in->tree, key))
        return err_set(err, SK_INPUT, "outside every suffix of [repository], or the root");
    if (in->num_all + in->tree->num >= LIMIT_GENERATION_ENTRIES)
        return err_set(err, SK_LIMIT, "more than %u entries", LIMIT_GENERATION_ENTRIES);
    if (tree_find(in->tree, key) != NULL)
        return SK_OK;
    above.depth--;
    if (above.depth == 0 || is_there(in, &above))
        return SK_OK;
    while (above.depth > 0 && !is_there(in, &above))
        above.depth--;
    if (above.depth == 0 && in->is_first && in->tree->num_suffixes == 0)
        return SK_OK;
    return err_set(err, SK_INPUT, "there is no entry above it");
}

static enum sk_status check_entry(struct import *in, const struct tree_node *node,
                                  struct sk_err *err)
{
    struct naming naming = {in, node, false};

    if (find(node, "objectClass") == NULL)
        return err_set(err, SK_INPUT, "it has no objectClass");
    if (dir_dn_rdn_values(in->arena, node->dn, check_naming, &naming) != SK_OK)
        return err_set(err, SK_LIMIT, "its name is too long");
    if (naming.is_missing)
        return err_set(err, SK_INPUT, "an attribute of its name is not among its attributes");
    return SK_OK;
}

/* ---- where it goes ---- */

/* Into an entry of the tree: what the run knows itself stays. */
static enum sk_status merge(struct import *in, struct tree_node *node,
                            const struct tree_node *imported, struct sk_err *err)
{
    const struct tree_attribute *attribute;
    const struct tree_value *v;
    enum sk_status status = SK_OK;
    struct sk_bytes copy;

    if (node->is_imported)
        return err_set(err, SK_INPUT, "there is an entry of this name");
    node->is_imported = true;
    node->dn =
        bytes_of(arena_copy(in->tree->arena, imported->dn.p, imported->dn.len), imported->dn.len);
    for (attribute = imported->attributes; attribute != NULL; attribute = attribute->next) {
        if (tree_owns(node, attribute->type))
            continue;
        for (v = attribute->first; status == SK_OK && v != NULL; v = v->next) {
            copy = bytes_of(arena_copy(in->tree->arena, v->value.p, v->value.len), v->value.len);
            status = copy.p != NULL ? tree_put(in->tree, node, attribute->type, copy) : SK_NOMEM;
        }
    }
    if (status == SK_OK && node->dn.p == NULL)
        status = SK_NOMEM;
    return status == SK_OK ? SK_OK : err_set(err, status, "no memory");
}

static enum sk_status publish(struct import *in, struct tree_node *node, struct sk_err *err)
{
    struct tree one = {.arena = in->arena};
    struct dir_entry entry = {.num = 0};
    enum sk_status status = tree_entry(&one, node, &entry);

    if (status != SK_OK)
        return err_set(err, status, "no memory");
    status = publish_entry(in->pub, &entry, err);
    if (status == SK_OK)
        in->num_all++;
    return status == SK_AGAIN || status == SK_LIMIT ? SK_INPUT : status;
}

static enum sk_status take_record(struct import *in, const struct ldif_record *record,
                                  struct sk_err *err)
{
    struct tree_node node = {.dn = record->dn, .is_imported = true}, *known;
    enum sk_status status = dir_dn_key(in->arena, record->dn, &node.key, err);

    if (status == SK_OK)
        status = check_place(in, &node.key, err);
    if (status == SK_OK && gather(in, record, &node) != SK_OK)
        status = err_set(err, SK_LIMIT, "too much for one entry");
    if (status == SK_OK)
        status = check_entry(in, &node, err);
    if (status == SK_LIMIT)
        return SK_INPUT;
    if (status != SK_OK)
        return status;
    known = tree_find(in->tree, &node.key);
    return known != NULL ? merge(in, known, &node, err) : publish(in, &node, err);
}

/* ---- files ---- */

static enum sk_status read_records(struct import *in, struct ldif *ldif, struct sk_err *err)
{
    const struct ldif_record *record;
    struct sk_err fault = {SK_OK, ""};
    enum sk_status status;

    for (;;) {
        err_clear(&fault);
        arena_reset(in->arena);
        status = ldif_next(ldif, &record, &fault);
        if (status == SK_NOTFOUND)
            return SK_OK;
        if (status == SK_IO) {
            in->is_failed = true;
            tell(in, 0, REASON_UNREADABLE, &fault);
            return SK_OK;
        }
        if (status == SK_OK)
            status = take_record(in, record, &fault);
        in->is_first = false;
        if (status == SK_OK) {
            in->num++;
        } else if (status == SK_INPUT || status == SK_LIMIT) {
            tell(in, ldif->record.number, status == SK_LIMIT ? REASON_OVERSIZED : REASON_MALFORMED,
                 &fault);
        } else {
            *err = fault;
            return status;
        }
    }
}

static enum sk_status read_file(struct import *in, struct sk_err *err)
{
    struct sk_err fault = {SK_OK, ""};
    FILE *file = fopen(in->file, "re");
    enum sk_status status;
    struct ldif ldif;

    in->num = in->num_faults = 0;
    in->is_first = true;
    if (file == NULL) {
        in->is_failed = true;
        (void)err_errno(&fault, SK_IO, "the entries that are held stay");
        tell(in, 0, REASON_UNREADABLE, &fault);
        return SK_OK;
    }
    ldif_init(&ldif, file);
    status = read_records(in, &ldif, err);
    ldif_done(&ldif);
    (void)fclose(file);
    tell_end(in);
    return status;
}

/* Publishes again what the current generation has and nobody gave this time. */
static enum sk_status keep_held(struct import *in, const struct held *held, struct sk_err *err)
{
    struct dir_key key, root = {.depth = 0};
    struct dir_entry entry;
    struct dit_walk walk;
    enum sk_status status = SK_OK;

    in->is_first = true; /* what was a naming context stays one */
    dit_walk_init(&walk, &root, DIT_SUB);
    while (status == SK_OK && dit_walk_next(held->reader, &walk, &key) == SK_OK) {
        arena_reset(in->arena);
        if (tree_find(in->tree, &key) != NULL || publish_has_entry(in->pub, &key) ||
            check_place(in, &key, NULL) != SK_OK ||
            dit_get(held->reader, in->arena, &key, &entry) != SK_OK)
            continue;
        status = publish_entry(in->pub, &entry, err);
        in->num_all++;
    }
    return status;
}

enum sk_status import_files(struct tree *tree, struct sk_publish *pub,
                            const struct config_list *files, const struct held *held,
                            struct sk_err *err)
{
    struct import in = {.tree = tree, .pub = pub};
    enum sk_status status = SK_OK;
    size_t i;

    if (files->num_values == 0)
        return SK_OK;
    in.arena = arena_new(ENTRY_ARENA_BYTES);
    if (in.arena == NULL)
        return err_set(err, SK_NOMEM, "no memory");
    for (i = 0; status == SK_OK && i < files->num_values; i++) {
        in.file = files->values[i];
        status = read_file(&in, err);
    }
    if (status == SK_OK && in.is_failed && held->reader != NULL)
        status = keep_held(&in, held, err);
    arena_free(in.arena);
    return status;
}
