/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "tools/bench/reply.h"

enum { MAX_BODY = 64 };

struct shape {
    const char *text;      /* octets of a connection */
    enum sk_status result; /* of the first answer; SK_AGAIN: it never ends */
    unsigned status;
    const char *body;
    const char *rest; /* what stands behind it */
    bool is_last;
    enum sk_status end; /* of reply_end() when result is SK_AGAIN */
};

static const struct shape SHAPES[] = {
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", SK_OK, 200, "hello", "", false, SK_OK},
    {"HTTP/1.1 200 OK\r\ncontent-length:  5 \r\nX: y\r\n\r\nhelloHTTP/1.1 404", SK_OK, 200, "hello",
     "HTTP/1.1 404", false, SK_OK},
    {"HTTP/1.1 404\r\nContent-Length: 0\r\n\r\n", SK_OK, 404, "", "", false, SK_OK},
    {"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", SK_OK, 503, "", "",
     true, SK_OK},
    {"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", SK_OK, 200, "hi", "", true, SK_OK},
    {"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nhi", SK_OK, 200, "hi",
     "", false, SK_OK},
    {"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\nHTTP", SK_OK, 304, "", "HTTP", false,
     SK_OK},
    {"HTTP/1.1 204 No Content\r\n\r\n", SK_OK, 204, "", "", false, SK_OK},
    /* a body that ends with the connection */
    {"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nhello", SK_AGAIN, 200, "hello", "", true,
     SK_OK},
    /* cut off */
    {"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello", SK_AGAIN, 200, "hello", "", false,
     SK_INPUT},
    {"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n", SK_AGAIN, 0, "", "", false, SK_INPUT},
    {"", SK_AGAIN, 0, "", "", false, SK_INPUT},
    /* no answers */
    {"HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n", SK_INPUT, 0, "", "", false, SK_OK},
    {"HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n", SK_INPUT, 0, "", "", false, SK_OK},
    {"HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n", SK_INPUT, 0, "", "", false, SK_OK},
    {"HTTP/1.1 100 Continue\r\nContent-Length: 0\r\n\r\n", SK_INPUT, 0, "", "", false, SK_OK},
    {"220 smtp.example\r\n\r\n", SK_INPUT, 0, "", "", false, SK_OK},
    {"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", SK_INPUT, 0, "", "", false, SK_OK},
    {"HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n\r\n", SK_INPUT, 0, "", "", false, SK_OK},
    {"HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n", SK_INPUT, 0, "", "", false, SK_OK},
    {"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", SK_INPUT, 0, "", "", false, SK_OK},
    {"HTTP/1.1 200 OK\r\nContent-Length: 9999999999999\r\n\r\n", SK_INPUT, 0, "", "", false, SK_OK},
    {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", SK_INPUT, 0, "", "",
     false, SK_OK},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", SK_INPUT, 0, "", "", false,
     SK_OK},
    /* the body is larger than its buffer */
    {"HTTP/1.1 200 OK\r\nContent-Length: 65\r\n\r\n"
     "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggggg",
     SK_LIMIT, 0, "", "", false, SK_OK},
};

/* Feeds the shape in pieces of so many octets. */
static void check(const struct shape *shape, size_t piece)
{
    struct reply *reply = malloc(sizeof(*reply));
    size_t at = 0, used = 0, len = strlen(shape->text), take;
    enum sk_status status = SK_AGAIN;
    struct sk_buf body;

    assert_non_null(reply);
    buf_init(&body, MAX_BODY);
    reply_start(reply, &body);
    while (at < len && status == SK_AGAIN) {
        take = len - at < piece ? len - at : piece;
        status = reply_feed(reply, bytes_of(shape->text + at, take), &used);
        if (status == SK_AGAIN)
            assert_int_equal(used, take);
        at += status == SK_AGAIN || status == SK_OK ? used : 0;
    }
    assert_int_equal(status, shape->result);
    if (status == SK_OK || status == SK_AGAIN) {
        assert_int_equal(body.len, strlen(shape->body));
        assert_true(body.len == 0 || memcmp(body.data, shape->body, body.len) == 0);
    }
    if (status == SK_OK) {
        assert_int_equal(reply->status, shape->status);
        assert_int_equal(reply->is_last, shape->is_last);
        assert_string_equal(shape->text + at, shape->rest);
    }
    if (status == SK_AGAIN)
        assert_int_equal(reply_end(reply), shape->end);
    buf_done(&body);
    free(reply);
}

static void test_reply_shapes_whole_and_in_pieces(void **state)
{
    size_t i, piece;

    (void)state;
    for (i = 0; i < sizeof(SHAPES) / sizeof(SHAPES[0]); i++) {
        for (piece = 1; piece < 100; piece++)
            check(&SHAPES[i], piece);
        check(&SHAPES[i], SIZE_MAX);
    }
}

static void test_reply_head_without_end_is_refused(void **state)
{
    struct reply *reply = malloc(sizeof(*reply));
    char head[REPLY_HEAD];
    size_t used;

    (void)state;
    assert_non_null(reply);
    memset(head, 'a', sizeof(head));
    reply_start(reply, NULL);
    assert_int_equal(reply_feed(reply, bytes_of(head, sizeof(head) - 1), &used), SK_AGAIN);
    assert_int_equal(reply_feed(reply, bytes_of(head, 1), &used), SK_INPUT);
    free(reply);
}

static void test_reply_without_body_buffer_counts_octets_alone(void **state)
{
    static const char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcd";
    struct reply *reply = malloc(sizeof(*reply));
    size_t used;

    (void)state;
    assert_non_null(reply);
    reply_start(reply, NULL);
    assert_int_equal(reply_feed(reply, bytes_of(text, sizeof(text) - 1), &used), SK_OK);
    assert_int_equal(used, sizeof(text) - 2);
    free(reply);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reply_shapes_whole_and_in_pieces),
        cmocka_unit_test(test_reply_head_without_end_is_refused),
        cmocka_unit_test(test_reply_without_body_buffer_counts_octets_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
