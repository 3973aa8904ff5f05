/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values: text to what a row stores, and defaults back to text.
 */
#include "policy/config_int.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/dir_dn.h"
#include "core/limits.h"

_Static_assert(sizeof(enum revocation_mode) == sizeof(unsigned) &&
                   sizeof(enum log_level) == sizeof(unsigned) &&
                   sizeof(enum config_access_to) == sizeof(unsigned) &&
                   sizeof(enum config_access_client) == sizeof(unsigned) &&
                   sizeof(enum config_client) == sizeof(unsigned) &&
                   sizeof(enum config_tls_version) == sizeof(unsigned) &&
                   sizeof(enum config_signer_backend) == sizeof(unsigned) &&
                   sizeof(enum sign_model) == sizeof(unsigned) &&
                   sizeof(enum policy_nonce) == sizeof(unsigned) &&
                   sizeof(enum policy_requests) == sizeof(unsigned) &&
                   sizeof(enum config_unissued) == sizeof(unsigned),
               "SCHEMA_WORD stores an enum as an unsigned");

struct unit {
    const char *text;
    uint64_t factor;
};

/* Largest first: printing takes the first that divides the number. */
static const struct unit SIZES[] = {
    {"G", 1024ull * 1024 * 1024}, {"M", 1024ull * 1024}, {"k", 1024}, {"", 1}, {NULL, 0}};
static const struct unit MILLISECONDS[] = {{"d", 86400000}, {"h", 3600000}, {"m", 60000},
                                           {"s", 1000},     {"ms", 1},      {NULL, 0}};
static const struct unit SECONDS[] = {{"d", 86400}, {"h", 3600}, {"m", 60}, {"s", 1}, {NULL, 0}};
static const struct unit COUNTS[] = {{"", 1}, {NULL, 0}};

static const struct unit *units_of(enum schema_type type)
{
    if (type == SCHEMA_SIZE || type == SCHEMA_SIZE64)
        return SIZES;
    if (type == SCHEMA_MS)
        return MILLISECONDS;
    if (type == SCHEMA_SECONDS || type == SCHEMA_SECONDS64)
        return SECONDS;
    return COUNTS;
}

static const char *expected(enum schema_type type)
{
    const struct unit *units = units_of(type);

    if (units == SIZES)
        return "a number of octets such as 512, 64k, 16M or 1G";
    if (units == MILLISECONDS)
        return "a time with its unit such as 500ms, 5s, 10m, 2h or 3d";
    if (units == SECONDS)
        return "a time with its unit such as 5s, 10m, 2h or 3d";
    return "a number";
}

void config_value_print_number(enum schema_type type, uint64_t number, struct sk_buf *out)
{
    const struct unit *units = units_of(type), *u = units;

    if (number == 0) { /* no unit divides better than another: the smallest */
        while (u[1].text != NULL)
            u++;
    } else {
        while (number % u->factor != 0)
            u++;
    }
    buf_printf(out, "%llu%s", (unsigned long long)(number / u->factor), u->text);
}

static enum sk_status out_of_range(const struct schema_row *row, const char *text,
                                   struct sk_err *err)
{
    enum sk_status status;
    struct sk_buf range;

    buf_init(&range, 128);
    config_value_print_number(row->type, row->min, &range);
    buf_put_text(&range, " to ");
    config_value_print_number(row->type, row->max, &range);
    buf_put_byte(&range, '\0');
    status = buf_status(&range);
    if (status == SK_OK)
        status = err_set(err, SK_INPUT, "'%s' is out of range, %s", text, (char *)range.data);
    buf_done(&range);
    return status;
}

/* digits, then a unit of the row's type; strict: no sign, no blank, no fraction */
static enum sk_status read_number(const struct schema_row *row, const char *text, uint64_t *out,
                                  struct sk_err *err)
{
    const struct unit *u = units_of(row->type);
    const char *p = text;
    uint64_t n = 0;
    bool is_huge = false;

