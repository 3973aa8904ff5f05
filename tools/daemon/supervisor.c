/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/daemon/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "net/access_log.h"
#include "net/tls.h"
#include "tools/daemon/admin_socket.h"
#include "tools/daemon/askers.h"
#include "tools/daemon/pair.h"
#include "tools/daemon/upgrade.h"
#include "tools/signer/keyproc.h"
#include "tools/signer/pin.h"

enum {
    RELOAD_PATIENCE_MS = 10000, /* for a new pair to become as able as the one that serves */
    CLOSE_PATIENCE_MS = 3000,   /* for the old pair to accept no more */
    CHECK_PATIENCE_MS = 10000,  /* for a new program to say that it can take over */
    MAX_PAIRS = 16,             /* alive at once; a further reload waits for an older to end */
    PATIENT_PAIRS = 8,          /* of these; older ones do not wait for silent clients */
    EXIT_FAILED = 1,
    EXIT_CONFIG = 64,
};

struct supervisor {
    struct upgrade_program program;
    const char *file;
    struct listen_table listeners;
    struct pair_list pairs; /* in the order of their making */
    struct asker_list askers;
    struct pair *serving;  /* NULL only before the start and while stopping */
    struct pair *starting; /* a reload under way */
    int64_t starting_ms;
    struct pair *closing; /* the one that served before, until it accepts no more */
    pid_t checking;       /* a program that is asked whether it can take over; 0: none */
    int64_t checking_ms;
    int signals;         /* signalfd */
    int pin;             /* memory file with the PIN that was asked for; -1: none */
    bool is_reload_due;  /* waits for room among the pairs, or for the end of another */
    bool is_upgrade_due; /* the program was checked; waits for the end of a reload */
    bool is_stopping;
};

static int64_t now_ms(void)
{
    return clock_mono_us() / 1000;
}

/* Of a reload: arg is the supervisor. */
static void log_fault(void *arg, const char *line)
{
    const struct supervisor *sup = arg;

    log_error("config", "%s", line);
    askers_tell(&sup->askers, "fault", line);
}

/* ---- configuration ---- */

static void print_fault(void *arg, const char *line)
{
    (void)arg;
    (void)fprintf(stderr, "sekishod: %s\n", line);
}

/* Certificates and keys are part of what can be wrong. */
static bool are_files_good(const struct sk_config *config, config_report_fn report, void *arg)
{
    struct keyproc_options options;
    struct sk_tls *tls = NULL;
    struct sk_err err = {0};
    bool is_good = true;

    if (config->signer.backend != CONFIG_SIGNER_NONE) {
        is_good = keyproc_options_init(&options, &config->signer, -1, &err) == SK_OK;
        if (is_good) {
            is_good = keyproc_check(&options, &err) == SK_OK;
            keyproc_options_done(&options);
        }
        if (!is_good)
            report(arg, err.text);
    }
    if (config->tls.certificate != NULL && tls_new(&config->tls, &tls, &err) != SK_OK) {
        report(arg, err.text);
        is_good = false;
    }
    if (access_log_check(&config->access, &err) != SK_OK) {
        report(arg, err.text);
        is_good = false;
    }
    if (admin_socket_check(&config->server, &err) != SK_OK) {
        report(arg, err.text);
        is_good = false;
    }
    tls_free(tls);
    return is_good;
}

int supervisor_check(const char *file)
{
    enum sk_status status;
    struct pair *pair = pair_new(file, print_fault, NULL, &status);
    bool is_good = pair != NULL && are_files_good(pair->config, print_fault, NULL);

    pair_free(pair);
    return is_good ? 0 : EXIT_CONFIG;
}

/* A PIN is asked for once, at the start: for later key processes it stays in a memory file, which
 * only this process and they can reach. */
static bool has_pin(struct supervisor *sup, struct pair *pair, config_report_fn report, void *arg)
{
    const struct config_signer *signer = &pair->config->signer;
    struct sk_err err = {0};

    if (signer->pin.kind != CONFIG_PIN_PROMPT)
        return true;
    if (sup->pin < 0 && sup->serving != NULL)
        (void)err_set(&err, SK_INPUT, "pin = prompt: the PIN can be asked for at the start only");
    else if (sup->pin < 0 && (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
                              pin_prompt(signer->token != NULL ? signer->token : "the token",
                                         &sup->pin, &err) != SK_OK))
        sup->pin = -1;
    if (sup->pin < 0)
        report(arg, err.text);
    pair->pin = sup->pin;
    return sup->pin >= 0;
}

