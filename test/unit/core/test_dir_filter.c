/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filters: written as text and encoded by libldap, or octet by octet; refused, limited, and
 * evaluated on entries, by a table and against a second opinion (test/support/entries.h).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <lber.h>
#include <stdio.h>

#include "core/derout.h"
#include "test/support/entries.h"

/* In libldap.so for its own tools; in no public header. */
int ldap_pvt_put_filter(BerElement *ber, const char *text);

static struct sk_arena *arena, *scratch;
static const struct dir_entry *entries[ENTRIES_FIXED];

/* The BER of a filter as RFC 4515 writes it. */
static struct sk_bytes encode(const char *text)
{
    BerElement *ber = ber_alloc_t(LBER_USE_DER);
    struct berval *flat = NULL;
    const void *copy;
    size_t len;

    if (ldap_pvt_put_filter(ber, text) != 0 || ber_flatten(ber, &flat) != 0)
        fail_msg("libldap does not write %s", text);
    len = flat->bv_len;
    copy = arena_copy(arena, flat->bv_val, len);
    ber_bvfree(flat);
    ber_free(ber, 1);
    return bytes_of(copy, len);
}

static enum sk_status read_filter(struct sk_bytes ber, const struct dir_filter **out)
{
    struct der d;
    struct sk_err err = {0};
    enum sk_status status;

    der_init_ber(&d, ber);
    status = dir_filter_read(&d, arena, out, &err);
    assert_int_equal(err.status, status);
    if (status == SK_OK)
        assert_true(der_at_end(&d));
    else
        assert_ptr_equal(d.p, ber.p);
    return status;
}

/* The octets it was read from are gone afterwards, as a request's are. */
static const struct dir_filter *filter_of(const char *text)
{
    const struct dir_filter *filter = NULL;
    struct sk_bytes ber = encode(text);
    uint8_t *octets = malloc(ber.len);

    memcpy(octets, ber.p, ber.len);
    assert_int_equal(read_filter(bytes_of(octets, ber.len), &filter), SK_OK);
    free(octets);
    return filter;
}

static enum dir_truth match(const char *text, const struct dir_entry *entry)
{
    uint64_t work = 0;

    arena_reset(scratch);
    return dir_filter_match(filter_of(text), entry, scratch, &work);
}

/* ---- reading --------------------------------------------------------------------------------- */

#define BER(text)                                                                                  \
    {                                                                                              \
        text, sizeof(text) - 1                                                                     \
    }

static void test_filter_refuses_malformed_octets(void **state)
{
    static const struct {
        const char *octets;
        size_t len;
    } bad[] = {
        BER(""),
        BER("\x87"),
        BER("\x87\x02"
            "a"),
        BER("\x30\x00"),
        BER("\x04\x00"),
        BER("\x80\x00"),
        BER("\xa7\x00"), /* present, constructed */
        BER("\x83\x00"),
        BER("\xa2\x00"), /* not: nothing */
        BER("\xa2\x04\x87\x00\x87\x00"),
        BER("\xa0\x80\x87\x00\x00\x00"), /* indefinite */
        BER("\xa0\x03\x87\x02"),         /* longer than what it is in */
        BER("\xa0\x03\x87\x02"
            "cn"),
        BER("\xa3\x00"),
        BER("\xa3\x04\x04\x02"
            "cn"),
        BER("\xa3\x08\x04\x02"
            "cn\x04\x00\x04\x00"),
        BER("\xa3\x06\x04\x02"
            "cn\x05\x00"),
        BER("\xa3\x06\x24\x02"
            "cn\x04\x00"), /* constructed string */
        BER("\xa4\x04\x04\x02"
            "cn"), /* no list of pieces */
        BER("\xa4\x06\x04\x02"
            "cn\x30\x00"), /* no piece */
        BER("\xa4\x0b\x04\x02"
            "cn\x30\x03\x80\x01"
            "a\x04\x00"), /* something behind it */
        BER("\xa4\x08\x04\x02"
            "cn\x30\x02\x83\x00"),
        BER("\xa4\x0c\x04\x02"
            "cn\x30\x06\x80\x01"
            "a\x80\x01"
            "b"),
        BER("\xa4\x0c\x04\x02"
            "cn\x30\x06\x81\x01"
            "a\x80\x01"
            "b"),
        BER("\xa4\x0c\x04\x02"
            "cn\x30\x06\x82\x01"
            "a\x81\x01"
            "b"),
        BER("\xa4\x0c\x04\x02"
            "cn\x30\x06\x82\x01"
            "a\x82\x01"
            "b"),
        BER("\xa9\x00"),
        BER("\xa9\x04\x82\x02"
            "cn"),
        BER("\xa9\x06\x83\x00\x82\x02"
            "cn"),
        BER("\xa9\x05\x83\x00\x84\x01\x01"), /* TRUE is FF */
        BER("\xa9\x04\x83\x00\x84\x00"),
        BER("\xa9\x07\x83\x00\x84\x01\xff\x85\x00"),
        BER("\xbf\x1f\x00"),
        BER("\xa0\x85\x00\x00\x00\x00\x00"),
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const struct dir_filter *filter = NULL;
        bool is_too_large;

        if (read_filter(bytes_of(bad[i].octets, bad[i].len), &filter) != SK_INPUT)
            fail_msg("row %zu is taken", i);
        assert_null(filter);
        assert_false(entries_is_filter(bytes_of(bad[i].octets, bad[i].len), &is_too_large));
    }
}

