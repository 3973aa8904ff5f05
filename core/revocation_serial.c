/* SPDX-License-Identifier: Apache-2.0 */
#include "core/revocation_int.h"

#include "core/name.h"
#include "core/path.h"

static const struct sk_anchor *anchor_of_key(const struct sk_job *job, const struct sk_cert *issuer)
{
    size_t i;

    for (i = 0; i < job->params->num_anchors; i++) {
        const struct sk_anchor *anchor = &job->params->anchors[i];

        if (memcmp(anchor->cert->spki_sha256, issuer->spki_sha256, SK_SHA256) == 0 &&
            name_equal(anchor->cert->subject_canon, issuer->subject_canon))
            return anchor;
    }
    return NULL;
}

/* The issuer of a certificate, and who answers for it, are no targets. */
enum sk_status revocation_verify_open(struct sk_job *job, const struct verify_path *path,
                                      struct verify_result *out)
{
    const struct sk_params *params = job->params;
    struct sk_params open = *params;
    enum sk_status status;

    open.num_policies = open.num_ekus = open.num_names = 0;
    open.key_usage = 0;
    open.require_explicit_policy = open.inhibit_policy_mapping = open.inhibit_any_policy = false;
    job->params = &open;
    status = verify_path(job, path, out);
    job->params = params;
    return status;
}

/* A path to one certificate of the issuer's name and key. SK_NOTFOUND: none is good. */
static enum sk_status find_path_to(struct sk_job *job, const struct sk_cert *ca,
                                   struct revocation_subject *subject)
{
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
        subject->anchor = path.anchor;
        subject->above = certs;
        subject->num_above = path.num_certs;
        return SK_OK;
    }
    return status;
}

struct twins {
    struct sk_job *job;
    struct revocation_subject *subject;
};

/* Ends the enumeration with SK_AGAIN when a path was found. */
static enum sk_status try_twin(void *arg, const struct sk_cert *cert)
{
    struct twins *twins = arg;
    const struct sk_cert *issuer = twins->subject->issuer;
    enum sk_status status;

    if (memcmp(cert->spki_sha256, issuer->spki_sha256, SK_SHA256) != 0 ||
        !name_equal(cert->subject_canon, issuer->subject_canon))
        return SK_OK;
    status = find_path_to(twins->job, cert, twins->subject);
    if (status == SK_OK)
        return SK_AGAIN;
    return status == SK_NOTFOUND ? SK_OK : status;
}

/* A path of the issuer, so that a list signed with another key of its name can be told from one of
 * a namesake (C-11). The issuer is a name and a key: any of its certificates will do, for the one
 * at hand may be the self-signed one that leads nowhere. Left unknown when there is none: then only
 * the issuer's own key counts. */
static enum sk_status find_issuer_path(struct sk_job *job, struct revocation_subject *subject)
{
    struct twins twins = {job, subject};
    enum sk_status status;

    if ((subject->anchor = anchor_of_key(job, subject->issuer)) != NULL)
        return SK_OK;
    status = job->source->ops->certs_by_subject(job->source, job->arena,
                                                subject->issuer->subject_hash, try_twin, &twins);
    if (status != SK_OK)
        return status == SK_AGAIN ? SK_OK : status;
    status = find_path_to(job, subject->issuer, subject); /* it need not be in the source */
    return status == SK_NOTFOUND ? SK_OK : status;
}

enum sk_status revocation_of_serial(struct sk_job *job, const struct sk_cert *issuer,
                                    struct sk_bytes serial, bool is_ca_cert,
                                    const struct sk_cert *cert, struct revocation_status *out)
{
    struct revocation_subject subject = {
        .cert = cert,
        .serial = serial,
        .is_ca = is_ca_cert,
        .issuer = issuer,
    };
    enum sk_status status;

    if (cert != NULL && (!name_equal(cert->issuer_canon, issuer->subject_canon) ||
                         !bytes_equal(cert->serial, serial)))
        return SK_INTERNAL;
    /* The issuer's own key is enough unless it leaves a question, or a list, open. */
    status = revocation_of_subject(job, &subject, out);
    if (status != SK_OK || out->kind == REVOCATION_REVOKED ||
        (out->kind == REVOCATION_GOOD && !out->has_unproven))
        return status;
    if ((status = find_issuer_path(job, &subject)) != SK_OK || subject.anchor == NULL)
        return status;
    return revocation_of_subject(job, &subject, out);
}
