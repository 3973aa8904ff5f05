/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/clock.h"
#include "core/der.h"
#include "core/derout.h"
#include "net/ocsp.h"
#include "test/support/pki.h"

/* After ours: OpenSSL has macros with the names of enum crl_reason, of the same values. */
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

static struct sk_arena *arena;
static struct sk_cert *issuer;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new(64 * 1024 * 1024);
    assert_non_null(arena);
    issuer = pki_cert(arena, &(struct pki_cert_spec){.subject = "/C=JP/CN=CA",
                                                     .key = pki_key(PKI_EC, 0),
                                                     .exts = {PKI_CA_EXTS}});
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

/* ---- requests, written by OpenSSL ---- */

static X509 *to_x509(const struct sk_cert *cert)
{
    const unsigned char *p = cert->der.p;
    X509 *x509 = d2i_X509(NULL, &p, (long)cert->der.len);

    assert_non_null(x509);
    return x509;
}

static OCSP_CERTID *certid(const EVP_MD *md, long serial)
{
    X509 *ca = to_x509(issuer);
    ASN1_INTEGER *number = ASN1_INTEGER_new();
    OCSP_CERTID *id;

    assert_int_equal(ASN1_INTEGER_set_int64(number, serial), 1);
    id = OCSP_cert_id_new(md, X509_get_subject_name(ca), X509_get0_pubkey_bitstr(ca), number);
    assert_non_null(id);
    ASN1_INTEGER_free(number);
    X509_free(ca);
    return id;
}

static OCSP_REQUEST *request_new(const EVP_MD *md, int count)
{
    OCSP_REQUEST *request = OCSP_REQUEST_new();
    int i;

    for (i = 0; i < count; i++)
        assert_non_null(OCSP_request_add0_id(request, certid(md, 1000 + i)));
    return request;
}

/* Encodes and frees the request. */
static struct sk_bytes encode(OCSP_REQUEST *request)
{
    unsigned char *der = NULL;
    int len = i2d_OCSP_REQUEST(request, &der);
    struct sk_bytes out;

    assert_true(len > 0);
    out = bytes_of(arena_copy(arena, der, (size_t)len), (size_t)len);
    OPENSSL_free(der);
    OCSP_REQUEST_free(request);
    return out;
}

static enum sk_status parse(struct sk_bytes der, struct ocsp_request *out)
{
    struct sk_err err = {0};

    return ocsp_request_parse(der, &(struct ocsp_rules){.max_ids = LIMIT_OCSP_CERTIDS}, out, &err);
}

/* An extension whose value is given in octets, as the request has it or not (-1 ends). */
static void add_extension(OCSP_REQUEST *request, int nid, bool is_critical, const void *value,
                          int len)
{
    ASN1_OCTET_STRING *octets = ASN1_OCTET_STRING_new();
    X509_EXTENSION *extension;

    assert_int_equal(ASN1_OCTET_STRING_set(octets, value, len), 1);
    extension = X509_EXTENSION_create_by_NID(NULL, nid, is_critical, octets);
    assert_int_equal(OCSP_REQUEST_add_ext(request, extension, -1), 1);
    X509_EXTENSION_free(extension);
    ASN1_OCTET_STRING_free(octets);
}

static X509_EXTENSION *extension_new(const char *oid, bool is_critical, const void *value, int len)
{
    ASN1_OCTET_STRING *octets = ASN1_OCTET_STRING_new();
    ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
    X509_EXTENSION *extension;

    assert_int_equal(ASN1_OCTET_STRING_set(octets, value, len), 1);
    extension = X509_EXTENSION_create_by_OBJ(NULL, object, is_critical, octets);
    assert_non_null(extension);
    ASN1_OBJECT_free(object);
    ASN1_OCTET_STRING_free(octets);
    return extension;
}

