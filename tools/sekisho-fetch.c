/* SPDX-License-Identifier: Apache-2.0 */
/* Fetches certificates and revocation lists, verifies and publishes them: see sekisho-fetch(8). */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "tools/fetch/fetch.h"

static const char usage[] =
    "usage: sekisho-fetch -c FILE [--once] [-v] [CA...]\n"
    "  -c, --config FILE   configuration\n"
    "      --once          one run, then end (what it does anyway)\n"
    "  -v, --verbose       tell what went well, too\n"
    "      --help, --version\n"
    "CA: name of a [ca NAME] section to fetch; without any, all are fetched\n"
    "exit: 0 all fresh, 1 a source failed but what is served is valid,\n"
    "      2 something served is or will soon be stale, 64 usage or configuration\n";

struct options {
    const char *config;
    bool is_verbose;
};

/* Returns -1 to go on, else the exit status. */
static int parse_options(int argc, char **argv, struct options *out)
{
    enum { OPT_HELP = 256, OPT_VERSION, OPT_ONCE };
    static const struct option longs[] = {
        {"config", required_argument, NULL, 'c'},    {"once", no_argument, NULL, OPT_ONCE},
        {"verbose", no_argument, NULL, 'v'},         {"help", no_argument, NULL, OPT_HELP},
        {"version", no_argument, NULL, OPT_VERSION}, {NULL, 0, NULL, 0}};
    int c;

    while ((c = getopt_long(argc, argv, "c:v", longs, NULL)) != -1) {
        switch (c) {
        case 'c':
            out->config = optarg;
            break;
        case 'v':
            out->is_verbose = true;
            break;
        case OPT_ONCE:
            break;
        case OPT_HELP:
            (void)fputs(usage, stdout);
            return 0;
        case OPT_VERSION:
            (void)puts("sekisho-fetch " SEKISHO_VERSION);
            return 0;
        default:
            (void)fputs(usage, stderr);
            return FETCH_EXIT_USAGE;
        }
    }
    if (out->config == NULL) {
        (void)fprintf(stderr, "sekisho-fetch: -c FILE is missing\n%s", usage);
        return FETCH_EXIT_USAGE;
    }
    return -1;
}

static void print_fault(void *arg, const char *line)
{
    (void)arg;
    (void)fprintf(stderr, "sekisho-fetch: %s\n", line);
}

int main(int argc, char **argv)
{
    struct options options = {NULL, false};
    struct report report = {stdout, stderr, false, false};
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct sk_config *config = NULL;
    int result = parse_options(argc, argv, &options);

    if (result >= 0)
        return result;
    (void)sigaction(SIGPIPE, &ignore, NULL); /* nobody reads what we tell: publish all the same */
    if (config_load(options.config, print_fault, NULL, &config) != SK_OK)
        return FETCH_EXIT_USAGE;
    report.is_verbose = options.is_verbose;
    result = (int)fetch_run(config, argv + optind, (size_t)(argc - optind), clock_wall(), &report);
    config_free(config);
    return result;
}
