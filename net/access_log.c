/* SPDX-License-Identifier: Apache-2.0 */
#include "net/access_log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"

enum {
    LINE_BYTES = 768,
    GATHER_MS = 20,     /* lines that come within this time are written together */
    LOOK_US = 1000000,  /* between two looks whether the file is still the one of its name */
    PATIENCE_MS = 5000, /* for a pipe that takes nothing */
    NETWORK_V4 = 24,    /* bits that remain of a client's address with access-client = network */
    NETWORK_V6 = 48,
};

struct access_worker {
    pthread_mutex_t lock; /* held for a copy or a swap only */
    struct access_log *log;
    struct sk_counters *counters;
    char *lines; /* whole lines, log->config->buffer_bytes of room */
    size_t len;
    uint64_t dropped;  /* since the writer last asked */
    unsigned left_out; /* by sampling, since the last line */
    int64_t time_s;    /* what time says */
    char time[CLOCK_TEXT];
    struct sk_buf line; /* being formatted */
};

struct access_log {
    const struct config_access *config;
    struct access_worker *workers;
    unsigned num_workers;
    char *taken; /* the writer's own buffer: swapped with a worker's */
    pthread_t thread;
    bool has_thread;
    sem_t wake;
    atomic_bool is_ending;
    int fd; /* -1: none is needed */
    int64_t looked_us;
    uint64_t lost; /* lines since writing began to fail */
};

/* ---- the file ---- */

static enum sk_status open_file(const char *file, int *out, struct sk_err *err)
{
    /* Without O_NONBLOCK a FIFO would hold the process up. */
    int fd = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);
    struct stat st;

    if (fd < 0)
        return err_errno(err, SK_IO, "access log %s", file);
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        (void)close(fd);
        return err_set(err, SK_IO, "access log %s: not a regular file", file);
    }
    *out = fd;
    return SK_OK;
}

enum sk_status access_log_check(const struct config_access *config, struct sk_err *err)
{
    enum sk_status status;
    int fd = -1;

    if (config->to != CONFIG_ACCESS_FILE)
        return SK_OK;
    status = open_file(config->file, &fd, err);
    if (fd >= 0)
        (void)close(fd);
    return status;
}

/* Somebody may have renamed the file to have a new one begun. */
static void look_at_file(struct access_log *log)
{
    int64_t now = clock_mono_us();
    struct stat ours, named;
    struct sk_err err = {0};
    int fd;

    if (log->config->to != CONFIG_ACCESS_FILE || now - log->looked_us < LOOK_US)
        return;
    log->looked_us = now;
    if (fstat(log->fd, &ours) == 0 && stat(log->config->file, &named) == 0 &&
        ours.st_dev == named.st_dev && ours.st_ino == named.st_ino)
        return;
    if (open_file(log->config->file, &fd, &err) != SK_OK) {
        log_error("access", "%s; the old one is written on", err.text);
        return;
    }
    (void)close(log->fd);
    log->fd = fd;
}

/* ---- the writer ---- */

static bool write_octets(struct access_log *log, const char *text, size_t len)
{
    struct pollfd ready = {.fd = log->fd, .events = POLLOUT};

    while (len > 0) {
        ssize_t n = write(log->fd, text, len);

        if (n > 0) {
            text += n;
            len -= (size_t)n;
        } else if (n < 0 && errno == EAGAIN) {
            if (poll(&ready, 1, PATIENCE_MS) <= 0)
                return false;
        } else if (n == 0 || errno != EINTR) {
            return false;
        }
    }
    return true;
}

static bool write_line(struct access_log *log, const char *line, size_t len)
{
    switch (log->config->to) {
    case CONFIG_ACCESS_SYSLOG:
        syslog(LOG_DAEMON | LOG_INFO, "%.*s", (int)len - 1, line);
        return true;
    case CONFIG_ACCESS_STDERR: /* line by line: other lines come between */
    case CONFIG_ACCESS_FILE:
        return write_octets(log, line, len);
    case CONFIG_ACCESS_NONE:
        break;
    }
    return true;
}

static void note_failure(struct access_log *log, size_t lines)
{
    if (log->lost == 0)
        log_error("access", "cannot write: %s", strerror(errno));
    log->lost += lines;
}

