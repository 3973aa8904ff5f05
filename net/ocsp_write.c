/* SPDX-License-Identifier: Apache-2.0 */
#include "core/der.h"
#include "core/derout.h"
#include "core/oid.h"
#include "net/ocsp.h"

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

static size_t open_extension_of(struct sk_buf *out, struct sk_bytes oid, size_t *out_value)
{
    size_t extension = derout_open(out, DER_SEQUENCE);

    derout_tlv(out, DER_OID, oid);
    *out_value = derout_open(out, DER_OCTET_STRING);
    return extension;
}

static size_t open_extension(struct sk_buf *out, enum oid_id oid, size_t *out_value)
{
    return open_extension_of(out, oid_bytes(oid), out_value);
}

static void close_extension(struct sk_buf *out, size_t extension, size_t value)
{
    derout_close(out, value);
    derout_close(out, extension);
}

static void put_time_extension(struct sk_buf *out, enum oid_id oid, int64_t when)
{
    size_t value, extension = open_extension(out, oid, &value);

    derout_generalized_time(out, DER_GENERALIZED_TIME, when);
    close_extension(out, extension, value);
}

/* CrlID ::= SEQUENCE { crlUrl [0] EXPLICIT IA5String OPTIONAL, crlNum [1] EXPLICIT INTEGER
 * OPTIONAL, crlTime [2] EXPLICIT GeneralizedTime OPTIONAL } */
static void put_crl_id(const struct ocsp_single *single, struct sk_buf *out)
{
    size_t value, extension = open_extension(out, OID_OCSP_CRL, &value);
    size_t id = derout_open(out, DER_SEQUENCE), mark;

    if (single->crl_number.len > 0) {
        mark = derout_open(out, DER_CONTEXT_CONSTRUCTED(1));
        derout_tlv(out, DER_INTEGER, single->crl_number);
        derout_close(out, mark);
    }
    mark = derout_open(out, DER_CONTEXT_CONSTRUCTED(2));
    derout_generalized_time(out, DER_GENERALIZED_TIME, single->crl_time);
    derout_close(out, mark);
    derout_close(out, id);
    close_extension(out, extension, value);
}

static void put_single_extensions(const struct ocsp_single *single, struct sk_buf *out)
{
    size_t outer, list;

    if (!single->has_crl && !single->has_archive_cutoff && !single->has_invalidity &&
        single->extension.len == 0)
        return;
    outer = derout_open(out, DER_CONTEXT_CONSTRUCTED(1));
    list = derout_open(out, DER_SEQUENCE);
    if (single->has_crl)
        put_crl_id(single, out);
    if (single->has_archive_cutoff)
        put_time_extension(out, OID_OCSP_ARCHIVE_CUTOFF, single->archive_cutoff);
    if (single->has_invalidity)
        put_time_extension(out, OID_EXT_INVALIDITY_DATE, single->invalidity_date);
    derout_raw(out, single->extension);
    derout_close(out, list);
    derout_close(out, outer);
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
    put_single_extensions(single, out);
    derout_close(out, mark);
}

static void put_response_extensions(const struct ocsp_data *data, struct sk_buf *out)
{
    size_t outer, list, extension, value;

    if (!data->has_nonce && !data->has_extended_revoke)
        return;
    outer = derout_open(out, DER_CONTEXT_CONSTRUCTED(1));
    list = derout_open(out, DER_SEQUENCE);
    if (data->has_nonce) {
        extension = open_extension(out, OID_OCSP_NONCE, &value);
        derout_tlv(out, DER_OCTET_STRING, data->request->nonce);
        close_extension(out, extension, value);
    }
    if (data->has_extended_revoke) {
        extension = open_extension(out, OID_OCSP_EXTENDED_REVOKE, &value);
        derout_null(out, DER_NULL);
        close_extension(out, extension, value);
    }
    derout_close(out, list);
    derout_close(out, outer);
}

enum sk_status ocsp_write_data(const struct ocsp_data *data, struct sk_buf *out)
{
    size_t whole = derout_open(out, DER_SEQUENCE), mark, i;

