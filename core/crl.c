/* SPDX-License-Identifier: Apache-2.0 */
#include "core/crl.h"

#include "core/clock.h"
#include "core/limits.h"
#include "core/name.h"
#include "core/shape_int.h"

/*
 * CertificateList ::= SEQUENCE { tbsCertList, signatureAlgorithm, signatureValue BIT STRING }
 * TBSCertList ::= SEQUENCE {
 *   version INTEGER OPTIONAL, signature AlgorithmIdentifier, issuer Name, thisUpdate Time,
 *   nextUpdate Time OPTIONAL,
 *   revokedCertificates SEQUENCE OF SEQUENCE { userCertificate INTEGER, revocationDate Time,
 *                                              crlEntryExtensions SEQUENCE OPTIONAL } OPTIONAL,
 *   crlExtensions [0] EXPLICIT SEQUENCE OF Extension OPTIONAL }
 */

static enum sk_status bad(struct sk_err *err, const char *what, const char *section)
{
    return err_set(err, SK_INPUT, "CRL: %s is malformed (RFC 5280 %s)", what, section);
}

/* ---- crlExtensions
 * ---------------------------------------------------------------------------------- */

/* A non-negative INTEGER of any size that we are ready to compare. */
static enum sk_status read_number(struct sk_bytes value, struct sk_bytes *out)
{
    struct der d;
    struct sk_bytes number;

    der_init(&d, value);
    if (der_integer(&d, DER_INTEGER, &number) != SK_OK || der_finish(&d) != SK_OK ||
        number.p[0] >= 0x80)
        return SK_INPUT;
    if (number.len > LIMIT_SERIAL_BYTES)
        return SK_LIMIT;
    *out = number;
    return SK_OK;
}

static enum sk_status read_flag(struct der *seq, unsigned tag, bool *out)
{
    return der_peek(seq, DER_CONTEXT(tag)) ? der_bool(seq, DER_CONTEXT(tag), out) : SK_OK;
}

/*
 * IssuingDistributionPoint ::= SEQUENCE {
 *   distributionPoint [0] EXPLICIT DistributionPointName OPTIONAL,
 *   onlyContainsUserCerts [1] BOOLEAN DEFAULT FALSE, onlyContainsCACerts [2] ...,
 *   onlySomeReasons [3] ReasonFlags OPTIONAL, indirectCRL [4] BOOLEAN DEFAULT FALSE,
 *   onlyContainsAttributeCerts [5] BOOLEAN DEFAULT FALSE }
 *
 * RFC 5280 5.2.5 forbids CAs to write an empty SEQUENCE here. We accept it: it says that the CRL is
 * complete, which is also what no extension at all would say.
 */
static enum sk_status read_idp(struct sk_bytes value, struct crl_idp *out)
{
    struct crl_idp idp = {.is_present = true, .reasons = CERT_ALL_REASONS, .der = value};
    struct der d, seq;
    struct sk_bytes name, bits;
    enum sk_status status = SK_OK;
    unsigned unused;

    der_init(&d, value);
    if (der_enter(&d, DER_SEQUENCE, &seq) != SK_OK || der_finish(&d) != SK_OK ||
        der_take_optional(&seq, DER_CONTEXT_CONSTRUCTED(0), &idp.has_name, &name) != SK_OK)
        return SK_INPUT;
    if (idp.has_name)
        status = shape_dist_point_name(name, &idp.full_name, &idp.relative);
    if (status != SK_OK)
        return status;
    if (read_flag(&seq, 1, &idp.only_user_certs) != SK_OK ||
        read_flag(&seq, 2, &idp.only_ca_certs) != SK_OK)
        return SK_INPUT;
    idp.has_reasons = der_peek(&seq, DER_CONTEXT(3));
    if (idp.has_reasons) {
        if (der_bits(&seq, DER_CONTEXT(3), &bits, &unused) != SK_OK)
            return SK_INPUT;
        idp.reasons = cert_reasons(bits);
    }
    if (read_flag(&seq, 4, &idp.is_indirect) != SK_OK ||
        read_flag(&seq, 5, &idp.only_attribute_certs) != SK_OK || der_finish(&seq) != SK_OK)
        return SK_INPUT;
    /* C-05, RFC 5280 5.2.5: at most one of the three. */
    if (idp.only_user_certs + idp.only_ca_certs + idp.only_attribute_certs > 1)
        return SK_INPUT;
    *out = idp;
    return SK_OK;
}

