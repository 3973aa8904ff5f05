/* SPDX-License-Identifier: Apache-2.0 */
/* Which key signs (O-08), and with which algorithm (O-14); the test is the key process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/derout.h"
#include "net/ocsp_key.h"
#include "net/ocsp_own.h"
#include "test/support/pki.h"

#define DAY ((int64_t)86400)

/* AlgorithmIdentifiers */
enum { ES256, ES384, RS256, RS384, RS256_BARE, RS1, ALGORITHMS };
static const struct {
    uint8_t octets[16];
    size_t len;
} algorithms[ALGORITHMS] = {
    [ES256] = {{0x30, 0x0a, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2}, 12},
    [ES384] = {{0x30, 0x0a, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3}, 12},
    [RS256] = {{0x30, 0x0d, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11, 5, 0}, 15},
    [RS384] = {{0x30, 0x0d, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 12, 5, 0}, 15},
    [RS256_BARE] = {{0x30, 0x0b, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11}, 13},
    [RS1] = {{0x30, 0x0d, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 5, 5, 0}, 15},
};

enum { MAX_KEYS = 6, MAX_ALGORITHMS = 4 };
struct told { /* what HELLO says of a key */
    const char *name;
    enum sign_model model;
    const struct sk_cert *cert;
    int algorithms[MAX_ALGORITHMS]; /* until -1, or all */
    size_t num_algorithms;
    bool is_down;
};

struct bench {
    struct sk_arena *arena;
    struct sk_keyring *keys;
    const struct sk_cert *ca1, *ca2;
    struct told told[MAX_KEYS];
    size_t num_keys;
    struct event_base *base;
    struct sk_signer *signer;
    int key_process;
    int64_t now;
    struct ocsp_request request;
    struct ocsp_statuses statuses;
    struct config_ca ca;
    struct ocsp_own own;
    bool wants_trusted;
    bool is_second; /* the last choice */
};

static struct sk_bytes algorithm(int which)
{
    return bytes_of(algorithms[which].octets, algorithms[which].len);
}

/* ---- certificates ---- */

static const struct sk_cert *make_ca(const struct bench *b, const char *subject, size_t key)
{
    return pki_cert(b->arena, &(struct pki_cert_spec){.subject = subject,
                                                      .key = pki_key(PKI_EC, key),
                                                      .not_before = b->now - DAY,
                                                      .not_after = b->now + 90 * DAY,
                                                      .exts = {PKI_CA_EXTS}});
}

/* A responder of /CN=1, signed with key number signer. */
static const struct sk_cert *make(const struct bench *b, enum pki_key_kind kind, size_t signer,
                                  int64_t not_after, const char *eku)
{
    return pki_cert(b->arena, &(struct pki_cert_spec){.subject = "/CN=responder",
                                                      .issuer = "/CN=1",
                                                      .key = pki_key(kind, 9),
                                                      .signer = pki_key(PKI_EC, signer),
                                                      .not_before = b->now - DAY,
                                                      .not_after = not_after,
                                                      .exts = {{"keyUsage", "digitalSignature"},
                                                               {"extendedKeyUsage", eku}}});
}

static const struct sk_cert *delegate(const struct bench *b)
{
    return make(b, PKI_EC, 1, b->now + 30 * DAY, "OCSPSigning");
}

static int setup(void **state)
{
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct bench *b = calloc(1, sizeof(*b));

    (void)sigaction(SIGPIPE, &ignore, NULL);
    b->now = clock_wall();
    b->arena = arena_new(64u << 20);
    b->keys = keyring_new(16);
    b->ca1 = make_ca(b, "/CN=1", 1);
    b->ca2 = make_ca(b, "/CN=2", 2);
    b->request.num_ids = 1;
    b->statuses.issuers[0] = b->ca1;
    b->statuses.ends = b->now + DAY;
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;

    if (b->signer != NULL) {
        signer_free(b->signer);
        event_base_free(b->base);
        (void)close(b->key_process);
    }
    keyring_free(b->keys);
    arena_free(b->arena);
    free(b);
    return 0;
}

