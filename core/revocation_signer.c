/* SPDX-License-Identifier: Apache-2.0 */
#include "core/revocation_int.h"

#include <stdlib.h>

#include "core/clock.h"
#include "core/name.h"
#include "core/path.h"
#include "core/strength.h"

enum { SIGNER_CERTS = 64 }; /* certificates looked at to know all keys of one name */

/* Another certificate of the CRL issuer's name. */
struct candidate {
    const struct sk_cert *cert;
    unsigned rank;
};

struct candidates {
    struct sk_job *job;
    const struct sk_crl *crl;
    const struct path_scope *scope; /* NULL: everything counts */
    struct candidate *items;
    size_t num_items, cap_items;
};

enum { RANK_NOT_IN_TIME = 1, RANK_UNKNOWN_KEY_ID = 2, RANK_OTHER_KEY_ID = 4 };

/* C-18: the AKI of a list says which key of the issuer signed it. It only sorts. */
static unsigned rank_key_id(const struct sk_crl *crl, const struct sk_cert *cert)
{
    if (!crl->has_aki || !crl->aki.has_key_id || cert->ski_id.len == 0)
        return RANK_UNKNOWN_KEY_ID;
    return bytes_equal(crl->aki.key_id, cert->ski_id) ? 0 : RANK_OTHER_KEY_ID;
}

bool revocation_is_by_issuer(const struct revocation_subject *subject, const struct sk_cert *signer)
{
    const struct sk_cert *issuer = subject->issuer;

    return !key_needs_parameters(issuer->spki) &&
           memcmp(signer->spki_sha256, issuer->spki_sha256, SK_SHA256) == 0 &&
           name_equal(signer->subject_canon, issuer->subject_canon);
}

enum sk_status revocation_signer_params(struct sk_job *job, const struct revocation_signer *signer,
                                        const struct sk_key **out)
{
    const struct verify_path *path = &signer->path;

    *out = NULL;
    return path->num_certs == 0 ? SK_OK
                                : verify_params_from(job, path, path->num_certs - 1, out, NULL);
}

enum sk_status revocation_check_signature(struct sk_job *job, const struct source_crl *crl,
                                          const struct revocation_signer *signer)
{
    const struct sk_key *params;
    enum sk_status status = revocation_signer_params(job, signer, &params);

    if (status != SK_OK)
        return status;
    return job_check_signature(job, crl->sha256, crl->crl->sig_alg, crl->crl->tbs,
                               crl->crl->signature, signer->cert, params, NULL);
}

bool revocation_is_waiting(const struct revocation_subject *subject, const struct sk_cert *cert)
{
    for (; subject != NULL; subject = subject->outer)
        if (subject->cert != NULL && memcmp(subject->cert->sha256, cert->sha256, SK_SHA256) == 0)
            return true;
    return false;
}

/* Is certs[index] of the signer's path one whose status was settled on the way to the subject? */
static bool is_settled(const struct revocation_subject *subject, const struct verify_path *path,
                       size_t index)
{
    size_t i;

    if (!subject->is_above_settled || index >= subject->num_above)
        return false;
    for (i = 0; i <= index; i++)
        if (memcmp(path->certs[i]->sha256, subject->above[i]->sha256, SK_SHA256) != 0)
            return false;
    return true;
}

/* The CRL issuer's certificates need a status of their own. One that waits for this
 * very list is a link (is_own_link()): check_path() refused all others. */
static enum sk_status check_status(struct sk_job *job, const struct revocation_subject *subject,
                                   struct revocation_signer *signer)
{
    enum sk_status status = SK_OK;
    size_t i;

    if (job->params->revocation == REVOCATION_OFF)
        return SK_OK;
    for (i = 0; i < signer->path.num_certs && status == SK_OK; i++)
        if (!is_settled(subject, &signer->path, i) &&
            !revocation_is_waiting(subject, signer->path.certs[i]))
            status = revocation_of_signer(job, subject, i, true, signer);
    return status;
}

/* A certificate of the subject's own path (num_certs of them, the last is meant; 0: the anchor) as
 * the signer. SK_NOTFOUND: it is not. */
static enum sk_status try_own(struct sk_job *job, const struct revocation_subject *subject,
                              const struct source_crl *crl, size_t num_certs,
                              struct revocation_signer *out)
{
    struct revocation_signer signer = {
        .cert = num_certs > 0 ? subject->above[num_certs - 1] : subject->anchor->cert,
        .holds_until = CLOCK_NEVER,
        .path = {.anchor = subject->anchor, .certs = subject->above, .num_certs = num_certs},
    };
    enum sk_status status;

