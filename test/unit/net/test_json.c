/* SPDX-License-Identifier: Apache-2.0 */
/* What a validation request may ask; what it is answered is tested over the whole daemon. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/hex.h"
#include "core/memstore.h"
#include "core/name.h"
#include "net/json_int.h"
#include "test/support/pki.h"

static struct sk_arena *arena;
static struct sk_policy policies[2];
static struct sk_config config;
static char *cert_text; /* base64 */

static int set_up(void **state)
{
    static char first[] = "default", second[] = "other";
    struct sk_cert *cert;
    struct sk_buf text;

    (void)state;
    arena = arena_new(16 * 1024 * 1024);
    policies[0].name = first;
    policies[1].name = second;
    config.policies = policies;
    config.num_policies = 2;
    config.default_policy = &policies[0];
    config.limits.json_certs = 3;
    cert = pki_cert(arena, &(struct pki_cert_spec){.subject = "/CN=x", .key = pki_key(PKI_EC, 0)});
    buf_init(&text, 65536);
    base64_encode(cert->der, &text);
    cert_text = arena_copy(arena, text.data, text.len);
    buf_done(&text);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

/* The HTTP status of the refusal, 0 when accepted. "$" in the text stands for a certificate. */
static unsigned ask(const char *text, struct json_ask *out)
{
    struct http_answer answer;
    struct sk_buf body;
    unsigned status = 0;

    buf_init(&body, 1024 * 1024);
    for (; *text != '\0'; text++) {
        if (*text == '$')
            buf_put_text(&body, cert_text);
        else
            buf_put_byte(&body, (uint8_t)*text);
    }
    if (json_ask_read(&config, arena, buf_bytes(&body), out, &answer) != SK_OK) {
        status = answer.status;
        assert_int_equal(buf_status(&answer.body), SK_OK);
        assert_memory_equal(answer.body.data, "{\"error\":{\"code\":\"", 18);
        assert_null(out->hints);
        answer_done(&answer);
    }
    buf_done(&body);
    return status;
}

static void test_json_refuses_what_it_does_not_understand(void **state)
{
    static const struct {
        unsigned status;
        const char *text;
    } cases[] = {
        {400, ""},
        {400, "{"},
        {400, "null"},
        {400, "\"x\""},
        {400, "{}"},
        {400, "{\"certificates\":[\"$\"]}x"},
        {400, "{\"certificates\":[\"$\"],\"certificates\":[\"$\"]}"},
        {400, "{\"certificates\":[\"$\"],\"polisy\":\"other\"}"},
        {400, "{\"certificates\":[\"$\"],\"\":0}"},
        {400, "{\"certificates\":[]}"},
        {400, "{\"certificates\":{}}"},
        {400, "{\"certificates\":[[\"$\"]]}"},
        {400, "{\"certificates\":[\"$=\"]}"},
        {400, "{\"certificates\":[\"$%\"]}"},
        {400, "{\"certificates\":[\"-----BEGIN CERTIFICATE-----\"]}"},
        {400,
         "{\"certificates\":[\"-----BEGIN CERTIFICATE-----\\n$\\n-----END CERTIFICATE----\"]}"},
        {400,
         "{\"certificates\":[\"x-----BEGIN CERTIFICATE-----\\n$\\n-----END CERTIFICATE-----\"]}"},
        {400,
         "{\"certificates\":[\"-----BEGIN CERTIFICATE-----\\n$\\n-----END CERTIFICATE-----x\"]}"},
        {400, "{\"certificates\":[\"-----BEGIN CERTIFICATE----------END CERTIFICATE-----\"]}"},
        {413, "{\"certificates\":[\"$\",\"$\",\"$\",\"$\"]}"},
        {400, "{\"certificates\":[\"$\"],\"policy\":5}"},
        {404, "{\"certificates\":[\"$\"],\"policy\":\"nobody\"}"},
        {404, "{\"certificates\":[\"$\"],\"policy\":\"\"}"},
        {400, "{\"certificates\":[\"$\"],\"time\":\"2026-01-01\"}"},
        {400, "{\"certificates\":[\"$\"],\"time\":\"2026-01-15T23:59:60Z\"}"},
        {400, "{\"certificates\":[\"$\"],\"time\":nul}"},
        {400, "{\"certificates\":[\"$\"],\"time\":nullx}"},
        {400, "{\"certificates\":[\"$\"],\"time\":Null}"},
        {400, "{\"certificates\":[\"$\"],\"time\":null"},
        {400, "{\"certificates\":[\"$\"],\"time\":nul"},
        {400, "{\"certificates\":[\"$\"],\"time\":null,\"time\":\"2026-01-31T00:00:00Z\"}"},
        {400, "{\"certificates\":[\"$\"],\"tyme\":null}"},
        {400, "{\"certificates\":null}"},
        {400, "{\"certificates\":[null]}"},
        {400, "{\"certificates\":[\"$\"],\"intermediates\":[null]}"},
        {400, "{\"certificates\":[\"$\"],\"want\":[null]}"},
        {400, "{\"certificates\":[\"$\",]}"},
        {400, "{\"certificates\":[,\"$\"]}"},
        {400, "{\"certificates\":[\"$\" \"$\"]}"},
        {400, "{\"certificates\":[\"$\"],}"},
        {400, "{,\"certificates\":[\"$\"]}"},
        {400, "{\"certificates\" [\"$\"]}"},
        {400, "{\"certificates\":[\"$\"}"},
        {400, "{\"certificates\":[\"$\"],\"certificate\\u0073\":[\"$\"]}"},
        {400, "{\"certificates\":[\"$\"],\"policy\":\"a\\u0000\"}"},
        {400, "{\"certificates\":[\"$\"],\"want\":{}}"},
        {400, "{\"certificates\":[\"$\"],\"want\":[1]}"},
        {400, "{\"certificates\":[\"$\"],\"want\":[\"Path\"]}"},
        {400, "{\"certificates\":[\"$\"],\"intermediates\":\"$\"}"},
        {400, "{\"certificates\":[\"$\"],\"intermediates\":[\"MAA=\"]}"},
    };
    struct json_ask out;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        unsigned got = ask(cases[i].text, &out);

        if (got != cases[i].status)
            fail_msg("wanted %u, got %u: %s", cases[i].status, got, cases[i].text);
    }
}

