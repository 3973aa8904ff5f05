/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificates from a file: one in DER, or any number in PEM.
 */
#ifndef SEKISHO_POLICY_CERTFILE_H
#define SEKISHO_POLICY_CERTFILE_H

#include "core/arena.h"
#include "core/bytes.h"
#include "core/err.h"

struct certfile {
    struct sk_bytes *certs; /* DER of each, as it stands in the file; not parsed */
    size_t num_certs;
    size_t num_others; /* PEM objects that are no certificates */
};

/* Everything goes to the arena. SK_IO, SK_INPUT (broken PEM), SK_LIMIT (larger than
 * LIMIT_CERT_FILE_BYTES), SK_NOMEM; the text of err begins with the name. */
enum sk_status certfile_read(struct sk_arena *arena, const char *file, struct certfile *out,
                             struct sk_err *err) SK_MUST_CHECK;

#endif
