/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/clock.h"
#include "core/strength.h"
#include "core/verify.h"
#include "test/support/pki.h"

#include "test/unit/core/verify_fixture.inc"

/* ---- signatures and algorithms
 * --------------------------------------------------------------------- */

static void test_verify_refuses_a_signature_by_another_key(void **state)
{
    struct fixture *f = *state;

    path_of(f, 3);
    f->specs[2].signer = pki_key(PKI_EC, 0);
    expect(f, FINDING_SIGNATURE, 0);
    assert_int_equal(f->result.progress, 1);
    path_of(f, 3);
    f->specs[1].signer = pki_key(PKI_EC, 2);
    expect(f, FINDING_SIGNATURE, 1);
    assert_int_equal(f->result.progress, 0);
}

static void test_verify_refuses_an_algorithm_that_does_not_fit_the_key(void **state)
{
    struct fixture *f = *state;

    path_of(f, 3);
    f->specs[1].key = pki_key(PKI_RSA, 0); /* and the target is signed with ECDSA */
    expect(f, FINDING_ALGORITHM, 0);
}

static void test_verify_refuses_unequal_signature_algorithms(void **state)
{
    static const uint8_t ecdsa_sha256[] = {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02};
    struct fixture *f = *state;
    struct sk_bytes der, outer;
    struct sk_cert target;
    uint8_t *copy, *oid;

    path_of(f, 2); /* V-05 */
    make(f);
    der = f->certs[0]->der;
    outer = f->certs[0]->sig_alg;
    copy = arena_copy(f->arena, der.p, der.len);
    assert_non_null(copy);
    oid = memmem(copy + (outer.p - der.p), outer.len, ecdsa_sha256, sizeof(ecdsa_sha256));
    assert_non_null(oid);
    oid[7] = 0x03; /* ecdsa-with-SHA384 outside, SHA256 inside */
    assert_int_equal(cert_parse(f->arena, bytes_of(copy, der.len), &target, NULL), SK_OK);
    f->certs[0] = &target;
    expect_made(f, FINDING_ALGORITHM, 0);
}

static void test_verify_holds_keys_and_hashes_to_the_floor(void **state)
{
    struct fixture *f = *state;

    path_of(f, 3);
    f->specs[2].key = pki_key(PKI_RSA1024, 0);
    f->params.min_rsa_bits = 1025;
    expect(f, FINDING_WEAK_ALGORITHM, 0);
    path_of(f, 3);
    f->specs[0].key = f->specs[0].signer = f->specs[1].signer = pki_key(PKI_RSA1024, 0);
    f->params.min_rsa_bits = 2048;
    expect(f, FINDING_WEAK_ALGORITHM, 2); /* the anchor's key counts ... */
    path_of(f, 3);
    f->specs[0].hash = "SHA1"; /* ... its own signature does not */
    f->params.allow_sha1 = false;
    expect(f, FINDING_NONE, 0);
    path_of(f, 3);
    f->specs[1].hash = "SHA1";
    f->params.allow_sha1 = false;
    expect(f, FINDING_WEAK_ALGORITHM, 1);
    path_of(f, 3);
    f->params.min_ec_bits = 257;
    expect(f, FINDING_WEAK_ALGORITHM, 2);
    path_of(f, 2);
    f->specs[1].key = pki_key(PKI_DSA, 0);
    f->params.allow_dsa = false;
    expect(f, FINDING_WEAK_ALGORITHM, 0);
    path_of(f, 2);
    f->specs[1].key = pki_key(PKI_DSA, 0);
    f->params.min_dsa_bits = 1025;
    expect(f, FINDING_WEAK_ALGORITHM, 0);
}

/* Off its curve: the anchor's own certificate is not looked at for that, but its key is used. */
static void test_verify_refuses_a_key_that_proves_nothing(void **state)
{
    struct fixture *f = *state;
    struct sk_cert anchor;
    uint8_t *copy;

    path_of(f, 2);
    make(f);
    anchor = *f->anchor.cert;
    copy = arena_copy(f->arena, anchor.spki.p, anchor.spki.len);
    assert_non_null(copy);
    copy[anchor.spki.len - 1] ^= 1;
    anchor.spki = bytes_of(copy, anchor.spki.len);
    f->anchor.cert = &anchor;
    expect_made(f, FINDING_ALGORITHM, 0);
}

