/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/ca/certify.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cert.h"
#include "core/clock.h"
#include "core/hex.h"
#include "core/limits.h"
#include "core/name.h"
#include "tools/ca/dn.h"
#include "tools/ca/extension.h"
#include "tools/ca/seal.h"

enum { DAY_S = 86400, CHECK_ARENA = 4 * 1024 * 1024 };

enum sk_status certify_validity(const struct options *options, int64_t now, int64_t *out_not_before,
                                int64_t *out_not_after, struct sk_err *err)
{
    char text[CLOCK_TEXT];
    int64_t not_before = now, not_after;
    long days;

    (void)options_time(options, "not-before", &not_before);
    if (options_has(options, "not-after") == options_has(options, "days"))
        return err_set(err, SK_INPUT, "give either --days or --not-after");
    if (options_number(options, "days", &days))
        not_after = not_before + (int64_t)days * DAY_S - 1; /* notAfter is inclusive */
    else if (!options_time(options, "not-after", &not_after))
        return err_set(err, SK_INTERNAL, "--not-after");
    if (not_after <= not_before)
        return err_set(err, SK_INPUT, "the end of validity is not after its beginning");
    if (clock_format_generalized(not_after, text) != SK_OK)
        return err_set(err, SK_INPUT, "the end of validity is after the year 9999");
    *out_not_before = not_before;
    *out_not_after = not_after;
    return SK_OK;
}

/* 126 random bits in 16 octets, the first of which is 40..7f: positive and of one length. */
static enum sk_status set_serial(X509 *cert, struct sk_err *err)
{
    uint8_t octets[SERIAL_BYTES];
    BIGNUM *number = NULL;
    enum sk_status status = SK_OK;

    if (RAND_bytes(octets, sizeof(octets)) != 1)
        return err_openssl(err, SK_CRYPTO, "random serial number");
    octets[0] = (uint8_t)((octets[0] & 0x7f) | 0x40);
    number = BN_bin2bn(octets, sizeof(octets), NULL);
    if (number == NULL || BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert)) == NULL)
        status = err_openssl(err, SK_NOMEM, "no memory");
    BN_free(number);
    return status;
}

static enum sk_status set_time(ASN1_TIME *to, int64_t when, struct sk_err *err)
{
    char text[CLOCK_TEXT];

    if (clock_format_generalized(when, text) != SK_OK)
        return err_set(err, SK_INPUT, "a time outside the years 0 to 9999");
    /* RFC 5280 4.1.2.5: the X509 form of the call writes UTCTime through 2049 */
    if (ASN1_TIME_set_string_X509(to, text) != 1)
        return err_openssl(err, SK_INTERNAL, "time %s", text);
    return SK_OK;
}

static enum sk_status fill(const struct ca_key *issuer, X509_NAME *subject, EVP_PKEY *subject_key,
                           struct certify *c, struct sk_err *err)
{
    X509_NAME *issuer_name = issuer->cert != NULL ? X509_get_subject_name(issuer->cert) : subject;
    enum sk_status status;

    if (X509_set_version(c->cert, X509_VERSION_3) != 1 ||
        X509_set_issuer_name(c->cert, issuer_name) != 1 ||
        X509_set_subject_name(c->cert, subject) != 1 || X509_set_pubkey(c->cert, subject_key) != 1)
        return err_openssl(err, SK_CRYPTO, "certificate");
    status = set_serial(c->cert, err);
    if (status == SK_OK)
        status = set_time(X509_getm_notBefore(c->cert), c->not_before, err);
    if (status == SK_OK)
        status = set_time(X509_getm_notAfter(c->cert), c->not_after, err);
    if (status == SK_OK)
        status = extension_ski(c->cert, err);
    if (status == SK_OK && issuer->cert != NULL)
        status = extension_aki(c->cert, issuer->cert, err);
    return status;
}

enum sk_status certify_time(const ASN1_TIME *time, int64_t *out, struct sk_err *err)
{
    struct sk_bytes text = bytes_of(ASN1_STRING_get0_data(time), (size_t)ASN1_STRING_length(time));
    enum sk_status status = ASN1_STRING_type(time) == V_ASN1_UTCTIME
                                ? clock_parse_utc_time(text, out)
                                : clock_parse_generalized_time(text, out);

