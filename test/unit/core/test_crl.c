/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* before x509v3.h, whose macros have the names of its constants (and their values) */
#include "core/crl.h"

#include <openssl/x509v3.h>

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

#define UTC_2010                                                                                   \
    ASN1_LIT("\x17\x0d"                                                                            \
             "100101000000Z")
#define UTC_2030                                                                                   \
    ASN1_LIT("\x17\x0d"                                                                            \
             "300101000000Z")

/* A CRL to be written; NULL members are left out. */
struct recipe {
    bool is_v1;
    bool is_nobody;              /* an empty issuer */
    struct sk_bytes version;     /* whole, instead of what is_v1 says */
    struct sk_bytes this_update; /* whole; usual: 2010 */
    struct sk_bytes next_update; /* whole */
    bool has_entries;
    struct sk_bytes entries;    /* contents */
    struct sk_bytes extensions; /* contents */
    struct sk_bytes tail;       /* after the extensions */
};

static void put_tbs(struct sk_buf *out, const struct recipe *r, struct sk_bytes alg)
{
    size_t tbs = derout_open(out, DER_SEQUENCE), mark, list;

    if (r->version.len > 0)
        derout_raw(out, r->version);
    else if (!r->is_v1)
        derout_uint(out, DER_INTEGER, 1);
    derout_raw(out, alg);
    if (r->is_nobody)
        derout_tlv(out, DER_SEQUENCE, bytes_of(NULL, 0));
    else
        asn1_common_name(out, "ca");
    derout_raw(out, r->this_update.len > 0 ? r->this_update : UTC_2010);
    derout_raw(out, r->next_update);
    if (r->has_entries)
        derout_tlv(out, DER_SEQUENCE, r->entries);
    if (r->extensions.len > 0) {
        mark = derout_open(out, DER_CONTEXT_CONSTRUCTED(0));
        list = derout_open(out, DER_SEQUENCE);
        derout_raw(out, r->extensions);
        derout_close(out, list);
        derout_close(out, mark);
    }
    derout_raw(out, r->tail);
    derout_close(out, tbs);
}

static enum sk_status parse(const struct recipe *r, struct sk_crl *out, struct sk_err *err)
{
    const struct sk_bytes alg = ASN1_LIT("\x30\x05\x06\x03\x2b\x65\x70");
    struct sk_buf buf;
    const uint8_t *der;
    size_t mark, len;

    buf_init(&buf, 8u << 20);
    mark = derout_open(&buf, DER_SEQUENCE);
    put_tbs(&buf, r, alg);
    derout_raw(&buf, alg);
    derout_raw(&buf, ASN1_LIT("\x03\x03\x00\xab\xcd"));
    derout_close(&buf, mark);
    assert_int_equal(buf_status(&buf), SK_OK);
    len = buf.len;
    der = arena_copy(arena, buf.data, len);
    buf_done(&buf);
    assert_non_null(der);
    return crl_parse(arena, bytes_of(der, len), out, err);
}

static void assert_refused(const struct recipe *r, enum sk_status expected)
{
    struct sk_crl crl = {.version = 99};
    struct sk_err err = {.status = SK_OK};

    assert_int_equal(parse(r, &crl, &err), expected);
    assert_int_equal(strncmp(err.text, "CRL: ", 5), 0);
    assert_int_equal(crl.version, 99);
    assert_int_equal(parse(r, &crl, NULL), expected);
}

static struct sk_crl parsed(const struct recipe *r)
{
    struct sk_crl crl;
    struct sk_err err = {.status = SK_OK};

    if (parse(r, &crl, &err) != SK_OK)
        fail_msg("%s", err.text);
    return crl;
}

static enum sk_status with_extension(enum oid_id id, struct sk_bytes value, struct sk_crl *out,
                                     struct sk_err *err)
{
    struct recipe r = {.is_v1 = false};
    struct sk_buf ext;
    enum sk_status status;

    buf_init(&ext, 1u << 20);
    asn1_extension(&ext, id, true, value);
    r.extensions = buf_bytes(&ext);
    status = parse(&r, out, err);
    buf_done(&ext);
    return status;
}

static void assert_malformed(enum oid_id id, struct sk_bytes value)
{
    struct sk_crl crl;
    struct sk_err err = {.status = SK_OK};

    assert_int_equal(with_extension(id, value, &crl, &err), SK_INPUT);
    assert_non_null(strstr(err.text, oid_name(id)));
    assert_non_null(strstr(err.text, "(RFC 5280 5.2."));
}

