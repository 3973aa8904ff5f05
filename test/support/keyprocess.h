/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A key process of a test's own, in a child, and the test as its peers. What goes wrong fails the
 * test.
 */
#ifndef SEKISHO_TEST_SUPPORT_KEYPROCESS_H
#define SEKISHO_TEST_SUPPORT_KEYPROCESS_H

#include <sys/types.h>

#include "tools/signer/keyproc.h"

enum { KEYPROCESS_PEERS = 4, KEYPROCESS_HANG_S = 60 };

struct keyprocess {
    pid_t pid;
    int fds[KEYPROCESS_PEERS]; /* the peers' ends */
    struct sk_buf in[KEYPROCESS_PEERS];
    size_t num_fds;
};

struct keyanswer {
    enum sign_result result;
    uint32_t id;
    uint8_t payload[8192];
    size_t len;
};

struct keyprocess keyprocess_start(const struct keyproc_options *options, size_t num_fds);
/* Its exit status. */
int keyprocess_wait(struct keyprocess *process);
/* Closes all sockets, which ends the process. */
int keyprocess_end(struct keyprocess *process);

void keyprocess_send(const struct keyprocess *process, size_t peer, struct sk_bytes bytes);
/* Appends a request for key 0. */
void keyprocess_put(struct sk_buf *out, enum sign_op op, uint32_t id, uint32_t wait_ms,
                    const char *tbs);
void keyprocess_ask(const struct keyprocess *process, size_t peer, enum sign_op op, uint32_t id,
                    uint32_t wait_ms, const char *tbs);
/* The next reply; false when the process has closed the socket. */
bool keyprocess_hear(struct keyprocess *process, size_t peer, struct keyanswer *out);

#endif
