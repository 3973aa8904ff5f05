/* SPDX-License-Identifier: Apache-2.0 */
/* What the OCSP service keeps: same answers, no second signature, and nothing past its time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/clock.h"
#include "core/limits.h"
#include "test/support/responder.h"

/* After ours: OpenSSL has macros with the names of enum crl_reason, of the same values. */
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

enum { HOUR = 3600, DAY = 24 * HOUR };

struct reply {
    uint8_t body[4096];
    size_t len;
    char head[2048];
};

static void keep(struct sk_bytes body, struct reply *out)
{
    assert_in_range(body.len, 0, sizeof(out->body));
    memcpy(out->body, body.p, body.len);
    out->len = body.len;
}

static void post(struct responder *b, OCSP_REQUEST *request, struct reply *out)
{
    keep(responder_post(b, "/ocsp", request, out->head, sizeof(out->head)), out);
}

/* "" for no tag. */
static void get(struct responder *b, long serial, const char *tag, struct reply *out)
{
    OCSP_REQUEST *request = responder_request(b, serial);
    unsigned char *der = NULL;
    char target[2048], octets[4096];
    int len = i2d_OCSP_REQUEST(request, &der);

    (void)EVP_EncodeBlock((unsigned char *)target, der, len);
    len = snprintf(octets, sizeof(octets),
                   "GET /ocsp/%s HTTP/1.1\r\nHost: a\r\nIf-None-Match: %s\r\n\r\n", target, tag);
    keep(responder_exchange(b, (uint8_t *)octets, (size_t)len, out->head, sizeof(out->head)), out);
    OPENSSL_free(der);
    OCSP_REQUEST_free(request);
}

static bool is_same(const struct reply *a, const struct reply *b)
{
    return a->len == b->len && memcmp(a->body, b->body, a->len) == 0;
}

/* The value of a field; static. */
static const char *field(const struct reply *reply, const char *name)
{
    static char value[256];
    const char *at = strstr(reply->head, name);
    size_t len;

    if (at == NULL)
        return "";
    at += strlen(name);
    len = strcspn(at, "\r");
    assert_in_range(len, 0, sizeof(value) - 1);
    memcpy(value, at, len);
    value[len] = '\0';
    return value;
}

static int send_request(struct responder *b, OCSP_REQUEST *request)
{
    uint8_t octets[4096];
    size_t len = responder_post_octets(request, "/ocsp", octets, sizeof(octets));

    return responder_send(b, octets, len);
}

static struct responder_seen take(struct responder *b, long serial, int fd)
{
    struct responder_seen seen = {.response = -1, .status = -1};

    responder_read(b, serial, responder_take(b, fd, seen.head, sizeof(seen.head)), &seen);
    return seen;
}

static uint64_t entries(const struct responder *b)
{
    return counter_get(&b->counters.memo.entries);
}

/* ---- the same answer again ---- */

static void test_the_second_answer_is_the_first_and_signed_once(void **state)
{
    struct responder *b = *state;
    struct reply first, second;
    char tag[256];

    responder_publish(b, b->now + DAY, 0);
    responder_start(b, b->now + 30 * DAY);
    post(b, responder_request(b, RESPONDER_ABSENT), &first);
    assert_int_equal(b->signatures, 1);
    post(b, responder_request(b, RESPONDER_ABSENT), &second);
    assert_true(is_same(&first, &second));
    get(b, RESPONDER_ABSENT, "\"other\"", &second); /* GET and POST share it */
    assert_true(is_same(&first, &second));
    (void)snprintf(tag, sizeof(tag), "%s", field(&second, "ETag: "));
    assert_string_equal(tag, field(&first, "ETag: "));
    get(b, RESPONDER_ABSENT, tag, &second);
    assert_non_null(strstr(second.head, "304 Not Modified"));
    assert_int_equal(second.len, 0);
    assert_int_equal(b->signatures, 1);
    assert_int_equal(counter_get(&b->counters.memo.hits), 3);
    assert_int_equal(counter_get(&b->counters.memo.misses), 1);
    responder_stop(b);
}

