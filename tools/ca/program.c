/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/clock.h"
#include "tools/ca/command.h"

enum { EXIT_USAGE = 64, EXIT_INPUT = 65, EXIT_OTHER = 1 };

static const struct command *const commands[] = {
    &command_init,  &command_rollover, &command_request, &command_keygen, &command_cross,
    &command_issue, &command_revoke,   &command_unhold,  &command_crl,    &command_arl,
    &command_list,  &command_show,     &command_export,
};
enum { NUM_COMMANDS = sizeof(commands) / sizeof(commands[0]) };

enum sk_status command_key(struct sk_ca *ca, const struct options *options, struct ca_key *out,
                           struct sk_err *err)
{
    long generation = 0;

    if (options_number(options, "generation", &generation) && generation == 0)
        return err_set(err, SK_INPUT, "--generation: generations count from 1");
    return ca_key_load(ca, (unsigned)generation, out, err);
}

static const struct command *find_command(const char *name)
{
    size_t i;

    for (i = 0; i < NUM_COMMANDS; i++) {
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    }
    return NULL;
}

static void print_help(FILE *to)
{
    size_t i;

    (void)fputs("usage: sekisho-ca DIR COMMAND [OPTION...]\n"
                "       sekisho-ca COMMAND --help\n"
                "       sekisho-ca --version\n\n"
                "The offline certification authority whose directory is DIR.\n\nCommands:\n",
                to);
    for (i = 0; i < NUM_COMMANDS; i++)
        (void)fprintf(to, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
}

static void print_command_help(const struct command *command, FILE *to)
{
    (void)fprintf(to, "usage: sekisho-ca DIR %s%s%s%s\n\n%s\n", command->name,
                  command->operand ? " " : "", command->operand ? command->operand : "",
                  command->options->name ? " [OPTION...]" : "", command->summary);
    if (command->options->name != NULL)
        (void)fputs("\nOptions:\n", to);
    options_print(command->options, to);
    if (command->more_help != NULL)
        command->more_help(to);
}

static int complain(const struct sk_err *err, int status)
{
    (void)fprintf(stderr, "sekisho-ca: %s\n", err->text);
    return status;
}

static int exit_status(enum sk_status status)
{
    if (status == SK_OK)
        return 0;
    return status == SK_INPUT || status == SK_LIMIT ? EXIT_INPUT : EXIT_OTHER;
}

/* A look needs no lock; what it printed must have reached its reader. */
static enum sk_status look(const struct command *command, struct sk_ca *ca,
                           const struct options *options, struct sk_err *err)
{
    enum sk_status status = command->run(ca, options, err);

    if (status == SK_OK && (fflush(stdout) != 0 || ferror(stdout)))
        status = err_errno(err, SK_IO, "standard output");
    return status;
}

static enum sk_status act(const struct command *command, struct sk_ca *ca,
                          const struct options *options, struct sk_err *err)
{
    enum sk_status status = register_begin(ca->reg, err);

    if (status == SK_OK)
        status = command->run(ca, options, err);
    if (status == SK_OK)
        status = ca_finish(ca, err);
    return status;
}

static int run(const char *dir, const struct command *command, const struct options *options)
{
    struct sk_err err = {SK_OK, ""};
    struct sk_ca ca;
    enum sk_status status = ca_open(dir, command->kind == COMMAND_CREATE, clock_wall(), &ca, &err);

    if (status == SK_OK) {
        ca.pin_file = options_text(options, "pin-file");
        status = command->kind == COMMAND_LOOK ? look(command, &ca, options, &err)
                                               : act(command, &ca, options, &err);
        ca_close(&ca);
    }
    return status == SK_OK ? 0 : complain(&err, exit_status(status));
}

static bool wants_help(int argc, char *const *argv)
{
    int i;

    for (i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0)
            return true;
    }
    return false;
}

static int usage(const char *text)
{
    (void)fprintf(stderr, "sekisho-ca: %s (sekisho-ca --help)\n", text);
    return EXIT_USAGE;
}

static int run_command(const char *dir, const char *name, int argc, char **argv)
{
    const struct command *command = find_command(name);
    struct sk_err err = {SK_OK, ""};
    struct options options;

    if (command == NULL) {
        (void)fprintf(stderr, "sekisho-ca: %s: no such command (sekisho-ca --help)\n", name);
        return EXIT_USAGE;
    }
    if (wants_help(argc, argv)) {
        print_command_help(command, stdout);
        return 0;
    }
    if (options_parse(command->options, command->operand != NULL, argc, argv, &options, &err) !=
        SK_OK) {
        (void)err_context(&err, "%s", command->name);
        return complain(&err, EXIT_USAGE);
    }
    return run(dir, command, &options);
}

int program_run(int argc, char **argv)
{
    (void)umask(077);
    if (argc < 2)
        return usage("DIR and COMMAND are missing");
    if (strcmp(argv[1], "--help") == 0) {
        print_help(stdout);
        return 0;
    }
    if (strcmp(argv[1], "--version") == 0) {
        (void)puts("sekisho-ca " SEKISHO_VERSION);
        return 0;
    }
    if (argc < 3)
        return usage("COMMAND is missing");
    if (strcmp(argv[2], "--help") == 0)
        return run_command(NULL, argv[1], argc - 2, argv + 2);
    return run_command(argv[1], argv[2], argc - 3, argv + 3);
}
