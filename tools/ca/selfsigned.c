/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/ca/selfsigned.h"

#include <stdlib.h>

#include "core/cert.h"
#include "tools/ca/extension.h"

enum sk_status selfsigned_ca_extensions(struct certify *c, long path_len, struct sk_err *err)
{
    enum sk_status status = extension_ca(c->cert, path_len, err);

    if (status == SK_OK)
        status = extension_key_usage(c->cert, KEY_USAGE_KEY_CERT_SIGN | KEY_USAGE_CRL_SIGN, err);
    return status;
}

static enum sk_status add_extensions(struct sk_ca *ca, const struct ca_key *key, struct certify *c,
                                     struct sk_err *err)
{
    char *san_dn = NULL;
    enum sk_status status = selfsigned_ca_extensions(c, EXTENSION_NO_NUMBER, err);

    if (status == SK_OK)
        status = register_get(ca->reg, CA_SETTING_SAN_DN, &san_dn, err);
    if (status == SK_OK && san_dn != NULL)
        status = extension_alt_dn(c->cert, NID_subject_alt_name, san_dn, err);
    if (status == SK_OK)
        status = certify_crl_dp(ca, key, c, LIST_ARL, err);
    free(san_dn);
    return status;
}

enum sk_status selfsigned_make(struct sk_ca *ca, struct ca_key *key, X509_NAME *subject,
                               int64_t not_before, int64_t not_after, struct sk_err *err)
{
    struct certify_record record = {.role = ROLE_SELF, .profile = "ca", .dir = ""};
    struct certify c = {0};
    EVP_PKEY *public = NULL;
    char name[32];
    enum sk_status status = ca_key_public(key->key, &public, err);

    (void)snprintf(name, sizeof(name), "ca-g%u", key->generation);
    record.name = name;
    if (status == SK_OK)
        status = certify_begin(key, subject, public, not_before, not_after, &c, err);
    if (status == SK_OK)
        status = add_extensions(ca, key, &c, err);
    if (status == SK_OK)
        status = certify_finish(ca, key, &c, &record, err);
    if (status == SK_OK) {
        key->cert = c.cert;
        c.cert = NULL;
    }
    certify_done(&c);
    EVP_PKEY_free(public);
    return status;
}
