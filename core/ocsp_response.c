/* SPDX-License-Identifier: Apache-2.0 */
#include "core/ocsp_response.h"

#include "core/name.h"
#include "core/shape_int.h"

/*
 * OCSPResponse ::= SEQUENCE { responseStatus ENUMERATED, responseBytes [0] EXPLICIT ResponseBytes }
 * ResponseBytes ::= SEQUENCE { responseType OBJECT IDENTIFIER, response OCTET STRING }
 * BasicOCSPResponse ::= SEQUENCE { tbsResponseData ResponseData, signatureAlgorithm, signature,
 *                                  certs [0] EXPLICIT SEQUENCE OF Certificate OPTIONAL }
 * ResponseData ::= SEQUENCE { version [0] EXPLICIT INTEGER DEFAULT v1, responderID,
 *                             producedAt GeneralizedTime, responses SEQUENCE OF SingleResponse,
 *                             responseExtensions [1] EXPLICIT Extensions OPTIONAL }
 */

enum { STATUS_MAX = 6, SHA1_BYTES = 20 };

static enum sk_status bad(struct sk_err *err, const char *what)
{
    return err_set(err, SK_INPUT, "OCSP response: %s is malformed (RFC 6960 4.2.1)", what);
}

/* ---- pieces ---- */

/* [tag] EXPLICIT that holds one SEQUENCE, entered. */
static enum sk_status enter_explicit(struct der *d, unsigned tag, struct der *out)
{
    struct der outer;

    if (der_enter(d, DER_CONTEXT_CONSTRUCTED(tag), &outer) != SK_OK ||
        der_enter(&outer, DER_SEQUENCE, out) != SK_OK)
        return SK_INPUT;
    return der_finish(&outer);
}

/* [1] EXPLICIT Extensions, at the end of both SEQUENCEs that have them. */
static enum sk_status read_extensions(struct der *d, bool *out_has_critical)
{
    struct sk_bytes seen[LIMIT_OCSP_EXTENSIONS];
    struct shape_extension ext;
    bool has_critical = false;
    struct der list;
    size_t num = 0, i;

    *out_has_critical = false;
    if (der_at_end(d))
        return SK_OK;
    if (enter_explicit(d, 1, &list) != SK_OK || der_finish(d) != SK_OK || der_at_end(&list))
        return SK_INPUT;
    while (!der_at_end(&list)) {
        if (num == LIMIT_OCSP_EXTENSIONS || shape_extension_next(&list, &ext) != SK_OK)
            return SK_INPUT;
        for (i = 0; i < num; i++)
            if (bytes_equal(seen[i], ext.oid))
                return SK_INPUT;
        seen[num++] = ext.oid;
        has_critical = has_critical || ext.is_critical;
    }
    *out_has_critical = has_critical;
    return SK_OK;
}

/* CertID ::= SEQUENCE { hashAlgorithm, issuerNameHash, issuerKeyHash OCTET STRING, serialNumber };
 * parameters of the hash are NULL or absent (O-02). */
static enum sk_status read_certid(struct der *d, struct ocsp_entry *out)
{
    struct der id, algorithm;
    struct sk_bytes oid, null;
    size_t len = 0;

    if (der_enter(d, DER_SEQUENCE, &id) != SK_OK ||
        der_enter(&id, DER_SEQUENCE, &algorithm) != SK_OK ||
        der_oid(&algorithm, DER_OID, &oid) != SK_OK)
        return SK_INPUT;
    out->hash = key_hash_of_oid(oid, &len);
    if (out->hash != KEY_HASH_NONE && !der_at_end(&algorithm) &&
        (der_take(&algorithm, DER_NULL, &null) != SK_OK || null.len != 0 ||
         der_finish(&algorithm) != SK_OK))
        return SK_INPUT;
    if (der_take(&id, DER_OCTET_STRING, &out->issuer_name_hash) != SK_OK ||
        der_take(&id, DER_OCTET_STRING, &out->issuer_key_hash) != SK_OK ||
        der_integer(&id, DER_INTEGER, &out->serial) != SK_OK)
        return SK_INPUT;
    if (out->hash != KEY_HASH_NONE &&
        (out->issuer_name_hash.len != len || out->issuer_key_hash.len != len))
        return SK_INPUT;
    return der_finish(&id);
}

/* RevokedInfo ::= [1] IMPLICIT SEQUENCE { revocationTime, revocationReason [0] EXPLICIT OPTIONAL }
 */
static enum sk_status read_revoked(struct der *d, struct ocsp_entry *out)
{
    uint64_t reason = CRL_REASON_UNSPECIFIED;
    struct der info, explicit_tag;
    bool has_reason;