static void test_fields_are_of_the_moment_of_the_reply(void **state)
{
    struct responder *b = *state;
    int64_t end = clock_wall() + 30;
    struct reply reply;
    int age, i;

    responder_publish(b, end, 0);
    responder_start(b, b->now + 30 * DAY);
    post(b, responder_request(b, RESPONDER_ABSENT), &reply);
    for (i = 0; i < 2; i++) {
        int64_t before = clock_wall();

        post(b, responder_request(b, RESPONDER_ABSENT), &reply);
        assert_int_equal(sscanf(field(&reply, "Cache-Control: "), "max-age=%d,", &age), 1);
        assert_in_range(age, end - 1 - clock_wall(), end - 1 - before);
        (void)sleep(1);
    }
    assert_int_equal(b->signatures, 1);
    responder_stop(b);
}

/* Each asker gets the CertID that it sent (O-02): hashes of another kind, parameters absent. */
static void test_questions_that_differ_share_nothing(void **state)
{
    struct responder *b = *state;
    struct reply first, second;
    uint8_t octets[4096];
    size_t len;

    responder_publish(b, b->now + DAY, 0);
    responder_start(b, b->now + 30 * DAY);
    post(b, responder_request(b, RESPONDER_ABSENT), &first);
    post(b, responder_request(b, RESPONDER_ABSENT + 1), &second);
    assert_false(is_same(&first, &second));
    post(b, responder_request(b, RESPONDER_LISTED), &second);
    assert_int_equal(responder_ask(b, RESPONDER_LISTED).status, V_OCSP_CERTSTATUS_REVOKED);
    assert_int_equal(responder_ask(b, RESPONDER_ABSENT).status, V_OCSP_CERTSTATUS_GOOD);
    assert_int_equal(b->signatures, 3);
    /* One octet of the key's hash: an issuer that nobody knows. */
    len = responder_post_octets(responder_request(b, RESPONDER_ABSENT), "/ocsp", octets,
                                sizeof(octets));
    octets[len - 5] ^= 1;
    (void)responder_exchange(b, octets, len, first.head, sizeof(first.head));
    assert_int_equal(b->signatures, 4);
    assert_int_equal(entries(b), 3); /* unknown is not kept */
    responder_stop(b);
}

static void test_unknown_and_errors_are_not_kept(void **state)
{
    struct responder *b = *state;

    responder_publish(b, 0, b->now + DAY);
    responder_start(b, b->now + 30 * DAY);
    assert_int_equal(responder_ask(b, RESPONDER_ABSENT).status, V_OCSP_CERTSTATUS_UNKNOWN);
    assert_int_equal(responder_ask(b, RESPONDER_ABSENT).status, V_OCSP_CERTSTATUS_UNKNOWN);
    assert_int_equal(b->signatures, 2);
    assert_int_equal(entries(b), 0);
    responder_stop(b);
}

/* ---- nonces (O-41) ---- */

static void test_an_answer_with_a_nonce_is_never_kept(void **state)
{
    struct responder *b = *state;
    struct responder_seen seen;
    int i;

    responder_publish(b, b->now + DAY, 0);
    responder_start(b, b->now + 30 * DAY);
    for (i = 0; i < 2; i++) {
        seen = responder_ask_request(b, RESPONDER_ABSENT, responder_with_nonce(b));
        assert_int_equal(seen.num_extensions, 1);
    }
    assert_int_equal(b->signatures, 2);
    assert_int_equal(entries(b), 0);
    assert_int_equal(responder_ask(b, RESPONDER_ABSENT).num_extensions, 0);
    assert_int_equal(b->signatures, 3);
    seen = responder_ask_request(b, RESPONDER_ABSENT, responder_with_nonce(b));
    assert_int_equal(seen.num_extensions, 1); /* nor given what is kept */
    responder_stop(b);
}

static void test_a_nonce_that_is_ignored_makes_no_difference(void **state)
{
    struct responder *b = *state;

    responder_publish(b, b->now + DAY, 0);
    responder_start(b, b->now + 30 * DAY);
    b->policy.ocsp.nonce = POLICY_NONCE_IGNORE;
    assert_int_equal(responder_ask(b, RESPONDER_ABSENT).status, V_OCSP_CERTSTATUS_GOOD);
    assert_int_equal(responder_ask_request(b, RESPONDER_ABSENT, responder_with_nonce(b)).status,
                     V_OCSP_CERTSTATUS_GOOD);
    assert_int_equal(b->signatures, 1);
    responder_stop(b);
}