/* ---- the key process ---- */

static void tell(struct bench *b, const char *name, enum sign_model model,
                 const struct sk_cert *cert, const int *which, size_t count)
{
    struct told *told = &b->told[b->num_keys++];

    told->name = name;
    told->model = model;
    told->cert = cert;
    told->num_algorithms = count;
    memcpy(told->algorithms, which, count * sizeof(*which));
}

static void hello(const struct bench *b, size_t key, struct sk_buf *out)
{
    const struct told *told = &b->told[key];
    struct sign_hello said = {.num_keys = (unsigned)b->num_keys,
                              .name = bytes_of(told->name, strlen(told->name)),
                              .model = told->model,
                              .certs = told->cert->der};
    struct sk_buf list;
    size_t i;

    buf_init(&list, 1024);
    for (i = 0; i < told->num_algorithms; i++)
        derout_raw(&list, algorithm(told->algorithms[i]));
    said.algorithms = buf_bytes(&list);
    assert_int_equal(sign_hello_encode(&said, out), SK_OK);
    buf_done(&list);
}

static void answer(struct bench *b, const struct sign_request *request)
{
    struct sign_reply reply = {.result = SIGN_RESULT_OK, .key = request->key, .id = request->id};
    struct sk_buf payload, frame;
    size_t i;

    buf_init(&payload, 65536);
    buf_init(&frame, 65536);
    if (request->op == SIGN_OP_HELLO)
        hello(b, request->key, &payload);
    for (i = 0; request->op == SIGN_OP_STATUS && i < b->num_keys; i++)
        buf_put_byte(&payload, b->told[i].is_down ? SIGN_STATE_DOWN : SIGN_STATE_READY);
    reply.payload = buf_bytes(&payload);
    assert_int_equal(sign_reply_encode(&reply, &frame), SK_OK);
    assert_int_equal(write(b->key_process, frame.data, frame.len), frame.len);
    buf_done(&payload);
    buf_done(&frame);
}

static void serve(struct bench *b)
{
    static uint8_t frames[65536];
    struct sign_request request;
    size_t at, used;
    ssize_t n;
    int i;

    for (i = 0; i < 20; i++) {
        (void)event_base_loop(b->base, EVLOOP_NONBLOCK);
        n = read(b->key_process, frames, sizeof(frames));
        for (at = 0; n > 0 && sign_request_decode(bytes_of(frames + at, (size_t)n - at), &request,
                                                  &used, NULL) == SK_OK;
             at += used)
            answer(b, &request);
    }
}

static void on_state(void *arg, enum signer_state state)
{
    (void)arg;
    (void)state;
}

static void start(struct bench *b)
{
    int fds[2];

    b->base = event_base_new();
    b->signer = signer_new(b->base, on_state, NULL);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    b->key_process = fds[1];
    signer_attach(b->signer, fds[0]);
    serve(b);
    assert_int_equal(signer_count(b->signer), b->num_keys);
}

/* The key's number, or minus the error. */
static int choose(struct bench *b, size_t *out_algorithm)
{
    const struct ocsp_ask ask = {.keys = b->keys,
                                 .arena = b->arena,
                                 .now = b->now,
                                 .own = &b->own,
                                 .wants_trusted = b->wants_trusted};
    struct ocsp_key key = {99, 99, false};
    enum ocsp_error error;

    if (b->signer == NULL)
        start(b);
    b->own.is_known = true;
    b->own.until = b->now;
    memcpy(b->own.keys_id, signer_keys_id_get0(b->signer), SK_SHA256);
    error = ocsp_key_choose(b->signer, &ask, &b->request, &b->statuses, &key);
    if (out_algorithm != NULL)
        *out_algorithm = key.algorithm;
    b->is_second = key.is_second;
    return error == OCSP_ERROR_NONE ? (int)key.key : -(int)error;
}

