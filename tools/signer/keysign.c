/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/signer/keysign.h"

#include <openssl/err.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "core/clock.h"
#include "core/log.h"
#include "tools/signer/keycert.h"

#define GROUP "signer"

enum { DAY_S = 24 * 3600 };

enum place_state {
    PLACE_UNSEEN = 0, /* its store has not been opened yet */
    PLACE_AWAY,       /* not open, or its last signature failed */
    PLACE_WELL,
    PLACE_UNFIT, /* another key than the certificate's: never used */
};

/* What one thread signs with: contexts that are set up once, since that takes longer than a digest
 * and a quarter of a signature on P-256. */
struct pen {
    struct pen *next;
    size_t algorithm;
    EVP_MD_CTX *digest;
    EVP_PKEY_CTX *key;
};

struct place {
    size_t store;
    const char *label;
    EVP_PKEY *key;               /* NULL until opened, then fixed; guarded by keysign.lock */
    enum place_state state;      /* guarded by keysign.lock */
    struct pen *pens;            /* that nobody signs with now; guarded by keysign.lock */
    atomic_uint_fast64_t proved; /* its store's generation in which a signature was verified */
};

struct key {
    const char *name, *file;
    struct keycert cert;
    struct place places[LIMIT_SIGNER_PLACES];
    size_t num_places;
    int64_t warned; /* when its end was last spoken of; one thread's */
};

struct store {
    const struct keystore_options *options;
    struct sk_keystore *open; /* set before the first key of it is */
    bool was_well;            /* its probe's own */
    bool hangs;               /* guarded by keysign.lock */
};

struct keysign {
    struct key keys[LIMIT_SIGNER_KEYS];
    size_t num_keys;
    struct store stores[LIMIT_SIGNER_STORES];
    size_t num_stores;
    int64_t warn_s;
    pthread_mutex_t lock;
};

enum sk_status keysign_new(const struct keyproc_options *options, struct keysign **out,
                           struct sk_err *err)
{
    enum sk_status status = SK_OK;
    struct keysign *keys;
    size_t i, j;

    if (options->num_keys == 0 || options->num_keys > LIMIT_SIGNER_KEYS)
        return err_set(err, SK_INPUT, "signer: %zu keys, want 1 to %u", options->num_keys,
                       LIMIT_SIGNER_KEYS);
    keys = calloc(1, sizeof(*keys));
    if (keys == NULL)
        return err_set(err, SK_NOMEM, "signer: no memory");
    (void)pthread_mutex_init(&keys->lock, NULL);
    keys->warn_s = options->warn_s;
    keys->num_stores = options->num_stores;
    for (i = 0; i < options->num_stores; i++)
        keys->stores[i].options = &options->stores[i];
    for (i = 0; i < options->num_keys; i++) {
        struct key *key = &keys->keys[i];

        status = keycert_init(&key->cert, &options->keys[i], options->num_keys, err);
        if (status != SK_OK)
            break;
        keys->num_keys++;
        key->name = options->keys[i].name;
        key->file = options->keys[i].certificate;
        key->num_places = options->keys[i].num_places;
        for (j = 0; j < key->num_places; j++) {
            key->places[j].store = options->keys[i].places[j].store;
            key->places[j].label = options->keys[i].places[j].key;
        }
    }
    if (status != SK_OK) {
        keysign_free(keys);
        return status;
    }
    *out = keys;
    return SK_OK;
}

static void pen_free(struct pen *pen)
{
    if (pen == NULL)
        return;
    EVP_PKEY_CTX_free(pen->key);
    EVP_MD_CTX_free(pen->digest);
    free(pen);
}

static void drop_pens(struct place *place)
{
    struct pen *pen;

    while ((pen = place->pens) != NULL) {
        place->pens = pen->next;
        pen_free(pen);
    }
}

static void place_done(struct place *place)
{
    drop_pens(place);
    EVP_PKEY_free(place->key);
}

void keysign_free(struct keysign *keys)
{
    size_t i, j;

    if (keys == NULL)
        return;
    for (i = 0; i < keys->num_keys; i++) {
        for (j = 0; j < keys->keys[i].num_places; j++)
            place_done(&keys->keys[i].places[j]);
        keycert_done(&keys->keys[i].cert);
    }
    for (i = 0; i < keys->num_stores; i++)
        keystore_close(keys->stores[i].open);
    (void)pthread_mutex_destroy(&keys->lock);
    free(keys);
}

/* ---- what is known --------------------------------------------------------------------------- */

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

/* Lock held. */
static enum sign_state key_state(const struct keysign *keys, const struct key *key)
{
    size_t i;

    for (i = 0; i < key->num_places; i++) {
        if (key->places[i].state == PLACE_WELL && !keys->stores[key->places[i].store].hangs)
            return i == 0 ? SIGN_STATE_READY : SIGN_STATE_FALLBACK;
    }
    return SIGN_STATE_DOWN;
}

