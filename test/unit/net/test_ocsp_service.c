/* SPDX-License-Identifier: Apache-2.0 */
/* OCSP by CertID from a published snapshot to the answer's octets; the test is the client and the
 * key process, OpenSSL reads the answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "core/clock.h"
#include "test/support/responder.h"

/* After ours: OpenSSL has macros with the names of enum crl_reason, of the same values. */
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

enum { HOUR = 3600, DAY = 24 * HOUR };

/* ---- refusals first ---- */

/* Its certificate is in no snapshot: taken back from the repository when it was revoked. */
static void test_a_withdrawn_ca_certificate_of_the_arl_is_not_good(void **state)
{
    struct responder *b = *state;

    responder_publish(b, b->now + DAY, b->now + DAY);
    responder_start(b, b->now + 30 * DAY);
    assert_int_equal(responder_ask(b, RESPONDER_LISTED_CA).status, V_OCSP_CERTSTATUS_REVOKED);
    assert_int_equal(responder_ask(b, RESPONDER_LISTED).status, V_OCSP_CERTSTATUS_REVOKED);
    assert_int_equal(responder_ask(b, RESPONDER_ABSENT).status, V_OCSP_CERTSTATUS_GOOD);
    responder_stop(b);
}

static void test_an_unknown_serial_is_not_good_beside_a_stale_arl(void **state)
{
    struct responder *b = *state;

    responder_publish(b, b->now + DAY, b->now - HOUR);
    responder_start(b, b->now + 30 * DAY);
    assert_int_equal(responder_ask(b, RESPONDER_ABSENT).response, OCSP_RESPONSE_STATUS_TRYLATER);
    assert_int_equal(responder_ask(b, RESPONDER_LISTED).status, V_OCSP_CERTSTATUS_REVOKED);
    responder_stop(b);
}

static void test_a_serial_without_a_list_is_unknown(void **state)
{
    struct responder *b = *state;

    responder_publish(b, 0, b->now + DAY);
    responder_start(b, b->now + 30 * DAY);
    assert_int_equal(responder_ask(b, RESPONDER_ABSENT).status, V_OCSP_CERTSTATUS_UNKNOWN);
    responder_stop(b);
}

static void test_a_stale_list_is_try_later(void **state)
{
    struct responder *b = *state;

    responder_publish(b, b->now - HOUR, 0);
    responder_start(b, b->now + 30 * DAY);
    assert_int_equal(responder_ask(b, RESPONDER_ABSENT).response, OCSP_RESPONSE_STATUS_TRYLATER);
    assert_int_equal(responder_ask(b, RESPONDER_LISTED).response, OCSP_RESPONSE_STATUS_TRYLATER);
    responder_stop(b);
}

static void test_a_list_in_its_grace_still_says_revoked(void **state)
{
    struct responder *b = *state;
    struct responder_seen seen;

    b->policy.params.grace_s = DAY;
    responder_publish(b, b->now - HOUR, 0);
    responder_start(b, b->now + 30 * DAY);
    assert_int_equal(responder_ask(b, RESPONDER_LISTED).status, V_OCSP_CERTSTATUS_REVOKED);
    seen = responder_ask(b, RESPONDER_ABSENT);
    assert_int_equal(seen.status, V_OCSP_CERTSTATUS_GOOD);
    assert_in_range(seen.next_update, b->now + 1, clock_wall() + (int64_t)LIMIT_OCSP_UNKNOWN_S);
    responder_stop(b);
}

/* ---- the responder's own certificate ---- */

static void list_and_renew(struct responder *b, long listed)
{
    b->listed = listed;
    responder_publish(b, b->now + DAY, 0);
    responder_reader(b);
    ocsp_service_look_at_keys(&b->service);
}

static void on_reason(void *arg, enum ready_reason reason, const char *text)
{
    (void)arg;
    (void)text;
    assert_int_equal(reason, READY_SIGNER_CERTIFICATE);
}

static bool is_ready(const struct responder *b)
{
    const struct ready_view view = service_view(&b->service);

    return ready_look(&view, on_reason, NULL);
}

/* It is kept answers too that are not given any more, and a hold that ends gives the key back. */
static void test_a_revoked_responder_certificate_signs_nothing(void **state)
{
    struct responder *b = *state;
    unsigned signatures;
    long serial = 0;
    size_t i;

    responder_publish(b, b->now + DAY, 0);
    responder_start(b, b->now + 30 * DAY);
    for (i = 0; i < b->responder->serial.len; i++)
        serial = serial * 256 + b->responder->serial.p[i];
    ocsp_service_look_at_keys(&b->service);
    assert_int_equal(responder_ask(b, RESPONDER_ABSENT).status, V_OCSP_CERTSTATUS_GOOD);
    assert_true(is_ready(b));
    signatures = b->signatures;
    list_and_renew(b, serial);
    assert_int_equal(responder_ask(b, RESPONDER_ABSENT).response, OCSP_RESPONSE_STATUS_TRYLATER);
    assert_int_equal(responder_ask_request(b, RESPONDER_ABSENT, responder_with_nonce(b)).response,
                     OCSP_RESPONSE_STATUS_TRYLATER);
    assert_int_equal(b->signatures, signatures);
    assert_int_equal(counter_get(&b->counters.signer.keys[0].is_revoked), 1);
    assert_false(is_ready(b));
    list_and_renew(b, RESPONDER_LISTED);
    assert_int_equal(responder_ask(b, RESPONDER_ABSENT).status, V_OCSP_CERTSTATUS_GOOD);
    assert_true(is_ready(b));
    responder_stop(b);
}