    if (der_enter(d, DER_CONTEXT_CONSTRUCTED(1), &info) != SK_OK ||
        der_generalized_time(&info, DER_GENERALIZED_TIME, &out->revoked_at) != SK_OK ||
        der_enter_optional(&info, DER_CONTEXT_CONSTRUCTED(0), &has_reason, &explicit_tag) !=
            SK_OK ||
        der_finish(&info) != SK_OK)
        return SK_INPUT;
    if (has_reason &&
        (der_uint(&explicit_tag, DER_ENUMERATED, CRL_REASON_AA_COMPROMISE, &reason) != SK_OK ||
         der_finish(&explicit_tag) != SK_OK || reason == 7))
        return SK_INPUT;
    out->status = OCSP_ENTRY_REVOKED;
    out->reason = (enum crl_reason)reason;
    return SK_OK;
}

/* CertStatus ::= CHOICE { good [0] IMPLICIT NULL, revoked [1] IMPLICIT RevokedInfo,
 *                         unknown [2] IMPLICIT NULL } */
static enum sk_status read_status(struct der *d, struct ocsp_entry *out)
{
    struct sk_bytes null;

    if (der_peek(d, DER_CONTEXT_CONSTRUCTED(1)))
        return read_revoked(d, out);
    out->status = der_peek(d, DER_CONTEXT(0)) ? OCSP_ENTRY_GOOD : OCSP_ENTRY_UNKNOWN;
    if (der_take(d, out->status == OCSP_ENTRY_GOOD ? DER_CONTEXT(0) : DER_CONTEXT(2), &null) !=
            SK_OK ||
        null.len != 0)
        return SK_INPUT;
    return SK_OK;
}

static enum sk_status read_single(struct der *list, struct ocsp_entry *out)
{
    struct ocsp_entry got = {.reason = CRL_REASON_UNSPECIFIED};
    struct der single, explicit_tag;

    if (der_enter(list, DER_SEQUENCE, &single) != SK_OK || read_certid(&single, &got) != SK_OK ||
        read_status(&single, &got) != SK_OK ||
        der_generalized_time(&single, DER_GENERALIZED_TIME, &got.this_update) != SK_OK ||
        der_enter_optional(&single, DER_CONTEXT_CONSTRUCTED(0), &got.has_next_update,
                           &explicit_tag) != SK_OK)
        return SK_INPUT;
    if (got.has_next_update &&
        (der_generalized_time(&explicit_tag, DER_GENERALIZED_TIME, &got.next_update) != SK_OK ||
         der_finish(&explicit_tag) != SK_OK))
        return SK_INPUT;
    if (read_extensions(&single, &got.has_critical) != SK_OK)
        return SK_INPUT;
    *out = got;
    return SK_OK;
}

void ocsp_entries(const struct sk_ocsp *response, struct cert_walk *out)
{
    out->p = response->entries.p;
    out->end = response->entries.p + response->entries.len;
}

enum sk_status ocsp_entry_next(struct cert_walk *walk, struct ocsp_entry *out)
{
    struct der list;

    if (walk->p == walk->end)
        return SK_NOTFOUND;
    der_init(&list, bytes_of(walk->p, (size_t)(walk->end - walk->p)));
    if (read_single(&list, out) != SK_OK)
        return SK_INPUT;
    walk->p = list.p;
    return SK_OK;
}

/* ---- the whole ---- */

static enum sk_status check_entries(const struct sk_ocsp *response, struct sk_err *err)
{
    struct ocsp_entry single;
    struct cert_walk walk;
    enum sk_status status;
    size_t num = 0;

    ocsp_entries(response, &walk);
    while ((status = ocsp_entry_next(&walk, &single)) == SK_OK)
        if (++num > LIMIT_OCSP_SINGLES)
            return err_set(err, SK_LIMIT, "OCSP response: more than %u certificates",
                           LIMIT_OCSP_SINGLES);
    return status == SK_NOTFOUND && num > 0 ? SK_OK : bad(err, "a SingleResponse");
}

/* ResponderID ::= CHOICE { byName [1] EXPLICIT Name, byKey [2] EXPLICIT OCTET STRING } */
static enum sk_status read_responder(struct sk_arena *arena, struct der *tbs, struct sk_ocsp *out,
                                     struct sk_err *err)
{
    struct sk_bytes name;
    enum sk_status status;
    struct der id;

    out->is_by_name = der_peek(tbs, DER_CONTEXT_CONSTRUCTED(1));
    if (der_enter(tbs, DER_CONTEXT_CONSTRUCTED(out->is_by_name ? 1u : 2u), &id) != SK_OK)
        return bad(err, "responderID");
    if (!out->is_by_name) {
        if (der_take(&id, DER_OCTET_STRING, &out->responder) != SK_OK || der_finish(&id) != SK_OK ||
            out->responder.len != SHA1_BYTES)
            return bad(err, "responderID");
        return SK_OK;
    }
    if (der_take_whole(&id, DER_SEQUENCE, &name) != SK_OK || der_finish(&id) != SK_OK)
        return bad(err, "responderID");
    if ((status = name_canon(arena, name, &out->responder, err)) != SK_OK)
        (void)err_context(err, "OCSP response: responderID");
    return status;
}

static enum sk_status read_data(struct sk_arena *arena, struct sk_ocsp *out, struct sk_err *err)
{
    enum sk_status status;
    struct der d, tbs;

