/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory of one job, dropped whole at its end.
 *
 * Allocations are zeroed and aligned for any type, and live until arena_reset() or arena_free().
 * The cap is a budget: reaching it is SK_LIMIT for the job (NULL here), never a growing process.
 * One thread at a time.
 */
#ifndef SEKISHO_CORE_ARENA_H
#define SEKISHO_CORE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct sk_arena;

/* A new arena that hands out at most max_bytes. NULL when out of memory. */
struct sk_arena *arena_new(size_t max_bytes);

/* len zeroed bytes, or NULL when the cap is reached or memory is out. len 0 gives a valid pointer.
 */
void *arena_alloc(struct sk_arena *arena, size_t len);

/* count * size zeroed bytes; NULL also when the product overflows. */
void *arena_array(struct sk_arena *arena, size_t count, size_t size);

/* A copy of len bytes, with a NUL after them that is not counted. */
void *arena_copy(struct sk_arena *arena, const void *p, size_t len);

/* Forgets everything and keeps one block for the next job. All earlier pointers are dead. */
void arena_reset(struct sk_arena *arena);

/* True once an allocation has failed, until the reset: what was made of the arena's memory may then
 * be less than the whole. */
bool arena_has_failed(const struct sk_arena *arena);

/* Bytes handed out since the last reset. */
size_t arena_used(const struct sk_arena *arena);

/* Accepts NULL. */
void arena_free(struct sk_arena *arena);

#endif
