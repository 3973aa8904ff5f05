/* SPDX-License-Identifier: Apache-2.0 */
#include "net/ocsp.h"

#include "core/der.h"
#include "core/derout.h"
#include "core/oid.h"

/* ---- requests ---- */

static enum sk_status malformed(struct sk_err *err, const char *what)
{
    return err_set(err, SK_INPUT, "OCSP request: %s", what);
}

/* Nonce ::= OCTET STRING (SIZE (1..128)), itself inside extnValue (RFC 9654 2.1). */
static enum sk_status read_nonce(struct sk_bytes value, struct ocsp_request *out,
                                 struct sk_err *err)
{
    struct sk_bytes nonce;
    struct der d;

    der_init(&d, value);
    if (der_take(&d, DER_OCTET_STRING, &nonce) != SK_OK || der_finish(&d) != SK_OK)
        return malformed(err, "the nonce is not an OCTET STRING");
    if (nonce.len == 0 || nonce.len > LIMIT_OCSP_NONCE_BYTES)
        return malformed(err, "the nonce is empty or too long");
    out->has_nonce = true;
    out->nonce = nonce;
    return SK_OK;
}

static enum sk_status read_extension(struct der *list, struct sk_bytes *out_oid, bool *out_critical,
                                     struct sk_bytes *out_value)
{
    struct der extension;
    bool is_critical = false;

    if (der_enter(list, DER_SEQUENCE, &extension) != SK_OK ||
        der_oid(&extension, DER_OID, out_oid) != SK_OK)
        return SK_INPUT;
    /* DEFAULT FALSE written out is not DER but harmless, and seen. */
    if (der_peek(&extension, DER_BOOLEAN) &&
        der_bool(&extension, DER_BOOLEAN, &is_critical) != SK_OK)
        return SK_INPUT;
    if (der_take(&extension, DER_OCTET_STRING, out_value) != SK_OK ||
        der_finish(&extension) != SK_OK)
        return SK_INPUT;
    *out_critical = is_critical;
    return SK_OK;
}

static bool is_seen(const struct sk_bytes *seen, size_t count, struct sk_bytes oid)
{
    size_t i;

    for (i = 0; i < count; i++) {
        if (bytes_equal(seen[i], oid))
            return true;
    }
    return false;
}

/* AcceptableResponses ::= SEQUENCE OF OBJECT IDENTIFIER; we have one kind of response, and a client
 * must take it (RFC 6960 4.4.3). */
static enum sk_status check_acceptable(struct sk_bytes value)
{
    struct sk_bytes oid;
    struct der d, list;

    der_init(&d, value);
    if (der_enter(&d, DER_SEQUENCE, &list) != SK_OK || der_finish(&d) != SK_OK)
        return SK_INPUT;
    while (!der_at_end(&list)) {
        if (der_oid(&list, DER_OID, &oid) != SK_OK)
            return SK_INPUT;
    }
    return SK_OK;
}

/* PreferredSignatureAlgorithm ::= SEQUENCE { sigIdentifier AlgorithmIdentifier, pubKeyAlgIdentifier
 * SMIMECapability OPTIONAL } (RFC 6960 4.4.7.1) */
static enum sk_status read_preference(struct der *list, struct ocsp_preference *out)
{
    struct der preference, algorithm, again;
    struct sk_bytes oid;
    bool has_capability;

    out->capability = bytes_of(NULL, 0);
    if (der_enter(list, DER_SEQUENCE, &preference) != SK_OK)
        return SK_INPUT;
    again = preference;
    if (der_take_whole(&preference, DER_SEQUENCE, &out->algorithm) != SK_OK ||
        der_enter(&again, DER_SEQUENCE, &algorithm) != SK_OK ||
        der_oid(&algorithm, DER_OID, &oid) != SK_OK ||
        der_take_optional(&preference, DER_SEQUENCE, &has_capability, &out->capability) != SK_OK)
        return SK_INPUT;
    return der_finish(&preference);
}

