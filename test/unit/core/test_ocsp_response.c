/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "core/memstore.h"
#include "test/support/files.h"
#include "test/support/response.h"

/* After ours: OpenSSL has macros with the names of enum crl_reason, of the same values. */
#include <openssl/ocsp.h>

#define VECTORS FILES_VECTORS "/ocsp/"

static struct sk_arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new(64u * 1024 * 1024);
    return arena == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static struct sk_bytes vector(const char *name)
{
    char path[256];
    struct sk_bytes der;

    (void)snprintf(path, sizeof(path), VECTORS "%s", name);
    der = pki_file(arena, path);
    assert_true(der.len > 0);
    return der;
}

static enum sk_status parse(struct sk_bytes der, struct sk_ocsp *out)
{
    struct sk_err err = {0};
    enum sk_status status = ocsp_response_parse(arena, der, out, &err);

    assert_true(status == SK_OK || err.text[0] != '\0');
    return status;
}

static void test_ocsp_response_refuses_what_holds_no_status(void **state)
{
    static const char *const names[] = {
        "resp-unauthorized.der",
        "resp-successful-no-response-bytes.der",
        "resp-unknown-response-status.der",
        "resp-response-type-unknown-oid.der",
        "req-sha1.der",
    };
    struct sk_ocsp response;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_int_equal(parse(vector(names[i]), &response), SK_INPUT);
    assert_int_equal(parse(bytes_of(NULL, 0), &response), SK_INPUT);
}

static void test_ocsp_response_refuses_every_truncation_and_trailing_octets(void **state)
{
    struct sk_bytes der = vector("resp-sha256.der");
    uint8_t *longer = arena_alloc(arena, der.len + 1);
    struct sk_ocsp response;
    size_t len;

    (void)state;
    for (len = 0; len < der.len; len++)
        assert_int_equal(parse(bytes_of(der.p, len), &response), SK_INPUT);
    memcpy(longer, der.p, der.len);
    longer[der.len] = 0;
    assert_int_equal(parse(bytes_of(longer, der.len + 1), &response), SK_INPUT);
    assert_int_equal(parse(der, &response), SK_OK);
}

/* The first octet of what follows `before` in a copy, changed. */
static void expect_refused_with(struct sk_bytes der, const char *before, size_t len, uint8_t from,
                                uint8_t to)
{
    uint8_t *copy = arena_copy(arena, der.p, der.len);
    struct sk_ocsp response;
    size_t at;

    for (at = 0; at + len < der.len; at++)
        if (memcmp(copy + at, before, len) == 0 && copy[at + len] == from)
            break;
    assert_true(at + len < der.len);
    copy[at + len] = to;
    assert_int_equal(parse(bytes_of(copy, der.len), &response), SK_INPUT);
}

/* ---- limits ---- */

static OCSP_CERTID *certid(long serial)
{
    struct sk_cert *ca;
    const unsigned char *p;
    ASN1_INTEGER *number = ASN1_INTEGER_new();
    OCSP_CERTID *id;
    X509 *x509;

    ca = pki_cert(arena, &(struct pki_cert_spec){.subject = "/CN=CA", .key = pki_key(PKI_EC, 0)});
    p = ca->der.p;
    x509 = d2i_X509(NULL, &p, (long)ca->der.len);
    assert_int_equal(ASN1_INTEGER_set_int64(number, serial), 1);
    id = OCSP_cert_id_new(EVP_sha256(), X509_get_subject_name(x509), X509_get0_pubkey_bitstr(x509),
                          number);
    assert_non_null(id);
    ASN1_INTEGER_free(number);
    X509_free(x509);
    return id;
}

/* Extension number i of a response: not critical, unknown to everybody. */
static void add_extension(OCSP_BASICRESP *basic, int i)
{
    static const unsigned char null[] = {0x05, 0x00};
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    X509_EXTENSION *ext;
    ASN1_OBJECT *type;
    char oid[32];

    (void)snprintf(oid, sizeof(oid), "1.2.3.4.%d", i);
    type = OBJ_txt2obj(oid, 1);
    assert_int_equal(ASN1_OCTET_STRING_set(value, null, sizeof(null)), 1);
    ext = X509_EXTENSION_create_by_OBJ(NULL, type, 0, value);
    assert_int_equal(OCSP_BASICRESP_add_ext(basic, ext, -1), 1);
    X509_EXTENSION_free(ext);
    ASN1_OBJECT_free(type);
    ASN1_OCTET_STRING_free(value);
}

