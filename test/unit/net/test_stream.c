/* SPDX-License-Identifier: Apache-2.0 */
/* Streams over socket pairs, plain and under TLS; the peer's side of TLS is OpenSSL's client. */
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "net/stream.h"
#include "net/tls.h"
#include "test/support/signcert.h"

enum {
    BIG = 3 * 1024 * 1024,
    SPINS = 100000,
    LARGE = 64 * 1024 * 1024,
    WINDOW = 128 * 1024, /* of a slow client */
    MOST_HELD = 768 * 1024,
};

static char folder[] = "/tmp/sekisho-stream.XXXXXX";
static char cert_file[64], key_file[64];
static struct sk_tls *tls;
static SSL_CTX *client_context;

struct bench {
    struct event_base *base;
    struct stream stream;
    unsigned calls; /* of on_ready */
    int fd;         /* the peer's */
    SSL *ssl;       /* the peer's; NULL: plain */
};

static void on_ready(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    ((struct bench *)arg)->calls++;
}

static void shake_hands(struct bench *bench)
{
    bool ours = false, theirs = false;
    unsigned i;

    for (i = 0; i < SPINS && !(ours && theirs); i++) {
        theirs = theirs || SSL_do_handshake(bench->ssl) == 1;
        ERR_clear_error();
        if (!ours) {
            enum sk_status status = stream_handshake(&bench->stream);

            assert_true(status == SK_OK || status == SK_AGAIN);
            ours = status == SK_OK;
        }
    }
    assert_true(ours && theirs);
}

static void start(struct bench *bench, bool is_tls)
{
    struct ssl_st *ssl = NULL;
    int fds[2];

    memset(bench, 0, sizeof(*bench));
    bench->base = event_base_new();
    assert_non_null(bench->base);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    bench->fd = fds[0];
    if (is_tls) {
        ssl = tls_accept(tls, fds[1], true);
        assert_non_null(ssl);
        bench->ssl = SSL_new(client_context);
        assert_non_null(bench->ssl);
        assert_int_equal(SSL_set_fd(bench->ssl, fds[0]), 1);
        SSL_set_connect_state(bench->ssl);
    }
    assert_true(stream_init(&bench->stream, bench->base, fds[1], ssl, on_ready, bench));
    if (is_tls)
        shake_hands(bench);
}

static void stop(struct bench *bench)
{
    stream_done(&bench->stream);
    SSL_free(bench->ssl);
    ERR_clear_error();
    if (bench->fd >= 0)
        (void)close(bench->fd);
    event_base_free(bench->base);
}

/* What the peer gets now; 0: nothing. */
static size_t peer_read(struct bench *bench, uint8_t *to, size_t room)
{
    size_t n = 0;
    ssize_t got;

    if (bench->ssl != NULL) {
        if (SSL_read_ex(bench->ssl, to, room, &n) != 1)
            n = 0;
        ERR_clear_error();
        return n;
    }
    got = read(bench->fd, to, room);
    return got > 0 ? (size_t)got : 0;
}

static void peer_write(struct bench *bench, const char *text)
{
    size_t n = 0;

    if (bench->ssl != NULL)
        assert_int_equal(SSL_write_ex(bench->ssl, text, strlen(text), &n), 1);
    else
        n = (size_t)write(bench->fd, text, strlen(text));
    assert_int_equal(n, strlen(text));
}

static void turn(struct bench *bench)
{
    bench->calls = 0;
    assert_true(event_base_loop(bench->base, EVLOOP_ONCE | EVLOOP_NONBLOCK) >= 0);
}

/* The next of a series that does not repeat within any power of two. */
static uint8_t octet(size_t i)
{
    return (uint8_t)(i % 251);
}

