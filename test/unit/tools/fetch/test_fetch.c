/* SPDX-License-Identifier: Apache-2.0 */
/* Whole runs over file: sources: what is refused and why, what stays, what is published. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/hex.h"
#include "core/limits.h"
#include "core/name.h"
#include "test/support/fetchrun.h"

/* A good first run; then the list is replaced by something that must be refused for this reason
 * while the held one stays. */
static void assert_refused(struct fetchrun *f, struct sk_bytes bad, const char *reason)
{
    char said[256];

    fetchrun_write_file(f, "ca.crl", f->crl);
    if (fetchrun_run(f) != 0)
        fail_msg("%s", f->text);
    fetchrun_write_file(f, "ca.crl", bad);
    assert_int_equal(fetchrun_run(f), 1);
    (void)snprintf(said, sizeof(said), "sekisho-fetch: seal: file:%s/ca.crl: %s: ", f->dir, reason);
    fetchrun_assert_said(f, said);
    assert_true(fetchrun_serves(f, "seal/crl.crl", f->crl));
    assert_int_equal(fetchrun_number_of(f), 1);
}

static void test_fetch_refuses_a_truncated_list(void **state)
{
    struct fetchrun *f = *state;
    struct sk_bytes crl = fetchrun_make_crl(f, "DER:02:01:06", PKI_T, 10);

    crl.len -= 1;
    assert_refused(f, crl, "truncated");
    crl.len = 5;
    fetchrun_write_file(f, "ca.crl", crl);
    assert_int_equal(fetchrun_run(f), 1);
    fetchrun_assert_said(f, ": truncated: ");
}

static void test_fetch_refuses_a_malformed_list(void **state)
{
    struct fetchrun *f = *state;
    struct sk_bytes crl = fetchrun_make_crl(f, "DER:02:01:06", PKI_T, 10);
    uint8_t *copy = arena_copy(f->arena, crl.p, crl.len);

    assert_refused(f, bytes_of("<html>sorry</html>", 18), "malformed");
    fetchrun_write_file(f, "ca.crl",
                        bytes_of(copy, crl.len + 1)); /* arena_copy() leaves a NUL behind */
    assert_int_equal(fetchrun_run(f), 1);
    fetchrun_assert_said(f, ": malformed: ");
    fetchrun_write_file(f, "ca.crl", f->ca);
    assert_int_equal(fetchrun_run(f), 1);
    fetchrun_assert_said(f, ": malformed: ");
    fetchrun_write_file(f, "ca.crl", bytes_of("", 0));
    assert_int_equal(fetchrun_run(f), 1);
    fetchrun_assert_said(f, ": malformed: ");
}

static void test_fetch_refuses_an_oversized_list_and_takes_one_at_the_cap(void **state)
{
    struct fetchrun *f = *state;
    struct sk_bytes crl = fetchrun_make_crl(f, "DER:02:01:06", PKI_T, 10);
    uint8_t *junk = arena_alloc(f->arena, 1025);

    f->max_bytes = 1024;
    memset(junk, 0x30, 1025);
    assert_refused(f, bytes_of(junk, 1025), "oversized");
    fetchrun_write_file(f, "ca.crl", bytes_of(junk, 1024));
    assert_int_equal(fetchrun_run(f), 1);
    fetchrun_assert_said(f, ": malformed: ");
    fetchrun_write_file(f, "ca.crl", crl);
    assert_int_equal(fetchrun_run(f), 0);
    assert_true(fetchrun_serves(f, "seal/crl.crl", crl));
}

static void test_fetch_refuses_a_list_with_a_wrong_signature(void **state)
{
    struct fetchrun *f = *state;
    struct pki_crl_spec spec = fetchrun_spec_of("DER:02:01:06", PKI_T, 10);
    struct sk_bytes crl = fetchrun_crl_of(f, &spec);
    uint8_t *copy = arena_copy(f->arena, crl.p, crl.len);

    spec.signer = pki_key(PKI_EC, KEY_ALIEN);
    assert_refused(f, fetchrun_crl_of(f, &spec), "wrong-signature");
    copy[crl.len - 1] ^= 1;
    fetchrun_write_file(f, "ca.crl", bytes_of(copy, crl.len));
    assert_int_equal(fetchrun_run(f), 1);
    fetchrun_assert_said(f, ": wrong-signature: ");
}

static void test_fetch_refuses_a_list_of_another_issuer(void **state)
{
    struct fetchrun *f = *state;
    struct pki_crl_spec spec = fetchrun_spec_of("DER:02:01:06", PKI_T, 10);

    /* Rightly signed by a verified CA, but not this one. */
    spec.issuer = ROOT;
    spec.signer = pki_key(PKI_EC, KEY_ROOT);
    assert_refused(f, fetchrun_crl_of(f, &spec), "wrong-issuer");
}

