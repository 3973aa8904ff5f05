/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The records of a generation: which databases there are, and how keys and values are laid out.
 * Internal to cache/ and its unit tests.
 *
 * A generation is one LMDB environment with the databases below. Integers are big-endian and
 * unaligned; "hash" is 32 octets of SHA-256; a list is any number of equal-sized items, at least
 * one, in ascending order. Times are 5 octets: seconds since 0000-01-01T00:00:00Z, all ones for
 * "never". Every value has an exact size, so a damaged one is told from a good one; a decoder
 * returns SK_INPUT for whatever does not fit and never reads past the value it was given.
 *
 *   database   key                                     value
 *   meta       "meta"                                  format 4, number 8, created 5, digest 32,
 *                                                      number of certificates 4, of CRLs 4,
 *                                                      of directory entries 4
 *   blob       hash of the bytes                       the bytes: a certificate, a CRL, a bundle
 *   cert       hash of the certificate                 (empty): the blob is a certificate
 *   subject    name_hash() of the subject              list of certificate hashes
 *   serial     name_hash() of the issuer, serial       list of certificate hashes
 *   keyid      hash of the subjectKeyIdentifier        list of certificate hashes
 *   certid     enum key_hash 1, hash of the subject    list of certificate hashes (CAs only)
 *              Name (in each of its string types),
 *              hash of the key bits
 *   checked    hash of the object, hash of the SPKI    (empty): the key signed the object
 *   crl        CRL id 2                                hash, seal 32 (record_crl_seal()), flags 1
 *                                                      (RECORD_CRL_*), thisUpdate 5, nextUpdate 5,
 *                                                      entries 8, CA name with NUL
 *   crlissuer  name_hash() of the CRL's issuer         list of CRL ids, RECORD_NO_CRL at its end
 *              RECORD_INDIRECT, always there           the same, of the indirect CRLs
 *   crlname    CRL id 2, name_hash() of a certificate  name id 2; indirect CRLs only; the CRL's own
 *              issuer                                  issuer has name id 0
 *   revoked    CRL id 2, name id 2 (indirect CRLs      flags and reason 1, revocationDate 5,
 *              only), serial                           [invalidityDate 5]
 *   object     path below /pki/                        media type 1 (index), hash of the blob,
 *                                                      modified 5, expires 5
 *   origin     hash of the source's URL                list of hashes of what the source gave
 *   search     enum search_by 1, SHA-1 (cache/search.h) list of certificate hashes; with 0x80 in
 *                                                      the first octet list of name_hash() of the
 *                                                      issuers of CRLs
 *   entry      dir_key_bytes() of its DN               a directory entry: cache/record_dir.h
 *   suffix     the same of an entry without a parent   (empty)
 *   dirindex   hash 12 of type and canonical value,    (empty)
 *              key of an entry that has the value
 *   dirtype    attribute type id 2                     its OID as dotted text, check 8
 *   dirlist    nextUpdate 5, type id 2, key of the     check 8
 *              entry that has this list
 *
 * The records of crlname and revoked are chained: a head record of the CRL id alone comes first,
 * and each value ends in a check of 4 octets (cache/chain.h).
 *
 * No serial has more than LIMIT_SERIAL_BYTES: core/ refuses certificates and lists with a longer
 * one, and looking for one in a list is SK_INPUT, never "not listed".
 */
#ifndef SEKISHO_CACHE_RECORD_H
#define SEKISHO_CACHE_RECORD_H

#include "core/crl.h"
#include "core/limits.h"

#define RECORD_FORMAT 5u /* raised whenever a layout changes */

enum record_db {
    RECORD_META = 0,
    RECORD_BLOB,
    RECORD_CERT,
    RECORD_SUBJECT,
    RECORD_SERIAL,
    RECORD_KEY_ID,
    RECORD_CERTID,
    RECORD_CHECKED,
    RECORD_CRL,
    RECORD_CRL_ISSUER,
    RECORD_CRL_NAME,
    RECORD_REVOKED,
    RECORD_OBJECT,
    RECORD_ORIGIN,
    RECORD_SEARCH,
    RECORD_ENTRY,
    RECORD_SUFFIX,
    RECORD_DIR_INDEX,
    RECORD_DIR_TYPE,
    RECORD_DIR_LIST,
    RECORD_DBS, /* how many */
};
const char *record_db_name(enum record_db db);

enum { RECORD_KEY_MAX = 255 }; /* octets of the longest key; LMDB takes 511 */