static struct sk_bytes response_of(int num_entries, int num_certs, int num_exts)
{
    struct sk_bytes cert = pki_cert_der(
        arena, &(struct pki_cert_spec){.subject = "/CN=CA", .key = pki_key(PKI_EC, 0)});
    const unsigned char *p = cert.p;
    X509 *x509 = d2i_X509(NULL, &p, (long)cert.len);
    OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
    ASN1_TIME *when = ASN1_GENERALIZEDTIME_set(NULL, PKI_T);
    OCSP_CERTID *id = certid(7);
    OCSP_RESPONSE *whole;
    unsigned char *der = NULL;
    struct sk_bytes out;
    int i;

    for (i = 0; i < num_entries; i++)
        assert_non_null(
            OCSP_basic_add1_status(basic, id, V_OCSP_CERTSTATUS_GOOD, 0, NULL, when, when));
    for (i = 0; i < num_certs; i++)
        assert_int_equal(OCSP_basic_add1_cert(basic, x509), 1);
    for (i = 0; i < num_exts; i++)
        add_extension(basic, i);
    assert_int_equal(
        OCSP_basic_sign(basic, x509, pki_key(PKI_EC, 0), EVP_sha256(), NULL, OCSP_NOCERTS), 1);
    whole = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
    i = i2d_OCSP_RESPONSE(whole, &der);
    assert_true(i > 0);
    out = bytes_of(arena_copy(arena, der, (size_t)i), (size_t)i);
    OPENSSL_free(der);
    OCSP_RESPONSE_free(whole);
    OCSP_BASICRESP_free(basic);
    OCSP_CERTID_free(id);
    ASN1_TIME_free(when);
    X509_free(x509);
    return out;
}

static void test_ocsp_response_refuses_values_that_do_not_fit(void **state)
{
    struct sk_bytes der = vector("resp-revoked-reason.der");

    (void)state;
    expect_refused_with(der, "\xa0\x03\x0a\x01", 4, 4, 7);  /* no CRLReason */
    expect_refused_with(der, "\xa0\x03\x0a\x01", 4, 4, 11); /* none either */
    expect_refused_with(der, "\x30", 1, 0x82, 0x80);        /* indefinite length */
    der = vector("resp-sha256.der");
    expect_refused_with(der, "\x18", 1, 0x0f, 0x0e); /* producedAt, cut */
    der = response_of(1, 0, 0);
    expect_refused_with(der, "\x60\x86\x48\x01\x65\x03\x04\x02", 8, 1, 2); /* not 48 octets */
    expect_refused_with(der, "\x02\x01\x07", 3, 0x80, 0x83);               /* no CertStatus */
    expect_refused_with(der, "\x02\x01\x07\x80", 4, 0, 1);
    /* good with contents */ /* SHA-384 of 32 octets */
}

/* By a CA about its own certificate. */
static struct sk_bytes own_response(struct response_spec spec)
{
    spec.issuer = spec.about = spec.signer =
        pki_cert(arena, &(struct pki_cert_spec){.subject = "/CN=CA", .key = pki_key(PKI_EC, 0)});
    spec.key = pki_key(PKI_EC, 0);
    return response_der(arena, &spec);
}

static void test_ocsp_response_refuses_malformed_parts(void **state)
{
    struct sk_ocsp response;
    struct sk_bytes der;
    uint8_t *cert;

    (void)state;
    der = own_response((struct response_spec){.has_critical = true});
    assert_int_equal(parse(der, &response), SK_OK);
    assert_true(response.has_critical);
    der = own_response((struct response_spec){.has_critical = true, .has_critical_twice = true});
    assert_int_equal(parse(der, &response), SK_INPUT);
    der = own_response((struct response_spec){.status = V_OCSP_CERTSTATUS_REVOKED});
    expect_refused_with(der, "\xa1\x16", 2, 0x18, 0x17); /* UTCTime */
    der = own_response((struct response_spec){.is_by_key = true});
    expect_refused_with(der, "\xa2\x16\x04", 3, 0x14, 0x13); /* a digest of 19 octets */
    der = own_response((struct response_spec){.has_certs = true});
    assert_int_equal(parse(der, &response), SK_OK);
    assert_int_equal(response.num_certs, 1);
    cert = memmem(der.p, der.len, response.certs[0]->der.p, response.certs[0]->der.len);
    assert_non_null(cert);
    cert[0] = 0x31; /* no certificate */
    assert_int_equal(parse(der, &response), SK_INPUT);
    cert[0] = 0x30;
    cert[4] = 0x31; /* a malformed one */
    assert_int_equal(parse(der, &response), SK_INPUT);
}

