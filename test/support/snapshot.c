/* SPDX-License-Identifier: Apache-2.0 */
#include "test/support/snapshot.h"

#include <stdio.h>
#include <stdlib.h>

#include "cache/publish.h"

/* After ours: OpenSSL has macros with the names of enum crl_reason. */
#include <openssl/ocsp.h>
#include <openssl/x509.h>

static void must(bool is_good, const char *what)
{
    if (is_good)
        return;
    (void)fprintf(stderr, "snapshot: %s\n", what);
    abort();
}

void snapshot_begin(struct snapshot *s)
{
    memset(s, 0, sizeof(*s));
    (void)snprintf(s->dir, sizeof(s->dir), "/tmp/sekisho-snapshot-XXXXXX");
    must(mkdtemp(s->dir) != NULL, "mkdtemp");
    (void)snprintf(s->cache, sizeof(s->cache), "%s/cache", s->dir);
    s->arena = arena_new(256u << 20);
    must(s->arena != NULL && publish_begin(s->cache, &s->pub, NULL) == SK_OK, "begin");
}

void snapshot_cert(struct snapshot *s, const struct sk_cert *cert, const struct sk_cert *issuer)
{
    must(publish_cert(s->pub, cert, NULL) == SK_OK, "certificate");
    if (issuer != NULL)
        must(publish_checked(s->pub, cert->sha256, issuer->spki_sha256, NULL) == SK_OK, "edge");
}

static void put_signer(struct snapshot *s, EVP_PKEY *signer, const uint8_t list[SK_SHA256])
{
    unsigned char *spki = NULL;
    int len = i2d_PUBKEY(signer, &spki);
    uint8_t key[SK_SHA256];

    must(len > 0, "key");
    key_sha256(bytes_of(spki, (size_t)len), key);
    OPENSSL_free(spki);
    must(publish_checked(s->pub, list, key, NULL) == SK_OK, "edge of a list");
}

struct sk_bytes snapshot_crl(struct snapshot *s, const char *ca, bool is_arl,
                             const struct pki_crl_spec *spec)
{
    struct sk_bytes der = pki_crl_der(s->arena, spec);
    uint8_t hash[SK_SHA256];
    struct sk_crl crl;

    key_sha256(der, hash);
    must(crl_parse(s->arena, der, &crl, NULL) == SK_OK &&
             publish_crl(s->pub, &crl, hash, ca, is_arl, NULL, NULL) == SK_OK,
         "list");
    put_signer(s, spec->signer, hash);
    return der;
}

void snapshot_origin(struct snapshot *s, const char *url, struct sk_bytes der)
{
    uint8_t hash[SK_SHA256];

    key_sha256(der, hash);
    must(publish_origin(s->pub, url, hash, NULL) == SK_OK, "origin");
}

void snapshot_open(struct snapshot *s)
{
    struct sk_generation *gen;
    uint64_t number;

    must(publish_commit(s->pub, 0, &number, NULL) == SK_OK, "commit");
    must(generation_open(s->cache, &gen, NULL) == SK_OK, "open");
    must(reader_new(gen, &s->reader, NULL) == SK_OK, "reader");
    generation_unref(gen);
}

void snapshot_done(struct snapshot *s)
{
    char command[128];

    reader_free(s->reader);
    arena_free(s->arena);
    (void)snprintf(command, sizeof(command), "rm -rf %s", s->dir);
    must(system(command) == 0, "rm");
}

void snapshot_ask(OCSP_REQUEST **request, const char *hash, const struct sk_cert *issuer,
                  struct sk_bytes serial)
{
    const unsigned char *p = issuer->der.p;
    X509 *ca = d2i_X509(NULL, &p, (long)issuer->der.len);
    ASN1_INTEGER *number;
    OCSP_CERTID *id;
    BIGNUM *bn = BN_bin2bn(serial.p, (int)serial.len, NULL);

    number = BN_to_ASN1_INTEGER(bn, NULL);
    must(ca != NULL && number != NULL, "issuer or serial");
    if (*request == NULL)
        *request = OCSP_REQUEST_new();
    id = OCSP_cert_id_new(EVP_get_digestbyname(hash), X509_get_subject_name(ca),
                          X509_get0_pubkey_bitstr(ca), number);
    must(id != NULL && OCSP_request_add0_id(*request, id) != NULL, "CertID");
    BN_free(bn);
    ASN1_INTEGER_free(number);
    X509_free(ca);
}

struct sk_bytes snapshot_request(struct snapshot *s, OCSP_REQUEST *request)
{
    unsigned char *der = NULL;
    int len = i2d_OCSP_REQUEST(request, &der);
    struct sk_bytes out;

    must(len > 0, "request");
    out = bytes_of(arena_copy(s->arena, der, (size_t)len), (size_t)len);
    OPENSSL_free(der);
    OCSP_REQUEST_free(request);
    return out;
}
