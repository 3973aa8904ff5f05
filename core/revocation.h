/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Revocation by CRL and ARL (RFC 5280 6.3), and by stored OCSP responses where the policy allows
 * them (params->ocsp_evidence): the status of one certificate of a path, or of one
 * (issuer, serial) for OCSP.
 */
#ifndef SEKISHO_CORE_REVOCATION_H
#define SEKISHO_CORE_REVOCATION_H

#include "core/verify.h"

enum revocation_kind {
    REVOCATION_UNDETERMINED = 0,
    REVOCATION_GOOD,
    REVOCATION_REVOKED, /* hold too: reason certificateHold */
};

struct revocation_status {
    enum revocation_kind kind;
    enum finding_code why; /* when undetermined: no-source, stale, unusable */
    const char *rule;      /* when undetermined: that evidence does not satisfy */
    char expected[LIMIT_FINDING_TEXT];
    char text[LIMIT_FINDING_TEXT]; /* when undetermined or revoked: what was found */
    int64_t revoked_at;
    enum crl_reason reason;
    bool has_invalidity;
    int64_t invalidity_date;
    bool has_unproven; /* a list in scope, or a response, was left out: signed with no key that is
                          known to count */
    bool has_claim;    /* one of those revokes the certificate: revocation_elsewhere() */
    bool is_suspect;   /* when undetermined: an authentic list that cannot be relied upon lists the
                          certificate, or may (C-06) */
    bool is_by_issuer; /* when revoked: the issuer's own key says so, so on every path to it */
    bool is_partial;   /* when good, of a serial: every list that says so is of one distribution
                          point, and the certificate may name another (C-03) */
    bool in_grace;     /* rests on a CRL past its nextUpdate, within params->grace_s */
    int64_t this_update; /* of the CRL used: the latest thisUpdate and the earliest nextUpdate */
    int64_t next_update;
    int64_t holds_until;         /* when good or revoked: last second at which the same lists still
                                    say so; when undetermined: before a list or entry begins to count */
    struct evidence evidence[4]; /* what was used, evidence[i].cert not set */
    size_t num_evidence;
};

/* The status of path->certs[index]. The CRL's signer must have a path to path->anchor (C-08).
 * SK_OK: out is filled, undetermined included. SK_LIMIT, SK_NOMEM. Internal to core/. */
enum sk_status revocation_of_path(struct sk_job *job, const struct verify_path *path, size_t index,
                                  struct revocation_status *out) SK_MUST_CHECK;

/* Is path->certs[index] revoked by a list or response that path does not prove but another path to
 * its issuer does? Asked when out->has_claim: revoked is said of an issuer and a serial, whichever
 * way leads to the issuer. Then out says so; it says undetermined when only the status of that
 * list's signer is unknown, and is left as it is otherwise. */
enum sk_status revocation_elsewhere(struct sk_job *job, const struct verify_path *path,
                                    size_t index, struct revocation_status *out) SK_MUST_CHECK;

/* The status of a serial of a CA that is known by its certificate (name and key), for OCSP by
 * CertID, where the certificate itself is not at hand. is_ca_cert: the serial is known to be a CA
 * certificate's (ARL), else CRL. cert: the certificate when the source has it (its distribution
 * points then count), or NULL: then every complete list of the issuer in that scope counts, and
 * each must be current for the status to be good. The CRL must be signed with issuer's key, or with
 * another key of the same name whose certificate is verified up to an anchor of params (C-09, C-10,
 * O-03). */
enum sk_status revocation_of_serial(struct sk_job *job, const struct sk_cert *issuer,
                                    struct sk_bytes serial, bool is_ca_cert,
                                    const struct sk_cert *cert,
                                    struct revocation_status *out) SK_MUST_CHECK;

#endif
