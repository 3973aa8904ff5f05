/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/clock.h"
#include "core/der.h"
#include "core/derout.h"

/* What does not fit is told once, at the end, and nothing after it is written. */
static void test_derout_keeps_the_first_failure(void **state)
{
    const int64_t never[] = {CLOCK_NEVER, INT64_MIN};
    struct sk_buf buf;
    size_t i, mark;

    (void)state;
    for (i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
        buf_init(&buf, 100);
        mark = derout_open(&buf, DER_SEQUENCE);
        derout_generalized_time(&buf, DER_GENERALIZED_TIME, never[i]);
        derout_close(&buf, mark);
        assert_int_equal(buf_status(&buf), SK_INPUT);
        buf_done(&buf);
        buf_init(&buf, 100);
        derout_time(&buf, never[i]);
        assert_int_equal(buf_status(&buf), SK_INPUT);
        buf_done(&buf);
    }
}

/* Room for the contents, and not for the octets of their length. */
static void test_derout_stops_at_the_end_of_its_buffer(void **state)
{
    static const uint8_t contents[200];
    struct sk_buf buf;
    size_t mark, max;

    (void)state;
    for (max = sizeof(contents); max < sizeof(contents) + 8; max++) {
        buf_init(&buf, max);
        mark = derout_open(&buf, DER_SEQUENCE);
        derout_tlv(&buf, DER_OCTET_STRING, bytes_of(contents, sizeof(contents)));
        derout_close(&buf, mark);
        assert_int_equal(buf_status(&buf), max < sizeof(contents) + 6 ? SK_LIMIT : SK_OK);
        assert_true(buf.len <= max);
        buf_done(&buf);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_derout_keeps_the_first_failure),
        cmocka_unit_test(test_derout_stops_at_the_end_of_its_buffer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
