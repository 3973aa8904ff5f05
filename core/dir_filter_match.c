/* SPDX-License-Identifier: Apache-2.0 */
#include "core/dir_filter.h"

/* What one look at a value costs at least; what a certificate or CRL costs at most, of which only
 * the head is read; how much more an octet costs that is not ASCII. */
enum { WORK_LEAST = 64, WORK_DER = 4096, WORK_UNICODE = 63 };

struct match {
    const struct dir_entry *entry;
    struct sk_arena *scratch;
    uint64_t work;
};

static size_t cost_of(const struct dir_attribute *attribute, struct sk_bytes value)
{
    size_t unicode = 0, i;

    if (attribute->is_binary)
        return WORK_LEAST + (value.len > WORK_DER ? (size_t)WORK_DER : value.len);
    /* what is longer is not compared as text */
    if (value.len > LIMIT_DIR_TEXT_BYTES)
        return WORK_LEAST;
    for (i = 0; i < value.len; i++)
        unicode += value.p[i] >= 0x80;
    return WORK_LEAST + value.len + WORK_UNICODE * unicode;
}

/* False: this entry has cost enough. */
static bool spend(struct match *m, const struct dir_attribute *attribute, struct sk_bytes value)
{
    if (m->work > LIMIT_DIR_MATCH_WORK)
        return false;
    m->work += cost_of(attribute, value);
    return m->work <= LIMIT_DIR_MATCH_WORK;
}

/* RFC 4511 4.5.1.7: one of several values or children. */
static enum dir_truth either(enum dir_truth a, enum dir_truth b)
{
    if (a == DIR_TRUE || b == DIR_TRUE)
        return DIR_TRUE;
    return a == DIR_UNDEFINED || b == DIR_UNDEFINED ? DIR_UNDEFINED : DIR_FALSE;
}

static enum dir_truth inverse(enum dir_truth truth)
{
    if (truth == DIR_UNDEFINED)
        return DIR_UNDEFINED;
    return truth == DIR_TRUE ? DIR_FALSE : DIR_TRUE;
}

/* (objectClass=x): the value names x or a class derived from it. */
static enum dir_truth is_of_class(const struct dir_class *asserted, struct sk_bytes value)
{
    const struct dir_class *class = dir_schema_class(value);

    return class != NULL && dir_schema_class_is_a(class, asserted) ? DIR_TRUE : DIR_FALSE;
}

static enum dir_truth match_value(struct match *m, const struct dir_filter *item,
                                  struct sk_bytes value)
{
    switch (item->kind) {
    case DIR_FILTER_EQUALITY:
    case DIR_FILTER_APPROX:
        if (item->class != NULL)
            return is_of_class(item->class, value);
        return dir_value_equals(m->scratch, item->assertion, value);
    case DIR_FILTER_EXTENSIBLE:
        return dir_value_equals(m->scratch, item->assertion, value);
    case DIR_FILTER_AT_LEAST:
        return dir_value_at_least(m->scratch, item->assertion, value);
    case DIR_FILTER_AT_MOST:
        return dir_value_at_most(m->scratch, item->assertion, value);
    case DIR_FILTER_SUBSTRINGS:
        return dir_value_has(m->scratch, item->substrings, value);
    case DIR_FILTER_PRESENT: /* looks at no value */
    case DIR_FILTER_AND:
    case DIR_FILTER_OR:
    case DIR_FILTER_NOT:
    case DIR_FILTER_UNDEFINED:
        break;
    }
    return DIR_UNDEFINED;
}

static enum dir_truth match_values(struct match *m, const struct dir_filter *item,
                                   const struct dir_values *values)
{
    enum dir_truth truth = DIR_FALSE;
    size_t i;

    if (item->kind == DIR_FILTER_PRESENT)
        return DIR_TRUE;
    for (i = 0; i < values->num && truth != DIR_TRUE; i++) {
        if (!spend(m, values->attribute, values->values[i]))
            return DIR_UNDEFINED;
        truth = either(truth, match_value(m, item, values->values[i]));
    }
    return truth;
}

