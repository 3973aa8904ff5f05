/* SPDX-License-Identifier: Apache-2.0 */
/* The worker's side of the key process's protocol; the test is the key process. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include <event2/event.h>

#include "core/der.h"
#include "core/derout.h"
#include "core/limits.h"
#include "core/sign.h"
#include "net/signer.h"
#include "test/support/pki.h"

struct bench {
    struct event_base *base;
    struct sk_signer *signer;
    int peer; /* the key process's end */
    enum signer_state state;
    unsigned changes;
};

/* One asked signature. */
struct asked {
    unsigned answers;
    enum sk_status status;
    uint8_t octets[64];
    size_t len;
};

static struct sk_arena *arena;
static const uint8_t algorithms[] = {0x30, 0x03, 0x06, 0x01, 0x2a, 0x30, 0x03, 0x06, 0x01, 0x2b};

static int set_up(void **state)
{
    const struct sigaction ignore = {.sa_handler = SIG_IGN};

    (void)state;
    (void)sigaction(SIGPIPE, &ignore, NULL);
    arena = arena_new(16 * 1024 * 1024);
    return arena == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static void on_state(void *arg, enum signer_state state)
{
    struct bench *bench = arg;

    assert_int_not_equal(bench->state, state);
    bench->state = state;
    bench->changes++;
}

static void on_answer(void *arg, enum sk_status status, struct sk_bytes signature)
{
    struct asked *asked = arg;

    asked->answers++;
    asked->status = status;
    asked->len = signature.len;
    assert_in_range(signature.len, 0, sizeof(asked->octets));
    if (signature.len > 0)
        memcpy(asked->octets, signature.p, signature.len);
}

static void turn(struct bench *bench)
{
    int i;

    for (i = 0; i < 6; i++)
        (void)event_base_loop(bench->base, EVLOOP_NONBLOCK);
}

static void attach(struct bench *bench)
{
    int fds[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    bench->peer = fds[1];
    signer_attach(bench->signer, fds[0]);
    turn(bench);
}

static void start(struct bench *bench)
{
    memset(bench, 0, sizeof(*bench));
    bench->base = event_base_new();
    bench->signer = signer_new(bench->base, on_state, bench);
    assert_non_null(bench->signer);
    attach(bench);
}

static void stop(struct bench *bench)
{
    signer_free(bench->signer);
    event_base_free(bench->base);
    if (bench->peer >= 0)
        (void)close(bench->peer);
}

/* The next request; out->tbs points into a static buffer. */
static void take(struct bench *bench, struct sign_request *out)
{
    static uint8_t frame[4096];
    size_t used = 0;

    turn(bench);
    for (;;) {
        ssize_t n = read(bench->peer, frame + used, 1);
        size_t len;

        assert_int_equal(n, 1);
        used += (size_t)n;
        if (sign_request_decode(bytes_of(frame, used), out, &len, NULL) == SK_OK)
            return;
    }
}

static void give(struct bench *bench, uint32_t id, enum sign_result result, struct sk_bytes payload)
{
    const struct sign_reply reply = {.result = result, .id = id, .payload = payload};
    struct sk_buf frame;

    buf_init(&frame, 65536);
    assert_int_equal(sign_reply_encode(&reply, &frame), SK_OK);
    assert_int_equal(write(bench->peer, frame.data, frame.len), frame.len);
    buf_done(&frame);
    turn(bench);
}

/* Certificates of responder keys: what is asked of them differs in use and issuer. */
static struct sk_cert *responder(const char *key_usage, const char *eku, size_t issuer)
{
    return pki_cert(
        arena, &(struct pki_cert_spec){.subject = "/CN=r",
                                       .issuer = "/CN=ca",
                                       .key = pki_key(PKI_EC, 0),
                                       .signer = pki_key(PKI_EC, issuer),
                                       .exts = {{"keyUsage", key_usage},
                                                {eku != NULL ? "extendedKeyUsage" : NULL, eku}}});
}

static struct sk_bytes hello_of(const struct sk_cert *cert, unsigned num_keys,
                                enum sign_model model)
{
    struct sign_hello told = {.num_keys = num_keys,
                              .name = bytes_of("tokyo", 5),
                              .model = model,
                              .algorithms = bytes_of(algorithms, sizeof(algorithms)),
                              .certs = cert->der};
    struct sk_buf out;
    struct sk_bytes copy;

    buf_init(&out, 65536);
    assert_int_equal(sign_hello_encode(&told, &out), SK_OK);
    copy = bytes_of(arena_copy(arena, out.data, out.len), out.len);
    buf_done(&out);
    return copy;
}

static struct sk_bytes hello(const char *key_usage, unsigned num_keys)
{
    return hello_of(responder(key_usage, NULL, 0), num_keys, SIGN_MODEL_AUTO);
}

static void take_op(struct bench *bench, enum sign_op op, struct sign_request *out)
{
    take(bench, out);
    assert_int_equal(out->op, op);
}

/* Answers HELLO for each key and says how they are, an octet a key. */
static void greet(struct bench *bench, const char *states)
{
    struct sign_request request;
    unsigned i, num_keys = (unsigned)strlen(states);
    char octets[LIMIT_SIGNER_KEYS];

    for (i = 0; i < num_keys; i++) {
        assert_int_equal(signer_sign(bench->signer, &(struct signer_ask){.tbs = bytes_of("1", 1)},
                                     on_answer, NULL),
                         SK_AGAIN);
        take_op(bench, SIGN_OP_HELLO, &request);
        assert_int_equal(request.key, i);
        give(bench, request.id, SIGN_RESULT_OK, hello("digitalSignature", num_keys));
        octets[i] = (char)(states[i] - '0');
    }
    assert_int_equal(signer_count(bench->signer), num_keys);
    assert_false(signer_is_ready(bench->signer));
    take_op(bench, SIGN_OP_STATUS, &request);
    give(bench, request.id, SIGN_RESULT_OK, bytes_of(octets, num_keys));
}

static enum sk_status sign(struct bench *bench, size_t key, enum sign_class class,
                           struct asked *asked)
{
    const struct signer_ask ask = {.key = key, .class = class, .tbs = bytes_of("1", 1)};

    return signer_sign(bench->signer, &ask, on_answer, asked);
}

/* ---- what a key is --------------------------------------------------------------------------- */

static void test_signer_refuses_a_malformed_hello(void **state)
{
    struct sk_bytes good = hello("digitalSignature", 7);
    struct signer_key key;
    struct sk_err err = {0};
    unsigned num_keys;
    size_t i;

    (void)state;
    for (i = 0; i < good.len; i++)
        assert_int_not_equal(signer_key_parse(arena, 0, bytes_of(good.p, i), &num_keys, &key, &err),
                             SK_OK);
    assert_int_equal(signer_key_parse(arena, 3, good, &num_keys, &key, &err), SK_OK);
    assert_int_equal(num_keys, 7);
    assert_int_equal(key.index, 3);
    assert_string_equal(key.name, "tokyo");
    assert_int_equal(key.num_algorithms, 2);
    assert_true(bytes_equal(key.algorithms[1], bytes_of(algorithms + 5, 5)));
}

static void test_signer_refuses_lists_that_are_none(void **state)
{
    const struct sk_cert *cert = responder("digitalSignature", NULL, 0);
    struct sign_hello told = {.num_keys = 1, .name = bytes_of("r", 1), .certs = cert->der};
    static const uint8_t nine[] = {0x30, 0,    0x30, 0,    0x30, 0,    0x30, 0,    0x30,
                                   0,    0x30, 0,    0x30, 0,    0x30, 0,    0x30, 0};
    const struct sk_bytes bad[] = {bytes_of("", 0), bytes_of("\x30\x05", 2), bytes_of("\x31", 2),
                                   bytes_of(nine, sizeof(nine))};
    struct signer_key key;
    struct sk_buf out;
    unsigned num_keys;
    size_t i;

    (void)state;
    buf_init(&out, 65536);
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        buf_reset(&out);
        told.algorithms = bad[i];
        assert_int_equal(sign_hello_encode(&told, &out), SK_OK);
        assert_int_equal(signer_key_parse(arena, 0, buf_bytes(&out), &num_keys, &key, NULL),
                         SK_INPUT);
    }
    buf_reset(&out);
    told.algorithms = bytes_of(algorithms, sizeof(algorithms));
    told.certs = bytes_of("\x30", 2);
    assert_int_equal(sign_hello_encode(&told, &out), SK_OK);
    assert_int_equal(signer_key_parse(arena, 0, buf_bytes(&out), &num_keys, &key, NULL), SK_INPUT);
    buf_done(&out);
}

static void test_signer_refuses_a_responder_that_may_not_sign(void **state)
{
    struct signer_key key;
    struct sk_err err = {0};
    struct bench bench;
    struct sign_request request;
    unsigned num_keys;

    (void)state;
    assert_int_equal(signer_key_parse(arena, 0, hello("keyEncipherment", 1), &num_keys, &key, &err),
                     SK_INPUT);
    start(&bench);
    take_op(&bench, SIGN_OP_HELLO, &request);
    give(&bench, request.id, SIGN_RESULT_OK, hello("keyEncipherment", 1));
    assert_int_equal(signer_count(bench.signer), 0);
    assert_null(signer_key_get0(bench.signer, 0));
    assert_false(signer_is_ready(bench.signer));
    stop(&bench);
}

static struct signer_key key_of(const struct sk_cert *cert, enum sign_model model)
{
    struct signer_key key;
    unsigned num_keys;

    assert_int_equal(signer_key_parse(arena, 0, hello_of(cert, 1, model), &num_keys, &key, NULL),
                     SK_OK);
    return key;
}

static struct sk_cert *authority(const char *name, size_t key)
{
    return pki_cert(arena, &(struct pki_cert_spec){.subject = name,
                                                   .key = pki_key(PKI_EC, key),
                                                   .exts = {{"basicConstraints", "CA:TRUE"}}});
}

/* O-08: the issuer's name is not enough, its key must have signed the responder's certificate. */
static void test_signer_delegated_key_serves_its_issuers_key_alone(void **state)
{
    struct signer_key key =
        key_of(responder("digitalSignature", "OCSPSigning", 1), SIGN_MODEL_AUTO);
    struct sk_keyring *ring = keyring_new(8);

    (void)state;
    assert_int_equal(key.model, SIGN_MODEL_DELEGATED);
    assert_true(signer_key_serves(&key, authority("/CN=ca", 1), ring));
    assert_false(signer_key_serves(&key, authority("/CN=ca", 2), ring));
    assert_false(signer_key_serves(&key, authority("/CN=another", 1), ring));
    key = key_of(responder("digitalSignature", NULL, 1), SIGN_MODEL_DELEGATED);
    assert_false(signer_key_serves(&key, authority("/CN=ca", 1), ring));
    keyring_free(ring);
}

static void test_signer_key_of_a_ca_serves_that_ca_alone(void **state)
{
    struct signer_key key = key_of(authority("/CN=ca", 1), SIGN_MODEL_AUTO);

    (void)state;
    assert_int_equal(key.model, SIGN_MODEL_CA);
    assert_true(signer_key_serves(&key, authority("/CN=ca", 1), NULL));
    assert_false(signer_key_serves(&key, authority("/CN=ca", 2), NULL));
    assert_false(signer_key_serves(&key, authority("/CN=another", 1), NULL));
}

static void test_signer_trusted_key_serves_all(void **state)
{
    struct signer_key key = key_of(responder("digitalSignature", NULL, 1), SIGN_MODEL_AUTO);

    (void)state;
    assert_int_equal(key.model, SIGN_MODEL_TRUSTED);
    assert_true(signer_key_serves(&key, authority("/CN=another", 2), NULL));
    key = key_of(authority("/CN=va", 1), SIGN_MODEL_TRUSTED);
    assert_true(signer_key_serves(&key, authority("/CN=another", 2), NULL));
}

static void test_signer_remembers_whom_a_key_serves(void **state)
{
    struct sk_keyring *ring = keyring_new(8);
    struct sign_request request;
    struct bench bench;
    size_t i;

    (void)state;
    start(&bench);
    take_op(&bench, SIGN_OP_HELLO, &request);
    give(&bench, request.id, SIGN_RESULT_OK,
         hello_of(responder("digitalSignature", "OCSPSigning", 1), 1, SIGN_MODEL_AUTO));
    for (i = 0; i < 2; i++) {
        assert_true(signer_serves(bench.signer, 0, authority("/CN=ca", 1), ring));
        assert_false(signer_serves(bench.signer, 0, authority("/CN=ca", 2), ring));
        assert_false(signer_serves(bench.signer, 1, authority("/CN=ca", 1), ring));
    }
    for (i = 0; i < 40; i++) { /* more than it remembers */
        char name[32];

        (void)snprintf(name, sizeof(name), "/CN=other %zu", i);
        assert_false(signer_serves(bench.signer, 0, authority(name, 1), ring));
    }
    assert_true(signer_serves(bench.signer, 0, authority("/CN=ca", 1), ring));
    keyring_free(ring);
    stop(&bench);
}

/* ---- readiness ------------------------------------------------------------------------------- */

static void test_signer_is_ready_only_when_a_key_is(void **state)
{
    struct bench bench;

    (void)state;
    start(&bench);
    assert_int_equal(bench.state, SIGNER_ATTACHED);
    greet(&bench, "00");
    assert_int_equal(bench.state, SIGNER_ATTACHED);
    stop(&bench);
    start(&bench);
    greet(&bench, "02");
    assert_int_equal(bench.state, SIGNER_READY);
    assert_false(signer_can_sign(bench.signer, 0, PKI_T));
    assert_true(signer_can_sign(bench.signer, 1, PKI_T));
    assert_false(signer_can_sign(bench.signer, 2, PKI_T));
    stop(&bench);
}

static void test_signer_is_not_ready_before_it_knows_all_keys(void **state)
{
    struct sign_request request;
    struct bench bench;

    (void)state;
    start(&bench);
    take_op(&bench, SIGN_OP_HELLO, &request);
    give(&bench, request.id, SIGN_RESULT_OK, hello("digitalSignature", 2));
    assert_int_equal(signer_count(bench.signer), 0);
    take_op(&bench, SIGN_OP_HELLO, &request);
    assert_int_equal(request.key, 1);
    give(&bench, request.id, SIGN_RESULT_OK,
         hello("digitalSignature", 3)); /* not the same number */
    assert_int_equal(signer_count(bench.signer), 0);
    assert_int_equal(bench.state, SIGNER_ATTACHED);
    stop(&bench);
}

static void test_signer_is_valid_as_long_as_its_certificate(void **state)
{
    const struct signer_key *key;
    struct bench bench;

    (void)state;
    start(&bench);
    assert_false(signer_is_valid_at(bench.signer, PKI_T));
    greet(&bench, "1");
    key = signer_key_get0(bench.signer, 0);
    assert_true(signer_can_sign(bench.signer, 0, key->cert->not_before));
    assert_true(signer_can_sign(bench.signer, 0, key->cert->not_after));
    assert_false(signer_can_sign(bench.signer, 0, key->cert->not_before - 1));
    assert_false(signer_can_sign(bench.signer, 0, key->cert->not_after + 1));
    assert_false(signer_is_valid_at(bench.signer, key->cert->not_after + 1));
    stop(&bench);
}

/* ---- signatures ------------------------------------------------------------------------------ */

static void test_signer_asks_for_the_key_class_and_algorithm(void **state)
{
    const struct signer_ask ask = {
        .key = 1, .algorithm = 1, .class = SIGN_CLASS_NONCE, .tbs = bytes_of("abc", 3)};
    struct signer_ask wrong = ask;
    struct asked asked = {0};
    struct sign_request request;
    struct bench bench;

    (void)state;
    start(&bench);
    greet(&bench, "11");
    assert_int_equal(signer_sign(bench.signer, &ask, on_answer, &asked), SK_OK);
    take_op(&bench, SIGN_OP_SIGN, &request);
    assert_int_equal(request.key, 1);
    assert_int_equal(request.algorithm, 1);
    assert_int_equal(request.class, SIGN_CLASS_NONCE);
    assert_true(bytes_equal(request.tbs, ask.tbs));
    assert_in_range(request.wait_ms, 1, LIMIT_SIGN_MS - 1);
    wrong.algorithm = 2;
    assert_int_equal(signer_sign(bench.signer, &wrong, on_answer, &asked), SK_NOTFOUND);
    wrong.algorithm = 0;
    wrong.key = 2;
    assert_int_equal(signer_sign(bench.signer, &wrong, on_answer, &asked), SK_NOTFOUND);
    stop(&bench);
}

static void test_signer_matches_replies_in_any_order(void **state)
{
    struct asked first = {0}, second = {0};
    struct sign_request one, two;
    struct bench bench;

    (void)state;
    start(&bench);
    greet(&bench, "1");
    assert_int_equal(sign(&bench, 0, SIGN_CLASS_NORMAL, &first), SK_OK);
    assert_int_equal(sign(&bench, 0, SIGN_CLASS_NORMAL, &second), SK_OK);
    take_op(&bench, SIGN_OP_SIGN, &one);
    take_op(&bench, SIGN_OP_SIGN, &two);
    give(&bench, two.id, SIGN_RESULT_OK, bytes_of("two", 3));
    assert_int_equal(first.answers, 0);
    assert_int_equal(second.answers, 1);
    assert_memory_equal(second.octets, "two", 3);
    give(&bench, two.id, SIGN_RESULT_OK, bytes_of("two", 3)); /* said twice: nobody asked */
    give(&bench, 0xffffffff, SIGN_RESULT_OK, bytes_of("x", 1));
    give(&bench, one.id, SIGN_RESULT_BUSY, bytes_of(NULL, 0));
    assert_int_equal(first.answers, 1);
    assert_int_equal(first.status, SK_AGAIN);
    assert_int_equal(second.answers, 1);
    assert_true(signer_is_ready(bench.signer)); /* busy is not ill */
    stop(&bench);
}

static void test_signer_knows_which_key_fails(void **state)
{
    struct asked asked[2] = {0};
    struct sign_request request;
    struct bench bench;

    (void)state;
    start(&bench);
    greet(&bench, "11");
    assert_int_equal(sign(&bench, 1, SIGN_CLASS_NORMAL, &asked[0]), SK_OK);
    take_op(&bench, SIGN_OP_SIGN, &request);
    give(&bench, request.id, SIGN_RESULT_FAILED, bytes_of(NULL, 0));
    assert_int_equal(asked[0].status, SK_CRYPTO);
    assert_true(signer_can_sign(bench.signer, 0, PKI_T));
    assert_false(signer_can_sign(bench.signer, 1, PKI_T));
    assert_int_equal(sign(&bench, 1, SIGN_CLASS_NORMAL, &asked[1]), SK_OK); /* may be asked again */
    take_op(&bench, SIGN_OP_SIGN, &request);
    give(&bench, request.id, SIGN_RESULT_OK, bytes_of("sig", 3));
    assert_true(signer_can_sign(bench.signer, 1, PKI_T));
    stop(&bench);
}

static void test_signer_fails_what_waits_when_the_key_process_goes(void **state)
{
    struct asked asked[3] = {0};
    struct bench bench;
    size_t i;

    (void)state;
    start(&bench);
    greet(&bench, "1");
    for (i = 0; i < 3; i++)
        assert_int_equal(sign(&bench, 0, SIGN_CLASS_NORMAL, &asked[i]), SK_OK);
    (void)close(bench.peer);
    turn(&bench);
    for (i = 0; i < 3; i++) {
        assert_int_equal(asked[i].answers, 1);
        assert_int_equal(asked[i].status, SK_IO);
    }
    assert_int_equal(bench.state, SIGNER_DETACHED);
    assert_int_equal(signer_count(bench.signer), 1); /* who signs is still known */
    assert_false(signer_can_sign(bench.signer, 0, PKI_T));
    assert_int_equal(sign(&bench, 0, SIGN_CLASS_NORMAL, &asked[0]), SK_AGAIN);
    attach(&bench);
    greet(&bench, "1");
    assert_true(signer_can_sign(bench.signer, 0, PKI_T));
    stop(&bench);
}

static void test_signer_ends_with_a_peer_that_speaks_something_else(void **state)
{
    static const char *const frames[] = {"\0\0\0\x08\x09xxxxxxx", "\0\0\0\x08\x01xxxxxxx",
                                         "\0\0\0\x08\x02\0\0\0xxxx"};
    struct bench bench;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
        struct asked asked = {0};

        start(&bench);
        greet(&bench, "1");
        assert_int_equal(sign(&bench, 0, SIGN_CLASS_NORMAL, &asked), SK_OK);
        turn(&bench);
        assert_int_equal(write(bench.peer, frames[i], 12), 12);
        turn(&bench);
        assert_int_equal(asked.answers, 1);
        assert_int_equal(asked.status, SK_IO);
        assert_int_equal(bench.state, SIGNER_DETACHED);
        stop(&bench);
    }
}

