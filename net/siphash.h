/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SipHash-2-4: a hash of octets under a secret, for tables whose keys a peer chooses. Without the
 * secret nobody finds keys that fall into one bucket. Pure.
 */
#ifndef SEKISHO_NET_SIPHASH_H
#define SEKISHO_NET_SIPHASH_H

#include "core/bytes.h"

enum { SIPHASH_SEED = 16 };

uint64_t siphash(const uint8_t seed[SIPHASH_SEED], struct sk_bytes data);

#endif