    if (num_certs > 0 && !cert_may_sign_crls(signer.cert))
        return SK_NOTFOUND;
    status = revocation_check_signature(job, crl, &signer);
    if (status == SK_OK && num_certs < subject->num_above && !subject->is_above_settled) {
        if (job->crl_depth >= LIMIT_CRL_PATH_DEPTH)
            return SK_NOTFOUND;
        job->crl_depth++;
        status = check_status(job, subject, &signer);
        job->crl_depth--;
    }
    if (status == SK_OK)
        *out = signer;
    return status == SK_CRYPTO || status == SK_INPUT ? SK_NOTFOUND : status;
}

/* The keys of the subject's own path that bear the CRL issuer's name: their path is judged. */
static enum sk_status find_own(struct sk_job *job, const struct revocation_subject *subject,
                               const struct source_crl *crl, struct revocation_signer *out)
{
    static const unsigned ranks[] = {0, RANK_UNKNOWN_KEY_ID, RANK_OTHER_KEY_ID};
    enum sk_status status;
    size_t i, n;

    for (i = 0; i < sizeof(ranks) / sizeof(ranks[0]); i++)
        for (n = subject->num_above + 1; n-- > 0;) {
            const struct sk_cert *cert = n > 0 ? subject->above[n - 1] : subject->anchor->cert;

            if (!name_equal(cert->subject_canon, crl->crl->issuer_canon) ||
                rank_key_id(crl->crl, cert) != ranks[i])
                continue;
            if ((status = try_own(job, subject, crl, n, out)) != SK_NOTFOUND)
                return status;
        }
    return SK_NOTFOUND;
}

/* The issuer of a serial whose path is not known: its key is given, not found. */
static enum sk_status find_given(struct sk_job *job, const struct revocation_subject *subject,
                                 const struct source_crl *crl, struct revocation_signer *out)
{
    const struct revocation_signer signer = {.cert = subject->issuer, .holds_until = CLOCK_NEVER};
    enum sk_status status;

    if (!name_equal(signer.cert->subject_canon, crl->crl->issuer_canon) ||
        !cert_may_sign_crls(signer.cert) ||
        strength_of_key(job->params, signer.cert->spki, bytes_of(NULL, 0), NULL) != FINDING_NONE)
        return SK_NOTFOUND;
    status = revocation_check_signature(job, crl, &signer);
    if (status == SK_OK)
        *out = signer;
    return status == SK_CRYPTO || status == SK_INPUT ? SK_NOTFOUND : status;
}

static enum sk_status add_candidate(void *arg, const struct sk_cert *cert)
{
    struct candidates *list = arg;
    struct candidate *item;

    if (!name_equal(cert->subject_canon, list->crl->issuer_canon) || !cert_may_sign_crls(cert))
        return SK_OK;
    if (list->scope != NULL && !path_scope_allows(list->scope, cert))
        return job_spend_name_check(list->job) ? SK_OK : SK_LIMIT;
    if (!job_spend_step(list->job))
        return SK_LIMIT;
    if (list->num_items == list->cap_items) {
        size_t wanted = list->cap_items ? 4 * list->cap_items : 8;
        struct candidate *items = job_alloc(list->job, wanted, sizeof(items[0]));

        if (items == NULL)
            return SK_NOMEM;
        if (list->num_items > 0)
            memcpy(items, list->items, list->num_items * sizeof(items[0]));
        list->items = items;
        list->cap_items = wanted;
    }
    item = &list->items[list->num_items++];
    item->cert = cert;
    item->rank = rank_key_id(list->crl, cert);
    if (list->job->time < cert->not_before || list->job->time > cert->not_after)
        item->rank += RANK_NOT_IN_TIME;
    return SK_OK;
}

static int candidate_order(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;

    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    return memcmp(x->cert->sha256, y->cert->sha256, SK_SHA256);
}

/* A link certificate is the CA's word about its own next or last key. After a rollover the lists,
 * also those about the link, come from the other key alone; then the link stands unless a list says
 * otherwise (C-09). Certificates that others issued get no such trust (C-24). */
static bool is_own_link(const struct sk_crl *crl, const struct sk_cert *cert)
{
    return cert->is_self_issued && cert->is_ca &&
           name_equal(cert->subject_canon, crl->issuer_canon);
}

/* B-19, B-20, C-11: a CA is told from its namesakes by the names above it. A path (num_certs of it)
 * may leave out CAs of the subject's path, and bring in none. Self-issued certificates do not
 * count. */
