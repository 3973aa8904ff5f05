/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of dir_value.c. Internal to core/dir_*.c and their tests.
 */
#ifndef SEKISHO_CORE_DIR_VALUE_INT_H
#define SEKISHO_CORE_DIR_VALUE_INT_H

#include "core/dir_value.h"

/* The canonical form under every rule but those of certificates, appended to out. */
enum sk_status dir_syntax_canon(struct sk_arena *arena, enum dir_rule rule, struct sk_bytes value,
                                struct sk_buf *out) SK_MUST_CHECK;
/* Text prepared by RFC 4518 for one of the string rules, appended. SK_NOTFOUND: it holds a code
 * point that RFC 4518 2.4 prohibits. SK_INPUT: not of the syntax. */
enum sk_status dir_syntax_prepare(enum dir_rule rule, struct sk_bytes text,
                                  struct sk_buf *out) SK_MUST_CHECK;
bool dir_syntax_is_string(enum dir_rule rule);
/* One line of a postal address without its escapes (RFC 4517 3.3.28), in the arena. SK_INPUT. */
enum sk_status dir_syntax_line(struct sk_arena *arena, struct sk_bytes line,
                               struct sk_bytes *out) SK_MUST_CHECK;

/* CertificateExactAssertion, or what a certificate has for it. p NULL in both: no such half of a
 * pair. */
struct pki_certificate {
    struct sk_bytes serial; /* contents of an INTEGER, minimal */
    struct sk_bytes issuer; /* name_canon() */
};
struct pki_pair {
    struct pki_certificate to, by; /* issuedToThisCA, issuedByThisCA */
};
struct pki_list {
    struct sk_bytes issuer; /* name_canon() */
    int64_t this_update;
    bool has_point;
    struct sk_bytes full_name; /* contents of GeneralNames; p NULL: the point is relative */
    struct sk_bytes relative;  /* name_canon_rdn() */
};

/* Stored values: DER. SK_INPUT, SK_LIMIT, SK_NOMEM. */
enum sk_status dir_pki_certificate(struct sk_arena *arena, struct sk_bytes der,
                                   struct pki_certificate *out) SK_MUST_CHECK;
enum sk_status dir_pki_pair(struct sk_arena *arena, struct sk_bytes der,
                            struct pki_pair *out) SK_MUST_CHECK;
enum sk_status dir_pki_list(struct sk_arena *arena, struct sk_bytes der,
                            struct pki_list *out) SK_MUST_CHECK;
/* Does the stored one fit what is asserted? */
bool dir_pki_is_certificate(const struct pki_certificate *asserted,
                            const struct pki_certificate *stored);
bool dir_pki_is_pair(const struct pki_pair *asserted, const struct pki_pair *stored);
bool dir_pki_is_list(struct sk_arena *arena, const struct pki_list *asserted,
                     const struct pki_list *stored);
/* Canonical forms, appended. */
void dir_pki_put_certificate(const struct pki_certificate *certificate, struct sk_buf *out);
void dir_pki_put_pair(const struct pki_pair *pair, struct sk_buf *out);
void dir_pki_put_list(const struct pki_list *list, struct sk_buf *out);

/* Assertions: GSER (RFC 3641, 3642, 4523 appendix A). */
enum sk_status dir_gser_certificate(struct sk_arena *arena, struct sk_bytes text,
                                    struct pki_certificate *out) SK_MUST_CHECK;
enum sk_status dir_gser_pair(struct sk_arena *arena, struct sk_bytes text,
                             struct pki_pair *out) SK_MUST_CHECK;
enum sk_status dir_gser_list(struct sk_arena *arena, struct sk_bytes text,
                             struct pki_list *out) SK_MUST_CHECK;

#endif
