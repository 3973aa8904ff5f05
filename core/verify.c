/* SPDX-License-Identifier: Apache-2.0 */
#include "core/verify.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "core/clock.h"
#include "core/match_name.h"
#include "core/name.h"
#include "core/name_constraints.h"
#include "core/policy_graph.h"
#include "core/strength.h"
#include "core/verify_text.h"

enum { EXPECTED_TEXT = LIMIT_FINDING_TEXT / 2 };

/* The state variables of RFC 5280 6.1.2. A check returns SK_OK to go on, SK_INPUT when the path
 * fails (the finding is then set), or what ended the job. */
struct state {
    struct sk_job *job;
    const struct verify_path *path;
    struct verify_result result;
    size_t i; /* path->certs[i] is being judged; certificate i + 1 of the RFC */
    const struct sk_cert *cert;
    bool is_last;
    unsigned explicit_policy, inhibit_any_policy, policy_mapping, max_path_length;
    struct policy_graph *policies;       /* valid_policy_tree */
    struct name_constraints constraints; /* permitted_subtrees, excluded_subtrees */
    struct sk_bytes parameters;   /* working_public_key_parameters: the SPKI that holds them */
    const struct sk_bytes *asked; /* user-initial-policy-set */
    size_t num_asked;
    bool asks_any; /* it is {anyPolicy}, and asked is empty */
};
typedef enum sk_status (*check_fn)(struct state *s);

static int index_from_target(const struct state *s)
{
    return (int)(s->path->num_certs - 1 - s->i);
}

/* The path fails at s->cert: expected is what the rule asks for, fmt what stands there instead. */
static enum sk_status SK_PRINTF(5, 6)
    fail(struct state *s, enum finding_code code, const char *rule, const char *expected,
         const char *fmt, ...)
{
    char found[LIMIT_FINDING_TEXT];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(found, sizeof(found), fmt, args);
    va_end(args);
    finding_explain(&s->result.finding, s->job->arena, code, index_from_target(s), rule, expected,
                    "%s", found);
    s->result.finding.about = s->cert;
    s->result.progress = s->i;
    return SK_INPUT;
}

static const struct sk_cert *issuer_of(const struct verify_path *path, size_t index)
{
    return index == 0 ? path->anchor->cert : path->certs[index - 1];
}

/* ---- 6.1.3: every certificate ------------------------------------------------------------------
 */

/* 6.1.4(o), 6.1.5(f): every critical extension is one that is processed here or by revocation. */
static enum sk_status check_critical(struct state *s)
{
    char oid[LIMIT_OID_TEXT];

    if (!s->cert->has_unknown_critical)
        return SK_OK;
    if (oid_to_text(s->cert->unknown_critical, oid, sizeof(oid)) != SK_OK)
        (void)snprintf(oid, sizeof(oid), "an identifier too long to show");
    return fail(s, FINDING_UNKNOWN_CRITICAL, s->is_last ? "RFC 5280 6.1.5(f)" : "RFC 5280 6.1.4(o)",
                "no critical extension but those that are processed", "critical extension %s", oid);
}

/* What extensions and fields must be together, whoever issued the certificate. */
static enum sk_status check_form(struct state *s)
{
    const struct sk_cert *c = s->cert;
    bool must_have_subject = !s->is_last || c->is_ca || s->path->is_for_crl;

    if (c->issuer_canon.len == 0)
        return fail(s, FINDING_MALFORMED, "RFC 5280 4.1.2.4", "an issuer name",
                    "an empty issuer name");
    if (c->subject_canon.len == 0 && must_have_subject)
        return fail(s, FINDING_MALFORMED, "RFC 5280 4.1.2.6",
                    "a subject name in the certificate of an issuer", "an empty subject name");
    if (c->subject_canon.len == 0 && !(c->san.is_present && c->san.is_critical))
        return fail(s, FINDING_MALFORMED, "RFC 5280 4.1.2.6",
                    "a subject name or a critical subjectAltName", "an empty subject name and %s",
                    c->san.is_present ? "a subjectAltName that is not critical"
                                      : "no subjectAltName");
    if (c->name_constraints.is_present && c->name_constraints.is_critical && !c->is_ca)
        return fail(s, FINDING_MALFORMED, "RFC 5280 4.2.1.10",
                    "nameConstraints in CA certificates alone",
                    "critical nameConstraints in a certificate that is not a CA's");
    return SK_OK;
}

