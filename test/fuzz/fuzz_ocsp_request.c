/* SPDX-License-Identifier: Apache-2.0 */
/* rooms: net cache policy core */
/*
 * OCSP requests: any octets are refused or understood; what is understood is answered, and the
 * answer is DER that ends where it should. What we accept, OpenSSL must accept too, but for names
 * and certificates inside, which we do not look into.
 */
#include <stdlib.h>

#include "core/der.h"
#include "net/ocsp.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_with_openssl(const uint8_t *data, size_t size, const struct ocsp_request *request)
{
    const unsigned char *p = data;
    OCSP_REQUEST *other = d2i_OCSP_REQUEST(NULL, &p, (long)size);

    if (other == NULL && (request->is_signed || request->has_requestor))
        return;
    if (other == NULL || p != data + size ||
        (size_t)OCSP_request_onereq_count(other) != request->num_ids)
        abort();
    OCSP_REQUEST_free(other);
}

static void answer(const struct ocsp_request *request)
{
    struct ocsp_single singles[LIMIT_OCSP_CERTIDS];
    static const uint8_t hash[20] = {1};
    struct sk_buf data, whole;
    struct der d, inner;
    size_t i;

    memset(singles, 0, sizeof(singles));
    for (i = 0; i < request->num_ids; i++) {
        singles[i].status = (enum ocsp_cert_status)(i % 3);
        singles[i].reason = CRL_REASON_KEY_COMPROMISE;
    }
    buf_init(&data, 1024 * 1024);
    buf_init(&whole, 1024 * 1024);
    if (ocsp_response_data(request, singles, bytes_of(hash, sizeof(hash)), 1700000000, &data) !=
            SK_OK ||
        ocsp_response_encode(buf_bytes(&data), bytes_of("\x30\x00", 2), bytes_of("s", 1),
                             bytes_of(NULL, 0), &whole) != SK_OK)
        abort();
    der_init(&d, buf_bytes(&whole));
    if (der_enter(&d, DER_SEQUENCE, &inner) != SK_OK || der_finish(&d) != SK_OK)
        abort();
    buf_done(&data);
    buf_done(&whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ocsp_request request;
    struct sk_err err = {0};

    if (ocsp_request_parse(bytes_of(data, size), LIMIT_OCSP_CERTIDS, &request, &err) != SK_OK) {
        if (err.text[0] == '\0')
            abort();
        return 0;
    }
    check_with_openssl(data, size, &request);
    answer(&request);
    ERR_clear_error();
    return 0;
}
