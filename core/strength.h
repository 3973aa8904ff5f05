/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policy's floor of keys and signature algorithms, read from the DER alone: no key is decoded,
 * so it costs nothing on the way and before any arithmetic.
 *
 * Pure functions. The result is FINDING_NONE, FINDING_WEAK_ALGORITHM, or FINDING_ALGORITHM for what
 * we cannot judge; err then says why.
 */
#ifndef SEKISHO_CORE_STRENGTH_H
#define SEKISHO_CORE_STRENGTH_H

#include "core/params.h"
#include "core/verdict.h"

/* sig_alg: the AlgorithmIdentifier of a certificate or CRL, whole. */
enum finding_code strength_of_signature(const struct sk_params *params, struct sk_bytes sig_alg,
                                        struct sk_err *err) SK_MUST_CHECK;

/* spki: whole. params_spki: the SPKI that a DSA key without parameters inherits from, len 0 when
 * there is none. A key of a kind or size we do not know passes only where the policy sets no floor:
 * as the target's own key; to check a signature with it is refused anyway. */
enum finding_code strength_of_key(const struct sk_params *params, struct sk_bytes spki,
                                  struct sk_bytes params_spki, struct sk_err *err) SK_MUST_CHECK;

/* For a finding: what the policy asks of keys and signatures; code says which kind of failure. */
void strength_floor_text(const struct sk_params *params, enum finding_code code, char *out,
                         size_t size);

#endif
