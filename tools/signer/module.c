/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/signer/module.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/signer/pkcs11_name.h"

struct module {
    char *path;
    void *library;              /* from dlopen(), kept */
    CK_FUNCTION_LIST_PTR calls; /* the library's own table */
    unsigned users;             /* 0: finalised, may be initialised again */
    bool foreign;               /* somebody else in this process initialised it; not ours to end */
    pid_t pid;                  /* process that initialised it */
    pthread_mutex_t starting;   /* held between module_enter() and module_leave() */
    unsigned num_up;            /* tokens that may be in use; guarded by starting */
    uint64_t epoch;             /* guarded by starting */
    struct module *next;
};

/* PKCS#11 itself keeps one state per library and process, so this list is the process's too. */
static pthread_mutex_t modules_lock = PTHREAD_MUTEX_INITIALIZER;
static struct module *modules;

static enum sk_status module_load(const char *path, struct module **out, struct sk_err *err)
{
    enum sk_status status;
    struct module *module = calloc(1, sizeof(*module));
    CK_C_GetFunctionList get = NULL;
    void *symbol;
    CK_RV rv;
    char name[PKCS11_NAME_TEXT];

    if (module != NULL)
        (void)pthread_mutex_init(&module->starting, NULL);
    if (module == NULL || (module->path = strdup(path)) == NULL) {
        status = err_set(err, SK_NOMEM, "%s: no memory", path);
        goto out;
    }
    module->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (module->library == NULL) {
        status = err_set(err, SK_IO, "%s: cannot load the PKCS#11 module: %s", path, dlerror());
        goto out;
    }
    symbol = dlsym(module->library, "C_GetFunctionList");
    if (symbol == NULL) {
        status = err_set(err, SK_IO, "%s: not a PKCS#11 module: no C_GetFunctionList", path);
        goto out;
    }
    memcpy(&get, &symbol, sizeof(get)); /* ISO C has no cast from an object to a function */
    rv = get(&module->calls);
    if (rv != CKR_OK || module->calls == NULL) {
        status = err_set(err, SK_IO, "%s: C_GetFunctionList: %s", path, pkcs11_name(rv, name));
        goto out;
    }
    *out = module;
    module = NULL;
    status = SK_OK;
out:
    if (module != NULL) {
        if (module->library != NULL)
            (void)dlclose(module->library);
        (void)pthread_mutex_destroy(&module->starting);
        free(module->path);
        free(module);
    }
    return status;
}

/* CKR_CRYPTOKI_ALREADY_INITIALIZED is success: *out_already then. */
static enum sk_status module_initialize(struct module *module, bool *out_already,
                                        struct sk_err *err)
{
    CK_C_INITIALIZE_ARGS args;
    CK_RV rv;
    char name[PKCS11_NAME_TEXT];

    memset(&args, 0, sizeof(args));
    args.flags = CKF_OS_LOCKING_OK;
    rv = module->calls->C_Initialize(&args);
    if (rv != CKR_OK && rv != CKR_CRYPTOKI_ALREADY_INITIALIZED)
        return err_set(err, SK_CRYPTO, "%s: C_Initialize: %s", module->path, pkcs11_name(rv, name));
    *out_already = rv == CKR_CRYPTOKI_ALREADY_INITIALIZED;
    module->pid = getpid();
    return SK_OK;
}

enum sk_status module_ref(const char *path, struct module **out, struct sk_err *err)
{
    enum sk_status status = SK_OK;
    struct module *module;

    (void)pthread_mutex_lock(&modules_lock);
    for (module = modules; module != NULL && strcmp(module->path, path) != 0; module = module->next)
        ;
    if (module == NULL) {
        status = module_load(path, &module, err);
        if (status == SK_OK) {
            module->next = modules;
            modules = module;
        }
    }
    if (status == SK_OK && module->users > 0 && !module_is_ours(module))
        module->users = module->num_up = 0; /* those are the parent's */
    if (status == SK_OK && module->users == 0)
        status = module_initialize(module, &module->foreign, err);
    if (status == SK_OK) {
        module->users++;
        *out = module;
    }
    (void)pthread_mutex_unlock(&modules_lock);
    return status;
}

void module_unref(struct module *module)
{
    if (module == NULL || !module_is_ours(module))
        return;
    (void)pthread_mutex_lock(&modules_lock);
    module->users--;
    if (module->users == 0 && !module->foreign)
        (void)module->calls->C_Finalize(NULL);
    (void)pthread_mutex_unlock(&modules_lock);
}

CK_FUNCTION_LIST_PTR module_calls(const struct module *module)
{
    return module->calls;
}

bool module_is_ours(const struct module *module)
{
    return module->pid == getpid();
}

void module_enter(struct module *module, bool was_up)
{
    (void)pthread_mutex_lock(&module->starting);
    module->num_up -= was_up ? 1 : 0;
}

void module_leave(struct module *module, bool is_up)
{
    module->num_up += is_up ? 1 : 0;
    (void)pthread_mutex_unlock(&module->starting);
}

enum sk_status module_restart(struct module *module, struct sk_err *err)
{
    bool already;

    if (module->num_up == 0 && !module->foreign) {
        (void)module->calls->C_Finalize(NULL);
        module->epoch++;
    }
    return module_initialize(module, &already, err);
}

uint64_t module_epoch(const struct module *module)
{
    return module->epoch;
}
