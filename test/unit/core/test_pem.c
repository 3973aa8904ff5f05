/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/pem.h"

#define BEGIN "-----BEGIN X509 CRL-----"
#define END   "-----END X509 CRL-----"

static enum sk_status decode(const char *text, size_t max, struct sk_buf *out)
{
    buf_init(out, max);
    return pem_decode(bytes_of(text, strlen(text)), "X509 CRL", out);
}

static void test_pem_refuses_all_but_one_object(void **state)
{
    static const char *const bad[] = {
        "Zm9v!",
        "Zm9v-",
        "Zm9",
        "Zm9v=",
        "Zm9v\v",
        "\xef\xbb\xbfZm9v",
        "foo " BEGIN "Zm9v" END,
        BEGIN "Zm9v" END "x",
        BEGIN "Zm9v",
        "Zm9v" END,
        END "Zm9v" BEGIN,
        BEGIN "Zm9v" END BEGIN "Zm9v" END,
        BEGIN BEGIN "Zm9v" END END,
        BEGIN "Zm9v-----END CERTIFICATE-----",
        "-----BEGIN CERTIFICATE-----Zm9v" END,
        "-----BEGIN CERTIFICATE-----Zm9v-----END CERTIFICATE-----",
        "-----BEGIN X509 CRL----Zm9v" END,
        "-----BEGIN  X509 CRL-----Zm9v" END,
        BEGIN "Proc-Type: 4,ENCRYPTED\n\nZm9v" END,
        /* one octet short of both boundaries: they must not share any */
        "-----BEGIN X509 CRL-----END X509 CRL-----",
    };
    struct sk_buf out;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (decode(bad[i], 100, &out) != SK_INPUT)
            fail_msg("taken: %s", bad[i]);
        buf_done(&out);
    }
}

static void test_pem_takes_every_way_of_writing_one(void **state)
{
    static const char *const good[] = {
        "Zm9v",
        "Zm\n9v\n",
        " \t\r\nZm9v \t\r\n",
        BEGIN "\nZm9v\n" END "\n",
        BEGIN "\r\nZm\r\n9v\r\n" END "\r\n",
        "\n " BEGIN "Zm9v" END,
        BEGIN " Zm9v " END " ",
    };
    struct sk_buf out;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        if (decode(good[i], 3, &out) != SK_OK)
            fail_msg("refused: %s", good[i]);
        assert_int_equal(out.len, 3);
        assert_memory_equal(out.data, "foo", 3);
        buf_done(&out);
    }
}

/* What nothing is the caller knows. */
static void test_pem_takes_nothing_for_no_octets(void **state)
{
    static const char *const none[] = {"", " \n", BEGIN END, BEGIN "\n" END};
    struct sk_buf out;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        assert_int_equal(decode(none[i], 3, &out), SK_OK);
        assert_int_equal(out.len, 0);
        buf_done(&out);
    }
}

static void test_pem_ends_at_the_cap(void **state)
{
    struct sk_buf out;

    (void)state;
    assert_int_equal(decode(BEGIN "Zm9vZg==" END, 4, &out), SK_OK);
    buf_done(&out);
    assert_int_equal(decode(BEGIN "Zm9vZm8=" END, 4, &out), SK_LIMIT);
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pem_refuses_all_but_one_object),
        cmocka_unit_test(test_pem_takes_every_way_of_writing_one),
        cmocka_unit_test(test_pem_takes_nothing_for_no_octets),
        cmocka_unit_test(test_pem_ends_at_the_cap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
