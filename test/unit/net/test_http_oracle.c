/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTTP reader against llhttp, the reader of Node.js, in its strict mode: what ours takes,
 * llhttp takes as the same requests; what only llhttp takes is listed with why ours does not
 * (STRICTER); what only ours takes is listed with why it may (LAXER). A difference that is not
 * listed fails, and so does a row that no stream meets any more.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include <cmocka.h>

#include "test/support/http_stream.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct difference {
    const char *fault, *why;
    size_t count;
};

/* Ours refuses with this text, llhttp takes the request. */
static struct difference STRICTER[] = {
    {"only HTTP/1.0 and HTTP/1.1 are spoken here", "0.9 and 2.0 are versions to llhttp", 0},
    {"exactly one Host is wanted", "RFC 9112 3.2; llhttp does not look at Host", 0},
    {"a malformed Host", "RFC 9110 7.2", 0},
    {"a folded header line", "RFC 9112 5.2: a server may refuse it, and no proxy reads it alike",
     0},
    {"a line ends without CR", "RFC 9112 2.2 lets a lone LF end a line; two readers may differ", 0},
    {"CR without LF", "in a chunk extension llhttp takes what follows for the end of the line", 0},
    {"a malformed header line", "a field name that is no token, or none", 0},
    {"a malformed request line", "octets that are no token or stand too often", 0},
    {"a malformed Transfer-Encoding", "empty elements of the list", 0},
    {"Transfer-Encoding where it may not stand", "twice, or in HTTP/1.0 (RFC 9112 6.1)", 0},
    {"a transfer coding we do not know", "501 (RFC 9112 6.1); llhttp reads on", 0},
    {"a field that may not be a trailer", "framing and routing are of the head (RFC 9110 6.5.1)",
     0},
    {"a bad chunk extension", "its form is of RFC 9112 7.1.1", 0},
    {"a character that may not stand in a request target", "RFC 3986", 0},
    {"a malformed percent escape", "RFC 3986 2.1", 0},
    {"a request target we cannot serve", "https:, or a relative path", 0},
    {"an absolute target without a path", "nothing to serve", 0},
    {"no tunnels here", "CONNECT", 0},
    {"an expectation we do not know", "417 (RFC 9110 10.1.1)", 0},
    {"Content-Length beside Transfer-Encoding", "also when the latter is empty", 0},
    {"empty lines before the request line", "one is enough (RFC 9112 2.2)", 0},
    {"close beside keep-alive", "close wins (RFC 9112 9.3); to llhttp the last one does", 0},
};

/* llhttp refuses with this text, ours takes the request. */
static struct difference LAXER[] = {
    {"Invalid method encountered", "a method nobody knows gets 501 (RFC 9110 9.1)", 0},
    {"Expected space after method", "the same of one that begins like a known one", 0},
    {"Invalid character in Content-Length", "a tab behind it is white space (RFC 9110 5.6.3)", 0},
    {"Request has invalid `Transfer-Encoding`", "a tab behind it (RFC 9110 5.6.3)", 0},
    {"Invalid character in chunk extensions", "blanks before a name (RFC 9112 7.1.1)", 0},
    {"Invalid character in chunk extensions name", "blanks behind a name", 0},
    {"Invalid character in chunk extensions value", "blanks about a value", 0},
    {"Invalid character in chunk extensions quote value", "blanks behind a quoted value", 0},
    {"Proxy-Connection", "no field of HTTP (RFC 9112 C.2.2); llhttp lets it end a connection", 0},
};

struct tally {
    size_t streams, same_requests, both_refuse;
};

static struct tally tally;

/* ---- comparing ---- */

static void show(const char *what, struct sk_bytes input)
{
    size_t i;

    (void)fprintf(stderr, "%s: ", what);
    for (i = 0; i < input.len && i < 600; i++) {
        uint8_t c = input.p[i];

        (void)fprintf(stderr, c >= 0x20 && c < 0x7f ? "%c" : "\\x%02x", c);
    }
    (void)fprintf(stderr, "\n");
}

static bool note(struct difference *rows, size_t num, const char *fault)
{
    size_t i;

    for (i = 0; i < num; i++) {
        if (strcmp(rows[i].fault, fault) == 0) {
            rows[i].count++;
            return true;
        }
    }
    return false;
}

