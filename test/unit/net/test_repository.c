/* SPDX-License-Identifier: Apache-2.0 */
/* The repository over HTTP: downloads in part and by condition, the search of RFC 4387, and pages.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>

#include "cache/publish.h"
#include "cache/record.h"
#include "core/clock.h"
#include "net/repository.h"
#include "test/support/snapshot.h"

enum { DAY = 86400 };
#define CA "/C=JP/O=Repository/CN=CA <&>"

struct fixture {
    struct snapshot s;
    struct service service;
    const struct sk_cert *ca, *old, *ee;
    struct sk_bytes crl;
    int64_t now;
};

static struct sk_bytes add_crl(struct fixture *f, int64_t from, bool is_arl, struct pki_ext more)
{
    return snapshot_crl(&f->s, "ca", is_arl,
                        &(struct pki_crl_spec){.issuer = CA,
                                               .signer = pki_key(PKI_EC, 0),
                                               .this_update = from,
                                               .next_update = from + 30 * DAY,
                                               .exts = {{"crlNumber", "DER:02:01:05"}, more}});
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct sk_err err;

    assert_non_null(f);
    f->now = clock_wall();
    snapshot_begin(&f->s);
    f->ca = pki_cert(
        f->s.arena,
        &(struct pki_cert_spec){.subject = CA,
                                .key = pki_key(PKI_EC, 0),
                                .exts = {PKI_CA_EXTS, {"subjectKeyIdentifier", "01:02:03:04"}}});
    f->old = pki_cert(
        f->s.arena,
        &(struct pki_cert_spec){.subject = CA, .key = pki_key(PKI_EC, 1), .exts = {PKI_CA_EXTS}});
    f->ee = pki_cert(
        f->s.arena,
        &(struct pki_cert_spec){
            .subject = "/C=JP/CN=Ｔａｒｏ Yamada",
            .issuer = CA,
            .key = pki_key(PKI_EC, 2),
            .signer = pki_key(PKI_EC, 0),
            .serial = 0x1234,
            .exts = {{"subjectAltName", "email:Taro@Example.jp,URI:http://taro.example.jp/a"}}});
    snapshot_cert(&f->s, f->ca, f->ca);
    snapshot_cert(&f->s, f->old, f->old);
    snapshot_cert(&f->s, f->ee, f->ca);
    (void)add_crl(f, f->now - 3 * DAY, false, (struct pki_ext){NULL, NULL});
    f->crl = add_crl(f, f->now - 2 * DAY, false, (struct pki_ext){NULL, NULL});
    (void)add_crl(f, f->now - DAY, true, (struct pki_ext){NULL, NULL});
    (void)add_crl(f, f->now + DAY, false, (struct pki_ext){NULL, NULL});
    (void)add_crl(f, f->now - 10, false, (struct pki_ext){"deltaCRL", "critical,DER:02:01:04"});
    assert_int_equal(publish_object(f->s.pub, "ca/crl.crl", RECORD_MEDIA_CRL, f->crl,
                                    f->now - 2 * DAY, f->now + 28 * DAY, &err),
                     SK_OK);
    assert_int_equal(publish_object(f->s.pub, "ca/x.cer", RECORD_MEDIA_CERT, f->ca->der, f->now,
                                    CLOCK_NEVER, &err),
                     SK_OK);
    assert_int_equal(publish_object(f->s.pub, "ca/y.cer", RECORD_MEDIA_CERT, f->ee->der, f->now,
                                    CLOCK_NEVER, &err),
                     SK_OK);
    assert_int_equal(publish_object(f->s.pub, "ca-2/x.cer", RECORD_MEDIA_CERT, f->old->der, f->now,
                                    CLOCK_NEVER, &err),
                     SK_OK);
    snapshot_open(&f->s);
    f->service.reader = f->s.reader;
    f->service.arena = arena_new(1u << 20);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    arena_free(f->service.arena);
    snapshot_done(&f->s);
    free(f);
    return 0;
}

enum what { OBJECT, CERTS, CRLS };

/* The answer to a GET with these further fields. */
static struct http_answer ask_as(struct fixture *f, enum what what, const char *method,
                                 const char *target, const char *fields)
{
    const struct http_limits limits = {8192, 100};
    struct http_reader reader;
    struct http_request request;
    struct http_answer answer;
    char text[4096];
    size_t used;
    int n =
        snprintf(text, sizeof(text), "%s %s HTTP/1.1\r\nHost: x\r\n%s\r\n", method, target, fields);

    assert_in_range(n, 1, (int)sizeof(text) - 1);
    http_reader_init(&reader, &limits);
    assert_int_equal(http_read(&reader, bytes_of(text, (size_t)n), &used), SK_OK);
    http_request_get0(&reader, &request);
    if (what == OBJECT)
        repository_get(&f->service, &request, bytes_of(request.path.p + 5, request.path.len - 5),
                       &answer);
    else if (what == CERTS)
        repository_search_certs(&f->service, &request, &answer);
    else
        repository_search_crls(&f->service, &request, &answer);
    http_reader_done(&reader);
    return answer;
}

