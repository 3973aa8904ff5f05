/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is this OCSP answer to be believed? Every check of RFC 6960 3.2 that a client can make, by
 * OpenSSL's OCSP functions.
 */
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "core/clock.h"
#include "tools/query/ocsp.h"

const char *ocsp_status_name(int response_status)
{
    static const char *const names[] = {
        [OCSP_RESPONSE_STATUS_SUCCESSFUL] = "successful",
        [OCSP_RESPONSE_STATUS_MALFORMEDREQUEST] = "malformedRequest",
        [OCSP_RESPONSE_STATUS_INTERNALERROR] = "internalError",
        [OCSP_RESPONSE_STATUS_TRYLATER] = "tryLater",
        [OCSP_RESPONSE_STATUS_SIGREQUIRED] = "sigRequired",
        [OCSP_RESPONSE_STATUS_UNAUTHORIZED] = "unauthorized",
    };
    size_t num_names = sizeof(names) / sizeof(names[0]);

    if (response_status < 0 || (size_t)response_status >= num_names)
        return NULL;
    return names[response_status];
}

static enum sk_status decode(struct sk_bytes der, OCSP_RESPONSE **out, struct sk_err *err)
{
    const unsigned char *p = der.p;
    OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &p, (long)der.len);

    if (response == NULL)
        return err_openssl(err, SK_INPUT, "not an OCSP response");
    if (p != der.p + der.len) {
        OCSP_RESPONSE_free(response);
        return err_set(err, SK_INPUT, "octets after the OCSP response");
    }
    *out = response;
    return SK_OK;
}

/* ---- who signed ---- */

/* RFC 6960 4.2.2.2: the CA itself needs no extendedKeyUsage, a certificate that has one and lacks
 * OCSPSigning was not made for this. */
static enum sk_status check_responder(const struct ocsp_trust *trust, struct sk_err *err)
{
    X509 *responder = trust->responder;

    if ((X509_get_extended_key_usage(responder) & XKU_OCSP_SIGN) == 0)
        return err_set(err, SK_INPUT, "the responder's extendedKeyUsage lacks OCSPSigning");
    if (X509_cmp_current_time(X509_get0_notBefore(responder)) >= 0 ||
        X509_cmp_current_time(X509_get0_notAfter(responder)) <= 0)
        return err_set(err, SK_INPUT, "the responder's certificate is not valid now");
    return SK_OK;
}

/* The one trusted certificate: certificates in the answer are not even looked at. */
static enum sk_status check_signature_by_responder(OCSP_BASICRESP *basic,
                                                   const struct ocsp_trust *trust,
                                                   struct sk_err *err)
{
    STACK_OF(X509) *only = sk_X509_new_null();
    int result = -1;

    if (only != NULL && sk_X509_push(only, trust->responder) > 0)
        result = OCSP_basic_verify(basic, only, NULL, OCSP_TRUSTOTHER | OCSP_NOINTERN);
    sk_X509_free(only);
    if (result != 1)
        return err_openssl(err, SK_INPUT, "not signed by the responder");
    return check_responder(trust, err);
}

/* The issuing CA itself, or a certificate with OCSPSigning issued by it directly (RFC 6960
 * 4.2.2.2); OCSP_basic_verify() checks both against the CertIDs. */
static enum sk_status check_signature_by_ca(OCSP_BASICRESP *basic, const struct ocsp_trust *trust,
                                            struct sk_err *err)
{
    if (OCSP_basic_verify(basic, trust->cas, trust->store, 0) != 1)
        return err_openssl(err, SK_INPUT, "not signed by the issuer or a responder of it");
    return SK_OK;
}

static enum sk_status check_signature(OCSP_BASICRESP *basic, const struct ocsp_trust *trust,
                                      struct ocsp_result *out, struct sk_err *err)
{
    enum sk_status status;
    X509 *signer = trust->responder;
    BIO *text;
    int n;

    status = trust->responder != NULL ? check_signature_by_responder(basic, trust, err)
                                      : check_signature_by_ca(basic, trust, err);
    if (status != SK_OK)
        return status;
    if (signer == NULL && OCSP_resp_get0_signer(basic, &signer, trust->cas) != 1)
        return err_openssl(err, SK_INPUT, "no signer");
    text = BIO_new(BIO_s_mem());
    if (text == NULL ||
        X509_NAME_print_ex(text, X509_get_subject_name(signer), 0,
                           XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) < 0) {
        BIO_free(text);
        return err_openssl(err, SK_NOMEM, "signer's name");
    }
    n = BIO_read(text, out->signer, (int)sizeof(out->signer) - 1);
    out->signer[n > 0 ? n : 0] = '\0';
    BIO_free(text);
    return SK_OK;
}

/* ---- what it says ---- */

static enum sk_status check_nonce(const struct ocsp_question *question, OCSP_BASICRESP *basic,
                                  struct ocsp_result *out, struct sk_err *err)
{
    switch (OCSP_check_nonce(question->request, basic)) {
    case 1: /* both, equal */
        out->has_nonce = true;
        return SK_OK;
    case 2: /* neither */
    case 3: /* only the answer: one made for somebody else says nothing false */
        return SK_OK;
    case -1:
        return err_set(err, SK_INPUT, "the nonce is missing (--no-nonce asks without)");
    default:
        return err_set(err, SK_INPUT, "the nonce is not the one sent");
    }
}

