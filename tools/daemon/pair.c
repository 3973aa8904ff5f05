/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/daemon/pair.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "net/control.h"
#include "policy/file.h"
#include "tools/daemon/admin_socket.h"

enum {
    BACKOFF_MS = 100, /* before the first restart; doubled each time */
    BACKOFF_MAX_MS = 10000,
    STEADY_MS = 10000,         /* a child that ran this long did not fail at its start */
    ACCEPT_PATIENCE_MS = 2000, /* then connections are accepted without a signer too */
    KILL_AFTER_MS = 3000,      /* over the drain time */
    LOST_MS = 1000,            /* without a socket; a key process that ends is told of before */
    ATTACH_MS = 5000,          /* for the workers to take the sockets of a new key process */
};

/* ---- configuration ---- */

/* The text as the children will read it. -1 with errno. */
static int memory_file(struct sk_bytes text)
{
    int fd = memfd_create("sekisho.conf", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    size_t done = 0;

    while (fd >= 0 && done < text.len) {
        ssize_t n = write(fd, text.p + done, text.len - done);

        if (n <= 0) {
            (void)close(fd);
            return -1;
        }
        done += (size_t)n;
    }
    if (fd >= 0)
        (void)fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
    return fd;
}

static enum sk_status read_config(struct pair *pair, config_report_fn report, void *arg)
{
    struct sk_err err = {0};
    struct sk_buf text;
    enum sk_status status;

    buf_init(&text, LIMIT_CONFIG_BYTES);
    status = file_read(pair->file, &text, &err);
    if (status != SK_OK)
        report(arg, err.text);
    else
        status = config_parse(pair->file, buf_bytes(&text), report, arg, &pair->config);
    if (status == SK_OK) {
        pair->text = memory_file(buf_bytes(&text));
        if (pair->text < 0) {
            (void)err_errno(&err, SK_IO, "%s: memory file", pair->file);
            report(arg, err.text);
            status = SK_IO;
        }
    }
    buf_done(&text);
    return status;
}

struct pair *pair_new(const char *file, config_report_fn report, void *arg,
                      enum sk_status *out_status)
{
    struct pair *pair = calloc(1, sizeof(*pair));

    if (pair == NULL) {
        report(arg, "no memory");
        *out_status = SK_NOMEM;
        return NULL;
    }
    pair->phase = PAIR_STARTING;
    pair->file = file;
    pair->text = pair->control = pair->pin = pair->admin = -1;
    pair->net.kind = ROLE_NET;
    pair->key.kind = ROLE_KEY;
    *out_status = read_config(pair, report, arg);
    if (*out_status != SK_OK) {
        pair_free(pair);
        return NULL;
    }
    pair->net.due_ms = 1;
    pair->key.due_ms = pair->config->signer.backend != CONFIG_SIGNER_NONE ? 1 : 0;
    return pair;
}

static void close_control(struct pair *pair)
{
    if (pair->control >= 0)
        (void)close(pair->control);
    pair->control = -1;
    pair->state = 0;
    pair->has_state = false;
    pair->lost_ms = 0;
    pair->is_accepting = false;
}

void pair_free(struct pair *pair)
{
    if (pair == NULL)
        return;
    close_control(pair);
    if (pair->admin >= 0)
        (void)close(pair->admin);
    if (pair->text >= 0)
        (void)close(pair->text);
    config_free(pair->config);
    free(pair);
}

void pair_hand_over(const struct pair *pair, struct pair_handover *out)
{
    out->phase = (int32_t)pair->phase;
    out->net = pair->net.pid;
    out->key = pair->key.pid;
    out->text = pair->text;
    out->control = pair->control;
    out->admin = pair->admin;
    out->state = pair->state;
    out->has_state = pair->has_state;
    out->is_accepting = pair->is_accepting;
}

static void log_fault(void *arg, const char *line)
{
    (void)arg;
    log_error("config", "%s", line);
}

/* A child that had ended before is due at once, as after pair_new(). */
static void adopt_child(struct pair_child *child, enum role_kind kind, int32_t pid)
{
    child->kind = kind;
    child->pid = pid;
    child->start_ms = clock_mono_us() / 1000;
    child->due_ms = pid == 0 ? 1 : 0;
}

struct pair *pair_adopt(const char *file, const struct pair_handover *handover, int pin)
{
    struct pair *pair = calloc(1, sizeof(*pair));

    if (pair == NULL)
        return NULL;
    pair->phase = handover->phase == PAIR_SERVING ? PAIR_SERVING : PAIR_RETIRING;
    pair->file = file;
    pair->text = handover->text;
    pair->control = handover->control;
    pair->admin = handover->admin;
    pair->pin = pin;
    pair->state = handover->state;
    pair->has_state = handover->has_state != 0;
    pair->is_accepting = handover->is_accepting != 0;
    pair->retire_ms = clock_mono_us() / 1000;
    pair->config = role_config(file, pair->text);
    /* The earlier version may have taken what this one does not; the file was checked for it. */
    if (pair->config == NULL) {
        (void)close(pair->text);
        pair->text = -1;
        if (read_config(pair, log_fault, NULL) != SK_OK) {
            pair_free(pair);
            return NULL;
        }
    }
    adopt_child(&pair->net, ROLE_NET, handover->net);
    adopt_child(&pair->key, ROLE_KEY, handover->key);
    if (pair->config->signer.backend == CONFIG_SIGNER_NONE)
        pair->key.due_ms = 0;
    return pair;
}

/* ---- the control socket ---- */

static bool is_at(const struct pair *pair, const char *path)
{
    char mine[ADMIN_SOCKET_PATH];

    return admin_socket_path(pair->admin, mine) && strcmp(mine, path) == 0;
}

enum sk_status pair_open_admin(struct pair *pair, const struct pair_list *pairs, struct sk_err *err)
{
    const struct config_server *server = &pair->config->server;
    const struct pair *other;

    if (server->control_socket == NULL)
        return SK_OK;
    TAILQ_FOREACH(other, pairs, link)
    {
        if (is_at(other, server->control_socket))
            break;
    }
    if (other == NULL)
        return admin_socket_open(server, &pair->admin, err);
    pair->admin = fcntl(other->admin, F_DUPFD_CLOEXEC, 0);
    return pair->admin >= 0 ? SK_OK : err_errno(err, SK_IO, "control socket: duplicate");
}

void pair_unlink_admin(const struct pair *pair, const struct pair_list *pairs)
{
    char path[ADMIN_SOCKET_PATH];
    const struct pair *other;

    if (!admin_socket_path(pair->admin, path))
        return;
    TAILQ_FOREACH(other, pairs, link)
    {
        if (other != pair && is_at(other, path))
            return;
    }
    (void)unlink(path);
}

/* ---- starting ---- */

static int64_t backoff(const struct pair_child *child)
{
    int64_t ms = BACKOFF_MS;
    unsigned i;

    for (i = 1; i < child->failures && ms < BACKOFF_MAX_MS; i++)
        ms *= 2;
    return ms < BACKOFF_MAX_MS ? ms : BACKOFF_MAX_MS;
}

static enum sk_status start(struct pair *pair, struct pair_child *child, int control,
                            const int *fds, size_t num_fds, int64_t now_ms, struct sk_err *err)
{
    const struct role role = {.kind = child->kind,
                              .file = pair->file,
                              .config = pair->text,
                              .control = control,
                              .admin = child->kind == ROLE_NET ? pair->admin : -1,
                              .fds = fds,
                              .num_fds = num_fds};
    enum sk_status status = role_start(&role, &child->pid, err);

    if (status != SK_OK)
        return status;
    child->start_ms = now_ms;
    child->due_ms = 0;
    log_info("supervisor", "%s %ld started", role_name(child->kind), (long)child->pid);
    return SK_OK;
}

static enum sk_status start_net(struct pair *pair, const struct listen_table *table, int64_t now_ms,
                                struct sk_err *err)
{
    static int fds[LISTEN_SOCKETS];
    int sockets[2];
    enum sk_status status;
    size_t count;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) != 0)
        return err_errno(err, SK_IO, "control socket");
    /* What is only bound belongs to a pair that is starting, and to nobody if that is given up. */
    count = listen_fds(table, pair->config, pair->phase == PAIR_STARTING, fds);
    status = start(pair, &pair->net, sockets[1], fds, count, now_ms, err);
    (void)close(sockets[1]);
    if (status != SK_OK) {
        (void)close(sockets[0]);
        return status;
    }
    (void)fcntl(sockets[0], F_SETFL, O_NONBLOCK);
    close_control(pair);
    pair->is_closed = false;
    pair->control = sockets[0];
    return SK_OK;
}