static void test_filter_takes_long_lengths_and_stops_at_its_end(void **state)
{
    static const uint8_t octets[] = {0xa0, 0x84, 0x00, 0x00, 0x00, 0x06, 0x87,
                                     0x82, 0x00, 0x02, 'c',  'n',  0x30, 0x00};
    const struct dir_filter *filter;
    struct der d;

    (void)state;
    der_init_ber(&d, bytes_of(octets, sizeof(octets)));
    assert_int_equal(dir_filter_read(&d, arena, &filter, NULL), SK_OK);
    assert_ptr_equal(d.p, octets + 12);
    assert_int_equal(filter->kind, DIR_FILTER_AND);
    assert_int_equal(filter->child->kind, DIR_FILTER_PRESENT);
    assert_null(filter->child->next);
}

/* depth times the tag around a present filter */
static struct sk_bytes nested(uint8_t tag, size_t depth)
{
    size_t room = 8 * depth + 16, at = room, i;
    uint8_t *octets = arena_alloc(arena, room);

    memcpy(octets + (at -= 4),
           "\x87\x02"
           "cn",
           4);
    for (i = 1; i < depth; i++) {
        size_t len = room - at;

        octets[--at] = (uint8_t)len;
        octets[--at] = (uint8_t)(len >> 8);
        octets[--at] = (uint8_t)(len >> 16);
        octets[--at] = 0x83;
        octets[--at] = tag;
    }
    return bytes_of(octets + at, room - at);
}

static void test_filter_depth_is_limited(void **state)
{
    static const uint8_t tags[] = {0xa0, 0xa1, 0xa2};
    const struct dir_filter *filter;
    uint64_t work = 0;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(tags); i++) {
        assert_int_equal(read_filter(nested(tags[i], LIMIT_DIR_FILTER_DEPTH), &filter), SK_OK);
        assert_int_equal(dir_filter_match(filter, entries[0], scratch, &work),
                         tags[i] == 0xa2 && LIMIT_DIR_FILTER_DEPTH % 2 == 0 ? DIR_FALSE : DIR_TRUE);
        assert_int_equal(read_filter(nested(tags[i], LIMIT_DIR_FILTER_DEPTH + 1), &filter),
                         SK_LIMIT);
        assert_int_equal(read_filter(nested(tags[i], 10000), &filter), SK_LIMIT);
    }
}

/* An AND of n items, or one substring filter of n - 1 pieces. */
static struct sk_bytes wide(size_t n, bool is_substrings)
{
    struct sk_buf buf;
    size_t outer, inner, i, len;
    const void *copy;

