/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/signer/keyproc.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "tools/signer/keyqueue.h"
#include "tools/signer/keyserve.h"
#include "tools/signer/keysign.h"

#define GROUP "signer"

enum {
    PROBE_MS = 2000,    /* between two looks at a token that is well */
    PROBE_ILL_MS = 250, /* ... that is not */
    MAX_THREADS = 64,   /* that sign, for each store */
    JOIN_MS = 5000,     /* for threads to end after the last job */
};

struct keyproc;

/* A store has threads of its own: one that opens and probes it, and others that sign. */
struct lane {
    struct keyproc *proc;
    size_t index;
    bool is_started; /* the first opening is over; guarded by keyproc.lock */
};

struct keyproc {
    struct keysign *keys;
    struct keyqueue *queue;
    struct keyserve *serve;
    int stop_fd; /* a signalfd for SIGTERM */

    pthread_mutex_t lock; /* guards the three below */
    pthread_cond_t changed;
    bool is_stopping;   /* the probes are to end */
    bool is_hopeless;   /* no key belongs to its certificate */
    size_t num_running; /* threads that have not ended */

    struct lane lanes[LIMIT_SIGNER_STORES];
    pthread_t threads[LIMIT_SIGNER_STORES * (MAX_THREADS + 1)];
    size_t num_threads;
};

enum sk_status keyproc_check(const struct keyproc_options *options, struct sk_err *err)
{
    struct keysign *keys = NULL;
    enum sk_status status = keysign_new(options, &keys, err);

    keysign_free(keys);
    return status;
}

/* ---- threads --------------------------------------------------------------------------------- */

static void thread_ends(struct keyproc *proc)
{
    (void)pthread_mutex_lock(&proc->lock);
    proc->num_running--;
    (void)pthread_cond_broadcast(&proc->changed);
    (void)pthread_mutex_unlock(&proc->lock);
}

static void wait_started(struct lane *lane)
{
    struct keyproc *proc = lane->proc;

    (void)pthread_mutex_lock(&proc->lock);
    while (!lane->is_started)
        (void)pthread_cond_wait(&proc->changed, &proc->lock);
    (void)pthread_mutex_unlock(&proc->lock);
}

static void *sign_thread(void *arg)
{
    struct lane *lane = arg;
    struct keyproc *proc = lane->proc;
    struct keyjob *job;

    wait_started(lane);
    while ((job = keyqueue_pop(proc->queue, lane->index)) != NULL)
        keyqueue_finish(proc->queue, job, keysign_sign(proc->keys, job));
    thread_ends(proc);
    return NULL;
}

/* The store was opened for the first time. What can never work ends the process by its own
 * SIGTERM. */
static void set_started(struct lane *lane)
{
    struct keyproc *proc = lane->proc;
    bool is_hopeless = keysign_is_hopeless(proc->keys);

    (void)pthread_mutex_lock(&proc->lock);
    lane->is_started = true;
    proc->is_hopeless = is_hopeless;
    (void)pthread_cond_broadcast(&proc->changed);
    (void)pthread_mutex_unlock(&proc->lock);
    if (is_hopeless)
        (void)kill(getpid(), SIGTERM);
}

/* Waits for the next look at the token; false: end. */
static bool probe_wait(struct keyproc *proc, bool is_well)
{
    int64_t us = clock_mono_us() + (int64_t)(is_well ? PROBE_MS : PROBE_ILL_MS) * 1000;
    struct timespec until = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
    bool goes_on;

    (void)pthread_mutex_lock(&proc->lock);
    while (!proc->is_stopping && pthread_cond_timedwait(&proc->changed, &proc->lock, &until) == 0)
        ;
    goes_on = !proc->is_stopping;
    (void)pthread_mutex_unlock(&proc->lock);
    return goes_on;
}

static void *probe_thread(void *arg)
{
    struct lane *lane = arg;
    struct keyproc *proc = lane->proc;
    bool is_well = keysign_probe(proc->keys, lane->index);

    set_started(lane);
    do {
        if (lane->index == 0)
            keysign_watch_dates(proc->keys, clock_wall());
        if (!probe_wait(proc, is_well))
            break;
        is_well = keysign_probe(proc->keys, lane->index);
    } while (true);
    thread_ends(proc);
    return NULL;
}

static bool start_thread(struct keyproc *proc, void *(*body)(void *), struct lane *lane)
{
    (void)pthread_mutex_lock(&proc->lock);
    proc->num_running++;
    (void)pthread_mutex_unlock(&proc->lock);
    if (pthread_create(&proc->threads[proc->num_threads], NULL, body, lane) != 0) {
        thread_ends(proc);
        return false;
    }
    proc->num_threads++;
    return true;
}

static enum sk_status start_threads(struct keyproc *proc, const struct keyproc_options *options,
                                    struct sk_err *err)
{
    size_t i;
    unsigned j;

    for (i = 0; i < options->num_stores; i++) {
        struct lane *lane = &proc->lanes[i];
        bool is_good;

        lane->proc = proc;
        lane->index = i;
        is_good = start_thread(proc, probe_thread, lane);
        for (j = 0; is_good && j < options->threads; j++)
            is_good = start_thread(proc, sign_thread, lane);
        if (!is_good)
            return err_set(err, SK_IO, "key process: cannot start thread %zu",
                           proc->num_threads + 1);
    }
    return SK_OK;
}

