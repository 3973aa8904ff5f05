/* SPDX-License-Identifier: Apache-2.0 */
/* Which lists verdicts rest on, and what readiness says when they are not enough. What is expected
 * of a case is said of both, and OCSP is asked too: ready and undetermined do not go together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/clock.h"
#include "core/judge.h"
#include "net/ocsp.h"
#include "net/served.h"
#include "test/support/snapshot.h"

#define CA  "/C=JP/O=Seal/CN=CA"
#define SUB "/C=JP/O=Seal/CN=Sub"

enum { HOUR = 3600, DAY = 24 * HOUR };

struct bench {
    struct snapshot s;
    const struct sk_cert *ca, *next; /* one name, two keys */
    struct sk_anchor anchors[2];
    struct sk_policy policy;
    struct config_ca cas[2];
    struct sk_config config;
    int64_t now;
    struct sk_served *served;
};

static char *url_of(const char *text)
{
    return (char *)(uintptr_t)text;
}

static const struct sk_cert *make_ca(const struct bench *b, size_t key, int64_t not_after)
{
    return pki_cert(b->s.arena, &(struct pki_cert_spec){.subject = CA,
                                                        .key = pki_key(PKI_EC, key),
                                                        .not_before = PKI_T - 90 * DAY,
                                                        .not_after = not_after,
                                                        .exts = {PKI_CA_EXTS}});
}

static void add_own(struct bench *b, const struct sk_cert *cert)
{
    static char *urls[] = {NULL};

    urls[0] = url_of("file:seal.pem");
    snapshot_cert(&b->s, cert, cert);
    snapshot_origin(&b->s, urls[0], cert->der);
    b->cas[0].certificates = (struct config_list){urls, 1};
}

static int setup(void **state)
{
    struct bench *b = calloc(1, sizeof(*b));

    snapshot_begin(&b->s);
    b->now = PKI_T;
    b->ca = make_ca(b, 0, PKI_T + 90 * DAY);
    b->next = make_ca(b, 1, PKI_T + 90 * DAY);
    add_own(b, b->ca);
    b->anchors[0].cert = b->ca;
    params_init(&b->policy.params);
    b->policy.name = url_of("p");
    b->policy.params.anchors = b->anchors;
    b->policy.params.num_anchors = 1;
    b->cas[0].name = url_of("seal");
    b->cas[1].name = url_of("sub");
    b->config.cas = b->cas;
    b->config.num_cas = 1;
    b->config.policies = &b->policy;
    b->config.num_policies = 1;
    b->config.default_policy = &b->policy;
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;

    served_unref(b->served);
    snapshot_done(&b->s);
    free(b);
    return 0;
}

/* ---- lists ---- */

struct shape {
    size_t key;
    bool is_arl;
    int64_t from, to; /* hours from PKI_T; to NEVER: no nextUpdate */
    const char *number, *point, *base, *other;
    const char *hash;
    long listed;
    bool is_beyond_us;
};
enum { NEVER = 1000000 };

static struct sk_bytes add_list(struct bench *b, struct shape shape)
{
    struct pki_crl_spec spec = {.issuer = CA,
                                .signer = pki_key(PKI_EC, shape.key),
                                .hash = shape.hash,
                                .this_update = PKI_T + shape.from * HOUR,
                                .next_update = shape.to == NEVER ? -1 : PKI_T + shape.to * HOUR};
    size_t n = 0;

    if (shape.number != NULL)
        spec.exts[n++] = (struct pki_ext){"crlNumber", shape.number};
    if (shape.point != NULL)
        spec.exts[n++] = (struct pki_ext){"issuingDistributionPoint", shape.point};
    if (shape.base != NULL)
        spec.exts[n++] = (struct pki_ext){"deltaCRL", shape.base};
    if (shape.other != NULL)
        spec.exts[n++] = (struct pki_ext){shape.other, "critical,DER:05:00"};
    if (shape.listed != 0)
        spec.entries[0] = (struct pki_entry){
            .serial = shape.listed, .when = PKI_T - 2 * DAY, .is_beyond_us = shape.is_beyond_us};
    return snapshot_crl(&b->s, "seal", shape.is_arl, &spec);
}

