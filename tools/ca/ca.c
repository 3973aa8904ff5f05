/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/ca/ca.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/limits.h"
#include "tools/ca/csr.h"
#include "tools/ca/file.h"

enum { DIR_OWN = 0700, DIR_PUBLIC = 0755 };

static enum sk_status make_dirs(const char *dir, struct sk_err *err)
{
    static const char *const below[] = {"out", "out/cross", "out/ee"};
    enum sk_status status = file_make_dir(dir, DIR_OWN, err);
    size_t i;

    for (i = 0; status == SK_OK && i < sizeof(below) / sizeof(below[0]); i++) {
        char *path = file_join(dir, below[i]);

        status = path != NULL ? file_make_dir(path, DIR_PUBLIC, err)
                              : err_set(err, SK_NOMEM, "no memory");
        free(path);
    }
    return status;
}

enum sk_status ca_open(const char *dir, bool is_new, int64_t now, struct sk_ca *out,
                       struct sk_err *err)
{
    enum sk_status status = SK_OK;
    char *file = file_join(dir, "ca.db");

    memset(out, 0, sizeof(*out));
    out->now = now;
    out->files_end = &out->files;
    out->dir = strdup(dir);
    if (file == NULL || out->dir == NULL)
        status = err_set(err, SK_NOMEM, "no memory");
    if (status == SK_OK && is_new)
        status = make_dirs(dir, err);
    if (status == SK_OK)
        status = register_open(file, is_new, &out->reg, err);
    free(file);
    if (status != SK_OK)
        ca_close(out);
    return status;
}

enum sk_status ca_finish(struct sk_ca *ca, struct sk_err *err)
{
    enum sk_status status = register_commit(ca->reg, err);
    const struct ca_file *file;

    for (file = ca->files; status == SK_OK && file != NULL; file = file->next) {
        status = file_replace(file->file, bytes_of(file->data, file->len), err);
        if (status != SK_OK)
            (void)err_context(err, "the act is in the register, but publishing failed "
                                   "(repeat with export)");
    }
    return status;
}

void ca_close(struct sk_ca *ca)
{
    struct ca_file *file, *next;

    for (file = ca->files; file != NULL; file = next) {
        next = file->next;
        free(file->file);
        free(file->data);
        free(file);
    }
    keystore_close(ca->keys);
    register_close(ca->reg);
    free(ca->dir);
    memset(ca, 0, sizeof(*ca));
}

static enum sk_status queue(struct sk_ca *ca, char *path, struct sk_bytes contents,
                            struct sk_err *err)
{
    struct ca_file *file = calloc(1, sizeof(*file));

    if (file != NULL)
        file->data = malloc(contents.len + 1);
    if (path == NULL || file == NULL || file->data == NULL) {
        free(path);
        free(file);
        return err_set(err, SK_NOMEM, "no memory");
    }
    memcpy(file->data, contents.p, contents.len);
    file->len = contents.len;
    file->file = path;
    *ca->files_end = file;
    ca->files_end = &file->next;
    return SK_OK;
}

enum sk_status ca_write(struct sk_ca *ca, const char *path, struct sk_bytes contents,
                        struct sk_err *err)
{
    return queue(ca, strdup(path), contents, err);
}

enum sk_status ca_publish(struct sk_ca *ca, const char *name, struct sk_bytes contents,
                          struct sk_err *err)
{
    char *path = NULL;

    if (asprintf(&path, "%s/out/%s", ca->dir, name) < 0)
        path = NULL;
    return queue(ca, path, contents, err);
}

void ca_list_name(const struct register_crl *list, char *out, size_t size)
{
    if (list->is_regular)
        (void)snprintf(out, size, "%s.crl", register_list_text(list->kind));
    else
        (void)snprintf(out, size, "%s-g%u.crl", register_list_text(list->kind), list->generation);
}

enum sk_status ca_use_keys(struct sk_ca *ca, const struct keystore_options *options,
                           struct sk_err *err)
{
    enum sk_status status = keystore_open(options, &ca->keys, err);

    if (status == SK_OK)
        ca->is_token = options->module != NULL;
    return status;
}

enum sk_status ca_open_keys(struct sk_ca *ca, struct sk_err *err)
{
    struct keystore_options options = {0};
    char *module = NULL, *token = NULL, *pin_file = NULL;
    enum sk_status status;

    if (ca->keys != NULL)
        return SK_OK;
    status = register_get(ca->reg, CA_SETTING_MODULE, &module, err);
    if (status == SK_OK)
        status = register_get(ca->reg, CA_SETTING_TOKEN, &token, err);
    if (status == SK_OK)
        status = register_get(ca->reg, CA_SETTING_PIN_FILE, &pin_file, err);
    if (status == SK_OK) {
        options.module = module;
        options.token = token;
        options.pin.file = ca->pin_file != NULL ? ca->pin_file : pin_file;
        status = ca_use_keys(ca, &options, err);
    }
    free(module);
    free(token);
    free(pin_file);
    return status;
}

/* What the key store calls the key: its label in a token, else its file in our directory. */
static enum sk_status key_name(struct sk_ca *ca, const char *label, char **out, struct sk_err *err)
{
    char *name = NULL;

    if (ca->is_token)
        name = strdup(label);
    else if (asprintf(&name, "%s/%s.pem", ca->dir, label) < 0)
        name = NULL;
    if (name == NULL)
        return err_set(err, SK_NOMEM, "no memory");
    *out = name;
    return SK_OK;
}

