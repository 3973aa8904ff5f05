/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many certificates of one CA, and the questions about them: leaves CA.pem CA.key FIRST COUNT
 * PREFIX.
 *
 * The certificates differ in serial number and signature alone and share one key, which no
 * validation looks at. Written are, in the form of sekisho-bench --requests-file: PREFIX.json (POST
 * /v1/validate), PREFIX.ocsp (OCSP requests), PREFIX.nonce (with a nonce of 32 octets); and
 * PREFIX.index, the same serial numbers for `openssl ocsp -index`.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

enum { COUNT_MAX = 1000000, NONCE = 32, DAYS = 30 };

struct issuer {
    X509 *cert;
    EVP_PKEY *key;
};

static void must(int ok, const char *what)
{
    if (ok)
        return;
    (void)fprintf(stderr, "leaves: %s\n", what);
    ERR_print_errors_fp(stderr);
    exit(1);
}

static FILE *open_file(const char *prefix, const char *suffix)
{
    char name[1024];
    FILE *file;

    must(snprintf(name, sizeof(name), "%s.%s", prefix, suffix) < (int)sizeof(name), prefix);
    file = fopen(name, "wb");
    must(file != NULL, name);
    return file;
}

static void close_file(FILE *file)
{
    must(ferror(file) == 0 && fclose(file) == 0, "a file cannot be written");
}

static uint64_t number(const char *text, uint64_t max)
{
    char *end;
    uint64_t value = strtoull(text, &end, 10);

    must(*text >= '1' && *text <= '9' && *end == '\0' && value <= max, text);
    return value;
}

static void read_issuer(const char *cert, const char *key, struct issuer *out)
{
    FILE *file = fopen(cert, "rb");

    must(file != NULL, cert);
    out->cert = PEM_read_X509(file, NULL, NULL, NULL);
    (void)fclose(file);
    must(out->cert != NULL, cert);
    file = fopen(key, "rb");
    must(file != NULL, key);
    out->key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
    (void)fclose(file);
    must(out->key != NULL, key);
}

static void put_body(FILE *file, const void *p, size_t len)
{
    const uint8_t head[4] = {(uint8_t)(len >> 24), (uint8_t)(len >> 16), (uint8_t)(len >> 8),
                             (uint8_t)len};

    must(fwrite(head, 4, 1, file) == 1 && fwrite(p, len, 1, file) == 1, "cannot write");
}

static void add_extension(X509 *leaf, const struct issuer *issuer, int nid, const char *value)
{
    X509_EXTENSION *extension;
    X509V3_CTX context;

    X509V3_set_ctx(&context, issuer->cert, leaf, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    must(extension != NULL && X509_add_ext(leaf, extension, -1), value);
    X509_EXTENSION_free(extension);
}

static X509 *make_template(const struct issuer *issuer)
{
    static const unsigned char name[] = "A citizen of the benchmark";
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *leaf = X509_new();

    must(key != NULL && leaf != NULL && X509_set_version(leaf, X509_VERSION_3) &&
             X509_NAME_add_entry_by_txt(X509_get_subject_name(leaf), "C", MBSTRING_ASC,
                                        (const unsigned char *)"JP", -1, -1, 0) &&
             X509_NAME_add_entry_by_txt(X509_get_subject_name(leaf), "CN", MBSTRING_ASC, name, -1,
                                        -1, 0) &&
             X509_set_issuer_name(leaf, X509_get_subject_name(issuer->cert)) &&
             X509_gmtime_adj(X509_getm_notBefore(leaf), -86400) != NULL &&
             X509_gmtime_adj(X509_getm_notAfter(leaf), DAYS * 86400L) != NULL &&
             X509_set_pubkey(leaf, key),
         "no certificate");
    EVP_PKEY_free(key);
    add_extension(leaf, issuer, NID_basic_constraints, "CA:FALSE");
    add_extension(leaf, issuer, NID_key_usage, "critical,digitalSignature,nonRepudiation");
    add_extension(leaf, issuer, NID_subject_key_identifier, "hash");
    add_extension(leaf, issuer, NID_authority_key_identifier, "keyid:always");
    return leaf;
}

static void put_json(FILE *file, X509 *leaf)
{
    static const char before[] = "{\"certificates\":[\"", after[] = "\"]}";
    static unsigned char body[16384];
    unsigned char *der = NULL;
    int len = i2d_X509(leaf, &der), size = (int)sizeof(before) - 1;

    must(len > 0 && len < 8192, "a certificate cannot be encoded");
    memcpy(body, before, sizeof(before) - 1);
    size += EVP_EncodeBlock(body + size, der, len);
    memcpy(body + size, after, sizeof(after) - 1);
    put_body(file, body, (size_t)size + sizeof(after) - 1);
    OPENSSL_free(der);
}

static void put_ocsp(FILE *file, const struct issuer *issuer, const ASN1_INTEGER *serial,
                     int has_nonce)
{
    OCSP_REQUEST *request = OCSP_REQUEST_new();
    OCSP_CERTID *id = OCSP_cert_id_new(EVP_sha1(), X509_get_subject_name(issuer->cert),
                                       X509_get0_pubkey_bitstr(issuer->cert), serial);
    unsigned char *der = NULL;
    int len;

    must(request != NULL && id != NULL && OCSP_request_add0_id(request, id) != NULL, "no request");
    must(!has_nonce || OCSP_request_add1_nonce(request, NULL, NONCE), "no nonce");
    len = i2d_OCSP_REQUEST(request, &der);
    must(len > 0, "a request cannot be encoded");
    put_body(file, der, (size_t)len);
    OPENSSL_free(der);
    OCSP_REQUEST_free(request);
}

/* As `openssl ca` keeps them: an even number of hexadecimal digits. */
static void put_index(FILE *file, uint64_t serial)
{
    char text[32];
    int len = snprintf(text, sizeof(text), "%" PRIX64, serial);

    (void)fprintf(file, "V\t491231235959Z\t\t%s%s\tunknown\t/CN=%s\n", len % 2 ? "0" : "", text,
                  text);
}

int main(int argc, char **argv)
{
    struct issuer issuer;
    FILE *json, *ocsp, *nonce, *index;
    uint64_t first, count, i;
    X509 *leaf;

    must(argc == 6, "usage: leaves CA.pem CA.key FIRST COUNT PREFIX");
    first = number(argv[3], INT64_MAX / 2);
    count = number(argv[4], COUNT_MAX);
    read_issuer(argv[1], argv[2], &issuer);
    json = open_file(argv[5], "json");
    ocsp = open_file(argv[5], "ocsp");
    nonce = open_file(argv[5], "nonce");
    index = open_file(argv[5], "index");
    leaf = make_template(&issuer);
    for (i = first; i < first + count; i++) {
        ASN1_INTEGER *serial = X509_get_serialNumber(leaf);

        must(ASN1_INTEGER_set_uint64(serial, i) && X509_sign(leaf, issuer.key, EVP_sha256()) > 0,
             "no signature");
        put_json(json, leaf);
        put_ocsp(ocsp, &issuer, serial, 0);
        put_ocsp(nonce, &issuer, serial, 1);
        put_index(index, i);
    }
    close_file(json);
    close_file(ocsp);
    close_file(nonce);
    close_file(index);
    X509_free(leaf);
    X509_free(issuer.cert);
    EVP_PKEY_free(issuer.key);
    return 0;
}
