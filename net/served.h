/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which revocation lists of a generation the policies depend on, and what stands against them.
 *
 * Made once for a generation and again when something that it says may have ended; immutable and
 * counted, so workers share it. A CA of the configuration is served by a policy when one of its
 * certificates has a path to the policy's anchors (revocation aside), and by every policy when that
 * cannot be told. Whether its lists are enough is asked of the judge itself, about a serial that no
 * list holds, by each policy, for each key of the CA and for both kinds of certificates: what would
 * be undetermined for everybody is a fault. So dates, numbers, scopes, signers, deltas and
 * rollovers count here just as they do in an answer.
 *
 * The lists stand beside that for people and for figures, each with its state.
 */
#ifndef SEKISHO_NET_SERVED_H
#define SEKISHO_NET_SERVED_H

#include "cache/generation.h"
#include "policy/config.h"

struct sk_served;

enum served_state {
    SERVED_USED = 0,       /* verdicts rest on it, in its time or past it */
    SERVED_SUPERSEDED,     /* a newer one of the same scope and key stands in its place (C-20) */
    SERVED_NOT_IN_FORCE,   /* its thisUpdate is to come */
    SERVED_NO_NEXT_UPDATE, /* proves nothing (C-01) */
    SERVED_UNUSABLE,       /* something critical in it is not known, or it is malformed (C-06) */
    SERVED_KEY_ENDED,      /* so have the certificates of the key that signed it */
    SERVED_DELTA_WITHOUT_BASE, /* it completes no list that is used (C-14) */
    SERVED_STATES,
};
/* "used"; static. */
const char *served_state_text(enum served_state state);

struct served_list {
    const char *ca; /* name of the configuration's section */
    size_t index;   /* of the CA in the configuration */
    enum crl_kind kind;
    enum served_state state;
    int64_t this_update, next_update;
};

/* SK_NOMEM, SK_IO, SK_LIMIT; SK_INPUT: the generation is damaged. */
enum sk_status served_new(const struct sk_config *config, struct sk_generation *gen, int64_t now,
                          struct sk_served **out, struct sk_err *err) SK_MUST_CHECK;
struct sk_served *served_ref(struct sk_served *served); /* accepts NULL */
void served_unref(struct sk_served *served);            /* accepts NULL */

/* Lists of one CA and kind stand together. */
size_t served_count(const struct sk_served *served);
const struct served_list *served_list_get0(const struct sk_served *served, size_t i);

/* OCSP requests about everything that is known of the CAs with `pre-produce = all`, as
 * ocsp_write_request() writes them; a cap bounds them. */
size_t served_num_questions(const struct sk_served *served);
struct sk_bytes served_question(const struct sk_served *served, size_t i);

/* Something it says may have ended: it is to be made anew. */
bool served_is_over(const struct sk_served *served, int64_t now);

/* Past nextUpdate. */
bool served_is_stale(const struct served_list *list, int64_t now);

/* The lists of one CA and kind. */
struct served_group {
    const char *ca;
    enum crl_kind kind;
    const struct served_list *first; /* of those used the one that ends first; NULL: none is used */
    size_t counts[SERVED_STATES];
};
/* Takes the group that begins with *i, which is left behind it. False: no list is left. */
bool served_next(const struct sk_served *served, size_t *i, struct served_group *out);

/* What stands against answers. */
enum served_fault_kind {
    SERVED_FAULT_NONE = 0,
    SERVED_FAULT_MISSING, /* there is no list, or a part of it, and the policy requires it */
    SERVED_FAULT_LIST,    /* what there is cannot be relied upon */
    SERVED_FAULT_STALE,   /* or is past its nextUpdate and the policy's grace */
    SERVED_FAULT_UNKNOWN, /* a budget ended, or it was not looked at again in time */
};
struct served_fault {
    enum served_fault_kind kind;
    const char *ca, *policy; /* the first policy that depends on it */
    const char *text;        /* what was found */
};
typedef void (*served_fault_fn)(void *arg, const struct served_fault *fault);
/* Visits what is at fault of each CA, once. */
void served_faults(const struct sk_served *served, int64_t now, served_fault_fn visit, void *arg);

/* The first of the CA's addresses of lists of which the generation has nothing: what it would list
 * nobody knows. SK_NOTFOUND: there is something of each. */
enum sk_status served_missing_source(struct sk_reader *reader, const struct config_ca *ca,
                                     const char **out) SK_MUST_CHECK;

#endif
