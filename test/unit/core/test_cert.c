/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <openssl/x509v3.h>

#include "core/cert.h"
#include "core/clock.h"
#include "core/der.h"
#include "core/limits.h"
#include "test/support/asn1.h"
#include "test/support/files.h"

static struct sk_arena *arena;

static int setup(void **state)
{
    (void)state;
    arena = arena_new(64u << 20);
    return arena == NULL;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static enum sk_status parse(const struct asn1_cert *recipe, struct sk_cert *out, struct sk_err *err)
{
    return cert_parse(arena, asn1_cert_der(arena, recipe), out, err);
}

static void assert_recipe(const struct asn1_cert *recipe, enum sk_status expected)
{
    struct sk_cert cert = {.version = 99};
    struct sk_err err = {.status = SK_OK};

    assert_int_equal(parse(recipe, &cert, &err), expected);
    assert_int_equal(err.status, expected);
    if (expected != SK_OK) {
        assert_int_equal(cert.version, 99);
        assert_int_equal(strncmp(err.text, "certificate: ", 13), 0);
        assert_int_equal(parse(recipe, &cert, NULL), expected);
    }
}

/* ---- the frame
 * ------------------------------------------------------------------------------------------- */

static void test_cert_refuses_every_truncation_and_a_tail(void **state)
{
    struct sk_buf buf;
    struct sk_cert cert;
    size_t len;

    (void)state;
    files_read(FILES_PKITS "/certs/ValidCertificatePathTest1EE.crt", &buf);
    for (len = 0; len < buf.len; len++) {
        uint8_t *cut = malloc(len > 0 ? len : 1);

        assert_non_null(cut);
        memcpy(cut, buf.data, len);
        assert_int_equal(cert_parse(arena, bytes_of(cut, len), &cert, NULL), SK_INPUT);
        free(cut);
    }
    buf_put_byte(&buf, 0);
    assert_int_equal(cert_parse(arena, buf_bytes(&buf), &cert, NULL), SK_INPUT);
    buf_done(&buf);
}

static void test_cert_survives_every_changed_octet(void **state)
{
    static const uint8_t changes[] = {0x01, 0x80, 0xff};
    struct sk_arena *small = arena_new(1u << 20);
    struct sk_buf buf;
    struct sk_cert cert;
    size_t i, j;

    (void)state;
    assert_non_null(small);
    files_read(FILES_PKITS "/certs/ValiddistributionPointTest5EE.crt", &buf);
    for (i = 0; i < buf.len; i++) {
        for (j = 0; j < sizeof(changes); j++) {
            enum sk_status status;

            buf.data[i] ^= changes[j];
            arena_reset(small);
            status = cert_parse(small, buf_bytes(&buf), &cert, NULL);
            assert_true(status == SK_OK || status == SK_INPUT || status == SK_LIMIT);
            buf.data[i] ^= changes[j];
        }
    }
    buf_done(&buf);
    arena_free(small);
}

static void test_cert_keeps_its_size_limit(void **state)
{
    uint8_t *big = calloc(1, LIMIT_CERT_BYTES + 1);
    struct sk_cert cert;

    (void)state;
    assert_non_null(big);
    assert_int_equal(cert_parse(arena, bytes_of(big, LIMIT_CERT_BYTES + 1), &cert, NULL), SK_LIMIT);
    assert_int_equal(cert_parse(arena, bytes_of(big, LIMIT_CERT_BYTES), &cert, NULL), SK_INPUT);
    free(big);
}

static void test_cert_ends_with_a_status_when_memory_does(void **state)
{
    struct sk_bytes der = asn1_cert_der(arena, &(struct asn1_cert){.raw_version = false});
    struct sk_arena *small = arena_new(40);
    struct sk_cert cert = {.version = 99};
    struct sk_err err = {.status = SK_OK};

    (void)state;
    assert_non_null(small);
    assert_int_equal(cert_parse(small, der, &cert, &err), SK_NOMEM);
    assert_int_equal(cert.version, 99);
    arena_free(small);
}

static void test_cert_versions(void **state)
{
    static const uint8_t any_ext[] = "\x30\x08\x06\x03\x2a\x03\x04\x04\x01\x00";
    const struct sk_bytes ext = bytes_of(any_ext, sizeof(any_ext) - 1);
    const struct sk_bytes v1 = ASN1_LIT("\xa0\x03\x02\x01\x00"),
                          v2 = ASN1_LIT("\xa0\x03\x02\x01\x01"),
                          v3 = ASN1_LIT("\xa0\x03\x02\x01\x02"),
                          v4 = ASN1_LIT("\xa0\x03\x02\x01\x03"),
                          unique = ASN1_LIT("\x81\x02\x00\x55\x82\x02\x00\x66");
    struct sk_cert cert;

    (void)state;
    assert_recipe(&(struct asn1_cert){.raw_version = true, .version = v1}, SK_INPUT);
    assert_recipe(&(struct asn1_cert){.raw_version = true, .version = v4}, SK_INPUT);
    assert_recipe(&(struct asn1_cert){.raw_version = true, .extensions = ext}, SK_INPUT);
    assert_recipe(&(struct asn1_cert){.raw_version = true, .version = v2, .extensions = ext},
                  SK_INPUT);
    assert_recipe(&(struct asn1_cert){.unique_ids = unique}, SK_INPUT);
    assert_recipe(&(struct asn1_cert){.raw_version = true, .version = v2, .unique_ids = unique},
                  SK_OK);
    assert_recipe(
        &(struct asn1_cert){
            .raw_version = true, .version = v3, .unique_ids = unique, .extensions = ext},
        SK_OK);
    assert_int_equal(parse(&(struct asn1_cert){.serial = {NULL, 0}}, &cert, NULL), SK_OK);
    assert_int_equal(cert.version, 1);
    assert_int_equal(parse(&(struct asn1_cert){.extensions = ext}, &cert, NULL), SK_OK);
    assert_int_equal(cert.version, 3);
}

static void test_cert_serials_of_any_sign_within_the_limit(void **state)
{
    uint8_t serial[LIMIT_SERIAL_BYTES + 1];
    struct sk_cert cert;

    (void)state;
    memset(serial, 0x41, sizeof(serial));
    assert_recipe(&(struct asn1_cert){.serial = ASN1_LIT("\x00\x01")}, SK_INPUT);
    assert_recipe(&(struct asn1_cert){.serial = bytes_of(serial, LIMIT_SERIAL_BYTES + 1)},
                  SK_LIMIT);
    assert_recipe(&(struct asn1_cert){.serial = bytes_of(serial, LIMIT_SERIAL_BYTES)}, SK_OK);
    assert_recipe(&(struct asn1_cert){.serial = ASN1_LIT("\x00")}, SK_OK);
    assert_int_equal(parse(&(struct asn1_cert){.serial = ASN1_LIT("\xff\x7f")}, &cert, NULL),
                     SK_OK);
    assert_memory_equal(cert.serial.p, "\xff\x7f", 2);
}

static struct sk_bytes validity(uint8_t tag_a, const char *a, uint8_t tag_b, const char *b)
{
    struct sk_buf buf;
    struct sk_bytes out;
    size_t mark;

    buf_init(&buf, 200);
    mark = derout_open(&buf, DER_SEQUENCE);
    derout_tlv(&buf, tag_a, bytes_of(a, strlen(a)));
    derout_tlv(&buf, tag_b, bytes_of(b, strlen(b)));
    derout_close(&buf, mark);
    out = bytes_of(arena_copy(arena, buf.data, buf.len), buf.len);
    buf_done(&buf);
    return out;
}

static void test_cert_times(void **state)
{
    static const char *const bad_utc[] = {"1001010000Z",
                                          "100101000000",
                                          "100101000000+0000",
                                          "101301000000Z",
                                          "100230000000Z",
                                          "100101240000Z",
                                          "100101006000Z",
                                          "100101000060Z",
                                          "10010100000 Z",
                                          "20100101000000Z",
                                          ""};
    static const char *const bad_general[] = {"20500101000000.5Z", "205001010000Z",
                                              "20500101000000", "20500101000000+0900"};
    struct asn1_cert recipe = {.raw_version = false};
    struct sk_cert cert;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(bad_utc) / sizeof(bad_utc[0]); i++) {
        recipe.validity = validity(DER_UTC_TIME, bad_utc[i], DER_UTC_TIME, "300101000000Z");
        assert_recipe(&recipe, SK_INPUT);
    }
    for (i = 0; i < sizeof(bad_general) / sizeof(bad_general[0]); i++) {
        recipe.validity =
            validity(DER_UTC_TIME, "100101000000Z", DER_GENERALIZED_TIME, bad_general[i]);
        assert_recipe(&recipe, SK_INPUT);
    }
    recipe.validity =
        validity(DER_UTC_TIME, "500101000000Z", DER_GENERALIZED_TIME, "99991231235959Z");
    assert_int_equal(parse(&recipe, &cert, NULL), SK_OK);
    assert_int_equal(cert.not_before, -631152000); /* V-13: 1950 */
    assert_true(cert.not_after == CLOCK_NEVER);    /* V-15 */
    recipe.validity =
        validity(DER_GENERALIZED_TIME, "20100101000000Z", DER_UTC_TIME, "491231235959Z");
    assert_int_equal(parse(&recipe, &cert, NULL), SK_OK);
    assert_int_equal(cert.not_before, 1262304000);
    assert_int_equal(cert.not_after, 2524607999);
}

