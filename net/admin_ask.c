/* SPDX-License-Identifier: Apache-2.0 */
#include "net/admin_ask.h"

#include "net/json_text.h"

static const struct {
    const char *name;
    enum admin_command command;
} COMMANDS[] = {
    {"status", ADMIN_STATUS},
    {"reload", ADMIN_RELOAD},
    {"why", ADMIN_WHY},
    {"stats", ADMIN_STATS},
};

/* The members as they stand; each at most once, and a string. */
struct members {
    bool has_command, has_id;
    char command[ADMIN_LINE_BYTES + 1], id[ADMIN_LINE_BYTES + 1];
};

static enum sk_status read_string(struct json_text *text, char out[ADMIN_LINE_BYTES + 1])
{
    struct json_string string;

    if (json_text_string(text, &string) != SK_OK)
        return SK_INPUT;
    out[json_string_put(&string, (uint8_t *)out)] = '\0';
    return SK_OK;
}

static enum sk_status read_member(struct json_text *text, struct members *out)
{
    char key[ADMIN_LINE_BYTES + 1];
    bool is_id, *has;

    if (read_string(text, key) != SK_OK || json_text_take(text, ':') != SK_OK)
        return SK_INPUT;
    is_id = strcmp(key, "id") == 0;
    has = is_id ? &out->has_id : &out->has_command;
    if ((!is_id && strcmp(key, "command") != 0) || *has)
        return SK_INPUT;
    *has = true;
    return read_string(text, is_id ? out->id : out->command);
}

static enum sk_status read_members(struct sk_bytes line, struct members *out)
{
    struct json_text text;
    enum sk_status status;
    bool is_first = true;

    json_text_init(&text, line);
    if (json_text_take(&text, '{') != SK_OK)
        return SK_INPUT;
    while ((status = json_text_next(&text, is_first, '}')) == SK_OK) {
        if (read_member(&text, out) != SK_OK)
            return SK_INPUT;
        is_first = false;
    }
    return status == SK_NOTFOUND ? json_text_finish(&text) : SK_INPUT;
}

static enum sk_status understand(const struct members *members, struct admin_ask *out,
                                 struct sk_err *err)
{
    struct admin_ask ask = {0};
    size_t i;

    for (i = 0; i < sizeof(COMMANDS) / sizeof(COMMANDS[0]); i++) {
        if (strcmp(COMMANDS[i].name, members->command) == 0)
            ask.command = COMMANDS[i].command;
    }
    if (ask.command == 0)
        return err_set(err, SK_INPUT, "no such command");
    if ((ask.command == ADMIN_WHY) != members->has_id)
        return err_set(err, SK_INPUT, "not the members that the command has");
    if (members->has_id && (members->id[0] == '\0' || strlen(members->id) > LIMIT_HTTP_ID_BYTES))
        return err_set(err, SK_INPUT, "an id has 1 to %u characters", LIMIT_HTTP_ID_BYTES);
    memcpy(ask.id, members->id, strlen(members->id));
    *out = ask;
    return SK_OK;
}

enum sk_status admin_ask_read(struct sk_bytes line, struct admin_ask *out, struct sk_err *err)
{
    struct members members = {.has_command = false};

    if (line.len > ADMIN_LINE_BYTES)
        return err_set(err, SK_INPUT, "longer than %d octets", (int)ADMIN_LINE_BYTES);
    if (read_members(line, &members) != SK_OK)
        return err_set(err, SK_INPUT, "not an object of JSON with the members of a question");
    return understand(&members, out, err);
}
