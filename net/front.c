/* SPDX-License-Identifier: Apache-2.0 */
#include "net/front.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <unistd.h>

#include <event2/event.h>

#include "cache/generation.h"
#include "core/clock.h"
#include "core/log.h"
#include "net/admin.h"
#include "net/control.h"
#include "net/loop.h"
#include "net/tls.h"

enum {
    TICK_MS = 1000,         /* slow look for a new generation, beside inotify */
    DESCRIPTORS_SPARE = 64, /* beside connections: listeners, pipes, the map */
};

struct front {
    const struct front_options *options;
    const struct sk_config *config;
    struct sk_process process;
    struct event_base *base;
    int control;
    int reports[2]; /* pipe: workers to main thread */
    int watch;      /* inotify; -1: not watching */
    int watch_dir;  /* descriptor of the watch; -1: the directory is not there yet */
    struct event *on_control, *on_report, *on_watch, *on_tick, *on_term, *on_late;
    struct sk_loop **loops;
    struct sk_counters *counters; /* one per worker */
    struct why_ring **rings;      /* the same */
    struct sk_admin *admin;       /* NULL: no control socket */
    struct sk_clients *clients;   /* NULL: no cap by client */
    struct access_log *access;    /* NULL: none */
    struct sk_tls *tls;           /* NULL: no [tls] */
    enum loop_report *signers;    /* per worker: how its signer is */
    unsigned num_loops, num_closed, num_ended;
    struct sk_generation *gen; /* what the workers answer from; NULL: none yet */
    struct sk_served *served;  /* what the policies depend on in it; NULL: not known */
    uint64_t refused;          /* a generation that could not be opened: said once */
    uint32_t told;             /* state bits the supervisor knows */
    bool has_told, is_draining, is_admin_over, was_unknown;
};

struct report {
    unsigned index;
    enum loop_report what;
};

/* ---- the supervisor ---- */

static uint32_t state_of(const struct front *front)
{
    uint32_t state = front->gen != NULL ? CONTROL_HAS_SNAPSHOT : 0;
    unsigned i;

    state |= CONTROL_HAS_KEY | CONTROL_HAS_SIGNER;
    for (i = 0; front->config->signer.backend != CONFIG_SIGNER_NONE && i < front->num_loops; i++) {
        if (front->signers[i] == LOOP_SIGNER_DETACHED)
            state &= ~(uint32_t)(CONTROL_HAS_KEY | CONTROL_HAS_SIGNER);
        else if (front->signers[i] == LOOP_SIGNER_ILL)
            state &= ~(uint32_t)CONTROL_HAS_SIGNER;
    }
    if (front->num_closed == front->num_loops)
        state |= CONTROL_IS_CLOSED;
    return state;
}

static void tell_state(struct front *front)
{
    struct control_message message = {.kind = CONTROL_STATE, .value = state_of(front), .fd = -1};
    struct sk_err err = {0};

    if (front->has_told && front->told == message.value)
        return;
    if (control_send(front->control, &message, &err) != SK_OK) {
        log_debug("front", "%s", err.text);
        return;
    }
    front->told = message.value;
    front->has_told = true;
}

/* When no worker runs any more, and at an orderly end nobody waits at the control socket. */
static void end_if_over(struct front *front)
{
    bool has_admin = front->is_draining && front->admin != NULL && !front->is_admin_over;

    if (front->num_ended == front->num_loops && !has_admin)
        (void)event_base_loopbreak(front->base);
}

static void on_admin_empty(void *arg)
{
    struct front *front = arg;

    front->is_admin_over = true;
    end_if_over(front);
}

static void start_drain(struct front *front)
{
    unsigned ms = front->config->server.drain_ms, i;
    const struct timeval late = {ms / 1000, (suseconds_t)(ms % 1000) * 1000};

    if (front->is_draining)
        return;
    front->is_draining = true;
    log_info("front", "draining");
    if (front->admin != NULL)
        admin_drain(front->admin);
    for (i = 0; i < front->num_loops; i++)
        loop_drain(front->loops[i]);
    (void)event_add(front->on_late, &late);
}