/* What the CA signs for later counts later: until then the list in force stays beside it. */
static void test_fetch_holds_a_list_of_the_future_beside_the_one_in_force(void **state)
{
    struct fetchrun *f = *state;
    const struct sk_bytes next = fetchrun_make_crl(f, "DER:02:01:06", PKI_T + 1, 10);
    const struct sk_bytes later = fetchrun_make_crl(f, "DER:02:01:07", PKI_T + 2, 10);

    assert_int_equal(fetchrun_run(f), 0);
    fetchrun_write_file(f, "ca.crl", next);
    assert_int_equal(fetchrun_run(f), 1);
    fetchrun_assert_said(f, "ca.crl: not-yet-valid: published, but thisUpdate is ");
    assert_true(fetchrun_has_list(f, f->crl));
    assert_true(fetchrun_has_list(f, next));
    assert_true(fetchrun_serves(f, "seal/crl.crl", f->crl));
    /* Its source fails: both stay. One for still later comes: what it replaces was never in force.
     */
    fetchrun_remove_file(f, "ca.crl");
    assert_int_equal(fetchrun_run(f), 1);
    assert_true(fetchrun_has_list(f, f->crl) && fetchrun_has_list(f, next));
    fetchrun_write_file(f, "ca.crl", later);
    assert_int_equal(fetchrun_run(f), 1);
    assert_true(fetchrun_has_list(f, f->crl) && fetchrun_has_list(f, later));
    assert_false(fetchrun_has_list(f, next));
    /* Withdrawn for the one before it, which is in force now; then the last one comes again. */
    fetchrun_write_file(f, "ca.crl", next);
    assert_int_equal(fetchrun_run_at(f, PKI_T + 1, NULL), 0);
    assert_false(fetchrun_has_list(f, f->crl) || fetchrun_has_list(f, later));
    assert_true(fetchrun_serves(f, "seal/crl.crl", next));
    fetchrun_write_file(f, "ca.crl", later);
    assert_int_equal(fetchrun_run_at(f, PKI_T + 1, NULL), 1);
    assert_true(fetchrun_has_list(f, next) && fetchrun_has_list(f, later));
    /* In force, it is the only one, and nothing older comes back. */
    assert_int_equal(fetchrun_run_at(f, PKI_T + 2, NULL), 0);
    assert_false(fetchrun_has_list(f, next));
    fetchrun_write_file(f, "ca.crl", next);
    assert_int_equal(fetchrun_run_at(f, PKI_T + 2, NULL), 1);
    fetchrun_assert_said(f, ": older-than-held: ");
}

/* The newest of what is held and in force stays beside a list of the future, and nothing else. */
static void test_fetch_holds_one_list_in_force_where_all_come_too_early(void **state)
{
    struct fetchrun *f = *state;
    const struct sk_bytes second = fetchrun_make_crl(f, "DER:02:01:06", PKI_T + 10, 10);
    const struct sk_bytes third = fetchrun_make_crl(f, "DER:02:01:07", PKI_T + 20, 10);

    assert_int_equal(fetchrun_run(f), 0);
    fetchrun_write_file(f, "ca.crl", second);
    assert_int_equal(fetchrun_run(f), 1);
    fetchrun_write_file(f, "ca.crl", third);
    assert_int_equal(fetchrun_run_at(f, PKI_T + 15, NULL), 1);
    assert_false(fetchrun_has_list(f, f->crl));
    assert_true(fetchrun_has_list(f, second) && fetchrun_has_list(f, third));
    assert_true(fetchrun_serves(f, "seal/crl.crl", second));
}

/* Left out it would not stand in the way of an older one that is current (C-20), and what a delta
 * lists would not count any more. */
static void test_fetch_publishes_an_expired_list_and_one_that_never_ends(void **state)
{
    struct fetchrun *f = *state;
    struct pki_crl_spec spec = fetchrun_spec_of("DER:02:01:06", PKI_T - 50, 10);
    struct sk_bytes crl;

    spec.next_update = PKI_T - 1;
    crl = fetchrun_crl_of(f, &spec);
    fetchrun_write_file(f, "ca.crl", crl);
    assert_int_equal(fetchrun_run(f), 2);
    fetchrun_assert_said(f, "ca.crl: expired: published, but nextUpdate was ");
    fetchrun_assert_said(f, "sekisho-fetch: seal: stale: ");
    assert_true(fetchrun_serves(f, "seal/crl.crl", crl));
    fetchrun_write_file(f, "ca.crl", f->crl);
    assert_int_equal(fetchrun_run(f), 2);
    fetchrun_assert_said(f, ": older-than-held: ");
    spec.next_update = -1;
    crl = fetchrun_crl_of(f, &spec);
    fetchrun_write_file(f, "ca.crl", crl);
    assert_int_equal(fetchrun_run(f), 2);
    fetchrun_assert_said(f, ": expired: published, but it has no nextUpdate");
    fetchrun_assert_said(f, "ends nobody knows when");
    assert_true(fetchrun_has_list(f, crl));
    spec.next_update = PKI_T; /* its last second */
    fetchrun_write_file(f, "ca.crl", fetchrun_crl_of(f, &spec));
    assert_int_equal(fetchrun_run(f), 2);
    assert_null(strstr(f->text, "expired"));
    assert_int_equal(fetchrun_number_of(f), 3);
}