static enum sk_status decode_cert(const struct sk_buf *der, X509 **out, struct sk_err *err)
{
    const unsigned char *p = der->data;
    X509 *cert = d2i_X509(NULL, &p, (long)der->len);

    if (cert == NULL)
        return err_openssl(err, SK_INTERNAL, "the self-signed certificate in the register");
    *out = cert;
    return SK_OK;
}

/* A token could have been exchanged under us: the key must be the one we certified. */
static enum sk_status check_key(const struct ca_key *key, const char *label, struct sk_err *err)
{
    unsigned char *spki = NULL;
    int len = i2d_PUBKEY(key->key, &spki);
    unsigned char *certified = NULL;
    int certified_len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(key->cert), &certified);
    enum sk_status status = SK_OK;

    if (len <= 0 || certified_len <= 0)
        status = err_openssl(err, SK_CRYPTO, "key %s", label);
    else if (!bytes_equal(bytes_of(spki, (size_t)len), bytes_of(certified, (size_t)certified_len)))
        status = err_set(err, SK_CRYPTO, "key %s: is not the key of the CA's certificate", label);
    OPENSSL_free(spki);
    OPENSSL_free(certified);
    return status;
}

/* Label (free() it) and certificate of a generation. */
static enum sk_status find_key(struct sk_ca *ca, unsigned generation, char **out_label, X509 **out,
                               struct sk_err *err)
{
    char *label = NULL;
    struct sk_buf der;
    enum sk_status status;

    buf_init(&der, LIMIT_CERT_BYTES);
    status = register_key(ca->reg, generation, &label, &der, err);
    if (status == SK_OK)
        status = decode_cert(&der, out, err);
    buf_done(&der);
    if (status == SK_OK)
        *out_label = label;
    else
        free(label);
    return status;
}

enum sk_status ca_key_cert(struct sk_ca *ca, unsigned generation, X509 **out, struct sk_err *err)
{
    char *label = NULL;
    enum sk_status status = find_key(ca, generation, &label, out, err);

    free(label);
    return status;
}

enum sk_status ca_key_load(struct sk_ca *ca, unsigned generation, struct ca_key *out,
                           struct sk_err *err)
{
    struct ca_key key = {0};
    char *label = NULL, *name = NULL;
    enum sk_status status = SK_OK;

    if (generation == 0)
        status = register_newest(ca->reg, &generation, err);
    key.generation = generation;
    if (status == SK_OK)
        status = find_key(ca, generation, &label, &key.cert, err);
    if (status == SK_OK)
        status = ca_open_keys(ca, err);
    if (status == SK_OK)
        status = key_name(ca, label, &name, err);
    if (status == SK_OK)
        status = keystore_key(ca->keys, name, &key.key, err);
    if (status == SK_OK)
        status = check_key(&key, label, err);
    if (status == SK_OK)
        *out = key;
    else
        ca_key_done(&key);
    free(label);
    free(name);
    return status;
}

enum sk_status ca_key_public(EVP_PKEY *key, EVP_PKEY **out, struct sk_err *err)
{
    unsigned char *spki = NULL;
    int len = i2d_PUBKEY(key, &spki);
    const unsigned char *p = spki;
    EVP_PKEY *public = len > 0 ? d2i_PUBKEY(NULL, &p, len) : NULL;

    OPENSSL_free(spki);
    if (public == NULL)
        return err_openssl(err, SK_CRYPTO, "the public half of the CA's key cannot be read");
    *out = public;
    return SK_OK;
}

static enum sk_status check_new_key(EVP_PKEY *key, const char *label, struct sk_err *err)
{
    EVP_PKEY *public = NULL;
    enum sk_status status = ca_key_public(key, &public, err);

    if (status == SK_OK)
        status = csr_check_key(public, err);
    if (status != SK_OK)
        (void)err_context(err, "key %s", label);
    EVP_PKEY_free(public);
    return status;
}

enum sk_status ca_key_generate(struct sk_ca *ca, const char *label, const char *algorithm,
                               bool is_existing, EVP_PKEY **out, struct sk_err *err)
{
    EVP_PKEY *key = NULL;
    char *name = NULL;
    enum sk_status status = key_name(ca, label, &name, err);

    if (status == SK_OK)
        status = is_existing ? keystore_key(ca->keys, name, &key, err)
                             : keystore_generate(ca->keys, name, algorithm, &key, err);
    if (status == SK_OK)
        status = check_new_key(key, label, err);
    if (status == SK_OK)
        *out = key;
    else
        EVP_PKEY_free(key);
    free(name);
    return status;
}

enum sk_status ca_key_make(struct sk_ca *ca, const char *label, const char *algorithm,
                           bool is_existing, struct ca_key *out, struct sk_err *err)
{
    struct ca_key key = {0};
    enum sk_status status = ca_open_keys(ca, err);

    if (status == SK_OK)
        status = register_newest(ca->reg, &key.generation, err);
    key.generation++;
    if (status == SK_OK)
        status = register_add_key(ca->reg, key.generation, label, algorithm, ca->now, err);
    if (status == SK_OK)
        status = ca_key_generate(ca, label, algorithm, is_existing, &key.key, err);
    if (status == SK_OK)
        *out = key;
    return status;
}

void ca_key_done(struct ca_key *key)
{
    EVP_PKEY_free(key->key);
    X509_free(key->cert);
    memset(key, 0, sizeof(*key));
}
