/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The LDAP reader, with liblber (test/support/ldap_lber.h) on the other side. What ours takes,
 * liblber takes with the same meaning; where liblber takes more, the row in STRICTER says why ours
 * does not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/hex.h"
#include "test/support/ldap_lber.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { BYTES = 65536, MUTATIONS = 30000 };

static size_t unhex(const char *hex, uint8_t *out)
{
    size_t len = strlen(hex) / 2;

    assert_int_equal(hex_decode(hex, out, len), SK_OK);
    return len;
}

static enum sk_status read_hex(const char *hex, struct ldap_request *out)
{
    static uint8_t octets[BYTES]; /* results point into it */

    return ldap_message_read(bytes_of(octets, unhex(hex, octets)), out);
}

static void assert_text(struct sk_bytes bytes, const char *text)
{
    assert_int_equal(bytes.len, strlen(text));
    assert_memory_equal(bytes.p, text, bytes.len);
}

/* ---- framing ---- */

static void frames_are_told_by_their_head(void **state)
{
    static const struct {
        const char *head;
        enum sk_status status;
        size_t len;
    } rows[] = {
        {"30", SK_AGAIN, 0},           {"300c", SK_OK, 14},           {"3081ff", SK_OK, 258},
        {"3081", SK_AGAIN, 0},         {"3082ff", SK_AGAIN, 0},       {"308300ffff", SK_LIMIT, 0},
        {"308400000005", SK_OK, 11},   {"3084000000", SK_AGAIN, 0},   {"3080", SK_INPUT, 0},
        {"308500000000", SK_INPUT, 0}, {"30847fffffff", SK_LIMIT, 0}, {"3084ffffffff", SK_LIMIT, 0},
        {"31", SK_INPUT, 0},           {"474554202f", SK_INPUT, 0},   {"1603010200", SK_INPUT, 0},
        {"00", SK_INPUT, 0},
    };
    uint8_t octets[16];
    size_t i, len;

    (void)state;
    assert_int_equal(ldap_message_frame(bytes_of(NULL, 0), 65536, &len), SK_AGAIN);
    for (i = 0; i < COUNT(rows); i++) {
        size_t n = unhex(rows[i].head, octets);

        len = 0;
        assert_int_equal(ldap_message_frame(bytes_of(octets, n), 65536, &len), rows[i].status);
        assert_int_equal(len, rows[i].len);
    }
}

static void the_largest_message_is_the_limit(void **state)
{
    static const uint8_t head[] = {0x30, 0x82, 0x03, 0xfc}; /* 1024 in all */
    size_t len;

    (void)state;
    assert_int_equal(ldap_message_frame(bytes_of(head, 4), 1024, &len), SK_OK);
    assert_int_equal(len, 1024);
    assert_int_equal(ldap_message_frame(bytes_of(head, 4), 1023, &len), SK_LIMIT);
}

/* ---- requests ---- */

static void a_search_is_read(void **state)
{
    static const char *const names[] = {"cACertificate;binary", "cn", NULL};
    struct ldap_request request;
    struct sk_buf message;

    (void)state;
    buf_init(&message, BYTES);
    assert_true(lber_search_write(&message, 2147483647, "o=Test,c=JP", 2, 70000, 9, names));
    assert_int_equal(ldap_message_read(buf_bytes(&message), &request), SK_OK);
    assert_int_equal(request.id, 2147483647);
    assert_int_equal(request.kind, LDAP_SEARCH);
    assert_int_equal(request.fault, LDAP_SUCCESS);
    assert_text(request.of.search.base, "o=Test,c=JP");
    assert_int_equal(request.of.search.scope, LDAP_SCOPE_SUB);
    assert_int_equal(request.of.search.size_limit, 70000);
    assert_int_equal(request.of.search.time_limit, 9);
    assert_false(request.of.search.types_only);
    assert_int_equal(request.of.search.num_attributes, 2);
    assert_text(request.of.search.attributes[0], "cACertificate;binary");
    assert_text(request.of.search.attributes[1], "cn");
    assert_text(request.of.search.filter, "\x87\x0bobjectClass");
    buf_done(&message);
}

