/* SPDX-License-Identifier: Apache-2.0 */
/* Who signed a request; OpenSSL signs them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/ocsp_requestor.h"
#include "test/support/snapshot.h"

/* After ours: OpenSSL has macros with the names of enum crl_reason. */
#include <openssl/ocsp.h>

#define CA     "/C=JP/CN=Clients"
#define CLIENT "/C=JP/CN=client"
#define DAY    ((int64_t)86400)

enum { CA_KEY = 0, CLIENT_KEY = 1, OTHER_KEY = 2, SERIAL = 0x55, REVOKED = 0x56 };

struct bench {
    struct snapshot s;
    const struct sk_cert *ca, *client, *revoked;
    struct sk_anchor requestors[2];
    struct sk_policy policy;
    struct sk_config config;
    struct sk_keyring *keys;
    struct sk_arena *job;
};

static const struct sk_cert *make(const struct bench *b, const char *subject, size_t key,
                                  const char *issuer, size_t signer, long serial, const char *usage)
{
    return pki_cert(b->s.arena, &(struct pki_cert_spec){.subject = subject,
                                                        .issuer = issuer,
                                                        .key = pki_key(PKI_EC, key),
                                                        .signer = pki_key(PKI_EC, signer),
                                                        .serial = serial,
                                                        .not_before = PKI_T - 30 * DAY,
                                                        .not_after = PKI_T + 30 * DAY,
                                                        .exts = {{"keyUsage", usage}}});
}

static int setup(void **state)
{
    struct bench *b = calloc(1, sizeof(*b));

    snapshot_begin(&b->s);
    b->ca = pki_cert(b->s.arena, &(struct pki_cert_spec){.subject = CA,
                                                         .key = pki_key(PKI_EC, CA_KEY),
                                                         .not_before = PKI_T - 90 * DAY,
                                                         .not_after = PKI_T + 90 * DAY,
                                                         .exts = {PKI_CA_EXTS}});
    b->client = make(b, CLIENT, CLIENT_KEY, CA, CA_KEY, SERIAL, "digitalSignature");
    b->revoked = make(b, CLIENT, CLIENT_KEY, CA, CA_KEY, REVOKED, "digitalSignature");
    snapshot_cert(&b->s, b->ca, b->ca);
    (void)snapshot_crl(&b->s, "clients", false,
                       &(struct pki_crl_spec){.issuer = CA,
                                              .signer = pki_key(PKI_EC, CA_KEY),
                                              .this_update = PKI_T - DAY,
                                              .next_update = PKI_T + DAY,
                                              .exts = {{"crlNumber", "DER:02:01:05"}},
                                              .entries = {{.serial = REVOKED}}});
    snapshot_open(&b->s);
    params_init(&b->policy.params);
    b->policy.ocsp.certid_hashes = POLICY_CERTID_SHA1 | POLICY_CERTID_SHA256;
    b->policy.params.allow_sha1 = false;
    b->policy.params.budget.max_cpu_ms = 0;
    b->policy.ocsp.requests = POLICY_REQUESTS_REQUIRE;
    b->policy.ocsp.requestors = b->requestors;
    b->policy.ocsp.num_requestors = 1;
    b->requestors[0].cert = b->ca;
    b->keys = keyring_new(16);
    b->job = arena_new(64u << 20);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;

    snapshot_done(&b->s);
    keyring_free(b->keys);
    arena_free(b->job);
    free(b);
    return 0;
}

static X509 *to_x509(const struct sk_cert *cert)
{
    const unsigned char *p = cert->der.p;
    X509 *x509 = d2i_X509(NULL, &p, (long)cert->der.len);

    assert_non_null(x509);
    return x509;
}

/* Signed under the signer's name; its certificate comes along unless flags say OCSP_NOCERTS. */
static struct sk_bytes ask(struct bench *b, const struct sk_cert *signer, size_t key,
                           const char *hash, unsigned long flags)
{
    OCSP_REQUEST *request = NULL;
    uint8_t serial = 1;
    X509 *cert;

    snapshot_ask(&request, "SHA256", b->ca, bytes_of(&serial, 1));
    if (signer != NULL) {
        cert = to_x509(signer);
        assert_int_equal(OCSP_request_sign(request, cert, pki_key(PKI_EC, key),
                                           EVP_get_digestbyname(hash), NULL, flags),
                         1);
        X509_free(cert);
    }
    return snapshot_request(&b->s, request);
}

