/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The self-signed certificate of a key generation, and what all CA certificates have in common.
 */
#ifndef SEKISHO_TOOLS_CA_SELFSIGNED_H
#define SEKISHO_TOOLS_CA_SELFSIGNED_H

#include "tools/ca/certify.h"

/* basicConstraints and keyUsage of a CA certificate. */
enum sk_status selfsigned_ca_extensions(struct certify *c, long path_len,
                                        struct sk_err *err) SK_MUST_CHECK;

/* Makes, registers and queues ca-gN.cer: subjectKeyIdentifier, no authorityKeyIdentifier, the
 * CA's alternative name and where its ARL is. Sets key->cert. */
enum sk_status selfsigned_make(struct sk_ca *ca, struct ca_key *key, X509_NAME *subject,
                               int64_t not_before, int64_t not_after,
                               struct sk_err *err) SK_MUST_CHECK;

#endif
