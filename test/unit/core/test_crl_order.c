/* SPDX-License-Identifier: Apache-2.0 */
/* Of two lists: is one of the other's scope, newer, its delta; and what kind a list is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/crl.h"
#include "test/support/pki.h"

static struct sk_arena *arena;

static int setup(void **state)
{
    (void)state;
    arena = arena_new(16u << 20);
    return arena == NULL;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static struct sk_crl list(int64_t when, const char *number, const char *point, const char *base)
{
    struct pki_crl_spec spec = {
        .issuer = "/CN=a", .signer = pki_key(PKI_EC, 0), .this_update = PKI_T0 + when};
    struct sk_crl crl;
    size_t n = 0;

    if (number != NULL)
        spec.exts[n++] = (struct pki_ext){"crlNumber", number};
    if (point != NULL)
        spec.exts[n++] = (struct pki_ext){"issuingDistributionPoint", point};
    if (base != NULL)
        spec.exts[n++] = (struct pki_ext){"deltaCRL", base};
    assert_int_equal(crl_parse(arena, pki_crl_der(arena, &spec), &crl, NULL), SK_OK);
    return crl;
}

static bool is_newer(struct sk_crl a, struct sk_crl b)
{
    return crl_is_newer(&a, &b);
}

#define FIVE  "DER:02:01:05"
#define SIX   "DER:02:01:06"
#define SEVEN "DER:02:01:07"

static void test_crl_is_newer_by_number_and_date(void **state)
{
    (void)state;
    assert_true(is_newer(list(1, SIX, NULL, NULL), list(0, FIVE, NULL, NULL)));
    assert_true(is_newer(list(0, SIX, NULL, NULL), list(0, FIVE, NULL, NULL)));
    assert_false(is_newer(list(0, FIVE, NULL, NULL), list(0, FIVE, NULL, NULL)));
    assert_false(is_newer(list(1, FIVE, NULL, NULL), list(0, FIVE, NULL, NULL)));
    /* They contradict each other: neither replaces the other. */
    assert_false(is_newer(list(0, SIX, NULL, NULL), list(1, FIVE, NULL, NULL)));
    assert_false(is_newer(list(1, FIVE, NULL, NULL), list(0, SIX, NULL, NULL)));
    /* Where one has no number its date decides. */
    assert_true(is_newer(list(1, NULL, NULL, NULL), list(0, FIVE, NULL, NULL)));
    assert_false(is_newer(list(0, SIX, NULL, NULL), list(0, NULL, NULL, NULL)));
    assert_false(is_newer(list(0, NULL, NULL, NULL), list(1, NULL, NULL, NULL)));
}

static void test_crl_scopes_are_compared_by_their_octets(void **state)
{
    struct sk_crl whole = list(0, FIVE, NULL, NULL), users = list(0, FIVE, "onlyuser:TRUE", NULL),
                  again = list(1, SIX, "onlyuser:TRUE", NULL),
                  cas = list(0, FIVE, "onlyCA:TRUE", NULL);

    (void)state;
    assert_true(crl_same_scope(&users, &again) && crl_same_scope(&whole, &whole));
    assert_false(crl_same_scope(&whole, &users) || crl_same_scope(&users, &cas));
}

static bool fits(struct sk_crl base, struct sk_crl delta)
{
    return crl_delta_fits(&base, &delta);
}

static void test_crl_delta_fits_between_its_base_and_itself(void **state)
{
    (void)state;
    assert_true(fits(list(0, FIVE, NULL, NULL), list(1, SEVEN, NULL, "critical," FIVE)));
    assert_true(fits(list(0, SIX, NULL, NULL), list(1, SEVEN, NULL, "critical," FIVE)));
    assert_false(fits(list(0, FIVE, NULL, NULL), list(1, SEVEN, NULL, "critical," SIX)));
    assert_false(fits(list(0, SEVEN, NULL, NULL), list(1, SEVEN, NULL, "critical," FIVE)));
    assert_false(fits(list(0, NULL, NULL, NULL), list(1, SEVEN, NULL, "critical," FIVE)));
    assert_false(fits(list(0, FIVE, NULL, NULL), list(1, NULL, NULL, "critical," FIVE)));
    assert_false(fits(list(0, FIVE, NULL, NULL), list(1, SIX, NULL, NULL)));
    assert_false(fits(list(0, FIVE, "onlyuser:TRUE", NULL),
                      list(1, SEVEN, "onlyCA:TRUE", "critical," FIVE)));
}

static void test_crl_kind_is_what_it_or_its_configuration_says(void **state)
{
    struct sk_crl whole = list(0, FIVE, NULL, NULL), cas = list(0, FIVE, "onlyCA:TRUE", NULL),
                  delta = list(0, SIX, "onlyCA:TRUE", "critical," FIVE);

    (void)state;
    assert_int_equal(crl_kind(&whole, false), CRL_KIND_CRL);
    assert_int_equal(crl_kind(&whole, true), CRL_KIND_ARL);
    assert_int_equal(crl_kind(&cas, false), CRL_KIND_ARL);
    assert_int_equal(crl_kind(&delta, true), CRL_KIND_DELTA);
    assert_string_equal(crl_kind_text(CRL_KIND_ARL), "arl");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_crl_is_newer_by_number_and_date),
        cmocka_unit_test(test_crl_scopes_are_compared_by_their_octets),
        cmocka_unit_test(test_crl_delta_fits_between_its_base_and_itself),
        cmocka_unit_test(test_crl_kind_is_what_it_or_its_configuration_says),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
