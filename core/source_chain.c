/* SPDX-License-Identifier: Apache-2.0 */
#include "core/memstore.h"

/* A CRL handed out by a chain remembers which part knows its entries. */
struct chained_crl {
    const struct sk_source *part;
    struct source_crl inner;
};

struct crl_relay {
    struct sk_arena *arena;
    const struct sk_source *part;
    source_crl_fn visit;
    void *arg;
};

static enum sk_status chain_certs_by_subject(const struct sk_source *source, struct sk_arena *arena,
                                             const uint8_t name_hash[SK_SHA256],
                                             source_cert_fn visit, void *arg)
{
    const struct source_chain *chain = source->ctx;
    enum sk_status status;
    size_t i;

    for (i = 0; i < chain->num_parts; i++) {
        const struct sk_source *part = chain->parts[i];

        if ((status = part->ops->certs_by_subject(part, arena, name_hash, visit, arg)) != SK_OK)
            return status;
    }
    return SK_OK;
}

static enum sk_status relay_crl(void *arg, const struct source_crl *crl)
{
    const struct crl_relay *relay = arg;
    struct chained_crl *chained = arena_alloc(relay->arena, sizeof(*chained));
    struct source_crl outer = *crl;

    if (chained == NULL)
        return SK_NOMEM;
    chained->part = relay->part;
    chained->inner = *crl;
    outer.handle = chained;
    return relay->visit(relay->arg, &outer);
}

static enum sk_status chain_crls_by_issuer(const struct sk_source *source, struct sk_arena *arena,
                                           const uint8_t name_hash[SK_SHA256], source_crl_fn visit,
                                           void *arg)
{
    const struct source_chain *chain = source->ctx;
    struct crl_relay relay = {arena, NULL, visit, arg};
    enum sk_status status;
    size_t i;

    for (i = 0; i < chain->num_parts; i++) {
        relay.part = chain->parts[i];
        status = relay.part->ops->crls_by_issuer(relay.part, arena, name_hash, relay_crl, &relay);
        if (status != SK_OK)
            return status;
    }
    return SK_OK;
}

static enum sk_status chain_indirect_crls(const struct sk_source *source, struct sk_arena *arena,
                                          source_crl_fn visit, void *arg)
{
    const struct source_chain *chain = source->ctx;
    struct crl_relay relay = {arena, NULL, visit, arg};
    enum sk_status status = SK_OK;
    size_t i;

    for (i = 0; i < chain->num_parts && status == SK_OK; i++) {
        relay.part = chain->parts[i];
        status = relay.part->ops->indirect_crls(relay.part, arena, relay_crl, &relay);
    }
    return status;
}

static enum sk_status chain_crl_find(const struct sk_source *source, struct sk_arena *arena,
                                     const struct source_crl *crl,
                                     struct sk_bytes cert_issuer_canon, struct sk_bytes serial,
                                     struct crl_entry *out)
{
    const struct chained_crl *chained = crl->handle;

    (void)source;
    return chained->part->ops->crl_find(chained->part, arena, &chained->inner, cert_issuer_canon,
                                        serial, out);
}

static enum sk_status chain_ocsp_by_cert(const struct sk_source *source, struct sk_arena *arena,
                                         const struct sk_cert *issuer, struct sk_bytes serial,
                                         source_ocsp_fn visit, void *arg)
{
    const struct source_chain *chain = source->ctx;
    enum sk_status status = SK_OK;
    size_t i;

    for (i = 0; i < chain->num_parts && status == SK_OK; i++) {
        const struct sk_source *part = chain->parts[i];

        if (part->ops->ocsp_by_cert != NULL)
            status = part->ops->ocsp_by_cert(part, arena, issuer, serial, visit, arg);
    }
    return status;
}

static bool chain_is_checked(const struct sk_source *source, const uint8_t object_sha256[SK_SHA256],
                             const uint8_t spki_sha256[SK_SHA256])
{
    const struct source_chain *chain = source->ctx;
    size_t i;

    for (i = 0; i < chain->num_parts; i++) {
        const struct sk_source *part = chain->parts[i];

        if (part->ops->is_checked != NULL &&
            part->ops->is_checked(part, object_sha256, spki_sha256))
            return true;
    }
    return false;
}

static const struct sk_source_ops chain_ops = {
    .certs_by_subject = chain_certs_by_subject,
    .crls_by_issuer = chain_crls_by_issuer,
    .crl_find = chain_crl_find,
    .is_checked = chain_is_checked,
    .ocsp_by_cert = chain_ocsp_by_cert,
    .indirect_crls = chain_indirect_crls,
};

void source_chain_init(struct source_chain *chain, const struct sk_source *const *parts,
                       size_t num_parts)
{
    chain->source.ops = &chain_ops;
    chain->source.ctx = chain;
    chain->parts = parts;
    chain->num_parts = num_parts;
}
