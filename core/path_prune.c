/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What makes every path through a certificate fail, seen from below while the search goes up. It
 * may say too little, never too much: what it cuts, core/verify.c would refuse in every path, or
 * core/revocation.c would find revoked in every path that core/verify.c passes.
 */
#include "core/name.h"
#include "core/name_constraints.h"
#include "core/path_int.h"

enum {
    NEED_BYTES = 512,        /* of policies and mappings that are looked at */
    STEP_BYTES = 64,         /* of them for one step */
    CONSTRAINT_BYTES = 1024, /* likewise of nameConstraints, and of the names of the target */
    CONSTRAINT_LOOKS = 1024, /* certificates whose nameConstraints are looked at, in a search */
};

static bool need_holds(const struct policy_need *need, struct sk_bytes policy)
{
    size_t i;

    for (i = 0; i < need->num; i++)
        if (bytes_equal(need->policies[i], policy))
            return true;
    return need->is_any;
}

static void need_add(struct policy_need *need, struct sk_bytes policy)
{
    if (need_holds(need, policy))
        return;
    if (need->num == NEED_POLICIES)
        need->is_any = true;
    else
        need->policies[need->num++] = policy;
}

/* A subject policy of the mapping of policy is needed below. out_is_mapped: it has a mapping. */
static bool is_mapped_to_need(const struct sk_cert *cert, const struct policy_need *below,
                              struct sk_bytes policy, bool *out_is_mapped)
{
    struct sk_bytes from, to;
    struct cert_walk walk;

    *out_is_mapped = false;
    if (cert_walk_init(&walk, &cert->policy_mappings) != SK_OK)
        return false;
    while (cert_mapping_next(&walk, &from, &to) == SK_OK) {
        if (!bytes_equal(from, policy))
            continue;
        *out_is_mapped = true;
        if (need_holds(below, to))
            return true;
    }
    return false;
}

/* anyPolicy in cert: every policy needed below may come from it, and so may what is mapped to one
 * (V-55). */
static void need_from_any(const struct sk_cert *cert, const struct policy_need *below,
                          struct policy_need *out)
{
    struct sk_bytes from, to;
    struct cert_walk walk;
    size_t i;

    out->is_any = out->is_any || below->is_any;
    for (i = 0; i < below->num; i++)
        need_add(out, below->policies[i]);
    if (cert_walk_init(&walk, &cert->policy_mappings) == SK_OK)
        while (cert_mapping_next(&walk, &from, &to) == SK_OK)
            if (need_holds(below, to))
                need_add(out, from);
}

void policy_need_above(struct sk_job *job, const struct policy_need *below,
                       const struct sk_cert *cert, struct policy_need *out)
{
    struct cert_policy policy;
    struct cert_walk walk;

    size_t len = cert->policies.value.len + cert->policy_mappings.value.len, paid;

    memset(out, 0, sizeof(*out));
    out->is_null = below->is_null;
    out->is_any = !below->is_null && len > NEED_BYTES; /* not looked at */
    if (out->is_null || out->is_any || cert_walk_init(&walk, &cert->policies) != SK_OK)
        return;
    for (paid = STEP_BYTES; paid <= len; paid += STEP_BYTES)
        if (!job_spend_step(job)) {
            out->is_any = true; /* the job has ended, and must not end for another reason */
            return;
        }
    while (cert_policy_next(&walk, &policy) == SK_OK) {
        bool is_mapped;

        if (oid_is(policy.oid, OID_ANY_POLICY))
            need_from_any(cert, below, out);
        else if (is_mapped_to_need(cert, below, policy.oid, &is_mapped) ||
                 (!is_mapped && need_holds(below, policy.oid)))
            need_add(out, policy.oid);
    }
    out->is_null = out->num == 0 && !out->is_any;
}

void policy_need_of_target(struct sk_job *job, const struct sk_cert *target,
                           struct policy_need *out)
{
    const struct policy_need anything = {.is_any = true};

    policy_need_above(job, &anything, target, out); /* its mappings never count */
}

bool graph_refuses_target(struct path_graph *graph, struct graph_node *node)
{
    const struct sk_params *params = graph->job->params;
    struct name_constraints constraints = {.num = 0};
    struct sk_err err = {.status = SK_OK};
    enum sk_status status;

    if (node->constraints_looked_at)
        return node->constraints_refuse;
    node->constraints_looked_at = true;
    if (!node->cert->name_constraints.is_present ||
        node->cert->name_constraints.value.len > CONSTRAINT_BYTES ||
        graph->target.cert->subject.len + graph->target.cert->san.value.len > CONSTRAINT_BYTES ||
        graph->job->work.name_checks > params->budget.max_name_checks / 2 ||
        graph->num_constraint_looks++ >= CONSTRAINT_LOOKS)
        return false;
    status = name_constraints_add(&constraints, graph->job, node->cert, &err);
    if (status == SK_OK)
        status = name_constraints_check(&constraints, graph->job, graph->target.cert, &err);
    node->constraints_refuse = status == SK_INPUT;
    return node->constraints_refuse;
}

/* What the issuer's own key says counts on every path to it, but a list only where its certificate
 * lets it sign lists; an anchor is not asked. */
bool graph_is_revoked(const struct graph_node *node, const struct graph_choice *choice)
{
    const struct sk_cert *issuer = node->revoked_below;

    return issuer != NULL && (choice->anchor != NULL || cert_may_sign_crls(choice->cert)) &&
           memcmp(issuer->spki_sha256, choice->cert->spki_sha256, SK_SHA256) == 0 &&
           name_equal(issuer->subject_canon, choice->cert->subject_canon);
}
