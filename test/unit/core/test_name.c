/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <openssl/x509.h>

#include "core/cert.h"
#include "core/der.h"
#include "core/limits.h"
#include "core/name.h"
#include "test/support/asn1.h"
#include "test/support/files.h"

static struct sk_arena *arena;

static int setup(void **state)
{
    (void)state;
    arena = arena_new(256u << 20);
    return arena == NULL;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static struct sk_bytes canon(struct sk_bytes name)
{
    struct sk_bytes out;

    assert_int_equal(name_canon(arena, name, &out, NULL), SK_OK);
    return out;
}

static struct sk_bytes canon_of(const struct asn1_ava *avas, size_t n)
{
    struct sk_buf buf;
    struct sk_bytes out;

    buf_init(&buf, 1u << 20);
    asn1_name(&buf, avas, n);
    assert_int_equal(buf_status(&buf), SK_OK);
    out = canon(buf_bytes(&buf));
    buf_done(&buf);
    return out;
}

/* The canonical form of CN=value. */
static struct sk_bytes canon_value(uint8_t tag, const char *value, size_t len)
{
    const struct asn1_ava ava = {0, OID_AT_COMMON_NAME, tag, value, len};

    return canon_of(&ava, 1);
}
#define UTF8(text)      canon_value(DER_UTF8_STRING, text, sizeof(text) - 1)
#define PRINTABLE(text) canon_value(DER_PRINTABLE_STRING, text, sizeof(text) - 1)
#define TELETEX(text)   canon_value(DER_TELETEX_STRING, text, sizeof(text) - 1)
#define BMP(text)       canon_value(DER_BMP_STRING, text, sizeof(text) - 1)
#define UNIVERSAL(text) canon_value(DER_UNIVERSAL_STRING, text, sizeof(text) - 1)

static void assert_match(struct sk_bytes a, struct sk_bytes b)
{
    assert_true(name_equal(a, b));
    assert_true(name_equal(b, a));
}

static void assert_differ(struct sk_bytes a, struct sk_bytes b)
{
    assert_false(name_equal(a, b));
    assert_false(name_equal(b, a));
}

/* ---- refusals
 * ------------------------------------------------------------------------------------------ */

static void test_name_refuses_what_is_not_a_name(void **state)
{
    static const struct {
        const char *p;
        size_t len;
    } bad[] = {
        {"", 0},
        {"\x31\x00", 2},                                      /* a SET */
        {"\x30\x00\x00", 3},                                  /* something behind it */
        {"\x30\x02\x31\x00", 4},                              /* an RDN without attributes */
        {"\x30\x02\x30\x00", 4},                              /* an RDN that is no SET */
        {"\x30\x09\x31\x07\x30\x05\x06\x03\x55\x04\x03", 11}, /* no value */
        {"\x30\x0d\x31\x0b\x30\x09\x06\x03\x55\x04\x03\x0c\x00\x0c\x00", 15}, /* two values */
        {"\x30\x0b\x31\x09\x30\x07\x06\x03\x55\x84\x80\x0c\x00", 13},         /* bad OID */
        {"\x30\x0b\x31\x09\x30\x07\x06\x03\x55\x04\x03\x0c\x01", 13},         /* overrun */
    };
    struct sk_err err = {.status = SK_OK};
    struct sk_bytes out = bytes_of("untouched", 9);
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(name_canon(arena, bytes_of(bad[i].p, bad[i].len), &out, &err), SK_INPUT);
        assert_true(err.text[0] != '\0');
        assert_int_equal(out.len, 9);
    }
}

static void put_many(struct sk_buf *buf, unsigned num_rdns, unsigned num_avas, size_t value_len)
{
    char *value = malloc(value_len + 1);
    struct asn1_ava *avas = calloc((size_t)num_rdns * num_avas, sizeof(*avas));
    unsigned i;

    assert_non_null(value);
    assert_non_null(avas);
    memset(value, 'x', value_len + 1);
    for (i = 0; i < num_rdns * num_avas; i++)
        avas[i] =
            (struct asn1_ava){i / num_avas, OID_AT_COMMON_NAME, DER_UTF8_STRING, value, value_len};
    buf_init(buf, 4u << 20);
    asn1_name(buf, avas, (size_t)num_rdns * num_avas);
    assert_int_equal(buf_status(buf), SK_OK);
    free(avas);
    free(value);
}

