/* SPDX-License-Identifier: Apache-2.0 */
#include <getopt.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/log.h"
#include "tools/daemon/role.h"
#include "tools/daemon/supervisor.h"

enum { EXIT_USAGE = 64 };

enum { OPTION_HANDOVER = 256, OPTION_TAKES_OVER }; /* have no letter: a supervisor's own */

static const char usage[] = "usage: sekishod -c FILE [-t] [-P FILE]\n"
                            "\n"
                            "  -c, --config FILE    configuration\n"
                            "  -t, --test           check the configuration and end\n"
                            "  -P, --pid-file FILE  write the process id here\n"
                            "      --help, --version\n";

struct options {
    const char *config, *pid_file;
    bool is_test;
    long handover;   /* internal: what an earlier program left; -1: nothing */
    long takes_over; /* internal, with is_test: the format of a handover to be understood */
};

/* A small number of a supervisor's; -1: it is none. */
static long number_in(const char *text)
{
    char *end;
    long n = strtol(text, &end, 10);

    return *text >= '0' && *text <= '9' && *end == '\0' && n <= INT_MAX ? n : -1;
}

/* Negative: go on; else the exit status. */
static int read_options(int argc, char **argv, struct options *out)
{
    static const struct option names[] = {
        {"config", required_argument, NULL, 'c'},
        {"test", no_argument, NULL, 't'},
        {"pid-file", required_argument, NULL, 'P'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'V'},
        {"handover", required_argument, NULL, OPTION_HANDOVER},
        {"takes-over", required_argument, NULL, OPTION_TAKES_OVER},
        {NULL, 0, NULL, 0},
    };
    int c;

    while ((c = getopt_long(argc, argv, "c:tP:h", names, NULL)) != -1) {
        switch (c) {
        case 'c':
            out->config = optarg;
            break;
        case 't':
            out->is_test = true;
            break;
        case 'P':
            out->pid_file = optarg;
            break;
        case OPTION_HANDOVER:
            out->handover = number_in(optarg);
            break;
        case OPTION_TAKES_OVER:
            out->takes_over = number_in(optarg);
            break;
        case 'h':
            (void)fputs(usage, stdout);
            return 0;
        case 'V':
            (void)puts("sekishod " SEKISHO_VERSION);
            return 0;
        default: /* getopt has said what is wrong */
            (void)fputs(usage, stderr);
            return EXIT_USAGE;
        }
    }
    if (out->config == NULL || optind != argc) {
        (void)fputs(usage, stderr);
        return EXIT_USAGE;
    }
    return -1;
}

int main(int argc, char **argv)
{
    struct options options = {.handover = -1, .takes_over = UPGRADE_FORMAT};
    struct upgrade_program program;
    char path[PATH_MAX];
    int status;

    if (role_is_child(argc, argv))
        return role_main(argc, argv);
    status = read_options(argc, argv, &options);
    if (status >= 0)
        return status;
    log_start("sekishod", LOG_LEVEL_INFO);
    if (options.is_test)
        return options.takes_over == UPGRADE_FORMAT ? supervisor_check(options.config) : EXIT_USAGE;
    program.program = upgrade_program_path(argv[0], path, sizeof(path));
    program.file = options.config;
    program.pid_file = options.pid_file;
    return supervisor_run(&program, (int)options.handover);
}