void keysign_states(struct keysign *keys, uint8_t out[LIMIT_SIGNER_KEYS])
{
    size_t i;

    (void)pthread_mutex_lock(&keys->lock);
    for (i = 0; i < keys->num_keys; i++)
        out[i] = (uint8_t)key_state(keys, &keys->keys[i]);
    (void)pthread_mutex_unlock(&keys->lock);
}

bool keysign_is_hopeless(struct keysign *keys)
{
    bool is_hopeless = true;
    size_t i, j;

    (void)pthread_mutex_lock(&keys->lock);
    for (i = 0; i < keys->num_keys; i++) {
        for (j = 0; j < keys->keys[i].num_places; j++)
            is_hopeless = is_hopeless && keys->keys[i].places[j].state == PLACE_UNFIT;
    }
    (void)pthread_mutex_unlock(&keys->lock);
    return is_hopeless;
}

void keysign_watch_dates(struct keysign *keys, int64_t now)
{
    char when[CLOCK_TEXT];
    size_t i;

    for (i = 0; i < keys->num_keys; i++) {
        struct key *key = &keys->keys[i];

        if (key->warned != 0 && now - key->warned < DAY_S)
            continue;
        clock_format_rfc3339(key->cert.not_after, when);
        if (key->cert.not_after < now)
            log_error(GROUP, "%s: the certificate of key %s expired at %s", key->file, key->name,
                      when);
        else if (key->cert.not_before > now)
            log_warning(GROUP, "%s: the certificate of key %s is not valid yet", key->file,
                        key->name);
        else if (key->cert.not_after - now < keys->warn_s)
            log_warning(GROUP, "%s: the certificate of key %s ends at %s", key->file, key->name,
                        when);
        else
            continue;
        key->warned = now;
    }
}

/* ---- where to sign --------------------------------------------------------------------------- */

/* How good a place is for the next job; 0: not at all. Lock held. */
static unsigned place_rank(const struct keysign *keys, const struct place *place)
{
    if (keys->stores[place->store].hangs)
        return 0;
    switch (place->state) {
    case PLACE_WELL:
        return 3;
    case PLACE_UNSEEN:
        return 2;
    case PLACE_AWAY:
        return place->key != NULL ? 1 : 0;
    case PLACE_UNFIT:
        break;
    }
    return 0;
}

int keysign_route(struct keysign *keys, struct keyjob *job)
{
    const struct key *key = &keys->keys[job->key];
    unsigned best = 0, rank;
    int store = -1;
    size_t i;

    (void)pthread_mutex_lock(&keys->lock);
    for (i = 0; i < key->num_places; i++) {
        rank = (job->tried & 1u << i) != 0 ? 0 : place_rank(keys, &key->places[i]);
        if (rank > best) {
            best = rank;
            job->place = (uint32_t)i;
            store = (int)key->places[i].store;
        }
    }
    (void)pthread_mutex_unlock(&keys->lock);
    return store;
}

void keysign_set_hanging(struct keysign *keys, size_t store, bool hangs)
{
    (void)pthread_mutex_lock(&keys->lock);
    keys->stores[store].hangs = hangs;
    (void)pthread_mutex_unlock(&keys->lock);
    if (hangs)
        log_error(GROUP, "%s: a call hangs in the PKCS#11 module",
                  keystore_name(keys->stores[store].options));
    else
        log_info(GROUP, "%s: no call hangs any more", keystore_name(keys->stores[store].options));
}

/* ---- signing --------------------------------------------------------------------------------- */

static struct pen *pen_new(OSSL_LIB_CTX *libctx, EVP_PKEY *key, const char *digest,
                           size_t algorithm)
{
    struct pen *pen = calloc(1, sizeof(*pen));
    EVP_MD *md = EVP_MD_fetch(libctx, digest, NULL);
    bool is_good = pen != NULL && md != NULL;

    if (is_good) {
        pen->algorithm = algorithm;
        pen->digest = EVP_MD_CTX_new();
        pen->key = EVP_PKEY_CTX_new_from_pkey(libctx, key, NULL);
        is_good = pen->digest != NULL && pen->key != NULL &&
                  EVP_DigestInit_ex2(pen->digest, md, NULL) == 1 &&
                  EVP_PKEY_sign_init(pen->key) == 1 &&
                  EVP_PKEY_CTX_set_signature_md(pen->key, md) == 1;
    }
    EVP_MD_free(md);
    if (is_good)
        return pen;
    pen_free(pen);
    return NULL;
}