static enum sk_status read_time(const ASN1_GENERALIZEDTIME *time, const char *what, int64_t *out,
                                struct sk_err *err)
{
    struct sk_bytes text;

    if (time == NULL)
        return err_set(err, SK_INPUT, "%s is missing", what);
    text = bytes_of(ASN1_STRING_get0_data(time), (size_t)ASN1_STRING_length(time));
    if (clock_parse_generalized_time(text, out) != SK_OK)
        return err_set(err, SK_INPUT, "%s is not a time of RFC 5280", what);
    return SK_OK;
}

static enum sk_status check_dates(ASN1_GENERALIZEDTIME *this_update,
                                  ASN1_GENERALIZEDTIME *next_update, struct ocsp_result *out,
                                  struct sk_err *err)
{
    long max_age = next_update != NULL ? -1 : OCSP_MAX_AGE_S;
    enum sk_status status = read_time(this_update, "thisUpdate", &out->this_update, err);

    out->next_update = CLOCK_NEVER;
    if (status == SK_OK && next_update != NULL)
        status = read_time(next_update, "nextUpdate", &out->next_update, err);
    if (status != SK_OK)
        return status;
    if (OCSP_check_validity(this_update, next_update, OCSP_SKEW_S, max_age) != 1)
        return err_openssl(err, SK_INPUT, "the answer is not of now");
    return SK_OK;
}

static enum sk_status check_status(int said, int reason, const ASN1_GENERALIZEDTIME *revoked_at,
                                   struct ocsp_result *out, struct sk_err *err)
{
    switch (said) {
    case V_OCSP_CERTSTATUS_GOOD:
        out->said = OCSP_SAID_GOOD;
        return SK_OK;
    case V_OCSP_CERTSTATUS_REVOKED:
        out->said = OCSP_SAID_REVOKED;
        out->reason = reason;
        return read_time(revoked_at, "revocationTime", &out->revoked_at, err);
    case V_OCSP_CERTSTATUS_UNKNOWN:
        out->said = OCSP_SAID_UNKNOWN;
        return SK_OK;
    default:
        return err_set(err, SK_INPUT, "certificate status %d", said);
    }
}

static enum sk_status read_single(const struct ocsp_question *question, OCSP_BASICRESP *basic,
                                  struct ocsp_result *out, struct sk_err *err)
{
    ASN1_GENERALIZEDTIME *this_update = NULL, *next_update = NULL, *revoked_at = NULL;
    int said = -1, reason = -1, first = OCSP_resp_find(basic, question->id, -1);
    enum sk_status status;

    if (first < 0)
        return err_set(err, SK_INPUT, "the answer does not speak of this certificate");
    if (OCSP_resp_find(basic, question->id, first) >= 0)
        return err_set(err, SK_INPUT, "the answer speaks twice of this certificate");
    said = OCSP_single_get0_status(OCSP_resp_get0(basic, first), &reason, &revoked_at, &this_update,
                                   &next_update);
    status = check_dates(this_update, next_update, out, err);
    if (status == SK_OK)
        status = check_status(said, reason, revoked_at, out, err);
    if (status == SK_OK)
        status = read_time(OCSP_resp_get0_produced_at(basic), "producedAt", &out->produced_at, err);
    return status;
}

static enum sk_status check_basic(const struct ocsp_question *question,
                                  const struct ocsp_trust *trust, OCSP_RESPONSE *response,
                                  struct ocsp_result *out, struct sk_err *err)
{
    OCSP_BASICRESP *basic = OCSP_response_get1_basic(response);
    enum sk_status status;

    if (basic == NULL)
        return err_openssl(err, SK_INPUT, "not a basic OCSP response");
    status = check_signature(basic, trust, out, err);
    if (status == SK_OK)
        status = check_nonce(question, basic, out, err);
    if (status == SK_OK)
        status = read_single(question, basic, out, err);
    OCSP_BASICRESP_free(basic);
    return status;
}

enum sk_status ocsp_check(const struct ocsp_question *question, const struct ocsp_trust *trust,
                          struct sk_bytes der, struct ocsp_result *out, struct sk_err *err)
{
    struct ocsp_result result = {.reason = -1};
    OCSP_RESPONSE *response = NULL;
    enum sk_status status;

    ERR_clear_error();
    status = decode(der, &response, err);
    if (status != SK_OK)
        return status;
    result.response_status = OCSP_response_status(response);
    if (result.response_status == OCSP_RESPONSE_STATUS_SUCCESSFUL)
        status = check_basic(question, trust, response, &result, err);
    else if (ocsp_status_name(result.response_status) == NULL)
        status = err_set(err, SK_INPUT, "OCSP response status %d", result.response_status);
    OCSP_RESPONSE_free(response);
    if (status == SK_OK)
        *out = result;
    return status;
}
