/* SPDX-License-Identifier: Apache-2.0 */
/* rooms: core */
/*
 * The judge over whole graphs: any octets are a small PKI and a question about it
 * (test/support/facts.h), and test/support/naive.h has its own opinion of the answer.
 *
 * Signatures are mostly declared by the source, true to who signed; the others are computed. What a
 * run holds the judge to stands at each check_ below.
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/judge.h"
#include "core/memstore.h"
#include "test/support/naive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { KEYRING_KEYS = 2 * FACTS_KEYS, BUILD_BYTES = 4 * 1024 * 1024 };

static const struct facts *asked; /* by this run */
static struct sk_verdict told;    /* the last */

static void give_up(void)
{
    size_t i;

    facts_show(asked);
    (void)fprintf(stderr, "last verdict: %s\n", verdict_kind_text(told.kind));
    for (i = 0; i < told.num_findings; i++)
        (void)fprintf(stderr, "  %s, certificate %d, %s: %s\n",
                      finding_code_text(told.findings[i].code), told.findings[i].cert,
                      told.findings[i].rule, told.findings[i].text);
    abort();
}

#define MUST(what)                                                                                 \
    do {                                                                                           \
        if (!(what)) {                                                                             \
            (void)fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what);                       \
            give_up();                                                                             \
        }                                                                                          \
    } while (0)

/* ---- the source ---- */

/* A store that hands out candidates forwards or backwards, and knows who signed what. */
struct pool {
    const struct facts *f;
    struct sk_memstore *store;
    struct sk_source source;
    bool is_reversed;
};

enum { MAX_FOUND = FACTS_CERTS + FACTS_CRLS };
struct found {
    const struct sk_cert *certs[MAX_FOUND];
    const struct source_crl *crls[MAX_FOUND];
    size_t num;
};

static enum sk_status keep_cert(void *arg, const struct sk_cert *cert)
{
    struct found *found = arg;

    found->certs[found->num++] = cert;
    return SK_OK;
}

static enum sk_status keep_crl(void *arg, const struct source_crl *crl)
{
    struct found *found = arg;

    found->crls[found->num++] = crl;
    return SK_OK;
}

static const struct sk_source *store_of(const struct pool *pool)
{
    return memstore_source(pool->store);
}

static size_t turn(const struct pool *pool, const struct found *found, size_t i)
{
    return pool->is_reversed ? found->num - 1 - i : i;
}

static enum sk_status pool_certs(const struct sk_source *source, struct sk_arena *arena,
                                 const uint8_t name_hash[SK_SHA256], source_cert_fn visit,
                                 void *arg)
{
    const struct pool *pool = source->ctx;
    struct found found = {.num = 0};
    enum sk_status status =
        store_of(pool)->ops->certs_by_subject(store_of(pool), arena, name_hash, keep_cert, &found);
    size_t i;

    for (i = 0; i < found.num && status == SK_OK; i++)
        status = visit(arg, found.certs[turn(pool, &found, i)]);
    return status;
}

static enum sk_status pool_crls(const struct sk_source *source, struct sk_arena *arena,
                                const uint8_t name_hash[SK_SHA256], source_crl_fn visit, void *arg)
{
    const struct pool *pool = source->ctx;
    struct found found = {.num = 0};
    enum sk_status status =
        store_of(pool)->ops->crls_by_issuer(store_of(pool), arena, name_hash, keep_crl, &found);
    size_t i;

    for (i = 0; i < found.num && status == SK_OK; i++)
        status = visit(arg, found.crls[turn(pool, &found, i)]);
    return status;
}

static enum sk_status pool_find(const struct sk_source *source, struct sk_arena *arena,
                                const struct source_crl *crl, struct sk_bytes cert_issuer_canon,
                                struct sk_bytes serial, struct crl_entry *out)
{
    const struct pool *pool = source->ctx;

    return store_of(pool)->ops->crl_find(store_of(pool), arena, crl, cert_issuer_canon, serial,
                                         out);
}