    for (; *p >= '0' && *p <= '9'; p++) {
        is_huge |= __builtin_mul_overflow(n, (uint64_t)10, &n);
        is_huge |= __builtin_add_overflow(n, (uint64_t)(*p - '0'), &n);
    }
    while (u->text != NULL && strcmp(u->text, p) != 0)
        u++;
    if (p == text || (u->text == NULL && strcmp(text, "0") != 0))
        return err_set(err, SK_INPUT, "'%s' is not %s", text, expected(row->type));
    if (u->text != NULL)
        is_huge |= __builtin_mul_overflow(n, u->factor, &n);
    if (is_huge || n < row->min || n > row->max)
        return out_of_range(row, text, err);
    *out = n;
    return SK_OK;
}

static enum sk_status read_word(const struct schema_row *row, const char *text, size_t len,
                                unsigned *out, struct sk_err *err)
{
    const struct schema_word *w;
    char known[256] = "";
    size_t used = 0;

    for (w = row->words; w->text != NULL; w++) {
        if (strlen(w->text) == len && memcmp(w->text, text, len) == 0) {
            *out = w->value;
            return SK_OK;
        }
        if (used + strlen(w->text) + 3 < sizeof(known)) {
            memcpy(known + used, ", ", 2);
            memcpy(known + used + 2, w->text, strlen(w->text) + 1);
            used += 2 + strlen(w->text);
        }
    }
    return err_set(err, SK_INPUT, "'%.*s' is none of %s", (int)len, text, known + 2);
}

static enum sk_status read_flags(const struct schema_row *row, const char *text, uint64_t *out,
                                 struct sk_err *err)
{
    enum sk_status status;
    unsigned all = 0, one;
    size_t len;

    while (*text != '\0') {
        len = strcspn(text, " \t,");
        if (len > 0) {
            status = read_word(row, text, len, &one, err);
            if (status != SK_OK)
                return status;
            all |= one;
        }
        text += len + strspn(text + len, " \t,");
    }
    *out = all;
    return SK_OK;
}

static void store_number(void *field, enum schema_type type, uint64_t number)
{
    unsigned small = (unsigned)number;
    bool flag = number != 0;

    if (type == SCHEMA_BOOL)
        memcpy(field, &flag, sizeof(flag));
    else if (type == SCHEMA_SIZE64 || type == SCHEMA_SECONDS64)
        memcpy(field, &number, sizeof(number)); /* no number here is above INT64_MAX */
    else
        memcpy(field, &small, sizeof(small));
}

static void *field_of(void *base, const struct schema_row *row)
{
    return (uint8_t *)base + row->offset;
}

static enum sk_status set_number(void *field, const struct schema_row *row, const char *text,
                                 struct sk_err *err)
{
    static const struct schema_word yes_no[] = {{"yes", 1}, {"no", 0}, {NULL, 0}};
    const struct schema_row yes_no_row = {.words = yes_no};
    enum sk_status status;
    uint64_t number = 0;
    unsigned word = 0;

    if (row->type == SCHEMA_BOOL || row->type == SCHEMA_WORD) {
        status =
            read_word(row->type == SCHEMA_BOOL ? &yes_no_row : row, text, strlen(text), &word, err);
        number = word;
    } else if (row->type == SCHEMA_FLAGS) {
        status = read_flags(row, text, &number, err);
    } else {
        status = read_number(row, text, &number, err);
    }
    if (status == SK_OK)
        store_number(field, row->type, number);
    return status;
}

/* ADDRESS:PORT or [ADDRESS]:PORT in numbers; the same text for the same address. */
static enum sk_status read_listen(const char *text, char out[80], struct sk_err *err)
{
    const char *colon = strrchr(text, ':');
    bool is_v6 = text[0] == '[';
    char host[INET6_ADDRSTRLEN], *end;
    unsigned char address[sizeof(struct in6_addr)];
    size_t len = colon != NULL ? (size_t)(colon - text) : 0;
    unsigned long port;