/* V-06: a signature with unused bits is none, as in certificates. */
static void test_ocsp_response_a_signature_with_unused_bits_is_no_signature(void **state)
{
    struct sk_bytes der = {NULL, 0};
    struct sk_ocsp response;
    uint8_t *unused;

    (void)state;
    do { /* until its last bit is free */
        der = own_response((struct response_spec){0});
        assert_int_equal(parse(der, &response), SK_OK);
    } while (response.signature.p[response.signature.len - 1] % 2 != 0);
    unused = arena_copy(arena, der.p, der.len);
    assert_non_null(unused);
    unused[response.signature.p - der.p - 1] = 1;
    assert_int_equal(parse(bytes_of(unused, der.len), &response), SK_OK);
    assert_int_equal(response.signature.len, 0);
}

/* [1] holds one Extensions of at least one, and nothing stands behind it. */
static void test_ocsp_response_refuses_what_stands_around_its_extensions(void **state)
{
    struct sk_bytes der = response_of(1, 0, 2);
    uint8_t *copy = arena_copy(arena, der.p, der.len);
    struct sk_ocsp response;
    size_t at, one;

    (void)state;
    assert_int_equal(parse(der, &response), SK_OK);
    for (at = 0; at + 4 < der.len; at++) /* [1], SEQUENCE, the first Extension */
        if (copy[at] == 0xa1 && copy[at + 2] == 0x30 && copy[at + 3] == copy[at + 1] - 2 &&
            copy[at + 4] == 0x30)
            break;
    assert_true(at + 4 < der.len);
    one = copy[at + 5] + 2u;
    assert_int_equal(copy[at + 3], 2 * one);
    copy[at + 3] = (uint8_t)one; /* the second Extension behind the SEQUENCE */
    assert_int_equal(parse(bytes_of(copy, der.len), &response), SK_INPUT);
    copy[at + 1] = (uint8_t)(one + 2); /* and behind [1] */
    assert_int_equal(parse(bytes_of(copy, der.len), &response), SK_INPUT);
}

static void test_ocsp_response_has_caps(void **state)
{
    static uint8_t large[LIMIT_OCSP_RESPONSE_BYTES + 1];
    struct sk_ocsp response;

    (void)state;
    assert_int_equal(parse(response_of((int)LIMIT_OCSP_SINGLES, 0, 0), &response), SK_OK);
    assert_int_equal(parse(response_of((int)LIMIT_OCSP_SINGLES + 1, 0, 0), &response), SK_LIMIT);
    assert_int_equal(parse(response_of(1, (int)LIMIT_OCSP_RESPONSE_CERTS, 0), &response), SK_OK);
    assert_int_equal(response.num_certs, LIMIT_OCSP_RESPONSE_CERTS);
    assert_int_equal(parse(response_of(1, (int)LIMIT_OCSP_RESPONSE_CERTS + 1, 0), &response),
                     SK_LIMIT);
    assert_int_equal(parse(response_of(1, 0, (int)LIMIT_OCSP_EXTENSIONS), &response), SK_OK);
    assert_int_equal(parse(response_of(1, 0, (int)LIMIT_OCSP_EXTENSIONS + 1), &response), SK_INPUT);
    assert_int_equal(parse(response_of(0, 0, 0), &response), SK_INPUT);
    assert_int_equal(parse(bytes_of(large, sizeof(large)), &response), SK_LIMIT);
    assert_int_equal(parse(bytes_of(large, sizeof(large) - 1), &response), SK_INPUT);
}

/* ---- what is read ---- */

