/* SPDX-License-Identifier: Apache-2.0 */
#include "core/revocation_task_int.h"

#include <stdio.h>

#include "core/name.h"
#include "core/path.h"

/* The issuer of a certificate, and who answers for it, are no targets. */
enum sk_status revocation_verify_open(struct sk_job *job, const struct verify_path *path,
                                      struct verify_result *out)
{
    const struct sk_params *params = job->params;
    struct sk_params open = *params;
    enum sk_status status;

    open.num_policies = open.num_ekus = open.num_names = 0;
    open.key_usage = 0;
    open.accepts_no_policy = false;
    open.require_explicit_policy = open.inhibit_policy_mapping = open.inhibit_any_policy = false;
    job->params = &open;
    status = verify_path(job, path, out);
    job->params = params;
    return status;
}

struct indirect_search {
    struct sk_job *job;
    const struct revocation_subject *subject;
    revocation_name_fn visit;
    void *arg;
};

/* C-12. Entries that cannot be read may be about the serial. */
static enum sk_status try_indirect(void *arg, const struct source_crl *crl)
{
    const struct indirect_search *search = arg;
    const struct sk_source *source = search->job->source;
    struct sk_bytes canon = revocation_issuer_canon(search->subject);
    struct crl_entry entry;
    enum sk_status status;

    if (!crl->crl->idp.is_indirect || name_equal(crl->crl->issuer_canon, canon))
        return SK_OK;
    if (!job_spend_step(search->job))
        return SK_LIMIT;
    status = source->ops->crl_find(source, search->job->arena, crl, canon, search->subject->serial,
                                   &entry);
    if (!job_has_time(search->job)) /* a list may be long */
        return SK_LIMIT;
    if (status == SK_NOTFOUND)
        return SK_OK;
    if (status != SK_OK && status != SK_INPUT)
        return status;
    return search->visit(search->arg, crl->crl->issuer_canon);
}

/* A certificate's distribution points name the issuers of indirect lists that speak of it. Of a
 * serial alone nobody knows which, so each that lists it counts: else OCSP would call good what all
 * other services call revoked. One that does not list it says nothing. */
enum sk_status revocation_indirect_issuers(struct sk_job *job,
                                           const struct revocation_subject *subject,
                                           revocation_name_fn visit, void *arg)
{
    struct indirect_search search = {job, subject, visit, arg};

    return job->source->ops->indirect_crls(job->source, job->arena, try_indirect, &search);
}

bool revocation_is_of_another(const struct revocation_task *task, const struct crl_item *item)
{
    return task->subject->cert == NULL &&
           !name_equal(item->src.crl->issuer_canon, revocation_issuer_canon(task->subject));
}

const struct crl_item *revocation_cleared_by(const struct revocation_task *task,
                                             const struct crl_item *item)
{
    size_t i;

    for (i = 0; i < task->num_items; i++)
        if (task->items[i].has_cleared && crl_same_scope(task->items[i].src.crl, item->src.crl))
            return &task->items[i];
    return NULL;
}

/* All good paths to an issuer. */
struct issuer_paths {
    struct sk_job *job;
    struct revocation_subject subject; /* anchor and above are those of the path at hand */
    bool has_answer;
    bool is_cut; /* there may be longer ones */
    struct revocation_status *out;
    /* SK_OK to go on, SK_AGAIN to end. */
    enum sk_status (*visit)(struct issuer_paths *paths);
};

static enum sk_status visit_anchors(struct issuer_paths *paths)
{
    struct sk_job *job = paths->job;
    const struct sk_cert *issuer = paths->subject.issuer;
    enum sk_status status = path_sort_anchors(job);
    size_t i;

    for (i = 0; i < job->params->num_anchors && status == SK_OK; i++) {
        const struct sk_anchor *anchor = job->anchors[i];

        if (memcmp(anchor->cert->spki_sha256, issuer->spki_sha256, SK_SHA256) != 0 ||
            !name_equal(anchor->cert->subject_canon, issuer->subject_canon))
            continue;
        paths->subject.anchor = anchor;
        paths->subject.above = NULL;
        paths->subject.num_above = 0;
        status = paths->visit(paths);
    }
    return status;
}

