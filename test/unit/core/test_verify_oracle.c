/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random paths, judged by verify_path() and by OpenSSL's X509_verify_cert(): they must agree.
 *
 * Key identifiers lead OpenSSL along the one path there is. What it is known to judge otherwise is
 * not generated: wildcards and leading dots in dNSName constraints, mailboxes in the subject beside
 * alternative names, nameConstraints of no CA, issuers without basicConstraints but with keyUsage
 * (it takes them for CAs), mappings of anyPolicy in the last certificate (it refuses them, RFC 5280
 * does not look) or without certificatePolicies (it does not look).
 *
 * SEKISHO_ORACLE_PATHS=N: N paths (default 400); SEKISHO_SEED=N: others.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/verify.h"
#include "test/support/pki.h"

/* After core/crl.h: its CRL_REASON_* are macros of the same names and values. */
#include <openssl/x509v3.h>

enum { CASES = 400, MAX_CERTS = 6, TEXTS = 24, TEXT = 160 };

struct random_path {
    struct pki_cert_spec specs[MAX_CERTS];
    size_t num, num_exts[MAX_CERTS];
    char texts[MAX_CERTS][TEXTS][TEXT]; /* of names and extensions */
    size_t num_texts[MAX_CERTS];
    struct sk_params params;
    struct sk_bytes policies[4];
};

static uint64_t seed = 0x2545f4914f6cdd1d;

static unsigned long number_from(const char *variable, unsigned long otherwise)
{
    const char *text = getenv(variable);

    return text != NULL ? strtoul(text, NULL, 0) : otherwise;
}

static unsigned pick(unsigned below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (unsigned)(seed >> 33) % below;
}

static bool chance(unsigned percent)
{
    return pick(100) < percent;
}

static char *text_new(struct random_path *r, size_t i)
{
    assert_true(r->num_texts[i] < TEXTS);
    return r->texts[i][r->num_texts[i]++];
}

static void add_ext(struct random_path *r, size_t i, const char *name, const char *value)
{
    assert_true(r->num_exts[i] < PKI_EXTS);
    r->specs[i].exts[r->num_exts[i]++] = (struct pki_ext){name, value};
}

static const char *const oids[] = {"2.5.29.32.0", "1.2.3.1", "1.2.3.2", "1.2.3.3"};

static void add_list(char *to, const char *part)
{
    size_t used = strlen(to);

    (void)snprintf(to + used, TEXT - used, "%s%s", used > 0 ? "," : "", part);
}

static void add_names(struct random_path *r, size_t i)
{
    static const char *const sans[] = {
        "DNS:a.example",         "DNS:x.a.example",         "DNS:c.example", "email:u@a.example",
        "email:u@x.a.example",   "email:v@a.example",       "IP:10.0.0.1",   "IP:192.0.2.1",
        "URI:http://a.example/", "URI:http://x.a.example/", "dirName:jp",    "dirName:us",
    };
    char *text = text_new(r, i);
    unsigned k, num = 1 + pick(2);

    text[0] = '\0';
    for (k = 0; k < num; k++)
        add_list(text, sans[pick(sizeof(sans) / sizeof(sans[0]))]);
    add_ext(r, i, "subjectAltName", text);
}

static void add_name_constraints(struct random_path *r, size_t i)
{
    static const char *const bases[] = {
        "DNS:a.example",         "DNS:example",       "DNS:x.a.example", "email:a.example",
        "email:.a.example",      "email:u@a.example", "URI:a.example",   "URI:.a.example",
        "IP:10.0.0.0/255.0.0.0", "dirName:jp",        "dirName:us",
    };
    char *text = text_new(r, i), part[TEXT];
    unsigned k, num = 1 + pick(2);

    (void)snprintf(text, TEXT, "critical");
    for (k = 0; k < num; k++) {
        (void)snprintf(part, sizeof(part), "%s;%s", chance(60) ? "permitted" : "excluded",
                       bases[pick(sizeof(bases) / sizeof(bases[0]))]);
        add_list(text, part);
    }
    add_ext(r, i, "nameConstraints", text);
}

static void add_policies(struct random_path *r, size_t i)
{
    char *text = text_new(r, i);
    unsigned k, mask = 1 + pick(15);

    text[0] = '\0';
    for (k = 0; k < 4; k++) {
        if ((mask >> k & 1) != 0)
            add_list(text, oids[k]);
    }
    add_ext(r, i, "certificatePolicies", text);
}

