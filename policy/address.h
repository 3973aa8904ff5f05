/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Client addresses in one form, and ranges of them: for caps by client, access rules and log lines.
 *
 * An IPv4 address is held as ::ffff:a.b.c.d, so that a client of a socket that serves both families
 * is the same client. Pure.
 */
#ifndef SEKISHO_POLICY_ADDRESS_H
#define SEKISHO_POLICY_ADDRESS_H

#include "core/bytes.h"
#include "core/status.h"

struct sockaddr_storage;

enum { ADDRESS_TEXT = 64, ADDRESS_V4_BITS = 96 }; /* room for a text; what precedes IPv4 */

struct sk_address {
    uint8_t octets[16]; /* all zero: not of the Internet (a Unix socket) */
};

struct address_range {
    struct sk_address first; /* bits behind the prefix are zero */
    unsigned bits;           /* of 128 */
};

/* What accept() gave. */
void address_of(const struct sockaddr_storage *from, struct sk_address *out);
bool address_is_v4(const struct sk_address *address);
/* Keeps the first bits of an IPv4 (0 to 32) or IPv6 address (0 to 128) and clears the rest. */
void address_cut(struct sk_address *address, unsigned v4_bits, unsigned v6_bits);
/* "192.0.2.1", "2001:db8::1". */
void address_to_text(const struct sk_address *address, char out[ADDRESS_TEXT]);
/* A socket's own address as [server] listen has it: "192.0.2.1:80", "[::]:80". SK_INPUT: not of the
 * Internet. */
enum sk_status address_of_listener(int socket, char out[ADDRESS_TEXT]) SK_MUST_CHECK;

/* ADDRESS or ADDRESS/BITS in numbers, no bit set behind the prefix. SK_INPUT. */
enum sk_status address_range_parse(const char *text, struct address_range *out) SK_MUST_CHECK;
bool address_range_has(const struct address_range *range, const struct sk_address *address);

#endif
