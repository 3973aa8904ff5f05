/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of served.h: what it holds (served.c), the states of the lists (served_lists.c), what
 * the judge says of each CA (served_needs.c), what may be asked of OCSP (served_questions.c).
 */
#ifndef SEKISHO_NET_SERVED_INT_H
#define SEKISHO_NET_SERVED_INT_H

#include <stdatomic.h>

#include "net/served.h"

/* What a policy needs of a CA's lists for one kind of certificates. */
struct served_need {
    enum served_fault_kind fault;
    const char *text; /* of the fault */
    int64_t until;    /* without a fault: said until then */
};
enum { SERVED_FOR_USERS = 0, SERVED_FOR_CAS, SERVED_FOR }; /* kinds of certificates */

struct sk_served {
    atomic_uint refs;
    const struct sk_config *config; /* borrowed: outlives every worker */
    struct sk_arena *arena;         /* owns all below */
    struct served_list *lists;
    size_t num_lists;
    struct served_need *needs; /* by CA, policy and kind of certificates */
    struct sk_bytes *questions;
    size_t num_questions;
    int64_t ends;
};

static inline struct served_need *served_need(const struct sk_served *served, size_t ca,
                                              size_t policy, size_t for_what)
{
    return &served->needs[(ca * served->config->num_policies + policy) * SERVED_FOR + for_what];
}

/* A list while its state is found out. */
struct served_seen {
    struct served_list list;
    struct sk_crl crl;
    bool is_arl, is_usable;
    const struct sk_cert *signer; /* a certificate of the key that signed it; NULL: not known */
    int64_t signer_until;         /* the last of that key's certificates ends then */
};

/* What making one works with. */
struct served_making {
    struct sk_served *served;
    struct sk_reader *reader;
    struct sk_arena *lasting; /* until it is made */
    struct sk_arena *job;     /* of one question to the judge */
    struct sk_keyring *keys;
    int64_t now;
    struct served_seen **seen; /* lists of one CA together */
    size_t num_seen, max_seen;
};

/* It may be otherwise from then on. */
void served_note_end(struct served_making *make, int64_t when);
bool served_is_anchor(const struct sk_params *params, const struct sk_cert *cert);

enum sk_status served_look_at_lists(struct served_making *make) SK_MUST_CHECK;
/* After the lists: the keys that signed them are keys of their CA. */
enum sk_status served_look_at_needs(struct served_making *make) SK_MUST_CHECK;
enum sk_status served_collect_questions(struct served_making *make) SK_MUST_CHECK;

#endif
