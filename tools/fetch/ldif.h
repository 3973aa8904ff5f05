/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records of an LDIF file (RFC 2849): entries only, one at a time, within limits.
 *
 * libldap reads LDIF too, but it opens what "include:" and "attribute:< URL" name and takes records
 * of any size; here both are refused. What is wrong with one record ends that record alone.
 */
#ifndef SEKISHO_TOOLS_FETCH_LDIF_H
#define SEKISHO_TOOLS_FETCH_LDIF_H

#include <stdio.h>

#include "core/buf.h"
#include "core/err.h"

struct ldif_line {
    unsigned long number;  /* of the line it begins in */
    struct sk_bytes type;  /* attribute description as written */
    struct sk_bytes value; /* decoded */
};

struct ldif_record {
    unsigned long number; /* of its first line */
    struct sk_bytes dn;
    const struct ldif_line *lines; /* what follows the dn */
    size_t num;
};

struct ldif {
    FILE *file;           /* borrowed */
    unsigned long number; /* of the last line read */
    bool is_begun, is_ended;
    size_t max_bytes; /* of one record: LIMIT_LDIF_RECORD_BYTES, less in tests */
    struct sk_buf text, decoded;
    struct ldif_line *lines; /* values point into text */
    size_t num, cap;
    struct ldif_record record;
};

void ldif_init(struct ldif *ldif, FILE *file);
void ldif_done(struct ldif *ldif);

/* The next record; what it points to is dead after the next call. SK_NOTFOUND at the end. SK_INPUT,
 * SK_LIMIT: this record is refused, ldif->record.number and err say which and why; the next call
 * goes on behind it. SK_IO, SK_NOMEM: there is no going on. */
enum sk_status ldif_next(struct ldif *ldif, const struct ldif_record **out,
                         struct sk_err *err) SK_MUST_CHECK;

#endif