static void keep(struct cert_extension *slot, const struct shape_extension *ext)
{
    slot->is_present = true;
    slot->is_critical = ext->is_critical;
    slot->value = ext->value;
}

/* Reads one extension; *out_section is its place in RFC 5280, "" when it is not ours. */
static enum sk_status read_extension(struct sk_crl *crl, enum oid_id id,
                                     const struct shape_extension *ext, const char **out_section)
{
    if (id == OID_EXT_AUTHORITY_KEY_IDENTIFIER) {
        *out_section = "5.2.1";
        crl->has_aki = true;
        return shape_aki(ext->value, &crl->aki);
    }
    if (id == OID_EXT_ISSUER_ALT_NAME) {
        *out_section = "5.2.2";
        keep(&crl->ian, ext);
        return shape_alt_name(ext->value);
    }
    if (id == OID_EXT_CRL_NUMBER) {
        *out_section = "5.2.3";
        crl->has_number = true;
        return read_number(ext->value, &crl->number);
    }
    if (id == OID_EXT_DELTA_CRL_INDICATOR) {
        *out_section = "5.2.4";
        crl->is_delta = true;
        return read_number(ext->value, &crl->base_number);
    }
    if (id == OID_EXT_ISSUING_DISTRIBUTION_POINT) {
        *out_section = "5.2.5";
        return read_idp(ext->value, &crl->idp);
    }
    if (id == OID_EXT_FRESHEST_CRL) {
        *out_section = "5.2.6";
        keep(&crl->freshest_crl, ext);
        return shape_dist_points(ext->value);
    }
    if (id == OID_EXT_AUTHORITY_INFO_ACCESS) {
        *out_section = "5.2.7";
        return shape_access(ext->value);
    }
    *out_section = "";
    shape_note_unknown(ext, &crl->has_unknown_critical, &crl->unknown_critical);
    return SK_OK;
}

static enum sk_status read_extension_list(struct sk_crl *crl, struct der *list, struct sk_err *err)
{
    struct sk_bytes seen[LIMIT_CRL_EXTENSIONS];
    struct shape_extension ext;
    size_t n = 0, i;

    do {
        const char *section;
        enum oid_id id;
        enum sk_status status;

        if (n == LIMIT_CRL_EXTENSIONS)
            return err_set(err, SK_LIMIT, "CRL: more than %u extensions", LIMIT_CRL_EXTENSIONS);
        if (shape_extension_next(list, &ext) != SK_OK)
            return bad(err, "an extension", "5.1.2.7");
        id = oid_known(ext.oid);
        for (i = 0; i < n; i++) {
            if (bytes_equal(seen[i], ext.oid))
                return err_set(err, SK_INPUT, "CRL: extension %s appears twice", oid_name(id));
        }
        seen[n++] = ext.oid;
        status = read_extension(crl, id, &ext, &section);
        if (status != SK_OK)
            return err_set(err, status, "CRL: extension %s is %s (RFC 5280 %s)", oid_name(id),
                           status == SK_LIMIT ? "too large" : "malformed", section);
    } while (!der_at_end(list));
    return SK_OK;
}

/* ---- the head
 * ------------------------------------------------------------------------------------------ */

static enum sk_status read_version(struct sk_crl *crl, struct der *tbs, struct sk_err *err)
{
    uint64_t number = 0;

    /* RFC 5280 5.1.2.1: absent (v1), or v2. */
    if (der_peek(tbs, DER_INTEGER) &&
        (der_uint(tbs, DER_INTEGER, 1, &number) != SK_OK || number != 1))
        return bad(err, "version", "5.1.2.1");
    crl->version = (unsigned)number + 1;
    return SK_OK;
}

static enum sk_status read_issuer(struct sk_arena *arena, struct sk_crl *crl, struct der *tbs,
                                  struct sk_err *err)
{
    enum sk_status status;

    if (der_take_whole(tbs, DER_SEQUENCE, &crl->issuer) != SK_OK)
        return bad(err, "issuer", "5.1.2.3");
    status = name_canon(arena, crl->issuer, &crl->issuer_canon, err);
    if (status != SK_OK) {
        (void)err_context(err, "CRL: issuer");
        return status;
    }
    if (crl->issuer_canon.len == 0)
        return err_set(err, SK_INPUT, "CRL: issuer is empty (RFC 5280 5.1.2.3)");
    name_hash(crl->issuer_canon, crl->issuer_hash);
    return SK_OK;
}

