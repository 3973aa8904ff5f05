/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cross certification: a pair is made by each CA signing the other's request.
 */
#include "core/hex.h"
#include "core/key.h"
#include "tools/ca/command.h"
#include "tools/ca/csr.h"
#include "tools/ca/dn.h"
#include "tools/ca/extension.h"
#include "tools/ca/selfsigned.h"

static const struct option_def options[] = {
    {"csr", OPTION_TEXT, true, false, "FILE", "request of the other CA (PEM or DER)"},
    {"expect-subject", OPTION_DN, false, false, "DN", "refuse the request of any other name"},
    {"expect-key", OPTION_TEXT, false, false, "SHA256",
     "refuse any other key (SHA-256 of its SubjectPublicKeyInfo)"},
    COMMAND_VALIDITY,
    COMMAND_POLICIES,
    {"policies-critical", OPTION_FLAG, false, false, NULL, "certificatePolicies is critical"},
    {"map", OPTION_MAPPING, false, true, "OID:OID", "our policy : the other domain's policy"},
    {"mappings-not-critical", OPTION_FLAG, false, false, NULL, "policyMappings is not critical"},
    {"require-explicit", OPTION_NUMBER, false, false, "NUMBER", "requireExplicitPolicy"},
    {"inhibit-mapping", OPTION_NUMBER, false, false, "NUMBER", "inhibitPolicyMapping"},
    {"inhibit-any", OPTION_NUMBER, false, false, "NUMBER", "inhibitAnyPolicy"},
    {"path-len", OPTION_NUMBER, false, false, "NUMBER", "pathLenConstraint"},
    {"permit-dn", OPTION_DN, false, true, "DN", "permitted subtree"},
    {"exclude-dn", OPTION_DN, false, true, "DN", "excluded subtree"},
    {"permit-dns", OPTION_TEXT, false, true, "HOST", "permitted subtree"},
    {"exclude-dns", OPTION_TEXT, false, true, "HOST", "excluded subtree"},
    {"permit-email", OPTION_TEXT, false, true, "ADDRESS", "permitted subtree"},
    {"exclude-email", OPTION_TEXT, false, true, "ADDRESS", "excluded subtree"},
    COMMAND_SAN,
    COMMAND_OUTPUT,
    COMMAND_SIGNER,
    COMMAND_END,
};

static enum sk_status check_subject(const struct options *o, X509_NAME *subject, X509 *issuer,
                                    struct sk_err *err)
{
    const char *expected = options_text(o, "expect-subject");
    X509_NAME *name = NULL;
    enum sk_status status = SK_OK;

    if (X509_NAME_entry_count(subject) == 0)
        return err_set(err, SK_INPUT, "%s: a CA without a name", options_text(o, "csr"));
    if (X509_NAME_cmp(subject, X509_get_subject_name(issuer)) == 0)
        return err_set(err, SK_INPUT, "%s: has our own name; use rollover", options_text(o, "csr"));
    if (expected == NULL)
        return SK_OK;
    status = dn_parse(expected, DN_UTF8, &name, err);
    if (status == SK_OK && X509_NAME_cmp(subject, name) != 0)
        status =
            err_set(err, SK_INPUT, "%s: its subject is not %s", options_text(o, "csr"), expected);
    X509_NAME_free(name);
    return status;
}

static enum sk_status check_key(const struct options *o, EVP_PKEY *key, struct sk_err *err)
{
    const char *expected = options_text(o, "expect-key");
    uint8_t wanted[SK_SHA256], found[SK_SHA256];
    unsigned char *spki = NULL;
    int len;

    if (expected == NULL)
        return SK_OK;
    if (hex_decode(expected, wanted, sizeof(wanted)) != SK_OK)
        return err_set(err, SK_INPUT, "--expect-key: 64 hexadecimal digits expected");
    len = i2d_PUBKEY(key, &spki);
    if (len <= 0)
        return err_openssl(err, SK_CRYPTO, "the key of the request");
    key_sha256(bytes_of(spki, (size_t)len), found);
    OPENSSL_free(spki);
    if (memcmp(wanted, found, sizeof(wanted)) != 0)
        return err_set(err, SK_INPUT, "%s: its key is another one", options_text(o, "csr"));
    return SK_OK;
}

static enum sk_status add_extensions(struct sk_ca *ca, const struct ca_key *key,
                                     const struct options *o, struct certify *c, struct sk_err *err)
{
    long path_len = EXTENSION_NO_NUMBER;
    enum sk_status status;

    (void)options_number(o, "path-len", &path_len);
    status = selfsigned_ca_extensions(c, path_len, err);
    if (status == SK_OK)
        status = extension_policies(c->cert, o, options_has(o, "policies-critical"), err);
    if (status == SK_OK)
        status = extension_mappings(c->cert, o, err);
    if (status == SK_OK)
        status = extension_constraints(c->cert, o, err);
    if (status == SK_OK)
        status = extension_names(c->cert, o, err);
    if (status == SK_OK)
        status = extension_san(c->cert, o, err);
    if (status == SK_OK)
        status = certify_common(ca, key, c, LIST_ARL, err);
    return status;
}

static enum sk_status run(struct sk_ca *ca, const struct options *o, struct sk_err *err)
{
    struct certify_record record = {.role = ROLE_CROSS,
                                    .profile = "cross",
                                    .dir = "cross/",
                                    .name = options_text(o, "name"),
                                    .copy = options_text(o, "out")};
    int64_t not_before = 0, not_after = 0;
    X509_NAME *subject = NULL;
    EVP_PKEY *public = NULL;
    struct ca_key key = {0};
    struct certify c = {0};
    enum sk_status status = certify_validity(o, ca->now, &not_before, &not_after, err);

    if (status == SK_OK)
        status = csr_read(options_text(o, "csr"), &subject, &public, err);
    if (status == SK_OK)
        status = check_key(o, public, err);
    if (status == SK_OK)
        status = command_key(ca, o, &key, err);
    if (status == SK_OK)
        status = check_subject(o, subject, key.cert, err);
    if (status == SK_OK)
        status = certify_begin(&key, subject, public, not_before, not_after, &c, err);
    if (status == SK_OK)
        status = add_extensions(ca, &key, o, &c, err);
    if (status == SK_OK)
        status = certify_finish(ca, &key, &c, &record, err);
    certify_done(&c);
    ca_key_done(&key);
    EVP_PKEY_free(public);
    X509_NAME_free(subject);
    return status;
}

const struct command command_cross = {
    .name = "cross",
    .summary = "a cross certificate for another CA",
    .kind = COMMAND_ACT,
    .options = options,
    .run = run,
};
