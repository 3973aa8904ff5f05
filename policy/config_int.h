/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of the configuration: the schema table, the run that reads a file, and what its parts ask
 * of each other. Included by policy/ and its unit tests only.
 */
#ifndef SEKISHO_POLICY_CONFIG_INT_H
#define SEKISHO_POLICY_CONFIG_INT_H

#include "policy/config.h"

/* ---- schema (config_schema.c) ---- */

enum config_kind { /* kinds of sections, in the order of sample and manual page */
                   CONFIG_NONE = 0,
                   CONFIG_SERVER,
                   CONFIG_TLS,
                   CONFIG_SIGNER,
                   CONFIG_RESPONDER,
                   CONFIG_LOG,
                   CONFIG_LIMITS,
                   CONFIG_ACL,
                   CONFIG_FETCH,
                   CONFIG_POLICY,
                   CONFIG_CA,
                   CONFIG_REPOSITORY,
                   CONFIG_CVS,
                   CONFIG_LDAP,
                   CONFIG_KINDS, /* one past the last */
};

enum schema_type {
    SCHEMA_NONE = 0,
    SCHEMA_COUNT,     /* unsigned: a number */
    SCHEMA_SIZE,      /* unsigned: octets, with k, M, G */
    SCHEMA_SIZE64,    /* uint64_t: octets */
    SCHEMA_MS,        /* unsigned: milliseconds, written with a unit */
    SCHEMA_SECONDS,   /* unsigned: seconds, written with a unit */
    SCHEMA_SECONDS64, /* int64_t: seconds, written with a unit */
    SCHEMA_BOOL,      /* bool: yes or no */
    SCHEMA_WORD,      /* an enum: one of words */
    SCHEMA_FLAGS,     /* unsigned: some of words, ORed */
    SCHEMA_TEXT,      /* char *: as written */
    SCHEMA_TEXTS,     /* struct config_list: as written */
    SCHEMA_PIN,       /* struct config_pin: file:PATH, credential:NAME or prompt */
    SCHEMA_FILE,      /* char *: a path */
    SCHEMA_FILES,     /* struct config_list: a path */
    SCHEMA_DN,        /* struct config_list: a distinguished name */
    SCHEMA_LISTEN,    /* struct config_list: ADDRESS:PORT */
    SCHEMA_URL,       /* struct config_list: file: or http: address */
    SCHEMA_OID,       /* struct policy_oids */
    SCHEMA_ANCHOR,    /* struct policy_anchors: FILE sha256:HEX */
    SCHEMA_ONE_OID,   /* struct sk_bytes */
    SCHEMA_RULE,      /* struct acl_rules: allow|deny WHO... */
};

struct schema_word {
    const char *text; /* NULL ends the list */
    unsigned value;
};

struct schema_row {
    enum config_kind kind;
    const char *key;
    enum schema_type type;
    size_t offset;                   /* in the section's struct (schema_section.base) */
    uint64_t number;                 /* default of a type that is stored as a number */
    uint64_t min, max;               /* range of COUNT ... SECONDS64 */
    const char *text;                /* default of a text or list; NULL: none */
    const char *example;             /* value in the sample when there is no default */
    const struct schema_word *words; /* WORD, FLAGS */
    bool is_required;                /* its section is incomplete without it */
    const char *help;                /* whole sentences for sample and manual page */
};

struct schema_section {
    enum config_kind kind;
    const char *word;    /* in brackets */
    const char *name;    /* "NAME" when the section has one, else NULL */
    const char *example; /* the name in the sample */
    const char *help;
};

const struct schema_row *schema_rows(size_t *out_count);
const struct schema_section *schema_section(enum config_kind kind); /* CONFIG_SERVER ... */
const struct schema_row *schema_find(enum config_kind kind, const char *key); /* NULL: unknown */
bool schema_repeats(enum schema_type type);   /* the key may stand several times */
bool schema_is_number(enum schema_type type); /* stored as a number, has a numeric default */

/* ---- one run over a file (config.c) ---- */

