/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cert_int.h"

#include "core/general_name.h"
#include "core/limits.h"

/* SubjectKeyIdentifier ::= OCTET STRING */
static enum sk_status read_ski(struct sk_cert *cert, struct sk_bytes value)
{
    struct der d;

    der_init(&d, value);
    if (der_take(&d, DER_OCTET_STRING, &cert->ski_id) != SK_OK)
        return SK_INPUT;
    return der_finish(&d);
}

static enum sk_status read_aki(struct sk_cert *cert, struct sk_bytes value)
{
    return shape_aki(value, &cert->aki);
}

/* KeyUsage ::= BIT STRING. RFC 5280 4.2.1.3: at least one bit is set. Trailing zero bits, which
 * DER drops from a named bit list, change nothing and are let pass. */
static enum sk_status read_key_usage(struct sk_cert *cert, struct sk_bytes value)
{
    struct der d;
    struct sk_bytes bits;
    unsigned unused, usage = 0, bit;

    der_init(&d, value);
    if (der_bits(&d, DER_BIT_STRING, &bits, &unused) != SK_OK || der_finish(&d) != SK_OK)
        return SK_INPUT;
    for (bit = 0; bit < 9 && bit / 8 < bits.len; bit++) {
        if (bits.p[bit / 8] & (0x80u >> bit % 8))
            usage |= 1u << bit;
    }
    cert->key_usage_bits = usage;
    return usage != 0 ? SK_OK : SK_INPUT;
}

static enum sk_status read_alt_name(struct sk_cert *cert, struct sk_bytes value)
{
    (void)cert;
    return shape_alt_name(value);
}

/* BasicConstraints ::= SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLenConstraint INTEGER OPTIONAL } */
static enum sk_status read_basic_constraints(struct sk_cert *cert, struct sk_bytes value)
{
    struct der d, seq;

    der_init(&d, value);
    if (der_enter(&d, DER_SEQUENCE, &seq) != SK_OK || der_finish(&d) != SK_OK)
        return SK_INPUT;
    if (der_peek(&seq, DER_BOOLEAN) && der_bool(&seq, DER_BOOLEAN, &cert->is_ca) != SK_OK)
        return SK_INPUT;
    cert->has_path_len = der_peek(&seq, DER_INTEGER);
    if (cert->has_path_len && shape_count(&seq, DER_INTEGER, &cert->path_len) != SK_OK)
        return SK_INPUT;
    /* V-73 */
    if (cert->has_path_len && !cert->is_ca)
        return SK_INPUT;
    return der_finish(&seq);
}

/*
 * GeneralSubtree ::= SEQUENCE { base GeneralName, minimum [0] INTEGER DEFAULT 0,
 *                               maximum [1] INTEGER OPTIONAL }
 * What minimum and maximum say is the verifier's business (V-43).
 */
static enum sk_status read_subtrees(struct der *list)
{
    struct der seq;
    struct general_name base;
    uint64_t count;
    size_t n = 0;

    do {
        if (n++ >= LIMIT_SUBTREES)
            return SK_LIMIT;
        if (der_enter(list, DER_SEQUENCE, &seq) != SK_OK ||
            general_name_next(&seq, true, &base) != SK_OK)
            return SK_INPUT;
        if (der_peek(&seq, DER_CONTEXT(0)) && shape_count(&seq, DER_CONTEXT(0), &count) != SK_OK)
            return SK_INPUT;
        if (der_peek(&seq, DER_CONTEXT(1)) && shape_count(&seq, DER_CONTEXT(1), &count) != SK_OK)
            return SK_INPUT;
        if (der_finish(&seq) != SK_OK)
            return SK_INPUT;
    } while (!der_at_end(list));
    return SK_OK;
}

/* NameConstraints ::= SEQUENCE { permittedSubtrees [0] OPTIONAL, excludedSubtrees [1] OPTIONAL },
 * not empty. */
static enum sk_status read_name_constraints(struct sk_cert *cert, struct sk_bytes value)
{
    struct der seq, list;
    unsigned kind;

    (void)cert;
    if (shape_list(value, &seq) != SK_OK)
        return SK_INPUT;
    for (kind = 0; kind < 2; kind++) {
        bool is_present;
        enum sk_status status =
            der_enter_optional(&seq, DER_CONTEXT_CONSTRUCTED(kind), &is_present, &list);

        if (status == SK_OK && is_present)
            status = read_subtrees(&list);
        if (status != SK_OK)
            return status;
    }
    return der_finish(&seq);
}

static enum sk_status read_dist_points(struct sk_cert *cert, struct sk_bytes value)
{
    (void)cert;
    return shape_dist_points(value);
}

static enum sk_status read_policies(struct sk_cert *cert, struct sk_bytes value)
{
    const struct cert_extension ext = {.is_present = true, .value = value};
    struct sk_bytes seen[LIMIT_POLICIES];
    struct cert_walk w;
    struct cert_policy policy;
    enum sk_status status;
    size_t n = 0, i;

