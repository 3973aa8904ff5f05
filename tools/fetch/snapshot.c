/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/fetch/snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "cache/record.h"
#include "core/clock.h"
#include "core/hex.h"
#include "tools/fetch/authority.h"
#include "tools/fetch/bundle.h"
#include "tools/fetch/import.h"

/* A bundle holds at most this much. */
#define BUNDLE_BYTES (256u * 1024u * 1024u)

static enum sk_status write_certs(const struct snapshot *snapshot, struct sk_publish *pub,
                                  struct sk_err *err)
{
    const struct pool *pool = snapshot->pool;
    const struct pool_gift *gift;
    enum sk_status status = SK_OK;
    size_t i;

    for (i = 0; status == SK_OK && i < pool->num_gifts; i++) {
        gift = &pool->gifts[i];
        if (!gift->is_kept)
            continue;
        status = publish_cert(pub, &gift->cert->cert, err);
        if (status == SK_OK && gift->source != NULL)
            status = publish_origin(pub, gift->source->url, gift->cert->cert.sha256, err);
    }
    return status;
}

/* Nobody can say what its entries mean. It is published all the same: an older list would answer in
 * its place. */
static void warn_of_entries(const struct snapshot *snapshot, const struct list *list,
                            struct sk_err *why)
{
    if (why->status == SK_OK || list->is_held)
        return;
    list->source->has_fault = true;
    (void)err_context(why, "published, but its entries cannot be used");
    report_fault(snapshot->report, list->source->ca->name, list->source->url, REASON_UNUSABLE, why);
}

static enum sk_status write_list(const struct snapshot *snapshot, struct sk_publish *pub,
                                 const struct list *list, struct sk_err *err)
{
    struct sk_err why = {SK_OK, ""};
    enum sk_status status = publish_crl(pub, &list->crl, list->sha256, list->source->ca->name,
                                        list_is_arl(list), &why, err);

    if (status == SK_OK)
        status = publish_origin(pub, list->source->url, list->sha256, err);
    if (status == SK_OK && edges_add(snapshot->edges, list->sha256, list->signer) != SK_OK)
        status = err_set(err, SK_NOMEM, "no memory");
    if (status == SK_OK)
        warn_of_entries(snapshot, list, &why);
    return status;
}

static enum sk_status write_lists(const struct snapshot *snapshot, struct sk_publish *pub,
                                  struct sk_err *err)
{
    enum sk_status status = SK_OK;
    size_t i;

    for (i = 0; status == SK_OK && i < snapshot->lists->num_lists; i++)
        status = write_list(snapshot, pub, &snapshot->lists->lists[i], err);
    return status;
}

static enum sk_status write_edges(const struct snapshot *snapshot, struct sk_publish *pub,
                                  struct sk_err *err)
{
    enum sk_status status = SK_OK;
    size_t i;

    for (i = 0; status == SK_OK && i < snapshot->edges->num_edges; i++)
        status = publish_checked(pub, snapshot->edges->edges[i].object,
                                 snapshot->edges->edges[i].spki, err);
    return status;
}

/* Publishes an object, with the time of an equal one that is published already. */
static enum sk_status write_object(const struct snapshot *snapshot, struct sk_publish *pub,
                                   const char *path, const char *media_type, struct sk_bytes body,
                                   struct sk_err *err)
{
    struct reader_object object;
    int64_t modified = snapshot->now;

    if (snapshot->held->reader != NULL &&
        reader_object_get(snapshot->held->reader, path, &object) == SK_OK &&
        bytes_equal(object.body, body))
        modified = object.modified;
    return publish_object(pub, path, media_type, body, modified, CLOCK_NEVER, err);
}

static enum sk_status write_cert_object(const struct snapshot *snapshot, struct sk_publish *pub,
                                        const char *ca, const struct sk_cert *cert,
                                        struct sk_err *err)
{
    char path[LIMIT_OBJECT_PATH_BYTES + 1], hex[2 * SK_SHA256 + 1];
    int n;

    hex_encode(bytes_of(cert->sha256, SK_SHA256), hex);
    n = snprintf(path, sizeof(path), "%s/%s.cer", ca, hex);
    if (n < 0 || (size_t)n >= sizeof(path))
        return err_set(err, SK_LIMIT, "%s: name too long", ca);
    return write_object(snapshot, pub, path, RECORD_MEDIA_CERT, cert->der, err);
}

static enum sk_status write_bundle(const struct snapshot *snapshot, struct sk_publish *pub,
                                   const char *ca, struct sk_bytes *certs, size_t num,
                                   struct sk_err *err)
{
    char path[LIMIT_OBJECT_PATH_BYTES + 1];
    enum sk_status status;
    struct sk_buf bundle;
    int n = snprintf(path, sizeof(path), "%s/ca.p7c", ca);