static bool is_same_authority(const struct revocation_subject *subject,
                              const struct verify_path *path, size_t num_certs)
{
    size_t i, next = 0;

    for (i = 0; i < num_certs; i++) {
        if (path->certs[i]->is_self_issued)
            continue;
        while (next < subject->num_above &&
               !name_equal(subject->above[next]->subject_canon, path->certs[i]->subject_canon))
            next++;
        if (next == subject->num_above)
            return false;
        next++;
    }
    return true;
}

/* Did a CA of the subject's path issue cert, which is of the CRL issuer's name? SK_NOTFOUND: no. */
static enum sk_status find_issuer(struct sk_job *job, const struct revocation_subject *subject,
                                  const struct sk_cert *cert)
{
    const struct sk_key *params;
    enum sk_status status;
    size_t n;

    for (n = 0; n <= subject->num_above; n++) {
        const struct sk_cert *ca = n > 0 ? subject->above[n - 1] : subject->anchor->cert;
        const struct revocation_signer signer = {
            .cert = ca,
            .path = {.anchor = subject->anchor, .certs = subject->above, .num_certs = n}};

        if (!name_equal(ca->subject_canon, cert->issuer_canon))
            continue;
        status = revocation_signer_params(job, &signer, &params);
        if (status == SK_OK)
            status = job_check_signature(job, cert->sha256, cert->sig_alg, cert->tbs,
                                         cert->signature, ca, params, NULL);
        if (status != SK_CRYPTO && status != SK_INPUT)
            return status;
    }
    return SK_NOTFOUND;
}

/* B-20 for the issuer of lists about others' certificates: it may stand in another branch below the
 * anchor, but not beside one of its name that a CA of the subject's path has certified.
 * SK_NOTFOUND: it does. */
static enum sk_status check_branch(struct sk_job *job, const struct revocation_subject *subject,
                                   const struct sk_crl *crl, const struct verify_path *path)
{
    struct revocation_certs namesakes;
    size_t num = path->num_certs, i;
    enum sk_status status;

    if (name_equal(crl->issuer_canon, revocation_issuer_canon(subject)))
        return is_same_authority(subject, path, num) ? SK_OK : SK_NOTFOUND;
    while (num > 0 && name_equal(path->certs[num - 1]->subject_canon, crl->issuer_canon))
        num--;
    if (is_same_authority(subject, path, num))
        return SK_OK;
    status = revocation_certs_of(job, crl->issuer_canon, crl->issuer_hash, NULL, &namesakes);
    if (status != SK_OK)
        return status;
    for (i = 0; i < namesakes.num; i++) {
        if (namesakes.items[i]->is_self_issued)
            continue;
        status = find_issuer(job, subject, namesakes.items[i]);
        if (status != SK_NOTFOUND)
            return status == SK_OK ? SK_NOTFOUND : status;
    }
    return SK_OK;
}

/* 6.3.3(f): the CRL issuer's own path, to the same anchor (C-08). SK_NOTFOUND: this one does not
 * do. */
static enum sk_status check_path(struct sk_job *job, const struct revocation_subject *subject,
                                 const struct source_crl *crl, const struct verify_path *path,
                                 struct revocation_signer *out)
{
    struct revocation_signer signer = {.cert = path->certs[path->num_certs - 1], .path = *path};
    struct verify_result result;
    enum sk_status status;
    size_t i;

    for (i = 0; i < path->num_certs; i++)
        if (revocation_is_waiting(subject, path->certs[i]) &&
            !is_own_link(crl->crl, path->certs[i]))
            return SK_NOTFOUND;
    if ((status = check_branch(job, subject, crl->crl, path)) != SK_OK)
        return status;
    if ((status = verify_path(job, path, &result)) != SK_OK)
        return status;
    if (!result.is_good)
        return SK_NOTFOUND;
    signer.holds_until = result.not_after;
    status = revocation_check_signature(job, crl, &signer);
    if (status == SK_CRYPTO || status == SK_INPUT)
        return SK_NOTFOUND;
    if (status == SK_OK)
        status = check_status(job, subject, &signer);
    if (status == SK_OK)
        *out = signer;
    return status;
}

/* scope: where check_branch() would let pass no other path, or NULL. */
static enum sk_status try_candidate(struct sk_job *job, const struct revocation_subject *subject,
                                    const struct source_crl *crl, const struct path_scope *scope,
                                    const struct sk_cert *cert, struct revocation_signer *out,
                                    enum revocation_fault *out_why)
{
    const struct revocation_signer signer = {.cert = cert};
    struct path_search *search;
    struct verify_path path;
    enum sk_status status;