static void test_fetch_publishes_an_expired_delta(void **state)
{
    struct fetchrun *f = *state;
    struct pki_crl_spec spec = fetchrun_spec_of("DER:02:01:06", PKI_T - 50, 10);
    struct sk_bytes delta;

    f->config_more = "crls = file:delta.crl\n";
    spec.next_update = PKI_T - 1;
    spec.exts[1] = (struct pki_ext){"deltaCRL", "critical,DER:02:01:05"};
    delta = fetchrun_crl_of(f, &spec);
    fetchrun_write_file(f, "delta.crl", delta);
    assert_int_equal(fetchrun_run(f), 2);
    fetchrun_assert_said(f, "delta.crl: expired: ");
    fetchrun_assert_said(f, "sekisho-fetch: seal: stale: ");
    assert_true(fetchrun_serves(f, "seal/delta.crl", delta));
    assert_true(fetchrun_serves(f, "seal/crl.crl", f->crl));
    /* Neither an older delta nor one of a lower number replaces it (C-20). */
    spec.this_update = PKI_T - 51;
    spec.next_update = PKI_T1;
    fetchrun_write_file(f, "delta.crl", fetchrun_crl_of(f, &spec));
    assert_int_equal(fetchrun_run(f), 2);
    fetchrun_assert_said(f, "delta.crl: older-than-held: ");
    assert_true(fetchrun_serves(f, "seal/delta.crl", delta));
    spec.this_update = PKI_T;
    spec.exts[0].value = "DER:02:01:07";
    delta = fetchrun_crl_of(f, &spec);
    fetchrun_write_file(f, "delta.crl", delta);
    assert_int_equal(fetchrun_run(f), 0);
    assert_true(fetchrun_serves(f, "seal/delta.crl", delta));
}

/* Below /pki/ a current list goes before one that has ended, whichever is configured first. */
static void test_fetch_serves_the_mirror_of_an_expired_list(void **state)
{
    struct fetchrun *f = *state;
    struct pki_crl_spec spec = fetchrun_spec_of("DER:02:01:04", PKI_T - 200, 10);

    spec.next_update = PKI_T - 1;
    f->config_more = "crls = file:mirror.crl\n";
    fetchrun_write_file(f, "mirror.crl", f->crl);
    fetchrun_write_file(f, "ca.crl", fetchrun_crl_of(f, &spec));
    assert_int_equal(fetchrun_run(f), 2);
    assert_true(fetchrun_serves(f, "seal/crl.crl", f->crl));
}

static void test_fetch_refuses_a_list_older_than_the_held_one(void **state)
{
    struct fetchrun *f = *state;
    struct pki_crl_spec spec = fetchrun_spec_of("DER:02:01:06", PKI_T - 101, 10);

    /* An older thisUpdate, a lower number, an older one of another scope, one without a number. */
    assert_refused(f, fetchrun_crl_of(f, &spec), "older-than-held");
    assert_refused(f, fetchrun_make_crl(f, "DER:02:01:04", PKI_T, 10), "older-than-held");
    spec.exts[1] = (struct pki_ext){"issuingDistributionPoint", "critical,onlyuser:TRUE"};
    assert_refused(f, fetchrun_crl_of(f, &spec), "older-than-held");
    spec.exts[0] = (struct pki_ext){NULL, NULL};
    assert_refused(f, fetchrun_crl_of(f, &spec), "older-than-held");
}

static void test_fetch_refuses_an_older_list_from_another_source(void **state)
{
    struct fetchrun *f = *state;

    if (fetchrun_run(f) != 0)
        fail_msg("%s", f->text);
    f->config_more = "crls = file:mirror.crl\n";
    fetchrun_write_file(f, "mirror.crl", fetchrun_make_crl(f, "DER:02:01:04", PKI_T, 10));
    assert_int_equal(fetchrun_run(f), 1);
    fetchrun_assert_said(f, "mirror.crl: older-than-held: ");
    fetchrun_write_file(f, "mirror.crl", fetchrun_make_crl(f, "DER:02:01:06", PKI_T, 10));
    assert_int_equal(fetchrun_run(f), 0);
}