static void test_nonces_above_their_limit_do_not_wait(void **state)
{
    struct responder *b = *state;
    int fds[6], plain, i;

    responder_publish(b, b->now + DAY, 0);
    responder_start(b, b->now + 30 * DAY);
    for (i = 0; i < 6; i++)
        fds[i] = send_request(b, responder_with_nonce(b));
    assert_int_equal(counter_get(&b->counters.memo.single_waiting), 4);
    assert_int_equal(counter_get(&b->counters.memo.single_refused), 2);
    for (i = 4; i < 6; i++)
        assert_int_equal(take(b, RESPONDER_ABSENT, fds[i]).response, OCSP_RESPONSE_STATUS_TRYLATER);
    plain = send_request(b, responder_request(b, RESPONDER_ABSENT)); /* has its own queue */
    responder_serve(b);
    assert_int_equal(take(b, RESPONDER_ABSENT, plain).status, V_OCSP_CERTSTATUS_GOOD);
    for (i = 0; i < 4; i++)
        assert_int_equal(take(b, RESPONDER_ABSENT, fds[i]).status, V_OCSP_CERTSTATUS_GOOD);
    assert_int_equal(counter_get(&b->counters.memo.single_waiting), 0);
    assert_int_equal(
        responder_ask_request(b, RESPONDER_ABSENT, responder_with_nonce(b)).num_extensions, 1);
    responder_stop(b);
}

/* ---- when too many wait ---- */

/* The head of what comes without any signature being made. */
static const char *head_at_once(struct responder *b, OCSP_REQUEST *request)
{
    static char head[2048];

    head[0] = '\0';
    (void)responder_take(b, send_request(b, request), head, sizeof(head));
    return head;
}

static void test_what_is_kept_is_given_however_many_wait(void **state)
{
    struct responder *b = *state;
    static uint8_t octets[16 * 1024];
    size_t len, i;
    int waiting;

    responder_publish(b, b->now + DAY, 0);
    responder_start(b, b->now + 30 * DAY);
    assert_int_equal(responder_ask(b, RESPONDER_ABSENT).status, V_OCSP_CERTSTATUS_GOOD);
    len = responder_post_octets(responder_request(b, RESPONDER_LISTED), "/ocsp", octets, 1024);
    for (i = 1; i < 16; i++)
        memcpy(octets + i * len, octets, len);
    waiting = responder_send(b, octets, 16 * len);
    responder_turn(b);
    assert_int_equal(counter_get(&b->counters.waiting), 16);
    assert_non_null(strstr(head_at_once(b, responder_request(b, RESPONDER_ABSENT)), " 200 OK\r\n"));
    assert_int_equal(counter_get(&b->counters.shed), 0);
    /* Neither a new question, nor one that is being signed, nor one with a nonce. */
    assert_non_null(strstr(head_at_once(b, responder_request(b, RESPONDER_ABSENT + 1)), " 503 "));
    assert_non_null(strstr(head_at_once(b, responder_request(b, RESPONDER_LISTED)), " 503 "));
    assert_non_null(strstr(head_at_once(b, responder_with_nonce(b)), " 503 "));
    assert_int_equal(counter_get(&b->counters.shed), 3);
    assert_int_equal(counter_get(&b->counters.waiting), 16);
    responder_serve(b);
    assert_int_equal(counter_get(&b->counters.waiting), 0);
    (void)close(waiting);
    assert_int_equal(responder_ask(b, RESPONDER_ABSENT + 1).status, V_OCSP_CERTSTATUS_GOOD);
    responder_stop(b);
}

/* ---- one signature for all who wait ---- */

static void test_who_asks_the_same_waits_for_the_same(void **state)
{
    struct responder *b = *state;
    struct reply first, other;
    int fds[8], i;

    responder_publish(b, b->now + DAY, 0);
    responder_start(b, b->now + 30 * DAY);
    for (i = 0; i < 8; i++)
        fds[i] = send_request(b, responder_request(b, i < 7 ? RESPONDER_ABSENT : RESPONDER_LISTED));
    (void)close(fds[3]); /* a client that does not wait changes nothing */
    responder_serve(b);
    assert_int_equal(b->signatures, 2);
    keep(responder_take(b, fds[0], first.head, sizeof(first.head)), &first);
    for (i = 1; i < 7; i++) {
        if (i == 3)
            continue;
        keep(responder_take(b, fds[i], other.head, sizeof(other.head)), &other);
        assert_true(is_same(&first, &other));
    }
    assert_int_equal(take(b, RESPONDER_LISTED, fds[7]).status, V_OCSP_CERTSTATUS_REVOKED);
    assert_int_equal(counter_get(&b->counters.memo.joined), 6);
    responder_stop(b);
}