static struct sk_crl well_formed(enum oid_id id, struct sk_bytes value)
{
    struct sk_crl crl;

    assert_int_equal(with_extension(id, value, &crl, NULL), SK_OK);
    assert_false(crl.has_unknown_critical);
    return crl;
}

/* ---- the head
 * ------------------------------------------------------------------------------------------- */

static void test_crl_refuses_every_truncation_and_a_tail(void **state)
{
    struct sk_buf buf;
    struct sk_crl crl;
    size_t len;

    (void)state;
    files_read(FILES_PKITS "/crls/indirectCRLCA3cRLIssuerCRL.crl", &buf);
    assert_int_equal(crl_parse(arena, buf_bytes(&buf), &crl, NULL), SK_OK);
    for (len = 0; len < buf.len; len++) {
        uint8_t *cut = malloc(len > 0 ? len : 1);

        assert_non_null(cut);
        memcpy(cut, buf.data, len);
        assert_int_equal(crl_parse(arena, bytes_of(cut, len), &crl, NULL), SK_INPUT);
        free(cut);
    }
    buf_put_byte(&buf, 0);
    assert_int_equal(crl_parse(arena, buf_bytes(&buf), &crl, NULL), SK_INPUT);
    buf_done(&buf);
}

static void test_crl_versions(void **state)
{
    const struct sk_bytes ext = ASN1_LIT("\x30\x07\x06\x03\x2a\x03\x04\x04\x00");

    (void)state;
    assert_refused(&(struct recipe){.version = ASN1_LIT("\x02\x01\x00")}, SK_INPUT);
    assert_refused(&(struct recipe){.version = ASN1_LIT("\x02\x01\x02")}, SK_INPUT);
    assert_refused(&(struct recipe){.is_v1 = true, .extensions = ext}, SK_INPUT);
    assert_refused(&(struct recipe){.extensions = ASN1_LIT("\x30\x00")}, SK_INPUT);
    assert_int_equal(parsed(&(struct recipe){.is_v1 = true}).version, 1);
    assert_int_equal(parsed(&(struct recipe){.extensions = ext}).version, 2);
}

static void test_crl_refuses_an_empty_issuer(void **state)
{
    (void)state;
    assert_refused(&(struct recipe){.is_nobody = true}, SK_INPUT);
}

static void test_crl_dates(void **state)
{
    struct sk_crl crl;

    (void)state;
    assert_refused(&(struct recipe){.this_update = ASN1_LIT("\x17\x0b"
                                                            "1001010000Z")},
                   SK_INPUT);
    assert_refused(&(struct recipe){.next_update = ASN1_LIT("\x17\x0b"
                                                            "1001010000Z")},
                   SK_INPUT);
    assert_refused(&(struct recipe){.next_update = ASN1_LIT("\x05\x00")}, SK_INPUT);
    crl = parsed(&(struct recipe){.is_v1 = false});
    assert_false(crl.has_next_update);
    assert_true(crl.next_update == CLOCK_NEVER);
    assert_int_equal(crl.this_update, 1262304000);
    crl = parsed(&(struct recipe){.next_update = UTC_2030});
    assert_true(crl.has_next_update);
    assert_int_equal(crl.next_update, 1893456000);
}

static void test_crl_refuses_wrong_extension_lists(void **state)
{
    struct recipe r = {.is_v1 = false};
    struct sk_buf ext;
    unsigned i;

    (void)state;
    r.tail = ASN1_LIT("\xa0\x02\x30\x00");
    assert_refused(&r, SK_INPUT);
    r.tail = ASN1_LIT("\xa1\x02\x30\x00");
    assert_refused(&r, SK_INPUT);
    r.tail = bytes_of(NULL, 0);
    buf_init(&ext, 10000);
    asn1_extension(&ext, OID_EXT_CRL_NUMBER, false, ASN1_LIT("\x02\x01\x01"));
    asn1_extension(&ext, OID_EXT_CRL_NUMBER, false, ASN1_LIT("\x02\x01\x02"));
    r.extensions = buf_bytes(&ext);
    assert_refused(&r, SK_INPUT);
    buf_reset(&ext);
    for (i = 0; i <= LIMIT_CRL_EXTENSIONS; i++) {
        const uint8_t one[] = {0x30, 0x05, 0x06, 0x01, (uint8_t)i, 0x04, 0x00};

        buf_put(&ext, one, sizeof(one));
        r.extensions = buf_bytes(&ext);
        if (i + 1 == LIMIT_CRL_EXTENSIONS)
            (void)parsed(&r);
    }
    assert_refused(&r, SK_LIMIT);
    buf_done(&ext);
}

