/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the configuration to stores and places: which tokens there are, and which key is in which.
 */
#include "tools/signer/keyproc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "tools/signer/pkcs11_uri.h"

enum { TEXT_BYTES = 1024 * 1024 };

static const char *keep(struct keyproc_options *options, const char *text)
{
    return arena_copy(options->texts, text, strlen(text));
}

/* ---- PINs ------------------------------------------------------------------------------------ */

static enum sk_status credential(struct keyproc_options *options, const char *name,
                                 struct keystore_pin *out, struct sk_err *err)
{
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    size_t len;
    char *path;

    if (folder == NULL || folder[0] != '/')
        return err_set(err, SK_INPUT,
                       "credential %s: CREDENTIALS_DIRECTORY is not set, as a service manager does",
                       name);
    if (name[0] == '\0' || name[0] == '.' || strchr(name, '/') != NULL)
        return err_set(err, SK_INPUT, "credential: not a name");
    len = strlen(folder) + strlen(name) + 2;
    path = arena_array(options->texts, len, 1);
    if (path == NULL)
        return err_set(err, SK_NOMEM, "signer: no memory");
    (void)snprintf(path, len, "%s/%s", folder, name);
    out->file = path;
    out->is_credential = true;
    return SK_OK;
}

static enum sk_status configured_pin(struct keyproc_options *options, const struct config_pin *pin,
                                     int pin_fd, struct keystore_pin *out, struct sk_err *err)
{
    switch (pin->kind) {
    case CONFIG_PIN_FILE:
        out->file = pin->value;
        return SK_OK;
    case CONFIG_PIN_CREDENTIAL:
        return credential(options, pin->value, out, err);
    case CONFIG_PIN_PROMPT:
        out->fd = pin_fd;
        return SK_OK;
    case CONFIG_PIN_NONE:
        break;
    }
    return err_set(err, SK_INPUT, "no PIN is configured for its token");
}

/* pin-source of a URI (RFC 7512 2.4): an address or a path. */
static enum sk_status source_pin(struct keyproc_options *options, const char *source,
                                 struct keystore_pin *out, struct sk_err *err)
{
    const char *path = strncmp(source, "file:", 5) == 0 ? source + 5 : source;

    if (strncmp(source, "credential:", 11) == 0)
        return credential(options, source + 11, out, err);
    if (strncmp(path, "//", 2) == 0) /* an empty host (RFC 8089) */
        path += 2;
    if (path[0] != '/')
        return err_set(err, SK_INPUT, "pin-source is neither file:/PATH nor credential:NAME");
    out->file = keep(options, path);
    return out->file != NULL ? SK_OK : err_set(err, SK_NOMEM, "signer: no memory");
}

/* ---- stores ---------------------------------------------------------------------------------- */

static bool same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* Keys in one token share its sessions: the store is made once. */
static enum sk_status add_store(struct keyproc_options *options,
                                const struct keystore_options *wanted, size_t *out,
                                struct sk_err *err)
{
    size_t i;

    for (i = 0; i < options->num_stores; i++) {
        const struct keystore_options *store = &options->stores[i];

        if (!same_text(store->module, wanted->module) || !same_text(store->token, wanted->token))
            continue;
        if (!same_text(store->pin.file, wanted->pin.file))
            return err_set(err, SK_INPUT, "another key of the same token has another PIN");
        *out = i;
        return SK_OK;
    }
    if (i == LIMIT_SIGNER_STORES)
        return err_set(err, SK_INPUT, "more than %u tokens", LIMIT_SIGNER_STORES);
    options->stores[options->num_stores++] = *wanted;
    *out = i;
    return SK_OK;
}

/* The token of a key: what its URI says, else what [signer] says. */
static enum sk_status find_token(struct keyproc_options *options,
                                 const struct config_signer *config, int pin_fd,
                                 struct pkcs11_uri *uri, struct keystore_options *out,
                                 struct sk_err *err)
{
    const char *source = uri != NULL ? pkcs11_uri_pin_source(uri) : NULL;
    const char *module = uri != NULL ? pkcs11_uri_module_path(uri) : NULL;
    struct pkcs11_uri *configured = NULL;
    enum sk_status status = SK_OK;
    char *text;

    if (uri == NULL || !pkcs11_uri_names_token(uri)) {
        if (config->token == NULL)
            return err_set(err, SK_INPUT, "no token is named");
        status = pkcs11_uri_of_token(config->token, &configured, err);
        if (status != SK_OK)
            return status;
    }
    text = pkcs11_uri_token_text(configured != NULL ? configured : uri);
    out->token = text != NULL ? keep(options, text) : NULL;
    out->module = module != NULL ? keep(options, module) : config->module;
    free(text);
    pkcs11_uri_free(configured);
    if (out->token == NULL)
        return err_set(err, SK_NOMEM, "signer: no memory");
    /* dlopen() looks for a name without a slash wherever libraries are. */
    if (out->module == NULL || strchr(out->module, '/') == NULL)
        return err_set(err, SK_INPUT, "no PKCS#11 module is named by its path");
    return source != NULL ? source_pin(options, source, &out->pin, err)
                          : configured_pin(options, &config->pin, pin_fd, &out->pin, err);
}

static enum sk_status add_place(struct keyproc_options *options, const struct config_signer *config,
                                int pin_fd, const char *text, struct keyproc_place *out,
                                struct sk_err *err)
{
    struct keystore_options store = {0};
    struct pkcs11_uri *uri = NULL;
    struct sk_bytes label, id;
    enum sk_status status = SK_OK;

    out->key = text;
    if (config->backend == CONFIG_SIGNER_SOFTWARE)
        return add_store(options, &store, &out->store, err);
    if (pkcs11_uri_is(text)) {
        status = pkcs11_uri_new(text, &uri, err);
        if (status == SK_OK)
            status = pkcs11_uri_key(uri, &label, &id, err);
    }
    if (status == SK_OK)
        status = find_token(options, config, pin_fd, uri, &store, err);
    pkcs11_uri_free(uri);
    if (status == SK_OK)
        status = add_store(options, &store, &out->store, err);
    return status;
}

enum sk_status keyproc_options_init(struct keyproc_options *options,
                                    const struct config_signer *config, int pin_fd,
                                    struct sk_err *err)
{
    enum sk_status status = SK_OK;
    size_t i, j;

    memset(options, 0, sizeof(*options));
    options->threads = config->threads;
    options->max_queue = config->queue;
    options->warn_s = config->warn_s;
    options->texts = arena_new(TEXT_BYTES);
    if (options->texts == NULL)
        return err_set(err, SK_NOMEM, "signer: no memory");
    for (i = 0; status == SK_OK && i < config->num_responders; i++) {
        const struct config_responder *from = &config->responders[i];
        struct keyproc_key *key = &options->keys[options->num_keys++];

        key->name = from->name;
        key->model = from->model;
        key->certificate = from->certificate;
        for (j = 0; status == SK_OK && j < from->keys.num_values; j++)
            status = add_place(options, config, pin_fd, from->keys.values[j],
                               &key->places[key->num_places++], err);
        if (status != SK_OK)
            (void)err_context(err, "signer: key %zu of %s", j, from->name);
    }
    if (status != SK_OK)
        keyproc_options_done(options);
    return status;
}

void keyproc_options_done(struct keyproc_options *options)
{
    arena_free(options->texts);
    options->texts = NULL;
}