static void test_without_a_signature_all_who_wait_are_told(void **state)
{
    struct responder *b = *state;
    int fds[3], i;

    responder_publish(b, b->now + DAY, 0);
    responder_start(b, b->now + 30 * DAY);
    for (i = 0; i < 3; i++)
        fds[i] = send_request(b, responder_request(b, RESPONDER_ABSENT));
    (void)close(b->key_process);
    b->key_process = -1;
    responder_turn(b);
    for (i = 0; i < 3; i++)
        assert_int_equal(take(b, RESPONDER_ABSENT, fds[i]).response, OCSP_RESPONSE_STATUS_TRYLATER);
    responder_attach(b, b->now + 30 * DAY);
    assert_int_equal(responder_ask(b, RESPONDER_ABSENT).status, V_OCSP_CERTSTATUS_GOOD);
    responder_stop(b);
}

/* ---- ends ---- */

static void test_a_revocation_that_is_published_ends_good(void **state)
{
    struct responder *b = *state;
    int fd, later;

    responder_publish(b, b->now + DAY, 0);
    responder_start(b, b->now + 30 * DAY);
    assert_int_equal(responder_ask(b, RESPONDER_ABSENT).status, V_OCSP_CERTSTATUS_GOOD);
    assert_int_equal(responder_ask(b, RESPONDER_ABSENT).status, V_OCSP_CERTSTATUS_GOOD);
    fd = send_request(b, responder_request(b, RESPONDER_ABSENT + 1));
    b->listed = RESPONDER_ABSENT;
    responder_publish(b, b->now + DAY, 0);
    responder_reader(b);
    assert_int_equal(entries(b), 0);
    assert_int_equal(responder_ask(b, RESPONDER_ABSENT).status, V_OCSP_CERTSTATUS_REVOKED);
    /* What began before the change is answered, and not kept after it. */
    assert_int_equal(take(b, RESPONDER_ABSENT + 1, fd).status, V_OCSP_CERTSTATUS_GOOD);
    assert_int_equal(entries(b), 1);
    /* Nobody joins a question of the generation before. */
    fd = send_request(b, responder_request(b, RESPONDER_ABSENT + 2));
    b->listed = RESPONDER_ABSENT + 2;
    responder_publish(b, b->now + DAY, 0);
    responder_reader(b);
    later = send_request(b, responder_request(b, RESPONDER_ABSENT + 2));
    responder_serve(b);
    assert_int_equal(take(b, RESPONDER_ABSENT + 2, fd).status, V_OCSP_CERTSTATUS_GOOD);
    assert_int_equal(take(b, RESPONDER_ABSENT + 2, later).status, V_OCSP_CERTSTATUS_REVOKED);
    assert_int_equal(responder_ask(b, RESPONDER_ABSENT + 2).status, V_OCSP_CERTSTATUS_REVOKED);
    responder_stop(b);
}

static void test_an_answer_ends_with_its_list(void **state)
{
    struct responder *b = *state;
    int64_t end = clock_wall() + 2;

    responder_publish(b, end, 0);
    responder_start(b, b->now + 30 * DAY);
    assert_int_equal(responder_ask(b, RESPONDER_ABSENT).status, V_OCSP_CERTSTATUS_GOOD);
    while (clock_wall() < end)
        (void)usleep(50000);
    assert_int_equal(responder_ask(b, RESPONDER_ABSENT).response, OCSP_RESPONSE_STATUS_TRYLATER);
    assert_int_equal(entries(b), 0);
    responder_stop(b);
}

static void test_an_answer_ends_with_its_responder_certificate(void **state)
{
    struct responder *b = *state;
    int64_t end = clock_wall() + 2;

    responder_publish(b, b->now + DAY, 0);
    responder_start(b, end);
    assert_int_equal(responder_ask(b, RESPONDER_ABSENT).status, V_OCSP_CERTSTATUS_GOOD);
    while (clock_wall() <= end)
        (void)usleep(50000);
    assert_int_equal(responder_ask(b, RESPONDER_ABSENT).response, OCSP_RESPONSE_STATUS_TRYLATER);
    responder_stop(b);
}

