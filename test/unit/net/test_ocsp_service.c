/* SPDX-License-Identifier: Apache-2.0 */
/* OCSP by CertID from a published snapshot to the answer's octets; the test is the client and the
 * key process, OpenSSL reads the answers. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include <event2/event.h>

#include "cache/publish.h"
#include "core/arena.h"
#include "core/clock.h"
#include "core/derout.h"
#include "core/sign.h"
#include "net/service.h"
#include "test/support/pki.h"

/* After ours: OpenSSL has macros with the names of enum crl_reason, of the same values. */
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

#define CA "/C=JP/O=Seal/CN=CA"

enum { HOUR = 3600, DAY = 24 * HOUR, LISTED_CA = 0x71, LISTED = 0x72, ABSENT = 0x73 };

static const struct conn_listener plain = {.name = "test"};

struct bench {
    char dir[64], cache[96];
    int64_t now;
    struct sk_arena *arena;
    const struct sk_cert *ca, *responder;
    struct sk_anchor anchor;
    struct sk_policy policy;
    struct sk_config config;
    struct service service;
    struct event_base *base;
    struct conn_set *conns;
    struct sk_counters counters;
    int key_process;
};

/* What OpenSSL reads in an answer. */
struct seen {
    int response, status, reason;
    int64_t this_update, next_update;
    int num_extensions; /* responseExtensions */
    char head[2048];
};

static const struct sk_cert *make_cert(const struct bench *b, const char *subject, size_t key,
                                       struct pki_ext usage, int64_t not_after)
{
    return pki_cert(b->arena, &(struct pki_cert_spec){
                                  .subject = subject,
                                  .issuer = CA,
                                  .key = pki_key(PKI_EC, key),
                                  .signer = pki_key(PKI_EC, 0),
                                  .not_before = b->now - DAY,
                                  .not_after = not_after,
                                  .exts = {{"basicConstraints", "critical,CA:TRUE"}, usage}});
}

static int setup(void **state)
{
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct bench *b = calloc(1, sizeof(*b));

    (void)sigaction(SIGPIPE, &ignore, NULL);
    (void)snprintf(b->dir, sizeof(b->dir), "/tmp/sekisho-ocsp-XXXXXX");
    assert_non_null(mkdtemp(b->dir));
    (void)snprintf(b->cache, sizeof(b->cache), "%s/cache", b->dir);
    b->now = clock_wall();
    b->arena = arena_new(64u << 20);
    b->ca = make_cert(b, CA, 0, (struct pki_ext){"keyUsage", "critical,keyCertSign,cRLSign"},
                      b->now + 90 * DAY);
    b->anchor.cert = b->ca;
    params_init(&b->policy.params);
    b->policy.params.anchors = &b->anchor;
    b->policy.params.num_anchors = 1;
    b->config.default_policy = &b->policy;
    b->config.limits.ocsp_certids = LIMIT_OCSP_CERTIDS;
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;
    char command[160];

    (void)snprintf(command, sizeof(command), "rm -rf %s", b->dir);
    assert_int_equal(system(command), 0);
    arena_free(b->arena);
    free(b);
    return 0;
}

/* ---- the snapshot ---- */

static void put_list(const struct bench *b, struct sk_publish *pub, bool is_arl, long serial,
                     int64_t next_update)
{
    struct sk_bytes der = pki_crl_der(
        b->arena,
        &(struct pki_crl_spec){.issuer = CA,
                               .signer = pki_key(PKI_EC, 0),
                               .this_update = b->now - 2 * HOUR,
                               .next_update = next_update,
                               .exts = {{"crlNumber", "DER:02:01:05"}},
                               .entries = {{.serial = serial, .when = b->now - 3 * HOUR}}});
    struct sk_err err = {SK_OK, ""};
    uint8_t hash[SK_SHA256];
    struct sk_crl crl;

    assert_int_equal(crl_parse(b->arena, der, &crl, &err), SK_OK);
    key_sha256(der, hash);
    assert_int_equal(publish_crl(pub, &crl, hash, "seal", is_arl, &err), SK_OK);
}