static void test_cert_names_and_self_issue(void **state)
{
    struct sk_buf upper, lower;
    struct asn1_cert recipe = {.raw_version = false};
    const struct asn1_ava ava = {0, OID_AT_COMMON_NAME, DER_PRINTABLE_STRING, " THE  ca", 0};
    struct sk_cert cert;

    (void)state;
    buf_init(&upper, 200);
    buf_init(&lower, 200);
    asn1_name(&upper, &ava, 1);
    asn1_common_name(&lower, "the CA");
    recipe.issuer = buf_bytes(&upper);
    recipe.subject = buf_bytes(&lower);
    assert_int_equal(parse(&recipe, &cert, NULL), SK_OK);
    assert_true(cert.is_self_issued); /* V-30, in different encodings */
    assert_memory_equal(cert.issuer_hash, cert.subject_hash, SK_SHA256);
    recipe.subject = ASN1_LIT("\x30\x00");
    assert_int_equal(parse(&recipe, &cert, NULL), SK_OK);
    assert_false(cert.is_self_issued);
    recipe.subject = ASN1_LIT("\x30\x02\x31\x00");
    assert_recipe(&recipe, SK_INPUT);
    buf_done(&upper);
    buf_done(&lower);
}

static void test_cert_a_signature_with_unused_bits_is_no_signature(void **state)
{
    struct sk_cert cert;

    (void)state;
    assert_recipe(&(struct asn1_cert){.signature = ASN1_LIT("\x03\x02\x01\x01")}, SK_INPUT);
    assert_int_equal(
        parse(&(struct asn1_cert){.signature = ASN1_LIT("\x03\x02\x01\x02")}, &cert, NULL), SK_OK);
    assert_int_equal(cert.signature.len, 0);
}

