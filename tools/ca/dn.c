/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/ca/dn.h"

#include <openssl/asn1.h>
#include <string.h>
#include <strings.h>

#include "core/buf.h"
#include "core/hex.h"
#include "core/limits.h"

/* Attribute types by name: their OID, the string type that is theirs alone (0: as asked), and the
 * bounds in characters of RFC 5280 appendix A (0: only our own cap). */
static const struct attribute_rule {
    const char *name, *oid;
    unsigned long mask;
    long min, max;
} attribute_rules[] = {
    {"CN", "2.5.4.3", 0, 1, 64},
    {"SN", "2.5.4.4", 0, 1, 40},
    {"serialNumber", "2.5.4.5", B_ASN1_PRINTABLESTRING, 1, 64},
    {"C", "2.5.4.6", B_ASN1_PRINTABLESTRING, 2, 2},
    {"L", "2.5.4.7", 0, 1, 128},
    {"ST", "2.5.4.8", 0, 1, 128},
    {"STREET", "2.5.4.9", 0, 1, 0},
    {"O", "2.5.4.10", 0, 1, 64},
    {"OU", "2.5.4.11", 0, 1, 64},
    {"title", "2.5.4.12", 0, 1, 64},
    {"GN", "2.5.4.42", 0, 1, 64},
    {"dnQualifier", "2.5.4.46", B_ASN1_PRINTABLESTRING, 1, 0},
    {"organizationIdentifier", "2.5.4.97", 0, 1, 0},
    {"DC", "0.9.2342.19200300.100.1.25", B_ASN1_IA5STRING, 1, 63},
    {"UID", "0.9.2342.19200300.100.1.1", 0, 1, 256},
    {"emailAddress", "1.2.840.113549.1.9.1", B_ASN1_IA5STRING, 1, 255},
};
enum { NUM_RULES = sizeof(attribute_rules) / sizeof(attribute_rules[0]) };

struct ava {
    const struct attribute_rule *rule;
    size_t value, value_len; /* in the scratch buffer */
    unsigned rdn;            /* index in the text, first 0 */
};

struct dn_text {
    const char *p;         /* rest of the text */
    struct sk_buf scratch; /* unescaped values */
    struct ava avas[LIMIT_NAME_RDNS];
    size_t num_avas;
};

static const struct attribute_rule *find_rule(const char *name, size_t len)
{
    size_t i;

    for (i = 0; i < NUM_RULES; i++) {
        const struct attribute_rule *rule = &attribute_rules[i];

        if (strlen(rule->name) == len && strncasecmp(rule->name, name, len) == 0)
            return rule;
        if (strlen(rule->oid) == len && memcmp(rule->oid, name, len) == 0)
            return rule;
    }
    return NULL;
}

/* One character or escape of a value (RFC 4514 3: "\" and a special, or "\" and two hex digits). */
static enum sk_status take_character(struct dn_text *t, struct sk_err *err)
{
    uint8_t octet;

    if (*t->p != '\\') {
        if (strchr("\"<>;", *t->p) != NULL)
            return err_set(err, SK_INPUT, "'%c' in a name must be written as \\%c", *t->p, *t->p);
        buf_put_byte(&t->scratch, (uint8_t)*t->p++);
        return SK_OK;
    }
    if (t->p[1] != '\0' && strchr(" \"#+,;<=>\\", t->p[1]) != NULL) {
        buf_put_byte(&t->scratch, (uint8_t)t->p[1]);
        t->p += 2;
        return SK_OK;
    }
    if (t->p[1] != '\0' && t->p[2] != '\0') {
        char digits[3] = {t->p[1], t->p[2], '\0'};

        if (hex_decode(digits, &octet, 1) == SK_OK) {
            buf_put_byte(&t->scratch, octet);
            t->p += 3;
            return SK_OK;
        }
    }
    return err_set(err, SK_INPUT, "a wrong escape in a name: '%.3s'", t->p);
}

static enum sk_status take_value(struct dn_text *t, struct ava *ava, struct sk_err *err)
{
    if (*t->p == '#')
        return err_set(err, SK_INPUT, "a value in #hexadecimal form is not supported");
    if (*t->p == ' ')
        return err_set(err, SK_INPUT, "a space before the value of %s", ava->rule->name);
    ava->value = t->scratch.len;
    while (*t->p != '\0' && *t->p != ',' && *t->p != '+') {
        if (take_character(t, err) != SK_OK)
            return SK_INPUT;
    }
    if (buf_status(&t->scratch) != SK_OK)
        return err_set(err, buf_status(&t->scratch), "the name is too long");
    ava->value_len = t->scratch.len - ava->value;
    if (ava->value_len == 0)
        return err_set(err, SK_INPUT, "the value of %s is empty", ava->rule->name);
    return SK_OK;
}