/* A key being put together. */
struct record_key {
    uint8_t p[RECORD_KEY_MAX];
    size_t len;
};
static inline struct sk_bytes record_key_bytes(const struct record_key *key)
{
    return bytes_of(key->p, key->len);
}

struct record_meta {
    uint32_t format;
    uint64_t number;
    int64_t created;
    uint8_t digest[SK_SHA256]; /* of the contents, without number and times of publication */
    uint32_t num_certs, num_crls, num_entries;
};

enum {
    RECORD_CRL_ARL = 1u << 0,      /* configured as ARL */
    RECORD_CRL_UNUSABLE = 1u << 1, /* an entry holds an unknown critical extension (C-06) */
    RECORD_CRL_INDIRECT = 1u << 2, /* revoked entries are keyed with a name id */
};
enum { RECORD_NO_CRL = 0xffff }; /* no CRL has this id */
#define RECORD_INDIRECT "indirect"
struct record_crl {
    uint8_t sha256[SK_SHA256];
    uint8_t seal[SK_SHA256];
    unsigned flags;
    int64_t this_update, next_update;
    uint64_t num_entries;
    const char *ca; /* when decoded: in the value */
};

struct record_object {
    unsigned media_type; /* index for record_media_type() */
    uint8_t sha256[SK_SHA256];
    int64_t modified, expires;
};

/* Encoders append to a buffer (errors stick there); decoders return SK_INPUT on any misfit. A time
 * outside the years 0..9999 is encoded as the nearest end, CLOCK_NEVER as itself. */
void record_put_meta(struct sk_buf *out, const struct record_meta *meta);
enum sk_status record_get_meta(struct sk_bytes value, struct record_meta *out) SK_MUST_CHECK;
void record_put_crl(struct sk_buf *out, const struct record_crl *crl);
enum sk_status record_get_crl(struct sk_bytes value, struct record_crl *out) SK_MUST_CHECK;
/* SHA-256 over the record (but for the seal), its id, and the CRL but for its entries: nothing that
 * says which CRL this is, of what scope, and until when, changes unnoticed. */
enum sk_status record_crl_seal(const struct record_crl *record, unsigned id,
                               const struct sk_crl *crl, uint8_t out[SK_SHA256]) SK_MUST_CHECK;
void record_put_object(struct sk_buf *out, const struct record_object *object);
enum sk_status record_get_object(struct sk_bytes value, struct record_object *out) SK_MUST_CHECK;
/* Date, reason and invalidity of an entry; serial and issuer are the key's. */
void record_put_entry(struct sk_buf *out, const struct crl_entry *entry);
enum sk_status record_get_entry(struct sk_bytes value, struct crl_entry *out) SK_MUST_CHECK;
void record_put_time(struct sk_buf *out, int64_t when);
enum sk_status record_get_time(struct sk_bytes value, int64_t *out) SK_MUST_CHECK;
void record_put_u16(struct sk_buf *out, unsigned value);
enum sk_status record_get_u16(struct sk_bytes value, unsigned *out) SK_MUST_CHECK;
/* Number of items of a list value; SK_INPUT when it is empty or does not divide. */
enum sk_status record_list(struct sk_bytes value, size_t item, size_t *out_num) SK_MUST_CHECK;

/* A check over a record and what must stand beside it: a change of one octet always shows. */
enum { RECORD_CHECK = 8 };
#define RECORD_CHECK_BEGIN 0xcbf29ce484222325u
uint64_t record_check(uint64_t state, struct sk_bytes bytes); /* one part after the other */
/* The check of a key and its value, and whether a value ends in it: then *io_value loses it. */
void record_put_check(struct sk_buf *out, struct sk_bytes key);
enum sk_status record_take_check(struct sk_bytes key, struct sk_bytes *io_value) SK_MUST_CHECK;

void record_key_init(struct record_key *key);
/* Appends; false (and the key is of no use) when it would grow past RECORD_KEY_MAX. */
bool record_key_put(struct record_key *key, const void *p, size_t len) SK_MUST_CHECK;
bool record_key_put_u16(struct record_key *key, unsigned value) SK_MUST_CHECK;

/* The media types of repository objects (RFC 2585 4, RFC 5280 4.2.2.1). */
#define RECORD_MEDIA_CERT   "application/pkix-cert"
#define RECORD_MEDIA_CRL    "application/pkix-crl"
#define RECORD_MEDIA_BUNDLE "application/pkcs7-mime"
/* NULL when index is unknown. */
const char *record_media_type(unsigned index);
/* SK_NOTFOUND when text is none of the above. */
enum sk_status record_media_index(const char *text, unsigned *out) SK_MUST_CHECK;

#endif
