/* SPDX-License-Identifier: Apache-2.0 */
#include "test/support/responder.h"

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
#include "net/metrics.h"
#include "test/support/pki.h"

/* After ours: OpenSSL has macros with the names of enum crl_reason, of the same values. */
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

#define CA "/C=JP/O=Seal/CN=CA"

enum { HOUR = 3600, DAY = 24 * HOUR };

static const struct conn_listener plain = {.name = "test"};

static const struct sk_cert *make_cert(const struct responder *b, const char *subject, size_t key,
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

int responder_setup(void **state)
{
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct responder *b = calloc(1, sizeof(*b));

    (void)sigaction(SIGPIPE, &ignore, NULL);
    (void)snprintf(b->dir, sizeof(b->dir), "/tmp/sekisho-ocsp-XXXXXX");
    assert_non_null(mkdtemp(b->dir));
    (void)snprintf(b->cache, sizeof(b->cache), "%s/cache", b->dir);
    b->now = clock_wall();
    b->listed = RESPONDER_LISTED;
    b->arena = arena_new(64u << 20);
    b->ca = make_cert(b, CA, 0, (struct pki_ext){"keyUsage", "critical,keyCertSign,cRLSign"},
                      b->now + 90 * DAY);
    b->anchor.cert = b->ca;
    params_init(&b->policy.params);
    b->policy.ocsp.certid_hashes = POLICY_CERTID_SHA1 | POLICY_CERTID_SHA256;
    b->policy.ocsp.nonce = POLICY_NONCE_ACCEPT;
    b->policy.params.anchors = &b->anchor;
    b->policy.params.num_anchors = 1;
    b->config.default_policy = &b->policy;
    b->config.limits.ocsp_certids = LIMIT_OCSP_CERTIDS;
    b->config.limits.memo_bytes = 1u << 20;
    *state = b;
    return 0;
}

int responder_teardown(void **state)
{
    struct responder *b = *state;
    char command[160];

    (void)snprintf(command, sizeof(command), "rm -rf %s", b->dir);
    assert_int_equal(system(command), 0);
    arena_free(b->arena);
    free(b);
    return 0;
}

/* ---- the snapshot ---- */

static void put_list(const struct responder *b, struct sk_publish *pub, bool is_arl, long serial,
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
    assert_int_equal(publish_crl(pub, &crl, hash, "seal", is_arl, NULL, &err), SK_OK);
    assert_int_equal(publish_checked(pub, hash, b->ca->spki_sha256, &err), SK_OK);
}

/* A CRL with RESPONDER_LISTED, and an ARL with RESPONDER_LISTED_CA; the times are their nextUpdate,
 * 0: no such list. */
void responder_publish(const struct responder *b, int64_t crl, int64_t arl)
{
    struct sk_publish *pub;
    uint64_t number;

    assert_int_equal(publish_begin(b->cache, &pub, NULL), SK_OK);
    assert_int_equal(publish_cert(pub, b->ca, NULL), SK_OK);
    assert_int_equal(publish_checked(pub, b->ca->sha256, b->ca->spki_sha256, NULL), SK_OK);
    if (crl != 0)
        put_list(b, pub, false, b->listed, crl);
    if (arl != 0)
        put_list(b, pub, true, RESPONDER_LISTED_CA, arl);
    assert_int_equal(publish_commit(pub, 0, &number, NULL), SK_OK);
}

/* ---- the worker ---- */

void responder_turn(struct responder *b)
{
    int i;

    for (i = 0; i < 6; i++)
        (void)event_base_loop(b->base, EVLOOP_NONBLOCK);
}

static void pair(int out[2])
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, out), 0);
}

static struct sk_bytes hello(const struct responder *b)
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
void responder_serve(struct responder *b)
{
    static uint8_t frames[65536];
    ssize_t n = b->key_process >= 0 ? read(b->key_process, frames, sizeof(frames)) : -1;
    size_t at = 0, used;
    struct sign_request request;

    while (n > 0 && sign_request_decode(bytes_of(frames + at, (size_t)n - at), &request, &used,
                                        NULL) == SK_OK) {
        struct sign_reply answer = {.result = SIGN_RESULT_OK, .id = request.id};
        struct sk_buf frame;

        if (request.op == SIGN_OP_SIGN)
            b->signatures++;
        answer.payload = request.op == SIGN_OP_HELLO    ? hello(b)
                         : request.op == SIGN_OP_STATUS ? bytes_of("\1", 1)
                                                        : bytes_of("sig", 3);
        buf_init(&frame, 65536);
        assert_int_equal(sign_reply_encode(&answer, &frame), SK_OK);
        assert_int_equal(write(b->key_process, frame.data, frame.len), frame.len);
        buf_done(&frame);
        at += used;
    }
    responder_turn(b);
}

static void on_state(void *arg, enum signer_state state)
{
    (void)arg;
    (void)state;
}

void responder_reader(struct responder *b)
{
    struct sk_generation *gen;
    struct sk_reader *newest;

    assert_int_equal(generation_open(b->cache, &gen, NULL), SK_OK);
    assert_int_equal(reader_new(gen, &newest, NULL), SK_OK);
    served_unref(b->service.served);
    assert_int_equal(served_new(&b->config, gen, b->now, &b->service.served, NULL), SK_OK);
    generation_unref(gen);
    service_set_reader(&b->service, newest);
    ocsp_service_prepare(&b->service);
}

