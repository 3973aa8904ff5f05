/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/cert.h"
#include "core/der.h"
#include "core/limits.h"
#include "test/support/asn1.h"

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

/* Parses a v3 certificate with this one extension. */
static enum sk_status with_extension(enum oid_id id, struct sk_bytes value, struct sk_cert *out,
                                     struct sk_err *err)
{
    struct asn1_cert recipe = {.raw_version = false};
    struct sk_buf ext;
    enum sk_status status;

    buf_init(&ext, 1u << 20);
    asn1_extension(&ext, id, true, value);
    recipe.extensions = buf_bytes(&ext);
    status = parse(&recipe, out, err);
    buf_done(&ext);
    return status;
}

/* Refused, with a text that names the extension and where it is defined. */
static void assert_malformed(enum oid_id id, struct sk_bytes value)
{
    struct sk_cert cert;
    struct sk_err err = {.status = SK_OK};

    assert_int_equal(with_extension(id, value, &cert, &err), SK_INPUT);
    assert_non_null(strstr(err.text, oid_name(id)));
    assert_non_null(strstr(err.text, "(RFC "));
}

static struct sk_cert well_formed(enum oid_id id, struct sk_bytes value)
{
    struct sk_cert cert;
    struct sk_err err = {.status = SK_OK};

    if (with_extension(id, value, &cert, &err) != SK_OK)
        fail_msg("%s", err.text);
    assert_false(cert.has_unknown_critical);
    return cert;
}

static void test_cert_extension_values_take_no_tail(void **state)
{
    static const struct {
        enum oid_id id;
        const char *value;
        size_t len;
    } good[] = {
        {OID_EXT_SUBJECT_KEY_IDENTIFIER, "\x04\x01x", 3},
        {OID_EXT_AUTHORITY_KEY_IDENTIFIER, "\x30\x03\x80\x01x", 5},
        {OID_EXT_KEY_USAGE, "\x03\x02\x01\x06", 4},
        {OID_EXT_SUBJECT_ALT_NAME,
         "\x30\x03\x82\x01"
         "a",
         5},
        {OID_EXT_ISSUER_ALT_NAME,
         "\x30\x03\x82\x01"
         "a",
         5},
        {OID_EXT_BASIC_CONSTRAINTS, "\x30\x06\x01\x01\xff\x02\x01\x03", 8},
        {OID_EXT_NAME_CONSTRAINTS,
         "\x30\x07\xa0\x05\x30\x03\x82\x01"
         "a",
         9},
        {OID_EXT_CRL_DISTRIBUTION_POINTS,
         "\x30\x09\x30\x07\xa0\x05\xa0\x03\x86\x01"
         "a",
         11},
        {OID_EXT_FRESHEST_CRL,
         "\x30\x09\x30\x07\xa0\x05\xa0\x03\x86\x01"
         "a",
         11},
        {OID_EXT_CERTIFICATE_POLICIES, "\x30\x05\x30\x03\x06\x01\x2a", 7},
        {OID_EXT_POLICY_MAPPINGS, "\x30\x08\x30\x06\x06\x01\x2a\x06\x01\x2b", 10},
        {OID_EXT_POLICY_CONSTRAINTS, "\x30\x06\x80\x01\x00\x81\x01\x05", 8},
        {OID_EXT_EXTENDED_KEY_USAGE, "\x30\x03\x06\x01\x2a", 5},
        {OID_EXT_INHIBIT_ANY_POLICY, "\x02\x01\x07", 3},
        {OID_EXT_AUTHORITY_INFO_ACCESS,
         "\x30\x08\x30\x06\x06\x01\x2a\x86\x01"
         "a",
         10},
        {OID_EXT_SUBJECT_INFO_ACCESS,
         "\x30\x08\x30\x06\x06\x01\x2a\x86\x01"
         "a",
         10},
        {OID_OCSP_NOCHECK, "\x05\x00", 2},
    };
    uint8_t longer[32];
    size_t i, cut;

    (void)state;
    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        (void)well_formed(good[i].id, bytes_of(good[i].value, good[i].len));
        for (cut = 0; cut < good[i].len; cut++)
            assert_malformed(good[i].id, bytes_of(good[i].value, cut));
        memcpy(longer, good[i].value, good[i].len);
        longer[good[i].len] = 0x05;
        longer[good[i].len + 1] = 0x00;
        assert_malformed(good[i].id, bytes_of(longer, good[i].len + 2));
    }
}

