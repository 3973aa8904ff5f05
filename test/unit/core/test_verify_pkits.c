/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The paths of NIST's PKITS (Debian: python3-cryptography-vectors), each given whole to
 * verify_path(): every result, every reason and every policy set of the suite but revocation.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "core/verify.h"
#include "test/support/pki.h"

#define PKITS "/usr/lib/python3/dist-packages/cryptography_vectors/x509/PKITS_data/certs/"

enum { MAX_CHAIN = 10, PKITS_TIME = 1302825600 /* 2011-04-15T00:00:00Z */ };

static const struct pkits_case {
    const char *id, *initial, *flags;
    enum finding_code failure;
    const char *user, *authority;
    const char *path[MAX_CHAIN];
} cases[] = {
#include "test/unit/core/pkits_paths.inc"
};

/* "012": anyPolicy, NIST-test-policy-1, NIST-test-policy-2 (2.16.840.1.101.3.2.1.48.n) */
static size_t policies_of(struct sk_arena *arena, const char *digits, struct sk_bytes out[10])
{
    static const uint8_t base[] = {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x02, 0x01, 0x30};
    size_t num = 0;

    for (; *digits != '\0'; digits++) {
        uint8_t *oid = arena_copy(arena, base, sizeof(base));

        assert_non_null(oid);
        oid[sizeof(base)] = (uint8_t)(*digits - '0'); /* where arena_copy() left its NUL */
        out[num++] = *digits == '0' ? oid_bytes(OID_ANY_POLICY) : bytes_of(oid, sizeof(base) + 1);
    }
    return num;
}

static void expect_policies(struct sk_arena *arena, const struct pkits_case *c, const char *digits,
                            const struct sk_bytes *got, size_t num_got)
{
    struct sk_bytes expected[10];
    size_t num, i, k;

    if (digits[0] == '-')
        return;
    num = policies_of(arena, digits, expected);
    if (num != num_got)
        print_error("PKITS %s: %zu policies, expected %zu\n", c->id, num_got, num);
    assert_int_equal(num_got, num);
    for (i = 0; i < num; i++) {
        for (k = 0; k < num_got && !bytes_equal(got[k], expected[i]); k++)
            ;
        assert_true(k < num_got);
    }
}

static const struct sk_cert *load(struct sk_arena *arena, const char *name)
{
    struct sk_cert *cert = arena_alloc(arena, sizeof(*cert));
    struct sk_err err = {0};
    char file[256];

    assert_non_null(cert);
    (void)snprintf(file, sizeof(file), PKITS "%s.crt", name);
    if (cert_parse(arena, pki_file(arena, file), cert, &err) != SK_OK)
        print_error("%s: %s\n", file, err.text);
    assert_int_equal(err.status, SK_OK);
    return cert;
}

static void run(struct sk_arena *arena, struct sk_keyring *keys, const struct pkits_case *c)
{
    struct sk_bytes initial[10];
    struct sk_params params;
    struct sk_anchor anchor = {load(arena, c->path[0])};
    const struct sk_cert *certs[MAX_CHAIN];
    struct verify_path path = {.anchor = &anchor, .certs = certs};
    struct sk_job job = {.arena = arena, .params = &params, .keys = keys, .time = PKITS_TIME};
    struct verify_result result;

    params_init(&params);
    params.policies = initial;
    params.num_policies = policies_of(arena, c->initial, initial);
    params.require_explicit_policy = strchr(c->flags, 'E') != NULL;
    params.inhibit_policy_mapping = strchr(c->flags, 'M') != NULL;
    params.inhibit_any_policy = strchr(c->flags, 'A') != NULL;
    for (; path.num_certs + 1 < MAX_CHAIN && c->path[path.num_certs + 1] != NULL; path.num_certs++)
        certs[path.num_certs] = load(arena, c->path[path.num_certs + 1]);
    assert_int_equal(verify_path(&job, &path, &result), SK_OK);
    if (result.finding.code != c->failure)
        print_error("PKITS %s: got %s (%s: %s), expected %s\n", c->id,
                    finding_code_text(result.finding.code),
                    result.finding.rule != NULL ? result.finding.rule : "", result.finding.text,
                    finding_code_text(c->failure));
    assert_int_equal(result.finding.code, c->failure);
    assert_int_equal(result.is_good, c->failure == FINDING_NONE);
    expect_policies(arena, c, c->user, result.policies, result.num_policies);
    expect_policies(arena, c, c->authority, result.authority_policies,
                    result.num_authority_policies);
}

