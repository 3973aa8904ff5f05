/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pieces of ASN.1 that certificates and CRLs share. Internal to core/ and its tests.
 *
 * Functions that take a cursor read one value there and leave it where it was on failure; those
 * that take octets want them to be the whole value and nothing more.
 */
#ifndef SEKISHO_CORE_SHAPE_INT_H
#define SEKISHO_CORE_SHAPE_INT_H

#include "core/cert.h"
#include "core/der.h"

/* SIGNED{} of X.509: SEQUENCE { toBeSigned, AlgorithmIdentifier, BIT STRING } */
struct shape_signed {
    struct sk_bytes tbs;       /* whole */
    struct sk_bytes sig_alg;   /* whole */
    struct sk_bytes signature; /* octets; none when the BIT STRING is not whole octets (V-06) */
};
enum sk_status shape_signed(struct sk_bytes der, struct shape_signed *out) SK_MUST_CHECK;

/* AlgorithmIdentifier ::= SEQUENCE { OBJECT IDENTIFIER, ANY OPTIONAL }, whole. */
enum sk_status shape_algorithm(struct der *d, struct sk_bytes *out_whole) SK_MUST_CHECK;

/* One Extension of a list. */
struct shape_extension {
    struct sk_bytes oid; /* contents */
    bool is_critical;
    struct sk_bytes value; /* contents of extnValue */
};
enum sk_status shape_extension_next(struct der *list, struct shape_extension *out) SK_MUST_CHECK;

/* INTEGER (0..MAX); what 64 bits cannot hold reads as UINT64_MAX. */
enum sk_status shape_count(struct der *d, uint8_t tag, uint64_t *out) SK_MUST_CHECK;

/* Contents of GeneralNames: at least one name, each well formed. SK_LIMIT: LIMIT_GENERAL_NAMES. */
enum sk_status shape_general_names(struct sk_bytes contents) SK_MUST_CHECK;

/* AuthorityKeyIdentifier (4.2.1.1). */
enum sk_status shape_aki(struct sk_bytes value, struct sk_aki *out) SK_MUST_CHECK;

/* DistributionPointName, the contents of an EXPLICIT [0]; the output that is not there has len 0.
 */
enum sk_status shape_dist_point_name(struct sk_bytes contents, struct sk_bytes *out_full_name,
                                     struct sk_bytes *out_relative) SK_MUST_CHECK;

/* SEQUENCE OF DistributionPoint: cRLDistributionPoints and freshestCRL. */
enum sk_status shape_dist_points(struct sk_bytes value) SK_MUST_CHECK;

/* SEQUENCE OF AccessDescription: AIA and SIA. */
enum sk_status shape_access(struct sk_bytes value) SK_MUST_CHECK;

/* The whole value is one GeneralNames: subjectAltName, issuerAltName. */
enum sk_status shape_alt_name(struct sk_bytes value) SK_MUST_CHECK;

/* Enters octets that are one SEQUENCE with something in it. */
enum sk_status shape_list(struct sk_bytes value, struct der *out_list) SK_MUST_CHECK;

/* Remembers the first critical extension that nobody recognised. */
static inline void shape_note_unknown(const struct shape_extension *ext, bool *has_unknown,
                                      struct sk_bytes *unknown)
{
    if (!ext->is_critical || *has_unknown)
        return;
    *has_unknown = true;
    *unknown = ext->oid;
}

#endif