/* ---- reload ---- */

/* Its control socket goes with it, unless another pair has it. */
static void free_pair(struct supervisor *sup, struct pair *pair)
{
    pair_unlink_admin(pair, &sup->pairs);
    pair_free(pair);
}

static struct pair *make_pair(struct supervisor *sup, config_report_fn report, int *out_exit)
{
    enum sk_status status;
    struct pair *pair = pair_new(sup->file, report, sup, &status);
    struct sk_err err = {0};

    *out_exit = EXIT_CONFIG;
    if (pair != NULL &&
        (!are_files_good(pair->config, report, sup) || !has_pin(sup, pair, report, sup))) {
        pair_free(pair);
        pair = NULL;
    }
    if (pair != NULL && pair_open_admin(pair, &sup->pairs, &err) != SK_OK) {
        report(sup, err.text);
        *out_exit = EXIT_FAILED;
        pair_free(pair);
        pair = NULL;
    }
    if (pair != NULL && listen_open(&sup->listeners, pair->config, &err) != SK_OK) {
        report(sup, err.text);
        *out_exit = EXIT_FAILED;
        free_pair(sup, pair);
        pair = NULL;
    }
    if (pair != NULL)
        TAILQ_INSERT_TAIL(&sup->pairs, pair, link);
    return pair;
}

static unsigned count_pairs(const struct supervisor *sup)
{
    const struct pair *pair;
    unsigned count = 0;

    TAILQ_FOREACH(pair, &sup->pairs, link)
    count++;
    return count;
}

/* Who waits for it waits for what comes instead. */
static void abandon_reload(struct supervisor *sup, const char *why)
{
    log_error("supervisor", "reload: %s; the old configuration stays", why);
    pair_end(sup->starting, now_ms());
    sup->starting = NULL;
    listen_close_bound(&sup->listeners);
}

static void fail_reload(struct supervisor *sup, const char *why)
{
    abandon_reload(sup, why);
    askers_end(&sup->askers, "failed", why);
}

static void hurry_oldest(struct supervisor *sup)
{
    unsigned count = count_pairs(sup);
    struct pair *pair;

    TAILQ_FOREACH(pair, &sup->pairs, link)
    {
        if (count-- <= PATIENT_PAIRS)
            break;
        if (pair->phase == PAIR_RETIRING)
            pair_end(pair, now_ms());
    }
}

static void reload(struct supervisor *sup)
{
    int exit_status;

    if (sup->is_stopping)
        return;
    if (sup->starting != NULL)
        abandon_reload(sup, "another one was asked for");
    hurry_oldest(sup);
    sup->is_reload_due = true;
    if (sup->closing != NULL)
        return;
    if (count_pairs(sup) >= MAX_PAIRS) {
        log_warning("supervisor", "reload: waits for older processes to end");
        return;
    }
    sup->is_reload_due = false;
    askers_begin(&sup->askers);
    log_info("supervisor", "reload of %s", sup->file);
    sup->starting = make_pair(sup, log_fault, &exit_status);
    sup->starting_ms = now_ms();
    if (sup->starting == NULL) {
        log_error("supervisor", "reload: refused; the old configuration stays");
        askers_end(&sup->askers, "refused", "the configuration has faults; the old one stays");
    }
}

/* The new pair accepts before the old one stops: both hold the same sockets, so no client stands
 * before a closed door. */
static void take_over(struct supervisor *sup)
{
    struct pair *next = sup->starting;
    struct sk_err err = {0};

    if (listen_start(&sup->listeners, next->config, &err) != SK_OK) {
        fail_reload(sup, err.text);
        return;
    }
    if (admin_socket_permit(&next->config->server, &err) != SK_OK)
        log_error("supervisor", "%s", err.text);
    pair_accept(next);
    next->phase = PAIR_SERVING;
    pair_retire(sup->serving, now_ms());
    sup->closing = sup->serving;
    sup->serving = next;
    sup->starting = NULL;
    log_set_level(next->config->log_level);
}

