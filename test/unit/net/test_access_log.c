/* SPDX-License-Identifier: Apache-2.0 */
/* The access log in files, and through a syslog() that the test takes the place of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include <jansson.h>

#include "net/access_log.h"

enum { MAX_TEXT = 256 * 1024 };

static char folder[] = "/tmp/test_access_log.XXXXXX";
static char file[64];
static char said[4096]; /* to syslog */

void __syslog_chk(int priority, int flag, const char *format, ...) SK_PRINTF(3, 4);
static void take(int priority, const char *format, va_list args) SK_PRINTF(2, 0);

static void take(int priority, const char *format, va_list args)
{
    size_t used = strlen(said);

    assert_int_equal(priority, LOG_DAEMON | LOG_INFO);
    (void)vsnprintf(said + used, sizeof(said) - used, format, args);
    (void)strncat(said, "\n", sizeof(said) - strlen(said) - 1);
}

/* In the place of the C library's: no test may write to the machine's log. */
void syslog(int priority, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    take(priority, format, args);
    va_end(args);
}

void __syslog_chk(int priority, int flag, const char *format, ...)
{
    va_list args;

    (void)flag;
    va_start(args, format);
    take(priority, format, args);
    va_end(args);
}

static struct sk_counters counters[2];

static struct config_access to_file(void)
{
    return (struct config_access){.to = CONFIG_ACCESS_FILE,
                                  .file = file,
                                  .sample = 1,
                                  .client = CONFIG_ACCESS_CLIENT_FULL,
                                  .buffer_bytes = 65536};
}

static struct access_log *begin(const struct config_access *config)
{
    struct access_log *log = NULL;

    memset(counters, 0, sizeof(counters));
    assert_int_equal(access_log_new(config, counters, 2, &log, NULL), SK_OK);
    return log;
}

static const struct sk_address CLIENT = {
    .octets = {[10] = 0xff, [11] = 0xff, [12] = 192, [14] = 2, [15] = 77}};

static struct access_entry entry(const char *id)
{
    return (struct access_entry){.id = id,
                                 .listener = "127.0.0.1:80",
                                 .client = &CLIENT,
                                 .method = "GET",
                                 .path = "/ocsp/",
                                 .verdict = "good",
                                 .status = 200,
                                 .octets = 1234,
                                 .took_us = 56,
                                 .generation = 7};
}

static void add(struct access_log *log, unsigned worker, const char *id)
{
    const struct access_entry one = entry(id);

    access_log_add(access_log_worker(log, worker), &one);
}

/* What a file holds; "" when it is not there. */
static const char *text_of(const char *name)
{
    static char text[MAX_TEXT];
    FILE *f = fopen(name, "rb");
    size_t n = 0;

    if (f != NULL) {
        n = fread(text, 1, sizeof(text) - 1, f);
        (void)fclose(f);
    }
    text[n] = '\0';
    return text;
}

static unsigned count_lines(const char *text)
{
    unsigned count = 0;

    for (; *text != '\0'; text++)
        count += *text == '\n';
    return count;
}

/* The file holds this before patience ends; the writer has its own pace. */
static bool comes(const char *name, const char *what)
{
    unsigned i;

    for (i = 0; i < 1000; i++) {
        if (strstr(text_of(name), what) != NULL)
            return true;
        (void)usleep(10000);
    }
    return false;
}

static void test_access_log_refuses_what_is_no_file(void **state)
{
    struct config_access config = to_file();
    struct access_log *log = NULL;
    struct sk_err err = {0};

    (void)state;
    config.file = folder;
    assert_int_equal(access_log_check(&config, &err), SK_IO);
    assert_int_equal(access_log_new(&config, counters, 1, &log, &err), SK_IO);
    assert_null(log);
    config.file = (char[]){"/nowhere/at/all"};
    assert_int_equal(access_log_check(&config, &err), SK_IO);
    config.file = (char[]){"/dev/null"};
    assert_int_equal(access_log_check(&config, &err), SK_IO);
    assert_int_equal(mkfifo(file, 0600), 0);
    config.file = file;
    assert_int_equal(access_log_check(&config, &err), SK_IO);
    (void)unlink(file);
    assert_int_equal(access_log_check(&config, &err), SK_OK);
}

