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

/* Extensions of the request (out not NULL) or of one CertID. O-06: unknown critical ones make the
 * request malformed, unknown others are passed over. */
static enum sk_status read_extensions(struct der *list, struct ocsp_request *out,
                                      struct sk_err *err)
{
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
        if (out != NULL && oid_is(oid, OID_OCSP_NONCE)) {
            if (read_nonce(value, out, err) != SK_OK)
                return SK_INPUT;
        } else if (out != NULL && oid_is(oid, OID_OCSP_RESPONSE)) {
            if (check_acceptable(value) != SK_OK)
                return malformed(err, "malformed acceptable response types");
        } else if (is_critical) {
            return malformed(err, "a critical extension we do not know");
        }
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

static enum sk_status read_list(struct der *list, size_t max_ids, struct ocsp_request *out,
                                struct sk_err *err)
{
    if (der_at_end(list))
        return malformed(err, "no CertID");
    while (!der_at_end(list)) {
        struct der request, outer, extensions;
        enum sk_status status;
        bool has_extensions;

        if (out->num_ids == LIMIT_OCSP_CERTIDS || out->num_ids == max_ids)
            return err_set(err, SK_LIMIT, "OCSP request: more than %zu CertIDs", out->num_ids);
        if (der_enter(list, DER_SEQUENCE, &request) != SK_OK)
            return malformed(err, "a malformed Request");
        status = read_certid(&request, &out->ids[out->num_ids], err);
        if (status != SK_OK)
            return status;
        out->num_ids++;
        if (der_enter_optional(&request, DER_CONTEXT_CONSTRUCTED(0), &has_extensions, &outer) !=
                SK_OK ||
            der_finish(&request) != SK_OK)
            return malformed(err, "a malformed Request");
        if (!has_extensions)
            continue;
        if (der_enter(&outer, DER_SEQUENCE, &extensions) != SK_OK || der_finish(&outer) != SK_OK)
            return malformed(err, "malformed singleRequestExtensions");
        status = read_extensions(&extensions, NULL, err);
        if (status != SK_OK)
            return status;
    }
    return SK_OK;
}

/* [1] EXPLICIT GeneralName: nothing depends on who asks, only the form is looked at. */
static enum sk_status read_requestor(struct der *tbs, bool *out_present)
{
    struct der_tlv name;
    struct der outer;

    if (der_enter_optional(tbs, DER_CONTEXT_CONSTRUCTED(1), out_present, &outer) != SK_OK)
        return SK_INPUT;
    if (!*out_present)
        return SK_OK;
    if (der_any(&outer, &name) != SK_OK || der_finish(&outer) != SK_OK ||
        (name.tag & 0xc0u) != 0x80u)
        return SK_INPUT;
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

static enum sk_status read_tbs(struct der *tbs, size_t max_ids, struct ocsp_request *out,
                               struct sk_err *err)
{
    struct der list, outer, extensions;
    enum sk_status status;
    bool has_extensions;

    if (read_version(tbs) != SK_OK)
        return malformed(err, "a version that is not v1");
    if (read_requestor(tbs, &out->has_requestor) != SK_OK)
        return malformed(err, "a malformed requestorName");
    if (der_enter(tbs, DER_SEQUENCE, &list) != SK_OK)
        return malformed(err, "no requestList");
    status = read_list(&list, max_ids, out, err);
    if (status != SK_OK)
        return status;
    if (der_enter_optional(tbs, DER_CONTEXT_CONSTRUCTED(2), &has_extensions, &outer) != SK_OK ||
        der_finish(tbs) != SK_OK)
        return malformed(err, "a malformed TBSRequest");
    if (!has_extensions)
        return SK_OK;
    if (der_enter(&outer, DER_SEQUENCE, &extensions) != SK_OK || der_finish(&outer) != SK_OK)
        return malformed(err, "malformed requestExtensions");
    return read_extensions(&extensions, out, err);
}

/* Signature ::= SEQUENCE { AlgorithmIdentifier, BIT STRING, [0] EXPLICIT SEQUENCE OF Certificate
 * OPTIONAL } */
static enum sk_status check_signature_form(struct der *outer)
{
    struct der signature, certs;
    struct sk_bytes part;
    unsigned unused;
    bool has_certs;

    if (der_enter(outer, DER_SEQUENCE, &signature) != SK_OK || der_finish(outer) != SK_OK ||
        der_take(&signature, DER_SEQUENCE, &part) != SK_OK ||
        der_bits(&signature, DER_BIT_STRING, &part, &unused) != SK_OK ||
        der_enter_optional(&signature, DER_CONTEXT_CONSTRUCTED(0), &has_certs, &certs) != SK_OK ||
        der_finish(&signature) != SK_OK)
        return SK_INPUT;
    if (has_certs &&
        (der_take(&certs, DER_SEQUENCE, &part) != SK_OK || der_finish(&certs) != SK_OK))
        return SK_INPUT;
    return SK_OK;
}

enum sk_status ocsp_request_parse(struct sk_bytes der, size_t max_ids, struct ocsp_request *out,
                                  struct sk_err *err)
{
    struct der top, request, tbs, outer;
    struct ocsp_request found;
    enum sk_status status;