/* A CRL with LISTED, and an ARL with LISTED_CA; the times are their nextUpdate, 0: no such list. */
static void publish(const struct bench *b, int64_t crl, int64_t arl)
{
    struct sk_publish *pub;
    uint64_t number;

    assert_int_equal(publish_begin(b->cache, &pub, NULL), SK_OK);
    assert_int_equal(publish_cert(pub, b->ca, NULL), SK_OK);
    assert_int_equal(publish_checked(pub, b->ca->sha256, b->ca->spki_sha256, NULL), SK_OK);
    if (crl != 0)
        put_list(b, pub, false, LISTED, crl);
    if (arl != 0)
        put_list(b, pub, true, LISTED_CA, arl);
    assert_int_equal(publish_commit(pub, 0, &number, NULL), SK_OK);
}

/* ---- the worker ---- */

static void turn(struct bench *b)
{
    int i;

    for (i = 0; i < 6; i++)
        (void)event_base_loop(b->base, EVLOOP_NONBLOCK);
}

static void pair(int out[2])
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, out), 0);
}

static struct sk_bytes hello(const struct bench *b)
{
    static const uint8_t algorithm[] = {0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86,
                                        0x48, 0xce, 0x3d, 0x04, 0x03, 0x02};
    struct sign_hello told = {.model = SIGN_MODEL_TRUSTED,
                              .num_keys = 1,
                              .name = bytes_of("r", 1),
                              .algorithms = bytes_of(algorithm, sizeof(algorithm)),
                              .certs = b->responder->der};
    struct sk_buf out;
    struct sk_bytes copy;

    buf_init(&out, 65536);
    assert_int_equal(sign_hello_encode(&told, &out), SK_OK);
    copy = bytes_of(arena_copy(b->arena, out.data, out.len), out.len);
    buf_done(&out);
    return copy;
}

/* Answers everything that has been asked. */
static void serve_keys(struct bench *b)
{
    static uint8_t frames[65536];
    ssize_t n = read(b->key_process, frames, sizeof(frames));
    size_t at = 0, used;
    struct sign_request request;

    while (n > 0 && sign_request_decode(bytes_of(frames + at, (size_t)n - at), &request, &used,
                                        NULL) == SK_OK) {
        struct sign_reply answer = {.result = SIGN_RESULT_OK, .id = request.id};
        struct sk_buf frame;

        answer.payload = request.op == SIGN_OP_HELLO    ? hello(b)
                         : request.op == SIGN_OP_STATUS ? bytes_of("\1", 1)
                                                        : bytes_of("sig", 3);
        buf_init(&frame, 65536);
        assert_int_equal(sign_reply_encode(&answer, &frame), SK_OK);
        assert_int_equal(write(b->key_process, frame.data, frame.len), frame.len);
        buf_done(&frame);
        at += used;
    }
    turn(b);
}

static void on_state(void *arg, enum signer_state state)
{
    (void)arg;
    (void)state;
}

static void start(struct bench *b, int64_t responder_end)
{
    const struct conn_options options = {.http = {.head_bytes = 8192, .body_bytes = 65536},
                                         .head_ms = 60000,
                                         .body_ms = 60000,
                                         .idle_ms = 60000,
                                         .write_ms = 60000,
                                         .counters = &b->counters,
                                         .max_waiting = 16,
                                         .max_connections = 4};
    struct sk_generation *gen;
    int fds[2];

    b->responder =
        make_cert(b, "/CN=r", 1, (struct pki_ext){"keyUsage", "digitalSignature"}, responder_end);
    assert_int_equal(generation_open(b->cache, &gen, NULL), SK_OK);
    assert_int_equal(reader_new(gen, &b->service.reader, NULL), SK_OK);
    generation_unref(gen);
    b->base = event_base_new();
    b->service.config = &b->config;
    b->service.arena = arena_new(64u << 20);
    b->service.keys = keyring_new(16);
    b->service.signer = signer_new(b->base, on_state, NULL);
    b->conns = conn_set_new(b->base, &options, service_handle, &b->service);
    pair(fds);
    b->key_process = fds[1];
    signer_attach(b->service.signer, fds[0]);
    turn(b);
    serve_keys(b);
    serve_keys(b);
    assert_true(signer_is_ready(b->service.signer));
}

