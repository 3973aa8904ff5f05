/* SPDX-License-Identifier: Apache-2.0 */
/* rooms: core */
/*
 * Any octets as a distinguished name. OpenLDAP's reader takes what ours takes and reads the same
 * name, but for the differences of test/support/dn_oracle.h. The key is that of the Name and of the
 * Name's own text; the parent's key is what is left of the key.
 */
#include <stdlib.h>

#include "core/name.h"
#include "test/support/dn_oracle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct sk_arena *arena;

static void must(bool is_true)
{
    if (!is_true)
        abort();
}

static enum sk_status count_value(void *arg, struct sk_bytes type, struct sk_bytes value)
{
    unsigned *count = arg;

    must(type.len > 0 && value.p != NULL);
    ++*count;
    return SK_OK;
}

static void check_parents(struct sk_bytes text, struct dir_key key)
{
    struct dir_key parent;
    struct sk_bytes rest = text;

    while (key.depth > 0) {
        unsigned count = 0;

        must(dir_dn_rdn_values(arena, rest, count_value, &count) == SK_OK);
        must(count > 0 && count <= LIMIT_NAME_AVAS);
        must(dir_dn_parent(rest, &rest) == SK_OK);
        must(dir_dn_key(arena, rest, &parent, NULL) == SK_OK);
        must(parent.depth == key.depth - 1 && dir_key_within(&key, &parent));
        key = parent;
    }
    must(dir_dn_parent(rest, &rest) == SK_NOTFOUND);
}

static void check_key(struct sk_bytes text)
{
    struct dir_key key, other;
    struct sk_bytes name;
    struct sk_buf shown;

    if (dir_dn_key(arena, text, &key, NULL) != SK_OK)
        return;
    must(key.depth <= LIMIT_DIR_DEPTH);
    must(dir_dn_name(arena, text, &name, NULL) == SK_OK);
    must(dir_dn_key_of_name(arena, name, &other, NULL) == SK_OK && dir_key_equal(&key, &other));
    buf_init(&shown, 1u << 20);
    must(name_to_text(name, &shown) == SK_OK);
    /* escapes make it longer than a name may be */
    if (shown.len <= LIMIT_DIR_DN_BYTES) {
        must(dir_dn_key(arena, buf_bytes(&shown), &other, NULL) == SK_OK);
        must(dir_key_equal(&key, &other) || dn_oracle_is_by_octets(buf_bytes(&shown)));
    }
    buf_done(&shown);
    check_parents(text, key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dir_key key;

    if (arena == NULL)
        arena = arena_new(64u << 20);
    arena_reset(arena);
    check_key(bytes_of(data, size));
    must(dir_dn_key_of_name(arena, bytes_of(data, size), &key, NULL) != SK_INTERNAL);
    if (memchr(data, 0, size) == NULL) {
        const char *text = arena_copy(arena, data, size);

        must(text != NULL && dn_oracle_ask(arena, text).fault == NULL);
    }
    return 0;
}
