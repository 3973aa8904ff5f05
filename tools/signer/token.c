/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/signer/token.h"

#include <openssl/err.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "tools/signer/module.h"
#include "tools/signer/pin.h"
#include "tools/signer/pkcs11_name.h"
#include "tools/signer/pkcs11_uri.h"
#include "tools/signer/token_int.h"

enum {
    RETRY_US = 500 * 1000, /* between two attempts to bring a dead token back */
    IDLE_WAIT_S = 10,      /* for the other sessions to come back before recovery */
    MAX_SLOTS = 1024,
};

struct token_session {
    CK_SESSION_HANDLE handle;
    bool is_busy;
};

struct token {
    struct module *module;
    pid_t pid;   /* process that opened it */
    char *label; /* or URI: what texts call it */
    struct pkcs11_uri *uri;
    char *pin_file; /* the text of pin.file */
    struct keystore_pin pin;

    pthread_mutex_t lock;   /* guards all below */
    pthread_cond_t changed; /* a session came back, or a recovery ended */
    struct token_session *sessions;
    unsigned num_sessions;
    unsigned num_busy;
    atomic_uint_fast64_t generation; /* counts recoveries, failed ones too; read without the lock */
    bool is_up;                      /* sessions are open and logged in, as far as we know */
    bool is_recovering;              /* one thread rebuilds; sessions and handles belong to it */
    int64_t failed_us;               /* monotonic time of the last failed recovery, 0 none */
    bool is_pin_refused;             /* the PIN of this stamp was refused */
    struct pin_stamp offered;        /* the last PIN that was */
    uint64_t epoch;                  /* of the module, in which the sessions were opened */
    bool is_counted;                 /* the module is told that its calls may be in use */
    CK_SLOT_ID slot;                 /* where the token was found */
    struct token_key *keys;
    struct sk_err last; /* why it is down */
};

const char *token_label(const struct token *token)
{
    return token->label;
}

/* ---- PIN ------------------------------------------------------------------------------------- */

static enum sk_status token_login(struct token *token, CK_SESSION_HANDLE session,
                                  struct sk_err *err)
{
    enum sk_status status;
    char name[PKCS11_NAME_TEXT];
    struct pin pin;
    CK_RV rv;

    status = pin_read(&token->pin, &pin, err);
    if (status == SK_OK && token->is_pin_refused && pin_stamp_equal(&pin.stamp, &token->offered))
        status = err_set(err, SK_CRYPTO,
                         "token %s: the PIN of %s was refused and is not tried again until it "
                         "changes",
                         token->label, pin_name(&token->pin));
    if (status != SK_OK)
        goto out;
    rv = module_calls(token->module)
             ->C_Login(session, CKU_USER, (CK_UTF8CHAR_PTR)pin.text, (CK_ULONG)pin.len);
    token->offered = pin.stamp;
    token->is_pin_refused = pkcs11_name_is_pin(rv);
    if (rv != CKR_OK && rv != CKR_USER_ALREADY_LOGGED_IN)
        status =
            err_set(err, SK_CRYPTO, "token %s: C_Login: %s", token->label, pkcs11_name(rv, name));
out:
    pin_wipe(&pin);
    return status;
}

/* ---- the token's slot and sessions ----------------------------------------------------------- */

static bool slot_is_ours(const struct token *token, CK_SLOT_ID slot)
{
    CK_FUNCTION_LIST_PTR calls = module_calls(token->module);
    CK_TOKEN_INFO info;

    return calls->C_GetTokenInfo(slot, &info) == CKR_OK &&
           (info.flags & CKF_TOKEN_INITIALIZED) != 0 && pkcs11_uri_matches(token->uri, slot, &info);
}

static enum sk_status token_find_slot(struct token *token, struct sk_err *err)
{
    enum sk_status status;
    CK_FUNCTION_LIST_PTR calls = module_calls(token->module);
    CK_ULONG num = 0, i, found = 0;
    CK_SLOT_ID *slots = NULL;
    CK_RV rv;
    char name[PKCS11_NAME_TEXT];

