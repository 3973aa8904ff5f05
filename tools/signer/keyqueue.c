/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/signer/keyqueue.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/limits.h"

struct joblist {
    struct keyjob *first;
    struct keyjob **end; /* where the next one is hung in */
};

struct keyqueue {
    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t filled;
    struct joblist waiting, finished;
    size_t num_waiting, num_working, max;
    int64_t earliest_us; /* no waiting job is due before this */
    bool is_stopped;
    int fd;
};

static void list_init(struct joblist *list)
{
    list->first = NULL;
    list->end = &list->first;
}

static void list_append(struct joblist *list, struct keyjob *job)
{
    job->next = NULL;
    *list->end = job;
    list->end = &job->next;
}

static struct keyjob *list_shift(struct joblist *list)
{
    struct keyjob *job = list->first;

    if (job == NULL)
        return NULL;
    list->first = job->next;
    if (list->first == NULL)
        list->end = &list->first;
    return job;
}

struct keyjob *keyjob_new(const struct sign_request *request, uint64_t peer, int64_t deadline_us)
{
    struct keyjob *job = calloc(1, sizeof(*job));

    if (job == NULL)
        return NULL;
    job->peer = peer;
    job->id = request->id;
    job->key = request->key;
    job->algorithm = request->algorithm;
    job->deadline_us = deadline_us;
    buf_init(&job->tbs, LIMIT_SIGN_REQUEST_BYTES);
    buf_init(&job->signature, LIMIT_SIGN_REQUEST_BYTES - SIGN_REPLY_OVERHEAD);
    buf_put(&job->tbs, request->tbs.p, request->tbs.len);
    if (buf_status(&job->tbs) != SK_OK) {
        keyjob_free(job);
        return NULL;
    }
    return job;
}

void keyjob_free(struct keyjob *job)
{
    if (job == NULL)
        return;
    buf_done(&job->tbs);
    buf_done(&job->signature);
    free(job);
}

struct keyqueue *keyqueue_new(size_t max)
{
    struct keyqueue *queue = calloc(1, sizeof(*queue));

    if (queue == NULL)
        return NULL;
    queue->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (queue->fd < 0) {
        free(queue);
        return NULL;
    }
    queue->max = max;
    queue->earliest_us = CLOCK_NEVER;
    list_init(&queue->waiting);
    list_init(&queue->finished);
    (void)pthread_mutex_init(&queue->lock, NULL);
    (void)pthread_cond_init(&queue->filled, NULL);
    return queue;
}

void keyqueue_free(struct keyqueue *queue)
{
    struct keyjob *job;

    if (queue == NULL)
        return;
    while ((job = list_shift(&queue->waiting)) != NULL ||
           (job = list_shift(&queue->finished)) != NULL)
        keyjob_free(job);
    (void)pthread_cond_destroy(&queue->filled);
    (void)pthread_mutex_destroy(&queue->lock);
    (void)close(queue->fd);
    free(queue);
}

/* Lock held. */
static void finish_locked(struct keyqueue *queue, struct keyjob *job)
{
    static const uint64_t one = 1;

    list_append(&queue->finished, job);
    /* Only overflow could make this fail, and then the descriptor is readable anyway. */
    if (write(queue->fd, &one, sizeof(one)) != (ssize_t)sizeof(one))
        return;
}

bool keyqueue_push(struct keyqueue *queue, struct keyjob *job)
{
    bool is_taken;

    (void)pthread_mutex_lock(&queue->lock);
    is_taken = !queue->is_stopped && queue->num_waiting < queue->max;
    if (is_taken) {
        list_append(&queue->waiting, job);
        queue->num_waiting++;
        if (job->deadline_us < queue->earliest_us)
            queue->earliest_us = job->deadline_us;
        (void)pthread_cond_signal(&queue->filled);
    }
    (void)pthread_mutex_unlock(&queue->lock);
    return is_taken;
}

struct keyjob *keyqueue_pop(struct keyqueue *queue)
{
    struct keyjob *job = NULL;

    (void)pthread_mutex_lock(&queue->lock);
    while (!queue->is_stopped && job == NULL) {
        job = list_shift(&queue->waiting);
        if (job == NULL) {
            (void)pthread_cond_wait(&queue->filled, &queue->lock);
            continue;
        }
        queue->num_waiting--;
        if (clock_mono_us() >= job->deadline_us) {
            job->result = SIGN_RESULT_LATE;
            finish_locked(queue, job);
            job = NULL;
        }
    }
    if (job != NULL)
        queue->num_working++;
    (void)pthread_mutex_unlock(&queue->lock);
    return job;
}

void keyqueue_finish(struct keyqueue *queue, struct keyjob *job)
{
    (void)pthread_mutex_lock(&queue->lock);
    queue->num_working--;
    finish_locked(queue, job);
    (void)pthread_mutex_unlock(&queue->lock);
}

/* Lock held. */
static void expire_locked(struct keyqueue *queue, int64_t now_us)
{
    struct keyjob *job, *next = queue->waiting.first;

    list_init(&queue->waiting);
    queue->earliest_us = CLOCK_NEVER;
    while ((job = next) != NULL) {
        next = job->next;
        if (now_us >= job->deadline_us) {
            job->result = SIGN_RESULT_LATE;
            queue->num_waiting--;
            finish_locked(queue, job);
            continue;
        }
        if (job->deadline_us < queue->earliest_us)
            queue->earliest_us = job->deadline_us;
        list_append(&queue->waiting, job);
    }
}

int64_t keyqueue_expire(struct keyqueue *queue, int64_t now_us)
{
    int64_t next;

    (void)pthread_mutex_lock(&queue->lock);
    if (now_us >= queue->earliest_us)
        expire_locked(queue, now_us);
    next = queue->earliest_us;
    (void)pthread_mutex_unlock(&queue->lock);
    return next;
}

struct keyjob *keyqueue_take(struct keyqueue *queue)
{
    struct keyjob *job;
    uint64_t count;

    (void)pthread_mutex_lock(&queue->lock);
    job = list_shift(&queue->finished);
    if (job == NULL && read(queue->fd, &count, sizeof(count)) < 0)
        count = 0; /* nothing was signalled since the last time */
    (void)pthread_mutex_unlock(&queue->lock);
    return job;
}

int keyqueue_fd(const struct keyqueue *queue)
{
    return queue->fd;
}

size_t keyqueue_open_jobs(struct keyqueue *queue)
{
    size_t num;

    (void)pthread_mutex_lock(&queue->lock);
    num = queue->num_waiting + queue->num_working;
    (void)pthread_mutex_unlock(&queue->lock);
    return num;
}

void keyqueue_stop(struct keyqueue *queue)
{
    (void)pthread_mutex_lock(&queue->lock);
    queue->is_stopped = true;
    (void)pthread_cond_broadcast(&queue->filled);
    (void)pthread_mutex_unlock(&queue->lock);
}
