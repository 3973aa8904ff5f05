/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/fetch/decode.h"

#include <limits.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

#include "core/der.h"

/* What PEM calls the things we read. */
static bool is_cert_label(const char *label)
{
    return strcmp(label, PEM_STRING_X509) == 0 || strcmp(label, PEM_STRING_X509_OLD) == 0;
}

static bool is_bundle_label(const char *label)
{
    return strcmp(label, PEM_STRING_PKCS7) == 0 || strcmp(label, PEM_STRING_PKCS7_SIGNED) == 0 ||
           strcmp(label, PEM_STRING_CMS) == 0;
}

static bool is_pem(struct sk_bytes body)
{
    static const char begin[] = "-----BEGIN ";

    return body.len > 0 && body.p[0] != DER_SEQUENCE &&
           memmem(body.p, body.len, begin, sizeof(begin) - 1) != NULL;
}

static enum sk_status malformed(enum fetch_reason *out_reason, struct sk_err *err, const char *what)
{
    *out_reason = REASON_MALFORMED;
    return err_set(err, SK_INPUT, "%s", what);
}

/* Number of octets that the outer TLV of der claims; 0 when its head cannot be read. */
static size_t claimed_length(struct sk_bytes der)
{
    size_t len = 0, i, count;

    if (der.len < 2)
        return 0;
    if (der.p[1] < 0x80)
        return 2u + der.p[1];
    count = der.p[1] & 0x7fu;
    if (count == 0 || count > 4 || der.len < 2 + count)
        return 0;
    for (i = 0; i < count; i++)
        len = len << 8 | der.p[2 + i];
    return 2 + count + len;
}

/* Exactly one SEQUENCE; what is cut short is told from what is wrong. */
static enum sk_status check_outer(struct sk_bytes der, enum fetch_reason *out_reason,
                                  struct sk_err *err)
{
    size_t len = claimed_length(der);

    if (der.len == 0 || der.p[0] != DER_SEQUENCE)
        return malformed(out_reason, err, "neither DER nor PEM");
    if (der.len < 6 || len > der.len) {
        *out_reason = REASON_TRUNCATED;
        return err_set(err, SK_INPUT, "%zu of %zu bytes", der.len, len);
    }
    if (len != der.len)
        return malformed(out_reason, err, "bytes after the end of the DER");
    return SK_OK;
}

/* Each certificate of a SignedData as an arena copy. */
static enum sk_status visit_stack(struct sk_arena *arena, const STACK_OF(X509) * certs,
                                  decode_fn visit, void *arg, size_t *num, struct sk_err *err)
{
    enum sk_status status = SK_OK;
    uint8_t *der, *p;
    int i, len;

    for (i = 0; status == SK_OK && i < sk_X509_num(certs); i++) {
        /* OpenSSL keeps the octets it parsed: this writes them out as they came. */
        len = i2d_X509(sk_X509_value(certs, i), NULL);
        der = len > 0 ? arena_alloc(arena, (size_t)len) : NULL;
        if (der == NULL)
            return err_set(err, SK_NOMEM, "no memory");
        p = der;
        len = i2d_X509(sk_X509_value(certs, i), &p);
        status = visit(arg, bytes_of(der, (size_t)len));
        (*num)++;
    }
    return status;
}

static enum sk_status visit_bundle(struct sk_arena *arena, struct sk_bytes der, decode_fn visit,
                                   void *arg, size_t *num, enum fetch_reason *out_reason,
                                   struct sk_err *err)
{
    const unsigned char *p = der.p;
    CMS_ContentInfo *cms =
        der.len <= LONG_MAX ? d2i_CMS_ContentInfo(NULL, &p, (long)der.len) : NULL;
    STACK_OF(X509) *certs = NULL;
    enum sk_status status = SK_OK;

    if (cms != NULL && p == der.p + der.len)
        certs = CMS_get1_certs(cms);
    if (certs == NULL)
        status = malformed(out_reason, err, "not a CMS with certificates");
    else
        status = visit_stack(arena, certs, visit, arg, num, err);
    sk_X509_pop_free(certs, X509_free);
    CMS_ContentInfo_free(cms);
    ERR_clear_error();
    return status;
}