static void test_cert_key_usage(void **state)
{
    struct sk_cert cert;

    (void)state;
    assert_malformed(OID_EXT_KEY_USAGE, ASN1_LIT("\x03\x01\x00"));         /* no bit at all */
    assert_malformed(OID_EXT_KEY_USAGE, ASN1_LIT("\x03\x02\x07\x00"));     /* none set */
    assert_malformed(OID_EXT_KEY_USAGE, ASN1_LIT("\x03\x02\x01\x07"));     /* padding set */
    assert_malformed(OID_EXT_KEY_USAGE, ASN1_LIT("\x03\x03\x06\x00\x40")); /* only bit 9 */
    cert = well_formed(OID_EXT_KEY_USAGE, ASN1_LIT("\x03\x02\x01\x06"));
    assert_int_equal(cert.key_usage_bits, KEY_USAGE_KEY_CERT_SIGN | KEY_USAGE_CRL_SIGN);
    assert_true(cert.key_usage.is_present && cert.key_usage.is_critical);
    cert = well_formed(OID_EXT_KEY_USAGE, ASN1_LIT("\x03\x03\x07\x81\x80"));
    assert_int_equal(cert.key_usage_bits, KEY_USAGE_DIGITAL_SIGNATURE | KEY_USAGE_ENCIPHER_ONLY |
                                              KEY_USAGE_DECIPHER_ONLY);
    cert = well_formed(OID_EXT_KEY_USAGE, ASN1_LIT("\x03\x02\x00\xc0")); /* trailing zero bits */
    assert_int_equal(cert.key_usage_bits, KEY_USAGE_DIGITAL_SIGNATURE | KEY_USAGE_NON_REPUDIATION);
}

static void test_cert_basic_constraints(void **state)
{
    struct sk_cert cert;

    (void)state;
    /* V-73: a length without cA, also with cA written FALSE */
    assert_malformed(OID_EXT_BASIC_CONSTRAINTS, ASN1_LIT("\x30\x03\x02\x01\x00"));
    assert_malformed(OID_EXT_BASIC_CONSTRAINTS, ASN1_LIT("\x30\x06\x01\x01\x00\x02\x01\x00"));
    assert_malformed(OID_EXT_BASIC_CONSTRAINTS, ASN1_LIT("\x30\x06\x01\x01\xff\x02\x01\xff"));
    assert_malformed(OID_EXT_BASIC_CONSTRAINTS, ASN1_LIT("\x30\x03\x01\x01\x01"));
    assert_malformed(OID_EXT_BASIC_CONSTRAINTS, ASN1_LIT("\x30\x06\x02\x01\x00\x01\x01\xff"));
    cert = well_formed(OID_EXT_BASIC_CONSTRAINTS, ASN1_LIT("\x30\x00"));
    assert_false(cert.is_ca || cert.has_path_len);
    cert = well_formed(OID_EXT_BASIC_CONSTRAINTS, ASN1_LIT("\x30\x06\x01\x01\xff\x02\x01\x00"));
    assert_true(cert.is_ca && cert.has_path_len && cert.path_len == 0);
    /* A length that no machine word holds: a large one, not an error. */
    cert = well_formed(OID_EXT_BASIC_CONSTRAINTS,
                       ASN1_LIT("\x30\x0f\x01\x01\xff\x02\x0a\x7f\0\0\0\0\0\0\0\0\0"));
    assert_true(cert.is_ca && cert.has_path_len && cert.path_len == UINT64_MAX);
}

