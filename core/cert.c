/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cert_int.h"

#include <stdio.h>

#include "core/clock.h"
#include "core/hex.h"
#include "core/key.h"
#include "core/limits.h"
#include "core/name.h"

/*
 * Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue BIT STRING }
 * TBSCertificate ::= SEQUENCE {
 *   version [0] EXPLICIT INTEGER DEFAULT v1, serialNumber INTEGER, signature AlgorithmIdentifier,
 *   issuer Name, validity SEQUENCE { notBefore Time, notAfter Time }, subject Name,
 *   subjectPublicKeyInfo SEQUENCE { AlgorithmIdentifier, BIT STRING },
 *   issuerUniqueID [1] BIT STRING OPTIONAL, subjectUniqueID [2] BIT STRING OPTIONAL,
 *   extensions [3] EXPLICIT SEQUENCE OF Extension OPTIONAL }
 */

static const int64_t no_expiry = 253402300799; /* 99991231235959Z, RFC 5280 4.1.2.5 (V-15) */

static enum sk_status bad(struct sk_err *err, const char *what, const char *section)
{
    return err_set(err, SK_INPUT, "certificate: %s is malformed (RFC 5280 %s)", what, section);
}

/* An explicit version 0 is refused: DER leaves the DEFAULT out. */
static enum sk_status read_version(struct sk_cert *cert, struct der *tbs, struct sk_err *err)
{
    struct der version;
    bool is_present;
    uint64_t number = 0;

    if (der_enter_optional(tbs, DER_CONTEXT_CONSTRUCTED(0), &is_present, &version) != SK_OK)
        return bad(err, "version", "4.1.2.1");
    if (is_present && (der_uint(&version, DER_INTEGER, 2, &number) != SK_OK || number == 0 ||
                       der_finish(&version) != SK_OK))
        return bad(err, "version", "4.1.2.1");
    cert->version = (unsigned)number + 1;
    return SK_OK;
}

/* Negative and zero serials exist and are compared like others (V-07). */
static enum sk_status read_serial(struct sk_cert *cert, struct der *tbs, struct sk_err *err)
{
    if (der_integer(tbs, DER_INTEGER, &cert->serial) != SK_OK)
        return bad(err, "serialNumber", "4.1.2.2");
    if (cert->serial.len > LIMIT_SERIAL_BYTES)
        return err_set(err, SK_LIMIT, "certificate: serialNumber is longer than %u octets",
                       LIMIT_SERIAL_BYTES);
    return SK_OK;
}

static enum sk_status read_validity(struct sk_cert *cert, struct der *tbs, struct sk_err *err)
{
    struct der validity;

    if (der_enter(tbs, DER_SEQUENCE, &validity) != SK_OK ||
        der_time(&validity, &cert->not_before) != SK_OK ||
        der_time(&validity, &cert->not_after) != SK_OK || der_finish(&validity) != SK_OK)
        return bad(err, "validity", "4.1.2.5");
    if (cert->not_after == no_expiry)
        cert->not_after = CLOCK_NEVER;
    return SK_OK;
}

static enum sk_status read_name(struct sk_arena *arena, struct der *tbs, const char *which,
                                struct sk_bytes *out, struct sk_bytes *out_canon,
                                uint8_t hash[SK_SHA256], struct sk_err *err)
{
    enum sk_status status;

    if (der_take_whole(tbs, DER_SEQUENCE, out) != SK_OK)
        return bad(err, which, "4.1.2.4");
    status = name_canon(arena, *out, out_canon, err);
    if (status == SK_OK)
        name_hash(*out_canon, hash);
    else
        (void)err_context(err, "certificate: %s", which);
    return status;
}

static enum sk_status read_spki(struct sk_cert *cert, struct der *tbs, struct sk_err *err)
{
    struct der d, spki;
    unsigned unused;