    buf_init(&buf, 64u << 20);
    outer = derout_open(&buf, is_substrings ? 0xa4 : 0xa0);
    if (is_substrings)
        derout_tlv(&buf, DER_OCTET_STRING, bytes_of("cn", 2));
    inner = is_substrings ? derout_open(&buf, DER_SEQUENCE) : 0;
    for (i = 1; i < n; i++)
        derout_tlv(&buf, is_substrings ? 0x81 : 0x87, bytes_of("cn", 2));
    if (is_substrings)
        derout_close(&buf, inner);
    derout_close(&buf, outer);
    assert_int_equal(buf_status(&buf), SK_OK);
    len = buf.len;
    copy = arena_copy(arena, buf.data, len);
    buf_done(&buf);
    return bytes_of(copy, len);
}

static void test_filter_items_are_limited(void **state)
{
    const struct dir_filter *filter;
    int i;

    (void)state;
    for (i = 0; i < 2; i++) {
        assert_int_equal(read_filter(wide(LIMIT_DIR_FILTER_ITEMS, i), &filter), SK_OK);
        assert_int_equal(read_filter(wide(LIMIT_DIR_FILTER_ITEMS + 1, i), &filter), SK_LIMIT);
        arena_reset(scratch);
        assert_int_equal(read_filter(wide(1000000, i), &filter), SK_LIMIT);
    }
    /* what a million of them took is small: the arena of a search need not hold them */
    assert_true(arena_used(arena) < (16u << 20));
}

static void test_filter_values_are_limited(void **state)
{
    static const char *const heads[] = {"\xa3", "\xa5", "\xa6", "\xa8"};
    const struct dir_filter *filter;
    size_t i, n;

    (void)state;
    for (i = 0; i < 4; i++) {
        for (n = LIMIT_DIR_ASSERTION_BYTES; n <= LIMIT_DIR_ASSERTION_BYTES + 1; n++) {
            struct sk_buf buf;
            size_t mark;
            uint8_t *value = arena_alloc(arena, n);

            buf_init(&buf, 65536);
            mark = derout_open(&buf, (uint8_t)heads[i][0]);
            derout_tlv(&buf, DER_OCTET_STRING, bytes_of("unknown", 7));
            derout_tlv(&buf, DER_OCTET_STRING, bytes_of(value, n));
            derout_close(&buf, mark);
            assert_int_equal(read_filter(buf_bytes(&buf), &filter),
                             n == LIMIT_DIR_ASSERTION_BYTES ? SK_OK : SK_LIMIT);
            buf_done(&buf);
        }
    }
}

/* However they are written: what is dear to prepare is bounded in the whole filter. */
static void test_filter_unicode_is_limited(void **state)
{
    static const struct {
        char octet;
        size_t most; /* of this octet in one filter */
    } rows[] = {{'\xc3', LIMIT_DIR_FILTER_UNICODE},
                {'\\', LIMIT_DIR_FILTER_UNICODE},
                {'#', LIMIT_DIR_FILTER_UNICODE * 2},
                {'a', LIMIT_DIR_FILTER_UNICODE * 8}};
    const struct dir_filter *filter;
    uint8_t value[1024];
    size_t i, n, extra;

    (void)state;
    for (i = 0; i < 8; i++) {
        struct sk_buf buf;
        size_t set, item;

        memset(value, rows[i / 2].octet, sizeof(value));
        extra = i % 2;
        buf_init(&buf, 1u << 20);
        set = derout_open(&buf, 0xa0);
        for (n = 0; n < rows[i / 2].most / sizeof(value) + extra; n++) {
            item = derout_open(&buf, 0xa3);
            derout_tlv(&buf, DER_OCTET_STRING, bytes_of("cn", 2));
            derout_tlv(&buf, DER_OCTET_STRING, bytes_of(value, sizeof(value)));
            derout_close(&buf, item);
        }
        derout_close(&buf, set);
        assert_int_equal(read_filter(buf_bytes(&buf), &filter),
                         extra == 0 || rows[i / 2].octet == 'a' ? SK_OK : SK_LIMIT);
        buf_done(&buf);
    }
}