static enum sk_status fail_strength(struct state *s, enum finding_code code,
                                    const struct sk_err *err)
{
    char expected[EXPECTED_TEXT];

    strength_floor_text(s->job->params, code, expected, sizeof(expected));
    return fail(s, code, code == FINDING_ALGORITHM ? "RFC 5280 6.1.3(a)(1)" : "policy: strength",
                expected, "%s", err->text);
}

static enum sk_status check_strength(struct state *s)
{
    const struct sk_params *params = s->job->params;
    struct sk_err err = {0};
    enum finding_code code;

    if (!s->cert->is_sig_alg_equal)
        return fail(s, FINDING_ALGORITHM, "RFC 5280 4.1.1.2",
                    "the same algorithm in signatureAlgorithm and in the signed signature field",
                    "two that differ");
    code = strength_of_signature(params, s->cert->sig_alg, &err);
    if (code == FINDING_NONE)
        code = strength_of_key(params, s->cert->spki, s->parameters, &err);
    if (code != FINDING_NONE)
        return fail_strength(s, code, &err);
    if (!key_needs_parameters(s->cert->spki)) /* 6.1.4(d)-(f) */
        s->parameters = s->cert->spki;
    return SK_OK;
}

/* The anchor's key signs the first certificate; the anchor's own signature is not looked at. */
static enum sk_status check_anchor(struct state *s)
{
    const struct sk_cert *anchor = s->path->anchor->cert;
    const struct sk_cert *target = s->path->certs[s->path->num_certs - 1];
    struct sk_err err = {0};
    enum finding_code code;

    if (memcmp(target->sha256, anchor->sha256, SK_SHA256) == 0) {
        s->cert = target;
        (void)fail(s, FINDING_TARGET_IS_ANCHOR, "RFC 5280 6.1",
                   "a path of at least one certificate below the trust anchor",
                   "the trust anchor itself");
        s->result.finding.cert = 0;
        return SK_INPUT;
    }
    code = strength_of_key(s->job->params, anchor->spki, bytes_of(NULL, 0), &err);
    if (code == FINDING_NONE) {
        s->parameters = anchor->spki;
        return SK_OK;
    }
    s->cert = anchor;
    (void)fail_strength(s, code, &err);
    s->result.finding.cert = (int)s->path->num_certs;
    return SK_INPUT;
}

/* 6.1.3(a)(2), both ends inclusive (V-12) */
static enum sk_status check_validity(struct state *s)
{
    int64_t skew = s->job->params->clock_skew_s, time = s->job->time;
    char bound[CLOCK_TEXT], now[CLOCK_TEXT], expected[EXPECTED_TEXT];
    bool is_late = s->cert->not_after != CLOCK_NEVER && time - skew > s->cert->not_after;

    if (!is_late && s->cert->not_before <= time + skew) {
        if (s->cert->not_after < s->result.not_after)
            s->result.not_after = s->cert->not_after;
        return SK_OK;
    }
    clock_format_rfc3339(is_late ? s->cert->not_after : s->cert->not_before, bound);
    clock_format_rfc3339(is_late ? time - skew : time + skew, now);
    (void)snprintf(expected, sizeof(expected), "%s %s",
                   is_late ? "notAfter at or after" : "notBefore at or before", now);
    return fail(s, is_late ? FINDING_EXPIRED : FINDING_NOT_YET_VALID, "RFC 5280 6.1.3(a)(2)",
                expected, "%s", bound);
}

