/* SPDX-License-Identifier: Apache-2.0 */
/* Which stores and places the configuration means, and where PINs come from. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/signer/keyproc.h"
#include "tools/signer/pin.h"

static char module_text[] = "/m.so", token_text[] = "one", pin_text[] = "/etc/pin",
            credential_text[] = "hsm-pin", name_text[] = "r";
static struct config_signer signer;
static struct config_responder responders[LIMIT_SIGNER_KEYS];
static char *values[LIMIT_SIGNER_KEYS][LIMIT_SIGNER_PLACES];

static int set_up(void **state)
{
    (void)state;
    memset(&signer, 0, sizeof(signer));
    memset(responders, 0, sizeof(responders));
    signer.backend = CONFIG_SIGNER_PKCS11;
    signer.module = module_text;
    signer.token = token_text;
    signer.pin.kind = CONFIG_PIN_FILE;
    signer.pin.value = pin_text;
    signer.responders = responders;
    return 0;
}

static void add_key(size_t responder, const char *text)
{
    static char texts[32][256];
    static size_t used;
    char *copy = texts[used++ % 32];
    struct config_list *keys = &responders[responder].keys;

    (void)snprintf(copy, 256, "%s", text);
    values[responder][keys->num_values++] = copy;
    keys->values = values[responder];
    responders[responder].name = name_text;
    if (signer.num_responders <= responder)
        signer.num_responders = responder + 1;
}

static void test_keyoptions_make_one_store_of_one_token(void **state)
{
    struct keyproc_options options;

    (void)state;
    add_key(0, "label");
    add_key(0, "pkcs11:token=two;object=label?module-path=/n.so&pin-source=file:///etc/other");
    add_key(1, "pkcs11:object=another");
    add_key(1, "pkcs11:token=one;id=%01");
    assert_int_equal(keyproc_options_init(&options, &signer, -1, NULL), SK_OK);
    assert_int_equal(options.num_stores, 2);
    assert_int_equal(options.num_keys, 2);
    assert_string_equal(options.stores[0].module, "/m.so");
    assert_string_equal(options.stores[0].token, "pkcs11:token=one");
    assert_string_equal(options.stores[0].pin.file, "/etc/pin");
    assert_string_equal(options.stores[1].module, "/n.so");
    assert_string_equal(options.stores[1].token, "pkcs11:token=two");
    assert_string_equal(options.stores[1].pin.file, "/etc/other");
    assert_int_equal(options.keys[0].places[0].store, 0);
    assert_int_equal(options.keys[0].places[1].store, 1);
    assert_int_equal(options.keys[1].places[0].store, 0);
    assert_int_equal(options.keys[1].places[1].store, 0);
    assert_string_equal(options.keys[0].places[0].key, "label");
    keyproc_options_done(&options);
    keyproc_options_done(&options);
}

static void test_keyoptions_refuse_what_names_no_token(void **state)
{
    static const char *const bad[] = {
        "pkcs11:token=t",                               /* no key */
        "pkcs11:object=k;object=k",                     /* no URI */
        "pkcs11:token=one;object=k?pin-source=/other",  /* two PINs of one token */
        "pkcs11:token=t;object=k?pin-source=relative",  /* neither path nor address */
        "pkcs11:token=t;object=k?pin-source=http://a",  /* */
        "pkcs11:token=t;object=k?module-path=plain.so", /* wherever that is */
        "pkcs11:token=t;object=k?pin-source=credential:../x",
    };
    struct keyproc_options options;
    struct sk_err err = {0};
    size_t i;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        (void)set_up(state);
        add_key(0, "label");
        add_key(0, bad[i]);
        assert_int_equal(keyproc_options_init(&options, &signer, -1, &err), SK_INPUT);
        assert_non_null(strstr(err.text, "signer: key 2 of r: "));
    }
    (void)set_up(state);
    signer.token = NULL;
    add_key(0, "pkcs11:object=k");
    assert_int_equal(keyproc_options_init(&options, &signer, -1, NULL), SK_INPUT);
    (void)set_up(state);
    signer.pin.kind = CONFIG_PIN_NONE;
    add_key(0, "pkcs11:object=k");
    assert_int_equal(keyproc_options_init(&options, &signer, -1, NULL), SK_INPUT);
}

static void test_keyoptions_find_a_credential_where_the_service_manager_puts_it(void **state)
{
    struct keyproc_options options;

    (void)state;
    add_key(0, "label");
    signer.pin.kind = CONFIG_PIN_CREDENTIAL;
    signer.pin.value = credential_text;
    assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
    assert_int_equal(keyproc_options_init(&options, &signer, -1, NULL), SK_INPUT);
    assert_int_equal(setenv("CREDENTIALS_DIRECTORY", "/run/credentials/x", 1), 0);
    assert_int_equal(keyproc_options_init(&options, &signer, -1, NULL), SK_OK);
    assert_string_equal(options.stores[0].pin.file, "/run/credentials/x/hsm-pin");
    assert_true(options.stores[0].pin.is_credential);
    keyproc_options_done(&options);
    assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
}

