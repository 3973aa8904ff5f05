/* SPDX-License-Identifier: Apache-2.0 */
/* LDAP connections: clients that are slow, silent or too many, and the end of the server. */
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

/* ---- slow clients ---- */

/* Requests 1 to num, about 30 kB of answer each. */
static void put_schema_searches(struct sk_buf *out, int num)
{
    int id;

    for (id = 1; id <= num; id++)
        assert_true(lber_search_write(out, id, "cn=Subschema", 0, 0, 0, PEER_ALL));
}

static void a_client_that_does_not_read_waits(void **state)
{
    struct peer_bench bench;
    struct peer peer;
    struct sk_buf out;
    int id;

    (void)state;
    peer_bench_one(&bench, &peer);
    buf_init(&out, BYTES);
    put_schema_searches(&out, 60);
    peer_send(&bench, &peer, buf_bytes(&out));
    peer_spin(&bench);
    /* socket and queue hold some of them, the others have not begun */
    assert_in_range(counter_get(&bench.counters.ldap.waiting), 20, 55);
    assert_in_range(counter_get(&bench.counters.ldap.octets_out), 262144, 1000000);
    for (id = 1; id <= 60; id++) {
        peer_expect_entry(&bench, &peer, id);
        peer_expect_code(&bench, &peer, id, 0x65, 0);
    }
    peer_done(&peer);
    buf_done(&out);
    peer_bench_done(&bench);
}

static void others_are_answered_beside_it(void **state)
{
    struct peer_bench bench;
    struct peer slow, good;
    struct sk_buf out;

    (void)state;
    peer_bench_one(&bench, &slow);
    peer_open(&bench, &good);
    buf_init(&out, BYTES);
    put_schema_searches(&out, 60);
    peer_send(&bench, &slow, buf_bytes(&out));
    buf_reset(&out);
    peer_put_root(&out, 9);
    peer_send(&bench, &good, buf_bytes(&out));
    peer_expect_entry(&bench, &good, 9);
    peer_expect_code(&bench, &good, 9, 0x65, 0);
    peer_done(&slow);
    peer_done(&good);
    buf_done(&out);
    peer_bench_done(&bench);
}

static void a_client_that_takes_nothing_is_cut(void **state)
{
    struct peer_bench bench;
    struct peer peer;
    struct sk_buf out;
    int64_t end = clock_mono_us() + PATIENCE_US;

    (void)state;
    peer_bench_init(&bench);
    bench.config.ldap.write_ms = 100;
    peer_bench_start(&bench, 100);
    peer_open(&bench, &peer);
    buf_init(&out, BYTES);
    put_schema_searches(&out, 60);
    peer_send(&bench, &peer, buf_bytes(&out));
    while (ldap_set_count(bench.set) > 0 && clock_mono_us() < end)
        peer_turn(&bench);
    assert_int_equal(ldap_set_count(bench.set), 0);
    assert_int_equal(counter_get(&bench.counters.ldap.late_takers), 1);
    peer_done(&peer);
    buf_done(&out);
    peer_bench_done(&bench);
}

static void half_a_request_has_its_end(void **state)
{
    struct peer_bench bench;
    struct peer peer;

    (void)state;
    peer_bench_init(&bench);
    bench.config.ldap.message_ms = 100;
    peer_bench_start(&bench, 100);
    peer_open(&bench, &peer);
    peer_send_hex(&bench, &peer, "300c0201056007");
    peer_expect_notice(&bench, &peer, 2);
    assert_int_equal(counter_get(&bench.counters.ldap.late_requests), 1);
    peer_done(&peer);
    peer_bench_done(&bench);
}

static void a_silent_client_is_dismissed(void **state)
{
    struct peer_bench bench;
    struct peer peer;

    (void)state;
    peer_bench_init(&bench);
    bench.config.ldap.idle_ms = 100;
    peer_bench_start(&bench, 100);
    peer_open(&bench, &peer);
    peer_send_hex(&bench, &peer, "300c020105600702010304008000");
    peer_expect_code(&bench, &peer, 5, 0x61, 0);
    peer_expect_notice(&bench, &peer, 52);
    peer_done(&peer);
    peer_bench_done(&bench);
}

/* ---- room ---- */