static enum sk_status read_dates(struct sk_crl *crl, struct der *tbs, struct sk_err *err)
{
    crl->next_update = CLOCK_NEVER;
    if (der_time(tbs, &crl->this_update) != SK_OK)
        return bad(err, "thisUpdate", "5.1.2.4");
    crl->has_next_update = der_peek(tbs, DER_UTC_TIME) || der_peek(tbs, DER_GENERALIZED_TIME);
    if (crl->has_next_update && der_time(tbs, &crl->next_update) != SK_OK)
        return bad(err, "nextUpdate", "5.1.2.5");
    return SK_OK;
}

static enum sk_status read_extensions(struct sk_crl *crl, struct der *tbs, struct sk_err *err)
{
    struct der explicit_tag, list;

    if (der_at_end(tbs))
        return SK_OK;
    if (der_enter(tbs, DER_CONTEXT_CONSTRUCTED(0), &explicit_tag) != SK_OK ||
        der_finish(tbs) != SK_OK || der_enter(&explicit_tag, DER_SEQUENCE, &list) != SK_OK ||
        der_finish(&explicit_tag) != SK_OK || der_at_end(&list))
        return bad(err, "crlExtensions", "5.1.2.7");
    if (crl->version != 2)
        return err_set(err, SK_INPUT, "CRL: version 1 has extensions (RFC 5280 5.1.2.1)");
    return read_extension_list(crl, &list, err);
}

static enum sk_status read_tbs(struct sk_arena *arena, struct sk_crl *crl, struct sk_err *err)
{
    struct der d, tbs;
    bool has_entries;
    enum sk_status status;

    der_init(&d, crl->tbs);
    if (der_enter(&d, DER_SEQUENCE, &tbs) != SK_OK)
        return bad(err, "tbsCertList", "5.1.2");
    status = read_version(crl, &tbs, err);
    if (status == SK_OK && shape_algorithm(&tbs, &crl->tbs_alg) != SK_OK)
        status = bad(err, "signature", "5.1.2.2");
    if (status == SK_OK)
        status = read_issuer(arena, crl, &tbs, err);
    if (status == SK_OK)
        status = read_dates(crl, &tbs, err);
    /* An empty list should be absent but is met in the field (C-15). */
    if (status == SK_OK &&
        der_take_optional(&tbs, DER_SEQUENCE, &has_entries, &crl->entries) != SK_OK)
        status = bad(err, "revokedCertificates", "5.1.2.6");
    if (status == SK_OK)
        status = read_extensions(crl, &tbs, err);
    return status;
}

enum sk_status crl_parse(struct sk_arena *arena, struct sk_bytes der, struct sk_crl *out,
                         struct sk_err *err)
{
    struct sk_crl crl;
    struct shape_signed parts;
    enum sk_status status;

    memset(&crl, 0, sizeof(crl));
    if (der.len > LIMIT_CRL_BYTES)
        return err_set(err, SK_LIMIT, "CRL: larger than %u octets", LIMIT_CRL_BYTES);
    if (shape_signed(der, &parts) != SK_OK)
        return bad(err, "outer structure", "5.1.1");
    crl.der = der;
    crl.tbs = parts.tbs;
    crl.sig_alg = parts.sig_alg;
    crl.signature = parts.signature;
    crl.idp.reasons = CERT_ALL_REASONS;
    status = read_tbs(arena, &crl, err);
    if (status != SK_OK)
        return status;
    crl.is_sig_alg_equal = bytes_equal(crl.tbs_alg, crl.sig_alg);
    *out = crl;
    return SK_OK;
}

/* ---- entries
 * -------------------------------------------------------------------------------------------- */

void crl_entries(const struct sk_crl *crl, struct crl_walk *w)
{
    w->p = crl->entries.p;
    w->end = crl->entries.len > 0 ? crl->entries.p + crl->entries.len : crl->entries.p;
    w->issuer_names = bytes_of(NULL, 0);
    w->version = crl->version;
    w->is_indirect = crl->idp.is_indirect;
}

/* CRLReason ::= ENUMERATED; 7 is not used (RFC 5280 5.3.1). */
static enum sk_status read_reason(struct sk_bytes value, struct crl_entry *entry)
{
    struct der d;
    uint64_t reason;

