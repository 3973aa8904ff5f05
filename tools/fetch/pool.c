/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/fetch/pool.h"

#include <stdlib.h>
#include <string.h>

#include "core/hex.h"
#include "core/limits.h"
#include "tools/fetch/decode.h"

void pool_init(struct pool *pool, struct sk_arena *arena)
{
    memset(pool, 0, sizeof(*pool));
    pool->arena = arena;
}

void pool_done(struct pool *pool)
{
    free(pool->certs);
    free(pool->by_issuer);
    free(pool->gifts);
    memset(pool, 0, sizeof(*pool));
}

/* Where gifts come from while they are collected. */
struct giver {
    struct pool *pool;
    struct fetch_source *source;
    const char *name;
    bool is_held;
    size_t num;  /* certificates given */
    bool is_cut; /* more than they may be */
    struct report *report;
    struct sk_err *err;
};

static enum sk_status add_gift(struct pool *pool, struct pool_cert *cert,
                               struct fetch_source *source, const char *name, bool is_held)
{
    size_t cap = pool->cap_gifts > 0 ? pool->cap_gifts * 2 : 64;
    struct pool_gift *gifts;

    if (pool->num_gifts == pool->cap_gifts) {
        gifts = realloc(pool->gifts, cap * sizeof(*gifts));
        if (gifts == NULL)
            return SK_NOMEM;
        pool->gifts = gifts;
        pool->cap_gifts = cap;
    }
    pool->gifts[pool->num_gifts++] = (struct pool_gift){cert, source, name, is_held, false};
    return SK_OK;
}

static void refuse_der(struct giver *giver, enum fetch_reason reason, const struct sk_err *err)
{
    giver->source->has_fault = true;
    report_fault(giver->report, giver->source->ca->name, giver->name, reason, err);
}

/* One source must not use up what there is for all: past its cap it is cut off, once. */
static bool is_over_cap(struct giver *giver)
{
    struct sk_err err = {SK_OK, ""};

    giver->num++;
    if (giver->num <= LIMIT_FETCH_CERTS && giver->pool->num_gifts < LIMIT_GENERATION_CERTS)
        return false;
    (void)err_set(&err, SK_LIMIT,
                  "more than %u certificates of one source or %u of all; the rest is left out",
                  LIMIT_FETCH_CERTS, LIMIT_GENERATION_CERTS);
    if (!giver->is_cut)
        refuse_der(giver, REASON_OVERSIZED, &err);
    giver->is_cut = true;
    return true;
}

static enum sk_status give(struct giver *giver, struct sk_bytes der)
{
    struct pool_cert *cert;
    struct sk_err err = {SK_OK, ""};
    enum sk_status status;

    if (is_over_cap(giver))
        return SK_OK;
    cert = arena_alloc(giver->pool->arena, sizeof(*cert));
    if (cert == NULL)
        return err_set(giver->err, SK_NOMEM, "no memory");
    status = cert_parse(giver->pool->arena, der, &cert->cert, &err);
    if (status == SK_INPUT || status == SK_LIMIT) {
        refuse_der(giver, REASON_MALFORMED, &err);
        return SK_OK;
    }
    if (status == SK_OK)
        status = add_gift(giver->pool, cert, giver->source, giver->name, giver->is_held);
    return status == SK_OK ? SK_OK : err_set(giver->err, status, "no memory");
}

static enum sk_status give_fetched(void *arg, struct sk_bytes der)
{
    return give(arg, der);
}

static enum sk_status give_held(void *arg, const uint8_t sha256[SK_SHA256], struct sk_bytes der)
{
    (void)sha256;
    return give(arg, der);
}

static enum sk_status gather_body(struct giver *giver, struct sk_bytes bytes)
{
    enum fetch_reason reason = REASON_NONE;
    struct sk_err decode_err = {SK_OK, ""};
    enum sk_status status =
        decode_certs(giver->pool->arena, bytes, give_fetched, giver, &reason, &decode_err);