/* Signing with DSA is refused by the algorithm alone, and a kind of key that has no floor of its
 * own passes none. */
static void test_verify_holds_unknown_kinds_to_the_floor(void **state)
{
    static const uint8_t dsa_sha256[] = {0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48,
                                         0x01, 0x65, 0x03, 0x04, 0x03, 0x02};
    static const uint8_t x25519[44] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b,
                                       0x65, 0x6e, 0x03, 0x21, 0x00, 9};
    const struct sk_bytes alg = {dsa_sha256, sizeof(dsa_sha256)}, key = {x25519, sizeof(x25519)};
    const struct sk_bytes none = {NULL, 0};
    struct fixture *f = *state;
    struct sk_params *params = &f->params;

    path_of(f, 2);
    assert_int_equal(strength_of_key(params, key, none, NULL), FINDING_NONE);
    assert_int_equal(strength_of_signature(params, alg, NULL), FINDING_NONE);
    params->allow_dsa = false;
    assert_int_equal(strength_of_signature(params, alg, NULL), FINDING_WEAK_ALGORITHM);
    assert_int_equal(strength_of_key(params, key, none, NULL), FINDING_WEAK_ALGORITHM);
    params->allow_dsa = true;
    params->min_rsa_bits = 2048;
    assert_int_equal(strength_of_key(params, key, none, NULL), FINDING_WEAK_ALGORITHM);
}

static void test_verify_accepts_every_algorithm(void **state)
{
    struct fixture *f = *state;
    enum pki_key_kind kind;

    for (kind = PKI_EC; kind < PKI_KINDS; kind++) {
        path_of(f, 3);
        f->specs[1].key = f->specs[2].signer = pki_key(kind, 1);
        f->params.min_rsa_bits = f->params.min_dsa_bits = 1024;
        f->params.min_ec_bits = 256;
        expect(f, FINDING_NONE, 0);
        assert_int_equal(f->job.work.signatures, 2);
    }
}

/* ---- dates
 * -------------------------------------------------------------------------------------------- */

static void test_verify_takes_both_ends_of_validity(void **state)
{
    struct fixture *f = *state;

    path_of(f, 3);
    f->specs[2].not_before = PKI_T0 + 10;
    f->specs[2].not_after = PKI_T1 - 10;
    make(f);
    f->job.time = PKI_T0 + 9;
    expect_made(f, FINDING_NOT_YET_VALID, 0);
    f->job.time = PKI_T0 + 10;
    expect_made(f, FINDING_NONE, 0);
    assert_true(f->result.not_after == PKI_T1 - 10);
    f->job.time = PKI_T1 - 10;
    expect_made(f, FINDING_NONE, 0);
    f->job.time = PKI_T1 - 9;
    expect_made(f, FINDING_EXPIRED, 0);
    f->params.clock_skew_s = 1;
    expect_made(f, FINDING_NONE, 0);
    f->job.time = PKI_T1 + 2;
    expect_made(f, FINDING_EXPIRED, 1); /* the CA, seen first from the anchor */
    f->job.time = PKI_T0 + 9;
    expect_made(f, FINDING_NONE, 0);
}

static void test_verify_does_not_look_at_the_anchor_but_name_and_key(void **state)
{
    struct fixture *f = *state;

    path_of(f, 2); /* V-01 */
    f->specs[0].not_after = PKI_T0 + 1;
    f->specs[0].signer = pki_key(PKI_EC, 9);
    f->specs[0].exts[0] = (struct pki_ext){"basicConstraints", "critical,CA:FALSE"};
    f->specs[0].exts[1] = (struct pki_ext){"keyUsage", "critical,digitalSignature"};
    add_ext(f, 0, "1.2.3.4", "critical,DER:05:00");
    expect(f, FINDING_NONE, 0);
}

static void test_verify_says_when_the_target_is_the_anchor(void **state)
{
    struct fixture *f = *state;

    path_of(f, 2);
    make(f);
    f->certs[0] = f->anchor.cert;
    expect_made(f, FINDING_TARGET_IS_ANCHOR, 0); /* V-03 */
}

/* ---- names
 * -------------------------------------------------------------------------------------------- */