static void binds_are_read(void **state)
{
    struct ldap_request request;
    struct sk_buf message;

    (void)state;
    buf_init(&message, BYTES);
    assert_true(lber_bind_write(&message, 1, 3, "cn=a", "secret"));
    assert_int_equal(ldap_message_read(buf_bytes(&message), &request), SK_OK);
    assert_int_equal(request.kind, LDAP_BIND);
    assert_int_equal(request.of.bind.version, 3);
    assert_int_equal(request.of.bind.auth, LDAP_AUTH_SIMPLE);
    assert_text(request.of.bind.name, "cn=a");
    assert_text(request.of.bind.password, "secret");
    buf_done(&message);
    /* SASL EXTERNAL, and an authentication that nobody knows */
    assert_int_equal(read_hex("3016020101601102010304"
                              "00a30a0408"
                              "45585445524e414c",
                              &request),
                     SK_OK);
    assert_int_equal(request.of.bind.auth, LDAP_AUTH_SASL);
    assert_int_equal(read_hex("300c02010160070201020400"
                              "8100",
                              &request),
                     SK_OK);
    assert_int_equal(request.of.bind.auth, LDAP_AUTH_OTHER);
    assert_int_equal(request.of.bind.version, 2);
}

static void the_small_requests_are_read(void **state)
{
    struct ldap_request request;

    (void)state;
    assert_int_equal(read_hex("30050201024200", &request), SK_OK);
    assert_int_equal(request.kind, LDAP_UNBIND);
    assert_int_equal(read_hex("3006020103500102", &request), SK_OK);
    assert_int_equal(request.kind, LDAP_ABANDON);
    assert_int_equal(request.of.abandon, 2);
    assert_int_equal(read_hex("300a0201034a05636e3d6162", &request), SK_OK);
    assert_int_equal(request.kind, LDAP_DELETE);
    assert_int_equal(read_hex("301602010577118003312e32810a30313233343536373839", &request), SK_OK);
    assert_int_equal(request.kind, LDAP_EXTENDED);
    assert_text(request.of.extended.name, "1.2");
    assert_text(request.of.extended.value, "0123456789");
    assert_int_equal(read_hex("30120201066e0d0403633d4a30060402636e0400", &request), SK_OK);
    assert_int_equal(request.kind, LDAP_COMPARE);
    assert_text(request.of.compare.entry, "c=J");
    assert_text(request.of.compare.attribute, "cn");
    assert_text(request.of.compare.value, "");
}

static void controls_are_read(void **state)
{
    struct ldap_request request;

    (void)state;
    /* "1.2", critical; "1.3" with a value */
    assert_int_equal(read_hex("301d0201024200a016"
                              "3008"
                              "0403312e32"
                              "0101ff"
                              "300a"
                              "0403312e33"
                              "0403616263",
                              &request),
                     SK_OK);
    assert_int_equal(request.num_controls, 2);
    assert_true(request.controls[0].is_critical);
    assert_false(request.controls[0].has_value);
    assert_false(request.controls[1].is_critical);
    assert_text(request.controls[1].value, "abc");
    assert_ptr_equal(ldap_message_control(&request, "1.3"), &request.controls[1]);
    assert_null(ldap_message_control(&request, "1.4"));
    /* twice the same */
    assert_int_equal(read_hex("30150201024200a00e"
                              "3005"
                              "0403312e32"
                              "3005"
                              "0403312e32",
                              &request),
                     SK_OK);
    assert_int_equal(request.fault, LDAP_PROTOCOL_ERROR);
}

static void extensions_of_known_fields_are_passed_over(void **state)
{
    struct ldap_request request;

    (void)state;
    /* behind the fields of an extended request, and behind the controls */
    assert_int_equal(read_hex("3010"
                              "020105"
                              "7705"
                              "8003312e32"
                              "a000"
                              "8f0101",
                              &request),
                     SK_INPUT);
    assert_int_equal(read_hex("300f"
                              "020105"
                              "7708"
                              "8003312e32"
                              "8f0101"
                              "a000",
                              &request),
                     SK_OK);
    assert_int_equal(read_hex("300f"
                              "020105"
                              "7705"
                              "8003312e32"
                              "a000"
                              "8f0101",
                              &request),
                     SK_OK);
}

/* ---- refusals ---- */

static void what_is_no_request_is_refused(void **state)
{
    static const char *const rows[] = {
        "",
        "3000",
        "30050201004200", /* messageID 0 */
        "30050201ff4200", /* negative */
        "300402004200",   /* empty */
        "3009020500000000014200",
        "3003020101",     /* no operation */
        "30050201016500", /* a response */
        "30050201017800",
        "30050201011f00",                   /* a tag of more octets */
        "3005020101420000",                 /* a tail behind the message */
        "30050201014201",                   /* a child longer than its parent */
        "300702010160020201",               /* a bind that ends too early */
        "300c0201016007020103240004008000", /* a constructed OCTET STRING */
        "300a0201016e05040300000000",
        "3006020101500100a0", /* half a tag behind */
        "30070201014200a00130",
        "308002010142000000", /* an indefinite length */
    };
    struct ldap_request request;
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        if (read_hex(rows[i], &request) != SK_INPUT)
            fail_msg("taken: %s", rows[i]);
    }
}

