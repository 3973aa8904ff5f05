/* SPDX-License-Identifier: Apache-2.0 */
#include "core/subtree.h"

#include "core/host.h"
#include "core/name.h"

/* An iPAddress base is address and mask, as CIDR: once a mask bit is 0 the rest are. */
static bool is_mask_contiguous(struct sk_bytes mask)
{
    bool had_zero = false;
    size_t bit;

    for (bit = 0; bit < 8 * mask.len; bit++) {
        bool is_set = (mask.p[bit / 8] >> (7 - bit % 8) & 1) != 0;

        if (is_set && had_zero)
            return false;
        had_zero = had_zero || !is_set;
    }
    return true;
}

/*  GeneralSubtree ::= SEQUENCE {
 *       base                    GeneralName,
 *       minimum         [0]     BaseDistance DEFAULT 0,
 *       maximum         [1]     BaseDistance OPTIONAL } */
enum sk_status subtree_next(struct der *list, struct sk_arena *arena, struct subtree *out,
                            struct sk_err *err)
{
    struct subtree s = {0};
    struct der item;
    struct sk_bytes distance;
    bool has_minimum = false;

    if (der_enter(list, DER_SEQUENCE, &item) != SK_OK ||
        general_name_next(&item, true, &s.base) != SK_OK ||
        der_take_optional(&item, DER_CONTEXT(0), &has_minimum, &distance) != SK_OK)
        return err_set(err, SK_INPUT, "a malformed subtree");
    if (has_minimum && (distance.len != 1 || distance.p[0] != 0))
        return err_set(err, SK_INPUT, "a subtree with a minimum, which is not supported");
    if (der_peek(&item, DER_CONTEXT(1)))
        return err_set(err, SK_INPUT, "a subtree with a maximum, which is not supported");
    if (der_finish(&item) != SK_OK)
        return err_set(err, SK_INPUT, "a malformed subtree");
    if (s.base.kind == GENERAL_NAME_IP &&
        !is_mask_contiguous(bytes_of(s.base.value.p + s.base.value.len / 2, s.base.value.len / 2)))
        return err_set(err, SK_INPUT, "an iPAddress subtree whose mask has holes");
    if (s.base.kind == GENERAL_NAME_DIRECTORY) {
        enum sk_status status = name_canon(arena, s.base.value, &s.canon, err);

        if (status != SK_OK)
            return status;
    }
    *out = s;
    return SK_OK;
}

/* host against "domain" (itself and below) or ".domain". RFC 5280 gives a leading dot a meaning for
 * mailboxes and URIs only (below, not itself). In a dNSName CAs mean the same, but it is also read
 * as "domain": so the domain itself is undecided there. */
static enum subtree_answer host_answer(struct sk_bytes host, struct sk_bytes base,
                                       bool is_exact_without_dot,
                                       enum subtree_answer itself_with_dot)
{
    bool has_dot = base.len > 0 && base.p[0] == '.';
    struct sk_bytes domain = has_dot ? bytes_of(base.p + 1, base.len - 1) : base;

    if (base.len == 0)
        return SUBTREE_WITHIN;
    if (!host_is_valid(domain))
        return SUBTREE_UNDECIDED;
    if (host_equal(host, domain))
        return has_dot ? itself_with_dot : SUBTREE_WITHIN;
    if (!has_dot && is_exact_without_dot)
        return SUBTREE_OUTSIDE;
    return host_is_within(host, domain) ? SUBTREE_WITHIN : SUBTREE_OUTSIDE;
}

static enum subtree_answer dns_answer(struct sk_bytes name, struct sk_bytes base)
{
    bool is_wildcard = name.len > 2 && name.p[0] == '*' && name.p[1] == '.';
    struct sk_bytes host = is_wildcard ? host_parent(name) : name, bare;
    enum subtree_answer answer;