/* The paths to one certificate of the issuer's name and key. */
static enum sk_status visit_paths_to(struct issuer_paths *paths, const struct sk_cert *ca)
{
    struct sk_job *job = paths->job;
    struct path_search *search;
    struct verify_path path;
    struct verify_result result;
    const struct sk_cert **certs;
    enum sk_status status;

    if ((status = path_search_new(job, ca, NULL, &search)) != SK_OK)
        return status;
    while ((status = path_search_next(search, &path)) == SK_OK) {
        if ((status = revocation_verify_open(job, &path, &result)) != SK_OK)
            return status;
        if (!result.is_good)
            continue;
        certs = arena_copy(job->arena, path.certs, path.num_certs * sizeof(path.certs[0]));
        if (certs == NULL)
            return SK_NOMEM;
        paths->subject.anchor = path.anchor;
        paths->subject.above = certs;
        paths->subject.num_above = path.num_certs;
        if ((status = paths->visit(paths)) != SK_OK)
            return status;
    }
    paths->is_cut = paths->is_cut || (status == SK_NOTFOUND && path_search_is_cut(search));
    return status == SK_NOTFOUND ? SK_OK : status;
}

/* Every path of the issuer, so that a list signed with another key of its name can be told from one
 * of a namesake (C-11). The issuer is a name and a key: any of its certificates will do, for the
 * one at hand may be the self-signed one that leads nowhere. */
static enum sk_status visit_issuer_paths(struct issuer_paths *paths)
{
    const struct sk_cert *issuer = paths->subject.issuer;
    struct revocation_certs twins = {.num = 0};
    bool is_in_source = false;
    enum sk_status status = visit_anchors(paths);
    size_t i;

    if (status == SK_OK)
        status = revocation_certs_of(paths->job, issuer->subject_canon, issuer->subject_hash,
                                     issuer->spki_sha256, &twins);
    for (i = 0; i < twins.num && status == SK_OK; i++) {
        is_in_source =
            is_in_source || memcmp(twins.items[i]->sha256, issuer->sha256, SK_SHA256) == 0;
        status = visit_paths_to(paths, twins.items[i]);
    }
    if (status == SK_OK && !is_in_source)
        status = visit_paths_to(paths, issuer);
    return status == SK_AGAIN ? SK_OK : status;
}

/* Is a CA certificate of the path at hand revoked? Then the path proves nothing. */
static enum sk_status is_path_revoked(const struct issuer_paths *paths, bool *out)
{
    const struct revocation_subject *subject = &paths->subject;
    struct revocation_status state;
    enum sk_status status;
    size_t i;

    *out = false;
    for (i = 0; i < subject->num_above && !*out; i++) {
        const struct revocation_subject one = {
            .cert = subject->above[i],
            .serial = subject->above[i]->serial,
            .is_ca = true,
            .issuer = i > 0 ? subject->above[i - 1] : subject->anchor->cert,
            .anchor = subject->anchor,
            .above = subject->above,
            .num_above = i,
            .is_above_settled = true,
            .outer = subject->outer,
        };

        if ((status = revocation_of_subject(paths->job, &one, &state)) != SK_OK)
            return status;
        *out = state.kind == REVOCATION_REVOKED;
    }
    return SK_OK;
}

/* The status of the subject by the path at hand if nothing but a revoked signer stood against a
 * list. */
static enum sk_status ask_freely(struct issuer_paths *paths, struct revocation_status *out)
{
    const struct sk_params *params = paths->job->params;
    struct sk_params open = *params;
    enum sk_status status;

    open.revocation = REVOCATION_IF_AVAILABLE;
    paths->job->params = &open;
    status = revocation_of_subject(paths->job, &paths->subject, out);
    paths->job->params = params;
    return status;
}

/* Nobody can say whether what revokes the subject counts. */
static void doubt(struct issuer_paths *paths, const char *expected, const char *found)
{
    struct revocation_status *out = paths->out;

    memset(out, 0, sizeof(*out));
    out->why = FINDING_REVOCATION_UNUSABLE;
    out->holds_until = paths->job->time;
    out->rule = "RFC 5280 6.3.3(f)";
    (void)snprintf(out->expected, sizeof(out->expected), "%s", expected);
    (void)snprintf(out->text, sizeof(out->text), "%s", found);
}