static void test_filter_fails_when_memory_ends(void **state)
{
    struct sk_bytes ber = encode(
        "(&(cn=a*b)(|(objectClass=person)(!(sn>=a)))(cn:caseExactMatch:=a)(cACertificate=5$cn=a)"
        "(manager=cn=a)(postalAddress=a\\5c5c$b)(uniqueMember=cn=a#'1'B)(userPassword=x)"
        "(userCertificate={ serialNumber '05'H, issuer rdnSequence:\"cn=a\" })"
        "(deltaRevocationList={ issuer \"cn=a\", thisUpdate \"110313070640Z\", "
        "distributionPoint fullName:{ iPAddress:'7F000001'H, registeredID:1.2 } })"
        "(authorityRevocationList={ issuer \"cn=a\", thisUpdate \"110313070640Z\", "
        "distributionPoint nameRelativeToCRLIssuer:\"cn=a\" }))");
    enum sk_status status = SK_NOMEM;
    size_t room;

    (void)state;
    for (room = 0; status != SK_OK; room += 16) {
        struct sk_arena *small = arena_new(room);
        const struct dir_filter *filter = NULL;
        struct der d;

        der_init_ber(&d, ber);
        status = dir_filter_read(&d, small, &filter, NULL);
        assert_true(status == SK_OK || status == SK_NOMEM);
        assert_true((filter != NULL) == (status == SK_OK));
        arena_free(small);
    }
    assert_true(room > 512);
}

/* Scratch that is too small gives undefined, never a truth. */
static void test_match_without_memory_is_undefined(void **state)
{
    const struct dir_filter *filter = filter_of("(manager=cn=CA,o=Org,c=JP)");
    const struct dir_filter *inverse = filter_of("(!(manager=cn=CA,o=Org,c=JP))");
    struct sk_arena *small = arena_new(64);
    uint64_t work = 0;

    (void)state;
    assert_int_equal(dir_filter_match(filter, entries[0], scratch, &work), DIR_TRUE);
    assert_int_equal(dir_filter_match(filter, entries[0], small, &work), DIR_UNDEFINED);
    assert_int_equal(dir_filter_match(inverse, entries[0], small, &work), DIR_UNDEFINED);
    arena_free(small);
}

/* ---- what a filter says of itself ------------------------------------------------------------ */

static void test_filter_tells_the_index_what_it_may_use(void **state)
{
    const struct dir_filter *filter = filter_of("(cn= Foo  bar )");
    struct sk_bytes canon;

    (void)state;
    assert_int_equal(filter->kind, DIR_FILTER_EQUALITY);
    assert_string_equal(filter->attribute->names[0], "cn");
    assert_true(bytes_equal(filter->canon, bytes_of("foo bar", 7)));
    filter = filter_of("(cACertificate;binary={ serialNumber 5, issuer rdnSequence:\"cn=CA\" })");
    assert_int_equal(filter->kind, DIR_FILTER_EQUALITY);
    assert_int_equal(dir_value_canon(arena, DIR_RULE_CERTIFICATE_EXACT,
                                     entries[1]->attributes[2].values[0], &canon),
                     SK_OK);
    assert_true(bytes_equal(filter->canon, canon));
    filter = filter_of("(crossCertificatePair={ issuedToThisCAAssertion { serialNumber 5, "
                       "issuer rdnSequence:\"cn=CA\" } })");
    assert_int_equal(filter->kind, DIR_FILTER_EQUALITY);
    assert_null(filter->canon.p);
    assert_int_equal(filter_of("(nosuch=a)")->kind, DIR_FILTER_UNDEFINED);
    assert_int_equal(filter_of("(cn;binary=a)")->kind, DIR_FILTER_UNDEFINED);
    assert_int_equal(filter_of("(jpegPhoto=a)")->kind, DIR_FILTER_UNDEFINED);
    assert_int_equal(filter_of("(cn>=a)")->kind, DIR_FILTER_UNDEFINED); /* RFC 4519: no order */
    assert_int_equal(filter_of("(manager=cn=*)")->kind, DIR_FILTER_UNDEFINED);
}

/* ---- evaluation ------------------------------------------------------------------------------ */

