/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/ca/revlist.h"

#include <string.h>

#include "core/clock.h"
#include "core/der.h"
#include "core/derout.h"
#include "core/hex.h"
#include "core/limits.h"
#include "core/oid.h"
#include "tools/ca/certify.h"
#include "tools/ca/seal.h"

enum { REVLIST_V2 = 1, ALGORITHM_BYTES = 256, SIGNATURE_BYTES = 4096, CHECK_ARENA = 1024 * 1024 };

static const struct {
    enum crl_reason reason;
    const char *text;
} revlist_reasons[] = {
    {CRL_REASON_UNSPECIFIED, "unspecified"},
    {CRL_REASON_KEY_COMPROMISE, "keyCompromise"},
    {CRL_REASON_CA_COMPROMISE, "cACompromise"},
    {CRL_REASON_AFFILIATION_CHANGED, "affiliationChanged"},
    {CRL_REASON_SUPERSEDED, "superseded"},
    {CRL_REASON_CESSATION_OF_OPERATION, "cessationOfOperation"},
    {CRL_REASON_CERTIFICATE_HOLD, "certificateHold"},
    {CRL_REASON_PRIVILEGE_WITHDRAWN, "privilegeWithdrawn"},
};
enum { NUM_REASONS = sizeof(revlist_reasons) / sizeof(revlist_reasons[0]) };

bool revlist_reason(const char *text, enum crl_reason *out)
{
    size_t i;

    for (i = 0; i < NUM_REASONS; i++) {
        if (strcmp(text, revlist_reasons[i].text) == 0) {
            *out = revlist_reasons[i].reason;
            return true;
        }
    }
    return false;
}

const char *revlist_reason_text(enum crl_reason reason)
{
    size_t i;

    for (i = 0; i < NUM_REASONS; i++) {
        if (reason == revlist_reasons[i].reason)
            return revlist_reasons[i].text;
    }
    return "unknown";
}

/* Opens Extension with its OID and criticality, and extnValue; both marks go to close_extension().
 */
struct extension_marks {
    size_t extension, value;
};

static struct extension_marks open_extension(struct sk_buf *out, enum oid_id id, bool is_critical)
{
    struct extension_marks marks;

    marks.extension = derout_open(out, DER_SEQUENCE);
    derout_tlv(out, DER_OID, oid_bytes(id));
    if (is_critical)
        derout_bool(out, DER_BOOLEAN, true);
    marks.value = derout_open(out, DER_OCTET_STRING);
    return marks;
}

static void close_extension(struct sk_buf *out, struct extension_marks marks)
{
    derout_close(out, marks.value);
    derout_close(out, marks.extension);
}

static void put_entry_extensions(struct sk_buf *out, const struct register_cert *cert)
{
    struct extension_marks marks;
    size_t extensions;

    /* RFC 5280 5.3.1: unspecified is said by leaving the reason out */
    if (cert->reason == CRL_REASON_UNSPECIFIED && !cert->has_invalidity)
        return;
    extensions = derout_open(out, DER_SEQUENCE);
    if (cert->reason != CRL_REASON_UNSPECIFIED) {
        marks = open_extension(out, OID_EXT_REASON_CODE, false);
        derout_uint(out, DER_ENUMERATED, (uint64_t)cert->reason);
        close_extension(out, marks);
    }
    if (cert->has_invalidity) {
        marks = open_extension(out, OID_EXT_INVALIDITY_DATE, false);
        derout_generalized_time(out, DER_GENERALIZED_TIME, cert->invalidity);
        close_extension(out, marks);
    }
    derout_close(out, extensions);
}

struct entries {
    struct sk_buf *out;
    size_t count, mark; /* mark: of revokedCertificates, once count > 0 */
};

static enum sk_status put_entry(void *arg, const struct register_cert *cert, struct sk_err *err)
{
    struct entries *e = arg;
    uint8_t serial[SERIAL_BYTES];
    size_t mark;