/* Is the item about this type? RFC 4511 4.5.1.7.7: without a type, about all that have the rule. */
static bool is_about(const struct dir_filter *item, const struct dir_attribute *attribute)
{
    if (item->attribute != NULL)
        return dir_schema_is_a(attribute, item->attribute);
    return dir_value_may_use(attribute, item->rule);
}

/* ---- the attributes of the entry's name (dnAttributes) -----------------------------------------
 */

struct dn_match {
    struct match *m;
    const struct dir_filter *item;
    enum dir_truth truth;
};

static enum sk_status match_ava(void *arg, struct sk_bytes type, struct sk_bytes value)
{
    struct dn_match *dn = arg;
    const struct dir_attribute *attribute = dir_schema_attribute(type);

    if (attribute == NULL || !is_about(dn->item, attribute))
        return SK_OK;
    if (!spend(dn->m, attribute, value))
        return SK_LIMIT;
    dn->truth = either(dn->truth, match_value(dn->m, dn->item, value));
    return SK_OK;
}

static enum dir_truth match_name(struct match *m, const struct dir_filter *item)
{
    struct dn_match dn = {m, item, DIR_FALSE};
    struct sk_bytes rest = m->entry->dn;
    enum sk_status status;

    m->work += rest.len;
    do {
        status = dir_dn_rdn_values(m->scratch, rest, match_ava, &dn);
        if (status == SK_OK)
            status = dir_dn_parent(rest, &rest);
    } while (status == SK_OK && dn.truth != DIR_TRUE);
    return status == SK_OK || status == SK_NOTFOUND ? dn.truth : either(dn.truth, DIR_UNDEFINED);
}

/* ---- items and the tree ------------------------------------------------------------------------
 */

static enum dir_truth match_item(struct match *m, const struct dir_filter *item)
{
    enum dir_truth truth = DIR_FALSE;
    size_t i;

    m->work += WORK_LEAST;
    for (i = 0; i < m->entry->num && truth != DIR_TRUE; i++) {
        if (is_about(item, m->entry->attributes[i].attribute))
            truth = either(truth, match_values(m, item, &m->entry->attributes[i]));
    }
    if (item->dn_attributes && truth != DIR_TRUE)
        truth = either(truth, match_name(m, item));
    return truth;
}

/* As deep as dir_filter_read() lets a filter be. */
static enum dir_truth match_node(struct match *m, const struct dir_filter *node)
{
    /* AND is the inverse of OR over inverses. */
    bool is_and = node->kind == DIR_FILTER_AND;
    enum dir_truth truth = DIR_FALSE;
    const struct dir_filter *child;

    switch (node->kind) {
    case DIR_FILTER_UNDEFINED:
        return DIR_UNDEFINED;
    case DIR_FILTER_NOT:
        return inverse(match_node(m, node->child));
    case DIR_FILTER_AND:
    case DIR_FILTER_OR:
        break;
    case DIR_FILTER_EQUALITY:
    case DIR_FILTER_SUBSTRINGS:
    case DIR_FILTER_AT_LEAST:
    case DIR_FILTER_AT_MOST:
    case DIR_FILTER_PRESENT:
    case DIR_FILTER_APPROX:
    case DIR_FILTER_EXTENSIBLE:
        return match_item(m, node);
    }
    for (child = node->child; child != NULL && truth != DIR_TRUE; child = child->next) {
        enum dir_truth one = match_node(m, child);

        truth = either(truth, is_and ? inverse(one) : one);
    }
    return is_and ? inverse(truth) : truth;
}

enum dir_truth dir_filter_match(const struct dir_filter *filter, const struct dir_entry *entry,
                                struct sk_arena *scratch, uint64_t *io_work)
{
    struct match m = {entry, scratch, 0};
    enum dir_truth truth = match_node(&m, filter);

    *io_work += m.work;
    return truth;
}
