/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/config_int.h"

#include <stdarg.h>
#include <stdio.h>

#include "core/limits.h"
#include "policy/file.h"

void config_fault(struct config_run *run, unsigned line, const struct config_section *section,
                  const char *key, const char *fmt, ...)
{
    const struct schema_section *kind =
        section != NULL && section->kind != CONFIG_NONE ? schema_section(section->kind) : NULL;
    char text[1024], where[256] = "", full[1600];
    va_list args;
    char *p;

    if (run->num_faults++ >= LIMIT_CONFIG_FAULTS || run->report == NULL)
        return;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    if (kind != NULL)
        (void)snprintf(where, sizeof(where), "[%s%s%s]%s%s: ", kind->word,
                       section->name != NULL ? " " : "", section->name != NULL ? section->name : "",
                       key != NULL ? " " : "", key != NULL ? key : "");
    (void)snprintf(full, sizeof(full), "%s:%u: %s%s", run->file, line, where, text);
    for (p = full; *p != '\0'; p++) { /* the file may hold anything: nothing to a terminal */
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = '?';
    }
    run->report(run->report_arg, full);
}

enum sk_status config_stop(struct config_run *run, enum sk_status status)
{
    if (run->status == SK_OK)
        run->status = status;
    return status;
}

char *config_path(struct config_run *run, const char *path)
{
    const char *folder = path[0] == '/' ? "" : run->folder;
    size_t len = strlen(folder) + strlen(path);
    char *joined = arena_array(run->arena, len + 1, 1);

    if (joined == NULL) {
        (void)config_stop(run, SK_NOMEM);
        return NULL;
    }
    (void)snprintf(joined, len + 1, "%s%s", folder, path);
    return joined;
}

void *config_grow(struct sk_arena *arena, const void *items, size_t count, size_t size)
{
    bool is_full = count == 0 || (count & (count - 1)) == 0; /* grown at powers of two */
    void *grown;

    if (!is_full)
        return (void *)(uintptr_t)items;
    grown = arena_array(arena, count > 0 ? count * 2 : 1, size);
    if (grown != NULL && count > 0)
        memcpy(grown, items, count * size);
    return grown;
}

/* ---- sections ---- */

static void *section_base(struct config_run *run, enum config_kind kind)
{
    struct policy_draft *draft;
    void *base = NULL;

    switch (kind) {
    case CONFIG_SERVER:
        return &run->config->server;
    case CONFIG_TLS:
        return &run->config->tls;
    case CONFIG_SIGNER:
        return &run->config->signer;
    case CONFIG_LOG:
        return run->config;
    case CONFIG_LIMITS:
        return &run->config->limits;
    case CONFIG_FETCH:
        return &run->config->fetch;
    case CONFIG_REPOSITORY:
        return &run->config->repository;
    case CONFIG_CVS:
        return &run->config->cvs;
    case CONFIG_LDAP:
        return &run->config->ldap;
    case CONFIG_POLICY:
        base = draft = arena_alloc(run->arena, sizeof(*draft));
        if (draft != NULL)
            params_init(&draft->policy.params);
        return base;
    case CONFIG_ACL:
        return arena_alloc(run->arena, sizeof(struct acl_draft));
    case CONFIG_RESPONDER:
        return arena_alloc(run->arena, sizeof(struct config_responder));
    case CONFIG_CA:
        return arena_alloc(run->arena, sizeof(struct config_ca));
    case CONFIG_NONE:
    case CONFIG_KINDS:
        break;
    }
    return NULL;
}

static enum sk_status section_add(struct config_run *run, enum config_kind kind, const char *name,
                                  unsigned line)
{
    struct config_section *section = arena_alloc(run->arena, sizeof(*section));
    size_t num_rows, i;
    const struct schema_row *rows = schema_rows(&num_rows);

    if (section == NULL)
        return config_stop(run, SK_NOMEM);
    section->kind = kind;
    section->line = line;
    section->lines = arena_array(run->arena, num_rows, sizeof(*section->lines));
    if (name != NULL)
        section->name = arena_copy(run->arena, name, strlen(name));
    if (kind != CONFIG_NONE)
        section->base = section_base(run, kind);
    if (section->lines == NULL || (name != NULL && section->name == NULL) ||
        (kind != CONFIG_NONE && section->base == NULL))
        return config_stop(run, SK_NOMEM);
    for (i = 0; i < num_rows; i++) {
        if (rows[i].kind == kind)
            config_value_default(section->base, &rows[i]);
    }
    if (run->last != NULL)
        run->last->next = section;
    else
        run->sections = section;
    run->last = section;
    return SK_OK;
}

static enum config_kind kind_of(const char *word)
{
    enum config_kind kind;

    for (kind = CONFIG_SERVER; kind < CONFIG_KINDS; kind++) {
        if (strcmp(schema_section(kind)->word, word) == 0)
            return kind;
    }
    return CONFIG_NONE;
}

static const struct config_section *section_find(const struct config_run *run,
                                                 enum config_kind kind, const char *name)
{
    const struct config_section *s;

