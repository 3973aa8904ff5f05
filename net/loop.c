/* SPDX-License-Identifier: Apache-2.0 */
#include "net/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "core/log.h"
#include "net/ldap_conn.h"
#include "net/metrics.h"
#include "net/service.h"

enum {
    KEYRING_KEYS = 1024,   /* issuer keys held decoded by one worker */
    ACCEPT_PAUSE_MS = 100, /* after the process ran out of descriptors */
    DRAIN_TURNS = 64,      /* of LIMIT_HTTP_ACCEPTS: a queue as long as any */
    TICK_MS = 1000,        /* between two looks at what the signer counts */
};

enum mail_kind { MAIL_ACCEPT = 1, MAIL_GENERATION, MAIL_SIGNER, MAIL_DRAIN, MAIL_HURRY, MAIL_STOP };

/* Written whole: it is far below PIPE_BUF. */
struct mail {
    enum mail_kind kind;
    int fd;
    struct sk_generation *gen; /* references of its own */
    struct sk_served *served;
};

/* A listening socket in use. */
struct door {
    struct sk_loop *loop;
    struct conn_listener listener;
    struct event *event;
};

struct sk_loop {
    struct loop_options options;
    struct event_base *base;
    pthread_t thread;
    bool has_thread;
    int mail[2];
    struct event *on_mail;
    struct door *doors;   /* options.num_listeners of them */
    struct event *resume; /* ends a pause of accepting */
    struct event *tick;
    bool is_accepting;
    struct conn_set *conns;
    struct ldap_set *ldap; /* NULL: no [ldap] */
    struct service service;
};

/* ---- accepting ---- */

static void set_listening(struct sk_loop *loop, bool is_on)
{
    size_t i;

    for (i = 0; i < loop->options.num_listeners; i++) {
        if (is_on)
            (void)event_add(loop->doors[i].event, NULL);
        else
            (void)event_del(loop->doors[i].event);
    }
}

/* Out of descriptors: an idle connection makes room, or accepting rests for a moment; a ready
 * listener would spin otherwise. */
static void make_room(struct sk_loop *loop)
{
    const struct timeval pause = {0, ACCEPT_PAUSE_MS * 1000};

    if (conn_set_evict(loop->conns) || (loop->ldap != NULL && ldap_set_evict(loop->ldap)))
        return;
    log_warning("http", "out of descriptors: accepting pauses");
    counter_add(&loop->options.counters[loop->options.index].accept_pauses, 1);
    set_listening(loop, false);
    (void)event_add(loop->resume, &pause);
}

static void on_resume(evutil_socket_t fd, short what, void *arg)
{
    struct sk_loop *loop = arg;

    (void)fd;
    (void)what;
    if (loop->is_accepting)
        set_listening(loop, true);
}

/* True: there may be more in the queue. */
static bool accept_some(const struct door *door)
{
    struct sk_loop *loop = door->loop;
    struct conn_arrival arrival = {.listener = &door->listener};
    evutil_socket_t fd = event_get_fd(door->event);
    unsigned i;

    for (i = 0; i < LIMIT_HTTP_ACCEPTS; i++) {
        struct sockaddr_storage from = {0};
        socklen_t len = sizeof(from);

        arrival.fd = accept4(fd, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (arrival.fd >= 0) {
            address_of(&from, &arrival.address);
            if (door->listener.is_ldap)
                ldap_set_add(loop->ldap, &arrival);
            else
                conn_set_add(loop->conns, &arrival);
            continue;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK)
            return false;
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            make_room(loop);
            return false;
        }
        /* Anything else is the fault of one connection that is gone already. */
    }
    return true;
}

static void on_accept(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)accept_some(arg);
}

/* ---- mail ---- */

static bool answers_from(const struct sk_loop *loop, const struct sk_generation *gen)
{
    return loop->service.reader != NULL && reader_generation(loop->service.reader) == gen;
}

static void set_generation(struct sk_loop *loop, struct sk_generation *gen,
                           struct sk_served *served)
{
    struct sk_reader *reader;
    struct sk_err err = {0};

    if (!answers_from(loop, gen)) {
        if (reader_new(gen, &reader, &err) == SK_OK)
            service_set_reader(&loop->service, reader);
        else
            log_error("cache", "%s", err.text);
        conn_set_new_generation(loop->conns);
    }
    if (loop->ldap != NULL && ldap_set_generation(loop->ldap, gen, &err) != SK_OK)
        log_error("cache", "%s", err.text);
    /* Never of another generation than the reader. */
    if (answers_from(loop, gen)) {
        served_unref(loop->service.served);
        loop->service.served = served_ref(served);
        ocsp_service_prepare(&loop->service);
    }
    served_unref(served);
    generation_unref(gen);
}

