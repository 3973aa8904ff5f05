/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop of the key process: peers' frames in, jobs to the queue, replies out.
 *
 * One thread. A frame that does not decode, or a peer that does not take its replies, ends that
 * peer's connection only.
 */
#ifndef SEKISHO_TOOLS_SIGNER_KEYSERVE_H
#define SEKISHO_TOOLS_SIGNER_KEYSERVE_H

#include "tools/signer/keyqueue.h"
#include "tools/signer/keysign.h"

struct keyserve;

/* Takes the sockets over, also on failure. keys and queue are borrowed. */
enum sk_status keyserve_new(struct keysign *keys, struct keyqueue *queue, const int *fds,
                            size_t num_fds, struct keyserve **out,
                            struct sk_err *err) SK_MUST_CHECK;
/* Closes the peers. Accepts NULL. */
void keyserve_free(struct keyserve *serve);

/* Serves until stop_fd is readable or the last peer has gone, then answers what is queued, for at
 * most LIMIT_SIGN_DRAIN_MS. False: jobs are still being worked on after that. */
bool keyserve_run(struct keyserve *serve, int stop_fd);

#endif