static void test_cert_refuses_wrong_public_key_shapes(void **state)
{
    (void)state;
    assert_recipe(&(struct asn1_cert){.spki = ASN1_LIT("\x30\x00")}, SK_INPUT);
    assert_recipe(&(struct asn1_cert){.spki = ASN1_LIT("\x30\x07\x30\x05\x06\x03\x2b\x65\x70")},
                  SK_INPUT);
    assert_recipe(&(struct asn1_cert){.spki = ASN1_LIT(
                                          "\x30\x0b\x30\x05\x06\x03\x2b\x65\x70\x03\x02\x01\x02")},
                  SK_INPUT);
    assert_recipe(&(struct asn1_cert){.spki = ASN1_LIT(
                                          "\x30\x0b\x30\x05\x06\x03\x2b\x65\x70\x03\x02\x00\x02")},
                  SK_OK);
}

/* ---- extensions
 * ------------------------------------------------------------------------------------------ */

static void test_cert_refuses_wrong_extension_lists(void **state)
{
    const struct sk_bytes tails[] = {
        ASN1_LIT("\xa3\x02\x30\x00"),                     /* no extension in the list */
        ASN1_LIT("\xa3\x00"),                             /* no list */
        ASN1_LIT("\x30\x00"),                             /* not [3] */
        ASN1_LIT("\xa3\x04\x30\x02\x30\x00"),             /* an empty extension */
        ASN1_LIT("\xa3\x07\x30\x05\x30\x03\x06\x01\x2a"), /* without value */
        ASN1_LIT("\xa3\x0c\x30\x0a\x30\x08\x06\x01\x2a\x01\x01\x01\x04\x00"), /* TRUE as 01 */
        ASN1_LIT("\xa3\x0b\x30\x09\x30\x07\x06\x01\x2a\x04\x00\x05\x00"),     /* a tail */
        ASN1_LIT("\xa3\x09\x30\x05\x30\x05\x06\x01\x2a\x04\x00\x05\x00"),
    };
    struct asn1_cert recipe = {.raw_version = true, .version = ASN1_LIT("\xa0\x03\x02\x01\x02")};
    struct sk_cert cert;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
        recipe.tail = tails[i];
        assert_recipe(&recipe, SK_INPUT);
    }
    /* FALSE written out, against DER: met in the field, and it can mean only one thing. */
    recipe.tail = ASN1_LIT("\xa3\x0c\x30\x0a\x30\x08\x06\x01\x2a\x01\x01\x00\x04\x00");
    assert_int_equal(parse(&recipe, &cert, NULL), SK_OK);
    assert_false(cert.has_unknown_critical);
}

