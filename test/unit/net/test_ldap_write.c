/* SPDX-License-Identifier: Apache-2.0 */
/* LDAP responses as we write them, read by liblber. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <event2/buffer.h>

#include "net/ldap_write.h"
#include "test/support/ldap_lber.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { BYTES = 1024 * 1024 };

static struct sk_bytes text(const char *s)
{
    return bytes_of(s, strlen(s));
}

static void write_and_read(uint32_t id, enum ldap_kind kind, const struct ldap_result *result,
                           struct lber_response *out)
{
    struct sk_buf message;

    buf_init(&message, BYTES);
    ldap_write_result(&message, id, kind, result);
    assert_int_equal(buf_status(&message), SK_OK);
    assert_int_equal(lber_response_read(buf_bytes(&message), out), message.len);
    buf_done(&message);
}

static void each_request_has_its_response(void **state)
{
    static const struct {
        enum ldap_kind kind;
        unsigned tag;
    } rows[] = {
        {LDAP_BIND, 0x61},   {LDAP_SEARCH, 0x65},    {LDAP_MODIFY, 0x67},  {LDAP_ADD, 0x69},
        {LDAP_DELETE, 0x6b}, {LDAP_MODIFY_DN, 0x6d}, {LDAP_COMPARE, 0x6f}, {LDAP_EXTENDED, 0x78},
    };
    static const uint32_t ids[] = {1, 127, 128, 255, 256, 32768, 8388608, 2147483647};
    const struct ldap_result result = {
        .code = LDAP_NO_SUCH_OBJECT, .matched = text("o=Test,c=JP"), .text = "why"};
    struct lber_response read;
    size_t i, j;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        for (j = 0; j < COUNT(ids); j++) {
            write_and_read(ids[j], rows[i].kind, &result, &read);
            assert_int_equal(read.id, ids[j]);
            assert_int_equal(read.op, rows[i].tag);
            assert_int_equal(read.code, 32);
            assert_string_equal(read.matched, "o=Test,c=JP");
            assert_string_equal(read.text, "why");
            assert_int_equal(read.num_urls, 0);
            assert_false(read.has_page);
        }
    }
}

static void a_referral_has_its_urls(void **state)
{
    const struct sk_bytes urls[] = {text("ldap://a/c=JP"), text("ldaps://b/")};
    struct ldap_result result = {.code = LDAP_REFERRAL, .referrals = urls, .num_referrals = 2};
    struct lber_response read;

    (void)state;
    write_and_read(5, LDAP_MODIFY, &result, &read);
    assert_int_equal(read.code, 10);
    assert_string_equal(read.urls, "ldap://a/c=JP ldaps://b/ ");
    result.code = LDAP_SUCCESS; /* with no other code */
    write_and_read(5, LDAP_SEARCH, &result, &read);
    assert_int_equal(read.num_urls, 0);
}

static void a_page_has_its_cookie(void **state)
{
    struct ldap_result result = {.has_page = true, .cookie = text("\x01\x02\xff")};
    struct lber_response read;

    (void)state;
    write_and_read(5, LDAP_SEARCH, &result, &read);
    assert_true(read.has_page);
    assert_string_equal(read.cookie, "0102ff");
    result.cookie.len = 0;
    write_and_read(5, LDAP_SEARCH, &result, &read);
    assert_true(read.has_page);
    assert_string_equal(read.cookie, "");
}

static void extended_responses_and_notices(void **state)
{
    const struct ldap_result who = {.has_value = true};
    const struct ldap_result start = {.name = LDAP_OID_START_TLS};
    struct lber_response read;
    struct sk_buf message;

    (void)state;
    write_and_read(5, LDAP_EXTENDED, &who, &read);
    assert_true(read.has_value);
    assert_string_equal(read.name, "");
    write_and_read(5, LDAP_EXTENDED, &start, &read);
    assert_false(read.has_value);
    assert_string_equal(read.name, LDAP_OID_START_TLS);
    buf_init(&message, BYTES);
    ldap_write_notice(&message, LDAP_UNAVAILABLE, "over");
    assert_int_equal(lber_response_read(buf_bytes(&message), &read), message.len);
    assert_int_equal(read.id, 0);
    assert_int_equal(read.code, 52);
    assert_string_equal(read.name, LDAP_OID_DISCONNECTION);
    buf_done(&message);
}

