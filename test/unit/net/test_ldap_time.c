/* SPDX-License-Identifier: Apache-2.0 */
/* LDAP connections: clients that are slow, silent or too many, and the end of the server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "core/clock.h"
#include "test/support/ldap_peer.h"

static void ask_root(struct peer *peer, int id)
{
    peer_put_root(peer, id);
    peer_send(peer);
    peer_expect_found(peer, id);
}

/* ---- slow clients ---- */

/* Requests 1 to num, much longer answers. */
static void put_schema_searches(struct peer *peer, int num)
{
    int id;

    for (id = 1; id <= num; id++)
        peer_put_schema(peer, id);
}

static void a_client_that_does_not_read_waits(void **state)
{
    struct peer_bench *bench = *state;
    struct peer *peer = peer_open(bench);
    int id;

    put_schema_searches(peer, 60);
    peer_send(peer);
    peer_spin(bench);
    /* socket and queue hold some of them, the others have not begun */
    assert_in_range(counter_get(&bench->counters.ldap.waiting), 20, 55);
    assert_in_range(counter_get(&bench->counters.ldap.octets_out), 262144, 1000000);
    for (id = 1; id <= 60; id++)
        peer_expect_found(peer, id);
}

static void others_are_answered_beside_it(void **state)
{
    struct peer_bench *bench = *state;
    struct peer *slow = peer_open(bench), *good = peer_open(bench);

    put_schema_searches(slow, 60);
    peer_send(slow);
    ask_root(good, 9);
}

static void a_client_that_takes_nothing_is_cut(void **state)
{
    struct peer_bench *bench = *state;
    struct peer *peer;
    int64_t end = clock_mono_us() + PEER_PATIENCE_US;

    bench->config.ldap.write_ms = 100;
    peer = peer_open(bench);
    put_schema_searches(peer, 60);
    peer_send(peer);
    while (ldap_set_count(bench->set) > 0 && clock_mono_us() < end)
        peer_turn(bench);
    assert_int_equal(ldap_set_count(bench->set), 0);
    assert_int_equal(counter_get(&bench->counters.ldap.late_takers), 1);
}

static void half_a_request_has_its_end(void **state)
{
    struct peer_bench *bench = *state;
    struct peer *peer;

    bench->config.ldap.message_ms = 100;
    peer = peer_open(bench);
    peer_send_hex(peer, "300c0201056007");
    peer_expect_notice(peer, 2);
    assert_int_equal(counter_get(&bench->counters.ldap.late_requests), 1);
}

static void a_silent_client_is_dismissed(void **state)
{
    struct peer_bench *bench = *state;
    struct peer *peer;

    bench->config.ldap.idle_ms = 100;
    peer = peer_open(bench);
    peer_send_hex(peer, "300c020105600702010304008000");
    peer_expect_code(peer, 5, 0x61, 0);
    peer_expect_notice(peer, 52);
}

/* ---- room ---- */

static void the_longest_idle_one_makes_room(void **state)
{
    struct peer_bench *bench = *state;
    struct peer *first, *second, *third;

    bench->max_connections = 2;
    first = peer_open(bench);
    second = peer_open(bench);
    third = peer_open(bench);
    peer_expect_notice(first, 51);
    peer_send_hex(third, "300c020105600702010304008000");
    peer_expect_code(third, 5, 0x61, 0);
    peer_send_hex(second, "300c020105600702010304008000");
    peer_expect_code(second, 5, 0x61, 0);
    assert_int_equal(counter_get(&bench->counters.ldap.evicted), 1);
}

static void one_client_has_its_cap(void **state)
{
    const struct clients_options caps = {.connections = 10, .per_client = 2, .v6_prefix = 64};
    struct peer_bench *bench = *state;
    struct peer *peers[3];
    size_t i;

    assert_int_equal(clients_new(&caps, &bench->clients, NULL), SK_OK);
    for (i = 0; i < 3; i++)
        peers[i] = peer_open(bench);
    peer_expect_notice(peers[2], 51);
    assert_int_equal(ldap_set_count(bench->set), 2);
    assert_int_equal(counter_get(&bench->counters.ldap.refused_client), 1);
}