/* ---- asking ---- */

static void look(struct bench *b)
{
    struct sk_err err = {0};

    served_unref(b->served);
    b->served = NULL;
    if (served_new(&b->config, reader_generation(b->s.reader), b->now, &b->served, &err) != SK_OK)
        fail_msg("%s", err.text);
}

static void open_and_look(struct bench *b)
{
    snapshot_open(&b->s);
    look(b);
}

static size_t lists_in(const struct bench *b, enum crl_kind kind, enum served_state state)
{
    struct served_group group;
    size_t i = 0;

    while (served_next(b->served, &i, &group))
        if (group.kind == kind)
            return group.counts[state];
    return 0;
}

/* nextUpdate of the list that is told, in hours from PKI_T. */
static int64_t told(const struct bench *b, enum crl_kind kind)
{
    struct served_group group;
    size_t i = 0;

    while (served_next(b->served, &i, &group))
        if (group.kind == kind)
            return group.first != NULL ? (group.first->next_update - PKI_T) / HOUR : NEVER;
    return NEVER;
}

struct faults {
    size_t count;
    struct served_fault last;
};

static void note_fault(void *arg, const struct served_fault *fault)
{
    struct faults *faults = arg;

    faults->count++;
    faults->last = *fault;
}

/* What OCSP would know of a serial that is in no list. */
static enum revocation_kind known_of_users(const struct bench *b)
{
    struct revocation_status said;
    const struct sk_query query = {.params = &b->policy.params,
                                   .source = reader_source(b->s.reader),
                                   .time = b->now,
                                   .arena = arena_new(16u << 20),
                                   .keys = keyring_new(4)};

    assert_int_equal(judge_serial(&query, b->ca, bytes_of("\x31", 1), false, NULL, &said), SK_OK);
    arena_free(query.arena);
    keyring_free(query.keys);
    return said.kind;
}

static void expect_ready(struct bench *b)
{
    struct faults faults = {0};

    served_faults(b->served, b->now, note_fault, &faults);
    if (faults.count > 0)
        fail_msg("%s: %s", faults.last.ca, faults.last.text);
    assert_int_equal(known_of_users(b), REVOCATION_GOOD);
}

static void expect_fault(struct bench *b, enum served_fault_kind kind, const char *text)
{
    struct faults faults = {0};

    served_faults(b->served, b->now, note_fault, &faults);
    assert_int_equal(faults.count, 1);
    assert_int_equal(faults.last.kind, kind);
    assert_string_equal(faults.last.policy, "p");
    if (strstr(faults.last.text, text) == NULL)
        fail_msg("\"%s\" in \"%s\"", text, faults.last.text);
}

static void expect_undetermined(struct bench *b, enum served_fault_kind kind, const char *text)
{
    expect_fault(b, kind, text);
    assert_int_equal(known_of_users(b), REVOCATION_UNDETERMINED);
}

/* ---- one list ---- */

static void test_served_a_current_list_is_used(void **state)
{
    struct bench *b = *state;

    (void)add_list(b, (struct shape){.from = -1, .to = 24, .number = "DER:02:01:05"});
    open_and_look(b);
    expect_ready(b);
    assert_int_equal(served_count(b->served), 1);
    assert_int_equal(lists_in(b, CRL_KIND_CRL, SERVED_USED), 1);
    assert_int_equal(told(b, CRL_KIND_CRL), 24);
}