static void test_verify_chains_names_not_octets(void **state)
{
    struct fixture *f = *state;

    path_of(f, 3);
    f->specs[2].issuer = "/C=JP/CN=AB";
    expect(f, FINDING_NAME_CHAINING, 0);
    path_of(f, 3);
    f->specs[1].issuer = "/C=JP";
    expect(f, FINDING_NAME_CHAINING, 1);
    path_of(f, 3);
    f->specs[2].subject_printable = true; /* V-16, V-20 */
    f->specs[2].issuer = "/C=jp/CN= a ";
    expect(f, FINDING_NONE, 0);
}

/* Identifiers with an arc above 64 bits, and more policies than a text shows. */
static void test_verify_decides_what_it_cannot_show(void **state)
{
    static const char huge[] = "2.25.340282366920938463463374607431768211455";
    static const uint8_t asked[] = {0x69, 0x83, 0xff, 0xff, 0xff, 0xff,
                                    0xff, 0xff, 0xff, 0xff, 0x7f};
    const struct sk_bytes purpose = bytes_of(asked, sizeof(asked));
    struct fixture *f = *state;

    path_of(f, 2);
    add_ext(f, 1, huge, "critical,DER:05:00");
    expect(f, FINDING_UNKNOWN_CRITICAL, 0);
    path_of(f, 2);
    add_ext(f, 1, "extendedKeyUsage", "serverAuth");
    f->params.ekus = &purpose;
    f->params.num_ekus = 1;
    expect(f, FINDING_EXTENDED_KEY_USAGE, 0);
    path_of(f, 2);
    add_ext(
        f, 1, "certificatePolicies",
        "2.25.340282366920938463463374607431768211455,1.2.3,1.2.4,1.2.5,1.2.6,1.2.7,1.2.8,1.2.9");
    f->params.policies = &purpose;
    f->params.num_policies = 1;
    f->params.require_explicit_policy = true;
    expect(f, FINDING_POLICY, 0);
}

static void test_verify_wants_a_subject(void **state)
{
    struct fixture *f = *state;

    path_of(f, 2); /* and an issuer */
    f->specs[0].subject = f->specs[0].issuer = f->specs[1].issuer = "";
    expect(f, FINDING_MALFORMED, 0);
    path_of(f, 2);
    f->specs[1].subject = NULL;
    expect(f, FINDING_MALFORMED, 0);
    path_of(f, 2);
    f->specs[1].subject = NULL;
    add_ext(f, 1, "subjectAltName", "DNS:a.example");
    expect(f, FINDING_MALFORMED, 0);
    path_of(f, 2);
    f->specs[1].subject = NULL;
    add_ext(f, 1, "subjectAltName", "critical,DNS:a.example");
    expect(f, FINDING_NONE, 0);
    f->is_for_crl = true;
    expect_made(f, FINDING_MALFORMED, 0);
    path_of(f, 3);
    f->specs[1].subject = f->specs[2].issuer = NULL;
    f->specs[2].issuer = "";
    add_ext(f, 1, "subjectAltName", "critical,DNS:a.example");
    expect(f, FINDING_MALFORMED, 1);
}

static void test_verify_applies_name_constraints_below_the_ca(void **state)
{
    struct fixture *f = *state;

    path_of(f, 4);
    add_ext(f, 1, "nameConstraints", "critical,permitted;DNS:a.example");
    add_ext(f, 3, "subjectAltName", "DNS:b.example");
    expect(f, FINDING_NAME_CONSTRAINTS, 0);
    path_of(f, 4);
    add_ext(f, 1, "nameConstraints", "critical,excluded;DNS:b.example");
    add_ext(f, 2, "subjectAltName", "DNS:b.example");
    expect(f, FINDING_NAME_CONSTRAINTS, 1);
    /* of the carrier itself: not (they act from the next certificate on) */
    path_of(f, 4);
    add_ext(f, 2, "nameConstraints", "critical,excluded;DNS:b.example");
    add_ext(f, 2, "subjectAltName", "DNS:b.example");
    expect(f, FINDING_NONE, 0);
    /* unusable ones end the path where they stand */
    path_of(f, 3);
    add_ext(f, 1, "nameConstraints", "permitted;IP:10.0.0.0/255.0.255.0");
    expect(f, FINDING_NAME_CONSTRAINTS, 1);
}

