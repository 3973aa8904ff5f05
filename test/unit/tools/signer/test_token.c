/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/limits.h"
#include "test/support/keys.h"
#include "test/support/signcert.h"

static struct softhsm *hsm; /* NULL: SoftHSM is missing */

/* ---- helpers --------------------------------------------------------------------------------- */

static enum sk_status open_status(const struct keystore_options *options, struct sk_err *err)
{
    struct sk_keystore *store = NULL;
    enum sk_status status = keystore_open(options, &store, err);

    assert_true((status == SK_OK) == (store != NULL));
    keystore_close(store);
    return status;
}

static enum sk_status key_status(struct sk_keystore *store, const char *label, struct sk_err *err)
{
    EVP_PKEY *key = NULL;
    enum sk_status status = keystore_key(store, label, &key, err);

    assert_true((status == SK_OK) == (key != NULL));
    EVP_PKEY_free(key);
    return status;
}

static void close_all_sessions(void)
{
    CK_FUNCTION_LIST_PTR calls = softhsm_calls(hsm);
    CK_SLOT_ID slots[16];
    CK_ULONG num = 16, i;

    assert_int_equal(calls->C_GetSlotList(CK_TRUE, slots, &num), CKR_OK);
    for (i = 0; i < num; i++)
        (void)calls->C_CloseAllSessions(slots[i]);
}

/* ---- refusals: the token
 * -------------------------------------------------------------------------- */

static void test_token_refuses_what_is_no_module(void **state)
{
    struct keystore_options options;
    char *text;
    struct sk_err err = {0};

    (void)state;
    softhsm_need(hsm);
    options = softhsm_options(hsm, 1);
    options.module = "/nonexistent/module.so";
    assert_int_equal(open_status(&options, &err), SK_IO);
    assert_non_null(strstr(err.text, "/nonexistent/module.so"));
    text = softhsm_write(hsm, "module.so", "not a shared library", 0600);
    options.module = text;
    assert_int_equal(open_status(&options, &err), SK_IO);
    options.module = "libm.so.6";
    assert_int_equal(open_status(&options, &err), SK_IO);
    assert_non_null(strstr(err.text, "C_GetFunctionList"));
    assert_int_equal(unlink(text), 0);
    free(text);
}

static void test_token_refuses_a_missing_and_an_ambiguous_token(void **state)
{
    struct keystore_options options;
    struct sk_err err = {0};

    (void)state;
    softhsm_need(hsm);
    options = softhsm_options(hsm, 1);
    options.token = "no such token";
    assert_int_equal(open_status(&options, &err), SK_NOTFOUND);
    assert_string_equal(err.text, "token no such token: no such token");
    options.token = "unit"; /* the beginning of a label is not the label */
    assert_int_equal(open_status(&options, &err), SK_NOTFOUND);
    options.token = "a label that is longer than a token's label can be";
    assert_int_equal(open_status(&options, &err), SK_INPUT);
    options.token = NULL;
    assert_int_equal(open_status(&options, &err), SK_INPUT);
    softhsm_add_token(hsm, "twin");
    softhsm_add_token(hsm, "twin");
    options.token = "twin";
    assert_int_equal(open_status(&options, &err), SK_INPUT);
}

static void test_token_refuses_a_wrong_pin_and_names_the_code(void **state)
{
    struct keystore_options options;
    char *pin;
    struct sk_err err = {0};

    (void)state;
    softhsm_need(hsm);
    options = softhsm_options(hsm, 1);
    pin = softhsm_write(hsm, "wrong-pin", "secret-0815\n", 0600);
    options.pin.file = pin;
    assert_int_equal(open_status(&options, &err), SK_CRYPTO);
    assert_non_null(strstr(err.text, "CKR_PIN_INCORRECT"));
    assert_null(strstr(err.text, "0815"));
    free(pin);
}

static void check_pin_file(const char *text, unsigned mode, enum sk_status want)
{
    struct keystore_options options = softhsm_options(hsm, 1);
    char *pin = softhsm_write(hsm, "pin-file", text, mode);
    struct sk_err err = {0};
    enum sk_status status;

    options.pin.file = pin;
    status = open_status(&options, &err);
    if (status != want)
        fail_msg("PIN \"%.40s\" mode %o: %s: %s", text, mode, status_name(status), err.text);
    assert_int_equal(unlink(pin), 0);
    free(pin);
}