static bool is_declared(const struct fact_signature *signature, const uint8_t spki[SK_SHA256])
{
    return !signature->is_real && !signature->is_broken &&
           memcmp(facts_key_sha256(signature->key), spki, SK_SHA256) == 0;
}

static bool pool_is_checked(const struct sk_source *source, const uint8_t object[SK_SHA256],
                            const uint8_t spki[SK_SHA256])
{
    const struct facts *f = ((const struct pool *)source->ctx)->f;
    size_t i;

    for (i = 0; i < f->num_certs; i++)
        if (memcmp(f->certs[i].cert->sha256, object, SK_SHA256) == 0)
            return is_declared(&f->certs[i].signature, spki);
    for (i = 0; i < f->num_crls; i++)
        if (memcmp(f->crls[i].sha256, object, SK_SHA256) == 0)
            return is_declared(&f->crls[i].signature, spki);
    return false;
}

static void add(struct sk_memstore *store, const struct facts *f, size_t i)
{
    struct sk_err err = {0};
    enum sk_status status = SK_OK;

    if (i < f->num_certs) {
        if (f->certs[i].is_in_pool)
            status = memstore_add_cert(store, f->certs[i].der, NULL, &err);
    } else if (f->crls[i - f->num_certs].is_arl) {
        status = memstore_add_arl(store, f->crls[i - f->num_certs].der, &err);
    } else {
        status = memstore_add_crl(store, f->crls[i - f->num_certs].der, &err);
    }
    if (status != SK_OK)
        (void)fprintf(stderr, "object %zu: %s\n", i, err.text);
    MUST(status == SK_OK);
}

static void pool_init(struct pool *pool, const struct facts *f, bool is_reversed, bool with_crls)
{
    static const struct sk_source_ops ops = {.certs_by_subject = pool_certs,
                                             .crls_by_issuer = pool_crls,
                                             .crl_find = pool_find,
                                             .is_checked = pool_is_checked};
    size_t num = f->num_certs + (with_crls ? f->num_crls : 0), i;

    *pool = (struct pool){.f = f, .store = memstore_new(), .is_reversed = is_reversed};
    MUST(pool->store != NULL);
    pool->source = (struct sk_source){.ops = &ops, .ctx = pool};
    for (i = 0; i < num; i++)
        add(pool->store, f, is_reversed ? num - 1 - i : i);
}

/* ---- one question ---- */

static struct sk_arena *jobs;
static struct sk_keyring *keys;

static void check_budget(const struct sk_budget *budget, const struct sk_verdict *v)
{
    size_t i;

    MUST(v->work.paths <= budget->max_paths);
    MUST(v->work.steps <= budget->max_steps);
    MUST(v->work.signatures <= budget->max_signatures);
    MUST(v->work.policy_nodes <= budget->max_policy_nodes);
    MUST(v->work.name_checks <= budget->max_name_checks);
    for (i = 0; i < v->num_findings; i++)
        MUST(v->findings[i].code != FINDING_BUDGET_EXHAUSTED || v->kind == VERDICT_UNDETERMINED);
}

static bool is_exhausted(const struct sk_verdict *v)
{
    return v->num_findings > 0 && v->findings[0].code == FINDING_BUDGET_EXHAUSTED;
}

/* No budget ended, but paths longer than max_path_certs were left out. Whether one would have been
 * more than a loop is not known then. */
static bool is_cut(const struct sk_budget *budget, const struct sk_verdict *v)
{
    return is_exhausted(v) && v->work.paths < budget->max_paths &&
           v->work.steps < budget->max_steps && v->work.signatures < budget->max_signatures &&
           v->work.policy_nodes < budget->max_policy_nodes &&
           v->work.name_checks < budget->max_name_checks;
}