/* A reload is done when nobody who connects gets the old configuration any more. A network process
 * of an earlier version does not say when that is. */
static void look_at_closing(struct supervisor *sup)
{
    const struct pair *old = sup->closing;
    struct sk_err late = {0};

    if (old == NULL || (!pair_is_closed(old) && now_ms() - old->retire_ms <= CLOSE_PATIENCE_MS))
        return;
    if (pair_is_closed(old)) {
        log_info("supervisor", "reload: done");
    } else {
        (void)err_set(&late, SK_LIMIT, "network process %ld has not said that it accepts no more",
                      (long)old->net.pid);
        log_warning("supervisor", "reload: done, but %s", late.text);
        askers_tell(&sup->askers, "warning", late.text);
    }
    askers_end(&sup->askers, "done", "the new configuration serves");
    sup->closing = NULL;
}

/* The new pair takes over once it can do all that the serving one can. */
static void look_at_reload(struct supervisor *sup)
{
    struct pair *next = sup->starting;

    if (next == NULL)
        return;
    if (next->control < 0 && next->net.start_ms != 0) {
        fail_reload(sup, "the new network process ended");
        return;
    }
    if (next->key.start_ms != 0 && next->key.pid == 0) {
        fail_reload(sup, "the new key process ended");
        return;
    }
    if (next->control >= 0 && next->has_state &&
        (next->state & sup->serving->state) == sup->serving->state) {
        take_over(sup);
    } else if (now_ms() - sup->starting_ms > RELOAD_PATIENCE_MS) {
        fail_reload(sup, "the new processes did not become ready");
    }
}

/* ---- another program ---- */

static struct upgrade_state state_of(struct supervisor *sup)
{
    return (struct upgrade_state){.listeners = &sup->listeners,
                                  .pairs = &sup->pairs,
                                  .askers = &sup->askers,
                                  .pin = sup->pin};
}

static void start_upgrade(struct supervisor *sup)
{
    struct sk_err err = {0};

    if (sup->is_stopping || sup->checking != 0)
        return;
    if (upgrade_check(&sup->program, &sup->checking, &err) != SK_OK) {
        log_error("supervisor", "%s; the old program stays", err.text);
        return;
    }
    sup->checking_ms = now_ms();
    log_info("supervisor", "upgrade: checking %s", sup->program.program);
}

static void end_check(struct supervisor *sup, int status)
{
    sup->checking = 0;
    if (sup->is_stopping)
        return;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        log_error("supervisor", "upgrade: %s cannot take over; the old program stays",
                  sup->program.program);
        return;
    }
    sup->is_upgrade_due = true;
}

/* The next program begins with a reload, which is then that of whoever waits for one. */
static void upgrade(struct supervisor *sup)
{
    const struct upgrade_state state = state_of(sup);
    struct sk_err err = {0};

    sup->is_upgrade_due = false;
    if (sup->is_stopping)
        return;
    if (sup->starting != NULL) {
        abandon_reload(sup, "an upgrade was asked for");
        sup->is_reload_due = true; /* if nothing comes of that */
    }
    log_info("supervisor", "upgrade: becoming %s", sup->program.program);
    upgrade_exec(&sup->program, &state, &err);
    log_error("supervisor", "%s; the old program stays", err.text);
}

static void look_at_upgrade(struct supervisor *sup)
{
    if (sup->checking != 0 && now_ms() - sup->checking_ms > CHECK_PATIENCE_MS)
        (void)kill(sup->checking, SIGKILL);
    if (sup->is_upgrade_due && sup->closing == NULL)
        upgrade(sup);
}

/* ---- events ---- */

static void refuse_askers(struct supervisor *sup)
{
    askers_begin(&sup->askers);
    askers_end(&sup->askers, "failed", "the server is about to end");
}

static void stop(struct supervisor *sup)
{
    struct pair *pair;

    if (sup->is_stopping)
        return;
    log_info("supervisor", "stopping");
    sup->is_stopping = true;
    refuse_askers(sup);
    sup->serving = sup->starting = sup->closing = NULL;
    TAILQ_FOREACH(pair, &sup->pairs, link)
    pair_end(pair, now_ms());
}