/* 6.1.3(a)(4) */
static enum sk_status check_issuer(struct state *s)
{
    const struct sk_cert *issuer = issuer_of(s->path, s->i);
    char name[LIMIT_NAME_SHOWN], found[LIMIT_NAME_SHOWN], expected[EXPECTED_TEXT];

    if (name_equal(s->cert->issuer_canon, issuer->subject_canon))
        return SK_OK;
    name_short_text(issuer->subject, name, sizeof(name));
    name_short_text(s->cert->issuer, found, sizeof(found));
    (void)snprintf(expected, sizeof(expected), "issuer %s", name);
    return fail(s, FINDING_NAME_CHAINING, "RFC 5280 6.1.3(a)(4)", expected, "issuer %s", found);
}

/* 6.1.3(b)-(c) */
static enum sk_status check_names(struct state *s)
{
    struct sk_err err = {0};
    enum sk_status status;

    if (s->cert->is_self_issued && !s->is_last)
        return SK_OK; /* V-33 */
    status = name_constraints_check(&s->constraints, s->job, s->cert, &err);
    if (status != SK_INPUT)
        return status;
    return fail(s, FINDING_NAME_CONSTRAINTS, "RFC 5280 6.1.3(b)-(c)",
                "every name within the subtrees permitted above and outside the excluded ones",
                "%s", err.text);
}

static enum sk_status read_policies(const struct sk_cert *cert, struct sk_bytes out[LIMIT_POLICIES],
                                    size_t *out_num)
{
    struct cert_policy policy;
    struct cert_walk walk;
    size_t num = 0;
    enum sk_status status = cert_walk_init(&walk, &cert->policies);

    while (status == SK_OK && num <= LIMIT_POLICIES) {
        status = cert_policy_next(&walk, &policy);
        if (status == SK_OK)
            out[num++] = policy.oid;
    }
    *out_num = num;
    return status == SK_NOTFOUND ? SK_OK : SK_INPUT;
}

/* 6.1.3(d)-(f) */
static enum sk_status check_policies(struct state *s)
{
    bool any_counts =
        s->inhibit_any_policy > 0 || (!s->is_last && s->cert->is_self_issued); /* V-34 */
    struct sk_bytes found[LIMIT_POLICIES + 1]; /* one more, to see the end */
    size_t num = 0;
    enum sk_status status = SK_OK;

    if (!policy_graph_is_null(s->policies)) /* it stays so, whatever they are */
        status = read_policies(s->cert, found, &num);
    if (status != SK_OK)
        return fail(s, FINDING_MALFORMED, "RFC 5280 4.2.1.4",
                    "certificatePolicies of a length we process", "one malformed or too long");
    status = policy_graph_extend(s->policies, found, num, any_counts);
    if (status == SK_INPUT)
        return fail(s, FINDING_MALFORMED, "RFC 5280 4.2.1.4",
                    "each policy at most once in certificatePolicies", "one that stands twice");
    if (status != SK_OK)
        return status;
    if (s->explicit_policy == 0 && policy_graph_is_null(s->policies))
        return fail(s, FINDING_POLICY, "RFC 5280 6.1.3(f)",
                    "a policy that is valid from the anchor down to here", "none");
    return SK_OK;
}

/* ---- 6.1.4: every certificate but the last
 * --------------------------------------------------------- */

static enum sk_status fail_usage(struct state *s, const char *rule, unsigned wanted)
{
    char expected[EXPECTED_TEXT], bits[EXPECTED_TEXT - 32], found[EXPECTED_TEXT - 32];

    cert_key_usage_text(wanted, bits, sizeof(bits));
    cert_key_usage_text(s->cert->key_usage_bits, found, sizeof(found));
    (void)snprintf(expected, sizeof(expected), "keyUsage with %s", bits);
    return fail(s, FINDING_KEY_USAGE, rule, expected, "keyUsage %s", found);
}