static void test_cert_policies(void **state)
{
    struct sk_cert cert;
    struct cert_walk w;
    struct cert_policy policy;

    (void)state;
    assert_malformed(OID_EXT_CERTIFICATE_POLICIES, ASN1_LIT("\x30\x00"));
    /* V-64 */
    assert_malformed(OID_EXT_CERTIFICATE_POLICIES,
                     ASN1_LIT("\x30\x0a\x30\x03\x06\x01\x2a\x30\x03\x06\x01\x2a"));
    /* Qualifiers: an empty list, one without qualifier */
    assert_malformed(OID_EXT_CERTIFICATE_POLICIES,
                     ASN1_LIT("\x30\x07\x30\x05\x06\x01\x2a\x30\x00"));
    assert_malformed(OID_EXT_CERTIFICATE_POLICIES,
                     ASN1_LIT("\x30\x0c\x30\x0a\x06\x01\x2a\x30\x05\x30\x03\x06\x01\x2a"));
    cert = well_formed(OID_EXT_CERTIFICATE_POLICIES,
                       ASN1_LIT("\x30\x13\x30\x03\x06\x01\x2b\x30\x0c\x06\x01\x2a\x30\x07\x30\x05"
                                "\x06\x01\x2a\x05\x00"));
    assert_int_equal(cert_walk_init(&w, &cert.policies), SK_OK);
    assert_int_equal(cert_policy_next(&w, &policy), SK_OK);
    assert_int_equal(policy.oid.p[0], 0x2b);
    assert_int_equal(policy.qualifiers.len, 0);
    assert_int_equal(cert_policy_next(&w, &policy), SK_OK);
    assert_int_equal(policy.oid.p[0], 0x2a);
    assert_int_equal(policy.qualifiers.len, 9);
    assert_int_equal(cert_policy_next(&w, &policy), SK_NOTFOUND);
}

static void test_cert_policy_mappings(void **state)
{
    struct sk_cert cert;
    struct cert_walk w;
    struct sk_bytes from, to;

    (void)state;
    assert_malformed(OID_EXT_POLICY_MAPPINGS, ASN1_LIT("\x30\x00"));
    assert_malformed(OID_EXT_POLICY_MAPPINGS, ASN1_LIT("\x30\x05\x30\x03\x06\x01\x2a"));
    cert =
        well_formed(OID_EXT_POLICY_MAPPINGS, ASN1_LIT("\x30\x08\x30\x06\x06\x01\x2a\x06\x01\x2b"));
    assert_int_equal(cert_walk_init(&w, &cert.policy_mappings), SK_OK);
    assert_int_equal(cert_mapping_next(&w, &from, &to), SK_OK);
    assert_int_equal(from.p[0], 0x2a);
    assert_int_equal(to.p[0], 0x2b);
    assert_int_equal(cert_mapping_next(&w, &from, &to), SK_NOTFOUND);
}

static void test_cert_lists_of_what_they_must_not_hold(void **state)
{
    (void)state;
    assert_malformed(OID_EXT_EXTENDED_KEY_USAGE, ASN1_LIT("\x30\x03\x02\x01\x00"));
    assert_malformed(OID_EXT_AUTHORITY_INFO_ACCESS, ASN1_LIT("\x30\x02\x30\x00"));
    assert_malformed(OID_EXT_SUBJECT_INFO_ACCESS, ASN1_LIT("\x30\x05\x30\x03\x06\x01\x2a"));
}

static void test_cert_policy_constraints_and_inhibit_any_policy(void **state)
{
    struct sk_cert cert;

    (void)state;
    assert_malformed(OID_EXT_POLICY_CONSTRAINTS, ASN1_LIT("\x30\x00"));
    assert_malformed(OID_EXT_POLICY_CONSTRAINTS, ASN1_LIT("\x30\x03\x80\x01\xff"));
    assert_malformed(OID_EXT_POLICY_CONSTRAINTS, ASN1_LIT("\x30\x03\x81\x01\xff"));
    assert_malformed(OID_EXT_POLICY_CONSTRAINTS, ASN1_LIT("\x30\x06\x81\x01\x00\x80\x01\x00"));
    cert = well_formed(OID_EXT_POLICY_CONSTRAINTS, ASN1_LIT("\x30\x03\x81\x01\x00"));
    assert_true(cert.has_inhibit_mapping && !cert.has_require_explicit);
    assert_int_equal(cert.inhibit_mapping, 0);
    cert = well_formed(OID_EXT_POLICY_CONSTRAINTS, ASN1_LIT("\x30\x03\x80\x01\x04"));
    assert_true(!cert.has_inhibit_mapping && cert.has_require_explicit);
    assert_int_equal(cert.require_explicit, 4);
    assert_malformed(OID_EXT_INHIBIT_ANY_POLICY, ASN1_LIT("\x02\x01\xff"));
    cert = well_formed(OID_EXT_INHIBIT_ANY_POLICY, ASN1_LIT("\x02\x01\x02"));
    assert_int_equal(cert.inhibit_any_skip, 2);
}