static void test_verify_spares_self_issued_certificates_from_name_constraints(void **state)
{
    struct fixture *f = *state;

    path_of(f, 4); /* V-33 */
    f->specs[2].subject = f->specs[3].issuer = f->specs[1].subject;
    add_ext(f, 1, "nameConstraints", "critical,excluded;DNS:b.example");
    add_ext(f, 2, "subjectAltName", "DNS:b.example");
    expect(f, FINDING_NONE, 0);
    path_of(f, 3); /* but not the last one */
    f->specs[2].subject = f->specs[1].subject;
    add_ext(f, 1, "nameConstraints", "critical,excluded;DNS:b.example");
    add_ext(f, 2, "subjectAltName", "DNS:b.example");
    expect(f, FINDING_NAME_CONSTRAINTS, 0);
}

static void test_verify_refuses_critical_name_constraints_of_no_ca(void **state)
{
    struct fixture *f = *state;

    path_of(f, 2); /* V-46 */
    add_ext(f, 1, "nameConstraints", "critical,excluded;DNS:b.example");
    expect(f, FINDING_MALFORMED, 0);
    path_of(f, 2);
    add_ext(f, 1, "nameConstraints", "excluded;DNS:b.example");
    expect(f, FINDING_NONE, 0);
}

/* ---- CA certificates
 * -------------------------------------------------------------------------------- */

static void test_verify_refuses_issuers_that_are_no_ca(void **state)
{
    struct fixture *f = *state;

    path_of(f, 3); /* V-70 */
    set_ext(f, 1, 0, "basicConstraints", "critical,CA:FALSE");
    expect(f, FINDING_NOT_CA, 1);
    path_of(f, 3);
    set_ext(f, 1, 0, "subjectKeyIdentifier", "00");
    expect(f, FINDING_NOT_CA, 1);
    path_of(f, 3); /* V-71 */
    set_ext(f, 1, 1, "keyUsage", "cRLSign,digitalSignature");
    expect(f, FINDING_KEY_USAGE, 1);
    path_of(f, 3);
    set_ext(f, 1, 1, "subjectKeyIdentifier", "00");
    expect(f, FINDING_NONE, 0);
    path_of(f, 3); /* V-04 */
    f->specs[1].version = 1;
    memset(f->specs[1].exts, 0, sizeof(f->specs[1].exts));
    expect(f, FINDING_VERSION, 1);
    path_of(f, 2);
    f->specs[1].version = 1;
    expect(f, FINDING_NONE, 0);
}

static void test_verify_counts_path_length(void **state)
{
    struct fixture *f = *state;

    path_of(f, 4); /* V-72 */
    set_ext(f, 1, 0, "basicConstraints", "critical,CA:TRUE,pathlen:0");
    expect(f, FINDING_PATH_LENGTH, 1);
    path_of(f, 4);
    set_ext(f, 1, 0, "basicConstraints", "critical,CA:TRUE,pathlen:1");
    expect(f, FINDING_NONE, 0);
    path_of(f, 5);
    set_ext(f, 1, 0, "basicConstraints", "critical,CA:TRUE,pathlen:1");
    set_ext(f, 2, 0, "basicConstraints", "critical,CA:TRUE,pathlen:7"); /* does not raise it */
    expect(f, FINDING_PATH_LENGTH, 1);
    path_of(f, 4); /* a link certificate does not count (V-31) */
    set_ext(f, 1, 0, "basicConstraints", "critical,CA:TRUE,pathlen:0");
    f->specs[2].subject = f->specs[3].issuer = f->specs[1].subject;
    expect(f, FINDING_NONE, 0);
    path_of(f, 3); /* a CA certificate as target is no intermediate */
    set_ext(f, 1, 0, "basicConstraints", "critical,CA:TRUE,pathlen:0");
    add_ext(f, 2, "basicConstraints", "critical,CA:TRUE");
    expect(f, FINDING_NONE, 0);
}

static void test_verify_refuses_unknown_critical_extensions(void **state)
{
    struct fixture *f = *state;
    size_t i;

    for (i = 1; i < 3; i++) { /* V-80 */
        path_of(f, 3);
        add_ext(f, i, "1.2.3.4", "critical,DER:05:00");
        expect(f, FINDING_UNKNOWN_CRITICAL, (int)(2 - i));
        path_of(f, 3);
        add_ext(f, i, "1.2.3.4", "DER:05:00");
        expect(f, FINDING_NONE, 0);
    }
}

