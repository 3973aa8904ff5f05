/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold of every verdict, on the graphs of test/data/gen and on random ones:
 *
 * - a verdict is what trying every path there is gives (random graphs; the reference below knows
 *   nothing of search, order and distances);
 * - strangers in the pool change nothing;
 * - taking lists away turns nothing valid;
 * - a valid verdict holds at its valid_until and whenever anything begins or ends before, and a
 * second later not for the same reasons.
 *
 * SEKISHO_RANDOM_GRAPHS=N: N random graphs (default 150); SEKISHO_SEED=N: others.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <glob.h>

#include "core/clock.h"
#include "core/name.h"
#include "core/revocation.h"
#include "test/support/describe.h"

enum { GRAPHS = 150, NAMES = 6, KEYS = 9, MAX_CERTS = 16, LEAF_KEY = 20, STRANGER_KEY = 21 };
/* KEYS names with keys make no longer path, and what the search expects to come above a branch
 * (which may end in repeats) is no longer either: it never says that it left out longer paths. */
enum { MAX_PATH = 2 * KEYS + 2 };

enum { MAX_OBJECTS = 512 }; /* of one graph */

static struct graph g;
static uint64_t seed = 0x9e3779b97f4a7c15;

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

/* ---- remembering a verdict ---- */

struct summary {
    enum verdict_kind kind;
    enum finding_code finding;
    size_t num_path, num_evidence;
    uint8_t path[LIMIT_PATH_CERTS + 1][SK_SHA256];
    uint8_t evidence[VERDICT_EVIDENCE][SK_SHA256];
    int64_t valid_until;
};

static void summarize(const struct sk_verdict *verdict, struct summary *out)
{
    size_t i;

    memset(out, 0, sizeof(*out));
    out->kind = verdict->kind;
    out->finding = graph_finding(verdict);
    out->num_path = verdict->num_path;
    out->num_evidence = verdict->num_evidence;
    out->valid_until = verdict->valid_until;
    for (i = 0; i < verdict->num_path; i++)
        memcpy(out->path[i], verdict->path[i]->sha256, SK_SHA256);
    for (i = 0; i < verdict->num_evidence; i++)
        memcpy(out->evidence[i], verdict->evidence[i].sha256, SK_SHA256);
}

/* Of kind, finding, path, evidence and end. */
static bool same(const struct summary *a, const struct summary *b)
{
    return memcmp(a, b, sizeof(*a)) == 0;
}

static void judge_at(const struct sk_cert *target, int64_t when, unsigned order,
                     struct summary *out)
{
    int64_t kept = g.time;

    g.time = when;
    summarize(graph_judge_order(&g, target, order), out);
    g.time = kept;
}

/* ---- properties ---- */

static bool order_changes_nothing(const struct sk_cert *target, const struct summary *before)
{
    struct summary now;
    unsigned order;

    for (order = 1; order <= 3; order++) {
        judge_at(target, g.time, order, &now);
        if (!same(before, &now))
            return false;
    }
    return true;
}

static bool strangers_change_nothing(const struct sk_cert *target, const struct summary *before)
{
    size_t kept = g.num_objects;
    struct summary now;

    graph_ca(&g, "/CN=Stranger", STRANGER_KEY, "/CN=Strange", STRANGER_KEY + 1);
    graph_ca(&g, "/CN=Strange", STRANGER_KEY + 1, "/CN=Stranger", STRANGER_KEY);
    graph_ca(&g, "/CN=Stranger", STRANGER_KEY, "/CN=Stranger", STRANGER_KEY);
    graph_leaf(&g, "/CN=Nobody", "/CN=Strange", STRANGER_KEY + 1);
    graph_empty_crl(&g, "/CN=Stranger", STRANGER_KEY);
    judge_at(target, g.time, 0, &now);
    g.num_objects = kept;
    return same(before, &now);
}

/* Judges without the objects that are left out. True: valid. The search ends with a path on which
 * the target is revoked; where that path is not so any more, another one may be good. */
