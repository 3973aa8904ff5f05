/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test/support/graph.h"

static struct graph g;

static int set_up(void **state)
{
    (void)state;
    graph_init(&g);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    graph_done(&g);
    return 0;
}

static const struct sk_cert *ca_with(size_t key, const char *issuer, size_t signer,
                                     struct pki_ext ext, int64_t not_after)
{
    return graph_cert(&g, &(struct pki_cert_spec){.subject = "/CN=CA",
                                                  .issuer = issuer,
                                                  .key = pki_key(PKI_EC, key),
                                                  .signer = pki_key(PKI_EC, signer),
                                                  .not_after = not_after,
                                                  .exts = {PKI_CA_EXTS, ext}});
}

static void expect(const struct sk_cert *target, enum verdict_kind kind, enum finding_code code)
{
    const struct sk_verdict *verdict = graph_judge_orders(&g, target);

    assert_string_equal(verdict_kind_text(verdict->kind), verdict_kind_text(kind));
    assert_int_equal(graph_finding(verdict), code);
}

/* V-03 */
static void test_judge_does_not_call_an_anchor_valid(void **state)
{
    (void)state;
    expect(graph_anchor(&g, "/CN=Root", 0), VERDICT_INVALID, FINDING_TARGET_IS_ANCHOR);
    assert_int_equal(g.verdict.num_path, 0);
}

static void test_judge_needs_an_anchor(void **state)
{
    (void)state;
    graph_ca(&g, "/CN=Root", 0, "/CN=Root", 0);
    expect(graph_leaf(&g, "/CN=EE", "/CN=Root", 0), VERDICT_INVALID, FINDING_NO_PATH);
}

/* B-14, B-15: the failure that came furthest is told first, then the others. */
static void test_judge_tells_the_failure_that_came_furthest(void **state)
{
    const struct sk_cert *ee;

    (void)state;
    graph_anchor(&g, "/CN=Root", 0);
    /* The target fails below one CA, the CA itself below the other. */
    ca_with(1, "/CN=Root", 0,
            (struct pki_ext){"nameConstraints", "critical,excluded;DNS:a.example"}, 0);
    graph_ca(&g, "/CN=Top", 2, "/CN=Root", 0);
    graph_cert(
        &g, &(struct pki_cert_spec){
                .subject = "/CN=Middle",
                .issuer = "/CN=Top",
                .key = pki_key(PKI_EC, 3),
                .signer = pki_key(PKI_EC, 2),
                .exts = {PKI_CA_EXTS, {"policyConstraints", "critical,requireExplicitPolicy:0"}}});
    ca_with(1, "/CN=Middle", 3, (struct pki_ext){NULL, NULL}, 0);
    ee = graph_target(&g, &(struct pki_cert_spec){.subject = "/CN=EE",
                                                  .issuer = "/CN=CA",
                                                  .key = pki_key(PKI_EC, 23),
                                                  .signer = pki_key(PKI_EC, 1),
                                                  .exts = {{"subjectAltName", "DNS:x.a.example"}}});
    expect(ee, VERDICT_INVALID, graph_finding(graph_judge(&g, ee)));
    assert_int_equal(g.verdict.num_findings, 2);
    assert_int_equal(g.verdict.findings[1].cert, -1);
    assert_int_not_equal(g.verdict.findings[0].code, g.verdict.findings[1].code);
}

/* A known bad path must not hide one whose status is only unknown, nor the other way round. */
static void test_judge_prefers_unknown_to_invalid_and_valid_to_both(void **state)
{
    struct pki_crl_spec crl = {
        .issuer = "/CN=B", .signer = pki_key(PKI_EC, 2), .entries = {{.serial = 50}}};
    const struct sk_cert *ee;

    (void)state;
    graph_anchor(&g, "/CN=A", 0);
    graph_anchor(&g, "/CN=B", 2);
    g.params.revocation = REVOCATION_REQUIRED;
    graph_cert(&g, &(struct pki_cert_spec){.subject = "/CN=CA",
                                           .issuer = "/CN=B",
                                           .key = pki_key(PKI_EC, 1),
                                           .signer = pki_key(PKI_EC, 2),
                                           .serial = 50,
                                           .exts = {PKI_CA_EXTS}});
    ee = graph_leaf(&g, "/CN=EE", "/CN=CA", 1);
    graph_empty_crl(&g, "/CN=CA", 1);
    graph_crl(&g, &crl);
    expect(ee, VERDICT_INVALID, FINDING_ISSUER_REVOKED);
    graph_ca(&g, "/CN=CA", 1, "/CN=A", 0);
    expect(ee, VERDICT_UNDETERMINED, FINDING_REVOCATION_NO_SOURCE);
    graph_empty_crl(&g, "/CN=A", 0);
    expect(ee, VERDICT_VALID, FINDING_NONE);
    assert_ptr_equal(g.verdict.path[2], g.anchors[0].cert);
    assert_int_equal(g.verdict.num_evidence, 2);
}