/* However deep: nothing of it is walked. */
static void test_json_refuses_nesting(void **state)
{
    enum { DEEP = 100000 };
    static char text[DEEP + 32];
    struct json_ask out;

    (void)state;
    memset(text, '[', DEEP);
    assert_int_equal(ask(text, &out), 400);
    memcpy(text, "{\"certificates\":", 16);
    assert_int_equal(ask(text, &out), 400);
    memset(text, '{', 16);
    assert_int_equal(ask(text, &out), 400);
}

static void test_json_refuses_a_certificate_past_its_cap(void **state)
{
    size_t len = LIMIT_CERT_BYTES / 3 * 4 + 8, i;
    char *text = malloc(len + 64);
    struct json_ask out;
    int n;

    (void)state;
    assert_non_null(text);
    n = snprintf(text, len + 64, "{\"certificates\":[\"");
    for (i = 0; i < len; i++)
        text[(size_t)n + i] = 'A';
    memcpy(text + n + len, "\"]}", 4);
    assert_int_equal(ask(text, &out), 413);
    free(text);
}

/* Names that take long to prepare: the request ends before its certificates are many. */
static void test_json_refuses_intermediates_with_hostile_names(void **state)
{
    enum { CHARACTERS = 500 };
    char subject[3 * CHARACTERS + 5] = "/CN=", *plain = cert_text;
    struct json_ask out;
    struct sk_buf base64;
    struct sk_cert *cert;
    size_t i, used, work;

    (void)state;
    for (i = 0; i < CHARACTERS; i++)
        memcpy(subject + 4 + 3 * i, "\xef\xb7\xba", 4); /* U+FDFA */
    cert = pki_cert(arena, &(struct pki_cert_spec){.subject = subject, .key = pki_key(PKI_EC, 0)});
    work = name_work(cert->issuer) + name_work(cert->subject);
    assert_true(work > LIMIT_JSON_NAME_WORK / LIMIT_JSON_CERTS);
    buf_init(&base64, 65536);
    base64_encode(cert->der, &base64);
    cert_text = arena_copy(arena, base64.data, base64.len);
    buf_done(&base64);
    for (i = LIMIT_JSON_NAME_WORK / work; i <= LIMIT_JSON_NAME_WORK / work + 1; i++) {
        struct sk_buf body;

        buf_init(&body, 4096);
        buf_put_text(&body, "{\"certificates\":[\"MAA=\"],\"intermediates\":[");
        for (used = 0; used < i; used++)
            buf_put_text(&body, used == 0 ? "\"$\"" : ",\"$\"");
        buf_put_text(&body, "]}");
        buf_put_byte(&body, '\0');
        assert_int_equal(ask((const char *)body.data, &out),
                         i * work > LIMIT_JSON_NAME_WORK ? 413 : 0);
        json_ask_done(&out);
        buf_done(&body);
    }
    cert_text = plain;
}

