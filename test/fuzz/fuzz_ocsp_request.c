/* SPDX-License-Identifier: Apache-2.0 */
/* rooms: net cache policy core */
/*
 * OCSP requests: any octets are refused or understood; what is understood is answered, and the
 * answer is DER that ends where it should. What we accept, OpenSSL must accept too, but for names
 * and certificates inside, which we do not look into.
 */
#include <stdlib.h>

#include "net/cvs.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_with_openssl(const uint8_t *data, size_t size, const struct ocsp_request *request)
{
    const unsigned char *p = data;
    OCSP_REQUEST *other = d2i_OCSP_REQUEST(NULL, &p, (long)size);

    if (other == NULL && (request->is_signed || request->requestor.len > 0))
        return;
    if (other == NULL || p != data + size ||
        (size_t)OCSP_request_onereq_count(other) != request->num_ids)
        abort();
    OCSP_REQUEST_free(other);
}

/* Writes an answer with everything in it; OpenSSL reads it again. */
static void answer(const struct ocsp_request *request)
{
    struct ocsp_single singles[LIMIT_OCSP_CERTIDS];
    static const uint8_t hash[20] = {1};
    struct ocsp_data data = {.request = request,
                             .singles = singles,
                             .responder = bytes_of(hash, sizeof(hash)),
                             .produced_at = 1700000000,
                             .has_nonce = request->has_nonce,
                             .has_extended_revoke = request->num_ids % 2 == 0};
    struct sk_buf tbs, whole;
    const unsigned char *p;
    OCSP_RESPONSE *other;
    size_t i;

    memset(singles, 0, sizeof(singles));
    for (i = 0; i < request->num_ids; i++) {
        singles[i].status = (enum ocsp_cert_status)(i % 3);
        singles[i].reason = CRL_REASON_KEY_COMPROMISE;
        singles[i].has_crl = i % 2 == 0;
        singles[i].crl_number = bytes_of("\x05", i % 4 == 0 ? 1 : 0);
        singles[i].has_archive_cutoff = singles[i].has_invalidity = i % 5 == 0;
    }
    buf_init(&tbs, 1024 * 1024);
    buf_init(&whole, 1024 * 1024);
    if (ocsp_write_data(&data, &tbs) != SK_OK ||
        ocsp_write_response(buf_bytes(&tbs), bytes_of("\x30\x03\x06\x01\x2a", 5), bytes_of("s", 1),
                            bytes_of(NULL, 0), &whole) != SK_OK)
        abort();
    p = whole.data;
    other = d2i_OCSP_RESPONSE(NULL, &p, (long)whole.len);
    if (other == NULL || p != whole.data + whole.len)
        abort();
    OCSP_RESPONSE_free(other);
    buf_done(&tbs);
    buf_done(&whole);
}

static bool is_same(const struct ocsp_request *a, const struct ocsp_request *b)
{
    size_t i;

    if (a->num_ids != b->num_ids || a->num_preferences != b->num_preferences ||
        (a->extension.p != NULL) != (b->extension.p != NULL) ||
        !bytes_equal(a->extension, b->extension))
        return false;
    for (i = 0; i < a->num_ids; i++) {
        if (!bytes_equal(a->ids[i].whole, b->ids[i].whole) ||
            (a->ids[i].extension.p != NULL) != (b->ids[i].extension.p != NULL) ||
            !bytes_equal(a->ids[i].extension, b->ids[i].extension))
            return false;
    }
    for (i = 0; i < a->num_preferences; i++) {
        if (!bytes_equal(a->preferences[i].algorithm, b->preferences[i].algorithm) ||
            !bytes_equal(a->preferences[i].capability, b->preferences[i].capability))
            return false;
    }
    return true;
}

/* What the memo takes as its key says all that is asked, and always in the same octets. */
static void write_again(const struct ocsp_request *request, const struct ocsp_rules *rules)
{
    struct ocsp_request again;
    struct sk_err err = {0};
    struct sk_buf first, second;

    buf_init(&first, 2 * LIMIT_OCSP_REQUEST_BYTES);
    buf_init(&second, 2 * LIMIT_OCSP_REQUEST_BYTES);
    if (ocsp_write_request(request, rules, &first) != SK_OK)
        abort();
    if (first.len <= LIMIT_OCSP_REQUEST_BYTES) {
        if (ocsp_request_parse(buf_bytes(&first), rules, &again, &err) != SK_OK ||
            !is_same(request, &again) || again.has_nonce || again.is_signed ||
            again.requestor.len > 0 || ocsp_write_request(&again, rules, &second) != SK_OK ||
            !bytes_equal(buf_bytes(&first), buf_bytes(&second)))
            abort();
    }
    buf_done(&first);
    buf_done(&second);
}

/* What the CVS adapter takes out of its extensions lies inside of them. */
static void read_cvs(const struct ocsp_request *request)
{
    struct sk_bytes items[LIMIT_CVS_POLICIES];
    size_t i, j, count;

    for (i = 0; i < request->num_ids; i++) {
        const struct sk_bytes *value = &request->ids[i].extension;

        if (cvs_read_certificates(*value, items, LIMIT_CVS_CERTS, &count) != SK_OK)
            continue;
        for (j = 0; j < count; j++) {
            if (items[j].p < value->p || items[j].p + items[j].len > value->p + value->len)
                abort();
        }
    }
    if (cvs_read_policies(request->extension, items, LIMIT_CVS_POLICIES, &count) == SK_OK &&
        (count == 0 || count > LIMIT_CVS_POLICIES))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* The documentation arc, for what the CVS adapter adds. */
    static const uint8_t one[] = {0x2b, 6, 1, 4, 1, 0x81, 0xfd, 0x59, 1, 1};
    static const uint8_t two[] = {0x2b, 6, 1, 4, 1, 0x81, 0xfd, 0x59, 1, 2};
    const struct ocsp_rules rules = {.max_ids = LIMIT_OCSP_CERTIDS,
                                     .extension = bytes_of(two, sizeof(two)),
                                     .id_extension = bytes_of(one, sizeof(one))};
    struct ocsp_request request;
    struct sk_err err = {0};

    if (ocsp_request_parse(bytes_of(data, size), &rules, &request, &err) != SK_OK) {
        if (err.text[0] == '\0')
            abort();
        return 0;
    }
    check_with_openssl(data, size, &request);
    answer(&request);
    read_cvs(&request);
    write_again(&request, &rules);
    ERR_clear_error();
    return 0;
}
