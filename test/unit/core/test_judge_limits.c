/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One PKI in which every part of the judge has work, judged with every amount of memory and of each
 * budget, from nothing up to enough, and with a source that fails at every call. Wherever it ends,
 * the verdict (or the status of a serial) is the right one or undetermined.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test/support/graph.h"
#include "test/support/response.h"

enum { ROOT, BRIDGE, CA, NEXT, BRANCH, LISTS, RESPONDER, SECOND, CLAIMANT }; /* keys */
enum { GOOD = 7, LISTED = 8, SHORT_WAY = 9, MEMORY_STEP = 16, RESPONSES = 9 };

#define LONG1      "a name of which the comparison is paid for by its length"
#define LONG2      "another one, so that the two are long enough for that"
#define LISTS_NAME "/O=" LONG1 "/OU=" LONG2 "/CN=Lists"

static struct graph g;
static const struct sk_bytes policy = {(const uint8_t *)"\x2a\x03\x04", 3};
static const struct sk_bytes purpose = {(const uint8_t *)"\x2b\x06\x01\x05\x05\x07\x03\x01", 8};
static struct general_name asked[2];          /* a host and a directory name */
static const struct sk_cert *old_ca, *new_ca; /* two keys of one name */

/* The indirect list is named by a relative name, by a whole one and by the point's cRLIssuer. */
static const char sections[] = "[one]\nrelativename=rdn\nCRLissuer=dirName:who\n"
                               "[two]\nfullname=dirName:whole\nCRLissuer=dirName:who\n"
                               "[rdn]\nOU=East\n"
                               "[whole]\n1.O=" LONG1 "\n2.OU=" LONG2 "\n3.CN=Lists\n4.OU=West\n"
                               "[who]\nO=" LONG1 "\nOU=" LONG2 "\nCN=Lists\n"
                               "[self]\n1.O=Gate\n2.OU=" LONG1 "\n3.OU=" LONG2 "\n"
                               "[idp_else]\nfullname=dirName:self\n"
                               "[idp_east]\nindirectCRL=TRUE\nrelativename=rdn\n"
                               "[idp_west]\nindirectCRL=TRUE\nfullname=dirName:whole\n"
                               "[map]\nissuerDomainPolicy=1.2.3.4\nsubjectDomainPolicy=1.2.3.5\n"
                               "[home]\nO=Gate\n";

static const struct sk_cert *target(long serial, const char *san)
{
    return graph_target(&g,
                        &(struct pki_cert_spec){.subject = "/O=Gate/CN=EE",
                                                .issuer = "/O=Gate/CN=CA",
                                                .key = pki_key(PKI_EC, 23),
                                                .signer = pki_key(PKI_EC, NEXT),
                                                .serial = serial,
                                                .sections = sections,
                                                .exts = {{"certificatePolicies", "1.2.3.5"},
                                                         {"subjectAltName", san},
                                                         {"extendedKeyUsage", "serverAuth"},
                                                         {"crlDistributionPoints", "one,two"}}});
}

static void indirect_list(const char *idp, long serial)
{
    struct pki_crl_spec spec = {.issuer = LISTS_NAME,
                                .signer = pki_key(PKI_EC, LISTS),
                                .sections = sections,
                                .exts = {{"issuingDistributionPoint", idp}}};

    if (serial != 0)
        spec.entries[0] = (struct pki_entry){.serial = serial, .issuer = "/O=Gate/CN=CA"};
    graph_crl(&g, &spec);
}

static void authorities(void)
{
    graph_anchor(&g, "/CN=Root", ROOT);
    graph_cert(
        &g, &(struct pki_cert_spec){.subject = "/CN=Bridge",
                                    .issuer = "/CN=Root",
                                    .key = pki_key(PKI_EC, BRIDGE),
                                    .signer = pki_key(PKI_EC, ROOT),
                                    .sections = sections,
                                    .exts = {PKI_CA_EXTS,
                                             {"certificatePolicies", "1.2.3.4,1.2.3.6"},
                                             {"policyMappings", "1.2.3.4:1.2.3.5"},
                                             {"nameConstraints", "critical,permitted;dirName:home,"
                                                                 "excluded;DNS:b.example"}}});
    old_ca =
        graph_cert(&g, &(struct pki_cert_spec){
                           .subject = "/O=Gate/CN=CA",
                           .issuer = "/CN=Bridge",
                           .key = pki_key(PKI_EC, CA),
                           .signer = pki_key(PKI_EC, BRIDGE),
                           .exts = {PKI_CA_EXTS, {"certificatePolicies", "1.2.3.5,2.5.29.32.0"}}});
    new_ca = graph_cert(
        &g, &(struct pki_cert_spec){.subject = "/O=Gate/CN=CA", /* newWithOld */
                                    .key = pki_key(PKI_EC, NEXT),
                                    .signer = pki_key(PKI_EC, CA),
                                    .exts = {PKI_CA_EXTS, {"certificatePolicies", "2.5.29.32.0"}}});
    /* who signs the indirect lists stands in another branch */
    graph_ca(&g, "/CN=Branch", BRANCH, "/CN=Root", ROOT);
    graph_ca(&g, LISTS_NAME, LISTS, "/CN=Branch", BRANCH);
}

