/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Distinguished names of the directory (RFC 4514, 4518) and the keys under which entries stand.
 *
 * A key is one hash of 16 octets for each RDN, the root's first: the first 16 octets of SHA-256 of
 * the RDN's canonical form (name_canon_rdn() of core/name.h). So an ancestor's key is a prefix of
 * its descendants' keys, a subtree is a range of keys, and a DN written as text and the Name of a
 * certificate have one key (L-16). The exception is core/name.h's: a value with a code point that
 * RFC 4518 prohibits (private use) equals only one of its own string type, and text is UTF8String.
 * At most LIMIT_DIR_DEPTH RDNs. Pure functions.
 */
#ifndef SEKISHO_CORE_DIR_DN_H
#define SEKISHO_CORE_DIR_DN_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/limits.h"

enum { DIR_RDN_HASH = 16 };
struct dir_key {
    unsigned depth; /* number of RDNs; 0: the root DSE */
    uint8_t hash[LIMIT_DIR_DEPTH * DIR_RDN_HASH];
};

/* text: RFC 4514, with what clients of RFC 1779 and 2253 write too: blanks around ',' '+' '=', ';'
 * for ',', quoted values, an "OID." in front of a dotted type. "" is the root. SK_INPUT: not a DN,
 * a type name that the schema does not have (a dotted OID always has a meaning), a type twice in
 * one RDN (RFC 4512 2.3.1); SK_LIMIT: too long or deep; SK_NOMEM. */
enum sk_status dir_dn_key(struct sk_arena *arena, struct sk_bytes text, struct dir_key *out,
                          struct sk_err *err) SK_MUST_CHECK;
/* The DN as the DER of an X.501 Name in the arena: UTF8String values (PrintableString or IA5String
 * where the attribute's syntax says so), "#hex" values as they are. */
enum sk_status dir_dn_name(struct sk_arena *arena, struct sk_bytes text, struct sk_bytes *out_der,
                           struct sk_err *err) SK_MUST_CHECK;
/* The key of a certificate's Name (whole DER). */
enum sk_status dir_dn_key_of_name(struct sk_arena *arena, struct sk_bytes name_der,
                                  struct dir_key *out, struct sk_err *err) SK_MUST_CHECK;
/* The text of the parent (the part after the first RDN), pointing into text; only the first RDN is
 * looked at. SK_NOTFOUND for the root; SK_INPUT. */
enum sk_status dir_dn_parent(struct sk_bytes text, struct sk_bytes *out) SK_MUST_CHECK;
/* One attribute of the first RDN at a time (an entry has these values): type name or OID as
 * written, without "OID."; value as UTF-8 in the arena, or the DER of a "#hex" value that is no
 * text. Visits in order, none for the root; ends with the status of visit when that is not SK_OK.
 */
typedef enum sk_status (*dir_dn_ava_fn)(void *arg, struct sk_bytes type, struct sk_bytes value);
enum sk_status dir_dn_rdn_values(struct sk_arena *arena, struct sk_bytes text, dir_dn_ava_fn visit,
                                 void *arg) SK_MUST_CHECK;

/* The octets to store a key by: DIR_RDN_HASH for each RDN. */
struct sk_bytes dir_key_bytes(const struct dir_key *key);
bool dir_key_equal(const struct dir_key *a, const struct dir_key *b);
/* base is key itself or an ancestor of it. */
bool dir_key_within(const struct dir_key *key, const struct dir_key *base);

#endif
