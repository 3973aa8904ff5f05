/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/fetch/lists.h"

#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/name.h"
#include "tools/fetch/decode.h"
#include "tools/fetch/guard.h"

/* A list being judged, and why it was refused. */
struct trial {
    const struct lists_input *in;
    struct list list;
    bool has_unknown_critical; /* of the list or of an entry (C-06) */
    enum fetch_reason reason;
    struct sk_err err;
};

static bool refuse(struct trial *trial, enum fetch_reason reason, const char *text)
{
    trial->reason = reason;
    (void)err_set(&trial->err, SK_INPUT, "%s", text);
    return false;
}

/* Walks to the last entry: a list is taken whole or not at all. */
static bool check_entries(struct trial *trial)
{
    struct crl_walk walk;
    struct crl_entry entry;
    enum sk_status status;

    trial->has_unknown_critical = trial->list.crl.has_unknown_critical;
    crl_entries(&trial->list.crl, &walk);
    while ((status = crl_entry_next(&walk, &entry, &trial->err)) == SK_OK)
        trial->has_unknown_critical |= entry.has_unknown_critical;
    if (status == SK_NOTFOUND)
        return true;
    trial->reason = REASON_MALFORMED;
    return false;
}

static bool check_scope(struct trial *trial)
{
    const struct crl_idp *idp = &trial->list.crl.idp;

    if (idp->only_attribute_certs)
        return refuse(trial, REASON_WRONG_SCOPE, "a list for attribute certificates");
    if (trial->list.source->kind == FETCH_CRL && idp->only_ca_certs)
        return refuse(trial, REASON_WRONG_SCOPE,
                      "a list for CA certificates only; its place is under arls");
    if (trial->list.source->kind == FETCH_ARL && idp->only_user_certs)
        return refuse(trial, REASON_WRONG_SCOPE,
                      "a list for end entities only; its place is under crls");
    return true;
}

/* Is the list's issuer a subject of the certificates that this kind of source gave for the CA?
 * *out_any: whether there are such certificates at all. */
static bool is_subject(const struct trial *trial, enum fetch_kind kind, bool *out_any)
{
    const struct pool *pool = trial->in->pool;
    const struct pool_gift *gift;
    size_t i;

    for (i = 0; i < pool->num_gifts; i++) {
        gift = &pool->gifts[i];
        if (gift->source == NULL || gift->source->ca != trial->list.source->ca ||
            gift->source->kind != kind || !gift->cert->is_verified)
            continue;
        *out_any = true;
        if (name_equal(gift->cert->cert.subject_canon, trial->list.crl.issuer_canon))
            return true;
    }
    return false;
}

/* The CA's names are the subjects of its own certificates, of its cross certificates where it has
 * no others, and anybody verified where it has none at all. */
static bool check_issuer(struct trial *trial)
{
    const struct config_ca *ca = trial->list.source->ca;
    bool has_any = false;

    if (ca->certificates.num_values > 0) {
        if (is_subject(trial, FETCH_CERTIFICATE, &has_any))
            return true;
    } else if (ca->cross.num_values == 0 || is_subject(trial, FETCH_CROSS, &has_any)) {
        return true;
    }
    return has_any ? refuse(trial, REASON_WRONG_ISSUER, "the list's issuer is not this CA")
                   : refuse(trial, REASON_UNVERIFIED, "no certificate of this CA is verified");
}

static bool may_sign_lists(const struct sk_cert *cert)
{
    return !cert->key_usage.is_present || (cert->key_usage_bits & KEY_USAGE_CRL_SIGN) != 0;
}

/* Is the list signed by cert's key? */
static bool is_signed_by(const struct trial *trial, const struct pool_cert *cert)
{
    const struct sk_crl *crl = &trial->list.crl;
    const struct sk_key *key = cert->key;

    if (key == NULL && keyring_get0(trial->in->keys, &cert->cert, NULL, &key, NULL) != SK_OK)
        return false;
    return key_verify(key, crl->sig_alg, crl->tbs, crl->signature, NULL) == SK_OK;
}

static bool check_signature(struct trial *trial)
{
    const struct pool *pool = trial->in->pool;
    const struct sk_crl *crl = &trial->list.crl;
    const struct pool_cert *cert;
    size_t i, num = 0;

    /* RFC 5280 5.1.1.2: the algorithm in both places is the same. */
    if (!crl->is_sig_alg_equal)
        return refuse(trial, REASON_WRONG_SIGNATURE, "two different signature algorithms");
    for (i = 0; i < pool->num_certs; i++) {
        cert = pool->certs[i];
        if (!cert->is_verified || !may_sign_lists(&cert->cert) ||
            !name_equal(cert->cert.subject_canon, crl->issuer_canon))
            continue;
        num++;
        if (is_signed_by(trial, cert)) {
            trial->list.signer = &cert->cert;
            return true;
        }
    }
    if (num == 0)
        return refuse(trial, REASON_UNVERIFIED,
                      "no verified certificate of the list's issuer may sign lists");
    return refuse(trial, REASON_WRONG_SIGNATURE, "of none of its issuer's keys");
}