static void add_object(OCSP_REQUEST *request, const char *oid, bool is_critical, const void *value,
                       int len)
{
    X509_EXTENSION *extension = extension_new(oid, is_critical, value, len);

    assert_int_equal(OCSP_REQUEST_add_ext(request, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

/* To the first CertID, critical. */
static void add_single_object(OCSP_REQUEST *request, const char *oid, const void *value, int len)
{
    X509_EXTENSION *extension = extension_new(oid, true, value, len);

    assert_int_equal(OCSP_ONEREQ_add_ext(OCSP_request_onereq_get0(request, 0), extension, -1), 1);
    X509_EXTENSION_free(extension);
}

static void add_pref_sig_algs(OCSP_REQUEST *request, const void *value, int len)
{
    add_object(request, "1.3.6.1.5.5.7.48.1.8", false, value, len);
}

static struct sk_bytes with_nonce(int len)
{
    OCSP_REQUEST *request = request_new(EVP_sha1(), 1);
    uint8_t value[300] = {0x04};
    int head = 2;

    if (len < 0x80) {
        value[1] = (uint8_t)len;
    } else {
        value[1] = 0x81;
        value[2] = (uint8_t)len;
        head = 3;
    }
    memset(value + head, 0x5a, (size_t)len);
    add_extension(request, NID_id_pkix_OCSP_Nonce, false, value, head + len);
    return encode(request);
}

static void test_ocsp_refuses_nonces_of_a_wrong_length_or_form(void **state)
{
    OCSP_REQUEST *request = request_new(EVP_sha1(), 1);
    struct ocsp_request out;

    (void)state;
    assert_int_equal(parse(with_nonce(0), &out), SK_INPUT);
    assert_int_equal(parse(with_nonce(129), &out), SK_INPUT);
    assert_int_equal(parse(with_nonce(255), &out), SK_INPUT);
    /* O-20: octets without the inner OCTET STRING, and one that overruns */
    add_extension(request, NID_id_pkix_OCSP_Nonce, false, "rawrawra", 8);
    assert_int_equal(parse(encode(request), &out), SK_INPUT);
    request = request_new(EVP_sha1(), 1);
    add_extension(request, NID_id_pkix_OCSP_Nonce, false, "\x04\x7f\x01", 3);
    assert_int_equal(parse(encode(request), &out), SK_INPUT);
    request = request_new(EVP_sha1(), 1);
    add_extension(request, NID_id_pkix_OCSP_Nonce, false, "", 0);
    assert_int_equal(parse(encode(request), &out), SK_INPUT);
}

static void test_ocsp_refuses_unknown_critical_and_doubled_extensions(void **state)
{
    OCSP_REQUEST *request = request_new(EVP_sha256(), 1);
    struct ocsp_request out;

    (void)state;
    add_extension(request, NID_subject_key_identifier, true, "\x05\x00", 2);
    assert_int_equal(parse(encode(request), &out), SK_INPUT);
    request = request_new(EVP_sha256(), 1);
    add_extension(request, NID_subject_key_identifier, false, "\x05\x00", 2);
    add_extension(request, NID_subject_key_identifier, false, "\x05\x00", 2);
    assert_int_equal(parse(encode(request), &out), SK_INPUT);
    request = request_new(EVP_sha256(), 1);
    add_extension(request, NID_subject_key_identifier, false, "\x05\x00", 2);
    assert_int_equal(parse(encode(request), &out), SK_OK);
    assert_false(out.has_nonce);
}

static void test_ocsp_refuses_one_certid_too_many_and_none(void **state)
{
    struct ocsp_request out;
    struct sk_err err = {0};
    struct sk_bytes der = encode(request_new(EVP_sha1(), (int)LIMIT_OCSP_CERTIDS + 1));

    (void)state;
    assert_int_equal(parse(der, &out), SK_LIMIT);
    der = encode(request_new(EVP_sha1(), (int)LIMIT_OCSP_CERTIDS));
    assert_int_equal(parse(der, &out), SK_OK);
    assert_int_equal(out.num_ids, LIMIT_OCSP_CERTIDS);
    der = encode(request_new(EVP_sha1(), 3));
    assert_int_equal(ocsp_request_parse(der, &(struct ocsp_rules){.max_ids = 2}, &out, &err),
                     SK_LIMIT);
    assert_int_equal(parse(encode(request_new(EVP_sha1(), 0)), &out), SK_INPUT);
}

/* Every octet that can be cut, and trailing ones, are refused; no change of one octet crashes. */
static void test_ocsp_refuses_cut_and_lengthened_requests(void **state)
{
    struct sk_bytes der = with_nonce(32);
    uint8_t *copy = malloc(der.len + 1);
    struct ocsp_request out;
    size_t i, bit;

    (void)state;
    assert_non_null(copy);
    for (i = 0; i < der.len; i++) {
        uint8_t *exact = malloc(i > 0 ? i : 1);

        assert_non_null(exact);
        memcpy(exact, der.p, i);
        assert_int_not_equal(parse(bytes_of(exact, i), &out), SK_OK);
        free(exact);
    }
    memcpy(copy, der.p, der.len);
    copy[der.len] = 0;
    assert_int_equal(parse(bytes_of(copy, der.len + 1), &out), SK_INPUT);
    for (i = 0; i < der.len; i++) {
        for (bit = 0; bit < 8; bit++) {
            copy[i] ^= (uint8_t)(1u << bit);
            (void)!parse(bytes_of(copy, der.len), &out);
            copy[i] ^= (uint8_t)(1u << bit);
        }
    }
    free(copy);
}

/* Moves the optionalSignature of a signed request behind an unsigned TBSRequest (O-13). */
static void test_ocsp_refuses_a_signature_without_requestor(void **state)
{
    OCSP_REQUEST *request = request_new(EVP_sha1(), 1);
    struct sk_bytes plain = encode(request_new(EVP_sha1(), 1)), whole;
    X509 *ca = to_x509(issuer);
    struct der top, list, plain_list;
    struct der_tlv tbs, signature;
    struct ocsp_request out;
    struct sk_buf der;
    size_t mark;

    (void)state;
    assert_int_equal(OCSP_request_sign(request, ca, pki_key(PKI_EC, 0), EVP_sha256(), NULL, 0), 1);
    X509_free(ca);
    whole = encode(request);
    assert_int_equal(parse(whole, &out), SK_OK);
    assert_true(out.is_signed);
    der_init(&top, whole);
    assert_int_equal(der_enter(&top, DER_SEQUENCE, &list), SK_OK);
    assert_int_equal(der_any(&list, &tbs), SK_OK);
    assert_int_equal(der_any(&list, &signature), SK_OK);
    der_init(&top, plain);
    assert_int_equal(der_enter(&top, DER_SEQUENCE, &plain_list), SK_OK);
    assert_int_equal(der_any(&plain_list, &tbs), SK_OK);
    buf_init(&der, 8192);
    mark = derout_open(&der, DER_SEQUENCE);
    derout_raw(&der, tbs.whole);
    derout_raw(&der, signature.whole);
    derout_close(&der, mark);
    assert_int_equal(parse(buf_bytes(&der), &out), SK_INPUT);
    buf_done(&der);
}

static void check_id(const struct ocsp_certid *got, OCSP_CERTID *want)
{
    ASN1_OCTET_STRING *name, *key;
    ASN1_INTEGER *serial;
    unsigned char *der = NULL, *number = NULL;
    int len = i2d_OCSP_CERTID(want, &der);

    assert_int_equal(OCSP_id_get0_info(&name, NULL, &key, &serial, want), 1);
    assert_true(bytes_equal(got->whole, bytes_of(der, (size_t)len)));
    assert_true(bytes_equal(
        got->name_hash, bytes_of(ASN1_STRING_get0_data(name), (size_t)ASN1_STRING_length(name))));
    assert_true(bytes_equal(got->key_hash,
                            bytes_of(ASN1_STRING_get0_data(key), (size_t)ASN1_STRING_length(key))));
    OPENSSL_free(der);
    len = i2d_ASN1_INTEGER(serial, &number);
    assert_true(bytes_equal(got->serial, bytes_of(number + 2, (size_t)len - 2)));
    OPENSSL_free(number);
}

static void test_ocsp_reads_what_openssl_writes(void **state)
{
    static const struct {
        const char *name;
        enum key_hash hash;
    } hashes[] = {{"SHA1", KEY_SHA1},
                  {"SHA256", KEY_SHA256},
                  {"SHA384", KEY_SHA384},
                  {"SHA512", KEY_SHA512},
                  {"SHA224", KEY_HASH_NONE}};
    struct ocsp_request out;
    size_t i;
    int j;

    (void)state;
    for (i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
        OCSP_REQUEST *request = request_new(EVP_get_digestbyname(hashes[i].name), 3);
        OCSP_REQUEST *copy;
        struct sk_bytes der;

        assert_int_equal(OCSP_request_add1_nonce(request, NULL, 32), 1);
        der = encode(request);
        copy = d2i_OCSP_REQUEST(NULL, &(const unsigned char *){der.p}, (long)der.len);
        assert_int_equal(parse(der, &out), SK_OK);
        assert_int_equal(out.num_ids, 3);
        assert_true(out.has_nonce);
        assert_int_equal(out.nonce.len, 32);
        for (j = 0; j < 3; j++) {
            assert_int_equal(out.ids[j].hash, hashes[i].hash);
            check_id(&out.ids[j], OCSP_onereq_get0_id(OCSP_request_onereq_get0(copy, j)));
        }
        OCSP_REQUEST_free(copy);
    }
    for (j = 1; j <= 128; j++) {
        assert_int_equal(parse(with_nonce(j), &out), SK_OK);
        assert_int_equal(out.nonce.len, j);
    }
}

/* RFC 6960 4.4.7: two algorithms, the second with a capability of the key; the number of them is
 * the client's business. */
static void test_ocsp_reads_preferred_algorithms(void **state)
{
    /* ecdsa-with-SHA384; sha256WithRSA with { rsaEncryption } */
    static const uint8_t two[] = {
        0x30, 0x2b, 0x30, 0x0c, 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03,
        0x03, 0x30, 0x1b, 0x30, 0x0c, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02,
        0x05, 0x00, 0x30, 0x0b, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01};
    static const uint8_t bad[][10] = {{0x04, 0x00},
                                      {0x30, 0x02, 0x30, 0x00},
                                      {0x30, 0x04, 0x30, 0x02, 0x30, 0x00},
                                      {0x30, 0x00, 0x05, 0x00}};
    static const int bad_len[] = {2, 4, 6, 4};
    OCSP_REQUEST *request = request_new(EVP_sha256(), 1);
    struct ocsp_request out;
    struct sk_buf many;
    size_t i, list;

    (void)state;
    add_extension(request, NID_id_pkix_OCSP_trustRoot, false, "\x05\x00", 2); /* nobody's */
    add_pref_sig_algs(request, two, sizeof(two));
    assert_int_equal(parse(encode(request), &out), SK_OK);
    assert_int_equal(out.num_preferences, 2);
    assert_true(bytes_equal(out.preferences[0].algorithm, bytes_of(two + 4, 12)));
    assert_int_equal(out.preferences[0].capability.len, 0);
    assert_true(bytes_equal(out.preferences[1].algorithm, bytes_of(two + 18, 14)));
    assert_true(bytes_equal(out.preferences[1].capability, bytes_of(two + 34, 11)));
    for (i = 0; i < sizeof(bad_len) / sizeof(bad_len[0]); i++) {
        request = request_new(EVP_sha256(), 1);
        add_pref_sig_algs(request, bad[i], bad_len[i]);
        assert_int_equal(parse(encode(request), &out), SK_INPUT);
    }
    buf_init(&many, 4096);
    list = derout_open(&many, DER_SEQUENCE);
    for (i = 0; i < LIMIT_OCSP_PREFERENCES + 5; i++)
        derout_raw(&many, bytes_of(two + 2, 14));
    derout_close(&many, list);
    request = request_new(EVP_sha256(), 1);
    add_pref_sig_algs(request, many.data, (int)many.len);
    assert_int_equal(parse(encode(request), &out), SK_OK);
    assert_int_equal(out.num_preferences, LIMIT_OCSP_PREFERENCES);
    buf_done(&many);
}

/* What the CVS adapter adds: understood where it is configured, even critical, and unknown else. */
static void test_ocsp_takes_the_extensions_of_the_rules(void **state)
{
    static const uint8_t oid[] = {0x2b, 0x06, 0x01, 0x04, 0x01, 0x81, 0xfd, 0x59, 0x01};
    struct ocsp_rules rules = {.max_ids = 1, .extension = bytes_of(oid, sizeof(oid))};
    OCSP_REQUEST *request = request_new(EVP_sha256(), 1);
    struct ocsp_request out;
    struct sk_bytes der;

    (void)state;
    add_object(request, "1.3.6.1.4.1.32473.1", true, "\x02\x01\x07", 3);
    der = encode(request);
    assert_int_equal(parse(der, &out), SK_INPUT);
    assert_int_equal(ocsp_request_parse(der, &rules, &out, NULL), SK_OK);
    assert_true(bytes_equal(out.extension, bytes_of("\x02\x01\x07", 3)));
    rules.id_extension = rules.extension; /* of the CertID, not of the request */
    rules.extension = bytes_of(NULL, 0);
    assert_int_equal(ocsp_request_parse(der, &rules, &out, NULL), SK_INPUT);
    request = request_new(EVP_sha256(), 1);
    add_single_object(request, "1.3.6.1.4.1.32473.1", "\x02\x01\x08", 3);
    der = encode(request);
    assert_int_equal(ocsp_request_parse(der, &rules, &out, NULL), SK_OK);
    assert_true(bytes_equal(out.ids[0].extension, bytes_of("\x02\x01\x08", 3)));
    assert_int_equal(out.extension.len, 0);
    assert_int_equal(parse(der, &out), SK_INPUT);
}

/* OCSPRequest with one CertID { AlgorithmIdentifier, name hash, key hash, serial 1 }. */
static enum sk_status parse_with_algorithm(struct sk_bytes algorithm, struct ocsp_request *out)
{
    uint8_t hash[20] = {0x11};
    struct sk_buf der;
    size_t marks[5], i;
    enum sk_status status;

    buf_init(&der, 1024);
    for (i = 0; i < 5; i++)
        marks[i] = derout_open(&der, DER_SEQUENCE);
    derout_raw(&der, algorithm);
    derout_tlv(&der, DER_OCTET_STRING, bytes_of(hash, sizeof(hash)));
    derout_tlv(&der, DER_OCTET_STRING, bytes_of(hash, sizeof(hash)));
    derout_uint(&der, DER_INTEGER, 1);
    while (i-- > 0)
        derout_close(&der, marks[i]);
    assert_int_equal(buf_status(&der), SK_OK);
    status = parse(buf_bytes(&der), out);
    buf_done(&der);
    return status;
}

static void test_ocsp_accepts_hash_parameters_null_or_absent_only(void **state)
{
#define ALGORITHM(text) bytes_of(text, sizeof(text) - 1)
    struct ocsp_request out;

    (void)state;
    assert_int_equal(
        parse_with_algorithm(ALGORITHM("\x30\x08\x06\x05\x2b\x0e\x03\x02\x1a\x30"), &out),
        SK_INPUT);
    assert_int_equal(
        parse_with_algorithm(ALGORITHM("\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x30\x00"), &out),
        SK_INPUT);
    assert_int_equal(parse_with_algorithm(
                         ALGORITHM("\x30\x0b\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00\x05\x00"), &out),
                     SK_INPUT);
    /* SHA-256 with the hashes of SHA-1 */
    assert_int_equal(parse_with_algorithm(
                         ALGORITHM("\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01"), &out),
                     SK_INPUT);
    assert_int_equal(parse_with_algorithm(ALGORITHM("\x30\x07\x06\x05\x2b\x0e\x03\x02\x1a"), &out),
                     SK_OK);
    assert_int_equal(
        parse_with_algorithm(ALGORITHM("\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00"), &out),
        SK_OK);
    assert_int_equal(out.ids[0].hash, KEY_SHA1);
#undef ALGORITHM
}

/* ---- responses, read by OpenSSL ---- */

static const uint8_t ecdsa_sha256[] = {0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86,
                                       0x48, 0xce, 0x3d, 0x04, 0x03, 0x02};

static struct sk_bytes sign(struct sk_bytes data)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    uint8_t *out = arena_alloc(arena, 256);
    size_t len = 256;

    assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, pki_key(PKI_EC, 0)), 1);
    assert_int_equal(EVP_DigestSign(ctx, out, &len, data.p, data.len), 1);
    EVP_MD_CTX_free(ctx);
    return bytes_of(out, len);
}