    if (is_v6 && (len < 2 || text[len - 1] != ']'))
        len = 0;
    else if (is_v6) {
        text++;
        len -= 2;
    }
    if (len == 0 || len >= sizeof(host))
        return err_set(err, SK_INPUT, "not ADDRESS:PORT ([ADDRESS]:PORT for IPv6)");
    memcpy(host, text, len);
    host[len] = '\0';
    if (inet_pton(is_v6 ? AF_INET6 : AF_INET, host, address) != 1)
        return err_set(err, SK_INPUT, "'%s' is not an IPv%d address in numbers", host,
                       is_v6 ? 6 : 4);
    port = strtoul(colon + 1, &end, 10);
    if (colon[1] < '0' || colon[1] > '9' || *end != '\0' || port < 1 || port > 65535)
        return err_set(err, SK_INPUT, "'%s' is not a port, 1 to 65535", colon + 1);
    (void)inet_ntop(is_v6 ? AF_INET6 : AF_INET, address, host, sizeof(host));
    (void)snprintf(out, 80, is_v6 ? "[%s]:%lu" : "%s:%lu", host, port);
    return SK_OK;
}

static enum sk_status list_add(struct config_run *run, struct config_list *list, const char *value,
                               struct sk_err *err)
{
    char **values, *copy;
    size_t i;

    for (i = 0; i < list->num_values; i++) {
        if (strcmp(list->values[i], value) == 0)
            return err_set(err, SK_INPUT, "'%s' stands twice", value);
    }
    if (list->num_values >= LIMIT_CONFIG_LIST)
        return err_set(err, SK_INPUT, "more than %u values", LIMIT_CONFIG_LIST);
    copy = arena_copy(run->arena, value, strlen(value));
    values = config_grow(run->arena, list->values, list->num_values, sizeof(*values));
    if (copy == NULL || values == NULL)
        return config_stop(run, SK_NOMEM);
    values[list->num_values] = copy;
    list->values = values;
    list->num_values++;
    return SK_OK;
}

static enum sk_status add_file(struct config_run *run, struct config_list *list, const char *text,
                               struct sk_err *err)
{
    char *path = config_path(run, text);

    return path != NULL ? list_add(run, list, path, err) : run->status;
}

static enum sk_status add_dn(struct config_run *run, struct config_list *list, const char *text,
                             struct sk_err *err)
{
    struct dir_key key;
    enum sk_status status = dir_dn_key(run->arena, bytes_of(text, strlen(text)), &key, err);

    if (status == SK_NOMEM)
        return config_stop(run, status);
    return status == SK_OK ? list_add(run, list, text, err) : SK_INPUT;
}

static enum sk_status add_listen(struct config_run *run, struct config_list *list, const char *text,
                                 struct sk_err *err)
{
    char canonical[80];
    enum sk_status status = read_listen(text, canonical, err);

    return status == SK_OK ? list_add(run, list, canonical, err) : status;
}

static bool is_url_text(const char *p)
{
    for (; *p != '\0'; p++) {
        if ((unsigned char)*p <= 0x20 || strchr("\"<>\\^`{|}", *p) != NULL)
            return false;
    }
    return true;
}

static enum sk_status add_file_url(struct config_run *run, struct config_list *list,
                                   const char *path, struct sk_err *err)
{
    char *joined, *url;

    if (strncmp(path, "//", 2) == 0) { /* file://HOST/PATH with an empty host (RFC 8089) */
        path += 2;
        if (*path != '/')
            return err_set(err, SK_INPUT, "a file: address names no host");
    }
    if (*path == '\0')
        return err_set(err, SK_INPUT, "a file: address names a path");
    joined = config_path(run, path);
    if (joined == NULL)
        return run->status;
    url = arena_array(run->arena, strlen(joined) + 6, 1);
    if (url == NULL)
        return config_stop(run, SK_NOMEM);
    (void)snprintf(url, strlen(joined) + 6, "file:%s", joined);
    return list_add(run, list, url, err);
}

static enum sk_status add_url(struct config_run *run, struct config_list *list, const char *text,
                              struct sk_err *err)
{
    if (strncmp(text, "file:", 5) == 0)
        return add_file_url(run, list, text + 5, err);
    if (strncmp(text, "http://", 7) != 0)
        return err_set(err, SK_INPUT, "'%s' begins with neither file: nor http://", text);
    if (text[7] == '\0' || text[7] == '/' || text[7] == ':' || !is_url_text(text))
        return err_set(err, SK_INPUT, "'%s' is not an http address", text);
    return list_add(run, list, text, err);
}