/* Does this path prove a list, or a response, that revokes the subject? When only the status of its
 * signer is missing for that, nobody can say what is true. */
static enum sk_status visit_for_claim(struct issuer_paths *paths)
{
    struct revocation_status *out = paths->out, state;
    enum sk_status status;
    bool is_revoked;

    if ((status = ask_freely(paths, &state)) != SK_OK || state.kind != REVOCATION_REVOKED ||
        (status = is_path_revoked(paths, &is_revoked)) != SK_OK || is_revoked)
        return status;
    if ((status = revocation_of_subject(paths->job, &paths->subject, &state)) != SK_OK)
        return status;
    if (state.kind == REVOCATION_REVOKED) {
        *out = state;
        return SK_AGAIN;
    }
    doubt(paths, "a known status of every key that signed a CRL or OCSP response about it",
          "what revokes it is signed with a key of its issuer whose status is not known");
    return SK_OK;
}

static enum sk_status look_for_claim(struct issuer_paths *paths)
{
    enum sk_status status;

    paths->visit = visit_for_claim;
    paths->is_cut = false;
    status = visit_issuer_paths(paths);
    if (status == SK_OK && paths->is_cut && paths->out->kind == REVOCATION_GOOD)
        doubt(paths, "paths to its issuer of no more certificates than are allowed",
              "a longer path to its issuer may prove what revokes it");
    return status;
}

/* The first path gives the answer, unless it does not know and cannot prove every list. */
static enum sk_status visit_for_serial(struct issuer_paths *paths)
{
    struct revocation_status *out = paths->out, state;
    enum sk_status status;

    if ((status = revocation_of_subject(paths->job, &paths->subject, &state)) != SK_OK)
        return status;
    if (!paths->has_answer || state.kind != REVOCATION_UNDETERMINED)
        *out = state;
    paths->has_answer = true;
    return out->kind == REVOCATION_UNDETERMINED && out->has_unproven ? SK_OK : SK_AGAIN;
}

enum sk_status revocation_claimed_elsewhere(struct sk_job *job, const struct verify_path *path,
                                            size_t index, const struct revocation_subject *outer,
                                            struct revocation_status *out)
{
    const struct sk_cert *cert = path->certs[index];
    struct issuer_paths paths = {
        .job = job,
        .subject = {.cert = cert,
                    .serial = cert->serial,
                    .is_ca = cert->is_ca,
                    .issuer = index > 0 ? path->certs[index - 1] : path->anchor->cert,
                    .outer = outer},
        .out = out,
    };

    return look_for_claim(&paths);
}

enum sk_status revocation_elsewhere(struct sk_job *job, const struct verify_path *path,
                                    size_t index, struct revocation_status *out)
{
    return revocation_claimed_elsewhere(job, path, index, NULL, out);
}

enum sk_status revocation_of_serial(struct sk_job *job, const struct sk_cert *issuer,
                                    struct sk_bytes serial, bool is_ca_cert,
                                    const struct sk_cert *cert, struct revocation_status *out)
{
    struct issuer_paths paths = {
        .job = job,
        .subject = {.cert = cert, .serial = serial, .is_ca = is_ca_cert, .issuer = issuer},
        .out = out,
        .visit = visit_for_serial,
    };
    enum sk_status status;

    if (cert != NULL && (!name_equal(cert->issuer_canon, issuer->subject_canon) ||
                         !bytes_equal(cert->serial, serial)))
        return SK_INTERNAL;
    /* The issuer's own key is enough unless it leaves a question, or a list, open. */
    status = revocation_of_subject(job, &paths.subject, out);
    if (status != SK_OK || out->kind == REVOCATION_REVOKED ||
        (out->kind == REVOCATION_GOOD && !out->has_unproven))
        return status;
    status = visit_issuer_paths(&paths);
    if (status != SK_OK || out->kind != REVOCATION_GOOD || !out->has_claim)
        return status;
    return look_for_claim(&paths);
}