    rv = calls->C_GetSlotList(CK_TRUE, NULL, &num);
    if (rv == CKR_OK && num > 0 && num <= MAX_SLOTS) {
        /* Some slots more: one may be filled between the two calls. */
        num += 16;
        slots = calloc(num, sizeof(*slots));
        if (slots == NULL)
            return err_set(err, SK_NOMEM, "token %s: no memory", token->label);
        rv = calls->C_GetSlotList(CK_TRUE, slots, &num);
    }
    if (rv != CKR_OK) {
        status = err_set(err, SK_CRYPTO, "token %s: C_GetSlotList: %s", token->label,
                         pkcs11_name(rv, name));
        goto out;
    }
    for (i = 0; slots != NULL && i < num; i++) {
        if (slot_is_ours(token, slots[i])) {
            token->slot = slots[i];
            found++;
        }
    }
    if (found == 0)
        status = err_set(err, SK_NOTFOUND, "token %s: no such token", token->label);
    else if (found > 1)
        status = err_set(err, SK_INPUT, "token %s: %lu tokens are called so", token->label,
                         (unsigned long)found);
    else
        status = SK_OK;
out:
    free(slots);
    return status;
}

static void token_close_sessions(struct token *token)
{
    bool is_known = token->epoch == module_epoch(token->module); /* else others have the handles */
    unsigned i;

    for (i = 0; i < token->num_sessions; i++) {
        if (token->sessions[i].handle != CK_INVALID_HANDLE && is_known)
            (void)module_calls(token->module)->C_CloseSession(token->sessions[i].handle);
        token->sessions[i].handle = CK_INVALID_HANDLE;
    }
}

/* Opens all sessions, logs in, finds the handles of the known keys. SK_NOTFOUND: a key is not
 * there; the others are usable then. */
static enum sk_status token_start(struct token *token, struct sk_err *err)
{
    enum sk_status status;
    CK_FUNCTION_LIST_PTR calls = module_calls(token->module);
    struct token_key *key;
    unsigned i;
    CK_RV rv;
    char name[PKCS11_NAME_TEXT];

    token_close_sessions(token);
    status = token_find_slot(token, err);
    if (status != SK_OK)
        return status;
    token->epoch = module_epoch(token->module);
    for (i = 0; i < token->num_sessions; i++) {
        rv = calls->C_OpenSession(token->slot, CKF_SERIAL_SESSION, NULL, NULL,
                                  &token->sessions[i].handle);
        if (rv != CKR_OK) {
            token->sessions[i].handle = CK_INVALID_HANDLE;
            return err_set(err, SK_CRYPTO, "token %s: C_OpenSession %u of %u: %s", token->label,
                           i + 1, token->num_sessions, pkcs11_name(rv, name));
        }
    }
    status = token_login(token, token->sessions[0].handle, err);
    if (status != SK_OK)
        return status;
    for (key = token->keys; key != NULL; key = key->next) {
        rv = token_key_locate(calls, token->sessions[0].handle, key);
        if (rv != CKR_OK)
            return err_set(err, SK_CRYPTO, "token %s: key %s: %s", token->label, key->label,
                           pkcs11_name(rv, name));
        if (key->handle == CK_INVALID_HANDLE)
            status = err_set(err, SK_NOTFOUND, "token %s: key %s is not there any more",
                             token->label, key->label);
    }
    return status;
}

/* ---- recovery -------------------------------------------------------------------------------- */

/* Waits for a change; false when until has passed. */
static bool token_wait(struct token *token, const struct timespec *until)
{
    return pthread_cond_timedwait(&token->changed, &token->lock, until) == 0;
}

static struct timespec seconds_from_now(int seconds)
{
    int64_t us = clock_mono_us() + seconds * (int64_t)1000000;
    struct timespec when = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};

    return when;
}