static void test_fetch_refuses_a_list_for_attribute_certificates(void **state)
{
    struct fetchrun *f = *state;
    struct pki_crl_spec spec = fetchrun_spec_of("DER:02:01:06", PKI_T, 10);

    spec.exts[1] = (struct pki_ext){"issuingDistributionPoint", "critical,onlyAA:TRUE"};
    assert_refused(f, fetchrun_crl_of(f, &spec), "wrong-scope");
    f->config_more = "arls = file:ca.arl\n";
    fetchrun_write_file(f, "ca.arl", fetchrun_crl_of(f, &spec));
    assert_int_equal(fetchrun_run(f), 1);
    fetchrun_assert_said(f, "ca.arl: wrong-scope: ");
    assert_false(fetchrun_has_object(f, "seal/arl.crl"));
}

struct kinds {
    uint8_t sha256[SK_SHA256];
    bool is_crl, is_arl;
};

static enum sk_status note_kind(void *arg, const struct reader_crl_info *info)
{
    struct kinds *kinds = arg;

    if (memcmp(info->sha256, kinds->sha256, SK_SHA256) == 0) {
        kinds->is_crl = kinds->is_crl || !info->is_arl;
        kinds->is_arl = kinds->is_arl || info->is_arl;
    }
    return SK_OK;
}

/* As what does validation know the list? */
static struct kinds kinds_of(const struct fetchrun *f, struct sk_bytes der)
{
    struct sk_reader *reader = fetchrun_open_reader(f);
    struct kinds kinds = {.is_crl = false};

    key_sha256(der, kinds.sha256);
    assert_int_equal(reader_crls(reader, note_kind, &kinds), SK_OK);
    reader_free(reader);
    return kinds;
}

/* A list that says whose it is may come from anywhere (C-05); one that does not is what the place
 * says (C-21). */
static void test_fetch_takes_lists_of_either_kind_from_either_place(void **state)
{
    struct fetchrun *f = *state;
    struct pki_crl_spec spec = fetchrun_spec_of("DER:02:01:06", PKI_T, 10);
    struct sk_bytes for_cas, for_users;

    spec.exts[1] = (struct pki_ext){"issuingDistributionPoint", "critical,onlyCA:TRUE"};
    for_cas = fetchrun_crl_of(f, &spec);
    spec.exts[1].value = "critical,onlyuser:TRUE";
    for_users = fetchrun_crl_of(f, &spec);
    fetchrun_write_file(f, "ca.crl", for_cas);
    fetchrun_write_file(f, "ca.arl", for_users);
    f->config_more = "arls = file:ca.arl\n";
    assert_int_equal(fetchrun_run(f), 0);
    assert_string_equal(f->text, "");
    assert_true(fetchrun_serves(f, "seal/crl.crl", for_users));
    assert_true(fetchrun_serves(f, "seal/arl.crl", for_cas));
    assert_true(kinds_of(f, for_users).is_crl && !kinds_of(f, for_users).is_arl);
    assert_true(kinds_of(f, for_cas).is_crl && !kinds_of(f, for_cas).is_arl);
    /* From both places at once, with a list of neither mark. */
    f->config_more = "crls = file:plain.crl\ncrls = file:ca.arl\narls = file:ca.arl\n"
                     "arls = file:ca.crl\narls = file:plain.crl\n";
    fetchrun_write_file(f, "plain.crl", f->crl);
    assert_int_equal(fetchrun_run(f), 0);
    assert_true(fetchrun_serves(f, "seal/crl.crl", f->crl));
    assert_true(fetchrun_serves(f, "seal/arl.crl", for_cas));
    assert_true(kinds_of(f, for_users).is_crl && !kinds_of(f, for_users).is_arl);
    assert_true(kinds_of(f, for_cas).is_crl && kinds_of(f, for_cas).is_arl);
    assert_true(kinds_of(f, f->crl).is_crl && kinds_of(f, f->crl).is_arl);
}

/* C-20 goes for them wherever they lie. */
static void test_fetch_refuses_an_older_list_for_end_entities_under_arls(void **state)
{
    struct fetchrun *f = *state;
    struct pki_crl_spec spec = fetchrun_spec_of("DER:02:01:06", PKI_T, 10);

    spec.exts[1] = (struct pki_ext){"issuingDistributionPoint", "critical,onlyuser:TRUE"};
    f->config_more = "crls = file:user.crl\n";
    fetchrun_write_file(f, "user.crl", fetchrun_crl_of(f, &spec));
    assert_int_equal(fetchrun_run(f), 0);
    f->config_more = "arls = file:user.arl\n";
    spec.exts[0].value = "DER:02:01:05";
    fetchrun_write_file(f, "user.arl", fetchrun_crl_of(f, &spec));
    assert_int_equal(fetchrun_run(f), 1);
    fetchrun_assert_said(f, "user.arl: older-than-held: ");
}

