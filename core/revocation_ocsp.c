/* SPDX-License-Identifier: Apache-2.0 */
#include "core/revocation_int.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/clock.h"
#include "core/hex.h"
#include "core/name.h"
#include "core/strength.h"

enum { DIGEST_MAX = 64 };

/* The issuer as a CertID names it; len 0: not computed yet. */
struct id_hash {
    size_t len;
    uint8_t name[DIGEST_MAX], key[DIGEST_MAX];
};

/* One question being answered from stored responses. */
struct ocsp_task {
    struct sk_job *job;
    const struct revocation_subject *subject;
    const struct sk_ocsp **responses; /* by SHA-256 */
    size_t num_responses, cap_responses;
    struct id_hash issuer[KEY_SHA512 + 1]; /* by hash: once for all responses */
    bool has_unproven, has_claim;
    int64_t changes; /* first second at which an answer may count that does not count yet */
    struct revocation_status *out;
};

/* What one response says of the subject: the worst of its SingleResponses about it. */
struct answer {
    bool is_about;
    enum revocation_fault fault; /* FAULT_NONE: usable, good or revoked */
    struct ocsp_entry single;
};

static void note(struct ocsp_task *task, enum revocation_fault fault,
                 const struct sk_ocsp *response)
{
    struct revocation_status *out = task->out;

    if (out->kind != REVOCATION_UNDETERMINED || out->why == FINDING_REVOCATION_STALE ||
        out->why == revocation_fault_code(fault))
        return;
    revocation_fault_set(out, fault, "OCSP response", response->sha256);
}

/* ---- what a response says ---- */

static bool has_digest(enum key_hash hash, struct sk_bytes data, struct sk_bytes expected)
{
    uint8_t digest[DIGEST_MAX];
    size_t len;

    return key_digest(hash, data, digest, &len) == SK_OK &&
           bytes_equal(bytes_of(digest, len), expected);
}

/* O-01: the issuer's name as it stands in the certificate asked about, and the issuer's key. */
static bool is_about(struct ocsp_task *task, const struct ocsp_entry *single)
{
    const struct revocation_subject *subject = task->subject;
    struct sk_bytes name = subject->cert != NULL ? subject->cert->issuer : subject->issuer->subject;
    struct id_hash *id = &task->issuer[single->hash];
    size_t len;

    if (single->hash == KEY_HASH_NONE || !bytes_equal(single->serial, subject->serial))
        return false;
    if (id->len == 0) {
        if (key_digest(single->hash, subject->issuer->key_bits, id->key, &len) != SK_OK ||
            key_digest(single->hash, name, id->name, &len) != SK_OK)
            return false;
        id->len = len;
    }
    return bytes_equal(bytes_of(id->name, id->len), single->issuer_name_hash) &&
           bytes_equal(bytes_of(id->key, id->len), single->issuer_key_hash);
}

/* RFC 6960 3.2, O-12. The policy's grace is for lists. */
static enum revocation_fault fault_of_times(const struct sk_job *job,
                                            const struct sk_ocsp *response,
                                            const struct ocsp_entry *single)
{
    int64_t skew = job->params->clock_skew_s;

    if (!single->has_next_update)
        return FAULT_OCSP_NO_NEXT_UPDATE;
    if (single->this_update - skew > job->time || response->produced_at - skew > job->time)
        return FAULT_OCSP_FUTURE;
    if (single->this_update - skew > response->produced_at ||
        response->produced_at >= single->next_update || single->this_update > single->next_update)
        return FAULT_OCSP_TIMES;
    return job->time > single->next_update ? FAULT_OCSP_STALE : FAULT_NONE;
}

static void weigh(const struct sk_job *job, const struct sk_ocsp *response,
                  const struct ocsp_entry *single, struct answer *out)
{
    out->is_about = true;
    out->single = *single;
    if (response->has_critical || single->has_critical)
        out->fault = FAULT_OCSP_CRITICAL;
    else
        out->fault = fault_of_times(job, response, single);
    if (out->fault == FAULT_NONE && single->status == OCSP_ENTRY_UNKNOWN)
        out->fault = FAULT_OCSP_UNKNOWN;
}

static int badness(const struct answer *answer)
{
    if (!answer->is_about)
        return 0;
    if (answer->fault != FAULT_NONE)
        return 2;
    return answer->single.status == OCSP_ENTRY_REVOKED ? 3 : 1;
}

