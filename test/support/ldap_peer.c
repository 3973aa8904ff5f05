/* SPDX-License-Identifier: Apache-2.0 */
#include "test/support/ldap_peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include <event2/event.h>

#include "core/clock.h"
#include "core/hex.h"

enum { BYTES = 8 * 1024 * 1024, PATIENCE_US = 20 * 1000000 };

static const struct conn_listener plain = {.name = "test", .is_ldap = true};
const char *const PEER_ALL[] = {"+", NULL};

void peer_note_empty(void *arg)
{
    ((struct peer_bench *)arg)->emptied++;
}

void peer_bench_init(struct peer_bench *bench)
{
    struct config_ldap *ldap = &bench->config.ldap;

    memset(bench, 0, sizeof(*bench));
    ldap->message_bytes = 262144;
    ldap->stranger_bytes = 65536;
    ldap->message_ms = ldap->idle_ms = ldap->write_ms = 60000;
    ldap->operations = 64;
    bench->base = event_base_new();
    assert_non_null(bench->base);
}

void peer_bench_start(struct peer_bench *bench, size_t max_connections)
{
    const struct ldap_options options = {.config = &bench->config,
                                         .max_connections = max_connections,
                                         .clients = bench->clients,
                                         .counters = &bench->counters};

    bench->set = ldap_set_new(bench->base, &options);
    assert_non_null(bench->set);
}

void peer_bench_done(struct peer_bench *bench)
{
    ldap_set_free(bench->set);
    assert_int_equal(counter_get(&bench->counters.ldap.open), 0);
    assert_int_equal(counter_get(&bench->counters.ldap.waiting), 0);
    clients_free(bench->clients);
    event_base_free(bench->base);
}

void peer_open(struct peer_bench *bench, struct peer *peer)
{
    struct conn_arrival arrival = {.listener = &plain};
    int fds[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    peer->fd = fds[0];
    peer->is_ended = false;
    buf_init(&peer->in, BYTES);
    arrival.fd = fds[1];
    arrival.address.octets[15] = 1;
    ldap_set_add(bench->set, &arrival);
}

void peer_done(struct peer *peer)
{
    if (peer->fd >= 0)
        (void)close(peer->fd);
    buf_done(&peer->in);
}

void peer_turn(struct peer_bench *bench)
{
    assert_int_not_equal(event_base_loop(bench->base, EVLOOP_NONBLOCK), -1);
}

void peer_spin(struct peer_bench *bench)
{
    unsigned i;

    for (i = 0; i < 50; i++)
        peer_turn(bench);
}

void peer_send(struct peer_bench *bench, struct peer *peer, struct sk_bytes bytes)
{
    while (bytes.len > 0) {
        ssize_t n = send(peer->fd, bytes.p, bytes.len, MSG_NOSIGNAL);

        if (n > 0)
            bytes = bytes_of(bytes.p + n, bytes.len - (size_t)n);
        peer_turn(bench);
    }
}

static void peer_read(struct peer *peer)
{
    uint8_t octets[65536];
    ssize_t n;

    while (!peer->is_ended && (n = recv(peer->fd, octets, sizeof(octets), 0)) >= 0) {
        buf_put(&peer->in, octets, (size_t)n);
        peer->is_ended = n == 0;
    }
    assert_int_equal(buf_status(&peer->in), SK_OK);
}

/* The next response, waited for. */
void peer_expect(struct peer_bench *bench, struct peer *peer, struct lber_response *out)
{
    int64_t end = clock_mono_us() + PATIENCE_US;
    size_t len;

    while ((len = lber_response_read(buf_bytes(&peer->in), out)) == 0) {
        if (peer->is_ended || clock_mono_us() > end)
            fail_msg("no response%s", peer->is_ended ? ": the connection has ended" : "");
        peer_turn(bench);
        peer_read(peer);
    }
    memmove(peer->in.data, peer->in.data + len, peer->in.len - len);
    peer->in.len -= len;
}

void peer_expect_code(struct peer_bench *bench, struct peer *peer, int id, unsigned op, int code)
{
    struct lber_response response;

    peer_expect(bench, peer, &response);
    assert_int_equal(response.id, id);
    assert_int_equal(response.op, op);
    assert_int_equal(response.code, code);
}

void peer_expect_entry(struct peer_bench *bench, struct peer *peer, int id)
{
    struct lber_response response;

    peer_expect(bench, peer, &response);
    assert_int_equal(response.id, id);
    assert_int_equal(response.op, 0x64);
}

void peer_expect_end(struct peer_bench *bench, struct peer *peer)
{
    int64_t end = clock_mono_us() + PATIENCE_US;

    while (!peer->is_ended && clock_mono_us() < end) {
        peer_turn(bench);
        peer_read(peer);
    }
    assert_true(peer->is_ended);
    assert_int_equal(peer->in.len, 0);
}

void peer_expect_notice(struct peer_bench *bench, struct peer *peer, int code)
{
    struct lber_response response;

    peer_expect(bench, peer, &response);
    assert_int_equal(response.id, 0);
    assert_string_equal(response.name, "1.3.6.1.4.1.1466.20036");
    assert_int_equal(response.code, code);
    peer_expect_end(bench, peer);
}

/* ---- requests ---- */

void peer_put_root(struct sk_buf *out, int id)
{
    assert_true(lber_search_write(out, id, "", 0, 0, 0, NULL));
}

void peer_put_bind(struct sk_buf *out, int id)
{
    assert_true(lber_bind_write(out, id, 3, "", ""));
}

void peer_put_hex(struct sk_buf *out, const char *hex)
{
    size_t len = strlen(hex) / 2;
    uint8_t *to = buf_reserve(out, len);

    assert_non_null(to);
    assert_int_equal(hex_decode(hex, to, len), SK_OK);
    out->len += len;
}

void peer_send_hex(struct peer_bench *bench, struct peer *peer, const char *hex)
{
    struct sk_buf message;

    buf_init(&message, BYTES);
    peer_put_hex(&message, hex);
    peer_send(bench, peer, buf_bytes(&message));
    buf_done(&message);
}

void peer_bench_one(struct peer_bench *bench, struct peer *peer)
{
    peer_bench_init(bench);
    peer_bench_start(bench, 100);
    peer_open(bench, peer);
}
