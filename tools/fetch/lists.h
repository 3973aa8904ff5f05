/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The revocation lists of a run: for each source the one that is published, fetched or held.
 *
 * A fetched list is accepted when it is well-formed to its last entry, its scope is what the source
 * is configured for, its issuer is the CA, a verified key of that issuer signed it, it is current
 * (RFC 5280 5.1.2.4, 5.1.2.5), and it is not older than what is held (guard.h). Otherwise it is
 * refused with its reason and the held one stays, as it does when the source fails; a held list
 * must still verify, but may have ended.
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
};

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