/* Visits PEM blocks: visit_block gets the label and an arena copy of the DER. */
typedef enum sk_status (*block_fn)(void *arg, const char *label, struct sk_bytes der);
static enum sk_status each_block(struct sk_arena *arena, struct sk_bytes body, block_fn visit,
                                 void *arg, enum fetch_reason *out_reason, struct sk_err *err)
{
    BIO *bio = body.len <= INT_MAX ? BIO_new_mem_buf(body.p, (int)body.len) : NULL;
    enum sk_status status = SK_OK;
    char *label, *header;
    unsigned char *data;
    const void *copy;
    long len;

    if (bio == NULL)
        return err_set(err, SK_NOMEM, "no memory");
    while (status == SK_OK && PEM_read_bio(bio, &label, &header, &data, &len) == 1) {
        copy = header[0] == '\0' ? arena_copy(arena, data, (size_t)len) : NULL;
        if (header[0] != '\0')
            status = malformed(out_reason, err, "PEM with headers");
        else if (copy == NULL)
            status = err_set(err, SK_NOMEM, "no memory");
        else
            status = visit(arg, label, bytes_of(copy, (size_t)len));
        OPENSSL_free(label);
        OPENSSL_free(header);
        OPENSSL_free(data);
    }
    if (status == SK_OK && ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_BAD_END_LINE) {
        *out_reason = REASON_TRUNCATED;
        status = err_set(err, SK_INPUT, "PEM without its end line");
    } else if (status == SK_OK && ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
        status = malformed(out_reason, err, "not PEM");
    }
    ERR_clear_error();
    BIO_free(bio);
    return status;
}

struct cert_blocks {
    struct sk_arena *arena;
    decode_fn visit;
    void *arg;
    size_t num;
    enum fetch_reason *out_reason;
    struct sk_err *err;
};

static enum sk_status cert_block(void *arg, const char *label, struct sk_bytes der)
{
    struct cert_blocks *blocks = arg;

    if (is_bundle_label(label))
        return visit_bundle(blocks->arena, der, blocks->visit, blocks->arg, &blocks->num,
                            blocks->out_reason, blocks->err);
    if (!is_cert_label(label))
        return malformed(blocks->out_reason, blocks->err, "PEM of something else");
    blocks->num++;
    return blocks->visit(blocks->arg, der);
}

/* A ContentInfo begins with an OBJECT IDENTIFIER, a certificate with its TBSCertificate. */
static bool is_bundle(struct sk_bytes der)
{
    struct der d, inner;

    der_init(&d, der);
    return der_enter(&d, DER_SEQUENCE, &inner) == SK_OK && der_peek(&inner, DER_OID);
}

enum sk_status decode_certs(struct sk_arena *arena, struct sk_bytes body, decode_fn visit,
                            void *arg, enum fetch_reason *out_reason, struct sk_err *err)
{
    struct cert_blocks blocks = {arena, visit, arg, 0, out_reason, err};
    enum sk_status status;

    if (is_pem(body)) {
        status = each_block(arena, body, cert_block, &blocks, out_reason, err);
    } else if (body.len > 2 && body.p[0] == DER_SEQUENCE && body.p[1] == 0x80) {
        /* A bundle of indefinite length is BER, and CMS allows it. */
        status = visit_bundle(arena, body, visit, arg, &blocks.num, out_reason, err);
    } else {
        status = check_outer(body, out_reason, err);
        if (status == SK_OK && is_bundle(body)) {
            status = visit_bundle(arena, body, visit, arg, &blocks.num, out_reason, err);
        } else if (status == SK_OK) {
            blocks.num = 1;
            status = visit(arg, body);
        }
    }
    if (status == SK_OK && blocks.num == 0)
        return malformed(out_reason, err, "no certificate in it");
    return status;
}

struct crl_blocks {
    struct sk_bytes der;
    enum fetch_reason *out_reason;
    struct sk_err *err;
};

static enum sk_status crl_block(void *arg, const char *label, struct sk_bytes der)
{
    struct crl_blocks *blocks = arg;

    if (strcmp(label, PEM_STRING_X509_CRL) != 0)
        return malformed(blocks->out_reason, blocks->err, "PEM of something else");
    if (blocks->der.len > 0)
        return malformed(blocks->out_reason, blocks->err, "more than one list");
    blocks->der = der;
    return SK_OK;
}

enum sk_status decode_crl(struct sk_arena *arena, struct sk_bytes body, struct sk_bytes *out,
                          enum fetch_reason *out_reason, struct sk_err *err)
{
    struct crl_blocks blocks = {{NULL, 0}, out_reason, err};
    enum sk_status status = SK_OK;

    if (is_pem(body))
        status = each_block(arena, body, crl_block, &blocks, out_reason, err);
    else
        blocks.der = body;
    if (status == SK_OK)
        status = check_outer(blocks.der, out_reason, err);
    if (status == SK_OK)
        *out = blocks.der;
    return status;
}