static void test_cert_names_in_extensions(void **state)
{
    (void)state;
    assert_malformed(OID_EXT_SUBJECT_ALT_NAME, ASN1_LIT("\x30\x00"));
    assert_malformed(OID_EXT_ISSUER_ALT_NAME, ASN1_LIT("\x30\x00"));
    assert_malformed(OID_EXT_SUBJECT_ALT_NAME, ASN1_LIT("\x30\x05\x87\x03\x01\x02\x03"));
    assert_malformed(OID_EXT_NAME_CONSTRAINTS, ASN1_LIT("\x30\x00"));
    assert_malformed(OID_EXT_NAME_CONSTRAINTS, ASN1_LIT("\x30\x02\xa0\x00"));
    assert_malformed(OID_EXT_NAME_CONSTRAINTS, ASN1_LIT("\x30\x02\xa2\x00"));
    /* excluded before permitted; a negative minimum; an address without mask */
    assert_malformed(OID_EXT_NAME_CONSTRAINTS, ASN1_LIT("\x30\x0e\xa1\x05\x30\x03\x82\x01"
                                                        "a"
                                                        "\xa0\x05\x30\x03\x82\x01"
                                                        "a"));
    assert_malformed(OID_EXT_NAME_CONSTRAINTS, ASN1_LIT("\x30\x0a\xa0\x08\x30\x06\x82\x01"
                                                        "a"
                                                        "\x80\x01\xff"));
    assert_malformed(OID_EXT_NAME_CONSTRAINTS,
                     ASN1_LIT("\x30\x0a\xa0\x08\x30\x06\x87\x04\x7f\x00\x00\x01"));
    /* a negative maximum; something after it */
    assert_malformed(OID_EXT_NAME_CONSTRAINTS, ASN1_LIT("\x30\x0a\xa0\x08\x30\x06\x82\x01"
                                                        "a"
                                                        "\x81\x01\xff"));
    assert_malformed(OID_EXT_NAME_CONSTRAINTS, ASN1_LIT("\x30\x09\xa0\x07\x30\x05\x82\x01"
                                                        "a"
                                                        "\x05\x00"));
    (void)well_formed(OID_EXT_NAME_CONSTRAINTS, ASN1_LIT("\x30\x0e\xa0\x05\x30\x03\x82\x01"
                                                         "a"
                                                         "\xa1\x05\x30\x03\x82\x01"
                                                         "b"));
    (void)well_formed(OID_EXT_NAME_CONSTRAINTS, ASN1_LIT("\x30\x0d\xa0\x0b\x30\x09\x82\x01"
                                                         "a"
                                                         "\x80\x01\x01\x81\x01\x02"));
}

static void test_cert_authority_key_identifier(void **state)
{
    struct sk_cert cert;

    (void)state;
    /* RFC 5280 4.2.1.1: issuer and serial go together. */
    assert_malformed(OID_EXT_AUTHORITY_KEY_IDENTIFIER, ASN1_LIT("\x30\x03\x82\x01\x05"));
    assert_malformed(OID_EXT_AUTHORITY_KEY_IDENTIFIER, ASN1_LIT("\x30\x05\xa1\x03\x82\x01"
                                                                "a"));
    assert_malformed(OID_EXT_AUTHORITY_KEY_IDENTIFIER, ASN1_LIT("\x30\x05\xa1\x00\x82\x01\x05"));
    assert_malformed(OID_EXT_AUTHORITY_KEY_IDENTIFIER, ASN1_LIT("\x30\x05\x80\x01k\x83\x00"));
    assert_malformed(OID_EXT_AUTHORITY_KEY_IDENTIFIER, ASN1_LIT("\x30\x05\x80\x01k\x80\x00"));
    cert = well_formed(OID_EXT_AUTHORITY_KEY_IDENTIFIER, ASN1_LIT("\x30\x00"));
    assert_false(cert.aki.has_key_id);
    cert =
        well_formed(OID_EXT_AUTHORITY_KEY_IDENTIFIER, ASN1_LIT("\x30\x0b\x80\x01k\xa1\x03\x82\x01"
                                                               "a"
                                                               "\x82\x01\x05"));
    assert_true(cert.aki.has_key_id);
    assert_int_equal(cert.aki.key_id.len, 1);
    assert_int_equal(cert.aki.issuer_names.len, 3);
    assert_int_equal(cert.aki.serial.len, 1);
}

