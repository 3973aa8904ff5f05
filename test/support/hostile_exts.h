/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Extensions by the thousand entries, for test/support/hostile.c. Whatever fails ends the program.
 */
#ifndef SEKISHO_TEST_SUPPORT_HOSTILE_EXTS_H
#define SEKISHO_TEST_SUPPORT_HOSTILE_EXTS_H

#include "test/support/hostile_der.h"

/* Writes entry number i. */
typedef void (*exts_put_fn)(struct sk_buf *buf, unsigned i);

struct sk_bytes exts_wrap(struct sk_arena *arena, uint8_t tag, struct sk_bytes body);
struct sk_bytes exts_repeat(struct sk_arena *arena, exts_put_fn put, unsigned num);
struct sk_bytes exts_list(struct sk_arena *arena, enum oid_id id, exts_put_fn put, unsigned num);
void exts_put_policy(struct sk_buf *buf, unsigned i);
void exts_put_mapping(struct sk_buf *buf, unsigned i);
void exts_put_any_policy(struct sk_buf *buf, unsigned i);
void exts_put_san(struct sk_buf *buf, unsigned i);
void exts_put_long_san(struct sk_buf *buf, unsigned i);
void exts_put_directory_name(struct sk_buf *buf, unsigned i);
void exts_put_ligatures(struct sk_buf *buf, unsigned i);
void exts_put_subtree(struct sk_buf *buf, unsigned i, exts_put_fn put);
void exts_put_dns_subtree(struct sk_buf *buf, unsigned i);
void exts_put_long_subtree(struct sk_buf *buf, unsigned i);
void exts_put_directory_subtree(struct sk_buf *buf, unsigned i);
void exts_put_dir_point(struct sk_buf *buf, unsigned i);
void exts_put_issuer_point(struct sk_buf *buf, unsigned i);
struct sk_bytes exts_idp(struct sk_arena *arena, exts_put_fn put, unsigned first, unsigned num);
struct sk_bytes exts_constraints(struct sk_arena *arena, exts_put_fn put, uint8_t tag);

#endif