static void test_served_a_stale_list_is_a_fault_after_its_grace(void **state)
{
    struct bench *b = *state;

    (void)add_list(b, (struct shape){.from = -1, .to = 24, .number = "DER:02:01:05"});
    b->policy.params.grace_s = HOUR;
    open_and_look(b);
    b->now = PKI_T + 25 * HOUR;
    look(b);
    expect_ready(b);
    assert_true(served_is_stale(served_list_get0(b->served, 0), b->now));
    assert_false(served_is_over(b->served, b->now));
    b->now += 10;
    assert_true(served_is_over(b->served, b->now));
    /* Nobody looked again in time: that is not readiness. */
    expect_undetermined(b, SERVED_FAULT_UNKNOWN, "has ended");
    look(b);
    expect_undetermined(b, SERVED_FAULT_STALE, "its nextUpdate was 2012-10-13");
    assert_int_equal(lists_in(b, CRL_KIND_CRL, SERVED_USED), 1);
    assert_int_equal(told(b, CRL_KIND_CRL), 24);
}

static void test_served_a_list_without_next_update_is_a_fault(void **state)
{
    struct bench *b = *state;

    (void)add_list(b, (struct shape){.from = -1, .to = NEVER, .number = "DER:02:01:05"});
    open_and_look(b);
    expect_undetermined(b, SERVED_FAULT_LIST, "it has no nextUpdate");
    assert_int_equal(lists_in(b, CRL_KIND_CRL, SERVED_NO_NEXT_UPDATE), 1);
    assert_int_equal(told(b, CRL_KIND_CRL), NEVER);
}

static void test_served_a_list_that_is_not_in_force_is_a_fault_until_it_is(void **state)
{
    struct bench *b = *state;

    (void)add_list(b, (struct shape){.from = 1, .to = 24, .number = "DER:02:01:05"});
    open_and_look(b);
    expect_undetermined(b, SERVED_FAULT_LIST, "not yet valid");
    assert_int_equal(lists_in(b, CRL_KIND_CRL, SERVED_NOT_IN_FORCE), 1);
    b->now = PKI_T + HOUR;
    assert_false(served_is_over(b->served, b->now - 2));
    assert_true(served_is_over(b->served, b->now + 1));
    look(b);
    expect_ready(b);
    assert_int_equal(told(b, CRL_KIND_CRL), 24);
}

static void test_served_a_list_with_something_critical_is_a_fault(void **state)
{
    struct bench *b = *state;

    (void)add_list(
        b, (struct shape){.from = -1, .to = 24, .number = "DER:02:01:05", .other = "1.2.3.4"});
    open_and_look(b);
    expect_undetermined(b, SERVED_FAULT_LIST, "unknown critical extension");
    assert_int_equal(lists_in(b, CRL_KIND_CRL, SERVED_UNUSABLE), 1);
}

static void test_served_a_list_with_an_unknown_entry_is_a_fault(void **state)
{
    struct bench *b = *state;

    (void)add_list(b, (struct shape){.from = -1, .to = 24, .listed = 7, .is_beyond_us = true});
    open_and_look(b);
    expect_undetermined(b, SERVED_FAULT_LIST, "entries");
    assert_int_equal(lists_in(b, CRL_KIND_CRL, SERVED_UNUSABLE), 1);
}

static void test_served_a_list_of_a_weak_algorithm_is_a_fault_by_policy(void **state)
{
    struct bench *b = *state;

    (void)add_list(b, (struct shape){.from = -1, .to = 24, .hash = "SHA1"});
    b->policy.params.allow_sha1 = false;
    open_and_look(b);
    expect_undetermined(b, SERVED_FAULT_LIST, "below the policy's floor");
    b->policy.params.allow_sha1 = true;
    look(b);
    expect_ready(b);
}

/* ---- older and newer ---- */

static void test_served_the_newest_list_counts_and_not_the_one_that_lasts(void **state)
{
    struct bench *b = *state;

    (void)add_list(b, (struct shape){.from = -48, .to = 480, .number = "DER:02:01:05"});
    (void)add_list(b, (struct shape){.from = -24, .to = 2, .number = "DER:02:01:06"});
    open_and_look(b);
    expect_ready(b);
    assert_int_equal(told(b, CRL_KIND_CRL), 2);
    assert_int_equal(lists_in(b, CRL_KIND_CRL, SERVED_SUPERSEDED), 1);
    b->now = PKI_T + 3 * HOUR;
    look(b);
    expect_undetermined(b, SERVED_FAULT_STALE, "its nextUpdate was");
}