/* The server ends: it is not ready any more, and clients that stay silent are not waited for. After
 * a reload another process is ready, which a probe over an old connection must not deny. */
static void hurry(struct front *front)
{
    unsigned i;

    atomic_store(&front->process.is_draining, true);
    start_drain(front);
    for (i = 0; i < front->num_loops; i++)
        loop_hurry(front->loops[i]);
    if (front->admin != NULL)
        admin_hurry(front->admin);
}

static void on_term(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    hurry(arg);
}

static void on_late(evutil_socket_t fd, short what, void *arg)
{
    struct front *front = arg;
    unsigned i;

    (void)fd;
    (void)what;
    log_info("front", "the drain time is over: closing what is left");
    for (i = 0; i < front->num_loops; i++)
        loop_stop(front->loops[i]);
    front->is_admin_over = true;
    end_if_over(front);
}

static void take_message(struct front *front, const struct control_message *message)
{
    unsigned i;

    switch (message->kind) {
    case CONTROL_KEY:
        if (message->value < front->num_loops)
            loop_set_signer(front->loops[message->value], message->fd);
        else
            (void)close(message->fd);
        break;
    case CONTROL_ACCEPT:
        for (i = 0; i < front->num_loops; i++)
            loop_accept(front->loops[i]);
        if (front->admin != NULL)
            admin_accept(front->admin);
        break;
    case CONTROL_DRAIN:
        start_drain(front);
        break;
    case CONTROL_NONE:
    case CONTROL_STATE:
    case CONTROL_RELOAD:
        break;
    }
}

static void on_control(evutil_socket_t fd, short what, void *arg)
{
    struct front *front = arg;
    struct control_message message;
    struct sk_err err = {0};
    enum sk_status status;

    (void)what;
    while ((status = control_receive(fd, &message, &err)) == SK_OK)
        take_message(front, &message);
    if (status == SK_AGAIN)
        return;
    log_warning("front", "the supervisor has gone");
    (void)event_del(front->on_control);
    hurry(front);
}

/* ---- the workers ---- */

/* Called in a worker's thread. */
static void report(void *arg, unsigned index, enum loop_report what)
{
    struct front *front = arg;
    struct report message = {index, what};
    ssize_t n;

    do {
        n = write(front->reports[1], &message, sizeof(message));
    } while (n < 0 && errno == EINTR);
}

/* An address that nobody serves any more then refuses clients rather than letting them wait. */
static void close_listeners(const struct front *front)
{
    size_t i;

    for (i = 0; i < front->options->num_listeners; i++)
        (void)close(front->options->listeners[i]);
}

static void on_report(evutil_socket_t fd, short what, void *arg)
{
    struct front *front = arg;
    struct report message;

    (void)what;
    while (read(fd, &message, sizeof(message)) == (ssize_t)sizeof(message)) {
        switch (message.what) {
        case LOOP_SIGNER_DETACHED:
        case LOOP_SIGNER_ILL:
        case LOOP_SIGNER_READY:
            front->signers[message.index] = message.what;
            break;
        case LOOP_CLOSED:
            if (++front->num_closed == front->num_loops)
                close_listeners(front);
            break;
        case LOOP_ENDED:
            front->num_ended++;
            break;
        }
    }
    tell_state(front);
    end_if_over(front);
}

/* ---- generations ---- */

/* What the policies depend on in front->gen. */
static void look_at_lists(struct front *front)
{
    struct sk_err err = {0};
    struct sk_served *served = NULL;
    bool is_known = served_new(front->config, front->gen, clock_wall(), &served, &err) == SK_OK;
    unsigned i;

    if (!is_known && !front->was_unknown) /* tried again every second, said once */
        log_error("front", "not ready: %s", err.text);
    front->was_unknown = !is_known;
    for (i = 0; i < front->num_loops; i++)
        loop_set_generation(front->loops[i], front->gen, served);
    served_unref(front->served);
    front->served = served;
}