static enum ocsp_error check(struct bench *b, struct sk_bytes der)
{
    const struct ocsp_rules rules = {.max_ids = LIMIT_OCSP_CERTIDS};
    struct ocsp_ask question = {.config = &b->config,
                                .policy = &b->policy,
                                .reader = b->s.reader,
                                .keys = b->keys,
                                .arena = b->job,
                                .now = PKI_T};
    struct ocsp_request request;

    arena_reset(b->job);
    assert_int_equal(ocsp_request_parse(der, &rules, &request, NULL), SK_OK);
    return ocsp_requestor_check(&question, &request);
}

static enum ocsp_error check_signed(struct bench *b, const struct sk_cert *signer, size_t key)
{
    return check(b, ask(b, signer, key, "SHA256", 0));
}

/* ---- refusals first ---- */

static void test_a_signature_is_required_when_the_policy_requires_one(void **state)
{
    struct bench *b = *state;

    assert_int_equal(check(b, ask(b, NULL, 0, NULL, 0)), OCSP_ERROR_SIG_REQUIRED);
    b->policy.ocsp.requests = POLICY_REQUESTS_VERIFY;
    assert_int_equal(check(b, ask(b, NULL, 0, NULL, 0)), OCSP_ERROR_NONE);
}

static void test_a_stranger_is_unauthorized(void **state)
{
    struct bench *b = *state;
    const struct sk_cert *forged = make(b, CLIENT, OTHER_KEY, CA, OTHER_KEY, 9, "digitalSignature");
    const struct sk_cert *self =
        make(b, "/CN=me", OTHER_KEY, NULL, OTHER_KEY, 9, "digitalSignature");

    assert_int_equal(check_signed(b, forged, OTHER_KEY), OCSP_ERROR_UNAUTHORIZED);
    assert_int_equal(check_signed(b, self, OTHER_KEY), OCSP_ERROR_UNAUTHORIZED);
    b->policy.ocsp.requests = POLICY_REQUESTS_VERIFY;
    assert_int_equal(check_signed(b, self, OTHER_KEY), OCSP_ERROR_UNAUTHORIZED);
}

static void test_a_revoked_client_is_unauthorized(void **state)
{
    struct bench *b = *state;

    assert_int_equal(check_signed(b, b->revoked, CLIENT_KEY), OCSP_ERROR_UNAUTHORIZED);
}

/* Every octet that is signed, and every octet of the signature. */
static void test_a_changed_request_is_unauthorized(void **state)
{
    struct bench *b = *state;
    struct sk_bytes der = ask(b, b->client, CLIENT_KEY, "SHA256", 0), copy;
    const struct ocsp_rules rules = {.max_ids = 1};
    struct ocsp_request request;
    uint8_t *octets = arena_copy(b->s.arena, der.p, der.len);
    size_t i, num_read = 0;

    copy = bytes_of(octets, der.len);
    for (i = 0; i < der.len; i++) {
        octets[i] ^= 1;
        if (ocsp_request_parse(copy, &rules, &request, NULL) == SK_OK && request.is_signed &&
            octets + i < request.signature.value.p + request.signature.value.len) {
            assert_int_not_equal(check(b, copy), OCSP_ERROR_NONE);
            num_read++;
        }
        octets[i] ^= 1;
    }
    assert_true(num_read > 64);
    assert_int_equal(check(b, copy), OCSP_ERROR_NONE);
}

static void test_a_sha1_signature_is_unauthorized(void **state)
{
    struct bench *b = *state;

    assert_int_equal(check(b, ask(b, b->client, CLIENT_KEY, "SHA1", 0)), OCSP_ERROR_UNAUTHORIZED);
    b->policy.params.allow_sha1 = true;
    assert_int_equal(check(b, ask(b, b->client, CLIENT_KEY, "SHA1", 0)), OCSP_ERROR_NONE);
}

static void test_a_key_that_may_not_sign_is_unauthorized(void **state)
{
    struct bench *b = *state;
    const struct sk_cert *cert = make(b, CLIENT, CLIENT_KEY, CA, CA_KEY, 9, "keyEncipherment");

    assert_int_equal(check_signed(b, cert, CLIENT_KEY), OCSP_ERROR_UNAUTHORIZED);
}