static void a_reference_has_its_urls(void **state)
{
    const struct sk_bytes urls[] = {text("ldap://a/c=JP??sub")};
    struct lber_response read;
    struct sk_buf message;

    (void)state;
    buf_init(&message, BYTES);
    ldap_write_reference(&message, 77, urls, 1);
    assert_int_equal(lber_response_read(buf_bytes(&message), &read), message.len);
    assert_int_equal(read.op, 0x73);
    assert_int_equal(read.id, 77);
    assert_string_equal(read.urls, "ldap://a/c=JP??sub ");
    buf_done(&message);
}

/* ---- entries ---- */

static void put_entry(const struct ldap_entry *entry, struct lber_response *out)
{
    struct evbuffer *queue = evbuffer_new();
    size_t len;

    assert_non_null(queue);
    assert_int_equal(ldap_write_entry(queue, 300, entry, NULL), SK_OK);
    len = evbuffer_get_length(queue);
    assert_int_equal(lber_response_read(bytes_of(evbuffer_pullup(queue, -1), len), out), len);
    assert_int_equal(out->op, 0x64);
    assert_int_equal(out->id, 300);
    evbuffer_free(queue);
}

/* Lengths on both sides of where BER, and copying, change. */
static void values_of_each_length_arrive(void **state)
{
    static const size_t lens[] = {0, 1, 127, 128, 255, 256, 4095, 4096, 4097, 65535, 65536, 700000};
    static uint8_t octets[700000];
    struct lber_response read;
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(lens); i++) {
        const struct sk_bytes values[] = {bytes_of(octets, lens[i]), text("x"),
                                          bytes_of(octets, lens[i])};
        const struct dir_values cert = {dir_schema_attribute(text("cACertificate")), 3, values};
        const struct dir_values cn = {dir_schema_attribute(text("cn")), 1, &values[1]};
        const struct dir_values *picked[] = {&cn, &cert};
        struct ldap_entry entry = {
            .dn = text("cn=x,c=JP"), .attributes = picked, .num_attributes = 2};

        put_entry(&entry, &read);
        assert_string_equal(read.dn, "cn=x,c=JP");
        assert_string_equal(read.attributes, "cn=1;cACertificate;binary=3;"); /* L-01 */
        assert_int_equal(read.octets, 2 * lens[i] + 2);
        entry.types_only = true; /* L-18 */
        put_entry(&entry, &read);
        assert_string_equal(read.attributes, "cn=0;cACertificate;binary=0;");
    }
}

static void an_entry_may_have_nothing(void **state)
{
    const struct ldap_entry entry = {.dn = text("")};
    struct lber_response read;

    (void)state;
    put_entry(&entry, &read);
    assert_string_equal(read.dn, "");
    assert_int_equal(read.num_attributes, 0);
}

static void many_values_arrive(void **state)
{
    static struct sk_bytes values[20000];
    const struct dir_values cn = {dir_schema_attribute(text("cn")), COUNT(values), values};
    const struct dir_values *picked[] = {&cn};
    const struct ldap_entry entry = {.dn = text("c=JP"), .attributes = picked, .num_attributes = 1};
    struct lber_response read;
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(values); i++)
        values[i] = text("0123456789");
    put_entry(&entry, &read);
    assert_int_equal(read.num_values, COUNT(values));
    assert_int_equal(read.octets, 10 * COUNT(values));
}

/* Nothing of an entry is written that no length can tell; its values are not touched. */
static void what_no_length_can_tell_is_refused(void **state)
{
    const struct sk_bytes values[] = {bytes_of("", 3u << 30), bytes_of("", 2u << 30)};
    const struct dir_values cn = {dir_schema_attribute(text("cn")), 2, values};
    const struct dir_values *picked[] = {&cn};
    const struct ldap_entry entry = {.dn = text("c=JP"), .attributes = picked, .num_attributes = 1};
    struct evbuffer *queue = evbuffer_new();

    (void)state;
    assert_int_equal(ldap_write_entry(queue, 1, &entry, NULL), SK_LIMIT);
    assert_int_equal(evbuffer_get_length(queue), 0);
    evbuffer_free(queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_request_has_its_response),
        cmocka_unit_test(a_referral_has_its_urls),
        cmocka_unit_test(a_page_has_its_cookie),
        cmocka_unit_test(extended_responses_and_notices),
        cmocka_unit_test(a_reference_has_its_urls),
        cmocka_unit_test(values_of_each_length_arrive),
        cmocka_unit_test(an_entry_may_have_nothing),
        cmocka_unit_test(many_values_arrive),
        cmocka_unit_test(what_no_length_can_tell_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