    if (der_take_whole(tbs, DER_SEQUENCE, &cert->spki) != SK_OK)
        return bad(err, "subjectPublicKeyInfo", "4.1.2.7");
    der_init(&d, cert->spki);
    if (der_enter(&d, DER_SEQUENCE, &spki) != SK_OK ||
        shape_algorithm(&spki, &cert->spki_alg) != SK_OK ||
        der_bits(&spki, DER_BIT_STRING, &cert->key_bits, &unused) != SK_OK || unused != 0 ||
        der_finish(&spki) != SK_OK)
        return bad(err, "subjectPublicKeyInfo", "4.1.2.7");
    key_sha256(cert->spki, cert->spki_sha256);
    return SK_OK;
}

/* Unique identifiers: nothing uses them, but they must be what they claim, in v2 or v3 only. */
static enum sk_status read_unique_ids(const struct sk_cert *cert, struct der *tbs,
                                      struct sk_err *err)
{
    struct sk_bytes bits;
    unsigned unused, n;

    for (n = 1; n <= 2; n++) {
        if (!der_peek(tbs, DER_CONTEXT(n)))
            continue;
        if (cert->version < 2 || der_bits(tbs, DER_CONTEXT(n), &bits, &unused) != SK_OK)
            return bad(err, "unique identifier", "4.1.2.8");
    }
    return SK_OK;
}

static enum sk_status read_extensions(struct sk_cert *cert, struct der *tbs, struct sk_err *err)
{
    struct der explicit_tag, list;

    if (der_at_end(tbs))
        return SK_OK;
    if (der_enter(tbs, DER_CONTEXT_CONSTRUCTED(3), &explicit_tag) != SK_OK ||
        der_finish(tbs) != SK_OK || der_enter(&explicit_tag, DER_SEQUENCE, &list) != SK_OK ||
        der_finish(&explicit_tag) != SK_OK || der_at_end(&list))
        return bad(err, "what follows the public key", "4.1");
    if (cert->version != 3)
        return err_set(err, SK_INPUT, "certificate: version %u has extensions (RFC 5280 4.1.2.9)",
                       cert->version);
    return cert_read_extensions(cert, &list, err);
}

static enum sk_status read_tbs(struct sk_arena *arena, struct sk_cert *cert, struct sk_err *err)
{
    struct der d, tbs;
    enum sk_status status;

    der_init(&d, cert->tbs);
    if (der_enter(&d, DER_SEQUENCE, &tbs) != SK_OK)
        return bad(err, "tbsCertificate", "4.1.2");
    status = read_version(cert, &tbs, err);
    if (status == SK_OK)
        status = read_serial(cert, &tbs, err);
    if (status == SK_OK && shape_algorithm(&tbs, &cert->tbs_alg) != SK_OK)
        status = bad(err, "signature", "4.1.2.3");
    if (status == SK_OK)
        status = read_name(arena, &tbs, "issuer", &cert->issuer, &cert->issuer_canon,
                           cert->issuer_hash, err);
    if (status == SK_OK)
        status = read_validity(cert, &tbs, err);
    if (status == SK_OK)
        status = read_name(arena, &tbs, "subject", &cert->subject, &cert->subject_canon,
                           cert->subject_hash, err);
    if (status == SK_OK)
        status = read_spki(cert, &tbs, err);
    if (status == SK_OK)
        status = read_unique_ids(cert, &tbs, err);
    if (status == SK_OK)
        status = read_extensions(cert, &tbs, err);
    return status;
}

enum sk_status cert_parse(struct sk_arena *arena, struct sk_bytes der, struct sk_cert *out,
                          struct sk_err *err)
{
    struct sk_cert cert;
    struct shape_signed parts;
    enum sk_status status;

    memset(&cert, 0, sizeof(cert));
    if (der.len > LIMIT_CERT_BYTES)
        return err_set(err, SK_LIMIT, "certificate: larger than %u octets", LIMIT_CERT_BYTES);
    if (shape_signed(der, &parts) != SK_OK)
        return bad(err, "outer structure", "4.1.1");
    cert.der = der;
    cert.tbs = parts.tbs;
    cert.sig_alg = parts.sig_alg;
    cert.signature = parts.signature;
    status = read_tbs(arena, &cert, err);
    if (status != SK_OK)
        return status;
    cert.is_sig_alg_equal = bytes_equal(cert.tbs_alg, cert.sig_alg);
    cert.is_self_issued = name_equal(cert.issuer_canon, cert.subject_canon);
    key_sha256(der, cert.sha256);
    *out = cert;
    return SK_OK;
}

