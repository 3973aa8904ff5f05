/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/ca/extension_int.h"

#include <openssl/evp.h>
#include <string.h>

#include "core/oid.h"
#include "tools/ca/dn.h"

enum sk_status extension_no_memory(struct sk_err *err)
{
    return err_openssl(err, SK_NOMEM, "no memory");
}

enum sk_status extension_add(X509 *cert, int nid, void *value, bool is_critical, struct sk_err *err)
{
    if (X509_add1_ext_i2d(cert, nid, value, is_critical, X509V3_ADD_DEFAULT) != 1)
        return err_openssl(err, SK_CRYPTO, "extension %s", OBJ_nid2sn(nid));
    return SK_OK;
}

enum sk_status extension_ski(X509 *cert, struct sk_err *err)
{
    unsigned char md[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    ASN1_OCTET_STRING *id = ASN1_OCTET_STRING_new();
    enum sk_status status;

    if (id == NULL || X509_pubkey_digest(cert, EVP_sha1(), md, &len) != 1 ||
        ASN1_OCTET_STRING_set(id, md, (int)len) != 1)
        status = extension_no_memory(err);
    else
        status = extension_add(cert, NID_subject_key_identifier, id, false, err);
    ASN1_OCTET_STRING_free(id);
    return status;
}

enum sk_status extension_aki(X509 *cert, const X509 *issuer, struct sk_err *err)
{
    AUTHORITY_KEYID *aki = AUTHORITY_KEYID_new();
    enum sk_status status;

    if (aki != NULL)
        aki->keyid = X509_get_ext_d2i(issuer, NID_subject_key_identifier, NULL, NULL);
    if (aki == NULL || aki->keyid == NULL)
        status = extension_no_memory(err);
    else
        status = extension_add(cert, NID_authority_key_identifier, aki, false, err);
    AUTHORITY_KEYID_free(aki);
    return status;
}

ASN1_INTEGER *extension_integer(long value)
{
    ASN1_INTEGER *out = ASN1_INTEGER_new();

    if (out != NULL && ASN1_INTEGER_set(out, value) != 1) {
        ASN1_INTEGER_free(out);
        return NULL;
    }
    return out;
}

enum sk_status extension_ca(X509 *cert, long path_len, struct sk_err *err)
{
    BASIC_CONSTRAINTS *bc = BASIC_CONSTRAINTS_new();
    enum sk_status status;

    if (bc == NULL)
        return extension_no_memory(err);
    bc->ca = 0xff; /* the octet that DER has for TRUE */
    if (path_len != EXTENSION_NO_NUMBER && (bc->pathlen = extension_integer(path_len)) == NULL)
        status = extension_no_memory(err);
    else
        status = extension_add(cert, NID_basic_constraints, bc, true, err);
    BASIC_CONSTRAINTS_free(bc);
    return status;
}

enum sk_status extension_key_usage(X509 *cert, unsigned bits, struct sk_err *err)
{
    ASN1_BIT_STRING *usage = ASN1_BIT_STRING_new();
    enum sk_status status = SK_OK;
    int i;

    if (usage == NULL)
        return extension_no_memory(err);
    for (i = 0; i < 9 && status == SK_OK; i++) {
        if ((bits & 1u << i) != 0 && ASN1_BIT_STRING_set_bit(usage, i, 1) != 1)
            status = extension_no_memory(err);
    }
    if (status == SK_OK)
        status = extension_add(cert, NID_key_usage, usage, true, err);
    ASN1_BIT_STRING_free(usage);
    return status;
}

enum sk_status extension_purpose(X509 *cert, const char *oid, struct sk_err *err)
{
    EXTENDED_KEY_USAGE *eku = sk_ASN1_OBJECT_new_null();
    ASN1_OBJECT *purpose = OBJ_txt2obj(oid, 1);
    enum sk_status status;