/* V-74: with nested purposes, a CA certificate without the purpose closes its way and no other. */
static void test_judge_goes_round_a_ca_without_the_nested_purpose(void **state)
{
    static const uint8_t server[] = {0x2b, 6, 1, 5, 5, 7, 3, 1};
    const struct sk_bytes asked = {server, sizeof(server)};
    const struct sk_cert *ee;

    (void)state;
    g.params.ekus = &asked;
    g.params.num_ekus = 1;
    graph_anchor(&g, "/CN=Root", 0);
    ca_with(1, "/CN=Root", 0, (struct pki_ext){"extendedKeyUsage", "clientAuth"}, 0);
    ee = graph_leaf(&g, "/CN=EE", "/CN=CA", 1);
    expect(ee, VERDICT_VALID, FINDING_NONE);
    g.params.nested_ekus = true;
    expect(ee, VERDICT_INVALID, FINDING_EXTENDED_KEY_USAGE);
    assert_int_equal(g.verdict.findings[0].cert, 1);
    graph_ca(&g, "/CN=Middle", 2, "/CN=Root", 0); /* the longer way is tried later */
    ca_with(1, "/CN=Middle", 2, (struct pki_ext){"extendedKeyUsage", "clientAuth,serverAuth"}, 0);
    expect(ee, VERDICT_VALID, FINDING_NONE);
    assert_int_equal(g.verdict.num_path, 4);
}

/* Taking a list away never turns anything valid. */
static void test_judge_says_nothing_better_with_fewer_lists(void **state)
{
    struct pki_crl_spec crl = {
        .issuer = "/CN=CA", .signer = pki_key(PKI_EC, 1), .entries = {{.serial = 9}}};
    const struct sk_cert *ee;
    struct sk_bytes kept;
    size_t i;

    (void)state;
    graph_anchor(&g, "/CN=Root", 0);
    graph_ca(&g, "/CN=CA", 1, "/CN=Root", 0);
    ee = graph_target(&g, &(struct pki_cert_spec){.subject = "/CN=EE",
                                                  .issuer = "/CN=CA",
                                                  .key = pki_key(PKI_EC, 23),
                                                  .signer = pki_key(PKI_EC, 1),
                                                  .serial = 9});
    graph_empty_crl(&g, "/CN=Root", 0);
    graph_crl(&g, &crl);
    g.params.revocation = REVOCATION_REQUIRED;
    expect(ee, VERDICT_REVOKED, FINDING_REVOKED);
    assert_int_equal(g.verdict.num_policies, 0);
    assert_int_equal(g.verdict.valid_until, 0);
    for (i = 1; i < 3; i++) {
        kept = g.objects[i];
        g.objects[i] = g.objects[0];
        g.is_crl[i] = false;
        assert_int_not_equal(graph_judge(&g, ee)->kind, VERDICT_VALID);
        g.objects[i] = kept;
        g.is_crl[i] = true;
    }
}

/* V-05, of a list: the algorithm that is signed and the one outside. */
static void test_judge_does_not_use_a_list_with_unequal_algorithms(void **state)
{
    static const uint8_t ecdsa_sha256[] = {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02};
    const struct sk_cert *ee;
    struct sk_bytes der;
    uint8_t *copy, *oid;

    (void)state;
    graph_anchor(&g, "/CN=Root", 0);
    ee = graph_leaf(&g, "/CN=EE", "/CN=Root", 0);
    g.params.revocation = REVOCATION_REQUIRED;
    graph_empty_crl(&g, "/CN=Root", 0);
    expect(ee, VERDICT_VALID, FINDING_NONE);
    der = g.objects[0];
    copy = arena_copy(g.arena, der.p, der.len);
    assert_non_null(copy);
    oid = memmem(copy, der.len, ecdsa_sha256, sizeof(ecdsa_sha256));
    assert_non_null(oid);
    oid++; /* the first is the signed one */
    oid = memmem(oid, der.len - (size_t)(oid - copy), ecdsa_sha256, sizeof(ecdsa_sha256));
    assert_non_null(oid);
    oid[7] = 0x03; /* ecdsa-with-SHA384 */
    g.objects[0] = bytes_of(copy, der.len);
    expect(ee, VERDICT_UNDETERMINED, FINDING_REVOCATION_UNUSABLE);
    assert_non_null(strstr(g.verdict.findings[0].text, "two signature algorithms differ"));
    assert_int_equal(g.verdict.work.signatures, 1); /* of the end entity */
}

