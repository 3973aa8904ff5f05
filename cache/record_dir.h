/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record of a directory entry. Internal to cache/ and its unit tests.
 *
 *   flags 1 (RECORD_DIR_*), length of the DN 2, DN, number of attribute types 2, then of each type:
 *   its id 2 (database dirtype), number of values 4, then of each value: length 4 and its octets,
 *   or, when the highest bit of the length is set, the hash of the blob that is the value.
 *   At the end a check of 8 over the entry's key and all of this.
 */
#ifndef SEKISHO_CACHE_RECORD_DIR_H
#define SEKISHO_CACHE_RECORD_DIR_H

#include "cache/record.h"
#include "core/dir_dn.h"

enum { RECORD_DIR_REFERRAL = 1u << 0 };
/* A value that is longer stands in the blob database. */
enum { RECORD_DIR_INLINE = 256 };
enum { RECORD_DIR_HASH = 12 }; /* octets of an index key before the entry's key */

/* Writing, in this order; failures stick in the buffer. */
void record_dir_put_head(struct sk_buf *out, unsigned flags, struct sk_bytes dn, size_t num_types);
void record_dir_put_type(struct sk_buf *out, unsigned id, size_t num_values);
void record_dir_put_value(struct sk_buf *out, struct sk_bytes value);
void record_dir_put_blob(struct sk_buf *out, const uint8_t sha256[SK_SHA256], size_t len);

/* Reading, in the same order. SK_INPUT on any misfit. */
struct record_dir_walk {
    const uint8_t *p, *end;
    unsigned flags;
    struct sk_bytes dn;
    unsigned num_types;
};
struct record_dir_value {
    bool is_blob;
    struct sk_bytes bytes; /* inline: the value */
    const uint8_t *sha256; /* blob: its hash */
    size_t len;            /* of the value */
};
/* The check is looked at first, so what follows fails only when the writer was wrong. */
enum sk_status record_dir_open(struct sk_bytes key, struct sk_bytes value,
                               struct record_dir_walk *out) SK_MUST_CHECK;
enum sk_status record_dir_type(struct record_dir_walk *walk, unsigned *out_id,
                               size_t *out_num) SK_MUST_CHECK;
enum sk_status record_dir_value(struct record_dir_walk *walk,
                                struct record_dir_value *out) SK_MUST_CHECK;
enum sk_status record_dir_finish(const struct record_dir_walk *walk) SK_MUST_CHECK;

/* An entry's key that stands at the end of a database's key. SK_INPUT: not whole hashes. */
enum sk_status record_dir_key(struct sk_bytes bytes, struct dir_key *out) SK_MUST_CHECK;
/* What the keys of an index begin with: of a type (dotted OID) and a value's canonical form. */
enum sk_status record_dir_hash(const char *oid, struct sk_bytes canon,
                               uint8_t out[RECORD_DIR_HASH]) SK_MUST_CHECK;

#endif