static void test_access_log_line_is_json_with_each_member(void **state)
{
    static const char *const names[] = {"time",   "id",   "listener",  "tls",    "client",
                                        "method", "path", "status",    "octets", "verdict",
                                        "memo",   "us",   "generation"};
    const struct config_access config = to_file();
    struct access_log *log = begin(&config);
    struct access_entry one = entry("abc.D_-9");
    struct stat st;
    json_t *line;
    size_t i;

    (void)state;
    one.tls = "TLSv1.3";
    one.is_kept = true;
    access_log_add(access_log_worker(log, 0), &one);
    access_log_free(log);
    line = json_loads(text_of(file), 0, NULL);
    assert_non_null(line);
    assert_int_equal(json_object_size(line), sizeof(names) / sizeof(names[0]));
    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_non_null(json_object_get(line, names[i]));
    assert_string_equal(json_string_value(json_object_get(line, "id")), "abc.D_-9");
    assert_string_equal(json_string_value(json_object_get(line, "tls")), "TLSv1.3");
    assert_string_equal(json_string_value(json_object_get(line, "client")), "192.0.2.77");
    assert_int_equal(json_integer_value(json_object_get(line, "octets")), 1234);
    assert_true(json_is_true(json_object_get(line, "memo")));
    assert_int_equal(json_integer_value(json_object_get(line, "generation")), 7);
    json_decref(line);
    assert_int_equal(stat(file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
}

static void test_access_log_writes_null_for_what_is_not_known(void **state)
{
    const struct config_access config = to_file();
    struct access_log *log = begin(&config);
    struct access_entry one = entry("x");

    (void)state;
    one.method = one.path = one.verdict = NULL;
    access_log_add(access_log_worker(log, 0), &one);
    access_log_free(log);
    assert_non_null(strstr(text_of(file), "\"tls\":null,"));
    assert_non_null(strstr(text_of(file), "\"method\":null,\"path\":null,"));
    assert_non_null(strstr(text_of(file), "\"verdict\":null,\"memo\":false,"));
}

static void test_access_log_cuts_or_leaves_out_the_client(void **state)
{
    static const struct sk_address v6 = {.octets = {0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 2, [15] = 9}};
    struct config_access config = to_file();
    struct access_entry one = entry("x");
    struct access_log *log;

    (void)state;
    config.client = CONFIG_ACCESS_CLIENT_NETWORK;
    log = begin(&config);
    access_log_add(access_log_worker(log, 0), &one);
    one.client = &v6;
    access_log_add(access_log_worker(log, 0), &one);
    access_log_free(log);
    assert_non_null(strstr(text_of(file), "\"client\":\"192.0.2.0\""));
    assert_non_null(strstr(text_of(file), "\"client\":\"2001:db8:1::\""));
    assert_null(strstr(text_of(file), "77"));
    (void)unlink(file);
    config.client = CONFIG_ACCESS_CLIENT_NONE;
    log = begin(&config);
    access_log_add(access_log_worker(log, 0), &one);
    access_log_free(log);
    assert_null(strstr(text_of(file), "client"));
    assert_null(strstr(text_of(file), "2001"));
}

static void test_access_log_samples_but_leaves_no_failure_out(void **state)
{
    struct config_access config = to_file();
    struct access_entry bad = entry("bad"), later = entry("later");
    struct access_log *log;
    unsigned i;

    (void)state;
    config.sample = 10;
    log = begin(&config);
    bad.status = 400;
    later.is_failure = true;
    for (i = 0; i < 100; i++)
        add(log, 0, "fine");
    for (i = 0; i < 7; i++)
        access_log_add(access_log_worker(log, 0), &bad);
    access_log_add(access_log_worker(log, 0), &later);
    access_log_free(log);
    assert_int_equal(count_lines(text_of(file)), 10 + 7 + 1);
}

static void test_access_log_keeps_the_lines_of_all_workers_in_their_order(void **state)
{
    const struct config_access config = to_file();
    struct access_log *log = begin(&config);
    char id[32];
    unsigned i;

    (void)state;
    for (i = 0; i < 100; i++) {
        (void)snprintf(id, sizeof(id), "w%u-%03u", i % 2, i);
        add(log, i % 2, id);
    }
    access_log_free(log);
    assert_int_equal(count_lines(text_of(file)), 100);
    for (i = 2; i < 100; i++) {
        (void)snprintf(id, sizeof(id), "w%u-%03u", i % 2, i);
        assert_non_null(strstr(text_of(file), id));
        const char *here = strstr(text_of(file), id);
        (void)snprintf(id, sizeof(id), "w%u-%03u", i % 2, i - 2);
        assert_true(strstr(text_of(file), id) < here);
    }
}

/* How many lines a text says were dropped, over all of its reports. */
static uint64_t reported(const char *text, size_t *out_reports)
{
    uint64_t sum = 0;

    *out_reports = 0;
    while ((text = strstr(text, "\"dropped\":")) != NULL) {
        text += strlen("\"dropped\":");
        sum += strtoul(text, NULL, 10);
        ++*out_reports;
    }
    return sum;
}

/* A pipe that nobody reads holds the writer up, and no worker: what has no room is dropped and
 * counted, and the log says so once it flows again. */
static void test_access_log_drops_lines_rather_than_wait(void **state)
{
    struct config_access config = {.to = CONFIG_ACCESS_STDERR,
                                   .sample = 1,
                                   .client = CONFIG_ACCESS_CLIENT_FULL,
                                   .buffer_bytes = 4096};
    int old = dup(STDERR_FILENO), ends[2];
    static char text[MAX_TEXT];
    struct access_log *log;
    size_t used = 0, reports;
    uint64_t dropped;
    ssize_t n;
    unsigned i;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_true(fcntl(ends[1], F_SETPIPE_SZ, 4096) >= 4096);
    assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
    (void)close(ends[1]);
    log = begin(&config);
    for (i = 0; i < 1000; i++)
        add(log, 0, "line");
    dropped = counter_get(&counters[0].log_dropped);
    assert_in_range(dropped, 1, 999);
    (void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
    while (used < sizeof(text) - 1 && reported(text, &reports) != dropped) {
        n = read(ends[0], text + used, sizeof(text) - 1 - used);
        if (n > 0)
            used += (size_t)n;
        else
            (void)usleep(1000);
        text[used] = '\0';
    }
    access_log_free(log);
    assert_true(dup2(old, STDERR_FILENO) >= 0);
    while ((n = read(ends[0], text + used, sizeof(text) - 1 - used)) > 0)
        used += (size_t)n;
    text[used] = '\0';
    assert_int_equal(reported(text, &reports), dropped);
    assert_int_equal(count_lines(text), 1000 - dropped + reports);
    (void)close(old);
    (void)close(ends[0]);
}

static void test_access_log_begins_a_new_file_when_the_old_is_renamed(void **state)
{
    const struct config_access config = to_file();
    struct access_log *log = begin(&config);
    char old[80];
    unsigned i;

    (void)state;
    (void)snprintf(old, sizeof(old), "%s.1", file);
    add(log, 0, "before");
    assert_true(comes(file, "\"before\""));
    assert_int_equal(rename(file, old), 0);
    for (i = 0; i < 300 && access(file, F_OK) != 0; i++) {
        add(log, 0, "meanwhile");
        (void)usleep(10000);
    }
    add(log, 0, "after");
    access_log_free(log);
    assert_non_null(strstr(text_of(file), "\"after\""));
    assert_null(strstr(text_of(file), "\"before\""));
    assert_null(strstr(text_of(old), "\"after\""));
    (void)unlink(old);
}

static void test_access_log_speaks_to_syslog_line_by_line(void **state)
{
    struct config_access config = to_file();
    struct access_log *log;

    (void)state;
    config.to = CONFIG_ACCESS_SYSLOG;
    said[0] = '\0';
    log = begin(&config);
    add(log, 0, "one");
    add(log, 1, "two");
    access_log_free(log);
    assert_int_equal(count_lines(said), 2);
    assert_non_null(strstr(said, "\"one\""));
    assert_non_null(strstr(said, "\"generation\":7}\n{"));
}

static int clean(void **state)
{
    (void)state;
    (void)unlink(file);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_access_log_refuses_what_is_no_file, clean),
        cmocka_unit_test_teardown(test_access_log_line_is_json_with_each_member, clean),
        cmocka_unit_test_teardown(test_access_log_writes_null_for_what_is_not_known, clean),
        cmocka_unit_test_teardown(test_access_log_cuts_or_leaves_out_the_client, clean),
        cmocka_unit_test_teardown(test_access_log_samples_but_leaves_no_failure_out, clean),
        cmocka_unit_test_teardown(test_access_log_keeps_the_lines_of_all_workers_in_their_order,
                                  clean),
        cmocka_unit_test_teardown(test_access_log_drops_lines_rather_than_wait, clean),
        cmocka_unit_test_teardown(test_access_log_begins_a_new_file_when_the_old_is_renamed, clean),
        cmocka_unit_test_teardown(test_access_log_speaks_to_syslog_line_by_line, clean),
    };
    int failed;

    (void)umask(022);
    if (mkdtemp(folder) == NULL)
        return 1;
    (void)snprintf(file, sizeof(file), "%s/access", folder);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    (void)rmdir(folder);
    return failed;
}