static OCSP_RESPONSE *respond(const struct ocsp_request *request, const struct ocsp_single *singles,
                              int64_t produced, bool extended)
{
    struct sk_buf data, whole;
    uint8_t key_hash[64];
    const unsigned char *p;
    OCSP_RESPONSE *response;
    size_t len;

    buf_init(&data, 65536);
    buf_init(&whole, 65536);
    assert_int_equal(key_digest(KEY_SHA1, issuer->key_bits, key_hash, &len), SK_OK);
    assert_int_equal(ocsp_write_data(&(struct ocsp_data){.request = request,
                                                         .singles = singles,
                                                         .responder = bytes_of(key_hash, len),
                                                         .produced_at = produced,
                                                         .has_nonce = request->has_nonce,
                                                         .has_extended_revoke = extended},
                                     &data),
                     SK_OK);
    assert_int_equal(ocsp_write_response(buf_bytes(&data),
                                         bytes_of(ecdsa_sha256, sizeof(ecdsa_sha256)),
                                         sign(buf_bytes(&data)), issuer->der, &whole),
                     SK_OK);
    p = whole.data;
    response = d2i_OCSP_RESPONSE(NULL, &p, (long)whole.len);
    assert_non_null(response);
    assert_ptr_equal(p, whole.data + whole.len);
    buf_done(&data);
    buf_done(&whole);
    return response;
}