static void add_mappings(struct random_path *r, size_t i, bool with_any)
{
    char *text = text_new(r, i), part[64];
    unsigned k, num = 1 + pick(2), lowest = with_any ? 0 : 1;

    text[0] = '\0';
    for (k = 0; k < num; k++) {
        (void)snprintf(part, sizeof(part), "%s:%s", oids[lowest + pick(4 - lowest)],
                       oids[lowest + pick(4 - lowest)]);
        add_list(text, part);
    }
    add_ext(r, i, "policyMappings", text);
}

static void add_policy_limits(struct random_path *r, size_t i)
{
    char *text = text_new(r, i);

    if (chance(20)) {
        (void)snprintf(text, TEXT, "critical,%s:%u",
                       chance(60) ? "requireExplicitPolicy" : "inhibitPolicyMapping", pick(3));
        add_ext(r, i, "policyConstraints", text);
    }
    text = text_new(r, i);
    if (chance(15)) {
        (void)snprintf(text, TEXT, "critical,%u", pick(3));
        add_ext(r, i, "inhibitAnyPolicy", text);
    }
}

static void add_ca(struct random_path *r, size_t i)
{
    char *text = text_new(r, i);

    if (chance(4))
        return; /* nor keyUsage */
    (void)snprintf(text, TEXT, "critical,CA:%s", chance(4) ? "FALSE" : "TRUE");
    if (strstr(text, "TRUE") != NULL && chance(25))
        add_list(text, (const char *[]){"pathlen:0", "pathlen:1", "pathlen:2"}[pick(3)]);
    add_ext(r, i, "basicConstraints", text);
    if (chance(75))
        add_ext(r, i, "keyUsage", chance(4) ? "critical,cRLSign" : "critical,keyCertSign,cRLSign");
    if (strstr(text, "TRUE") != NULL && chance(20))
        add_name_constraints(r, i);
}

static void random_cert(struct random_path *r, size_t i)
{
    struct pki_cert_spec *s = &r->specs[i];
    bool is_last = i + 1 == r->num, has_policies;
    char *subject = text_new(r, i), *ids = text_new(r, i);

    (void)snprintf(subject, TEXT, "/C=%s/CN=%zu", chance(70) ? "JP" : "US", i);
    s->sections = "[jp]\nC=JP\n[us]\nC=US\n";
    s->key = pki_key(PKI_EC, i);
    (void)snprintf(ids, TEXT, "DER:04:02:00:%02x", (unsigned)i);
    add_ext(r, i, "subjectKeyIdentifier", ids);
    s->subject = subject;
    if (i == 0) {
        add_ext(r, i, "basicConstraints", "critical,CA:TRUE");
        return;
    }
    s->issuer = r->specs[i - 1].subject;
    s->signer = pki_key(PKI_EC, chance(2) ? i + 1 : i - 1);
    if (chance(20))
        s->subject = s->issuer;
    s->not_after = chance(2) ? PKI_T - 1 : 0;
    ids = text_new(r, i);
    (void)snprintf(ids, TEXT, "DER:30:04:80:02:00:%02x", (unsigned)i - 1);
    add_ext(r, i, "authorityKeyIdentifier", ids);
    if (!is_last || chance(20))
        add_ca(r, i);
    if (chance(50))
        add_names(r, i);
    has_policies = chance(75);
    if (has_policies)
        add_policies(r, i);
    if (!is_last && chance(25))
        add_mappings(r, i, has_policies && chance(5));
    add_policy_limits(r, i);
    if (chance(2))
        add_ext(r, i, "1.2.3.4", "critical,DER:05:00");
}

static void random_params(struct random_path *r)
{
    static const uint8_t contents[][4] = {{0x2a, 3, 1}, {0x2a, 3, 2}, {0x2a, 3, 3}};
    bool is_asked = chance(50);
    size_t k;

    params_init(&r->params);
    r->params.policies = r->policies;
    for (k = 0; k < 3 && is_asked; k++) {
        if (chance(40))
            r->policies[r->params.num_policies++] = bytes_of(contents[k], 3);
    }
    r->params.require_explicit_policy = chance(25);
    r->params.inhibit_policy_mapping = chance(15);
    r->params.inhibit_any_policy = chance(15);
}

