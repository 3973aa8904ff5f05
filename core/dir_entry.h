/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A directory entry in memory: what the filter looks at and the search answers with. Everything it
 * points to is of whoever made it (the generation's map, an arena) and immutable.
 */
#ifndef SEKISHO_CORE_DIR_ENTRY_H
#define SEKISHO_CORE_DIR_ENTRY_H

#include "core/dir_dn.h"
#include "core/dir_schema.h"

struct dir_values {
    const struct dir_attribute *attribute; /* never NULL */
    size_t num;                            /* at least 1 */
    const struct sk_bytes *values;         /* as stored (L-05); DER for the binary ones */
};

struct dir_entry {
    struct sk_bytes dn; /* text as published */
    struct dir_key key;
    bool is_referral; /* objectClass referral: see its values of ref (RFC 3296) */
    size_t num;       /* attributes: each type once, objectClass among them */
    const struct dir_values *attributes;
};

/* The values of exactly this type; NULL: none. Subtypes: walk with dir_schema_is_a(). */
const struct dir_values *dir_entry_get0(const struct dir_entry *entry,
                                        const struct dir_attribute *attribute);

#endif