/* What every verdict must be. */
static void check_form(const struct facts *f, const struct sk_verdict *v)
{
    size_t i;

    check_budget(&f->budget, v);
    MUST(v->num_path <= f->budget.max_path_certs + 1);
    MUST(v->num_findings <= LIMIT_FINDINGS && v->num_evidence <= VERDICT_EVIDENCE);
    MUST(v->kind == VERDICT_VALID || v->num_findings > 0);
    MUST(v->kind == VERDICT_VALID || v->num_policies == 0);
    for (i = 0; i < v->num_findings; i++) {
        MUST(v->findings[i].code > FINDING_NONE && v->findings[i].code < FINDING_COUNT);
        MUST(v->findings[i].rule != NULL && v->findings[i].text[0] != '\0');
        MUST(v->findings[i].cert < (int)FACTS_CERTS + 1);
    }
}

static const struct sk_verdict *ask(const struct facts *f, struct pool *pool,
                                    struct sk_verdict *out)
{
    struct sk_anchor anchors[FACTS_CERTS];
    struct sk_params params;
    struct sk_query query = {.target = f->certs[f->target].cert,
                             .params = &params,
                             .source = &pool->source,
                             .time = f->time,
                             .keys = keys,
                             .arena = jobs};

    arena_reset(jobs);
    facts_params(f, pool->is_reversed, anchors, &params);
    MUST(judge(&query, out) == SK_OK);
    told = *out;
    check_form(f, out);
    return out;
}

/* ---- the naive opinion ---- */

static size_t number_of(const struct facts *f, const struct sk_cert *cert)
{
    size_t i = 0;

    while (i < f->num_certs && memcmp(f->certs[i].cert->sha256, cert->sha256, SK_SHA256) != 0)
        i++;
    MUST(i < f->num_certs);
    return i;
}

static void path_of(const struct facts *f, const struct sk_verdict *v, struct naive_path *out)
{
    size_t i;

    MUST(v->num_path >= 2);
    out->num_certs = v->num_path - 1;
    out->anchor = number_of(f, v->path[v->num_path - 1]);
    for (i = 0; i < out->num_certs; i++)
        out->certs[i] = number_of(f, v->path[v->num_path - 2 - i]);
    MUST(bytes_equal(f->certs[out->certs[out->num_certs - 1]].der, f->certs[f->target].der));
    for (i = 0; i + 1 < out->num_certs; i++)
        MUST(v->path[i + 1] != v->path[i]);
}

static bool is_an_anchor(const struct facts *f, const struct sk_cert *cert)
{
    size_t i;

    for (i = 0; i < f->num_certs; i++)
        if (f->certs[i].is_anchor && memcmp(f->certs[i].cert->sha256, cert->sha256, SK_SHA256) == 0)
            return true;
    return false;
}

static unsigned policies_told(const struct sk_verdict *v)
{
    unsigned mask = 0, policy;
    size_t i;

    for (i = 0; i < v->num_policies; i++)
        for (policy = 0; policy < FACTS_POLICIES; policy++)
            if (bytes_equal(v->policies[i], facts_policy(policy)))
                mask |= 1u << policy;
    return mask;
}

static bool has_evidence(const struct sk_verdict *v, size_t cert)
{
    size_t i;

    for (i = 0; i < v->num_evidence; i++)
        if (v->evidence[i].cert == (int)cert)
            return true;
    return false;
}

/* Valid only if 6.1 holds for the path told, with these policies, and the lists allow it. */
static void check_valid(const struct facts *f, const struct sk_verdict *v)
{
    struct naive_path path;
    enum naive_status status;
    enum naive_answer answer;
    unsigned policies;
    size_t i;

    path_of(f, v, &path);
    MUST(is_an_anchor(f, v->path[v->num_path - 1]));
    answer = naive_path(f, &path, f->time, &policies);
    MUST(answer != NAIVE_NO);
    MUST(answer == NAIVE_TOO_LARGE || policies == policies_told(v));
    for (i = 0; i < path.num_certs && f->revocation != REVOCATION_OFF; i++) {
        status = naive_status(f, &path, i, f->time);
        MUST(status != NAIVE_REVOKED);
        if (f->revocation == REVOCATION_IF_AVAILABLE)
            continue;
        MUST(status != NAIVE_UNKNOWN);
        MUST(has_evidence(v, path.num_certs - 1 - i));
    }
}

