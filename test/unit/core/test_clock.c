/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <time.h>

#include "core/clock.h"

static struct sk_bytes text_of(const char *text)
{
    return bytes_of(text, strlen(text));
}

static void test_clock_refuses_wrong_times(void **state)
{
    static const char *const utc[] = {"",
                                      "1101010000Z",
                                      "110101000000",
                                      "110101000000z",
                                      "110101000000+0000",
                                      "11010100000\xb2Z",
                                      "110001000000Z",
                                      "111301000000Z",
                                      "110100000000Z",
                                      "110132000000Z",
                                      "110229000000Z",
                                      "110431000000Z",
                                      "110101240000Z",
                                      "110101006000Z",
                                      "110101000060Z",
                                      "-10101000000Z"};
    static const char *const general[] = {"20110101000000",  "20110101000000.0Z",
                                          "201101010000Z",   "20110101000000+0900",
                                          "21000229000000Z", "2011 101000000Z"};
    static const char *const rfc3339[] = {"2011-04-15",
                                          "2011-04-15T00:00:00",
                                          "2011-04-15 00:00:00Z",
                                          "2011-04-15T00:00:00.Z",
                                          "2011-04-15T00:00:00.5",
                                          "2011-04-15T00:00:00,5Z",
                                          "2011-04-15T00:00:00.5.5Z",
                                          "2011-04-15T00:00:00.-5Z",
                                          "2011-04-15T00:00:00. 5Z",
                                          "2011-04-15T00:00.5Z",
                                          "2011-04-15T00:00:60Z",
                                          "2011-04-15T23:59:60Z",
                                          "2011-02-27T23:59:60Z",
                                          "2012-02-28T23:59:60Z",
                                          "2016-12-31T22:59:60Z",
                                          "2016-12-31T23:58:60Z",
                                          "2016-12-31T23:59:61Z",
                                          "2016-12-31T23:59:60+09:00",
                                          "2016-12-31T23:59:60.5+00:01",
                                          "2011-04-15T00:00:00Zx",
                                          "2011-04-15T00:00:00+9:00",
                                          "2011-04-15T00:00:00+24:00",
                                          "2011-04-15T00:00:00+0900",
                                          "2011-02-29T00:00:00Z",
                                          "201a-02-28T00:00:00Z",
                                          "2011-02-28T00:00:0xZ",
                                          ""};
    int64_t out = 77;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(utc) / sizeof(utc[0]); i++)
        assert_int_equal(clock_parse_utc_time(text_of(utc[i]), &out), SK_INPUT);
    for (i = 0; i < sizeof(general) / sizeof(general[0]); i++)
        assert_int_equal(clock_parse_generalized_time(text_of(general[i]), &out), SK_INPUT);
    for (i = 0; i < sizeof(rfc3339) / sizeof(rfc3339[0]); i++)
        assert_int_equal(clock_parse_rfc3339(rfc3339[i], &out), SK_INPUT);
    assert_int_equal(out, 77);
}

static void test_clock_refuses_other_http_dates(void **state)
{
    static const char *const bad[] = {
        "Sat, 15 Apr 2011 00:00:00 GMT", /* it was a Friday */
        "Fri, 15 Apr 2011 00:00:00 UTC",  "Friday, 15-Apr-11 00:00:00 GMT",
        "Fri Apr 15 00:00:00 2011",       "fri, 15 Apr 2011 00:00:00 GMT",
        "Fri, 15 Apx 2011 00:00:00 GMT",  "Fri, 15 Apr 2011 24:00:00 GMT",
        "Fri, 15 Apr 2011 00:00:00 GMT ", "",
    };
    int64_t out;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(clock_parse_http(text_of(bad[i]), &out), SK_INPUT);
    assert_int_equal(clock_parse_http(text_of("Fri, 15 Apr 2011 00:00:00 GMT"), &out), SK_OK);
    assert_int_equal(out, 1302825600);
}

static void test_clock_utc_time_turns_at_fifty(void **state)
{
    int64_t out;

    (void)state;
    assert_int_equal(clock_parse_utc_time(text_of("491231235959Z"), &out), SK_OK);
    assert_int_equal(out, 2524607999);
    assert_int_equal(clock_parse_utc_time(text_of("500101000000Z"), &out), SK_OK);
    assert_int_equal(out, -631152000);
}

static void test_clock_rfc3339_offsets(void **state)
{
    int64_t out;

    (void)state;
    assert_int_equal(clock_parse_rfc3339("2011-04-15T09:30:00+09:30", &out), SK_OK);
    assert_int_equal(out, 1302825600);
    assert_int_equal(clock_parse_rfc3339("2011-04-14T23:00:00-01:00", &out), SK_OK);
    assert_int_equal(out, 1302825600);
    assert_int_equal(clock_parse_rfc3339("2011-04-15T00:00:00Z", &out), SK_OK);
    assert_int_equal(out, 1302825600);
}