/* Starts the token with nobody else of its module starting; tells whether its keys can be used. A
 * missing key is not the token's failure, but it must not cause recoveries without end. */
static enum sk_status token_start_alone(struct token *token, bool may_restart, bool *out_is_up,
                                        struct sk_err *err)
{
    enum sk_status status;

    module_enter(token->module, token->is_counted);
    status = token_start(token, err);
    if (status != SK_OK && may_restart && !token->is_pin_refused) {
        /* New sessions were not enough: a module may know only the tokens of its start. */
        token_close_sessions(token);
        status = module_restart(token->module, err);
        if (status == SK_OK)
            status = token_start(token, err);
    }
    *out_is_up = (status == SK_OK || status == SK_NOTFOUND) &&
                 token->sessions[0].handle != CK_INVALID_HANDLE;
    token->is_counted = *out_is_up;
    module_leave(token->module, token->is_counted);
    return status;
}

/* Lock held; the lock is given up while the module works, is_recovering keeps others away. */
static enum sk_status token_rebuild(struct token *token, struct sk_err *err)
{
    enum sk_status status;
    bool is_up;

    (void)pthread_mutex_unlock(&token->lock);
    status = token_start_alone(token, true, &is_up, err);
    (void)pthread_mutex_lock(&token->lock);
    token->is_up = is_up;
    return status;
}

/* Lock held. seen: generation in which the caller met the loss. */
static enum sk_status token_recover(struct token *token, uint64_t seen, struct sk_err *err)
{
    enum sk_status status;
    struct timespec until = seconds_from_now(IDLE_WAIT_S);

    while (token->is_recovering && token_wait(token, &until))
        ;
    if (token->is_recovering)
        return err_set(err, SK_CRYPTO, "token %s: does not come back", token->label);
    if (token->generation != seen && token->is_up)
        return SK_OK; /* another thread was faster */
    if (token->failed_us != 0 && clock_mono_us() - token->failed_us < RETRY_US)
        return err_set(err, token->last.status, "%s", token->last.text);

    token->is_recovering = true;
    while (token->num_busy > 0 && token_wait(token, &until))
        ;
    if (token->num_busy > 0) {
        token->is_up = false;
        status = err_set(&token->last, SK_CRYPTO, "token %s: %u calls hang in the module",
                         token->label, token->num_busy);
    } else {
        status = token_rebuild(token, &token->last);
    }
    token->failed_us = status == SK_OK ? 0 : clock_mono_us();
    token->generation++;
    token->is_recovering = false;
    (void)pthread_cond_broadcast(&token->changed);
    return token->is_up ? SK_OK : err_set(err, status, "%s", token->last.text);
}

/* ---- acts ------------------------------------------------------------------------------------ */

/* The module was started anew under this token: its session numbers may be another token's now. */
static bool token_is_stale(const struct token *token)
{
    return !token->is_recovering && token->epoch != module_epoch(token->module);
}

static enum sk_status token_take_session(struct token *token, struct token_session **out,
                                         uint64_t *out_generation, struct sk_err *err)
{
    enum sk_status status = SK_OK;
    unsigned i;

    if (token->pid != getpid())
        return err_set(err, SK_CRYPTO, "token %s: opened by another process", token->label);
    (void)pthread_mutex_lock(&token->lock);
    for (;;) {
        if (!token->is_up && token->is_recovering)
            status = err_set(err, SK_CRYPTO, "token %s: not available", token->label);
        else if (!token->is_up || token_is_stale(token))
            status = token_recover(token, token->generation, err);
        if (status != SK_OK || (!token->is_recovering && token->num_busy < token->num_sessions))
            break;
        (void)pthread_cond_wait(&token->changed, &token->lock);
    }
    if (status == SK_OK) {
        for (i = 0; token->sessions[i].is_busy; i++)
            ;
        token->sessions[i].is_busy = true;
        token->num_busy++;
        *out = &token->sessions[i];
        *out_generation = token->generation;
    }
    (void)pthread_mutex_unlock(&token->lock);
    return status;
}

