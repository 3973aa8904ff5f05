/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/hex.h"
#include "tools/bench/bench.h"

static const char USAGE[] =
    "usage: sekisho-bench --url URL [--requests-file FILE [--get] [--content-type TYPE]]\n"
    "           [--connections N] [--close] [--depth D | --rate R] [--requests N] [--seconds S]\n"
    "           [--timeout S] [--status CODE] [--marker HEX] [--json]\n"
    "       sekisho-bench --help | --version\n"
    "\n"
    "Sends HTTP requests to a server of this machine and tells how long the answers took.\n"
    "  --url URL            http://127.0.0.1:PORT/PATH or http://[::1]:PORT/PATH, no other\n"
    "  --requests-file FILE bodies to POST in turn, each with its length in 4 octets before it;\n"
    "                       without it the URL is asked for by GET\n"
    "  --get                the bodies go by GET, in base64 at the end of the path\n"
    "  --content-type TYPE  of the bodies (default application/ocsp-request)\n"
    "  --connections N      connections, 1 to 4096 (default 32)\n"
    "  --close              a new connection for each request\n"
    "  --depth D            unanswered requests on each connection, 1 to 64 (default 1)\n"
    "  --rate R             so many requests a second, whether answers come or not; times count\n"
    "                       from the moment when a request was due\n"
    "  --requests N         end after N requests\n"
    "  --seconds S          end after S seconds (default 10; 3600 with --requests)\n"
    "  --timeout S          time for one answer (default 10)\n"
    "  --status CODE        the status each answer must have (default 200)\n"
    "  --marker HEX         octets that each answer's body must contain\n"
    "  --json               print one JSON object\n"
    "Exit status: 0 every request was answered as expected, 1 some were not, 64 usage,\n"
    "65 unreadable file, 66 no server.\n";

enum option_id {
    OPTION_URL = 256,
    OPTION_REQUESTS_FILE,
    OPTION_GET,
    OPTION_CONTENT_TYPE,
    OPTION_CONNECTIONS,
    OPTION_CLOSE,
    OPTION_DEPTH,
    OPTION_RATE,
    OPTION_REQUESTS,
    OPTION_SECONDS,
    OPTION_TIMEOUT,
    OPTION_STATUS,
    OPTION_MARKER,
    OPTION_JSON,
    OPTION_HELP,
    OPTION_VERSION,
};

static const struct option OPTIONS[] = {
    {"url", required_argument, NULL, OPTION_URL},
    {"requests-file", required_argument, NULL, OPTION_REQUESTS_FILE},
    {"get", no_argument, NULL, OPTION_GET},
    {"content-type", required_argument, NULL, OPTION_CONTENT_TYPE},
    {"connections", required_argument, NULL, OPTION_CONNECTIONS},
    {"close", no_argument, NULL, OPTION_CLOSE},
    {"depth", required_argument, NULL, OPTION_DEPTH},
    {"rate", required_argument, NULL, OPTION_RATE},
    {"requests", required_argument, NULL, OPTION_REQUESTS},
    {"seconds", required_argument, NULL, OPTION_SECONDS},
    {"timeout", required_argument, NULL, OPTION_TIMEOUT},
    {"status", required_argument, NULL, OPTION_STATUS},
    {"marker", required_argument, NULL, OPTION_MARKER},
    {"json", no_argument, NULL, OPTION_JSON},
    {"help", no_argument, NULL, OPTION_HELP},
    {"version", no_argument, NULL, OPTION_VERSION},
    {NULL, 0, NULL, 0},
};

void bench_complain(const struct sk_err *err)
{
    (void)fprintf(stderr, "sekisho-bench: %s\n", err->text);
}

static enum sk_status take_number(const char *name, const char *text, unsigned min, unsigned max,
                                  unsigned *out, struct sk_err *err)
{
    unsigned long value;
    char *end;

    errno = 0;
    value = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || value < min || value > max)
        return err_set(err, SK_INPUT, "--%s: '%s' is not a number from %u to %u", name, text, min,
                       max);
    *out = (unsigned)value;
    return SK_OK;
}

static enum sk_status take_marker(const char *text, struct bench_options *o, struct sk_err *err)
{
    size_t len = strlen(text);

    if (len == 0 || len % 2 != 0 || len / 2 > BENCH_MARKER ||
        hex_decode(text, o->marker, len / 2) != SK_OK)
        return err_set(err, SK_INPUT, "--marker: '%s' is not 1 to %d octets in hexadecimal", text,
                       BENCH_MARKER);
    o->marker_len = len / 2;
    return SK_OK;
}