/* An anchor is a name and a key (V-01): its keyUsage does not count. */
static void test_fetch_takes_the_list_of_an_anchor_without_crl_sign(void **state)
{
    struct fetchrun *f = *state;
    struct pki_crl_spec spec = fetchrun_spec_of("DER:02:01:01", PKI_T - 10, 10);
    const struct pki_cert_spec root = {
        .subject = ROOT,
        .issuer = ROOT,
        .key = pki_key(PKI_EC, KEY_ROOT),
        .signer = pki_key(PKI_EC, KEY_ROOT),
        .exts = {{"basicConstraints", "critical,CA:TRUE"}, {"keyUsage", "critical,keyCertSign"}}};

    f->root = pki_cert_der(f->arena, &root);
    fetchrun_write_file(f, "root.cer", f->root);
    f->config_more = "[ca root]\ncertificates = file:root.cer\ncrls = file:root.crl\n";
    spec.issuer = ROOT;
    spec.signer = pki_key(PKI_EC, KEY_ROOT);
    fetchrun_write_file(f, "root.crl", fetchrun_crl_of(f, &spec));
    assert_int_equal(fetchrun_run(f), 0);
    assert_true(fetchrun_has_object(f, "root/crl.crl"));
}

static void test_fetch_keeps_what_it_holds_of_a_source_that_fails(void **state)
{
    struct fetchrun *f = *state;

    assert_int_equal(fetchrun_run(f), 0);
    assert_string_equal(f->text, "");
    fetchrun_remove_file(f, "ca.crl");
    fetchrun_remove_file(f, "ca.cer");
    assert_int_equal(fetchrun_run(f), 1);
    fetchrun_assert_said(f, "ca.crl: unreadable: ");
    fetchrun_assert_said(f, "ca.cer: unreadable: ");
    assert_int_equal(fetchrun_number_of(f), 1);
    assert_true(fetchrun_serves(f, "seal/crl.crl", f->crl));
    assert_true(fetchrun_has_cert(f, f->ca));
    /* Garbage in the certificate's place, too. */
    fetchrun_write_file(f, "ca.cer", bytes_of("garbage", 7));
    fetchrun_write_file(f, "ca.crl", f->crl);
    assert_int_equal(fetchrun_run(f), 1);
    fetchrun_assert_said(f, "ca.cer: malformed: ");
    assert_int_equal(fetchrun_number_of(f), 1);
    /* And a certificate of nobody we know. */
    fetchrun_write_file(f, "ca.cer", fetchrun_make_ca(f, CA, KEY_CA, ALIEN, KEY_ALIEN));
    assert_int_equal(fetchrun_run(f), 1);
    fetchrun_assert_said(f, "ca.cer: unverified: ");
    assert_true(fetchrun_has_cert(f, f->ca));
    assert_int_equal(fetchrun_number_of(f), 1);
}

static void test_fetch_tells_what_is_or_will_soon_be_stale(void **state)
{
    struct fetchrun *f = *state;

    assert_int_equal(fetchrun_run_at(f, PKI_T1 - 3600, NULL), 0);
    assert_int_equal(fetchrun_run_at(f, PKI_T1 - 3599, NULL), 2);
    fetchrun_assert_said(
        f, "sekisho-fetch: seal: stale: the CRL that is served ends 2014-05-13T16:53:20Z");
    /* Past its end the same list is served on, and its source told of. */
    assert_int_equal(fetchrun_run_at(f, PKI_T1 + 1, NULL), 2);
    fetchrun_assert_said(f, ": expired: ");
    assert_true(fetchrun_has_object(f, "seal/crl.crl"));
    assert_int_equal(fetchrun_number_of(f), 1);
}

static void test_fetch_is_stale_where_nothing_can_be_published(void **state)
{
    struct fetchrun *f = *state;

    fetchrun_write_file(f, "cache", bytes_of("a file", 6));
    assert_int_equal(fetchrun_run(f), 2);
    fetchrun_assert_said(f, ": failed: ");
    fetchrun_assert_said(f, "nothing is published");
}

