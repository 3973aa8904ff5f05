/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 against libunistring, over every octet at the edge of something in up to four places. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <unistr.h>

#include "core/utf8.h"

static const uint8_t edges[] = {0x00, 0x41, 0x7f, 0x80, 0x81, 0x8f, 0x90, 0x9f, 0xa0,
                                0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed,
                                0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xf8, 0xff};
enum { EDGES = sizeof(edges), PLACES = 4 };

static void check(const uint8_t *text, size_t len)
{
    ucs4_t c;
    int first = len > 0 ? u8_mbtoucr(&c, text, len) : 0;

    assert_int_equal(utf8_length(bytes_of(text, len)), first > 0 ? first : 0);
    assert_int_equal(utf8_is_valid(bytes_of(text, len)), u8_check(text, len) == NULL);
}

static void test_utf8_is_what_libunistring_takes(void **state)
{
    uint8_t text[PLACES] = {0};
    size_t len, place, n, rest, of_len = 1;

    (void)state;
    check(text, 0);
    for (len = 1; len <= PLACES; len++) {
        of_len *= EDGES;
        for (n = 0; n < of_len; n++) {
            for (place = 0, rest = n; place < len; place++, rest /= EDGES)
                text[place] = edges[rest % EDGES];
            check(text, len);
        }
    }
}

static void test_utf8_of_every_pair_of_octets(void **state)
{
    uint8_t text[2];
    unsigned n;

    (void)state;
    for (n = 0; n < 65536; n++) {
        text[0] = (uint8_t)(n >> 8);
        text[1] = (uint8_t)n;
        check(text, 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_utf8_is_what_libunistring_takes),
        cmocka_unit_test(test_utf8_of_every_pair_of_octets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