static const struct {
    const char *filter;
    const char *truths; /* of the fixed entries: T, F, ? */
} match_rows[] = {
    /* present */
    {"(objectClass=*)", "TTTT"},
    {"(cn=*)", "TTTF"},
    {"(name=*)", "TTTF"},
    {"(cACertificate=*)", "FTTF"},
    {"(cACertificate;binary=*)", "FTTF"},
    {"(2.5.4.37;BINARY=*)", "FTTF"},
    {"(cn;binary=*)", "????"},
    {"(nosuch=*)", "????"},
    {"(!(nosuch=*))", "????"},
    {"(1.2.3=*)", "????"},
    /* equality */
    {"(cn=FOO BAR)", "TFFF"},
    {"(cn= foo )", "TFFF"},
    {"(commonName=ca)", "FTFF"},
    {"(name=other)", "TFFF"},
    {"(name=bar)", "TFFF"}, /* sn is a name */
    {"(sn=other)", "FFFF"},
    {"(cn=a\xee\x80\x80)", "FFTF"},
    {"(!(cn=foo))", "FTTT"},
    {"(cn=\\ff)", "????"},
    {"(cn=)", "????"},
    {"(mail=foo@example.jp)", "TFFF"},
    {"(mail=\xc3\xa4)", "????"},
    {"(telephoneNumber=+81312345678)", "TFFF"},
    {"(postalAddress=1 main $ TOKYO)", "TFFF"},
    {"(manager=CN=ca , O=org , C=jp)", "TF?F"},
    {"(manager=nobody)", "????"},
    {"(documentIdentifier=d)", "FF?F"},
    {"(uniqueMember=cn=a)", "FFFF"},
    {"(uniqueMember=cn=A#'01'B)", "FFTF"},
    {"(x500UniqueIdentifier='01'B)", "FFTF"},
    {"(hasSubordinates=FALSE)", "TFFF"},
    {"(hasSubordinates=false)", "????"},
    {"(dnQualifier=M)", "TFFF"},
    {"(userPKCS12=a)", "????"},
    /* object classes with those they derive from */
    {"(objectClass=inetOrgPerson)", "TFFF"},
    {"(objectClass=person)", "TFFF"},
    {"(objectClass=2.5.6.6)", "TFFF"},
    {"(objectClass=top)", "TTTT"},
    {"(objectClass=pkica)", "FTFF"},
    {"(objectClass=nosuch)", "????"},
    {"(objectClass=1.2.3.4)", "FFFF"},
    {"(!(objectClass=person))", "FTTT"},
    {"(objectClass=cn)", "FFFF"},
    /* order */
    {"(createTimestamp>=20221122201500Z)", "TF?F"},
    {"(createTimestamp>=20221122201501Z)", "FF?F"},
    {"(createTimestamp<=20221122201500Z)", "TF?F"},
    {"(createTimestamp<=yesterday)", "????"},
    {"(numSubordinates>=-1)", "TF?F"},
    {"(numSubordinates<=-1)", "FF?F"},
    {"(dnQualifier>=L)", "TFFF"},
    {"(dnQualifier<=L)", "FFFF"},
    {"(cn>=a)", "????"},
    {"(objectClass>=a)", "????"},
    /* substrings */
    {"(cn=foo*)", "TF?F"},
    {"(cn=*A)", "FT?F"},
    {"(cn=*o b*)", "TF?F"},
    {"(cn=foo*ar)", "TF?F"},
    {"(name=ot*)", "TF?F"},
    {"(mail=*@example*)", "TFFF"},
    {"(manager=cn=*)", "????"},
    {"(description=*\xe6\x9c\xac)", "TFFF"},
    /* approx is equality */
    {"(cn~=foo)", "TFFF"},
    {"(objectClass~=person)", "TFFF"},
    /* extensible */
    {"(cn:=foo)", "TFFF"},
    {"(cn:caseIgnoreMatch:=FOO)", "TFFF"},
    {"(cn:2.5.13.5:=foo)", "TFFF"},
    {"(cn:caseExactMatch:=FOO)", "FFFF"},
    {"(cn:integerMatch:=1)", "????"},
    {"(cn:nosuch:=1)", "????"},
    {"(cn:caseIgnoreSubstringsMatch:=foo)", "????"},
    {"(nosuch:caseIgnoreMatch:=foo)", "????"},
    {"(:caseIgnoreMatch:=5)", "TF?F"},
    {"(:caseIgnoreMatch:=foo@example.jp)", "TF?F"},
    {"(:integerMatch:=0)", "TF?F"},
    {"(:distinguishedNameMatch:=cn=CA,o=org,c=jp)", "TF?F"},
    {"(ou:dn:=people)", "TFFF"},
    {"(o:dn:=org)", "TTTF"},
    {"(ou:=people)", "FFFF"},
    {"(:dn:caseIgnoreMatch:=people)", "TF?F"},
    {"(name:dn:=jp)", "TTFF"},
    {"(!(o:dn:=org))", "FFFT"},
    {"(objectClass:=person)", "FFFF"}, /* the rule alone: RFC 4517 4.2.26 */
    /* certificates and lists */
    {"(cACertificate={ serialNumber 5, issuer rdnSequence:\"CN=CA\" })", "FT?F"},
    {"(cACertificate=5$cn=ca)", "FT?F"},
    {"(userCertificate=5$cn=ca)", "FFFF"},
    {"(cACertificate=6$cn=ca)", "FF?F"},
    {"(cACertificate=x)", "????"},
    {"(cACertificate:certificateExactMatch:=5$cn=ca)", "FT?F"},
    {"(certificateRevocationList={ issuer rdnSequence:\"cn=ca\", thisUpdate "
     "utcTime:\"110313070640Z\" })",
     "FTFF"},
    {"(crossCertificatePair={ issuedToThisCAAssertion { serialNumber 5, issuer "
     "rdnSequence:\"\" } })",
     "FFFF"},
    /* sets, three-valued */
    {"(&)", "TTTT"},
    {"(|)", "FFFF"},
    {"(!(&))", "FFFF"},
    {"(!(|))", "TTTT"},
    {"(&(cn=*)(nosuch=*))", "???F"},
    {"(|(cn=*)(nosuch=*))", "TTT?"},
    {"(&(nosuch=*)(!(cn=*)))", "FFF?"},
    {"(|(nosuch=*)(!(cn=*)))", "???T"},
    {"(&(objectClass=person)(cn=foo)(uid=foo))", "TFFF"},
    {"(|(objectClass=pkiCA)(uid=foo)(sn=x))", "TTFF"},
    {"(&(|(cn=foo)(cn=ca))(!(uid=foo)))", "FTFF"},
};

