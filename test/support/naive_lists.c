/* SPDX-License-Identifier: Apache-2.0 */
#include "test/support/naive.h"

enum { ALL = CERT_ALL_REASONS };

struct question {
    const struct facts *f;
    const struct naive_path *path;
    size_t index;
    const struct fact_cert *cert;
    int64_t time;
};

static bool is_about(const struct question *q, const struct fact_crl *crl)
{
    return crl->issuer == q->cert->issuer ||
           (q->cert->point.is_present && q->cert->point.has_issuer &&
            q->cert->point.issuer == crl->issuer);
}

/* 6.3.3(f), (g) with a key of the path above the certificate. An anchor is a name and a key. */
static bool is_signed_above(const struct question *q, const struct fact_crl *crl)
{
    size_t i;

    for (i = 0; i <= q->index && !crl->signature.is_broken; i++) {
        const struct fact_cert *c = &q->f->certs[i == 0 ? q->path->anchor : q->path->certs[i - 1]];

        if (c->subject == crl->issuer && c->key == crl->signature.key &&
            (i == 0 || c->key_usage == 0 || (c->key_usage & KEY_USAGE_CRL_SIGN) != 0))
            return true;
    }
    return false;
}

/* Some other certificate could be that of its signer: then another path may prove the list. */
static bool has_other_signer(const struct question *q, const struct fact_crl *crl)
{
    size_t i;

    for (i = 0; i < q->f->num_certs && !crl->signature.is_broken; i++)
        if ((q->f->certs[i].is_in_pool || q->f->certs[i].is_anchor) &&
            q->f->certs[i].subject == crl->issuer && q->f->certs[i].key == crl->signature.key)
            return true;
    return false;
}

static unsigned all_if_absent(unsigned reasons)
{
    return reasons != 0 ? reasons : ALL;
}

/* 6.3.3(b)(1), (2)(i) for the certificate's own distribution point */
static bool fits_point(const struct question *q, const struct fact_crl *crl)
{
    const struct fact_point *point = &q->cert->point;

    if (!point->is_present)
        return false;
    if (point->has_issuer ? !crl->is_indirect || point->issuer != crl->issuer
                          : crl->issuer != q->cert->issuer)
        return false;
    if (!crl->idp.has_name)
        return true;
    return crl->idp.name == (point->has_name ? point->name : point->issuer);
}

/* For which reasons may the list speak (6.3.3(b), (d); C-04, C-05, C-21)? */
static unsigned scope(const struct question *q, const struct fact_crl *crl)
{
    unsigned own = all_if_absent(crl->idp.reasons), reasons = 0;

    if (crl->only_attribute || (q->cert->is_ca ? crl->only_user : crl->only_ca || crl->is_arl))
        return 0;
    if (fits_point(q, crl))
        reasons |= own & all_if_absent(q->cert->point.reasons);
    if (crl->issuer == q->cert->issuer && (!crl->idp.has_name || crl->idp.name == q->cert->issuer))
        reasons |= own;
    return reasons;
}

static bool is_future(const struct question *q, const struct fact_crl *crl)
{
    return crl->this_update > q->time + q->f->skew;
}

static bool counts(const struct question *q, const struct fact_crl *crl)
{
    return !crl->is_delta && is_about(q, crl) && !is_future(q, crl) && scope(q, crl) != 0 &&
           is_signed_above(q, crl);
}

static bool is_same_scope(const struct fact_crl *a, const struct fact_crl *b)
{
    return a->issuer == b->issuer && a->signature.key == b->signature.key &&
           a->idp.is_present == b->idp.is_present && a->idp.has_name == b->idp.has_name &&
           (!a->idp.has_name || a->idp.name == b->idp.name) && a->idp.reasons == b->idp.reasons &&
           a->only_user == b->only_user && a->only_ca == b->only_ca &&
           a->only_attribute == b->only_attribute && a->is_indirect == b->is_indirect;
}

static bool can_be_processed(const struct fact_crl *crl)
{
    return crl->has_next_update && !crl->has_unknown_critical;
}

