/* SPDX-License-Identifier: Apache-2.0 */
#include "core/memstore.h"

#include <stdlib.h>

#include "core/general_name.h"
#include "core/key.h"
#include "core/limits.h"
#include "core/name.h"

struct sk_memstore {
    struct sk_arena *arena;
    const struct sk_cert **certs; /* by (subject_hash, sha256) once sorted */
    size_t num_certs, cap_certs;
    struct source_crl *crls; /* by (issuer_hash, sha256) once sorted */
    size_t num_crls, cap_crls;
    const struct sk_ocsp **responses; /* by sha256 once sorted */
    size_t num_responses, cap_responses;
    bool is_sorted;
    struct sk_source source;
};

static int cert_order(const void *a, const void *b)
{
    const struct sk_cert *x = *(const struct sk_cert *const *)a;
    const struct sk_cert *y = *(const struct sk_cert *const *)b;
    int order = memcmp(x->subject_hash, y->subject_hash, SK_SHA256);

    return order ? order : memcmp(x->sha256, y->sha256, SK_SHA256);
}

/* A list that came as CRL and as ARL is both (C-21), whichever was added first. */
static int crl_order(const void *a, const void *b)
{
    const struct source_crl *x = a, *y = b;
    int order = memcmp(x->crl->issuer_hash, y->crl->issuer_hash, SK_SHA256);

    if (order == 0)
        order = memcmp(x->sha256, y->sha256, SK_SHA256);
    return order ? order : x->from_arl_attribute - y->from_arl_attribute;
}

static int response_order(const void *a, const void *b)
{
    const struct sk_ocsp *x = *(const struct sk_ocsp *const *)a;
    const struct sk_ocsp *y = *(const struct sk_ocsp *const *)b;

    return memcmp(x->sha256, y->sha256, SK_SHA256);
}

/* Sorting waits until somebody asks: n additions and one sort instead of n insertions. */
static void store_sort(struct sk_memstore *store)
{
    size_t i, kept;

    if (store->is_sorted)
        return;
    if (store->num_certs > 1)
        qsort(store->certs, store->num_certs, sizeof(store->certs[0]), cert_order);
    for (i = kept = 0; i < store->num_certs; i++)
        if (kept == 0 || cert_order(&store->certs[kept - 1], &store->certs[i]) != 0)
            store->certs[kept++] = store->certs[i];
    store->num_certs = kept;
    if (store->num_crls > 1)
        qsort(store->crls, store->num_crls, sizeof(store->crls[0]), crl_order);
    for (i = kept = 0; i < store->num_crls; i++) {
        if (kept > 0 && crl_order(&store->crls[kept - 1], &store->crls[i]) == 0)
            continue;
        store->crls[kept++] = store->crls[i];
    }
    store->num_crls = kept;
    if (store->num_responses > 1)
        qsort(store->responses, store->num_responses, sizeof(store->responses[0]), response_order);
    for (i = kept = 0; i < store->num_responses; i++)
        if (kept == 0 || response_order(&store->responses[kept - 1], &store->responses[i]) != 0)
            store->responses[kept++] = store->responses[i];
    store->num_responses = kept;
    store->is_sorted = true;
}

static enum sk_status store_certs_by_subject(const struct sk_source *source, struct sk_arena *arena,
                                             const uint8_t name_hash[SK_SHA256],
                                             source_cert_fn visit, void *arg)
{
    struct sk_memstore *store = source->ctx;
    size_t low = 0, high;
    enum sk_status status;

    (void)arena;
    store_sort(store);
    high = store->num_certs;
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (memcmp(store->certs[middle]->subject_hash, name_hash, SK_SHA256) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < store->num_certs; low++) {
        if (memcmp(store->certs[low]->subject_hash, name_hash, SK_SHA256) != 0)
            break;
        if ((status = visit(arg, store->certs[low])) != SK_OK)
            return status;
    }
    return SK_OK;
}

static enum sk_status store_crls_by_issuer(const struct sk_source *source, struct sk_arena *arena,
                                           const uint8_t name_hash[SK_SHA256], source_crl_fn visit,
                                           void *arg)
{
    struct sk_memstore *store = source->ctx;
    size_t low = 0, high;
    enum sk_status status;

    (void)arena;
    store_sort(store);
    high = store->num_crls;
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (memcmp(store->crls[middle].crl->issuer_hash, name_hash, SK_SHA256) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < store->num_crls; low++) {
        if (memcmp(store->crls[low].crl->issuer_hash, name_hash, SK_SHA256) != 0)
            break;
        if ((status = visit(arg, &store->crls[low])) != SK_OK)
            return status;
    }
    return SK_OK;
}

static enum sk_status store_indirect_crls(const struct sk_source *source, struct sk_arena *arena,
                                          source_crl_fn visit, void *arg)
{
    struct sk_memstore *store = source->ctx;
    enum sk_status status = SK_OK;
    size_t i;

    (void)arena;
    store_sort(store);
    for (i = 0; i < store->num_crls && status == SK_OK; i++)
        if (store->crls[i].crl->idp.is_indirect)
            status = visit(arg, &store->crls[i]);
    return status;
}

