/* SPDX-License-Identifier: Apache-2.0 */
/* LDAP connections: requests and their answers. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "core/clock.h"
#include "test/support/ldap_peer.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { BYTES = 8 * 1024 * 1024, PATIENCE_US = 20 * 1000000 };

static void requests_are_answered_with_their_ids(void **state)
{
    struct peer_bench bench;
    struct peer peer;
    struct sk_buf out;

    (void)state;
    peer_bench_one(&bench, &peer);
    buf_init(&out, BYTES);
    peer_put_bind(&out, 1);
    peer_send(&bench, &peer, buf_bytes(&out));
    peer_expect_code(&bench, &peer, 1, 0x61, 0);
    buf_reset(&out);
    peer_put_root(&out, 70000);
    peer_send(&bench, &peer, buf_bytes(&out));
    peer_expect_entry(&bench, &peer, 70000);
    peer_expect_code(&bench, &peer, 70000, 0x65, 0);
    assert_int_equal(counter_get(&bench.counters.ldap.entries), 1);
    assert_int_equal(counter_get(&bench.counters.ldap.results[LDAP_SEARCH][0]), 1);
    peer_done(&peer);
    buf_done(&out);
    peer_bench_done(&bench);
}

/* However a stream is cut, its answers are the same. */
static void cuts_change_nothing(void **state)
{
    struct peer_bench bench;
    struct peer peer;
    struct sk_buf out;
    size_t step, at;

    (void)state;
    peer_bench_init(&bench);
    peer_bench_start(&bench, 100);
    buf_init(&out, BYTES);
    peer_put_bind(&out, 1);
    peer_put_root(&out, 2);
    peer_put_root(&out, 3);
    for (step = 1; step < out.len; step++) {
        peer_open(&bench, &peer);
        for (at = 0; at < out.len; at += step) {
            size_t len = out.len - at < step ? out.len - at : step;

            peer_send(&bench, &peer, bytes_of(out.data + at, len));
        }
        peer_expect_code(&bench, &peer, 1, 0x61, 0);
        peer_expect_entry(&bench, &peer, 2);
        peer_expect_code(&bench, &peer, 2, 0x65, 0);
        peer_expect_entry(&bench, &peer, 3);
        peer_expect_code(&bench, &peer, 3, 0x65, 0);
        peer_done(&peer);
    }
    buf_done(&out);
    peer_bench_done(&bench);
}

static void a_client_that_ends_its_side_is_answered(void **state)
{
    struct peer_bench bench;
    struct peer peer;
    struct sk_buf out;

    (void)state;
    peer_bench_one(&bench, &peer);
    buf_init(&out, BYTES);
    peer_put_root(&out, 2);
    assert_int_equal(send(peer.fd, out.data, out.len, 0), out.len);
    assert_int_equal(shutdown(peer.fd, SHUT_WR), 0);
    peer_expect_entry(&bench, &peer, 2);
    peer_expect_code(&bench, &peer, 2, 0x65, 0);
    peer_expect_end(&bench, &peer);
    peer_done(&peer);
    buf_done(&out);
    peer_bench_done(&bench);
}

/* L-19 */
static void an_abandoned_search_is_not_answered(void **state)
{
    struct peer_bench bench;
    struct peer peer;
    struct sk_buf out;

    (void)state;
    peer_bench_one(&bench, &peer);
    buf_init(&out, BYTES);
    peer_put_root(&out, 2);
    peer_put_root(&out, 3);
    peer_put_hex(&out, "3006020104500102");
    peer_send(&bench, &peer, buf_bytes(&out));
    peer_expect_entry(&bench, &peer, 3);
    peer_expect_code(&bench, &peer, 3, 0x65, 0);

    peer_done(&peer);
    buf_done(&out);
    peer_bench_done(&bench);
}

/* L-20 */
static void a_bind_ends_what_is_under_way(void **state)
{
    struct peer_bench bench;
    struct peer peer;
    struct sk_buf out;

    (void)state;
    peer_bench_one(&bench, &peer);
    buf_init(&out, BYTES);
    peer_put_root(&out, 2);
    peer_put_root(&out, 3);
    peer_put_bind(&out, 4);
    peer_put_root(&out, 5);
    peer_send(&bench, &peer, buf_bytes(&out));
    peer_expect_code(&bench, &peer, 4, 0x61, 0);
    peer_expect_entry(&bench, &peer, 5);
    peer_expect_code(&bench, &peer, 5, 0x65, 0);
    peer_done(&peer);
    buf_done(&out);
    peer_bench_done(&bench);
}

static void more_searches_than_may_be_are_busy(void **state)
{
    struct peer_bench bench;
    struct peer peer;
    struct sk_buf out;
    int id;

    (void)state;
    peer_bench_init(&bench);
    bench.config.ldap.operations = 3;
    peer_bench_start(&bench, 100);
    peer_open(&bench, &peer);
    buf_init(&out, BYTES);
    for (id = 1; id <= 5; id++)
        peer_put_root(&out, id);
    peer_send(&bench, &peer, buf_bytes(&out));
    peer_expect_code(&bench, &peer, 4, 0x65, 51);
    peer_expect_code(&bench, &peer, 5, 0x65, 51);
    for (id = 1; id <= 3; id++) {
        peer_expect_entry(&bench, &peer, id);
        peer_expect_code(&bench, &peer, id, 0x65, 0);
    }
    peer_done(&peer);
    buf_done(&out);
    peer_bench_done(&bench);
}