    if (eku == NULL || purpose == NULL || sk_ASN1_OBJECT_push(eku, purpose) == 0) {
        ASN1_OBJECT_free(purpose);
        status = extension_no_memory(err);
    } else {
        status = extension_add(cert, NID_ext_key_usage, eku, false, err);
    }
    sk_ASN1_OBJECT_pop_free(eku, ASN1_OBJECT_free);
    return status;
}

enum sk_status extension_nocheck(X509 *cert, struct sk_err *err)
{
    ASN1_NULL *null = ASN1_NULL_new();
    enum sk_status status;

    if (null == NULL)
        return extension_no_memory(err);
    status = extension_add(cert, NID_id_pkix_OCSP_noCheck, null, false, err);
    ASN1_NULL_free(null);
    return status;
}

/* GeneralNames */

static enum sk_status push_name(GENERAL_NAMES *names, GENERAL_NAME *name, struct sk_err *err)
{
    if (name == NULL)
        return extension_no_memory(err);
    if (sk_GENERAL_NAME_push(names, name) == 0) {
        GENERAL_NAME_free(name);
        return extension_no_memory(err);
    }
    return SK_OK;
}

/* Takes dn over. */
static enum sk_status directory_name_of(X509_NAME *dn, GENERAL_NAME **out, struct sk_err *err)
{
    GENERAL_NAME *name = GENERAL_NAME_new();

    if (name == NULL || dn == NULL) {
        GENERAL_NAME_free(name);
        X509_NAME_free(dn);
        return extension_no_memory(err);
    }
    GENERAL_NAME_set0_value(name, GEN_DIRNAME, dn);
    *out = name;
    return SK_OK;
}

static enum sk_status directory_name(const char *text, GENERAL_NAME **out, struct sk_err *err)
{
    X509_NAME *dn = NULL;
    enum sk_status status = dn_parse(text, DN_UTF8, &dn, err);

    return status == SK_OK ? directory_name_of(dn, out, err) : status;
}

/* kind: GEN_URI, GEN_EMAIL or GEN_DNS. */
static enum sk_status ia5_name(int kind, const char *text, GENERAL_NAME **out, struct sk_err *err)
{
    ASN1_IA5STRING *value;
    GENERAL_NAME *name;
    const char *p;

    for (p = text; *p != '\0'; p++) {
        if (*p <= ' ' || *p > '~')
            return err_set(err, SK_INPUT, "'%s': only printable ASCII may stand here", text);
    }
    value = ASN1_IA5STRING_new();
    name = GENERAL_NAME_new();
    if (value == NULL || name == NULL || ASN1_STRING_set(value, text, -1) != 1) {
        ASN1_IA5STRING_free(value);
        GENERAL_NAME_free(name);
        return extension_no_memory(err);
    }
    GENERAL_NAME_set0_value(name, kind, value);
    *out = name;
    return SK_OK;
}

/* "OID=TEXT": the value is a UTF8String. */
static enum sk_status other_name(const char *text, GENERAL_NAME **out, struct sk_err *err)
{
    const char *value_text = strchr(text, '=') + 1;
    char oid[LIMIT_OID_TEXT];
    ASN1_STRING *utf8 = NULL;
    ASN1_TYPE *value = ASN1_TYPE_new();
    GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_OBJECT *type;
    enum sk_status status;

