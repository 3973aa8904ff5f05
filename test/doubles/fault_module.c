/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A PKCS#11 module that forwards to SoftHSM and fails on command.
 *
 * Beside the module's own file, FILE.so, stands FILE.so.control; without it nothing fails. Each of
 * its lines names a function, or * for all that can fail, and what happens:
 *
 *   C_Sign 0x32     it returns this value (CKR_DEVICE_REMOVED)
 *   C_Sign hang     it does not return before the line is gone
 *   C_Sign close    all sessions of the token are closed first, then it is forwarded; calls that
 *                   were forwarded before end first, as a token that loses its sessions ends them
 *
 * A copy of the file under another name is another module with faults of its own, over the same
 * SoftHSM ($SOFTHSM2_MODULE, or where Debian puts it).
 */
#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <p11-kit/pkcs11.h>

static CK_FUNCTION_LIST_PTR real;
static CK_FUNCTION_LIST table;
static char control[4096];
/* Read-locked during each call that is forwarded: SoftHSM frees a session without looking whether
 * another thread is in the middle of a call with it, and the whole process dies of that. */
static pthread_rwlock_t calls = PTHREAD_RWLOCK_INITIALIZER;

static void close_all(CK_SESSION_HANDLE session)
{
    CK_SESSION_INFO info;

    (void)pthread_rwlock_wrlock(&calls);
    if (real->C_GetSessionInfo(session, &info) == CKR_OK)
        (void)real->C_CloseAllSessions(info.slotID);
    (void)pthread_rwlock_unlock(&calls);
}

/* What the control file says about a function; false: nothing. */
static bool find(const char *name, char what[32])
{
    FILE *file = fopen(control, "r");
    char word[64];
    bool found = false;

    if (file == NULL)
        return false;
    while (!found && fscanf(file, "%63s %31s", word, what) == 2)
        found = strcmp(word, name) == 0 || strcmp(word, "*") == 0;
    (void)fclose(file);
    return found;
}

static CK_RV fault(const char *name, CK_SESSION_HANDLE session)
{
    char what[32];

    while (find(name, what)) {
        if (strcmp(what, "hang") != 0) {
            if (strcmp(what, "close") != 0)
                return (CK_RV)strtoul(what, NULL, 0);
            close_all(session);
            return CKR_OK;
        }
        (void)usleep(10 * 1000);
    }
    return CKR_OK;
}

#define FORWARD(session, name, ...)                                                                \
    do {                                                                                           \
        CK_RV rv = fault(#name, session);                                                          \
        if (rv != CKR_OK)                                                                          \
            return rv;                                                                             \
        (void)pthread_rwlock_rdlock(&calls);                                                       \
        rv = real->name(__VA_ARGS__);                                                              \
        (void)pthread_rwlock_unlock(&calls);                                                       \
        return rv;                                                                                 \
    } while (0)

static CK_RV initialize(CK_VOID_PTR args)
{
    FORWARD(CK_INVALID_HANDLE, C_Initialize, args);
}

static CK_RV get_slot_list(CK_BBOOL present, CK_SLOT_ID_PTR slots, CK_ULONG_PTR count)
{
    FORWARD(CK_INVALID_HANDLE, C_GetSlotList, present, slots, count);
}

static CK_RV open_session(CK_SLOT_ID slot, CK_FLAGS flags, CK_VOID_PTR arg, CK_NOTIFY notify,
                          CK_SESSION_HANDLE_PTR session)
{
    FORWARD(CK_INVALID_HANDLE, C_OpenSession, slot, flags, arg, notify, session);
}

static CK_RV login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR_PTR pin, CK_ULONG len)
{
    FORWARD(session, C_Login, session, user, pin, len);
}

static CK_RV find_objects_init(CK_SESSION_HANDLE session, CK_ATTRIBUTE_PTR attributes,
                               CK_ULONG count)
{
    FORWARD(session, C_FindObjectsInit, session, attributes, count);
}

static CK_RV get_session_info(CK_SESSION_HANDLE session, CK_SESSION_INFO_PTR info)
{
    FORWARD(session, C_GetSessionInfo, session, info);
}

static CK_RV generate_random(CK_SESSION_HANDLE session, CK_BYTE_PTR random, CK_ULONG len)
{
    FORWARD(session, C_GenerateRandom, session, random, len);
}

static CK_RV sign_init(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key)
{
    FORWARD(session, C_SignInit, session, mechanism, key);
}

static CK_RV sign(CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG len, CK_BYTE_PTR signature,
                  CK_ULONG_PTR signature_len)
{
    FORWARD(session, C_Sign, session, data, len, signature, signature_len);
}

static const char *real_file(void)
{
    static const char *const known[] = {
        "/usr/lib/softhsm/libsofthsm2.so",
        "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
        "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    };
    const char *named = getenv("SOFTHSM2_MODULE");
    size_t i;

    for (i = 0; named == NULL && i < sizeof(known) / sizeof(known[0]); i++) {
        if (access(known[i], R_OK) == 0)
            named = known[i];
    }
    return named;
}

CK_RV C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR out)
{
    CK_C_GetFunctionList get = NULL;
    char own[PATH_MAX];
    const char *file;
    void *library, *symbol;
    Dl_info info;

    if (dladdr(&table, &info) == 0)
        return CKR_GENERAL_ERROR;
    /* A copy for this double alone: two modules must not end each other's library. */
    (void)snprintf(own, sizeof(own), "%s.real", info.dli_fname);
    file = access(own, R_OK) == 0 ? own : real_file();
    library = file != NULL ? dlopen(file, RTLD_NOW | RTLD_LOCAL) : NULL;
    symbol = library != NULL ? dlsym(library, "C_GetFunctionList") : NULL;
    if (symbol == NULL)
        return CKR_GENERAL_ERROR;
    memcpy(&get, &symbol, sizeof(get));
    if (get(&real) != CKR_OK)
        return CKR_GENERAL_ERROR;
    (void)snprintf(control, sizeof(control), "%s.control", info.dli_fname);
    table = *real;
    table.C_Initialize = initialize;
    table.C_GetSlotList = get_slot_list;
    table.C_OpenSession = open_session;
    table.C_Login = login;
    table.C_FindObjectsInit = find_objects_init;
    table.C_GetSessionInfo = get_session_info;
    table.C_GenerateRandom = generate_random;
    table.C_SignInit = sign_init;
    table.C_Sign = sign;
    *out = &table;
    return CKR_OK;
}
