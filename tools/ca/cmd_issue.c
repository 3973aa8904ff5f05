/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/ca/certify.h"
#include "tools/ca/command.h"
#include "tools/ca/csr.h"
#include "tools/ca/dn.h"
#include "tools/ca/extension.h"
#include "tools/ca/profile.h"

static const struct option_def options[] = {
    {"csr", OPTION_TEXT, true, false, "FILE", "the applicant's request (PEM or DER)"},
    {"profile", OPTION_NAME, true, false, "PROFILE", "kind of certificate"},
    {"subject", OPTION_DN, false, false, "DN", "this name, not the one in the request"},
    COMMAND_VALIDITY,
    COMMAND_POLICIES,
    {"policies-critical", OPTION_FLAG, false, false, NULL, "certificatePolicies is critical"},
    {"policies-not-critical", OPTION_FLAG, false, false, NULL,
     "certificatePolicies is not critical"},
    COMMAND_SAN,
    {"ocsp-uri", OPTION_TEXT, false, false, "URI",
     "where status is answered (authorityInfoAccess)"},
    COMMAND_OUTPUT,
    COMMAND_SIGNER,
    COMMAND_END,
};

static bool is_critical(const struct profile *profile, const struct options *o)
{
    if (options_has(o, "policies-critical"))
        return true;
    return profile->is_policies_critical && !options_has(o, "policies-not-critical");
}

static enum sk_status add_extensions(struct sk_ca *ca, const struct ca_key *key,
                                     const struct profile *profile, const struct options *o,
                                     struct certify *c, struct sk_err *err)
{
    const char *ocsp_uri = options_text(o, "ocsp-uri");
    enum sk_status status = profile_apply(profile, c->cert, err);

    if (status == SK_OK)
        status = extension_policies(c->cert, o, is_critical(profile, o), err);
    if (status == SK_OK)
        status = extension_san(c->cert, o, err);
    if (status == SK_OK && ocsp_uri != NULL)
        status = extension_ocsp_uri(c->cert, ocsp_uri, err);
    /* RFC 6960 4.2.2.2.1: a responder certificate with nocheck names no source of its status */
    if (status == SK_OK && !profile->is_responder)
        status = certify_common(ca, key, c, LIST_CRL, err);
    return status;
}

static enum sk_status choose_subject(const struct options *o, X509_NAME **subject,
                                     struct sk_err *err)
{
    const char *text = options_text(o, "subject");
    X509_NAME *name = NULL;
    enum sk_status status;

    if (text == NULL)
        return SK_OK;
    status = dn_parse(text, DN_UTF8, &name, err);
    if (status != SK_OK)
        return status;
    X509_NAME_free(*subject);
    *subject = name;
    return SK_OK;
}

/* An end entity under the CA's own name would be self-issued, under its own key a second CA. */
static enum sk_status check_subject(const struct options *o, const X509_NAME *subject,
                                    EVP_PKEY *public, const struct ca_key *key, struct sk_err *err)
{
    const char *file = options_text(o, "csr");

    if (X509_NAME_cmp(subject, X509_get_subject_name(key->cert)) == 0)
        return err_set(err, SK_INPUT, "%s: has the CA's own name", file);
    if (EVP_PKEY_eq(public, X509_get0_pubkey(key->cert)) == 1)
        return err_set(err, SK_INPUT, "%s: has the CA's own key", file);
    if (X509_NAME_entry_count(subject) == 0 && !options_has(o, "san-dn") &&
        !options_has(o, "san-email") && !options_has(o, "san-dns") && !options_has(o, "san-other"))
        return err_set(err, SK_INPUT, "%s: has no name, and no alternative name is given", file);
    return SK_OK;
}

static enum sk_status run(struct sk_ca *ca, const struct options *o, struct sk_err *err)
{
    const struct profile *profile = profile_find(options_text(o, "profile"));
    struct certify_record record = {.role = ROLE_USER,
                                    .dir = "ee/",
                                    .name = options_text(o, "name"),
                                    .copy = options_text(o, "out")};
    int64_t not_before = 0, not_after = 0;
    X509_NAME *subject = NULL;
    EVP_PKEY *public = NULL;
    struct ca_key key = {0};
    struct certify c = {0};
    enum sk_status status;

    if (profile == NULL)
        return err_set(err, SK_INPUT, "--profile %s: no such profile", options_text(o, "profile"));
    record.profile = profile->name;
    status = certify_validity(o, ca->now, &not_before, &not_after, err);
    if (status == SK_OK)
        status = csr_read(options_text(o, "csr"), &subject, &public, err);
    if (status == SK_OK)
        status = choose_subject(o, &subject, err);
    if (status == SK_OK)
        status = command_key(ca, o, &key, err);
    if (status == SK_OK)
        status = check_subject(o, subject, public, &key, err);
    if (status == SK_OK)
        status = certify_begin(&key, subject, public, not_before, not_after, &c, err);
    if (status == SK_OK)
        status = add_extensions(ca, &key, profile, o, &c, err);
    if (status == SK_OK)
        status = certify_finish(ca, &key, &c, &record, err);
    certify_done(&c);
    ca_key_done(&key);
    EVP_PKEY_free(public);
    X509_NAME_free(subject);
    return status;
}

static void more_help(FILE *to)
{
    const struct profile *profile;
    size_t i;

    (void)fputs("Profiles:\n", to);
    for (i = 0; (profile = profile_at(i)) != NULL; i++)
        (void)fprintf(to, "  %-28s %s\n", profile->name, profile->help);
}

const struct command command_issue = {
    .name = "issue",
    .summary = "an end-entity certificate",
    .kind = COMMAND_ACT,
    .options = options,
    .run = run,
    .more_help = more_help,
};
