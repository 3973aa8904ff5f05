/* SPDX-License-Identifier: Apache-2.0 */
#include "core/key_int.h"

#include <stdlib.h>

/* A key is known by its SPKI and by the parameters it inherited (zeros when none). */
struct slot_id {
    uint8_t spki[SK_SHA256], params[SK_SHA256];
};

struct slot {
    struct slot_id id;
    struct sk_key *key;         /* owned; NULL: unused */
    struct slot *next;          /* same bucket */
    struct slot *newer, *older; /* order of use */
};

struct sk_keyring {
    struct slot *slots; /* num_slots of them, used from the front */
    size_t num_slots, num_used;
    struct slot **buckets; /* num_buckets heads */
    size_t num_buckets;
    struct slot *newest, *oldest;
};

struct sk_keyring *keyring_new(size_t max_keys)
{
    struct sk_keyring *ring = calloc(1, sizeof(*ring));

    if (ring == NULL)
        return NULL;
    ring->num_slots = max_keys > 0 ? max_keys : 1;
    ring->num_buckets = ring->num_slots;
    ring->slots = calloc(ring->num_slots, sizeof(ring->slots[0]));
    ring->buckets = calloc(ring->num_buckets, sizeof(struct slot *));
    if (ring->slots == NULL || ring->buckets == NULL) {
        keyring_free(ring);
        return NULL;
    }
    return ring;
}

void keyring_free(struct sk_keyring *ring)
{
    size_t i;

    if (ring == NULL)
        return;
    for (i = 0; i < ring->num_used; i++)
        key_free(ring->slots[i].key);
    free(ring->slots);
    free(ring->buckets);
    free(ring);
}

/* The head of the bucket an id falls into: SPKI hashes are as good as random numbers. */
static struct slot **bucket_of(struct sk_keyring *ring, const struct slot_id *id)
{
    size_t number;

    memcpy(&number, id->spki, sizeof(number));
    return &ring->buckets[number % ring->num_buckets];
}

static void order_remove(struct sk_keyring *ring, struct slot *s)
{
    if (s->newer != NULL)
        s->newer->older = s->older;
    else
        ring->newest = s->older;
    if (s->older != NULL)
        s->older->newer = s->newer;
    else
        ring->oldest = s->newer;
}

static void order_push(struct sk_keyring *ring, struct slot *s)
{
    s->newer = NULL;
    s->older = ring->newest;
    if (ring->newest != NULL)
        ring->newest->newer = s;
    else
        ring->oldest = s;
    ring->newest = s;
}

/* A slot for a new key: an unused one, or that of the key unused for longest. */
static struct slot *slot_take(struct sk_keyring *ring)
{
    struct slot *s, **link;

    if (ring->num_used < ring->num_slots)
        return &ring->slots[ring->num_used++];
    s = ring->oldest;
    order_remove(ring, s);
    for (link = bucket_of(ring, &s->id); *link != s; link = &(*link)->next)
        ;
    *link = s->next;
    key_free(s->key);
    return s;
}

static enum sk_status get0(struct sk_keyring *ring, const struct slot_id *id, struct sk_bytes spki,
                           const struct sk_key *params_from, const struct sk_key **out,
                           struct sk_err *err)
{
    struct slot **bucket = bucket_of(ring, id), *s;
    struct sk_key *key = NULL;
    enum sk_status status;

    for (s = *bucket; s != NULL; s = s->next) {
        if (memcmp(&s->id, id, sizeof(*id)) != 0)
            continue;
        order_remove(ring, s);
        order_push(ring, s);
        *out = s->key;
        return SK_OK;
    }
    status = key_new(spki, params_from, &key, err);
    if (status != SK_OK)
        return status;
    s = slot_take(ring);
    s->id = *id;
    s->key = key;
    s->next = *bucket;
    *bucket = s;
    order_push(ring, s);
    *out = key;
    return SK_OK;
}

/* The part of the id that says what was inherited. */
static void set_params(struct slot_id *id, struct sk_bytes spki, const struct sk_key *params_from)
{
    if (params_from == NULL || !key_needs_parameters(spki) ||
        !key_params_id(params_from, id->params))
        memset(id->params, 0, sizeof(id->params));
}

enum sk_status keyring_get0(struct sk_keyring *ring, const struct sk_cert *cert,
                            const struct sk_key *params_from, const struct sk_key **out,
                            struct sk_err *err)
{
    struct slot_id id;

    memcpy(id.spki, cert->spki_sha256, sizeof(id.spki));
    set_params(&id, cert->spki, params_from);
    return get0(ring, &id, cert->spki, params_from, out, err);
}

enum sk_status keyring_get0_spki(struct sk_keyring *ring, struct sk_bytes spki,
                                 const struct sk_key *params_from, const struct sk_key **out,
                                 struct sk_err *err)
{
    struct slot_id id;

    key_sha256(spki, id.spki);
    set_params(&id, spki, params_from);
    return get0(ring, &id, spki, params_from, out, err);
}