static void test_judge_valid_until_is_the_last_good_second(void **state)
{
    const struct sk_cert *ee;
    struct pki_ext none = {NULL, NULL};

    (void)state;
    graph_anchor(&g, "/CN=Root", 0);
    ca_with(1, "/CN=Root", 0, none, PKI_T + 500);
    ee = graph_leaf(&g, "/CN=EE", "/CN=CA", 1);
    expect(ee, VERDICT_VALID, FINDING_NONE);
    assert_int_equal(g.verdict.valid_until, PKI_T + 500);
    g.params.revocation = REVOCATION_REQUIRED;
    graph_empty_crl(&g, "/CN=Root", 0);
    graph_crl(&g, &(struct pki_crl_spec){.issuer = "/CN=CA",
                                         .signer = pki_key(PKI_EC, 1),
                                         .next_update = PKI_T + 300});
    expect(ee, VERDICT_VALID, FINDING_NONE);
    assert_int_equal(g.verdict.valid_until, PKI_T + 300);
    g.time = PKI_T + 300;
    expect(ee, VERDICT_VALID, FINDING_NONE);
    g.time = PKI_T + 301;
    expect(ee, VERDICT_UNDETERMINED, FINDING_REVOCATION_STALE);
}

/* Whatever ends first, the verdict is undetermined and says so. */
static void test_judge_is_undetermined_when_any_budget_ends(void **state)
{
    struct sk_budget full;
    const struct sk_cert *ee;
    unsigned *caps[] = {&g.params.budget.max_paths, &g.params.budget.max_steps,
                        &g.params.budget.max_signatures, &g.params.budget.max_policy_nodes};
    size_t i;

    (void)state;
    graph_anchor(&g, "/CN=Root", 0);
    ca_with(1, "/CN=Root", 0, (struct pki_ext){"certificatePolicies", "1.2.3"}, 0);
    ee = graph_leaf(&g, "/CN=EE", "/CN=CA", 1);
    expect(ee, VERDICT_VALID, FINDING_NONE);
    assert_int_not_equal(g.verdict.valid_until, 0);
    full = g.params.budget;
    for (i = 0; i < sizeof(caps) / sizeof(caps[0]); i++) {
        g.params.budget = full;
        *caps[i] = 0;
        expect(ee, VERDICT_UNDETERMINED, FINDING_BUDGET_EXHAUSTED);
    }
    g.params.budget = full;
    arena_free(g.job);
    g.job = arena_new(10000);
    expect(ee, VERDICT_UNDETERMINED, FINDING_BUDGET_EXHAUSTED);
}

static int64_t late(void)
{
    static int64_t now;

    return now += 10000000;
}

static void test_judge_is_undetermined_when_the_cpu_time_ends(void **state)
{
    struct sk_query query = {
        .params = &g.params, .time = PKI_T, .keys = g.keys, .arena = g.job, .cpu_now = late};
    struct sk_verdict verdict;

    (void)state;
    graph_anchor(&g, "/CN=Root", 0);
    g.params.budget.max_cpu_ms = 2000;
    query.target = graph_leaf(&g, "/CN=EE", "/CN=Root", 0);
    query.source = graph_source(&g, 0);
    assert_int_equal(judge(&query, &verdict), SK_OK);
    assert_int_equal(verdict.kind, VERDICT_UNDETERMINED);
    assert_int_equal(graph_finding(&verdict), FINDING_BUDGET_EXHAUSTED);
}

