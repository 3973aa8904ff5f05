/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which revocation lists of a generation the policies depend on, and until when they hold.
 *
 * Made once for a generation and again when a certificate on the way to a CA has expired; immutable
 * and counted, so workers share it. A CA of the configuration is served by a policy when one of its
 * certificates has a path to the policy's anchors (revocation aside), and by every policy when that
 * cannot be told. A list counts as long as the certificate of the key that it names does: lists of
 * an earlier key, and older lists of one scope beside a newer one, make nothing stale.
 */
#ifndef SEKISHO_NET_SERVED_H
#define SEKISHO_NET_SERVED_H

#include "cache/generation.h"
#include "policy/config.h"

struct sk_served;

enum served_kind { SERVED_CRL = 0, SERVED_ARL, SERVED_DELTA };

/* A scope of a CA's lists: the newest list counts. */
struct served_list {
    const char *ca; /* name of the configuration's section */
    size_t index;   /* of the CA in the configuration */
    enum served_kind kind;
    int64_t this_update, next_update;
    int64_t needed_until; /* its key's certificate ends then */
    uint64_t num_entries;
    uint8_t scope[SK_SHA256]; /* issuer, key and issuingDistributionPoint */
};

/* "crl"; static. */
const char *served_kind_text(enum served_kind kind);

/* SK_NOMEM, SK_IO. */
enum sk_status served_new(const struct sk_config *config, struct sk_generation *gen, int64_t now,
                          struct sk_served **out, struct sk_err *err) SK_MUST_CHECK;
struct sk_served *served_ref(struct sk_served *served); /* accepts NULL */
void served_unref(struct sk_served *served);            /* accepts NULL */

/* Lists of one CA and kind stand together. */
size_t served_count(const struct sk_served *served);
const struct served_list *served_list_get0(const struct sk_served *served, size_t i);

/* Something it says has ended: it is to be made anew. */
bool served_is_over(const struct sk_served *served, int64_t now);

/* Past nextUpdate. */
bool served_is_stale(const struct served_list *list, int64_t now);

/* Takes the lists of one CA and kind, beginning with *i, which is left behind them; gives the one
 * that ends first of those that are needed. NULL: none is. False: no list is left. */
bool served_next(const struct sk_served *served, int64_t now, size_t *i,
                 const struct served_list **out);

/* What stands against answers: policy is the first that depends on it. */
enum served_fault_kind {
    SERVED_STALE = 1, /* a list is past its nextUpdate and the policy's grace */
    SERVED_MISSING,   /* a CA has no list and the policy requires revocation data */
};
struct served_fault {
    enum served_fault_kind kind;
    const char *ca, *policy;
    const struct served_list *list; /* SERVED_STALE */
};
typedef void (*served_fault_fn)(void *arg, const struct served_fault *fault);
/* Visits each list or CA that is at fault, once. */
void served_faults(const struct sk_served *served, int64_t now, served_fault_fn visit, void *arg);

#endif
