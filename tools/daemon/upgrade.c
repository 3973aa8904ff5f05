/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/daemon/upgrade.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "core/log.h"

enum { EXIT_FAILED = 1 };

struct handover_socket {
    int32_t fd;
    int32_t is_inherited;
};

/* What the memory file holds, as it stands in memory. */
struct handover {
    int32_t format;
    int32_t pin; /* -1: none */
    int32_t num_sockets, num_pairs;
    struct handover_socket sockets[LISTEN_SOCKETS];
    struct pair_handover pairs[UPGRADE_PAIRS];
    struct asker_handover askers;
};

/* ---- the program on the disk ---- */

const char *upgrade_program_path(const char *argv0, char *out, size_t size)
{
    ssize_t n;

    if (argv0 != NULL && strchr(argv0, '/') != NULL)
        return argv0;
    n = readlink("/proc/self/exe", out, size);
    if (n <= 0 || (size_t)n >= size)
        return NULL;
    out[n] = '\0';
    return out;
}

/* Between fork and exec: only calls that are safe there. */
static void exec_check(const struct upgrade_program *program, const char *format, pid_t parent)
{
    sigset_t none;

    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent)
        (void)execl(program->program, program->program, "--test", "--config", program->file,
                    "--takes-over", format, (char *)NULL);
    _exit(EXIT_FAILED);
}

enum sk_status upgrade_check(const struct upgrade_program *program, pid_t *out, struct sk_err *err)
{
    pid_t parent = getpid(), pid;
    char format[16];

    if (program->program == NULL)
        return err_set(err, SK_IO, "upgrade: where the program stands is not known");
    (void)snprintf(format, sizeof(format), "%d", (int)UPGRADE_FORMAT);
    pid = fork();
    if (pid == 0)
        exec_check(program, format, parent);
    if (pid < 0)
        return err_errno(err, SK_IO, "upgrade: fork");
    *out = pid;
    return SK_OK;
}

/* ---- what is taken along ---- */

static enum sk_status fill(struct handover *handover, const struct upgrade_state *state,
                           struct sk_err *err)
{
    const struct listen_table *table = state->listeners;
    const struct pair *pair;
    size_t i;

    memset(handover, 0, sizeof(*handover));
    handover->format = UPGRADE_FORMAT;
    handover->pin = state->pin;
    for (i = 0; i < table->num_sockets; i++) {
        handover->sockets[i].fd = table->sockets[i].fd;
        handover->sockets[i].is_inherited = table->sockets[i].is_inherited;
    }
    handover->num_sockets = (int32_t)table->num_sockets;
    TAILQ_FOREACH(pair, state->pairs, link)
    {
        if (handover->num_pairs == UPGRADE_PAIRS)
            return err_set(err, SK_LIMIT, "upgrade: too many processes still drain");
        pair_hand_over(pair, &handover->pairs[handover->num_pairs++]);
    }
    askers_hand_over(state->askers, &handover->askers);
    return SK_OK;
}

static bool keep(int fd, bool is_kept)
{
    return fd < 0 || fcntl(fd, F_SETFD, is_kept ? 0 : FD_CLOEXEC) == 0;
}

/* Which descriptors an exec leaves open. */
static bool keep_all(const struct handover *handover, bool are_kept)
{
    bool is_good = keep(handover->pin, are_kept);
    int32_t i;

    for (i = 0; i < handover->num_sockets; i++)
        is_good = keep(handover->sockets[i].fd, are_kept) && is_good;
    for (i = 0; i < handover->num_pairs; i++) {
        is_good = keep(handover->pairs[i].text, are_kept) && is_good;
        is_good = keep(handover->pairs[i].control, are_kept) && is_good;
        is_good = keep(handover->pairs[i].admin, are_kept) && is_good;
    }
    for (i = 0; i < handover->askers.count; i++)
        is_good = keep(handover->askers.fds[i], are_kept) && is_good;
    return is_good;
}

static void exec_program(const struct upgrade_program *program, int handover)
{
    /* without a pid file the arguments end before it */
    const char *more = program->pid_file != NULL ? "--pid-file" : NULL;
    char text[16];

    (void)snprintf(text, sizeof(text), "%d", handover);
    (void)execl(program->program, program->program, "--config", program->file, "--handover", text,
                more, program->pid_file, (char *)NULL);
}

void upgrade_exec(const struct upgrade_program *program, const struct upgrade_state *state,
                  struct sk_err *err)
{
    static struct handover handover;
    int fd;

    if (fill(&handover, state, err) != SK_OK)
        return;
    fd = memfd_create("sekishod.handover", 0);
    if (fd < 0) {
        (void)err_errno(err, SK_IO, "upgrade: memory file");
        return;
    }
    if (write(fd, &handover, sizeof(handover)) == (ssize_t)sizeof(handover) &&
        keep_all(&handover, true))
        exec_program(program, fd);
    (void)err_errno(err, SK_IO, "upgrade: %s", program->program);
    (void)keep_all(&handover, false);
    (void)close(fd);
}

/* ---- after the exec ---- */

static enum sk_status adopt_sockets(const struct handover *handover, struct listen_table *table,
                                    struct sk_err *err)
{
    enum sk_status status = SK_OK;
    int32_t i;

    for (i = 0; status == SK_OK && i < handover->num_sockets; i++)
        status =
            listen_adopt(table, handover->sockets[i].fd, handover->sockets[i].is_inherited, err);
    return status;
}

static enum sk_status adopt_pairs(const struct handover *handover, const char *file,
                                  struct pair_list *pairs, struct sk_err *err)
{
    int32_t i;

    for (i = 0; i < handover->num_pairs; i++) {
        struct pair *pair = pair_adopt(file, &handover->pairs[i], handover->pin);

        if (pair == NULL)
            return err_set(err, SK_INPUT, "upgrade: processes that cannot be taken over");
        TAILQ_INSERT_TAIL(pairs, pair, link);
    }
    return SK_OK;
}

enum sk_status upgrade_adopt(const char *file, int fd, struct upgrade_state *state,
                             struct sk_err *err)
{
    static struct handover handover;
    ssize_t n = pread(fd, &handover, sizeof(handover), 0);
    enum sk_status status;

    (void)close(fd);
    if (n != (ssize_t)sizeof(handover) || handover.format != UPGRADE_FORMAT ||
        handover.num_sockets < 0 || handover.num_sockets > LISTEN_SOCKETS ||
        handover.num_pairs < 0 || handover.num_pairs > UPGRADE_PAIRS || handover.askers.count < 0 ||
        handover.askers.count > ASKERS_MAX)
        return err_set(err, SK_INPUT, "upgrade: not what an earlier version hands over");
    if (!keep_all(&handover, false))
        return err_set(err, SK_INPUT, "upgrade: descriptors that are not there");
    status = adopt_sockets(&handover, state->listeners, err);
    if (status == SK_OK)
        status = adopt_pairs(&handover, file, state->pairs, err);
    if (status == SK_OK) {
        askers_adopt(state->askers, &handover.askers);
        state->pin = handover.pin;
    }
    return status;
}