/* (k), (n) */
static enum sk_status check_ca(struct state *s)
{
    const struct sk_cert *c = s->cert;

    if (c->version != 3)
        return fail(s, FINDING_VERSION, "RFC 5280 6.1.4(k)", "a version 3 certificate of an issuer",
                    "version %u", c->version);
    if (!c->basic_constraints.is_present)
        return fail(s, FINDING_NOT_CA, "RFC 5280 6.1.4(k)",
                    "basicConstraints with cA TRUE in the certificate of an issuer",
                    "no basicConstraints");
    if (!c->is_ca)
        return fail(s, FINDING_NOT_CA, "RFC 5280 6.1.4(k)",
                    "basicConstraints with cA TRUE in the certificate of an issuer", "cA FALSE");
    if (c->key_usage.is_present && (c->key_usage_bits & KEY_USAGE_KEY_CERT_SIGN) == 0)
        return fail_usage(s, "RFC 5280 6.1.4(n)", KEY_USAGE_KEY_CERT_SIGN);
    return SK_OK;
}

static enum sk_status fail_length(struct state *s)
{
    const struct sk_cert *from = verify_text_length_from(s->path, s->i);
    char name[LIMIT_NAME_SHOWN], expected[LIMIT_FINDING_TEXT];

    name_short_text(from->subject, name, sizeof(name));
    (void)snprintf(expected, sizeof(expected),
                   "at most %" PRIu64 " CA certificate(s) below %s, by its pathLenConstraint",
                   from->path_len, name);
    return fail(s, FINDING_PATH_LENGTH, "RFC 5280 6.1.4(l)", expected, "one more");
}

/* (l), (m) */
static enum sk_status prepare_path_length(struct state *s)
{
    if (!s->cert->is_self_issued) {
        if (s->max_path_length == 0)
            return fail_length(s);
        s->max_path_length--;
    }
    if (s->cert->has_path_len && s->cert->path_len < s->max_path_length)
        s->max_path_length = (unsigned)s->cert->path_len;
    return SK_OK;
}

/* (a)-(b) */
static enum sk_status prepare_mappings(struct state *s)
{
    struct policy_pair pairs[LIMIT_POLICY_MAPPINGS + 1]; /* one more, to see the end */
    struct cert_walk walk;
    size_t num = 0;
    enum sk_status status;

    if (policy_graph_is_null(s->policies) && !s->cert->maps_any_policy)
        return SK_OK; /* nothing is left to map */
    status = cert_walk_init(&walk, &s->cert->policy_mappings);
    while (status == SK_OK && num <= LIMIT_POLICY_MAPPINGS) {
        status = cert_mapping_next(&walk, &pairs[num].issuer_policy, &pairs[num].subject_policy);
        num += status == SK_OK;
    }
    if (status != SK_NOTFOUND)
        return fail(s, FINDING_MALFORMED, "RFC 5280 4.2.1.5",
                    "policyMappings of a length we process", "one malformed or too long");
    status = policy_graph_map(s->policies, pairs, num, s->policy_mapping > 0);
    if (status == SK_INPUT)
        return fail(s, FINDING_POLICY, "RFC 5280 6.1.4(a)", "no mapping of anyPolicy",
                    "policyMappings with anyPolicy");
    return status;
}

/* (g) */
static enum sk_status prepare_names(struct state *s)
{
    struct sk_err err = {0};
    enum sk_status status = name_constraints_add(&s->constraints, s->job, s->cert, &err);

    if (status != SK_INPUT)
        return status;
    return fail(s, FINDING_NAME_CONSTRAINTS, "RFC 5280 4.2.1.10",
                "nameConstraints that can be processed", "%s", err.text);
}

static void lower_to(unsigned *counter, bool is_present, uint64_t skip_certs)
{
    if (is_present && skip_certs < *counter)
        *counter = (unsigned)skip_certs;
}

