/* SPDX-License-Identifier: Apache-2.0 */
#include "core/revocation_int.h"

#include "core/general_name.h"
#include "core/name.h"

/* The names of a distribution point, as they may be written: GeneralNames, or one directory name
 * that had to be put together first. Both may be given; either may match. */
struct point_names {
    struct sk_bytes general; /* contents of GeneralNames */
    bool has_canon;
    struct sk_bytes canon; /* canonical directory name */
};

/* One side is a list, the other a canonical directory name. */
static bool list_holds(struct sk_arena *arena, struct sk_bytes list, struct sk_bytes canon)
{
    struct general_name name;
    struct sk_bytes other;
    struct der d;

    der_init(&d, list);
    while (!der_at_end(&d) && general_name_next(&d, false, &name) == SK_OK)
        if (name.kind == GENERAL_NAME_DIRECTORY &&
            name_canon(arena, name.value, &other, NULL) == SK_OK && name_equal(other, canon))
            return true;
    return false;
}

/* C-03: any name of one side equals any of the other. */
static bool points_match(struct sk_arena *arena, const struct point_names *a,
                         const struct point_names *b)
{
    if (a->has_canon && b->has_canon && name_equal(a->canon, b->canon))
        return true;
    if (a->has_canon && list_holds(arena, b->general, a->canon))
        return true;
    if (b->has_canon && list_holds(arena, a->general, b->canon))
        return true;
    return general_names_intersect(arena, a->general, b->general);
}

/* nameRelativeToCRLIssuer: the RDN goes below the CRL issuer's name (RFC 5280 4.2.1.13). */
static enum sk_status expand_relative(struct sk_arena *arena, struct sk_bytes issuer_canon,
                                      struct sk_bytes rdn, struct point_names *out)
{
    struct sk_bytes tail;
    enum sk_status status = name_canon_rdn(arena, rdn, true, &tail, NULL);
    uint8_t *both;

    if (status != SK_OK)
        return status;
    if ((both = arena_alloc(arena, issuer_canon.len + tail.len)) == NULL)
        return SK_NOMEM;
    if (issuer_canon.len > 0)
        memcpy(both, issuer_canon.p, issuer_canon.len);
    if (tail.len > 0)
        memcpy(both + issuer_canon.len, tail.p, tail.len);
    out->has_canon = true;
    out->canon = bytes_of(both, issuer_canon.len + tail.len);
    return SK_OK;
}

static enum sk_status names_of_idp(struct sk_arena *arena, const struct sk_crl *crl,
                                   struct point_names *out)
{
    memset(out, 0, sizeof(*out));
    out->general = crl->idp.full_name;
    if (crl->idp.relative.len == 0)
        return SK_OK;
    return expand_relative(arena, crl->issuer_canon, crl->idp.relative, out);
}

/* A point without a name of its own goes by its cRLIssuer (6.3.3(b)(2)(i)). */
static enum sk_status names_of_point(struct sk_arena *arena, const struct sk_crl *crl,
                                     const struct cert_dist_point *point, struct point_names *out)
{
    memset(out, 0, sizeof(*out));
    if (!point->has_name)
        out->general = point->crl_issuer;
    else if (point->relative.len == 0)
        out->general = point->full_name;
    else /* the CRL issuer is known to be the one that the point means */
        return expand_relative(arena, crl->issuer_canon, point->relative, out);
    return SK_OK;
}

/* C-04: a list that no point names is taken as if a point named the issuer's own names. */
static enum sk_status names_implied(const struct revocation_subject *subject,
                                    struct point_names *out)
{
    struct cert_walk walk;
    enum sk_status status;

    memset(out, 0, sizeof(*out));
    out->has_canon = true;
    out->canon = revocation_issuer_canon(subject);
    if ((status = cert_walk_init(&walk, &subject->cert->ian)) != SK_OK)
        return status;
    out->general = bytes_of(walk.p, (size_t)(walk.end - walk.p));
    return SK_OK;
}

enum { OCTETS_A_WALK = 256 }; /* of distribution points that are only stepped over */

static bool spend_idp(struct sk_job *job, const struct sk_crl *crl)
{
    return job_spend_names(job, crl->idp.full_name) && job_spend_names(job, crl->idp.relative);
}

/* 6.3.3(b): may this list speak for this distribution point? */
static enum sk_status point_fits(struct sk_job *job, const struct revocation_subject *subject,
                                 const struct sk_crl *crl, const struct cert_dist_point *point,
                                 bool *out)
{
    struct point_names of_point, of_list;
    enum sk_status status;

    *out = false;
    if (!job_spend_names(job, point->crl_issuer))
        return SK_LIMIT;
    if (point->crl_issuer.len > 0) { /* C-02 */
        if (!crl->idp.is_indirect || !list_holds(job->arena, point->crl_issuer, crl->issuer_canon))
            return SK_OK;
    } else if (!point->has_name ||
               !name_equal(crl->issuer_canon, revocation_issuer_canon(subject))) {
        return SK_OK;
    }
    if (!crl->idp.has_name) {
        *out = true;
        return SK_OK;
    }
    if (!spend_idp(job, crl) || !job_spend_names(job, point->full_name) ||
        !job_spend_names(job, point->relative))
        return SK_LIMIT;
    if ((status = names_of_idp(job->arena, crl, &of_list)) != SK_OK ||
        (status = names_of_point(job->arena, crl, point, &of_point)) != SK_OK)
        return status;
    *out = points_match(job->arena, &of_point, &of_list);
    return SK_OK;
}