    der_init(&d, value);
    if (der_uint(&d, DER_ENUMERATED, CRL_REASON_AA_COMPROMISE, &reason) != SK_OK || reason == 7 ||
        der_finish(&d) != SK_OK)
        return SK_INPUT;
    entry->has_reason = true;
    entry->reason = (enum crl_reason)reason;
    return SK_OK;
}

static enum sk_status read_invalidity(struct sk_bytes value, struct crl_entry *entry)
{
    struct der d;

    der_init(&d, value);
    if (der_generalized_time(&d, DER_GENERALIZED_TIME, &entry->invalidity_date) != SK_OK ||
        der_finish(&d) != SK_OK)
        return SK_INPUT;
    entry->has_invalidity = true;
    return SK_OK;
}

/* RFC 5280 5.3.3: only in an indirect CRL. Whether it is marked critical, as it must be, changes
 * nothing about what it says, so it is always processed. */
static enum sk_status read_certificate_issuer(const struct crl_walk *w, struct sk_bytes value,
                                              struct crl_entry *entry)
{
    struct der d;
    struct sk_bytes names;

    der_init(&d, value);
    if (!w->is_indirect || der_take(&d, DER_SEQUENCE, &names) != SK_OK || der_finish(&d) != SK_OK)
        return SK_INPUT;
    entry->issuer_names = names;
    return shape_general_names(names);
}

static enum sk_status read_entry_extension(const struct crl_walk *w,
                                           const struct shape_extension *ext,
                                           struct crl_entry *entry)
{
    enum oid_id id = oid_known(ext->oid);

    if (id == OID_EXT_REASON_CODE)
        return read_reason(ext->value, entry);
    if (id == OID_EXT_INVALIDITY_DATE)
        return read_invalidity(ext->value, entry);
    if (id == OID_EXT_CERTIFICATE_ISSUER)
        return read_certificate_issuer(w, ext->value, entry);
    entry->has_unknown_critical |= ext->is_critical;
    return SK_OK;
}

static enum sk_status read_entry_extensions(const struct crl_walk *w, struct der *seq,
                                            struct crl_entry *entry)
{
    struct sk_bytes seen[LIMIT_ENTRY_EXTENSIONS];
    struct shape_extension ext;
    struct der list;
    size_t n = 0, i;
    enum sk_status status;

    if (w->version != 2 || der_enter(seq, DER_SEQUENCE, &list) != SK_OK)
        return SK_INPUT;
    do {
        if (n == LIMIT_ENTRY_EXTENSIONS)
            return SK_LIMIT;
        if (shape_extension_next(&list, &ext) != SK_OK)
            return SK_INPUT;
        for (i = 0; i < n; i++) {
            if (bytes_equal(seen[i], ext.oid))
                return SK_INPUT;
        }
        seen[n++] = ext.oid;
        status = read_entry_extension(w, &ext, entry);
        if (status != SK_OK)
            return status;
    } while (!der_at_end(&list));
    return SK_OK;
}

static enum sk_status read_entry(const struct crl_walk *w, struct der *list,
                                 struct crl_entry *entry)
{
    struct der seq;

    if (der_enter(list, DER_SEQUENCE, &seq) != SK_OK ||
        der_integer(&seq, DER_INTEGER, &entry->serial) != SK_OK ||
        der_time(&seq, &entry->revoked_at) != SK_OK)
        return SK_INPUT;
    if (entry->serial.len > LIMIT_SERIAL_BYTES)
        return SK_LIMIT;
    if (!der_at_end(&seq)) {
        enum sk_status status = read_entry_extensions(w, &seq, entry);

        if (status != SK_OK)
            return status;
    }
    return der_finish(&seq);
}

enum sk_status crl_entry_next(struct crl_walk *w, struct crl_entry *out, struct sk_err *err)
{
    struct crl_entry entry = {.issuer_names = w->issuer_names};
    struct der list;
    enum sk_status status;

    der_init(&list, bytes_of(w->p, (size_t)(w->end - w->p)));
    if (der_at_end(&list))
        return SK_NOTFOUND;
    status = read_entry(w, &list, &entry);
    if (status != SK_OK)
        return err_set(err, status,
                       "CRL: entry %zu octets before the end of the list is %s "
                       "(RFC 5280 5.1.2.6, 5.3)",
                       (size_t)(w->end - w->p), status == SK_LIMIT ? "too large" : "malformed");
    w->p = list.p;
    w->issuer_names = entry.issuer_names;
    *out = entry;
    return SK_OK;
}