static void note_success(struct access_log *log)
{
    if (log->lost > 0)
        log_warning("access", "writing again; %" PRIu64 " lines are lost", log->lost);
    log->lost = 0;
}

static void write_lines(struct access_log *log, const char *lines, size_t len)
{
    const char *end = lines + len, *next;

    for (; lines < end; lines = next) {
        next = (const char *)memchr(lines, '\n', (size_t)(end - lines)) + 1;
        if (write_line(log, lines, (size_t)(next - lines)))
            note_success(log);
        else
            note_failure(log, 1);
    }
}

/* What a worker had no room for is said where it is missing. */
static void write_dropped(struct access_log *log, uint64_t dropped)
{
    char when[CLOCK_TEXT], line[LINE_BYTES];
    int n;

    if (dropped == 0)
        return;
    clock_format_rfc3339(clock_wall(), when);
    n = snprintf(line, sizeof(line), "{\"time\":\"%s\",\"dropped\":%" PRIu64 "}\n", when, dropped);
    write_lines(log, line, (size_t)n);
}

static void write_worker(struct access_log *log, struct access_worker *worker)
{
    uint64_t dropped;
    char *taken;
    size_t len;

    (void)pthread_mutex_lock(&worker->lock);
    taken = worker->lines;
    len = worker->len;
    dropped = worker->dropped;
    worker->lines = log->taken;
    worker->len = 0;
    worker->dropped = 0;
    (void)pthread_mutex_unlock(&worker->lock);
    log->taken = taken;
    write_lines(log, taken, len);
    write_dropped(log, dropped);
}

static void *run(void *arg)
{
    const struct timespec gather = {.tv_nsec = (long)GATHER_MS * 1000000};
    struct access_log *log = arg;
    bool is_last = false;
    unsigned i;

    while (!is_last) {
        while (sem_wait(&log->wake) != 0 && errno == EINTR)
            continue;
        is_last = atomic_load(&log->is_ending);
        if (!is_last)
            (void)nanosleep(&gather, NULL);
        look_at_file(log);
        for (i = 0; i < log->num_workers; i++)
            write_worker(log, &log->workers[i]);
    }
    return NULL;
}

/* ---- life ---- */

void access_log_free(struct access_log *log)
{
    unsigned i;

    if (log == NULL)
        return;
    if (log->has_thread) {
        atomic_store(&log->is_ending, true);
        (void)sem_post(&log->wake);
        (void)pthread_join(log->thread, NULL);
    }
    for (i = 0; i < log->num_workers; i++) {
        (void)pthread_mutex_destroy(&log->workers[i].lock);
        free(log->workers[i].lines);
        buf_done(&log->workers[i].line);
    }
    free(log->workers);
    free(log->taken);
    (void)sem_destroy(&log->wake);
    if (log->config->to == CONFIG_ACCESS_FILE && log->fd >= 0)
        (void)close(log->fd);
    free(log);
}

static enum sk_status make_workers(struct access_log *log, struct sk_counters *counters,
                                   unsigned workers, struct sk_err *err)
{
    log->taken = malloc(log->config->buffer_bytes);
    log->workers = calloc(workers, sizeof(*log->workers));
    if (log->taken == NULL || log->workers == NULL)
        return err_set(err, SK_NOMEM, "access log: no memory");
    for (; log->num_workers < workers; log->num_workers++) {
        struct access_worker *worker = &log->workers[log->num_workers];

        worker->log = log;
        worker->counters = &counters[log->num_workers];
        buf_init(&worker->line, LINE_BYTES);
        worker->lines = malloc(log->config->buffer_bytes);
        if (worker->lines == NULL || pthread_mutex_init(&worker->lock, NULL) != 0) {
            free(worker->lines);
            return err_set(err, SK_NOMEM, "access log: no memory");
        }
    }
    return SK_OK;
}