static enum sk_status pin_of_mode(unsigned mode, bool is_credential)
{
    char file[] = "/tmp/sekisho-pin-XXXXXX";
    struct keystore_pin from = {.file = file, .is_credential = is_credential};
    int fd = mkstemp(file);
    enum sk_status status;
    struct pin pin;

    assert_int_equal(write(fd, "1234\r\nrest\n", 11), 11);
    assert_int_equal(fchmod(fd, mode), 0);
    assert_int_equal(close(fd), 0);
    status = pin_read(&from, &pin, NULL);
    if (status == SK_OK) {
        assert_int_equal(pin.len, 4);
        assert_memory_equal(pin.text, "1234", 4);
        pin_wipe(&pin);
        assert_memory_not_equal(pin.text, "1234", 4);
    }
    assert_int_equal(unlink(file), 0);
    return status;
}

static void test_pin_of_a_credential_may_be_shared_by_an_access_list(void **state)
{
    (void)state;
    assert_int_equal(pin_of_mode(0400, false), SK_OK);
    assert_int_equal(pin_of_mode(0440, false), SK_IO);
    assert_int_equal(pin_of_mode(0440, true), SK_OK);
    assert_int_equal(pin_of_mode(0460, true), SK_IO);
    assert_int_equal(pin_of_mode(0444, true), SK_IO);
}

/* A child whose terminal is ours; its exit status: 0 for the PIN "1234", 1 for another, 2 for none.
 */
static int ask_on_terminal(const char *typed, bool *out_echoed)
{
    char seen[256] = "";
    struct termios after;
    size_t len = 0;
    int tty, status;
    pid_t pid = forkpty(&tty, NULL, NULL, NULL);
    ssize_t n;

    assert_true(pid >= 0);
    if (pid == 0) {
        struct keystore_pin from = {0};
        struct pin pin;

        if (pin_prompt("the token", &from.fd, NULL) != SK_OK)
            _exit(2);
        if (pin_read(&from, &pin, NULL) != SK_OK || pin_read(&from, &pin, NULL) != SK_OK)
            _exit(3); /* each log-in reads it anew */
        _exit(pin.len == 4 && memcmp(pin.text, "1234", 4) == 0 ? 0 : 1);
    }
    while (strstr(seen, "PIN of the token: ") == NULL && len < sizeof(seen) - 1 &&
           (n = read(tty, seen + len, sizeof(seen) - 1 - len)) > 0)
        len += (size_t)n;
    assert_non_null(strstr(seen, "PIN of the token: "));
    assert_int_equal(write(tty, typed, strlen(typed)), strlen(typed));
    while (len < sizeof(seen) - 1 && (n = read(tty, seen + len, sizeof(seen) - 1 - len)) > 0)
        len += (size_t)n;
    *out_echoed = strstr(seen, "1234") != NULL;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    (void)tcgetattr(tty, &after);
    (void)close(tty);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 99;
}

static void test_pin_is_asked_for_without_echo(void **state)
{
    bool echoed = true;

    (void)state;
    assert_int_equal(ask_on_terminal("1234\n", &echoed), 0);
    assert_false(echoed);
    assert_int_equal(ask_on_terminal("4321\n", &echoed), 1);
    assert_int_equal(ask_on_terminal("\n", &echoed), 2);
    assert_int_equal(ask_on_terminal("\x03", &echoed), 2); /* interrupted */
}

static void test_pin_cannot_be_asked_for_without_a_terminal(void **state)
{
    pid_t pid = fork();
    int status;

    (void)state;
    if (pid == 0) {
        int fd = -1;

        (void)setsid(); /* leaves the terminal */
        _exit(pin_prompt("t", &fd, NULL) == SK_IO && fd == -1 ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_keyoptions_make_one_store_of_one_token, set_up),
        cmocka_unit_test_setup(test_keyoptions_refuse_what_names_no_token, set_up),
        cmocka_unit_test_setup(test_keyoptions_find_a_credential_where_the_service_manager_puts_it,
                               set_up),
        cmocka_unit_test(test_pin_of_a_credential_may_be_shared_by_an_access_list),
        cmocka_unit_test(test_pin_is_asked_for_without_echo),
        cmocka_unit_test(test_pin_cannot_be_asked_for_without_a_terminal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
