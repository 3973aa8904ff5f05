/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/signer/module.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "tools/signer/pkcs11_name.h"

#define GROUP "signer"

enum { CHANGE_WAIT_S = 3 }; /* for another module to start or end; whole seconds, so 2 to 3 */

struct module {
    char *path;                 /* by which it was loaded first */
    void *library;              /* from dlopen(), kept */
    CK_FUNCTION_LIST_PTR calls; /* the library's own table */
    pid_t pid;                  /* process that initialised it; constant while it has users */
    pthread_mutex_t starting;   /* held between module_enter() and module_leave() */
    unsigned users;             /* 0: to be initialised; guarded by starting, as all below */
    bool foreign;               /* somebody else in this process initialised it; not ours to end */
    unsigned num_up;            /* tokens that may be in use */
    atomic_uint_fast64_t epoch; /* read without it */
    struct module *next;
};

/* PKCS#11 itself keeps one state per library and process, so this list is the process's too. */
static pthread_mutex_t modules_lock = PTHREAD_MUTEX_INITIALIZER;
static struct module *modules;
static atomic_uint num_foreign; /* modules in use that somebody else initialised */

/* Two modules may lead to one library without our knowing, and few libraries can be started by two
 * threads at once or ended beside a start. So this happens one by one, but for what hangs: a token
 * that does not answer must not keep the others away. */
static pthread_mutex_t changing = PTHREAD_MUTEX_INITIALIZER;

static bool changing_enter(void)
{
    const struct timespec until = {.tv_sec = clock_wall() + CHANGE_WAIT_S};

    return pthread_mutex_timedlock(&changing, &until) == 0;
}

static void changing_leave(bool is_entered)
{
    if (is_entered)
        (void)pthread_mutex_unlock(&changing);
}

static enum sk_status load_library(const char *path, void **out, struct sk_err *err)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);

    if (library == NULL)
        return err_set(err, SK_IO, "%s: cannot load the PKCS#11 module: %s", path, dlerror());
    *out = library;
    return SK_OK;
}

static enum sk_status load_calls(const char *path, void *library, CK_FUNCTION_LIST_PTR *out,
                                 struct sk_err *err)
{
    void *symbol = dlsym(library, "C_GetFunctionList");
    CK_C_GetFunctionList get = NULL;
    CK_FUNCTION_LIST_PTR calls = NULL;
    CK_RV rv;
    char name[PKCS11_NAME_TEXT];

    if (symbol == NULL)
        return err_set(err, SK_IO, "%s: not a PKCS#11 module: no C_GetFunctionList", path);
    memcpy(&get, &symbol, sizeof(get)); /* ISO C has no cast from an object to a function */
    rv = get(&calls);
    if (rv != CKR_OK || calls == NULL)
        return err_set(err, SK_IO, "%s: C_GetFunctionList: %s", path, pkcs11_name(rv, name));
    *out = calls;
    return SK_OK;
}

/* modules_lock is held. calls: NULL, or to be compared as well. */
static struct module *module_known(const void *library, CK_FUNCTION_LIST_PTR calls)
{
    struct module *module;

    for (module = modules; module != NULL; module = module->next) {
        if (module->library == library || module->calls == calls)
            break;
    }
    return module;
}

/* modules_lock is held. The library is the module's then. */
static enum sk_status module_add(const char *path, void *library, CK_FUNCTION_LIST_PTR calls,
                                 struct module **out, struct sk_err *err)
{
    struct module *module = calloc(1, sizeof(*module));

    if (module == NULL || (module->path = strdup(path)) == NULL) {
        free(module);
        return err_set(err, SK_NOMEM, "%s: no memory", path);
    }
    module->library = library;
    module->calls = calls;
    (void)pthread_mutex_init(&module->starting, NULL);
    module->next = modules;
    modules = module;
    *out = module;
    return SK_OK;
}

/* Names are not modules: links, other ways to a file and libraries that hand out another's
 * functions lead to one state, which has one owner here. */
static enum sk_status module_find(const char *path, struct module **out, struct sk_err *err)
{
    enum sk_status status;
    struct module *module = NULL;
    CK_FUNCTION_LIST_PTR calls = NULL;
    void *library = NULL;
    bool is_new = false;

