/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sequence of a CA's lists (C-20): a list never replaces a newer one of its scope. What a
 * network attacker can do with an old, rightly signed list ends here.
 */
#ifndef SEKISHO_TOOLS_FETCH_GUARD_H
#define SEKISHO_TOOLS_FETCH_GUARD_H

#include "tools/fetch/lists.h"

/* Compares a list with every held one that it could replace:
 *   of the same source: thisUpdate must not be older, whatever the scope; nor may cRLNumber, when
 *     issuer, scope and key are the same;
 *   of the same CA, issuer, scope and key, whatever the source: neither may be older.
 * The scope is the issuingDistributionPoint and being a delta. A list with another key of the
 * issuer may count by itself (RFC 5280 5.2.3 is about one key's lists as CAs practise it).
 * What is held but cannot be read is nothing to compare with, nor is what is not in force at now:
 * neither a damaged list nor one of a far future, made by mistake, may keep a good one out.
 * SK_INPUT: older, the text says what is held. */
enum sk_status guard_check(const struct held *held, const struct list *list, int64_t now,
                           struct sk_err *err) SK_MUST_CHECK;

#endif
