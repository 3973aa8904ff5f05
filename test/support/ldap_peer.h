/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LDAP connections over socket pairs, for tests: a set with a loop that turns when the test says
 * so, and clients whose octets are read by liblber. What fails ends the test.
 */
#ifndef SEKISHO_TEST_SUPPORT_LDAP_PEER_H
#define SEKISHO_TEST_SUPPORT_LDAP_PEER_H

#include "net/ldap_conn.h"
#include "test/support/ldap_lber.h"

enum { PEER_BYTES = 8 * 1024 * 1024, PEER_PATIENCE_US = 20 * 1000000, PEERS = 4 };

/* A client's side. */
struct peer {
    struct peer_bench *bench; /* NULL: it is closed */
    int fd;
    struct sk_buf in, out; /* out: requests, until they are sent */
    bool is_ended;
};

struct peer_bench {
    struct event_base *base;
    struct sk_config config; /* this and the next: may be changed before the first client */
    size_t max_connections;
    struct sk_clients *clients;
    struct sk_counters counters;
    struct ldap_set *set; /* NULL before the first client */
    struct peer peers[PEERS];
    unsigned emptied;
};

#define PEER_TEST(name) cmocka_unit_test_setup_teardown(name, peer_setup, peer_teardown)

/* *state is a bench. */
int peer_setup(void **state);
int peer_teardown(void **state);

struct peer *peer_open(struct peer_bench *bench);
/* Those that are open in the end are closed by peer_teardown(). */
void peer_close(struct peer *peer);
void peer_turn(struct peer_bench *bench);
void peer_spin(struct peer_bench *bench);
void peer_drain(struct peer_bench *bench);

void peer_put_root(struct peer *peer, int id);
void peer_put_bind(struct peer *peer, int id);
/* What the server knows of its schema: about 30 kB of answer. */
void peer_put_schema(struct peer *peer, int id);
void peer_put_hex(struct peer *peer, const char *hex);
/* What was put. */
void peer_send(struct peer *peer);
void peer_send_part(struct peer *peer, struct sk_bytes bytes);
void peer_send_hex(struct peer *peer, const char *hex);

void peer_expect(struct peer *peer, struct lber_response *out);
void peer_expect_code(struct peer *peer, int id, unsigned op, int code);
/* One entry and the end of a search. */
void peer_expect_found(struct peer *peer, int id);
void peer_expect_end(struct peer *peer);
void peer_expect_notice(struct peer *peer, int code);

#endif
