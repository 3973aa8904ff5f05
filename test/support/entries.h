/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Directory entries from text, and a second opinion of filters: decoded by liblber, evaluated word
 * by word after RFC 4511 4.5.1.7 without any short cut. Values are compared by core/dir_value.h;
 * how items and sets are put together is what is checked.
 */
#ifndef SEKISHO_TEST_SUPPORT_ENTRIES_H
#define SEKISHO_TEST_SUPPORT_ENTRIES_H

#include "core/dir_filter.h"

enum { ENTRIES_MAX_LINES = 32 };

/* dn, and lines "name: value" until NULL, values of one name one after the other. In the arena.
 * Ends the program on anything wrong. */
struct dir_entry *entries_make(struct sk_arena *arena, const char *dn, const char *const *lines);
/* One more attribute with one value of any octets. */
void entries_add(struct sk_arena *arena, struct dir_entry *entry, const char *name,
                 struct sk_bytes value);
/* A few entries of all kinds of attributes, a certificate and a CRL among them. */
enum { ENTRIES_FIXED = 4 };
void entries_fixed(struct sk_arena *arena, const struct dir_entry *out[ENTRIES_FIXED]);

/* Is this one Filter with nothing behind it? is_too_large: it has more nodes, depth or octets than
 * core/ takes; then the answer does not count. */
bool entries_is_filter(struct sk_bytes ber, bool *is_too_large);
/* Of a filter that is one. */
enum dir_truth entries_match(struct sk_arena *arena, struct sk_bytes ber,
                             const struct dir_entry *entry);

#endif
