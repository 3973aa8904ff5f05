/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A PKCS#11 module: one shared library, initialised once per process however many tokens of it are
 * in use and by however many names, ended with the last of them.
 *
 * The library stays mapped until the process ends: modules leave threads and exit handlers behind.
 * Thread-safe.
 */
#ifndef SEKISHO_TOOLS_SIGNER_MODULE_H
#define SEKISHO_TOOLS_SIGNER_MODULE_H

#include <stdbool.h>
#include <stdint.h>

#include <p11-kit/pkcs11.h>

#include "core/err.h"

struct module;

/* Loads and initialises (C_Initialize with the system's locks). Two names of one library give one
 * module. SK_IO: no such file, not a PKCS#11 module; SK_CRYPTO: it refused. */
enum sk_status module_ref(const char *path, struct module **out, struct sk_err *err) SK_MUST_CHECK;
/* Accepts NULL; the last one calls C_Finalize. Not in a child of the process of module_ref(). */
void module_unref(struct module *module);

CK_FUNCTION_LIST_PTR module_calls(const struct module *module);

/* Starts and ends of tokens happen one at a time: module_enter() waits, module_leave() lets the
 * next one in. was_up, is_up: other threads may be inside calls for this token before, after. */
void module_enter(struct module *module, bool was_up);
void module_leave(struct module *module, bool is_up);

/* Between the two: C_Finalize and C_Initialize, because some modules look for tokens only then.
 * While another token of the module is up, or any module in use was initialised by somebody else in
 * this process (it may lead to the same library), it is only initialised if it was not. */
enum sk_status module_restart(struct module *module, struct sk_err *err) SK_MUST_CHECK;
/* Counts the restarts: sessions and handles of an earlier one are dead, or somebody else's. */
uint64_t module_epoch(const struct module *module);

#endif
