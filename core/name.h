/* SPDX-License-Identifier: Apache-2.0 */
/*
 * X.501 Names: comparison by RFC 5280 7.1 through a canonical form, and text by RFC 4514.
 *
 * name_canon() turns a Name into octets such that two Names match exactly when the octets are
 * equal, and a Name is an initial sequence of RDNs of another exactly when its octets are a prefix.
 * Values of PrintableString, UTF8String, BMPString, TeletexString, UniversalString, IA5String and
 * NumericString are prepared by RFC 4518 (map, NFKC, case folding, white space); other values, and
 * values that do not decode, compare by their DER octets, tag included. AVAs of one RDN are sorted.
 * RDN order counts. Pure functions; results live in the arena.
 */
#ifndef SEKISHO_CORE_NAME_H
#define SEKISHO_CORE_NAME_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"

enum { NAME_HASH = 32 };

/* name: a whole Name (SEQUENCE, tag and length included). The empty Name gives zero octets.
 * SK_INPUT malformed, SK_LIMIT over LIMIT_NAME_*, SK_NOMEM. */
enum sk_status name_canon(struct sk_arena *arena, struct sk_bytes name, struct sk_bytes *out_canon,
                          struct sk_err *err) SK_MUST_CHECK;
/* One RelativeDistinguishedName (whole SET, or the contents of one with an implicit tag when
 * is_contents) in the same form: concatenating RDN forms gives the Name's form. */
enum sk_status name_canon_rdn(struct sk_arena *arena, struct sk_bytes rdn, bool is_contents,
                              struct sk_bytes *out_canon, struct sk_err *err) SK_MUST_CHECK;

/* How long name_canon() may take for names in octets of DER, in units of 0.4 us. */
size_t name_work(struct sk_bytes names);
/* RFC 5280 7.1: do the Names match? Both canonical. */
bool name_equal(struct sk_bytes canon_a, struct sk_bytes canon_b);
/* Is base an initial sequence of RDNs of name? Both canonical. The empty base holds every name. */
bool name_within(struct sk_bytes canon_name, struct sk_bytes canon_base);
/* SHA-256 of the canonical form: the key under which stores keep a name. */
void name_hash(struct sk_bytes canon, uint8_t out[NAME_HASH]);

/* Appends the Name as RFC 4514 text ("CN=x,O=y,C=JP"), control bytes escaped. */
enum sk_status name_to_text(struct sk_bytes name, struct sk_buf *out) SK_MUST_CHECK;

/* The same for one line of text: cut with "..." when it is longer than size allows, "an empty name"
 * when there is nothing to show. */
void name_short_text(struct sk_bytes name, char *out, size_t size);

/* One attribute of a Name at a time, in order of the encoding. */
struct name_walk {
    const uint8_t *p, *end;         /* rest of the RDNSequence */
    const uint8_t *rdn_p, *rdn_end; /* rest of the current RDN; NULL before the first */
    unsigned rdn;                   /* index of the RDN of the last attribute */
};
struct name_attribute {
    struct sk_bytes type;  /* OID contents */
    uint8_t tag;           /* string type of the value */
    struct sk_bytes value; /* contents of the value */
    unsigned rdn;          /* which RDN it stands in, from 0 */
};
enum sk_status name_walk_init(struct name_walk *w, struct sk_bytes name) SK_MUST_CHECK;
/* SK_NOTFOUND at the end. */
enum sk_status name_walk_next(struct name_walk *w, struct name_attribute *out) SK_MUST_CHECK;

#endif
