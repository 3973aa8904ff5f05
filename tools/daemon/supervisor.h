/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The supervisor: owns the listening sockets, keeps one pair of processes (network and key)
 * serving, replaces it on SIGHUP without losing a request, ends it on SIGTERM or SIGINT. It reads
 * no byte of the network and holds no key.
 */
#ifndef SEKISHO_TOOLS_DAEMON_SUPERVISOR_H
#define SEKISHO_TOOLS_DAEMON_SUPERVISOR_H

/* Runs in the foreground until told to end. pid_file: written once the sockets listen, removed at
 * the end; may be NULL. The exit status: 0 after a wanted end, 64 for a bad configuration, 1
 * when it could not start. */
int supervisor_run(const char *file, const char *pid_file);

/* Checks a configuration, prints every fault to standard error: 0 or 64. */
int supervisor_check(const char *file);

#endif