/* ---- policies
 * ------------------------------------------------------------------------------------------- */

static void test_verify_refuses_mapped_anypolicy(void **state)
{
    static const char any_right[] = "critical,DER:30:0d:30:0b:06:03:2a:03:04:06:04:55:1d:20:00";
    struct fixture *f = *state;

    path_of(f, 3); /* V-53, even where no policy is asked */
    add_ext(f, 1, "policyMappings", any_right);
    expect(f, FINDING_POLICY, 1);
}

static void test_verify_require_explicit_policy_acts_below_its_certificate(void **state)
{
    struct fixture *f = *state;

    path_of(f, 3); /* V-57: SkipCerts 0 acts on the next certificate */
    add_ext(f, 1, "policyConstraints", "critical,requireExplicitPolicy:0");
    expect(f, FINDING_POLICY, 0);
    path_of(f, 3);
    add_ext(f, 1, "policyConstraints", "critical,requireExplicitPolicy:1");
    expect(f, FINDING_POLICY, 0); /* V-59: the wrap-up counts once more */
    path_of(f, 3);
    add_ext(f, 1, "policyConstraints", "critical,requireExplicitPolicy:2");
    expect(f, FINDING_NONE, 0);
    path_of(f, 3); /* V-58 */
    add_ext(f, 2, "policyConstraints", "critical,requireExplicitPolicy:0");
    expect(f, FINDING_POLICY, 0);
    path_of(f, 3);
    add_ext(f, 2, "policyConstraints", "critical,requireExplicitPolicy:1");
    expect(f, FINDING_NONE, 0);
}

static void test_verify_says_where_the_policies_end(void **state)
{
    struct fixture *f = *state;

    path_of(f, 4); /* 6.1.3(f) */
    add_ext(f, 1, "certificatePolicies", "1.2.3.4");
    add_ext(f, 3, "certificatePolicies", "1.2.3.4");
    f->params.require_explicit_policy = true;
    expect(f, FINDING_POLICY, 1);
    assert_int_equal(f->result.progress, 1);
}

static void test_verify_says_which_policies_were_asked_and_found(void **state)
{
    static const uint8_t asked[] = {0x2a, 0x03, 0x05};
    const struct sk_bytes policy = bytes_of(asked, sizeof(asked));
    struct fixture *f = *state;

    path_of(f, 3);
    add_ext(f, 1, "certificatePolicies", "1.2.3.4");
    add_ext(f, 2, "certificatePolicies", "1.2.3.4");
    f->params.require_explicit_policy = true;
    f->params.policies = &policy;
    f->params.num_policies = 1;
    expect(f, FINDING_POLICY, 0);
    assert_non_null(strstr(f->result.finding.text, "1.2.3.4"));
    assert_non_null(strstr(f->result.finding.text, "1.2.3.5"));
}

/* ---- the policy's own rules about the target
 * ------------------------------------------------------------ */

static void test_verify_purposes_of_the_target(void **state)
{
    static const uint8_t server[] = {0x2b, 6, 1, 5, 5, 7, 3, 1},
                         client[] = {0x2b, 6, 1, 5, 5, 7, 3, 2};
    const struct sk_bytes ekus[] = {bytes_of(server, 8), bytes_of(client, 8)};
    struct fixture *f = *state;

    path_of(f, 2); /* S-11: all of them */
    f->params.ekus = ekus;
    f->params.num_ekus = 2;
    add_ext(f, 1, "extendedKeyUsage", "serverAuth");
    expect(f, FINDING_EXTENDED_KEY_USAGE, 0);
    f->is_for_crl = true;
    expect_made(f, FINDING_NONE, 0);
    f->is_for_crl = false;
    set_ext(f, 1, 0, "extendedKeyUsage", "clientAuth,serverAuth");
    expect(f, FINDING_NONE, 0);
    set_ext(f, 1, 0, "extendedKeyUsage", "codeSigning,anyExtendedKeyUsage");
    expect(f, FINDING_NONE, 0);
    f->specs[1].exts[0].name = NULL;
    expect(f, FINDING_NONE, 0);
}