static void the_longest_idle_one_makes_room(void **state)
{
    struct peer_bench bench;
    struct peer first, second, third;

    (void)state;
    peer_bench_init(&bench);
    peer_bench_start(&bench, 2);
    peer_open(&bench, &first);
    peer_open(&bench, &second);
    peer_open(&bench, &third);
    peer_expect_notice(&bench, &first, 51);
    peer_send_hex(&bench, &third, "300c020105600702010304008000");
    peer_expect_code(&bench, &third, 5, 0x61, 0);
    peer_send_hex(&bench, &second, "300c020105600702010304008000");
    peer_expect_code(&bench, &second, 5, 0x61, 0);
    assert_int_equal(counter_get(&bench.counters.ldap.evicted), 1);
    peer_done(&first);
    peer_done(&second);
    peer_done(&third);
    peer_bench_done(&bench);
}

static void one_client_has_its_cap(void **state)
{
    const struct clients_options caps = {.connections = 10, .per_client = 2, .v6_prefix = 64};
    struct peer_bench bench;
    struct peer peers[3];
    size_t i;

    (void)state;
    peer_bench_init(&bench);
    assert_int_equal(clients_new(&caps, &bench.clients, NULL), SK_OK);
    peer_bench_start(&bench, 100);
    for (i = 0; i < 3; i++)
        peer_open(&bench, &peers[i]);
    peer_expect_notice(&bench, &peers[2], 51);
    assert_int_equal(ldap_set_count(bench.set), 2);
    assert_int_equal(counter_get(&bench.counters.ldap.refused_client), 1);
    for (i = 0; i < 3; i++)
        peer_done(&peers[i]);
    peer_bench_done(&bench);
}

static void an_access_list_refuses(void **state)
{
    struct acl_rule rule = {.allows = false, .where = ACL_ANYWHERE};
    struct sk_acl acl = {.services = ACL_LDAP, .rules = &rule, .num_rules = 1};
    struct peer_bench bench;
    struct peer peer;
    struct sk_buf out;

    (void)state;
    peer_bench_init(&bench);
    bench.config.acls = &acl;
    bench.config.num_acls = 1;
    peer_bench_start(&bench, 100);
    peer_open(&bench, &peer);
    buf_init(&out, BYTES);
    peer_put_bind(&out, 1);
    peer_put_root(&out, 2);
    peer_send(&bench, &peer, buf_bytes(&out));
    peer_expect_code(&bench, &peer, 1, 0x61, 50);
    peer_expect_code(&bench, &peer, 2, 0x65, 50);
    assert_int_equal(counter_get(&bench.counters.ldap.denied), 2);
    peer_done(&peer);
    buf_done(&out);
    peer_bench_done(&bench);
}

/* ---- the end of the server ---- */

static void draining_ends_each_connection(void **state)
{
    struct peer_bench bench;
    struct peer idle, binding;
    struct sk_buf out;

    (void)state;
    peer_bench_one(&bench, &idle);
    peer_open(&bench, &binding);
    peer_spin(&bench);
    ldap_set_drain(bench.set, peer_note_empty, &bench);
    /* A request that was on its way is answered, and one behind a bind. */
    buf_init(&out, BYTES);
    peer_put_bind(&out, 1);
    peer_send(&bench, &binding, buf_bytes(&out));
    peer_expect_code(&bench, &binding, 1, 0x61, 0);
    buf_reset(&out);
    peer_put_root(&out, 2);
    peer_send(&bench, &binding, buf_bytes(&out));
    peer_expect_entry(&bench, &binding, 2);
    peer_expect_code(&bench, &binding, 2, 0x65, 0);
    peer_expect_notice(&bench, &binding, 52);
    peer_expect_notice(&bench, &idle, 52);
    peer_done(&idle);
    peer_done(&binding);
    peer_spin(&bench);
    assert_int_equal(bench.emptied, 1);
    buf_done(&out);
    peer_bench_done(&bench);
}

static void ask_root(struct peer_bench *bench, struct peer *peer, int id)
{
    struct sk_buf out;

    buf_init(&out, BYTES);
    peer_put_root(&out, id);
    peer_send(bench, peer, buf_bytes(&out));
    peer_expect_entry(bench, peer, id);
    peer_expect_code(bench, peer, id, 0x65, 0);
    buf_done(&out);
}

/* Whoever asks all the time goes on, for half of the drain time or until the server is in a hurry.
 */
