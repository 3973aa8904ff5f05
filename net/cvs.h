/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The CVS adapter: OCSP requests whose answer is the verdict of path validation.
 *
 * Which extensions carry what is configured ([cvs]); their contents are ours:
 *
 *   Certificates ::= SEQUENCE OF Certificate          -- of a CertID: the target, then
 * intermediates Policies     ::= SEQUENCE OF OBJECT IDENTIFIER    -- of the request:
 * user-initial-policy-set Detail       ::= SEQUENCE { verdict UTF8String, findings SEQUENCE OF
 * Finding }   -- of an answer Finding      ::= SEQUENCE { code UTF8String, certificate INTEGER
 * OPTIONAL }      -- target: 0
 *
 * valid is good; a revoked certificate of the path, the target or a CA, is revoked with its date
 * and reason; anything else is unknown. Verdicts and codes are those of core/verdict.h.
 */
#ifndef SEKISHO_NET_CVS_H
#define SEKISHO_NET_CVS_H

#include "net/ocsp_status.h"

/* ocsp_status_find() for the adapter; ask->policy judges. */
enum ocsp_error cvs_status_find(const struct ocsp_ask *ask, const struct ocsp_request *request,
                                struct ocsp_statuses *out);

/* The parts of the two extensions of a request, pointing into value. SK_INPUT: malformed, or empty;
 * SK_LIMIT: more than max. */
enum sk_status cvs_read_certificates(struct sk_bytes value, struct sk_bytes *out, size_t max,
                                     size_t *out_count) SK_MUST_CHECK;
enum sk_status cvs_read_policies(struct sk_bytes value, struct sk_bytes *out, size_t max,
                                 size_t *out_count) SK_MUST_CHECK;

#endif
