/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lists of a generation by CA and kind, and which of them verdicts rest on. The rules are those
 * of core/revocation.c, asked of the whole generation and not of one certificate.
 */
#include <stdlib.h>

#include "core/clock.h"
#include "net/served_int.h"

/* ---- taking them in ---- */

struct signing {
    struct served_making *make;
    struct served_seen *seen;
    const uint8_t *sha256;
};

static bool is_anchor_of_any(const struct sk_config *config, const struct sk_cert *cert)
{
    size_t p;

    for (p = 0; p < config->num_policies; p++)
        if (served_is_anchor(&config->policies[p].params, cert))
            return true;
    return false;
}

/* An anchor outlives its certificate (V-01). */
static enum sk_status look_at_signer(void *arg, const struct sk_cert *cert)
{
    struct signing *signing = arg;
    const struct served_making *make = signing->make;
    const struct sk_source *source = reader_source(make->reader);
    struct served_seen *seen = signing->seen;
    int64_t until = is_anchor_of_any(make->served->config, cert) ? CLOCK_NEVER : cert->not_after;

    if (!source->ops->is_checked(source, signing->sha256, cert->spki_sha256))
        return SK_OK;
    if (seen->signer == NULL || until > seen->signer_until)
        seen->signer_until = until;
    if (seen->signer == NULL)
        seen->signer = cert;
    return SK_OK;
}

static enum sk_status put_seen(struct served_making *make, struct served_seen *seen)
{
    if (make->num_seen == make->max_seen) {
        size_t max = make->max_seen == 0 ? 64 : make->max_seen * 2;
        struct served_seen **more = arena_array(make->lasting, max, sizeof(struct served_seen *));

        if (more == NULL)
            return SK_LIMIT;
        if (make->num_seen > 0)
            memcpy(more, make->seen, make->num_seen * sizeof(struct served_seen *));
        make->seen = more;
        make->max_seen = max;
    }
    make->seen[make->num_seen++] = seen;
    return SK_OK;
}

static enum sk_status look_at_list(void *arg, const struct reader_crl_info *info)
{
    struct served_making *make = arg;
    const struct sk_config *config = make->served->config;
    const struct config_ca *ca = config_ca(config, info->ca);
    const struct sk_source *source = reader_source(make->reader);
    struct served_seen *seen;
    enum sk_status status;

    if (ca == NULL)
        return SK_OK; /* what no section names serves nobody */
    seen = arena_alloc(make->lasting, sizeof(*seen));
    if (seen == NULL)
        return SK_LIMIT;
    status = crl_parse(make->lasting, info->crl->der, &seen->crl, NULL);
    if (status != SK_OK)
        return status;
    seen->list = (struct served_list){.ca = ca->name,
                                      .index = (size_t)(ca - config->cas),
                                      .kind = info->kind,
                                      .this_update = info->this_update,
                                      .next_update = info->next_update};
    seen->is_arl = info->is_arl;
    seen->is_usable = info->is_usable && !seen->crl.has_unknown_critical;
    status =
        source->ops->certs_by_subject(source, make->lasting, seen->crl.issuer_hash, look_at_signer,
                                      &(struct signing){make, seen, info->sha256});
    return status == SK_OK ? put_seen(make, seen) : status;
}

/* ---- their states ---- */

/* Policies differ in what they tolerate; figures go by the default one. */
static int64_t clock_skew(const struct sk_config *config)
{
    return config->default_policy != NULL ? config->default_policy->params.clock_skew_s : 0;
}

static bool is_one_series(const struct served_seen *a, const struct served_seen *b)
{
    return a->list.index == b->list.index && a->is_arl == b->is_arl && a->signer != NULL &&
           b->signer != NULL &&
           memcmp(a->signer->spki_sha256, b->signer->spki_sha256, SK_SHA256) == 0 &&
           crl_same_scope(&a->crl, &b->crl);
}