/* Anything but good that begins to count later ends what is good now. */
static void note_change(struct ocsp_task *task, const struct sk_ocsp *response,
                        const struct ocsp_entry *entry)
{
    int64_t begins =
        entry->this_update > response->produced_at ? entry->this_update : response->produced_at;

    begins -= task->job->params->clock_skew_s;
    if (entry->status != OCSP_ENTRY_GOOD && begins > task->job->time && begins < task->changes)
        task->changes = begins;
}

static void read_answer(struct ocsp_task *task, const struct sk_ocsp *response, struct answer *out)
{
    struct ocsp_entry single;
    struct cert_walk walk;

    memset(out, 0, sizeof(*out));
    ocsp_entries(response, &walk);
    while (ocsp_entry_next(&walk, &single) == SK_OK) {
        struct answer next = {0};

        if (!is_about(task, &single))
            continue;
        note_change(task, response, &single);
        weigh(task->job, response, &single, &next);
        if (badness(&next) > badness(out) ||
            (badness(&next) == badness(out) && next.single.next_update < out->single.next_update))
            *out = next;
    }
}

/* ---- who signed it (O-08) ---- */

static bool is_named(const struct sk_ocsp *response, const struct sk_cert *cert)
{
    if (response->is_by_name)
        return response->responder.len > 0 && name_equal(response->responder, cert->subject_canon);
    return has_digest(KEY_SHA1, cert->key_bits, response->responder);
}

/* SK_NOTFOUND: signed with another key. */
static enum sk_status check_signature(struct sk_job *job, const struct sk_ocsp *response,
                                      const struct revocation_signer *signer)
{
    const struct sk_key *params;
    enum sk_status status = revocation_signer_params(job, signer, &params);

    if (status == SK_OK)
        status = job_check_signature(job, response->sha256, response->sig_alg, response->tbs,
                                     response->signature, signer->cert, params, NULL);
    return status == SK_CRYPTO || status == SK_INPUT ? SK_NOTFOUND : status;
}

static bool is_strong(const struct sk_job *job, const struct sk_cert *cert)
{
    return strength_of_key(job->params, cert->spki, bytes_of(NULL, 0), NULL) == FINDING_NONE;
}

/* Model 1: a key that the operator trusts for every CA; name and key count, as of an anchor. */
static enum sk_status try_local(struct sk_job *job, const struct sk_ocsp *response,
                                struct revocation_signer *out)
{
    const struct sk_params *params = job->params;
    enum sk_status status;
    size_t i;

    for (i = 0; i < params->num_ocsp_responders; i++) {
        const struct revocation_signer signer = {.cert = params->ocsp_responders[i].cert,
                                                 .holds_until = CLOCK_NEVER};

        if (!is_named(response, signer.cert) || !is_strong(job, signer.cert))
            continue;
        status = check_signature(job, response, &signer);
        if (status == SK_OK)
            *out = signer;
        if (status != SK_NOTFOUND)
            return status;
    }
    return SK_NOTFOUND;
}

/* Model 2: the key that signed the certificate. */
static enum sk_status try_issuer(struct sk_job *job, const struct revocation_subject *subject,
                                 const struct sk_ocsp *response, struct revocation_signer *out)
{
    const struct revocation_signer signer = {
        .cert = subject->issuer,
        .holds_until = CLOCK_NEVER,
        .path = {.anchor = subject->anchor,
                 .certs = subject->above,
                 .num_certs = subject->anchor != NULL ? subject->num_above : 0},
    };
    enum sk_status status;

    if (!is_named(response, signer.cert))
        return SK_NOTFOUND;
    if (subject->anchor == NULL && !is_strong(job, signer.cert)) /* else its path was judged */
        return SK_NOTFOUND;
    status = check_signature(job, response, &signer);
    if (status == SK_OK)
        *out = signer;
    return status;
}

/* RFC 6960 4.2.2.2: the purpose must be named; anyExtendedKeyUsage delegates nothing. */
static bool may_respond(const struct sk_cert *cert)
{
    const unsigned signing = KEY_USAGE_DIGITAL_SIGNATURE | KEY_USAGE_NON_REPUDIATION;

    if (cert->key_usage.is_present && (cert->key_usage_bits & signing) == 0)
        return false;
    return cert_names_eku(cert, OID_KP_OCSP_SIGNING);
}

/* The path of a delegate: that of the subject's issuer, and the delegate. Without a known path of
 * the issuer its given name and key are the start. */
