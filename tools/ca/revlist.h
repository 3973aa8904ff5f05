/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making a CRL (end-entity certificates) or ARL (link and cross certificates): RFC 5280 5.
 *
 * The list is written in one pass from the register, entry by entry, so that its size is bounded
 * by the memory of its own octets; then signed, read back by core/crl.h and verified.
 */
#ifndef SEKISHO_TOOLS_CA_REVLIST_H
#define SEKISHO_TOOLS_CA_REVLIST_H

#include "tools/ca/ca.h"

/* list: kind, this_update, next_update are given; number (unless it is given: the same list by
 * another key), generation, is_regular and der are set, der pointing into out. SK_INPUT when
 * this_update is older than the last list's. */
enum sk_status revlist_make(struct sk_ca *ca, const struct ca_key *issuer,
                            struct register_crl *list, struct sk_buf *out,
                            struct sk_err *err) SK_MUST_CHECK;

/* "keyCompromise" ...: only what may stand in a complete list. False when it is none of these. */
bool revlist_reason(const char *text, enum crl_reason *out);
const char *revlist_reason_text(enum crl_reason reason);

#endif