static void many_requests_in_one_piece_are_all_answered(void **state)
{
    struct peer_bench bench;
    struct peer peer;
    struct sk_buf out;
    int id;

    (void)state;
    peer_bench_one(&bench, &peer);
    buf_init(&out, BYTES);
    for (id = 1; id <= 2000; id++)
        peer_put_bind(&out, id);
    peer_send(&bench, &peer, buf_bytes(&out));
    for (id = 1; id <= 2000; id++)
        peer_expect_code(&bench, &peer, id, 0x61, 0);
    peer_done(&peer);
    buf_done(&out);
    peer_bench_done(&bench);
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
    struct peer_bench bench;
    struct peer peer;
    size_t i;

    (void)state;
    peer_bench_one(&bench, &peer);
    for (i = 0; i < COUNT(rows); i++) {
        struct lber_response response;

        peer_send_hex(&bench, &peer, rows[i].request);
        peer_expect(&bench, &peer, &response);
        if (response.id != 5 || response.op != rows[i].op || response.code != rows[i].code)
            fail_msg("%s: id %d, %02x, code %d", rows[i].request, response.id, response.op,
                     response.code);
    }
    peer_done(&peer);
    peer_bench_done(&bench);
}

static void options_change_answers(void **state)
{
    char *urls[] = {(char *)(uintptr_t) "ldap://master/", (char *)(uintptr_t) "ldaps://m2/"};
    struct lber_response response;
    struct peer_bench bench;
    struct peer peer;

    (void)state;
    peer_bench_init(&bench);
    bench.config.ldap.bind_v2 = true;
    bench.config.ldap.referrals = (struct config_list){urls, 2};
    peer_bench_start(&bench, 100);
    peer_open(&bench, &peer);
    peer_send_hex(&bench, &peer, "300c020105600702010204008000");
    peer_expect_code(&bench, &peer, 5, 0x61, 0);
    peer_send_hex(&bench, &peer, "300a0201054a05636e3d6162");
    peer_expect(&bench, &peer, &response);
    assert_int_equal(response.code, 10);
    assert_string_equal(response.urls, "ldap://master/ ldaps://m2/ ");
    peer_done(&peer);
    peer_bench_done(&bench);
}

static void a_critical_control_we_do_not_know(void **state)
{
    struct peer_bench bench;
    struct peer peer;

    (void)state;
    peer_bench_one(&bench, &peer);
    /* on a bind: critical, then not; on an unbind it means nothing */
    peer_send_hex(&bench, &peer,
                  "3018"
                  "020105"
                  "600702010304008000"
                  "a00a3008"
                  "0403312e32"
                  "0101ff");
    peer_expect_code(&bench, &peer, 5, 0x61, 12);
    peer_send_hex(&bench, &peer,
                  "3015"
                  "020106"
                  "600702010304008000"
                  "a0073005"
                  "0403312e32");
    peer_expect_code(&bench, &peer, 6, 0x61, 0);
    peer_send_hex(&bench, &peer,
                  "3011"
                  "020107"
                  "4200"
                  "a00a3008"
                  "0403312e32"
                  "0101ff"
                  "");
    peer_spin(&bench);
    peer_done(&peer);
    peer_bench_done(&bench);
}

static void an_unbind_ends_without_a_word(void **state)
{
    struct peer_bench bench;
    struct peer peer;

    (void)state;
    peer_bench_one(&bench, &peer);
    peer_send_hex(&bench, &peer, "30050201024200");
    peer_expect_end(&bench, &peer);
    peer_done(&peer);
    peer_bench_done(&bench);
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
    struct peer_bench bench;
    struct peer peer;
    size_t i;

    (void)state;
    peer_bench_init(&bench);
    peer_bench_start(&bench, 100);
    for (i = 0; i < COUNT(rows); i++) {
        peer_open(&bench, &peer);
        peer_send_hex(&bench, &peer, rows[i]);
        peer_expect_notice(&bench, &peer, 2);
        peer_done(&peer);
    }
    assert_int_equal(counter_get(&bench.counters.ldap.bad_requests), COUNT(rows));
    peer_bench_done(&bench);
}

/* L-21 */
static void larger_requests_are_for_those_who_are_bound(void **state)
{
    const size_t len = 200000;
    struct peer_bench bench;
    struct peer peer;
    struct sk_buf out;
    char *value = malloc(len + 1);

    (void)state;
    assert_non_null(value);
    memset(value, 'a', len);
    value[len] = '\0';
    peer_bench_one(&bench, &peer);
    buf_init(&out, BYTES);
    peer_put_bind(&out, 1);
    assert_true(lber_bind_write(&out, 2, 3, "", value));
    peer_send(&bench, &peer, buf_bytes(&out));
    peer_expect_code(&bench, &peer, 1, 0x61, 0);
    peer_expect_code(&bench, &peer, 2, 0x61, 49);
    peer_send_hex(&bench, &peer, "3083040001");
    peer_expect_notice(&bench, &peer, 2);
    peer_done(&peer);
    buf_done(&out);
    free(value);
    peer_bench_done(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_answered_with_their_ids),
        cmocka_unit_test(cuts_change_nothing),
        cmocka_unit_test(a_client_that_ends_its_side_is_answered),
        cmocka_unit_test(an_abandoned_search_is_not_answered),
        cmocka_unit_test(a_bind_ends_what_is_under_way),
        cmocka_unit_test(more_searches_than_may_be_are_busy),
        cmocka_unit_test(many_requests_in_one_piece_are_all_answered),
        cmocka_unit_test(each_request_has_its_code),
        cmocka_unit_test(options_change_answers),
        cmocka_unit_test(a_critical_control_we_do_not_know),
        cmocka_unit_test(an_unbind_ends_without_a_word),
        cmocka_unit_test(what_is_no_request_ends_the_session),
        cmocka_unit_test(larger_requests_are_for_those_who_are_bound),
    };
    const struct sigaction ignore = {.sa_handler = SIG_IGN};

    (void)sigaction(SIGPIPE, &ignore, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
