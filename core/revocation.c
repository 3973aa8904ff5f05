/* SPDX-License-Identifier: Apache-2.0 */
#include "core/revocation_task_int.h"

#include <stdio.h>

#include "core/clock.h"
#include "core/hex.h"
#include "core/strength.h"

/* Says why a list did not help. Stale data is told before unusable data, that before none. */
static bool note(struct revocation_task *task, enum revocation_fault fault,
                 const struct crl_item *item)
{
    struct revocation_status *out = task->out;

    if (out->why == FINDING_REVOCATION_STALE || out->why == revocation_fault_code(fault))
        return false;
    revocation_fault_set(out, fault, "CRL", item->src.sha256);
    return true;
}

static void note_time(struct revocation_task *task, enum revocation_fault fault,
                      const struct crl_item *item, int64_t when)
{
    if (note(task, fault, item))
        revocation_fault_add_times(task->out, task->job->time, when);
}

/* ---- which lists count ---- */

static bool is_future(const struct revocation_task *task, const struct sk_crl *crl)
{
    return crl->this_update > task->job->time &&
           crl->this_update - task->job->time > task->job->params->clock_skew_s;
}

/* What is good now may be otherwise from when on. */
static void note_change(struct revocation_task *task, int64_t when)
{
    if (when < task->changes)
        task->changes = when;
}

/* C-01. A list past its nextUpdate within the policy's grace is not stale. */
static bool is_stale(const struct revocation_task *task, const struct sk_crl *crl)
{
    return task->job->time > crl->next_update &&
           task->job->time - crl->next_update > task->job->params->grace_s;
}

static bool can_be_processed(const struct sk_crl *crl)
{
    return crl->has_next_update && !crl->has_unknown_critical;
}

static bool may_replace(const struct crl_item *newer, const struct crl_item *item)
{
    return newer->src.from_arl_attribute == item->src.from_arl_attribute &&
           crl_same_scope(newer->src.crl, item->src.crl) &&
           crl_is_newer(newer->src.crl, item->src.crl);
}

/* C-20 without a signature: whichever key signed the list, a newer authentic one of that key
 * replaces it. So a folder of old lists costs little more than the newest one. */
static enum sk_status is_surely_superseded(struct revocation_task *task,
                                           const struct crl_item *item, bool *out)
{
    const struct revocation_keys *keys = &task->keys;
    const struct crl_item *other;
    unsigned found = 0;
    enum sk_status status;
    size_t i;

    *out = false;
    for (other = task->authentic; other != NULL; other = other->next) {
        if (!job_spend_name_check(task->job))
            return SK_LIMIT;
        if (!may_replace(other, item) || !can_be_processed(other->src.crl))
            continue;
        status = revocation_signer_keys(task->job, task->subject, item->src.crl, &task->keys);
        if (status != SK_OK || keys->has_more)
            return status;
        for (i = 0; i < keys->num; i++)
            if (memcmp(keys->spki_sha256[i], other->signer.cert->spki_sha256, SK_SHA256) == 0)
                found |= 1u << i;
    }
    *out = found != 0 && found == (1u << keys->num) - 1;
    return SK_OK;
}

static void set_authentic(struct revocation_task *task, struct crl_item *item)
{
    item->is_authentic = true;
    item->next = task->authentic;
    task->authentic = item;
}

static enum sk_status find_signer(struct revocation_task *task, struct crl_item *item)
{
    enum sk_status status;
    enum revocation_fault why;

    status = revocation_find_signer(task->job, task->subject, &item->src, &item->signer, &why);
    if (status == SK_NOTFOUND) {
        (void)note(task, why, item);
        item->is_unproven = task->out->has_unproven = true;
        item->is_cut = why == FAULT_CRL_SIGNER_DEPTH || why == FAULT_CRL_SIGNER_LENGTH;
        return SK_OK;
    }
    if (status == SK_OK)
        set_authentic(task, item);
    return status;
}

static void expect_future_lists(struct revocation_task *task)
{
    size_t i;

    for (i = 0; i < task->num_items; i++) {
        const struct crl_item *item = &task->items[i];

        if (item->reasons > 0 && is_future(task, item->src.crl))
            note_change(task, item->src.crl->this_update - task->job->params->clock_skew_s);
    }
}

