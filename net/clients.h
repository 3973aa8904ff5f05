/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many connections each client address has open: the cap by client.
 *
 * One table of the whole network process, because the kernel spreads a client's connections over
 * the workers by chance: counted by each worker alone, a client well below its cap could be
 * refused. It is asked twice in the life of a connection, never for a request. Its memory is fixed;
 * the hash is keyed anew in each process, so nobody can choose addresses that fall together.
 */
#ifndef SEKISHO_NET_CLIENTS_H
#define SEKISHO_NET_CLIENTS_H

#include "core/err.h"
#include "policy/address.h"

struct sk_clients;

struct clients_options {
    size_t connections;  /* open ones of the process */
    unsigned per_client; /* of one client */
    unsigned v6_prefix;  /* bits of an IPv6 address that make one client */
};

/* SK_NOMEM; SK_IO: no random numbers. */
enum sk_status clients_new(const struct clients_options *options, struct sk_clients **out,
                           struct sk_err *err) SK_MUST_CHECK;
void clients_free(struct sk_clients *clients); /* accepts NULL */

/* Counts a connection of this address; false: the client has as many as it may. Any thread. */
bool clients_enter(struct sk_clients *clients, const struct sk_address *address);
/* Takes back what clients_enter() has counted. */
void clients_leave(struct sk_clients *clients, const struct sk_address *address);

#endif
