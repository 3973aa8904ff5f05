/* SPDX-License-Identifier: Apache-2.0 */
#include "core/dir_value.h"

#include "core/dir_value_int.h"

/* What is kept of an assertion: its canonical form, or for the certificate rules its parts. */
struct dir_assertion {
    enum dir_rule rule;
    struct sk_bytes canon; /* p NULL for the certificate rules */
    struct sk_bytes bare;  /* uniqueMember: the form without the unique identifier; p NULL: it has
                              none */
    struct pki_certificate certificate;
    struct pki_pair pair;
    struct pki_list list;
};

static enum sk_status to_arena(struct sk_arena *arena, const struct sk_buf *buf,
                               struct sk_bytes *out)
{
    const void *copy = arena_copy(arena, buf->data, buf->len);

    if (copy == NULL)
        return SK_NOMEM;
    *out = bytes_of(copy, buf->len);
    return SK_OK;
}

/* A canonical form that is no longer than what name.c allows for a Name. */
static enum sk_status syntax_canon(struct sk_arena *arena, enum dir_rule rule,
                                   struct sk_bytes value, struct sk_bytes *out)
{
    struct sk_buf buf;
    enum sk_status status;

    if (value.len > LIMIT_DIR_TEXT_BYTES)
        return SK_LIMIT;
    buf_init(&buf, LIMIT_NAME_CANON_BYTES);
    status = dir_syntax_canon(arena, rule, value, &buf);
    if (status == SK_OK)
        status = to_arena(arena, &buf, out);
    buf_done(&buf);
    return status;
}

/* ---- the certificate rules ------------------------------------------------------------------- */

static bool is_pki(enum dir_rule rule)
{
    return rule == DIR_RULE_CERTIFICATE_EXACT || rule == DIR_RULE_CERTIFICATE_PAIR_EXACT ||
           rule == DIR_RULE_CERTIFICATE_LIST_EXACT;
}

static enum sk_status read_pki(struct sk_arena *arena, enum dir_rule rule, bool is_assertion,
                               struct sk_bytes octets, struct dir_assertion *out)
{
    out->rule = rule;
    if (rule == DIR_RULE_CERTIFICATE_EXACT)
        return is_assertion ? dir_gser_certificate(arena, octets, &out->certificate)
                            : dir_pki_certificate(arena, octets, &out->certificate);
    if (rule == DIR_RULE_CERTIFICATE_PAIR_EXACT)
        return is_assertion ? dir_gser_pair(arena, octets, &out->pair)
                            : dir_pki_pair(arena, octets, &out->pair);
    return is_assertion ? dir_gser_list(arena, octets, &out->list)
                        : dir_pki_list(arena, octets, &out->list);
}

static enum sk_status pki_canon(struct sk_arena *arena, const struct dir_assertion *read,
                                struct sk_bytes *out)
{
    struct sk_buf buf;
    enum sk_status status;

    buf_init(&buf, 3 * LIMIT_NAME_CANON_BYTES);
    if (read->rule == DIR_RULE_CERTIFICATE_EXACT)
        dir_pki_put_certificate(&read->certificate, &buf);
    else if (read->rule == DIR_RULE_CERTIFICATE_PAIR_EXACT)
        dir_pki_put_pair(&read->pair, &buf);
    else
        dir_pki_put_list(&read->list, &buf);
    status = buf_status(&buf);
    if (status == SK_OK)
        status = to_arena(arena, &buf, out);
    buf_done(&buf);
    return status;
}

/* ---- canonical forms ------------------------------------------------------------------------- */

enum sk_status dir_value_canon(struct sk_arena *arena, enum dir_rule rule, struct sk_bytes value,
                               struct sk_bytes *out)
{
    struct dir_assertion read = {0};
    enum sk_status status;

    if (!is_pki(rule))
        return syntax_canon(arena, rule, value, out);
    status = read_pki(arena, rule, false, value, &read);
    return status == SK_OK ? pki_canon(arena, &read, out) : status;
}

enum sk_status dir_assertion_get_canon(struct sk_arena *arena,
                                       const struct dir_assertion *assertion, struct sk_bytes *out)
{
    if (assertion->bare.p != NULL)
        return SK_NOTFOUND;
    if (assertion->rule == DIR_RULE_CERTIFICATE_PAIR_EXACT &&
        (assertion->pair.to.serial.p == NULL || assertion->pair.by.serial.p == NULL))
        return SK_NOTFOUND;
    if (is_pki(assertion->rule))
        return pki_canon(arena, assertion, out);
    *out = assertion->canon;
    return SK_OK;
}

enum sk_status dir_assertion_canon(struct sk_arena *arena, enum dir_rule rule,
                                   struct sk_bytes assertion, struct sk_bytes *out)
{
    const struct dir_assertion *read;
    enum sk_status status = dir_assertion_new(arena, rule, assertion, &read);

    return status == SK_OK ? dir_assertion_get_canon(arena, read, out) : status;
}

static bool is_text(enum dir_rule rule)
{
    return rule == DIR_RULE_CASE_IGNORE || rule == DIR_RULE_CASE_EXACT;
}