static bool is_valid_without(const struct sk_cert *target, const struct summary *before,
                             const bool *is_out)
{
    struct sk_bytes kept[MAX_OBJECTS];
    bool was_crl[MAX_OBJECTS], was_arl[MAX_OBJECTS];
    size_t i, num = g.num_objects, to = 0;
    struct summary now;

    assert_true(num <= MAX_OBJECTS);
    memcpy(kept, g.objects, num * sizeof(kept[0]));
    memcpy(was_crl, g.is_crl, num);
    memcpy(was_arl, g.is_arl, num);
    for (i = 0; i < num; i++) {
        if (is_out[i])
            continue;
        g.objects[to] = kept[i];
        g.is_crl[to] = was_crl[i];
        g.is_arl[to++] = was_arl[i];
    }
    g.num_objects = to;
    judge_at(target, g.time, 0, &now);
    g.num_objects = num;
    memcpy(g.objects, kept, num * sizeof(kept[0]));
    memcpy(g.is_crl, was_crl, num);
    memcpy(g.is_arl, was_arl, num);
    return now.kind == VERDICT_VALID && (before->kind != VERDICT_REVOKED ||
                                         memcmp(now.path, before->path, sizeof(now.path)) == 0);
}

static struct sk_crl crl_of(size_t object)
{
    struct sk_crl crl;

    assert_int_equal(crl_parse(g.arena, g.objects[object], &crl, NULL), SK_OK);
    return crl;
}

/* All lists of one issuer at a time, then all: contradicting or unreadable lists of one issuer may
 * each stand in another's way, so that one of them alone says little. Where other issuers' lists
 * speak of the same certificates (indirect) only all of them count. */
static bool fewer_lists_make_nothing_valid(const struct sk_cert *target,
                                           const struct summary *before)
{
    bool is_out[MAX_OBJECTS] = {false}, has_indirect = false;
    size_t i, k;

    for (i = 0; i < g.num_objects; i++)
        has_indirect = has_indirect || (g.is_crl[i] && crl_of(i).idp.is_indirect);
    for (i = 0; i < g.num_objects && !has_indirect; i++) {
        struct sk_crl one;

        if (!g.is_crl[i])
            continue;
        one = crl_of(i);
        for (k = 0; k < g.num_objects; k++)
            is_out[k] = g.is_crl[k] && name_equal(crl_of(k).issuer_canon, one.issuer_canon);
        if (is_valid_without(target, before, is_out))
            return false;
    }
    for (i = 0; i < g.num_objects; i++)
        is_out[i] = g.is_crl[i];
    return !is_valid_without(target, before, is_out);
}

static bool is_of_verdict(const struct summary *verdict, const uint8_t sha256[SK_SHA256])
{
    size_t i;

    for (i = 0; i < verdict->num_path; i++)
        if (memcmp(verdict->path[i], sha256, SK_SHA256) == 0)
            return true;
    for (i = 0; i < verdict->num_evidence; i++)
        if (memcmp(verdict->evidence[i], sha256, SK_SHA256) == 0)
            return true;
    return false;
}

static bool entry_begins_at(const struct sk_crl *crl, int64_t when)
{
    struct crl_entry entry;
    struct crl_walk walk;

    crl_entries(crl, &walk);
    while (crl_entry_next(&walk, &entry, NULL) == SK_OK)
        if (entry.revoked_at == when)
            return true;
    return false;
}

static bool lists_serial(const struct sk_crl *crl, struct sk_bytes serial)
{
    struct crl_entry entry;
    struct crl_walk walk;

    crl_entries(crl, &walk);
    while (crl_entry_next(&walk, &entry, NULL) == SK_OK)
        if (bytes_equal(entry.serial, serial))
            return true;
    return false;
}

