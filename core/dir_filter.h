/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Search filters (RFC 4511 4.5.1.7, 4526): read from BER, prepared once, evaluated on many entries
 * with three-valued logic (L-15).
 *
 * Only a malformed or too large filter fails to be read; an unknown attribute, an assertion that
 * does not fit or a rule that does not apply makes its item undefined. Neither reading nor
 * evaluation recurses deeper than LIMIT_DIR_FILTER_DEPTH; a filter has at most
 * LIMIT_DIR_FILTER_ITEMS nodes and pieces of substrings together.
 */
#ifndef SEKISHO_CORE_DIR_FILTER_H
#define SEKISHO_CORE_DIR_FILTER_H

#include "core/der.h"
#include "core/dir_value.h"

enum dir_filter_kind {
    DIR_FILTER_AND,
    DIR_FILTER_OR,
    DIR_FILTER_NOT,
    DIR_FILTER_EQUALITY,
    DIR_FILTER_SUBSTRINGS,
    DIR_FILTER_AT_LEAST,
    DIR_FILTER_AT_MOST,
    DIR_FILTER_PRESENT,
    DIR_FILTER_APPROX, /* evaluated as equality */
    DIR_FILTER_EXTENSIBLE,
    DIR_FILTER_UNDEFINED, /* an item that can only be undefined */
};

struct dir_filter {
    enum dir_filter_kind kind;
    const struct dir_filter *child,
        *next; /* AND, OR, NOT: the first child (NULL: none); siblings */
    const struct dir_attribute *attribute; /* items; NULL only for some EXTENSIBLE */
    const struct dir_assertion *assertion; /* EQUALITY, AT_LEAST, AT_MOST, APPROX, EXTENSIBLE */
    struct sk_bytes
        canon; /* EQUALITY, APPROX: dir_assertion_canon(), for the index; p NULL: none */
    const struct dir_class
        *class; /* (objectClass=x): its subclasses match as well (RFC 4512 2.4) */
    const struct dir_substrings *substrings;
    enum dir_rule rule; /* EXTENSIBLE */
    bool dn_attributes;
};

/* ber: at the Filter CHOICE; moves behind it. The filter lives in the arena and points into nothing
 * of ber. SK_INPUT malformed, SK_LIMIT, SK_NOMEM. */
enum sk_status dir_filter_read(struct der *ber, struct sk_arena *arena,
                               const struct dir_filter **out, struct sk_err *err) SK_MUST_CHECK;
/* The caller resets scratch between entries. Work done (octets compared) is added to *io_work. When
 * this entry alone would cost more than LIMIT_DIR_MATCH_WORK, what is left is undefined and
 * *io_work has grown by more than that. */
enum dir_truth dir_filter_match(const struct dir_filter *filter, const struct dir_entry *entry,
                                struct sk_arena *scratch, uint64_t *io_work);

#endif