static void reap(struct supervisor *sup)
{
    struct pair *pair;
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid == sup->checking) {
            end_check(sup, status);
            continue;
        }
        TAILQ_FOREACH(pair, &sup->pairs, link)
        {
            if (pair_ended(pair, pid, status, now_ms()))
                break;
        }
    }
}

static void read_signals(struct supervisor *sup)
{
    struct signalfd_siginfo info;

    while (read(sup->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        switch (info.ssi_signo) {
        case SIGHUP:
            reload(sup);
            break;
        case SIGUSR2:
            start_upgrade(sup);
            break;
        case SIGCHLD:
            reap(sup);
            break;
        default: /* SIGTERM, SIGINT */
            stop(sup);
            break;
        }
    }
}

/* No pair but the one that serves accepts connections, or will. */
static bool is_alone(const struct supervisor *sup)
{
    const struct pair *pair;

    TAILQ_FOREACH(pair, &sup->pairs, link)
    {
        if (pair != sup->serving && !(pair->phase == PAIR_RETIRING && pair_is_closed(pair)))
            return false;
    }
    return sup->serving != NULL;
}

/* Frees pairs whose processes are gone, and sockets nobody serves any more. */
static void sweep(struct supervisor *sup)
{
    struct pair *pair, *next;

    for (pair = TAILQ_FIRST(&sup->pairs); pair != NULL; pair = next) {
        next = TAILQ_NEXT(pair, link);
        if (!pair_is_over(pair, now_ms()))
            continue;
        TAILQ_REMOVE(&sup->pairs, pair, link);
        free_pair(sup, pair);
    }
    if (is_alone(sup))
        listen_close_others(&sup->listeners, sup->serving->config);
}

static int wait_ms(const struct supervisor *sup)
{
    int64_t due = INT64_MAX, left;
    const struct pair *pair;

    TAILQ_FOREACH(pair, &sup->pairs, link)
    {
        int64_t mine = pair_due_ms(pair);

        if (mine < due && !pair->was_killed)
            due = mine;
    }
    if (sup->starting != NULL && sup->starting_ms + RELOAD_PATIENCE_MS + 1 < due)
        due = sup->starting_ms + RELOAD_PATIENCE_MS + 1;
    if (sup->closing != NULL && sup->closing->retire_ms + CLOSE_PATIENCE_MS + 1 < due)
        due = sup->closing->retire_ms + CLOSE_PATIENCE_MS + 1;
    if (sup->checking != 0 && sup->checking_ms + CHECK_PATIENCE_MS + 1 < due)
        due = sup->checking_ms + CHECK_PATIENCE_MS + 1;
    if (due == INT64_MAX)
        return -1;
    left = due - now_ms();
    return left < 0 ? 0 : left < 60000 ? (int)left : 60000;
}

static void wait_events(struct supervisor *sup)
{
    struct pollfd polls[1 + MAX_PAIRS];
    struct pair *owners[1 + MAX_PAIRS] = {NULL};
    struct pair *pair;
    nfds_t count = 1, i;

    polls[0] = (struct pollfd){.fd = sup->signals, .events = POLLIN};
    TAILQ_FOREACH(pair, &sup->pairs, link)
    {
        if (pair->control < 0 || count > MAX_PAIRS)
            continue;
        owners[count] = pair;
        polls[count++] = (struct pollfd){.fd = pair->control, .events = POLLIN};
    }
    if (poll(polls, count, wait_ms(sup)) <= 0)
        return;
    for (i = 1; i < count; i++) {
        if (polls[i].revents != 0)
            pair_read_control(owners[i], &sup->askers, now_ms());
    }
    if (sup->is_stopping)
        refuse_askers(sup);
    else if (askers_are_due(&sup->askers) && !sup->is_reload_due)
        reload(sup);
    if (polls[0].revents != 0)
        read_signals(sup);
}

static void run(struct supervisor *sup)
{
    for (;;) {
        struct pair *pair;

        TAILQ_FOREACH(pair, &sup->pairs, link)
        {
            pair_start_due(pair, &sup->listeners, now_ms());
            pair_mend_key(pair, now_ms());
            if (pair_accept_due(pair, now_ms()))
                pair_accept(pair);
        }
        look_at_reload(sup);
        look_at_closing(sup);
        sweep(sup);
        if (TAILQ_EMPTY(&sup->pairs))
            return;
        look_at_upgrade(sup);
        if (sup->is_reload_due && sup->closing == NULL && count_pairs(sup) < MAX_PAIRS)
            reload(sup);
        wait_events(sup);
    }
}

/* ---- life ---- */

static bool open_signals(struct supervisor *sup)
{
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigset_t set;

    (void)sigaction(SIGPIPE, &ignore, NULL);
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGHUP);
    (void)sigaddset(&set, SIGUSR2);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGCHLD);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return false;
    sup->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return sup->signals >= 0;
}