static void test_json_reads_a_full_request(void **state)
{
    struct json_ask out;

    (void)state;
    assert_int_equal(
        ask(" {\"policy\":\"other\",\"time\":\"2026-01-31T00:00:00Z\",\"certificates\":[\"$\","
            "\"\\n-----BEGIN CERTIFICATE-----\\r\\n$\\r\\n-----END "
            "CERTIFICATE-----\\r\\n\",\"MAA=\"],"
            "\"intermediates\":[\"$\",\"$\"],\"want\":[\"path\",\"explanation\"]} ",
            &out),
        0);
    assert_ptr_equal(out.policy, &policies[1]);
    assert_int_equal(out.num_certs, 3);
    assert_true(bytes_equal(out.certs[0], out.certs[1]));
    assert_int_equal(out.certs[2].len, 2);
    assert_int_equal(out.time, 1769817600);
    assert_true(out.want_explanation);
    assert_false(out.want_evidence);
    assert_non_null(out.hints);
    json_ask_done(&out);
}

/* Escapes mean what they stand for wherever a string may stand; some writers escape each slash. */
static void test_json_reads_escapes(void **state)
{
    struct json_ask out, plain;

    (void)state;
    assert_int_equal(ask("{\"certificates\":[\"MAA=\",\"////\"]}", &plain), 0);
    assert_int_equal(ask("{\"\\u0063ertificates\":[\"MA\\u0041=\",\"\\/\\/\\u002f/\"],\"policy\":"
                         "\"oth\\u0065r\",\"want\":[\"eviden\\u0063e\"]}",
                         &out),
                     0);
    assert_true(bytes_equal(out.certs[0], plain.certs[0]));
    assert_true(bytes_equal(out.certs[1], plain.certs[1]));
    assert_ptr_equal(out.policy, &policies[1]);
    assert_true(out.want_evidence);
    json_ask_done(&out);
    json_ask_done(&plain);
}

static void test_json_takes_the_default_policy_and_now(void **state)
{
    struct json_ask out;

    (void)state;
    assert_int_equal(ask("{\"certificates\":[\"$\"]}", &out), 0);
    assert_ptr_equal(out.policy, &policies[0]);
    assert_true(out.time > PKI_T1);
    assert_false(out.want_explanation);
    assert_null(out.hints);
    json_ask_done(&out);
    assert_int_equal(ask("{\"time\":\"1970-01-01T00:00:00Z\",\"certificates\":[\"$\"]}", &out), 0);
    assert_int_equal(out.time, 0);
    json_ask_done(&out);
}

/* As --batch has it: what many writers make of a value that is not there. */
static void test_json_takes_null_for_missing(void **state)
{
    struct json_ask out;

    (void)state;
    assert_int_equal(ask("{\"policy\":null,\"time\": null ,\"certificates\":[\"$\"],"
                         "\"intermediates\":null,\"want\":null}",
                         &out),
                     0);
    assert_ptr_equal(out.policy, &policies[0]);
    assert_int_equal(out.num_certs, 1);
    assert_true(out.time > PKI_T1);
    assert_false(out.want_explanation);
    assert_false(out.want_evidence);
    assert_null(out.hints);
    json_ask_done(&out);
}

static void test_json_reads_times_of_rfc_3339(void **state)
{
    struct json_ask out;

    (void)state;
    assert_int_equal(ask("{\"time\":\"2026-01-31T00:00:00.999Z\",\"certificates\":[\"$\"]}", &out),
                     0);
    assert_int_equal(out.time, 1769817600);
    json_ask_done(&out);
    assert_int_equal(ask("{\"time\":\"2026-01-31T23:59:60Z\",\"certificates\":[\"$\"]}", &out), 0);
    assert_int_equal(out.time, 1769904000);
    json_ask_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_refuses_what_it_does_not_understand),
        cmocka_unit_test(test_json_refuses_nesting),
        cmocka_unit_test(test_json_refuses_a_certificate_past_its_cap),
        cmocka_unit_test(test_json_refuses_intermediates_with_hostile_names),
        cmocka_unit_test(test_json_reads_a_full_request),
        cmocka_unit_test(test_json_reads_escapes),
        cmocka_unit_test(test_json_takes_the_default_policy_and_now),
        cmocka_unit_test(test_json_takes_null_for_missing),
        cmocka_unit_test(test_json_reads_times_of_rfc_3339),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