static enum sk_status path_to_delegate(struct sk_job *job, const struct revocation_subject *subject,
                                       const struct sk_cert *cert, struct verify_path *out)
{
    size_t num_above = subject->anchor != NULL ? subject->num_above : 0;
    const struct sk_cert **certs = job_alloc(job, num_above + 1, sizeof(*certs));
    struct sk_anchor *given = job_alloc(job, 1, sizeof(*given));

    if (certs == NULL || given == NULL)
        return SK_NOMEM;
    if (num_above > 0)
        memcpy(certs, subject->above, num_above * sizeof(*certs));
    certs[num_above] = cert;
    given->cert = subject->issuer;
    out->anchor = subject->anchor != NULL ? subject->anchor : given;
    out->certs = certs;
    out->num_certs = num_above + 1;
    out->is_for_crl = false;
    return SK_OK;
}

/* O-10: a delegate without nocheck needs a status of its own, which it cannot give itself. */
static enum sk_status check_status(struct sk_job *job, const struct revocation_subject *subject,
                                   struct revocation_signer *signer)
{
    enum sk_status status;

    if (signer->cert->has_nocheck || job->params->revocation == REVOCATION_OFF)
        return SK_OK;
    if (job->crl_depth >= LIMIT_CRL_PATH_DEPTH)
        return SK_NOTFOUND;
    job->crl_depth++;
    status = revocation_of_signer(job, subject, signer->path.num_certs - 1,
                                  subject->is_above_settled, signer);
    job->crl_depth--;
    return status;
}

/* Model 3: a certificate issued directly by the name and key that issued the subject. */
static enum sk_status try_delegate(struct sk_job *job, const struct revocation_subject *subject,
                                   const struct sk_ocsp *response, const struct sk_cert *cert,
                                   struct revocation_signer *out)
{
    struct revocation_signer signer = {.cert = cert};
    struct verify_result result;
    enum sk_status status;

    if (!is_named(response, cert) || !may_respond(cert) ||
        !name_equal(cert->issuer_canon, subject->issuer->subject_canon) ||
        revocation_is_waiting(subject, cert) || subject->num_above >= LIMIT_PATH_CERTS)
        return SK_NOTFOUND;
    if ((status = path_to_delegate(job, subject, cert, &signer.path)) != SK_OK ||
        (status = revocation_verify_open(job, &signer.path, &result)) != SK_OK)
        return status;
    if (!result.is_good)
        return SK_NOTFOUND;
    signer.holds_until = result.not_after;
    status = check_signature(job, response, &signer);
    if (status == SK_OK)
        status = check_status(job, subject, &signer);
    if (status == SK_OK)
        *out = signer;
    return status;
}

static enum sk_status find_signer(struct sk_job *job, const struct revocation_subject *subject,
                                  const struct sk_ocsp *response, struct revocation_signer *out)
{
    enum sk_status status;
    size_t i;

    if (strength_of_signature(job->params, response->sig_alg, NULL) != FINDING_NONE)
        return SK_NOTFOUND;
    status = try_local(job, response, out);
    if (status == SK_NOTFOUND)
        status = try_issuer(job, subject, response, out);
    for (i = 0; i < response->num_certs && status == SK_NOTFOUND; i++)
        status = try_delegate(job, subject, response, response->certs[i], out);
    return status;
}

/* ---- the answer ---- */

static void set_dates(struct revocation_status *out, const struct sk_ocsp *response,
                      const struct ocsp_entry *single)
{
    struct evidence *evidence = &out->evidence[0];

    out->this_update = single->this_update;
    out->next_update = single->next_update;
    memcpy(evidence->sha256, response->sha256, SK_SHA256);
    evidence->is_ocsp = true;
    evidence->this_update = single->this_update;
    evidence->next_update = single->next_update;
    out->num_evidence = 1;
}

static int64_t last_second(const struct ocsp_entry *single, const struct revocation_signer *signer)
{
    return single->next_update < signer->holds_until ? single->next_update : signer->holds_until;
}

static void set_revoked(struct revocation_status *out, const struct sk_ocsp *response,
                        const struct ocsp_entry *single, const struct revocation_signer *signer)
{
    char digest[2 * SK_SHA256 + 1], at[CLOCK_TEXT];

    memset(out, 0, sizeof(*out));
    out->kind = REVOCATION_REVOKED;
    out->revoked_at = single->revoked_at;
    out->reason = single->reason;
    out->holds_until = last_second(single, signer);
    set_dates(out, response, single);
    hex_encode(bytes_of(response->sha256, SK_SHA256), digest);
    clock_format_rfc3339(single->revoked_at, at);
    snprintf(out->text, sizeof(out->text), "OCSP response %.16s: revoked since %s, reason %s",
             digest, at, revocation_reason_text(single->reason));
}

