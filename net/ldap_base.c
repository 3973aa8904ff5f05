/* SPDX-License-Identifier: Apache-2.0 */
#include "net/ldap_base.h"

#include "core/ascii.h"
#include "core/buf.h"
#include "net/ldap_write.h"

enum { URL_BYTES = 3 * LIMIT_DIR_DN_BYTES + 1024 };

static enum ldap_code set_result(struct ldap_result *result, enum ldap_code code, const char *text)
{
    result->code = code;
    result->text = text;
    return code;
}

enum ldap_code ldap_base_fail(enum sk_status status, struct ldap_result *result)
{
    if (status == SK_LIMIT)
        return set_result(result, LDAP_ADMIN_LIMIT_EXCEEDED, "too large to be worked on");
    return set_result(result, LDAP_OTHER, "the server has failed");
}

/* ---- referral URLs ---- */

/* What may stand in the DN of a URL as it is (RFC 3986 3.3, RFC 4516 2.1): not '?', nor '/'. */
static bool is_plain(uint8_t c)
{
    return ascii_is_alnum(c) || (c != '\0' && strchr("-._~!$&'()*+,;=:@", c) != NULL);
}

static void put_escaped(struct sk_buf *out, struct sk_bytes text)
{
    size_t i;

    for (i = 0; i < text.len; i++) {
        if (is_plain(text.p[i]))
            buf_put_byte(out, text.p[i]);
        else
            buf_printf(out, "%%%02X", text.p[i]);
    }
}

/* A value of ref is an LDAP URL without scope and filter (RFC 3296 2.2): up to the slash behind
 * host and port, and the DN as it stands there. False: no LDAP URL. */
static bool split_url(struct sk_bytes url, struct sk_bytes *out_host, struct sk_bytes *out_dn)
{
    static const char *const schemes[] = {"ldap://", "ldaps://"};
    const uint8_t *end = url.p + url.len, *slash, *query;
    size_t len = 0, i;

    for (i = 0; i < 2 && len == 0; i++) {
        size_t n = strlen(schemes[i]);

        if (url.len > n && strncasecmp((const char *)url.p, schemes[i], n) == 0)
            len = n;
    }
    if (len == 0)
        return false;
    slash = memchr(url.p + len, '/', url.len - len);
    *out_host = bytes_of(url.p, slash != NULL ? (size_t)(slash - url.p) : url.len);
    *out_dn = bytes_of(end, 0);
    if (slash == NULL)
        return true;
    query = memchr(slash + 1, '?', (size_t)(end - slash - 1));
    *out_dn = bytes_of(slash + 1, (size_t)((query != NULL ? query : end) - slash - 1));
    return true;
}

static bool put_url(struct sk_buf *out, struct sk_bytes url, const struct dir_entry *referral,
                    struct sk_bytes rest, const char *scope_text)
{
    struct sk_bytes host, dn;

    if (!split_url(url, &host, &dn))
        return false;
    buf_put(out, host.p, host.len);
    buf_put_byte(out, '/');
    put_escaped(out, rest);
    if (rest.len > 0)
        buf_put_byte(out, ',');
    if (dn.len > 0)
        buf_put(out, dn.p, dn.len);
    else
        put_escaped(out, referral->dn);
    if (scope_text != NULL)
        buf_printf(out, "??%s", scope_text);
    return true;
}

enum sk_status ldap_base_urls(struct sk_arena *arena, const struct dir_entry *referral,
                              struct sk_bytes rest, const char *scope_text,
                              const struct sk_bytes **out, size_t *out_num)
{
    const struct dir_values *refs =
        dir_entry_get0(referral, dir_schema_attribute(bytes_of("ref", 3)));
    size_t max =
        refs != NULL && refs->num < LIMIT_LDAP_REFERRALS ? refs->num : LIMIT_LDAP_REFERRALS;
    struct sk_bytes *urls = arena_array(arena, max, sizeof(*urls));
    enum sk_status status = urls != NULL ? SK_OK : SK_LIMIT;
    struct sk_buf text;
    size_t i, num = 0;

    buf_init(&text, URL_BYTES);
    for (i = 0; refs != NULL && status == SK_OK && i < refs->num && num < max; i++) {
        buf_reset(&text);
        if (!put_url(&text, refs->values[i], referral, rest, scope_text))
            continue;
        status = buf_status(&text);
        if (status != SK_OK)
            break;
        urls[num] = bytes_of(arena_copy(arena, text.data, text.len), text.len);
        status = urls[num++].p != NULL ? SK_OK : SK_LIMIT;
    }
    buf_done(&text);
    if (status == SK_OK) {
        *out = urls;
        *out_num = num;
    }
    return status;
}

