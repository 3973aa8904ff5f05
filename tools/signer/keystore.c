/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/signer/keystore.h"

#include <stdlib.h>

#include "tools/signer/provider.h"
#include "tools/signer/softkey.h"
#include "tools/signer/token.h"

struct sk_keystore {
    struct token *token;       /* NULL: PEM files */
    struct provider *provider; /* with token */
};

enum sk_status keystore_open(const struct keystore_options *options, struct sk_keystore **out,
                             struct sk_err *err)
{
    enum sk_status status = SK_OK;
    struct sk_keystore *store = calloc(1, sizeof(*store));

    if (store == NULL)
        return err_set(err, SK_NOMEM, "key store: no memory");
    if (options->module != NULL) {
        status = provider_new(&store->provider, err);
        if (status == SK_OK)
            status = token_open(options, &store->token, err);
    }
    if (status != SK_OK) {
        keystore_close(store);
        return status;
    }
    *out = store;
    return SK_OK;
}

void keystore_close(struct sk_keystore *store)
{
    if (store == NULL)
        return;
    provider_free(store->provider);
    token_close(store->token);
    free(store);
}

enum sk_status keystore_key(struct sk_keystore *store, const char *label, EVP_PKEY **out,
                            struct sk_err *err)
{
    enum sk_status status;
    struct token_key *key;

    if (store->token == NULL)
        return softkey_load(label, out, err);
    status = token_key_find(store->token, label, &key, err);
    return status == SK_OK ? provider_key(store->provider, key, out, err) : status;
}

enum sk_status keystore_generate(struct sk_keystore *store, const char *label,
                                 const char *algorithm, EVP_PKEY **out, struct sk_err *err)
{
    enum sk_status status;
    struct token_key *key;

    if (store->token == NULL)
        return softkey_generate(label, algorithm, out, err);
    status = token_key_generate(store->token, label, algorithm, &key, err);
    return status == SK_OK ? provider_key(store->provider, key, out, err) : status;
}

OSSL_LIB_CTX *keystore_libctx(const struct sk_keystore *store)
{
    return store->provider != NULL ? provider_libctx(store->provider) : NULL;
}

bool keystore_is_healthy(struct sk_keystore *store, struct sk_err *err)
{
    return store->token == NULL || token_is_healthy(store->token, err);
}

uint64_t keystore_generation(struct sk_keystore *store)
{
    return store->token != NULL ? token_generation(store->token) : 0;
}

const char *keystore_name(const struct keystore_options *options)
{
    return options->module != NULL ? options->token : "key files";
}