static void test_verify_usage_of_the_target(void **state)
{
    struct fixture *f = *state;

    path_of(f, 2);
    f->params.key_usage = KEY_USAGE_DIGITAL_SIGNATURE | KEY_USAGE_NON_REPUDIATION;
    add_ext(f, 1, "keyUsage", "digitalSignature,keyEncipherment");
    expect(f, FINDING_KEY_USAGE, 0);
    set_ext(f, 1, 0, "keyUsage", "digitalSignature,nonRepudiation");
    expect(f, FINDING_NONE, 0);
    f->specs[1].exts[0].name = NULL;
    expect(f, FINDING_NONE, 0);
}

static void test_verify_names_asked_of_the_target(void **state)
{
    const struct general_name asked[] = {
        {.kind = GENERAL_NAME_DNS, .value = bytes_of("a.example", 9)},
        {.kind = GENERAL_NAME_DNS, .value = bytes_of("b.example", 9)}};
    struct fixture *f = *state;

    path_of(f, 2);
    f->params.names = asked;
    f->params.num_names = 2; /* each one */
    add_ext(f, 1, "subjectAltName", "DNS:a.example");
    expect(f, FINDING_NAME_MISMATCH, 0);
    f->is_for_crl = true;
    expect_made(f, FINDING_NONE, 0);
    f->is_for_crl = false;
    set_ext(f, 1, 0, "subjectAltName", "DNS:b.example,DNS:a.example");
    expect(f, FINDING_NONE, 0);
}

static void test_verify_crl_signers(void **state)
{
    struct fixture *f = *state;

    path_of(f, 2);
    f->is_for_crl = true;
    f->params.require_explicit_policy = true; /* 6.3.3(f): not of a CRL signer */
    f->params.key_usage = KEY_USAGE_DIGITAL_SIGNATURE;
    add_ext(f, 1, "keyUsage", "digitalSignature,keyCertSign");
    expect(f, FINDING_KEY_USAGE, 0);
    set_ext(f, 1, 0, "keyUsage", "cRLSign");
    expect(f, FINDING_NONE, 0);
    f->specs[1].exts[0].name = NULL;
    expect(f, FINDING_NONE, 0);
}

/* ---- work
 * --------------------------------------------------------------------------------------------------
 */

static void test_verify_computes_no_signature_of_a_hopeless_path(void **state)
{
    struct fixture *f = *state;

    path_of(f, 4);
    f->specs[3].not_after = PKI_T0 + 1;
    expect(f, FINDING_EXPIRED, 0);
    assert_int_equal(f->job.work.signatures, 0);
    assert_int_equal(f->result.progress, 2);
}

static void test_verify_computes_a_signature_once(void **state)
{
    struct fixture *f = *state;

    path_of(f, 4);
    f->specs[3].signer = pki_key(PKI_EC, 7);
    expect(f, FINDING_SIGNATURE, 0);
    expect_made(f, FINDING_SIGNATURE, 0);
    assert_int_equal(f->job.work.signatures, 3);
}

/* Two generations of an anchor under one name: what one key did not sign the other may have. */
static void test_verify_remembers_signatures_by_key(void **state)
{
    struct fixture *f = *state;
    const struct sk_cert *right;

    path_of(f, 3);
    make(f);
    right = f->anchor.cert;
    f->specs[0].key = f->specs[0].signer = pki_key(PKI_EC, 9);
    f->anchor.cert = pki_cert(f->arena, &f->specs[0]);
    expect_made(f, FINDING_SIGNATURE, 1);
    f->anchor.cert = right;
    expect_made(f, FINDING_NONE, 0);
    f->anchor.cert = pki_cert(f->arena, &f->specs[0]);
    expect_made(f, FINDING_SIGNATURE, 1);
    assert_int_equal(f->job.work.signatures, 3);
}

static bool is_checked_yes(const struct sk_source *source, const uint8_t object[SK_SHA256],
                           const uint8_t spki[SK_SHA256])
{
    const struct fixture *f = source->ctx;

    return memcmp(object, f->certs[0]->sha256, SK_SHA256) == 0 &&
           memcmp(spki, f->anchor.cert->spki_sha256, SK_SHA256) == 0;
}

static void test_verify_takes_the_sources_word_for_a_pair(void **state)
{
    struct fixture *f = *state;
    const struct sk_source_ops ops = {.is_checked = is_checked_yes};
    const struct sk_source source = {.ops = &ops, .ctx = f};

    path_of(f, 3);
    f->job.source = &source;
    expect(f, FINDING_NONE, 0);
    assert_int_equal(f->job.work.signatures, 1);
}

