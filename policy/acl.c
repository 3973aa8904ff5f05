/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/acl.h"

#include "core/hex.h"

/* ---- reading ---- */

static enum sk_status set_where(struct acl_rule *rule, enum acl_where where, bool *has_where,
                                struct sk_err *err)
{
    if (*has_where)
        return err_set(err, SK_INPUT, "more than one of all, loopback and addresses");
    *has_where = true;
    rule->where = where;
    return SK_OK;
}

static enum sk_status set_spki(struct sk_arena *arena, const char *hex, struct acl_rule *rule,
                               struct sk_err *err)
{
    uint8_t hash[SK_SHA256];

    if (rule->spki != NULL)
        return err_set(err, SK_INPUT, "more than one spki");
    if (hex_decode(hex, hash, sizeof(hash)) != SK_OK)
        return err_set(err, SK_INPUT, "'%s' is not a SHA-256 in hexadecimal digits", hex);
    rule->spki = arena_copy(arena, hash, sizeof(hash));
    rule->wants_certificate = true;
    return rule->spki != NULL ? SK_OK : SK_NOMEM;
}

static enum sk_status read_who(struct sk_arena *arena, const char *word, struct acl_rule *rule,
                               bool *has_where, struct sk_err *err)
{
    if (strcmp(word, "all") == 0)
        return set_where(rule, ACL_ANYWHERE, has_where, err);
    if (strcmp(word, "loopback") == 0)
        return set_where(rule, ACL_LOOPBACK, has_where, err);
    if (strcmp(word, "certificate") == 0) {
        rule->wants_certificate = true;
        return SK_OK;
    }
    if (strncmp(word, "spki:sha256:", 12) == 0)
        return set_spki(arena, word + 12, rule, err);
    if (address_range_parse(word, &rule->range) != SK_OK)
        return err_set(err, SK_INPUT,
                       "'%s' is none of all, loopback, certificate, spki:sha256:HEX, subject:TEXT, "
                       "ADDRESS and ADDRESS/BITS",
                       word);
    return set_where(rule, ACL_RANGE, has_where, err);
}

static enum sk_status set_subject(struct sk_arena *arena, const char *text, struct acl_rule *rule,
                                  struct sk_err *err)
{
    if (*text == '\0')
        return err_set(err, SK_INPUT, "subject: without a name");
    rule->subject = bytes_of(arena_copy(arena, text, strlen(text)), strlen(text));
    rule->wants_certificate = true;
    return rule->subject.p != NULL ? SK_OK : SK_NOMEM;
}

/* Copies the next word of *text; false: there is none, or it is too long to be one of ours. */
static bool next_word(const char **text, char *out, size_t size)
{
    size_t len;

    *text += strspn(*text, " \t");
    len = strcspn(*text, " \t");
    if (len == 0 || len >= size)
        return false;
    memcpy(out, *text, len);
    out[len] = '\0';
    *text += len;
    return true;
}

enum sk_status acl_rule_parse(struct sk_arena *arena, const char *text, struct acl_rule *out,
                              struct sk_err *err)
{
    enum sk_status status = SK_OK;
    struct acl_rule rule = {0};
    bool has_where = false;
    char word[128];

    if (!next_word(&text, word, sizeof(word)) ||
        (strcmp(word, "allow") != 0 && strcmp(word, "deny") != 0))
        return err_set(err, SK_INPUT, "begins with neither allow nor deny");
    rule.allows = word[0] == 'a';
    text += strspn(text, " \t");
    if (*text == '\0')
        return err_set(err, SK_INPUT, "does not say who");
    while (status == SK_OK && *text != '\0') {
        if (strncmp(text, "subject:", 8) == 0) {
            status = set_subject(arena, text + 8, &rule, err);
            text = "";
        } else if (next_word(&text, word, sizeof(word))) {
            status = read_who(arena, word, &rule, &has_where, err);
            text += strspn(text, " \t");
        } else {
            status = err_set(err, SK_INPUT, "a word is too long");
        }
    }
    if (status == SK_NOMEM)
        return err_set(err, SK_NOMEM, "out of memory");
    if (status == SK_OK)
        *out = rule;
    return status;
}

/* ---- judging ---- */

static bool is_loopback(const struct sk_address *address)
{
    static const struct address_range v4 = {
        .first = {.octets = {[10] = 0xff, [11] = 0xff, [12] = 127}}, .bits = ADDRESS_V4_BITS + 8};
    static const struct address_range v6 = {.first = {.octets = {[15] = 1}}, .bits = 128};

    return address_range_has(&v4, address) || address_range_has(&v6, address);
}

static bool fits(const struct acl_rule *rule, const struct acl_client *client)
{
    const struct acl_certificate *certificate = client->certificate;

    if (rule->where == ACL_LOOPBACK && !is_loopback(&client->address))
        return false;
    if (rule->where == ACL_RANGE && !address_range_has(&rule->range, &client->address))
        return false;
    if (!rule->wants_certificate)
        return true;
    if (certificate == NULL)
        return false;
    if (rule->subject.p != NULL && !bytes_equal(rule->subject, certificate->subject))
        return false;
    return rule->spki == NULL || memcmp(rule->spki, certificate->spki, SK_SHA256) == 0;
}

bool acl_allows(const struct sk_acl *acls, size_t num_acls, enum acl_service service,
                const struct acl_client *client)
{
    size_t i, j;

    for (i = 0; i < num_acls; i++) {
        if ((acls[i].services & (unsigned)service) == 0)
            continue;
        for (j = 0; j < acls[i].num_rules; j++) {
            if (fits(&acls[i].rules[j], client))
                return acls[i].rules[j].allows;
        }
        return false;
    }
    return ((unsigned)service & ACL_PRIVATE) == 0 || is_loopback(&client->address);
}
