/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cache directory: which generation is current, the lock of the publisher, and what may be
 * removed. Internal to cache/.
 *
 *   DIR/lock       flock(2) of the one publisher
 *   DIR/build      the generation being written; left behind by a publisher that was killed
 *   DIR/N          generation N, complete and never written again
 *   DIR/current    symbolic link to N; replaced by rename(2)
 *   DIR/next       the link on its way to become `current`
 *
 * Numbers only grow and are not used twice, so a number names one content for ever.
 */
#ifndef SEKISHO_CACHE_DIRS_H
#define SEKISHO_CACHE_DIRS_H

#include <stdint.h>

#include "core/err.h"

enum { DIRS_PATH = 4096 }; /* room for a path, with its NUL */

/* DIR/NAME; SK_LIMIT when that is too long. */
enum sk_status dirs_path(const char *dir, const char *name, char out[DIRS_PATH],
                         struct sk_err *err) SK_MUST_CHECK;
enum sk_status dirs_generation_path(const char *dir, uint64_t number, char out[DIRS_PATH],
                                    struct sk_err *err) SK_MUST_CHECK;
/* What `current` names. SK_NOTFOUND: no link. SK_INPUT: not a number. */
enum sk_status dirs_current(const char *dir, uint64_t *out, struct sk_err *err) SK_MUST_CHECK;
/* The greatest number in use, `current` included; 0 when there is none. */
enum sk_status dirs_greatest(const char *dir, uint64_t *out, struct sk_err *err) SK_MUST_CHECK;

/* Makes DIR when it is not there, and takes its lock: *out_fd holds it until closed. SK_AGAIN:
 * another publisher has it. */
enum sk_status dirs_lock(const char *dir, int *out_fd, struct sk_err *err) SK_MUST_CHECK;
/* Removes what a killed publisher left: DIR/build, DIR/next and generations above the current one.
 */
enum sk_status dirs_clean(const char *dir, struct sk_err *err) SK_MUST_CHECK;
/* Removes generations older than number but for the keep newest of them. */
enum sk_status dirs_prune(const char *dir, uint64_t number, unsigned keep,
                          struct sk_err *err) SK_MUST_CHECK;
/* Makes an empty DIR/build. */
enum sk_status dirs_make_build(const char *dir, char out[DIRS_PATH],
                               struct sk_err *err) SK_MUST_CHECK;
/* Removes a generation's directory and the files in it; fine when it is not there. */
enum sk_status dirs_remove(const char *path, struct sk_err *err) SK_MUST_CHECK;
/* DIR/build becomes DIR/number and `current` names it. Syncs each step before the next, so that
 * after a power cut `current` never names something incomplete. */
enum sk_status dirs_publish(const char *dir, uint64_t number, struct sk_err *err) SK_MUST_CHECK;

#endif