static bool is_ia5(enum dir_rule rule)
{
    return rule == DIR_RULE_CASE_IGNORE_IA5 || rule == DIR_RULE_CASE_EXACT_IA5;
}

bool dir_value_may_use(const struct dir_attribute *attribute, enum dir_rule rule)
{
    if (attribute->equality == rule)
        return rule != DIR_RULE_NONE;
    if (is_ia5(attribute->equality))
        return is_ia5(rule) || is_text(rule);
    return is_text(attribute->equality) && is_text(rule);
}

/* ---- assertions ------------------------------------------------------------------------------ */

/* "DN#'01'B": the form of the DN alone as well (RFC 4517 4.2.31: a value without identifier
 * matches). */
static enum sk_status read_unique_member(struct sk_arena *arena, struct sk_bytes text,
                                         struct dir_assertion *out)
{
    const uint8_t *hash = text.len > 0 ? memrchr(text.p, '#', text.len) : NULL;
    struct sk_bytes bare;
    enum sk_status status;

    if (hash == NULL)
        return SK_OK;
    status = syntax_canon(arena, DIR_RULE_DISTINGUISHED_NAME,
                          bytes_of(text.p, (size_t)(hash - text.p)), &bare);
    if (status != SK_OK)
        return status == SK_NOMEM ? status : SK_OK;
    if (out->canon.len > bare.len && bytes_equal(bytes_of(out->canon.p, bare.len), bare))
        out->bare = bare;
    return SK_OK;
}

enum sk_status dir_assertion_new(struct sk_arena *arena, enum dir_rule rule,
                                 struct sk_bytes assertion, const struct dir_assertion **out)
{
    struct dir_assertion *made;
    enum sk_status status;

    if (assertion.len > LIMIT_DIR_ASSERTION_BYTES)
        return SK_LIMIT;
    made = arena_alloc(arena, sizeof(*made));
    if (made == NULL)
        return SK_NOMEM;
    made->rule = rule;
    if (is_pki(rule))
        status = read_pki(arena, rule, true, assertion, made);
    else
        status = syntax_canon(arena, rule, assertion, &made->canon);
    if (status == SK_OK && rule == DIR_RULE_UNIQUE_MEMBER)
        status = read_unique_member(arena, assertion, made);
    if (status == SK_OK)
        *out = made;
    return status;
}

static enum dir_truth truth_of(bool is_true)
{
    return is_true ? DIR_TRUE : DIR_FALSE;
}

enum dir_truth dir_value_equals(struct sk_arena *scratch, const struct dir_assertion *assertion,
                                struct sk_bytes value)
{
    struct dir_assertion stored = {0};
    struct sk_bytes canon;

    if (!is_pki(assertion->rule)) {
        if (syntax_canon(scratch, assertion->rule, value, &canon) != SK_OK)
            return DIR_UNDEFINED;
        return truth_of(bytes_equal(canon, assertion->canon) ||
                        (assertion->bare.p != NULL && bytes_equal(canon, assertion->bare)));
    }
    if (read_pki(scratch, assertion->rule, false, value, &stored) != SK_OK)
        return DIR_UNDEFINED;
    if (assertion->rule == DIR_RULE_CERTIFICATE_EXACT)
        return truth_of(dir_pki_is_certificate(&assertion->certificate, &stored.certificate));
    if (assertion->rule == DIR_RULE_CERTIFICATE_PAIR_EXACT)
        return truth_of(dir_pki_is_pair(&assertion->pair, &stored.pair));
    return truth_of(dir_pki_is_list(scratch, &assertion->list, &stored.list));
}

/* ---- order ----------------------------------------------------------------------------------- */

/* Digits without zeros in front, a '-' before negative ones. */
static int compare_integers(struct sk_bytes a, struct sk_bytes b)
{
    bool is_a_negative = a.p[0] == '-', is_b_negative = b.p[0] == '-';
    int order;

    if (is_a_negative != is_b_negative)
        return is_a_negative ? -1 : 1;
    order = a.len != b.len ? (a.len > b.len) - (a.len < b.len) : bytes_compare(a, b);
    return is_a_negative ? -order : order;
}

/* False: it cannot be told. */
static bool compare(struct sk_arena *scratch, const struct dir_assertion *assertion,
                    struct sk_bytes value, int *out_order)
{
    struct sk_bytes canon;

    if (is_pki(assertion->rule) || syntax_canon(scratch, assertion->rule, value, &canon) != SK_OK)
        return false;
    *out_order = assertion->rule == DIR_RULE_INTEGER ? compare_integers(canon, assertion->canon)
                                                     : bytes_compare(canon, assertion->canon);
    return true;
}

enum dir_truth dir_value_at_least(struct sk_arena *scratch, const struct dir_assertion *assertion,
                                  struct sk_bytes value)
{
    int order;

    return compare(scratch, assertion, value, &order) ? truth_of(order >= 0) : DIR_UNDEFINED;
}

enum dir_truth dir_value_at_most(struct sk_arena *scratch, const struct dir_assertion *assertion,
                                 struct sk_bytes value)
{
    int order;

    return compare(scratch, assertion, value, &order) ? truth_of(order <= 0) : DIR_UNDEFINED;
}