static bool same_part(const struct http_stream *a, const struct stream_part *pa,
                      const struct http_stream *b, const struct stream_part *pb)
{
    return bytes_equal(http_stream_text(a, pa), http_stream_text(b, pb));
}

/* Ours gives the path of an absolute target (RFC 9112 3.2.2), llhttp the whole. */
static bool same_target(const struct http_stream *ours, const struct stream_message *a,
                        const struct http_stream *llhttp, const struct stream_message *b)
{
    struct sk_bytes path = http_stream_text(ours, &a->target),
                    whole = http_stream_text(llhttp, &b->target);

    if (whole.len > 7 && strncasecmp((const char *)whole.p, "http://", 7) == 0 &&
        whole.len > path.len)
        whole = bytes_of(whole.p + (whole.len - path.len), path.len);
    return bytes_equal(path, whole);
}

static bool same_message(const struct http_stream *ours, const struct stream_message *a,
                         const struct http_stream *llhttp, const struct stream_message *b)
{
    return strcmp(a->method, b->method) == 0 && a->minor == b->minor &&
           a->keep_alive == b->keep_alive && a->num_fields == b->num_fields &&
           same_target(ours, a, llhttp, b) && same_part(ours, &a->body, llhttp, &b->body) &&
           same_part(ours, &a->fields, llhttp, &b->fields);
}

/* All is the same but whether the connection persists. llhttp takes Proxy-Connection for
 * Connection. */
static bool differs_in_persistence(const struct stream_message *ours,
                                   const struct http_stream *stream, struct stream_message llhttp,
                                   const struct http_stream *other)
{
    struct sk_bytes fields = http_stream_text(stream, &ours->fields);
    size_t i;

    if (!ours->keep_alive && llhttp.keep_alive) {
        llhttp.keep_alive = false;
        return same_message(stream, ours, other, &llhttp) &&
               note(STRICTER, COUNT(STRICTER), "close beside keep-alive");
    }
    llhttp.keep_alive = ours->keep_alive;
    for (i = 0; i + 16 < fields.len; i++) {
        if (strncasecmp((const char *)fields.p + i, "proxy-connection", 16) == 0)
            return same_message(stream, ours, other, &llhttp) &&
                   note(LAXER, COUNT(LAXER), "Proxy-Connection");
    }
    return false;
}

static bool is_explained(const struct http_stream *ours, const struct http_stream *llhttp)
{
    size_t i, common = ours->num_messages < llhttp->num_messages ? ours->num_messages
                                                                 : llhttp->num_messages;

    for (i = 0; i < common; i++) {
        if (!same_message(ours, &ours->messages[i], llhttp, &llhttp->messages[i]))
            return differs_in_persistence(&ours->messages[i], ours, llhttp->messages[i], llhttp);
        tally.same_requests++;
    }
    if (ours->num_messages > common)
        return llhttp->end == STREAM_REFUSED && note(LAXER, COUNT(LAXER), llhttp->fault);
    if (llhttp->num_messages > common)
        return ours->end == STREAM_REFUSED && note(STRICTER, COUNT(STRICTER), ours->fault);
    tally.both_refuse += ours->end == STREAM_REFUSED && llhttp->end == STREAM_REFUSED;
    return true;
}

static void compare(struct sk_bytes input)
{
    struct http_stream ours, llhttp;

    http_stream_init(&ours);
    http_stream_init(&llhttp);
    http_stream_read_ours(&ours, input);
    http_stream_read_llhttp(&llhttp, input);
    tally.streams++;
    if (!is_explained(&ours, &llhttp)) {
        show("stream", input);
        (void)fprintf(stderr, "ours: %zu requests, end %d %u %s; llhttp: %zu requests, end %d %s\n",
                      ours.num_messages, (int)ours.end, ours.status,
                      ours.fault != NULL ? ours.fault : "", llhttp.num_messages, (int)llhttp.end,
                      llhttp.fault != NULL ? llhttp.fault : "");
        if (getenv("SEKISHO_KEEP_GOING") == NULL)
            fail();
    }
    http_stream_done(&ours);
    http_stream_done(&llhttp);
}