static void a_busy_client_goes_on_while_there_is_time(void **state)
{
    struct peer_bench bench;
    struct peer busy, other;
    int id;

    (void)state;
    peer_bench_one(&bench, &busy);
    bench.config.server.drain_ms = 3600 * 1000;
    peer_open(&bench, &other);
    peer_spin(&bench);
    ldap_set_drain(bench.set, peer_note_empty, &bench);
    for (id = 1; id < 100; id++)
        ask_root(&bench, &busy, id);
    ldap_set_hurry(bench.set);
    ask_root(&bench, &busy, id);
    peer_expect_notice(&bench, &busy, 52);
    peer_expect_notice(&bench, &other, 52); /* it was silent */
    peer_done(&busy);
    peer_done(&other);
    peer_spin(&bench);
    assert_int_equal(bench.emptied, 1);
    peer_bench_done(&bench);
}

/* A request to delete something, of 4,096 octets: answered as soon as it is read. */
static void put_delete(struct sk_buf *out, uint8_t id)
{
    const uint8_t head[] = {0x30, 0x82, 0x0f, 0xfc, 0x02, 0x01, id, 0x4a, 0x82, 0x0f, 0xf5};
    size_t i;

    buf_put(out, head, sizeof(head));
    for (i = 0; i < 0xff5; i++)
        buf_put_byte(out, 'x');
}

/* Two readings of 64 kB: what has come when a last answer goes out is answered before the notice.
 */
static void what_has_come_is_answered_before_the_end(void **state)
{
    struct peer_bench bench;
    struct peer peer;
    struct sk_buf out;
    uint8_t id;

    (void)state;
    peer_bench_one(&bench, &peer);
    peer_spin(&bench);
    ldap_set_drain(bench.set, peer_note_empty, &bench);
    buf_init(&out, BYTES);
    for (id = 1; id <= 32; id++)
        put_delete(&out, id);
    peer_send(&bench, &peer, buf_bytes(&out));
    for (id = 1; id <= 32; id++)
        peer_expect_code(&bench, &peer, id, 0x6b, 53);
    peer_expect_notice(&bench, &peer, 52);
    peer_done(&peer);
    buf_done(&out);
    peer_bench_done(&bench);
}

static void draining_nothing_is_done_at_once(void **state)
{
    struct peer_bench bench;

    (void)state;
    peer_bench_init(&bench);
    peer_bench_start(&bench, 2);
    ldap_set_drain(bench.set, peer_note_empty, &bench);
    assert_int_equal(bench.emptied, 1);
    peer_bench_done(&bench);
}

static void clients_that_go_away_cost_nothing(void **state)
{
    struct peer_bench bench;
    struct peer peer;
    struct sk_buf out;
    unsigned i;

    (void)state;
    peer_bench_init(&bench);
    peer_bench_start(&bench, 100);
    buf_init(&out, BYTES);
    put_schema_searches(&out, 64);
    for (i = 0; i < 50; i++) {
        peer_open(&bench, &peer);
        assert_true(send(peer.fd, out.data, out.len * (i + 1) / 50, MSG_NOSIGNAL) > 0);
        if (i % 2 == 0)
            peer_turn(&bench);
        peer_done(&peer);
    }
    peer_spin(&bench);
    assert_int_equal(ldap_set_count(bench.set), 0);
    buf_done(&out);
    peer_bench_done(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_client_that_does_not_read_waits),
        cmocka_unit_test(others_are_answered_beside_it),
        cmocka_unit_test(a_client_that_takes_nothing_is_cut),
        cmocka_unit_test(half_a_request_has_its_end),
        cmocka_unit_test(a_silent_client_is_dismissed),
        cmocka_unit_test(the_longest_idle_one_makes_room),
        cmocka_unit_test(one_client_has_its_cap),
        cmocka_unit_test(an_access_list_refuses),
        cmocka_unit_test(draining_ends_each_connection),
        cmocka_unit_test(a_busy_client_goes_on_while_there_is_time),
        cmocka_unit_test(what_has_come_is_answered_before_the_end),
        cmocka_unit_test(draining_nothing_is_done_at_once),
        cmocka_unit_test(clients_that_go_away_cost_nothing),
    };
    const struct sigaction ignore = {.sa_handler = SIG_IGN};

    (void)sigaction(SIGPIPE, &ignore, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