    if (status != SK_OK)
        return err_set(err, SK_INTERNAL, "a time in a certificate of the CA is malformed");
    return SK_OK;
}

/* A certificate that outlives its issuer's key promises what nobody can keep. */
static enum sk_status check_end(const struct ca_key *issuer, int64_t not_after, struct sk_err *err)
{
    char end[CLOCK_TEXT], wanted[CLOCK_TEXT];
    int64_t issuer_end = 0;
    enum sk_status status;

    if (issuer->cert == NULL)
        return SK_OK;
    status = certify_time(X509_get0_notAfter(issuer->cert), &issuer_end, err);
    if (status != SK_OK)
        return status;
    if (not_after <= issuer_end)
        return SK_OK;
    clock_format_rfc3339(issuer_end, end);
    clock_format_rfc3339(not_after, wanted);
    return err_set(err, SK_INPUT, "validity would end at %s, after the CA's own key (%s)", wanted,
                   end);
}

enum sk_status certify_begin(const struct ca_key *issuer, X509_NAME *subject, EVP_PKEY *subject_key,
                             int64_t not_before, int64_t not_after, struct certify *out,
                             struct sk_err *err)
{
    struct certify c = {.not_before = not_before, .not_after = not_after};
    enum sk_status status = check_end(issuer, not_after, err);

    if (status != SK_OK)
        return status;
    c.cert = X509_new();
    if (c.cert == NULL)
        return err_openssl(err, SK_NOMEM, "no memory");
    status = fill(issuer, subject, subject_key, &c, err);
    if (status == SK_OK)
        *out = c;
    else
        certify_done(&c);
    return status;
}

static enum sk_status sign(struct sk_ca *ca, const struct ca_key *issuer, X509 *cert,
                           struct sk_err *err)
{
    EVP_MD_CTX *md = NULL;
    enum sk_status status = seal_start(ca, issuer->key, &md, err);

    if (status == SK_OK && X509_sign_ctx(cert, md) <= 0)
        status = err_openssl(err, SK_CRYPTO, "signing the certificate");
    EVP_MD_CTX_free(md);
    return status;
}

/* Reads the finished certificate as a relying party would. */
static enum sk_status read_back(const struct ca_key *issuer, const struct certify *c,
                                struct sk_bytes der, struct sk_arena *arena, struct sk_cert *out,
                                struct sk_err *err)
{
    enum sk_status status = cert_parse(arena, der, out, err);

    if (status != SK_OK) {
        (void)err_context(err, "not issued");
        return SK_INPUT; /* it holds what the operator asked for */
    }
    if (!out->is_sig_alg_equal || out->has_unknown_critical || out->not_before != c->not_before ||
        out->not_after != c->not_after)
        return err_set(err, SK_INTERNAL, "not issued: the certificate made is not the one meant");
    return seal_check(issuer->cert != NULL ? issuer->cert : c->cert, out->sig_alg, out->tbs,
                      out->signature, err);
}

static enum sk_status file_name(const struct certify_record *record, const char *serial, char **out,
                                struct sk_err *err)
{
    if (asprintf(out, "%s%s.cer", record->dir, record->name ? record->name : serial) >= 0)
        return SK_OK;
    *out = NULL;
    return err_set(err, SK_NOMEM, "no memory");
}

static enum sk_status keep(struct sk_ca *ca, const struct ca_key *issuer,
                           const struct sk_cert *cert, const struct certify_record *record,
                           struct sk_err *err)
{
    struct register_cert row = {.generation = issuer->generation,
                                .role = record->role,
                                .profile = record->profile,
                                .not_before = cert->not_before,
                                .not_after = cert->not_after,
                                .issued = ca->now,
                                .der = cert->der};
    char serial[SERIAL_TEXT];
    char *file = NULL;
    struct sk_buf subject;
    enum sk_status status;

