/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/signer/keysign.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <pthread.h>
#include <stdlib.h>

#include "core/clock.h"
#include "core/log.h"
#include "tools/signer/keycert.h"

#define GROUP "signer"

struct key {
    const char *label;
    struct keycert cert;
    EVP_PKEY *key;         /* NULL until opened, then fixed; guarded by keysign.lock */
    enum sign_state state; /* guarded by keysign.lock */
};

struct keysign {
    struct keystore_options options;
    struct sk_keystore *store; /* set before the first key is */
    struct key keys[LIMIT_SIGNER_KEYS];
    size_t num_keys;
    pthread_mutex_t lock;
};

static void warn_of_dates(const struct keycert *cert, const char *file)
{
    int64_t now = clock_wall();

    if (cert->not_after < now)
        log_warning(GROUP, "%s: the responder certificate has expired", file);
    else if (cert->not_before > now)
        log_warning(GROUP, "%s: the responder certificate is not valid yet", file);
}

enum sk_status keysign_new(const struct keyproc_options *options, struct keysign **out,
                           struct sk_err *err)
{
    enum sk_status status = SK_OK;
    struct keysign *keys;
    size_t i;

    if (options->num_keys == 0 || options->num_keys > LIMIT_SIGNER_KEYS)
        return err_set(err, SK_INPUT, "signer: %zu keys, want 1 to %u", options->num_keys,
                       LIMIT_SIGNER_KEYS);
    keys = calloc(1, sizeof(*keys));
    if (keys == NULL)
        return err_set(err, SK_NOMEM, "signer: no memory");
    (void)pthread_mutex_init(&keys->lock, NULL);
    keys->options = options->store;
    keys->options.sessions = options->threads;
    keys->options.allow_absent = true;
    for (i = 0; status == SK_OK && i < options->num_keys; i++) {
        keys->keys[i].label = options->keys[i].label;
        status = keycert_init(&keys->keys[i].cert, &options->keys[i], options->num_keys, err);
        if (status != SK_OK)
            break;
        keys->num_keys++;
        warn_of_dates(&keys->keys[i].cert, options->keys[i].certificate);
    }
    if (status != SK_OK) {
        keysign_free(keys);
        return status;
    }
    *out = keys;
    return SK_OK;
}

void keysign_free(struct keysign *keys)
{
    size_t i;

    if (keys == NULL)
        return;
    for (i = 0; i < keys->num_keys; i++) {
        EVP_PKEY_free(keys->keys[i].key);
        keycert_done(&keys->keys[i].cert);
    }
    keystore_close(keys->store);
    (void)pthread_mutex_destroy(&keys->lock);
    free(keys);
}

bool keysign_has(const struct keysign *keys, size_t index, size_t algorithm)
{
    return index < keys->num_keys && algorithm < KEYCERT_ALGORITHMS &&
           keys->keys[index].cert.digests[algorithm] != NULL;
}

size_t keysign_count(const struct keysign *keys)
{
    return keys->num_keys;
}

struct sk_bytes keysign_hello(const struct keysign *keys, size_t index)
{
    return buf_bytes(&keys->keys[index].cert.hello);
}

void keysign_states(struct keysign *keys, uint8_t out[LIMIT_SIGNER_KEYS])
{
    size_t i;

    (void)pthread_mutex_lock(&keys->lock);
    for (i = 0; i < keys->num_keys; i++)
        out[i] = (uint8_t)keys->keys[i].state;
    (void)pthread_mutex_unlock(&keys->lock);
}

/* ---- keys ------------------------------------------------------------------------------------ */

static enum sk_status sign_with(const struct keysign *keys, const struct key *with, EVP_PKEY *key,
                                size_t algorithm, struct sk_bytes tbs, struct sk_buf *out,
                                struct sk_err *err)
{
    enum sk_status status = SK_OK;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    size_t len = (size_t)EVP_PKEY_get_size(key);
    uint8_t *room = buf_reserve(out, len);

    ERR_clear_error();
    if (ctx == NULL || room == NULL)
        status = err_set(err, SK_NOMEM, "%s: no memory", with->label);
    else if (EVP_DigestSignInit_ex(ctx, NULL, with->cert.digests[algorithm],
                                   keystore_libctx(keys->store), NULL, key, NULL) != 1 ||
             EVP_DigestSign(ctx, room, &len, tbs.p, tbs.len) != 1)
        status = err_openssl(err, SK_CRYPTO, "%s: no signature", with->label);
    else
        out->len += len;
    EVP_MD_CTX_free(ctx);
    return status;
}

/* A token may hold halves that do not belong together under one label: only a signature tells. */
static enum sk_status prove_key(const struct keysign *keys, const struct key *with, EVP_PKEY *key,
                                struct sk_err *err)
{
    static const char probe[] = "sekisho key probe";
    enum sk_status status;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    struct sk_bytes tbs = bytes_of(probe, sizeof(probe));
    struct sk_buf out;

