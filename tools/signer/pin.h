/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a token's PIN comes from, and reading it: each time anew, and wiped after use.
 */
#ifndef SEKISHO_TOOLS_SIGNER_PIN_H
#define SEKISHO_TOOLS_SIGNER_PIN_H

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

#include "core/err.h"
#include "core/limits.h"
#include "tools/signer/keystore.h"

/* Identity of the content, to notice that the operator wrote another PIN. */
struct pin_stamp {
    dev_t device;
    ino_t inode;
    struct timespec changed;
};

struct pin {
    char text[LIMIT_PIN_BYTES + 2]; /* room for what tells a longer one */
    size_t len;
    struct pin_stamp stamp;
};

/* SK_IO: cannot be read, lets others in, is empty or too long. Always followed by pin_wipe(). */
enum sk_status pin_read(const struct keystore_pin *from, struct pin *out,
                        struct sk_err *err) SK_MUST_CHECK;
void pin_wipe(struct pin *pin);
bool pin_stamp_equal(const struct pin_stamp *a, const struct pin_stamp *b);
/* For texts: the file, or "the terminal". */
const char *pin_name(const struct keystore_pin *from);

/* Asks on the terminal, without echo; the answer is in a sealed memory file, for keystore_pin.fd.
 * SK_IO: no terminal; SK_INPUT: no answer. */
enum sk_status pin_prompt(const char *token, int *out_fd, struct sk_err *err) SK_MUST_CHECK;

#endif
