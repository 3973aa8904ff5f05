/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GeneralName (RFC 5280 4.2.1.6): one name of a subjectAltName, distribution point or constraint.
 */
#ifndef SEKISHO_CORE_GENERAL_NAME_H
#define SEKISHO_CORE_GENERAL_NAME_H

#include "core/arena.h"
#include "core/der.h"
#include "core/err.h"

enum general_name_kind { /* the context tag numbers */
                         GENERAL_NAME_OTHER = 0,
                         GENERAL_NAME_EMAIL = 1,
                         GENERAL_NAME_DNS = 2,
                         GENERAL_NAME_X400 = 3,
                         GENERAL_NAME_DIRECTORY = 4,
                         GENERAL_NAME_EDI_PARTY = 5,
                         GENERAL_NAME_URI = 6,
                         GENERAL_NAME_IP = 7,
                         GENERAL_NAME_REGISTERED_ID = 8,
};

struct general_name {
    enum general_name_kind kind;
    struct sk_bytes value; /* contents; for directoryName the whole Name (its SEQUENCE) */
    struct sk_bytes whole; /* tag and length included */
};

/* The next GeneralName of a GeneralNames cursor. IA5 kinds hold 7-bit octets without NUL, IP has 4
 * or 16 octets (8 or 32 in constraints: is_constraint). SK_INPUT when not. */
enum sk_status general_name_next(struct der *d, bool is_constraint,
                                 struct general_name *out) SK_MUST_CHECK;
/* Same kind and same value: directoryName by RFC 5280 7.1, DNS and the host part of e-mail without
 * case, everything else by octets. A Name that cannot be prepared equals nothing. */
bool general_name_equal(struct sk_arena *arena, const struct general_name *a,
                        const struct general_name *b);
/* True when any of the GeneralNames contents list a equals any of list b. */
bool general_names_intersect(struct sk_arena *arena, struct sk_bytes a, struct sk_bytes b);
/* "directoryName", "dNSName" ... */
const char *general_name_kind_text(enum general_name_kind kind);

#endif