/* Pieces of all sizes, a queued reference among them, to a peer that takes little at a time. */
static void send_much(bool is_tls)
{
    uint8_t *sent = malloc(BIG), *part = malloc(BIG);
    size_t put = 0, got = 0, n, i, piece = 1;
    struct bench bench;
    unsigned spins;

    assert_non_null(sent);
    assert_non_null(part);
    for (i = 0; i < BIG; i++)
        sent[i] = octet(i);
    start(&bench, is_tls);
    for (spins = 0; got < BIG && spins < SPINS; spins++) {
        if (put < BIG) {
            n = BIG - put < piece ? BIG - put : piece;
            if (spins % 3 == 2)
                assert_int_equal(
                    evbuffer_add_reference(stream_queue(&bench.stream), sent + put, n, NULL, NULL),
                    0);
            else
                assert_true(stream_send(&bench.stream, bytes_of(sent + put, n)));
            put += n;
            piece = piece * 7 % 40009;
        }
        if (spins % 5 == 0)
            assert_true(stream_flush(&bench.stream));
        if (put == BIG)
            assert_true(stream_flush(&bench.stream));
        n = peer_read(&bench, part, 1 + spins * 37 % 30000);
        for (i = 0; i < n; i++)
            assert_int_equal(part[i], octet(got + i));
        got += n;
    }
    assert_int_equal(got, BIG);
    assert_int_equal(stream_pending(&bench.stream), 0);
    stop(&bench);
    free(sent);
    free(part);
}

static void test_stream_sends_everything_in_order(void **state)
{
    (void)state;
    send_much(false);
    send_much(true);
}

static void read_some(bool is_tls)
{
    struct bench bench;
    uint8_t text[64];
    size_t n = 0;

    start(&bench, is_tls);
    assert_int_equal(stream_read(&bench.stream, text, sizeof(text), &n), SK_AGAIN);
    assert_true(stream_wait(&bench.stream, true));
    turn(&bench);
    assert_int_equal(bench.calls, 0);
    peer_write(&bench, "first");
    turn(&bench);
    assert_int_equal(bench.calls, 1);
    assert_int_equal(stream_read(&bench.stream, text, sizeof(text), &n), SK_OK);
    assert_int_equal(n, 5);
    assert_memory_equal(text, "first", 5);
    assert_false(bench.stream.has_more);
    turn(&bench);
    assert_int_equal(bench.calls, 0);
    /* Nobody is told while nothing is to be read. */
    assert_true(stream_wait(&bench.stream, false));
    peer_write(&bench, "second");
    turn(&bench);
    assert_int_equal(bench.calls, 0);
    assert_true(stream_wait(&bench.stream, true));
    turn(&bench);
    assert_int_equal(bench.calls, 1);
    stop(&bench);
}

static void test_stream_tells_when_there_is_something_to_read(void **state)
{
    (void)state;
    read_some(false);
    read_some(true);
}

static void test_stream_tells_when_what_is_kept_can_be_written(void **state)
{
    uint8_t *sent = calloc(1, BIG);
    struct bench bench;
    unsigned spins;

    (void)state;
    assert_non_null(sent);
    start(&bench, false);
    assert_true(stream_send(&bench.stream, bytes_of(sent, BIG)));
    assert_true(stream_pending(&bench.stream) > 0);
    assert_true(stream_wait(&bench.stream, false));
    turn(&bench);
    assert_int_equal(bench.calls, 0); /* the peer's buffer is full */
    for (spins = 0; bench.calls == 0 && spins < SPINS; spins++) {
        (void)peer_read(&bench, sent, 65536);
        turn(&bench);
    }
    assert_int_equal(bench.calls, 1);
    stop(&bench);
    free(sent);
}

/* What TLS has taken from the socket and not given is nowhere to be waited for. */
static void test_stream_says_what_tls_still_has(void **state)
{
    struct bench bench;
    uint8_t text[8];
    size_t n = 0;

    (void)state;
    start(&bench, true);
    peer_write(&bench, "twelve octet");
    assert_int_equal(stream_read(&bench.stream, text, sizeof(text), &n), SK_OK);
    assert_int_equal(n, sizeof(text));
    assert_true(bench.stream.has_more);
    assert_int_equal(stream_read(&bench.stream, text, sizeof(text), &n), SK_OK);
    assert_int_equal(n, 4);
    assert_false(bench.stream.has_more);
    stop(&bench);
}