static void test_signer_takes_no_more_than_its_queue_of_a_class(void **state)
{
    static struct asked asked[LIMIT_SIGN_QUEUE], other;
    struct signer_stats stats;
    struct bench bench;
    size_t i;

    (void)state;
    memset(asked, 0, sizeof(asked));
    start(&bench);
    greet(&bench, "1");
    for (i = 0; i < LIMIT_SIGN_QUEUE; i++)
        assert_int_equal(sign(&bench, 0, SIGN_CLASS_NONCE, &asked[i]), SK_OK);
    assert_int_equal(sign(&bench, 0, SIGN_CLASS_NONCE, &asked[0]), SK_LIMIT);
    assert_int_equal(sign(&bench, 0, SIGN_CLASS_NORMAL, &other), SK_OK);
    signer_stats(bench.signer, &stats);
    assert_int_equal(stats.num_waiting[SIGN_CLASS_NONCE], LIMIT_SIGN_QUEUE);
    assert_int_equal(stats.num_waiting[SIGN_CLASS_NORMAL], 1);
    assert_int_equal(stats.keys[0].num_busy, 1);
    stop(&bench);
    for (i = 0; i < LIMIT_SIGN_QUEUE; i++)
        assert_int_equal(asked[i].answers, 1);
    assert_int_equal(other.answers, 1);
}