static enum sk_status take_type(const char *text, struct bench_options *o, struct sk_err *err)
{
    const char *p;

    for (p = text; *p > ' ' && *p <= '~'; p++)
        ;
    if (*p != '\0' || p == text || p - text > 127)
        return err_set(err, SK_INPUT, "--content-type: '%s' is not a media type", text);
    o->content_type = text;
    return SK_OK;
}

/* Options that are numbers. */
static enum sk_status take_count(int id, const char *value, struct bench_options *o,
                                 struct sk_err *err)
{
    enum sk_status status;
    unsigned number = 0;

    switch (id) {
    case OPTION_CONNECTIONS:
        return take_number("connections", value, 1, BENCH_CONNECTIONS, &o->connections, err);
    case OPTION_DEPTH:
        return take_number("depth", value, 1, BENCH_DEPTH, &o->depth, err);
    case OPTION_RATE:
        status = take_number("rate", value, 1, BENCH_RATE, &number, err);
        o->rate = number;
        return status;
    case OPTION_REQUESTS:
        status = take_number("requests", value, 1, BENCH_REQUESTS, &number, err);
        o->requests = number;
        return status;
    case OPTION_SECONDS:
        return take_number("seconds", value, 1, BENCH_SECONDS, &o->seconds, err);
    case OPTION_TIMEOUT:
        status = take_number("timeout", value, 1, 600, &number, err);
        o->timeout_ms = number * 1000;
        return status;
    default: /* the last one of these */
        return take_number("status", value, 200, 599, &o->status, err);
    }
}

static enum sk_status take_option(int id, const char *value, struct bench_options *o,
                                  struct sk_err *err)
{
    switch (id) {
    case OPTION_URL:
        return target_parse(value, &o->target, err);
    case OPTION_REQUESTS_FILE:
        o->requests_file = value;
        return SK_OK;
    case OPTION_GET:
        o->is_get = true;
        return SK_OK;
    case OPTION_CONTENT_TYPE:
        return take_type(value, o, err);
    case OPTION_CLOSE:
        o->is_close = true;
        return SK_OK;
    case OPTION_MARKER:
        return take_marker(value, o, err);
    case OPTION_JSON:
        o->is_json = true;
        return SK_OK;
    default:
        return take_count(id, value, o, err);
    }
}

/* What does not go together, and what is said by leaving out. */
static enum sk_status settle(struct bench_options *o, struct sk_err *err)
{
    if (o->target.path == NULL)
        return err_set(err, SK_INPUT, "--url: missing");
    if (o->is_get && o->requests_file == NULL)
        return err_set(err, SK_INPUT, "--get: needs --requests-file");
    if (o->rate > 0 && o->depth > 0)
        return err_set(err, SK_INPUT, "--rate: excludes --depth");
    if (o->is_close && o->depth > 1)
        return err_set(err, SK_INPUT, "--close: excludes --depth");
    if (o->depth == 0)
        o->depth = 1;
    if (o->seconds == 0)
        o->seconds = o->requests > 0 ? BENCH_SECONDS : 10;
    return SK_OK;
}

static enum bench_exit usage_fault(const struct sk_err *err)
{
    if (err->status != SK_OK)
        bench_complain(err);
    (void)fputs("Try 'sekisho-bench --help'.\n", stderr);
    return BENCH_USAGE;
}

enum bench_exit options_read(int argc, char **argv, struct bench_options *out, bool *out_done)
{
    struct bench_options o = {.connections = 32,
                              .timeout_ms = 10000,
                              .status = 200,
                              .content_type = "application/ocsp-request"};
    struct sk_err err = {0};
    int id;

    *out_done = true;
    while ((id = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1) {
        if (id == OPTION_HELP || id == OPTION_VERSION) {
            (void)fputs(id == OPTION_HELP ? USAGE : "sekisho-bench " SEKISHO_VERSION "\n", stdout);
            return fflush(stdout) == 0 ? BENCH_GOOD : BENCH_FAULTS;
        }
        if (id == '?' || take_option(id, optarg, &o, &err) != SK_OK)
            return usage_fault(&err);
    }
    if (optind < argc)
        (void)err_set(&err, SK_INPUT, "%s: not an option", argv[optind]);
    if (err.status != SK_OK || settle(&o, &err) != SK_OK)
        return usage_fault(&err);
    *out_done = false;
    *out = o;
    return BENCH_GOOD;
}