static void test_crl_unknown_critical_extension_is_noted(void **state)
{
    struct sk_crl crl;

    (void)state;
    assert_int_equal(with_extension(OID_SHA1, ASN1_LIT("x"), &crl, NULL), SK_OK);
    assert_true(crl.has_unknown_critical); /* C-06 */
    assert_true(oid_is(crl.unknown_critical, OID_SHA1));
    /* An extension of certificates only is unknown here. */
    assert_int_equal(with_extension(OID_EXT_KEY_USAGE, ASN1_LIT("x"), &crl, NULL), SK_OK);
    assert_true(crl.has_unknown_critical);
}

static void test_crl_numbers(void **state)
{
    uint8_t big[2 + LIMIT_SERIAL_BYTES + 1] = {0x02, LIMIT_SERIAL_BYTES + 1, 0x41};
    struct sk_crl crl;

    (void)state;
    assert_malformed(OID_EXT_CRL_NUMBER, ASN1_LIT("\x02\x01\xff"));
    assert_malformed(OID_EXT_CRL_NUMBER, ASN1_LIT("\x02\x02\x00\x01"));
    assert_malformed(OID_EXT_CRL_NUMBER, ASN1_LIT("\x02\x01\x01\x05\x00"));
    assert_malformed(OID_EXT_DELTA_CRL_INDICATOR, ASN1_LIT("\x02\x01\xff"));
    assert_int_equal(with_extension(OID_EXT_CRL_NUMBER, bytes_of(big, sizeof(big)), &crl, NULL),
                     SK_LIMIT);
    big[1]--;
    crl = well_formed(OID_EXT_CRL_NUMBER, bytes_of(big, sizeof(big) - 1));
    assert_true(crl.has_number && !crl.is_delta);
    assert_int_equal(crl.number.len, LIMIT_SERIAL_BYTES);
    crl = well_formed(OID_EXT_DELTA_CRL_INDICATOR, ASN1_LIT("\x02\x01\x07"));
    assert_true(crl.is_delta && !crl.has_number);
    assert_int_equal(crl.base_number.p[0], 7);
}

static void test_crl_numbers_are_ordered_by_value(void **state)
{
    (void)state;
    assert_true(crl_number_compare(ASN1_LIT("\x01"), ASN1_LIT("\x02")) < 0);
    assert_true(crl_number_compare(ASN1_LIT("\x7f"), ASN1_LIT("\x00\x80")) < 0);
    assert_true(crl_number_compare(ASN1_LIT("\x01\x00"), ASN1_LIT("\x00\xff")) > 0);
    assert_true(crl_number_compare(ASN1_LIT("\x01\x00"), ASN1_LIT("\x7f")) > 0);
    assert_int_equal(crl_number_compare(ASN1_LIT("\x00\x80"), ASN1_LIT("\x00\x80")), 0);
    assert_int_equal(crl_number_compare(ASN1_LIT("\x00"), bytes_of(NULL, 0)), 0);
}

