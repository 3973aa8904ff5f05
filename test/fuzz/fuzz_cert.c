/* SPDX-License-Identifier: Apache-2.0 */
/* rooms: core */
/*
 * Any octets as a certificate. What parses is walked whole, described, its key taken and its own
 * signature tried; every part must lie inside the input.
 */
#include <openssl/err.h>
#include <stdlib.h>

#include "core/general_name.h"
#include "core/key.h"
#include "core/limits.h"
#include "core/name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct sk_arena *arena;

static void must(bool is_true)
{
    if (!is_true)
        abort();
}

static void must_hold(struct sk_bytes whole, struct sk_bytes part)
{
    must(part.len == 0 || (part.p >= whole.p && part.p + part.len <= whole.p + whole.len));
}

/* Every list extension, after cert_parse() let it pass, walks to its end. */
static void walk_lists(const struct sk_cert *cert)
{
    struct cert_walk w;
    struct cert_policy policy;
    struct cert_dist_point point;
    struct sk_bytes a, b;
    enum sk_status status;

    must(cert_walk_init(&w, &cert->policies) == SK_OK);
    while ((status = cert_policy_next(&w, &policy)) == SK_OK)
        must_hold(cert->der, policy.oid);
    must(status == SK_NOTFOUND);
    must(cert_walk_init(&w, &cert->policy_mappings) == SK_OK);
    while ((status = cert_mapping_next(&w, &a, &b)) == SK_OK)
        must_hold(cert->der, b);
    must(status == SK_NOTFOUND);
    must(cert_walk_init(&w, &cert->eku) == SK_OK);
    while ((status = cert_eku_next(&w, &a)) == SK_OK)
        must_hold(cert->der, a);
    must(status == SK_NOTFOUND);
    must(cert_walk_init(&w, &cert->crl_dp) == SK_OK);
    while ((status = cert_dist_point_next(&w, &point)) == SK_OK)
        (void)general_names_intersect(arena, point.full_name, point.crl_issuer);
    must(status == SK_NOTFOUND);
}

static void walk_names(const struct sk_cert *cert)
{
    struct cert_walk w;
    struct der d;
    struct general_name name;
    struct sk_buf text;

    must(cert_walk_init(&w, &cert->san) == SK_OK);
    der_init(&d, bytes_of(w.p, (size_t)(w.end - w.p)));
    while (!der_at_end(&d)) {
        must(general_name_next(&d, false, &name) == SK_OK);
        must_hold(cert->der, name.value);
    }
    buf_init(&text, 4u << 20);
    (void)!cert_describe(cert, &text);
    buf_done(&text);
}

static void use_key(const struct sk_cert *cert)
{
    struct sk_key *key = NULL;
    enum key_kind kind = KEY_UNKNOWN;
    unsigned bits = 0;
    bool is_key = key_peek(cert->spki, &kind, &bits) == SK_OK;

    if (key_new(cert->spki, NULL, &key, NULL) == SK_OK) {
        must(is_key && kind == key_kind(key) && bits == key_bits(key));
        must(!key_needs_parameters(cert->spki));
        /* Large exponents and moduli are slow, not wrong: leave them out. */
        if (bits <= 4096)
            (void)!key_verify(key, cert->sig_alg, cert->tbs, cert->signature, NULL);
        key_free(key);
    }
    must(ERR_peek_error() == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sk_cert cert;
    struct sk_err err = {.status = SK_OK};
    enum sk_status status;

    if (arena == NULL)
        arena = arena_new(64u << 20);
    arena_reset(arena);
    status = cert_parse(arena, bytes_of(data, size), &cert, &err);
    if (status != SK_OK) {
        must(err.status == status && err.text[0] != '\0');
        return 0;
    }
    must(cert.der.len == size && cert.version >= 1 && cert.version <= 3);
    must_hold(cert.der, cert.tbs);
    must_hold(cert.tbs, cert.serial);
    must_hold(cert.tbs, cert.issuer);
    must_hold(cert.tbs, cert.subject);
    must_hold(cert.spki, cert.key_bits);
    must_hold(cert.tbs, cert.ski_id);
    must_hold(cert.tbs, cert.aki.key_id);
    must(!cert.has_path_len || cert.is_ca);
    walk_lists(&cert);
    walk_names(&cert);
    use_key(&cert);
    return 0;
}