static void verify(OCSP_BASICRESP *basic)
{
    X509_STORE *store = X509_STORE_new();
    X509 *ca = to_x509(issuer);

    assert_int_equal(X509_STORE_add_cert(store, ca), 1);
    X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store), PKI_T);
    assert_int_equal(OCSP_basic_verify(basic, NULL, store, OCSP_TRUSTOTHER), 1);
    X509_free(ca);
    X509_STORE_free(store);
}

static int64_t seconds(const ASN1_GENERALIZEDTIME *when)
{
    int64_t out = 0;

    assert_int_equal(
        clock_parse_generalized_time(
            bytes_of(ASN1_STRING_get0_data(when), (size_t)ASN1_STRING_length(when)), &out),
        SK_OK);
    return out;
}

static void test_ocsp_writes_what_openssl_verifies(void **state)
{
    static const struct ocsp_single singles[3] = {
        {.status = OCSP_CERT_GOOD, .this_update = PKI_T - 100, .next_update = PKI_T + 100},
        {.status = OCSP_CERT_REVOKED,
         .revoked_at = PKI_T - 500,
         .reason = CRL_REASON_KEY_COMPROMISE,
         .this_update = PKI_T - 100,
         .next_update = PKI_T + 100},
        {.status = OCSP_CERT_UNKNOWN, .this_update = PKI_T, .next_update = PKI_T + 60},
    };
    static const int want[3] = {V_OCSP_CERTSTATUS_GOOD, V_OCSP_CERTSTATUS_REVOKED,
                                V_OCSP_CERTSTATUS_UNKNOWN};
    OCSP_REQUEST *asked = request_new(EVP_sha256(), 3);
    struct ocsp_request request;
    OCSP_RESPONSE *response;
    OCSP_BASICRESP *basic;
    struct sk_bytes der;
    int i;

    (void)state;
    assert_int_equal(OCSP_request_add1_nonce(asked, NULL, 32), 1);
    der = encode(asked);
    asked = d2i_OCSP_REQUEST(NULL, &(const unsigned char *){der.p}, (long)der.len);
    assert_int_equal(parse(der, &request), SK_OK);
    response = respond(&request, singles, PKI_T, false);
    assert_int_equal(OCSP_response_status(response), OCSP_RESPONSE_STATUS_SUCCESSFUL);
    basic = OCSP_response_get1_basic(response);
    assert_non_null(basic);
    verify(basic);
    assert_int_equal(OCSP_check_nonce(asked, basic), 1);
    assert_int_equal(OCSP_resp_count(basic), 3);
    for (i = 0; i < 3; i++) {
        OCSP_CERTID *id = OCSP_onereq_get0_id(OCSP_request_onereq_get0(asked, i));
        ASN1_GENERALIZEDTIME *revoked, *this_update, *next_update;
        int status, reason;

        assert_int_equal(OCSP_resp_find_status(basic, id, &status, &reason, &revoked, &this_update,
                                               &next_update),
                         1);
        assert_int_equal(status, want[i]);
        assert_int_equal(seconds(next_update), singles[i].next_update);
        assert_int_equal(seconds(this_update), singles[i].this_update);
        if (status != V_OCSP_CERTSTATUS_REVOKED)
            continue;
        assert_int_equal(reason, OCSP_REVOKED_STATUS_KEYCOMPROMISE);
        assert_int_equal(seconds(revoked), singles[i].revoked_at);
    }
    OCSP_BASICRESP_free(basic);
    OCSP_RESPONSE_free(response);
    OCSP_REQUEST_free(asked);
}

