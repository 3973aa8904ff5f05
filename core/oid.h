/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OBJECT IDENTIFIERs as their DER content octets, and the ones this product knows by name.
 *
 * An OID is compared by its octets: oid_check() (called by der_oid()) admits only the one minimal
 * encoding. The table of known OIDs maps octets to enum oid_id for switch statements.
 */
#ifndef SEKISHO_CORE_OID_H
#define SEKISHO_CORE_OID_H

#include "core/buf.h"

/* X(enum constant, dotted text, name in texts) */
#define OID_TABLE(X)                                                                               \
    X(OID_EXT_SUBJECT_DIRECTORY_ATTRIBUTES, "2.5.29.9", "subjectDirectoryAttributes")              \
    X(OID_EXT_SUBJECT_KEY_IDENTIFIER, "2.5.29.14", "subjectKeyIdentifier")                         \
    X(OID_EXT_KEY_USAGE, "2.5.29.15", "keyUsage")                                                  \
    X(OID_EXT_SUBJECT_ALT_NAME, "2.5.29.17", "subjectAltName")                                     \
    X(OID_EXT_ISSUER_ALT_NAME, "2.5.29.18", "issuerAltName")                                       \
    X(OID_EXT_BASIC_CONSTRAINTS, "2.5.29.19", "basicConstraints")                                  \
    X(OID_EXT_CRL_NUMBER, "2.5.29.20", "cRLNumber")                                                \
    X(OID_EXT_REASON_CODE, "2.5.29.21", "reasonCode")                                              \
    X(OID_EXT_HOLD_INSTRUCTION, "2.5.29.23", "holdInstructionCode")                                \
    X(OID_EXT_INVALIDITY_DATE, "2.5.29.24", "invalidityDate")                                      \
    X(OID_EXT_DELTA_CRL_INDICATOR, "2.5.29.27", "deltaCRLIndicator")                               \
    X(OID_EXT_ISSUING_DISTRIBUTION_POINT, "2.5.29.28", "issuingDistributionPoint")                 \
    X(OID_EXT_CERTIFICATE_ISSUER, "2.5.29.29", "certificateIssuer")                                \
    X(OID_EXT_NAME_CONSTRAINTS, "2.5.29.30", "nameConstraints")                                    \
    X(OID_EXT_CRL_DISTRIBUTION_POINTS, "2.5.29.31", "cRLDistributionPoints")                       \
    X(OID_EXT_CERTIFICATE_POLICIES, "2.5.29.32", "certificatePolicies")                            \
    X(OID_EXT_POLICY_MAPPINGS, "2.5.29.33", "policyMappings")                                      \
    X(OID_EXT_AUTHORITY_KEY_IDENTIFIER, "2.5.29.35", "authorityKeyIdentifier")                     \
    X(OID_EXT_POLICY_CONSTRAINTS, "2.5.29.36", "policyConstraints")                                \
    X(OID_EXT_EXTENDED_KEY_USAGE, "2.5.29.37", "extendedKeyUsage")                                 \
    X(OID_EXT_FRESHEST_CRL, "2.5.29.46", "freshestCRL")                                            \
    X(OID_EXT_INHIBIT_ANY_POLICY, "2.5.29.54", "inhibitAnyPolicy")                                 \
    X(OID_EXT_AUTHORITY_INFO_ACCESS, "1.3.6.1.5.5.7.1.1", "authorityInfoAccess")                   \
    X(OID_EXT_SUBJECT_INFO_ACCESS, "1.3.6.1.5.5.7.1.11", "subjectInfoAccess")                      \
    X(OID_ANY_POLICY, "2.5.29.32.0", "anyPolicy")                                                  \
    X(OID_ANY_EXTENDED_KEY_USAGE, "2.5.29.37.0", "anyExtendedKeyUsage")                            \
    X(OID_QUALIFIER_CPS, "1.3.6.1.5.5.7.2.1", "id-qt-cps")                                         \
    X(OID_QUALIFIER_UNOTICE, "1.3.6.1.5.5.7.2.2", "id-qt-unotice")                                 \
    X(OID_KP_OCSP_SIGNING, "1.3.6.1.5.5.7.3.9", "OCSPSigning")                                     \
    X(OID_AD_OCSP, "1.3.6.1.5.5.7.48.1", "id-ad-ocsp")                                             \
    X(OID_AD_CA_ISSUERS, "1.3.6.1.5.5.7.48.2", "id-ad-caIssuers")                                  \
    X(OID_OCSP_BASIC, "1.3.6.1.5.5.7.48.1.1", "id-pkix-ocsp-basic")                                \
    X(OID_OCSP_NONCE, "1.3.6.1.5.5.7.48.1.2", "id-pkix-ocsp-nonce")                                \
    X(OID_OCSP_CRL, "1.3.6.1.5.5.7.48.1.3", "id-pkix-ocsp-crl")                                    \
    X(OID_OCSP_RESPONSE, "1.3.6.1.5.5.7.48.1.4", "id-pkix-ocsp-response")                          \
    X(OID_OCSP_NOCHECK, "1.3.6.1.5.5.7.48.1.5", "id-pkix-ocsp-nocheck")                            \
    X(OID_OCSP_ARCHIVE_CUTOFF, "1.3.6.1.5.5.7.48.1.6", "id-pkix-ocsp-archive-cutoff")              \
    X(OID_OCSP_PREF_SIG_ALGS, "1.3.6.1.5.5.7.48.1.8", "id-pkix-ocsp-pref-sig-algs")                \
    X(OID_OCSP_EXTENDED_REVOKE, "1.3.6.1.5.5.7.48.1.9", "id-pkix-ocsp-extended-revoke")            \
    X(OID_SHA1, "1.3.14.3.2.26", "SHA-1")                                                          \
    X(OID_SHA256, "2.16.840.1.101.3.4.2.1", "SHA-256")                                             \
    X(OID_SHA224, "2.16.840.1.101.3.4.2.4", "SHA-224")                                             \
    X(OID_SHA384, "2.16.840.1.101.3.4.2.2", "SHA-384")                                             \
    X(OID_SHA512, "2.16.840.1.101.3.4.2.3", "SHA-512")                                             \
    X(OID_MGF1, "1.2.840.113549.1.1.8", "MGF1")                                                    \
    X(OID_RSA_ENCRYPTION, "1.2.840.113549.1.1.1", "rsaEncryption")                                 \
    X(OID_SHA1_RSA, "1.2.840.113549.1.1.5", "sha1WithRSAEncryption")                               \
    X(OID_SHA224_RSA, "1.2.840.113549.1.1.14", "sha224WithRSAEncryption")                          \
    X(OID_SHA256_RSA, "1.2.840.113549.1.1.11", "sha256WithRSAEncryption")                          \
    X(OID_SHA384_RSA, "1.2.840.113549.1.1.12", "sha384WithRSAEncryption")                          \
    X(OID_SHA512_RSA, "1.2.840.113549.1.1.13", "sha512WithRSAEncryption")                          \
    X(OID_RSASSA_PSS, "1.2.840.113549.1.1.10", "RSASSA-PSS")                                       \
    X(OID_EC_PUBLIC_KEY, "1.2.840.10045.2.1", "id-ecPublicKey")                                    \
    X(OID_CURVE_P256, "1.2.840.10045.3.1.7", "P-256")                                              \
    X(OID_CURVE_P384, "1.3.132.0.34", "P-384")                                                     \
    X(OID_CURVE_P521, "1.3.132.0.35", "P-521")                                                     \
    X(OID_ECDSA_SHA1, "1.2.840.10045.4.1", "ecdsa-with-SHA1")                                      \
    X(OID_ECDSA_SHA224, "1.2.840.10045.4.3.1", "ecdsa-with-SHA224")                                \
    X(OID_ECDSA_SHA256, "1.2.840.10045.4.3.2", "ecdsa-with-SHA256")                                \
    X(OID_ECDSA_SHA384, "1.2.840.10045.4.3.3", "ecdsa-with-SHA384")                                \
    X(OID_ECDSA_SHA512, "1.2.840.10045.4.3.4", "ecdsa-with-SHA512")                                \
    X(OID_DSA, "1.2.840.10040.4.1", "id-dsa")                                                      \
    X(OID_DSA_SHA1, "1.2.840.10040.4.3", "id-dsa-with-sha1")                                       \
    X(OID_DSA_SHA224, "2.16.840.1.101.3.4.3.1", "id-dsa-with-sha224")                              \
    X(OID_DSA_SHA256, "2.16.840.1.101.3.4.3.2", "id-dsa-with-sha256")                              \
    X(OID_ED25519, "1.3.101.112", "Ed25519")                                                       \
    X(OID_ED448, "1.3.101.113", "Ed448")                                                           \
    X(OID_AT_COMMON_NAME, "2.5.4.3", "CN")                                                         \
    X(OID_AT_SURNAME, "2.5.4.4", "SN")                                                             \
    X(OID_AT_SERIAL_NUMBER, "2.5.4.5", "serialNumber")                                             \
    X(OID_AT_COUNTRY, "2.5.4.6", "C")                                                              \
    X(OID_AT_LOCALITY, "2.5.4.7", "L")                                                             \
    X(OID_AT_STATE, "2.5.4.8", "ST")                                                               \
    X(OID_AT_STREET, "2.5.4.9", "STREET")                                                          \
    X(OID_AT_ORGANIZATION, "2.5.4.10", "O")                                                        \
    X(OID_AT_ORGANIZATIONAL_UNIT, "2.5.4.11", "OU")                                                \
    X(OID_AT_TITLE, "2.5.4.12", "title")                                                           \
    X(OID_AT_GIVEN_NAME, "2.5.4.42", "GN")                                                         \
    X(OID_AT_DN_QUALIFIER, "2.5.4.46", "dnQualifier")                                              \
    X(OID_AT_ORGANIZATION_IDENTIFIER, "2.5.4.97", "organizationIdentifier")                        \
    X(OID_AT_DOMAIN_COMPONENT, "0.9.2342.19200300.100.1.25", "DC")                                 \
    X(OID_AT_USER_ID, "0.9.2342.19200300.100.1.1", "UID")                                          \
    X(OID_AT_EMAIL_ADDRESS, "1.2.840.113549.1.9.1", "emailAddress")                                \
    X(OID_ON_SMTP_UTF8_MAILBOX, "1.3.6.1.5.5.7.8.9", "SmtpUTF8Mailbox")