static enum sk_status canon_many(unsigned num_rdns, unsigned num_avas, size_t value_len)
{
    struct sk_bytes out;
    struct sk_buf buf;
    enum sk_status status;

    put_many(&buf, num_rdns, num_avas, value_len);
    status = name_canon(arena, buf_bytes(&buf), &out, NULL);
    buf_done(&buf);
    return status;
}

static void test_name_keeps_its_limits(void **state)
{
    (void)state;
    assert_int_equal(canon_many(LIMIT_NAME_RDNS, 1, 1), SK_OK);
    assert_int_equal(canon_many(LIMIT_NAME_RDNS + 1, 1, 1), SK_LIMIT);
    assert_int_equal(canon_many(1, LIMIT_NAME_AVAS, 1), SK_OK);
    assert_int_equal(canon_many(1, LIMIT_NAME_AVAS + 1, 1), SK_LIMIT);
    assert_int_equal(canon_many(1, 1, LIMIT_NAME_VALUE_BYTES), SK_OK);
    assert_int_equal(canon_many(1, 1, LIMIT_NAME_VALUE_BYTES + 1), SK_LIMIT);
    /* LIMIT_NAME_CANON_BYTES: an AVA adds 9 octets to its value, an RDN 4. */
    assert_int_equal(canon_many(62, 14, 141), SK_OK);
    assert_int_equal(canon_many(62, 14, 142), SK_LIMIT);
}

/* ---- names that differ
 * ------------------------------------------------------------------------------------ */

static void test_name_order_and_number_of_rdns_count(void **state)
{
    const struct asn1_ava ab[] = {{0, OID_AT_ORGANIZATION, DER_UTF8_STRING, "a", 0},
                                  {1, OID_AT_ORGANIZATIONAL_UNIT, DER_UTF8_STRING, "b", 0}};
    const struct asn1_ava ba[] = {{0, OID_AT_ORGANIZATIONAL_UNIT, DER_UTF8_STRING, "b", 0},
                                  {1, OID_AT_ORGANIZATION, DER_UTF8_STRING, "a", 0}};
    const struct asn1_ava joined[] = {{0, OID_AT_ORGANIZATION, DER_UTF8_STRING, "a", 0},
                                      {0, OID_AT_ORGANIZATIONAL_UNIT, DER_UTF8_STRING, "b", 0}};
    const struct asn1_ava abb[] = {{0, OID_AT_ORGANIZATION, DER_UTF8_STRING, "a", 0},
                                   {1, OID_AT_ORGANIZATIONAL_UNIT, DER_UTF8_STRING, "b", 0},
                                   {2, OID_AT_ORGANIZATIONAL_UNIT, DER_UTF8_STRING, "b", 0}};

    (void)state;
    assert_differ(canon_of(ab, 2), canon_of(ba, 2));
    assert_differ(canon_of(ab, 2), canon_of(joined, 2));
    assert_differ(canon_of(ab, 2), canon_of(abb, 3));
}

static void test_name_attribute_types_count(void **state)
{
    const struct asn1_ava o = {0, OID_AT_ORGANIZATION, DER_UTF8_STRING, "a", 0};
    const struct asn1_ava ou = {0, OID_AT_ORGANIZATIONAL_UNIT, DER_UTF8_STRING, "a", 0};

    (void)state;
    assert_differ(canon_of(&o, 1), canon_of(&ou, 1));
}

static void test_name_text_that_does_not_decode_compares_by_its_der(void **state)
{
    (void)state;
    /* A lone continuation octet, an overlong form, a surrogate, half a UCS-2 unit */
    assert_match(UTF8("A\x80"), UTF8("A\x80"));
    assert_differ(UTF8("A\x80"), UTF8("a\x80"));
    assert_differ(UTF8("\xc1\x81"), UTF8("A"));
    assert_differ(UTF8("\xed\xa0\x80"), BMP("\xd8\x00"));
    assert_differ(BMP("\xd8\x3d\xde\x00"), UTF8("\xf0\x9f\x98\x80"));
    assert_differ(BMP("\x00\x61\x00"), UTF8("a"));
    assert_differ(PRINTABLE("\xe9"), TELETEX("\xe9"));
    assert_differ(UNIVERSAL("\x00\x11\x00\x00"), UNIVERSAL("\x00\x11\x00\x01"));
}