static void test_cert_distribution_points(void **state)
{
    struct sk_cert cert;
    struct cert_walk w;
    struct cert_dist_point point;

    (void)state;
    assert_malformed(OID_EXT_CRL_DISTRIBUTION_POINTS, ASN1_LIT("\x30\x00"));
    /* reasons that are no BIT STRING */
    assert_malformed(OID_EXT_CRL_DISTRIBUTION_POINTS,
                     ASN1_LIT("\x30\x0d\x30\x0b\xa0\x05\xa0\x03\x86\x01"
                              "u"
                              "\x81\x02\x09\x60"));
    /* Nothing, or reasons alone */
    assert_malformed(OID_EXT_CRL_DISTRIBUTION_POINTS, ASN1_LIT("\x30\x02\x30\x00"));
    assert_malformed(OID_EXT_CRL_DISTRIBUTION_POINTS, ASN1_LIT("\x30\x06\x30\x04\x81\x02\x05\x60"));
    /* fullName without names; a relative name without attributes; an unknown choice */
    assert_malformed(OID_EXT_CRL_DISTRIBUTION_POINTS, ASN1_LIT("\x30\x06\x30\x04\xa0\x02\xa0\x00"));
    assert_malformed(OID_EXT_CRL_DISTRIBUTION_POINTS, ASN1_LIT("\x30\x06\x30\x04\xa0\x02\xa1\x00"));
    assert_malformed(OID_EXT_CRL_DISTRIBUTION_POINTS, ASN1_LIT("\x30\x06\x30\x04\xa0\x02\xa2\x00"));
    assert_malformed(OID_EXT_CRL_DISTRIBUTION_POINTS, ASN1_LIT("\x30\x04\x30\x02\xa2\x00"));
    cert = well_formed(OID_EXT_CRL_DISTRIBUTION_POINTS,
                       /* { relative CN=a, reasons keyCompromise and cACompromise, issuer dNSName:b
                          } { issuer c } */
                       ASN1_LIT("\x30\x22"
                                "\x30\x17"
                                "\xa0\x0c\xa1\x0a\x30\x08\x06\x03\x55\x04\x03\x0c\x01"
                                "a"
                                "\x81\x02\x05\x60"
                                "\xa2\x03\x82\x01"
                                "b"
                                "\x30\x07\xa2\x05\x82\x03"
                                "c.d"));
    assert_int_equal(cert_walk_init(&w, &cert.crl_dp), SK_OK);
    assert_int_equal(cert_dist_point_next(&w, &point), SK_OK);
    assert_true(point.has_name && point.has_reasons);
    assert_int_equal(point.full_name.len, 0);
    assert_int_equal(point.relative.len, 10);
    assert_int_equal(point.reasons, 1u << 0 | 1u << 1);
    assert_int_equal(point.crl_issuer.len, 3);
    assert_int_equal(cert_dist_point_next(&w, &point), SK_OK);
    assert_false(point.has_name || point.has_reasons);
    assert_int_equal(point.reasons, CERT_ALL_REASONS);
    assert_int_equal(cert_dist_point_next(&w, &point), SK_NOTFOUND);
}

static void test_cert_reasons_are_packed(void **state)
{
    (void)state;
    assert_int_equal(cert_reasons(bytes_of(NULL, 0)), 0);
    assert_int_equal(cert_reasons(ASN1_LIT("\x80")), 0); /* bit 0 is unused */
    assert_int_equal(cert_reasons(ASN1_LIT("\x40")), 1);
    assert_int_equal(cert_reasons(ASN1_LIT("\x00\x80")), 1u << 7);
    assert_int_equal(cert_reasons(ASN1_LIT("\x7f\x80")), CERT_ALL_REASONS);
    assert_int_equal(cert_reasons(ASN1_LIT("\x7f\xff\xff")), CERT_ALL_REASONS);
}

/* A SEQUENCE OF n elements, all different when numbered. */
static struct sk_bytes sequence_of(struct sk_bytes element, size_t n, bool is_numbered)
{
    struct sk_buf buf;
    struct sk_bytes out;
    size_t mark, i;