static bool is_about_revocation(enum finding_code code)
{
    return code == FINDING_REVOKED || code == FINDING_ON_HOLD || code == FINDING_ISSUER_REVOKED ||
           code == FINDING_REVOCATION_NO_SOURCE || code == FINDING_REVOCATION_STALE ||
           code == FINDING_REVOCATION_UNUSABLE;
}

/* A path that failed for its lists is good by 6.1, and the lists say so. */
static void check_lists(const struct facts *f, const struct sk_verdict *v)
{
    const struct finding *first = &v->findings[0];
    enum naive_status status;
    struct naive_path path;
    unsigned policies;
    bool is_unknown;

    if (!is_about_revocation(first->code))
        return;
    is_unknown = v->kind == VERDICT_UNDETERMINED;
    path_of(f, v, &path);
    MUST(first->cert >= 0 && (size_t)first->cert < path.num_certs);
    MUST(v->kind != VERDICT_REVOKED || first->cert == 0);
    MUST(naive_path(f, &path, f->time, &policies) != NAIVE_NO);
    status = naive_status(f, &path, path.num_certs - 1 - (size_t)first->cert, f->time);
    MUST(status == (is_unknown ? NAIVE_UNKNOWN : NAIVE_REVOKED) || status == NAIVE_BEYOND);
}

static void check_sound(const struct facts *f, const struct sk_verdict *v)
{
    if (v->kind == VERDICT_VALID)
        check_valid(f, v);
    else
        check_lists(f, v);
}

static bool is_clear(const struct facts *f, const struct naive_path *path)
{
    size_t i;

    for (i = 0; i < path->num_certs; i++)
        if (naive_status(f, path, i, f->time) != NAIVE_CLEAR)
            return false;
    return true;
}

/* With room enough, a path that 6.1 accepts is found, and taken when its lists clear it; but a list
 * that revokes the target on another path ends the matter. */
static void check_complete(const struct facts *f, const struct sk_verdict *off,
                           const struct sk_verdict *v)
{
    struct naive_path path;
    enum naive_answer answer = naive_search(f, f->time, &path);

    if (answer == NAIVE_TOO_LARGE)
        return;
    MUST(!is_exhausted(off) || (is_cut(&f->budget, off) && answer == NAIVE_NO));
    MUST((answer == NAIVE_YES) == (off->kind == VERDICT_VALID));
    if (answer == NAIVE_YES && !is_exhausted(v) && is_clear(f, &path))
        MUST(v->kind == VERDICT_VALID || v->kind == VERDICT_REVOKED);
}

/* A revoked target stands in some list, with that date and reason (of two entries, maybe: C-19). */
static void check_revoked(const struct facts *f, const struct sk_verdict *v)
{
    bool has_date = false, has_reason = false;
    size_t i, k;

    if (v->kind != VERDICT_REVOKED)
        return;
    for (i = 0; i < f->num_crls; i++)
        for (k = 0; k < f->crls[i].num_entries; k++) {
            const struct fact_entry *e = &f->crls[i].entries[k];

            if (e->serial != f->certs[f->target].serial)
                continue;
            has_date = has_date || e->revoked_at == v->revoked_at;
            has_reason = has_reason || (e->reason == 0 ? 0 : e->reason - 1) == v->revoked_reason;
        }
    MUST(has_date && has_reason && f->revocation != REVOCATION_OFF);
}

/* ---- what is new to a fuzzer ---- */

#ifdef SEKISHO_FUZZING /* linked with a fuzzer */
enum { FEATURES = 24 };

/* Lines reached say little about graphs: each pair of features in the path of each kind of verdict
 * counts as one line more. */
__attribute__((section(
    "__libfuzzer_extra_counters"))) static uint8_t reached[VERDICT_REVOKED + 1][FEATURES][FEATURES];

