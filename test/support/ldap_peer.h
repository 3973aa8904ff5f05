/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LDAP connections over socket pairs, for tests: a set with a loop that turns when the test says
 * so, and clients whose octets are read by liblber. What fails ends the test.
 */
#ifndef SEKISHO_TEST_SUPPORT_LDAP_PEER_H
#define SEKISHO_TEST_SUPPORT_LDAP_PEER_H

#include "net/ldap_conn.h"
#include "test/support/ldap_lber.h"

struct peer_bench {
    struct event_base *base;
    struct sk_config config;
    struct sk_counters counters;
    struct sk_clients *clients;
    struct ldap_set *set;
    unsigned emptied;
};

/* A client's side. */
struct peer {
    int fd;
    struct sk_buf in;
    bool is_ended;
};

extern const char *const PEER_ALL[]; /* "+" */

void peer_note_empty(void *arg);
void peer_bench_init(struct peer_bench *bench);
void peer_bench_start(struct peer_bench *bench, size_t max_connections);
void peer_bench_done(struct peer_bench *bench);
void peer_bench_one(struct peer_bench *bench, struct peer *peer);
void peer_open(struct peer_bench *bench, struct peer *peer);
void peer_done(struct peer *peer);
void peer_turn(struct peer_bench *bench);
void peer_spin(struct peer_bench *bench);
void peer_send(struct peer_bench *bench, struct peer *peer, struct sk_bytes bytes);
void peer_send_hex(struct peer_bench *bench, struct peer *peer, const char *hex);
void peer_expect(struct peer_bench *bench, struct peer *peer, struct lber_response *out);
void peer_expect_code(struct peer_bench *bench, struct peer *peer, int id, unsigned op, int code);
void peer_expect_entry(struct peer_bench *bench, struct peer *peer, int id);
void peer_expect_end(struct peer_bench *bench, struct peer *peer);
void peer_expect_notice(struct peer_bench *bench, struct peer *peer, int code);
void peer_put_root(struct sk_buf *out, int id);
void peer_put_bind(struct sk_buf *out, int id);
void peer_put_hex(struct sk_buf *out, const char *hex);

#endif
