/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test/support/pki.h"
#include "tools/signer/keycert.h"

#define DAY ((int64_t)86400)
#define SIGNING                                                                                    \
    {                                                                                              \
        "extendedKeyUsage", "OCSPSigning"                                                          \
    }
#define NOCHECK                                                                                    \
    {                                                                                              \
        "noCheck", "ignored"                                                                       \
    }
#define AIA                                                                                        \
    {                                                                                              \
        "authorityInfoAccess", "OCSP;URI:http://a.example/"                                        \
    }
#define CRL_DP                                                                                     \
    {                                                                                              \
        "crlDistributionPoints", "URI:http://a.example/crl"                                        \
    }

static const char *doubt(int64_t days, struct pki_ext a, struct pki_ext b, struct pki_ext c)
{
    struct sk_arena *arena = arena_new(1u << 20);
    const struct sk_cert *cert =
        pki_cert(arena, &(struct pki_cert_spec){.subject = "/CN=r",
                                                .key = pki_key(PKI_EC, 0),
                                                .not_before = PKI_T,
                                                .not_after = PKI_T + days * DAY,
                                                .exts = {a, b, c}});
    const char *text = keycert_doubt(cert);

    arena_free(arena);
    return text;
}

static void test_keycert_doubts_a_delegate_whose_status_nobody_can_learn(void **state)
{
    const struct pki_ext none = {NULL, NULL};

    (void)state;
    assert_non_null(strstr(doubt(90, (struct pki_ext)SIGNING, none, none), "neither"));
    assert_null(doubt(90, (struct pki_ext)SIGNING, (struct pki_ext)NOCHECK, none));
    assert_null(doubt(4000, (struct pki_ext)SIGNING, (struct pki_ext)AIA, none));
    assert_null(doubt(4000, (struct pki_ext)SIGNING, (struct pki_ext)CRL_DP, none));
}

static void test_keycert_doubts_nocheck_that_lasts_or_is_not_meant(void **state)
{
    const struct pki_ext none = {NULL, NULL};

    (void)state;
    assert_null(doubt(400, (struct pki_ext)SIGNING, (struct pki_ext)NOCHECK, none));
    assert_non_null(
        strstr(doubt(401, (struct pki_ext)SIGNING, (struct pki_ext)NOCHECK, none), "400 days"));
    assert_non_null(
        doubt(90, (struct pki_ext)SIGNING, (struct pki_ext)NOCHECK, (struct pki_ext)CRL_DP));
    assert_non_null(
        doubt(90, (struct pki_ext)SIGNING, (struct pki_ext)NOCHECK, (struct pki_ext)AIA));
}

/* A CA, and who is trusted locally, are nobody's delegates. */
static void test_keycert_doubts_delegates_alone(void **state)
{
    const struct pki_ext none = {NULL, NULL};

    (void)state;
    assert_null(doubt(4000, none, none, none));
    assert_null(doubt(4000, (struct pki_ext){"basicConstraints", "critical,CA:TRUE"},
                      (struct pki_ext)SIGNING, none));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keycert_doubts_a_delegate_whose_status_nobody_can_learn),
        cmocka_unit_test(test_keycert_doubts_nocheck_that_lasts_or_is_not_meant),
        cmocka_unit_test(test_keycert_doubts_delegates_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
