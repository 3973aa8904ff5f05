/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Comparing values by matching rules (RFC 4517 4, RFC 4518, RFC 4523 2.4-2.9).
 *
 * An assertion is prepared once (dir_assertion_new(), dir_substrings_new()) and compared with many
 * values. Results are of three values (RFC 4511 4.5.1.7). Pure functions; memory from the arena.
 * Text longer than LIMIT_DIR_TEXT_BYTES is not compared (undefined).
 */
#ifndef SEKISHO_CORE_DIR_VALUE_H
#define SEKISHO_CORE_DIR_VALUE_H

#include "core/arena.h"
#include "core/dir_entry.h"

enum dir_truth { DIR_FALSE = 0, DIR_TRUE, DIR_UNDEFINED };

/* The canonical form of a value under an equality rule: two values match exactly when these octets
 * are equal (for CRLs: only when; issuer and thisUpdate are in it, the distribution point is not).
 * It is what the index of cache/dit.h is made of. SK_INPUT: not of the rule's syntax; SK_LIMIT,
 * SK_NOMEM. */
enum sk_status dir_value_canon(struct sk_arena *arena, enum dir_rule rule, struct sk_bytes value,
                               struct sk_bytes *out) SK_MUST_CHECK;
/* The same of an assertion value: differs from dir_value_canon() for the certificate rules, where
 * an assertion is GSER (RFC 4523 appendix A: "{ serialNumber 5, issuer rdnSequence:\"CN=CA,C=JP\"
 * }"; for certificates also the older "5$CN=CA,C=JP"). SK_INPUT: not of the assertion's syntax: the
 * filter item is undefined. SK_NOTFOUND: right, but it fits values of several canonical forms: half
 * a pair, a uniqueMember with a unique identifier. */
enum sk_status dir_assertion_canon(struct sk_arena *arena, enum dir_rule rule,
                                   struct sk_bytes assertion, struct sk_bytes *out) SK_MUST_CHECK;

/* May an extensible filter use this equality rule on the attribute (RFC 4517 4.1: the rules of
 * strings serve several syntaxes)? */
bool dir_value_may_use(const struct dir_attribute *attribute, enum dir_rule rule);

struct dir_assertion; /* prepared, immutable, in the arena */
/* SK_INPUT: the assertion is not of the rule's syntax; SK_LIMIT, SK_NOMEM. */
enum sk_status dir_assertion_new(struct sk_arena *arena, enum dir_rule rule,
                                 struct sk_bytes assertion,
                                 const struct dir_assertion **out) SK_MUST_CHECK;
/* dir_assertion_canon() of a prepared one. */
enum sk_status dir_assertion_get_canon(struct sk_arena *arena,
                                       const struct dir_assertion *assertion,
                                       struct sk_bytes *out) SK_MUST_CHECK;
enum dir_truth dir_value_equals(struct sk_arena *scratch, const struct dir_assertion *assertion,
                                struct sk_bytes value);
/* value >= assertion, value <= assertion, by an ordering rule. */
enum dir_truth dir_value_at_least(struct sk_arena *scratch, const struct dir_assertion *assertion,
                                  struct sk_bytes value);
enum dir_truth dir_value_at_most(struct sk_arena *scratch, const struct dir_assertion *assertion,
                                 struct sk_bytes value);

/* The pieces of a SubstringFilter; p NULL: there is no initial, no final one. */
struct dir_pieces {
    struct sk_bytes initial, final;
    const struct sk_bytes *any;
    size_t num_any;
};
struct dir_substrings; /* prepared, immutable, in the arena */
/* SK_INPUT: the rule has no substrings, or a piece is empty or not of its syntax. */
enum sk_status dir_substrings_new(struct sk_arena *arena, enum dir_rule rule,
                                  const struct dir_pieces *pieces,
                                  const struct dir_substrings **out) SK_MUST_CHECK;
enum dir_truth dir_value_has(struct sk_arena *scratch, const struct dir_substrings *substrings,
                             struct sk_bytes value);

#endif