static void test_fetch_refuses_certificates_that_no_anchor_leads_to(void **state)
{
    struct fetchrun *f = *state;
    struct sk_bytes stranger = fetchrun_make_ca(f, CA, KEY_CA2, ALIEN, KEY_ALIEN);
    struct sk_bytes forged = fetchrun_make_ca(f, CA, KEY_CA2, ROOT, KEY_ALIEN);
    struct sk_bytes ee =
        pki_cert_der(f->arena, &(struct pki_cert_spec){.subject = "/CN=EE",
                                                       .issuer = CA,
                                                       .key = pki_key(PKI_EC, 5),
                                                       .signer = pki_key(PKI_EC, KEY_CA)});
    struct sk_bytes child = fetchrun_make_ca(f, "/CN=child", 6, "/CN=EE", 5);

    f->config_more = "cross = file:a.cer\ncross = file:b.cer\ncross = file:c.cer\n"
                     "cross = file:d.cer\ncross = file:e.cer\n";
    fetchrun_write_file(f, "a.cer", stranger);
    fetchrun_write_file(f, "b.cer", forged);
    fetchrun_write_file(f, "c.cer", ee);
    fetchrun_write_file(f, "d.cer", child); /* signed by an end entity */
    fetchrun_write_file(f, "e.cer", f->alien);
    assert_int_equal(fetchrun_run(f), 1);
    fetchrun_assert_said(f, "a.cer: unverified: ");
    fetchrun_assert_said(f, "b.cer: wrong-signature: ");
    assert_null(strstr(f->text, "c.cer"));
    fetchrun_assert_said(f, "d.cer: unverified: ");
    assert_null(strstr(f->text, "e.cer"));
    assert_false(fetchrun_has_cert(f, stranger));
    assert_false(fetchrun_has_cert(f, forged));
    assert_true(fetchrun_has_cert(f, ee));
    assert_false(fetchrun_has_cert(f, child));
    /* A strange self-signed CA is kept as a candidate, and lends trust to nobody. */
    assert_true(fetchrun_has_cert(f, f->alien));
    assert_true(fetchrun_has_cert(f, f->root));
}

static void test_fetch_records_the_edges_it_verified_and_no_others(void **state)
{
    struct fetchrun *f = *state;
    const struct sk_source *source;
    struct sk_cert root, ca, alien;
    struct sk_reader *reader;
    uint8_t crl[SK_SHA256];

    f->config_more = "cross = file:e.cer\n";
    fetchrun_write_file(f, "e.cer", f->alien);
    assert_int_equal(fetchrun_run(f), 0);
    assert_int_equal(cert_parse(f->arena, f->root, &root, NULL), SK_OK);
    assert_int_equal(cert_parse(f->arena, f->ca, &ca, NULL), SK_OK);
    assert_int_equal(cert_parse(f->arena, f->alien, &alien, NULL), SK_OK);
    reader = fetchrun_open_reader(f);
    source = reader_source(reader);
    assert_true(source->ops->is_checked(source, ca.sha256, root.spki_sha256));
    assert_false(source->ops->is_checked(source, ca.sha256, ca.spki_sha256));
    assert_false(source->ops->is_checked(source, alien.sha256, alien.spki_sha256));
    key_sha256(f->crl, crl);
    assert_true(source->ops->is_checked(source, crl, ca.spki_sha256));
    assert_false(source->ops->is_checked(source, crl, root.spki_sha256));
    reader_free(reader);
}

static void test_fetch_drops_what_its_source_withdrew(void **state)
{
    struct fetchrun *f = *state;
    struct sk_bytes sub = fetchrun_make_ca(f, "/CN=sub", 7, CA, KEY_CA2);

    /* sub is verified through the CA's second key, which is then withdrawn. */
    f->config_more = "cross = file:second.cer\ncross = file:sub.cer\n";
    fetchrun_write_file(f, "second.cer", fetchrun_make_ca(f, CA, KEY_CA2, ROOT, KEY_ROOT));
    fetchrun_write_file(f, "sub.cer", sub);
    assert_int_equal(fetchrun_run(f), 0);
    assert_true(fetchrun_has_cert(f, sub));
    fetchrun_write_file(f, "second.cer", f->ca);
    assert_int_equal(fetchrun_run(f), 1);
    fetchrun_assert_said(f, "sub.cer: wrong-signature: ");
    assert_false(fetchrun_has_cert(f, sub));
    /* Nothing changes any more: the same again is no new generation. */
    assert_int_equal(fetchrun_number_of(f), 2);
    assert_int_equal(fetchrun_run(f), 1);
    assert_int_equal(fetchrun_number_of(f), 2);
}