static void test_token_refuses_pin_files_that_are_open_or_odd(void **state)
{
    struct keystore_options options;
    char longest[LIMIT_PIN_BYTES + 3];

    (void)state;
    softhsm_need(hsm);
    check_pin_file(SOFTHSM_PIN, 0640, SK_IO);
    check_pin_file(SOFTHSM_PIN, 0604, SK_IO);
    check_pin_file(SOFTHSM_PIN, 0620, SK_IO);
    check_pin_file("", 0600, SK_IO);
    check_pin_file("\n" SOFTHSM_PIN, 0600, SK_IO);
    memset(longest, '1', sizeof(longest));
    longest[LIMIT_PIN_BYTES + 1] = '\0';
    check_pin_file(longest, 0600, SK_IO); /* one past the cap */
    longest[LIMIT_PIN_BYTES] = '\n';
    check_pin_file(longest, 0600, SK_CRYPTO); /* at the cap: read, and wrong */
    longest[LIMIT_PIN_BYTES] = '\0';
    check_pin_file(longest, 0600, SK_CRYPTO);
    options = softhsm_options(hsm, 1);
    options.pin.file = hsm->folder;
    assert_int_equal(open_status(&options, NULL), SK_IO);
    options.pin.file = "/nonexistent/pin";
    assert_int_equal(open_status(&options, NULL), SK_IO);
    check_pin_file(SOFTHSM_PIN, 0400, SK_OK);
    check_pin_file(SOFTHSM_PIN "\r\nsecond line", 0600, SK_OK);
}

/* Tokens count wrong PINs and lock themselves. */
static void test_token_offers_a_refused_pin_only_once(void **state)
{
    struct keystore_options options;
    struct sk_keystore *store = NULL;
    struct sk_err err = {0};
    char *pin, *next;

    (void)state;
    softhsm_need(hsm);
    options = softhsm_options(hsm, 1);
    pin = softhsm_write(hsm, "pin-of-today", "wrong\n", 0600);
    options.pin.file = pin;
    options.allow_absent = true;
    assert_int_equal(keystore_open(&options, &store, NULL), SK_OK);
    assert_false(keystore_is_healthy(store, NULL));
    (void)sleep(2); /* longer than the time between two attempts */
    assert_int_equal(key_status(store, "ec", &err), SK_CRYPTO);
    assert_non_null(strstr(err.text, "not tried again"));
    next = softhsm_write(hsm, "pin-of-tomorrow", SOFTHSM_PIN "\n", 0600);
    assert_int_equal(rename(next, pin), 0);
    (void)sleep(2);
    assert_int_equal(key_status(store, "ec", &err), SK_OK);
    assert_true(keystore_is_healthy(store, NULL));
    keystore_close(store);
    free(next);
    free(pin);
}

static void test_token_opens_one_token_twice(void **state)
{
    struct sk_keystore *one, *two;
    EVP_PKEY *key_one, *key_two, *plain;

    (void)state;
    softhsm_need(hsm);
    one = keys_open_token(hsm, 1);
    two = keys_open_token(hsm, 2);
    key_one = keys_open(one, "ec");
    key_two = keys_open(two, "ec");
    plain = signcert_public(key_two); /* keys of two stores are compared by their public halves */
    assert_int_equal(EVP_PKEY_eq(key_one, plain), 1);
    EVP_PKEY_free(plain);
    assert_true(keys_work(one, key_one));
    EVP_PKEY_free(key_one);
    keystore_close(one);
    assert_true(keys_work(two, key_two)); /* closing one has not logged the other out */
    EVP_PKEY_free(key_two);
    keystore_close(two);
}

/* ---- sessions that are lost
 * ------------------------------------------------------------------------------- */

static void test_token_signs_again_after_its_sessions_were_closed(void **state)
{
    struct sk_keystore *store;
    EVP_PKEY *rsa, *ec;
    int i;

    (void)state;
    softhsm_need(hsm);
    store = keys_open_token(hsm, 3);
    rsa = keys_open(store, "rsa");
    ec = keys_open(store, "ec");
    for (i = 0; i < 3; i++) {
        close_all_sessions();
        assert_true(keys_work(store, ec));
        assert_true(keys_work(store, rsa));
        close_all_sessions();
        assert_true(keystore_is_healthy(store, NULL));
        close_all_sessions();
        assert_int_equal(key_status(store, "ec", NULL), SK_OK);
    }
    close_all_sessions();
    EVP_PKEY_free(keys_generate(store, "after the loss", "ec:P-256"));
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(ec);
    keystore_close(store);
}