/* Adding what has nothing to do with the target changes nothing. */
static void test_judge_is_not_moved_by_strangers(void **state)
{
    const struct sk_cert *ee;
    unsigned paths;

    (void)state;
    graph_anchor(&g, "/CN=Root", 0);
    graph_ca(&g, "/CN=CA", 1, "/CN=Root", 0);
    ee = graph_leaf(&g, "/CN=EE", "/CN=CA", 1);
    expect(ee, VERDICT_VALID, FINDING_NONE);
    paths = g.verdict.work.paths;
    graph_ca(&g, "/CN=X", 3, "/CN=Y", 4);
    graph_ca(&g, "/CN=Y", 4, "/CN=X", 3);
    graph_ca(&g, "/CN=EE", 23, "/CN=CA", 1); /* a namesake below */
    graph_empty_crl(&g, "/CN=X", 3);
    expect(ee, VERDICT_VALID, FINDING_NONE);
    assert_int_equal(g.verdict.work.paths, paths);
}

/* B-16: longer ways were left out, but no way mends what is wrong with the target itself. */
static void test_judge_tells_what_no_other_path_could_mend(void **state)
{
    static const uint8_t client[] = {0x2b, 6, 1, 5, 5, 7, 3, 2};
    static const struct sk_bytes purpose = {client, sizeof(client)};
    static const struct general_name host = {.kind = GENERAL_NAME_DNS,
                                             .value = {(const uint8_t *)"b.example", 9}};
    static const struct {
        const char *subject;
        struct pki_ext ext;
        int64_t not_before;
        enum finding_code code; /* NONE: it is of the path */
    } rows[] = {
        {"/CN=EE", {NULL, NULL}, PKI_T + 1, FINDING_NOT_YET_VALID},
        {NULL, {"subjectAltName", "DNS:b.example"}, 0, FINDING_MALFORMED},
        {"/CN=EE", {"1.2.3.4.5", "critical,DER:05:00"}, 0, FINDING_UNKNOWN_CRITICAL},
        {"/CN=EE", {"keyUsage", "keyEncipherment"}, 0, FINDING_KEY_USAGE},
        {"/CN=EE", {"extendedKeyUsage", "serverAuth"}, 0, FINDING_EXTENDED_KEY_USAGE},
        {"/CN=EE", {"subjectAltName", "DNS:a.example"}, 0, FINDING_NAME_MISMATCH},
        {"/CN=EE", {"subjectAltName", "DNS:x.example"}, 0, FINDING_NONE},
    };
    size_t i;

    (void)state;
    graph_anchor(&g, "/CN=Root", 0);
    ca_with(1, "/CN=Root", 0,
            (struct pki_ext){"nameConstraints", "critical,excluded;DNS:x.example"}, 0);
    graph_ca(&g, "/CN=CA", 1, "/CN=Deep", 2); /* a longer way */
    graph_ca(&g, "/CN=Deep", 2, "/CN=Root", 0);
    g.params.budget.max_path_certs = 2;
    g.params.key_usage = KEY_USAGE_DIGITAL_SIGNATURE;
    g.params.ekus = &purpose;
    g.params.names = &host;
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct sk_cert *ee =
            graph_target(&g, &(struct pki_cert_spec){.subject = rows[i].subject,
                                                     .issuer = "/CN=CA",
                                                     .key = pki_key(PKI_EC, 23),
                                                     .signer = pki_key(PKI_EC, 1),
                                                     .not_before = rows[i].not_before,
                                                     .exts = {rows[i].ext}});

        g.params.num_ekus = rows[i].code == FINDING_EXTENDED_KEY_USAGE;
        g.params.num_names = rows[i].code == FINDING_NAME_MISMATCH;
        if (rows[i].code != FINDING_NONE)
            expect(ee, VERDICT_INVALID, rows[i].code);
        else
            expect(ee, VERDICT_UNDETERMINED, FINDING_BUDGET_EXHAUSTED);
    }
}