/* ---- names ---- */

/* The first count RDNs of dn, as they are written. */
static enum sk_status first_rdns(struct sk_bytes dn, unsigned count, struct sk_bytes *out)
{
    struct sk_bytes parent = dn;
    enum sk_status status = SK_OK;
    size_t len;

    for (; status == SK_OK && count > 0; count--)
        status = dir_dn_parent(parent, &parent);
    if (status != SK_OK)
        return status;
    *out = dn;
    if (parent.len == 0)
        return SK_OK;
    for (len = (size_t)(parent.p - dn.p); len > 0 && dn.p[len - 1] == ' ';)
        len--;
    if (len > 0) /* the separator */
        len--;
    while (len > 1 && dn.p[len - 1] == ' ' && dn.p[len - 2] != '\\')
        len--;
    *out = bytes_of(dn.p, len);
    return SK_OK;
}

static enum ldap_code refer(struct sk_arena *arena, const struct ldap_target *target,
                            const struct dir_entry *referral, unsigned below,
                            struct ldap_result *result)
{
    static const char *const scopes[] = {
        [LDAP_SCOPE_BASE] = "base", [LDAP_SCOPE_ONE] = "one", [LDAP_SCOPE_SUB] = "sub"};
    struct sk_bytes rest = {0};
    enum sk_status status = SK_OK;

    if (below > 0)
        status = first_rdns(target->dn, below, &rest);
    if (status == SK_OK)
        status =
            ldap_base_urls(arena, referral, rest, target->is_search ? scopes[target->scope] : NULL,
                           &result->referrals, &result->num_referrals);
    if (status != SK_OK)
        return ldap_base_fail(status, result);
    result->matched = referral->dn;
    if (result->num_referrals == 0)
        return set_result(result, LDAP_OTHER, "a referral object without an LDAP URL");
    return set_result(result, LDAP_REFERRAL, NULL);
}

/* L-10: how far the name leads. */
static enum ldap_code find_in_tree(const struct ldap_env *env, struct sk_arena *arena,
                                   const struct ldap_target *target, struct ldap_base *out,
                                   struct ldap_result *result)
{
    struct dir_key deepest = out->key;
    enum sk_status status = SK_NOTFOUND;

    if (env->reader != NULL)
        status = dit_deepest(env->reader, &out->key, &deepest.depth);
    if (status == SK_OK)
        status = dit_get(env->reader, arena, &deepest, &out->entry);
    else if (status == SK_NOTFOUND)
        return set_result(result, LDAP_NO_SUCH_OBJECT, NULL);
    if (status != SK_OK)
        return ldap_base_fail(status, result);
    if (out->entry.is_referral && !(target->manages_dsa_it && deepest.depth == out->key.depth))
        return refer(arena, target, &out->entry, out->key.depth - deepest.depth, result);
    if (deepest.depth == out->key.depth)
        return LDAP_SUCCESS;
    result->matched = out->entry.dn;
    return set_result(result, LDAP_NO_SUCH_OBJECT, NULL);
}

static enum sk_status subschema_key(struct sk_arena *arena, struct dir_key *out)
{
    return dir_dn_key(arena, bytes_of(LDAP_SUBSCHEMA_DN, strlen(LDAP_SUBSCHEMA_DN)), out, NULL);
}

enum ldap_code ldap_base_find(const struct ldap_env *env, struct sk_arena *arena,
                              const struct ldap_target *target, struct ldap_base *out,
                              struct ldap_result *result)
{
    struct dir_key subschema;
    enum sk_status status = dir_dn_key(arena, target->dn, &out->key, NULL);

    if (status == SK_INPUT)
        return set_result(result, LDAP_INVALID_DN_SYNTAX, "not a distinguished name");
    if (status == SK_OK)
        status = subschema_key(arena, &subschema);
    if (status != SK_OK)
        return ldap_base_fail(status, result);
    out->kind = LDAP_BASE_TREE;
    if (out->key.depth == 0)
        out->kind = LDAP_BASE_ROOT;
    else if (dir_key_equal(&out->key, &subschema))
        out->kind = LDAP_BASE_SUBSCHEMA;
    switch (out->kind) {
    case LDAP_BASE_ROOT:
        status = ldap_root_dse(env, arena, &out->entry);
        break;
    case LDAP_BASE_SUBSCHEMA:
        status = ldap_root_subschema(arena, &out->entry);
        break;
    case LDAP_BASE_TREE:
        return find_in_tree(env, arena, target, out, result);
    }
    return status == SK_OK ? LDAP_SUCCESS : ldap_base_fail(status, result);
}
