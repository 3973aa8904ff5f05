/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/kept.h"

#include <stdlib.h>

enum sk_status kept_init(struct kept *kept, size_t max_certs, size_t max_crls, size_t max_bytes)
{
    memset(kept, 0, sizeof(*kept));
    kept->arena = arena_new(max_bytes);
    /* At most half full, so that a search always ends, and soon. */
    kept->num_slots = 2 * max_certs + 1;
    kept->slots = calloc(kept->num_slots, sizeof(*kept->slots));
    kept->crls = calloc(max_crls + 1, sizeof(*kept->crls));
    if (kept->arena == NULL || kept->slots == NULL || kept->crls == NULL)
        return SK_NOMEM;
    kept->max_certs = max_certs;
    kept->max_crls = max_crls;
    return SK_OK;
}

void kept_done(struct kept *kept)
{
    arena_free(kept->arena);
    free(kept->slots);
    free(kept->crls);
    memset(kept, 0, sizeof(*kept));
}

/* The slot that holds the certificate or, when none does, the one where it belongs. A hash is as
 * good as a random number. */
static size_t slot_of(const struct kept *kept, const uint8_t sha256[SK_SHA256])
{
    size_t number, slot;

    memcpy(&number, sha256, sizeof(number));
    slot = number % kept->num_slots;
    while (kept->slots[slot] != NULL && memcmp(kept->slots[slot]->sha256, sha256, SK_SHA256) != 0)
        slot = (slot + 1) % kept->num_slots;
    return slot;
}

const struct sk_cert *kept_cert(const struct kept *kept, const uint8_t sha256[SK_SHA256])
{
    return kept->slots[slot_of(kept, sha256)];
}

const struct source_crl *kept_crl(const struct kept *kept, unsigned id)
{
    return id < kept->max_crls ? kept->crls[id] : NULL;
}

struct sk_arena *kept_room_for_cert(const struct kept *kept)
{
    return !kept->is_full && kept->num_certs < kept->max_certs ? kept->arena : NULL;
}

struct sk_arena *kept_room_for_crl(const struct kept *kept, unsigned id)
{
    return !kept->is_full && id < kept->max_crls ? kept->arena : NULL;
}

void kept_add_cert(struct kept *kept, const struct sk_cert *cert)
{
    size_t slot = slot_of(kept, cert->sha256);

    if (kept->slots[slot] == NULL)
        kept->num_certs++;
    kept->slots[slot] = cert;
}

void kept_add_crl(struct kept *kept, unsigned id, const struct source_crl *crl)
{
    kept->crls[id] = crl;
}

bool kept_is_refused(struct kept *kept, enum sk_status status)
{
    if (status != SK_LIMIT && status != SK_NOMEM)
        return false;
    kept->is_full = true;
    return true;
}