static void open_generation(struct front *front, uint64_t number)
{
    struct sk_generation *gen;
    struct sk_err err = {0};

    if (generation_open(front->config->server.cache, &gen, &err) != SK_OK) {
        if (front->refused != number)
            log_error("cache", "%s", err.text);
        front->refused = number;
        return;
    }
    front->refused = 0;
    generation_unref(front->gen);
    front->gen = gen;
    look_at_lists(front);
    log_info("cache", "generation %llu is current", (unsigned long long)generation_number(gen));
    tell_state(front);
}

static void look_for_generation(struct front *front)
{
    struct sk_err err = {0};
    uint64_t number;

    if (generation_current(front->config->server.cache, &number, &err) != SK_OK)
        return;
    if (front->gen == NULL || !generation_is_current(front->gen, front->config->server.cache))
        open_generation(front, number);
}

/* The directory may come later than the server does. */
static void watch_directory(struct front *front)
{
    if (front->watch < 0 || front->watch_dir >= 0)
        return;
    front->watch_dir = inotify_add_watch(front->watch, front->config->server.cache,
                                         IN_MOVED_TO | IN_CREATE | IN_ONLYDIR);
}

static void on_watch(evutil_socket_t fd, short what, void *arg)
{
    struct front *front = arg;
    char events[4096];

    (void)what;
    while (read(fd, events, sizeof(events)) > 0)
        continue;
    look_for_generation(front);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    struct front *front = arg;

    (void)fd;
    (void)what;
    watch_directory(front);
    look_for_generation(front);
    if (front->gen != NULL &&
        (front->served == NULL || served_is_over(front->served, clock_wall())))
        look_at_lists(front);
}

/* ---- life ---- */

struct rooms { /* open connections */
    size_t http, ldap;
};

/* As many descriptors as the system allows, and no more connections than they carry. */
static struct rooms connection_rooms(const struct sk_config *config)
{
    const struct config_ldap *ldap = &config->ldap;
    bool has_ldap = ldap->listen.num_values + ldap->tls_listen.num_values > 0;
    struct rooms rooms = {config->limits.http_connections, has_ldap ? ldap->connections : 0};
    size_t wanted = rooms.http + rooms.ldap, room = DESCRIPTORS_SPARE;
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return rooms;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return rooms;
    if (limit.rlim_cur >= DESCRIPTORS_SPARE * 2)
        room = limit.rlim_cur - DESCRIPTORS_SPARE;
    if (wanted > room) {
        rooms.ldap = rooms.ldap * room / wanted;
        rooms.http = room - rooms.ldap;
        log_warning("front", "http-connections: only %zu, by the limit of open files", rooms.http);
    }
    return rooms;
}

/* The connection goes to the supervisor, which alone can reload. */
static bool ask_reload(void *arg, int fd)
{
    const struct front *front = arg;
    const struct control_message message = {.kind = CONTROL_RELOAD, .fd = fd};
    struct sk_err err = {0};

    return control_send(front->control, &message, &err) == SK_OK;
}

/* Workers note what they decide where somebody can ask for it. */
static enum sk_status make_rings(struct front *front, struct sk_err *err)
{
    unsigned workers = front->config->server.workers, i;

    front->rings = calloc(workers, sizeof(*front->rings));
    for (i = 0; front->rings != NULL && i < workers; i++)
        front->rings[i] = why_new(LIMIT_WHY_ENTRIES);
    if (front->rings == NULL || front->rings[workers - 1] == NULL)
        return err_set(err, SK_NOMEM, "network process: no memory");
    return SK_OK;
}

static enum sk_status make_admin(struct front *front, int listener, struct sk_err *err)
{
    const struct admin_options options = {.base = front->base,
                                          .listener = listener,
                                          .process = &front->process,
                                          .rings = front->rings,
                                          .gen = &front->gen,
                                          .served = &front->served,
                                          .reload = ask_reload,
                                          .when_empty = on_admin_empty,
                                          .arg = front};

    front->admin = admin_new(&options);
    return front->admin != NULL ? SK_OK : err_set(err, SK_NOMEM, "control socket: no memory");
}