static void test_cert_refuses_duplicate_extensions(void **state)
{
    struct asn1_cert recipe = {.raw_version = false};
    struct sk_buf ext;

    (void)state;
    buf_init(&ext, 1000);
    asn1_extension(&ext, OID_EXT_BASIC_CONSTRAINTS, true, ASN1_LIT("\x30\x00"));
    asn1_extension(&ext, OID_EXT_BASIC_CONSTRAINTS, false, ASN1_LIT("\x30\x03\x01\x01\xff"));
    recipe.extensions = buf_bytes(&ext);
    assert_recipe(&recipe, SK_INPUT); /* V-08 */
    buf_reset(&ext);
    asn1_extension(&ext, OID_SHA1, false, ASN1_LIT("a")); /* one that nobody knows */
    asn1_extension(&ext, OID_SHA1, false, ASN1_LIT("b"));
    recipe.extensions = buf_bytes(&ext);
    assert_recipe(&recipe, SK_INPUT);
    buf_done(&ext);
}

static void put_numbered(struct sk_buf *ext, unsigned n)
{
    uint8_t oid[] = {0x2a, 0x03, (uint8_t)(n & 0x7f)};
    size_t seq = derout_open(ext, DER_SEQUENCE);

    derout_tlv(ext, DER_OID, bytes_of(oid, sizeof(oid)));
    derout_tlv(ext, DER_OCTET_STRING, ASN1_LIT("x"));
    derout_close(ext, seq);
}

static void test_cert_keeps_its_number_of_extensions(void **state)
{
    struct asn1_cert recipe = {.raw_version = false};
    struct sk_buf ext;
    unsigned i;

    (void)state;
    buf_init(&ext, 65536);
    for (i = 0; i < LIMIT_CERT_EXTENSIONS; i++)
        put_numbered(&ext, i);
    recipe.extensions = buf_bytes(&ext);
    assert_recipe(&recipe, SK_OK);
    put_numbered(&ext, i);
    recipe.extensions = buf_bytes(&ext);
    assert_recipe(&recipe, SK_LIMIT);
    buf_done(&ext);
}

static void test_cert_notes_the_first_unknown_critical_extension(void **state)
{
    struct asn1_cert recipe = {.raw_version = false};
    struct sk_buf ext;
    struct sk_cert cert;

    (void)state;
    buf_init(&ext, 1000);
    asn1_extension(&ext, OID_SHA1, false, ASN1_LIT("a"));
    asn1_extension(&ext, OID_EXT_SUBJECT_DIRECTORY_ATTRIBUTES, true, ASN1_LIT("b"));
    asn1_extension(&ext, OID_SHA256, true, ASN1_LIT("c"));
    recipe.extensions = buf_bytes(&ext);
    assert_int_equal(parse(&recipe, &cert, NULL), SK_OK);
    assert_true(cert.has_unknown_critical); /* V-80 */
    assert_true(oid_is(cert.unknown_critical, OID_EXT_SUBJECT_DIRECTORY_ATTRIBUTES));
    buf_done(&ext);
}

