/* SPDX-License-Identifier: Apache-2.0 */
/* Connections over socket pairs, with a loop that runs until nothing is left to do. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include <event2/event.h>

#include "net/conn.h"

#define GET "GET /%d HTTP/1.1\r\nHost: a\r\n\r\n"

enum { MAX_EXCHANGES = 64, MAX_BODY = 4 * 1024 * 1024 };

static const struct conn_listener plain = {.name = "test"};

/* What the handler has got; it answers when the test says so, or at once. */
struct bench {
    struct event_base *base;
    struct conn_set *set;
    struct conn_exchange *waiting[MAX_EXCHANGES];
    char path[MAX_EXCHANGES][32];
    size_t count;
    bool answers_at_once, sheds;
    unsigned released, emptied;
    struct sk_counters counters;
    struct sk_clients *clients;
};

static void reply(struct bench *bench, size_t i)
{
    struct http_answer answer;

    answer_text(&answer, 200, bench->path[i]);
    conn_reply(bench->waiting[i], &answer);
}

static void handle(void *arg, struct conn_exchange *exchange, const struct http_request *request)
{
    struct bench *bench = arg;
    size_t i = bench->count++;

    assert_in_range(i, 0, MAX_EXCHANGES - 1);
    (void)snprintf(bench->path[i], sizeof(bench->path[i]), "%.*s;", (int)request->path.len,
                   (const char *)request->path.p);
    bench->waiting[i] = exchange;
    if (bench->sheds && conn_is_overloaded(exchange))
        conn_shed(exchange);
    else if (bench->answers_at_once)
        reply(bench, i);
}

static void note_empty(void *arg)
{
    ((struct bench *)arg)->emptied++;
}

static void note_release(void *arg)
{
    ((struct bench *)arg)->released++;
}

/* per_client 0: no cap by client. */
static void start_capped(struct bench *bench, size_t max_connections, unsigned per_client)
{
    const struct clients_options caps = {
        .connections = max_connections, .per_client = per_client, .v6_prefix = 64};
    struct conn_options options = {.http = {.head_bytes = 4096, .body_bytes = 4096},
                                   .head_ms = 60000,
                                   .body_ms = 60000,
                                   .idle_ms = 60000,
                                   .write_ms = 60000,
                                   .max_connections = max_connections,
                                   .max_waiting = 2,
                                   .counters = &bench->counters};

    memset(bench, 0, sizeof(*bench));
    if (per_client > 0)
        assert_int_equal(clients_new(&caps, &bench->clients, NULL), SK_OK);
    options.clients = bench->clients;
    bench->base = event_base_new();
    bench->set = conn_set_new(bench->base, &options, handle, bench);
    assert_non_null(bench->set);
}

static void start(struct bench *bench, size_t max_connections)
{
    start_capped(bench, max_connections, 0);
}

static void stop(struct bench *bench)
{
    conn_set_free(bench->set);
    clients_free(bench->clients);
    event_base_free(bench->base);
}

