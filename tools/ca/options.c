/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/ca/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/oid.h"
#include "tools/ca/dn.h"

static bool number_of(const char *text, long *out)
{
    char *end;
    long value;

    if (text[0] < '0' || text[0] > '9')
        return false;
    errno = 0;
    value = strtol(text, &end, 10);
    if (errno != 0 || *end != '\0' || value > LIMIT_CA_NUMBER)
        return false;
    *out = value;
    return true;
}

static bool is_oid(const char *text)
{
    struct sk_buf buf;
    bool is_good;

    buf_init(&buf, LIMIT_OID_BYTES);
    is_good = oid_from_text(text, &buf) == SK_OK;
    buf_done(&buf);
    return is_good;
}

/* An OID, then this separator, then something that stays for the caller to judge. */
static bool is_oid_before(const char *text, char separator, const char **out_rest)
{
    char oid[LIMIT_OID_TEXT];
    const char *at = strchr(text, separator);
    size_t len;

    if (at == NULL || at[1] == '\0')
        return false;
    len = (size_t)(at - text);
    if (len >= sizeof(oid))
        return false;
    memcpy(oid, text, len);
    oid[len] = '\0';
    *out_rest = at + 1;
    return is_oid(oid);
}

static bool is_name(const char *text)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789._-";
    size_t len = strlen(text);

    return len > 0 && len <= LIMIT_CA_NAME && text[0] != '.' && strspn(text, allowed) == len;
}

static enum sk_status check_value(const struct option_def *def, const char *text,
                                  struct sk_err *err)
{
    const char *rest;
    bool is_good = false;
    int64_t when;
    long number;

    switch (def->kind) {
    case OPTION_FLAG:
        return SK_OK;
    case OPTION_TEXT:
        is_good = text[0] != '\0' && strlen(text) <= LIMIT_CA_TEXT;
        break;
    case OPTION_NUMBER:
        is_good = number_of(text, &number);
        break;
    case OPTION_TIME:
        is_good = clock_parse_rfc3339(text, &when) == SK_OK;
        break;
    case OPTION_OID:
        is_good = is_oid(text);
        break;
    case OPTION_DN:
        if (dn_check(text, err) != SK_OK)
            return err_context(err, "--%s", def->name);
        return SK_OK;
    case OPTION_MAPPING:
        is_good = is_oid_before(text, ':', &rest) && is_oid(rest);
        break;
    case OPTION_OTHER_NAME:
        is_good = is_oid_before(text, '=', &rest) && strlen(text) <= LIMIT_CA_TEXT;
        break;
    case OPTION_NAME:
        is_good = is_name(text);
        break;
    }
    if (!is_good)
        return err_set(err, SK_INPUT, "--%s: '%s' is not a %s", def->name, text, def->value);
    return SK_OK;
}

static const struct option_def *find_def(const struct option_def *defs, const char *name,
                                         size_t len)
{
    for (; defs->name != NULL; defs++) {
        if (strlen(defs->name) == len && memcmp(defs->name, name, len) == 0)
            return defs;
    }
    return NULL;
}

static enum sk_status add_value(struct options *o, const struct option_def *def, const char *text,
                                struct sk_err *err)
{
    if (!def->is_many && options_has(o, def->name))
        return err_set(err, SK_INPUT, "--%s: stands twice", def->name);
    if (o->num_values == LIMIT_CA_OPTIONS)
        return err_set(err, SK_INPUT, "--%s: more than %u options", def->name, LIMIT_CA_OPTIONS);
    if (text != NULL && check_value(def, text, err) != SK_OK)
        return SK_INPUT;
    o->values[o->num_values].def = def;
    o->values[o->num_values].text = text;
    o->num_values++;
    return SK_OK;
}

/* argv[*i] starts with "--"; takes its value from behind "=" or from the next word. */
static enum sk_status take_option(struct options *o, int argc, char *const *argv, int *i,
                                  struct sk_err *err)
{
    const char *name = argv[*i] + 2;
    size_t len = strcspn(name, "=");
    const struct option_def *def = find_def(o->defs, name, len);

    if (def == NULL)
        return err_set(err, SK_INPUT, "%s: no such option", argv[*i]);
    if (def->kind == OPTION_FLAG) {
        if (name[len] == '=')
            return err_set(err, SK_INPUT, "--%s: takes no value", def->name);
        return add_value(o, def, NULL, err);
    }
    if (name[len] == '=')
        return add_value(o, def, name + len + 1, err);
    if (*i + 1 >= argc)
        return err_set(err, SK_INPUT, "--%s: its %s is missing", def->name, def->value);
    ++*i;
    return add_value(o, def, argv[*i], err);
}

static enum sk_status check_required(const struct options *o, struct sk_err *err)
{
    const struct option_def *def;

    for (def = o->defs; def->name != NULL; def++) {
        if (def->is_required && !options_has(o, def->name))
            return err_set(err, SK_INPUT, "--%s %s: is required", def->name, def->value);
    }
    return SK_OK;
}

enum sk_status options_parse(const struct option_def *defs, bool takes_operand, int argc,
                             char *const *argv, struct options *out, struct sk_err *err)
{
    int i;

    out->defs = defs;
    out->num_values = 0;
    out->operand = NULL;
    for (i = 0; i < argc; i++) {
        if (strncmp(argv[i], "--", 2) == 0) {
            if (take_option(out, argc, argv, &i, err) != SK_OK)
                return SK_INPUT;
            continue;
        }
        if (!takes_operand || out->operand != NULL)
            return err_set(err, SK_INPUT, "%s: unexpected word", argv[i]);
        out->operand = argv[i];
    }
    if (takes_operand && out->operand == NULL)
        return err_set(err, SK_INPUT, "a serial number or certificate file is missing");
    return check_required(out, err);
}

bool options_has(const struct options *options, const char *name)
{
    size_t i;

    for (i = 0; i < options->num_values; i++) {
        if (strcmp(options->values[i].def->name, name) == 0)
            return true;
    }
    return false;
}

const char *options_next(const struct options *options, const char *name, size_t *pos)
{
    while (*pos < options->num_values) {
        const struct option_value *value = &options->values[(*pos)++];

        if (strcmp(value->def->name, name) == 0)
            return value->text;
    }
    return NULL;
}

const char *options_text(const struct options *options, const char *name)
{
    size_t pos = 0;

    return options_next(options, name, &pos);
}

bool options_number(const struct options *options, const char *name, long *out)
{
    const char *text = options_text(options, name);

    return text != NULL && number_of(text, out);
}

bool options_time(const struct options *options, const char *name, int64_t *out)
{
    const char *text = options_text(options, name);

    return text != NULL && clock_parse_rfc3339(text, out) == SK_OK;
}

void options_print(const struct option_def *defs, FILE *to)
{
    for (; defs->name != NULL; defs++) {
        char left[64];

        (void)snprintf(left, sizeof(left), "--%s%s%s", defs->name, defs->value ? " " : "",
                       defs->value ? defs->value : "");
        (void)fprintf(to, "  %-28s %s%s%s\n", left, defs->help,
                      defs->is_required ? " (required)" : "",
                      defs->is_many ? " (may stand several times)" : "");
    }
}
