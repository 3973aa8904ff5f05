/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Building and publishing a generation. Only tools/fetch and tests use it; one publisher per cache
 * directory at a time (a lock file ends a second one with SK_AGAIN).
 *
 * Order: publish_begin(), publish_cert() and publish_crl() for everything that was verified,
 * publish_object(), then publish_commit(), which sorts, writes, syncs (data, directory), renames
 * and swaps `current`; until then nothing is visible, and a process killed at any point leaves the
 * old generation current and at most a half-built directory that the next publisher removes.
 */
#ifndef SEKISHO_CACHE_PUBLISH_H
#define SEKISHO_CACHE_PUBLISH_H

#include "cache/generation.h"
#include "core/dir_entry.h"

struct sk_publish;

enum sk_status publish_begin(const char *dir, struct sk_publish **out,
                             struct sk_err *err) SK_MUST_CHECK;

/* cert: verified by the caller as far as checked_by says. Adding the same certificate again is
 * harmless. */
enum sk_status publish_cert(struct sk_publish *pub, const struct sk_cert *cert,
                            struct sk_err *err) SK_MUST_CHECK;
/* Records that the key with this SPKI hash signed the object (certificate or CRL); the caller has
 * verified it. */
enum sk_status publish_checked(struct sk_publish *pub, const uint8_t object_sha256[SK_SHA256],
                               const uint8_t spki_sha256[SK_SHA256],
                               struct sk_err *err) SK_MUST_CHECK;
/* crl and its DER, both copied; sha256 is of the DER. is_arl as configured; ca: the configured CA
 * name. Entries are walked here: a CRL whose entries are malformed or past a cap is marked as
 * unusable, and every look-up in it is an error; out_unusable (may be NULL) then says why. The same
 * CRL again for the same CA and kind is harmless. */
enum sk_status publish_crl(struct sk_publish *pub, const struct sk_crl *crl,
                           const uint8_t sha256[SK_SHA256], const char *ca, bool is_arl,
                           struct sk_err *out_unusable, struct sk_err *err) SK_MUST_CHECK;
/* A repository object; body is copied. media_type: one of the RECORD_MEDIA_* texts of
 * cache/record.h ("application/pkix-cert", "application/pkix-crl", "application/pkcs7-mime"). */
enum sk_status publish_object(struct sk_publish *pub, const char *path, const char *media_type,
                              struct sk_bytes body, int64_t modified, int64_t expires,
                              struct sk_err *err) SK_MUST_CHECK;

/* Remembers that the source with this URL gave the object, so that a later run can tell what it
 * holds of a source that fails. */
enum sk_status publish_origin(struct sk_publish *pub, const char *url,
                              const uint8_t object_sha256[SK_SHA256],
                              struct sk_err *err) SK_MUST_CHECK;

/* Puts an entry into the directory; everything is copied. Entries come in any order, but when all
 * are there, each one's ancestors must be too, up to one that has none at all (a naming context);
 * else publish_commit() fails with SK_INTERNAL. Values of more than a few octets are stored once,
 * with certificates and lists of this generation. SK_AGAIN: there is an entry of this name; nothing
 * was done. SK_LIMIT: LIMIT_DIR_*. A failure of any other kind ends the publication. */
enum sk_status publish_entry(struct sk_publish *pub, const struct dir_entry *entry,
                             struct sk_err *err) SK_MUST_CHECK;
bool publish_has_entry(const struct sk_publish *pub, const struct dir_key *key);

/* Makes the generation current. *out_number is its number. keep: how many older generations stay.
 * pub is freed in any case. When the contents equal the current generation's, nothing is published
 * and *out_number is the current one. */
enum sk_status publish_commit(struct sk_publish *pub, unsigned keep, uint64_t *out_number,
                              struct sk_err *err) SK_MUST_CHECK;
void publish_abort(struct sk_publish *pub); /* accepts NULL */

#endif
