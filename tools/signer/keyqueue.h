/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bounded queue between the key process's loop and its signing threads.
 *
 * The loop pushes jobs and takes finished ones back; threads pop, work and finish. There is a lane
 * for each key store, with threads of its own: a store that hangs holds up nobody else. Within a
 * lane each class (core/sign.h) has its list, and threads take from them in turn. A job that fails
 * is given to the next place that has its key, at the front. keyqueue_watch() answers jobs whose
 * time is over, also those that a thread hangs on, and moves what hangs to another place; what the
 * thread then brings is thrown away. The loop owns a job before push and after take; thread-safe.
 */
#ifndef SEKISHO_TOOLS_SIGNER_KEYQUEUE_H
#define SEKISHO_TOOLS_SIGNER_KEYQUEUE_H

#include "core/limits.h"
#include "core/sign.h"

struct keyjob {
    struct keyjob *next;
    uint64_t peer;     /* who asked; the loop's own number, never used again */
    uint32_t id;       /* of the request */
    uint16_t key;      /* index of the key */
    uint8_t algorithm; /* index in its algorithms */
    enum sign_class class;
    uint32_t place;      /* which of the key's places signs, set by the route */
    uint32_t tried;      /* a bit for each place that failed */
    int64_t deadline_us; /* monotonic */
    int64_t start_us;    /* when a thread took it */
    bool is_given_up;    /* answered already; its thread still works on it */
    enum sign_result result;
    struct sk_buf tbs;
    struct sk_buf signature;
};

struct keyqueue_options {
    size_t max; /* jobs of one class that wait */
    size_t num_lanes;
    /* Chooses a place that was not tried yet, sets job->place and returns its lane; negative:
     * none is left. Called with the queue locked. */
    int (*route)(void *arg, struct keyjob *job);
    /* Threads of a lane hang, or none does any more. Called with the queue locked. */
    void (*hang)(void *arg, size_t lane, bool hangs);
    void *arg;
};

struct keyqueue;

/* NULL: no memory, no descriptor, or more than LIMIT_SIGNER_STORES lanes. */
struct keyqueue *keyqueue_new(const struct keyqueue_options *options);
/* Frees the jobs that are left. Accepts NULL; no thread uses it any more. */
void keyqueue_free(struct keyqueue *queue);

/* Copies the request. NULL: no memory. */
struct keyjob *keyjob_new(const struct sign_request *request, uint64_t peer, int64_t deadline_us);
void keyjob_free(struct keyjob *job); /* accepts NULL */

/* False: full, or stopped; the caller keeps the job. A job without a place is finished at once. */
bool keyqueue_push(struct keyqueue *queue, struct keyjob *job) SK_MUST_CHECK;
/* Waits for a job of the lane that is not late. NULL after keyqueue_stop(). */
struct keyjob *keyqueue_pop(struct keyqueue *queue, size_t lane);
/* The thread is done with a popped job: the signature is there, or another place is to try. */
void keyqueue_finish(struct keyqueue *queue, struct keyjob *job, bool is_signed);

/* Answers what is late and rescues what hangs for LIMIT_SIGN_HANG_MS; returns when to call it again
 * at the latest, or CLOCK_NEVER. */
int64_t keyqueue_watch(struct keyqueue *queue, int64_t now_us);
/* A finished job, or NULL. */
struct keyjob *keyqueue_take(struct keyqueue *queue);
/* Readable when there may be finished jobs; keyqueue_take() until NULL empties it. */
int keyqueue_fd(const struct keyqueue *queue);

/* Jobs that are not answered yet. */
size_t keyqueue_open_jobs(struct keyqueue *queue);
/* Wakes all threads; what waits stays unanswered. */
void keyqueue_stop(struct keyqueue *queue);

#endif
