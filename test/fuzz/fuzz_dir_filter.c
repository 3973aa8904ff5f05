/* SPDX-License-Identifier: Apache-2.0 */
/* rooms: core */
/*
 * Any octets as a search filter, evaluated on some entries. liblber decides what is a filter, and
 * an evaluation without short cuts what it says (test/support/entries.h).
 */
#include <stdlib.h>

#include "test/support/entries.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct sk_arena *kept, *arena;
static const struct dir_entry *entries[ENTRIES_FIXED];

static void must(bool is_true)
{
    if (!is_true)
        abort();
}

static void check_node(const struct dir_filter *node, unsigned depth)
{
    const struct dir_filter *child;

    must(depth <= LIMIT_DIR_FILTER_DEPTH);
    must(node->kind == DIR_FILTER_EQUALITY || node->kind == DIR_FILTER_APPROX ||
         node->canon.p == NULL);
    for (child = node->child; child != NULL; child = child->next)
        check_node(child, depth + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sk_bytes ber = bytes_of(data, size);
    const struct dir_filter *filter;
    bool is_too_large, is_filter;
    enum sk_status status;
    struct der d;
    size_t i;

    if (arena == NULL) {
        kept = arena_new(16u << 20);
        arena = arena_new(256u << 20);
        entries_fixed(kept, entries);
    }
    arena_reset(arena);
    is_filter = entries_is_filter(ber, &is_too_large);
    der_init_ber(&d, ber);
    status = dir_filter_read(&d, arena, &filter, NULL);
    must(status == SK_OK || status == SK_INPUT || status == SK_LIMIT);
    if (status == SK_OK && !der_at_end(&d))
        return 0;
    must(status != SK_LIMIT || is_too_large);
    if (!is_too_large)
        must((status == SK_OK) == is_filter);
    if (status != SK_OK)
        return 0;
    must(!is_too_large);
    check_node(filter, 1);
    for (i = 0; i < ENTRIES_FIXED; i++) {
        uint64_t work = 0;

        must(dir_filter_match(filter, entries[i], arena, &work) ==
             entries_match(arena, ber, entries[i]));
        must(work < LIMIT_DIR_MATCH_WORK);
    }
    return 0;
}
