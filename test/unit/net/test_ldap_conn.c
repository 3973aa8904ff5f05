/* SPDX-License-Identifier: Apache-2.0 */
/* LDAP connections: requests and their answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "test/support/ldap_peer.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void requests_are_answered_with_their_ids(void **state)
{
    struct peer_bench *bench = *state;
    struct peer *peer = peer_open(bench);

    peer_put_bind(peer, 1);
    peer_send(peer);
    peer_expect_code(peer, 1, 0x61, 0);
    peer_put_root(peer, 70000);
    peer_send(peer);
    peer_expect_found(peer, 70000);
    assert_int_equal(counter_get(&bench->counters.ldap.entries), 1);
    assert_int_equal(counter_get(&bench->counters.ldap.results[LDAP_SEARCH][0]), 1);
}

/* However a stream is cut, its answers are the same. */
static void cuts_change_nothing(void **state)
{
    struct peer *peer;
    size_t step = 1, at, total;

    do {
        peer = peer_open(*state);
        peer_put_bind(peer, 1);
        peer_put_root(peer, 2);
        peer_put_root(peer, 3);
        total = peer->out.len;
        for (at = 0; at < total; at += step) {
            size_t len = total - at < step ? total - at : step;

            peer_send_part(peer, bytes_of(peer->out.data + at, len));
        }
        peer_expect_code(peer, 1, 0x61, 0);
        peer_expect_found(peer, 2);
        peer_expect_found(peer, 3);
        peer_close(peer);
    } while (++step < total);
}

static void a_client_that_ends_its_side_is_answered(void **state)
{
    struct peer *peer = peer_open(*state);

    peer_put_root(peer, 2);
    assert_int_equal(send(peer->fd, peer->out.data, peer->out.len, 0), peer->out.len);
    assert_int_equal(shutdown(peer->fd, SHUT_WR), 0);
    peer_expect_found(peer, 2);
    peer_expect_end(peer);
}

/* L-19 */
static void an_abandoned_search_is_not_answered(void **state)
{
    struct peer *peer = peer_open(*state);

    peer_put_root(peer, 2);
    peer_put_root(peer, 3);
    peer_put_hex(peer, "3006020104500102");
    peer_send(peer);
    peer_expect_found(peer, 3);
}

/* L-20 */
static void a_bind_ends_what_is_under_way(void **state)
{
    struct peer *peer = peer_open(*state);

    peer_put_root(peer, 2);
    peer_put_root(peer, 3);
    peer_put_bind(peer, 4);
    peer_put_root(peer, 5);
    peer_send(peer);
    peer_expect_code(peer, 4, 0x61, 0);
    peer_expect_found(peer, 5);
}

static void more_searches_than_may_be_are_busy(void **state)
{
    struct peer_bench *bench = *state;
    struct peer *peer;
    int id;

    bench->config.ldap.operations = 3;
    peer = peer_open(bench);
    for (id = 1; id <= 5; id++)
        peer_put_root(peer, id);
    peer_send(peer);
    peer_expect_code(peer, 4, 0x65, 51);
    peer_expect_code(peer, 5, 0x65, 51);
    for (id = 1; id <= 3; id++)
        peer_expect_found(peer, id);
}

static void many_requests_in_one_piece_are_all_answered(void **state)
{
    struct peer *peer = peer_open(*state);
    int id;

    for (id = 1; id <= 2000; id++)
        peer_put_bind(peer, id);
    peer_send(peer);
    for (id = 1; id <= 2000; id++)
        peer_expect_code(peer, id, 0x61, 0);
}

static void each_request_has_its_code(void **state)
{
    static const struct {
        const char *request;
        unsigned op;
        int code;
    } rows[] = {
        {"300c020105600702010304008000", 0x61, 0},
        {"300c020105600702010204008000", 0x61, 2}, /* version 2 */
        {"300c020105600702010404008000", 0x61, 2},
        {"300d0201056008020103040161"
         "8000",
         0x61, 53}, /* unauthenticated */
        {"300e0201056009020103040161"
         "800162",
         0x61, 49},
        {"300d02010560080201030400800162", 0x61, 49},
        {"300e020105600902010304"
         "00a3020400",
         0x61, 7}, /* SASL */
        {"300a0201054a05636e3d6162", 0x6b, 53},
        {"300a0201056605040161"
         "3000",
         0x67, 53},
        {"300a0201056805040161"
         "3000",
         0x69, 53},
        {"300e0201056c09040161040162"
         "0101ff",
         0x6d, 53},
        {"300a02010577058003312e32", 0x78, 2}, /* unknown extended */
        {"3020020105771b8016312e332e362e312e342e31"
         "2e313436362e3230303337810161",
         0x78, 2}, /* StartTLS with a value */
        {"301d02010577188016312e332e362e312e342e31"
         "2e313436362e3230303337",
         0x78, 2}, /* no TLS here */
        {"301e02010577198017312e332e362e312e342e31"
         "2e343230332e312e31312e33",
         0x78, 0}, /* who am I? */
    };
    struct peer *peer = peer_open(*state);
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        struct lber_response response;

        peer_send_hex(peer, rows[i].request);
        peer_expect(peer, &response);
        if (response.id != 5 || response.op != rows[i].op || response.code != rows[i].code)
            fail_msg("%s: id %d, %02x, code %d", rows[i].request, response.id, response.op,
                     response.code);
    }
}