static void lists(void)
{
    graph_crl(&g, &(struct pki_crl_spec){.issuer = "/CN=Root",
                                         .signer = pki_key(PKI_EC, ROOT),
                                         .entries = {{.serial = SHORT_WAY}}});
    graph_empty_crl(&g, "/CN=Bridge", BRIDGE);
    graph_empty_crl(&g, "/CN=Branch", BRANCH);
    graph_crl(&g, &(struct pki_crl_spec){.issuer = "/O=Gate/CN=CA",
                                         .signer = pki_key(PKI_EC, NEXT),
                                         .exts = {{"crlNumber", "DER:02:01:05"}}});
    graph_crl(&g, &(struct pki_crl_spec){.issuer = "/O=Gate/CN=CA",
                                         .signer = pki_key(PKI_EC, NEXT),
                                         .this_update = PKI_T0 + 1,
                                         .exts = {{"crlNumber", "DER:02:01:06"},
                                                  {"deltaCRL", "critical,DER:02:01:05"}}});
    graph_crl(&g,
              &(struct pki_crl_spec){/* for a point that nobody has */
                                     .issuer = "/O=Gate/CN=CA",
                                     .signer = pki_key(PKI_EC, NEXT),
                                     .sections = sections,
                                     .exts = {{"issuingDistributionPoint", "critical,@idp_else"}}});
    indirect_list("critical,@idp_east", LISTED);
    indirect_list("critical,@idp_west", 0);
}

/* The CA's other key signed a certificate that answers for it, and whose status a list tells. */
static void responses(const struct sk_cert *about, int status)
{
    const struct sk_cert *responder =
        graph_target(&g, &(struct pki_cert_spec){.subject = "/O=Gate/CN=Responder",
                                                 .issuer = "/O=Gate/CN=CA",
                                                 .key = pki_key(PKI_EC, RESPONDER),
                                                 .signer = pki_key(PKI_EC, NEXT),
                                                 .exts = {{"extendedKeyUsage", "OCSPSigning"}}});
    int i;

    for (i = 0; i < RESPONSES; i++)
        graph_ocsp(&g,
                   response_der(g.arena, &(struct response_spec){.issuer = new_ca,
                                                                 .about = about,
                                                                 .signer = responder,
                                                                 .key = pki_key(PKI_EC, RESPONDER),
                                                                 .status = i == 0 ? status : 0,
                                                                 .next_update = RESPONSE_NEXT + i,
                                                                 .has_certs = true}));
}

static int set_up(void **state)
{
    (void)state;
    graph_init(&g);
    g.params.revocation = REVOCATION_REQUIRED;
    g.params.require_explicit_policy = true;
    g.params.policies = &policy;
    g.params.ekus = &purpose;
    asked[0] =
        (struct general_name){.kind = GENERAL_NAME_DNS, .value = {(const uint8_t *)"a.example", 9}};
    asked[1] =
        (struct general_name){.kind = GENERAL_NAME_DIRECTORY,
                              .value = pki_name(g.arena, "/O=Gate/OU=" LONG1 "/OU=" LONG2, false)};
    g.params.names = asked;
    g.params.num_policies = g.params.num_ekus = 1;
    g.params.num_names = 2;
    authorities();
    lists();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    graph_done(&g);
    return 0;
}

/* ---- who signed what, computed once and not in each of thousands of judgements ---- */

enum { PAIRS = 256 };

static struct pair {
    uint8_t object[SK_SHA256], spki[SK_SHA256];
} pairs[PAIRS];
static size_t num_pairs;

