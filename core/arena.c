/* SPDX-License-Identifier: Apache-2.0 */
#include "core/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_BLOCK = 65536 }; /* a plain validation takes 40 kB */

struct block {
    struct block *next;                   /* older block */
    size_t size;                          /* bytes in data */
    size_t used;                          /* bytes handed out */
    alignas(max_align_t) uint8_t data[1]; /* really size bytes */
};

struct sk_arena {
    struct block *blocks; /* newest first; never empty after the first allocation */
    size_t max_bytes;     /* cap on handed-out bytes */
    size_t used;          /* handed out since the last reset */
    bool has_failed;
};

struct sk_arena *arena_new(size_t max_bytes)
{
    struct sk_arena *arena = calloc(1, sizeof(*arena));

    if (arena != NULL)
        arena->max_bytes = max_bytes;
    return arena;
}

static struct block *block_add(struct sk_arena *arena, size_t need)
{
    size_t size = need > ARENA_BLOCK ? need : (size_t)ARENA_BLOCK;
    struct block *b = malloc(offsetof(struct block, data) + size);

    if (b == NULL)
        return NULL;
    b->next = arena->blocks;
    b->size = size;
    b->used = 0;
    arena->blocks = b;
    return b;
}

static void *alloc(struct sk_arena *arena, size_t len)
{
    const size_t align = alignof(max_align_t);
    struct block *b = arena->blocks;
    void *p;

    if (len > SIZE_MAX / 2)
        return NULL;
    len = (len + align - 1) / align * align;
    if (len == 0)
        len = align;
    if (len > arena->max_bytes - arena->used)
        return NULL;
    if (b == NULL || b->size - b->used < len) {
        b = block_add(arena, len);
        if (b == NULL)
            return NULL;
    }
    p = b->data + b->used;
    b->used += len;
    arena->used += len;
    memset(p, 0, len);
    return p;
}

void *arena_alloc(struct sk_arena *arena, size_t len)
{
    void *p = alloc(arena, len);

    if (p == NULL)
        arena->has_failed = true;
    return p;
}

bool arena_has_failed(const struct sk_arena *arena)
{
    return arena->has_failed;
}

void *arena_array(struct sk_arena *arena, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size) {
        arena->has_failed = true;
        return NULL;
    }
    return arena_alloc(arena, count * size);
}

void *arena_copy(struct sk_arena *arena, const void *p, size_t len)
{
    uint8_t *copy;

    if (len == SIZE_MAX) {
        arena->has_failed = true;
        return NULL;
    }
    copy = arena_alloc(arena, len + 1);
    if (copy != NULL && len > 0)
        memcpy(copy, p, len);
    return copy;
}

void arena_reset(struct sk_arena *arena)
{
    struct block *b = arena->blocks;

    while (b != NULL && (b->next != NULL || b->size > ARENA_BLOCK)) {
        struct block *next = b->next;

        free(b);
        b = next;
    }
    if (b != NULL)
        b->used = 0;
    arena->blocks = b;
    arena->used = 0;
    arena->has_failed = false;
}

size_t arena_used(const struct sk_arena *arena)
{
    return arena->used;
}

void arena_free(struct sk_arena *arena)
{
    if (arena == NULL)
        return;
    while (arena->blocks != NULL) {
        struct block *next = arena->blocks->next;

        free(arena->blocks);
        arena->blocks = next;
    }
    free(arena);
}