static void test_served_a_newest_list_that_proves_nothing_hides_the_older(void **state)
{
    struct bench *b = *state;

    (void)add_list(b, (struct shape){.from = -48, .to = 48, .number = "DER:02:01:05"});
    (void)add_list(b, (struct shape){.from = -24, .to = NEVER, .number = "DER:02:01:06"});
    open_and_look(b);
    expect_undetermined(b, SERVED_FAULT_LIST, "it has no nextUpdate");
    assert_int_equal(told(b, CRL_KIND_CRL), NEVER);
    assert_int_equal(lists_in(b, CRL_KIND_CRL, SERVED_SUPERSEDED), 1);
}

static void test_served_the_next_list_waits_beside_the_one_in_force(void **state)
{
    struct bench *b = *state;

    (void)add_list(b, (struct shape){.from = -24, .to = 4, .number = "DER:02:01:05"});
    (void)add_list(b, (struct shape){.from = 2, .to = 48, .number = "DER:02:01:06"});
    open_and_look(b);
    expect_ready(b);
    assert_int_equal(told(b, CRL_KIND_CRL), 4);
    b->now = PKI_T + 5 * HOUR;
    assert_true(served_is_over(b->served, b->now));
    look(b);
    expect_ready(b);
    assert_int_equal(told(b, CRL_KIND_CRL), 48);
    assert_int_equal(lists_in(b, CRL_KIND_CRL, SERVED_SUPERSEDED), 1);
}

/* ---- two keys ---- */

static void add_linked(struct bench *b, size_t key, int64_t not_after)
{
    const struct sk_cert *cert =
        pki_cert(b->s.arena, &(struct pki_cert_spec){.subject = CA,
                                                     .key = pki_key(PKI_EC, key),
                                                     .signer = pki_key(PKI_EC, 0),
                                                     .not_before = PKI_T - 90 * DAY,
                                                     .not_after = not_after,
                                                     .exts = {PKI_CA_EXTS}});

    snapshot_cert(&b->s, cert, b->ca);
    snapshot_origin(&b->s, "file:seal.pem", cert->der);
}

static void test_served_a_list_of_the_next_key_is_enough_for_both(void **state)
{
    struct bench *b = *state;

    add_linked(b, 1, PKI_T + 90 * DAY);
    (void)add_list(b, (struct shape){.key = 1, .from = -1, .to = 24});
    open_and_look(b);
    expect_ready(b);
    assert_int_equal(lists_in(b, CRL_KIND_CRL, SERVED_USED), 1);
}

static void test_served_lists_of_two_keys_both_count(void **state)
{
    struct bench *b = *state;

    add_own(b, b->next);
    b->anchors[1].cert = b->next;
    b->policy.params.num_anchors = 2;
    /* The newer one of the other key does not stand in for it. */
    (void)add_list(b, (struct shape){.key = 0, .from = -48, .to = 2, .number = "DER:02:01:05"});
    (void)add_list(b, (struct shape){.key = 1, .from = -24, .to = 48, .number = "DER:02:01:06"});
    open_and_look(b);
    expect_ready(b);
    assert_int_equal(lists_in(b, CRL_KIND_CRL, SERVED_USED), 2);
    assert_int_equal(told(b, CRL_KIND_CRL), 2);
    b->now = PKI_T + 3 * HOUR;
    look(b);
    expect_undetermined(b, SERVED_FAULT_STALE, "its nextUpdate was");
}