/* One serial being looked up in one list. */
struct lookup {
    struct sk_arena *arena;
    const struct sk_crl *crl;
    struct sk_bytes cert_issuer_canon;
    const uint8_t *names; /* the certificateIssuer in force; NULL: the list's own issuer */
    bool is_compared, is_ours;
    size_t work; /* name_work() so far */
};

/* C-12: does the certificateIssuer in force name the certificate's issuer? Hostile names take long
 * to compare, so there is an end to it. */
static enum sk_status compare_issuer(struct lookup *look, struct sk_bytes issuer_names)
{
    struct general_name name;
    struct sk_bytes canon;
    enum sk_status status;
    struct der d;

    look->is_compared = true;
    look->is_ours =
        issuer_names.len == 0 && name_equal(look->crl->issuer_canon, look->cert_issuer_canon);
    der_init(&d, issuer_names);
    while (!der_at_end(&d) && general_name_next(&d, false, &name) == SK_OK) {
        if (name.kind != GENERAL_NAME_DIRECTORY)
            continue;
        look->work += name_work(name.value);
        if (look->work > LIMIT_ENTRY_NAME_WORK)
            return SK_LIMIT;
        if ((status = name_canon(look->arena, name.value, &canon, NULL)) != SK_OK)
            return status == SK_LIMIT ? SK_INPUT : status; /* nobody can say whose it is */
        look->is_ours = look->is_ours || name_equal(canon, look->cert_issuer_canon);
    }
    return SK_OK;
}

/* A certificateIssuer of no directoryName, or of too many: nobody can say whose certificate the
 * entries are of. */
static bool is_of_nobody(struct sk_bytes issuer_names)
{
    struct general_name name;
    size_t num = 0;
    struct der d;

    der_init(&d, issuer_names);
    while (!der_at_end(&d) && general_name_next(&d, false, &name) == SK_OK)
        num += name.kind == GENERAL_NAME_DIRECTORY;
    return issuer_names.len > 0 && (num == 0 || num > LIMIT_ENTRY_ISSUERS);
}

/* Every entry passes here; *out_is_ours: it is of the certificate. */
static enum sk_status look_at_entry(struct lookup *look, const struct crl_entry *entry,
                                    struct sk_bytes serial, bool *out_is_ours)
{
    enum sk_status status = SK_OK;

    if (entry->issuer_names.p != look->names) {
        if (is_of_nobody(entry->issuer_names))
            return SK_INPUT;
        look->names = entry->issuer_names.p;
        look->is_compared = false;
    }
    if (entry->has_unknown_critical)
        return SK_INPUT;
    *out_is_ours = false;
    if (!bytes_equal(entry->serial, serial))
        return SK_OK;
    if (!look->is_compared)
        status = compare_issuer(look, entry->issuer_names);
    *out_is_ours = look->is_ours;
    return status;
}

/* The whole list is walked although the serial may come early: a fault further down makes the list
 * unusable (C-06), and a serial may come twice (C-19). */
static enum sk_status store_crl_find(const struct sk_source *source, struct sk_arena *arena,
                                     const struct source_crl *crl,
                                     struct sk_bytes cert_issuer_canon, struct sk_bytes serial,
                                     struct crl_entry *out)
{
    struct lookup look = {.arena = arena, .crl = crl->crl, .cert_issuer_canon = cert_issuer_canon};
    struct crl_entry entry, found;
    bool is_found = false, is_ours;
    struct crl_walk walk;
    enum sk_status status;

    (void)source;
    crl_entries(crl->crl, &walk);
    while ((status = crl_entry_next(&walk, &entry, NULL)) == SK_OK) {
        if ((status = look_at_entry(&look, &entry, serial, &is_ours)) != SK_OK)
            return status;
        if (!is_ours)
            continue;
        if (is_found)
            crl_entry_worsen(&found, &entry);
        else
            found = entry;
        is_found = true;
    }
    if (status != SK_NOTFOUND)
        return SK_INPUT; /* an entry past our caps as well */
    if (!is_found)
        return SK_NOTFOUND;
    *out = found;
    return SK_OK;
}

static bool speaks_of(const struct sk_ocsp *response, struct sk_bytes serial)
{
    struct ocsp_entry single;
    struct cert_walk walk;

    ocsp_entries(response, &walk);
    while (ocsp_entry_next(&walk, &single) == SK_OK)
        if (bytes_equal(single.serial, serial))
            return true;
    return false;
}

static enum sk_status store_ocsp_by_cert(const struct sk_source *source, struct sk_arena *arena,
                                         const struct sk_cert *issuer, struct sk_bytes serial,
                                         source_ocsp_fn visit, void *arg)
{
    struct sk_memstore *store = source->ctx;
    enum sk_status status = SK_OK;
    size_t i;

    (void)arena;
    (void)issuer;
    store_sort(store);
    for (i = 0; i < store->num_responses && status == SK_OK; i++)
        if (speaks_of(store->responses[i], serial))
            status = visit(arg, store->responses[i]);
    return status;
}

