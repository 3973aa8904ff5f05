/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each policy needs of the lists of each CA, as the judge sees it.
 */
#include <stdio.h>

#include "core/clock.h"
#include "core/judge.h"
#include "core/name.h"
#include "net/served_int.h"

enum { UNKNOWN_S = 60 }; /* asked again after this time when a budget has ended */

/* A serial that no list holds, if not on purpose. */
static const uint8_t PROBE[] = {0x5e, 0x4b, 0x15, 0x70, 0x9d, 0x21, 0xc6, 0x0f,
                                0x38, 0xe4, 0x72, 0xab, 0x19, 0xd5, 0x83, 0x6c};

/* A CA being looked at. */
struct looking {
    struct served_making *make;
    const struct config_ca *ca;
    size_t index;
    const struct sk_policy *policy;
    const struct sk_cert **certs; /* all that are known of it */
    bool *is_issuer;              /* it bears the CA's name, and not one that the CA certified */
    size_t num_certs, max_certs;
    bool is_of_certificates; /* what is being added comes as one of the CA's own */
    const uint8_t *signer;   /* key of the list that is being looked at */
};

/* ---- its certificates ---- */

static bool is_known(const struct looking *looking, const struct sk_cert *cert)
{
    size_t i;

    for (i = 0; i < looking->num_certs; i++)
        if (memcmp(looking->certs[i]->sha256, cert->sha256, SK_SHA256) == 0)
            return true;
    return false;
}

static bool is_name_known(const struct looking *looking, const struct sk_cert *cert)
{
    size_t i;

    for (i = 0; i < looking->num_certs; i++)
        if (looking->is_issuer[i] &&
            memcmp(looking->certs[i]->subject_hash, cert->subject_hash, SK_SHA256) == 0)
            return true;
    return false;
}

static enum sk_status grow(struct looking *looking)
{
    size_t max = looking->max_certs == 0 ? 16 : looking->max_certs * 2;
    struct sk_arena *arena = looking->make->lasting;
    const struct sk_cert **certs = arena_array(arena, max, sizeof(const struct sk_cert *));
    bool *is_issuer = arena_array(arena, max, sizeof(*is_issuer));

    if (certs == NULL || is_issuer == NULL)
        return SK_LIMIT;
    if (looking->num_certs > 0) {
        memcpy(certs, looking->certs, looking->num_certs * sizeof(const struct sk_cert *));
        memcpy(is_issuer, looking->is_issuer, looking->num_certs * sizeof(*is_issuer));
    }
    looking->certs = certs;
    looking->is_issuer = is_issuer;
    looking->max_certs = max;
    return SK_OK;
}

static enum sk_status add_cert(struct looking *looking, const struct sk_cert *cert, bool is_issuer)
{
    enum sk_status status = SK_OK;

    if (is_known(looking, cert))
        return SK_OK;
    if (looking->num_certs == looking->max_certs)
        status = grow(looking);
    if (status != SK_OK)
        return status;
    looking->certs[looking->num_certs] = cert;
    looking->is_issuer[looking->num_certs++] = is_issuer;
    return SK_OK;
}

static enum sk_status add_origin(void *arg, const uint8_t sha256[SK_SHA256])
{
    struct looking *looking = arg;
    const struct sk_cert *cert;
    enum sk_status status =
        reader_cert(looking->make->reader, looking->make->lasting, sha256, &cert);

    if (status == SK_NOTFOUND || (status == SK_OK && !cert->is_ca && cert->version == 3))
        return SK_OK; /* a list or a bundle, or an end entity */
    if (status != SK_OK)
        return status;
    /* Cross certificates go in both directions. */
    return add_cert(looking, cert, looking->is_of_certificates || is_name_known(looking, cert));
}

static enum sk_status add_sources(struct looking *looking, const struct config_list *urls)
{
    enum sk_status status = SK_OK;
    size_t i;

    for (i = 0; status == SK_OK && i < urls->num_values; i++)
        status = reader_origin(looking->make->reader, urls->values[i], add_origin, looking);
    return status;
}

static enum sk_status add_signer(void *arg, const struct sk_cert *cert)
{
    struct looking *looking = arg;

    if (memcmp(cert->spki_sha256, looking->signer, SK_SHA256) != 0)
        return SK_OK;
    return add_cert(looking, cert, true);
}

static enum sk_status add_signers(struct looking *looking, bool *out_has_list)
{
    const struct served_making *make = looking->make;
    const struct sk_source *source = reader_source(make->reader);
    enum sk_status status = SK_OK;
    size_t i;

