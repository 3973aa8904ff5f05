/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/ca/profile.h"

#include <string.h>

#include "core/cert.h"
#include "tools/ca/extension.h"

static const struct profile profiles[] = {
    {"office", "an office or official that signs documents",
     KEY_USAGE_DIGITAL_SIGNATURE | KEY_USAGE_NON_REPUDIATION, NULL, true, false},
    {"citizen", "a person's signature", KEY_USAGE_DIGITAL_SIGNATURE | KEY_USAGE_NON_REPUDIATION,
     NULL, true, false},
    {"authentication", "a person's log-in", KEY_USAGE_DIGITAL_SIGNATURE, "1.3.6.1.5.5.7.3.2", true,
     false},
    {"ocsp", "an OCSP responder", KEY_USAGE_DIGITAL_SIGNATURE, "1.3.6.1.5.5.7.3.9", false, true},
};
enum { NUM_PROFILES = sizeof(profiles) / sizeof(profiles[0]) };

const struct profile *profile_find(const char *name)
{
    size_t i;

    for (i = 0; i < NUM_PROFILES; i++) {
        if (strcmp(profiles[i].name, name) == 0)
            return &profiles[i];
    }
    return NULL;
}

const struct profile *profile_at(size_t i)
{
    return i < NUM_PROFILES ? &profiles[i] : NULL;
}

enum sk_status profile_apply(const struct profile *profile, X509 *cert, struct sk_err *err)
{
    enum sk_status status = extension_key_usage(cert, profile->key_usage, err);

    if (status == SK_OK && profile->purpose != NULL)
        status = extension_purpose(cert, profile->purpose, err);
    if (status == SK_OK && profile->is_responder)
        status = extension_nocheck(cert, err);
    return status;
}
