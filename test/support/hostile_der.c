/* SPDX-License-Identifier: Apache-2.0 */
#include "test/support/hostile_der.h"

#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>

enum { BUF_BYTES = 4u << 20, ED25519_OCTETS = 64 };

#define MUST(what)                                                                                 \
    do {                                                                                           \
        if (!(what)) {                                                                             \
            (void)fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what);                       \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

EVP_PKEY *fast_key(size_t n)
{
    return pki_key(PKI_ED25519, n);
}

struct sk_bytes fast_take(struct sk_arena *arena, struct sk_buf *buf)
{
    struct sk_bytes out = bytes_of(arena_copy(arena, buf->data, buf->len), buf->len);

    MUST(buf_status(buf) == SK_OK && out.p != NULL);
    buf_done(buf);
    return out;
}

struct sk_bytes fast_spki(struct sk_arena *arena, EVP_PKEY *key)
{
    unsigned char *der = NULL;
    int len = i2d_PUBKEY(key, &der);
    uint8_t *copy;

    MUST(len > 0 && (copy = arena_copy(arena, der, (size_t)len)) != NULL);
    OPENSSL_free(der);
    return bytes_of(copy, (size_t)len);
}

struct sk_bytes fast_foreign_spki(struct sk_arena *arena, unsigned n)
{
    static const uint8_t head[] = {0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0};
    uint8_t *p = arena_alloc(arena, sizeof(head) + SK_SHA256);

    MUST(p != NULL);
    memcpy(p, head, sizeof(head));
    key_sha256(bytes_of((const uint8_t *)&n, sizeof(n)), p + sizeof(head));
    return bytes_of(p, sizeof(head) + SK_SHA256);
}

struct sk_bytes fast_ext(struct sk_arena *arena, enum oid_id id, struct sk_bytes value)
{
    struct sk_buf buf;

    buf_init(&buf, BUF_BYTES);
    asn1_extension(&buf, id, false, value);
    return fast_take(arena, &buf);
}

struct sk_bytes fast_join(struct sk_arena *arena, struct sk_bytes a, struct sk_bytes b)
{
    struct sk_buf buf;

    buf_init(&buf, BUF_BYTES);
    derout_raw(&buf, a);
    derout_raw(&buf, b);
    return fast_take(arena, &buf);
}

/* What the signer signs with. Without a signer the octets decide what the signature pretends. */
static struct sk_bytes algorithm(EVP_PKEY *signer, size_t octets)
{
    static const uint8_t rsa[] = {0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 11, 5, 0};
    static const uint8_t ecdsa[] = {0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3};
    static const uint8_t ed25519[] = {0x30, 5, 6, 3, 0x2b, 0x65, 0x70};

    if (signer != NULL && EVP_PKEY_is_a(signer, "EC"))
        return bytes_of(ecdsa, sizeof(ecdsa)); /* with SHA-384 */
    if (signer == NULL && octets > ED25519_OCTETS)
        return bytes_of(rsa, sizeof(rsa));
    return bytes_of(ed25519, sizeof(ed25519));
}

static struct sk_bytes sign(struct sk_arena *arena, struct sk_bytes tbs, EVP_PKEY *signer,
                            size_t octets)
{
    EVP_MD_CTX *ctx;
    size_t len = 1024;
    uint8_t *p;

    MUST((p = arena_alloc(arena, octets > len ? octets : len)) != NULL);
    if (signer == NULL) {
        p[0] = 0; /* below any modulus */
        return bytes_of(p, octets != 0 ? octets : (size_t)ED25519_OCTETS);
    }
    MUST((ctx = EVP_MD_CTX_new()) != NULL);
    MUST(EVP_DigestSignInit(ctx, NULL, EVP_PKEY_is_a(signer, "EC") ? EVP_sha384() : NULL, NULL,
                            signer) == 1);
    MUST(EVP_DigestSign(ctx, p, &len, tbs.p, tbs.len) == 1);
    EVP_MD_CTX_free(ctx);
    return bytes_of(p, len);
}

/* tbs is emptied. */
static struct sk_bytes finish(struct sk_arena *arena, struct sk_buf *tbs, EVP_PKEY *signer,
                              size_t octets)
{
    struct sk_bytes body = fast_take(arena, tbs);
    struct sk_buf buf;
    size_t mark;

    buf_init(&buf, BUF_BYTES);
    mark = derout_open(&buf, DER_SEQUENCE);
    derout_raw(&buf, body);
    derout_raw(&buf, algorithm(signer, octets));
    derout_bits(&buf, DER_BIT_STRING, sign(arena, body, signer, octets));
    derout_close(&buf, mark);
    return fast_take(arena, &buf);
}

static void put_exts(struct sk_arena *arena, struct sk_buf *buf, const struct fast_cert *cert)
{
    static const uint8_t ca[] = {0x30, 3, 1, 1, 0xff};
    static const uint8_t usage[] = {3, 2, 1, 6};
    size_t mark, list;
    struct sk_buf id;

    if (!cert->is_ca && cert->exts.len == 0)
        return;
    mark = derout_open(buf, DER_CONTEXT_CONSTRUCTED(3));
    list = derout_open(buf, DER_SEQUENCE);
    if (cert->is_ca) {
        asn1_extension(buf, OID_EXT_BASIC_CONSTRAINTS, true, bytes_of(ca, sizeof(ca)));
        asn1_extension(buf, OID_EXT_KEY_USAGE, true, bytes_of(usage, sizeof(usage)));
    }
    if (cert->key_id.len > 0) {
        buf_init(&id, BUF_BYTES);
        derout_tlv(&id, DER_OCTET_STRING, cert->key_id);
        asn1_extension(buf, OID_EXT_SUBJECT_KEY_IDENTIFIER, false, fast_take(arena, &id));
    }
    derout_raw(buf, cert->exts);
    derout_close(buf, list);
    derout_close(buf, mark);
}

static void put_validity(struct sk_buf *buf)
{
    size_t mark = derout_open(buf, DER_SEQUENCE);

    derout_time(buf, PKI_T0);
    derout_time(buf, PKI_T1);
    derout_close(buf, mark);
}

struct sk_bytes fast_cert_der(struct sk_arena *arena, const struct fast_cert *cert)
{
    static unsigned serial = 1000;
    struct sk_buf buf;
    size_t tbs, mark;

    buf_init(&buf, BUF_BYTES);
    tbs = derout_open(&buf, DER_SEQUENCE);
    mark = derout_open(&buf, DER_CONTEXT_CONSTRUCTED(0));
    derout_uint(&buf, DER_INTEGER, 2);
    derout_close(&buf, mark);
    derout_uint(&buf, DER_INTEGER, cert->serial != 0 ? cert->serial : serial++);
    derout_raw(&buf, algorithm(cert->signer, cert->octets));
    asn1_common_name(&buf, cert->issuer);
    put_validity(&buf);
    asn1_common_name(&buf, cert->subject);
    derout_raw(&buf, cert->spki);
    put_exts(arena, &buf, cert);
    derout_close(&buf, tbs);
    return finish(arena, &buf, cert->signer, cert->octets);
}

void fast_cert(struct graph *g, const struct fast_cert *cert)
{
    MUST(g->num_objects < GRAPH_OBJECTS);
    g->is_crl[g->num_objects] = g->is_arl[g->num_objects] = false;
    g->objects[g->num_objects++] = fast_cert_der(g->arena, cert);
}

const struct sk_cert *fast_target(struct graph *g, const struct fast_cert *cert)
{
    struct sk_bytes der = fast_cert_der(g->arena, cert);
    struct sk_cert *out = arena_alloc(g->arena, sizeof(*out));
    struct sk_err err = {0};

    if (out == NULL || cert_parse(g->arena, der, out, &err) != SK_OK)
        (void)fprintf(stderr, "%s: %s\n", cert->subject, err.text);
    MUST(out != NULL && err.status == SK_OK);
    return out;
}

void fast_anchor(struct graph *g, const char *name, EVP_PKEY *key)
{
    MUST(g->params.num_anchors < GRAPH_ANCHORS);
    g->anchors[g->params.num_anchors++].cert =
        fast_target(g, &(struct fast_cert){.subject = name,
                                           .issuer = name,
                                           .spki = fast_spki(g->arena, key),
                                           .signer = key,
                                           .is_ca = true});
}

static void put_number(struct sk_arena *arena, struct sk_buf *buf, enum oid_id id, bool is_critical,
                       unsigned number)
{
    struct sk_buf value;

    buf_init(&value, BUF_BYTES);
    derout_uint(&value, DER_INTEGER, number);
    asn1_extension(buf, id, is_critical, fast_take(arena, &value));
}

static void put_revoked(struct sk_buf *buf, unsigned serial)
{
    size_t list = derout_open(buf, DER_SEQUENCE), entry = derout_open(buf, DER_SEQUENCE);

    derout_uint(buf, DER_INTEGER, serial);
    derout_time(buf, PKI_T0);
    derout_close(buf, entry);
    derout_close(buf, list);
}

void fast_crl(struct graph *g, const struct fast_crl *crl)
{
    struct sk_buf buf;
    size_t tbs, mark, list;

    MUST(g->num_objects < GRAPH_OBJECTS);
    buf_init(&buf, BUF_BYTES);
    tbs = derout_open(&buf, DER_SEQUENCE);
    derout_uint(&buf, DER_INTEGER, 1);
    derout_raw(&buf, algorithm(crl->signer, 0));
    asn1_common_name(&buf, crl->issuer);
    derout_time(&buf, PKI_T0 + crl->number);
    derout_time(&buf, PKI_T1);
    if (crl->revokes != 0)
        put_revoked(&buf, crl->revokes);
    mark = derout_open(&buf, DER_CONTEXT_CONSTRUCTED(0));
    list = derout_open(&buf, DER_SEQUENCE);
    put_number(g->arena, &buf, OID_EXT_CRL_NUMBER, false, crl->number);
    if (crl->base != 0)
        put_number(g->arena, &buf, OID_EXT_DELTA_CRL_INDICATOR, true, crl->base);
    if (crl->idp.len > 0)
        asn1_extension(&buf, OID_EXT_ISSUING_DISTRIBUTION_POINT, true, crl->idp);
    derout_close(&buf, list);
    derout_close(&buf, mark);
    derout_close(&buf, tbs);
    g->is_crl[g->num_objects] = true;
    g->is_arl[g->num_objects] = false;
    g->objects[g->num_objects++] = finish(g->arena, &buf, crl->signer, 0);
}