static void random_path(struct random_path *r)
{
    size_t i;

    memset(r, 0, sizeof(*r));
    r->num = 2 + pick(MAX_CERTS - 1);
    for (i = 0; i < r->num; i++)
        random_cert(r, i);
    random_params(r);
}

/* ---- the oracle
 * -------------------------------------------------------------------------------------------- */

static X509 *x509_of(const struct sk_cert *cert)
{
    const unsigned char *p = cert->der.p;
    X509 *x = d2i_X509(NULL, &p, (long)cert->der.len);

    assert_non_null(x);
    return x;
}

static void set_policies(X509_VERIFY_PARAM *param, const struct sk_params *params)
{
    char oid[LIMIT_OID_TEXT];
    size_t i;

    for (i = 0; i < params->num_policies; i++) {
        assert_int_equal(oid_to_text(params->policies[i], oid, sizeof(oid)), SK_OK);
        assert_int_equal(X509_VERIFY_PARAM_add0_policy(param, OBJ_txt2obj(oid, 1)), 1);
    }
    if (params->num_policies == 0)
        assert_int_equal(X509_VERIFY_PARAM_add0_policy(param, OBJ_txt2obj(oids[0], 1)), 1);
    X509_VERIFY_PARAM_set_time(param, PKI_T);
    X509_VERIFY_PARAM_set_auth_level(param, 0);
    X509_VERIFY_PARAM_set_flags(
        param, X509_V_FLAG_POLICY_CHECK |
                   (params->require_explicit_policy ? X509_V_FLAG_EXPLICIT_POLICY : 0) |
                   (params->inhibit_policy_mapping ? X509_V_FLAG_INHIBIT_MAP : 0) |
                   (params->inhibit_any_policy ? X509_V_FLAG_INHIBIT_ANY : 0));
}

/* The user-constrained-policy-set, as bits of oids. */
static unsigned oracle_policies(X509_STORE_CTX *ctx)
{
    STACK_OF(X509_POLICY_NODE) *nodes =
        X509_policy_tree_get0_user_policies(X509_STORE_CTX_get0_policy_tree(ctx));
    char oid[LIMIT_OID_TEXT];
    unsigned mask = 0, k;
    int i;

    for (i = 0; i < sk_X509_POLICY_NODE_num(nodes); i++) {
        const X509_POLICY_NODE *node = sk_X509_POLICY_NODE_value(nodes, i);

        (void)OBJ_obj2txt(oid, sizeof(oid), X509_policy_node_get0_policy(node), 1);
        for (k = 0; k < 4; k++)
            mask |= strcmp(oid, oids[k]) == 0 ? 1u << k : 0;
    }
    return mask;
}

static unsigned policies_found(const struct verify_result *result)
{
    char oid[LIMIT_OID_TEXT];
    unsigned mask = 0, k;
    size_t i;

    for (i = 0; i < result->num_policies; i++) {
        assert_int_equal(oid_to_text(result->policies[i], oid, sizeof(oid)), SK_OK);
        for (k = 0; k < 4; k++)
            mask |= strcmp(oid, oids[k]) == 0 ? 1u << k : 0;
    }
    return mask;
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_LSAN
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define HAS_LSAN
#endif

#ifdef HAS_LSAN
#include <sanitizer/lsan_interface.h>
static void leaks_ignored(bool on)
{
    if (on)
        __lsan_disable();
    else
        __lsan_enable();
}
#else
static void leaks_ignored(bool on)
{
    (void)on;
}
#endif

/* X509_V_OK or why not. */
static int oracle(const struct verify_path *path, const struct sk_params *params,
                  unsigned *out_policies)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    STACK_OF(X509) *others = sk_X509_new_null();
    X509 *anchor = x509_of(path->anchor->cert);
    X509 *target = x509_of(path->certs[path->num_certs - 1]);
    size_t i;
    int result;

    assert_int_equal(X509_STORE_add_cert(store, anchor), 1);
    for (i = 0; i + 1 < path->num_certs; i++)
        assert_true(sk_X509_push(others, x509_of(path->certs[i])) > 0);
    assert_int_equal(X509_STORE_CTX_init(ctx, store, target, others), 1);
    set_policies(X509_STORE_CTX_get0_param(ctx), params);
    leaks_ignored(true); /* X509_policy_check() of OpenSSL 3.5 loses a policyConstraints */
    result = X509_verify_cert(ctx) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(ctx);
    leaks_ignored(false);
    *out_policies = oracle_policies(ctx);
    X509_STORE_CTX_free(ctx);
    sk_X509_pop_free(others, X509_free);
    X509_free(target);
    X509_free(anchor);
    X509_STORE_free(store);
    return result;
}

