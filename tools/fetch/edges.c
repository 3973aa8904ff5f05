/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/fetch/edges.h"

#include <stdlib.h>
#include <string.h>

#include "core/name.h"

/* Issuers that wait for their certificates to be looked at, and those that are done. */
struct queue {
    struct pool_cert **issuers;
    size_t num, next;
};

void edges_done(struct edges *edges)
{
    free(edges->edges);
    memset(edges, 0, sizeof(*edges));
}

enum sk_status edges_add(struct edges *edges, const uint8_t object[SK_SHA256],
                         const struct sk_cert *issuer)
{
    size_t cap = edges->cap_edges > 0 ? edges->cap_edges * 2 : 64;
    struct edge *grown, *edge;

    if (key_needs_parameters(issuer->spki))
        return SK_OK;
    if (edges->num_edges == edges->cap_edges) {
        grown = realloc(edges->edges, cap * sizeof(*grown));
        if (grown == NULL)
            return SK_NOMEM;
        edges->edges = grown;
        edges->cap_edges = cap;
    }
    edge = &edges->edges[edges->num_edges++];
    memcpy(edge->object, object, SK_SHA256);
    memcpy(edge->spki, issuer->spki_sha256, SK_SHA256);
    return SK_OK;
}

/* May its key sign certificates? An anchor is trusted as it is; anybody else must be a CA. */
static bool may_issue(const struct pool_cert *cert)
{
    if (cert->is_anchor)
        return true;
    return cert->cert.is_ca && (!cert->cert.key_usage.is_present ||
                                (cert->cert.key_usage_bits & KEY_USAGE_KEY_CERT_SIGN) != 0);
}

/* Several certificates may carry the same name and key: it is tried once. */
static bool is_done(const struct queue *queue, const struct pool_cert *issuer)
{
    const struct pool_cert *other;
    size_t i;

    if (key_needs_parameters(issuer->cert.spki))
        return false;
    for (i = 0; i < queue->next; i++) {
        other = queue->issuers[i];
        if (other != issuer &&
            memcmp(other->cert.spki_sha256, issuer->cert.spki_sha256, SK_SHA256) == 0 &&
            name_equal(other->cert.subject_canon, issuer->cert.subject_canon))
            return true;
    }
    return false;
}

/* Puts a verified certificate in the queue. A key that OpenSSL does not take issues nothing. */
static void enqueue(struct queue *queue, struct pool_cert *cert, const struct sk_key *params_from,
                    struct sk_keyring *keys)
{
    if (cert->is_queued || !may_issue(cert))
        return;
    if (keyring_get0(keys, &cert->cert, params_from, &cert->key, NULL) != SK_OK)
        return;
    cert->is_queued = true;
    queue->issuers[queue->num++] = cert;
}

static bool is_signed_by(const struct pool_cert *cert, const struct sk_key *key)
{
    /* RFC 5280 4.1.1.2: the algorithm in both places is the same. */
    return cert->cert.is_sig_alg_equal &&
           key_verify(key, cert->cert.sig_alg, cert->cert.tbs, cert->cert.signature, NULL) == SK_OK;
}

static enum sk_status try_issuer(struct edges *edges, const struct pool *pool, struct queue *queue,
                                 const struct pool_cert *issuer, struct sk_keyring *keys)
{
    struct pool_cert *const *issued, *cert;
    size_t i, num;

    issued = pool_issued_by(pool, issuer->cert.subject_hash, &num);
    for (i = 0; i < num; i++) {
        cert = issued[i];
        if (!cert->is_active || !name_equal(cert->cert.issuer_canon, issuer->cert.subject_canon))
            continue;
        cert->has_issuer = true;
        if (!is_signed_by(cert, issuer->key))
            continue;
        cert->is_verified = true;
        if (edges_add(edges, cert->cert.sha256, &issuer->cert) != SK_OK)
            return SK_NOMEM;
        enqueue(queue, cert, issuer->key, keys);
    }
    return SK_OK;
}

/* Self-signed certificates of CAs that no anchor leads to: repository and search may offer them. */
static void find_self_signed(struct pool *pool, struct sk_keyring *keys)
{
    const struct sk_key *key;
    struct pool_cert *cert;
    size_t i;

    for (i = 0; i < pool->num_certs; i++) {
        cert = pool->certs[i];
        if (!cert->is_active || cert->is_verified || !cert->cert.is_self_issued ||
            (cert->cert.version == 3 && !cert->cert.is_ca))
            continue;
        if (keyring_get0(keys, &cert->cert, NULL, &key, NULL) == SK_OK && is_signed_by(cert, key))
            cert->is_self_signed = true;
    }
}

enum sk_status edges_verify(struct edges *edges, struct pool *pool, struct sk_keyring *keys,
                            struct sk_err *err)
{
    struct queue queue = {NULL, 0, 0};
    enum sk_status status = SK_OK;
    struct pool_cert *cert;
    size_t i;

    edges->num_edges = 0;
    queue.issuers = calloc(pool->num_certs > 0 ? pool->num_certs : 1, sizeof(struct pool_cert *));
    if (queue.issuers == NULL)
        return err_set(err, SK_NOMEM, "no memory");
    for (i = 0; i < pool->num_certs; i++) {
        cert = pool->certs[i];
        cert->is_verified = cert->is_anchor;
        cert->is_self_signed = cert->has_issuer = cert->is_queued = false;
        cert->key = NULL;
        if (cert->is_anchor)
            enqueue(&queue, cert, NULL, keys);
    }
    for (; status == SK_OK && queue.next < queue.num; queue.next++) {
        if (!is_done(&queue, queue.issuers[queue.next]))
            status = try_issuer(edges, pool, &queue, queue.issuers[queue.next], keys);
    }
    if (status == SK_OK)
        find_self_signed(pool, keys);
    else
        (void)err_set(err, status, "no memory");
    free(queue.issuers);
    return status;
}