/* C-20: by a newer list that can be used, or by one that cannot. */
static bool is_replaced(const struct question *q, const struct fact_crl *crl, bool by_usable)
{
    size_t i;

    for (i = 0; i < q->f->num_crls; i++) {
        const struct fact_crl *other = &q->f->crls[i];
        bool is_newer = other->has_number && crl->has_number
                            ? other->number > crl->number && other->this_update >= crl->this_update
                            : other->this_update > crl->this_update;

        if (is_newer && counts(q, other) && other->is_arl == crl->is_arl &&
            is_same_scope(other, crl) && can_be_processed(other) == by_usable)
            return true;
    }
    return false;
}

/* What a list says of the certificate: the worst of its entries (C-19). */
enum said { SAID_NOTHING = 0, SAID_REMOVED, SAID_HOLD, SAID_REVOKED };

/* C-17 */
static bool is_later(const struct question *q, const struct fact_entry *e)
{
    return !e->is_far_invalid && e->revoked_at - q->f->skew > q->time &&
           e->reason != CRL_REASON_KEY_COMPROMISE + 1 && e->reason != CRL_REASON_CA_COMPROMISE + 1;
}

static enum said weight(const struct fact_entry *e)
{
    if (e->reason == CRL_REASON_REMOVE_FROM_CRL + 1)
        return SAID_REMOVED;
    return e->reason == CRL_REASON_CERTIFICATE_HOLD + 1 ? SAID_HOLD : SAID_REVOKED;
}

/* Entries go by the issuer in force (5.3.3). Their reasons and dates count as if they were one's.
 */
static enum said find(const struct question *q, const struct fact_crl *crl)
{
    struct fact_entry worst = {.serial = 0};
    enum said said = SAID_NOTHING;
    unsigned issuer = crl->issuer;
    size_t i;

    for (i = 0; i < crl->num_entries; i++) {
        const struct fact_entry *e = &crl->entries[i];
        bool is_first = said == SAID_NOTHING;

        if (e->has_issuer)
            issuer = e->issuer;
        if (e->serial != q->cert->serial || issuer != q->cert->issuer)
            continue;
        if (is_first || weight(e) > said || e->reason == CRL_REASON_KEY_COMPROMISE + 1 ||
            e->reason == CRL_REASON_CA_COMPROMISE + 1)
            worst.reason = e->reason;
        if (is_first || e->revoked_at < worst.revoked_at)
            worst.revoked_at = e->revoked_at;
        worst.is_far_invalid = worst.is_far_invalid || e->is_far_invalid;
        if (weight(e) > said)
            said = weight(e);
    }
    return said > SAID_REMOVED && is_later(q, &worst) ? SAID_NOTHING : said;
}

static bool is_stale(const struct question *q, const struct fact_crl *crl)
{
    return q->time > crl->next_update + q->f->grace;
}

/* C-14, 5.2.4 */
static bool completes(const struct question *q, const struct fact_crl *delta,
                      const struct fact_crl *base)
{
    return delta->is_delta && base->has_number && delta->base <= base->number &&
           base->number < delta->number && is_same_scope(delta, base) &&
           !delta->signature.is_broken && !is_future(q, delta);
}

/* C-20 among the deltas of one base; ARLs and others do not replace each other. */
static bool is_replaced_delta(const struct question *q, const struct fact_crl *delta,
                              const struct fact_crl *base)
{
    size_t i;

    for (i = 0; i < q->f->num_crls; i++) {
        const struct fact_crl *other = &q->f->crls[i];

        if (completes(q, other, base) && can_be_processed(other) &&
            other->is_arl == delta->is_arl && other->number > delta->number &&
            other->this_update >= delta->this_update)
            return true;
    }
    return false;
}