    if (strlen(cert->serial) != SERIAL_TEXT - 1 ||
        hex_decode(cert->serial, serial, sizeof(serial)) != SK_OK)
        return err_set(err, SK_INTERNAL, "%s: a serial number in the register is wrong",
                       cert->serial);
    if (e->count++ == 0)
        e->mark = derout_open(e->out, DER_SEQUENCE);
    mark = derout_open(e->out, DER_SEQUENCE);
    derout_tlv(e->out, DER_INTEGER, bytes_of(serial, sizeof(serial)));
    derout_time(e->out, cert->revoked_at);
    put_entry_extensions(e->out, cert);
    derout_close(e->out, mark);
    return SK_OK;
}

static enum sk_status put_aki(struct sk_buf *out, const X509 *issuer, struct sk_err *err)
{
    ASN1_OCTET_STRING *ski = X509_get_ext_d2i(issuer, NID_subject_key_identifier, NULL, NULL);
    struct extension_marks marks;
    size_t aki;

    if (ski == NULL)
        return err_openssl(err, SK_INTERNAL, "the CA's subjectKeyIdentifier");
    marks = open_extension(out, OID_EXT_AUTHORITY_KEY_IDENTIFIER, false);
    aki = derout_open(out, DER_SEQUENCE);
    derout_tlv(out, DER_CONTEXT(0),
               bytes_of(ASN1_STRING_get0_data(ski), (size_t)ASN1_STRING_length(ski)));
    derout_close(out, aki);
    close_extension(out, marks);
    ASN1_OCTET_STRING_free(ski);
    return SK_OK;
}

static enum sk_status put_idp(struct sk_ca *ca, const struct ca_key *issuer,
                              enum register_list kind, struct sk_buf *out, struct sk_err *err)
{
    ISSUING_DIST_POINT *idp = ISSUING_DIST_POINT_new();
    struct extension_marks marks;
    unsigned char *der = NULL;
    enum sk_status status = SK_OK;
    int len = 0;

    if (idp == NULL)
        return err_openssl(err, SK_NOMEM, "no memory");
    if (kind == LIST_CRL)
        idp->onlyuser = 0xff;
    else
        idp->onlyCA = 0xff;
    status = certify_point(ca, issuer->cert, kind, &idp->distpoint, err);
    if (status == SK_OK && (len = i2d_ISSUING_DIST_POINT(idp, &der)) <= 0)
        status = err_openssl(err, SK_NOMEM, "issuingDistributionPoint");
    if (status == SK_OK) {
        marks = open_extension(out, OID_EXT_ISSUING_DISTRIBUTION_POINT, true);
        derout_raw(out, bytes_of(der, (size_t)len));
        close_extension(out, marks);
    }
    OPENSSL_free(der);
    ISSUING_DIST_POINT_free(idp);
    return status;
}

static enum sk_status put_extensions(struct sk_ca *ca, const struct ca_key *issuer,
                                     const struct register_crl *list, struct sk_buf *out,
                                     struct sk_err *err)
{
    size_t outer = derout_open(out, DER_CONTEXT_CONSTRUCTED(0));
    size_t extensions = derout_open(out, DER_SEQUENCE);
    struct extension_marks marks;
    enum sk_status status = put_aki(out, issuer->cert, err);

    if (status != SK_OK)
        return status;
    marks = open_extension(out, OID_EXT_CRL_NUMBER, false);
    derout_uint(out, DER_INTEGER, list->number);
    close_extension(out, marks);
    status = put_idp(ca, issuer, list->kind, out, err);
    derout_close(out, extensions);
    derout_close(out, outer);
    return status;
}

static enum sk_status put_issuer(const X509 *issuer, struct sk_buf *out, struct sk_err *err)
{
    const unsigned char *der;
    size_t len;

    if (X509_NAME_get0_der(X509_get_subject_name(issuer), &der, &len) != 1)
        return err_openssl(err, SK_CRYPTO, "the CA's name");
    derout_raw(out, bytes_of(der, len));
    return SK_OK;
}

static enum sk_status put_tbs(struct sk_ca *ca, const struct ca_key *issuer,
                              const struct register_crl *list, struct sk_bytes algorithm,
                              struct sk_buf *out, struct sk_err *err)
{
    struct entries entries = {.out = out};
    size_t tbs = derout_open(out, DER_SEQUENCE);
    enum sk_status status;