static const int es256[] = {ES256}, both_es[] = {ES256, ES384}, rs[] = {RS256, RS384},
                 weak_first[] = {RS1, RS256}, weak[] = {RS1};
#define WITH(list) list, sizeof(list) / sizeof((list)[0])

/* ---- whom a key speaks for ---- */

static void test_a_delegate_speaks_for_its_issuer_alone(void **state)
{
    struct bench *b = *state;

    tell(b, "d", SIGN_MODEL_AUTO, delegate(b), WITH(es256));
    assert_int_equal(choose(b, NULL), 0);
    b->statuses.issuers[0] = b->ca2;
    assert_int_equal(choose(b, NULL), -OCSP_ERROR_UNAUTHORIZED);
    b->request.num_ids = 2;
    b->statuses.issuers[1] = b->ca1;
    assert_int_equal(choose(b, NULL), -OCSP_ERROR_UNAUTHORIZED);
    b->statuses.issuers[0] = b->ca1;
    assert_int_equal(choose(b, NULL), 0);
    b->statuses.issuers[0] = NULL; /* an issuer nobody knows */
    assert_int_equal(choose(b, NULL), 0);
}

/* The same name with another key did not issue it; nor did a key of another name. */
static void test_a_delegate_of_another_key_speaks_for_nobody(void **state)
{
    struct bench *b = *state;

    tell(b, "d", SIGN_MODEL_AUTO, make(b, PKI_EC, 3, b->now + DAY, "OCSPSigning"), WITH(es256));
    tell(b, "e", SIGN_MODEL_DELEGATED, make(b, PKI_EC, 1, b->now + DAY, "clientAuth"), WITH(es256));
    assert_int_equal(choose(b, NULL), -OCSP_ERROR_UNAUTHORIZED);
}

static void test_a_ca_speaks_for_itself(void **state)
{
    struct bench *b = *state;

    tell(b, "ca", SIGN_MODEL_AUTO,
         pki_cert(b->arena,
                  &(struct pki_cert_spec){
                      .subject = "/CN=1",
                      .key = pki_key(PKI_EC, 1),
                      .not_before = b->now - DAY,
                      .not_after = b->now + 90 * DAY,
                      .exts = {{"basicConstraints", "critical,CA:TRUE"},
                               {"keyUsage", "keyCertSign,cRLSign,digitalSignature"}}}),
         WITH(es256));
    assert_int_equal(choose(b, NULL), 0);
    b->statuses.issuers[0] = make_ca(b, "/CN=1", 3); /* another key of its name */
    assert_int_equal(choose(b, NULL), -OCSP_ERROR_UNAUTHORIZED);
    b->statuses.issuers[0] = b->ca2;
    assert_int_equal(choose(b, NULL), -OCSP_ERROR_UNAUTHORIZED);
}

static void test_only_a_trusted_key_speaks_for_several_cas(void **state)
{
    struct bench *b = *state;

    tell(b, "t", SIGN_MODEL_TRUSTED, delegate(b), WITH(es256));
    tell(b, "d", SIGN_MODEL_DELEGATED, delegate(b), WITH(es256));
    assert_int_equal(choose(b, NULL), 1); /* whoever trusts the one takes the other too */
    b->request.num_ids = 2;
    b->statuses.issuers[1] = b->ca2;
    assert_int_equal(choose(b, NULL), 0);
    b->request.num_ids = 1;
    b->wants_trusted = true;
    assert_int_equal(choose(b, NULL), 0);
}

static void test_a_ca_may_name_its_keys(void **state)
{
    struct bench *b = *state;
    static char second[] = "second", nobody[] = "nobody";
    char *names[1] = {second};

    tell(b, "first", SIGN_MODEL_TRUSTED, delegate(b), WITH(es256));
    tell(b, "second", SIGN_MODEL_TRUSTED, delegate(b), WITH(es256));
    b->statuses.cas[0] = &b->ca;
    assert_int_equal(choose(b, NULL), 0);
    b->ca.responders.values = names;
    b->ca.responders.num_values = 1;
    assert_int_equal(choose(b, NULL), 1);
    names[0] = nobody;
    assert_int_equal(choose(b, NULL), -OCSP_ERROR_UNAUTHORIZED);
}

