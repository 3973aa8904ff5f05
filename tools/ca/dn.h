/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Distinguished names as an operator writes them: RFC 4514 text in UTF-8, last RDN first
 * ("CN=Example CA,O=Example,C=JP" is encoded C, O, CN).
 *
 * countryName, serialNumber and dnQualifier are PrintableString, domainComponent and emailAddress
 * IA5String, whatever is asked for; everything else takes the string type asked for. Values that do
 * not fit their type or the upper bounds of RFC 5280 appendix A are refused.
 */
#ifndef SEKISHO_TOOLS_CA_DN_H
#define SEKISHO_TOOLS_CA_DN_H

#include <openssl/x509.h>

#include "core/err.h"

enum dn_strings { DN_UTF8 = 0, DN_PRINTABLE };

/* Free with X509_NAME_free(). SK_INPUT with text, SK_LIMIT, SK_NOMEM. */
enum sk_status dn_parse(const char *text, enum dn_strings strings, X509_NAME **out,
                        struct sk_err *err) SK_MUST_CHECK;

/* Would dn_parse() with DN_UTF8 take it? */
enum sk_status dn_check(const char *text, struct sk_err *err) SK_MUST_CHECK;

#endif
