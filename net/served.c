/* SPDX-License-Identifier: Apache-2.0 */
#include "net/served.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/clock.h"
#include "core/judge.h"

enum {
    MAX_LISTS = 65536,
    KEYS = 64,
    AGAIN_S = 3600, /* what it says is looked at anew after this time, whatever it is */
    UNKNOWN_S = 60, /* and after this time when a budget has ended */
};

struct sk_served {
    atomic_uint refs;
    const struct sk_config *config; /* borrowed: outlives every worker */
    struct served_list *lists;
    size_t num_lists, max_lists;
    bool *has_list; /* by CA: a complete one */
    int64_t *until; /* by CA and policy: the policy serves it until then; 0: it does not */
    int64_t ends;
};

/* What making one works with. */
struct making {
    struct sk_served *served;
    struct sk_reader *reader;
    struct sk_arena *arena;
    struct sk_keyring *keys;
    int64_t now;
    /* while a CA is looked at */
    const struct sk_policy *policy;
    int64_t until;
    bool is_known; /* one of its certificates is in the snapshot */
    /* while a list is looked at */
    const struct sk_crl *crl;
    int64_t needed_until;
};

/* ---- which CAs ---- */

static bool is_anchor(const struct sk_params *params, const struct sk_cert *cert)
{
    size_t i;

    for (i = 0; i < params->num_anchors; i++) {
        const struct sk_cert *anchor = params->anchors[i].cert;

        if (memcmp(anchor->subject_hash, cert->subject_hash, SK_SHA256) == 0 &&
            memcmp(anchor->spki_sha256, cert->spki_sha256, SK_SHA256) == 0)
            return true;
    }
    return false;
}

/* Until when the policy has a path to this CA certificate; 0: it has none. */
static int64_t reached_until(struct making *make, const struct sk_cert *cert)
{
    struct sk_params params = make->policy->params;
    struct sk_verdict *verdict = arena_alloc(make->arena, sizeof(*verdict));
    const struct sk_query query = {.target = cert,
                                   .params = &params,
                                   .source = reader_source(make->reader),
                                   .time = make->now,
                                   .keys = make->keys,
                                   .arena = make->arena,
                                   .cpu_now = clock_cpu_us};

    if (is_anchor(&params, cert))
        return CLOCK_NEVER;
    /* What a policy asks of end entities says nothing about a CA. */
    params.revocation = REVOCATION_OFF;
    params.num_ekus = 0;
    params.key_usage = 0;
    if (verdict == NULL || judge(&query, verdict) != SK_OK)
        return make->now + UNKNOWN_S;
    switch (verdict->kind) {
    case VERDICT_VALID:
        return verdict->valid_until;
    case VERDICT_UNDETERMINED:
        return make->now + UNKNOWN_S;
    case VERDICT_INVALID:
    case VERDICT_REVOKED:
        break;
    }
    return 0;
}

static enum sk_status look_at_cert(void *arg, const uint8_t sha256[SK_SHA256])
{
    struct making *make = arg;
    const struct sk_cert *cert;
    enum sk_status status;
    int64_t until;

    arena_reset(make->arena);
    status = reader_cert(make->reader, make->arena, sha256, &cert);
    if (status == SK_NOTFOUND || (status == SK_OK && !cert->is_ca && cert->version == 3))
        return SK_OK; /* a list or a bundle, or an end entity */
    if (status != SK_OK)
        return status;
    make->is_known = true;
    until = reached_until(make, cert);
    if (until > make->until)
        make->until = until;
    return SK_OK;
}

static enum sk_status look_at_sources(struct making *make, const struct config_list *urls)
{
    enum sk_status status = SK_OK;
    size_t i;

    for (i = 0; status == SK_OK && i < urls->num_values; i++)
        status = reader_origin(make->reader, urls->values[i], look_at_cert, make);
    return status;
}

static enum sk_status look_at_ca(struct making *make, const struct config_ca *ca, int64_t *out)
{
    enum sk_status status;