static enum sk_status read_oid(struct config_run *run, const char *text, struct sk_bytes *out,
                               struct sk_err *err)
{
    struct sk_bytes oid;
    struct sk_buf der;
    enum sk_status status;

    buf_init(&der, LIMIT_OID_BYTES);
    status = oid_from_text(text, &der);
    if (status != SK_OK) {
        buf_done(&der);
        return err_set(err, SK_INPUT, "'%s' is not an object identifier such as 1.2.840.113549",
                       text);
    }
    oid = bytes_of(arena_copy(run->arena, der.data, der.len), der.len);
    buf_done(&der);
    if (oid.p == NULL)
        return config_stop(run, SK_NOMEM);
    *out = oid;
    return SK_OK;
}

static enum sk_status add_oid(struct config_run *run, struct policy_oids *oids, const char *text,
                              struct sk_err *err)
{
    struct sk_bytes *items, oid;
    enum sk_status status = read_oid(run, text, &oid, err);
    size_t i;

    if (status != SK_OK)
        return status;
    for (i = 0; i < oids->count; i++) {
        if (bytes_equal(oids->items[i], oid))
            return err_set(err, SK_INPUT, "'%s' stands twice", text);
    }
    if (oids->count >= LIMIT_CONFIG_LIST)
        return err_set(err, SK_INPUT, "more than %u values", LIMIT_CONFIG_LIST);
    items = config_grow(run->arena, oids->items, oids->count, sizeof(*items));
    if (items == NULL)
        return config_stop(run, SK_NOMEM);
    items[oids->count] = oid;
    oids->items = items;
    oids->count++;
    return SK_OK;
}

static enum sk_status add_anchor(struct config_run *run, struct policy_anchors *anchors,
                                 const char *text, struct sk_err *err)
{
    enum sk_status status;
    const struct sk_cert *cert;
    struct sk_anchor *items;
    size_t i;

    if (anchors->count >= LIMIT_ANCHORS)
        return err_set(err, SK_INPUT, "more than %u certificates", LIMIT_ANCHORS);
    status = policy_anchor_load(run, text, &cert, err);
    if (status != SK_OK)
        return status;
    for (i = 0; i < anchors->count; i++) {
        if (bytes_equal(anchors->items[i].cert->der, cert->der))
            return err_set(err, SK_INPUT, "this certificate stands here already");
    }
    items = config_grow(run->arena, anchors->items, anchors->count, sizeof(*items));
    if (items == NULL)
        return config_stop(run, SK_NOMEM);
    items[anchors->count].cert = cert;
    anchors->items = items;
    anchors->count++;
    return SK_OK;
}

static enum sk_status add_rule(struct config_run *run, struct acl_rules *rules, const char *text,
                               struct sk_err *err)
{
    struct acl_rule *items, rule;
    enum sk_status status;

    if (rules->count >= LIMIT_CONFIG_LIST)
        return err_set(err, SK_INPUT, "more than %u values", LIMIT_CONFIG_LIST);
    status = acl_rule_parse(run->arena, text, &rule, err);
    if (status != SK_OK)
        return status == SK_NOMEM ? config_stop(run, status) : status;
    items = config_grow(run->arena, rules->items, rules->count, sizeof(*items));
    if (items == NULL)
        return config_stop(run, SK_NOMEM);
    items[rules->count] = rule;
    rules->items = items;
    rules->count++;
    return SK_OK;
}

static enum sk_status set_text(struct config_run *run, char **field, char *value)
{
    if (value == NULL)
        return config_stop(run, SK_NOMEM);
    *field = value;
    return SK_OK;
}

static enum sk_status set_pin(struct config_run *run, struct config_pin *pin, const char *text,
                              struct sk_err *err)
{
    if (strcmp(text, "prompt") == 0) {
        pin->kind = CONFIG_PIN_PROMPT;
        return SK_OK;
    }
    if (strncmp(text, "file:", 5) == 0 && text[5] != '\0') {
        pin->kind = CONFIG_PIN_FILE;
        return set_text(run, &pin->value, config_path(run, text + 5));
    }
    if (strncmp(text, "credential:", 11) == 0 && text[11] != '\0' && text[11] != '.' &&
        strchr(text + 11, '/') == NULL) {
        pin->kind = CONFIG_PIN_CREDENTIAL;
        return set_text(run, &pin->value, arena_copy(run->arena, text + 11, strlen(text + 11)));
    }
    /* Not repeated: it may be the PIN itself. */
    return err_set(err, SK_INPUT, "is none of file:PATH, credential:NAME and prompt");
}