static void stop(struct bench *b)
{
    conn_set_free(b->conns);
    signer_free(b->service.signer);
    reader_free(b->service.reader);
    keyring_free(b->service.keys);
    arena_free(b->service.arena);
    event_base_free(b->base);
    (void)close(b->key_process);
}

/* ---- a question ---- */

static OCSP_CERTID *certid(const struct bench *b, long serial)
{
    const unsigned char *p = b->ca->der.p;
    X509 *ca = d2i_X509(NULL, &p, (long)b->ca->der.len);
    ASN1_INTEGER *number = ASN1_INTEGER_new();
    OCSP_CERTID *id;

    assert_int_equal(ASN1_INTEGER_set_int64(number, serial), 1);
    id = OCSP_cert_id_new(EVP_sha1(), X509_get_subject_name(ca), X509_get0_pubkey_bitstr(ca),
                          number);
    assert_non_null(id);
    ASN1_INTEGER_free(number);
    X509_free(ca);
    return id;
}

static int64_t seconds(const ASN1_GENERALIZEDTIME *time)
{
    int64_t epoch = 0;
    ASN1_TIME *start = ASN1_TIME_set(NULL, 0);
    int days, secs;

    assert_int_equal(ASN1_TIME_diff(&days, &secs, start, time), 1);
    epoch = (int64_t)days * DAY + secs;
    ASN1_TIME_free(start);
    return epoch;
}

static void read_answer(const struct bench *b, long serial, struct sk_bytes octets,
                        struct seen *out)
{
    const unsigned char *p = octets.p;
    OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &p, (long)octets.len);
    ASN1_GENERALIZEDTIME *revoked = NULL, *this_update, *next_update;
    OCSP_CERTID *id = certid(b, serial);
    OCSP_BASICRESP *basic;

    assert_non_null(response);
    out->response = OCSP_response_status(response);
    if (out->response == OCSP_RESPONSE_STATUS_SUCCESSFUL) {
        basic = OCSP_response_get1_basic(response);
        assert_int_equal(OCSP_resp_find_status(basic, id, &out->status, &out->reason, &revoked,
                                               &this_update, &next_update),
                         1);
        out->num_extensions = OCSP_BASICRESP_get_ext_count(basic);
        out->this_update = seconds(this_update);
        out->next_update = seconds(next_update);
        OCSP_BASICRESP_free(basic);
    }
    OCSP_CERTID_free(id);
    OCSP_RESPONSE_free(response);
}

/* Exchanges octets over a connection of its own. */
static struct sk_bytes exchange(struct bench *b, const uint8_t *octets, size_t len, char *head,
                                size_t max)
{
    static uint8_t answer[65536];
    const char *body;
    ssize_t n;
    int fds[2];

    pair(fds);
    conn_set_add(b->conns, &(struct conn_arrival){.listener = &plain, .fd = fds[1]});
    assert_int_equal(write(fds[0], octets, len), len);
    turn(b);
    serve_keys(b);
    n = read(fds[0], answer, sizeof(answer) - 1);
    assert_in_range(n, 1, sizeof(answer) - 1);
    (void)close(fds[0]);
    turn(b);
    answer[n] = 0;
    body = strstr((const char *)answer, "\r\n\r\n");
    assert_non_null(body);
    body += 4;
    (void)snprintf(head, max, "%.*s", (int)(body - (const char *)answer), (const char *)answer);
    return bytes_of(body, (size_t)(n - (body - (const char *)answer)));
}

static OCSP_REQUEST *request_new(const struct bench *b, long serial)
{
    OCSP_REQUEST *request = OCSP_REQUEST_new();

    assert_non_null(OCSP_request_add0_id(request, certid(b, serial)));
    return request;
}