/* ---- the comparison
 * -------------------------------------------------------------------------------------------- */

static void tell(const struct random_path *r, unsigned number, int expected,
                 const struct verify_result *got)
{
    size_t i, k;

    print_error("case %u: OpenSSL %s, here %s: %s\n", number,
                X509_verify_cert_error_string(expected), finding_code_text(got->finding.code),
                got->finding.text);
    print_error("  explicit %d, no mapping %d, no any %d, %zu policies\n",
                r->params.require_explicit_policy, r->params.inhibit_policy_mapping,
                r->params.inhibit_any_policy, r->params.num_policies);
    for (i = 1; i < r->num; i++) {
        print_error("  %s <- %s\n", r->specs[i].subject, r->specs[i].issuer);
        for (k = 0; k < r->num_exts[i]; k++)
            print_error("    %s = %s\n", r->specs[i].exts[k].name, r->specs[i].exts[k].value);
    }
}

static const char *ext_of(const struct random_path *r, size_t i, const char *name)
{
    size_t k;

    for (k = 0; k < r->num_exts[i]; k++) {
        if (strcmp(r->specs[i].exts[k].name, name) == 0)
            return r->specs[i].exts[k].value;
    }
    return "";
}

/* OpenSSL maps under an anyPolicy that is inhibited; 6.1.4(b)(1) wants a node of anyPolicy. */
static bool maps_under_inhibited_any(const struct random_path *r)
{
    bool has_inhibited = r->params.inhibit_any_policy;
    size_t i;

    for (i = 1; i + 1 < r->num; i++) {
        if (has_inhibited && ext_of(r, i, "policyMappings")[0] != '\0' &&
            strstr(ext_of(r, i, "certificatePolicies"), oids[0]) != NULL)
            return true;
        has_inhibited = has_inhibited || ext_of(r, i, "inhibitAnyPolicy")[0] != '\0';
    }
    return false;
}

/* Nor does it count a self-issued last certificate in the wrap-up; 6.1.5(a) does. */
static bool is_known_difference(const struct random_path *r, const struct verify_result *got,
                                int expected)
{
    const struct pki_cert_spec *last = &r->specs[r->num - 1];

    if (expected != X509_V_OK || got->finding.code != FINDING_POLICY)
        return false;
    return maps_under_inhibited_any(r) ||
           (strcmp(got->finding.rule, "RFC 5280 6.1.5(g)") == 0 && last->subject == last->issuer);
}

/* A mapping from a policy that the certificate has by anyPolicy alone: OpenSSL takes such a node
 * for one of the names it maps to, or forgets it. The tree of RFC 5280 is the referee then
 * (test_policy_graph.c). */
static bool maps_under_any(const struct random_path *r)
{
    size_t i, k;

    for (i = 1; i + 1 < r->num; i++) {
        const char *policies = ext_of(r, i, "certificatePolicies");

        for (k = 1; k < sizeof(oids) / sizeof(oids[0]); k++) {
            char from[TEXT];

            (void)snprintf(from, sizeof(from), "%s:", oids[k]);
            if (strstr(policies, oids[0]) != NULL && strstr(policies, oids[k]) == NULL &&
                strstr(ext_of(r, i, "policyMappings"), from) != NULL)
                return true;
        }
    }
    return false;
}

/* Where anyPolicy is among the results OpenSSL tells it alone. */
static bool are_same_policies(const struct random_path *r, const struct verify_result *got,
                              unsigned expected)
{
    unsigned found = policies_found(got);

    return found == expected || ((found & expected & 1) != 0) || maps_under_inhibited_any(r) ||
           maps_under_any(r);
}

static bool agree(struct sk_arena *arena, struct sk_keyring *keys, struct random_path *r,
                  unsigned number, bool *out_is_good)
{
    struct sk_anchor anchor = {pki_cert(arena, &r->specs[0])};
    const struct sk_cert *certs[MAX_CERTS];
    struct verify_path path = {.anchor = &anchor, .certs = certs, .num_certs = r->num - 1};
    struct sk_job job = {.arena = arena, .params = &r->params, .keys = keys, .time = PKI_T};
    struct verify_result result;
    unsigned policies;
    int expected;
    size_t i;

    for (i = 1; i < r->num; i++)
        certs[i - 1] = pki_cert(arena, &r->specs[i]);
    assert_int_equal(verify_path(&job, &path, &result), SK_OK);
    expected = oracle(&path, &r->params, &policies);
    *out_is_good = result.is_good;
    if (is_known_difference(r, &result, expected))
        return true;
    if (result.is_good == (expected == X509_V_OK) &&
        (!result.is_good || are_same_policies(r, &result, policies)))
        return true;
    tell(r, number, expected, &result);
    return false;
}