static void test_crl_issuing_distribution_point(void **state)
{
    const enum oid_id id = OID_EXT_ISSUING_DISTRIBUTION_POINT;
    struct sk_crl crl;

    (void)state;
    /* C-05: two of the three */
    assert_malformed(id, ASN1_LIT("\x30\x06\x81\x01\xff\x82\x01\xff"));
    assert_malformed(id, ASN1_LIT("\x30\x06\x82\x01\xff\x85\x01\xff"));
    assert_malformed(id, ASN1_LIT("\x30\x06\x81\x01\xff\x85\x01\xff"));
    /* Order, shape, an unknown member, a tail */
    assert_malformed(id, ASN1_LIT("\x30\x06\x84\x01\xff\x82\x01\xff"));
    assert_malformed(id, ASN1_LIT("\x30\x03\x81\x01\x01"));
    assert_malformed(id, ASN1_LIT("\x30\x03\x86\x01\xff"));
    assert_malformed(id, ASN1_LIT("\x30\x00\x05\x00"));
    assert_malformed(id, ASN1_LIT("\x30\x04\xa0\x02\xa0\x00"));
    assert_malformed(id, ASN1_LIT("\x30\x04\x83\x02\x01\x01"));
    crl = well_formed(id, ASN1_LIT("\x30\x00"));
    assert_true(crl.idp.is_present && !crl.idp.has_name && !crl.idp.has_reasons);
    assert_int_equal(crl.idp.reasons, CERT_ALL_REASONS);
    crl = well_formed(id, ASN1_LIT("\x30\x11\xa0\x05\xa0\x03\x86\x01"
                                   "u"
                                   "\x82\x01\xff\x83\x02\x05\x60"
                                   "\x84\x01\xff"));
    assert_true(crl.idp.has_name && crl.idp.only_ca_certs && crl.idp.is_indirect);
    assert_false(crl.idp.only_user_certs || crl.idp.only_attribute_certs);
    assert_int_equal(crl.idp.full_name.len, 3);
    assert_int_equal(crl.idp.relative.len, 0);
    assert_true(crl.idp.has_reasons);
    assert_int_equal(crl.idp.reasons, 3);
    assert_int_equal(crl.idp.der.len, 19);
    /* Written-out FALSE changes nothing. */
    crl = well_formed(id, ASN1_LIT("\x30\x06\x81\x01\xff\x82\x01\x00"));
    assert_true(crl.idp.only_user_certs && !crl.idp.only_ca_certs);
}

static void test_crl_other_extensions(void **state)
{
    struct sk_crl crl;

    (void)state;
    assert_malformed(OID_EXT_AUTHORITY_KEY_IDENTIFIER, ASN1_LIT("\x30\x03\x82\x01\x05"));
    assert_malformed(OID_EXT_ISSUER_ALT_NAME, ASN1_LIT("\x30\x00"));
    assert_malformed(OID_EXT_FRESHEST_CRL, ASN1_LIT("\x30\x00"));
    assert_malformed(OID_EXT_AUTHORITY_INFO_ACCESS, ASN1_LIT("\x30\x00"));
    crl = well_formed(OID_EXT_AUTHORITY_KEY_IDENTIFIER, ASN1_LIT("\x30\x03\x80\x01k"));
    assert_true(crl.has_aki && crl.aki.has_key_id);
    crl = well_formed(OID_EXT_FRESHEST_CRL, ASN1_LIT("\x30\x09\x30\x07\xa0\x05\xa0\x03\x86\x01"
                                                     "a"));
    assert_true(crl.freshest_crl.is_present);
    crl = well_formed(OID_EXT_ISSUER_ALT_NAME, ASN1_LIT("\x30\x03\x82\x01"
                                                        "a"));
    assert_true(crl.ian.is_present && crl.ian.is_critical);
}

/* ---- entries
 * --------------------------------------------------------------------------------------------- */

/* One entry: serial, date of 2010, and these crlEntryExtensions (contents; none when len is 0). */
static void put_entry(struct sk_buf *out, uint8_t serial, struct sk_bytes extensions)
{
    size_t mark = derout_open(out, DER_SEQUENCE);

    derout_tlv(out, DER_INTEGER, bytes_of(&serial, 1));
    derout_raw(out, UTC_2010);
    if (extensions.len > 0)
        derout_tlv(out, DER_SEQUENCE, extensions);
    derout_close(out, mark);
}

/* Walks entries of a v2 CRL until the first failure, which is returned. */
static enum sk_status walk(struct sk_bytes entries, bool is_indirect, struct crl_entry *last)
{
    const struct sk_crl crl = {
        .version = 2, .entries = entries, .idp = {.is_indirect = is_indirect}};
    struct crl_walk w;
    enum sk_status status;

    crl_entries(&crl, &w);
    while ((status = crl_entry_next(&w, last, NULL)) == SK_OK)
        ;
    return status;
}

/* Walks one entry with this extension. */
static enum sk_status entry_with(enum oid_id id, bool is_critical, struct sk_bytes value,
                                 bool is_indirect, struct crl_entry *out)
{
    struct sk_buf ext, entry;
    enum sk_status status;

    buf_init(&ext, 1000);
    buf_init(&entry, 2000);
    asn1_extension(&ext, id, is_critical, value);
    put_entry(&entry, 7, buf_bytes(&ext));
    status = walk(buf_bytes(&entry), is_indirect, out);
    buf_done(&ext);
    buf_done(&entry);
    return status;
}