struct policy_oids {
    struct sk_bytes *items;
    size_t count;
};
struct policy_anchors {
    struct sk_anchor *items;
    size_t count;
};
struct acl_rules { /* what [acl NAME] is read into, with its services */
    struct acl_rule *items;
    size_t count;
};
struct acl_draft {
    unsigned services;
    struct acl_rules rules;
};
struct policy_draft { /* what [policy NAME] is read into */
    struct sk_policy policy;
    struct policy_oids policies, ekus;
    struct policy_anchors anchors, ocsp_responders, ocsp_requestors;
};

struct config_section { /* one section of the file */
    struct config_section *next;
    enum config_kind kind; /* CONFIG_NONE: unknown or repeated, its keys are passed over */
    const char *name;      /* NULL when its kind has none */
    unsigned line;         /* of its heading */
    void *base;            /* struct config_server ... struct policy_draft, acl_draft */
    unsigned *lines;       /* by row of the schema: line of its first value, 0 when absent */
};

struct config_run {
    const char *file;   /* for messages */
    const char *folder; /* with its last '/'; "" for the working directory */
    config_report_fn report;
    void *report_arg;
    size_t num_faults;
    enum sk_status status; /* first failure that ends the run: SK_NOMEM, SK_LIMIT */
    struct sk_config *config;
    struct sk_arena *arena;
    struct config_section *sections, *last; /* in file order */
    size_t num_sections;
};

/* Reports "FILE:LINE: [section] key: text" and counts it. section and key may be NULL. */
void config_fault(struct config_run *run, unsigned line, const struct config_section *section,
                  const char *key, const char *fmt, ...) SK_PRINTF(5, 6);
/* Remembers that the run cannot go on; returns status. */
enum sk_status config_stop(struct config_run *run, enum sk_status status);
/* path joined to the file's folder unless absolute; NULL after config_stop(). */
char *config_path(struct config_run *run, const char *path);
/* Appends an item of size octets to an array in the arena that holds count of them. NULL: no room;
 * the array is as before. */
void *config_grow(struct sk_arena *arena, const void *items, size_t count, size_t size);

/* ---- lines (config_ini.c) ---- */

/* Called in file order by config_ini_read(). Statuses other than SK_OK end the reading. */
struct config_ini_calls {
    /* [word] or [word NAME]; name NULL when absent */
    enum sk_status (*section)(void *arg, unsigned line, const char *word, const char *name);
    enum sk_status (*value)(void *arg, unsigned line, const char *key, const char *value);
    void (*fault)(void *arg, unsigned line, const char *text);
};
enum sk_status config_ini_read(struct sk_bytes text, const struct config_ini_calls *calls,
                               void *arg) SK_MUST_CHECK;

/* ---- values (config_value.c) ---- */

/* Reads text as the row says and stores it in the section. SK_INPUT: err says why. */
enum sk_status config_value_set(struct config_run *run, struct config_section *section,
                                const struct schema_row *row, const char *text,
                                struct sk_err *err) SK_MUST_CHECK;
/* Stores the row's default of a type that is a number; text and lists are left to
 * config_value_set(). */
void config_value_default(void *base, const struct schema_row *row);
/* The row's default as it is written in a file; SK_NOTFOUND when it has none. */
enum sk_status config_value_print_default(const struct schema_row *row,
                                          struct sk_buf *out) SK_MUST_CHECK;
/* A number as its type is written: 8192 is "8k" for SCHEMA_SIZE, 5000 is "5s" for SCHEMA_MS. */
void config_value_print_number(enum schema_type type, uint64_t number, struct sk_buf *out);

/* ---- checks over the whole file (config_check.c) ---- */

/* Fills text and list defaults and reports what is missing or does not go together. */
enum sk_status config_check(struct config_run *run) SK_MUST_CHECK;

/* ---- named policies (policy.c) ---- */

/* "FILE sha256:HEX" of an anchor key, loaded. SK_INPUT: err says why. */
enum sk_status policy_anchor_load(struct config_run *run, const char *text,
                                  const struct sk_cert **out, struct sk_err *err) SK_MUST_CHECK;
/* Makes draft->policy.params whole: lists, anchors, budget of [limits]. */
void policy_finish(struct policy_draft *draft, const struct sk_budget *budget);

#endif