static struct http_answer ask(struct fixture *f, enum what what, const char *target,
                              const char *fields)
{
    return ask_as(f, what, "GET", target, fields);
}

static struct sk_bytes body_of(const struct http_answer *answer)
{
    return answer->release != NULL ? answer->shared : buf_bytes(&answer->body);
}

static bool has_field(struct http_answer *answer, const char *text)
{
    buf_put_byte(&answer->fields, 0);
    return strstr((const char *)answer->fields.data, text) != NULL;
}

static void expect(struct http_answer answer, unsigned status, struct sk_bytes body)
{
    assert_int_equal(answer.status, status);
    assert_true(bytes_equal(body_of(&answer), body));
    answer_done(&answer);
}

static void expect_status(struct http_answer answer, unsigned status)
{
    assert_int_equal(answer.status, status);
    answer_done(&answer);
}

/* ---- downloads ---- */

static void test_a_range_is_a_part_of_the_object(void **state)
{
    struct fixture *f = *state;
    const struct sk_bytes crl = f->crl;
    static const struct {
        const char *value;
        size_t first, len; /* len 0: to the end; first counted from the end when from_end */
        bool from_end;
    } cases[] = {
        {"bytes=0-0", 0, 1, false},       {"bytes=5-9", 5, 5, false},
        {"bytes=7-", 7, 0, false},        {"bytes=-10", 10, 0, true},
        {"BYTES=1-2", 1, 2, false},       {"bytes=3-99999999", 3, 0, false},
        {"bytes=-99999999", 0, 0, false}, {"bytes=1-99999999999999999999999", 1, 0, false},
    };
    char fields[128], expected[64];
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t first = cases[i].from_end ? crl.len - cases[i].first : cases[i].first;
        size_t len = cases[i].len > 0 ? cases[i].len : crl.len - first;
        struct http_answer answer;

        (void)snprintf(fields, sizeof(fields), "Range: %s\r\n", cases[i].value);
        answer = ask(f, OBJECT, "/pki/ca/crl.crl", fields);
        (void)snprintf(expected, sizeof(expected), "Content-Range: bytes %zu-%zu/%zu\r\n", first,
                       first + len - 1, crl.len);
        assert_true(has_field(&answer, expected));
        expect(answer, 206, bytes_of(crl.p + first, len));
    }
}

static void test_what_is_no_range_gives_the_whole(void **state)
{
    struct fixture *f = *state;
    static const char *const values[] = {"bytes=",        "bytes=-",   "bytes=5-4", "bytes=a-b",
                                         "bytes=0-1,3-4", "lines=0-1", "bytes 0-1", "bytes=0x1-2",
                                         "bytes=1",       "bytes=1 -2"};
    char fields[256];
    size_t i;

    for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        (void)snprintf(fields, sizeof(fields), "Range: %s\r\n", values[i]);
        expect(ask(f, OBJECT, "/pki/ca/crl.crl", fields), 200, f->crl);
    }
    expect(ask_as(f, OBJECT, "HEAD", "/pki/ca/crl.crl", "Range: bytes=0-1\r\n"), 200, f->crl);
    expect(ask(f, OBJECT, "/pki/ca/crl.crl",
               "Range: bytes=0-1\r\nIf-Range: Fri, 15 Apr 2011 00:00:00 GMT\r\n"),
           200, f->crl);
    expect(ask(f, OBJECT, "/pki/ca/crl.crl", "Range: bytes=0-1\r\nIf-Range: \"x\"\r\n"), 200,
           f->crl);
}