static void test_crl_refuses_malformed_entries(void **state)
{
    const struct sk_bytes bad[] = {
        ASN1_LIT("\x30\x00"),
        ASN1_LIT("\x31\x00"),
        ASN1_LIT("\x30\x03\x02\x01\x07"), /* no date */
        /* half a TLV, a list that overruns its entry, an empty list, not a list */
        ASN1_LIT("\x30\x13\x02\x01\x07\x17\x0d"
                 "100101000000Z"
                 "\x05"),
        ASN1_LIT("\x30\x14\x02\x01\x07\x17\x0d"
                 "100101000000Z"
                 "\x30\x01\x00"),
        ASN1_LIT("\x30\x14\x02\x01\x07\x17\x0d"
                 "100101000000Z"
                 "\x30\x00"),
        ASN1_LIT("\x30\x14\x02\x01\x07\x17\x0d"
                 "100101000000Z"
                 "\x05\x00"),
        /* a padded serial, month 13 */
        ASN1_LIT("\x30\x13\x02\x02\x00\x07\x17\x0d"
                 "100101000000Z"),
        ASN1_LIT("\x30\x12\x02\x01\x07\x17\x0d"
                 "101301000000Z"),
    };
    struct crl_entry entry = {.has_reason = true};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(walk(bad[i], false, &entry), SK_INPUT);
        assert_true(entry.has_reason); /* untouched */
    }
}

static void test_crl_walk_stops_where_it_failed(void **state)
{
    struct sk_crl crl = {.version = 2};
    struct crl_entry entry;
    struct crl_walk w;
    struct sk_buf buf;
    struct sk_err err = {.status = SK_OK};

    (void)state;
    buf_init(&buf, 1000);
    put_entry(&buf, 1, bytes_of(NULL, 0));
    buf_put(&buf, "\x30\x00", 2);
    put_entry(&buf, 3, bytes_of(NULL, 0));
    crl.entries = buf_bytes(&buf);
    crl_entries(&crl, &w);
    assert_int_equal(crl_entry_next(&w, &entry, &err), SK_OK);
    assert_int_equal(crl_entry_next(&w, &entry, &err), SK_INPUT);
    assert_int_equal(crl_entry_next(&w, &entry, &err), SK_INPUT);
    assert_true(err.text[0] != '\0');
    assert_int_equal(entry.serial.p[0], 1);
    buf_done(&buf);
}

static void test_crl_v1_entries_have_no_extensions(void **state)
{
    struct sk_crl crl = {.version = 1};
    struct crl_entry entry;
    struct crl_walk w;
    struct sk_buf buf;

    (void)state;
    buf_init(&buf, 1000);
    put_entry(&buf, 1, bytes_of(NULL, 0));
    put_entry(&buf, 2, ASN1_LIT("\x30\x0a\x06\x03\x55\x1d\x15\x04\x03\x0a\x01\x01"));
    crl.entries = buf_bytes(&buf);
    crl_entries(&crl, &w);
    assert_int_equal(crl_entry_next(&w, &entry, NULL), SK_OK);
    assert_int_equal(crl_entry_next(&w, &entry, NULL), SK_INPUT);
    buf_done(&buf);
}

static void test_crl_reasons(void **state)
{
    struct crl_entry entry;
    uint8_t value[] = {DER_ENUMERATED, 1, 0};
    unsigned i;

    (void)state;
    for (i = 0; i < 256; i++) {
        value[2] = (uint8_t)i;
        assert_int_equal(entry_with(OID_EXT_REASON_CODE, false, bytes_of(value, 3), false, &entry),
                         i <= 10 && i != 7 ? SK_NOTFOUND : SK_INPUT);
        if (i <= 10 && i != 7)
            assert_true(entry.has_reason && (unsigned)entry.reason == i);
    }
    assert_int_equal(
        entry_with(OID_EXT_REASON_CODE, false, ASN1_LIT("\x02\x01\x01"), false, &entry), SK_INPUT);
    assert_int_equal(
        entry_with(OID_EXT_REASON_CODE, false, ASN1_LIT("\x0a\x02\x00\x01"), false, &entry),
        SK_INPUT);
    assert_int_equal(
        entry_with(OID_EXT_REASON_CODE, false, ASN1_LIT("\x0a\x01\x01\x05\x00"), false, &entry),
        SK_INPUT);
}