static void test_name_prohibited_code_points_compare_by_der(void **state)
{
    (void)state;
    /* Private use (gaiji): the same octets match, another case or type beside it does not. */
    assert_match(UTF8("A\xee\x80\x80"), UTF8("A\xee\x80\x80"));
    assert_differ(UTF8("A\xee\x80\x80"), UTF8("a\xee\x80\x80"));
    assert_differ(UTF8("\xee\x80\x80"), BMP("\xe0\x00"));
    assert_differ(UTF8("\xef\xbf\xbd"), BMP("\xff\xfd"));
    assert_differ(UTF8("\xef\xbf\xbf"), BMP("\xff\xff"));
}

static void test_name_raw_der_never_equals_prepared_text(void **state)
{
    (void)state;
    /* An OCTET STRING whose DER spells what another value's text is. */
    assert_differ(canon_value(DER_OCTET_STRING, "a", 1), UTF8("\x04\x01"
                                                              "a"));
    assert_differ(canon_value(DER_VISIBLE_STRING, "a", 1), UTF8("a"));
}

static void test_name_dotted_and_dotless_i_stay_apart(void **state)
{
    (void)state;
    assert_differ(UTF8("\xc4\xb1"), UTF8("i"));        /* U+0131 */
    assert_differ(UTF8("\xc4\xb0"), UTF8("i"));        /* U+0130 */
    assert_match(UTF8("\xc4\xb0"), UTF8("i\xcc\x87")); /* U+0130 folds to i, U+0307 */
    assert_match(UTF8("I"), UTF8("i"));
}

static void test_name_spaces_between_words_count(void **state)
{
    (void)state;
    assert_differ(UTF8("a b"), UTF8("ab"));
    assert_differ(UTF8("a  b"), UTF8("a b c"));
    assert_differ(UTF8(" "), UTF8("_"));
    /* A space that carries an accent is no insignificant space. */
    assert_differ(UTF8(" \xcc\x88"
                       "a"),
                  UTF8("\xcc\x88"
                       "a"));
}

/* ---- names that match
 * ----------------------------------------------------------------------------------------- */

static void test_name_string_types_match_by_their_text(void **state)
{
    (void)state;
    assert_match(PRINTABLE("Test CA"), UTF8("Test CA"));
    assert_match(PRINTABLE("Test CA"), TELETEX("Test CA"));
    assert_match(PRINTABLE("Test CA"), canon_value(DER_IA5_STRING, "Test CA", 7));
    assert_match(PRINTABLE("12"), canon_value(DER_NUMERIC_STRING, "12", 2));
    assert_match(PRINTABLE("Ca"), BMP("\x00\x43\x00\x41"));
    assert_match(PRINTABLE("Ca"), UNIVERSAL("\x00\x00\x00\x43\x00\x00\x00\x41"));
    assert_match(TELETEX("\xc9"), UTF8("\xc3\xa9")); /* Latin-1 E acute */
    /* 日本 */
    assert_match(BMP("\x65\xe5\x67\x2c"), UTF8("\xe6\x97\xa5\xe6\x9c\xac"));
    assert_match(UNIVERSAL("\x00\x01\xf6\x00"), UTF8("\xf0\x9f\x98\x80"));
}

static void test_name_case_and_spaces_do_not_count(void **state)
{
    (void)state;
    assert_match(PRINTABLE("  Test   CA "), UTF8("test ca"));
    assert_match(UTF8("test\tca"), UTF8("TEST CA"));
    assert_match(UTF8("\xe3\x80\x80test\xe3\x80\x80\xe3\x80\x80"
                      "ca\xc2\xa0"),
                 UTF8("test ca"));
    assert_match(UTF8("stra\xc3\x9f"
                      "e"),
                 UTF8("STRASSE"));
    assert_match(UTF8("\xce\xa3"), UTF8("\xcf\x82")); /* sigma, final sigma */
}

static void test_name_spaces_only_are_the_empty_string(void **state)
{
    (void)state;
    assert_match(UTF8("   "), PRINTABLE(" "));
    assert_match(UTF8("\xe3\x80\x80"), PRINTABLE(" "));
    assert_match(canon(ASN1_LIT("\x30\x0b\x31\x09\x30\x07\x06\x03\x55\x04\x03\x0c\x00")),
                 PRINTABLE(" "));
}