static void token_give_session(struct token *token, struct token_session *session)
{
    (void)pthread_mutex_lock(&token->lock);
    session->is_busy = false;
    token->num_busy--;
    (void)pthread_cond_broadcast(&token->changed);
    (void)pthread_mutex_unlock(&token->lock);
}

static enum sk_status token_run_twice(struct token *token, const char *what, token_act_fn act,
                                      void *arg, struct sk_err *err)
{
    enum sk_status status;
    struct token_session *session = NULL;
    uint64_t generation = 0;
    unsigned attempt;
    CK_RV rv;
    char name[PKCS11_NAME_TEXT];

    for (attempt = 0;; attempt++) {
        status = token_take_session(token, &session, &generation, err);
        if (status != SK_OK)
            return status;
        rv = act(module_calls(token->module), session->handle, arg);
        token_give_session(token, session);
        if (rv == CKR_OK || attempt == 1 || !pkcs11_name_is_lost(rv))
            break;
        (void)pthread_mutex_lock(&token->lock);
        status = token_recover(token, generation, err);
        (void)pthread_mutex_unlock(&token->lock);
        if (status != SK_OK)
            return err_context(err, "%s: %s", what, pkcs11_name(rv, name));
    }
    if (rv == CKR_OK)
        return SK_OK;
    return err_set(err, SK_CRYPTO, "token %s: %s: %s", token->label, what, pkcs11_name(rv, name));
}

/* A module in software may use the process's OpenSSL and leave its own troubles in the error queue
 * of this thread, where they would pass for ours. */
enum sk_status token_run(struct token *token, const char *what, token_act_fn act, void *arg,
                         struct sk_err *err)
{
    enum sk_status status;

    (void)ERR_set_mark();
    status = token_run_twice(token, what, act, arg, err);
    (void)ERR_pop_to_mark();
    return status;
}

struct writing {
    struct token *token;
    token_act_fn act;
    void *arg;
};

static CK_RV token_act_writing(CK_FUNCTION_LIST_PTR calls, CK_SESSION_HANDLE pooled, void *arg)
{
    struct writing *writing = arg;
    CK_SESSION_HANDLE session;
    CK_RV rv;

    (void)pooled; /* its being taken keeps recovery away while we work */
    rv = calls->C_OpenSession(writing->token->slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL,
                              &session);
    if (rv != CKR_OK)
        return rv;
    rv = writing->act(calls, session, writing->arg);
    (void)calls->C_CloseSession(session);
    return rv;
}

enum sk_status token_run_writing(struct token *token, const char *what, token_act_fn act, void *arg,
                                 struct sk_err *err)
{
    struct writing writing = {token, act, arg};

    return token_run(token, what, token_act_writing, &writing, err);
}

static CK_RV token_act_probe(CK_FUNCTION_LIST_PTR calls, CK_SESSION_HANDLE session, void *arg)
{
    CK_SESSION_INFO info;
    CK_BYTE random[8];
    CK_RV rv;

    (void)arg;
    rv = calls->C_GetSessionInfo(session, &info);
    if (rv != CKR_OK)
        return rv;
    if (info.state != CKS_RO_USER_FUNCTIONS && info.state != CKS_RW_USER_FUNCTIONS)
        return CKR_USER_NOT_LOGGED_IN;
    rv = calls->C_GenerateRandom(session, random, sizeof(random));
    return rv == CKR_RANDOM_NO_RNG ? CKR_OK : rv;
}

bool token_is_healthy(struct token *token, struct sk_err *err)
{
    return token_run(token, "C_GenerateRandom", token_act_probe, NULL, err) == SK_OK;
}

uint64_t token_generation(struct token *token)
{
    return atomic_load(&token->generation);
}