static unsigned features_of_cert(const struct fact_cert *c, bool is_inner)
{
    unsigned bits = 0;

    bits |= (is_inner && c->subject == c->issuer) ? 1u << 0 : 0;
    bits |= (c->policies >> FACTS_ANY & 1) != 0 ? 1u << 1 : 0;
    bits |= (c->policies & 0xf) != 0 ? 1u << 2 : 0;
    bits |= is_inner && c->num_maps > 0 ? 1u << 3 : 0;
    bits |= c->has_require_explicit ? 1u << 4 : 0;
    bits |= is_inner && c->has_inhibit_mapping ? 1u << 5 : 0;
    bits |= is_inner && c->has_inhibit_any ? 1u << 6 : 0;
    bits |= is_inner && c->has_path_len ? 1u << 7 : 0;
    bits |= is_inner && c->permitted != 0 ? 1u << 8 : 0;
    bits |= is_inner && c->excluded != 0 ? 1u << 9 : 0;
    bits |= c->sans != 0 ? 1u << 10 : 0;
    bits |= c->ekus != 0 ? 1u << 11 : 0;
    bits |= c->point.is_present ? 1u << 12 : 0;
    bits |= c->signature.is_real ? 1u << 13 : 0;
    return bits;
}

static unsigned features_of_lists(const struct facts *f)
{
    unsigned bits = 0;
    size_t i;

    for (i = 0; i < f->num_crls; i++) {
        const struct fact_crl *crl = &f->crls[i];

        bits |= crl->is_delta ? 1u << 14 : 0;
        bits |= crl->idp.reasons != 0 ? 1u << 15 : 0;
        bits |= crl->idp.has_name ? 1u << 16 : 0;
        bits |= crl->is_indirect ? 1u << 17 : 0;
        bits |= crl->is_arl ? 1u << 18 : 0;
        bits |= crl->num_entries > 0 ? 1u << 19 : 0;
    }
    return bits;
}

static void tell_fuzzer(const struct facts *f, const struct sk_verdict *v)
{
    unsigned bits = features_of_lists(f), a, b;
    size_t i;

    bits |= f->policies != 0 ? 1u << 20 : 0;
    bits |= f->honour_anchor ? 1u << 21 : 0;
    bits |= f->require_explicit ? 1u << 22 : 0;
    bits |= v->num_path > 4 ? 1u << 23 : 0;
    for (i = 0; i < v->num_path; i++)
        bits |= features_of_cert(&f->certs[number_of(f, v->path[i])], i > 0);
    for (a = 0; a < FEATURES; a++)
        for (b = a; b < FEATURES; b++)
            if ((bits >> a & 1) != 0 && (bits >> b & 1) != 0)
                reached[v->kind][a][b] = 1;
}
#endif

/* ---- one verdict against another ---- */

/* Findings about the path that is told; those of other paths come behind them. */
static size_t num_own_findings(const struct sk_verdict *v)
{
    size_t i;

    for (i = 0; i < v->num_findings && v->findings[i].cert >= 0; i++)
        continue;
    return i;
}

static void check_alike(const struct sk_verdict *a, const struct sk_verdict *b)
{
    size_t i;

    MUST(a->kind == b->kind && a->num_path == b->num_path && a->valid_until == b->valid_until);
    MUST(num_own_findings(a) == num_own_findings(b));
    for (i = 0; i < num_own_findings(a); i++)
        MUST(a->findings[i].code == b->findings[i].code &&
             a->findings[i].cert == b->findings[i].cert);
    for (i = 0; i < a->num_path; i++)
        MUST(memcmp(a->path[i]->sha256, b->path[i]->sha256, SK_SHA256) == 0);
}

static void check_same(const struct sk_verdict *a, const struct sk_verdict *b)
{
    check_alike(a, b);
    MUST(a->num_findings == b->num_findings);
    MUST(a->num_findings == 0 || a->findings[0].code == b->findings[0].code);
}