static void values_that_cannot_be_are_answered(void **state)
{
    static const struct {
        int scope, size_limit, time_limit;
        enum ldap_code fault;
    } rows[] = {
        {0, 0, 0, LDAP_SUCCESS},         {3, 0, 0, LDAP_PROTOCOL_ERROR},
        {-1, 0, 0, LDAP_PROTOCOL_ERROR}, {0, -1, 0, LDAP_PROTOCOL_ERROR},
        {1, 0, -5, LDAP_PROTOCOL_ERROR}, {2, 2147483647, 2147483647, LDAP_SUCCESS},
    };
    struct ldap_request request;
    struct sk_buf message;
    size_t i;

    (void)state;
    buf_init(&message, BYTES);
    for (i = 0; i < COUNT(rows); i++) {
        buf_reset(&message);
        assert_true(lber_search_write(&message, 7, "", rows[i].scope, rows[i].size_limit,
                                      rows[i].time_limit, NULL));
        assert_int_equal(ldap_message_read(buf_bytes(&message), &request), SK_OK);
        assert_int_equal(request.fault, rows[i].fault);
        assert_int_equal(request.id, 7);
    }
    buf_done(&message);
    assert_int_equal(read_hex("300c0201016007020100"
                              "04008000",
                              &request),
                     SK_OK);
    assert_int_equal(request.fault, LDAP_PROTOCOL_ERROR);
}

static void too_many_attributes_are_answered(void **state)
{
    const char *names[LIMIT_LDAP_ATTRIBUTES + 2] = {0};
    struct ldap_request request;
    struct sk_buf message;
    size_t i, count;

    (void)state;
    buf_init(&message, BYTES);
    for (count = LIMIT_LDAP_ATTRIBUTES; count <= LIMIT_LDAP_ATTRIBUTES + 1; count++) {
        for (i = 0; i < count; i++)
            names[i] = "cn";
        buf_reset(&message);
        assert_true(lber_search_write(&message, 7, "", 0, 0, 0, names));
        assert_int_equal(ldap_message_read(buf_bytes(&message), &request), SK_OK);
        assert_int_equal(request.fault,
                         count <= LIMIT_LDAP_ATTRIBUTES ? LDAP_SUCCESS : LDAP_ADMIN_LIMIT_EXCEEDED);
    }
    buf_done(&message);
}

static void too_long_a_base_is_answered(void **state)
{
    static char base[LIMIT_DIR_DN_BYTES + 2];
    struct ldap_request request;
    struct sk_buf message;
    size_t len;

    (void)state;
    buf_init(&message, BYTES);
    for (len = LIMIT_DIR_DN_BYTES; len <= LIMIT_DIR_DN_BYTES + 1; len++) {
        memset(base, 'a', len);
        buf_reset(&message);
        assert_true(lber_search_write(&message, 7, base, 0, 0, 0, NULL));
        assert_int_equal(ldap_message_read(buf_bytes(&message), &request), SK_OK);
        assert_int_equal(request.fault,
                         len <= LIMIT_DIR_DN_BYTES ? LDAP_SUCCESS : LDAP_ADMIN_LIMIT_EXCEEDED);
    }
    buf_done(&message);
}

static void too_many_controls_are_answered(void **state)
{
    uint8_t octets[9 + 2 + 9 * 32] = {0x30, 0x82, 0, 0, 2, 1, 1, 0x42, 0, 0xa0, 0x81};
    struct ldap_request request;
    size_t i, count;

    (void)state;
    for (count = LIMIT_LDAP_CONTROLS; count <= LIMIT_LDAP_CONTROLS + 1; count++) {
        uint8_t *at = octets + 11;

        *at++ = (uint8_t)(count * 8);
        for (i = 0; i < count; i++, at += 8) {
            memcpy(at,
                   "\x30\x06\x04\x04"
                   "1.2",
                   7);
            at[7] = (uint8_t)('a' + i);
        }
        octets[3] = (uint8_t)(8 + count * 8);
        assert_int_equal(ldap_message_read(bytes_of(octets, (size_t)(at - octets)), &request),
                         SK_OK);
        assert_int_equal(request.fault,
                         count <= LIMIT_LDAP_CONTROLS ? LDAP_SUCCESS : LDAP_ADMIN_LIMIT_EXCEEDED);
    }
}

/* ---- liblber ---- */