    if (!host_is_valid(host))
        return base.len == 0 ? SUBTREE_WITHIN : SUBTREE_UNDECIDED;
    answer = host_answer(host, base, false, SUBTREE_UNDECIDED);
    if (!is_wildcard || answer == SUBTREE_WITHIN)
        return answer;
    /* "*.a" against ".a": all it stands for lies below "a". Against "x.a": some of it does. */
    bare = base.p[0] == '.' ? bytes_of(base.p + 1, base.len - 1) : base;
    if (host_equal(host, bare) && host_is_valid(bare))
        return SUBTREE_WITHIN;
    return host_is_within(bare, host) ? SUBTREE_UNDECIDED : answer;
}

static bool has_quoting(struct sk_bytes local)
{
    return memchr(local.p, '"', local.len) != NULL || memchr(local.p, '\\', local.len) != NULL;
}

/* base: "local@host", "host", or ".domain" */
static enum subtree_answer email_answer(struct sk_bytes name, struct sk_bytes base)
{
    struct sk_bytes local, host, base_local, base_host;

    if (base.len == 0)
        return SUBTREE_WITHIN;
    if (!host_of_mailbox(name, &local, &host))
        return SUBTREE_UNDECIDED;
    if (memchr(base.p, '@', base.len) == NULL)
        return host_answer(host, base, true, SUBTREE_OUTSIDE);
    if (!host_of_mailbox(base, &base_local, &base_host))
        return SUBTREE_UNDECIDED;
    if (!host_equal(host, base_host))
        return SUBTREE_OUTSIDE;
    if (bytes_equal(local, base_local))
        return SUBTREE_WITHIN;
    /* The same mailbox may be written in other case or with quotes: only its host knows. */
    if (host_equal(local, base_local) || has_quoting(local) || has_quoting(base_local))
        return SUBTREE_UNDECIDED;
    return SUBTREE_OUTSIDE;
}

/* "The constraint MUST be specified as a fully qualified domain name"; a URI without one must be
 * rejected. */
static enum subtree_answer uri_answer(struct sk_bytes name, struct sk_bytes base)
{
    struct sk_bytes scheme, host;

    if (!host_of_uri(name, &scheme, &host))
        return SUBTREE_UNDECIDED;
    return host_answer(host, base, true, SUBTREE_OUTSIDE);
}

static bool is_in_net(const uint8_t *address, const uint8_t *base, size_t len)
{
    const uint8_t *mask = base + len;
    size_t i;

    for (i = 0; i < len; i++) {
        if (((address[i] ^ base[i]) & mask[i]) != 0)
            return false;
    }
    return true;
}

static enum subtree_answer ip_answer(struct sk_bytes name, struct sk_bytes base)
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

    if (2 * name.len == base.len)
        return is_in_net(name.p, base.p, name.len) ? SUBTREE_WITHIN : SUBTREE_OUTSIDE;
    /* ::ffff:a.b.c.d reaches the same host as a.b.c.d (RFC 4291 2.5.5.2) */
    if (name.len == 16 && base.len == 8 && memcmp(name.p, mapped, sizeof(mapped)) == 0 &&
        is_in_net(name.p + 12, base.p, 4))
        return SUBTREE_UNDECIDED;
    return SUBTREE_OUTSIDE;
}

enum subtree_answer subtree_holds(const struct subtree *subtree, const struct subtree_name *name)
{
    struct sk_bytes base = subtree->base.value;

    if (subtree->base.kind != name->kind)
        return SUBTREE_UNDECIDED;
    switch (name->kind) {
    case GENERAL_NAME_DIRECTORY:
        return name_within(name->canon, subtree->canon) ? SUBTREE_WITHIN : SUBTREE_OUTSIDE;
    case GENERAL_NAME_DNS:
        return dns_answer(name->value, base);
    case GENERAL_NAME_EMAIL:
        return email_answer(name->value, base);
    case GENERAL_NAME_URI:
        return uri_answer(name->value, base);
    case GENERAL_NAME_IP:
        return ip_answer(name->value, base);
    case GENERAL_NAME_OTHER:
    case GENERAL_NAME_X400:
    case GENERAL_NAME_EDI_PARTY:
    case GENERAL_NAME_REGISTERED_ID:
        return SUBTREE_UNDECIDED; /* V-44 */
    }
    return SUBTREE_UNDECIDED;
}