static void test_cert_absent_extensions_give_empty_walks(void **state)
{
    struct sk_cert cert;
    struct cert_walk w;
    struct cert_policy policy;
    struct cert_dist_point point;
    struct sk_bytes oid;

    (void)state;
    assert_int_equal(parse(&(struct asn1_cert){.raw_version = false}, &cert, NULL), SK_OK);
    assert_int_equal(cert_walk_init(&w, &cert.policies), SK_OK);
    assert_int_equal(cert_policy_next(&w, &policy), SK_NOTFOUND);
    assert_int_equal(cert_dist_point_next(&w, &point), SK_NOTFOUND);
    assert_int_equal(cert_eku_next(&w, &oid), SK_NOTFOUND);
}

/* ---- against OpenSSL over PKITS
 * ---------------------------------------------------------------------------- */

static void compare_serial(const struct sk_cert *cert, X509 *x)
{
    unsigned char *der = NULL;
    int len = i2d_ASN1_INTEGER(X509_get_serialNumber(x), &der);

    assert_true(len > 2);
    assert_int_equal((size_t)len - 2, cert->serial.len);
    assert_memory_equal(der + 2, cert->serial.p, cert->serial.len);
    OPENSSL_free(der);
}

static void compare_name(struct sk_bytes ours, X509_NAME *theirs)
{
    const unsigned char *der;
    size_t len;

    assert_int_equal(X509_NAME_get0_der(theirs, &der, &len), 1);
    assert_int_equal(len, ours.len);
    assert_memory_equal(der, ours.p, len);
}

static void compare_extension(const struct cert_extension *ours, X509 *x, int nid)
{
    int at = X509_get_ext_by_NID(x, nid, -1);
    X509_EXTENSION *ext = at >= 0 ? X509_get_ext(x, at) : NULL;

    assert_true(ours->is_present == (ext != NULL));
    if (ext == NULL)
        return;
    assert_true(ours->is_critical == (X509_EXTENSION_get_critical(ext) == 1));
    assert_int_equal(ours->value.len, ASN1_STRING_length(X509_EXTENSION_get_data(ext)));
    assert_memory_equal(ours->value.p, ASN1_STRING_get0_data(X509_EXTENSION_get_data(ext)),
                        ours->value.len);
}

static void compare_extensions(const struct sk_cert *cert, X509 *x)
{
    compare_extension(&cert->ski, x, NID_subject_key_identifier);
    compare_extension(&cert->aki_ext, x, NID_authority_key_identifier);
    compare_extension(&cert->key_usage, x, NID_key_usage);
    compare_extension(&cert->san, x, NID_subject_alt_name);
    compare_extension(&cert->ian, x, NID_issuer_alt_name);
    compare_extension(&cert->basic_constraints, x, NID_basic_constraints);
    compare_extension(&cert->name_constraints, x, NID_name_constraints);
    compare_extension(&cert->crl_dp, x, NID_crl_distribution_points);
    compare_extension(&cert->freshest_crl, x, NID_freshest_crl);
    compare_extension(&cert->policies, x, NID_certificate_policies);
    compare_extension(&cert->policy_mappings, x, NID_policy_mappings);
    compare_extension(&cert->policy_constraints, x, NID_policy_constraints);
    compare_extension(&cert->eku, x, NID_ext_key_usage);
    compare_extension(&cert->inhibit_any, x, NID_inhibit_any_policy);
    compare_extension(&cert->aia, x, NID_info_access);
    compare_extension(&cert->sia, x, NID_sinfo_access);
}

/* OpenSSL's cached view: KU_* has the first eight bits in the order of the octet. */
static void compare_meaning(const struct sk_cert *cert, X509 *x)
{
    uint32_t usage = X509_get_key_usage(x);
    BASIC_CONSTRAINTS *bc = X509_get_ext_d2i(x, NID_basic_constraints, NULL, NULL);
    const ASN1_OCTET_STRING *ski = X509_get0_subject_key_id(x);
    unsigned bit;

    for (bit = 0; bit < 8 && cert->key_usage.is_present; bit++)
        assert_true(((cert->key_usage_bits >> bit & 1u) != 0) == ((usage & (0x80u >> bit)) != 0));
    assert_true(cert->is_ca == (bc != NULL && bc->ca != 0));
    assert_true(cert->has_path_len == (bc != NULL && bc->pathlen != NULL));
    if (cert->has_path_len)
        assert_int_equal(cert->path_len, ASN1_INTEGER_get(bc->pathlen));
    BASIC_CONSTRAINTS_free(bc);
    assert_int_equal(cert->ski_id.len, ski != NULL ? ASN1_STRING_length(ski) : 0);
    if (ski != NULL)
        assert_memory_equal(cert->ski_id.p, ASN1_STRING_get0_data(ski), cert->ski_id.len);
}

