/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GeneralSubtree (RFC 5280 4.2.1.10): one subtree of nameConstraints, and whether a name lies in
 * it.
 *
 * The answer has three values. Where a form does not let us say (a wildcard that reaches into a
 * subtree, a URI without a host, a kind we do not process) it is UNDECIDED, and the caller must
 * take the worse: not permitted, or excluded. Internal to core/ and its tests.
 */
#ifndef SEKISHO_CORE_SUBTREE_H
#define SEKISHO_CORE_SUBTREE_H

#include "core/general_name.h"

enum subtree_answer { SUBTREE_UNDECIDED = 0, SUBTREE_OUTSIDE, SUBTREE_WITHIN };

struct subtree {
    struct general_name base;
    struct sk_bytes canon; /* of a directoryName base */
};

/* A name to be compared: kind and value as in a certificate; canon of a directoryName. */
struct subtree_name {
    enum general_name_kind kind;
    struct sk_bytes value;
    struct sk_bytes canon;
};

/* The next GeneralSubtree of a list. SK_INPUT, with text: malformed, minimum not 0, maximum present
 * (V-43), or an address mask with holes. SK_LIMIT, SK_NOMEM from the canonical form. */
enum sk_status subtree_next(struct der *list, struct sk_arena *arena, struct subtree *out,
                            struct sk_err *err) SK_MUST_CHECK;

/* Both of one kind; another kind is SUBTREE_UNDECIDED. */
enum subtree_answer subtree_holds(const struct subtree *subtree, const struct subtree_name *name);

#endif
