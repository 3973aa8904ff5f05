/* SPDX-License-Identifier: Apache-2.0 */
/* Two entries of one list for one serial. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/crl.h"

/* C-19: what two entries say together does not depend on which comes first. */
static void expect_worst(const struct crl_entry *a, const struct crl_entry *b,
                         const struct crl_entry *worst)
{
    const struct crl_entry *const pairs[2][2] = {{a, b}, {b, a}};
    size_t i;

    for (i = 0; i < 2; i++) {
        struct crl_entry entry = *pairs[i][0];

        crl_entry_worsen(&entry, pairs[i][1]);
        assert_int_equal(entry.revoked_at, worst->revoked_at);
        assert_int_equal(entry.reason, worst->reason);
        assert_int_equal(entry.has_reason, worst->has_reason);
        assert_int_equal(entry.has_invalidity, worst->has_invalidity);
        if (worst->has_invalidity)
            assert_int_equal(entry.invalidity_date, worst->invalidity_date);
        assert_int_equal(entry.has_unknown_critical, worst->has_unknown_critical);
    }
}

static void test_crl_entry_worsen_keeps_the_worst_of_both(void **state)
{
    const struct crl_entry removed = {
        .revoked_at = 9, .has_reason = true, .reason = CRL_REASON_REMOVE_FROM_CRL};
    const struct crl_entry hold = {
        .revoked_at = 7, .has_reason = true, .reason = CRL_REASON_CERTIFICATE_HOLD};
    const struct crl_entry plain = {.revoked_at = 8};
    const struct crl_entry lost = {.revoked_at = 20,
                                   .has_reason = true,
                                   .reason = CRL_REASON_KEY_COMPROMISE,
                                   .has_invalidity = true,
                                   .invalidity_date = 5};
    const struct crl_entry odd = {.revoked_at = 30,
                                  .has_invalidity = true,
                                  .invalidity_date = 6,
                                  .has_unknown_critical = true};
    struct crl_entry worst = hold;

    (void)state;
    expect_worst(&removed, &hold, &worst);
    worst = (struct crl_entry){.revoked_at = 7};
    expect_worst(&hold, &plain, &worst);
    worst = lost;
    worst.revoked_at = 8;
    expect_worst(&plain, &lost, &worst);
    worst = lost;
    worst.has_unknown_critical = true;
    expect_worst(&odd, &lost, &worst);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_crl_entry_worsen_keeps_the_worst_of_both),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