    if (reason != REASON_NONE) {
        refuse_der(giver, reason, &decode_err);
        return SK_OK;
    }
    if (status != SK_OK && giver->err->status == SK_OK)
        *giver->err = decode_err;
    return status;
}

static enum sk_status gather_source(struct pool *pool, struct fetch_source *source,
                                    const struct held *held, struct report *report,
                                    struct sk_err *err)
{
    struct giver giver = {
        .pool = pool, .source = source, .name = source->url, .report = report, .err = err};
    enum sk_status status = SK_OK;
    size_t i;

    for (i = 0; status == SK_OK && source->outcome == FETCH_GOT && i < source->num_bodies; i++) {
        giver.name = source->bodies[i].name;
        status = gather_body(&giver, buf_bytes(&source->bodies[i].bytes));
    }
    if (status != SK_OK)
        return status;
    giver.name = source->url;
    giver.is_held = true;
    giver.num = 0;
    giver.is_cut = false;
    status = held_each(held, source->url, give_held, &giver);
    if (status != SK_INPUT && status != SK_NOTFOUND)
        return status;
    source->has_fault = true;
    (void)err_set(err, status, "what is held of it cannot be read");
    report_fault(report, source->ca->name, source->url, REASON_DAMAGED, err);
    err_clear(err);
    return SK_OK;
}

static enum sk_status gather_anchors(struct pool *pool, const struct sk_config *config)
{
    const struct sk_params *params;
    struct pool_cert *cert;
    enum sk_status status = SK_OK;
    size_t i, j;

    for (i = 0; status == SK_OK && i < config->num_policies; i++) {
        params = &config->policies[i].params;
        for (j = 0; status == SK_OK && j < params->num_anchors; j++) {
            cert = arena_alloc(pool->arena, sizeof(*cert));
            if (cert == NULL)
                return SK_NOMEM;
            cert->cert = *params->anchors[j].cert;
            cert->is_anchor = true;
            status = add_gift(pool, cert, NULL, config->policies[i].name, false);
        }
    }
    return status;
}

static int compare_hash(const uint8_t *a, const uint8_t *b)
{
    return memcmp(a, b, SK_SHA256);
}

/* By certificate, and the same certificate's gifts as they came: arena order says nothing, so the
 * names of the plan do. */
static int compare_gifts(const void *a, const void *b)
{
    const struct pool_gift *x = a, *y = b;
    int order = compare_hash(x->cert->cert.sha256, y->cert->cert.sha256);

    if (order != 0)
        return order;
    if (x->source != y->source)
        return x->source == NULL ? -1 : y->source == NULL ? 1 : x->source < y->source ? -1 : 1;
    return (int)x->is_held - (int)y->is_held;
}

static int compare_issuers(const void *a, const void *b)
{
    struct pool_cert *const *x = a, *const *y = b;
    int order = compare_hash((*x)->cert.issuer_hash, (*y)->cert.issuer_hash);

    return order != 0 ? order : compare_hash((*x)->cert.sha256, (*y)->cert.sha256);
}

/* Lets all gifts of a certificate share one struct, and makes the two indexes. */
static enum sk_status make_indexes(struct pool *pool)
{
    struct pool_gift *gift;
    struct pool_cert *last = NULL;
    size_t i, room = pool->num_gifts > 0 ? pool->num_gifts : 1;

    pool->certs = calloc(room, sizeof(struct pool_cert *));
    pool->by_issuer = calloc(room, sizeof(struct pool_cert *));
    if (pool->certs == NULL || pool->by_issuer == NULL)
        return SK_NOMEM;
    if (pool->num_gifts > 0)
        qsort(pool->gifts, pool->num_gifts, sizeof(*pool->gifts), compare_gifts);
    for (i = 0; i < pool->num_gifts; i++) {
        gift = &pool->gifts[i];
        if (last != NULL && compare_hash(last->cert.sha256, gift->cert->cert.sha256) == 0) {
            last->is_anchor = last->is_anchor || gift->cert->is_anchor;
            gift->cert = last;
            continue;
        }
        last = gift->cert;
        pool->by_issuer[pool->num_certs] = last;
        pool->certs[pool->num_certs++] = last;
    }
    if (pool->num_certs > 0)
        qsort(pool->by_issuer, pool->num_certs, sizeof(struct pool_cert *), compare_issuers);
    return SK_OK;
}

