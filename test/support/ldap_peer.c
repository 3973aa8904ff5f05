/* SPDX-License-Identifier: Apache-2.0 */
#include "test/support/ldap_peer.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include <event2/event.h>

#include "core/clock.h"
#include "core/hex.h"

static const struct conn_listener plain = {.name = "test", .is_ldap = true};

/* ---- the server's side ---- */

int peer_setup(void **state)
{
    struct peer_bench *bench = calloc(1, sizeof(*bench));
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct config_ldap *ldap;

    assert_non_null(bench);
    (void)sigaction(SIGPIPE, &ignore, NULL);
    ldap = &bench->config.ldap;
    ldap->message_bytes = 262144;
    ldap->stranger_bytes = 65536;
    ldap->message_ms = ldap->idle_ms = ldap->write_ms = 60000;
    ldap->operations = 64;
    bench->max_connections = 100;
    bench->base = event_base_new();
    assert_non_null(bench->base);
    *state = bench;
    return 0;
}

static void start(struct peer_bench *bench)
{
    const struct ldap_options options = {.config = &bench->config,
                                         .max_connections = bench->max_connections,
                                         .clients = bench->clients,
                                         .counters = &bench->counters};

    if (bench->set != NULL)
        return;
    bench->set = ldap_set_new(bench->base, &options);
    assert_non_null(bench->set);
}

int peer_teardown(void **state)
{
    struct peer_bench *bench = *state;
    size_t i;

    for (i = 0; i < PEERS; i++)
        peer_close(&bench->peers[i]);
    ldap_set_free(bench->set);
    assert_int_equal(counter_get(&bench->counters.ldap.open), 0);
    assert_int_equal(counter_get(&bench->counters.ldap.waiting), 0);
    clients_free(bench->clients);
    event_base_free(bench->base);
    free(bench);
    return 0;
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

static void note_empty(void *arg)
{
    ((struct peer_bench *)arg)->emptied++;
}

void peer_drain(struct peer_bench *bench)
{
    start(bench);
    ldap_set_drain(bench->set, note_empty, bench);
}

/* ---- a client's side ---- */

struct peer *peer_open(struct peer_bench *bench)
{
    struct conn_arrival arrival = {.listener = &plain};
    struct peer *peer = bench->peers;
    int fds[2];

    start(bench);
    while (peer < bench->peers + PEERS && peer->bench != NULL)
        peer++;
    assert_ptr_not_equal(peer, bench->peers + PEERS);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    *peer = (struct peer){.bench = bench, .fd = fds[0]};
    buf_init(&peer->in, PEER_BYTES);
    buf_init(&peer->out, PEER_BYTES);
    arrival.fd = fds[1];
    arrival.address.octets[15] = 1;
    ldap_set_add(bench->set, &arrival);
    return peer;
}

void peer_close(struct peer *peer)
{
    if (peer->bench == NULL)
        return;
    (void)close(peer->fd);
    buf_done(&peer->in);
    buf_done(&peer->out);
    peer->bench = NULL;
}

/* ---- requests ---- */

void peer_put_root(struct peer *peer, int id)
{
    assert_true(lber_search_write(&peer->out, id, "", 0, 0, 0, NULL));
}

void peer_put_bind(struct peer *peer, int id)
{
    assert_true(lber_bind_write(&peer->out, id, 3, "", ""));
}

void peer_put_schema(struct peer *peer, int id)
{
    static const char *const all[] = {"+", NULL};

    assert_true(lber_search_write(&peer->out, id, "cn=Subschema", 0, 0, 0, all));
}

void peer_put_hex(struct peer *peer, const char *hex)
{
    size_t len = strlen(hex) / 2;
    uint8_t *to = buf_reserve(&peer->out, len);

    assert_non_null(to);
    assert_int_equal(hex_decode(hex, to, len), SK_OK);
    peer->out.len += len;
}

void peer_send_part(struct peer *peer, struct sk_bytes bytes)
{
    while (bytes.len > 0) {
        ssize_t n = send(peer->fd, bytes.p, bytes.len, MSG_NOSIGNAL);

        if (n > 0)
            bytes = bytes_of(bytes.p + n, bytes.len - (size_t)n);
        peer_turn(peer->bench);
    }
}

void peer_send(struct peer *peer)
{
    peer_send_part(peer, buf_bytes(&peer->out));
    buf_reset(&peer->out);
}

void peer_send_hex(struct peer *peer, const char *hex)
{
    peer_put_hex(peer, hex);
    peer_send(peer);
}

/* ---- answers ---- */

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
void peer_expect(struct peer *peer, struct lber_response *out)
{
    int64_t end = clock_mono_us() + PEER_PATIENCE_US;
    size_t len;

    while ((len = lber_response_read(buf_bytes(&peer->in), out)) == 0) {
        if (peer->is_ended || clock_mono_us() > end)
            fail_msg("no response%s", peer->is_ended ? ": the connection has ended" : "");
        peer_turn(peer->bench);
        peer_read(peer);
    }
    memmove(peer->in.data, peer->in.data + len, peer->in.len - len);
    peer->in.len -= len;
}

void peer_expect_code(struct peer *peer, int id, unsigned op, int code)
{
    struct lber_response response;

    peer_expect(peer, &response);
    assert_int_equal(response.id, id);
    assert_int_equal(response.op, op);
    assert_int_equal(response.code, code);
}

void peer_expect_found(struct peer *peer, int id)
{
    struct lber_response response;

    peer_expect(peer, &response);
    assert_int_equal(response.id, id);
    assert_int_equal(response.op, 0x64);
    peer_expect_code(peer, id, 0x65, 0);
}

void peer_expect_end(struct peer *peer)
{
    int64_t end = clock_mono_us() + PEER_PATIENCE_US;

    while (!peer->is_ended && clock_mono_us() < end) {
        peer_turn(peer->bench);
        peer_read(peer);
    }
    assert_true(peer->is_ended);
    assert_int_equal(peer->in.len, 0);
}

void peer_expect_notice(struct peer *peer, int code)
{
    struct lber_response response;

    peer_expect(peer, &response);
    assert_int_equal(response.id, 0);
    assert_string_equal(response.name, "1.3.6.1.4.1.1466.20036");
    assert_int_equal(response.code, code);
    peer_expect_end(peer);
}