static void test_crl_invalidity_date(void **state)
{
    struct crl_entry entry;

    (void)state;
    assert_int_equal(entry_with(OID_EXT_INVALIDITY_DATE, false, UTC_2010, false, &entry), SK_INPUT);
    assert_int_equal(entry_with(OID_EXT_INVALIDITY_DATE, false,
                                ASN1_LIT("\x18\x0f"
                                         "20100101000000Z"),
                                false, &entry),
                     SK_NOTFOUND);
    assert_true(entry.has_invalidity);
    assert_int_equal(entry.invalidity_date, 1262304000);
}

static void test_crl_unknown_critical_entry_extension_is_noted(void **state)
{
    struct crl_entry entry;

    (void)state;
    assert_int_equal(entry_with(OID_SHA1, false, ASN1_LIT("x"), false, &entry), SK_NOTFOUND);
    assert_false(entry.has_unknown_critical);
    assert_int_equal(entry_with(OID_SHA1, true, ASN1_LIT("x"), false, &entry), SK_NOTFOUND);
    assert_true(entry.has_unknown_critical);
    assert_int_equal(
        entry_with(OID_EXT_HOLD_INSTRUCTION, true, ASN1_LIT("\x06\x01\x2a"), false, &entry),
        SK_NOTFOUND);
    assert_true(entry.has_unknown_critical);
}

static void test_crl_refuses_duplicate_entry_extensions(void **state)
{
    struct crl_entry entry;
    struct sk_buf ext, one;
    unsigned i;

    (void)state;
    buf_init(&ext, 1000);
    buf_init(&one, 2000);
    asn1_extension(&ext, OID_EXT_REASON_CODE, false, ASN1_LIT("\x0a\x01\x01"));
    asn1_extension(&ext, OID_EXT_REASON_CODE, false, ASN1_LIT("\x0a\x01\x08"));
    put_entry(&one, 1, buf_bytes(&ext));
    assert_int_equal(walk(buf_bytes(&one), false, &entry), SK_INPUT);
    buf_reset(&ext);
    for (i = 0; i <= LIMIT_ENTRY_EXTENSIONS; i++) {
        const uint8_t numbered[] = {0x30, 0x05, 0x06, 0x01, (uint8_t)i, 0x04, 0x00};

        buf_put(&ext, numbered, sizeof(numbered));
        if (i + 1 < LIMIT_ENTRY_EXTENSIONS)
            continue;
        buf_reset(&one);
        put_entry(&one, 1, buf_bytes(&ext));
        assert_int_equal(walk(buf_bytes(&one), false, &entry),
                         i < LIMIT_ENTRY_EXTENSIONS ? SK_NOTFOUND : SK_LIMIT);
    }
    buf_done(&ext);
    buf_done(&one);
}

static void test_crl_certificate_issuer_sticks(void **state)
{
    static const struct {
        const char *ext;
        size_t len;
        char issuer; /* expected dNSName in force; 0: the CRL's issuer */
    } steps[] = {
        {NULL, 0, 0},
        {"\x30\x0f\x06\x03\x55\x1d\x1d\x01\x01\xff\x04\x05\x30\x03\x82\x01"
         "a",
         17, 'a'},
        {NULL, 0, 'a'},
        {"\x30\x0f\x06\x03\x55\x1d\x1d\x01\x01\xff\x04\x05\x30\x03\x82\x01"
         "b",
         17, 'b'},
        {"\x30\x0a\x06\x03\x55\x1d\x15\x04\x03\x0a\x01\x01", 12, 'b'},
    };
    struct sk_crl crl = {.version = 2, .idp = {.is_indirect = true}};
    struct crl_entry entry;
    struct crl_walk w;
    struct sk_buf buf;
    size_t i;

    (void)state;
    buf_init(&buf, 1000);
    for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
        put_entry(&buf, (uint8_t)i, bytes_of(steps[i].ext, steps[i].len));
    crl.entries = buf_bytes(&buf);
    crl_entries(&crl, &w);
    for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        assert_int_equal(crl_entry_next(&w, &entry, NULL), SK_OK);
        assert_int_equal(entry.issuer_names.len, steps[i].issuer != 0 ? 3 : 0);
        if (steps[i].issuer != 0)
            assert_int_equal(entry.issuer_names.p[2], steps[i].issuer);
    }
    assert_int_equal(crl_entry_next(&w, &entry, NULL), SK_NOTFOUND);
    buf_done(&buf);
}