/* (h)-(j): what a certificate says here acts from the next one on (V-57) */
static enum sk_status prepare_counters(struct state *s)
{
    const struct sk_cert *c = s->cert;

    if (!c->is_self_issued) {
        s->explicit_policy -= s->explicit_policy > 0;
        s->policy_mapping -= s->policy_mapping > 0;
        s->inhibit_any_policy -= s->inhibit_any_policy > 0;
    }
    lower_to(&s->explicit_policy, c->has_require_explicit, c->require_explicit);
    lower_to(&s->policy_mapping, c->has_inhibit_mapping, c->inhibit_mapping);
    lower_to(&s->inhibit_any_policy, c->inhibit_any.is_present, c->inhibit_any_skip);
    return SK_OK;
}

/* ---- 6.1.5 and the policy's own rules: the last certificate
 * ------------------------------------------ */

/* 6.1.5(a)-(b), (g) */
static enum sk_status wrap_up_policies(struct state *s)
{
    char asked[EXPECTED_TEXT - 32], found[EXPECTED_TEXT], expected[EXPECTED_TEXT];
    struct policy_set authority, user;
    enum sk_status status;

    s->explicit_policy -= s->explicit_policy > 0; /* V-59 */
    if (s->cert->has_require_explicit && s->cert->require_explicit == 0)
        s->explicit_policy = 0; /* V-58 */
    status = policy_graph_sets(s->policies, s->asked, s->num_asked, &authority, &user);
    if (status != SK_OK)
        return status;
    if (s->num_asked == 0 && !s->asks_any) /* none at all, where the graph takes none for any */
        user.num = 0;
    s->result.authority_policies = authority.oids;
    s->result.num_authority_policies = authority.num;
    s->result.policies = user.oids;
    s->result.num_policies = user.num;
    if (s->explicit_policy > 0 || user.num > 0) /* V-60 */
        return SK_OK;
    verify_text_oids(s->asked, s->num_asked, asked, sizeof(asked));
    verify_text_oids(authority.oids, authority.num, found, sizeof(found));
    (void)snprintf(expected, sizeof(expected), "a valid policy of these: %s",
                   s->asks_any ? "any" : asked);
    return fail(s, FINDING_POLICY, "RFC 5280 6.1.5(g)", expected, "%s", found);
}

/* One of all the purposes asked; S-11 of extendedKeyUsages: absent or anyExtendedKeyUsage fit all.
 */
static enum sk_status check_purpose(struct state *s, struct sk_bytes asked)
{
    struct cert_walk walk;
    struct sk_bytes found;
    char purposes[EXPECTED_TEXT], oid[LIMIT_OID_TEXT], expected[LIMIT_OID_TEXT + EXPECTED_TEXT];
    enum sk_status status = cert_walk_init(&walk, &s->cert->eku);

    while (status == SK_OK) {
        status = cert_eku_next(&walk, &found);
        if (status == SK_OK &&
            (bytes_equal(found, asked) || oid_is(found, OID_ANY_EXTENDED_KEY_USAGE)))
            return SK_OK;
    }
    if (status != SK_NOTFOUND)
        return fail(s, FINDING_MALFORMED, "RFC 5280 4.2.1.12", "extendedKeyUsage",
                    "a malformed one");
    if (oid_to_text(asked, oid, sizeof(oid)) != SK_OK)
        (void)snprintf(oid, sizeof(oid), "the purpose asked");
    (void)snprintf(expected, sizeof(expected), "extendedKeyUsage with %s", oid);
    verify_text_purposes(s->cert, purposes, sizeof(purposes));
    return fail(s, FINDING_EXTENDED_KEY_USAGE,
                s->is_last ? "RFC 5280 4.2.1.12" : "policy: nested-extended-key-usage", expected,
                "%s", purposes);
}