static enum sk_status authenticate(struct revocation_task *task)
{
    enum sk_status status;
    bool is_superseded;
    size_t i;

    for (i = 0; i < task->num_items; i++) {
        struct crl_item *item = &task->items[i];

        if (item->reasons == 0 || item->src.crl->is_delta || item->is_authentic)
            continue;
        if (is_future(task, item->src.crl)) {
            note_time(task, FAULT_CRL_FUTURE, item, item->src.crl->this_update);
            continue;
        }
        if ((status = is_surely_superseded(task, item, &is_superseded)) != SK_OK)
            return status;
        if (!is_superseded && (status = find_signer(task, item)) != SK_OK)
            return status;
    }
    return SK_OK;
}

enum standing { STANDING, REPLACED_BY_UNUSABLE, REPLACED };

/* C-20: replaced by a newer list of the same scope, signed with the same key. With another key it
 * may be another series: two live keys under one name are two lists that both count. A newer list
 * that must not be used (5.2) does not undo what the one before lists. */
static enum standing standing_of(const struct revocation_task *task, const struct crl_item *item)
{
    const struct crl_item *other;
    enum standing standing = STANDING;

    for (other = task->authentic; other != NULL; other = other->next) {
        if (other == item)
            continue;
        if (!job_spend_name_check(task->job))
            return STANDING; /* the job has ended, and whatever is found now is not told */
        if (!may_replace(other, item) ||
            memcmp(other->signer.cert->spki_sha256, item->signer.cert->spki_sha256, SK_SHA256) != 0)
            continue;
        if (can_be_processed(other->src.crl))
            return REPLACED;
        standing = REPLACED_BY_UNUSABLE;
    }
    return standing;
}

/* C-14: may delta complete base at the time asked about? */
static bool delta_fits(const struct revocation_task *task, const struct sk_crl *base,
                       const struct sk_crl *delta)
{
    return crl_delta_fits(base, delta) && !is_future(task, delta) && delta->is_sig_alg_equal;
}

/* 6.3.3(h): the key that signed base must have signed it. */
static enum sk_status check_delta(struct revocation_task *task, const struct crl_item *base,
                                  const struct crl_item *delta, bool *out_belongs)
{
    enum sk_status status;

    *out_belongs = false;
    if (strength_of_signature(task->job->params, delta->src.crl->sig_alg, NULL) != FINDING_NONE)
        return SK_OK;
    status = revocation_check_signature(task->job, &delta->src, &base->signer);
    *out_belongs = status == SK_OK;
    return status == SK_CRYPTO || status == SK_INPUT ? SK_OK : status;
}

/* C-20: another of these deltas of one base is newer. Two that contradict each other both count.
 * One that came as ARL does not replace one that did not (C-21). */
static bool is_replaced(const struct crl_item *deltas, const struct crl_item *delta)
{
    for (; deltas != NULL; deltas = deltas->next)
        if (deltas->src.from_arl_attribute == delta->src.from_arl_attribute &&
            crl_is_newer(deltas->src.crl, delta->src.crl))
            return true;
    return false;
}

/* The deltas of base; at least those that others do not replace. */
static enum sk_status find_deltas(struct revocation_task *task, const struct crl_item *base,
                                  struct crl_item **out)
{
    enum sk_status status;
    bool belongs;
    size_t i;

    *out = NULL;
    for (i = 0; i < task->num_items; i++) {
        struct crl_item *item = &task->items[i];

        if (!item->src.crl->is_delta)
            continue;
        if (!job_spend_name_check(task->job))
            return SK_LIMIT;
        if (!delta_fits(task, base->src.crl, item->src.crl) || !can_be_processed(item->src.crl) ||
            is_replaced(*out, item))
            continue;
        if ((status = check_delta(task, base, item, &belongs)) != SK_OK)
            return status;
        if (belongs) {
            item->next = *out;
            *out = item;
        }
    }
    return SK_OK;
}

/* ---- what a list says ---- */

enum answer { ANSWER_UNUSABLE = 0, ANSWER_NOT_LISTED, ANSWER_LISTED, ANSWER_REMOVED };

