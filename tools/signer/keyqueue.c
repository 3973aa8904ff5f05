/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/signer/keyqueue.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/clock.h"

struct joblist {
    struct keyjob *first;
    struct keyjob **end; /* where the next one is hung in */
};

struct lane {
    pthread_cond_t filled;
    struct joblist waiting[SIGN_CLASSES];
    unsigned turn; /* class that is asked first next time */
    struct joblist working;
    unsigned to_wake; /* threads to be woken when the lock is free */
    bool hangs;
};

struct keyqueue {
    struct keyqueue_options options;
    pthread_mutex_t lock; /* guards all below */
    struct lane *lanes;
    struct joblist finished;
    size_t num_waiting[SIGN_CLASSES];
    size_t num_open;     /* not answered yet */
    int64_t earliest_us; /* no waiting job is due before this */
    bool wants_loop;     /* the loop is to be woken when the lock is free */
    bool is_loop_woken;  /* and has not looked since */
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

static void list_prepend(struct joblist *list, struct keyjob *job)
{
    job->next = list->first;
    list->first = job;
    if (job->next == NULL)
        list->end = &job->next;
}

static void list_remove(struct joblist *list, const struct keyjob *job)
{
    struct keyjob **at;

    for (at = &list->first; *at != NULL && *at != job; at = &(*at)->next)
        ;
    if (*at == NULL)
        return;
    *at = job->next;
    if (job->next == NULL)
        list->end = at;
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
    job->class = request->class;
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

static void lanes_free(struct keyqueue *queue)
{
    size_t i, class;
    struct keyjob *job;

    for (i = 0; i < queue->options.num_lanes; i++) {
        struct lane *lane = &queue->lanes[i];

        for (class = 0; class < SIGN_CLASSES; class ++) {
            while ((job = list_shift(&lane->waiting[class])) != NULL)
                keyjob_free(job);
        }
        (void)pthread_cond_destroy(&lane->filled);
    }
    free(queue->lanes);
}

struct keyqueue *keyqueue_new(const struct keyqueue_options *options)
{
    struct keyqueue *queue;
    size_t i, class;

    if (options->num_lanes > LIMIT_SIGNER_STORES)
        return NULL;
    queue = calloc(1, sizeof(*queue));
    if (queue == NULL)
        return NULL;
    queue->options = *options;
    queue->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    queue->lanes = calloc(options->num_lanes, sizeof(*queue->lanes));
    if (queue->fd < 0 || queue->lanes == NULL) {
        if (queue->fd >= 0)
            (void)close(queue->fd);
        free(queue->lanes);
        free(queue);
        return NULL;
    }
    queue->earliest_us = CLOCK_NEVER;
    list_init(&queue->finished);
    for (i = 0; i < options->num_lanes; i++) {
        (void)pthread_cond_init(&queue->lanes[i].filled, NULL);
        list_init(&queue->lanes[i].working);
        for (class = 0; class < SIGN_CLASSES; class ++)
            list_init(&queue->lanes[i].waiting[class]);
    }
    (void)pthread_mutex_init(&queue->lock, NULL);
    return queue;
}

void keyqueue_free(struct keyqueue *queue)
{
    struct keyjob *job;

    if (queue == NULL)
        return;
    lanes_free(queue);
    while ((job = list_shift(&queue->finished)) != NULL)
        keyjob_free(job);
    (void)pthread_mutex_destroy(&queue->lock);
    (void)close(queue->fd);
    free(queue);
}

/* ---- with the lock held ---------------------------------------------------------------------- */

static void lock(struct keyqueue *queue)
{
    (void)pthread_mutex_lock(&queue->lock);
}

/* Wakes only once the lock is free: who is woken wants it first of all. The loop is woken once,
 * however much there is for it. */
static void unlock(struct keyqueue *queue)
{
    static const uint64_t one = 1;
    unsigned to_wake[LIMIT_SIGNER_STORES] = {0};
    bool wakes_loop = queue->wants_loop && !queue->is_loop_woken;
    size_t i;

    for (i = 0; i < queue->options.num_lanes; i++) {
        to_wake[i] = queue->lanes[i].to_wake;
        queue->lanes[i].to_wake = 0;
    }
    queue->wants_loop = false;
    queue->is_loop_woken = queue->is_loop_woken || wakes_loop;
    (void)pthread_mutex_unlock(&queue->lock);
    for (i = 0; i < queue->options.num_lanes; i++) {
        while (to_wake[i]-- > 0)
            (void)pthread_cond_signal(&queue->lanes[i].filled);
    }
    /* Only overflow could make this fail, and then the descriptor is readable anyway. */
    if (wakes_loop && write(queue->fd, &one, sizeof(one)) != (ssize_t)sizeof(one))
        return;
}

static void answer(struct keyqueue *queue, struct keyjob *job, enum sign_result result)
{
    job->result = result;
    queue->num_open--;
    list_append(&queue->finished, job);
    queue->wants_loop = true;
}

/* Puts an open job before or behind those that wait for its place; answers it when it has none. */
static void enqueue(struct keyqueue *queue, struct keyjob *job, bool is_first)
{
    int index = queue->options.route(queue->options.arg, job);
    struct lane *lane;

    if (index < 0) {
        answer(queue, job, SIGN_RESULT_FAILED);
        return;
    }
    lane = &queue->lanes[index];
    if (is_first)
        list_prepend(&lane->waiting[job->class], job);
    else
        list_append(&lane->waiting[job->class], job);
    queue->num_waiting[job->class]++;
    if (job->deadline_us < queue->earliest_us)
        queue->earliest_us = job->deadline_us;
    lane->to_wake++;
}

/* ---- jobs' ways ------------------------------------------------------------------------------ */

bool keyqueue_push(struct keyqueue *queue, struct keyjob *job)
{
    bool is_taken;

    lock(queue);
    is_taken = !queue->is_stopped && queue->num_waiting[job->class] < queue->options.max;
    if (is_taken) {
        queue->num_open++;
        enqueue(queue, job, false);
    }
    unlock(queue);
    return is_taken;
}

/* The classes in turn, each in the order of arrival. Lock held. */
static struct keyjob *next_job(struct keyqueue *queue, struct lane *lane)
{
    struct keyjob *job = NULL;
    unsigned i;

    for (i = 0; i < SIGN_CLASSES && job == NULL; i++)
        job = list_shift(&lane->waiting[(lane->turn + i) % SIGN_CLASSES]);
    if (job != NULL) {
        lane->turn = (job->class + 1u) % SIGN_CLASSES;
        queue->num_waiting[job->class]--;
    }
    return job;
}

struct keyjob *keyqueue_pop(struct keyqueue *queue, size_t index)
{
    struct lane *lane = &queue->lanes[index];
    struct keyjob *job = NULL;

    lock(queue);
    while (!queue->is_stopped && job == NULL) {
        int64_t now_us;

        job = next_job(queue, lane);
        if (job == NULL && queue->wants_loop) { /* tells of what was late before it sleeps */
            unlock(queue);
            lock(queue);
            continue;
        }
        if (job == NULL) {
            (void)pthread_cond_wait(&lane->filled, &queue->lock);
            continue;
        }
        now_us = clock_mono_us();
        if (now_us >= job->deadline_us) {
            answer(queue, job, SIGN_RESULT_LATE);
            job = NULL;
        } else {
            job->start_us = now_us;
            list_append(&lane->working, job);
        }
    }
    unlock(queue);
    return job;
}

void keyqueue_finish(struct keyqueue *queue, struct keyjob *job, bool is_signed)
{
    bool is_over;
    size_t i;

    lock(queue);
    for (i = 0; i < queue->options.num_lanes; i++)
        list_remove(&queue->lanes[i].working, job);
    is_over = job->is_given_up;
    if (is_over) {
        queue->wants_loop = true; /* its lane may be well again */
    } else if (is_signed) {
        answer(queue, job, SIGN_RESULT_OK);
    } else {
        buf_reset(&job->signature);
        job->tried |= 1u << job->place;
        enqueue(queue, job, true);
    }
    unlock(queue);
    if (is_over)
        keyjob_free(job);
}

/* ---- late and hanging ------------------------------------------------------------------------ */

/* Looks at all that waits: what is late is answered, and what waits in a lane that hangs is routed
 * anew. Lock held. */
static void sort_waiting(struct keyqueue *queue, int64_t now_us)
{
    size_t i, class;

    queue->earliest_us = CLOCK_NEVER;
    for (i = 0; i < queue->options.num_lanes; i++) {
        for (class = 0; class < SIGN_CLASSES; class ++) {
            struct lane *lane = &queue->lanes[i];
            struct keyjob *job, *next = lane->waiting[class].first;

            list_init(&lane->waiting[class]);
            while ((job = next) != NULL) {
                next = job->next;
                queue->num_waiting[class]--;
                if (now_us >= job->deadline_us)
                    answer(queue, job, SIGN_RESULT_LATE);
                else
                    enqueue(queue, job, false);
            }
        }
    }
}

/* The job's own thread hangs on it: another job of the same name answers or is tried elsewhere.
 * Lock held. */
static void replace(struct keyqueue *queue, struct keyjob *job, bool is_late)
{
    struct keyjob route = {
        .key = job->key, .algorithm = job->algorithm, .tried = job->tried | 1u << job->place};
    const struct sign_request request = {.op = SIGN_OP_SIGN,
                                         .key = job->key,
                                         .id = job->id,
                                         .class = job->class,
                                         .algorithm = job->algorithm,
                                         .tbs = buf_bytes(&job->tbs)};
    struct keyjob *other;

    if (!is_late && queue->options.route(queue->options.arg, &route) < 0)
        return; /* nowhere to go: it may still end in time */
    other = keyjob_new(&request, job->peer, job->deadline_us);
    if (other == NULL)
        return;
    job->is_given_up = true;
    other->tried = route.tried;
    if (is_late)
        answer(queue, other, SIGN_RESULT_LATE);
    else
        enqueue(queue, other, true);
}

/* Lock held; returns when to look again. */
static int64_t watch_lane(struct keyqueue *queue, size_t index, int64_t now_us)
{
    struct lane *lane = &queue->lanes[index];
    int64_t next_us = CLOCK_NEVER, hang_us = (int64_t)LIMIT_SIGN_HANG_MS * 1000;
    struct keyjob *job;
    bool hangs = false;

    for (job = lane->working.first; job != NULL; job = job->next) {
        if (now_us - job->start_us >= hang_us)
            hangs = true;
        else if (job->start_us + hang_us < next_us)
            next_us = job->start_us + hang_us;
    }
    if (hangs != lane->hangs) {
        lane->hangs = hangs;
        queue->options.hang(queue->options.arg, index, hangs);
        if (hangs)
            sort_waiting(queue, now_us);
    }
    for (job = lane->working.first; job != NULL; job = job->next) {
        bool is_late = now_us >= job->deadline_us;

        if (!job->is_given_up && (is_late || now_us - job->start_us >= hang_us))
            replace(queue, job, is_late);
        if (!job->is_given_up && job->deadline_us < next_us)
            next_us = job->deadline_us;
    }
    return next_us;
}

int64_t keyqueue_watch(struct keyqueue *queue, int64_t now_us)
{
    int64_t next_us = CLOCK_NEVER;
    size_t i;

    lock(queue);
    if (now_us >= queue->earliest_us)
        sort_waiting(queue, now_us);
    for (i = 0; i < queue->options.num_lanes; i++) {
        int64_t lane_us = watch_lane(queue, i, now_us);

        if (lane_us < next_us)
            next_us = lane_us;
    }
    if (queue->earliest_us < next_us)
        next_us = queue->earliest_us;
    unlock(queue);
    return next_us;
}

/* ---- the loop's side ------------------------------------------------------------------------- */

struct keyjob *keyqueue_take(struct keyqueue *queue)
{
    struct keyjob *job;
    uint64_t count;

    lock(queue);
    job = list_shift(&queue->finished);
    /* Nothing to be read: whoever wakes the loop has not come to it yet and will. */
    if (job == NULL && queue->is_loop_woken &&
        read(queue->fd, &count, sizeof(count)) == (ssize_t)sizeof(count))
        queue->is_loop_woken = false;
    unlock(queue);
    return job;
}

int keyqueue_fd(const struct keyqueue *queue)
{
    return queue->fd;
}

size_t keyqueue_open_jobs(struct keyqueue *queue)
{
    size_t num;

    lock(queue);
    num = queue->num_open;
    unlock(queue);
    return num;
}

void keyqueue_stop(struct keyqueue *queue)
{
    size_t i;

    lock(queue);
    queue->is_stopped = true;
    for (i = 0; i < queue->options.num_lanes; i++)
        (void)pthread_cond_broadcast(&queue->lanes[i].filled);
    unlock(queue);
}