static enum sk_status take_ava(struct dn_text *t, unsigned rdn, struct sk_err *err)
{
    struct ava *ava = &t->avas[t->num_avas];
    size_t len = strcspn(t->p, "=,+");

    if (t->num_avas == LIMIT_NAME_RDNS)
        return err_set(err, SK_LIMIT, "more than %u attributes in a name", LIMIT_NAME_RDNS);
    if (t->p[len] != '=')
        return err_set(err, SK_INPUT, "'%s': TYPE=VALUE expected (RFC 4514)", t->p);
    ava->rule = find_rule(t->p, len);
    if (ava->rule == NULL)
        return err_set(err, SK_INPUT, "'%.*s' is no attribute type we know", (int)len, t->p);
    ava->rdn = rdn;
    t->p += len + 1;
    if (take_value(t, ava, err) != SK_OK)
        return SK_INPUT;
    t->num_avas++;
    return SK_OK;
}

static enum sk_status take_name(struct dn_text *t, struct sk_err *err)
{
    unsigned rdn = 0;

    for (;;) {
        enum sk_status status = take_ava(t, rdn, err);

        if (status != SK_OK)
            return status;
        if (*t->p == '\0')
            return SK_OK;
        if (*t->p == ',')
            rdn++;
        t->p++;
        if (*t->p == ' ') /* "CN=x, O=y" is how people write */
            t->p++;
    }
}

static enum sk_status add_ava(X509_NAME *name, const struct dn_text *t, const struct ava *ava,
                              enum dn_strings strings, bool is_new_rdn, struct sk_err *err)
{
    const struct attribute_rule *rule = ava->rule;
    unsigned long mask = rule->mask;
    ASN1_OBJECT *type = OBJ_txt2obj(rule->oid, 1);
    ASN1_STRING *value = NULL;
    long max = rule->max ? rule->max : (long)LIMIT_NAME_VALUE_BYTES;
    enum sk_status status = SK_NOMEM;

    if (mask == 0)
        mask = strings == DN_PRINTABLE ? B_ASN1_PRINTABLESTRING : B_ASN1_UTF8STRING;
    if (type == NULL)
        goto out;
    if (ASN1_mbstring_ncopy(&value, t->scratch.data + ava->value, (int)ava->value_len,
                            MBSTRING_UTF8, mask, rule->min, max) < 0) {
        status = err_openssl(err, SK_INPUT, "the value of %s does not fit its type", rule->name);
        goto out;
    }
    if (X509_NAME_add_entry_by_OBJ(name, type, ASN1_STRING_type(value),
                                   ASN1_STRING_get0_data(value), ASN1_STRING_length(value), -1,
                                   is_new_rdn ? 0 : -1) == 1)
        status = SK_OK;
    else
        status = err_openssl(err, SK_CRYPTO, "the value of %s", rule->name);
out:
    ASN1_OBJECT_free(type);
    ASN1_STRING_free(value);
    return status;
}

/* The text names the last RDN first (RFC 4514 2.1). */
static enum sk_status build_name(const struct dn_text *t, enum dn_strings strings, X509_NAME *name,
                                 struct sk_err *err)
{
    size_t i;

    for (i = t->num_avas; i-- > 0;) {
        const struct ava *ava = &t->avas[i];
        bool is_new = i + 1 == t->num_avas || ava->rdn != t->avas[i + 1].rdn;
        enum sk_status status = add_ava(name, t, ava, strings, is_new, err);

        if (status != SK_OK)
            return status;
    }
    return SK_OK;
}

enum sk_status dn_parse(const char *text, enum dn_strings strings, X509_NAME **out,
                        struct sk_err *err)
{
    struct dn_text t = {.p = text};
    X509_NAME *name = NULL;
    enum sk_status status;

    buf_init(&t.scratch, LIMIT_NAME_VALUE_BYTES);
    status = take_name(&t, err);
    if (status != SK_OK)
        goto out;
    name = X509_NAME_new();
    if (name == NULL) {
        status = err_set(err, SK_NOMEM, "no memory");
        goto out;
    }
    status = build_name(&t, strings, name, err);
    if (status != SK_OK)
        goto out;
    *out = name;
    name = NULL;
out:
    X509_NAME_free(name);
    buf_done(&t.scratch);
    return status;
}

enum sk_status dn_check(const char *text, struct sk_err *err)
{
    X509_NAME *name = NULL;
    enum sk_status status = dn_parse(text, DN_UTF8, &name, err);

    X509_NAME_free(name);
    return status;
}
