/* SPDX-License-Identifier: Apache-2.0 */
#include "test/support/response.h"

#include <stdio.h>
#include <stdlib.h>

/* After ours: OpenSSL has macros with the names of enum crl_reason, of the same values. */
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

#define MUST(what)                                                                                 \
    do {                                                                                           \
        if (!(what)) {                                                                             \
            (void)fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what);                       \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static X509 *to_x509(const struct sk_cert *cert)
{
    const unsigned char *p = cert->der.p;
    X509 *x509 = d2i_X509(NULL, &p, (long)cert->der.len);

    MUST(x509 != NULL);
    return x509;
}

static ASN1_GENERALIZEDTIME *time_of(int64_t when)
{
    ASN1_GENERALIZEDTIME *out = ASN1_GENERALIZEDTIME_set(NULL, (time_t)when);

    MUST(out != NULL);
    return out;
}

static X509_EXTENSION *critical_extension(void)
{
    static const unsigned char null[] = {5, 0};
    ASN1_OBJECT *oid = OBJ_txt2obj("1.3.6.1.4.1.32473.99", 1);
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    X509_EXTENSION *out;

    MUST(ASN1_OCTET_STRING_set(value, null, sizeof(null)) == 1);
    out = X509_EXTENSION_create_by_OBJ(NULL, oid, 1, value);
    MUST(out != NULL);
    ASN1_OBJECT_free(oid);
    ASN1_OCTET_STRING_free(value);
    return out;
}

static void add_entry(OCSP_BASICRESP *basic, const struct response_spec *spec, int status)
{
    X509 *issuer = to_x509(spec->issuer), *subject = to_x509(spec->about);
    OCSP_CERTID *id = OCSP_cert_to_id(spec->id_hash, subject, issuer);
    ASN1_TIME *revoked = time_of(RESPONSE_THIS - 60);
    ASN1_TIME *this_update = time_of(spec->this_update != 0 ? spec->this_update : RESPONSE_THIS);
    ASN1_TIME *next_update = time_of(spec->next_update != 0 ? spec->next_update : RESPONSE_NEXT);
    OCSP_SINGLERESP *single =
        OCSP_basic_add1_status(basic, id, status, spec->reason, revoked, this_update,
                               spec->next_update == -1 ? NULL : next_update);

    MUST(single != NULL);
    if (spec->has_critical_entry) {
        X509_EXTENSION *extension = critical_extension();

        MUST(OCSP_SINGLERESP_add_ext(single, extension, -1) == 1);
        X509_EXTENSION_free(extension);
    }
    ASN1_TIME_free(revoked);
    ASN1_TIME_free(this_update);
    ASN1_TIME_free(next_update);
    OCSP_CERTID_free(id);
    X509_free(issuer);
    X509_free(subject);
}

/* OpenSSL stamps the present; we want the time of the test. */
static void set_produced_at(OCSP_BASICRESP *basic, int64_t when)
{
    const ASN1_GENERALIZEDTIME *at = OCSP_resp_get0_produced_at(basic);

    MUST(ASN1_GENERALIZEDTIME_set((ASN1_GENERALIZEDTIME *)(uintptr_t)at, (time_t)when) != NULL);
}

struct sk_bytes response_der(struct sk_arena *arena, const struct response_spec *spec)
{
    OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
    X509 *signer = to_x509(spec->signer);
    unsigned long flags = OCSP_NOTIME | (spec->is_by_key ? OCSP_RESPID_KEY : 0) |
                          (spec->has_certs ? 0 : OCSP_NOCERTS);
    OCSP_RESPONSE *whole;
    unsigned char *der = NULL;
    struct sk_bytes out;
    int len;

    add_entry(basic, spec, spec->status);
    if (spec->is_twice)
        add_entry(basic, spec, V_OCSP_CERTSTATUS_GOOD);
    if (spec->has_critical) {
        X509_EXTENSION *extension = critical_extension();

        MUST(OCSP_BASICRESP_add_ext(basic, extension, -1) == 1);
        MUST(!spec->has_critical_twice || OCSP_BASICRESP_add_ext(basic, extension, -1) == 1);
        X509_EXTENSION_free(extension);
    }
    set_produced_at(basic, spec->produced_at != 0 ? spec->produced_at : RESPONSE_THIS);
    MUST(OCSP_basic_sign(basic, signer, spec->key, spec->hash != NULL ? spec->hash : EVP_sha256(),
                         NULL, flags) == 1);
    if (spec->shown != NULL) {
        X509 *shown = to_x509(spec->shown);

        MUST(OCSP_basic_add1_cert(basic, shown) == 1);
        X509_free(shown);
    }
    whole = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
    len = i2d_OCSP_RESPONSE(whole, &der);
    MUST(len > 0);
    out = bytes_of(arena_copy(arena, der, (size_t)len), (size_t)len);
    OPENSSL_free(der);
    OCSP_RESPONSE_free(whole);
    OCSP_BASICRESP_free(basic);
    X509_free(signer);
    return out;
}