    hex_encode(cert->serial, serial); /* set_serial() makes SERIAL_BYTES octets */
    row.serial = serial;
    buf_init(&subject, LIMIT_CERT_BYTES);
    status = name_to_text(cert->subject, &subject);
    buf_put_byte(&subject, '\0');
    if (status == SK_OK)
        status = buf_status(&subject);
    if (status == SK_OK)
        status = file_name(record, serial, &file, err);
    if (status == SK_OK) {
        row.subject = (const char *)subject.data;
        row.file = file;
        status = register_add_cert(ca->reg, &row, err);
    }
    if (status == SK_OK)
        status = ca_publish(ca, file, cert->der, err);
    if (status == SK_OK && record->copy != NULL)
        status = ca_write(ca, record->copy, cert->der, err);
    buf_done(&subject);
    free(file);
    return status;
}

enum sk_status certify_finish(struct sk_ca *ca, const struct ca_key *issuer, struct certify *c,
                              const struct certify_record *record, struct sk_err *err)
{
    struct sk_arena *arena = arena_new(CHECK_ARENA);
    unsigned char *der = NULL;
    struct sk_cert cert;
    int len;
    enum sk_status status =
        arena != NULL ? sign(ca, issuer, c->cert, err) : err_set(err, SK_NOMEM, "no memory");

    if (status != SK_OK)
        goto out;
    len = i2d_X509(c->cert, &der);
    if (len <= 0) {
        status = err_openssl(err, SK_CRYPTO, "encoding the certificate");
        goto out;
    }
    status = read_back(issuer, c, bytes_of(der, (size_t)len), arena, &cert, err);
    if (status == SK_OK)
        status = keep(ca, issuer, &cert, record, err);
out:
    OPENSSL_free(der);
    arena_free(arena);
    return status;
}

void certify_done(struct certify *c)
{
    X509_free(c->cert);
    memset(c, 0, sizeof(*c));
}

enum sk_status certify_point(struct sk_ca *ca, const X509 *issuer, enum register_list kind,
                             DIST_POINT_NAME **out, struct sk_err *err)
{
    bool is_crl = kind == LIST_CRL;
    char *uri = NULL, *dn_text = NULL;
    X509_NAME *dn = NULL;
    enum sk_status status =
        register_get(ca->reg, is_crl ? CA_SETTING_CRL_DP : CA_SETTING_ARL_DP, &uri, err);

    if (status == SK_OK)
        status = register_get(ca->reg, is_crl ? CA_SETTING_CRL_DP_DN : CA_SETTING_ARL_DP_DN,
                              &dn_text, err);
    if (status == SK_OK && dn_text != NULL)
        status = dn_parse(dn_text, DN_UTF8, &dn, err);
    if (status == SK_OK && uri == NULL && dn == NULL) {
        dn = X509_NAME_dup(X509_get_subject_name(issuer));
        if (dn == NULL)
            status = err_openssl(err, SK_NOMEM, "no memory");
    }
    if (status == SK_OK)
        status = extension_point(uri, dn, out, err);
    X509_NAME_free(dn);
    free(dn_text);
    free(uri);
    return status;
}

enum sk_status certify_crl_dp(struct sk_ca *ca, const struct ca_key *issuer, struct certify *c,
                              enum register_list kind, struct sk_err *err)
{
    DIST_POINT_NAME *point = NULL;
    enum sk_status status =
        certify_point(ca, issuer->cert != NULL ? issuer->cert : c->cert, kind, &point, err);

    return status == SK_OK ? extension_crl_dp(c->cert, point, err) : status;
}

enum sk_status certify_common(struct sk_ca *ca, const struct ca_key *issuer, struct certify *c,
                              enum register_list kind, struct sk_err *err)
{
    char *san_dn = NULL;
    enum sk_status status = certify_crl_dp(ca, issuer, c, kind, err);

    if (status == SK_OK)
        status = register_get(ca->reg, CA_SETTING_SAN_DN, &san_dn, err);
    if (status == SK_OK && san_dn != NULL)
        status = extension_alt_dn(c->cert, NID_issuer_alt_name, san_dn, err);
    free(san_dn);
    return status;
}
