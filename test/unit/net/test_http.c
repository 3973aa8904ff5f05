/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "net/http.h"

static const struct http_limits limits = {.head_bytes = 8192, .body_bytes = 65536};

/* Feeds text in pieces of step octets; gives the HTTP status of the refusal, 0 for a whole request,
 * 1 when more is wanted. */
static unsigned feed(struct http_reader *r, const char *text, size_t len, size_t step, size_t *used)
{
    size_t at = 0, n = 0;

    *used = 0;
    while (at < len) {
        size_t piece = len - at < step ? len - at : step;
        enum sk_status status = http_read(r, bytes_of(text + at, piece), &n);
        const char *why;

        if (status == SK_INPUT)
            return http_reader_fault(r, &why);
        at += n;
        if (status == SK_OK) {
            *used = at;
            return 0;
        }
        assert_int_equal(status, SK_AGAIN);
        assert_int_equal(n, piece);
    }
    return 1;
}

/* The outcome must be the same whole, in single octets and in threes. */
static unsigned outcome(const char *text, size_t len)
{
    static const size_t steps[] = {SIZE_MAX, 1, 3, 7};
    unsigned first = 0;
    size_t i;

    for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        struct http_reader r;
        unsigned got;
        size_t used;

        http_reader_init(&r, &limits);
        got = feed(&r, text, len, steps[i] > len ? len : steps[i], &used);
        http_reader_done(&r);
        if (i == 0)
            first = got;
        assert_int_equal(got, first);
    }
    return first;
}

#define H "Host: a.example\r\n"

struct shape {
    unsigned want; /* HTTP status, 0 accepted, 1 more wanted */
    const char *text;
};

static void run_shapes(const struct shape *shapes, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        unsigned got = outcome(shapes[i].text, strlen(shapes[i].text));

        if (got != shapes[i].want)
            fail_msg("wanted %u, got %u: %s", shapes[i].want, got, shapes[i].text);
    }
}
#define RUN(shapes) run_shapes(shapes, sizeof(shapes) / sizeof((shapes)[0]))

