/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "core/limits.h"
#include "tools/ca/certify.h"
#include "tools/ca/command.h"
#include "tools/ca/revlist.h"

enum { HOUR_S = 3600 };

static const struct option_def options[] = {
    {"this-update", OPTION_TIME, false, false, "TIME", "thisUpdate, now when absent"},
    {"next-update", OPTION_TIME, false, false, "TIME", "nextUpdate"},
    {"hours", OPTION_NUMBER, false, false, "NUMBER", "from thisUpdate to nextUpdate, once"},
    {"out", OPTION_TEXT, false, false, "FILE", "write a copy (DER) here too"},
    {"all-keys", OPTION_FLAG, false, false, NULL,
     "the same list by each key generation that has not ended"},
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

static enum sk_status make_one(struct sk_ca *ca, const struct options *o, const struct ca_key *key,
                               struct register_crl *list, struct sk_err *err)
{
    struct sk_buf der;
    enum sk_status status;

    buf_init(&der, LIMIT_CRL_BYTES);
    status = revlist_make(ca, key, list, &der, err);
    if (status == SK_OK)
        status = register_add_list(ca->reg, list, err);
    if (status == SK_OK)
        status = publish(ca, o, list, err);
    buf_done(&der);
    return status;
}

/* An ended key may be gone from its token. */
static enum sk_status has_ended(struct sk_ca *ca, unsigned generation, bool *out,
                                struct sk_err *err)
{
    X509 *cert = NULL;
    int64_t end = 0;
    enum sk_status status = ca_key_cert(ca, generation, &cert, err);

    if (status == SK_OK)
        status = certify_time(X509_get0_notAfter(cert), &end, err);
    if (status == SK_OK)
        *out = end < ca->now;
    X509_free(cert);
    return status;
}

/* Holders of an older anchor can then check the link certificate's status without the key it
 * certifies. The newest key comes last: its list is the one that lets expired entries go. */
static enum sk_status make_all(struct sk_ca *ca, const struct options *o, struct register_crl *list,
                               struct sk_err *err)
{
    unsigned newest = 0, generation;
    enum sk_status status = register_newest(ca->reg, &newest, err);

    if (status == SK_OK && (options_has(o, "generation") || options_has(o, "out")))
        status = err_set(err, SK_INPUT, "--all-keys goes with neither --generation nor --out");
    for (generation = 1; status == SK_OK && generation <= newest; generation++) {
        struct ca_key key = {0};
        bool is_ended = false;

        if (generation < newest)
            status = has_ended(ca, generation, &is_ended, err);
        if (status == SK_OK && !is_ended)
            status = ca_key_load(ca, generation, &key, err);
        if (status == SK_OK && !is_ended)
            status = make_one(ca, o, &key, list, err);
        ca_key_done(&key);
    }
    return status;
}

static enum sk_status make(struct sk_ca *ca, const struct options *o, enum register_list kind,
                           struct sk_err *err)
{
    struct register_crl list = {.kind = kind};
    struct ca_key key = {0};
    enum sk_status status = set_times(ca, o, &list, err);

    if (status != SK_OK)
        return status;
    if (options_has(o, "all-keys"))
        return make_all(ca, o, &list, err);
    status = command_key(ca, o, &key, err);
    if (status == SK_OK)
        status = make_one(ca, o, &key, &list, err);
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