/* Half a record is no news: whoever asked again and again for its rest would turn in circles. */
static void test_stream_waits_for_the_rest_of_a_record(void **state)
{
    static const uint8_t half[] = {0x17, 0x03, 0x03, 0x01, 0x00, 0x55};
    struct bench bench;
    uint8_t text[8];
    size_t n = 0;

    (void)state;
    start(&bench, true);
    assert_int_equal(write(bench.fd, half, sizeof(half)), sizeof(half));
    assert_true(stream_wait(&bench.stream, true));
    turn(&bench);
    assert_int_equal(bench.calls, 1);
    assert_int_equal(stream_read(&bench.stream, text, sizeof(text), &n), SK_AGAIN);
    assert_false(bench.stream.has_more);
    turn(&bench);
    assert_int_equal(bench.calls, 0);
    stop(&bench);
}

/* The end comes behind the last octets and is told, in one piece with them or not. */
static void test_stream_finds_the_end(void **state)
{
    struct bench bench;
    uint8_t text[64];
    size_t n = 1;
    int is_tls;

    (void)state;
    for (is_tls = 0; is_tls < 2; is_tls++) {
        start(&bench, is_tls != 0);
        peer_write(&bench, "bye");
        if (is_tls != 0)
            (void)SSL_shutdown(bench.ssl);
        else
            (void)shutdown(bench.fd, SHUT_WR);
        assert_int_equal(stream_read(&bench.stream, text, sizeof(text), &n), SK_OK);
        assert_int_equal(n, 3);
        assert_int_equal(stream_read(&bench.stream, text, sizeof(text), &n), SK_OK);
        assert_int_equal(n, 0);
        stop(&bench);
    }
}

static void test_stream_tells_a_broken_record(void **state)
{
    static const uint8_t junk[] = {0x17, 0x03, 0x03, 0x00, 0x14, 1,  2,  3,  4,  5,  6,  7, 8,
                                   9,    10,   11,   12,   13,   14, 15, 16, 17, 18, 19, 20};
    struct bench bench;
    uint8_t text[64];
    size_t n = 0;

    (void)state;
    start(&bench, true);
    assert_int_equal(write(bench.fd, junk, sizeof(junk)), sizeof(junk));
    assert_int_equal(stream_read(&bench.stream, text, sizeof(text), &n), SK_IO);
    stop(&bench);
}

static void test_stream_fails_when_the_peer_is_gone(void **state)
{
    uint8_t *sent = calloc(1, BIG);
    struct bench bench;
    int is_tls;

    (void)state;
    assert_non_null(sent);
    for (is_tls = 0; is_tls < 2; is_tls++) {
        start(&bench, is_tls != 0);
        (void)close(bench.fd);
        bench.fd = -1;
        assert_false(stream_send(&bench.stream, bytes_of(sent, 100)));
        stop(&bench);
        start(&bench, is_tls != 0);
        assert_true(stream_send(&bench.stream, bytes_of(sent, BIG)));
        assert_true(stream_pending(&bench.stream) > 0);
        (void)close(bench.fd);
        bench.fd = -1;
        assert_false(stream_flush(&bench.stream));
        stop(&bench);
    }
    free(sent);
}

/* TLS 1.3: the peer asks for new keys, which are answered with our next octets. */
static void test_stream_takes_new_keys(void **state)
{
    struct bench bench;
    uint8_t text[64];
    size_t n = 0;

    (void)state;
    start(&bench, true);
    assert_int_equal(SSL_key_update(bench.ssl, SSL_KEY_UPDATE_REQUESTED), 1);
    peer_write(&bench, "new");
    assert_int_equal(stream_read(&bench.stream, text, sizeof(text), &n), SK_OK);
    assert_int_equal(n, 3);
    assert_true(stream_send(&bench.stream, bytes_of("keys", 4)));
    assert_int_equal(peer_read(&bench, text, sizeof(text)), 4);
    assert_memory_equal(text, "keys", 4);
    stop(&bench);
}

/* After the end: close_notify has come, and what the peer sends is taken undecrypted. */
static void test_stream_ends(void **state)
{
    struct bench bench;
    uint8_t text[256];
    size_t n = 0;

    (void)state;
    start(&bench, true);
    stream_end(&bench.stream);
    assert_int_equal(peer_read(&bench, text, sizeof(text)), 0);
    assert_int_equal(SSL_get_shutdown(bench.ssl) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN);
    assert_true(stream_wait(&bench.stream, true));
    turn(&bench);
    assert_int_equal(bench.calls, 0);
    peer_write(&bench, "late");
    turn(&bench);
    assert_int_equal(bench.calls, 1);
    assert_int_equal(stream_read(&bench.stream, text, sizeof(text), &n), SK_OK);
    assert_true(n > 4);
    stop(&bench);
}