static void test_match_by_table(void **state)
{
    size_t i, k;

    (void)state;
    for (i = 0; i < sizeof(match_rows) / sizeof(match_rows[0]); i++) {
        for (k = 0; k < ENTRIES_FIXED; k++) {
            char truth = "FT?"[match(match_rows[i].filter, entries[k])];

            if (truth != match_rows[i].truths[k])
                fail_msg("%s on entry %zu: %c", match_rows[i].filter, k, truth);
        }
    }
}

/* libldap writes no empty sets without help everywhere: RFC 4526 octet by octet, and other choices.
 */
static void test_match_of_empty_sets_and_unknown_choices(void **state)
{
    static const struct {
        const char *octets;
        size_t len;
        enum dir_truth truth;
    } rows[] = {
        {"\xa0\x00", 2, DIR_TRUE},
        {"\xa1\x00", 2, DIR_FALSE},
        {"\xa2\x02\xa0\x00", 4, DIR_FALSE},
        {"\xaa\x00", 2, DIR_UNDEFINED},
        {"\x8a\x00", 2, DIR_UNDEFINED},
        {"\xa2\x02\x9e\x00", 4, DIR_UNDEFINED},
        {"\xa1\x04\xaa\x00\xa0\x00", 6, DIR_TRUE},
        {"\xa9\x02\x83\x00", 4, DIR_UNDEFINED}, /* neither rule nor type */
        {"\x87\x00", 2, DIR_UNDEFINED},
        {"\x87\x02"
         "c ",
         4, DIR_UNDEFINED},
        {"\xa4\x08\x04\x02"
         "cn\x30\x02\x81\x00",
         10, DIR_UNDEFINED}, /* an empty piece */
    };
    const struct dir_filter *filter;
    uint64_t work = 0;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(read_filter(bytes_of(rows[i].octets, rows[i].len), &filter), SK_OK);
        assert_int_equal(dir_filter_match(filter, entries[0], scratch, &work), rows[i].truth);
    }
}