/* The client's end of a new connection; the last octet of its IPv4 address. */
static int dial_from(struct bench *bench, uint8_t last)
{
    const struct sk_address address = {
        .octets = {[10] = 0xff, [11] = 0xff, [12] = 192, [15] = last}};
    int fds[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    conn_set_add(bench->set,
                 &(struct conn_arrival){.listener = &plain, .fd = fds[1], .address = address});
    return fds[0];
}

static int dial(struct bench *bench)
{
    return dial_from(bench, 1);
}

static void turn(struct bench *bench)
{
    int i;

    for (i = 0; i < 8; i++)
        (void)event_base_loop(bench->base, EVLOOP_NONBLOCK);
}

static void say(struct bench *bench, int fd, const char *text)
{
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    turn(bench);
}

/* Everything that has been answered; *out_ended tells whether the server has ended its side. */
static const char *hear(struct bench *bench, int fd, bool *out_ended)
{
    static char text[65536];
    size_t used = 0;
    ssize_t n;

    turn(bench);
    while ((n = read(fd, text + used, sizeof(text) - 1 - used)) > 0) {
        used += (size_t)n;
        turn(bench);
    }
    text[used] = '\0';
    if (out_ended != NULL)
        *out_ended = n == 0;
    return text;
}

/* The bodies of the answers, in order: "/1;/2;". */
static const char *bodies(const char *text)
{
    static char out[4096];
    size_t used = 0;

    while ((text = strstr(text, "\r\n\r\n")) != NULL) {
        text += 4;
        while (*text == '/')
            while ((out[used++] = *text++) != ';')
                continue;
    }
    out[used] = '\0';
    return out;
}

static void test_conn_answers_in_the_order_of_the_requests(void **state)
{
    struct bench bench;
    char text[256];
    bool ended;
    int fd;

    (void)state;
    start(&bench, 8);
    fd = dial(&bench);
    (void)snprintf(text, sizeof(text), GET GET GET, 1, 2, 3);
    say(&bench, fd, text);
    assert_int_equal(bench.count, 3);
    reply(&bench, 2);
    assert_string_equal(hear(&bench, fd, NULL), "");
    reply(&bench, 1);
    assert_string_equal(hear(&bench, fd, NULL), "");
    reply(&bench, 0);
    assert_string_equal(bodies(hear(&bench, fd, &ended)), "/1;/2;/3;");
    assert_false(ended);
    (void)close(fd);
    turn(&bench);
    assert_int_equal(conn_set_count(bench.set), 0);
    stop(&bench);
}

static void test_conn_reads_no_more_than_it_owes_answers_for(void **state)
{
    struct bench bench;
    char text[64];
    int fd, i;

    (void)state;
    start(&bench, 8);
    fd = dial(&bench);
    for (i = 0; i < 20; i++) {
        (void)snprintf(text, sizeof(text), GET, i);
        say(&bench, fd, text);
    }
    assert_int_equal(bench.count, LIMIT_HTTP_PIPELINE);
    reply(&bench, 0);
    turn(&bench);
    assert_int_equal(bench.count, LIMIT_HTTP_PIPELINE + 1);
    for (i = 1; i < 20; i++) {
        reply(&bench, (size_t)i);
        turn(&bench);
    }
    assert_string_equal(bodies(hear(&bench, fd, NULL)),
                        "/0;/1;/2;/3;/4;/5;/6;/7;/8;/9;/10;/11;/12;/13;/14;/15;/16;/17;/18;/19;");
    (void)close(fd);
    stop(&bench);
}

/* One that has sent 60 requests at once has some answered, then the others have their turn. */
static void test_conn_gives_others_their_turn(void **state)
{
    struct bench bench;
    char text[64];
    int flood, other, i;

    (void)state;
    start(&bench, 8);
    bench.answers_at_once = true;
    flood = dial(&bench);
    other = dial(&bench);
    for (i = 0; i < 60; i++) {
        (void)snprintf(text, sizeof(text), GET, i);
        assert_int_equal(write(flood, text, strlen(text)), strlen(text));
    }
    assert_int_equal(write(other, text, strlen(text)), strlen(text));
    assert_int_equal(event_base_loop(bench.base, EVLOOP_NONBLOCK | EVLOOP_ONCE), 0);
    assert_int_equal(bench.count, LIMIT_HTTP_TURN + 1);
    /* A client that has ended its side has all of its answers nevertheless. */
    assert_int_equal(shutdown(flood, SHUT_WR), 0);
    for (i = 0; i < 10; i++)
        turn(&bench);
    assert_int_equal(bench.count, 61);
    assert_non_null(strstr(bodies(hear(&bench, flood, NULL)), "/57;/58;/59;"));
    assert_string_equal(bodies(hear(&bench, other, NULL)), "/59;");
    (void)close(flood);
    (void)close(other);
    stop(&bench);
}

static void test_conn_puts_its_own_refusal_behind_what_is_owed(void **state)
{
    struct bench bench;
    char text[128];
    const char *got;
    bool ended;
    int fd;

    (void)state;
    start(&bench, 8);
    fd = dial(&bench);
    (void)snprintf(text, sizeof(text), GET "junk\n", 1);
    say(&bench, fd, text);
    assert_string_equal(hear(&bench, fd, NULL), "");
    reply(&bench, 0);
    got = hear(&bench, fd, &ended);
    assert_true(strstr(got, "/1;HTTP/1.1 400 ") != NULL);
    assert_true(ended);
    /* What still comes is thrown away, and no request. */
    (void)snprintf(text, sizeof(text), GET, 2);
    say(&bench, fd, text);
    assert_int_equal(bench.count, 1);
    assert_int_equal(conn_set_count(bench.set), 1);
    (void)close(fd);
    turn(&bench);
    assert_int_equal(conn_set_count(bench.set), 0);
    stop(&bench);
}

static void test_conn_lets_a_late_answer_find_its_client_gone(void **state)
{
    struct bench bench;
    struct http_answer answer;
    char text[128];
    int fd;

    (void)state;
    start(&bench, 8);
    fd = dial(&bench);
    (void)snprintf(text, sizeof(text), GET GET, 1, 2);
    say(&bench, fd, text);
    reply(&bench, 1); /* made, and never to be sent */
    conn_set_free(bench.set);
    answer_init(&answer, 200, NULL, 0);
    answer.shared = bytes_of("x", 1);
    answer.release = note_release;
    answer.release_arg = &bench;
    conn_reply(bench.waiting[0], &answer);
    assert_int_equal(bench.released, 1);
    (void)close(fd);
    bench.set = NULL;
    stop(&bench);
}

/* A client that has ended its side still gets what it asked for. */
static void test_conn_answers_a_client_that_has_ended_its_side(void **state)
{
    struct bench bench;
    char text[128];
    bool ended;
    int fd;

    (void)state;
    start(&bench, 8);
    fd = dial(&bench);
    (void)snprintf(text, sizeof(text), GET, 1);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    turn(&bench);
    assert_int_equal(bench.count, 1);
    reply(&bench, 0);
    assert_string_equal(bodies(hear(&bench, fd, &ended)), "/1;");
    assert_true(ended);
    assert_int_equal(conn_set_count(bench.set), 0);
    (void)close(fd);
    stop(&bench);
}

static void send_shared(struct bench *bench, size_t i, const uint8_t *body, size_t len)
{
    struct http_answer answer;

    answer_init(&answer, 200, NULL, 0);
    answer.shared = bytes_of(body, len);
    answer.release = note_release;
    answer.release_arg = bench;
    conn_reply(bench->waiting[i], &answer);
}

static void test_conn_holds_a_shared_body_until_it_is_taken(void **state)
{
    uint8_t *body = calloc(1, MAX_BODY);
    struct bench bench;
    char text[128];
    size_t total = 0;
    ssize_t n;
    int fd;

    (void)state;
    assert_non_null(body);
    start(&bench, 8);
    fd = dial(&bench);
    (void)snprintf(text, sizeof(text), GET, 1);
    say(&bench, fd, text);
    send_shared(&bench, 0, body, MAX_BODY);
    turn(&bench);
    assert_int_equal(bench.released, 0);
    /* Nothing further is read from a client that does not take its answer. */
    say(&bench, fd, text);
    assert_int_equal(bench.count, 1);
    while (total < MAX_BODY) {
        static char sink[65536];

        turn(&bench);
        n = read(fd, sink, sizeof(sink));
        assert_true(n > 0);
        total += (size_t)n;
    }
    turn(&bench);
    assert_int_equal(bench.released, 1);
    assert_int_equal(bench.count, 2);
    send_shared(&bench, 1, body, 0); /* an empty one is given back too */
    turn(&bench);
    assert_int_equal(bench.released, 2);
    /* and one whose client goes away in its middle */
    say(&bench, fd, text);
    send_shared(&bench, 2, body, MAX_BODY);
    turn(&bench);
    (void)close(fd);
    turn(&bench);
    assert_int_equal(bench.released, 3);
    free(body);
    stop(&bench);
}

static void test_conn_sends_no_body_to_head_and_with_304(void **state)
{
    struct bench bench;
    struct http_answer answer;
    const char *got;
    int fd;

    (void)state;
    start(&bench, 8);
    fd = dial(&bench);
    bench.answers_at_once = true;
    say(&bench, fd, "HEAD /1 HTTP/1.1\r\nHost: a\r\n\r\n");
    got = hear(&bench, fd, NULL);
    assert_true(strstr(got, "Content-Length: 3\r\n") != NULL);
    assert_string_equal(bodies(got), "");
    bench.answers_at_once = false;
    say(&bench, fd, "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n");
    answer_text(&answer, 304, "/2;");
    conn_reply(bench.waiting[1], &answer);
    got = hear(&bench, fd, NULL);
    assert_true(strstr(got, "HTTP/1.1 304 Not Modified\r\n") == got);
    assert_true(strstr(got, "Content-Length") == NULL);
    assert_string_equal(bodies(got), "");
    (void)close(fd);
    stop(&bench);
}

static void test_conn_makes_room_by_the_longest_idle(void **state)
{
    struct bench bench;
    char text[64];
    bool ended;
    int fds[4];

    (void)state;
    start(&bench, 2);
    fds[0] = dial(&bench);
    fds[1] = dial(&bench);
    bench.answers_at_once = true;
    (void)snprintf(text, sizeof(text), GET, 0);
    say(&bench, fds[0], text); /* now fds[1] is the one that waits longest */
    assert_string_equal(bodies(hear(&bench, fds[0], NULL)), "/0;");
    fds[2] = dial(&bench);
    (void)hear(&bench, fds[1], &ended);
    assert_true(ended);
    (void)hear(&bench, fds[0], &ended);
    assert_false(ended);
    /* none is idle: the newcomer is turned away */
    bench.answers_at_once = false;
    say(&bench, fds[0], "GET / HT");
    say(&bench, fds[2], "GET / HT");
    fds[3] = dial(&bench);
    assert_true(strstr(hear(&bench, fds[3], &ended), "HTTP/1.1 503 ") != NULL);
    assert_true(ended);
    assert_int_equal(conn_set_count(bench.set), 2);
    (void)close(fds[0]);
    (void)close(fds[1]);
    (void)close(fds[2]);
    (void)close(fds[3]);
    stop(&bench);
}

/* Not one that just began; sending for LIMIT_HTTP_SLOW_MS is what makes a client slow. */
static void test_conn_makes_room_by_the_slowest_when_none_is_idle(void **state)
{
    struct bench bench;
    bool ended;
    int fds[3], i;

    (void)state;
    start(&bench, 2);
    for (i = 0; i < 2; i++) {
        fds[i] = dial(&bench);
        say(&bench, fds[i],
            i == 0 ? "GET / HT"
                   : "POST / HTTP/1.1\r\nHost: a\r\n"
                     "Content-Length: 9\r\n\r\n");
    }
    assert_false(conn_set_evict(bench.set));
    (void)usleep((LIMIT_HTTP_SLOW_MS + 20) * 1000);
    say(&bench, fds[0], "TP"); /* an octet more does not make it young */
    fds[2] = dial(&bench);
    (void)hear(&bench, fds[0], &ended);
    assert_true(ended);
    (void)hear(&bench, fds[1], &ended);
    assert_false(ended);
    assert_string_equal(hear(&bench, fds[2], &ended), "");
    assert_false(ended);
    assert_int_equal(counter_get(&bench.counters.evicted), 1);
    for (i = 0; i < 3; i++)
        (void)close(fds[i]);
    stop(&bench);
}

static void test_conn_turns_the_connection_past_a_clients_cap_away(void **state)
{
    struct bench bench;
    const char *got;
    bool ended;
    int fds[5], i;

    (void)state;
    start_capped(&bench, 8, 2);
    for (i = 0; i < 3; i++)
        fds[i] = dial_from(&bench, 1);
    got = hear(&bench, fds[2], &ended);
    assert_true(strstr(got, "HTTP/1.1 429 Too Many Requests\r\n") == got);
    assert_true(strstr(got, "\r\nRetry-After: 1\r\n") != NULL);
    assert_true(ended);
    fds[3] = dial_from(&bench, 2);
    assert_string_equal(hear(&bench, fds[3], &ended), "");
    assert_false(ended);
    (void)close(fds[0]); /* gone: the client may come again */
    turn(&bench);
    fds[4] = dial_from(&bench, 1);
    assert_string_equal(hear(&bench, fds[4], &ended), "");
    assert_false(ended);
    assert_int_equal(counter_get(&bench.counters.refused_client), 1);
    assert_int_equal(counter_get(&bench.counters.accepted), 4);
    assert_int_equal(counter_get(&bench.counters.open), 3);
    for (i = 1; i < 5; i++)
        (void)close(fds[i]);
    stop(&bench);
}

/* Refused for lack of room, a client is not counted: later it may have all its connections. */
static void test_conn_forgets_a_client_that_found_no_room(void **state)
{
    struct bench bench;
    bool ended;
    int busy, more, i;

    (void)state;
    start_capped(&bench, 1, 1);
    busy = dial_from(&bench, 1);
    say(&bench, busy, "GET / HT");
    for (i = 0; i < 3; i++) {
        more = dial_from(&bench, 2);
        assert_true(strstr(hear(&bench, more, &ended), "HTTP/1.1 503 ") != NULL);
        (void)close(more);
    }
    (void)close(busy);
    turn(&bench);
    more = dial_from(&bench, 2);
    assert_string_equal(hear(&bench, more, &ended), "");
    assert_false(ended);
    assert_int_equal(counter_get(&bench.counters.refused_full), 3);
    (void)close(more);
    stop(&bench);
}

static void test_conn_sheds_what_is_above_the_queue(void **state)
{
    struct bench bench;
    char text[256];
    const char *got;
    bool ended;
    int fd;

    (void)state;
    start(&bench, 8);
    bench.sheds = true;
    fd = dial(&bench);
    (void)snprintf(text, sizeof(text), GET GET GET, 1, 2, 3);
    say(&bench, fd, text); /* the third is shed, its answer stands behind the first two */
    assert_string_equal(hear(&bench, fd, NULL), "");
    assert_int_equal(counter_get(&bench.counters.waiting), 2);
    reply(&bench, 0);
    reply(&bench, 1);
    got = hear(&bench, fd, &ended);
    assert_string_equal(bodies(got), "/1;/2;");
    assert_true(strstr(got, "HTTP/1.1 503 Service Unavailable\r\n") > strstr(got, "/2;"));
    assert_true(strstr(got, "Retry-After: 1\r\n") != NULL);
    assert_false(ended);
    (void)snprintf(text, sizeof(text), GET, 4);
    say(&bench, fd, text); /* the queue is empty again */
    reply(&bench, 3);
    assert_string_equal(bodies(hear(&bench, fd, NULL)), "/4;");
    assert_int_equal(counter_get(&bench.counters.shed), 1);
    assert_int_equal(counter_get(&bench.counters.requests), 4);
    assert_int_equal(counter_get(&bench.counters.waiting), 0);
    (void)close(fd);
    stop(&bench);
}

/* A request whose client has gone is still work until it is answered; our own refusal is none. */
static void test_conn_counts_waiting_requests_of_clients_that_are_gone(void **state)
{
    struct bench bench;
    char text[64];
    int fd;

    (void)state;
    start(&bench, 8);
    fd = dial(&bench);
    (void)snprintf(text, sizeof(text), GET "junk\n", 1);
    say(&bench, fd, text);
    assert_int_equal(counter_get(&bench.counters.bad_requests), 1);
    conn_set_free(bench.set);
    bench.set = NULL;
    assert_int_equal(counter_get(&bench.counters.open), 0);
    assert_int_equal(counter_get(&bench.counters.waiting), 1);
    reply(&bench, 0);
    assert_int_equal(counter_get(&bench.counters.waiting), 0);
    (void)close(fd);
    stop(&bench);
}

static void test_conn_drains_with_the_next_answer(void **state)
{
    struct bench bench;
    char text[128];
    const char *got;
    bool ended;
    int waits, idle;

    (void)state;
    start(&bench, 8);
    waits = dial(&bench);
    idle = dial(&bench);
    (void)snprintf(text, sizeof(text), GET GET, 1, 2);
    say(&bench, waits, text);
    conn_set_drain(bench.set, note_empty, &bench);
    reply(&bench, 0);
    reply(&bench, 1);
    got = hear(&bench, waits, &ended);
    assert_string_equal(bodies(got), "/1;/2;");
    /* only the last one says that it ends */
    assert_true(strstr(got, "Connection: close") > strstr(got, "/1;"));
    assert_true(ended);
    (void)snprintf(text, sizeof(text), GET, 3);
    say(&bench, idle, text);
    reply(&bench, 2);
    assert_true(strstr(hear(&bench, idle, &ended), "Connection: close") != NULL);
    assert_true(ended);
    assert_int_equal(bench.emptied, 0);
    (void)close(waits);
    (void)close(idle);
    turn(&bench);
    assert_int_equal(bench.emptied, 1);
    stop(&bench);
}

/* Only a server that ends closes a connection on which a request may be on its way. */
static void test_conn_waits_for_the_silent_unless_in_a_hurry(void **state)
{
    const struct timeval longer = {LIMIT_HTTP_DRAIN_IDLE_MS / 1000 + 1, 0};
    struct bench bench;
    bool ended;
    int fd;

    (void)state;
    start(&bench, 8);
    fd = dial(&bench);
    conn_set_drain(bench.set, note_empty, &bench);
    (void)event_base_loopexit(bench.base, &longer);
    (void)event_base_dispatch(bench.base);
    assert_string_equal(hear(&bench, fd, &ended), "");
    assert_false(ended);
    assert_int_equal(bench.emptied, 0);
    conn_set_hurry(bench.set);
    (void)event_base_dispatch(bench.base); /* until nothing is left to wait for */
    assert_string_equal(hear(&bench, fd, &ended), "");
    assert_true(ended);
    assert_int_equal(bench.emptied, 1);
    (void)close(fd);
    stop(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conn_answers_in_the_order_of_the_requests),
        cmocka_unit_test(test_conn_reads_no_more_than_it_owes_answers_for),
        cmocka_unit_test(test_conn_gives_others_their_turn),
        cmocka_unit_test(test_conn_puts_its_own_refusal_behind_what_is_owed),
        cmocka_unit_test(test_conn_lets_a_late_answer_find_its_client_gone),
        cmocka_unit_test(test_conn_answers_a_client_that_has_ended_its_side),
        cmocka_unit_test(test_conn_holds_a_shared_body_until_it_is_taken),
        cmocka_unit_test(test_conn_sends_no_body_to_head_and_with_304),
        cmocka_unit_test(test_conn_makes_room_by_the_longest_idle),
        cmocka_unit_test(test_conn_makes_room_by_the_slowest_when_none_is_idle),
        cmocka_unit_test(test_conn_turns_the_connection_past_a_clients_cap_away),
        cmocka_unit_test(test_conn_forgets_a_client_that_found_no_room),
        cmocka_unit_test(test_conn_sheds_what_is_above_the_queue),
        cmocka_unit_test(test_conn_counts_waiting_requests_of_clients_that_are_gone),
        cmocka_unit_test(test_conn_drains_with_the_next_answer),
        cmocka_unit_test(test_conn_waits_for_the_silent_unless_in_a_hurry),
    };
    const struct sigaction ignore = {.sa_handler = SIG_IGN};

    (void)sigaction(SIGPIPE, &ignore, NULL); /* as the network process does */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
