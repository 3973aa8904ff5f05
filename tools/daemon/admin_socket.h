/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The control socket's place in the file system. The supervisor makes it, the network process
 * answers at it; a reload that keeps its name keeps the socket.
 */
#ifndef SEKISHO_TOOLS_DAEMON_ADMIN_SOCKET_H
#define SEKISHO_TOOLS_DAEMON_ADMIN_SOCKET_H

#include "policy/config.h"

enum { ADMIN_SOCKET_PATH = 128 }; /* octets of a path, with its end */

/* Listens at server.control_socket, for its owner alone. What another server answers at is left
 * alone; a socket that nobody answers at is replaced. SK_IO. */
enum sk_status admin_socket_open(const struct config_server *server, int *out,
                                 struct sk_err *err) SK_MUST_CHECK;
/* Lets in whom the configuration says. SK_IO, SK_NOTFOUND: no such group. */
enum sk_status admin_socket_permit(const struct config_server *server,
                                   struct sk_err *err) SK_MUST_CHECK;
/* Is there such a group, if one is named? */
enum sk_status admin_socket_check(const struct config_server *server,
                                  struct sk_err *err) SK_MUST_CHECK;
/* Where a socket of admin_socket_open() was made. False: it is none. */
bool admin_socket_path(int fd, char out[ADMIN_SOCKET_PATH]);

#endif