    (void)cert;
    if (cert_walk_init(&w, &ext) != SK_OK)
        return SK_INPUT;
    while ((status = cert_policy_next(&w, &policy)) == SK_OK) {
        if (n >= LIMIT_POLICIES)
            return SK_LIMIT;
        /* V-64: RFC 5280 4.2.1.4, a policy appears at most once. */
        for (i = 0; i < n; i++) {
            if (bytes_equal(seen[i], policy.oid))
                return SK_INPUT;
        }
        seen[n++] = policy.oid;
    }
    if (status != SK_NOTFOUND)
        return status;
    return n > 0 ? SK_OK : SK_INPUT;
}

static enum sk_status read_policy_mappings(struct sk_cert *cert, struct sk_bytes value)
{
    const struct cert_extension ext = {.is_present = true, .value = value};
    struct cert_walk w;
    struct sk_bytes from, to;
    enum sk_status status;
    size_t n = 0;

    if (cert_walk_init(&w, &ext) != SK_OK)
        return SK_INPUT;
    while ((status = cert_mapping_next(&w, &from, &to)) == SK_OK) {
        if (n++ >= LIMIT_POLICY_MAPPINGS)
            return SK_LIMIT;
        if (oid_is(from, OID_ANY_POLICY) || oid_is(to, OID_ANY_POLICY))
            cert->maps_any_policy = true;
    }
    if (status != SK_NOTFOUND)
        return status;
    return n > 0 ? SK_OK : SK_INPUT;
}

/* PolicyConstraints ::= SEQUENCE { requireExplicitPolicy [0] INTEGER OPTIONAL,
 *                                  inhibitPolicyMapping [1] INTEGER OPTIONAL }, not empty. */
static enum sk_status read_policy_constraints(struct sk_cert *cert, struct sk_bytes value)
{
    struct der seq;

    if (shape_list(value, &seq) != SK_OK)
        return SK_INPUT;
    cert->has_require_explicit = der_peek(&seq, DER_CONTEXT(0));
    if (cert->has_require_explicit &&
        shape_count(&seq, DER_CONTEXT(0), &cert->require_explicit) != SK_OK)
        return SK_INPUT;
    cert->has_inhibit_mapping = der_peek(&seq, DER_CONTEXT(1));
    if (cert->has_inhibit_mapping &&
        shape_count(&seq, DER_CONTEXT(1), &cert->inhibit_mapping) != SK_OK)
        return SK_INPUT;
    return der_finish(&seq);
}

static enum sk_status read_eku(struct sk_cert *cert, struct sk_bytes value)
{
    const struct cert_extension ext = {.is_present = true, .value = value};
    struct cert_walk w;
    struct sk_bytes oid;
    enum sk_status status;
    size_t n = 0;

    (void)cert;
    if (cert_walk_init(&w, &ext) != SK_OK)
        return SK_INPUT;
    while ((status = cert_eku_next(&w, &oid)) == SK_OK) {
        if (n++ >= LIMIT_EKUS)
            return SK_LIMIT;
    }
    if (status != SK_NOTFOUND)
        return status;
    return n > 0 ? SK_OK : SK_INPUT;
}

/* InhibitAnyPolicy ::= SkipCerts ::= INTEGER (0..MAX) */
static enum sk_status read_inhibit_any(struct sk_cert *cert, struct sk_bytes value)
{
    struct der d;

    der_init(&d, value);
    if (shape_count(&d, DER_INTEGER, &cert->inhibit_any_skip) != SK_OK)
        return SK_INPUT;
    return der_finish(&d);
}

static enum sk_status read_access(struct sk_cert *cert, struct sk_bytes value)
{
    (void)cert;
    return shape_access(value);
}

typedef enum sk_status (*read_fn)(struct sk_cert *cert, struct sk_bytes value);