void responder_attach(struct responder *b, int64_t responder_end)
{
    int fds[2];

    b->responder =
        make_cert(b, "/CN=r", 1, (struct pki_ext){"keyUsage", "digitalSignature"}, responder_end);
    if (b->key_process >= 0)
        (void)close(b->key_process);
    pair(fds);
    b->key_process = fds[1];
    signer_attach(b->service.signer, fds[0]);
    responder_turn(b);
    responder_serve(b);
    responder_serve(b);
    assert_true(signer_is_ready(b->service.signer));
    metrics_note_signer(&b->counters, b->service.signer);
}

void responder_start(struct responder *b, int64_t responder_end)
{
    const struct conn_options options = {.http = {.head_bytes = 8192, .body_bytes = 65536},
                                         .head_ms = 60000,
                                         .body_ms = 60000,
                                         .idle_ms = 60000,
                                         .write_ms = 60000,
                                         .counters = &b->counters,
                                         .max_waiting = 16,
                                         .max_connections = 16};
    struct ocsp_memo_options memo = {
        .max_bytes = 1u << 20, .max_age_s = HOUR, .max_single = 4, .stats = &b->counters.memo};

    b->base = event_base_new();
    b->config.signer.backend = CONFIG_SIGNER_SOFTWARE;
    b->process.config = &b->config;
    b->process.counters = &b->counters;
    b->process.workers = 1;
    b->service.process = &b->process;
    b->service.counters = &b->counters;
    b->service.config = &b->config;
    b->service.arena = arena_new(64u << 20);
    b->service.keys = keyring_new(16);
    b->service.signer = signer_new(b->base, on_state, NULL);
    memo.signer = b->service.signer;
    memo.produce = b->service.produce =
        ocsp_produce_new(b->base, ocsp_service_produce, &b->service);
    assert_non_null(memo.produce);
    b->service.memo = ocsp_memo_new(&memo);
    assert_non_null(b->service.memo);
    b->conns = conn_set_new(b->base, &options, service_handle, &b->service);
    b->key_process = -1;
    responder_reader(b);
    responder_attach(b, responder_end);
}

void responder_stop(struct responder *b)
{
    conn_set_free(b->conns);
    signer_free(b->service.signer);
    ocsp_memo_free(b->service.memo);
    ocsp_produce_free(b->service.produce);
    reader_free(b->service.reader);
    served_unref(b->service.served);
    keyring_free(b->service.keys);
    arena_free(b->service.arena);
    event_base_free(b->base);
    if (b->key_process >= 0)
        (void)close(b->key_process);
}

/* ---- a question ---- */

static OCSP_CERTID *certid(const struct responder *b, long serial)
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

void responder_read(const struct responder *b, long serial, struct sk_bytes octets,
                    struct responder_seen *out)
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

int responder_send(struct responder *b, const uint8_t *octets, size_t len)
{
    int fds[2];

    pair(fds);
    conn_set_add(b->conns, &(struct conn_arrival){.listener = &plain, .fd = fds[1]});
    assert_int_equal(write(fds[0], octets, len), len);
    responder_turn(b);
    return fds[0];
}

struct sk_bytes responder_take(struct responder *b, int fd, char *head, size_t max)
{
    static uint8_t answer[65536];
    ssize_t n = read(fd, answer, sizeof(answer) - 1);
    const char *body;

    assert_in_range(n, 1, sizeof(answer) - 1);
    (void)close(fd);
    responder_turn(b);
    answer[n] = 0;
    body = strstr((const char *)answer, "\r\n\r\n");
    assert_non_null(body);
    body += 4;
    (void)snprintf(head, max, "%.*s", (int)(body - (const char *)answer), (const char *)answer);
    return bytes_of(body, (size_t)(n - (body - (const char *)answer)));
}

struct sk_bytes responder_exchange(struct responder *b, const uint8_t *octets, size_t len,
                                   char *head, size_t max)
{
    int fd = responder_send(b, octets, len);

    responder_serve(b);
    return responder_take(b, fd, head, max);
}

OCSP_REQUEST *responder_request(const struct responder *b, long serial)
{
    OCSP_REQUEST *request = OCSP_REQUEST_new();

    assert_non_null(OCSP_request_add0_id(request, certid(b, serial)));
    return request;
}

size_t responder_post_octets(OCSP_REQUEST *request, const char *path, uint8_t *out, size_t max)
{
    unsigned char *der = NULL;
    int len = i2d_OCSP_REQUEST(request, &der), head;

    head = snprintf((char *)out, max,
                    "POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n"
                    "Content-Type: application/ocsp-request\r\n\r\n",
                    path, len);
    assert_in_range(head + len, 1, max);
    memcpy(out + head, der, (size_t)len);
    OPENSSL_free(der);
    OCSP_REQUEST_free(request);
    return (size_t)(head + len);
}

struct sk_bytes responder_post(struct responder *b, const char *path, OCSP_REQUEST *request,
                               char *reply, size_t max)
{
    uint8_t octets[4096];
    size_t len = responder_post_octets(request, path, octets, sizeof(octets));

    return responder_exchange(b, octets, len, reply, max);
}

struct responder_seen responder_ask_request(struct responder *b, long serial, OCSP_REQUEST *request)
{
    struct responder_seen seen = {.response = -1, .status = -1};

    responder_read(b, serial, responder_post(b, "/ocsp", request, seen.head, sizeof(seen.head)),
                   &seen);
    return seen;
}

struct responder_seen responder_ask(struct responder *b, long serial)
{
    return responder_ask_request(b, serial, responder_request(b, serial));
}

OCSP_REQUEST *responder_with_nonce(const struct responder *b)
{
    OCSP_REQUEST *request = responder_request(b, RESPONDER_ABSENT);

    assert_int_equal(OCSP_request_add1_nonce(request, NULL, 32), 1);
    return request;
}
