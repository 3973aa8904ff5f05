/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "tools/bench/target.h"

static void test_target_of_this_machine(void **state)
{
    static const char *const good[] = {"http://127.0.0.1:8080/ocsp", "http://127.255.0.3:1/",
                                       "http://[::1]:65535/v1/validate?x"};
    struct target target;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_int_equal(target_parse(good[i], &target, NULL), SK_OK);
        assert_ptr_equal(target.path, strchr(good[i] + 7, '/'));
        assert_int_equal(strncmp(target.host, good[i] + 7, strlen(target.host)), 0);
    }
}

static void test_target_elsewhere_is_refused(void **state)
{
    static const char *const bad[] = {
        "http://192.0.2.1:80/",
        "http://128.0.0.1:80/",
        "http://126.0.0.1:80/",
        "http://10.127.0.1:80/",
        "http://0.0.0.0:80/",
        "http://0177.0.0.1:80/",
        "http://2130706433:80/",
        "http://localhost:80/",
        "http://example.com:80/",
        "http://127.0.0.1@192.0.2.1:80/",
        "http://192.0.2.1#127.0.0.1:80/",
        "http://[::]:80/",
        "http://[2001:db8::1]:80/",
        "http://[::ffff:192.0.2.1]:80/",
        "https://127.0.0.1:80/",
        "127.0.0.1:80/",
        "http://127.0.0.1/",
        "http://127.0.0.1:0/",
        "http://127.0.0.1:65536/",
        "http://127.0.0.1:80x/",
        "http://127.0.0.1:80",
        "http://127.0.0.1:80/a b",
        "http://127.0.0.1:80/a\r\nX: y",
        "http://127.0.0.1:80000000000000000000000000000000000000000000000000000000000/",
        "",
    };
    struct target target;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(target_parse(bad[i], &target, NULL), SK_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_target_of_this_machine),
        cmocka_unit_test(test_target_elsewhere_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