/* ---- streams ---- */

#define H "Host: a.example\r\n"

static const char *const METHODS[] = {"GET",   "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE",
                                      "PATCH", "get",  "G@T",  "",    "BREW",   "CONNECT"};
static const char *const TARGETS[] = {"/",
                                      "/ocsp",
                                      "/a?b=c",
                                      "/a?b?c",
                                      "/%41%2f",
                                      "/%zz",
                                      "*",
                                      "",
                                      "http://a.example/x",
                                      "HTTP://a.example:80/x?y",
                                      "https://a.example/",
                                      "http://a.example",
                                      "a.example:443",
                                      "/#x",
                                      "/a b",
                                      "/\"",
                                      "/\x7f",
                                      "/\xc3\xa9",
                                      "//x",
                                      "/.."};
static const char *const VERSIONS[] = {"HTTP/1.1", "HTTP/1.0",  "HTTP/1.2",  "HTTP/0.9",
                                       "HTTP/2.0", "http/1.1",  "HTTP/1.1 ", "HTTP/11",
                                       "HTTP/1.",  "HTTP/01.1", "HTTPS/1.1", ""};
static const char *const ENDS[] = {"\r\n", "\n", "\r", "\r\r\n"};

static const char *const FIELDS[] = {
    "",
    "Host: b\r\n",
    "A: b\r\n",
    "A:b\r\n",
    "A:\r\n",
    "A: \t b \t \r\n",
    "A: b\n",
    "A: b\rC: d\r\n",
    " A: b\r\n",
    "A : b\r\n",
    "A\t: b\r\n",
    ": b\r\n",
    "A\r\n",
    "A: b\r\n c\r\n",
    "A: b\r\n\tc\r\n",
    "A(: b\r\n",
    "A: \x01\r\n",
    "A: \x7f\r\n",
    "A: \x80\r\n",
    "\xc3\xa9: b\r\n",
    "Connection: close\r\n",
    "Connection: keep-alive\r\n",
    "Connection: keep-alive, close\r\n",
    "Connection: Close\r\n",
    "Connection: x, close\r\n",
    "Connection: closed\r\n",
    "Connection: close\r\nConnection: keep-alive\r\n",
    "Expect: 100-continue\r\n",
    "Expect: x\r\n",
    "Proxy-Connection: close\r\n",
    "A: b\r\nA: b\r\n",
    "Host:\r\n",
    "Host: a, b\r\n",
    "TE: trailers\r\n",
    "Upgrade: h2c\r\n",
};

static const char *const BODIES[] = {
    "\r\n",
    "Content-Length: 0\r\n\r\n",
    "Content-Length: 3\r\n\r\nabc",
    "Content-Length: 003\r\n\r\nabc",
    "Content-Length: +3\r\n\r\nabc",
    "Content-Length: -3\r\n\r\nabc",
    "Content-Length: 3 \r\n\r\nabc",
    "Content-Length: 3\t\r\n\r\nabc",
    "Transfer-Encoding: chunked\t\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    "Transfer-Encoding:\r\nContent-Length: 3\r\n\r\nabc",
    "\r\n\r\n\r\n",
    "Content-Length: 3, 3\r\n\r\nabc",
    "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
    "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    "Content-Length: 0x3\r\n\r\nabc",
    "Content-Length: \r\n\r\n",
    "Content-Length: 3x\r\n\r\nabc",
    "Content-Length: 1 2\r\n\r\nabc",
    "Content-Length: 18446744073709551616\r\n\r\nabc",
    "Content-Length: 99999999999999999999999\r\n\r\nabc",
    "Content-Length: 1000000\r\n\r\nabc",
    "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    "Transfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    "Transfer-Encoding: chunked \r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    "Transfer-Encoding: \tchunked\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding: identity\r\n\r\n",
    "Transfer-Encoding: gzip\r\n\r\n",
    "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding: chunkedx\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding: x chunked\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding:\r\n\r\n",
    "Transfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding: \013chunked\r\n\r\n0\r\n\r\n",
};