/* The grace of the policy may be added to a nextUpdate. */
static int64_t with_grace(const struct revocation_task *task, int64_t next_update)
{
    return next_update > CLOCK_NEVER - task->job->params->grace_s
               ? CLOCK_NEVER
               : next_update + task->job->params->grace_s;
}

/* C-17: an entry dated after the time asked about. Lost keys may have been lost before. */
static bool counts_later(struct revocation_task *task, const struct crl_entry *entry)
{
    int64_t now = task->job->time, from = entry->revoked_at - task->job->params->clock_skew_s;

    if (entry->has_invalidity && entry->invalidity_date < from)
        from = entry->invalidity_date;
    if (from <= now || entry->reason == CRL_REASON_KEY_COMPROMISE ||
        entry->reason == CRL_REASON_CA_COMPROMISE)
        return false;
    note_change(task, from);
    return true;
}

static enum sk_status ask(struct revocation_task *task, const struct crl_item *item,
                          struct crl_entry *entry, enum answer *out)
{
    const struct sk_source *source = task->job->source;
    enum sk_status status;

    if (!job_spend_step(task->job))
        return SK_LIMIT;
    status =
        source->ops->crl_find(source, task->job->arena, &item->src,
                              revocation_issuer_canon(task->subject), task->subject->serial, entry);
    if (!job_has_time(task->job)) /* a list may be long */
        return SK_LIMIT;
    if (status == SK_OK && entry->has_unknown_critical)
        status = SK_INPUT;
    if (status == SK_INPUT)
        *out = ANSWER_UNUSABLE;
    else if (status == SK_NOTFOUND)
        *out = ANSWER_NOT_LISTED;
    else if (status != SK_OK)
        return status;
    else if (entry->reason == CRL_REASON_REMOVE_FROM_CRL) /* C-13: only a delta removes */
        *out = item->src.crl->is_delta ? ANSWER_REMOVED : ANSWER_UNUSABLE;
    else
        *out = counts_later(task, entry) ? ANSWER_NOT_LISTED : ANSWER_LISTED;
    return SK_OK;
}

static void add_evidence(struct revocation_status *out, const struct crl_item *item)
{
    const struct sk_crl *crl = item->src.crl;
    struct evidence *evidence;

    if (out->this_update < crl->this_update || out->num_evidence == 0)
        out->this_update = crl->this_update;
    if (out->next_update > crl->next_update || out->num_evidence == 0)
        out->next_update = crl->next_update;
    if (out->num_evidence == sizeof(out->evidence) / sizeof(out->evidence[0]))
        return;
    evidence = &out->evidence[out->num_evidence++];
    memcpy(evidence->sha256, item->src.sha256, SK_SHA256);
    evidence->this_update = crl->this_update;
    evidence->next_update = crl->next_update;
}

/* The last second at which the list counts. */
static int64_t last_second(const struct revocation_task *task, const struct crl_item *item)
{
    int64_t ends = with_grace(task, item->src.crl->next_update);

    return ends < item->signer.holds_until ? ends : item->signer.holds_until;
}

/* base: item, or the list that it completes as a delta. */
static void set_revoked(struct revocation_task *task, const struct crl_item *item,
                        const struct crl_item *base, const struct crl_entry *entry)
{
    struct revocation_status *out = task->out;
    char digest[2 * SK_SHA256 + 1], at[CLOCK_TEXT];

    memset(out, 0, sizeof(*out));
    out->kind = REVOCATION_REVOKED;
    out->revoked_at = entry->revoked_at;
    out->reason = entry->reason;
    out->has_invalidity = entry->has_invalidity;
    out->invalidity_date = entry->invalidity_date;
    out->holds_until = last_second(task, base);
    add_evidence(out, item);
    hex_encode(bytes_of(item->src.sha256, SK_SHA256), digest);
    clock_format_rfc3339(entry->revoked_at, at);
    snprintf(out->text, sizeof(out->text), "CRL %.16s: listed since %s, reason %s", digest, at,
             revocation_reason_text(entry->reason));
}