    for (i = 0; status == SK_OK && i < make->num_seen; i++) {
        const struct served_seen *seen = make->seen[i];

        if (seen->list.index != looking->index)
            continue;
        *out_has_list = true;
        if (seen->signer == NULL)
            continue;
        looking->signer = seen->signer->spki_sha256;
        status = source->ops->certs_by_subject(source, make->lasting, seen->crl.issuer_hash,
                                               add_signer, looking);
    }
    return status;
}

/* Own certificates first: they say which of the cross certificates are its own. */
static enum sk_status find_certs(struct looking *looking, bool *out_has_list)
{
    enum sk_status status;

    looking->num_certs = 0;
    *out_has_list = false;
    looking->is_of_certificates = true;
    status = add_sources(looking, &looking->ca->certificates);
    if (status == SK_OK)
        status = add_signers(looking, out_has_list);
    looking->is_of_certificates = false;
    if (status == SK_OK)
        status = add_sources(looking, &looking->ca->cross);
    return status;
}

/* ---- asking the judge ---- */

static struct sk_query query_of(const struct looking *looking, const struct sk_params *params)
{
    const struct served_making *make = looking->make;

    arena_reset(make->job);
    return (struct sk_query){.params = params,
                             .source = reader_source(make->reader),
                             .time = make->now,
                             .keys = make->keys,
                             .arena = make->job,
                             .cpu_now = clock_cpu_us};
}

bool served_is_anchor(const struct sk_params *params, const struct sk_cert *cert)
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

/* What the policy says of this CA certificate; NULL: the machine failed. */
static const struct sk_verdict *judge_cert(const struct looking *looking,
                                           const struct sk_cert *cert, enum revocation_mode mode)
{
    struct sk_params params = looking->policy->params;
    struct sk_query query = query_of(looking, &params);
    struct sk_verdict *verdict = arena_alloc(looking->make->job, sizeof(*verdict));

    /* What a policy asks of end entities says nothing about a CA. */
    params.num_ekus = 0;
    params.key_usage = 0;
    params.revocation = mode;
    /* The other budgets bound the work; this one would make an answer of a busy moment. */
    params.budget.max_cpu_ms = 0;
    query.target = cert;
    return verdict != NULL && judge(&query, verdict) == SK_OK ? verdict : NULL;
}

/* Until when the policy has a path to this CA certificate; 0: it has none. */
static int64_t reached_until(const struct looking *looking, const struct sk_cert *cert)
{
    const struct sk_verdict *verdict;

    if (served_is_anchor(&looking->policy->params, cert))
        return CLOCK_NEVER;
    verdict = judge_cert(looking, cert, REVOCATION_OFF);
    if (verdict == NULL || verdict->kind == VERDICT_UNDETERMINED)
        return looking->make->now + UNKNOWN_S;
    return verdict->kind == VERDICT_VALID ? verdict->valid_until : 0;
}

/* ---- what is at fault ---- */

static enum sk_status set_fault(const struct looking *looking, struct served_need *need,
                                enum served_fault_kind kind, const char *text)
{
    if (kind <= need->fault) /* the graver is told */
        return SK_OK;
    need->fault = kind;
    need->text = arena_copy(looking->make->served->arena, text, strlen(text));
    return need->text != NULL ? SK_OK : SK_LIMIT;
}

static enum sk_status set_missing_source(const struct looking *looking, struct served_need *need,
                                         const char *url)
{
    char text[LIMIT_FINDING_TEXT];

    (void)snprintf(text, sizeof(text), "nothing has come from %s", url);
    return set_fault(looking, need, SERVED_FAULT_MISSING, text);
}

static bool has_no_source(const struct revocation_status *said)
{
    return said->kind == REVOCATION_UNDETERMINED && said->why == FINDING_REVOCATION_NO_SOURCE;
}

static enum sk_status set_undetermined(const struct looking *looking, struct served_need *need,
                                       enum finding_code why, const char *text)
{
    enum served_fault_kind kind = SERVED_FAULT_LIST;

    if (why == FINDING_REVOCATION_STALE)
        kind = SERVED_FAULT_STALE;
    else if (why == FINDING_REVOCATION_NO_SOURCE)
        kind = SERVED_FAULT_MISSING;
    else if (why != FINDING_REVOCATION_UNUSABLE)
        kind = SERVED_FAULT_UNKNOWN;
    if (kind == SERVED_FAULT_UNKNOWN)
        served_note_end(looking->make, looking->make->now + UNKNOWN_S);
    return set_fault(looking, need, kind, text);
}