static void test_ocsp_leaves_out_the_unspecified_reason(void **state)
{
    static const struct ocsp_single single = {.status = OCSP_CERT_REVOKED,
                                              .revoked_at = PKI_T - 500,
                                              .this_update = PKI_T - 100,
                                              .next_update = PKI_T + 100};
    struct ocsp_request request;
    OCSP_RESPONSE *response;
    OCSP_BASICRESP *basic;
    int reason = 0;

    (void)state;
    assert_int_equal(parse(encode(request_new(EVP_sha1(), 1)), &request), SK_OK);
    response = respond(&request, &single, PKI_T, false);
    basic = OCSP_response_get1_basic(response);
    assert_int_equal(OCSP_single_get0_status(OCSP_resp_get0(basic, 0), &reason, NULL, NULL, NULL),
                     V_OCSP_CERTSTATUS_REVOKED);
    assert_int_equal(reason, OCSP_REVOKED_STATUS_NOSTATUS);
    assert_int_equal(OCSP_BASICRESP_get_ext_count(basic), 0);
    OCSP_BASICRESP_free(basic);
    OCSP_RESPONSE_free(response);
}

static ASN1_GENERALIZEDTIME *single_time(OCSP_SINGLERESP *single, int nid)
{
    ASN1_GENERALIZEDTIME *when = OCSP_SINGLERESP_get1_ext_d2i(single, nid, NULL, NULL);

    assert_non_null(when);
    return when;
}