static bool is_known(const struct sk_source *source, const uint8_t object[SK_SHA256],
                     const uint8_t spki[SK_SHA256])
{
    size_t i;

    (void)source;
    for (i = 0; i < num_pairs; i++)
        if (memcmp(pairs[i].object, object, SK_SHA256) == 0 &&
            memcmp(pairs[i].spki, spki, SK_SHA256) == 0)
            return true;
    return false;
}

struct signed_object {
    uint8_t sha256[SK_SHA256];
    struct sk_bytes sig_alg, tbs, signature;
};

static void learn(const struct signed_object *object, const struct sk_cert *signer)
{
    struct sk_job job = {.arena = g.arena, .params = &g.params, .keys = g.keys, .time = g.time};
    struct pair *pair = &pairs[num_pairs];

    if (job_check_signature(&job, object->sha256, object->sig_alg, object->tbs, object->signature,
                            signer, NULL, NULL) != SK_OK)
        return;
    assert_true(num_pairs < PAIRS);
    memcpy(pair->object, object->sha256, SK_SHA256);
    memcpy(pair->spki, signer->spki_sha256, SK_SHA256);
    num_pairs++;
}

static struct signed_object object_of_cert(const struct sk_cert *cert)
{
    struct signed_object object = {
        .sig_alg = cert->sig_alg, .tbs = cert->tbs, .signature = cert->signature};

    memcpy(object.sha256, cert->sha256, SK_SHA256);
    return object;
}

static struct signed_object object_of_crl(struct sk_bytes der)
{
    struct signed_object object = {0};
    struct sk_crl crl;

    assert_int_equal(crl_parse(g.arena, der, &crl, NULL), SK_OK);
    key_sha256(der, object.sha256);
    object.sig_alg = crl.sig_alg;
    object.tbs = crl.tbs;
    object.signature = crl.signature;
    return object;
}

static struct signed_object object_of_response(struct sk_bytes der, const struct sk_cert **out)
{
    struct signed_object object = {0};
    struct sk_ocsp response;

    assert_int_equal(ocsp_response_parse(g.arena, der, &response, NULL), SK_OK);
    memcpy(object.sha256, response.sha256, SK_SHA256);
    object.sig_alg = response.sig_alg;
    object.tbs = response.tbs;
    object.signature = response.signature;
    *out = response.certs[0];
    return object;
}

/* Every object of the pool, target and responder, with every key there is. */
static void learn_all(const struct sk_cert *target)
{
    struct signed_object objects[64];
    const struct sk_cert *signers[16], *responder = NULL;
    size_t num_objects = 0, num_signers = 0, i, k;

    num_pairs = 0;
    signers[num_signers++] = g.anchors[0].cert;
    objects[num_objects++] = object_of_cert(target);
    for (i = 0; i < g.num_objects; i++)
        if (g.is_ocsp[i]) {
            objects[num_objects++] = object_of_response(g.objects[i], &responder);
        } else if (g.is_crl[i]) {
            objects[num_objects++] = object_of_crl(g.objects[i]);
        } else {
            struct sk_cert *cert = arena_alloc(g.arena, sizeof(*cert));

            assert_int_equal(cert_parse(g.arena, g.objects[i], cert, NULL), SK_OK);
            signers[num_signers++] = cert;
            objects[num_objects++] = object_of_cert(cert);
        }
    if (responder != NULL) {
        signers[num_signers++] = responder;
        objects[num_objects++] = object_of_cert(responder);
    }
    for (i = 0; i < num_objects; i++)
        for (k = 0; k < num_signers; k++)
            learn(&objects[i], signers[k]);
}

/* ---- asking ---- */

enum mode {
    BY_PATH,   /* judge() */
    BY_SERIAL, /* judge_serial(), the certificate not at hand */
    BY_CERT,   /* judge_serial() with the certificate */
};

struct question {
    const struct sk_cert *cert, *issuer; /* issuer: for the serial */
    enum mode mode;
    int right; /* enum verdict_kind or enum revocation_kind */
};