/* Behind "Transfer-Encoding: chunked". */
static const char *const CHUNKS[] = {
    "0\r\n\r\n",
    "3;=y\r\nabc\r\n0\r\n\r\n",
    "3;x=\r\nabc\r\n0\r\n\r\n",
    "3;;x\r\nabc\r\n0\r\n\r\n",
    "3;x==y\r\nabc\r\n0\r\n\r\n",
    "3;x =y\r\nabc\r\n0\r\n\r\n",
    "3;x= y\r\nabc\r\n0\r\n\r\n",
    "3;x=\"y\" \r\nabc\r\n0\r\n\r\n",
    "3\r\nabc\r\n0\r\n\r\n",
    "003\r\nabc\r\n0\r\n\r\n",
    "A\r\n0123456789\r\n0\r\n\r\n",
    "a\r\n0123456789\r\n0\r\n\r\n",
    "3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n",
    "3;x\r\nabc\r\n0\r\n\r\n",
    "3;x=y\r\nabc\r\n0\r\n\r\n",
    "3;x=\"y;z\"\r\nabc\r\n0\r\n\r\n",
    "3; x = y\r\nabc\r\n0\r\n\r\n",
    "3 ;x\r\nabc\r\n0\r\n\r\n",
    "3;\r\nabc\r\n0\r\n\r\n",
    "3;x\rabc\r\n0\r\n\r\n",
    "3;x\nabc\r\n0\r\n\r\n",
    "3 \r\nabc\r\n0\r\n\r\n",
    "3\nabc\r\n0\r\n\r\n",
    "3\r\nabc\n0\r\n\r\n",
    "3\r\nabcd\r\n0\r\n\r\n",
    "3\r\nab\r\n0\r\n\r\n",
    "+3\r\nabc\r\n0\r\n\r\n",
    "-3\r\nabc\r\n0\r\n\r\n",
    "0x3\r\nabc\r\n0\r\n\r\n",
    "g\r\nabc\r\n0\r\n\r\n",
    "\r\nabc\r\n0\r\n\r\n",
    " 3\r\nabc\r\n0\r\n\r\n",
    "ffffffffffffffff\r\nabc\r\n0\r\n\r\n",
    "10000000000000003\r\nabc\r\n0\r\n\r\n",
    "20000\r\nabc\r\n0\r\n\r\n",
    "0\r\nA: b\r\n\r\n",
    "0\r\nA: b\r\nC: d\r\n\r\n",
    "0\r\nA b\r\n\r\n",
    "0\r\n A: b\r\n\r\n",
    "0\r\nA : b\r\n\r\n",
    "0\r\nA: b\n\r\n",
    "0\r\nContent-Length: 5\r\n\r\n",
    "0\r\nTransfer-Encoding: chunked\r\n\r\n",
    "0\r\nHost: b\r\n\r\n",
    "0\r\n\n",
    "0\n\r\n",
    "00\r\n\r\n",
    "0;x\r\n\r\n",
    "0\r\n",
    "3\r\nabc\r\n",
    "3\r\nabc",
    "",
    "3;\x01\r\nabc\r\n0\r\n\r\n",
    "3;x=\x80\r\nabc\r\n0\r\n\r\n",
    "3\t\r\nabc\r\n0\r\n\r\n",
};

/* A stream with a request behind it, to see where the first one ends. */
static void SK_PRINTF(1, 2) run(const char *format, ...)
{
    char text[4096];
    va_list args;
    int len;

    va_start(args, format);
    len = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    assert_true(len > 0 && (size_t)len < sizeof(text));
    compare(bytes_of(text, (size_t)len));
}

#define NEXT "GET /next HTTP/1.1\r\n" H "Connection: close\r\n\r\n"

static void run_request_lines(void)
{
    size_t m, t, v, e;

    for (m = 0; m < COUNT(METHODS); m++)
        for (t = 0; t < COUNT(TARGETS); t++)
            for (v = 0; v < COUNT(VERSIONS); v++)
                run("%s %s %s\r\n" H "\r\n" NEXT, METHODS[m], TARGETS[t], VERSIONS[v]);
    for (e = 0; e < COUNT(ENDS); e++)
        for (t = 0; t < COUNT(ENDS); t++)
            run("GET / HTTP/1.1%s" H "%s" NEXT, ENDS[e], ENDS[t]);
}