/* An entry with many long values costs a bounded amount, and what is cut off is undefined. */
static void test_match_work_is_bounded(void **state)
{
    static const char *const lines[] = {"objectClass: top", NULL};
    struct dir_entry *large = entries_make(arena, "cn=large", lines);
    struct dir_values values = {dir_schema_attribute(bytes_of("description", 11)), 1000, NULL};
    struct dir_values both[2];
    struct sk_bytes *list = arena_array(arena, values.num, sizeof(*list));
    uint8_t *text = arena_alloc(arena, LIMIT_DIR_TEXT_BYTES + 1);
    uint64_t work = 0;
    size_t i;

    (void)state;
    memset(text, 'a', LIMIT_DIR_TEXT_BYTES);
    for (i = 0; i < values.num; i++)
        list[i] = bytes_of(text, LIMIT_DIR_TEXT_BYTES);
    values.values = list;
    both[0] = large->attributes[0];
    both[1] = values;
    large->attributes = both;
    large->num = 2;
    arena_reset(scratch);
    assert_int_equal(dir_filter_match(filter_of("(description=b)"), large, scratch, &work),
                     DIR_UNDEFINED);
    assert_in_range(work, LIMIT_DIR_MATCH_WORK + 1,
                    LIMIT_DIR_MATCH_WORK + LIMIT_DIR_TEXT_BYTES + 256);
    work = 0;
    arena_reset(scratch);
    assert_int_equal(dir_filter_match(filter_of("(!(description=b))"), large, scratch, &work),
                     DIR_UNDEFINED);
    assert_int_equal(dir_filter_match(filter_of("(&(description=b)(description=c)(cn:dn:=large))"),
                                      large, scratch, &work),
                     DIR_UNDEFINED);
    /* what is certain stays so */
    assert_int_equal(
        dir_filter_match(filter_of("(|(description=b)(objectClass=*))"), large, scratch, &work),
        DIR_TRUE);
    work = 0;
    assert_int_equal(dir_filter_match(filter_of("(objectClass=top)"), large, scratch, &work),
                     DIR_TRUE);
    assert_in_range(work, 1, 1024);
    /* too long to be compared: costs next to nothing */
    list[0] = bytes_of(text, LIMIT_DIR_TEXT_BYTES + 1);
    both[1].num = 1;
    work = 0;
    assert_int_equal(dir_filter_match(filter_of("(description=b)"), large, scratch, &work),
                     DIR_UNDEFINED);
    assert_in_range(work, 1, 1024);
}

/* 64 for the look, the octets, and 63 more for each that is not ASCII; certificates by their head.
 */
static void test_match_work_is_that_of_the_octets(void **state)
{
    static const char *const lines[] = {"objectClass: top", NULL};
    static const uint8_t text[] = "ab\xc3\xa9", der[5000] = {0x30, 0x82, 0x80, 0x80};
    const struct {
        const char *name;
        struct sk_bytes value;
        uint64_t work;
    } rows[] = {
        {"description", bytes_of(text, 2), 64 + 2},
        {"description", bytes_of(text, 4), 64 + 4 + 2 * 63},
        {"userCertificate", bytes_of(der, 100), 64 + 100},
        {"userCertificate", bytes_of(der, 4096), 64 + 4096},
        {"userCertificate", bytes_of(der, sizeof(der)), 64 + 4096},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct dir_entry *entry = entries_make(arena, "cn=x", lines);
        char filter[64];
        uint64_t work = 0;

        entries_add(arena, entry, rows[i].name, rows[i].value);
        (void)snprintf(filter, sizeof(filter), "(%s=1$cn=x)", rows[i].name);
        arena_reset(scratch);
        assert_int_not_equal(dir_filter_match(filter_of(filter), entry, scratch, &work), DIR_TRUE);
        assert_int_equal(work, 64 + rows[i].work); /* 64: the item itself */
    }
}

