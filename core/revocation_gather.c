/* SPDX-License-Identifier: Apache-2.0 */
#include "core/revocation_task_int.h"

#include <stdlib.h>

#include "core/name.h"

struct sk_bytes revocation_issuer_canon(const struct revocation_subject *subject)
{
    return subject->cert != NULL ? subject->cert->issuer_canon : subject->issuer->subject_canon;
}

struct gathering {
    struct revocation_task *task;
    struct sk_bytes issuer_canon;
};

static enum sk_status add_item(void *arg, const struct source_crl *crl)
{
    struct gathering *gathering = arg;
    struct revocation_task *task = gathering->task;

    if (!name_equal(crl->crl->issuer_canon, gathering->issuer_canon))
        return SK_OK;
    if (!job_spend_step(task->job))
        return SK_LIMIT;
    if (task->num_items == task->cap_items) {
        size_t wanted = task->cap_items ? 4 * task->cap_items : 8;
        struct crl_item *items = job_alloc(task->job, wanted, sizeof(items[0]));

        if (items == NULL)
            return SK_NOMEM;
        if (task->num_items > 0)
            memcpy(items, task->items, task->num_items * sizeof(items[0]));
        task->items = items;
        task->cap_items = wanted;
    }
    task->items[task->num_items++].src = *crl;
    task->has_arl = task->has_arl || crl->from_arl_attribute;
    return SK_OK;
}

/* False: this name's lists are here already. */
static enum sk_status remember_issuer(struct revocation_task *task, struct sk_bytes canon,
                                      bool *out_is_new)
{
    size_t i;

    *out_is_new = false;
    for (i = 0; i < task->num_issuers; i++) {
        if (!job_spend_name_check(task->job))
            return SK_LIMIT;
        if (name_equal(task->issuers[i], canon))
            return SK_OK;
    }
    if (task->num_issuers == task->cap_issuers) {
        size_t wanted = task->cap_issuers ? 4 * task->cap_issuers : 4;
        struct sk_bytes *issuers = job_alloc(task->job, wanted, sizeof(issuers[0]));

        if (issuers == NULL)
            return SK_NOMEM;
        if (task->num_issuers > 0)
            memcpy(issuers, task->issuers, task->num_issuers * sizeof(issuers[0]));
        task->issuers = issuers;
        task->cap_issuers = wanted;
    }
    task->issuers[task->num_issuers++] = canon;
    *out_is_new = true;
    return SK_OK;
}

static bool is_same_memory(struct sk_bytes a, struct sk_bytes b)
{
    return a.p == b.p && a.len == b.len;
}

/* name_hash() of a name, which the certificates that say it mostly have already. */
static void hash_of(const struct revocation_subject *subject, struct sk_bytes canon,
                    uint8_t out[NAME_HASH])
{
    if (subject->cert != NULL && is_same_memory(canon, subject->cert->issuer_canon))
        memcpy(out, subject->cert->issuer_hash, NAME_HASH);
    else if (is_same_memory(canon, subject->issuer->subject_canon))
        memcpy(out, subject->issuer->subject_hash, NAME_HASH);
    else
        name_hash(canon, out);
}

static enum sk_status gather_issuer(void *arg, struct sk_bytes canon)
{
    struct revocation_task *task = arg;
    const struct sk_source *source = task->job->source;
    struct gathering gathering = {task, canon};
    uint8_t hash[NAME_HASH];
    enum sk_status status;
    bool is_new;

    if ((status = remember_issuer(task, canon, &is_new)) != SK_OK || !is_new)
        return status;
    hash_of(task->subject, canon, hash);
    return source->ops->crls_by_issuer(source, task->job->arena, hash, add_item, &gathering);
}

static int item_order(const void *a, const void *b)
{
    const struct crl_item *x = a, *y = b;
    int order;

    if (x->src.crl->next_update != y->src.crl->next_update)
        return x->src.crl->next_update > y->src.crl->next_update ? -1 : 1;
    order = memcmp(x->src.sha256, y->src.sha256, SK_SHA256);
    return order != 0 ? order : x->src.from_arl_attribute - y->src.from_arl_attribute;
}

/* A chain of sources may know a list twice. Once sorted, the two are neighbours. A list that came
 * as CRL and as ARL is no duplicate: it serves as both (C-21). */
static void drop_duplicates(struct revocation_task *task)
{
    size_t i, kept = 0;

    if (task->num_items > 1)
        qsort(task->items, task->num_items, sizeof(task->items[0]), item_order);
    for (i = 0; i < task->num_items; i++)
        if (kept == 0 || item_order(&task->items[kept - 1], &task->items[i]) != 0)
            task->items[kept++] = task->items[i];
    task->num_items = kept;
}

enum sk_status revocation_gather(struct revocation_task *task)
{
    enum sk_status status = gather_issuer(task, revocation_issuer_canon(task->subject));
    size_t i;

    if (status == SK_OK)
        status = revocation_crl_issuers(task->job, task->subject, gather_issuer, task);
    if (status != SK_OK)
        return status;
    drop_duplicates(task);
    for (i = 0; i < task->num_items; i++) {
        struct crl_item *item = &task->items[i];

        status = revocation_scope(task->job, task->subject, &item->src, &item->reasons);
        if (status != SK_OK)
            return status;
    }
    return SK_OK;
}

static enum sk_status add_cert(void *arg, const struct sk_cert *cert)
{
    struct revocation_certs *certs = arg;

    if (!name_equal(cert->subject_canon, certs->canon) ||
        (certs->spki_sha256 != NULL &&
         memcmp(cert->spki_sha256, certs->spki_sha256, SK_SHA256) != 0))
        return SK_OK;
    if (!job_spend_step(certs->job))
        return SK_LIMIT;
    if (certs->num == certs->cap) {
        size_t wanted = certs->cap ? 4 * certs->cap : 8;
        const struct sk_cert **items = job_alloc(certs->job, wanted, sizeof(*items));

        if (items == NULL)
            return SK_NOMEM;
        if (certs->num > 0)
            memcpy(items, certs->items, certs->num * sizeof(*items));
        certs->items = items;
        certs->cap = wanted;
    }
    certs->items[certs->num++] = cert;
    return SK_OK;
}

static int cert_order(const void *a, const void *b)
{
    const struct sk_cert *x = *(const struct sk_cert *const *)a;
    const struct sk_cert *y = *(const struct sk_cert *const *)b;

    return memcmp(x->sha256, y->sha256, SK_SHA256);
}

enum sk_status revocation_certs_of(struct sk_job *job, struct sk_bytes canon,
                                   const uint8_t hash[SK_SHA256], const uint8_t *spki_sha256,
                                   struct revocation_certs *out)
{
    struct revocation_certs certs = {.job = job, .canon = canon, .spki_sha256 = spki_sha256};
    size_t i, kept = 0;
    enum sk_status status =
        job->source->ops->certs_by_subject(job->source, job->arena, hash, add_cert, &certs);

    if (status != SK_OK)
        return status;
    if (certs.num > 1)
        qsort(certs.items, certs.num, sizeof(certs.items[0]), cert_order);
    for (i = 0; i < certs.num; i++)
        if (kept == 0 || cert_order(&certs.items[kept - 1], &certs.items[i]) != 0)
            certs.items[kept++] = certs.items[i];
    certs.num = kept;
    *out = certs;
    return SK_OK;
}