/* What was said of one key's certificates of one kind, when some list speaks of them. */
static enum sk_status take_answer(const struct looking *looking, struct served_need *need,
                                  const struct revocation_status *said)
{
    const char *url;
    enum sk_status status;

    switch (said->kind) {
    case REVOCATION_UNDETERMINED:
        served_note_end(looking->make, said->holds_until);
        return set_undetermined(looking, need, said->why, said->text);
    case REVOCATION_REVOKED:
        return SK_OK; /* somebody lists our serial: the lists are read */
    case REVOCATION_GOOD:
        break;
    }
    if (said->holds_until < need->until)
        need->until = said->holds_until;
    served_note_end(looking->make, said->holds_until);
    if (!said->is_partial)
        return SK_OK;
    status = served_missing_source(looking->make->reader, looking->ca, &url);
    if (status == SK_OK)
        return set_missing_source(looking, need, url);
    return status == SK_NOTFOUND ? SK_OK : status;
}

/* No list speaks of one kind. That is as it should be when the CA certifies only the other, and
 * when no address stands for this one. */
static enum sk_status take_silence(const struct looking *looking, struct served_need *need,
                                   size_t for_what)
{
    const struct config_ca *ca = looking->ca;
    struct config_ca of_kind = {0};
    const char *url;
    enum sk_status status;

    if (for_what == SERVED_FOR_USERS)
        of_kind.crls = ca->crls;
    else
        of_kind.arls = ca->arls;
    status = served_missing_source(looking->make->reader, &of_kind, &url);
    if (status == SK_OK)
        return set_missing_source(looking, need, url);
    return status == SK_NOTFOUND ? SK_OK : status;
}

static enum sk_status ask_about_key(const struct looking *looking, const struct sk_cert *issuer,
                                    struct served_need needs[SERVED_FOR])
{
    struct sk_params params = looking->policy->params;
    struct revocation_status said[SERVED_FOR];
    enum sk_status status = SK_OK;
    size_t i;

    params.budget.max_cpu_ms = 0; /* as in judge_cert() */
    for (i = 0; status == SK_OK && i < SERVED_FOR; i++) {
        struct sk_query query = query_of(looking, &params);

        status = judge_serial(&query, issuer, bytes_of(PROBE, sizeof(PROBE)), i == SERVED_FOR_CAS,
                              NULL, &said[i]);
    }
    if (status == SK_OK && has_no_source(&said[SERVED_FOR_USERS]) &&
        has_no_source(&said[SERVED_FOR_CAS]))
        return set_fault(looking, &needs[0], SERVED_FAULT_MISSING,
                         "the snapshot has no revocation list");
    for (i = 0; status == SK_OK && i < SERVED_FOR; i++)
        status = has_no_source(&said[i]) ? take_silence(looking, &needs[i], i)
                                         : take_answer(looking, &needs[i], &said[i]);
    return status;
}

/* ---- one CA and policy ---- */

/* OCSP speaks of every CA by the default policy, whatever that one asks of paths. */
static bool wants_lists(const struct sk_config *config, const struct sk_policy *policy)
{
    return policy->params.revocation != REVOCATION_OFF ||
           (policy == config->default_policy && config->signer.backend != CONFIG_SIGNER_NONE);
}

/* Where lists are only wished for, or stored answers may stand in, none is no fault. */
static bool requires_lists(const struct sk_policy *policy)
{
    return policy->params.revocation == REVOCATION_REQUIRED &&
           policy->params.ocsp_evidence == OCSP_EVIDENCE_NO;
}

static bool was_asked(const struct looking *looking, size_t i)
{
    size_t j;

    for (j = 0; j < i; j++)
        if (looking->is_issuer[j] &&
            memcmp(looking->certs[j]->spki_sha256, looking->certs[i]->spki_sha256, SK_SHA256) ==
                0 &&
            memcmp(looking->certs[j]->subject_hash, looking->certs[i]->subject_hash, SK_SHA256) ==
                0)
            return true;
    return false;
}

/* The judge is asked about a key once, whichever of its certificates the policy has a path to. */
static bool is_key_reached(const struct looking *looking, const int64_t *until, size_t key)
{
    size_t i;

    for (i = key; i < looking->num_certs; i++)
        if (until[i] > looking->make->now &&
            memcmp(looking->certs[i]->spki_sha256, looking->certs[key]->spki_sha256, SK_SHA256) ==
                0)
            return true;
    return false;
}