/* The right answer with everything, or none. */
static enum sk_status ask(const struct question *question, const struct sk_source *source,
                          bool *out_is_right)
{
    const struct sk_cert *cert = question->cert;
    struct sk_query query = {.target = cert,
                             .params = &g.params,
                             .source = source,
                             .time = g.time,
                             .keys = g.keys,
                             .arena = g.job};
    struct revocation_status state;
    enum sk_status status;

    arena_reset(g.job);
    if (question->mode == BY_PATH) {
        status = judge(&query, &g.verdict);
        *out_is_right = status == SK_OK && (int)g.verdict.kind == question->right;
        if (!*out_is_right) {
            assert_int_equal(g.verdict.kind, VERDICT_UNDETERMINED);
            assert_int_equal(graph_finding(&g.verdict), FINDING_BUDGET_EXHAUSTED);
        }
        return status;
    }
    status = judge_serial(&query, question->issuer, cert->serial, false,
                          question->mode == BY_CERT ? cert : NULL, &state);
    *out_is_right = status == SK_OK && (int)state.kind == question->right;
    if (!*out_is_right) {
        assert_int_equal(state.kind, REVOCATION_UNDETERMINED);
        assert_int_equal(state.why, FINDING_BUDGET_EXHAUSTED);
    }
    return status;
}

static void with_everything(const struct question *question)
{
    bool is_right;

    assert_int_equal(ask(question, graph_source(&g, 0), &is_right), SK_OK);
    assert_true(is_right);
    learn_all(question->cert);
}

static void with_every_amount_of_memory(const struct question *question)
{
    struct sk_source source = *memstore_source(g.store);
    struct sk_source_ops ops = *source.ops;
    bool is_right = false;
    size_t max;

    ops.is_checked = is_known;
    source.ops = &ops;
    for (max = 0; !is_right; max += MEMORY_STEP) {
        arena_free(g.job);
        g.job = arena_new(max);
        assert_non_null(g.job);
        assert_int_equal(ask(question, &source, &is_right), SK_OK);
    }
    arena_free(g.job);
    g.job = arena_new(LIMIT_JOB_ARENA_BYTES);
    assert_non_null(g.job);
}

static void with_every_budget(const struct question *question)
{
    const struct sk_budget enough = g.params.budget;
    unsigned *caps[] = {&g.params.budget.max_paths, &g.params.budget.max_steps,
                        &g.params.budget.max_signatures, &g.params.budget.max_policy_nodes,
                        &g.params.budget.max_name_checks};
    bool is_right;
    unsigned max;
    size_t i;

    for (i = 0; i < sizeof(caps) / sizeof(caps[0]); i++) {
        max = 0;
        do {
            *caps[i] = max++;
            assert_int_equal(ask(question, memstore_source(g.store), &is_right), SK_OK);
        } while (!is_right);
        g.params.budget = enough;
    }
}

/* ---- a source that fails ---- */

static unsigned countdown; /* calls until one fails; 0: it has */

static bool is_due(void)
{
    return countdown > 0 && --countdown == 0;
}

static enum sk_status failing_certs(const struct sk_source *source, struct sk_arena *arena,
                                    const uint8_t hash[SK_SHA256], source_cert_fn visit, void *arg)
{
    const struct sk_source *inner = memstore_source(source->ctx);

    return is_due() ? SK_NOMEM : inner->ops->certs_by_subject(inner, arena, hash, visit, arg);
}

static enum sk_status failing_crls(const struct sk_source *source, struct sk_arena *arena,
                                   const uint8_t hash[SK_SHA256], source_crl_fn visit, void *arg)
{
    const struct sk_source *inner = memstore_source(source->ctx);

    return is_due() ? SK_NOMEM : inner->ops->crls_by_issuer(inner, arena, hash, visit, arg);
}

static enum sk_status failing_indirect(const struct sk_source *source, struct sk_arena *arena,
                                       source_crl_fn visit, void *arg)
{
    const struct sk_source *inner = memstore_source(source->ctx);

    return is_due() ? SK_NOMEM : inner->ops->indirect_crls(inner, arena, visit, arg);
}

static enum sk_status failing_find(const struct sk_source *source, struct sk_arena *arena,
                                   const struct source_crl *crl, struct sk_bytes cert_issuer_canon,
                                   struct sk_bytes serial, struct crl_entry *out)
{
    const struct sk_source *inner = memstore_source(source->ctx);

    return is_due() ? SK_NOMEM
                    : inner->ops->crl_find(inner, arena, crl, cert_issuer_canon, serial, out);
}