static void test_ocsp_writes_extensions_that_openssl_reads(void **state)
{
    static const struct ocsp_single single = {.status = OCSP_CERT_REVOKED,
                                              .this_update = PKI_T - 100,
                                              .next_update = PKI_T + 100,
                                              .has_crl = true,
                                              .crl_number = {(const uint8_t *)"\x01\x2c", 2},
                                              .crl_time = PKI_T - 200,
                                              .has_archive_cutoff = true,
                                              .archive_cutoff = PKI_T - 300,
                                              .has_invalidity = true,
                                              .invalidity_date = PKI_T - 400};
    static const int nids[] = {NID_id_pkix_OCSP_archiveCutoff, NID_invalidity_date};
    static const int64_t times[] = {PKI_T - 300, PKI_T - 400};
    struct ocsp_request request;
    OCSP_RESPONSE *response;
    OCSP_BASICRESP *basic;
    OCSP_SINGLERESP *read;
    OCSP_CRLID *crl;
    ASN1_OBJECT *extended = OBJ_txt2obj("1.3.6.1.5.5.7.48.1.9", 1);
    size_t i;

    (void)state;
    assert_int_equal(parse(encode(request_new(EVP_sha1(), 1)), &request), SK_OK);
    response = respond(&request, &single, PKI_T, true);
    basic = OCSP_response_get1_basic(response);
    verify(basic);
    assert_int_equal(OCSP_BASICRESP_get_ext_count(basic), 1);
    assert_int_equal(OCSP_BASICRESP_get_ext_by_OBJ(basic, extended, -1), 0);
    assert_false(X509_EXTENSION_get_critical(OCSP_BASICRESP_get_ext(basic, 0)));
    read = OCSP_resp_get0(basic, 0);
    assert_int_equal(OCSP_SINGLERESP_get_ext_count(read), 3);
    crl = OCSP_SINGLERESP_get1_ext_d2i(read, NID_id_pkix_OCSP_CrlID, NULL, NULL);
    assert_non_null(crl);
    OCSP_CRLID_free(crl);
    for (i = 0; i < 2; i++) {
        ASN1_GENERALIZEDTIME *when = single_time(read, nids[i]);

        assert_int_equal(seconds(when), times[i]);
        ASN1_GENERALIZEDTIME_free(when);
    }
    ASN1_OBJECT_free(extended);
    OCSP_BASICRESP_free(basic);
    OCSP_RESPONSE_free(response);
}