static void end(struct sk_loop *loop)
{
    (void)event_base_loopbreak(loop->base);
}

static void on_empty(void *arg)
{
    struct sk_loop *loop = arg;

    if (conn_set_count(loop->conns) == 0 && (loop->ldap == NULL || ldap_set_count(loop->ldap) == 0))
        end(loop);
}

/* Takes what the queues hold before the listeners rest: when no successor shares them, whoever
 * stands in a queue would be reset. */
static void drain(struct sk_loop *loop)
{
    size_t i;

    for (i = 0; loop->is_accepting && i < loop->options.num_listeners; i++) {
        unsigned turns = DRAIN_TURNS;

        while (accept_some(&loop->doors[i]) && --turns > 0)
            continue;
    }
    loop->is_accepting = false;
    set_listening(loop, false); /* also those that are ready in this turn of the loop */
    loop->options.report(loop->options.report_arg, loop->options.index, LOOP_CLOSED);
    conn_set_drain(loop->conns, on_empty, loop);
    if (loop->ldap != NULL)
        ldap_set_drain(loop->ldap, on_empty, loop);
}

static void take_mail(struct sk_loop *loop, const struct mail *mail)
{
    switch (mail->kind) {
    case MAIL_ACCEPT:
        loop->is_accepting = true;
        set_listening(loop, true);
        break;
    case MAIL_GENERATION:
        set_generation(loop, mail->gen, mail->served);
        break;
    case MAIL_SIGNER:
        if (loop->service.signer != NULL)
            signer_attach(loop->service.signer, mail->fd);
        else
            (void)close(mail->fd);
        break;
    case MAIL_DRAIN:
        drain(loop);
        break;
    case MAIL_HURRY:
        conn_set_hurry(loop->conns);
        if (loop->ldap != NULL)
            ldap_set_hurry(loop->ldap);
        break;
    case MAIL_STOP:
        end(loop);
        break;
    }
}

static void on_mail(evutil_socket_t fd, short what, void *arg)
{
    struct mail mail;

    (void)what;
    while (read(fd, &mail, sizeof(mail)) == (ssize_t)sizeof(mail))
        take_mail(arg, &mail);
}

static void send_mail(struct sk_loop *loop, struct mail mail)
{
    ssize_t n;

    do {
        n = write(loop->mail[1], &mail, sizeof(mail));
    } while (n < 0 && errno == EINTR);
    if (n != (ssize_t)sizeof(mail))
        log_error("loop", "worker %u does not take its mail", loop->options.index);
}

void loop_accept(struct sk_loop *loop)
{
    send_mail(loop, (struct mail){.kind = MAIL_ACCEPT, .fd = -1});
}

void loop_set_generation(struct sk_loop *loop, struct sk_generation *gen, struct sk_served *served)
{
    send_mail(loop, (struct mail){.kind = MAIL_GENERATION,
                                  .fd = -1,
                                  .gen = generation_ref(gen),
                                  .served = served_ref(served)});
}

void loop_set_signer(struct sk_loop *loop, int fd)
{
    send_mail(loop, (struct mail){.kind = MAIL_SIGNER, .fd = fd});
}

void loop_drain(struct sk_loop *loop)
{
    send_mail(loop, (struct mail){.kind = MAIL_DRAIN, .fd = -1});
}

void loop_hurry(struct sk_loop *loop)
{
    send_mail(loop, (struct mail){.kind = MAIL_HURRY, .fd = -1});
}

void loop_stop(struct sk_loop *loop)
{
    send_mail(loop, (struct mail){.kind = MAIL_STOP, .fd = -1});
}

/* ---- life ---- */

/* For those who may not ask the signer themselves. */
static void note_signer(struct sk_loop *loop)
{
    if (loop->service.signer != NULL)
        metrics_note_signer(loop->service.counters, loop->service.signer);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    struct sk_loop *loop = arg;

    (void)fd;
    (void)what;
    ocsp_service_look_at_keys(&loop->service);
    note_signer(loop);
}