static bool check_dates(struct trial *trial)
{
    const struct sk_crl *crl = &trial->list.crl;
    char text[CLOCK_TEXT];

    if (crl->this_update > trial->in->now) {
        clock_format_rfc3339(crl->this_update, text);
        trial->reason = REASON_NOT_YET_VALID;
        (void)err_set(&trial->err, SK_INPUT, "thisUpdate is %s", text);
        return false;
    }
    if (!crl->has_next_update)
        return refuse(trial, REASON_EXPIRED, "no nextUpdate (RFC 5280 5.1.2.5)");
    if (crl->next_update < trial->in->now) {
        clock_format_rfc3339(crl->next_update, text);
        trial->reason = REASON_EXPIRED;
        (void)err_set(&trial->err, SK_INPUT, "nextUpdate was %s", text);
        return false;
    }
    return true;
}

static bool check_guard(struct trial *trial)
{
    enum sk_status status = guard_check(trial->in->held, &trial->list, &trial->err);

    if (status == SK_OK)
        return true;
    trial->reason = status == SK_INPUT ? REASON_OLDER_THAN_HELD : REASON_FAILED;
    return false;
}

/* Everything but dates and sequence, which do not count for what is held. */
static bool check_list(struct trial *trial, struct sk_bytes der)
{
    if (crl_parse(trial->in->arena, der, &trial->list.crl, &trial->err) != SK_OK) {
        trial->reason = REASON_MALFORMED;
        return false;
    }
    key_sha256(der, trial->list.sha256);
    return check_entries(trial) && check_scope(trial) && check_issuer(trial) &&
           check_signature(trial);
}

static enum sk_status add(struct lists *lists, const struct list *list)
{
    size_t cap = lists->cap_lists > 0 ? lists->cap_lists * 2 : 16;
    struct list *grown;

    if (lists->num_lists == lists->cap_lists) {
        grown = realloc(lists->lists, cap * sizeof(*grown));
        if (grown == NULL)
            return SK_NOMEM;
        lists->lists = grown;
        lists->cap_lists = cap;
    }
    lists->lists[lists->num_lists++] = *list;
    return SK_OK;
}

/* A list that is published but that validation will not be able to use (C-06) is a fault of the
 * source, and still better than going on with an older one: it may revoke. */
static void warn_unusable(struct trial *trial)
{
    if (!trial->has_unknown_critical)
        return;
    trial->list.source->has_fault = true;
    (void)refuse(trial, REASON_UNUSABLE, "published, but it has an unknown critical extension");
    report_fault(trial->in->report, trial->list.source->ca->name, trial->list.source->url,
                 trial->reason, &trial->err);
}

/* True when the source's body is accepted; its fault has been told otherwise. */
static bool try_fetched(struct trial *trial)
{
    struct fetch_source *source = trial->list.source;
    struct sk_bytes der;

    if (decode_crl(trial->in->arena, buf_bytes(&source->bodies[0].bytes), &der, &trial->reason,
                   &trial->err) == SK_OK &&
        check_list(trial, der) && check_dates(trial) && check_guard(trial)) {
        warn_unusable(trial);
        return true;
    }
    if (trial->reason == REASON_NONE)
        trial->reason = REASON_FAILED;
    source->has_fault = true;
    report_fault(trial->in->report, source->ca->name, source->url, trial->reason, &trial->err);
    return false;
}

struct held_visit {
    struct lists *lists;
    const struct lists_input *in;
    struct fetch_source *source;
};

static enum sk_status keep_held(void *arg, const uint8_t sha256[SK_SHA256], struct sk_bytes der)
{
    const struct held_visit *visit = arg;
    struct trial trial = {.in = visit->in, .list = {.source = visit->source}};

    (void)sha256;
    if (check_list(&trial, der))
        return add(visit->lists, &trial.list);
    visit->source->has_fault = true;
    (void)err_context(&trial.err, "held until now");
    report_fault(visit->in->report, visit->source->ca->name, visit->source->url, trial.reason,
                 &trial.err);
    return SK_OK;
}

static enum sk_status gather_source(struct lists *lists, const struct lists_input *in,
                                    struct fetch_source *source)
{
    struct held_visit visit = {lists, in, source};
    struct trial trial = {.in = in, .list = {.source = source}};
    struct sk_err err = {SK_OK, ""};
    enum sk_status status;

    if (source->outcome == FETCH_GOT && try_fetched(&trial))
        return add(lists, &trial.list);
    status = held_each(in->held, source->url, keep_held, &visit);
    if (status != SK_INPUT && status != SK_NOTFOUND)
        return status;
    source->has_fault = true;
    (void)err_set(&err, status, "what is held of it cannot be read");
    report_fault(in->report, source->ca->name, source->url, REASON_DAMAGED, &err);
    return SK_OK;
}

enum sk_status lists_gather(struct lists *lists, const struct lists_input *in,
                            struct fetch_plan *plan, struct sk_err *err)
{
    enum sk_status status = SK_OK;
    size_t i;

    memset(lists, 0, sizeof(*lists));
    for (i = 0; status == SK_OK && i < plan->num_sources; i++) {
        if (plan_is_list(&plan->sources[i]))
            status = gather_source(lists, in, &plan->sources[i]);
    }
    return status == SK_OK ? SK_OK : err_set(err, status, "no memory for the lists");
}

void lists_done(struct lists *lists)
{
    free(lists->lists);
    memset(lists, 0, sizeof(*lists));
}
