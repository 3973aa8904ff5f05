/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/daemon/role.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/log.h"
#include "net/front.h"
#include "policy/config.h"
#include "tools/daemon/listen.h"
#include "tools/signer/keyproc.h"

/*
 * Internal arguments, in this order:
 *   sekishod --role=net|key FILE CONFIG-FD CONTROL-FD ADMIN-FD FD,FD,...
 */
enum { ARG_ROLE = 1, ARG_FILE, ARG_CONFIG, ARG_CONTROL, ARG_ADMIN, ARG_FDS, ARG_COUNT };

enum { EXIT_FAILED = 1 };

const char *role_name(enum role_kind kind)
{
    switch (kind) {
    case ROLE_NET:
        return "network process";
    case ROLE_KEY:
        return "key process";
    case ROLE_NONE:
        break;
    }
    return "process";
}

/* ---- the supervisor's side ---- */

static bool keep_open(int fd)
{
    return fd < 0 || fcntl(fd, F_SETFD, 0) == 0;
}

/* Between fork and exec: only calls that are safe there. */
static void exec_child(const struct role *role, char **argv, pid_t parent)
{
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigset_t none;
    size_t i;

    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)sigaction(SIGINT, &ignore, NULL); /* a terminal sends both to the whole group */
    (void)sigaction(SIGHUP, &ignore, NULL); /* and a service manager to the whole service */
    (void)sigaction(SIGUSR2, &ignore, NULL);
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != parent)
        _exit(EXIT_FAILED);
    if (!keep_open(role->config) || !keep_open(role->control) || !keep_open(role->admin))
        _exit(EXIT_FAILED);
    for (i = 0; i < role->num_fds; i++) {
        if (!keep_open(role->fds[i]))
            _exit(EXIT_FAILED);
    }
    (void)execv("/proc/self/exe", argv);
    _exit(EXIT_FAILED);
}

static enum sk_status join_fds(const struct role *role, struct sk_buf *out)
{
    size_t i;

    for (i = 0; i < role->num_fds; i++)
        buf_printf(out, i == 0 ? "%d" : ",%d", role->fds[i]);
    buf_put_byte(out, 0);
    return buf_status(out);
}

enum sk_status role_start(const struct role *role, pid_t *out, struct sk_err *err)
{
    char kind[16], config[16], control[16], admin[16];
    struct sk_buf fds;
    pid_t parent = getpid(), pid;
    char *argv[ARG_COUNT + 1];
    enum sk_status status;

    buf_init(&fds, LISTEN_SOCKETS * 12);
    status = join_fds(role, &fds);
    if (status != SK_OK) {
        buf_done(&fds);
        return err_set(err, status, "%s: its descriptors", role_name(role->kind));
    }
    (void)snprintf(kind, sizeof(kind), "--role=%s", role->kind == ROLE_NET ? "net" : "key");
    (void)snprintf(config, sizeof(config), "%d", role->config);
    (void)snprintf(control, sizeof(control), "%d", role->control);
    (void)snprintf(admin, sizeof(admin), "%d", role->admin);
    argv[0] = (char[]){"sekishod"};
    argv[ARG_ROLE] = kind;
    argv[ARG_FILE] = strdup(role->file);
    argv[ARG_CONFIG] = config;
    argv[ARG_CONTROL] = control;
    argv[ARG_ADMIN] = admin;
    argv[ARG_FDS] = (char *)fds.data;
    argv[ARG_COUNT] = NULL;
    pid = argv[ARG_FILE] != NULL ? fork() : -1;
    if (pid == 0)
        exec_child(role, argv, parent);
    if (pid < 0)
        status = err_errno(err, SK_IO, "%s: fork", role_name(role->kind));
    else
        *out = pid;
    free(argv[ARG_FILE]);
    buf_done(&fds);
    return status;
}

/* ---- the child's side ---- */

bool role_is_child(int argc, char **argv)
{
    return argc > ARG_ROLE && strncmp(argv[ARG_ROLE], "--role=", 7) == 0;
}

static void report(void *arg, const char *line)
{
    (void)arg;
    log_error("config", "%s", line);
}

