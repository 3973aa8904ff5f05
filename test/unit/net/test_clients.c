/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>

#include "net/clients.h"

static struct sk_clients *make(size_t connections, unsigned per_client, unsigned v6_prefix)
{
    const struct clients_options options = {connections, per_client, v6_prefix};
    struct sk_clients *clients = NULL;

    assert_int_equal(clients_new(&options, &clients, NULL), SK_OK);
    return clients;
}

static struct sk_address v4(uint32_t n)
{
    return (struct sk_address){.octets = {[10] = 0xff,
                                          [11] = 0xff,
                                          [12] = (uint8_t)(n >> 24),
                                          [13] = (uint8_t)(n >> 16),
                                          [14] = (uint8_t)(n >> 8),
                                          [15] = (uint8_t)n}};
}

static void test_clients_lets_in_up_to_the_cap(void **state)
{
    struct sk_clients *clients = make(100, 3, 64);
    struct sk_address one = v4(1), other = v4(2);
    int i;

    (void)state;
    for (i = 0; i < 3; i++)
        assert_true(clients_enter(clients, &one));
    assert_false(clients_enter(clients, &one));
    assert_true(clients_enter(clients, &other));
    clients_leave(clients, &one);
    assert_true(clients_enter(clients, &one));
    assert_false(clients_enter(clients, &one));
    clients_free(clients);
}

static void test_clients_takes_a_v6_network_for_one_client(void **state)
{
    struct sk_clients *clients = make(100, 2, 60);
    struct sk_address one = {.octets = {0x20, 0x01, [7] = 0x10, [15] = 1}};
    struct sk_address same = {.octets = {0x20, 0x01, [7] = 0x1f, [15] = 2}};
    struct sk_address next = {.octets = {0x20, 0x01, [7] = 0x20, [15] = 1}};

    (void)state;
    assert_true(clients_enter(clients, &one));
    assert_true(clients_enter(clients, &same));
    assert_false(clients_enter(clients, &one));
    assert_false(clients_enter(clients, &same));
    assert_true(clients_enter(clients, &next));
    clients_free(clients);
}

/* As many clients as there may be connections, again and again: no entry is lost. */
static void test_clients_keeps_its_size_over_many_clients(void **state)
{
    enum { CONNECTIONS = 5000, ROUNDS = 20 };
    struct sk_clients *clients = make(CONNECTIONS, 1, 64);
    struct sk_address one;
    uint32_t i, round;

    (void)state;
    for (round = 0; round < ROUNDS; round++) {
        for (i = 0; i < CONNECTIONS; i++) {
            one = v4(round * 7919 + i);
            assert_true(clients_enter(clients, &one));
        }
        for (i = 0; i < CONNECTIONS; i++) {
            one = v4(round * 7919 + (i * 17) % CONNECTIONS);
            clients_leave(clients, &one);
        }
    }
    clients_free(clients);
}

/* More than its memory holds is refused, and nothing else happens. */
static void test_clients_refuses_when_full(void **state)
{
    struct sk_clients *clients = make(0, 1, 64);
    struct sk_address one;
    uint32_t i, in = 0;

    (void)state;
    for (i = 0; i < 4096; i++) {
        one = v4(i);
        in += clients_enter(clients, &one);
    }
    assert_in_range(in, 1, 4095);
    clients_free(clients);
}

static void *come_and_go(void *arg)
{
    struct sk_address one;
    uint32_t i;

    for (i = 0; i < 20000; i++) {
        one = v4(i % 3);
        if (clients_enter(arg, &one))
            clients_leave(arg, &one);
    }
    return NULL;
}

static void test_clients_counts_right_under_many_threads(void **state)
{
    struct sk_clients *clients = make(100, 2, 64);
    struct sk_address one = v4(0);
    pthread_t threads[4];
    int i;

    (void)state;
    for (i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, come_and_go, clients), 0);
    for (i = 0; i < 4; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_true(clients_enter(clients, &one));
    assert_true(clients_enter(clients, &one));
    assert_false(clients_enter(clients, &one));
    clients_free(clients);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clients_lets_in_up_to_the_cap),
        cmocka_unit_test(test_clients_takes_a_v6_network_for_one_client),
        cmocka_unit_test(test_clients_keeps_its_size_over_many_clients),
        cmocka_unit_test(test_clients_refuses_when_full),
        cmocka_unit_test(test_clients_counts_right_under_many_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
