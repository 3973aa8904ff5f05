/* SPDX-License-Identifier: Apache-2.0 */
#include "net/admin.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "core/clock.h"
#include "net/admin_ask.h"
#include "net/admin_tell.h"

enum { ACCEPT_PAUSE_MS = 100, MAX_ANSWER = 8 * 1024 * 1024 };

struct client {
    TAILQ_ENTRY(client) link;
    struct sk_admin *admin;
    struct bufferevent *bev; /* owns the socket */
    struct event *timer;
    bool is_answered;
};

struct sk_admin {
    struct admin_options options;
    struct event *on_accept;
    struct event *resume;         /* ends a pause of accepting */
    TAILQ_HEAD(, client) clients; /* oldest first */
    size_t count;
    bool is_draining;
};

static void client_free(struct client *client)
{
    struct sk_admin *admin = client->admin;

    TAILQ_REMOVE(&admin->clients, client, link);
    admin->count--;
    if (client->timer != NULL)
        event_free(client->timer);
    if (client->bev != NULL)
        bufferevent_free(client->bev);
    free(client);
    if (admin->is_draining && admin->count == 0)
        admin->options.when_empty(admin->options.arg);
}

static void answer(struct client *client, const struct sk_buf *text)
{
    struct evbuffer *out = bufferevent_get_output(client->bev);

    client->is_answered = true;
    (void)bufferevent_disable(client->bev, EV_READ);
    if (buf_status(text) == SK_OK)
        (void)evbuffer_add(out, text->data, text->len);
    (void)evbuffer_add(out, "\n", 1);
}

static void answer_error(struct client *client, const char *why)
{
    struct sk_buf text;

    buf_init(&text, MAX_ANSWER);
    admin_tell_error(why, &text);
    answer(client, &text);
    buf_done(&text);
}

static struct metrics_view view_of(const struct sk_admin *admin)
{
    const struct admin_options *options = &admin->options;

    return (struct metrics_view){.ready = {.process = options->process,
                                           .has_snapshot = *options->gen != NULL,
                                           .served = *options->served,
                                           .now = clock_wall()},
                                 .gen = *options->gen};
}

/* What the network process can say by itself. */
static void tell(struct client *client, const struct admin_ask *ask)
{
    const struct sk_admin *admin = client->admin;
    const struct admin_options *options = &admin->options;
    const struct metrics_view view = view_of(admin);
    struct sk_buf text;

    buf_init(&text, MAX_ANSWER);
    if (ask->command == ADMIN_STATUS)
        admin_tell_status(&view, &text);
    else if (ask->command == ADMIN_STATS)
        admin_tell_stats(&view, &text);
    else
        admin_tell_why(options->rings, options->process->workers, ask->id, &text);
    answer(client, &text);
    buf_done(&text);
}

static void obey(struct client *client, const struct admin_ask *ask)
{
    const struct admin_options *options = &client->admin->options;

    if (ask->command != ADMIN_RELOAD)
        tell(client, ask);
    else if (options->reload(options->arg, bufferevent_getfd(client->bev)))
        client_free(client); /* the supervisor has the connection */
    else
        answer_error(client, "the supervisor has gone");
}

static void on_read(struct bufferevent *bev, void *arg)
{
    struct client *client = arg;
    struct evbuffer *in = bufferevent_get_input(bev);
    struct evbuffer_ptr end = evbuffer_search(in, "\n", 1, NULL);
    uint8_t line[ADMIN_LINE_BYTES];
    struct admin_ask ask;
    struct sk_err err = {0};

    if (client->is_answered)
        return;
    if (end.pos > (ev_ssize_t)sizeof(line) ||
        (end.pos < 0 && evbuffer_get_length(in) > sizeof(line))) {
        answer_error(client, "a line that is too long");
        return;
    }
    if (end.pos < 0)
        return;
    (void)evbuffer_remove(in, line, (size_t)end.pos);
    if (admin_ask_read(bytes_of(line, (size_t)end.pos), &ask, &err) == SK_OK)
        obey(client, &ask);
    else
        answer_error(client, err.text);
}