/* One that lies there, or a new one. NULL: OpenSSL's errors say why. */
static struct pen *take_pen(struct keysign *keys, const struct key *with, struct place *place,
                            EVP_PKEY *key, size_t algorithm)
{
    struct pen **at, *pen;

    (void)pthread_mutex_lock(&keys->lock);
    for (at = &place->pens; *at != NULL && (*at)->algorithm != algorithm; at = &(*at)->next)
        ;
    pen = *at;
    if (pen != NULL)
        *at = pen->next;
    (void)pthread_mutex_unlock(&keys->lock);
    if (pen != NULL)
        return pen;
    return pen_new(keystore_libctx(keys->stores[place->store].open), key,
                   with->cert.digests[algorithm], algorithm);
}

static void put_pen(struct keysign *keys, struct place *place, struct pen *pen)
{
    (void)pthread_mutex_lock(&keys->lock);
    pen->next = place->pens;
    place->pens = pen;
    (void)pthread_mutex_unlock(&keys->lock);
}

static bool write_signature(struct pen *pen, struct sk_bytes tbs, uint8_t *room, size_t *len)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned digest_len;

    return EVP_DigestInit_ex2(pen->digest, NULL, NULL) == 1 &&
           EVP_DigestUpdate(pen->digest, tbs.p, tbs.len) == 1 &&
           EVP_DigestFinal_ex(pen->digest, digest, &digest_len) == 1 &&
           EVP_PKEY_sign(pen->key, room, len, digest, digest_len) == 1;
}

static enum sk_status sign_with(struct keysign *keys, const struct key *with, struct place *place,
                                EVP_PKEY *key, size_t algorithm, struct sk_bytes tbs,
                                struct sk_buf *out, struct sk_err *err)
{
    size_t len = (size_t)EVP_PKEY_get_size(key);
    uint8_t *room = buf_reserve(out, len);
    struct pen *pen;

    if (room == NULL)
        return err_set(err, SK_NOMEM, "%s: no memory", place->label);
    ERR_clear_error();
    pen = take_pen(keys, with, place, key, algorithm);
    if (pen == NULL || !write_signature(pen, tbs, room, &len)) {
        pen_free(pen); /* it may be of no more use */
        return err_openssl(err, SK_CRYPTO, "%s: no signature", place->label);
    }
    out->len += len;
    put_pen(keys, place, pen);
    return SK_OK;
}

/* SK_INPUT: the signature is not of the certificate's key. */
static enum sk_status verify_with(const struct key *with, const struct place *place,
                                  size_t algorithm, struct sk_bytes tbs, struct sk_bytes signature,
                                  struct sk_err *err)
{
    enum sk_status status = SK_OK;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    if (ctx == NULL || EVP_DigestVerifyInit_ex(ctx, NULL, with->cert.digests[algorithm], NULL, NULL,
                                               with->cert.public_key, NULL) != 1)
        status = err_openssl(err, SK_CRYPTO, "%s: cannot verify", place->label);
    else if (EVP_DigestVerify(ctx, signature.p, signature.len, tbs.p, tbs.len) != 1)
        status =
            err_openssl(err, SK_INPUT, "key %s does not belong to its certificate", place->label);
    EVP_MD_CTX_free(ctx);
    return status;
}

/* A token may hold halves that do not belong together under one label: only a signature tells. */
static enum sk_status prove_key(struct keysign *keys, const struct key *with, struct place *place,
                                EVP_PKEY *key, struct sk_err *err)
{
    static const char probe[] = "sekisho key probe";
    enum sk_status status;
    struct sk_bytes tbs = bytes_of(probe, sizeof(probe));
    struct sk_buf out;

    buf_init(&out, LIMIT_SIGN_REQUEST_BYTES);
    status = sign_with(keys, with, place, key, 0, tbs, &out, err);
    if (status == SK_OK)
        status = verify_with(with, place, 0, tbs, buf_bytes(&out), err);
    buf_done(&out);
    return status;
}

/* One log line when a place begins to fail and one when it works again. */
static void set_place(struct keysign *keys, const struct key *with, struct place *place,
                      enum place_state state, const struct sk_err *err)
{
    enum place_state was;

    (void)pthread_mutex_lock(&keys->lock);
    was = place->state;
    if (was != PLACE_UNFIT) /* that is for good, whatever a signature that was under way says */
        place->state = state;
    (void)pthread_mutex_unlock(&keys->lock);
    if (was == state || was == PLACE_UNFIT)
        return;
    if (state == PLACE_WELL)
        log_info(GROUP, "key %s: %s signs%s", with->name, place->label,
                 was == PLACE_UNSEEN ? "" : " again");
    else
        log_error(GROUP, "key %s: %s", with->name, err->text);
}

/* A token that came back may hold another key under the old name: the first signatures after that
 * are verified before they leave. */