/* Not an anchor, so its end counts. */
static void test_served_lists_of_a_key_that_has_ended_do_not_count(void **state)
{
    struct bench *b = *state;

    add_linked(b, 2, PKI_T + HOUR);
    (void)add_list(b, (struct shape){.key = 0, .from = -1, .to = 24, .number = "DER:02:01:06"});
    (void)add_list(b, (struct shape){.key = 2, .from = -48, .to = -24, .number = "DER:02:01:05"});
    open_and_look(b);
    expect_undetermined(b, SERVED_FAULT_STALE, "its nextUpdate was");
    b->now = PKI_T + HOUR + 10;
    assert_true(served_is_over(b->served, b->now));
    look(b);
    expect_ready(b);
    assert_int_equal(lists_in(b, CRL_KIND_CRL, SERVED_KEY_ENDED), 1);
    assert_int_equal(told(b, CRL_KIND_CRL), 24);
}

/* ---- distribution points ---- */

static const struct shape part_1 = {.from = -1,
                                    .to = 24,
                                    .number = "DER:02:01:05",
                                    .point = "critical,fullname:URI:http://x/1"},
                          part_2 = {.from = -1,
                                    .to = 2,
                                    .number = "DER:02:01:04",
                                    .point = "critical,fullname:URI:http://x/2"};

static void test_served_each_part_counts(void **state)
{
    struct bench *b = *state;

    (void)add_list(b, part_1);
    (void)add_list(b, part_2);
    open_and_look(b);
    expect_ready(b);
    assert_int_equal(lists_in(b, CRL_KIND_CRL, SERVED_USED), 2);
    assert_int_equal(told(b, CRL_KIND_CRL), 2);
    b->now = PKI_T + 3 * HOUR;
    look(b);
    expect_undetermined(b, SERVED_FAULT_STALE, "its nextUpdate was");
}

static void test_served_a_part_that_never_came_is_missing(void **state)
{
    struct bench *b = *state;
    char *urls[] = {url_of("file:1"), url_of("file:2")};

    b->cas[0].crls = (struct config_list){urls, 2};
    snapshot_origin(&b->s, urls[0], add_list(b, part_1));
    open_and_look(b);
    expect_fault(b, SERVED_FAULT_MISSING, "nothing has come from file:2");
    b->policy.params.revocation = REVOCATION_IF_AVAILABLE;
    look(b);
    expect_ready(b);
}

static void test_served_a_whole_list_needs_no_other(void **state)
{
    struct bench *b = *state;
    char *urls[] = {url_of("file:1"), url_of("file:delta")};

    b->cas[0].crls = (struct config_list){urls, 2};
    snapshot_origin(&b->s, urls[0], add_list(b, (struct shape){.from = -1, .to = 24}));
    open_and_look(b);
    expect_ready(b);
}

/* ---- kinds ---- */

static void test_served_a_list_for_cas_is_an_arl_wherever_it_lay(void **state)
{
    struct bench *b = *state;

    (void)add_list(b, (struct shape){.from = -1, .to = 24, .point = "critical,onlyuser:TRUE"});
    (void)add_list(b, (struct shape){.from = -1, .to = 2, .point = "critical,onlyCA:TRUE"});
    open_and_look(b);
    expect_ready(b);
    assert_int_equal(told(b, CRL_KIND_CRL), 24);
    assert_int_equal(told(b, CRL_KIND_ARL), 2);
    b->now = PKI_T + 3 * HOUR;
    look(b);
    expect_fault(b, SERVED_FAULT_STALE, "its nextUpdate was");
    assert_int_equal(known_of_users(b), REVOCATION_GOOD);
}

static void test_served_an_arl_that_never_came_is_missing(void **state)
{
    struct bench *b = *state;
    char *urls[] = {url_of("file:arl")};

    (void)add_list(b, (struct shape){.from = -1, .to = 24, .point = "critical,onlyuser:TRUE"});
    open_and_look(b);
    expect_ready(b); /* it certifies no CA */
    b->cas[0].arls = (struct config_list){urls, 1};
    look(b);
    expect_fault(b, SERVED_FAULT_MISSING, "nothing has come from file:arl");
}