/* Frees the request. */
static struct sk_bytes post(struct bench *b, const char *path, OCSP_REQUEST *request, char *reply,
                            size_t max)
{
    unsigned char *der = NULL, octets[4096];
    int len, head;

    len = i2d_OCSP_REQUEST(request, &der);
    head = snprintf((char *)octets, sizeof(octets),
                    "POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n"
                    "Content-Type: application/ocsp-request\r\n\r\n",
                    path, len);
    assert_in_range(head + len, 1, sizeof(octets));
    memcpy(octets + head, der, (size_t)len);
    OPENSSL_free(der);
    OCSP_REQUEST_free(request);
    return exchange(b, octets, (size_t)(head + len), reply, max);
}

static struct seen ask_request(struct bench *b, long serial, OCSP_REQUEST *request)
{
    struct seen seen = {.response = -1, .status = -1};

    read_answer(b, serial, post(b, "/ocsp", request, seen.head, sizeof(seen.head)), &seen);
    return seen;
}

static struct seen ask(struct bench *b, long serial)
{
    return ask_request(b, serial, request_new(b, serial));
}

static OCSP_REQUEST *with_nonce(const struct bench *b)
{
    OCSP_REQUEST *request = request_new(b, ABSENT);

    assert_int_equal(OCSP_request_add1_nonce(request, NULL, 32), 1);
    return request;
}

/* ---- refusals first ---- */

/* Its certificate is in no snapshot: taken back from the repository when it was revoked. */
static void test_a_withdrawn_ca_certificate_of_the_arl_is_not_good(void **state)
{
    struct bench *b = *state;

    publish(b, b->now + DAY, b->now + DAY);
    start(b, b->now + 30 * DAY);
    assert_int_equal(ask(b, LISTED_CA).status, V_OCSP_CERTSTATUS_REVOKED);
    assert_int_equal(ask(b, LISTED).status, V_OCSP_CERTSTATUS_REVOKED);
    assert_int_equal(ask(b, ABSENT).status, V_OCSP_CERTSTATUS_GOOD);
    stop(b);
}

static void test_an_unknown_serial_is_not_good_beside_a_stale_arl(void **state)
{
    struct bench *b = *state;

    publish(b, b->now + DAY, b->now - HOUR);
    start(b, b->now + 30 * DAY);
    assert_int_equal(ask(b, ABSENT).response, OCSP_RESPONSE_STATUS_TRYLATER);
    assert_int_equal(ask(b, LISTED).status, V_OCSP_CERTSTATUS_REVOKED);
    stop(b);
}

static void test_a_serial_without_a_list_is_unknown(void **state)
{
    struct bench *b = *state;

    publish(b, 0, b->now + DAY);
    start(b, b->now + 30 * DAY);
    assert_int_equal(ask(b, ABSENT).status, V_OCSP_CERTSTATUS_UNKNOWN);
    stop(b);
}

static void test_a_stale_list_is_try_later(void **state)
{
    struct bench *b = *state;

    publish(b, b->now - HOUR, 0);
    start(b, b->now + 30 * DAY);
    assert_int_equal(ask(b, ABSENT).response, OCSP_RESPONSE_STATUS_TRYLATER);
    assert_int_equal(ask(b, LISTED).response, OCSP_RESPONSE_STATUS_TRYLATER);
    stop(b);
}

static void test_a_list_in_its_grace_still_says_revoked(void **state)
{
    struct bench *b = *state;
    struct seen seen;

    b->policy.params.grace_s = DAY;
    publish(b, b->now - HOUR, 0);
    start(b, b->now + 30 * DAY);
    assert_int_equal(ask(b, LISTED).status, V_OCSP_CERTSTATUS_REVOKED);
    seen = ask(b, ABSENT);
    assert_int_equal(seen.status, V_OCSP_CERTSTATUS_GOOD);
    assert_in_range(seen.next_update, b->now + 1, clock_wall() + (int64_t)LIMIT_OCSP_UNKNOWN_S);
    stop(b);
}