/* Does a list besides the evidence name this serial? */
static bool is_listed_aside(const struct summary *verdict, struct sk_bytes serial)
{
    size_t i;

    for (i = 0; i < g.num_objects; i++) {
        uint8_t sha256[SK_SHA256];
        struct sk_crl crl;

        key_sha256(g.objects[i], sha256);
        if (!g.is_crl[i] || is_of_verdict(verdict, sha256))
            continue;
        crl = crl_of(i);
        if (lists_serial(&crl, serial))
            return true;
    }
    return false;
}

/* The word of somebody whom the path does not prove, against a certificate of it: who knows whether
 * it is proven a second later. */
static bool is_claimed(const struct sk_cert *target, const struct summary *verdict)
{
    size_t i;

    for (i = 0; i < g.num_objects; i++) {
        struct sk_cert cert;
        uint8_t sha256[SK_SHA256];

        key_sha256(g.objects[i], sha256);
        if (g.is_crl[i] || !is_of_verdict(verdict, sha256))
            continue;
        assert_int_equal(cert_parse(g.arena, g.objects[i], &cert, NULL), SK_OK);
        if (is_listed_aside(verdict, cert.serial))
            return true;
    }
    return is_listed_aside(verdict, target->serial);
}

/* A list or an entry that begins to count may say anything: a verdict does not outlast that, even
 * if nothing changes then. And the signer of a list may lose his path or his status while another
 * certificate of his takes over: neither is in the verdict. */
static bool something_else_ends(const struct sk_cert *target, const struct summary *verdict)
{
    int64_t last = verdict->valid_until;
    size_t i;

    if (last == g.time && is_claimed(target, verdict))
        return true;
    for (i = 0; i < g.num_objects; i++) {
        struct sk_cert cert;
        struct sk_crl crl;
        uint8_t sha256[SK_SHA256];
        bool is_part;

        key_sha256(g.objects[i], sha256);
        is_part = is_of_verdict(verdict, sha256);
        if (g.is_crl[i]) {
            crl = crl_of(i);
            if (crl.this_update == last + 1 || entry_begins_at(&crl, last + 1) ||
                (!is_part && crl.next_update == last))
                return true;
            continue;
        }
        assert_int_equal(cert_parse(g.arena, g.objects[i], &cert, NULL), SK_OK);
        if (!is_part && cert.not_after == last)
            return true;
    }
    return false;
}

static bool is_valid_at(const struct sk_cert *target, const struct summary *before, int64_t when)
{
    struct summary now;

    if (when <= g.time || when > before->valid_until)
        return true;
    judge_at(target, when, 0, &now);
    return now.kind == VERDICT_VALID;
}

/* Not only at its last second: something may be otherwise for a while. */
static bool holds_all_the_time(const struct sk_cert *target, const struct summary *before)
{
    bool holds = true;
    size_t i;

    for (i = 0; i < g.num_objects && holds; i++) {
        struct sk_cert cert;
        struct sk_crl crl;

        if (g.is_crl[i]) {
            crl = crl_of(i);
            holds = is_valid_at(target, before, crl.this_update) &&
                    is_valid_at(target, before, crl.next_update + 1);
        } else {
            assert_int_equal(cert_parse(g.arena, g.objects[i], &cert, NULL), SK_OK);
            holds = is_valid_at(target, before, cert.not_before) &&
                    is_valid_at(target, before, cert.not_after + 1);
        }
    }
    return holds;
}

static bool valid_until_is_the_last_second(const struct sk_cert *target,
                                           const struct summary *before)
{
    struct summary at, after;

    if (before->valid_until == CLOCK_NEVER)
        return true;
    judge_at(target, before->valid_until, 0, &at);
    judge_at(target, before->valid_until + 1, 0, &after);
    if (before->valid_until < g.time || at.kind != VERDICT_VALID)
        return false;
    return after.kind != VERDICT_VALID || something_else_ends(target, before) ||
           memcmp(after.path, before->path, sizeof(after.path)) != 0 ||
           memcmp(after.evidence, before->evidence, sizeof(after.evidence)) != 0;
}