static bool write_pid(const char *file)
{
    char text[32];
    int fd, n = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
    bool is_good;

    if (file == NULL)
        return true;
    fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    is_good = fd >= 0 && write(fd, text, (size_t)n) == n;
    if (!is_good)
        (void)fprintf(stderr, "sekishod: %s: %s\n", file, strerror(errno));
    if (fd >= 0)
        (void)close(fd);
    return is_good;
}

/* At the start clients may wait in the queue: there is nobody else to serve them. */
static bool start_listening(struct supervisor *sup)
{
    struct sk_err err = {0};
    bool is_good = listen_start(&sup->listeners, sup->serving->config, &err) == SK_OK;

    if (!is_good)
        print_fault(NULL, err.text);
    return is_good;
}

static bool permit_admin(struct supervisor *sup)
{
    struct sk_err err = {0};
    bool is_good = admin_socket_permit(&sup->serving->config->server, &err) == SK_OK;

    if (!is_good)
        print_fault(NULL, err.text);
    return is_good;
}

static bool start_afresh(struct supervisor *sup, int *out_exit)
{
    struct sk_err err = {0};

    *out_exit = EXIT_FAILED;
    if (listen_inherit(&sup->listeners, &err) != SK_OK) {
        print_fault(NULL, err.text);
        return false;
    }
    sup->serving = make_pair(sup, print_fault, out_exit);
    if (sup->serving == NULL)
        return false;
    sup->serving->phase = PAIR_SERVING;
    log_set_level(sup->serving->config->log_level);
    if (!start_listening(sup) || !permit_admin(sup) || !write_pid(sup->program.pid_file))
        stop(sup);
    *out_exit = sup->is_stopping ? EXIT_FAILED : 0;
    return true;
}

/* The processes of the earlier program serve until those of this one do, and on if these fail.
 */
static bool take_up(struct supervisor *sup, int handover, int *out_exit)
{
    struct upgrade_state state = state_of(sup);
    struct sk_err err = {0};
    struct pair *pair;

    *out_exit = EXIT_FAILED;
    if (upgrade_adopt(sup->file, handover, &state, &err) != SK_OK) {
        log_error("supervisor", "%s", err.text);
        return false;
    }
    sup->pin = state.pin;
    if (sup->pin >= 0)
        (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    TAILQ_FOREACH(pair, &sup->pairs, link)
    {
        if (pair->phase == PAIR_SERVING)
            sup->serving = pair;
    }
    if (sup->serving == NULL) {
        log_error("supervisor", "upgrade: no process that serves");
        return false;
    }
    *out_exit = 0;
    log_info("supervisor", "upgrade: now " SEKISHO_VERSION);
    reap(sup);
    reload(sup);
    return true;
}

int supervisor_run(const struct upgrade_program *program, int handover)
{
    static struct supervisor sup;
    int exit_status;

    sup.program = *program;
    sup.file = program->file;
    sup.pin = -1;
    TAILQ_INIT(&sup.pairs);
    if (!open_signals(&sup)) {
        (void)fprintf(stderr, "sekishod: signals: %s\n", strerror(errno));
        return EXIT_FAILED;
    }
    if (!(handover >= 0 ? take_up(&sup, handover, &exit_status) : start_afresh(&sup, &exit_status)))
        return exit_status;
    run(&sup);
    listen_close_others(&sup.listeners, NULL);
    if (program->pid_file != NULL && exit_status == 0)
        (void)unlink(program->pid_file);
    (void)close(sup.signals);
    log_info("supervisor", "ended");
    return exit_status;
}