    for (s = run->sections; s != NULL; s = s->next) {
        if (s->kind == kind && (name == NULL || (s->name != NULL && strcmp(s->name, name) == 0)))
            return s;
    }
    return NULL;
}

/* NAME of [ca NAME] becomes part of an address; that of [policy NAME] stands in requests. */
static bool is_name(enum config_kind kind, const char *name)
{
    const char *letters = kind == CONFIG_CA
                              ? "abcdefghijklmnopqrstuvwxyz0123456789-"
                              : "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    size_t len = strlen(name);

    return len > 0 && len <= LIMIT_CONFIG_NAME_BYTES && strspn(name, letters) == len &&
           name[0] != '-' && name[0] != '.';
}

static enum sk_status on_section(void *arg, unsigned line, const char *word, const char *name)
{
    struct config_run *run = arg;
    enum config_kind kind = kind_of(word);
    const struct config_section *earlier;
    bool wants_name = kind != CONFIG_NONE && schema_section(kind)->name != NULL;

    if (run->num_sections++ >= LIMIT_CONFIG_SECTIONS) {
        config_fault(run, line, NULL, NULL, "more than %u sections", LIMIT_CONFIG_SECTIONS);
        return config_stop(run, SK_INPUT);
    }
    if (kind == CONFIG_NONE) {
        config_fault(run, line, NULL, NULL, "[%s]: unknown section", word);
    } else if (wants_name != (name != NULL)) {
        config_fault(run, line, NULL, NULL, "[%s]: %s", word,
                     wants_name ? "this section needs a name" : "this section takes no name");
        kind = CONFIG_NONE;
    } else if (wants_name && !is_name(kind, name)) {
        config_fault(run, line, NULL, NULL, "[%s %s]: not a name of 1 to %u octets of %s", word,
                     name, LIMIT_CONFIG_NAME_BYTES,
                     kind == CONFIG_CA ? "a-z, 0-9 and '-'" : "letters, digits, '.', '_' and '-'");
        kind = CONFIG_NONE;
    } else if ((earlier = section_find(run, kind, name)) != NULL) {
        config_fault(run, line, earlier, NULL, "stands twice, first in line %u", earlier->line);
        kind = CONFIG_NONE;
    }
    return section_add(run, kind, kind == CONFIG_NONE ? NULL : name, line);
}

/* ---- keys ---- */

static enum sk_status on_value(void *arg, unsigned line, const char *key, const char *value)
{
    struct config_run *run = arg;
    struct config_section *section = run->last;
    struct sk_err err = {0};
    const struct schema_row *row;
    enum sk_status status;
    unsigned *first;
    size_t num_rows;

    if (section == NULL) {
        config_fault(run, line, NULL, NULL, "%s: stands before any section", key);
        return SK_OK;
    }
    if (section->kind == CONFIG_NONE)
        return SK_OK; /* the heading has been reported */
    row = schema_find(section->kind, key);
    if (row == NULL) {
        config_fault(run, line, section, key, "unknown key");
        return SK_OK;
    }
    first = &section->lines[row - schema_rows(&num_rows)];
    if (*first != 0 && !schema_repeats(row->type)) {
        config_fault(run, line, section, key, "stands twice, first in line %u", *first);
        return SK_OK;
    }
    if (*first == 0)
        *first = line;
    status = config_value_set(run, section, row, value, &err);
    if (status == SK_NOMEM)
        return config_stop(run, status);
    if (status != SK_OK)
        config_fault(run, line, section, key, "%s", err.text);
    return SK_OK;
}

static void on_fault(void *arg, unsigned line, const char *text)
{
    config_fault(arg, line, NULL, NULL, "%s", text);
}

/* ---- the whole file ---- */

/* Sections that are not in the file have their defaults too. */
static enum sk_status add_absent(struct config_run *run)
{
    enum config_kind kind;
    enum sk_status status;

    for (kind = CONFIG_SERVER; kind < CONFIG_KINDS; kind++) {
        if (schema_section(kind)->name != NULL || section_find(run, kind, NULL) != NULL)
            continue;
        status = section_add(run, kind, NULL, 0);
        if (status != SK_OK)
            return status;
    }
    return SK_OK;
}

static enum sk_status collect_responders(struct config_run *run)
{
    struct config_signer *signer = &run->config->signer;
    struct config_section *s;

    signer->responders =
        arena_array(run->arena, run->num_sections + 1, sizeof(*signer->responders));
    signer->own.name = arena_copy(run->arena, "signer", 6);
    if (signer->responders == NULL || signer->own.name == NULL)
        return config_stop(run, SK_NOMEM);
    if (signer->own.keys.num_values > 0)
        signer->responders[signer->num_responders++] = signer->own;
    for (s = run->sections; s != NULL; s = s->next) {
        if (s->kind != CONFIG_RESPONDER)
            continue;
        signer->responders[signer->num_responders] = *(struct config_responder *)s->base;
        signer->responders[signer->num_responders++].name = (char *)(uintptr_t)s->name;
    }
    return SK_OK;
}

static enum sk_status collect(struct config_run *run)
{
    struct sk_config *config = run->config;
    struct config_section *s;