static void test_token_signs_again_after_the_module_was_finalised(void **state)
{
    struct sk_keystore *one, *two;
    EVP_PKEY *key_one, *key_two;

    (void)state;
    softhsm_need(hsm);
    one = keys_open_token(hsm, 2);
    key_one = keys_open(one, "ec");
    assert_int_equal(softhsm_calls(hsm)->C_Finalize(NULL), CKR_OK);
    assert_true(keys_work(one, key_one));
    two = keys_open_token(hsm, 1); /* the module now has two users and is not restarted for one */
    key_two = keys_open(two, "rsa");
    assert_int_equal(softhsm_calls(hsm)->C_Finalize(NULL), CKR_OK);
    assert_true(keys_work(one, key_one));
    assert_true(keys_work(two, key_two));
    EVP_PKEY_free(key_one);
    EVP_PKEY_free(key_two);
    keystore_close(one);
    keystore_close(two);
}

static void test_token_survives_a_token_that_goes_and_comes(void **state)
{
    struct sk_keystore *store;
    EVP_PKEY *key;
    char *moved;
    int i;

    (void)state;
    softhsm_need(hsm);
    moved = softhsm_path(hsm, "moved");
    store = keys_open_token(hsm, 2);
    key = keys_open(store, "ec");
    assert_int_equal(rename(hsm->store, moved), 0);
    for (i = 0; keys_work(store, key); i++)
        assert_true(i < 100);
    assert_false(keys_work(store, key)); /* at once, without asking the module */
    assert_int_equal(rename(moved, hsm->store), 0);
    for (i = 0; !keys_work(store, key); i++) {
        assert_true(i < 600);
        (void)usleep(100 * 1000);
    }
    EVP_PKEY_free(key);
    keystore_close(store);
    free(moved);
}

/* ---- modules and their names ----------------------------------------------------------------- */

/* A session that is nobody's but the test's: it is lost when the module is ended. */
static CK_SESSION_HANDLE witness_new(CK_FUNCTION_LIST_PTR calls)
{
    CK_SLOT_ID slots[16];
    CK_ULONG num = 16;
    CK_SESSION_HANDLE witness;

    assert_int_equal(calls->C_GetSlotList(CK_TRUE, slots, &num), CKR_OK);
    assert_int_equal(calls->C_OpenSession(slots[0], CKF_SERIAL_SESSION, NULL, NULL, &witness),
                     CKR_OK);
    return witness;
}

static bool witness_lives(CK_FUNCTION_LIST_PTR calls, CK_SESSION_HANDLE witness)
{
    CK_SESSION_INFO info;

    return calls->C_GetSessionInfo(witness, &info) == CKR_OK;
}

/* A store whose token is not there: each look for it may start its module anew. */
static struct sk_keystore *open_absent(const char *module)
{
    struct keystore_options options = softhsm_options(hsm, 1);
    struct sk_keystore *store = NULL;

    options.module = module;
    options.token = "gone";
    options.allow_absent = true;
    assert_int_equal(keystore_open(&options, &store, NULL), SK_OK);
    return store;
}

static void look_for_absent(struct sk_keystore *store)
{
    (void)usleep(600 * 1000); /* longer than the time between two attempts */
    assert_false(keystore_is_healthy(store, NULL));
}

/* The token that is there by one name of its module, another that is not by the other. */
static void check_two_names(const char *one, const char *two)
{
    CK_FUNCTION_LIST_PTR calls = softhsm_calls(hsm);
    struct keystore_options options = softhsm_options(hsm, 1);
    struct sk_keystore *absent = open_absent(one), *store = NULL;
    CK_SESSION_HANDLE witness;
    EVP_PKEY *key;

    options.module = two;
    assert_int_equal(keystore_open(&options, &store, NULL), SK_OK);
    key = keys_open(store, "ec");
    witness = witness_new(calls);
    look_for_absent(absent);
    assert_true(witness_lives(calls, witness));
    keystore_close(absent);
    assert_true(witness_lives(calls, witness));
    assert_true(keys_work(store, key));
    EVP_PKEY_free(key);
    keystore_close(store);
    assert_false(witness_lives(calls, witness)); /* the last user has ended the module */
}

static void test_token_takes_two_names_of_a_module_for_one(void **state)
{
    char *link;

    (void)state;
    softhsm_need(hsm);
    link = softhsm_path(hsm, "link.so");
    assert_int_equal(symlink(hsm->module, link), 0);
    check_two_names(hsm->module, link);
    check_two_names(link, hsm->module);
    free(link);
}