    buf_init(&buf, 1u << 20);
    mark = derout_open(&buf, DER_SEQUENCE);
    for (i = 0; i < n; i++) {
        derout_raw(&buf, element);
        if (is_numbered) { /* the last two octets are arcs of an OID */
            buf.data[buf.len - 2] = (uint8_t)(0x01 + i / 128);
            buf.data[buf.len - 1] = (uint8_t)(i % 128);
        }
    }
    derout_close(&buf, mark);
    out = bytes_of(arena_copy(arena, buf.data, buf.len), buf.len);
    buf_done(&buf);
    return out;
}

/* NameConstraints with n permitted subtrees. */
static struct sk_bytes permitted(size_t n)
{
    struct sk_bytes list = sequence_of(ASN1_LIT("\x30\x03\x82\x01"
                                                "a"),
                                       n, false);
    struct sk_buf buf;
    struct sk_bytes out;
    size_t mark;

    buf_init(&buf, 1u << 20);
    mark = derout_open(&buf, DER_SEQUENCE);
    buf_put(&buf, list.p, list.len);
    buf.data[mark] = DER_CONTEXT_CONSTRUCTED(0);
    derout_close(&buf, mark);
    out = bytes_of(arena_copy(arena, buf.data, buf.len), buf.len);
    buf_done(&buf);
    return out;
}

static void test_cert_subtrees_keep_their_limit(void **state)
{
    struct sk_cert cert;

    (void)state;
    (void)well_formed(OID_EXT_NAME_CONSTRAINTS, permitted(LIMIT_SUBTREES));
    assert_int_equal(
        with_extension(OID_EXT_NAME_CONSTRAINTS, permitted(LIMIT_SUBTREES + 1), &cert, NULL),
        SK_LIMIT);
}

static void test_cert_extension_lists_keep_their_limits(void **state)
{
    const struct {
        enum oid_id id;
        struct sk_bytes element;
        size_t limit;
        bool is_numbered;
    } lists[] = {
        {OID_EXT_SUBJECT_ALT_NAME,
         ASN1_LIT("\x82\x01"
                  "a"),
         LIMIT_GENERAL_NAMES, false},
        {OID_EXT_CERTIFICATE_POLICIES, ASN1_LIT("\x30\x05\x06\x03\x2a\x00\x00"), LIMIT_POLICIES,
         true},
        {OID_EXT_POLICY_MAPPINGS, ASN1_LIT("\x30\x06\x06\x01\x2a\x06\x01\x2b"),
         LIMIT_POLICY_MAPPINGS, false},
        {OID_EXT_EXTENDED_KEY_USAGE, ASN1_LIT("\x06\x01\x2a"), LIMIT_EKUS, false},
        {OID_EXT_CRL_DISTRIBUTION_POINTS,
         ASN1_LIT("\x30\x05\xa2\x03\x82\x01"
                  "a"),
         LIMIT_DIST_POINTS, false},
        {OID_EXT_AUTHORITY_INFO_ACCESS,
         ASN1_LIT("\x30\x06\x06\x01\x2a\x86\x01"
                  "a"),
         LIMIT_ACCESS, false},
    };
    struct sk_cert cert;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        arena_reset(arena);
        (void)well_formed(lists[i].id,
                          sequence_of(lists[i].element, lists[i].limit, lists[i].is_numbered));
        assert_int_equal(
            with_extension(lists[i].id,
                           sequence_of(lists[i].element, lists[i].limit + 1, lists[i].is_numbered),
                           &cert, NULL),
            SK_LIMIT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cert_extension_values_take_no_tail),
        cmocka_unit_test(test_cert_key_usage),
        cmocka_unit_test(test_cert_basic_constraints),
        cmocka_unit_test(test_cert_policies),
        cmocka_unit_test(test_cert_policy_mappings),
        cmocka_unit_test(test_cert_lists_of_what_they_must_not_hold),
        cmocka_unit_test(test_cert_policy_constraints_and_inhibit_any_policy),
        cmocka_unit_test(test_cert_names_in_extensions),
        cmocka_unit_test(test_cert_authority_key_identifier),
        cmocka_unit_test(test_cert_distribution_points),
        cmocka_unit_test(test_cert_reasons_are_packed),
        cmocka_unit_test(test_cert_subtrees_keep_their_limit),
        cmocka_unit_test(test_cert_extension_lists_keep_their_limits),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
