/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attributes of an entry that nobody has published, for the server knows them itself: entryDN (RFC
 * 5020), subschemaSubentry and structuralObjectClass (RFC 4512 3.4), hasSubordinates (X.501).
 * There are no dates of creation and change: a generation knows when it was made, not since when an
 * entry is what it is.
 */
#ifndef SEKISHO_NET_LDAP_ENTRY_H
#define SEKISHO_NET_LDAP_ENTRY_H

#include "cache/dit.h"
#include "core/dir_filter.h"

/* Can the filter be about one of them? */
bool ldap_entry_is_asked(const struct dir_filter *filter);
/* Is this one of them? */
bool ldap_entry_makes(const struct dir_attribute *attribute);
/* Puts those into a published entry that it does not have. SK_LIMIT: no room in the arena; SK_IO,
 * SK_INPUT of the generation. */
enum sk_status ldap_entry_complete(struct sk_reader *reader, struct sk_arena *arena,
                                   struct dir_entry *entry) SK_MUST_CHECK;

#endif