static enum sk_status failing_ocsp(const struct sk_source *source, struct sk_arena *arena,
                                   const struct sk_cert *issuer, struct sk_bytes serial,
                                   source_ocsp_fn visit, void *arg)
{
    const struct sk_source *inner = memstore_source(source->ctx);

    return is_due() ? SK_NOMEM : inner->ops->ocsp_by_cert(inner, arena, issuer, serial, visit, arg);
}

/* The source is the second of two in a row: the first knows nothing. */
static void with_every_call_failing(const struct question *question)
{
    static const struct sk_source_ops ops = {failing_certs, failing_crls, failing_find,
                                             is_known,      failing_ocsp, failing_indirect};
    struct sk_memstore *empty = memstore_new();
    const struct sk_source failing = {&ops, g.store}, *const parts[] = {memstore_source(empty),
                                                                        &failing};
    struct source_chain chain;
    enum sk_status status;
    bool is_right;
    unsigned n = 0;

    source_chain_init(&chain, parts, 2);
    do {
        countdown = ++n;
        status = ask(question, &chain.source, &is_right);
        assert_true(countdown > 0 ? is_right : status == SK_NOMEM);
    } while (!is_right);
    assert_true(n > 2);
    memstore_free(empty);
}

static void ask_with_less_and_less(const struct question *question)
{
    with_everything(question);
    with_every_amount_of_memory(question);
    with_every_budget(question);
    with_every_call_failing(question);
}

/* ---- lists ---- */

static void ask_by_path(const char *san, long serial, enum verdict_kind right)
{
    ask_with_less_and_less(
        &(struct question){.cert = target(serial, san), .mode = BY_PATH, .right = (int)right});
}

static void test_limits_a_revoked_target_is_never_valid(void **state)
{
    (void)state;
    ask_by_path("DNS:a.example,dirName:self", LISTED, VERDICT_REVOKED);
}

static void test_limits_a_target_outside_its_names_is_never_valid(void **state)
{
    (void)state;
    ask_by_path("DNS:a.example,DNS:b.example,dirName:self", GOOD, VERDICT_INVALID);
}

static void test_limits_a_good_target_is_valid_or_undetermined(void **state)
{
    (void)state;
    ask_by_path("DNS:a.example,dirName:self", GOOD, VERDICT_VALID);
}

/* The shorter way is tried first, and the root has revoked it. */
static void test_limits_a_good_target_beside_a_revoked_way_is_valid_or_undetermined(void **state)
{
    (void)state;
    graph_cert(&g, &(struct pki_cert_spec){.subject = "/O=Gate/CN=CA",
                                           .issuer = "/CN=Root",
                                           .key = pki_key(PKI_EC, NEXT),
                                           .signer = pki_key(PKI_EC, ROOT),
                                           .serial = SHORT_WAY,
                                           .sections = sections,
                                           .exts = {PKI_CA_EXTS,
                                                    {"certificatePolicies", "1.2.3.4"},
                                                    {"policyMappings", "1.2.3.4:1.2.3.5"}}});
    ask_by_path("DNS:a.example,dirName:self", GOOD, VERDICT_VALID);
}

/* By another key of the CA than the one that signed its list. */
static void ask_by_serial(long serial, enum mode mode, enum revocation_kind right)
{
    ask_with_less_and_less(&(struct question){.cert = target(serial, "DNS:a.example"),
                                              .issuer = old_ca,
                                              .mode = mode,
                                              .right = (int)right});
}

/* It stands in an indirect list alone, which the certificate names. */
static void test_limits_a_revoked_serial_is_never_good(void **state)
{
    (void)state;
    ask_by_serial(LISTED, BY_CERT, REVOCATION_REVOKED);
}

static void test_limits_a_serial_revoked_by_an_indirect_list_is_never_good(void **state)
{
    (void)state;
    ask_by_serial(LISTED, BY_SERIAL, REVOCATION_REVOKED);
}

static void test_limits_a_good_serial_is_good_or_undetermined(void **state)
{
    (void)state;
    ask_by_serial(GOOD, BY_CERT, REVOCATION_GOOD);
    ask_by_serial(GOOD, BY_SERIAL, REVOCATION_GOOD);
}

/* ---- a list that only another anchor proves ---- */

/* A small PKI of its own: the second anchor knows the CA and one key more of its name, and what
 * that says counts for all. */