static void test_served_a_ca_of_cas_needs_an_arl_alone(void **state)
{
    struct bench *b = *state;
    struct faults faults = {0};

    (void)add_list(b, (struct shape){.is_arl = true, .from = -1, .to = 24});
    open_and_look(b);
    served_faults(b->served, b->now, note_fault, &faults);
    assert_int_equal(faults.count, 0);
    assert_int_equal(told(b, CRL_KIND_ARL), 24);
}

static void test_served_a_stale_arl_is_a_fault_beside_a_current_list(void **state)
{
    struct bench *b = *state;

    (void)add_list(b, (struct shape){.from = -1, .to = 24});
    (void)add_list(b, (struct shape){.is_arl = true, .from = -24, .to = -1});
    open_and_look(b);
    expect_fault(b, SERVED_FAULT_STALE, "its nextUpdate was");
}

/* ---- deltas ---- */

static const struct shape base = {.from = -24, .to = 48, .number = "DER:02:01:05"};

static void test_served_a_delta_on_its_base_is_used_and_its_end_is_no_fault(void **state)
{
    struct bench *b = *state;

    (void)add_list(b, base);
    (void)add_list(
        b, (struct shape){
               .from = -1, .to = 2, .number = "DER:02:01:07", .base = "critical,DER:02:01:05"});
    (void)add_list(
        b, (struct shape){
               .from = -2, .to = 3, .number = "DER:02:01:06", .base = "critical,DER:02:01:05"});
    open_and_look(b);
    expect_ready(b);
    assert_int_equal(lists_in(b, CRL_KIND_DELTA, SERVED_USED), 1);
    assert_int_equal(lists_in(b, CRL_KIND_DELTA, SERVED_SUPERSEDED), 1);
    assert_int_equal(lists_in(b, CRL_KIND_CRL, SERVED_USED), 1); /* no delta replaces it */
    assert_int_equal(told(b, CRL_KIND_DELTA), 2);
    b->now = PKI_T + 4 * HOUR;
    look(b);
    expect_ready(b);
    assert_int_equal(told(b, CRL_KIND_CRL), 48);
}

static void test_served_a_delta_of_another_base_is_not_used(void **state)
{
    struct bench *b = *state;

    (void)add_list(b, base);
    (void)add_list(
        b, (struct shape){
               .from = -1, .to = 2, .number = "DER:02:01:09", .base = "critical,DER:02:01:08"});
    open_and_look(b);
    expect_ready(b);
    assert_int_equal(lists_in(b, CRL_KIND_DELTA, SERVED_DELTA_WITHOUT_BASE), 1);
    assert_int_equal(told(b, CRL_KIND_DELTA), NEVER);
}

static void test_served_a_delta_alone_is_no_list(void **state)
{
    struct bench *b = *state;

    (void)add_list(
        b, (struct shape){
               .from = -1, .to = 2, .number = "DER:02:01:07", .base = "critical,DER:02:01:05"});
    open_and_look(b);
    expect_undetermined(b, SERVED_FAULT_MISSING, "no revocation list");
}

/* ---- none ---- */

static void test_served_no_list_is_a_fault_where_one_is_required(void **state)
{
    struct bench *b = *state;
    struct faults faults = {0};

    open_and_look(b);
    expect_undetermined(b, SERVED_FAULT_MISSING, "no revocation list");
    b->policy.params.revocation = REVOCATION_IF_AVAILABLE;
    look(b);
    served_faults(b->served, b->now, note_fault, &faults);
    b->policy.params.revocation = REVOCATION_OFF;
    look(b);
    served_faults(b->served, b->now, note_fault, &faults);
    assert_int_equal(faults.count, 0);
}

/* OCSP goes by the default policy even so. */
static void test_served_the_default_policy_depends_on_lists_for_ocsp(void **state)
{
    struct bench *b = *state;
    struct faults faults = {0};

    (void)add_list(b, (struct shape){.from = -24, .to = -1});
    b->policy.params.revocation = REVOCATION_OFF;
    open_and_look(b);
    served_faults(b->served, b->now, note_fault, &faults);
    assert_int_equal(faults.count, 0);
    b->config.signer.backend = CONFIG_SIGNER_SOFTWARE;
    look(b);
    expect_undetermined(b, SERVED_FAULT_STALE, "its nextUpdate was");
}