static void test_crl_certificate_issuer_only_in_an_indirect_crl(void **state)
{
    const struct sk_bytes names = ASN1_LIT("\x30\x03\x82\x01"
                                           "a");
    struct crl_entry entry;

    (void)state;
    assert_int_equal(entry_with(OID_EXT_CERTIFICATE_ISSUER, true, names, false, &entry), SK_INPUT);
    assert_int_equal(entry_with(OID_EXT_CERTIFICATE_ISSUER, true, names, true, &entry),
                     SK_NOTFOUND);
    assert_int_equal(
        entry_with(OID_EXT_CERTIFICATE_ISSUER, true, ASN1_LIT("\x30\x00"), true, &entry), SK_INPUT);
}

static void test_crl_an_empty_list_is_no_entries(void **state)
{
    struct recipe r = {.has_entries = true};
    struct sk_crl crl = parsed(&r);
    struct crl_entry entry;
    struct crl_walk w;

    (void)state;
    crl_entries(&crl, &w); /* C-15 */
    assert_int_equal(crl_entry_next(&w, &entry, NULL), SK_NOTFOUND);
    r.has_entries = false;
    crl = parsed(&r);
    crl_entries(&crl, &w);
    assert_int_equal(crl_entry_next(&w, &entry, NULL), SK_NOTFOUND);
}

static void test_crl_many_entries_cost_no_memory(void **state)
{
    enum { COUNT = 100000 };
    struct recipe r = {.has_entries = true};
    struct crl_entry entry;
    struct crl_walk w;
    struct sk_buf buf;
    struct sk_crl crl;
    size_t n = 0, used;
    unsigned i;

    (void)state;
    buf_init(&buf, 8u << 20);
    for (i = 0; i < COUNT; i++) {
        size_t mark = derout_open(&buf, DER_SEQUENCE);

        derout_uint(&buf, DER_INTEGER, COUNT - i / 2); /* C-19: unsorted, twice */
        derout_time(&buf, 2524607999 + i % 2);         /* C-16: both kinds of time */
        derout_close(&buf, mark);
    }
    r.entries = buf_bytes(&buf);
    crl = parsed(&r);
    buf_done(&buf);
    used = arena_used(arena);
    crl_entries(&crl, &w);
    while (crl_entry_next(&w, &entry, NULL) == SK_OK) {
        assert_int_equal(entry.revoked_at, 2524607999 + (int64_t)(n % 2));
        n++;
    }
    assert_int_equal(n, COUNT);
    assert_int_equal(arena_used(arena), used);
}

/* ---- against OpenSSL over PKITS
 * --------------------------------------------------------------------------- */

static void compare_integer(struct sk_bytes ours, const ASN1_INTEGER *theirs)
{
    unsigned char *der = NULL;
    int len = i2d_ASN1_INTEGER(theirs, &der);

    assert_true(len > 2);
    assert_int_equal(ours.len, len - 2);
    assert_memory_equal(ours.p, der + 2, ours.len);
    OPENSSL_free(der);
}

static void compare_number(bool is_present, struct sk_bytes ours, X509_CRL *x, int nid)
{
    ASN1_INTEGER *number = X509_CRL_get_ext_d2i(x, nid, NULL, NULL);

    assert_true(is_present == (number != NULL));
    if (number != NULL)
        compare_integer(ours, number);
    ASN1_INTEGER_free(number);
}

static void compare_idp(const struct crl_idp *ours, X509_CRL *x)
{
    ISSUING_DIST_POINT *idp = X509_CRL_get_ext_d2i(x, NID_issuing_distribution_point, NULL, NULL);

    assert_true(ours->is_present == (idp != NULL));
    if (idp == NULL)
        return;
    assert_true(ours->only_user_certs == (idp->onlyuser > 0));
    assert_true(ours->only_ca_certs == (idp->onlyCA > 0));
    assert_true(ours->only_attribute_certs == (idp->onlyattr > 0));
    assert_true(ours->is_indirect == (idp->indirectCRL > 0));
    assert_true(ours->has_reasons == (idp->onlysomereasons != NULL));
    assert_true(ours->has_name == (idp->distpoint != NULL));
    if (idp->distpoint != NULL) {
        assert_true((ours->full_name.len > 0) == (idp->distpoint->type == 0));
        assert_true((ours->relative.len > 0) == (idp->distpoint->type == 1));
    }
    ISSUING_DIST_POINT_free(idp);
}