/* V-74: an option of the policy; RFC 5280 knows no purposes of issuers. */
static enum sk_status check_nested_purposes(struct state *s)
{
    const struct sk_params *params = s->job->params;
    bool is_asked = params->nested_ekus && !s->path->is_for_crl && s->cert->eku.is_present;
    size_t i, num = is_asked ? params->num_ekus : 0;
    enum sk_status status = SK_OK;

    for (i = 0; i < num && status == SK_OK; i++)
        status = check_purpose(s, params->ekus[i]);
    return status;
}

static enum sk_status check_usage(struct state *s)
{
    const struct sk_params *params = s->job->params;
    unsigned wanted = s->path->is_for_crl ? KEY_USAGE_CRL_SIGN : params->key_usage;
    size_t i, num = s->path->is_for_crl || !s->cert->eku.is_present ? 0 : params->num_ekus;
    enum sk_status status = SK_OK;

    if (s->cert->key_usage.is_present && (s->cert->key_usage_bits & wanted) != wanted)
        return fail_usage(s, s->path->is_for_crl ? "RFC 5280 6.3.3(f)" : "RFC 5280 4.2.1.3",
                          wanted);
    for (i = 0; i < num && status == SK_OK; i++)
        status = check_purpose(s, params->ekus[i]);
    return status;
}

static enum sk_status fail_name(struct state *s, const struct general_name *asked)
{
    const char *kind = general_name_kind_text(asked->kind);
    char expected[LIMIT_FINDING_TEXT];

    verify_text_name(asked, expected, sizeof(expected));
    return fail(s, FINDING_NAME_MISMATCH, "RFC 9525 6", expected, "%zu %s(s) that do not match",
                verify_text_count_names(s->cert, asked->kind), kind);
}

static enum sk_status check_asked_names(struct state *s)
{
    const struct sk_params *params = s->job->params;
    size_t i, num = s->path->is_for_crl ? 0 : params->num_names;
    enum sk_status status = SK_OK;

    for (i = 0; i < num && status == SK_OK; i++) {
        struct sk_err err = {0};
        bool is_match = false;

        status = match_name(s->job, s->cert, &params->names[i], &is_match, &err);
        if (status == SK_INPUT)
            return fail(s, FINDING_NAME_MISMATCH, "RFC 9525 6", "names that can be compared", "%s",
                        err.text);
        if (status == SK_OK && !is_match)
            return fail_name(s, &params->names[i]);
    }
    return status;
}

/* ---- RFC 5937: the anchor's own constraints
 * --------------------------------------------------------------- */

static bool has_any_policy(const struct sk_bytes *oids, size_t num)
{
    size_t i;

    for (i = 0; i < num; i++)
        if (oid_is(oids[i], OID_ANY_POLICY))
            return true;
    return false;
}

/* RFC 5937 3.2: user-initial-policy-set becomes its intersection with the anchor's policies. */
static enum sk_status intersect_policies(struct state *s, const struct sk_bytes *own,
                                         size_t num_own)
{
    struct sk_bytes *both;
    size_t i, k, num = 0;

    if (num_own == 0 || has_any_policy(own, num_own))
        return SK_OK;
    if ((both = job_alloc(s->job, num_own, sizeof(*both))) == NULL)
        return SK_LIMIT;
    for (i = 0; i < num_own; i++) {
        bool is_asked = s->asks_any;

        for (k = 0; k < s->num_asked && !is_asked; k++)
            is_asked = bytes_equal(s->asked[k], own[i]);
        if (is_asked)
            both[num++] = own[i];
    }
    s->asked = both;
    s->num_asked = num;
    s->asks_any = false;
    return SK_OK;
}

static enum sk_status honour_policies(struct state *s)
{
    struct sk_bytes own[LIMIT_POLICIES];
    size_t num;