static void test_verify_gives_the_results_of_pkits(void **state)
{
    struct sk_arena *arena = arena_new(LIMIT_JOB_ARENA_BYTES);
    struct sk_keyring *keys = keyring_new(2); /* small: keys come and go */
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        arena_reset(arena);
        run(arena, keys, &cases[i]);
    }
    keyring_free(keys);
    arena_free(arena);
}

static bool always(const struct sk_source *source, const uint8_t object[SK_SHA256],
                   const uint8_t spki[SK_SHA256])
{
    (void)source;
    (void)object;
    (void)spki;
    return true;
}

/* 6.1.4(d)-(f), PKITS 4.1.5: such a key is not one thing without what it inherits, so neither a
 * source's word nor what the job remembers counts for it. */
static void test_verify_binds_inherited_parameters_to_the_path(void **state)
{
    const struct sk_source_ops ops = {.is_checked = always};
    const struct sk_source source = {.ops = &ops};
    struct sk_arena *arena = arena_new(LIMIT_JOB_ARENA_BYTES);
    struct sk_keyring *keys = keyring_new(8);
    struct sk_anchor anchor = {load(arena, "TrustAnchorRootCertificate")};
    const struct sk_cert *certs[] = {load(arena, "DSACACert"),
                                     load(arena, "DSAParametersInheritedCACert"),
                                     load(arena, "ValidDSAParameterInheritanceTest5EE")};
    const struct verify_path path = {.anchor = &anchor, .certs = certs, .num_certs = 3};
    const struct sk_cert *other = pki_cert(
        arena, &(struct pki_cert_spec){.subject = "/CN=other", .key = pki_key(PKI_DSA, 0)});
    const struct sk_key *params_from = NULL;
    struct sk_params params;
    struct sk_job job = {
        .arena = arena, .params = &params, .keys = keys, .source = &source, .time = PKITS_TIME};
    struct verify_result result;

    (void)state;
    params_init(&params);
    assert_int_equal(verify_path(&job, &path, &result), SK_OK);
    assert_true(result.is_good);
    assert_int_equal(job.work.signatures, 1);
    assert_int_equal(verify_params_from(&job, &path, 0, &params_from, NULL), SK_OK);
    assert_null(params_from); /* it has its own */
    assert_int_equal(verify_params_from(&job, &path, 1, &params_from, NULL), SK_OK);
    assert_non_null(params_from);
    assert_int_equal(job_check_signature(&job, certs[2]->sha256, certs[2]->sig_alg, certs[2]->tbs,
                                         certs[2]->signature, certs[1], params_from, NULL),
                     SK_OK);
    assert_int_equal(keyring_get0(keys, other, NULL, &params_from, NULL), SK_OK);
    assert_int_equal(job_check_signature(&job, certs[2]->sha256, certs[2]->sig_alg, certs[2]->tbs,
                                         certs[2]->signature, certs[1], params_from, NULL),
                     SK_CRYPTO);
    /* none to inherit: the certificates in between are no DSA keys (6.1.4(e)) */
    assert_int_equal(keyring_get0(keys, anchor.cert, NULL, &params_from, NULL), SK_OK);
    assert_int_equal(job_check_signature(&job, certs[2]->sha256, certs[2]->sig_alg, certs[2]->tbs,
                                         certs[2]->signature, certs[1], params_from, NULL),
                     SK_INPUT);
    keyring_free(keys);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verify_binds_inherited_parameters_to_the_path),
        cmocka_unit_test(test_verify_gives_the_results_of_pkits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