static void options_change_answers(void **state)
{
    static char *urls[] = {(char *)(uintptr_t) "ldap://master/", (char *)(uintptr_t) "ldaps://m2/"};
    struct peer_bench *bench = *state;
    struct peer *peer;
    struct lber_response response;

    bench->config.ldap.bind_v2 = true;
    bench->config.ldap.referrals = (struct config_list){urls, 2};
    peer = peer_open(bench);
    peer_send_hex(peer, "300c020105600702010204008000");
    peer_expect_code(peer, 5, 0x61, 0);
    peer_send_hex(peer, "300a0201054a05636e3d6162");
    peer_expect(peer, &response);
    assert_int_equal(response.code, 10);
    assert_string_equal(response.urls, "ldap://master/ ldaps://m2/ ");
}

static void a_critical_control_we_do_not_know(void **state)
{
    struct peer_bench *bench = *state;
    struct peer *peer = peer_open(bench);

    /* on a bind: critical, then not; on an unbind it means nothing */
    peer_send_hex(peer, "3018"
                        "020105"
                        "600702010304008000"
                        "a00a3008"
                        "0403312e32"
                        "0101ff");
    peer_expect_code(peer, 5, 0x61, 12);
    peer_send_hex(peer, "3015"
                        "020106"
                        "600702010304008000"
                        "a0073005"
                        "0403312e32");
    peer_expect_code(peer, 6, 0x61, 0);
    peer_send_hex(peer, "3011"
                        "020107"
                        "4200"
                        "a00a3008"
                        "0403312e32"
                        "0101ff"
                        "");
    peer_spin(bench);
}

static void an_unbind_ends_without_a_word(void **state)
{
    struct peer *peer = peer_open(*state);

    peer_send_hex(peer, "30050201024200");
    peer_expect_end(peer);
}

static void what_is_no_request_ends_the_session(void **state)
{
    static const char *const rows[] = {
        "474554202f20485454502f312e310d0a0d0a", /* HTTP */
        "16030102000100",                       /* TLS */
        "30050201004200",
        "3080",
        "30847fffffff",
        "3083010001", /* too large before a bind */
        "30050201016500",
    };
    struct peer_bench *bench = *state;
    struct peer *peer;
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        peer = peer_open(bench);
        peer_send_hex(peer, rows[i]);
        peer_expect_notice(peer, 2);
        peer_close(peer);
    }
    assert_int_equal(counter_get(&bench->counters.ldap.bad_requests), COUNT(rows));
}

/* L-21 */
static void larger_requests_are_for_those_who_are_bound(void **state)
{
    const size_t len = 200000;
    struct peer *peer;
    char *value = malloc(len + 1);

    assert_non_null(value);
    memset(value, 'a', len);
    value[len] = '\0';
    peer = peer_open(*state);
    peer_put_bind(peer, 1);
    assert_true(lber_bind_write(&peer->out, 2, 3, "", value));
    peer_send(peer);
    peer_expect_code(peer, 1, 0x61, 0);
    peer_expect_code(peer, 2, 0x61, 49);
    peer_send_hex(peer, "3083040001");
    peer_expect_notice(peer, 2);
    free(value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PEER_TEST(requests_are_answered_with_their_ids),
        PEER_TEST(cuts_change_nothing),
        PEER_TEST(a_client_that_ends_its_side_is_answered),
        PEER_TEST(an_abandoned_search_is_not_answered),
        PEER_TEST(a_bind_ends_what_is_under_way),
        PEER_TEST(more_searches_than_may_be_are_busy),
        PEER_TEST(many_requests_in_one_piece_are_all_answered),
        PEER_TEST(each_request_has_its_code),
        PEER_TEST(options_change_answers),
        PEER_TEST(a_critical_control_we_do_not_know),
        PEER_TEST(an_unbind_ends_without_a_word),
        PEER_TEST(what_is_no_request_ends_the_session),
        PEER_TEST(larger_requests_are_for_those_who_are_bound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
