/* SPDX-License-Identifier: Apache-2.0 */
#include "test/support/graph.h"

#include <stdio.h>
#include <stdlib.h>

enum { ORDERS = 24, LEAF_KEY = 23 };

#define MUST(what)                                                                                 \
    do {                                                                                           \
        if (!(what)) {                                                                             \
            (void)fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what);                       \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

void graph_init(struct graph *g)
{
    memset(g, 0, sizeof(*g));
    MUST(g->arena = arena_new(256u * 1024 * 1024));
    MUST(g->job = arena_new(LIMIT_JOB_ARENA_BYTES));
    MUST(g->keys = keyring_new(256));
    params_init(&g->params);
    g->params.revocation = REVOCATION_OFF;
    g->params.anchors = g->anchors;
    g->params.budget.max_cpu_ms = 0;
    g->time = PKI_T;
}

void graph_done(struct graph *g)
{
    memstore_free(g->store);
    keyring_free(g->keys);
    arena_free(g->job);
    arena_free(g->arena);
}

static void add_object(struct graph *g, struct sk_bytes der, bool is_crl, bool is_arl)
{
    MUST(g->num_objects < GRAPH_OBJECTS);
    g->is_crl[g->num_objects] = is_crl;
    g->is_arl[g->num_objects] = is_arl;
    g->objects[g->num_objects++] = der;
}

const struct sk_cert *graph_anchor(struct graph *g, const char *name, size_t key)
{
    const struct sk_cert *cert =
        graph_target(g, &(struct pki_cert_spec){
                            .subject = name, .key = pki_key(PKI_EC, key), .exts = {PKI_CA_EXTS}});

    MUST(g->params.num_anchors < GRAPH_ANCHORS);
    g->anchors[g->params.num_anchors++].cert = cert;
    return cert;
}

const struct sk_cert *graph_target(struct graph *g, const struct pki_cert_spec *spec)
{
    return pki_cert(g->arena, spec);
}

const struct sk_cert *graph_cert(struct graph *g, const struct pki_cert_spec *spec)
{
    const struct sk_cert *cert = pki_cert(g->arena, spec);

    add_object(g, cert->der, false, false);
    return cert;
}

const struct sk_cert *graph_ca(struct graph *g, const char *subject, size_t key, const char *issuer,
                               size_t signer)
{
    return graph_cert(g, &(struct pki_cert_spec){.subject = subject,
                                                 .key = pki_key(PKI_EC, key),
                                                 .issuer = issuer,
                                                 .signer = pki_key(PKI_EC, signer),
                                                 .exts = {PKI_CA_EXTS}});
}

const struct sk_cert *graph_leaf(struct graph *g, const char *subject, const char *issuer,
                                 size_t signer)
{
    return graph_target(g, &(struct pki_cert_spec){.subject = subject,
                                                   .key = pki_key(PKI_EC, LEAF_KEY),
                                                   .issuer = issuer,
                                                   .signer = pki_key(PKI_EC, signer)});
}

void graph_crl(struct graph *g, const struct pki_crl_spec *spec)
{
    add_object(g, pki_crl_der(g->arena, spec), true, false);
}

void graph_arl(struct graph *g, const struct pki_crl_spec *spec)
{
    add_object(g, pki_crl_der(g->arena, spec), true, true);
}

void graph_ocsp(struct graph *g, struct sk_bytes der)
{
    g->is_ocsp[g->num_objects] = true;
    add_object(g, der, false, false);
}

void graph_empty_crl(struct graph *g, const char *issuer, size_t signer)
{
    graph_crl(g, &(struct pki_crl_spec){.issuer = issuer, .signer = pki_key(PKI_EC, signer)});
}

/* ---- a source that hands out in any order ---- */

static void shuffle(size_t *order, size_t count, unsigned seed)
{
    size_t i, other, kept;

    for (i = 0; i < count; i++)
        order[i] = i;
    for (i = count; seed != 0 && i > 1; i--) {
        seed = seed * 1103515245u + 12345u;
        other = (seed >> 8) % i;
        kept = order[i - 1];
        order[i - 1] = order[other];
        order[other] = kept;
    }
}

/* What the store answers to one question, to be handed on in another order. */
struct hand {
    const struct sk_cert **certs;
    struct source_crl *crls;
    const struct sk_ocsp **responses;
    size_t *order, num;
};

static void hand_init(struct hand *hand, const struct graph *g)
{
    size_t room = g->num_objects + 1;

    hand->num = 0;
    hand->certs = calloc(room, sizeof(hand->certs[0]));
    hand->crls = calloc(room, sizeof(hand->crls[0]));
    hand->responses = calloc(room, sizeof(hand->responses[0]));
    hand->order = calloc(room, sizeof(hand->order[0]));
    MUST(hand->certs != NULL && hand->crls != NULL && hand->responses != NULL &&
         hand->order != NULL);
}

static void hand_done(struct hand *hand)
{
    free(hand->certs);
    free(hand->crls);
    free(hand->responses);
    free(hand->order);
}

static enum sk_status take_cert(void *arg, const struct sk_cert *cert)
{
    struct hand *hand = arg;

    hand->certs[hand->num++] = cert;
    return SK_OK;
}

static enum sk_status take_crl(void *arg, const struct source_crl *crl)
{
    struct hand *hand = arg;

    hand->crls[hand->num++] = *crl;
    return SK_OK;
}

static enum sk_status shuffled_certs(const struct sk_source *source, struct sk_arena *arena,
                                     const uint8_t hash[SK_SHA256], source_cert_fn visit, void *arg)
{
    const struct graph *g = source->ctx;
    const struct sk_source *inner = memstore_source(g->store);
    enum sk_status status;
    struct hand hand;
    size_t i;

    hand_init(&hand, g);
    status = inner->ops->certs_by_subject(inner, arena, hash, take_cert, &hand);
    shuffle(hand.order, hand.num, g->seed);
    for (i = 0; i < hand.num && status == SK_OK; i++)
        status = visit(arg, hand.certs[hand.order[i]]);
    hand_done(&hand);
    return status;
}

static enum sk_status shuffled_crls(const struct sk_source *source, struct sk_arena *arena,
                                    const uint8_t hash[SK_SHA256], source_crl_fn visit, void *arg)
{
    const struct graph *g = source->ctx;
    const struct sk_source *inner = memstore_source(g->store);
    enum sk_status status;
    struct hand hand;
    size_t i;

    hand_init(&hand, g);
    status = inner->ops->crls_by_issuer(inner, arena, hash, take_crl, &hand);
    shuffle(hand.order, hand.num, g->seed);
    for (i = 0; i < hand.num && status == SK_OK; i++)
        status = visit(arg, &hand.crls[hand.order[i]]);
    hand_done(&hand);
    return status;
}

static enum sk_status shuffled_indirect(const struct sk_source *source, struct sk_arena *arena,
                                        source_crl_fn visit, void *arg)
{
    const struct graph *g = source->ctx;
    const struct sk_source *inner = memstore_source(g->store);
    enum sk_status status;
    struct hand hand;
    size_t i;

    hand_init(&hand, g);
    status = inner->ops->indirect_crls(inner, arena, take_crl, &hand);
    shuffle(hand.order, hand.num, g->seed);
    for (i = 0; i < hand.num && status == SK_OK; i++)
        status = visit(arg, &hand.crls[hand.order[i]]);
    hand_done(&hand);
    return status;
}

static enum sk_status take_ocsp(void *arg, const struct sk_ocsp *response)
{
    struct hand *hand = arg;

    hand->responses[hand->num++] = response;
    return SK_OK;
}

static enum sk_status shuffled_ocsp(const struct sk_source *source, struct sk_arena *arena,
                                    const struct sk_cert *issuer, struct sk_bytes serial,
                                    source_ocsp_fn visit, void *arg)
{
    const struct graph *g = source->ctx;
    const struct sk_source *inner = memstore_source(g->store);
    enum sk_status status;
    struct hand hand;
    size_t i;

    hand_init(&hand, g);
    status = inner->ops->ocsp_by_cert(inner, arena, issuer, serial, take_ocsp, &hand);
    shuffle(hand.order, hand.num, g->seed);
    for (i = 0; i < hand.num && status == SK_OK; i++)
        status = visit(arg, hand.responses[hand.order[i]]);
    hand_done(&hand);
    return status;
}

static enum sk_status shuffled_find(const struct sk_source *source, struct sk_arena *arena,
                                    const struct source_crl *crl, struct sk_bytes cert_issuer_canon,
                                    struct sk_bytes serial, struct crl_entry *out)
{
    const struct sk_source *inner = memstore_source(((const struct graph *)source->ctx)->store);

    return inner->ops->crl_find(inner, arena, crl, cert_issuer_canon, serial, out);
}

static void fill_store(struct graph *g)
{
    struct sk_err err = {0};
    size_t i;

    memstore_free(g->store);
    MUST(g->store = memstore_new());
    for (i = 0; i < g->num_objects; i++) {
        if (g->is_ocsp[i])
            MUST(memstore_add_ocsp(g->store, g->objects[i], &err) == SK_OK);
        else if (!g->is_crl[i])
            MUST(memstore_add_cert(g->store, g->objects[i], NULL, &err) == SK_OK);
        else if (g->is_arl[i])
            MUST(memstore_add_arl(g->store, g->objects[i], &err) == SK_OK);
        else
            MUST(memstore_add_crl(g->store, g->objects[i], &err) == SK_OK);
    }
}

const struct sk_source *graph_source(struct graph *g, unsigned seed)
{
    static const struct sk_source_ops ops = {shuffled_certs, shuffled_crls, shuffled_find,
                                             NULL,           shuffled_ocsp, shuffled_indirect};

    fill_store(g);
    g->seed = seed;
    g->source = (struct sk_source){&ops, g};
    return &g->source;
}

const struct sk_verdict *graph_judge_order(struct graph *g, const struct sk_cert *target,
                                           unsigned seed)
{
    struct sk_query query = {
        .target = target,
        .params = &g->params,
        .source = graph_source(g, seed),
        .time = g->time,
        .keys = g->keys,
        .arena = g->job,
    };

    arena_reset(g->job);
    MUST(judge(&query, &g->verdict) == SK_OK);
    return &g->verdict;
}

const struct sk_verdict *graph_judge(struct graph *g, const struct sk_cert *target)
{
    return graph_judge_order(g, target, 0);
}

const struct sk_verdict *graph_judge_orders(struct graph *g, const struct sk_cert *target)
{
    uint8_t path[LIMIT_PATH_CERTS + 1][SK_SHA256];
    enum finding_code finding;
    enum verdict_kind kind;
    size_t num_path, i;
    unsigned seed;

    (void)graph_judge_order(g, target, 0);
    kind = g->verdict.kind;
    finding = graph_finding(&g->verdict);
    num_path = g->verdict.num_path;
    for (i = 0; i < num_path; i++)
        memcpy(path[i], g->verdict.path[i]->sha256, SK_SHA256);
    for (seed = 1; seed <= ORDERS; seed++) {
        (void)graph_judge_order(g, target, seed);
        MUST(g->verdict.kind == kind && g->verdict.num_path == num_path);
        MUST(graph_finding(&g->verdict) == finding);
        for (i = 0; i < num_path; i++)
            MUST(memcmp(path[i], g->verdict.path[i]->sha256, SK_SHA256) == 0);
    }
    return &g->verdict;
}

enum finding_code graph_finding(const struct sk_verdict *verdict)
{
    return verdict->num_findings > 0 ? verdict->findings[0].code : FINDING_NONE;
}
