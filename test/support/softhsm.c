/* SPDX-License-Identifier: Apache-2.0 */
#include "test/support/softhsm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dlfcn.h>
#include <fcntl.h>
#include <ftw.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static char *SK_PRINTF(1, 2) text_of(const char *fmt, ...)
{
    va_list args;
    char *text = NULL;

    va_start(args, fmt);
    if (vasprintf(&text, fmt, args) < 0)
        die("vasprintf");
    va_end(args);
    return text;
}

static char *find_module(void)
{
    static const char *const known[] = {
        "/usr/lib/softhsm/libsofthsm2.so",
        "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
        "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
        "/usr/lib/riscv64-linux-gnu/softhsm/libsofthsm2.so",
        "/usr/local/lib/softhsm/libsofthsm2.so",
    };
    const char *named = getenv("SOFTHSM2_MODULE");
    size_t i;

    if (named != NULL)
        return text_of("%s", named);
    for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (access(known[i], R_OK) == 0)
            return text_of("%s", known[i]);
    }
    return NULL;
}

char *softhsm_path(const struct softhsm *hsm, const char *name)
{
    return text_of("%s/%s", hsm->folder, name);
}

char *softhsm_write(const struct softhsm *hsm, const char *name, const char *text, unsigned mode)
{
    char *path = softhsm_path(hsm, name);
    FILE *file = fopen(path, "w");

    if (file == NULL || fputs(text, file) == EOF || fclose(file) != 0 || chmod(path, mode) != 0)
        die(path);
    return path;
}

/* softhsm2-util is a process of its own: the test's has not initialised PKCS#11 by that. */
static void run_util(const char *const *words)
{
    char *args[24];
    posix_spawn_file_actions_t quiet;
    pid_t pid;
    int status;
    size_t i;

    for (i = 0; words[i] != NULL; i++) {
        args[i] = strdup(words[i]);
        if (args[i] == NULL || i + 1 >= sizeof(args) / sizeof(args[0]))
            die(words[0]);
    }
    args[i] = NULL;
    if (posix_spawn_file_actions_init(&quiet) != 0 ||
        posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0) != 0 ||
        posix_spawnp(&pid, args[0], &quiet, NULL, args, environ) != 0 ||
        waitpid(pid, &status, 0) != pid || status != 0)
        die("softhsm2-util");
    (void)posix_spawn_file_actions_destroy(&quiet);
    while (i > 0)
        free(args[--i]);
}

void softhsm_add_token(const struct softhsm *hsm, const char *token)
{
    const char *const words[] = {"softhsm2-util", "--init-token", "--free",    "--label",
                                 token,           "--so-pin",     "so-4711",   "--pin",
                                 SOFTHSM_PIN,     "--module",     hsm->module, NULL};

    run_util(words);
}

void softhsm_import(const struct softhsm *hsm, const char *key_file, const char *label,
                    const char *id)
{
    const char *const words[] = {"softhsm2-util", "--import", key_file,    "--token", hsm->token,
                                 "--label",       label,      "--id",      id,        "--pin",
                                 SOFTHSM_PIN,     "--module", hsm->module, NULL};

    run_util(words);
}

void softhsm_need(const struct softhsm *hsm)
{
    const char *ci = getenv("CI");

    if (hsm != NULL)
        return;
    if (ci != NULL && strcmp(ci, "true") == 0)
        fail_msg("SoftHSM is missing (Debian package softhsm2)");
    print_message("## SoftHSM is missing (Debian package softhsm2)\n");
    skip();
}

struct softhsm *softhsm_new(const char *token)
{
    char *module = find_module(), *conf, *text;
    struct softhsm *hsm;

    if (module == NULL)
        return NULL;
    hsm = calloc(1, sizeof(*hsm));
    if (hsm == NULL)
        die("calloc");
    hsm->module = module;
    hsm->folder =
        text_of("%s/sekisho-softhsm-XXXXXX", getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp");
    if (mkdtemp(hsm->folder) == NULL)
        die(hsm->folder);
    hsm->store = softhsm_path(hsm, "tokens");
    if (mkdir(hsm->store, 0700) != 0)
        die(hsm->store);
    text = text_of("directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n",
                   hsm->store);
    conf = softhsm_write(hsm, "softhsm2.conf", text, 0600);
    if (setenv("SOFTHSM2_CONF", conf, 1) != 0)
        die("setenv");
    hsm->pin_file = softhsm_write(hsm, "pin", SOFTHSM_PIN "\n", 0600);
    hsm->token = text_of("%s", token);
    free(conf);
    free(text);
    softhsm_add_token(hsm, token);
    return hsm;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st;
    (void)type;
    (void)where;
    return remove(path);
}

void softhsm_free(struct softhsm *hsm)
{
    if (hsm == NULL)
        return;
    (void)nftw(hsm->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(hsm->folder);
    free(hsm->module);
    free(hsm->pin_file);
    free(hsm->store);
    free(hsm->token);
    free(hsm);
}

CK_FUNCTION_LIST_PTR softhsm_calls(const struct softhsm *hsm)
{
    CK_FUNCTION_LIST_PTR calls = NULL;
    CK_C_GetFunctionList get = NULL;
    void *library = dlopen(hsm->module, RTLD_NOW | RTLD_LOCAL), *symbol;

    assert_non_null(library);
    symbol = dlsym(library, "C_GetFunctionList");
    memcpy(&get, &symbol, sizeof(get));
    assert_int_equal(get(&calls), CKR_OK);
    return calls;
}

char *softhsm_copy_module(const struct softhsm *hsm, const char *name)
{
    char *path = softhsm_path(hsm, name);
    FILE *from = fopen(hsm->module, "r"), *to = fopen(path, "w");
    uint8_t piece[65536];
    size_t len;

    if (from == NULL || to == NULL)
        die(path);
    while ((len = fread(piece, 1, sizeof(piece), from)) > 0) {
        if (fwrite(piece, 1, len, to) != len)
            die(path);
    }
    if (ferror(from) != 0 || fclose(to) != 0)
        die(path);
    (void)fclose(from);
    return path;
}

struct keystore_options softhsm_options(const struct softhsm *hsm, unsigned sessions)
{
    struct keystore_options options = {.module = hsm->module,
                                       .token = hsm->token,
                                       .pin = {.file = hsm->pin_file},
                                       .sessions = sessions};

    return options;
}
