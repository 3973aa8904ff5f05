/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests we make: `request` for the CA's own key, that another CA may cross certify it; `keygen`
 * for a new key of something that belongs to the CA, such as its OCSP responder.
 */
#include "core/limits.h"
#include "tools/ca/command.h"
#include "tools/ca/csr.h"
#include "tools/ca/dn.h"

static const struct option_def request_options[] = {
    {"out", OPTION_TEXT, true, false, "FILE", "where the request (PEM) goes"},
    COMMAND_SIGNER,
    COMMAND_END,
};

static const struct option_def keygen_options[] = {
    {"subject", OPTION_DN, true, false, "DN", "name the key is for"},
    {"key", OPTION_TEXT, true, false, "ALGORITHM",
     "rsa:2048, rsa:3072, rsa:4096, ec:P-256, ec:P-384"},
    {"label", OPTION_NAME, true, false, "NAME",
     "label of the key in the token, or NAME.pem in DIR"},
    {"existing-key", OPTION_FLAG, false, false, NULL,
     "take the key that has this label, make none"},
    {"out", OPTION_TEXT, true, false, "FILE", "where the request (PEM) goes"},
    {"module", OPTION_TEXT, false, false, "FILE", "PKCS#11 module, if not the CA's own token"},
    {"token", OPTION_TEXT, false, false, "LABEL", "label of that token"},
    {"pin-file", OPTION_TEXT, false, false, "FILE", "file whose first line is its PIN"},
    COMMAND_END,
};

static enum sk_status make_request(struct sk_ca *ca, const struct options *o, EVP_PKEY *key,
                                   EVP_PKEY *public, const X509_NAME *subject, struct sk_err *err)
{
    struct sk_buf pem;
    enum sk_status status;

    buf_init(&pem, LIMIT_CSR_BYTES);
    status = csr_make(ca, key, public, subject, &pem, err);
    if (status == SK_OK)
        status = ca_write(ca, options_text(o, "out"), buf_bytes(&pem), err);
    buf_done(&pem);
    return status;
}

static enum sk_status run_request(struct sk_ca *ca, const struct options *o, struct sk_err *err)
{
    struct ca_key key = {0};
    enum sk_status status = command_key(ca, o, &key, err);

    if (status == SK_OK)
        status = make_request(ca, o, key.key, X509_get0_pubkey(key.cert),
                              X509_get_subject_name(key.cert), err);
    ca_key_done(&key);
    return status;
}

static enum sk_status open_keys(struct sk_ca *ca, const struct options *o, struct sk_err *err)
{
    struct keystore_options token = {.module = options_text(o, "module"),
                                     .token = options_text(o, "token"),
                                     .pin = {.file = options_text(o, "pin-file")}};

    if (token.module == NULL && token.token == NULL)
        return ca_open_keys(ca, err);
    if (token.module == NULL || token.token == NULL || token.pin.file == NULL)
        return err_set(err, SK_INPUT, "another token wants --module, --token and --pin-file");
    return ca_use_keys(ca, &token, err);
}

static enum sk_status run_keygen(struct sk_ca *ca, const struct options *o, struct sk_err *err)
{
    X509_NAME *subject = NULL;
    EVP_PKEY *key = NULL, *public = NULL;
    enum sk_status status = dn_parse(options_text(o, "subject"), DN_UTF8, &subject, err);

    if (status == SK_OK)
        status = open_keys(ca, o, err);
    if (status == SK_OK)
        status = ca_key_generate(ca, options_text(o, "label"), options_text(o, "key"),
                                 options_has(o, "existing-key"), &key, err);
    if (status == SK_OK)
        status = ca_key_public(key, &public, err);
    if (status == SK_OK)
        status = make_request(ca, o, key, public, subject, err);
    EVP_PKEY_free(public);
    EVP_PKEY_free(key);
    X509_NAME_free(subject);
    return status;
}

const struct command command_request = {
    .name = "request",
    .summary = "a PKCS#10 request of this CA, for another CA to cross certify",
    .kind = COMMAND_ACT,
    .options = request_options,
    .run = run_request,
};

const struct command command_keygen = {
    .name = "keygen",
    .summary = "a key for something else than the CA (a responder), and its request",
    .kind = COMMAND_ACT,
    .options = keygen_options,
    .run = run_keygen,
};