static void test_name_compatibility_forms_match(void **state)
{
    (void)state;
    assert_match(UTF8("\xef\xbc\xa1\xef\xbc\xa2\xef\xbc\xa3\xef\xbc\x91"), UTF8("abc1"));
    /* Half-width KA with a voicing mark, and full-width GA */
    assert_match(UTF8("\xef\xbd\xb6\xef\xbe\x9e"), UTF8("\xe3\x82\xac"));
    assert_match(UTF8("e\xcc\x81"), UTF8("\xc3\x89"));
    assert_match(UTF8("\xe3\x8e\x92"), UTF8("mhz")); /* U+3392 brings capitals with it */
    assert_match(UTF8("\xef\xac\x81"), UTF8("FI"));
}

static void test_name_ignorable_code_points_vanish(void **state)
{
    (void)state;
    assert_match(UTF8("a\xc2\xad"
                      "b"),
                 UTF8("ab"));
    assert_match(UTF8("a\xe2\x80\x8b"
                      "b"),
                 UTF8("ab"));
    assert_match(UTF8("\xef\xbb\xbf"
                      "ab\xef\xb8\x80"),
                 UTF8("ab"));
    assert_match(UTF8("a\x01"
                      "b\x7f"),
                 UTF8("ab"));
    assert_match(canon_value(DER_UTF8_STRING, "a\0b", 3), UTF8("ab"));
    assert_match(UTF8("\xc2\xad\xe2\x80\x8b"), UTF8("\xef\xbb\xbf")); /* nothing is left */
    assert_differ(UTF8("\xc2\xad"), UTF8("a"));
}

static void test_name_order_inside_one_rdn_does_not_count(void **state)
{
    const struct asn1_ava ab[] = {{0, OID_AT_COMMON_NAME, DER_UTF8_STRING, "Alpha", 0},
                                  {0, OID_AT_SERIAL_NUMBER, DER_PRINTABLE_STRING, "7", 0},
                                  {1, OID_AT_COUNTRY, DER_PRINTABLE_STRING, "JP", 0}};
    const struct asn1_ava ba[] = {{0, OID_AT_SERIAL_NUMBER, DER_UTF8_STRING, "7", 0},
                                  {0, OID_AT_COMMON_NAME, DER_PRINTABLE_STRING, "alpha", 0},
                                  {1, OID_AT_COUNTRY, DER_PRINTABLE_STRING, "jp", 0}};

    (void)state;
    assert_match(canon_of(ab, 3), canon_of(ba, 3));
}

static void test_name_within_is_an_initial_run_of_rdns(void **state)
{
    const struct asn1_ava abc[] = {{0, OID_AT_COUNTRY, DER_PRINTABLE_STRING, "JP", 0},
                                   {1, OID_AT_ORGANIZATION, DER_UTF8_STRING, "Org", 0},
                                   {2, OID_AT_COMMON_NAME, DER_UTF8_STRING, "x", 0}};
    const struct asn1_ava longer[] = {{0, OID_AT_COUNTRY, DER_PRINTABLE_STRING, "JP", 0},
                                      {1, OID_AT_ORGANIZATION, DER_UTF8_STRING, "Organ", 0}};
    const struct asn1_ava wider[] = {{0, OID_AT_COUNTRY, DER_PRINTABLE_STRING, "JP", 0},
                                     {1, OID_AT_ORGANIZATION, DER_UTF8_STRING, "Org", 0},
                                     {1, OID_AT_TITLE, DER_UTF8_STRING, "t", 0}};
    struct sk_bytes whole = canon_of(abc, 3), empty = canon(ASN1_LIT("\x30\x00"));

    (void)state;
    assert_int_equal(empty.len, 0);
    assert_true(name_within(whole, empty));
    assert_true(name_within(empty, empty));
    assert_true(name_within(whole, canon_of(abc, 1)));
    assert_true(name_within(whole, canon_of(abc, 2)));
    assert_true(name_within(whole, whole));
    assert_false(name_within(canon_of(abc, 2), whole));
    assert_false(name_within(empty, whole));
    assert_false(name_within(canon_of(longer, 2), canon_of(abc, 2)));
    assert_false(name_within(canon_of(wider, 3), canon_of(abc, 2)));
    assert_false(name_within(canon_of(abc, 2), canon_of(wider, 3)));
}