    config->cas = arena_array(run->arena, run->num_sections, sizeof(*config->cas));
    config->policies = arena_array(run->arena, run->num_sections, sizeof(*config->policies));
    config->acls = arena_array(run->arena, run->num_sections, sizeof(*config->acls));
    if (config->cas == NULL || config->policies == NULL || config->acls == NULL)
        return config_stop(run, SK_NOMEM);
    if (collect_responders(run) != SK_OK)
        return run->status;
    for (s = run->sections; s != NULL; s = s->next) {
        if (s->kind == CONFIG_CA) {
            struct config_ca *ca = s->base;

            ca->name = (char *)(uintptr_t)s->name;
            config->cas[config->num_cas++] = *ca;
        } else if (s->kind == CONFIG_ACL) {
            const struct acl_draft *draft = s->base;

            config->acls[config->num_acls++] = (struct sk_acl){.name = (char *)(uintptr_t)s->name,
                                                               .services = draft->services,
                                                               .rules = draft->rules.items,
                                                               .num_rules = draft->rules.count};
        } else if (s->kind == CONFIG_POLICY) {
            struct policy_draft *draft = s->base;

            draft->policy.name = (char *)(uintptr_t)s->name;
            policy_finish(draft, &config->limits.budget);
            config->policies[config->num_policies++] = draft->policy;
        }
    }
    config->default_policy = config_policy(config, "default");
    if (config->default_policy == NULL && config->num_policies > 0)
        config->default_policy = &config->policies[0];
    config->cvs.policy = config->cvs.policy_name != NULL
                             ? config_policy(config, config->cvs.policy_name)
                             : config->default_policy;
    return SK_OK;
}

static const struct config_ini_calls CALLS = {on_section, on_value, on_fault};

static enum sk_status run_parse(struct config_run *run, struct sk_bytes text)
{
    struct sk_params defaults;
    enum sk_status status;

    params_init(&defaults);
    run->config->limits.budget = defaults.budget;
    status = config_ini_read(text, &CALLS, run);
    if (status == SK_OK)
        status = add_absent(run);
    if (status == SK_OK)
        status = config_check(run);
    if (status == SK_OK)
        status = collect(run);
    if (run->num_faults > LIMIT_CONFIG_FAULTS && run->report != NULL) {
        char more[512];

        (void)snprintf(more, sizeof(more), "%.400s: %zu more faults", run->file,
                       run->num_faults - LIMIT_CONFIG_FAULTS);
        run->report(run->report_arg, more);
    }
    if (status == SK_NOMEM)
        return status;
    return run->num_faults > 0 ? SK_INPUT : status;
}

/* The folder of name with its '/', or "". */
static char *folder_of(struct sk_arena *arena, const char *name)
{
    const char *slash = strrchr(name, '/');

    return arena_copy(arena, name, slash != NULL ? (size_t)(slash - name) + 1 : 0);
}

static void report_line(config_report_fn report, void *arg, const char *line)
{
    if (report != NULL)
        report(arg, line);
}

enum sk_status config_parse(const char *name, struct sk_bytes text, config_report_fn report,
                            void *arg, struct sk_config **out)
{
    struct config_run run = {.file = name, .report = report, .report_arg = arg};
    enum sk_status status = SK_NOMEM;

    *out = NULL;
    run.arena = arena_new(LIMIT_CONFIG_ARENA_BYTES);
    if (run.arena == NULL)
        goto out;
    run.folder = folder_of(run.arena, name);
    run.config = arena_alloc(run.arena, sizeof(*run.config));
    if (run.folder == NULL || run.config == NULL)
        goto out;
    run.config->arena = run.arena;
    status = run_parse(&run, text);
out:
    if (status == SK_OK) {
        *out = run.config;
        return SK_OK;
    }
    if (status != SK_INPUT)
        report_line(report, arg, "configuration: out of memory");
    arena_free(run.arena);
    return status;
}

enum sk_status config_load(const char *file, config_report_fn report, void *arg,
                           struct sk_config **out)
{
    struct sk_err err = {0};
    struct sk_buf text;
    enum sk_status status;

    *out = NULL;
    buf_init(&text, LIMIT_CONFIG_BYTES);
    status = file_read(file, &text, &err);
    if (status == SK_OK)
        status = config_parse(file, buf_bytes(&text), report, arg, out);
    else
        report_line(report, arg, err.text);
    buf_done(&text);
    return status;
}

void config_free(struct sk_config *config)
{
    if (config != NULL)
        arena_free(config->arena); /* holds config itself */
}

const struct config_ca *config_ca(const struct sk_config *config, const char *name)
{
    size_t i;

    for (i = 0; i < config->num_cas; i++) {
        if (strcmp(config->cas[i].name, name) == 0)
            return &config->cas[i];
    }
    return NULL;
}

const struct sk_policy *config_policy(const struct sk_config *config, const char *name)
{
    size_t i;

    for (i = 0; i < config->num_policies; i++) {
        if (strcmp(config->policies[i].name, name) == 0)
            return &config->policies[i];
    }
    return NULL;
}