static void test_another_certificate_gives_other_answers(void **state)
{
    struct responder *b = *state;
    struct reply first, second;

    responder_publish(b, b->now + DAY, 0);
    responder_start(b, b->now + 30 * DAY);
    post(b, responder_request(b, RESPONDER_ABSENT), &first);
    responder_attach(b, b->now + 31 * DAY);
    post(b, responder_request(b, RESPONDER_ABSENT), &second);
    assert_false(is_same(&first, &second));
    assert_int_equal(b->signatures, 2);
    assert_int_equal(entries(b), 1);
    responder_stop(b);
}

/* Issue 4, S2: answers turn to memo or tryLater at once. */
static void test_what_is_kept_outlives_the_key_process(void **state)
{
    struct responder *b = *state;

    responder_publish(b, b->now + DAY, 0);
    responder_start(b, b->now + 30 * DAY);
    assert_int_equal(responder_ask(b, RESPONDER_ABSENT).status, V_OCSP_CERTSTATUS_GOOD);
    (void)close(b->key_process);
    b->key_process = -1;
    responder_turn(b);
    assert_int_equal(responder_ask(b, RESPONDER_ABSENT).status, V_OCSP_CERTSTATUS_GOOD);
    assert_int_equal(responder_ask(b, RESPONDER_LISTED).response, OCSP_RESPONSE_STATUS_TRYLATER);
    assert_int_equal(responder_ask_request(b, RESPONDER_ABSENT, responder_with_nonce(b)).response,
                     OCSP_RESPONSE_STATUS_TRYLATER);
    responder_stop(b);
}

/* ---- made in advance ---- */

/* Serves until so many signatures were made; what never comes fails. */
static void serve_until(struct responder *b, unsigned signatures)
{
    int i;

    for (i = 0; i < 5000 && b->signatures < signatures; i++) {
        (void)usleep(1000);
        responder_turn(b);
        responder_serve(b);
    }
    assert_true(b->signatures >= signatures); /* the next may be made in the same turn */
}

static void test_what_was_asked_for_is_made_anew(void **state)
{
    struct responder *b = *state;
    uint64_t hits;
    struct config_ca ca = {.name = (char *)(uintptr_t) "seal", .pre_produce = CONFIG_PRODUCE_ASKED};
    int i;

    b->config.cas = &ca;
    b->config.num_cas = 1;
    responder_publish(b, b->now + DAY, 0);
    responder_start(b, b->now + 30 * DAY);
    (void)responder_ask(b, RESPONDER_ABSENT + 1);
    for (i = 0; i < 3; i++)
        (void)responder_ask(b, RESPONDER_ABSENT);
    assert_int_equal(b->signatures, 2);
    b->listed = RESPONDER_ABSENT;
    responder_publish(b, b->now + DAY, 0);
    responder_reader(b);
    assert_int_equal(entries(b), 0);
    serve_until(b, 3); /* what was asked for most comes first */
    hits = counter_get(&b->counters.memo.hits);
    assert_int_equal(responder_ask(b, RESPONDER_ABSENT).status, V_OCSP_CERTSTATUS_REVOKED);
    assert_int_equal(counter_get(&b->counters.memo.hits), hits + 1);
    serve_until(b, 4);
    assert_int_equal(responder_ask(b, RESPONDER_ABSENT + 1).status, V_OCSP_CERTSTATUS_GOOD);
    assert_int_equal(b->signatures, 4);
    assert_int_equal(counter_get(&b->counters.memo.produced), 2);
    /* What nobody has asked for since is not made a third time. */
    responder_publish(b, b->now + DAY, 0);
    responder_reader(b);
    serve_until(b, 6);
    responder_publish(b, b->now + DAY, 0);
    responder_reader(b);
    for (i = 0; i < 20; i++) {
        (void)usleep(2000);
        responder_turn(b);
        responder_serve(b);
    }
    assert_int_equal(b->signatures, 6);
    responder_stop(b);
}

/* The serial on the list, by both hashes, when the worker starts and with each generation; and what
 * was asked for besides. */