static void close_all(const int *fds, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        if (fds[i] >= 0)
            (void)close(fds[i]);
    }
}

static enum sk_status hand_over(const struct pair *pair, const int *fds, size_t count,
                                struct sk_err *err)
{
    enum sk_status status = SK_OK;
    size_t i;

    for (i = 0; status == SK_OK && i < count; i++) {
        struct control_message message = {.kind = CONTROL_KEY, .value = (uint32_t)i, .fd = fds[i]};

        status = control_send(pair->control, &message, err);
    }
    return status;
}

/* One socket per worker: one end for the key process, the other for the network process. */
static enum sk_status start_key(struct pair *pair, int64_t now_ms, struct sk_err *err)
{
    size_t count = pair->config->server.workers, made = 0;
    int *ours = calloc(count, sizeof(int)), *theirs = calloc(count, sizeof(int));
    enum sk_status status = SK_OK;

    if (ours == NULL || theirs == NULL)
        status = err_set(err, SK_NOMEM, "key process: no memory");
    for (; status == SK_OK && made < count; made++) {
        int sockets[2];

        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, sockets) != 0) {
            status = err_errno(err, SK_IO, "key process: sockets");
            break;
        }
        ours[made] = sockets[0];
        theirs[made] = sockets[1];
    }
    if (status == SK_OK)
        status = start(pair, &pair->key, pair->pin, theirs, count, now_ms, err);
    pair->is_key_ended = false;
    if (status == SK_OK)
        status = hand_over(pair, ours, count, err);
    close_all(ours, made);
    close_all(theirs, made);
    free(ours);
    free(theirs);
    return status;
}