/* False: a thread does not end, it hangs in the module. */
static bool join_threads(struct keyproc *proc)
{
    int64_t us = clock_mono_us() + (int64_t)JOIN_MS * 1000;
    struct timespec until = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
    bool have_ended;

    keyqueue_stop(proc->queue);
    (void)pthread_mutex_lock(&proc->lock);
    proc->is_stopping = true;
    (void)pthread_cond_broadcast(&proc->changed);
    while (proc->num_running > 0 &&
           pthread_cond_timedwait(&proc->changed, &proc->lock, &until) == 0)
        ;
    have_ended = proc->num_running == 0;
    (void)pthread_mutex_unlock(&proc->lock);
    while (have_ended && proc->num_threads > 0)
        (void)pthread_join(proc->threads[--proc->num_threads], NULL);
    return have_ended;
}

/* ---- the process ----------------------------------------------------------------------------- */

/* Nobody may read this process's memory, with the PIN in it for a moment and software keys all the
 * time, and it gains no rights by executing something. */
static enum sk_status harden(struct sk_err *err)
{
    static const struct rlimit none = {0, 0};

    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || setrlimit(RLIMIT_CORE, &none) != 0 ||
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return err_errno(err, SK_IO, "key process: cannot harden itself");
    return SK_OK;
}

static enum sk_status watch_signals(int *out_fd, struct sk_err *err)
{
    static const int quiet[] = {SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE};
    sigset_t blocked, term;
    size_t i;
    int fd;

    (void)sigemptyset(&term);
    (void)sigaddset(&term, SIGTERM);
    blocked = term;
    for (i = 0; i < sizeof(quiet) / sizeof(quiet[0]); i++)
        (void)sigaddset(&blocked, quiet[i]);
    if (pthread_sigmask(SIG_SETMASK, &blocked, NULL) != 0 ||
        (fd = signalfd(-1, &term, SFD_CLOEXEC | SFD_NONBLOCK)) < 0)
        return err_errno(err, SK_IO, "key process: signals");
    *out_fd = fd;
    return SK_OK;
}

static void keyproc_init(struct keyproc *proc)
{
    pthread_condattr_t monotonic;

    memset(proc, 0, sizeof(*proc));
    proc->stop_fd = -1;
    (void)pthread_mutex_init(&proc->lock, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&proc->changed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
}

static void keyproc_done(struct keyproc *proc)
{
    keyserve_free(proc->serve);
    keyqueue_free(proc->queue);
    keysign_free(proc->keys);
    if (proc->stop_fd >= 0)
        (void)close(proc->stop_fd);
    (void)pthread_cond_destroy(&proc->changed);
    (void)pthread_mutex_destroy(&proc->lock);
}

static int route(void *arg, struct keyjob *job)
{
    return keysign_route(arg, job);
}

static void hang(void *arg, size_t lane, bool hangs)
{
    keysign_set_hanging(arg, lane, hangs);
}

static enum sk_status keyproc_start(struct keyproc *proc, const struct keyproc_options *options,
                                    const int *fds, size_t num_fds, struct sk_err *err)
{
    struct keyqueue_options queue = {.route = route, .hang = hang};
    enum sk_status status = harden(err);

    if (status == SK_OK)
        status = watch_signals(&proc->stop_fd, err);
    if (status == SK_OK)
        status = keysign_new(options, &proc->keys, err);
    if (status != SK_OK)
        return status;
    queue.max = options->max_queue > 0 ? options->max_queue : LIMIT_SIGN_QUEUE;
    queue.num_lanes = options->num_stores;
    queue.arg = proc->keys;
    proc->queue = keyqueue_new(&queue);
    if (proc->queue == NULL)
        return err_set(err, SK_NOMEM, "key process: no memory");
    status = keyserve_new(proc->keys, proc->queue, fds, num_fds, &proc->serve, err);
    if (status != SK_OK)
        return status;
    return start_threads(proc, options, err);
}

int keyproc_run(const struct keyproc_options *options, const int *fds, size_t num_fds)
{
    enum sk_status status;
    struct keyproc_options own = *options;
    struct keyproc proc;
    struct sk_err err = {0};
    bool is_hopeless;
    size_t i;

    if (own.threads == 0)
        own.threads = 1;
    if (own.threads > MAX_THREADS)
        own.threads = MAX_THREADS;
    for (i = 0; i < own.num_stores; i++) {
        own.stores[i].sessions = own.threads;
        own.stores[i].allow_absent = true;
    }
    keyproc_init(&proc);
    status = keyproc_start(&proc, &own, fds, num_fds, &err);
    if (status != SK_OK)
        log_error(GROUP, "%s", err.text);
    else if (!keyserve_run(proc.serve, proc.stop_fd))
        log_error(GROUP, "signatures are left that the token does not finish");
    if (proc.queue != NULL && !join_threads(&proc)) {
        log_error(GROUP, "the PKCS#11 module hangs; ending without it");
        _exit(EXIT_FAILURE);
    }
    is_hopeless = proc.is_hopeless;
    keyproc_done(&proc);
    return status == SK_OK && !is_hopeless ? EXIT_SUCCESS : EXIT_FAILURE;
}