    if (revocation_is_waiting(subject, cert) && !is_own_link(crl->crl, cert))
        return SK_NOTFOUND;
    if (!key_needs_parameters(cert->spki)) { /* the cheap cut: most namesakes end here */
        status = revocation_check_signature(job, crl, &signer);
        if (status != SK_OK)
            return status == SK_CRYPTO || status == SK_INPUT ? SK_NOTFOUND : status;
    }
    status = scope != NULL ? path_search_within(job, cert, scope, &search)
                           : path_search_new(job, cert, subject->anchor, &search);
    if (status != SK_OK)
        return status;
    while ((status = path_search_next(search, &path)) == SK_OK) {
        /* The proposal's memory is the search's; nested checks must not see it change. */
        path.certs = arena_copy(job->arena, path.certs, path.num_certs * sizeof(path.certs[0]));
        if (path.certs == NULL)
            return SK_NOMEM;
        path.is_for_crl = true;
        status = check_path(job, subject, crl, &path, out);
        if (status != SK_NOTFOUND)
            return status;
    }
    if (status == SK_NOTFOUND && path_search_is_cut(search))
        *out_why = FAULT_CRL_SIGNER_LENGTH;
    return status;
}

static enum sk_status find_other(struct sk_job *job, const struct revocation_subject *subject,
                                 const struct source_crl *crl, struct revocation_signer *out,
                                 enum revocation_fault *out_why)
{
    const struct path_scope own = {subject->anchor, subject->above, subject->num_above};
    bool is_own = name_equal(crl->crl->issuer_canon, revocation_issuer_canon(subject));
    struct candidates list = {.job = job, .crl = crl->crl, .scope = is_own ? &own : NULL};
    enum sk_status status;
    size_t i;

    status = job->source->ops->certs_by_subject(job->source, job->arena, crl->crl->issuer_hash,
                                                add_candidate, &list);
    if (status != SK_OK)
        return status;
    if (list.num_items > 1)
        qsort(list.items, list.num_items, sizeof(list.items[0]), candidate_order);
    for (i = 0; i < list.num_items; i++) {
        if (i > 0 && list.items[i].cert == list.items[i - 1].cert)
            continue;
        job->crl_depth++;
        status = try_candidate(job, subject, crl, list.scope, list.items[i].cert, out, out_why);
        job->crl_depth--;
        if (status != SK_NOTFOUND)
            return status;
    }
    return SK_NOTFOUND;
}

static enum revocation_fault fault_of_algorithms(const struct sk_job *job, const struct sk_crl *crl)
{
    if (!crl->is_sig_alg_equal)
        return FAULT_CRL_ALGORITHMS;
    if (strength_of_signature(job->params, crl->sig_alg, NULL) != FINDING_NONE)
        return FAULT_CRL_WEAK;
    return FAULT_NONE;
}

enum sk_status revocation_find_own_signer(struct sk_job *job,
                                          const struct revocation_subject *subject,
                                          const struct source_crl *crl,
                                          struct revocation_signer *out)
{
    if (fault_of_algorithms(job, crl->crl) != FAULT_NONE)
        return SK_NOTFOUND;
    return find_own(job, subject, crl, out);
}

enum sk_status revocation_find_signer(struct sk_job *job, const struct revocation_subject *subject,
                                      const struct source_crl *crl, struct revocation_signer *out,
                                      enum revocation_fault *out_why)
{
    enum sk_status status;

    if ((*out_why = fault_of_algorithms(job, crl->crl)) != FAULT_NONE)
        return SK_NOTFOUND;
    *out_why = FAULT_CRL_SIGNER;
    status = subject->anchor != NULL ? find_own(job, subject, crl, out)
                                     : find_given(job, subject, crl, out);
    if (status != SK_NOTFOUND || subject->anchor == NULL)
        return status;
    if (job->crl_depth >= LIMIT_CRL_PATH_DEPTH) {
        *out_why = FAULT_CRL_SIGNER_DEPTH;
        return SK_NOTFOUND;
    }
    status = find_other(job, subject, crl, out, out_why);
    if (status == SK_NOTFOUND && *out_why == FAULT_CRL_SIGNER &&
        !cert_may_sign_crls(subject->issuer) &&
        name_equal(subject->issuer->subject_canon, crl->crl->issuer_canon))
        *out_why = FAULT_CRL_SIGNER_USAGE;
    return status;
}

/* Ends the enumeration with SK_AGAIN when there is more than we want to know. */
static enum sk_status add_key(void *arg, const struct sk_cert *cert)
{
    struct revocation_keys *keys = arg;
    size_t i;