/* What the workers share, each of which is of one thread but the clients' table. */
static enum sk_status make_shared(struct front *front, const struct rooms *rooms,
                                  struct sk_err *err)
{
    const struct config_limits *limits = &front->config->limits;
    const struct clients_options options = {.connections = rooms->http + rooms->ldap,
                                            .per_client = limits->http_client_connections,
                                            .v6_prefix = limits->http_client_prefix6};
    unsigned workers = front->config->server.workers;
    enum sk_status status = SK_OK;

    front->loops = calloc(workers, sizeof(struct sk_loop *));
    front->signers = calloc(workers, sizeof(*front->signers));
    front->counters = calloc(workers, sizeof(*front->counters));
    if (front->loops == NULL || front->signers == NULL || front->counters == NULL)
        return err_set(err, SK_NOMEM, "network process: no memory");
    front->process.counters = front->counters;
    front->process.workers = workers;
    if (options.per_client > 0)
        status = clients_new(&options, &front->clients, err);
    if (status == SK_OK && front->config->tls.certificate != NULL)
        status = tls_new(&front->config->tls, &front->tls, err);
    if (status == SK_OK && front->config->access.to != CONFIG_ACCESS_NONE)
        status =
            access_log_new(&front->config->access, front->counters, workers, &front->access, err);
    return status;
}

static bool is_in(const struct config_list *list, const char *text)
{
    size_t i;

    for (i = 0; i < list->num_values; i++) {
        if (strcmp(list->values[i], text) == 0)
            return true;
    }
    return false;
}

/* Which of the configuration's listeners a socket is: TLS must not be guessed. */
static enum sk_status name_listener(const struct front *front, int fd, struct loop_listener *out,
                                    struct sk_err *err)
{
    const struct sk_config *config = front->config;

    out->fd = fd;
    if (address_of_listener(fd, out->about.name) != SK_OK)
        return err_set(err, SK_INTERNAL, "network process: a socket that is no listener");
    out->about.is_ldap = is_in(&config->ldap.listen, out->about.name) ||
                         is_in(&config->ldap.tls_listen, out->about.name);
    if (is_in(&config->tls.listen, out->about.name) ||
        is_in(&config->ldap.tls_listen, out->about.name))
        out->about.tls = front->tls;
    else if (!is_in(&config->server.listen, out->about.name) && !out->about.is_ldap)
        return err_set(err, SK_INTERNAL, "network process: %s is not in the configuration",
                       out->about.name);
    return SK_OK;
}

static size_t at_least_one(size_t count)
{
    return count > 0 ? count : 1;
}

static enum sk_status start_loops(struct front *front, const struct front_options *options,
                                  struct sk_err *err)
{
    unsigned workers = options->config->server.workers, w;
    const struct rooms rooms = connection_rooms(options->config);
    size_t i;
    struct loop_listener *mine = calloc(options->num_listeners + 1, sizeof(*mine));
    enum sk_status status = make_shared(front, &rooms, err);

    if (mine == NULL && status == SK_OK)
        status = err_set(err, SK_NOMEM, "network process: no memory");
    for (w = 0; status == SK_OK && w < workers; w++) {
        struct loop_options loop = {
            .process = &front->process,
            .config = options->config,
            .listeners = mine,
            .index = w,
            .max_connections = at_least_one(rooms.http / workers),
            .max_ldap_connections = at_least_one(rooms.ldap / workers),
            .tls = front->tls,
            .clients = front->clients,
            .access = front->access != NULL ? access_log_worker(front->access, w) : NULL,
            .counters = front->counters,
            .why = front->rings != NULL ? front->rings[w] : NULL,
            .report = report,
            .report_arg = front};

        for (i = w; status == SK_OK && i < options->num_listeners; i += workers)
            status = name_listener(front, options->listeners[i], &mine[loop.num_listeners++], err);
        if (status == SK_OK)
            status = loop_new(&loop, &front->loops[w], err);
        front->num_loops += status == SK_OK;
    }
    free(mine);
    return status;
}

static enum sk_status make_events(struct front *front, struct sk_err *err)
{
    const struct timeval tick = {TICK_MS / 1000, 0};