static void claim_by_another_anchor(void)
{
    graph_done(&g);
    graph_init(&g);
    g.params.revocation = REVOCATION_REQUIRED;
    graph_anchor(&g, "/CN=First", ROOT);
    graph_anchor(&g, "/CN=Second", SECOND);
    new_ca = graph_ca(&g, "/O=Gate/CN=CA", NEXT, "/CN=First", ROOT);
    graph_ca(&g, "/O=Gate/CN=CA", NEXT, "/CN=Second", SECOND);
    graph_ca(&g, "/O=Gate/CN=CA", CLAIMANT, "/CN=Second", SECOND);
    graph_empty_crl(&g, "/CN=First", ROOT);
    graph_empty_crl(&g, "/CN=Second", SECOND);
    graph_empty_crl(&g, "/O=Gate/CN=CA", NEXT);
    graph_crl(&g, &(struct pki_crl_spec){.issuer = "/O=Gate/CN=CA",
                                         .signer = pki_key(PKI_EC, CLAIMANT),
                                         .entries = {{.serial = GOOD}}});
}

static const struct sk_cert *claimed(void)
{
    return graph_target(&g, &(struct pki_cert_spec){.subject = "/O=Gate/CN=EE",
                                                    .issuer = "/O=Gate/CN=CA",
                                                    .key = pki_key(PKI_EC, 23),
                                                    .signer = pki_key(PKI_EC, NEXT),
                                                    .serial = GOOD});
}

static void test_limits_a_target_that_another_anchor_revokes_is_never_valid(void **state)
{
    (void)state;
    claim_by_another_anchor();
    ask_with_less_and_less(
        &(struct question){.cert = claimed(), .mode = BY_PATH, .right = VERDICT_REVOKED});
}

static void test_limits_a_serial_that_another_anchor_revokes_is_never_good(void **state)
{
    (void)state;
    claim_by_another_anchor();
    ask_with_less_and_less(&(struct question){
        .cert = claimed(), .issuer = new_ca, .mode = BY_SERIAL, .right = REVOCATION_REVOKED});
}

/* ---- stored responses beside lists that clear ---- */

static struct question beside_responses(int status, enum mode mode, int right)
{
    const struct question question = {target(GOOD, "DNS:a.example,dirName:self"), new_ca, mode,
                                      right};

    responses(question.cert, status);
    g.params.ocsp_evidence = OCSP_EVIDENCE_PREFER;
    return question;
}

static void test_limits_a_target_revoked_by_ocsp_is_never_valid(void **state)
{
    const struct question question = beside_responses(1, BY_PATH, VERDICT_REVOKED);

    (void)state;
    ask_with_less_and_less(&question);
}

static void test_limits_a_target_good_by_ocsp_is_valid_or_undetermined(void **state)
{
    const struct question question = beside_responses(0, BY_PATH, VERDICT_VALID);

    (void)state;
    ask_with_less_and_less(&question);
}

static void test_limits_a_serial_revoked_by_ocsp_is_never_good(void **state)
{
    const struct question question = beside_responses(1, BY_SERIAL, REVOCATION_REVOKED);

    (void)state;
    ask_with_less_and_less(&question);
}

static void test_limits_a_serial_good_by_ocsp_is_good_or_undetermined(void **state)
{
    const struct question question = beside_responses(0, BY_SERIAL, REVOCATION_GOOD);

    (void)state;
    ask_with_less_and_less(&question);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_limits_a_revoked_target_is_never_valid),
        TEST(test_limits_a_target_outside_its_names_is_never_valid),
        TEST(test_limits_a_good_target_is_valid_or_undetermined),
        TEST(test_limits_a_good_target_beside_a_revoked_way_is_valid_or_undetermined),
        TEST(test_limits_a_revoked_serial_is_never_good),
        TEST(test_limits_a_serial_revoked_by_an_indirect_list_is_never_good),
        TEST(test_limits_a_good_serial_is_good_or_undetermined),
        TEST(test_limits_a_target_that_another_anchor_revokes_is_never_valid),
        TEST(test_limits_a_serial_that_another_anchor_revokes_is_never_good),
        TEST(test_limits_a_target_revoked_by_ocsp_is_never_valid),
        TEST(test_limits_a_target_good_by_ocsp_is_valid_or_undetermined),
        TEST(test_limits_a_serial_revoked_by_ocsp_is_never_good),
        TEST(test_limits_a_serial_good_by_ocsp_is_good_or_undetermined),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