static void test_name_rdn_forms_join_to_the_form_of_the_name(void **state)
{
    const struct asn1_ava ab[] = {{0, OID_AT_COUNTRY, DER_PRINTABLE_STRING, "JP", 0},
                                  {1, OID_AT_COMMON_NAME, DER_UTF8_STRING, "Org", 0}};
    struct sk_bytes whole = canon_of(ab, 2), first = canon_of(ab, 1), last;
    /* SET { SEQUENCE { 2.5.4.3, UTF8String "Org" } } */
    struct sk_bytes rdn = ASN1_LIT("\x31\x0c\x30\x0a\x06\x03\x55\x04\x03\x0c\x03Org");

    (void)state;
    assert_int_equal(name_canon_rdn(arena, rdn, false, &last, NULL), SK_OK);
    assert_int_equal(first.len + last.len, whole.len);
    assert_memory_equal(whole.p + first.len, last.p, last.len);
    assert_int_equal(name_canon_rdn(arena, bytes_of(rdn.p + 2, rdn.len - 2), true, &last, NULL),
                     SK_OK);
    assert_memory_equal(whole.p + first.len, last.p, last.len);
    assert_int_equal(name_canon_rdn(arena, rdn, true, &last, NULL), SK_INPUT);
    assert_int_equal(name_canon_rdn(arena, bytes_of(rdn.p, 0), true, &last, NULL), SK_INPUT);
    assert_int_equal(name_canon_rdn(arena, bytes_of(rdn.p + 2, rdn.len - 2), false, &last, NULL),
                     SK_INPUT); /* no SET */
    assert_int_equal(name_canon_rdn(arena, bytes_of(rdn.p, rdn.len - 1), false, &last, NULL),
                     SK_INPUT);
}

/* ---- against OpenSSL over PKITS
 * ------------------------------------------------------------------------------------ */

enum { MAX_NAMES = 1000 };
struct pool {
    X509_NAME *openssl[MAX_NAMES];
    struct sk_bytes canon[MAX_NAMES];
    size_t n;
};

static void pool_add(struct pool *pool, struct sk_bytes name)
{
    const unsigned char *p = name.p;
    struct sk_bytes form = canon(name);
    size_t i;

    assert_true(pool->n < MAX_NAMES);
    for (i = 0; i < pool->n; i++) {
        /* Keep one of each encoding group small enough to compare all pairs. */
        if (bytes_equal(form, pool->canon[i]) && i > 50)
            return;
    }
    pool->openssl[pool->n] = d2i_X509_NAME(NULL, &p, (long)name.len);
    assert_non_null(pool->openssl[pool->n]);
    pool->canon[pool->n++] = form;
}

static void pool_visit(void *arg, const char *file, struct sk_bytes der)
{
    struct sk_cert cert;

    (void)file;
    assert_int_equal(cert_parse(arena, der, &cert, NULL), SK_OK);
    pool_add(arg, cert.issuer);
    pool_add(arg, cert.subject);
}

static void test_name_agrees_with_openssl_on_every_pair_of_pkits(void **state)
{
    struct pool *pool = calloc(1, sizeof(*pool));
    size_t i, j, matches = 0;

    (void)state;
    assert_non_null(pool);
    (void)files_each(FILES_PKITS "/certs", ".crt", pool_visit, pool);
    assert_true(pool->n > 300);
    for (i = 0; i < pool->n; i++) {
        for (j = 0; j < pool->n; j++) {
            bool ours = name_equal(pool->canon[i], pool->canon[j]);

            assert_true(ours == (X509_NAME_cmp(pool->openssl[i], pool->openssl[j]) == 0));
            matches += ours && i != j;
        }
    }
    assert_true(matches > 0);
    for (i = 0; i < pool->n; i++)
        X509_NAME_free(pool->openssl[i]);
    free(pool);
}

/* ---- text and walk
 * -------------------------------------------------------------------------------------------------
 */

static void assert_text(struct sk_bytes name, const char *expected)
{
    struct sk_buf text;

    buf_init(&text, 65536);
    assert_int_equal(name_to_text(name, &text), SK_OK);
    buf_put_byte(&text, 0);
    assert_int_equal(buf_status(&text), SK_OK);
    assert_string_equal((const char *)text.data, expected);
    buf_done(&text);
}

static void assert_avas_text(const struct asn1_ava *avas, size_t n, const char *expected)
{
    struct sk_buf buf;

    buf_init(&buf, 65536);
    asn1_name(&buf, avas, n);
    assert_text(buf_bytes(&buf), expected);
    buf_done(&buf);
}

