/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The same Name in another string type. A CA's name stands in the certificates it issues as in its
 * own certificate, or in the form of before or after a change of string types (RFC 5280 4.1.2.4),
 * and the CertID of OCSP is made of the octets (O-01).
 */
#ifndef SEKISHO_CACHE_RECODE_H
#define SEKISHO_CACHE_RECODE_H

#include "core/buf.h"

/* Appends name, a whole Name, with every PrintableString or UTF8String that can be of this type
 * (DER_PRINTABLE_STRING or DER_UTF8_STRING) so. Attributes that X.520 wants printable (country,
 * serialNumber, dnQualifier) do not become UTF8String. SK_INPUT: not a Name. */
enum sk_status recode_name(struct sk_bytes name, uint8_t type, struct sk_buf *out) SK_MUST_CHECK;

#endif
