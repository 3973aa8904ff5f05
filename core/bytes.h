/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A borrowed run of bytes. It owns nothing: each holder says what it points into.
 */
#ifndef SEKISHO_CORE_BYTES_H
#define SEKISHO_CORE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct sk_bytes {
    const uint8_t *p; /* may be NULL when len is 0 */
    size_t len;
};

static inline struct sk_bytes bytes_of(const void *p, size_t len)
{
    struct sk_bytes b = {p, len};
    return b;
}

static inline bool bytes_equal(struct sk_bytes a, struct sk_bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

/* Order by content, a prefix before what it begins; for sorting, not for secrets. */
static inline int bytes_compare(struct sk_bytes a, struct sk_bytes b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int order = n ? memcmp(a.p, b.p, n) : 0;

    if (order != 0)
        return order;
    return (a.len > b.len) - (a.len < b.len);
}

#endif
