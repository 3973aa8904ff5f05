/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The object classes of an entry that a run makes (RFC 4512 2.4, 4519, 4523, 4524): a structural
 * class that its name fits, and auxiliary ones for what it holds.
 */
#ifndef SEKISHO_TOOLS_FETCH_CLASSES_H
#define SEKISHO_TOOLS_FETCH_CLASSES_H

#include "tools/fetch/tree.h"

/* Adds objectClass and the attributes of its name; to an imported entry, which has both, the
 * auxiliary classes that it lacks. SK_NOMEM. */
enum sk_status classes_put(struct tree *tree, struct tree_node *node) SK_MUST_CHECK;
/* Has it the class referral (RFC 3296)? */
bool classes_is_referral(const struct tree_node *node);

#endif
