/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The listening sockets, owned by the supervisor and inherited by each network process.
 *
 * There is one SO_REUSEPORT socket per address and worker. They are made once and kept across
 * reloads: closing one would reset the clients in its queue, so only an address that no
 * configuration names any more is closed, and only when no process serves it.
 *
 * A service manager may hand sockets over (LISTEN_FDS, as systemd does): they are taken for the
 * addresses they are bound to. There is one of each, which the workers then share: a second one in
 * its port group would need the first one's owner and options.
 */
#ifndef SEKISHO_TOOLS_DAEMON_LISTEN_H
#define SEKISHO_TOOLS_DAEMON_LISTEN_H

#include "policy/config.h"

enum { LISTEN_SOCKETS = 1024 }; /* of all addresses */

struct listen_socket {
    char address[80]; /* canonical ADDRESS:PORT of the configuration */
    int fd;           /* bound, non-blocking, close-on-exec */
    bool is_listening;
    bool is_inherited; /* from the service manager, or a duplicate of such */
};

struct listen_table {
    struct listen_socket sockets[LISTEN_SOCKETS];
    size_t num_sockets;
};

/* Takes what the service manager has handed over, if anything; called once, before the first
 * listen_open(). SK_INPUT: not what LISTEN_FDS says. */
enum sk_status listen_inherit(struct listen_table *table, struct sk_err *err) SK_MUST_CHECK;
/* Takes a socket that listens, from this supervisor's earlier program. SK_INPUT, SK_LIMIT. */
enum sk_status listen_adopt(struct listen_table *table, int fd, bool is_inherited,
                            struct sk_err *err) SK_MUST_CHECK;
/* Binds what config needs and is not there. A socket gets clients from the moment it listens, so
 * none does before there is a process to accept them. On failure nothing is added. SK_IO with text,
 * SK_LIMIT. */
enum sk_status listen_open(struct listen_table *table, const struct sk_config *config,
                           struct sk_err *err) SK_MUST_CHECK;
/* Lets the sockets of config's addresses listen. SK_IO. */
enum sk_status listen_start(struct listen_table *table, const struct sk_config *config,
                            struct sk_err *err) SK_MUST_CHECK;
/* The descriptors of config's addresses, address by address; out holds LISTEN_SOCKETS. with_bound:
 * also those that do not listen yet. */
size_t listen_fds(const struct listen_table *table, const struct sk_config *config, bool with_bound,
                  int *out);
/* Closes the sockets that do not listen: of a configuration that was given up. */
void listen_close_bound(struct listen_table *table);
/* Closes the sockets of addresses that config does not name; NULL: all. */
void listen_close_others(struct listen_table *table, const struct sk_config *config);

#endif