static void set_cleared(struct revocation_task *task, struct crl_item *item,
                        const struct crl_item *delta)
{
    const struct sk_crl *crl = item->src.crl;
    int64_t ends;

    item->has_cleared = true;
    if (revocation_is_of_another(task, item))
        return;
    /* C-21: where lists for CA certificates exist, another list does not stand in for them. */
    if (task->subject->is_ca && task->has_arl && !item->src.from_arl_attribute &&
        !crl->idp.is_present)
        return;
    task->has_whole = task->has_whole || !crl->idp.has_name;
    if (task->subject->cert != NULL && (item->reasons & ~task->covered) == 0)
        return; /* 6.3.3(e): says nothing new */
    task->covered |= item->reasons;
    ends = last_second(task, item);
    if (delta != NULL && with_grace(task, delta->src.crl->next_update) < ends)
        ends = with_grace(task, delta->src.crl->next_update);
    if (task->out->num_evidence == 0 || ends < task->out->holds_until)
        task->out->holds_until = ends;
    task->out->in_grace = task->out->in_grace || task->job->time > crl->next_update ||
                          (delta != NULL && task->job->time > delta->src.crl->next_update);
    add_evidence(task->out, item);
    if (delta != NULL)
        add_evidence(task->out, delta);
}

static void suspect(struct revocation_task *task, const struct crl_item *item)
{
    task->out->is_suspect = true;
    task->is_barred = task->is_barred || !is_stale(task, item->src.crl);
}

static void note_unusable(struct revocation_task *task, const struct crl_item *item)
{
    const struct sk_crl *crl = item->src.crl;

    if (crl->has_unknown_critical)
        (void)note(task, FAULT_CRL_CRITICAL, item);
    else if (!crl->has_next_update)
        (void)note(task, FAULT_CRL_NO_NEXT_UPDATE, item);
    else
        note_time(task, FAULT_CRL_STALE, item, crl->next_update);
}

/* C-06: what an authentic list that cannot be relied upon lists, or may list, is never good. A
 * stale one may have been replaced by one that we lack, so it says nothing against another that
 * clears. */
static enum sk_status consult_unusable(struct revocation_task *task, const struct crl_item *item)
{
    struct crl_entry entry;
    enum answer answer;
    enum sk_status status = ask(task, item, &entry, &answer);

    if (status == SK_OK && (answer == ANSWER_LISTED || answer == ANSWER_UNUSABLE))
        suspect(task, item);
    return status;
}

/* The deltas of base that cannot be relied upon, but for those that one of all replaces. */
static enum sk_status consult_unusable_deltas(struct revocation_task *task,
                                              const struct crl_item *base,
                                              const struct crl_item *all)
{
    enum sk_status status = SK_OK;
    bool belongs;
    size_t i;

    for (i = 0; i < task->num_items && status == SK_OK; i++) {
        const struct crl_item *item = &task->items[i];

        if (!item->src.crl->is_delta || can_be_processed(item->src.crl))
            continue;
        if (!job_spend_name_check(task->job))
            return SK_LIMIT;
        if (!delta_fits(task, base->src.crl, item->src.crl) || is_replaced(all, item))
            continue;
        status = check_delta(task, base, item, &belongs);
        if (status == SK_OK && belongs)
            status = consult_unusable(task, item);
        if (status == SK_OK && task->is_barred)
            note_unusable(task, item);
    }
    return status;
}

/* The same for a base that cannot be relied upon itself, and for all its deltas. */
static enum sk_status consult_unusable_base(struct revocation_task *task,
                                            const struct crl_item *base)
{
    struct crl_item *all, *delta;
    enum sk_status status = consult_unusable(task, base);

    if (status == SK_OK)
        status = find_deltas(task, base, &all);
    if (status != SK_OK)
        return status;
    for (delta = all; delta != NULL && status == SK_OK; delta = delta->next)
        if (!is_replaced(all, delta))
            status = consult_unusable(task, delta);
    return status == SK_OK ? consult_unusable_deltas(task, base, all) : status;
}

/* What the deltas of a base say. */
struct deltas {
    bool is_listed, is_removed;
    const struct crl_item *current; /* of those in their time the one that ends first, or NULL */
};

/* A delta past its nextUpdate no longer removes anything, but what it lists stays listed; so with
 * one of the other kind than base (C-21). A removal must be said by every other delta that is not
 * replaced. */
static enum sk_status consult_deltas(struct revocation_task *task, const struct crl_item *base,
                                     struct deltas *out)
{
    bool is_removed = false, is_kept = false;
    struct crl_item *all, *delta;
    struct crl_entry entry;
    enum answer answer;
    enum sk_status status;