static void test_a_range_beyond_the_end_is_416(void **state)
{
    struct fixture *f = *state;
    struct http_answer answer = ask(f, OBJECT, "/pki/ca/crl.crl", "Range: bytes=99999999-\r\n");
    char expected[64];

    (void)snprintf(expected, sizeof(expected), "Content-Range: bytes */%zu\r\n", f->crl.len);
    assert_true(has_field(&answer, expected));
    expect(answer, 416, bytes_of(NULL, 0));
    expect_status(ask(f, OBJECT, "/pki/ca/crl.crl", "Range: bytes=-0\r\n"), 416);
}

/* The strong tag as the answer tells it. */
static void etag_of(struct http_answer answer, char out[80])
{
    const char *at;

    buf_put_byte(&answer.fields, 0);
    at = strstr((const char *)answer.fields.data, "ETag: ");
    assert_non_null(at);
    (void)snprintf(out, 80, "%.66s", at + 6);
    answer_done(&answer);
}

static void test_if_range_takes_the_tag_it_was_given(void **state)
{
    struct fixture *f = *state;
    char etag[80], fields[256], date[CLOCK_TEXT];

    etag_of(ask(f, OBJECT, "/pki/ca/crl.crl", ""), etag);
    (void)snprintf(fields, sizeof(fields), "Range: bytes=2-3\r\nIf-Range: %s\r\n", etag);
    expect(ask(f, OBJECT, "/pki/ca/crl.crl", fields), 206, bytes_of(f->crl.p + 2, 2));
    (void)snprintf(fields, sizeof(fields), "Range: bytes=2-3\r\nIf-Range: W/%s\r\n", etag);
    expect(ask(f, OBJECT, "/pki/ca/crl.crl", fields), 200, f->crl);
    clock_format_http(f->now - 2 * DAY, date);
    (void)snprintf(fields, sizeof(fields), "Range: bytes=2-3\r\nIf-Range: %s\r\n", date);
    expect(ask(f, OBJECT, "/pki/ca/crl.crl", fields), 206, bytes_of(f->crl.p + 2, 2));
    (void)snprintf(fields, sizeof(fields), "Range: bytes=2-3\r\nIf-None-Match: %s\r\n", etag);
    expect(ask(f, OBJECT, "/pki/ca/crl.crl", fields), 304, bytes_of(NULL, 0));
}

/* ---- search ---- */

/* RFC 4387 2.2: base64 of the hash without its last character, plus signs escaped or not. */
static void query(char *out, size_t size, const char *path, const char *name, struct sk_bytes data,
                  bool is_escaped)
{
    uint8_t hash[SHA_DIGEST_LENGTH];
    char text[64], escaped[128] = "";
    size_t i, n = 0;

    (void)SHA1(data.p, data.len, hash);
    (void)EVP_EncodeBlock((unsigned char *)text, hash, sizeof(hash));
    for (i = 0; i < 27; i++) {
        if (text[i] == '+' && is_escaped)
            n += (size_t)snprintf(escaped + n, sizeof(escaped) - n, "%%2B");
        else
            escaped[n++] = text[i];
    }
    escaped[n] = '\0';
    (void)snprintf(out, size, "%s?%s=%s", path, name, escaped);
}

static struct http_answer find_cert(struct fixture *f, const char *name, struct sk_bytes data)
{
    struct http_answer plain, escaped;
    char first[256], second[256];

    query(first, sizeof(first), "/certificates/search.cgi", name, data, false);
    query(second, sizeof(second), "/certificates/search.cgi", name, data, true);
    plain = ask(f, CERTS, first, "");
    escaped = ask(f, CERTS, second, "");
    assert_int_equal(plain.status, escaped.status);
    assert_true(bytes_equal(body_of(&plain), body_of(&escaped)));
    answer_done(&plain);
    return escaped;
}

