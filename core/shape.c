/* SPDX-License-Identifier: Apache-2.0 */
#include "core/shape_int.h"

#include "core/general_name.h"
#include "core/limits.h"

enum sk_status shape_list(struct sk_bytes value, struct der *out_list)
{
    struct der d, list;

    der_init(&d, value);
    if (der_enter(&d, DER_SEQUENCE, &list) != SK_OK || der_finish(&d) != SK_OK || der_at_end(&list))
        return SK_INPUT;
    *out_list = list;
    return SK_OK;
}

enum sk_status shape_signed(struct sk_bytes der, struct shape_signed *out)
{
    struct der d;
    struct shape_signed got;
    unsigned unused;

    if (shape_list(der, &d) != SK_OK || der_take_whole(&d, DER_SEQUENCE, &got.tbs) != SK_OK ||
        shape_algorithm(&d, &got.sig_alg) != SK_OK ||
        der_bits(&d, DER_BIT_STRING, &got.signature, &unused) != SK_OK || der_finish(&d) != SK_OK)
        return SK_INPUT;
    if (unused != 0)
        got.signature = bytes_of(NULL, 0);
    *out = got;
    return SK_OK;
}

enum sk_status shape_algorithm(struct der *d, struct sk_bytes *out_whole)
{
    struct der at = *d, seq;
    struct sk_bytes oid;
    struct der_tlv parameters;

    if (der_enter(&at, DER_SEQUENCE, &seq) != SK_OK || der_oid(&seq, DER_OID, &oid) != SK_OK)
        return SK_INPUT;
    if (!der_at_end(&seq) && (der_any(&seq, &parameters) != SK_OK || der_finish(&seq) != SK_OK))
        return SK_INPUT;
    *out_whole = bytes_of(d->p, (size_t)(at.p - d->p));
    *d = at;
    return SK_OK;
}

/*
 * Extension ::= SEQUENCE { extnID OBJECT IDENTIFIER, critical BOOLEAN DEFAULT FALSE,
 *                          extnValue OCTET STRING }
 */
enum sk_status shape_extension_next(struct der *list, struct shape_extension *out)
{
    struct der at = *list, seq;
    struct shape_extension ext = {.is_critical = false};

    if (der_enter(&at, DER_SEQUENCE, &seq) != SK_OK || der_oid(&seq, DER_OID, &ext.oid) != SK_OK)
        return SK_INPUT;
    /* DER leaves a DEFAULT out; CAs that write FALSE all the same mean only one thing by it. */
    if (der_peek(&seq, DER_BOOLEAN) && der_bool(&seq, DER_BOOLEAN, &ext.is_critical) != SK_OK)
        return SK_INPUT;
    if (der_take(&seq, DER_OCTET_STRING, &ext.value) != SK_OK || der_finish(&seq) != SK_OK)
        return SK_INPUT;
    *out = ext;
    *list = at;
    return SK_OK;
}

enum sk_status shape_count(struct der *d, uint8_t tag, uint64_t *out)
{
    struct der at = *d;
    struct sk_bytes contents;

    if (der_uint(d, tag, UINT64_MAX, out) == SK_OK)
        return SK_OK;
    if (der_integer(&at, tag, &contents) != SK_OK || contents.p[0] >= 0x80)
        return SK_INPUT;
    *out = UINT64_MAX;
    *d = at;
    return SK_OK;
}

enum sk_status shape_general_names(struct sk_bytes contents)
{
    struct der d;
    struct general_name name;
    size_t n = 0;

    der_init(&d, contents);
    do {
        if (n++ >= LIMIT_GENERAL_NAMES)
            return SK_LIMIT;
        if (general_name_next(&d, false, &name) != SK_OK)
            return SK_INPUT;
    } while (!der_at_end(&d));
    return SK_OK;
}

enum sk_status shape_alt_name(struct sk_bytes value)
{
    struct der d;
    struct sk_bytes contents;

    der_init(&d, value);
    if (der_take(&d, DER_SEQUENCE, &contents) != SK_OK || der_finish(&d) != SK_OK)
        return SK_INPUT;
    return shape_general_names(contents);
}

/*
 * AuthorityKeyIdentifier ::= SEQUENCE {
 *   keyIdentifier [0] OCTET STRING OPTIONAL, authorityCertIssuer [1] GeneralNames OPTIONAL,
 *   authorityCertSerialNumber [2] INTEGER OPTIONAL }    -- the last two: both or none
 */