static const struct sk_source_ops store_ops = {
    .certs_by_subject = store_certs_by_subject,
    .crls_by_issuer = store_crls_by_issuer,
    .crl_find = store_crl_find,
    .ocsp_by_cert = store_ocsp_by_cert,
    .indirect_crls = store_indirect_crls,
};

struct sk_memstore *memstore_new(void)
{
    struct sk_memstore *store = calloc(1, sizeof(*store));

    if (store == NULL)
        return NULL;
    store->arena = arena_new((size_t)LIMIT_STORE_BYTES);
    if (store->arena == NULL) {
        free(store);
        return NULL;
    }
    store->source.ops = &store_ops;
    store->source.ctx = store;
    return store;
}

void memstore_free(struct sk_memstore *store)
{
    if (store == NULL)
        return;
    free(store->certs);
    free(store->crls);
    free(store->responses);
    arena_free(store->arena);
    free(store);
}

/* Room for one more element of size; *items is a malloc'ed array. */
static void *grown(void *items, size_t count, size_t *cap, size_t size)
{
    size_t wanted = *cap ? *cap * 2 : 16;
    void *bigger;

    if (count < *cap)
        return items;
    if ((bigger = reallocarray(items, wanted, size)) != NULL)
        *cap = wanted;
    return bigger;
}

enum sk_status memstore_add_cert(struct sk_memstore *store, struct sk_bytes der,
                                 const struct sk_cert **out, struct sk_err *err)
{
    struct sk_cert *cert;
    const struct sk_cert **certs;
    enum sk_status status;
    uint8_t *copy;

    if (der.len > LIMIT_CERT_BYTES)
        return err_set(err, SK_LIMIT, "certificate: longer than %u octets", LIMIT_CERT_BYTES);
    cert = arena_alloc(store->arena, sizeof(*cert));
    copy = arena_copy(store->arena, der.p, der.len);
    certs = grown(store->certs, store->num_certs, &store->cap_certs, sizeof(certs[0]));
    if (certs != NULL)
        store->certs = certs;
    if (cert == NULL || copy == NULL || certs == NULL)
        return err_set(err, SK_NOMEM, "certificate: no memory");
    status = cert_parse(store->arena, bytes_of(copy, der.len), cert, err);
    if (status != SK_OK)
        return status;
    store->certs[store->num_certs++] = cert;
    store->is_sorted = false;
    if (out != NULL)
        *out = cert;
    return SK_OK;
}

static enum sk_status add_list(struct sk_memstore *store, struct sk_bytes der, bool is_arl,
                               struct sk_err *err)
{
    struct source_crl entry = {0}, *crls;
    enum sk_status status;
    struct sk_crl *crl;
    uint8_t *copy;

    if (der.len > LIMIT_CRL_BYTES)
        return err_set(err, SK_LIMIT, "CRL: longer than %u octets", LIMIT_CRL_BYTES);
    crl = arena_alloc(store->arena, sizeof(*crl));
    copy = arena_copy(store->arena, der.p, der.len);
    crls = grown(store->crls, store->num_crls, &store->cap_crls, sizeof(crls[0]));
    if (crls != NULL)
        store->crls = crls;
    if (crl == NULL || copy == NULL || crls == NULL)
        return err_set(err, SK_NOMEM, "CRL: no memory");
    status = crl_parse(store->arena, bytes_of(copy, der.len), crl, err);
    if (status != SK_OK)
        return status;
    entry.crl = crl;
    entry.from_arl_attribute = is_arl;
    key_sha256(crl->der, entry.sha256);
    store->crls[store->num_crls++] = entry;
    store->is_sorted = false;
    return SK_OK;
}

enum sk_status memstore_add_crl(struct sk_memstore *store, struct sk_bytes der, struct sk_err *err)
{
    return add_list(store, der, false, err);
}

enum sk_status memstore_add_arl(struct sk_memstore *store, struct sk_bytes der, struct sk_err *err)
{
    return add_list(store, der, true, err);
}

enum sk_status memstore_add_ocsp(struct sk_memstore *store, struct sk_bytes der, struct sk_err *err)
{
    const struct sk_ocsp **responses;
    struct sk_ocsp *response;
    enum sk_status status;
    uint8_t *copy;

    if (der.len > LIMIT_OCSP_RESPONSE_BYTES)
        return err_set(err, SK_LIMIT, "OCSP response: longer than %u octets",
                       LIMIT_OCSP_RESPONSE_BYTES);
    response = arena_alloc(store->arena, sizeof(*response));
    copy = arena_copy(store->arena, der.p, der.len);
    responses =
        grown(store->responses, store->num_responses, &store->cap_responses, sizeof(responses[0]));
    if (responses != NULL)
        store->responses = responses;
    if (response == NULL || copy == NULL || responses == NULL)
        return err_set(err, SK_NOMEM, "OCSP response: no memory");
    status = ocsp_response_parse(store->arena, bytes_of(copy, der.len), response, err);
    if (status != SK_OK)
        return status;
    store->responses[store->num_responses++] = response;
    store->is_sorted = false;
    return SK_OK;
}

const struct sk_source *memstore_source(const struct sk_memstore *store)
{
    return &store->source;
}