/* Another key of the key process is asked about anew. */
static void test_a_new_responder_certificate_is_not_the_revoked_one(void **state)
{
    struct responder *b = *state;
    long serial = 0;
    size_t i;

    responder_publish(b, b->now + DAY, 0);
    responder_start(b, b->now + 30 * DAY);
    for (i = 0; i < b->responder->serial.len; i++)
        serial = serial * 256 + b->responder->serial.p[i];
    list_and_renew(b, serial);
    assert_int_equal(responder_ask(b, RESPONDER_ABSENT).response, OCSP_RESPONSE_STATUS_TRYLATER);
    responder_attach(b, b->now + 60 * DAY);
    assert_int_equal(responder_ask(b, RESPONDER_ABSENT).status, V_OCSP_CERTSTATUS_GOOD);
    responder_stop(b);
}

/* ---- what the request wants, and the policy ---- */

static void test_a_nonce_is_echoed_ignored_or_required(void **state)
{
    struct responder *b = *state;
    struct responder_seen seen;

    responder_publish(b, b->now + DAY, 0);
    responder_start(b, b->now + 30 * DAY);
    b->policy.ocsp.nonce = POLICY_NONCE_ACCEPT;
    seen = responder_ask_request(b, RESPONDER_ABSENT, responder_with_nonce(b));
    assert_int_equal(seen.num_extensions, 1);
    assert_non_null(strstr(seen.head, "Cache-Control: no-store\r\n"));
    assert_null(strstr(seen.head, "ETag"));
    seen = responder_ask(b, RESPONDER_ABSENT);
    assert_int_equal(seen.num_extensions, 0);
    assert_non_null(strstr(seen.head, "public, no-transform, must-revalidate\r\n"));
    b->policy.ocsp.nonce = POLICY_NONCE_IGNORE;
    seen = responder_ask_request(b, RESPONDER_ABSENT, responder_with_nonce(b));
    assert_int_equal(seen.num_extensions, 0);
    assert_non_null(strstr(seen.head, "public, no-transform, must-revalidate\r\n"));
    b->policy.ocsp.nonce = POLICY_NONCE_REQUIRE;
    assert_int_equal(
        responder_ask_request(b, RESPONDER_ABSENT, responder_with_nonce(b)).num_extensions, 1);
    assert_int_equal(responder_ask(b, RESPONDER_ABSENT).response,
                     OCSP_RESPONSE_STATUS_UNAUTHORIZED);
    responder_stop(b);
}

static void test_a_request_that_must_be_signed_is_told_so(void **state)
{
    struct responder *b = *state;
    struct responder_seen seen;

    responder_publish(b, b->now + DAY, 0);
    responder_start(b, b->now + 30 * DAY);
    b->policy.ocsp.requests = POLICY_REQUESTS_REQUIRE;
    seen = responder_ask(b, RESPONDER_ABSENT);
    assert_int_equal(seen.response, OCSP_RESPONSE_STATUS_SIGREQUIRED);
    assert_non_null(strstr(seen.head, "200 OK"));
    assert_non_null(strstr(seen.head, "Cache-Control: no-store\r\n"));
    b->policy.ocsp.requests = POLICY_REQUESTS_VERIFY;
    assert_int_equal(responder_ask(b, RESPONDER_ABSENT).status, V_OCSP_CERTSTATUS_GOOD);
    responder_stop(b);
}

static void test_never_issued_is_told_with_extended_revoke(void **state)
{
    struct responder *b = *state;
    struct config_ca ca = {.name = (char *)(uintptr_t) "seal", .unissued = CONFIG_UNISSUED_REVOKED};
    struct responder_seen seen;

    responder_publish(b, b->now + DAY, 0);
    b->config.cas = &ca;
    b->config.num_cas = 1;
    responder_start(b, b->now + 30 * DAY);
    seen = responder_ask(b, RESPONDER_ABSENT);
    assert_int_equal(seen.status, V_OCSP_CERTSTATUS_REVOKED);
    assert_int_equal(seen.reason, OCSP_REVOKED_STATUS_CERTIFICATEHOLD);
    assert_int_equal(seen.num_extensions, 1);
    assert_int_equal(responder_ask(b, RESPONDER_LISTED).num_extensions, 0);
    responder_stop(b);
}