    (void)snprintf(oid, sizeof(oid), "%.*s", (int)(value_text - 1 - text), text);
    type = OBJ_txt2obj(oid, 1);
    if (value == NULL || name == NULL || type == NULL) {
        status = extension_no_memory(err);
        goto out;
    }
    if (ASN1_mbstring_copy(&utf8, (const unsigned char *)value_text, -1, MBSTRING_UTF8,
                           B_ASN1_UTF8STRING) < 0) {
        status = err_openssl(err, SK_INPUT, "the value of the other name %s", oid);
        goto out;
    }
    ASN1_TYPE_set(value, V_ASN1_UTF8STRING, utf8);
    utf8 = NULL;
    if (GENERAL_NAME_set0_othername(name, type, value) != 1) {
        status = extension_no_memory(err);
        goto out;
    }
    *out = name;
    return SK_OK;
out:
    ASN1_STRING_free(utf8);
    ASN1_TYPE_free(value);
    ASN1_OBJECT_free(type);
    GENERAL_NAME_free(name);
    return status;
}

/* One name of the kind that GENERAL_NAME calls it. */
static enum sk_status make_name(int kind, const char *text, GENERAL_NAME **out, struct sk_err *err)
{
    if (kind == GEN_DIRNAME)
        return directory_name(text, out, err);
    if (kind == GEN_OTHERNAME)
        return other_name(text, out, err);
    return ia5_name(kind, text, out, err);
}

static enum sk_status push_all(GENERAL_NAMES *names, const struct options *options,
                               const char *option, int kind, struct sk_err *err)
{
    enum sk_status status = SK_OK;
    const char *text;
    size_t pos = 0;

    while (status == SK_OK && (text = options_next(options, option, &pos)) != NULL) {
        GENERAL_NAME *name = NULL;

        status = make_name(kind, text, &name, err);
        if (status == SK_OK)
            status = push_name(names, name, err);
    }
    return status;
}

enum sk_status extension_san(X509 *cert, const struct options *options, struct sk_err *err)
{
    GENERAL_NAMES *names = GENERAL_NAMES_new();
    enum sk_status status;

    if (names == NULL)
        return extension_no_memory(err);
    status = push_all(names, options, "san-dn", GEN_DIRNAME, err);
    if (status == SK_OK)
        status = push_all(names, options, "san-email", GEN_EMAIL, err);
    if (status == SK_OK)
        status = push_all(names, options, "san-dns", GEN_DNS, err);
    if (status == SK_OK)
        status = push_all(names, options, "san-other", GEN_OTHERNAME, err);
    if (status == SK_OK && sk_GENERAL_NAME_num(names) > 0) {
        /* RFC 5280 4.1.2.6: critical when the subject is empty */
        bool is_critical = X509_NAME_entry_count(X509_get_subject_name(cert)) == 0;

        status = extension_add(cert, NID_subject_alt_name, names, is_critical, err);
    }
    GENERAL_NAMES_free(names);
    return status;
}

enum sk_status extension_alt_dn(X509 *cert, int nid, const char *dn, struct sk_err *err)
{
    GENERAL_NAMES *names = GENERAL_NAMES_new();
    GENERAL_NAME *name = NULL;
    enum sk_status status =
        names != NULL ? directory_name(dn, &name, err) : extension_no_memory(err);

    if (status == SK_OK)
        status = push_name(names, name, err);
    if (status == SK_OK)
        status = extension_add(cert, nid, names, false, err);
    GENERAL_NAMES_free(names);
    return status;
}

enum sk_status extension_ocsp_uri(X509 *cert, const char *uri, struct sk_err *err)
{
    AUTHORITY_INFO_ACCESS *aia = AUTHORITY_INFO_ACCESS_new();
    ACCESS_DESCRIPTION *access = ACCESS_DESCRIPTION_new();
    GENERAL_NAME *name = NULL;
    enum sk_status status;

    if (aia == NULL || access == NULL) {
        status = extension_no_memory(err);
        goto out;
    }
    status = ia5_name(GEN_URI, uri, &name, err);
    if (status != SK_OK)
        goto out;
    ASN1_OBJECT_free(access->method);
    access->method = OBJ_nid2obj(NID_ad_OCSP);
    GENERAL_NAME_free(access->location);
    access->location = name;
    if (sk_ACCESS_DESCRIPTION_push(aia, access) == 0) {
        status = extension_no_memory(err);
        goto out;
    }
    access = NULL;
    status = extension_add(cert, NID_info_access, aia, false, err);
out:
    ACCESS_DESCRIPTION_free(access);
    AUTHORITY_INFO_ACCESS_free(aia);
    return status;
}

/* Distribution points */

enum sk_status extension_point(const char *uri, const X509_NAME *dn, DIST_POINT_NAME **out,
                               struct sk_err *err)
{
    DIST_POINT_NAME *point = DIST_POINT_NAME_new();
    GENERAL_NAMES *names = GENERAL_NAMES_new();
    GENERAL_NAME *name = NULL;
    enum sk_status status = point != NULL && names != NULL ? SK_OK : extension_no_memory(err);

