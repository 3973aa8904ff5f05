/* SPDX-License-Identifier: Apache-2.0 */
#include "test/support/dn_oracle.h"

#include <ldap.h>
#include <unistr.h>

#include "core/der.h"
#include "core/dir_schema.h"
#include "core/name.h"
#include "core/name_int.h"
#include "core/oid.h"

static struct sk_bytes text_of(const char *text)
{
    return bytes_of(text, strlen(text));
}

static bool is_known_type(struct berval type)
{
    char dotted[LIMIT_OID_TEXT];
    struct sk_buf oid;
    bool is_oid;

    if (dir_schema_attribute(bytes_of(type.bv_val, type.bv_len)) != NULL)
        return true;
    if (type.bv_len >= sizeof(dotted))
        return false;
    memcpy(dotted, type.bv_val, type.bv_len);
    dotted[type.bv_len] = '\0';
    buf_init(&oid, LIMIT_OID_TEXT);
    is_oid = oid_from_text(dotted, &oid) == SK_OK;
    buf_done(&oid);
    return is_oid;
}

static bool has_type_before(LDAPRDN rdn, size_t n)
{
    const struct dir_attribute *type =
        dir_schema_attribute(bytes_of(rdn[n]->la_attr.bv_val, rdn[n]->la_attr.bv_len));
    size_t i;

    for (i = 0; i < n; i++) {
        struct sk_bytes other = bytes_of(rdn[i]->la_attr.bv_val, rdn[i]->la_attr.bv_len);

        if (type != NULL
                ? dir_schema_attribute(other) == type
                : bytes_equal(other, bytes_of(rdn[n]->la_attr.bv_val, rdn[n]->la_attr.bv_len)))
            return true;
    }
    return false;
}

/* Is there a ';' behind a type and in front of its '='? */
static bool has_option(const char *text)
{
    const char *semicolon = text;

    while ((semicolon = strchr(semicolon, ';')) != NULL) {
        const char *p = semicolon++;

        while (p > text && strchr("=,+;", p[-1]) == NULL)
            p--;
        if (p == text || p[-1] != '=')
            return true;
    }
    return false;
}

/* May ours refuse what libldap takes? See the head. */
static bool may_refuse(const char *text, LDAPDN dn)
{
    size_t i, k;

    if (strchr(text, '"') != NULL && strchr(text, '\\') != NULL)
        return true;
    if (has_option(text) || strstr(text, "\\\t") != NULL || strstr(text, "\\\n") != NULL ||
        strstr(text, "\\\r") != NULL)
        return true;
    for (i = 0; dn != NULL && dn[i] != NULL; i++) {
        for (k = 0; dn[i][k] != NULL; k++) {
            const LDAPAVA *ava = dn[i][k];

            if (!is_known_type(ava->la_attr) || has_type_before(dn[i], k) ||
                (ava->la_flags & LDAP_AVA_BINARY) != 0 ||
                u8_check((uint8_t *)ava->la_value.bv_val, ava->la_value.bv_len) != NULL)
                return true;
        }
    }
    return false;
}

/* May ours take what libldap refuses? */
static bool may_take(const char *text)
{
    return strstr(text, "OID.") != NULL || strstr(text, "oid.") != NULL;
}

bool dn_oracle_is_by_octets(struct sk_bytes utf8)
{
    struct sk_buf prepared;
    bool is_prohibited;

    buf_init(&prepared, 1u << 20);
    is_prohibited = name_prepare(DER_UTF8_STRING, utf8, &prepared) == SK_NOTFOUND;
    buf_done(&prepared);
    return is_prohibited;
}

/* The same of a name whose text may have escapes. */
static bool is_by_octets(struct sk_arena *arena, const char *text)
{
    struct sk_bytes name;
    struct sk_buf shown;
    bool is_so = false;

    buf_init(&shown, 1u << 20);
    if (dir_dn_name(arena, text_of(text), &name, NULL) == SK_OK &&
        name_to_text(name, &shown) == SK_OK)
        is_so = dn_oracle_is_by_octets(buf_bytes(&shown));
    buf_done(&shown);
    return is_so;
}

/* Do both read the same name? What libldap has read it writes again. */
static const char *compare_names(struct sk_arena *arena, const char *text,
                                 const struct dir_key *ours, LDAPDN dn)
{
    struct dir_key theirs;
    const char *fault = NULL;
    char *written = NULL;
    enum sk_status status;

    if (ldap_dn2str(dn, &written, LDAP_DN_FORMAT_LDAPV3) != LDAP_SUCCESS)
        return "libldap cannot write it";
    /* It escapes all that is not ASCII: that may be too long. */
    status = dir_dn_key(arena, text_of(written), &theirs, NULL);
    if (status != SK_OK && status != SK_LIMIT)
        fault = "what libldap writes is refused";
    else if (status == SK_OK && !dir_key_equal(ours, &theirs) && !is_by_octets(arena, text))
        fault = "libldap reads another name";
    ldap_memfree(written);
    return fault;
}

struct dn_oracle dn_oracle_ask(struct sk_arena *arena, const char *text)
{
    struct dn_oracle answer = {false, false, NULL};
    struct dir_key key;
    LDAPDN dn = NULL;
    enum sk_status status = dir_dn_key(arena, text_of(text), &key, NULL);

    answer.is_ours = status == SK_OK;
    answer.is_theirs = ldap_str2dn(text, &dn, LDAP_DN_FORMAT_LDAP) == LDAP_SUCCESS;
    if (answer.is_theirs && status == SK_INPUT && !may_refuse(text, dn))
        answer.fault = "only libldap takes it";
    if (answer.is_ours && !answer.is_theirs && !may_take(text))
        answer.fault = "libldap refuses it";
    if (answer.is_ours && answer.is_theirs && dn != NULL &&
        (strchr(text, '"') == NULL || strchr(text, '\\') == NULL))
        answer.fault = compare_names(arena, text, &key, dn);
    ldap_dnfree(dn);
    return answer;
}
