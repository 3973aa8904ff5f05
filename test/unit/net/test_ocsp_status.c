/* SPDX-License-Identifier: Apache-2.0 */
/* The status of each CertID from a published generation, by every option of policy and CA. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/clock.h"
#include "net/ocsp_status.h"
#include "test/support/snapshot.h"

#define CA   "/C=JP/O=Example/CN=CA"
#define HOUR 3600
#define DAY  ((int64_t)86400)

enum { LISTED = 0x71, LISTED_CA = 0x72, ISSUED = 0x73, EXPIRED = 0x74, ABSENT = 0x75, TWIN = 0x76 };

struct bench {
    struct snapshot s;
    const struct sk_cert *ca, *other_key; /* one name, two keys */
    struct sk_anchor anchors[2];
    struct sk_policy policy;
    struct config_ca cas[2];
    struct sk_config config;
    struct sk_arena *job;
    struct sk_keyring *keys;
    struct ocsp_statuses found;
};

static const struct sk_cert *make_ca(const struct bench *b, size_t key)
{
    return pki_cert(b->s.arena, &(struct pki_cert_spec){
                                    .subject = CA,
                                    .key = pki_key(PKI_EC, key),
                                    .not_before = PKI_T - 90 * DAY,
                                    .not_after = PKI_T + 90 * DAY,
                                    .exts = {PKI_CA_EXTS, {"subjectKeyIdentifier", "hash"}}});
}

static void add_cert(struct bench *b, const struct sk_cert *issuer, size_t key, long serial,
                     int64_t not_after, bool is_ca)
{
    const struct sk_cert *cert = pki_cert(
        b->s.arena, &(struct pki_cert_spec){
                        .subject = is_ca ? "/C=JP/CN=Sub" : "/C=JP/CN=EE",
                        .issuer = CA,
                        .key = pki_key(PKI_EC, 10),
                        .signer = pki_key(PKI_EC, key),
                        .serial = serial,
                        .not_before = PKI_T - 60 * DAY,
                        .not_after = not_after,
                        .exts = {{"basicConstraints", is_ca ? "critical,CA:TRUE" : "CA:FALSE"}}});

    snapshot_cert(&b->s, cert, issuer);
}

static struct sk_bytes add_list(struct bench *b, const char *ca, size_t key, bool is_arl,
                                long serial)
{
    return snapshot_crl(&b->s, ca, is_arl,
                        &(struct pki_crl_spec){.issuer = CA,
                                               .signer = pki_key(PKI_EC, key),
                                               .this_update = PKI_T - HOUR,
                                               .next_update = PKI_T + DAY,
                                               .exts = {{"crlNumber", "DER:02:02:01:2c"}},
                                               .entries = {{.serial = serial,
                                                            .when = PKI_T - 2 * DAY,
                                                            .reason = 1 + CRL_REASON_KEY_COMPROMISE,
                                                            .invalid_since = PKI_T - 3 * DAY}}});
}

static int setup(void **state)
{
    struct bench *b = calloc(1, sizeof(*b));

    snapshot_begin(&b->s);
    b->ca = make_ca(b, 0);
    b->other_key = make_ca(b, 1);
    snapshot_cert(&b->s, b->ca, b->ca);
    snapshot_cert(&b->s, b->other_key, b->other_key);
    b->anchors[0].cert = b->ca;
    b->anchors[1].cert = b->other_key;
    params_init(&b->policy.params);
    b->policy.ocsp.certid_hashes = POLICY_CERTID_SHA1 | POLICY_CERTID_SHA256;
    b->policy.params.budget.max_cpu_ms = 0;
    b->policy.params.anchors = b->anchors;
    b->policy.params.num_anchors = 2;
    b->cas[0].name = (char *)(uintptr_t) "one";
    b->cas[1].name = (char *)(uintptr_t) "two";
    b->config.cas = b->cas;
    b->config.num_cas = 2;
    b->job = arena_new(64u << 20);
    b->keys = keyring_new(16);
    *state = b;
    return 0;
}

