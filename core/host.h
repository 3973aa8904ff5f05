/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Host names, and where they stand in mailboxes and URIs: what name constraints and name matching
 * need to agree on.
 *
 * A host is labels of 1 to 63 letters, digits, '-' and '_', separated by dots, 253 octets at most,
 * without a final dot; a last label of digits alone makes it an IPv4 address, which is no host.
 * Internationalised names come as A-labels (RFC 9549). Letters compare without case. Pure
 * functions; results point into the input.
 */
#ifndef SEKISHO_CORE_HOST_H
#define SEKISHO_CORE_HOST_H

#include "core/bytes.h"

bool host_is_valid(struct sk_bytes host);
bool host_equal(struct sk_bytes a, struct sk_bytes b);
/* host is domain, which is not empty, or domain with labels added on the left. */
bool host_is_within(struct sk_bytes host, struct sk_bytes domain);
/* The name after its left-most label ("b.c" of "a.b.c"); empty when it has one label. */
struct sk_bytes host_parent(struct sk_bytes host);

/* local-part "@" domain (RFC 5321 4.1.2; the local part may be UTF-8, RFC 6531 3.3), cut at the
 * last
 * "@". False: not a mailbox with a valid host, or one that is read in two ways: an "@" before the
 * last must stand in quotes. */
bool host_of_mailbox(struct sk_bytes mailbox, struct sk_bytes *out_local,
                     struct sk_bytes *out_host);
/* The scheme of a URI (RFC 3986 3.1), which may have no authority. */
bool host_scheme_of_uri(struct sk_bytes uri, struct sk_bytes *out_scheme);
/* scheme "://" [userinfo "@"] host [":" port] ... (RFC 3986 3.2). False: no such authority, or its
 * host is an address or not valid. */
bool host_of_uri(struct sk_bytes uri, struct sk_bytes *out_scheme, struct sk_bytes *out_host);

#endif