/* NULL, or the property that does not hold. */
static const char *broken_property(const struct sk_cert *target)
{
    struct summary before;

    judge_at(target, g.time, 0, &before);
    if (!order_changes_nothing(target, &before))
        return "the order of candidates changes nothing";
    if (!strangers_change_nothing(target, &before))
        return "strangers change nothing";
    if (g.params.revocation == REVOCATION_REQUIRED && before.kind != VERDICT_VALID &&
        !fewer_lists_make_nothing_valid(target, &before))
        return "fewer lists make nothing valid";
    if (before.kind == VERDICT_VALID && !valid_until_is_the_last_second(target, &before))
        return "valid_until is the last second";
    if (before.kind == VERDICT_VALID && !holds_all_the_time(target, &before))
        return "a verdict holds until valid_until";
    return NULL;
}

static void test_properties_hold_on_described_graphs(void **state)
{
    glob_t found;
    size_t i, num_wrong = 0;

    (void)state;
    assert_int_equal(glob("test/data/gen/*.graph", 0, NULL, &found), 0);
    for (i = 0; i < found.gl_pathc; i++) {
        struct described *d = describe_file(found.gl_pathv[i]);
        const char *broken;

        graph_init(&g);
        describe_build(d, (unsigned)i, &g);
        broken = broken_property(d->target);
        if (broken != NULL)
            print_error("%s: not so: %s\n", d->path, broken);
        num_wrong += broken != NULL;
        graph_done(&g);
        describe_free(d);
    }
    globfree(&found);
    assert_int_equal(num_wrong, 0);
}

/* ---- random graphs ---- */

static const char *const names[NAMES] = {"/CN=A", "/CN=B", "/CN=C", "/CN=D", "/CN=E", "/CN=F"};

/* A name with one of its keys: some names have two. */
struct entity {
    unsigned name;
    size_t key;
};

static struct entity made[MAX_CERTS + 1]; /* the anchor, and the subjects of the pool */
static size_t num_made;

static struct entity random_entity(void)
{
    unsigned name = pick(NAMES);

    return (struct entity){name, name < KEYS - NAMES && chance(20) ? NAMES + name : name};
}

/* Mostly one that has a certificate. */
static struct entity random_issuer(void)
{
    return chance(75) ? made[pick((unsigned)num_made)] : random_entity();
}

static void random_exts(struct pki_cert_spec *spec)
{
    static const char *const policies[] = {"1.2.3.1", "1.2.3.2", "1.2.3.1,1.2.3.2", "2.5.29.32.0"};
    static const char *const maps[] = {"1.2.3.1:1.2.3.2", "1.2.3.2:1.2.3.1"};
    size_t num = 2;

    spec->exts[0] = (struct pki_ext){"basicConstraints", chance(8)   ? "critical,CA:TRUE,pathlen:0"
                                                         : chance(8) ? "critical,CA:TRUE,pathlen:1"
                                                                     : "critical,CA:TRUE"};
    spec->exts[1] = (struct pki_ext){"keyUsage", chance(4) ? "critical,cRLSign"
                                                           : "critical,keyCertSign,cRLSign"};
    if (chance(70))
        spec->exts[num++] = (struct pki_ext){"certificatePolicies", policies[pick(4)]};
    if (chance(15))
        spec->exts[num++] = (struct pki_ext){"policyMappings", maps[pick(2)]};
    if (chance(8))
        spec->exts[num++] = (struct pki_ext){"nameConstraints", "critical,excluded;DNS:a.example"};
}

static int64_t random_end(void)
{
    return chance(8) ? PKI_T - 1 : PKI_T + 1 + (int64_t)pick(50);
}