static int64_t late(void)
{
    return 1000;
}

static void expect_exhausted(struct fixture *f)
{
    make(f);
    assert_int_equal(judge_made(f), SK_LIMIT);
    assert_true(f->job.is_exhausted);
    assert_false(f->result.is_good);
    assert_int_equal(judge_made(f), SK_LIMIT); /* for good */
}

static void test_verify_stops_at_every_budget(void **state)
{
    struct fixture *f = *state;

    path_of(f, 3);
    f->params.budget.max_signatures = 1;
    expect_exhausted(f);
    path_of(f, 3);
    f->params.budget.max_signatures = 2;
    expect(f, FINDING_NONE, 0);
    path_of(f, 3);
    add_ext(f, 1, "certificatePolicies", "1.2.3,1.2.4,1.2.5");
    f->params.budget.max_policy_nodes = 3;
    expect_exhausted(f);
    path_of(f, 3);
    add_ext(f, 1, "nameConstraints", "excluded;DNS:a,excluded;DNS:b");
    add_ext(f, 2, "subjectAltName", "DNS:c");
    f->params.budget.max_name_checks = 1;
    expect_exhausted(f);
    path_of(f, 3);
    f->job.cpu_now = late; /* 1000 us */
    f->params.budget.max_cpu_ms = 1;
    expect_exhausted(f);
    path_of(f, 3);
    f->job.cpu_now = late;
    f->params.budget.max_cpu_ms = 2;
    expect(f, FINDING_NONE, 0);
}

static void test_verify_refuses_paths_of_no_or_too_many_certificates(void **state)
{
    struct fixture *f = *state;
    const struct sk_cert *many[LIMIT_PATH_CERTS + 1];
    struct verify_path path = {.anchor = &f->anchor, .certs = many};
    size_t i;

    path_of(f, 2);
    make(f);
    for (i = 0; i <= LIMIT_PATH_CERTS; i++)
        many[i] = f->certs[0];
    assert_int_equal(verify_path(&f->job, &path, &f->result), SK_INTERNAL);
    path.num_certs = LIMIT_PATH_CERTS + 1;
    assert_int_equal(verify_path(&f->job, &path, &f->result), SK_LIMIT);
    assert_true(f->job.is_exhausted);
}

static void test_verify_accepts_a_path_and_tells_its_end(void **state)
{
    struct fixture *f = *state;

    path_of(f, 5);
    f->specs[3].not_after = PKI_T + 5;
    expect(f, FINDING_NONE, 0);
    assert_true(f->result.not_after == PKI_T + 5);
    assert_int_equal(f->result.progress, 4);
    assert_int_equal(f->job.work.signatures, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(test_verify_##name, setup, teardown)
        T(refuses_a_signature_by_another_key),
        T(refuses_an_algorithm_that_does_not_fit_the_key),
        T(refuses_unequal_signature_algorithms),
        T(holds_keys_and_hashes_to_the_floor),
        T(holds_unknown_kinds_to_the_floor),
        T(says_when_the_target_is_the_anchor),
        T(wants_a_subject),
        T(decides_what_it_cannot_show),
        T(refuses_a_key_that_proves_nothing),
        T(applies_name_constraints_below_the_ca),
        T(refuses_critical_name_constraints_of_no_ca),
        T(refuses_issuers_that_are_no_ca),
        T(refuses_unknown_critical_extensions),
        T(refuses_mapped_anypolicy),
        T(refuses_paths_of_no_or_too_many_certificates),
        T(takes_both_ends_of_validity),
        T(chains_names_not_octets),
        T(spares_self_issued_certificates_from_name_constraints),
        T(counts_path_length),
        T(require_explicit_policy_acts_below_its_certificate),
        T(says_where_the_policies_end),
        T(says_which_policies_were_asked_and_found),
        T(purposes_of_the_target),
        T(usage_of_the_target),
        T(names_asked_of_the_target),
        T(crl_signers),
        T(computes_no_signature_of_a_hopeless_path),
        T(computes_a_signature_once),
        T(remembers_signatures_by_key),
        T(takes_the_sources_word_for_a_pair),
        T(stops_at_every_budget),
        T(does_not_look_at_the_anchor_but_name_and_key),
        T(accepts_every_algorithm),
        T(accepts_a_path_and_tells_its_end),
#undef T
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