static void test_certificates_by_hashes(void **state)
{
    struct fixture *f = *state;
    struct sk_bytes key_id = bytes_of("\1\2\3\4", 4);
    uint8_t both[512];
    size_t len = f->ee->issuer.len;

    expect(find_cert(f, "certHash", f->ee->der), 200, f->ee->der);
    expect(find_cert(f, "sHash", f->ee->subject), 200, f->ee->der);
    expect(find_cert(f, "sKIDHash", key_id), 200, f->ca->der);
    /* IssuerAndSerialNumber by hand: serial 0x1234 */
    both[0] = 0x30;
    both[1] = (uint8_t)(len + 4);
    memcpy(both + 2, f->ee->issuer.p, len);
    memcpy(both + 2 + len, "\x02\x02\x12\x34", 4);
    assert_in_range(len + 4, 1, 127);
    expect(find_cert(f, "iAndSHash", bytes_of(both, len + 6)), 200, f->ee->der);
    expect_status(find_cert(f, "certHash", f->ee->subject), 404);
    expect_status(find_cert(f, "sKIDHash", f->ee->subject), 404);
}

static void test_several_certificates_are_multipart(void **state)
{
    struct fixture *f = *state;
    struct http_answer answer = find_cert(f, "iHash", f->ca->subject);
    const struct sk_cert *const all[] = {f->ca, f->old, f->ee};
    char boundary[80], part[160];
    const char *at;
    size_t i, parts = 0, n;

    assert_int_equal(answer.status, 200);
    assert_null(answer.media_type);
    buf_put_byte(&answer.fields, 0);
    at = strstr((const char *)answer.fields.data, "multipart/mixed; boundary=");
    assert_non_null(at);
    (void)snprintf(boundary, sizeof(boundary), "%.64s", at + 26);
    n = (size_t)snprintf(part, sizeof(part), "--%s\r\nContent-Type: application/pkix-cert\r\n\r\n",
                         boundary);
    for (i = 0; i < 3; i++) {
        const uint8_t *found = NULL;
        size_t j;

        for (j = 0; j + n + all[i]->der.len + 2 <= answer.body.len; j++) {
            if (memcmp(answer.body.data + j, part, n) == 0 &&
                memcmp(answer.body.data + j + n, all[i]->der.p, all[i]->der.len) == 0)
                found = answer.body.data + j + n + all[i]->der.len;
        }
        assert_non_null(found);
        assert_memory_equal(found, "\r\n--", 4);
        parts++;
    }
    assert_int_equal(parts, 3);
    n = (size_t)snprintf(part, sizeof(part), "\r\n--%s--\r\n", boundary);
    assert_memory_equal(answer.body.data + answer.body.len - n, part, n);
    answer_done(&answer);
}

static void test_certificates_by_text(void **state)
{
    static const char *const good[] = {"name=%EF%BC%B4%EF%BD%81%EF%BD%92%EF%BD%8F+Yamada",
                                       "name=taro%20YAMADA",
                                       "name=taro++yamada",
                                       "uri=taro@example.jp",
                                       "uri=TARO%40EXAMPLE.JP",
                                       "email=taro@example.jp",
                                       "uri=taro.example.jp/a",
                                       "uri=http://taro.example.jp/a",
                                       "x=1&name=Taro+Yamada&y",
                                       "uri=mailto:taro@example.jp"};
    struct fixture *f = *state;
    char target[256];
    size_t i;

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        (void)snprintf(target, sizeof(target), "/certificates/search.cgi?%s", good[i]);
        expect(ask(f, CERTS, target, ""), 200, f->ee->der);
    }
    expect_status(ask(f, CERTS, "/certificates/search.cgi?name=Yamada", ""), 404);
    expect_status(ask(f, CERTS, "/certificates/search.cgi?uri=example.jp", ""), 404);
}