static void run_fields(void)
{
    static const char *const lines[] = {"GET / HTTP/1.1\r\n", "POST /x HTTP/1.1\r\n",
                                        "GET / HTTP/1.0\r\n"};
    size_t l, f, b;

    for (l = 0; l < COUNT(lines); l++)
        for (f = 0; f < COUNT(FIELDS); f++) {
            run("%s%s\r\n" NEXT, lines[l], FIELDS[f]);
            for (b = 0; b < COUNT(BODIES); b++) {
                run("%s" H "%s%s" NEXT, lines[l], FIELDS[f], BODIES[b]);
                run("%s%s" H "%s" NEXT, lines[l], FIELDS[f], BODIES[b]);
            }
        }
}

static void run_chunks(void)
{
    size_t c, d;

    for (c = 0; c < COUNT(CHUNKS); c++) {
        run("POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n%s" NEXT, CHUNKS[c]);
        for (d = 0; d < COUNT(CHUNKS); d++)
            run("POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n%s"
                "POST /2 HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n%s" NEXT,
                CHUNKS[c], CHUNKS[d]);
    }
}

/* ---- mutations ---- */

static uint32_t seed = 20260401;

static uint32_t pick(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % below;
}

static size_t mutate(char *text, size_t len, size_t room)
{
    static const char octets[] = "\r\n\t :;,=0123aAxX/?%\"\x01\x7f\x80-+";
    size_t at = pick((uint32_t)len), other = pick((uint32_t)len), n;
    char c = octets[pick(sizeof(octets))];

    switch (pick(4)) {
    case 0:
        text[at] = c;
        return len;
    case 1:
        memmove(text + at, text + at + 1, len - at - 1);
        return len - 1;
    case 2:
        if (len + 1 >= room)
            return len;
        memmove(text + at + 1, text + at, len - at);
        text[at] = c;
        return len + 1;
    default:
        n = 1 + pick(24);
        if (len + n >= room || other + n > len)
            return len;
        memmove(text + at + n, text + at, len - at);
        memmove(text + at, text + (other >= at ? other + n : other), n);
        return len + n;
    }
}

static void run_mutations(unsigned count)
{
    unsigned i, k;

    for (i = 0; i < count; i++) {
        char text[2048];
        int len = snprintf(text, sizeof(text),
                           "%s %s HTTP/1.1\r\n" H "%s%s"
                           "POST /c HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n%s" NEXT,
                           METHODS[pick(8)], TARGETS[pick(5)], FIELDS[2 + pick(4)], BODIES[pick(4)],
                           CHUNKS[pick(9)]);
        size_t used = (size_t)len;

        for (k = 0; k <= pick(3); k++)
            used = mutate(text, used, sizeof(text));
        compare(bytes_of(text, used));
    }
}

static void print_rows(const char *title, const struct difference *rows, size_t num)
{
    size_t i;

    for (i = 0; i < num; i++)
        print_message("## %s %6zu %s: %s\n", title, rows[i].count, rows[i].fault, rows[i].why);
}

static void test_http_takes_nothing_that_llhttp_reads_differently(void **state)
{
    const char *count = getenv("SEKISHO_HTTP_MUTATIONS");
    size_t i;

    (void)state;
    if (http_stream_llhttp_version() == 0) {
        print_message("skipped: no llhttp (Debian package node-llhttp or libllhttp-dev)\n");
        skip();
    }
    run_request_lines();
    run_fields();
    run_chunks();
    run_mutations(count != NULL ? (unsigned)strtoul(count, NULL, 10) : 20000);
    print_message("## %zu streams: %zu requests read alike, %zu streams refused by both\n",
                  tally.streams, tally.same_requests, tally.both_refuse);
    print_rows("stricter", STRICTER, COUNT(STRICTER));
    print_rows("laxer", LAXER, COUNT(LAXER));
    /* Version 9 of Debian 13 is stricter in some rows. */
    for (i = 0; i < COUNT(STRICTER) && http_stream_llhttp_version() == 8; i++)
        assert_true(STRICTER[i].count > 0);
    for (i = 0; i < COUNT(LAXER); i++)
        assert_true(LAXER[i].count > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_http_takes_nothing_that_llhttp_reads_differently),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