    if (status == SK_OK && dn != NULL) {
        status = directory_name_of(X509_NAME_dup(dn), &name, err);
        if (status == SK_OK)
            status = push_name(names, name, err);
    }
    if (status == SK_OK && uri != NULL) {
        status = ia5_name(GEN_URI, uri, &name, err);
        if (status == SK_OK)
            status = push_name(names, name, err);
    }
    if (status != SK_OK) {
        GENERAL_NAMES_free(names);
        DIST_POINT_NAME_free(point);
        return status;
    }
    point->type = 0;
    point->name.fullname = names;
    *out = point;
    return SK_OK;
}

enum sk_status extension_crl_dp(X509 *cert, DIST_POINT_NAME *point, struct sk_err *err)
{
    CRL_DIST_POINTS *points = sk_DIST_POINT_new_null();
    DIST_POINT *dp = DIST_POINT_new();
    enum sk_status status;

    if (points == NULL || dp == NULL || sk_DIST_POINT_push(points, dp) == 0) {
        DIST_POINT_NAME_free(point);
        DIST_POINT_free(dp);
        status = extension_no_memory(err);
    } else {
        dp->distpoint = point;
        status = extension_add(cert, NID_crl_distribution_points, points, false, err);
    }
    sk_DIST_POINT_pop_free(points, DIST_POINT_free);
    return status;
}

/* nameConstraints */

static enum sk_status push_subtrees(STACK_OF(GENERAL_SUBTREE) * *trees,
                                    const struct options *options, const char *option, int kind,
                                    struct sk_err *err)
{
    const char *text;
    size_t pos = 0;

    while ((text = options_next(options, option, &pos)) != NULL) {
        GENERAL_SUBTREE *tree = GENERAL_SUBTREE_new();
        GENERAL_NAME *base = NULL;
        enum sk_status status;

        if (*trees == NULL)
            *trees = sk_GENERAL_SUBTREE_new_null();
        if (tree == NULL || *trees == NULL || sk_GENERAL_SUBTREE_push(*trees, tree) == 0) {
            GENERAL_SUBTREE_free(tree);
            return extension_no_memory(err);
        }
        status = make_name(kind, text, &base, err);
        if (status != SK_OK)
            return status;
        GENERAL_NAME_free(tree->base);
        tree->base = base;
    }
    return SK_OK;
}

enum sk_status extension_names(X509 *cert, const struct options *options, struct sk_err *err)
{
    static const struct {
        const char *permit, *exclude;
        int kind;
    } rows[] = {{"permit-dn", "exclude-dn", GEN_DIRNAME},
                {"permit-dns", "exclude-dns", GEN_DNS},
                {"permit-email", "exclude-email", GEN_EMAIL}};
    NAME_CONSTRAINTS *nc = NAME_CONSTRAINTS_new();
    enum sk_status status = nc != NULL ? SK_OK : extension_no_memory(err);
    size_t i;

    for (i = 0; status == SK_OK && i < sizeof(rows) / sizeof(rows[0]); i++) {
        status = push_subtrees(&nc->permittedSubtrees, options, rows[i].permit, rows[i].kind, err);
        if (status == SK_OK)
            status =
                push_subtrees(&nc->excludedSubtrees, options, rows[i].exclude, rows[i].kind, err);
    }
    if (status == SK_OK && (nc->permittedSubtrees != NULL || nc->excludedSubtrees != NULL))
        status = extension_add(cert, NID_name_constraints, nc, true, err);
    NAME_CONSTRAINTS_free(nc);
    return status;
}