static void random_ca(void)
{
    struct entity subject = random_entity(), issuer = random_issuer();
    struct pki_cert_spec spec = {
        .subject = names[subject.name],
        .issuer = names[issuer.name],
        .key = pki_key(PKI_EC, subject.key),
        .signer = pki_key(PKI_EC, chance(4) ? pick(KEYS) : issuer.key),
        .serial = 1 + (long)g.num_objects,
        .not_before = chance(6) ? PKI_T + 1 + (int64_t)pick(30) : 0,
        .not_after = chance(50) ? 0 : random_end(),
    };

    random_exts(&spec);
    graph_cert(&g, &spec);
    made[num_made++] = subject;
}

static const struct sk_cert *random_target(void)
{
    struct entity issuer = made[1 + pick((unsigned)num_made - 1)];
    struct pki_cert_spec spec = {
        .subject = "/CN=EE",
        .issuer = names[issuer.name],
        .key = pki_key(PKI_EC, LEAF_KEY),
        .signer = pki_key(PKI_EC, issuer.key),
        .serial = 200,
        .not_after = chance(90) ? 0 : random_end(),
        .exts = {{"subjectAltName", "DNS:www.a.example"}, {"certificatePolicies", "1.2.3.1"}},
    };

    return graph_target(&g, &spec);
}

/* Entries for some of what may be the certificates of a list's issuer. */
static void random_entries(struct pki_crl_spec *spec, const int reasons[5], unsigned percent)
{
    size_t i, num = 0;

    for (i = 0; i < g.num_objects && num + 1 < PKI_ENTRIES; i++)
        if (!g.is_crl[i] && chance(4))
            spec->entries[num++] = (struct pki_entry){.serial = 1 + (long)i,
                                                      .when = PKI_T - 20 + (int64_t)pick(40),
                                                      .reason = reasons[pick(5)]};
    if (chance(percent))
        spec->entries[num] = (struct pki_entry){
            .serial = 200, .when = PKI_T - 20 + (int64_t)pick(40), .reason = reasons[pick(5)]};
}

/* A list of a name, by one of its keys, perhaps for some kind of certificates alone, perhaps with a
 * delta. */
static void random_list(unsigned issuer, size_t key)
{
    static const int reasons[] = {0, 2, 5, 7, 7}, delta_reasons[] = {0, 7, 9, 9, 9};
    const char *scope = chance(15)   ? "critical,onlyuser:TRUE"
                        : chance(15) ? "critical,onlyCA:TRUE"
                                     : NULL;
    struct pki_crl_spec spec = {
        .issuer = names[issuer],
        .signer = pki_key(PKI_EC, key),
        .this_update = chance(5) ? PKI_T + 1 + (int64_t)pick(30) : 0,
        .next_update = random_end(),
        .exts = {{"crlNumber", "DER:02:01:05"}, {"issuingDistributionPoint", scope}},
    };

    if (scope == NULL)
        spec.exts[1].name = NULL;
    random_entries(&spec, reasons, 20);
    graph_crl(&g, &spec);
    if (!chance(30))
        return;
    spec.this_update = chance(10) ? PKI_T + 1 + (int64_t)pick(30) : 0;
    spec.next_update = random_end();
    spec.exts[0].value = chance(50) ? "DER:02:01:06" : "DER:02:01:07";
    spec.exts[scope == NULL ? 1 : 2] = (struct pki_ext){"deltaCRL", "critical,DER:02:01:05"};
    memset(spec.entries, 0, sizeof(spec.entries));
    random_entries(&spec, delta_reasons, 30);
    graph_crl(&g, &spec);
}