static void test_fetch_takes_a_list_of_the_next_key(void **state)
{
    struct fetchrun *f = *state;
    struct pki_crl_spec spec = fetchrun_spec_of("DER:02:01:06", PKI_T - 10, 10);

    /* The new key is certified by the old one: newWithOld. */
    f->config_more = "certificates = file:link.cer\n";
    fetchrun_write_file(f, "link.cer", fetchrun_make_ca(f, CA, KEY_CA2, CA, KEY_CA));
    assert_int_equal(fetchrun_run(f), 0);
    spec.signer = pki_key(PKI_EC, KEY_CA2);
    fetchrun_write_file(f, "ca.crl", fetchrun_crl_of(f, &spec));
    assert_int_equal(fetchrun_run(f), 0);
    assert_int_equal(fetchrun_number_of(f), 2);
    /* The old key's older list does not come back at this address. */
    fetchrun_write_file(f, "ca.crl", fetchrun_make_crl(f, "DER:02:01:07", PKI_T - 11, 10));
    assert_int_equal(fetchrun_run(f), 1);
    fetchrun_assert_said(f, ": older-than-held: ");
    assert_int_equal(fetchrun_number_of(f), 2);
    /* A third list: the new key's numbers do not go back, though they may begin below the old's. */
    spec = fetchrun_spec_of("DER:02:01:05", PKI_T - 9, 10);
    spec.signer = pki_key(PKI_EC, KEY_CA2);
    fetchrun_write_file(f, "ca.crl", fetchrun_crl_of(f, &spec));
    assert_int_equal(fetchrun_run(f), 1);
    fetchrun_assert_said(f, ": older-than-held: ");
}

static void test_fetch_takes_a_next_key_that_counts_from_one(void **state)
{
    struct fetchrun *f = *state;
    struct pki_crl_spec spec = fetchrun_spec_of("DER:02:01:01", PKI_T - 10, 10);

    f->config_more = "certificates = file:link.cer\n";
    fetchrun_write_file(f, "link.cer", fetchrun_make_ca(f, CA, KEY_CA2, CA, KEY_CA));
    assert_int_equal(fetchrun_run(f), 0);
    spec.signer = pki_key(PKI_EC, KEY_CA2);
    fetchrun_write_file(f, "ca.crl", fetchrun_crl_of(f, &spec));
    assert_int_equal(fetchrun_run(f), 0);
    assert_int_equal(fetchrun_number_of(f), 2);
}

static void test_fetch_publishes_a_list_it_cannot_use_and_says_so(void **state)
{
    struct fetchrun *f = *state;
    struct pki_crl_spec spec = fetchrun_spec_of("DER:02:01:06", PKI_T, 10);

    spec.exts[1] = (struct pki_ext){"1.2.3.4", "critical,DER:05:00"};
    fetchrun_write_file(f, "ca.crl", fetchrun_crl_of(f, &spec));
    assert_int_equal(fetchrun_run(f), 1);
    fetchrun_assert_said(f, ": unusable: ");
    assert_true(fetchrun_has_object(f, "seal/crl.crl"));
}

static void test_fetch_of_one_ca_leaves_the_others_alone(void **state)
{
    struct fetchrun *f = *state;

    f->config_more = "[ca root]\ncertificates = file:root.cer\n";
    assert_int_equal(fetchrun_run(f), 0);
    fetchrun_remove_file(f, "ca.crl");
    fetchrun_remove_file(f, "ca.cer");
    assert_int_equal(fetchrun_run_at(f, PKI_T, "root"), 0);
    assert_string_equal(f->text, "");
    assert_true(fetchrun_has_object(f, "seal/crl.crl"));
    assert_int_equal(fetchrun_number_of(f), 1);
    assert_int_equal(fetchrun_run_at(f, PKI_T, "nobody"), 64);
    fetchrun_assert_said(f, "no [ca nobody]");
}

static void test_fetch_drops_what_is_not_configured_any_more(void **state)
{
    struct fetchrun *f = *state;

    f->config_more = "[ca root]\ncertificates = file:root.cer\n[ca alien]\n"
                     "certificates = file:alien.cer\n";
    fetchrun_write_file(f, "alien.cer", f->alien);
    assert_int_equal(fetchrun_run(f), 0);
    assert_true(fetchrun_has_object(f, "alien/ca.p7c"));
    f->config_more = "";
    assert_int_equal(fetchrun_run(f), 0);
    assert_false(fetchrun_has_object(f, "alien/ca.p7c"));
    assert_false(fetchrun_has_object(f, "root/ca.p7c"));
    assert_false(fetchrun_has_cert(f, f->alien));
}

static void test_fetch_mends_a_damaged_generation(void **state)
{
    struct fetchrun *f = *state;
    char path[96];

    assert_int_equal(fetchrun_run(f), 0);
    (void)snprintf(path, sizeof(path), "%s/cache/1/data.mdb", f->dir);
    assert_int_equal(truncate(path, 8192), 0);
    assert_int_equal(fetchrun_run(f), 1);
    fetchrun_assert_said(f, "damaged: ");
    assert_int_equal(fetchrun_number_of(f), 2);
    assert_int_equal(fetchrun_run(f), 0);
}