/* ---- what the request wants, and the policy ---- */

static void test_a_nonce_is_echoed_ignored_or_required(void **state)
{
    struct bench *b = *state;
    struct seen seen;

    publish(b, b->now + DAY, 0);
    start(b, b->now + 30 * DAY);
    b->policy.ocsp.nonce = POLICY_NONCE_ACCEPT;
    seen = ask_request(b, ABSENT, with_nonce(b));
    assert_int_equal(seen.num_extensions, 1);
    assert_non_null(strstr(seen.head, "Cache-Control: no-store\r\n"));
    assert_null(strstr(seen.head, "ETag"));
    seen = ask(b, ABSENT);
    assert_int_equal(seen.num_extensions, 0);
    assert_non_null(strstr(seen.head, "public, no-transform, must-revalidate\r\n"));
    b->policy.ocsp.nonce = POLICY_NONCE_IGNORE;
    seen = ask_request(b, ABSENT, with_nonce(b));
    assert_int_equal(seen.num_extensions, 0);
    assert_non_null(strstr(seen.head, "public, no-transform, must-revalidate\r\n"));
    b->policy.ocsp.nonce = POLICY_NONCE_REQUIRE;
    assert_int_equal(ask_request(b, ABSENT, with_nonce(b)).num_extensions, 1);
    assert_int_equal(ask(b, ABSENT).response, OCSP_RESPONSE_STATUS_UNAUTHORIZED);
    stop(b);
}

static void test_a_request_that_must_be_signed_is_told_so(void **state)
{
    struct bench *b = *state;
    struct seen seen;

    publish(b, b->now + DAY, 0);
    start(b, b->now + 30 * DAY);
    b->policy.ocsp.requests = POLICY_REQUESTS_REQUIRE;
    seen = ask(b, ABSENT);
    assert_int_equal(seen.response, OCSP_RESPONSE_STATUS_SIGREQUIRED);
    assert_non_null(strstr(seen.head, "200 OK"));
    assert_non_null(strstr(seen.head, "Cache-Control: no-store\r\n"));
    b->policy.ocsp.requests = POLICY_REQUESTS_VERIFY;
    assert_int_equal(ask(b, ABSENT).status, V_OCSP_CERTSTATUS_GOOD);
    stop(b);
}

static void test_never_issued_is_told_with_extended_revoke(void **state)
{
    struct bench *b = *state;
    struct config_ca ca = {.name = (char *)(uintptr_t) "seal", .unissued = CONFIG_UNISSUED_REVOKED};
    struct seen seen;

    publish(b, b->now + DAY, 0);
    b->config.cas = &ca;
    b->config.num_cas = 1;
    start(b, b->now + 30 * DAY);
    seen = ask(b, ABSENT);
    assert_int_equal(seen.status, V_OCSP_CERTSTATUS_REVOKED);
    assert_int_equal(seen.reason, OCSP_REVOKED_STATUS_CERTIFICATEHOLD);
    assert_int_equal(seen.num_extensions, 1);
    assert_int_equal(ask(b, LISTED).num_extensions, 0);
    stop(b);
}

/* O-42. The signature of the test never differs, producedAt may once in a second. */
static void test_who_has_the_answer_gets_304(void **state)
{
    static uint8_t target[2048];
    struct bench *b = *state;
    char head[2048], octets[4096], tag[64] = "";
    unsigned char *der = NULL;
    OCSP_REQUEST *request = request_new(b, ABSENT);
    int i, len = i2d_OCSP_REQUEST(request, &der);
    const char *at;

    publish(b, b->now + DAY, 0);
    start(b, b->now + 30 * DAY);
    (void)EVP_EncodeBlock(target, der, len);
    for (i = 0; i < 10; i++) {
        len = snprintf(octets, sizeof(octets),
                       "GET /ocsp/%s HTTP/1.1\r\nHost: a\r\nIf-None-Match: \"x\", %s\r\n\r\n",
                       (char *)target, tag);
        if (exchange(b, (uint8_t *)octets, (size_t)len, head, sizeof(head)).len == 0)
            break;
        at = strstr(head, "ETag: ");
        assert_non_null(at);
        (void)snprintf(tag, sizeof(tag), "%.42s", at + 6);
    }
    assert_in_range(i, 1, 9);
    assert_non_null(strstr(head, "304 Not Modified"));
    assert_non_null(strstr(head, tag));
    OPENSSL_free(der);
    OCSP_REQUEST_free(request);
    stop(b);
}