    derout_uint(out, DER_INTEGER, REVLIST_V2);
    derout_raw(out, algorithm);
    status = put_issuer(issuer->cert, out, err);
    if (status != SK_OK)
        return status;
    derout_time(out, list->this_update);
    derout_time(out, list->next_update);
    /* C-15: without entries revokedCertificates is absent */
    status = register_each_listed(ca->reg, list->kind, put_entry, &entries, err);
    if (status != SK_OK)
        return status;
    if (entries.count > 0)
        derout_close(out, entries.mark);
    status = put_extensions(ca, issuer, list, out, err);
    derout_close(out, tbs);
    return status;
}

/* Reads the finished list as a relying party would. */
static enum sk_status read_back(const struct ca_key *issuer, const struct register_crl *list,
                                struct sk_bytes der, struct sk_err *err)
{
    struct sk_arena *arena = arena_new(CHECK_ARENA);
    struct sk_crl crl;
    struct crl_walk walk;
    struct crl_entry entry;
    enum sk_status status;

    if (arena == NULL)
        return err_set(err, SK_NOMEM, "no memory");
    status = crl_parse(arena, der, &crl, err);
    if (status == SK_OK) {
        crl_entries(&crl, &walk);
        while ((status = crl_entry_next(&walk, &entry, err)) == SK_OK)
            ;
        if (status == SK_NOTFOUND)
            status = SK_OK;
    }
    if (status != SK_OK)
        (void)err_context(err, "not issued");
    else if (!crl.is_sig_alg_equal || crl.has_unknown_critical ||
             crl.this_update != list->this_update || crl.next_update != list->next_update)
        status = err_set(err, SK_INTERNAL, "not issued: the list made is not the one meant");
    else
        status = seal_check(issuer->cert, crl.sig_alg, crl.tbs, crl.signature, err);
    arena_free(arena);
    return status;
}

static enum sk_status set_number(struct sk_ca *ca, const struct ca_key *issuer,
                                 struct register_crl *list, struct sk_err *err)
{
    int64_t last_update = 0;
    uint64_t last = 0;
    unsigned newest = 0;
    enum sk_status status = register_last_list(ca->reg, list->kind, &last, &last_update, err);

    if (status == SK_OK)
        status = register_newest(ca->reg, &newest, err);
    if (status != SK_OK)
        return status;
    if (list->this_update < last_update)
        return err_set(err, SK_INPUT, "thisUpdate would be older than that of list %llu",
                       (unsigned long long)last);
    if (list->number == 0)
        list->number = last + 1;
    list->generation = issuer->generation;
    list->is_regular = issuer->generation == newest;
    return SK_OK;
}

enum sk_status revlist_make(struct sk_ca *ca, const struct ca_key *issuer,
                            struct register_crl *list, struct sk_buf *out, struct sk_err *err)
{
    struct sk_buf algorithm, signature;
    size_t whole;
    enum sk_status status;

    buf_init(&algorithm, ALGORITHM_BYTES);
    buf_init(&signature, SIGNATURE_BYTES);
    status = set_number(ca, issuer, list, err);
    if (status == SK_OK)
        status = seal_algorithm(ca, issuer->key, &algorithm, err);
    if (status != SK_OK)
        goto out;
    whole = derout_open(out, DER_SEQUENCE);
    status = put_tbs(ca, issuer, list, buf_bytes(&algorithm), out, err);
    if (status == SK_OK && buf_status(out) != SK_OK)
        status = err_set(err, buf_status(out), "the list is larger than %zu octets", out->max);
    if (status == SK_OK)
        /* the octets after the still open outer head are the whole of tbsCertList */
        status = seal_sign(ca, issuer->key, bytes_of(out->data + whole, out->len - whole),
                           &signature, err);
    if (status != SK_OK)
        goto out;
    derout_raw(out, buf_bytes(&algorithm));
    derout_bits(out, DER_BIT_STRING, buf_bytes(&signature));
    derout_close(out, whole);
    status = buf_status(out);
    if (status != SK_OK) {
        (void)err_set(err, status, "the list is larger than %zu octets", out->max);
        goto out;
    }
    list->der = buf_bytes(out);
    status = read_back(issuer, list, list->der, err);
out:
    buf_done(&algorithm);
    buf_done(&signature);
    return status;
}