static void on_signer_state(void *arg, enum signer_state state)
{
    static const enum loop_report reports[] = {[SIGNER_DETACHED] = LOOP_SIGNER_DETACHED,
                                               [SIGNER_ATTACHED] = LOOP_SIGNER_ILL,
                                               [SIGNER_READY] = LOOP_SIGNER_READY};
    struct sk_loop *loop = arg;

    note_signer(loop);
    loop->options.report(loop->options.report_arg, loop->options.index, reports[state]);
}

static void *run(void *arg)
{
    struct sk_loop *loop = arg;

    if (event_base_dispatch(loop->base) < 0)
        log_error("loop", "worker %u: the event loop failed", loop->options.index);
    loop->options.report(loop->options.report_arg, loop->options.index, LOOP_ENDED);
    return NULL;
}

static void free_mail(struct sk_loop *loop)
{
    struct mail mail;

    while (loop->mail[0] >= 0 &&
           read(loop->mail[0], &mail, sizeof(mail)) == (ssize_t)sizeof(mail)) {
        if (mail.kind == MAIL_GENERATION) {
            generation_unref(mail.gen);
            served_unref(mail.served);
        }
        if (mail.kind == MAIL_SIGNER)
            (void)close(mail.fd);
    }
}

static void free_events(struct sk_loop *loop)
{
    size_t i;

    for (i = 0; loop->doors != NULL && i < loop->options.num_listeners; i++) {
        if (loop->doors[i].event != NULL)
            event_free(loop->doors[i].event);
    }
    free(loop->doors);
    if (loop->on_mail != NULL)
        event_free(loop->on_mail);
    if (loop->resume != NULL)
        event_free(loop->resume);
    if (loop->tick != NULL)
        event_free(loop->tick);
}

void loop_join(struct sk_loop *loop)
{
    if (loop == NULL)
        return;
    if (loop->has_thread)
        (void)pthread_join(loop->thread, NULL);
    /* Connections first: what waits for a signature then finds its client gone. */
    conn_set_free(loop->conns);
    ldap_set_free(loop->ldap);
    signer_free(loop->service.signer);
    ocsp_memo_free(loop->service.memo);
    ocsp_produce_free(loop->service.produce);
    free_mail(loop);
    free_events(loop);
    reader_free(loop->service.reader);
    served_unref(loop->service.served);
    keyring_free(loop->service.keys);
    arena_free(loop->service.arena);
    if (loop->base != NULL)
        event_base_free(loop->base);
    if (loop->mail[0] >= 0)
        (void)close(loop->mail[0]);
    if (loop->mail[1] >= 0)
        (void)close(loop->mail[1]);
    free(loop);
}

static enum sk_status make_events(struct sk_loop *loop, struct sk_err *err)
{
    const struct timeval tick = {TICK_MS / 1000, TICK_MS % 1000 * 1000};
    size_t i, count = loop->options.num_listeners;

    if (pipe2(loop->mail, O_CLOEXEC | O_NONBLOCK) != 0)
        return err_errno(err, SK_IO, "worker %u: pipe", loop->options.index);
    loop->on_mail = event_new(loop->base, loop->mail[0], EV_READ | EV_PERSIST, on_mail, loop);
    loop->resume = evtimer_new(loop->base, on_resume, loop);
    loop->tick = event_new(loop->base, -1, EV_PERSIST, on_tick, loop);
    loop->doors = calloc(count > 0 ? count : 1, sizeof(*loop->doors));
    if (loop->on_mail == NULL || loop->resume == NULL || loop->tick == NULL ||
        loop->doors == NULL || event_add(loop->on_mail, NULL) != 0 ||
        event_add(loop->tick, &tick) != 0)
        return err_set(err, SK_NOMEM, "worker %u: no memory", loop->options.index);
    for (i = 0; i < count; i++) {
        struct door *door = &loop->doors[i];

        door->loop = loop;
        door->listener = loop->options.listeners[i].about;
        door->event = event_new(loop->base, loop->options.listeners[i].fd, EV_READ | EV_PERSIST,
                                on_accept, door);
        if (door->event == NULL)
            return err_set(err, SK_NOMEM, "worker %u: no memory", loop->options.index);
    }
    loop->options.listeners = NULL; /* the doors know them */
    return SK_OK;
}

/* Of what is meant for all workers, rounded up: at least one each. */
static size_t share(size_t all, unsigned workers)
{
    return (all + workers - 1) / workers;
}

