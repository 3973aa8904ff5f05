/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the supervisor starts its two kinds of children, and what they do first.
 *
 * A child is the same program, executed anew with internal arguments, so that it starts with a
 * clean address space: the network process never held a key or a PKCS#11 module. It inherits only
 * the descriptors named to it, reads the configuration that the supervisor has checked (a memory
 * file, not the file on disk, which somebody may be editing), and dies with the supervisor.
 */
#ifndef SEKISHO_TOOLS_DAEMON_ROLE_H
#define SEKISHO_TOOLS_DAEMON_ROLE_H

#include <stdbool.h>
#include <sys/types.h>

#include "core/err.h"

struct sk_config;

enum role_kind { ROLE_NONE = 0, ROLE_NET, ROLE_KEY };

struct role {
    enum role_kind kind;
    const char *file; /* name of the configuration file: for messages and relative paths */
    int config;       /* memory file with its text */
    int control;      /* ROLE_NET: socket to the supervisor; ROLE_KEY: memory file with the PIN
                         that was asked for, or -1 */
    int admin;        /* ROLE_NET: listening UNIX socket of sekisho-ctl; -1: none */
    const int *fds;   /* ROLE_NET: listening sockets; ROLE_KEY: sockets of the workers */
    size_t num_fds;
};

/* Starts a child. All descriptors stay the caller's. */
enum sk_status role_start(const struct role *role, pid_t *out, struct sk_err *err) SK_MUST_CHECK;

/* True when these are the arguments of a child. */
bool role_is_child(int argc, char **argv);
/* Is the child; its exit status. */
int role_main(int argc, char **argv);

/* Parses the text in a memory file, which stays open; faults are logged. NULL: it cannot be. */
struct sk_config *role_config(const char *file, int fd);

const char *role_name(enum role_kind kind);

#endif
