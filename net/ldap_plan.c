/* SPDX-License-Identifier: Apache-2.0 */
#include "net/ldap_plan.h"

enum {
    COUNT_MAX = 100,     /* entries counted to choose among indexes, */
    COUNTED_VALUES = 32, /* of so many values; the others pass for frequent ones */
};

struct chosen {
    const struct dir_attribute *attribute;
    struct sk_bytes canon;
};

/* Values whose entries together hold all that a filter can be true of; num 0: no such. */
struct choice {
    struct chosen values[LDAP_PLAN_VALUES];
    size_t num;
    size_t cost; /* entries, as far as they were counted */
};

struct chooser {
    struct sk_reader *reader;
    const struct dir_attribute *classes; /* objectClass */
    struct sk_bytes everywhere;          /* its value that all entries have: of no index */
    unsigned num_counted;
    enum sk_status status;
};

/* A type that has subtypes is not looked for under its own name alone (RFC 4512 2.5.1). */
static bool has_subtypes(const struct dir_attribute *attribute)
{
    unsigned i, num = dir_schema_num_attributes();

    for (i = 0; i < num; i++) {
        const struct dir_attribute *other = dir_schema_at(i);

        if (other != attribute && dir_schema_is_a(other, attribute))
            return true;
    }
    return false;
}

static void choose_value(struct chooser *chooser, const struct dir_attribute *attribute,
                         struct sk_bytes canon, struct choice *out)
{
    size_t count = COUNT_MAX;
    enum sk_status status = SK_OK;

    if (chooser->num_counted++ < COUNTED_VALUES)
        status = dit_index_count(chooser->reader, attribute, canon, COUNT_MAX, &count);
    if (status == SK_NOTFOUND) {
        count = 0;
        status = SK_OK;
    }
    chooser->status = status;
    out->num = 1;
    out->cost = count;
    out->values[0] = (struct chosen){attribute, canon};
}

/* A value of an attribute that the index has all entries of. */
static bool has_index(const struct chooser *chooser, const struct dir_filter *item)
{
    if (item->canon.p == NULL || item->attribute == NULL || !dit_is_indexed(item->attribute) ||
        has_subtypes(item->attribute))
        return false;
    return item->attribute != chooser->classes || !bytes_equal(item->canon, chooser->everywhere);
}

static void choose(struct chooser *chooser, const struct dir_filter *filter, struct choice *out);

/* The part with the fewest entries. */
static void choose_and(struct chooser *chooser, const struct dir_filter *filter, struct choice *out)
{
    const struct dir_filter *child;
    struct choice one;

    for (child = filter->child; child != NULL && chooser->status == SK_OK; child = child->next) {
        one.num = 0;
        choose(chooser, child, &one);
        if (one.num > 0 && (out->num == 0 || one.cost < out->cost))
            *out = one;
        if (out->num > 0 && out->cost <= 1)
            break;
    }
}

/* All parts, or nothing. */
static void choose_or(struct chooser *chooser, const struct dir_filter *filter, struct choice *out)
{
    const struct dir_filter *child;
    struct choice one;

    out->cost = 0;
    for (child = filter->child; child != NULL && chooser->status == SK_OK; child = child->next) {
        one.num = 0;
        choose(chooser, child, &one);
        if (one.num == 0 || one.num > LDAP_PLAN_VALUES - out->num) {
            out->num = 0;
            return;
        }
        memcpy(&out->values[out->num], one.values, one.num * sizeof(one.values[0]));
        out->num += one.num;
        out->cost += one.cost;
    }
}

/* No deeper than filters are. */
static void choose(struct chooser *chooser, const struct dir_filter *filter, struct choice *out)
{
    switch (filter->kind) {
    case DIR_FILTER_AND:
        choose_and(chooser, filter, out);
        break;
    case DIR_FILTER_OR:
        choose_or(chooser, filter, out);
        break;
    case DIR_FILTER_EQUALITY:
        if (has_index(chooser, filter))
            choose_value(chooser, filter->attribute, filter->canon, out);
        break;
    case DIR_FILTER_NOT:
    case DIR_FILTER_SUBSTRINGS:
    case DIR_FILTER_AT_LEAST:
    case DIR_FILTER_AT_MOST:
    case DIR_FILTER_PRESENT:
    case DIR_FILTER_APPROX:
    case DIR_FILTER_EXTENSIBLE:
    case DIR_FILTER_UNDEFINED:
        break;
    }
}

/* RFC 3296 5.2: those below the base are told of, whatever the filter says. */
static enum sk_status add_referrals(const struct chooser *chooser, struct sk_arena *arena,
                                    struct choice *choice)
{
    const struct dir_attribute *classes = chooser->classes;
    struct sk_bytes canon;
    enum sk_status status;