static void test_ocsp_response_reads_a_revoked_certificate(void **state)
{
    struct sk_bytes der = vector("resp-revoked-reason.der");
    struct sk_ocsp response;
    struct ocsp_entry entry;
    struct cert_walk walk;
    uint8_t sha256[SK_SHA256];

    (void)state;
    assert_int_equal(parse(der, &response), SK_OK);
    key_sha256(der, sha256);
    assert_memory_equal(response.sha256, sha256, SK_SHA256);
    assert_int_equal(response.num_certs, 1);
    ocsp_entries(&response, &walk);
    assert_int_equal(ocsp_entry_next(&walk, &entry), SK_OK);
    assert_int_equal(entry.hash, KEY_SHA1);
    assert_int_equal(entry.status, OCSP_ENTRY_REVOKED);
    assert_int_equal(entry.reason, CRL_REASON_SUPERSEDED);
    assert_true(entry.has_next_update && entry.this_update < entry.next_update);
    assert_int_equal(ocsp_entry_next(&walk, &entry), SK_NOTFOUND);
}

static void test_ocsp_response_reads_the_forms_in_the_field(void **state)
{
    struct sk_ocsp response;
    struct ocsp_entry entry;
    struct cert_walk walk;

    (void)state;
    assert_int_equal(parse(vector("resp-responder-key-hash.der"), &response), SK_OK);
    assert_false(response.is_by_name);
    assert_int_equal(response.responder.len, 20);
    assert_int_equal(parse(vector("resp-revoked-no-next-update.der"), &response), SK_OK);
    ocsp_entries(&response, &walk);
    assert_int_equal(ocsp_entry_next(&walk, &entry), SK_OK);
    assert_false(entry.has_next_update);
    assert_int_equal(parse(vector("resp-unknown-hash-alg.der"), &response), SK_OK);
    ocsp_entries(&response, &walk);
    assert_int_equal(ocsp_entry_next(&walk, &entry), SK_OK);
    assert_int_equal(entry.hash, KEY_HASH_NONE);
    assert_int_equal(parse(vector("resp-unknown-extension.der"), &response), SK_OK);
    assert_int_equal(parse(vector("resp-sct-extension.der"), &response), SK_OK);
    assert_int_equal(parse(vector("ocsp-army.deps.mil-resp.der"), &response), SK_OK);
}

/* ---- in a store ---- */

struct seen {
    uint8_t last[SK_SHA256];
    size_t num;
};

static enum sk_status see(void *arg, const struct sk_ocsp *response)
{
    struct seen *seen = arg;

    assert_true(seen->num == 0 || memcmp(seen->last, response->sha256, SK_SHA256) < 0);
    memcpy(seen->last, response->sha256, SK_SHA256);
    seen->num++;
    return SK_OK;
}

static void test_ocsp_response_is_found_by_its_serial_once(void **state)
{
    struct sk_memstore *store = memstore_new();
    struct sk_bytes one = response_of(1, 0, 0), two = response_of(2, 0, 0);
    const struct sk_source *source = memstore_source(store);
    struct source_chain chain;
    struct seen seen = {.num = 0};
    struct sk_err err = {0};
    static const uint8_t seven[] = {7}, eight[] = {8};

    (void)state;
    assert_int_equal(memstore_add_ocsp(store, one, &err), SK_OK);
    assert_int_equal(memstore_add_ocsp(store, two, &err), SK_OK);
    assert_int_equal(memstore_add_ocsp(store, one, &err), SK_OK);
    assert_int_equal(memstore_add_ocsp(store, bytes_of(one.p, one.len - 1), &err), SK_INPUT);
    source_chain_init(&chain, &source, 1);
    assert_int_equal(
        chain.source.ops->ocsp_by_cert(&chain.source, arena, NULL, bytes_of(seven, 1), see, &seen),
        SK_OK);
    assert_int_equal(seen.num, 2);
    assert_int_equal(
        chain.source.ops->ocsp_by_cert(&chain.source, arena, NULL, bytes_of(eight, 1), see, &seen),
        SK_OK);
    assert_int_equal(seen.num, 2);
    memstore_free(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(test_ocsp_response_##name, set_up, tear_down)
        T(refuses_what_holds_no_status),
        T(refuses_every_truncation_and_trailing_octets),
        T(refuses_values_that_do_not_fit),
        T(refuses_malformed_parts),
        T(a_signature_with_unused_bits_is_no_signature),
        T(refuses_what_stands_around_its_extensions),
        T(has_caps),
        T(reads_a_revoked_certificate),
        T(reads_the_forms_in_the_field),
        T(is_found_by_its_serial_once),
#undef T
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
