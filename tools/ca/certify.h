/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making one certificate: begin, add extensions (extension.h), finish.
 *
 * What leaves certify_finish() has been read back by core/cert.h and its signature verified with
 * the issuer's public key, so that a fault of ours (or of a token) is found before it is issued.
 */
#ifndef SEKISHO_TOOLS_CA_CERTIFY_H
#define SEKISHO_TOOLS_CA_CERTIFY_H

#include "tools/ca/ca.h"
#include "tools/ca/extension.h"

struct certify {
    X509 *cert;
    int64_t not_before, not_after;
};

struct certify_record { /* how the register keeps it */
    enum register_role role;
    const char *profile; /* "ca", "cross", or an end-entity profile */
    const char *dir;     /* below out/: "", "cross/", "ee/" */
    const char *name;    /* file name without ".cer"; NULL: the serial number */
    const char *copy;    /* a further file to write, or NULL */
};

/* From --not-before (now when absent) and --not-after or --days. SK_INPUT. */
enum sk_status certify_validity(const struct options *options, int64_t now, int64_t *out_not_before,
                                int64_t *out_not_after, struct sk_err *err) SK_MUST_CHECK;

/* A time of one of our certificates. */
enum sk_status certify_time(const ASN1_TIME *time, int64_t *out, struct sk_err *err) SK_MUST_CHECK;

/* Version, random serial number, names, validity, key, subjectKeyIdentifier. issuer's certificate
 * gives the issuer name and authorityKeyIdentifier; without one (self-signed) the issuer is subject
 * and there is no authorityKeyIdentifier. */
enum sk_status certify_begin(const struct ca_key *issuer, X509_NAME *subject, EVP_PKEY *subject_key,
                             int64_t not_before, int64_t not_after, struct certify *out,
                             struct sk_err *err) SK_MUST_CHECK;

/* Signs, checks, registers and queues for publication. */
enum sk_status certify_finish(struct sk_ca *ca, const struct ca_key *issuer, struct certify *c,
                              const struct certify_record *record,
                              struct sk_err *err) SK_MUST_CHECK;
void certify_done(struct certify *c); /* harmless on a zeroed struct */

/* The distribution point of a list, by the CA's settings; without any it is the CA's own name,
 * taken from its certificate. *out is freed with DIST_POINT_NAME_free(). */
enum sk_status certify_point(struct sk_ca *ca, const X509 *issuer, enum register_list kind,
                             DIST_POINT_NAME **out, struct sk_err *err) SK_MUST_CHECK;
/* cRLDistributionPoints of that point. */
enum sk_status certify_crl_dp(struct sk_ca *ca, const struct ca_key *issuer, struct certify *c,
                              enum register_list kind, struct sk_err *err) SK_MUST_CHECK;
/* What every certificate below the self-signed one carries: the same, and issuerAltName when the
 * CA has an alternative name. */
enum sk_status certify_common(struct sk_ca *ca, const struct ca_key *issuer, struct certify *c,
                              enum register_list kind, struct sk_err *err) SK_MUST_CHECK;

#endif