    if (choice->num == LDAP_PLAN_VALUES || !dit_is_indexed(classes)) {
        choice->num = 0;
        return SK_OK;
    }
    status = dir_value_canon(arena, classes->equality, bytes_of("referral", 8), &canon);
    if (status == SK_OK)
        choice->values[choice->num++] = (struct chosen){classes, canon};
    return status;
}

static enum sk_status set_values(struct ldap_plan *plan, struct sk_arena *arena,
                                 const struct choice *choice)
{
    size_t i;

    plan->values = arena_array(arena, choice->num, sizeof(*plan->values));
    if (plan->values == NULL)
        return SK_LIMIT;
    for (i = 0; i < choice->num; i++) {
        plan->values[i].attribute = choice->values[i].attribute;
        plan->values[i].canon = choice->values[i].canon;
    }
    plan->num_values = choice->num;
    return SK_OK;
}

enum sk_status ldap_plan_init(struct ldap_plan *plan, struct sk_reader *reader,
                              struct sk_arena *arena, const struct dir_filter *filter,
                              bool with_referrals, const struct dir_key *after)
{
    struct chooser chooser = {.reader = reader,
                              .classes = dir_schema_attribute(bytes_of("objectClass", 11))};
    struct choice choice = {.num = 0};

    if (chooser.classes == NULL)
        return SK_INTERNAL;
    chooser.status =
        dir_value_canon(arena, chooser.classes->equality, bytes_of("top", 3), &chooser.everywhere);

    plan->has_last = after != NULL;
    if (after != NULL)
        plan->last = *after;
    if (chooser.status == SK_OK && plan->scope != DIT_BASE)
        choose(&chooser, filter, &choice);
    if (chooser.status == SK_OK && choice.num > 0 && with_referrals)
        chooser.status = add_referrals(&chooser, arena, &choice);
    if (chooser.status != SK_OK)
        return chooser.status;
    if (choice.num > 0)
        return set_values(plan, arena, &choice);
    plan->is_walk = true;
    dit_walk_init(&plan->walk, &plan->base, plan->scope);
    plan->walk.is_begun = plan->has_last;
    plan->walk.last = plan->last;
    return SK_OK;
}

/* ---- candidates ---- */

static bool is_in_scope(const struct ldap_plan *plan, const struct dir_key *key)
{
    if (plan->scope == DIT_ONE && key->depth != plan->base.depth + 1)
        return false;
    return dir_key_within(key, &plan->base);
}

static enum sk_status fetch(struct ldap_plan *plan, struct sk_reader *reader,
                            struct ldap_plan_value *value, uint64_t *io_work)
{
    enum sk_status status;

    if (value->has_next || value->is_over)
        return SK_OK;
    *io_work += LIMIT_LDAP_LOOK_WORK;
    status = dit_index_next(reader, value->attribute, value->canon,
                            plan->has_last ? &plan->last : NULL, &value->next);
    value->has_next = status == SK_OK;
    value->is_over = status == SK_NOTFOUND;
    return status == SK_NOTFOUND ? SK_OK : status;
}

/* The least key of all values, once. */
static enum sk_status next_of_values(struct ldap_plan *plan, struct sk_reader *reader,
                                     uint64_t *io_work, struct dir_key *out)
{
    const struct ldap_plan_value *least = NULL;
    size_t i;

    for (i = 0; i < plan->num_values; i++) {
        enum sk_status status = fetch(plan, reader, &plan->values[i], io_work);

        if (status != SK_OK)
            return status;
        if (plan->values[i].has_next &&
            (least == NULL ||
             bytes_compare(dir_key_bytes(&plan->values[i].next), dir_key_bytes(&least->next)) < 0))
            least = &plan->values[i];
    }
    if (least == NULL)
        return SK_NOTFOUND;
    *out = least->next;
    for (i = 0; i < plan->num_values; i++) {
        if (plan->values[i].has_next && dir_key_equal(&plan->values[i].next, out))
            plan->values[i].has_next = false;
    }
    return SK_OK;
}

enum sk_status ldap_plan_next(struct ldap_plan *plan, struct sk_reader *reader, uint64_t max,
                              uint64_t *io_work, struct dir_key *out)
{
    struct dir_key key;
    enum sk_status status;

    for (;;) {
        *io_work += LIMIT_LDAP_LOOK_WORK;
        status = plan->is_walk ? dit_walk_next(reader, &plan->walk, &key)
                               : next_of_values(plan, reader, io_work, &key);
        if (status != SK_OK)
            return status;
        plan->last = key;
        plan->has_last = true;
        if (plan->is_walk || is_in_scope(plan, &key)) {
            *out = key;
            return SK_OK;
        }
        if (*io_work >= max)
            return SK_AGAIN;
    }
}