    make->until = 0;
    make->is_known = false;
    status = look_at_sources(make, &ca->certificates);
    if (status == SK_OK)
        status = look_at_sources(make, &ca->cross);
    /* Nothing is known of it but its lists: they may be needed. */
    if (status == SK_OK && !make->is_known)
        make->until = CLOCK_NEVER;
    if (make->until > make->now && make->until < make->served->ends)
        make->served->ends = make->until;
    *out = make->until;
    return status;
}

static enum sk_status look_at_cas(struct making *make, struct sk_err *err)
{
    const struct sk_config *config = make->served->config;
    size_t c, p;

    for (c = 0; c < config->num_cas; c++) {
        for (p = 0; p < config->num_policies; p++) {
            make->policy = &config->policies[p];
            if (look_at_ca(make, &config->cas[c],
                           &make->served->until[c * config->num_policies + p]) != SK_OK)
                return err_set(err, SK_IO, "what CA %s is to the policies: cannot be read",
                               config->cas[c].name);
        }
    }
    return SK_OK;
}

/* ---- which lists ---- */

/* The key that the list names is the one of this certificate. */
static enum sk_status look_at_issuer(void *arg, const struct sk_cert *cert)
{
    struct making *make = arg;

    if (memcmp(cert->subject_hash, make->crl->issuer_hash, SK_SHA256) == 0 &&
        cert->not_after > make->needed_until)
        make->needed_until = cert->not_after;
    return SK_OK;
}

static bool is_of_anchor(const struct sk_config *config, const struct sk_crl *crl)
{
    size_t p, i;

    for (p = 0; p < config->num_policies; p++) {
        const struct sk_params *params = &config->policies[p].params;

        for (i = 0; i < params->num_anchors; i++) {
            if (memcmp(params->anchors[i].cert->subject_hash, crl->issuer_hash, SK_SHA256) == 0)
                return true;
        }
    }
    return false;
}

/* An anchor outlives its certificate (V-01); a key whose certificate is not there may be any. */
static int64_t list_needed_until(struct making *make)
{
    const struct sk_crl *crl = make->crl;
    enum sk_status status;

    make->needed_until = 0;
    if (!crl->has_aki || crl->aki.key_id.len == 0 || is_of_anchor(make->served->config, crl))
        return CLOCK_NEVER;
    status =
        reader_certs_by_key_id(make->reader, make->arena, crl->aki.key_id, look_at_issuer, make);
    return status == SK_OK && make->needed_until > 0 ? make->needed_until : CLOCK_NEVER;
}

static enum sk_status make_scope(const struct sk_crl *crl, uint8_t out[SK_SHA256])
{
    uint8_t parts[3 * SK_SHA256 + 1] = {0};
    enum sk_status status;
    size_t len;

    memcpy(parts, crl->issuer_hash, SK_SHA256);
    parts[3 * SK_SHA256] = crl->is_delta;
    status = key_digest(KEY_SHA256, crl->aki.key_id, parts + SK_SHA256, &len);
    if (status == SK_OK)
        status = key_digest(KEY_SHA256, crl->idp.der, parts + 2 * (size_t)SK_SHA256, &len);
    if (status == SK_OK)
        status = key_digest(KEY_SHA256, bytes_of(parts, sizeof(parts)), out, &len);
    return status;
}

static enum served_kind kind_of(const struct sk_crl *crl, const struct reader_crl_info *info)
{
    if (crl->is_delta)
        return SERVED_DELTA;
    return info->is_arl ? SERVED_ARL : SERVED_CRL;
}