    memset(out, 0, sizeof(*out));
    if ((status = find_deltas(task, base, &all)) != SK_OK)
        return status;
    for (delta = all; delta != NULL; delta = delta->next) {
        bool is_current = !is_stale(task, delta->src.crl);

        if (is_replaced(all, delta))
            continue;
        if ((status = ask(task, delta, &entry, &answer)) != SK_OK)
            return status;
        if (answer == ANSWER_LISTED) {
            set_revoked(task, delta, base, &entry);
            out->is_listed = true;
            return SK_OK;
        }
        if (answer == ANSWER_UNUSABLE) {
            (void)note(task, FAULT_CRL_ENTRIES, delta);
            suspect(task, delta);
        }
        if (delta->src.from_arl_attribute != base->src.from_arl_attribute)
            continue;
        is_removed = is_removed || (answer == ANSWER_REMOVED && is_current);
        is_kept = is_kept || answer != ANSWER_REMOVED || !is_current;
        if (is_current && answer != ANSWER_UNUSABLE &&
            (out->current == NULL ||
             delta->src.crl->next_update < out->current->src.crl->next_update))
            out->current = delta;
    }
    out->is_removed = is_removed && !is_kept;
    return consult_unusable_deltas(task, base, all);
}

/* A hold that delta lifts is one again once delta ends, whatever other lists clear. */
static void note_lifted(struct revocation_task *task, const struct sk_crl *base,
                        const struct sk_crl *delta)
{
    int64_t ends = with_grace(task, delta->next_update);

    if (ends < with_grace(task, base->next_update))
        note_change(task, ends + 1);
}

/* 6.3.3(c), (i)-(k) for one authentic list. */
static enum sk_status consult(struct revocation_task *task, struct crl_item *item)
{
    const struct sk_crl *crl = item->src.crl;
    struct deltas deltas;
    struct crl_entry entry;
    enum answer answer;
    enum sk_status status;

    if (!can_be_processed(crl) || is_stale(task, crl)) {
        note_unusable(task, item);
        return consult_unusable_base(task, item);
    }
    if ((status = consult_deltas(task, item, &deltas)) != SK_OK || deltas.is_listed)
        return status;
    if ((status = ask(task, item, &entry, &answer)) != SK_OK)
        return status;
    if (answer == ANSWER_UNUSABLE) {
        (void)note(task, FAULT_CRL_ENTRIES, item);
        suspect(task, item);
    } else if (answer == ANSWER_LISTED &&
               !(deltas.is_removed && entry.reason == CRL_REASON_CERTIFICATE_HOLD)) {
        set_revoked(task, item, item, &entry);
    } else if (item->signer.is_suspect) {
        (void)note(task, FAULT_CRL_SIGNER_SUSPECT, item);
    } else {
        if (answer == ANSWER_LISTED)
            note_lifted(task, crl, deltas.current->src.crl);
        set_cleared(task, item, deltas.current);
    }
    return SK_OK;
}

/* ---- the answer ---- */

/* Only a serial is known, so any list of the issuer may be the one: each counts, and the lists of
 * one name together must speak of all reasons. */
static bool all_lists_clear(const struct revocation_task *task)
{
    size_t i, j, num_lists = 0;

    for (i = 0; i < task->num_items; i++) {
        const struct crl_item *item = &task->items[i];
        unsigned reasons = 0;

        if (!item->is_authentic || revocation_is_of_another(task, item) ||
            standing_of(task, item) != STANDING)
            continue;
        if (!item->has_cleared)
            return false;
        for (j = 0; j < task->num_items; j++)
            if (task->items[j].has_cleared && !revocation_is_of_another(task, &task->items[j]) &&
                bytes_equal(task->items[j].src.crl->idp.full_name, item->src.crl->idp.full_name) &&
                bytes_equal(task->items[j].src.crl->idp.relative, item->src.crl->idp.relative))
                reasons |= task->items[j].reasons;
        if (reasons != CERT_ALL_REASONS)
            return false;
        num_lists++;
    }
    return num_lists > 0;
}

/* An indirect list of another issuer, whatever is wrong with it, is never good about a serial that
 * it lists, but where another of its scope clears it: so the certificate's own services would say
 * as long as that one counts. */