static void test_all_that_is_known_is_made_before_anybody_asks(void **state)
{
    struct responder *b = *state;
    struct config_ca ca = {.name = (char *)(uintptr_t) "seal", .pre_produce = CONFIG_PRODUCE_ALL};

    b->config.cas = &ca;
    b->config.num_cas = 1;
    responder_publish(b, b->now + DAY, 0);
    responder_start(b, b->now + 30 * DAY);
    serve_until(b, 2);
    assert_int_equal(counter_get(&b->counters.memo.produced), 2);
    assert_int_equal(responder_ask(b, RESPONDER_LISTED).status, V_OCSP_CERTSTATUS_REVOKED);
    assert_int_equal(b->signatures, 2);
    (void)responder_ask(b, RESPONDER_ABSENT); /* no list tells of it */
    assert_int_equal(b->signatures, 3);
    b->listed = RESPONDER_LISTED + 8;
    responder_publish(b, b->now + DAY, 0);
    responder_reader(b);
    serve_until(b, 7); /* two that were asked for, and the new one by both hashes */
    assert_int_equal(responder_ask(b, RESPONDER_LISTED).status, V_OCSP_CERTSTATUS_GOOD);
    assert_int_equal(responder_ask(b, RESPONDER_ABSENT).status, V_OCSP_CERTSTATUS_GOOD);
    assert_int_equal(responder_ask(b, RESPONDER_LISTED + 8).status, V_OCSP_CERTSTATUS_REVOKED);
    assert_int_equal(b->signatures, 7);
    responder_stop(b);
}

static void test_nothing_is_made_while_somebody_waits(void **state)
{
    struct responder *b = *state;
    struct config_ca ca = {.name = (char *)(uintptr_t) "seal", .pre_produce = CONFIG_PRODUCE_ASKED};
    struct signer_stats stats;
    int fd, i;

    b->config.cas = &ca;
    b->config.num_cas = 1;
    responder_publish(b, b->now + DAY, 0);
    responder_start(b, b->now + 30 * DAY);
    (void)responder_ask(b, RESPONDER_ABSENT);
    fd = send_request(b, responder_with_nonce(b));
    responder_publish(b, b->now + DAY, 0);
    responder_reader(b);
    for (i = 0; i < 50; i++) {
        (void)usleep(1000);
        responder_turn(b);
        signer_stats(b->service.signer, &stats);
        assert_int_equal(stats.num_waiting[SIGN_CLASS_NORMAL], 0);
    }
    responder_serve(b);
    assert_int_equal(take(b, RESPONDER_ABSENT, fd).num_extensions, 1);
    serve_until(b, 3);
    assert_int_equal(counter_get(&b->counters.memo.produced), 1);
    responder_stop(b);
}

static void test_only_of_a_ca_that_says_so(void **state)
{
    struct responder *b = *state;
    int i;

    responder_publish(b, b->now + DAY, 0);
    responder_start(b, b->now + 30 * DAY);
    (void)responder_ask(b, RESPONDER_ABSENT);
    responder_reader(b);
    for (i = 0; i < 20; i++) {
        (void)usleep(2000);
        responder_turn(b);
        responder_serve(b);
    }
    assert_int_equal(b->signatures, 1);
    responder_stop(b);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, responder_setup, responder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_second_answer_is_the_first_and_signed_once),
        TEST(test_fields_are_of_the_moment_of_the_reply),
        TEST(test_questions_that_differ_share_nothing),
        TEST(test_unknown_and_errors_are_not_kept),
        TEST(test_an_answer_with_a_nonce_is_never_kept),
        TEST(test_a_nonce_that_is_ignored_makes_no_difference),
        TEST(test_nonces_above_their_limit_do_not_wait),
        TEST(test_what_is_kept_is_given_however_many_wait),
        TEST(test_who_asks_the_same_waits_for_the_same),
        TEST(test_without_a_signature_all_who_wait_are_told),
        TEST(test_a_revocation_that_is_published_ends_good),
        TEST(test_an_answer_ends_with_its_list),
        TEST(test_an_answer_ends_with_its_responder_certificate),
        TEST(test_another_certificate_gives_other_answers),
        TEST(test_what_is_kept_outlives_the_key_process),
        TEST(test_what_was_asked_for_is_made_anew),
        TEST(test_all_that_is_known_is_made_before_anybody_asks),
        TEST(test_nothing_is_made_while_somebody_waits),
        TEST(test_only_of_a_ca_that_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