/* A client's own certificate that the policy names is no CA: what it signs is nothing. */
static void test_a_named_client_certifies_nobody(void **state)
{
    struct bench *b = *state;
    const struct sk_cert *pupil =
        make(b, "/CN=pupil", OTHER_KEY, CLIENT, CLIENT_KEY, 9, "digitalSignature");

    b->policy.params.revocation = REVOCATION_OFF;
    b->requestors[0].cert = b->client;
    assert_int_equal(check_signed(b, pupil, OTHER_KEY), OCSP_ERROR_UNAUTHORIZED);
    assert_int_equal(check_signed(b, b->client, CLIENT_KEY), OCSP_ERROR_NONE);
}

/* The name in the request is not that of the certificate that comes along. */
static void test_another_name_is_unauthorized(void **state)
{
    struct bench *b = *state;
    OCSP_REQUEST *request = NULL;
    X509 *cert = to_x509(b->client), *ca = to_x509(b->ca);
    uint8_t serial = 1;

    snapshot_ask(&request, "SHA1", b->ca, bytes_of(&serial, 1));
    assert_int_equal(
        OCSP_request_sign(request, cert, pki_key(PKI_EC, CLIENT_KEY), EVP_sha256(), NULL, 0), 1);
    assert_int_equal(OCSP_request_set1_name(request, X509_get_subject_name(ca)), 1);
    X509_free(cert);
    X509_free(ca);
    assert_int_equal(check(b, snapshot_request(&b->s, request)), OCSP_ERROR_UNAUTHORIZED);
}

/* ---- accepted ---- */

static void test_a_client_of_a_named_ca_may_ask(void **state)
{
    struct bench *b = *state;

    assert_int_equal(check_signed(b, b->client, CLIENT_KEY), OCSP_ERROR_NONE);
}

static void test_a_named_client_need_not_bring_its_certificate(void **state)
{
    struct bench *b = *state;

    assert_int_equal(check(b, ask(b, b->client, CLIENT_KEY, "SHA256", OCSP_NOCERTS)),
                     OCSP_ERROR_UNAUTHORIZED);
    b->requestors[1].cert = b->client;
    b->policy.ocsp.num_requestors = 2;
    assert_int_equal(check(b, ask(b, b->client, CLIENT_KEY, "SHA256", OCSP_NOCERTS)),
                     OCSP_ERROR_NONE);
    /* but not after its end, nor before its begin */
    b->requestors[1].cert =
        pki_cert(b->s.arena, &(struct pki_cert_spec){.subject = CLIENT,
                                                     .key = pki_key(PKI_EC, CLIENT_KEY),
                                                     .not_before = PKI_T - 30 * DAY,
                                                     .not_after = PKI_T - 1});
    assert_int_equal(check(b, ask(b, b->client, CLIENT_KEY, "SHA256", OCSP_NOCERTS)),
                     OCSP_ERROR_UNAUTHORIZED);
}

static void test_signatures_are_not_looked_at_by_default(void **state)
{
    struct bench *b = *state;
    const struct sk_cert *self =
        make(b, "/CN=me", OTHER_KEY, NULL, OTHER_KEY, 9, "digitalSignature");

    b->policy.ocsp.requests = POLICY_REQUESTS_IGNORE;
    assert_int_equal(check_signed(b, self, OTHER_KEY), OCSP_ERROR_NONE);
    assert_int_equal(check(b, ask(b, NULL, 0, NULL, 0)), OCSP_ERROR_NONE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_signature_is_required_when_the_policy_requires_one),
        TEST(test_a_stranger_is_unauthorized),
        TEST(test_a_revoked_client_is_unauthorized),
        TEST(test_a_changed_request_is_unauthorized),
        TEST(test_a_sha1_signature_is_unauthorized),
        TEST(test_a_key_that_may_not_sign_is_unauthorized),
        TEST(test_a_named_client_certifies_nobody),
        TEST(test_another_name_is_unauthorized),
        TEST(test_a_client_of_a_named_ca_may_ask),
        TEST(test_a_named_client_need_not_bring_its_certificate),
        TEST(test_signatures_are_not_looked_at_by_default),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
