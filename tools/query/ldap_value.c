/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/query/ldap_value.h"

#include <openssl/x509.h>
#include <strings.h>

#include "policy/certfile.h"

enum ldap_value_kind ldap_value_kind(const char *attribute)
{
    static const struct {
        const char *name;
        enum ldap_value_kind kind;
    } known[] = {
        {"userCertificate", LDAP_VALUE_CERTIFICATE},   {"cACertificate", LDAP_VALUE_CERTIFICATE},
        {"certificateRevocationList", LDAP_VALUE_CRL}, {"authorityRevocationList", LDAP_VALUE_CRL},
        {"deltaRevocationList", LDAP_VALUE_CRL},       {"crossCertificatePair", LDAP_VALUE_PAIR},
    };
    size_t len = strcspn(attribute, ";"), i;

    for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strlen(known[i].name) == len && strncasecmp(known[i].name, attribute, len) == 0)
            return known[i].kind;
    }
    return LDAP_VALUE_OTHER;
}

/* ---- signers ---- */

static enum query_exit take_signer(struct sk_bytes der, struct ldap_signers *out)
{
    const unsigned char *p = der.p;
    X509 *cert = d2i_X509(NULL, &p, (long)der.len);

    if (cert == NULL)
        return QUERY_UNREADABLE;
    out->certs[out->num++] = cert;
    return QUERY_GOOD;
}

enum query_exit ldap_signers_load(const char *file, struct ldap_signers *out)
{
    struct sk_arena *arena = arena_new(2u * LIMIT_CERT_FILE_BYTES);
    enum query_exit done = QUERY_UNREADABLE;
    struct certfile found;
    struct sk_err err = {0};
    size_t i;

    out->num = 0;
    if (arena == NULL) {
        query_complain(file, "out of memory");
    } else if (certfile_read(arena, file, &found, &err) != SK_OK) {
        query_complain_err(&err);
    } else if (found.num_certs == 0 || found.num_certs > LIMIT_QUERY_SIGNERS) {
        query_complain(file, "holds %zu certificates, not 1 to %u", found.num_certs,
                       LIMIT_QUERY_SIGNERS);
    } else {
        done = QUERY_GOOD;
        for (i = 0; done == QUERY_GOOD && i < found.num_certs; i++)
            done = take_signer(found.certs[i], out);
        if (done != QUERY_GOOD)
            query_complain(file, "a certificate cannot be read");
    }
    arena_free(arena);
    return done;
}

void ldap_signers_done(struct ldap_signers *signers)
{
    size_t i;

    for (i = 0; i < signers->num; i++)
        X509_free(signers->certs[i]);
    signers->num = 0;
}

/* ---- describing ---- */

static void put_text(json_t *out, const char *name, BIO *bio)
{
    char *text = NULL;
    long len = BIO_get_mem_data(bio, &text);

    if (len >= 0)
        (void)json_object_set_new(out, name, json_stringn(text, (size_t)len));
}

static void put_name(json_t *out, const char *name, const X509_NAME *value)
{
    BIO *bio = BIO_new(BIO_s_mem());

    if (bio != NULL &&
        X509_NAME_print_ex(bio, value, 0, XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) >=
            0)
        put_text(out, name, bio);
    BIO_free(bio);
}

static void put_time(json_t *out, const char *name, const ASN1_TIME *value)
{
    BIO *bio = value != NULL ? BIO_new(BIO_s_mem()) : NULL;

    if (bio != NULL && ASN1_TIME_print_ex(bio, value, ASN1_DTFLGS_ISO8601) == 1)
        put_text(out, name, bio);
    BIO_free(bio);
}

static void put_integer(json_t *out, const char *name, const ASN1_INTEGER *value)
{
    BIO *bio = BIO_new(BIO_s_mem());

    if (bio != NULL && i2a_ASN1_INTEGER(bio, value) >= 0)
        put_text(out, name, bio);
    BIO_free(bio);
}

static enum query_exit put_state(json_t *out, enum query_exit state, const char *text)
{
    (void)json_object_set_new(out, "state", json_string(text));
    return state;
}

/* Before from, after to (NULL: never)? */
static enum query_exit judge_time(const ASN1_TIME *from, const ASN1_TIME *to, json_t *out)
{
    if (X509_cmp_current_time(from) > 0)
        return put_state(out, QUERY_UNDETERMINED, "not yet in force");
    if (to != NULL && X509_cmp_current_time(to) <= 0)
        return put_state(out, QUERY_UNDETERMINED, "its time is over");
    return put_state(out, QUERY_GOOD, "current");
}

static enum query_exit judge_cert(X509 *cert, const struct ldap_signers *signers, json_t *out)
{
    size_t i;

