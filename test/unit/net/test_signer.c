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
    bool is_ready;
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
static const uint8_t algorithm[] = {0x30, 0x03, 0x06, 0x01, 0x2a};

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

static void on_state(void *arg, bool is_ready)
{
    struct bench *bench = arg;

    assert_int_not_equal(bench->is_ready, is_ready);
    bench->is_ready = is_ready;
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
        if (sign_request_decode(bytes_of(frame, used), out, &len) == SK_OK)
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

static struct sk_bytes hello(const char *key_usage)
{
    struct sk_cert *cert =
        pki_cert(arena, &(struct pki_cert_spec){.subject = "/CN=r",
                                                .key = pki_key(PKI_EC, 0),
                                                .exts = {{"keyUsage", key_usage}}});
    struct sk_buf out;
    size_t top, certs;
    struct sk_bytes copy;

    buf_init(&out, 65536);
    top = derout_open(&out, DER_SEQUENCE);
    derout_raw(&out, bytes_of(algorithm, sizeof(algorithm)));
    certs = derout_open(&out, DER_SEQUENCE);
    derout_raw(&out, cert->der);
    derout_close(&out, certs);
    derout_close(&out, top);
    copy = bytes_of(arena_copy(arena, out.data, out.len), out.len);
    buf_done(&out);
    return copy;
}

/* Answers HELLO and the first probe: the signer is ready. */
static void greet(struct bench *bench)
{
    struct sign_request request;

    take(bench, &request);
    assert_int_equal(request.op, SIGN_OP_HELLO);
    give(bench, request.id, SIGN_RESULT_OK, hello("digitalSignature"));
    assert_non_null(signer_identity_get0(bench->signer));
    assert_false(signer_is_ready(bench->signer));
    take(bench, &request);
    assert_int_equal(request.op, SIGN_OP_SIGN);
    give(bench, request.id, SIGN_RESULT_OK, bytes_of("sig", 3));
    assert_true(signer_is_ready(bench->signer));
    assert_true(bench->is_ready);
}

static void test_signer_refuses_a_malformed_hello(void **state)
{
    struct sk_bytes good = hello("digitalSignature");
    struct signer_identity identity;
    struct sk_err err = {0};
    size_t i;

    (void)state;
    for (i = 0; i < good.len; i++)
        assert_int_not_equal(signer_identity_parse(bytes_of(good.p, i), &identity, &err), SK_OK);
    assert_int_equal(signer_identity_parse(bytes_of("\x30\x02\x30\x00", 4), &identity, &err),
                     SK_INPUT);
    assert_int_equal(
        signer_identity_parse(bytes_of("\x30\x04\x30\x00\x30\x00", 6), &identity, &err), SK_INPUT);
    assert_int_equal(signer_identity_parse(good, &identity, &err), SK_OK);
    assert_true(bytes_equal(identity.algorithm, bytes_of(algorithm, sizeof(algorithm))));
}

static void test_signer_refuses_a_responder_that_may_not_sign(void **state)
{
    struct signer_identity identity;
    struct sk_err err = {0};
    struct bench bench;
    struct sign_request request;

    (void)state;
    assert_int_equal(signer_identity_parse(hello("keyEncipherment"), &identity, &err), SK_INPUT);
    start(&bench);
    take(&bench, &request);
    give(&bench, request.id, SIGN_RESULT_OK, hello("keyEncipherment"));
    assert_null(signer_identity_get0(bench.signer));
    assert_false(signer_is_ready(bench.signer));
    stop(&bench);
}

static void test_signer_is_ready_only_after_a_signature(void **state)
{
    struct sign_request request;
    struct bench bench;

    (void)state;
    start(&bench);
    take(&bench, &request);
    give(&bench, request.id, SIGN_RESULT_OK, hello("digitalSignature"));
    take(&bench, &request);
    give(&bench, request.id, SIGN_RESULT_FAILED, bytes_of(NULL, 0));
    assert_false(signer_is_ready(bench.signer));
    assert_int_equal(bench.changes, 0);
    stop(&bench);
}

static void test_signer_is_valid_as_long_as_its_certificate(void **state)
{
    const struct signer_identity *identity;
    struct bench bench;

    (void)state;
    start(&bench);
    assert_false(signer_is_valid_at(bench.signer, PKI_T));
    greet(&bench);
    identity = signer_identity_get0(bench.signer);
    assert_true(signer_is_valid_at(bench.signer, identity->not_before));
    assert_true(signer_is_valid_at(bench.signer, identity->not_after));
    assert_false(signer_is_valid_at(bench.signer, identity->not_before - 1));
    assert_false(signer_is_valid_at(bench.signer, identity->not_after + 1));
    stop(&bench);
}

static void test_signer_matches_replies_in_any_order(void **state)
{
    struct asked first = {0}, second = {0};
    struct sign_request one, two;
    struct bench bench;

    (void)state;
    start(&bench);
    greet(&bench);
    assert_int_equal(signer_sign(bench.signer, bytes_of("1", 1), on_answer, &first), SK_OK);
    assert_int_equal(signer_sign(bench.signer, bytes_of("2", 1), on_answer, &second), SK_OK);
    take(&bench, &one);
    assert_memory_equal(one.tbs.p, "1", 1);
    take(&bench, &two);
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

static void test_signer_fails_what_waits_when_the_key_process_goes(void **state)
{
    struct asked asked[3] = {0};
    struct bench bench;
    size_t i;

    (void)state;
    start(&bench);
    greet(&bench);
    for (i = 0; i < 3; i++)
        assert_int_equal(signer_sign(bench.signer, bytes_of("1", 1), on_answer, &asked[i]), SK_OK);
    (void)close(bench.peer);
    turn(&bench);
    for (i = 0; i < 3; i++) {
        assert_int_equal(asked[i].answers, 1);
        assert_int_equal(asked[i].status, SK_IO);
    }
    assert_false(bench.is_ready);
    assert_int_equal(signer_sign(bench.signer, bytes_of("1", 1), on_answer, &asked[0]), SK_AGAIN);
    attach(&bench);
    greet(&bench);
    stop(&bench);
}

static void test_signer_ends_with_a_peer_that_speaks_something_else(void **state)
{
    struct asked asked = {0};
    struct bench bench;

    (void)state;
    start(&bench);
    greet(&bench);
    assert_int_equal(signer_sign(bench.signer, bytes_of("1", 1), on_answer, &asked), SK_OK);
    turn(&bench);
    assert_int_equal(write(bench.peer, "\0\0\0\x08\x09xxxxxxx", 12), 12);
    turn(&bench);
    assert_int_equal(asked.answers, 1);
    assert_int_equal(asked.status, SK_IO);
    assert_false(bench.is_ready);
    stop(&bench);
}

static void test_signer_takes_no_more_than_its_queue(void **state)
{
    static struct asked asked[LIMIT_SIGN_QUEUE];
    struct bench bench;
    size_t i;

    (void)state;
    memset(asked, 0, sizeof(asked));
    start(&bench);
    greet(&bench);
    for (i = 0; i < LIMIT_SIGN_QUEUE; i++)
        assert_int_equal(signer_sign(bench.signer, bytes_of("1", 1), on_answer, &asked[i]), SK_OK);
    assert_int_equal(signer_sign(bench.signer, bytes_of("1", 1), on_answer, &asked[0]), SK_LIMIT);
    stop(&bench);
    for (i = 0; i < LIMIT_SIGN_QUEUE; i++)
        assert_int_equal(asked[i].answers, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signer_refuses_a_malformed_hello),
        cmocka_unit_test(test_signer_refuses_a_responder_that_may_not_sign),
        cmocka_unit_test(test_signer_is_ready_only_after_a_signature),
        cmocka_unit_test(test_signer_is_valid_as_long_as_its_certificate),
        cmocka_unit_test(test_signer_matches_replies_in_any_order),
        cmocka_unit_test(test_signer_fails_what_waits_when_the_key_process_goes),
        cmocka_unit_test(test_signer_ends_with_a_peer_that_speaks_something_else),
        cmocka_unit_test(test_signer_takes_no_more_than_its_queue),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
