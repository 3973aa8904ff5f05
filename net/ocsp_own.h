/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Are certificates of the responder's own keys revoked? RFC 6960 4.2.2.2.1 lets a client trust a
 * responder whose certificate says nocheck for as long as that lasts; a responder that finds itself
 * on its issuer's list knows better, and does not sign with that key, on hold or for good.
 *
 * Found out once for a generation and a set of keys, and again when an entry may have begun to
 * count. Nothing is asked of a list that is missing or stale: what is not known to be revoked
 * signs.
 */
#ifndef SEKISHO_NET_OCSP_OWN_H
#define SEKISHO_NET_OCSP_OWN_H

#include "net/counters.h"
#include "net/ocsp_status.h"
#include "net/signer.h"

struct ocsp_own { /* of one worker; zeroed at first; a new reader makes it not known */
    bool is_known;
    uint8_t keys_id[SK_SHA256]; /* signer_keys_id_get0() */
    int64_t until;
    bool is_revoked[LIMIT_SIGNER_KEYS];
};

/* Looks when it is not known. The arena is used, not reset. Anything but SK_OK: it cannot be found
 * out now, and no key is to be used. */
enum sk_status ocsp_own_look(struct ocsp_own *own, const struct ocsp_ask *ask,
                             const struct sk_signer *signer) SK_MUST_CHECK;
/* Also when it is not known. */
bool ocsp_own_is_revoked(const struct ocsp_own *own, size_t key);

/* For those who may not ask the worker. */
void ocsp_own_note(const struct ocsp_own *own, struct signer_counters *out);

#endif