static enum sk_status fill_list(struct making *make, const struct config_ca *ca,
                                const struct reader_crl_info *info, struct served_list *out)
{
    struct sk_crl crl;
    struct sk_bytes der;
    enum sk_status status;

    arena_reset(make->arena);
    status = reader_blob(make->reader, info->sha256, &der);
    if (status == SK_OK)
        status = crl_parse(make->arena, der, &crl, NULL);
    if (status != SK_OK)
        return status;
    make->crl = &crl;
    *out = (struct served_list){.ca = ca->name,
                                .index = (size_t)(ca - make->served->config->cas),
                                .kind = kind_of(&crl, info),
                                .this_update = info->this_update,
                                .next_update = info->next_update,
                                .needed_until = list_needed_until(make),
                                .num_entries = info->num_entries};
    return make_scope(&crl, out->scope);
}

static enum sk_status put_list(struct sk_served *served, const struct served_list *list)
{
    if (served->num_lists == MAX_LISTS)
        return SK_LIMIT;
    if (served->num_lists == served->max_lists) {
        size_t max = served->max_lists == 0 ? 64 : served->max_lists * 2;
        struct served_list *more = realloc(served->lists, max * sizeof(*more));

        if (more == NULL)
            return SK_NOMEM;
        served->lists = more;
        served->max_lists = max;
    }
    served->lists[served->num_lists++] = *list;
    return SK_OK;
}

static int compare_scopes(const struct served_list *a, const struct served_list *b)
{
    if (a->index != b->index)
        return a->index < b->index ? -1 : 1;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    return memcmp(a->scope, b->scope, SK_SHA256);
}

/* The newest first within a scope. */
static int compare_lists(const void *p, const void *q)
{
    const struct served_list *a = p, *b = q;
    int order = compare_scopes(a, b);

    if (order == 0 && a->next_update != b->next_update)
        order = a->next_update > b->next_update ? -1 : 1;
    return order;
}

static void keep_newest(struct sk_served *served)
{
    size_t i, kept = 0;

    if (served->num_lists == 0)
        return;
    qsort(served->lists, served->num_lists, sizeof(*served->lists), compare_lists);
    for (i = 0; i < served->num_lists; i++) {
        if (kept == 0 || compare_scopes(&served->lists[kept - 1], &served->lists[i]) != 0)
            served->lists[kept++] = served->lists[i];
    }
    served->num_lists = kept;
}

static enum sk_status look_at_list(void *arg, const struct reader_crl_info *info)
{
    struct making *make = arg;
    struct sk_served *served = make->served;
    const struct config_ca *ca = config_ca(served->config, info->ca);
    struct served_list list;
    enum sk_status status;

    if (ca == NULL)
        return SK_OK; /* what no section names serves nobody */
    status = fill_list(make, ca, info, &list);
    if (status != SK_OK)
        return status;
    /* One without nextUpdate proves nothing (C-05). */
    if (list.kind != SERVED_DELTA && list.next_update != CLOCK_NEVER)
        served->has_list[list.index] = true;
    return put_list(served, &list);
}

/* ---- life ---- */

static enum sk_status fill(struct making *make, struct sk_generation *gen, struct sk_err *err)
{
    enum sk_status status = reader_new(gen, &make->reader, err);

    if (status != SK_OK)
        return status;
    status = look_at_cas(make, err);
    if (status == SK_OK) {
        status = reader_crls(make->reader, look_at_list, make);
        if (status != SK_OK)
            (void)err_set(err, status, "the lists of the snapshot cannot be read");
        keep_newest(make->served);
    }
    return status;
}

enum sk_status served_new(const struct sk_config *config, struct sk_generation *gen, int64_t now,
                          struct sk_served **out, struct sk_err *err)
{
    struct sk_served *served = calloc(1, sizeof(*served));
    struct making make = {.served = served,
                          .arena = arena_new(LIMIT_JOB_ARENA_BYTES),
                          .keys = keyring_new(KEYS),
                          .now = now};
    enum sk_status status = SK_NOMEM;