static bool is_between(int64_t when, int64_t from, int64_t to)
{
    return from < when && when <= to;
}

/* Does anything begin to count in that time? What ends only takes paths away. */
static bool something_begins(const struct facts *f, int64_t from, int64_t to)
{
    size_t i, k;

    to += f->skew;
    for (i = 0; i < f->num_certs; i++)
        if (is_between(f->certs[i].not_before, from, to))
            return true;
    for (i = 0; i < f->num_crls; i++) {
        if (is_between(f->crls[i].this_update, from, to))
            return true;
        for (k = 0; k < f->crls[i].num_entries; k++)
            if (is_between(f->crls[i].entries[k].revoked_at, from, to))
                return true;
    }
    return false;
}

/* What a list says that is not proven now may be proven in a second. */
static bool something_is_listed(const struct facts *f)
{
    size_t i;

    for (i = 0; i < f->num_crls; i++)
        if (f->crls[i].num_entries > 0)
            return true;
    return false;
}

/* A reason for valid to end at this second. */
static bool something_ends(const struct facts *f, int64_t when)
{
    size_t i;

    for (i = 0; i < f->num_certs; i++)
        if (f->certs[i].not_after == when)
            return true;
    for (i = 0; i < f->num_crls; i++)
        if (f->crls[i].next_update + f->grace == when)
            return true;
    return something_begins(f, when, when + 1) || (when == f->time && something_is_listed(f));
}

/* valid_until: the last second, for a reason; valid at it and before. */
static void check_until(const struct facts *f, struct pool *pool, const struct sk_verdict *v)
{
    int64_t until = v->valid_until;
    struct facts later = *f;
    struct naive_path path;
    struct sk_verdict then;
    unsigned policies;
    size_t i;

    MUST(something_ends(f, until));
    for (i = 0; i + 1 < v->num_path; i++)
        MUST(until <= v->path[i]->not_after);
    if (until < f->time) { /* tolerated by the skew */
        MUST(f->skew > 0);
        return;
    }
    path_of(f, v, &path);
    if (f->skew == 0 && f->revocation == REVOCATION_OFF)
        MUST(naive_path(f, &path, until + 1, &policies) != NAIVE_YES);
    if (!f->is_budget_ample || something_begins(f, f->time, until))
        return;
    later.time = until;
    MUST(ask(&later, pool, &then)->kind == VERDICT_VALID || is_exhausted(&then));
    later.time = f->time + (until - f->time) * f->fraction / 256;
    MUST(ask(&later, pool, &then)->kind == VERDICT_VALID || is_exhausted(&then));
}

/* A larger budget ends in the same place, or further. What is told of other paths may differ: with
 * a small budget the search does not look ahead which of them name constraints refuse. */
static void check_ample(const struct facts *f, struct pool *pool, const struct sk_verdict *v)
{
    struct facts ample = *f;
    struct sk_params usual;
    struct sk_verdict other;

    params_init(&usual);
    ample.budget = usual.budget;
    ample.budget.max_cpu_ms = 0;
    (void)ask(&ample, pool, &other);
    if (is_exhausted(v) || f->budget.max_path_certs < FACTS_CERTS)
        return;
    check_alike(v, &other);
}

/* Without any list nothing that needs lists is valid. */
static void check_without_lists(const struct facts *f)
{
    struct sk_verdict v;
    struct pool bare;

    if (f->revocation != REVOCATION_REQUIRED || f->num_crls == 0)
        return;
    pool_init(&bare, f, false, false);
    MUST(ask(f, &bare, &v)->kind != VERDICT_VALID && v.kind != VERDICT_REVOKED);
    memstore_free(bare.store);
}

static void check_off(const struct facts *f, struct pool *pool, const struct sk_verdict *v)
{
    struct facts lax = *f;
    struct sk_verdict off;

    lax.revocation = REVOCATION_OFF;
    (void)ask(&lax, pool, &off);
    check_sound(&lax, &off);
    if (v->kind == VERDICT_VALID)
        MUST(off.kind == VERDICT_VALID);
    if (f->is_budget_ample)
        check_complete(f, &off, v);
}

