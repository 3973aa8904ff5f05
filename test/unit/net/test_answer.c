/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "core/clock.h"
#include "net/answer.h"

static const char DATE[] = "Fri, 15 Apr 2011 00:00:00 GMT";

static void check(struct http_answer *answer, bool keep_alive, unsigned minor, int64_t took_us,
                  const char *expected)
{
    struct sk_buf out;

    buf_init(&out, 4096);
    answer_head(answer, DATE, keep_alive, minor, "id-1", took_us, &out);
    buf_put_byte(&out, 0);
    assert_int_equal(buf_status(&out), SK_OK);
    assert_string_equal((const char *)out.data, expected);
    buf_done(&out);
    answer_done(answer);
}

static void test_answer_head_has_its_fields_in_order(void **state)
{
    struct http_answer answer;

    (void)state;
    answer_init(&answer, 200, "application/ocsp-response", 100);
    answer_date(&answer, "Expires", 1302825600);
    answer_field(&answer, "Cache-Control", "max-age=%d", 60);
    buf_put_text(&answer.body, "0123456789");
    check(&answer, true, 1, 1234007,
          "HTTP/1.1 200 OK\r\nDate: Fri, 15 Apr 2011 00:00:00 GMT\r\n"
          "Content-Type: application/ocsp-response\r\nContent-Length: 10\r\n"
          "Expires: Fri, 15 Apr 2011 00:00:00 GMT\r\nCache-Control: max-age=60\r\n"
          "X-Request-Id: id-1\r\nServer-Timing: total;dur=1234.007\r\n\r\n");
}

static void test_answer_head_tells_how_the_connection_goes_on(void **state)
{
    struct http_answer answer;

    (void)state;
    answer_init(&answer, 404, NULL, 100);
    check(&answer, false, 1, 0,
          "HTTP/1.1 404 Not Found\r\nDate: Fri, 15 Apr 2011 00:00:00 GMT\r\nContent-Length: 0\r\n"
          "X-Request-Id: id-1\r\nServer-Timing: total;dur=0.000\r\nConnection: close\r\n\r\n");
    answer_init(&answer, 200, NULL, 100);
    check(&answer, true, 0, -1,
          "HTTP/1.1 200 OK\r\nDate: Fri, 15 Apr 2011 00:00:00 GMT\r\nContent-Length: 0\r\n"
          "X-Request-Id: id-1\r\nConnection: keep-alive\r\n\r\n");
}

static void test_answer_head_of_304_speaks_of_no_content(void **state)
{
    struct http_answer answer;

    (void)state;
    answer_init(&answer, 304, "application/ocsp-response", 100);
    answer_field(&answer, "ETag", "\"%s\"", "abc");
    check(&answer, true, 1, 99,
          "HTTP/1.1 304 Not Modified\r\nDate: Fri, 15 Apr 2011 00:00:00 GMT\r\nETag: \"abc\"\r\n"
          "X-Request-Id: id-1\r\nServer-Timing: total;dur=0.099\r\n\r\n");
}

static void test_answer_date_never_is_left_out(void **state)
{
    struct http_answer answer;

    (void)state;
    answer_init(&answer, 200, NULL, 100);
    answer_date(&answer, "Expires", CLOCK_NEVER);
    assert_int_equal(answer.fields.len, 0);
    answer_done(&answer);
}

static void test_answer_head_that_does_not_fit_is_a_failure(void **state)
{
    struct http_answer answer;
    struct sk_buf out;

    (void)state;
    answer_init(&answer, 200, "text/plain", 100);
    buf_init(&out, 40);
    answer_head(&answer, DATE, true, 1, "id-1", 5, &out);
    assert_int_equal(buf_status(&out), SK_LIMIT);
    buf_done(&out);
    answer_done(&answer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answer_head_has_its_fields_in_order),
        cmocka_unit_test(test_answer_head_tells_how_the_connection_goes_on),
        cmocka_unit_test(test_answer_head_of_304_speaks_of_no_content),
        cmocka_unit_test(test_answer_date_never_is_left_out),
        cmocka_unit_test(test_answer_head_that_does_not_fit_is_a_failure),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
