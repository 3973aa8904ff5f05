/* SPDX-License-Identifier: Apache-2.0 */
/* rooms: core */
/*
 * Stored OCSP responses: any octets are refused with words, or read; what is read lies inside the
 * input, and OpenSSL reads the same from it.
 */
#include <stdlib.h>

#include "core/ocsp_response.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is_true)
{
    if (!is_true)
        abort();
}

static bool is_inside(struct sk_bytes part, const uint8_t *data, size_t size)
{
    return part.len == 0 || (part.p >= data && part.p + part.len <= data + size);
}

static size_t walk_entries(const struct sk_ocsp *response, const uint8_t *data, size_t size)
{
    struct ocsp_entry entry;
    struct cert_walk walk;
    enum sk_status status;
    size_t num;

    ocsp_entries(response, &walk);
    for (num = 0; (status = ocsp_entry_next(&walk, &entry)) == SK_OK; num++)
        must(is_inside(entry.serial, data, size) && entry.serial.len > 0 &&
             is_inside(entry.issuer_name_hash, data, size) &&
             is_inside(entry.issuer_key_hash, data, size));
    must(status == SK_NOTFOUND);
    return num;
}

static void compare(const struct sk_ocsp *response, size_t num_entries, const uint8_t *data,
                    size_t size)
{
    const unsigned char *p = data;
    OCSP_RESPONSE *whole = d2i_OCSP_RESPONSE(NULL, &p, (long)size);
    OCSP_BASICRESP *basic;

    must(whole != NULL && p == data + size);
    basic = OCSP_response_get1_basic(whole);
    /* Certificates and Names are ours to read in our own way. */
    if (basic != NULL) {
        must((size_t)OCSP_resp_count(basic) == num_entries);
        must((size_t)sk_X509_num(OCSP_resp_get0_certs(basic)) == response->num_certs ||
             response->num_certs == 0);
    }
    OCSP_BASICRESP_free(basic);
    OCSP_RESPONSE_free(whole);
    ERR_clear_error();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sk_arena *arena;
    struct sk_ocsp response;
    struct sk_err err = {0};

    if (arena == NULL)
        arena = arena_new(LIMIT_JOB_ARENA_BYTES);
    must(arena != NULL);
    arena_reset(arena);
    if (ocsp_response_parse(arena, bytes_of(data, size), &response, &err) != SK_OK) {
        must(err.text[0] != '\0');
        return 0;
    }
    must(is_inside(response.tbs, data, size) && is_inside(response.sig_alg, data, size) &&
         is_inside(response.signature, data, size));
    compare(&response, walk_entries(&response, data, size), data, size);
    return 0;
}