    if (!name_equal(cert->subject_canon, keys->canon))
        return SK_OK;
    if (keys->num_certs++ == SIGNER_CERTS)
        return SK_AGAIN;
    for (i = 0; i < keys->num; i++)
        if (memcmp(keys->spki_sha256[i], cert->spki_sha256, SK_SHA256) == 0)
            return SK_OK;
    if (keys->num == REVOCATION_KEYS)
        return SK_AGAIN;
    keys->spki_sha256[keys->num++] = cert->spki_sha256;
    return SK_OK;
}

/* No path ends at a certificate that is over, so its key counts only through others. One that is
 * yet to begin counts: what its key signed is told of as a change to come. */
static enum sk_status add_key_in_time(void *arg, const struct sk_cert *cert)
{
    const struct revocation_keys *keys = arg;

    if (keys->job->time - keys->job->params->clock_skew_s > cert->not_after)
        return SK_OK;
    return add_key(arg, cert);
}

enum sk_status revocation_signer_keys(struct sk_job *job, const struct revocation_subject *subject,
                                      const struct sk_crl *crl, struct revocation_keys *keys)
{
    const struct sk_source *source = job->source;
    enum sk_status status;
    size_t i;

    if (keys->job != NULL && name_equal(keys->canon, crl->issuer_canon))
        return SK_OK;
    memset(keys, 0, sizeof(*keys));
    keys->job = job;
    keys->canon = crl->issuer_canon;
    status = add_key(keys, subject->issuer);
    /* Not the subject's anchor alone: a list that another one proves is a claim (find_claim()). */
    for (i = 0; status == SK_OK && i < job->params->num_anchors; i++)
        status = add_key(keys, job->params->anchors[i].cert);
    for (i = 0; status == SK_OK && i < subject->num_above; i++)
        status = add_key(keys, subject->above[i]);
    if (status == SK_OK)
        status = source->ops->certs_by_subject(source, job->arena, crl->issuer_hash,
                                               add_key_in_time, keys);
    keys->has_more = status == SK_AGAIN;
    return status == SK_AGAIN ? SK_OK : status;
}

/* Is cert an anchor, or may a path lead from one to it? SK_NOTFOUND: no. */
static enum sk_status has_any_path(struct sk_job *job, const struct sk_cert *cert)
{
    struct path_search *search;
    struct verify_path path;
    enum sk_status status;
    size_t i;

    for (i = 0; i < job->params->num_anchors; i++)
        if (job->params->anchors[i].cert == cert)
            return SK_OK;
    if ((status = path_search_new(job, cert, NULL, &search)) != SK_OK)
        return status;
    status = path_search_next(search, &path);
    return status == SK_NOTFOUND && path_search_is_cut(search) ? SK_OK : status;
}

/* SK_NOTFOUND: this key did not sign it, or leads nowhere. */
static enum sk_status try_claim(struct sk_job *job, const struct source_crl *crl,
                                const struct sk_cert *cert)
{
    const struct revocation_signer signer = {.cert = cert};
    enum sk_status status = SK_OK;

    if (!key_needs_parameters(cert->spki)) /* else nobody can say without its path */
        status = revocation_check_signature(job, crl, &signer);
    if (status == SK_CRYPTO || status == SK_INPUT)
        return SK_NOTFOUND;
    return status == SK_OK ? has_any_path(job, cert) : status;
}

enum sk_status revocation_is_signed(struct sk_job *job, const struct source_crl *crl, bool *out)
{
    const struct sk_crl *list = crl->crl;
    struct revocation_certs certs;
    enum sk_status status = path_sort_anchors(job);
    size_t i;

    if (status != SK_OK)
        return status;
    for (i = 0, status = SK_NOTFOUND; i < job->params->num_anchors && status == SK_NOTFOUND; i++)
        if (name_equal(job->anchors[i]->cert->subject_canon, list->issuer_canon))
            status = try_claim(job, crl, job->anchors[i]->cert);
    if (status == SK_NOTFOUND) {
        status = revocation_certs_of(job, list->issuer_canon, list->issuer_hash, NULL, &certs);
        if (status != SK_OK)
            return status;
        for (i = 0, status = SK_NOTFOUND; i < certs.num && status == SK_NOTFOUND; i++)
            status = try_claim(job, crl, certs.items[i]);
    }
    if (status != SK_OK && status != SK_NOTFOUND)
        return status;
    *out = status == SK_OK;
    return SK_OK;
}
