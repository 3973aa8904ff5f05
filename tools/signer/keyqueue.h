/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bounded queue between the key process's loop and its signing threads.
 *
 * The loop pushes jobs and takes finished ones back; threads pop, work and finish. A job whose time
 * is over while it waits is given back as late by keyqueue_expire(): a thread that hangs in a token
 * cannot hold up that answer. The loop owns a job before push and after take; thread-safe.
 */
#ifndef SEKISHO_TOOLS_SIGNER_KEYQUEUE_H
#define SEKISHO_TOOLS_SIGNER_KEYQUEUE_H

#include "core/sign.h"

struct keyjob {
    struct keyjob *next;
    uint64_t peer;       /* who asked; the loop's own number, never used again */
    uint32_t id;         /* of the request */
    uint16_t key;        /* index of the key */
    uint8_t algorithm;   /* index in its algorithms */
    int64_t deadline_us; /* monotonic */
    enum sign_result result;
    struct sk_buf tbs;
    struct sk_buf signature;
};

struct keyqueue;

/* max: jobs that wait. NULL: no memory or no descriptor. */
struct keyqueue *keyqueue_new(size_t max);
/* Frees the jobs that are left. Accepts NULL; no thread uses it any more. */
void keyqueue_free(struct keyqueue *queue);

/* Copies the request. NULL: no memory. */
struct keyjob *keyjob_new(const struct sign_request *request, uint64_t peer, int64_t deadline_us);
void keyjob_free(struct keyjob *job); /* accepts NULL */

/* False: full, or stopped; the caller keeps the job. */
bool keyqueue_push(struct keyqueue *queue, struct keyjob *job) SK_MUST_CHECK;
/* Waits for a job that is not late. NULL after keyqueue_stop(). */
struct keyjob *keyqueue_pop(struct keyqueue *queue);
/* The thread is done with a popped job. */
void keyqueue_finish(struct keyqueue *queue, struct keyjob *job);

/* Marks the waiting jobs that are late as BUSY and finished; returns when to call it again at the
 * latest, or CLOCK_NEVER. */
int64_t keyqueue_expire(struct keyqueue *queue, int64_t now_us);
/* A finished job, or NULL. */
struct keyjob *keyqueue_take(struct keyqueue *queue);
/* Readable when there may be finished jobs; keyqueue_take() until NULL empties it. */
int keyqueue_fd(const struct keyqueue *queue);

/* Jobs that wait or are being worked on. */
size_t keyqueue_open_jobs(struct keyqueue *queue);
/* Wakes all threads; what waits stays unanswered. */
void keyqueue_stop(struct keyqueue *queue);

#endif