static enum sk_status read_preferences(struct sk_bytes value, struct ocsp_request *out)
{
    struct ocsp_preference one;
    struct der d, list;

    der_init(&d, value);
    if (der_enter(&d, DER_SEQUENCE, &list) != SK_OK || der_finish(&d) != SK_OK)
        return SK_INPUT;
    while (!der_at_end(&list)) {
        if (read_preference(&list, &one) != SK_OK)
            return SK_INPUT;
        if (out->num_preferences < LIMIT_OCSP_PREFERENCES)
            out->preferences[out->num_preferences++] = one;
    }
    return SK_OK;
}

/* One extension of the request; SK_NOTFOUND: not one of ours. */
static enum sk_status take_extension(struct sk_bytes oid, struct sk_bytes value,
                                     const struct ocsp_rules *rules, struct ocsp_request *out,
                                     struct sk_err *err)
{
    if (oid_is(oid, OID_OCSP_NONCE))
        return read_nonce(value, out, err);
    if (oid_is(oid, OID_OCSP_RESPONSE))
        return check_acceptable(value) == SK_OK
                   ? SK_OK
                   : malformed(err, "malformed acceptable response types");
    if (oid_is(oid, OID_OCSP_PREF_SIG_ALGS))
        return read_preferences(value, out) == SK_OK
                   ? SK_OK
                   : malformed(err, "malformed preferred signature algorithms");
    if (rules->extension.len == 0 || !bytes_equal(oid, rules->extension))
        return SK_NOTFOUND;
    out->extension = value;
    return SK_OK;
}

/* Extensions of the request (id NULL) or of one CertID. O-06: unknown critical ones make the
 * request malformed, unknown others are passed over. */
static enum sk_status read_extensions(struct der *list, const struct ocsp_rules *rules,
                                      struct ocsp_request *out, struct ocsp_certid *id,
                                      struct sk_err *err)
{
    enum sk_status status;
    struct sk_bytes seen[LIMIT_OCSP_EXTENSIONS];
    size_t count = 0;

    if (der_at_end(list))
        return malformed(err, "an empty list of extensions");
    while (!der_at_end(list)) {
        struct sk_bytes oid, value;
        bool is_critical;

        if (read_extension(list, &oid, &is_critical, &value) != SK_OK)
            return malformed(err, "a malformed extension");
        if (is_seen(seen, count, oid))
            return malformed(err, "an extension stands twice");
        if (count == LIMIT_OCSP_EXTENSIONS)
            return err_set(err, SK_LIMIT, "OCSP request: too many extensions");
        seen[count++] = oid;
        status = SK_NOTFOUND;
        if (id == NULL)
            status = take_extension(oid, value, rules, out, err);
        else if (rules->id_extension.len > 0 && bytes_equal(oid, rules->id_extension)) {
            id->extension = value;
            continue;
        }
        if (status == SK_NOTFOUND && is_critical)
            return malformed(err, "a critical extension we do not know");
        if (status != SK_OK && status != SK_NOTFOUND)
            return status;
    }
    return SK_OK;
}

/* AlgorithmIdentifier with parameters NULL or absent (O-02). */
static enum sk_status read_hash(struct der *d, enum key_hash *out, size_t *out_len)
{
    struct der algorithm;
    struct sk_bytes oid, null;

    if (der_enter(d, DER_SEQUENCE, &algorithm) != SK_OK ||
        der_oid(&algorithm, DER_OID, &oid) != SK_OK)
        return SK_INPUT;
    *out = key_hash_of_oid(oid, out_len);
    if (der_at_end(&algorithm))
        return SK_OK;
    if (der_take(&algorithm, DER_NULL, &null) != SK_OK || null.len != 0)
        return SK_INPUT;
    return der_finish(&algorithm);
}

static enum sk_status read_certid(struct der *d, struct ocsp_certid *out, struct sk_err *err)
{
    struct der id, again = *d;
    size_t len = 0;