static void check_graph(const struct facts *f)
{
    struct sk_verdict v, again;
    struct pool pool, reversed;

    pool_init(&pool, f, false, true);
    pool_init(&reversed, f, true, true);
    (void)ask(f, &pool, &v);
#ifdef SEKISHO_FUZZING
    tell_fuzzer(f, &v);
#endif
    check_sound(f, &v);
    check_revoked(f, &v);
    check_same(&v, ask(f, &reversed, &again));
    check_off(f, &pool, &v);
    if (v.kind == VERDICT_VALID)
        check_until(f, &pool, &v);
    if (!f->is_budget_ample)
        check_ample(f, &pool, &v);
    check_without_lists(f);
    memstore_free(pool.store);
    memstore_free(reversed.store);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sk_arena *building;
    struct facts f;

    if (building == NULL) {
        building = arena_new(BUILD_BYTES);
        jobs = arena_new(LIMIT_JOB_ARENA_BYTES);
        keys = keyring_new(KEYRING_KEYS);
    }
    MUST(building != NULL && jobs != NULL && keys != NULL);
    arena_reset(building);
    facts_decode(bytes_of(data, size), &f);
    facts_build(building, &f);
    asked = &f;
    check_graph(&f);
    return 0;
}

/* ---- changing an input ---- */

#ifdef SEKISHO_FUZZING /* linked with a fuzzer */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

static unsigned draw(unsigned *state, unsigned below)
{
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 8) % below;
}

/* The place of some record that counts, or of the question. */
static size_t draw_record(unsigned *state, const struct facts *f)
{
    unsigned which = draw(state, (unsigned)(f->num_certs + f->num_crls) + 1);

    if (which == 0)
        return 0;
    return which <= f->num_certs ? facts_cert_at(which - 1)
                                 : facts_crl_at(which - 1 - f->num_certs);
}

/* Some facts, back to what is usual or to something else; or a record over another. */
static void change(uint8_t octets[FACTS_OCTETS], unsigned *state)
{
    struct facts f;
    size_t from, to;

    facts_decode(bytes_of(octets, FACTS_OCTETS), &f);
    from = draw_record(state, &f);
    to = draw_record(state, &f);
    if (draw(state, 8) == 0 && from != 0 && to != 0) {
        memmove(octets + to, octets + from, FACTS_RECORD_OCTETS);
        return;
    }
    to += draw(state, to == 0 ? FACTS_HEAD_OCTETS : FACTS_RECORD_OCTETS);
    switch (draw(state, 4)) {
    case 0:
        octets[to] = 0;
        break;
    case 1:
        octets[to] ^= (uint8_t)(1u << draw(state, 8));
        break;
    case 2:
        octets[to] = (uint8_t)draw(state, 12);
        break;
    case 3:
        octets[to] = (uint8_t)draw(state, 256);
        break;
    }
}

/* Insertions shift facts from one record to another: half of the time records stay in place. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    uint8_t octets[FACTS_OCTETS] = {0};
    unsigned state = seed, num = 1 + draw(&state, 4);

    if (max_size < FACTS_OCTETS || draw(&state, 4) == 0)
        return LLVMFuzzerMutate(data, size, max_size);
    if (draw(&state, 8) == 0) { /* a good graph of another size, with some changes */
        octets[0] = (uint8_t)draw(&state, FACTS_CERTS);
        octets[1] = (uint8_t)draw(&state, FACTS_CRLS + 1);
        num += draw(&state, 12);
    } else {
        memcpy(octets, data, size < FACTS_OCTETS ? size : FACTS_OCTETS);
    }
    while (num-- > 0)
        change(octets, &state);
    for (size = FACTS_OCTETS; size > 1 && octets[size - 1] == 0;)
        size--;
    memcpy(data, octets, size);
    return size;
}
#endif