/* Every extension of RFC 5280 4.2 that we process. */
static const struct {
    enum oid_id id;
    size_t slot; /* its struct cert_extension in struct sk_cert */
    read_fn read;
    const char *section; /* of RFC 5280 */
} known[] = {
    {OID_EXT_AUTHORITY_KEY_IDENTIFIER, offsetof(struct sk_cert, aki_ext), read_aki, "4.2.1.1"},
    {OID_EXT_SUBJECT_KEY_IDENTIFIER, offsetof(struct sk_cert, ski), read_ski, "4.2.1.2"},
    {OID_EXT_KEY_USAGE, offsetof(struct sk_cert, key_usage), read_key_usage, "4.2.1.3"},
    {OID_EXT_CERTIFICATE_POLICIES, offsetof(struct sk_cert, policies), read_policies, "4.2.1.4"},
    {OID_EXT_POLICY_MAPPINGS, offsetof(struct sk_cert, policy_mappings), read_policy_mappings,
     "4.2.1.5"},
    {OID_EXT_SUBJECT_ALT_NAME, offsetof(struct sk_cert, san), read_alt_name, "4.2.1.6"},
    {OID_EXT_ISSUER_ALT_NAME, offsetof(struct sk_cert, ian), read_alt_name, "4.2.1.7"},
    {OID_EXT_BASIC_CONSTRAINTS, offsetof(struct sk_cert, basic_constraints), read_basic_constraints,
     "4.2.1.9"},
    {OID_EXT_NAME_CONSTRAINTS, offsetof(struct sk_cert, name_constraints), read_name_constraints,
     "4.2.1.10"},
    {OID_EXT_POLICY_CONSTRAINTS, offsetof(struct sk_cert, policy_constraints),
     read_policy_constraints, "4.2.1.11"},
    {OID_EXT_EXTENDED_KEY_USAGE, offsetof(struct sk_cert, eku), read_eku, "4.2.1.12"},
    {OID_EXT_CRL_DISTRIBUTION_POINTS, offsetof(struct sk_cert, crl_dp), read_dist_points,
     "4.2.1.13"},
    {OID_EXT_INHIBIT_ANY_POLICY, offsetof(struct sk_cert, inhibit_any), read_inhibit_any,
     "4.2.1.14"},
    {OID_EXT_FRESHEST_CRL, offsetof(struct sk_cert, freshest_crl), read_dist_points, "4.2.1.15"},
    {OID_EXT_AUTHORITY_INFO_ACCESS, offsetof(struct sk_cert, aia), read_access, "4.2.2.1"},
    {OID_EXT_SUBJECT_INFO_ACCESS, offsetof(struct sk_cert, sia), read_access, "4.2.2.2"},
};

/* id-pkix-ocsp-nocheck, RFC 6960 4.2.2.2.1: its value is NULL. */
static enum sk_status read_nocheck(struct sk_cert *cert, struct sk_bytes value, struct sk_err *err)
{
    static const uint8_t null[] = {DER_NULL, 0x00};

    if (!bytes_equal(value, bytes_of(null, sizeof(null))))
        return err_set(err, SK_INPUT,
                       "certificate: id-pkix-ocsp-nocheck is not NULL (RFC 6960 4.2.2.2.1)");
    cert->has_nocheck = true;
    return SK_OK;
}

static enum sk_status read_known(struct sk_cert *cert, size_t row,
                                 const struct shape_extension *ext, struct sk_err *err)
{
    struct cert_extension *slot = (void *)((char *)cert + known[row].slot);
    enum sk_status status = known[row].read(cert, ext->value);

    if (status != SK_OK)
        return err_set(err, status, "certificate: extension %s is %s (RFC 5280 %s)",
                       oid_name(known[row].id), status == SK_LIMIT ? "too large" : "malformed",
                       known[row].section);
    slot->is_present = true;
    slot->is_critical = ext->is_critical;
    slot->value = ext->value;
    return SK_OK;
}

static enum sk_status read_extension(struct sk_cert *cert, const struct shape_extension *ext,
                                     struct sk_err *err)
{
    enum oid_id id = oid_known(ext->oid);
    size_t row;

    if (id == OID_OCSP_NOCHECK)
        return read_nocheck(cert, ext->value, err);
    for (row = 0; id != OID_UNKNOWN && row < sizeof(known) / sizeof(known[0]); row++) {
        if (known[row].id == id)
            return read_known(cert, row, ext, err);
    }
    shape_note_unknown(ext, &cert->has_unknown_critical, &cert->unknown_critical);
    return SK_OK;
}

enum sk_status cert_read_extensions(struct sk_cert *cert, struct der *list, struct sk_err *err)
{
    struct sk_bytes seen[LIMIT_CERT_EXTENSIONS];
    struct shape_extension ext;
    enum sk_status status;
    size_t n = 0, i;

    do {
        if (n == LIMIT_CERT_EXTENSIONS)
            return err_set(err, SK_LIMIT, "certificate: more than %u extensions",
                           LIMIT_CERT_EXTENSIONS);
        if (shape_extension_next(list, &ext) != SK_OK)
            return err_set(err, SK_INPUT, "certificate: extension %zu is malformed (RFC 5280 4.1)",
                           n);
        /* V-08, RFC 5280 4.2 */
        for (i = 0; i < n; i++) {
            if (bytes_equal(seen[i], ext.oid))
                return err_set(err, SK_INPUT, "certificate: extension %s appears twice",
                               oid_name(oid_known(ext.oid)));
        }
        seen[n++] = ext.oid;
        status = read_extension(cert, &ext, err);
        if (status != SK_OK)
            return status;
    } while (!der_at_end(list));
    return SK_OK;
}