/* A fraction never changes the second, before 1970 either. */
static void test_clock_rfc3339_fractions_are_dropped(void **state)
{
    int64_t out;

    (void)state;
    assert_int_equal(clock_parse_rfc3339("2011-04-15T00:00:00.000Z", &out), SK_OK);
    assert_int_equal(out, 1302825600);
    assert_int_equal(clock_parse_rfc3339("2011-04-15T09:00:00.999999999999+09:00", &out), SK_OK);
    assert_int_equal(out, 1302825600);
    assert_int_equal(clock_parse_rfc3339("2011-04-15t00:00:59.9z", &out), SK_OK);
    assert_int_equal(out, 1302825659);
    assert_int_equal(clock_parse_rfc3339("1969-12-31T23:59:59.9Z", &out), SK_OK);
    assert_int_equal(out, -1);
}

/* The examples of RFC 3339 5.8, which are one moment, and the ends of other months. */
static void test_clock_rfc3339_leap_seconds(void **state)
{
    int64_t out;

    (void)state;
    assert_int_equal(clock_parse_rfc3339("1990-12-31T23:59:60Z", &out), SK_OK);
    assert_int_equal(out, 662688000);
    assert_int_equal(clock_parse_rfc3339("1990-12-31T15:59:60-08:00", &out), SK_OK);
    assert_int_equal(out, 662688000);
    assert_int_equal(clock_parse_rfc3339("1991-01-01T08:59:60.9+09:00", &out), SK_OK);
    assert_int_equal(out, 662688000);
    assert_int_equal(clock_parse_rfc3339("2015-06-30T23:59:60Z", &out), SK_OK);
    assert_int_equal(out, 1435708800);
    assert_int_equal(clock_parse_rfc3339("2012-02-29T23:59:60Z", &out), SK_OK);
    assert_int_equal(out, 1330560000);
    assert_int_equal(clock_parse_rfc3339("1969-12-31T23:59:60Z", &out), SK_OK);
    assert_int_equal(out, 0);
}

/* Every form of a day a month from the year 0 to 9999 reads back the same, and as timegm() has it.
 */
static void test_clock_forms_agree_over_all_years(void **state)
{
    char text[CLOCK_TEXT];
    int64_t when, out;
    struct tm tm;

    (void)state;
    for (when = -62167219200; when <= 253402300799; when += 30 * 86400 + 12345) {
        time_t t = (time_t)when;

        assert_non_null(gmtime_r(&t, &tm)); /* lint: allow gmtime: the oracle */
        assert_int_equal(clock_format_generalized(when, text), SK_OK);
        assert_int_equal(strlen(text), 15);
        assert_int_equal(clock_parse_generalized_time(text_of(text), &out), SK_OK);
        assert_int_equal(out, when);
        assert_int_equal((text[4] - '0') * 10 + text[5] - '0', tm.tm_mon + 1);
        assert_int_equal((text[6] - '0') * 10 + text[7] - '0', tm.tm_mday);
        clock_format_rfc3339(when, text);
        assert_int_equal(clock_parse_rfc3339(text, &out), SK_OK);
        assert_int_equal(out, when);
        clock_format_http(when, text);
        assert_int_equal(clock_parse_http(text_of(text), &out), SK_OK);
        assert_int_equal(out, when);
    }
}

static void test_clock_formats_at_the_edges(void **state)
{
    char text[CLOCK_TEXT] = "kept";

    (void)state;
    assert_int_equal(clock_format_generalized(253402300800, text), SK_INPUT);
    assert_int_equal(clock_format_generalized(-62167219201, text), SK_INPUT);
    assert_string_equal(text, "kept");
    clock_format_rfc3339(CLOCK_NEVER, text);
    assert_string_equal(text, "never");
    clock_format_rfc3339(INT64_MIN, text);
    assert_string_equal(text, "before-time");
    clock_format_http(CLOCK_NEVER, text);
    assert_string_equal(text, "Fri, 31 Dec 9999 23:59:59 GMT");
    clock_format_http(INT64_MIN, text);
    assert_string_equal(text, "Sat, 01 Jan 0000 00:00:00 GMT");
    clock_format_http(0, text);
    assert_string_equal(text, "Thu, 01 Jan 1970 00:00:00 GMT");
}

static void test_clock_runs_forward(void **state)
{
    int64_t mono = clock_mono_us(), cpu = clock_cpu_us();

    (void)state;
    assert_true(clock_wall() > 1700000000);
    assert_true(clock_mono_us() >= mono);
    assert_true(clock_cpu_us() >= cpu);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clock_refuses_wrong_times),
        cmocka_unit_test(test_clock_refuses_other_http_dates),
        cmocka_unit_test(test_clock_utc_time_turns_at_fifty),
        cmocka_unit_test(test_clock_rfc3339_offsets),
        cmocka_unit_test(test_clock_rfc3339_fractions_are_dropped),
        cmocka_unit_test(test_clock_rfc3339_leap_seconds),
        cmocka_unit_test(test_clock_forms_agree_over_all_years),
        cmocka_unit_test(test_clock_formats_at_the_edges),
        cmocka_unit_test(test_clock_runs_forward),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