static enum sk_status doubt_indirect(struct revocation_task *task)
{
    const struct crl_item *cleared;
    struct crl_entry entry;
    enum answer answer;
    enum sk_status status;
    size_t i;

    for (i = 0; i < task->num_items; i++) {
        const struct crl_item *item = &task->items[i];

        if (item->reasons == 0 || !revocation_is_of_another(task, item))
            continue;
        if ((status = ask(task, item, &entry, &answer)) != SK_OK)
            return status;
        if (answer != ANSWER_LISTED && answer != ANSWER_UNUSABLE)
            continue;
        if ((cleared = revocation_cleared_by(task, item)) != NULL) {
            note_change(task, last_second(task, cleared) + 1);
            continue;
        }
        (void)note(task, FAULT_CRL_INDIRECT, item);
        task->is_barred = task->out->is_suspect = true;
    }
    return SK_OK;
}

/* What a list or delta that this path does not prove says, if somebody of its name did sign it. It
 * may be proven on another path (revocation_elsewhere()), and it may be later, when a certificate
 * begins or a revocation ends: so what it denies is not relied on beyond this second. */
static enum sk_status look_for_claim(struct revocation_task *task, const struct crl_item *item)
{
    const struct sk_crl *crl = item->src.crl;
    struct crl_entry entry;
    enum answer answer;
    bool is_signed;
    enum sk_status status = ask(task, item, &entry, &answer);

    if (status != SK_OK || answer == ANSWER_NOT_LISTED || answer == ANSWER_REMOVED)
        return status;
    status = revocation_is_signed(task->job, &item->src, &is_signed);
    if (status != SK_OK || !is_signed)
        return status;
    note_change(task, task->job->time + 1);
    if (item->is_cut)
        suspect(task, item);
    if (crl->is_delta && task->authentic == NULL) /* C-14: it is used alone to doubt only */
        task->out->is_suspect = true;
    task->out->has_claim =
        task->out->has_claim || (answer == ANSWER_LISTED && can_be_processed(crl) &&
                                 (crl->is_delta || !is_stale(task, crl)));
    return SK_OK;
}

static enum sk_status find_claims(struct revocation_task *task)
{
    enum sk_status status = SK_OK;
    size_t i;

    for (i = 0; i < task->num_items && status == SK_OK; i++) {
        const struct crl_item *item = &task->items[i];

        if ((item->is_unproven || item->src.crl->is_delta) && item->reasons != 0 &&
            !is_future(task, item->src.crl))
            status = look_for_claim(task, item);
    }
    return status;
}

/* Asks every authentic list that is not replaced, until one revokes. */
static enum sk_status consult_all(struct revocation_task *task)
{
    struct revocation_status *out = task->out;
    enum sk_status status = SK_OK;
    size_t i;

    for (i = 0; i < task->num_items && out->kind != REVOCATION_REVOKED && status == SK_OK; i++) {
        struct crl_item *item = &task->items[i];

        if (!item->is_authentic)
            continue;
        switch (standing_of(task, item)) {
        case STANDING:
            status = consult(task, item);
            break;
        case REPLACED_BY_UNUSABLE:
            status = consult_unusable_base(task, item);
            break;
        case REPLACED:
            break;
        }
        if (out->kind == REVOCATION_REVOKED)
            out->is_by_issuer = revocation_is_by_issuer(task->subject, item->signer.cert);
    }
    return status;
}

/* ---- the own lists first ---- */

enum { FEW_LISTS = 16 }; /* more are better looked at from the newest on */

/* Authenticates what the keys of the subject's own path signed. SK_NOTFOUND: nothing, or there are
 * many lists. */
static enum sk_status authenticate_own(struct revocation_task *task)
{
    enum sk_status status;
    size_t i;

    if (task->num_items > FEW_LISTS)
        return SK_NOTFOUND;
    for (i = 0; i < task->num_items; i++) {
        struct crl_item *item = &task->items[i];

        if (item->reasons == 0 || item->src.crl->is_delta || is_future(task, item->src.crl))
            continue;
        status = revocation_find_own_signer(task->job, task->subject, &item->src, &item->signer);
        if (status == SK_OK)
            set_authentic(task, item);
        else if (status != SK_NOTFOUND)
            return status;
    }
    return task->authentic != NULL ? SK_OK : SK_NOTFOUND;
}