/* ---- what OCSP may be asked ---- */

/* How often the question stands there: this serial, by this hash, of this CA. */
static size_t questions(const struct bench *b, enum key_hash hash, const struct sk_cert *issuer,
                        uint8_t serial)
{
    const struct ocsp_rules rules = {.max_ids = 1};
    uint8_t key[64];
    size_t i, len, count = 0;

    assert_int_equal(key_digest(hash, issuer->key_bits, key, &len), SK_OK);
    for (i = 0; i < served_num_questions(b->served); i++) {
        struct sk_bytes question = served_question(b->served, i);
        struct ocsp_request request;
        struct sk_buf again;

        assert_int_equal(ocsp_request_parse(question, &rules, &request, NULL), SK_OK);
        buf_init(&again, 4096); /* else nobody's question would find its answer */
        assert_int_equal(ocsp_write_request(&request, &rules, &again), SK_OK);
        assert_true(bytes_equal(question, buf_bytes(&again)));
        buf_done(&again);
        count += request.ids[0].hash == hash &&
                 bytes_equal(request.ids[0].key_hash, bytes_of(key, len)) &&
                 bytes_equal(request.ids[0].serial, bytes_of(&serial, 1));
    }
    return count;
}

static void add_user(struct bench *b, long serial)
{
    const struct sk_cert *user =
        pki_cert(b->s.arena, &(struct pki_cert_spec){.subject = "/C=JP/CN=user",
                                                     .issuer = CA,
                                                     .key = pki_key(PKI_EC, 4),
                                                     .signer = pki_key(PKI_EC, 0),
                                                     .serial = serial});

    snapshot_cert(&b->s, user, b->ca);
    snapshot_origin(&b->s, "file:seal.pem", user->der);
}

static void test_served_questions_are_of_lists_and_certificates(void **state)
{
    struct bench *b = *state;

    add_linked(b, 1, PKI_T + 90 * DAY);
    add_user(b, 0x21);
    (void)add_list(b, (struct shape){.from = -1, .to = 24, .listed = 0x22});
    b->config.signer.backend = CONFIG_SIGNER_SOFTWARE;
    b->config.limits.memo_bytes = LIMIT_MEMO_BYTES;
    b->policy.ocsp.certid_hashes = POLICY_CERTID_SHA1 | POLICY_CERTID_SHA256 | POLICY_CERTID_SHA512;
    b->cas[0].pre_produce = CONFIG_PRODUCE_ASKED;
    open_and_look(b);
    assert_int_equal(served_num_questions(b->served), 0);
    b->cas[0].pre_produce = CONFIG_PRODUCE_ALL;
    look(b);
    /* The user's issuer is known; of the listed serial it may be either key. */
    assert_int_equal(served_num_questions(b->served), 6);
    assert_int_equal(questions(b, KEY_SHA1, b->ca, 0x21), 1);
    assert_int_equal(questions(b, KEY_SHA256, b->ca, 0x21), 1);
    assert_int_equal(questions(b, KEY_SHA1, b->ca, 0x22), 1);
    assert_int_equal(questions(b, KEY_SHA256, b->next, 0x22), 1);
    b->policy.ocsp.certid_hashes = POLICY_CERTID_SHA1;
    look(b);
    assert_int_equal(served_num_questions(b->served), 3);
    assert_int_equal(questions(b, KEY_SHA256, b->ca, 0x21), 0);
    b->config.limits.memo_bytes = (uint64_t)2 * 4 * 2048; /* room for two */
    look(b);
    assert_int_equal(served_num_questions(b->served), 2);
    b->config.limits.memo_bytes = 0;
    look(b);
    assert_int_equal(served_num_questions(b->served), 0);
}

