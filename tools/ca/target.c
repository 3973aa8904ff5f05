/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/ca/target.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

#include "core/hex.h"
#include "core/limits.h"
#include "tools/ca/file.h"

static bool is_serial(const char *text, char out[SERIAL_TEXT])
{
    uint8_t octets[SERIAL_BYTES];

    if (strlen(text) != SERIAL_TEXT - 1 || hex_decode(text, octets, sizeof(octets)) != SK_OK)
        return false;
    hex_encode(bytes_of(octets, sizeof(octets)), out);
    return true;
}

static X509 *decode(struct sk_bytes bytes)
{
    const unsigned char *p = bytes.p;
    BIO *bio;
    X509 *cert;

    if (bytes.len > 0 && bytes.p[0] == 0x30) {
        cert = d2i_X509(NULL, &p, (long)bytes.len);
        if (cert != NULL && p != bytes.p + bytes.len) {
            X509_free(cert);
            cert = NULL;
        }
        return cert;
    }
    bio = BIO_new_mem_buf(bytes.p, (int)bytes.len);
    cert = bio != NULL ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
    BIO_free(bio);
    return cert;
}

static enum sk_status serial_of(const char *file, X509 *cert, char out[SERIAL_TEXT],
                                struct sk_err *err)
{
    const ASN1_INTEGER *serial = X509_get0_serialNumber(cert);

    if (ASN1_STRING_length(serial) != SERIAL_BYTES || ASN1_STRING_type(serial) != V_ASN1_INTEGER)
        return err_set(err, SK_NOTFOUND, "%s: not issued by this CA", file);
    hex_encode(bytes_of(ASN1_STRING_get0_data(serial), SERIAL_BYTES), out);
    return SK_OK;
}

/* The serial number and the octets of the certificate in a file. */
static enum sk_status read_cert(const char *file, char out_serial[SERIAL_TEXT],
                                struct sk_buf *out_der, struct sk_err *err)
{
    struct sk_buf buf;
    unsigned char *der = NULL;
    X509 *cert = NULL;
    enum sk_status status;
    int len;

    buf_init(&buf, LIMIT_CERT_BYTES);
    status = file_read(file, &buf, err);
    if (status != SK_OK)
        goto out;
    cert = decode(buf_bytes(&buf));
    if (cert == NULL) {
        status = err_set(err, SK_INPUT, "%s: not a certificate (PEM or DER)", file);
        goto out;
    }
    status = serial_of(file, cert, out_serial, err);
    if (status != SK_OK)
        goto out;
    len = i2d_X509(cert, &der);
    if (len <= 0) {
        status = err_openssl(err, SK_INPUT, "%s", file);
        goto out;
    }
    buf_put(out_der, der, (size_t)len);
    status = buf_status(out_der);
out:
    ERR_clear_error();
    OPENSSL_free(der);
    X509_free(cert);
    buf_done(&buf);
    return status;
}

static enum sk_status keep(void *arg, const struct register_cert *cert, struct sk_err *err)
{
    struct target *target = arg;

    target->role = cert->role;
    target->state = cert->state;
    target->revoked_at = cert->revoked_at;
    target->reason = cert->reason;
    buf_put(&target->der, cert->der.p, cert->der.len);
    if (buf_status(&target->der) != SK_OK)
        return err_set(err, buf_status(&target->der), "%s: certificate too large", cert->serial);
    return SK_OK;
}

enum sk_status target_find(struct sk_ca *ca, const char *operand, struct target *out,
                           struct sk_err *err)
{
    struct target target = {.role = ROLE_NONE};
    struct sk_buf given;
    enum sk_status status = SK_OK;
    bool is_file = !is_serial(operand, target.serial);

    buf_init(&target.der, LIMIT_CERT_BYTES);
    buf_init(&given, LIMIT_CERT_BYTES);
    if (is_file)
        status = read_cert(operand, target.serial, &given, err);
    if (status == SK_OK)
        status = register_find(ca->reg, target.serial, keep, &target, err);
    if (status == SK_OK && is_file && !bytes_equal(buf_bytes(&given), buf_bytes(&target.der)))
        status = err_set(err, SK_NOTFOUND, "%s: not the certificate this CA issued", operand);
    buf_done(&given);
    if (status == SK_OK)
        *out = target;
    else
        target_done(&target);
    return status;
}

void target_done(struct target *target)
{
    buf_done(&target->der);
    memset(target, 0, sizeof(*target));
}