static void test_what_is_no_query_is_400(void **state)
{
    static const char *const bad[] = {"",
                                      "?",
                                      "?x=1",
                                      "?name",
                                      "?name=",
                                      "?name=a&sHash=b",
                                      "?certHash=abc",
                                      "?certHash=AAAAAAAAAAAAAAAAAAAAAAAAAAA=",
                                      "?certHash=AAAAAAAAAAAAAAAAAAAAAAAAAA-",
                                      "?certHash=AAAAAAAAAAAAAAAAAAAAAAAAAAB",
                                      "?certhash=AAAAAAAAAAAAAAAAAAAAAAAAAAA",

                                      "?certHash=%41%41%41"};
    struct fixture *f = *state;
    char target[256];
    size_t i;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        (void)snprintf(target, sizeof(target), "/certificates/search.cgi%s", bad[i]);
        expect_status(ask(f, CERTS, target, ""), 400);
        expect_status(ask(f, CRLS, target, ""), 400);
    }
    expect_status(ask(f, CERTS, "/certificates/search.cgi?name=%ff%fe", ""), 404);
    expect_status(ask(f, CRLS, "/crls/search.cgi?name=a", ""), 400);
    expect_status(
        ask(f, CERTS, "/certificates/search.cgi?certHash=AAAAAAAAAAAAAAAAAAAAAAAAAAA", ""), 404);
}

static void test_the_list_is_the_newest_complete_one_in_force(void **state)
{
    struct fixture *f = *state;
    char target[256];
    struct http_answer answer;

    query(target, sizeof(target), "/crls/search.cgi", "iHash", f->ca->subject, true);
    answer = ask(f, CRLS, target, "");
    assert_string_equal(answer.media_type, "application/pkix-crl");
    expect(answer, 200, f->crl);
    expect(ask(f, CRLS, target, "Range: bytes=0-3\r\n"), 206, bytes_of(f->crl.p, 4));
    query(target, sizeof(target), "/crls/search.cgi", "iHash", f->ee->subject, true);
    expect_status(ask(f, CRLS, target, ""), 404);
}

/* ---- pages ---- */

static bool page_has(const struct http_answer *answer, const char *text)
{
    return memmem(answer->body.data, answer->body.len, text, strlen(text)) != NULL;
}

static void test_pages_show_what_there_is(void **state)
{
    struct fixture *f = *state;
    struct http_answer answer = ask(f, OBJECT, "/pki/", "");

    assert_int_equal(answer.status, 200);
    assert_true(page_has(&answer, "<a href=\"/pki/ca/\">ca</a>"));
    assert_true(page_has(&answer, "<a href=\"/pki/ca-2/\">ca-2</a>"));
    answer_done(&answer);
    answer = ask(f, OBJECT, "/pki/ca/", "");
    assert_int_equal(answer.status, 200);
    assert_true(page_has(&answer, "<a href=\"/pki/ca/crl.crl\">"));
    assert_true(page_has(&answer, "<a href=\"/pki/ca/x.cer\">"));
    assert_false(page_has(&answer, "ca-2"));
    assert_true(page_has(&answer, "CN=CA \\&lt;&amp;\\&gt;"));
    assert_true(page_has(&answer, "serial number 1234"));
    assert_false(page_has(&answer, "Yamada"));
    answer_done(&answer);
    expect_status(ask(f, OBJECT, "/pki/none/", ""), 404);
    expect_status(ask(f, OBJECT, "/pki/c/", ""), 404);
    expect_status(ask(f, OBJECT, "/pki//", ""), 404);
    f->service.reader = NULL;
    expect_status(ask(f, OBJECT, "/pki/", ""), 503);
    expect_status(ask(f, CERTS, "/certificates/search.cgi?name=x", ""), 503);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_range_is_a_part_of_the_object),
        TEST(test_what_is_no_range_gives_the_whole),
        TEST(test_a_range_beyond_the_end_is_416),
        TEST(test_if_range_takes_the_tag_it_was_given),
        TEST(test_certificates_by_hashes),
        TEST(test_several_certificates_are_multipart),
        TEST(test_certificates_by_text),
        TEST(test_what_is_no_query_is_400),
        TEST(test_the_list_is_the_newest_complete_one_in_force),
        TEST(test_pages_show_what_there_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
