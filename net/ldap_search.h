/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A search (RFC 4511 4.5) in slices: it goes on where it stopped, whatever time has passed.
 *
 * Between two slices it is its prepared filter and a position; entries that it finds go straight
 * into the output queue of its connection. It knows no socket.
 */
#ifndef SEKISHO_NET_LDAP_SEARCH_H
#define SEKISHO_NET_LDAP_SEARCH_H

#include "net/ldap_root.h"
#include "net/ldap_write.h"

struct ldap_search;

enum ldap_progress {
    LDAP_GOES_ON = 0, /* wants another slice */
    LDAP_IS_DONE,     /* see its result */
    LDAP_IS_BROKEN,   /* what the queue holds is no message any more: no memory */
};

/* request: decoded, without a fault; its octets and env's reader outlive the search. NULL: no
 * memory. A search that cannot be is done with its first slice. */
struct ldap_search *ldap_search_new(const struct ldap_env *env, const struct ldap_request *request,
                                    int64_t now_us);
void ldap_search_free(struct ldap_search *search); /* accepts NULL */

/* One slice: about LIMIT_LDAP_SLICE_WORK, or as much as fills out to LIMIT_LDAP_OUTPUT_BYTES.
 * scratch is reset by it. */
enum ldap_progress ldap_search_run(struct ldap_search *search, struct sk_arena *scratch,
                                   struct evbuffer *out, int64_t now_us);

/* When it is done; lives as long as the search. */
const struct ldap_result *ldap_search_result_get0(const struct ldap_search *search);
/* Memory that it takes between slices. */
size_t ldap_search_octets(const struct ldap_search *search);
unsigned ldap_search_entries(const struct ldap_search *search);
unsigned ldap_search_references(const struct ldap_search *search);
enum ldap_scope ldap_search_scope(const struct ldap_search *search);

#endif