/* The lists of one CA stand together: *i is left behind those of the one it is at. */
static bool next_of_ca(const struct served_making *make, size_t ca, size_t *i,
                       const struct served_seen **out)
{
    if (*i >= make->num_seen || make->seen[*i]->list.index != ca)
        return false;
    *out = make->seen[(*i)++];
    return true;
}

static bool is_superseded(const struct served_making *make, const struct served_seen *seen,
                          size_t first)
{
    const struct served_seen *other;

    while (next_of_ca(make, seen->list.index, &first, &other))
        if (other->crl.is_delta == seen->crl.is_delta && other->list.state != SERVED_NOT_IN_FORCE &&
            is_one_series(other, seen) && crl_is_newer(&other->crl, &seen->crl))
            return true;
    return false;
}

/* Is what counts by itself, before others are looked at. */
static enum served_state state_alone(struct served_making *make, const struct served_seen *seen)
{
    int64_t in_force = seen->list.this_update - clock_skew(make->served->config);

    if (in_force > make->now) {
        served_note_end(make, in_force);
        return SERVED_NOT_IN_FORCE;
    }
    if (seen->signer != NULL && seen->signer_until < make->now)
        return SERVED_KEY_ENDED;
    if (seen->signer != NULL)
        served_note_end(make, seen->signer_until);
    if (seen->list.next_update == CLOCK_NEVER)
        return SERVED_NO_NEXT_UPDATE;
    return seen->is_usable && seen->signer != NULL ? SERVED_USED : SERVED_UNUSABLE;
}

static bool has_base(const struct served_making *make, const struct served_seen *delta,
                     size_t first)
{
    const struct served_seen *base;

    while (next_of_ca(make, delta->list.index, &first, &base))
        if (base->list.state == SERVED_USED && is_one_series(base, delta) &&
            crl_delta_fits(&base->crl, &delta->crl))
            return true;
    return false;
}

/* In three rounds: each asks what the one before has found of all the others. A newer list takes an
 * older one's place even when it is of no use itself. */
static void find_states(struct served_making *make)
{
    struct served_seen **seen = make->seen;
    size_t first = 0, i;

    for (i = 0; i < make->num_seen; i++)
        seen[i]->list.state = state_alone(make, seen[i]);
    for (i = 0; i < make->num_seen; i++) {
        first = seen[i]->list.index == seen[first]->list.index ? first : i;
        if (seen[i]->list.state != SERVED_NOT_IN_FORCE && is_superseded(make, seen[i], first))
            seen[i]->list.state = SERVED_SUPERSEDED;
    }
    for (first = i = 0; i < make->num_seen; i++) {
        first = seen[i]->list.index == seen[first]->list.index ? first : i;
        if (seen[i]->crl.is_delta && seen[i]->list.state == SERVED_USED &&
            !has_base(make, seen[i], first))
            seen[i]->list.state = SERVED_DELTA_WITHOUT_BASE;
    }
}

/* ---- what is kept ---- */

static int compare_seen(const void *p, const void *q)
{
    const struct served_seen *const *x = p, *const *y = q;
    const struct served_list *a = &(*x)->list, *b = &(*y)->list;

    if (a->index != b->index)
        return a->index < b->index ? -1 : 1;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    return a->next_update < b->next_update ? -1 : a->next_update > b->next_update;
}

enum sk_status served_look_at_lists(struct served_making *make)
{
    struct sk_served *served = make->served;
    enum sk_status status = reader_crls(make->reader, look_at_list, make);
    size_t i;

    if (status != SK_OK)
        return status;
    if (make->num_seen > 1)
        qsort(make->seen, make->num_seen, sizeof(*make->seen), compare_seen);
    find_states(make);
    served->lists = arena_array(served->arena, make->num_seen, sizeof(*served->lists));
    if (served->lists == NULL)
        return SK_LIMIT;
    for (i = 0; i < make->num_seen; i++)
        served->lists[i] = make->seen[i]->list;
    served->num_lists = make->num_seen;
    return SK_OK;
}