static const struct {
    const char *hex, *why;
} STRICTER[] = {
    {"302402010063"
     "1f"
     "0400"
     "0a0100"
     "0a0100"
     "020100"
     "020100"
     "010100"
     "870b"
     "6f626a656374436c617373"
     "3000",
     "messageID 0 is that of notices (RFC 4511 4.1.1.1)"},
    {"3025"
     "020101"
     "6320"
     "0400"
     "0a0100"
     "0a0100"
     "020100"
     "020100"
     "0102ffff"
     "870b"
     "6f626a656374436c617373"
     "3000",
     "a BOOLEAN of two octets (X.690 8.2.1)"},
    {"3024"
     "020101"
     "631f"
     "0400"
     "0a0100"
     "0a0100"
     "020100"
     "020100"
     "010100"
     "870b"
     "6f626a656374436c617373"
     "3000"
     "00",
     "a tail behind the message"},
    {"3024"
     "020101"
     "631f"
     "0400"
     "020100"
     "0a0100"
     "020100"
     "020100"
     "010100"
     "870b"
     "6f626a656374436c617373"
     "3000",
     "liblber looks at no tag but those of constructed values"},
};

static void what_only_liblber_takes_is_listed(void **state)
{
    struct lber_search theirs;
    struct ldap_request ours;
    uint8_t octets[64];
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(STRICTER); i++) {
        struct sk_bytes message = bytes_of(octets, unhex(STRICTER[i].hex, octets));

        lber_search_init(&theirs);
        if (!lber_search_read(message, &theirs) || ldap_message_read(message, &ours) != SK_INPUT)
            fail_msg("not so any more: %s", STRICTER[i].why);
        lber_search_done(&theirs);
    }
}

static void assert_same(const struct ldap_search_request *ours, const struct lber_search *theirs)
{
    const char *at = (const char *)theirs->attributes.data;
    size_t i;

    assert_true(bytes_equal(ours->base, buf_bytes(&theirs->base)));
    assert_int_equal(ours->scope, theirs->scope);
    assert_int_equal(ours->size_limit, theirs->size_limit);
    assert_int_equal(ours->time_limit, theirs->time_limit);
    assert_int_equal(ours->types_only, theirs->types_only != 0);
    assert_int_equal(ours->num_attributes, theirs->num_attributes);
    for (i = 0; i < ours->num_attributes; i++) {
        assert_memory_equal(ours->attributes[i].p, at, ours->attributes[i].len);
        at += ours->attributes[i].len + 1;
    }
}

/* Octets changed, lost and doubled: whatever ours takes, liblber takes as the same. */
static void what_we_take_liblber_takes_alike(void **state)
{
    static const char *const names[] = {"cn", "+", "userCertificate;binary", NULL};
    struct sk_buf original;
    unsigned taken = 0, i;

    (void)state;
    srand(20261122);
    buf_init(&original, BYTES);
    assert_true(lber_search_write(&original, 258, "ou=a,o=b,c=JP", 1, 300, 4, names));
    for (i = 0; i < MUTATIONS; i++) {
        size_t len = original.len, at = (size_t)rand() % len;
        uint8_t *octets = malloc(len);
        struct lber_search theirs;
        struct ldap_request ours;

        assert_non_null(octets);
        memcpy(octets, original.data, len);
        octets[at] = (uint8_t)rand();
        if (i % 3 == 0)
            octets[(size_t)rand() % len] = octets[(size_t)rand() % len];
        lber_search_init(&theirs);
        if (ldap_message_read(bytes_of(octets, len), &ours) == SK_OK && ours.kind == LDAP_SEARCH &&
            ours.fault == LDAP_SUCCESS) {
            taken++;
            assert_true(lber_search_read(bytes_of(octets, len), &theirs));
            assert_same(&ours.of.search, &theirs);
        }
        lber_search_done(&theirs);
        free(octets);
    }
    assert_in_range(taken, MUTATIONS / 20, MUTATIONS);
    buf_done(&original);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_are_told_by_their_head),
        cmocka_unit_test(the_largest_message_is_the_limit),
        cmocka_unit_test(a_search_is_read),
        cmocka_unit_test(binds_are_read),
        cmocka_unit_test(the_small_requests_are_read),
        cmocka_unit_test(controls_are_read),
        cmocka_unit_test(extensions_of_known_fields_are_passed_over),
        cmocka_unit_test(what_is_no_request_is_refused),
        cmocka_unit_test(values_that_cannot_be_are_answered),
        cmocka_unit_test(too_many_attributes_are_answered),
        cmocka_unit_test(too_long_a_base_is_answered),
        cmocka_unit_test(too_many_controls_are_answered),
        cmocka_unit_test(what_only_liblber_takes_is_listed),
        cmocka_unit_test(what_we_take_liblber_takes_alike),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
