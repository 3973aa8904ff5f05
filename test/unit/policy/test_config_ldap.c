/* SPDX-License-Identifier: Apache-2.0 */
/* [ldap]; its faults are in test/data/config/bad.ldap*.conf. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/config.h"

static void take_fault(void *arg, const char *line)
{
    (void)arg;
    print_error("%s\n", line);
}

static void every_key_is_read(void **state)
{
    const struct config_ldap *ldap;
    struct sk_config *config;

    (void)state;
    assert_int_equal(config_load("test/data/config/good.full.conf", take_fault, NULL, &config),
                     SK_OK);
    ldap = &config->ldap;
    assert_int_equal(ldap->listen.num_values, 2);
    assert_string_equal(ldap->listen.values[1], "[::1]:1389");
    assert_string_equal(ldap->tls_listen.values[0], "0.0.0.0:1636");
    assert_false(ldap->start_tls);
    assert_true(ldap->bind_v2);
    assert_int_equal(ldap->referrals.num_values, 2);
    assert_string_equal(ldap->referrals.values[1], "LDAPS://second.example");
    assert_int_equal(ldap->size_limit, 0);
    assert_int_equal(ldap->time_limit_s, 120);
    assert_int_equal(ldap->look_through, 500);
    assert_int_equal(ldap->message_bytes, 131072);
    assert_int_equal(ldap->stranger_bytes, 4096);
    assert_int_equal(ldap->message_ms, 5000);
    assert_int_equal(ldap->idle_ms, 3600000);
    assert_int_equal(ldap->write_ms, 20000);
    assert_int_equal(ldap->operations, 8);
    assert_int_equal(ldap->connections, 50);
    config_free(config);
}

/* Without the section there is no listener; a heading and an address are enough. */
static void defaults_are_those_of_the_limits(void **state)
{
    static const char text[] = "[ldap]\nlisten = 127.0.0.1:1389\n";
    struct sk_config *config;

    (void)state;
    assert_int_equal(config_parse("none.conf", bytes_of("", 0), take_fault, NULL, &config), SK_OK);
    assert_int_equal(config->ldap.listen.num_values + config->ldap.tls_listen.num_values, 0);
    config_free(config);
    assert_int_equal(
        config_parse("ldap.conf", bytes_of(text, sizeof(text) - 1), take_fault, NULL, &config),
        SK_OK);
    assert_int_equal(config->ldap.listen.num_values, 1);
    assert_true(config->ldap.start_tls);
    assert_false(config->ldap.bind_v2);
    assert_int_equal(config->ldap.size_limit, LIMIT_LDAP_ENTRIES);
    assert_int_equal(config->ldap.time_limit_s, LIMIT_LDAP_TIME_S);
    assert_int_equal(config->ldap.stranger_bytes, LIMIT_LDAP_STRANGER_BYTES);
    assert_int_equal(config->ldap.operations, LIMIT_LDAP_OPERATIONS);
    config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_is_read),
        cmocka_unit_test(defaults_are_those_of_the_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