    front->base = event_base_new();
    if (front->base == NULL || pipe2(front->reports, O_CLOEXEC) != 0 ||
        fcntl(front->reports[0], F_SETFL, O_NONBLOCK) != 0)
        return err_errno(err, SK_IO, "network process: event loop");
    front->watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    front->on_control =
        event_new(front->base, front->control, EV_READ | EV_PERSIST, on_control, front);
    front->on_report =
        event_new(front->base, front->reports[0], EV_READ | EV_PERSIST, on_report, front);
    front->on_watch = event_new(front->base, front->watch, EV_READ | EV_PERSIST, on_watch, front);
    front->on_tick = event_new(front->base, -1, EV_PERSIST, on_tick, front);
    front->on_term = evsignal_new(front->base, SIGTERM, on_term, front);
    front->on_late = evtimer_new(front->base, on_late, front);
    if (front->on_control == NULL || front->on_report == NULL || front->on_watch == NULL ||
        front->on_tick == NULL || front->on_term == NULL || front->on_late == NULL)
        return err_set(err, SK_NOMEM, "network process: no memory");
    if (event_add(front->on_control, NULL) != 0 || event_add(front->on_report, NULL) != 0 ||
        event_add(front->on_tick, &tick) != 0 || event_add(front->on_term, NULL) != 0 ||
        (front->watch >= 0 && event_add(front->on_watch, NULL) != 0))
        return err_set(err, SK_IO, "network process: event loop");
    return SK_OK;
}

static void free_event(struct event *event)
{
    if (event != NULL)
        event_free(event);
}

/* The process ends: who tells it so once more (the supervisor behind CONTROL_DRAIN, or whoever
 * tells all processes of a service) must not be what it dies of once nobody handles the signal. */
static void hold_term(void)
{
    sigset_t term;

    (void)sigemptyset(&term);
    (void)sigaddset(&term, SIGTERM);
    (void)pthread_sigmask(SIG_BLOCK, &term, NULL);
}

static void front_done(struct front *front)
{
    unsigned i;

    hold_term();
    for (i = 0; i < front->num_loops; i++) {
        if (front->num_ended < front->num_loops)
            loop_stop(front->loops[i]);
        loop_join(front->loops[i]);
    }
    free(front->loops);
    access_log_free(front->access);
    free(front->signers);
    free(front->counters);
    admin_free(front->admin);
    for (i = 0; front->rings != NULL && i < front->config->server.workers; i++)
        why_free(front->rings[i]);
    free(front->rings);
    clients_free(front->clients);
    tls_free(front->tls);
    generation_unref(front->gen);
    served_unref(front->served);
    free_event(front->on_control);
    free_event(front->on_report);
    free_event(front->on_watch);
    free_event(front->on_tick);
    free_event(front->on_term);
    free_event(front->on_late);
    if (front->base != NULL)
        event_base_free(front->base);
    if (front->watch >= 0)
        (void)close(front->watch);
    if (front->reports[0] >= 0)
        (void)close(front->reports[0]);
    if (front->reports[1] >= 0)
        (void)close(front->reports[1]);
    libevent_global_shutdown();
}

int front_run(const struct front_options *options)
{
    struct front front = {.options = options,
                          .config = options->config,
                          .process = {.config = options->config, .started = clock_wall()},
                          .control = options->control,
                          .reports = {-1, -1},
                          .watch = -1,
                          .watch_dir = -1};
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct sk_err err = {0};
    enum sk_status status;

    (void)sigaction(SIGPIPE, &ignore, NULL);
    status = make_events(&front, &err);
    if (status == SK_OK && options->admin >= 0)
        status = make_rings(&front, &err);
    if (status == SK_OK)
        status = start_loops(&front, options, &err);
    if (status == SK_OK && options->admin >= 0)
        status = make_admin(&front, options->admin, &err);
    if (status == SK_OK) {
        watch_directory(&front);
        look_for_generation(&front);
        tell_state(&front);
        if (event_base_dispatch(front.base) < 0)
            status = err_set(&err, SK_IO, "network process: the event loop failed");
    }
    if (status != SK_OK)
        log_error("front", "%s", err.text);
    front_done(&front);
    return status == SK_OK ? 0 : 1;
}
