/* SPDX-License-Identifier: Apache-2.0 */
/* The CVS adapter: verdicts of path validation in OCSP's words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/clock.h"
#include "core/derout.h"
#include "core/oid.h"
#include "net/cvs.h"
#include "test/support/snapshot.h"

/* After ours: OpenSSL has macros with the names of enum crl_reason. */
#include <openssl/ocsp.h>

#define ROOT "/C=JP/CN=Root"
#define CA   "/C=JP/CN=CA"
#define HOUR 3600
#define DAY  ((int64_t)86400)

#define CERTIFICATES "1.3.6.1.4.1.32473.1.1"
#define POLICIES     "1.3.6.1.4.1.32473.1.2"
#define DETAIL       "1.3.6.1.4.1.32473.1.3"
#define POLICY_A     "2.16.840.1.101.3.2.1.48.1"
#define POLICY_B     "2.16.840.1.101.3.2.1.48.2"

enum { CA_SERIAL = 0x21, GOOD = 0x31, LISTED = 0x32, HELD = 0x33 };

struct bench {
    struct snapshot s;
    const struct sk_cert *root, *ca, *good, *listed;
    struct sk_anchor anchor;
    struct sk_policy policy;
    struct sk_config config;
    struct sk_arena *job;
    struct sk_keyring *keys;
    struct ocsp_statuses found;
    char verdict[32], code[48]; /* of the detail: the verdict and the first finding */
};

static struct sk_bytes oid(const struct bench *b, const char *text)
{
    struct sk_bytes out;
    struct sk_buf der;

    buf_init(&der, 64);
    assert_int_equal(oid_from_text(text, &der), SK_OK);
    out = bytes_of(arena_copy(b->s.arena, der.data, der.len), der.len);
    buf_done(&der);
    return out;
}

static const struct sk_cert *leaf(const struct bench *b, long serial, int64_t not_after)
{
    return pki_cert(b->s.arena,
                    &(struct pki_cert_spec){.subject = "/C=JP/CN=EE",
                                            .issuer = CA,
                                            .key = pki_key(PKI_EC, 5),
                                            .signer = pki_key(PKI_EC, 1),
                                            .serial = serial,
                                            .not_before = PKI_T - 30 * DAY,
                                            .not_after = not_after,
                                            .exts = {{"certificatePolicies", POLICY_A}}});
}

static void add_list(struct bench *b, const char *issuer, size_t key, long serial,
                     int64_t next_update)
{
    (void)snapshot_crl(&b->s, "x", false,
                       &(struct pki_crl_spec){.issuer = issuer,
                                              .signer = pki_key(PKI_EC, key),
                                              .this_update = PKI_T - HOUR,
                                              .next_update = next_update,
                                              .exts = {{"crlNumber", "DER:02:01:05"}},
                                              .entries = {{.serial = serial,
                                                           .when = PKI_T - 2 * DAY,
                                                           .reason = 1 + CRL_REASON_SUPERSEDED}}});
}