/* A TCP connection; the client's window does not grow. */
static void connect_tcp(int *out_server, int *out_client)
{
    struct sockaddr_in where = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof(where);
    const int window = WINDOW;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    *out_client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(setsockopt(*out_client, SOL_SOCKET, SO_RCVBUF, &window, sizeof(window)), 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&where, sizeof(where)), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&where, &len), 0);
    assert_int_equal(connect(*out_client, (struct sockaddr *)&where, sizeof(where)), 0);
    *out_server = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    assert_true(*out_server >= 0);
    close(listener);
}

/* What the kernel of a server holds for a client that is slow. */
static void test_stream_leaves_the_kernel_little(void **state)
{
    static uint8_t piece[65536];
    struct stream stream;
    struct event_base *base = event_base_new();
    struct evbuffer *queue;
    size_t total = 0;
    int server, client, held, i;

    (void)state;
    connect_tcp(&server, &client);
    stream_set_options(server);
    assert_true(stream_init(&stream, base, server, NULL, on_ready, &(struct bench){.fd = -1}));
    queue = stream_queue(&stream);
    assert_non_null(queue);
    for (i = 0; i < LARGE / (int)sizeof(piece); i++)
        assert_int_equal(evbuffer_add_reference(queue, piece, sizeof(piece), NULL, NULL), 0);
    while (total < LARGE / 2) { /* it is fast, so that the kernel gives it more room */
        ssize_t n;

        assert_true(stream_flush(&stream));
        n = recv(client, piece, sizeof(piece), 0);
        assert_true(n > 0);
        total += (size_t)n;
    }
    for (i = 0; i < SPINS / 100; i++)
        assert_true(stream_flush(&stream));
    assert_true(stream_pending(&stream) > 0);
    assert_int_equal(ioctl(server, TIOCOUTQ, &held), 0);
    print_message("held for a slow client: %d octets\n", held);
    assert_in_range(held, 1, MOST_HELD);
    stream_done(&stream);
    close(client);
    event_base_free(base);
}

static int set_up(void **state)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = signcert_new(key, "SHA256", NULL);
    struct config_tls config = {.certificate = cert_file, .key = key_file};
    struct sk_err err = {0};
    FILE *f;

    (void)state;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(cert_file, sizeof(cert_file), "%s/cert.pem", folder);
    (void)snprintf(key_file, sizeof(key_file), "%s/key.pem", folder);
    signcert_write(cert_file, cert, NULL);
    f = fopen(key_file, "wx");
    assert_non_null(f);
    assert_int_equal(PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL), 1);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(key_file, 0600), 0);
    if (tls_new(&config, &tls, &err) != SK_OK)
        fail_msg("%s", err.text);
    client_context = SSL_CTX_new(TLS_client_method());
    assert_non_null(client_context);
    X509_free(cert);
    EVP_PKEY_free(key);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    tls_free(tls);
    SSL_CTX_free(client_context);
    (void)unlink(cert_file);
    (void)unlink(key_file);
    (void)rmdir(folder);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stream_sends_everything_in_order),
        cmocka_unit_test(test_stream_tells_when_there_is_something_to_read),
        cmocka_unit_test(test_stream_tells_when_what_is_kept_can_be_written),
        cmocka_unit_test(test_stream_says_what_tls_still_has),
        cmocka_unit_test(test_stream_waits_for_the_rest_of_a_record),
        cmocka_unit_test(test_stream_finds_the_end),
        cmocka_unit_test(test_stream_tells_a_broken_record),
        cmocka_unit_test(test_stream_fails_when_the_peer_is_gone),
        cmocka_unit_test(test_stream_takes_new_keys),
        cmocka_unit_test(test_stream_ends),
        cmocka_unit_test(test_stream_leaves_the_kernel_little),
    };
    struct sigaction ignore = {.sa_handler = SIG_IGN};

    (void)sigaction(SIGPIPE, &ignore, NULL); /* as the network process does */
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