    mark = derout_open(out, DER_CONTEXT_CONSTRUCTED(2));
    derout_tlv(out, DER_OCTET_STRING, data->responder);
    derout_close(out, mark);
    derout_generalized_time(out, DER_GENERALIZED_TIME, data->produced_at);
    mark = derout_open(out, DER_SEQUENCE);
    for (i = 0; i < data->request->num_ids; i++)
        put_single(&data->request->ids[i], &data->singles[i], out);
    derout_close(out, mark);
    put_response_extensions(data, out);
    derout_close(out, whole);
    return buf_status(out);
}

enum sk_status ocsp_write_response(struct sk_bytes response_data, struct sk_bytes algorithm,
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

/* ---- requests ---- */

static void put_raw_extension(struct sk_buf *out, struct sk_bytes oid, struct sk_bytes contents)
{
    size_t value, extension = open_extension_of(out, oid, &value);

    derout_raw(out, contents);
    close_extension(out, extension, value);
}

static void put_asked(const struct ocsp_certid *id, const struct ocsp_rules *rules,
                      struct sk_buf *out)
{
    size_t asked = derout_open(out, DER_SEQUENCE), outer, list;

    derout_raw(out, id->whole);
    if (id->extension.p != NULL) {
        outer = derout_open(out, DER_CONTEXT_CONSTRUCTED(0));
        list = derout_open(out, DER_SEQUENCE);
        put_raw_extension(out, rules->id_extension, id->extension);
        derout_close(out, list);
        derout_close(out, outer);
    }
    derout_close(out, asked);
}

static void put_preferences(const struct ocsp_request *request, struct sk_buf *out)
{
    size_t value, extension = open_extension(out, OID_OCSP_PREF_SIG_ALGS, &value);
    size_t list = derout_open(out, DER_SEQUENCE), one, i;

    for (i = 0; i < request->num_preferences; i++) {
        one = derout_open(out, DER_SEQUENCE);
        derout_raw(out, request->preferences[i].algorithm);
        if (request->preferences[i].capability.len > 0)
            derout_tlv(out, DER_SEQUENCE, request->preferences[i].capability);
        derout_close(out, one);
    }
    derout_close(out, list);
    close_extension(out, extension, value);
}

static void put_request_extensions(const struct ocsp_request *request,
                                   const struct ocsp_rules *rules, struct sk_buf *out)
{
    size_t outer, list;

    if (request->num_preferences == 0 && request->extension.p == NULL)
        return;
    outer = derout_open(out, DER_CONTEXT_CONSTRUCTED(2));
    list = derout_open(out, DER_SEQUENCE);
    if (request->num_preferences > 0)
        put_preferences(request, out);
    if (request->extension.p != NULL)
        put_raw_extension(out, rules->extension, request->extension);
    derout_close(out, list);
    derout_close(out, outer);
}

enum sk_status ocsp_write_request(const struct ocsp_request *request,
                                  const struct ocsp_rules *rules, struct sk_buf *out)
{
    size_t whole = derout_open(out, DER_SEQUENCE), tbs = derout_open(out, DER_SEQUENCE);
    size_t list = derout_open(out, DER_SEQUENCE), i;

    for (i = 0; i < request->num_ids; i++)
        put_asked(&request->ids[i], rules, out);
    derout_close(out, list);
    put_request_extensions(request, rules, out);
    derout_close(out, tbs);
    derout_close(out, whole);
    return buf_status(out);
}

/* ---- errors ---- */

const char *ocsp_error_text(enum ocsp_error error)
{
    switch (error) {
    case OCSP_ERROR_NONE:
        return "successful";
    case OCSP_ERROR_MALFORMED:
        return "malformedRequest";
    case OCSP_ERROR_INTERNAL:
        return "internalError";
    case OCSP_ERROR_TRY_LATER:
        return "tryLater";
    case OCSP_ERROR_SIG_REQUIRED:
        return "sigRequired";
    case OCSP_ERROR_UNAUTHORIZED:
        return "unauthorized";
    }
    return "internalError";
}

const char *ocsp_cert_status_text(enum ocsp_cert_status status)
{
    switch (status) {
    case OCSP_CERT_UNKNOWN:
        return "unknown";
    case OCSP_CERT_GOOD:
        return "good";
    case OCSP_CERT_REVOKED:
        return "revoked";
    }
    return "unknown";
}

void ocsp_write_error(enum ocsp_error error, struct sk_buf *out)
{
    size_t response = derout_open(out, DER_SEQUENCE);

    derout_uint(out, DER_ENUMERATED, (uint64_t)error);
    derout_close(out, response);
}