/* The held list cannot be found any more: that is no reason to refuse the next one. */
static void test_fetch_takes_a_list_where_the_held_one_is_damaged(void **state)
{
    struct fetchrun *f = *state;
    const struct sk_bytes next = fetchrun_make_crl(f, "DER:02:01:06", PKI_T - 10, 10);
    uint8_t key[SK_SHA256 + 4], file[1u << 18];
    uint8_t *at;
    char path[128];
    size_t len;
    FILE *data;

    assert_int_equal(fetchrun_run(f), 0);
    key_sha256(f->crl, key);
    memcpy(key + SK_SHA256, f->crl.p, 4);
    (void)snprintf(path, sizeof(path), "%s/cache/1/data.mdb", f->dir);
    data = fopen(path, "r+");
    assert_non_null(data);
    len = fread(file, 1, sizeof(file), data);
    at = memmem(file, len, key, sizeof(key));
    assert_non_null(at);
    at[SK_SHA256 - 1] ^= 1;
    rewind(data);
    assert_int_equal(fwrite(file, 1, len, data), len);
    assert_int_equal(fclose(data), 0);
    fetchrun_write_file(f, "ca.crl", next);
    (void)fetchrun_run(f);
    assert_int_equal(fetchrun_number_of(f), 2);
    assert_true(fetchrun_serves(f, "seal/crl.crl", next));
}

static void test_fetch_keeps_the_time_of_objects_that_did_not_change(void **state)
{
    struct fetchrun *f = *state;
    struct reader_object object;
    struct sk_reader *reader;

    assert_int_equal(fetchrun_run(f), 0);
    fetchrun_write_file(f, "ca.crl", fetchrun_make_crl(f, "DER:02:01:06", PKI_T + 50, 10));
    assert_int_equal(fetchrun_run_at(f, PKI_T + 100, NULL), 0);
    assert_int_equal(fetchrun_number_of(f), 2);
    reader = fetchrun_open_reader(f);
    assert_int_equal(reader_object_get(reader, "seal/ca.p7c", &object), SK_OK);
    assert_int_equal(object.modified, PKI_T);
    assert_int_equal(reader_object_get(reader, "seal/crl.crl", &object), SK_OK);
    assert_int_equal(object.modified, PKI_T + 50);
    assert_int_equal(object.expires, PKI_T1);
    reader_free(reader);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fetchrun_setup, fetchrun_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_fetch_refuses_a_truncated_list),
        TEST(test_fetch_refuses_a_malformed_list),
        TEST(test_fetch_refuses_an_oversized_list_and_takes_one_at_the_cap),
        TEST(test_fetch_refuses_a_list_with_a_wrong_signature),
        TEST(test_fetch_refuses_a_list_of_another_issuer),
        TEST(test_fetch_holds_a_list_of_the_future_beside_the_one_in_force),
        TEST(test_fetch_holds_one_list_in_force_where_all_come_too_early),
        TEST(test_fetch_publishes_an_expired_list_and_one_that_never_ends),
        TEST(test_fetch_publishes_an_expired_delta),
        TEST(test_fetch_serves_the_mirror_of_an_expired_list),
        TEST(test_fetch_refuses_a_list_older_than_the_held_one),
        TEST(test_fetch_refuses_an_older_list_from_another_source),
        TEST(test_fetch_refuses_a_list_for_attribute_certificates),
        TEST(test_fetch_takes_lists_of_either_kind_from_either_place),
        TEST(test_fetch_refuses_an_older_list_for_end_entities_under_arls),
        TEST(test_fetch_takes_the_list_of_an_anchor_without_crl_sign),
        TEST(test_fetch_refuses_certificates_that_no_anchor_leads_to),
        TEST(test_fetch_keeps_what_it_holds_of_a_source_that_fails),
        TEST(test_fetch_drops_what_its_source_withdrew),
        TEST(test_fetch_tells_what_is_or_will_soon_be_stale),
        TEST(test_fetch_is_stale_where_nothing_can_be_published),
        TEST(test_fetch_records_the_edges_it_verified_and_no_others),
        TEST(test_fetch_takes_a_list_of_the_next_key),
        TEST(test_fetch_takes_a_next_key_that_counts_from_one),
        TEST(test_fetch_publishes_a_list_it_cannot_use_and_says_so),
        TEST(test_fetch_of_one_ca_leaves_the_others_alone),
        TEST(test_fetch_drops_what_is_not_configured_any_more),
        TEST(test_fetch_mends_a_damaged_generation),
        TEST(test_fetch_takes_a_list_where_the_held_one_is_damaged),
        TEST(test_fetch_keeps_the_time_of_objects_that_did_not_change),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