static enum sk_status ask_about_keys(const struct looking *looking, const int64_t *until,
                                     struct served_need *needs)
{
    bool is_any = false;
    enum sk_status status = SK_OK;
    size_t i;

    for (i = 0; status == SK_OK && i < looking->num_certs; i++) {
        if (!looking->is_issuer[i] || was_asked(looking, i) || !is_key_reached(looking, until, i))
            continue;
        is_any = true;
        status = ask_about_key(looking, looking->certs[i], needs);
    }
    if (status == SK_OK && !is_any)
        status = set_fault(looking, &needs[0], SERVED_FAULT_LIST,
                           "no key is known that signs its lists");
    return status;
}

/* When no certificate of the CA has a known status, no verdict about what it issued is known: the
 * lists of those above it are not enough, or not in the snapshot. */
static enum sk_status ask_about_certs(const struct looking *looking, const int64_t *until,
                                      struct served_need *need)
{
    char text[2 * LIMIT_FINDING_TEXT];
    enum finding_code why = FINDING_NONE;
    size_t i;

    for (i = 0; i < looking->num_certs; i++) {
        const struct sk_verdict *verdict;

        if (!looking->is_issuer[i] || until[i] <= looking->make->now)
            continue;
        if (served_is_anchor(&looking->policy->params, looking->certs[i]))
            return SK_OK;
        verdict = judge_cert(looking, looking->certs[i], looking->policy->params.revocation);
        if (verdict == NULL)
            return SK_NOMEM;
        if (verdict->kind == VERDICT_VALID) {
            served_note_end(looking->make, verdict->valid_until);
            return SK_OK;
        }
        if (verdict->kind != VERDICT_UNDETERMINED || why != FINDING_NONE)
            continue;
        why = verdict->findings[0].code;
        (void)snprintf(text, sizeof(text), "the status of its own certificate: %s",
                       verdict->findings[0].text);
    }
    return why != FINDING_NONE ? set_undetermined(looking, need, why, text) : SK_OK;
}

/* Nothing is known of a CA but its lists, or not even those: it may be any policy's. */
static enum sk_status look_at_policy(const struct looking *looking, bool has_list,
                                     struct served_need *needs)
{
    int64_t *until = arena_array(looking->make->lasting, looking->num_certs, sizeof(*until));
    bool is_reached = looking->num_certs == 0;
    enum sk_status status = SK_OK;
    size_t i;

    if (until == NULL)
        return SK_LIMIT;
    for (i = 0; i < looking->num_certs; i++) {
        until[i] = reached_until(looking, looking->certs[i]);
        if (until[i] > looking->make->now) {
            is_reached = true;
            served_note_end(looking->make, until[i]);
        }
    }
    if (!is_reached || !wants_lists(looking->make->served->config, looking->policy))
        return SK_OK;
    if (has_list)
        status = ask_about_keys(looking, until, needs);
    else
        status = set_fault(looking, &needs[0], SERVED_FAULT_MISSING,
                           "the snapshot has no revocation list");
    if (status == SK_OK)
        status = ask_about_certs(looking, until, &needs[SERVED_FOR_CAS]);
    for (i = 0; i < SERVED_FOR; i++)
        if (needs[i].fault == SERVED_FAULT_MISSING && !requires_lists(looking->policy))
            needs[i].fault = SERVED_FAULT_NONE;
    return status;
}

enum sk_status served_look_at_needs(struct served_making *make)
{
    struct sk_served *served = make->served;
    const struct sk_config *config = served->config;
    size_t num = config->num_cas * config->num_policies * SERVED_FOR, i, p;
    struct looking looking = {.make = make};
    enum sk_status status = SK_OK;
    bool has_list;

    served->needs = arena_array(served->arena, num, sizeof(*served->needs));
    if (served->needs == NULL)
        return SK_LIMIT;
    for (i = 0; i < num; i++)
        served->needs[i].until = CLOCK_NEVER;
    for (i = 0; status == SK_OK && i < config->num_cas; i++) {
        looking.ca = &config->cas[i];
        looking.index = i;
        status = find_certs(&looking, &has_list);
        for (p = 0; status == SK_OK && p < config->num_policies; p++) {
            looking.policy = &config->policies[p];
            status = look_at_policy(&looking, has_list, served_need(served, i, p, 0));
        }
    }
    return status;
}