static int setup(void **state)
{
    struct bench *b = calloc(1, sizeof(*b));

    snapshot_begin(&b->s);
    b->root = pki_cert(
        b->s.arena,
        &(struct pki_cert_spec){.subject = ROOT, .key = pki_key(PKI_EC, 0), .exts = {PKI_CA_EXTS}});
    b->ca =
        pki_cert(b->s.arena,
                 &(struct pki_cert_spec){.subject = CA,
                                         .issuer = ROOT,
                                         .serial = CA_SERIAL,
                                         .key = pki_key(PKI_EC, 1),
                                         .signer = pki_key(PKI_EC, 0),
                                         .exts = {PKI_CA_EXTS, {"certificatePolicies", POLICY_A}}});
    b->good = leaf(b, GOOD, PKI_T + 30 * DAY);
    b->listed = leaf(b, LISTED, PKI_T + 30 * DAY);
    b->anchor.cert = b->root;
    params_init(&b->policy.params);
    b->policy.ocsp.certid_hashes = POLICY_CERTID_SHA1 | POLICY_CERTID_SHA256;
    b->policy.params.budget.max_cpu_ms = 0;
    b->policy.params.anchors = &b->anchor;
    b->policy.params.num_anchors = 1;
    b->config.cvs.certificates_oid = oid(b, CERTIFICATES);
    b->config.cvs.policies_oid = oid(b, POLICIES);
    b->config.cvs.detail_oid = oid(b, DETAIL);
    b->config.cvs.policy = &b->policy;
    b->job = arena_new(64u << 20);
    b->keys = keyring_new(16);
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

/* root_lists: what the root's list holds. */
static void fill(struct bench *b, long root_lists, int64_t next_update)
{
    snapshot_cert(&b->s, b->root, b->root);
    snapshot_cert(&b->s, b->ca, b->root);
    add_list(b, ROOT, 0, root_lists, PKI_T + 2 * DAY);
    add_list(b, CA, 1, LISTED, next_update);
    snapshot_open(&b->s);
}

/* ---- requests ---- */

static X509_EXTENSION *extension_new(const char *text, bool is_critical, struct sk_bytes value)
{
    ASN1_OCTET_STRING *octets = ASN1_OCTET_STRING_new();
    ASN1_OBJECT *object = OBJ_txt2obj(text, 1);
    X509_EXTENSION *extension;

    assert_int_equal(ASN1_OCTET_STRING_set(octets, value.p, (int)value.len), 1);
    extension = X509_EXTENSION_create_by_OBJ(NULL, object, is_critical, octets);
    assert_non_null(extension);
    ASN1_OBJECT_free(object);
    ASN1_OCTET_STRING_free(octets);
    return extension;
}

static void add_certificates(OCSP_REQUEST *request, const struct sk_cert *const *certs,
                             size_t count)
{
    X509_EXTENSION *extension;
    struct sk_buf value;
    size_t list, i;

    buf_init(&value, 65536);
    list = derout_open(&value, DER_SEQUENCE);
    for (i = 0; i < count; i++)
        derout_raw(&value, certs[i]->der);
    derout_close(&value, list);
    extension = extension_new(CERTIFICATES, true, buf_bytes(&value));
    assert_int_equal(OCSP_ONEREQ_add_ext(OCSP_request_onereq_get0(request, 0), extension, -1), 1);
    X509_EXTENSION_free(extension);
    buf_done(&value);
}

static void add_policies(const struct bench *b, OCSP_REQUEST *request, const char *text)
{
    X509_EXTENSION *extension;
    struct sk_buf value;
    size_t list;

    buf_init(&value, 256);
    list = derout_open(&value, DER_SEQUENCE);
    derout_tlv(&value, DER_OID, oid(b, text));
    derout_close(&value, list);
    extension = extension_new(POLICIES, true, buf_bytes(&value));
    assert_int_equal(OCSP_REQUEST_add_ext(request, extension, -1), 1);
    X509_EXTENSION_free(extension);
    buf_done(&value);
}

static void read_text(struct der *d, char *out, size_t size)
{
    struct sk_bytes text;

    assert_int_equal(der_take(d, DER_UTF8_STRING, &text), SK_OK);
    assert_true(text.len < size);
    memcpy(out, text.p, text.len);
    out[text.len] = '\0';
}

static void read_detail(struct bench *b)
{
    struct der d, extension, detail, findings, finding;
    struct sk_bytes id, value;
    bool is_critical = false;

    der_init(&d, b->found.singles[0].extension);
    assert_int_equal(der_enter(&d, DER_SEQUENCE, &extension), SK_OK);
    assert_int_equal(der_finish(&d), SK_OK);
    assert_int_equal(der_oid(&extension, DER_OID, &id), SK_OK);
    assert_true(bytes_equal(id, b->config.cvs.detail_oid));
    if (der_peek(&extension, DER_BOOLEAN))
        assert_int_equal(der_bool(&extension, DER_BOOLEAN, &is_critical), SK_OK);
    assert_int_equal(is_critical, b->config.cvs.detail_critical);
    assert_int_equal(der_take(&extension, DER_OCTET_STRING, &value), SK_OK);
    assert_int_equal(der_finish(&extension), SK_OK);
    der_init(&d, value);
    assert_int_equal(der_enter(&d, DER_SEQUENCE, &detail), SK_OK);
    read_text(&detail, b->verdict, sizeof(b->verdict));
    assert_int_equal(der_enter(&detail, DER_SEQUENCE, &findings), SK_OK);
    b->code[0] = '\0';
    if (der_at_end(&findings))
        return;
    assert_int_equal(der_enter(&findings, DER_SEQUENCE, &finding), SK_OK);
    read_text(&finding, b->code, sizeof(b->code));
}

/* Takes the request. */
static enum ocsp_error find(struct bench *b, OCSP_REQUEST *made)
{
    const struct ocsp_rules rules = {.max_ids = LIMIT_OCSP_CERTIDS,
                                     .extension = b->config.cvs.policies_oid,
                                     .id_extension = b->config.cvs.certificates_oid};
    struct ocsp_ask ask = {.config = &b->config,
                           .policy = &b->policy,
                           .reader = b->s.reader,
                           .keys = b->keys,
                           .arena = b->job,
                           .now = PKI_T};
    struct ocsp_request request;
    enum ocsp_error error;

    arena_reset(b->job);
    assert_int_equal(ocsp_request_parse(snapshot_request(&b->s, made), &rules, &request, NULL),
                     SK_OK);
    error = cvs_status_find(&ask, &request, &b->found);
    if (error == OCSP_ERROR_NONE)
        read_detail(b);
    return error;
}

static OCSP_REQUEST *request_new(const struct sk_cert *issuer, const struct sk_cert *cert,
                                 bool is_sent)
{
    OCSP_REQUEST *request = NULL;

    snapshot_ask(&request, "SHA256", issuer, cert->serial);
    if (is_sent)
        add_certificates(request, &cert, 1);
    return request;
}

/* The verdict on a certificate of the CA that comes along. */
static const struct ocsp_single *ask(struct bench *b, const struct sk_cert *cert)
{
    const struct ocsp_single *single = &b->found.singles[0];

    assert_int_equal(find(b, request_new(b->ca, cert, true)), OCSP_ERROR_NONE);
    assert_true(single->this_update <= PKI_T && PKI_T < single->next_update);
    assert_int_equal(b->found.ends, single->next_update);
    return single;
}

static bool is_short(const struct ocsp_single *single)
{
    return single->next_update <= PKI_T + (int64_t)LIMIT_OCSP_UNKNOWN_S;
}

/* ---- refusals first ---- */

static void test_a_revoked_ca_is_revoked_with_its_own_date(void **state)
{
    struct bench *b = *state;
    const struct ocsp_single *single;

    fill(b, CA_SERIAL, PKI_T + DAY);
    single = ask(b, b->good);
    assert_int_equal(single->status, OCSP_CERT_REVOKED);
    assert_int_equal(single->revoked_at, PKI_T - 2 * DAY);
    assert_int_equal(single->reason, CRL_REASON_SUPERSEDED);
    assert_int_equal(single->next_update, PKI_T + 2 * DAY);
    assert_string_equal(b->verdict, "invalid");
    assert_string_equal(b->code, "issuer-revoked");
}

static void test_a_revoked_target_is_revoked(void **state)
{
    struct bench *b = *state;
    const struct ocsp_single *single;

    fill(b, 0x7f, PKI_T + DAY);
    b->config.cvs.detail_critical = true;
    single = ask(b, b->listed);
    assert_int_equal(single->status, OCSP_CERT_REVOKED);
    assert_int_equal(single->revoked_at, PKI_T - 2 * DAY);
    assert_int_equal(single->next_update, PKI_T + DAY);
    assert_string_equal(b->verdict, "revoked");
    assert_string_equal(b->code, "revoked");
}

static void test_what_is_not_valid_is_unknown_and_says_why(void **state)
{
    struct bench *b = *state;
    const struct sk_cert *expired = leaf(b, GOOD, PKI_T - 1);
    const struct sk_cert *forged =
        pki_cert(b->s.arena, &(struct pki_cert_spec){.subject = "/CN=x",
                                                     .issuer = CA,
                                                     .serial = GOOD,
                                                     .key = pki_key(PKI_EC, 5),
                                                     .signer = pki_key(PKI_EC, 6)});

    fill(b, 0x7f, PKI_T + DAY);
    assert_int_equal(ask(b, expired)->status, OCSP_CERT_UNKNOWN);
    assert_string_equal(b->verdict, "invalid");
    assert_string_equal(b->code, "expired");
    assert_true(is_short(&b->found.singles[0]));
    assert_int_equal(ask(b, forged)->status, OCSP_CERT_UNKNOWN);
    assert_string_equal(b->verdict, "invalid");
}

static void test_stale_lists_are_unknown(void **state)
{
    struct bench *b = *state;

    fill(b, 0x7f, PKI_T - 1);
    assert_int_equal(ask(b, b->good)->status, OCSP_CERT_UNKNOWN);
    assert_string_equal(b->verdict, "undetermined");
    assert_string_equal(b->code, "revocation-stale");
    assert_int_equal(ask(b, b->listed)->status, OCSP_CERT_UNKNOWN);
    b->policy.params.grace_s = HOUR;
    assert_int_equal(ask(b, b->good)->status, OCSP_CERT_GOOD);
    assert_string_equal(b->code, "grace");
    assert_true(is_short(&b->found.singles[0]));
}

/* The answer speaks of the CertID: it must be the target's, in name, serial and key. */
static void test_a_certid_of_another_certificate_is_refused(void **state)
{
    struct bench *b = *state;
    const struct sk_cert *twin = pki_cert(
        b->s.arena,
        &(struct pki_cert_spec){.subject = CA, .key = pki_key(PKI_EC, 8), .exts = {PKI_CA_EXTS}});
    OCSP_REQUEST *request = request_new(b->ca, b->listed, false);

    fill(b, 0x7f, PKI_T + DAY);
    add_certificates(request, &b->good, 1);
    assert_int_equal(find(b, request), OCSP_ERROR_MALFORMED);
    assert_int_equal(find(b, request_new(b->root, b->good, true)), OCSP_ERROR_MALFORMED);
    assert_int_equal(find(b, request_new(twin, b->good, true)), OCSP_ERROR_NONE);
    assert_int_equal(b->found.singles[0].status, OCSP_CERT_UNKNOWN);
    assert_string_equal(b->verdict, "valid"); /* but of another issuer's key */
}

static void test_a_client_cannot_widen_the_policies(void **state)
{
    struct bench *b = *state;
    struct sk_bytes only_b = oid(b, POLICY_B);
    OCSP_REQUEST *request;

    fill(b, 0x7f, PKI_T + DAY);
    request = request_new(b->ca, b->good, true);
    add_policies(b, request, POLICY_B); /* any is accepted: narrowed to what the path lacks */
    assert_int_equal(find(b, request), OCSP_ERROR_NONE);
    assert_int_equal(b->found.singles[0].status, OCSP_CERT_UNKNOWN);
    assert_string_equal(b->code, "policy");
    request = request_new(b->ca, b->good, true);
    add_policies(b, request, POLICY_A);
    assert_int_equal(find(b, request), OCSP_ERROR_NONE);
    assert_int_equal(b->found.singles[0].status, OCSP_CERT_GOOD);
    b->policy.params.policies = &only_b;
    b->policy.params.num_policies = 1;
    request = request_new(b->ca, b->good, true);
    add_policies(b, request, POLICY_A);
    assert_int_equal(find(b, request), OCSP_ERROR_UNAUTHORIZED);
}

static void test_malformed_extensions_are_malformed_requests(void **state)
{
    static const struct sk_bytes bad[] = {{(const uint8_t *)"\x30\x00", 2},
                                          {(const uint8_t *)"\x04\x00", 2},
                                          {(const uint8_t *)"\x30\x02\x30\x00", 4},
                                          {(const uint8_t *)"\x30\x02\x05\x00\x00", 5}};
    struct bench *b = *state;
    const struct sk_cert *many[LIMIT_CVS_CERTS + 1];
    OCSP_REQUEST *request;
    X509_EXTENSION *extension;
    size_t i;

    fill(b, 0x7f, PKI_T + DAY);
    for (i = 0; i < 2 * sizeof(bad) / sizeof(bad[0]); i++) {
        request = request_new(b->ca, b->good, false);
        extension = extension_new(i % 2 == 0 ? CERTIFICATES : POLICIES, false, bad[i / 2]);
        if (i % 2 == 0)
            assert_int_equal(
                OCSP_ONEREQ_add_ext(OCSP_request_onereq_get0(request, 0), extension, -1), 1);
        else
            assert_int_equal(OCSP_REQUEST_add_ext(request, extension, -1), 1);
        X509_EXTENSION_free(extension);
        assert_int_equal(find(b, request), OCSP_ERROR_MALFORMED);
    }
    for (i = 0; i <= LIMIT_CVS_CERTS; i++)
        many[i] = b->good;
    request = request_new(b->ca, b->good, false);
    add_certificates(request, many, LIMIT_CVS_CERTS);
    assert_int_equal(find(b, request), OCSP_ERROR_NONE);
    request = request_new(b->ca, b->good, false);
    add_certificates(request, many, LIMIT_CVS_CERTS + 1);
    assert_int_equal(find(b, request), OCSP_ERROR_MALFORMED);
}

/* ---- good ---- */

static void test_a_valid_path_is_good_to_the_end_of_its_first_list(void **state)
{
    struct bench *b = *state;
    const struct ocsp_single *single;

    fill(b, 0x7f, PKI_T + DAY);
    single = ask(b, b->good);
    assert_int_equal(single->status, OCSP_CERT_GOOD);
    assert_int_equal(single->this_update, PKI_T - HOUR);
    assert_int_equal(single->next_update, PKI_T + DAY);
    assert_string_equal(b->verdict, "valid");
    assert_string_equal(b->code, "");
}

static void test_without_lists_good_is_short(void **state)
{
    struct bench *b = *state;

    b->policy.params.revocation = REVOCATION_OFF;
    fill(b, 0x7f, PKI_T + DAY);
    assert_int_equal(ask(b, b->listed)->status, OCSP_CERT_GOOD);
    assert_true(is_short(&b->found.singles[0]));
}

/* An intermediate that the snapshot does not have. */
static void test_intermediates_may_come_along(void **state)
{
    struct bench *b = *state;
    const struct sk_cert *both[2] = {b->good, b->ca};
    OCSP_REQUEST *request = request_new(b->ca, b->good, false);

    snapshot_cert(&b->s, b->root, b->root);
    add_list(b, ROOT, 0, 0x7f, PKI_T + DAY);
    add_list(b, CA, 1, LISTED, PKI_T + DAY);
    snapshot_open(&b->s);
    assert_int_equal(ask(b, b->good)->status, OCSP_CERT_UNKNOWN);
    assert_string_equal(b->code, "no-path");
    add_certificates(request, both, 2);
    assert_int_equal(find(b, request), OCSP_ERROR_NONE);
    assert_int_equal(b->found.singles[0].status, OCSP_CERT_GOOD);
}

static void test_a_certid_alone_is_looked_up(void **state)
{
    struct bench *b = *state;

    snapshot_cert(&b->s, b->good, b->ca);
    fill(b, 0x7f, PKI_T + DAY);
    assert_int_equal(find(b, request_new(b->ca, b->good, false)), OCSP_ERROR_NONE);
    assert_int_equal(b->found.singles[0].status, OCSP_CERT_GOOD);
    assert_int_equal(find(b, request_new(b->ca, b->listed, false)), OCSP_ERROR_NONE);
    assert_int_equal(b->found.singles[0].status, OCSP_CERT_UNKNOWN); /* nobody knows it */
    assert_string_equal(b->verdict, "undetermined");
    assert_string_equal(b->code, "no-path");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_revoked_ca_is_revoked_with_its_own_date),
        TEST(test_a_revoked_target_is_revoked),
        TEST(test_what_is_not_valid_is_unknown_and_says_why),
        TEST(test_stale_lists_are_unknown),
        TEST(test_a_certid_of_another_certificate_is_refused),
        TEST(test_a_client_cannot_widen_the_policies),
        TEST(test_malformed_extensions_are_malformed_requests),
        TEST(test_a_valid_path_is_good_to_the_end_of_its_first_list),
        TEST(test_without_lists_good_is_short),
        TEST(test_intermediates_may_come_along),
        TEST(test_a_certid_alone_is_looked_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