static void test_signer_counts(void **state)
{
    static const enum sign_result results[] = {SIGN_RESULT_OK, SIGN_RESULT_OK, SIGN_RESULT_BUSY,
                                               SIGN_RESULT_LATE, SIGN_RESULT_FAILED};
    struct asked asked[5] = {0};
    struct sign_request request;
    struct signer_stats stats;
    struct bench bench;
    size_t i;

    (void)state;
    start(&bench);
    greet(&bench, "12");
    for (i = 0; i < 5; i++) {
        assert_int_equal(sign(&bench, 1, SIGN_CLASS_NORMAL, &asked[i]), SK_OK);
        take_op(&bench, SIGN_OP_SIGN, &request);
        give(&bench, request.id, results[i], bytes_of("s", results[i] == SIGN_RESULT_OK));
    }
    signer_stats(bench.signer, &stats);
    assert_int_equal(stats.state, SIGNER_READY);
    assert_int_equal(stats.num_keys, 2);
    assert_int_equal(stats.keys[0].state, SIGN_STATE_READY);
    assert_int_equal(stats.keys[0].num_ok, 0);
    assert_int_equal(stats.keys[1].state, SIGN_STATE_DOWN);
    assert_int_equal(stats.keys[1].num_ok, 2);
    assert_int_equal(stats.keys[1].num_busy, 1);
    assert_int_equal(stats.keys[1].num_late, 1);
    assert_int_equal(stats.keys[1].num_failed, 1);
    assert_int_equal(stats.keys[1].not_after, signer_key_get0(bench.signer, 1)->cert->not_after);
    stop(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signer_refuses_a_malformed_hello),
        cmocka_unit_test(test_signer_refuses_lists_that_are_none),
        cmocka_unit_test(test_signer_refuses_a_responder_that_may_not_sign),
        cmocka_unit_test(test_signer_delegated_key_serves_its_issuers_key_alone),
        cmocka_unit_test(test_signer_key_of_a_ca_serves_that_ca_alone),
        cmocka_unit_test(test_signer_trusted_key_serves_all),
        cmocka_unit_test(test_signer_remembers_whom_a_key_serves),
        cmocka_unit_test(test_signer_is_ready_only_when_a_key_is),
        cmocka_unit_test(test_signer_is_not_ready_before_it_knows_all_keys),
        cmocka_unit_test(test_signer_is_valid_as_long_as_its_certificate),
        cmocka_unit_test(test_signer_asks_for_the_key_class_and_algorithm),
        cmocka_unit_test(test_signer_matches_replies_in_any_order),
        cmocka_unit_test(test_signer_knows_which_key_fails),
        cmocka_unit_test(test_signer_fails_what_waits_when_the_key_process_goes),
        cmocka_unit_test(test_signer_ends_with_a_peer_that_speaks_something_else),
        cmocka_unit_test(test_signer_takes_no_more_than_its_queue_of_a_class),
        cmocka_unit_test(test_signer_counts),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