#define OID_ENUM_ROW(id, text, name) id,
enum oid_id {
    OID_UNKNOWN = 0,
    OID_TABLE(OID_ENUM_ROW) OID_COUNT, /* one past the last */
};
#undef OID_ENUM_ROW

/* True for well-formed contents: minimal arcs of up to 133 bits, within LIMIT_OID_BYTES. */
bool oid_check(struct sk_bytes oid);
/* Which known OID this is, or OID_UNKNOWN. Thread-safe. */
enum oid_id oid_known(struct sk_bytes oid);
/* The content octets of a known OID; static memory. */
struct sk_bytes oid_bytes(enum oid_id id);
bool oid_is(struct sk_bytes oid, enum oid_id id);
/* The short name of a known OID ("keyUsage"); "unknown" for OID_UNKNOWN. */
const char *oid_name(enum oid_id id);

/* Dotted text to content octets, appended to out. First arc 0, 1, 2; arcs up to 133 bits. */
enum sk_status oid_from_text(const char *text, struct sk_buf *out) SK_MUST_CHECK;
/* Dotted text with its NUL into out; SK_LIMIT when an arc needs more than 133 bits or size is
 * short. */
enum sk_status oid_to_text(struct sk_bytes oid, char *out, size_t size) SK_MUST_CHECK;

#endif
