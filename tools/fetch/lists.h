/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The revocation lists of a run: for each source the one that is published, fetched or held.
 *
 * A fetched list is accepted when its head is well-formed, it is not for attribute certificates,
 * its issuer is the CA, a verified key of that issuer signed it, and it is not older than what is
 * held (guard.h). Otherwise it is refused with its reason and the held one stays, as it does when
 * the source fails; a held list must still verify.
 *
 * What its issuer signed last is accepted although validation will not rely on it: a list that has
 * ended, one with a critical extension that is not known or with malformed entries (C-06), and one
 * that is not in force yet (RFC 5280 5.1.2.4), with which the held one stays until then. Such
 * faults are told. sekisho-verify sees the same lists, and both come to the same verdict.
 */
#ifndef SEKISHO_TOOLS_FETCH_LISTS_H
#define SEKISHO_TOOLS_FETCH_LISTS_H

#include "core/crl.h"
#include "tools/fetch/edges.h"

struct list {
    struct fetch_source *source;
    struct sk_crl crl; /* points into the source's body, the arena or the held map */
    uint8_t sha256[SK_SHA256];
    const struct sk_cert *signer;
    bool is_held; /* from a run before: its faults have been told */
};

/* Is it known to come as ARL (C-21)? A list for end entities only is none, wherever it lay. */
static inline bool list_is_arl(const struct list *list)
{
    return list->source->kind == FETCH_ARL && !list->crl.idp.only_user_certs;
}

struct lists {
    struct list *lists; /* in order of the plan */
    size_t num_lists, cap_lists;
};

struct lists_input {
    const struct pool *pool;
    struct sk_keyring *keys;
    const struct held *held;
    struct report *report;
    struct sk_arena *arena;
    int64_t now; /* wall time of the run */
};

/* SK_NOMEM. */
enum sk_status lists_gather(struct lists *lists, const struct lists_input *in,
                            struct fetch_plan *plan, struct sk_err *err) SK_MUST_CHECK;
void lists_done(struct lists *lists);

#endif