static bool is_due(const struct pair_child *child, int64_t now_ms)
{
    return child->pid == 0 && child->due_ms != 0 && child->due_ms <= now_ms;
}

static void start_failed(struct pair_child *child, const struct sk_err *err, int64_t now_ms)
{
    log_error("supervisor", "%s", err->text);
    child->failures++;
    if (child->pid == 0)
        child->due_ms = now_ms + backoff(child);
}

void pair_start_due(struct pair *pair, const struct listen_table *table, int64_t now_ms)
{
    struct sk_err err = {0};

    if (pair->phase == PAIR_RETIRING)
        return;
    if (is_due(&pair->net, now_ms) && start_net(pair, table, now_ms, &err) != SK_OK)
        start_failed(&pair->net, &err, now_ms);
    if (pair->control >= 0 && is_due(&pair->key, now_ms) && start_key(pair, now_ms, &err) != SK_OK)
        start_failed(&pair->key, &err, now_ms);
}

/* INT64_MAX: not at all. */
static int64_t mend_ms(const struct pair *pair)
{
    int64_t lost = pair->lost_ms + LOST_MS, started = pair->key.start_ms + ATTACH_MS;

    if (pair->phase == PAIR_RETIRING || pair->key.pid == 0 || pair->lost_ms == 0 ||
        pair->is_key_ended)
        return INT64_MAX;
    return lost > started ? lost : started;
}

void pair_mend_key(struct pair *pair, int64_t now_ms)
{
    if (mend_ms(pair) > now_ms)
        return;
    log_error("supervisor", "a worker has lost its socket to the key process: starting another");
    (void)kill(pair->key.pid, SIGTERM);
    pair->is_key_ended = true;
}

int64_t pair_due_ms(const struct pair *pair)
{
    int64_t due = mend_ms(pair);

    if (pair->phase == PAIR_RETIRING)
        return pair->retire_ms + pair->config->server.drain_ms + KILL_AFTER_MS;
    if (pair->net.pid == 0 && pair->net.due_ms != 0)
        due = pair->net.due_ms;
    if (pair->key.pid == 0 && pair->key.due_ms != 0 && pair->key.due_ms < due && pair->control >= 0)
        due = pair->key.due_ms;
    if (pair->phase == PAIR_SERVING && pair->control >= 0 && !pair->is_accepting &&
        pair->net.start_ms + ACCEPT_PATIENCE_MS < due)
        due = pair->net.start_ms + ACCEPT_PATIENCE_MS;
    return due;
}

/* ---- talking ---- */