static const struct sk_cert *random_graph(void)
{
    static const uint8_t oid[] = {0x2a, 3, 1};
    static const struct sk_bytes policy = {oid, sizeof(oid)};
    unsigned i, count = 7 + pick(MAX_CERTS - 7);

    graph_init(&g);
    graph_anchor(&g, names[0], 0);
    if (chance(30))
        graph_anchor(&g, names[1], 1);
    made[0] = (struct entity){0, 0};
    num_made = 1;
    for (i = 0; i < count; i++)
        random_ca();
    if (chance(60)) {
        g.params.revocation = chance(80) ? REVOCATION_REQUIRED : REVOCATION_IF_AVAILABLE;
        for (i = 0; i < NAMES; i++)
            if (chance(90))
                random_list(i, i);
        for (i = 0; i < KEYS - NAMES; i++)
            if (chance(30))
                random_list(i, NAMES + i);
        for (i = 0; i < NAMES; i++) /* two scopes of one issuer */
            if (chance(15))
                random_list(i, i);
    }
    if (chance(25)) {
        g.params.require_explicit_policy = true;
        g.params.policies = &policy;
        g.params.num_policies = 1;
    }
    g.params.budget = (struct sk_budget){.max_path_certs = MAX_PATH,
                                         .max_paths = 1000000,
                                         .max_steps = 10000000,
                                         .max_signatures = 100000,
                                         .max_policy_nodes = 10000000,
                                         .max_name_checks = 10000000};
    return random_target();
}

/* ---- the reference: every path there is ---- */

struct reference {
    struct sk_job job;
    const struct sk_cert *pool[MAX_CERTS];
    size_t num_pool;
    const struct sk_cert *path[MAX_PATH]; /* target first */
    size_t num_path;
    bool has[4]; /* verdict kinds that came out */
};

static bool is_same_entity(const struct sk_cert *a, const struct sk_cert *b)
{
    return memcmp(a->spki_sha256, b->spki_sha256, SK_SHA256) == 0 &&
           name_equal(a->subject_canon, b->subject_canon) &&
           bytes_equal(a->san.value, b->san.value);
}

/* A list that the path does not prove, and that revokes: another path to the issuer may prove it.
 */
static enum verdict_kind kind_with_claims(struct sk_job *job, const struct verify_path *path,
                                          const bool *has_claim)
{
    struct revocation_status status;
    size_t i;

    for (i = 0; i < path->num_certs; i++) {
        memset(&status, 0, sizeof(status));
        status.kind = REVOCATION_GOOD;
        if (has_claim[i])
            assert_int_equal(revocation_elsewhere(job, path, i, &status), SK_OK);
        if (status.kind == REVOCATION_REVOKED)
            return i + 1 == path->num_certs ? VERDICT_REVOKED : VERDICT_INVALID;
        if (status.kind == REVOCATION_UNDETERMINED &&
            (status.is_suspect || job->params->revocation == REVOCATION_REQUIRED))
            return VERDICT_UNDETERMINED;
    }
    return VERDICT_VALID;
}

static enum verdict_kind kind_of_path(struct sk_job *job, const struct verify_path *path)
{
    enum verdict_kind kind = VERDICT_VALID;
    struct revocation_status status;
    struct verify_result result;
    bool has_claim[MAX_PATH] = {false};
    size_t i;

    assert_int_equal(verify_path(job, path, &result), SK_OK);
    if (!result.is_good)
        return VERDICT_INVALID;
    for (i = 0; i < path->num_certs && job->params->revocation != REVOCATION_OFF; i++) {
        assert_int_equal(revocation_of_path(job, path, i, &status), SK_OK);
        if (status.kind == REVOCATION_REVOKED)
            return i + 1 == path->num_certs ? VERDICT_REVOKED : VERDICT_INVALID;
        if (status.kind == REVOCATION_UNDETERMINED &&
            (status.is_suspect || job->params->revocation == REVOCATION_REQUIRED))
            kind = VERDICT_UNDETERMINED;
        has_claim[i] = status.has_claim;
    }
    return kind == VERDICT_VALID ? kind_with_claims(job, path, has_claim) : kind;
}

static void try_anchor(struct reference *r, const struct sk_anchor *anchor)
{
    const struct sk_cert *certs[MAX_PATH];
    struct verify_path path = {.anchor = anchor, .certs = certs, .num_certs = r->num_path};
    size_t i;

    if (!name_equal(anchor->cert->subject_canon, r->path[r->num_path - 1]->issuer_canon))
        return;
    for (i = 0; i < r->num_path; i++) {
        certs[i] = r->path[r->num_path - 1 - i];
        if (i + 1 < r->num_path && is_same_entity(certs[i], anchor->cert))
            return;
    }
    r->has[kind_of_path(&r->job, &path)] = true;
}