enum sk_status config_value_set(struct config_run *run, struct config_section *section,
                                const struct schema_row *row, const char *text, struct sk_err *err)
{
    void *field = field_of(section->base, row);

    if (*text == '\0')
        return err_set(err, SK_INPUT, "has no value");
    if (strlen(text) > LIMIT_CONFIG_VALUE_BYTES)
        return err_set(err, SK_INPUT, "longer than %u octets", LIMIT_CONFIG_VALUE_BYTES);
    if (strstr(text, " #") != NULL || strstr(text, "\t#") != NULL)
        return err_set(err, SK_INPUT, "'#' begins no comment after a value; use ';'");
    switch (row->type) {
    case SCHEMA_NONE:
        break;
    case SCHEMA_COUNT:
    case SCHEMA_SIZE:
    case SCHEMA_SIZE64:
    case SCHEMA_MS:
    case SCHEMA_SECONDS:
    case SCHEMA_SECONDS64:
    case SCHEMA_BOOL:
    case SCHEMA_WORD:
    case SCHEMA_FLAGS:
        return set_number(field, row, text, err);
    case SCHEMA_TEXT:
        return set_text(run, field, arena_copy(run->arena, text, strlen(text)));
    case SCHEMA_TEXTS:
        return list_add(run, field, text, err);
    case SCHEMA_PIN:
        return set_pin(run, field, text, err);
    case SCHEMA_FILE:
        return set_text(run, field, config_path(run, text));
    case SCHEMA_FILES:
        return add_file(run, field, text, err);
    case SCHEMA_DN:
        return add_dn(run, field, text, err);
    case SCHEMA_LISTEN:
        return add_listen(run, field, text, err);
    case SCHEMA_URL:
        return add_url(run, field, text, err);
    case SCHEMA_OID:
        return add_oid(run, field, text, err);
    case SCHEMA_ANCHOR:
        return add_anchor(run, field, text, err);
    case SCHEMA_ONE_OID:
        return read_oid(run, text, field, err);
    case SCHEMA_RULE:
        return add_rule(run, field, text, err);
    }
    return err_set(err, SK_INTERNAL, "row without a type");
}

void config_value_default(void *base, const struct schema_row *row)
{
    if (schema_is_number(row->type))
        store_number(field_of(base, row), row->type, row->number);
}

/* All that are set, with blanks between. SK_NOTFOUND: none is. */
static enum sk_status print_flags(const struct schema_row *row, struct sk_buf *out)
{
    const struct schema_word *w;
    bool is_any = false;

    for (w = row->words; w->text != NULL; w++) {
        if ((row->number & w->value) == 0)
            continue;
        buf_printf(out, "%s%s", is_any ? " " : "", w->text);
        is_any = true;
    }
    return is_any ? buf_status(out) : SK_NOTFOUND;
}

enum sk_status config_value_print_default(const struct schema_row *row, struct sk_buf *out)
{
    const struct schema_word *w;

    if (!schema_is_number(row->type)) {
        if (row->text == NULL)
            return SK_NOTFOUND;
        buf_put_text(out, row->text);
        return buf_status(out);
    }
    if (row->type == SCHEMA_BOOL) {
        buf_put_text(out, row->number != 0 ? "yes" : "no");
        return buf_status(out);
    }
    if (row->type == SCHEMA_FLAGS)
        return print_flags(row, out);
    if (row->type != SCHEMA_WORD) {
        config_value_print_number(row->type, row->number, out);
        return buf_status(out);
    }
    for (w = row->words; w->text != NULL; w++) {
        if (w->value == row->number) {
            buf_put_text(out, w->text);
            return buf_status(out);
        }
    }
    return SK_NOTFOUND;
}