    if (read_policies(s->cert, own, &num) != SK_OK)
        return fail(s, FINDING_MALFORMED, "RFC 5937 3.2",
                    "certificatePolicies of a length we process", "one malformed or too long");
    return intersect_policies(s, own, num);
}

/* The flags are those of CertPathControls where the extension skips no certificate; a number above
 * 0 is honoured as 6.1.4(i)-(j) would. */
static void honour_counters(struct state *s)
{
    const struct sk_cert *anchor = s->cert;

    lower_to(&s->explicit_policy, anchor->has_require_explicit, anchor->require_explicit);
    lower_to(&s->policy_mapping, anchor->has_inhibit_mapping, anchor->inhibit_mapping);
    lower_to(&s->inhibit_any_policy, anchor->inhibit_any.is_present, anchor->inhibit_any_skip);
    lower_to(&s->max_path_length, anchor->has_path_len, anchor->path_len);
}

static enum sk_status honour_extensions(struct state *s)
{
    enum sk_status status = check_critical(s);

    if (status == SK_OK)
        status = prepare_names(s);
    if (status == SK_OK)
        status = honour_policies(s);
    if (status == SK_OK)
        honour_counters(s);
    return status;
}

/* What the anchor's certificate says acts on the path from its first certificate on. */
static enum sk_status honour_anchor(struct state *s)
{
    enum sk_status status;

    if (!s->job->params->honour_anchor_constraints)
        return SK_OK;
    s->cert = s->path->anchor->cert;
    status = honour_extensions(s);
    if (status == SK_INPUT) {
        s->result.finding.cert = (int)s->path->num_certs;
        s->result.finding.rule = "RFC 5937 3.2";
    }
    return status;
}

/* ---- signatures
 * ------------------------------------------------------------------------------------------- */

enum sk_status verify_params_from(struct sk_job *job, const struct verify_path *path, size_t index,
                                  const struct sk_key **out, struct sk_err *err)
{
    const struct sk_key *key = NULL;
    size_t k = index + 1; /* 0 is the anchor */
    enum sk_status status = SK_OK;

    while (k > 0 && key_needs_parameters(issuer_of(path, k)->spki))
        k--;
    for (; k < index + 1 && status == SK_OK; k++) /* a key of another kind gives none: 6.1.4(e) */
        status = keyring_get0(job->keys, issuer_of(path, k), key, &key, err);
    if (status == SK_OK)
        *out = key;
    return status;
}

static enum sk_status fail_signature(struct state *s, const struct sk_cert *issuer)
{
    char name[LIMIT_NAME_SHOWN], expected[LIMIT_NAME_SHOWN + 32];
    bool is_other_key = s->cert->aki.has_key_id && issuer->ski_id.len > 0 &&
                        !bytes_equal(s->cert->aki.key_id, issuer->ski_id);

    name_short_text(issuer->subject, name, sizeof(name));
    (void)snprintf(expected, sizeof(expected), "a signature with the key of %s", name);
    return fail(s, FINDING_SIGNATURE, "RFC 5280 6.1.3(a)(1)", expected,
                is_other_key ? "one that does not verify; by the key identifiers it was made with "
                               "another key of that name"
                             : "one that does not verify");
}

/* 6.1.3(a)(1) */
static enum sk_status check_signature(struct state *s)
{
    const struct sk_cert *c = s->cert, *issuer = issuer_of(s->path, s->i);
    const struct sk_key *params_from = NULL;
    struct sk_err err = {0};
    enum sk_status status = SK_OK;

    if (s->i > 0)
        status = verify_params_from(s->job, s->path, s->i - 1, &params_from, &err);
    if (status == SK_CRYPTO)
        status = SK_INPUT; /* about a key, not about this signature */
    if (status == SK_OK)
        status = job_check_signature(s->job, c->sha256, c->sig_alg, c->tbs, c->signature, issuer,
                                     params_from, &err);
    if (status == SK_INPUT)
        return fail(s, FINDING_ALGORITHM, "RFC 5280 6.1.3(a)(1)",
                    "a key and a signature algorithm we can compute with", "%s", err.text);
    return status == SK_CRYPTO ? fail_signature(s, issuer) : status;
}