    put_name(out, "subject", X509_get_subject_name(cert));
    put_name(out, "issuer", X509_get_issuer_name(cert));
    put_integer(out, "serial", X509_get0_serialNumber(cert));
    put_time(out, "from", X509_get0_notBefore(cert));
    put_time(out, "to", X509_get0_notAfter(cert));
    for (i = 0; i < signers->num; i++) {
        if (X509_NAME_cmp(X509_get_subject_name(signers->certs[i]), X509_get_issuer_name(cert)) ==
                0 &&
            X509_verify(cert, X509_get0_pubkey(signers->certs[i])) == 1)
            break;
    }
    if (signers->num > 0 && i == signers->num)
        return put_state(out, QUERY_NO_ANSWER, "not signed by any of --ca-file");
    return judge_time(X509_get0_notBefore(cert), X509_get0_notAfter(cert), out);
}

static enum query_exit judge_crl(X509_CRL *crl, const struct ldap_signers *signers, json_t *out)
{
    STACK_OF(X509_REVOKED) *entries = X509_CRL_get_REVOKED(crl);
    size_t i;

    put_name(out, "issuer", X509_CRL_get_issuer(crl));
    put_time(out, "from", X509_CRL_get0_lastUpdate(crl));
    put_time(out, "to", X509_CRL_get0_nextUpdate(crl));
    (void)json_object_set_new(out, "entries",
                              json_integer(entries != NULL ? sk_X509_REVOKED_num(entries) : 0));
    for (i = 0; i < signers->num; i++) {
        if (X509_NAME_cmp(X509_get_subject_name(signers->certs[i]), X509_CRL_get_issuer(crl)) ==
                0 &&
            X509_CRL_verify(crl, X509_get0_pubkey(signers->certs[i])) == 1)
            break;
    }
    if (signers->num > 0 && i == signers->num)
        return put_state(out, QUERY_NO_ANSWER, "not signed by any of --ca-file");
    return judge_time(X509_CRL_get0_lastUpdate(crl), X509_CRL_get0_nextUpdate(crl), out);
}

static enum query_exit judge_cert_der(const unsigned char *p, size_t len,
                                      const struct ldap_signers *signers, json_t *out)
{
    const unsigned char *end = p + len;
    X509 *cert = d2i_X509(NULL, &p, (long)len);
    enum query_exit done;

    if (cert == NULL || p != end)
        done = put_state(out, QUERY_NO_ANSWER, "malformed");
    else
        done = judge_cert(cert, signers, out);
    X509_free(cert);
    return done;
}

static enum query_exit judge_crl_der(const unsigned char *p, size_t len,
                                     const struct ldap_signers *signers, json_t *out)
{
    const unsigned char *end = p + len;
    X509_CRL *crl = d2i_X509_CRL(NULL, &p, (long)len);
    enum query_exit done;

    if (crl == NULL || p != end)
        done = put_state(out, QUERY_NO_ANSWER, "malformed");
    else
        done = judge_crl(crl, signers, out);
    X509_CRL_free(crl);
    return done;
}

/* CertificatePair ::= SEQUENCE { issuedToThisCA [0] Certificate OPTIONAL,
 *                                issuedByThisCA [1] Certificate OPTIONAL } (RFC 4523 2.3) */
static enum query_exit judge_pair(const unsigned char *p, size_t len,
                                  const struct ldap_signers *signers, json_t *out)
{
    static const char *const halves[] = {"issuedToThisCA", "issuedByThisCA"};
    enum query_exit done = QUERY_GOOD;
    const unsigned char *end = p + len;
    int tag, class, last = -1;
    long body;

    if ((ASN1_get_object(&p, &body, &tag, &class, (long)len) & 0xa1) != V_ASN1_CONSTRUCTED ||
        tag != V_ASN1_SEQUENCE || class != V_ASN1_UNIVERSAL || p + body != end || body == 0)
        return put_state(out, QUERY_NO_ANSWER, "malformed");
    for (; p < end; p += body) {
        json_t *half = json_object();

        if ((ASN1_get_object(&p, &body, &tag, &class, end - p) & 0xa1) != V_ASN1_CONSTRUCTED ||
            class != V_ASN1_CONTEXT_SPECIFIC || tag > 1 || tag <= last) {
            json_decref(half);
            return put_state(out, QUERY_NO_ANSWER, "malformed");
        }
        last = tag;
        done = query_worse(done, judge_cert_der(p, (size_t)body, signers, half));
        (void)json_object_set_new(out, halves[tag], half);
    }
    return put_state(out, done,
                     done == QUERY_GOOD           ? "current"
                     : done == QUERY_UNDETERMINED ? "the time of a half is not now"
                                                  : "a half is not usable");
}

enum query_exit ldap_value_judge(enum ldap_value_kind kind, struct sk_bytes value,
                                 const struct ldap_signers *signers, json_t *out)
{
    if (value.len == 0 || value.len > LIMIT_QUERY_LDAP_BYTES)
        return put_state(out, QUERY_NO_ANSWER, "malformed");
    switch (kind) {
    case LDAP_VALUE_CERTIFICATE:
        return judge_cert_der(value.p, value.len, signers, out);
    case LDAP_VALUE_CRL:
        return judge_crl_der(value.p, value.len, signers, out);
    case LDAP_VALUE_PAIR:
        return judge_pair(value.p, value.len, signers, out);
    case LDAP_VALUE_OTHER:
        break;
    }
    return QUERY_GOOD;
}