    if (n < 0 || (size_t)n >= sizeof(path))
        return err_set(err, SK_LIMIT, "%s: name too long", ca);
    buf_init(&bundle, BUNDLE_BYTES);
    bundle_write(&bundle, certs, num);
    status = buf_status(&bundle);
    if (status != SK_OK)
        status = err_set(err, status, "%s: bundle too large", path);
    else
        status = write_object(snapshot, pub, path, RECORD_MEDIA_BUNDLE, buf_bytes(&bundle), err);
    buf_done(&bundle);
    return status;
}

/* NAME/SHA256.cer for each certificate of a CA, and NAME/ca.p7c with all of them. */
static enum sk_status write_ca_certs(const struct snapshot *snapshot, struct sk_publish *pub,
                                     const struct config_ca *ca, struct sk_err *err)
{
    const struct pool *pool = snapshot->pool;
    const struct pool_cert *last = NULL; /* gifts of one certificate follow each other */
    const struct pool_gift *gift;
    struct sk_bytes *certs = calloc(pool->num_gifts + 1, sizeof(*certs));
    enum sk_status status = SK_OK;
    size_t i, num = 0;

    if (certs == NULL)
        return err_set(err, SK_NOMEM, "no memory");
    for (i = 0; status == SK_OK && i < pool->num_gifts; i++) {
        gift = &pool->gifts[i];
        if (!gift->is_kept || gift->source == NULL || gift->source->ca != ca || gift->cert == last)
            continue;
        last = gift->cert;
        certs[num++] = last->cert.der;
        status = write_cert_object(snapshot, pub, ca->name, &last->cert, err);
    }
    if (status == SK_OK && num > 0)
        status = write_bundle(snapshot, pub, ca->name, certs, num, err);
    free(certs);
    return status;
}

/* The first list of a CA that fits: configured first, served first. One that is not current is
 * served when no other fits. */
static const struct list *first_list(const struct snapshot *snapshot, const struct config_ca *ca,
                                     enum crl_kind kind)
{
    const struct list *list, *first = NULL;
    size_t i;

    for (i = 0; i < snapshot->lists->num_lists; i++) {
        list = &snapshot->lists->lists[i];
        if (list->source->ca != ca || crl_kind(&list->crl, list_is_arl(list)) != kind)
            continue;
        if (list->crl.this_update <= snapshot->now && list->crl.has_next_update &&
            list->crl.next_update >= snapshot->now)
            return list;
        if (first == NULL)
            first = list;
    }
    return first;
}

static enum sk_status write_list_object(struct sk_publish *pub, const char *ca, const char *name,
                                        const struct list *list, struct sk_err *err)
{
    char path[LIMIT_OBJECT_PATH_BYTES + 1];
    int n = snprintf(path, sizeof(path), "%s/%s", ca, name);

    if (list == NULL)
        return SK_OK;
    if (n < 0 || (size_t)n >= sizeof(path))
        return err_set(err, SK_LIMIT, "%s: name too long", ca);
    return publish_object(pub, path, RECORD_MEDIA_CRL, list->crl.der, list->crl.this_update,
                          list->crl.next_update, err);
}

static enum sk_status write_ca(const struct snapshot *snapshot, struct sk_publish *pub,
                               const struct config_ca *ca, struct sk_err *err)
{
    enum sk_status status = write_ca_certs(snapshot, pub, ca, err);

    if (status == SK_OK)
        status = write_list_object(pub, ca->name, "crl.crl", first_list(snapshot, ca, CRL_KIND_CRL),
                                   err);
    if (status == SK_OK)
        status = write_list_object(pub, ca->name, "arl.crl", first_list(snapshot, ca, CRL_KIND_ARL),
                                   err);
    if (status == SK_OK)
        status = write_list_object(pub, ca->name, "delta.crl",
                                   first_list(snapshot, ca, CRL_KIND_DELTA), err);
    return status;
}

static enum sk_status write_directory(const struct snapshot *snapshot, struct sk_publish *pub,
                                      struct sk_err *err)
{
    const struct config_repository *config = &snapshot->config->repository;
    const struct authority_input in = {snapshot->config, snapshot->pool, snapshot->edges,
                                       snapshot->lists, snapshot->now};
    struct tree tree;
    enum sk_status status = tree_init(&tree, config, snapshot->arena, snapshot->report, err);

    if (status == SK_OK)
        status = authority_add(&tree, &in, err);
    if (status == SK_OK)
        status = import_files(&tree, pub, &config->ldif, snapshot->held, err);
    if (status == SK_OK)
        status = tree_publish(&tree, pub, err);
    tree_done(&tree);
    return status;
}

enum sk_status snapshot_write(const struct snapshot *snapshot, struct sk_publish *pub,
                              struct sk_err *err)
{
    enum sk_status status = write_certs(snapshot, pub, err);
    size_t i;

    if (status == SK_OK)
        status = write_lists(snapshot, pub, err);
    if (status == SK_OK)
        status = write_edges(snapshot, pub, err);
    for (i = 0; status == SK_OK && i < snapshot->config->num_cas; i++)
        status = write_ca(snapshot, pub, &snapshot->config->cas[i], err);
    return status == SK_OK ? write_directory(snapshot, pub, err) : status;
}