/* What the deltas of a base say: SAID_REVOKED when any of them does, SAID_REMOVED when all do. */
static enum said find_in_deltas(const struct question *q, const struct fact_crl *base,
                                bool *out_is_barred)
{
    bool is_lifted = false, is_kept = false;
    size_t i;

    for (i = 0; i < q->f->num_crls; i++) {
        const struct fact_crl *delta = &q->f->crls[i];
        enum said said;

        if (!completes(q, delta, base) || is_replaced_delta(q, delta, base))
            continue;
        said = find(q, delta);
        if (!can_be_processed(delta)) {
            *out_is_barred = *out_is_barred || (said > SAID_REMOVED &&
                                                !(delta->has_next_update && is_stale(q, delta)));
            continue;
        }
        if (said > SAID_REMOVED)
            return SAID_REVOKED;
        if (delta->is_arl != base->is_arl)
            continue;
        if (said == SAID_REMOVED && !is_stale(q, delta))
            is_lifted = true;
        else
            is_kept = true;
    }
    return is_lifted && !is_kept ? SAID_REMOVED : SAID_NOTHING;
}

/* C-06: does a base that must not be used, or a delta of it, name the certificate in its time? A
 * complete list that removes is one we do not understand (C-13). */
static bool is_barred_by(const struct question *q, const struct fact_crl *base)
{
    size_t i;

    if (find(q, base) != SAID_NOTHING && !(base->has_next_update && is_stale(q, base)))
        return true;
    for (i = 0; i < q->f->num_crls; i++) {
        const struct fact_crl *delta = &q->f->crls[i];

        if (completes(q, delta, base) && !is_replaced_delta(q, delta, base) &&
            find(q, delta) > SAID_REMOVED && !(delta->has_next_update && is_stale(q, delta)))
            return true;
    }
    return false;
}

/* What one complete list says, with its deltas. out_covered: the reasons for which it clears. */
static enum naive_status consult(const struct question *q, const struct fact_crl *crl, bool has_arl,
                                 unsigned *out_covered, bool *out_is_barred)
{
    enum said said = find(q, crl), change;

    *out_covered = 0;
    *out_is_barred = false;
    if (!can_be_processed(crl) || is_stale(q, crl) || is_replaced(q, crl, false)) {
        *out_is_barred = is_barred_by(q, crl);
        return NAIVE_UNKNOWN;
    }
    change = find_in_deltas(q, crl, out_is_barred);
    if (change == SAID_REVOKED)
        return NAIVE_REVOKED;
    if (said == SAID_REMOVED) { /* C-13 */
        *out_is_barred = true;
        return NAIVE_UNKNOWN;
    }
    if (said == SAID_REVOKED || (said == SAID_HOLD && change != SAID_REMOVED))
        return NAIVE_REVOKED;
    if (!(q->cert->is_ca && has_arl && !crl->is_arl && !crl->idp.is_present)) /* C-21 */
        *out_covered = scope(q, crl);
    return NAIVE_CLEAR;
}

enum naive_status naive_status(const struct facts *f, const struct naive_path *path, size_t index,
                               int64_t time)
{
    const struct question q = {f, path, index, &f->certs[path->certs[index]], time};
    bool has_arl = false, is_beyond = false, is_revoked = false, is_barred = false, bars;
    enum naive_status status;
    unsigned covered = 0, more;
    size_t i;

    for (i = 0; i < f->num_crls; i++) {
        const struct fact_crl *crl = &f->crls[i];

        if (!is_about(&q, crl))
            continue;
        has_arl = has_arl || crl->is_arl;
        is_beyond = is_beyond || (!is_signed_above(&q, crl) && has_other_signer(&q, crl));
    }
    for (i = 0; i < f->num_crls; i++) {
        if (!counts(&q, &f->crls[i]) || is_replaced(&q, &f->crls[i], true))
            continue;
        status = consult(&q, &f->crls[i], has_arl, &more, &bars);
        is_barred = is_barred || bars;
        is_revoked = is_revoked || status == NAIVE_REVOKED;
        covered |= more;
    }
    if (is_beyond)
        return NAIVE_BEYOND;
    if (is_revoked)
        return NAIVE_REVOKED;
    return covered == ALL && !is_barred ? NAIVE_CLEAR : NAIVE_UNKNOWN;
}