/* A name or identifier without a text form that fits is passed over in the text alone. */
static void test_judge_decides_what_it_cannot_show(void **state)
{
    static const char four[] =
        "/O=a name of sixty four letters or so that takes up much of the room"
        "/OU=and a second one of sixty four letters or so for the rest of it"
        "/OU=and a third one of sixty four letters or so for good measure it";
    static const char wide[] =
        "/O=\u6771\u4eac\u6771\u4eac\u6771\u4eac\u6771\u4eac\u6771\u4eac\u6771\u4eac\u6771"
        "\u4eac\u6771\u4eac\u6771\u4eac\u6771\u4eac\u6771\u4eac\u6771\u4eac"
        "/OU=x\u6771\u4eac\u6771\u4eac\u6771\u4eac\u6771\u4eac\u6771\u4eac\u6771"
        "/OU=xy\u6771\u4eac\u6771\u4eac\u6771\u4eac\u6771\u4eac\u6771\u4eac\u6771";
    const struct sk_cert *ee;

    (void)state;
    expect(graph_leaf(&g, "/CN=EE", "/2.25.340282366920938463463374607431768211455=x", 1),
           VERDICT_INVALID, FINDING_NO_PATH);
    expect(graph_leaf(&g, "/CN=EE", wide, 1), VERDICT_INVALID, FINDING_NO_PATH);
    ee = graph_leaf(&g, "/CN=EE", four, 1);
    expect(ee, VERDICT_INVALID, FINDING_NO_PATH);
    graph_anchor(&g, four, 1);
    expect(ee, VERDICT_VALID, FINDING_NONE);
    g.params.revocation = REVOCATION_REQUIRED;
    expect(ee, VERDICT_UNDETERMINED, FINDING_REVOCATION_NO_SOURCE);
    assert_true(g.verdict.findings[0].text[0] != '\0');
}

/* More paths that fail, and more ways that end nowhere, than are told. */
static void test_judge_tells_some_of_many_failures(void **state)
{
    static const char *const tops[] = {"/CN=T0", "/CN=T1", "/CN=T2", "/CN=T3", "/CN=T4",
                                       "/CN=T5", "/CN=T6", "/CN=T7", "/CN=T8", "/CN=T9"};
    struct pki_crl_spec crl = {.issuer = "/CN=Root", .signer = pki_key(PKI_EC, 0)};
    const struct sk_cert *ee = graph_leaf(&g, "/CN=EE", "/CN=CA", 1);
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(tops) / sizeof(tops[0]); i++)
        graph_ca(&g, "/CN=CA", 1, tops[i], 2 + i);
    expect(ee, VERDICT_INVALID, FINDING_NO_PATH);
    assert_in_range(g.verdict.num_findings, 2, LIMIT_FINDINGS);
    graph_anchor(&g, "/CN=Root", 0);
    g.params.revocation = REVOCATION_REQUIRED; /* what the search cannot cut */
    graph_empty_crl(&g, "/CN=CA", 1);
    for (i = 0; i < sizeof(tops) / sizeof(tops[0]); i++) {
        graph_cert(&g, &(struct pki_cert_spec){.subject = tops[i],
                                               .issuer = "/CN=Root",
                                               .key = pki_key(PKI_EC, 2 + i),
                                               .signer = pki_key(PKI_EC, 0),
                                               .serial = 50 + (long)i,
                                               .exts = {PKI_CA_EXTS}});
        graph_empty_crl(&g, tops[i], 2 + i);
        crl.entries[i].serial = 50 + (long)i;
    }
    graph_crl(&g, &crl);
    expect(ee, VERDICT_INVALID, FINDING_ISSUER_REVOKED);
    assert_int_equal(g.verdict.work.paths, sizeof(tops) / sizeof(tops[0]));
    assert_in_range(g.verdict.num_findings, 2, LIMIT_FINDINGS);
}

/* ---- a source that answers every question with all it has ---- */

static enum sk_status all_certs(const struct sk_source *source, struct sk_arena *arena,
                                const uint8_t hash[SK_SHA256], source_cert_fn visit, void *arg)
{
    const struct sk_source *inner = memstore_source(source->ctx);
    enum sk_status status = SK_OK;
    size_t i;

    (void)hash;
    for (i = 0; i < g.num_objects && status == SK_OK; i++) {
        struct sk_cert cert;

        if (g.is_crl[i])
            continue;
        assert_int_equal(cert_parse(arena, g.objects[i], &cert, NULL), SK_OK);
        status = inner->ops->certs_by_subject(inner, arena, cert.subject_hash, visit, arg);
    }
    return status;
}