/* The memory file is shared with the other children: it is read without moving its offset. */
struct sk_config *role_config(const char *file, int fd)
{
    struct sk_config *config = NULL;
    struct sk_buf text;
    struct stat info;
    uint8_t *room;
    ssize_t n = -1;

    buf_init(&text, LIMIT_CONFIG_BYTES);
    if (fstat(fd, &info) == 0 && info.st_size >= 0 && info.st_size <= (off_t)LIMIT_CONFIG_BYTES) {
        room = buf_reserve(&text, (size_t)info.st_size);
        n = room != NULL ? pread(fd, room, (size_t)info.st_size, 0) : -1;
    }
    if (n < 0 || n != info.st_size) {
        log_error("config", "%s: cannot be read from the supervisor", file);
    } else {
        text.len = (size_t)n;
        if (config_parse(file, buf_bytes(&text), report, NULL, &config) != SK_OK)
            config = NULL;
    }
    buf_done(&text);
    return config;
}

static size_t read_fds(const char *text, int *out, size_t max)
{
    size_t count = 0;
    char *end;

    while (*text != '\0' && count < max) {
        long fd = strtol(text, &end, 10);

        if (end == text || fd < 0 || (*end != ',' && *end != '\0'))
            return 0;
        (void)fcntl((int)fd, F_SETFD, FD_CLOEXEC);
        out[count++] = (int)fd;
        text = *end == ',' ? end + 1 : end;
    }
    return count;
}

static int be_net(const struct sk_config *config, int control, int admin, const int *fds,
                  size_t num_fds)
{
    const struct front_options options = {.config = config,
                                          .control = control,
                                          .admin = admin,
                                          .listeners = fds,
                                          .num_listeners = num_fds};
    int flags = fcntl(control, F_GETFL);

    (void)fcntl(control, F_SETFD, FD_CLOEXEC);
    if (admin >= 0)
        (void)fcntl(admin, F_SETFD, FD_CLOEXEC);
    if (flags < 0 || fcntl(control, F_SETFL, flags | O_NONBLOCK) != 0)
        return EXIT_FAILED;
    return front_run(&options);
}

static int be_key(const struct sk_config *config, int pin, const int *fds, size_t num_fds)
{
    struct keyproc_options options;
    struct sk_err err = {0};
    int status;

    if (pin >= 0)
        (void)fcntl(pin, F_SETFD, FD_CLOEXEC);
    if (keyproc_options_init(&options, &config->signer, pin, &err) != SK_OK) {
        log_error("role", "%s", err.text);
        return EXIT_FAILED;
    }
    status = keyproc_run(&options, fds, num_fds);
    keyproc_options_done(&options);
    return status;
}

int role_main(int argc, char **argv)
{
    bool is_net = argc > ARG_ROLE && strcmp(argv[ARG_ROLE], "--role=net") == 0;
    static int fds[LISTEN_SOCKETS];
    struct sk_config *config;
    size_t num_fds;
    int config_fd, status;

    log_start(is_net ? "sekishod-net" : "sekishod-key", LOG_LEVEL_INFO);
    if (argc != ARG_COUNT || (!is_net && strcmp(argv[ARG_ROLE], "--role=key") != 0)) {
        log_error("role", "internal arguments: started by the supervisor only");
        return EXIT_FAILED;
    }
    (void)prctl(PR_SET_NAME, is_net ? "sekishod-net" : "sekishod-key");
    config_fd = (int)strtol(argv[ARG_CONFIG], NULL, 10);
    config = role_config(argv[ARG_FILE], config_fd);
    (void)close(config_fd);
    if (config == NULL)
        return EXIT_FAILED;
    log_set_level(config->log_level);
    num_fds = read_fds(argv[ARG_FDS], fds, LISTEN_SOCKETS);
    if (!is_net)
        _exit(be_key(config, (int)strtol(argv[ARG_CONTROL], NULL, 10), fds,
                     num_fds)); /* not dumpable: nothing may run at exit */
    status = be_net(config, (int)strtol(argv[ARG_CONTROL], NULL, 10),
                    (int)strtol(argv[ARG_ADMIN], NULL, 10), fds, num_fds);
    config_free(config);
    return status;
}
