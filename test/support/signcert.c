/* SPDX-License-Identifier: Apache-2.0 */
#include "test/support/signcert.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void need(int ok, const char *what)
{
    if (ok)
        return;
    (void)fprintf(stdout, "signcert: %s\n", what);
    ERR_print_errors_fp(stdout);
    exit(1);
}

static void add_key_usage(X509 *cert, const char *key_usage)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, NID_key_usage, key_usage);

    need(extension != NULL && X509_add_ext(cert, extension, -1) == 1, "keyUsage");
    X509_EXTENSION_free(extension);
}

X509 *signcert_new(EVP_PKEY *key, const char *digest, const char *key_usage)
{
    static const unsigned char subject[] = "Signer";
    X509 *cert = X509_new();
    X509_NAME *name = X509_NAME_new();

    need(cert != NULL && name != NULL, "memory");
    need(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, subject, -1, -1, 0) == 1 &&
             X509_set_version(cert, X509_VERSION_3) == 1 &&
             ASN1_INTEGER_set(X509_get_serialNumber(cert), 7) == 1 &&
             X509_set_subject_name(cert, name) == 1 && X509_set_issuer_name(cert, name) == 1 &&
             ASN1_TIME_set(X509_getm_notBefore(cert), 1700000000) != NULL &&
             ASN1_TIME_set(X509_getm_notAfter(cert), 4000000000) != NULL &&
             X509_set_pubkey(cert, key) == 1,
         "certificate");
    if (key_usage != NULL)
        add_key_usage(cert, key_usage);
    need(X509_sign(cert, key, EVP_get_digestbyname(digest)) > 0, "X509_sign");
    X509_NAME_free(name);
    return cert;
}

EVP_PKEY *signcert_public(EVP_PKEY *key)
{
    uint8_t *der = NULL;
    const uint8_t *p;
    EVP_PKEY *copy;
    int len = i2d_PUBKEY(key, &der);

    need(len > 0, "i2d_PUBKEY");
    p = der;
    copy = d2i_PUBKEY(NULL, &p, len);
    need(copy != NULL, "d2i_PUBKEY");
    OPENSSL_free(der);
    return copy;
}

void signcert_write(const char *path, X509 *first, ...)
{
    FILE *file = fopen(path, "w");
    va_list more;
    X509 *cert;

    need(file != NULL, path);
    va_start(more, first);
    for (cert = first; cert != NULL; cert = va_arg(more, X509 *))
        need(PEM_write_X509(file, cert) == 1, path);
    va_end(more);
    need(fclose(file) == 0, path);
}