/* ---- health and dates ---- */

static void test_a_revoked_key_is_passed_over(void **state)
{
    struct bench *b = *state;

    tell(b, "d", SIGN_MODEL_AUTO, delegate(b), WITH(es256));
    tell(b, "e", SIGN_MODEL_AUTO, delegate(b), WITH(es256));
    assert_int_equal(choose(b, NULL), 0);
    b->own.is_revoked[0] = true;
    assert_int_equal(choose(b, NULL), 1);
    assert_false(b->is_second); /* it will not come back */
    b->own.is_revoked[1] = true;
    assert_int_equal(choose(b, NULL), -OCSP_ERROR_TRY_LATER);
}

static void test_a_key_that_is_down_or_has_ended_is_passed_over(void **state)
{
    struct bench *b = *state;

    tell(b, "down", SIGN_MODEL_TRUSTED, delegate(b), WITH(es256));
    tell(b, "ended", SIGN_MODEL_TRUSTED, make(b, PKI_EC, 1, b->now - 1, "OCSPSigning"),
         WITH(es256));
    tell(b, "good", SIGN_MODEL_TRUSTED, delegate(b), WITH(es256));
    b->told[0].is_down = true;
    assert_int_equal(choose(b, NULL), 2);
    assert_true(b->is_second);
}

static void test_a_key_that_has_ended_is_missed_by_nobody(void **state)
{
    struct bench *b = *state;

    tell(b, "ended", SIGN_MODEL_TRUSTED, make(b, PKI_EC, 1, b->now - 1, "OCSPSigning"),
         WITH(es256));
    tell(b, "good", SIGN_MODEL_TRUSTED, delegate(b), WITH(es256));
    assert_int_equal(choose(b, NULL), 1);
    assert_false(b->is_second);
}

static void test_no_key_that_can_sign_is_try_later(void **state)
{
    struct bench *b = *state;

    tell(b, "ended", SIGN_MODEL_TRUSTED, make(b, PKI_EC, 1, b->now - 1, "OCSPSigning"),
         WITH(es256));
    assert_int_equal(choose(b, NULL), -OCSP_ERROR_TRY_LATER);
}

/* While keys overlap, one whose certificate outlives the answer; then the one that ends last. */
static void test_of_overlapping_keys_the_one_that_lasts_signs(void **state)
{
    struct bench *b = *state;

    tell(b, "old", SIGN_MODEL_TRUSTED, make(b, PKI_EC, 1, b->now + DAY / 2, "OCSPSigning"),
         WITH(es256));
    tell(b, "new", SIGN_MODEL_TRUSTED, delegate(b), WITH(es256));
    assert_int_equal(choose(b, NULL), 1);
    b->statuses.ends = b->now + DAY / 4; /* both last: as configured */
    assert_int_equal(choose(b, NULL), 0);
    b->statuses.ends = b->now + 300 * DAY; /* neither does */
    assert_int_equal(choose(b, NULL), 1);
}

/* ---- algorithms ---- */

static void prefer(struct bench *b, int first, int second)
{
    b->request.preferences[0].algorithm = algorithm(first);
    b->request.preferences[1].algorithm = algorithm(second);
    b->request.num_preferences = 2;
}

static void tell_both(struct bench *b)
{
    tell(b, "ec", SIGN_MODEL_TRUSTED, delegate(b), WITH(both_es));
    tell(b, "rsa", SIGN_MODEL_TRUSTED, make(b, PKI_RSA, 1, b->now + 30 * DAY, "OCSPSigning"),
         WITH(rs));
}

