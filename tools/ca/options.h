/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options of one command of sekisho-ca, checked by kind before anything is done.
 *
 * Each command has a table of what it takes; options_parse() refuses everything else and every
 * value that is not of its kind, so that a command only sees well-formed values. The values are
 * also the record of what was asked for. Borrows argv.
 */
#ifndef SEKISHO_TOOLS_CA_OPTIONS_H
#define SEKISHO_TOOLS_CA_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "core/err.h"
#include "core/limits.h"

enum option_kind {
    OPTION_FLAG = 0,   /* no value */
    OPTION_TEXT,       /* anything but the empty text */
    OPTION_NUMBER,     /* decimal, 0..LIMIT_CA_NUMBER */
    OPTION_TIME,       /* RFC 3339 */
    OPTION_OID,        /* dotted */
    OPTION_DN,         /* RFC 4514 */
    OPTION_MAPPING,    /* OID:OID */
    OPTION_OTHER_NAME, /* OID=TEXT */
    OPTION_NAME,       /* letters, digits, ".", "_", "-", not a dot first: goes into file names */
};

struct option_def { /* a row of a command's table; the row with name NULL ends it */
    const char *name;
    enum option_kind kind;
    bool is_required, is_many;
    const char *value; /* what --help calls the value */
    const char *help;
};

struct option_value {
    const struct option_def *def;
    const char *text; /* NULL for a flag */
};

struct options {
    const struct option_def *defs;
    struct option_value values[LIMIT_CA_OPTIONS]; /* in the order given */
    size_t num_values;
    const char *operand; /* the one word that is no option, or NULL */
};

/* argv: the words after the command's name. SK_INPUT with a text that names the option. */
enum sk_status options_parse(const struct option_def *defs, bool takes_operand, int argc,
                             char *const *argv, struct options *out,
                             struct sk_err *err) SK_MUST_CHECK;

bool options_has(const struct options *options, const char *name);
/* The value, or NULL when absent. */
const char *options_text(const struct options *options, const char *name);
/* The next value of an option that may stand several times; *pos starts at 0. NULL at the end. */
const char *options_next(const struct options *options, const char *name, size_t *pos);
/* Untouched output and false when absent. */
bool options_number(const struct options *options, const char *name, long *out);
bool options_time(const struct options *options, const char *name, int64_t *out);

/* One line an option, for --help. */
void options_print(const struct option_def *defs, FILE *to);

#endif