static void on_written(struct bufferevent *bev, void *arg)
{
    struct client *client = arg;

    if (client->is_answered && evbuffer_get_length(bufferevent_get_output(bev)) == 0)
        client_free(client);
}

static void on_end(struct bufferevent *bev, short what, void *arg)
{
    struct client *client = arg;

    (void)bev;
    /* Its side may have ended after the question. */
    if ((what & BEV_EVENT_EOF) == 0 || !client->is_answered)
        client_free(client);
}

static void on_late(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    client_free(arg);
}

static void take(struct sk_admin *admin, int fd)
{
    const struct timeval late = {LIMIT_ADMIN_MS / 1000, 0};
    struct client *client = calloc(1, sizeof(*client));

    if (client == NULL) {
        (void)close(fd);
        return;
    }
    client->admin = admin;
    TAILQ_INSERT_TAIL(&admin->clients, client, link);
    admin->count++;
    client->timer = evtimer_new(admin->options.base, on_late, client);
    client->bev = bufferevent_socket_new(admin->options.base, fd, BEV_OPT_CLOSE_ON_FREE);
    if (client->bev == NULL)
        (void)close(fd);
    if (client->timer == NULL || client->bev == NULL || event_add(client->timer, &late) != 0) {
        client_free(client);
        return;
    }
    bufferevent_setcb(client->bev, on_read, on_written, on_end, client);
    bufferevent_setwatermark(client->bev, EV_READ, 0, 2 * (size_t)ADMIN_LINE_BYTES);
    (void)bufferevent_enable(client->bev, EV_READ | EV_WRITE);
    if (admin->count > LIMIT_ADMIN_CLIENTS)
        client_free(TAILQ_FIRST(&admin->clients));
}

static void on_accept(evutil_socket_t fd, short what, void *arg)
{
    const struct timeval pause = {0, ACCEPT_PAUSE_MS * 1000};
    struct sk_admin *admin = arg;
    int one = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    (void)what;
    if (one >= 0) {
        take(admin, one);
    } else if (errno != EAGAIN && errno != EWOULDBLOCK) {
        (void)event_del(admin->on_accept); /* out of descriptors: it would be ready at once */
        (void)event_add(admin->resume, &pause);
    }
}

static void on_resume(evutil_socket_t fd, short what, void *arg)
{
    struct sk_admin *admin = arg;

    (void)fd;
    (void)what;
    (void)event_add(admin->on_accept, NULL);
}

struct sk_admin *admin_new(const struct admin_options *options)
{
    struct sk_admin *admin = calloc(1, sizeof(*admin));

    if (admin == NULL)
        return NULL;
    admin->options = *options;
    TAILQ_INIT(&admin->clients);
    admin->on_accept =
        event_new(options->base, options->listener, EV_READ | EV_PERSIST, on_accept, admin);
    admin->resume = evtimer_new(options->base, on_resume, admin);
    if (admin->on_accept == NULL || admin->resume == NULL) {
        admin_free(admin);
        return NULL;
    }
    return admin;
}

void admin_accept(struct sk_admin *admin)
{
    (void)event_add(admin->on_accept, NULL);
}

void admin_drain(struct sk_admin *admin)
{
    (void)event_del(admin->on_accept);
    (void)event_del(admin->resume);
    admin->is_draining = true;
    if (admin->count == 0)
        admin->options.when_empty(admin->options.arg);
}

void admin_hurry(struct sk_admin *admin)
{
    struct client *client, *next;

    for (client = TAILQ_FIRST(&admin->clients); client != NULL; client = next) {
        next = TAILQ_NEXT(client, link);
        if (!client->is_answered)
            client_free(client);
    }
}

void admin_free(struct sk_admin *admin)
{
    struct client *client;

    if (admin == NULL)
        return;
    admin->is_draining = false;
    while ((client = TAILQ_FIRST(&admin->clients)) != NULL)
        client_free(client);
    if (admin->on_accept != NULL)
        event_free(admin->on_accept);
    if (admin->resume != NULL)
        event_free(admin->resume);
    free(admin);
}