    der_init(&d, out->tbs);
    if (der_enter(&d, DER_SEQUENCE, &tbs) != SK_OK)
        return bad(err, "tbsResponseData");
    /* There is no other version than the default, which DER leaves out. */
    if (der_peek(&tbs, DER_CONTEXT_CONSTRUCTED(0)))
        return err_set(err, SK_INPUT, "OCSP response: version is not 1 or written out");
    if ((status = read_responder(arena, &tbs, out, err)) != SK_OK)
        return status;
    if (der_generalized_time(&tbs, DER_GENERALIZED_TIME, &out->produced_at) != SK_OK)
        return bad(err, "producedAt");
    if (der_take(&tbs, DER_SEQUENCE, &out->entries) != SK_OK)
        return bad(err, "responses");
    if ((status = check_entries(out, err)) != SK_OK)
        return status;
    return read_extensions(&tbs, &out->has_critical) == SK_OK ? SK_OK
                                                              : bad(err, "responseExtensions");
}

static enum sk_status read_certs(struct sk_arena *arena, struct der *basic, struct sk_ocsp *out,
                                 struct sk_err *err)
{
    enum sk_status status;
    struct sk_bytes whole;
    struct der list;

    if (der_at_end(basic))
        return SK_OK;
    if (enter_explicit(basic, 0, &list) != SK_OK || der_finish(basic) != SK_OK)
        return bad(err, "certs");
    while (!der_at_end(&list)) {
        struct sk_cert *cert;

        if (out->num_certs == LIMIT_OCSP_RESPONSE_CERTS)
            return err_set(err, SK_LIMIT, "OCSP response: more than %u certificates in certs",
                           LIMIT_OCSP_RESPONSE_CERTS);
        if (der_take_whole(&list, DER_SEQUENCE, &whole) != SK_OK)
            return bad(err, "certs");
        if ((cert = arena_alloc(arena, sizeof(*cert))) == NULL)
            return err_set(err, SK_NOMEM, "OCSP response: no memory");
        if ((status = cert_parse(arena, whole, cert, err)) != SK_OK) {
            (void)err_context(err, "OCSP response: certs");
            return status;
        }
        out->certs[out->num_certs++] = cert;
    }
    return SK_OK;
}

static enum sk_status read_basic(struct sk_arena *arena, struct sk_bytes der, struct sk_ocsp *out,
                                 struct sk_err *err)
{
    enum sk_status status;
    unsigned unused;
    struct der d, basic;

    der_init(&d, der);
    if (der_enter(&d, DER_SEQUENCE, &basic) != SK_OK || der_finish(&d) != SK_OK ||
        der_take_whole(&basic, DER_SEQUENCE, &out->tbs) != SK_OK ||
        shape_algorithm(&basic, &out->sig_alg) != SK_OK ||
        der_bits(&basic, DER_BIT_STRING, &out->signature, &unused) != SK_OK)
        return bad(err, "BasicOCSPResponse");
    if (unused != 0)
        out->signature = bytes_of(NULL, 0);
    status = read_certs(arena, &basic, out, err);
    return status == SK_OK ? read_data(arena, out, err) : status;
}

/* The contents of response, of a successful response of the basic type. */
static enum sk_status open_response(struct sk_bytes der, struct sk_bytes *out, struct sk_err *err)
{
    uint64_t response_status;
    struct der d, outer, bytes;
    struct sk_bytes type;

    der_init(&d, der);
    if (der_enter(&d, DER_SEQUENCE, &outer) != SK_OK || der_finish(&d) != SK_OK ||
        der_uint(&outer, DER_ENUMERATED, STATUS_MAX, &response_status) != SK_OK)
        return bad(err, "OCSPResponse");
    if (response_status != 0)
        return err_set(err, SK_INPUT, "OCSP response: says responseStatus %u, nothing else",
                       (unsigned)response_status);
    if (enter_explicit(&outer, 0, &bytes) != SK_OK || der_finish(&outer) != SK_OK ||
        der_oid(&bytes, DER_OID, &type) != SK_OK ||
        der_take(&bytes, DER_OCTET_STRING, out) != SK_OK || der_finish(&bytes) != SK_OK)
        return bad(err, "responseBytes");
    if (!oid_is(type, OID_OCSP_BASIC))
        return err_set(err, SK_INPUT, "OCSP response: not of type id-pkix-ocsp-basic");
    return SK_OK;
}

enum sk_status ocsp_response_parse(struct sk_arena *arena, struct sk_bytes der, struct sk_ocsp *out,
                                   struct sk_err *err)
{
    struct sk_ocsp got = {.der = der};
    struct sk_bytes basic;
    enum sk_status status;

    if (der.len > LIMIT_OCSP_RESPONSE_BYTES)
        return err_set(err, SK_LIMIT, "OCSP response: longer than %u octets",
                       LIMIT_OCSP_RESPONSE_BYTES);
    status = open_response(der, &basic, err);
    if (status == SK_OK)
        status = read_basic(arena, basic, &got, err);
    if (status != SK_OK)
        return status;
    key_sha256(der, got.sha256);
    *out = got;
    return SK_OK;
}