static void test_http_refuses_malformed_request_lines(void **state)
{
    static const struct shape shapes[] = {
        {400, "GET /\r\n"},
        {400, "GET\r\n"},
        {400, " GET / HTTP/1.1\r\n"},
        {400, "GET  / HTTP/1.1\r\n"},
        {400, "GET /  HTTP/1.1\r\n"},
        {400, "GET / HTTP/1.1 \r\n"},
        {400, "GET\t/\tHTTP/1.1\r\n"},
        {400, "G@T / HTTP/1.1\r\n"},
        {400, "GET / http/1.1\r\n"},
        {400, "GET / HTTP/11\r\n"},
        {400, "GET / HTTP/1.10\r\n"},
        {400, "GET / HTTP/1.x\r\n"},
        {505, "GET / HTTP/1.2\r\n"},
        {505, "GET / HTTP/1.9\r\n"},
        {505, "GET / HTTP/2.0\r\n"},
        {505, "GET / HTTP/0.9\r\n"},
        {505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
        {400, "GET a.example/ HTTP/1.1\r\n"},
        {400, "GET * HTTP/1.1\r\n"},
        {400, "GET https://a/ HTTP/1.1\r\n"},
        {400, "GET ftp://a/ HTTP/1.1\r\n"},
        {400, "GET http://a HTTP/1.1\r\n"},
        {400, "GET http:/// HTTP/1.1\r\n"},
        {400, "GET http://u@a/ HTTP/1.1\r\n"},
        {400, "GET http://a:x/ HTTP/1.1\r\n"},
        {501, "CONNECT a:443 HTTP/1.1\r\n"},
        {400, "GET /#x HTTP/1.1\r\n"},
        {400, "GET /% HTTP/1.1\r\n"},
        {400, "GET /%2 HTTP/1.1\r\n"},
        {400, "GET /%2x HTTP/1.1\r\n"},
        {400, "GET /\"x\" HTTP/1.1\r\n"},
        {400, "GET /\xc3\xa9 HTTP/1.1\r\n"},
        {400, "\r\n\r\nGET / HTTP/1.1\r\n"},
    };

    (void)state;
    RUN(shapes);
}

static void test_http_refuses_lines_that_two_readers_could_cut_differently(void **state)
{
    static const struct shape shapes[] = {
        {400, "GET / HTTP/1.1\n"},
        {400, "GET / HTTP/1.1\r\nHost: a\n"},
        {400, "GET / HTTP/1.1\r\n" H "A: b\n\r\n"},
        {400, "GET / HTTP/1.1\r\n" H "\n"},
        {400, "GET / HTTP/1.1\rHost: a\r\n"},
        {400, "GET / HTTP/1.1\r\r\n"},
        {400, "GET / HTTP/1.1\r\n" H "A: b\rC: d\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\n" H " A: folded\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\n" H "A: b\r\n folded\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\n" H "A: b\r\n\tfolded\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\n Host: a\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost : a\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\n" H "Content-Length : 3\r\n\r\nabc"},
        {400, "GET / HTTP/1.1\r\n" H ": empty\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\n" H "NoColon\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\n" H "A(b): c\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\n" H "A\xe9: c\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\n" H "A: b\x01\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\n" H "A: b\x7f\r\n\r\n"},
        {400, "\x16\x03\x01\x02"},
        {400, "\x01"},
    };
    static const char with_nul[] = "GET / HTTP/1.1\r\n" H "A: b\0c\r\n\r\n";

    (void)state;
    RUN(shapes);
    assert_int_equal(outcome(with_nul, sizeof(with_nul) - 1), 400);
}

static void test_http_refuses_ambiguous_hosts(void **state)
{
    static const struct shape shapes[] = {
        {400, "GET / HTTP/1.1\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: a\r\nHOST: b\r\n\r\n"},
        {400, "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost:\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: [::1]x\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: a:80:80\r\n\r\n"},
    };

    (void)state;
    RUN(shapes);
}

static void test_http_refuses_smuggling_by_length(void **state)
{
    static const struct shape shapes[] = {
        {400, "POST / HTTP/1.1\r\n" H "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"},
        {400, "POST / HTTP/1.1\r\n" H "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc"},
        {400, "POST / HTTP/1.1\r\n" H "Content-Length: 3, 3\r\n\r\nabc"},
        {400, "POST / HTTP/1.1\r\n" H "Content-Length: +3\r\n\r\nabc"},
        {400, "POST / HTTP/1.1\r\n" H "Content-Length: -3\r\n\r\nabc"},
        {400, "POST / HTTP/1.1\r\n" H "Content-Length: 0x3\r\n\r\nabc"},
        {400, "POST / HTTP/1.1\r\n" H "Content-Length: 3 3\r\n\r\nabc"},
        {400, "POST / HTTP/1.1\r\n" H "Content-Length:\r\n\r\nabc"},
        {400, "POST / HTTP/1.1\r\n" H "Content-Length: 3;x\r\n\r\nabc"},
        {413, "POST / HTTP/1.1\r\n" H "Content-Length: 65537\r\n\r\n"},
        {413, "POST / HTTP/1.1\r\n" H "Content-Length: 18446744073709551619\r\n\r\n"},
        {413, "POST / HTTP/1.1\r\n" H
              "Content-Length: 99999999999999999999999999999999999999999\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\n" H
              "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\n" H
              "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\n" H
              "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked, chunked\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked, identity\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: \r\n\r\n"},
        {400, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked,\r\n\r\n"},
        {400, "POST / HTTP/1.0\r\n" H "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
        {501, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: gzip, chunked\r\n\r\n"},
        {501, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: gzip\r\n\r\n"},
        {501, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: xchunked\r\n\r\n"},
        {501, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked;q=1\r\n\r\n"},
        {501, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: \"chunked\"\r\n\r\n"},
        {417, "POST / HTTP/1.1\r\n" H "Expect: more\r\nContent-Length: 1\r\n\r\n"},
    };

    (void)state;
    RUN(shapes);
}

#define CHUNKED "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n"

static void test_http_refuses_malformed_chunks(void **state)
{
    static const struct shape shapes[] = {
        {400, CHUNKED "\r\n"},
        {400, CHUNKED "x\r\n"},
        {400, CHUNKED "3 \r\nabc\r\n0\r\n\r\n"},
        {400, CHUNKED " 3\r\nabc\r\n0\r\n\r\n"},
        {400, CHUNKED "+3\r\nabc\r\n0\r\n\r\n"},
        {400, CHUNKED "0x3\r\nabc\r\n0\r\n\r\n"},
        {400, CHUNKED ";a=b\r\n"},
        {400, CHUNKED "3\nabc\r\n0\r\n\r\n"},
        {400, CHUNKED "3\rabc\r\n0\r\n\r\n"},
        {400, CHUNKED "3;a\nabc\r\n0\r\n\r\n"},
        {400, CHUNKED "3;a\x01\r\nabc\r\n0\r\n\r\n"},
        {400, CHUNKED "3\r\nabcd\r\n0\r\n\r\n"},
        {400, CHUNKED "3\r\nabc\n0\r\n\r\n"},
        {400, CHUNKED "3\r\nabc\rx"},
        {413, CHUNKED "10001\r\n"},
        {413, CHUNKED "ffffffff\r\n"},
        {413, CHUNKED "000000003\r\n"},
        {400, CHUNKED "0\r\nNoColon\r\n\r\n"},
        {400, CHUNKED "0\r\n A: b\r\n\r\n"},
        {400, CHUNKED "0\r\nA: b\n\r\n"},
        {1, CHUNKED "3\r\nabc\r\n0\r\n"},
        {400, CHUNKED "1;\r\na\r\n0\r\n\r\n"},
        {400, CHUNKED "1;a;\r\na\r\n0\r\n\r\n"},
        {400, CHUNKED "1;a=\r\na\r\n0\r\n\r\n"},
        {400, CHUNKED "1;a=\"b\r\na\r\n0\r\n\r\n"},
        {400, CHUNKED "1;a=\"b\"c\r\na\r\n0\r\n\r\n"},
        {400, CHUNKED "1;a=\"b\\\"\r\na\r\n0\r\n\r\n"},
        {400, CHUNKED "1;a=\xc3\xa9\r\na\r\n0\r\n\r\n"},
        {400, CHUNKED "1;a b\r\na\r\n0\r\n\r\n"},
        {400, CHUNKED "0\r\nContent-Length: 3\r\n\r\n"},
        {400, CHUNKED "0\r\nTRANSFER-ENCODING: chunked\r\n\r\n"},
        {400, CHUNKED "0\r\nHost: b\r\n\r\n"},
        {0, CHUNKED "1;a=\"b;\\\"=c\"; d = e ;f\r\na\r\n0\r\nContent-Type: a\r\n\r\n"},
    };

    (void)state;
    RUN(shapes);
}

static void test_http_refuses_one_past_each_cap(void **state)
{
    static char text[16384];
    size_t i, n;

    (void)state;
    /* the request line alone past the head cap */
    n = (size_t)snprintf(text, sizeof(text), "GET /");
    memset(text + n, 'a', 9000);
    assert_int_equal(outcome(text, 8193), 414);
    assert_int_equal(outcome(text, 8192), 1);
    /* a target at its cap and one past it */
    n = (size_t)snprintf(text, sizeof(text), "GET /%0*d HTTP/1.1\r\n" H "\r\n",
                         (int)LIMIT_HTTP_TARGET_BYTES - 1, 0);
    assert_int_equal(outcome(text, n), 0);
    n = (size_t)snprintf(text, sizeof(text), "GET /%0*d HTTP/1.1\r\n" H "\r\n",
                         (int)LIMIT_HTTP_TARGET_BYTES, 0);
    assert_int_equal(outcome(text, n), 414);
    /* fields by number */
    n = (size_t)snprintf(text, sizeof(text), "GET / HTTP/1.1\r\n" H);
    for (i = 1; i < LIMIT_HTTP_HEADERS; i++)
        n += (size_t)snprintf(text + n, sizeof(text) - n, "A: b\r\n");
    assert_int_equal(outcome(text, n), 1);
    n += (size_t)snprintf(text + n, sizeof(text) - n, "A: b\r\n");
    assert_int_equal(outcome(text, n), 431);
    /* fields by octets: a head of exactly the cap, and of one more */
    n = (size_t)snprintf(text, sizeof(text), "GET / HTTP/1.1\r\n" H "A: ");
    memset(text + n, 'a', 9000);
    memcpy(text + 8192 - 4, "\r\n\r\n", 4);
    assert_int_equal(outcome(text, 8192), 0);
    memset(text + 8192 - 4, 'a', 4);
    memcpy(text + 8193 - 4, "\r\n\r\n", 4);
    assert_int_equal(outcome(text, 8193), 431);
}

static void test_http_refuses_trailers_and_extensions_without_end(void **state)
{
    static char text[32768];
    size_t n = (size_t)snprintf(text, sizeof(text), CHUNKED "0\r\nA: "), i;

    (void)state;
    memset(text + n, 'a', 9000);
    assert_int_equal(outcome(text, n + 9000), 431);
    n = (size_t)snprintf(text, sizeof(text), CHUNKED "0\r\n");
    for (i = 0; i < 2000; i++)
        n += (size_t)snprintf(text + n, sizeof(text) - n, "A: b\r\n");
    assert_int_equal(outcome(text, n), 431);
    n = (size_t)snprintf(text, sizeof(text), CHUNKED "1;");
    memset(text + n, 'a', 9000);
    assert_int_equal(outcome(text, n + 9000), 400);
}

static void test_http_accepts_what_the_rfc_asks(void **state)
{
    static const struct shape shapes[] = {
        {0, "GET / HTTP/1.1\r\n" H "\r\n"},
        {0, "\r\nGET / HTTP/1.1\r\n" H "\r\n"},
        {0, "GET / HTTP/1.0\r\n\r\n"},
        {0, "BREW /pot HTTP/1.1\r\n" H "\r\n"},
        {0, "OPTIONS * HTTP/1.1\r\n" H "\r\n"},
        {0, "GET HTTP://b.example:8080/x?y HTTP/1.1\r\n" H "\r\n"},
        {0, "GET http://[::1]:80/ HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"},
        {0, "GET / HTTP/1.1\r\nHost:a\r\nA:\r\nB: \t x \t \r\n\r\n"},
        {0, "GET / HTTP/1.1\r\n" H "A: caf\xc3\xa9\r\n\r\n"},
        {0, "POST / HTTP/1.1\r\n" H "Content-Length: 003\r\n\r\nabc"},
        {1, "POST / HTTP/1.1\r\n" H "Content-Length: 4\r\n\r\nabc"},
        {0, "POST / HTTP/1.1\r\n" H "Content-Length: 0\r\n\r\n"},
        {0, "POST / HTTP/1.1\r\n" H "transfer-encoding: CHUNKED\r\n\r\n0\r\n\r\n"},
        {0, CHUNKED "3;ext=\"v\"\r\nabc\r\n00\r\nX: y\r\n\r\n"},
        {0, "POST / HTTP/1.0\r\n" H "Expect: more\r\nContent-Length: 1\r\n\r\na"},
        {1, "GET / HTTP/1.1\r\n" H},
        {1, "G"},
    };

    (void)state;
    RUN(shapes);
}

/* The request points into the reader. */
static void whole(struct http_reader *r, const char *text, struct http_request *out)
{
    size_t used;

    http_reader_init(r, &limits);
    assert_int_equal(feed(r, text, strlen(text), strlen(text), &used), 0);
    http_request_get0(r, out);
}

static void assert_text(struct sk_bytes got, const char *want)
{
    assert_int_equal(got.len, strlen(want));
    if (got.len > 0)
        assert_memory_equal(got.p, want, got.len);
}

static void test_http_takes_one_request_and_leaves_the_next(void **state)
{
    static const char two[] = CHUNKED "3\r\nabc\r\n2\r\nde\r\n0\r\nT: x\r\n\r\n"
                                      "GET /b?q=1 HTTP/1.1\r\n" H "\r\nrest";
    struct http_request request;
    struct http_reader r;
    size_t used, step;

    (void)state;
    for (step = 1; step < sizeof(two); step++) {
        http_reader_init(&r, &limits);
        assert_int_equal(feed(&r, two, sizeof(two) - 1, step, &used), 0);
        assert_string_equal(two + used, "GET /b?q=1 HTTP/1.1\r\n" H "\r\nrest");
        http_request_get0(&r, &request);
        assert_int_equal(request.method, HTTP_POST);
        assert_text(request.body, "abcde");
        http_reader_next(&r);
        assert_true(http_reader_is_idle(&r));
        assert_int_equal(feed(&r, two + used, sizeof(two) - 1 - used, step, &used), 0);
        http_request_get0(&r, &request);
        assert_int_equal(request.method, HTTP_GET);
        assert_text(request.path, "/b");
        assert_text(request.query, "q=1");
        assert_int_equal(request.body.len, 0);
        http_reader_done(&r);
    }
}

static void test_http_gives_fields_once_or_not_at_all(void **state)
{
    struct http_request request;
    struct http_reader r;
    struct sk_bytes value = {NULL, 77};

    (void)state;
    whole(&r,
          "GET http://b/p HTTP/1.1\r\n" H "X-A:  one \r\nB: 1\r\nb: 2\r\n"
          "Empty:\r\n\r\n",
          &request);
    assert_int_equal(http_request_field(&request, "b", &value), SK_INPUT);
    assert_int_equal(http_request_field(&request, "c", &value), SK_NOTFOUND);
    assert_int_equal(value.len, 77);
    assert_int_equal(http_request_field(&request, "x-a", &value), SK_OK);
    assert_text(value, "one");
    assert_int_equal(http_request_field(&request, "empty", &value), SK_OK);
    assert_int_equal(value.len, 0);
    assert_text(request.path, "/p");
    assert_null(request.query.p);
    http_reader_done(&r);
}

static bool keeps_alive(const char *text)
{
    struct http_request request;
    struct http_reader r;
    bool keep;

    whole(&r, text, &request);
    keep = request.keep_alive;
    http_reader_done(&r);
    return keep;
}

static void test_http_knows_when_a_connection_persists(void **state)
{
    (void)state;
    assert_false(keeps_alive("GET / HTTP/1.0\r\n\r\n"));
    assert_false(keeps_alive("GET / HTTP/1.1\r\n" H "Connection: close\r\n\r\n"));
    assert_false(keeps_alive("GET / HTTP/1.1\r\n" H "Connection: x, Close ,y\r\n\r\n"));
    assert_false(
        keeps_alive("GET / HTTP/1.1\r\n" H "Connection: keep-alive\r\nConnection: close\r\n\r\n"));
    assert_true(keeps_alive("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"));
    assert_true(keeps_alive("GET / HTTP/1.1\r\n" H "\r\n"));
    assert_true(keeps_alive("GET / HTTP/1.1\r\n" H "Connection: closed\r\n\r\n"));
}

static void test_http_wants_continue_only_before_a_body(void **state)
{
    static const char text[] =
        "POST / HTTP/1.1\r\n" H "Expect: 100-Continue\r\nContent-Length: 1\r\n\r\n";
    struct http_request request;
    struct http_reader r;
    size_t used;

    (void)state;
    http_reader_init(&r, &limits);
    assert_int_equal(feed(&r, text, sizeof(text) - 1, 5, &used), 1);
    assert_true(r.wants_continue);
    assert_true(http_reader_in_body(&r));
    http_reader_done(&r);
    whole(&r, "GET / HTTP/1.1\r\n" H "Expect: 100-continue\r\n\r\n", &request);
    assert_false(r.wants_continue);
    http_reader_done(&r);
}

static void test_http_compares_entity_tags_and_media_types(void **state)
{
#define TEXT(s) bytes_of(s, sizeof(s) - 1)
    (void)state;
    assert_false(http_etag_listed(TEXT("abc"), "abc"));
    assert_false(http_etag_listed(TEXT("\"abcd\""), "abc"));
    assert_false(http_etag_listed(TEXT(""), "abc"));
    assert_true(http_etag_listed(TEXT("\"abc\""), "abc"));
    assert_true(http_etag_listed(TEXT("\"x\" , W/\"abc\""), "abc"));
    assert_true(http_etag_listed(TEXT("*"), "abc"));
    assert_false(http_media_type_is(TEXT("application/jsonx"), "application/json"));
    assert_true(http_media_type_is(TEXT("Application/JSON ; charset=utf-8"), "application/json"));
}

static void test_http_unescapes_strictly(void **state)
{
    struct sk_buf out;

    (void)state;
    buf_init(&out, 8);
    assert_int_equal(http_unescape(TEXT("%"), &out), SK_INPUT);
    assert_int_equal(http_unescape(TEXT("%4"), &out), SK_INPUT);
    assert_int_equal(http_unescape(TEXT("%zz"), &out), SK_INPUT);
    assert_int_equal(http_unescape(TEXT("a%00"), &out), SK_INPUT);
    assert_int_equal(http_unescape(TEXT("a%0d"), &out), SK_INPUT);
    buf_reset(&out);
    assert_int_equal(http_unescape(TEXT("%2B%2f%3Dab+/="), &out), SK_OK);
    assert_text(buf_bytes(&out), "+/=ab+/=");
    assert_int_equal(http_unescape(TEXT("x"), &out), SK_LIMIT);
    buf_done(&out);
#undef TEXT
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_http_refuses_malformed_request_lines),
        cmocka_unit_test(test_http_refuses_lines_that_two_readers_could_cut_differently),
        cmocka_unit_test(test_http_refuses_ambiguous_hosts),
        cmocka_unit_test(test_http_refuses_smuggling_by_length),
        cmocka_unit_test(test_http_refuses_malformed_chunks),
        cmocka_unit_test(test_http_refuses_one_past_each_cap),
        cmocka_unit_test(test_http_refuses_trailers_and_extensions_without_end),
        cmocka_unit_test(test_http_accepts_what_the_rfc_asks),
        cmocka_unit_test(test_http_takes_one_request_and_leaves_the_next),
        cmocka_unit_test(test_http_gives_fields_once_or_not_at_all),
        cmocka_unit_test(test_http_knows_when_a_connection_persists),
        cmocka_unit_test(test_http_wants_continue_only_before_a_body),
        cmocka_unit_test(test_http_compares_entity_tags_and_media_types),
        cmocka_unit_test(test_http_unescapes_strictly),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