/* ---- below another CA ---- */

static void add_sub(struct bench *b)
{
    static char *urls[] = {NULL};
    const struct sk_cert *sub =
        pki_cert(b->s.arena, &(struct pki_cert_spec){.subject = SUB,
                                                     .issuer = CA,
                                                     .key = pki_key(PKI_EC, 3),
                                                     .signer = pki_key(PKI_EC, 0),
                                                     .exts = {PKI_CA_EXTS}});

    urls[0] = url_of("file:sub.pem");
    snapshot_cert(&b->s, sub, b->ca);
    snapshot_origin(&b->s, urls[0], sub->der);
    b->cas[1].certificates = (struct config_list){urls, 1};
    b->config.num_cas = 2;
    (void)snapshot_crl(&b->s, "sub", false,
                       &(struct pki_crl_spec){.issuer = SUB, .signer = pki_key(PKI_EC, 3)});
}

/* Its own lists are good; what it issued is undetermined all the same. */
static void test_served_a_ca_whose_own_status_nobody_knows_is_at_fault(void **state)
{
    struct bench *b = *state;
    struct faults faults = {0};

    (void)add_list(b, (struct shape){.from = -1, .to = 24, .point = "critical,onlyuser:TRUE"});
    add_sub(b);
    open_and_look(b);
    served_faults(b->served, b->now, note_fault, &faults);
    assert_int_equal(faults.count, 1);
    assert_string_equal(faults.last.ca, "sub");
    assert_int_equal(faults.last.kind, SERVED_FAULT_MISSING);
    assert_non_null(strstr(faults.last.text, "the status of its own certificate"));
}

static void test_served_a_ca_below_a_good_one_is_served(void **state)
{
    struct bench *b = *state;

    (void)add_list(b, (struct shape){.from = -1, .to = 24});
    add_sub(b);
    open_and_look(b);
    expect_ready(b);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_served_a_current_list_is_used),
        TEST(test_served_a_stale_list_is_a_fault_after_its_grace),
        TEST(test_served_a_list_without_next_update_is_a_fault),
        TEST(test_served_a_list_that_is_not_in_force_is_a_fault_until_it_is),
        TEST(test_served_a_list_with_something_critical_is_a_fault),
        TEST(test_served_a_list_with_an_unknown_entry_is_a_fault),
        TEST(test_served_a_list_of_a_weak_algorithm_is_a_fault_by_policy),
        TEST(test_served_the_newest_list_counts_and_not_the_one_that_lasts),
        TEST(test_served_a_newest_list_that_proves_nothing_hides_the_older),
        TEST(test_served_the_next_list_waits_beside_the_one_in_force),
        TEST(test_served_a_list_of_the_next_key_is_enough_for_both),
        TEST(test_served_lists_of_two_keys_both_count),
        TEST(test_served_lists_of_a_key_that_has_ended_do_not_count),
        TEST(test_served_each_part_counts),
        TEST(test_served_a_part_that_never_came_is_missing),
        TEST(test_served_a_whole_list_needs_no_other),
        TEST(test_served_a_list_for_cas_is_an_arl_wherever_it_lay),
        TEST(test_served_an_arl_that_never_came_is_missing),
        TEST(test_served_a_ca_of_cas_needs_an_arl_alone),
        TEST(test_served_a_stale_arl_is_a_fault_beside_a_current_list),
        TEST(test_served_a_delta_on_its_base_is_used_and_its_end_is_no_fault),
        TEST(test_served_a_delta_of_another_base_is_not_used),
        TEST(test_served_a_delta_alone_is_no_list),
        TEST(test_served_no_list_is_a_fault_where_one_is_required),
        TEST(test_served_the_default_policy_depends_on_lists_for_ocsp),
        TEST(test_served_questions_are_of_lists_and_certificates),
        TEST(test_served_a_ca_whose_own_status_nobody_knows_is_at_fault),
        TEST(test_served_a_ca_below_a_good_one_is_served),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