/* O-42. The signature of the test never differs, producedAt may once in a second. */
static void test_who_has_the_answer_gets_304(void **state)
{
    static uint8_t target[2048];
    struct responder *b = *state;
    char head[2048], octets[4096], tag[64] = "";
    unsigned char *der = NULL;
    OCSP_REQUEST *request = responder_request(b, RESPONDER_ABSENT);
    int i, len = i2d_OCSP_REQUEST(request, &der);
    const char *at;

    responder_publish(b, b->now + DAY, 0);
    responder_start(b, b->now + 30 * DAY);
    (void)EVP_EncodeBlock(target, der, len);
    for (i = 0; i < 10; i++) {
        len = snprintf(octets, sizeof(octets),
                       "GET /ocsp/%s HTTP/1.1\r\nHost: a\r\nIf-None-Match: \"x\", %s\r\n\r\n",
                       (char *)target, tag);
        if (responder_exchange(b, (uint8_t *)octets, (size_t)len, head, sizeof(head)).len == 0)
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
    responder_stop(b);
}

static void test_there_is_no_cvs_until_it_is_configured(void **state)
{
    struct responder *b = *state;
    static const uint8_t oid[] = {0x2b, 6, 1, 4, 1, 0x81, 0xfd, 0x59, 1};
    struct responder_seen seen = {.response = -1};

    responder_publish(b, b->now + DAY, 0);
    responder_start(b, b->now + 30 * DAY);
    (void)responder_post(b, "/cvs", responder_request(b, RESPONDER_LISTED), seen.head,
                         sizeof(seen.head));
    assert_non_null(strstr(seen.head, "404 Not Found"));
    b->config.cvs.certificates_oid = b->config.cvs.detail_oid = bytes_of(oid, sizeof(oid));
    b->config.cvs.policy = &b->policy;
    responder_read(b, RESPONDER_LISTED,
                   responder_post(b, "/cvs", responder_request(b, RESPONDER_LISTED), seen.head,
                                  sizeof(seen.head)),
                   &seen);
    assert_int_equal(seen.status, V_OCSP_CERTSTATUS_UNKNOWN); /* no such certificate */
    responder_stop(b);
}

/* ---- how long an answer holds ---- */

static void test_an_answer_ends_with_the_first_of_its_lists(void **state)
{
    struct responder *b = *state;

    responder_publish(b, b->now + DAY, b->now + 2 * HOUR);
    responder_start(b, b->now + 30 * DAY);
    assert_int_equal(responder_ask(b, RESPONDER_ABSENT).next_update, b->now + 2 * HOUR);
    assert_int_equal(responder_ask(b, RESPONDER_LISTED).next_update, b->now + DAY);
    responder_stop(b);
}

static void test_an_answer_is_not_kept_past_its_responder_certificate(void **state)
{
    struct responder *b = *state;
    char text[CLOCK_TEXT], line[CLOCK_TEXT + 16];
    struct responder_seen seen;

    responder_publish(b, b->now + DAY, 0);
    responder_start(b, b->now + 2 * HOUR);
    seen = responder_ask(b, RESPONDER_ABSENT);
    assert_int_equal(seen.next_update, b->now + DAY);
    clock_format_http(b->now + 2 * HOUR, text);
    (void)snprintf(line, sizeof(line), "Expires: %s\r\n", text);
    assert_non_null(strstr(seen.head, line));
    responder_stop(b);
}

/* ---- readiness ---- */

static void test_a_responder_certificate_that_has_ended_is_not_ready(void **state)
{
    static const char readyz[] = "GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n";
    struct responder *b = *state;
    char head[2048];

    responder_publish(b, b->now + DAY, 0);
    responder_start(b, b->now + HOUR);
    (void)responder_exchange(b, (const uint8_t *)readyz, sizeof(readyz) - 1, head, sizeof(head));
    assert_non_null(strstr(head, " 200 "));
    responder_attach(b, b->now - HOUR);
    assert_int_equal(responder_ask(b, RESPONDER_ABSENT).response, OCSP_RESPONSE_STATUS_TRYLATER);
    (void)responder_exchange(b, (const uint8_t *)readyz, sizeof(readyz) - 1, head, sizeof(head));
    assert_non_null(strstr(head, " 503 "));
    responder_stop(b);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, responder_setup, responder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_withdrawn_ca_certificate_of_the_arl_is_not_good),
        TEST(test_an_unknown_serial_is_not_good_beside_a_stale_arl),
        TEST(test_a_serial_without_a_list_is_unknown),
        TEST(test_a_stale_list_is_try_later),
        TEST(test_a_list_in_its_grace_still_says_revoked),
        TEST(test_a_revoked_responder_certificate_signs_nothing),
        TEST(test_a_new_responder_certificate_is_not_the_revoked_one),
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