static void try_above(struct reference *r)
{
    const struct sk_cert *top = r->path[r->num_path - 1];
    size_t i, k;

    for (i = 0; i < g.params.num_anchors; i++)
        try_anchor(r, &g.anchors[i]);
    if (r->num_path == MAX_PATH)
        return;
    for (i = 0; i < r->num_pool; i++) {
        bool is_repeated = !name_equal(r->pool[i]->subject_canon, top->issuer_canon);

        for (k = 0; k < r->num_path; k++)
            is_repeated = is_repeated || is_same_entity(r->path[k], r->pool[i]);
        if (is_repeated)
            continue;
        r->path[r->num_path++] = r->pool[i];
        try_above(r);
        r->num_path--;
    }
}

static bool agrees_with_reference(const struct sk_cert *target, unsigned *num_of_kind)
{
    struct sk_arena *arena = arena_new(512u * 1024 * 1024);
    struct reference r = {.job = {.arena = arena,
                                  .params = &g.params,
                                  .source = graph_source(&g, 0),
                                  .keys = g.keys,
                                  .time = g.time}};
    enum verdict_kind expected = VERDICT_INVALID, kind;
    size_t i;

    for (i = 0; i < g.num_objects; i++) {
        struct sk_cert *cert;

        if (g.is_crl[i])
            continue;
        assert_non_null(cert = arena_alloc(arena, sizeof(*cert)));
        assert_int_equal(cert_parse(arena, g.objects[i], cert, NULL), SK_OK);
        r.pool[r.num_pool++] = cert;
    }
    r.path[r.num_path++] = target;
    try_above(&r);
    if (r.has[VERDICT_UNDETERMINED])
        expected = VERDICT_UNDETERMINED;
    if (r.has[VERDICT_REVOKED])
        expected = VERDICT_REVOKED;
    if (r.has[VERDICT_VALID])
        expected = VERDICT_VALID;
    kind = graph_judge(&g, target)->kind;
    arena_free(arena);
    num_of_kind[kind]++;
    if (kind != expected && !(kind == VERDICT_REVOKED && r.has[VERDICT_REVOKED]))
        print_error("here %s, every path tried %s\n", verdict_kind_text(kind),
                    verdict_kind_text(expected));
    return kind == expected || (kind == VERDICT_REVOKED && r.has[VERDICT_REVOKED]);
}

static void test_properties_hold_on_random_graphs(void **state)
{
    unsigned long i, count = number_from("SEKISHO_RANDOM_GRAPHS", GRAPHS), num_wrong = 0;
    unsigned num_of_kind[4] = {0};

    (void)state;
    seed += number_from("SEKISHO_SEED", 0);
    for (i = 0; i < count; i++) {
        uint64_t at = seed;
        const struct sk_cert *target = random_graph();
        const char *broken = broken_property(target);
        bool agrees = agrees_with_reference(target, num_of_kind);

        if (broken != NULL)
            print_error("not so: %s\n", broken);
        if (broken != NULL || !agrees)
            print_error("graph %lu, state %#llx\n", i, (unsigned long long)at);
        num_wrong += broken != NULL || !agrees;
        graph_done(&g);
    }
    print_message("## %lu random graphs: %u valid, %u invalid, %u revoked, %u undetermined\n",
                  count, num_of_kind[VERDICT_VALID], num_of_kind[VERDICT_INVALID],
                  num_of_kind[VERDICT_REVOKED], num_of_kind[VERDICT_UNDETERMINED]);
    assert_int_equal(num_wrong, 0);
    assert_true(num_of_kind[VERDICT_VALID] > count / 10);
    assert_true(num_of_kind[VERDICT_INVALID] > count / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_properties_hold_on_described_graphs),
        cmocka_unit_test(test_properties_hold_on_random_graphs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