static void compare_entry(const struct crl_entry *ours, const X509_REVOKED *theirs)
{
    ASN1_ENUMERATED *reason = X509_REVOKED_get_ext_d2i(theirs, NID_crl_reason, NULL, NULL);

    compare_integer(ours->serial, X509_REVOKED_get0_serialNumber(theirs));
    assert_int_equal(ours->revoked_at, asn1_seconds(X509_REVOKED_get0_revocationDate(theirs)));
    assert_true(ours->has_reason == (reason != NULL));
    if (reason != NULL)
        assert_int_equal(ours->reason, ASN1_ENUMERATED_get(reason));
    ASN1_ENUMERATED_free(reason);
}

static void compare_visit(void *arg, const char *file, struct sk_bytes der)
{
    const unsigned char *p = der.p;
    X509_CRL *x = d2i_X509_CRL(NULL, &p, (long)der.len);
    STACK_OF(X509_REVOKED) * revoked;
    struct crl_entry entry;
    struct crl_walk w;
    struct sk_crl crl;
    struct sk_err err = {.status = SK_OK};
    int i;

    (void)arg;
    assert_non_null(x);
    if (crl_parse(arena, der, &crl, &err) != SK_OK)
        fail_msg("%s: %s", file, err.text);
    assert_int_equal(crl.version, X509_CRL_get_version(x) + 1);
    assert_int_equal(crl.this_update, asn1_seconds(X509_CRL_get0_lastUpdate(x)));
    assert_int_equal(crl.next_update, asn1_seconds(X509_CRL_get0_nextUpdate(x)));
    compare_number(crl.has_number, crl.number, x, NID_crl_number);
    compare_number(crl.is_delta, crl.base_number, x, NID_delta_crl);
    compare_idp(&crl.idp, x);
    revoked = X509_CRL_get_REVOKED(x);
    crl_entries(&crl, &w);
    for (i = 0; i < sk_X509_REVOKED_num(revoked); i++) {
        if (crl_entry_next(&w, &entry, &err) != SK_OK)
            fail_msg("%s: %s", file, err.text);
        compare_entry(&entry, sk_X509_REVOKED_value(revoked, i));
    }
    assert_int_equal(crl_entry_next(&w, &entry, &err), SK_NOTFOUND);
    X509_CRL_free(x);
}

static void test_crl_agrees_with_openssl_on_all_of_pkits(void **state)
{
    (void)state;
    assert_int_equal(files_each(FILES_PKITS "/crls", ".crl", compare_visit, NULL), 173);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_crl_refuses_every_truncation_and_a_tail),
        cmocka_unit_test(test_crl_versions),
        cmocka_unit_test(test_crl_refuses_an_empty_issuer),
        cmocka_unit_test(test_crl_dates),
        cmocka_unit_test(test_crl_refuses_wrong_extension_lists),
        cmocka_unit_test(test_crl_unknown_critical_extension_is_noted),
        cmocka_unit_test(test_crl_numbers),
        cmocka_unit_test(test_crl_numbers_are_ordered_by_value),
        cmocka_unit_test(test_crl_issuing_distribution_point),
        cmocka_unit_test(test_crl_other_extensions),
        cmocka_unit_test(test_crl_refuses_malformed_entries),
        cmocka_unit_test(test_crl_walk_stops_where_it_failed),
        cmocka_unit_test(test_crl_v1_entries_have_no_extensions),
        cmocka_unit_test(test_crl_reasons),
        cmocka_unit_test(test_crl_invalidity_date),
        cmocka_unit_test(test_crl_unknown_critical_entry_extension_is_noted),
        cmocka_unit_test(test_crl_refuses_duplicate_entry_extensions),
        cmocka_unit_test(test_crl_certificate_issuer_sticks),
        cmocka_unit_test(test_crl_certificate_issuer_only_in_an_indirect_crl),
        cmocka_unit_test(test_crl_an_empty_list_is_no_entries),
        cmocka_unit_test(test_crl_many_entries_cost_no_memory),
        cmocka_unit_test(test_crl_agrees_with_openssl_on_all_of_pkits),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