/* ---- the second opinion ---------------------------------------------------------------------- */

static unsigned seed = 1;

static unsigned next(unsigned n)
{
    seed = seed * 1103515245u + 12345u;
    return (seed >> 16 & 0x7fff) % n;
}

static void put_random_filter(struct sk_buf *out, unsigned depth)
{
    static const char *const items[] = {"(cn=foo)",
                                        "(cn=*)",
                                        "(name=bar)",
                                        "(nosuch=1)",
                                        "(objectClass=top)",
                                        "(uid=f*o)",
                                        "(cn=*a*)",
                                        "(sn=*)",
                                        "(manager=nobody)",
                                        "(o:dn:=org)",
                                        "(:integerMatch:=0)",
                                        "(cACertificate=5$cn=ca)",
                                        "(cACertificate=*)",
                                        "(mail~=foo@example.jp)",
                                        "(numSubordinates>=0)",
                                        "(createTimestamp<=20230101000000Z)",
                                        "(objectClass=person)",
                                        "(cn;binary=*)",
                                        "(cn:caseExactMatch:=foo)",
                                        "(documentIdentifier=*)"};
    unsigned kind = depth == 0 ? 3 : next(5), n;

    if (kind >= 3) {
        buf_put_text(out, items[next(sizeof(items) / sizeof(items[0]))]);
        return;
    }
    buf_printf(out, "(%c", "&|!"[kind]);
    for (n = kind == 2 ? 1 : next(4); n > 0; n--)
        put_random_filter(out, depth - 1);
    buf_put_byte(out, ')');
}

static void test_match_is_what_the_second_opinion_says(void **state)
{
    unsigned long rounds = 3000, i;
    unsigned seen[3] = {0, 0, 0};
    struct sk_buf text;

    (void)state;
    buf_init(&text, 65536);
    for (i = 0; i < rounds; i++) {
        const struct dir_filter *filter;
        struct sk_arena *kept = arena;
        struct sk_bytes ber;
        uint64_t work = 0;
        size_t k;
        bool is_too_large;

        buf_reset(&text);
        put_random_filter(&text, 4);
        buf_put_byte(&text, 0);
        arena_reset(scratch);
        arena = scratch;
        ber = encode((const char *)text.data);
        assert_true(entries_is_filter(ber, &is_too_large));
        if (!is_too_large) {
            assert_int_equal(read_filter(ber, &filter), SK_OK);
            for (k = 0; k < ENTRIES_FIXED; k++) {
                enum dir_truth truth = dir_filter_match(filter, entries[k], scratch, &work);

                if (entries_match(scratch, ber, entries[k]) != truth)
                    fail_msg("%s on entry %zu: %d", (const char *)text.data, k, truth);
                seen[truth]++;
            }
        }
        arena = kept;
    }
    buf_done(&text);
    assert_true(seen[0] > rounds / 10 && seen[1] > rounds / 10 && seen[2] > rounds / 10);
}

static int set_up(void **state)
{
    (void)state;
    arena = arena_new(128u << 20);
    scratch = arena_new(64u << 20);
    if (arena == NULL || scratch == NULL)
        return 1;
    entries_fixed(arena, entries);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    arena_free(scratch);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_filter_refuses_malformed_octets),
        cmocka_unit_test(test_filter_takes_long_lengths_and_stops_at_its_end),
        cmocka_unit_test(test_filter_depth_is_limited),
        cmocka_unit_test(test_filter_items_are_limited),
        cmocka_unit_test(test_filter_values_are_limited),
        cmocka_unit_test(test_filter_unicode_is_limited),
        cmocka_unit_test(test_filter_fails_when_memory_ends),
        cmocka_unit_test(test_match_without_memory_is_undefined),
        cmocka_unit_test(test_filter_tells_the_index_what_it_may_use),
        cmocka_unit_test(test_match_by_table),
        cmocka_unit_test(test_match_of_empty_sets_and_unknown_choices),
        cmocka_unit_test(test_match_work_is_bounded),
        cmocka_unit_test(test_match_work_is_that_of_the_octets),
        cmocka_unit_test(test_match_is_what_the_second_opinion_says),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