/* How much a reason says; those that say equally much in the order of their numbers. */
static unsigned reason_weight(enum crl_reason reason)
{
    switch (reason) {
    case CRL_REASON_REMOVE_FROM_CRL:
        return 0;
    case CRL_REASON_CERTIFICATE_HOLD:
        return 1;
    case CRL_REASON_KEY_COMPROMISE:
    case CRL_REASON_CA_COMPROMISE:
        return 100;
    case CRL_REASON_UNSPECIFIED:
    case CRL_REASON_AFFILIATION_CHANGED:
    case CRL_REASON_SUPERSEDED:
    case CRL_REASON_CESSATION_OF_OPERATION:
    case CRL_REASON_PRIVILEGE_WITHDRAWN:
    case CRL_REASON_AA_COMPROMISE:
        break;
    }
    return 2 + (unsigned)reason;
}

void crl_entry_worsen(struct crl_entry *entry, const struct crl_entry *other)
{
    unsigned mine = reason_weight(entry->reason), theirs = reason_weight(other->reason);

    if (other->revoked_at < entry->revoked_at)
        entry->revoked_at = other->revoked_at;
    if (theirs > mine || (theirs == mine && other->reason < entry->reason)) {
        entry->reason = other->reason;
        entry->has_reason = other->has_reason;
    } else if (other->reason == entry->reason) {
        entry->has_reason = entry->has_reason || other->has_reason;
    }
    if (other->has_invalidity &&
        (!entry->has_invalidity || other->invalidity_date < entry->invalidity_date))
        entry->invalidity_date = other->invalidity_date;
    entry->has_invalidity = entry->has_invalidity || other->has_invalidity;
    entry->has_unknown_critical = entry->has_unknown_critical || other->has_unknown_critical;
}

/* Without leading zero octets, which DER puts before a high bit. */
static struct sk_bytes magnitude(struct sk_bytes number)
{
    while (number.len > 0 && number.p[0] == 0)
        number = bytes_of(number.p + 1, number.len - 1);
    return number;
}

int crl_number_compare(struct sk_bytes a, struct sk_bytes b)
{
    struct sk_bytes x = magnitude(a), y = magnitude(b);

    if (x.len != y.len)
        return x.len < y.len ? -1 : 1;
    return bytes_compare(x, y);
}

bool crl_same_scope(const struct sk_crl *a, const struct sk_crl *b)
{
    return bytes_equal(a->issuer_canon, b->issuer_canon) &&
           a->idp.is_present == b->idp.is_present && bytes_equal(a->idp.der, b->idp.der);
}

bool crl_is_newer(const struct sk_crl *a, const struct sk_crl *b)
{
    if (a->has_number && b->has_number)
        return crl_number_compare(a->number, b->number) > 0 && a->this_update >= b->this_update;
    return a->this_update > b->this_update;
}

static bool same_aki(const struct sk_crl *a, const struct sk_crl *b)
{
    return a->has_aki == b->has_aki && a->aki.has_key_id == b->aki.has_key_id &&
           bytes_equal(a->aki.key_id, b->aki.key_id);
}

bool crl_delta_fits(const struct sk_crl *base, const struct sk_crl *delta)
{
    return delta->is_delta && delta->has_number && base->has_number &&
           crl_same_scope(base, delta) && same_aki(base, delta) &&
           crl_number_compare(delta->base_number, base->number) <= 0 &&
           crl_number_compare(base->number, delta->number) < 0;
}

enum crl_kind crl_kind(const struct sk_crl *crl, bool is_arl)
{
    if (crl->is_delta)
        return CRL_KIND_DELTA;
    return is_arl || crl->idp.only_ca_certs ? CRL_KIND_ARL : CRL_KIND_CRL;
}

const char *crl_kind_text(enum crl_kind kind)
{
    switch (kind) {
    case CRL_KIND_CRL:
        return "crl";
    case CRL_KIND_ARL:
        return "arl";
    case CRL_KIND_DELTA:
        return "delta";
    case CRL_KINDS:
        break;
    }
    return "unknown";
}
