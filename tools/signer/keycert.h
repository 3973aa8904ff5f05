/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The certificate file of a responder key: what HELLO says, and what the key must fit.
 */
#ifndef SEKISHO_TOOLS_SIGNER_KEYCERT_H
#define SEKISHO_TOOLS_SIGNER_KEYCERT_H

#include <openssl/evp.h>

#include "core/cert.h"
#include "core/sign.h"
#include "tools/signer/keyproc.h"

enum { KEYCERT_ALGORITHMS = 3 };

struct keycert {
    EVP_PKEY *public_key;
    const char *digests[KEYCERT_ALGORITHMS]; /* by the protocol's algorithm; NULL ends them */
    int64_t not_before, not_after;
    struct sk_buf hello; /* payload of HELLO */
};

/* Reads and judges the file: one or more PEM certificates, the responder's first. SK_INPUT: cannot
 * be used, err names the file. num_keys: that the key process has. */
enum sk_status keycert_init(struct keycert *cert, const struct keyproc_key *key, size_t num_keys,
                            struct sk_err *err) SK_MUST_CHECK;
/* O-10: what a client may stumble over in the certificate of a delegate, in words; NULL: nothing.
 * It is logged, not refused: the CA decides what it issues. */
const char *keycert_doubt(const struct sk_cert *cert);
/* Harmless on a zeroed struct and when done twice. */
void keycert_done(struct keycert *cert);

#endif
