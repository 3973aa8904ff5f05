/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records of which also the absence must be sure: revoked entries, certificate issuers.
 *
 * "Not listed" makes a certificate valid, so it must not be the answer when one bit of a key, or of
 * a page of the tree that leads to it, has changed on the disk. The records of one list (they begin
 * with its id) therefore form a chain: each ends in a check over its own key and value and the
 * next one's key, and a head record before the first has a key of nothing but the id. Who finds
 * nothing must hold two neighbours that vouch for there being nothing between them. This is made
 * against accidents, not against somebody who may write to the file. Internal to cache/ and its
 * unit tests.
 */
#ifndef SEKISHO_CACHE_CHAIN_H
#define SEKISHO_CACHE_CHAIN_H

#include "cache/build.h"

enum { CHAIN_ID = 2, CHAIN_CHECK = 4 };

/* Appends the records of the list with this id. They are sorted; of several with one key the last
 * counts. */
enum sk_status chain_append(struct build *build, enum record_db db, unsigned id,
                            struct stage *records, struct sk_err *err) SK_MUST_CHECK;

/* The value of a key (longer than an id), pointing into the map. SK_NOTFOUND: surely not there.
 * SK_INPUT: damaged, nobody can say. */
enum sk_status chain_find(MDB_cursor *cursor, struct sk_bytes key,
                          struct sk_bytes *out) SK_MUST_CHECK;

#endif
