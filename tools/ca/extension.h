/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Extensions of the certificates we issue, each made through OpenSSL's typed structure: nothing an
 * operator writes goes through a configuration language.
 *
 * Every function adds one extension to cert, which must not have it yet. SK_INPUT with text when
 * the values do not make one; SK_NOMEM; SK_CRYPTO.
 */
#ifndef SEKISHO_TOOLS_CA_EXTENSION_H
#define SEKISHO_TOOLS_CA_EXTENSION_H

/* before x509v3.h, whose macros have the names of its constants (and their values) */
#include "core/crl.h"

#include <openssl/x509v3.h>

#include "core/buf.h"
#include "core/err.h"
#include "tools/ca/options.h"

enum { EXTENSION_NO_NUMBER = -1 }; /* an optional number that is absent */

/* subjectKeyIdentifier: SHA-1 of the key bits (RFC 5280 4.2.1.2 (1)). */
enum sk_status extension_ski(X509 *cert, struct sk_err *err) SK_MUST_CHECK;
/* authorityKeyIdentifier, keyIdentifier only: the issuer's subjectKeyIdentifier. */
enum sk_status extension_aki(X509 *cert, const X509 *issuer, struct sk_err *err) SK_MUST_CHECK;
/* basicConstraints of a CA, critical. */
enum sk_status extension_ca(X509 *cert, long path_len, struct sk_err *err) SK_MUST_CHECK;
/* bits: KEY_USAGE_* of core/cert.h, critical. */
enum sk_status extension_key_usage(X509 *cert, unsigned bits, struct sk_err *err) SK_MUST_CHECK;
/* One purpose, dotted. */
enum sk_status extension_purpose(X509 *cert, const char *oid, struct sk_err *err) SK_MUST_CHECK;
enum sk_status extension_nocheck(X509 *cert, struct sk_err *err) SK_MUST_CHECK;
/* accessMethod id-ad-ocsp. */
enum sk_status extension_ocsp_uri(X509 *cert, const char *uri, struct sk_err *err) SK_MUST_CHECK;

/* From --san-dn, --san-email, --san-dns, --san-other; nothing when none stands. */
enum sk_status extension_san(X509 *cert, const struct options *options,
                             struct sk_err *err) SK_MUST_CHECK;
/* issuerAltName or subjectAltName (nid) of one directoryName. */
enum sk_status extension_alt_dn(X509 *cert, int nid, const char *dn,
                                struct sk_err *err) SK_MUST_CHECK;

/* certificatePolicies from --policy; is_critical. Nothing when none stands. */
enum sk_status extension_policies(X509 *cert, const struct options *options, bool is_critical,
                                  struct sk_err *err) SK_MUST_CHECK;
enum sk_status extension_any_policy(X509 *cert, struct sk_err *err) SK_MUST_CHECK;
/* policyMappings from --map; each left side must stand among --policy. */
enum sk_status extension_mappings(X509 *cert, const struct options *options,
                                  struct sk_err *err) SK_MUST_CHECK;
/* policyConstraints and inhibitAnyPolicy from --require-explicit, --inhibit-mapping,
 * --inhibit-any; critical. */
enum sk_status extension_constraints(X509 *cert, const struct options *options,
                                     struct sk_err *err) SK_MUST_CHECK;
/* nameConstraints from --permit-dn, --exclude-dn, --permit-dns, --exclude-dns, --permit-email,
 * --exclude-email; critical. */
enum sk_status extension_names(X509 *cert, const struct options *options,
                               struct sk_err *err) SK_MUST_CHECK;

/* A distribution point's name: uri, dn or both, and at least one. *out is freed with
 * DIST_POINT_NAME_free(). */
enum sk_status extension_point(const char *uri, const X509_NAME *dn, DIST_POINT_NAME **out,
                               struct sk_err *err) SK_MUST_CHECK;
/* cRLDistributionPoints of one point; takes point over in every case. */
enum sk_status extension_crl_dp(X509 *cert, DIST_POINT_NAME *point,
                                struct sk_err *err) SK_MUST_CHECK;

#endif