    found.num_ids = 0;
    found.has_nonce = false;
    found.nonce = bytes_of(NULL, 0);
    if (der.len > LIMIT_OCSP_REQUEST_BYTES)
        return err_set(err, SK_LIMIT, "OCSP request: too long");
    der_init(&top, der);
    if (der_enter(&top, DER_SEQUENCE, &request) != SK_OK || der_finish(&top) != SK_OK ||
        der_enter(&request, DER_SEQUENCE, &tbs) != SK_OK)
        return malformed(err, "not an OCSPRequest");
    status = read_tbs(&tbs, max_ids, &found, err);
    if (status != SK_OK)
        return status;
    if (der_enter_optional(&request, DER_CONTEXT_CONSTRUCTED(0), &found.is_signed, &outer) !=
            SK_OK ||
        der_finish(&request) != SK_OK)
        return malformed(err, "not an OCSPRequest");
    if (found.is_signed &&
        (!found.has_requestor || check_signature_form(&outer) != SK_OK)) /* O-13 */
        return malformed(err, "a malformed signature, or one without requestorName");
    *out = found;
    return SK_OK;
}

/* ---- responses ---- */

static void put_revoked(const struct ocsp_single *single, struct sk_buf *out)
{
    size_t revoked = derout_open(out, DER_CONTEXT_CONSTRUCTED(1));

    derout_generalized_time(out, DER_GENERALIZED_TIME, single->revoked_at);
    if (single->reason != CRL_REASON_UNSPECIFIED) {
        size_t reason = derout_open(out, DER_CONTEXT_CONSTRUCTED(0));

        derout_uint(out, DER_ENUMERATED, (uint64_t)single->reason);
        derout_close(out, reason);
    }
    derout_close(out, revoked);
}

static void put_single(const struct ocsp_certid *id, const struct ocsp_single *single,
                       struct sk_buf *out)
{
    size_t mark = derout_open(out, DER_SEQUENCE), next;

    derout_raw(out, id->whole);
    switch (single->status) {
    case OCSP_CERT_GOOD:
        derout_null(out, DER_CONTEXT(0));
        break;
    case OCSP_CERT_REVOKED:
        put_revoked(single, out);
        break;
    case OCSP_CERT_UNKNOWN:
        derout_null(out, DER_CONTEXT(2));
        break;
    }
    derout_generalized_time(out, DER_GENERALIZED_TIME, single->this_update);
    next = derout_open(out, DER_CONTEXT_CONSTRUCTED(0));
    derout_generalized_time(out, DER_GENERALIZED_TIME, single->next_update);
    derout_close(out, next);
    derout_close(out, mark);
}

static void put_nonce(struct sk_bytes nonce, struct sk_buf *out)
{
    size_t outer = derout_open(out, DER_CONTEXT_CONSTRUCTED(1));
    size_t list = derout_open(out, DER_SEQUENCE);
    size_t extension = derout_open(out, DER_SEQUENCE);
    size_t value;

    derout_tlv(out, DER_OID, oid_bytes(OID_OCSP_NONCE));
    value = derout_open(out, DER_OCTET_STRING);
    derout_tlv(out, DER_OCTET_STRING, nonce);
    derout_close(out, value);
    derout_close(out, extension);
    derout_close(out, list);
    derout_close(out, outer);
}

enum sk_status ocsp_response_data(const struct ocsp_request *request,
                                  const struct ocsp_single *singles, struct sk_bytes responder,
                                  int64_t produced_at, struct sk_buf *out)
{
    size_t data = derout_open(out, DER_SEQUENCE), mark, i;

    mark = derout_open(out, DER_CONTEXT_CONSTRUCTED(2));
    derout_tlv(out, DER_OCTET_STRING, responder);
    derout_close(out, mark);
    derout_generalized_time(out, DER_GENERALIZED_TIME, produced_at);
    mark = derout_open(out, DER_SEQUENCE);
    for (i = 0; i < request->num_ids; i++)
        put_single(&request->ids[i], &singles[i], out);
    derout_close(out, mark);
    if (request->has_nonce)
        put_nonce(request->nonce, out);
    derout_close(out, data);
    return buf_status(out);
}

enum sk_status ocsp_response_encode(struct sk_bytes response_data, struct sk_bytes algorithm,
                                    struct sk_bytes signature, struct sk_bytes certs,
                                    struct sk_buf *out)
{
    size_t response = derout_open(out, DER_SEQUENCE), outer, bytes, octets, basic, list, set;

    derout_uint(out, DER_ENUMERATED, OCSP_ERROR_NONE);
    outer = derout_open(out, DER_CONTEXT_CONSTRUCTED(0));
    bytes = derout_open(out, DER_SEQUENCE);
    derout_tlv(out, DER_OID, oid_bytes(OID_OCSP_BASIC));
    octets = derout_open(out, DER_OCTET_STRING);
    basic = derout_open(out, DER_SEQUENCE);
    derout_raw(out, response_data);
    derout_raw(out, algorithm);
    derout_bits(out, DER_BIT_STRING, signature);
    if (certs.len > 0) {
        set = derout_open(out, DER_CONTEXT_CONSTRUCTED(0));
        list = derout_open(out, DER_SEQUENCE);
        derout_raw(out, certs);
        derout_close(out, list);
        derout_close(out, set);
    }
    derout_close(out, basic);
    derout_close(out, octets);
    derout_close(out, bytes);
    derout_close(out, outer);
    derout_close(out, response);
    return buf_status(out);
}

void ocsp_error_encode(enum ocsp_error error, struct sk_buf *out)
{
    size_t response = derout_open(out, DER_SEQUENCE);

    derout_uint(out, DER_ENUMERATED, (uint64_t)error);
    derout_close(out, response);
}