static void test_name_text_follows_rfc4514(void **state)
{
    const struct asn1_ava net[] = {{0, OID_AT_DOMAIN_COMPONENT, DER_IA5_STRING, "net", 0},
                                   {1, OID_AT_DOMAIN_COMPONENT, DER_IA5_STRING, "example", 0},
                                   {2, OID_AT_ORGANIZATIONAL_UNIT, DER_UTF8_STRING, "Sales", 0},
                                   {2, OID_AT_COMMON_NAME, DER_UTF8_STRING, "J.  Smith", 0}};
    const struct asn1_ava quoted = {0, OID_AT_COMMON_NAME, DER_UTF8_STRING,
                                    "James \"Jim\" Smith, III", 0};
    const struct asn1_ava edges = {0, OID_AT_COMMON_NAME, DER_UTF8_STRING, " #a# ", 0};
    const struct asn1_ava hash = {0, OID_AT_COMMON_NAME, DER_UTF8_STRING, "#a+b<c>;\\", 0};
    const struct asn1_ava control = {0, OID_AT_COMMON_NAME, DER_UTF8_STRING,
                                     "Before\rAfter\x1b[\xc2\x9b\0.", 18};
    const struct asn1_ava bits = {0, OID_AT_COMMON_NAME, DER_OCTET_STRING, "Hi", 0};
    const struct asn1_ava japan = {0, OID_AT_COMMON_NAME, DER_BMP_STRING, "\x65\xe5\x67\x2c", 4};

    (void)state;
    assert_avas_text(net, 4, "OU=Sales+CN=J.  Smith,DC=example,DC=net");
    assert_avas_text(&quoted, 1, "CN=James \\\"Jim\\\" Smith\\, III");
    assert_avas_text(&edges, 1, "CN=\\ #a#\\ ");
    assert_avas_text(&hash, 1, "CN=\\#a\\+b\\<c\\>\\;\\\\");
    assert_avas_text(&control, 1, "CN=Before\\0dAfter\\1b[\\c2\\9b\\00.");
    assert_avas_text(&bits, 1, "CN=#04024869");
    assert_avas_text(&japan, 1, "CN=\xe6\x97\xa5\xe6\x9c\xac");
    assert_text(ASN1_LIT("\x30\x00"), "");
    /* RFC 4514 4: 1.3.6.1.4.1.1466.0=#04024869 */
    assert_text(
        ASN1_LIT("\x30\x12\x31\x10\x30\x0e\x06\x08\x2b\x06\x01\x04\x01\x8b\x3a\x00\x04\x02Hi"),
        "1.3.6.1.4.1.1466.0=#04024869");
}

static void test_name_text_refuses_a_malformed_name(void **state)
{
    struct sk_buf text;

    (void)state;
    buf_init(&text, 100);
    assert_int_equal(name_to_text(ASN1_LIT("\x30\x02\x31\x00"), &text), SK_INPUT);
    assert_int_equal(name_to_text(ASN1_LIT("\x31\x00"), &text), SK_INPUT);
    buf_done(&text);
    buf_init(&text, 3);
    assert_int_equal(
        name_to_text(ASN1_LIT("\x30\x0d\x31\x0b\x30\x09\x06\x03\x55\x04\x03\x0c\x02hi"), &text),
        SK_LIMIT);
    buf_done(&text);
}

/* Text for people of what was never parsed: bounded and never an empty line. */
static void test_name_text_of_octets_that_nobody_has_parsed(void **state)
{
    struct asn1_ava avas[LIMIT_NAME_RDNS + 1];
    char *value = test_calloc(LIMIT_NAME_VALUE_BYTES + 1, 1), shown[40];
    struct asn1_ava large = {0, OID_AT_COMMON_NAME, DER_UTF8_STRING, value, 0};
    struct sk_buf name, text;
    unsigned i;

    (void)state;
    buf_init(&name, 1u << 20);
    buf_init(&text, 1u << 20);
    for (i = 0; i <= LIMIT_NAME_RDNS; i++)
        avas[i] = (struct asn1_ava){i, OID_AT_COMMON_NAME, DER_UTF8_STRING, "a", 0};
    asn1_name(&name, avas, LIMIT_NAME_RDNS);
    assert_int_equal(name_to_text(buf_bytes(&name), &text), SK_OK);
    buf_reset(&name);
    asn1_name(&name, avas, LIMIT_NAME_RDNS + 1);
    assert_int_equal(name_to_text(buf_bytes(&name), &text), SK_LIMIT);
    for (large.len = LIMIT_NAME_VALUE_BYTES; large.len <= LIMIT_NAME_VALUE_BYTES + 1; large.len++) {
        buf_reset(&name);
        buf_reset(&text);
        asn1_name(&name, &large, 1);
        assert_int_equal(name_to_text(buf_bytes(&name), &text),
                         large.len == LIMIT_NAME_VALUE_BYTES ? SK_OK : SK_LIMIT);
    }
    assert_int_equal(name_to_text(ASN1_LIT("\x30\x02\x30\x00"), &text), SK_INPUT);
    name_short_text(ASN1_LIT("\x30\x00"), shown, sizeof(shown));
    assert_string_equal(shown, "an empty name");
    name_short_text(ASN1_LIT("\x30\x02\x30\x00"), shown, sizeof(shown));
    assert_string_equal(shown, "a name without text");
    name_short_text(bytes_of(NULL, 0), shown, sizeof(shown));
    assert_string_equal(shown, "a name without text");
    buf_done(&name);
    buf_done(&text);
    test_free(value);
}

