/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The supervisor: owns the listening sockets, keeps one pair of processes (network and key)
 * serving, replaces it on SIGHUP without losing a request, becomes the program on the disk on
 * SIGUSR2 and replaces it then, ends it on SIGTERM or SIGINT. It reads
 * no byte of the network and holds no key.
 */
#ifndef SEKISHO_TOOLS_DAEMON_SUPERVISOR_H
#define SEKISHO_TOOLS_DAEMON_SUPERVISOR_H

#include "tools/daemon/upgrade.h"

/* Runs in the foreground until told to end. The pid file is written once the sockets listen, and
 * removed at the end. handover: what an earlier program left, -1: this one starts afresh. The exit
 * status: 0 after a wanted end, 64 for a bad configuration, 1 when it could not start. */
int supervisor_run(const struct upgrade_program *program, int handover);

/* Checks a configuration, prints every fault to standard error: 0 or 64. */
int supervisor_check(const char *file);

#endif