/* build/MODE/test/unit/tools/signer/test_token: the doubles stand in build/MODE/test/doubles. */
static void path_of_double(const char *name, char out[PATH_MAX])
{
    char self[PATH_MAX / 2] = "";
    size_t i;

    assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
    for (i = 0; i < 4; i++) {
        assert_non_null(strrchr(self, '/'));
        *strrchr(self, '/') = '\0';
    }
    (void)snprintf(out, PATH_MAX, "%s/doubles/%s", self, name);
}

static void test_token_takes_a_module_that_hands_on_anothers_functions_for_that(void **state)
{
    char alias[PATH_MAX];

    (void)state;
    softhsm_need(hsm);
    path_of_double("alias_module.so", alias);
    assert_int_equal(setenv("SOFTHSM2_MODULE", hsm->module, 1), 0);
    check_two_names(hsm->module, alias);
    check_two_names(alias, hsm->module);
}

/* What has initialised a module may be another module of ours that forwards to it: none is ended
 * then, not even one that has nothing to do with it. */
static void test_token_does_not_end_what_something_else_has_initialised(void **state)
{
    CK_FUNCTION_LIST_PTR foreign, own;
    struct sk_keystore *one, *two;
    CK_SESSION_HANDLE foreign_witness, own_witness;
    struct softhsm copy;

    (void)state;
    softhsm_need(hsm);
    copy = *hsm;
    copy.module = softhsm_copy_module(hsm, "copy.so");
    foreign = softhsm_calls(hsm);
    own = softhsm_calls(&copy);
    assert_ptr_not_equal(own, foreign);
    assert_int_equal(foreign->C_Initialize(NULL), CKR_OK);
    one = open_absent(copy.module);
    two = open_absent(hsm->module);
    foreign_witness = witness_new(foreign);
    own_witness = witness_new(own);
    look_for_absent(one);
    look_for_absent(two);
    assert_true(witness_lives(foreign, foreign_witness));
    assert_true(witness_lives(own, own_witness));
    keystore_close(two);
    assert_true(witness_lives(foreign, foreign_witness));
    look_for_absent(one); /* nobody else is there now */
    assert_false(witness_lives(own, own_witness));
    keystore_close(one);
    assert_int_equal(foreign->C_Finalize(NULL), CKR_OK);
    free(copy.module);
}

/* Handles of a module that was started anew begin at the same numbers: those that one token still
 * has may be the other's session and key. */
static void test_token_does_not_use_handles_of_an_earlier_start(void **state)
{
    struct sk_keystore *one, *two;
    struct softhsm second;
    EVP_PKEY *key_one, *key_two;
    char label[] = "second";

    (void)state;
    softhsm_need(hsm);
    second = *hsm;
    second.token = label;
    softhsm_add_token(hsm, label);
    two = keys_open_token(&second, 1);
    EVP_PKEY_free(keys_generate(two, "ec", "ec:P-256"));
    keystore_close(two);
    two = keys_open_token(&second, 1);
    key_two = keys_open(two, "ec");
    one = keys_open_token(hsm, 1);
    key_one = keys_open(one, "ec");
    assert_int_equal(softhsm_calls(hsm)->C_Finalize(NULL), CKR_OK);
    assert_true(keys_work(one, key_one));
    assert_true(keys_work(two, key_two));
    EVP_PKEY_free(key_one);
    EVP_PKEY_free(key_two);
    keystore_close(one);
    keystore_close(two);
}

/* ---- threads and processes
 * ----------------------------------------------------------------------------------- */

enum { NUM_THREADS = 8, NUM_ROUNDS = 4, NUM_SIGNATURES = 10 };

struct team {
    struct sk_keystore *store;
    EVP_PKEY *key, *plain;
    pthread_barrier_t before, after;
    int num_bad[NUM_THREADS];
};

struct member {
    struct team *team;
    size_t index;
};

static void *member_thread(void *arg)
{
    const struct member *member = arg;
    struct team *team = member->team;
    uint8_t signature[1024];
    size_t len;
    int round, i;

    for (round = 0; round < NUM_ROUNDS; round++) {
        (void)pthread_barrier_wait(&team->before);
        for (i = 0; i < NUM_SIGNATURES; i++) {
            if (!keys_sign(keystore_libctx(team->store), team->key, "SHA256", signature, &len) ||
                !keys_verify(team->plain, "SHA256", signature, len))
                team->num_bad[member->index]++;
        }
        (void)pthread_barrier_wait(&team->after);
    }
    return NULL;
}