    (void)pthread_mutex_lock(&modules_lock);
    status = load_library(path, &library, err);
    if (status != SK_OK)
        goto out;
    module = module_known(library, NULL);
    if (module == NULL) {
        status = load_calls(path, library, &calls, err);
        if (status != SK_OK)
            goto out;
        module = module_known(library, calls);
    }
    if (module == NULL) {
        status = module_add(path, library, calls, &module, err);
        is_new = status == SK_OK;
    }
    if (status == SK_OK)
        *out = module;
out:
    if (library != NULL && !is_new)
        (void)dlclose(library); /* the module keeps its own reference */
    (void)pthread_mutex_unlock(&modules_lock);
    return status;
}

/* CKR_CRYPTOKI_ALREADY_INITIALIZED is success: *out_already then. */
static enum sk_status module_initialize(const struct module *module, bool *out_already,
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
    return SK_OK;
}

static void module_set_foreign(struct module *module, bool foreign)
{
    if (foreign && !module->foreign)
        (void)atomic_fetch_add(&num_foreign, 1);
    if (!foreign && module->foreign)
        (void)atomic_fetch_sub(&num_foreign, 1);
    module->foreign = foreign;
}

/* The first use in this process. starting is held. */
static enum sk_status module_start(struct module *module, struct sk_err *err)
{
    enum sk_status status;
    bool is_entered = changing_enter(), already;

    status = module_initialize(module, &already, err);
    if (status == SK_OK)
        module_set_foreign(module, already);
    changing_leave(is_entered);
    if (status != SK_OK)
        return status;
    if (already)
        log_warning(GROUP,
                    "%s: something else in this process has initialised it; lost tokens are "
                    "looked for without starting modules anew",
                    module->path);
    module->users = module->num_up = 0; /* a parent's, if any */
    module->pid = getpid();
    return SK_OK;
}

/* starting is held. */
static void module_end(struct module *module)
{
    bool is_entered = changing_enter();

    if (atomic_load(&num_foreign) == 0)
        (void)module->calls->C_Finalize(NULL);
    module_set_foreign(module, false);
    changing_leave(is_entered);
}

enum sk_status module_ref(const char *path, struct module **out, struct sk_err *err)
{
    enum sk_status status;
    struct module *module;

    status = module_find(path, &module, err);
    if (status != SK_OK)
        return status;
    /* A module that hangs here keeps its own tokens waiting, not those of others. */
    (void)pthread_mutex_lock(&module->starting);
    if (module->users == 0 || module->pid != getpid())
        status = module_start(module, err);
    if (status == SK_OK) {
        module->users++;
        *out = module;
    }
    (void)pthread_mutex_unlock(&module->starting);
    if (status == SK_OK && strcmp(module->path, path) != 0)
        log_warning(GROUP, "%s is the same PKCS#11 module as %s: their tokens share one state",
                    path, module->path);
    return status;
}

void module_unref(struct module *module)
{
    if (module == NULL)
        return;
    (void)pthread_mutex_lock(&module->starting);
    module->users--;
    if (module->users == 0)
        module_end(module);
    (void)pthread_mutex_unlock(&module->starting);
}

CK_FUNCTION_LIST_PTR module_calls(const struct module *module)
{
    return module->calls;
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
    enum sk_status status;
    bool is_entered = changing_enter(), may_end, already;

    /* A foreign module's library may be this one, behind functions of its own. */
    may_end = module->num_up == 0 && atomic_load(&num_foreign) == 0;
    if (may_end) {
        (void)module->calls->C_Finalize(NULL);
        (void)atomic_fetch_add(&module->epoch, 1);
    }
    status = module_initialize(module, &already, err);
    if (status == SK_OK && !already) /* if not by us it was ended by somebody else */
        (void)atomic_fetch_add(&module->epoch, 1);
    if (status == SK_OK && (may_end || !already))
        module_set_foreign(module, already);
    changing_leave(is_entered);
    return status;
}

uint64_t module_epoch(const struct module *module)
{
    return atomic_load(&module->epoch);
}
