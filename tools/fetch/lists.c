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
    enum fetch_reason reason;
    struct sk_err err;
};

static bool refuse(struct trial *trial, enum fetch_reason reason, const char *text)
{
    trial->reason = reason;
    (void)err_set(&trial->err, SK_INPUT, "%s", text);
    return false;
}

/* A list that says itself for which certificates it is may come from anywhere (C-05). */
static bool check_scope(struct trial *trial)
{
    if (trial->list.crl.idp.only_attribute_certs)
        return refuse(trial, REASON_WRONG_SCOPE, "a list for attribute certificates");
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

/* An anchor is trusted as it is, in lists as in certificates (V-01). */
static bool may_sign_lists(const struct pool_cert *cert)
{
    return cert->is_anchor || !cert->cert.key_usage.is_present ||
           (cert->cert.key_usage_bits & KEY_USAGE_CRL_SIGN) != 0;
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
        if (!cert->is_verified || !may_sign_lists(cert) ||
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

static bool check_guard(struct trial *trial)
{
    enum sk_status status = guard_check(trial->in->held, &trial->list, trial->in->now, &trial->err);

    if (status == SK_OK)
        return true;
    trial->reason = status == SK_INPUT ? REASON_OLDER_THAN_HELD : REASON_FAILED;
    return false;
}

/* Everything but the sequence, which does not count for what is held. */
static bool check_list(struct trial *trial, struct sk_bytes der)
{
    if (crl_parse(trial->in->arena, der, &trial->list.crl, &trial->err) != SK_OK) {
        trial->reason = REASON_MALFORMED;
        return false;
    }
    key_sha256(der, trial->list.sha256);
    return check_scope(trial) && check_issuer(trial) && check_signature(trial);
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

/* Tells of a list that is published but that validation will not rely on, or not yet. That is a
 * fault of the source, and still better than going on as if the list were not there: an older one
 * would answer in its place, and what it lists would not count. */
static void warn(const struct trial *trial, enum fetch_reason reason, const char *what,
                 const char *more)
{
    struct sk_err err = {SK_OK, ""};

    trial->list.source->has_fault = true;
    (void)err_set(&err, SK_INPUT, "published, but %s%s", what, more);
    report_fault(trial->in->report, trial->list.source->ca->name, trial->list.source->url, reason,
                 &err);
}

static void warn_of_dates(const struct trial *trial)
{
    const struct sk_crl *crl = &trial->list.crl;
    char text[CLOCK_TEXT];

    if (crl->this_update > trial->in->now) {
        clock_format_rfc3339(crl->this_update, text);
        warn(trial, REASON_NOT_YET_VALID, "thisUpdate is ", text);
    }
    if (!crl->has_next_update) {
        warn(trial, REASON_EXPIRED, "it has no nextUpdate (RFC 5280 5.1.2.5)", "");
    } else if (crl->next_update < trial->in->now) {
        clock_format_rfc3339(crl->next_update, text);
        warn(trial, REASON_EXPIRED, "nextUpdate was ", text);
    }
}

/* True when the source's body is accepted; its fault has been told otherwise. */
static bool try_fetched(struct trial *trial)
{
    struct fetch_source *source = trial->list.source;
    struct sk_bytes der;

    if (decode_crl(trial->in->arena, buf_bytes(&source->bodies[0].bytes), &der, &trial->reason,
                   &trial->err) == SK_OK &&
        check_list(trial, der) && check_guard(trial)) {
        warn_of_dates(trial);
        if (trial->list.crl.has_unknown_critical)
            warn(trial, REASON_UNUSABLE, "it has an unknown critical extension", "");
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
    bool is_until_next; /* keep only the newest that is in force: what comes next is here already */
    size_t first;       /* of the source's lists in lists */
};

/* Does the held list stay? */
static enum sk_status keep(const struct held_visit *visit, const struct list *list)
{
    struct lists *lists = visit->lists;
    struct list *kept;

    if (!visit->is_until_next)
        return add(lists, list);
    if (list->crl.this_update > visit->in->now)
        return SK_OK;
    if (lists->num_lists == visit->first)
        return add(lists, list);
    kept = &lists->lists[visit->first];
    if (list->crl.this_update > kept->crl.this_update)
        *kept = *list;
    return SK_OK;
}

static enum sk_status keep_held(void *arg, const uint8_t sha256[SK_SHA256], struct sk_bytes der)
{
    const struct held_visit *visit = arg;
    struct trial trial = {.in = visit->in, .list = {.source = visit->source, .is_held = true}};

    (void)sha256;
    if (check_list(&trial, der))
        return keep(visit, &trial.list);
    visit->source->has_fault = true;
    (void)err_context(&trial.err, "held until now");
    report_fault(visit->in->report, visit->source->ca->name, visit->source->url, trial.reason,
                 &trial.err);
    return SK_OK;
}

static enum sk_status gather_held(struct held_visit *visit)
{
    const struct lists_input *in = visit->in;
    struct fetch_source *source = visit->source;
    struct sk_err err = {SK_OK, ""};
    enum sk_status status;

    status = held_each(in->held, source->url, keep_held, visit);
    if (status != SK_INPUT && status != SK_NOTFOUND)
        return status;
    source->has_fault = true;
    (void)err_set(&err, status, "what is held of it cannot be read");
    report_fault(in->report, source->ca->name, source->url, REASON_DAMAGED, &err);
    return SK_OK;
}

static enum sk_status gather_source(struct lists *lists, const struct lists_input *in,
                                    struct fetch_source *source)
{
    struct held_visit visit = {lists, in, source, false, lists->num_lists};
    struct trial trial = {.in = in, .list = {.source = source}};
    enum sk_status status;

    if (source->outcome != FETCH_GOT || !try_fetched(&trial))
        return gather_held(&visit);
    /* One that is not in force yet replaces nothing yet. */
    visit.is_until_next = trial.list.crl.this_update > in->now;
    if (visit.is_until_next && (status = gather_held(&visit)) != SK_OK)
        return status;
    return add(lists, &trial.list);
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
