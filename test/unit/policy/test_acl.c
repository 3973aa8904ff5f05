/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/acl.h"

#define ZEROS "00000000000000000000000000000000"
#define SPKI  "1111111111111111111111111111111111111111111111111111111111111111"

static const struct sk_address V4 = {
    .octets = {[10] = 0xff, [11] = 0xff, [12] = 192, [14] = 2, [15] = 1}};
static const struct sk_address LOCAL = {.octets = {[10] = 0xff, [11] = 0xff, [12] = 127, [15] = 9}};
static const struct sk_address LOCAL6 = {.octets = {[15] = 1}};

static struct acl_certificate certificate(const char *subject)
{
    struct acl_certificate out = {.subject = bytes_of(subject, strlen(subject))};

    memset(out.spki, 0x11, sizeof(out.spki));
    return out;
}

/* Does a list of these rules, NULL ending them, allow the client? */
static bool allows(const char *const *rules, const struct sk_address *address,
                   const struct acl_certificate *shown)
{
    const struct acl_client client = {.address = *address, .certificate = shown};
    struct sk_arena *arena = arena_new(1024 * 1024);
    struct acl_rule parsed[8];
    struct sk_acl acl = {.services = ACL_OCSP, .rules = parsed};
    bool result;

    for (; *rules != NULL; rules++)
        assert_int_equal(acl_rule_parse(arena, *rules, &parsed[acl.num_rules++], NULL), SK_OK);
    result = acl_allows(&acl, 1, ACL_OCSP, &client);
    arena_free(arena);
    return result;
}

#define ALLOWS(address, shown, ...) allows((const char *const[]){__VA_ARGS__, NULL}, address, shown)

static void test_acl_rule_refuses_what_it_does_not_know(void **state)
{
    static const char *const bad[] = {"",
                                      "allow",
                                      "deny ",
                                      "ALLOW all",
                                      "allowall",
                                      "all",
                                      "allow everyone",
                                      "allow all loopback",
                                      "allow all all",
                                      "allow 10.0.0.0/8 11.0.0.0/8",
                                      "allow 10.0.0.1/8",
                                      "allow spki:" SPKI,
                                      "allow spki:sha256:" SPKI "11",
                                      "allow spki:sha256:" ZEROS,
                                      "allow spki:sha256:" SPKI " spki:sha256:" SPKI,
                                      "allow subject:",
                                      "allow " ZEROS ZEROS ZEROS ZEROS ZEROS};
    struct sk_arena *arena = arena_new(1024 * 1024);
    struct acl_rule rule;
    struct sk_err err;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        err_clear(&err);
        assert_int_equal(acl_rule_parse(arena, bad[i], &rule, &err), SK_INPUT);
        assert_true(strlen(err.text) > 0);
    }
    arena_free(arena);
}

static void test_acl_takes_the_first_rule_that_fits(void **state)
{
    (void)state;
    assert_true(ALLOWS(&V4, NULL, "allow 192.0.2.1", "deny all"));
    assert_false(ALLOWS(&V4, NULL, "deny all", "allow 192.0.2.1"));
    assert_false(ALLOWS(&V4, NULL, "deny 192.0.2.0/24", "allow all"));
    assert_true(ALLOWS(&LOCAL, NULL, "deny 192.0.2.0/24", "allow all"));
}

static void test_acl_refuses_whom_no_rule_fits(void **state)
{
    (void)state;
    assert_false(ALLOWS(&V4, NULL, "allow 192.0.2.2"));
    assert_false(ALLOWS(&V4, NULL, "deny 192.0.2.2"));
    assert_false(ALLOWS(&V4, NULL, "allow loopback"));
    assert_true(ALLOWS(&LOCAL, NULL, "allow loopback"));
    assert_true(ALLOWS(&LOCAL6, NULL, "allow loopback"));
}

static void test_acl_rule_fits_when_all_it_says_is_so(void **state)
{
    struct acl_certificate alice = certificate("CN=alice,O=A B,C=JP"), none = certificate("");

    (void)state;
    assert_false(ALLOWS(&V4, NULL, "allow certificate"));
    assert_true(ALLOWS(&V4, &alice, "allow certificate"));
    assert_false(ALLOWS(&V4, NULL, "allow all subject:CN=alice,O=A B,C=JP"));
    assert_true(ALLOWS(&V4, &alice, "allow all subject:CN=alice,O=A B,C=JP"));
    assert_false(ALLOWS(&V4, &alice, "allow subject:CN=alice"));
    assert_false(ALLOWS(&V4, &alice, "allow subject:CN=alice,O=A B,C=JP,"));
    assert_false(ALLOWS(&V4, &none, "allow subject:CN=alice"));
    assert_true(ALLOWS(&V4, &alice, "allow spki:sha256:" SPKI));
    alice.spki[31] ^= 1;
    assert_false(ALLOWS(&V4, &alice, "allow spki:sha256:" SPKI));
    alice.spki[31] ^= 1;
    assert_true(ALLOWS(&V4, &alice,
                       "allow 192.0.2.1 certificate spki:sha256:" SPKI
                       " subject:CN=alice,O=A B,C=JP"));
    assert_false(ALLOWS(&LOCAL, &alice, "allow 192.0.2.1 spki:sha256:" SPKI));
    assert_true(ALLOWS(&LOCAL, NULL, "deny loopback certificate", "allow all"));
}

static void test_acl_keeps_private_services_local_by_default(void **state)
{
    const struct acl_client far = {.address = V4}, near = {.address = LOCAL6};
    const struct sk_acl acl = {.services = ACL_OCSP | ACL_METRICS}; /* without a rule */

    (void)state;
    assert_true(acl_allows(NULL, 0, ACL_OCSP, &far));
    assert_true(acl_allows(NULL, 0, ACL_HEALTH, &far));
    assert_false(acl_allows(NULL, 0, ACL_METRICS, &far));
    assert_false(acl_allows(NULL, 0, ACL_STATUS, &far));
    assert_true(acl_allows(NULL, 0, ACL_METRICS, &near));
    assert_true(acl_allows(NULL, 0, ACL_STATUS, &near));
    assert_false(acl_allows(&acl, 1, ACL_OCSP, &near));
    assert_false(acl_allows(&acl, 1, ACL_METRICS, &near));
    assert_true(acl_allows(&acl, 1, ACL_VALIDATE, &far));
    assert_false(acl_allows(&acl, 1, ACL_STATUS, &far));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_acl_rule_refuses_what_it_does_not_know),
        cmocka_unit_test(test_acl_takes_the_first_rule_that_fits),
        cmocka_unit_test(test_acl_refuses_whom_no_rule_fits),
        cmocka_unit_test(test_acl_rule_fits_when_all_it_says_is_so),
        cmocka_unit_test(test_acl_keeps_private_services_local_by_default),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
