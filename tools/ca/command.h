/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commands of sekisho-ca. Each is one act (or one look): a table of its options, and a function
 * that does it inside the transaction program.c has begun.
 *
 * Between the two stands everything that may want to know or forbid an act: its name and checked
 * options are the whole of what it will do.
 */
#ifndef SEKISHO_TOOLS_CA_COMMAND_H
#define SEKISHO_TOOLS_CA_COMMAND_H

#include "tools/ca/ca.h"
#include "tools/ca/options.h"

enum command_kind { COMMAND_LOOK = 0, COMMAND_ACT, COMMAND_CREATE };

struct command {
    const char *name, *summary;
    enum command_kind kind;
    const char *operand; /* what --help calls it; NULL: takes none */
    const struct option_def *options;
    enum sk_status (*run)(struct sk_ca *ca, const struct options *options, struct sk_err *err);
    void (*more_help)(FILE *to); /* or NULL */
};

extern const struct command command_init, command_rollover, command_request, command_keygen,
    command_cross, command_issue, command_revoke, command_unhold, command_crl, command_arl,
    command_list, command_show, command_export;

/* Rows that several tables share. */
#define COMMAND_VALIDITY                                                                           \
    {"not-before", OPTION_TIME, false, false, "TIME", "start of validity, now when absent"},       \
        {"not-after", OPTION_TIME, false, false, "TIME", "end of validity"},                       \
    {                                                                                              \
        "days", OPTION_NUMBER, false, false, "NUMBER", "length of validity instead of its end"     \
    }
#define COMMAND_SIGNER                                                                             \
    {"generation", OPTION_NUMBER, false,                                                           \
     false,        "NUMBER",      "sign with this key generation, not the newest"},                \
    {                                                                                              \
        "pin-file", OPTION_TEXT, false, false, "FILE", "file with the token's PIN, this once"      \
    }
#define COMMAND_OUTPUT                                                                             \
    {"name", OPTION_NAME, false,                                                                   \
     false,  "NAME",      "published file NAME.cer, the serial number when absent"},               \
    {                                                                                              \
        "out", OPTION_TEXT, false, false, "FILE", "write a copy (DER) here too"                    \
    }
#define COMMAND_POLICIES                                                                           \
    {                                                                                              \
        "policy", OPTION_OID, false, true, "OID", "certificate policy"                             \
    }
#define COMMAND_SAN                                                                                \
    {"san-dn", OPTION_DN, false, true, "DN", "alternative name: directory name, UTF-8"},           \
        {"san-email", OPTION_TEXT, false, true, "ADDRESS", "alternative name: e-mail"},            \
        {"san-dns", OPTION_TEXT, false, true, "HOST", "alternative name: host"},                   \
    {                                                                                              \
        "san-other", OPTION_OTHER_NAME, false, true, "OID=TEXT", "alternative name: other name"    \
    }
#define COMMAND_END                                                                                \
    {                                                                                              \
        NULL, OPTION_FLAG, false, false, NULL, NULL                                                \
    }

/* The key --generation names, or the newest. */
enum sk_status command_key(struct sk_ca *ca, const struct options *options, struct ca_key *out,
                           struct sk_err *err) SK_MUST_CHECK;

/* The whole program: exit status (0; 1 failure; 64 usage; 65 input). */
int program_run(int argc, char **argv);

#endif