static void test_name_walk_numbers_the_rdns(void **state)
{
    const struct asn1_ava avas[] = {{0, OID_AT_COUNTRY, DER_PRINTABLE_STRING, "JP", 0},
                                    {1, OID_AT_COMMON_NAME, DER_UTF8_STRING, "a", 0},
                                    {1, OID_AT_SERIAL_NUMBER, DER_UTF8_STRING, "b", 0},
                                    {2, OID_AT_EMAIL_ADDRESS, DER_IA5_STRING, "c", 0}};
    struct name_attribute got;
    struct name_walk w;
    struct sk_buf buf;
    size_t i;

    (void)state;
    buf_init(&buf, 65536);
    asn1_name(&buf, avas, 4);
    assert_int_equal(name_walk_init(&w, buf_bytes(&buf)), SK_OK);
    for (i = 0; i < 4; i++) {
        assert_int_equal(name_walk_next(&w, &got), SK_OK);
        assert_int_equal(got.rdn, avas[i].rdn);
        assert_int_equal(got.tag, avas[i].tag);
        assert_true(oid_is(got.type, avas[i].type));
        assert_true(bytes_equal(got.value, bytes_of(avas[i].value, strlen(avas[i].value))));
    }
    assert_int_equal(name_walk_next(&w, &got), SK_NOTFOUND);
    buf_done(&buf);
    assert_int_equal(name_walk_init(&w, ASN1_LIT("\x30\x00")), SK_OK);
    assert_int_equal(name_walk_next(&w, &got), SK_NOTFOUND);
    assert_int_equal(name_walk_init(&w, ASN1_LIT("\x30\x02\x31\x00")), SK_OK);
    assert_int_equal(name_walk_next(&w, &got), SK_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_name_refuses_what_is_not_a_name),
        cmocka_unit_test(test_name_keeps_its_limits),
        cmocka_unit_test(test_name_order_and_number_of_rdns_count),
        cmocka_unit_test(test_name_attribute_types_count),
        cmocka_unit_test(test_name_text_that_does_not_decode_compares_by_its_der),
        cmocka_unit_test(test_name_prohibited_code_points_compare_by_der),
        cmocka_unit_test(test_name_raw_der_never_equals_prepared_text),
        cmocka_unit_test(test_name_dotted_and_dotless_i_stay_apart),
        cmocka_unit_test(test_name_spaces_between_words_count),
        cmocka_unit_test(test_name_string_types_match_by_their_text),
        cmocka_unit_test(test_name_case_and_spaces_do_not_count),
        cmocka_unit_test(test_name_spaces_only_are_the_empty_string),
        cmocka_unit_test(test_name_compatibility_forms_match),
        cmocka_unit_test(test_name_ignorable_code_points_vanish),
        cmocka_unit_test(test_name_order_inside_one_rdn_does_not_count),
        cmocka_unit_test(test_name_within_is_an_initial_run_of_rdns),
        cmocka_unit_test(test_name_rdn_forms_join_to_the_form_of_the_name),
        cmocka_unit_test(test_name_agrees_with_openssl_on_every_pair_of_pkits),
        cmocka_unit_test(test_name_text_follows_rfc4514),
        cmocka_unit_test(test_name_text_refuses_a_malformed_name),
        cmocka_unit_test(test_name_text_of_octets_that_nobody_has_parsed),
        cmocka_unit_test(test_name_walk_numbers_the_rdns),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
