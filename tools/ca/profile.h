/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kinds of end-entity certificates: a table of what sets them apart.
 */
#ifndef SEKISHO_TOOLS_CA_PROFILE_H
#define SEKISHO_TOOLS_CA_PROFILE_H

#include <openssl/x509.h>
#include <stdbool.h>

#include "core/err.h"

struct profile {
    const char *name, *help;
    unsigned key_usage;        /* KEY_USAGE_* */
    const char *purpose;       /* extendedKeyUsage, dotted, or NULL */
    bool is_policies_critical; /* unless the operator says otherwise */
    bool is_responder; /* id-pkix-ocsp-nocheck; no distribution point (RFC 6960 4.2.2.2.1) */
};

/* NULL when there is none of this name. */
const struct profile *profile_find(const char *name);
/* In order, for --help; NULL after the last. */
const struct profile *profile_at(size_t i);

/* keyUsage, extendedKeyUsage and nocheck. */
enum sk_status profile_apply(const struct profile *profile, X509 *cert,
                             struct sk_err *err) SK_MUST_CHECK;

#endif
