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
    PROBE_MS = 2000, /* between two looks at the token */
    MAX_THREADS = 64,
    JOIN_MS = 5000, /* for threads to end after the last job */
};

struct keyproc {
    struct keysign *keys;
    struct keyqueue *queue;
    struct keyserve *serve;
    int stop_fd; /* a signalfd for SIGTERM */

    pthread_mutex_t lock; /* guards the three below */
    pthread_cond_t changed;
    bool is_started;  /* the first opening of the keys is over */
    bool is_stopping; /* the probe is to end */
    bool is_unfit;    /* a key does not belong to its certificate */

    pthread_t threads[MAX_THREADS + 1]; /* the first is the probe, the others sign */
    unsigned num_threads;
};

void keyproc_options_set(struct keyproc_options *options, const struct config_signer *config)
{
    memset(options, 0, sizeof(*options));
    if (config->backend == CONFIG_SIGNER_PKCS11) {
        options->store.module = config->module;
        options->store.token = config->token;
        options->store.pin_file = config->pin_file;
    }
    if (config->backend != CONFIG_SIGNER_NONE) {
        options->keys[0].name = "signer";
        options->keys[0].label = config->key;
        options->keys[0].certificate = config->certificate;
        options->num_keys = 1;
    }
    options->threads = config->threads;
}

enum sk_status keyproc_check(const struct keyproc_options *options, struct sk_err *err)
{
    struct keysign *keys = NULL;
    enum sk_status status = keysign_new(options, &keys, err);

    keysign_free(keys);
    return status;
}

/* ---- threads --------------------------------------------------------------------------------- */

static void wait_started(struct keyproc *proc)
{
    (void)pthread_mutex_lock(&proc->lock);
    while (!proc->is_started)
        (void)pthread_cond_wait(&proc->changed, &proc->lock);
    (void)pthread_mutex_unlock(&proc->lock);
}

static void *sign_thread(void *arg)
{
    struct keyproc *proc = arg;
    struct keyjob *job;

    wait_started(proc);
    while ((job = keyqueue_pop(proc->queue)) != NULL) {
        enum sk_status status = keysign_sign(proc->keys, job->key, job->algorithm,
                                             buf_bytes(&job->tbs), &job->signature, NULL);

        job->result = status == SK_OK ? SIGN_RESULT_OK : SIGN_RESULT_FAILED;
        keyqueue_finish(proc->queue, job);
    }
    return NULL;
}

/* Opens the keys for the first time. What can never work ends the process by its own SIGTERM. */
static bool probe_start(struct keyproc *proc)
{
    struct sk_err err = {0};
    enum sk_status status = keysign_open(proc->keys, &err);

    if (status == SK_OK)
        log_info(GROUP, "ready to sign");
    else
        log_error(GROUP, "%s", err.text);
    (void)pthread_mutex_lock(&proc->lock);
    proc->is_started = true;
    proc->is_unfit = status == SK_INPUT;
    (void)pthread_cond_broadcast(&proc->changed);
    (void)pthread_mutex_unlock(&proc->lock);
    if (status == SK_INPUT)
        (void)kill(getpid(), SIGTERM);
    return status == SK_OK;
}

/* Waits for the next look at the token; false: end. */
static bool probe_wait(struct keyproc *proc)
{
    int64_t us = clock_mono_us() + (int64_t)PROBE_MS * 1000;
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
    struct keyproc *proc = arg;
    bool was_well = probe_start(proc), is_well;

    while (probe_wait(proc)) {
        struct sk_err err = {0};

        is_well = keysign_probe(proc->keys, &err);
        if (is_well && !was_well)
            log_info(GROUP, "ready to sign again");
        else if (!is_well && was_well)
            log_error(GROUP, "%s", err.text);
        was_well = is_well;
    }
    return NULL;
}

static enum sk_status start_threads(struct keyproc *proc, unsigned num_signers, struct sk_err *err)
{
    unsigned i;

    for (i = 0; i < num_signers + 1; i++) {
        if (pthread_create(&proc->threads[i], NULL, i == 0 ? probe_thread : sign_thread, proc) != 0)
            return err_set(err, SK_IO, "key process: cannot start thread %u", i + 1);
        proc->num_threads++;
    }
    return SK_OK;
}

/* False: a thread does not end, it hangs in the module. */
static bool join_threads(struct keyproc *proc)
{
    int64_t us = clock_mono_us() + (int64_t)JOIN_MS * 1000;
    struct timespec until = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};

    keyqueue_stop(proc->queue);
    (void)pthread_mutex_lock(&proc->lock);
    proc->is_stopping = true;
    (void)pthread_cond_broadcast(&proc->changed);
    (void)pthread_mutex_unlock(&proc->lock);
    while (proc->num_threads > 0) {
        if (pthread_clockjoin_np(proc->threads[proc->num_threads - 1], NULL, CLOCK_MONOTONIC,
                                 &until) != 0)
            return false;
        proc->num_threads--;
    }
    return true;
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

static enum sk_status keyproc_start(struct keyproc *proc, const struct keyproc_options *options,
                                    const int *fds, size_t num_fds, struct sk_err *err)
{
    enum sk_status status = harden(err);

    if (status == SK_OK)
        status = watch_signals(&proc->stop_fd, err);
    if (status == SK_OK)
        status = keysign_new(options, &proc->keys, err);
    if (status != SK_OK)
        return status;
    proc->queue = keyqueue_new(options->max_queue > 0 ? options->max_queue : LIMIT_SIGN_QUEUE);
    if (proc->queue == NULL)
        return err_set(err, SK_NOMEM, "key process: no memory");
    status = keyserve_new(proc->keys, proc->queue, fds, num_fds, &proc->serve, err);
    if (status != SK_OK)
        return status;
    return start_threads(proc, options->threads, err);
}

int keyproc_run(const struct keyproc_options *options, const int *fds, size_t num_fds)
{
    enum sk_status status;
    struct keyproc_options own = *options;
    struct keyproc proc;
    struct sk_err err = {0};
    bool is_unfit;

    if (own.threads == 0)
        own.threads = 1;
    if (own.threads > MAX_THREADS)
        own.threads = MAX_THREADS;
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
    is_unfit = proc.is_unfit;
    keyproc_done(&proc);
    return status == SK_OK && !is_unfit ? EXIT_SUCCESS : EXIT_FAILURE;
}
