/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "tools/ca/command.h"
#include "tools/ca/dn.h"
#include "tools/ca/selfsigned.h"

#define DEFAULT_LIST_HOURS "168" /* a week */

static const struct option_def options[] = {
    {"subject", OPTION_DN, true, false, "DN", "name of the CA (RFC 4514, UTF-8)"},
    {"key", OPTION_TEXT, true, false, "ALGORITHM",
     "rsa:2048, rsa:3072, rsa:4096, ec:P-256, ec:P-384"},
    {"label", OPTION_NAME, true, false, "NAME",
     "label of the key in the token, or NAME.pem in DIR"},
    {"existing-key", OPTION_FLAG, false, false, NULL,
     "take the key that has this label, make none"},
    {"module", OPTION_TEXT, false, false, "FILE", "PKCS#11 module; without it the key is a file"},
    {"token", OPTION_TEXT, false, false, "LABEL", "label of the token"},
    {"pin-file", OPTION_TEXT, false, false, "FILE", "file whose first line is the PIN"},
    {"dn-string", OPTION_NAME, false, false, "utf8|printable",
     "string type of the CA's name (utf8)"},
    {"san-dn", OPTION_DN, false, false, "DN", "alternative name of the CA, UTF-8"},
    {"crl-dp", OPTION_TEXT, false, false, "URI", "distribution point of the CRL"},
    {"crl-dp-dn", OPTION_DN, false, false, "DN", "the same as a directory name (the CA's own)"},
    {"arl-dp", OPTION_TEXT, false, false, "URI", "distribution point of the ARL"},
    {"arl-dp-dn", OPTION_DN, false, false, "DN", "the same as a directory name (the CA's own)"},
    {"list-hours", OPTION_NUMBER, false, false, "NUMBER", "from thisUpdate to nextUpdate (168)"},
    COMMAND_VALIDITY,
    COMMAND_END,
};

/* Settings that are kept as they were given. */
static const char *const plain[] = {
    CA_SETTING_TOKEN,     CA_SETTING_SAN_DN, CA_SETTING_CRL_DP,
    CA_SETTING_CRL_DP_DN, CA_SETTING_ARL_DP, CA_SETTING_ARL_DP_DN,
};

/* File names are kept absolute: the next act may be started elsewhere. */
static enum sk_status set_file(struct sk_ca *ca, const struct options *o, const char *name,
                               struct sk_err *err)
{
    const char *text = options_text(o, name);
    char *real;
    enum sk_status status;

    if (text == NULL)
        return SK_OK;
    real = realpath(text, NULL);
    if (real == NULL)
        return err_errno(err, SK_IO, "%s", text);
    status = register_set(ca->reg, name, real, err);
    free(real);
    return status;
}

static enum sk_status set_settings(struct sk_ca *ca, const struct options *o, struct sk_err *err)
{
    const char *hours = options_text(o, "list-hours");
    enum sk_status status = register_set(ca->reg, CA_SETTING_LIST_HOURS,
                                         hours != NULL ? hours : DEFAULT_LIST_HOURS, err);
    size_t i;

    for (i = 0; status == SK_OK && i < sizeof(plain) / sizeof(plain[0]); i++)
        status = register_set(ca->reg, plain[i], options_text(o, plain[i]), err);
    if (status == SK_OK)
        status = set_file(ca, o, CA_SETTING_MODULE, err);
    if (status == SK_OK)
        status = set_file(ca, o, CA_SETTING_PIN_FILE, err);
    return status;
}

static enum sk_status parse_strings(const struct options *o, enum dn_strings *out,
                                    struct sk_err *err)
{
    const char *text = options_text(o, "dn-string");

    if (text == NULL || strcmp(text, "utf8") == 0)
        *out = DN_UTF8;
    else if (strcmp(text, "printable") == 0)
        *out = DN_PRINTABLE;
    else
        return err_set(err, SK_INPUT, "--dn-string %s: know utf8 and printable", text);
    return SK_OK;
}

static enum sk_status check_token(const struct options *o, struct sk_err *err)
{
    bool has_module = options_has(o, "module");

    if (options_has(o, "token") != has_module || options_has(o, "pin-file") != has_module)
        return err_set(err, SK_INPUT, "a key in a token wants --module, --token and --pin-file");
    return SK_OK;
}

static enum sk_status run(struct sk_ca *ca, const struct options *o, struct sk_err *err)
{
    enum dn_strings strings = DN_UTF8;
    struct ca_key key = {0};
    X509_NAME *subject = NULL;
    int64_t not_before = 0, not_after = 0;
    enum sk_status status = check_token(o, err);

    /* everything that can be wrong is looked at before a key is made: a token keeps it for ever */
    if (status == SK_OK)
        status = parse_strings(o, &strings, err);
    if (status == SK_OK)
        status = dn_parse(options_text(o, "subject"), strings, &subject, err);
    if (status == SK_OK)
        status = certify_validity(o, ca->now, &not_before, &not_after, err);
    if (status == SK_OK)
        status = register_create(ca->reg, err);
    if (status == SK_OK)
        status = set_settings(ca, o, err);
    if (status == SK_OK)
        status = ca_key_make(ca, options_text(o, "label"), options_text(o, "key"),
                             options_has(o, "existing-key"), &key, err);
    if (status == SK_OK)
        status = selfsigned_make(ca, &key, subject, not_before, not_after, err);
    ca_key_done(&key);
    X509_NAME_free(subject);
    return status;
}

const struct command command_init = {
    .name = "init",
    .summary = "make a CA: its key, its register, its self-signed certificate",
    .kind = COMMAND_CREATE,
    .options = options,
    .run = run,
};