    buf_init(&out, LIMIT_SIGN_REQUEST_BYTES);
    status = sign_with(keys, with, key, 0, tbs, &out, err);
    if (status != SK_OK)
        goto out;
    if (ctx == NULL || EVP_DigestVerifyInit_ex(ctx, NULL, with->cert.digests[0], NULL, NULL,
                                               with->cert.public_key, NULL) != 1) {
        status = err_openssl(err, SK_CRYPTO, "%s: cannot verify", with->label);
        goto out;
    }
    if (EVP_DigestVerify(ctx, out.data, out.len, tbs.p, tbs.len) != 1)
        status =
            err_openssl(err, SK_INPUT, "key %s does not belong to its certificate", with->label);
out:
    buf_done(&out);
    EVP_MD_CTX_free(ctx);
    return status;
}

static enum sk_status open_key(struct keysign *keys, struct key *with, struct sk_err *err)
{
    enum sk_status status;
    EVP_PKEY *key = NULL;

    status = keystore_key(keys->store, with->label, &key, err);
    if (status != SK_OK)
        return status;
    if (EVP_PKEY_eq(with->cert.public_key, key) != 1)
        status =
            err_openssl(err, SK_INPUT, "key %s does not belong to its certificate", with->label);
    else
        status = prove_key(keys, with, key, err);
    if (status != SK_OK) {
        EVP_PKEY_free(key);
        return status;
    }
    (void)pthread_mutex_lock(&keys->lock);
    with->key = key;
    with->state = SIGN_STATE_READY;
    (void)pthread_mutex_unlock(&keys->lock);
    return SK_OK;
}

enum sk_status keysign_open(struct keysign *keys, struct sk_err *err)
{
    enum sk_status status = SK_OK, one;
    size_t i;

    if (keys->store == NULL)
        status = keystore_open(&keys->options, &keys->store, err);
    /* Every key is tried; the gravest failure is told. */
    for (i = 0; keys->store != NULL && i < keys->num_keys; i++) {
        if (keys->keys[i].key != NULL)
            continue;
        one = open_key(keys, &keys->keys[i], status == SK_INPUT ? NULL : err);
        if (one != SK_OK && status != SK_INPUT)
            status = one;
    }
    return status;
}

/* One log line when signatures begin to fail and one when they work again. */
static void note_result(struct keysign *keys, struct key *with, enum sk_status status,
                        const struct sk_err *err)
{
    bool is_change;

    (void)pthread_mutex_lock(&keys->lock);
    is_change = (with->state == SIGN_STATE_DOWN) != (status != SK_OK);
    with->state = status == SK_OK ? SIGN_STATE_READY : SIGN_STATE_DOWN;
    (void)pthread_mutex_unlock(&keys->lock);
    if (is_change && status != SK_OK)
        log_error(GROUP, "%s", err->text);
    else if (is_change)
        log_info(GROUP, "%s: signs again", with->label);
}

/* Only a signature shows that a key whose last one failed can be used again. */
static bool prove_failing(struct keysign *keys, struct sk_err *err)
{
    bool is_well = true;
    size_t i;

    for (i = 0; i < keys->num_keys; i++) {
        struct key *with = &keys->keys[i];
        enum sign_state state;
        enum sk_status status;

        (void)pthread_mutex_lock(&keys->lock);
        state = with->state;
        (void)pthread_mutex_unlock(&keys->lock);
        if (state != SIGN_STATE_DOWN)
            continue;
        status = prove_key(keys, with, with->key, err);
        note_result(keys, with, status, err);
        is_well = is_well && status == SK_OK;
    }
    return is_well;
}

bool keysign_probe(struct keysign *keys, struct sk_err *err)
{
    if (keysign_open(keys, err) != SK_OK)
        return false;
    if (!keystore_is_healthy(keys->store)) {
        (void)err_set(err, SK_CRYPTO, "the token does not answer");
        return false;
    }
    return prove_failing(keys, err);
}

enum sk_status keysign_sign(struct keysign *keys, size_t index, size_t algorithm,
                            struct sk_bytes tbs, struct sk_buf *out, struct sk_err *err)
{
    enum sk_status status;
    struct key *with = &keys->keys[index];
    EVP_PKEY *key;
    struct sk_err own = {0};

    (void)pthread_mutex_lock(&keys->lock);
    key = with->key;
    (void)pthread_mutex_unlock(&keys->lock);
    if (key == NULL)
        return err_set(err, SK_AGAIN, "%s: not open", with->label);
    status = sign_with(keys, with, key, algorithm, tbs, out, &own);
    note_result(keys, with, status, &own);
    return status == SK_OK ? SK_OK : err_set(err, status, "%s", own.text);
}