static void test_ocsp_writes_bare_errors(void **state)
{
    static const enum ocsp_error errors[] = {OCSP_ERROR_MALFORMED, OCSP_ERROR_INTERNAL,
                                             OCSP_ERROR_TRY_LATER, OCSP_ERROR_UNAUTHORIZED};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        const unsigned char *p;
        OCSP_RESPONSE *response;
        struct sk_buf out;

        buf_init(&out, 64);
        ocsp_write_error(errors[i], &out);
        p = out.data;
        response = d2i_OCSP_RESPONSE(NULL, &p, (long)out.len);
        assert_non_null(response);
        assert_int_equal(OCSP_response_status(response), errors[i]);
        assert_null(OCSP_response_get1_basic(response));
        OCSP_RESPONSE_free(response);
        buf_done(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ocsp_refuses_nonces_of_a_wrong_length_or_form),
        cmocka_unit_test(test_ocsp_refuses_unknown_critical_and_doubled_extensions),
        cmocka_unit_test(test_ocsp_refuses_one_certid_too_many_and_none),
        cmocka_unit_test(test_ocsp_refuses_cut_and_lengthened_requests),
        cmocka_unit_test(test_ocsp_refuses_a_signature_without_requestor),
        cmocka_unit_test(test_ocsp_reads_what_openssl_writes),
        cmocka_unit_test(test_ocsp_reads_preferred_algorithms),
        cmocka_unit_test(test_ocsp_takes_the_extensions_of_the_rules),
        cmocka_unit_test(test_ocsp_accepts_hash_parameters_null_or_absent_only),
        cmocka_unit_test(test_ocsp_writes_what_openssl_verifies),
        cmocka_unit_test(test_ocsp_leaves_out_the_unspecified_reason),
        cmocka_unit_test(test_ocsp_writes_extensions_that_openssl_reads),
        cmocka_unit_test(test_ocsp_writes_bare_errors),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