static void compare_visit(void *arg, const char *file, struct sk_bytes der)
{
    const unsigned char *p = der.p;
    X509 *x = d2i_X509(NULL, &p, (long)der.len);
    unsigned char digest[SK_SHA256];
    unsigned len;
    struct sk_cert cert;
    struct sk_err err = {.status = SK_OK};

    (void)arg;
    assert_non_null(x);
    arena_reset(arena);
    if (cert_parse(arena, der, &cert, &err) != SK_OK)
        fail_msg("%s: %s", file, err.text);
    assert_int_equal(cert.version, X509_get_version(x) + 1);
    compare_serial(&cert, x);
    compare_name(cert.issuer, X509_get_issuer_name(x));
    compare_name(cert.subject, X509_get_subject_name(x));
    assert_true(cert.is_self_issued ==
                (X509_NAME_cmp(X509_get_issuer_name(x), X509_get_subject_name(x)) == 0));
    assert_int_equal(cert.not_before, asn1_seconds(X509_get0_notBefore(x)));
    if (cert.not_after != CLOCK_NEVER)
        assert_int_equal(cert.not_after, asn1_seconds(X509_get0_notAfter(x)));
    compare_extensions(&cert, x);
    compare_meaning(&cert, x);
    assert_int_equal(X509_digest(x, EVP_sha256(), digest, &len), 1);
    assert_memory_equal(digest, cert.sha256, SK_SHA256);
    assert_int_equal(cert.key_bits.len, ASN1_STRING_length(X509_get0_pubkey_bitstr(x)));
    assert_true(cert.is_sig_alg_equal);
    X509_free(x);
}

static void test_cert_agrees_with_openssl_on_all_of_pkits(void **state)
{
    (void)state;
    assert_int_equal(files_each(FILES_PKITS "/certs", ".crt", compare_visit, NULL), 405);
}

static void test_cert_describes_itself(void **state)
{
    struct asn1_cert recipe = {.serial = ASN1_LIT("\x12\xab")};
    struct sk_cert cert;
    struct sk_buf text;

    (void)state;
    buf_init(&text, 200);
    assert_int_equal(parse(&recipe, &cert, NULL), SK_OK);
    assert_int_equal(cert_describe(&cert, &text), SK_OK);
    assert_true(bytes_equal(buf_bytes(&text), ASN1_LIT("CN=subject")));
    buf_reset(&text);
    recipe.subject = ASN1_LIT("\x30\x00");
    assert_int_equal(parse(&recipe, &cert, NULL), SK_OK);
    assert_int_equal(cert_describe(&cert, &text), SK_OK);
    assert_true(bytes_equal(buf_bytes(&text), ASN1_LIT("serial 12ab")));
    buf_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cert_refuses_every_truncation_and_a_tail),
        cmocka_unit_test(test_cert_survives_every_changed_octet),
        cmocka_unit_test(test_cert_keeps_its_size_limit),
        cmocka_unit_test(test_cert_ends_with_a_status_when_memory_does),
        cmocka_unit_test(test_cert_versions),
        cmocka_unit_test(test_cert_serials_of_any_sign_within_the_limit),
        cmocka_unit_test(test_cert_times),
        cmocka_unit_test(test_cert_names_and_self_issue),
        cmocka_unit_test(test_cert_a_signature_with_unused_bits_is_no_signature),
        cmocka_unit_test(test_cert_refuses_wrong_public_key_shapes),
        cmocka_unit_test(test_cert_refuses_wrong_extension_lists),
        cmocka_unit_test(test_cert_refuses_duplicate_extensions),
        cmocka_unit_test(test_cert_keeps_its_number_of_extensions),
        cmocka_unit_test(test_cert_notes_the_first_unknown_critical_extension),
        cmocka_unit_test(test_cert_absent_extensions_give_empty_walks),
        cmocka_unit_test(test_cert_agrees_with_openssl_on_all_of_pkits),
        cmocka_unit_test(test_cert_describes_itself),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
