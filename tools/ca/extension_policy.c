/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "tools/ca/extension_int.h"

static const char any_policy[] = "2.5.29.32.0";

static enum sk_status push_policy(CERTIFICATEPOLICIES *policies, const char *oid,
                                  struct sk_err *err)
{
    POLICYINFO *policy = POLICYINFO_new();

    if (policy != NULL) {
        ASN1_OBJECT_free(policy->policyid);
        policy->policyid = OBJ_txt2obj(oid, 1);
    }
    if (policy == NULL || policy->policyid == NULL || sk_POLICYINFO_push(policies, policy) == 0) {
        POLICYINFO_free(policy);
        return extension_no_memory(err);
    }
    return SK_OK;
}

static bool is_among(const struct options *options, size_t end, const char *oid)
{
    const char *other;
    size_t pos = 0;

    while (pos < end && (other = options_next(options, "policy", &pos)) != NULL && pos <= end) {
        if (strcmp(other, oid) == 0)
            return true;
    }
    return false;
}

enum sk_status extension_policies(X509 *cert, const struct options *options, bool is_critical,
                                  struct sk_err *err)
{
    CERTIFICATEPOLICIES *policies;
    enum sk_status status = SK_OK;
    const char *oid;
    size_t pos = 0;

    if (!options_has(options, "policy"))
        return SK_OK;
    policies = CERTIFICATEPOLICIES_new();
    if (policies == NULL)
        return extension_no_memory(err);
    while (status == SK_OK && (oid = options_next(options, "policy", &pos)) != NULL) {
        /* RFC 5280 4.2.1.4: a policy must not stand twice */
        if (is_among(options, pos - 1, oid))
            status = err_set(err, SK_INPUT, "--policy %s: stands twice", oid);
        else
            status = push_policy(policies, oid, err);
    }
    if (status == SK_OK)
        status = extension_add(cert, NID_certificate_policies, policies, is_critical, err);
    CERTIFICATEPOLICIES_free(policies);
    return status;
}

enum sk_status extension_any_policy(X509 *cert, struct sk_err *err)
{
    CERTIFICATEPOLICIES *policies = CERTIFICATEPOLICIES_new();
    enum sk_status status;

    if (policies == NULL)
        return extension_no_memory(err);
    status = push_policy(policies, any_policy, err);
    if (status == SK_OK)
        status = extension_add(cert, NID_certificate_policies, policies, false, err);
    CERTIFICATEPOLICIES_free(policies);
    return status;
}

/* text: "ISSUERPOLICY:SUBJECTPOLICY", both checked OIDs. */
static enum sk_status push_mapping(POLICY_MAPPINGS *mappings, const struct options *options,
                                   const char *text, struct sk_err *err)
{
    const char *subject_policy = strchr(text, ':') + 1;
    char issuer_policy[LIMIT_OID_TEXT];
    POLICY_MAPPING *mapping;

    (void)snprintf(issuer_policy, sizeof(issuer_policy), "%.*s", (int)(subject_policy - 1 - text),
                   text);
    /* RFC 5280 4.2.1.5 */
    if (strcmp(issuer_policy, any_policy) == 0 || strcmp(subject_policy, any_policy) == 0)
        return err_set(err, SK_INPUT, "--map %s: anyPolicy cannot be mapped", text);
    if (!is_among(options, options->num_values, issuer_policy))
        return err_set(err, SK_INPUT, "--map %s: %s is not among the --policy of the certificate",
                       text, issuer_policy);
    mapping = POLICY_MAPPING_new();
    if (mapping != NULL) {
        ASN1_OBJECT_free(mapping->issuerDomainPolicy);
        mapping->issuerDomainPolicy = OBJ_txt2obj(issuer_policy, 1);
        ASN1_OBJECT_free(mapping->subjectDomainPolicy);
        mapping->subjectDomainPolicy = OBJ_txt2obj(subject_policy, 1);
    }
    if (mapping == NULL || mapping->issuerDomainPolicy == NULL ||
        mapping->subjectDomainPolicy == NULL || sk_POLICY_MAPPING_push(mappings, mapping) == 0) {
        POLICY_MAPPING_free(mapping);
        return extension_no_memory(err);
    }
    return SK_OK;
}

enum sk_status extension_mappings(X509 *cert, const struct options *options, struct sk_err *err)
{
    POLICY_MAPPINGS *mappings;
    enum sk_status status = SK_OK;
    const char *text;
    size_t pos = 0;

    if (!options_has(options, "map"))
        return SK_OK;
    mappings = sk_POLICY_MAPPING_new_null();
    if (mappings == NULL)
        return extension_no_memory(err);
    while (status == SK_OK && (text = options_next(options, "map", &pos)) != NULL)
        status = push_mapping(mappings, options, text, err);
    if (status == SK_OK)
        status = extension_add(cert, NID_policy_mappings, mappings,
                               !options_has(options, "mappings-not-critical"), err);
    sk_POLICY_MAPPING_pop_free(mappings, POLICY_MAPPING_free);
    return status;
}

static enum sk_status inhibit_any(X509 *cert, const struct options *options, struct sk_err *err)
{
    ASN1_INTEGER *skip;
    enum sk_status status;
    long number;

    if (!options_number(options, "inhibit-any", &number))
        return SK_OK;
    skip = extension_integer(number);
    if (skip == NULL)
        return extension_no_memory(err);
    status = extension_add(cert, NID_inhibit_any_policy, skip, true, err);
    ASN1_INTEGER_free(skip);
    return status;
}

enum sk_status extension_constraints(X509 *cert, const struct options *options, struct sk_err *err)
{
    POLICY_CONSTRAINTS *constraints = POLICY_CONSTRAINTS_new();
    enum sk_status status = SK_OK;
    bool has_explicit, has_mapping;
    long explicit_skip, mapping_skip;

    if (constraints == NULL)
        return extension_no_memory(err);
    has_explicit = options_number(options, "require-explicit", &explicit_skip);
    has_mapping = options_number(options, "inhibit-mapping", &mapping_skip);
    if (has_explicit &&
        (constraints->requireExplicitPolicy = extension_integer(explicit_skip)) == NULL)
        status = extension_no_memory(err);
    if (has_mapping &&
        (constraints->inhibitPolicyMapping = extension_integer(mapping_skip)) == NULL)
        status = extension_no_memory(err);
    if (status == SK_OK && (has_explicit || has_mapping))
        status = extension_add(cert, NID_policy_constraints, constraints, true, err);
    POLICY_CONSTRAINTS_free(constraints);
    return status == SK_OK ? inhibit_any(cert, options, err) : status;
}
