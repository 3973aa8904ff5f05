/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program is replaced while it serves: the supervisor becomes the program that stands on the
 * disk now (exec, so process id, children and sockets stay its own) and does a reload.
 *
 * What it takes along is a memory file whose descriptor is an internal argument. A program that
 * would not understand that is never started: it is asked before (upgrade_check()), since after
 * the exec there is no way back.
 */
#ifndef SEKISHO_TOOLS_DAEMON_UPGRADE_H
#define SEKISHO_TOOLS_DAEMON_UPGRADE_H

#include "tools/daemon/listen.h"
#include "tools/daemon/pair.h"

enum {
    UPGRADE_FORMAT = 2, /* of what is taken along; any change of it is another number */
    UPGRADE_PAIRS = 64, /* taken along at most */
};

/* How this program was started, and is started again. */
struct upgrade_program {
    const char *program;  /* path; NULL: not known */
    const char *file;     /* configuration */
    const char *pid_file; /* may be NULL */
};

/* What goes from one program to the next. */
struct upgrade_state {
    struct listen_table *listeners;
    struct pair_list *pairs;
    struct asker_list *askers; /* who waits for a reload: the next program's first one */
    int pin;                   /* memory file; -1: none */
};

/* argv0 when it is a path, else where this program stands on the disk; out holds size. NULL: it
 * cannot be told. */
const char *upgrade_program_path(const char *argv0, char *out, size_t size);

/* Starts the program on the disk to check whether it can take over with the configuration that is
 * there: it then ends with 0. SK_IO. */
enum sk_status upgrade_check(const struct upgrade_program *program, pid_t *out,
                             struct sk_err *err) SK_MUST_CHECK;

/* Becomes the program on the disk. Returns only when that failed, with everything as it was. */
void upgrade_exec(const struct upgrade_program *program, const struct upgrade_state *state,
                  struct sk_err *err);

/* After the exec: takes over what upgrade_exec() left in the memory file and closes it. All in
 * state is empty before. SK_INPUT: that is not in it. */
enum sk_status upgrade_adopt(const char *file, int handover, struct upgrade_state *state,
                             struct sk_err *err) SK_MUST_CHECK;

#endif