enum sk_status shape_aki(struct sk_bytes value, struct sk_aki *out)
{
    struct der d, seq;
    struct sk_aki aki = {.has_key_id = false};
    bool has_issuer, has_serial;
    enum sk_status status;

    der_init(&d, value);
    if (der_enter(&d, DER_SEQUENCE, &seq) != SK_OK || der_finish(&d) != SK_OK ||
        der_take_optional(&seq, DER_CONTEXT(0), &aki.has_key_id, &aki.key_id) != SK_OK ||
        der_take_optional(&seq, DER_CONTEXT_CONSTRUCTED(1), &has_issuer, &aki.issuer_names) !=
            SK_OK)
        return SK_INPUT;
    has_serial = der_peek(&seq, DER_CONTEXT(2));
    if (has_serial != has_issuer ||
        (has_serial && der_integer(&seq, DER_CONTEXT(2), &aki.serial) != SK_OK) ||
        der_finish(&seq) != SK_OK)
        return SK_INPUT;
    status = has_issuer ? shape_general_names(aki.issuer_names) : SK_OK;
    if (status == SK_OK)
        *out = aki;
    return status;
}

/* Contents of a RelativeDistinguishedName: at least one AttributeTypeAndValue. */
static enum sk_status rdn_contents(struct sk_bytes contents)
{
    struct der d, ava;
    struct sk_bytes type;
    struct der_tlv value;
    size_t n = 0;

    der_init(&d, contents);
    do {
        if (der_enter(&d, DER_SEQUENCE, &ava) != SK_OK || der_oid(&ava, DER_OID, &type) != SK_OK ||
            der_any(&ava, &value) != SK_OK || der_finish(&ava) != SK_OK)
            return SK_INPUT;
        if (++n > LIMIT_NAME_AVAS || value.body.len > LIMIT_NAME_VALUE_BYTES)
            return SK_LIMIT; /* else it could not be compared */
    } while (!der_at_end(&d));
    return SK_OK;
}

/*
 * DistributionPointName ::= CHOICE {
 *   fullName [0] GeneralNames, nameRelativeToCRLIssuer [1] RelativeDistinguishedName }
 */
enum sk_status shape_dist_point_name(struct sk_bytes contents, struct sk_bytes *out_full_name,
                                     struct sk_bytes *out_relative)
{
    struct der d;
    struct der_tlv choice;
    enum sk_status status = SK_INPUT;

    der_init(&d, contents);
    if (der_any(&d, &choice) != SK_OK || der_finish(&d) != SK_OK)
        return SK_INPUT;
    if (choice.tag == DER_CONTEXT_CONSTRUCTED(0))
        status = shape_general_names(choice.body);
    else if (choice.tag == DER_CONTEXT_CONSTRUCTED(1))
        status = rdn_contents(choice.body);
    if (status != SK_OK)
        return status;
    *out_full_name = choice.tag == DER_CONTEXT_CONSTRUCTED(0) ? choice.body : bytes_of(NULL, 0);
    *out_relative = choice.tag == DER_CONTEXT_CONSTRUCTED(1) ? choice.body : bytes_of(NULL, 0);
    return SK_OK;
}

enum sk_status shape_dist_points(struct sk_bytes value)
{
    const struct cert_extension ext = {.is_present = true, .value = value};
    struct cert_walk w;
    struct cert_dist_point point;
    enum sk_status status;
    size_t n = 0;

    if (cert_walk_init(&w, &ext) != SK_OK)
        return SK_INPUT;
    while ((status = cert_dist_point_next(&w, &point)) == SK_OK) {
        if (n++ >= LIMIT_DIST_POINTS)
            return SK_LIMIT;
    }
    if (status != SK_NOTFOUND)
        return status;
    return n > 0 ? SK_OK : SK_INPUT;
}

/* AccessDescription ::= SEQUENCE { accessMethod OBJECT IDENTIFIER, accessLocation GeneralName } */
enum sk_status shape_access(struct sk_bytes value)
{
    struct der list, seq;
    struct sk_bytes method;
    struct general_name location;
    size_t n = 0;

    if (shape_list(value, &list) != SK_OK)
        return SK_INPUT;
    while (!der_at_end(&list)) {
        if (n++ >= LIMIT_ACCESS)
            return SK_LIMIT;
        if (der_enter(&list, DER_SEQUENCE, &seq) != SK_OK ||
            der_oid(&seq, DER_OID, &method) != SK_OK ||
            general_name_next(&seq, false, &location) != SK_OK || der_finish(&seq) != SK_OK)
            return SK_INPUT;
    }
    return SK_OK;
}