    if (der_take_whole(&again, DER_SEQUENCE, &out->whole) != SK_OK ||
        der_enter(d, DER_SEQUENCE, &id) != SK_OK || read_hash(&id, &out->hash, &len) != SK_OK ||
        der_take(&id, DER_OCTET_STRING, &out->name_hash) != SK_OK ||
        der_take(&id, DER_OCTET_STRING, &out->key_hash) != SK_OK ||
        der_integer(&id, DER_INTEGER, &out->serial) != SK_OK || der_finish(&id) != SK_OK)
        return malformed(err, "a malformed CertID");
    if (out->hash != KEY_HASH_NONE && (out->name_hash.len != len || out->key_hash.len != len))
        return malformed(err, "a CertID whose hashes do not have their algorithm's length");
    if (out->serial.len > LIMIT_SERIAL_BYTES)
        return err_set(err, SK_LIMIT, "OCSP request: a serial number is too long");
    return SK_OK;
}

static enum sk_status read_request(struct der *list, const struct ocsp_rules *rules,
                                   struct ocsp_certid *out, struct sk_err *err)
{
    struct der request, outer, extensions;
    enum sk_status status;
    bool has_extensions;

    out->extension = bytes_of(NULL, 0);
    if (der_enter(list, DER_SEQUENCE, &request) != SK_OK)
        return malformed(err, "a malformed Request");
    status = read_certid(&request, out, err);
    if (status != SK_OK)
        return status;
    if (der_enter_optional(&request, DER_CONTEXT_CONSTRUCTED(0), &has_extensions, &outer) !=
            SK_OK ||
        der_finish(&request) != SK_OK)
        return malformed(err, "a malformed Request");
    if (!has_extensions)
        return SK_OK;
    if (der_enter(&outer, DER_SEQUENCE, &extensions) != SK_OK || der_finish(&outer) != SK_OK)
        return malformed(err, "malformed singleRequestExtensions");
    return read_extensions(&extensions, rules, NULL, out, err);
}

static enum sk_status read_list(struct der *list, const struct ocsp_rules *rules,
                                struct ocsp_request *out, struct sk_err *err)
{
    if (der_at_end(list))
        return malformed(err, "no CertID");
    while (!der_at_end(list)) {
        enum sk_status status;

        if (out->num_ids == LIMIT_OCSP_CERTIDS || out->num_ids == rules->max_ids)
            return err_set(err, SK_LIMIT, "OCSP request: more than %zu CertIDs", out->num_ids);
        status = read_request(list, rules, &out->ids[out->num_ids], err);
        if (status != SK_OK)
            return status;
        out->num_ids++;
    }
    return SK_OK;
}

/* [1] EXPLICIT GeneralName: only the form is looked at. */
static enum sk_status read_requestor(struct der *tbs, struct sk_bytes *out)
{
    struct der_tlv name;
    struct der outer;
    bool is_present;

    if (der_enter_optional(tbs, DER_CONTEXT_CONSTRUCTED(1), &is_present, &outer) != SK_OK)
        return SK_INPUT;
    if (!is_present)
        return SK_OK;
    if (der_any(&outer, &name) != SK_OK || der_finish(&outer) != SK_OK ||
        (name.tag & 0xc0u) != 0x80u)
        return SK_INPUT;
    *out = name.whole;
    return SK_OK;
}

static enum sk_status read_version(struct der *tbs)
{
    struct der outer;
    uint64_t version;
    bool is_present;

    if (der_enter_optional(tbs, DER_CONTEXT_CONSTRUCTED(0), &is_present, &outer) != SK_OK)
        return SK_INPUT;
    if (is_present &&
        (der_uint(&outer, DER_INTEGER, 0, &version) != SK_OK || der_finish(&outer) != SK_OK))
        return SK_INPUT;
    return SK_OK;
}

static enum sk_status read_tbs(struct der *tbs, const struct ocsp_rules *rules,
                               struct ocsp_request *out, struct sk_err *err)
{
    struct der list, outer, extensions;
    enum sk_status status;
    bool has_extensions;

