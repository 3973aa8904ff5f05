/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/ctl/ctl.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PATIENCE_MS = 10000,
    RELOAD_PATIENCE_MS = 60000, /* new processes become ready, or do not, before that */
    QUESTION_BYTES = 512,
};

static const char usage[] =
    "usage: sekisho-ctl [-s SOCKET] [-j] COMMAND\n"
    "\n"
    "  status               is it ready, with what snapshot, lists and keys\n"
    "  reload               read the configuration again, and wait for it\n"
    "  why ID               decisions about the request with this X-Request-Id\n"
    "  stats                figures, but for those that are 0\n"
    "\n"
    "  -s, --socket SOCKET  control socket (/run/sekisho/control.sock)\n"
    "  -j, --json           the answer as the server gives it\n"
    "      --help, --version\n";

struct ctl {
    const char *socket, *command, *id;
    bool is_json;
    int exit_status;
};

static void complain(const char *what, const char *text)
{
    (void)fprintf(stderr, "sekisho-ctl: %s: %s\n", what, text);
}

static bool is_command(const struct ctl *ctl, const char *name)
{
    return strcmp(ctl->command, name) == 0;
}

/* ---- answers ---- */

/* A line of a reload: faults, then the outcome. */
static void take_reload(struct ctl *ctl, json_t *line)
{
    const char *name, *text;
    json_t *value;

    json_object_foreach(line, name, value)
    {
        text = json_string_value(value);
        if (strcmp(name, "done") == 0) {
            ctl->exit_status = 0;
        } else {
            complain(strcmp(name, "fault") == 0 ? "configuration" : name,
                     text != NULL ? text : "?");
        }
    }
}

static void take_why(struct ctl *ctl, const json_t *why)
{
    if (json_array_size(json_object_get(why, "decisions")) == 0 &&
        json_array_size(json_object_get(why, "answers")) == 0) {
        complain(ctl->id, "no recent request of this id; only the last ones are remembered");
        return;
    }
    ctl->exit_status = 0;
    if (!ctl->is_json)
        ctl_print_why(why);
}

static void take_object(struct ctl *ctl, json_t *root)
{
    const char *error = json_string_value(json_object_get(root, "error"));
    const char *metrics = json_string_value(json_object_get(root, "metrics"));

    if (error != NULL) {
        complain(ctl->command, error);
    } else if (is_command(ctl, "reload")) {
        take_reload(ctl, root);
    } else if (is_command(ctl, "why")) {
        take_why(ctl, root);
    } else if (is_command(ctl, "stats")) {
        ctl->exit_status = metrics != NULL ? 0 : CTL_UNREACHABLE;
        if (metrics != NULL && !ctl->is_json)
            ctl_print_stats(metrics);
    } else {
        ctl->exit_status = json_is_true(json_object_get(root, "ready")) ? 0 : CTL_NO;
        if (!ctl->is_json)
            ctl_print_status(root);
    }
}

static void take_line(void *arg, const char *line, size_t len)
{
    struct ctl *ctl = arg;
    json_t *root = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);

    if (!json_is_object(root)) {
        complain(ctl->command, "the answer is no JSON");
        ctl->exit_status = CTL_UNREACHABLE;
    } else {
        take_object(ctl, root);
        if (ctl->is_json)
            (void)printf("%.*s\n", (int)len, line);
    }
    json_decref(root);
}

/* ---- the question ---- */

static int ask(struct ctl *ctl)
{
    struct sk_err err = {0};
    json_t *root = ctl->id != NULL ? json_pack("{s:s, s:s}", "command", "why", "id", ctl->id)
                                   : json_pack("{s:s}", "command", ctl->command);
    char *question = root != NULL ? json_dumps(root, JSON_COMPACT) : NULL;
    unsigned patience = is_command(ctl, "reload") ? RELOAD_PATIENCE_MS : PATIENCE_MS;

    ctl->exit_status = CTL_NO;
    if (question == NULL || strlen(question) > QUESTION_BYTES) {
        complain(ctl->command, "not an id that a request can have");
    } else if (ctl_ask(ctl->socket, question, patience, take_line, ctl, &err) != SK_OK) {
        complain(ctl->command, err.text);
        ctl->exit_status = CTL_UNREACHABLE;
    }
    free(question);
    json_decref(root);
    return ctl->exit_status;
}

static bool is_complete(const struct ctl *ctl, int rest)
{
    if (is_command(ctl, "why"))
        return rest == 1;
    return rest == 0 &&
           (is_command(ctl, "status") || is_command(ctl, "reload") || is_command(ctl, "stats"));
}

int ctl_main(int argc, char **argv)
{
    static const struct option names[] = {
        {"socket", required_argument, NULL, 's'},
        {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'V'},
        {NULL, 0, NULL, 0},
    };
    struct ctl ctl = {.socket = "/run/sekisho/control.sock"};
    int c;

    while ((c = getopt_long(argc, argv, "s:jh", names, NULL)) != -1) {
        switch (c) {
        case 's':
            ctl.socket = optarg;
            break;
        case 'j':
            ctl.is_json = true;
            break;
        case 'h':
            (void)fputs(usage, stdout);
            return 0;
        case 'V':
            (void)puts("sekisho-ctl " SEKISHO_VERSION);
            return 0;
        default: /* getopt has said what is wrong */
            (void)fputs(usage, stderr);
            return CTL_USAGE;
        }
    }
    if (optind < argc)
        ctl.command = argv[optind++];
    if (ctl.command == NULL || !is_complete(&ctl, argc - optind)) {
        (void)fputs(usage, stderr);
        return CTL_USAGE;
    }
    if (optind < argc)
        ctl.id = argv[optind];
    return ask(&ctl);
}