/* The response that holds longest is the one that is told. */
static void set_good(struct revocation_status *out, const struct sk_ocsp *response,
                     const struct ocsp_entry *single, const struct revocation_signer *signer)
{
    int64_t holds_until = last_second(single, signer);

    if (out->kind == REVOCATION_GOOD && out->holds_until >= holds_until)
        return;
    memset(out, 0, sizeof(*out));
    out->kind = REVOCATION_GOOD;
    out->holds_until = holds_until;
    set_dates(out, response, single);
}

/* Nobody who counts on this path signed it, now. Another path to the issuer may prove who did
 * (revocation_elsewhere()), and it may be otherwise later: what it denies is not relied on beyond
 * this second. */
static void leave_out(struct ocsp_task *task, const struct sk_ocsp *response,
                      const struct answer *answer)
{
    note(task, FAULT_OCSP_SIGNER, response);
    task->has_unproven = true;
    if (answer->single.status != OCSP_ENTRY_REVOKED)
        return;
    task->has_claim = true;
    task->changes = task->job->time + 1;
}

static enum sk_status consult(struct ocsp_task *task, const struct sk_ocsp *response)
{
    struct revocation_signer signer = {.holds_until = CLOCK_NEVER};
    struct answer answer;
    enum sk_status status;

    read_answer(task, response, &answer);
    if (!answer.is_about)
        return SK_OK;
    if (answer.fault != FAULT_NONE) {
        note(task, answer.fault, response);
        return SK_OK;
    }
    status = find_signer(task->job, task->subject, response, &signer);
    if (status == SK_OK && signer.is_suspect && answer.single.status != OCSP_ENTRY_REVOKED)
        status = SK_NOTFOUND; /* C-06 */
    if (status == SK_NOTFOUND) {
        leave_out(task, response, &answer);
        return SK_OK;
    }
    if (status != SK_OK)
        return status;
    if (answer.single.status == OCSP_ENTRY_REVOKED) {
        set_revoked(task->out, response, &answer.single, &signer);
        task->out->is_by_issuer = revocation_is_by_issuer(task->subject, signer.cert);
    } else {
        set_good(task->out, response, &answer.single, &signer);
    }
    return SK_OK;
}

static enum sk_status add_response(void *arg, const struct sk_ocsp *response)
{
    struct ocsp_task *task = arg;

    if (!job_spend_step(task->job))
        return SK_LIMIT;
    if (task->num_responses == task->cap_responses) {
        size_t wanted = task->cap_responses ? 4 * task->cap_responses : 8;
        const struct sk_ocsp **responses = job_alloc(task->job, wanted, sizeof(*responses));

        if (responses == NULL)
            return SK_NOMEM;
        if (task->num_responses > 0)
            memcpy(responses, task->responses, task->num_responses * sizeof(*responses));
        task->responses = responses;
        task->cap_responses = wanted;
    }
    task->responses[task->num_responses++] = response;
    return SK_OK;
}

static int response_order(const void *a, const void *b)
{
    const struct sk_ocsp *x = *(const struct sk_ocsp *const *)a;
    const struct sk_ocsp *y = *(const struct sk_ocsp *const *)b;

    return memcmp(x->sha256, y->sha256, SK_SHA256);
}

static void conclude(struct ocsp_task *task)
{
    struct revocation_status *out = task->out;

    if (out->kind == REVOCATION_UNDETERMINED || out->holds_until >= task->changes)
        out->holds_until = task->changes - 1;
    out->has_unproven = task->has_unproven;
    out->has_claim = task->has_claim;
}

enum sk_status revocation_by_ocsp(struct sk_job *job, const struct revocation_subject *subject,
                                  struct revocation_status *out)
{
    const struct sk_source *source = job->source;
    struct ocsp_task task = {.job = job, .subject = subject, .changes = CLOCK_NEVER, .out = out};
    enum sk_status status = SK_OK;
    size_t i;

    memset(out, 0, sizeof(*out));
    out->why = FINDING_REVOCATION_NO_SOURCE;
    if (source->ops->ocsp_by_cert != NULL)
        status = source->ops->ocsp_by_cert(source, job->arena, subject->issuer, subject->serial,
                                           add_response, &task);
    if (task.num_responses > 1)
        qsort(task.responses, task.num_responses, sizeof(task.responses[0]), response_order);
    for (i = 0; i < task.num_responses && status == SK_OK && out->kind != REVOCATION_REVOKED; i++)
        status = job_may_go_on(job) ? consult(&task, task.responses[i]) : SK_LIMIT;
    if (status == SK_OK && out->kind != REVOCATION_REVOKED)
        conclude(&task);
    return status == SK_OK && job->is_exhausted ? SK_LIMIT : status;
}