/* Would it be worth knowing who signed the others? Not when they do not name the subject: then they
 * cannot deny what the own ones say, whoever signed them. */
static enum sk_status do_others_matter(struct revocation_task *task, bool *out)
{
    const struct sk_source *source = task->job->source;
    struct crl_entry entry;
    enum sk_status status;
    size_t i;

    *out = false;
    for (i = 0; i < task->num_items && !*out; i++) {
        const struct crl_item *item = &task->items[i];

        if (item->is_authentic || item->reasons == 0 || is_future(task, item->src.crl))
            continue;
        if (!job_spend_step(task->job))
            return SK_LIMIT;
        status = source->ops->crl_find(source, task->job->arena, &item->src,
                                       revocation_issuer_canon(task->subject),
                                       task->subject->serial, &entry);
        if (!job_has_time(task->job))
            return SK_LIMIT;
        if (status != SK_OK && status != SK_INPUT && status != SK_NOTFOUND)
            return status;
        *out = status != SK_NOTFOUND;
    }
    return SK_OK;
}

/* Where each of a CA's keys signs a list, finding who signed those of the other keys leads to the
 * lists about those keys, and so on, while the list of the key that issued the subject says it all.
 * out_is_settled: nothing but task->out remains to be told. */
static enum sk_status consult_own(struct revocation_task *task, bool *out_is_settled)
{
    enum sk_status status;
    bool do_matter;
    size_t i;

    *out_is_settled = false;
    if (task->subject->cert == NULL || task->subject->anchor == NULL)
        return SK_OK;
    if ((status = authenticate_own(task)) != SK_OK)
        return status == SK_NOTFOUND ? SK_OK : status;
    if ((status = do_others_matter(task, &do_matter)) != SK_OK || do_matter)
        return status;
    if ((status = consult_all(task)) != SK_OK)
        return status;
    *out_is_settled = task->out->kind == REVOCATION_REVOKED ||
                      (task->covered == CERT_ALL_REASONS && !task->is_barred);
    if (*out_is_settled)
        return SK_OK;
    memset(task->out, 0, sizeof(*task->out));
    task->covered = 0;
    task->has_whole = task->is_barred = false;
    for (i = 0; i < task->num_items; i++)
        task->items[i].has_cleared = false;
    return SK_OK;
}

static enum sk_status consult_lists(struct revocation_task *task)
{
    enum sk_status status = authenticate(task);

    if (status == SK_OK)
        status = consult_all(task);
    if (status != SK_OK || task->out->kind == REVOCATION_REVOKED ||
        (!task->out->has_unproven && task->authentic != NULL))
        return status;
    return find_claims(task);
}

enum sk_status revocation_by_lists(struct sk_job *job, const struct revocation_subject *subject,
                                   struct revocation_status *out)
{
    struct revocation_task task = {
        .job = job, .subject = subject, .changes = CLOCK_NEVER, .out = out};
    enum sk_status status;
    bool is_settled;

    memset(out, 0, sizeof(*out));
    if ((status = revocation_gather(&task)) != SK_OK)
        return status;
    expect_future_lists(&task);
    if ((status = consult_own(&task, &is_settled)) != SK_OK)
        return status;
    if (!is_settled && (status = consult_lists(&task)) != SK_OK)
        return status;
    if (out->kind != REVOCATION_REVOKED && (status = doubt_indirect(&task)) != SK_OK)
        return status;
    if (job->is_exhausted)
        return SK_LIMIT;
    if (out->kind == REVOCATION_REVOKED)
        return SK_OK;
    if (task.covered == CERT_ALL_REASONS && !task.is_barred &&
        (subject->cert != NULL || all_lists_clear(&task))) {
        out->kind = REVOCATION_GOOD;
        out->is_partial = subject->cert == NULL && !task.has_whole;
        if (out->holds_until >= task.changes)
            out->holds_until = task.changes - 1;
        return SK_OK;
    }
    out->holds_until = task.changes - 1;
    if (out->why == FINDING_NONE)
        revocation_fault_no_source(&task);
    return SK_OK;
}