static enum sk_status make_signer(struct sk_loop *loop, struct sk_err *err)
{
    const struct sk_config *config = loop->options.config;
    const struct config_limits *limits = &config->limits;
    size_t single =
        limits->nonce_queue < limits->http_queue / 2 ? limits->nonce_queue : limits->http_queue / 2;
    struct ocsp_memo_options options = {.max_bytes = limits->memo_bytes,
                                        .max_age_s = limits->memo_max_age_s,
                                        .max_single =
                                            share(single > 0 ? single : 1, config->server.workers),
                                        .stats = &loop->options.counters->memo};
    bool wants_produce = false;
    size_t i;

    if (config->signer.backend == CONFIG_SIGNER_NONE)
        return SK_OK;
    for (i = 0; i < config->num_cas; i++)
        wants_produce = wants_produce || config->cas[i].pre_produce != CONFIG_PRODUCE_NO;
    if (wants_produce)
        loop->service.produce = options.produce =
            ocsp_produce_new(loop->base, ocsp_service_produce, &loop->service);
    loop->service.signer = options.signer = signer_new(loop->base, on_signer_state, loop);
    if (options.signer != NULL)
        loop->service.memo = ocsp_memo_new(&options);
    if (loop->service.memo == NULL || (wants_produce && options.produce == NULL))
        return err_set(err, SK_NOMEM, "worker %u: no memory", loop->options.index);
    return SK_OK;
}

static enum sk_status make_ldap(struct sk_loop *loop, struct sk_err *err)
{
    const struct sk_config *config = loop->options.config;
    const struct ldap_options options = {
        .config = config,
        .tls = loop->options.tls,
        .max_connections = loop->options.max_ldap_connections,
        .clients = loop->options.clients,
        .access = loop->options.access,
        .counters = &loop->options.counters[loop->options.index],
    };

    if (config->ldap.listen.num_values + config->ldap.tls_listen.num_values == 0)
        return SK_OK;
    loop->ldap = ldap_set_new(loop->base, &options);
    if (loop->ldap == NULL)
        return err_set(err, SK_NOMEM, "worker %u: no memory", loop->options.index);
    return SK_OK;
}

static enum sk_status make_parts(struct sk_loop *loop, struct sk_err *err)
{
    const struct config_limits *limits = &loop->options.config->limits;
    const struct conn_options options = {
        .http = {.head_bytes = limits->http_head_bytes, .body_bytes = limits->http_body_bytes},
        .handshake_ms = loop->options.config->tls.handshake_ms,
        .head_ms = limits->http_head_ms,
        .body_ms = limits->http_body_ms,
        .idle_ms = limits->http_idle_ms,
        .write_ms = limits->http_write_ms,
        .accept_id = loop->options.config->server.accept_request_id,
        .access = loop->options.access,
        .max_connections = loop->options.max_connections,
        .max_waiting = share(limits->http_queue, loop->options.config->server.workers),
        .clients = loop->options.clients,
        .why = loop->options.why,
        .counters = &loop->options.counters[loop->options.index],
    };

    loop->service.process = loop->options.process;
    loop->service.counters = &loop->options.counters[loop->options.index];
    loop->service.why = loop->options.why;
    loop->service.config = loop->options.config;
    loop->service.arena = arena_new(LIMIT_JOB_ARENA_BYTES);
    loop->service.keys = keyring_new(KEYRING_KEYS);
    loop->conns = conn_set_new(loop->base, &options, service_handle, &loop->service);
    if (loop->service.arena == NULL || loop->service.keys == NULL || loop->conns == NULL)
        return err_set(err, SK_NOMEM, "worker %u: no memory", loop->options.index);
    return make_signer(loop, err);
}

enum sk_status loop_new(const struct loop_options *options, struct sk_loop **out,
                        struct sk_err *err)
{
    struct sk_loop *loop = calloc(1, sizeof(*loop));
    enum sk_status status;

    if (loop == NULL)
        return err_set(err, SK_NOMEM, "worker %u: no memory", options->index);
    loop->options = *options;
    loop->mail[0] = loop->mail[1] = -1;
    loop->base = event_base_new();
    if (loop->base == NULL)
        status = err_set(err, SK_IO, "worker %u: no event loop", options->index);
    else
        status = make_events(loop, err);
    if (status == SK_OK)
        status = make_parts(loop, err);
    if (status == SK_OK)
        status = make_ldap(loop, err);
    if (status == SK_OK && pthread_create(&loop->thread, NULL, run, loop) != 0)
        status = err_set(err, SK_IO, "worker %u: no thread", options->index);
    if (status != SK_OK) {
        loop_join(loop);
        return status;
    }
    loop->has_thread = true;
    *out = loop;
    return SK_OK;
}