static enum sk_status all_crls(const struct sk_source *source, struct sk_arena *arena,
                               const uint8_t hash[SK_SHA256], source_crl_fn visit, void *arg)
{
    const struct sk_source *inner = memstore_source(source->ctx);
    enum sk_status status = SK_OK;
    size_t i;

    (void)hash;
    for (i = 0; i < g.num_objects && status == SK_OK; i++) {
        struct sk_crl crl;

        if (!g.is_crl[i])
            continue;
        assert_int_equal(crl_parse(arena, g.objects[i], &crl, NULL), SK_OK);
        status = inner->ops->crls_by_issuer(inner, arena, crl.issuer_hash, visit, arg);
    }
    return status;
}

static enum sk_status find_in(const struct sk_source *source, struct sk_arena *arena,
                              const struct source_crl *crl, struct sk_bytes cert_issuer_canon,
                              struct sk_bytes serial, struct crl_entry *out)
{
    const struct sk_source *inner = memstore_source(source->ctx);

    return inner->ops->crl_find(inner, arena, crl, cert_issuer_canon, serial, out);
}

static enum verdict_kind judge_with_all(const struct sk_cert *target)
{
    static const struct sk_source_ops ops = {all_certs, all_crls, find_in, NULL, NULL, NULL};
    const struct sk_source source = {&ops, g.store};
    struct sk_query query = {.target = target,
                             .params = &g.params,
                             .source = &source,
                             .time = g.time,
                             .keys = g.keys,
                             .arena = g.job};

    arena_reset(g.job);
    assert_int_equal(judge(&query, &g.verdict), SK_OK);
    return g.verdict.kind;
}

/* What a source hands out is a candidate by its own name and not by the question. */
static void test_judge_does_not_believe_that_candidates_are_those_asked_for(void **state)
{
    const struct sk_cert *good, *listed, *orphan;

    (void)state;
    g.params.revocation = REVOCATION_REQUIRED;
    graph_anchor(&g, "/CN=Root", 0);
    graph_ca(&g, "/CN=CA", 1, "/CN=Root", 0);
    graph_ca(&g, "/CN=Other", 1, "/CN=Root", 0); /* with the same key */
    graph_empty_crl(&g, "/CN=Root", 0);
    graph_crl(&g, &(struct pki_crl_spec){.issuer = "/CN=CA",
                                         .signer = pki_key(PKI_EC, 1),
                                         .entries = {{.serial = 7}}});
    good = graph_leaf(&g, "/CN=EE", "/CN=CA", 1);
    listed = graph_target(&g, &(struct pki_cert_spec){.subject = "/CN=EE",
                                                      .issuer = "/CN=CA",
                                                      .key = pki_key(PKI_EC, 23),
                                                      .signer = pki_key(PKI_EC, 1),
                                                      .serial = 7});
    orphan = graph_leaf(&g, "/CN=EE", "/CN=Nobody", 1);
    expect(good, VERDICT_VALID, FINDING_NONE);
    assert_int_equal(judge_with_all(good), VERDICT_VALID);
    assert_int_equal(judge_with_all(listed), VERDICT_REVOKED);
    assert_int_equal(judge_with_all(orphan), VERDICT_INVALID);
    assert_int_equal(graph_finding(&g.verdict), FINDING_NO_PATH);
    /* of another name of the same key: no list of that name is there */
    assert_int_equal(judge_with_all(graph_leaf(&g, "/CN=EE", "/CN=Other", 1)),
                     VERDICT_UNDETERMINED);
    assert_int_equal(graph_finding(&g.verdict), FINDING_REVOCATION_NO_SOURCE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_judge_does_not_call_an_anchor_valid),
        TEST(test_judge_needs_an_anchor),
        TEST(test_judge_tells_the_failure_that_came_furthest),
        TEST(test_judge_prefers_unknown_to_invalid_and_valid_to_both),
        TEST(test_judge_says_nothing_better_with_fewer_lists),
        TEST(test_judge_does_not_use_a_list_with_unequal_algorithms),
        TEST(test_judge_is_undetermined_when_any_budget_ends),
        TEST(test_judge_goes_round_a_ca_without_the_nested_purpose),
        TEST(test_judge_is_undetermined_when_the_cpu_time_ends),
        TEST(test_judge_valid_until_is_the_last_good_second),
        TEST(test_judge_is_not_moved_by_strangers),
        TEST(test_judge_tells_what_no_other_path_could_mend),
        TEST(test_judge_decides_what_it_cannot_show),
        TEST(test_judge_tells_some_of_many_failures),
        TEST(test_judge_does_not_believe_that_candidates_are_those_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