static enum sk_status sign_proved(struct keysign *keys, const struct key *with, struct place *place,
                                  EVP_PKEY *key, struct keyjob *job, struct sk_err *err)
{
    struct sk_keystore *store = keys->stores[place->store].open;
    uint64_t before = keystore_generation(store), after;
    enum sk_status status;

    status = sign_with(keys, with, place, key, job->algorithm, buf_bytes(&job->tbs),
                       &job->signature, err);
    if (status != SK_OK)
        return status;
    after = keystore_generation(store);
    if (before == after && after == atomic_load(&place->proved))
        return SK_OK;
    status = verify_with(with, place, job->algorithm, buf_bytes(&job->tbs),
                         buf_bytes(&job->signature), err);
    if (status == SK_OK && before == after)
        atomic_store(&place->proved, after);
    return status;
}

bool keysign_sign(struct keysign *keys, struct keyjob *job)
{
    struct key *with = &keys->keys[job->key];
    struct place *place = &with->places[job->place];
    struct sk_err err = {0};
    enum sk_status status;
    EVP_PKEY *key;

    (void)pthread_mutex_lock(&keys->lock);
    key = place->key;
    (void)pthread_mutex_unlock(&keys->lock);
    if (key == NULL)
        return false;
    status = sign_proved(keys, with, place, key, job, &err);
    set_place(keys, with, place, status == SK_OK ? PLACE_WELL : PLACE_AWAY, &err);
    return status == SK_OK;
}

/* ---- opening and probing --------------------------------------------------------------------- */

/* Finds the key and sees whether it is the certificate's; its key is set when it is. */
static enum sk_status open_place(struct keysign *keys, const struct key *with, struct place *place,
                                 struct sk_err *err)
{
    enum sk_status status;
    EVP_PKEY *key = NULL;

    status = keystore_key(keys->stores[place->store].open, place->label, &key, err);
    if (status != SK_OK)
        return status;
    if (EVP_PKEY_eq(with->cert.public_key, key) != 1)
        status =
            err_openssl(err, SK_INPUT, "key %s does not belong to its certificate", place->label);
    else
        status = prove_key(keys, with, place, key, err);
    if (status != SK_OK) {
        drop_pens(place); /* they are this key's; nobody signs here before there is a key */
        EVP_PKEY_free(key);
        return status;
    }
    (void)pthread_mutex_lock(&keys->lock);
    place->key = key;
    (void)pthread_mutex_unlock(&keys->lock);
    return SK_OK;
}

static enum place_state state_of(struct keysign *keys, const struct place *place)
{
    enum place_state state;

    (void)pthread_mutex_lock(&keys->lock);
    state = place->state;
    (void)pthread_mutex_unlock(&keys->lock);
    return state;
}

/* Opens the place, or tries a signature when its last one failed. */
static bool probe_place(struct keysign *keys, const struct key *with, struct place *place)
{
    struct sk_err err = {0};
    enum sk_status status;

    switch (state_of(keys, place)) {
    case PLACE_WELL:
        return true;
    case PLACE_UNFIT:
        return false;
    case PLACE_UNSEEN:
    case PLACE_AWAY:
        break;
    }
    status = place->key == NULL ? open_place(keys, with, place, &err)
                                : prove_key(keys, with, place, place->key, &err);
    /* A file or token that cannot be read now may be readable later; a wrong key stays wrong. */
    set_place(keys, with, place,
              status == SK_OK      ? PLACE_WELL
              : status == SK_INPUT ? PLACE_UNFIT
                                   : PLACE_AWAY,
              &err);
    return status == SK_OK;
}

/* The store did not answer: none of its places can be counted on. */
static void lose_places(struct keysign *keys, size_t store, const struct sk_err *err)
{
    size_t i, j;

    for (i = 0; i < keys->num_keys; i++) {
        for (j = 0; j < keys->keys[i].num_places; j++) {
            struct place *place = &keys->keys[i].places[j];

            if (place->store == store && state_of(keys, place) != PLACE_UNFIT)
                set_place(keys, &keys->keys[i], place, PLACE_AWAY, err);
        }
    }
}

bool keysign_probe(struct keysign *keys, size_t index)
{
    struct store *store = &keys->stores[index];
    struct sk_err err = {0};
    bool is_well = true;
    size_t i, j;

    if (store->open == NULL && keystore_open(store->options, &store->open, &err) != SK_OK) {
        lose_places(keys, index, &err);
        return false;
    }
    if (!keystore_is_healthy(store->open, &err)) {
        lose_places(keys, index, &err);
        return false;
    }
    for (i = 0; i < keys->num_keys; i++) {
        for (j = 0; j < keys->keys[i].num_places; j++) {
            struct place *place = &keys->keys[i].places[j];

            if (place->store == index && !probe_place(keys, &keys->keys[i], place))
                is_well = false;
        }
    }
    return is_well;
}
