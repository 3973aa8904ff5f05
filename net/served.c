/* SPDX-License-Identifier: Apache-2.0 */
#include "net/served_int.h"

#include <stdlib.h>

#include "core/clock.h"

enum {
    KEYS = 64,
    AGAIN_S = 3600, /* what it says is looked at anew after this time, whatever it is */
    PAUSE_S = 5,    /* and not before this time */
    LATE_S = 5,     /* what has ended still counts so long: it is being looked at anew */
};

/* ---- life ---- */

void served_note_end(struct served_making *make, int64_t when)
{
    if (when < make->now + PAUSE_S)
        when = make->now + PAUSE_S;
    if (when < make->served->ends)
        make->served->ends = when;
}

static enum sk_status fill(struct served_making *make, struct sk_generation *gen,
                           struct sk_err *err)
{
    enum sk_status status = reader_new(gen, &make->reader, err);

    if (status != SK_OK)
        return status;
    status = served_look_at_lists(make);
    if (status != SK_OK)
        return err_set(err, status, "the lists of the snapshot cannot be read");
    status = served_look_at_needs(make);
    if (status != SK_OK)
        (void)err_set(err, status, "what the CAs are to the policies: cannot be read");
    /* What is not made in advance is made when somebody asks. */
    if (status == SK_OK && served_collect_questions(make) != SK_OK)
        make->served->num_questions = 0;
    return status;
}

static struct sk_served *served_alloc(const struct sk_config *config, int64_t now)
{
    struct sk_served *served = calloc(1, sizeof(*served));

    if (served == NULL)
        return NULL;
    atomic_init(&served->refs, 1);
    served->config = config;
    served->ends = now + AGAIN_S;
    served->arena = arena_new(LIMIT_SERVED_ARENA_BYTES);
    if (served->arena != NULL)
        return served;
    free(served);
    return NULL;
}

enum sk_status served_new(const struct sk_config *config, struct sk_generation *gen, int64_t now,
                          struct sk_served **out, struct sk_err *err)
{
    struct served_making make = {.served = served_alloc(config, now),
                                 .lasting = arena_new(LIMIT_SERVED_ARENA_BYTES),
                                 .job = arena_new(LIMIT_JOB_ARENA_BYTES),
                                 .keys = keyring_new(KEYS),
                                 .now = now};
    enum sk_status status = SK_NOMEM;

    if (make.served == NULL || make.lasting == NULL || make.job == NULL || make.keys == NULL)
        (void)err_set(err, SK_NOMEM, "what is served: no memory");
    else
        status = fill(&make, gen, err);
    reader_free(make.reader);
    keyring_free(make.keys);
    arena_free(make.job);
    arena_free(make.lasting);
    if (status == SK_OK)
        *out = make.served;
    else
        served_unref(make.served);
    return status;
}

struct sk_served *served_ref(struct sk_served *served)
{
    if (served != NULL)
        (void)atomic_fetch_add_explicit(&served->refs, 1, memory_order_relaxed);
    return served;
}

void served_unref(struct sk_served *served)
{
    if (served == NULL || atomic_fetch_sub_explicit(&served->refs, 1, memory_order_acq_rel) != 1)
        return;
    arena_free(served->arena);
    free(served);
}

bool served_is_over(const struct sk_served *served, int64_t now)
{
    return now > served->ends;
}

/* ---- the lists ---- */

size_t served_count(const struct sk_served *served)
{
    return served->num_lists;
}

const struct served_list *served_list_get0(const struct sk_served *served, size_t i)
{
    return &served->lists[i];
}

const char *served_state_text(enum served_state state)
{
    switch (state) {
    case SERVED_USED:
        return "used";
    case SERVED_SUPERSEDED:
        return "superseded";
    case SERVED_NOT_IN_FORCE:
        return "not-in-force";
    case SERVED_NO_NEXT_UPDATE:
        return "no-next-update";
    case SERVED_UNUSABLE:
        return "unusable";
    case SERVED_KEY_ENDED:
        return "key-ended";
    case SERVED_DELTA_WITHOUT_BASE:
        return "delta-without-base";
    case SERVED_STATES:
        break;
    }
    return "unknown";
}

bool served_is_stale(const struct served_list *list, int64_t now)
{
    return list->next_update < now;
}

bool served_next(const struct sk_served *served, size_t *i, struct served_group *out)
{
    const struct served_list *head;

    if (*i >= served->num_lists)
        return false;
    head = &served->lists[*i];
    *out = (struct served_group){.ca = head->ca, .kind = head->kind};
    for (; *i < served->num_lists; ++*i) {
        const struct served_list *list = &served->lists[*i];

        if (list->index != head->index || list->kind != head->kind)
            break;
        out->counts[list->state]++;
        if (list->state == SERVED_USED &&
            (out->first == NULL || list->next_update < out->first->next_update))
            out->first = list;
    }
    return true;
}

static enum sk_status note_object(void *arg, const uint8_t sha256[SK_SHA256])
{
    (void)sha256;
    *(bool *)arg = true;
    return SK_OK;
}

enum sk_status served_missing_source(struct sk_reader *reader, const struct config_ca *ca,
                                     const char **out)
{
    const struct config_list *const kinds[] = {&ca->crls, &ca->arls};
    size_t k, i;

    for (k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
        for (i = 0; i < kinds[k]->num_values; i++) {
            bool is_there = false;
            enum sk_status status =
                reader_origin(reader, kinds[k]->values[i], note_object, &is_there);

            if (status != SK_OK)
                return status;
            if (!is_there) {
                *out = kinds[k]->values[i];
                return SK_OK;
            }
        }
    }
    return SK_NOTFOUND;
}

size_t served_num_questions(const struct sk_served *served)
{
    return served->num_questions;
}

struct sk_bytes served_question(const struct sk_served *served, size_t i)
{
    return served->questions[i];
}

/* ---- the faults ---- */

static bool is_at_fault(const struct served_need *need, int64_t now, struct served_fault *out)
{
    out->kind = need->fault;
    out->text = need->text;
    if (need->fault == SERVED_FAULT_NONE && need->until != CLOCK_NEVER &&
        need->until + LATE_S < now) {
        out->kind = SERVED_FAULT_UNKNOWN;
        out->text = "what was known of its lists has ended";
    }
    return out->kind != SERVED_FAULT_NONE;
}

/* By the first policy that it is to. */
static bool find_fault(const struct sk_served *served, size_t ca, size_t for_what, int64_t now,
                       struct served_fault *out)
{
    const struct sk_config *config = served->config;
    size_t p;

    for (p = 0; p < config->num_policies; p++) {
        if (!is_at_fault(served_need(served, ca, p, for_what), now, out))
            continue;
        out->ca = config->cas[ca].name;
        out->policy = config->policies[p].name;
        return true;
    }
    return false;
}

void served_faults(const struct sk_served *served, int64_t now, served_fault_fn visit, void *arg)
{
    size_t i;

    for (i = 0; i < served->config->num_cas; i++) {
        struct served_fault users, cas;
        bool has_users = find_fault(served, i, SERVED_FOR_USERS, now, &users);

        if (has_users)
            visit(arg, &users);
        /* One list may fail both kinds. */
        if (find_fault(served, i, SERVED_FOR_CAS, now, &cas) &&
            !(has_users && cas.kind == users.kind && strcmp(cas.text, users.text) == 0))
            visit(arg, &cas);
    }
}