    if (read_version(tbs) != SK_OK)
        return malformed(err, "a version that is not v1");
    if (read_requestor(tbs, &out->requestor) != SK_OK)
        return malformed(err, "a malformed requestorName");
    if (der_enter(tbs, DER_SEQUENCE, &list) != SK_OK)
        return malformed(err, "no requestList");
    status = read_list(&list, rules, out, err);
    if (status != SK_OK)
        return status;
    if (der_enter_optional(tbs, DER_CONTEXT_CONSTRUCTED(2), &has_extensions, &outer) != SK_OK ||
        der_finish(tbs) != SK_OK)
        return malformed(err, "a malformed TBSRequest");
    if (!has_extensions)
        return SK_OK;
    if (der_enter(&outer, DER_SEQUENCE, &extensions) != SK_OK || der_finish(&outer) != SK_OK)
        return malformed(err, "malformed requestExtensions");
    return read_extensions(&extensions, rules, out, NULL, err);
}

/* Signature ::= SEQUENCE { AlgorithmIdentifier, BIT STRING, [0] EXPLICIT SEQUENCE OF Certificate
 * OPTIONAL } */
static enum sk_status read_signature(struct der *outer, struct ocsp_signature *out)
{
    struct der signature, certs, list;
    unsigned unused;
    bool has_certs;

    if (der_enter(outer, DER_SEQUENCE, &signature) != SK_OK || der_finish(outer) != SK_OK ||
        der_take_whole(&signature, DER_SEQUENCE, &out->algorithm) != SK_OK ||
        der_bits(&signature, DER_BIT_STRING, &out->value, &unused) != SK_OK || unused != 0 ||
        der_enter_optional(&signature, DER_CONTEXT_CONSTRUCTED(0), &has_certs, &certs) != SK_OK ||
        der_finish(&signature) != SK_OK)
        return SK_INPUT;
    out->certs = bytes_of(NULL, 0);
    if (!has_certs)
        return SK_OK;
    if (der_enter(&certs, DER_SEQUENCE, &list) != SK_OK || der_finish(&certs) != SK_OK)
        return SK_INPUT;
    out->certs = bytes_of(list.p, (size_t)(list.end - list.p));
    return SK_OK;
}

enum sk_status ocsp_request_parse(struct sk_bytes der, const struct ocsp_rules *rules,
                                  struct ocsp_request *out, struct sk_err *err)
{
    struct der top, request, again, tbs, outer;
    struct ocsp_request found;
    enum sk_status status;

    found.num_ids = found.num_preferences = 0;
    found.has_nonce = false;
    found.nonce = found.extension = found.requestor = bytes_of(NULL, 0);
    if (der.len > LIMIT_OCSP_REQUEST_BYTES)
        return err_set(err, SK_LIMIT, "OCSP request: too long");
    der_init(&top, der);
    if (der_enter(&top, DER_SEQUENCE, &request) != SK_OK || der_finish(&top) != SK_OK)
        return malformed(err, "not an OCSPRequest");
    again = request;
    if (der_take_whole(&again, DER_SEQUENCE, &found.signature.tbs) != SK_OK ||
        der_enter(&request, DER_SEQUENCE, &tbs) != SK_OK)
        return malformed(err, "not an OCSPRequest");
    status = read_tbs(&tbs, rules, &found, err);
    if (status != SK_OK)
        return status;
    if (der_enter_optional(&request, DER_CONTEXT_CONSTRUCTED(0), &found.is_signed, &outer) !=
            SK_OK ||
        der_finish(&request) != SK_OK)
        return malformed(err, "not an OCSPRequest");
    if (found.is_signed &&
        (found.requestor.len == 0 || read_signature(&outer, &found.signature) != SK_OK)) /* O-13 */
        return malformed(err, "a malformed signature, or one without requestorName");
    *out = found;
    return SK_OK;
}
