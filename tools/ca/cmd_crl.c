/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "core/limits.h"
#include "tools/ca/command.h"
#include "tools/ca/revlist.h"

enum { HOUR_S = 3600 };

static const struct option_def options[] = {
    {"this-update", OPTION_TIME, false, false, "TIME", "thisUpdate, now when absent"},
    {"next-update", OPTION_TIME, false, false, "TIME", "nextUpdate"},
    {"hours", OPTION_NUMBER, false, false, "NUMBER", "from thisUpdate to nextUpdate, once"},
    {"out", OPTION_TEXT, false, false, "FILE", "write a copy (DER) here too"},
    COMMAND_SIGNER,
    COMMAND_END,
};

static enum sk_status default_hours(struct sk_ca *ca, long *out, struct sk_err *err)
{
    char *text = NULL;
    enum sk_status status = register_get(ca->reg, CA_SETTING_LIST_HOURS, &text, err);

    if (status != SK_OK)
        return status;
    if (text == NULL)
        return err_set(err, SK_INTERNAL, "the register has no %s", CA_SETTING_LIST_HOURS);
    *out = strtol(text, NULL, 10);
    free(text);
    return SK_OK;
}

static enum sk_status set_times(struct sk_ca *ca, const struct options *o,
                                struct register_crl *list, struct sk_err *err)
{
    enum sk_status status = SK_OK;
    long hours = 0;

    list->this_update = ca->now;
    (void)options_time(o, "this-update", &list->this_update);
    if (!options_time(o, "next-update", &list->next_update)) {
        if (!options_number(o, "hours", &hours))
            status = default_hours(ca, &hours, err);
        list->next_update = list->this_update + (int64_t)hours * HOUR_S;
    } else if (options_has(o, "hours")) {
        return err_set(err, SK_INPUT, "give either --next-update or --hours");
    }
    if (status == SK_OK && list->next_update <= list->this_update)
        status = err_set(err, SK_INPUT, "nextUpdate is not after thisUpdate");
    return status;
}

static enum sk_status publish(struct sk_ca *ca, const struct options *o,
                              const struct register_crl *list, struct sk_err *err)
{
    const char *copy = options_text(o, "out");
    char name[32];
    enum sk_status status;

    ca_list_name(list, name, sizeof(name));
    status = ca_publish(ca, name, list->der, err);
    if (status == SK_OK && copy != NULL)
        status = ca_write(ca, copy, list->der, err);
    return status;
}

static enum sk_status make(struct sk_ca *ca, const struct options *o, enum register_list kind,
                           struct sk_err *err)
{
    struct register_crl list = {.kind = kind};
    struct ca_key key = {0};
    struct sk_buf der;
    enum sk_status status = set_times(ca, o, &list, err);

    buf_init(&der, LIMIT_CRL_BYTES);
    if (status == SK_OK)
        status = command_key(ca, o, &key, err);
    if (status == SK_OK)
        status = revlist_make(ca, &key, &list, &der, err);
    if (status == SK_OK)
        status = register_add_list(ca->reg, &list, err);
    if (status == SK_OK)
        status = publish(ca, o, &list, err);
    buf_done(&der);
    ca_key_done(&key);
    return status;
}

static enum sk_status run_crl(struct sk_ca *ca, const struct options *o, struct sk_err *err)
{
    return make(ca, o, LIST_CRL, err);
}

static enum sk_status run_arl(struct sk_ca *ca, const struct options *o, struct sk_err *err)
{
    return make(ca, o, LIST_ARL, err);
}

const struct command command_crl = {
    .name = "crl",
    .summary = "a new list of revoked end-entity certificates",
    .kind = COMMAND_ACT,
    .options = options,
    .run = run_crl,
};

const struct command command_arl = {
    .name = "arl",
    .summary = "a new list of revoked CA certificates",
    .kind = COMMAND_ACT,
    .options = options,
    .run = run_arl,
};