static void test_there_is_no_cvs_until_it_is_configured(void **state)
{
    struct bench *b = *state;
    static const uint8_t oid[] = {0x2b, 6, 1, 4, 1, 0x81, 0xfd, 0x59, 1};
    struct seen seen = {.response = -1};

    publish(b, b->now + DAY, 0);
    start(b, b->now + 30 * DAY);
    (void)post(b, "/cvs", request_new(b, LISTED), seen.head, sizeof(seen.head));
    assert_non_null(strstr(seen.head, "404 Not Found"));
    b->config.cvs.certificates_oid = b->config.cvs.detail_oid = bytes_of(oid, sizeof(oid));
    b->config.cvs.policy = &b->policy;
    read_answer(b, LISTED, post(b, "/cvs", request_new(b, LISTED), seen.head, sizeof(seen.head)),
                &seen);
    assert_int_equal(seen.status, V_OCSP_CERTSTATUS_UNKNOWN); /* no such certificate */
    stop(b);
}

/* ---- how long an answer holds ---- */

static void test_an_answer_ends_with_the_first_of_its_lists(void **state)
{
    struct bench *b = *state;

    publish(b, b->now + DAY, b->now + 2 * HOUR);
    start(b, b->now + 30 * DAY);
    assert_int_equal(ask(b, ABSENT).next_update, b->now + 2 * HOUR);
    assert_int_equal(ask(b, LISTED).next_update, b->now + DAY);
    stop(b);
}

static void test_an_answer_is_not_kept_past_its_responder_certificate(void **state)
{
    struct bench *b = *state;
    char text[CLOCK_TEXT], line[CLOCK_TEXT + 16];
    struct seen seen;

    publish(b, b->now + DAY, 0);
    start(b, b->now + 2 * HOUR);
    seen = ask(b, ABSENT);
    assert_int_equal(seen.next_update, b->now + DAY);
    clock_format_http(b->now + 2 * HOUR, text);
    (void)snprintf(line, sizeof(line), "Expires: %s\r\n", text);
    assert_non_null(strstr(seen.head, line));
    stop(b);
}

/* ---- readiness ---- */

static void test_a_responder_certificate_that_has_ended_is_not_ready(void **state)
{
    static const char readyz[] = "GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n";
    struct bench *b = *state;
    char head[2048];

    publish(b, b->now + DAY, 0);
    start(b, b->now - HOUR);
    assert_int_equal(ask(b, ABSENT).response, OCSP_RESPONSE_STATUS_TRYLATER);
    (void)exchange(b, (const uint8_t *)readyz, sizeof(readyz) - 1, head, sizeof(head));
    assert_non_null(strstr(head, " 503 "));
    stop(b);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_withdrawn_ca_certificate_of_the_arl_is_not_good),
        TEST(test_an_unknown_serial_is_not_good_beside_a_stale_arl),
        TEST(test_a_serial_without_a_list_is_unknown),
        TEST(test_a_stale_list_is_try_later),
        TEST(test_a_list_in_its_grace_still_says_revoked),
        TEST(test_a_nonce_is_echoed_ignored_or_required),
        TEST(test_a_request_that_must_be_signed_is_told_so),
        TEST(test_never_issued_is_told_with_extended_revoke),
        TEST(test_who_has_the_answer_gets_304),
        TEST(test_there_is_no_cvs_until_it_is_configured),
        TEST(test_an_answer_ends_with_the_first_of_its_lists),
        TEST(test_an_answer_is_not_kept_past_its_responder_certificate),
        TEST(test_a_responder_certificate_that_has_ended_is_not_ready),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