void token_add_key(struct token *token, struct token_key *key)
{
    (void)pthread_mutex_lock(&token->lock);
    while (token->is_recovering) /* the list is being walked */
        (void)pthread_cond_wait(&token->changed, &token->lock);
    key->next = token->keys;
    token->keys = key;
    (void)pthread_mutex_unlock(&token->lock);
}

void token_remove_key(struct token *token, struct token_key *key)
{
    struct token_key **at;

    (void)pthread_mutex_lock(&token->lock);
    while (token->is_recovering)
        (void)pthread_cond_wait(&token->changed, &token->lock);
    for (at = &token->keys; *at != NULL && *at != key; at = &(*at)->next)
        ;
    if (*at != NULL)
        *at = key->next;
    (void)pthread_mutex_unlock(&token->lock);
}

/* ---- open and close -------------------------------------------------------------------------- */

static enum sk_status token_new(const struct keystore_options *options, struct token **out,
                                struct sk_err *err)
{
    struct token *token = calloc(1, sizeof(*token));
    enum sk_status status;
    pthread_condattr_t monotonic;
    unsigned i;

    if (token == NULL)
        return err_set(err, SK_NOMEM, "token %s: no memory", options->token);
    (void)pthread_mutex_init(&token->lock, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&token->changed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    token->pid = getpid();
    token->num_sessions = options->sessions > 0 ? options->sessions : 1;
    token->label = strdup(options->token);
    token->pin = options->pin;
    if (options->pin.file != NULL)
        token->pin.file = token->pin_file = strdup(options->pin.file);
    token->sessions = calloc(token->num_sessions, sizeof(*token->sessions));
    if (token->label == NULL || token->sessions == NULL ||
        (options->pin.file != NULL && token->pin_file == NULL)) {
        token->num_sessions = 0;
        token_close(token);
        return err_set(err, SK_NOMEM, "token %s: no memory", options->token);
    }
    for (i = 0; i < token->num_sessions; i++)
        token->sessions[i].handle = CK_INVALID_HANDLE;
    status = pkcs11_uri_is(options->token) ? pkcs11_uri_new(options->token, &token->uri, err)
                                           : pkcs11_uri_of_token(options->token, &token->uri, err);
    if (status != SK_OK) {
        token_close(token);
        return err_context(err, "token %s", options->token);
    }
    *out = token;
    return SK_OK;
}

enum sk_status token_open(const struct keystore_options *options, struct token **out,
                          struct sk_err *err)
{
    enum sk_status status;
    struct token *token = NULL;

    if (options->token == NULL || (options->pin.file == NULL && options->pin.fd == 0))
        return err_set(err, SK_INPUT, "%s: a token label and a PIN file are needed",
                       options->module);
    status = token_new(options, &token, err);
    if (status != SK_OK)
        return status;
    (void)ERR_set_mark(); /* see token_run() */
    status = module_ref(options->module, &token->module, err);
    if (status != SK_OK)
        goto out;
    status = token_start_alone(token, false, &token->is_up, &token->last);
    if (status != SK_OK && !options->allow_absent) {
        status = err_set(err, status, "%s", token->last.text);
        goto out;
    }
    token->failed_us = status == SK_OK ? 0 : clock_mono_us();
    *out = token;
    token = NULL;
    status = SK_OK;
out:
    (void)ERR_pop_to_mark();
    token_close(token);
    return status;
}

void token_close(struct token *token)
{
    if (token == NULL)
        return;
    if (token->module != NULL && token->pid == getpid()) {
        module_enter(token->module, token->is_counted);
        token_close_sessions(token);
        module_leave(token->module, false);
        module_unref(token->module);
    }
    pkcs11_uri_free(token->uri);
    (void)pthread_cond_destroy(&token->changed);
    (void)pthread_mutex_destroy(&token->lock);
    free(token->sessions);
    free(token->pin_file);
    free(token->label);
    free(token);
}