static enum sk_status scope_of_implied(struct sk_job *job, const struct revocation_subject *subject,
                                       const struct sk_crl *crl, unsigned *out_reasons)
{
    struct point_names implied, of_list;
    enum sk_status status;

    if (!name_equal(crl->issuer_canon, revocation_issuer_canon(subject)))
        return SK_OK;
    if (crl->idp.has_name) {
        if (!spend_idp(job, crl) || !job_spend_names(job, subject->cert->ian.value))
            return SK_LIMIT;
        if ((status = names_implied(subject, &implied)) != SK_OK ||
            (status = names_of_idp(job->arena, crl, &of_list)) != SK_OK)
            return status;
        if (!points_match(job->arena, &implied, &of_list))
            return SK_OK;
    }
    *out_reasons |= crl->idp.is_present ? crl->idp.reasons : CERT_ALL_REASONS;
    return SK_OK;
}

/* C-05, C-21: lists for other kinds of certificates. */
static bool kind_fits(const struct revocation_subject *subject, const struct source_crl *crl)
{
    const struct crl_idp *idp = &crl->crl->idp;

    if (crl->from_arl_attribute && !subject->is_ca)
        return false;
    if (!idp->is_present)
        return true;
    if (idp->only_attribute_certs)
        return false;
    return subject->is_ca ? !idp->only_user_certs : !idp->only_ca_certs;
}

enum sk_status revocation_scope(struct sk_job *job, const struct revocation_subject *subject,
                                const struct source_crl *crl, unsigned *out_reasons)
{
    unsigned own = crl->crl->idp.is_present ? crl->crl->idp.reasons : CERT_ALL_REASONS;
    struct cert_dist_point point;
    struct cert_walk walk;
    enum sk_status status;
    unsigned reasons = 0;
    bool fits;

    *out_reasons = 0;
    if (!kind_fits(subject, crl))
        return SK_OK;
    if (subject->cert == NULL) { /* it may name any issuer of indirect lists as its cRLIssuer */
        if (crl->crl->idp.is_indirect ||
            name_equal(crl->crl->issuer_canon, revocation_issuer_canon(subject)))
            *out_reasons = own;
        return SK_OK;
    }
    if (!job_spend_name_checks(job, subject->cert->crl_dp.value.len / OCTETS_A_WALK))
        return SK_LIMIT;
    if ((status = cert_walk_init(&walk, &subject->cert->crl_dp)) != SK_OK)
        return status;
    while ((status = cert_dist_point_next(&walk, &point)) == SK_OK) {
        if ((status = point_fits(job, subject, crl->crl, &point, &fits)) != SK_OK)
            return status;
        if (fits)
            reasons |= own & point.reasons;
    }
    if (status != SK_NOTFOUND)
        return status;
    if ((status = scope_of_implied(job, subject, crl->crl, &reasons)) != SK_OK)
        return status;
    *out_reasons = reasons;
    return SK_OK;
}

static enum sk_status visit_names(struct sk_job *job, struct sk_bytes list,
                                  revocation_name_fn visit, void *arg)
{
    struct general_name name;
    struct sk_bytes canon;
    enum sk_status status;
    struct der d;

    der_init(&d, list);
    while (!der_at_end(&d) && general_name_next(&d, false, &name) == SK_OK) {
        if (name.kind != GENERAL_NAME_DIRECTORY)
            continue;
        if (!job_spend_names(job, name.value))
            return SK_LIMIT;
        status = name_canon(job->arena, name.value, &canon, NULL);
        if (status == SK_NOMEM)
            return status;
        if (status == SK_OK && (status = visit(arg, canon)) != SK_OK)
            return status;
    }
    return SK_OK;
}

enum sk_status revocation_crl_issuers(struct sk_job *job, const struct revocation_subject *subject,
                                      revocation_name_fn visit, void *arg)
{
    struct cert_dist_point point;
    struct cert_walk walk;
    enum sk_status status;

    if (subject->cert == NULL)
        return revocation_indirect_issuers(job, subject, visit, arg);
    if ((status = cert_walk_init(&walk, &subject->cert->crl_dp)) != SK_OK)
        return status;
    while ((status = cert_dist_point_next(&walk, &point)) == SK_OK)
        if ((status = visit_names(job, point.crl_issuer, visit, arg)) != SK_OK)
            return status;
    return status == SK_NOTFOUND ? SK_OK : status;
}