/* ---- lists
 * ---------------------------------------------------------------------------------------- */

enum sk_status cert_walk_init(struct cert_walk *w, const struct cert_extension *ext)
{
    struct der d, list;

    if (!ext->is_present) {
        w->p = w->end = NULL;
        return SK_OK;
    }
    der_init(&d, ext->value);
    if (der_enter(&d, DER_SEQUENCE, &list) != SK_OK || der_finish(&d) != SK_OK)
        return SK_INPUT;
    w->p = list.p;
    w->end = list.end;
    return SK_OK;
}

static struct der cursor(const struct cert_walk *w)
{
    struct der d;

    der_init(&d, bytes_of(w->p, (size_t)(w->end - w->p)));
    return d;
}

/* Enters the next element of a list, a SEQUENCE; *list moves behind it. */
static enum sk_status next_sequence(struct der *list, struct der *out)
{
    if (der_at_end(list))
        return SK_NOTFOUND;
    return der_enter(list, DER_SEQUENCE, out);
}

/* policyQualifiers ::= SEQUENCE SIZE (1..MAX) OF SEQUENCE { OBJECT IDENTIFIER, qualifier ANY }.
 * Qualifiers are not processed (V-63), only their shape is looked at. */
static bool are_qualifiers(struct sk_bytes whole)
{
    struct der list, seq;
    struct sk_bytes oid;
    struct der_tlv qualifier;

    if (shape_list(whole, &list) != SK_OK)
        return false;
    while (!der_at_end(&list)) {
        if (der_enter(&list, DER_SEQUENCE, &seq) != SK_OK ||
            der_oid(&seq, DER_OID, &oid) != SK_OK || der_any(&seq, &qualifier) != SK_OK ||
            der_finish(&seq) != SK_OK)
            return false;
    }
    return true;
}

/* PolicyInformation ::= SEQUENCE { policyIdentifier OBJECT IDENTIFIER, policyQualifiers OPTIONAL }
 */
enum sk_status cert_policy_next(struct cert_walk *w, struct cert_policy *out)
{
    struct der list = cursor(w), seq;
    struct cert_policy policy = {.qualifiers = {NULL, 0}};
    enum sk_status status = next_sequence(&list, &seq);

    if (status != SK_OK)
        return status;
    if (der_oid(&seq, DER_OID, &policy.oid) != SK_OK)
        return SK_INPUT;
    if (!der_at_end(&seq) && (der_take_whole(&seq, DER_SEQUENCE, &policy.qualifiers) != SK_OK ||
                              der_finish(&seq) != SK_OK || !are_qualifiers(policy.qualifiers)))
        return SK_INPUT;
    *out = policy;
    w->p = list.p;
    return SK_OK;
}

enum sk_status cert_mapping_next(struct cert_walk *w, struct sk_bytes *out_issuer_policy,
                                 struct sk_bytes *out_subject_policy)
{
    struct der list = cursor(w), seq;
    struct sk_bytes from, to;
    enum sk_status status = next_sequence(&list, &seq);

    if (status != SK_OK)
        return status;
    if (der_oid(&seq, DER_OID, &from) != SK_OK || der_oid(&seq, DER_OID, &to) != SK_OK ||
        der_finish(&seq) != SK_OK)
        return SK_INPUT;
    *out_issuer_policy = from;
    *out_subject_policy = to;
    w->p = list.p;
    return SK_OK;
}

enum sk_status cert_eku_next(struct cert_walk *w, struct sk_bytes *out_oid)
{
    struct der list = cursor(w);