static void test_verify_agrees_with_openssl(void **state)
{
    static struct random_path r;
    struct sk_arena *arena = arena_new(LIMIT_JOB_ARENA_BYTES);
    struct sk_keyring *keys = keyring_new(64);
    unsigned long cases = number_from("SEKISHO_ORACLE_PATHS", CASES);
    unsigned i, num_good = 0, num_wrong = 0;
    bool is_good = false;

    (void)state;
    seed += number_from("SEKISHO_SEED", 0);
    for (i = 0; i < cases; i++) {
        arena_reset(arena);
        random_path(&r);
        num_wrong += !agree(arena, keys, &r, i, &is_good);
        num_good += is_good;
    }
    keyring_free(keys);
    arena_free(arena);
    print_message("## %lu random paths: %u good, %u judged unlike OpenSSL\n", cases, num_good,
                  num_wrong);
    assert_int_equal(num_wrong, 0);
    assert_true(num_good > cases / 5 && num_good < cases * 4 / 5);
}

/* ---- nothing but the real path is good
 * ----------------------------------------------------------- */

/* An arena of its own per try: only what is judged is in it. */
static bool is_good_with(const struct random_path *r, struct sk_keyring *keys,
                         const struct verify_path *path, const struct sk_cert **slot,
                         struct sk_bytes der)
{
    struct sk_arena *arena = arena_new(1024 * 1024);
    struct sk_job job = {.arena = arena, .params = &r->params, .keys = keys, .time = PKI_T};
    const struct sk_cert *kept = *slot;
    struct verify_result result = {.is_good = false};
    struct sk_cert changed;
    bool is_good = false;

    if (cert_parse(arena, der, &changed, NULL) == SK_OK) {
        *slot = &changed;
        is_good = verify_path(&job, path, &result) == SK_OK && result.is_good;
        *slot = kept;
    }
    arena_free(arena);
    return is_good;
}

static void test_verify_notices_every_changed_octet(void **state)
{
    static struct random_path r;
    struct sk_arena *arena = arena_new(LIMIT_JOB_ARENA_BYTES);
    struct sk_keyring *keys = keyring_new(64);
    struct sk_anchor anchor;
    const struct sk_cert *certs[2];
    const struct verify_path path = {.anchor = &anchor, .certs = certs, .num_certs = 2};
    size_t index, i;

    (void)state;
    r.num = 3;
    for (i = 0; i < r.num; i++) {
        r.specs[i] =
            (struct pki_cert_spec){.subject = (const char *[]){"/CN=0", "/CN=1", "/CN=2"}[i],
                                   .issuer = (const char *[]){"/CN=0", "/CN=0", "/CN=1"}[i],
                                   .key = pki_key(PKI_EC, i),
                                   .signer = pki_key(PKI_EC, i > 0 ? i - 1 : 0),
                                   .exts = {{"basicConstraints", "critical,CA:TRUE"},
                                            {"subjectAltName", "DNS:a.example"}}};
    }
    params_init(&r.params);
    anchor.cert = pki_cert(arena, &r.specs[0]);
    for (i = 0; i < 2; i++)
        certs[i] = pki_cert(arena, &r.specs[i + 1]);
    for (index = 0; index < 2; index++) {
        struct sk_bytes der = certs[index]->der;
        uint8_t *copy = arena_copy(arena, der.p, der.len);
        struct sk_bytes changed = bytes_of(copy, der.len);

        assert_non_null(copy);
        assert_true(is_good_with(&r, keys, &path, &certs[index], changed));
        for (i = 0; i < der.len; i++) {
            copy[i] ^= (uint8_t)(1u << i % 8);
            assert_false(is_good_with(&r, keys, &path, &certs[index], changed));
            copy[i] = der.p[i];
        }
    }
    keyring_free(keys);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verify_notices_every_changed_octet),
        cmocka_unit_test(test_verify_agrees_with_openssl),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