/* What most tests ask about. */
static void fill(struct bench *b)
{
    (void)add_list(b, "one", 0, false, LISTED);
    (void)add_list(b, "one", 0, true, LISTED_CA);
    add_cert(b, b->ca, 0, ISSUED, PKI_T + 30 * DAY, false);
    add_cert(b, b->ca, 0, EXPIRED, PKI_T - 10 * DAY, false);
    add_cert(b, b->ca, 0, LISTED, PKI_T - 10 * DAY, false);
    snapshot_open(&b->s);
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

static enum ocsp_error find_by(struct bench *b, const char *hash, const struct sk_cert *issuer,
                               uint8_t serial)
{
    const struct ocsp_rules rules = {.max_ids = LIMIT_OCSP_CERTIDS};
    struct ocsp_ask ask = {.config = &b->config,
                           .policy = &b->policy,
                           .reader = b->s.reader,
                           .keys = b->keys,
                           .arena = b->job,
                           .now = PKI_T};
    struct ocsp_request_st *made = NULL;
    struct ocsp_request request;

    arena_reset(b->job);
    snapshot_ask(&made, hash, issuer, bytes_of(&serial, 1));
    assert_int_equal(ocsp_request_parse(snapshot_request(&b->s, made), &rules, &request, NULL),
                     SK_OK);
    return ocsp_status_find(&ask, &request, &b->found);
}

static enum ocsp_error find(struct bench *b, const struct sk_cert *issuer, uint8_t serial)
{
    return find_by(b, "SHA256", issuer, serial);
}

static const struct ocsp_single *status_of(struct bench *b, const struct sk_cert *issuer,
                                           uint8_t serial)
{
    const struct ocsp_single *single = &b->found.singles[0];

    assert_int_equal(find(b, issuer, serial), OCSP_ERROR_NONE);
    /* O-12 for every answer there is */
    assert_true(single->this_update <= PKI_T && PKI_T < single->next_update);
    assert_true(single->next_update <= PKI_T + DAY);
    assert_int_equal(b->found.ends, single->next_update);
    return single;
}

static bool is_short(const struct ocsp_single *single)
{
    return single->next_update <= PKI_T + (int64_t)LIMIT_OCSP_UNKNOWN_S;
}

/* ---- never issued ---- */

static void test_unissued_is_revoked_since_1970_when_the_ca_says_so(void **state)
{
    struct bench *b = *state;
    const struct ocsp_single *single;

    fill(b);
    b->cas[0].unissued = CONFIG_UNISSUED_REVOKED;
    b->cas[0].archive_s = DAY;
    b->policy.ocsp.tell_entry = true;
    single = status_of(b, b->ca, ABSENT);
    assert_int_equal(single->status, OCSP_CERT_REVOKED);
    assert_int_equal(single->revoked_at, 0);
    assert_int_equal(single->reason, CRL_REASON_CERTIFICATE_HOLD);
    assert_true(b->found.has_extended_revoke);
    assert_false(single->has_crl || single->has_invalidity || single->has_archive_cutoff);
    assert_true(is_short(single));
    /* what was issued, or is listed, is what the lists say */
    assert_int_equal(status_of(b, b->ca, ISSUED)->status, OCSP_CERT_GOOD);
    assert_false(b->found.has_extended_revoke);
    assert_int_equal(status_of(b, b->ca, LISTED_CA)->revoked_at, PKI_T - 2 * DAY);
    assert_false(b->found.has_extended_revoke);
}

static void test_unissued_is_unknown_when_the_ca_says_so(void **state)
{
    struct bench *b = *state;

    fill(b);
    b->cas[0].unissued = CONFIG_UNISSUED_UNKNOWN;
    assert_int_equal(status_of(b, b->ca, ABSENT)->status, OCSP_CERT_UNKNOWN);
    assert_true(is_short(&b->found.singles[0]));
    assert_int_equal(status_of(b, b->ca, ISSUED)->status, OCSP_CERT_GOOD);
    assert_int_equal(status_of(b, b->ca, LISTED)->status, OCSP_CERT_REVOKED);
}

static void test_unissued_is_good_by_default(void **state)
{
    struct bench *b = *state;

    fill(b);
    assert_int_equal(status_of(b, b->ca, ABSENT)->status, OCSP_CERT_GOOD);
    assert_false(b->found.has_extended_revoke);
}

/* Whose option would it be? The lists alone decide. */
static void test_unissued_means_nothing_where_two_cas_have_lists_of_one_name(void **state)
{
    struct bench *b = *state;

    (void)add_list(b, "two", 1, false, TWIN);
    b->cas[0].unissued = b->cas[1].unissued = CONFIG_UNISSUED_REVOKED;
    fill(b);
    assert_int_equal(status_of(b, b->ca, ABSENT)->status, OCSP_CERT_GOOD);
}

/* A certificate of this serial is another key's (O-03). */
static void test_unissued_is_told_by_the_key_that_signed(void **state)
{
    struct bench *b = *state;

    add_cert(b, b->other_key, 1, ABSENT, PKI_T + 30 * DAY, false);
    (void)add_list(b, "one", 1, false, TWIN);
    b->cas[0].unissued = CONFIG_UNISSUED_UNKNOWN;
    fill(b);
    assert_int_equal(status_of(b, b->ca, ABSENT)->status, OCSP_CERT_UNKNOWN);
    assert_int_equal(status_of(b, b->other_key, ABSENT)->status, OCSP_CERT_GOOD);
    assert_int_equal(status_of(b, b->other_key, ISSUED)->status, OCSP_CERT_UNKNOWN);
    assert_int_equal(status_of(b, b->other_key, TWIN)->status, OCSP_CERT_REVOKED);
    assert_int_equal(status_of(b, b->ca, TWIN)->status, OCSP_CERT_UNKNOWN);
}

/* ---- lists of distribution points ---- */

static struct sk_bytes add_part(struct bench *b, const char *point, long serial)
{
    return snapshot_crl(
        &b->s, "one", false,
        &(struct pki_crl_spec){
            .issuer = CA,
            .signer = pki_key(PKI_EC, 0),
            .this_update = PKI_T - HOUR,
            .next_update = PKI_T + DAY,
            .exts = {{"crlNumber", "DER:02:01:05"}, {"issuingDistributionPoint", point}},
            .entries = {{.serial = serial, .when = PKI_T - 2 * DAY}}});
}

/* A serial of the part that has never come may be listed there. */
static void test_a_part_that_is_missing_makes_unlisted_serials_unknown(void **state)
{
    struct bench *b = *state;
    char *urls[] = {(char *)(uintptr_t) "file:p1", (char *)(uintptr_t) "file:p2"};

    b->cas[0].crls = (struct config_list){urls, 2};
    snapshot_origin(&b->s, urls[0], add_part(b, "critical,fullname:URI:http://x/p1", LISTED));
    snapshot_open(&b->s);
    assert_int_equal(status_of(b, b->ca, ABSENT)->status, OCSP_CERT_UNKNOWN);
    assert_true(is_short(&b->found.singles[0]));
    assert_int_equal(status_of(b, b->ca, LISTED)->status, OCSP_CERT_REVOKED);
}

static void test_all_parts_together_make_unlisted_serials_good(void **state)
{
    struct bench *b = *state;
    char *urls[] = {(char *)(uintptr_t) "file:p1", (char *)(uintptr_t) "file:p2"};

    b->cas[0].crls = (struct config_list){urls, 2};
    snapshot_origin(&b->s, urls[0], add_part(b, "critical,fullname:URI:http://x/p1", LISTED));
    snapshot_origin(&b->s, urls[1], add_part(b, "critical,fullname:URI:http://x/p2", TWIN));
    snapshot_open(&b->s);
    assert_int_equal(status_of(b, b->ca, ABSENT)->status, OCSP_CERT_GOOD);
    assert_int_equal(status_of(b, b->ca, LISTED)->status, OCSP_CERT_REVOKED);
    assert_int_equal(status_of(b, b->ca, TWIN)->status, OCSP_CERT_REVOKED);
}

/* Nobody can say which parts there should be. */
static void test_parts_of_two_cas_make_unlisted_serials_unknown(void **state)
{
    struct bench *b = *state;

    (void)add_part(b, "critical,fullname:URI:http://x/p1", LISTED);
    (void)snapshot_crl(
        &b->s, "two", false,
        &(struct pki_crl_spec){.issuer = CA,
                               .signer = pki_key(PKI_EC, 0),
                               .this_update = PKI_T - HOUR,
                               .next_update = PKI_T + DAY,
                               .exts = {{"crlNumber", "DER:02:01:05"},
                                        {"issuingDistributionPoint", "fullname:URI:http://x/p2"}}});
    snapshot_open(&b->s);
    assert_int_equal(status_of(b, b->ca, ABSENT)->status, OCSP_CERT_UNKNOWN);
}

static void test_a_whole_list_needs_no_other(void **state)
{
    struct bench *b = *state;
    char *urls[] = {(char *)(uintptr_t) "file:p1", (char *)(uintptr_t) "file:delta"};

    b->cas[0].crls = (struct config_list){urls, 2};
    snapshot_origin(&b->s, urls[0], add_list(b, "one", 0, false, LISTED));
    snapshot_open(&b->s);
    assert_int_equal(status_of(b, b->ca, ABSENT)->status, OCSP_CERT_GOOD);
}

/* ---- unknown issuers ---- */

static void test_unknown_issuer_is_unknown_or_unauthorized(void **state)
{
    struct bench *b = *state;
    const struct sk_cert *stranger = make_ca(b, 2); /* the CA's name, another key */

    fill(b);
    assert_int_equal(status_of(b, stranger, ISSUED)->status, OCSP_CERT_UNKNOWN);
    assert_true(is_short(&b->found.singles[0]));
    b->policy.ocsp.refuse_unknown_issuer = true;
    assert_int_equal(find(b, stranger, ISSUED), OCSP_ERROR_UNAUTHORIZED);
    assert_int_equal(status_of(b, b->ca, ISSUED)->status, OCSP_CERT_GOOD);
}

/* O-02: SHA-1 and SHA-256 always, others when the policy says so. */
static void test_hashes_of_certids_are_the_policys(void **state)
{
    static const struct {
        const char *name;
        unsigned flag;
    } hashes[] = {{"SHA1", POLICY_CERTID_SHA1},
                  {"SHA256", POLICY_CERTID_SHA256},
                  {"SHA384", POLICY_CERTID_SHA384},
                  {"SHA512", POLICY_CERTID_SHA512},
                  {"SHA224", 0}};
    const unsigned all =
        POLICY_CERTID_SHA1 | POLICY_CERTID_SHA256 | POLICY_CERTID_SHA384 | POLICY_CERTID_SHA512;
    struct bench *b = *state;
    size_t i;

    fill(b);
    for (i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
        b->policy.ocsp.refuse_unknown_issuer = false;
        b->policy.ocsp.certid_hashes = hashes[i].flag;
        assert_int_equal(find_by(b, hashes[i].name, b->ca, LISTED), OCSP_ERROR_NONE);
        assert_int_equal(b->found.singles[0].status,
                         hashes[i].flag != 0 ? OCSP_CERT_REVOKED : OCSP_CERT_UNKNOWN);
        b->policy.ocsp.certid_hashes = all & ~hashes[i].flag;
        assert_int_equal(find_by(b, hashes[i].name, b->ca, LISTED), OCSP_ERROR_NONE);
        assert_int_equal(b->found.singles[0].status, OCSP_CERT_UNKNOWN);
        b->policy.ocsp.refuse_unknown_issuer = true;
        assert_int_equal(find_by(b, hashes[i].name, b->ca, LISTED), OCSP_ERROR_UNAUTHORIZED);
    }
}

/* ---- expired ---- */

static void test_expired_is_unknown_when_the_policy_says_so(void **state)
{
    struct bench *b = *state;

    fill(b);
    assert_int_equal(status_of(b, b->ca, EXPIRED)->status, OCSP_CERT_GOOD);
    b->policy.ocsp.expired_is_unknown = true;
    assert_int_equal(status_of(b, b->ca, EXPIRED)->status, OCSP_CERT_UNKNOWN);
    assert_int_equal(status_of(b, b->ca, LISTED)->status, OCSP_CERT_REVOKED); /* expired too */
    assert_int_equal(status_of(b, b->ca, ISSUED)->status, OCSP_CERT_GOOD);
    b->cas[0].archive_s = 10 * DAY; /* expired ten days ago */
    assert_int_equal(status_of(b, b->ca, EXPIRED)->status, OCSP_CERT_GOOD);
    b->cas[0].archive_s = 10 * DAY - 1;
    assert_int_equal(status_of(b, b->ca, EXPIRED)->status, OCSP_CERT_UNKNOWN);
}

static void test_archive_cutoff_is_told_of_what_is_known(void **state)
{
    struct bench *b = *state;

    fill(b);
    assert_false(status_of(b, b->ca, ISSUED)->has_archive_cutoff);
    b->cas[0].archive_s = 3650 * DAY;
    assert_true(status_of(b, b->ca, ISSUED)->has_archive_cutoff);
    assert_int_equal(b->found.singles[0].archive_cutoff, PKI_T - 3650 * DAY);
    assert_true(status_of(b, b->ca, LISTED)->has_archive_cutoff);
    assert_false(status_of(b, make_ca(b, 2), ISSUED)->has_archive_cutoff);
}

/* ---- revoked ---- */

static void test_revoked_tells_list_and_invalidity_when_asked_to(void **state)
{
    struct bench *b = *state;
    const struct ocsp_single *single;

    fill(b);
    single = status_of(b, b->ca, LISTED);
    assert_false(single->has_crl || single->has_invalidity);
    b->policy.ocsp.tell_entry = true;
    single = status_of(b, b->ca, LISTED);
    assert_true(single->has_crl && single->has_invalidity);
    assert_true(bytes_equal(single->crl_number, bytes_of("\x01\x2c", 2)));
    assert_int_equal(single->crl_time, PKI_T - HOUR);
    assert_int_equal(single->invalidity_date, PKI_T - 3 * DAY);
    assert_int_equal(single->reason, CRL_REASON_KEY_COMPROMISE);
    single = status_of(b, b->ca, ISSUED);
    assert_false(single->has_crl || single->has_invalidity);
}

/* A CA certificate of the snapshot is looked up in the ARL, another certificate in the CRL. */
static void test_ca_certificates_are_of_the_arl(void **state)
{
    struct bench *b = *state;

    add_cert(b, b->ca, 0, LISTED_CA, PKI_T + 30 * DAY, true);
    add_cert(b, b->ca, 0, ABSENT, PKI_T + 30 * DAY, true);
    fill(b);
    assert_int_equal(status_of(b, b->ca, LISTED_CA)->status, OCSP_CERT_REVOKED);
    assert_int_equal(status_of(b, b->ca, ABSENT)->status, OCSP_CERT_GOOD);
}

/* Two certificates of one serial by one key: every list counts, of either kind. */
static void test_two_certificates_of_one_serial_are_judged_by_every_list(void **state)
{
    struct bench *b = *state;

    add_cert(b, b->ca, 0, LISTED_CA, PKI_T + 30 * DAY, true);
    add_cert(b, b->ca, 0, LISTED_CA, PKI_T + 30 * DAY, false);
    fill(b);
    assert_int_equal(status_of(b, b->ca, LISTED_CA)->status, OCSP_CERT_REVOKED);
}

/* ---- what keys are chosen by ---- */

static void test_algorithm_of_the_list_is_told(void **state)
{
    struct bench *b = *state;
    struct sk_bytes der = add_list(b, "one", 0, false, TWIN);
    struct sk_crl crl;

    fill(b);
    assert_int_equal(crl_parse(b->s.arena, der, &crl, NULL), SK_OK);
    (void)status_of(b, b->ca, TWIN);
    assert_true(bytes_equal(b->found.list_algorithm, crl.sig_alg));
    assert_memory_equal(b->found.issuers[0]->spki_sha256, b->ca->spki_sha256, SK_SHA256);
    (void)status_of(b, make_ca(b, 2), TWIN);
    assert_int_equal(b->found.list_algorithm.len, 0);
    assert_null(b->found.issuers[0]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_unissued_is_revoked_since_1970_when_the_ca_says_so),
        TEST(test_unissued_is_unknown_when_the_ca_says_so),
        TEST(test_unissued_is_good_by_default),
        TEST(test_unissued_means_nothing_where_two_cas_have_lists_of_one_name),
        TEST(test_unissued_is_told_by_the_key_that_signed),
        TEST(test_a_part_that_is_missing_makes_unlisted_serials_unknown),
        TEST(test_all_parts_together_make_unlisted_serials_good),
        TEST(test_parts_of_two_cas_make_unlisted_serials_unknown),
        TEST(test_a_whole_list_needs_no_other),
        TEST(test_unknown_issuer_is_unknown_or_unauthorized),
        TEST(test_hashes_of_certids_are_the_policys),
        TEST(test_expired_is_unknown_when_the_policy_says_so),
        TEST(test_archive_cutoff_is_told_of_what_is_known),
        TEST(test_revoked_tells_list_and_invalidity_when_asked_to),
        TEST(test_ca_certificates_are_of_the_arl),
        TEST(test_two_certificates_of_one_serial_are_judged_by_every_list),
        TEST(test_algorithm_of_the_list_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