/* Eight threads on three sessions, which are taken away between the rounds. */
static void check_team(const char *label)
{
    struct team team = {.store = keys_open_token(hsm, 3)};
    struct member members[NUM_THREADS];
    pthread_t threads[NUM_THREADS];
    size_t i;
    int round;

    team.key = keys_open(team.store, label);
    team.plain = signcert_public(team.key);
    assert_int_equal(pthread_barrier_init(&team.before, NULL, NUM_THREADS + 1), 0);
    assert_int_equal(pthread_barrier_init(&team.after, NULL, NUM_THREADS + 1), 0);
    for (i = 0; i < NUM_THREADS; i++) {
        members[i] = (struct member){&team, i};
        assert_int_equal(pthread_create(&threads[i], NULL, member_thread, &members[i]), 0);
    }
    for (round = 0; round < NUM_ROUNDS; round++) {
        if (round % 2 == 1)
            close_all_sessions();
        (void)pthread_barrier_wait(&team.before);
        (void)pthread_barrier_wait(&team.after);
    }
    for (i = 0; i < NUM_THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(team.num_bad[i], 0);
    }
    (void)pthread_barrier_destroy(&team.before);
    (void)pthread_barrier_destroy(&team.after);
    EVP_PKEY_free(team.plain);
    EVP_PKEY_free(team.key);
    keystore_close(team.store);
}

static void test_token_signs_in_eight_threads(void **state)
{
    (void)state;
    softhsm_need(hsm);
    check_team("ec");
    check_team("rsa");
}

static int child_with_parents_key(struct sk_keystore *store, EVP_PKEY *key)
{
    struct sk_err err = {0};
    EVP_PKEY *other = NULL;

    if (keys_work(store, key) || keystore_is_healthy(store, NULL))
        return 1;
    if (keystore_key(store, "rsa", &other, &err) != SK_CRYPTO ||
        strstr(err.text, "another process") == NULL)
        return 2;
    /* What is the child's own works, beside what it inherited. */
    struct sk_keystore *own = keys_open_token(hsm, 1);
    EVP_PKEY *own_key = keys_open(own, "ec");
    int result = keys_work(own, own_key) ? 0 : 3;

    EVP_PKEY_free(own_key);
    keystore_close(own);
    EVP_PKEY_free(key);
    keystore_close(store);
    return result;
}

static void test_token_does_not_work_across_fork(void **state)
{
    struct sk_keystore *store;
    EVP_PKEY *key;
    int status;
    pid_t pid;

    (void)state;
    softhsm_need(hsm);
    store = keys_open_token(hsm, 2);
    key = keys_open(store, "ec");
    assert_true(keys_work(store, key));
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        _exit(child_with_parents_key(store, key));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_true(keys_work(store, key)); /* the parent's sessions were not touched */
    EVP_PKEY_free(key);
    keystore_close(store);
}

/* ---- all of it ------------------------------------------------------------------------------- */

static int start_all(void **state)
{
    struct sk_keystore *store;

    (void)state;
    hsm = softhsm_new("unit test");
    if (hsm == NULL)
        return 0;
    store = keys_open_token(hsm, 1);
    EVP_PKEY_free(keys_generate(store, "rsa", "rsa:2048"));
    EVP_PKEY_free(keys_generate(store, "ec", "ec:P-256"));
    keystore_close(store);
    return 0;
}

static int end_all(void **state)
{
    (void)state;
    softhsm_free(hsm);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_token_refuses_what_is_no_module),
        cmocka_unit_test(test_token_refuses_a_missing_and_an_ambiguous_token),
        cmocka_unit_test(test_token_refuses_a_wrong_pin_and_names_the_code),
        cmocka_unit_test(test_token_refuses_pin_files_that_are_open_or_odd),
        cmocka_unit_test(test_token_offers_a_refused_pin_only_once),
        cmocka_unit_test(test_token_opens_one_token_twice),
        cmocka_unit_test(test_token_signs_again_after_its_sessions_were_closed),
        cmocka_unit_test(test_token_signs_again_after_the_module_was_finalised),
        cmocka_unit_test(test_token_survives_a_token_that_goes_and_comes),
        cmocka_unit_test(test_token_takes_two_names_of_a_module_for_one),
        cmocka_unit_test(test_token_takes_a_module_that_hands_on_anothers_functions_for_that),
        cmocka_unit_test(test_token_does_not_end_what_something_else_has_initialised),
        cmocka_unit_test(test_token_does_not_use_handles_of_an_earlier_start),
        cmocka_unit_test(test_token_signs_in_eight_threads),
        cmocka_unit_test(test_token_does_not_work_across_fork),
    };

    return cmocka_run_group_tests(tests, start_all, end_all);
}
