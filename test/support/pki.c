/* SPDX-License-Identifier: Apache-2.0 */
#include "test/support/pki.h"

#include <openssl/conf.h>
#include <openssl/dsa.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

#define MUST(what)                                                                                 \
    do {                                                                                           \
        if (!(what)) {                                                                             \
            ERR_print_errors_fp(stderr);                                                           \
            (void)fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what);                       \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static EVP_PKEY *keys[PKI_KINDS][PKI_KEYS];
static EVP_PKEY *dsa_params;

static void free_keys(void)
{
    size_t kind, i;

    for (kind = 0; kind < PKI_KINDS; kind++) {
        for (i = 0; i < PKI_KEYS; i++)
            EVP_PKEY_free(keys[kind][i]);
    }
    EVP_PKEY_free(dsa_params);
}

/* All DSA keys share their parameters: making those is slow. */
static EVP_PKEY *make_dsa(void)
{
    EVP_PKEY_CTX *ctx;
    EVP_PKEY *key = NULL;

    if (dsa_params == NULL) {
        MUST(ctx = EVP_PKEY_CTX_new_from_name(NULL, "DSA", NULL));
        MUST(EVP_PKEY_paramgen_init(ctx) == 1);
        MUST(EVP_PKEY_CTX_set_dsa_paramgen_bits(ctx, 1024) == 1);
        MUST(EVP_PKEY_paramgen(ctx, &dsa_params) == 1);
        EVP_PKEY_CTX_free(ctx);
    }
    MUST(ctx = EVP_PKEY_CTX_new_from_pkey(NULL, dsa_params, NULL));
    MUST(EVP_PKEY_keygen_init(ctx) == 1 && EVP_PKEY_keygen(ctx, &key) == 1);
    EVP_PKEY_CTX_free(ctx);
    return key;
}

static EVP_PKEY *make_key(enum pki_key_kind kind)
{
    switch (kind) {
    case PKI_EC:
        return EVP_EC_gen("P-256");
    case PKI_RSA:
        return EVP_RSA_gen(2048);
    case PKI_RSA1024:
        return EVP_RSA_gen(1024);
    case PKI_ED25519:
        return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    case PKI_DSA:
        return make_dsa();
    case PKI_KINDS:
        break;
    }
    return NULL;
}

EVP_PKEY *pki_key(enum pki_key_kind kind, size_t index)
{
    static bool is_registered;

    MUST(kind < PKI_KINDS && index < PKI_KEYS);
    if (!is_registered)
        MUST(atexit(free_keys) == 0);
    is_registered = true;
    if (keys[kind][index] == NULL)
        MUST(keys[kind][index] = make_key(kind));
    return keys[kind][index];
}

/* "/C=JP/CN=a": one attribute in each RDN. countryName stays a PrintableString, as its type says.
 */
static X509_NAME *make_name(const char *text, bool is_printable)
{
    X509_NAME *name = X509_NAME_new();
    char copy[2048], *part, *save = NULL, *value;

    MUST(name != NULL);
    MUST((size_t)snprintf(copy, sizeof(copy), "%s", text != NULL ? text : "") < sizeof(copy));
    for (part = strtok_r(copy, "/", &save); part != NULL; part = strtok_r(NULL, "/", &save)) {
        int type;

        MUST(value = strchr(part, '='));
        *value++ = '\0';
        type = strcmp(part, "emailAddress") == 0        ? V_ASN1_IA5STRING
               : is_printable || strcmp(part, "C") == 0 ? V_ASN1_PRINTABLESTRING
                                                        : V_ASN1_UTF8STRING;
        MUST(X509_NAME_add_entry_by_txt(name, part, type, (const unsigned char *)value, -1, -1,
                                        0) == 1);
    }
    return name;
}

static CONF *make_conf(const char *sections)
{
    CONF *conf = NCONF_new(NULL);
    long line = 0;
    BIO *bio;

    MUST(conf != NULL);
    MUST(bio = BIO_new_mem_buf(sections != NULL ? sections : "", -1));
    MUST(NCONF_load_bio(conf, bio, &line) == 1);
    BIO_free(bio);
    return conf;
}

static X509_EXTENSION *make_ext(CONF *conf, X509V3_CTX *ctx, const struct pki_ext *ext)
{
    X509_EXTENSION *made = X509V3_EXT_nconf(conf, ctx, ext->name, ext->value);

    if (made == NULL)
        (void)fprintf(stderr, "extension %s = %s\n", ext->name, ext->value);
    MUST(made != NULL);
    return made;
}

static const EVP_MD *hash_for(EVP_PKEY *key, const char *hash)
{
    const EVP_MD *md;

    if (EVP_PKEY_is_a(key, "ED25519"))
        return NULL;
    MUST(md = EVP_get_digestbyname(hash != NULL ? hash : "SHA256"));
    return md;
}

static void set_time(ASN1_TIME *to, int64_t when, int64_t otherwise)
{
    MUST(ASN1_TIME_adj(to, (time_t)(when != 0 ? when : otherwise), 0, 0) != NULL);
}

static void set_names(X509 *x, const struct pki_cert_spec *spec)
{
    X509_NAME *subject = make_name(spec->subject, spec->subject_printable);
    X509_NAME *issuer = make_name(spec->issuer != NULL ? spec->issuer : spec->subject,
                                  spec->subject_printable && !spec->issuer_utf8);

    MUST(X509_set_subject_name(x, subject) == 1 && X509_set_issuer_name(x, issuer) == 1);
    X509_NAME_free(subject);
    X509_NAME_free(issuer);
}

static void set_key(X509 *x, const struct pki_cert_spec *spec)
{
    X509_PUBKEY *spki;
    const unsigned char *bits;
    unsigned char *copy;
    int len;

    MUST(X509_set_pubkey(x, spec->key) == 1);
    if (!spec->inherits_params)
        return;
    MUST(spki = X509_get_X509_PUBKEY(x));
    MUST(X509_PUBKEY_get0_param(NULL, &bits, &len, NULL, spki) == 1);
    MUST(copy = OPENSSL_memdup(bits, (size_t)len));
    MUST(X509_PUBKEY_set0_param(spki, OBJ_nid2obj(NID_dsa), V_ASN1_UNDEF, NULL, copy, len) == 1);
}

struct sk_bytes pki_cert_der(struct sk_arena *arena, const struct pki_cert_spec *spec)
{
    static long next_serial = 1000;
    EVP_PKEY *signer = spec->signer != NULL ? spec->signer : spec->key;
    CONF *conf = make_conf(spec->sections);
    X509 *x = X509_new();
    unsigned char *der = NULL;
    X509V3_CTX ctx;
    uint8_t *copy;
    size_t i;
    int len;

    MUST(x != NULL && X509_set_version(x, (spec->version != 0 ? spec->version : 3) - 1) == 1);
    MUST(ASN1_INTEGER_set(X509_get_serialNumber(x),
                          spec->serial != 0 ? spec->serial : next_serial++) == 1);
    set_names(x, spec);
    set_time(X509_getm_notBefore(x), spec->not_before, PKI_T0);
    set_time(X509_getm_notAfter(x), spec->not_after, PKI_T1);
    set_key(x, spec);
    X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
    X509V3_set_nconf(&ctx, conf);
    for (i = 0; i < PKI_EXTS && spec->exts[i].name != NULL; i++) {
        X509_EXTENSION *ext = make_ext(conf, &ctx, &spec->exts[i]);

        MUST(X509_add_ext(x, ext, -1) == 1);
        X509_EXTENSION_free(ext);
    }
    MUST(X509_sign(x, signer, hash_for(signer, spec->hash)) > 0);
    len = i2d_X509(x, &der);
    MUST(len > 0 && (copy = arena_copy(arena, der, (size_t)len)));
    OPENSSL_free(der);
    X509_free(x);
    NCONF_free(conf);
    return bytes_of(copy, (size_t)len);
}

struct sk_cert *pki_cert(struct sk_arena *arena, const struct pki_cert_spec *spec)
{
    struct sk_bytes der = pki_cert_der(arena, spec);
    struct sk_cert *cert;
    struct sk_err err = {0};

    MUST(cert = arena_alloc(arena, sizeof(*cert)));
    if (cert_parse(arena, der, cert, &err) != SK_OK)
        (void)fprintf(stderr, "%s: %s\n", spec->subject != NULL ? spec->subject : "", err.text);
    MUST(err.status == SK_OK);
    return cert;
}

static void add_certificate_issuer(X509_REVOKED *entry, const char *issuer)
{
    GENERAL_NAMES *names = GENERAL_NAMES_new();
    GENERAL_NAME *name = GENERAL_NAME_new();

    MUST(names != NULL && name != NULL);
    GENERAL_NAME_set0_value(name, GEN_DIRNAME, make_name(issuer, false));
    MUST(sk_GENERAL_NAME_push(names, name) > 0);
    MUST(X509_REVOKED_add1_ext_i2d(entry, NID_certificate_issuer, names, 1, 0) == 1);
    GENERAL_NAMES_free(names);
}

static void add_invalidity_date(X509_REVOKED *entry, int64_t when)
{
    ASN1_GENERALIZEDTIME *time = ASN1_GENERALIZEDTIME_set(NULL, (time_t)when);

    MUST(time != NULL && X509_REVOKED_add1_ext_i2d(entry, NID_invalidity_date, time, 0, 0) == 1);
    ASN1_GENERALIZEDTIME_free(time);
}

static void add_unknown_extension(X509_REVOKED *entry)
{
    static const uint8_t null[] = {0x05, 0x00};
    ASN1_OBJECT *oid = OBJ_txt2obj("1.2.3.4.5", 1);
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    X509_EXTENSION *ext;

    MUST(oid != NULL && value != NULL && ASN1_OCTET_STRING_set(value, null, sizeof(null)) == 1);
    MUST(ext = X509_EXTENSION_create_by_OBJ(NULL, oid, 1, value));
    MUST(X509_REVOKED_add_ext(entry, ext, -1) == 1);
    X509_EXTENSION_free(ext);
    ASN1_OCTET_STRING_free(value);
    ASN1_OBJECT_free(oid);
}

static void add_entry(X509_CRL *crl, const struct pki_entry *spec)
{
    X509_REVOKED *entry = X509_REVOKED_new();
    ASN1_INTEGER *serial = ASN1_INTEGER_new();
    ASN1_TIME *when = ASN1_TIME_new();

    MUST(entry != NULL && serial != NULL && when != NULL);
    set_time(when, spec->when, PKI_T0);
    MUST(ASN1_INTEGER_set(serial, spec->serial) == 1);
    MUST(X509_REVOKED_set_serialNumber(entry, serial) == 1);
    MUST(X509_REVOKED_set_revocationDate(entry, when) == 1);
    if (spec->reason != 0) {
        ASN1_ENUMERATED *reason = ASN1_ENUMERATED_new();

        MUST(reason != NULL && ASN1_ENUMERATED_set(reason, spec->reason - 1) == 1);
        MUST(X509_REVOKED_add1_ext_i2d(entry, NID_crl_reason, reason, 0, 0) == 1);
        ASN1_ENUMERATED_free(reason);
    }
    if (spec->issuer != NULL)
        add_certificate_issuer(entry, spec->issuer);
    if (spec->invalid_since != 0)
        add_invalidity_date(entry, spec->invalid_since);
    if (spec->is_beyond_us)
        add_unknown_extension(entry);
    MUST(X509_CRL_add0_revoked(crl, entry) == 1);
    ASN1_INTEGER_free(serial);
    ASN1_TIME_free(when);
}

static void set_crl_times(X509_CRL *crl, const struct pki_crl_spec *spec)
{
    ASN1_TIME *when = ASN1_TIME_new();

    MUST(when != NULL);
    set_time(when, spec->this_update, PKI_T0);
    MUST(X509_CRL_set1_lastUpdate(crl, when) == 1);
    if (spec->next_update != -1) {
        set_time(when, spec->next_update, PKI_T1);
        MUST(X509_CRL_set1_nextUpdate(crl, when) == 1);
    }
    ASN1_TIME_free(when);
}

struct sk_bytes pki_crl_der(struct sk_arena *arena, const struct pki_crl_spec *spec)
{
    CONF *conf = make_conf(spec->sections);
    X509_CRL *crl = X509_CRL_new();
    X509_NAME *issuer = make_name(spec->issuer, false);
    unsigned char *der = NULL;
    X509V3_CTX ctx;
    uint8_t *copy;
    size_t i;
    int len;

    MUST(crl != NULL && (spec->is_v1 || X509_CRL_set_version(crl, 1) == 1)); /* absent: v1 */
    MUST(X509_CRL_set_issuer_name(crl, issuer) == 1);
    set_crl_times(crl, spec);
    X509V3_set_ctx(&ctx, NULL, NULL, NULL, crl, 0);
    X509V3_set_nconf(&ctx, conf);
    for (i = 0; i < PKI_EXTS && spec->exts[i].name != NULL; i++) {
        X509_EXTENSION *ext = make_ext(conf, &ctx, &spec->exts[i]);

        MUST(X509_CRL_add_ext(crl, ext, -1) == 1);
        X509_EXTENSION_free(ext);
    }
    for (i = 0; i < PKI_ENTRIES && spec->entries[i].serial != 0; i++)
        add_entry(crl, &spec->entries[i]);
    MUST(X509_CRL_sign(crl, spec->signer, hash_for(spec->signer, spec->hash)) > 0);
    len = i2d_X509_CRL(crl, &der);
    MUST(len > 0 && (copy = arena_copy(arena, der, (size_t)len)));
    OPENSSL_free(der);
    X509_CRL_free(crl);
    X509_NAME_free(issuer);
    NCONF_free(conf);
    return bytes_of(copy, (size_t)len);
}

struct sk_bytes pki_file(struct sk_arena *arena, const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data;
    long size;

    if (file == NULL)
        return bytes_of(NULL, 0);
    MUST(fseek(file, 0, SEEK_END) == 0);
    MUST((size = ftell(file)) >= 0);
    rewind(file);
    MUST(data = arena_alloc(arena, (size_t)size));
    MUST(fread(data, 1, (size_t)size, file) == (size_t)size && fclose(file) == 0);
    return bytes_of(data, (size_t)size);
}

struct sk_bytes pki_name(struct sk_arena *arena, const char *text, bool is_printable)
{
    X509_NAME *name = make_name(text, is_printable);
    unsigned char *der = NULL;
    int len = i2d_X509_NAME(name, &der);
    uint8_t *copy;

    MUST(len > 0 && (copy = arena_copy(arena, der, (size_t)len)));
    OPENSSL_free(der);
    X509_NAME_free(name);
    return bytes_of(copy, (size_t)len);
}
