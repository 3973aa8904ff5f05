/* SPDX-License-Identifier: Apache-2.0 */
#include "net/admin_ask.h"

#include <stdio.h>

#include <jansson.h>

static const struct {
    const char *name;
    enum admin_command command;
} COMMANDS[] = {
    {"status", ADMIN_STATUS},
    {"reload", ADMIN_RELOAD},
    {"why", ADMIN_WHY},
    {"stats", ADMIN_STATS},
};

static enum sk_status read_members(json_t *root, struct admin_ask *out, struct sk_err *err)
{
    const char *command = json_string_value(json_object_get(root, "command"));
    const char *id = json_string_value(json_object_get(root, "id"));
    size_t i;

    for (i = 0; command != NULL && i < sizeof(COMMANDS) / sizeof(COMMANDS[0]); i++) {
        if (strcmp(COMMANDS[i].name, command) == 0)
            out->command = COMMANDS[i].command;
    }
    if (out->command == 0)
        return err_set(err, SK_INPUT, "no such command");
    if ((out->command == ADMIN_WHY) != (id != NULL) ||
        json_object_size(root) != (id != NULL ? 2u : 1u))
        return err_set(err, SK_INPUT, "not the members that the command has");
    if (id != NULL && (*id == '\0' || strlen(id) > LIMIT_HTTP_ID_BYTES))
        return err_set(err, SK_INPUT, "an id has 1 to %u characters", LIMIT_HTTP_ID_BYTES);
    if (id != NULL)
        (void)snprintf(out->id, sizeof(out->id), "%s", id);
    return SK_OK;
}

enum sk_status admin_ask_read(struct sk_bytes line, struct admin_ask *out, struct sk_err *err)
{
    struct admin_ask ask = {0};
    enum sk_status status;
    json_t *root;

    if (line.len > ADMIN_LINE_BYTES)
        return err_set(err, SK_INPUT, "longer than %d octets", (int)ADMIN_LINE_BYTES);
    root = json_loadb((const char *)line.p, line.len, JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(root))
        status = read_members(root, &ask, err);
    else
        status = err_set(err, SK_INPUT, "not an object of JSON");
    json_decref(root);
    if (status == SK_OK)
        *out = ask;
    return status;
}