void pair_read_control(struct pair *pair, struct asker_list *askers, int64_t now_ms)
{
    struct control_message message;
    struct sk_err err = {0};
    enum sk_status status;

    while ((status = control_receive(pair->control, &message, &err)) == SK_OK) {
        if (message.kind == CONTROL_RELOAD)
            askers_add(askers, message.fd);
        else if (message.fd >= 0)
            (void)close(message.fd);
        if (message.kind == CONTROL_STATE) {
            pair->state = message.value & ~(uint32_t)CONTROL_IS_CLOSED;
            pair->is_closed = (message.value & CONTROL_IS_CLOSED) != 0;
            pair->has_state = true;
            if ((message.value & CONTROL_HAS_KEY) != 0)
                pair->lost_ms = 0;
            else if (pair->lost_ms == 0)
                pair->lost_ms = now_ms;
        }
    }
    if (status == SK_AGAIN)
        return;
    if (status != SK_NOTFOUND)
        log_error("supervisor", "%s", err.text);
    close_control(pair); /* its end is near, or has come: SIGCHLD tells */
}

bool pair_accept_due(const struct pair *pair, int64_t now_ms)
{
    if (pair->phase != PAIR_SERVING || pair->control < 0 || pair->is_accepting)
        return false;
    return pair->state == (CONTROL_HAS_SIGNER | CONTROL_HAS_SNAPSHOT | CONTROL_HAS_KEY) ||
           now_ms >= pair->net.start_ms + ACCEPT_PATIENCE_MS;
}

void pair_accept(struct pair *pair)
{
    const struct control_message message = {.kind = CONTROL_ACCEPT, .fd = -1};
    struct sk_err err = {0};

    if (control_send(pair->control, &message, &err) != SK_OK)
        log_error("supervisor", "%s", err.text);
    pair->is_accepting = true;
}

/* ---- ending ---- */

static void log_end(const struct pair_child *child, enum pair_phase phase, int status)
{
    enum log_level level = phase == PAIR_RETIRING ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR;

    if (WIFSIGNALED(status))
        log_write(level, "supervisor", "%s %ld ended by signal %d", role_name(child->kind),
                  (long)child->pid, WTERMSIG(status));
    else
        log_write(level, "supervisor", "%s %ld ended with %d", role_name(child->kind),
                  (long)child->pid, WEXITSTATUS(status));
}

static void plan_restart(struct pair_child *child, int64_t now_ms)
{
    child->failures = now_ms - child->start_ms >= STEADY_MS ? 1 : child->failures + 1;
    child->due_ms = now_ms + backoff(child);
}

static void signal_child(const struct pair_child *child, int what)
{
    if (child->pid != 0)
        (void)kill(child->pid, what);
}

bool pair_ended(struct pair *pair, pid_t pid, int status, int64_t now_ms)
{
    struct pair_child *child = pid == pair->net.pid ? &pair->net : &pair->key;

    if (pid == 0 || pid != child->pid)
        return false;
    log_end(child, pair->phase, status);
    child->pid = 0;
    child->due_ms = 0;
    if (child->kind == ROLE_NET) {
        close_control(pair);
        signal_child(&pair->key, SIGTERM); /* its sockets led to that process */
    }
    if (pair->phase == PAIR_SERVING)
        plan_restart(child, now_ms);
    return true;
}

void pair_retire(struct pair *pair, int64_t now_ms)
{
    const struct control_message message = {.kind = CONTROL_DRAIN, .fd = -1};
    struct sk_err err = {0};

    if (pair->phase == PAIR_RETIRING)
        return;
    pair->phase = PAIR_RETIRING;
    pair->retire_ms = now_ms;
    if (pair->net.pid == 0)
        signal_child(&pair->key, SIGTERM);
    else if (pair->control < 0 || control_send(pair->control, &message, &err) != SK_OK)
        signal_child(&pair->net, SIGTERM);
}

void pair_end(struct pair *pair, int64_t now_ms)
{
    pair_retire(pair, now_ms);
    signal_child(&pair->net, SIGTERM);
}

bool pair_is_closed(const struct pair *pair)
{
    return pair->net.pid == 0 || pair->is_closed;
}

bool pair_is_over(struct pair *pair, int64_t now_ms)
{
    if (pair->phase != PAIR_RETIRING)
        return false;
    if (pair->net.pid == 0 && pair->key.pid == 0)
        return true;
    if (now_ms >= pair_due_ms(pair) && !pair->was_killed) {
        log_warning("supervisor", "processes that do not end are killed");
        signal_child(&pair->net, SIGKILL);
        signal_child(&pair->key, SIGKILL);
        pair->was_killed = true;
    }
    return false;
}