    if (served != NULL) {
        atomic_init(&served->refs, 1);
        served->config = config;
        served->ends = now + AGAIN_S;
        served->has_list = calloc(config->num_cas + 1, sizeof(*served->has_list));
        served->until = calloc(config->num_cas * config->num_policies + 1, sizeof(*served->until));
    }
    if (served == NULL || make.arena == NULL || make.keys == NULL || served->has_list == NULL ||
        served->until == NULL)
        (void)err_set(err, SK_NOMEM, "what is served: no memory");
    else
        status = fill(&make, gen, err);
    reader_free(make.reader);
    keyring_free(make.keys);
    arena_free(make.arena);
    if (status == SK_OK)
        *out = served;
    else
        served_unref(served);
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
    free(served->lists);
    free(served->has_list);
    free(served->until);
    free(served);
}

/* ---- asking ---- */

size_t served_count(const struct sk_served *served)
{
    return served->num_lists;
}

const struct served_list *served_list_get0(const struct sk_served *served, size_t i)
{
    return &served->lists[i];
}

bool served_is_over(const struct sk_served *served, int64_t now)
{
    return now > served->ends;
}

const char *served_kind_text(enum served_kind kind)
{
    switch (kind) {
    case SERVED_CRL:
        return "crl";
    case SERVED_ARL:
        return "arl";
    case SERVED_DELTA:
        return "delta";
    }
    return "crl";
}

bool served_next(const struct sk_served *served, int64_t now, size_t *i,
                 const struct served_list **out)
{
    const struct served_list *head, *first = NULL;

    if (*i >= served->num_lists)
        return false;
    head = &served->lists[*i];
    for (; *i < served->num_lists; ++*i) {
        const struct served_list *list = &served->lists[*i];

        if (list->index != head->index || list->kind != head->kind)
            break;
        if (list->needed_until >= now && list->next_update != CLOCK_NEVER &&
            (first == NULL || list->next_update < first->next_update))
            first = list;
    }
    *out = first;
    return true;
}

bool served_is_stale(const struct served_list *list, int64_t now)
{
    return list->next_update <= now;
}

/* OCSP speaks of every CA by the default policy, whatever that one asks of paths. */
static bool wants_lists(const struct sk_config *config, const struct sk_policy *policy)
{
    return policy->params.revocation != REVOCATION_OFF ||
           (policy == config->default_policy && config->signer.backend != CONFIG_SIGNER_NONE);
}

/* The first policy that depends on the CA's lists and finds this one too old (list NULL: that there
 * is none); NULL: none does. */
static const struct sk_policy *who_suffers(const struct sk_served *served, size_t ca,
                                           const struct served_list *list, int64_t now)
{
    const struct sk_config *config = served->config;
    size_t p;

    for (p = 0; p < config->num_policies; p++) {
        const struct sk_policy *policy = &config->policies[p];
        const struct sk_params *params = &policy->params;

        if (served->until[ca * config->num_policies + p] < now || !wants_lists(config, policy))
            continue;
        if (list != NULL && list->next_update < now - params->grace_s)
            return policy;
        if (list == NULL && params->revocation == REVOCATION_REQUIRED &&
            params->ocsp_evidence == OCSP_EVIDENCE_NO)
            return policy;
    }
    return NULL;
}

void served_faults(const struct sk_served *served, int64_t now, served_fault_fn visit, void *arg)
{
    const struct sk_policy *policy;
    size_t i;

    for (i = 0; i < served->num_lists; i++) {
        const struct served_list *list = &served->lists[i];

        /* A delta past its end leaves the complete list, which is judged by itself. */
        if (list->needed_until < now || list->kind == SERVED_DELTA)
            continue;
        policy = who_suffers(served, list->index, list, now);
        if (policy != NULL)
            visit(arg, &(struct served_fault){SERVED_STALE, list->ca, policy->name, list});
    }
    for (i = 0; i < served->config->num_cas; i++) {
        policy = served->has_list[i] ? NULL : who_suffers(served, i, NULL, now);
        if (policy != NULL)
            visit(arg, &(struct served_fault){SERVED_MISSING, served->config->cas[i].name,
                                              policy->name, NULL});
    }
}