    if (der_at_end(&list))
        return SK_NOTFOUND;
    if (der_oid(&list, DER_OID, out_oid) != SK_OK)
        return SK_INPUT;
    w->p = list.p;
    return SK_OK;
}

bool cert_names_eku(const struct sk_cert *cert, enum oid_id purpose)
{
    struct cert_walk walk;
    struct sk_bytes oid;

    if (!cert->eku.is_present || cert_walk_init(&walk, &cert->eku) != SK_OK)
        return false;
    while (cert_eku_next(&walk, &oid) == SK_OK) {
        if (oid_is(oid, purpose))
            return true;
    }
    return false;
}

bool cert_may_sign_crls(const struct sk_cert *cert)
{
    return !cert->key_usage.is_present || (cert->key_usage_bits & KEY_USAGE_CRL_SIGN);
}

unsigned cert_reasons(struct sk_bytes bits)
{
    unsigned bit, mask = 0;

    for (bit = 1; bit <= 8 && bit / 8 < bits.len; bit++) {
        if (bits.p[bit / 8] & (0x80u >> bit % 8))
            mask |= 1u << (bit - 1);
    }
    return mask;
}

/*
 * DistributionPoint ::= SEQUENCE {
 *   distributionPoint [0] EXPLICIT DistributionPointName OPTIONAL,
 *   reasons [1] ReasonFlags OPTIONAL, cRLIssuer [2] GeneralNames OPTIONAL }
 */
enum sk_status cert_dist_point_next(struct cert_walk *w, struct cert_dist_point *out)
{
    struct der list = cursor(w), seq;
    struct cert_dist_point point = {.reasons = CERT_ALL_REASONS};
    struct sk_bytes name, bits;
    bool has_issuer;
    unsigned unused;
    enum sk_status status = next_sequence(&list, &seq);

    if (status != SK_OK)
        return status;
    if (der_take_optional(&seq, DER_CONTEXT_CONSTRUCTED(0), &point.has_name, &name) != SK_OK)
        return SK_INPUT;
    if (point.has_name)
        status = shape_dist_point_name(name, &point.full_name, &point.relative);
    if (status != SK_OK)
        return status;
    point.has_reasons = der_peek(&seq, DER_CONTEXT(1));
    if (point.has_reasons) {
        if (der_bits(&seq, DER_CONTEXT(1), &bits, &unused) != SK_OK)
            return SK_INPUT;
        point.reasons = cert_reasons(bits);
    }
    if (der_take_optional(&seq, DER_CONTEXT_CONSTRUCTED(2), &has_issuer, &point.crl_issuer) !=
            SK_OK ||
        der_finish(&seq) != SK_OK)
        return SK_INPUT;
    if (has_issuer)
        status = shape_general_names(point.crl_issuer);
    /* RFC 5280 4.2.1.13: reasons alone are no distribution point. */
    if (status == SK_OK && !point.has_name && !has_issuer)
        status = SK_INPUT;
    if (status != SK_OK)
        return status;
    *out = point;
    w->p = list.p;
    return SK_OK;
}

enum sk_status cert_describe(const struct sk_cert *cert, struct sk_buf *out)
{
    char serial[2 * LIMIT_SERIAL_BYTES + 1];

    if (cert->subject_canon.len > 0)
        return name_to_text(cert->subject, out);
    hex_encode(cert->serial, serial);
    buf_printf(out, "serial %s", serial);
    return buf_status(out);
}

void cert_key_usage_text(unsigned bits, char *out, size_t size)
{
    static const char *const names[] = {"digitalSignature", "nonRepudiation", "keyEncipherment",
                                        "dataEncipherment", "keyAgreement",   "keyCertSign",
                                        "cRLSign",          "encipherOnly",   "decipherOnly"};
    size_t i, used;

    (void)snprintf(out, size, "%s", bits == 0 ? "none" : "");
    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        used = strlen(out);
        if (bits & (1u << i))
            (void)snprintf(out + used, size - used, "%s%s", used > 0 ? ", " : "", names[i]);
    }
}