static void an_access_list_refuses(void **state)
{
    static struct acl_rule rule = {.allows = false, .where = ACL_ANYWHERE};
    static struct sk_acl acl = {.services = ACL_LDAP, .rules = &rule, .num_rules = 1};
    struct peer_bench *bench = *state;
    struct peer *peer;

    bench->config.acls = &acl;
    bench->config.num_acls = 1;
    peer = peer_open(bench);
    peer_put_bind(peer, 1);
    peer_put_root(peer, 2);
    peer_send(peer);
    peer_expect_code(peer, 1, 0x61, 50);
    peer_expect_code(peer, 2, 0x65, 50);
    assert_int_equal(counter_get(&bench->counters.ldap.denied), 2);
}

/* ---- the end of the server ---- */

static void draining_ends_each_connection(void **state)
{
    struct peer_bench *bench = *state;
    struct peer *idle = peer_open(bench), *binding = peer_open(bench);

    peer_spin(bench);
    peer_drain(bench);
    /* A request that was on its way is answered, and one behind a bind. */
    peer_put_bind(binding, 1);
    peer_send(binding);
    peer_expect_code(binding, 1, 0x61, 0);
    ask_root(binding, 2);
    peer_expect_notice(binding, 52);
    peer_expect_notice(idle, 52);
    peer_close(idle);
    peer_close(binding);
    peer_spin(bench);
    assert_int_equal(bench->emptied, 1);
}

/* Whoever asks all the time goes on, for half of the drain time or until the server is in a hurry.
 */
static void a_busy_client_goes_on_while_there_is_time(void **state)
{
    struct peer_bench *bench = *state;
    struct peer *busy, *other;
    int id;

    busy = peer_open(bench);
    bench->config.server.drain_ms = 3600 * 1000;
    other = peer_open(bench);
    peer_spin(bench);
    peer_drain(bench);
    for (id = 1; id < 100; id++)
        ask_root(busy, id);
    ldap_set_hurry(bench->set);
    ask_root(busy, id);
    peer_expect_notice(busy, 52);
    peer_expect_notice(other, 52); /* it was silent */
    peer_close(busy);
    peer_close(other);
    peer_spin(bench);
    assert_int_equal(bench->emptied, 1);
}

/* A request to delete something, of 4,096 octets: answered as soon as it is read. */
static void put_delete(struct peer *peer, uint8_t id)
{
    const uint8_t head[] = {0x30, 0x82, 0x0f, 0xfc, 0x02, 0x01, id, 0x4a, 0x82, 0x0f, 0xf5};
    size_t i;

    buf_put(&peer->out, head, sizeof(head));
    for (i = 0; i < 0xff5; i++)
        buf_put_byte(&peer->out, 'x');
}

/* Two readings of 64 kB: what has come when a last answer goes out is answered before the notice.
 */
static void what_has_come_is_answered_before_the_end(void **state)
{
    struct peer_bench *bench = *state;
    struct peer *peer = peer_open(bench);
    uint8_t id;

    peer_spin(bench);
    peer_drain(bench);
    for (id = 1; id <= 32; id++)
        put_delete(peer, id);
    peer_send(peer);
    for (id = 1; id <= 32; id++)
        peer_expect_code(peer, id, 0x6b, 53);
    peer_expect_notice(peer, 52);
}

static void draining_nothing_is_done_at_once(void **state)
{
    struct peer_bench *bench = *state;

    bench->max_connections = 2;
    peer_drain(bench);
    assert_int_equal(bench->emptied, 1);
}

static void clients_that_go_away_cost_nothing(void **state)
{
    struct peer_bench *bench = *state;
    unsigned i;

    for (i = 0; i < 50; i++) {
        struct peer *peer = peer_open(bench);

        put_schema_searches(peer, 64);
        assert_true(send(peer->fd, peer->out.data, peer->out.len * (i + 1) / 50, MSG_NOSIGNAL) > 0);
        if (i % 2 == 0)
            peer_turn(bench);
        peer_close(peer);
    }
    peer_spin(bench);
    assert_int_equal(ldap_set_count(bench->set), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PEER_TEST(a_client_that_does_not_read_waits),
        PEER_TEST(others_are_answered_beside_it),
        PEER_TEST(a_client_that_takes_nothing_is_cut),
        PEER_TEST(half_a_request_has_its_end),
        PEER_TEST(a_silent_client_is_dismissed),
        PEER_TEST(the_longest_idle_one_makes_room),
        PEER_TEST(one_client_has_its_cap),
        PEER_TEST(an_access_list_refuses),
        PEER_TEST(draining_ends_each_connection),
        PEER_TEST(a_busy_client_goes_on_while_there_is_time),
        PEER_TEST(what_has_come_is_answered_before_the_end),
        PEER_TEST(draining_nothing_is_done_at_once),
        PEER_TEST(clients_that_go_away_cost_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