enum sk_status access_log_new(const struct config_access *config, struct sk_counters *counters,
                              unsigned workers, struct access_log **out, struct sk_err *err)
{
    struct access_log *log = calloc(1, sizeof(*log));
    enum sk_status status;

    if (log == NULL)
        return err_set(err, SK_NOMEM, "access log: no memory");
    log->config = config;
    log->fd = config->to == CONFIG_ACCESS_STDERR ? STDERR_FILENO : -1;
    (void)sem_init(&log->wake, 0, 0);
    status = make_workers(log, counters, workers, err);
    if (status == SK_OK && config->to == CONFIG_ACCESS_FILE)
        status = open_file(config->file, &log->fd, err);
    if (status == SK_OK && pthread_create(&log->thread, NULL, run, log) != 0)
        status = err_set(err, SK_IO, "access log: no thread");
    if (status != SK_OK) {
        access_log_free(log);
        return status;
    }
    log->has_thread = true;
    *out = log;
    return SK_OK;
}

struct access_worker *access_log_worker(struct access_log *log, unsigned index)
{
    return &log->workers[index];
}

/* ---- the workers' side ---- */

static void put_text(struct sk_buf *out, const char *name, const char *value)
{
    if (value == NULL)
        buf_printf(out, ",\"%s\":null", name);
    else
        buf_printf(out, ",\"%s\":\"%s\"", name, value);
}

static void put_client(struct sk_buf *out, enum config_access_client how,
                       const struct sk_address *client)
{
    struct sk_address shown = *client;
    char text[ADDRESS_TEXT];

    if (how == CONFIG_ACCESS_CLIENT_NONE)
        return;
    if (how == CONFIG_ACCESS_CLIENT_NETWORK)
        address_cut(&shown, NETWORK_V4, NETWORK_V6);
    address_to_text(&shown, text);
    put_text(out, "client", text);
}

static void put_http(struct sk_buf *out, const struct access_entry *entry)
{
    put_text(out, "method", entry->method);
    put_text(out, "path", entry->path);
    buf_printf(out, ",\"status\":%u,\"octets\":%" PRIu64, entry->status, entry->octets);
    put_text(out, "verdict", entry->verdict);
    buf_put_text(out, entry->is_kept ? ",\"memo\":true" : ",\"memo\":false");
}

static void put_ldap(struct sk_buf *out, const struct access_entry *entry)
{
    put_text(out, "operation", entry->operation);
    put_text(out, "scope", entry->scope);
    buf_printf(out, ",\"result\":%u,\"entries\":%u,\"octets\":%" PRIu64, entry->status,
               entry->entries, entry->octets);
}

/* Nothing here needs escaping: all texts are ours, but for the id, which has no such character. */
static void format(struct access_worker *worker, const struct access_entry *entry,
                   struct sk_buf *out)
{
    int64_t now = clock_wall();

    if (now != worker->time_s) {
        worker->time_s = now;
        clock_format_rfc3339(now, worker->time);
    }
    buf_printf(out, "{\"time\":\"%s\"", worker->time);
    put_text(out, "id", entry->id);
    put_text(out, "listener", entry->listener);
    put_text(out, "tls", entry->tls);
    put_client(out, worker->log->config->client, entry->client);
    if (entry->operation != NULL)
        put_ldap(out, entry);
    else
        put_http(out, entry);
    buf_printf(out, ",\"us\":%" PRId64 ",\"generation\":%" PRIu64 "}\n", entry->took_us,
               entry->generation);
}

static bool is_wanted(struct access_worker *worker, const struct access_entry *entry)
{
    if (entry->is_failure || (entry->operation == NULL && entry->status >= 400))
        return true;
    if (++worker->left_out < worker->log->config->sample)
        return false;
    worker->left_out = 0;
    return true;
}

void access_log_add(struct access_worker *worker, const struct access_entry *entry)
{
    bool was_empty = false, has_room = false;
    struct sk_buf *line = &worker->line;

    if (!is_wanted(worker, entry))
        return;
    buf_reset(line);
    format(worker, entry, line);
    if (buf_status(line) == SK_OK) {
        (void)pthread_mutex_lock(&worker->lock);
        was_empty = worker->len == 0;
        has_room = worker->log->config->buffer_bytes - worker->len >= line->len;
        if (has_room) {
            memcpy(worker->lines + worker->len, line->data, line->len);
            worker->len += line->len;
        } else {
            worker->dropped++;
        }
        (void)pthread_mutex_unlock(&worker->lock);
    }
    if (!has_room)
        counter_add(&worker->counters->log_dropped, 1);
    else if (was_empty)
        (void)sem_post(&worker->log->wake);
}