static void test_the_clients_preference_comes_first(void **state)
{
    struct bench *b = *state;
    size_t which;

    tell_both(b);
    b->statuses.list_algorithm = algorithm(RS256);
    prefer(b, RS384, ES256);
    assert_int_equal(choose(b, &which), 1);
    assert_int_equal(which, 1);
    prefer(b, RS1, ES384); /* nobody has the first */
    assert_int_equal(choose(b, &which), 0);
    assert_int_equal(which, 1);
    prefer(b, RS256_BARE, ES256); /* NULL and absent are one */
    assert_int_equal(choose(b, &which), 1);
    assert_int_equal(which, 0);
}

static void test_the_lists_algorithm_comes_second_and_the_requests_third(void **state)
{
    struct bench *b = *state;
    size_t which;

    tell_both(b);
    assert_int_equal(choose(b, &which), 0); /* our own order */
    assert_int_equal(which, 0);
    b->request.is_signed = true;
    b->request.signature.algorithm = algorithm(RS384);
    assert_int_equal(choose(b, &which), 1);
    assert_int_equal(which, 1);
    b->statuses.list_algorithm = algorithm(RS256);
    assert_int_equal(choose(b, &which), 1);
    assert_int_equal(which, 0);
    prefer(b, RS1, RS1);
    assert_int_equal(choose(b, &which), 1);
    assert_int_equal(which, 0);
}

/* A client that says with which keys it can deal (SMIMECapability). */
static void test_a_capability_is_minded(void **state)
{
    static const uint8_t p384[] = {6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2,
                                   1, 6, 5,    0x2b, 0x81, 4,    0,    0x22};
    struct bench *b = *state;

    tell_both(b);
    prefer(b, ES256, RS256);
    b->request.preferences[0].capability = bytes_of(p384, 9); /* any EC key */
    assert_int_equal(choose(b, NULL), 0);
    b->request.preferences[0].capability = bytes_of(p384, sizeof(p384));
    assert_int_equal(choose(b, NULL), 1);
}

static void test_a_weak_algorithm_is_never_chosen(void **state)
{
    struct bench *b = *state;
    const struct sk_cert *cert = make(b, PKI_RSA, 1, b->now + 30 * DAY, "OCSPSigning");
    size_t which;

    tell(b, "weak", SIGN_MODEL_TRUSTED, cert, WITH(weak));
    tell(b, "mixed", SIGN_MODEL_TRUSTED, cert, WITH(weak_first));
    b->statuses.list_algorithm = algorithm(RS1);
    prefer(b, RS1, RS1);
    assert_int_equal(choose(b, &which), 1);
    assert_int_equal(which, 1);
}

static void test_weak_algorithms_alone_are_try_later(void **state)
{
    struct bench *b = *state;

    tell(b, "weak", SIGN_MODEL_TRUSTED, make(b, PKI_RSA, 1, b->now + DAY, "OCSPSigning"),
         WITH(weak));
    assert_int_equal(choose(b, NULL), -OCSP_ERROR_TRY_LATER);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_delegate_speaks_for_its_issuer_alone),
        TEST(test_a_delegate_of_another_key_speaks_for_nobody),
        TEST(test_a_ca_speaks_for_itself),
        TEST(test_only_a_trusted_key_speaks_for_several_cas),
        TEST(test_a_ca_may_name_its_keys),
        TEST(test_a_revoked_key_is_passed_over),
        TEST(test_a_key_that_is_down_or_has_ended_is_passed_over),
        TEST(test_a_key_that_has_ended_is_missed_by_nobody),
        TEST(test_no_key_that_can_sign_is_try_later),
        TEST(test_of_overlapping_keys_the_one_that_lasts_signs),
        TEST(test_the_clients_preference_comes_first),
        TEST(test_the_lists_algorithm_comes_second_and_the_requests_third),
        TEST(test_a_capability_is_minded),
        TEST(test_a_weak_algorithm_is_never_chosen),
        TEST(test_weak_algorithms_alone_are_try_later),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