/* ---- the whole
 * ------------------------------------------------------------------------------------------------
 */

static const check_fn each[] = {check_critical, check_form,  check_strength, check_validity,
                                check_issuer,   check_names, check_policies};
static const check_fn issuing[] = {check_ca,         check_nested_purposes, prepare_path_length,
                                   prepare_mappings, prepare_names,         prepare_counters};
static const check_fn last[] = {wrap_up_policies, check_usage, check_asked_names};
static const check_fn signing[] = {check_signature};
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static enum sk_status run(struct state *s, const check_fn *checks, size_t num)
{
    enum sk_status status = SK_OK;
    size_t k;

    for (k = 0; k < num && status == SK_OK; k++)
        status = checks[k](s);
    return status;
}

static void step_to(struct state *s, size_t i)
{
    s->i = i;
    s->cert = s->path->certs[i];
    s->is_last = i + 1 == s->path->num_certs;
}

/* Everything that needs no arithmetic first, so that hopeless paths cost nothing. */
static enum sk_status judge_certs(struct state *s)
{
    enum sk_status status = check_anchor(s);
    size_t i;

    if (status == SK_OK)
        status = honour_anchor(s);
    for (i = 0; i < s->path->num_certs && status == SK_OK; i++) {
        step_to(s, i);
        status = run(s, each, COUNT(each));
        if (status == SK_OK)
            status = s->is_last ? run(s, last, COUNT(last)) : run(s, issuing, COUNT(issuing));
    }
    for (i = 0; i < s->path->num_certs && status == SK_OK; i++) {
        step_to(s, i);
        status = run(s, signing, COUNT(signing));
    }
    return status;
}

/* 6.1.2. A CRL issuer's path is judged under any-policy (6.3.3(f)). */
static enum sk_status init(struct state *s, struct sk_job *job, const struct verify_path *path)
{
    const struct sk_params *params = job->params;
    unsigned n = (unsigned)path->num_certs;
    bool is_asked = !path->is_for_crl;

    *s = (struct state){
        .job = job,
        .path = path,
        .explicit_policy = is_asked && params->require_explicit_policy ? 0 : n + 1,
        .inhibit_any_policy = is_asked && params->inhibit_any_policy ? 0 : n + 1,
        .policy_mapping = is_asked && params->inhibit_policy_mapping ? 0 : n + 1,
        .max_path_length = n,
        .result = {.finding = {.cert = -1}, .not_after = CLOCK_NEVER},
        .asked = params->policies,
        .num_asked = is_asked ? params->num_policies : 0,
    };
    s->asks_any = (s->num_asked == 0 && !(is_asked && params->accepts_no_policy)) ||
                  has_any_policy(s->asked, s->num_asked);
    step_to(s, 0);
    return policy_graph_new(job, &s->policies);
}

enum sk_status verify_path(struct sk_job *job, const struct verify_path *path,
                           struct verify_result *out)
{
    struct state s;
    enum sk_status status;

    if (path->num_certs == 0)
        return SK_INTERNAL;
    if (path->num_certs > LIMIT_PATH_CERTS)
        job->is_exhausted = true;
    if (job->is_exhausted)
        return SK_LIMIT;
    status = init(&s, job, path);
    if (status == SK_OK)
        status = judge_certs(&s);
    if (job->is_exhausted)
        return SK_LIMIT;
    if (status == SK_OK) {
        s.result.progress = path->num_certs;
        s.result.is_good = true;
    } else if (status != SK_INPUT || s.result.finding.code == FINDING_NONE) {
        return status == SK_INPUT ? SK_INTERNAL : status;
    }
    *out = s.result;
    return SK_OK;
}