static bool takes_part(const struct pool_gift *gift)
{
    return !gift->is_held || gift->source->outcome != FETCH_GOT || gift->source->has_fault;
}

/* Lets the gifts that take part make their certificates active. True when one became so. */
static bool activate(struct pool *pool)
{
    bool is_new = false;
    size_t i;

    for (i = 0; i < pool->num_gifts; i++) {
        if (takes_part(&pool->gifts[i]) && !pool->gifts[i].cert->is_active) {
            pool->gifts[i].cert->is_active = true;
            is_new = true;
        }
    }
    return is_new;
}

enum sk_status pool_gather(struct pool *pool, const struct sk_config *config,
                           struct fetch_plan *plan, const struct held *held, struct report *report,
                           struct sk_err *err)
{
    enum sk_status status = gather_anchors(pool, config);
    size_t i;

    if (status != SK_OK)
        return err_set(err, status, "no memory for the trust anchors");
    for (i = 0; status == SK_OK && i < plan->num_sources; i++) {
        if (!plan_is_list(&plan->sources[i]))
            status = gather_source(pool, &plan->sources[i], held, report, err);
    }
    if (status == SK_OK && make_indexes(pool) != SK_OK)
        status = err_set(err, SK_NOMEM, "no memory");
    if (status == SK_OK)
        (void)activate(pool);
    return status;
}

struct pool_cert *const *pool_issued_by(const struct pool *pool,
                                        const uint8_t issuer_hash[SK_SHA256], size_t *out_num)
{
    size_t low = 0, high = pool->num_certs, middle, end;

    while (low < high) {
        middle = low + (high - low) / 2;
        if (compare_hash(pool->by_issuer[middle]->cert.issuer_hash, issuer_hash) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (end = low; end < pool->num_certs; end++) {
        if (compare_hash(pool->by_issuer[end]->cert.issuer_hash, issuer_hash) != 0)
            break;
    }
    *out_num = end - low;
    return pool->by_issuer + low;
}

static void refuse(const struct pool_gift *gift, struct report *report)
{
    const struct pool_cert *cert = gift->cert;
    struct sk_err err = {SK_OK, ""};
    char hex[2 * SK_SHA256 + 1];
    struct sk_buf subject;

    hex_encode(bytes_of(cert->cert.sha256, SK_SHA256), hex);
    buf_init(&subject, 256);
    if (cert_describe(&cert->cert, &subject) != SK_OK)
        buf_reset(&subject);
    (void)err_set(&err, SK_INPUT, "certificate %.16s... of \"%.*s\"%s: %s", hex, (int)subject.len,
                  subject.len > 0 ? (const char *)subject.data : "",
                  gift->is_held ? ", held until now," : "",
                  cert->has_issuer ? "its signature is of none of its issuer's keys"
                                   : "no issuer that a trust anchor leads to");
    buf_done(&subject);
    report_fault(report, gift->source->ca->name, gift->name,
                 cert->has_issuer ? REASON_WRONG_SIGNATURE : REASON_UNVERIFIED, &err);
}

static bool is_good(const struct pool_cert *cert)
{
    return cert->is_verified || cert->is_self_signed;
}

bool pool_settle(struct pool *pool, struct report *report)
{
    struct pool_gift *gift;
    size_t i;

    for (i = 0; i < pool->num_gifts; i++) {
        if (!is_good(pool->gifts[i].cert) && takes_part(&pool->gifts[i]))
            pool->gifts[i].source->has_fault = true;
    }
    if (activate(pool))
        return false;
    for (i = 0; i < pool->num_gifts; i++) {
        gift = &pool->gifts[i];
        gift->is_kept = takes_part(gift) && is_good(gift->cert);
        if (takes_part(gift) && !gift->is_kept)
            refuse(gift, report);
    }
    return true;
}
