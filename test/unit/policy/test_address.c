/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "policy/address.h"

static struct sk_address address(const char *text)
{
    struct sockaddr_storage from = {0};
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    struct sk_address out;

    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
        memcpy(&from, &v4, sizeof(v4));
    } else {
        assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
        memcpy(&from, &v6, sizeof(v6));
    }
    address_of(&from, &out);
    return out;
}

static void test_address_range_refuses_what_is_not_one(void **state)
{
    static const char *const bad[] = {
        "",
        "/",
        "10.0.0.0/",
        "10.0.0.0/33",
        "10.0.0.0/-1",
        "10.0.0.0/08",
        "10.0.0.0/8 ",
        "10.0.0.1/8",
        "10.0.0/8",
        "::/129",
        "::1/127",
        "fe80::1%lo",
        "[::1]",
        "localhost",
        "10.0.0.0/1a",
        "10.0.0.0//8",
        "10.0.0.0/256/1",
        "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc/1"};
    struct address_range range;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(address_range_parse(bad[i], &range), SK_INPUT);
}

static void test_address_range_has_its_first_and_last_and_no_neighbour(void **state)
{
    static const struct {
        const char *range, *first, *last, *below, *above;
    } cases[] = {
        {"192.0.2.128/25", "192.0.2.128", "192.0.2.255", "192.0.2.127", "192.0.3.0"},
        {"192.0.2.7", "192.0.2.7", "192.0.2.7", "192.0.2.6", "192.0.2.8"},
        {"10.0.0.0/8", "10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0"},
        {"2001:db8::/33", "2001:db8::", "2001:db8:7fff:ffff:ffff:ffff:ffff:ffff",
         "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db8:8000::"},
        {"::1/128", "::1", "::1", "::", "::2"},
        {"::ffff:10.0.0.0/104", "10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0"},
    };
    struct address_range range;
    struct sk_address one;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(address_range_parse(cases[i].range, &range), SK_OK);
        one = address(cases[i].first);
        assert_true(address_range_has(&range, &one));
        one = address(cases[i].last);
        assert_true(address_range_has(&range, &one));
        one = address(cases[i].below);
        assert_false(address_range_has(&range, &one));
        one = address(cases[i].above);
        assert_false(address_range_has(&range, &one));
    }
}

/* 0.0.0.0/0 is every IPv4 client and no other; ::/0 is everybody. */
static void test_address_range_of_no_bits_is_a_whole_family(void **state)
{
    struct sk_address v4 = address("203.0.113.9"), v6 = address("2001:db8::9");
    struct address_range range;

    (void)state;
    assert_int_equal(address_range_parse("0.0.0.0/0", &range), SK_OK);
    assert_true(address_range_has(&range, &v4));
    assert_false(address_range_has(&range, &v6));
    assert_int_equal(address_range_parse("::/0", &range), SK_OK);
    assert_true(address_range_has(&range, &v4));
    assert_true(address_range_has(&range, &v6));
}

static void test_address_of_a_v4_client_is_the_same_on_every_socket(void **state)
{
    struct sk_address plain = address("192.0.2.1"), mapped = address("::ffff:192.0.2.1");
    const struct sockaddr_storage local = {.ss_family = AF_UNIX};
    struct sk_address none;
    char text[ADDRESS_TEXT];

    (void)state;
    assert_memory_equal(&plain, &mapped, sizeof(plain));
    address_to_text(&mapped, text);
    assert_string_equal(text, "192.0.2.1");
    address_of(&local, &none);
    assert_false(address_is_v4(&none));
    address_to_text(&none, text);
    assert_string_equal(text, "::");
}

static void test_address_cut_keeps_the_leading_bits(void **state)
{
    static const struct {
        const char *whole, *cut;
        unsigned v4, v6;
    } cases[] = {
        {"192.0.2.255", "192.0.2.0", 24, 0},
        {"192.0.2.255", "192.0.2.255", 32, 0},
        {"192.0.2.255", "0.0.0.0", 0, 128},
        {"2001:db8:1:2:3:4:5:6", "2001:db8:1::", 0, 48},
        {"2001:db8:1:ffff::1", "2001:db8:1:fff0::", 0, 60},
        {"2001:db8::1", "2001:db8::1", 0, 128},
        {"2001:db8::1", "::", 32, 0},
    };
    struct sk_address one;
    char text[ADDRESS_TEXT];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        one = address(cases[i].whole);
        address_cut(&one, cases[i].v4, cases[i].v6);
        address_to_text(&one, text);
        assert_string_equal(text, cases[i].cut);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_address_range_refuses_what_is_not_one),
        cmocka_unit_test(test_address_range_has_its_first_and_last_and_no_neighbour),
        cmocka_unit_test(test_address_range_of_no_bits_is_a_whole_family),
        cmocka_unit_test(test_address_of_a_v4_client_is_the_same_on_every_socket),
        cmocka_unit_test(test_address_cut_keeps_the_leading_bits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
